"""A policy as typed values: what a plan says, read from TOML and checked. No Django.

One file is one version of one policy. Every value stands beside the clause (or, for
statutes, the source) that it comes from. The same shape as JSON is what the database
keeps, so a loaded version is read back through the same checks.
"""

import calendar
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date, timedelta
from functools import cached_property
from typing import Any, TypeVar, get_type_hints

from gridinspect.law import Limit

CLAUSE_KINDS = frozenset({"rule", "duty", "target", "words"})
LAYERS = frozenset({"national", "province", "plan"})
GRID_KINDS = frozenset(
    {
        "district",
        "zone",
        "street",
        "town",
        "park",
        "community",
        "village",
        "cell",
    }
)
PERSON_KINDS = {
    "full_time_inspector": "专职监察员",
    "part_time_inspector": "兼职监察员",
    "inspector": "监察员",
    "assistant": "协管员",
    "either": "兼职监察员或协管员",
    "enterprise_assistant": "企业协管员",
}
INDICATORS = {
    "assigned": "网格监管率",
    "acquired": "信息采集率",
    "filed": "建档率",
    "staffed": "配备率",
    "trained": "受训率",
    "networked": "联网率",
}
TERMS = {
    **PERSON_KINDS,
    "command_centre": "指挥中心",
    "brigade": "监察大队",
    "squad": "监察中队",
    "station": "监察工作站",
    "unit_file": "一户一档",
    "register": "一格一册",
    "level_1": "一级网格",
    "level_2": "二级网格",
    "level_3": "三级网格",
}
UNITS = {
    "working_days": "个工作日",
    "natural_days": "日",
    "months": "个月",
    "years": "年",
    "times": "次",
    "levels": "级",
    "persons": "人",
    "percent": "%",
    "percent_per_day": "%每日",
    "square_metres": "平方米",
    "yuan_per_year": "元每年",
    "month_of_year": "月",
}
# Every number that later parts may ask for, so that a slip of the pen is found.
NUMBERS = {
    "freshness_days": "信息有效期",
    "levels": "网格级数",
    "team_inspectors": "办案监察员最少人数",
    "assistants_per_grid": "每个网格协管员人数",
    "retirement_window_years": "距退休年限",
    "premises_min": "用房面积下限",
    "premises_max": "用房面积上限",
    "arrears_months": "欠薪欠费达到",
    "complaints_per_year": "一年内被举报投诉达到",
    "unemployed_years": "失业时间",
    "squad_money": "中队工作经费",
    "entry_age_max": "入职年龄上限",
    "probation_months": "试用期",
    "contract_months": "合同期限",
    "term_years": "每届任期上限",
    "rotation_years": "同一社区轮岗年限",
    "excellent_years": "连续优秀年数",
    "leave_days_district": "区级批准请假上限",
    "spot_absences_max": "无故空岗上限",
    "absent_days_in_a_row": "无故连续缺勤",
    "absent_days_in_a_year": "一年累计无故缺勤",
    "absent_days_left": "不在岗视作离职",
    "elimination_percent": "每年淘汰比例上限",
    "exit_months_before_retirement": "退休前退出",
    "post_list_month": "岗位明细表填报月份",
}
DEFAULT_FRESHNESS = 183  # days: half a year, 人社部发〔2009〕4号

Row = TypeVar("Row")


class PolicyError(ValueError):
    """A policy file says something that cannot be meant; one sentence, with remedy."""


@dataclass(frozen=True)
class Clause:
    """One clause of a plan: its quoted words and what they mean."""

    id: str
    kind: str
    quote: str
    meaning: str


@dataclass(frozen=True)
class Label:
    """What this plan calls a person, a body or a book."""

    term: str
    text: str
    clause: str = ""


@dataclass(frozen=True)
class Level:
    """Which kinds of node count as 一级, 二级 or 三级网格, and who works there."""

    number: int
    name: str
    kinds: tuple[str, ...]
    clause: str
    organisation: str = ""
    assumed: bool = False
    note: str = ""


