"""重点监管: on which ground a unit is a key unit, from a day until a day."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.urls import reverse

from enterprises.models import Enterprise
from enterprises.supervision.models.shared import USER, UnitRowQuerySet, by_another
from gridinspect.constraints import ordered
from grids.models import Grid, Policy


class KeyEntryQuerySet(UnitRowQuerySet):
    def on(self, day: date):
        """Keep the entries under which a unit is a key unit on a day."""
        held = Q(until=None) | Q(until__gt=day)
        return self.filter(held, state=KeyEntry.State.ACTIVE, since__lte=day)

    def waiting(self):
        """Keep what waits for approval: proposed entries and proposed removals."""
        return self.filter(
            Q(state=KeyEntry.State.PROPOSED)
            | Q(
                state=KeyEntry.State.ACTIVE,
                until=None,
                removal_by__isnull=False,
                removal_decided_by=None,
            )
        )


class KeyEntry(models.Model):
    """A unit is a key unit on one ground for a while (重点监管). Never deleted."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "待批准"
        ACTIVE = "active", "已列入"
        REJECTED = "rejected", "未批准"

    HAND = "hand"  # the ground of an entry that a person proposed

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="key_entries"
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    ground = models.CharField("情形", max_length=40)  # KeyGround.key, or HAND
    ground_name = models.CharField("列入依据", max_length=200)
    clause = models.CharField("条款", max_length=200, blank=True)
    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, related_name="+", null=True
    )
    is_secret = models.BooleanField("依据不公开", default=False)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    since = models.DateField("列入日期")
    until = models.DateField("移出日期", null=True)
    evidence = models.JSONField("事实", default=dict)  # facts.as_json
    reason = models.CharField("理由", max_length=400, blank=True)
    proposed_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", null=True
    )
    approved_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", null=True
    )
    decided_on = models.DateField("批准日期", null=True)
    left_reason = models.CharField("移出依据", max_length=400, blank=True)
    removal_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", null=True
    )
    removal_reason = models.CharField("申请移出理由", max_length=400, blank=True)
    removal_decided_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", null=True
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = KeyEntryQuerySet.as_manager()

    class Meta:
        verbose_name = "重点监管"
        ordering = ["-since", "-pk"]
        indexes = [
            models.Index(
                fields=["district", "since"],
                name="supervision_keyentry_open",
                condition=Q(until=None),
            )
        ]
        constraints = [
            ordered("since", "until"),
            by_another("proposed_by", "approved_by"),
            by_another("removal_by", "removal_decided_by"),
            models.UniqueConstraint(
                fields=["enterprise", "ground"],
                condition=Q(until=None) & ~Q(state="rejected"),
                name="supervision_keyentry_one_open",
            ),
            models.CheckConstraint(
                condition=~Q(ground="hand")
                | Q(proposed_by__isnull=False)
                & ~Q(reason="")
                & (~Q(state="active") | Q(approved_by__isnull=False)),
                name="supervision_keyentry_by_hand_is_approved",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | ~Q(left_reason=""),
                name="supervision_keyentry_left_with_a_reason",
            ),
        ]

    def __str__(self):
        return f"{self.enterprise} {self.ground_name}"

    def get_absolute_url(self):
        return reverse("supervision:key-entry", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path

    @property
    def is_by_hand(self) -> bool:
        return self.ground == self.HAND

    @property
    def removal_waits(self) -> bool:
        asked = self.removal_by_id is not None and self.removal_decided_by_id is None
        return asked and self.until is None
