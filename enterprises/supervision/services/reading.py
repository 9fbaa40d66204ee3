"""What others ask of supervision: the grade of units, the key units, their number."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet

from enterprises.models import Enterprise
from enterprises.supervision.models import KeyEntry, Rating
from gridinspect.scope import Place


@dataclass(frozen=True, slots=True)
class GradeState:
    """The grade that a unit holds on a day, and what follows from it."""

    grade: str
    year: int
    scheme: str
    is_key: bool
    visits_max: int | None  # routine inspections of a year; None: no cap
    valid_until: date | None
    rating: int


@dataclass(slots=True)
class KeyState:
    """Since when and on which grounds a unit is a key unit."""

    since: date
    grounds: list[str] = field(default_factory=list)  # without those that are secret
    has_secret: bool = False


Units = Iterable[int] | QuerySet[Enterprise]


def grade_of(units: Units, on: date) -> dict[int, GradeState]:
    """Return the grades that units hold on a day, by unit. One query."""
    rows = Rating.objects.filter(enterprise__in=units).in_force(on)
    return {
        row.enterprise_id: GradeState(
            grade=row.grade,
            year=row.year,
            scheme=row.round.scheme_name,
            is_key=row.is_key,
            visits_max=row.visits_max,
            valid_until=row.valid_until,
            rating=row.pk,
        )
        for row in rows.select_related("round").defer("facts", "decided")
    }


def key_units_on(units: Units, on: date) -> dict[int, KeyState]:
    """Return which units are key units on a day, by unit. One query."""
    rows = KeyEntry.objects.filter(enterprise__in=units).on(on).order_by("since")
    found: dict[int, KeyState] = {}
    for unit, since, name, is_secret in rows.values_list(
        "enterprise", "since", "ground_name", "is_secret"
    ):
        state = found.setdefault(unit, KeyState(since))
        if is_secret:
            state.has_secret = True
        else:
            state.grounds.append(name)
    return found


def key_units(place: Place, on: date) -> int:
    """Return how many units of a place and below it are key units on a day."""
    rows = KeyEntry.objects.within(place).on(on).order_by()
    return rows.values("enterprise").distinct().count()
