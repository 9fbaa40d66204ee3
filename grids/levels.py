"""What the nodes of a tree count as, by the policy in force of their district."""

from collections.abc import Collection
from datetime import date

from grids.models import Grid
from grids.policy import PolicyValues
from grids.services.policies import policies_on


def level_label(policy: PolicyValues | None, grid: Grid) -> str:
    """Return what a grid counts as, such as 三级网格（社区）; "" if not counted."""
    number = policy.level_of(grid.kind) if policy else None
    if policy is None or number is None:
        return ""
    name = next(level.name for level in policy.levels if level.number == number)
    kind = grid.get_kind_display()
    return name if name == kind else f"{name}（{kind}）"


def level_labels(grids: Collection[Grid], on: date) -> dict[int, str]:
    """Return what each of some grids counts as, by its key; two queries at most."""
    policies = policies_on({grid.district_id for grid in grids}, on)
    return {
        grid.pk: level_label(
            policies[grid.district_id].values if grid.district_id in policies else None,
            grid,
        )
        for grid in grids
    }
