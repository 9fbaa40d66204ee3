"""Plans, draws and inspections. Assistants never inspect: see InspectionMember."""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from assistants.models import Certificate
from cases.models import Case, Matter
from enterprises.models import Enterprise
from gridinspect.accounts.models import Person
from gridinspect.accounts.roles import Permission
from gridinspect.constraints import paired
from gridinspect.documents.models import ArchivedDocument
from gridinspect.scope import ScopedQuerySet
from grids.models import Grid

USER = settings.AUTH_USER_MODEL


class Kind(models.TextChoices):
    """The kinds of inspection; why a unit is singled out stands in `ground` alone."""

    DAILY = "daily", "日常巡视检查"
    CAMPAIGN = "campaign", "专项检查"
    RANDOM = "random", "双随机抽查"
    TARGETED = "targeted", "专查"


def _of_its_kind(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(kind="targeted") & ~Q(ground="") | ~Q(kind="targeted"), name=name
    )


class PlanQuerySet(ScopedQuerySet):
    view_permission = Permission.INSPECTION_VIEW

    def to_approve(self):
        return self.filter(state=InspectionPlan.State.PROPOSED)

    def running(self, *, on: date):
        """Keep the approved plans whose period holds this day."""
        return self.filter(
            state=InspectionPlan.State.APPROVED, begins_on__lte=on, ends_on__gte=on
        )

    def for_list(self):
        """Fetch what a row of a list shows, newest first, in one query."""
        return (
            self.select_related("grid", "district", "proposed_by__person")
            .annotate(
                units=models.Count(
                    "inspections",
                    filter=~Q(inspections__state__in=Inspection.DROPPED),
                ),
                done=models.Count(
                    "inspections", filter=Q(inspections__state__in=Inspection.DONE)
                ),
            )
            .order_by("-begins_on", "-pk")
        )


