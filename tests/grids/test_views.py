"""The pages of grids: who sees what, what is refused, and in how many queries."""

from datetime import date

import pytest
from django.urls import reverse

from gridinspect.accounts.roles import Role
from grids import outline
from grids.models import Grid
from grids.services import codes, tree
from tests.factories import (
    LONG_AGO,
    create_grid,
    make_adoption,
    make_district,
    make_grid,
    make_posting,
    make_user,
)

CREATE = {
    "name": "建设社区",
    "kind": "community",
    "division_code": "",
    "code": "",
    "opened_on": "2024-01-01",
}


def page(response):
    return response.content.decode()


def confirm(client, address, data):
    """Send a form, then what the page asks to confirm."""
    shown = client.post(address, data)
    assert "asked" in shown.context, shown.context["form"].errors
    return client.post(address, data | {"seen": shown.context["seen"]})


def names_in(response):
    return [row.object.name for row in response.context["table"].rows]


# --- list -----------------------------------------------------------------------------


def test_the_list_shows_the_own_district_alone(bureau_client, community, huiji):
    response = bureau_client.get("/grids/")

    assert set(names_in(response)) == {"二七区", "淮河路街道", "绿云社区"}
    assert "惠济区" not in page(response)


def test_the_list_narrows_to_the_chosen_grid(bureau_client, street, community):
    response = bureau_client.get("/grids/", {"grid": street.code})

    assert set(names_in(response)) == {"淮河路街道", "绿云社区"}
    assert "辖区：淮河路街道" in page(response)


def test_a_foreign_grid_in_the_address_narrows_nothing(bureau_client, street, huiji):
    response = bureau_client.get("/grids/", {"grid": huiji.code})

    assert set(names_in(response)) == {"二七区", "淮河路街道"}


@pytest.mark.parametrize("words", ["淮河", "hhl", "HHL", "410103001"])
def test_a_grid_is_found_by_name_initials_and_code(bureau_client, erqi, words):
    make_grid("淮河路街道", parent=erqi, code="410103001000")
    make_grid("大学路街道", parent=erqi)

    response = bureau_client.get("/grids/", {"q": words})

    assert names_in(response) == ["淮河路街道"]


def test_closed_grids_show_only_when_asked_for(bureau_client, bureau, erqi, street):
    tree.close_grid(grid=street, closed_on=date(2026, 1, 1), successor=None, by=bureau)

    assert names_in(bureau_client.get("/grids/")) == ["二七区"]
    closed = bureau_client.get("/grids/", {"state": "closed"})
    assert names_in(closed) == ["淮河路街道"]
    assert len(names_in(bureau_client.get("/grids/", {"state": "all"}))) == 2


def test_the_level_is_what_the_policy_says(bureau_client, erqi, street, community):
    make_adoption(erqi, "erqi-2013")

    shown = page(bureau_client.get("/grids/"))

    assert "三级网格（社区）" in shown


def test_an_assistant_may_look_but_sees_no_button_to_add(client, street):
    client.force_login(make_user(grid=street, role=Role.ASSISTANT))

    shown = page(client.get("/grids/"))

    assert "/grids/new/" not in shown
    assert client.get("/grids/new/").status_code == 403


def test_the_list_costs_the_same_for_many_grids(
    bureau_client, erqi, django_assert_max_num_queries
):
    make_adoption(erqi, "erqi-2013")
    for number in range(15):
        make_posting(grid=make_grid(f"{number}号街道", parent=erqi))
    bureau_client.get("/grids/")

    with django_assert_max_num_queries(16):
        bureau_client.get("/grids/")


# --- tree -----------------------------------------------------------------------------


def test_the_tree_comes_level_by_level(bureau_client, erqi, street, community):
    top = page(bureau_client.get("/grids/tree/", headers={"HX-Request": "true"}))
    assert "淮河路街道" in top  # a single root stands open
    assert "绿云社区" not in top

    level = page(bureau_client.get("/grids/tree/", {"below": street.pk}))
    assert "绿云社区" in level
    assert f"/grids/?grid={community.code}" in level


def test_the_tree_stands_open_down_to_the_chosen_grid(bureau_client, community):
    shown = page(bureau_client.get("/grids/tree/", {"at": community.pk}))

    assert "绿云社区" in shown
    assert 'aria-current="true"' in shown


def test_the_tree_of_a_street_begins_at_the_street(client, erqi, street, community):
    client.force_login(make_user(grid=street, role=Role.SQUAD_LEADER))

    shown = page(client.get("/grids/tree/", headers={"HX-Request": "true"}))

    assert "淮河路街道" in shown
    assert "二七区" not in shown


def test_the_tree_leads_to_the_list_that_asked(bureau_client, street):
    address = reverse("grids:tree")

    shown = page(bureau_client.get(address, {"to": "grids:cities"}))

    assert f"/cities/?grid={street.code}" in shown
    assert bureau_client.get(address, {"to": "no:where"}).status_code == 400


