"""违法公布 and 失信名单: one unit on its way there, as it was approved."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from enterprises.models import Enterprise
from enterprises.supervision.models.shared import USER, UnitRowQuerySet, by_another
from gridinspect.constraints import paired
from grids.models import Grid
from grids.policy import PUBLIC_LISTS


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
