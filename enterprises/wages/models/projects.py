"""建设工程: a building project, who works on it, its account and the five checks."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from enterprises.models import Enterprise
from enterprises.wages.models.ledger import MONEY
from gridinspect.accounts.models import Person
from gridinspect.accounts.roles import Permission
from gridinspect.documents.models import Attachment
from gridinspect.recorded import Recorded
from gridinspect.scope import ScopedQuerySet
from gridinspect.secrets import EncryptedTextField
from grids.models import Grid
from grids.querysets import DatedQuerySet


class ProjectQuerySet(ScopedQuerySet):
    view_permission = Permission.ENTERPRISE_VIEW

    def for_list(self):
        """Fetch what a row of a list shows: newest checks and balances of a page."""
        newest = ProjectCheck.objects.order_by(
            "project_id", "item", "-checked_on", "-pk"
        )
        return self.select_related(
            "grid", "contractor", "district__city"
        ).prefetch_related(
            models.Prefetch(
                "checks", newest.distinct("project_id", "item"), to_attr="newest_checks"
            ),
            models.Prefetch(
                "balances",
                AccountBalance.objects.order_by("on"),
                to_attr="known_balances",
            ),
        )

    def under_way_on(self, day: date):
        """Keep the projects that were begun and not finished on a day."""
        unfinished = Q(finished_on=None) | Q(finished_on__gt=day)
        return self.filter(unfinished, started_on__lte=day)

    def with_account_on(self, day: date):
        """Keep the projects that were begun and whose account was not closed."""
        unclosed = Q(account_closed_on=None) | Q(account_closed_on__gt=day)
        return self.filter(unclosed, started_on__lte=day)


class Project(Recorded):
    """A building project (工程项目) in a grid, with what the wage rules ask of it."""

    class Deposit(models.TextChoices):
        NONE = "", "未存储"
        CASH = "cash", "现金存储"
        BANK = "bank", "银行保函"
        INSURANCE = "insurance", "工程担保、保险"
        EXEMPT = "exempt", "依规免于存储"

    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    grid = models.ForeignKey(
        Grid,
        on_delete=models.PROTECT,
        related_name="projects",
        verbose_name="所属网格",
    )
    name = models.CharField("工程名称", max_length=200)
    address = models.CharField("工程地址", max_length=200, blank=True)
    builder = models.CharField("建设单位", max_length=200)
    contractor = models.ForeignKey(
        Enterprise,
        on_delete=models.PROTECT,
        related_name="projects",
        null=True,
        blank=True,
        verbose_name="施工总承包单位档案",
    )
    contractor_name = models.CharField("施工总承包单位", max_length=200)
    price = models.DecimalField("合同价（元）", **MONEY)
    started_on = models.DateField("开工日期")
    planned_end = models.DateField("计划竣工", null=True, blank=True)
    finished_on = models.DateField("完工日期", null=True, blank=True)
    manager = models.CharField("项目负责人", max_length=60, blank=True)
    wage_officer = models.CharField("劳资专管员", max_length=60, blank=True)
    wage_officer_phone = EncryptedTextField("劳资专管员电话", blank=True)
    roster = models.PositiveIntegerField("实名登记人数", default=0)
    cost_cycle = models.PositiveSmallIntegerField(
        "人工费用拨付周期（月）", null=True, blank=True
    )
    bank = models.CharField("专用账户开户行", max_length=100, blank=True)
    account_number = EncryptedTextField("专用账户账号", blank=True)
    account_opened_on = models.DateField("专户开立日期", null=True, blank=True)
    publicised_on = models.DateField("注销公示开始", null=True, blank=True)
    account_closed_on = models.DateField("专户注销日期", null=True, blank=True)
    deposit = models.CharField(
        "工资保证金", max_length=10, choices=Deposit.choices, blank=True, default=""
    )
    deposit_amount = models.DecimalField(
        "保证金金额（元）", **MONEY, null=True, blank=True
    )
    deposit_until = models.DateField("保函有效期至", null=True, blank=True)
    remark = models.TextField("备注", blank=True)
    edition = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)

    newest_checks: list["ProjectCheck"]  # only from for_list()
    known_balances: list["AccountBalance"]

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = "工程项目"
        indexes = [
            models.Index(fields=["district", "started_on"], name="wages_project_begun")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gt=0), name="wages_project_price_positive"
            ),
            models.CheckConstraint(
                condition=Q(finished_on__isnull=True)
                | Q(finished_on__isnull=False, finished_on__gte=F("started_on")),
                name="wages_project_finished_after_started",
            ),
            models.CheckConstraint(
                condition=Q(account_closed_on__isnull=True)
                | Q(
                    account_closed_on__isnull=False,
                    publicised_on__isnull=False,
                    finished_on__isnull=False,
                ),
                name="wages_project_account_closed_when_finished",
            ),
            models.UniqueConstraint(
                fields=["district", "name", "contractor_name"],
                name="wages_project_once",
                violation_error_message="本区县已登记过同一总承包单位的同名工程。",
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("wages:project", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.grid.path


class Subcontractor(models.Model):
    """A unit works on a project under the general contractor (分包单位)."""

    class Kind(models.TextChoices):
        LABOUR = "labour", "劳务分包"
        TRADE = "trade", "专业分包"

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="subcontractors"
    )
    enterprise = models.ForeignKey(
        Enterprise,
        on_delete=models.PROTECT,
        related_name="subcontracts",
        null=True,
        blank=True,
    )
    name = models.CharField("分包单位", max_length=200)
    kind = models.CharField(
        "分包类型", max_length=6, choices=Kind.choices, default=Kind.LABOUR
    )
    since = models.DateField("进场日期")
    until = models.DateField("退场日期", null=True, blank=True)
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "分包单位"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=Q(until=None),
                name="wages_subcontractor_once",
                violation_error_message="这家分包单位已经登记。",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True)
                | Q(until__isnull=False, until__gte=F("since")),
                name="wages_subcontractor_until_after_since",
            ),
        ]

    def __str__(self):
        return self.name


class AccountBalance(Recorded):
    """What was in the special account (农民工工资专用账户) on a day."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="balances"
    )
    on = models.DateField("日期")
    balance = models.DecimalField("余额（元）", **MONEY)

    class Meta:
        verbose_name = "专户余额"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "on"], name="wages_accountbalance_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(balance__gte=0),
                name="wages_accountbalance_not_negative",
            ),
        ]

    def __str__(self):
        return f"{self.on} {self.balance}"


class ProjectCheck(Recorded):
    """One of the five items of a project was checked on a day (五项制度检查)."""

    class Item(models.TextChoices):
        REAL_NAME = "real_name", "实名制管理"
        ACCOUNT = "account", "工资专用账户"
        PAID_BY_CONTRACTOR = "by_contractor", "总包代发工资"
        DEPOSIT = "deposit", "工资保证金"
        NOTICE = "notice", "维权信息公示"

    class Result(models.TextChoices):
        MET = "met", "落实"
        FAILED = "failed", "未落实"

    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, related_name="checks"
    )
    item = models.CharField("检查项目", max_length=13, choices=Item.choices)
    result = models.CharField("结果", max_length=6, choices=Result.choices)
    checked_on = models.DateField("检查日期")
    checked_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name="检查人"
    )
    finding = models.CharField("情况", max_length=300, blank=True)
    evidence = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, related_name="+", null=True
    )

    class Meta:
        verbose_name = "五项检查"
        indexes = [
            models.Index(
                fields=["project", "item", "-checked_on"], name="wages_check_newest"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(result="met") | ~Q(finding=""),
                name="wages_projectcheck_failure_is_explained",
            )
        ]

    def __str__(self):
        return f"{self.get_item_display()} {self.get_result_display()}"
