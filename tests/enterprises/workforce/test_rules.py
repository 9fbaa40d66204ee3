"""Ages, terms of contracts, insurances, and days to file by: tables and properties."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprises.workforce import rules
from enterprises.workforce.rules import Term, parse_insurances, parse_term
from gridinspect.law import Limit
from gridinspect.workdays.rules import WorkCalendar

WORKING = Limit(16, "years", "劳动法第十五条", date(1995, 1, 1))
ADULT = Limit(18, "years", "劳动法第五十八条", date(1995, 1, 1))
BORN = date(2008, 3, 10)


@pytest.mark.parametrize(
    ("since", "on", "child"),
    [
        (date(2024, 3, 9), date(2026, 11, 28), True),  # the day before the birthday
        (date(2024, 3, 10), date(2024, 3, 10), False),  # sixteen that day
        (date(2026, 3, 9), date(2026, 3, 9), False),
    ],
)
def test_a_child_and_a_juvenile_are_told_apart(since, on, child):
    found = rules.age_finding(BORN, since, on, working_age=WORKING, adult_age=ADULT)
    assert found.is_child is child
    assert ("童工" in found.message) is child
    assert ("第十五条" if child else "第五十八条") in found.message


def test_a_grown_up_is_not_spoken_of():
    day = date(2026, 3, 10)  # eighteen that day
    assert not rules.age_finding(BORN, day, day, working_age=WORKING, adult_age=ADULT)


def test_who_was_a_child_when_taken_on_stays_a_finding():
    found = rules.age_finding(
        date(2000, 1, 1),
        date(2015, 6, 1),
        date(2026, 1, 1),
        working_age=WORKING,
        adult_age=ADULT,
    )
    assert found.is_child


FIRST = date(2024, 3, 1)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("2024-01-01至2026-12-31", (rules.FIXED, date(2024, 1, 1), date(2026, 12, 31))),
        (
            "2024年1月1日起至2026年12月31日止",
            (rules.FIXED, date(2024, 1, 1), date(2026, 12, 31)),
        ),
        ("2024.1.1-2026.12.31", (rules.FIXED, date(2024, 1, 1), date(2026, 12, 31))),
        ("2024/1/1 ~ 2026/12/31", (rules.FIXED, date(2024, 1, 1), date(2026, 12, 31))),
        ("3年", (rules.FIXED, FIRST, date(2027, 2, 28))),
        ("三年", (rules.FIXED, FIRST, date(2027, 2, 28))),
        ("固定期限（3年）", (rules.FIXED, FIRST, date(2027, 2, 28))),
        ("１８个月", (rules.FIXED, FIRST, date(2025, 8, 31))),
        ("一年零六个月", (rules.FIXED, FIRST, date(2025, 8, 31))),
        ("十年", (rules.FIXED, FIRST, date(2034, 2, 28))),
        ("无固定期限", (rules.OPEN, FIRST, None)),
        ("2020年5月1日起无固定期限", (rules.OPEN, date(2020, 5, 1), None)),
        ("以完成一定工作任务为期限", (rules.TASK, FIRST, None)),
    ],
)
def test_terms_as_rosters_write_them(text, term):
    assert parse_term(text, begins_on=FIRST) == Term(*term)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "若干",
        "2026-12-31至2024-01-01",
        "2024-02-30至2025-01-01",
        "0年",
        "年",
        "已签",
    ],
)
def test_a_term_that_says_nothing(text):
    assert parse_term(text, begins_on=FIRST) is None


def test_a_length_without_a_beginning_has_no_end():
    assert parse_term("三年") == Term(rules.FIXED)


@given(st.text(max_size=40))
def test_no_cell_breaks_the_parsers(text):
    term = parse_term(text, begins_on=FIRST)
    if term and term.begins_on and term.ends_on:
        assert term.begins_on <= term.ends_on
    assert parse_insurances(text) is None or isinstance(parse_insurances(text), str)


@given(st.integers(1, 99), st.dates(date(1990, 1, 1), date(2030, 1, 1)))
def test_so_many_months_end_the_day_before(months, begins_on):
    term = parse_term(f"{months}个月", begins_on=begins_on)
    following = term.ends_on + timedelta(days=1)
    assert (following.year * 12 + following.month) - (
        begins_on.year * 12 + begins_on.month
    ) == months or following.day == 1


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("五险", "pension,medical,unemployment,injury,maternity"),
        ("已参保", "pension,medical,unemployment,injury,maternity"),
        ("养老、医疗、工伤", "pension,medical,injury"),
        ("工伤保险", "injury"),
        ("医保", "medical"),
        ("养老保险，失业保险", "pension,unemployment"),
        ("未参保", "none"),
        ("无", "none"),
        ("工商", None),
        ("养老不知道", None),
    ],
)
def test_insurances(text, codes):
    assert parse_insurances(text) == codes


def test_insurances_come_back_in_words():
    assert rules.insurances_in_words("pension,injury") == "养老、工伤"
    assert rules.insurances_in_words("none") == "未参保"
    assert rules.insurances_in_words("") == ""


# --- days to file by ------------------------------------------------------------------

HIRED = Limit(30, "natural_days", "46号", date(2006, 12, 22))
ENDED = Limit(7, "working_days", "46号", date(2006, 12, 22))
PLAIN = WorkCalendar(
    years=frozenset({2026}),
    days_off={date(2026, 10, day): "国庆节" for day in range(1, 8)},
    days_on={date(2026, 10, 10): "国庆节"},
)


@pytest.mark.parametrize(
    ("happened", "limit", "due"),
    [
        (date(2026, 11, 2), HIRED, date(2026, 12, 2)),
        (date(2026, 10, 29), HIRED, date(2026, 11, 30)),  # 28 November is a Saturday
        (date(2026, 9, 2), HIRED, date(2026, 10, 8)),  # ends in the holiday
        (date(2026, 11, 16), ENDED, date(2026, 11, 25)),
        (date(2026, 9, 28), ENDED, date(2026, 10, 13)),  # over the holiday
    ],
)
def test_the_last_day_to_file(happened, limit, due):
    assert rules.file_by(happened, limit, PLAIN).on == due
    assert not rules.is_late(due, due)
    assert rules.is_late(due + timedelta(days=1), due)
    assert not rules.is_late(due, None)


@given(
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.sampled_from([HIRED, ENDED]),
    st.integers(0, 80),
)
def test_the_cutoff_says_the_same_as_every_due_day(today, limit, back):
    cutoff = rules.last_overdue(today, limit, PLAIN)
    happened = today - timedelta(days=back)
    overdue = rules.file_by(happened, limit, PLAIN).on < today
    assert (happened <= cutoff) is overdue


def test_the_survey_is_compared_where_it_answers():
    labels = {"employed_total": "从业人员总数", "male": "男", "female": "女"}
    found = rules.differences(
        {"employed_total": 12, "male": 7}, {"employed_total": 15, "male": 7}, labels
    )
    assert [(one.label, one.roster, one.survey, one.gap) for one in found] == [
        ("从业人员总数", 12, 15, -3)
    ]
