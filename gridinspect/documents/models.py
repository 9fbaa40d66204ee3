import re
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from gridinspect.accounts.roles import Permission
from gridinspect.constraints import paired
from gridinspect.scope import ScopedQuerySet, within_paths


class NumberSeries(models.Model):
    """The running numbers (文号) of one agency for one kind of paper in one year."""

    agency = models.CharField("机关代字", max_length=20)
    word = models.CharField("字", max_length=10)
    year = models.PositiveSmallIntegerField("年份")
    last = models.PositiveIntegerField("最后一号", default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "word", "year"],
                name="documents_numberseries_one_per_year",
            )
        ]

    def __str__(self):
        return f"{self.agency}人社监{self.word}字〔{self.year}〕"


class IssuedNumber(models.Model):
    """A number that stands on a paper; voided ones stay, with the reason."""

    series = models.ForeignKey(
        NumberSeries, on_delete=models.PROTECT, related_name="issued"
    )
    n = models.PositiveIntegerField("号")
    path = models.CharField(max_length=200)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField("编号时间", auto_now_add=True)
    voided_on = models.DateField("作废日期", null=True, blank=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    void_reason = models.CharField("作废原因", max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["series", "n"], name="documents_issuednumber_never_reused"
            ),
            models.CheckConstraint(
                condition=Q(n__gte=1), name="documents_issuednumber_begins_at_one"
            ),
            models.CheckConstraint(
                condition=Q(voided_on__isnull=True, void_reason="")
                | (Q(voided_on__isnull=False) & ~Q(void_reason="")),
                name="documents_issuednumber_voided_with_reason",
            ),
            paired("voided_on", "voided_by"),
        ]

    def __str__(self):
        return f"{self.series}第{self.n}号"

    @property
    def scope_path(self) -> str:
        return self.path


class FileQuerySet(ScopedQuerySet):
    """Files, for whoever holds the permission that each file names at its place."""

    path_field = "path"

    def check_readable(self, permission):
        """Raise ValueError for a permission under which nobody could open a file."""
        kind: Any = self.model
        if permission not in kind.PERMISSIONS:
            raise ValueError(f"{permission} is none of {kind.__name__}.PERMISSIONS.")

    def visible_to(self, user):
        readable = Q(pk__in=[])
        kind: Any = self.model
        for permission in kind.PERMISSIONS:
            places = within_paths(user.scope_paths(permission), self.path_field)
            readable |= Q(permission=permission) & places
        return self.filter(readable)


def random_name(file: models.Model, filename: str) -> str:
    """Return a name that tells a reader of the disk nothing about the content."""
    suffix = filename.rpartition(".")[2]
    folder = f"{file._meta.model_name}s".replace("archived", "")
    return f"{folder}/{timezone.localdate():%Y/%m}/{uuid4().hex}.{suffix}"


class ArchivedDocument(models.Model):
    """A file as it was made: its question (parameters), its date, its hash."""

    # What a reader must be granted at the document's place.
    PERMISSIONS = (
        Permission.REPORT_VIEW,
        Permission.ENTERPRISE_VIEW,
        Permission.FILE_PRINT,
        Permission.CASE_VIEW,
        Permission.INSPECTION_VIEW,
        Permission.REVIEW_VIEW,
        Permission.IDENTITY_REVEAL,
    )

    kind = models.CharField("种类", max_length=40)
    title = models.CharField("标题", max_length=200)
    path = models.CharField(max_length=200)
    permission = models.CharField(max_length=30, default=Permission.REPORT_VIEW)
    as_of = models.DateField("数据截止日期")
    params = models.JSONField("参数", default=dict)
    policies = models.JSONField("适用方案", default=list)
    code = models.CharField("验证码", max_length=20, unique=True)
    sha256 = models.CharField("SHA-256", max_length=64)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField("字节数")
    pages = models.PositiveIntegerField("页数", null=True, blank=True)
    file = models.FileField(upload_to=random_name)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField("生成时间", auto_now_add=True)
    job = models.ForeignKey(
        "jobs.Job",
        on_delete=models.SET_NULL,
        related_name="documents",
        null=True,
        blank=True,
    )

    objects = FileQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        indexes = [
            models.Index(
                fields=["path"],
                name="documents_archived_by_path",
                opclasses=["varchar_pattern_ops"],
            ),
            models.Index(fields=["kind", "as_of"], name="documents_archived_by_kind"),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("documents:detail", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.path

    @property
    def extension(self) -> str:
        return str(self.file.name).rpartition(".")[2]

    @property
    def download_name(self) -> str:
        """Return the name a reader saves the file under: title and as-of date."""
        title = re.sub(r'[\\/:*?"<>|\s]+', "_", self.title)
        return f"{title}_{self.as_of:%Y%m%d}.{self.extension}"


class Attachment(models.Model):
    """A photograph or scanned paper, given as evidence; it is never changed."""

    # What a reader may be asked to hold at the attachment's place.
    PERMISSIONS = (
        Permission.GRID_VIEW,
        Permission.STAFF_VIEW,
        Permission.ENTERPRISE_VIEW,
        Permission.CASE_VIEW,
        Permission.EARLY_WARNING_VIEW,
    )

    name = models.CharField("文件名", max_length=100)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField("字节数")
    sha256 = models.CharField("SHA-256", max_length=64)
    file = models.FileField(upload_to=random_name)
    path = models.CharField(max_length=200)
    permission = models.CharField(max_length=30, default=Permission.GRID_VIEW)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField("上传时间", auto_now_add=True)

    objects = FileQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self):
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("documents:attachment", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.path

    @property
    def is_image(self) -> bool:
        return self.content_type.startswith("image/")
