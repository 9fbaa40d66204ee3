"""工作计划与任务: what a grid has to do in a period, and who does what by when."""

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from gridinspect.accounts.models import Person, User
from gridinspect.accounts.roles import Permission
from gridinspect.constraints import paired
from gridinspect.documents.models import Attachment
from gridinspect.scope import ScopedQuerySet
from grids.models.posts import Posting
from grids.models.tree import Grid


class WorkPlanQuerySet(ScopedQuerySet):
    view_permission = Permission.TASK_VIEW


class WorkPlan(models.Model):
    """What a grid plans to do in a period; the tasks say who does it."""

    grid = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="work_plans", verbose_name="网格"
    )
    title = models.CharField("计划名称", max_length=100)
    begins_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")  # the last day of the period
    content = models.TextField("工作内容")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    objects = WorkPlanQuerySet.as_manager()

    class Meta:
        verbose_name = "工作计划"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("begins_on")),
                name="grids_workplan_ends_after_its_beginning",
                violation_error_message="结束日期不能早于开始日期。",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("grids:plan", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.grid.path


class TaskQuerySet(ScopedQuerySet):
    view_permission = Permission.TASK_VIEW

    def open(self) -> Self:
        """Keep what is still to be done: new, or sent back."""
        return self.filter(state__in=Task.OPEN)

    def overdue(self, on: date) -> Self:
        """Keep what should have been done before this day."""
        return self.open().filter(due_on__lt=on)

    def due_by(self, first: date, last: date) -> Self:
        """Keep what is to be done between two days, both included."""
        return self.open().filter(due_on__range=(first, last))

    def of(self, user: User) -> Self:
        """Keep what waits for a person: named as his, or nobody's on his own grids."""
        if user.person_id is None:
            return self.none()
        own = Posting.objects.current().filter(person=user.person_id)
        return self.filter(
            Q(assignee=user.person_id)
            | Q(assignee=None, grid__in=own.filter(grid__isnull=False).values("grid"))
        )

    def for_list(self) -> Self:
        """Fetch what a row of a list shows."""
        return self.select_related("grid", "plan", "assignee", "assigned_by__person")


class Task(models.Model):
    """One thing to be done in a grid by a day, by a person or by whoever works there.

    `about_type` and `about_id` say what it is about, as a model's label and a key; the
    app that owns it tells its name and page (`services.tasks.tells_about`).
    """

    class State(models.TextChoices):
        TODO = "todo", "待办"
        DONE = "done", "已完成"
        RETURNED = "returned", "退回"
        CANCELLED = "cancelled", "已取消"

    OPEN = (State.TODO, State.RETURNED)
    WORK = "work"  # the kind of a task that a person thought of

    plan = models.ForeignKey(
        WorkPlan, on_delete=models.PROTECT, related_name="tasks", null=True, blank=True
    )
    grid = models.ForeignKey(
        Grid, on_delete=models.PROTECT, related_name="tasks", verbose_name="网格"
    )
    kind = models.CharField("类别", max_length=30, default=WORK)
    title = models.CharField("任务", max_length=100)
    detail = models.TextField("要求", blank=True)
    about_type = models.CharField(max_length=60, blank=True)
    about_id = models.BigIntegerField(null=True, blank=True)
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    assigned_at = models.DateTimeField("安排时间", auto_now_add=True)
    assignee = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        related_name="tasks",
        null=True,
        blank=True,
        verbose_name="承办人",
    )
    due_on = models.DateField("完成期限")  # the last day that is in time
    state = models.CharField(
        "状态", max_length=10, choices=State.choices, default=State.TODO
    )
    result = models.TextField("完成情况", blank=True)
    evidence = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)
    finished_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    reason = models.CharField("退回或取消的理由", max_length=200, blank=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = "任务"
        indexes = [
            models.Index(
                fields=["assignee", "due_on"],
                condition=Q(state__in=["todo", "returned"]),
                name="grids_task_waiting",
            ),
            models.Index(fields=["grid", "state"], name="grids_task_in_grid"),
            models.Index(fields=["about_type", "about_id"], name="grids_task_about"),
        ]
        constraints = [
            paired("finished_at", "finished_by"),
            models.CheckConstraint(
                condition=Q(state="done", finished_at__isnull=False)
                | (~Q(state="done") & Q(finished_at=None)),
                name="grids_task_done_when_finished",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["returned", "cancelled"]) | ~Q(reason=""),
                name="grids_task_sent_back_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(about_type="", about_id=None)
                | (~Q(about_type="") & Q(about_id__isnull=False)),
                name="grids_task_about_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("grids:task", args=[self.pk])

    @property
    def scope_path(self) -> str:
        return self.grid.path

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN
