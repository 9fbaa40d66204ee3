from datetime import timedelta

import django_filters
from django.db.models import Q
from django.utils import timezone

from gridinspect.accounts.roles import POSTED_STAFF
from grids.forms import DayInput
from grids.models import Grid, Office, Posting, Task
from grids.services.four_fixed import lacking_something

SOON = 3  # days before the last one of a task, for a reminder


class OpenFilter(django_filters.FilterSet):
    """The search block of what is opened and closed, with the fields `q` and `state`.

    It shows what is open unless something else is asked for.
    """

    def search(self, rows, name, words):
        return rows.matching(words)

    def leave(self, rows, name, value):
        return rows

    def filter_queryset(self, rows):
        rows = super().filter_queryset(rows)
        state = self.form.cleaned_data.get("state")
        if state == "all":
            return rows
        return rows.filter(closed_on__isnull=state != "closed")


class GridFilter(OpenFilter):
    """The search block of 网格管理."""

    STATES = [("closed", "已停用"), ("all", "全部")]

    q = django_filters.CharFilter(label="名称、编码或拼音首字母", method="search")
    kind = django_filters.ChoiceFilter(
        label="类型", choices=Grid.Kind.choices, empty_label="全部"
    )
    state = django_filters.ChoiceFilter(
        label="状态", choices=STATES, empty_label="启用", method="leave"
    )

    class Meta:
        model = Grid
        fields = ["q", "kind", "state"]


class OfficeFilter(OpenFilter):
    """The search block of 机构与阵地."""

    STATES = [("closed", "已撤销"), ("all", "全部")]

    q = django_filters.CharFilter(label="名称、地址或网格", method="search")
    kind = django_filters.ChoiceFilter(
        label="类型", choices=Office.Kind.choices, empty_label="全部"
    )
    state = django_filters.ChoiceFilter(
        label="状态", choices=STATES, empty_label="现有", method="leave"
    )

    class Meta:
        model = Office
        fields = ["q", "kind", "state"]


class FixedFilter(django_filters.FilterSet):
    """The search block of the posts of 四定, over `four_fixed.staff_posts`."""

    LACKS = [
        ("any", "不齐全"),
        ("area", "缺区域"),
        ("duties", "缺职责"),
        ("tasks", "缺任务"),
        ("none", "齐全"),
    ]

    q = django_filters.CharFilter(label="姓名或网格", method="search")
    role = django_filters.ChoiceFilter(
        label="岗位",
        choices=[(role.value, role.label) for role in POSTED_STAFF],
        empty_label="全部",
    )
    lack = django_filters.ChoiceFilter(
        label="四定", choices=LACKS, empty_label="全部", method="lacking"
    )

    class Meta:
        model = Posting
        fields = ["q", "role", "lack"]

    def search(self, posts, name, words):
        return posts.filter(
            Q(person__name__icontains=words) | Q(grid__name__icontains=words)
        )

    def lacking(self, posts, name, what):
        if what == "none":
            return posts.exclude(lacking_something())
        return posts.filter(lacking_something("" if what == "any" else what))


class TaskFilter(django_filters.FilterSet):
    """The search block of tasks: what is open, unless something else is asked for."""

    OVERDUE, DUE_SOON, ALL = "overdue", "soon", "all"
    STATES = [
        (OVERDUE, "已逾期"),
        (DUE_SOON, f"{SOON} 天内到期"),
        *Task.State.choices,
        (ALL, "全部"),
    ]

    q = django_filters.CharFilter(label="任务、承办人或网格", method="search")
    state = django_filters.ChoiceFilter(
        label="状态", choices=STATES, empty_label="未办结", method="leave"
    )
    due_until = django_filters.DateFilter(
        label="期限不晚于",
        field_name="due_on",
        lookup_expr="lte",
        widget=DayInput,
    )

    class Meta:
        model = Task
        fields = ["q", "state", "due_until"]

    def search(self, tasks, name, words):
        return tasks.filter(
            Q(title__icontains=words)
            | Q(assignee__name__icontains=words)
            | Q(grid__name__icontains=words)
        )

    def leave(self, tasks, name, value):
        return tasks

    def filter_queryset(self, tasks):
        tasks = super().filter_queryset(tasks)
        state = self.form.cleaned_data.get("state")
        if state == self.ALL:
            return tasks
        today = timezone.localdate()
        if state == self.OVERDUE:
            return tasks.overdue(today)
        if state == self.DUE_SOON:
            return tasks.due_by(today, today + timedelta(days=SOON))
        return tasks.filter(state=state) if state else tasks.open()
