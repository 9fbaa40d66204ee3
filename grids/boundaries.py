"""Boundaries as files and as geometry: reading, converting, checking, measuring.

All outlines are kept in WGS-84 degrees, longitude first. CGCS2000 differs from it by
centimetres and is taken as equal; GCJ-02, the datum of Chinese street maps, is not.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias
from xml.etree.ElementTree import (
    Element,
    ParseError,
)

import numpy as np
import shapely
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry

MAX_BYTES = 20 * 1024 * 1024
MAX_POINTS = 20_000  # of one outline; a district surveyed every metre has fewer
MAX_ALL_POINTS = 300_000  # of one file
MAX_OUTLINES = 5_000
GRAIN = 1e-7  # degrees: a centimetre, finer than any survey
LONGITUDES, LATITUDES = (73.0, 136.0), (3.0, 54.0)  # China, islands included

CODE_KEYS = ("code", "grid_code", "编码", "网格编码", "GRIDCODE", "CODE")
NAME_KEYS = ("name", "名称", "网格名称", "NAME")

Area: TypeAlias = Polygon | MultiPolygon
Ring = list[list[float]]


class Datum(StrEnum):
    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"


class Fault(ValueError):
    """A file or outline that cannot be used: one Chinese sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One outline of a file, in WGS-84, with the code and name written beside it."""

    code: str
    name: str
    area: Area


# --- files ----------------------------------------------------------------------------


def read_outlines(content: bytes, datum: Datum) -> list[Outline]:
    """Read a GeoJSON or KML file, whichever it is. Raises Fault."""
    if not content.strip():
        raise Fault("文件是空的，请重新导出边界后上传。")
    if len(content) > MAX_BYTES:
        raise Fault(
            f"文件超过 {MAX_BYTES // 2**20} MB，请简化边界或按街道分成几个文件。"
        )
    text = _decoded(content).strip()
    if text.startswith("<"):
        found = list(_kml(text))
    elif text.startswith(("{", "[")):
        found = list(_geojson(text, datum))
    else:
        raise Fault("文件既不是 GeoJSON 也不是 KML，请从绘图软件导出为其中一种。")
    if not found:
        raise Fault("文件中没有边界，请确认导出时选中了面图层。")
    if len(found) > MAX_OUTLINES:
        raise Fault(f"文件中的边界超过 {MAX_OUTLINES:,} 个，请分成几个文件上传。")
    total = sum(_points_of(polygons) for _, _, polygons in found)
    if total > MAX_ALL_POINTS:
        raise Fault(
            f"文件共有 {total:,} 个点，超过 {MAX_ALL_POINTS:,} 个，"
            "请在绘图软件中简化边界后再上传。"
        )
    return [
        Outline(code, name, checked_area(polygons, datum, named=name or code))
        for code, name, polygons in found
    ]


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Fault("文件的文字编码无法识别，请另存为 UTF-8 后上传。")


Found = tuple[str, str, list[list[Ring]]]  # code, name, polygons of rings


def _geojson(text: str, datum: Datum) -> Iterator[Found]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise Fault("GeoJSON 文件不完整或格式有误，请重新导出。") from None
    if not isinstance(document, dict):
        raise Fault("GeoJSON 的最外层应为对象，请重新导出。")
    _require_system(document, datum)
    if document.get("type") == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list):
            raise Fault("GeoJSON 的要素集合缺少要素列表，请重新导出。")
    else:
        features = [document]
    for feature in features:
        yield _feature(feature)


def _require_system(document: dict, datum: Datum) -> None:
    """Refuse a coordinate system that is not the one the user said.

    The old form of GeoJSON could name one; today's is always WGS-84.
    """
    crs = document.get("crs")
    words = json.dumps(crs, ensure_ascii=False) if crs else ""
    if words and not re.search(r"CRS84|4326|4490", words):
        raise Fault("文件使用投影坐标系，请在绘图软件中转换为经纬度后再导出。")
    if words and datum == Datum.GCJ02:
        named = "CGCS2000" if "4490" in words else "WGS-84"
        raise Fault(
            f"文件写明坐标系是 {named}，与所选的 GCJ-02 不符，请核对后重新选择。"
        )


def _feature(feature: Any) -> Found:
    if not isinstance(feature, dict):
        raise Fault("GeoJSON 中有要素不是对象，请重新导出。")
    properties: Any = {}
    if feature.get("type") == "Feature":
        properties = feature.get("properties") or {}
        feature = feature.get("geometry")
    if not isinstance(feature, dict) or not isinstance(properties, dict):
        raise Fault("GeoJSON 中有要素没有图形，请删去空要素后重新导出。")
    coordinates = feature.get("coordinates")
    polygons: Any
    match feature.get("type"):
        case "Polygon":
            polygons = [coordinates]
        case "MultiPolygon":
            polygons = coordinates
        case other:
            raise Fault(f"边界必须是面，文件中有“{other}”，请改用面图层导出。")
    code, name = _first(properties, CODE_KEYS), _first(properties, NAME_KEYS)
    if not isinstance(polygons, list) or not polygons:
        raise Fault(f"{_named(name or code)}没有坐标，请补画后重新导出。")
    return code, name, [_rings(polygon, name or code) for polygon in polygons]


def _first(properties: dict, keys: tuple[str, ...]) -> str:
    for key in keys:
        if (value := properties.get(key)) not in (None, ""):
            return str(value).strip()[:60]
    return ""


def _rings(polygon: Any, named: str) -> list[Ring]:
    if not isinstance(polygon, list) or not polygon:
        raise Fault(f"{_named(named)}没有坐标，请补画后重新导出。")
    rings = []
    for ring in polygon:
        if not isinstance(ring, list):
            raise Fault(f"{_named(named)}的坐标层次有误，请重新导出。")
        rings.append([_position(position, named) for position in ring])
    return rings


def _position(position: Any, named: str) -> list[float]:
    if isinstance(position, list) and len(position) >= 2:
        x, y = position[:2]
        good = all(type(one) in (int, float) and math.isfinite(one) for one in (x, y))
        if good:
            return [float(x), float(y)]
    raise Fault(f"{_named(named)}有坐标不是数字，请重新导出。")


def _kml(text: str) -> Iterator[Found]:
    text = re.sub(r"^<\?xml[^>]*\?>", "", text)  # it is decoded already
    try:
        root = fromstring(text, forbid_dtd=True)
    except DefusedXmlException:
        raise Fault(
            "KML 文件含有文档类型或实体声明，为安全起见不予读取，请重新导出。"
        ) from None
    except (ParseError, RecursionError):
        raise Fault("KML 文件不完整或格式有误，请重新导出。") from None
    if _tag(root) != "kml":
        raise Fault("文件不是 KML，请从绘图软件导出为 KML 或 GeoJSON。")
    marks = [one for one in root.iter() if _tag(one) == "Placemark"]
    shapes = {"Polygon", "Point", "LineString", "LinearRing"}
    for mark in marks:
        drawn = [one for one in mark.iter() if _tag(one) in shapes]
        polygons = [one for one in drawn if _tag(one) == "Polygon"]
        name = _text(mark, "name")
        code = _kml_code(mark) or (name if re.fullmatch(r"\d{6,20}", name) else "")
        if drawn and not polygons:
            raise Fault(f"边界必须是面，{_named(name)}是点或线，请改用面导出。")
        if polygons:
            rings = [_kml_rings(polygon, name) for polygon in polygons]
            yield code, name, rings


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Element, tag: str) -> str:
    found = next((one for one in element if _tag(one) == tag), None)
    return (found.text or "").strip()[:60] if found is not None else ""


def _kml_code(mark: Element) -> str:
    for one in mark.iter():
        if one.get("name") in CODE_KEYS:
            if _tag(one) == "SimpleData":
                return (one.text or "").strip()
            if _tag(one) == "Data":
                return _text(one, "value")
    return ""


def _kml_rings(polygon: Element, named: str) -> list[Ring]:
    outer, inner = [], []
    for boundary in polygon:
        rings = [
            _kml_ring(one.text or "", named)
            for one in boundary.iter()
            if _tag(one) == "coordinates"
        ]
        if _tag(boundary) == "outerBoundaryIs":
            outer += rings
        elif _tag(boundary) == "innerBoundaryIs":
            inner += rings
    if len(outer) != 1:
        raise Fault(f"{_named(named)}没有外边界，请补画后重新导出。")
    return [*outer, *inner]


def _kml_ring(text: str, named: str) -> Ring:
    try:
        ring = [[float(n) for n in one.split(",")[:2]] for one in text.split()]
    except ValueError:
        raise Fault(f"{_named(named)}有坐标不是数字，请重新导出。") from None
    if any(len(one) != 2 or not all(map(math.isfinite, one)) for one in ring):
        raise Fault(f"{_named(named)}有坐标不是数字，请重新导出。")
    return ring


# --- points that somebody types or draws ----------------------------------------------

HOLE = "孔"  # on a line of its own: the ring below it is a hole of the part above


def points_text(area: Area) -> str:
    """Return an area as lines of “longitude, latitude”, its rings set apart."""
    rings = []
    for part in polygons_of(area):
        rings.append(_lines(part.exterior.coords))
        rings += [f"{HOLE}\n{_lines(inner.coords)}" for inner in part.interiors]
    return "\n\n".join(rings)


def _lines(coords: Any) -> str:
    return "\n".join(f"{x:.7f}, {y:.7f}" for x, y in list(coords)[:-1])


def read_points(text: str) -> Area:
    """Read what `points_text` writes, in WGS-84; a ring need not be closed.

    Raises Fault.
    """
    polygons = _typed_polygons(text)
    if not polygons:
        raise Fault("还没有任何点，请在图上画出边界，或逐行填写各点坐标。")
    for ring in (one for rings in polygons for one in rings):
        if ring and ring[0] != ring[-1]:
            ring.append(ring[0])
    return checked_area(polygons, Datum.WGS84)


def _typed_polygons(text: str) -> list[list[Ring]]:
    polygons: list[list[Ring]] = []
    ring: Ring | None = None
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if not words:
            ring = None
        elif words == HOLE:
            if not polygons:
                raise Fault(f"第 {number} 行的“{HOLE}”之前没有边界，请先写外边界的点。")
            polygons[-1].append(ring := [])
        else:
            if ring is None:
                polygons.append([ring := []])
            ring.append(_typed_position(words, number))
    return polygons


def _typed_position(words: str, number: int) -> list[float]:
    try:
        x, y = (float(one) for one in re.split(r"[\s,，;；]+", words) if one)
    except ValueError:
        raise Fault(
            f"第 {number} 行不是一个点，请按“113.65, 34.75”的写法填写经度和纬度。"
        ) from None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise Fault(f"第 {number} 行有坐标不是数字，请改正后再保存。")
    return [x, y]


# --- one outline ----------------------------------------------------------------------


def _named(name: str) -> str:
    return f"“{name}”的边界" if name else "边界"


def _points_of(polygons: list[list[Ring]]) -> int:
    return sum(len(ring) for rings in polygons for ring in rings)


def checked_area(polygons: list[list[Ring]], datum: Datum, *, named: str = "") -> Area:
    """Return rings in degrees as an area in WGS-84. Raises Fault."""
    who = _named(named)
    if (points := _points_of(polygons)) > MAX_POINTS:
        raise Fault(
            f"{who}有 {points:,} 个点，超过 {MAX_POINTS:,} 个，"
            "请在绘图软件中简化边界后再上传。"
        )
    for ring in (ring for rings in polygons for ring in rings):
        if len(ring) < 4 or ring[0] != ring[-1]:
            raise Fault(f"{who}没有闭合，请让首尾两点重合，且至少有三个不同的点。")
        _require_china(ring, who)
    area = MultiPolygon([Polygon(rings[0], rings[1:]) for rings in polygons])
    _require_valid(area, who)
    if datum == Datum.GCJ02:
        area = shifted(area, back=True)
    area = shapely.set_precision(area, GRAIN)
    if area.is_empty or not area.area:
        raise Fault(f"{who}没有面积，请检查各点是否落在一条线上。")
    return single(area)


def _require_china(ring: Ring, who: str) -> None:
    xs, ys = [one[0] for one in ring], [one[1] for one in ring]
    if _inside(xs, LONGITUDES) and _inside(ys, LATITUDES):
        return
    if _inside(ys, LONGITUDES) and _inside(xs, LATITUDES):
        raise Fault(f"{who}的经度和纬度颠倒了，请改为经度在前、纬度在后。")
    if max(map(abs, xs + ys)) > 360:
        raise Fault(f"{who}的坐标不是经纬度而像投影坐标，请转换为经纬度（度）再导出。")
    raise Fault(f"{who}不在中国境内，请核对坐标系和坐标顺序。")


def _inside(values: list[float], limits: tuple[float, float]) -> bool:
    return limits[0] <= min(values) and max(values) <= limits[1]


def _require_valid(area: MultiPolygon, who: str) -> None:
    reason = shapely.is_valid_reason(area)
    if reason == "Valid Geometry":
        return
    place = re.search(r"\[(\S+) (\S+)\]", reason)
    where = ""
    if place:
        where = f"在经度 {float(place[1]):.5f}、纬度 {float(place[2]):.5f} 处"
    if "Self-intersection" in reason:
        raise Fault(f"{who}{where}自相交，请在绘图软件中修正该处后重新上传。")
    if "Too few points" in reason:
        raise Fault(f"{who}没有面积，请检查各点是否落在一条线上。")
    raise Fault(f"{who}{where}图形无效（环重叠或内环越出外环），请修正后重新上传。")


def single(area: BaseGeometry) -> Area:
    """Return what has one part as that part, its rings in the order of RFC 7946."""
    parts = [
        shapely.orient_polygons(one) for one in polygons_of(area) if not one.is_empty
    ]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def polygons_of(area: BaseGeometry) -> list[Polygon]:
    """Return the polygons of a geometry; points and lines are left out."""
    parts = [shapely.get_parts(area)] if not area.is_empty else []
    found = []
    for part in (one for group in parts for one in group):
        if part.geom_type == "Polygon":
            found.append(part)
        elif hasattr(part, "geoms"):
            found += polygons_of(part)
    return found


MOST_SNAPPED = 5_000_000  # pairs of points: about a second


def with_nodes(areas: Mapping[int, Area]) -> dict[int, Area]:
    """Give each area the points of the others that lie on its edges.

    Whoever draws along an edge then finds its corners with the mouse.
    """
    points = shapely.points(shapely.get_coordinates(list(areas.values())))
    tree = shapely.STRtree(points)
    noded = {}
    for key, area in areas.items():
        near = tree.query(area.boundary, predicate="dwithin", distance=2 * GRAIN)
        corners = shapely.multipoints(points[near])
        if len(near) * shapely.get_num_coordinates(area) <= MOST_SNAPPED:
            noded[key] = single(shapely.snap(area, corners, 2 * GRAIN))
        else:
            noded[key] = area
    return noded


def united(areas: Iterable[Area]) -> Area:
    """Return the union of areas; the grain closes hairline gaps between neighbours."""
    whole = shapely.union_all(list(areas), grid_size=GRAIN)
    parts = [one for one in getattr(whole, "geoms", [whole]) if one.area]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def to_json(area: Area) -> dict:
    """Return an area as a GeoJSON geometry."""
    return json.loads(shapely.to_geojson(area))


def from_json(geometry: dict) -> Area:
    """Return an area from the GeoJSON geometry that `to_json` made."""
    return shape(geometry)


# --- measures -------------------------------------------------------------------------

_SEMI_MAJOR, _FLATTENING = 6_378_137.0, 1 / 298.257223563  # WGS-84
_E2 = _FLATTENING * (2 - _FLATTENING)
_E = math.sqrt(_E2)

# What pages and papers say about figures in square metres.
PROJECTION = "WGS-84 椭球等积圆柱投影，标准纬线取该区域中心纬度"


def in_metres(area: BaseGeometry, latitude: float) -> BaseGeometry:
    """Project degrees to metres, true to area everywhere, to shape near a latitude.

    The cylindrical equal-area projection of the ellipsoid. Source: J. P. Snyder, Map
    Projections, USGS Professional Paper 1395 (1987), equations 3-12 and 10-13 to 10-15.
    """
    sine = math.sin(math.radians(latitude))
    scale = math.cos(math.radians(latitude)) / math.sqrt(1 - _E2 * sine**2)

    def project(points: np.ndarray) -> np.ndarray:
        s = np.sin(np.radians(points[:, 1]))
        q = (1 - _E2) * (
            s / (1 - _E2 * s**2) - np.log((1 - _E * s) / (1 + _E * s)) / (2 * _E)
        )
        x = _SEMI_MAJOR * scale * np.radians(points[:, 0])
        return np.column_stack([x, _SEMI_MAJOR * q / (2 * scale)])

    return shapely.transform(area, project)


def square_metres(area: BaseGeometry) -> float:
    """Return the area of degrees on the ellipsoid in square metres."""
    if area.is_empty:
        return 0.0
    return float(in_metres(area, _middle_latitude(area)).area)


def mean_width(area: BaseGeometry) -> float:
    """Return in metres how wide a long thin area is on average."""
    flat = in_metres(area, _middle_latitude(area))
    return float(2 * flat.area / flat.length) if flat.length else 0.0


def _middle_latitude(area: BaseGeometry) -> float:
    _, south, _, north = area.bounds
    return (south + north) / 2


def place_of(area: BaseGeometry) -> tuple[float, float]:
    """Return a point (longitude, latitude) inside an area, near its middle."""
    centre = area.centroid
    point = centre if area.contains(centre) else area.representative_point()
    return round(point.x, 6), round(point.y, 6)


# --- GCJ-02 ---------------------------------------------------------------------------

_GCJ_A, _GCJ_E2 = 6_378_245.0, 0.00669342162296594323  # Krasovsky 1940


def gcj02_from_wgs84(points: np.ndarray) -> np.ndarray:
    """Shift points as Chinese street maps do, by the formula known since 2010."""
    x, y = points[:, 0] - 105.0, points[:, 1] - 35.0
    root, pi = np.sqrt(np.abs(x)), np.pi
    wave = 20 * np.sin(6 * x * pi) + 20 * np.sin(2 * x * pi)
    north = -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * root
    north += (wave + 20 * np.sin(y * pi) + 40 * np.sin(y / 3 * pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * pi) + 320 * np.sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * root
    east += (wave + 20 * np.sin(x * pi) + 40 * np.sin(x / 3 * pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * pi) + 300 * np.sin(x / 30 * pi)) * 2 / 3
    latitude = np.radians(points[:, 1])
    magic = 1 - _GCJ_E2 * np.sin(latitude) ** 2
    north = np.degrees(north / (_GCJ_A * (1 - _GCJ_E2) / magic**1.5))
    east = np.degrees(east / (_GCJ_A / np.sqrt(magic) * np.cos(latitude)))
    return np.column_stack([points[:, 0] + east, points[:, 1] + north])


def shifted(area: Area, *, back: bool = False) -> Area:
    """Return an area shifted as Chinese street maps do, or back from there."""
    move = wgs84_from_gcj02 if back else gcj02_from_wgs84
    return shapely.transform(area, move)


def wgs84_from_gcj02(points: np.ndarray) -> np.ndarray:
    """Undo the shift; five steps bring the error below a millimetre."""
    guess = points
    for _ in range(5):
        guess = guess - (gcj02_from_wgs84(guess) - points)
    return guess
