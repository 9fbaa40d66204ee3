"""The rules of wages and projects, both sides of every boundary."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprises.wages import rules
from gridinspect.law import Limit
from gridinspect.workdays.rules import WorkCalendar

TODAY = date(2026, 11, 28)
JUNE = date(2026, 6, 1)
LEAST = Limit(1, "percent", "人社部发〔2021〕65号", date(2021, 11, 1), verified=False)
CYCLE = Limit(1, "months", "条例第二十四条", date(2020, 5, 1))
PUBLICITY = Limit(30, "natural_days", "条例第二十七条", date(2020, 5, 1))


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (JUNE, JUNE, 1),
        (JUNE, date(2026, 7, 1), 2),
        (date(2025, 12, 1), date(2026, 1, 1), 2),
        (date(2025, 1, 1), date(2026, 12, 1), 24),
    ],
)
def test_months_are_counted_with_both_ends(first, last, months):
    assert rules.months_between(first, last) == months


@pytest.mark.parametrize(
    ("month_to", "found_on", "field"),
    [
        (JUNE, date(2026, 6, 30), ""),
        (date(2026, 7, 1), date(2026, 6, 30), "month_to"),  # not due yet
        (date(2026, 5, 1), date(2026, 6, 30), "month_to"),  # before the first month
        (JUNE, TODAY, ""),
        (JUNE, TODAY + timedelta(days=1), "found_on"),
    ],
)
def test_arrears_lie_in_the_past(month_to, found_on, field):
    found = rules.arrears_objection(
        month_from=JUNE, month_to=month_to, found_on=found_on, today=TODAY
    )
    assert found[0] == field
    assert bool(found[1]) == bool(field)


@pytest.mark.parametrize(
    ("paid_on", "amount", "field"),
    [
        (TODAY, "100.00", ""),
        (TODAY, "100.01", "amount"),
        (TODAY + timedelta(days=1), "1", "paid_on"),
        (date(2026, 5, 31), "1", "paid_on"),
        (JUNE, "1", ""),
    ],
)
def test_nobody_repays_more_than_is_owed(paid_on, amount, field):
    found = rules.repayment_objection(
        paid_on=paid_on,
        amount=Decimal(amount),
        owed=Decimal(100),
        month_from=JUNE,
        today=TODAY,
    )
    assert found[0] == field


MONEY = st.decimals(0, 10**9, places=2)


@given(MONEY, st.lists(MONEY, max_size=5))
def test_what_is_owed_is_never_below_nothing_nor_above_the_amount(amount, repaid):
    owed = rules.outstanding(amount, repaid)
    assert 0 <= owed <= amount
    assert owed == 0 or owed + sum(repaid) == amount


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, ""),
        ({"cycle_to": date(2026, 5, 31)}, "cycle_to"),
        ({"cycle_from": TODAY + timedelta(days=1), "cycle_to": None}, "cycle_from"),
        ({"paid_on": TODAY + timedelta(days=1)}, "paid_on"),
        ({"paid_on": None}, "paid_on"),
        ({"paid_on": None, "paid": Decimal(0)}, ""),
        ({"paid": Decimal("1000.01")}, "paid"),
        ({"below_minimum": 10}, ""),
        ({"below_minimum": 11}, "below_minimum"),
    ],
)
def test_a_pay_cycle_agrees_with_itself(changes, field):
    cycle = {
        "cycle_from": JUNE,
        "cycle_to": date(2026, 6, 30),
        "paid_on": date(2026, 7, 10),
        "payable": Decimal(1000),
        "paid": Decimal(1000),
        "persons": 10,
        "below_minimum": 0,
        "today": TODAY,
    } | changes
    cycle["cycle_to"] = cycle["cycle_to"] or cycle["cycle_from"]
    assert rules.payment_objection(**cycle)[0] == field


@pytest.mark.parametrize(
    ("due_on", "paid_on", "days"),
    [
        (None, None, 0),
        (TODAY, None, 0),
        (TODAY - timedelta(days=1), None, 1),
        (date(2026, 7, 15), date(2026, 7, 10), 0),
        (date(2026, 7, 15), date(2026, 7, 18), 3),
    ],
)
def test_lateness_counts_from_the_agreed_day(due_on, paid_on, days):
    assert rules.days_late(due_on, paid_on, TODAY) == days


def site(**changes):
    facts = {
        "started_on": JUNE,
        "price": Decimal(1_000_000),
        "roster": 20,
        "wage_officer": "周某",
        "account_opened_on": JUNE,
        "deposit": "bank",
        "deposit_amount": Decimal(10_000),
        "deposit_until": TODAY,
        "cost_cycle": 1,
    }
    return rules.SiteFacts(**facts | changes)


ALL_MET = dict.fromkeys(rules.ITEMS, rules.Checked(met=True, on=JUNE))


def states(facts, checks=ALL_MET):
    found = rules.five_items(
        facts, checks, on=TODAY, deposit_least=LEAST, cycle_most=CYCLE
    )
    assert [one.item for one in found] == list(rules.ITEMS)
    return {one.item: one.state for one in found if one.state != "met"}


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({}, {}),
        ({"roster": 0}, {"real_name": "failed"}),
        ({"wage_officer": ""}, {"real_name": "failed"}),
        ({"account_opened_on": None}, {"account": "failed"}),
        ({"account_opened_on": TODAY}, {}),
        ({"account_opened_on": TODAY + timedelta(days=1)}, {"account": "failed"}),
        ({"cost_cycle": 2}, {"by_contractor": "failed"}),
        ({"cost_cycle": None}, {}),
        ({"deposit": ""}, {"deposit": "failed"}),
        ({"deposit": "exempt", "deposit_amount": None}, {}),
        ({"deposit_amount": Decimal("9999.99")}, {"deposit": "failed"}),
        ({"deposit_until": TODAY - timedelta(days=1)}, {"deposit": "failed"}),
        ({"deposit_until": None}, {}),
    ],
)
def test_a_record_that_contradicts_an_item_fails_it_whatever_was_checked(
    changes, failed
):
    assert states(site(**changes)) == failed


def test_what_nobody_checked_is_missing_and_a_failed_check_fails():
    checks = dict(ALL_MET) | {"notice": rules.Checked(False, JUNE, "没有告示牌")}
    del checks["by_contractor"]
    assert states(site(), checks) == {"notice": "failed", "by_contractor": "missing"}


@pytest.mark.parametrize(
    ("balances", "since"),
    [
        ([], None),
        ([(JUNE, 5)], None),
        ([(JUNE, 0)], JUNE),
        ([(JUNE, 0), (date(2026, 7, 1), 0)], JUNE),
        ([(JUNE, 0), (date(2026, 7, 1), 3), (date(2026, 8, 1), 0)], date(2026, 8, 1)),
        ([(JUNE, 3), (TODAY + timedelta(days=1), 0)], None),
    ],
)
def test_an_account_is_empty_since_its_last_entry_of_nothing(balances, since):
    rows = [(day, Decimal(balance)) for day, balance in balances]
    assert rules.empty_since(rows, TODAY) == since


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"close_on": date(2026, 10, 30)}, "公示未满"),
        ({"close_on": TODAY + timedelta(days=1)}, "晚于今天"),
        ({"finished_on": None}, "没有完工"),
        ({"publicised_on": None}, "没有公示"),
        ({"publicised_on": date(2026, 9, 19)}, "没有公示"),  # before it was finished
        ({"owed": Decimal("0.01")}, "拖欠"),
    ],
)
def test_an_account_is_closed_after_thirty_days_without_arrears(changes, words):
    facts = {
        "finished_on": date(2026, 9, 20),
        "publicised_on": date(2026, 10, 1),
        "close_on": date(2026, 10, 31),
        "owed": Decimal(0),
        "limit": PUBLICITY,
        "today": TODAY,
    } | changes
    objection = rules.closing_objection(**facts)
    assert words in objection
    assert bool(objection) == bool(words)


@pytest.mark.parametrize(
    ("state", "action", "on", "allowed"),
    [
        ("union", "已与老板协商，无果", date(2026, 11, 2), True),
        ("union", "", date(2026, 11, 6), False),
        ("union", "", date(2026, 11, 7), True),
        ("bureau", "已协商", date(2026, 11, 7), False),
        ("answered", "已协商", date(2026, 11, 7), False),
    ],
)
def test_the_union_comes_first_unless_it_lets_its_days_pass(state, action, on, allowed):
    objection = rules.escalation_objection(
        state=state, union_action=action, union_due_on=date(2026, 11, 6), on=on
    )
    assert (objection == "") == allowed


def test_a_step_counts_working_days_from_the_next_day():
    workdays = WorkCalendar(frozenset({2026}))
    five = Limit(5, "working_days", "推定", date(2010, 1, 1))
    ten = Limit(10, "natural_days", "推定", date(2010, 1, 1))
    assert rules.step_due(date(2026, 11, 27), five, workdays) == date(2026, 12, 4)
    assert rules.step_due(date(2026, 11, 27), ten, workdays) == date(2026, 12, 7)


def test_no_rate_of_nothing():
    assert rules.rate(0, 0) is None
    assert rules.rate(1, 4) == Decimal("0.25")
