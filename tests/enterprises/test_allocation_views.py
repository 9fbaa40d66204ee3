"""The pages of allocation, of 待确认 and 建议网格; who sees and who decides."""

from decimal import Decimal

import pytest
from django.urls import reverse
from shapely.geometry import box

from enterprises.models import AllocationRun, Doubt, Enterprise
from enterprises.services.allocation import apply_run, check_run, start_run
from gridinspect.accounts.roles import Role
from gridinspect.jobs import services as jobs
from grids.services.boundaries import set_boundaries
from tests.factories import (
    LONG_AGO,
    TODAY,
    make_enterprise,
    make_grid,
    make_road_range,
    make_user,
)


@pytest.fixture
def sister(street):
    return make_grid("兴华社区", parent=street)


@pytest.fixture
def units(erqi, street, community, sister, bureau):
    """Units at the district: one by number, one on an edge, two that say nothing."""
    set_boundaries(
        at=erqi,
        areas={
            community: box(113.0, 34.0, 113.1, 34.2),
            sister: box(113.1, 34.0, 113.2, 34.2),
        },
        datum="wgs84",
        since=LONG_AGO,
        by=bureau,
    )
    make_road_range(sister, parity="even", first=2, last=98)
    made = [
        make_enterprise("郑州甲餐饮店", grid=erqi, address="二七区人民路12号"),
        make_enterprise(
            "郑州乙商行",
            grid=erqi,
            longitude=Decimal("113.1"),
            latitude=Decimal("34.1"),
        ),
        make_enterprise("郑州丙商行", grid=erqi, address="二七区长江路8号"),
        make_enterprise("郑州丁商行", grid=erqi, address="二七区长江路9号"),
    ]
    for one in made:
        one.placements.update(method="list")
    return made


def text(response):
    return response.content.decode()


def trial(erqi, by):
    return check_run(start_run(district=erqi, on=TODAY(), with_hand=False, by=by))


@pytest.fixture
def applied(erqi, units, bureau):
    return apply_run(run=trial(erqi, bureau), by=bureau)


def grid_of(one):
    return Enterprise.objects.get(pk=one.pk).grid


# --- a run ----------------------------------------------------------------------------


def test_a_run_is_tried_looked_at_applied_and_undone(
    bureau_client, erqi, sister, units
):
    response = bureau_client.post(
        reverse("enterprises:allocation-add"), {"district": erqi.pk, "on": TODAY()}
    )
    run = AllocationRun.objects.get()
    assert response.headers["Location"] == run.get_absolute_url()
    assert "试算中" in text(bureau_client.get(run.get_absolute_url()))

    jobs.run(run.job_id)
    page = text(bureau_client.get(run.get_absolute_url()))
    assert "确认执行（改归 1 户，待确认 3 户）" in page
    assert "“人民路12号”在“淮河路街道兴华社区”的门牌" in page
    assert "绿云社区 / 兴华社区" in text(
        bureau_client.get(f"{run.get_absolute_url()}?show=open")
    )

    run.refresh_from_db()
    url = reverse("enterprises:allocation-apply", args=[run.pk])
    bureau_client.post(url, {"digest": run.digest})
    run.refresh_from_db()
    jobs.run(run.job_id)
    assert grid_of(units[0]) == sister
    assert "已执行" in text(bureau_client.get(run.get_absolute_url()))

    undo = reverse("enterprises:allocation-undo", args=[run.pk])
    response = bureau_client.post(undo, follow=True)
    assert "1 户单位退回原网格" in text(response)
    assert grid_of(units[0]) == erqi


def test_a_trial_is_given_up_on_its_page(bureau_client, erqi, units, bureau):
    run = trial(erqi, bureau)
    url = reverse("enterprises:allocation-discard", args=[run.pk])
    assert "已放弃" in text(bureau_client.post(url, follow=True))


def test_a_refusal_of_undoing_says_why(bureau_client, applied):
    AllocationRun.objects.filter(pk=applied.pk).update(state="discarded")
    url = reverse("enterprises:allocation-undo", args=[applied.pk])
    assert "没有可以撤销的" in text(bureau_client.post(url, follow=True))


def test_a_preview_has_a_fixed_number_of_queries(
    bureau_client, erqi, units, bureau, django_assert_max_num_queries
):
    for number in range(40):
        one = make_enterprise(grid=erqi, address=f"二七区人民路{number * 2 + 2}号")
        one.placements.update(method="list")
    run = trial(erqi, bureau)
    with django_assert_max_num_queries(17):
        bureau_client.get(f"{run.get_absolute_url()}?page_size=50")


