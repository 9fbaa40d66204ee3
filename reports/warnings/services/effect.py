"""Whether warnings were any good: what was warned of, and what came of it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from enterprises.supervision.facts import Units, facts_of
from gridinspect.workdays.rules import months_later
from reports.warnings.models import BECAME, EarlyWarning, WarningQuerySet

BEFORE = 6  # months before a violation was dealt with in which a warning counts


@dataclass(frozen=True, slots=True)
class Effect:
    """What became of the warnings of one rule that began in a period."""

    rule: str
    name: str
    warned: int
    confirmed: int
    unfounded: int
    ended: int  # by themselves, before anybody looked
    waiting: int


def effects(warnings: WarningQuerySet, *, since: date, until: date) -> list[Effect]:
    """Return by rule what became of the warnings that began in a period. One query."""
    counted = {what: Count("pk", filter=rows) for what, rows in BECAME.items()}
    found = (
        warnings.filter(since__gte=since, since__lte=until)
        .with_last_answer()
        .order_by("rule", "name")
        .values("rule", "name")
        .annotate(warned=Count("pk"), **counted)
    )
    return [Effect(**row) for row in found]


def not_warned(units: Units, *, since: date, until: date) -> dict[int, date]:
    """Return the units where a violation was dealt with that nothing had warned of.

    With the day it was dealt with. A warning counts that stood within the half year
    before that day.
    """
    punished = facts_of(["punished"], units, since=since, until=until)
    days = {
        unit: max((row.on for row in fact.rows if row.on), default=until)
        for unit, fact in punished.by_key["punished"].items()
    }
    stood: dict[int, list[tuple[date, date | None]]] = defaultdict(list)
    rows = EarlyWarning.objects.filter(
        Q(until=None) | Q(until__gte=months_later(since, -BEFORE)),
        enterprise__in=list(days),
        since__lte=until,
    )
    for unit, begun, ended in rows.values_list("enterprise", "since", "until"):
        stood[unit].append((begun, ended))
    return {
        unit: day
        for unit, day in days.items()
        if not any(
            begun <= day and (ended is None or ended >= months_later(day, -BEFORE))
            for begun, ended in stood[unit]
        )
    }
