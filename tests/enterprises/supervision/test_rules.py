"""Grades and grounds as tables, with both sides of every bound. No database."""

from datetime import date

import pytest

from enterprises.supervision import rules
from grids.policy import (
    FACTS,
    GradeCriterion,
    KeyGround,
    PolicyError,
    PublicCandidate,
    parse_policy,
)
from grids.services.policies import SHIPPED

NATIONAL = parse_policy((SHIPPED / "national.toml").read_bytes())
YANGZHOU = parse_policy((SHIPPED / "yangzhou-2007.toml").read_bytes())


def proposed(values, scheme, policy=NATIONAL, known=FACTS):
    chosen = next(one for one in policy.grade_schemes if one.key == scheme)
    return rules.propose(
        values,
        scheme=chosen,
        grades=policy.grades_of(scheme),
        criteria=policy.criteria_of(scheme),
        known=known,
    )


@pytest.mark.parametrize(
    ("values", "grade", "decided"),
    [
        ({}, "A", ()),
        ({"complaints": 9}, "A", ()),  # a complaint is no violation yet
        ({"punished": 1}, "B", ("punished_once",)),
        ({"punished": 2}, "B", ("punished_once",)),
        ({"punished": 3}, "C", ("punished_three", "punished_once")),
        ({"refused": 1}, "C", ("refused",)),
        ({"obstructed": 1}, "C", ("obstructed",)),
        ({"child_labour": 1}, "C", ("child_labour",)),
        ({"incidents": 1}, "C", ("incident",)),
        ({"crimes": 1}, "C", ("crime",)),
        ({"punished": 1, "refused": 1}, "C", ("refused", "punished_once")),
    ],
)
def test_grades_of_the_national_measure(values, grade, decided):
    found = proposed(values, "national-2017")
    assert (found.grade, tuple(one.key for one in found.decided)) == (grade, decided)
    assert found.points is None


def test_yangzhou_grades_alike_and_says_that_it_is_assumed():
    assert proposed({"punished": 3}, "yangzhou-2004", YANGZHOU).grade == "C"
    assert proposed({"punished": 2}, "yangzhou-2004", YANGZHOU).grade == "B"
    assert all(one.assumed for one in YANGZHOU.criteria_of("yangzhou-2004"))


@pytest.mark.parametrize(
    ("values", "points", "grade"),
    [
        ({}, 100, "A"),
        ({"punished": 1}, 90, "A"),  # exactly the lowest points of A
        ({"punished": 1, "insurance_arrears_months": 1}, 87, "B"),
        ({"punished": 3}, 70, "B"),
        ({"punished": 3, "review_missing": 1}, 65, "C"),
        ({"punished": 4}, 60, "C"),
        ({"punished": 50}, 60, "C"),  # at most 40 points for this
        ({"wage_arrears_months": 7}, 70, "B"),  # at most 30
        ({"child_labour": 1}, 100, "C"),  # one veto
        (
            {"punished": 9, "refused": 9, "obstructed": 9, "wage_arrears_months": 9},
            0,
            "C",
        ),
    ],
)
def test_points_are_taken_and_capped(values, points, grade):
    found = proposed(values, "points-example")
    assert (found.points, found.grade) == (points, grade)


def test_what_nobody_supplies_is_said_and_not_taken_for_zero_in_silence():
    found = proposed({}, "national-2017", known={"punished"})
    assert set(found.unknown) == set(FACTS) & {
        "refused",
        "obstructed",
        "incidents",
        "child_labour",
        "crimes",
    }


def test_a_reason_shows_its_clause_the_figure_and_what_was_needed():
    (reason, _) = proposed({"punished": 4}, "yangzhou-2004", YANGZHOU).decided
    assert (reason.value, reason.needed, reason.clause) == (4, 3, "YZ-31")


@pytest.mark.parametrize(
    ("row", "value", "points"),
    [
        ({"points": 5}, 0, 0),
        ({"points": 5}, 1, 5),
        ({"points": 5}, 9, 5),
        ({"points": 5, "each": True}, 2, 10),
        ({"points": 5, "each": True, "most": 12}, 3, 12),
        ({"points": 5, "each": True, "at_least": 3}, 2, 0),
        ({"points": 5, "each": True, "at_least": 3}, 3, 15),
        ({"grade": "C"}, 3, 0),
    ],
)
def test_deductions(row, value, points):
    criterion = GradeCriterion("s", "k", "n", "punished", **row)
    assert rules.deduction(criterion, value) == points


