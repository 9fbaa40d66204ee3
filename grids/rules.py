"""How posts are filled, and which office with how much room a plan wants.

Pure functions: no database, no clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from grids.policy import PolicyValues, Quota

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


# --- offices --------------------------------------------------------------------------

OFFICES = ("command_centre", "brigade", "squad", "station")  # terms of a plan's labels
# What begins the names of the numbers of a plan about the premises of an office.
_PREMISES_OF = {"command_centre": ""}  # the first that a plan spoke of


@dataclass(frozen=True)
class WantedOffice:
    """The office that every node of a kind must have, and what the plan calls it."""

    kind: str
    called: str
    clause: str


def wanted_office(values: PolicyValues, grid_kind: str) -> WantedOffice | None:
    """Return the office that a plan wants on every node of a kind, if it names one.

    The plan names it in words (`organisation` of the level), which are, or end, what it
    calls one kind of office: 监察中队 is the 劳动保障监察中队. Other words, such as
    区本级, name the node itself and no office.
    """
    for level in values.levels:
        if grid_kind not in level.kinds or not level.organisation:
            continue
        for kind in OFFICES:
            if values.label(kind).endswith(level.organisation):
                return WantedOffice(kind, level.organisation, level.clause)
    return None


@dataclass(frozen=True)
class WantedPremises:
    """How many square metres an office must have; both ends are enough."""

    least: int | None
    most: int | None
    clause: str

    @property
    def words(self) -> str:
        if self.least is None:
            return f"不超过 {self.most} 平方米"
        if self.most is None:
            return f"不少于 {self.least} 平方米"
        return f"{self.least} 至 {self.most} 平方米"

    def holds(self, square_metres: Decimal | float) -> bool:
        """Tell whether an area lies within."""
        return not (
            (self.least is not None and square_metres < self.least)
            or (self.most is not None and square_metres > self.most)
        )


def wanted_premises(values: PolicyValues, office_kind: str) -> WantedPremises | None:
    """Return the area that a plan wants for a kind of office, if it says one."""
    of = _PREMISES_OF.get(office_kind, f"{office_kind}_")
    least, most = (values.number(f"{of}premises_{end}") for end in ("min", "max"))
    if least is None and most is None:
        return None
    clause = next(one.clause for one in (least, most) if one)
    return WantedPremises(
        least.value if least else None, most.value if most else None, clause
    )
