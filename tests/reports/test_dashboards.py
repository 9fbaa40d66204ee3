import pytest
from django.urls import reverse

from gridinspect.accounts.roles import Role
from reports import rows, tallies
from tests.factories import (
    TODAY,
    make_enterprise,
    make_grid,
    make_posting,
    make_survey,
    make_user,
)
from tests.reports.test_tallies import system, under_erqi_plan  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def counted(under_erqi_plan, erqi, street, community):  # noqa: F811
    """A district with three units, one of them surveyed, counted today."""
    make_posting(grid=community)
    make_survey(make_enterprise("郑州甲商贸有限公司", grid=community))
    make_enterprise("郑州乙商贸有限公司", grid=community)
    make_enterprise("郑州丙商贸有限公司", grid=street)
    tallies.recount(erqi, TODAY())
    return erqi


def test_the_dashboard_leads_to_the_widest_place(client, city, erqi):
    district_user = make_user(grid=erqi)
    client.force_login(district_user)
    response = client.get(reverse("reports:dashboard"))
    assert response.url == reverse("reports:grid", args=[erqi.pk])

    client.force_login(make_user(city=city, role=Role.CITY_BUREAU))
    response = client.get(reverse("reports:dashboard"))
    assert response.url == reverse("reports:city", args=[city.code])


def test_a_district_does_not_see_the_city(bureau_client, city):
    url = reverse("reports:city", args=[city.code])
    assert bureau_client.get(url).status_code == 404
    url = reverse("reports:city-rows", args=[city.code, "acquired", "missing"])
    assert bureau_client.get(url).status_code == 404


def test_every_rate_stands_with_its_counts(bureau_client, counted):
    page = bureau_client.get(reverse("reports:grid", args=[counted.pk]))
    found = {one.key: (one.counted, one.out_of) for one in page.context["readings"]}
    assert found["acquired"] == (1, 3)
    assert found["assigned"] == (2, 3)
    assert "33.3%" in page.content.decode()


@pytest.mark.parametrize(
    ("rate", "part", "count"),
    [
        ("acquired", "numerator", 1),
        ("acquired", "denominator", 3),
        ("acquired", "missing", 2),
        ("assigned", "missing", 1),
        ("filed", "numerator", 1),
        ("trained", "missing", 1),
        ("networked", "missing", 1),
        ("timely", "denominator", 0),
    ],
)
def test_the_rows_behind_a_figure_are_as_many_as_it_says(
    bureau_client, counted, rate, part, count
):
    url = reverse("reports:grid-rows", args=[counted.pk, rate, part])
    assert bureau_client.get(url).context["table"].total == count


@pytest.mark.parametrize("rate", ["acquired", "assigned", "filed"])
def test_rows_and_tallies_agree(counted, rate, bureau):
    counts = tallies.count_district(counted, TODAY())
    total = sum(getattr(one, rate) for one in counts.values())
    found = rows.unit_rows(bureau, counted, TODAY(), rate=rate, part="numerator")
    assert found.count() == total


def test_an_unknown_rate_or_part_is_not_found(bureau_client, counted):
    for rate, part in (("speed", "missing"), ("acquired", "best")):
        url = reverse("reports:grid-rows", args=[counted.pk, rate, part])
        assert bureau_client.get(url).status_code == 404


def test_an_assistant_may_not_open_the_cases_behind_a_figure(
    client, counted, community
):
    client.force_login(make_user(grid=community, role=Role.ASSISTANT))
    url = reverse("reports:grid-rows", args=[community.pk, "timely", "denominator"])
    assert client.get(url).status_code == 403


def test_the_cost_of_a_dashboard_does_not_grow_with_units_or_children(
    bureau_client, counted, street, django_assert_max_num_queries
):
    for number in range(12):
        grid = make_grid(f"新增{number}社区", parent=street)
        for _ in range(3):
            make_enterprise(grid=grid)
    tallies.recount(counted, TODAY())
    bureau_client.get(reverse("reports:grid", args=[counted.pk]))
    with django_assert_max_num_queries(13):
        bureau_client.get(reverse("reports:grid", args=[counted.pk]))


def test_the_city_dashboard_costs_few_queries(
    client, city, counted, huiji, django_assert_max_num_queries
):
    make_enterprise(grid=huiji)
    tallies.recount(huiji, TODAY())
    client.force_login(make_user(city=city, role=Role.CITY_BUREAU))
    client.get(reverse("reports:city", args=[city.code]))  # policies stay in memory
    with django_assert_max_num_queries(12):
        client.get(reverse("reports:city", args=[city.code]))
