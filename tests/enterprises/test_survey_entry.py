"""Entering a survey as one goes: autosave, two windows, two people, short forms."""

import json
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from enterprises.models import Survey
from enterprises.services import save_draft, submit_survey
from enterprises.services.files import Refused
from enterprises.services.surveys import MetDraft, draft_of
from enterprises.survey_forms import form_on, read_answers, read_day, survey_form
from enterprises.survey_rules import RULES, check, rules_of
from tests.enterprises.test_survey_rules import GOOD
from tests.factories import make_enterprise, make_survey, make_user

TODAY = date(2026, 11, 28)
BEFORE, SINCE = date(2026, 6, 30), date(2026, 7, 1)


# --- versions -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "version"),
    [(date(2010, 1, 1), 1), (BEFORE, 1), (SINCE, 2), (date(2099, 1, 1), 2)],
)
def test_a_survey_is_on_the_form_in_force_on_its_day(day, version):
    assert form_on(day).version == version


def test_the_second_form_asks_all_that_the_first_did_and_more():
    first, second = survey_form(1), survey_form(2)
    assert set(first.questions) < set(second.questions)
    assert all(
        first.questions[key].type == second.questions[key].type
        for key in first.questions
    )
    numbers = [one.number for part in second.sections for one in part.facts]
    numbers += [question.number for question in second]
    assert len(numbers) == len(set(numbers))
    asked = {part.title for part in second.sections}
    assert {"基本情况", "联系", "招用工", "劳动合同", "工资支付"} <= asked
    assert {"社会保险", "规章与组织", "职业资格", "采集"} <= asked


def test_an_old_form_keeps_its_rules():
    assert {rule.name for rule in rules_of(1)} == {f"R{n}" for n in range(1, 23)}
    assert set(rules_of(2)) == set(RULES)
    answers = GOOD | {"women_protection": "无女职工"}
    assert check(answers, today=TODAY, form=survey_form(1)) == []
    [problem] = check(answers, today=TODAY, form=survey_form(2))
    assert problem.rule == "R24"


@pytest.mark.parametrize(
    ("rule", "holds", "fails"),
    [
        ("R23", {"employed_contracted": 35}, {"employed_contracted": 34}),
        ("R24", {"women_protection": "落实"}, {"women_protection": "无女职工"}),
        (
            "R25",
            {"minors": 0, "minors_protection": "无未成年工"},
            {"minors": 1, "minors_protection": "无未成年工"},
        ),
        ("R26", {"dispatch_agreement": "有"}, {"dispatch_agreement": "不使用派遣"}),
        ("R26", {"dispatch_agreement": "有"}, {"dispatch_agreement": "无"}),
        ("R27", {"hours_system": "标准工时"}, {"hours_system": "不定时工作"}),
        ("R28", {"union": "无"}, {"union": "无", "union_chair": "某某"}),
        (
            "R29",
            {"collective_contract": "无"},
            {"collective_contract": "无", "collective_until": "2027-01-01"},
        ),
        (
            "R30",
            {"rules_democratic": "没有规章制度", "rules_published": "否"},
            {"rules_democratic": "没有规章制度", "rules_published": "是"},
        ),
        ("R31", {"reviewed_on": "2026-11-28"}, {"reviewed_on": "2026-11-26"}),
        ("R31", {}, {"review_result": "通过"}),
        ("R32", {"valid_until": "2026-11-27"}, {"valid_until": "2026-11-26"}),
        ("R33", {"under_age": 0}, {"under_age": 1}),
        ("R34", {"electronic": 30}, {"electronic": 31}),
        ("R34", {"unsigned": 4}, {"unsigned": 5}),
        ("R35", {"joined": 35, "left": 0}, {"joined": 36, "left": 0}),
    ],
)
def test_each_new_rule_has_both_sides_and_a_sentence(rule, holds, fails):
    day = date(2026, 11, 27)

    def broken(changes):
        found = check(GOOD | changes, today=TODAY, surveyed_on=day)
        return {problem.rule: problem.message for problem in found}

    assert rule not in broken(holds)
    assert broken(fails)[rule].endswith("。")


counts = st.integers(min_value=0, max_value=500)
numbers = st.sampled_from([q.key for q in survey_form() if q.type == "count"])


@given(st.dictionaries(numbers, st.one_of(counts, st.just("-3"), st.just("2.5"))))
def test_every_rule_says_one_sentence_and_names_fields_of_the_form(answers):
    form = survey_form()
    for problem in check(answers, today=TODAY, form=form):
        assert problem.message.count("。") == 1
        assert problem.message.endswith("。")
        assert set(problem.fields) <= set(form.questions)


# --- short hand -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("今", TODAY),
        ("t", TODAY),
        ("昨天", TODAY - timedelta(days=1)),
        ("-3", TODAY - timedelta(days=3)),
        ("0705", date(2026, 7, 5)),
        ("７.５", date(2026, 7, 5)),
        ("1128", TODAY),
        ("1129", date(2025, 11, 29)),
        ("20260705", date(2026, 7, 5)),
        ("2026-7-5", date(2026, 7, 5)),
        ("0230", None),
        ("20260230", None),
        ("昨晚", None),
        ("", None),
    ],
)
def test_days_are_read_as_clerks_write_them(text, day):
    assert read_day(text, TODAY) == day


