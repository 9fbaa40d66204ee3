import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from gridinspect.workdays.notices import PUBLISHED, published_years, read_file
from tests.gridinspect.workdays.test_rules import CHINA, day

INDEPENDENT = Path(__file__).parents[4] / "shared" / "data" / "workdays_2007_2026.csv"


def test_every_published_year_is_there():
    assert [year for year, _ in published_years()] == list(PUBLISHED)
    assert PUBLISHED[0] == 2018
    assert PUBLISHED[-1] == 2026


@pytest.mark.parametrize(
    ("year", "working_days"),
    [(2018, 250), (2019, 250), (2020, 249), (2021, 250), (2025, 248), (2026, 248)],
)
def test_a_year_has_as_many_working_days_as_its_notices_say(year, working_days):
    start = date(year - 1, 12, 31)
    assert CHINA.count(start, date(year, 12, 31)) == working_days


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-02-14", "春节调休上班"),
        ("2026-02-22", "春节放假"),
        ("2026-10-10", "国庆节调休上班"),
        ("2018-12-29", "元旦调休上班"),
        ("2020-01-31", "春节放假"),
        ("2026-07-04", "周末"),
        ("2026-07-06", "工作日"),
    ],
)
def test_a_day_is_named_after_its_holiday(text, why):
    assert CHINA.why(day(text)) == why


@pytest.mark.skipif(not INDEPENDENT.exists(), reason="the independent list is absent")
def test_every_day_agrees_with_the_independent_list():
    with INDEPENDENT.open() as file:
        theirs = {day(r["date"]): r["is_workday"] == "1" for r in csv.DictReader(file)}
    days = [
        date(PUBLISHED.start, 1, 1) + timedelta(n)
        for n in range((date(2026, 12, 31) - date(PUBLISHED.start, 1, 1)).days + 1)
    ]
    assert [d for d in days if CHINA.is_working_day(d) != theirs[d]] == []


def test_a_file_is_read_as_json_and_as_csv(tmp_path):
    as_json = tmp_path / "2027.json"
    sheet = {
        "year": 2027,
        "papers": ["国办发明电〔2026〕1号"],
        "days": [{"name": "元旦", "date": "2027-01-01", "isOffDay": True}],
    }
    as_json.write_text(json.dumps(sheet), encoding="utf-8")
    as_csv = tmp_path / "2027.csv"
    as_csv.write_text("date,name,is_off\n2027-01-01,元旦,1\n", encoding="utf-8-sig")

    year, source, days = read_file(as_json)
    assert (year, source) == (2027, "国办发明电〔2026〕1号")
    assert read_file(as_csv) == (2027, "2027.csv", days)
