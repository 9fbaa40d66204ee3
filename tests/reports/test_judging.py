"""How a figure becomes a state, on both sides of every boundary."""

from datetime import date
from fractions import Fraction

import pytest

from grids.policy import (
    Clause,
    Expected,
    Milestone,
    Number,
    Phase,
    PolicyError,
    PolicyValues,
    Quota,
    Target,
    parse_policy,
)
from reports.conformance import LISTS
from reports.judging import Facts, Part, State, judge, verdict
from reports.rules import Counts, Staffing

MET, PARTLY, NOT_MET = State.MET, State.PARTLY, State.NOT_MET
ALL, ALMOST = Fraction(1), "差 0.1 个百分点"
UNKNOWN = State.NOT_MEASURABLE


def judged(facts, *, kind="rule", values=None, **clause):
    """Judge one clause, TS-01, of a small plan."""
    clause = Clause("TS-01", kind, "原文", "含义", **clause)
    policy = PolicyValues(
        "test",
        1,
        "测试方案",
        "plan",
        date(2026, 1, 1),
        clauses=(clause,),
        **(values or {}),
    )
    (found,) = judge(policy, facts)
    return found


def state(facts, *measure, **others):
    return judged(facts, measure=measure, **others).state


@pytest.mark.parametrize(
    ("states", "whole"),
    [
        ([MET, MET], MET),
        ([MET, NOT_MET], PARTLY),
        ([PARTLY, NOT_MET], PARTLY),
        ([NOT_MET, NOT_MET], NOT_MET),
        ([NOT_MET, UNKNOWN], NOT_MET),
        ([MET, UNKNOWN], PARTLY),
        ([UNKNOWN, UNKNOWN], UNKNOWN),
        ([], UNKNOWN),
    ],
)
def test_a_whole_is_as_good_as_its_parts(states, whole):
    assert verdict(states) == whole


@pytest.mark.parametrize(
    ("counted", "out_of", "found"),
    [(79, 100, NOT_MET), (80, 100, MET), (0, 0, UNKNOWN), (0, 5, NOT_MET)],
)
def test_a_rate_reaches_its_threshold_or_does_not(counted, out_of, found):
    facts = Facts(Counts(known=out_of, acquired=counted))
    assert state(facts, "rate:acquired:80") == found


@pytest.mark.parametrize(
    ("count", "found"), [(106, PARTLY), (107, MET), (108, PARTLY), (0, NOT_MET)]
)
def test_a_count_is_that_of_the_plan_or_not(count, found):
    facts = Facts(Counts(), levels={3: count})
    values = {"expected": (Expected("grids", 107, "TS-01"),)}
    assert state(facts, "counts", values=values) == found


@pytest.mark.parametrize(
    ("covers", "covered", "whole", "found"),
    [
        ("city", 6, True, MET),
        ("city", 5, True, UNKNOWN),
        ("district", 1, True, MET),
        ("district", 2, True, UNKNOWN),
        ("district", 1, False, UNKNOWN),
    ],
)
def test_counts_are_compared_with_what_the_plan_counts(covers, covered, whole, found):
    facts = Facts(
        Counts(), levels={1: 33}, districts=6, covered=covered, is_whole=whole
    )
    values = {"expected": (Expected("grids", 33, "TS-01"),), "covers": covers}
    one = judged(facts, measure=("counts",), values=values)
    assert one.state == found
    assert bool(one.reason) == (found == UNKNOWN)


def test_the_number_of_districts_can_always_be_compared():
    facts = Facts(Counts(), districts=6, covered=1)
    values = {"expected": (Expected("districts", 6, "TS-01"),), "covers": "city"}
    assert state(facts, "counts", values=values) == MET


def test_all_targets_of_a_clause_count_with_their_due_dates():
    targets = (
        Target(1, "acquired", 0.3, "TS-01"),
        Target(1, "staffed", 0.85, "TS-01", person_kind="full_time_inspector"),
        Target(1, "trained", 1, "TS-02"),
    )
    phase = Phase(1, "启动", "TS-01", months=5)
    facts = Facts(Counts(known=10, acquired=3), programme_start=date(2025, 8, 1))
    values = {"targets": targets, "phases": (phase,)}
    one = judged(facts, measure=("targets",), values=values)
    assert [part.state for part in one.parts] == [MET, UNKNOWN]
    assert one.parts[0].due == date(2025, 12, 31)
    assert one.state == PARTLY
    assert "专职监察员：方案没有规定应配人数" in one.reason


