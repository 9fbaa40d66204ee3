"""Which limits of the law hold in a district: the nation's, refined by its province."""

from collections.abc import Callable
from datetime import date

from django.utils import timezone

from gridinspect.law import Limit
from grids.models import Grid
from grids.policy import PolicyError, PolicyValues, Retirement, limit
from grids.services.law import Law, short
from grids.services.policies import policy_on

_PROVINCES = (
    "北京 天津 河北 山西 内蒙古 辽宁 吉林 黑龙江 "
    "上海 江苏 浙江 安徽 福建 江西 山东 河南 "
    "湖北 湖南 广东 广西 海南 重庆 四川 贵州 "
    "云南 西藏 陕西 甘肃 青海 宁夏 新疆"
)


class LimitMissing(LookupError):
    """No loaded policy sets this limit. Its text says in Chinese what to do."""


class Limits:
    """The limits of one place, by rule.

    `layers_on` gives the layers that hold on a day, from the nation down to the plan.
    """

    def __init__(self, layers_on: Callable[[date | None], tuple[PolicyValues, ...]]):
        self._layers_on = layers_on

    def of(self, rule: str, *, on: date | None = None) -> Limit:
        """Return the limit of a rule (T1 … T22) as it holds on a day.

        A limit younger than the day is taken when there is none of its time: better
        today's number, with its source, than none. Raises LimitMissing.
        """
        try:
            return limit(rule, *self._layers_on(on), on=on)
        except PolicyError:
            pass
        try:
            return limit(rule, *self._layers_on(on))
        except PolicyError as error:
            raise LimitMissing(str(error)) from error

    def number(self, key: str, *, on: date | None = None) -> Limit:
        """Return another number of the law as a limit. Raises LimitMissing."""
        for layer in reversed(self._layers_on(on)):
            if row := layer.number(key):
                return Limit(
                    row.value,
                    row.unit,
                    row.source,
                    layer.effective_from,
                    not row.assumed,
                    layer=layer.id,
                )
        raise LimitMissing(f"没有找到数值 {key}，请先载入国家层政策。")

    def retirement(self, category: str) -> Retirement:
        """Return how the retirement age of M, F55 or F50 rises. Raises LimitMissing."""
        for layer in reversed(self._layers_on(None)):
            if found := layer.retirement_of(category):
                return found
        raise LimitMissing(f"没有找到退休类别 {category}，请先载入国家层政策。")


def limits_in(province: str = "", *, law: Law | None = None) -> Limits:
    """Return the limits of the nation, refined by a province's. One query.

    Most provinces have none of their own; then the nation's hold.
    """
    law = law or Law()
    return Limits(lambda on: law.layers(province, on=on))


def limits_at(district: Grid, *, law: Law | None = None) -> Limits:
    """Return the limits of a district: those of its province, then of its own plan."""
    law = law or Law()
    known: dict[date | None, tuple[PolicyValues, ...]] = {}

    def layers_on(on: date | None) -> tuple[PolicyValues, ...]:
        if on not in known:
            plan = policy_on(district, on or timezone.localdate())
            known[on] = (
                *law.layers(district.city.province, on=on),
                *([plan.values] if plan else []),
            )
        return known[on]

    return Limits(layers_on)


def is_province(name: str) -> bool:
    """Tell whether a word names a province, with or without its kind."""
    return short(name) in _PROVINCES.split()
