from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse

from enterprises.models import Enterprise
from gridinspect.accounts.models import Person
from gridinspect.accounts.roles import Permission
from gridinspect.constraints import paired
from gridinspect.documents.models import ArchivedDocument
from gridinspect.scope import ScopedQuerySet
from gridinspect.secrets import EncryptedTextField
from grids.models import Grid

USER = settings.AUTH_USER_MODEL


class MatterQuerySet(ScopedQuerySet):
    view_permission = Permission.CASE_VIEW

    def undecided(self):
        return self.filter(state=Matter.State.REGISTERED)

    def to_file(self):
        """Keep the accepted complaints that have not become a case yet."""
        return self.filter(state=Matter.State.ACCEPTED)

    def overdue(self, *, on):
        """Keep the complaints that should have been decided before this day."""
        return self.undecided().filter(accept_due_on__lt=on)

    def for_list(self):
        """Fetch what a row of a list shows, most urgent first, in one query."""
        return self.select_related("grid", "district", "enterprise").order_by(
            F("decided_on").asc(nulls_first=True),
            F("accept_due_on").asc(nulls_last=True),
            "-received_on",
            "-pk",
        )


class Matter(models.Model):
    """One complaint (投诉) or report (举报) as it came in, until it is decided on.

    Who sent it stands in Identity alone, never here.
    """

    class Kind(models.TextChoices):
        COMPLAINT = "complaint", "投诉"
        REPORT = "report", "举报"

    class Channel(models.TextChoices):
        VISIT = "visit", "来访"
        LETTER = "letter", "来信"
        HOTLINE_12333 = "12333", "12333热线"
        HOTLINE_12345 = "12345", "12345热线"
        ONLINE = "online", "网络平台"
        SUPERIOR = "superior", "上级交办"
        DEPARTMENT = "department", "部门移送"
        GRID = "grid", "网格上报"

    class State(models.TextChoices):
        REGISTERED = "registered", "待处理"
        ACCEPTED = "accepted", "已受理"
        REFUSED = "refused", "不予受理"
        FILED = "filed", "已立案"
        DECLINED = "declined", "不予立案"

    kind = models.CharField("类别", max_length=10, choices=Kind)
    number = models.CharField("登记编号", max_length=60, unique=True)
    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", verbose_name="区县"
    )
    grid = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="matters", verbose_name="网格"
    )
    enterprise = models.ForeignKey(
        Enterprise,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="matters",
        verbose_name="被反映单位（档案）",
    )
    respondent_name = models.CharField("被反映单位", max_length=120)
    respondent_address = models.CharField("单位地址", max_length=200, blank=True)
    received_on = models.DateField("收到日期")
    channel = models.CharField("来源渠道", max_length=12, choices=Channel)
    facts = models.TextField("反映的事实")
    demands = models.TextField("请求事项", blank=True)
    act_started_on = models.DateField("行为开始日期", null=True, blank=True)
    act_ended_on = models.DateField("行为终了日期", null=True, blank=True)
    state = models.CharField(
        "状态", max_length=10, choices=State, default=State.REGISTERED
    )
    accept_due_on = models.DateField("受理期限", null=True, blank=True)
    accept_due_is_provisional = models.BooleanField(default=False)
    decided_on = models.DateField("决定日期", null=True, blank=True)
    decided_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decision_reason = models.TextField("决定理由", blank=True)
    registered_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField(auto_now_add=True)

    objects = MatterQuerySet.as_manager()

    class Meta:
        verbose_name = "投诉举报"
        constraints = [
            paired("decided_on", "decided_by"),
            models.CheckConstraint(
                condition=Q(state="registered", decided_on=None)
                | (
                    ~Q(state="registered")
                    & Q(decided_on__isnull=False, decided_on__gte=F("received_on"))
                ),
                name="cases_matter_decided_unless_registered",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["refused", "declined"])
                | ~Q(decision_reason=""),
                name="cases_matter_refused_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(kind="complaint", accept_due_on__isnull=False)
                | Q(kind="report"),
                name="cases_matter_complaint_has_a_clock",
            ),
            models.CheckConstraint(
                condition=Q(accept_due_on__isnull=True)
                | Q(accept_due_on__gte=F("received_on")),
                name="cases_matter_due_after_receipt",
            ),
            models.CheckConstraint(
                condition=Q(act_started_on__isnull=True)
                | Q(act_ended_on__isnull=True)
                | Q(act_ended_on__gte=F("act_started_on")),
                name="cases_matter_act_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=~Q(kind="complaint", state="declined")
                & ~Q(kind="report", state__in=["accepted", "refused"]),
                name="cases_matter_state_of_its_kind",
            ),
        ]
        indexes = [
            models.Index(
                "accept_due_on",
                name="cases_matter_open_by_due_on",
                condition=Q(state="registered"),
            ),
            models.Index(
                fields=["district", "-received_on"], name="cases_matter_by_district"
            ),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("cases:matter", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.grid.path

    @property
    def is_report(self) -> bool:
        return self.kind == self.Kind.REPORT

    @property
    def is_open(self) -> bool:
        return self.state == self.State.REGISTERED


class Identity(models.Model):
    """Who complained or reported. Encrypted; each look is an act with a reason."""

    matter = models.OneToOneField(
        Matter, on_delete=models.PROTECT, related_name="identity"
    )
    is_anonymous = models.BooleanField("匿名", default=False)
    name = EncryptedTextField("姓名", blank=True)
    id_number = EncryptedTextField("身份证号", blank=True)
    phone = EncryptedTextField("联系电话", blank=True)
    address = EncryptedTextField("联系地址", blank=True)

    class Meta:
        verbose_name = "反映人身份"
        constraints = [
            models.CheckConstraint(
                condition=Q(is_anonymous=False) & ~Q(name="")
                | Q(is_anonymous=True, name="", id_number=""),
                name="cases_identity_named_unless_anonymous",
            ),
        ]

    def __str__(self):
        return f"{self.matter_id}号反映人"

    @property
    def sealed(self) -> list[str]:
        """Return the values that must not stand in any writ or free text."""
        values = (self.name, self.id_number, self.phone, self.address)
        return [value for value in values if value]


class CaseQuerySet(ScopedQuerySet):
    view_permission = Permission.CASE_VIEW

    def open(self):
        return self.filter(closed_on=None)

    def with_clock(self):
        """Add `clock_on`: the last day of the period that runs now."""
        return self.annotate(clock_on=Coalesce("decision_due_on", "due_on"))

    def overdue(self, *, on):
        """Keep the open cases whose running period ended before this day."""
        return self.open().with_clock().filter(clock_on__lt=on)

    def due_within(self, days, *, on):
        """Keep the open cases whose running period ends in so many days, or today."""
        return (
            self.open()
            .with_clock()
            .filter(clock_on__gte=on, clock_on__lte=on + timedelta(days=days))
        )

    def handled_by(self, person):
        return self.filter(members__person=person)

    def for_list(self):
        """Fetch what a row of a list shows, most urgent first, in two queries."""
        return (
            self.with_clock()
            .select_related("enterprise", "grid", "district")
            .prefetch_related("members__person")
            .order_by(F("closed_on").desc(nulls_first=True), "clock_on", "pk")
        )


class Case(models.Model):
    """One alleged violation by one unit, from filing (立案) to closing (结案)."""

    class Source(models.TextChoices):
        COMPLAINT = "complaint", "投诉"
        REPORT = "report", "举报"
        PATROL = "patrol", "日常巡查"
        CAMPAIGN = "campaign", "专项检查"
        REVIEW = "review", "书面审查"
        TRANSFER = "transfer", "移送交办"

    class Outcome(models.TextChoices):
        PENALTY = "penalty", "行政处罚"
        HANDLING = "handling", "责令改正或行政处理"
        REVOKED = "revoked", "撤销立案"
        TRANSFERRED = "transferred", "移送"
        NO_PENALTY = "no_penalty", "不予行政处罚"

    number = models.CharField("案号", max_length=60, unique=True)
    matter = models.OneToOneField(
        Matter, on_delete=models.PROTECT, null=True, blank=True, related_name="case"
    )
    enterprise = models.ForeignKey(
        Enterprise,
        on_delete=models.PROTECT,
        related_name="cases",
        verbose_name="用人单位",
    )
    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", verbose_name="区县"
    )
    # Where the unit was when the case was filed: it may move.
    grid = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="cases", verbose_name="网格"
    )
    source = models.CharField("案件来源", max_length=10, choices=Source)
    cause = models.CharField("案由", max_length=120)
    facts = models.TextField("主要事实", blank=True)
    team = models.ManyToManyField(Person, through="CaseMember", related_name="cases")
    filed_on = models.DateField("立案日期")
    due_on = models.DateField("调查期限")
    due_on_is_provisional = models.BooleanField(default=False)
    extended_on = models.DateField("延期批准日期", null=True, blank=True)
    investigation_ended_on = models.DateField("调查终结日期", null=True, blank=True)
    decision_due_on = models.DateField("处理决定期限", null=True, blank=True)
    decision_due_is_provisional = models.BooleanField(default=False)
    closed_on = models.DateField("结案日期", null=True, blank=True)
    closed_in_time = models.BooleanField("按期办结", null=True)
    outcome = models.CharField("处理结果", max_length=12, choices=Outcome, blank=True)
    closing_note = models.TextField("结案说明", blank=True)
    recorded_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = "案件"
        constraints = [
            paired("investigation_ended_on", "decision_due_on"),
            paired("closed_on", "closed_in_time"),
            models.CheckConstraint(
                condition=Q(closed_on=None, outcome="")
                | (
                    Q(closed_on__isnull=False, closed_on__gte=F("filed_on"))
                    & ~Q(outcome="")
                ),
                name="cases_case_closed_with_an_outcome",
            ),
            models.CheckConstraint(
                condition=Q(due_on__gt=F("filed_on")),
                name="cases_case_due_after_filing",
            ),
            models.CheckConstraint(
                condition=Q(investigation_ended_on__isnull=True)
                | Q(investigation_ended_on__gte=F("filed_on")),
                name="cases_case_investigation_ends_after_filing",
            ),
            models.CheckConstraint(
                condition=Q(closed_on=None)
                | Q(
                    investigation_ended_on__isnull=False,
                    closed_on__gte=F("investigation_ended_on"),
                ),
                name="cases_case_investigated_before_closing",
            ),
            models.CheckConstraint(
                condition=Q(extended_on__isnull=True)
                | Q(extended_on__gte=F("filed_on"), extended_on__lte=F("due_on")),
                name="cases_case_extended_before_expiry",
            ),
            models.CheckConstraint(
                condition=Q(source__in=["complaint", "report"], matter__isnull=False)
                | (~Q(source__in=["complaint", "report"]) & Q(matter__isnull=True)),
                name="cases_case_matter_of_its_source",
            ),
        ]
        indexes = [
            models.Index(
                Coalesce("decision_due_on", "due_on"),
                name="cases_case_open_by_clock",
                condition=Q(closed_on=None),
            ),
            models.Index(
                fields=["district", "-filed_on"], name="cases_case_by_district"
            ),
            models.Index(
                fields=["grid", "closed_on"], name="cases_case_closed_by_grid"
            ),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("cases:detail", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.grid.path

    @property
    def is_open(self) -> bool:
        return self.closed_on is None

    @property
    def running_until(self):
        """Return the last day of the period that runs now, or ran last."""
        return self.decision_due_on or self.due_on

    @property
    def running_is_provisional(self) -> bool:
        if self.decision_due_on:
            return self.decision_due_is_provisional
        return self.due_on_is_provisional


class CaseMember(models.Model):
    """One inspector on the team of a case; exactly one of them leads (主办)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    is_lead = models.BooleanField("主办", default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "person"], name="cases_casemember_once_on_a_team"
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(is_lead=True),
                name="cases_casemember_one_lead",
            ),
        ]
        ordering = ["-is_lead", "pk"]

    def __str__(self):
        return f"{self.person}（主办）" if self.is_lead else str(self.person)


class Extension(models.Model):
    """A proposal to prolong an investigation once, and what became of it."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "待批准"
        APPROVED = "approved", "已批准"
        REJECTED = "rejected", "未批准"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="extensions")
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    reason = models.TextField("延期理由")
    proposed_on = models.DateField("提出日期")
    proposed_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    decided_on = models.DateField("批复日期", null=True, blank=True)
    decided_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        verbose_name = "延期"
        constraints = [
            paired("decided_on", "decided_by"),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_by=None)
                | ~Q(state="proposed") & Q(decided_by__isnull=False),
                name="cases_extension_decided_unless_proposed",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | ~Q(state="approved")
                | ~Q(decided_by=F("proposed_by")),
                name="cases_extension_approved_by_another",
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(state__in=["proposed", "approved"]),
                name="cases_extension_once",
            ),
        ]
        ordering = ["pk"]

    def __str__(self):
        return f"{self.case}延期"


