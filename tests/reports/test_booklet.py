"""一格一册: what is in it, what changed since the last, and who may read it."""

from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from python_calamine import CalamineWorkbook
from shapely.geometry import MultiPolygon, box

from enterprises.models import Enterprise
from enterprises.services.files import change_enterprise
from enterprises.supervision.models import KeyEntry
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from gridinspect.documents.models import ArchivedDocument
from gridinspect.documents.services import new_code
from gridinspect.jobs import services as jobs
from gridinspect.jobs.models import Job
from grids import boundaries
from grids.models import Boundary, Office
from grids.services.postings import end_posting
from reports import services
from reports.booklets import register_of
from reports.builders.booklet import (
    FIRST_PRINT,
    NO_KEY_UNITS,
    NO_MAP,
    NOTHING_CHANGED,
)
from reports.builders.mapdrawing import GridMap, Ground, _round_length
from tests.factories import (
    LONG_AGO,
    TODAY,
    make_adoption,
    make_case,
    make_certificate,
    make_enterprise,
    make_grid,
    make_posting,
    make_survey,
    make_training,
    make_user,
)
from tests.gridinspect.paper import pages_of

pytestmark = pytest.mark.django_db
SYSTEM = User.objects.system
ANSWERS = {"employed_total": 12, "contracts_due": 10, "contracts_signed": 9}


@pytest.fixture
def filled(erqi, street, community):
    """A street with a community, one unit surveyed and one not, two people."""
    make_adoption(erqi)
    post = make_posting(grid=community)
    make_training(post.person)
    inspector = make_posting(grid=street, role=Role.FULL_TIME_INSPECTOR)
    make_certificate(inspector.person)
    unit = make_enterprise("郑州甲餐饮有限公司", grid=community, address="淮河路1号")
    make_survey(unit, answers=ANSWERS, surveyed_on=TODAY() - timedelta(days=5))
    make_enterprise("郑州乙商行", grid=street)
    make_enterprise("郑州丙商行", grid=make_grid("别处街道", parent=erqi))
    return street


def register(place, on=None):
    return register_of(place, on or TODAY(), ["《方案》第 1 版"])


def made(place, form="pdf"):
    report = services.KINDS["booklet"].gather(place, TODAY())
    return services.print_report(report, form, code=new_code())


def archived(place, on=None):
    """Print and archive the booklet as the job does; return the document."""
    report = services.KINDS["booklet"].gather(place, on or TODAY())
    code = new_code()
    content = services.print_report(report, "pdf", code=code)
    return services.archive_report(
        report, content, place=place, form="pdf", code=code, by=SYSTEM()
    )


def test_the_booklet_holds_what_lies_in_the_grid_and_below(filled, community):
    found = register(filled)
    assert [one.name for one in found.units] == ["郑州乙商行", "郑州甲餐饮有限公司"]
    surveyed = found.units[1]
    assert (surveyed.headcount, surveyed.contract_rate) == (12, 0.9)
    assert found.units[0].contract_rate is None
    assert [(one.grid, bool(one.certificate)) for one in found.staff] == [
        ("淮河路街道", True),
        ("绿云社区", False),
    ]
    assert found.staff[1].trained_on == LONG_AGO
    assert found.level == "二级网格（街道）"
    assert found.above == "郑州市二七区"
    assert len(register(community).units) == 1


def test_cases_are_only_counted(filled, community):
    make_case(grid=community, filed_on=LONG_AGO, due_on=LONG_AGO + timedelta(days=9))
    make_case(grid=community, filed_on=TODAY(), due_on=TODAY() + timedelta(days=9))
    assert [count for _, count in register(filled).cases] == [2, 1, 0]
    text = "".join(pages_of(made(filled)))
    assert "在办案件" in text
    assert "拖欠工资" not in text
    assert "人社监立字" not in text


def test_offices_stand_with_their_grids(filled, community):
    Office.objects.create(
        grid=community,
        kind=Office.Kind.STATION,
        name="绿云工作站",
        address="绿云路2号",
        square_metres=36,
        opened_on=LONG_AGO,
    )
    (office,) = register(filled).offices
    assert (office.kind, office.square_metres) == ("服务站、工作站", 36.0)


