"""What grids have of offices, boundaries, 四定 and posters, on the day asked."""

from datetime import date

import pytest
from shapely.geometry import MultiPolygon, box

from gridinspect.accounts.models import User
from grids import boundaries
from grids.models import Boundary, Grid, OfficeAsset, OfficeLeader
from grids.services.policies import policy_on
from reports.holdings import held_in
from tests.factories import (
    TODAY,
    make_adoption,
    make_grid,
    make_office,
    make_person,
    make_posting,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def huiji_plan(huiji):
    """惠济 under its plan, which wants 30 to 50 square metres for its centre."""
    make_adoption(huiji, "huiji-2010")
    make_grid("甲街道", parent=huiji)
    make_grid("乙街道", parent=huiji)
    return huiji


def held(place, measure, on=None):
    on = on or TODAY()
    grids = Grid.objects.within(place).open_on(on)
    kinds = dict(grids.values_list("pk", "kind"))
    values = policy_on(place.district, on).values
    return held_in([measure], kinds, values, on).get(measure)


def test_a_street_has_its_squad_while_it_is_open(huiji_plan):
    first, second = huiji_plan.children.order_by("pk")
    assert held(huiji_plan, "offices:squad:street+town") == (0, 2)
    make_office(grid=first)
    make_office(grid=first, name="第二中队")
    make_office(grid=second, kind="station")
    make_office(grid=second, closed_on=date(2026, 3, 1))
    assert held(huiji_plan, "offices:squad:street+town") == (1, 2)
    for day, count in ((date(2026, 2, 28), 2), (date(2026, 3, 1), 1)):
        assert held(huiji_plan, "offices:squad:street", day) == (count, 2)
    assert held(huiji_plan, "offices:squad:village") == (0, 0)


def test_a_squad_is_led_from_the_day_on_to_the_day_before_the_end(huiji_plan):
    first = huiji_plan.children.order_by("pk").first()
    OfficeLeader.objects.create(
        office=make_office(grid=first),
        person=make_person(),
        title="中队长",
        appointed_by="区局",
        appointed_on=date(2026, 1, 1),
        since=date(2026, 1, 1),
        until=date(2026, 6, 1),
    )
    for day, count in (
        (date(2025, 12, 31), 0),
        (date(2026, 1, 1), 1),
        (date(2026, 5, 31), 1),
        (date(2026, 6, 1), 0),
    ):
        assert held(huiji_plan, "led:squad:street", day) == (count, 2)


@pytest.mark.parametrize(
    ("area", "fitting"), [(29, 0), (30, 1), (50, 1), (51, 0), (None, 0)]
)
def test_premises_lie_within_what_the_plan_wants(huiji_plan, area, fitting):
    assert held(huiji_plan, "premises:command_centre") == (0, 0)
    make_office(grid=huiji_plan, kind="command_centre", square_metres=area)
    assert held(huiji_plan, "premises:command_centre") == (fitting, 1)


def test_a_plan_without_premises_has_no_fitting_ones(erqi):
    make_adoption(erqi)
    make_office(grid=erqi, kind="command_centre", square_metres=40)
    assert held(erqi, "premises:command_centre") == (0, 1)


def test_a_grid_is_mapped_from_the_day_of_its_boundary(huiji_plan):
    area = MultiPolygon([box(113.6, 34.7, 113.61, 34.71)])
    Boundary.objects.create(
        grid=huiji_plan.children.first(),
        geometry=boundaries.to_json(area),
        square_metres=1,
        source_system=Boundary.Datum.WGS84,
        since=date(2026, 1, 1),
        uploaded_by=User.objects.system(),
    )
    assert held(huiji_plan, "mapped:street", date(2025, 12, 31)) == (0, 2)
    assert held(huiji_plan, "mapped:street", date(2026, 1, 1)) == (1, 2)
    assert held(huiji_plan, "mapped:district+street") == (1, 3)


def test_posts_without_task_and_duties_are_not_fixed(huiji_plan):
    assert held(huiji_plan, "four_fixed") == (0, 0)
    make_posting(grid=huiji_plan.children.first())
    assert held(huiji_plan, "four_fixed") == (0, 1)


def test_what_is_not_asked_for_is_not_counted(huiji_plan, django_assert_num_queries):
    with django_assert_num_queries(0):
        kinds = {huiji_plan.pk: "district"}
        assert held_in(["counts", "rate:filed:100"], kinds, None, TODAY()) == {}


def test_counting_costs_the_same_however_many_grids(
    huiji_plan, django_assert_max_num_queries
):
    for number in range(6):
        grid = make_grid(f"第{number}街道", parent=huiji_plan)
        make_posting(grid=grid)
    for measure in ("offices:squad:street", "mapped:street", "four_fixed", "walls"):
        with django_assert_max_num_queries(14):
            held(huiji_plan, measure)


def test_premises_and_equipment_of_the_offices_that_a_place_has(huiji_plan):
    first, second = huiji_plan.children.order_by("pk")
    for measure in ("sited", "equipped"):
        assert held(huiji_plan, measure) == (0, 0)  # nothing is known: asked for
    office = make_office(grid=first, address="新城路 1 号", square_metres=40)
    make_office(grid=first, kind="complaint_point", address="窗口", square_metres=4)
    make_office(grid=second, address="刘寨路 1 号")  # its area is not known
    assert held(huiji_plan, "sited") == (1, 3)  # the district itself lacks its centre
    make_office(
        grid=huiji_plan, kind="command_centre", address="区局", square_metres=29
    )
    assert held(huiji_plan, "sited") == (1, 3)  # 30 at the least
    OfficeAsset.objects.create(
        office=office, kind="equipment", name="电脑", since=TODAY()
    )
    OfficeAsset.objects.create(office=office, kind="vehicle", name="车", since=TODAY())
    assert held(huiji_plan, "equipped") == (1, 3)
    assert held(first, "equipped") == (1, 1)
