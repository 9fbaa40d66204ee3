"""A unit's file: what it is, where it belonged, which status it had, its surveys."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, Max, Min, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone

from enterprises.allocation import CONFIDENCES, METHODS, Confidence, Method
from enterprises.grams import grams_of_unit, grams_of_word
from gridinspect.accounts.models import Person
from gridinspect.accounts.roles import Permission
from gridinspect.constraints import ordered
from gridinspect.documents.models import Attachment
from gridinspect.scope import ScopedQuerySet
from gridinspect.secrets import EncryptedTextField, blind_index
from grids.models import Grid
from grids.querysets import DatedQuerySet

MOST_DISTRICTS = 50  # whose pairs one search asks for
RUNS, RUN = 200, 20  # how many runs of units tell how many there are, and their length


class GramsField(ArrayField):
    """The pairs of characters of a unit, worked out whenever it is saved whole."""

    def pre_save(self, model_instance: models.Model, add: bool) -> list[int]:
        value = grams_of_unit(model_instance)
        setattr(model_instance, self.attname, value)
        return value


class EnterpriseQuerySet(ScopedQuerySet):
    view_permission = Permission.ENTERPRISE_VIEW

    def visible_to(self, user) -> Self:
        """Keep the files of the user's places; one that was merged is no file now."""
        return super().visible_to(user).filter(merged_into=None)

    def for_list(self):
        """Fetch what a row of a list shows, in one query."""
        last = (
            Survey.objects.filter(enterprise=OuterRef("pk"), is_complete=True)
            .order_by()
            .values("enterprise")
            .annotate(last=Max("surveyed_on"))
            .values("last")
        )
        related = self.select_related("grid__parent", "district").defer("grams")
        return related.annotate(last_surveyed=Subquery(last))

    def about(self) -> int:
        """Return how many these are, roughly where they are very many.

        Runs of neighbouring units are looked at, evenly spread over all, so that it
        costs the same however many there are; where they are few, every one is.
        """
        ends = Enterprise.objects.aggregate(first=Min("pk"), last=Max("pk"))
        first, last = ends["first"] or 0, ends["last"] or 0
        step = max(RUN, (last - first) // RUNS)
        starts = range(first, last + 1, step)
        looked_at = [start + n for start in starts for n in range(RUN)]
        return self.filter(pk__any_of=looked_at).count() * step // RUN

    def known(self):
        """Keep the units that count as known (底数) today."""
        return self.filter(status__in=Enterprise.OPEN_STATUSES)

    def surveyed(self, *, on: date):
        """Keep the units with a complete survey of any age (建档)."""
        return self.filter(Exists(_complete(on)))

    def never_surveyed(self, *, on: date):
        """Keep the units without a complete survey (未采集)."""
        return self.exclude(Exists(_complete(on)))

    def fresh(self, *, on: date, days: Mapping[int, int]):
        """Keep the units whose complete survey still counts (已采集).

        `days` says for each district how old a survey may be; units of other districts
        are left out.
        """
        return self.filter(_is_fresh(on, days))

    def not_fresh(self, *, on: date, days: Mapping[int, int]):
        """Keep the units without a survey that still counts."""
        return self.exclude(_is_fresh(on, days))

    def stale(self, *, on: date, days: Mapping[int, int]):
        """Keep the units whose surveys are all too old (过期)."""
        return self.surveyed(on=on).not_fresh(on=on, days=days)


def may_have(words: str, districts: Collection[int]) -> Q:
    """Return the condition that a unit of these districts may have such words.

    It is answered by the index; the caller compares the words themselves. Of a single
    letter, and of very many districts, it says nothing.
    """
    if not grams_of_word(words, 0) or len(districts) > MOST_DISTRICTS:
        return Q()
    condition = Q(pk__in=[])
    for district in districts:
        condition |= Q(grams__contains=grams_of_word(words, district))
    return condition


def _complete(on: date):
    return Survey.objects.filter(
        enterprise=OuterRef("pk"), is_complete=True, surveyed_on__lte=on
    )


def _is_fresh(on: date, days: Mapping[int, int]) -> Q:
    condition = Q(pk__in=[])
    for age in sorted(set(days.values())):
        districts = [key for key, own in days.items() if own == age]
        recent = _complete(on).filter(surveyed_on__gte=on - timedelta(days=age))
        condition |= Q(district__in=districts) & Q(Exists(recent))
    return condition


class Enterprise(models.Model):
    """One employing unit (用人单位) in one district: its file, 一户一档.

    `grid` and `status` are today's; Placement and StatusPeriod say since when, and what
    was before. `enterprises.services` keeps them together.
    """

    class UnitKind(models.TextChoices):
        COMPANY = "company", "企业"
        SOLE_TRADER = "sole_trader", "个体工商户"
        PRIVATE_NON_ENTERPRISE = "private_non_enterprise", "民办非企业单位"
        STATE_ORGAN = "state_organ", "机关"
        PUBLIC_INSTITUTION = "public_institution", "事业单位"
        SOCIAL_GROUP = "social_group", "社会团体"
        FIRM_OR_FOUNDATION = "firm_or_foundation", "会计师、律师事务所、基金会"
        COOPERATIVE = "cooperative", "农民专业合作社"
        JOB_AGENCY = "job_agency", "职业中介、培训、鉴定机构"
        DISPATCH_AGENCY = "dispatch_agency", "劳务派遣单位"
        PROJECT = "project", "建设工程项目部"
        UNLICENSED = "unlicensed", "无证无照经营者"
        OTHER = "other", "其他"

    class Status(models.TextChoices):
        OPEN = "open", "营业"
        PREPARING = "preparing", "筹建"
        SUSPENDED = "suspended", "停业"
        CANCELLED = "cancelled", "注销"
        REVOKED = "revoked", "吊销"
        MOVED_AWAY = "moved_away", "迁出"
        NOT_FOUND = "not_found", "查无"
        MERGED = "merged", "已合并"  # given by a merger alone

    OPEN_STATUSES = (Status.OPEN, Status.PREPARING)  # 底数 counts these (design.md 4)

    class Source(models.TextChoices):
        VISIT = "visit", "上门采集"
        IMPORT = "import", "名册导入"
        MARKET = "market", "市场监管"
        TAX = "tax", "税务"
        CIVIL = "civil", "民政"
        STAFFING = "staffing", "编办"
        INSURANCE = "insurance", "社保"
        STATISTICS = "statistics", "统计"
        COMPLAINT = "complaint", "举报投诉"

    # Each index costs an import of 100,000 units a second: those of `indexes` below
    # begin with the district and the grid, and nobody asks who recorded what.
    district = models.ForeignKey(
        Grid,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="区县",
        db_index=False,
    )
    grid = models.ForeignKey(
        Grid,
        on_delete=models.PROTECT,
        related_name="enterprises",
        verbose_name="所属网格",
        db_index=False,
    )
    name = models.CharField("单位名称", max_length=200)
    former_name = models.CharField("曾用名", max_length=200, blank=True)
    name_key = models.CharField(max_length=200, editable=False)  # rules.name_key
    pinyin = models.CharField(max_length=200, editable=False)
    grams = GramsField(models.IntegerField(), default=list, editable=False)
    uscc = models.CharField("统一社会信用代码", max_length=18, null=True, blank=True)
    uscc_override_reason = models.CharField("已核对证照", max_length=200, blank=True)
    registration_number = models.CharField("原注册号", max_length=30, blank=True)
    registrar = models.CharField("登记机关", max_length=100, blank=True)
    unit_kind = models.CharField(
        "单位类型", max_length=24, choices=UnitKind.choices, default=UnitKind.COMPANY
    )
    registration_type = models.CharField("登记注册类型", max_length=40, blank=True)
    industry = models.CharField("行业", max_length=5, blank=True)  # GB/T 4754-2017
    affiliation = models.CharField("隶属关系", max_length=20, blank=True)
    registered_address = models.CharField("注册地址", max_length=200, blank=True)
    address = models.CharField("经营（用工）地址", max_length=200, blank=True)
    road = models.CharField("道路", max_length=60, blank=True)
    house_number = models.CharField("门牌号", max_length=20, blank=True)
    longitude = models.DecimalField(
        "经度", max_digits=9, decimal_places=6, null=True, blank=True
    )
    latitude = models.DecimalField(
        "纬度", max_digits=9, decimal_places=6, null=True, blank=True
    )
    postcode = models.CharField("邮编", max_length=6, blank=True)
    founded_on = models.DateField("成立日期", null=True, blank=True)
    headcount = models.PositiveIntegerField("从业人数", null=True, blank=True)
    legal_representative = models.CharField(
        "法定代表人（负责人）", max_length=60, blank=True
    )
    contact_name = models.CharField("经办人", max_length=60, blank=True)
    contact_phone = EncryptedTextField("联系电话", blank=True)
    contact_phone_index = models.CharField(max_length=64, null=True, editable=False)
    # What few units have: columns with a default of the database, so that an import
    # need not write them.
    organisation_code = models.CharField(
        "组织机构代码", max_length=9, blank=True, default="", db_default=""
    )
    department = models.CharField(
        "主管部门", max_length=100, blank=True, default="", db_default=""
    )
    registered_capital = models.DecimalField(
        "注册资本（万元）", max_digits=14, decimal_places=4, null=True, blank=True
    )
    is_legal_person = models.BooleanField("是否独立法人", null=True, blank=True)
    is_branch = models.BooleanField("是否分支机构", null=True, blank=True)
    parent_unit = models.CharField(
        "上级单位", max_length=200, blank=True, default="", db_default=""
    )
    dispatch_licence = models.CharField(
        "劳务派遣许可证号", max_length=40, blank=True, default="", db_default=""
    )
    dispatch_licence_until = models.DateField(
        "派遣许可证有效期至", null=True, blank=True
    )
    insurance_number = models.CharField(
        "社会保险登记号", max_length=40, blank=True, default="", db_default=""
    )
    legal_id_number = EncryptedTextField(
        "法定代表人证件号码", blank=True, default="", db_default=""
    )
    legal_phone = EncryptedTextField(
        "法定代表人电话", blank=True, default="", db_default=""
    )
    labour_manager = models.CharField(
        "劳资负责人", max_length=60, blank=True, default="", db_default=""
    )
    labour_phone = EncryptedTextField(
        "劳资负责人电话", blank=True, default="", db_default=""
    )
    contact_mobile = EncryptedTextField(
        "经办人手机", blank=True, default="", db_default=""
    )
    contact_email = models.EmailField(
        "经办人邮箱", max_length=100, blank=True, default="", db_default=""
    )
    status = models.CharField(
        "营业状态", max_length=10, choices=Status.choices, default=Status.OPEN
    )
    source = models.CharField(
        "数据来源", max_length=10, choices=Source.choices, default=Source.VISIT
    )
    known_since = models.DateField("纳入底数日期")
    paper_file_place = models.CharField("纸质档案位置", max_length=60, blank=True)
    remark = models.TextField("备注", blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    recorded_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    edition = models.PositiveIntegerField(default=1)  # of the file, for two editors
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="merged_files",
        null=True,
        editable=False,
        db_index=False,
    )

    last_surveyed: date | None  # only from for_list()

    objects = EnterpriseQuerySet.as_manager()

    class Meta:
        verbose_name = "用人单位"
        indexes = [
            models.Index(fields=["grid", "status"], name="enterprises_in_grid"),
            models.Index(
                fields=["merged_into"],
                name="enterprises_merged",
                condition=Q(merged_into__isnull=False),
            ),
            models.Index(fields=["contact_phone_index"], name="enterprises_by_phone"),
            models.Index(fields=["district", "name"], name="enterprises_in_district"),
            models.Index(fields=["district", "id"], name="enterprises_newest"),
            models.Index(
                fields=["district", "name_key"], name="enterprises_by_name_key"
            ),
            GinIndex(  # for names alike; what is typed is found by the grams
                fields=["name"], name="enterprises_by_name", opclasses=["gin_trgm_ops"]
            ),
            GinIndex(fields=["grams"], name="enterprises_by_grams"),
            models.Index(  # for a code's beginning, whatever the collation
                fields=["uscc"],
                name="enterprises_by_uscc",
                opclasses=["varchar_pattern_ops"],
            ),
            models.Index(
                fields=["registration_number"],
                name="enterprises_by_old_number",
                condition=~Q(registration_number=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "uscc"],
                condition=Q(uscc__isnull=False),
                name="enterprises_enterprise_uscc_unique_in_district",
                violation_error_message="本区县已有使用该统一社会信用代码的单位。",
            ),
            models.CheckConstraint(
                condition=Q(status="merged", merged_into__isnull=False)
                | (~Q(status="merged") & Q(merged_into__isnull=True)),
                name="enterprises_enterprise_merged_has_file",
            ),
            models.CheckConstraint(
                condition=Q(uscc__isnull=True) | Q(uscc__regex=r"^[0-9A-Z]{18}$"),
                name="enterprises_enterprise_uscc_has_18_characters",
                violation_error_message="统一社会信用代码应为 18 位数字或大写字母。",
            ),
            models.CheckConstraint(
                condition=Q(registered_capital__isnull=True)
                | Q(registered_capital__gte=0),
                name="enterprises_enterprise_capital_not_negative",
                violation_error_message="注册资本不能是负数。",
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("enterprises:detail", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.grid.path

    @property
    def is_project(self) -> bool:
        return self.unit_kind == self.UnitKind.PROJECT

    def set_contact_phone(self, phone: str) -> None:
        """Set the telephone together with the index it is found by."""
        self.contact_phone = phone
        self.contact_phone_index = blind_index(phone, purpose="enterprise.phone")


# What a person or a list may say of a unit's status.
GIVEN_STATUSES = [
    (value, label)
    for value, label in Enterprise.Status.choices
    if value != Enterprise.Status.MERGED
]


class Placement(models.Model):
    """The unit belonged to this grid for a while."""

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.CASCADE, related_name="placements"
    )
    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="placements")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField(auto_now_add=True)
    method = models.CharField(
        "判定方法", max_length=5, choices=list(METHODS.items()), default=Method.HAND
    )
    confidence = models.CharField(
        "把握",
        max_length=6,
        choices=list(CONFIDENCES.items()),
        default=Confidence.HIGH,
    )
    reason = models.CharField("依据", max_length=400, blank=True)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "历次所属网格"
        indexes = [models.Index(fields=["district"], name="enterprises_placement_d")]
        constraints = [
            ordered("since", "until"),
            models.UniqueConstraint(
                fields=["enterprise"],
                condition=Q(until=None),
                name="enterprises_placement_one_open",
            ),
        ]

    def __str__(self):
        return f"{self.enterprise} {self.grid}"


class StatusPeriod(models.Model):
    """The unit had this status for a while."""

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.CASCADE, related_name="status_periods"
    )
    status = models.CharField(max_length=10, choices=Enterprise.Status.choices)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        db_index=False,
    )
    evidence = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, related_name="+", null=True
    )
    replaced = models.JSONField(null=True)  # the period of the same day, to put back

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "历次营业状态"
        constraints = [
            ordered("since", "until"),
            models.UniqueConstraint(
                fields=["enterprise"],
                condition=Q(until=None),
                name="enterprises_statusperiod_one_open",
            ),
        ]

    def __str__(self):
        return f"{self.enterprise} {self.get_status_display()}"


