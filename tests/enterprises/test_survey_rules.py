from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprises.survey_forms import CURRENT, read_answers, survey_form
from enterprises.survey_rules import (
    INSURANCES,
    SIX_PARTS,
    TERMS,
    check,
    is_complete,
    missing,
    signing_rate,
)

DAY = date(2026, 7, 6)
GOOD = {
    "employed_total": 40,
    "employed_established": 0,
    "employed_contracted": 35,
    "employed_dispatched": 2,
    "employed_retained": 0,
    "employed_students": 2,
    "employed_pensioners": 1,
    "registered": 35,
    "male": 20,
    "female": 15,
    "on_post": 33,
    "off_post": 2,
    "migrant": 12,
    "contracts_due": 34,
    "contracts_signed": 30,
    "term_short": 10,
    "term_medium": 15,
    "term_long": 4,
    "term_task": 1,
    "arrears": "无",
}


def broken(**changes):
    """Return the rules that the good answers break after these changes."""
    return [problem.rule for problem in check(GOOD | changes, today=DAY)]


def test_good_answers_break_no_rule():
    assert check(GOOD, today=DAY, surveyed_on=DAY) == []
    assert is_complete(GOOD, today=DAY, surveyed_on=DAY)


@pytest.mark.parametrize(
    ("rule", "holds", "fails"),
    [
        ("R1", {"employed_pensioners": 1}, {"employed_pensioners": 2}),
        ("R1", {"employed_total": 40}, {"employed_total": 39}),
        ("R2", {"male": 20}, {"male": 19}),
        ("R2", {"female": 15}, {"female": 16}),
        ("R3", {"off_post": 2}, {"off_post": 1}),
        ("R4", {"on_post": 35, "off_post": 0}, {"on_post": 36, "off_post": 0}),
        ("R5", {"migrant": 33}, {"migrant": 34}),
        ("R6", {"contracts_due": 35}, {"contracts_due": 36}),
        ("R7", {"contracts_due": 30}, {"contracts_due": 29}),
        ("R8", {"term_task": 1}, {"term_task": 0}),
        ("R10", {"arrears": "无"}, {"arrears": "有"}),
        (
            "R10",
            {
                "arrears": "有",
                "arrears_months": 1,
                "arrears_people": 1,
                "arrears_amount": "0.01",
            },
            {
                "arrears": "有",
                "arrears_months": 1,
                "arrears_people": 0,
                "arrears_amount": "0.01",
            },
        ),
        ("R10", {"arrears_months": 0}, {"arrears_months": 1}),
        ("R11", {"insurance_arrears": "无"}, {"insurance_arrears": "有"}),
        (
            "R11",
            {
                "insurance_arrears": "有",
                "insurance_arrears_months": 3,
                "insurance_arrears_amount": "900",
            },
            {"insurance_arrears": "有", "insurance_arrears_months": 3},
        ),
        ("R12", {"minors": 35}, {"minors": 36}),
        ("R12", {"disabled": 35}, {"disabled": 36}),
        ("R13", {"part_time": 40}, {"part_time": 41}),
        (
            "R13",
            {"employed_total": 40},
            {"employed_total": 34, **dict.fromkeys(SIX_PARTS)},
        ),
        ("R13", {"arrears": "无", "below_minimum": 40}, {"below_minimum": 41}),
        ("R14", {"collective_covered": 40}, {"collective_covered": 41}),
        (
            "R15",
            {"collective_contract": "有", "collective_covered": 1},
            {"collective_contract": "有", "collective_covered": 0},
        ),
        (
            "R15",
            {"collective_contract": "无", "collective_covered": 0},
            {"collective_contract": "无", "collective_covered": 1},
        ),
        (
            "R16",
            {"skilled_posts": 5, "certified": 5},
            {"skilled_posts": 5, "certified": 6},
        ),
        (
            "R17",
            {"wage_average": "4000", "wage_lowest": "4000.00"},
            {"wage_average": "4000", "wage_lowest": "4000.01"},
        ),
        ("R18", {"pay_day": 31}, {"pay_day": 32}),
        ("R18", {"pay_day": 1}, {"pay_day": 0}),
        ("R19", {"daily_hours": "24"}, {"daily_hours": "24.5"}),
        ("R20", {"weekly_hours": "168"}, {"weekly_hours": "168.1"}),
        (
            "R21",
            {"hours_system": "标准工时", "weekly_hours": "40"},
            {"hours_system": "标准工时", "weekly_hours": "40.5"},
        ),
        ("R22", {"injury_due": 40}, {"injury_due": 41}),
        ("F1", {"pay_day": 15}, {"pay_day": "十五"}),
        ("F1", {"minors": 0}, {"minors": -1}),
        ("F1", {"minors": 9}, {"minors": "9.5"}),
        ("F1", {"joined": 9_999_999}, {"joined": 10_000_000}),
        ("F1", {"insurance_arrears_months": 1200}, {"insurance_arrears_months": 1201}),
        ("F1", {"payroll": "0.01"}, {"payroll": "0.001"}),
        ("F1", {"payroll": "0"}, {"payroll": "-1"}),
        ("F1", {"roster": "有"}, {"roster": "也许"}),
        ("F1", {"reviewed_on": "2026-07-06"}, {"reviewed_on": "2026-07-07"}),
        ("F1", {"reviewed_on": "2026-02-28"}, {"reviewed_on": "2026-02-30"}),
        ("F1", {"collective_until": "2029-12-31"}, {"collective_until": "明年"}),
        ("F1", {"remark": "好" * 200}, {"remark": "好" * 201}),
        *(
            ("R9", {f"{i}_due": 30, f"{i}_paid": 30}, {f"{i}_due": 30, f"{i}_paid": 31})
            for i in INSURANCES
        ),
    ],
)
def test_each_rule_holds_up_to_its_boundary_and_fails_beyond(rule, holds, fails):
    assert rule not in broken(**holds)
    assert rule in broken(**fails)


