"""守法诚信等级: the round of a year, the ratings of units, their objections."""

from datetime import date

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from enterprises.models import Enterprise
from enterprises.supervision.models.shared import USER, UnitRowQuerySet, by_another
from gridinspect.accounts.roles import Permission
from gridinspect.constraints import paired
from gridinspect.documents.models import ArchivedDocument
from gridinspect.scope import ScopedQuerySet
from grids.models import Grid, Policy


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
