"""Facts about units, from whoever knows them: cases, wages, surveys, visits, reviews.

Grades, grounds of key supervision and lists ask for facts by the keys of
`grids.policy.FACTS`. A room that knows some registers a supplier:

    @supplies_facts("punished", source="案件")
    def punished(units, since, until):
        return {unit_pk: Fact(2, (Ref("郑人社监立字〔2026〕第1号", url),)), …}

It gets a queryset of units and a period (both days included), asks a fixed number of
queries and leaves out the units of which there is nothing to say. A state (months of
arrears) is that of the last day. Register it in the room's `ui.py` or `apps.ready`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet

from enterprises.models import Enterprise
from grids.policy import FACTS, STATES

MOST_ROWS = 20  # references that are kept behind one figure of one unit


@dataclass(frozen=True, slots=True)
class Ref:
    """One row behind a figure; `permission` is what a person needs to be shown it."""

    label: str
    url: str = ""
    on: date | None = None
    permission: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the reference as it is kept beside a figure."""
        day = self.on.isoformat() if self.on else ""
        parts = {"label": self.label, "url": self.url, "on": day}
        return {k: v for k, v in (parts | {"perm": self.permission}).items() if v}


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure of one unit with the rows that it was counted from."""

    value: int
    rows: tuple[Ref, ...] = ()


Units = QuerySet[Enterprise]
Supplier = Callable[[Units, date, date], Mapping[int, Fact]]


@dataclass(frozen=True, slots=True)
class _Source:
    supplier: Supplier
    name: str


_SOURCES: dict[str, list[_Source]] = {}


def supplies_facts(*keys: str, source: str) -> Callable[[Supplier], Supplier]:
    """Register a supplier of facts; `source` is what evidence calls where they are."""
    for key in keys:
        if key not in FACTS:
            raise KeyError(key)

    def register(supplier: Supplier) -> Supplier:
        for key in keys:
            known = _SOURCES.setdefault(key, [])
            name = f"{supplier.__module__}.{supplier.__qualname__}"
            known[:] = [one for one in known if _name(one.supplier) != name]
            known.append(_Source(supplier, source))
        return supplier

    return register


def _name(supplier: Supplier) -> str:
    return f"{supplier.__module__}.{supplier.__qualname__}"


def known_keys() -> frozenset[str]:
    """Return the facts that somebody supplies; the others cannot be judged."""
    return frozenset(_SOURCES)


def sources_of(key: str) -> tuple[str, ...]:
    """Return where a fact is taken from, in words."""
    return tuple(dict.fromkeys(one.name for one in _SOURCES.get(key, ())))


@dataclass
class Figures:
    """The facts of many units: by key, then by unit. What is not there is 0."""

    by_key: dict[str, dict[int, Fact]] = field(default_factory=dict)

    def of(self, unit: int) -> dict[str, Fact]:
        """Return the facts of one unit that are not 0."""
        return {k: rows[unit] for k, rows in self.by_key.items() if unit in rows}

    def values(self, unit: int) -> dict[str, int]:
        """Return the figures alone, as rules want them."""
        return {k: rows[unit].value for k, rows in self.by_key.items() if unit in rows}

    @property
    def units(self) -> set[int]:
        """Return the units of which anything is known."""
        return {unit for rows in self.by_key.values() for unit in rows}


def facts_of(keys: Iterable[str], units: Units, *, since: date, until: date) -> Figures:
    """Return the facts of units in a period, each with the rows behind it.

    Of a count the suppliers' figures are added up; of a state the largest holds.
    """
    return Figures(
        {key: _fact(key, units, since, until) for key in dict.fromkeys(keys)}
    )


Asked = tuple[str, str, date, date]
_asked: ContextVar[dict[Asked, dict[int, Fact]] | None] = ContextVar(
    "asked", default=None
)


@contextmanager
def asking_once() -> Iterator[None]:
    """Ask for each fact of the same units and days only once, within the block."""
    token = _asked.set({})
    try:
        yield
    finally:
        _asked.reset(token)


def _fact(key: str, units: Units, since: date, until: date) -> dict[int, Fact]:
    known = _asked.get()
    if known is None:
        return _found(key, units, since, until)
    asked = key, str(units.query), since, until
    if asked not in known:
        known[asked] = _found(key, units, since, until)
    return known[asked]


def _found(key: str, units: Units, since: date, until: date) -> dict[int, Fact]:
    found: dict[int, Fact] = {}
    for source in _SOURCES.get(key, ()):
        for unit, fact in source.supplier(units, since, until).items():
            if fact.value <= 0:
                continue
            other = found.get(unit)
            found[unit] = _together(key, other, fact) if other else fact
    return found


def _together(key: str, one: Fact, other: Fact) -> Fact:
    rows = (*one.rows, *other.rows)
    if key in STATES:
        return Fact(max(one.value, other.value), rows)
    return Fact(one.value + other.value, rows)


def as_json(facts: Mapping[str, Fact]) -> dict[str, Any]:
    """Return the facts of a unit as they are kept beside a grade or an entry."""
    return {
        key: {
            "value": fact.value,
            "rows": [row.to_json() for row in fact.rows[:MOST_ROWS]],
        }
        for key, fact in facts.items()
    }


def values_in(kept: Mapping[str, Any]) -> dict[str, int]:
    """Return the figures of facts that were kept as JSON."""
    return {key: int(fact["value"]) for key, fact in kept.items()}
