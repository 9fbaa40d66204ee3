"""What a place has besides people and units: offices, boundaries, 四定, posters.

Each is counted as (grids or posts that have it, all of them), for the measures that a
plan names (grids.policy.words.MEASURES).
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date

from django.db.models import Count, Q, QuerySet

from grids.models import Boundary, Grid, Office, OfficeLeader, Posting
from grids.policy import PolicyValues
from grids.rules import wanted_premises
from grids.services.four_fixed import fixed_in
from reports.models import Hanging, Wall

Held = tuple[int, int]
Kinds = Mapping[int, str]  # the open grids of the place: key and kind


def held_in(
    measures: Collection[str], kinds: Kinds, values: PolicyValues, on: date
) -> dict[str, Held]:
    """Return what the grids of a place have, by the measure that asks for it."""
    found = {}
    for measure in measures:
        name, _, rest = measure.partition(":")
        if count := _COUNTED.get(name):
            found[measure] = count(rest, kinds, values, on)
    return found


def _standing(kind: str, grids: Collection[int], on: date) -> QuerySet[Office]:
    lasting = Q(closed_on=None) | Q(closed_on__gt=on)
    return Office.objects.filter(lasting, kind=kind, grid__in=grids, opened_on__lte=on)


def _of(where: str, kinds: Kinds) -> list[int]:
    wanted = set(where.split("+"))
    return [pk for pk, kind in kinds.items() if kind in wanted]


def _offices(rest: str, kinds: Kinds, values: PolicyValues, on: date) -> Held:
    office, _, where = rest.partition(":")
    grids = _of(where, kinds)
    having = _standing(office, grids, on).values("grid").distinct().count()
    return having, len(grids)


def _led(rest: str, kinds: Kinds, values: PolicyValues, on: date) -> Held:
    """Count the grids whose office of a kind has a leader on the day."""
    office, _, where = rest.partition(":")
    grids = _of(where, kinds)
    leaders = OfficeLeader.objects.on(on)
    led = leaders.filter(office__in=_standing(office, grids, on))
    return led.values("office__grid").distinct().count(), len(grids)


def _premises(rest: str, kinds: Kinds, values: PolicyValues, on: date) -> Held:
    """Count the offices of a kind whose area is noted and within what is wanted."""
    wanted = wanted_premises(values, rest)
    areas = _standing(rest, list(kinds), on).values_list("square_metres", flat=True)
    known = [area for area in areas if area is not None]
    fitting = sum(wanted.holds(area) for area in known) if wanted else 0
    return fitting, len(areas)


def _mapped(rest: str, kinds: Kinds, values: PolicyValues, on: date) -> Held:
    grids = _of(rest, kinds)
    drawn = Boundary.objects.on(on).filter(grid__in=grids)
    return drawn.values("grid").distinct().count(), len(grids)


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


_COUNTED: Mapping[str, Callable[[str, Kinds, PolicyValues, date], Held]] = {
    "offices": _offices,
    "led": _led,
    "premises": _premises,
    "mapped": _mapped,
    "four_fixed": _fixed,
    "walls": _walls,
}
