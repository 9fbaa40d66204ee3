"""Which posters hang, which do not, and which are out of date and why."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from grids.models import Grid
from reports.models import Hanging, Wall
from reports.posters.changes import changes
from reports.posters.contents import contents_of


class State(StrEnum):
    HUNG = "hung"
    MISSING = "missing"
    STALE = "stale"


STATES = {State.HUNG: "已上墙", State.MISSING: "未上墙", State.STALE: "已过期"}
TONES = {State.HUNG: "ok", State.MISSING: "notice", State.STALE: "warning"}


@dataclass(frozen=True)
class Standing:
    """One poster of one grid: what hangs, and what in it no longer holds."""

    grid: Grid
    kind: Wall
    hanging: Hanging | None = None
    reasons: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        if self.hanging is None:
            return State.MISSING
        return State.STALE if self.reasons else State.HUNG


def standings_of(grids: Sequence[Grid], on: date) -> list[Standing]:
    """Return the three posters of each grid, in a fixed number of queries."""
    hanging = _hanging(grids)
    reasons = {
        kind: _reasons(
            kind, [grid for grid in grids if (grid.pk, kind) in hanging], hanging, on
        )
        for kind in Wall
    }
    return [
        Standing(
            grid,
            kind,
            hanging.get((grid.pk, kind)),
            reasons[kind].get(grid.pk, ()),
        )
        for grid in grids
        for kind in Wall
    ]


def _hanging(grids: Collection[Grid]) -> dict[tuple[int, str], Hanging]:
    rows = Hanging.objects.current().filter(grid__in=[grid.pk for grid in grids])
    related = rows.select_related("poster", "photo", "hung_by__person")
    return {(row.grid_id, row.kind): row for row in related}


def _reasons(
    kind: Wall,
    grids: Sequence[Grid],
    hanging: dict[tuple[int, str], Hanging],
    on: date,
) -> dict[int, tuple[str, ...]]:
    now = contents_of(kind, grids, on)
    return {
        grid.pk: tuple(
            changes(hanging[grid.pk, kind].poster.parts, now[grid.pk].parts())
        )
        for grid in grids
    }


def counts(standings: Sequence[Standing]) -> dict[State, int]:
    """Return how many posters are in each state."""
    found: dict[State, int] = defaultdict(int)
    for one in standings:
        found[one.state] += 1
    return {state: found[state] for state in State}
