import json
import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from shapely.geometry import box, mapping

from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from gridinspect.documents.models import ArchivedDocument
from grids.boundaries import Outline, points_text, read_points, shifted
from grids.colouring import colours_of
from grids.models import Boundary
from grids.services.boundaries import areas_on, by_code, set_boundaries
from grids.services.tree import Refused
from tests.factories import TODAY, make_enterprise, make_grid, make_user

WHOLE = box(113.6, 34.7, 113.7, 34.8)
WEST, EAST = box(113.6, 34.7, 113.65, 34.8), box(113.65, 34.7, 113.7, 34.8)
MAY = date(2024, 5, 1)


def put(grid, area, *, by, since=MAY):
    return set_boundaries(
        at=grid, areas={grid: area}, datum="wgs84", since=since, by=by
    )


def upload(client, grid, document, *, datum="wgs84", since=None):
    content = json.dumps(document) if isinstance(document, dict) else document
    file = SimpleUploadedFile("边界.geojson", content.encode())
    asked = {"file": file, "datum": datum, "since": since or MAY}
    return client.post(reverse("grids:boundary-upload", args=[grid.pk]), asked)


def collection(**areas):
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"code": code}, "geometry": mapping(area)}
            for code, area in areas.items()
        ],
    }


def test_a_new_boundary_closes_the_old_one(erqi, bureau):
    put(erqi, WHOLE, by=bureau)
    put(erqi, WEST, by=bureau, since=date(2025, 1, 1))
    first, second = erqi.boundaries.order_by("since")
    assert (first.until, second.until) == (date(2025, 1, 1), None)
    assert areas_on([erqi], date(2024, 12, 31))[erqi.pk].equals(WHOLE)
    assert areas_on([erqi], date(2025, 1, 1))[erqi.pk].equals(WEST)
    assert [event.verb for event in history(erqi)][:2] == ["boundary.set"] * 2


def test_a_boundary_of_the_same_day_replaces(erqi, bureau):
    put(erqi, WHOLE, by=bureau)
    put(erqi, WEST, by=bureau)
    assert erqi.boundaries.count() == 1
    assert areas_on([erqi], MAY)[erqi.pk].equals(WEST)


@pytest.mark.parametrize(
    ("since", "words"),
    [
        (TODAY() + timedelta(days=1), "晚于今天"),
        (date(2019, 12, 31), "早于“二七区”的启用日期"),
        (MAY - timedelta(days=1), "早于“二七区”现行边界"),
    ],
)
def test_an_impossible_day_is_refused(since, words, erqi, bureau):
    put(erqi, WHOLE, by=bureau)
    with pytest.raises(Refused, match=words):
        put(erqi, WEST, by=bureau, since=since)
    assert erqi.boundaries.get().until is None


def test_an_outline_outside_its_parent_is_refused_whole(erqi, street, bureau):
    put(erqi, WEST, by=bureau)
    other = make_grid("解放路街道", parent=erqi)
    with pytest.raises(Refused, match="100% 落在上级“二七区”之外"):
        set_boundaries(
            at=erqi,
            areas={street: WEST, other: EAST},
            datum="wgs84",
            since=MAY,
            by=bureau,
        )
    assert Boundary.objects.count() == 1


def test_a_new_parent_of_the_same_file_counts(erqi, street, bureau):
    put(erqi, WEST, by=bureau)
    areas = {erqi: WHOLE, street: EAST}
    set_boundaries(at=erqi, areas=areas, datum="wgs84", since=MAY, by=bureau)
    assert Boundary.objects.count() == 2


def test_outlines_find_their_grids_by_code(erqi, street, huiji):
    found = by_code([Outline(street.code, "", WEST)], at=erqi)
    assert found == {street: WEST}
    assert by_code([Outline("", "", WEST)], at=street) == {street: WEST}
    with pytest.raises(Refused, match="没有编码为"):
        by_code([Outline(huiji.code, "", WEST)], at=erqi)
    with pytest.raises(Refused, match="第 2 个边界没有网格编码"):
        by_code([Outline(street.code, "", WEST), Outline("", "", EAST)], at=erqi)
    with pytest.raises(Refused, match="有两个边界"):
        by_code([Outline(street.code, "", WEST)] * 2, at=erqi)


def test_an_outline_of_the_other_datum_is_refused_with_the_likely_one(
    erqi, street, bureau
):
    small = box(113.6, 34.7, 113.61, 34.71)
    put(erqi, small, by=bureau)
    with pytest.raises(Refused, match="按 GCJ-02 则在上级之内，请核对坐标系"):
        put(street, shifted(small), by=bureau)
    back = shifted(small, back=True)
    with pytest.raises(Refused, match="按 WGS-84 则在上级之内"):
        set_boundaries(
            at=street, areas={street: back}, datum="gcj02", since=MAY, by=bureau
        )
    assert not street.boundaries.exists()


# --- pages ----------------------------------------------------------------------------


