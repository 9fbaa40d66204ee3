"""The pages of codes: a city's scheme, and recoding with its preview."""

from django.urls import reverse

from gridinspect.accounts.roles import Role
from grids.models import CodeScheme, Grid
from tests.factories import make_grid, make_user

SCHEME = {
    "district_digits": 6,
    "street_digits": 3,
    "community_digits": 3,
    "serial_digits": 3,
    "padded_to": 0,
    "check_codes": "refuse",
}


def page(response):
    return response.content.decode()


def test_the_city_bureau_sets_the_scheme(client, city, erqi, street):
    client.force_login(make_user(city=city, role=Role.CITY_BUREAU))
    shown = page(client.get(reverse("grids:codes", args=[city.pk])))
    assert "6+3+3+3，补零到 12 位" in shown
    assert "未设定，按默认方案" in shown

    address = reverse("grids:codes-change", args=[city.pk])
    assert "不能少于前三级之和" in page(client.post(address, SCHEME | {"padded_to": 5}))
    assert client.post(address, SCHEME).status_code == 302
    scheme = CodeScheme.objects.get(city=city)
    assert (scheme.padded_to, scheme.allows_free, scheme.refuses) == (0, False, True)
    shown = page(client.get(reverse("grids:codes", args=[city.pk])))
    assert "不予保存" in shown


def test_a_district_reads_the_scheme_and_may_not_set_it(bureau_client, city):
    assert bureau_client.get(reverse("grids:codes", args=[city.pk])).status_code == 200
    address = reverse("grids:codes-change", args=[city.pk])
    assert bureau_client.get(address).status_code == 403


def test_a_recoding_is_shown_then_done_then_undone(bureau_client, erqi):
    street = make_grid("淮河路街道", parent=erqi, code="410103001000")
    for number in (1, 2):
        make_grid(f"{number}号社区", parent=street, code=f"41010300100{number}")
    address = reverse("grids:recode", args=[street.pk])
    pairs = "410103001001\t410103001002\r\n410103001002 410103001001\r\n"
    data = {"how": "list", "pairs": pairs, "on": "2026-09-01"}

    first = bureau_client.post(address, data)
    assert "改动 <b>2</b> 个网格的编码" in page(first)
    assert Grid.objects.get(name="1号社区").code == "410103001001"

    done = bureau_client.post(address, data | {"seen": first.context["seen"]})
    assert done.status_code == 302
    assert Grid.objects.get(name="1号社区").code == "410103001002"

    assert "撤销重新编码" in page(bureau_client.get(street.get_absolute_url()))
    bureau_client.post(reverse("grids:undo", args=[street.pk]))
    assert Grid.objects.get(name="1号社区").code == "410103001001"


def test_a_grid_leads_to_its_map(bureau_client, street):
    shown = page(bureau_client.get(street.get_absolute_url()))
    assert f"/map/?grid={street.code}" in shown
