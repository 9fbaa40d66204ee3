"""The figures of any place on any date: sums of tallies over subtrees.

Dashboards, commands and reports all read here, so that they cannot differ.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from django.db import connection
from django.db.models import CharField, F, Func, Min, Q, QuerySet, Sum, Value

from grids.models import City, DirtyMark, Grid, GridPeriod
from grids.querysets import stood_in
from grids.services.policies import PolicyOnDate, policies_on
from grids.standing import as_of, grids_below, periods_in
from reports import tallies
from reports.models import Tally
from reports.rules import NUMBERS, PARTS, Counts, Staffing, total


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

    Kept tallies are summed by the database; a district without any for this date is
    counted now. A constant number of queries on kept dates, however many units or
    grids there are.
    """
    own = place.district if isinstance(place, Grid) else None
    districts = [own] if own else list(districts_of(place))
    place = as_of(place, on)
    policies = policies_on(districts, on)
    sums, seen, counted_at = _kept_sums(place, districts, on)
    for district in districts:
        if district.pk not in seen:
            _add_computed(sums, place, district, on)
    rows = tuple(
        _row(child, sums.get(child.pk, Counts()), policies.get(child.district_id))
        for child in (grids_below(place, on) if children else ())
        if child.is_open_on(on) or child.pk in sums
    )
    policy = policies.get(place.district_id) if isinstance(place, Grid) else None
    return Figures(
        on=on,
        own=_row(place, total(sums.values()), policy),
        children=rows,
        counted_at=counted_at if len(seen) == len(districts) else None,
        pending=DirtyMark.objects.filter(grid__district__in=districts).count(),
    )


def settle(place: Grid | City) -> None:
    """Count first what waits to be counted below a place."""
    for district in districts_of(place):
        tallies.settle(district)


def counts_under(policy: PolicyOnDate | None, place: Grid, on: date) -> Counts:
    """Return the counts of a grid under a plan of one's choice: nothing is kept."""
    counted = tallies.count_under(policy, place.district or place, on)
    inside = periods_in(place, on).filter(grid__in=counted)
    return total(counted[key] for key in inside.values_list("grid", flat=True))


def series_of(place: Grid | City, days: Iterable[date]) -> dict[date, Counts]:
    """Return the kept figures of a place on several days, without staff: one query."""
    kept = Tally.objects.filter(
        on__in=list(days), district__in=districts_of(place).values("pk")
    )
    if isinstance(place, Grid) and not place.is_root:  # whole trees need no join
        kept = kept.filter(
            Q(grid__periods__until=None) | Q(grid__periods__until__gt=F("on")),
            Q(grid__periods__since__lte=F("on"))
            | Q(grid__periods__since=F("grid__opened_on")),
            grid__periods__path__regex=_wherever(place),
        )
    rows = kept.values("on").order_by("on").annotate(**_SUMS)
    return {
        row["on"]: Counts(**{name: row[f"sum_{name}"] for name in NUMBERS})
        for row in cast("Iterable[dict[str, Any]]", rows)
    }


def numbers_of(place: Grid | City, on: date) -> Counts:
    """Return the counts of a place on a date, without staff where they are kept."""
    kept = series_of(place, [on]).get(on)
    return kept or figures_of(place, on, children=False).own.counts


def districts_of(place: Grid | City) -> QuerySet[Grid]:
    """Return the roots of the trees that a place lies in or is made of."""
    if isinstance(place, City):
        return Grid.objects.roots().filter(city=place).order_by("code")
    return Grid.objects.filter(pk=place.district_id)


def below(place: Grid | City, on: date) -> list[Grid]:
    """Return what lay open directly below a place on a date, in the order of codes."""
    return [grid for grid in grids_below(place, on) if grid.is_open_on(on)]