@given(st.text(max_size=12), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_short_days_never_lie_ahead(text, today):
    found = read_day(text, today)
    short = len(text) < 8
    assert found is None or not short or found <= today


def test_a_choice_may_be_typed_by_its_number():
    form = survey_form()
    assert read_answers(form, {"arrears": "2"}) == {"arrears": "无"}
    assert read_answers(form, {"arrears": "9"}) == {"arrears": "9"}  # named as a fault


# --- the draft ------------------------------------------------------------------------


@pytest.fixture
def unit(community):
    return make_enterprise("郑州甲餐饮有限公司", grid=community)


@pytest.fixture
def bureau(erqi):
    return make_user(grid=erqi)


def act(unit, by, **changes):
    head = {"surveyed_on": timezone.localdate(), "method": "visit"}
    return (
        head
        | {
            "enterprise": unit,
            "collected_by": by.person,
            "answers": GOOD,
            "by": by,
        }
        | changes
    )


def test_two_windows_keep_what_each_wrote(unit, bureau):
    save_draft(**act(unit, bureau, answers={"male": 1}, base={}))
    save_draft(**act(unit, bureau, answers={"female": 2}, base={}))
    assert draft_of(unit, bureau).answers == {"male": 1, "female": 2}
    save_draft(**act(unit, bureau, answers={"female": 2}, base={"male": 1}))
    assert draft_of(unit, bureau).answers == {"female": 2}


def test_where_two_windows_meet_both_values_are_told(unit, bureau):
    save_draft(**act(unit, bureau, answers={"male": 1}, base={}))
    with pytest.raises(MetDraft) as caught:
        save_draft(**act(unit, bureau, answers={"male": 3, "female": 4}, base={}))
    assert caught.value.met == {"male": (1, 3)}
    assert draft_of(unit, bureau).answers == {"male": 1, "female": 4}
    stands = dict(caught.value.survey.answers)
    save_draft(**act(unit, bureau, answers={"male": 3, "female": 4}, base=stands))
    assert draft_of(unit, bureau).answers == {"male": 3, "female": 4}


def test_a_double_click_makes_one_survey(unit, bureau):
    submit_survey(**act(unit, bureau, base={}))
    with pytest.raises(Refused, match="没有重复保存"):
        submit_survey(**act(unit, bureau, base={}))
    assert Survey.objects.count() == 1


def test_an_old_day_takes_the_old_form(unit, bureau):
    survey = submit_survey(
        **act(unit, bureau, surveyed_on=BEFORE, answers=GOOD | {"under_age": 0})
    )
    assert survey.form_version == 1
    assert survey.answers == GOOD


# --- the page -------------------------------------------------------------------------


def entry(unit):
    return reverse("enterprises:survey-add", args=[unit.pk])


def typed(bureau, **changes):
    return {
        "surveyed_on": "今",
        "method": "visit",
        "collected_by": bureau.person_id,
        "base": "{}",
        "form_version": "2",
    } | changes


def test_a_section_saves_itself_quietly(bureau_client, bureau, unit):
    data = typed(bureau, registered="3", male="1", female="1")
    answer = bureau_client.post(entry(unit), data, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert "已保存" in text
    assert "相差 1" in text
    assert "<h1" not in text
    assert draft_of(unit, bureau).surveyed_on == timezone.localdate()
    page = bureau_client.get(entry(unit))
    assert json.loads(page.context["base"]) == {"registered": 3, "male": 1, "female": 1}
    assert not page.context["messages"]._queued_messages


def test_a_wrong_day_says_so_and_keeps_the_answers(bureau_client, bureau, unit):
    data = typed(bureau, surveyed_on="0230", male="1", method="phone")
    answer = bureau_client.post(entry(unit), data, headers={"HX-Request": "true"})
    assert "表头未改：采集日期：没有这一天" in answer.content.decode()
    draft = draft_of(unit, bureau)
    assert draft.answers == {"male": 1}
    assert (draft.surveyed_on, draft.method) == (timezone.localdate(), "phone")


def test_the_second_window_sees_both_values(bureau_client, bureau, unit):
    bureau_client.post(entry(unit), typed(bureau, male="1"))
    text = bureau_client.post(entry(unit), typed(bureau, male="2")).content.decode()
    assert "另一窗口刚保存为“1 人”，您填的是“2 人”" in text
    assert 'value="2"' in text


def test_what_a_colleague_has_in_a_draft_stands_beside(
    bureau_client, bureau, unit, street
):
    colleague = make_user(grid=street)
    save_draft(**act(unit, colleague, answers={"male": 7}))
    text = bureau_client.get(entry(unit)).content.decode()
    assert f"{colleague}：7 人" in text
    submit_survey(**act(unit, colleague))
    save_draft(**act(unit, bureau, answers={"male": 8}))
    Survey.objects.filter(recorded_by=bureau).update(
        recorded_at=timezone.now() - timedelta(hours=1)
    )
    text = bureau_client.get(entry(unit)).content.decode()
    assert f"{colleague}已于" in text
    assert "上次 20" in text


def test_last_answers_are_taken_over_into_what_is_empty(bureau_client, bureau, unit):
    make_survey(unit, answers=GOOD)
    data = typed(bureau, male="19", reuse="employment")
    bureau_client.post(entry(unit), data)
    answers = draft_of(unit, bureau).answers
    assert (answers["male"], answers["female"]) == (19, 15)
    assert "contracts_due" not in answers
    bureau_client.post(entry(unit), typed(bureau, reuse="all", base="not json"))
    assert draft_of(unit, bureau).answers == GOOD


def test_the_entry_page_asks_a_fixed_number_of_questions_of_the_database(
    bureau_client, unit, street, django_assert_max_num_queries
):
    for _ in range(4):
        save_draft(**act(unit, make_user(grid=street), answers={"male": 7}))
    with django_assert_max_num_queries(16):
        bureau_client.get(entry(unit))
