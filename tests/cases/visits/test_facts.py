from datetime import date, timedelta

import pytest

from cases.visits import facts
from cases.visits.services.hazards import clear_hazard
from cases.visits.services.talks import PublicityFacts, record_publicity
from tests.cases.visits.making import make_hazard, make_visit
from tests.factories import TODAY, make_enterprise

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_open_hazards_by_unit_on_a_day(unit, assistant):
    found = TODAY() - 10 * DAY
    hazard = make_hazard(by=assistant, unit=unit, on=found)
    other = make_enterprise(grid=unit.grid)
    asked = [unit.pk, other.pk]
    assert facts.open_hazards(asked, on=found - DAY) == {}
    (one,) = facts.open_hazards(asked, on=found)[unit.pk]
    assert (one.since, one.topic, one.is_escalated) == (found, "wages", False)
    clear_hazard(
        hazard=hazard, on=TODAY(), outcome="at_base", clearing="已改", by=assistant
    )
    assert unit.pk in facts.open_hazards(asked, on=TODAY() - DAY)
    assert facts.open_hazards(asked, on=TODAY()) == {}


def test_the_last_visit_of_each_unit(unit, assistant):
    for days in (20, 5):
        make_visit(by=assistant, unit=unit, on=TODAY() - days * DAY)
    assert facts.last_visits([unit.pk], on=TODAY()) == {unit.pk: TODAY() - 5 * DAY}
    assert facts.last_visits([unit.pk], on=TODAY() - 6 * DAY) == {
        unit.pk: TODAY() - 20 * DAY
    }
    assert facts.last_visits([unit.pk], on=TODAY() - 30 * DAY) == {}


def test_visits_by_grid_and_month(unit, assistant, erqi):
    for day in (date(2026, 9, 1), date(2026, 9, 30), date(2026, 10, 1)):
        make_visit(by=assistant, unit=unit, on=day)
    since, until = date(2026, 9, 1), date(2026, 10, 1)
    assert facts.visits_by_month(erqi, since=since, until=until) == {
        (unit.grid_id, date(2026, 9, 1)): 2,
        (unit.grid_id, date(2026, 10, 1)): 1,
    }


def test_early_signs_solved_at_base(unit, assistant, erqi):
    since = TODAY() - 30 * DAY
    for outcome in ("at_base", "handed_over", "unfounded", ""):
        hazard = make_hazard(by=assistant, unit=unit, on=TODAY() - 9 * DAY)
        if outcome:
            clear_hazard(
                hazard=hazard, on=TODAY(), outcome=outcome, clearing="x", by=assistant
            )
    share = facts.resolution(erqi, since=since, until=TODAY())
    assert (share.part, share.whole) == (1, 3)
    assert facts.resolution(erqi, since=since, until=TODAY() - DAY).part == 0
    assert facts.resolution(erqi, since=since, until=since).percent is None


def test_how_many_were_told(community, assistant, erqi, huiji):
    for people in (30, 12):
        told = PublicityFacts(audience=people, material="手册", place="广场")
        record_publicity(facts=told, grid=community, by=assistant)
    period = {"since": TODAY(), "until": TODAY()}
    assert facts.audience(erqi, **period) == facts.Audience(2, 42)
    assert facts.audience(huiji, **period) == facts.Audience(0, 0)


def test_new_units_found(community, unit, assistant, erqi):
    make_visit(by=assistant, grid=community, address="人民路9号")
    make_visit(by=assistant, unit=unit)
    period = {"since": TODAY(), "until": TODAY()}
    assert facts.new_units_found(erqi, **period) == 1
    assert facts.units_visited([unit.pk], **period) == 1


def test_facts_take_a_fixed_number_of_queries(
    community, assistant, erqi, django_assert_max_num_queries
):
    units = [make_enterprise(grid=community) for _ in range(6)]
    for unit in units:
        make_hazard(by=assistant, unit=unit)
    keys = [unit.pk for unit in units]
    with django_assert_max_num_queries(4):
        assert len(facts.open_hazards(keys, on=TODAY())) == 6
        assert len(facts.last_visits(keys, on=TODAY())) == 6
        facts.visits_by_month(erqi, since=TODAY(), until=TODAY())
        facts.resolution(erqi, since=TODAY(), until=TODAY())
