"""Which grid a unit belongs to, and on what that rests. Pure: no database, no clock.

Coordinates go before house numbers, these before names in the address. Two grids that
fit equally well are a tie for a clerk to decide; nothing is ever guessed.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from shapely import STRtree
from shapely.geometry import Point

from grids.addresses import (
    Address,
    House,
    community_stem,
    flat,
    may_end_before,
    parse_address,
    parse_house,
    street_stem,
)
from grids.boundaries import Area
from grids.roads import Range


class Method(StrEnum):
    """What a placement rests on."""

    POINT = "point"
    ROAD = "road"
    NAME = "name"
    ALIKE = "alike"
    HAND = "hand"
    LIST = "list"
    TREE = "tree"
    NONE = ""


class Confidence(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = ""


METHODS = {
    Method.POINT: "坐标",
    Method.ROAD: "道路门牌",
    Method.NAME: "街道社区名称",
    Method.ALIKE: "同址先例",
    Method.HAND: "人工",
    Method.LIST: "名册",
    Method.TREE: "随网格变动",
    Method.NONE: "待确认",
}
CONFIDENCES = {Confidence.HIGH: "高", Confidence.MEDIUM: "中", Confidence.LOW: "低"}
AUTOMATIC = (Method.POINT, Method.ROAD, Method.NAME, Method.ALIKE)


@dataclass(frozen=True, slots=True)
class Place:
    """An open grid of the district. `is_upper` says: a street, town or park."""

    key: int
    name: str
    parent: int | None
    path: str
    is_upper: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a file says of where its unit is; `point` is longitude, latitude."""

    address: str = ""
    road: str = ""
    house_number: str = ""
    point: tuple[float, float] | None = None

    @property
    def key(self) -> str:
        """Return what two units at one place have in common, "" for nothing."""
        text = flat(f"{self.address}{self.road}{self.house_number}")
        if not text and self.point is None:
            return ""
        where = "{:.6f},{:.6f}".format(*self.point) if self.point else ""
        return f"{text}@{where}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a unit belongs, or between which grids a clerk has to decide.

    `is_contradicted` says: what is known of the unit does not go together.
    """

    grid: int | None
    method: Method
    confidence: Confidence
    reason: str
    candidates: tuple[int, ...] = ()
    is_contradicted: bool = False

    @property
    def is_tie(self) -> bool:
        return self.grid is None and len(self.candidates) > 1


def _open(
    reason: str, candidates: Iterable[int] = (), *, contradicted: bool = False
) -> Verdict:
    return Verdict(
        None, Method.NONE, Confidence.NONE, reason, tuple(candidates), contradicted
    )


@dataclass(frozen=True, slots=True)
class Precedent:
    """What a clerk decided about another unit at the same place."""

    grid: int
    words: str


class Ground:
    """A district on a day: its grids, their outlines, house numbers and names."""

    def __init__(
        self,
        *,
        district: int,
        places: Iterable[Place],
        areas: Mapping[int, Area],
        ranges: Iterable[Range],
        precedents: Mapping[str, Precedent] | None = None,
    ):
        self.places = {place.key: place for place in places}
        self.district = self.places[district]
        self.precedents = precedents or {}
        self._parents = {place.parent for place in self.places.values()}
        self._areas = {key: area for key, area in areas.items() if key in self.places}
        self._keys = list(self._areas)
        self._tree = STRtree([self._areas[key] for key in self._keys])
        self._roads: dict[str, list[Range]] = defaultdict(list)
        for one in ranges:
            if one.grid in self.places:
                self._roads[one.road].append(one)
        self._lengths = sorted({len(road) for road in self._roads}, reverse=True)
        self._names = _Names(self.places.values(), district)

    # --- the decision -----------------------------------------------------------------

    def decide(self, evidence: Evidence) -> Verdict:
        """Return the grid of a unit, or why a clerk must decide."""
        if evidence.point is None or not self._areas:
            verdict = self._by_text(evidence)
        else:
            verdict = self._by_point(evidence, evidence.point)
        if verdict.grid is None:
            return self._by_precedent(evidence) or verdict
        return verdict

    def _by_precedent(self, evidence: Evidence) -> Verdict | None:
        found = self.precedents.get(evidence.key) if evidence.key else None
        if found is None or found.grid not in self.places:
            return None
        return Verdict(
            found.grid, Method.ALIKE, Confidence.MEDIUM, f"与{found.words}位置相同"
        )

    def _by_point(self, evidence: Evidence, point: tuple[float, float]) -> Verdict:
        at = f"坐标 {point[0]:.6f}, {point[1]:.6f} "
        hit = self._tree.query(Point(point), predicate="intersects")
        found = self._deepest(self._keys[index] for index in hit.tolist())
        if len(found) > 1:
            return _open(f"{at}同时在{self._list(found)}的边界上或边界内", found)
        text = self._by_text(evidence)
        others = (text.grid,) if text.grid else text.candidates
        if not found:
            outside = self.district.key in self._areas
            where = f"{self.district.name}的边界" if outside else "任何网格的边界"
            if outside:
                reason = f"{at}不在{where}内，请核对坐标或办理迁出"
                return _open(reason, others, contradicted=True)
            return self._noted(text, f"{at}不在{where}内")
        place = self.places[found[0]]
        if place.key in self._parents:
            return self._inside(place, text, at)
        verdict = Verdict(
            place.key,
            Method.POINT,
            Confidence.HIGH,
            f"{at}在{self.full(place.key)}的边界内",
        )
        if text.grid and not self._agree(text.grid, place.key):
            doubt = f"；但{text.reason}，请留意"
            return replace(
                verdict, confidence=Confidence.MEDIUM, reason=verdict.reason + doubt
            )
        return verdict

    def _inside(self, place: Place, text: Verdict, at: str) -> Verdict:
        """Go on by text where the outline found is that of a street or district."""
        where = f"{at}在{self.full(place.key)}的边界内"
        if text.grid and not self._agree(text.grid, place.key):
            both = (place.key, text.grid)
            return _open(f"{where}，但{text.reason}", both, contradicted=True)
        if text.grid and self.places[text.grid].path.startswith(place.path):
            return self._noted(text, where)
        inside = self._within(text.candidates, place)
        if len(inside) > 1 or place.key == self.district.key:
            return self._noted(_open(text.reason, inside), where)
        return Verdict(
            place.key,
            Method.POINT,
            Confidence.MEDIUM,
            f"{where}，下级网格没有边界可以判定",
        )

    def _noted(self, verdict: Verdict, before: str) -> Verdict:
        return replace(verdict, reason=f"{before}；{verdict.reason}")

    # --- text -------------------------------------------------------------------------

    def _by_text(self, evidence: Evidence) -> Verdict:
        address = parse_address(evidence.address)
        known, house = self._road_of(evidence, address)
        named = self._names.find(address, known or address.road)
        said = f"“{known or flat(evidence.road) or address.road}{house}”"
        road = self._by_road(known, house, said, named) if house else _open("")
        if road.grid and named.grids and not self._any_agrees(road.grid, named.grids):
            doubt = f"；但地址写有{self._list(named.grids)}，请留意"
            return replace(road, confidence=Confidence.LOW, reason=road.reason + doubt)
        if road.grid or road.candidates:
            return road
        name = self._by_name(named)
        if name.grid or not road.reason:
            return name
        return self._noted(name, road.reason)

    def _by_road(self, road: str, house: House, said: str, named: "Named") -> Verdict:
        """Decide by the house numbers that grids have."""
        if not road:
            return _open(f"{said}所在道路没有登记门牌")
        both = {house.number, house.last}
        hits = [one for one in self._roads[road] if any(map(one.has, both))]
        grids = self._deepest(one.grid for one in hits)
        if len(grids) > 1 and named.grids:
            narrowed = [grid for grid in grids if self._any_agrees(grid, named.grids)]
            if len(narrowed) == 1:
                grids, said = narrowed, f"{said}（地址写有{self._list(named.grids)}）"
        if len(grids) == 1:
            (one, *_) = (one for one in hits if one.grid == grids[0])
            sure = house.is_plain and len(hits) == 1
            return Verdict(
                grids[0],
                Method.ROAD,
                Confidence.HIGH if sure else Confidence.MEDIUM,
                f"{said}在{self.full(grids[0])}的门牌“{_span(one)}”之内",
            )
        if grids:
            return _open(f"{said}同时在{self._list(grids)}的门牌之内", grids)
        return _open(f"{said}不在已登记的门牌之内")

    def _road_of(
        self, evidence: Evidence, address: Address
    ) -> tuple[str, House | None]:
        """Return a road that has ranges, "" for another one, and the house number."""
        if road := flat(evidence.road):
            house = parse_house(evidence.house_number) or address.house
            return (road if road in self._roads else ""), house
        if address.house is None:
            return "", None
        for length in self._lengths:
            road, rest = address.before[-length:], address.before[:-length]
            if road in self._roads and may_end_before(rest, self._names.all):
                return road, address.house
        return "", address.house

    def _by_name(self, named: "Named") -> Verdict:
        grids = self._deepest(named.grids)
        if len(grids) > 1:
            how = "对应" if named.is_stem else "写有"
            return _open(f"地址{how}{self._list(grids)}，不止一个", grids)
        if not grids:
            return _open("地址中没有可以对应的街道、社区名称")
        place = self.places[grids[0]]
        if place.key in self._parents:
            return Verdict(
                place.key,
                Method.NAME,
                Confidence.LOW,
                f"地址只写到“{place.name}”，没有社区",
            )
        if named.is_stem:
            reason = f"地址中的“{named.words}”去掉后缀后与{self.full(place.key)}一致"
            return Verdict(place.key, Method.NAME, Confidence.LOW, reason)
        reason = f"地址写有{self.full(place.key)}"
        return Verdict(place.key, Method.NAME, Confidence.MEDIUM, reason)

    # --- against what stands ----------------------------------------------------------

    def settle(self, verdict: Verdict, present: int, method: str) -> Verdict | None:
        """Weigh a verdict against where the unit is; None leaves everything as it is.

        What only says less than the present grid, or nothing, changes nothing there;
        a list's own word is not overruled by a resemblance of names.
        """
        if verdict.grid is None:
            silent = not verdict.candidates or any(
                self._lies_in(present, one) for one in verdict.candidates
            )
            is_leaf = present in self.places and present not in self._parents
            if silent and is_leaf and not verdict.is_contradicted:
                return None
            return verdict
        if verdict.grid != present and self._lies_in(present, verdict.grid):
            return None
        is_weak = verdict.confidence == Confidence.LOW
        if (
            is_weak
            and method == Method.LIST
            and present in self.places
            and not self._agree(verdict.grid, present)
        ):
            reason = f"名册写的是{self.full(present)}，但{verdict.reason}"
            both = (present, verdict.grid)
            return _open(reason, both, contradicted=True)
        return verdict

    def _lies_in(self, key: int, above: int) -> bool:
        place = self.places.get(key)
        return place is not None and place.path.startswith(self.places[above].path)

    # --- places -----------------------------------------------------------------------

    def full(self, key: int) -> str:
        """Return a grid's name in quotation marks, a community's with its street."""
        place = self.places[key]
        above = self.places.get(place.parent or 0)
        if place.is_upper or above is None or above.key == self.district.key:
            return f"“{place.name}”"
        return f"“{above.name}{place.name}”"

    def _list(self, keys: Iterable[int]) -> str:
        return "、".join(self.full(key) for key in list(keys)[:6])

    def _deepest(self, keys: Iterable[int]) -> list[int]:
        """Keep the grids that have no other one of these below them."""
        kept = list(dict.fromkeys(keys))
        paths = [self.places[key].path for key in kept]
        return [
            key
            for key, path in zip(kept, paths, strict=True)
            if not any(other != path and other.startswith(path) for other in paths)
        ]

    def _agree(self, one: int, other: int) -> bool:
        """Tell whether one grid is the other, or lies above or below it."""
        a, b = self.places[one].path, self.places[other].path
        return a.startswith(b) or b.startswith(a)

    def _any_agrees(self, one: int, others: Iterable[int]) -> bool:
        return any(self._agree(one, other) for other in others)

    def _within(self, keys: Sequence[int], place: Place) -> list[int]:
        return [key for key in keys if self.places[key].path.startswith(place.path)]


def _span(one: Range) -> str:
    side = {"odd": "单号", "even": "双号"}.get(one.parity, "")
    return f"{one.road} {one.first}-{one.last}{f' {side}' if side else ''}"


# --- names ----------------------------------------------------------------------------

_STREET_ENDS = "(?:街道办事处|街道办|办事处|街道|镇政府|乡政府|镇|乡)"
_COMMUNITY_ENDS = (
    "(?:社区居民委员会|社区居委会|居民委员会|居委会|村民委员会|村委会|社区|村)"
)


@dataclass(frozen=True, slots=True)
class Named:
    """The grids whose names stand in an address; of stems, `words` is what stands."""

    grids: tuple[int, ...] = ()
    is_stem: bool = False
    words: str = ""


class _Names:
    """The names of a district's grids, found in addresses."""

    def __init__(self, places: Iterable[Place], district: int):
        self._places = {place.key: place for place in places}
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._street_stems: dict[str, list[int]] = defaultdict(list)
        self._community_stems: dict[str, list[int]] = defaultdict(list)
        for place in self._places.values():
            if place.key == district:
                continue
            name = flat(place.name)
            self._exact[name].append(place.key)
            stem = street_stem(name) if place.is_upper else community_stem(name)
            if len(stem) > 1:
                stems = self._street_stems if place.is_upper else self._community_stems
                stems[stem].append(place.key)
        own = flat(self._places[district].name)
        self.all = {
            own,
            *self._exact,
            *self._street_stems,
            *self._community_stems,
        }
        self._full = _any_of(self._exact)
        self._streets = _any_of(self._street_stems, _STREET_ENDS)
        self._communities = _any_of(self._community_stems, _COMMUNITY_ENDS)
        self._own = own

    def find(self, address: Address, road: str) -> Named:
        """Return the grids that an address names: in full, else without suffix.

        `road` ends what stands before the house number.
        """
        text = address.before + address.after
        exact = self._hits(self._full, self._exact, text)
        streets = [key for key in exact if self._places[key].is_upper]
        lower = [key for key in exact if not self._places[key].is_upper]
        words = ""
        if not streets:
            streets = self._hits(self._streets, self._street_stems, text)
            words = self._said(self._streets, text)
        if lower:
            return Named(tuple(self._inside(lower, streets)))
        if stems := self._hits(self._communities, self._community_stems, text):
            words = self._said(self._communities, text)
        elif stems := self._bare(address, road):
            words = self._rest(address, road)
        grids = self._inside(stems, streets) if stems else streets
        return Named(tuple(grids), is_stem=bool(words), words=words)

    def _bare(self, address: Address, road: str) -> list[int]:
        """Return the communities whose bare name is all that stands before the road.

        大学路 is a road as well as a community's stem: alone it says nothing.
        """
        rest = self._rest(address, road)
        if rest.endswith(("路", "街", "巷", "弄", "道")):
            return []
        return self._community_stems.get(rest, [])

    def _rest(self, address: Address, road: str) -> str:
        """Return what is left before the road without district and street."""
        text = address.before.removesuffix(road)
        text = text.partition(self._own)[2] or text
        if self._full and (found := self._full.match(text)):
            text = text[found.end() :]
        if self._streets and (found := self._streets.match(text)):
            text = text[found.end() :]
        return text.strip("，,、 ")

    def _hits(
        self,
        pattern: re.Pattern[str] | None,
        names: Mapping[str, list[int]],
        text: str,
    ) -> list[int]:
        if pattern is None:
            return []
        found = (match[1] for match in pattern.finditer(text))
        return list(dict.fromkeys(key for name in found for key in names[name]))

    def _said(self, pattern: re.Pattern[str] | None, text: str) -> str:
        found = (match[0] for match in pattern.finditer(text)) if pattern else ()
        return "、".join(dict.fromkeys(found))

    def _inside(self, lower: list[int], streets: list[int]) -> list[int]:
        """Keep the communities that lie in a street named beside them.

        Where none does, the address contradicts itself: all of them are returned.
        """
        paths = [self._places[key].path for key in streets]
        inside = [
            key
            for key in lower
            if any(self._places[key].path.startswith(path) for path in paths)
        ]
        return inside or [*streets, *lower]


def _any_of(names: Iterable[str], after: str = "") -> re.Pattern[str] | None:
    """Return a pattern for any of the names, the longest first."""
    ordered = sorted(names, key=len, reverse=True)
    if not ordered:
        return None
    return re.compile(f"({'|'.join(map(re.escape, ordered))}){after}")
