"""What stands on the three posters, on which sheet, and that nothing is cut off."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from shapely.geometry import box

from assistants.services import set_photo
from gridinspect.accounts.roles import Role
from grids.colouring import PALETTE
from grids.models import Boundary, City, Grid
from reports import services
from reports.builders.mapdrawing import Ground
from reports.builders.poster import (
    DUTIES,
    MAP,
    STAFF,
    DutyText,
    GridLine,
    Person,
    Poster,
    poster_pdf,
)
from reports.posters.making import poster_of
from tests.factories import TODAY, make_grid, make_office, make_person, make_posting
from tests.gridinspect.paper import pages_of
from tests.reports.posters.conftest import photograph, printed

A3_MM, A1_MM = (420, 297), (841, 594)


def poster(kind, **content):
    return Poster(
        kind=kind,
        title={MAP: "网格示意图", STAFF: "人员分工", DUTIES: "工作职责"}[kind],
        place="淮河路街道",
        on=date(2026, 3, 2),
        unit="",
        policies=(),
        summary=(),
        tables=(),
        code="410103001000",
        above="郑州市二七区",
        version=3,
        **content,
    )


def text(made):
    return "".join(pages_of(made)).replace("\n", "")


def size_of(content):
    """Return the sheet in whole millimetres."""
    left, low, right, high = (
        float(one) for one in content.split(b"/MediaBox [ ")[1].split(b"]")[0].split()
    )
    return round((right - left) / 72 * 25.4), round((high - low) / 72 * 25.4)


# --- the paper alone ------------------------------------------------------------------


@pytest.mark.parametrize("form", ["pdf", "a1"])
def test_a_map_bears_codes_names_colours_and_a_small_version(form):
    grounds = [
        Ground(box(113.6, 34.7, 113.65, 34.8), "绿云社区\n001", 1, PALETTE[0]),
        Ground(box(113.65, 34.7, 113.7, 34.8), "淮北社区\n002", 2, PALETTE[1]),
        Ground(box(113.6, 34.7, 113.7, 34.8), "", is_frame=True),
    ]
    lines = [
        GridLine(1, "001", "绿云社区", "社区", PALETTE[0]),
        GridLine(2, "002", "淮北社区", "社区", PALETTE[1]),
        GridLine(3, "003", "未画社区", "社区"),
    ]
    made = poster_pdf(poster(MAP, grounds=grounds, grids=lines), code="C", form=form)
    (page,) = pages_of(made)
    for words in (
        "淮河路街道网格示意图",
        "郑州市二七区　网格编码 410103001000",
        "1　001　绿云社区",
        "3　003　未画社区（未登记边界）",
        "千米",
        "淮河路街道网格示意图　第 3 版　2026-03-02",
        "验证码 C",
    ):
        assert words in page
    assert page.count("绿云社区") == 2  # on the map and in the legend
    assert size_of(made) == (A1_MM if form == "a1" else A3_MM)


def test_a_long_legend_goes_on_to_further_sheets():
    grounds = [Ground(box(113.6, 34.7, 113.65, 34.8), "甲\n1", 1, PALETTE[0])]
    lines = [GridLine(n, f"{n:03}", f"第{n}社区", "社区") for n in range(1, 301)]
    made = poster_pdf(poster(MAP, grounds=grounds, grids=lines), code="")
    pages = pages_of(made)
    assert len(pages) > 2
    assert all(f"　第{n}社区" in "".join(pages) for n in range(1, 301))


def test_without_a_boundary_the_sheet_says_so_and_lists_the_grids():
    lines = [GridLine(1, "001", "绿云社区", "社区")]
    found = text(poster_pdf(poster(MAP, grids=lines), code=""))
    assert "还没有登记边界，不能绘出示意图，以下为网格名册" in found
    assert "001绿云社区社区" in found


def test_staff_stand_with_post_and_telephone_and_below_them_the_lower_grids():
    people = [
        Person("林一舟", "专职监察员", "淮河路街道", "1", "0371-1", photo=None),
        Person("王小满", "协管员", "淮河路街道", "1", ""),
    ]
    below = [Person("赵晓东", "协管员", "绿云社区", "001", "0371-2")]
    found = text(poster_pdf(poster(STAFF, people=people, below=below), code=""))
    for words in ("林一舟", "专职监察员", "电话 0371-1", "电话 —", "照片", "赵晓东"):
        assert words in found
    assert found.count("照片") == 2
    alone = text(poster_pdf(poster(STAFF), code=""))
    assert "淮河路街道目前没有在岗人员。" in alone
    assert "下级网格" not in alone


@pytest.mark.parametrize("count", [3, 200])
def test_nobody_is_cut_off_however_many_there_are(count):
    people = [Person(f"甲{n:03}", "协管员", "街道", "1", "") for n in range(count)]
    below = [Person(f"乙{n:03}", "协管员", "社区", "2", "") for n in range(count)]
    made = poster_pdf(poster(STAFF, people=people, below=below), code="")
    found = text(made)
    assert all(f"甲{n:03}" in found and f"乙{n:03}" in found for n in range(count))
    assert (len(pages_of(made)) == 1) is (count == 3)


@pytest.mark.parametrize(("count", "pages"), [(4, 1), (400, None)])
def test_duties_stand_upright_as_large_as_one_sheet_allows(count, pages):
    lines = [f"第{n}项职责：采集并维护本网格用人单位信息。" for n in range(count)]
    duties = [DutyText("协管员", lines, "方案条款 EQ-36")]
    made = poster_pdf(poster(DUTIES, duties=duties), code="")
    assert size_of(made) == A3_MM[::-1]
    found = text(made)
    assert all(f"{n + 1}．第{n}项职责" in found for n in range(count))
    assert "方案条款 EQ-36" in found
    assert pages is None or len(pages_of(made)) == pages
    assert "尚未制定岗位职责" in text(poster_pdf(poster(DUTIES), code=""))


def test_the_same_poster_gives_the_same_bytes():
    people = [Person("林一舟", "协管员", "街道", "1", "", photo=photograph().read())]
    one = poster(STAFF, people=people)
    assert poster_pdf(one, code="X") == poster_pdf(one, code="X")


# --- from live data -------------------------------------------------------------------


@pytest.mark.django_db
def test_a_map_is_made_of_boundaries_and_says_which_are_missing(walled):
    found = poster_of(MAP, walled, TODAY(), [])
    assert [(one.name, bool(one.colour)) for one in found.grids] == [
        ("绿云社区", True),
        ("淮北社区", True),
    ]
    assert [one.is_frame for one in found.grounds] == [False, False, True]
    Boundary.objects.filter(grid__name="淮北社区").delete()
    found = poster_of(MAP, walled, TODAY(), [])
    assert [bool(one.colour) for one in found.grids] == [True, False]
    Boundary.objects.all().delete()
    assert not poster_of(MAP, walled, TODAY(), []).grounds


@pytest.mark.django_db
def test_a_grid_without_lower_ones_is_drawn_alone(community, walled):
    (ground,) = poster_of(MAP, community, TODAY(), []).grounds
    assert (ground.name, ground.is_frame) == (f"绿云社区\n{community.code}", False)


@pytest.mark.django_db
def test_a_private_number_never_stands_on_the_wall(walled, community, bureau):
    make_posting(make_person("赵晓东", phone="13800000009"), grid=walled)
    make_office(grid=walled, phone="0371-60000009")
    found = poster_of(STAFF, walled, TODAY(), [])
    phones = {one.name: one.phone for one in (*found.people, *found.below)}
    assert phones == {
        "林一舟": "0371-60000009",  # of the office
        "赵晓东": "0371-60000009",
        "王小满": "0371-60000001",  # his own
    }
    _, content = printed(STAFF, walled, by=bureau)
    assert "13800000009" not in text(content)


@pytest.mark.django_db
def test_a_photograph_is_printed_and_a_lost_one_leaves_a_blank_frame(walled, bureau):
    person = walled.postings.get(role=Role.FULL_TIME_INSPECTOR).person
    file = person.staff_file
    set_photo(file=file, photo=photograph(), by=bureau, path=walled.path)
    (one,) = poster_of(STAFF, walled, TODAY(), []).people
    assert one.photo.startswith(b"\xff\xd8")
    assert b"/Subtype /Image" in poster_pdf(
        poster_of(STAFF, walled, TODAY(), []), code=""
    )
    file.refresh_from_db()
    file.photo.file.storage.delete(file.photo.file.name)
    (one,) = poster_of(STAFF, walled, TODAY(), []).people
    assert one.photo is None


@pytest.mark.django_db
def test_who_left_and_grids_that_closed_stand_nowhere(walled, community):
    community.postings.update(until=TODAY())
    closed = make_grid("旧社区", parent=walled)
    Grid.objects.filter(pk=closed.pk).update(closed_on=TODAY())
    assert not poster_of(STAFF, walled, TODAY(), []).below
    assert closed.code not in [
        one.code for one in poster_of(MAP, walled, TODAY(), []).grids
    ]


@pytest.mark.django_db
def test_duties_are_those_of_the_district_or_its_plan(walled):
    duties = poster_of(DUTIES, walled, TODAY(), []).duties
    assert [one.role for one in duties] == ["协管员"]
    assert duties[0].source.startswith("方案条款 EQ-")


# --- the command ----------------------------------------------------------------------


@pytest.mark.django_db
def test_the_command_writes_a_poster(walled, tmp_path, capsys):
    out = tmp_path / "墙.pdf"
    call_command("report", MAP, grid=walled.code, out=out, size="a1")
    assert size_of(out.read_bytes()) == A1_MM
    sheet = tmp_path / "表.xlsx"
    call_command("report", STAFF, grid=walled.code, out=sheet)
    assert sheet.read_bytes().startswith(b"PK")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "asked", "words"),
    [
        (MAP, {"on": "2026-01-01"}, "只按今天的数据制作"),
        ("staffing", {"size": "a1"}, "只有上墙图表的 PDF 可以选幅面"),
        (MAP, {"size": "a1", "out": "x.xlsx"}, "只有上墙图表的 PDF 可以选幅面"),
    ],
)
def test_the_command_refuses_in_one_line(kind, asked, words, walled, tmp_path):
    out = tmp_path / asked.get("out", "x.pdf")
    with pytest.raises(CommandError, match=words):
        call_command("report", kind, **asked | {"grid": walled.code, "out": out})


@pytest.mark.django_db
def test_no_poster_is_made_of_a_city(city):
    with pytest.raises(services.Refused, match="请选择区县或下级网格"):
        services.KINDS[MAP].gather(City.objects.get(), TODAY())
