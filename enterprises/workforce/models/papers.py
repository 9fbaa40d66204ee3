"""Papers with a term (集体合同, 特殊工时, 派遣协议) and the payroll registers."""

from datetime import date, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from enterprises.models import Enterprise
from gridinspect.accounts.roles import Permission
from gridinspect.scope import ScopedQuerySet
from grids.models import Grid


class AgreementQuerySet(ScopedQuerySet):
    path_field = "enterprise__grid__path"
    view_permission = Permission.WORKFORCE_VIEW

    def for_list(self) -> Self:
        """Fetch what a row of the register shows."""
        return self.select_related("enterprise__grid__parent")

    def running(self, on: date) -> Self:
        """Keep those in force on a day; the last day still belongs to the term."""
        return self.filter(
            Q(ends_on=None) | Q(ends_on__gte=on),
            Q(ended_on=None) | Q(ended_on__gt=on),
            begins_on__lte=on,
        )

    def expiring(self, on: date, days: int) -> Self:
        """Keep those whose term ends within so many days."""
        return self.filter(ended_on=None, ends_on__range=(on, on + timedelta(days)))


class Agreement(models.Model):
    """A paper of a unit that holds for a term and was filed, examined or approved."""

    class Kind(models.TextChoices):
        COLLECTIVE = "collective", "集体合同"
        WAGES = "wages", "工资集体协商协议"
        CYCLE = "cycle", "综合计算工时制批复"
        FLEXIBLE = "flexible", "不定时工作制批复"
        DISPATCH = "dispatch", "劳务派遣协议"

    HOURS = (Kind.CYCLE, Kind.FLEXIBLE)  # 特殊工时: only with an approval

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="agreements"
    )
    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField("种类", max_length=10, choices=Kind.choices)
    number = models.CharField("文号（编号）", max_length=60, blank=True)
    counterparty = models.CharField(
        "对方（派遣单位、职工代表）", max_length=120, blank=True
    )
    posts = models.CharField("适用岗位", max_length=200, blank=True)
    covered = models.PositiveIntegerField("覆盖人数", null=True, blank=True)
    signed_on = models.DateField("签订日期", null=True, blank=True)
    filed_on = models.DateField("报送（批准）日期", null=True, blank=True)
    due_on = models.DateField("应报送期限", null=True, blank=True, editable=False)
    begins_on = models.DateField("有效期自")
    ends_on = models.DateField("有效期至", null=True, blank=True)
    ended_on = models.DateField("提前终止日期", null=True, blank=True)
    ended_reason = models.CharField("提前终止原因", max_length=200, blank=True)
    remark = models.CharField("备注", max_length=200, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    recorded_at = models.DateTimeField(auto_now_add=True)
    edition = models.PositiveIntegerField(default=1)  # for two editors

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = "合同与批复"
        indexes = [
            models.Index(fields=["district", "ends_on"], name="agreements_in_district"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("begins_on")),
                name="workforce_agreement_ends_not_before_begin",
                violation_error_message="有效期至不能早于有效期自。",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["cycle", "flexible"])
                | (~Q(number="") & Q(filed_on__isnull=False, ends_on__isnull=False)),
                name="workforce_agreement_hours_are_approved",
                violation_error_message="特殊工时应填写批准文号、批准日期和有效期至。",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.number}".strip()

    def get_absolute_url(self):
        return reverse("workforce:agreement", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path


class PayrollReturnQuerySet(ScopedQuerySet):
    path_field = "enterprise__grid__path"
    view_permission = Permission.WORKFORCE_VIEW

    def for_list(self) -> Self:
        """Fetch what a row of the register shows."""
        return self.select_related("enterprise__grid__parent")


class PayrollReturn(models.Model):
    """A line of 工资基金管理 (a year's approved total) or 劳动工资报表 (the actual).

    Source: 沈阳方案 SY-24, two of its six registers.
    """

    class Kind(models.TextChoices):
        FUND = "fund", "工资总额（工资基金）"
        RETURN = "return", "劳动工资报表"

    class Quarter(models.IntegerChoices):
        YEAR = 0, "全年"
        FIRST = 1, "第一季度"
        SECOND = 2, "第二季度"
        THIRD = 3, "第三季度"
        FOURTH = 4, "第四季度"

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="payroll_returns"
    )
    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField("种类", max_length=6, choices=Kind.choices)
    year = models.PositiveSmallIntegerField("年度")
    quarter = models.PositiveSmallIntegerField(
        "期间", choices=Quarter.choices, default=Quarter.YEAR
    )
    people = models.PositiveIntegerField("平均人数")
    total = models.DecimalField("工资总额（元）", max_digits=14, decimal_places=2)
    number = models.CharField("核定文号", max_length=60, blank=True)
    filed_on = models.DateField("核定（报送）日期")
    remark = models.CharField("备注", max_length=200, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    recorded_at = models.DateTimeField(auto_now_add=True)
    edition = models.PositiveIntegerField(default=1)  # for two editors

    objects = PayrollReturnQuerySet.as_manager()

    class Meta:
        verbose_name = "工资总额登记"
        indexes = [
            models.Index(fields=["district", "year"], name="payroll_in_district"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "kind", "year", "quarter"],
                name="workforce_payroll_once_a_period",
                violation_error_message="该单位这一期间已有登记，请修改原登记。",
            ),
            models.CheckConstraint(
                condition=Q(total__gte=0),
                name="workforce_payroll_total_not_negative",
                violation_error_message="工资总额不能为负数。",
            ),
            models.CheckConstraint(
                condition=Q(year__gte=1990, year__lte=2100),
                name="workforce_payroll_year_in_range",
                violation_error_message="年度应在 1990 至 2100 之间。",
            ),
            models.CheckConstraint(
                condition=Q(quarter__lte=4),
                name="workforce_payroll_quarter_in_range",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.period}"

    @property
    def period(self) -> str:
        """Return the period in words: 2026年第一季度."""
        return f"{self.year}年{self.get_quarter_display()}"

    @property
    def average(self):
        """Return the average wage of a person in this period, None without persons."""
        return self.total / self.people if self.people else None

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path
