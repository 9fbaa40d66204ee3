"""What a single row of a policy can't know: that the whole of it makes sense."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from grids.policy.values import (
    TABLES,
    Clause,
    Milestone,
    Phase,
    PolicyError,
    PolicyValues,
    Quota,
)
from grids.policy.words import (
    CHECKLIST_USES,
    CLAUSE_KINDS,
    COLOURS,
    COUNTINGS,
    COVERS,
    FACTS,
    GRID_KINDS,
    INDICATORS,
    INSPECTION_KINDS,
    LAYERS,
    MEASURES,
    NODE_MEASURES,
    NUMBERS,
    OFFICE_KINDS,
    PERSON_KINDS,
    PUBLIC_LISTS,
    SECRET_FACTS,
    STATUTES,
    TERMS,
    UNITS,
)


def _one_of(word: str, allowed: Iterable[str], where: str) -> None:
    if word not in allowed:
        choices = "、".join(sorted(allowed))
        raise PolicyError(f"{where}写了“{word}”，请改为其中之一：{choices}。")


def _no_twins(keys: Iterable[object], what: str) -> None:
    for key, count in Counter(keys).items():
        if count > 1:
            raise PolicyError(f"{what}“{key}”出现了 {count} 次，请只保留一处。")


def _check_head(policy: PolicyValues) -> None:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", policy.id):
        raise PolicyError(
            f"政策编号“{policy.id}”只能由小写字母、数字和连字符组成，请改正。"
        )
    if policy.version < 1:
        raise PolicyError("政策文件的版本号“version”应从 1 开始，请改正。")
    _one_of(policy.layer, LAYERS, "政策文件的“layer”")
    _one_of(policy.covers, COVERS, "政策文件的“covers”")
    if policy.layer == "province" and not policy.province:
        raise PolicyError("省级政策没有写明省份，请补上“province”。")


def _check_clauses(policy: PolicyValues) -> None:
    for clause in policy.clauses:
        if not re.fullmatch(r"[A-Z]{2}-\d{2}", clause.id):
            raise PolicyError(
                f"条款编号“{clause.id}”应为两个大写字母加两位数字（如 EQ-14），请改正。"
            )
        _one_of(clause.kind, CLAUSE_KINDS, f"条款 {clause.id} 的“kind”")
        if not clause.quote or not clause.meaning:
            raise PolicyError(f"条款 {clause.id} 缺少原文或含义，请补上。")
        _check_judging(clause)
    _no_twins((clause.id for clause in policy.clauses), "条款编号")


def _check_judging(clause: Clause) -> None:
    where = f"条款 {clause.id}"
    for measure in clause.measure:
        _check_measure(measure, MEASURES, where)
    if clause.page and not re.fullmatch(r"[a-z]+:[a-z_-]+( [\w-]+)*", clause.page):
        raise PolicyError(
            f"{where}的“page”写了“{clause.page}”，请写成 enterprises:list 的形式。"
        )
    if clause.measure and clause.page:
        raise PolicyError(f"{where}既写了“measure”又写了“page”，请只保留一种。")
    for kind in clause.by:
        _one_of(kind, PERSON_KINDS, f"{where}的“by”")


def _check_measure(measure: str, allowed: Iterable[str], where: str) -> None:
    name, _, rest = measure.partition(":")
    _one_of(name, allowed, f"{where}的“measure”")
    if not re.fullmatch(MEASURES[name], rest):
        raise PolicyError(f"{where}的“measure”写了“{measure}”，请改正写法。")
    what, _, kinds = rest.rpartition(":")
    if name in ("offices", "led"):
        _one_of(what, OFFICE_KINDS, f"{where}的“measure”")
    if name == "premises":
        _one_of(rest, OFFICE_KINDS, f"{where}的“measure”")
    if name in ("offices", "led", "mapped", "placed"):
        for kind in kinds.split("+"):
            _one_of(kind, GRID_KINDS, f"{where}的“measure”")


def _check_citations(policy: PolicyValues) -> None:
    """Every value names a clause of this plan; a number may name a source instead."""
    known = {clause.id for clause in policy.clauses}
    for table, (field, _) in TABLES.items():
        for number, row in enumerate(getattr(policy, field), start=1):
            cited = getattr(row, "clause", "")
            if cited and cited not in known:
                raise PolicyError(
                    f"[[{table}]] 第 {number} 行引用了条款 {cited}，"
                    "但文件里没有这一条，请补上该条款或改正编号。"
                )
    for row in policy.numbers:
        if not row.clause and not row.source:
            raise PolicyError(
                f"数值“{row.key}”没有依据，请写明条款“clause”或来源“source”。"
            )


def _check_levels(policy: PolicyValues) -> None:
    for level in policy.levels:
        if not 1 <= level.number <= 4:
            raise PolicyError(f"网格级别 {level.number} 不在 1 至 4 之间，请改正。")
        for kind in level.kinds:
            _one_of(kind, GRID_KINDS, f"{level.name}的“kinds”")
    _no_twins((level.number for level in policy.levels), "网格级别")
    _no_twins(
        (kind for level in policy.levels for kind in level.kinds), "网格级别中的类型"
    )


def _check_quotas(policy: PolicyValues) -> None:
    for quota in policy.quotas:
        where = f"条款 {quota.clause} 的配备标准"
        _one_of(quota.role, PERSON_KINDS, f"{where}的“role”")
        for kind in quota.kinds:
            _one_of(kind, GRID_KINDS, f"{where}的“kinds”")
        for kind in quota.any_of:
            _one_of(kind, set(PERSON_KINDS) - {"either"}, f"{where}的“any_of”")
        if (quota.role == "either") != bool(quota.any_of):
            raise PolicyError(
                f"{where}中，“either”须与“any_of”一起使用，请写明可以互相替代的人员。"
            )
        _check_quota_numbers(quota, where)
    _no_twins(
        ((kind, quota.role) for quota in policy.quotas for kind in quota.kinds),
        "配备标准",
    )


def _check_quota_numbers(quota: Quota, where: str) -> None:
    if quota.indexed:
        if quota.min is not None or quota.max is not None:
            raise PolicyError(f"{where}既用配置指数又写了人数，请只保留一种。")
        return
    if quota.min is None or quota.max is None:
        raise PolicyError(f"{where}没有写明人数，请同时写“min”和“max”。")
    if quota.min > quota.max:
        raise PolicyError(
            f"{where}的最少人数 {quota.min} 大于最多人数 {quota.max}，请改正。"
        )


def _check_dates(policy: PolicyValues) -> None:
    dated: tuple[Phase | Milestone, ...] = (*policy.phases, *policy.milestones)
    for row in dated:
        if row.on is not None and (row.months is not None or row.days is not None):
            raise PolicyError(
                f"“{row.name}”既写了固定日期又写了推算期限，请只保留一种。"
            )
    for milestone in policy.milestones:
        if milestone.on is None and milestone.months is None and milestone.days is None:
            raise PolicyError(
                f"节点“{milestone.name}”没有期限，请写明“on”或“months”“days”。"
            )
        for kind in milestone.kinds:
            _one_of(kind, GRID_KINDS, f"节点“{milestone.name}”的“kinds”")
        for measure in milestone.measure:
            _check_measure(measure, NODE_MEASURES, f"节点“{milestone.name}”")
    numbers = [phase.number for phase in policy.phases]
    if numbers != list(range(1, len(numbers) + 1)):
        raise PolicyError("阶段应从 1 起依次编号，请改正 [[phase]] 的“number”。")
    _no_twins((milestone.key for milestone in policy.milestones), "节点")


def _check_targets(policy: PolicyValues) -> None:
    phases = {phase.number for phase in policy.phases}
    for target in policy.targets:
        where = f"条款 {target.clause} 的目标"
        _one_of(target.indicator, INDICATORS, f"{where}的“indicator”")
        if target.phase not in phases:
            raise PolicyError(
                f"{where}属于第 {target.phase} 阶段，但没有这一阶段，请补上 [[phase]]。"
            )
        if (target.indicator == "staffed") != bool(target.person_kind):
            raise PolicyError(
                f"{where}中，只有配备率（staffed）要写明人员类别“person_kind”，请改正。"
            )
        if target.person_kind:
            _one_of(target.person_kind, PERSON_KINDS, f"{where}的“person_kind”")
    _no_twins(((target.phase, target.key) for target in policy.targets), "阶段目标")


def _check_others(policy: PolicyValues) -> None:
    for label in policy.labels:
        _one_of(label.term, TERMS, "[[label]] 的“term”")
    _no_twins((label.term for label in policy.labels), "名称")
    for row in policy.numbers:
        _one_of(row.key, NUMBERS, "[[number]] 的“key”")
        _one_of(row.unit, UNITS, f"数值“{row.key}”的“unit”")
    _no_twins((row.key for row in policy.numbers), "数值")
    for one in policy.expected:
        if not re.fullmatch(
            r"grids|persons|districts|(level|kind|posts):\w+", one.what
        ):
            raise PolicyError(
                f"[[expected]] 的“what”写了“{one.what}”，请写 grids、persons、"
                "districts、level:1、kind:street 或 posts:assistant 这样的值。"
            )
    _no_twins((one.what for one in policy.expected), "应有数")


def _check_checklists(policy: PolicyValues) -> None:
    for one in policy.checklists:
        where = f"清单“{one.name}”"
        _one_of(one.use, CHECKLIST_USES, f"{where}的“use”")
        for kind in one.kinds:
            _one_of(kind, GRID_KINDS, f"{where}的“kinds”")
        if not one.clause and not one.source:
            raise PolicyError(f"{where}没有依据，请写明条款“clause”或来源“source”。")
        if bool(one.use) == bool(one.items):
            raise PolicyError(
                f"{where}要么在“items”列出内容，要么写明“use”并用 [[item]] 逐项写，"
                "请只保留一种。"
            )
        if one.use and not one.kinds:
            raise PolicyError(f"{where}没有写明适用的网格，请补上“kinds”。")
        total = sum(item.points for item in policy.items_of(one.key))
        if total and one.pass_points is not None and one.pass_points > total:
            raise PolicyError(
                f"{where}的合格分 {one.pass_points} 高于满分 {total}，请改正。"
            )
    _no_twins((one.key for one in policy.checklists), "清单")


def _check_items(policy: PolicyValues) -> None:
    followed = {one.key for one in policy.checklists if one.use}
    for item in policy.items:
        where = f"清单项目“{item.name}”"
        if item.checklist not in followed:
            raise PolicyError(
                f"{where}属于清单“{item.checklist}”，但没有这样一份写明“use”的清单，"
                "请补上 [[checklist]]。"
            )
        if not item.measure and not item.ask:
            raise PolicyError(
                f"{where}请用“measure”写明由哪些指标计算，或用“ask”写明查验什么；"
                "两样都写的，有数据时计算，没有数据时查验。"
            )
        for measure in item.measure:
            _check_measure(measure, NODE_MEASURES, where)
    _no_twins((f"{one.checklist}/{one.key}" for one in policy.items), "清单项目")


def _check_branches(policy: PolicyValues) -> None:
    for branch in policy.branches:
        where = f"条款 {branch.clause} 的 [[branch]]"
        _one_of(branch.unit, UNITS, f"{where}的“unit”")
        _one_of(branch.counting, COUNTINGS, f"{where}的“counting”")
        if branch.at_least is None and branch.at_most is None:
            raise PolicyError(f"{where}没有界限，请写明“at_least”或“at_most”。")


def _check_shares(policy: PolicyValues) -> None:
    totals: Counter[str] = Counter()
    for share in policy.shares:
        totals[share.of] += share.percent
    for of, total in totals.items():
        if total != 100:
            raise PolicyError(
                f"“{of}”的分担比例合计为 {total}%，应为 100%，请改正 [[share]]。"
            )


def _check_statutes(policy: PolicyValues) -> None:
    for statute in policy.statutes:
        _one_of(statute.key, STATUTES, "[[statute]] 的“key”")
    for row in policy.limits:
        if not re.fullmatch(r"(T\d{1,2}|[A-Z]{2})(-[A-Z0-9]+){0,2}", row.rule):
            raise PolicyError(
                f"期限规则“{row.rule}”应写成 T1 至 T22，或 MW-1 这样的编号，请改正。"
            )
        _one_of(row.unit, UNITS, f"期限 {row.rule} 的“unit”")
        if not row.source:
            raise PolicyError(f"期限 {row.rule} 没有写明出处，请补上“source”。")
    _no_twins(((row.rule, row.since.isoformat()) for row in policy.limits), "期限")
    for category in policy.retirement:
        if category.step < 1 or category.first_birth.day != 1:
            raise PolicyError(
                f"退休类别 {category.category} 的起始出生月应写该月一日、"
                "每延一个月的间隔至少为 1，请改正。"
            )
    _no_twins((row.category for row in policy.retirement), "退休类别")


def _check_grading(policy: PolicyValues) -> None:
    schemes = {scheme.key for scheme in policy.grade_schemes}
    _no_twins((one.key for one in policy.grade_schemes), "等级评价办法")
    for scheme in policy.grade_schemes:
        if not policy.grades_of(scheme.key):
            raise PolicyError(f"“{scheme.name}”没有等级，请补上 [[grade]]。")
        if not scheme.clause and not scheme.source:
            raise PolicyError(f"“{scheme.name}”没有依据，请写明“clause”或“source”。")
    for grade in policy.grades:
        _one_of(grade.scheme, schemes, f"等级 {grade.key} 的“scheme”")
    _no_twins((f"{one.scheme}/{one.key}" for one in policy.grades), "等级")
    _no_twins((f"{one.scheme}/{one.key}" for one in policy.grade_criteria), "评价标准")
    for criterion in policy.grade_criteria:
        _one_of(criterion.scheme, schemes, f"评价标准 {criterion.key} 的“scheme”")


def _check_criteria(policy: PolicyValues) -> None:
    for criterion in policy.grade_criteria:
        where = f"评价标准 {criterion.key} "
        _one_of(criterion.fact, FACTS, f"{where}的“fact”")
        if criterion.grade:
            known = {one.key for one in policy.grades_of(criterion.scheme)}
            _one_of(criterion.grade, known, f"{where}的“grade”")
        elif criterion.points is None:
            raise PolicyError(f"{where}没有后果，请写明“grade”或“points”。")
        if criterion.at_least < 1:
            raise PolicyError(f"{where}的“at_least”至少为 1，请改正。")


def _check_supervising(policy: PolicyValues) -> None:
    _no_twins((one.key for one in policy.key_grounds), "重点监管情形")
    for ground in policy.key_grounds:
        where = f"重点监管情形 {ground.key} "
        _one_of(ground.fact, FACTS, f"{where}的“fact”")
        if ground.at_least is None and ground.at_most is None:
            raise PolicyError(f"{where}没有界限，请写明“at_least”或“at_most”。")
        _secret(ground.fact, ground.secret, where)
    _no_twins((f"{one.list}/{one.key}" for one in policy.public_candidates), "公布情形")
    for row in policy.public_candidates:
        where = f"公布情形 {row.key} "
        _one_of(row.list, PUBLIC_LISTS, f"{where}的“list”")
        for fact in filter(None, (row.fact, row.and_fact)):
            _one_of(fact, FACTS, f"{where}的“fact”")


def _secret(fact: str, is_secret: bool, where: str) -> None:
    """Raise PolicyError for a rule that would tell of complaints (security.md T03)."""
    if fact in SECRET_FACTS and not is_secret:
        raise PolicyError(
            f"{where}用到“{FACTS[fact]}”，会泄露有人投诉举报，请写“secret = true”。"
        )


def _check_warnings(policy: PolicyValues) -> None:
    _no_twins((rule.key for rule in policy.warning_rules), "预警规则")
    for rule in policy.warning_rules:
        where = f"预警规则 {rule.key} "
        if bool(policy.signs_of(rule.key)) == bool(rule.together):
            raise PolicyError(
                f"{where}应当有预警指标，或者用“together”写明几项叠加，只取其一。"
            )
        if rule.together:
            _one_of(rule.colour, COLOURS, f"{where}的“colour”")
        if rule.task_from and rule.secret:
            raise PolicyError(
                f"{where}的依据不公开，不能给网格派任务，请删去“task_from”。"
            )
        if rule.task_from:
            _one_of(rule.task_from, COLOURS, f"{where}的“task_from”")
            if not rule.task_days:
                raise PolicyError(f"{where}要派任务，请写明“task_days”。")
    _check_signs(policy)


def _check_signs(policy: PolicyValues) -> None:
    rules = {rule.key for rule in policy.warning_rules}
    secret = {rule.key for rule in policy.warning_rules if rule.secret}
    for sign in policy.warning_signs:
        where = f"预警指标 {sign.warning}/{sign.fact} "
        _secret(sign.fact, sign.warning in secret, where)
        _one_of(sign.warning, rules, f"{where}的“warning”")
        _one_of(sign.fact, FACTS, f"{where}的“fact”")
        levels = [sign.yellow, sign.orange, sign.red]
        given = [level for level in levels if level is not None]
        if not given or given[0] < 1 or given != sorted(set(given)):
            raise PolicyError(f"{where}的黄、橙、红界限应为逐级增大的正整数，请改正。")
    _no_twins((f"{one.warning}/{one.fact}" for one in policy.warning_signs), "预警指标")


def _check_inspections(policy: PolicyValues) -> None:
    for cap in policy.inspection_caps:
        for kind in cap.counts:
            _one_of(kind, INSPECTION_KINDS, "[[inspection_cap]] 的“counts”")
        if not cap.source:
            raise PolicyError("检查频次上限没有写明出处，请补上“source”。")
    _no_twins(
        ((row.grade, row.since.isoformat()) for row in policy.inspection_caps),
        "检查频次上限",
    )
    for row in policy.inspection_exemptions:
        if not row.source:
            raise PolicyError(f"不计入频次的情形“{row.name}”没有写明出处，请补上。")
    _no_twins(
        ((row.key, row.since.isoformat()) for row in policy.inspection_exemptions),
        "不计入频次的情形",
    )


CHECKS: Sequence[Callable[[PolicyValues], None]] = (
    _check_head,
    _check_clauses,
    _check_citations,
    _check_levels,
    _check_quotas,
    _check_dates,
    _check_targets,
    _check_others,
    _check_checklists,
    _check_items,
    _check_branches,
    _check_shares,
    _check_statutes,
    _check_grading,
    _check_criteria,
    _check_supervising,
    _check_warnings,
    _check_inspections,
)