def test_the_paper_has_cover_contents_and_parts_on_their_pages(filled):
    pages = pages_of(made(filled))
    assert "一格一册" in pages[0]
    assert "淮河路街道" in pages[0]
    assert "目" in pages[1]
    for number, heading in ((3, "一、网格概况"), (4, "八、上次编印以来的变动")):
        (page,) = [at for at, text in enumerate(pages[2:], 3) if heading in text]
        assert page == number or heading.startswith("八")
        after = pages[1].split(heading)[1]
        assert after.lstrip("\n").startswith(str(page))
    text = "".join(pages)
    assert NO_MAP in text.replace("\n", "")
    assert NO_KEY_UNITS in text.replace("\n", "")
    assert FIRST_PRINT in text.replace("\n", "")
    assert f"第{len(pages)}页" in pages[-1].replace(" ", "").replace("　", "")


def test_the_same_register_gives_the_same_bytes(filled):
    report = services.KINDS["booklet"].gather(filled, TODAY())
    first, second = (
        services.print_report(report, "pdf", code="TEST-0000-0000") for _ in range(2)
    )
    assert first == second


def test_the_workbook_has_a_sheet_a_part(filled):
    book = CalamineWorkbook.from_filelike(BytesIO(made(filled, "xlsx")))
    assert "用人单位" in book.sheet_names
    assert "变动" in book.sheet_names
    assert "重点监管单位" in book.sheet_names


def test_key_units_are_named_and_complaints_are_not_their_ground(filled):
    one, other = Enterprise.objects.order_by("pk")[:2]
    for unit, name, is_secret in (
        (one, "欠薪2个月以上", False),
        (other, "一年内被举报投诉2次以上", True),
    ):
        KeyEntry.objects.create(
            enterprise=unit,
            district=unit.district,
            ground="x",
            ground_name=name,
            is_secret=is_secret,
            since=LONG_AGO,
        )
    lines = {line.name: line.grounds for line in register(filled).key_units}
    assert lines == {one.name: "欠薪2个月以上", other.name: "列入重点"}
    assert "举报投诉2次" not in "".join(pages_of(made(filled)))


# --- the map --------------------------------------------------------------------------


def square(west, south, side=0.01):
    return MultiPolygon([box(west, south, west + side, south + side)])


def drawn(grid, area):
    Boundary.objects.create(
        grid=grid,
        geometry=boundaries.to_json(area),
        square_metres=boundaries.square_metres(area),
        source_system=Boundary.Datum.WGS84,
        since=LONG_AGO,
        uploaded_by=SYSTEM(),
    )


def test_a_grid_with_boundaries_has_a_map(filled, community):
    drawn(filled, square(113.64, 34.74, 0.02))
    drawn(community, square(113.64, 34.74))
    make_enterprise(grid=community, longitude=113.645, latitude=34.745)
    found = register(filled)
    assert [(one.name, one.number, one.is_frame) for one in found.grounds] == [
        ("绿云社区", 1, False),
        ("淮河路街道", 0, True),
    ]
    assert found.spots == [(113.645, 34.745)]
    text = "".join(pages_of(made(filled)))
    assert "1 绿云社区" in text
    assert NO_MAP not in text.replace("\n", "")
    assert [one.is_frame for one in register(community).grounds] == [False]


@pytest.mark.parametrize(
    ("metres", "bar"),
    [(0.5, 1), (1, 1), (1.9, 1), (2, 2), (4999, 2000), (5000, 5000), (10_000, 10_000)],
)
def test_the_bar_of_the_scale_has_a_round_length(metres, bar):
    assert _round_length(metres) == bar


@pytest.mark.parametrize("side", [0.000001, 0.01, 5])
def test_a_map_stays_in_its_box(side):
    drawing = GridMap(
        [Ground(square(113, 34, side), "很长的网格名称")], wide=80, tall=60
    )
    for x, y in drawing._points([(113, 34), (113 + side, 34 + side)]):
        assert 0 <= x <= drawing.width
        assert 0 <= y <= drawing.height


# --- since the last print -------------------------------------------------------------


def changes(place):
    return [(one.what, one.name, one.words) for one in register(place).changes]


def test_the_first_booklet_has_nothing_to_compare_with(filled):
    found = register(filled)
    assert (found.last, list(found.changes)) == (None, [])


def test_nothing_changed_is_said(filled):
    document = archived(filled)
    found = register(filled)
    assert found.last.code == document.code
    assert list(found.changes) == []
    text = "".join(pages_of(made(filled))).replace("\n", "")
    assert NOTHING_CHANGED in text
    assert document.code in text


