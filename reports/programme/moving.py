"""What is still awaited of a grid goes along when it is split or merged."""

from grids.models import Grid
from grids.services.hanging import (
    Facts,
    Mover,
    Reassignment,
    hangs_on_grids,
    moves_with_grids,
)
from reports.models import Assessment


@hangs_on_grids
def _awaited(grid: Grid) -> tuple[str, int]:
    return "项待整改的检查考核", Assessment.objects.open().within(grid).count()


@moves_with_grids
class Remedies(Mover):
    """Remedies that are awaited; what was found and settled stays where it was."""

    key = "remedies"
    facts = (Facts("项检查考核", Assessment, ("grid", "remedied_on")),)

    def move(self, change: Reassignment) -> None:
        for grid, which in change.targets():
            here = Assessment.objects.open().filter(which, grid=change.old)
            here.update(grid=grid)
