"""What a plan says against itself, against the law, and unlike its neighbours.

Nothing here blocks: a plan is followed as it was issued, but whoever follows it must
know. Every finding comes from typed values or from the quoted words, so that a plan
written tomorrow is read with the same eyes. Pure: no Django, no database.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from grids.policy.values import Branch, Milestone, Phase, PolicyValues, Statute
from grids.policy.words import NUMBERS, PERSON_KINDS, UNITS

CONFLICT = "conflict"  # with the law
CONTRADICTION = "contradiction"  # inside the plan
DOUBT = "doubt"  # something is open, missing or read differently elsewhere
SEVERITIES = {CONFLICT: "与法律不一致", CONTRADICTION: "自相矛盾", DOUBT: "存疑"}

# Names that are used for one and the same; the longer is looked for first.
SYNONYMS = {
    "assistant": ("协管监察员", "协管员", "协理员", "助理员"),
    "station": ("网格化服务站", "劳动保障服务站", "监察工作站"),
}
# 企业协管员 are persons of another kind (domain.md 1.4, SY-20).
NOT_SYNONYMS = re.compile(r"企业协管员|企业工会组织中聘请劳动监察协管员")
INSPECTIONS = re.compile(r"日常巡查|巡视检查|专项检查|实地核查|案件调查处理")
HELPING = re.compile(r"协助|配合")
LOST_YEAR = re.compile(r"(?<![\d〇零一二三四五六七八九十每当今明全去该])年\d{1,2}月")
LOST_WORDS = re.compile(r"、{2,}")
SHARED_RATE = re.compile(
    r"(?P<who>[^，。；…]+?)配备率分别达到(?P<rates>\d+%(?:[、和]\d+%)*)"
)


@dataclass(frozen=True)
class Text:
    """Words that a finding rests on, and where they stand."""

    source: str
    words: str


@dataclass(frozen=True)
class Finding:
    """One thing that whoever follows a plan must know."""

    code: str
    clauses: tuple[str, ...]
    texts: tuple[Text, ...]
    message: str
    law: str = ""
    severity: str = CONTRADICTION


def lint(
    values: PolicyValues,
    *layers: PolicyValues,
    neighbours: Sequence[PolicyValues] = (),
) -> list[Finding]:
    """Return what is to be known about a plan, in the order of its clauses.

    `layers` are the law above it, the nation first; `neighbours` other plans, whose
    words a city with several plans meets side by side.
    """
    statutes = [statute for layer in layers for statute in layer.statutes]
    retirement = any(layer.retirement for layer in layers)
    found: list[Finding] = []
    for inside in INSIDE:
        found += inside(values)
    for against in AGAINST_LAW:
        found += against(values, statutes)
    if retirement:
        found += _moving_age(values, layers)
    others = [one for one in neighbours if one.id != values.id]
    for compared in AMONG_NEIGHBOURS:
        found += compared(values, others)
    order = {clause.id: place for place, clause in enumerate(values.clauses)}
    return sorted(
        found,
        key=lambda one: min((order.get(id_, 0) for id_ in one.clauses), default=0),
    )


# --- inside the plan ------------------------------------------------------------------


def _overlapping_branches(values: PolicyValues) -> Iterator[Finding]:
    """Two sides of a rule that both decide for one number, or neither does."""
    for of, counting, branches in _rules(values):
        for one, other in combinations(branches, 2):
            both = [
                number
                for number in _edges((one, other))
                if one.holds(number) and other.holds(number)
            ]
            if not both or one.outcome == other.outcome:
                continue
            unit = UNITS[one.unit].removeprefix("个")
            yield Finding(
                "branches_overlap",
                _clauses(one.clause, other.clause),
                (Text(one.clause, one.words), Text(other.clause, other.words)),
                f"{of}：正好 {_numbers(both)} {unit}同时属于“{one.outcome}”和"
                f"“{other.outcome}”两种情形，请明确归哪一种。",
            )
        gaps = _gaps(branches)
        if gaps:
            yield Finding(
                "branches_gap",
                _clauses(*(branch.clause for branch in branches)),
                tuple(Text(branch.clause, branch.words) for branch in branches),
                f"{of}{counting}：{_numbers(gaps)} 不属于任何一种情形，请补上规定。",
            )


def _overlapping_counters(values: PolicyValues) -> Iterator[Finding]:
    """Several countings of one thing that lead to different outcomes."""
    by_subject: dict[str, list[Branch]] = defaultdict(list)
    for branch in values.branches:
        by_subject[branch.of].append(branch)
    for of, branches in by_subject.items():
        ways = {branch.counting for branch in branches}
        outcomes = {branch.outcome for branch in branches}
        if len(ways) < 2 or len(outcomes) < 2:
            continue
        unstated = [branch for branch in branches if branch.counting == "open"]
        said = f"；其中“{unstated[0].words}”没有写明连续还是累计" if unstated else ""
        yield Finding(
            "counters_overlap",
            _clauses(*(branch.clause for branch in branches)),
            tuple(Text(branch.clause, branch.words) for branch in branches),
            f"{of}有 {len(ways)} 种计法、{len(outcomes)} 种后果"
            f"（{'、'.join(sorted(outcomes))}），同一事实可能同时符合几种{said}。"
            "系统分别计数，只提出建议。",
        )


def _shared_rates(values: PolicyValues) -> Iterator[Finding]:
    """分别达到: fewer rates than groups of persons."""
    for clause in values.clauses:
        for said in SHARED_RATE.finditer(clause.quote):
            groups = re.split(r"、|和|及", said["who"])
            rates = re.findall(r"\d+%", said["rates"])
            if len(groups) == len(rates):
                continue
            yield Finding(
                "rates_for_groups",
                (clause.id,),
                (Text(clause.id, said[0]), *_target_texts(values, clause.id)),
                f"{len(groups)} 类人员（{'、'.join(groups)}）只写了 {len(rates)} 个"
                f"比例（{'、'.join(rates)}），哪一类用哪一个没有写明。",
            )


def _dropped_targets(values: PolicyValues) -> Iterator[Finding]:
    """A person kind with a rate in one phase, on whom later phases are silent."""
    by_phase: dict[int, dict[str, str]] = defaultdict(dict)
    for target in values.targets:
        if target.indicator == "staffed" and not target.assumed:
            by_phase[target.phase][target.person_kind] = target.clause
    for phase, later in combinations(sorted(by_phase), 2):
        if later != min(number for number in by_phase if number > phase):
            continue
        silent = [kind for kind in by_phase[phase] if kind not in by_phase[later]]
        for kind in silent:
            first, then = by_phase[phase][kind], next(iter(by_phase[later].values()))
            yield Finding(
                "target_dropped",
                _clauses(first, then),
                _quotes(values, first, then),
                f"第 {phase} 阶段给{PERSON_KINDS[kind]}规定了配备率，第 {later} 阶段"
                "只规定了其他人员。系统沿用前一阶段的比例。",
            )


def _rates_without_posts(values: PolicyValues) -> Iterator[Finding]:
    """A staffing rate of a person kind for whom the plan fixes no posts."""
    posts = {quota.role: quota for quota in values.quotas}
    seen = set()
    for target in values.targets:
        kind = target.person_kind
        if target.indicator != "staffed" or kind in seen:
            continue
        seen.add(kind)
        clauses = [one.clause for one in values.targets if one.person_kind == kind]
        if kind not in posts:
            yield Finding(
                "rate_without_posts",
                _clauses(*clauses),
                _quotes(values, *dict.fromkeys(clauses)),
                f"规定了{PERSON_KINDS[kind]}配备率，却没有规定名额，没有分母，"
                "这个比例无法计算。",
            )
        elif posts[kind].indexed:
            yield Finding(
                "posts_unpublished",
                _clauses(posts[kind].clause),
                _quotes(values, posts[kind].clause),
                f"{PERSON_KINDS[kind]}名额按配置指数确定，但指数没有公布，"
                "要由各区录入后才有分母。",
                severity=DOUBT,
            )


def _late_at_birth(values: PolicyValues) -> Iterator[Finding]:
    """Something due before the notice that asks for it."""
    rows: tuple[Phase | Milestone, ...] = (*values.milestones, *values.phases)
    if values.issued_on is None:
        return
    for row in rows:
        if row.on is None or row.on >= values.issued_on:
            continue
        days = (values.issued_on - row.on).days
        yield Finding(
            "due_before_notice",
            (row.clause,),
            (
                *_quotes(values, row.clause),
                Text("发文日期", f"{values.issued_on} {values.document_number}"),
            ),
            f"“{row.name}”的期限 {row.on} 比发文日期早 {days} 天，一开始就已到期。",
        )


def _shares(values: PolicyValues) -> Iterator[Finding]:
    """Parts of a cost that do not make the whole."""
    parts: dict[str, list[Any]] = defaultdict(list)
    for share in values.shares:
        parts[share.of].append(share)
    for of, shares in parts.items():
        total = sum(share.percent for share in shares)
        if total != 100:
            yield Finding(
                "shares_not_whole",
                _clauses(*(share.clause for share in shares)),
                _quotes(values, *dict.fromkeys(share.clause for share in shares)),
                f"{of}的分担比例合计 {total}%，不是 100%。",
            )


def _inverted_ranges(values: PolicyValues) -> Iterator[Finding]:
    """A lower end above the upper end."""
    for quota in values.quotas:
        if quota.min is not None and quota.max is not None and quota.min > quota.max:
            yield Finding(
                "range_inverted",
                (quota.clause,),
                _quotes(values, quota.clause),
                f"配备人数的下限 {quota.min} 大于上限 {quota.max}。",
            )
    pairs = [
        (key, f"{key.removesuffix('_min')}_max") for key in NUMBERS if "_min" in key
    ]
    numbers = {number.key: number for number in values.numbers}
    for low, high in pairs:
        if low not in numbers or high not in numbers:
            continue
        if numbers[low].value > numbers[high].value:
            clauses = _clauses(numbers[low].clause, numbers[high].clause)
            yield Finding(
                "range_inverted",
                clauses,
                _quotes(values, *clauses),
                f"{NUMBERS[low]} {numbers[low].value} 大于"
                f"{NUMBERS[high]} {numbers[high].value}。",
            )


def _expected_sums(values: PolicyValues) -> Iterator[Finding]:
    """Levels whose counts do not make the stated total."""
    counts = {one.what: one for one in values.expected}
    levels = [one for what, one in counts.items() if what.startswith("level:")]
    if "grids" not in counts or not levels:
        return
    total = sum(one.count for one in levels)
    if total != counts["grids"].count:
        clauses = _clauses(counts["grids"].clause, *(one.clause for one in levels))
        yield Finding(
            "counts_do_not_add_up",
            clauses,
            _quotes(values, *clauses),
            f"各级网格合计 {total} 个，与方案写的总数 {counts['grids'].count} 个不符。",
        )


def _uncertain_date(values: PolicyValues) -> Iterator[Finding]:
    """A plan of which nobody knows from when on it holds."""
    if values.effective_is_certain or not values.clauses:
        return
    first = values.clauses[0]
    yield Finding(
        "effective_date_uncertain",
        (first.id,),
        (
            Text(first.id, first.quote),
            Text("系统采用的施行日期", f"{values.effective_from}。{values.note}"),
        ),
        "施行日期不能从原文确定，系统采用的日期是推定的，请核实。",
        severity=DOUBT,
    )


def _damaged(values: PolicyValues) -> Iterator[Finding]:
    """Places that were corrected, and places that look damaged."""
    for row in values.corrections:
        read = Text("应读作", row.reading) if row.reading else Text("应读作", "已缺失")
        yield Finding(
            "text_damaged",
            _clauses(row.clause),
            (Text(row.clause or "全文", row.printed), read),
            f"原文有损坏：{row.note}",
            severity=DOUBT,
        )
    known = {row.clause for row in values.corrections}
    for clause in values.clauses:
        if clause.id in known:
            continue
        for pattern, what in ((LOST_YEAR, "年份缺失"), (LOST_WORDS, "有词语缺失")):
            place = pattern.search(clause.quote)
            if place:
                yield Finding(
                    "text_damaged",
                    (clause.id,),
                    (Text(clause.id, clause.quote),),
                    f"原文有损坏：“{place[0]}”处{what}。",
                    severity=DOUBT,
                )


def _two_names(values: PolicyValues) -> Iterator[Finding]:
    """One term that the plan calls by two names."""
    for term, names in SYNONYMS.items():
        used: dict[str, Text] = {}
        for clause in values.clauses:
            rest = NOT_SYNONYMS.sub("", clause.quote)
            for name in names:
                if name in rest:
                    used.setdefault(name, Text(clause.id, clause.quote))
                    rest = rest.replace(name, "")
        if len(used) > 1:
            yield Finding(
                "two_names",
                _clauses(*(text.source for text in used.values())),
                tuple(used.values()),
                f"同一{'岗位' if term in PERSON_KINDS else '机构'}用了"
                f"{'、'.join(f'“{name}”' for name in used)}几个名称，"
                f"系统统一称“{values.label(term)}”。",
                severity=DOUBT,
            )


# --- against the law ------------------------------------------------------------------


def _probation(values: PolicyValues, law: Sequence[Statute]) -> Iterator[Finding]:
    """A probation that is too long for the contract (劳动合同法第十九条)."""
    probation = values.number("probation_months")
    contract = values.number("contract_months")
    if probation is None or contract is None:
        return
    for statute in law:
        if statute.key != "probation" or statute.value is None:
            continue
        below = statute.under_months is None or contract.value < statute.under_months
        if not (contract.value >= (statute.from_months or 0) and below):
            continue
        if probation.value > statute.value:
            yield _against(
                "probation_too_long",
                values,
                (probation.clause, contract.clause),
                statute,
                f"合同期限 {contract.value} 个月，试用期 {probation.value} 个月，"
                f"超过法定的 {statute.value} 个月。",
            )


def _dispatch(values: PolicyValues, law: Sequence[Statute]) -> Iterator[Finding]:
    """A contract of a dispatched worker that is too short (劳动合同法第五十八条)."""
    contract = values.number("contract_months")
    if contract is None:
        return
    employers = [
        clause
        for clause in values.clauses
        if re.search(r"劳务派遣|派遣单位|第三方机构", clause.quote)
    ]
    certain = any("派遣" in clause.quote for clause in employers)
    for statute in law:
        if statute.key != "dispatch_contract" or not employers:
            continue
        if statute.value is not None and contract.value < statute.value:
            yield _against(
                "dispatch_contract_too_short",
                values,
                (contract.clause, employers[0].id),
                statute,
                f"合同期限 {contract.value} 个月，派遣合同法定至少"
                f" {statute.value} 个月"
                f"{'' if certain else '；第三方机构如属劳务派遣单位即不一致'}。",
                severity=CONFLICT if certain else DOUBT,
            )


def _last_place(values: PolicyValues, law: Sequence[Statute]) -> Iterator[Finding]:
    """末位淘汰 as a ground for an exit."""
    share = values.number("elimination_percent")
    clauses = [clause.id for clause in values.clauses if "末位淘汰" in clause.quote]
    if share is not None:
        clauses.append(share.clause)
    for statute in law:
        if statute.key == "last_place" and clauses:
            yield _against(
                "last_place_as_ground",
                values,
                tuple(dict.fromkeys(clauses)),
                statute,
                "末位淘汰本身不是合法的解除理由；系统只提出建议，须另有法定理由并经批准。",
            )


def _left_by_itself(values: PolicyValues, law: Sequence[Statute]) -> Iterator[Finding]:
    """自动离职 without notice or ground."""
    clauses = [clause.id for clause in values.clauses if "自动离职" in clause.quote]
    for statute in law:
        if statute.key == "left_by_itself" and clauses:
            yield _against(
                "left_by_itself",
                values,
                tuple(clauses),
                statute,
                "不到岗不能自动成为离职；须核实原因、通知本人，按法定理由和程序解除。",
            )


def _inspections(values: PolicyValues, law: Sequence[Statute]) -> Iterator[Finding]:
    """Inspections by persons without the power to inspect."""
    for statute in law:
        if statute.key != "inspectors_only":
            continue
        for clause in values.clauses:
            if "assistant" not in clause.by and "enterprise_assistant" not in clause.by:
                continue
            tasks = INSPECTIONS.findall(clause.quote)
            if tasks and not HELPING.search(clause.quote):
                yield _against(
                    "inspection_by_assistants",
                    values,
                    (clause.id,),
                    statute,
                    f"让没有执法资格的人员承担{'、'.join(tasks)}；"
                    "系统只允许他们登记走访。",
                )


def _moving_age(
    values: PolicyValues, layers: Sequence[PolicyValues]
) -> Iterator[Finding]:
    """A period counted from a retirement age that itself moves."""
    rows = [row for layer in layers for row in layer.retirement]
    for key in ("retirement_window_years", "exit_months_before_retirement"):
        number = values.number(key)
        if number is None:
            continue
        law = rows[0].source
        words = "、".join(f"{row.name}每 {row.step} 个月延 1 个月" for row in rows)
        yield Finding(
            "retirement_age_moves",
            (number.clause,),
            (*_quotes(values, number.clause), Text(law, words)),
            f"{NUMBERS[key]} {number.value} {UNITS[number.unit]}从法定退休年龄推算，"
            "而退休年龄按出生年月延迟，须逐人计算。",
            law=law,
            severity=DOUBT,
        )


# --- beside its neighbours ------------------------------------------------------------


def _level_names(
    values: PolicyValues, others: Sequence[PolicyValues]
) -> Iterator[Finding]:
    """One name of a level that means another level in another plan."""
    for level in values.levels:
        texts, elsewhere = [], []
        for other in others:
            for same in other.levels:
                if same.name == level.name and not set(same.kinds) & set(level.kinds):
                    quote = _quotes(other, same.clause)
                    texts += [
                        Text(f"《{other.title}》{q.source}", q.words) for q in quote
                    ]
                    elsewhere.append(f"《{other.title}》")
        if texts:
            yield Finding(
                "level_means_another",
                (level.clause,),
                (*_quotes(values, level.clause), *texts),
                f"“{level.name}”在本方案指{level.organisation or level.name}一级，"
                f"在{'、'.join(elsewhere)}指另一级；汇总时按类型，不按级别名称。",
                severity=DOUBT,
            )


def _entry_gates(
    values: PolicyValues, others: Sequence[PolicyValues]
) -> Iterator[Finding]:
    """One plan wants persons near retirement, another young ones, for one post."""
    gates = ("retirement_window_years", "entry_age_max")
    for mine, theirs in (gates, gates[::-1]):
        number = values.number(mine)
        if number is None:
            continue
        for other in others:
            opposed = other.number(theirs)
            if opposed is None:
                continue
            (quote,) = _quotes(other, opposed.clause)
            yield Finding(
                "entry_gates_opposed",
                (number.clause,),
                (
                    *_quotes(values, number.clause),
                    Text(f"《{other.title}》{quote.source}", quote.words),
                ),
                f"同是{values.label('assistant')}，本方案的条件是{NUMBERS[mine]}"
                f" {number.value} {UNITS[number.unit]}，《{other.title}》是"
                f"{NUMBERS[theirs]} {opposed.value} {UNITS[opposed.unit]}，方向相反。",
                severity=DOUBT,
            )


INSIDE: Sequence[Callable[[PolicyValues], Iterable[Finding]]] = (
    _overlapping_branches,
    _overlapping_counters,
    _shared_rates,
    _dropped_targets,
    _rates_without_posts,
    _late_at_birth,
    _shares,
    _inverted_ranges,
    _expected_sums,
    _uncertain_date,
    _damaged,
    _two_names,
)
AGAINST_LAW: Sequence[
    Callable[[PolicyValues, Sequence[Statute]], Iterable[Finding]]
] = (_probation, _dispatch, _last_place, _left_by_itself, _inspections)
AMONG_NEIGHBOURS: Sequence[
    Callable[[PolicyValues, Sequence[PolicyValues]], Iterable[Finding]]
] = (_level_names, _entry_gates)


# --- words ----------------------------------------------------------------------------


def _against(
    code: str,
    values: PolicyValues,
    clauses: Sequence[str],
    statute: Statute,
    message: str,
    severity: str = CONFLICT,
) -> Finding:
    return Finding(
        code,
        _clauses(*clauses),
        (*_quotes(values, *clauses), Text(statute.source, statute.text)),
        message,
        law=statute.source,
        severity=severity,
    )


def _clauses(*ids: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(id_ for id_ in ids if id_))


def _quotes(values: PolicyValues, *ids: str) -> tuple[Text, ...]:
    found = ((id_, values.clause(id_)) for id_ in _clauses(*ids))
    return tuple(Text(id_, clause.quote) for id_, clause in found if clause)


def _target_texts(values: PolicyValues, clause: str) -> tuple[Text, ...]:
    return tuple(
        Text(
            "系统采用",
            f"{PERSON_KINDS[target.person_kind]}配备率 {target.threshold:.0%}",
        )
        for target in values.targets
        if target.clause == clause and target.indicator == "staffed"
    )


def _rules(values: PolicyValues) -> list[tuple[str, str, list[Branch]]]:
    """Return the branches that decide of one thing by one counting, in order."""
    rules: dict[tuple[str, str], list[Branch]] = defaultdict(list)
    for branch in values.branches:
        rules[branch.of, branch.counting].append(branch)
    return [
        (of, counting, sorted(branches, key=lambda one: one.at_least or 0))
        for (of, counting), branches in rules.items()
        if len(branches) > 1
    ]


def _edges(branches: Iterable[Branch]) -> list[int]:
    """Return the numbers at which something may change, and their neighbours."""
    bounds = [
        bound
        for branch in branches
        for bound in (branch.at_least, branch.at_most)
        if bound is not None
    ]
    return sorted({n for bound in bounds for n in (bound - 1, bound, bound + 1)})


def _gaps(branches: Sequence[Branch]) -> list[int]:
    """Return the numbers between the sides of a rule that no side decides for."""
    edges = _edges(branches)[1:-1]
    return [
        number
        for number in edges
        if not any(branch.holds(number) for branch in branches)
    ]


def _numbers(numbers: Sequence[int]) -> str:
    return "、".join(str(number) for number in numbers)
