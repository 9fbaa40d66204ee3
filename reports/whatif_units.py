"""How a plan would have units of a place watched: key units, grades, warnings.

Worked out from the facts of a date, nothing is saved. Grounds and rules that tell of
complaints are in the totals only (security.md T03).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from enterprises.models import Enterprise
from enterprises.supervision.facts import Units, facts_of, known_keys
from enterprises.supervision.rules import facts_needed, propose, year_of
from enterprises.supervision.services.keys import held_grounds
from enterprises.supervision.services.schemes import grounds_in
from grids.models import Grid
from grids.policy import COLOURS, GradeScheme, KeyGround, PolicyValues
from reports.warnings.rules import gravest
from reports.warnings.services.judging import warnings_in


@dataclass(frozen=True)
class Watched:
    """How many units of a place a plan would have watched, and how."""

    key_units: int = 0
    grounds: Mapping[KeyGround, int] = field(default_factory=dict)
    scheme: GradeScheme | None = None
    grades: Mapping[str, int] = field(default_factory=dict)
    warned: Mapping[str, int] = field(default_factory=dict)  # units by gravest colour


def watched(place: Grid, on: date, layers: Sequence[PolicyValues]) -> Watched:
    """Work out whom the layers of a plan would have watched. Saves nothing."""
    units = Enterprise.objects.filter(district=place.district_id or place.pk)
    units = units.within(place).known()
    grounds = grounds_in(layers)
    held = held_grounds(grounds, units, on)
    by_ground = Counter(one.ground for of_unit in held.values() for one in of_unit)
    scheme, grades = _grades(units, on, layers)
    return Watched(
        key_units=len(held),
        grounds={one: by_ground[one] for one in grounds if not one.secret},
        scheme=scheme,
        grades=grades,
        warned=_warned(units, on, layers),
    )


def _grades(
    units: Units, on: date, layers: Sequence[PolicyValues]
) -> tuple[GradeScheme | None, dict[str, int]]:
    """Return the nearest scheme and how many units it would give which grade.

    On the record of the year before, as the yearly rating does.
    """
    for values in reversed(layers):
        usable = [one for one in values.grade_schemes if not one.example]
        if usable:
            break
    else:
        return None, {}
    scheme = ([one for one in usable if one.since <= on] or usable)[-1]
    grades, criteria = values.grades_of(scheme.key), values.criteria_of(scheme.key)
    first, last = year_of(on.year - 1)
    rated = units.filter(known_since__lte=last)
    figures = facts_of(facts_needed(criteria), rated, since=first, until=last)
    counts = {grade.key: 0 for grade in grades}
    known = frozenset(known_keys())
    for unit in rated.order_by().values_list("pk", flat=True):
        proposal = propose(
            figures.values(unit),
            scheme=scheme,
            grades=grades,
            criteria=criteria,
            known=known,
        )
        counts[proposal.grade] += 1
    return scheme, counts


def _warned(units: Units, on: date, layers: Sequence[PolicyValues]) -> dict[str, int]:
    held = warnings_in(layers, units, on)
    worst = Counter(
        gravest(one.colour for one in of_unit) for of_unit in held.values() if of_unit
    )
    return {colour: worst[colour] for colour in reversed(COLOURS)}
