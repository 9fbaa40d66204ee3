"""House-number ranges of roads: which numbers they hold, and where two meet. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from grids.addresses import flat

ALL, ODD, EVEN = "all", "odd", "even"
_REST = {ODD: 1, EVEN: 0}


def road_key(road: str) -> str:
    """Return a road's name as it is compared: half width, without blanks."""
    return flat(road)


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers of a road that lie in a grid; `path` is the grid's."""

    key: int | None
    road: str
    parity: str
    first: int
    last: int
    grid: int
    path: str = ""

    def has(self, number: int) -> bool:
        """Tell whether a house number lies in the range; both ends count."""
        rest = _REST.get(self.parity)
        fits = rest is None or number % 2 == rest
        return fits and self.first <= number <= self.last

    def meets(self, other: "Range") -> bool:
        """Tell whether a number lies in both ranges of one road."""
        low, high = max(self.first, other.first), min(self.last, other.last)
        return any(
            self.has(number) and other.has(number)
            for number in range(low, min(high, low + 1) + 1)
        )

    def is_nested_with(self, other: "Range") -> bool:
        """Tell whether one grid lies below the other: then the lower one decides."""
        return self.grid != other.grid and (
            self.path.startswith(other.path) or other.path.startswith(self.path)
        )


def end_fault(parity: str, first: int, last: int) -> str:
    """Say what is wrong with the ends of a range, "" for nothing."""
    if first < 1:
        return "起号应从 1 开始。"
    if last < first:
        return "止号不能小于起号。"
    rest = _REST.get(parity)
    if rest is not None and (first % 2 != rest or last % 2 != rest):
        which = "单" if parity == ODD else "双"
        return f"选“{which}号”时，起号和止号都应是{which}数。"
    return ""


def clashes(one: Range, others: Iterable[Range]) -> list[Range]:
    """Return the ranges that hold a number of this one and do not lie above or below.

    Ranges of the grid itself are among them: a number stands in one row only.
    """
    return [
        other
        for other in others
        if other.road == one.road
        and (one.key is None or other.key != one.key)
        and one.meets(other)
        and not one.is_nested_with(other)
    ]


def all_clashes(ranges: Iterable[Range]) -> dict[int, list[Range]]:
    """Return {key of a range: the ranges it clashes with} for those that clash."""
    by_road: dict[str, list[Range]] = defaultdict(list)
    for one in ranges:
        by_road[one.road].append(one)
    found: dict[int, list[Range]] = {}
    for along in by_road.values():
        for one in along:
            if one.key is not None and (met := clashes(one, along)):
                found[one.key] = met
    return found
