"""What a place has besides people and units: offices, boundaries, 四定, posters.

Each is counted as (grids or posts that have it, all of them), for the measures that a
plan names (grids.policy.words.MEASURES).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from grids.models import Boundary, Grid, Office, OfficeAsset, OfficeLeader, Posting
from grids.policy import PolicyValues
from grids.rules import wanted_office, wanted_premises
from grids.services.four_fixed import fixed_in
from reports.models import Hanging, Wall

Held = tuple[int, int]
Kinds = Mapping[int, str]  # the open grids of the place: key and kind


class Having(NamedTuple):
    """Which grids have something, which should, and of which anything is known."""

    has: set[int]
    of: set[int]
    known: set[int] | None = None  # None: of all

    def within(self, grids: Collection[int]) -> Held:
        """Count in some of the grids; nothing of nothing where nothing is known."""
        if self.known is not None and not self.known.intersection(grids):
            return 0, 0
        return len(self.has.intersection(grids)), len(self.of.intersection(grids))


def held_in(
    measures: Collection[str], kinds: Kinds, values: PolicyValues, on: date
) -> dict[str, Held]:
    """Return what the grids of a place have, by the measure that asks for it."""
    having = having_in(measures, kinds, values, on)
    found = {one: grids.within(kinds) for one, grids in having.items()}
    for measure in measures:
        name, _, rest = measure.partition(":")
        if count := _COUNTED.get(name):
            found[measure] = count(rest, kinds, values, on)
    return found


def having_in(
    measures: Collection[str], kinds: Kinds, values: PolicyValues, on: date
) -> dict[str, Having]:
    """Return which grids have something, of which, for measures that count grids.

    A number of queries that depends on the measures only.
    """
    found = {}
    for measure in measures:
        name, _, rest = measure.partition(":")
        if grids := _GRIDS.get(name):
            found[measure] = grids(rest, kinds, values, on)
    return found


def _standing(kind: str, grids: Collection[int], on: date) -> QuerySet[Office]:
    lasting = Q(closed_on=None) | Q(closed_on__gt=on)
    return Office.objects.filter(lasting, kind=kind, grid__in=grids, opened_on__lte=on)


def _of(where: str, kinds: Kinds) -> list[int]:
    wanted = set(where.split("+"))
    return [pk for pk, kind in kinds.items() if kind in wanted]


def _offices(rest: str, kinds: Kinds, values: PolicyValues, on: date) -> Having:
    office, _, where = rest.partition(":")
    grids = _of(where, kinds)
    having = _standing(office, grids, on).values_list("grid", flat=True)
    return Having(_keys(having), set(grids))


def _keys(found: Iterable[int | None]) -> set[int]:
    return {key for key in found if key is not None}


def _led(rest: str, kinds: Kinds, values: PolicyValues, on: date) -> Having:
    """Find the grids whose office of a kind has a leader on the day."""
    office, _, where = rest.partition(":")
    grids = _of(where, kinds)
    leaders = OfficeLeader.objects.on(on)
    led = leaders.filter(office__in=_standing(office, grids, on))
    return Having(_keys(led.values_list("office__grid", flat=True)), set(grids))


def _seated(
    kinds: Kinds, values: PolicyValues, on: date
) -> tuple[QuerySet, set[int], set[int]]:
    """Return the offices of a day, the grids that need or have one, those that have.

    A complaint point is a desk in somebody else's rooms, and counts for neither.
    """
    lasting = Q(closed_on=None) | Q(closed_on__gt=on)
    offices = Office.objects.filter(lasting, grid__in=list(kinds), opened_on__lte=on)
    offices = offices.exclude(kind=Office.Kind.COMPLAINT_POINT)
    wanting = {kind for kind in set(kinds.values()) if wanted_office(values, kind)}
    grids = {pk for pk, kind in kinds.items() if kind in wanting}
    having = _keys(offices.values_list("grid", flat=True))
    return offices, grids | having, having


def _sited(rest: str, kinds: Kinds, values: PolicyValues, on: date) -> Having:
    """Find the grids whose office has an address and an area that the plan accepts."""
    offices, grids, known = _seated(kinds, values, on)
    rows = offices.exclude(address="").exclude(square_metres=None)
    having = set()
    for grid, kind, area in rows.values_list("grid", "kind", "square_metres"):
        wanted = wanted_premises(values, kind)
        if wanted is None or wanted.holds(area):
            having.add(grid)
    return Having(having, grids, known)


def _equipped(rest: str, kinds: Kinds, values: PolicyValues, on: date) -> Having:
    """Find the grids whose office has a piece of equipment in use."""
    offices, grids, known = _seated(kinds, values, on)
    things = OfficeAsset.objects.on(on).filter(
        office__in=offices, kind=OfficeAsset.Kind.EQUIPMENT
    )
    return Having(_keys(things.values_list("office__grid", flat=True)), grids, known)


def _premises(rest: str, kinds: Kinds, values: PolicyValues, on: date) -> Held:
    """Count the offices of a kind whose area is noted and within what is wanted."""
    wanted = wanted_premises(values, rest)
    areas = _standing(rest, list(kinds), on).values_list("square_metres", flat=True)
    known = [area for area in areas if area is not None]
    fitting = sum(wanted.holds(area) for area in known) if wanted else 0
    return fitting, len(areas)


def _mapped(rest: str, kinds: Kinds, values: PolicyValues, on: date) -> Having:
    grids = _of(rest, kinds)
    drawn = Boundary.objects.on(on).filter(grid__in=grids)
    return Having(_keys(drawn.values_list("grid", flat=True)), set(grids))


def _fixed(rest: str, kinds: Kinds, values: PolicyValues, on: date) -> Held:
    """Count the posts that have all of 四定."""
    found = list(
        fixed_in(
            Posting.objects.filter(grid__in=kinds),
            Grid.objects.filter(pk__in=kinds),
            _districts(kinds),
            on,
        )
    )
    return sum(one.complete for one in found), sum(one.posts for one in found)


def _districts(kinds: Kinds) -> list[Grid]:
    """Return the trees that grids stand in."""
    keys = Grid.objects.filter(pk__in=kinds).values("district")
    return list(Grid.objects.filter(pk__in=keys))


def _walls(rest: str, kinds: Kinds, values: PolicyValues, on: date) -> Held:
    """Count the counted grids where all three posters hang."""
    grids = [pk for pk, kind in kinds.items() if kind in values.counted_kinds]
    hangs = Q(until=None) | Q(until__gt=on)
    rows = Hanging.objects.filter(hangs, grid__in=grids, since__lte=on)
    whole = rows.values("grid").annotate(n=Count("kind", distinct=True))
    return whole.filter(n=len(Wall)).count(), len(grids)


_GRIDS: Mapping[str, Callable[[str, Kinds, PolicyValues, date], Having]] = {
    "offices": _offices,
    "led": _led,
    "mapped": _mapped,
    "sited": _sited,
    "equipped": _equipped,
}
_COUNTED: Mapping[str, Callable[[str, Kinds, PolicyValues, date], Held]] = {
    "premises": _premises,
    "four_fixed": _fixed,
    "walls": _walls,
}
