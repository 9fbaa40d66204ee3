"""Counting what hangs on each grid, keeping it, and counting again what changed.

One set-based statement counts a district's units on a date; posts, leaves and cases
come from a few more. Nothing here sums over subtrees: that is `reports.coverage`.
"""

from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import date, timedelta

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from assistants.establishment import fillings_of
from assistants.models import Training
from cases.models import Case
from enterprises.models import Enterprise
from gridinspect.accounts.roles import POSTED_STAFF, Role
from grids.models import DailyEntry, DirtyMark, Grid, Posting
from grids.services.policies import PolicyOnDate, policy_on
from grids.standing import grids_in
from reports.models import Tally
from reports.rules import NETWORKED_DAYS, NUMBERS, Counts, Staffing

TALLY_LOCKS = 0x54414C59  # the class of our advisory locks
KEPT_MONTHS = 60  # month-ends that stay: five years

# A survey counts for the file that it was taken for until that file was merged into
# another, and goes along when a unit goes to another district.
UNITS = """
SELECT placed.grid_id,
       count(*) AS known,
       count(*) FILTER (WHERE surveyed.last >= %(fresh_from)s) AS acquired,
       count(surveyed.last) AS filed
  FROM enterprises_placement placed
  JOIN enterprises_statusperiod state
    ON state.enterprise_id = placed.enterprise_id
   AND state.since <= %(on)s AND (state.until IS NULL OR state.until > %(on)s)
   AND state.status = ANY(%(open)s)
  LEFT JOIN (SELECT enterprise_id, max(surveyed_on) AS last
               FROM (SELECT survey.enterprise_id, survey.surveyed_on
                       FROM enterprises_survey survey
                      WHERE survey.is_complete AND survey.district_id = %(district)s
                        AND survey.surveyed_on <= %(on)s
                        AND NOT EXISTS (SELECT 1 FROM enterprises_joinedsurvey joined
                                         WHERE joined.survey_id = survey.id
                                           AND joined."on" > %(on)s)
                      UNION ALL
                     SELECT joined.former_id, survey.surveyed_on
                       FROM enterprises_joinedsurvey joined
                       JOIN enterprises_survey survey ON survey.id = joined.survey_id
                      WHERE survey.is_complete AND survey.district_id = %(district)s
                        AND survey.surveyed_on <= %(on)s
                      UNION ALL
                     SELECT survey.enterprise_id, survey.surveyed_on
                       FROM enterprises_handover gone
                       JOIN enterprises_survey survey
                         ON survey.enterprise_id = gone.enterprise_id
                      WHERE gone.to_district_id = %(district)s
                        AND gone.state = 'accepted'
                        AND survey.is_complete AND survey.surveyed_on <= %(on)s) taken
              GROUP BY enterprise_id) surveyed
    ON surveyed.enterprise_id = placed.enterprise_id
 WHERE placed.district_id = %(district)s
   AND placed.since <= %(on)s AND (placed.until IS NULL OR placed.until > %(on)s)
 GROUP BY placed.grid_id
"""


def count_district(district: Grid, on: date) -> dict[int, Counts]:
    """Return what hangs directly on each grid of a district at the end of a day."""
    return count_under(policy_on(district, on), district, on)


def count_under(
    policy: PolicyOnDate | None, district: Grid, on: date
) -> dict[int, Counts]:
    """Return what hangs on each grid of a district, as a plan of one's choice counts.

    Without a plan nothing is a leaf, nothing fresh, and there are no posts to fill.
    """
    leaves = leaf_keys(grids_in(district, on), policy, on)
    posts = _Posts(district, on)
    units = _units(district, on, policy.freshness_days if policy else None)
    cases = _cases(district, on)
    fillings = fillings_of(district, on, policy.values) if policy else {}
    keys = {*units, *posts.assistants, *leaves, *cases, *fillings}
    counted = {}
    for key in keys:
        known, acquired, filed = units.get(key, (0, 0, 0))
        closed, closed_in_time = cases.get(key, (0, 0))
        is_leaf = key in leaves
        counted[key] = Counts(
            known=known,
            assigned=known if is_leaf and key in posts.staffed else 0,
            acquired=acquired,
            filed=filed,
            assistants=posts.assistants.get(key, 0),
            trained=posts.trained.get(key, 0),
            leaves=int(is_leaf),
            networked=int(is_leaf and key in posts.networked),
            closed=closed,
            closed_in_time=closed_in_time,
            staffed={
                kind: Staffing(one.filled, one.filled_capped, one.required)
                for kind, one in fillings.get(key, {}).items()
            },
        )
    return counted


