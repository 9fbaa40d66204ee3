"""走访/信息采集: somebody went to a unit, and what he saw. Never an inspection."""

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from cases.visits.querysets import VisitQuerySet
from enterprises.models import Enterprise
from gridinspect.accounts.models import Person
from gridinspect.accounts.roles import Role
from gridinspect.documents.models import Attachment
from grids.models import Grid, Task


class Visit(models.Model):
    """One visit (走访) to a unit, or to an address where no known unit is.

    It is only ever added. `visited_at` is what the visitor says, `recorded_at` when the
    server heard of it. `client_id` is made where the form is filled in, so that the
    same visit sent twice is one visit.
    """

    class Purpose(models.TextChoices):
        COLLECT = "collect", "信息采集"
        PUBLICITY = "publicity", "普法宣传"
        FOLLOW_UP = "follow_up", "回访"
        TASK = "task", "任务"

    class Result(models.TextChoices):
        MET = "met", "见到"
        NOBODY = "nobody", "无人"
        REFUSED = "refused", "拒绝"
        NOT_FOUND = "not_found", "查无此单位"
        MOVED = "moved", "已搬迁"
        UNSTATED = "unstated", "未说明"  # of a queue whose form has changed

    client_id = models.UUIDField(unique=True, default=uuid4, editable=False)
    district = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    grid = models.ForeignKey(  # where it took place
        Grid, on_delete=models.PROTECT, related_name="visits", verbose_name="网格"
    )
    enterprise = models.ForeignKey(
        Enterprise,
        on_delete=models.PROTECT,
        related_name="visits",
        null=True,
        blank=True,
        verbose_name="用人单位",
    )
    place_name = models.CharField("门牌招牌上的名称", max_length=200, blank=True)
    address = models.CharField("地址", max_length=200, blank=True)
    visited_at = models.DateTimeField("走访时间")
    recorded_at = models.DateTimeField("入库时间", default=timezone.now)
    purpose = models.CharField(
        "目的", max_length=10, choices=Purpose.choices, default=Purpose.COLLECT
    )
    result = models.CharField("结果", max_length=10, choices=Result.choices)
    checklist = models.JSONField("检查项目", default=dict)  # {topic: {answer, note}}
    note = models.TextField("情况说明", blank=True)
    next_on = models.DateField("下次走访日期", null=True, blank=True)
    confirmed_by = models.CharField("单位确认人", max_length=60, blank=True)
    task = models.ForeignKey(
        Task, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    form_version = models.PositiveSmallIntegerField("表式版本")
    is_offline = models.BooleanField("离线填写", default=False)
    # What a queue of an older form says and this one does not ask: [{label, value}, …].
    leftovers = models.JSONField("未能归入表式的内容", default=list)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = "走访记录"
        indexes = [
            models.Index(
                fields=["enterprise", "visited_at"], name="visits_visit_of_unit"
            ),
            models.Index(fields=["grid", "visited_at"], name="visits_visit_in_grid"),
            models.Index(
                fields=["district", "visited_at"], name="visits_visit_in_district"
            ),
            models.Index(
                fields=["recorded_by", "recorded_at"],
                condition=Q(is_offline=True),
                name="visits_visit_offline",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(enterprise__isnull=False)
                | ~Q(place_name="")
                | ~Q(address=""),
                name="visits_visit_somewhere",
                violation_error_message="请选择单位，或写明名称、地址。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.place} {timezone.localtime(self.visited_at):%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        return reverse("visits:detail", args=[self.pk])

    @property
    def place(self) -> str:
        """Return the unit's name, or what stood at the door."""
        if self.enterprise:
            return self.enterprise.name
        return self.place_name or self.address

    @property
    def scope_path(self) -> str:
        return self.enterprise.grid.path if self.enterprise else self.grid.path

    @property
    def days_late(self) -> int:
        """Return how many days after the visit it was recorded."""
        return days_between(self.visited_at, self.recorded_at)

    @property
    def names(self) -> str:
        """Return who went there."""
        return "、".join(visitor.person.name for visitor in self.visitors.all())


def days_between(stated: datetime, heard: datetime) -> int:
    """Return by how many days in the office's own time something was heard late."""
    return (timezone.localdate(heard) - timezone.localdate(stated)).days


class Visitor(models.Model):
    """Who went there, and as what (走访人)."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="visitors")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    role = models.CharField("岗位", max_length=20, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "person"], name="visits_visitor_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person.name}（{self.get_role_display()}）"


class VisitPhoto(models.Model):
    """A photograph taken at a visit, without what cameras write into it."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="photos")
    attachment = models.OneToOneField(
        Attachment, on_delete=models.PROTECT, related_name="+"
    )

    def __str__(self) -> str:
        return str(self.attachment)