def test_units_that_are_new_gone_and_moved_are_told_even_if_entered_late(
    filled, community
):
    first, second = (one.enterprise for one in _placements(filled))
    archived(filled)
    before = TODAY() - timedelta(days=3)  # all of it dated before the print
    make_enterprise("郑州丁商行", grid=community, since=before)
    change = {"by": SYSTEM(), "edition": 1}
    change_enterprise(enterprise=first, grid=community, grid_since=before, **change)
    change_enterprise(
        enterprise=second, status="cancelled", status_since=before, **change
    )
    assert changes(filled) == [
        ("新增单位", "郑州丁商行", f"{before} 起属绿云社区"),
        ("单位移动", "郑州乙商行", f"淮河路街道 → 绿云社区，{before}"),
        ("减少单位", "郑州甲餐饮有限公司", f"注销，{before}"),
    ]


def test_a_unit_that_went_to_another_grid_is_gone_there_and_new_here(filled, erqi):
    other = erqi.children.get(name="别处街道")
    (unit,) = [
        one.enterprise for one in _placements(filled) if one.grid_id == filled.pk
    ]
    archived(filled)
    archived(other)
    change_enterprise(enterprise=unit, grid=other, by=SYSTEM(), edition=1)
    assert [one[0] for one in changes(other)] == ["新增单位"]
    assert changes(filled) == [("减少单位", "郑州乙商行", "移到别处街道")]


def test_people_who_came_and_went_are_told(filled, community):
    post = community.postings.get()
    document = archived(filled)
    ArchivedDocument.objects.filter(pk=document.pk).update(
        as_of=TODAY() - timedelta(days=2)
    )
    end_posting(posting=post, until=TODAY(), by=SYSTEM())
    make_posting(grid=community, since=TODAY())
    assert [(what, words) for what, _, words in changes(filled)] == [
        ("人员到岗", f"绿云社区协管员，{TODAY()}"),
        ("人员离岗", f"绿云社区协管员，{TODAY()}"),
    ]


def test_a_booklet_of_an_earlier_day_is_compared_with_what_came_before_it(filled):
    archived(filled)
    assert register(filled, TODAY() - timedelta(days=1)).last is None


def test_another_grids_booklet_is_not_the_last(filled, community):
    archived(community)
    assert register(filled).last is None


def _placements(place):
    from reports.rows import known_units

    return list(known_units(place, TODAY()).order_by("grid__code"))


# --- page, job and command ------------------------------------------------------------


def test_the_job_archives_it_for_those_who_see_units(
    filled, bureau_client, bureau, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    asked = {"kind": "booklet", "place": f"grid-{filled.pk}", "form": "pdf"}
    response = bureau_client.post(reverse("reports:new"), asked | {"on": TODAY()})
    assert response.status_code == 302
    job = Job.objects.get(owner=bureau)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message
    document = ArchivedDocument.objects.get(kind="booklet")
    seen = ArchivedDocument.objects.visible_to
    assert document in seen(bureau)
    assert document in seen(make_user(grid=filled, role=Role.ASSISTANT))
    assert document not in seen(make_user(grid=filled, role=Role.AUDITOR))
    assert document.get_absolute_url() in job.result["url"]
    assert bureau_client.get(document.get_absolute_url()).status_code == 200


def test_a_city_has_no_booklet(filled, client, city):
    client.force_login(make_user(city=city, role=Role.CITY_BUREAU))
    asked = {"kind": "booklet", "place": f"city-{city.pk}", "form": "pdf"}
    response = client.post(reverse("reports:new"), asked | {"on": TODAY()})
    assert "按网格编制" in str(response.context["form"].errors["place"])


def test_the_command_makes_it(filled, tmp_path):
    for form, head in (("pdf", b"%PDF"), ("xlsx", b"PK")):
        out = tmp_path / f"b.{form}"
        call_command("report", "booklet", grid=filled.code, out=out, stdout=StringIO())
        assert out.read_bytes().startswith(head)


def test_a_grid_with_too_many_units_is_refused_with_the_remedy(
    filled, tmp_path, monkeypatch
):
    monkeypatch.setattr(services, "MOST_UNITS", 1)
    with pytest.raises(CommandError, match="请按下级网格分别编印") as refused:
        call_command("report", "booklet", grid=filled.code, out=tmp_path / "b.pdf")
    assert refused.value.returncode == 2


def test_gathering_costs_few_queries(filled, django_assert_max_num_queries):
    archived(filled)
    with django_assert_max_num_queries(40):
        register(filled)
    for number in range(6):
        make_enterprise(grid=make_grid(f"第{number}社区", parent=filled))
    with django_assert_max_num_queries(40):
        register(filled)
