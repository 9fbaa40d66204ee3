"""Which grids have to finish a milestone, and what was found last by a date."""

from collections.abc import Iterable
from datetime import date

from django.db.models import QuerySet

from grids.models import Grid
from grids.policy import Milestone
from reports.models import Finding

Key = tuple[int, str, str, str]  # grid, slug, topic, item


def latest(findings: QuerySet[Finding], on: date) -> dict[Key, Finding]:
    """Return the last thing found of each item by a day, by its day and its order."""
    names = ("grid", "slug", "topic", "item")
    rows = findings.filter(on__lte=on).order_by(*names, "-on", "-pk").distinct(*names)
    return {
        (row.grid_id, row.slug, row.topic, row.item): row
        for row in rows.select_related("evidence")
    }


def nodes_of(milestone: Milestone, grids: Iterable[Grid]) -> list[Grid]:
    """Return the grids that have to finish a milestone: the root without kinds."""
    if milestone.kinds:
        return [grid for grid in grids if grid.kind in milestone.kinds]
    return [grid for grid in grids if grid.is_root]
