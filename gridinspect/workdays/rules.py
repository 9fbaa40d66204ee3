"""The working-day calendar (工作日历): pure dates, no database, no clock.

The State Council publishes each November which days of the next year are off and
which weekend days are worked in exchange (调休). Until then a year is counted Monday to
Friday without exceptions, and what is counted across it is provisional (暂定).
"""

import calendar
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

ONE_DAY = timedelta(days=1)
SATURDAY = 5
WORKED = "工作日"

# The notice of one year may move days across New Year's Eve, as in December 2018.
NOTICE_REACHES_BACK = timedelta(days=7)

# Beyond this many days a line of a notice is a slip of the pen.
LONGEST_HOLIDAY = 15


class NoticeFaulty(ValueError):
    """A holiday notice that contradicts itself. `faults` has one sentence for each."""

    def __init__(self, faults: Iterable[str]):
        self.faults = list(faults)
        super().__init__("；".join(self.faults))


@dataclass(frozen=True)
class Step:
    """One day of a count: does it count, and why."""

    day: date
    counted: bool
    why: str


@dataclass(frozen=True)
class Due:
    """The last day of a period, how it was found, and whether it may still move."""

    on: date
    provisional: bool
    steps: tuple[Step, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class WorkCalendar:
    """Says which days are working days, and counts them.

    Monday to Friday are, except `days_off`; Saturday and Sunday are not, except
    `days_on`. Both map a day to the holiday it belongs to. They are final for the
    `years` with an official notice and a presumption outside them.
    """

    years: frozenset[int]
    days_off: Mapping[date, str] = field(default_factory=dict)
    days_on: Mapping[date, str] = field(default_factory=dict)

    def is_working_day(self, day: date) -> bool:
        if day.weekday() < SATURDAY:
            return day not in self.days_off
        return day in self.days_on

    def is_final(self, day: date) -> bool:
        """Tell whether the notice of that day's year has been published and loaded."""
        return day.year in self.years

    def add(self, start: date, working_days: int) -> Due:
        """Return the last of so many working days, counting from the day after `start`.

        The first day does not count (民法典 Art. 201). Raises ValueError below zero.
        """
        if working_days < 0:
            raise ValueError(f"Cannot count {working_days} working days forward.")
        steps, left = [self._start(start)], working_days
        while left:
            day = steps[-1].day + ONE_DAY
            counted = self.is_working_day(day)
            left -= counted
            steps.append(self._step(day, counted, working_days - left))
        return self._due(steps, looked_at=steps[1:])

    def add_natural(self, start: date, days: int) -> Due:
        """Return the last of so many days; on a day off it moves to the next worked.

        The first day does not count. Only the end depends on the calendar, so only the
        end can be provisional. *Source:* 民法典 Art. 201, 203; 民事诉讼法 Art. 85.
        Raises ValueError below zero.
        """
        if days < 0:
            raise ValueError(f"Cannot count {days} days forward.")
        steps = [self._start(start)]
        for number in range(1, days + 1):
            day = start + number * ONE_DAY
            steps.append(Step(day, True, f"第{number}日"))
        if not days:
            return self._due(steps, looked_at=[])
        return self._rolled(steps)

    def add_months(self, start: date, months: int, *, roll: bool = True) -> Due:
        """Return the day of the same number so many months later, or the month's last.

        With `roll` a last day that is not worked moves to the next working day.
        *Source:* 民法典 Art. 202, 203.
        """
        last = months_later(start, months)
        steps = [self._start(start), Step(last, True, f"满{months}个月之日")]
        return self._rolled(steps) if roll else self._due(steps, looked_at=[])

    def count(self, start: date, end: date) -> int:
        """Return how many working days lie after `start`, up to and including `end`."""
        span = range(1, (end - start).days + 1)
        return sum(self.is_working_day(start + n * ONE_DAY) for n in span)

    def why(self, day: date) -> str:
        """Say in Chinese what a day is: 周末, 春节放假, 春节调休上班, 工作日."""
        if name := self.days_on.get(day):
            return f"{name}调休上班"
        if name := self.days_off.get(day):
            return f"{name}放假"
        kind = WORKED if day.weekday() < SATURDAY else "周末"
        if self.is_final(day):
            return kind
        return f"{kind}（{day.year}年放假安排未公布，暂按周一至周五计）"

    def _start(self, day: date) -> Step:
        return Step(day, False, "起算日不计入")

    def _step(self, day: date, counted: bool, number: int) -> Step:
        why = self.why(day)
        if not counted:
            return Step(day, False, why)
        if why == WORKED:
            return Step(day, True, f"第{number}个工作日")
        return Step(day, True, f"第{number}个工作日：{why}")

    def _rolled(self, steps: list[Step]) -> Due:
        """Move the end over days that are not worked, keeping what was passed."""
        looked_at = [steps[-1]]
        while not self.is_working_day(looked_at[-1].day):
            day = looked_at[-1].day
            if len(looked_at) == 1:
                why = f"{steps[-1].why}，{self.why(day)}，期限顺延"
                steps[-1] = Step(day, True, why)
            looked_at.append(Step(day + ONE_DAY, False, ""))
        for step in looked_at[1:]:
            why = self.why(step.day)
            last = step is looked_at[-1]
            words = f"顺延至此日：{why}" if last else f"{why}，继续顺延"
            steps.append(Step(step.day, False, words))
        return self._due(steps, looked_at=looked_at)

    def _due(self, steps: list[Step], *, looked_at: list[Step]) -> Due:
        provisional = not all(self.is_final(step.day) for step in looked_at)
        return Due(steps[-1].day, provisional, tuple(steps))


def months_later(start: date, months: int) -> date:
    """Return the same day so many months later, or that month's last day."""
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last))


