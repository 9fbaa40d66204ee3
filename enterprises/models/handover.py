"""A unit goes from one district to another: proposed, accepted, sent back."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from enterprises.models.files import Enterprise
from gridinspect.accounts.roles import Permission
from gridinspect.constraints import paired
from gridinspect.documents.models import Attachment
from gridinspect.scope import ScopedQuerySet, within_paths
from grids.models import Grid


class HandoverQuerySet(ScopedQuerySet):
    """Both districts see a hand-over, each from its own side."""

    path_field = "from_district__path"
    view_permission = Permission.ENTERPRISE_VIEW

    def visible_to(self, user):
        paths = user.scope_paths(self.view_permission)
        giving = within_paths(paths, "from_grid__path")
        taking = within_paths(paths, "to_district__path")
        taken = within_paths(paths, "to_grid__path")
        return self.filter(giving | taking | taken)

    def waiting(self):
        """Keep what the receiving district has not answered yet."""
        return self.filter(state=Handover.State.WAITING)


class Handover(models.Model):
    """移交: the giving district proposes, the receiving one takes in or sends back.

    Until then the unit stays where it was. `snapshot` is the file on the day it went,
    which is what the giving district goes on reading: nothing that came later.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "待接收"
        ACCEPTED = "accepted", "已接收"
        RETURNED = "returned", "已退回"
        WITHDRAWN = "withdrawn", "已撤回"

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="handovers"
    )
    from_district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", verbose_name="移出区县"
    )
    from_grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    to_district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", verbose_name="接收区县"
    )
    to_grid = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", null=True
    )
    on = models.DateField("迁移日期")
    reason = models.CharField("移交原因", max_length=200)
    address = models.CharField("迁往地址", max_length=200, blank=True)
    # Each district looks at a copy of its own.
    evidence = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, related_name="+", null=True
    )
    evidence_there = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, related_name="+", null=True
    )
    state = models.CharField(
        "状态", max_length=9, choices=State.choices, default=State.WAITING
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField("提出时间", auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    decided_at = models.DateTimeField("处理时间", null=True)
    since = models.DateField("归属变更日期", null=True)  # never before `on`
    answer = models.CharField("处理意见", max_length=200, blank=True)
    snapshot = models.JSONField(default=dict)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        verbose_name = "移交"
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["to_district"],
                name="enterprises_handover_waiting",
                condition=Q(state="waiting"),
            )
        ]
        constraints = [
            paired("decided_at", "decided_by"),
            models.CheckConstraint(
                condition=~Q(from_district=F("to_district")),
                name="enterprises_handover_two_districts",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted")
                | Q(to_grid__isnull=False, since__isnull=False),
                name="enterprises_handover_accepted_has_grid",
            ),
            models.UniqueConstraint(
                fields=["enterprise"],
                condition=Q(state="waiting"),
                name="enterprises_handover_one_waiting",
            ),
        ]

    def __str__(self):
        return f"{self.enterprise}（{self.from_district}→{self.to_district}）"

    def get_absolute_url(self):
        return reverse("enterprises:handover", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.from_district.path
