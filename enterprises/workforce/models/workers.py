"""The roster (职工名册): who works in a unit since when, and under which contracts."""

from datetime import date, timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from enterprises.models import Enterprise
from gridinspect.accounts.roles import Permission
from gridinspect.scope import ScopedQuerySet
from gridinspect.secrets import EncryptedTextField, blind_index
from grids.models import Grid


class WorkerQuerySet(ScopedQuerySet):
    """Employments, each since a day and perhaps until another."""

    path_field = "enterprise__grid__path"
    view_permission = Permission.WORKFORCE_VIEW

    def on(self, day: date) -> Self:
        """Keep the employments of the persons employed on a day (在册)."""
        return self.filter(Q(until=None) | Q(until__gt=day), since__lte=day)

    def should_sign(self) -> Self:
        """Keep those who should have a written contract (应签劳动合同).

        Part-time work may be agreed orally (劳动合同法第六十九条); dispatched persons
        sign with their agency; interns and pensioners are in no employment relation.
        """
        return self.filter(employment_form=Worker.Form.FULL_TIME)

    def signed(self, on: date) -> Self:
        """Keep those who have a contract that runs on a day (实签)."""
        return self.filter(Exists(_running(on)))

    def unsigned(self, on: date) -> Self:
        """Keep those who have no contract that runs on a day."""
        return self.exclude(Exists(_running(on)))

    def expiring(self, on: date, days: int) -> Self:
        """Keep the employed whose last contract ends within so many days of a day."""
        ends = Contract.objects.filter(
            worker=OuterRef("pk"), ends_on__gte=on, ends_on__lte=on + timedelta(days)
        )
        later = Contract.objects.filter(worker=OuterRef("pk")).filter(
            Q(ends_on=None) | Q(ends_on__gt=on + timedelta(days))
        )
        return self.filter(Exists(ends), until=None).exclude(Exists(later))


def _running(on: date):
    return Contract.objects.filter(worker=OuterRef("pk")).running(on)