class WritQuerySet(ScopedQuerySet):
    path_field = "path"
    view_permission = Permission.CASE_VIEW

    def awaiting_correction(self):
        """Keep the correction orders of open cases whose day is being watched."""
        return self.filter(
            kind=Writ.Kind.CORRECTION, corrected_on=None, case__closed_on=None
        )


class Writ(models.Model):
    """One document issued in a case or on a matter, with its number (文书)."""

    class Kind(models.TextChoices):
        ACCEPTANCE = "acceptance", "受理通知书"
        REFUSAL = "refusal", "不予受理通知书"
        CORRECTION = "correction", "限期改正指令书"

    kind = models.CharField("文书", max_length=12, choices=Kind)
    number = models.CharField("文号", max_length=60, unique=True)
    matter = models.ForeignKey(
        Matter, on_delete=models.PROTECT, null=True, blank=True, related_name="writs"
    )
    case = models.ForeignKey(
        Case, on_delete=models.PROTECT, null=True, blank=True, related_name="writs"
    )
    path = models.CharField(max_length=200)
    issued_on = models.DateField("制发日期")
    issued_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    demands = models.TextField("改正内容", blank=True)
    correct_by = models.DateField("改正期限", null=True, blank=True)
    corrected_on = models.DateField("改正日期", null=True, blank=True)
    document = models.ForeignKey(
        ArchivedDocument, on_delete=models.PROTECT, related_name="+"
    )

    objects = WritQuerySet.as_manager()

    class Meta:
        verbose_name = "文书"
        constraints = [
            models.CheckConstraint(
                condition=Q(matter__isnull=False, case__isnull=True)
                | Q(matter__isnull=True, case__isnull=False),
                name="cases_writ_of_a_matter_or_a_case",
            ),
            models.CheckConstraint(
                condition=Q(kind="correction")
                & Q(case__isnull=False)
                & Q(correct_by__isnull=False, correct_by__gt=F("issued_on"))
                | ~Q(kind="correction") & Q(correct_by__isnull=True),
                name="cases_writ_correction_has_a_day",
            ),
        ]
        ordering = ["pk"]

    def __str__(self):
        return f"{self.get_kind_display()} {self.number}"

    @property
    def scope_path(self) -> str:
        return self.path
