"""网格地图: outlines without tiles, in colours, with the units of a place."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from shapely.geometry import mapping

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import Action, render_list, require_holds
from gridinspect.ui.tables import Column, build_table
from grids import outline
from grids.access import may
from grids.boundaries import Area, place_of
from grids.colouring import colours_of
from grids.models import Boundary, City, Grid
from grids.services.boundaries import UnitPoint, areas_on, points_of

UNITS = 2_000  # circles on one map
CRUMBS = [("网格地图", "/map/")]


def visible_grid(request, pk) -> Grid:
    """Return a grid that this person sees; else answer 404."""
    grids = Grid.objects.visible_to(request.user)
    return get_object_or_404(grids.select_related("parent", "district", "city"), pk=pk)


def boundary_url(grid: Grid) -> str:
    return reverse("grids:boundary", args=[grid.pk])


def grid_map(request):
    """Show the outlines of a place and of what lies next below it, with its units."""
    require_holds(request.user, Permission.GRID_VIEW)
    place = outline.place_asked(request) or _first_place(request.user)
    grids = outline.next_below(request.user, place) if place else []
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
        Action("边界", boundary_url(place), icon="bounding-box"),
        Action(
            "无缝无重检查",
            reverse("grids:tiling", args=[place.pk]),
            icon="check2-square",
        ),
    ]
    return actions + boundary_actions(user, place)


def boundary_actions(user, grid: Grid) -> list[Action]:
    if grid.closed_on or not may(user, Permission.GRID_EDIT, at=grid):
        return []
    draw = reverse("grids:boundary-draw", args=[grid.pk])
    upload = reverse("grids:boundary-upload", args=[grid.pk])
    return [
        Action("画边界", draw, icon="pencil-square", primary=True),
        Action("上传边界", upload, icon="upload"),
    ]


def hectares(square_metres: float) -> str:
    return f"{square_metres / 10_000:,.2f}"


def map_data(
    grids: Iterable[Grid],
    areas: dict[int, Area],
    points: Iterable[UnitPoint] = (),
    *,
    own: Grid | City | None = None,
    faults: Iterable[dict] = (),
) -> dict[str, Any]:
    """Return what static/js/map.js draws; places are rounded to a decimetre."""
    drawn = [grid for grid in grids if grid.pk in areas]
    colours = colours_of({one.pk: areas[one.pk] for one in drawn if one != own})
    return {
        "grids": [
            {
                "code": grid.code,
                "name": grid.name,
                "url": outline.list_at("grids:map", grid),
                "own": grid == own,
                "colour": colours.get(grid.pk, ""),
                "shape": mapping(areas[grid.pk]),
            }
            for grid in drawn
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
