"""What upper apps hang on grids: counted before an act, and moved along with it.

grids knows nothing of units or cases. Each app registers how many of its rows hang on a
place (`hangs_on_grids`), and how they go from one grid to another when a grid is split
or merged (`moves_with_grids`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Model, Q

from grids.models import Grid, Posting
from grids.services.guard import Refused

# Each counter returns (label, count) for a place, as ("户用人单位", 12). A grid that
# still carries something cannot be closed.
Counter = Callable[[Grid], tuple[str, int]]
_counters: list[Counter] = []


def hangs_on_grids(counter: Counter) -> Counter:
    """Register a counter of what an upper app hangs on grids."""
    _counters.append(counter)
    return counter


def carried_by(grid: Grid) -> list[tuple[str, int]]:
    """Return what hangs on a grid and below it today, posts included."""
    posted = Posting.objects.current().within(grid).count()
    return [("人在岗", posted), *(counter(grid) for counter in _counters)]


@dataclass(frozen=True)
class Facts:
    """Rows of one table that an act may change: to compare, and to put back.

    `fields` are compared; `of` is the field that leads to the grid.
    """

    label: str  # in words, after a count: 条岗位记录
    model: type[Model]
    fields: tuple[str, ...]
    of: str = "grid"
    put_back: bool = True

    @property
    def name(self) -> str:
        return f"{self.model._meta.label_lower}.{self.of}"

    def rows(self, grids: Collection[int]) -> dict[int, dict[str, Any]]:
        """Return the fields of the rows that hang on these grids, by key."""
        meta: Any = self.model._meta
        names = [meta.get_field(name).attname for name in self.fields]
        rows = self.model._base_manager.filter(**{f"{self.of}__in": list(grids)})
        return {row.pop("pk"): row for row in rows.order_by("pk").values("pk", *names)}


@dataclass(frozen=True)
class Reassignment:
    """From one grid to others, from a day on."""

    old: Grid
    to: Grid
    on: date
    chosen: Mapping[int, Grid] = field(default_factory=dict)  # by the row's own key
    heirs: Sequence[Grid] = ()  # all that take over, where there are several

    def targets(self) -> Iterable[tuple[Grid, Q]]:
        """Return each new grid with a condition on the key for what goes there."""
        others: dict[Grid, list[int]] = {}
        for key, grid in self.chosen.items():
            if grid != self.to:
                others.setdefault(grid, []).append(key)
        taken = [key for keys in others.values() for key in keys]
        yield self.to, ~Q(pk__in=taken)
        for grid, keys in others.items():
            yield grid, Q(pk__in=keys)

    def target(self, key: int) -> Grid:
        return self.chosen.get(key, self.to)


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that a person may send to a part of its own when a grid is split."""

    key: int
    name: str
    place: str  # its road with the house number, or its address

    def has(self, words: Iterable[str]) -> bool:
        """Tell whether one of the words is in its name or place."""
        return any(word in self.name or word in self.place for word in words)


class Mover:
    """How one kind of thing goes along when its grid is split or merged."""

    key: str  # names it in the mapping of the caller: units, posts
    facts: tuple[Facts, ...]

    def choices(self, grid: Grid) -> list[Choice]:
        """Return what hangs directly on a grid, to be chosen one by one."""
        return []

    def move(self, change: Reassignment) -> None:
        raise NotImplementedError


_movers: list[Mover] = []


def moves_with_grids(mover: type[Mover]) -> type[Mover]:
    """Register what an upper app moves when a grid is split or merged."""
    _movers.append(mover())
    return mover


def movers() -> list[Mover]:
    return list(_movers)


def choices_on(grid: Grid, key: str) -> list[Choice]:
    """Return what of one kind hangs directly on a grid, by its mover's key."""
    return [one for mover in _movers if mover.key == key for one in mover.choices(grid)]


def reassign_dated(
    rows, change: Reassignment, *, by: str
) -> tuple[list[Model], list[Model]]:
    """Send dated rows of a grid elsewhere from a day on; return those begun and kept.

    What began before the day ends there and begins again on the new grid; what began
    later has always been on the new one. `by` is the field whose key the caller chose.
    """
    lasting = list(
        rows.filter(grid=change.old).filter(Q(until=None) | Q(until__gt=change.on))
    )
    begun: list[Any] = []
    kept: list[Any] = []
    for row in lasting:
        row.grid = change.target(getattr(row, by))
        (begun if row.since < change.on else kept).append(row)
    rows.filter(pk__in=[row.pk for row in begun]).update(until=change.on)
    rows.bulk_update(kept, ["grid"], 1000)
    for row in begun:
        row.pk, row.since = None, change.on
        row._state.adding = True
    rows.bulk_create(begun, 1000)
    return begun, kept


@moves_with_grids
class Posts(Mover):
    """People on post go along; nobody holds the same post twice."""

    key = "posts"
    facts = (
        Facts(
            "条岗位记录",
            Posting,
            ("person", "role", "grid", "city", "since", "until"),
        ),
    )

    def move(self, change: Reassignment) -> None:
        lasting = Posting.objects.filter(grid=change.old).filter(
            Q(until=None) | Q(until__gt=change.on)
        )
        for post in lasting.order_by("pk"):
            grid = change.target(post.pk)
            twin = Posting.objects.filter(
                person=post.person_id, role=post.role, grid=grid
            ).filter(Q(until=None) | Q(until__gt=change.on))
            if post.until:
                twin = twin.filter(since__lt=post.until)
            if twin.exists():
                self._end(post, change.on)
            elif post.since < change.on:
                until = post.until
                self._end(post, change.on)
                post.pk, post.grid, post.since, post.until = (
                    None,
                    grid,
                    change.on,
                    until,
                )
                post.save(force_insert=True)
            else:
                post.grid = grid
                post.save(update_fields=["grid"])

    def _end(self, post: Posting, day: date) -> None:
        if post.since >= day:
            raise Refused(
                f"{post.person}在两处都有{post.get_role_display()}的岗位，请先结束其中一个。"
            )
        Posting.objects.filter(pk=post.pk).update(until=day)
