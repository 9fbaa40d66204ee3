"""What supervision asks of wages: right on every day, in few queries."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from enterprises.wages import facts
from enterprises.wages.models import Project
from tests.enterprises.wages.made import (
    make_arrears,
    make_balance,
    make_check,
    make_insurance,
    make_payment,
    make_project,
    make_repayment,
)
from tests.factories import TODAY, make_enterprise, make_grid

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit(community):
    return make_enterprise(grid=community)


def ago(days):
    return TODAY() - timedelta(days=days)


def test_arrears_hold_from_the_day_they_were_found_until_they_are_settled(unit):
    row = make_arrears(
        unit,
        month_from=date(2026, 3, 1),
        month_to=date(2026, 5, 1),
        found_on=date(2026, 6, 10),
        amount=9000,
        persons=3,
    )
    make_repayment(row, paid_on=date(2026, 7, 1), amount=4000)
    row.settled_on = date(2026, 8, 1)
    row.save()

    def owed(day):
        return facts.wages_owed(unit.district, day).get(unit.pk)

    assert owed(date(2026, 6, 9)) is None
    first = owed(date(2026, 6, 10))
    assert (first.months, first.amount, first.persons) == (3, Decimal(9000), 3)
    assert (first.since, first.known_since) == (date(2026, 3, 1), date(2026, 6, 10))
    assert first.rows == (row.pk,)
    assert owed(date(2026, 7, 1)).amount == Decimal(5000)
    assert owed(date(2026, 7, 31)) is not None
    assert owed(date(2026, 8, 1)) is None
    assert facts.contributions_owed(unit.district, date(2026, 6, 10)) == {}


def test_months_that_two_records_share_count_once(unit):
    make_arrears(unit, month_from=date(2026, 3, 1), month_to=date(2026, 5, 1))
    make_arrears(
        unit,
        kind="pension",
        month_from=date(2026, 5, 1),
        month_to=date(2026, 6, 1),
        source="list",
    )
    both = facts.anything_owed(unit.district, TODAY())[unit.pk]
    assert both.months == 4
    assert both.kinds == ("pension", "wages")
    assert facts.contributions_owed(unit.district, TODAY())[unit.pk].months == 2


def test_what_was_withdrawn_was_never_owed(unit):
    make_arrears(unit, withdrawn_on=TODAY(), withdrawal_reason="录错单位")
    assert facts.anything_owed(unit.district, TODAY()) == {}


def test_the_neighbours_units_are_not_asked(unit, huiji):
    make_arrears(make_enterprise(grid=huiji))
    assert facts.anything_owed(unit.district, TODAY()) == {}


def test_insurance_speaks_by_its_newest_month(unit):
    make_insurance(unit, month=date(2026, 5, 1), due=10, insured=10)
    make_insurance(unit, month=date(2026, 6, 1), due=10, insured=4)
    make_insurance(unit, month=date(2026, 6, 1), insurance="injury", due=10, insured=8)
    now = facts.insured(unit.district, date(2026, 7, 1))[unit.pk]
    assert now.rate == Decimal("0.6")
    assert now.by_kind == {"pension": (10, 4), "injury": (10, 8)}
    assert facts.insured(unit.district, date(2026, 5, 20))[unit.pk].rate == 1


def test_late_cycles_and_pay_below_the_minimum(unit):
    make_payment(unit, cycle_from=date(2026, 8, 1), below_minimum=3)
    late = make_payment(
        unit,
        cycle_from=date(2026, 9, 1),
        due_on=date(2026, 10, 15),
        paid_on=None,
        paid=0,
        below_minimum=2,
    )
    assert facts.below_minimum(unit.district, date(2026, 9, 15)) == {
        unit.pk: (3, date(2026, 8, 30))
    }
    assert facts.below_minimum(unit.district, late.cycle_to)[unit.pk][0] == 2
    assert facts.unpaid_cycles(unit.district, date(2026, 10, 15)) == {}
    assert facts.unpaid_cycles(unit.district, date(2026, 10, 16)) == {
        unit.pk: (1, date(2026, 10, 15))
    }


def test_a_site_in_trouble_is_told_by_its_contractor(unit):
    project = make_project(unit.grid, contractor=unit, roster=0)
    fine = make_project(unit.grid, contractor=make_enterprise(grid=unit.grid))
    for item in ("real_name", "account", "by_contractor", "deposit", "notice"):
        make_check(fine, item)
        make_check(project, item)
    make_check(project, "notice", result="failed", finding="没有告示牌")
    make_balance(project, on=ago(40), balance=500)
    make_balance(project, on=ago(10), balance=0)
    troubles = facts.site_troubles(unit.district, TODAY())
    assert set(troubles) == {unit.pk}
    assert {(item, why) for _, item, why in troubles[unit.pk].failed} == {
        ("real_name", "没有实名登记的人员"),
        ("notice", "没有告示牌"),
    }
    assert troubles[unit.pk].account_empty_since == ago(10)
    assert facts.site_troubles(unit.district, ago(11))[unit.pk].empty == ()


def test_a_closed_account_is_not_empty(unit):
    project = make_project(
        unit.grid,
        contractor=unit,
        finished_on=ago(60),
        publicised_on=ago(50),
        account_closed_on=ago(10),
    )
    make_balance(project, on=ago(70), balance=0)
    projects = Project.objects.all()
    assert facts.accounts_empty(projects, ago(11)) == {project.pk: ago(70)}
    assert facts.accounts_empty(projects, ago(10)) == {}


def test_the_number_of_queries_does_not_grow(
    unit, street, django_assert_max_num_queries
):
    for number in range(12):
        grid = make_grid(f"第{number}社区", parent=street)
        other = make_enterprise(grid=grid)
        make_arrears(other)
        make_insurance(other)
        make_check(make_project(grid, contractor=other, roster=0), "notice")
    with django_assert_max_num_queries(9):
        facts.anything_owed(unit.district, TODAY())
        facts.insured(unit.district, TODAY())
        facts.below_minimum(unit.district, TODAY())
        facts.unpaid_cycles(unit.district, TODAY())
        assert len(facts.site_troubles(unit.district, TODAY())) == 12
