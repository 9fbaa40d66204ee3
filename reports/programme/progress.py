"""How far a milestone or a phase is on a day. Pure: dates in, a state out."""

from datetime import date, timedelta
from enum import StrEnum


class Progress(StrEnum):
    """Where something that is due on a day stands."""

    DONE = "done"
    DONE_LATE = "done_late"
    OPEN = "open"
    OVERDUE = "overdue"
    BORN_LATE = "born_late"


PROGRESS = {
    Progress.DONE: "完成",
    Progress.DONE_LATE: "逾期完成",
    Progress.OPEN: "未完成",
    Progress.OVERDUE: "逾期",
    Progress.BORN_LATE: "已迟于发文",
}


def progress(
    due: date | None, done_on: date | None, *, issued_on: date | None, on: date
) -> Progress:
    """Tell where a thing stands on a day.

    What was due before the notice that asks for it was late at birth: nobody could have
    done it in time, so being done later is no fault.
    """
    is_born_late = days_before_notice(due, issued_on) > 0
    if done_on is not None and done_on <= on:
        in_time = due is None or done_on <= due or is_born_late
        return Progress.DONE if in_time else Progress.DONE_LATE
    if is_born_late:
        return Progress.BORN_LATE
    return Progress.OPEN if due is None or on <= due else Progress.OVERDUE


def days_before_notice(due: date | None, issued_on: date | None) -> int:
    """Return by how many days a thing was due before its notice; 0 otherwise."""
    if due is None or issued_on is None:
        return 0
    return max((issued_on - due).days, 0)


class PhaseState(StrEnum):
    """Where a phase of the plan stands."""

    UNDATED = "undated"
    FUTURE = "future"
    CURRENT = "current"
    ENDED = "ended"


PHASE_STATES = {
    PhaseState.UNDATED: "没有期限",
    PhaseState.FUTURE: "未开始",
    PhaseState.CURRENT: "进行中",
    PhaseState.ENDED: "已到期",
}


def phase_state(begins: date | None, due: date | None, on: date) -> PhaseState:
    """Tell whether a phase from `begins` to `due`, both counted, is running on a day.

    A phase with neither is open for ever.
    """
    if begins is not None and on < begins:
        return PhaseState.FUTURE
    if due is None:
        return PhaseState.UNDATED if begins is None else PhaseState.CURRENT
    return PhaseState.ENDED if due < on else PhaseState.CURRENT


def day_after(day: date | None) -> date | None:
    """Return the first day of what follows a phase that ends on a day."""
    return None if day is None else day + timedelta(days=1)
