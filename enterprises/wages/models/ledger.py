"""What a unit owes and pays: arrears, 工资台账, social insurance by month."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from enterprises.models import Enterprise
from enterprises.wages.rules import months_between
from gridinspect.accounts.roles import Permission
from gridinspect.constraints import ordered
from gridinspect.documents.models import Attachment
from gridinspect.recorded import Recorded
from gridinspect.scope import ScopedQuerySet
from grids.models import Grid
from grids.querysets import DatedQuerySet

MONEY: dict[str, Any] = {"max_digits": 14, "decimal_places": 2}


class Insurance(models.TextChoices):
    """The five insurances."""

    PENSION = "pension", "养老保险"
    MEDICAL = "medical", "医疗保险"
    UNEMPLOYMENT = "unemployment", "失业保险"
    INJURY = "injury", "工伤保险"
    MATERNITY = "maternity", "生育保险"


class OfUnitQuerySet(ScopedQuerySet):
    """Rows about a unit, seen by whoever sees its file."""

    path_field = "enterprise__grid__path"
    view_permission = Permission.ENTERPRISE_VIEW


class ArrearsQuerySet(OfUnitQuerySet):
    def valid(self):
        """Keep what was not withdrawn as entered by mistake."""
        return self.filter(withdrawn_on=None)

    def open_on(self, day: date):
        """Keep what was known and not settled at the end of a day."""
        unsettled = Q(settled_on=None) | Q(settled_on__gt=day)
        return self.valid().filter(unsettled, found_on__lte=day)


class Arrears(Recorded):
    """Wages or contributions that a unit owes (欠薪欠费), from month to month.

    `amount` is what was owed when it was found; repayments lower it. A row entered by
    mistake is withdrawn with the reason, never deleted.
    """

    class Kind(models.TextChoices):
        WAGES = "wages", "工资"
        PENSION = Insurance.PENSION.value, "养老保险费"
        MEDICAL = Insurance.MEDICAL.value, "医疗保险费"
        UNEMPLOYMENT = Insurance.UNEMPLOYMENT.value, "失业保险费"
        INJURY = Insurance.INJURY.value, "工伤保险费"
        MATERNITY = Insurance.MATERNITY.value, "生育保险费"

    class Source(models.TextChoices):
        SURVEY = "survey", "信息采集"
        VISIT = "visit", "走访"
        COMPLAINT = "complaint", "举报投诉"
        SELF_REPORT = "self_report", "单位自报"
        LIST = "list", "银行、社保名单"

    enterprise = models.ForeignKey(
        Enterprise,
        on_delete=models.PROTECT,
        related_name="arrears",
        verbose_name="用人单位",
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey(
        "wages.Project",
        on_delete=models.PROTECT,
        related_name="arrears",
        null=True,
        blank=True,
        verbose_name="工程项目",
    )
    kind = models.CharField("欠什么", max_length=12, choices=Kind.choices)
    month_from = models.DateField("欠自（月）")  # the first day of the month
    month_to = models.DateField("欠至（月）")
    amount = models.DecimalField("金额（元）", **MONEY)
    persons = models.PositiveIntegerField("涉及人数")
    source = models.CharField("来源", max_length=12, choices=Source.choices)
    found_on = models.DateField("发现日期")
    evidence = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, related_name="+", null=True
    )
    note = models.CharField("情况说明", max_length=500, blank=True)
    settled_on = models.DateField("结清日期", null=True, blank=True)
    settlement = models.CharField("结清方式", max_length=200, blank=True)
    withdrawn_on = models.DateField("撤销日期", null=True, blank=True)
    withdrawal_reason = models.CharField("撤销理由", max_length=200, blank=True)

    objects = ArrearsQuerySet.as_manager()

    class Meta:
        verbose_name = "欠薪欠费"
        indexes = [
            models.Index(fields=["district", "found_on"], name="wages_arrears_found")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="wages_arrears_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(persons__gt=0), name="wages_arrears_persons_positive"
            ),
            models.CheckConstraint(
                condition=Q(month_to__gte=F("month_from")),
                name="wages_arrears_months_in_order",
            ),
            models.CheckConstraint(
                condition=Q(month_from__day=1, month_to__day=1),
                name="wages_arrears_whole_months",
            ),
            models.CheckConstraint(
                condition=Q(settled_on__isnull=True)
                | Q(settled_on__isnull=False, settled_on__gte=F("found_on")),
                name="wages_arrears_settled_after_found",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on__isnull=True) | ~Q(withdrawal_reason=""),
                name="wages_arrears_withdrawn_with_reason",
            ),
            models.UniqueConstraint(
                fields=["enterprise", "kind", "month_from", "month_to", "project"],
                condition=Q(withdrawn_on=None),
                nulls_distinct=False,
                name="wages_arrears_once",
                violation_error_message="这几个月的欠薪欠费已经登记过，请修改原记录。",
            ),
        ]

    def __str__(self):
        return f"{self.enterprise} 欠{self.get_kind_display()}"

    def get_absolute_url(self):
        return reverse("wages:arrears", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path

    @property
    def months(self) -> int:
        return months_between(self.month_from, self.month_to)

    @property
    def is_open(self) -> bool:
        return self.settled_on is None and self.withdrawn_on is None


class Repayment(Recorded):
    """A part of arrears was paid on a day (补发、补缴)."""

    arrears = models.ForeignKey(
        Arrears, on_delete=models.CASCADE, related_name="repayments"
    )
    paid_on = models.DateField("补发（补缴）日期")
    amount = models.DecimalField("金额（元）", **MONEY)

    class Meta:
        verbose_name = "补发补缴"
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="wages_repayment_amount_positive"
            )
        ]

    def __str__(self):
        return f"{self.paid_on} {self.amount}"


class WagePayment(Recorded):
    """One pay cycle of a unit as its wage ledger (工资支付台账) sums it up.

    Without `paid_on` the cycle has not been paid yet.
    """

    class Method(models.TextChoices):
        BANK = "bank", "银行转账"
        CASH = "cash", "现金"
        MIXED = "mixed", "银行和现金"

    enterprise = models.ForeignKey(
        Enterprise,
        on_delete=models.PROTECT,
        related_name="wage_payments",
        verbose_name="用人单位",
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    cycle_from = models.DateField("支付周期 自")
    cycle_to = models.DateField("支付周期 至")
    due_on = models.DateField("约定支付日", null=True, blank=True)
    paid_on = models.DateField("实际支付日", null=True, blank=True)
    payable = models.DecimalField("应付工资（元）", **MONEY)
    paid = models.DecimalField("实付工资（元）", **MONEY)
    persons = models.PositiveIntegerField("人数")
    below_minimum = models.PositiveIntegerField("低于最低工资人数", default=0)
    method = models.CharField(
        "支付方式", max_length=5, choices=Method.choices, default=Method.BANK
    )
    evidence = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, related_name="+", null=True
    )
    note = models.CharField("备注", max_length=200, blank=True)

    objects = OfUnitQuerySet.as_manager()

    class Meta:
        verbose_name = "工资支付台账"
        constraints = [
            models.CheckConstraint(
                condition=Q(cycle_to__gte=F("cycle_from")),
                name="wages_wagepayment_cycle_in_order",
            ),
            models.CheckConstraint(
                condition=Q(payable__gte=0, paid__gte=0),
                name="wages_wagepayment_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(below_minimum__lte=F("persons")),
                name="wages_wagepayment_below_minimum_of_persons",
            ),
            models.UniqueConstraint(
                fields=["enterprise", "cycle_from"],
                name="wages_wagepayment_once",
                violation_error_message="这个支付周期已经登记过，请修改原记录。",
            ),
        ]

    def __str__(self):
        return f"{self.enterprise} {self.cycle_from} 至 {self.cycle_to}"

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path

    @property
    def owed(self):
        """Return what the cycle leaves unpaid."""
        return max(self.payable - self.paid, 0)


class InsuranceMonth(models.Model):
    """One insurance of a unit in a month: who should be in it, who is (应参、实参)."""

    enterprise = models.ForeignKey(
        Enterprise,
        on_delete=models.PROTECT,
        related_name="insurance_months",
        verbose_name="用人单位",
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    month = models.DateField("月份")  # the first day of the month
    insurance = models.CharField("险种", max_length=12, choices=Insurance.choices)
    due = models.PositiveIntegerField("应参人数")
    insured = models.PositiveIntegerField("实参人数")
    base = models.DecimalField("缴费基数（元）", **MONEY, null=True, blank=True)
    owed = models.DecimalField("欠费（元）", **MONEY, default=0)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now=True)

    objects = OfUnitQuerySet.as_manager()

    class Meta:
        verbose_name = "社会保险"
        constraints = [
            models.CheckConstraint(
                condition=Q(insured__lte=F("due")),
                name="wages_insurancemonth_insured_of_due",
                violation_error_message="实参人数不能多于应参人数。",
            ),
            models.CheckConstraint(
                condition=Q(owed__gte=0), name="wages_insurancemonth_owed_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(month__day=1), name="wages_insurancemonth_whole_month"
            ),
            models.UniqueConstraint(
                fields=["enterprise", "month", "insurance"],
                name="wages_insurancemonth_once",
            ),
        ]

    def __str__(self):
        return f"{self.enterprise} {self.month:%Y-%m} {self.get_insurance_display()}"

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path


class WageClass(Recorded):
    """A district is in this class of areas for the minimum wage (最低工资类区)."""

    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="wage_classes"
    )
    number = models.PositiveSmallIntegerField("类区")
    since = models.DateField("自")
    until = models.DateField("至", null=True, blank=True)
    document = models.CharField("依据文件", max_length=200, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "最低工资类区"
        constraints = [
            ordered("since", "until"),
            models.UniqueConstraint(
                fields=["district"],
                condition=Q(until=None),
                name="wages_wageclass_one_open",
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=4),
                name="wages_wageclass_one_to_four",
            ),
        ]

    def __str__(self):
        return f"{self.district} {'一二三四'[self.number - 1]}类区"

    @property
    def scope_path(self) -> str:
        return self.district.path
