"""Facts of the room below, wages: what units owe on the last day of a period."""

from collections.abc import Mapping
from datetime import date
from math import floor

from django.urls import reverse

from enterprises.supervision.facts import Fact, Ref, Units, supplies_facts
from enterprises.wages import facts
from enterprises.wages.facts import Owed

SOURCE = "欠薪欠费登记"


def _refs(owed: Owed, words: str) -> tuple[Ref, ...]:
    """Name the records behind a figure, without saying from whom they are known."""
    return tuple(
        Ref(words, reverse("wages:arrears", args=[key]), owed.known_since)
        for key in owed.rows
    )


@supplies_facts("wage_arrears_months", source=SOURCE)
def wage_months(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Say over how many months each unit owes wages on the last day."""
    found = facts.wages_owed(None, until, units=units)
    return {
        unit: Fact(owed.months, _refs(owed, f"拖欠工资 {owed.months} 个月"))
        for unit, owed in found.items()
    }


@supplies_facts("wage_arrears_yuan", source=SOURCE)
def wage_amount(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Say how much each unit owes in wages on the last day, in whole yuan."""
    found = facts.wages_owed(None, until, units=units)
    return {
        unit: Fact(floor(owed.amount), _refs(owed, f"拖欠工资 {owed.amount:,.2f} 元"))
        for unit, owed in found.items()
    }


@supplies_facts("insurance_arrears_months", source=SOURCE)
def insurance_months(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Say over how many months each unit owes contributions on the last day."""
    found = facts.contributions_owed(None, until, units=units)
    return {
        unit: Fact(owed.months, _refs(owed, f"社会保险欠费 {owed.months} 个月"))
        for unit, owed in found.items()
    }