@dataclass(frozen=True)
class Quota:
    """How many persons of one kind every grid of these kinds must have.

    `min` is the requirement, `max` the upper end of a range. `indexed` means that
    each grid has its own number (配置指数), kept as data of the district. A group of
    kinds (`any_of`) is filled by any of them together; its role is `either`.
    """

    kinds: tuple[str, ...]
    role: str
    clause: str
    min: int | None = None
    max: int | None = None
    indexed: bool = False
    any_of: tuple[str, ...] = ()
    assumed: bool = False
    note: str = ""

    @property
    def is_range(self) -> bool:
        return self.min != self.max


@dataclass(frozen=True)
class Expected:
    """A count that the plan states and the tree must reproduce.

    `what` is `grids`, `persons`, `level:1`, `kind:street` or `posts:assistant`.
    """

    what: str
    count: int
    clause: str


@dataclass(frozen=True)
class Phase:
    """A stage of the plan, due on a date or some months after the programme began."""

    number: int
    name: str
    clause: str
    on: date | None = None
    months: int | None = None
    days: int | None = None
    note: str = ""

    def due_on(self, programme_start: date | None) -> date | None:
        """Return the last day of the phase, or None when it has no end."""
        return _due(self.on, self.months, self.days, programme_start)


@dataclass(frozen=True)
class Milestone:
    """Something that the plan wants finished by a day."""

    key: str
    name: str
    clause: str
    on: date | None = None
    months: int | None = None
    days: int | None = None
    note: str = ""

    def due_on(self, programme_start: date | None) -> date | None:
        """Return the day by which it is to be finished, or None when unknown."""
        return _due(self.on, self.months, self.days, programme_start)


@dataclass(frozen=True)
class Target:
    """A rate to be reached by the end of a phase. `threshold` is between 0 and 1."""

    phase: int
    indicator: str
    threshold: float
    clause: str
    person_kind: str = ""
    assumed: bool = False
    note: str = ""

    @property
    def key(self) -> str:
        """Return `assigned`, or `staffed:assistant` for a rate per person kind."""
        if self.person_kind:
            return f"{self.indicator}:{self.person_kind}"
        return self.indicator


@dataclass(frozen=True)
class TargetInForce:
    """A target as it stands on a date; `carried` when an earlier phase set it."""

    target: Target
    phase: Phase
    due: date | None
    carried: bool


@dataclass(frozen=True)
class Number:
    """Any other number of the plan that a rule uses."""

    key: str
    value: int
    unit: str
    clause: str = ""
    source: str = ""
    assumed: bool = False
    note: str = ""


@dataclass(frozen=True)
class Share:
    """One party's part of a cost, in percent; the parts of a cost make 100."""

    of: str
    party: str
    percent: int
    clause: str


@dataclass(frozen=True)
class Checklist:
    """A list of things that must all be in place (八到位, 三上墙, 四定)."""

    key: str
    name: str
    items: tuple[str, ...]
    clause: str


@dataclass(frozen=True)
class LimitRow:
    """One statutory limit (T1 … T22). A period in natural days that ends on a day of
    rest ends on the next working day. No value: the statute fixes none."""

    rule: str
    name: str
    unit: str
    source: str
    since: date
    value: int | None = None
    text: str = ""
    verified: bool = True
    note: str = ""


@dataclass(frozen=True)
class Retirement:
    """How the statutory retirement age rises for one category of persons.

    Nobody born before `first_birth` is affected; from then on the age rises by one
    month for every `step` months of birth, to at most `cap` months.
    """

    category: str
    name: str
    base_years: int
    first_birth: date
    step: int
    cap: int
    source: str
    since: date


