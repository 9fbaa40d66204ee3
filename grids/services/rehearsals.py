"""What an act on the tree does to figures: it is done, looked at, and taken back.

So a preview shows what the act really does, and what refuses the act refuses its
preview in the same words.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from grids.models import Grid, GridPeriod

Figures = Mapping[str, int]  # by their names: {"底数": 12}

# What an upper app counts of a district on a day: {grid key: figures of what hangs
# directly on that grid}.
Source = Callable[[Grid, date], Mapping[int, Figures]]
_sources: list[Source] = []


def counts_on_grids(source: Source) -> Source:
    """Register what an upper app counts."""
    _sources.append(source)
    return source


@dataclass(frozen=True)
class Shift:
    """The figures of one place before and after an act; None where it is not there."""

    name: str
    before: Figures | None
    after: Figures | None

    def cells(self, names: Iterable[str]) -> list[tuple[str, bool]]:
        """Return each figure in words, and whether the act changes it."""
        return [self._cell(name) for name in names]

    def _cell(self, name: str) -> tuple[str, bool]:
        before, after = (
            None if figures is None else figures.get(name, 0)
            for figures in (self.before, self.after)
        )
        if before == after:
            return f"{after:,}", False
        words = ("—" if one is None else f"{one:,}" for one in (before, after))
        return " → ".join(words), True


@dataclass(frozen=True)
class Outlook:
    """What an act would do to the figures of a day."""

    on: date
    names: Sequence[str]
    shifts: Sequence[Shift]

    @property
    def rows(self) -> list[tuple[str, list[tuple[str, bool]]]]:
        return [(shift.name, shift.cells(self.names)) for shift in self.shifts]


def rehearse(
    act: Callable[[], Any], *, district: Grid, places: Sequence[Grid], on: date
) -> Outlook:
    """Do an act, note the figures of a day before and after, and take it all back.

    Of `places`, of the grids that the act returns, and of the district. Raises what the
    act raises.
    """
    with transaction.atomic():
        try:
            keys = [place.pk for place in places]
            before = _figures(district, [*keys, district.pk], on)
            made = _grids_of(act())
            fresh = [grid for grid in made if grid.pk not in {*keys, district.pk}]
            keys += [grid.pk for grid in fresh]
            after = _figures(district, [*keys, district.pk], on)
        finally:
            transaction.set_rollback(True)
    looked_at = [one for one in dict.fromkeys([*places, *fresh]) if one != district]
    looked_at.sort(key=lambda one: -one.level)  # the grids first, then what is above
    shifts = [Shift(one.name, before.get(one.pk), after[one.pk]) for one in looked_at]
    total = Shift(f"{district}合计", before[district.pk], after[district.pk])
    figures = [figures for found in (before, after) for figures in found.values()]
    names = list(dict.fromkeys(name for one in figures for name in one))
    return Outlook(on, names, [*shifts, total])


def _grids_of(result: Any) -> list[Grid]:
    results = result if isinstance(result, list) else [result]
    return [one for one in results if isinstance(one, Grid)]


def _figures(district: Grid, keys: Sequence[int], on: date) -> dict[int, Figures]:
    """Return the figures of places with all that stood below them on a day."""
    direct: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for source in _sources:
        for key, figures in source(district, on).items():
            for name, number in figures.items():
                direct[key][name] += number
    sums: dict[int, dict[str, int]] = {key: defaultdict(int) for key in keys}
    inside = GridPeriod.objects.stood_in(district.path, on).filter(grid__in=direct)
    for key, path in inside.values_list("grid", "path"):
        for above in {
            int(part) for part in path.strip("/").split("/")[1:]
        } & sums.keys():
            for name, number in direct[key].items():
                sums[above][name] += number
    return {key: dict(figures) for key, figures in sums.items()}
