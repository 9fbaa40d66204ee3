"""Which grade a year's facts lead to, which grounds hold, who is a candidate. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gridinspect.workdays.rules import months_later
from grids.policy import (
    Grade,
    GradeCriterion,
    GradeScheme,
    KeyGround,
    PublicCandidate,
)

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reason:
    """A criterion that holds: what it says, what the fact was, what it costs."""

    key: str
    name: str
    fact: str
    value: int
    needed: int
    grade: str = ""
    points: int = 0
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The grade that facts lead to, with what decided it and what nobody knows."""

    grade: str
    decided: tuple[Reason, ...]
    points: int | None = None
    unknown: tuple[str, ...] = ()


def year_of(year: int) -> tuple[date, date]:
    """Return the first and last day of the year whose record is graded."""
    return date(year, 1, 1), date(year, 12, 31)


def propose(
    values: Mapping[str, int],
    *,
    scheme: GradeScheme,
    grades: Sequence[Grade],
    criteria: Sequence[GradeCriterion],
    known: Collection[str],
) -> Proposal:
    """Return the grade that the facts of a year lead to under a scheme.

    A fact that is not there is 0. Without points the worst grade whose criterion holds,
    else the best one; with points the first grade whose lowest points are reached, and
    criteria that name a grade overrule them downwards.
    """
    reasons = tuple(
        _reason(row, values.get(row.fact, 0))
        for row in criteria
        if values.get(row.fact, 0) >= row.at_least
    )
    order = {grade.key: place for place, grade in enumerate(grades)}
    worst = max((order[one.grade] for one in reasons if one.grade), default=0)
    points = None
    if scheme.points is not None:
        points = max(0, scheme.points - sum(one.points for one in reasons))
        worst = max(worst, _by_points(points, grades))
    unknown = dict.fromkeys(row.fact for row in criteria if row.fact not in known)
    return Proposal(grades[worst].key, reasons, points, tuple(unknown))


def _reason(row: GradeCriterion, value: int) -> Reason:
    return Reason(
        key=row.key,
        name=row.name,
        fact=row.fact,
        value=value,
        needed=row.at_least,
        grade=row.grade,
        points=deduction(row, value),
        clause=row.clause or row.source,
    )


def deduction(row: GradeCriterion, value: int) -> int:
    """Return the points that a fact costs under a criterion."""
    if row.points is None or value < row.at_least:
        return 0
    points = row.points * (value if row.each else 1)
    return points if row.most is None else min(points, row.most)


def _by_points(points: int, grades: Sequence[Grade]) -> int:
    for place, grade in enumerate(grades):
        if grade.min_points is not None and points >= grade.min_points:
            return place
    return len(grades) - 1


# --- key supervision ------------------------------------------------------------------


def window(ground: KeyGround, on: date) -> tuple[date, date]:
    """Return the days in which a ground's facts count: 365 days end today."""
    return (date.min if ground.days is None else days_back(on, ground.days)), on


def days_back(on: date, days: int) -> date:
    """Return the first of so many days of which the last is `on`."""
    return on - timedelta(days=days) + ONE_DAY


def holds(ground: KeyGround, value: int) -> bool:
    """Tell whether a fact fulfils a ground; both bounds contain their number."""
    above = ground.at_least is None or value >= ground.at_least
    return above and (ground.at_most is None or value <= ground.at_most)


# --- publication ----------------------------------------------------------------------


def is_candidate(row: PublicCandidate, values: Mapping[str, int]) -> bool:
    """Tell whether facts make a unit a candidate for publication."""
    beside = not row.and_fact or values.get(row.and_fact, 0) > 0
    return values.get(row.fact, 0) >= row.at_least and beside


def quarter_of(day: date) -> tuple[date, date]:
    """Return the first and last day of a day's quarter."""
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    after = date(first.year + first.month // 10, (first.month + 2) % 12 + 1, 1)
    return first, after - ONE_DAY


def quarter_name(day: date) -> str:
    """Return 2026年第4季度."""
    return f"{day.year}年第{(day.month - 1) // 3 + 1}季度"


def facts_needed(rows: Iterable[GradeCriterion]) -> list[str]:
    """Return the facts that criteria ask for, each once."""
    return list(dict.fromkeys(row.fact for row in rows))


# An ID number of 15 or 18 characters, a mobile number, a bank card.
_PRIVATE = re.compile(
    r"(?<![0-9A-Za-z])(\d{17}[0-9Xx]|\d{15}|1[3-9]\d{9}|\d{16}|\d{19})(?![0-9A-Za-z])"
)


def private_numbers_in(text: str) -> list[str]:
    """Return what looks like a person's number in a text that is to be published."""
    return _PRIVATE.findall(text)


def early_removal_from(corrected_on: date, months: int) -> date:
    """Return the first day on which a unit may leave the list before its end.

    Corrected and six months have passed since (45号令): on the day of the same number.
    """
    return months_later(corrected_on, months)


def early_removal_fault(
    *, corrected_on: date | None, committed_on: date | None, on: date, months: int
) -> str:
    """Return why a unit may not leave the list early on a day; empty if it may."""
    if corrected_on is None:
        return "提前移出须已改正违法行为，请填写改正日期。"
    if committed_on is None:
        return "提前移出须有书面信用承诺，请填写承诺日期。"
    if max(corrected_on, committed_on) > on:
        return "改正日期和承诺日期不能晚于移出日期。"
    first = early_removal_from(corrected_on, months)
    if on < first:
        return f"改正满 {months} 个月后才能提前移出，最早为 {first}。"
    return ""
