"""How a clause of a plan is judged: figures in, a state out. Pure, no queries.

What is measured, which page performs it and what it waits for stand beside the clause
in the plan (`grids.policy.Clause`); here is only how a figure becomes a state.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction

from grids.models import Grid, Office
from grids.policy import INDICATORS, TERMS, Clause, Expected, PolicyValues
from reports.rules import Counts, why_none

KIND_NAMES = dict(Grid.Kind.choices)
OFFICE_NAMES = dict(Office.Kind.choices)
NOTHING = "—"


class State(StrEnum):
    """Where a clause stands (design.md 5)."""

    MET = "met"
    PARTLY = "partly"
    NOT_MET = "not_met"
    NOT_MEASURABLE = "not_measurable"
    PERFORMED = "performed"
    INFORMATIVE = "informative"
    PLANNED = "planned"


STATES = {
    State.MET: "达到",
    State.PARTLY: "部分达到",
    State.NOT_MET: "未达到",
    State.NOT_MEASURABLE: "无法衡量",
    State.PERFORMED: "由系统提供",
    State.INFORMATIVE: "说明性条款",
    State.PLANNED: "待建",
}


@dataclass(frozen=True)
class Part:
    """One figure of a clause: counted out of something, or a count beside a target.

    A rate has `out_of` and `threshold`, a count has `target`. `rows` names what the
    figure leads to: the key of a rate, or a list of the program.
    """

    name: str
    counted: int | None
    out_of: int | None = None
    threshold: Fraction | None = None
    target_count: int | None = None
    why: str = ""
    rows: str = ""
    kind: str = ""
    due: date | None = None

    @property
    def is_rate(self) -> bool:
        return self.threshold is not None

    @property
    def figure(self) -> Fraction | int | None:
        """Return the rate or the count; None where there is none."""
        if not self.is_rate:
            return self.counted
        if not self.out_of or self.counted is None:
            return None
        return Fraction(self.counted, self.out_of)

    @property
    def target(self) -> Fraction | int | None:
        return self.threshold if self.is_rate else self.target_count

    @property
    def gap(self) -> Fraction | int | None:
        """Return what is lacking to the target; a count may also be too high."""
        if self.figure is None or self.target is None:
            return None
        gap = self.target - self.figure
        return max(gap, Fraction(0)) if self.is_rate else gap

    @property
    def state(self) -> State:
        figure, target = self.figure, self.target
        if figure is None or target is None:
            return State.NOT_MEASURABLE
        if self.is_rate:
            return State.MET if figure >= target else State.NOT_MET
        if figure == target:
            return State.MET
        return State.PARTLY if figure else State.NOT_MET

    @property
    def figure_words(self) -> str:
        """Return 83.2%（91/110）, or 107."""
        if self.figure is None:
            return NOTHING
        if not self.is_rate:
            return f"{self.counted:,}"
        return f"{_percent(self.figure)}（{self.counted:,}/{self.out_of:,}）"

    @property
    def target_words(self) -> str:
        if self.target is None:
            return NOTHING
        return _percent(self.target) if self.is_rate else f"{self.target:,}"

    @property
    def gap_words(self) -> str:
        if self.gap is None:
            return NOTHING
        if not self.gap:
            return "无"
        if self.is_rate:
            return f"差 {max(float(self.gap) * 100, 0.1):.1f} 个百分点"
        return f"差 {self.gap:,}" if self.gap > 0 else f"多 {-self.gap:,}"

    @property
    def missing(self) -> int:
        return (self.out_of or 0) - (self.counted or 0) if self.is_rate else 0


def _percent(rate: Fraction | int) -> str:
    """Return a rate in percent; one that is short of the whole never reads as 100."""
    tenths = int(rate * 1000)  # rounded down
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths / 10}%"


@dataclass(frozen=True)
class Judged:
    """A clause and where it stands, with the figures that show it."""

    clause: Clause
    state: State
    parts: tuple[Part, ...] = ()
    reason: str = ""

    @property
    def worst(self) -> Part | None:
        """Return the part that holds the clause back most, the first one otherwise."""
        order = (State.NOT_MET, State.PARTLY, State.NOT_MEASURABLE, State.MET)
        return min(self.parts, key=lambda part: order.index(part.state), default=None)


@dataclass(frozen=True)
class Facts:
    """What is counted of a place on a date, for every measure that a plan may name."""

    counts: Counts
    levels: Mapping[int, int] = field(default_factory=dict)  # open grids by level
    kinds: Mapping[str, int] = field(default_factory=dict)  # open grids by kind
    coded: int = 0
    required: Mapping[str, int | None] = field(default_factory=dict)  # by person kind
    # (grid kind, person kind): (filled and capped, required)
    posts: Mapping[tuple[str, str], tuple[int, int | None]] = field(
        default_factory=dict
    )
    # (grid kind, person kind): grids with at least one such person
    placed: Mapping[tuple[str, str], int] = field(default_factory=dict)
    young: tuple[int, int] = (0, 0)  # assistants young enough at entry, of those known
    rotated: tuple[int, int] = (0, 0)  # assistants not too long in one place, of all
    # what grids and posts have of offices, boundaries …, by measure: (having it, all)
    held: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    districts: int = 0  # under this plan in the whole city
    covered: int = 1  # of them in the place
    is_whole: bool = True  # the place is made of whole districts
    programme_start: date | None = None


def judge(values: PolicyValues, facts: Facts) -> list[Judged]:
    """Return where every clause of a plan stands, in the order of the plan."""
    return [_judge(clause, values, facts) for clause in values.clauses]


def _judge(clause: Clause, values: PolicyValues, facts: Facts) -> Judged:
    waits = f"待建：{clause.planned}" if clause.planned else ""
    if clause.measure:
        parts = tuple(
            part
            for measure in clause.measure
            for part in parts_of(measure, clause.id, values, facts)
        )
        state = verdict([part.state for part in parts])
        if state == State.MET and clause.planned:
            state = State.PARTLY
        whys = dict.fromkeys(part.why for part in parts if part.figure is None)
        return Judged(clause, state, parts, "；".join(filter(None, (*whys, waits))))
    if clause.page:
        state = State.PARTLY if clause.planned else State.PERFORMED
        return Judged(clause, state, reason=waits)
    if clause.planned:
        return Judged(clause, State.PLANNED, reason=waits)
    if clause.kind == "words":
        return Judged(clause, State.INFORMATIVE)
    return Judged(clause, State.NOT_MEASURABLE, reason="方案没有写明这一条怎样衡量")


def verdict(states: Iterable[State]) -> State:
    """Return the state of a whole from those of its parts.

    What cannot be measured proves nothing: beside it a clause is met in part at most.
    """
    found = list(states)
    if all(state == State.NOT_MEASURABLE for state in found):
        return State.NOT_MEASURABLE
    if all(state == State.MET for state in found):
        return State.MET
    if State.MET in found or State.PARTLY in found:
        return State.PARTLY
    return State.NOT_MET


def parts_of(
    measure: str, clause: str, values: PolicyValues, facts: Facts
) -> Sequence[Part]:
    """Return the figures that a measure names; `clause` is the number it stands at."""
    name, _, rest = measure.partition(":")
    return _MEASURES[name](rest, clause, values, facts)


def _targets(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    phases = {phase.number: phase for phase in values.phases}
    return [
        rate_part(
            target.key,
            Fraction(str(target.threshold)),
            values,
            facts,
            phases[target.phase].due_on(facts.programme_start),
        )
        for target in values.targets
        if target.clause == clause
    ]


def _milestones(
    rest: str, clause: str, values: PolicyValues, facts: Facts
) -> list[Part]:
    return [
        replace(part, due=milestone.due_on(facts.programme_start))
        for milestone in values.milestones
        if milestone.clause == clause
        for measure in milestone.measure
        for part in parts_of(measure, clause, values, facts)
    ]


def _one_rate(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    key, _, percent = rest.rpartition(":")
    return [rate_part(key, Fraction(int(percent), 100), values, facts)]


def rate_part(
    key: str,
    threshold: Fraction,
    values: PolicyValues,
    facts: Facts,
    due: date | None = None,
) -> Part:
    """Return a rate of the place beside what it has to reach."""
    group, _, kind = key.partition(":")
    counted, out_of = facts.counts.parts(key)
    return Part(
        name=f"{values.label(kind) if kind else ''}{INDICATORS[group]}",
        counted=counted,
        out_of=out_of,
        threshold=threshold,
        why=f"{values.label(kind)}：{why_none(key)}" if kind else why_none(key),
        rows=key,
        due=due,
    )


def _counts(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    return [
        _count(expected, values, facts)
        for expected in values.expected
        if expected.clause == clause
    ]


def _count(expected: Expected, values: PolicyValues, facts: Facts) -> Part:
    group, _, key = expected.what.partition(":")
    counted, name, rows, kind = _counted(group, key, values, facts)
    why = ""
    if group != "districts":
        why = _not_comparable(values, facts)
    if not why and counted is None:
        why = f"{name}：{why_none('staffed')}"
    return Part(
        name=name,
        counted=None if why else counted,
        target_count=expected.count,
        why=why,
        rows=rows,
        kind=kind,
    )


def _counted(
    group: str, key: str, values: PolicyValues, facts: Facts
) -> tuple[int | None, str, str, str]:
    """Return what is counted, its name, and the list and kind it leads to."""
    if group == "grids":
        return sum(facts.levels.values()), "网格总数", "establishment", ""
    if group == "districts":
        return facts.districts, "采用本方案的区县和功能区", "adoptions", ""
    if group == "level":
        level = next((one.name for one in values.levels if str(one.number) == key), key)
        return facts.levels.get(int(key), 0), level, "level", key
    if group == "kind":
        return facts.kinds.get(key, 0), KIND_NAMES[key], "grids", key
    if group == "posts":
        name = f"应配{values.label(key)}"
        return facts.required.get(key, 0), name, "posts", key
    posts = list(facts.required.values())
    total = None if None in posts else sum(post or 0 for post in posts)
    return total, "应配人员合计", "establishment", ""


def _not_comparable(values: PolicyValues, facts: Facts) -> str:
    """Say why a count of the plan can't be held against that of the place."""
    if not facts.is_whole:
        return "方案的应有数按整个区县规定，下级网格不能单独对照"
    if values.covers == "city" and facts.covered < facts.districts:
        return f"方案的应有数是 {facts.districts} 个区县和功能区的合计，请按全市查看"
    if values.covers == "district" and facts.covered > 1:
        return "方案的应有数按一个区县规定，请选择区县"
    return ""


