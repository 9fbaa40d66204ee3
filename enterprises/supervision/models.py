"""Grades by year, entries of key supervision, publications, and noted facts."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from enterprises.models import Enterprise
from gridinspect.accounts.roles import Permission
from gridinspect.constraints import ordered, paired
from gridinspect.documents.models import ArchivedDocument
from gridinspect.scope import ScopedQuerySet
from grids.models import Grid, Policy
from grids.policy import PUBLIC_LISTS

USER = settings.AUTH_USER_MODEL


def by_another(first: str, second: str) -> models.CheckConstraint:
    """Return a constraint that nobody approves what he proposed himself."""
    return models.CheckConstraint(
        condition=Q(**{f"{second}__isnull": True})
        | Q(**{f"{first}__isnull": False}) & ~Q(**{second: F(first)}),
        name=f"%(app_label)s_%(class)s_{second}_is_another",
    )


class UnitRowQuerySet(ScopedQuerySet):
    """Rows about a unit, which are seen where the unit is."""

    path_field = "enterprise__grid__path"
    view_permission = Permission.ENTERPRISE_VIEW


# --- facts that no other room knows ---------------------------------------------------


class NotedFact(models.Model):
    """A fact that somebody notes from a paper: a collective petition, an incident."""

    class Kind(models.TextChoices):
        PETITIONS = "petitions", "集体上访"
        INCIDENTS = "incidents", "群体性、极端事件或严重社会影响"
        OBSTRUCTED = "obstructed", "阻挠劳动保障监察"
        REFUSED = "refused", "拒不履行处理、处罚决定"
        CHILD_LABOUR = "child_labour", "使用童工、强迫劳动"
        CRIMES = "crimes", "追究刑事责任"

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="noted_facts"
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField("种类", max_length=12, choices=Kind)
    on = models.DateField("发生日期")
    paper = models.CharField("依据（文书、报告）", max_length=200)
    note = models.TextField("情况", blank=True)
    withdrawn_on = models.DateField("撤销日期", null=True, blank=True)
    withdrawn_reason = models.CharField("撤销理由", max_length=200, blank=True)
    recorded_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = UnitRowQuerySet.as_manager()

    class Meta:
        verbose_name = "不良记录"
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(paper=""), name="supervision_notedfact_has_a_paper"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on__isnull=True, withdrawn_reason="")
                | Q(withdrawn_on__isnull=False) & ~Q(withdrawn_reason=""),
                name="supervision_notedfact_withdrawn_with_a_reason",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}（{self.on}）"

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path


class MovedFacts(models.Model):
    """A unit whose facts have changed: its key supervision is to be judged again."""

    enterprise = models.OneToOneField(
        Enterprise, on_delete=models.CASCADE, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return str(self.enterprise_id)


# --- grades ---------------------------------------------------------------------------


class GradeRoundQuerySet(ScopedQuerySet):
    path_field = "district__path"
    view_permission = Permission.SUPERVISION_EDIT

    def visible_to(self, user):
        """Keep the rounds of districts where the person prepares or approves them."""
        edits = super().visible_to(user)
        approving = user.scope_paths(Permission.SUPERVISION_APPROVE)
        approves = Q(pk__in=[])
        for path in approving:
            approves |= Q(district__path__startswith=path)
        return edits | self.filter(approves)


class GradeRound(models.Model):
    """The grading of a district's units on the record of one year (评定批次)."""

    class State(models.TextChoices):
        COMPUTING = "computing", "计算中"
        REVIEW = "review", "复核中"
        APPROVED = "approved", "已批准"

    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="grade_rounds"
    )
    year = models.PositiveSmallIntegerField("评价年度")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    scheme = models.CharField("评价办法", max_length=40)
    scheme_name = models.CharField(max_length=100)
    known_facts = models.JSONField(default=list)  # those that somebody supplied
    state = models.CharField(max_length=10, choices=State, default=State.COMPUTING)
    started_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", verbose_name="发起人"
    )
    started_at = models.DateTimeField(auto_now_add=True)
    computed_at = models.DateTimeField("计算时间", null=True)
    approved_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", null=True
    )
    approved_on = models.DateField("批准日期", null=True)
    published_on = models.DateField("公布日期", null=True)
    published_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", null=True
    )

    objects = GradeRoundQuerySet.as_manager()

    class Meta:
        verbose_name = "等级评定批次"
        ordering = ["-year", "district__code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "year"], name="supervision_graderound_once_a_year"
            ),
            paired("approved_on", "approved_by"),
            paired("published_on", "published_by"),
            by_another("started_by", "approved_by"),
            models.CheckConstraint(
                condition=Q(state="approved", approved_on__isnull=False)
                | ~Q(state="approved") & Q(approved_on__isnull=True),
                name="supervision_graderound_approved_when_it_says_so",
            ),
            models.CheckConstraint(
                condition=Q(published_on__isnull=True) | Q(state="approved"),
                name="supervision_graderound_approved_before_published",
            ),
        ]

    def __str__(self):
        return f"{self.district}{self.year}年度等级评定"

    def get_absolute_url(self):
        return reverse("supervision:round", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.district.path


class RatingQuerySet(UnitRowQuerySet):
    def standing(self):
        """Keep the ratings that were approved and not corrected since."""
        return self.filter(approved_on__isnull=False, replaced_on=None)

    def in_force(self, on: date):
        """Keep the newest rating of each unit that holds on a day."""
        held = Q(replaced_on=None) | Q(replaced_on__gt=on)
        rows = self.filter(held, valid_from__lte=on, valid_until__gte=on)
        newer = (
            Rating.objects.filter(held, enterprise=OuterRef("enterprise"))
            .filter(valid_from__lte=on, valid_until__gte=on)
            .filter(
                Q(year__gt=OuterRef("year"))
                | Q(year=OuterRef("year"), pk__gt=OuterRef("pk"))
            )
        )
        return rows.exclude(Exists(newer))


class Rating(models.Model):
    """One unit's grade for one year: proposed, perhaps adjusted, approved, dated.

    A correction is a further row with the same year; the old one stays, replaced.
    """

    round = models.ForeignKey(
        GradeRound, on_delete=models.PROTECT, related_name="ratings", db_index=False
    )
    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="ratings"
    )
    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    year = models.PositiveSmallIntegerField("评价年度")
    proposed = models.CharField("建议等级", max_length=10)
    grade = models.CharField("等级", max_length=10)
    points = models.SmallIntegerField("得分", null=True)
    decided = models.JSONField("定级事实", default=list)  # [{rules.Reason}, …]
    facts = models.JSONField("年度事实", default=dict)  # facts.as_json
    is_key = models.BooleanField("重点对象", default=False)
    visits_max = models.PositiveSmallIntegerField("每年日常检查上限", null=True)
    reason = models.CharField("调整理由", max_length=400, blank=True)
    prepared_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", verbose_name="提出人"
    )
    approved_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", null=True
    )
    approved_on = models.DateField("批准日期", null=True)
    valid_from = models.DateField("有效期自", null=True)
    valid_until = models.DateField("有效期至", null=True)
    notice = models.ForeignKey(
        ArchivedDocument, on_delete=models.PROTECT, related_name="+", null=True
    )
    notice_number = models.CharField("告知书文号", max_length=60, blank=True)
    notified_on = models.DateField("告知日期", null=True)
    object_by = models.DateField("异议期限", null=True)
    published_on = models.DateField("公布日期", null=True)
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="corrected_by", null=True
    )
    replaced_on = models.DateField("更正日期", null=True)
    edition = models.PositiveIntegerField(default=1)
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = RatingQuerySet.as_manager()

    class Meta:
        verbose_name = "守法诚信等级"
        indexes = [
            models.Index(fields=["round", "grade"], name="supervision_rating_by_grade"),
            models.Index(
                fields=["district", "year"], name="supervision_rating_by_year"
            ),
        ]
        constraints = [
            paired("approved_on", "approved_by"),
            by_another("prepared_by", "approved_by"),
            models.UniqueConstraint(
                fields=["enterprise", "year"],
                condition=Q(replaced_on=None, corrects=None),
                name="supervision_rating_one_of_a_year",
            ),
            models.CheckConstraint(
                condition=Q(grade=F("proposed")) | ~Q(reason=""),
                name="supervision_rating_adjusted_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(
                    approved_on__isnull=True,
                    valid_from__isnull=True,
                    valid_until__isnull=True,
                    notified_on__isnull=True,
                    published_on__isnull=True,
                )
                | Q(
                    approved_on__isnull=False,
                    valid_from__isnull=False,
                    valid_until__isnull=False,
                    valid_until__gte=F("valid_from"),
                ),
                name="supervision_rating_holds_once_approved",
            ),
        ]

    def __str__(self):
        return f"{self.enterprise} {self.year}年度 {self.grade}级"

    def get_absolute_url(self):
        return reverse("supervision:rating", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path

    @property
    def is_adjusted(self) -> bool:
        return self.grade != self.proposed


class GradeObjection(models.Model):
    """A unit's objection to its grade, and what was decided on it (异议)."""

    class Outcome(models.TextChoices):
        KEPT = "kept", "维持"
        CORRECTED = "corrected", "更正"

    rating = models.ForeignKey(
        Rating, on_delete=models.PROTECT, related_name="objections"
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    raised_on = models.DateField("提出日期")
    text = models.TextField("异议内容")
    decide_by = models.DateField("答复期限")
    decided_on = models.DateField("答复日期", null=True)
    outcome = models.CharField("处理结果", max_length=10, choices=Outcome, blank=True)
    decision = models.TextField("答复内容", blank=True)
    decided_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", null=True
    )
    recorded_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "等级异议"
        ordering = ["-raised_on", "-pk"]
        constraints = [
            paired("decided_on", "decided_by"),
            by_another("recorded_by", "decided_by"),
            models.UniqueConstraint(
                fields=["rating"],
                condition=Q(decided_on=None),
                name="supervision_gradeobjection_one_open",
            ),
            models.CheckConstraint(
                condition=Q(decided_on__isnull=True, outcome="")
                | Q(decided_on__isnull=False) & ~Q(outcome="") & ~Q(decision=""),
                name="supervision_gradeobjection_decided_with_words",
            ),
        ]

    def __str__(self):
        return f"{self.rating} 异议"


# --- key supervision ------------------------------------------------------------------


class KeyEntryQuerySet(UnitRowQuerySet):
    def on(self, day: date):
        """Keep the entries under which a unit is a key unit on a day."""
        held = Q(until=None) | Q(until__gt=day)
        return self.filter(held, state=KeyEntry.State.ACTIVE, since__lte=day)

    def waiting(self):
        """Keep what waits for approval: proposed entries and proposed removals."""
        return self.filter(
            Q(state=KeyEntry.State.PROPOSED)
            | Q(
                state=KeyEntry.State.ACTIVE,
                until=None,
                removal_by__isnull=False,
                removal_decided_by=None,
            )
        )


class KeyEntry(models.Model):
    """A unit is a key unit on one ground for a while (重点监管). Never deleted."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "待批准"
        ACTIVE = "active", "已列入"
        REJECTED = "rejected", "未批准"

    HAND = "hand"  # the ground of an entry that a person proposed

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="key_entries"
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    ground = models.CharField("情形", max_length=40)  # KeyGround.key, or HAND
    ground_name = models.CharField("列入依据", max_length=200)
    clause = models.CharField("条款", max_length=200, blank=True)
    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, related_name="+", null=True
    )
    is_secret = models.BooleanField("依据不公开", default=False)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    since = models.DateField("列入日期")
    until = models.DateField("移出日期", null=True)
    evidence = models.JSONField("事实", default=dict)  # facts.as_json
    reason = models.CharField("理由", max_length=400, blank=True)
    proposed_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", null=True
    )
    approved_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", null=True
    )
    decided_on = models.DateField("批准日期", null=True)
    left_reason = models.CharField("移出依据", max_length=400, blank=True)
    removal_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", null=True
    )
    removal_reason = models.CharField("申请移出理由", max_length=400, blank=True)
    removal_decided_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", null=True
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = KeyEntryQuerySet.as_manager()

    class Meta:
        verbose_name = "重点监管"
        ordering = ["-since", "-pk"]
        indexes = [
            models.Index(
                fields=["district", "since"],
                name="supervision_keyentry_open",
                condition=Q(until=None),
            )
        ]
        constraints = [
            ordered("since", "until"),
            by_another("proposed_by", "approved_by"),
            by_another("removal_by", "removal_decided_by"),
            models.UniqueConstraint(
                fields=["enterprise", "ground"],
                condition=Q(until=None) & ~Q(state="rejected"),
                name="supervision_keyentry_one_open",
            ),
            models.CheckConstraint(
                condition=~Q(ground="hand")
                | Q(proposed_by__isnull=False)
                & ~Q(reason="")
                & (~Q(state="active") | Q(approved_by__isnull=False)),
                name="supervision_keyentry_by_hand_is_approved",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | ~Q(left_reason=""),
                name="supervision_keyentry_left_with_a_reason",
            ),
        ]

    def __str__(self):
        return f"{self.enterprise} {self.ground_name}"

    def get_absolute_url(self):
        return reverse("supervision:key-entry", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path

    @property
    def is_by_hand(self) -> bool:
        return self.ground == self.HAND

    @property
    def removal_waits(self) -> bool:
        asked = self.removal_by_id is not None and self.removal_decided_by_id is None
        return asked and self.until is None


# --- publication ----------------------------------------------------------------------


class PublicationQuerySet(UnitRowQuerySet):
    def published_in(self, first: date, last: date):
        """Keep what was published between two days, both included."""
        return self.filter(published_on__gte=first, published_on__lte=last)

    def listed_on(self, day: date):
        """Keep what stands on the list of dishonest payers on a day."""
        return self.filter(
            Q(removed_on=None) | Q(removed_on__gt=day),
            list=Publication.List.DISHONEST,
            published_on__lte=day,
            ends_on__gte=day,
        )


class Publication(models.Model):
    """A violation on its way to publication, or a unit to the dishonest list.

    What will be published is kept here as it was approved: it does not change when the
    unit's file does. Nothing is published that another person did not approve.
    """

    class List(models.TextChoices):
        VIOLATION = "violation", PUBLIC_LISTS["violation"]
        DISHONEST = "dishonest", PUBLIC_LISTS["dishonest"]

    class State(models.TextChoices):
        CANDIDATE = "candidate", "候选"
        NOTIFIED = "notified", "已告知"
        OBJECTED = "objected", "有异议待核实"
        PROPOSED = "proposed", "待批准"
        APPROVED = "approved", "已批准待公布"
        PUBLISHED = "published", "已公布"
        REMOVED = "removed", "已移出"
        DROPPED = "dropped", "不予公布"

    OPEN = (
        State.CANDIDATE,
        State.NOTIFIED,
        State.OBJECTED,
        State.PROPOSED,
        State.APPROVED,
        State.PUBLISHED,
    )

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="publications"
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    list = models.CharField("名单", max_length=10, choices=List)
    category = models.CharField("情形", max_length=100)
    rule = models.CharField(max_length=40, blank=True)  # PublicCandidate.key
    source = models.CharField("依据", max_length=200, blank=True)
    evidence = models.JSONField("事实", default=dict)
    state = models.CharField(
        "状态", max_length=10, choices=State, default=State.CANDIDATE
    )
    found_on = models.DateField("提出日期")
    name = models.CharField("单位全称", max_length=200)
    uscc = models.CharField("统一社会信用代码", max_length=30, blank=True)
    address = models.CharField("地址", max_length=200, blank=True)
    head = models.CharField("法定代表人（负责人）", max_length=60, blank=True)
    facts = models.TextField("主要违法事实", blank=True)
    handling = models.TextField("处理情况", blank=True)
    notified_on = models.DateField("告知日期", null=True)
    object_by = models.DateField("异议期限", null=True)
    objected_on = models.DateField("异议日期", null=True)
    objection = models.TextField("异议内容", blank=True)
    check_by = models.DateField("核实期限", null=True)
    checked_on = models.DateField("核实日期", null=True)
    check_result = models.TextField("核实结果", blank=True)
    proposed_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", null=True
    )
    proposed_on = models.DateField("报批日期", null=True)
    decide_by = models.DateField("决定期限", null=True)
    approved_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", null=True
    )
    approved_on = models.DateField("批准日期", null=True)
    published_on = models.DateField("公布日期", null=True)
    published_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", null=True
    )
    ends_on = models.DateField("期满日期", null=True)
    corrected_on = models.DateField("改正日期", null=True)
    committed_on = models.DateField("信用承诺日期", null=True)
    removed_on = models.DateField("移出日期", null=True)
    removal_ground = models.CharField("移出依据", max_length=400, blank=True)
    dropped_reason = models.CharField("不予公布的理由", max_length=400, blank=True)
    edition = models.PositiveIntegerField(default=1)
    recorded_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        verbose_name = "违法公布"
        ordering = ["-found_on", "-pk"]
        indexes = [
            models.Index(
                fields=["district", "state"], name="supervision_publication_state"
            ),
            models.Index(
                fields=["published_on"],
                name="supervision_publication_day",
                condition=Q(published_on__isnull=False),
            ),
        ]
        constraints = [
            paired("approved_on", "approved_by"),
            paired("published_on", "published_by"),
            by_another("proposed_by", "approved_by"),
            models.CheckConstraint(
                condition=Q(published_on__isnull=True)
                | Q(
                    approved_by__isnull=False,
                    approved_on__isnull=False,
                    published_on__gte=F("approved_on"),
                ),
                name="supervision_publication_approved_before_published",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "removed"])
                | Q(published_on__isnull=False),
                name="supervision_publication_published_has_a_day",
            ),
            models.CheckConstraint(
                condition=Q(published_on__isnull=True)
                | ~Q(list="dishonest")
                | Q(notified_on__isnull=False, ends_on__isnull=False),
                name="supervision_publication_dishonest_was_notified",
            ),
            models.CheckConstraint(
                condition=Q(removed_on__isnull=True, removal_ground="")
                | Q(removed_on__isnull=False, published_on__isnull=False)
                & ~Q(removal_ground=""),
                name="supervision_publication_removed_with_a_ground",
            ),
            models.UniqueConstraint(
                fields=["enterprise", "list", "category"],
                condition=~Q(state__in=["removed", "dropped", "published"]),
                name="supervision_publication_one_open",
            ),
        ]

    def __str__(self):
        return f"{self.name}（{self.get_list_display()}）"

    def get_absolute_url(self):
        return reverse("supervision:publication", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN and self.state != self.State.PUBLISHED
