"""The figures that the preview of an act on the tree shows."""

from datetime import date

from grids.models import Grid
from grids.services.rehearsals import counts_on_grids
from reports import tallies
from reports.rules import Counts

NAMES = {
    "known": "底数",
    "assigned": "已监管",
    "acquired": "已采集",
    "filed": "已建档",
    "leaves": "末级网格",
    "assistants": "在岗协管员",
    "closed": "今年结案",
}


@counts_on_grids
def figures_of_grids(district: Grid, on: date) -> dict[int, dict[str, int]]:
    """Count now: kept tallies know nothing of an act that is only rehearsed."""
    counted = tallies.count_district(district, on)
    return {key: _named(counts) for key, counts in counted.items()}


def _named(counts: Counts) -> dict[str, int]:
    figures = {label: getattr(counts, name) for name, label in NAMES.items()}
    staffed = counts.staffed.values()
    figures["应配岗位"] = sum(one.quota or 0 for one in staffed)
    figures["已配岗位"] = sum(one.filled_capped for one in staffed)
    return figures
