"""What the values of a policy say, in the words of the page."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from grids.models import Grid
from grids.policy import (
    COLOURS,
    FACTS,
    INDICATORS,
    INSPECTION_KINDS,
    NUMBERS,
    TERMS,
    UNITS,
    Branch,
    Checklist,
    Correction,
    Expected,
    Grade,
    GradeCriterion,
    GradeScheme,
    InspectionCap,
    InspectionExemption,
    Item,
    KeyGround,
    Level,
    LimitRow,
    Milestone,
    Number,
    Phase,
    PolicyValues,
    Quota,
    Target,
    WarningRule,
    WarningSign,
)
from grids.policy.supervising import YEAR

_KINDS = dict(Grid.Kind.choices)
_USES = {"steps": "落实", "acceptance": "验收"}


def sections(values: PolicyValues) -> list[tuple[str, list[tuple[str, Any]]]]:
    """Return what the typed values say, as titled groups of (words, row)."""
    groups: list[tuple[str, Iterable[Any], Callable[[Any], str]]] = [
        ("网格级别", values.levels, level_words),
        ("人员配备", values.quotas, lambda row: quota_words(row, values)),
        ("应有数", values.expected, lambda row: expected_words(row, values)),
        ("阶段", values.phases, phase_words),
        ("目标", values.targets, lambda row: target_words(row, values)),
        ("节点", values.milestones, milestone_words),
        ("其他数值", values.numbers, number_words),
        ("分担", values.shares, lambda r: f"{r.of}：{r.party}承担 {r.percent}%"),
        ("清单", values.checklists, checklist_words),
        ("清单项目", values.items, lambda row: item_words(row, values)),
        ("分档", values.branches, branch_words),
        ("等级评价办法", values.grade_schemes, scheme_words),
        ("信用等级", values.grades, grade_words),
        ("评价标准", values.grade_criteria, criterion_words),
        ("重点监管情形", values.key_grounds, ground_words),
        ("预警规则", values.warning_rules, lambda row: warning_words(row, values)),
        ("检查频次上限", values.inspection_caps, cap_words),
        ("不计入频次的情形", values.inspection_exemptions, exemption_words),
        ("原文校正", values.corrections, correction_words),
        ("名称", values.labels, lambda row: f"{TERMS[row.term]}称为{row.text}"),
    ]
    return [
        (title, [(words(row), row) for row in rows]) for title, rows, words in groups
    ]


def statements(values: PolicyValues) -> dict[str, list[str]]:
    """Return what the typed values say, by the clause that they stand beside."""
    said: dict[str, list[str]] = defaultdict(list)
    for _, rows in sections(values):
        for text, row in rows:
            said[row.clause].append(text)
    return dict(said)


def scheme_words(scheme: GradeScheme) -> str:
    kind = f"，满分 {scheme.points} 分" if scheme.points else ""
    example = "（示例）" if scheme.example else ""
    return f"{scheme.name}{example}{kind}{_assumed(scheme.assumed)}"


def grade_words(grade: Grade) -> str:
    least = f"，{grade.min_points} 分以上" if grade.min_points is not None else ""
    words = "，".join(filter(None, [grade.meaning, grade.consequence]))
    return f"{grade.name}{least}：{words}{_assumed(grade.assumed)}"


def criterion_words(row: GradeCriterion) -> str:
    """Return 评为C级：被查处三次以上（劳动保障违法行为被查处次数达到 3）."""
    effect = f"评为{row.grade}级"
    if row.points is not None and not row.grade:
        each = "每次扣" if row.each else "扣"
        most = f"，最多 {row.most} 分" if row.most else ""
        effect = f"{each} {row.points} 分{most}"
    needed = f"{FACTS[row.fact]}达到 {row.at_least}"
    return f"{effect}：{row.name}（{needed}）{_assumed(row.assumed)}"


def ground_words(ground: KeyGround) -> str:
    """Return 欠薪2个月以上（拖欠工资月数达到 2）."""
    bounds = [f"达到 {ground.at_least}"] if ground.at_least is not None else []
    bounds += [f"不超过 {ground.at_most}"] if ground.at_most is not None else []
    window = f"{ground.days} 日内" if ground.days else ""
    needed = f"{window}{FACTS[ground.fact]}{'、'.join(bounds)}"
    return f"{ground.name}（{needed}）{_assumed(ground.assumed)}"


def warning_words(rule: WarningRule, values: PolicyValues) -> str:
    """Return 拖欠工资：拖欠工资月数黄色 1、橙色 2、红色 3；解除：…."""
    signs = [sign_words(sign) for sign in values.signs_of(rule.key)]
    if rule.together:
        signs = [f"{rule.together} 项以上预警叠加，{COLOURS[rule.colour]}"]
    task = (
        f"；{COLOURS[rule.task_from]}起派任务，{rule.task_days} 日内核实"
        if rule.task_from
        else ""
    )
    parts = "；".join(signs)
    return f"{rule.name}：{parts}{task}；{rule.clears}解除{_assumed(rule.assumed)}"


def sign_words(sign: WarningSign) -> str:
    """Return 90 日内人员流失的比例（%）黄色 20、橙色 40、红色 60."""
    levels = {key: getattr(sign, key) for key in COLOURS}
    given = "、".join(f"{COLOURS[k]} {v:,}" for k, v in levels.items() if v is not None)
    window = f"{sign.days} 日内" if sign.days != YEAR else ""
    return f"{window}{FACTS[sign.fact]}{given}"


def level_words(level: Level) -> str:
    kinds = "、".join(_KINDS[kind] for kind in level.kinds)
    return f"{level.name}：{kinds}{_assumed(level.assumed)}"


def quota_words(quota: Quota, values: PolicyValues) -> str:
    kinds = "、".join(_KINDS[kind] for kind in quota.kinds)
    who = "或".join(values.label(kind) for kind in quota.any_of or (quota.role,))
    if quota.indexed:
        many = " 按配置指数"
    elif quota.is_range:
        many = f" {quota.min} 至 {quota.max} 名"
    else:
        many = f"{'合计' if quota.any_of else ''} {quota.min} 名"
    return f"每个{kinds}：{who}{many}{_assumed(quota.assumed)}"


def expected_words(expected: Expected, values: PolicyValues) -> str:
    group, _, key = expected.what.partition(":")
    names = {
        "districts": "区县和功能区",
        "grids": "网格合计",
        "persons": "人员合计",
        "level": next(
            (one.name for one in values.levels if str(one.number) == key), ""
        ),
        "kind": _KINDS.get(key, ""),
        "posts": values.label(key) if group == "posts" else "",
    }
    measure = "名" if group in ("persons", "posts") else "个"
    return f"应有{names[group]} {expected.count} {measure}"


def phase_words(phase: Phase) -> str:
    return f"第 {phase.number} 阶段{phase.name}，{due_words(phase)}"


def target_words(target: Target, values: PolicyValues) -> str:
    phase = next(one for one in values.phases if one.number == target.phase)
    who = values.label(target.person_kind) if target.person_kind else ""
    rate = f"{who}{INDICATORS[target.indicator]}"
    return (
        f"{phase.name}：{rate}不低于 {target.threshold:.0%}{_assumed(target.assumed)}"
    )


def milestone_words(row: Milestone) -> str:
    return f"{row.name}，{due_words(row)}"


def due_words(row: Phase | Milestone) -> str:
    """Say until when, as a date or counted from the start of the programme."""
    if row.on:
        return f"截至 {row.on.isoformat()}"
    parts = [f"{row.months} 个月"] if row.months else []
    parts += [f"{row.days} 天"] if row.days else []
    return f"自启动起 {'零 '.join(parts)}内" if parts else "没有期限"


def checklist_words(row: Checklist) -> str:
    if not row.use:
        return f"{row.name}：{'、'.join(row.items)}"
    kinds = "、".join(_KINDS[kind] for kind in row.kinds)
    need = "" if row.pass_points is None else f"，{row.pass_points} 分合格"
    return f"{row.name}：{kinds}逐个{_USES[row.use]}{need}{_assumed(row.assumed)}"


def item_words(row: Item, values: PolicyValues) -> str:
    """Say what is looked at, for how many points, and how one knows."""
    found = values.checklist(row.checklist)
    how = "由指标计算" if row.measure else f"查验：{row.ask}"
    if row.measure and row.ask:
        how = f"有数据的由指标计算，没有的查验：{row.ask}"
    name = f"{found.name if found else row.checklist} · {row.name}"
    return f"{name}（{row.points} 分），{how}{_assumed(row.assumed)}"


def number_words(number: Number) -> str:
    unit = UNITS[number.unit]
    return f"{NUMBERS[number.key]}：{number.value} {unit}{_assumed(number.assumed)}"


def branch_words(row: Branch) -> str:
    """Say what one side of a rule decides, and on which numbers."""
    unit = UNITS[row.unit]
    least = "" if row.at_least is None else f"{row.at_least} {unit}以上"
    most = "" if row.at_most is None else f"{row.at_most} {unit}以内"
    return f"{row.of}：{'、'.join(filter(None, (least, most)))}，{row.outcome}"


def cap_words(row: InspectionCap) -> str:
    """Say how often a year a unit may be inspected, and what counts."""
    kinds = "、".join(INSPECTION_KINDS[kind] for kind in row.counts)
    whom = f"信用等级 {row.grade} 的单位" if row.grade else "每个单位"
    return f"{whom}每年不超过 {row.value} 次（{kinds}）{_assumed(row.assumed)}"


def exemption_words(row: InspectionExemption) -> str:
    """Say for which reason an inspection does not count."""
    return f"{row.name}{_assumed(row.assumed)}"


def correction_words(row: Correction) -> str:
    """Say how a damaged place is to be read."""
    return f"“{row.printed}”{f'应读作“{row.reading}”' if row.reading else '已缺失'}"


def limit_words(row: LimitRow) -> str:
    """Say how long a statutory limit is."""
    if row.value is None:
        return "没有固定期限"
    if row.value == 0:
        return "当日"
    value = f"{row.value / 100:g}" if row.unit == "fen_per_hour" else row.value
    return f"{value} {UNITS[row.unit]}"


def _assumed(assumed: bool) -> str:
    return "（推定）" if assumed else ""