def leaf_keys(
    grids: Iterable[Grid], policy: PolicyOnDate | None, on: date
) -> frozenset[int]:
    """Return the leaves: counted grids, open, without counted open children.

    `grids` are as they were on that date.
    """
    if policy is None:
        return frozenset()
    counted = [
        grid
        for grid in grids
        if grid.kind in policy.values.counted_kinds and grid.is_open_on(on)
    ]
    parents = {grid.parent_id for grid in counted}
    return frozenset(grid.pk for grid in counted if grid.pk not in parents)


class _Posts:
    """Who is on post where, on a date: sets and counts by grid."""

    def __init__(self, district: Grid, on: date):
        posted = Posting.objects.on(on).filter(
            grid__district=district, role__in=POSTED_STAFF
        )
        entered = DailyEntry.objects.filter(
            person=OuterRef("person"),
            day__range=(on - timedelta(days=NETWORKED_DAYS), on),
        )
        passed = Training.objects.filter(
            person=OuterRef("person"),
            kind=Training.Kind.PRE_POST,
            passed=True,
            finished_on__lte=on,
        )
        by_grid = posted.values("grid").order_by("grid")
        self.staffed = frozenset(posted.values_list("grid", flat=True))
        self.networked = frozenset(
            posted.filter(Exists(entered)).values_list("grid", flat=True)
        )
        assistants = by_grid.filter(role=Role.ASSISTANT)
        people = Count("person", distinct=True)
        self.assistants = dict(assistants.annotate(n=people).values_list("grid", "n"))
        self.trained = dict(
            assistants.filter(Exists(passed))
            .annotate(n=people)
            .values_list("grid", "n")
        )


def _units(
    district: Grid, on: date, freshness: int | None
) -> dict[int, tuple[int, int, int]]:
    """Return (known, acquired, filed) for each grid: one statement."""
    fresh_from = on - timedelta(days=freshness) if freshness is not None else date.max
    with connection.cursor() as cursor:
        cursor.execute(
            UNITS,
            {
                "district": district.pk,
                "on": on,
                "fresh_from": fresh_from,
                "open": list(Enterprise.OPEN_STATUSES),
            },
        )
        return {row[0]: tuple(row[1:]) for row in cursor.fetchall()}


def _cases(district: Grid, on: date) -> dict[int, tuple[int, int]]:
    """Return (closed, closed in time) since 1 January for each grid."""
    closed = Case.objects.filter(
        district=district, closed_on__range=(date(on.year, 1, 1), on)
    )
    in_time = Count("pk", filter=Q(closed_in_time=True))
    rows = closed.values("grid").order_by("grid").annotate(n=Count("pk"), t=in_time)
    return {row["grid"]: (row["n"], row["t"]) for row in rows}


# --- keeping --------------------------------------------------------------------------


def kept_days(since: date, today: date) -> list[date]:
    """Return the days whose tallies are kept: today, and month-ends from a day on."""
    days, day = [today], today.replace(day=1) - timedelta(days=1)
    oldest = today - timedelta(days=KEPT_MONTHS * 31)
    while day >= max(since, oldest):
        days.append(day)
        day = day.replace(day=1) - timedelta(days=1)
    return days


