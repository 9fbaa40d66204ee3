"""What is not about a unit goes along when its grid is split or merged."""

from django.db.models import Model, Q

from cases.visits.models import Clue, Feedback, Hazard
from grids.models import Grid
from grids.services.hanging import (
    Facts,
    Mover,
    Reassignment,
    hangs_on_grids,
    moves_with_grids,
)

# What is still to be done in a grid itself; the rest goes where its unit goes.
_WAITING: dict[type[Model], Q] = {
    Hazard: Q(cleared_on=None),
    Feedback: Q(replied_on=None),
    Clue: Q(settled_at=None),
}


def _waiting(model: type[Model]):
    return model._default_manager.filter(_WAITING[model], enterprise=None)


@hangs_on_grids
def _open_matters(grid: Grid) -> tuple[str, int]:
    count = sum(_waiting(model).within(grid).count() for model in _WAITING)
    return "件走访待办（隐患、反馈、线索）", count


@moves_with_grids
class Visits(Mover):
    """Hazards, words of workers and clues that wait, where no unit leads them."""

    key = "visits"
    facts = (
        Facts("条隐患", Hazard, ("grid",)),
        Facts("条工人反馈", Feedback, ("grid",)),
        Facts("条走访线索", Clue, ("grid",)),
    )

    def move(self, change: Reassignment) -> None:
        for model in _WAITING:
            _waiting(model).filter(grid=change.old).update(grid=change.to)
