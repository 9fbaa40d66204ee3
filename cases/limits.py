"""Which limits of the law hold in a district: the nation's, refined by its province."""

from collections.abc import Iterable
from datetime import date

from gridinspect.law import Limit
from grids.models import Policy
from grids.policy import PolicyError, PolicyValues, Retirement, limit
from grids.services.policies import values_of

_PROVINCES = (
    "北京 天津 河北 山西 内蒙古 辽宁 吉林 黑龙江 "
    "上海 江苏 浙江 安徽 福建 江西 山东 河南 "
    "湖北 湖南 广东 广西 海南 重庆 四川 贵州 "
    "云南 西藏 陕西 甘肃 青海 宁夏 新疆"
)


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

    def number(self, key: str) -> Limit:
        """Return another number of the law as a limit. Raises LimitMissing."""
        for layer in reversed(self.layers):
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
        for layer in reversed(self.layers):
            if found := layer.retirement_of(category):
                return found
        raise LimitMissing(f"没有找到退休类别 {category}，请先载入国家层政策。")


def limits_in(province: str = "") -> Limits:
    """Return the limits of the nation, refined by a province's. One query.

    Most provinces have none of their own; then the nation's hold.
    """
    layers = Policy.objects.filter(
        layer__in=[Policy.Layer.NATIONAL, Policy.Layer.PROVINCE]
    )
    rows = layers.defer("document").order_by("version")
    newest = {(row.layer, short(row.province)): row for row in rows}
    wanted = [("national", ""), ("province", short(province))]
    return Limits(values_of(newest[key]) for key in wanted if key in newest)


def is_province(name: str) -> bool:
    """Tell whether a word names a province, with or without its kind."""
    return short(name) in _PROVINCES.split()


def short(province: str) -> str:
    """Return a province's name without its kind: 河南 for 河南省."""
    for kind in ("维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市"):
        if province.endswith(kind):
            return province.removesuffix(kind)
    return province
