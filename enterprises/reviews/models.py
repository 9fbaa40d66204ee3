"""The yearly written review (书面审查): a round, its units, its draws, acts in bulk."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse

from enterprises.models import Enterprise, Survey
from enterprises.reviews.rules import FILED, STATES, UNFILED
from gridinspect.accounts.roles import Permission
from gridinspect.constraints import paired
from gridinspect.documents.models import ArchivedDocument
from gridinspect.scope import ScopedQuerySet
from grids.models import Grid

USER = settings.AUTH_USER_MODEL


class RoundQuerySet(ScopedQuerySet):
    path_field = "district__path"
    view_permission = Permission.REVIEW_VIEW

    def visible_to(self, user):
        """Keep the rounds of the districts in which the user sees units of them."""
        condition = Q(pk__in=[])
        for path in user.scope_paths(self.view_permission):
            parts = path.strip("/").split("/")
            above = ["/" + "/".join(parts[:n]) + "/" for n in range(1, len(parts) + 1)]
            condition |= Q(district__path__startswith=path)
            condition |= Q(district__path__in=above)
        return self.filter(condition)

    def open(self, *, on: date):
        """Keep the announced rounds whose period holds this day."""
        return self.filter(
            state=ReviewRound.State.ANNOUNCED, opens_on__lte=on, closes_on__gte=on
        )


class ReviewRound(models.Model):
    """One year's written review of a district: who hands in what, until when."""

    class State(models.TextChoices):
        PREPARED = "prepared", "筹备中"
        ANNOUNCED = "announced", "已公告"
        ENDED = "ended", "已结束"

    district = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="review_rounds"
    )
    name = models.CharField("名称", max_length=120)
    year = models.PositiveSmallIntegerField("审查年度")
    as_of = models.DateField("数据截止日期")
    opens_on = models.DateField("报送开始日期")
    closes_on = models.DateField("报送截止日期")
    grid = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="+", verbose_name="审查范围"
    )
    unit_kinds = models.JSONField("单位类型", default=list)
    min_headcount = models.PositiveIntegerField("从业人数不少于", default=0)
    materials = models.JSONField("报送材料", default=list)
    materials_source = models.CharField(max_length=200, blank=True)
    state = models.CharField(
        "状态", max_length=10, choices=State, default=State.PREPARED
    )
    units = models.PositiveIntegerField("应审查单位", default=0)
    notice_number = models.CharField("公告文号", max_length=60, blank=True)
    notice = models.ForeignKey(
        ArchivedDocument, on_delete=models.PROTECT, null=True, related_name="+"
    )
    announced_on = models.DateField("公告日期", null=True)
    ended_on = models.DateField("结束日期", null=True)
    begun_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField(auto_now_add=True)

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = "书面审查"
        ordering = ["-year", "-pk"]
        constraints = [
            paired("announced_on", "notice"),
            models.UniqueConstraint(
                fields=["district", "name"], name="reviews_round_name_once"
            ),
            models.CheckConstraint(
                condition=Q(opens_on__gt=F("as_of"), closes_on__gte=F("opens_on")),
                name="reviews_round_opens_after_its_year",
            ),
            models.CheckConstraint(
                condition=Q(state="prepared", announced_on__isnull=True)
                | ~Q(state="prepared") & Q(announced_on__isnull=False),
                name="reviews_round_announced",
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("reviews:round", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.district.path


class ReviewSample(models.Model):
    """A draw of units to be looked at on site; another one needs a reason."""

    round = models.ForeignKey(
        ReviewRound, on_delete=models.CASCADE, related_name="samples"
    )
    number = models.PositiveSmallIntegerField("次序")
    seed = models.CharField("种子", max_length=100)
    method = models.CharField("算法", max_length=20)
    percent = models.PositiveSmallIntegerField("抽查比例")
    source = models.CharField("比例依据", max_length=200)
    pool = models.JSONField("名单", default=list)  # keys of the units drawn from
    pool_hash = models.CharField("名单校验值", max_length=64)
    drawn = models.JSONField("抽中", default=list)
    reason = models.CharField("重抽理由", max_length=200, blank=True)
    drawn_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "number"], name="reviews_sample_numbered_once"
            ),
            models.CheckConstraint(
                condition=Q(number=1) | ~Q(reason=""),
                name="reviews_sample_again_with_a_reason",
            ),
        ]

    def __str__(self):
        return f"{self.round} 第 {self.number} 次抽查"


