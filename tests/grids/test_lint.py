"""The linter finds what it looks for, and nothing one step beside it."""

import json
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from grids.policy import (
    Branch,
    Clause,
    Correction,
    Expected,
    Label,
    Level,
    Milestone,
    Number,
    Phase,
    PolicyValues,
    Quota,
    Retirement,
    Share,
    Statute,
    Target,
    parse_policy,
)
from grids.policy.lint import CONFLICT, CONTRADICTION, DOUBT, lint
from tests.factories import make_policy

FOLDER = Path(__file__).parents[2] / "grids" / "policies"
SHIPPED = {path.stem: parse_policy(path.read_bytes()) for path in FOLDER.glob("*.toml")}
PLANS = [policy for policy in SHIPPED.values() if policy.layer == "plan"]
DAY = date(2026, 1, 1)


def clause(number, quote="原文", **fields):
    return Clause(f"TS-{number:02}", "rule", quote, "含义", **fields)


def plan(*clauses, **fields):
    """Make a plan without the checks of a file: a draft may say anything."""
    clauses = clauses or (clause(1), clause(2))
    head = {"id": "test", "version": 1, "title": "测试方案", "layer": "plan"}
    return PolicyValues(**head, effective_from=DAY, clauses=clauses, **fields)


def codes(policy, *layers, **others):
    return [one.code for one in lint(policy, *layers, **others)]


def number(key, value, at=1):
    return Number(key, value, "months", clause=f"TS-{at:02}")


def law(key, value=None, **bounds):
    statute = Statute(key, "法律原文", "某法第一条", DAY, value, **bounds)
    return PolicyValues("law", 1, "法律", "national", DAY, statutes=(statute,))


def branch(outcome, counting="", of="请假", at=1, **bounds):
    return Branch(
        of, outcome, "natural_days", f"TS-{at:02}", outcome, counting, **bounds
    )


def target(kind, threshold=0.8, phase=1, at=1):
    return Target(phase, "staffed", threshold, f"TS-{at:02}", person_kind=kind)


def test_an_ordinary_plan_has_no_findings():
    assert lint(plan()) == []


# --- inside the plan ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("upper", "found"),
    [(1, ["branches_gap"]), (2, []), (3, ["branches_overlap"])],
)
def test_two_sides_of_a_rule_meet_without_overlap_or_gap(upper, found):
    if upper == 1:
        rows = (branch("区批准", at_most=1), branch("市批准", at_least=3))
    else:
        rows = (branch("区批准", at_most=upper), branch("市批准", at_least=3))
    assert codes(plan(branches=rows)) == found


def test_the_number_in_both_sides_is_named_with_both_texts():
    rows = (branch("区批准", at_most=2), branch("市批准", at_least=2, at=2))
    (found,) = lint(plan(branches=rows))
    assert "正好 2 日" in found.message
    assert found.clauses == ("TS-01", "TS-02")
    assert [text.words for text in found.texts] == ["区批准", "市批准"]


def test_overlapping_sides_with_one_outcome_are_no_contradiction():
    rows = (branch("区批准", at_most=2), branch("区批准", at_least=2))
    assert codes(plan(branches=rows)) == []


@pytest.mark.parametrize(
    ("counting", "outcome", "found"),
    [
        ("in_a_year", "离职", ["counters_overlap"]),
        ("in_a_year", "不称职", []),
        ("in_a_row", "不称职", []),
    ],
)
def test_several_countings_with_several_outcomes_overlap(counting, outcome, found):
    rows = (
        branch("不称职", "in_a_row", at_least=3),
        branch(outcome, counting, at_least=5),
    )
    assert codes(plan(branches=rows)) == found


def test_a_counting_that_is_left_open_is_pointed_out():
    rows = (
        branch("不称职", "in_a_row", at_least=3),
        branch("离职", "open", at_least=5),
    )
    assert "没有写明连续还是累计" in lint(plan(branches=rows))[0].message


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("专、兼职监察员和协管员配备率分别达到85%、75%以上", ["rates_for_groups"]),
        ("专、兼职监察员和协管员配备率分别达到85%、80%和75%以上", []),
        ("监察员和协管员配备率分别达到85%、75%", []),
        ("监察员、协管员配备率达到85%", []),
    ],
)
def test_as_many_rates_as_groups_are_needed(words, found):
    assert codes(plan(clause(1, words))) == found


