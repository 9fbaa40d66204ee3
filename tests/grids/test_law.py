"""The layers of law; and that no rule carries a number that plans or statutes fix."""

import ast
import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
from django.urls import reverse

from gridinspect.accounts.models import User
from grids.services.law import Law, limits_of, short
from grids.services.policies import SHIPPED, load_policy, policy_on
from tests.factories import make_adoption, make_policy

ROOT = SHIPPED.parents[1]
APPS = ("grids", "assistants", "enterprises", "cases", "reports")

# Numbers that are by chance also a plan's: none of them is a value of a policy.
OTHERS = {
    "cases/clocks.py": {3: "bands of urgency on the page", 10: "same"},
    "cases/rules.py": {3: "bands of urgency", 10: "same", 12: "months of a year"},
    "enterprises/rules.py": dict.fromkeys(
        (3, 4, 5, 7, 10, 15, 17, 18, 36), "weights and lengths of codes (GB 32100)"
    ),
    "enterprises/survey_rules/fields.py": {20: "characters shown"},
    "enterprises/survey_rules/relations.py": {
        24: "hours of a day",
        40: "hours of the week that the survey's form asks about",
    },
    "enterprises/wages/rules.py": {12: "months of a year"},
    "grids/code_rules.py": dict.fromkeys(
        (3, 4, 6, 10, 12, 20), "lengths of codes and of their parts"
    ),
    "reports/differences.py": {10: "tenths of a percent"},
    "reports/judging.py": {10: "tenths of a percent"},
    "reports/programme/scoring.py": {10: "tenths of a point"},
    "reports/rules.py": {30: "联网率 is our own definition (design.md 4)"},
    "reports/tallies.py": {60: "month-ends that stay", 2000: "rows written at once"},
    "reports/whatif.py": {10: "digits of a key"},
    "cases/inspections/views/lists.py": dict.fromkeys((16, 30), "widths of columns"),
    "cases/visits/rules.py": dict.fromkeys((10, 60, 2000), "sizes of a phone's queue"),
    "cases/visits/views/lists.py": dict.fromkeys((16, 30), "widths of columns"),
    "cases/visits/views/queue.py": {60: "megabytes of a file"},
    "enterprises/reviews/rules.py": {12: "months of a year"},
    "enterprises/services/pairs.py": dict.fromkeys((40, 60), "shares of a likeness"),
    "enterprises/supervision/rules.py": dict.fromkeys((3, 10, 12), "quarters, months"),
    "enterprises/supervision/views/grades.py": {36: "width of a column"},
    "enterprises/supervision/views/keys.py": dict.fromkeys(
        (18, 36), "widths of columns"
    ),
    "enterprises/supervision/views/publications.py": {36: "width of a column"},
    "enterprises/wages/views/common.py": dict.fromkeys((18, 30), "widths of columns"),
    "enterprises/wages/views/insurance.py": {24: "rows that a tab shows"},
    "enterprises/workforce/services/common.py": {16: "characters of an address"},
    "reports/warnings/views.py": {24: "width of a column"},
    "enterprises/workforce/limits.py": {12: "months of a year"},
    "enterprises/workforce/rules.py": {10: "the numeral ten", 12: "months of a year"},
}
# Lengths, pages, months and years: elsewhere than in rules they say nothing.
EVERYDAY = {3, 4, 5, 6, 7, 10, 12, 20, 2000, 2100}


def numbers_of(value):
    """Yield every number of a policy file but what counts its rows or is assumed."""
    if isinstance(value, list):
        for inner in value:
            yield from numbers_of(inner)
    elif isinstance(value, dict) and not value.get("assumed"):
        for key, inner in value.items():
            counts_rows = key in ("number", "version", "phase", "points", "pass_points")
            if not counts_rows or isinstance(inner, list):
                yield from numbers_of(inner)
    elif type(value) in (int, float):
        yield value


def fixed_numbers():
    """Return the numbers of the policy files; 0, 1 and 2 stand everywhere."""
    documents = [tomllib.loads(file.read_text("utf-8")) for file in SHIPPED.glob("*")]
    return set(numbers_of(documents)) - {0, 1, 2}


RULES = re.compile(
    r"rules|tallies|coverage|indicators|judging|clocks|limits|establishment|freshness"
    r"|holdings|differences|whatif|booklets|scoring|^boards|progress|milestones"
)