@dataclass(frozen=True)
class PolicyValues:
    """One version of one policy, checked."""

    id: str
    version: int
    title: str
    layer: str
    effective_from: date
    province: str = ""
    document_number: str = ""
    issuer: str = ""
    issued_on: date | None = None
    effective_is_certain: bool = True
    note: str = ""
    clauses: tuple[Clause, ...] = ()
    labels: tuple[Label, ...] = ()
    levels: tuple[Level, ...] = ()
    quotas: tuple[Quota, ...] = ()
    expected: tuple[Expected, ...] = ()
    phases: tuple[Phase, ...] = ()
    targets: tuple[Target, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    numbers: tuple[Number, ...] = ()
    shares: tuple[Share, ...] = ()
    checklists: tuple[Checklist, ...] = ()
    limits: tuple[LimitRow, ...] = ()
    retirement: tuple[Retirement, ...] = ()

    @cached_property
    def _levels_by_kind(self) -> dict[str, Level]:
        return {kind: level for level in self.levels for kind in level.kinds}

    @cached_property
    def _quotas_by_kind(self) -> dict[str, tuple[Quota, ...]]:
        return {
            kind: tuple(quota for quota in self.quotas if kind in quota.kinds)
            for kind in GRID_KINDS
        }

    @cached_property
    def _labels_by_term(self) -> dict[str, str]:
        return {label.term: label.text for label in self.labels}

    @cached_property
    def _clauses_by_id(self) -> dict[str, Clause]:
        return {clause.id: clause for clause in self.clauses}

    @cached_property
    def _numbers_by_key(self) -> dict[str, Number]:
        return {number.key: number for number in self.numbers}

    def level_of(self, kind: str) -> int | None:
        """Return the level that a kind of node counts as, or None: it isn't counted."""
        level = self._levels_by_kind.get(kind)
        return level.number if level else None

    @property
    def counted_kinds(self) -> frozenset[str]:
        """Return the kinds of node that count as grids."""
        return frozenset(self._levels_by_kind)

    def quota_for(self, kind: str) -> tuple[Quota, ...]:
        """Return the quotas of every grid of this kind, in the order of the plan."""
        return self._quotas_by_kind.get(kind, ())

    def label(self, term: str) -> str:
        """Return what this plan calls `term`; the general word when it is silent."""
        return self._labels_by_term.get(term) or TERMS[term]

    def clause(self, clause_id: str) -> Clause | None:
        """Return the clause with this id."""
        return self._clauses_by_id.get(clause_id)

    def number(self, key: str) -> Number | None:
        """Return another number of the plan, or None when the plan has none."""
        if key not in NUMBERS:
            raise KeyError(key)
        return self._numbers_by_key.get(key)

    @property
    def freshness_days(self) -> int:
        """Return for how many days a survey counts as fresh.

        Source: at least every half-year, 人社部发〔2009〕4号, unless the plan differs.
        """
        number = self.number("freshness_days")
        return number.value if number else DEFAULT_FRESHNESS

    def checklist(self, key: str) -> Checklist | None:
        """Return a list of things that must all be in place."""
        return next((one for one in self.checklists if one.key == key), None)

    def phase_on(self, programme_start: date | None, on: date) -> Phase | None:
        """Return the phase in which a date lies; after the last one, the last one."""
        if programme_start is None or on < programme_start or not self.phases:
            return None
        for phase in self.phases:
            due = phase.due_on(programme_start)
            if due is None or on <= due:
                return phase
        return self.phases[-1]

    def targets_on(
        self, programme_start: date | None, on: date
    ) -> tuple[TargetInForce, ...]:
        """Return the targets that hold on a date; none before the programme started.

        A target of an earlier phase holds until a later phase sets another for the
        same rate: what was reached isn't given up because a phase is silent on it.
        After the last phase its targets stay.
        """
        current = self.phase_on(programme_start, on)
        if current is None:
            return ()
        phases = {phase.number: phase for phase in self.phases}
        held: dict[str, Target] = {}
        for target in sorted(self.targets, key=lambda target: target.phase):
            if target.phase <= current.number:
                held[target.key] = target
        return tuple(
            TargetInForce(
                target,
                phases[target.phase],
                phases[target.phase].due_on(programme_start),
                carried=target.phase != current.number,
            )
            for target in held.values()
        )

    def limit(self, rule: str, *above: "PolicyValues", on: date | None = None) -> Limit:
        """Return a statutory limit as it holds under this policy.

        `above` are the layers that this one refines, national first.
        """
        return limit(rule, *above, self, on=on)

    def retirement_of(self, category: str) -> Retirement | None:
        """Return how the retirement age rises for `M`, `F55` or `F50`."""
        return next((row for row in self.retirement if row.category == category), None)

    def to_json(self) -> dict[str, Any]:
        """Return the policy as plain JSON that `from_json` reads back as an equal."""
        return {
            _TABLES_BY_FIELD.get(name, name): value
            for name, value in _plain(self).items()
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "PolicyValues":
        """Read what `to_json` wrote, with every check of `parse_policy`."""
        return parse_policy(document)


def limit(rule: str, *layers: PolicyValues, on: date | None = None) -> Limit:
    """Return the limit of `rule` from the nearest layer that sets it.

    `layers` go from the nation down to the plan. With `on`, only what was in force on
    that date counts. `layer` of the answer is the id of the policy it comes from.
    Raises PolicyError when no layer sets a number.
    """
    for layer in reversed(layers):
        rows = [
            row
            for row in layer.limits
            if row.rule == rule and (on is None or row.since <= on)
        ]
        if not rows:
            continue
        row = max(rows, key=lambda row: row.since)
        if row.value is None:
            raise PolicyError(
                f"{rule}（{row.name}）没有法定的固定期限，请按文书上写明的期限办理。"
            )
        return Limit(
            row.value, row.unit, row.source, row.since, row.verified, row.text, layer.id
        )
    raise PolicyError(f"没有找到期限规则 {rule}，请核对规则编号或先载入国家层政策。")


def parse_policy(document: bytes | Mapping[str, Any]) -> PolicyValues:
    """Read one policy from the bytes of its TOML file or from its JSON.

    Raises PolicyError with one sentence that says what is wrong and what to do.
    """
    if isinstance(document, bytes):
        try:
            document = tomllib.loads(document.decode("utf-8"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise PolicyError(
                f"政策文件不是有效的 UTF-8 编码 TOML（{error}），请按提示位置改正。"
            ) from error
    raw = dict(document)
    tables: dict[str, Any] = {}
    for table, (field, row_type) in _TABLES.items():
        rows = raw.pop(table, [])
        if not isinstance(rows, list):
            raise PolicyError(f"“{table}”应写成 [[{table}]] 的若干行，请改正写法。")
        tables[field] = tuple(
            _read(row_type, row, f"[[{table}]] 第 {number} 行")
            for number, row in enumerate(rows, start=1)
        )
    policy = _read(PolicyValues, raw, "政策文件", tables)
    for check in _CHECKS:
        check(policy)
    return policy


_TABLES: dict[str, tuple[str, type]] = {
    "clause": ("clauses", Clause),
    "label": ("labels", Label),
    "level": ("levels", Level),
    "quota": ("quotas", Quota),
    "expected": ("expected", Expected),
    "phase": ("phases", Phase),
    "target": ("targets", Target),
    "milestone": ("milestones", Milestone),
    "number": ("numbers", Number),
    "share": ("shares", Share),
    "checklist": ("checklists", Checklist),
    "limit": ("limits", LimitRow),
    "retirement": ("retirement", Retirement),
}
_TABLES_BY_FIELD = {field: table for table, (field, _) in _TABLES.items()}


def _due(
    on: date | None, months: int | None, days: int | None, start: date | None
) -> date | None:
    """Return the last day of a period of months and days that begins on `start`."""
    if on is not None:
        return on
    if start is None or (months is None and days is None):
        return None
    month = start.month - 1 + (months or 0)
    year, month = start.year + month // 12, month % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return date(year, month, day) + timedelta(days=(days or 0) - 1)


# Reading: the annotations of a dataclass are the schema of its rows


def _read(
    row_type: type[Row],
    raw: object,
    where: str,
    given: Mapping[str, Any] | None = None,
) -> Row:
    """Build a row from a mapping; refuse unknown, missing and mistyped entries."""
    if not isinstance(raw, Mapping):
        raise PolicyError(f"{where}应是一组“名称 = 值”，请改正写法。")
    given = given or {}
    hints = get_type_hints(row_type)
    allowed = [
        field
        for field in fields(row_type)  # type: ignore[arg-type]
        if field.name not in given
    ]
    unknown = sorted(raw.keys() - {field.name for field in allowed})
    if unknown:
        raise PolicyError(f"{where}有不认识的项“{unknown[0]}”，请改正拼写或删去它。")
    values = {
        field.name: _value(raw[field.name], hints[field.name], where, field.name)
        for field in allowed
        if field.name in raw
    }
    for field in allowed:
        if field.name not in values and field.default is MISSING:
            raise PolicyError(f"{where}缺少“{field.name}”，请补上。")
    return row_type(**values, **given)


def _value(value: object, hint: object, where: str, name: str) -> object:
    try:
        return _READERS[hint](value)
    except ValueError as error:
        raise PolicyError(
            f"{where}的“{name}”{error}，现为“{value}”，请改正。"
        ) from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("应为文字")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("应为整数")
    if value < 0:
        raise ValueError("不能是负数")
    return value


def _ratio(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("应为数字")
    if not 0 <= value <= 1:
        raise ValueError("应在 0 与 1 之间")
    return float(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("应为 true 或 false")
    return value


def _day(value: object) -> date:
    if type(value) is date:
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("应为真实存在的日期（如 2013-04-08）")


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("应为不空的列表")
    if len(set(map(_text, value))) != len(value):
        raise ValueError("有重复的项")
    return tuple(value)


_READERS: dict[object, Callable[[object], object]] = {
    str: _text,
    int: _whole,
    int | None: _whole,
    float: _ratio,
    bool: _flag,
    date: _day,
    date | None: _day,
    tuple[str, ...]: _texts,
}


def _plain(value: Any) -> Any:
    """Return rows as mappings without what equals the default, dates as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in fields(value)
            if getattr(value, field.name) != field.default
        }
    return value


# Checking: what a single row can't know


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
    _no_twins((clause.id for clause in policy.clauses), "条款编号")


def _check_citations(policy: PolicyValues) -> None:
    """Every value names a clause of this plan; a number may name a source instead."""
    known = {clause.id for clause in policy.clauses}
    for table, (field, _) in _TABLES.items():
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
        if not re.fullmatch(r"grids|persons|(level|kind|posts):\w+", one.what):
            raise PolicyError(
                f"[[expected]] 的“what”写了“{one.what}”，请写 grids、persons、"
                "level:1、kind:street 或 posts:assistant 这样的值。"
            )
    _no_twins((one.what for one in policy.expected), "应有数")
    _no_twins((one.key for one in policy.checklists), "清单")


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
    for row in policy.limits:
        if not re.fullmatch(r"T\d{1,2}(-[A-Z0-9]+)?", row.rule):
            raise PolicyError(f"期限规则“{row.rule}”应写成 T1 至 T22，请改正。")
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


_CHECKS: Sequence[Callable[[PolicyValues], None]] = (
    _check_head,
    _check_clauses,
    _check_citations,
    _check_levels,
    _check_quotas,
    _check_dates,
    _check_targets,
    _check_others,
    _check_shares,
    _check_statutes,
)
