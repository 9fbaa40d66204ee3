"""Entering a year's holiday notice, and what follows from it for open periods."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from cases.services.clocks import recompute_deadlines
from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.workdays import services as workdays
from gridinspect.workdays.models import CalendarYear
from gridinspect.workdays.rules import Holiday, SpecialDay, special_days


@dataclass(frozen=True)
class NoticeEntered:
    """What came of a notice: did the calendar change, how many periods moved."""

    changed: bool
    moved: int


def enter_notice(
    *,
    year: int,
    notice: Iterable[Holiday],
    source: str,
    is_official: bool = True,
    by: User,
) -> NoticeEntered:
    """Make a notice the calendar of its year and recompute every open period.

    Raises workdays.rules.NoticeFaulty.
    """
    days = special_days(year, notice)
    return load_year(
        year=year, days=days, source=source, is_official=is_official, by=by
    )


@transaction.atomic
def load_year(
    *,
    year: int,
    days: Iterable[SpecialDay],
    source: str,
    is_official: bool = True,
    by: User,
) -> NoticeEntered:
    """Make these days the calendar of a year; the same again changes nothing."""
    days = list(days)
    changed = workdays.replace_year(
        year=year,
        days=days,
        source=source,
        is_official=is_official,
        entered_by=None if by.is_system else by,
    )
    if not changed:
        return NoticeEntered(changed=False, moved=0)
    moved = recompute_deadlines(by=by)
    record(
        "calendar.entered",
        by=by,
        target=CalendarYear.objects.get(pk=year),
        path="",
        source=source,
        is_official=is_official,
        days=len(days),
        moved=moved,
    )
    return NoticeEntered(changed=True, moved=moved)
