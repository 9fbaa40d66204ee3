"""House-number ranges of grids: each change one act, and how they follow their grid."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.models import Grid, RoadRange, RoadRangeQuerySet
from grids.roads import Range, all_clashes, clashes, end_fault, road_key
from grids.services.guard import (
    Refused,
    held_open,
    lock_district,
    require_past,
    require_standing,
)
from grids.services.hanging import (
    Facts,
    Mover,
    Reassignment,
    hangs_on_grids,
    moves_with_grids,
    reassign_dated,
)

_FIELDS = ("pk", "road", "parity", "first", "last", "grid_id", "grid__path")


def ranges_of(rows: RoadRangeQuerySet, on: date | None = None) -> list[Range]:
    """Return what holds on a day as the rules take it, but nothing of closed grids."""
    held = rows.on(on or timezone.localdate()).filter(grid__closed_on=None)
    held = held.order_by("road", "first", "pk")
    return [Range(*row) for row in held.values_list(*_FIELDS)]


def clashing(rows: RoadRangeQuerySet) -> dict[int, list[str]]:
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
    *,
    grid: Grid,
    road: str,
    parity: str,
    first: int,
    last: int,
    by: User,
    since: date | None = None,
) -> RoadRange:
    """Note that these house numbers of a road lie in a grid. Raises Refused.

    Without a day they always have, since the grid was opened.
    """
    row = RoadRange(
        grid=grid,
        road=road_key(road),
        parity=parity,
        first=first,
        last=last,
        since=since or grid.opened_on,
    )
    _require_free(row)
    require_past(row.since, "启用日期", "since")
    require_standing(row.grid, row.since, "启用日期", "since")
    row.save()
    record("road.added", by=by, target=grid, after=str(row), since=row.since)
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
    since: date | None = None,
) -> RoadRange:
    """Change a range from a day on (today), or give it to another grid. Raises Refused.

    What was so until then stays readable: the old range ends, a new one begins. One of
    today is put right in place.
    """
    if grid.district_id != row.grid.district_id:
        raise Refused("不能改到另一区县的网格，请删除后在那里新增。")
    row = _held(row)
    day = since or timezone.localdate()
    require_past(day, "生效日期", "since")
    before = f"{row.grid} {row}"
    if row.ends_with_trace(day):
        RoadRange.objects.filter(pk=row.pk).update(until=day)
        row.pk, row.since, row.recorded_at = None, day, timezone.now()
        row._state.adding = True
    else:
        row.changed_at = timezone.now()
    row.grid, row.road, row.parity = grid, road_key(road), parity
    row.first, row.last = first, last
    _require_free(row)
    row.save()
    after = f"{grid} {row}"
    record("road.changed", by=by, target=grid, before=before, after=after, since=day)
    return row


@transaction.atomic
def delete_range(*, row: RoadRange, by: User) -> None:
    """End a range today; one that was noted today is no more at all.

    Units that were placed by it stay where they are. Raises Refused.
    """
    row = _held(row)
    grid, words, today = row.grid, str(row), timezone.localdate()
    if row.ends_with_trace(today):
        row.until = today
        row.save(update_fields=["until"])
    else:
        row.delete()
    record("road.deleted", by=by, target=grid, before=words)


def _held(row: RoadRange) -> RoadRange:
    """Return a range as it is now, locked until the transaction ends."""
    lock_district(row.grid.district_id)
    ranges = RoadRange.objects.select_for_update(of=("self",)).select_related("grid")
    held = ranges.filter(pk=row.pk).first()
    if held is None:
        raise Refused(f"“{row}”已被他人删除，请回到列表重新选择。")
    if held.until:
        raise Refused(f"“{row}”已于 {held.until} 停用，不能再改动。")
    return held


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
    return "段道路门牌", RoadRange.objects.current().within(grid).count()


@moves_with_grids
class Roads(Mover):
    """House numbers go along from the day on; what was so before stays."""

    key = "roads"
    facts = (
        Facts(
            "段道路门牌",
            RoadRange,
            ("grid", "road", "parity", "first", "last", "since", "until"),
        ),
    )

    def move(self, change: Reassignment) -> None:
        here = RoadRange.objects.filter(grid=change.old, until=None)
        for grid, which in change.targets():
            there = RoadRange.objects.filter(grid=grid, until=None)
            taken = set(there.values_list("road", "parity", "first"))
            for row in here.filter(which):
                if (row.road, row.parity, row.first) in taken:
                    raise Refused(
                        f"“{row}”在“{change.old}”和“{grid}”都有登记，请先删除其中一段。"
                    )
        reassign_dated(RoadRange.objects.filter(until=None), change, by="pk")
