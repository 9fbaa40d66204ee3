"""Which rules of early warning hold, in which colour: tables, both sides of bounds."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grids.policy import WarningRule, WarningSign, parse_policy
from grids.policy.values import PolicyError
from reports.warnings.rules import (
    RANK,
    colour_of,
    gravest,
    judge,
    rules_in,
    wants_task,
    window,
)

MONTHS = WarningSign("wages", "wage_arrears_months", yellow=1, orange=2, red=3)
PERSONS = WarningSign("wages", "wage_arrears_persons", orange=10, red=30)
HAZARD = WarningSign("hazard", "hazard_days", yellow=15)
CONTRACTS = WarningSign("contracts", "contracts_missing", yellow=10)
WAGES = WarningRule("wages", "拖欠工资", "补发", task_from="orange", task_days=3)
RULES = (
    WAGES,
    WarningRule("hazard", "隐患", "消除"),
    WarningRule("contracts", "合同", "补签"),
    WarningRule("several", "叠加", "减少", together=3, colour="orange"),
)
SIGNS = (MONTHS, PERSONS, HAZARD, CONTRACTS)


@pytest.mark.parametrize(
    ("sign", "value", "colour"),
    [
        (MONTHS, 0, ""),
        (MONTHS, 1, "yellow"),
        (MONTHS, 2, "orange"),
        (MONTHS, 3, "red"),
        (MONTHS, 99, "red"),
        (PERSONS, 9, ""),
        (PERSONS, 10, "orange"),
        (PERSONS, 29, "orange"),
        (PERSONS, 30, "red"),
        (HAZARD, 14, ""),
        (HAZARD, 15, "yellow"),
        (HAZARD, 1000, "yellow"),
    ],
)
def test_a_figure_has_the_gravest_colour_that_it_reaches(sign, value, colour):
    assert colour_of(sign, value) == colour


@given(st.integers(0, 200), st.integers(0, 200))
def test_more_is_never_milder(one, other):
    low, high = sorted([one, other])
    for sign in SIGNS:
        assert RANK[colour_of(sign, low)] <= RANK[colour_of(sign, high)]


def test_the_worst_sign_gives_the_colour_and_all_of_them_are_told():
    held = judge(RULES, SIGNS, {MONTHS: 1, PERSONS: 40})
    assert [(one.rule.key, one.colour) for one in held] == [("wages", "red")]
    assert [(seen.value, seen.bound) for seen in held[0].seen] == [(1, 1), (40, 30)]


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        ({}, []),
        ({MONTHS: 1, HAZARD: 15}, ["wages", "hazard"]),
        (
            {MONTHS: 1, HAZARD: 15, CONTRACTS: 10},
            ["wages", "hazard", "contracts", "several"],
        ),
    ],
)
def test_several_small_signs_together_warn_themselves(values, keys):
    held = judge(RULES, SIGNS, values)
    assert [one.rule.key for one in held] == keys
    if "several" in keys:
        assert held[-1].colour == "orange"
        assert held[-1].others == ("拖欠工资", "隐患", "合同")


def test_a_secret_rule_is_not_told_by_the_sum_of_signs():
    secret = WarningRule("hazard", "隐患", "消除", secret=True)
    rules = (WAGES, secret, RULES[2], RULES[3])
    held = judge(rules, SIGNS, {MONTHS: 1, HAZARD: 15, CONTRACTS: 10})
    assert "several" not in [one.rule.key for one in held]


@pytest.mark.parametrize(
    ("colour", "wanted"), [("yellow", False), ("orange", True), ("red", True)]
)
def test_a_task_is_given_from_the_colour_on_that_the_rule_says(colour, wanted):
    assert wants_task(WAGES, colour) is wanted
    assert wants_task(RULES[1], colour) is False


def test_the_gravest_of_none_is_none():
    assert gravest([]) == ""
    assert gravest(["yellow", "red", "orange"]) == "red"


def test_a_window_ends_on_the_day_and_contains_it():
    sign = WarningSign("wages", "wage_signals", orange=1, days=90)
    since, until = window(sign, date(2026, 3, 31))
    assert (since, until) == (
        date.fromisoformat("2026-01-01"),
        date(2026, 3, 31),
    )
    assert (until - since).days + 1 == 90


HEAD = """
id = "test"
version = 1
title = "试验"
layer = "national"
effective_from = 2020-01-01
"""


def layer(text):
    return parse_policy((HEAD + text).encode())


def rule(key, name, sign):
    return f"""
[[warning]]
key = "{key}"
name = "{name}"
clears = "办结"
{"" if sign else "together = 2" + chr(10) + 'colour = "red"'}
""" + (
        f"""
[[warning_sign]]
warning = "{key}"
fact = "hazard_days"
{sign}
"""
        if sign
        else ""
    )


def test_a_nearer_layer_replaces_a_rule_with_its_signs_and_keeps_the_others():
    nation = layer(rule("a", "甲", "yellow = 1") + rule("b", "乙", "yellow = 2"))
    plan = layer(rule("a", "甲改", "yellow = 9"))
    rules, signs = rules_in([nation, plan])
    assert [one.name for one in rules] == ["甲改", "乙"]
    assert [(one.warning, one.yellow) for one in signs] == [("a", 9), ("b", 2)]


@pytest.mark.parametrize(
    "text",
    [
        rule("a", "甲", "yellow = 2\norange = 2"),
        rule("a", "甲", "yellow = 3\nred = 1"),
        rule("a", "甲", "yellow = 0"),
        rule("a", "甲", "days = 3"),
        rule("a", "甲", "yellow = 1") * 2,
        '[[warning]]\nkey = "a"\nname = "甲"\nclears = "办结"\n',
        rule("a", "甲", "yellow = 1").replace(
            'clears = "办结"', 'clears = "办结"\ntask_from = "red"'
        ),
        rule("a", "甲", "yellow = 1").replace("hazard_days", "moon_phase"),
        rule("a", "甲", "").replace('"red"', '"blue"'),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(text):
    with pytest.raises(PolicyError, match=r"预警|moon_phase|blue"):
        layer(text)
