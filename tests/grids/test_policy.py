import json
from datetime import date

import pytest

from grids.policy import PolicyError, PolicyValues, limit, parse_policy

HEAD = """
id = "test-plan"
version = 1
title = "测试方案"
layer = "plan"
effective_from = 2026-01-01
"""
CLAUSE = """
[[clause]]
id = "TS-01"
kind = "rule"
quote = "每个网格2名"
meaning = "每个网格配2名。"
"""


def plan(tail="", *, head=HEAD, clause=CLAUSE):
    """Parse a small plan with one clause, TS-01, and whatever a test adds."""
    return parse_policy((head + clause + tail).encode())


def quota(**fields):
    row = {"kinds": ["street"], "role": "assistant", "clause": "TS-01"} | fields
    lines = [f"{key} = {json.dumps(value)}" for key, value in row.items()]
    return "[[quota]]\n" + "\n".join(lines)


LEVELS = """
[[level]]
number = 1
name = "一级网格"
kinds = ["street", "park"]
clause = "TS-01"
[[level]]
number = 2
name = "二级网格"
kinds = ["community"]
clause = "TS-01"
"""
PHASES = """
[[phase]]
number = 1
name = "启动"
months = 3
clause = "TS-01"
[[phase]]
number = 2
name = "推进"
months = 6
clause = "TS-01"
[[phase]]
number = 3
name = "完善"
months = 12
clause = "TS-01"
[[target]]
phase = 1
indicator = "assigned"
threshold = 0.3
clause = "TS-01"
[[target]]
phase = 1
indicator = "staffed"
person_kind = "part_time_inspector"
threshold = 0.85
clause = "TS-01"
[[target]]
phase = 2
indicator = "assigned"
threshold = 1
clause = "TS-01"
"""
START = date(2026, 1, 31)


def test_a_kind_of_node_counts_as_a_level_or_not_at_all():
    policy = plan(LEVELS)
    assert policy.level_of("park") == 1
    assert policy.level_of("community") == 2
    assert policy.level_of("district") is None
    assert policy.counted_kinds == {"street", "park", "community"}


def test_quotas_are_found_by_the_kind_of_node():
    policy = plan(quota(min=1, max=2))
    assert [one.min for one in policy.quota_for("street")] == [1]
    assert policy.quota_for("street")[0].is_range
    assert policy.quota_for("village") == ()


def test_a_plan_says_what_things_are_called_there():
    policy = plan('[[label]]\nterm = "assistant"\ntext = "助理员"\nclause = "TS-01"')
    assert policy.label("assistant") == "助理员"
    assert policy.label("inspector") == "监察员"
    with pytest.raises(KeyError):
        policy.label("captain")


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 1, 30), {}),
        (START, {"assigned": 0.3, "staffed:part_time_inspector": 0.85}),
        (date(2026, 4, 29), {"assigned": 0.3, "staffed:part_time_inspector": 0.85}),
        (date(2026, 4, 30), {"assigned": 1.0, "staffed:part_time_inspector": 0.85}),
        (date(2030, 1, 1), {"assigned": 1.0, "staffed:part_time_inspector": 0.85}),
    ],
)
def test_targets_hold_from_the_start_and_stay_after_the_last_phase(on, expected):
    held = plan(PHASES).targets_on(START, on)
    assert {one.target.key: one.target.threshold for one in held} == expected


def test_a_target_is_due_at_the_end_of_its_own_phase():
    first, second = plan(PHASES).targets_on(START, date(2026, 5, 1))
    assert (first.target.key, first.due, first.carried) == (
        "assigned",
        date(2026, 7, 30),
        False,
    )
    assert (second.due, second.carried) == (date(2026, 4, 29), True)


def test_without_a_programme_there_is_no_target():
    assert plan(PHASES).targets_on(None, date(2026, 5, 1)) == ()
    assert plan().targets_on(START, date(2026, 5, 1)) == ()


def test_a_policy_survives_the_way_through_json():
    policy = plan(LEVELS + PHASES + quota(indexed=True))
    document = json.loads(json.dumps(policy.to_json()))
    assert PolicyValues.from_json(document) == policy


# Layers of law


