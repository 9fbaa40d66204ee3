"""网格地图: outlines without tiles, the boundary of a grid, and the tiling proof."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from shapely.geometry import mapping

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import (
    Action,
    Tab,
    render_detail,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from grids import outline
from grids.access import may, require
from grids.boundaries import PROJECTION, place_of
from grids.forms import add_refusal
from grids.map_forms import BoundaryForm
from grids.models import Boundary, City, Grid
from grids.services.boundaries import (
    UnitPoint,
    areas_on,
    by_code,
    points_of,
    set_boundaries,
)
from grids.services.tilings import Check, archive_tiling, checked_tiling
from grids.tiling_paper import fault_cells, summary

UNITS = 2_000  # circles on one map
FAULTS = 500  # lines of a proof on its page
CRUMBS = [("网格地图", "/map/")]


def grid_map(request):
    """Show the outlines of a place and of what lies next below it, with its units."""
    require_holds(request.user, Permission.GRID_VIEW)
    place = outline.place_asked(request) or _first_place(request.user)
    grids = _next_below(request.user, place)
    today = timezone.localdate()
    rows = {
        row.grid_id: row for row in Boundary.objects.on(today).filter(grid__in=grids)
    }
    own = [place] if isinstance(place, Grid) else []
    areas = areas_on([*own, *grids], today)
    points, total = points_of(request.user, place, UNITS) if place else ([], 0)
    table = build_table(
        request,
        grids,
        _map_columns(rows, areas),
        name="map-grids",
        default_sort="code",
    )
    return render_list(
        request,
        title=f"网格地图：{place}" if place else "网格地图",
        table=table,
        tree=outline.tree_beside(request, "grids:map", place),
        toolbar=_map_actions(request.user, place),
        crumbs=CRUMBS,
        empty="没有下级网格。",
        template="grids/map/map.html",
        context={
            "map": map_data([*own, *grids], areas, points, own=place),
            "place": place,
            "drawn": len(areas),
            "without": [grid for grid in grids if grid.pk not in areas],
            "units_shown": len(points),
            "units_total": total,
        },
    )


def _first_place(user) -> Grid | City | None:
    """Return what a person's map begins with: the only highest place, or the first."""
    return next(iter(outline.own_places(user, Permission.GRID_VIEW)), None)


def _next_below(user, place: Grid | City | None) -> list[Grid]:
    if place is None:
        return []
    grids = Grid.objects.visible_to(user).filter(closed_on=None)
    if isinstance(place, City):
        return list(grids.filter(parent=None, city=place).order_by("code"))
    return list(grids.filter(parent=place).order_by("code"))


def _map_columns(rows: dict[int, Boundary], areas) -> list[Column]:
    def place(grid: Grid) -> str:
        if grid.pk not in areas:
            return ""
        x, y = place_of(areas[grid.pk])
        return f"{x:.5f}, {y:.5f}"

    return [
        Column("code", "网格编码", sort="code"),
        Column(
            "name",
            "网格名称",
            sort="name",
            link=lambda grid: outline.list_at("grids:map", grid),
        ),
        Column("kind", "类型", value="get_kind_display"),
        Column(
            "area",
            "面积（公顷）",
            value=lambda grid: (
                hectares(rows[grid.pk].square_metres) if grid.pk in rows else "无边界"
            ),
            numeric=True,
            link=lambda grid: reverse("grids:boundary", args=[grid.pk]),
        ),
        Column(
            "since",
            "边界启用日期",
            value=lambda grid: rows[grid.pk].since if grid.pk in rows else None,
        ),
        Column("place", "中心（经度, 纬度）", value=place, hidden=True),
    ]


def _map_actions(user, place) -> list[Action]:
    if not isinstance(place, Grid):
        return []
    actions = [
        Action("网格", place.get_absolute_url(), icon="diagram-3"),
        Action("边界", _boundary_url(place), icon="bounding-box"),
        Action(
            "无缝无重检查",
            reverse("grids:tiling", args=[place.pk]),
            icon="check2-square",
        ),
    ]
    if may(user, Permission.GRID_EDIT, at=place):
        url = reverse("grids:boundary-upload", args=[place.pk])
        actions.append(Action("上传边界", url, icon="upload", primary=True))
    return actions


def hectares(square_metres: float) -> str:
    return f"{square_metres / 10_000:,.2f}"


def map_data(
    grids: Iterable[Grid],
    areas: dict,
    points: Iterable[UnitPoint] = (),
    *,
    own: Grid | City | None = None,
    faults: Iterable[dict] = (),
) -> dict[str, Any]:
    """Return what static/js/map.js draws; places are rounded to a decimetre."""
    return {
        "grids": [
            {
                "code": grid.code,
                "name": grid.name,
                "url": outline.list_at("grids:map", grid),
                "own": grid == own,
                "shape": mapping(areas[grid.pk]),
            }
            for grid in grids
            if grid.pk in areas
        ],
        "units": [
            {
                "name": point.name,
                "url": point.url,
                "place": [point.latitude, point.longitude],
            }
            for point in points
        ],
        "faults": list(faults),
        "tiles": settings.TILE_URL,
        "attribution": settings.TILE_ATTRIBUTION,
    }


# --- the boundary of one grid ---------------------------------------------------------