@transaction.atomic
def recount(
    district: Grid, on: date, *, grids: Collection[int] | None = None
) -> dict[int, Counts]:
    """Count a district on a date and keep the result; only these grids, if given."""
    _lock(district)
    counted = count_district(district, on)
    kept = Tally.objects.filter(district=district, on=on)
    if grids is not None:
        kept = kept.filter(grid__in=grids)
        counted = {key: counts for key, counts in counted.items() if key in grids}
    kept.delete()
    Tally.objects.bulk_create(
        [_tally(district, key, on, counts) for key, counts in counted.items()], 2000
    )
    return counted


def recount_dirty(*, today: date | None = None) -> int:
    """Count again what was marked since the last time; return how many districts."""
    today = today or timezone.localdate()
    marked = DirtyMark.objects.values_list("grid__district", flat=True).distinct()
    districts = Grid.objects.filter(pk__in=list(marked))
    for district in districts:
        settle(district, today=today)
    return len(districts)


@transaction.atomic
def settle(district: Grid, *, today: date | None = None) -> bool:
    """Count what is marked dirty in one district; return whether anything was.

    Marks are deleted and figures counted in one transaction: a mark that commits later
    is simply found the next time. A month's end that was never counted whole stays
    uncounted: it is computed when somebody asks for it.
    """
    today = today or timezone.localdate()
    _lock(district)
    marks = DirtyMark.objects.filter(grid__district=district)
    keys: list[int] = []  # read once: a mark that commits meanwhile is not ours
    earliest: dict[int, date] = {}
    for key, grid_id, since in marks.values_list("pk", "grid", "since"):
        keys.append(key)
        earliest[grid_id] = min(since, earliest.get(grid_id, since))
    if not earliest:
        return False
    DirtyMark.objects.filter(pk__in=keys).delete()
    for day in kept_days(min(earliest.values()), today):
        touched = {key for key, since in earliest.items() if since <= day}
        if is_counted(district, day):
            recount(district, day, grids=touched)
        elif day == today:
            recount(district, day)
    return True


def is_counted(district: Grid, on: date) -> bool:
    """Tell whether tallies of a district are kept for a day."""
    return Tally.objects.filter(district=district, on=on).exists()


def recount_all(*, today: date | None = None) -> int:
    """Count today for every district anew and drop rows that are no month's end."""
    today = today or timezone.localdate()
    districts = list(Grid.objects.roots())
    for district in districts:
        recount(district, today)
    _drop_passed_days(today)
    return len(districts)


def _drop_passed_days(today: date) -> None:
    days = Tally.objects.filter(on__lt=today).values_list("on", flat=True).distinct()
    passed = [day for day in days if (day + timedelta(days=1)).day != 1]
    Tally.objects.filter(on__in=passed).delete()


def drift(district: Grid, on: date) -> list[str]:
    """Return where the kept figures differ from the rows, a Chinese line for each."""
    kept = {tally.grid_id: as_counts(tally) for tally in _tallies([district], on)}
    counted = count_district(district, on)
    nothing, lines = Counts(), []
    names = dict(Grid.objects.filter(district=district).values_list("pk", "name"))
    for key in sorted({*kept, *counted}):
        was, now = kept.get(key, nothing), counted.get(key, nothing)
        if was != now:
            lines.append(f"{on} {names[key]}：存 {_short(was)}，实 {_short(now)}")
    return lines


def _short(counts: Counts) -> str:
    return "/".join(str(getattr(counts, name)) for name in NUMBERS)


def _tallies(districts: Iterable[Grid], on: date):
    return Tally.objects.filter(district__in=list(districts), on=on)


def as_counts(tally: Tally) -> Counts:
    """Return a kept row as counts."""
    staffed = {kind: Staffing(**row) for kind, row in tally.staffed.items()}
    return Counts(**{name: getattr(tally, name) for name in NUMBERS}, staffed=staffed)


def _tally(district: Grid, key: int, on: date, counts: Counts) -> Tally:
    return Tally(
        grid_id=key,
        district=district,
        on=on,
        counted_at=timezone.now(),
        staffed={kind: asdict(one) for kind, one in counts.staffed.items()},
        **{name: getattr(counts, name) for name in NUMBERS},
    )


def _lock(district: Grid) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)", [TALLY_LOCKS, district.pk]
        )
