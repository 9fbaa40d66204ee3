"""What other rooms may ask of inspections."""

from collections.abc import Collection
from datetime import date

from cases.inspections.frequency import counted_of, frequency_of
from cases.inspections.models import Inspection
from cases.inspections.rules import Frequency
from enterprises.models import Enterprise

__all__ = ["counted_of", "frequency", "inspected_between"]


def frequency(unit: Enterprise, *, on: date) -> Frequency:
    """Return what counts against the unit's cap in the year of a day, and the cap."""
    return frequency_of(unit, on=on)


def inspected_between(
    units: Collection[int], first: date, last: date
) -> dict[int, list[date]]:
    """Return the days on which units were inspected in a period, oldest first."""
    rows = Inspection.objects.filter(
        enterprise__in=units,
        state__in=Inspection.DONE,
        inspected_on__range=(first, last),
    ).order_by("inspected_on", "pk")
    found: dict[int, list[date]] = {}
    for unit, day in rows.values_list("enterprise_id", "inspected_on"):
        if day:
            found.setdefault(unit, []).append(day)
    return found