def _posts(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    parts = []
    for quota in values.quotas:
        if quota.clause != clause:
            continue
        found = [facts.posts.get((kind, quota.role), (0, 0)) for kind in quota.kinds]
        required = [post for _, post in found]
        who = values.label(quota.role)
        parts.append(
            Part(
                name=f"{_kinds(quota.kinds)}{who}配备率",
                counted=sum(filled for filled, _ in found),
                out_of=None
                if None in required
                else sum(post or 0 for post in required),
                threshold=Fraction(1),
                why=f"{who}：{why_none('staffed')}",
                rows="posts",
                kind=quota.role,
            )
        )
    return parts


def _kinds(kinds: Iterable[str]) -> str:
    return "、".join(KIND_NAMES[kind] for kind in kinds)


def _levels(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    number = values.number("levels")
    return [
        Part(
            name="网格级数",
            counted=sum(1 for count in facts.levels.values() if count)
            if facts.is_whole
            else None,
            target_count=number.value if number else None,
            why="网格级数按整个区县衡量"
            if not facts.is_whole
            else "方案没有写明网格级数",
            rows="establishment",
        )
    ]


def _coded(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    return [
        Part(
            name="已编码网格",
            counted=facts.coded,
            out_of=sum(facts.kinds.values()),
            threshold=Fraction(1),
            why="这里还没有网格",
            rows="grids",
        )
    ]


def _placed(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    who, _, where = rest.partition(":")
    kinds = where.split("+")
    return [
        Part(
            name=f"有{values.label(who)}在岗的{_kinds(kinds)}",
            counted=sum(facts.placed.get((kind, who), 0) for kind in kinds),
            out_of=sum(facts.kinds.get(kind, 0) for kind in kinds),
            threshold=Fraction(1),
            why="这里没有这一类网格",
            rows="staff",
            kind=who,
        )
    ]


def _entry_age(
    rest: str, clause: str, values: PolicyValues, facts: Facts
) -> list[Part]:
    limit = values.number("entry_age_max")
    return [
        Part(
            name=f"入职时不超过 {limit.value if limit else '—'} 周岁",
            counted=facts.young[0],
            out_of=facts.young[1] if limit else None,
            threshold=Fraction(1),
            why="没有在岗人员登记了出生日期和入职日期",
            rows="staff",
            kind="assistant",
        )
    ]


def _rotation(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    limit = values.number("rotation_years")
    return [
        Part(
            name=f"在同一社区不满 {limit.value if limit else '—'} 年",
            counted=facts.rotated[0],
            out_of=facts.rotated[1] if limit else None,
            threshold=Fraction(1),
            why="社区没有在岗人员",
            rows="staff",
            kind="assistant",
        )
    ]


def _staffed(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    posts = facts.counts.staffed.values()
    known = [post.quota for post in posts if post.quota is not None]
    return [
        Part(
            name="配备率",
            counted=sum(post.filled_capped for post in posts),
            out_of=sum(known) if len(known) == len(posts) else None,
            threshold=Fraction(1),
            why=why_none("staffed"),
            rows="establishment",
        )
    ]


def _fresh(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    return [
        Part(
            name="信息及时率",
            counted=facts.counts.acquired,
            out_of=facts.counts.filed,
            threshold=Fraction(1),
            why="还没有建档的用人单位",
            rows="stale",
        )
    ]


def _held(
    name: str, measure: str, facts: Facts, *, rows: str, why: str, kind: str = ""
) -> list[Part]:
    """Return how many have something, of all that should."""
    counted, out_of = facts.held.get(measure, (0, 0))
    return [
        Part(
            name=name,
            counted=counted,
            out_of=out_of,
            threshold=Fraction(1),
            why=why,
            rows=rows,
            kind=kind,
        )
    ]


NO_SUCH_GRID = "这里没有这一类网格"


def _office_name(kind: str, values: PolicyValues) -> str:
    return values.label(kind) if kind in TERMS else OFFICE_NAMES[kind]


def _offices(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    office, _, where = rest.partition(":")
    name = f"有{_office_name(office, values)}的{_kinds(where.split('+'))}"
    return _held(
        name, f"offices:{rest}", facts, rows="offices", why=NO_SUCH_GRID, kind=office
    )


def _led(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    office, _, where = rest.partition(":")
    name = f"{_office_name(office, values)}已任命负责人的{_kinds(where.split('+'))}"
    return _held(
        name, f"led:{rest}", facts, rows="offices", why=NO_SUCH_GRID, kind=office
    )


def _premises(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    name = _office_name(rest, values)
    return _held(
        f"{name}用房面积符合规定",
        f"premises:{rest}",
        facts,
        rows="offices",
        why=f"还没有登记{name}",
        kind=rest,
    )


def _mapped(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    return _held(
        "已有边界的网格", f"mapped:{rest}", facts, rows="map", why=NO_SUCH_GRID
    )


NO_OFFICE = "这里还没有登记机构"


def _sited(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    return _held("机构场地已落实的网格", "sited", facts, rows="offices", why=NO_OFFICE)


def _equipped(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    return _held(
        "机构设备已配备的网格", "equipped", facts, rows="offices", why=NO_OFFICE
    )


def _fixed(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    return _held(
        "四定齐全的岗位", "four_fixed", facts, rows="four_fixed", why="没有在岗人员"
    )


def _walls(rest: str, clause: str, values: PolicyValues, facts: Facts) -> list[Part]:
    return _held(
        "三张图表都已上墙的网格", "walls", facts, rows="posters", why=NO_SUCH_GRID
    )


_MEASURES: Mapping[str, Callable[[str, str, PolicyValues, Facts], Sequence[Part]]] = {
    "targets": _targets,
    "milestones": _milestones,
    "rate": _one_rate,
    "counts": _counts,
    "posts": _posts,
    "levels": _levels,
    "coded": _coded,
    "placed": _placed,
    "entry_age": _entry_age,
    "rotation": _rotation,
    "staffed": _staffed,
    "fresh": _fresh,
    "offices": _offices,
    "led": _led,
    "premises": _premises,
    "mapped": _mapped,
    "sited": _sited,
    "equipped": _equipped,
    "four_fixed": _fixed,
    "walls": _walls,
}
