"""The numbers of the law that this room asks for: the nation's, then the province's."""

from datetime import date
from functools import lru_cache

from gridinspect.law import Limit
from grids.models import Grid
from grids.policy import PolicyError, PolicyValues, limit, parse_policy
from grids.services.law import Law
from grids.services.policies import SHIPPED


class WageLimits:
    """The limits of one province; what is loaded is read once, when first asked."""

    def __init__(self, province: str = "") -> None:
        self._province = province
        self._law = Law()

    def of(self, rule: str, *, on: date) -> Limit:
        """Return a limit as it holds on a day, else the newest; raises PolicyError.

        Before any law is loaded the shipped file answers.
        """
        layers = self._law.layers(self._province, on=on)
        for source in (layers, (_shipped("national"),)):
            for day in (on, None):
                try:
                    return limit(rule, *source, on=day)
                except PolicyError:
                    continue
        raise PolicyError(f"没有找到规则 {rule}，请先载入国家层政策。")

    def minimum_wage(self, number: int, *, on: date) -> Limit | None:
        """Return the monthly minimum wage of a class of areas on a day, if known."""
        return self._minimum(f"MW-{number}", on)

    def minimum_hourly(self, number: int, *, on: date) -> Limit | None:
        """Return the hourly minimum wage, in fen, on a day, if known."""
        return self._minimum(f"MW-{number}-H", on)

    def minimum_rows(self) -> list[tuple[int, date, Limit, Limit | None]]:
        """Return (class, since, monthly, hourly) of every known value, newest first."""
        rows = []
        for layer in self._law.layers(self._province):
            for row in layer.limits:
                head, _, number = row.rule.partition("-")
                if head != "MW" or not number.isdigit():
                    continue
                monthly = self.minimum_wage(int(number), on=row.since)
                hourly = self.minimum_hourly(int(number), on=row.since)
                if monthly is not None:
                    rows.append((int(number), row.since, monthly, hourly))
        return sorted(rows, key=lambda row: (-row[1].toordinal(), row[0]))

    def _minimum(self, rule: str, on: date) -> Limit | None:
        try:
            return limit(rule, *self._law.layers(self._province, on=on), on=on)
        except PolicyError:
            return None


def limits_of(district: Grid) -> WageLimits:
    """Return the limits that hold in a district."""
    return WageLimits(district.city.province)


@lru_cache(maxsize=1)
def _shipped(name: str) -> PolicyValues:
    return parse_policy((SHIPPED / f"{name}.toml").read_bytes())
