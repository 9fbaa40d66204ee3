"""Any year's grades under any version of any scheme; nothing is saved."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from enterprises.supervision import rules
from enterprises.supervision.facts import (
    facts_of,
    known_keys,
    values_in,
)
from enterprises.supervision.models import GradeRound, Rating
from enterprises.supervision.services.grading import proposals, scheme_of, units_of_year
from enterprises.supervision.services.schemes import (
    Scheme,
    scheme_at,
)
from grids.models import Grid


def scheme_of_year(district: Grid, year: int) -> Scheme | None:
    """Return the scheme, in its version, that a year was graded by; else today's."""
    graded = GradeRound.objects.filter(district=district, year=year)
    if round_ := graded.select_related("policy").first():
        return scheme_of(round_)
    return scheme_at(district, timezone.localdate())


@dataclass(frozen=True)
class Replay:
    """The grades of a district's year under a scheme, beside those that stand."""

    district: Grid
    year: int
    scheme: Scheme
    from_kept: bool  # from the facts kept in the year's round, else from the registers
    proposals: dict[int, rules.Proposal]
    standing: dict[int, str]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many units have which grade."""
        found = {grade.key: 0 for grade in self.scheme.grades}
        for one in self.proposals.values():
            found[one.grade] += 1
        return found

    @property
    def different(self) -> dict[int, tuple[str, str]]:
        """Return the units whose standing grade is another: unit → (standing, here)."""
        return {
            unit: (self.standing[unit], one.grade)
            for unit, one in self.proposals.items()
            if unit in self.standing and self.standing[unit] != one.grade
        }


def replay(district: Grid, year: int, scheme: Scheme, *, anew: bool = False) -> Replay:
    """Work the grades of a year out under any scheme. Saves nothing.

    The facts are those kept when the year was graded, so that the answer is the same
    next year; without a round, or `anew`, those of the registers today.
    """
    ratings = Rating.objects.filter(district=district, year=year)
    latest = ratings.filter(replaced_on=None)
    kept = dict(latest.values_list("enterprise", "facts"))
    standing = dict(latest.standing().values_list("enterprise", "grade"))
    if kept and not anew:
        round_ = GradeRound.objects.get(district=district, year=year)
        values = {unit: values_in(facts) for unit, facts in kept.items()}
        known: Iterable[str] = round_.known_facts
    else:
        first, last = rules.year_of(year)
        units = units_of_year(district, year)
        needed = rules.facts_needed(scheme.criteria)
        figures = facts_of(needed, units, since=first, until=last)
        keys = units.order_by().values_list("pk", flat=True)
        values = {unit: figures.values(unit) for unit in keys}
        known = known_keys()
    return Replay(
        district,
        year,
        scheme,
        bool(kept) and not anew,
        proposals(scheme, values, known),
        standing,
    )
