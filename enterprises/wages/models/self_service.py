"""企业协管员: who watches inside a unit, and what comes from there."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from enterprises.models import Enterprise
from enterprises.wages.models.ledger import MONEY, Arrears
from enterprises.wages.rules import months_between
from gridinspect.accounts.models import Person
from gridinspect.accounts.roles import Permission
from gridinspect.constraints import ordered
from gridinspect.recorded import Recorded
from gridinspect.scope import ScopedQuerySet, within_paths
from grids.models import Grid
from grids.querysets import DatedQuerySet


class EnterpriseAssistantQuerySet(DatedQuerySet, ScopedQuerySet):  # type: ignore[override]
    path_field = "enterprise__grid__path"
    view_permission = Permission.ENTERPRISE_VIEW


class EnterpriseAssistant(Recorded):
    """A member of a unit watches over it from inside (SY-20), for a while.

    It is a post in a unit, not in a grid: it counts in no establishment, and it opens
    this one unit's own pages and nothing else.
    """

    person = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        related_name="unit_posts",
        verbose_name="企业协管员",
    )
    enterprise = models.ForeignKey(
        Enterprise,
        on_delete=models.PROTECT,
        related_name="assistants",
        verbose_name="用人单位",
    )
    since = models.DateField("任职日期")
    until = models.DateField("离任日期", null=True, blank=True)
    is_union_member = models.BooleanField("工会成员", default=True)
    union_post = models.CharField("工会职务", max_length=60, blank=True)
    appointed_by = models.CharField("聘任机关", max_length=100)

    objects = EnterpriseAssistantQuerySet.as_manager()

    class Meta:
        verbose_name = "企业协管员"
        constraints = [
            ordered("since", "until"),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(until=None),
                name="wages_enterpriseassistant_of_one_unit",
                violation_error_message="此人已是一家单位的企业协管员，请先登记离任。",
            ),
        ]

    def __str__(self):
        return f"{self.person} {self.enterprise}"

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path


class FromInsideQuerySet(ScopedQuerySet):
    """What was reported from inside: seen by the bureau, and by the unit's own."""

    path_field = "enterprise__grid__path"
    view_permission = Permission.WARNING_VIEW

    def visible_to(self, user):
        """Keep what lies in the user's places, or comes from the user's own unit."""
        paths = user.scope_paths(self.view_permission)
        posts = EnterpriseAssistant.objects.current().filter(
            person__isnull=False, person=user.person_id
        )
        own = Q(enterprise__in=posts.values("enterprise"))
        return self.filter(within_paths(paths, self.path_field) | own)


