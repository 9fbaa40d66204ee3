"""一路一册: the units of a place by road and house number, both sides of each road."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet

from enterprises.columns import survey_word
from enterprises.freshness import freshness_days
from enterprises.models import Enterprise, EnterpriseQuerySet
from enterprises.services.trials import GONE
from gridinspect.accounts.roles import POSTED_STAFF
from grids.addresses import (
    House,
    flat,
    may_end_before,
    parse_address,
    parse_house,
    road_in,
)
from grids.models import Grid, Posting, RoadRange
from grids.services.tree import initials

UNKNOWN = "未写明道路"


@dataclass(frozen=True, slots=True)
class Entry:
    """A unit at a door of a road."""

    key: int
    name: str
    house: House | None
    address: str
    grid: str
    headcount: int | None
    survey: str  # 已采集, 过期 or 未采集

    @property
    def door(self) -> str:
        return str(self.house) if self.house else ""

    @property
    def order(self) -> tuple[Any, ...]:
        return (
            *(self.house.key if self.house else (10**6, 0, "")),
            self.name,
            self.key,
        )


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a road with its grid and who is on post there."""

    grid: str
    numbers: str
    people: str


@dataclass(slots=True)
class Road:
    """A road of a place: its odd side, its even side, and doors without a number."""

    name: str
    odd: list[Entry] = field(default_factory=list)
    even: list[Entry] = field(default_factory=list)
    without: list[Entry] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.odd) + len(self.even) + len(self.without)

    @property
    def sides(self) -> list[tuple[str, list[Entry]]]:
        """Return the sides with their names; a side without a unit has its blanks."""
        sides = [("单号侧", self.odd), ("双号侧", self.even)]
        if self.name == UNKNOWN:
            sides = []
        if self.without:
            sides.append(("门牌号不详", self.without))
        return sides

    def put(self, entry: Entry) -> None:
        if entry.house is None:
            self.without.append(entry)
        else:
            (self.odd if entry.house.number % 2 else self.even).append(entry)


class RoadFinder:
    """Tells the road and the door of units, with the roads and names of a district."""

    def __init__(self, roads: Collection[str], names: Collection[str]):
        self.roads = set(roads)
        self.lengths = sorted({len(road) for road in roads}, reverse=True)
        self.names = frozenset(flat(name) for name in names)

    def find(self, address: str, road: str, number: str) -> tuple[str, House | None]:
        """Return (road, house); "" for a road that the file does not tell."""
        parsed = parse_address(address)
        if named := flat(road):
            return named, parse_house(number) or parsed.house
        if parsed.house is None:
            return "", None
        for length in self.lengths:
            tail, rest = parsed.before[-length:], parsed.before[:-length]
            if tail in self.roads and may_end_before(rest, self.names):
                return tail, parsed.house
        return road_in(parsed.before, self.names), parsed.house


def finder_of(place: Grid) -> RoadFinder:
    """Return what knows the roads and the names of places of a place's district."""
    district = place.district_id
    ranges = RoadRange.objects.filter(grid__district=district)
    grids = Grid.objects.filter(district=district)
    return RoadFinder(
        ranges.values_list("road", flat=True).distinct(),
        grids.values_list("name", flat=True),
    )


def roads_of(
    units: EnterpriseQuerySet, *, place: Grid, on: date, only: str | None = None
) -> list[Road]:
    """Return the roads of units that are still there, in the order of their names.

    `only` keeps one of them. What tells no road comes last.
    """
    finder = finder_of(place)
    district = place.district_id or place.pk  # a root is its own district
    days = freshness_days([district], on)[district]
    roads: dict[str, Road] = {}
    for unit in units.exclude(status__in=GONE).for_list().iterator(2000):
        address = unit.address or unit.registered_address
        name, house = finder.find(address, unit.road, unit.house_number)
        name = name or UNKNOWN
        if only is not None and name != only:
            continue
        road = roads.setdefault(name, Road(name))
        road.put(_entry(unit, house, address, on, days))
    for road in roads.values():
        for side in (road.odd, road.even, road.without):
            side.sort(key=lambda entry: entry.order)
    return sorted(roads.values(), key=_in_order)


