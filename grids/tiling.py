"""Do the parts of an area cover it without gap and overlap (无缝无重)?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain

import shapely
from shapely import STRtree
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from grids.boundaries import (
    GRAIN,
    Area,
    mean_width,
    place_of,
    polygons_of,
    square_metres,
)

SLIVER = 2.0  # metres: what is narrower on average is a fault of drawing
NEGLIGIBLE = 0.5  # square metres: nothing smaller can be seen, drawn or rounded away
HAIR = 0.02  # metres: coordinates are rounded to a centimetre, on both sides of a line


class Kind(StrEnum):
    GAP = "gap"
    OVERLAP = "overlap"
    BEYOND = "beyond"
    UNIT = "unit"


LABELS = {
    Kind.GAP: "空白",
    Kind.OVERLAP: "重叠",
    Kind.BEYOND: "越界",
    Kind.UNIT: "单位不在本网格",
}


@dataclass(frozen=True, slots=True)
class Spot:
    """A unit with its place (longitude, latitude) and the part it belongs to."""

    key: int
    name: str
    place: tuple[float, float]
    part: int


@dataclass(frozen=True, slots=True)
class Fault:
    """One piece that is wrong: which parts it is about, how large it is, and where.

    A sliver is a gap, overlap or excess that is narrow all along. Of a unit, `parts`
    are its own grid and the one in which it lies, if any. A gap belongs to nobody:
    `beside` are the parts that it touches.
    """

    kind: Kind
    parts: tuple[int, ...]
    square_metres: float
    place: tuple[float, float]
    is_sliver: bool = False
    unit: Spot | None = None
    piece: Area | None = None
    beside: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        return f"碎缝（{LABELS[self.kind]}）" if self.is_sliver else LABELS[self.kind]


@dataclass(frozen=True, slots=True)
class Tiling:
    """What the check of one area found; areas in square metres."""

    whole: float
    parts: float  # the sum over the parts: what overlaps counts twice
    faults: tuple[Fault, ...]
    spots: int

    @property
    def is_sound(self) -> bool:
        return not self.faults

    def of(self, kind: Kind) -> list[Fault]:
        return [fault for fault in self.faults if fault.kind == kind]

    def area_of(self, kind: Kind) -> float:
        return sum(fault.square_metres for fault in self.of(kind))


def tiling_of(
    whole: Area, parts: Mapping[int, Area], spots: Iterable[Spot] = ()
) -> Tiling:
    """Find gaps, overlaps, what lies beyond the whole, and units outside their part."""
    spots = list(spots)
    keys, areas = list(parts), list(parts.values())
    tree = STRtree(areas)
    covered = shapely.union_all(areas)
    faults = chain(
        _gaps(keys, tree, whole.difference(covered)),
        _overlaps(keys, areas, tree),
        *(
            _pieces(Kind.BEYOND, (key,), area.difference(whole))
            for key, area in parts.items()
        ),
        _strays(keys, areas, tree, spots),
    )
    order = list(Kind)
    return Tiling(
        whole=square_metres(whole),
        parts=sum(map(square_metres, areas)),
        faults=tuple(
            sorted(
                faults,
                key=lambda one: (order.index(one.kind), -one.square_metres, one.place),
            )
        ),
        spots=len(spots),
    )


def _pieces(kind: Kind, parts: tuple[int, ...], area: BaseGeometry) -> Iterable[Fault]:
    for piece in polygons_of(area):
        size, width = square_metres(piece), mean_width(piece)
        if size >= NEGLIGIBLE and width >= HAIR:
            narrow = width < SLIVER
            yield Fault(kind, parts, size, place_of(piece), narrow, piece=piece)


def _gaps(keys: list[int], tree: STRtree, area: BaseGeometry) -> Iterable[Fault]:
    for fault in _pieces(Kind.GAP, (), area):
        near = tree.query(fault.piece, predicate="dwithin", distance=2 * GRAIN)
        beside = tuple(keys[index] for index in sorted(near.tolist()))
        yield replace(fault, beside=beside)


def _overlaps(keys: list[int], areas: list[Area], tree: STRtree) -> Iterable[Fault]:
    if not areas:
        return
    lefts, rights = tree.query(areas, predicate="intersects")
    for left, right in zip(lefts.tolist(), rights.tolist(), strict=True):
        if left < right:
            common = areas[left].intersection(areas[right])
            yield from _pieces(Kind.OVERLAP, (keys[left], keys[right]), common)


def _strays(
    keys: list[int], areas: list[Area], tree: STRtree, spots: list[Spot]
) -> Iterable[Fault]:
    """Find the units that do not lie in their own part; its border still counts."""
    at = {key: index for index, key in enumerate(keys)}
    points = [Point(spot.place) for spot in spots]
    for spot, point in zip(spots, points, strict=True):
        if spot.part not in at or areas[at[spot.part]].intersects(point):
            continue
        found = tree.query(point, predicate="intersects").tolist()
        where = tuple(keys[index] for index in sorted(found)[:1])
        yield Fault(Kind.UNIT, (spot.part, *where), 0.0, spot.place, unit=spot)
