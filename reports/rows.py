"""The rows behind a figure: what was counted, out of what, and what is missing.

Each list is a function of a place and a date like the figure itself, so that its length
is the figure.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from django.db import models
from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet, Subquery, When

from assistants.models import Training
from cases.models import Case
from enterprises.models import Enterprise, Placement, StatusPeriod, Survey
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import POSTED_STAFF, Permission, Role
from gridinspect.scope import within_paths
from grids.models import City, DailyEntry, Grid, Posting
from grids.services.policies import PolicyOnDate, policies_on
from grids.standing import grids_in, periods_in
from reports.rules import NETWORKED_DAYS
from reports.tallies import leaf_keys

PARTS = ("numerator", "denominator", "missing")

# What one must be granted at a place to see the rows of a rate; units otherwise.
READ_BY = {
    "trained": Permission.STAFF_VIEW,
    "networked": Permission.GRID_VIEW,
    "timely": Permission.CASE_VIEW,
    "staffed": Permission.COVERAGE_VIEW,
}


def read_by(key: str) -> Permission:
    """Return what opens the rows behind a rate such as "acquired", "staffed:either"."""
    return READ_BY.get(key.partition(":")[0], Permission.ENTERPRISE_VIEW)


def known_units(place: Grid | City, on: date) -> QuerySet[Placement]:
    """Return the units of 底数, each as its placement on that date."""
    open_then = StatusPeriod.objects.on(on).filter(
        enterprise=OuterRef("enterprise"), status__in=Enterprise.OPEN_STATUSES
    )
    complete = Survey.objects.filter(
        enterprise=OuterRef("enterprise"), is_complete=True, surveyed_on__lte=on
    )
    return (
        Placement.objects.on(on)
        .filter(Exists(open_then), grid__in=_stood(place, on))
        .annotate(
            last_survey=Subquery(
                complete.order_by("-surveyed_on").values("surveyed_on")[:1]
            )
        )
        .select_related("enterprise", "grid__parent")
    )


def _stood(place: Grid | City, on: date) -> QuerySet:
    """Return the keys of a place and of all that stood below it on a date."""
    return periods_in(place, on).values("grid")


Plans = Mapping[int, PolicyOnDate]  # by the key of the district


def unit_rows(
    user: User,
    place: Grid | City,
    on: date,
    *,
    rate: str,
    part: str,
    under: Plans | None = None,
) -> QuerySet[Placement]:
    """Return the units behind `assigned`, `acquired` or `filed`.

    `under` are plans to count by, instead of those in force on the date.
    """
    seen = within_paths(user.scope_paths(Permission.ENTERPRISE_VIEW), "grid__path")
    units = known_units(place, on).filter(seen)
    condition = {"assigned": _assigned, "acquired": _acquired, "filed": _filed}[rate]
    return _part(units, condition(place, on, under), part)


def trained_rows(
    user: User, place: Grid | City, on: date, *, part: str
) -> QuerySet[Posting]:
    """Return the postings of assistants behind 受训率."""
    passed = Training.objects.filter(
        person=OuterRef("person"),
        kind=Training.Kind.PRE_POST,
        passed=True,
        finished_on__lte=on,
    )
    posted = (
        Posting.objects.visible_to(user)
        .on(on)
        .filter(grid__in=_stood(place, on), role=Role.ASSISTANT)
        .select_related("person", "grid__parent")
    )
    return _part(posted, Q(Exists(passed)), part)


def networked_rows(
    user: User, place: Grid | City, on: date, *, part: str, under: Plans | None = None
) -> QuerySet[Grid]:
    """Return the leaves behind 联网率."""
    entered = DailyEntry.objects.filter(
        person=OuterRef("person"),
        day__range=(on - timedelta(days=NETWORKED_DAYS), on),
    )
    active = (
        Posting.objects.on(on)
        .filter(grid=OuterRef("pk"), role__in=POSTED_STAFF)
        .filter(Exists(entered))
    )
    leaves = Grid.objects.visible_to(user)
    leaves = leaves.filter(pk__in=leaf_keys_of(place, on, under))
    leaves = leaves.select_related("parent")
    return _part(leaves, Q(Exists(active)), part)


def timely_rows(
    user: User, place: Grid | City, on: date, *, part: str
) -> QuerySet[Case]:
    """Return the cases behind 法定时限内办结率."""
    closed = (
        Case.objects.visible_to(user)
        .filter(grid__in=_stood(place, on), closed_on__range=(date(on.year, 1, 1), on))
        .select_related("enterprise", "grid")
    )
    return _part(closed, Q(closed_in_time=True), part)


def leaf_keys_of(place: Grid | City, on: date, under: Plans | None = None) -> list[int]:
    """Return the leaves of a place on a date, over all its districts."""
    grids: dict[int, list[Grid]] = {}
    for grid in grids_in(place, on):
        grids.setdefault(grid.district_id, []).append(grid)
    policies = policies_on(grids, on) if under is None else under
    return [
        key
        for district, many in grids.items()
        for key in leaf_keys(many, policies.get(district), on)
    ]


def _assigned(place: Grid | City, on: date, under: Plans | None) -> Q:
    staffed = Posting.objects.on(on).filter(
        role__in=POSTED_STAFF, grid__in=leaf_keys_of(place, on, under)
    )
    return Q(grid__in=set(staffed.values_list("grid", flat=True)))


def _acquired(place: Grid | City, on: date, under: Plans | None) -> Q:
    if under is None:
        districts = periods_in(place, on)
        keys = set(districts.values_list("grid__district", flat=True))
        under = policies_on(keys, on)
    fresh = Q(pk__in=[])
    for district, policy in under.items():
        since = on - timedelta(days=policy.freshness_days)
        fresh |= Q(district=district, last_survey__gte=since)
    return fresh


def _filed(place: Grid | City, on: date, under: Plans | None) -> Q:
    return Q(last_survey__isnull=False)


def _part(rows: QuerySet, counted: Q, part: str) -> QuerySet:
    """Keep a part of the rows; what the condition cannot tell (NULL) is not counted.

    A CASE is worked out once a row. NOT IN over the counted rows would be a scan of
    them for each row where the database has no statistics yet.
    """
    if part == "denominator":
        return rows
    told = models.Case(
        When(counted, then=True), default=False, output_field=BooleanField()
    )
    return rows.annotate(is_counted=told).filter(is_counted=part == "numerator")