@pytest.mark.parametrize("later", [["assistant"], ["assistant", "part_time_inspector"]])
def test_a_later_phase_must_not_forget_a_person_kind(later):
    targets = [target("assistant"), target("part_time_inspector")]
    targets += [target(kind, 0.9, phase=2, at=2) for kind in later]
    quotas = tuple(
        Quota(("street",), kind, "TS-01", 1, 1)
        for kind in ("assistant", "part_time_inspector")
    )
    found = codes(plan(targets=tuple(targets), quotas=quotas))
    assert found == ([] if len(later) == 2 else ["target_dropped"])


@pytest.mark.parametrize(
    ("quota", "found"),
    [
        (Quota(("street",), "assistant", "TS-01", 1, 1), []),
        (Quota(("street",), "inspector", "TS-01", 1, 1), ["rate_without_posts"]),
        (Quota(("street",), "assistant", "TS-01", indexed=True), ["posts_unpublished"]),
    ],
)
def test_a_staffing_rate_needs_posts(quota, found):
    policy = plan(targets=(target("assistant"),), quotas=(quota,))
    assert codes(policy) == found


@pytest.mark.parametrize(
    ("due", "found"),
    [(date(2010, 7, 25), ["due_before_notice"]), (date(2010, 7, 26), [])],
)
def test_nothing_is_due_before_its_notice(due, found):
    row = Milestone("centre", "成立指挥中心", "TS-01", on=due)
    policy = plan(milestones=(row,), issued_on=date(2010, 7, 26))
    assert codes(policy) == found
    phase = Phase(1, "启动", "TS-01", on=due)
    assert codes(replace(policy, milestones=(), phases=(phase,))) == found
    assert codes(replace(policy, issued_on=None)) == []


@pytest.mark.parametrize(("rest", "found"), [(50, []), (60, ["shares_not_whole"])])
def test_shares_make_the_whole(rest, found):
    shares = (Share("工资", "市", 50, "TS-01"), Share("工资", "区", rest, "TS-02"))
    assert codes(plan(shares=shares)) == found


@pytest.mark.parametrize(("low", "found"), [(2, []), (3, ["range_inverted"])])
def test_the_lower_end_is_not_above_the_upper(low, found):
    quota = Quota(("street",), "assistant", "TS-01", low, 2)
    assert codes(plan(quotas=(quota,))) == found
    numbers = (number("premises_min", low), number("premises_max", 2))
    assert codes(plan(numbers=numbers)) == found


@pytest.mark.parametrize(("total", "found"), [(4, []), (5, ["counts_do_not_add_up"])])
def test_the_levels_make_the_stated_total(total, found):
    counts = {"grids": total, "level:1": 1, "level:2": 3}
    rows = tuple(Expected(what, count, "TS-01") for what, count in counts.items())
    assert codes(plan(expected=rows)) == found


def test_an_uncertain_date_is_said_once():
    assert codes(plan(effective_is_certain=False)) == ["effective_date_uncertain"]
    assert codes(plan(effective_is_certain=True)) == []


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("各街道在年9月底前完成", ["text_damaged"]),
        ("各街道在2010年9月底前完成", []),
        ("各街道在二〇一〇年9月底前完成", []),
        ("每年1月填写", []),
        ("市、、街道联网", ["text_damaged"]),
        ("市、区、街道联网", []),
    ],
)
def test_lost_words_show_in_the_text(quote, found):
    assert codes(plan(clause(1, quote))) == found


def test_a_correction_shows_what_is_printed_and_how_to_read_it():
    row = Correction("治理", "机器改写", "管理", "TS-01")
    (found,) = lint(plan(clause(1, "、、"), corrections=(row,)))
    assert [text.words for text in found.texts] == ["治理", "管理"]


@pytest.mark.parametrize(
    ("other", "found"),
    [("协理员", ["two_names"]), ("助理员", []), ("企业协管员", [])],
)
def test_one_post_has_one_name(other, found):
    label = Label("assistant", "助理员", "TS-01")
    policy = plan(clause(1, "配助理员"), clause(2, f"管理{other}"), labels=(label,))
    assert codes(policy) == found


