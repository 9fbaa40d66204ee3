import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from gridinspect.workdays.models import CalendarYear, ExceptionDay
from tests.factories import make_case

LONG = "--province"


def deadline(rule, start, *options):
    out = StringIO()
    call_command("deadline", rule, "--from", start, "--json", *options, stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.parametrize(
    ("rule", "start", "due", "days", "unit"),
    [
        ("T1", "2026-02-12", "2026-02-26", 5, "working_days"),
        ("T2", "2026-02-12", "2026-02-12", 0, "working_days"),
        ("T3", "2026-09-30", "2026-10-10", 3, "working_days"),
        ("T5", "2026-04-20", "2026-07-16", 60, "working_days"),
        ("T6", "2026-07-16", "2026-08-27", 30, "working_days"),
        ("T7", "2026-07-01", "2026-07-22", 15, "working_days"),
        ("T14", "2026-09-11", "2026-09-28", 15, "natural_days"),
        ("T16", "2026-03-02", "2026-05-06", 60, "natural_days"),
        ("T16-L", "2026-03-31", "2026-09-30", 6, "months"),
        ("T20", "2024-02-29", "2026-02-28", 2, "years"),
        ("RETIREMENT-M", "1970-06-01", "2031-11-01", 737, "months"),
        ("RETIREMENT-F55", "1971-04-30", "2026-08-30", 664, "months"),
        ("retirement-f50", "1975-01-31", "2025-02-28", 601, "months"),
    ],
)
def test_deadline_counts_a_limit(law, rule, start, due, days, unit):
    answer = deadline(rule, start)
    assert (answer["due"], answer["days"], answer["unit"]) == (due, days, unit)
    assert answer["from"] == start
    assert answer["source"]
    assert answer["explanation"] == []


@pytest.mark.parametrize("province", ["河南", "河南省"])
def test_deadline_follows_the_province(law, province):
    answer = deadline("T1", "2026-02-10", LONG, province)
    assert answer["due"] == "2026-02-24"
    assert answer["verified"] is False
    assert deadline("T7", "2026-07-01", LONG, province)["due"] == "2026-07-22"


def test_a_province_without_limits_of_its_own_has_the_nations(law):
    assert deadline("T5", "2026-04-20", LONG, "山东")["due"] == "2026-07-16"


def test_deadline_says_when_a_day_may_still_move(law):
    assert deadline("T5", "2026-10-12")["provisional"]
    assert not deadline("T5", "2026-04-20")["provisional"]


def test_deadline_explains_every_day(law):
    days = deadline("T1", "2026-02-12", "--explain")["explanation"]
    assert days[0] == {"date": "2026-02-12", "counted": False, "why": "起算日不计入"}
    assert days[2]["why"] == "第2个工作日：春节调休上班"
    assert days[3] == {"date": "2026-02-15", "counted": False, "why": "春节放假"}
    assert sum(day["counted"] for day in days) == 5


@pytest.mark.parametrize(
    ("rule", "start", "options", "words"),
    [
        ("T22", "2026-03-02", (), "没有"),
        ("T8", "2026-03-02", (), "没有"),
        ("T15", "2026-03-02", (), "期间"),
        ("T99", "2026-03-02", (), "T99"),
        ("X1", "2026-03-02", (), "X1"),
        ("T1", "2026-02-30", (), "2026-02-30"),
        ("T1", "2026-03-02", (LONG, "火星"), "火星"),
        ("T20", "9999-12-31", (), "9999"),
        ("RETIREMENT-X", "1970-01-01", (), "RETIREMENT-X"),
    ],
)
def test_deadline_refuses_with_one_line(law, rule, start, options, words):
    with pytest.raises(CommandError, match=words) as refusal:
        deadline(rule, start, *options)
    assert refusal.value.returncode == 2
    assert "\n" not in str(refusal.value)


def test_load_workdays_twice_is_like_once(db):
    call_command("load_workdays", stdout=StringIO())
    again = StringIO()
    call_command("load_workdays", stdout=again)
    assert CalendarYear.objects.count() == 9
    assert ExceptionDay.objects.as_calendar().years == frozenset(range(2018, 2027))
    assert again.getvalue().count("未变") == 9


def test_load_workdays_leaves_what_a_person_entered(db, bureau):
    CalendarYear.objects.create(year=2026, source="补充通知", entered_by=bureau)
    call_command("load_workdays", stdout=StringIO())
    assert CalendarYear.objects.get(pk=2026).source == "补充通知"


def test_load_workdays_from_a_file_moves_provisional_periods(law, street, tmp_path):
    case = make_case(
        grid=street,
        filed_on=date(2026, 12, 2),
        due_on=date(2027, 1, 1),
        due_on_is_provisional=True,
    )
    file = tmp_path / "2027.json"
    day = {"name": "元旦", "date": "2027-01-01", "isOffDay": True}
    file.write_text(json.dumps({"year": 2027, "papers": ["通知"], "days": [day]}))
    out = StringIO()
    call_command("load_workdays", str(file), stdout=out)
    assert "1个期限" in out.getvalue()
    case.refresh_from_db()
    assert case.due_on == date(2027, 1, 4)


@pytest.mark.parametrize("content", ["{}", "not json", '{"year": 2027, "days": []}'])
def test_load_workdays_leaves_the_calendar_alone_when_the_file_is_broken(
    db, tmp_path, content
):
    file = tmp_path / "2027.json"
    file.write_text(content)
    with pytest.raises(CommandError, match="不是节假日安排文件"):
        call_command("load_workdays", str(file))
    assert not CalendarYear.objects.exists()
