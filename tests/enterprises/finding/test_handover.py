from datetime import timedelta

import pytest
from django.urls import reverse

from enterprises.models import Enterprise, Handover
from enterprises.services.files import Refused
from enterprises.services.handover import (
    accept_handover,
    propose_handover,
    return_handover,
    withdraw_handover,
)
from grids.forms import spelled
from reports.tallies import count_district
from tests.factories import (
    LONG_AGO,
    TODAY,
    make_adoption,
    make_enterprise,
    make_grid,
    make_survey,
)

WEEK_AGO = TODAY() - timedelta(days=7)
CODE = "91410103MA0AAAA1X9"


@pytest.fixture
def unit(community):
    unit = make_enterprise("郑州甲餐饮有限公司", grid=community, uscc=CODE)
    make_survey(unit, surveyed_on=TODAY() - timedelta(days=20))
    return unit


@pytest.fixture
def there(huiji):
    return make_grid("新社区", parent=make_grid("新街道", parent=huiji))


@pytest.fixture
def handover(unit, huiji, bureau):
    return propose_handover(
        unit=unit,
        to_district=huiji,
        on=WEEK_AGO,
        reason="整体搬迁",
        address="惠济区新路1号",
        by=bureau,
    )


def test_until_it_is_taken_in_the_unit_stays(unit, handover, neighbour_client):
    unit.refresh_from_db()
    assert unit.grid.name == "绿云社区"
    assert neighbour_client.get(unit.get_absolute_url()).status_code == 404
    page = neighbour_client.get(handover.get_absolute_url()).content.decode()
    assert "整体搬迁" in page
    assert CODE in page


def test_the_figures_of_both_move_from_the_day_on(
    unit, handover, there, neighbour, erqi, huiji
):
    for district in (erqi, huiji):
        make_adoption(district)
    old, before = unit.grid_id, WEEK_AGO - timedelta(days=1)
    was = count_district(erqi, before)[old]
    accept_handover(handover=handover, grid=there, since=WEEK_AGO, by=neighbour)
    assert count_district(erqi, before)[old] == was
    assert (was.known, was.acquired) == (1, 1)
    assert count_district(erqi, WEEK_AGO)[old].known == 0
    now = count_district(huiji, WEEK_AGO)[there.pk]
    assert (now.known, now.acquired) == (1, 1)


def test_the_file_goes_along_and_the_former_district_reads_what_was(
    unit, handover, there, neighbour, bureau_client
):
    accept_handover(handover=handover, grid=there, since=WEEK_AGO, by=neighbour)
    unit.refresh_from_db()
    assert (unit.district_id, unit.grid_id) == (there.district_id, there.pk)
    assert unit.address == "惠济区新路1号"
    assert list(unit.placements.order_by("since").values_list("since", "until")) == [
        (LONG_AGO, WEEK_AGO),
        (WEEK_AGO, None),
    ]
    unit.name = "惠济后来的名字"
    unit.save()
    assert bureau_client.get(unit.get_absolute_url()).status_code == 404
    page = bureau_client.get(handover.get_absolute_url()).content.decode()
    assert "郑州甲餐饮有限公司" in page
    assert "绿云社区" in page
    assert "惠济后来的名字" not in page
    listed = bureau_client.get(reverse("enterprises:handovers")).content.decode()
    assert "惠济后来的名字" not in listed


def test_it_is_found_in_its_new_district(unit, handover, there, neighbour_client):
    by = Enterprise.objects.get(pk=unit.pk).recorded_by
    accept_handover(handover=handover, grid=there, since=WEEK_AGO, by=by)
    page = reverse("enterprises:list", query={"q": "甲餐"})
    assert neighbour_client.get(page).context["table"].total == 1


def test_what_cannot_be_is_refused(unit, handover, there, neighbour, bureau, erqi):
    with pytest.raises(Refused, match="待对方接收"):
        propose_handover(
            unit=unit, to_district=there.district, on=TODAY(), reason="x", by=bureau
        )
    with pytest.raises(Refused, match="不是启用的网格"):
        accept_handover(
            handover=handover,
            grid=there,
            since=LONG_AGO - timedelta(days=1),
            by=neighbour,
        )
    with pytest.raises(Refused, match="不在"):
        accept_handover(handover=handover, grid=unit.grid, since=TODAY(), by=neighbour)
    make_enterprise("同码单位", grid=there, uscc=CODE)
    with pytest.raises(Refused, match="同一信用代码"):
        accept_handover(handover=handover, grid=there, since=TODAY(), by=neighbour)
    with pytest.raises(Refused, match="就在这个区县"):
        propose_handover(
            unit=make_enterprise(grid=unit.grid),
            to_district=erqi,
            on=TODAY(),
            reason="x",
            by=bureau,
        )


def test_it_is_sent_back_with_a_reason_or_withdrawn_once(
    unit, handover, huiji, neighbour, bureau
):
    with pytest.raises(Refused, match="理由"):
        return_handover(handover=handover, answer=" ", by=neighbour)
    return_handover(handover=handover, answer="不在我区", by=neighbour)
    with pytest.raises(Refused, match="已退回"):
        withdraw_handover(handover=handover, by=bureau)
    again = propose_handover(
        unit=unit, to_district=huiji, on=WEEK_AGO, reason="再次", by=bureau
    )
    withdraw_handover(handover=again, by=bureau)
    assert Handover.objects.waiting().count() == 0


def test_the_pages_propose_and_accept(client, unit, bureau, neighbour, there):
    client.force_login(bureau)
    typed = {"to": "惠济", "on": str(WEEK_AGO), "reason": "搬迁", "edition": 1}
    page = reverse("enterprises:handover-add", args=[unit.pk])
    assert "没有区县" in client.post(page, typed | {"to": "无此区"}).content.decode()
    client.post(page, typed)
    one = Handover.objects.get()
    accept = reverse("enterprises:handover-accept", args=[one.pk])
    assert client.get(accept).status_code == 403
    client.force_login(neighbour)
    todo = client.get(reverse("home")).content.decode()
    assert "移交待接收的单位" in todo
    client.post(accept, {"grid": spelled(there), "since": str(WEEK_AGO)})
    assert client.get(unit.get_absolute_url()).status_code == 200
