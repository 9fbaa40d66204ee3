"""Which limits of the law hold in a district: the nation's, refined by its province."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from gridinspect.law import Limit
from grids.models import Grid, Policy
from grids.policy import PolicyError, PolicyValues, Retirement, limit


class LimitMissing(LookupError):
    """No loaded policy sets this limit. Its text says in Chinese what to do."""


class Limits:
    """The limits of one place, by rule."""

    def __init__(self, layers: Iterable[PolicyValues]):
        self.layers = tuple(layers)

    def of(self, rule: str, *, on: date | None = None) -> Limit:
        """Return the limit of a rule (T1 … T22) as it holds on a day.

        A limit younger than the day is taken when there is none of its time: better
        today's number, with its source, than none. Raises LimitMissing.
        """
        try:
            return limit(rule, *self.layers, on=on)
        except PolicyError:
            pass
        try:
            return limit(rule, *self.layers)
        except PolicyError as error:
            raise LimitMissing(str(error)) from error

    def retirement(self, category: str) -> Retirement:
        """Return how the retirement age rises for M, F55 or F50. Raises LimitMissing."""
        for layer in reversed(self.layers):
            if found := layer.retirement_of(category):
                return found
        raise LimitMissing(f"没有找到退休类别 {category}，请先载入国家层政策。")


def limits_of(district: Grid) -> Limits:
    """Return the limits of a district, by the province of its city."""
    return limits_in(district.city.province)


def limits_in(province: str = "") -> Limits:
    """Return the limits of the nation, or of a province by its name. One query.

    Raises LimitMissing when a province is named for which no policy is loaded.
    """
    layers = Policy.objects.filter(
        layer__in=[Policy.Layer.NATIONAL, Policy.Layer.PROVINCE]
    )
    newest: dict[tuple[str, str], tuple] = {}
    rows = layers.order_by("version").values_list("pk", "layer", "province", "sha256")
    for pk, layer, where, digest in rows:
        newest[layer, where] = (pk, digest)
    keys = [key for (layer, _), key in newest.items() if layer == "national"]
    keys += [
        key
        for (layer, where), key in newest.items()
        if layer == "province" and _same_province(where, province)
    ]
    return Limits(_values(*key) for key in keys)


def provinces() -> list[str]:
    """Return the provinces that have limits of their own."""
    layers = Policy.objects.filter(layer=Policy.Layer.PROVINCE)
    return sorted(set(layers.values_list("province", flat=True)))


def _same_province(one: str, other: str) -> bool:
    return bool(one and other) and one.removesuffix("省") == other.removesuffix("省")


@lru_cache(maxsize=64)
def _values(pk: int, digest: str) -> PolicyValues:
    """Return a loaded policy as typed values; its rows are never changed."""
    return PolicyValues.from_json(
        Policy.objects.values_list("document", flat=True).get(pk=pk)
    )
