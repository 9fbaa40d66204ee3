"""What others may ask of visits: early warning, grading, conformance, dashboards.

Sets in, dictionaries out, a fixed number of queries each. Nobody's scope is asked: the
caller has chosen the units or the place.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from cases.visits.models import Clue, Hazard, Publicity, Visit
from cases.visits.rules import Share
from gridinspect.scope import Place, within_paths


@dataclass(frozen=True, slots=True)
class OpenHazard:
    """A hazard that is not cleared on a day."""

    key: int
    topic: str
    level: str
    since: date
    is_escalated: bool


def open_hazards(units: Iterable[int], *, on: date) -> dict[int, list[OpenHazard]]:
    """Return the hazards of units that were open at the end of a day, oldest first."""
    rows = Hazard.objects.filter(enterprise__in=set(units)).open_on(on)
    found: dict[int, list[OpenHazard]] = defaultdict(list)
    for key, unit, topic, level, since, reported in rows.order_by(
        "found_on", "pk"
    ).values_list("pk", "enterprise", "topic", "level", "found_on", "escalated_at"):
        is_escalated = reported is not None and timezone.localdate(reported) <= on
        found[unit].append(OpenHazard(key, topic, level, since, is_escalated))
    return dict(found)


def last_visits(units: Iterable[int], *, on: date) -> dict[int, date]:
    """Return the day of the last visit to each unit until a day, whatever it found."""
    rows = Visit.objects.filter(enterprise__in=set(units), visited_at__lt=_after(on))
    last = rows.order_by().values_list("enterprise").annotate(last=Max("visited_at"))
    return {unit: timezone.localdate(moment) for unit, moment in last}


def visits_by_month(
    place: Place, *, since: date, until: date
) -> dict[tuple[int, date], int]:
    """Return how many visits there were, by grid and first day of the month.

    Both days included; where each took place, not where the unit belongs today.
    """
    rows = Visit.objects.filter(
        within_paths([place.path], "grid__path"),
        visited_at__gte=_midnight(since),
        visited_at__lt=_after(until),
    )
    months = rows.order_by().annotate(month=TruncMonth("visited_at"))
    counted = months.values_list("grid", "month").annotate(n=Count("pk"))
    return {(grid, timezone.localdate(month)): n for grid, month, n in counted}


def resolution(place: Place, *, since: date, until: date) -> Share:
    """Return K11, 苗头化解率: early signs found in a period, those solved at base.

    Both days included. What proved unfounded was no early sign.
    """
    found = Hazard.objects.within(place).filter(found_on__range=(since, until))
    counts = found.exclude(
        outcome=Hazard.Outcome.UNFOUNDED, cleared_on__lte=until
    ).aggregate(
        part=Count(
            "pk", filter=Q(outcome=Hazard.Outcome.AT_BASE, cleared_on__lte=until)
        ),
        whole=Count("pk"),
    )
    return Share(counts["part"], counts["whole"])


@dataclass(frozen=True, slots=True)
class Audience:
    """How often law was explained in a period, and to how many."""

    events: int
    people: int


def audience(place: Place, *, since: date, until: date) -> Audience:
    """Return how often law was explained in a place, both days included."""
    held = Publicity.objects.within(place).filter(held_on__range=(since, until))
    counts = held.aggregate(events=Count("pk"), people=Sum("audience"))
    return Audience(counts["events"], counts["people"] or 0)


def new_units_found(place: Place, *, since: date, until: date) -> int:
    """Return how many units without a file were met at visits (主动发现)."""
    clues = Clue.objects.within(place).filter(
        visit__visited_at__gte=_midnight(since),
        visit__visited_at__lt=_after(until),
    )
    return clues.exclude(decision=Clue.Decision.DISMISSED).count()


def units_visited(units: Collection[int], *, since: date, until: date) -> int:
    """Return how many of these units were visited and met in a period."""
    met = Visit.objects.filter(
        enterprise__in=units,
        result=Visit.Result.MET,
        visited_at__gte=_midnight(since),
        visited_at__lt=_after(until),
    )
    return met.order_by().values("enterprise").distinct().count()


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _after(day: date) -> datetime:
    return _midnight(day + timedelta(days=1))
