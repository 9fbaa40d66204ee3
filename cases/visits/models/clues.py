"""线索: a unit without a file was met at a visit; somebody else opens one."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from cases.visits.models.visits import Visit
from cases.visits.querysets import ClueQuerySet
from enterprises.models import Enterprise
from gridinspect.constraints import paired
from grids.models import Grid


class Clue(models.Model):
    """A visit met a unit without a file (新发现单位).

    Who keeps the files opens one and names it here, or says why not. A file without
    its unit becomes a proposal of its status (enterprises.services.status).
    """

    class Decision(models.TextChoices):
        ADOPTED = "adopted", "已采纳"
        DISMISSED = "dismissed", "不采纳"

    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, related_name="clue")
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    enterprise = models.ForeignKey(  # the file that was opened for it
        Enterprise, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    decision = models.CharField(
        "处理", max_length=10, choices=Decision.choices, blank=True
    )
    settled_at = models.DateTimeField("处理时间", null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    note = models.CharField("处理说明", max_length=300, blank=True)

    objects = ClueQuerySet.as_manager()

    class Meta:
        verbose_name = "走访线索"
        indexes = [
            models.Index(
                fields=["grid"],
                condition=Q(settled_at=None),
                name="visits_clue_open_in_grid",
            )
        ]
        constraints = [
            paired("settled_at", "settled_by"),
            models.CheckConstraint(
                condition=Q(settled_at=None, decision="")
                | (Q(settled_at__isnull=False) & ~Q(decision="")),
                name="visits_clue_settled_with_decision",
            ),
            models.CheckConstraint(
                condition=Q(enterprise=None) | Q(decision="adopted"),
                name="visits_clue_has_a_file_when_adopted",
            ),
        ]

    def __str__(self) -> str:
        return f"新发现单位：{self.visit.place}"

    def get_absolute_url(self) -> str:
        return self.visit.get_absolute_url()

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path if self.enterprise else self.grid.path
