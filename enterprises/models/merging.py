"""Acts on several files: two of one unit made one, and one act on many units."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from enterprises.models.files import Enterprise, Survey
from gridinspect.accounts.roles import Permission
from gridinspect.constraints import paired
from gridinspect.documents.models import Attachment
from gridinspect.jobs.models import Job
from gridinspect.scope import ScopedQuerySet
from gridinspect.secrets import EncryptedTextField
from grids.models import Grid


class ToldApart(models.Model):
    """Somebody looked at two files and said that they are two units (不是同一单位)."""

    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    first = models.ForeignKey(Enterprise, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Enterprise, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField("说明", max_length=200, blank=True)
    told_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    told_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "不是同一单位"
        constraints = [
            models.CheckConstraint(
                condition=Q(first__lt=F("second")),
                name="enterprises_toldapart_first_is_older",
            ),
            models.UniqueConstraint(
                fields=["first", "second"], name="enterprises_toldapart_once"
            ),
        ]

    def __str__(self):
        return f"{self.first} ≠ {self.second}"


class MergerQuerySet(ScopedQuerySet):
    path_field = "district__path"
    view_permission = Permission.ENTERPRISE_VIEW


class Merger(models.Model):
    """合并: `merged` was found to be the same unit as `kept`; what undoing needs."""

    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    kept = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="mergers"
    )
    merged = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="merged_by"
    )
    on = models.DateField("合并日期")
    reason = models.CharField("依据", max_length=200)
    # {"kept": {field: value}, "merged": {…}} as JSON: telephones are among the values.
    before = EncryptedTextField(default="{}")
    # [[label of the model, name of the foreign key, [keys]], …] of the rows that moved
    moved = models.JSONField(default=list)
    kept_edition = models.PositiveIntegerField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField("合并时间", auto_now_add=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    undone_at = models.DateTimeField("撤销时间", null=True)

    objects = MergerQuerySet.as_manager()

    class Meta:
        verbose_name = "合并档案"
        ordering = ["-pk"]
        constraints = [
            paired("undone_at", "undone_by"),
            models.CheckConstraint(
                condition=~Q(kept=F("merged")), name="enterprises_merger_two_files"
            ),
            models.UniqueConstraint(
                fields=["merged"],
                condition=Q(undone_at=None),
                name="enterprises_merger_once",
            ),
        ]

    def __str__(self):
        return f"{self.merged} → {self.kept}"

    def get_absolute_url(self):
        return reverse("enterprises:merger", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.kept.scope_path


class JoinedSurvey(models.Model):
    """A survey that came over with a merged file: before that day it was the other's.

    Figures of earlier days still count it for the file it was taken for.
    """

    merger = models.ForeignKey(Merger, on_delete=models.CASCADE, related_name="surveys")
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="+")
    former = models.ForeignKey(Enterprise, on_delete=models.CASCADE, related_name="+")
    on = models.DateField()

    class Meta:
        verbose_name = "转入的调查登记表"
        constraints = [
            models.UniqueConstraint(
                fields=["merger", "survey"], name="enterprises_joinedsurvey_once"
            )
        ]

    def __str__(self):
        return f"{self.survey}（{self.former}）"


class BulkActQuerySet(ScopedQuerySet):
    path_field = "district__path"
    view_permission = Permission.ENTERPRISE_VIEW

    def visible_to(self, user):
        """Keep the acts of the user's districts, and his own of a street."""
        return super().visible_to(user) | self.filter(made_by=user)


class BulkAct(models.Model):
    """批量处理: one act on many units of a district, and what undoing needs."""

    class Kind(models.TextChoices):
        GRID = "grid", "批量归格"
        STATUS = "status", "批量状态变更"
        TASKS = "tasks", "批量派发任务"

    class State(models.TextChoices):
        WAITING = "waiting", "执行中"
        DONE = "done", "已执行"
        FAILED = "failed", "未完成"
        UNDONE = "undone", "已撤销"

    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", verbose_name="区县"
    )
    kind = models.CharField("处理", max_length=6, choices=Kind.choices)
    state = models.CharField(
        "状态", max_length=7, choices=State.choices, default=State.WAITING
    )
    title = models.CharField("内容", max_length=300)
    given = models.JSONField(default=dict)  # what was asked for
    # Of each unit [key, edition that was seen], then what to put back.
    units = models.JSONField(default=list)
    count = models.PositiveIntegerField("户数")
    message = models.CharField("说明", max_length=300, blank=True)
    evidence = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, related_name="+", null=True
    )
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField("提交时间", auto_now_add=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    undone_at = models.DateTimeField("撤销时间", null=True)

    objects = BulkActQuerySet.as_manager()

    class Meta:
        verbose_name = "批量处理"
        ordering = ["-pk"]
        constraints = [paired("undone_at", "undone_by")]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("enterprises:bulk-act", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.district.path
