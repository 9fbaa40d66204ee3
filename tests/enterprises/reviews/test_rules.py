from datetime import date

import pytest

from enterprises.reviews import rules
from grids.policy import parse_policy
from grids.services.policies import SHIPPED

ASKED = ("执照", "名册")
WHOLE = {"执照": rules.Material("given"), "名册": rules.Material("not_needed")}
SURVEYED = date(2026, 3, 1)


def test_the_review_looks_back_on_a_year_that_has_ended():
    first, last = date(2026, 1, 1), date(2026, 6, 30)
    assert rules.check_period(2025, first, last) == date(2025, 12, 31)
    with pytest.raises(rules.Refused, match="结束"):
        rules.check_period(2026, date(2026, 12, 31), date(2027, 1, 1))
    with pytest.raises(rules.Refused, match="截止"):
        rules.check_period(2025, last, first)


def test_the_materials_are_those_of_the_policy():
    names, source = rules.materials_of(
        [parse_policy((SHIPPED / "national.toml").read_bytes())]
    )
    assert "12月份职工名册" in names
    assert "第十四条" in source
    assert rules.materials_of([]) == ((), "")


@pytest.mark.parametrize(
    ("change", "day", "words"),
    [
        ({"名册": rules.Material()}, SURVEYED, "名册"),
        ({"名册": rules.Material("perhaps")}, SURVEYED, "名册"),
        ({"名册": rules.Material("missing")}, SURVEYED, "写明原因"),
        ({}, None, "调查登记表"),
        ({}, date(2024, 12, 31), "早于"),
    ],
)
def test_half_of_it_is_not_handed_in(change, day, words):
    with pytest.raises(rules.Refused, match=words):
        rules.check_filed(ASKED, WHOLE | change, surveyed_on=day, year=2025)


@pytest.mark.parametrize("day", [date(2025, 1, 1), SURVEYED])
def test_the_survey_is_of_the_reviewed_year_or_later(day):
    rules.check_filed(ASKED, WHOLE, surveyed_on=day, year=2025)


def test_late_begins_the_day_after():
    assert not rules.is_late(date(2026, 6, 30), date(2026, 6, 30))
    assert rules.is_late(date(2026, 7, 1), date(2026, 6, 30))


@pytest.mark.parametrize("day", [None, date(2026, 6, 30)])
def test_a_correction_needs_a_day_ahead(day):
    with pytest.raises(rules.Refused):
        rules.check_deadline(day, date(2026, 6, 30))
    rules.check_deadline(date(2026, 7, 1), date(2026, 6, 30))
