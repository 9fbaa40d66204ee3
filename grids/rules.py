"""How posts are filled. Pure functions: no database, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from grids.policy import Quota

# Who may fill a post of a kind, the first choice first: full-timers before part-timers,
# whom an either-of group may still need.
_FILLERS = {"inspector": ("full_time_inspector", "part_time_inspector")}


@dataclass(frozen=True)
class Filling:
    """The posts of one kind in one grid.

    `filled` counts everybody who fills such a post, also above the quota; only
    `filled_capped` goes into a rate. `required` and `missing` are None where the plan
    leaves the number to a 配置指数 that nobody entered.
    """

    required: int | None
    filled: int
    filled_capped: int
    missing: int | None


def allocate(
    quotas: Iterable[Quota], posted: Mapping[str, int], *, index: int | None = None
) -> dict[str, Filling]:
    """Fill the posts of one grid with the persons on post there, by person kind.

    A person fills one post. Fixed quotas come before either-of groups, and posts for
    one kind before posts for any inspector, so that nobody is spent where another could
    stand. Who is left over counts as filled above the quota where he fits first. Of a
    range the minimum is required. `index` is the grid's 配置指数.
    """
    ordered = sorted(quotas, key=_rank)
    free = {kind: max(0, count) for kind, count in posted.items()}
    required = {quota.role: _required(quota, index) for quota in ordered}
    capped = {
        quota.role: _take(free, _fillers(quota), required[quota.role] or 0)
        for quota in ordered
    }
    surplus = {
        quota.role: _take(free, _fillers(quota), sum(free.values()))
        for quota in ordered
    }
    return {
        role: Filling(
            need,
            capped[role] + surplus[role],
            capped[role],
            None if need is None else need - capped[role],
        )
        for role, need in required.items()
    }


def _rank(quota: Quota) -> int:
    if quota.any_of:
        return 2
    return 1 if quota.role in _FILLERS else 0


def _required(quota: Quota, index: int | None) -> int | None:
    return index if quota.indexed else quota.min


def _fillers(quota: Quota) -> tuple[str, ...]:
    return quota.any_of or _FILLERS.get(quota.role, (quota.role,))


def _take(free: dict[str, int], kinds: tuple[str, ...], most: int) -> int:
    """Take up to `most` persons of these kinds from those still free."""
    taken = 0
    for kind in kinds:
        count = min(free.get(kind, 0), most - taken)
        free[kind] = free.get(kind, 0) - count
        taken += count
    return taken
