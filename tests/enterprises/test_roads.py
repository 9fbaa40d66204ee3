"""一路一册: units by road and house number, on the page and on paper."""

from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from enterprises.models import Enterprise
from enterprises.roads import (
    UNKNOWN,
    Entry,
    Road,
    RoadFinder,
    roads_of,
    with_blanks,
)
from enterprises.services import road_books
from gridinspect.accounts.roles import Role
from gridinspect.documents.models import ArchivedDocument
from gridinspect.jobs import services as jobs
from gridinspect.jobs.models import Job
from grids.addresses import House
from tests.factories import (
    TODAY,
    make_enterprise,
    make_grid,
    make_person,
    make_posting,
    make_road_range,
    make_user,
)
from tests.gridinspect.paper import pages_of


def text_of(content):
    return "\n".join(pages_of(content))


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def units(street, community):
    """Units along 人民路 and 解放路, and one whose address tells nothing."""
    make_road_range(community, parity="odd", first=1, last=99)
    make_posting(make_person("赵小乙"), grid=community)
    addresses = {
        "郑州一号店": "二七区淮河路街道人民路1号",
        "郑州九号店": "二七区人民路9号",
        "郑州甲九号店": "二七区人民路甲9号",
        "郑州十二号店": "二七区人民路12号",
        "郑州二号店": "二七区人民路2号",
        "郑州解放店": "解放路3号",
        "郑州无址店": "某市场内",
        "郑州已注销店": "人民路5号",
    }
    for name, address in addresses.items():
        status = "cancelled" if "注销" in name else "open"
        make_enterprise(name, grid=community, address=address, status=status)
    make_enterprise(
        "郑州填项店", grid=community, road="人民路", house_number="3号", address="旧址"
    )


@pytest.mark.parametrize(
    ("address", "road", "number", "found"),
    [
        ("二七区人民路12号", "", "", ("人民路", House(12, 12))),
        ("二七区长江路8号", "", "", ("长江路", House(8, 8))),
        ("别处1号", "人民路", "12号", ("人民路", House(12, 12))),
        ("人民路12号", "人民路", "", ("人民路", House(12, 12))),
        ("某市场内", "", "", ("", None)),
        ("某市场内", "人民路", "", ("人民路", None)),
        ("淮河路街道绿云社区人民路9号", "", "", ("人民路", House(9, 9))),
    ],
)
def test_road_and_door_come_from_the_fields_else_the_address(
    address, road, number, found
):
    finder = RoadFinder(["人民路"], ["淮河路街道", "绿云社区"])
    assert finder.find(address, road, number) == found


def test_both_sides_stand_in_the_order_of_numbers(units, community):
    roads = roads_of(Enterprise.objects.all(), place=community, on=TODAY())
    assert [road.name for road in roads] == ["解放路", "人民路", UNKNOWN]  # j, r
    renmin = roads[1]
    assert [one.name for one in renmin.odd] == [
        "郑州一号店",
        "郑州填项店",
        "郑州九号店",
        "郑州甲九号店",
    ]
    assert [one.door for one in renmin.even] == ["2号", "12号"]
    assert [one.name for one in roads[2].without] == ["郑州无址店"]


@pytest.mark.parametrize(
    ("units", "blanks"), [(0, 4), (4, 4), (5, 4), (6, 5), (10, 5), (11, 6)]
)
def test_blanks_stand_between_and_at_the_end(units, blanks):
    entries = [Entry(n, f"店{n}", House(n, n), "", "", None, "") for n in range(units)]
    lines = with_blanks(entries, every=5, end=4)
    assert lines.count(None) == blanks
    assert [line for line in lines if line] == entries
    assert lines[-1] is None


def test_a_road_without_units_on_a_side_still_has_the_side():
    assert [side for side, _ in Road("人民路").sides] == ["单号侧", "双号侧"]


# --- pages ----------------------------------------------------------------------------


def page(client, name, **asked):
    response = client.get(reverse(f"enterprises:{name}"), asked)
    assert response.status_code == 200
    return response.content.decode()


def test_the_roads_of_a_place_are_listed(bureau_client, units, erqi):
    text = page(bureau_client, "roads")
    assert "人民路" in text
    assert "生成全部道路PDF" in text
    found = page(bureau_client, "roads", grid=erqi.code, road="解放")
    assert "人民路" not in found.split("gi-table")[1]


def test_a_road_has_its_sides_grids_and_people(bureau_client, units, community):
    text = page(bureau_client, "road", grid=community.code, road="人民路")
    assert "单号侧（4 户）" in text
    assert "双号侧（2 户）" in text
    assert "1-99单号" in text
    assert "赵小乙（协管员）" in text
    assert "郑州已注销店" not in text


