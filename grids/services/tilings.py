"""The tiling proof of one grid from what the tables hold today, and its paper."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.documents.models import ArchivedDocument
from gridinspect.documents.pdf import page_count
from gridinspect.documents.services import archive, new_code
from grids.boundaries import Area
from grids.models import Grid
from grids.services.boundaries import UnitPoint, areas_on, points_of
from grids.tiling import Spot, Tiling, tiling_of
from grids.tiling_paper import TITLE, tiling_paper

UNITS = 100_000  # more than any district has


@dataclass(frozen=True, slots=True)
class Check:
    """A proof with what it was made of; the first of `grids` is the whole."""

    on: date
    grids: list[Grid]
    areas: dict[int, Area]
    names: dict[int, str]
    without: list[str]  # children that have no boundary
    tiling: Tiling


def checked_tiling(grid: Grid, user: User) -> Check | None:
    """Check a grid against its children; None where boundaries are missing.

    Of the units only those count that the user may see.
    """
    today = timezone.localdate()
    children = list(grid.children.filter(closed_on=None).order_by("code"))
    areas = areas_on([grid, *children], today)
    parts = {child.pk: areas[child.pk] for child in children if child.pk in areas}
    if grid.pk not in areas or not parts:
        return None
    points, _ = points_of(user, grid, UNITS)
    return Check(
        on=today,
        grids=[grid, *(child for child in children if child.pk in parts)],
        areas=areas,
        names={one.pk: one.name for one in [grid, *children] if one.pk in areas},
        without=[child.name for child in children if child.pk not in parts],
        tiling=tiling_of(areas[grid.pk], parts, _spots(grid, points)),
    )


def _spots(grid: Grid, points: list[UnitPoint]) -> list[Spot]:
    """Return the units that belong to a child of the grid, or below one."""
    spots = []
    for point in points:
        below = point.path.removeprefix(grid.path)
        if below:
            place = (point.longitude, point.latitude)
            part = int(below.split("/")[0])
            spots.append(Spot(point.key, point.name, place, part))
    return spots


@transaction.atomic
def archive_tiling(*, grid: Grid, check: Check, by: User) -> ArchivedDocument:
    """Put the proof into the archive as a paper to sign."""
    code = new_code()
    content = tiling_paper(
        grid, check.tiling, check.names, on=check.on, without=check.without, code=code
    )
    return archive(
        content,
        kind="grids.tiling",
        title=f"{TITLE}（{grid.name}）",
        path=grid.path,
        as_of=check.on,
        by=by,
        code=code,
        params={"网格": grid.code, "问题处数": len(check.tiling.faults)},
        pages=page_count(content),
    )
