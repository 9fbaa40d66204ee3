"""What tells the tallies that something changed."""

from collections.abc import Iterable
from datetime import date

from gridinspect.accounts.models import Person
from gridinspect.copying import copy_rows
from grids.models import DailyEntry, DirtyMark, Grid, Posting


def mark_dirty(grid: Grid | int, since: date) -> None:
    """Ask for the figures of a grid to be counted again from a day on.

    In the transaction that changed them. `reports.tallies` reads the marks.
    """
    mark_all_dirty([grid], since)


def mark_all_dirty(grids: Iterable[Grid | int], since: date) -> None:
    """Mark many grids in one statement."""
    keys = {grid.pk if isinstance(grid, Grid) else grid for grid in grids}
    marks = ((key, since) for key in sorted(keys))
    copy_rows(DirtyMark._meta.db_table, ["grid_id", "since"], marks)


def mark_district_dirty(district: Grid, since: date) -> None:
    """Mark every grid of a district: for a new policy, or a changed tree."""
    keys = Grid.objects.filter(district=district).values_list("pk", flat=True)
    mark_all_dirty(keys, since)


def note_entry(person: Person | None, day: date) -> None:
    """Note that a person entered a record by hand on this day (for 联网率)."""
    if person is None:
        return
    _, is_first = DailyEntry.objects.get_or_create(person=person, day=day)
    if is_first:
        posts = Posting.objects.on(day).filter(person=person, grid__isnull=False)
        mark_all_dirty(posts.values_list("grid", flat=True), day)
