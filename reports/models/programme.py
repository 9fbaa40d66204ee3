"""How the programme goes on in each grid: what was found, assessed and promised."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from gridinspect.accounts.roles import Permission
from gridinspect.constraints import paired
from gridinspect.documents.models import ArchivedDocument, Attachment
from gridinspect.scope import ScopedQuerySet
from grids.models import Grid


class FindingQuerySet(ScopedQuerySet):
    view_permission = Permission.COVERAGE_VIEW

    def known_on(self, day: date):
        """Keep what had been found by a day, the latest of each thing last."""
        return self.filter(on__lte=day).order_by("on", "pk")


class Finding(models.Model):
    """What somebody found of one thing that the plan asks of a grid, on a day.

    Never overwritten: what is found later is a further row. `topic` names a checklist
    of the policy `slug`, or `milestones`; `item` is the key of the thing in it.
    """

    MILESTONES = "milestones"

    class Result(models.TextChoices):
        MET = "met", "完成（到位）"
        PARTLY = "partly", "部分完成"
        NOT_MET = "not_met", "未完成（未到位）"

    class Basis(models.TextChoices):
        OWN = "own", "自报"
        CHECKED = "checked", "上级核定"

    grid = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="findings", verbose_name="网格"
    )
    slug = models.CharField("方案编号", max_length=40)
    topic = models.CharField(max_length=40)
    item = models.CharField(max_length=40)
    result = models.CharField("结果", max_length=10, choices=Result.choices)
    points = models.DecimalField("得分", max_digits=5, decimal_places=1, null=True)
    on = models.DateField("日期")
    basis = models.CharField("来源", max_length=10, choices=Basis.choices)
    signer = models.CharField("签字人", max_length=40)
    remark = models.CharField("说明", max_length=300, blank=True)
    evidence = models.ForeignKey(
        Attachment,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        verbose_name="依据",
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = "填报"
        indexes = [
            models.Index(
                fields=["grid", "slug", "topic", "on"],
                name="reports_finding_of_grid",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(points=None) | Q(points__isnull=False, result="partly"),
                name="reports_finding_points_only_for_a_part",
            )
        ]

    def __str__(self):
        return f"{self.grid} {self.item} {self.get_result_display()}"

    @property
    def scope_path(self) -> str:
        return self.grid.path


class AssessmentQuerySet(ScopedQuerySet):
    view_permission = Permission.COVERAGE_VIEW

    def open(self):
        """Keep those whose remedy is still awaited."""
        return self.filter(remedy_due__isnull=False, remedied_on=None)

    def overdue(self, *, on: date):
        """Keep those whose remedy should have been made before this day."""
        return self.open().filter(remedy_due__lt=on)

    def for_list(self):
        return self.select_related("grid__parent", "grid__district", "evidence")


class Assessment(models.Model):
    """The node above inspected, urged, accepted or appraised a grid (HJ-27, HJ-34)."""

    class Kind(models.TextChoices):
        INSPECTION = "inspection", "检查"
        SUPERVISION = "supervision", "督促"
        ACCEPTANCE = "acceptance", "验收"
        APPRAISAL = "appraisal", "考核"

    class Result(models.TextChoices):
        PASSED = "passed", "合格"
        TO_REMEDY = "to_remedy", "限期整改"
        FAILED = "failed", "不合格"

    grid = models.ForeignKey(
        Grid,
        on_delete=models.PROTECT,
        related_name="assessments",
        verbose_name="被检查网格",
    )
    kind = models.CharField("种类", max_length=12, choices=Kind.choices)
    on = models.DateField("日期")
    office = models.CharField("检查单位", max_length=60)
    assessor = models.CharField("检查人", max_length=60)
    result = models.CharField("结果", max_length=10, choices=Result.choices)
    # With 验收 and 考核: the score as it stood, {"name", "points", "out_of", "on"}.
    score = models.JSONField(null=True)
    findings = models.TextField("发现的情况", max_length=1000)
    remedy = models.CharField("整改要求", max_length=300, blank=True)
    remedy_due = models.DateField("整改期限", null=True)
    remedied_on = models.DateField("整改日期", null=True)
    remedied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
    )
    remedy_note = models.CharField("整改情况", max_length=300, blank=True)
    evidence = models.ForeignKey(
        Attachment,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        verbose_name="依据",
    )
    remedy_evidence = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, related_name="+", null=True
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = "检查考核"
        indexes = [models.Index(fields=["grid", "on"], name="reports_assessment_grid")]
        constraints = [
            paired("remedied_on", "remedied_by"),
            models.CheckConstraint(
                condition=Q(remedy_due=None, remedy="")
                | (Q(remedy_due__isnull=False) & ~Q(remedy="")),
                name="reports_assessment_remedy_with_its_day",
            ),
            models.CheckConstraint(
                condition=Q(remedied_on=None)
                | Q(remedied_on__isnull=False, remedy_due__isnull=False),
                name="reports_assessment_remedied_what_was_asked",
            ),
        ]

    def __str__(self):
        return f"{self.grid} {self.on} {self.get_kind_display()}"

    def get_absolute_url(self):
        return reverse("reports:assessment", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.grid.path

    @property
    def is_open(self) -> bool:
        return self.remedy_due is not None and self.remedied_on is None


class TargetLetterQuerySet(ScopedQuerySet):
    view_permission = Permission.REPORT_VIEW


class TargetLetter(models.Model):
    """A 目标责任书 between a grid and the node above it, as it was printed."""

    grid = models.ForeignKey(
        Grid,
        on_delete=models.PROTECT,
        related_name="target_letters",
        verbose_name="责任网格",
    )
    number = models.CharField("文号", max_length=60, unique=True)
    above = models.CharField("下达单位", max_length=60)
    year = models.PositiveSmallIntegerField("年度")
    phase = models.CharField("阶段", max_length=60)
    issued_on = models.DateField("下达日期")
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    document = models.OneToOneField(
        ArchivedDocument, on_delete=models.PROTECT, related_name="target_letter"
    )

    objects = TargetLetterQuerySet.as_manager()

    class Meta:
        verbose_name = "目标责任书"
        ordering = ["-issued_on", "-pk"]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return self.document.get_absolute_url()

    @property
    def scope_path(self) -> str:
        return self.grid.path
