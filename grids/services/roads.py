"""House-number ranges of grids: each change one act, and how they follow their grid."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.models import Grid, RoadRange
from grids.roads import Range, all_clashes, clashes, end_fault, road_key
from grids.services.guard import Refused, held_open
from grids.services.hanging import (
    Facts,
    Mover,
    Reassignment,
    hangs_on_grids,
    moves_with_grids,
)

_FIELDS = ("pk", "road", "parity", "first", "last", "grid_id", "grid__path")


def ranges_of(rows: QuerySet[RoadRange]) -> list[Range]:
    """Return rows as the rules take them; ranges of closed grids are left out."""
    held = rows.filter(grid__closed_on=None).order_by("road", "first", "pk")
    return [Range(*row) for row in held.values_list(*_FIELDS)]


def clashing(rows: QuerySet[RoadRange]) -> dict[int, list[str]]:
    """Return {key of a range: the ranges of other grids that it meets, in words}."""
    found = all_clashes(ranges_of(rows))
    named = named_ranges({one.key for met in found.values() for one in met if one.key})
    return {
        key: [named[one.key] for one in met if one.key in named]
        for key, met in found.items()
    }


def named_ranges(keys: Iterable[int]) -> dict[int, str]:
    """Return ranges in words with their grid, by key."""
    rows = RoadRange.objects.filter(pk__in=set(keys)).select_related("grid")
    return {row.pk: f"{row.grid}的“{row}”" for row in rows}


@transaction.atomic
def add_range(
    *, grid: Grid, road: str, parity: str, first: int, last: int, by: User
) -> RoadRange:
    """Note that these house numbers of a road lie in a grid. Raises Refused."""
    row = RoadRange(
        grid=grid, road=road_key(road), parity=parity, first=first, last=last
    )
    _require_free(row)
    row.save()
    record("road.added", by=by, target=grid, after=str(row))
    return row


@transaction.atomic
def change_range(
    *,
    row: RoadRange,
    grid: Grid,
    road: str,
    parity: str,
    first: int,
    last: int,
    by: User,
) -> RoadRange:
    """Change a range, or give it to another grid of its district. Raises Refused."""
    if grid.district_id != row.grid.district_id:
        raise Refused("不能改到另一区县的网格，请删除后在那里新增。")
    before = f"{row.grid} {row}"
    row.grid, row.road, row.parity = grid, road_key(road), parity
    row.first, row.last = first, last
    _require_free(row)
    row.save()
    record("road.changed", by=by, target=grid, before=before, after=f"{grid} {row}")
    return row


@transaction.atomic
def delete_range(*, row: RoadRange, by: User) -> None:
    """Take a range away; units that were placed by it stay where they are."""
    grid, words = row.grid, str(row)
    row.delete()
    record("road.deleted", by=by, target=grid, before=words)


def _require_free(row: RoadRange) -> None:
    """Refuse ends that do not fit, and numbers that another grid has already."""
    row.grid = held_open(row.grid)
    if fault := end_fault(row.parity, row.first, row.last):
        raise Refused({"last": fault})
    along = RoadRange.objects.filter(grid__district=row.grid.district_id, road=row.road)
    mine = Range(
        row.pk, row.road, row.parity, row.first, row.last, row.grid_id, row.grid.path
    )
    met = clashes(mine, ranges_of(along))
    if met:
        named = named_ranges(one.key for one in met[:3] if one.key)
        raise Refused(f"“{row}”与{'、'.join(named.values())}重叠，请先修改其中一段。")


@hangs_on_grids
def _roads(grid: Grid) -> tuple[str, int]:
    return "段道路门牌", RoadRange.objects.within(grid).count()


@moves_with_grids
class Roads(Mover):
    """House numbers go along, as they stand today."""

    key = "roads"
    facts = (
        Facts("段道路门牌", RoadRange, ("grid", "road", "parity", "first", "last")),
    )

    def move(self, change: Reassignment) -> None:
        here = RoadRange.objects.filter(grid=change.old)
        for grid, which in change.targets():
            going = here.filter(which)
            there = RoadRange.objects.filter(grid=grid)
            taken = set(there.values_list("road", "parity", "first"))
            for row in going:
                if (row.road, row.parity, row.first) in taken:
                    raise Refused(
                        f"“{row}”在“{change.old}”和“{grid}”都有登记，请先删除其中一段。"
                    )
            going.update(grid=grid)
