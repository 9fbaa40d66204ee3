"""待确认: a clerk decides where units belong, one by one or many at once."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils import timezone

from enterprises.allocation import Confidence, Method
from enterprises.models import Doubt, Enterprise, Placement
from enterprises.services.files import Refused
from enterprises.services.placing import Move, place_units, seats_of
from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.models import Grid
from grids.services.figures import note_entry


@transaction.atomic
def settle_doubts(
    *, doubts: Sequence[Doubt], grid: Grid | None, since: date, by: User
) -> int:
    """Place the units of open doubts in a grid by hand; None leaves each where it is.

    It holds from a day on, for a unit that was placed later from that day. What was
    decided is remembered: a later run does not ask again. Raises Refused.
    """
    units = Enterprise.objects.filter(doubts__in=doubts).order_by("pk")
    units = units.select_for_update(of=["self"]).select_related("grid")
    files = {unit.pk: unit for unit in units}
    rows = Doubt.objects.open().filter(pk__in=[doubt.pk for doubt in doubts])
    open_now = {row.enterprise_id: row for row in rows.select_for_update()}
    if len(open_now) < len(doubts):
        raise Refused("所选的单位中有的已由他人处理，请刷新后重新选择。")
    if grid is not None:
        _require_fits(grid, list(files.values()), since)
    seats = seats_of(Placement.objects.filter(enterprise__in=files))
    words = "人工确认" if grid else "人工确认保持原归属"
    moves = [
        Move(
            seat=seats[unit],
            grid=grid.pk if grid else seats[unit].grid,
            method=Method.HAND,
            confidence=Confidence.HIGH,
            reason=f"{words}（{doubt.reason}）",
        )
        for unit, doubt in open_now.items()
    ]
    place_units(moves, on=since, by=by)
    now = timezone.now()
    settled = {"settled_at": now, "settled_by": by}
    if grid:
        rows.update(grid=grid, **settled)
    else:
        for doubt in open_now.values():
            doubt.grid_id = seats[doubt.enterprise_id].grid
            doubt.settled_at, doubt.settled_by = now, by
        names = ["grid", "settled_at", "settled_by"]
        Doubt.objects.bulk_update(open_now.values(), names, 1000)
    note_entry(by.person, timezone.localdate())
    _record(list(files.values()), grid, since, by)
    return len(moves)


def _require_fits(grid: Grid, units: list[Enterprise], since: date) -> None:
    if since > timezone.localdate():
        raise Refused(f"生效日期 {since} 晚于今天，请改为今天或以前的日期。")
    if grid.closed_on:
        raise Refused(f"“{grid}”已于 {grid.closed_on} 停用，请选择接续的网格。")
    if since < grid.opened_on:
        raise Refused(f"生效日期 {since} 早于“{grid}”的启用日期 {grid.opened_on}。")
    if any(unit.district_id != grid.district_id for unit in units):
        raise Refused(f"所选单位中有的不在“{grid.district}”，请分区县处理。")


def _record(units: list[Enterprise], grid: Grid | None, since: date, by: User) -> None:
    """Leave one event: with the unit when there is one, else with its district."""
    if len(units) == 1:
        (unit,) = units
        after = grid or unit.grid
        moved = grid is not None and grid.pk != unit.grid_id
        record(
            "enterprise.placed",
            by=by,
            target=unit,
            path=after.path,
            before={"grid": unit.grid.name},
            after={"grid": after.name},
            effective={"grid": since},
            edition=unit.edition + moved,
        )
        return
    district = units[0].district
    record(
        "enterprise.placed",
        by=by,
        target=district,
        rows=[[unit.pk, unit.grid.code, (grid or unit.grid).code] for unit in units],
        grid=str(grid) if grid else "",
        count=len(units),
        since=since,
    )