class SurveyQuerySet(ScopedQuerySet):
    path_field = "enterprise__grid__path"
    view_permission = Permission.ENTERPRISE_VIEW

    def final(self):
        """Keep the surveys that were handed in."""
        return self.filter(state=Survey.State.FINAL)


class Survey(models.Model):
    """One filled 用人单位调查登记表: a version of the unit's data, never changed."""

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        FINAL = "final", "已提交"

    class Method(models.TextChoices):
        VISIT = "visit", "上门"
        PHONE = "phone", "电话"
        SELF = "self", "自报"
        IMPORT = "import", "导入"

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="surveys"
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    form_version = models.PositiveSmallIntegerField(default=1)
    surveyed_on = models.DateField("采集日期")
    collected_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", null=True
    )
    method = models.CharField(
        "采集方式", max_length=6, choices=Method.choices, default=Method.VISIT
    )
    answers = models.JSONField(default=dict)  # {field key of the form: value}
    state = models.CharField(max_length=5, choices=State.choices, default=State.DRAFT)
    is_complete = models.BooleanField(default=False)  # design.md 4
    problems = models.JSONField(default=list)  # [{"fields", "rule", "message"}, …]
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = SurveyQuerySet.as_manager()

    class Meta:
        verbose_name = "调查登记表"
        indexes = [
            models.Index(
                fields=["enterprise", "surveyed_on"],
                name="enterprises_survey_complete",
                condition=Q(is_complete=True),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_complete=False) | Q(state="final"),
                name="enterprises_survey_a_draft_is_not_complete",
            )
        ]

    def __str__(self):
        return f"{self.enterprise} {self.surveyed_on}"

    @property
    def scope_path(self) -> str:
        return self.enterprise.scope_path

    @property
    def days_late(self) -> int:
        """Return how many days after the visit the survey was entered."""
        return (timezone.localdate(self.recorded_at) - self.surveyed_on).days
