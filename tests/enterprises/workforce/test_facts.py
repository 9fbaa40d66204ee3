"""Figures of the roster that other rooms ask for, and what should have been filed."""

from datetime import date

import pytest

from enterprises.models import Enterprise
from enterprises.workforce import duties, facts
from enterprises.workforce.facts import Loss, Signing
from enterprises.workforce.limits import Event, FilingLaw
from tests.enterprises.workforce.factories import (
    make_contract,
    make_filing,
    make_worker,
)
from tests.factories import make_enterprise, make_grid

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 2)


@pytest.fixture
def street(erqi):
    return make_grid("大学路街道", kind="street", parent=erqi)


@pytest.fixture
def unit(street):
    return make_enterprise("郑州甲商行", grid=street)


def test_heads_are_counted_on_a_day(unit, street):
    make_worker(unit, since=date(2026, 1, 1))
    make_worker(unit, since=date(2026, 1, 1), until=DAY)  # gone that day
    make_worker(unit, since=date(2026, 11, 3))  # comes the day after
    make_worker(make_enterprise(grid=street), since=DAY)
    assert facts.head_counts([unit], DAY) == {unit.pk: 1}
    assert facts.head_counts([unit], date(2026, 11, 1)) == {unit.pk: 2}
    both = facts.head_counts(Enterprise.objects.all(), DAY)
    assert sorted(both.values()) == [1, 1]
    empty = make_enterprise(grid=street)
    assert empty.pk not in facts.head_counts([empty], DAY)


def test_the_signing_rate_counts_running_contracts_of_who_should_sign(unit, erqi):
    make_contract(make_worker(unit), ends_on=DAY)  # its last day is that day
    make_contract(make_worker(unit), ends_on=date(2026, 11, 1))  # ran out
    make_worker(unit)
    make_contract(make_worker(unit, employment_form="part_time"))  # need not
    make_worker(unit, employment_form="intern")
    assert facts.signing([unit], DAY) == {unit.pk: Signing(3, 1)}
    assert facts.signing([unit], DAY)[unit.pk].percent == 33
    assert facts.signing_within(erqi, DAY) == Signing(3, 1)
    Enterprise.objects.filter(pk=unit.pk).update(status="cancelled")
    assert facts.signing_within(erqi, DAY) == Signing(0, 0)
    assert Signing(0, 0).percent is None
    assert Signing(0, 0).share is None
    assert Signing(2, 1) + Signing(1, 1) == Signing(3, 2)


def test_losses_between_two_days(unit):
    before, after = date(2026, 9, 1), date(2026, 11, 1)
    make_worker(unit)
    make_worker(unit, until=after)  # gone on the last day
    make_worker(unit, until=date(2026, 11, 2))  # still there on it
    make_worker(unit, since=date(2026, 9, 2), until=date(2026, 10, 1))  # in between
    make_worker(unit, since=after)
    assert facts.losses([unit], before, after) == {unit.pk: Loss(3, 1, 3)}
    assert float(facts.losses([unit], before, after)[unit.pk].share) == pytest.approx(
        1 / 3
    )


def test_contracts_that_end_soon_and_have_no_follower(unit):
    soon = make_contract(make_worker(unit), ends_on=date(2026, 12, 2))  # day 30
    make_contract(make_worker(unit), ends_on=date(2026, 12, 3))
    make_contract(make_worker(unit), ends_on=date(2026, 11, 1))  # is over
    gone = make_worker(unit, until=date(2026, 10, 1))
    make_contract(gone, ends_on=date(2026, 11, 20))
    renewed = make_worker(unit)
    make_contract(renewed, ends_on=date(2026, 11, 20))
    make_contract(renewed, begins_on=date(2026, 11, 21), ends_on=date(2029, 11, 20))
    assert list(facts.expiring([unit], DAY, 30)) == [soon]
    assert list(unit.workers.expiring(DAY, 30)) == [soon.worker]


def test_no_written_contract_after_the_month_of_the_law(unit):
    late = make_worker(unit, since=date(2026, 10, 1))
    make_worker(unit, since=date(2026, 10, 2))  # the month ends that day
    make_contract(make_worker(unit, since=date(2026, 9, 1)))
    make_worker(unit, since=date(2026, 9, 1), employment_form="part_time")
    assert list(facts.no_written_contract([unit], DAY)) == [late]


def test_what_should_have_been_filed(unit, erqi):
    law, today = FilingLaw(), date(2026, 11, 30)
    first = make_filing(unit)
    cut = law.cutoff(Event.HIRED, erqi, today)
    assert cut == date(2026, 10, 28)  # its thirtieth day is the Friday before
    hired = make_worker(unit, since=cut)
    make_worker(unit, since=date(2026, 10, 29))  # due on the Monday, which is today
    make_worker(unit, since=date(2020, 1, 1), hire_filing=first)
    ended = make_worker(unit, until=date(2026, 11, 1), hire_filing=first)
    make_worker(
        unit, since=date(2020, 1, 1), until=date(2024, 1, 1)
    )  # before the statute of limitations
    renewed = make_contract(
        make_worker(unit, hire_filing=first), begins_on=date(2026, 8, 1)
    )
    make_contract(hired)  # belongs to the filing of the hire
    places = [erqi]
    by_event = {
        event: list(duties.overdue(event, places, today, law=law))
        for event in duties.EVENTS
    }
    assert by_event == {
        Event.HIRED: [hired],
        Event.RENEWED: [renewed],
        Event.ENDED: [ended],
    }
    assert facts.overdue_filings([unit], today) == {unit.pk: 3}
    rows = list(
        duties.together(
            {
                event: duties.overdue(event, places, today, law=law)
                for event in duties.EVENTS
            }
        )
    )
    assert [row["event"] for row in rows] == ["T31-C", "T31", "T32"]
    assert {row["unit_name"] for row in rows} == {"郑州甲商行"}


def test_the_number_of_queries_does_not_grow(
    unit, street, django_assert_max_num_queries
):
    for _ in range(3):
        other = make_enterprise(grid=street)
        for _ in range(3):
            make_contract(make_worker(other))
    units = Enterprise.objects.all()
    with django_assert_max_num_queries(1):
        facts.head_counts(units, DAY)
    with django_assert_max_num_queries(2):
        facts.signing(units, DAY)
    with django_assert_max_num_queries(1):
        facts.losses(units, date(2026, 1, 1), DAY)
    with django_assert_max_num_queries(9):
        facts.overdue_filings(units, DAY)
