"""What would follow for each unit of a district, without writing anything."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from enterprises.allocation import (
    Evidence,
    Ground,
    Method,
    Place,
    Precedent,
    Verdict,
)
from enterprises.models import (
    AllocationLine,
    AllocationRun,
    Doubt,
    Enterprise,
    Placement,
)
from enterprises.services.placing import Seat, seats_of
from grids.models import Grid, RoadRange
from grids.places import UPPER
from grids.services.boundaries import areas_on
from grids.services.roads import ranges_of

Outcome = AllocationLine.Outcome
Progress = Callable[[int, int, str], None]

GONE = ("cancelled", "revoked", "moved_away", "not_found", "merged")
LOT = 2_000  # units between two reports of progress
_PLACE = ("longitude", "latitude")
_TEXTS = ("address", "registered_address", "road", "house_number")


def ground_of(district: Grid, on: date) -> Ground:
    """Return what decides on a day: open grids, outlines, house numbers, precedents."""
    grids = list(Grid.objects.filter(district=district, closed_on=None).open_on(on))
    return Ground(
        district=district.pk,
        places=[
            Place(one.pk, one.name, one.parent_id, one.path, one.kind in UPPER)
            for one in grids
        ],
        areas=areas_on(grids, on),
        ranges=ranges_of(RoadRange.objects.filter(grid__district=district), on),
        precedents=_precedents(district),
    )


def _precedents(district: Grid) -> dict[str, Precedent]:
    """Return what clerks decided, by the key of the place; the latest counts."""
    decided = Doubt.objects.filter(
        enterprise__district=district, grid__isnull=False
    ).exclude(key="")
    rows = decided.select_related("enterprise", "settled_by__person")
    return {
        row.key: Precedent(
            row.grid_id,
            f"“{row.enterprise}”（{row.settled_by}于"
            f" {timezone.localdate(row.settled_at)} 确认）",
        )
        for row in rows.order_by("settled_at")
        if row.grid_id and row.settled_at
    }


def evidence_of(unit: Enterprise | Any) -> Evidence:
    """Return what a unit's file says of where it is."""
    point = None
    if unit.longitude is not None and unit.latitude is not None:
        point = (float(unit.longitude), float(unit.latitude))
    return Evidence(
        address=unit.address or unit.registered_address,
        road=unit.road,
        house_number=unit.house_number,
        point=point,
    )


def suggest(district: Grid, evidence: Evidence) -> tuple[Verdict, list[Grid]]:
    """Return the verdict of today for one unit, and the grids it speaks of in order."""
    verdict = ground_of(district, timezone.localdate()).decide(evidence)
    keys = [verdict.grid] if verdict.grid else list(verdict.candidates)
    found = Grid.objects.in_bulk(keys)
    return verdict, [found[key] for key in keys if key in found]


@dataclass(frozen=True, slots=True)
class Decided:
    """One unit with what follows for it."""

    seat: Seat
    outcome: str
    verdict: Verdict
    key: str  # of its evidence

    @property
    def line(self) -> list[Any]:
        """Return what the trial is bound to."""
        return [self.seat.unit, self.seat.key, self.outcome, self.verdict.grid]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a run would do: its lines, and how many units it leaves alone and why."""

    decided: list[Decided]
    counts: dict[str, int]

    @property
    def digest(self) -> str:
        lines = [one.line for one in self.decided]
        return hashlib.sha256(json.dumps(lines).encode()).hexdigest()

    def of(self, *outcomes: str) -> list[Decided]:
        return [one for one in self.decided if one.outcome in outcomes]


def silent(done: int, total: int, message: str) -> None:
    pass


def try_out(run: AllocationRun, *, progress: Progress = silent) -> Trial:
    """Decide for every unit of the district, without writing anything."""
    ground = ground_of(run.district, run.on)
    placements = Placement.objects.filter(district=run.district)
    seats = seats_of(placements.exclude(enterprise__status__in=GONE))
    decisions = _decisions(run.district)
    counts: Counter[str] = Counter()
    decided: list[Decided] = []
    units = Enterprise.objects.filter(district=run.district).exclude(status__in=GONE)
    rows = units.only("pk", *_TEXTS, *_PLACE).order_by("pk")
    for number, unit in enumerate(rows.iterator(LOT), 1):
        if number % LOT == 0:
            progress(number, len(seats), "正在试算。")
        seat = seats.get(unit.pk)
        if seat is None:
            continue
        counts["units"] += 1
        evidence = evidence_of(unit)
        if seat.method == Method.HAND and not run.with_hand:
            counts["hand"] += 1
        elif decisions.get(unit.pk) == (evidence.key, seat.grid):
            counts["remembered"] += 1
        else:
            one = _decide(ground, seat, evidence)
            counts[one.outcome] += 1
            if one.verdict.grid and one.outcome != Outcome.KEPT:
                counts[one.verdict.method] += 1
            if one.outcome != Outcome.KEPT or _is_news(one):
                decided.append(one)
    return Trial(decided, dict(counts))


def _decide(ground: Ground, seat: Seat, evidence: Evidence) -> Decided:
    verdict = ground.decide(evidence)
    settled = ground.settle(verdict, seat.grid, seat.method)
    if settled is None:
        return Decided(seat, Outcome.KEPT, verdict, evidence.key)
    if settled.grid is None:
        return Decided(seat, Outcome.OPEN, settled, evidence.key)
    kept = settled.grid == seat.grid
    return Decided(seat, Outcome.KEPT if kept else Outcome.MOVED, settled, evidence.key)


def _is_news(one: Decided) -> bool:
    """Tell whether a placement that stands now rests on something else."""
    verdict, seat = one.verdict, one.seat
    return verdict.grid == seat.grid and (
        (verdict.method, verdict.confidence, verdict.reason)
        != (seat.method, seat.confidence, seat.reason)
    )


def _decisions(district: Grid) -> dict[int, tuple[str, int]]:
    """Return what clerks decided of units: {unit: (key of its place, grid)}."""
    rows = Doubt.objects.filter(
        enterprise__district=district, grid__isnull=False
    ).order_by("settled_at")
    pairs = rows.values_list("enterprise", "key", "grid")
    return {unit: (key, grid) for unit, key, grid in pairs}