GROUND = {one.key: one for one in YANGZHOU.key_grounds}


@pytest.mark.parametrize(
    ("key", "value", "holds"),
    [
        ("wage_arrears", 1, False),
        ("wage_arrears", 2, True),
        ("insurance_arrears", 1, False),
        ("insurance_arrears", 2, True),
        ("complaints", 1, False),
        ("complaints", 2, True),
        ("petition", 0, False),
        ("petition", 1, True),
        ("grade_c", 0, False),
        ("grade_c", 1, True),
        ("unsupervised", 0, True),
        ("unsupervised", 1, False),
        ("new_unit", 0, False),
        ("new_unit", 1, True),
    ],
)
def test_grounds_of_yangzhou_23(key, value, holds):
    assert rules.holds(GROUND[key], value) is holds


def test_the_grounds_agree_with_the_numbers_of_the_same_clauses():
    assert GROUND["wage_arrears"].at_least == YANGZHOU.number("arrears_months").value
    assert GROUND["complaints"].at_least == YANGZHOU.number("complaints_per_year").value
    assert {one.clause for one in GROUND.values()} == {
        "YZ-32",
        "YZ-33",
        "YZ-34",
        "YZ-35",
    }
    assert {key for key, one in GROUND.items() if one.secret} == {
        "complaints",
        "petition",
    }


def test_a_year_is_365_days_that_end_on_the_day():
    since, until = rules.window(GROUND["complaints"], date(2026, 11, 28))
    assert (since, until) == (date(2025, 11, 29), date(2026, 11, 28))
    assert (until - since).days + 1 == 365
    assert rules.window(GROUND["grade_c"], date(2026, 1, 1))[0] == date.min


@pytest.mark.parametrize(
    ("values", "is_one"),
    [
        ({"wage_arrears_yuan": 99_999, "punished": 1}, False),
        ({"wage_arrears_yuan": 100_000, "punished": 1}, True),
        ({"wage_arrears_yuan": 100_000}, False),
    ],
)
def test_a_candidate_needs_both_facts(values, is_one):
    row = PublicCandidate(
        "violation", "k", "1", "wage_arrears_yuan", 100_000, "punished"
    )
    assert rules.is_candidate(row, values) is is_one


@pytest.mark.parametrize(
    ("day", "first", "last", "name"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 3, 31), "2026年第1季度"),
        (date(2026, 3, 31), date(2026, 1, 1), date(2026, 3, 31), "2026年第1季度"),
        (date(2026, 4, 1), date(2026, 4, 1), date(2026, 6, 30), "2026年第2季度"),
        (date(2026, 9, 30), date(2026, 7, 1), date(2026, 9, 30), "2026年第3季度"),
        (date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31), "2026年第4季度"),
    ],
)
def test_quarters(day, first, last, name):
    assert rules.quarter_of(day) == (first, last)
    assert rules.quarter_name(day) == name


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"grade": []}, "没有等级"),
        ({"grade_criterion": [{"fact": "nothing"}]}, "fact"),
        ({"grade_criterion": [{"grade": "Z"}]}, "grade"),
        ({"grade_criterion": [{"grade": ""}]}, "没有后果"),
        ({"grade_criterion": [{"at_least": 0}]}, "at_least"),
        ({"key_ground": [{"at_least": None}]}, "没有界限"),
        ({"key_ground": [{"fact": "nothing"}]}, "fact"),
        ({"key_ground": [{"fact": "complaints"}]}, "泄露有人投诉举报"),
        (
            {"warning": [{}], "warning_sign": [{"fact": "petitions"}]},
            "泄露有人投诉举报",
        ),
        (
            {"warning": [{"secret": True, "task_from": "red"}], "warning_sign": [{}]},
            "不能给网格派任务",
        ),
        ({"public_candidate": [{"list": "nothing"}]}, "list"),
    ],
)
def test_a_faulty_table_is_refused_with_one_sentence(change, said):
    document = NATIONAL.to_json()
    for table, rows in change.items():
        first = document[table][0] if document[table] else {}
        new = [{**first, **row} for row in rows]
        document[table] = [
            {key: value for key, value in row.items() if value is not None}
            for row in new
        ]
    with pytest.raises(PolicyError, match=said):
        parse_policy(document)


def test_a_ground_needs_no_plan_of_its_own_under_the_nation():
    (ground,) = NATIONAL.key_grounds
    assert isinstance(ground, KeyGround)
    assert (ground.fact, ground.at_least) == ("key_grade", 1)
    assert ground.source
