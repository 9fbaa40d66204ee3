"""Facts that no other room knows, and the units whose facts have changed."""

from django.db import models
from django.db.models import Q

from enterprises.models import Enterprise
from enterprises.supervision.models.shared import USER, UnitRowQuerySet
from grids.models import Grid


class NotedFact(models.Model):
    """A fact that somebody notes from a paper: a collective petition, an incident."""

    class Kind(models.TextChoices):
        PETITIONS = "petitions", "集体上访"
        INCIDENTS = "incidents", "群体性、极端事件或严重社会影响"
        OBSTRUCTED = "obstructed", "阻挠劳动保障监察"
        REFUSED = "refused", "拒不履行处理、处罚决定"
        CHILD_LABOUR = "child_labour", "使用童工、强迫劳动"
        CRIMES = "crimes", "追究刑事责任"

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="noted_facts"
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField("种类", max_length=12, choices=Kind)
    on = models.DateField("发生日期")
    paper = models.CharField("依据（文书、报告）", max_length=200)
    note = models.TextField("情况", blank=True)
    withdrawn_on = models.DateField("撤销日期", null=True, blank=True)
    withdrawn_reason = models.CharField("撤销理由", max_length=200, blank=True)
    recorded_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = UnitRowQuerySet.as_manager()

    class Meta:
        verbose_name = "不良记录"
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(paper=""), name="supervision_notedfact_has_a_paper"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on__isnull=True, withdrawn_reason="")
                | Q(withdrawn_on__isnull=False) & ~Q(withdrawn_reason=""),
                name="supervision_notedfact_withdrawn_with_a_reason",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}（{self.on}）"

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path


class MovedFacts(models.Model):
    """A unit whose facts have changed: its key supervision is to be judged again."""

    enterprise = models.OneToOneField(
        Enterprise, on_delete=models.CASCADE, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "待复核的重点监管"

    def __str__(self):
        return str(self.enterprise_id)
