"""A boundary is drawn with the mouse, snaps to its neighbour, and is saved."""

from datetime import date

import pytest
from django.urls import reverse
from shapely.geometry import box

from gridinspect.accounts.roles import Role
from grids.boundaries import Area, from_json
from grids.models import Grid
from grids.services.boundaries import set_boundaries
from grids.tiling import tiling_of
from tests.factories import make_city, make_district, make_grid, make_user

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]
WHOLE, WEST = box(113.6, 34.7, 113.7, 34.8), box(113.6, 34.7, 113.65, 34.8)
# From shares of the district's outline, the largest drawn, to places on the screen.
PLACES = """
shares => {
  const size = one => one.width * one.height;
  const whole = [...document.querySelectorAll("[data-draw] path")]
    .map(one => one.getBoundingClientRect())
    .reduce((most, one) => size(one) > size(most) ? one : most);
  return shares.map(([x, y]) =>
    [whole.left + x * whole.width, whole.bottom - y * whole.height]);
}
"""


@pytest.fixture
def district(transactional_db):
    """A district whose western street has its boundary, and whose eastern has none."""
    district = make_district("二七区", city=make_city(code="410100"), code="410103")
    west = make_grid("淮河路街道", parent=district)
    make_grid("解放路街道", parent=district)
    areas: dict[Grid, Area] = {district: WHOLE, west: WEST}
    bureau = make_user(grid=district, role=Role.DISTRICT_BUREAU)
    set_boundaries(
        at=district, areas=areas, datum="wgs84", since=date(2024, 5, 1), by=bureau
    )
    district.bureau = bureau
    return district


def test_a_boundary_is_drawn_against_its_neighbour_and_saved(district, visit):
    east = district.children.get(name="解放路街道")
    page = visit(district.bureau).open(reverse("grids:boundary-draw", args=[east.pk]))
    page.locator(".leaflet-pm-icon-polygon").click()
    corners = [(0.5, 0), (1, 0), (1, 1), (0.5, 1)]
    for x, y in page.evaluate(PLACES, [*corners, corners[0]]):
        page.mouse.move(x + 9, y + 9)
        page.mouse.move(x + 4, y + 3)
        page.mouse.click(x + 4, y + 3)
    page.get_by_text("共 1 块，4 个点").wait_for()
    page.get_by_role("button", name="保存").click()
    page.get_by_text("已保存“解放路街道”的边界").wait_for()
    drawn = from_json(east.boundaries.get().geometry)
    assert tiling_of(WHOLE, {1: WEST, 2: drawn}).is_sound


def test_points_typed_by_hand_are_drawn(district, visit):
    east = district.children.get(name="解放路街道")
    page = visit(district.bureau).open(reverse("grids:boundary-draw", args=[east.pk]))
    page.get_by_text("还没有画").wait_for()
    field = page.get_by_role("textbox", name="各点坐标")
    field.fill("113.65, 34.7\n113.7, 34.7\n113.7, 34.8\n113.65, 34.8")
    page.keyboard.press("Tab")
    page.get_by_text("共 1 块，4 个点").wait_for()
    field.fill("113.65, 34.7\n不是坐标")
    page.keyboard.press("Tab")
    page.get_by_text("有一行不是“经度, 纬度”").wait_for()