@dataclass(frozen=True)
class Holiday:
    """One line of a notice: a holiday, first and last day off, days worked for it."""

    name: str
    first: date
    last: date
    worked: tuple[date, ...] = ()

    @cached_property
    def days(self) -> tuple[date, ...]:
        span = (self.last - self.first).days
        return tuple(self.first + n * ONE_DAY for n in range(span + 1))


@dataclass(frozen=True)
class SpecialDay:
    """A day that a notice names: off, or worked in exchange."""

    day: date
    name: str
    is_working_day: bool


def special_days(year: int, notice: Iterable[Holiday]) -> list[SpecialDay]:
    """Return every day that the notice of a year names, in order.

    Raises NoticeFaulty with all faults: an end before its beginning, a day outside the
    year, a day named twice, a weekday given as worked in exchange.
    """
    notice = list(notice)
    faults = list(_faults(year, notice))
    if faults:
        raise NoticeFaulty(faults)
    days = [
        *(SpecialDay(day, h.name, False) for h in notice for day in h.days),
        *(SpecialDay(day, h.name, True) for h in notice for day in h.worked),
    ]
    return sorted(days, key=lambda special: special.day)


def _faults(year: int, notice: list[Holiday]) -> Iterator[str]:
    if not notice:
        yield "通知中没有任何节日"
    seen: dict[date, str] = {}
    for holiday in notice:
        yield from _faults_of_one(year, holiday)
        for day in (*holiday.days[:31], *holiday.worked):
            if day in seen:
                yield f"{day:%Y-%m-%d} 同时出现在{seen[day]}和{holiday.name}中"
            seen[day] = holiday.name


def _faults_of_one(year: int, holiday: Holiday) -> Iterator[str]:
    first, last = date(year, 1, 1) - NOTICE_REACHES_BACK, date(year, 12, 31)
    if holiday.last < holiday.first:
        yield f"{holiday.name}：最后一天早于第一天"
    elif len(holiday.days) > LONGEST_HOLIDAY:
        yield f"{holiday.name}：放假{len(holiday.days)}天，请核对日期"
    for day in holiday.worked:
        if day.weekday() < SATURDAY:
            yield f"{holiday.name}：{day:%Y-%m-%d} 不是周末，不能列为调休上班日"
    for day in (holiday.first, holiday.last, *holiday.worked):
        if not first <= day <= last:
            yield f"{holiday.name}：{day:%Y-%m-%d} 不属于{year}年的安排"
