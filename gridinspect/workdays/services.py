"""What changes the calendar. Callers that act for a person leave the audit event."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from gridinspect.workdays.models import CalendarYear, ExceptionDay
from gridinspect.workdays.rules import SpecialDay


@transaction.atomic
def replace_year(
    *,
    year: int,
    days: Iterable[SpecialDay],
    source: str,
    is_official: bool = True,
    entered_by: Any = None,
) -> bool:
    """Make these the special days of a year's notice; tell whether anything changed.

    A notice may name days of the December before; it then takes them over.
    """
    days = sorted(days, key=lambda special: special.day)
    wanted = {(d.day, d.name, d.is_working_day) for d in days}
    row = CalendarYear.objects.select_for_update().filter(pk=year).first()
    if row and (row.source, row.is_official) == (source, is_official):
        held = row.days.values_list("day", "name", "is_working_day")
        if set(held) == wanted:
            return False

    CalendarYear.objects.update_or_create(
        pk=year,
        defaults={
            "source": source,
            "is_official": is_official,
            "entered_by": entered_by,
        },
    )
    ExceptionDay.objects.filter(year_id=year).delete()
    ExceptionDay.objects.filter(day__in=[d.day for d in days]).delete()
    ExceptionDay.objects.bulk_create(
        ExceptionDay(
            day=d.day, year_id=year, name=d.name, is_working_day=d.is_working_day
        )
        for d in days
    )
    return True
