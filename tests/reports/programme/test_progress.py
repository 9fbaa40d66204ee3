from datetime import date

import pytest

from reports.programme.progress import (
    PhaseState,
    Progress,
    days_before_notice,
    phase_state,
    progress,
)

DUE = date(2010, 8, 10)
NOTICE = date(2010, 7, 26)
EARLY = date(2010, 7, 25)  # 惠济's first milestone, a day before its notice


@pytest.mark.parametrize(
    ("due", "done_on", "on", "expected"),
    [
        (DUE, None, date(2010, 8, 9), Progress.OPEN),
        (DUE, None, DUE, Progress.OPEN),
        (DUE, None, date(2010, 8, 11), Progress.OVERDUE),
        (DUE, DUE, DUE, Progress.DONE),
        (DUE, date(2010, 8, 11), date(2010, 8, 11), Progress.DONE_LATE),
        # On a day before it was done, it was not done.
        (DUE, date(2010, 8, 11), DUE, Progress.OPEN),
        (DUE, date(2010, 8, 13), date(2010, 8, 12), Progress.OVERDUE),
        # No day: never late.
        (None, None, date(2099, 1, 1), Progress.OPEN),
        (None, date(2020, 1, 1), date(2020, 1, 1), Progress.DONE),
        # Late at birth: never OVERDUE, never DONE_LATE, whatever the day.
        (EARLY, None, NOTICE, Progress.BORN_LATE),
        (EARLY, None, date(2026, 1, 1), Progress.BORN_LATE),
        (EARLY, date(2010, 9, 1), date(2010, 9, 1), Progress.DONE),
        (NOTICE, None, NOTICE, Progress.OPEN),
        (NOTICE, None, date(2010, 7, 27), Progress.OVERDUE),
    ],
)
def test_where_a_milestone_stands(due, done_on, on, expected):
    assert progress(due, done_on, issued_on=NOTICE, on=on) == expected


@pytest.mark.parametrize(
    ("due", "issued_on", "days"),
    [
        (EARLY, NOTICE, 1),
        (NOTICE, NOTICE, 0),
        (DUE, NOTICE, 0),
        (None, NOTICE, 0),
        (EARLY, None, 0),
    ],
)
def test_how_many_days_before_its_notice_a_milestone_was_due(due, issued_on, days):
    assert days_before_notice(due, issued_on) == days


BEGINS, ENDS = date(2010, 9, 1), date(2010, 12, 31)


@pytest.mark.parametrize(
    ("begins", "due", "on", "expected"),
    [
        (BEGINS, ENDS, date(2010, 8, 31), PhaseState.FUTURE),
        (BEGINS, ENDS, BEGINS, PhaseState.CURRENT),
        (BEGINS, ENDS, ENDS, PhaseState.CURRENT),
        (BEGINS, ENDS, date(2011, 1, 1), PhaseState.ENDED),
        (BEGINS, None, date(2050, 1, 1), PhaseState.CURRENT),
        (None, None, date(2050, 1, 1), PhaseState.UNDATED),
        (None, ENDS, date(2011, 1, 1), PhaseState.ENDED),
    ],
)
def test_where_a_phase_stands(begins, due, on, expected):
    assert phase_state(begins, due, on) == expected
