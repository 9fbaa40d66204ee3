"""隐患: early signs of violations, seen at a visit, with advice and what came of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from cases.visits.models.visits import Visit
from cases.visits.querysets import HazardQuerySet
from enterprises.models import Enterprise
from gridinspect.constraints import paired
from grids.models import Grid


class Hazard(models.Model):
    """An early sign of a violation (苗头、隐患), open until it is said to be cleared.

    What is difficult or major is reported upward at once (立即上报): the moment is
    kept, and the answer of those above.
    """

    class Level(models.TextChoices):
        GENERAL = "general", "一般"
        DIFFICULT = "difficult", "难以处理"
        MAJOR = "major", "重大"

    AT_ONCE = (Level.DIFFICULT, Level.MAJOR)  # 扬府办发〔2007〕136号第二十一条

    class Outcome(models.TextChoices):
        AT_BASE = "at_base", "基层化解"
        HANDED_OVER = "handed_over", "移交监察机构处理"
        UNFOUNDED = "unfounded", "经核实不成立"

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="hazards")
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="hazards")
    enterprise = models.ForeignKey(
        Enterprise,
        on_delete=models.PROTECT,
        related_name="hazards",
        null=True,
        blank=True,
    )
    topic = models.CharField("事项", max_length=20)
    level = models.CharField("程度", max_length=10, choices=Level.choices)
    words = models.CharField("隐患情况", max_length=500)
    advice = models.CharField("现场建议", max_length=500, blank=True)
    advice_result = models.CharField("建议结果", max_length=500, blank=True)
    found_on = models.DateField("发现日期")
    found_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)
    follow_up_on = models.DateField("复查日期", null=True, blank=True)
    escalated_at = models.DateTimeField("上报时间", null=True, blank=True)
    escalated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    answered_at = models.DateTimeField("处理时间", null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    answer = models.CharField("处理意见", max_length=500, blank=True)
    cleared_on = models.DateField("消除日期", null=True, blank=True)
    cleared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    outcome = models.CharField(
        "结论", max_length=12, choices=Outcome.choices, blank=True
    )
    clearing = models.CharField("消除情况", max_length=500, blank=True)

    objects = HazardQuerySet.as_manager()

    class Meta:
        verbose_name = "隐患"
        indexes = [
            models.Index(
                fields=["enterprise"],
                condition=Q(cleared_on=None),
                name="visits_hazard_open_of_unit",
            ),
            models.Index(fields=["grid", "found_on"], name="visits_hazard_in_grid"),
            models.Index(
                fields=["district", "found_on"], name="visits_hazard_in_district"
            ),
        ]
        constraints = [
            paired("escalated_at", "escalated_by"),
            paired("answered_at", "answered_by"),
            paired("cleared_on", "cleared_by"),
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(escalated_at__isnull=False),
                name="visits_hazard_answered_after_report",
            ),
            models.CheckConstraint(
                condition=Q(cleared_on=None, outcome="")
                | (
                    Q(cleared_on__isnull=False, cleared_on__gte=models.F("found_on"))
                    & ~Q(outcome="")
                ),
                name="visits_hazard_cleared_with_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place}：{self.words[:30]}"

    def get_absolute_url(self) -> str:
        return reverse("visits:hazard", args=[self.pk])

    @property
    def place(self) -> str:
        return self.enterprise.name if self.enterprise else self.visit.place

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path if self.enterprise else self.grid.path

    @property
    def is_open(self) -> bool:
        return self.cleared_on is None

    @property
    def is_for_above(self) -> bool:
        """Tell whether such a hazard is to be reported upward at once."""
        return self.level in self.AT_ONCE


class HazardNote(models.Model):
    """What somebody saw of a hazard later on (复查)."""

    hazard = models.ForeignKey(Hazard, on_delete=models.CASCADE, related_name="notes")
    on = models.DateField("日期")
    text = models.CharField("情况", max_length=500)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.text[:30]