def _wherever(grid: Grid) -> str:
    """Return a pattern for the paths at and below a grid, wherever it ever stood."""
    district = "/".join(grid.path.split("/")[:3])  # it never leaves its district
    return rf"^{district}/([0-9]+/)*{grid.pk}/"


_SUMS = {f"sum_{name}": Sum(name) for name in NUMBERS}

# Which child of the place a grid lies under: the step of its path below the place's.
STAFFED = """
SELECT split_part(stood.path, '/', %(step)s), post.kind,
       sum((post.counts->>'filled')::int), sum((post.counts->>'filled_capped')::int),
       CASE WHEN bool_and(post.counts->>'quota' IS NOT NULL)
            THEN sum((post.counts->>'quota')::int) END
  FROM reports_tally tally
  JOIN grids_grid grid ON grid.id = tally.grid_id
  JOIN grids_gridperiod stood ON stood.grid_id = tally.grid_id
   AND (stood.since <= %(on)s OR stood.since = grid.opened_on)
   AND (stood.until IS NULL OR stood.until > %(on)s)
 CROSS JOIN LATERAL jsonb_each(tally.staffed) post(kind, counts)
 WHERE tally.district_id = ANY(%(districts)s) AND tally.on = %(on)s
   AND starts_with(stood.path, %(path)s)
 GROUP BY 1, 2
"""


def _step_below(place: Grid | City) -> int:
    """Return which part of a path, counted from 1 as split_part does, names a child."""
    return place.path.count("/") + 1


def _kept_sums(
    place: Grid | City, districts: Sequence[Grid], on: date
) -> tuple[dict[int | None, Counts], set[int], datetime | None]:
    """Return sums by child (None: the place itself), districts seen, oldest count."""
    step = _step_below(place)
    child = Func(
        F("grid__periods__path"),
        Value("/"),
        Value(step),
        function="split_part",
        output_field=CharField(),
    )
    kept = Tally.objects.filter(
        stood_in(place.path, on, to="grid__periods__"), district__in=districts, on=on
    )
    rows = kept.annotate(child=child).values("child", "district").order_by("child")
    staffed = _kept_staff(place, districts, on, step)
    sums: dict[int | None, Counts] = {}
    instants = []
    seen = set()
    counted = rows.annotate(oldest=Min("counted_at"), **_SUMS)
    for row in cast("Iterable[dict[str, Any]]", counted):
        key = int(row["child"]) if row["child"] else None
        numbers = {name: row[f"sum_{name}"] for name in NUMBERS}
        sums[key] = Counts(**numbers, staffed=staffed.get(key, {}))
        instants.append(row["oldest"])
        seen.add(row["district"])
    return sums, seen, min(instants, default=None)


def _kept_staff(
    place: Grid | City, districts: Sequence[Grid], on: date, step: int
) -> dict[int | None, dict[str, Staffing]]:
    found: dict[int | None, dict[str, Staffing]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            STAFFED,
            {
                "step": step,
                "districts": [district.pk for district in districts],
                "on": on,
                "path": place.path,
            },
        )
        for child, kind, *counts in cursor.fetchall():
            found[int(child) if child else None][kind] = Staffing(*counts)
    return found


def _add_computed(
    sums: dict[int | None, Counts], place: Grid | City, district: Grid, on: date
) -> None:
    """Count a district now and add what lies in the place to the sums."""
    counted = tallies.count_district(district, on)
    inside = GridPeriod.objects.stood_in(place.path, on).filter(grid__in=counted)
    for key, path in inside.values_list("grid", "path"):
        step = path.split("/")[_step_below(place) - 1]
        child = int(step) if step else None
        sums[child] = sums.get(child, Counts()) + counted[key]


def _row(place: Grid | City, counts: Counts, policy: PolicyOnDate | None) -> Row:
    kind = "city" if isinstance(place, City) else place.kind
    return Row(
        place=place,
        code=place.code,
        name=place.name,
        kind=kind,
        level=policy.values.level_of(kind) if policy else None,
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
