from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from gridinspect.accounts.roles import Permission
from gridinspect.jobs.models import Job
from gridinspect.scope import within_paths
from gridinspect.secrets import EncryptedTextField


class ImportBatchQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Keep the user's own batches; for administrators, those of their places."""
        paths = user.scope_paths(Permission.JOB_VIEW_ALL)
        return self.filter(Q(owner=user) | within_paths(paths, "path"))


class ImportBatch(models.Model):
    """One uploaded workbook on its way in: checked, shown, confirmed, written."""

    class State(models.TextChoices):
        CHECKING = "checking", "检查中"
        READY = "ready", "待确认"
        APPLYING = "applying", "写入中"
        APPLIED = "applied", "已导入"
        REFUSED = "refused", "无法读取"
        FAILED = "failed", "失败"
        DISCARDED = "discarded", "已放弃"
        UNDOING = "undoing", "撤销中"
        UNDONE = "undone", "已撤销"

    class Mode(models.TextChoices):
        ALL = "all", "全部"
        VALID = "valid", "只导入合格行"

    kind = models.CharField(max_length=20)
    file = models.FileField(upload_to="imports/%Y/%m/", blank=True)
    original_name = models.CharField("文件", max_length=255)
    sha256 = models.CharField(max_length=64)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    path = models.CharField(max_length=120)  # the district's or, for lists, the city's
    district_code = models.CharField(max_length=20, blank=True)
    state = models.CharField(
        "状态", max_length=10, choices=State.choices, default=State.CHECKING
    )
    message = models.CharField(max_length=500, blank=True)
    recognised = models.JSONField(default=dict)  # Layout.as_json()
    outline = models.JSONField(default=list)  # correcting.outline(): first rows, masked
    corrections = models.JSONField(default=dict)  # sheet → how a person said to read it
    decisions = models.JSONField(default=dict)  # row → what to do about a likeness
    counts = models.JSONField(default=dict)
    apply_mode = models.CharField(max_length=5, choices=Mode.choices, blank=True)
    preview_digest = models.CharField(max_length=64, blank=True)
    as_of = models.DateField()  # the day from which what it says is true
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    applied_at = models.DateTimeField("导入时间", null=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = "导入"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="applied")
                | Q(state="applied", applied_at__isnull=False),
                name="imports_importbatch_applied_has_a_date",
            )
        ]

    def __str__(self):
        return self.original_name

    def get_absolute_url(self):
        return reverse("imports:detail", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.path

    @property
    def is_busy(self) -> bool:
        return self.state in (
            self.State.CHECKING,
            self.State.APPLYING,
            self.State.UNDOING,
        )

    @property
    def can_be_corrected(self) -> bool:
        """Whether a person may still say how the sheets are to be read."""
        states = (self.State.READY, self.State.REFUSED)
        return bool(self.outline and self.file) and self.state in states


class ImportRow(models.Model):
    """One row of a workbook as the preview shows it; personal numbers are masked."""

    class Outcome(models.TextChoices):
        VALID = "valid", "合格"
        WARNED = "valid_warn", "合格（有提示）"
        REJECTED = "reject", "不合格"
        DUPLICATE = "duplicate", "重复"

    class Action(models.TextChoices):
        NEW = "new", "新增"
        CHANGED = "changed", "变更"
        SAME = "same", "无变化"
        NOTHING = "none", "不导入"

    batch = models.ForeignKey(  # both indexes below begin with it
        ImportBatch, on_delete=models.CASCADE, related_name="rows", db_index=False
    )
    sheet = models.CharField(max_length=60)
    row = models.PositiveIntegerField("行号")
    outcome = models.CharField("结果", max_length=10, choices=Outcome.choices)
    action = models.CharField("处理", max_length=8, choices=Action.choices)
    reason = models.CharField(max_length=40)
    message = models.TextField("说明")
    issues = models.JSONField(default=list)  # [Issue.as_json(), …]
    values = models.JSONField(default=dict)
    changes = models.JSONField(default=dict)  # {field: [old, new]}
    key = models.CharField(max_length=80)  # the record it writes, as the kind names it
    candidates = models.JSONField(default=list)  # [{"key", "name", "score", "parts"}]
    earlier = models.JSONField(
        null=True
    )  # what the preview before said, when it differs

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["batch", "outcome"], name="imports_row_outcome"),
            models.Index(fields=["batch", "action"], name="imports_row_action"),
        ]

    def __str__(self):
        return f"{self.sheet} {self.row}"


class RememberedLayout(models.Model):
    """How the workbooks of one source are to be read, as a person corrected it."""

    kind = models.CharField(max_length=20)
    path = models.CharField(max_length=120)  # the place that the workbooks are for
    fingerprint = models.CharField(max_length=64)  # correcting.fingerprint()
    header_count = models.PositiveSmallIntegerField()
    fields = models.JSONField()  # column letter → field, "" for a column left out
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    corrected_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "path", "fingerprint"],
                name="imports_rememberedlayout_one_for_a_source",
            )
        ]

    def __str__(self):
        return f"{self.kind} {self.fingerprint[:8]}"


class Distinct(models.Model):
    """A person said that what a row names is not this record (不是同一单位)."""

    kind = models.CharField(max_length=20)
    path = models.CharField(max_length=120)
    signature = models.CharField(max_length=300)  # what the row is known by
    record = models.BigIntegerField()  # the key of the record that it is not
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "path", "signature", "record"],
                name="imports_distinct_said_once",
            )
        ]

    def __str__(self):
        return f"{self.signature} {self.record}"


class Trace(models.Model):
    """What a batch wrote, row by row, with what stood there before: to undo it."""

    batch = models.OneToOneField(
        ImportBatch, on_delete=models.CASCADE, related_name="trace"
    )
    written = EncryptedTextField()  # JSON, undoing.Written as lists

    def __str__(self):
        return str(self.batch)