def test_a_file_is_uploaded_and_shown(erqi, street, bureau_client):
    document = collection(**{erqi.code: WHOLE, street.code: WEST})
    response = upload(bureau_client, erqi, document)
    assert response["Location"] == f"{reverse('grids:map')}?grid={erqi.code}"
    page = bureau_client.get(response["Location"])
    assert "已保存 2 个网格的边界" in page.content.decode()
    assert {grid["code"] for grid in page.context["map"]["grids"]} == {
        erqi.code,
        street.code,
    }
    detail = bureau_client.get(reverse("grids:boundary", args=[street.pk]))
    assert "公顷" in detail.content.decode()
    assert "边界.geojson" in detail.content.decode()


def test_a_bad_file_changes_nothing(erqi, street, bureau_client):
    response = upload(
        bureau_client, erqi, collection(**{erqi.code: WHOLE, "999999": WEST})
    )
    assert response.status_code == 200
    assert "没有编码为“999999”的网格" in response.content.decode()
    response = upload(bureau_client, erqi, "{}")
    assert "边界必须是面" in response.content.decode()
    assert not Boundary.objects.exists()


def test_only_who_edits_grids_uploads(client, erqi, street):
    client.force_login(make_user(grid=erqi, role=Role.FULL_TIME_INSPECTOR))
    assert upload(client, street, collection()).status_code == 403


def test_a_foreign_boundary_does_not_exist(neighbour_client, erqi, bureau):
    put(erqi, WHOLE, by=bureau)
    for name in ("boundary", "boundary-upload"):
        url = reverse(f"grids:{name}", args=[erqi.pk])
        assert neighbour_client.get(url).status_code == 404
    page = neighbour_client.get(f"{reverse('grids:map')}?grid={erqi.code}")
    assert page.context["map"]["grids"] == []
    assert "二七区" not in page.content.decode()


def test_the_map_shows_only_units_in_ones_places(
    client, erqi, street, community, bureau
):
    put(erqi, WHOLE, by=bureau)
    place = {"longitude": "113.62", "latitude": "34.75"}
    make_enterprise("麻雀餐饮店", grid=community, **place)
    make_enterprise("喜鹊餐饮店", grid=erqi, **place)
    make_enterprise("无坐标餐饮店", grid=community)
    client.force_login(make_user(grid=street, role=Role.ASSISTANT))
    page = client.get(reverse("grids:map"))
    assert [unit["name"] for unit in page.context["map"]["units"]] == ["麻雀餐饮店"]


def test_the_map_says_how_many_units_it_leaves_out(
    bureau_client, erqi, bureau, monkeypatch
):
    monkeypatch.setattr("grids.views.maps.UNITS", 1)
    put(erqi, WHOLE, by=bureau)
    for name in ("甲店", "乙店"):
        make_enterprise(name, grid=erqi, longitude="113.62", latitude="34.75")
    text = bureau_client.get(reverse("grids:map")).content.decode()
    assert "共 2 户，图上只标出 1 户" in text


BOW = [[113.6, 34.7], [113.7, 34.8], [113.7, 34.7], [113.6, 34.8], [113.6, 34.7]]
ENTITY = """<?xml version="1.0"?>
<!DOCTYPE kml [<!ENTITY secret SYSTEM "file:///etc/passwd">]>
<kml><Document><Placemark><name>&secret;</name></Placemark></Document></kml>"""


def shape(kind, coordinates):
    return {"type": kind, "coordinates": coordinates}


def million():
    ring = ",".join(["[113.6,34.7]"] * 1_000_000)
    return f'{{"type": "Polygon", "coordinates": [[{ring}]]}}'


@pytest.mark.parametrize(
    ("document", "datum", "words"),
    [
        (shape("Polygon", [BOW]), "wgs84", "自相交，请在绘图软件中修正该处"),
        (mapping(box(114.6, 34.7, 114.7, 34.8)), "wgs84", "落在上级“二七区”之外"),
        (mapping(box(34.7, 113.6, 34.8, 113.7)), "wgs84", "经度和纬度颠倒了，请改为"),
        (million, "wgs84", "1,000,000 个点，超过 300,000 个，请在绘图软件中简化"),
        ("", "wgs84", "空"),
        (" ", "wgs84", "文件是空的，请重新导出"),
        (shape("Polygon", []), "wgs84", "没有坐标，请补画后重新导出"),
        (shape("LineString", BOW), "wgs84", "边界必须是面"),
        (mapping(shifted(WEST)), "wgs84", "按 GCJ-02 则在上级之内，请核对坐标系"),
        (mapping(box(3.8e7, 3.8e6, 3.81e7, 3.9e6)), "cgcs2000", "转换为经纬度（度）"),
        (ENTITY, "wgs84", "含有文档类型或实体声明，为安全起见不予读取"),
        (mapping(WEST), "", "必填|选择"),
    ],
)
def test_a_bad_boundary_is_refused_with_its_remedy(
    document, datum, words, erqi, street, bureau, bureau_client
):
    put(erqi, WEST, by=bureau)
    document = document() if callable(document) else document
    response = upload(bureau_client, street, document, datum=datum)
    assert response.status_code == 200
    errors = [
        text for found in response.context["form"].errors.values() for text in found
    ]
    assert len(errors) == 1
    assert re.search(words, errors[0])
    assert errors[0].count("。") == 1
    assert not street.boundaries.exists()