class WageWarning(models.Model):
    """工资预警: wages may not be paid; first the union acts, then the bureau.

    Each step has its last day, what was done, and when.
    """

    class State(models.TextChoices):
        UNION = "union", "工会协调中"
        BUREAU = "bureau", "已报人社部门"
        SETTLED = "settled", "工会协调解决"
        ANSWERED = "answered", "人社部门已答复"

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", "属实"
        UNFOUNDED = "unfounded", "不属实"
        SOLVED = "solved", "已解决"

    enterprise = models.ForeignKey(
        Enterprise,
        on_delete=models.PROTECT,
        related_name="wage_warnings",
        verbose_name="用人单位",
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    reported_on = models.DateField("报告日期")
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="报告人",
    )
    month_from = models.DateField("欠自（月）")
    month_to = models.DateField("欠至（月）")
    persons = models.PositiveIntegerField("涉及人数")
    amount = models.DecimalField("金额（元）", **MONEY, null=True, blank=True)
    facts = models.CharField("情况说明", max_length=1000)
    state = models.CharField(
        "进展", max_length=8, choices=State.choices, default=State.UNION
    )
    union_due_on = models.DateField("工会协调期限")
    union_acted_on = models.DateField("工会协调日期", null=True, blank=True)
    union_action = models.CharField("工会做了什么", max_length=500, blank=True)
    escalated_on = models.DateField("上报日期", null=True, blank=True)
    bureau_due_on = models.DateField("答复期限", null=True, blank=True)
    answered_on = models.DateField("答复日期", null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        verbose_name="答复人",
    )
    outcome = models.CharField(
        "核实结果", max_length=9, choices=Outcome.choices, blank=True
    )
    answer = models.CharField("答复", max_length=1000, blank=True)
    arrears = models.ForeignKey(
        Arrears, on_delete=models.PROTECT, related_name="warnings", null=True
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = FromInsideQuerySet.as_manager()

    class Meta:
        verbose_name = "工资预警"
        indexes = [
            models.Index(fields=["district", "state"], name="wages_warning_waiting")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(persons__gt=0), name="wages_wagewarning_persons_positive"
            ),
            models.CheckConstraint(
                condition=Q(month_to__gte=F("month_from")),
                name="wages_wagewarning_months_in_order",
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True)
                | Q(amount__isnull=False, amount__gt=0),
                name="wages_wagewarning_amount_positive",
            ),
            models.CheckConstraint(
                condition=~Q(state="bureau")
                | Q(escalated_on__isnull=False, bureau_due_on__isnull=False),
                name="wages_wagewarning_bureau_has_days",
            ),
            models.CheckConstraint(
                condition=~Q(state="answered")
                | (
                    Q(answered_on__isnull=False, answered_by__isnull=False)
                    & ~Q(outcome="")
                    & ~Q(answer="")
                ),
                name="wages_wagewarning_answer_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="settled")
                | (Q(union_acted_on__isnull=False) & ~Q(union_action="")),
                name="wages_wagewarning_settled_by_an_act",
            ),
        ]

    def __str__(self):
        return f"{self.enterprise} 工资预警"

    def get_absolute_url(self):
        return reverse("wages:warning", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path

    @property
    def months(self) -> int:
        return months_between(self.month_from, self.month_to)

    @property
    def due_on(self) -> date | None:
        """Return the last day of the step that the warning is at."""
        steps = {"union": self.union_due_on, "bureau": self.bureau_due_on}
        return steps.get(self.state)


class SelfReport(models.Model):
    """A survey form filled in by the unit itself (自报): a draft until confirmed."""

    class State(models.TextChoices):
        DRAFT = "draft", "填写中"
        SENT = "sent", "待人社部门确认"
        CONFIRMED = "confirmed", "已确认"
        RETURNED = "returned", "已退回"

    enterprise = models.ForeignKey(
        Enterprise,
        on_delete=models.PROTECT,
        related_name="self_reports",
        verbose_name="用人单位",
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    form_version = models.PositiveSmallIntegerField()
    as_of = models.DateField("数据日期")
    answers = models.JSONField(default=dict)
    state = models.CharField(
        "进展", max_length=9, choices=State.choices, default=State.DRAFT
    )
    filled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="填报人",
    )
    sent_at = models.DateTimeField("报送时间", null=True)
    decided_at = models.DateTimeField("确认时间", null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        verbose_name="确认人",
    )
    reason = models.CharField("退回理由", max_length=300, blank=True)
    survey = models.ForeignKey(
        "enterprises.Survey", on_delete=models.PROTECT, related_name="+", null=True
    )
    recorded_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = FromInsideQuerySet.as_manager()

    class Meta:
        verbose_name = "单位自报"
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise"],
                condition=Q(state__in=["draft", "sent"]),
                name="wages_selfreport_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(sent_at__isnull=False),
                name="wages_selfreport_sent_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(survey__isnull=False),
                name="wages_selfreport_confirmed_is_a_survey",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(reason=""),
                name="wages_selfreport_returned_with_reason",
            ),
        ]

    def __str__(self):
        return f"{self.enterprise} 自报登记表"

    def get_absolute_url(self):
        return reverse("wages:self-report", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path