def test_a_road_that_is_not_there_is_not_found(bureau_client, units, community):
    url = reverse("enterprises:road")
    asked = {"grid": community.code, "road": "长江路"}
    assert bureau_client.get(url, asked).status_code == 404


def test_the_pages_have_a_fixed_number_of_queries(
    bureau_client, units, community, django_assert_num_queries
):
    pages = [
        (reverse("enterprises:roads"), {"grid": community.code}),
        (reverse("enterprises:road"), {"grid": community.code, "road": "人民路"}),
    ]
    counts = []
    for url, asked in pages:
        bureau_client.get(url, asked)
        with django_assert_num_queries(20, exact=False) as few:
            bureau_client.get(url, asked)
        counts.append(len(few))
    for number in range(30):
        make_enterprise(grid=community, address=f"人民路{number + 20}号")
    for (url, asked), few in zip(pages, counts, strict=True):
        with django_assert_num_queries(few):
            bureau_client.get(url, asked)


def test_a_neighbour_sees_no_unit_of_the_road(neighbour_client, units, community):
    assert "人民路" not in page(neighbour_client, "roads", grid=community.code)
    url = reverse("enterprises:road")
    response = neighbour_client.get(url, {"grid": community.code, "road": "人民路"})
    assert response.status_code == 302


# --- paper ----------------------------------------------------------------------------


def printed(client, place, form, **asked):
    url = reverse("enterprises:road-print")
    query = "&".join(
        f"{k}={v}" for k, v in {"grid": place.code, "form": form, **asked}.items()
    )
    return client.post(f"{url}?{query}")


def content_of(document):
    with document.file.open("rb") as file:
        return file.read()


def test_a_road_is_put_into_the_archive_as_pdf(bureau_client, units, community):
    response = printed(bureau_client, community, "pdf", road="人民路")
    document = ArchivedDocument.objects.get()
    assert response.headers["Location"] == document.get_absolute_url()
    assert (document.kind, document.pages) == ("enterprises.roadbook", 1)
    text = text_of(content_of(document))
    for words in ("人民路", "单号侧", "赵小乙", "郑州甲九号店", document.code):
        assert words in text
    assert text.index("郑州一号店") < text.index("郑州九号店")


def test_all_roads_begin_on_pages_of_their_own(bureau_client, units, community):
    printed(bureau_client, community, "pdf")
    assert ArchivedDocument.objects.get().pages == 3


def test_the_workbook_has_the_same_lines_and_blanks(bureau_client, units, community):
    printed(bureau_client, community, "xlsx", road="人民路")
    sheet = load_workbook(BytesIO(content_of(ArchivedDocument.objects.get()))).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    named = [row[3] for row in rows if row[3]]
    assert named[:2] == ["郑州一号店", "郑州填项店"]
    assert sum(1 for row in rows if row[0] == "人民路" and not row[3]) == 8


def test_a_long_book_is_made_by_a_job(bureau_client, units, community, monkeypatch):
    monkeypatch.setattr("enterprises.views.roads.MOST", 3)
    response = printed(bureau_client, community, "pdf")
    job = Job.objects.get(kind=road_books.KIND)
    assert response.headers["Location"] == job.get_absolute_url()
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message
    assert ArchivedDocument.objects.get().job == job


def test_a_book_holds_only_what_its_maker_sees(units, street, erqi, community):
    elsewhere = make_grid("大学路街道", parent=erqi)
    make_enterprise("郑州外街店", grid=elsewhere, address="人民路7号")
    squad = make_user(grid=street, role=Role.SQUAD_LEADER)
    content, _ = road_books.made_book(place=erqi, road=None, form="pdf", by=squad)
    assert "郑州外街店" not in text_of(content)
    assert "郑州一号店" in text_of(content)


def test_the_same_units_give_the_same_bytes(units, community, bureau, monkeypatch):
    monkeypatch.setattr(road_books, "new_code", lambda: "AAAA-BBBB-CCCC")
    asked = {"place": community, "road": None, "form": "pdf", "by": bureau}
    assert road_books.made_book(**asked) == road_books.made_book(**asked)


def test_who_may_not_make_reports_prints_nothing(client, units, community):
    client.force_login(make_user(grid=community, role=Role.ASSISTANT))
    assert printed(client, community, "pdf").status_code == 403
    assert "生成" not in page(client, "road", grid=community.code, road="人民路")


def test_another_form_is_not_found(bureau_client, units, community):
    assert printed(bureau_client, community, "docx").status_code == 404
