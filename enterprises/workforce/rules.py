"""Pure rules of rosters and filings: ages, terms of contracts, days to file by."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from gridinspect.law import Limit
from gridinspect.workdays.rules import Due, WorkCalendar, months_later

ONE_DAY = timedelta(days=1)
FIXED, OPEN, TASK, UNKNOWN = "fixed", "open", "task", "unknown"
INSURANCES = {
    "pension": "养老",
    "medical": "医疗",
    "unemployment": "失业",
    "injury": "工伤",
    "maternity": "生育",
}
NOT_INSURED = "none"


# --- ages -----------------------------------------------------------------------------


def age_on(born_on: date, day: date) -> int:
    """Return the age in full years on a day (周岁)."""
    before = (day.month, day.day) < (born_on.month, born_on.day)
    return day.year - born_on.year - before


@dataclass(frozen=True, slots=True)
class AgeFinding:
    """What the law says about somebody's age; `is_child` is a violation (童工)."""

    is_child: bool
    message: str


def age_finding(
    born_on: date, since: date, on: date, *, working_age: Limit, adult_age: Limit
) -> AgeFinding | None:
    """Return what is to be said of a person's age when taken on, and on a day.

    The rule never keeps the line out of the roster: it is the evidence.
    """
    begun = age_on(born_on, since)
    if begun < working_age.value:
        return AgeFinding(
            True,
            f"用工起始时只有 {begun} 周岁，未满 {working_age.value} 周岁，"
            f"涉嫌使用童工，请立即核实（{working_age.source}）。",
        )
    if age_on(born_on, on) < adult_age.value:
        return AgeFinding(
            False,
            f"未满 {adult_age.value} 周岁，属未成年工，应登记并安排健康检查"
            f"（{adult_age.source}）。",
        )
    return None


# --- terms of contracts ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """The term of a contract as a cell says it; any part may be missing."""

    kind: str = ""
    begins_on: date | None = None
    ends_on: date | None = None


_DAY = r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
_RANGE = re.compile(rf"{_DAY}\s*(?:起)?\s*(?:[-~—–―至到]+)\s*{_DAY}\s*(?:止)?")
_FROM = re.compile(rf"{_DAY}\s*起?")
_LENGTH = re.compile(
    r"(?:(\d{1,2}|[一二三四五六七八九十]{1,3})\s*(?:年|周年))?"
    r"(?:零)?(?:(\d{1,3}|[一二三四五六七八九十]{1,3})\s*个?月)?(?:期)?"
)
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")}


def parse_term(text: str, *, begins_on: date | None = None) -> Term | None:
    """Read 劳动合同期限 as rosters write it; None when it says nothing known.

    “2024-01-01至2026-12-31”, “三年”, “18个月”, “无固定期限”, “以完成工作任务为期限”.
    A length in years or months is counted from `begins_on`.
    """
    said = unicodedata.normalize("NFKC", text).strip()
    squeezed = re.sub(r"\s", "", said)
    if "无固定" in squeezed or squeezed in ("长期", "无期限"):
        begun = _first_day(said)
        return Term(OPEN, begun or begins_on)
    if "任务" in squeezed or "项目完" in squeezed or "工程完" in squeezed:
        return Term(TASK, _first_day(said) or begins_on)
    if found := _RANGE.search(said):
        first, last = _date(*found.groups()[:3]), _date(*found.groups()[3:])
        if first and last and first <= last:
            return Term(FIXED, first, last)
        return None
    return _by_length(squeezed.removeprefix("固定期限").strip("()（）"), begins_on)


def _by_length(said: str, begins_on: date | None) -> Term | None:
    found = _LENGTH.fullmatch(said)
    if not said or found is None or not any(found.groups()):
        return None
    years, months = (_number(part) for part in found.groups())
    length = years * 12 + months
    if not length:
        return None
    if begins_on is None:
        return Term(FIXED)
    return Term(FIXED, begins_on, months_later(begins_on, length) - ONE_DAY)


def _first_day(said: str) -> date | None:
    found = _FROM.search(said)
    return _date(*found.groups()) if found else None


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _number(text: str | None) -> int:
    if not text:
        return 0
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.partition("十")
    if not ten:
        return _DIGITS.get(text, 0)
    return _DIGITS.get(tens, 1) * 10 + _DIGITS.get(ones, 0)


# --- insurances -----------------------------------------------------------------------

_NONE = ("未参", "没参", "未缴", "没缴", "否")
_ALL = ("五", "5", "全", "已参", "已缴", "是", "齐全")


def parse_insurances(text: str) -> str | None:
    """Return the codes of the insurances that a cell names, in order; None if unread.

    “五险”, “养老、医疗、工伤”, “已参保” is all five; “未参保”, “无” is none of them.
    """
    said = unicodedata.normalize("NFKC", text).replace("医保", "医疗")
    said = re.sub(r"[\s保险]", "", said)
    if said.startswith(_NONE) or said in ("无", "0", "没有", "未"):
        return NOT_INSURED
    if said.startswith(_ALL) or said in ("参", "有", "社"):
        return ",".join(INSURANCES)
    named = [code for code, word in INSURANCES.items() if word in said]
    if not named:
        return None
    rest = said
    for word in INSURANCES.values():
        rest = rest.replace(word, "")
    if re.sub(r"[、,，;；/+和及与.。·社会基本城镇职工]", "", rest):
        return None
    return ",".join(named)


def insurances_in_words(codes: str) -> str:
    """Return 养老、医疗 for the stored codes, 未参保 for none, "" while unknown."""
    if codes == NOT_INSURED:
        return "未参保"
    if codes == ",".join(INSURANCES):
        return "五险"
    return "、".join(INSURANCES.get(code, code) for code in codes.split(",") if code)


# --- days to file by ------------------------------------------------------------------


def file_by(happened_on: date, limit: Limit, calendar: WorkCalendar) -> Due:
    """Return the last day to file what happened on a day (用工备案期限)."""
    if limit.unit == "working_days":
        return calendar.add(happened_on, limit.value)
    if limit.unit == "months":
        return calendar.add_months(happened_on, limit.value)
    return calendar.add_natural(happened_on, limit.value)


LONGEST_ROLL = 45  # days that holidays can put a due day behind its bare count


def last_overdue(today: date, limit: Limit, calendar: WorkCalendar) -> date:
    """Return the last day of which what happened should be filed before today.

    Due days rise with the days they count from, so everything up to this day is
    overdue and nothing after it: a list needs no due day of each row.
    """
    days = limit.value * (31 if limit.unit == "months" else 1)
    day = today - timedelta(days=days)
    first = day - timedelta(days=days + LONGEST_ROLL)
    while day > first and file_by(day, limit, calendar).on >= today:
        day -= ONE_DAY
    return day


def is_late(filed_on: date, due_on: date | None) -> bool:
    """Tell whether something was filed after its last day."""
    return due_on is not None and filed_on > due_on


# --- the roster beside the survey -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that the roster and the latest survey do not agree on."""

    label: str
    roster: int
    survey: int

    @property
    def gap(self) -> int:
        return self.roster - self.survey


def differences(
    roster: Mapping[str, int], survey: Mapping[str, object], labels: Mapping[str, str]
) -> list[Difference]:
    """Return where the counts of the roster differ from those of a survey.

    Only what the survey answers is compared; a difference is no fault, since people
    came and went between the two days.
    """
    found = []
    for key, label in labels.items():
        said = survey.get(key)
        if isinstance(said, bool) or not isinstance(said, int):
            continue
        if roster.get(key, 0) != said:
            found.append(Difference(label, roster.get(key, 0), said))
    return found