class BulkAct(models.Model):
    """An act on many units at once; it can be undone where nothing came after."""

    class Kind(models.TextChoices):
        REMIND = "remind", "催报"
        PASS = "pass", "批量合格"

    round = models.ForeignKey(
        ReviewRound, on_delete=models.CASCADE, related_name="acts"
    )
    kind = models.CharField("操作", max_length=6, choices=Kind)
    units = models.PositiveIntegerField("户数", default=0)
    path = models.CharField(max_length=200)  # where it was done
    note = models.CharField("说明", max_length=200, blank=True)
    done_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(auto_now_add=True)
    undone_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, related_name="+", null=True
    )
    undone_at = models.DateTimeField("撤销时间", null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [paired("undone_at", "undone_by")]

    def __str__(self):
        return f"{self.get_kind_display()} {self.units} 户"


class ReviewQuerySet(ScopedQuerySet):
    view_permission = Permission.REVIEW_VIEW

    def unfiled(self):
        return self.filter(state__in=UNFILED)

    def filed(self):
        return self.filter(state__in=FILED)

    def to_check(self):
        return self.filter(state=Review.State.SUBMITTED)

    def to_recheck(self, *, on: date):
        """Keep what was to be corrected by a day that has passed."""
        return self.filter(state=Review.State.CORRECTING, correct_by__lt=on)

    def not_handed_in(self, *, on: date):
        """Keep the units that did not hand in until the last day (V11)."""
        return self.unfiled().filter(
            round__closes_on__lt=on, round__announced_on__isnull=False
        )

    def passable(self):
        """Keep what may be concluded 合格 in bulk: whole, and seen on site if drawn."""
        return (
            self.to_check()
            .filter(lacking=0)
            .exclude(sample__isnull=False, site_on__isnull=True)
        )

    def for_list(self):
        """Fetch what a row of a list shows, in one query."""
        return self.select_related(
            "enterprise", "grid", "round", "survey", "district"
        ).order_by("grid__path", "enterprise__name", "pk")

    def by_state(self):
        """Count the rows of each state."""
        return dict(
            self.order_by()
            .values_list("state")
            .annotate(n=Count("pk"))
            .values_list("state", "n")
        )


class Review(models.Model):
    """One unit in a round: what it handed in, what was found, how it ended."""

    class State(models.TextChoices):
        PENDING = "pending", STATES["pending"]
        DRAFT = "draft", STATES["draft"]
        SUBMITTED = "submitted", STATES["submitted"]
        RETURNED = "returned", STATES["returned"]
        CORRECTING = "correcting", STATES["correcting"]
        PASSED = "passed", STATES["passed"]
        ARCHIVED = "archived", STATES["archived"]

    class Method(models.TextChoices):
        DESK = "desk", "窗口报送"
        SELF = "self", "单位自助"

    round = models.ForeignKey(
        ReviewRound, on_delete=models.PROTECT, related_name="reviews"
    )
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    # Where the unit was when the round's units were frozen.
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="reviews")
    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="reviews"
    )
    state = models.CharField("状态", max_length=10, choices=State, default="pending")
    materials = models.JSONField("报送材料", default=dict)
    lacking = models.PositiveSmallIntegerField("未交材料", default=0)
    survey = models.ForeignKey(
        Survey,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reviews",
        verbose_name="调查登记表",
    )
    method = models.CharField("报送方式", max_length=5, choices=Method, blank=True)
    submitted_on = models.DateField("报送日期", null=True, blank=True)
    submitted_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, null=True, related_name="+"
    )
    is_late = models.BooleanField("逾期报送", default=False)
    points = models.TextField("需要改正的问题", blank=True)
    correct_by = models.DateField("改正期限", null=True, blank=True)
    checked_on = models.DateField("审查日期", null=True, blank=True)
    checked_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, null=True, related_name="+"
    )
    recheck_note = models.TextField("复查情况", blank=True)
    sample = models.ForeignKey(
        ReviewSample, on_delete=models.PROTECT, null=True, related_name="reviews"
    )
    sample_rank = models.PositiveIntegerField("抽中次序", null=True)
    site_on = models.DateField("实地抽查日期", null=True, blank=True)
    site_paper = models.CharField("检查通知书文号", max_length=80, blank=True)
    site_result = models.TextField("实地抽查情况", blank=True)
    order_number = models.CharField("限期报送通知", max_length=60, blank=True)
    order = models.ForeignKey(
        ArchivedDocument, on_delete=models.PROTECT, null=True, related_name="+"
    )
    ordered_on = models.DateField("通知日期", null=True, blank=True)
    order_due_on = models.DateField("通知报送期限", null=True, blank=True)
    reminded = models.PositiveSmallIntegerField("催报次数", default=0)
    reminded_in = models.ForeignKey(
        BulkAct, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    passed_in = models.ForeignKey(
        BulkAct, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    archive_number = models.CharField("归档号", max_length=20, blank=True)
    archived_on = models.DateField("归档日期", null=True, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = "单位书面审查"
        constraints = [
            models.UniqueConstraint(
                fields=["round", "enterprise"], name="reviews_review_once_in_a_round"
            ),
            paired("ordered_on", "order"),
            paired("sample", "sample_rank"),
            paired("checked_on", "checked_by"),
            models.CheckConstraint(
                condition=Q(state__in=UNFILED)
                | Q(submitted_on__isnull=False, survey__isnull=False),
                name="reviews_review_filed_with_a_survey",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["returned", "correcting"])
                | (Q(correct_by__isnull=False) & ~Q(points="")),
                name="reviews_review_points_with_a_day",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["passed", "archived"])
                | Q(checked_on__isnull=False),
                name="reviews_review_concluded_after_a_check",
            ),
            models.CheckConstraint(
                condition=Q(state="archived", archived_on__isnull=False)
                & ~Q(archive_number="")
                | ~Q(state="archived") & Q(archived_on__isnull=True),
                name="reviews_review_archived_with_a_number",
            ),
            models.CheckConstraint(
                condition=Q(site_on__isnull=True)
                | (~Q(site_paper="") & ~Q(site_result="")),
                name="reviews_review_site_with_a_paper",
            ),
        ]
        indexes = [
            models.Index(fields=["round", "state"], name="reviews_by_round_and_state"),
            models.Index(fields=["enterprise", "-round"], name="reviews_by_unit"),
            models.Index(fields=["district", "state"], name="reviews_by_district"),
        ]

    def __str__(self):
        return f"{self.enterprise}（{self.round.year} 年度书面审查）"

    def get_absolute_url(self):
        return reverse("reviews:detail", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.grid.path

    @property
    def is_filed(self) -> bool:
        return self.state in FILED