@pytest.mark.parametrize("name", ["allocation", "allocation-apply", "allocation-undo"])
def test_a_neighbour_does_not_find_a_run(neighbour_client, applied, name):
    url = reverse(f"enterprises:{name}", args=[applied.pk])
    ask = neighbour_client.get if name == "allocation" else neighbour_client.post
    assert ask(url).status_code == 404


def test_a_neighbour_does_not_allocate_the_district(neighbour_client, erqi):
    response = neighbour_client.post(
        reverse("enterprises:allocation-add"), {"district": erqi.pk, "on": TODAY()}
    )
    assert response.context["form"].errors["district"]


@pytest.mark.parametrize("role", [Role.SQUAD_LEADER, Role.ASSISTANT, Role.LEADER])
def test_others_do_not_allocate_in_bulk(client, erqi, role):
    client.force_login(make_user(grid=erqi, role=role))
    for name in ("allocations", "allocation-add"):
        assert client.get(reverse(f"enterprises:{name}")).status_code == 403


# --- 待确认 ---------------------------------------------------------------------------


def doubt_of(one):
    return Doubt.objects.open().get(enterprise=one)


def test_the_list_names_reason_and_candidates(bureau_client, applied):
    page = text(bureau_client.get(reverse("enterprises:doubts")))
    assert "绿云社区 / 兴华社区" in page
    assert "郑州丙商行" in page
    url = f"{reverse('enterprises:doubts')}?kind=tie"
    assert "郑州丙商行" not in text(bureau_client.get(url))
    url = f"{reverse('enterprises:doubts')}?address=长江路"
    assert "郑州乙商行" not in text(bureau_client.get(url))


def test_the_list_has_a_fixed_number_of_queries(
    bureau_client, erqi, applied, bureau, django_assert_num_queries
):
    url = reverse("enterprises:doubts")
    bureau_client.get(url)
    with django_assert_num_queries(14, exact=False) as few:
        bureau_client.get(url)
    for _ in range(15):
        one = make_enterprise(grid=erqi, address="二七区")
        Doubt.objects.create(enterprise=one, reason="没有找到")
    with django_assert_num_queries(len(few)):
        bureau_client.get(url)


def test_a_clerk_chooses_a_candidate(bureau_client, units, applied, sister):
    doubt = doubt_of(units[1])
    url = reverse("enterprises:doubt", args=[doubt.pk])
    page = text(bureau_client.get(url))
    assert "淮河路街道 › 绿云社区" in page
    assert "保持现归属：二七区" in page
    bureau_client.post(url, {"to": sister.pk, "since": TODAY()})
    assert grid_of(units[1]) == sister
    assert bureau_client.get(url).status_code == 404  # it is decided


def test_a_clerk_names_another_grid(bureau_client, units, applied, community):
    url = reverse("enterprises:doubt", args=[doubt_of(units[2]).pk])
    response = bureau_client.post(url, {"to": "other", "since": TODAY()})
    assert response.context["form"].errors["other"]
    bureau_client.post(url, {"to": "other", "other": community.code, "since": TODAY()})
    assert grid_of(units[2]) == community


def test_a_clerk_keeps_a_unit_where_it_is(bureau_client, units, applied, erqi):
    url = reverse("enterprises:doubt", args=[doubt_of(units[2]).pk])
    bureau_client.post(url, {"to": "keep", "since": TODAY()})
    assert grid_of(units[2]) == erqi
    assert units[2].placements.get().method == "hand"


def test_many_are_decided_after_the_number_was_confirmed(
    bureau_client, units, applied, community
):
    url = f"{reverse('enterprises:doubts-settle')}?address=长江路"
    doubts = [doubt_of(units[2]).pk, doubt_of(units[3]).pk]
    data = {"to": "other", "other": community.code, "since": TODAY()}
    response = bureau_client.post(url, data | {"doubts": doubts})
    assert "把 2 户单位归入“绿云社区”" in text(response)
    assert not community.enterprises.exists()
    seen = response.context["seen"]
    bureau_client.post(url, data | {"doubts": doubts, "seen": seen})
    assert community.enterprises.count() == 2


def test_another_number_than_confirmed_is_asked_again(
    bureau_client, units, applied, community
):
    url = reverse("enterprises:doubts-settle")
    data = {"to": "other", "other": community.code, "since": TODAY()}
    response = bureau_client.post(
        url, data | {"doubts": [doubt_of(units[2]).pk], "seen": "2/"}
    )
    assert "把 1 户单位" in text(response)
    assert not community.enterprises.exists()


def test_a_unit_that_is_gone_waits_for_nobody(bureau_client, units, applied):
    Enterprise.objects.filter(pk=units[2].pk).update(status="cancelled")
    assert "郑州丙商行" not in text(bureau_client.get(reverse("enterprises:doubts")))


