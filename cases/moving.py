"""What is still being handled goes along when its grid is split or merged."""

from django.db.models import Model

from cases.models import Case, Matter
from gridinspect.scope import ScopedQuerySet
from grids.models import Grid
from grids.services.hanging import (
    Facts,
    Mover,
    Reassignment,
    hangs_on_grids,
    moves_with_grids,
)


def _handled(model: type[Model]) -> ScopedQuerySet:
    """Return what is not finished yet; the rest stays where it was finished."""
    if model is Case:
        return Case.objects.filter(closed_on=None)
    states = (Matter.State.REGISTERED, Matter.State.ACCEPTED)
    return Matter.objects.filter(state__in=states)


def _send(model: type[Model], change: Reassignment) -> None:
    """Send what was chosen there, and the rest to where its unit has gone."""
    here = _handled(model).filter(grid=change.old)
    for heir in change.heirs:
        unchosen = here.exclude(pk__in=change.chosen)
        unchosen.filter(enterprise__grid=heir).update(grid=heir)
    for grid, which in change.targets():
        _handled(model).filter(which, grid=change.old).update(grid=grid)


@hangs_on_grids
def _cases(grid: Grid) -> tuple[str, int]:
    return "件在办案件", _handled(Case).within(grid).count()


@hangs_on_grids
def _matters(grid: Grid) -> tuple[str, int]:
    return "件待办投诉举报", _handled(Matter).within(grid).count()


@moves_with_grids
class Cases(Mover):
    """Cases that are not closed."""

    key = "cases"
    facts = (Facts("件案件", Case, ("grid",)),)

    def move(self, change: Reassignment) -> None:
        _send(Case, change)


@moves_with_grids
class Matters(Mover):
    """Complaints and reports that still wait for a decision or a case."""

    key = "matters"
    facts = (Facts("件投诉举报", Matter, ("grid",)),)

    def move(self, change: Reassignment) -> None:
        _send(Matter, change)
