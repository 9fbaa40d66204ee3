"""The pages of splitting, merging and undoing: nothing unseen is confirmed."""

from datetime import date

import pytest
from django.urls import reverse

from gridinspect.accounts.roles import Role
from grids.models import Grid, Posting
from grids.services import tree
from tests.factories import (
    TODAY,
    create_grid,
    make_adoption,
    make_case,
    make_enterprise,
    make_grid,
    make_posting,
    make_user,
)

SPLIT = {
    "on": "2026-09-01",
    "name_0": "东社区",
    "code_0": "E1",
    "name_1": "西社区",
    "code_1": "W1",
}


@pytest.fixture
def community(street):
    return create_grid("绿云社区", parent=street)


@pytest.fixture
def filled(community):
    make_posting(grid=community)
    make_enterprise(grid=community)
    return community


def page(response):
    return response.content.decode()


def url(name, grid):
    return reverse(f"grids:{name}", args=[grid.pk])


def confirm(client, address, data):
    """Send a form, then what the page asks to confirm."""
    response = client.post(address, data)
    assert "asked" in response.context, response.context["form"].errors
    again = dict(response.context["posted"]) | {"seen": response.context["seen"]}
    return client.post(address, again | {k: data[k] for k in data if k == "others"})


def test_a_split_shows_what_goes_along_before_it_is_done(bureau_client, filled):
    posting = Posting.objects.get(grid=filled)
    data = SPLIT | {f"posts_{posting.pk}": "1"}
    first = bureau_client.post(url("split", filled), data)

    assert "1 人在岗、1 户用人单位" in page(first)
    assert "拆分为 2 个网格：“东社区”（E1）、“西社区”（W1）" in page(first)
    assert Grid.objects.filter(code="E1").count() == 0

    response = confirm(bureau_client, url("split", filled), data)

    assert response.status_code == 302
    assert Grid.objects.get(code="W1").opened_on == date(2026, 9, 1)
    assert Posting.objects.get(until=None, person=posting.person).grid.code == "W1"


def test_the_preview_shows_figures_before_and_after(bureau_client, erqi, filled):
    make_adoption(erqi)
    shown = bureau_client.post(url("split", filled), SPLIT)

    outlook = shown.context["outlook"]
    known = {
        row.name: row.cells(["底数"])[0]
        for row in outlook.shifts
        if "底数" in outlook.names
    }
    assert known == {
        "绿云社区": ("1 → 0", True),
        "东社区": ("— → 1", True),
        "西社区": ("— → 0", True),
        "淮河路街道": ("1", False),
        "二七区合计": ("1", False),
    }
    assert Grid.objects.filter(code="E1").count() == 0


def test_units_go_to_parts_by_words_and_one_by_one(bureau_client, filled):
    near, far, other = (
        make_enterprise(grid=filled, road=road)
        for road in ("兴华街", "淮河路", "和平路")
    )
    case = make_case(grid=filled, enterprise=near)
    data = SPLIT | {"words_1": "兴华街、淮河路"}
    first = bureau_client.post(url("split", filled), data)
    chosen = {choice.key: part for choice, part in first.context["choices"]}
    assert [chosen[unit.pk] for unit in (near, far, other)] == [1, 1, 0]

    again = dict(first.context["posted"]) | {"seen": first.context["seen"]}
    again |= {f"units_{far.pk}": "0", f"units_{near.pk}": "1"}
    bureau_client.post(url("split", filled), again)

    for unit, code in ((near, "W1"), (far, "E1"), (other, "E1")):
        unit.refresh_from_db()
        assert unit.grid.code == code
    case.refresh_from_db()
    assert case.grid.code == "W1"


def test_parts_without_codes_add_three_digits_to_the_code_of_the_whole(
    bureau_client, erqi
):
    street = make_grid("淮河路街道", parent=erqi, code="410103001000")
    community = make_grid("绿云社区", parent=street, code="410103001001")
    data = {"name_0": "东社区", "name_1": "西社区", "on": "2026-09-01"}
    confirm(bureau_client, url("split", community), data)
    assert list(
        street.children.filter(closed_on=None).values_list("code", flat=True)
    ) == [
        "410103001001001",
        "410103001001002",
    ]


def test_a_merger_shows_what_goes_along_before_it_is_done(
    bureau_client, street, filled
):
    second = make_grid("建设社区", parent=street)
    data = {"on": "2026-09-01", "others": [second.pk], "name": "大社区", "code": "N1"}

    response = confirm(bureau_client, url("merge", filled), data)

    assert response.status_code == 302
    heir = Grid.objects.get(code="N1")
    assert {row.old for row in heir.origins.all()} == {filled, second}
    assert "承接自" in page(bureau_client.get(url("detail", heir)))


def test_a_grid_goes_into_one_that_stands(bureau_client, street, filled):
    second = make_grid("建设社区", parent=street)
    response = confirm(bureau_client, url("merge", filled), {"into": second.code})
    assert response.url == second.get_absolute_url()
    filled.refresh_from_db()
    assert filled.closed_on == TODAY()


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("split", SPLIT | {"on": "2100-01-01"}, "不能晚于今天"),
        ("split", SPLIT | {"name_1": "东社区"}, "同名"),
        ("split", {"name_0": "东社区", "code_0": "E1"}, "请填写此项"),
        ("merge", {"name": "大社区", "code": "N1"}, "至少要选择两个"),
        ("merge", {"on": ""}, "二者取一"),
        ("change", {"name": "x", "code": "x", "on": "2100-01-01"}, "不能晚于今天"),
    ],
)
def test_a_wrong_form_says_what_is_wrong(bureau_client, filled, name, data, sentence):
    response = bureau_client.post(url(name, filled), data)
    if response.context.get("asked"):
        response = confirm(bureau_client, url(name, filled), data)
    assert sentence in page(response)
    assert Grid.objects.filter(closed_on=None).count() == 3


def test_the_last_act_can_be_undone_from_the_page(bureau_client, erqi, community):
    other = make_grid("大学路街道", parent=erqi)
    old_path = community.path
    tree.move_grid(grid=community, parent=other, by=make_user(grid=erqi))
    assert "撤销移动" in page(bureau_client.get(url("detail", community)))

    response = bureau_client.post(url("undo", community), follow=True)

    assert "已撤销对“绿云社区”的移动" in page(response)
    assert Grid.objects.get(pk=community.pk).path == old_path
    response = bureau_client.post(url("undo", community), follow=True)
    assert "已撤销对“绿云社区”的新增" in page(response)
    assert not Grid.objects.filter(pk=community.pk).exists()


def test_why_an_act_cannot_be_undone_is_said(bureau_client, community, filled):
    response = bureau_client.post(url("undo", community), follow=True)
    assert "变动，不能撤销" in page(response)


def test_strangers_and_lower_posts_reshape_nothing(client, neighbour_client, community):
    for name in ("split", "merge"):
        assert neighbour_client.get(url(name, community)).status_code == 404
    assert neighbour_client.post(url("undo", community)).status_code == 404
    client.force_login(make_user(grid=community, role=Role.ASSISTANT))
    assert client.get(url("split", community)).status_code in (403, 404)
    assert client.post(url("undo", community)).status_code in (403, 404)


def test_an_undo_needs_a_post(bureau_client, community):
    assert bureau_client.get(url("undo", community)).status_code == 405