# --- drawing --------------------------------------------------------------------------


def draw(client, grid, text, *, since=MAY):
    url = reverse("grids:boundary-draw", args=[grid.pk])
    return client.post(url, {"points": text, "since": since})


def test_a_drawn_boundary_is_saved_and_comes_back_to_be_changed(
    erqi, street, bureau, bureau_client
):
    put(erqi, WHOLE, by=bureau)
    response = draw(bureau_client, street, points_text(WEST))
    assert response["Location"] == reverse("grids:boundary", args=[street.pk])
    row = street.boundaries.get()
    assert (row.source_system, row.source_name) == ("wgs84", "手工绘制")
    page = bureau_client.get(reverse("grids:boundary-draw", args=[street.pk]))
    assert read_points(page.context["form"]["points"].value()).equals(WEST)
    assert [one["name"] for one in page.context["map"]["grids"]] == ["二七区"]


def test_a_bad_drawing_is_kept_to_be_put_right(erqi, street, bureau, bureau_client):
    put(erqi, WEST, by=bureau)
    for area in (EAST, box(100, 30, 101, 31)):
        response = draw(bureau_client, street, points_text(area))
        assert response.context["form"]["points"].value() == points_text(area)
        assert "落在上级“二七区”之外" in response.content.decode()
    assert not street.boundaries.exists()


def test_an_overlap_with_the_grids_beside_is_said(erqi, street, bureau, bureau_client):
    other = tiled(erqi, street, bureau)
    draw(bureau_client, other, points_text(box(113.64, 34.7, 113.7, 34.8)))
    page = bureau_client.get(reverse("grids:boundary", args=[other.pk]))
    assert "与相邻网格重叠：“淮河路街道”" in page.content.decode()
    draw(bureau_client, other, points_text(EAST))
    page = bureau_client.get(reverse("grids:boundary", args=[other.pk]))
    assert "重叠" not in page.content.decode()


def test_only_who_edits_grids_draws(client, neighbour_client, erqi, street):
    assert draw(neighbour_client, street, points_text(WEST)).status_code == 404
    client.force_login(make_user(grid=erqi, role=Role.FULL_TIME_INSPECTOR))
    assert draw(client, street, points_text(WEST)).status_code == 403


def test_neighbours_on_the_map_have_colours_of_their_own(erqi, street, bureau):
    other = tiled(erqi, street, bureau)
    colours = colours_of({street.pk: WEST, other.pk: EAST})
    assert len(set(colours.values())) == 2


# --- 无缝无重 -------------------------------------------------------------------------


def tiled(erqi, street, bureau):
    other = make_grid("解放路街道", parent=erqi)
    areas = {erqi: WHOLE, street: WEST, other: EAST}
    set_boundaries(at=erqi, areas=areas, datum="wgs84", since=MAY, by=bureau)
    return other


def test_a_sound_tiling_is_shown_and_archived(erqi, street, bureau, bureau_client):
    tiled(erqi, street, bureau)
    url = reverse("grids:tiling", args=[erqi.pk])
    page = bureau_client.get(url).content.decode()
    assert "没有发现空白、重叠、越界" in page
    response = bureau_client.post(url)
    document = ArchivedDocument.objects.get()
    assert response["Location"] == document.get_absolute_url()
    assert (document.kind, document.pages) == ("grids.tiling", 1)
    assert document.path == erqi.path


def test_faults_are_listed_with_units_outside_their_grid(
    erqi, street, community, bureau, bureau_client
):
    other = tiled(erqi, street, bureau)
    put(other, box(113.64, 34.7, 113.69, 34.8), by=bureau)
    place = {"longitude": "113.68", "latitude": "34.75"}
    make_enterprise("麻雀餐饮店", grid=community, **place)
    page = bureau_client.get(reverse("grids:tiling", args=[erqi.pk]))
    tiling = page.context["check"].tiling
    assert [fault.kind for fault in tiling.faults] == ["gap", "overlap", "unit"]
    assert "麻雀餐饮店（属淮河路街道，在解放路街道）" in page.content.decode()
    bureau_client.post(reverse("grids:tiling", args=[erqi.pk]))
    assert ArchivedDocument.objects.get().params["问题处数"] == 3


def test_without_boundaries_there_is_nothing_to_prove(erqi, street, bureau_client):
    url = reverse("grids:tiling", args=[erqi.pk])
    assert "都有边界后才能检查" in bureau_client.get(url).content.decode()
    bureau_client.post(url)
    assert not ArchivedDocument.objects.exists()


def test_only_who_makes_reports_archives_a_proof(client, erqi, street, bureau):
    tiled(erqi, street, bureau)
    client.force_login(make_user(grid=erqi, role=Role.ASSISTANT))
    url = reverse("grids:tiling", args=[erqi.pk])
    assert client.get(url).status_code == 200
    assert client.post(url).status_code == 403
