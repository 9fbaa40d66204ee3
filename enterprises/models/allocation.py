"""Giving units to grids in bulk, and what only a clerk can decide."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from enterprises.allocation import CONFIDENCES, METHODS
from enterprises.models.files import Enterprise
from gridinspect.accounts.roles import Permission
from gridinspect.constraints import paired
from gridinspect.jobs.models import Job
from gridinspect.scope import ScopedQuerySet
from grids.models import Grid


class AllocationRunQuerySet(ScopedQuerySet):
    path_field = "district__path"
    view_permission = Permission.ENTERPRISE_ALLOCATE


class AllocationRun(models.Model):
    """One allocation (批量归格) of a district: tried, shown, applied, undone."""

    class State(models.TextChoices):
        CHECKING = "checking", "试算中"
        READY = "ready", "待执行"
        APPLYING = "applying", "执行中"
        APPLIED = "applied", "已执行"
        UNDONE = "undone", "已撤销"
        DISCARDED = "discarded", "已放弃"
        FAILED = "failed", "未完成"

    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", verbose_name="区县"
    )
    on = models.DateField("生效日期")
    with_hand = models.BooleanField("包括人工确定的归属", default=False)
    state = models.CharField(
        "状态", max_length=10, choices=State.choices, default=State.CHECKING
    )
    counts = models.JSONField(default=dict)  # {outcome or method: number of units}
    digest = models.CharField(max_length=64, blank=True)  # of the lines that were shown
    message = models.CharField("说明", max_length=300, blank=True)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField("试算时间", auto_now_add=True)
    applied_at = models.DateTimeField("执行时间", null=True)
    undone_at = models.DateTimeField("撤销时间", null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )

    objects = AllocationRunQuerySet.as_manager()

    class Meta:
        verbose_name = "批量归格"
        ordering = ["-pk"]
        constraints = [paired("undone_at", "undone_by")]

    def __str__(self):
        return f"{self.district}批量归格（{self.on}）"

    def get_absolute_url(self):
        return reverse("enterprises:allocation", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.district.path

    @property
    def is_busy(self) -> bool:
        """Tell whether a job still works on it; one that broke off does not."""
        at_work = self.state in (self.State.CHECKING, self.State.APPLYING)
        return at_work and not (self.job and self.job.is_over)

    @property
    def is_broken_off(self) -> bool:
        at_work = self.state in (self.State.CHECKING, self.State.APPLYING)
        return at_work and not self.is_busy


class AllocationLine(models.Model):
    """What a run says of one unit, and, once applied, what to put back."""

    class Outcome(models.TextChoices):
        MOVED = "moved", "改归"
        KEPT = "kept", "不变"
        OPEN = "open", "待确认"

    run = models.ForeignKey(
        AllocationRun, on_delete=models.CASCADE, related_name="lines"
    )
    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.CASCADE, related_name="+"
    )
    outcome = models.CharField("结果", max_length=5, choices=Outcome.choices)
    old = models.ForeignKey(Grid, on_delete=models.CASCADE, related_name="+")
    new = models.ForeignKey(Grid, on_delete=models.CASCADE, related_name="+", null=True)
    method = models.CharField(
        "判定方法", max_length=5, choices=list(METHODS.items()), blank=True
    )
    confidence = models.CharField(
        "把握", max_length=6, choices=list(CONFIDENCES.items()), blank=True
    )
    reason = models.CharField("依据", max_length=400)
    candidates = ArrayField(models.BigIntegerField(), default=list)
    before = models.JSONField(null=True)  # the open placement, as it was
    placement = models.BigIntegerField(null=True)  # the key of what stands now

    class Meta:
        verbose_name = "归格明细"
        indexes = [
            models.Index(fields=["run", "outcome"], name="enterprises_line_outcome")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "enterprise"], name="enterprises_line_one_a_unit"
            )
        ]

    def __str__(self):
        return f"{self.enterprise} {self.get_outcome_display()}"


class DoubtQuerySet(ScopedQuerySet):
    path_field = "enterprise__grid__path"
    view_permission = Permission.ENTERPRISE_VIEW

    def open(self):
        """Keep what nobody has decided yet."""
        return self.filter(settled_at=None)


class Doubt(models.Model):
    """A unit whose grid could not be told (待确认); the decision is remembered."""

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.CASCADE, related_name="doubts"
    )
    run = models.ForeignKey(
        AllocationRun, on_delete=models.SET_NULL, null=True, related_name="doubts"
    )
    key = models.CharField(max_length=400, blank=True)  # Evidence.key
    candidates = ArrayField(models.BigIntegerField(), default=list)
    reason = models.CharField("原因", max_length=400)
    found_at = models.DateTimeField("提出时间", auto_now_add=True)
    # Decided by a clerk for `grid`, or by a later run: then nobody decided.
    settled_at = models.DateTimeField("处理时间", null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    settled_run = models.ForeignKey(
        AllocationRun, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    grid = models.ForeignKey(
        Grid, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    objects = DoubtQuerySet.as_manager()

    class Meta:
        verbose_name = "待确认单位"
        indexes = [
            models.Index(
                fields=["key"],
                name="enterprises_doubt_decided",
                condition=Q(grid__isnull=False),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise"],
                condition=Q(settled_at=None),
                name="enterprises_doubt_one_open",
            )
        ]

    def __str__(self):
        return str(self.enterprise)

    @property
    def scope_path(self) -> str:
        return self.enterprise.scope_path