def test_a_sentence_names_the_values_and_the_difference():
    [problem] = check(GOOD | {"male": 19}, today=DAY)
    assert problem.message == (
        "在册职工（35）应等于 在册职工：男（19） + 在册职工：女（15），"
        "各项合计为 34，相差 1，请核对。"
    )
    assert problem.fields == ("registered", "male", "female")


def test_a_survey_of_tomorrow_is_refused():
    assert check(GOOD, today=DAY, surveyed_on=DAY) == []
    [problem] = check(GOOD, today=DAY, surveyed_on=date(2026, 7, 7))
    assert (problem.rule, problem.blocking) == ("D1", True)


def test_a_warning_does_not_keep_a_survey_from_being_complete():
    answers = GOOD | {"hours_system": "标准工时", "weekly_hours": "44"}
    assert [p.blocking for p in check(answers, today=DAY)] == [False]
    assert is_complete(answers, today=DAY)


@pytest.mark.parametrize("key", [q.key for q in survey_form() if q.required])
def test_a_survey_without_a_required_answer_is_not_complete(key):
    answers = {k: v for k, v in GOOD.items() if k != key}
    assert [question.key for question in missing(answers)] == [key]
    assert not is_complete(answers, today=DAY)


def test_a_draft_is_never_complete():
    assert not is_complete(GOOD, today=DAY, is_final=False)


def test_nothing_filled_in_breaks_no_relation():
    assert check({}, today=DAY) == []


@pytest.mark.parametrize(
    ("due", "signed", "percent"),
    [(34, 30, 88), (3, 3, 100), (3, 2, 66), (0, 0, None), (None, 2, None)],
)
def test_the_signing_rate_is_a_whole_percent(due, signed, percent):
    assert signing_rate({"contracts_due": due, "contracts_signed": signed}) == percent


counts = st.integers(min_value=0, max_value=5000)


@given(st.lists(counts, min_size=6, max_size=6), counts)
def test_any_parts_agree_with_their_own_sum_and_with_no_other(parts, other):
    total = sum(parts)
    answers = dict(zip(SIX_PARTS, parts, strict=True))
    rules = [p.rule for p in check(answers | {"employed_total": total}, today=DAY)]
    assert "R1" not in rules
    rules = [p.rule for p in check(answers | {"employed_total": other}, today=DAY)]
    assert ("R1" in rules) == (other != total)


@given(st.lists(counts, min_size=4, max_size=4))
def test_terms_that_add_up_are_accepted(terms):
    answers = dict(zip(TERMS, terms, strict=True)) | {"contracts_signed": sum(terms)}
    assert not [p for p in check(answers, today=DAY) if p.rule == "R8"]


few = st.integers(min_value=-1, max_value=4)
NEEDED = ("employed_total", "registered", "male", "female")
NEEDED += ("contracts_due", "contracts_signed")


@given(st.fixed_dictionaries(dict.fromkeys(NEEDED, few)))
def test_no_part_of_a_complete_survey_is_larger_than_the_whole(answers):
    if is_complete(answers, today=DAY):
        assert answers["male"] + answers["female"] == answers["registered"]
        assert answers["registered"] <= answers["employed_total"]
        assert answers["contracts_signed"] <= answers["contracts_due"]
        assert answers["contracts_due"] <= answers["registered"]
        assert min(answers.values()) >= 0


keys = st.sampled_from([q.key for q in survey_form()])
anything = st.one_of(
    st.none(), st.integers(), st.text(max_size=300), st.booleans(), st.floats()
)


@given(st.dictionaries(keys, anything))
def test_no_answers_whatever_break_the_check_itself(answers):
    for problem in check(answers, today=DAY):
        assert problem.message.endswith(("。", "）"))
        assert set(problem.fields) <= {q.key for q in survey_form()}


@given(st.dictionaries(keys, st.text(max_size=60)))
def test_what_was_typed_is_read_or_kept(typed):
    form = survey_form()
    answers = read_answers(form, typed)
    again = read_answers(form, {key: str(value) for key, value in answers.items()})
    assert again == answers
    check(answers, today=DAY)


@pytest.mark.parametrize(
    ("text", "count"),
    [("120", 120), ("１２０人", 120), ("1,200", 1200), (" 35 ", 35), ("35.0", 35)],
)
def test_counts_are_understood_as_they_are_written(text, count):
    assert read_answers(survey_form(), {"male": text}) == {"male": count}


@pytest.mark.parametrize("text", ["约50", "三十", "12.5", "-3", "1,20", "9" * 40])
def test_what_is_no_count_stays_as_typed_and_is_named(text):
    answers = read_answers(survey_form(), {"male": text})
    assert answers == {"male": text}
    assert [p.rule for p in check(answers, today=DAY)] == ["F1"]


def test_a_number_too_long_is_called_too_large_and_not_no_number():
    answers = read_answers(survey_form(), {"male": "9" * 13})
    [problem] = check(answers, today=DAY)
    assert problem.message == "在册职工：男“9999999999999”大得不可能，请核对。"


def test_days_are_read_in_the_usual_spellings():
    form = survey_form()
    for text in ("2026-7-6", "2026/07/06", "2026年7月6日", "2026.7.6"):
        assert read_answers(form, {"reviewed_on": text}) == {
            "reviewed_on": "2026-07-06"
        }


def test_an_unknown_version_of_the_form_is_an_error():
    with pytest.raises(KeyError):
        survey_form(CURRENT + 1)