def rule_files():
    """Yield the code that decides: rules, services, views and what computes figures."""
    for app in APPS:
        for file in sorted((ROOT / app).rglob("*.py")):
            parts = set(file.relative_to(ROOT).with_suffix("").parts)
            if parts & {"migrations", "demo", "bench"}:
                continue
            if parts & {"services", "views"} or RULES.search(file.stem):
                yield file


def numbers_in(file):
    """Yield the numbers that code computes or compares with, no places in texts."""
    tree = ast.parse(file.read_text("utf-8"))
    places = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        for inner in ast.walk(node.slice)
    }
    for node in ast.walk(tree):
        is_number = isinstance(node, ast.Constant) and type(node.value) in (int, float)
        if is_number and node not in places:
            yield node.lineno, node.value


def test_no_rule_carries_a_number_that_a_plan_or_statute_fixes():
    fixed = fixed_numbers()
    assert {60, 30, 15, 183, 0.85, 214} <= fixed
    own = {}
    for file in rule_files():
        name = str(file.relative_to(ROOT))
        looked_for = fixed if RULES.search(file.stem) else fixed - EVERYDAY
        for line, number in numbers_in(file):
            if number in looked_for and number not in OTHERS.get(name, {}):
                own[f"{name}:{line}"] = number
    assert own == {}


def test_the_search_looks_into_every_rule_and_would_find_such_a_number(tmp_path):
    names = {str(file.relative_to(ROOT)) for file in rule_files()}
    assert {
        "assistants/establishment.py",
        "cases/rules.py",
        "enterprises/rules.py",
        "grids/rules.py",
        "reports/coverage.py",
        "reports/differences.py",
        "reports/holdings.py",
        "reports/judging.py",
        "reports/rules.py",
        "reports/tallies.py",
    } <= names
    assert len(names) > 50
    assert {path.parts[0] for path in map(Path, names)} == set(APPS)
    planted = tmp_path / "rules.py"
    planted.write_text("def posts(grids):\n    return 214 if grids > 106 else 0.85\n")
    found = {number for _, number in numbers_in(planted)}
    assert found & fixed_numbers() == {214, 0.85}
    assert fixed_numbers() - EVERYDAY  # else services and views would be let through
    for name, excused in OTHERS.items():  # no excuse outlives its number
        inside = {number for _, number in numbers_in(ROOT / name)}
        assert set(excused) <= inside, name


@pytest.mark.django_db
def test_the_version_of_the_day_sets_the_number():
    make_policy("national")
    later = (SHIPPED / "national.toml").read_text("utf-8")
    later = later.replace("version = 2", "version = 99", 1)
    later = later.replace("effective_from = 2", "effective_from = 2030-01-01 #", 1)
    later = later.replace("value = 183", "value = 90", 1)
    load_policy(document=later.encode(), by=User.objects.system())
    law = Law()
    assert law.number("freshness_days", on=date(2029, 12, 31)).value == 183
    assert law.number("freshness_days", on=date(2030, 1, 1)).value == 90


@pytest.mark.django_db
def test_a_survey_is_fresh_as_long_as_the_law_says_where_the_plan_is_silent(erqi):
    make_adoption(erqi, "huiji-2010")
    assert policy_on(erqi, date(2026, 1, 1)).freshness_days == 183
    make_adoption(erqi, "erqi-2013", since=date(2026, 2, 1))
    assert policy_on(erqi, date(2026, 2, 1)).freshness_days == 183


@pytest.mark.django_db
def test_the_province_refines_the_nation():
    make_policy("national")
    make_policy("henan")
    found = {one.row.rule: one for one in limits_of(Law().layers("河南省"))}
    assert found["T5"].origin == "省（河南省地方期限）"
    assert found["T7"].origin == "国家（国家法定期限和退休年龄）"
    assert {one.origin[:2] for one in limits_of(Law().layers("江苏省"))} == {"国家"}


@pytest.mark.django_db
def test_the_page_of_a_plan_says_where_each_limit_comes_from(bureau_client):
    make_policy("national")
    make_policy("henan")
    plan = make_policy("huiji-2010")
    response = bureau_client.get(
        reverse("grids:policy", args=[plan.pk]), {"tab": "limits"}
    )
    text = response.content.decode()
    assert "省（河南省地方期限）" in text
    assert "国家（国家法定期限和退休年龄）" in text
    assert "实施方案（惠济区劳动保障监察两网化建设实施方案）" in text


@pytest.mark.parametrize(
    ("name", "without"), [("河南省", "河南"), ("广西壮族自治区", "广西"), ("", "")]
)
def test_a_province_is_known_with_and_without_its_kind(name, without):
    assert short(name) == without