@pytest.mark.parametrize(("filled", "found"), [(5, NOT_MET), (6, MET)])
def test_posts_of_a_clause_are_those_of_its_quotas(filled, found):
    facts = Facts(Counts(), posts={("street", "assistant"): (filled, 6)})
    quotas = (Quota(("street", "town"), "assistant", "TS-01", 2, 2),)
    assert state(facts, "posts", values={"quotas": quotas}) == found


def test_posts_without_an_index_have_no_rate():
    facts = Facts(Counts(), posts={("community", "assistant"): (3, None)})
    quotas = (Quota(("community",), "assistant", "TS-01", indexed=True),)
    assert state(facts, "posts", values={"quotas": quotas}) == UNKNOWN


@pytest.mark.parametrize(
    ("levels", "found"),
    [({1: 1, 2: 3, 3: 9}, MET), ({1: 1, 2: 3, 3: 0}, PARTLY), ({}, NOT_MET)],
)
def test_the_tree_has_as_many_levels_as_the_plan(levels, found):
    number = Number("levels", 3, "levels", clause="TS-01")
    facts = Facts(Counts(), levels=levels)
    assert state(facts, "levels", values={"numbers": (number,)}) == found


def test_levels_are_those_of_a_whole_district():
    number = Number("levels", 3, "levels", clause="TS-01")
    facts = Facts(Counts(), levels={2: 1, 3: 4}, is_whole=False)
    assert state(facts, "levels", values={"numbers": (number,)}) == UNKNOWN


@pytest.mark.parametrize(("coded", "found"), [(3, MET), (2, NOT_MET)])
def test_every_grid_has_a_code(coded, found):
    assert state(Facts(Counts(), kinds={"street": 3}, coded=coded), "coded") == found
    assert state(Facts(Counts()), "coded") == UNKNOWN


@pytest.mark.parametrize(("placed", "found"), [(3, MET), (2, NOT_MET)])
def test_persons_are_placed_where_the_plan_wants_them(placed, found):
    facts = Facts(
        Counts(),
        kinds={"street": 2, "town": 1, "community": 5},
        placed={("street", "inspector"): placed - 1, ("town", "inspector"): 1},
    )
    assert state(facts, "placed:inspector:street+town") == found
    assert state(facts, "placed:inspector:park") == UNKNOWN


@pytest.mark.parametrize(
    "measure",
    [
        "offices:squad:street+town",
        "offices:complaint_point:community",
        "led:squad:street",
        "premises:command_centre",
        "mapped:street+community",
        "four_fixed",
        "walls",
    ],
)
@pytest.mark.parametrize(
    ("parts", "found"), [((4, 4), MET), ((3, 4), NOT_MET), ((0, 0), UNKNOWN)]
)
def test_all_that_should_have_something_have_it(measure, parts, found):
    one = judged(Facts(Counts(), held={measure: parts}), measure=(measure,))
    assert one.state == found
    assert bool(one.reason) == (found == UNKNOWN)
    assert one.parts[0].rows in LISTS
    assert state(Facts(Counts()), measure) == UNKNOWN  # nobody counted it


@pytest.mark.parametrize(
    ("measure", "fact", "key"),
    [
        ("entry_age", "young", "entry_age_max"),
        ("rotation", "rotated", "rotation_years"),
    ],
)
@pytest.mark.parametrize(
    ("parts", "found"), [((4, 4), MET), ((3, 4), NOT_MET), ((0, 0), UNKNOWN)]
)
def test_persons_within_a_limit(measure, fact, key, parts, found):
    facts = Facts(Counts(), **{fact: parts})
    values = {"numbers": (Number(key, 3, "years", clause="TS-01"),)}
    assert state(facts, measure, values=values) == found
    assert state(facts, measure) == UNKNOWN  # a plan without the number


def test_a_part_that_waits_keeps_a_clause_from_being_met():
    facts = Facts(Counts(known=1, filed=1))
    assert state(facts, "rate:filed:100") == MET
    assert state(facts, "rate:filed:100", planned="一路一册") == PARTLY
    assert state(Facts(Counts(known=1)), "rate:filed:100", planned="册") == NOT_MET