class Worker(models.Model):
    """One employment of a person in a unit: a line of its roster.

    `until` is the first day on which the person was no longer employed; who comes back
    gets a new line. Source: 劳动合同法实施条例第八条; domain.md 2.12 B.
    """

    class Gender(models.TextChoices):
        MALE = "male", "男"
        FEMALE = "female", "女"

    class Form(models.TextChoices):
        FULL_TIME = "full_time", "全日制"
        PART_TIME = "part_time", "非全日制"
        DISPATCHED = "dispatched", "劳务派遣"
        INTERN = "intern", "实习学生"
        PENSIONER = "pensioner", "退休返聘"
        OTHER = "other", "其他"

    class Household(models.TextChoices):
        URBAN = "urban", "城镇（非农业）"
        RURAL = "rural", "农村（农业）"

    class Category(models.TextChoices):
        URBAN = "urban", "城镇职工"
        MIGRANT = "migrant", "农民工"
        FOREIGN = "foreign", "港澳台和外籍人员"
        OTHER = "other", "其他"

    class Ending(models.TextChoices):
        DISSOLVED = "dissolved", "解除"
        EXPIRED = "expired", "终止"
        RETIRED = "retired", "退休"
        DIED = "died", "死亡"

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="workers", db_index=False
    )
    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    name = models.CharField("姓名", max_length=50)
    gender = models.CharField("性别", max_length=6, choices=Gender.choices, blank=True)
    birth_date = models.DateField("出生日期", null=True, blank=True)
    id_number = EncryptedTextField("公民身份号码", blank=True)
    id_index = models.CharField(max_length=64, null=True, editable=False)
    is_citizen_id = models.BooleanField("居民身份证", default=True)
    household_address = EncryptedTextField("户籍地址", blank=True)
    address = EncryptedTextField("现住址", blank=True)
    phone = EncryptedTextField("联系方式", blank=True)
    employment_form = models.CharField(
        "用工形式", max_length=10, choices=Form.choices, default=Form.FULL_TIME
    )
    since = models.DateField("用工起始时间")
    until = models.DateField("离职日期", null=True, blank=True)
    ending = models.CharField(
        "离职原因", max_length=9, choices=Ending.choices, blank=True
    )
    household_kind = models.CharField(
        "户口性质", max_length=5, choices=Household.choices, blank=True
    )
    category = models.CharField(
        "职工类别", max_length=7, choices=Category.choices, blank=True
    )
    post = models.CharField("工种（岗位）", max_length=60, blank=True)
    wage = models.DecimalField(
        "月工资", max_digits=10, decimal_places=2, null=True, blank=True
    )
    # Codes in the order of INSURANCES, or "none"; empty while nobody has said.
    insurances = models.CharField("参保险种", max_length=60, blank=True)
    is_special_trade = models.BooleanField("特殊工种", null=True, blank=True)
    remark = models.CharField("备注", max_length=200, blank=True)
    # What the unit filed of this employment (用工备案); see Filing.
    hire_filing = models.ForeignKey(
        "workforce.Filing",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="hired",
        verbose_name="招用备案",
        db_index=False,
    )
    end_filing = models.ForeignKey(
        "workforce.Filing",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="ended",
        verbose_name="解除（终止）备案",
        db_index=False,
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    recorded_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    edition = models.PositiveIntegerField(default=1)  # for two editors

    objects = WorkerQuerySet.as_manager()

    class Meta:
        verbose_name = "职工"
        indexes = [
            models.Index(fields=["enterprise", "until"], name="workers_of_unit"),
            models.Index(fields=["id_index"], name="workers_by_id"),
            models.Index(
                fields=["district", "since"],
                name="workers_hire_unfiled",
                condition=Q(hire_filing=None, until=None),
            ),
            models.Index(
                fields=["district", "until"],
                name="workers_end_unfiled",
                condition=Q(end_filing=None, until__isnull=False),
            ),
            models.Index(
                fields=["hire_filing"],
                name="workers_by_hire_filing",
                condition=Q(hire_filing__isnull=False),
            ),
            models.Index(
                fields=["end_filing"],
                name="workers_by_end_filing",
                condition=Q(end_filing__isnull=False),
            ),
            GinIndex(
                fields=["name"], name="workers_by_name", opclasses=["gin_trgm_ops"]
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "id_index"],
                condition=Q(until=None, id_index__isnull=False),
                name="workforce_worker_one_open_employment",
                violation_error_message="该单位名册中已有这个身份证号的在册职工。",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="workforce_worker_until_not_before_since",
                violation_error_message="离职日期不能早于用工起始时间。",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True, ending="")
                | (Q(until__isnull=False) & ~Q(ending="")),
                name="workforce_worker_until_with_ending",
            ),
            models.CheckConstraint(
                condition=Q(wage__isnull=True) | Q(wage__gte=0),
                name="workforce_worker_wage_not_negative",
                violation_error_message="工资不能为负数。",
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("workforce:worker", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path

    def set_id_number(self, number: str) -> None:
        """Set the number together with the index it is found by."""
        self.id_number = number
        self.id_index = id_index(number)


def id_index(number: str) -> str | None:
    """Return what a worker is found by: the digest of an identity number."""
    return blind_index(number, purpose="worker.id")


class ContractQuerySet(ScopedQuerySet):
    path_field = "worker__enterprise__grid__path"
    view_permission = Permission.WORKFORCE_VIEW

    def running(self, on: date) -> Self:
        """Keep the contracts that run on a day; the last day still belongs to one."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=on), begins_on__lte=on)

    def expiring(self, on: date, days: int) -> Self:
        """Keep the contracts that end within so many days, of those still employed.

        A contract that another one already follows is not among them.
        """
        later = Contract.objects.filter(
            worker=OuterRef("worker"), begins_on__gt=OuterRef("begins_on")
        )
        return self.filter(
            worker__until=None, ends_on__gte=on, ends_on__lte=on + timedelta(days)
        ).exclude(Exists(later))


class Contract(models.Model):
    """A written labour contract (劳动合同), or its renewal: a dated row of a worker.

    `ends_on` is its last day, as the paper says it; none without a fixed end.
    """

    class Kind(models.TextChoices):
        FIXED = "fixed", "固定期限"
        OPEN = "open", "无固定期限"
        TASK = "task", "以完成一定工作任务为期限"
        UNKNOWN = "unknown", "期限不详"

    worker = models.ForeignKey(
        Worker, on_delete=models.CASCADE, related_name="contracts", db_index=False
    )
    kind = models.CharField("合同类型", max_length=7, choices=Kind.choices)
    begins_on = models.DateField("合同起始日期")
    ends_on = models.DateField("合同终止日期", null=True, blank=True)
    signed_on = models.DateField("签订日期", null=True, blank=True)
    filing = models.ForeignKey(
        "workforce.Filing",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="contracts",
        verbose_name="合同备案",
        db_index=False,
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = ContractQuerySet.as_manager()

    class Meta:
        verbose_name = "劳动合同"
        indexes = [
            models.Index(
                fields=["ends_on"],
                name="contracts_by_end",
                condition=Q(ends_on__isnull=False),
            ),
            models.Index(
                fields=["filing"],
                name="contracts_by_filing",
                condition=Q(filing__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["worker", "begins_on"],
                name="workforce_contract_one_a_day",
                violation_error_message="这名职工已有同一天起始的劳动合同。",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("begins_on")),
                name="workforce_contract_ends_not_before_begin",
                violation_error_message="合同终止日期不能早于起始日期。",
            ),
            models.CheckConstraint(
                condition=Q(kind="fixed", ends_on__isnull=False)
                | Q(kind__in=["task", "unknown"])
                | Q(kind="open", ends_on__isnull=True),
                name="workforce_contract_end_fits_kind",
                violation_error_message=(
                    "固定期限合同应有终止日期，无固定期限合同没有终止日期。"
                ),
            ),
        ]

    def __str__(self):
        return f"{self.worker} {self.get_kind_display()}"
