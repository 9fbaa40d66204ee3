"""Where years of the calendar come from: the package `holidays`, or a file."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import holidays

from gridinspect.workdays.rules import ONE_DAY, SATURDAY, SpecialDay

# The years for which the package follows the State Council's notices day by day.
PUBLISHED = range(2018, 2027)
PACKAGE_SOURCE = "国务院办公厅各年度节假日安排的通知（据软件包 holidays）"

SUBSTITUTED = re.compile(r"由 (\d{4}-\d{2}-\d{2}) 调休")
SPRING_FESTIVAL = ("农历除夕", "春节延长假期")


def published_years() -> Iterator[tuple[int, list[SpecialDay]]]:
    """Yield the published years that the package knows, each with its special days."""
    known = holidays.China(
        years=range(PUBLISHED.start - 1, PUBLISHED.stop), language="zh_CN"
    )
    named = {
        day: _holiday_name(words)
        for day, words in known.items()
        if not SUBSTITUTED.search(words)
    }
    off, on = dict(named), {}
    for day, words in known.items():
        if exchange := SUBSTITUTED.search(words):
            off[day] = _nearest(day, named)
            on[date.fromisoformat(exchange[1])] = off[day]
    for day in known.weekend_workdays:
        on.setdefault(day, _nearest(day, named))
    off |= _weekends_between(off, on)
    for year in PUBLISHED:
        days = [SpecialDay(d, n, False) for d, n in off.items() if d.year == year]
        days += [SpecialDay(d, n, True) for d, n in on.items() if d.year == year]
        yield year, sorted(days, key=lambda special: special.day)


def _holiday_name(words: str) -> str:
    """Return the notice's word: 农历除夕 and 春节（补假） are both 春节."""
    if words in SPRING_FESTIVAL:
        return "春节"
    return words.split("（")[0].replace("; ", "、")


def _nearest(day: date, named: dict[date, str]) -> str:
    """Return the holiday a substituted day belongs to: the nearest one."""
    return named[min(named, key=lambda other: (abs(other - day), other < day))]


def _weekends_between(off: dict[date, str], on: dict[date, str]) -> dict[date, str]:
    """Return the weekend days that join a holiday, which the notice counts into it."""
    joined: dict[date, str] = {}
    for start, name in off.items():
        for step in (ONE_DAY, -ONE_DAY):
            day = start + step
            while day.weekday() >= SATURDAY and day not in on and day not in off:
                joined[day] = name
                day += step
    return joined


def read_file(path: Path) -> tuple[int, str, list[SpecialDay]]:
    """Return year, source and days of a notice as JSON (holiday-cn) or CSV.

    JSON: {"year", "papers" or "source", "days": [{"date", "name", "isOffDay"}]}.
    CSV: columns date, name, is_off (1 or 0); the year is that of most days, the source
    is the file's name. Raises OSError, ValueError, KeyError on a file that is neither.
    """
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix.lower() == ".csv":
        return _from_csv(path.name, text)
    sheet = json.loads(text)
    days = [
        SpecialDay(date.fromisoformat(d["date"]), d["name"], not d["isOffDay"])
        for d in sheet["days"]
    ]
    if not days:
        raise ValueError("no days")
    source = sheet.get("source") or (sheet.get("papers") or [path.name])[0]
    return int(sheet["year"]), source, days


def _from_csv(name: str, text: str) -> tuple[int, str, list[SpecialDay]]:
    rows = list(csv.DictReader(text.splitlines()))
    days = [
        SpecialDay(date.fromisoformat(r["date"]), r["name"], r["is_off"] != "1")
        for r in rows
    ]
    if not days:
        raise ValueError("no rows")
    years = [special.day.year for special in days]
    return max(set(years), key=years.count), name, days
