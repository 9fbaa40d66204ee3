"""考勤: what a month of an assistant's attendance says, and the three counts apart.

Pure. The plan of 营口 counts absences in three ways that must not be mixed (X-14): days
absent without reason in a row and in a year (年度考核不称职), days absent without
reason (视作离职), and absences that spot checks found (抽查空岗). A monthly sheet says
how many days somebody was absent and the longest stretch; what spot checks found is
counted beside it. A count only says that a threshold was reached; people decide.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from grids.policy import PolicyValues


class Month(Protocol):
    """What is noted of one person's month."""

    month: date
    absent: int
    longest_absence: int | None
    spot_absences: int


@dataclass(frozen=True)
class Count:
    """One count with its threshold, the clause, and what reaching it may lead to."""

    key: str
    name: str
    counted: int | None  # None: the sheets do not say
    limit: int
    is_over: bool  # the plan speaks of more than the limit, not of the limit itself
    clause: str
    leads_to: str

    @property
    def is_reached(self) -> bool:
        if self.counted is None:
            return False
        return self.counted > self.limit if self.is_over else self.counted >= self.limit

    @property
    def words(self) -> str:
        """Return 2（超过 3 次）; what is not known is said."""
        said = "考勤表没有写明" if self.counted is None else f"{self.counted}"
        unit = "次" if self.key == "spot_absences_max" else "天"
        edge = (
            f"超过 {self.limit} {unit}"
            if self.is_over
            else f"{self.limit} {unit}及以上"
        )
        return f"{said}（界限：{edge}）"


def counts_of(months: Sequence[Month], values: PolicyValues, year: int) -> list[Count]:
    """Return the counts that a plan keeps over the months of a year, each its own."""
    mine = [one for one in months if one.month.year == year]
    stretches = [one.longest_absence for one in mine]
    known = [days for days in stretches if days is not None]
    in_a_row = max(known) if known else (0 if not any(m.absent for m in mine) else None)
    days = sum(one.absent for one in mine)
    rows = (
        (
            "absent_days_in_a_row",
            "无故连续缺勤",
            in_a_row,
            False,
            "年度考核不称职的情形",
        ),
        (
            "absent_days_in_a_year",
            "全年累计无故缺勤",
            days,
            False,
            "年度考核不称职的情形",
        ),
        ("absent_days_left", "无故不在岗", days, False, "可提出视作离职，由人审核"),
        (
            "spot_absences_max",
            "抽查无故空岗",
            sum(one.spot_absences for one in mine),
            True,
            "可提出解除，由人审核",
        ),
    )
    return [
        Count(key, name, counted, limit.value, is_over, limit.clause, leads_to)
        for key, name, counted, is_over, leads_to in rows
        if (limit := values.number(key))
    ]


def days_in(month: date) -> int:
    """Return the days of a month."""
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    return (following - month.replace(day=1)).days


def first_of(day: date) -> date:
    return day.replace(day=1)


def fault_of(month: date, counted: Iterable[int | None], longest: int | None) -> str:
    """Say what is wrong with the days of a month, "" for nothing.

    `counted` are days present, absent and on leave: together they fit the month.
    """
    days = [one or 0 for one in counted]
    if sum(days) > days_in(month):
        return (
            f"出勤、缺勤和请假合计 {sum(days)} 天，{month:%Y年%m月}只有 "
            f"{days_in(month)} 天，请核对。"
        )
    if longest is not None and longest > days[1]:
        return f"连续缺勤 {longest} 天多于缺勤 {days[1]} 天，请核对。"
    if longest == 0 and days[1]:
        return f"缺勤 {days[1]} 天，连续缺勤应至少为 1 天，不清楚的请留空。"
    return ""