# --- against the law ------------------------------------------------------------------

PROBATION = law("probation", 2, from_months=12, under_months=36)


@pytest.mark.parametrize(
    ("probation", "contract", "found"),
    [
        (2, 12, []),
        (3, 12, ["probation_too_long"]),
        (3, 35, ["probation_too_long"]),
        (3, 36, []),
        (3, 11, []),
    ],
)
def test_probation_is_bounded_by_the_contract(probation, contract, found):
    numbers = (
        number("probation_months", probation),
        number("contract_months", contract, at=2),
    )
    assert codes(plan(numbers=numbers), PROBATION) == found


@pytest.mark.parametrize(
    ("contract", "employer", "severity"),
    [
        (12, "由第三方机构推荐", DOUBT),
        (12, "由劳务派遣单位派出", CONFLICT),
        (23, "由劳务派遣单位派出", CONFLICT),
        (24, "由劳务派遣单位派出", None),
        (12, "由区里直接聘用", None),
    ],
)
def test_a_dispatched_worker_has_a_contract_of_two_years(contract, employer, severity):
    policy = plan(
        clause(1), clause(2, employer), numbers=(number("contract_months", contract),)
    )
    found = lint(policy, law("dispatch_contract", 24))
    assert [one.severity for one in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("key", "quote", "found"),
    [
        ("last_place", "实行末位淘汰", ["last_place_as_ground"]),
        ("last_place", "考核不合格的辞退", []),
        ("left_by_itself", "可视作自动离职", ["left_by_itself"]),
        ("left_by_itself", "本人书面辞职", []),
    ],
)
def test_grounds_that_are_none_show_the_law_beside_the_plan(key, quote, found):
    policy = plan(clause(1, quote))
    assert codes(policy, law(key)) == found
    assert codes(policy) == []
    for one in lint(policy, law(key)):
        assert [text.source for text in one.texts] == ["TS-01", "某法第一条"]


def test_a_yearly_share_of_eliminations_is_a_last_place_rule():
    policy = plan(numbers=(number("elimination_percent", 20),))
    assert codes(policy, law("last_place")) == ["last_place_as_ground"]


@pytest.mark.parametrize(
    ("quote", "by", "found"),
    [
        ("开展专项检查", ("assistant",), ["inspection_by_assistants"]),
        ("协助开展专项检查", ("assistant",), []),
        ("开展专项检查", ("inspector",), []),
        ("开展信息采集", ("assistant",), []),
    ],
)
def test_assistants_do_not_inspect(quote, by, found):
    assert codes(plan(clause(1, quote, by=by)), law("inspectors_only")) == found


def test_a_retirement_age_that_moves_is_no_constant():
    row = Retirement("M", "男", 60, date(1965, 1, 1), 4, 36, "决定", DAY)
    nation = PolicyValues("law", 1, "法律", "national", DAY, retirement=(row,))
    policy = plan(numbers=(number("exit_months_before_retirement", 6),))
    assert codes(policy, nation) == ["retirement_age_moves"]
    assert codes(policy, law("counting")) == []


# --- beside its neighbours ------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "found"),
    [(("street",), ["level_means_another"]), (("district", "street"), [])],
)
def test_one_name_of_a_level_means_one_level(kinds, found):
    mine = plan(levels=(Level(1, "一级网格", ("district",), "TS-01"),))
    theirs = replace(mine, id="other", levels=(Level(1, "一级网格", kinds, "TS-01"),))
    assert codes(mine, neighbours=[mine, theirs]) == found


def test_opposite_gates_for_one_post_are_seen_from_both_sides():
    old = plan(numbers=(number("retirement_window_years", 10),))
    young = replace(plan(numbers=(number("entry_age_max", 35),)), id="other")
    assert codes(old, neighbours=[young]) == ["entry_gates_opposed"]
    assert codes(young, neighbours=[old]) == ["entry_gates_opposed"]
    assert codes(old, neighbours=[old]) == []


# --- the shipped plans ----------------------------------------------------------------

