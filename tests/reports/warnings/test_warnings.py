"""Warnings begin, change and end with the facts; people look into them."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from cases.models import Case
from enterprises.changes import facts_changed
from enterprises.supervision.facts import Fact, Ref, known_keys, supplies_facts
from enterprises.supervision.services.keys import refresh_moved
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from grids.models import Task
from grids.policy import FACTS
from grids.services.policies import values_of
from reports.warnings.models import Answer, EarlyWarning
from reports.warnings.services.answering import answer_warning, send_to_look
from reports.warnings.services.effect import effects, not_warned
from reports.warnings.services.judging import refresh_warnings, warnings_under
from tests.factories import (
    TODAY,
    make_adoption,
    make_case,
    make_enterprise,
    make_policy,
    make_survey,
    make_user,
)

pytestmark = pytest.mark.django_db

MADE_UP = {}  # {unit: days} that the test's own supplier tells as hazard_days


@supplies_facts("hazard_days", source="试验")
def made_up_hazards(units, since, until):
    known = set(units.values_list("pk", flat=True))
    return {
        unit: Fact(days, (Ref("试验隐患"),))
        for unit, days in MADE_UP.items()
        if unit in known
    }


@pytest.fixture(autouse=True)
def nothing_made_up():
    MADE_UP.clear()


@pytest.fixture
def unit(erqi, community):
    """A unit that nothing warns of, under the national rules."""
    make_policy("national")
    make_adoption(erqi)
    unit = make_enterprise(grid=community, since=TODAY() - timedelta(days=100))
    make_survey(unit, surveyed_on=TODAY() - timedelta(days=3), answers={})
    return unit


def refresh(unit, on=None, **kept):
    return refresh_warnings(
        district=unit.district, on=on or TODAY(), by=User.objects.system(), **kept
    )


def close_with_a_penalty(unit):
    case = make_case(grid=unit.grid, enterprise=unit)
    Case.objects.filter(pk=case.pk).update(
        outcome=Case.Outcome.PENALTY,
        investigation_ended_on=TODAY(),
        decision_due_on=TODAY(),
        closed_on=TODAY(),
        closed_in_time=True,
    )


def standing(unit):
    rows = EarlyWarning.objects.filter(enterprise=unit).standing()
    return {row.rule: row.colour for row in rows}


def test_every_fact_of_the_shipped_rules_has_a_supplier():
    values = values_of(make_policy("national"))
    asked = {sign.fact for sign in values.warning_signs}
    assert asked
    assert asked <= known_keys()
    assert asked <= set(FACTS)


def test_nothing_warns_of_a_unit_of_whom_nothing_is_known(unit):
    assert refresh(unit).begun == 0
    assert standing(unit) == {}


def test_a_warning_begins_gets_graver_and_ends_with_its_facts(unit):
    MADE_UP[unit.pk] = 15
    assert refresh(unit).begun == 1
    assert standing(unit) == {"hazard": "yellow"}
    MADE_UP[unit.pk] = 29
    assert refresh(unit).changed == 0
    MADE_UP[unit.pk] = 60
    later = TODAY() + timedelta(days=45)
    make_survey(unit, surveyed_on=later, answers={})
    assert refresh(unit, later).changed == 1
    row = EarlyWarning.objects.get()
    assert (row.colour, row.since, row.coloured_on) == ("red", TODAY(), later)
    assert row.facts[0]["value"] == 60
    assert row.facts[0]["bound"] == 60
    assert row.facts[0]["rows"] == [{"label": "试验隐患"}]
    MADE_UP.clear()
    assert refresh(unit, later).ended == 1
    row.refresh_from_db()
    assert row.until == later
    assert [step.colour for step in row.steps.all()] == ["yellow", "red", ""]
    assert standing(unit) == {}


def test_the_same_facts_again_change_nothing(unit):
    MADE_UP[unit.pk] = 20
    refresh(unit)
    again = refresh(unit)
    assert (again.begun, again.changed, again.ended) == (0, 0, 0)
    assert EarlyWarning.objects.get().steps.count() == 1


def test_a_grave_warning_becomes_one_task_of_the_grid(unit):
    MADE_UP[unit.pk] = 29
    assert refresh(unit).tasks == 0
    MADE_UP[unit.pk] = 30
    assert refresh(unit).tasks == 1
    row = EarlyWarning.objects.get()
    assert row.task.grid == unit.grid
    assert row.task.kind == "warning"
    assert row.task.due_on == TODAY() + timedelta(days=7)
    MADE_UP[unit.pk] = 60
    assert refresh(unit).tasks == 0
    assert Task.objects.count() == 1


def test_a_survey_that_grows_old_warns_by_itself(unit):
    on = TODAY() - timedelta(days=3)
    assert "unsurveyed" not in {
        one.rule.key
        for one in warnings_under(unit.district, on + timedelta(days=183)).get(
            unit.pk, ()
        )
    }
    held = warnings_under(unit.district, on + timedelta(days=184))[unit.pk]
    assert [(one.rule.key, one.colour) for one in held] == [("unsurveyed", "yellow")]
    assert EarlyWarning.objects.count() == 0  # nothing is saved


def test_arrears_that_a_survey_tells_warn_with_the_form_behind_them(unit):
    answers = {"arrears": "有", "arrears_months": 2, "arrears_amount": "99999"}
    survey = make_survey(unit, surveyed_on=TODAY(), answers=answers)
    refresh(unit)
    row = EarlyWarning.objects.get(rule="wage_arrears")
    assert row.colour == "orange"
    (fact,) = row.facts
    assert (fact["value"], fact["bound"]) == (2, 2)
    assert fact["rows"][0]["url"] == reverse("enterprises:survey", args=[survey.pk])


def test_facts_that_move_are_judged_again_soon(unit):
    MADE_UP[unit.pk] = 20
    facts_changed(unit)
    refresh_moved(by=User.objects.system())
    assert standing(unit) == {"hazard": "yellow"}


def test_a_unit_that_is_gone_is_no_longer_warned_of(unit):
    MADE_UP[unit.pk] = 20
    refresh(unit)
    unit.status = "cancelled"
    unit.save()
    assert refresh(unit).ended == 1


def test_the_number_of_queries_does_not_grow_with_units(
    unit, community, django_assert_max_num_queries
):
    for number in range(12):
        other = make_enterprise(f"甲{number}店", grid=community, since=TODAY())
        MADE_UP[other.pk] = 40
    with django_assert_max_num_queries(65):
        assert refresh(unit).begun == 12


@pytest.fixture
def warned(unit):
    MADE_UP[unit.pk] = 40
    refresh(unit)
    return EarlyWarning.objects.get(rule="hazard")


def test_an_answer_finishes_the_task_and_the_warning_stands(warned, unit):
    assistant = make_user(grid=unit.grid, role=Role.ASSISTANT)
    answer = answer_warning(
        warning=warned, outcome="confirmed", text="隐患仍在", on=TODAY(), by=assistant
    )
    warned.refresh_from_db()
    assert warned.is_answered
    assert warned.until is None
    assert warned.task.state == Task.State.DONE
    assert answer.rank == 2
    assert history(warned).get().verb == "warning.answered"
    MADE_UP[unit.pk] = 60  # graver than what was looked into
    refresh(unit)
    warned.refresh_from_db()
    assert not warned.is_answered
    assert list(EarlyWarning.objects.unanswered()) == [warned]


@pytest.mark.parametrize(
    ("days", "text", "words"),
    [
        (1, "有", "不能晚于今天"),
        (-1, "有", "不能早于预警日期"),
        (0, " ", "请写明核实情况"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(warned, bureau, days, text, words):
    with pytest.raises(ValidationError, match=words):
        answer_warning(
            warning=warned,
            outcome="confirmed",
            text=text,
            on=TODAY() + timedelta(days=days),
            by=bureau,
        )
    assert not Answer.objects.exists()


def test_warnings_are_sent_to_be_looked_into_once(unit, bureau):
    MADE_UP[unit.pk] = 15
    refresh(unit)
    rows = EarlyWarning.objects.all()
    assert send_to_look(warnings=rows, due_on=TODAY(), by=bureau) == 1
    with pytest.raises(ValidationError, match="不用再派"):
        send_to_look(warnings=rows, due_on=TODAY(), by=bureau)
    assert Task.objects.get().title == "核实预警：隐患长期未消除"


def test_the_effect_counts_what_became_of_warnings(unit, community, bureau):
    others = [make_enterprise(f"乙{n}店", grid=community) for n in range(3)]
    for number in others:
        make_survey(number, surveyed_on=TODAY(), answers={})
    for one in (unit, *others):
        MADE_UP[one.pk] = 40
    refresh(unit)
    rows = {row.enterprise_id: row for row in EarlyWarning.objects.all()}
    for one, outcome in ((unit, "confirmed"), (others[0], "unfounded")):
        answer_warning(
            warning=rows[one.pk], outcome=outcome, text="看过", on=TODAY(), by=bureau
        )
    del MADE_UP[others[1].pk]
    refresh(unit)
    (found,) = effects(EarlyWarning.objects.all(), since=TODAY(), until=TODAY())
    assert (found.warned, found.confirmed, found.unfounded) == (4, 1, 1)
    assert (found.ended, found.waiting) == (1, 1)
    for what, one in (
        ("confirmed", unit),
        ("unfounded", others[0]),
        ("ended", others[1]),
        ("waiting", others[2]),
    ):
        assert [row.enterprise for row in EarlyWarning.objects.became(what)] == [one]
    assert (
        effects(
            EarlyWarning.objects.all(),
            since=TODAY() + timedelta(days=1),
            until=TODAY() + timedelta(days=9),
        )
        == []
    )


def test_a_violation_that_nothing_warned_of_is_told(unit, bureau):
    close_with_a_penalty(unit)
    units = type(unit).objects.all()
    period = {"since": TODAY(), "until": TODAY()}
    assert not_warned(units, **period) == {unit.pk: TODAY()}
    MADE_UP[unit.pk] = 15
    refresh(unit)
    assert not_warned(units, **period) == {}


def test_the_database_refuses_a_second_standing_warning_of_one_rule(warned):
    warned.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        warned.save()


@pytest.mark.parametrize(
    "wrong", [{"rank": 1}, {"worst": 1}, {"until": TODAY() - timedelta(days=1)}]
)
def test_the_database_refuses_what_cannot_be(warned, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        EarlyWarning.objects.filter(pk=warned.pk).update(**wrong)


# --- pages ----------------------------------------------------------------------------


def test_the_list_shows_what_stands_the_gravest_first(
    warned, unit, community, bureau_client
):
    other = make_enterprise("甲店", grid=community)
    make_survey(other, surveyed_on=TODAY(), answers={})
    MADE_UP[other.pk] = 90
    refresh(unit)
    text = bureau_client.get(reverse("warnings:list")).content.decode()
    assert text.index("红色</span>") < text.index("橙色</span>")
    assert "隐患未消除的天数 90" in text


def test_the_list_costs_the_same_for_many(
    warned, unit, community, bureau_client, django_assert_max_num_queries
):
    for number in range(10):
        MADE_UP[make_enterprise(f"丙{number}店", grid=community).pk] = 40
    refresh(unit)
    with django_assert_max_num_queries(22):
        bureau_client.get(reverse("warnings:list"))


def test_one_warning_shows_facts_bound_and_what_clears_it(warned, bureau_client):
    text = bureau_client.get(warned.get_absolute_url()).content.decode()
    for words in ("隐患未消除的天数", "试验隐患", "隐患已消除并登记", "核实任务"):
        assert words in text


def test_an_answer_is_given_on_its_page(warned, bureau_client):
    url = reverse("warnings:answer", args=[warned.pk])
    wrong = bureau_client.post(url, {"outcome": "confirmed", "on": TODAY(), "text": ""})
    assert "请填写此项" in wrong.content.decode()
    done = bureau_client.post(
        url, {"outcome": "solved", "on": TODAY(), "text": "已当场整改"}, follow=True
    )
    assert "已登记" in done.content.decode()
    assert Answer.objects.get().get_outcome_display() == "属实，已化解"


def test_chosen_warnings_are_sent_and_their_number_is_named(unit, bureau_client):
    MADE_UP[unit.pk] = 15
    refresh(unit)
    url = f"{reverse('warnings:send')}?row={EarlyWarning.objects.get().pk}"
    assert "派发这 1 条" in bureau_client.get(url).content.decode()
    bureau_client.post(url, {"due_on": TODAY()})
    assert EarlyWarning.objects.get().task is not None
    late = bureau_client.post(url, {"due_on": TODAY() - timedelta(days=1)})
    assert "不能早于今天" in late.content.decode()


def test_the_export_holds_what_the_list_shows(warned, bureau_client):
    answer = bureau_client.get(reverse("warnings:export"))
    assert answer.status_code == 200
    assert answer.content.startswith(b"PK")


def test_the_neighbour_sees_no_warning(warned, neighbour_client):
    assert neighbour_client.get(warned.get_absolute_url()).status_code == 404
    assert "隐患长期" not in (
        neighbour_client.get(reverse("warnings:list")).content.decode()
    )


def test_a_secret_warning_is_seen_only_by_who_may_know(warned, community, client):
    EarlyWarning.objects.update(is_secret=True)
    squad = make_user(grid=community, role=Role.SQUAD_LEADER)
    client.force_login(squad)
    assert client.get(warned.get_absolute_url()).status_code == 404
    bureau = make_user(grid=warned.district, role=Role.DISTRICT_BUREAU)
    client.force_login(bureau)
    assert client.get(warned.get_absolute_url()).status_code == 200
    file = warned.enterprise.get_absolute_url()
    assert "色预警</span>" in client.get(file).content.decode()
    client.force_login(squad)
    assert "色预警</span>" not in client.get(file).content.decode()


def test_the_file_of_a_unit_shows_the_gravest_warning_that_stands(
    warned, bureau_client
):
    def marks():
        return str(
            bureau_client.get(warned.enterprise.get_absolute_url()).context["badges"]
        )

    assert "色预警" in marks()
    EarlyWarning.objects.update(until=TODAY())
    assert "色预警" not in marks()


def test_the_effect_page_names_units_that_nothing_warned_of(unit, bureau_client):
    close_with_a_penalty(unit)
    text = bureau_client.get(reverse("warnings:effect")).content.decode()
    assert "没有预警的单位 1" in text
    assert unit.name in text


def test_the_file_of_a_unit_has_its_warnings(warned, bureau_client):
    page = bureau_client.get(f"{warned.enterprise.get_absolute_url()}?tab=warnings")
    assert "隐患长期未消除" in page.content.decode()


def test_each_fact_of_a_warning_has_its_own_colour(warned, bureau_client):
    warned.colour, warned.rank, warned.worst = "red", 3, 3
    warned.facts = [
        {"name": "拖欠工资月数", "value": 3, "bound": 3, "colour": "red"},
        {"name": "拖欠工资人数", "value": 10, "bound": 10, "colour": "yellow"},
        {"name": "同时有 2 项预警", "value": 2, "others": ["甲", "乙"]},
    ]
    warned.save()
    page = bureau_client.get(warned.get_absolute_url()).content.decode()
    table = page[page.index("<tbody>") : page.index("</tbody>")]
    shown = [row.count("红色") - row.count("黄色") for row in table.split("<tr>")[1:]]
    assert shown == [1, -1, 1]


def test_the_photograph_of_an_answer_opens_for_whoever_sees_the_warning(warned, client):
    assistant = make_user(grid=warned.enterprise.grid, role=Role.ASSISTANT)
    client.force_login(assistant)
    typed = {"outcome": "confirmed", "on": TODAY(), "text": "隐患仍在"}
    photo = SimpleUploadedFile("a.pdf", b"%PDF-1.4 x", "application/pdf")
    client.post(
        reverse("warnings:answer", args=[warned.pk]), typed | {"evidence": photo}
    )
    evidence = Answer.objects.get().evidence
    assert client.get(evidence.get_absolute_url()).status_code == 200


def test_every_count_of_the_effect_opens_its_warnings(warned, unit, bureau_client):
    answer_warning(
        warning=warned,
        outcome="solved",
        text="已整改",
        on=TODAY(),
        by=User.objects.get(pk=bureau_client.session["_auth_user_id"]),
    )
    page = bureau_client.get(reverse("warnings:effect"))
    cells = dict(page.context["effects"])[warned.name]
    assert [count for count, _ in cells] == [1, 1, 0, 0, 0]
    for count, url in cells:
        shown = bureau_client.get(url).context["table"].rows
        assert len(shown) == count, url


def test_a_secret_warning_is_no_task_of_the_grid(warned, bureau, bureau_client):
    EarlyWarning.objects.update(is_secret=True, task=None)
    with pytest.raises(ValidationError, match="不派给网格"):
        send_to_look(warnings=[warned], due_on=TODAY(), by=bureau)
    page = bureau_client.get(warned.get_absolute_url()).content.decode()
    assert reverse("warnings:send") not in page
