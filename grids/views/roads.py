"""道路门牌: which house numbers of a road lie in which grid."""

from functools import cache
from typing import Any

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import (
    Action,
    add_action,
    export_action,
    import_action,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, Table, build_table
from grids import outline
from grids.access import may, require, require_somewhere
from grids.forms import carried_out
from grids.models import Grid, RoadRange
from grids.road_forms import RoadRangeFilter, RoadRangeForm
from grids.services.guard import Refused
from grids.services.roads import add_range, change_range, clashing, delete_range

CRUMBS = [("道路门牌", "/road-ranges/")]


def road_list(request):
    """Show 道路门牌 of the chosen place, or of all the user's places."""
    user = request.user
    require_holds(user, Permission.GRID_VIEW)
    at = outline.place_asked(request)
    ranges = RoadRange.objects.visible_to(user)
    if at is not None:
        ranges = ranges.within(at)
    filters = RoadRangeFilter(
        request.GET, queryset=ranges.select_related("grid__parent")
    )
    table = build_table(
        request,
        filters.qs,
        _columns(ranges),
        name="road-ranges",
        default_sort="road",
        row_actions=lambda row: _row_actions(user, row),
    )
    toolbar = []
    if user.holds(Permission.GRID_EDIT):
        export = (
            f"{reverse('imports:export', args=['roads'])}?{request.GET.urlencode()}"
        )
        toolbar.append(export_action(export))
        target = f"?grid={at.code}" if isinstance(at, Grid) else ""
        toolbar.append(add_action(reverse("grids:road-add") + target))
        toolbar.append(import_action(reverse("imports:upload", args=["roads"])))
    return render_list(
        request,
        title="道路门牌",
        table=table,
        filters=filters,
        toolbar=toolbar,
        tree=outline.tree_beside(request, "grids:roads", at),
        note=f"辖区：{at}" if at else "",
        empty="还没有登记道路门牌。登记后，没有坐标的单位可按道路和门牌号归入网格。",
    )


def _columns(ranges) -> list[Column]:
    @cache
    def clashes() -> dict[int, list[str]]:
        return clashing(ranges)

    return [
        Column("road", "道路", sort=("road", "first")),
        Column("parity", "单双号", "get_parity_display", sort="parity"),
        Column("first", "起号", sort="first", numeric=True),
        Column("last", "止号", sort="last", numeric=True),
        Column(
            "grid",
            "网格",
            "grid.name",
            sort="grid__code",
            link=lambda row: row.grid.get_absolute_url(),
        ),
        Column("parent", "上级网格", "grid.parent.name", sort="grid__parent__code"),
        Column("code", "网格编码", "grid.code", hidden=True),
        Column("since", "启用日期", sort="since"),
        Column("until", "停用日期", sort="until"),
        Column(
            "clash",
            "重叠",
            lambda row: "、".join(clashes().get(row.pk, [])),
            wraps=True,
        ),
    ]


def _row_actions(user, row: RoadRange) -> list[Action]:
    if row.until or not may(user, Permission.GRID_EDIT, at=row.grid):
        return []
    return [
        Action("修改", reverse("grids:road-change", args=[row.pk])),
        Action(
            "停用",
            reverse("grids:road-delete", args=[row.pk]),
            method="post",
            danger=True,
            confirm=f"从今天起停用{row.grid}的“{row}”？已经归入的单位不受影响。",
        ),
    ]


def roads_tab(request, grid: Grid) -> Table:
    """Return the ranges of a grid and of what lies below it, for the grid's page."""
    ranges = RoadRange.objects.visible_to(request.user).current().within(grid)
    return build_table(
        request,
        ranges.select_related("grid__parent"),
        _columns(ranges),
        name="road-ranges",
        default_sort="road",
        row_actions=lambda row: _row_actions(request.user, row),
    )


def road_add(request):
    """Register a range."""
    require_somewhere(request.user, Permission.GRID_EDIT)
    at = outline.place_asked(request)
    form = RoadRangeForm(
        request.POST or None,
        grids=_editable(request.user),
        initial={"grid": at} if isinstance(at, Grid) else {},
    )

    def act(grid: Grid, **facts: Any) -> RoadRange:
        require(request.user, Permission.GRID_EDIT, at=grid)
        return add_range(grid=grid, by=request.user, **facts)

    if row := carried_out(form, act):
        messages.success(request, f"已登记{row.grid}的“{row}”。")
        return redirect(outline.list_at("grids:roads", row.grid))
    return render_form(request, title="新增道路门牌", form=form, crumbs=CRUMBS)


def road_change(request, pk):
    """Change a range."""
    row = _visible(request, pk)
    require(request.user, Permission.GRID_EDIT, at=row.grid)
    form = RoadRangeForm(
        request.POST or None,
        grids=_editable(request.user).filter(district=row.grid.district_id),
        initial={
            "grid": row.grid,
            "road": row.road,
            "parity": row.parity,
            "first": row.first,
            "last": row.last,
        },
        changes=True,
    )

    def act(grid: Grid, **facts: Any) -> RoadRange:
        require(request.user, Permission.GRID_EDIT, at=grid)
        return change_range(row=row, grid=grid, by=request.user, **facts)

    if changed := carried_out(form, act):
        messages.success(request, f"已保存{changed.grid}的“{changed}”。")
        return redirect(outline.list_at("grids:roads", changed.grid))
    return render_form(request, title="修改道路门牌", form=form, crumbs=CRUMBS)


@require_POST
def road_delete(request, pk):
    """Take a range away."""
    row = _visible(request, pk)
    require(request.user, Permission.GRID_EDIT, at=row.grid)
    grid, words = row.grid, str(row)
    try:
        delete_range(row=row, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已停用{grid}的“{words}”。")
    return redirect(outline.list_at("grids:roads", grid))


def _visible(request, pk) -> RoadRange:
    ranges = RoadRange.objects.visible_to(request.user)
    return get_object_or_404(ranges.select_related("grid__district"), pk=pk)


def _editable(user):
    return Grid.objects.editable_by(user).filter(closed_on=None)
