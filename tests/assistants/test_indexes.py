"""配置指数: a district enters it, and the posts required follow."""

from datetime import timedelta

import pytest
from django.urls import reverse

from assistants.establishment import establishment_of
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from grids.models import DirtyMark, QuotaIndex
from tests.factories import (
    LONG_AGO,
    TODAY,
    make_adoption,
    make_city,
    make_district,
    make_grid,
    make_user,
)


@pytest.fixture
def district(db):
    city = make_city("营口市", code="210800", province="辽宁省")
    district = make_district("站前区", city=city, code="210802")
    make_adoption(district, "yingkou-2021")
    return district


@pytest.fixture
def communities(district):
    street = make_grid("东街道", parent=district, kind="street")
    return [make_grid(name, parent=street) for name in ("甲社区", "乙社区")]


@pytest.fixture
def office(client, district, communities):
    client.force_login(make_user(grid=district, role=Role.DISTRICT_BUREAU))
    client.address = reverse("assistants:indexes", args=[district.pk])
    return client


def asked(communities, *values, on=""):
    fields = {
        f"index_{grid.pk}": value
        for grid, value in zip(communities, values, strict=True)
    }
    return {"on": str(on), **fields}


def required(district):
    return establishment_of(district, TODAY()).totals["assistant"].required


def errors(response):
    return [said for each in response.context["form"].errors.values() for said in each]


def test_the_posts_required_follow_from_what_is_entered(office, district, communities):
    shown = office.get(reverse("assistants:establishment") + f"?grid={district.code}")
    assert office.address in shown.content.decode()

    response = office.post(office.address, asked(communities, 2, 3), follow=True)

    assert "已保存 2 个网格的配置指数" in response.content.decode()
    assert required(district) == 5
    event = history(district).filter(verb="grid.indexed").get()
    assert event.data["indexes"] == {
        communities[0].code: [None, 2],
        communities[1].code: [None, 3],
    }
    marked = DirtyMark.objects.filter(since=TODAY()).values_list("grid", flat=True)
    assert set(marked) >= {grid.pk for grid in communities}


def test_only_what_changed_is_written_and_the_past_stays(office, district, communities):
    for grid in communities:
        QuotaIndex.objects.create(grid=grid, value=2, since=LONG_AGO, is_made_up=True)

    office.post(office.address, asked(communities, 2, 0))

    assert required(district) == 2
    assert QuotaIndex.objects.filter(grid=communities[0]).count() == 1
    yesterday = TODAY() - timedelta(days=1)
    assert establishment_of(district, yesterday).totals["assistant"].required == 4


def test_a_street_has_a_page_of_its_own(office, district, communities):
    other = make_grid("西街道", parent=district, kind="street")
    make_grid("丙社区", parent=other)
    response = office.get(
        reverse("assistants:indexes", args=[communities[0].parent.pk])
    )
    assert set(response.context["form"].grids.values()) == set(communities)


@pytest.mark.parametrize("value", ["100", "-1", "1.5", "二"])
def test_what_is_no_index_is_refused(office, communities, value):
    response = office.post(office.address, asked(communities, value, "1"))
    assert errors(response) == ["配置指数应为 0 到 99 的整数，请核对。"]
    assert not QuotaIndex.objects.exists()


def test_nothing_changed_is_said(office, communities):
    response = office.post(office.address, asked(communities, "", ""))
    assert errors(response) == ["没有改动，不用保存。"]


def test_an_index_is_not_taken_away(office, communities):
    QuotaIndex.objects.create(grid=communities[0], value=2, since=LONG_AGO)
    response = office.post(office.address, asked(communities, "", "1"))
    assert errors(response) == ["已有配置指数，没有名额请填 0。"]


@pytest.mark.parametrize(
    ("on", "said"),
    [
        (TODAY() + timedelta(days=1), "生效日期不能晚于今天"),
        (TODAY() - timedelta(days=8), "自 {since} 起已有配置指数"),
        (LONG_AGO - timedelta(days=4000), "不能早于网格"),
    ],
)
def test_a_day_that_would_change_the_past_is_refused(office, communities, on, said):
    since = TODAY() - timedelta(days=7)
    if "since" in said:
        QuotaIndex.objects.create(grid=communities[0], value=2, since=since)
    response = office.post(office.address, asked(communities, 5, 5, on=on))
    assert any(said.format(since=since) in one for one in errors(response))
    assert QuotaIndex.objects.filter(value=5).count() == 0


def test_where_the_plan_names_a_number_there_is_nothing_to_enter(
    bureau_client, erqi, community
):
    make_adoption(erqi)
    address = reverse("assistants:indexes", args=[erqi.pk])
    assert "不按配置指数" in bureau_client.get(address, follow=True).content.decode()


def test_the_number_of_queries_does_not_grow_with_the_grids(
    office, communities, django_assert_max_num_queries
):
    for number in range(20):
        make_grid(f"丙{number}社区", parent=communities[0].parent)
    with django_assert_max_num_queries(22):
        office.get(office.address)
