"""Coverage measured against the list of another department instead of our own 底数.

The denominator of coverage is our own 底数 unless somebody asks for a named list, and
whoever shows a rate says which of the two it is. A list names units and no grids, so
that it can only be held against whole districts. Lists and the register are those of
today.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from enterprises.models import Placement, RegistryEntry
from gridinspect.accounts.models import User
from grids.models import City, Grid
from reports import coverage
from reports.rows import known_units, unit_rows

RATES = {"assigned": "网格监管率", "acquired": "信息采集率", "filed": "建档率"}


class NotByList(ValueError):
    """A list cannot be the denominator here; the message says why, in Chinese."""


@dataclass(frozen=True)
class Against:
    """One district (or a city) with a list as its denominator."""

    place: Grid | City
    source: str
    listed: int  # the denominator
    listed_on: date | None  # the oldest day of its entries
    known: int  # of our 底数, for comparison
    matched: int  # of our 底数 that the list has too
    counted: dict[str, int]  # by rate: of those matched
    children: Sequence["Against"] = ()

    @property
    def name(self) -> str:
        return f"{RegistryEntry.Source(self.source).label}名单"

    @property
    def basis(self) -> str:
        """Say what the denominator is."""
        on = f"（名单日期 {self.listed_on}）" if self.listed_on else ""
        return (
            f"分母为{self.name}{on} {self.listed:,} 户（写明注销、吊销、停业的不计），"
            f"不是我方底数 {self.known:,} 户"
        )

    def rate(self, key: str) -> float | None:
        """Return a rate; None where there is no list."""
        return self.counted[key] / self.listed if self.listed else None


def require_whole(place: Grid | City) -> None:
    """Refuse what a list does not name. Raises NotByList."""
    if isinstance(place, Grid) and not place.is_root:
        raise NotByList(
            f"部门名单按区县汇总，没有写明网格，不能作“{place}”的分母，请选择区县或地市。"
        )


def against(
    place: Grid | City, source: str, on: date, *, user: User, children: bool = False
) -> Against:
    """Return what we cover of a department's list. Raises NotByList."""
    require_whole(place)
    districts = list(coverage.districts_of(place))
    if isinstance(place, Grid):
        return _of(place, source, on, user)
    parts = [_of(district, source, on, user) for district in districts]
    days = [one.listed_on for one in parts if one.listed_on]
    return Against(
        place=place,
        source=source,
        listed=sum(one.listed for one in parts),
        listed_on=min(days, default=None),
        known=sum(one.known for one in parts),
        matched=sum(one.matched for one in parts),
        counted={key: sum(one.counted[key] for one in parts) for key in RATES},
        children=parts if children else (),
    )


def _of(district: Grid, source: str, on: date, user: User) -> Against:
    entries = RegistryEntry.objects.of(district, source).standing()
    first = entries.order_by("listed_on").values_list("listed_on", flat=True).first()
    mine = known_units(district, on)
    return Against(
        place=district,
        source=source,
        listed=entries.count(),
        listed_on=first,
        known=mine.count(),
        matched=_listed(mine, entries).count(),
        counted={
            key: _listed(
                unit_rows(user, district, on, rate=key, part="numerator"), entries
            ).count()
            for key in RATES
        },
    )


def _listed(units: QuerySet[Placement], entries: Any) -> QuerySet[Placement]:
    """Keep the units that a list has: by code, by name where one has no code."""
    code = entries.filter(uscc=OuterRef("enterprise__uscc"))
    name = entries.filter(name_key=OuterRef("enterprise__name_key"))
    return units.filter(
        Exists(code)
        | Exists(name.filter(uscc=None))
        | (Q(enterprise__uscc=None) & Exists(name))
    )


def as_json(found: Against) -> dict[str, Any]:
    """Return the document of `coverage --against`."""
    return {
        "denominator": f"list:{found.source}",
        "basis": found.basis,
        "rows": [_row(one) for one in (found, *found.children)],
    }


def _row(one: Against) -> dict[str, Any]:
    return {
        "code": one.place.code,
        "name": one.place.name,
        "listed": one.listed,
        "listed_on": one.listed_on.isoformat() if one.listed_on else None,
        "known": one.known,
        "matched": one.matched,
        **one.counted,
        "rates": {key: one.rate(key) for key in RATES},
    }
