"""The shipped policies say what the published plans say."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from grids.policy import PolicyValues, limit, parse_policy

FOLDER = Path(__file__).parents[2] / "grids" / "policies"
SEEDS = Path(__file__).parents[3] / "shared" / "seeds"
POLICIES = {
    path.stem: parse_policy(path.read_bytes()) for path in FOLDER.glob("*.toml")
}
ERQI = POLICIES["erqi-2013"]
HUIJI = POLICIES["huiji-2010"]
YANGZHOU = POLICIES["yangzhou-2007"]
SHENYANG = POLICIES["shenyang-plan"]
YINGKOU = POLICIES["yingkou-2021"]
NATIONAL, HENAN = POLICIES["national"], POLICIES["henan"]
JIANGSU = POLICIES["jiangsu"]
PLANS = {"EQ": ERQI, "HJ": HUIJI, "YZ": YANGZHOU, "SY": SHENYANG, "YK": YINGKOU}


def required(policy, nodes):
    """Return the posts that the plan requires for so many nodes of each kind."""
    posts = Counter()
    for kind, count in nodes.items():
        for quota in policy.quota_for(kind):
            posts[quota.role] += count * (quota.min or 0)
    return posts


def expected(policy):
    return {one.what: one.count for one in policy.expected}


@pytest.mark.parametrize(
    ("prefix", "count"), [("EQ", 41), ("HJ", 42), ("YZ", 42), ("SY", 58), ("YK", 42)]
)
def test_every_clause_is_there_once_and_in_order(prefix, count):
    ids = [clause.id for clause in PLANS[prefix].clauses]
    assert ids == [f"{prefix}-{number:02}" for number in range(1, count + 1)]


def test_there_are_225_clauses_in_all():
    assert sum(len(policy.clauses) for policy in POLICIES.values()) == 225


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_a_file_is_named_after_its_policy_and_survives_json(policy):
    assert POLICIES[policy.id] is policy
    assert PolicyValues.from_json(json.loads(json.dumps(policy.to_json()))) == policy


def test_erqi_counts_three_levels_and_two_assistants_everywhere():
    counts = expected(ERQI)
    assert counts["level:1"] + counts["level:2"] + counts["level:3"] == counts["grids"]
    levels = {kind: ERQI.level_of(kind) for kind in ("district", "street", "community")}
    assert levels == {"district": 1, "street": 2, "community": 3}
    nodes = {"district": 1, "street": 15, "community": 91}
    assert required(ERQI, nodes) == {"assistant": 214}
    assert counts["posts:assistant"] == 214


def test_huiji_wants_one_full_timer_and_two_of_either_in_every_grid():
    nodes = {"district": 1, "street": 6, "town": 2, "community": 52, "village": 40}
    assert required(HUIJI, nodes) == {"full_time_inspector": 101, "either": 202}
    assert HUIJI.quota_for("village")[1].any_of == ("part_time_inspector", "assistant")


def test_huiji_has_seven_milestones_on_five_days_the_first_before_the_notice():
    days = [milestone.due_on(None) for milestone in HUIJI.milestones]
    assert len(days) == 7
    assert sorted(set(days)) == [
        date(2010, 7, 25),
        date(2010, 8, 10),
        date(2010, 8, 15),
        date(2010, 8, 20),
        date(2010, 8, 30),
    ]
    assert min(days) < HUIJI.issued_on


def test_yangzhou_counts_two_levels_below_a_root_that_is_no_grid():
    counts = {"districts": 6, "grids": 163, "level:1": 33, "level:2": 130}
    assert expected(YANGZHOU) == counts
    assert [YANGZHOU.level_of(kind) for kind in ("district", "zone")] == [None, None]
    assert YANGZHOU.level_of("park") == 1
    assert YANGZHOU.quota_for("street") == ()
    assert required(YANGZHOU, {"community": 100, "village": 30}) == {"assistant": 130}
    assert YANGZHOU.quota_for("community")[0].max == 2


def test_shenyang_needs_96_persons_65_of_them_assistants():
    nodes = {"street": 3, "community": 25, "village": 40}
    posts = required(SHENYANG, nodes)
    assert posts == {"part_time_inspector": 6, "inspector": 25, "assistant": 65}
    counts = expected(SHENYANG)
    assert posts.total() == counts["persons"] == 96
    assert sum(nodes.values()) == counts["grids"] == 68
    assert SHENYANG.level_of("district") is None


@pytest.mark.parametrize(
    ("on", "changes"),
    [
        (date(2010, 8, 31), {}),
        (
            date(2010, 9, 1),
            {
                "staffed:full_time_inspector": 0.85,
                "staffed:part_time_inspector": 0.85,
                "staffed:inspector": 0.85,
                "staffed:assistant": 0.75,
                "trained": 0.85,
                "assigned": 0.3,
                "acquired": 0.3,
            },
        ),
        (
            date(2011, 7, 31),
            {
                "staffed:full_time_inspector": 0.9,
                "staffed:assistant": 0.9,
                "trained": 1,
                "assigned": 0.8,
                "acquired": 0.7,
            },
        ),
        (
            date(2011, 8, 1),
            {
                "staffed:full_time_inspector": 1,
                "staffed:assistant": 1,
                "assigned": 1,
                "acquired": 0.9,
                "networked": 0.9,
            },
        ),
        (date(2011, 12, 31), {"networked": 1}),
        (date(2020, 1, 1), {"networked": 1}),
    ],
)
def test_shenyang_rises_from_phase_to_phase(on, changes):
    held = SHENYANG.targets_on(date(2010, 8, 1), on)
    own = {one.target.key: one.target.threshold for one in held if not one.carried}
    assert own == changes


def test_shenyang_phases_end_with_their_months():
    start = date(2010, 8, 1)
    assert [phase.due_on(start) for phase in SHENYANG.phases] == [
        date(2010, 8, 31),
        date(2010, 12, 31),
        date(2011, 7, 31),
        date(2011, 11, 30),
        date(2011, 12, 31),
    ]
    assert [one.due_on(start) for one in SHENYANG.milestones] == [
        date(2010, 9, 30),
        date(2010, 12, 15),
        date(2010, 12, 15),
    ]
    assert len(SHENYANG.items_of("eight_in_place")) == 8


def test_jiangsu_looks_at_seven_sides_and_five_and_says_that_points_are_assumed():
    items = JIANGSU.items_of("acceptance_7_5")
    groups = Counter(item.group for item in items)
    assert groups == {"基础建设": 7, "业务开展": 5}
    assert sum(item.points for item in items) == 100
    assert all(item.assumed for item in items)
    assert JIANGSU.checklist("acceptance_7_5").since == date(2009, 5, 31)


def test_yingkou_has_an_index_per_community_and_no_division_of_its_own():
    (quota,) = YINGKOU.quota_for("community")
    assert quota.indexed
    assert quota.min is None
    assert YINGKOU.levels[0].assumed
    assert YINGKOU.level_of("community") == 1
    assert YINGKOU.level_of("district") is None


@pytest.mark.parametrize(
    ("policy", "key", "value", "clause"),
    [
        (ERQI, "freshness_days", 183, "EQ-33"),
        (ERQI, "retirement_window_years", 10, "EQ-21"),
        (HUIJI, "premises_min", 30, "HJ-10"),
        (HUIJI, "premises_max", 50, "HJ-10"),
        (YANGZHOU, "arrears_months", 2, "YZ-33"),
        (YANGZHOU, "complaints_per_year", 2, "YZ-34"),
        (SHENYANG, "squad_money", 50000, "SY-21"),
        (YINGKOU, "entry_age_max", 35, "YK-03"),
        (YINGKOU, "probation_months", 3, "YK-05"),
        (YINGKOU, "contract_months", 12, "YK-06"),
        (YINGKOU, "term_years", 3, "YK-07"),
        (YINGKOU, "rotation_years", 3, "YK-24"),
        (YINGKOU, "leave_days_district", 2, "YK-27"),
        (YINGKOU, "spot_absences_max", 3, "YK-29"),
        (YINGKOU, "absent_days_in_a_row", 3, "YK-33"),
        (YINGKOU, "absent_days_in_a_year", 5, "YK-33"),
        (YINGKOU, "absent_days_left", 5, "YK-38"),
        (YINGKOU, "elimination_percent", 20, "YK-39"),
        (YINGKOU, "exit_months_before_retirement", 6, "YK-35"),
    ],
)
def test_numbers_stand_beside_their_clauses(policy, key, value, clause):
    number = policy.number(key)
    assert (number.value, number.clause) == (value, clause)


def test_wages_in_erqi_are_shared_half_and_half():
    assert [share.percent for share in ERQI.shares] == [50, 50]


def test_assistants_have_the_name_that_each_plan_gives_them():
    names = [policy.label("assistant") for policy in PLANS.values()]
    assert names == ["协管员", "协管员", "助理员", "协管监察员", "协理员"]


@pytest.mark.parametrize(
    ("rule", "value", "unit"),
    [
        ("T1", 5, "working_days"),
        ("T2", 0, "working_days"),
        ("T5", 60, "working_days"),
        ("T6", 30, "working_days"),
        ("T7", 15, "working_days"),
    ],
)
def test_the_national_limits(rule, value, unit):
    found = limit(rule, NATIONAL)
    assert (found.value, found.unit, found.layer) == (value, unit, "national")


def test_every_rule_from_t1_to_t22_is_there():
    rules = {row.rule.split("-")[0] for row in NATIONAL.limits}
    assert rules >= {f"T{number}" for number in range(1, 23)}


def test_henan_is_shorter_in_natural_days_and_waits_for_the_bureau():
    found = [limit(rule, NATIONAL, HENAN, ERQI) for rule in ("T1", "T5", "T6")]
    assert [one.value for one in found] == [7, 30, 30]
    assert {one.unit for one in found} == {"natural_days"}
    assert not any(one.verified for one in found)
    assert limit("T7", NATIONAL, HENAN, ERQI).layer == "national"


def test_zhejiang_adds_suspension_and_two_provinces_add_nothing():
    assert limit("T8", NATIONAL, POLICIES["zhejiang"]).layer == "zhejiang"
    assert limit("T5", NATIONAL, POLICIES["zhejiang"]).layer == "national"
    for empty in ("jiangsu", "liaoning"):
        assert POLICIES[empty].limits == ()
        assert "适用国家期限" in POLICIES[empty].note


@pytest.mark.parametrize(
    ("category", "base", "step", "cap"),
    [("M", 60, 4, 36), ("F55", 55, 4, 36), ("F50", 50, 2, 60)],
)
def test_how_the_retirement_age_rises(category, base, step, cap):
    found = NATIONAL.retirement_of(category)
    assert (found.base_years, found.step, found.cap) == (base, step, cap)
    assert found.since == date(2025, 1, 1)


def _bare(text):
    """Return a text without blanks, with full-width punctuation as in the plans."""
    marks = str.maketrans("()[]:;,“”", '（）〔〕：；，""')
    return "".join(text.split()).translate(marks)


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the plans aren't here")
@pytest.mark.parametrize(("prefix", "number"), [*zip(PLANS, range(5), strict=True)])
def test_every_quotation_stands_in_the_published_plan(prefix, number):
    (seed,) = SEEDS.glob(f"{number:03}_*.txt")
    text = _bare(seed.read_text(encoding="utf-8"))
    missing = [
        (clause.id, part)
        for clause in PLANS[prefix].clauses
        for part in clause.quote.split("…")
        if _bare(part) not in text
    ]
    assert missing == []
