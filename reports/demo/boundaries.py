"""Made-up boundaries of one district: rectangles that tile, and units inside them."""

import random
from collections import defaultdict
from collections.abc import Iterator

from shapely.geometry import box

from enterprises.models import Enterprise
from gridinspect.accounts.models import User
from grids.boundaries import GRAIN, Area
from grids.models import Grid
from grids.services.boundaries import set_boundaries

DISTRICT = "410103"
FRAME = (113.5800, 34.6500, 113.6900, 34.7500)  # west, south, east, north
ASTRAY = 0.02  # of the units lie next to their grid, for the proof to find

Frame = tuple[float, float, float, float]


def build_boundaries(district: Grid, *, by: User, dice: random.Random) -> int:
    """Cut the frame among the streets and these among their grids; place the units."""
    below: dict[int | None, list[Grid]] = defaultdict(list)
    for grid in Grid.objects.within(district).order_by("code"):
        below[grid.parent_id].append(grid)
    frames = dict(_frames(district, FRAME, below))
    areas: dict[Grid, Area] = {grid: box(*frame) for grid, frame in frames.items()}
    set_boundaries(
        at=district,
        areas=areas,
        datum="wgs84",
        since=district.opened_on,
        by=by,
        source_name="演示边界（矩形）",
    )
    units = list(Enterprise.objects.within(district).order_by("pk"))
    by_key = {grid.pk: frame for grid, frame in frames.items()}
    for unit in units:
        _place(unit, by_key[unit.grid_id], dice)
    Enterprise.objects.bulk_update(units, ["longitude", "latitude"], 1000)
    return len(areas)


def _frames(
    grid: Grid, frame: Frame, below: dict[int | None, list[Grid]]
) -> Iterator[tuple[Grid, Frame]]:
    yield grid, frame
    children = below[grid.pk]
    for child, part in zip(children, cut(frame, len(children)), strict=True):
        yield from _frames(child, part, below)


def cut(frame: Frame, parts: int) -> list[Frame]:
    """Cut a frame into so many parts of like size, halving the longer side."""
    if parts < 2:
        return [frame] * parts
    west, south, east, north = frame
    half = parts // 2
    share = half / parts
    if east - west >= north - south:
        x = _grain(west + (east - west) * share)
        first, second = (west, south, x, north), (x, south, east, north)
    else:
        y = _grain(north - (north - south) * share)
        first, second = (west, y, east, north), (west, south, east, y)
    return [*cut(first, half), *cut(second, parts - half)]


def _grain(degrees: float) -> float:
    return round(degrees / GRAIN) * GRAIN


def _place(unit: Enterprise, frame: Frame, dice: random.Random) -> None:
    west, south, east, north = frame
    x, y = dice.uniform(0.02, 0.98), dice.uniform(0.02, 0.98)
    if dice.random() < ASTRAY:
        x += 1  # the next grid, or beyond the district
    unit.longitude = round(west + (east - west) * x, 6)
    unit.latitude = round(south + (north - south) * y, 6)