class InspectionPlan(models.Model):
    """What is to be inspected, where, when and why (检查计划), approved by another."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "待批准"
        RETURNED = "returned", "已退回"
        APPROVED = "approved", "已批准"
        CANCELLED = "cancelled", "已撤销"

    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", verbose_name="区县"
    )
    grid = models.ForeignKey(
        Grid,
        on_delete=models.PROTECT,
        related_name="inspection_plans",
        verbose_name="检查范围",
    )
    name = models.CharField("计划名称", max_length=120)
    kind = models.CharField("检查类别", max_length=10, choices=Kind)
    ground = models.CharField("专查事由", max_length=20, blank=True)
    matter = models.ForeignKey(
        Matter,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="投诉举报编号",
    )
    scope = models.CharField("检查对象", max_length=200)
    topics = models.JSONField("检查事项", default=list)
    begins_on = models.DateField("检查期间 自")
    ends_on = models.DateField("至")
    state = models.CharField(
        "状态", max_length=10, choices=State, default=State.PROPOSED
    )
    proposed_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_on = models.DateField("批准日期", null=True, blank=True)
    number = models.CharField("批准文号", max_length=60, blank=True)
    reason = models.CharField("退回或撤销的理由", max_length=200, blank=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = "检查计划"
        constraints = [
            paired("decided_on", "decided_by"),
            _of_its_kind("inspections_plan_targeted_with_a_ground"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("begins_on")),
                name="inspections_plan_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | (
                    Q(decided_by__isnull=False)
                    & ~Q(decided_by=F("proposed_by"))
                    & ~Q(number="")
                ),
                name="inspections_plan_approved_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["returned", "cancelled"]) | ~Q(reason=""),
                name="inspections_plan_dropped_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["district", "-begins_on"], name="inspections_plan_by_district"
            ),
        ]

    def __str__(self):
        if self.kind == Kind.TARGETED:  # its name may tell why (security.md T03)
            return f"专查计划 {self.pk} 号"
        return self.name

    def get_absolute_url(self):
        return reverse("inspections:plan", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.grid.path

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.PROPOSED, self.State.RETURNED)


class Draw(models.Model):
    """One draw of units and inspectors (双随机): list, seed and result for anybody.

    A draw is never changed; another one needs a reason, and both are printed.
    """

    plan = models.ForeignKey(
        InspectionPlan, on_delete=models.CASCADE, related_name="draws"
    )
    number = models.PositiveSmallIntegerField("次序")
    seed = models.CharField("种子", max_length=100)
    method = models.CharField("算法", max_length=20)
    units_wanted = models.PositiveIntegerField("抽取单位数")
    persons_wanted = models.PositiveSmallIntegerField("每户监察员数")
    units_hash = models.CharField("单位名单校验值", max_length=64)
    persons_hash = models.CharField("人员名单校验值", max_length=64)
    excluded = models.CharField("不列入名单的单位", max_length=200, blank=True)
    reason = models.CharField("重抽理由", max_length=200, blank=True)
    drawn_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "双随机抽取"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "number"], name="inspections_draw_numbered_once"
            ),
            models.CheckConstraint(
                condition=Q(number=1) | ~Q(reason=""),
                name="inspections_draw_again_with_a_reason",
            ),
        ]

    def __str__(self):
        return f"{self.plan} 第 {self.number} 次抽取"


class Drawable(models.Model):
    """One entry of the list that was drawn from, with its name as it was then."""

    draw = models.ForeignKey(Draw, on_delete=models.CASCADE, related_name="pool")
    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, null=True, related_name="+"
    )
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+"
    )
    key = models.CharField("编号", max_length=40)
    name = models.CharField("名称", max_length=200)
    rank = models.PositiveIntegerField("抽中次序", null=True)  # null: not drawn

    class Meta:
        verbose_name = "抽取名单"
        constraints = [
            models.UniqueConstraint(
                fields=["draw", "key"], name="inspections_drawable_once_in_a_list"
            ),
            models.CheckConstraint(
                condition=Q(enterprise__isnull=True, person__isnull=False)
                | Q(enterprise__isnull=False, person__isnull=True),
                name="inspections_drawable_unit_or_person",
            ),
        ]

    def __str__(self):
        return self.name


class InspectionQuerySet(ScopedQuerySet):
    view_permission = Permission.INSPECTION_VIEW

    def standing(self):
        """Keep what is planned or done: not rejected, not cancelled."""
        return self.exclude(state__in=Inspection.DROPPED)

    def counted(self, *, year: int):
        """Keep what counts against the yearly cap."""
        return self.standing().filter(year=year, is_counted=True)

    def to_approve(self):
        """Keep what goes over a cap, under an approved plan, and waits for approval."""
        return self.filter(
            state=Inspection.State.PROPOSED,
            is_over_cap=True,
            plan__state=InspectionPlan.State.APPROVED,
        )

    def to_inspect(self):
        return self.filter(
            state__in=[Inspection.State.APPROVED, Inspection.State.NOTIFIED]
        )

    def to_conclude(self):
        """Keep what was inspected and waits for its result notice."""
        return self.filter(state=Inspection.State.INSPECTED)

    def planned_in_week(self, today: date):
        """Keep what is to be inspected in the week of this day, Monday to Sunday."""
        monday = today - timedelta(days=today.weekday())
        return self.to_inspect().filter(
            planned_on__gte=monday, planned_on__lte=monday + timedelta(days=6)
        )

    def overdue(self, *, on: date):
        """Keep what should have had its result notice before this day."""
        return self.to_conclude().filter(result_due_on__lt=on)

    def for_list(self):
        """Fetch what a row of a list shows, newest first, in two queries."""
        return (
            self.select_related("enterprise", "grid", "district", "plan__grid")
            .prefetch_related("members__person")
            .order_by("-planned_on", "-pk")
        )


class Inspection(models.Model):
    """One inspection of one unit (行政检查), from its planning to the result notice."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "待批准"
        APPROVED = "approved", "待通知"
        NOTIFIED = "notified", "待检查"
        INSPECTED = "inspected", "待告知结果"
        CONCLUDED = "concluded", "已办结"
        REJECTED = "rejected", "未批准"
        CANCELLED = "cancelled", "已取消"

    class Outcome(models.TextChoices):
        CLEAN = "clean", "未发现违法行为"
        ON_SPOT = "on_spot", "轻微问题当场改正"
        CORRECTION = "correction", "责令限期改正"
        CASE = "case", "立案调查"

    DROPPED = (State.REJECTED, State.CANCELLED)
    DONE = (State.INSPECTED, State.CONCLUDED)
    PENDING = (State.PROPOSED, State.APPROVED, State.NOTIFIED)

    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", verbose_name="区县"
    )
    # Where the unit was when the inspection was planned: it may move.
    grid = models.ForeignKey(
        Grid,
        on_delete=models.PROTECT,
        related_name="inspections",
        verbose_name="网格",
    )
    enterprise = models.ForeignKey(
        Enterprise,
        on_delete=models.PROTECT,
        related_name="inspections",
        verbose_name="被检查单位",
    )
    plan = models.ForeignKey(
        InspectionPlan,
        on_delete=models.PROTECT,
        related_name="inspections",
        verbose_name="检查计划",
    )
    kind = models.CharField("检查类别", max_length=10, choices=Kind)
    ground = models.CharField("专查事由", max_length=20, blank=True)
    planned_on = models.DateField("计划检查日期")
    year = models.PositiveSmallIntegerField("计入年度")
    is_counted = models.BooleanField("计入频次")
    is_over_cap = models.BooleanField("突破上限", default=False)
    cap_words = models.CharField("频次情况", max_length=300, blank=True)
    override_reason = models.CharField("突破上限的理由", max_length=300, blank=True)
    state = models.CharField("状态", max_length=10, choices=State)
    team = models.ManyToManyField(
        Person, through="InspectionMember", related_name="inspections"
    )
    proposed_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    approved_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_on = models.DateField("批准日期", null=True, blank=True)
    approval_number = models.CharField("批准文号", max_length=60, blank=True)
    notified_on = models.DateField("通知日期", null=True, blank=True)
    notice_number = models.CharField("检查通知书", max_length=60, blank=True)
    notice = models.ForeignKey(
        ArchivedDocument,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    inspected_on = models.DateField("检查日期", null=True, blank=True)
    begun_at = models.TimeField("开始时间", null=True, blank=True)
    ended_at = models.TimeField("结束时间", null=True, blank=True)
    place = models.CharField("检查地点", max_length=200, blank=True)
    answers = models.JSONField("检查情况", default=dict, blank=True)
    facts = models.TextField("检查中查明的事实", blank=True)
    representative = models.CharField("单位在场人员", max_length=60, blank=True)
    representative_post = models.CharField("职务", max_length=60, blank=True)
    recorded_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    recorded_at = models.DateTimeField("录入时间", null=True, blank=True)
    result_due_on = models.DateField("结果告知期限", null=True, blank=True)
    result_due_is_provisional = models.BooleanField(default=False)
    outcome = models.CharField("处理结果", max_length=10, choices=Outcome, blank=True)
    result_words = models.TextField("结果说明", blank=True)
    concluded_on = models.DateField("告知日期", null=True, blank=True)
    result_number = models.CharField("检查结果告知书", max_length=60, blank=True)
    result = models.ForeignKey(
        ArchivedDocument,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    case = models.ForeignKey(
        Case,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="inspections",
        verbose_name="案件",
    )
    dropped_on = models.DateField("取消日期", null=True, blank=True)
    drop_reason = models.CharField("取消理由", max_length=200, blank=True)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = "行政检查"
        constraints = [
            _of_its_kind("inspections_inspection_targeted_with_a_ground"),
            paired("approved_on", "approved_by"),
            paired("notified_on", "notice"),
            paired("concluded_on", "result"),
            paired("inspected_on", "recorded_by"),
            models.UniqueConstraint(
                fields=["plan", "enterprise"],
                condition=~Q(state__in=["rejected", "cancelled"]),
                name="inspections_inspection_once_in_a_plan",
            ),
            models.CheckConstraint(
                condition=Q(is_over_cap=False)
                | (Q(is_counted=True) & ~Q(override_reason="")),
                name="inspections_inspection_over_cap_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "rejected", "cancelled"])
                | (
                    Q(approved_by__isnull=False)
                    & ~Q(approved_by=F("proposed_by"))
                    & ~Q(approval_number="")
                ),
                name="inspections_inspection_approved_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["notified", "inspected", "concluded"])
                | Q(notified_on__isnull=False),
                name="inspections_inspection_notified",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["inspected", "concluded"])
                | Q(
                    inspected_on__isnull=False,
                    result_due_on__isnull=False,
                    notified_on__isnull=False,
                    inspected_on__gte=F("notified_on"),
                ),
                name="inspections_inspection_inspected_after_notice",
            ),
            models.CheckConstraint(
                condition=Q(state="concluded", concluded_on__isnull=False)
                & ~Q(outcome="")
                & Q(concluded_on__gte=F("inspected_on"))
                | ~Q(state="concluded") & Q(concluded_on__isnull=True, outcome=""),
                name="inspections_inspection_concluded_with_an_outcome",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["correction", "case"], case__isnull=False)
                | ~Q(outcome__in=["correction", "case"]) & Q(case__isnull=True),
                name="inspections_inspection_case_of_its_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["rejected", "cancelled"])
                | (Q(dropped_on__isnull=False) & ~Q(drop_reason="")),
                name="inspections_inspection_dropped_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["enterprise", "year"], name="inspections_by_unit_and_year"
            ),
            models.Index(
                fields=["district", "year", "is_counted"],
                name="inspections_by_district_year",
            ),
            models.Index(
                fields=["district", "-planned_on"], name="inspections_by_planned_on"
            ),
            models.Index(
                fields=["result_due_on"],
                name="inspections_to_conclude",
                condition=Q(state="inspected"),
            ),
        ]

    def __str__(self):
        return f"{self.enterprise} {self.inspected_on or self.planned_on}"

    def get_absolute_url(self):
        return reverse("inspections:detail", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.grid.path

    @property
    def is_pending(self) -> bool:
        """Tell whether it is still to be carried out."""
        return self.state in self.PENDING


class InspectionMember(models.Model):
    """Who inspects, with the certificate shown; a helper only accompanies.

    Persons without a certificate never inspect (国办发〔2024〕54号): the database takes
    an inspector with a certificate, and a helper without one.
    """

    inspection = models.ForeignKey(
        Inspection, on_delete=models.CASCADE, related_name="members"
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    is_helper = models.BooleanField("随同协助", default=False)
    is_lead = models.BooleanField("主办", default=False)
    certificate = models.ForeignKey(
        Certificate, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["is_helper", "-is_lead", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["inspection", "person"], name="inspections_member_once"
            ),
            models.UniqueConstraint(
                fields=["inspection"],
                condition=Q(is_lead=True),
                name="inspections_member_one_lead",
            ),
            models.CheckConstraint(
                condition=Q(is_helper=False, certificate__isnull=False)
                | Q(is_helper=True, certificate__isnull=True, is_lead=False),
                name="inspections_member_inspector_has_a_certificate",
            ),
        ]

    def __str__(self):
        if self.is_helper:
            return f"{self.person}（随同协助）"
        return f"{self.person}（主办）" if self.is_lead else str(self.person)
