"""The boards of a place: what the plan asked for by when, and how far each grid is.

Everything is a function of a place and a date. Figures are those of `reports.coverage`,
judged as on 条款落实; a constant number of queries, however many grids there are.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from grids.models import City, Grid
from grids.policy import Checklist, Item, Milestone, Phase, PolicyValues, Target
from grids.services.law import Law
from grids.standing import grids_in, path_on
from reports import coverage
from reports.conformance import Scope, scopes_of
from reports.holdings import Having, having_in
from reports.judging import Facts, Part, State, parts_of, rate_part
from reports.models import Finding
from reports.programme.milestones import Key, latest, nodes_of
from reports.programme.progress import (
    PhaseState,
    Progress,
    day_after,
    days_before_notice,
    phase_state,
    progress,
)
from reports.programme.scoring import Score, score
from reports.rules import Counts


@dataclass(frozen=True)
class Followed:
    """A checklist that is followed, and the layer of policy that has it."""

    slug: str
    origin: str  # the title of the policy
    checklist: Checklist
    items: tuple[Item, ...]

    @property
    def key(self) -> str:
        """Name it in addresses."""
        return f"{self.slug}.{self.checklist.key}"

    def is_for(self, grid: Grid) -> bool:
        return grid.kind in self.checklist.kinds


@dataclass(frozen=True)
class MilestoneRow:
    """A milestone of a place: how many of its grids have done it, and when."""

    milestone: Milestone
    due: date | None
    early: int  # days that it was due before the notice
    nodes: int
    done: int
    done_on: date | None  # when the last of them had done it
    state: Progress
    parts: tuple[Part, ...] = ()

    @property
    def is_whole(self) -> bool:
        return bool(self.nodes) and self.done == self.nodes


@dataclass(frozen=True)
class PhaseRow:
    """A phase of the plan with its targets as they stand."""

    phase: Phase
    begins: date | None
    due: date | None
    state: PhaseState
    targets: tuple[tuple[Target, Part], ...]

    @property
    def met(self) -> int:
        return sum(part.state == State.MET for _, part in self.targets)


@dataclass(frozen=True)
class Board:
    """How far a place is under its plan on a date."""

    scope: Scope
    milestones: tuple[MilestoneRow, ...]
    phases: tuple[PhaseRow, ...]
    scores: tuple[Score, ...]

    @property
    def place(self) -> Grid:
        return self.scope.place  # type: ignore[return-value]  # never a city

    @property
    def steps(self) -> tuple[Score, ...]:
        return tuple(one for one in self.scores if one.checklist.use == "steps")

    @property
    def acceptance(self) -> tuple[Score, ...]:
        return tuple(one for one in self.scores if one.checklist.use == "acceptance")

    @property
    def phase(self) -> PhaseRow | None:
        """Return the phase that runs, else the last one that has ended."""
        running = [one for one in self.phases if one.state != PhaseState.FUTURE]
        current = [one for one in running if one.state != PhaseState.ENDED]
        found = current or running[-1:]
        return found[0] if found else None

    def count(self, *states: Progress) -> int:
        return sum(row.state in states for row in self.milestones)


@dataclass(frozen=True)
class Whole:
    """The board of a place, and the boards of the places directly below it."""

    on: date
    own: Board | None  # None for a city, or where no plan is in force
    below: Sequence[Board] = field(default_factory=tuple)


def boards_of(place: Grid | City, on: date) -> Whole:
    """Return how far a place and those directly below it are on a date."""
    scopes = [
        replace(scope, place=district, districts=[district])
        for scope in (scopes_of(place, on) if isinstance(place, City) else ())
        for district in scope.districts
    ]
    if isinstance(place, Grid):
        scopes = scopes_of(place, on)
    if not scopes:
        return Whole(on, None)
    ground = _ground(place, on, [scope.policy.slug for scope in scopes])
    if isinstance(place, City):
        ranked = sorted(scopes, key=lambda scope: scope.place.code)
        return Whole(on, None, [_board(one, ground, one.place.pk) for one in ranked])
    (scope,) = scopes
    below = [
        _board(replace(scope, place=child), ground, child.pk)
        for child in ground.children
    ]
    return Whole(on, _board(scope, ground, None), below)


def board_of(grid: Grid, on: date) -> Board | None:
    """Return how far one grid is on a date; None where no plan is in force."""
    return boards_of(grid, on).own


def followed_by(
    values: PolicyValues, on: date, law: Law | None = None
) -> list[Followed]:
    """Return the checklists that hold under a plan: its own, then those of the law."""
    layers = (law or Law()).layers(values.province, on=on)
    return [
        Followed(layer.id, layer.title, one, layer.items_of(one.key))
        for layer in (values, *reversed(layers))
        for one in layer.checklists
        if one.use and (one.since is None or one.since <= on)
    ]


def not_closed(place: Grid | City, on: date) -> list[Grid]:
    """Return the grids of a place that are not closed by a day, in the order of codes.

    Milestones are asked of grids before they open: to set them up is what they ask.
    """
    return [
        grid
        for grid in grids_in(place, on)
        if grid.closed_on is None or grid.closed_on > on
    ]


def milestone_states(
    scope: Scope, milestone: Milestone, grids: Iterable[Grid]
) -> list[tuple[Grid, Finding | None, Progress]]:
    """Return for each grid that has to finish a milestone what was found of it."""
    nodes = nodes_of(milestone, grids)
    found = latest(
        Finding.objects.filter(
            grid__in=[grid.pk for grid in nodes],
            slug=scope.policy.slug,
            topic=Finding.MILESTONES,
            item=milestone.key,
        ),
        scope.on,
    )
    due = milestone.due_on(scope.programme_start)
    states = []
    for grid in nodes:
        one = found.get((grid.pk, scope.policy.slug, Finding.MILESTONES, milestone.key))
        done_on = one.on if one and one.result == Finding.Result.MET else None
        state = progress(due, done_on, issued_on=scope.values.issued_on, on=scope.on)
        states.append((grid, one, state))
    return states


# --- what boards are made from --------------------------------------------------------


@dataclass(frozen=True)
class _Ground:
    """Grids and counts by the child they lie below (None: all of them)."""

    on: date
    children: Sequence[Grid]
    grids: Mapping[int | None, Sequence[Grid]]
    asked: Mapping[int | None, Sequence[Grid]]  # those not yet open as well
    counts: Mapping[int | None, Counts]
    having: dict[str, dict[str, Having]]  # by plan, then by measure
    found: Mapping[Key, Finding]
    law: Law

    def facts(self, key: int | None, scope: Scope) -> Facts:
        grids = self.grids.get(key, ())
        inside = {grid.pk for grid in grids}
        return Facts(
            counts=self.counts.get(key, Counts()),
            kinds=Counter(grid.kind for grid in grids),
            coded=sum(bool(grid.code) for grid in grids),
            held={
                measure: having.within(inside)
                for measure, having in self._having(scope).items()
            },
            programme_start=scope.programme_start,
        )

    def _having(self, scope: Scope) -> dict[str, Having]:
        """Find once for a plan which of all grids here have what it measures."""
        slug = scope.policy.slug
        if slug not in self.having:
            lists = followed_by(scope.values, self.on, self.law)
            judged = [one.measure for one in scope.values.milestones]
            judged += [item.measure for one in lists for item in one.items]
            measures = {measure for some in judged for measure in some}
            kinds = {grid.pk: grid.kind for grid in self.grids.get(None, ())}
            self.having[slug] = having_in(measures, kinds, scope.values, self.on)
        return self.having[slug]


def _ground(place: Grid | City, on: date, slugs: Sequence[str]) -> _Ground:
    figures = coverage.figures_of(place, on)
    counts: dict[int | None, Counts] = {
        row.place.pk: row.counts for row in figures.children
    }
    counts[None] = figures.own.counts
    step = path_on(place, on).count("/")
    asked: dict[int | None, list[Grid]] = defaultdict(list)
    for grid in not_closed(place, on):
        asked[None].append(grid)
        if below := grid.path.split("/")[step]:
            asked[int(below)].append(grid)
    grids = {
        key: [grid for grid in many if grid.is_open_on(on)]
        for key, many in asked.items()
    }
    law = Law()
    laws = [layer.id for layer in law.layers(place_province(place), on=on)]
    findings = Finding.objects.within(place).filter(slug__in=[*slugs, *laws])
    return _Ground(
        on=on,
        children=[
            row.place
            for row in figures.children
            if isinstance(row.place, Grid) and row.place.is_open_on(on)
        ],
        grids=grids,
        asked=asked,
        counts=counts,
        having={},
        found=latest(findings, on),
        law=law,
    )


def place_province(place: Grid | City) -> str:
    city = place if isinstance(place, City) else place.city
    return city.province


# --- one board ------------------------------------------------------------------------


def _board(scope: Scope, ground: _Ground, key: int | None) -> Board:
    facts = ground.facts(key, scope)
    return Board(
        scope=scope,
        milestones=tuple(_milestones(scope, ground, key, facts)),
        phases=tuple(_phases(scope, facts)),
        scores=tuple(
            _score(scope, ground, facts, one)
            for one in followed_by(scope.values, scope.on, ground.law)
            if one.is_for(scope.place)  # type: ignore[arg-type]  # never a city
        ),
    )


def _score(scope: Scope, ground: _Ground, facts: Facts, followed: Followed) -> Score:
    checklist = followed.checklist
    found = {
        item.key: ground.found[asked]
        for item in followed.items
        if (asked := (scope.place.pk, followed.slug, checklist.key, item.key))
        in ground.found
    }
    scored = score(
        checklist,
        followed.slug,
        followed.items,
        values=scope.values,
        facts=facts,
        found=found,
    )
    return replace(scored, origin=f"《{followed.origin}》")


def _milestones(
    scope: Scope, ground: _Ground, key: int | None, facts: Facts
) -> Iterable[MilestoneRow]:
    grids = ground.asked.get(key, ())
    for milestone in scope.values.milestones:
        nodes = nodes_of(milestone, grids)
        if not nodes:
            continue
        yield _milestone(scope, ground, milestone, nodes, facts)


def _milestone(
    scope: Scope,
    ground: _Ground,
    milestone: Milestone,
    nodes: Sequence[Grid],
    facts: Facts,
) -> MilestoneRow:
    asked = (scope.policy.slug, Finding.MILESTONES, milestone.key)
    found = [ground.found.get((grid.pk, *asked)) for grid in nodes]
    days = [one.on for one in found if one and one.result == Finding.Result.MET]
    done_on = max(days) if len(days) == len(nodes) else None
    due = milestone.due_on(scope.programme_start)
    issued_on = scope.values.issued_on
    return MilestoneRow(
        milestone=milestone,
        due=due,
        early=days_before_notice(due, issued_on),
        nodes=len(nodes),
        done=len(days),
        done_on=done_on,
        state=progress(due, done_on, issued_on=issued_on, on=scope.on),
        parts=tuple(
            part
            for measure in milestone.measure
            for part in parts_of(measure, milestone.clause, scope.values, facts)
        ),
    )


def _phases(scope: Scope, facts: Facts) -> Iterable[PhaseRow]:
    values = scope.values
    begins = scope.programme_start
    for phase in values.phases:
        due = phase.due_on(scope.programme_start)
        targets = tuple(
            (target, _target(target, values, facts, due))
            for target in values.targets
            if target.phase == phase.number
        )
        state = phase_state(begins, due, scope.on)
        yield PhaseRow(phase, begins, due, state, targets)
        begins = day_after(due) or begins


def _target(
    target: Target, values: PolicyValues, facts: Facts, due: date | None
) -> Part:
    threshold = Fraction(str(target.threshold))
    return rate_part(target.key, threshold, values, facts, due)