# features.md 0.2, by its numbers: what is found, and where.
TRAPS = [
    (1, "level_means_another", "EQ-13"),
    (1, "level_means_another", "YZ-08"),
    (2, "two_names", "YZ-19"),
    (3, "branches_overlap", "YK-27"),
    (4, "probation_too_long", "YK-05"),
    (4, "dispatch_contract_too_short", "YK-06"),
    (5, "last_place_as_ground", "YK-39"),
    (6, "counters_overlap", "YK-38"),
    (6, "left_by_itself", "YK-38"),
    (7, "retirement_age_moves", "YK-35"),
    (7, "entry_gates_opposed", "YK-03"),
    (8, "rates_for_groups", "SY-51"),
    (8, "target_dropped", "SY-52"),
    (8, "rate_without_posts", "SY-51"),
    (9, "due_before_notice", "HJ-04"),
    (10, "effective_date_uncertain", "YK-01"),
    (10, "effective_date_uncertain", "SY-01"),
    (11, "text_damaged", "YZ-22"),
    (11, "text_damaged", "SY-07"),
    (20, "inspection_by_assistants", "SY-42"),  # domain.md X-20
    (6, "two_names", "HJ-13"),  # domain.md X-06
]


@pytest.mark.parametrize(("trap", "code", "at"), TRAPS)
def test_the_traps_of_the_five_plans_are_found(trap, code, at):
    found = [
        (one.code, id_)
        for policy in PLANS
        for one in lint(policy, SHIPPED["national"], neighbours=PLANS)
        for id_ in one.clauses
    ]
    assert (code, at) in found


# Traps of features.md 0.2 that only the original papers can show: names of persons in
# the text, and subject words that the form of letters has dropped.
NOT_IN_THE_DATA = {12: "真实姓名和电话", 13: "主题词"}


def test_at_least_ten_of_the_thirteen_traps_are_found_from_the_data():
    found = {
        (one.code, id_)
        for policy in PLANS
        for one in lint(policy, SHIPPED["national"], neighbours=PLANS)
        for id_ in one.clauses
    }
    traps = {trap for trap, code, at in TRAPS if trap <= 13 and (code, at) in found}
    assert traps == set(range(1, 14)) - set(NOT_IN_THE_DATA)
    assert len(traps) >= 10


def test_every_finding_shows_the_texts_it_rests_on():
    for policy in PLANS:
        for one in lint(policy, SHIPPED["national"], neighbours=PLANS):
            assert one.texts
            if one.severity == CONFLICT:
                assert one.law
                assert len(one.texts) > 1
            if one.severity == CONTRADICTION:
                assert one.clauses


# --- command and page -----------------------------------------------------------------


@pytest.mark.django_db
def test_the_command_prints_one_json_document():
    make_policy("national")
    policy = make_policy("yingkou-2021")
    out = StringIO()
    call_command("lint_policy", "yingkou-2021", json=True, stdout=out)
    document = json.loads(out.getvalue())
    assert (document["policy"], document["version"]) == (policy.slug, policy.version)
    found = {one["code"]: one for one in document["findings"]}
    assert found["probation_too_long"]["law"] == "劳动合同法第十九条"
    assert [text["source"] for text in found["probation_too_long"]["texts"]] == [
        "YK-05",
        "YK-06",
        "劳动合同法第十九条",
    ]


@pytest.mark.django_db
def test_an_unknown_policy_is_told_in_one_line():
    make_policy("erqi-2013")
    with pytest.raises(CommandError, match="erqi-2013") as refused:
        call_command("lint_policy", "erqi-2014")
    assert refused.value.returncode == 2
    out = StringIO()
    call_command("lint_policy", "erqi-2013", stdout=out)
    assert "原文有损坏" in out.getvalue()


@pytest.mark.django_db
def test_the_policy_page_shows_both_texts(bureau_client):
    make_policy("national")
    policy = make_policy("yingkou-2021")
    url = reverse("grids:policy", args=[policy.pk])
    text = bureau_client.get(url, {"tab": "lint"}).content.decode()
    assert "与法律不一致" in text
    assert "试用期不得超过二个月" in text
    assert "试用期为三个月" in text
