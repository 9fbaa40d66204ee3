"""Answers to the survey form that agree with each other, for made-up units."""

import random
from typing import Any

from enterprises.models import Enterprise
from enterprises.survey_rules import INSURANCES


def answers_for(unit: Enterprise, dice: random.Random) -> dict[str, Any]:
    """Return complete answers: the sums are right, a few units owe something."""
    total = unit.headcount or 1
    dispatched = total // 12 if total > 30 else 0
    registered = total - dispatched
    male = round(registered * dice.uniform(0.3, 0.7))
    off_post = registered // 25
    signed = registered if dice.random() < 0.7 else round(registered * 0.85)
    long, medium = signed // 10, signed // 3
    wage = dice.randrange(2600, 6200, 50)
    answers: dict[str, Any] = {
        "employed_total": total,
        "employed_established": 0,
        "employed_contracted": registered,
        "employed_dispatched": dispatched,
        "employed_retained": 0,
        "employed_students": 0,
        "employed_pensioners": 0,
        "registered": registered,
        "male": male,
        "female": registered - male,
        "on_post": registered - off_post,
        "off_post": off_post,
        "migrant": (registered - off_post) // 2,
        "roster": "有",
        "contracts_due": registered,
        "contracts_signed": signed,
        "term_short": signed - medium - long,
        "term_medium": medium,
        "term_long": long,
        "term_task": 0,
        "collective_contract": "无",
        "payroll": f"{wage * registered}.00",
        "wage_average": f"{wage}.00",
        "pay_day": 15,
        "pay_method": "银行代发",
        "wage_ledger": "有",
        "hours_system": "标准工时",
        "union": "有" if total > 60 else "无",
    }
    for insurance in INSURANCES:
        paid = registered if dice.random() < 0.75 else round(registered * 0.8)
        answers |= {f"{insurance}_due": registered, f"{insurance}_paid": paid}
    return answers | _debts(registered, wage, dice)


def _debts(registered: int, wage: int, dice: random.Random) -> dict[str, Any]:
    if dice.random() > 0.04:
        return {"arrears": "无", "insurance_arrears": "无"}
    people, months = max(1, registered // 3), dice.choice([1, 2, 2, 3])
    return {
        "arrears": "有",
        "arrears_months": months,
        "arrears_people": people,
        "arrears_amount": f"{people * months * wage}.00",
        "insurance_arrears": "无",
    }
