"""How often units were inspected in a year, and the cap that holds (涉企检查频次)."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from cases.inspections import rules
from cases.inspections.models import Inspection
from enterprises.models import Enterprise
from enterprises.supervision.services.reading import GradeState, grade_of
from gridinspect.accounts.models import User
from grids.models import Grid
from grids.policy import InspectionExemption, PolicyValues
from grids.services.law import Law
from grids.services.policies import policy_on


class Caps:
    """The caps and exempt reasons of districts; asks once for each of them."""

    def __init__(self) -> None:
        self._law = Law()
        self._layers: dict[tuple[int, date], tuple[PolicyValues, ...]] = {}

    def layers(self, district: Grid, on: date) -> tuple[PolicyValues, ...]:
        key = (district.pk, on)
        if key not in self._layers:
            plan = policy_on(district, on)
            self._layers[key] = (
                *self._law.layers(district.city.province, on=on),
                *([plan.values] if plan else []),
            )
        return self._layers[key]

    def of(self, district: Grid, *, grade: str, on: date) -> rules.Cap | None:
        return rules.cap_of(self.layers(district, on), grade=grade, on=on)

    def exemptions(self, district: Grid, *, on: date) -> dict[str, InspectionExemption]:
        return rules.exemptions_of(self.layers(district, on), on=on)


def cap_for(
    unit: Enterprise, grade: GradeState | None, *, on: date, caps: Caps
) -> rules.Cap | None:
    """Return the cap of a unit: the law's, or that of its credit grade if lower."""
    cap = caps.of(unit.district, grade=grade.grade if grade else "", on=on)
    if grade is None or grade.visits_max is None:
        return cap
    return rules.lower(
        cap, grade.visits_max, grade=grade.grade, source=f"{grade.scheme}"
    )


def counted_of(
    units: Iterable[int] | QuerySet[Enterprise], year: int
) -> dict[int, tuple[int, int]]:
    """Return of each unit how many inspections count in a year, and how many do not."""
    rows = (
        Inspection.objects.standing()
        .filter(enterprise__in=units, year=year)
        .order_by()
        .values("enterprise")
        .annotate(
            counted=Count("pk", filter=Q(is_counted=True)),
            exempt=Count("pk", filter=Q(is_counted=False)),
        )
    )
    return {row["enterprise"]: (row["counted"], row["exempt"]) for row in rows}


def frequency_of(
    unit: Enterprise, *, on: date | None = None, caps: Caps | None = None
) -> rules.Frequency:
    """Return how often a unit was or is to be inspected in the year of a day."""
    on = on or timezone.localdate()
    grade = grade_of([unit.pk], on).get(unit.pk)
    cap = cap_for(unit, grade, on=on, caps=caps or Caps())
    counted, exempt = counted_of([unit.pk], on.year).get(unit.pk, (0, 0))
    which: tuple[str, ...] = ()
    if counted:
        rows = Inspection.objects.counted(year=on.year).filter(enterprise=unit)
        which = tuple(
            f"{row.inspected_on or row.planned_on} {row.get_kind_display()}"
            for row in rows.order_by("planned_on", "pk")
        )
    return rules.Frequency(on.year, counted, exempt, cap, which)


def inspected_often(user: User, year: int):
    """Return the visible units with counted inspections in a year, most first."""
    which = Q(inspections__year=year) & ~Q(inspections__state__in=Inspection.DROPPED)
    return (
        Enterprise.objects.visible_to(user)
        .filter(
            pk__in=Inspection.objects.visible_to(user)
            .standing()
            .filter(year=year)
            .values("enterprise")
        )
        .annotate(
            counted=Count(
                "inspections", filter=which & Q(inspections__is_counted=True)
            ),
            exempt=Count(
                "inspections", filter=which & Q(inspections__is_counted=False)
            ),
        )
        .select_related("grid", "district__city")
        .order_by(F("counted").desc(), "name", "pk")
    )
