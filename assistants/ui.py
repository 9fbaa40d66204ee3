"""What this app adds to the pages of others: menu, tabs, timeline, workbench, acts."""

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils import timezone

from assistants.establishment import establishment_of
from assistants.filters import SOON, expiring
from assistants.models import StaffFile
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import POSTED_STAFF, Permission
from gridinspect.audit.services import history
from gridinspect.audit.verbs import act_name, name_acts
from gridinspect.ui.registry import TimelineEntry, Todo, menu, tabs, timeline, workbench
from gridinspect.ui.tables import Column, Table, build_table
from grids.directory import work_phone_at
from grids.models import Grid, Posting
from grids.policy import PERSON_KINDS

P = Permission

menu.add("网格与人员", "人员", "assistants:list", P.STAFF_VIEW, icon="people", order=20)
menu.add(
    "网格与人员",
    "人员配备",
    "assistants:establishment",
    P.COVERAGE_VIEW,
    icon="person-check",
    order=30,
)
work_phone_at("staff_file__work_phone")
name_acts(
    {
        "staff.hired": "建立人员档案",
        "staff.changed": "修改人员档案",
        "staff.photographed": "更换照片",
        "staff.photo_removed": "撤下照片",
        "staff.posted": "安排上岗",
        "staff.post_ended": "结束岗位",
        "staff.trained": "登记培训",
        "staff.certified": "登记监察证",
        "person.revealed": "查看完整号码",
    }
)


# --- on the page of a grid ------------------------------------------------------------


def _people(request, grid: Grid) -> Table:
    """Show who is on post directly on a grid today."""
    posts = Posting.objects.current().filter(grid=grid, role__in=POSTED_STAFF)
    columns = [
        Column("person", "姓名", value="person.name", link=_file_url),
        Column("role", "岗位", value="get_role_display", sort="role"),
        Column("since", "上岗日期", sort="since"),
    ]
    return build_table(
        request,
        posts.select_related("person__staff_file"),
        columns,
        name="grid-people",
        default_sort="since",
    )


def _file_url(post: Posting) -> str:
    file = getattr(post.person, "staff_file", None)
    return file.get_absolute_url() if file else ""


def _posts(request, grid: Grid) -> list[tuple[str, str]]:
    """Show the posts of a grid with everything below it, in words."""
    posts = establishment_of(grid, timezone.localdate())
    facts = [
        ("计数网格", f"{len(posts.rows)} 个"),
        ("缺员网格", f"{len(posts.short)} 个"),
    ]
    for kind, total in posts.totals.items():
        required = "未定" if total.required is None else total.required
        missing = "未定" if total.missing is None else total.missing
        facts.append(
            (PERSON_KINDS[kind], f"应配 {required}，已配 {total.filled}，缺 {missing}")
        )
    return facts


tabs.add(
    "grids.grid",
    "people",
    "在岗人员",
    _people,
    P.STAFF_VIEW,
    empty="没有人直接在这个网格上岗，请在“人员”中安排上岗。",
)
tabs.add("grids.grid", "establishment", "人员配备", _posts, P.COVERAGE_VIEW)


# --- on the page of a person ----------------------------------------------------------


def _history(user: User, file: StaffFile) -> Iterator[TimelineEntry]:
    """Tell what was done to a file."""
    for event in history(file):
        yield TimelineEntry(
            event.at, act_name(event.verb), event.actor_name, note=_details(event.data)
        )


def _details(data: dict) -> str:
    if isinstance(data.get("before"), dict):
        changes = (
            f"{key}：{old or '空'} → {data['after'][key] or '空'}"
            for key, old in data["before"].items()
        )
        return "；".join(changes)
    if "reason" in data:
        return f"理由：{data['reason']}"
    return "，".join(
        str(data[key])
        for key in (
            "grid",
            "place",
            "role",
            "kind",
            "number",
            "since",
            "until",
            "valid_until",
        )
        if data.get(key)
    )


timeline.add("assistants.stafffile", _history)


# --- on the workbench -----------------------------------------------------------------


def _todos(user: User, today: date) -> list[Todo]:
    """Say how many certificates run out."""
    if not user.holds(P.STAFF_VIEW):
        return []
    files = StaffFile.objects.visible_to(user).filter(expiring(today)).distinct()
    certificates = Todo(
        f"监察证 {SOON} 天内到期（人）",
        files.count(),
        f"{reverse('assistants:list')}?certificate=soon",
    )
    return [certificates]


workbench.add(_todos)
