"""What a policy says, as frozen rows; and how layers of law refine one another."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from gridinspect.law import Limit
from grids.policy.supervising import (
    Grade,
    GradeCriterion,
    GradeScheme,
    KeyGround,
    PublicCandidate,
    WarningRule,
    WarningSign,
)
from grids.policy.words import GRID_KINDS, NUMBERS, TERMS


class PolicyError(ValueError):
    """A policy file says something that cannot be meant; one sentence, with remedy."""


@dataclass(frozen=True)
class Clause:
    """One clause of a plan: its quoted words, what they mean, and how it is judged.

    `measure` names the figures that show whether the clause is kept (see MEASURES),
    `page` the page that performs it (a URL name, then its arguments), `planned` the
    part of the program that it still waits for. A clause with `planned` beside one of
    the others is kept in part at most. Words need none of them. `by` tells which
    persons the clause sets to work.
    """

    id: str
    kind: str
    quote: str
    meaning: str
    measure: tuple[str, ...] = ()
    page: str = ""
    planned: str = ""
    by: tuple[str, ...] = ()


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

    `what` is `grids`, `persons`, `districts`, `level:1`, `kind:street` or
    `posts:assistant`. The count is that of one district, or of all districts under a
    plan that `covers` a city.
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
    """Something that the plan wants finished by a day.

    `kinds` are the nodes that have to finish it, each for itself; without them the
    district does. `measure` names figures that show how far it is (see NODE_MEASURES).
    """

    key: str
    name: str
    clause: str
    on: date | None = None
    months: int | None = None
    days: int | None = None
    kinds: tuple[str, ...] = ()
    measure: tuple[str, ...] = ()
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
class Branch:
    """One side of a rule that decides by a number: up to two days the district.

    `at_least` and `at_most` contain the number itself. `counting` says what is counted
    where several countings decide of one thing; `open`: the plan does not say.
    """

    of: str
    outcome: str
    unit: str
    clause: str
    words: str
    counting: str = ""
    at_least: int | None = None
    at_most: int | None = None

    def holds(self, number: int) -> bool:
        """Tell whether this side decides for a number."""
        above = self.at_least is None or number >= self.at_least
        return above and (self.at_most is None or number <= self.at_most)


@dataclass(frozen=True)
class Correction:
    """A damaged place of the only copy: what is printed, and how to read it.

    Without `reading` the words are lost.
    """

    printed: str
    note: str
    reading: str = ""
    clause: str = ""


@dataclass(frozen=True)
class Statute:
    """What a law says about something that plans also say something about.

    `from_months` and `under_months` bound the contracts that a row is about.
    """

    key: str
    text: str
    source: str
    since: date
    value: int | None = None
    from_months: int | None = None
    under_months: int | None = None


@dataclass(frozen=True)
class Checklist:
    """A list of things that must all be in place (八到位, 三上墙, 四定).

    A list with a `use` is followed node by node, for nodes of these `kinds`, and its
    things are [[item]] rows: `steps` say how the work is organised, `acceptance` is
    scored. In a `proportional` list what falls short of its target gets its share of
    the points, otherwise none. Without `pass_points` every point is needed. `since` is
    the day from which the list holds, `source` stands in for the clause of a law.
    """

    key: str
    name: str
    items: tuple[str, ...] = ()
    clause: str = ""
    use: str = ""
    kinds: tuple[str, ...] = ()
    pass_points: int | None = None
    proportional: bool = False
    source: str = ""
    since: date | None = None
    assumed: bool = False
    note: str = ""


@dataclass(frozen=True)
class Item:
    """One thing of a checklist that is followed: computed, or asked with evidence.

    `measure` names the figures that show it (see NODE_MEASURES); an item without one
    is asked for, and `ask` says what has to be shown. With both it is computed where
    there are data, and asked for where there are none.
    """

    checklist: str
    key: str
    name: str
    points: int = 1
    clause: str = ""
    group: str = ""
    measure: tuple[str, ...] = ()
    ask: str = ""
    assumed: bool = False
    note: str = ""


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
class InspectionCap:
    """How often a year a unit may be inspected (涉企检查频次).

    `counts` are the kinds of inspection that count (see INSPECTION_KINDS). A row with
    a `grade` is for units of that credit grade; one without is for all the others.
    """

    value: int
    counts: tuple[str, ...]
    source: str
    since: date
    grade: str = ""
    clause: str = ""
    text: str = ""
    assumed: bool = False
    note: str = ""


@dataclass(frozen=True)
class InspectionExemption:
    """A reason for which an inspection does not count (不计入频次).

    `secret` reasons would tell the unit that somebody complained: only those who handle
    cases see them.
    """

    key: str
    name: str
    source: str
    since: date
    secret: bool = False
    clause: str = ""
    text: str = ""
    assumed: bool = False
    note: str = ""


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
    covers: str = "district"
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
    items: tuple[Item, ...] = ()
    limits: tuple[LimitRow, ...] = ()
    retirement: tuple[Retirement, ...] = ()
    branches: tuple[Branch, ...] = ()
    corrections: tuple[Correction, ...] = ()
    statutes: tuple[Statute, ...] = ()
    grade_schemes: tuple[GradeScheme, ...] = ()
    grades: tuple[Grade, ...] = ()
    grade_criteria: tuple[GradeCriterion, ...] = ()
    key_grounds: tuple[KeyGround, ...] = ()
    public_candidates: tuple[PublicCandidate, ...] = ()
    warning_rules: tuple[WarningRule, ...] = ()
    warning_signs: tuple[WarningSign, ...] = ()
    inspection_caps: tuple[InspectionCap, ...] = ()
    inspection_exemptions: tuple[InspectionExemption, ...] = ()

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

    def checklist(self, key: str) -> Checklist | None:
        """Return a list of things that must all be in place."""
        return next((one for one in self.checklists if one.key == key), None)

    def items_of(self, checklist: str) -> tuple[Item, ...]:
        """Return the things of a checklist that is followed, in the plan's order."""
        return tuple(one for one in self.items if one.checklist == checklist)

    def grades_of(self, scheme: str) -> tuple[Grade, ...]:
        """Return the grades of a scheme, the best one first."""
        return tuple(one for one in self.grades if one.scheme == scheme)

    def criteria_of(self, scheme: str) -> tuple[GradeCriterion, ...]:
        """Return what decides between the grades of a scheme."""
        return tuple(one for one in self.grade_criteria if one.scheme == scheme)

    def signs_of(self, warning: str) -> tuple[WarningSign, ...]:
        """Return the facts that a rule of early warning looks at."""
        return tuple(one for one in self.warning_signs if one.warning == warning)

    def milestone(self, key: str) -> Milestone | None:
        """Return a milestone by its key."""
        return next((one for one in self.milestones if one.key == key), None)

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
        from grids.policy.reading import parse_policy  # which reads this class

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


# What a table of the file is called, and what its rows are.
TABLES: dict[str, tuple[str, type]] = {
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
    "item": ("items", Item),
    "limit": ("limits", LimitRow),
    "retirement": ("retirement", Retirement),
    "branch": ("branches", Branch),
    "correction": ("corrections", Correction),
    "statute": ("statutes", Statute),
    "grade_scheme": ("grade_schemes", GradeScheme),
    "grade": ("grades", Grade),
    "grade_criterion": ("grade_criteria", GradeCriterion),
    "key_ground": ("key_grounds", KeyGround),
    "public_candidate": ("public_candidates", PublicCandidate),
    "warning": ("warning_rules", WarningRule),
    "warning_sign": ("warning_signs", WarningSign),
    "inspection_cap": ("inspection_caps", InspectionCap),
    "inspection_exemption": ("inspection_exemptions", InspectionExemption),
}
_TABLES_BY_FIELD = {field: table for table, (field, _) in TABLES.items()}
