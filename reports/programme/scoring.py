"""The score of a checklist (八到位, 7+5) of one grid, with its parts. Pure.

An item is computed from figures, or it was found by somebody. What nobody found yet has
no points and is said to be missing: it is never taken for granted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from grids.policy import Checklist, Item, PolicyValues
from reports.judging import Facts, Part, State, parts_of, verdict

TENTH = Fraction(1, 10)


class Found(Protocol):
    """What somebody found of an item on a day, the latest of it."""

    result: str  # met, partly, not_met
    points: Decimal | None
    on: date
    signer: str

    def get_basis_display(self) -> str: ...


@dataclass(frozen=True)
class Scored:
    """One item with its state and its points; None where nothing is known of it."""

    item: Item
    state: State
    points: Fraction | None
    parts: tuple[Part, ...] = ()
    found: Found | None = None

    @property
    def is_computed(self) -> bool:
        return bool(self.item.measure) and (not self.item.ask or bool(self.parts))

    @property
    def is_missing(self) -> bool:
        return self.points is None

    @property
    def why(self) -> str:
        """Say why a computed item has no points, or what has to be shown."""
        if self.item.ask and not self.is_computed:
            return self.item.ask
        return "；".join(dict.fromkeys(p.why for p in self.parts if p.figure is None))


@dataclass(frozen=True)
class Score:
    """A checklist of one grid, scored."""

    checklist: Checklist
    slug: str  # of the policy that has the list
    items: tuple[Scored, ...]
    origin: str = ""  # the title of that policy

    @property
    def points(self) -> Fraction:
        return sum((one.points or Fraction(0) for one in self.items), Fraction(0))

    @property
    def out_of(self) -> int:
        return sum(one.item.points for one in self.items)

    @property
    def met(self) -> int:
        return sum(one.state == State.MET for one in self.items)

    @property
    def missing(self) -> int:
        """Return how many items nobody knows anything of."""
        return sum(one.is_missing for one in self.items)

    @property
    def needed(self) -> int:
        """Return how many points are needed to pass."""
        mark = self.checklist.pass_points
        return self.out_of if mark is None else mark

    @property
    def is_passed(self) -> bool:
        return bool(self.items) and self.points >= self.needed

    @property
    def words(self) -> str:
        """Return 62.5/100."""
        return f"{points_words(self.points)}/{self.out_of}"


def score(
    checklist: Checklist,
    slug: str,
    items: Sequence[Item],
    *,
    values: PolicyValues,
    facts: Facts,
    found: Mapping[str, Found],
) -> Score:
    """Score a checklist from the figures of a grid and from what was found there."""
    scored = (
        _scored(item, checklist, values, facts, found.get(item.key)) for item in items
    )
    return Score(checklist, slug, tuple(scored))


def _scored(
    item: Item,
    checklist: Checklist,
    values: PolicyValues,
    facts: Facts,
    found: Found | None,
) -> Scored:
    """Compute an item, or take what was found where it is asked for or has no data."""
    if item.measure:
        computed = _computed(item, checklist, values, facts)
        if not item.ask or computed.state != State.NOT_MEASURABLE:
            return computed
    return _asked(item, checklist, found)


def _computed(
    item: Item, checklist: Checklist, values: PolicyValues, facts: Facts
) -> Scored:
    parts = tuple(
        part
        for measure in item.measure
        for part in parts_of(measure, item.clause, values, facts)
    )
    state = verdict([part.state for part in parts])
    if state == State.NOT_MEASURABLE:
        return Scored(item, state, None, parts)
    points = Fraction(item.points if state == State.MET else 0)
    if checklist.proportional and state != State.MET:
        points = _down(item.points * min(map(_share, parts)))
        state = State.PARTLY if points else state
    return Scored(item, state, points, parts)


def _share(part: Part) -> Fraction:
    """Return how much of its target a rate has reached."""
    if part.figure is None or not part.threshold:
        return Fraction(0)
    return min(Fraction(part.figure) / part.threshold, Fraction(1))


_POINTS: dict[str, Callable[[Item, Checklist, Found], Fraction]] = {
    "met": lambda item, checklist, found: Fraction(item.points),
    "partly": lambda item, checklist, found: (
        Fraction(found.points or 0) if checklist.proportional else Fraction(0)
    ),
    "not_met": lambda item, checklist, found: Fraction(0),
}


def _asked(item: Item, checklist: Checklist, found: Found | None) -> Scored:
    if found is None:
        return Scored(item, State.NOT_MEASURABLE, None)
    points = _POINTS[found.result](item, checklist, found)
    return Scored(item, State(found.result), points, found=found)


def _down(points: Fraction) -> Fraction:
    """Round points down to a tenth: nobody gets what was not reached."""
    return (points // TENTH) * TENTH


def points_words(points: Fraction) -> str:
    """Return 8 or 62.5."""
    return f"{float(points):.1f}".removesuffix(".0")
