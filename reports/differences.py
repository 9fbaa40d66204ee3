"""What changes in a place's figures when another plan is followed.

Pure: two sides in, lines out; no queries, no clock. Page and command read here.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from assistants.establishment import Establishment, EstablishmentRow
from grids import wording
from grids.models import Grid
from grids.policy import COLOURS, NUMBERS, PERSON_KINDS, PolicyValues
from grids.policy import INDICATORS as NAMES
from grids.services.law import InForce
from grids.services.policies import PolicyOnDate
from reports.indicators import INDICATORS, Reading, readings
from reports.judging import STATES, Judged, State
from reports.rules import Counts
from reports.whatif_units import Watched

NOTHING = "—"
SAME = "相同"
KIND_NAMES = dict(Grid.Kind.choices)
POSTS = {"required": "应配", "filled": "已配", "missing": "缺"}


@dataclass(frozen=True)
class Plan:
    """A plan that figures are worked out by: one in force, a version, or a draft.

    `key` names it in addresses; it is empty for the plan in force. No `follows`: the
    place follows none.
    """

    key: str
    name: str
    url: str
    follows: PolicyOnDate | None
    has_clauses: bool = True  # its page shows clause by clause

    @property
    def values(self) -> PolicyValues | None:
        return self.follows.values if self.follows else None


@dataclass(frozen=True)
class Side:
    """The figures of a place on a date as one plan makes them."""

    plan: Plan
    counts: Counts
    posts: Establishment
    clauses: Sequence[Judged]
    limits: Sequence[InForce]
    numbers: Sequence[InForce]
    watched: Watched = field(default_factory=Watched)


@dataclass(frozen=True)
class Cell:
    """What one side says. `clauses` stand in the plan, `source` where none does.

    `rows` names what the figure leads to, such as `rate:acquired` or `posts:assistant`.
    """

    words: str = NOTHING
    value: Fraction | int | None = None
    clauses: tuple[str, ...] = ()
    source: str = ""
    rows: str = ""


@dataclass(frozen=True)
class Line:
    """One figure, rule or target on both sides."""

    key: str
    name: str
    left: Cell
    right: Cell
    difference: str = SAME

    @property
    def is_changed(self) -> bool:
        return self.difference != SAME


@dataclass(frozen=True)
class Group:
    key: str
    title: str
    lines: tuple[Line, ...]

    @property
    def changed(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.is_changed)


@dataclass(frozen=True)
class GridPair:
    """One grid that at least one side counts, with its posts on both."""

    grid: Grid
    left: EstablishmentRow | None
    right: EstablishmentRow | None

    @property
    def is_changed(self) -> bool:
        return _posts_of(self.left) != _posts_of(self.right)


def compared(left: Side, right: Side) -> list[Group]:
    """Return every figure and rule of two sides beside one another, group by group."""
    groups = (
        ("levels", "网格级别", _levels(left, right)),
        ("posts", "人员配备", _posts(left, right)),
        ("rates", "覆盖率", _rates(left, right)),
        ("targets", "阶段目标", _targets(left, right)),
        ("states", "条款落实", _states(left, right)),
        ("clauses", "落实情况有变化的条款", _clauses(left, right)),
        ("key", "重点监管单位", _key_units(left, right)),
        ("grades", "信用等级（按上年记录的建议）", _grades(left, right)),
        ("warnings", "预警单位（按最重的级别）", _warned(left, right)),
        ("limits", "法定期限和方案期限", _limits(left, right)),
        ("numbers", "其他数值", _numbers(left, right)),
    )
    return [
        Group(key, title, tuple(lines))
        for key, title, found in groups
        if (lines := found)
    ]


def grid_pairs(left: Establishment, right: Establishment) -> list[GridPair]:
    """Return each counted grid with its posts on both sides, in the order of codes."""
    ours = {row.grid.pk: row for row in left.rows}
    theirs = {row.grid.pk: row for row in right.rows}
    rows = sorted((ours | theirs).values(), key=lambda row: row.grid.code)
    return [
        GridPair(row.grid, ours.get(row.grid.pk), theirs.get(row.grid.pk))
        for row in rows
    ]


def _posts_of(row: EstablishmentRow | None) -> object:
    return (row.level, dict(row.posts)) if row else None


# --- the groups -----------------------------------------------------------------------


def _levels(left: Side, right: Side) -> list[Line]:
    lines = [
        _counted(
            "grids",
            "网格总数",
            Cell(*_number(len(left.posts.rows)), rows="grids"),
            Cell(*_number(len(right.posts.rows)), rows="grids"),
        )
    ]
    for number in sorted({*left.posts.by_level, *right.posts.by_level}):
        cells = [_level(side, number) for side in (left, right)]
        name = f"{'零一二三四'[number]}级网格"
        lines.append(_counted(f"level:{number}", name, *cells))
    return lines


def _level(side: Side, number: int) -> Cell:
    values = side.plan.values
    level = (
        next((one for one in values.levels if one.number == number), None)
        if (values)
        else None
    )
    if level is None:
        return Cell(words="不设", value=0)
    count = side.posts.by_level.get(number, 0)
    kinds = "、".join(KIND_NAMES[kind] for kind in level.kinds)
    return Cell(
        f"{count:,} 个（{kinds}）", count, (level.clause,), rows=f"level:{number}"
    )


def _posts(left: Side, right: Side) -> list[Line]:
    here = {*left.posts.totals, *right.posts.totals}
    return [
        _counted(
            f"{what}:{kind}",
            f"{_label(kind, left, right)}{word}",
            *(_post(side, kind, what) for side in (left, right)),
        )
        for kind in PERSON_KINDS
        if kind in here
        for what, word in POSTS.items()
    ]


def _label(kind: str, *sides: Side) -> str:
    having = [side for side in sides if kind in side.posts.totals] or sides
    words = [side.plan.values.label(kind) for side in having if side.plan.values]
    return "、".join(dict.fromkeys(words)) or PERSON_KINDS[kind]


def _post(side: Side, kind: str, what: str) -> Cell:
    total, values = side.posts.totals.get(kind), side.plan.values
    if total is None or values is None:
        return Cell("没有规定")
    clauses = dict.fromkeys(one.clause for one in values.quotas if one.role == kind)
    number = getattr(total, what)
    if number is None:
        words = f"未定：{total.without_index} 个网格没有配置指数"
        return Cell(words, None, tuple(clauses), rows=f"posts:{kind}")
    return Cell(f"{number:,} 人", number, tuple(clauses), rows=f"posts:{kind}")


def _rates(left: Side, right: Side) -> list[Line]:
    ours, theirs = _readings(left), _readings(right)
    return [
        _rated(
            f"rate:{key}",
            _rate_name(key, left, right),
            _rate(left, ours.get(key), key),
            _rate(right, theirs.get(key), key),
        )
        for key in {**ours, **theirs}
    ]


def _readings(side: Side) -> dict[str, Reading]:
    return {one.key: one for one in readings(side.counts, side.plan.follows)}


def _rate_name(key: str, *sides: Side) -> str:
    group, _, kind = key.partition(":")
    return f"{_label(kind, *sides)}{NAMES[group]}" if kind else INDICATORS[key].name


def _rate(side: Side, reading: Reading | None, key: str) -> Cell:
    if reading is None:
        return Cell("没有规定")
    clauses, source = _basis(side, key)
    if reading.rate is None:
        return Cell(f"—（{reading.why_none}）", None, clauses, source)
    words = f"{_percent(reading.rate)}（{reading.counted:,}/{reading.out_of:,}）"
    return Cell(words, reading.rate, clauses, source, rows=f"rate:{key}")


def _basis(side: Side, key: str) -> tuple[tuple[str, ...], str]:
    """Return the clauses, or the law, that a rate takes its values from."""
    values = side.plan.values
    if values is None:
        return (), ""
    group, _, kind = key.partition(":")
    if group == "acquired":
        for one in side.numbers:
            if one.row.key == "freshness_days":
                clause = one.row.clause
                source = "" if clause else one.row.source
                return ((clause,) if clause else ()), source
    if group == "staffed":
        found = (one.clause for one in values.quotas if one.role == kind)
        return tuple(dict.fromkeys(found)), ""
    if group in ("assigned", "networked"):
        return tuple(dict.fromkeys(one.clause for one in values.levels)), ""
    return (), ""


def _targets(left: Side, right: Side) -> list[Line]:
    ours, theirs = _readings(left), _readings(right)
    lines = []
    for key in {**ours, **theirs}:
        mine, other = ours.get(key), theirs.get(key)
        if not any(one and one.target for one in (mine, other)):
            continue
        cells = _target(mine), _target(other)
        name = _rate_name(key, left, right)
        lines.append(Line(f"target:{key}", name, *cells, _verdicts(mine, other)))
    return lines


def _target(reading: Reading | None) -> Cell:
    if reading is None or reading.target is None:
        return Cell("没有规定目标")
    held = reading.target
    due = f"，{held.due} 前" if held.due else ""
    return Cell(
        f"{held.target.threshold:.0%}（{held.phase.name}{due}）：{_verdict(reading)}",
        Fraction(str(held.target.threshold)),
        (held.target.clause,),
    )


def _verdict(reading: Reading | None) -> str:
    if reading is None or reading.target is None:
        return "没有目标"
    if reading.is_met is None:
        return "不能计算"
    if reading.is_met:
        return "达标"
    return f"未达标，差 {max(reading.gap or 0, 0.1):.1f} 个百分点"


def _verdicts(one: Reading | None, other: Reading | None) -> str:
    """Say how the verdict moves; a gap alone that differs is a difference too."""
    if _target(one) == _target(other):
        return SAME
    words = [_verdict(side).partition("，")[0] for side in (one, other)]
    return "目标不同" if words[0] == words[1] else f"{words[0]} → {words[1]}"


# States that figures decide; the others say what the program does.
MEASURED = (State.MET, State.PARTLY, State.NOT_MET, State.NOT_MEASURABLE)


def _states(left: Side, right: Side) -> list[Line]:
    """Return how many clauses stand where, of those that figures decide."""
    counts = [Counter(one.state for one in side.clauses) for side in (left, right)]
    return [
        _counted(
            f"clauses:{state.value}",
            f"{STATES[state]}的条款",
            *(
                Cell(*_number(count[state]), rows=f"clauses:{state.value}")
                if side.plan.values
                else Cell()
                for side, count in zip((left, right), counts, strict=True)
            ),
        )
        for state in MEASURED
    ]


def _clauses(left: Side, right: Side) -> list[Line]:
    """Return the clauses whose state is another one, or that only one plan has.

    A clause that only one plan has is told where a figure decides on it.
    """
    mine, other = (
        {one.clause.id: one for one in side.clauses} for side in (left, right)
    )
    lines = []
    for number in dict.fromkeys([*mine, *other]):
        pair = mine.get(number), other.get(number)
        one, two = pair
        if one and two and one.state == two.state:
            continue
        known = [found for found in pair if found]
        if len(known) == 1 and known[0].state not in MEASURED:
            continue
        lines.append(
            Line(
                f"clause:{number}",
                f"{number} {known[-1].clause.meaning}",
                _judged(one, left),
                _judged(two, right),
                _moved(one, two),
            )
        )
    return lines


def _moved(one: Judged | None, two: Judged | None) -> str:
    if two is None:
        return "不再要求"
    return f"{STATES[one.state] if one else '新要求'} → {STATES[two.state]}"


def _judged(one: Judged | None, side: Side) -> Cell:
    if one is None:
        return Cell("没有这一条" if side.plan.values else NOTHING)
    words, worst = STATES[one.state], one.worst
    if worst and worst.figure is not None:
        words = f"{words}：{worst.name} {worst.figure_words}，应为 {worst.target_words}"
    return Cell(words, clauses=(one.clause.id,))


def _key_units(left: Side, right: Side) -> list[Line]:
    """Return how many units would be key units, and on which grounds.

    Grounds that tell of complaints are counted in the total alone.
    """
    sides = left.watched, right.watched
    if not any(side.grounds for side in sides):
        return []
    total = [
        Cell(*_units(side.key_units)) if side.grounds else Cell("没有规定", 0)
        for side in sides
    ]
    names = dict.fromkeys(one.key for side in sides for one in side.grounds)
    return [
        _counted("key:units", "重点监管单位", *total),
        *(_ground(key, left, right) for key in names),
    ]


def _ground(key: str, left: Side, right: Side) -> Line:
    found = [
        next((one for one in side.watched.grounds if one.key == key), None)
        for side in (left, right)
    ]
    cells = [
        Cell(
            *_units(side.watched.grounds[one]),
            (one.clause,) if one.clause else (),
            source=one.source,
        )
        if one
        else Cell("没有这一情形", 0)
        for one, side in zip(found, (left, right), strict=True)
    ]
    name = next(one.name for one in found if one)
    return _counted(f"key:{key}", name, *cells)


def _grades(left: Side, right: Side) -> list[Line]:
    sides = left.watched, right.watched
    keys = dict.fromkeys(key for side in sides for key in side.grades)
    return [
        _counted(
            f"grade:{key}",
            f"{key}级",
            *(
                Cell(
                    *_units(side.grades[key]),
                    (side.scheme.clause,) if side.scheme.clause else (),
                    source=side.scheme.source,
                )
                if side.scheme and key in side.grades
                else Cell("不设", 0)
                for side in sides
            ),
        )
        for key in keys
    ]


def _warned(left: Side, right: Side) -> list[Line]:
    sides = left.watched, right.watched
    return [
        _counted(
            f"warned:{colour}",
            COLOURS[colour],
            *(Cell(*_units(side.warned.get(colour, 0))) for side in sides),
        )
        for colour in reversed(COLOURS)
        if any(side.warned for side in sides)
    ]


def _units(count: int) -> tuple[str, int]:
    return f"{count:,} 户", count


def _limits(left: Side, right: Side) -> list[Line]:
    ours = {one.row.rule: one for one in left.limits}
    theirs = {one.row.rule: one for one in right.limits}
    return [
        _said(
            rule,
            f"{rule} {one.row.name}",
            _limit(ours.get(rule)),
            _limit(theirs.get(rule)),
        )
        for rule, one in {**ours, **theirs}.items()
    ]


def _limit(one: InForce | None) -> Cell:
    if one is None:
        return Cell("没有规定")
    doubt = "" if one.row.verified else "（待核实）"
    return Cell(
        f"{wording.limit_words(one.row)}{doubt}",
        one.row.value,
        source=f"{one.row.source}，{one.origin}",
    )


def _numbers(left: Side, right: Side) -> list[Line]:
    ours = {one.row.key: one for one in left.numbers}
    theirs = {one.row.key: one for one in right.numbers}
    return [
        _said(key, NUMBERS[key], _value(ours.get(key)), _value(theirs.get(key)))
        for key in {**ours, **theirs}
    ]


def _value(one: InForce | None) -> Cell:
    if one is None:
        return Cell("没有规定")
    words = wording.number_words(one.row).partition("：")[2]
    if one.row.clause:
        return Cell(words, one.row.value, (one.row.clause,))
    return Cell(words, one.row.value, source=f"{one.row.source}，{one.origin}")


# --- lines ----------------------------------------------------------------------------


def _number(count: int) -> tuple[str, int]:
    return f"{count:,} 个", count


def _counted(key: str, name: str, left: Cell, right: Cell) -> Line:
    if left.value == right.value and left.words == right.words:
        return Line(key, name, left, right)
    if left.value is None or right.value is None:
        return Line(key, name, left, right, "不同")
    step = int(right.value - left.value)
    return Line(key, name, left, right, f"{step:+,}" if step else "范围不同")


def _rated(key: str, name: str, left: Cell, right: Cell) -> Line:
    if left.words == right.words:
        return Line(key, name, left, right)
    if left.value is None or right.value is None:
        return Line(key, name, left, right, "不同")
    points = float(right.value - left.value) * 100
    shown = f"{points:+.1f} 个百分点" if points else "分子分母不同"
    return Line(key, name, left, right, shown)


def _said(key: str, name: str, left: Cell, right: Cell) -> Line:
    difference = SAME if left.words == right.words else "不同"
    return Line(key, name, left, right, difference)


def _percent(rate: Fraction) -> str:
    """Return a rate in percent, rounded down: short of the whole is never 100."""
    return f"{int(rate * 1000) / 10:g}%"


def changed(groups: Iterable[Group]) -> int:
    """Return how many lines differ."""
    return sum(len(group.changed) for group in groups)