@pytest.mark.parametrize(
    ("clause", "found"),
    [
        ({"page": "enterprises:list"}, State.PERFORMED),
        ({"page": "enterprises:list", "planned": "一路一册"}, PARTLY),
        ({"planned": "三上墙"}, State.PLANNED),
        ({"kind": "words"}, State.INFORMATIVE),
        ({}, UNKNOWN),
    ],
)
def test_a_clause_without_a_figure(clause, found):
    one = judged(Facts(Counts()), **clause)
    assert one.state == found
    assert bool(one.reason) == (found in (PARTLY, State.PLANNED, UNKNOWN))


def test_the_worst_figure_stands_for_the_clause():
    counts = Counts(known=10, acquired=10, filed=2)
    one = judged(
        Facts(counts), measure=("rate:acquired:100", "rate:filed:100", "rate:trained:1")
    )
    assert one.worst.rows == "filed"


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (Part("率", 999, 1000, ALL), ("99.9%（999/1,000）", "100%", ALMOST)),
        (Part("率", 9999, 10000, ALL), ("99.9%（9,999/10,000）", "100%", ALMOST)),
        (Part("率", 4, 5, Fraction(3, 4)), ("80%（4/5）", "75%", "无")),
        (Part("率", 0, 0, ALL), ("—", "100%", "—")),
        (Part("数", 106, target_count=107), ("106", "107", "差 1")),
        (Part("数", 110, target_count=107), ("110", "107", "多 3")),
        (Part("数", None, target_count=107), ("—", "107", "—")),
    ],
)
def test_figures_in_words(part, words):
    assert (part.figure_words, part.target_words, part.gap_words) == words


def test_staffing_is_read_from_the_capped_counts():
    staffed = {"assistant": Staffing(filled=9, filled_capped=4, quota=5)}
    one = judged(Facts(Counts(staffed=staffed)), measure=("rate:staffed:assistant:80",))
    assert one.parts[0].figure == Fraction(4, 5)
    assert one.state == MET


# --- the words beside a clause --------------------------------------------------------

PLAN = """
id = "test-plan"
version = 1
title = "测试方案"
layer = "plan"
effective_from = 2026-01-01
[[clause]]
id = "TS-01"
kind = "rule"
quote = "原文"
meaning = "含义"
"""


@pytest.mark.parametrize(
    "tail",
    [
        'measure = ["targets", "rate:filed:100", "placed:assistant:street"]',
        'measure = ["offices:squad:street+town", "led:squad:street", "four_fixed"]',
        'measure = ["premises:command_centre", "mapped:village", "walls"]',
        'page = "cases:register complaint"',
        'planned = "三上墙"\nby = ["assistant"]',
    ],
)
def test_how_a_clause_is_judged_can_be_written(tail):
    assert parse_policy((PLAN + tail).encode())


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        ('measure = ["feelings"]', "feelings"),
        ('measure = ["rate:filed"]', "rate:filed"),
        ('measure = ["rate:filed:101"]', "101"),
        ('measure = ["targets:1"]', "targets:1"),
        ('measure = ["offices:nothing:street"]', "nothing"),
        ('measure = ["offices:squad:road"]', "road"),
        ('measure = ["offices:squad"]', "offices:squad"),
        ('measure = ["premises:street"]', "street"),
        ('measure = ["mapped:road"]', "road"),
        ('page = "https://example.org"', "enterprises:list 的形式"),
        ('page = "enterprises:list"\nmeasure = ["coded"]', "只保留一种"),
        ('by = ["nobody"]', "nobody"),
    ],
)
def test_a_slip_beside_a_clause_is_refused(tail, words):
    with pytest.raises(PolicyError, match=words):
        parse_policy((PLAN + tail).encode())


def test_a_milestone_lends_its_day_to_its_figures():
    rows = (
        Milestone(
            "squads",
            "成立中队",
            "TS-01",
            on=date(2010, 8, 10),
            measure=("offices:squad:street",),
        ),
        Milestone("other", "别的", "TS-02", on=date(2010, 9, 1), measure=("coded",)),
    )
    facts = Facts(Counts(), held={"offices:squad:street": (1, 2)})
    found = judged(facts, measure=("milestones",), values={"milestones": rows})
    (part,) = found.parts
    assert (found.state, part.figure) == (NOT_MET, Fraction(1, 2))
    assert part.due == date(2010, 8, 10)
    nothing = judged(facts, measure=("milestones",))
    assert (nothing.state, nothing.parts) == (UNKNOWN, ())
