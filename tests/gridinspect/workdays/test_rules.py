from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridinspect.workdays.notices import published_years
from gridinspect.workdays.rules import (
    Holiday,
    NoticeFaulty,
    WorkCalendar,
    months_later,
    special_days,
)


def day(text):
    return date.fromisoformat(text)


def official():
    off, on, years = {}, {}, set()
    for year, specials in published_years():
        years.add(year)
        for special in specials:
            (on if special.is_working_day else off)[special.day] = special.name
    return WorkCalendar(years=frozenset(years), days_off=off, days_on=on)


CHINA = official()


@pytest.mark.parametrize(
    ("start", "working_days", "last"),
    [
        ("2026-02-12", 5, "2026-02-26"),  # 02-14 is worked, 春节 02-15..23
        ("2026-04-20", 60, "2026-07-16"),
        ("2026-04-20", 90, "2026-08-27"),
        ("2026-09-18", 5, "2026-09-24"),  # 09-20 is worked
        ("2026-09-30", 3, "2026-10-10"),  # 10-10 is worked
        ("2026-07-01", 15, "2026-07-22"),
        ("2026-05-06", 5, "2026-05-12"),  # 05-09 is worked
        ("2026-04-01", 0, "2026-04-01"),
    ],
)
def test_working_days_count_from_the_day_after(start, working_days, last):
    due = CHINA.add(day(start), working_days)
    assert due.on == day(last)
    assert not due.provisional
    assert CHINA.count(day(start), due.on) == working_days


@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        ("2026-03-02", 7, "2026-03-09"),
        ("2026-03-07", 7, "2026-03-16"),  # a Saturday moves to Monday
        ("2026-02-07", 7, "2026-02-14"),  # a Saturday that is worked does not move
        ("2026-02-10", 7, "2026-02-24"),  # 春节 moves the end by a week
        ("2026-04-20", 30, "2026-05-20"),
        ("2026-03-02", 0, "2026-03-02"),
    ],
)
def test_natural_days_end_on_a_working_day(start, days, last):
    assert CHINA.add_natural(day(start), days).on == day(last)


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-02-29", 24, "2026-02-28"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-03-15", -1, "2026-02-15"),
    ],
)
def test_months_end_on_the_same_number_or_the_last_of_the_month(start, months, last):
    assert months_later(day(start), months) == day(last)


def test_a_count_into_an_unpublished_year_is_provisional():
    assert not CHINA.add(day("2026-12-30"), 1).provisional
    due = CHINA.add(day("2026-12-30"), 2)
    assert due.on == day("2027-01-01")  # counted Monday to Friday, no holidays
    assert due.provisional
    assert "未公布" in due.steps[-1].why


def test_natural_days_are_provisional_only_when_the_end_is():
    assert not CHINA.add_natural(day("2026-12-01"), 30).provisional
    assert CHINA.add_natural(day("2026-12-02"), 30).provisional


def test_no_limit_can_run_backwards():
    with pytest.raises(ValueError, match="-1"):
        CHINA.add(day("2026-04-01"), -1)
    with pytest.raises(ValueError, match="-1"):
        CHINA.add_natural(day("2026-04-01"), -1)


def test_every_day_of_a_count_says_why():
    steps = CHINA.add(day("2026-02-12"), 3).steps
    assert [(step.counted, step.why) for step in steps[:4]] == [
        (False, "起算日不计入"),
        (True, "第1个工作日"),
        (True, "第2个工作日：春节调休上班"),
        (False, "春节放假"),
    ]
    assert steps[-1].why == "第3个工作日"


def test_a_rolled_end_says_what_it_passed():
    steps = CHINA.add_natural(day("2026-02-15"), 7).steps
    assert steps[-3].why == "第7日，春节放假，期限顺延"
    assert steps[-2].why == "春节放假，继续顺延"
    assert (steps[-1].day, steps[-1].why) == (day("2026-02-24"), "顺延至此日：工作日")


@given(
    st.dates(day("2018-01-01"), day("2027-12-31")),
    st.integers(0, 120),
)
def test_a_count_ends_on_a_working_day_and_counts_back_to_itself(start, working_days):
    due = CHINA.add(start, working_days)
    assert CHINA.count(start, due.on) == working_days
    assert sum(step.counted for step in due.steps) == working_days
    assert working_days == 0 or CHINA.is_working_day(due.on)


def test_a_notice_becomes_special_days():
    notice = [
        Holiday("元旦", day("2027-01-01"), day("2027-01-03")),
        Holiday("春节", day("2027-02-05"), day("2027-02-06"), (day("2027-01-31"),)),
    ]
    specials = special_days(2027, notice)
    assert len(specials) == 6
    assert [s.day for s in specials if s.is_working_day] == [day("2027-01-31")]


@pytest.mark.parametrize(
    ("holiday", "fault"),
    [
        (Holiday("元旦", day("2027-01-03"), day("2027-01-01")), "早于"),
        (Holiday("元旦", day("2026-01-01"), day("2026-01-01")), "不属于"),
        (Holiday("春节", day("2027-02-05"), day("2027-03-05")), "请核对"),
        (
            Holiday("元旦", day("2027-01-01"), day("2027-01-01"), (day("2027-01-04"),)),
            "不是周末",
        ),
        (
            Holiday("元旦", day("2027-01-01"), day("2027-01-02"), (day("2027-01-02"),)),
            "同时出现",
        ),
    ],
)
def test_a_notice_that_contradicts_itself_is_refused(holiday, fault):
    with pytest.raises(NoticeFaulty, match=fault):
        special_days(2027, [holiday])


def test_a_notice_may_name_days_of_the_december_before():
    notice = [Holiday("元旦", day("2018-12-30"), day("2019-01-01"))]
    assert special_days(2019, notice)[0].day == day("2018-12-30")