def _entry(
    unit: Enterprise, house: House | None, address: str, on: date, days: int
) -> Entry:
    return Entry(
        key=unit.pk,
        name=unit.name,
        house=house,
        address=address,
        grid=unit.grid.name,
        headcount=unit.headcount,
        survey=survey_word(unit.last_surveyed, today=on, days=days),
    )


def road_counts(units: EnterpriseQuerySet, *, place: Grid) -> list[dict[str, Any]]:
    """Return how many units each road has, on which side; without fetching them all."""
    finder = finder_of(place)
    roads: dict[str, Road] = {}
    fields = ("pk", "address", "registered_address", "road", "house_number")
    for _key, address, registered, road, number in (
        units.exclude(status__in=GONE).values_list(*fields).iterator(5000)
    ):
        name, house = finder.find(address or registered, road, number)
        entry = Entry(0, "", house, "", "", None, "")
        roads.setdefault(name or UNKNOWN, Road(name or UNKNOWN)).put(entry)
    ranges: dict[str, set[str]] = defaultdict(set)
    held = RoadRange.objects.current().within(place)
    for name, grid in held.values_list("road", "grid__name"):
        ranges[name].add(grid)
    return [
        {
            "name": road.name,
            "units": road.count,
            "odd": len(road.odd),
            "even": len(road.even),
            "without": len(road.without),
            "grids": len(ranges[road.name]),
        }
        for road in sorted(roads.values(), key=_in_order)
    ]


def _in_order(road: Road) -> tuple[bool, str, str]:
    """Sort roads as a directory does, by initials; what tells no road comes last."""
    return road.name == UNKNOWN, initials(road.name), road.name


def add_stretches(roads: Iterable[Road], place: Grid, on: date) -> None:
    """Note for each road the grids it runs through, and who is on post there."""
    by_name = {road.name: road for road in roads}
    ranges = (
        RoadRange.objects.on(on)
        .within(place)
        .filter(road__in=by_name, grid__closed_on=None)
    )
    rows = list(ranges.select_related("grid__parent").order_by("first", "parity"))
    people = _people({row.grid_id for row in rows}, on)
    found: dict[tuple[str, int], list[RoadRange]] = defaultdict(list)
    for row in rows:
        found[row.road, row.grid_id].append(row)
    for (name, grid_id), held in found.items():
        numbers = "、".join(_numbers(row) for row in held)
        by_name[name].stretches.append(
            Stretch(held[0].grid.name, numbers, people.get(grid_id, "无人在岗"))
        )


def _numbers(row: RoadRange) -> str:
    side = "" if row.parity == RoadRange.Parity.ALL else row.get_parity_display()
    return f"{row.first}-{row.last}{side}"


def _people(grids: Collection[int], on: date) -> dict[int, str]:
    posts: QuerySet[Posting] = Posting.objects.on(on).filter(
        grid__in=grids, role__in=POSTED_STAFF
    )
    names: Mapping[int, dict[str, None]] = defaultdict(dict)
    for post in posts.select_related("person").order_by("role", "pk"):
        names[post.grid_id or 0][f"{post.person.name}（{post.get_role_display()}）"] = (
            None
        )
    return {grid: "、".join(found) for grid, found in names.items()}


def people_of(grid: Grid, on: date) -> str:
    """Return who is on post in one grid, in words."""
    return _people([grid.pk], on).get(grid.pk, "")


def with_blanks(entries: Sequence[Entry], every: int, end: int) -> list[Entry | None]:
    """Return the lines of a side: None is a blank one for what is found on the way.

    One after each `every` units, and `end` of them at the end.
    """
    lines: list[Entry | None] = []
    for number, entry in enumerate(entries, 1):
        lines.append(entry)
        if number % every == 0:
            lines.append(None)
    while lines and lines[-1] is None:
        lines.pop()
    return [*lines, *[None] * end]
