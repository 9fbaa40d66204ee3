import json

import numpy as np
import pytest
from shapely.geometry import MultiPolygon, Polygon, box

from grids import boundaries
from grids.boundaries import (
    Datum,
    Fault,
    gcj02_from_wgs84,
    mean_width,
    place_of,
    points_text,
    read_outlines,
    read_points,
    square_metres,
    wgs84_from_gcj02,
)

SQUARE = [[113.6, 34.7], [113.7, 34.7], [113.7, 34.8], [113.6, 34.8], [113.6, 34.7]]
BOW = [[113.6, 34.7], [113.7, 34.8], [113.7, 34.7], [113.6, 34.8], [113.6, 34.7]]
SWAPPED = [[y, x] for x, y in SQUARE]
KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>
<name>淮河路街道</name>
<ExtendedData><Data name="code"><value>410103001000</value></Data></ExtendedData>
<Polygon><outerBoundaryIs><LinearRing><coordinates>
113.6,34.7,0 113.7,34.7,0 113.7,34.8,0 113.6,34.8,0 113.6,34.7,0
</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"""
BOMB = """<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>
<kml><Placemark><name>&b;</name></Placemark></kml>"""


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def feature(geometry, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def read(document, datum=Datum.WGS84):
    if not isinstance(document, (bytes, str)):
        document = json.dumps(document)
    if isinstance(document, str):
        document = document.encode()
    return read_outlines(document, datum)


def circle(points):
    turns = np.linspace(0, 2 * np.pi, points, endpoint=False)
    ring = np.column_stack([113.6 + np.cos(turns) / 9, 34.7 + np.sin(turns) / 9])
    return [*ring.tolist(), ring[0].tolist()]


def test_a_geojson_polygon_is_read():
    (found,) = read(polygon(SQUARE))
    assert found.area.equals(box(113.6, 34.7, 113.7, 34.8))
    assert (found.code, found.name) == ("", "")


def test_a_feature_collection_keeps_codes_and_heights_are_dropped():
    deep = [[*point, 12.5] for point in SQUARE]
    one = feature(polygon(deep), code=410103001000, name="淮河路街道")
    two = feature({"type": "MultiPolygon", "coordinates": [[SQUARE]]}, 编码="x")
    found = read({"type": "FeatureCollection", "features": [one, two]})
    assert [outline.code for outline in found] == ["410103001000", "x"]
    assert found[0].name == "淮河路街道"
    assert found[1].area.geom_type == "Polygon"


def test_a_kml_file_is_read_with_its_code():
    (found,) = read(KML)
    assert found.code == "410103001000"
    assert found.area.equals(box(113.6, 34.7, 113.7, 34.8))


def test_a_hole_stays_a_hole():
    hole = [[113.64, 34.74], [113.64, 34.76], [113.66, 34.76], [113.64, 34.74]]
    (found,) = read(polygon(SQUARE, hole))
    assert len(found.area.interiors) == 1


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "文件是空的"),
        (b"  \n", "文件是空的"),
        (b"\xff\xfe\xff\xff\x80", "编码无法识别"),
        ("hello", "既不是 GeoJSON 也不是 KML"),
        ("{", "不完整"),
        ("[]", "最外层"),
        ("[" * 100_000, "不完整"),
        ({"type": "FeatureCollection"}, "缺少要素列表"),
        ({"type": "FeatureCollection", "features": []}, "没有边界"),
        ({"type": "FeatureCollection", "features": [3]}, "不是对象"),
        (feature(None), "没有图形"),
        (feature({"type": "Point", "coordinates": [113.6, 34.7]}), "必须是面"),
        (feature({"type": "LineString", "coordinates": SQUARE}), "必须是面"),
        (polygon(), "没有坐标"),
        ({"type": "Polygon"}, "没有坐标"),
        (polygon([]), "没有闭合"),
        (polygon([3]), "不是数字"),
        (polygon([["113.6", "34.7"]] * 4), "不是数字"),
        (polygon(SQUARE[:-1]), "没有闭合"),
        (polygon(BOW), "自相交"),
        (polygon(SWAPPED), "经度和纬度颠倒"),
        (polygon([[x * 100_000, y * 100_000] for x, y in SQUARE]), "投影坐标"),
        (polygon([[x - 100, y] for x, y in SQUARE]), "不在中国境内"),
        (polygon([SQUARE[0], SQUARE[1], SQUARE[1], SQUARE[0]]), "自相交|没有面积"),
        (polygon([SQUARE[0]] * 5), "没有面积"),
        ({"crs": {"properties": {"name": "EPSG:4527"}}, **polygon(SQUARE)}, "投影"),
        (polygon(circle(boundaries.MAX_POINTS + 1)), "简化边界"),
        (BOMB, "实体声明"),
        ("<kml><Placemark>", "不完整"),
        ("<html></html>", "不是 KML"),
        (KML.replace("Polygon", "LineString"), "必须是面"),
        (KML.replace("113.6,34.7,0", "113.6"), "不是数字"),
        (KML.replace("113.6,34.7,0", "a,b"), "不是数字"),
        (KML.replace("outerBoundaryIs", "innerBoundaryIs"), "没有外边界"),
        ("<kml></kml>", "没有边界"),
    ],
)
def test_a_bad_file_is_refused_with_one_sentence(document, words):
    with pytest.raises(Fault, match=words) as refusal:
        read(document)
    assert str(refusal.value).endswith("。")
    assert str(refusal.value).count("。") == 1


def test_a_million_points_are_refused_before_anything_is_made_of_them():
    ring = ",".join(["[113.6,34.7]"] * 1_000_000)
    with pytest.raises(Fault, match="共有 1,000,000 个点"):
        read(f'{{"type": "Polygon", "coordinates": [[{ring}]]}}')


def test_as_many_points_as_allowed_are_taken():
    (found,) = read(polygon(circle(boundaries.MAX_POINTS - 1)))
    assert found.area.is_valid


def test_gcj_02_moves_as_published():
    # The point that open-source converters are tested with, in Shanghai.
    moved = gcj02_from_wgs84(np.array([[121.5272106, 31.1774276]]))
    assert moved[0] == pytest.approx([121.531541859215, 31.17530398364597], abs=1e-8)


def test_gcj_02_comes_back_to_a_millimetre():
    points = np.array([[113.65, 34.73], [121.47, 31.23], [87.6, 43.8], [109.5, 18.25]])
    back = wgs84_from_gcj02(gcj02_from_wgs84(points))
    assert np.abs(back - points).max() < 1e-8


def test_a_gcj_02_outline_is_kept_in_wgs_84_and_a_cgcs2000_one_as_it_is():
    ring = gcj02_from_wgs84(np.array(SQUARE)).tolist()
    (moved,) = read(polygon(ring), Datum.GCJ02)
    assert moved.area.equals_exact(box(113.6, 34.7, 113.7, 34.8).normalize(), 1) is True
    assert moved.area.symmetric_difference(box(113.6, 34.7, 113.7, 34.8)).area < 1e-7
    (same,) = read(polygon(SQUARE), Datum.CGCS2000)
    assert same.area.equals(box(113.6, 34.7, 113.7, 34.8))


def test_areas_are_those_of_the_ellipsoid():
    # A zone of one degree by one degree: GeographicLib's closed form, in m².
    degree = box(113, 34, 114, 35)
    assert square_metres(degree) == pytest.approx(10_174_500_000, rel=2e-3)
    # Equal area means: what is cut in two has the area of both halves.
    halves = square_metres(box(113, 34, 114, 34.5)) + square_metres(
        box(113, 34.5, 114, 35)
    )
    assert square_metres(degree) == pytest.approx(halves, rel=1e-9)


def test_a_strip_of_a_metre_is_a_metre_wide():
    metre = 1 / 111_000
    assert mean_width(box(113.6, 34.7, 113.6 + 0.01, 34.7 + metre)) == pytest.approx(
        1, abs=0.02
    )


def test_the_place_of_a_horseshoe_lies_inside_it():
    shape = box(113.6, 34.7, 113.7, 34.8) - box(113.62, 34.7, 113.68, 34.79)
    x, y = place_of(shape)
    assert shape.intersects(box(x, y, x + 1e-9, y + 1e-9))


def test_points_are_read_as_they_were_written():
    hole = [(113.64, 34.74), (113.64, 34.76), (113.66, 34.76)]
    area = box(113.6, 34.7, 113.7, 34.8) - Polygon(hole)
    both = MultiPolygon([area, box(113.8, 34.7, 113.9, 34.8)])
    text = points_text(both)
    assert text.count("孔") == 1
    assert text.count(",") == 4 + 3 + 4  # no ring repeats its first point
    assert read_points(text).equals(both)


def test_points_may_be_typed_with_chinese_commas_or_spaces():
    found = read_points("113.6，34.7\n113.7 34.7\r\n113.7, 34.8\n113.6\t34.8\n\n")
    assert found.equals(box(113.6, 34.7, 113.7, 34.8))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "还没有任何点"),
        ("\n \n", "还没有任何点"),
        ("113.6, 34.7", "至少有三个不同的点"),
        ("113.6, 34.7\n113.7, 34.7", "至少有三个不同的点"),
        ("113.6, 34.7\n一二", "第 2 行不是一个点"),
        ("113.6, 34.7, 9", "第 1 行不是一个点"),
        ("113.6", "第 1 行不是一个点"),
        ("nan, 34.7", "第 1 行有坐标不是数字"),
        ("孔\n113.6, 34.7", "第 1 行的“孔”之前没有边界"),
        ("34.7, 113.6\n34.7, 113.7\n34.8, 113.7", "经度和纬度颠倒"),
        ("113.6, 34.7\n113.7, 34.8\n113.7, 34.7\n113.6, 34.8", "自相交"),
        ("113.6, 34.7\n113.7, 34.7\n113.8, 34.7", "没有面积|自相交"),
    ],
)
def test_bad_points_are_refused_with_one_sentence(text, words):
    with pytest.raises(Fault, match=words) as refusal:
        read_points(text)
    assert str(refusal.value).count("。") == 1


@pytest.mark.parametrize(
    ("name", "datum", "words"),
    [
        ("EPSG:4490", Datum.GCJ02, "写明坐标系是 CGCS2000，与所选的 GCJ-02 不符"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", Datum.GCJ02, "写明坐标系是 WGS-84"),
        ("EPSG:4527", Datum.CGCS2000, "投影坐标系"),
    ],
)
def test_a_file_that_names_another_system_is_refused(name, datum, words):
    document = {"crs": {"properties": {"name": name}}, **polygon(SQUARE)}
    with pytest.raises(Fault, match=words):
        read(document, datum)
    if "4490" in name:
        assert read(document, Datum.CGCS2000)
