"""What the law says about clocks, teams and retirement. Pure: no database, no clock.

No number of the law stands here. Limits come from the policy files, with their source,
and are given to each function (grids/policy.py reads them).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gridinspect.law import Limit
from gridinspect.workdays.rules import Due, WorkCalendar, months_later
from grids.policy import Retirement

MONTHS_A_YEAR = 12
PERIODS = ("working_days", "natural_days", "months", "years")


class UnitUnknown(ValueError):
    """A limit that is not a period of time, such as a number of persons."""


class Refused(ValueError):
    """An act that the law does not allow. Its text tells a person why, in Chinese."""


class TeamFaulty(Refused):
    """A team that may not investigate. Its text says in Chinese what is missing."""


class TooLate(Refused):
    """An act that the law allows only before a day that has passed."""


class NotAllowed(Refused):
    """An act that the law denies in this state or to this person."""


# --- clocks ---------------------------------------------------------------------------


def due_date(
    start: date, limit: Limit, workdays: WorkCalendar, *, more: Iterable[Limit] = ()
) -> Due:
    """Return the last day of a period that begins after `start`.

    `more` are prolongations of the same period: they are counted on, and the last day
    alone moves off a holiday. A bar of years does not move: it ends when it ends.
    Raises UnitUnknown.
    """
    limits = [limit, *more]
    value, units = sum(one.value for one in limits), {one.unit for one in limits}
    if len(units) > 1:
        raise UnitUnknown("、".join(sorted(units)))
    match limit.unit:
        case "working_days":
            return workdays.add(start, value)
        case "natural_days":
            return workdays.add_natural(start, value)
        case "months":
            return workdays.add_months(start, value)
        case "years":
            return workdays.add_months(start, value * MONTHS_A_YEAR, roll=False)
    raise UnitUnknown(limit.unit)


def acceptance_deadline(received_on: date, limit: Limit, workdays: WorkCalendar) -> Due:
    """Return the last day to accept or refuse a complaint (T1).

    *Source:* 关于实施《劳动保障监察条例》若干规定 Art. 18; 河南省条例 Art. 15.
    """
    return due_date(received_on, limit, workdays)


def binds_reports(limit: Limit) -> bool:
    """Tell whether the limit to decide (T1) holds for a report too, as in 河南."""
    return "举报人" in limit.clause


def investigation_deadline(
    filed_on: date,
    limit: Limit,
    workdays: WorkCalendar,
    *,
    extension: Limit | None = None,
) -> Due:
    """Return the last day of an investigation (T5), with its one extension (T6).

    *Source:* 劳动保障监察条例 Art. 17; 河南省条例 Art. 16.
    """
    return due_date(filed_on, limit, workdays, more=[extension] if extension else [])


def runs_to_closing(limit: Limit) -> bool:
    """Tell whether an investigation's limit is one to close by (T5 of some provinces).

    The statute's own words say so: 河南 has 结案 within thirty days.
    """
    return "结案" in limit.clause


def decision_deadline(
    investigation_ended_on: date, limit: Limit, workdays: WorkCalendar
) -> Due:
    """Return the last day to decide once the investigation has ended (T7)."""
    return due_date(investigation_ended_on, limit, workdays)


def time_bar(act_ended_on: date, limit: Limit) -> date:
    """Return the last day on which a violation may still be taken up (T20).

    From the day the act was done or, when it continued, the day it ended. A day that
    the later year lacks, 29 February, becomes the last of its month.
    *Source:* 劳动保障监察条例 Art. 20; 民法典 Art. 202.
    """
    return months_later(act_ended_on, limit.value * MONTHS_A_YEAR)


def is_time_barred(act_ended_on: date, on: date, limit: Limit) -> bool:
    """Tell whether a violation that ended on one day is too old on another (T20)."""
    return on > time_bar(act_ended_on, limit)


def filing_day(accepted_on: date, limit: Limit) -> date:
    """Return the day on which an accepted complaint counts as filed (T2).

    The law joins both: a complaint is filed on its day of acceptance. The clock of the
    investigation runs from that day, whenever the papers are done.
    *Source:* 关于实施《劳动保障监察条例》若干规定 Art. 18. Raises UnitUnknown when a
    policy asks for anything else than the same day.
    """
    if limit.value:
        raise UnitUnknown(f"{limit.value} {limit.unit}")
    return accepted_on


# --- extension ------------------------------------------------------------------------


def check_extension(
    *, due_on: date, on: date, proposed_by: object, approved_by: object, times: int
) -> None:
    """Raise TooLate or NotAllowed unless an extension may be granted (T6).

    Once, not after the period has ended, and by somebody other than the proposer.
    *Source:* 劳动保障监察条例 Art. 17.
    """
    if times:
        raise NotAllowed("调查期限只能延长一次，本案已经延长过。")
    if on > due_on:
        raise TooLate(f"调查期限已于 {due_on} 届满，届满后不能再延长。")
    if proposed_by == approved_by:
        raise NotAllowed("提出延期的人不能自己批准。")


# --- the team -------------------------------------------------------------------------


@dataclass(frozen=True)
class Inspector:
    """One member of a team, with the days on which the certificate is valid."""

    person: int
    name: str
    certified: tuple[tuple[date, date], ...]  # first and last valid day of each

    def is_certified(self, on: date) -> bool:
        return any(first <= on <= last for first, last in self.certified)


def check_team(
    team: Collection[Inspector], *, lead: int | None, on: date, minimum: Limit
) -> None:
    """Raise TeamFaulty unless enough certified inspectors, one of them 主办, act.

    *Source:* 劳动保障监察条例 Art. 16; 若干规定 Art. 20 for the 主办监察员.
    """
    persons = {inspector.person for inspector in team}
    if len(persons) < minimum.value:
        raise TeamFaulty(
            f"调查须由不少于{minimum.value}名劳动保障监察员共同进行"
            f"（{minimum.source}），现为{len(persons)}名。"
        )
    lapsed = [one.name for one in team if not one.is_certified(on)]
    if lapsed:
        names = "、".join(lapsed)
        raise TeamFaulty(f"{on} 没有有效的劳动保障监察证：{names}。")
    if lead not in persons:
        raise TeamFaulty("须从办案人员中指定一名主办监察员。")


# --- urgency --------------------------------------------------------------------------


class Urgency(StrEnum):
    """How near the end of a period is, in words."""

    OVERDUE = "已逾期"
    TODAY = "今日到期"
    THREE_DAYS = "3天内到期"
    TEN_DAYS = "10天内到期"
    LATER = "10天以后"


def urgency(due_on: date, on: date) -> Urgency:
    """Return how near a last day is, in natural days."""
    left = (due_on - on).days
    if left < 0:
        return Urgency.OVERDUE
    if left == 0:
        return Urgency.TODAY
    if left <= 3:
        return Urgency.THREE_DAYS
    return Urgency.TEN_DAYS if left <= 10 else Urgency.LATER


def time_left(due_on: date, on: date) -> str:
    """Say in Chinese how many natural days are left, or how long it is overdue."""
    left = (due_on - on).days
    if left < 0:
        return f"逾期{-left}天"
    return f"还剩{left}天" if left else "今日到期"


# --- retirement -----------------------------------------------------------------------


def retirement_delay(born_on: date, rule: Retirement) -> int:
    """Return by how many months the statutory retirement is later than it was."""
    first = rule.first_birth
    months = (born_on.year - first.year) * MONTHS_A_YEAR + born_on.month - first.month
    return 0 if months < 0 else min(rule.cap, months // rule.step + 1)


def retirement_date(born_on: date, rule: Retirement) -> date:
    """Return the statutory day of retirement.

    The birthday's number in the month of retirement, or that month's last day.
    *Source:* 全国人大常委会关于实施渐进式延迟法定退休年龄的决定, 2024-09-13.
    """
    months = rule.base_years * MONTHS_A_YEAR + retirement_delay(born_on, rule)
    return months_later(born_on, months)


def exit_alert(retires_on: date, months_before: Limit) -> date:
    """Return the day from which a coming retirement is announced (YK-35)."""
    return months_later(retires_on, -months_before.value)


# --- sealed words ---------------------------------------------------------------------


def sealed_words_in(text: str, sealed: Iterable[str]) -> list[str]:
    """Return the sealed values (name, telephone, ID number) that a text gives away.

    Blanks and case do not hide them; values of one character are too short to tell.
    *Source:* 劳动保障监察条例 Art. 9: who reports is kept secret.
    """
    plain = "".join(text.split()).upper()
    words = ("".join(word.split()).upper() for word in sealed)
    return [word for word in words if len(word) > 1 and word in plain]
