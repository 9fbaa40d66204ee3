"""Coverage as arithmetic: counts, their sums, and rates divided at the last moment.

Pure functions, no database. Source of the definitions: design.md 4.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction

NETWORKED_DAYS = 30  # 联网率: an entry by hand in the 30 days before

NO_DENOMINATOR = {
    "assigned": "底数为零：这里还没有用人单位",
    "acquired": "底数为零：这里还没有用人单位",
    "filed": "底数为零：这里还没有用人单位",
    "trained": "没有在岗协管员",
    "networked": "没有末级网格",
    "timely": "今年还没有办结的案件",
    "staffed": "方案没有规定应配人数，或应配人数为零",
}


@dataclass(frozen=True)
class Staffing:
    """Posts of one person kind; `quota` is None where the plan gives no number."""

    filled: int = 0
    filled_capped: int = 0
    quota: int | None = 0

    def __add__(self, other: "Staffing") -> "Staffing":
        known = self.quota is not None and other.quota is not None
        return Staffing(
            self.filled + other.filled,
            self.filled_capped + other.filled_capped,
            self.quota + other.quota if known else None,  # type: ignore[operator]
        )

    @property
    def rate(self) -> Fraction | None:
        return ratio(self.filled_capped, self.quota)

    @property
    def missing(self) -> int | None:
        return None if self.quota is None else self.quota - self.filled_capped


@dataclass(frozen=True)
class Counts:
    """What is counted for a grid; a grid's own figure is the sum over its subtree."""

    known: int = 0
    assigned: int = 0
    acquired: int = 0
    filed: int = 0
    assistants: int = 0
    trained: int = 0
    leaves: int = 0
    networked: int = 0
    closed: int = 0
    closed_in_time: int = 0
    staffed: Mapping[str, Staffing] = field(default_factory=dict)

    def __add__(self, other: "Counts") -> "Counts":
        numbers = {name: getattr(self, name) + getattr(other, name) for name in NUMBERS}
        kinds = [
            *self.staffed,
            *(kind for kind in other.staffed if kind not in self.staffed),
        ]
        none = Staffing()
        staffed = {
            kind: self.staffed.get(kind, none) + other.staffed.get(kind, none)
            for kind in kinds
        }
        return Counts(**numbers, staffed=staffed)

    def rate(self, key: str) -> Fraction | None:
        """Return a rate by its key (`assigned`, `staffed:assistant`); None for none."""
        if key.startswith("staffed:"):
            staffing = self.staffed.get(key.partition(":")[2])
            return staffing.rate if staffing else None
        numerator, denominator = PARTS[key]
        return ratio(getattr(self, numerator), getattr(self, denominator))

    def parts(self, key: str) -> tuple[int, int | None]:
        """Return the numerator and denominator of a rate."""
        if key.startswith("staffed:"):
            staffing = self.staffed.get(key.partition(":")[2], Staffing())
            return staffing.filled_capped, staffing.quota
        numerator, denominator = PARTS[key]
        return getattr(self, numerator), getattr(self, denominator)


NUMBERS = tuple(one.name for one in fields(Counts) if one.name != "staffed")

# rate: (numerator, denominator)
PARTS = {
    "assigned": ("assigned", "known"),
    "acquired": ("acquired", "known"),
    "filed": ("filed", "known"),
    "trained": ("trained", "assistants"),
    "networked": ("networked", "leaves"),
    "timely": ("closed_in_time", "closed"),
}


def ratio(numerator: int, denominator: int | None) -> Fraction | None:
    """Divide; a missing or zero denominator gives no rate, never 0 or 100 %."""
    return Fraction(numerator, denominator) if denominator else None


def why_none(key: str) -> str:
    """Say in Chinese why a rate has no value."""
    return NO_DENOMINATOR[key.partition(":")[0]]


def total(counts: Iterable[Counts]) -> Counts:
    """Sum counts."""
    return sum(counts, Counts())