def test_a_foreign_level_does_not_exist(bureau_client, huiji):
    response = bureau_client.get("/grids/tree/", {"below": huiji.pk})

    assert response.status_code == 404


def test_a_level_costs_the_same_for_many_grids(
    bureau_client, erqi, bureau, django_assert_max_num_queries
):
    nodes = [tree.Node(f"N{n:03}", f"{n}号街道", "street") for n in range(60)]
    for node in nodes:
        node.children = [tree.Node(f"{node.code}C", f"{node.name}社区", "community")]
    tree.add_below(
        district=erqi,
        additions=[(erqi, node) for node in nodes],
        opened_on=LONG_AGO,
        by=bureau,
    )
    bureau_client.get("/grids/tree/")

    with django_assert_max_num_queries(7):
        bureau_client.get("/grids/tree/", {"below": erqi.pk})
    with django_assert_max_num_queries(7):
        bureau_client.get("/grids/tree/")
    with django_assert_max_num_queries(5):
        bureau_client.get("/grids/options/", {"q": "社区"})


def test_a_level_of_very_many_leads_on_to_the_list(bureau_client, erqi, monkeypatch):
    monkeypatch.setattr(outline, "MOST", 3)
    streets = [make_grid(f"{n}号街道", parent=erqi, code=f"S{n}") for n in range(5)]

    level = page(bureau_client.get("/grids/tree/", {"below": erqi.pk}))
    assert "2号街道" in level
    assert "3号街道" not in level
    assert "其余 2 个，请在列表中查询" in level

    chosen = page(bureau_client.get("/grids/tree/", {"at": streets[4].pk}))
    assert "4号街道" in chosen
    cell = make_grid("一号单元", parent=streets[4], kind="cell")
    chosen = page(bureau_client.get("/grids/tree/", {"at": cell.pk}))
    assert "一号单元" in chosen
    assert "其余 1 个" in chosen


def test_suggestions_stay_inside_the_jurisdiction(bureau_client, street, huiji):
    make_grid("淮河北街道", parent=huiji)

    shown = page(
        bureau_client.get("/grids/options/", {"field": "parent", "parent": "淮河"})
    )

    assert f"淮河路街道（{street.code}）" in shown
    assert "淮河北" not in shown


# --- detail ---------------------------------------------------------------------------


def test_the_page_of_a_grid_tells_level_policy_and_history(
    bureau_client, erqi, street, community
):
    make_adoption(erqi, "erqi-2013")

    shown = page(bureau_client.get(street.get_absolute_url()))
    assert "二级网格（街道）" in shown
    assert "乡镇、街道办事处" in shown
    assert "绿云社区" in shown

    new = create_grid("大学路街道", parent=erqi)
    history = page(bureau_client.get(new.get_absolute_url(), {"tab": "timeline"}))
    assert "新增网格" in history


def test_a_foreign_grid_does_not_exist(bureau_client, huiji):
    for name in ("detail", "change", "close", "move"):
        address = reverse(f"grids:{name}", args=[huiji.pk])
        assert bureau_client.get(address).status_code == 404


def test_who_may_only_look_may_not_change(client, street):
    client.force_login(make_user(grid=street, role=Role.SQUAD_LEADER))

    assert client.get(street.get_absolute_url()).status_code == 200
    for name in ("change", "close", "move"):
        address = reverse(f"grids:{name}", args=[street.pk])
        assert client.get(address).status_code == 403


# --- acts -----------------------------------------------------------------------------


def test_a_grid_is_added_below_another(bureau_client, erqi):
    make_grid("淮河路街道", parent=erqi, code="410103001000")

    response = bureau_client.post(
        "/grids/new/", CREATE | {"parent": "淮河路街道（410103001000）"}
    )

    grid = Grid.objects.get(name="建设社区")
    assert response.status_code == 302
    assert grid.code == "410103001000001"
    assert grid.opened_on == date(2024, 1, 1)


def test_a_code_is_suggested_and_never_given_again(bureau_client, bureau, erqi):
    street = make_grid("淮河路街道", parent=erqi, code="410103001000")
    old = make_grid("旧社区", parent=street, code="410103001000004")
    tree.close_grid(grid=old, closed_on=date(2026, 1, 1), successor=None, by=bureau)

    response = bureau_client.get("/grids/new/", {"parent": street.pk})

    assert response.context["form"].initial["code"] == "410103001000005"
    assert codes.suggest_code(street, "410103001009") == "410103001009"
    assert codes.suggest_code(erqi) == "410103000000001"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"parent": "哪里"}, "您的辖区内没有网格"),
        ({"parent": "惠济区"}, "您的辖区内没有网格"),
        ({"parent": ""}, "请选择网格"),
        ({"name": "绿云社区"}, "已有同名网格“绿云社区”，请换一个名称。"),
        ({"code": "TAKEN"}, "已存在"),
        ({"kind": "zone"}, "只有区县和功能区可以没有上级网格。"),
        ({"division_code": "12"}, "应为 12 位数字"),
        ({"opened_on": "2001-01-01"}, "不能早于上级网格的启用日期"),
    ],
)
def test_what_is_wrong_is_said_on_the_form(
    bureau_client, erqi, huiji, street, community, fields, sentence
):
    make_grid("大学路街道", parent=erqi, code="TAKEN")
    right = CREATE | {"parent": "淮河路街道", "code": "NEW1"}

    response = bureau_client.post("/grids/new/", right | fields)

    assert response.status_code == 200
    assert sentence in page(response)
    assert not Grid.objects.filter(name="建设社区").exists()


