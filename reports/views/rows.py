from urllib.parse import urlencode

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import render_list
from gridinspect.ui.tables import Column, build_table
from grids.access import may, require
from grids.models import City, Grid
from reports import rows, whatif
from reports.differences import Plan
from reports.indicators import indicator
from reports.views.dashboards import asked_day

UNIT_COLUMNS = [
    Column(
        "name",
        "单位名称",
        value="enterprise.name",
        sort="enterprise__name",
        link=lambda placed: placed.enterprise.get_absolute_url(),
    ),
    Column("uscc", "统一社会信用代码", value="enterprise.uscc"),
    Column("grid", "所属网格", value="grid.name", sort="grid__code"),
    Column("parent", "上级网格", value="grid.parent"),
    Column("last_survey", "最近一次完整采集", sort="last_survey"),
    Column("since", "归属起始", sort="since", hidden=True),
]
POSTING_COLUMNS = [
    Column("person", "姓名", value="person.name", sort="person__name"),
    Column("grid", "网格", value="grid.name", sort="grid__code"),
    Column("parent", "上级网格", value="grid.parent"),
    Column("role", "岗位", value="get_role_display"),
    Column("since", "上岗日期", sort="since"),
]
GRID_COLUMNS = [
    Column("name", "网格名称", sort="name", link=True),
    Column("code", "网格编码", sort="code"),
    Column("parent", "上级网格", sort="parent__code"),
]
CASE_COLUMNS = [
    Column("number", "案号", sort="filed_on", link=True),
    Column("enterprise", "单位", value="enterprise.name"),
    Column("grid", "网格", value="grid.name"),
    Column("filed_on", "立案日期", sort="filed_on"),
    Column("due_on", "调查期限", sort="due_on"),
    Column("closed_on", "结案日期", sort="closed_on"),
]


def city_rows(request, code, rate, part):
    """Show the rows behind a figure of a city."""
    city = get_object_or_404(City.objects.visible_to(request.user), code=code)
    if not may(request.user, Permission.COVERAGE_VIEW, at=city):
        raise Http404
    return _rows(request, city, rate, part, reverse("reports:city", args=[code]))


def grid_rows(request, pk, rate, part):
    """Show the rows behind a figure of a grid."""
    grid: Grid = get_object_or_404(Grid.objects.visible_to(request.user), pk=pk)
    require(request.user, Permission.COVERAGE_VIEW, at=grid)
    return _rows(request, grid, rate, part, reverse("reports:grid", args=[pk]))


def _rows(request, place: Grid | City, rate: str, part: str, back: str):
    key, on = rate.replace("-", ":"), asked_day(request)
    try:
        meant = indicator(key)
    except KeyError:
        raise Http404 from None
    if part not in rows.PARTS:
        raise Http404
    if key.startswith("staffed"):
        return redirect(_establishment(place, on, key, part))
    require(request.user, rows.read_by(key), at=place)
    other = _other_plan(request, on)
    queryset, columns, sort = _behind(request, place, on, key, part, other)
    table = build_table(
        request, queryset, columns, name=f"rows-{key}", default_sort=sort
    )
    words = {
        "numerator": meant.numerator,
        "denominator": meant.denominator,
        "missing": meant.missing,
    }
    return render_list(
        request,
        title=f"{place.name}{meant.name}：{words[part]}",
        table=table,
        crumbs=[
            ("监管态势", reverse("reports:dashboard")),
            (place.name, f"{back}?on={on:%Y-%m-%d}"),
        ],
        note=_note(on, other),
        empty="没有这样的记录。",
    )


def _other_plan(request, on) -> Plan | None:
    """Return the plan in the address by which to count instead; None: the one in force.

    Its start only moves targets, so it isn't asked for here.
    """
    if not (name := request.GET.get("under")):
        return None
    plan = whatif.plan_named(name, user=request.user, on=on, start=None)
    if plan is None or not request.user.holds(Permission.POLICY_VIEW):
        raise Http404
    return plan


def _note(on, other: Plan | None) -> str:
    if other is None:
        return f"截至 {on:%Y-%m-%d} 的明细，条数就是统计页上的数字。"
    return f"截至 {on:%Y-%m-%d} 的明细，按{other.name}试算，条数就是试算页上的数字。"


def _behind(request, place, on, key, part, other: Plan | None):
    """Return queryset, columns and order."""
    asked = (request.user, place, on)
    under = None
    if other and other.follows and isinstance(place, Grid):
        under = {place.district_id: other.follows}
    if key == "trained":
        people = rows.trained_rows(*asked, part=part)
        return people, POSTING_COLUMNS, "grid"
    if key == "networked":
        grids = rows.networked_rows(*asked, part=part, under=under)
        return grids, GRID_COLUMNS, "code"
    if key == "timely":
        cases = rows.timely_rows(*asked, part=part)
        return cases, CASE_COLUMNS, "-closed_on"
    units = rows.unit_rows(*asked, rate=key, part=part, under=under)
    return units, UNIT_COLUMNS, "name"


def _establishment(place: Grid | City, on, key: str, part: str) -> str:
    where = "city" if isinstance(place, City) else "grid"
    asked = {where: place.code, "on": f"{on:%Y-%m-%d}", "kind": key.partition(":")[2]}
    if part == "missing":
        asked["short"] = "on"
    return f"{reverse('assistants:establishment')}?{urlencode(asked)}"
