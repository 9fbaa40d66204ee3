"""Hanging and taking down; what is out of date and why; the pages of it."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from shapely.geometry import box

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from gridinspect.documents.models import ArchivedDocument
from gridinspect.jobs import services as jobs
from gridinspect.jobs.models import Job
from grids.models import Grid
from grids.services.boundaries import set_boundaries
from grids.services.duties import state_duties
from grids.services.postings import end_posting
from grids.services.tree import change_grid
from reports.models import Hanging, Poster, Wall
from reports.posters.services import Refused, hang, take_down
from reports.posters.standing import State, standings_of
from tests.factories import TODAY, make_grid, make_posting, make_user
from tests.reports.posters.conftest import WEST, hung, photograph, printed

pytestmark = pytest.mark.django_db
MAP, STAFF, DUTIES = Wall


def standing(kind, grid):
    grid = Grid.objects.get(pk=grid.pk)
    return next(one for one in standings_of([grid], TODAY()) if one.kind == kind)


# --- versions -------------------------------------------------------------------------


def test_the_same_parts_are_the_same_version_and_others_the_next(walled, bureau):
    first, _ = printed(MAP, walled, by=bureau)
    again, _ = printed(MAP, walled, by=bureau, form="a1")
    assert (first.version, again) == (1, first)
    assert ArchivedDocument.objects.count() == 2
    change_grid(grid=walled, name="淮河街道", code=walled.code, by=bureau)
    walled.refresh_from_db()
    changed, _ = printed(MAP, walled, by=bureau)
    assert changed.version == 2
    assert printed(STAFF, walled, by=bureau)[0].version == 1


# --- hanging --------------------------------------------------------------------------


def test_what_hangs_is_known_with_day_photograph_and_who(walled, bureau):
    assert standing(MAP, walled).state == State.MISSING
    hanging = hung(MAP, walled, by=bureau)
    found = standing(MAP, walled)
    assert (found.state, found.hanging) == (State.HUNG, hanging)
    assert (hanging.photo.path, hanging.hung_by) == (walled.path, bureau)
    assert "poster.hung" in [event.verb for event in history(walled)]


def test_a_newer_one_takes_the_older_down(walled, bureau):
    older = hung(MAP, walled, by=bureau)
    newer = hung(MAP, walled, by=bureau)
    older.refresh_from_db()
    assert (older.until, standing(MAP, walled).hanging) == (TODAY(), newer)


def test_what_was_taken_down_hangs_no_more(walled, bureau):
    hanging = hung(MAP, walled, by=bureau)
    take_down(hanging=hanging, until=TODAY(), by=bureau)
    assert standing(MAP, walled).state == State.MISSING
    with pytest.raises(Refused, match="撤下。"):
        take_down(hanging=hanging, until=TODAY(), by=bureau)


@pytest.mark.parametrize(
    ("days", "words"), [(1, "上墙日期不能晚于今天"), (-1, "上墙日期不能更早")]
)
def test_an_impossible_day_is_refused_and_nothing_is_kept(days, words, walled, bureau):
    poster, _ = printed(MAP, walled, by=bureau)
    since = TODAY() + timedelta(days=days)
    with pytest.raises(Refused, match=words):
        hang(poster=poster, since=since, spot="", photo=photograph(), by=bureau)
    assert not Hanging.objects.exists()


@pytest.mark.parametrize(
    ("days", "words"), [(1, "不能晚于今天"), (-1, "不能早于上墙日期")]
)
def test_a_poster_comes_down_after_it_went_up(days, words, walled, bureau):
    hanging = hung(MAP, walled, by=bureau)
    with pytest.raises(Refused, match=words):
        take_down(hanging=hanging, until=TODAY() + timedelta(days=days), by=bureau)


def test_two_of_a_kind_do_not_hang_in_one_grid(walled, bureau):
    one = hung(MAP, walled, by=bureau)
    with pytest.raises(IntegrityError, match="one_of_a_kind"), transaction.atomic():
        Hanging.objects.create(
            poster=one.poster,
            grid=walled,
            kind=MAP,
            since=TODAY(),
            photo=one.photo,
            hung_by=bureau,
        )


def test_in_a_closed_grid_nothing_is_hung(walled, bureau):
    poster, _ = printed(MAP, walled, by=bureau)
    Grid.objects.filter(pk=walled.pk).update(closed_on=TODAY())
    with pytest.raises(Refused, match="停用"):
        hang(poster=poster, since=TODAY(), spot="", photo=photograph(), by=bureau)


# --- out of date ----------------------------------------------------------------------


def redraw(grid, by):
    set_boundaries(
        at=grid, areas={grid: WEST - box(113.6, 34.7, 113.61, 34.71)},
        datum="wgs84", since=TODAY(), by=by,
    )  # fmt: skip


def rename(grid, by):
    change_grid(grid=grid, name="绿荫社区", code=grid.code, by=by)


def leave(grid, by):
    end_posting(posting=grid.postings.get(), until=TODAY(), by=by)


def arrive(grid, by):
    make_posting(grid=grid, since=TODAY())


def telephone(grid, by):
    file = grid.postings.get().person.staff_file
    file.work_phone = "0371-60000099"
    file.save()


def restate(grid, by):
    state_duties(
        district=grid.district, role=Role.ASSISTANT, text="宣传", since=TODAY(), by=by
    )


def add_below(grid, by):
    make_grid("新网格", parent=grid, kind="cell")


CHANGES = [
    (MAP, redraw, "边界有变动：本网格"),
    (MAP, rename, "网格名称由“绿云社区”改为“绿荫社区”"),
    (MAP, add_below, "新增下级网格"),
    (STAFF, leave, "离岗：王小满（协管员）"),
    (STAFF, arrive, "到岗："),
    (STAFF, telephone, "电话有变动：王小满"),
    (DUTIES, restate, "职责有修改：协管员"),
]


@pytest.mark.parametrize(("kind", "change", "reason"), CHANGES)
def test_a_poster_is_out_of_date_for_just_the_part_that_changed(
    kind, change, reason, walled, community, bureau
):
    for each in Wall:
        hung(each, community, by=bureau)
        assert standing(each, community).state == State.HUNG
    change(community, bureau)
    found = standing(kind, community)
    assert found.state == State.STALE
    assert found.reasons[0].startswith(reason)
    assert len(found.reasons) == 1
    others = {each for each in Wall if standing(each, community).state != State.HUNG}
    assert others == (set(Wall) if change == rename else {kind})
    hung(kind, Grid.objects.get(pk=community.pk), by=bureau)
    assert standing(kind, community).state == State.HUNG


def test_the_staff_poster_of_a_street_knows_who_left_below(walled, community, bureau):
    hung(STAFF, walled, by=bureau)
    leave(community, bureau)
    assert standing(STAFF, walled).reasons == ("离岗：王小满（绿云社区协管员）",)


# --- pages ----------------------------------------------------------------------------


def rows(response):
    return [
        (one.grid.name, one.kind, one.state)
        for one in response.context["table"].page_rows
    ]


def test_the_list_counts_what_its_rows_show(bureau_client, walled, community, bureau):
    hung(MAP, community, by=bureau)
    hung(STAFF, community, by=bureau)
    leave(community, bureau)
    url = reverse("reports:posters")
    page = bureau_client.get(url)
    states = {one["label"]: one for one in page.context["states"]}
    assert {label: one["count"] for label, one in states.items()} == {
        "已上墙": 1,
        "未上墙": 10,
        "已过期": 1,
    }
    assert page.context["table"].total == 12
    for label, one in states.items():
        shown = bureau_client.get(url + one["url"])
        assert shown.context["table"].total == one["count"], label
    text = bureau_client.get(url + states["已过期"]["url"]).content.decode()
    assert "离岗：王小满（协管员）" in text


def test_the_list_of_one_kind_counts_that_kind(bureau_client, walled, bureau):
    hung(MAP, walled, by=bureau)
    page = bureau_client.get(reverse("reports:posters"), {"kind": "poster_map"})
    assert [one["count"] for one in page.context["states"]] == [1, 3, 0]
    assert page.context["table"].total == 4


def test_the_list_asks_as_often_for_many_grids_as_for_few(
    bureau_client, walled, community, bureau, django_assert_max_num_queries
):
    for kind in Wall:
        hung(kind, community, by=bureau)
    url = reverse("reports:posters")
    bureau_client.get(url)
    with django_assert_max_num_queries(34) as few:
        bureau_client.get(url)
    for number in range(4):
        grid = make_grid(f"第{number}社区", parent=walled)
        for kind in Wall:
            hung(kind, grid, by=bureau)
    with django_assert_max_num_queries(len(few)):
        bureau_client.get(url)


def test_posters_are_asked_for_made_and_shown(bureau_client, walled, community):
    url = reverse("reports:poster-make", args=[community.pk])
    asked = {"kinds": ["poster_map", "poster_duties"], "form": "a1"}
    assert bureau_client.post(url, asked).status_code == 302
    for job in Job.objects.order_by("pk"):
        jobs.run(job.pk)
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}
    page = bureau_client.get(reverse("reports:poster-node", args=[community.pk]))
    assert page.content.decode().count("第 1 版") == 2
    document = Poster.objects.get(kind="poster_map").document
    assert (document.kind, document.path) == ("poster_map", community.path)
    assert document.params["form"] == "a1"


def test_a_poster_is_hung_and_taken_down_on_the_pages(
    bureau_client, walled, community, bureau
):
    poster, _ = printed(MAP, community, by=bureau)
    url = reverse("reports:poster-hang", args=[community.pk, MAP.value])
    asked = {"poster": poster.pk, "since": TODAY(), "spot": "东墙"}
    page = bureau_client.post(url, asked)
    assert "photo" in page.context["form"].errors
    paper = SimpleUploadedFile("墙.pdf", b"%PDF-1.7")
    page = bureau_client.post(url, asked | {"photo": paper})
    assert "photo" in page.context["form"].errors
    response = bureau_client.post(url, asked | {"photo": photograph()})
    node = reverse("reports:poster-node", args=[community.pk])
    assert response["Location"] == node
    assert "东墙" in bureau_client.get(node).content.decode()
    down = reverse("reports:poster-take-down", args=[Hanging.objects.get().pk])
    assert bureau_client.post(down, {"until": TODAY()})["Location"] == node
    assert standing(MAP, community).state == State.MISSING


def test_without_a_version_there_is_nothing_to_hang(bureau_client, community):
    url = reverse("reports:poster-hang", args=[community.pk, MAP.value])
    page = bureau_client.get(url, follow=True)
    assert "还没有制作过网格示意图，请先制作图表" in page.content.decode()
    wrong = reverse("reports:poster-hang", args=[community.pk, "staffing"])
    assert bureau_client.get(wrong).status_code == 404


@pytest.mark.parametrize(
    ("role", "may_make", "may_hang"),
    [
        (Role.DISTRICT_BUREAU, True, True),
        (Role.SQUAD_LEADER, True, True),
        (Role.FULL_TIME_INSPECTOR, False, True),
        (Role.ASSISTANT, False, True),
        (Role.LEADER, True, False),
        (Role.AUDITOR, False, False),
    ],
)
def test_who_makes_and_who_hangs(
    role, may_make, may_hang, client, walled, community, bureau
):
    printed(MAP, community, by=bureau)
    client.force_login(make_user(grid=walled, role=role))
    make = client.get(reverse("reports:poster-make", args=[community.pk]))
    assert (make.status_code == 200) is may_make
    hanging = client.get(reverse("reports:poster-hang", args=[community.pk, MAP.value]))
    assert (hanging.status_code == 200) is may_hang
    page = client.get(reverse("reports:poster-node", args=[community.pk]))
    assert ("制作图表" in page.content.decode()) is may_make
    assert ("登记上墙" in page.content.decode()) is may_hang


def test_the_neighbours_walls_are_not_seen(neighbour_client, walled, bureau):
    hanging = hung(MAP, walled, by=bureau)
    for name, args in [
        ("poster-node", [walled.pk]),
        ("poster-make", [walled.pk]),
        ("poster-hang", [walled.pk, MAP.value]),
        ("poster-take-down", [hanging.pk]),
    ]:
        assert (
            neighbour_client.get(reverse(f"reports:{name}", args=args)).status_code
            == 404
        )
    page = neighbour_client.get(reverse("reports:posters"), {"grid": walled.code})
    assert "淮河路街道" not in page.content.decode()
    assert not Poster.objects.visible_to(
        User.objects.get(pk=neighbour_client.session["_auth_user_id"])
    ).exists()


def test_a_report_of_posters_refuses_another_day_and_form(bureau_client, walled):
    url = reverse("reports:new")
    asked = {"kind": MAP.value, "place": f"grid-{walled.pk}", "form": "pdf"}
    page = bureau_client.post(url, asked | {"on": TODAY() - timedelta(days=1)})
    assert "只按今天的数据制作，请改为今天" in page.content.decode()
    other = asked | {"kind": "staffing", "form": "a1", "on": TODAY()}
    assert (
        "没有这种格式，请选择 PDF或XLSX"
        in bureau_client.post(url, other).content.decode()
    )
    assert bureau_client.post(url, asked | {"on": TODAY()}).status_code == 302
