"""Building projects go along when their grid is split or merged."""

from enterprises.wages.models import Project
from grids.models import Grid
from grids.services.hanging import (
    Choice,
    Facts,
    Mover,
    Reassignment,
    moves_with_grids,
)


@moves_with_grids
class Projects(Mover):
    """A project belongs to the new grid from the day of the act on."""

    key = "projects"
    facts = (Facts("个工程项目", Project, ("grid",)),)

    def choices(self, grid: Grid) -> list[Choice]:
        """Return the projects of a grid by name."""
        projects = Project.objects.filter(grid=grid).order_by("name", "pk")
        rows = projects.values_list("pk", "name", "address")
        return [Choice(key, name, address) for key, name, address in rows]

    def move(self, change: Reassignment) -> None:
        here = Project.objects.filter(grid=change.old)
        for grid, which in change.targets():
            here.filter(which).update(grid=grid)
