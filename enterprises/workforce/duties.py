"""应备案未备案: what the roster says should be filed, set-based.

Who is employed and whose employment was never filed (新招用); whose renewed contract
was not (续订); who left within the statute of limitations without a filing of that
(解除、终止). A row is overdue when its day lies at or before the cutoff of its district
(see rules.last_overdue), so no due day is stored and a changed calendar moves nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from enterprises.workforce.limits import EVENT_WORDS, Event, FilingLaw
from enterprises.workforce.models import Contract, Worker
from gridinspect.workdays.rules import Due
from grids.models import Grid

EVENTS = (Event.HIRED, Event.RENEWED, Event.ENDED)
FIELDS = ("event", "key", "worker", "name", "unit", "unit_name", "place", "home", "day")


def unfiled(event: Event) -> QuerySet[Any]:
    """Return the workers or contracts of which something was not filed, due or not.

    `day` is when it happened.
    """
    if event == Event.HIRED:
        rows = Worker.objects.filter(hire_filing=None, until=None)
        return rows.annotate(day=F("since"))
    if event == Event.ENDED:
        rows = Worker.objects.filter(end_filing=None, until__isnull=False)
        return rows.annotate(day=F("until"))
    return Contract.objects.filter(
        filing=None, worker__hire_filing__isnull=False, worker__until=None
    ).annotate(day=Coalesce("signed_on", "begins_on"))


def open_duties(
    event: Event, districts: Iterable[Grid], today: date, *, law: FilingLaw
) -> QuerySet[Any]:
    """Return what is not filed and still has to be, overdue or not."""
    return _in_districts(event, districts, today, law=law, overdue_only=False)


def overdue(
    event: Event, districts: Iterable[Grid], today: date, *, law: FilingLaw
) -> QuerySet[Any]:
    """Return what should have been filed before today and was not."""
    return _in_districts(event, districts, today, law=law, overdue_only=True)


def _in_districts(
    event: Event,
    districts: Iterable[Grid],
    today: date,
    *,
    law: FilingLaw,
    overdue_only: bool,
) -> QuerySet[Any]:
    places = list(districts)
    law.prepare(places)
    where = "worker__district" if event == Event.RENEWED else "district"
    asked = Q(pk__in=[])
    for district in places:
        condition = Q(**{where: district.pk})
        if overdue_only:
            condition &= Q(day__lte=law.cutoff(event, district, today))
        if event != Event.HIRED:
            condition &= Q(day__gte=law.oldest(district, today))
        asked |= condition
    return unfiled(event).filter(asked)


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing that a unit has to file, with the day it was to be filed by."""

    event: Event
    key: int  # of the worker, or of the contract for a renewal
    worker: int
    name: str
    unit: int
    unit_name: str
    place: str
    day: date
    due: Due
    today: date

    @property
    def label(self) -> str:
        return EVENT_WORDS[self.event]

    @property
    def days_late(self) -> int:
        return max(0, (self.today - self.due.on).days)

    @property
    def code(self) -> str:
        """What a form names it by."""
        return f"{self.event}:{self.key}"


def as_rows(event: Event, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return duties as dictionaries of FIELDS, so that events can be put together."""
    through = "worker__" if event == Event.RENEWED else ""
    return rows.order_by().annotate(
        event=Value(str(event), CharField()),
        key=F("pk"),
        **({} if through else {"worker": F("pk")}),
        unit=F(f"{through}enterprise_id"),
        unit_name=F(f"{through}enterprise__name"),
        place=F(f"{through}enterprise__grid__name"),
        home=F(f"{through}district_id"),
        **({"name": F("worker__name")} if through else {}),
    )


def together(parts: dict[Event, QuerySet[Any]]) -> QuerySet[Any]:
    """Return the duties of several events in one list, the oldest first."""
    named = [as_rows(event, rows).values(*FIELDS) for event, rows in parts.items()]
    first, *others = named
    rows = first.union(*others, all=True) if others else first
    return rows.order_by("day", "unit_name", "key")