def statute(name, *rows):
    limits = "".join(
        f'[[limit]]\nrule = "{rule}"\nname = "调查"\nunit = "{unit}"\n'
        f'source = "{name}第十七条"\nsince = {since}\n'
        + (f"value = {value}\n" if value is not None else "")
        for rule, value, unit, since in rows
    )
    layer = "national" if name == "national" else "province"
    head = f'id = "{name}"\nversion = 1\ntitle = "期限"\nlayer = "{layer}"\n'
    return parse_policy(
        f'{head}province = "某省"\neffective_from = 2004-12-01\n{limits}'.encode()
    )


NATION = statute(
    "national",
    ("T5", 60, "working_days", "2004-12-01"),
    ("T7", 15, "working_days", "2005-02-01"),
    ("T22", None, "working_days", "2005-02-01"),
)
PROVINCE = statute(
    "province",
    ("T5", 30, "natural_days", "2010-01-01"),
    ("T5", 40, "natural_days", "2026-01-01"),
)


def test_the_nearest_layer_that_sets_a_limit_wins_and_is_named():
    here = limit("T5", NATION, PROVINCE, plan())
    assert (here.value, here.unit, here.layer) == (40, "natural_days", "province")
    assert limit("T7", NATION, PROVINCE).layer == "national"


def test_an_amendment_holds_from_its_day_only():
    assert limit("T5", NATION, PROVINCE, on=date(2025, 12, 31)).value == 30
    assert limit("T5", NATION, PROVINCE, on=date(2009, 12, 31)).layer == "national"


def test_a_limit_that_no_layer_sets_is_refused_in_words():
    with pytest.raises(PolicyError, match="没有找到期限规则 T1"):
        limit("T1", NATION)
    with pytest.raises(PolicyError, match="没有法定的固定期限"):
        limit("T22", NATION)


# What is refused, with the word that the message must hold


def clause_row(**fields):
    row = {"id": "TS-01", "kind": "rule", "quote": "原文", "meaning": "含义"} | fields
    return "[[clause]]\n" + "\n".join(f'{key} = "{row[key]}"' for key in row)


SHARES = "".join(
    f'[[share]]\nof = "工资"\nparty = "{party}"\n'
    f'percent = {percent}\nclause = "TS-01"\n'
    for party, percent in (("市", 50), ("区", 49))
)


