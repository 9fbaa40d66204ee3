"""What the file of a unit holds: its documents (卷内材料), where the paper stands."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from enterprises.models.files import Enterprise, Survey
from gridinspect.accounts.roles import Permission
from gridinspect.constraints import paired
from gridinspect.documents.models import Attachment
from gridinspect.scope import ScopedQuerySet
from grids.models import Grid


class MaterialQuerySet(ScopedQuerySet):
    path_field = "enterprise__grid__path"
    view_permission = Permission.ENTERPRISE_VIEW

    def standing(self):
        """Keep the documents that were not voided."""
        return self.filter(voided_at=None)


class Material(models.Model):
    """One document of a unit's file, with its number in 卷内目录; never removed."""

    class Kind(models.TextChoices):
        LICENCE = "licence", "证照复印件"
        SURVEY = "survey", "登记表签字页"
        CONTRACT = "contract", "劳动合同样本"
        WAGES = "wages", "工资表和考勤"
        INSURANCE = "insurance", "社会保险凭证"
        RULES = "rules", "规章制度"
        APPROVAL = "approval", "批准和备案文件"
        LETTER = "letter", "往来函件和文书"
        PHOTO = "photo", "现场照片"
        OTHER = "other", "其他"

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="materials", db_index=False
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField("序号")
    kind = models.CharField("种类", max_length=10, choices=Kind.choices)
    title = models.CharField("题名", max_length=100)
    document_number = models.CharField("文号", max_length=60, blank=True)
    author = models.CharField("责任者", max_length=100, blank=True)
    dated_on = models.DateField("文件日期", null=True, blank=True)
    pages = models.PositiveSmallIntegerField("页数")
    attachment = models.OneToOneField(
        Attachment, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    survey = models.ForeignKey(
        Survey, on_delete=models.PROTECT, related_name="materials", null=True
    )
    remark = models.CharField("备注", max_length=200, blank=True)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="replaced_by", null=True
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField("归档时间", auto_now_add=True)
    voided_at = models.DateTimeField("作废时间", null=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    void_reason = models.CharField("作废原因", max_length=200, blank=True)

    objects = MaterialQuerySet.as_manager()

    class Meta:
        verbose_name = "档案材料"
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "number"],
                name="enterprises_material_number_once_in_a_file",
            ),
            models.CheckConstraint(
                condition=Q(pages__gte=1) & Q(pages__lte=5000),
                name="enterprises_material_has_pages",
            ),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True, void_reason="")
                | (Q(voided_at__isnull=False) & ~Q(void_reason="")),
                name="enterprises_material_voided_with_reason",
            ),
            paired("voided_at", "voided_by"),
        ]

    def __str__(self):
        return f"{self.number} {self.title}"

    @property
    def scope_path(self) -> str:
        return self.enterprise.scope_path

    @property
    def is_void(self) -> bool:
        return self.voided_at is not None


class PaperPlace(models.Model):
    """Where the paper file of a unit stood from a day on, and who put it there."""

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.CASCADE, related_name="paper_places"
    )
    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    cabinet = models.CharField("柜号", max_length=20)
    box = models.CharField("盒号", max_length=20, blank=True)
    number = models.CharField("卷号", max_length=20, blank=True)
    moved_on = models.DateField("移入日期")
    reason = models.CharField("移动原因", max_length=200, blank=True)
    moved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField("登记时间", auto_now_add=True)

    class Meta:
        verbose_name = "纸质档案位置"

    def __str__(self):
        parts = [(self.cabinet, "柜"), (self.box, "盒"), (self.number, "卷")]
        return "".join(f"{value}{word}" for value, word in parts if value)


class ImportedChange(models.Model):
    """What a workbook changed in a unit's file, field by field: old and new.

    Other acts say it in their event; the event of an import stands for all its rows.
    """

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.CASCADE, related_name="imported_changes"
    )
    batch = models.ForeignKey(
        "imports.ImportBatch", on_delete=models.CASCADE, related_name="+"
    )
    changes = models.JSONField()  # {field of the file: [old, new]}, numbers masked

    class Meta:
        verbose_name = "导入的修改"

    def __str__(self):
        return f"{self.enterprise_id} {self.batch_id}"
