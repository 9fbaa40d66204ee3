"""The rates as a person reads them: name, parts in words, target, gap, clause."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from grids.policy import PERSON_KINDS, TargetInForce
from grids.services.policies import PolicyOnDate
from reports.rules import Counts, why_none


@dataclass(frozen=True)
class Indicator:
    """A rate of design.md 4 with its name and its parts in words."""

    key: str
    name: str
    numerator: str
    denominator: str
    missing: str  # what the numerator lacks
    unit: str


INDICATORS = {
    one.key: one
    for one in (
        Indicator(
            "assigned", "网格监管率", "已落到有人网格", "底数", "未落到有人网格", "户"
        ),
        Indicator(
            "acquired", "信息采集率", "有效期内已采集", "底数", "未采集或已过期", "户"
        ),
        Indicator("filed", "建档率", "已建档", "底数", "未建档", "户"),
        Indicator(
            "trained", "受训率", "岗前培训合格", "在岗协管员", "未培训合格", "人"
        ),
        Indicator(
            "networked", "联网率", "30 日内有录入", "末级网格", "30 日内无录入", "个"
        ),
        Indicator(
            "timely", "法定时限内办结率", "按时办结", "今年办结", "逾期办结", "件"
        ),
    )
}


@dataclass(frozen=True)
class Reading:
    """One rate of one place: its counts, its value, and what the policy demands."""

    indicator: Indicator
    key: str
    counted: int
    out_of: int | None
    rate: Fraction | None
    target: TargetInForce | None

    @property
    def percent(self) -> float | None:
        return None if self.rate is None else float(self.rate * 100)

    @property
    def why_none(self) -> str:
        return why_none(self.key)

    @property
    def missing(self) -> int | None:
        return None if self.out_of is None else self.out_of - self.counted

    @property
    def target_percent(self) -> float | None:
        return self.target.target.threshold * 100 if self.target else None

    @property
    def is_met(self) -> bool | None:
        """Tell whether the target is reached; None without a rate or a target."""
        if self.rate is None or self.target is None:
            return None
        return self.rate >= Fraction(str(self.target.target.threshold))

    @property
    def gap(self) -> float | None:
        """Return how many percentage points are lacking to the target."""
        if self.is_met is not False:
            return None
        return self.target_percent - self.percent  # type: ignore[operator]

    @property
    def part(self) -> str:
        """Return the name of the rate in addresses."""
        return self.key.replace(":", "-")


def readings(counts: Counts, policy: PolicyOnDate | None) -> list[Reading]:
    """Return every rate of a place, those of its staff kinds after the others."""
    targets = {one.target.key: one for one in policy.targets} if policy else {}
    plain = [
        _reading(INDICATORS[key], key, counts, targets.get(key)) for key in INDICATORS
    ]
    staffed = [
        _reading(
            staffed_indicator(kind, policy),
            f"staffed:{kind}",
            counts,
            targets.get(f"staffed:{kind}"),
        )
        for kind in PERSON_KINDS
        if kind in counts.staffed
    ]
    return [*plain, *staffed]


def staffed_indicator(kind: str, policy: PolicyOnDate | None = None) -> Indicator:
    """Return 配备率 of one person kind, in the words of the plan."""
    word = policy.values.label(kind) if policy else PERSON_KINDS[kind]
    return Indicator("staffed", f"{word}配备率", "已配", "应配", "缺员", "人")


def indicator(key: str) -> Indicator:
    """Return an indicator by the key of its rate. Raises KeyError."""
    if key.startswith("staffed:"):
        kind = key.partition(":")[2]
        if kind not in PERSON_KINDS:
            raise KeyError(key)
        return staffed_indicator(kind)
    return INDICATORS[key]


def percents(
    rows: Iterable[Counts], keys: Sequence[str]
) -> list[tuple[str, list[float | None]]]:
    """Return (name, percentages) of several rates over several counts, for charts."""
    rows = list(rows)
    return [
        (INDICATORS[key].name, [_percent(counts.rate(key)) for counts in rows])
        for key in keys
    ]


def _percent(rate: Fraction | None) -> float | None:
    return None if rate is None else round(float(rate * 100), 1)


def _reading(
    one: Indicator, key: str, counts: Counts, target: TargetInForce | None
) -> Reading:
    counted, out_of = counts.parts(key)
    return Reading(one, key, counted, out_of, counts.rate(key), target)
