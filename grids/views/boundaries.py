"""The boundary of one grid: shown, uploaded as a file, or drawn on the map."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.utils import timezone

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import Action, Tab, render_detail, render_form
from gridinspect.ui.tables import Column, build_table
from grids import outline
from grids.access import require
from grids.boundaries import (
    LATITUDES,
    LONGITUDES,
    PROJECTION,
    Area,
    mean_width,
    points_text,
    square_metres,
    with_nodes,
)
from grids.forms import add_refusal
from grids.map_forms import BoundaryForm, DrawForm
from grids.models import Boundary, Grid
from grids.services.boundaries import areas_on, by_code, set_boundaries
from grids.tiling import HAIR, NEGLIGIBLE
from grids.views.maps import (
    CRUMBS,
    boundary_actions,
    boundary_url,
    hectares,
    map_data,
    visible_grid,
)


def boundary(request, pk):
    """Show a grid's boundary: its area, where it came from, and the earlier ones."""
    grid = visible_grid(request, pk)
    held = grid.boundaries.select_related("uploaded_by__person").order_by("-since")
    present = next((one for one in held if one.until is None), None)
    areas = areas_on([grid], timezone.localdate())
    actions = [Action("网格地图", outline.list_at("grids:map", grid), icon="map")]
    actions += boundary_actions(request.user, grid)
    return render_detail(
        request,
        title=f"{grid.name}的边界",
        subtitle=" › ".join(above.name for above in Grid.objects.above(grid)),
        facts=_boundary_facts(present) if present else [],
        tabs=[
            Tab(
                "history",
                "历次边界",
                lambda: _history(request, held),
                empty="还没有边界，可在图上画，也可上传 GeoJSON 或 KML 文件。",
            )
        ],
        actions=actions,
        crumbs=[*CRUMBS, (grid.name, grid.get_absolute_url())],
        note="" if present else "还没有边界。请在图上画出，或上传 GeoJSON、KML 文件。",
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
    grid = visible_grid(request, pk)
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
        crumbs=[*CRUMBS, (grid.name, boundary_url(grid))],
        submit="上传",
        note="整份文件检查无误才保存；有一处不合格，就什么都不改动。",
    )


def boundary_draw(request, pk):
    """Draw a grid's boundary on the map, or change the present one point by point.

    The points stand in a field that can be filled by hand: the map only writes there.
    """
    grid = visible_grid(request, pk)
    require(request.user, Permission.GRID_EDIT, at=grid)
    around = _around(request.user, grid)
    areas = areas_on([grid, *around], timezone.localdate())
    present = areas.pop(grid.pk, None)
    initial = {"points": points_text(present)} if present else {}
    form = DrawForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            set_boundaries(
                at=grid,
                areas={grid: form.area},
                datum=Boundary.Datum.WGS84,
                since=form.cleaned_data["since"],
                by=request.user,
                source_name="手工绘制",
            )
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"已保存“{grid}”的边界。")
            _warn_of_overlaps(request, grid, form.area)
            return redirect(boundary_url(grid))
    return render_form(
        request,
        title=f"画边界：{grid}",
        form=form,
        crumbs=[*CRUMBS, (grid.name, boundary_url(grid))],
        template="grids/map/draw.html",
        context={
            "map": map_data(around, with_nodes(areas), own=grid.parent)
            | {"wide": [LATITUDES, LONGITUDES]},
            "around": [one for one in around if one.pk in areas],
        },
    )


def _around(user, grid: Grid) -> list[Grid]:
    """Return what a boundary is drawn against: the grid above, and those beside it."""
    grids = Grid.objects.visible_to(user).filter(closed_on=None)
    beside = grids.filter(parent=grid.parent_id, city=grid.city_id).exclude(pk=grid.pk)
    above = [grid.parent] if grid.parent_id and grids.filter(pk=grid.parent_id) else []
    return [*above, *beside.order_by("code")]


def _warn_of_overlaps(request, grid: Grid, area: Area) -> None:
    """Say with which grids beside it a new boundary overlaps; it stays saved."""
    beside = [one for one in _around(request.user, grid) if one.pk != grid.parent_id]
    names = {one.pk: one.name for one in beside}
    found = []
    for key, other in areas_on(beside, timezone.localdate()).items():
        common = area.intersection(other)
        size = square_metres(common)
        if size >= NEGLIGIBLE and mean_width(common) >= HAIR:
            found.append(f"“{names[key]}”{size:,.0f} 平方米")
    if found:
        messages.warning(
            request, f"与相邻网格重叠：{'、'.join(found)}，请修改其中一个的边界。"
        )
