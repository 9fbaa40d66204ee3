"""Inspections that are still to come go along when their grid is split or merged."""

from cases.inspections.models import Inspection, InspectionPlan
from grids.models import Grid
from grids.services.hanging import (
    Facts,
    Mover,
    Reassignment,
    hangs_on_grids,
    moves_with_grids,
)


def _ahead():
    states = (*Inspection.PENDING, Inspection.State.INSPECTED)
    return Inspection.objects.filter(state__in=states)


def _plans():
    states = (InspectionPlan.State.PROPOSED, InspectionPlan.State.APPROVED)
    return InspectionPlan.objects.filter(state__in=states)


@hangs_on_grids
def _inspections(grid: Grid) -> tuple[str, int]:
    return "件未办结的行政检查", _ahead().within(grid).count()


@moves_with_grids
class Inspections(Mover):
    """Inspections that are not concluded: they follow their unit."""

    key = "inspections"
    facts = (Facts("件行政检查", Inspection, ("grid",)),)

    def move(self, change: Reassignment) -> None:
        here = _ahead().filter(grid=change.old)
        for heir in change.heirs:
            unchosen = here.exclude(pk__in=change.chosen)
            unchosen.filter(enterprise__grid=heir).update(grid=heir)
        for grid, which in change.targets():
            _ahead().filter(which, grid=change.old).update(grid=grid)


@moves_with_grids
class Plans(Mover):
    """Plans of the grid that may still be carried out."""

    key = "inspection-plans"
    facts = (Facts("个检查计划", InspectionPlan, ("grid",)),)

    def move(self, change: Reassignment) -> None:
        for grid, which in change.targets():
            _plans().filter(which, grid=change.old).update(grid=grid)
