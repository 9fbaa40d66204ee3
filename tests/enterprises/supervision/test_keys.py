"""Units enter and leave key supervision as facts come and go, or by two persons."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from cases.models import Matter
from enterprises.changes import facts_changed
from enterprises.models import Enterprise
from enterprises.supervision.facts import Fact, facts_of, known_keys, supplies_facts
from enterprises.supervision.models import KeyEntry, MovedFacts, NotedFact
from enterprises.supervision.services import key_units, key_units_on
from enterprises.supervision.services.keys import (
    decide_entry,
    key_units_under,
    propose_entry,
    propose_removal,
    refresh_key_units,
    refresh_moved,
)
from enterprises.supervision.services.schemes import Refused
from enterprises.wages.services.ledger import record_arrears, repay
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from grids.policy import FACTS
from grids.services.policies import values_of
from tests.factories import (
    TODAY,
    make_adoption,
    make_enterprise,
    make_policy,
    make_survey,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def guangling(erqi):
    """A district under the plan of 扬州 (the name does not matter)."""
    make_policy("national")
    make_adoption(erqi, "yangzhou-2007")
    return erqi


@pytest.fixture
def unit(guangling, community):
    """A unit of whom nothing bad is known, surveyed once, founded long ago."""
    unit = make_enterprise(grid=community, founded_on=date(2015, 5, 5))
    make_survey(unit, surveyed_on=TODAY() - timedelta(days=30), answers={})
    return unit


def grounds(unit, on=None):
    held = key_units_under(unit.district, on or TODAY())
    return {one.ground.key for one in held.get(unit.pk, ())}


def refresh(unit, on=None):
    return refresh_key_units(
        district=unit.district, on=on or TODAY(), by=User.objects.system()
    )


def make_matter(unit, on, state=Matter.State.REGISTERED):
    by = User.objects.system()
    decided = {} if state == "registered" else {"decided_on": on, "decided_by": by}
    return Matter.objects.create(
        kind=Matter.Kind.REPORT,
        number=f"N{Matter.objects.count()}",
        district=unit.district,
        grid=unit.grid,
        enterprise=unit,
        respondent_name=unit.name,
        received_on=on,
        channel="visit",
        facts="x",
        state=state,
        decision_reason="理由" if state == "declined" else "",
        registered_by=by,
        **decided,
    )


def note(unit, kind, on):
    return NotedFact.objects.create(
        enterprise=unit,
        district=unit.district,
        kind=kind,
        on=on,
        paper="报告1号",
        recorded_by=User.objects.system(),
    )


def test_every_fact_of_the_shipped_policies_that_matters_has_a_supplier():
    assert {"punished", "complaints", "wage_arrears_months", "supervised"} <= (
        known_keys()
    )
    with pytest.raises(KeyError):
        supplies_facts("no_such_fact", source="x")


def test_a_quiet_unit_is_no_key_unit(unit):
    assert grounds(unit) == set()


def test_a_unit_that_nobody_has_surveyed_is_one(guangling, community):
    unit = make_enterprise(grid=community, founded_on=date(2015, 5, 5))
    assert grounds(unit) == {"unsupervised"}


@pytest.mark.parametrize(("age", "is_new"), [(182, True), (183, False)])
def test_a_new_unit_is_one_for_half_a_year(unit, age, is_new):
    Enterprise.objects.update(founded_on=TODAY() - timedelta(days=age))
    assert ("new_unit" in grounds(unit)) is is_new


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"arrears": "有", "arrears_months": 1}, set()),
        ({"arrears": "有", "arrears_months": 2}, {"wage_arrears"}),
        ({"arrears": "无", "arrears_months": 2}, set()),
        (
            {"insurance_arrears": "有", "insurance_arrears_months": 2},
            {"insurance_arrears"},
        ),
        ({"insurance_arrears": "有", "insurance_arrears_months": 1}, set()),
        ({"arrears": "有", "arrears_months": "二"}, set()),
    ],
)
def test_arrears_of_the_newest_survey_count(unit, answers, expected):
    make_survey(unit, surveyed_on=TODAY() - timedelta(days=3), answers=answers)
    assert grounds(unit) == expected


def test_an_older_survey_no_longer_counts(unit):
    old = {"arrears": "有", "arrears_months": 5}
    make_survey(unit, surveyed_on=TODAY() - timedelta(days=60), answers=old)
    assert grounds(unit) == set()


@pytest.mark.parametrize(("age", "counts"), [(364, True), (365, False)])
def test_two_complaints_in_365_rolling_days(unit, age, counts):
    make_matter(unit, TODAY())
    make_matter(unit, TODAY() - timedelta(days=age))
    assert ("complaints" in grounds(unit)) is counts


def test_one_complaint_or_one_turned_away_is_not_enough(unit):
    make_matter(unit, TODAY())
    make_matter(unit, TODAY(), state=Matter.State.DECLINED)
    assert grounds(unit) == set()


def test_a_collective_petition_is_enough_until_withdrawn(unit):
    fact = note(unit, "petitions", TODAY() - timedelta(days=10))
    assert grounds(unit) == {"petition"}
    fact.withdrawn_on, fact.withdrawn_reason = TODAY(), "登记错误"
    fact.save()
    assert grounds(unit) == set()


def test_other_plans_have_the_grounds_of_the_nation_alone(erqi, community):
    make_policy("national")
    make_adoption(erqi, "erqi-2013")
    unit = make_enterprise(grid=community)
    make_survey(unit, answers={"arrears": "有", "arrears_months": 9})
    assert key_units_under(erqi, TODAY()) == {}
    # the same data under another plan, nothing saved
    plan = values_of(make_policy("yangzhou-2007"))
    held = key_units_under(erqi, TODAY(), plan=plan)
    assert [one.ground.key for one in held[unit.pk]] == ["wage_arrears"]
    assert not KeyEntry.objects.exists()


def test_a_unit_enters_with_its_evidence_and_leaves_with_a_date(unit):
    yesterday = TODAY() - timedelta(days=1)
    make_survey(
        unit,
        surveyed_on=yesterday,
        answers={"arrears": "有", "arrears_months": 3},
    )
    assert refresh(unit, yesterday).entered == 1
    assert refresh(unit, yesterday).entered == 0  # again changes nothing
    entry = KeyEntry.objects.get()
    assert (entry.ground, entry.clause, entry.since) == (
        "wage_arrears",
        "YZ-33",
        yesterday,
    )
    assert entry.evidence["wage_arrears_months"]["value"] == 3
    assert "调查登记表" in entry.evidence["wage_arrears_months"]["rows"][0]["label"]
    assert key_units(unit.grid, yesterday) == 1
    assert key_units_on([unit.pk], yesterday)[unit.pk].grounds == ["欠薪2个月以上"]

    make_survey(unit, surveyed_on=TODAY(), answers={"arrears": "无"})
    assert refresh(unit).left == 1
    entry.refresh_from_db()
    assert (entry.until, bool(entry.left_reason)) == (TODAY(), True)
    assert key_units(unit.grid, TODAY()) == 0
    assert key_units(unit.grid, yesterday) == 1  # history stays


def test_refreshing_one_unit_leaves_the_others_alone(unit, community):
    other = make_enterprise(grid=community, founded_on=date(2015, 5, 5))
    refresh(unit)
    assert KeyEntry.objects.get().enterprise == other
    refresh_key_units(
        district=unit.district,
        on=TODAY(),
        by=User.objects.system(),
        units=[unit.pk],
    )
    assert KeyEntry.objects.get().until is None


def test_changed_facts_are_noted_and_judged_soon(unit):
    note(unit, "petitions", TODAY())
    facts_changed(unit)
    facts_changed(unit.pk)  # noted once
    facts_changed(None)
    assert MovedFacts.objects.count() == 1
    assert refresh_moved(by=User.objects.system()) == 1
    assert KeyEntry.objects.get().ground == "petition"
    assert not MovedFacts.objects.exists()
    assert refresh_moved(by=User.objects.system()) == 0


def test_a_refresh_asks_as_often_for_many_units_as_for_one(
    unit, community, django_assert_max_num_queries
):
    for _ in range(30):
        make_enterprise(grid=community)
    refresh(unit)
    with django_assert_max_num_queries(40):
        refresh(unit)


# --- by hand --------------------------------------------------------------------------


@pytest.fixture
def leader(erqi):
    return make_user(grid=erqi, role=Role.LEADER)


def test_an_entry_by_hand_needs_a_reason_and_another_person(unit, bureau, leader):
    with pytest.raises(Refused, match="理由"):
        propose_entry(enterprise=unit, reason=" ", on=TODAY(), by=bureau)
    entry = propose_entry(enterprise=unit, reason="上级交办", on=TODAY(), by=bureau)
    assert key_units(unit.grid, TODAY()) == 0
    with pytest.raises(Refused, match="另一位"):
        decide_entry(entry=entry, approve=True, on=TODAY(), by=bureau)
    decide_entry(entry=entry, approve=True, on=TODAY(), by=leader)
    assert key_units(unit.grid, TODAY()) == 1
    with pytest.raises(Refused, match="已有"):
        propose_entry(enterprise=unit, reason="再次", on=TODAY(), by=bureau)
    refresh(unit)  # what a person entered stays
    assert key_units(unit.grid, TODAY()) == 1


def test_nobody_is_listed_before_the_approval(unit, bureau, leader):
    before, approved = TODAY() - timedelta(days=9), TODAY() - timedelta(days=2)
    entry = propose_entry(enterprise=unit, reason="上级交办", on=before, by=bureau)
    with pytest.raises(Refused, match="不能晚于今天"):
        decide_entry(
            entry=entry, approve=True, on=TODAY() + timedelta(days=1), by=leader
        )
    decide_entry(entry=entry, approve=True, on=approved, by=leader)
    assert key_units(unit.grid, approved - timedelta(days=1)) == 0
    assert key_units(unit.grid, approved) == 1


def test_the_database_itself_refuses_an_entry_that_nobody_else_approved(unit, bureau):
    fields = {
        "enterprise": unit,
        "district": unit.district,
        "ground": "hand",
        "ground_name": "手工列入",
        "since": TODAY(),
        "reason": "理由",
        "proposed_by": bureau,
        "state": "active",
    }
    for approver in (None, bureau):
        with pytest.raises(IntegrityError), transaction.atomic():
            KeyEntry.objects.create(approved_by=approver, **fields)


def test_a_turned_down_entry_never_was(unit, bureau, leader):
    entry = propose_entry(enterprise=unit, reason="上级交办", on=TODAY(), by=bureau)
    with pytest.raises(Refused, match="理由"):
        decide_entry(entry=entry, approve=False, on=TODAY(), by=leader)
    decide_entry(entry=entry, approve=False, on=TODAY(), by=leader, reason="不足")
    assert key_units(unit.grid, TODAY()) == 0
    propose_entry(enterprise=unit, reason="另有依据", on=TODAY(), by=bureau)


def test_what_two_persons_removed_comes_back_on_new_evidence_only(unit, bureau, leader):
    before = TODAY() - timedelta(days=5)
    note(unit, "petitions", before)
    refresh(unit, before)
    entry = KeyEntry.objects.get()
    propose_removal(entry=entry, reason="纠纷已化解", by=bureau)
    with pytest.raises(Refused, match="等待批准"):
        propose_removal(entry=entry, reason="再次", by=bureau)
    with pytest.raises(Refused, match="另一位"):
        decide_entry(entry=entry, approve=True, on=TODAY(), by=bureau)
    decide_entry(entry=entry, approve=True, on=TODAY(), by=leader)
    assert key_units(unit.grid, TODAY()) == 0
    assert refresh(unit).entered == 0
    note(unit, "petitions", TODAY())
    assert refresh(unit).entered == 1


def test_a_removal_that_was_turned_down_may_be_asked_again(unit, bureau, leader):
    note(unit, "petitions", TODAY())
    refresh(unit, TODAY() - timedelta(days=0))
    entry = KeyEntry.objects.get()
    propose_removal(entry=entry, reason="纠纷已化解", by=bureau)
    decide_entry(entry=entry, approve=False, on=TODAY(), by=leader, reason="未化解")
    assert key_units(unit.grid, TODAY()) == 1
    propose_removal(entry=entry, reason="有新材料", by=bureau)


def test_suppliers_add_counts_and_take_the_largest_state(unit):
    supplies_facts("punished", source="试验")(extra)
    supplies_facts("wage_arrears_months", source="试验")(extra)
    try:
        make_survey(
            unit, surveyed_on=TODAY(), answers={"arrears": "有", "arrears_months": 4}
        )
        note(unit, "petitions", TODAY())
        units = Enterprise.objects.filter(pk=unit.pk)
        found = facts_of(FACTS, units, since=date.min, until=TODAY()).values(unit.pk)
    finally:
        from enterprises.supervision import facts

        for rows in facts._SOURCES.values():
            rows[:] = [one for one in rows if one.supplier is not extra]
    assert found["punished"] == 3
    assert found["wage_arrears_months"] == 4
    assert found["petitions"] == 1


def extra(units, since, until):
    return {pk: Fact(3) for pk in units.values_list("pk", flat=True)}


@pytest.mark.parametrize(
    ("kind", "last", "ground"),
    [
        ("wages", 8, None),
        ("wages", 9, "wage_arrears"),
        ("pension", 8, None),
        ("pension", 9, "insurance_arrears"),
    ],
)
def test_the_ledger_of_arrears_counts_until_repaid(unit, bureau, kind, last, ground):
    day = TODAY() - timedelta(days=20)
    year = TODAY().year - 1
    arrears = record_arrears(
        enterprise=unit,
        kind=kind,
        month_from=date(year, 8, 1),
        month_to=date(year, last, 1),
        amount=Decimal(9000),
        persons=3,
        source="visit",
        found_on=day,
        by=bureau,
    )
    assert grounds(unit) == ({ground} if ground else set())
    assert MovedFacts.objects.count() == 1
    if ground:
        refresh(unit)
        (fact,) = KeyEntry.objects.get().evidence.values()
        assert len(fact["rows"]) == 1
    repay(arrears=arrears, paid_on=TODAY(), amount=Decimal(9000), by=bureau)
    assert grounds(unit) == set()
