"""The figures of any place on any date: sums of tallies over subtrees.

Dashboards, commands and reports all read here, so that they cannot differ.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from grids.models import City, DirtyMark, Grid
from grids.services.policies import PolicyOnDate, policies_on
from reports import tallies
from reports.models import Tally
from reports.rules import NUMBERS, PARTS, Counts, Staffing


@dataclass(frozen=True)
class Row:
    """One place with its counts; `level` is None where the policy does not count it."""

    place: Grid | City
    code: str
    name: str
    kind: str
    level: int | None
    counts: Counts
    policy: PolicyOnDate | None = None


@dataclass(frozen=True)
class Figures:
    """A place on a date: its own row, one for each child, and how fresh they are."""

    on: date
    own: Row
    children: Sequence[Row] = field(default_factory=tuple)
    counted_at: datetime | None = None  # None: computed just now
    pending: int = 0  # changes that wait to be counted


def figures_of(place: Grid | City, on: date, *, children: bool = True) -> Figures:
    """Return the figures of a place on a date, and of what lies directly below it.

    Kept tallies are read where there are any; another date is computed. A constant
    number of queries on kept dates, whatever the number of units.
    """
    districts = _districts_of(place)
    policies = policies_on(districts, on)
    direct, counted_at = _direct(districts, on)
    below = list(_below(place)) if children or isinstance(place, Grid) else []
    sums = _sums(direct, place, below)
    rows = tuple(
        _row(child, sums.get(child.pk, Counts()), policies.get(child.district_id))
        for child in below
    )
    policy = policies.get(place.district_id) if isinstance(place, Grid) else None
    return Figures(
        on=on,
        own=_row(place, sums.get(None, Counts()), policy),
        children=rows if children else (),
        counted_at=counted_at,
        pending=DirtyMark.objects.filter(grid__district__in=districts).count(),
    )


def settle(place: Grid | City) -> None:
    """Count first what waits to be counted below a place."""
    for district in _districts_of(place):
        tallies.settle(district)


def series_of(place: Grid | City, days: Iterable[date]) -> dict[date, Counts]:
    """Return the kept figures of a place on several days, in one query."""
    kept = Tally.objects.filter(on__in=list(days)).within(place)
    sums: dict[date, Counts] = {}
    for tally in kept.only("on", "staffed", *NUMBERS):
        counts = tallies.as_counts(tally)
        sums[tally.on] = sums.get(tally.on, Counts()) + counts
    return sums


def _districts_of(place: Grid | City) -> list[Grid]:
    if isinstance(place, City):
        return list(place.grids.roots().order_by("code"))
    return [place if place.is_root else place.district]


def _below(place: Grid | City) -> Iterable[Grid]:
    if isinstance(place, City):
        return place.grids.roots().order_by("code")
    return place.children.order_by("code")


def _direct(
    districts: Sequence[Grid], on: date
) -> tuple[dict[int, tuple[str, Counts]], datetime | None]:
    """Return {grid: (path, counts)} and the oldest instant of counting."""
    direct: dict[int, tuple[str, Counts]] = {}
    oldest: datetime | None = None
    kept = Tally.objects.filter(district__in=districts, on=on).select_related("grid")
    seen = set()
    for tally in kept:
        seen.add(tally.district_id)
        direct[tally.grid_id] = (tally.grid.path, tallies.as_counts(tally))
        oldest = min(oldest or tally.counted_at, tally.counted_at)
    missing = [district for district in districts if district.pk not in seen]
    for district in missing:
        counted = tallies.count_district(district, on)
        paths = dict(Grid.objects.filter(pk__in=counted).values_list("pk", "path"))
        direct |= {key: (paths[key], counts) for key, counts in counted.items()}
    return direct, None if missing else oldest


def _sums(
    direct: Mapping[int, tuple[str, Counts]],
    place: Grid | City,
    below: Sequence[Grid],
) -> dict[int | None, Counts]:
    """Return the sum of each child's subtree, and under None the place's own."""
    depth = place.path.count("/") - 1
    children = {child.pk for child in below}
    gathered: dict[int | None, list[Counts]] = defaultdict(list)
    for path, counts in direct.values():
        if not path.startswith(place.path):
            continue
        gathered[None].append(counts)
        steps = path.strip("/").split("/")
        if len(steps) > depth and int(steps[depth]) in children:
            gathered[int(steps[depth])].append(counts)
    return {key: sum(many, Counts()) for key, many in gathered.items()}


def _row(place: Grid | City, counts: Counts, policy: PolicyOnDate | None) -> Row:
    is_city = isinstance(place, City)
    return Row(
        place=place,
        code=place.code,
        name=place.name,
        kind="city" if is_city else place.kind,
        level=policy.values.level_of(place.kind) if policy and not is_city else None,
        counts=counts,
        policy=policy,
    )


# --- as JSON (design.md 5) ------------------------------------------------------------


def as_json(figures: Figures) -> dict[str, Any]:
    """Return the document of the command `coverage`."""
    rows = [figures.own, *figures.children]
    return {"on": figures.on.isoformat(), "rows": [_row_json(row) for row in rows]}


def _row_json(row: Row) -> dict[str, Any]:
    counts = row.counts
    rates: dict[str, Any] = {key: _float(counts.rate(key)) for key in PARTS}
    rates["staffed"] = {
        kind: _float(staffing.rate) for kind, staffing in counts.staffed.items()
    }
    return {
        "code": row.code,
        "name": row.name,
        "kind": row.kind,
        "level": row.level,
        "policy": row.policy.policy.slug if row.policy else None,
        **{name: getattr(counts, name) for name in NUMBERS},
        "staffed": {kind: _staffing(one) for kind, one in counts.staffed.items()},
        "rates": rates,
    }


def _staffing(staffing: Staffing) -> dict[str, int | None]:
    return {
        "filled": staffing.filled,
        "filled_capped": staffing.filled_capped,
        "quota": staffing.quota,
    }


def _float(rate: Any) -> float | None:
    return None if rate is None else float(rate)


def today() -> date:
    """Return today in the office's time zone."""
    return timezone.localdate()