def _visible(request, pk) -> Grid:
    grids = Grid.objects.visible_to(request.user)
    return get_object_or_404(grids.select_related("parent", "district", "city"), pk=pk)


def _boundary_url(grid: Grid) -> str:
    return reverse("grids:boundary", args=[grid.pk])


def boundary(request, pk):
    """Show a grid's boundary: its area, where it came from, and the earlier ones."""
    grid = _visible(request, pk)
    held = grid.boundaries.select_related("uploaded_by__person").order_by("-since")
    present = next((one for one in held if one.until is None), None)
    areas = areas_on([grid], timezone.localdate())
    actions = [Action("网格地图", outline.list_at("grids:map", grid), icon="map")]
    if may(request.user, Permission.GRID_EDIT, at=grid) and not grid.closed_on:
        url = reverse("grids:boundary-upload", args=[pk])
        actions.append(Action("上传边界", url, icon="upload", primary=True))
    return render_detail(
        request,
        title=f"{grid.name}的边界",
        subtitle=" › ".join(above.name for above in Grid.objects.above(grid)),
        facts=_boundary_facts(present) if present else [],
        tabs=[Tab("history", "历次边界", lambda: _history(request, held))],
        actions=actions,
        crumbs=[*CRUMBS, (grid.name, grid.get_absolute_url())],
        note="" if present else "还没有边界。请上传 GeoJSON 或 KML 文件。",
        template="grids/map/boundary.html",
        context={"map": map_data([grid], areas, own=grid) if areas else None},
    )


def _boundary_facts(row: Boundary) -> list[tuple[str, Any]]:
    return [
        (
            "面积",
            f"{hectares(row.square_metres)} 公顷（{row.square_metres:,.0f} 平方米）",
        ),
        ("面积算法", PROJECTION),
        ("原坐标系", row.get_source_system_display()),
        ("来源文件", row.source_name),
        ("启用日期", row.since),
        ("上传人", row.uploaded_by),
        ("上传时间", row.uploaded_at),
    ]


def _history(request, held):
    columns = [
        Column("since", "启用日期", sort="since"),
        Column("until", "停用日期"),
        Column(
            "area",
            "面积（公顷）",
            value=lambda row: hectares(row.square_metres),
            numeric=True,
        ),
        Column("source_system", "原坐标系", value="get_source_system_display"),
        Column("source_name", "来源文件"),
        Column("uploaded_by", "上传人"),
    ]
    return build_table(request, held, columns, name="boundaries", default_sort="-since")


def boundary_upload(request, pk):
    """Take a file of boundaries for a grid, or for many below it by their codes."""
    grid = _visible(request, pk)
    require(request.user, Permission.GRID_EDIT, at=grid)
    form = BoundaryForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            made = set_boundaries(
                at=grid,
                areas=by_code(form.outlines, at=grid),
                datum=form.cleaned_data["datum"],
                since=form.cleaned_data["since"],
                by=request.user,
                source_name=form.cleaned_data["file"].name,
            )
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"已保存 {len(made)} 个网格的边界。")
            return redirect(outline.list_at("grids:map", grid))
    return render_form(
        request,
        title=f"上传边界：{grid}",
        form=form,
        crumbs=[*CRUMBS, (grid.name, _boundary_url(grid))],
        submit="上传",
        note="整份文件检查无误才保存；有一处不合格，就什么都不改动。",
    )


# --- 无缝无重 -------------------------------------------------------------------------


def tiling(request, pk):
    """Prove that a grid's children tile it, or show where they do not.

    A POST puts the result into the archive as 无缝无重检查表.
    """
    grid = _visible(request, pk)
    may_archive = may(request.user, Permission.REPORT_MAKE, at=grid)
    if request.method == "POST":
        require(request.user, Permission.REPORT_MAKE, at=grid)
    check = checked_tiling(grid, request.user)
    if request.method == "POST" and check:
        return redirect(archive_tiling(grid=grid, check=check, by=request.user))
    actions = [Action("网格地图", outline.list_at("grids:map", grid), icon="map")]
    if check and may_archive:
        actions.append(
            Action(
                "生成检查表",
                reverse("grids:tiling", args=[pk]),
                icon="file-earmark-check",
                method="post",
                primary=True,
            )
        )
    return render_detail(
        request,
        title=f"无缝无重检查：{grid.name}",
        subtitle=f"数据截止 {timezone.localdate()}",
        actions=actions,
        crumbs=[*CRUMBS, (grid.name, outline.list_at("grids:map", grid))],
        note="" if check else "本网格和下级网格都有边界后才能检查，请先上传边界。",
        template="grids/map/tiling.html",
        context=_tiling_context(check) if check else {},
    )


def _tiling_context(check: Check) -> dict[str, Any]:
    found = [
        {
            "number": number,
            "text": fault.label,
            "place": [fault.place[1], fault.place[0]],
            "shape": mapping(fault.piece) if fault.piece else None,
        }
        for number, fault in enumerate(check.tiling.faults[:FAULTS], 1)
    ]
    return {
        "check": check,
        "summary": summary(check.tiling),
        "rows": [
            (number, *fault_cells(fault, check.names))
            for number, fault in enumerate(check.tiling.faults[:FAULTS], 1)
        ],
        "more": max(len(check.tiling.faults) - FAULTS, 0),
        "projection": PROJECTION,
        "map": map_data(check.grids, check.areas, own=check.grids[0], faults=found),
    }
