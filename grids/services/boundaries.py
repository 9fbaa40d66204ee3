"""Boundaries of grids: one act for a file, and what the map and the proof ask."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.scope import Place
from grids import boundaries
from grids.boundaries import Area, Outline, square_metres, united
from grids.models import Boundary, Grid
from grids.services.hanging import Facts, Mover, Reassignment, moves_with_grids
from grids.services.tree import Refused, lock_district

# How much of an outline may lie outside its parent: the proof shows what is left over.
OUTSIDE = 0.05


@dataclass(frozen=True, slots=True)
class UnitPoint:
    """A unit as the map shows it."""

    key: int
    name: str
    longitude: float
    latitude: float
    grid: int
    path: str  # of its grid
    url: str


# What upper apps place on the map: (who looks, where, how many at most) gives the
# points that this person may see, and how many there are in all.
PointsOf = Callable[[User, Place, int], tuple[Sequence[UnitPoint], int]]
_sources: list[PointsOf] = []


def shows_on_map(source: PointsOf) -> PointsOf:
    """Register what an upper app places on the map."""
    _sources.append(source)
    return source


def points_of(user: User, place: Place, limit: int) -> tuple[list[UnitPoint], int]:
    """Return at most `limit` placed units that a person sees, and their number."""
    points: list[UnitPoint] = []
    total = 0
    for source in _sources:
        found, number = source(user, place, max(limit - len(points), 0))
        points += found
        total += number
    return points, total


def areas_on(grids: Iterable[Grid], day: date) -> dict[int, Area]:
    """Return {grid key: its area on a day} for those of the grids that have one."""
    rows = Boundary.objects.on(day).filter(grid__in=grids)
    return {
        grid: boundaries.from_json(geometry)
        for grid, geometry in rows.values_list("grid", "geometry")
    }


def by_code(outlines: Sequence[Outline], *, at: Grid) -> dict[Grid, Area]:
    """Find the grid of each outline by its code, at and below a grid. Raises Refused.

    A single outline without a code is the grid's own.
    """
    if len(outlines) == 1 and not outlines[0].code:
        return {at: outlines[0].area}
    below = Grid.objects.within(at).filter(closed_on=None)
    codes = {grid.code: grid for grid in below}
    codes |= {grid.division_code: grid for grid in codes.values() if grid.division_code}
    found: dict[Grid, Area] = {}
    for number, outline in enumerate(outlines, 1):
        if not outline.code:
            raise Refused(
                f"第 {number} 个边界没有网格编码，请在属性“网格编码”中填写后重新上传。"
            )
        grid = codes.get(outline.code)
        if grid is None:
            raise Refused(
                f"“{at}”及其下级中没有编码为“{outline.code}”的网格，"
                "请核对编码，或到所属网格的页面上传。"
            )
        if grid in found:
            raise Refused(
                f"“{grid}”在文件中有两个边界，请合并为一个（可用多部件面）后上传。"
            )
        found[grid] = outline.area
    return found


@transaction.atomic
def set_boundaries(
    *,
    at: Grid,
    areas: Mapping[Grid, Area],
    datum: str,
    since: date,
    by: User,
    source_name: str = "",
) -> list[Boundary]:
    """Give grids at or below `at` their boundaries from a day on: all or none.

    A boundary that begins on the same day as the present one replaces it, a later one
    closes it. Raises Refused.
    """
    lock_district(at.district_id)
    if since > timezone.localdate():
        raise Refused(f"启用日期 {since} 晚于今天，请在启用后再上传。")
    _require_inside_parents(areas, since, datum)
    present = {
        row.grid_id: row for row in Boundary.objects.filter(grid__in=areas, until=None)
    }
    made = []
    for grid, area in areas.items():
        _require_day(grid, present.get(grid.pk), since)
        made.append(
            Boundary(
                grid=grid,
                geometry=boundaries.to_json(area),
                square_metres=square_metres(area),
                source_system=datum,
                source_name=source_name[:200],
                since=since,
                uploaded_by=by,
            )
        )
    closing = Boundary.objects.filter(grid__in=areas, until=None)
    closing.filter(since=since).delete()  # it never held for a whole day
    closing.update(until=since)
    Boundary.objects.bulk_create(made)
    record(
        "boundary.set",
        by=by,
        target=at,
        rows=[grid.code for grid in areas],
        count=len(areas),
        since=since,
        source=Boundary.Datum(datum).label,
        file=source_name,
    )
    return made


@moves_with_grids
class Outlines(Mover):
    """Outlines stay with their grids; a merger unites them (`unite_boundaries`)."""

    key = "boundaries"
    facts = (Facts("个边界", Boundary, ("grid", "geometry", "since", "until")),)

    def move(self, change: Reassignment) -> None:
        """Leave the outline of a closed grid for what was so before."""


def unite_boundaries(
    olds: Sequence[Grid], target: Grid, *, is_new: bool, on: date, by: User
) -> Boundary | None:
    """Give a grid that took others over the union of their outlines from a day on.

    Only where each of them has one, the taker of others included: a union with a gap
    would be a wrong outline. None otherwise; then somebody draws it.
    """
    grids = [*olds, *([] if is_new else [target])]
    rows = {row.grid_id: row for row in Boundary.objects.on(on).filter(grid__in=grids)}
    present = rows.get(target.pk)
    if len(rows) < len(grids) or (present and present.since >= on):
        return None
    later = Boundary.objects.filter(grid=target, since__gt=on)
    if later.exists():
        return None
    Boundary.objects.filter(grid=target, until=None).update(until=on)
    area = united(boundaries.from_json(row.geometry) for row in rows.values())
    return Boundary.objects.create(
        grid=target,
        geometry=boundaries.to_json(area),
        square_metres=square_metres(area),
        source_system=rows[grids[0].pk].source_system,
        source_name=f"合并：{'、'.join(grid.name for grid in grids)}"[:200],
        since=on,
        uploaded_by=by,
    )


def _require_day(grid: Grid, present: Boundary | None, since: date) -> None:
    if grid.closed_on:
        raise Refused(f"“{grid}”已于 {grid.closed_on} 停用，请改传接续网格的边界。")
    if since < grid.opened_on:
        raise Refused(
            f"启用日期 {since} 早于“{grid}”的启用日期 {grid.opened_on}，请改晚。"
        )
    if present and since < present.since:
        raise Refused(
            f"启用日期 {since} 早于“{grid}”现行边界的启用日期 {present.since}，请改晚。"
        )


def _require_inside_parents(
    areas: Mapping[Grid, Area], since: date, datum: str
) -> None:
    """Refuse an outline that lies in good part outside the next one above it."""
    above = {key for grid in areas for key in _above(grid)}
    known = areas_on(Grid.objects.filter(pk__in=above), since)
    known |= {grid.pk: area for grid, area in areas.items()}
    names = dict(Grid.objects.filter(pk__in=above).values_list("pk", "name"))
    for grid, area in areas.items():
        upper = next((key for key in _above(grid) if key in known), None)
        if upper is None:
            continue
        share = _outside(area, known[upper])
        if share > OUTSIDE:
            raise Refused(
                f"“{grid}”的边界有 {share:.0%} 落在上级“{names[upper]}”之外，"
                f"{_remedy(area, known[upper], datum)}。"
            )


def _outside(area: Area, upper: Area) -> float:
    return area.difference(upper).area / area.area


def _remedy(area: Area, upper: Area, datum: str) -> str:
    """Say what is likely wrong: the other datum, if that brings the outline inside."""
    is_gcj = datum == Boundary.Datum.GCJ02
    other = boundaries.shifted(area, back=not is_gcj)
    if _outside(other, upper) <= OUTSIDE:
        likely = Boundary.Datum.WGS84 if is_gcj else Boundary.Datum.GCJ02
        return f"按 {likely.label} 则在上级之内，请核对坐标系后重新选择"
    return "请核对坐标系和编码，或先更新上级的边界"


def _above(grid: Grid) -> list[int]:
    """Return the keys above a grid, the nearest first."""
    return [int(part) for part in grid.path.strip("/").split("/")[1:-1]][::-1]
