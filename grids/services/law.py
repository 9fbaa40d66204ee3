"""The layers of law: the nation's and the provinces', each version from its day on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from grids.models import Policy
from grids.policy import Number, PolicyValues, parse_policy
from grids.services.policies import SHIPPED, values_of

_KINDS = ("维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市")
LAWS = (Policy.Layer.NATIONAL, Policy.Layer.PROVINCE)


class Law:
    """What is loaded of the law. One query, when it is first asked."""

    @cached_property
    def _versions(self) -> list[Policy]:
        rows = Policy.objects.filter(layer__in=LAWS).defer("document")
        return list(rows.order_by("layer", "slug", "version"))

    def layers(
        self, province: str = "", *, on: date | None = None
    ) -> tuple[PolicyValues, ...]:
        """Return the nation's layer and the province's, as in force on a day.

        A version younger than the day holds when there is none of its time: better
        today's number, with its source, than none.
        """
        wanted = [("national", ""), ("province", short(province))]
        chosen = []
        for layer, name in wanted:
            rows = [
                row
                for row in self._versions
                if row.layer == layer and short(row.province) == name
            ]
            begun = [
                row
                for row in rows
                if on is None or row.effective_from is None or row.effective_from <= on
            ]
            if rows:
                chosen.append(values_of((begun or rows)[-1]))
        return tuple(chosen)

    def number(self, key: str, *, province: str = "", on: date | None = None) -> Number:
        """Return a number of the law; before any is loaded, of the shipped file.

        Raises KeyError when the law has no such number.
        """
        for layer in reversed(self.layers(province, on=on)):
            if found := layer.number(key):
                return found
        shipped = parse_policy((SHIPPED / "national.toml").read_bytes())
        if found := shipped.number(key):
            return found
        raise KeyError(key)


@dataclass(frozen=True)
class InForce:
    """A value and the layer that it comes from."""

    row: Any  # a LimitRow or a Number
    layer: PolicyValues

    @property
    def origin(self) -> str:
        """Return the layer in words, such as 省（河南省地方期限）."""
        return f"{Policy.Layer(self.layer.layer).label}（{self.layer.title}）"


def limits_of(layers: Iterable[PolicyValues]) -> list[InForce]:
    """Return the newest row of every rule from the last layer that has it."""
    found: dict[str, InForce] = {}
    for layer in layers:
        for row in sorted(layer.limits, key=lambda row: row.since):
            found[row.rule] = InForce(row, layer)
    return sorted(found.values(), key=lambda one: _order(one.row.rule))


def numbers_of(layers: Iterable[PolicyValues]) -> list[InForce]:
    """Return every other number, from the last layer that has it."""
    found = {row.key: InForce(row, layer) for layer in layers for row in layer.numbers}
    return list(found.values())


def short(province: str) -> str:
    """Return a province's name without its kind: 河南 for 河南省."""
    for kind in _KINDS:
        if province.endswith(kind):
            return province.removesuffix(kind)
    return province


def _order(rule: str) -> tuple[int, str]:
    """Put T1 … T22 first, then the other rules by their names."""
    number, _, rest = rule.removeprefix("T").partition("-")
    return (int(number), rest) if number.isdigit() else (100, rule)
