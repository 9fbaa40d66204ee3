"""Which limits and numbers of rosters and filings hold in a district."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from django.utils import timezone

from enterprises.workforce.rules import file_by, last_overdue
from gridinspect.law import Limit
from gridinspect.workdays.models import ExceptionDay
from gridinspect.workdays.rules import Due, WorkCalendar
from grids.models import Grid
from grids.policy import PolicyError, PolicyValues, limit, parse_policy
from grids.services.law import Law
from grids.services.policies import SHIPPED, policies_on


class Event(StrEnum):
    """What has to be filed, by the rule that limits it (see national.toml)."""

    HIRED = "T31"
    RENEWED = "T31-C"
    ENDED = "T32"
    UNIT_CHANGED = "T33"
    CANCELLED = "T34"
    COLLECTIVE_SIGNED = "T35"


EVENT_WORDS = {
    Event.HIRED: "新招用",
    Event.RENEWED: "续订合同",
    Event.ENDED: "解除（终止）",
    Event.UNIT_CHANGED: "单位信息变更",
    Event.CANCELLED: "注销",
    Event.COLLECTIVE_SIGNED: "集体合同",
}
STATUTE = "T20"  # 查处时效: older endings are not asked for any more


class FilingLaw:
    """One look at the law and the calendar, to count many filings with.

    `of` is the limit of an event in a district: the nation's, refined by the province's
    layer, then by the district's own plan.
    """

    def __init__(
        self, *, law: Law | None = None, calendar: WorkCalendar | None = None
    ) -> None:
        self._law = law or Law()
        self._calendar = calendar
        self._layers: dict[int, tuple[PolicyValues, ...]] = {}
        self._cutoffs: dict[tuple[int, str, date], date] = {}

    @property
    def calendar(self) -> WorkCalendar:
        """The working-day calendar, read once."""
        if self._calendar is None:
            self._calendar = ExceptionDay.objects.as_calendar()
        return self._calendar

    def of(self, rule: str, district: Grid) -> Limit:
        """Return the limit of a rule in a district."""
        try:
            return limit(rule, *self._layers_at(district))
        except PolicyError:  # nothing loaded yet: the shipped file
            return limit(rule, _shipped())

    def number(self, key: str, district: Grid | None = None) -> Limit:
        """Return another number of the law as a limit."""
        layers = self._layers_at(district) if district else self._law.layers()
        for layer in (*reversed(layers), _shipped()):
            if row := layer.number(key):
                return Limit(
                    row.value,
                    row.unit,
                    row.source,
                    layer.effective_from,
                    not row.assumed,
                    layer=layer.id,
                )
        raise KeyError(key)

    def due(self, event: Event, happened_on: date, district: Grid) -> Due:
        """Return the last day to file something, with how it was counted."""
        return file_by(happened_on, self.of(event, district), self.calendar)

    def cutoff(self, event: Event, district: Grid, today: date) -> date:
        """Return up to which day what happened is overdue (see rules.last_overdue)."""
        key = (district.pk, str(event), today)
        if key not in self._cutoffs:
            found = last_overdue(today, self.of(event, district), self.calendar)
            self._cutoffs[key] = found
        return self._cutoffs[key]

    def oldest(self, district: Grid, today: date) -> date:
        """Return the first day of which endings are still asked for (查处时效)."""
        years = self.of(STATUTE, district)
        months = years.value * (12 if years.unit == "years" else 1)
        year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
        return date(year, month + 1, min(today.day, 28))

    def prepare(self, districts: Iterable[Grid]) -> None:
        """Read the layers of many districts at once; `of` does it for one."""
        wanted = [one for one in districts if one.pk not in self._layers]
        plans = policies_on(wanted, timezone.localdate()) if wanted else {}
        for district in wanted:
            plan = plans.get(district.pk)
            self._layers[district.pk] = (
                *self._law.layers(district.city.province),
                *([plan.values] if plan else []),
            )

    def _layers_at(self, district: Grid) -> tuple[PolicyValues, ...]:
        self.prepare([district])
        return self._layers[district.pk]


def _shipped() -> PolicyValues:
    return parse_policy((SHIPPED / "national.toml").read_bytes())


def expiry_days(law: FilingLaw | None = None) -> int:
    """Return how many days before its end a contract is pointed out."""
    return (law or FilingLaw()).number("contract_expiry_days").value


def districts_in(grids: Iterable[int]) -> list[Grid]:
    """Return districts with their cities, for the limits of each. One query."""
    return list(Grid.objects.filter(pk__in=set(grids)).select_related("city"))
