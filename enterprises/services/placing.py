"""Moving many units to grids at once: dated, counted anew, and never a query a unit."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, QuerySet

from enterprises.models import Enterprise, Placement
from gridinspect.accounts.models import User
from gridinspect.copying import take_keys
from gridinspect.imports.staging import insert_rows, update_rows
from grids.services.figures import mark_all_dirty

_FIELDS = (
    "pk",
    "enterprise_id",
    "grid_id",
    "since",
    "method",
    "confidence",
    "reason",
    "placed_by_id",
)


_PUT_BACK = ("key", "grid", "method", "confidence", "reason", "placed_by")


@dataclass(frozen=True, slots=True)
class Seat:
    """The open placement of a unit, as it stands."""

    key: int
    unit: int
    grid: int
    since: date
    method: str
    confidence: str
    reason: str
    placed_by: int | None

    def as_json(self) -> str:
        names = ("key", "grid", "since", "method", "confidence", "reason", "placed_by")
        return json.dumps({n: getattr(self, n) for n in names}, default=str)


def seats_of(placements: QuerySet[Placement]) -> dict[int, Seat]:
    """Return the open placements among these, by unit."""
    rows = placements.filter(until=None).values_list(*_FIELDS)
    return {row[1]: Seat(*row) for row in rows}


@dataclass(frozen=True, slots=True)
class Move:
    """A unit goes from its seat to a grid, or stays in it on other grounds."""

    seat: Seat
    grid: int
    method: str
    confidence: str
    reason: str

    def begins(self, on: date) -> date:
        """Return the day from which it holds: never before the present placement."""
        return max(on, self.seat.since)


def place_units(moves: Sequence[Move], *, on: date, by: User) -> dict[int, int]:
    """Move units from a day on; return the key of each unit's placement, by unit.

    A placement that began before the day ends there and a new one begins; one that
    began later, or on the day, was wrong and is changed. Grids are marked dirty.
    """
    staying = [move for move in moves if move.grid == move.seat.grid]
    going = [move for move in moves if move.grid != move.seat.grid]
    ending = [move for move in going if move.seat.since < on]
    wrong = [move for move in going if move.seat.since >= on]
    keys = {move.seat.unit: move.seat.key for move in moves}

    ended = Placement.objects.filter(pk__in=[move.seat.key for move in ending])
    ended.update(until=on)
    fresh = take_keys(Placement._meta.db_table, len(ending))
    districts = dict(
        Enterprise.objects.filter(pk__in=[move.seat.unit for move in ending])
        .values_list("pk", "district")
        .order_by()
    )
    insert_rows(
        Placement,
        [
            "id", "enterprise_id", "district_id", "grid_id", "since",
            "method", "confidence", "reason", "placed_by_id",
        ],
        [
            (
                key, move.seat.unit, districts[move.seat.unit], move.grid, on,
                *_grounds(move, by),
            )
            for key, move in zip(fresh, ending, strict=True)
        ],
    )  # fmt: skip
    keys |= {move.seat.unit: key for key, move in zip(fresh, ending, strict=True)}
    update_rows(
        Placement,
        ["grid_id", "method", "confidence", "reason", "placed_by_id"],
        [
            (move.seat.key, move.grid, *_grounds(move, by))
            for move in [*wrong, *staying]
        ],
    )
    _set_grids({move.seat.unit: move.grid for move in going})
    mark_moved((move.seat.grid, move.grid, move.begins(on)) for move in going)
    return keys


def _grounds(move: Move, by: User) -> tuple[Any, ...]:
    return move.method, move.confidence, move.reason[:400], by.pk


def _set_grids(grids: Mapping[int, int]) -> None:
    """Write today's grid of units; a new edition tells who has the file open."""
    update_rows(Enterprise, ["grid_id"], grids.items())
    units = Enterprise.objects.filter(pk__in=grids)
    units.update(edition=F("edition") + 1)


def mark_moved(moves: Iterable[tuple[int, int, date]]) -> None:
    """Ask for the figures of grids anew: (from, to, since) of each unit."""
    by_day: dict[date, set[int]] = defaultdict(set)
    for old, new, since in moves:
        by_day[since] |= {old, new}
    for since, grids in by_day.items():
        mark_all_dirty(grids, since)


def take_back(
    befores: Mapping[int, Mapping[str, Any]], seats: Mapping[int, Seat]
) -> None:
    """Put the placements of units back as they were before `place_units`.

    `befores` are the seats of that time by unit, `seats` what stands now.
    """
    gone = [
        seats[unit].key
        for unit, was in befores.items()
        if seats[unit].key != was["key"]
    ]
    Placement.objects.filter(pk__in=gone).delete()
    old = Placement.objects.filter(pk__in=[was["key"] for was in befores.values()])
    old.update(until=None, placed_by=None)
    update_rows(
        Placement,
        ["grid_id", "method", "confidence", "reason", "placed_by_id"],
        [[was[name] for name in _PUT_BACK] for was in befores.values()],
    )
    moved = {
        unit: was["grid"]
        for unit, was in befores.items()
        if was["grid"] != seats[unit].grid
    }
    _set_grids(moved)
    mark_moved(
        (
            seats[unit].grid,
            was["grid"],
            max(seats[unit].since, date.fromisoformat(was["since"])),
        )
        for unit, was in befores.items()
        if unit in moved
    )
