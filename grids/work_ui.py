"""What offices, duties, 四定, plans and tasks add to the pages of others."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import history
from gridinspect.audit.verbs import act_name, details, name_acts, name_values
from gridinspect.ui.registry import TimelineEntry, Todo, menu, tabs, timeline, workbench
from gridinspect.ui.tables import Table, build_table
from grids import outline
from grids.access import may
from grids.filters import SOON
from grids.models import Grid, LeadingGroup, Office, Task
from grids.rules import wanted_office
from grids.services.four_fixed import LACKING
from grids.services.offices import without_office
from grids.services.policies import policies_on
from grids.views.four_fixed import figures_of, rows_url
from grids.views.offices import office_table
from grids.views.tasks import columns, in_box

P = Permission
STAFF, WORK = "网格与人员", "工作台"

menu.add(STAFF, "机构与阵地", "grids:offices", P.GRID_VIEW, icon="building", order=16)
menu.add(STAFF, "领导小组", "grids:groups", P.GRID_VIEW, icon="people-fill", order=17)
menu.add(STAFF, "四定", "grids:four-fixed", P.STAFF_VIEW, icon="pin-map", order=32)
menu.add(STAFF, "岗位职责", "grids:duties", P.GRID_VIEW, icon="card-list", order=34)
menu.add(STAFF, "通讯录", "grids:directory", P.GRID_VIEW, icon="telephone", order=36)
menu.add(WORK, "任务", "grids:tasks", P.TASK_VIEW, icon="list-task", order=20)
menu.add(WORK, "工作计划", "grids:plans", P.TASK_VIEW, icon="calendar3", order=30)

name_acts(
    {
        "office.opened": "新增机构",
        "office.changed": "修改机构",
        "office.closed": "撤销机构",
        "office.leader_appointed": "任命机构负责人",
        "office.leader_left": "机构负责人离任",
        "office.asset_added": "登记设备、车辆",
        "office.asset_ended": "停用设备、车辆",
        "group.opened": "成立领导小组",
        "group.changed": "修改领导小组",
        "group.closed": "撤销领导小组",
        "group.member_added": "增加领导小组成员",
        "group.member_left": "领导小组成员离任",
        "duties.stated": "编写岗位职责",
        "duties.ended": "停止施行岗位职责",
        "directory.exported": "导出通讯录",
        "directory.revealed": "查看通讯录完整号码",
        "plan.made": "制定工作计划",
        "plan.changed": "修改工作计划",
        "task.assigned": "安排任务",
        "task.assigned_to_many": "批量安排任务",
        "task.changed": "修改任务",
        "task.finished": "完成任务",
        "task.returned": "退回任务",
        "task.cancelled": "取消任务",
    }
)
name_values("kind", Office.Kind.choices)


def _history(user: User, target: Any) -> Iterator[TimelineEntry]:
    """Tell what was done to an office, a group, a plan or a task."""
    for event in history(target):
        yield TimelineEntry(
            event.at, act_name(event.verb), event.actor_name, note=details(event.data)
        )


for label in ("office", "leadinggroup", "workplan", "task"):
    timeline.add(f"grids.{label}", _history)


# --- on the page of a grid ------------------------------------------------------------


def _offices(request, grid: Grid) -> str:
    """Show the offices of a grid, and which one it must have by its plan."""
    today = timezone.localdate()
    offices = Office.objects.visible_to(request.user).filter(grid=grid).open()
    policy = policies_on([grid.district_id], today).get(grid.district_id)
    wanted = wanted_office(policy.values, grid.kind) if policy else None
    groups = LeadingGroup.objects.visible_to(request.user).filter(grid=grid).open()
    new_url = ""
    if grid.closed_on is None and may(request.user, P.OFFICE_EDIT, at=grid):
        kind = {"kind": wanted.kind} if wanted else {}
        new_url = outline.list_at("grids:office-create", grid, **kind)
    context = {
        "table": office_table(request, offices, name="grid-offices"),
        "title": "机构",
        "empty": "该网格还没有登记机构。",
        "wanted": wanted,
        "has_wanted": wanted and offices.filter(kind=wanted.kind).exists(),
        "policy": policy.policy if policy else None,
        "groups": groups,
        "new_url": new_url,
    }
    return render_to_string("grids/offices/_on_grid.html", context, request)


def _four_fixed(request, grid: Grid) -> list[tuple[str, Any]]:
    """Say how many posts of a grid with all below it have all four."""
    (figure,) = figures_of(request.user, [grid], grid)
    return [
        ("在岗岗位", _count(figure.posts, grid)),
        ("四定齐全", _count(figure.complete, grid, "none")),
        ("不齐全", _count(figure.incomplete, grid, "any")),
        *(
            (f"未{label}", _count(figure.lacking[key], grid, key))
            for key, label in LACKING.items()
        ),
    ]


def _count(number: int, grid: Grid, lack: str = "") -> SafeString:
    """Show a figure of 四定 as the link to its rows."""
    return format_html('<a href="{}">{}</a>', rows_url(grid, lack), number)


def _tasks(request, grid: Grid) -> Table:
    """Show what is to be done in a grid and below it."""
    rows = in_box(request.user, "all", grid).open().for_list()
    return build_table(
        request,
        rows,
        columns(),
        name="grid-tasks",
        default_sort="due_on",
    )


tabs.add("grids.grid", "offices", "机构", _offices, P.GRID_VIEW)
tabs.add("grids.grid", "four-fixed", "四定", _four_fixed, P.STAFF_VIEW)
tabs.add(
    "grids.grid",
    "tasks",
    "待办任务",
    _tasks,
    P.TASK_VIEW,
    empty="没有待办任务，可在“任务”中安排。",
)


# --- on the workbench -----------------------------------------------------------------


def _todos(user: User, today: date) -> list[Todo]:
    """Remind of tasks: what waits for me, and what I gave and is late."""
    if not user.holds(P.TASK_VIEW):
        return []
    page = reverse("grids:tasks")
    soon = today + timedelta(days=SOON)
    mine = in_box(user, "mine").open()
    count = mine.aggregate(
        late=Count("pk", filter=Q(due_on__lt=today)),
        soon=Count("pk", filter=Q(due_on__range=(today, soon))),
        returned=Count("pk", filter=Q(state=Task.State.RETURNED)),
        all=Count("pk"),
    )
    todos = [
        Todo(
            "我的任务已逾期（项）", count["late"], f"{page}?state=overdue", urgent=True
        ),
        Todo(f"我的任务 {SOON} 天内到期（项）", count["soon"], f"{page}?state=soon"),
        Todo("我的待办任务（项）", count["all"], page),
        Todo("退回重办的任务（项）", count["returned"], f"{page}?state=returned"),
    ]
    if user.holds(P.TASK_ASSIGN):
        late = in_box(user, "given").overdue(today).count()
        todos.append(
            Todo("我安排的任务已逾期（项）", late, f"{page}?box=given&state=overdue")
        )
    return todos


def _offices_lacking(user: User, today: date) -> list[Todo]:
    """Say how many grids lack the office that their plan wants."""
    if not user.holds(P.OFFICE_EDIT):
        return []
    grids = Grid.objects.visible_to(user)  # as the list that it leads to
    lacking = without_office(grids, today).count()
    return [Todo("缺机构的网格（个）", lacking, reverse("grids:offices-missing"))]


workbench.add(_todos)
workbench.add(_offices_lacking)