@pytest.mark.parametrize(
    ("tail", "word"),
    [
        ("[colour]\nred = 1", "政策文件有不认识的项“colour”"),
        (quota(min=2, max=1), "最少人数 2 大于最多人数 1"),
        (quota(min=-1, max=1), "不能是负数"),
        (quota(min=1), "同时写“min”和“max”"),
        (quota(min=1, max=1, indexed=True), "只保留一种"),
        (quota(min=1, max=1, clause="TS-09"), "引用了条款 TS-09"),
        (quota(min=1, max=1, role="captain"), "写了“captain”"),
        (quota(min=1, max=1, kinds=["moon"]), "写了“moon”"),
        (quota(min=1, max=1, kinds=[]), "不空的列表"),
        (quota(min=1, max=1, role="either"), "any_of"),
        (quota(min=1, max=1) + "\n" + quota(min=1, max=1), "出现了 2 次"),
        (quota(min="两", max=2), "应为整数"),
        (quota(min=1, max=1, colour="red"), "[[quota]] 第 1 行有不认识的项“colour”"),
        (clause_row(), "条款编号“TS-01”出现了 2 次"),
        (clause_row(id="X1"), "两个大写字母加两位数字"),
        (clause_row(id="TS-02", kind="poem"), "写了“poem”"),
        (clause_row(id="TS-02", quote=""), "缺少原文或含义"),
        (SHARES, "合计为 99%"),
        (LEVELS + LEVELS.split("[[level]]\nnumber = 2")[0], "出现了 2 次"),
        (PHASES.replace("number = 2", "number = 4", 1), "依次编号"),
        (PHASES.replace("months = 3", "months = 3\non = 2026-01-01"), "只保留一种"),
        (PHASES.replace("0.3", "1.3"), "0 与 1 之间"),
        (PHASES.replace("phase = 2", "phase = 8"), "没有这一阶段"),
        (PHASES.replace('"assigned"', '"happiness"'), "happiness"),
        (PHASES.replace('"assigned"', '"staffed"'), "person_kind"),
        ('[[milestone]]\nkey = "x"\nname = "建成"\nclause = "TS-01"', "没有期限"),
        ('[[number]]\nkey = "levels"\nvalue = 1\nunit = "levels"', "没有依据"),
        ('[[milestone]]\nkey = "x"\nname = "建成"\non = 2026-02-30', "TOML"),
        (
            '[[milestone]]\nkey = "x"\nname = "建成"\nclause = "TS-01"\n'
            'on = "2026-02-30"',
            "真实存在的日期",
        ),
        ('[expected]\nwhat = "grids"', "若干行"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_one_sentence(tail, word):
    with pytest.raises(PolicyError) as caught:
        plan(tail)
    message = str(caught.value)
    assert word in message
    assert message.endswith("。")
    assert message.count("。") == 1


def test_missing_entries_and_bad_heads_are_refused():
    with pytest.raises(PolicyError, match="缺少“title”"):
        plan(head=HEAD.replace('title = "测试方案"', ""))
    with pytest.raises(PolicyError, match="小写字母"):
        plan(head=HEAD.replace("test-plan", "测试"))
    with pytest.raises(PolicyError, match="从 1 开始"):
        plan(head=HEAD.replace("version = 1", "version = 0"))
    with pytest.raises(PolicyError, match="没有写明省份"):
        plan(head=HEAD.replace('"plan"', '"province"'))
    with pytest.raises(PolicyError, match="TOML"):
        parse_policy(b"\xff\xfe")


FOLLOWED = """
[[checklist]]
key = "ready"
name = "到位"
use = "acceptance"
kinds = ["street"]
clause = "TS-01"
"""
ASKED = """
[[item]]
checklist = "ready"
key = "money"
name = "资金到位"
points = 3
ask = "批复"
"""


def test_the_items_of_a_followed_list_are_found_by_its_key():
    values = plan(FOLLOWED + ASKED)
    assert [item.name for item in values.items_of("ready")] == ["资金到位"]
    assert values.items_of("nowhere") == ()
    assert PolicyValues.from_json(values.to_json()) == values


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        (FOLLOWED.replace("acceptance", "wishes"), "“use”写了“wishes”"),
        (FOLLOWED.replace('kinds = ["street"]', ""), "没有写明适用的网格"),
        (FOLLOWED.replace("street", "island"), "“kinds”写了“island”"),
        (FOLLOWED.replace('clause = "TS-01"', ""), "没有依据"),
        (FOLLOWED + 'items = ["一"]', "只保留一种"),
        (FOLLOWED.replace('use = "acceptance"', ""), "只保留一种"),
        (FOLLOWED + "pass_points = 4" + ASKED, "合格分 4 高于满分 3"),
        (ASKED, "没有这样一份"),
        (FOLLOWED + ASKED.replace('ask = "批复"', ""), "或用“ask”写明查验什么"),
        (FOLLOWED + ASKED.replace('ask = "批复"', 'measure = ["counts"]'), "measure"),
        (FOLLOWED + ASKED.replace('ask = "批复"', 'measure = ["rate:x"]'), "写法"),
        (FOLLOWED + ASKED + ASKED, "出现了 2 次"),
        (
            '[[milestone]]\nkey = "x"\nname = "建成"\nclause = "TS-01"\n'
            'months = 2\nkinds = ["island"]',
            "“kinds”写了“island”",
        ),
    ],
)
def test_a_followed_list_that_makes_no_sense_is_refused(tail, words):
    with pytest.raises(PolicyError, match=words):
        plan(tail)


def test_an_item_may_be_computed_where_there_are_data_and_asked_elsewhere():
    (item,) = plan(FOLLOWED + ASKED + 'measure = ["sited"]').items
    assert (item.measure, item.ask) == (("sited",), "批复")


def test_the_pass_mark_may_be_all_the_points():
    values = plan(FOLLOWED + "pass_points = 3" + ASKED)
    assert values.checklist("ready").pass_points == 3