def test_a_neighbour_sees_no_doubt(neighbour_client, units, applied):
    assert "郑州丙商行" not in text(neighbour_client.get(reverse("enterprises:doubts")))
    url = reverse("enterprises:doubt", args=[doubt_of(units[2]).pk])
    assert neighbour_client.get(url).status_code == 404


def test_a_neighbours_doubt_is_not_settled_in_bulk(
    neighbour_client, units, applied, huiji
):
    response = neighbour_client.post(
        reverse("enterprises:doubts-settle"),
        {"to": "keep", "since": TODAY(), "doubts": [doubt_of(units[2]).pk]},
    )
    assert response.context["form"].errors["doubts"]


def test_a_clerk_of_a_street_decides_only_there(client, street, units, applied):
    client.force_login(make_user(grid=street, role=Role.SQUAD_LEADER))
    url = reverse("enterprises:doubt", args=[doubt_of(units[2]).pk])
    assert client.get(url).status_code == 404  # the unit hangs on the district


def test_who_only_looks_does_not_decide(client, erqi, units, applied):
    client.force_login(make_user(grid=erqi, role=Role.LEADER))
    assert client.get(reverse("enterprises:doubts")).status_code == 200
    url = reverse("enterprises:doubt", args=[doubt_of(units[2]).pk])
    assert client.get(url).status_code == 403
    assert client.get(reverse("enterprises:doubts-settle")).status_code == 403


def test_the_workbench_counts_what_waits(bureau_client, applied):
    assert "归属待确认的单位" in text(bureau_client.get(reverse("home")))


def test_the_file_of_a_unit_tells_how_it_was_placed(bureau_client, units, applied):
    page = text(bureau_client.get(f"{units[0].get_absolute_url()}?tab=belonging"))
    assert "道路门牌" in page
    assert "“人民路12号”在" in page
    page = text(bureau_client.get(f"{units[1].get_absolute_url()}?tab=belonging"))
    assert "归属待确认" in page


# --- 建议网格 -------------------------------------------------------------------------


def asked(client, url, **typed):
    return client.post(url, {"suggest": "1", "name": "郑州新店", **typed})


def test_a_new_file_gets_a_suggestion_without_being_saved(bureau_client, units, sister):
    before = Enterprise.objects.count()
    response = asked(
        bureau_client, reverse("enterprises:add"), address="二七区人民路12号"
    )
    page = text(response)
    assert "淮河路街道 兴华社区" in page
    assert f"兴华社区（{sister.code}）" in page
    assert 'value="郑州新店"' in page
    assert Enterprise.objects.count() == before


def test_a_tie_lists_its_grids_and_chooses_none(bureau_client, units):
    response = asked(
        bureau_client, reverse("enterprises:add"), longitude="113.1", latitude="34.1"
    )
    page = text(response)
    assert "没有能确定的网格" in page
    assert "绿云社区（" in page
    assert "grid" not in response.context["form"].initial or not response.context[
        "form"
    ].initial.get("grid")


def test_a_file_that_stands_gets_a_suggestion_too(bureau_client, units, sister):
    url = reverse("enterprises:change", args=[units[2].pk])
    response = asked(bureau_client, url, address="人民路12号", edition="1", remark="新")
    form = response.context["form"]
    assert form.initial["grid"] == f"兴华社区（{sister.code}）"
    assert (form.initial["edition"], form.initial["remark"]) == ("1", "新")
    assert grid_of(units[2]).name == "二七区"


def test_a_grid_outside_ones_own_is_named_but_not_chosen(client, street, units, erqi):
    other = make_grid("大学路街道", parent=erqi)
    client.force_login(make_user(grid=other, role=Role.SQUAD_LEADER))
    response = asked(client, reverse("enterprises:add"), address="人民路12号")
    assert "不在您的辖区内" in text(response)
    assert not response.context["form"].initial.get("grid")


def test_who_works_in_several_districts_names_one_first(client, city, units, sister):
    client.force_login(make_user(city=city, role=Role.CITY_BUREAU))
    make_user()
    from tests.factories import make_district

    make_district("惠济区", city=city)
    url = reverse("enterprises:add")
    assert "请先在" in text(asked(client, url, address="人民路12号"))
    response = asked(client, url, address="人民路12号", grid="二七区")
    assert "淮河路街道 兴华社区" in text(response)


@pytest.mark.parametrize("typed", ["abc", "NaN", "1e999", ""])
def test_coordinates_that_are_no_numbers_are_left_out(bureau_client, units, typed):
    response = asked(
        bureau_client,
        reverse("enterprises:add"),
        longitude=typed,
        latitude="34.1",
        address="人民路12号",
    )
    assert "兴华社区" in text(response)