def test_two_grids_of_a_name_are_listed_not_guessed(bureau_client, erqi):
    other = make_grid("大学路街道", parent=erqi)
    for parent in (make_grid("淮河路街道", parent=erqi), other):
        make_grid("建中社区", parent=parent)

    response = bureau_client.post("/grids/new/", CREATE | {"parent": "建中社区"})

    assert "对应几个网格" in page(response)


def test_the_city_bureau_adds_a_district(client, city):
    client.force_login(make_user(city=city, role=Role.CITY_BUREAU))
    fields = {"name": "高新区", "kind": "zone", "code": "410171", "city": city.pk}

    response = client.post("/grids/new/", CREATE | fields | {"parent": ""})

    assert response.status_code == 302
    assert Grid.objects.get(code="410171").is_root


def test_a_grid_is_renamed(bureau_client, street):
    address = reverse("grids:change", args=[street.pk])

    confirm(bureau_client, address, {"name": "建中街街道", "code": street.code})

    assert Grid.objects.get(pk=street.pk).name == "建中街街道"


def test_a_grid_is_closed_with_its_successor(bureau_client, erqi, street):
    heir = make_grid("大学路街道", parent=erqi)
    address = reverse("grids:close", args=[street.pk])

    fields = {"closed_on": "2026-01-01", "successor": heir.code}
    confirm(bureau_client, address, fields)

    shown = page(bureau_client.get(street.get_absolute_url()))
    assert "已停用" in shown
    assert "大学路街道" in shown


def test_a_grid_with_people_says_so_before_and_after_the_try(bureau_client, community):
    make_posting(grid=community)
    address = reverse("grids:close", args=[community.pk])

    assert "1 人在岗" in page(bureau_client.get(address))
    response = bureau_client.post(address, {"closed_on": "2026-01-01"})
    assert "请先调整到接续网格" in page(response)
    assert Grid.objects.get(pk=community.pk).closed_on is None


def test_a_move_shows_what_moves_and_only_then_moves(
    bureau_client, erqi, street, community
):
    other = make_grid("大学路街道", parent=erqi)
    make_posting(grid=community)
    address = reverse("grids:move", args=[community.pk])

    shown = bureau_client.post(address, {"parent": other.code})
    assert "1 个网格、1 人在岗" in page(shown)
    assert Grid.objects.get(pk=community.pk).parent == street

    seen = shown.context["seen"]
    response = bureau_client.post(address, {"parent": other.code, "seen": seen})
    assert response.status_code == 302
    assert Grid.objects.get(pk=community.pk).parent == other


def test_what_changed_since_the_preview_is_shown_again(
    bureau_client, erqi, street, community
):
    other = make_grid("大学路街道", parent=erqi)
    address = reverse("grids:move", args=[community.pk])
    seen = bureau_client.post(address, {"parent": other.code}).context["seen"]
    make_grid("一号单元", parent=community, kind="cell")

    response = bureau_client.post(address, {"parent": other.code, "seen": seen})

    assert response.status_code == 200
    assert "2 个网格" in page(response)
    assert Grid.objects.get(pk=community.pk).parent == street


# --- cities ---------------------------------------------------------------------------


def test_the_districts_of_a_city_stand_side_by_side(client, city, erqi, huiji, street):
    make_adoption(erqi, "erqi-2013")
    make_posting(grid=street)
    client.force_login(make_user(city=city, role=Role.CITY_BUREAU))

    shown = page(client.get(reverse("grids:city", args=[city.pk])))

    assert "二七区" in shown
    assert "惠济区" in shown
    assert "二七区组建劳动保障监察协管员队伍实施方案" in shown


def test_a_district_sees_its_city_but_no_other_district(bureau_client, city, huiji):
    assert "郑州市" in page(bureau_client.get("/cities/"))
    shown = page(bureau_client.get(reverse("grids:city", args=[city.pk])))
    assert "二七区" in shown
    assert "惠济区" not in shown


def test_another_city_does_not_exist(bureau_client):
    other = make_district(opened_on=LONG_AGO).city

    assert bureau_client.get(reverse("grids:city", args=[other.pk])).status_code == 404
