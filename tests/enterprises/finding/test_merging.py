from datetime import timedelta

import pytest
from django.apps import apps
from django.urls import reverse

from enterprises.models import Enterprise, Merger, ToldApart
from enterprises.services.files import Refused
from enterprises.services.merging import (
    choices,
    merge_files,
    moving,
    separate_files,
    tell_apart,
)
from enterprises.services.pairs import pairs_of
from enterprises.views import merging as merging_views
from reports.tallies import count_district
from tests.factories import (
    TODAY,
    make_adoption,
    make_case,
    make_enterprise,
    make_survey,
)

CODE = "91410103MA0AAAA1X9"
BEFORE = TODAY() - timedelta(days=1)


@pytest.fixture
def kept(community):
    return make_enterprise("郑州甲餐饮有限公司", grid=community, address="人民路1号")


@pytest.fixture
def twin(community):
    unit = make_enterprise(
        "郑州甲餐饮有限公司", grid=community, uscc=CODE, legal_representative="测试甲"
    )
    make_survey(unit, surveyed_on=TODAY() - timedelta(days=9))
    make_case(grid=community, enterprise=unit)
    return unit


def merged(kept, twin, by, take=frozenset()):
    return merge_files(kept=kept, merged=twin, take=set(take), reason="核对证照", by=by)


def state_of(*units):
    names = ("name", "uscc", "address", "legal_representative", "status")
    return [
        [getattr(Enterprise.objects.get(pk=unit.pk), name) for name in names]
        + [unit.surveys.count(), unit.cases.count()]
        + list(unit.status_periods.order_by("pk").values_list("status", "until"))
        for unit in units
    ]


def test_two_files_become_one(kept, twin, bureau):
    merged(kept, twin, bureau, {"legal_representative"})
    kept.refresh_from_db()
    twin.refresh_from_db()
    assert (kept.uscc, kept.legal_representative) == (CODE, "测试甲")
    assert kept.address == "人民路1号"
    assert (twin.status, twin.merged_into, twin.uscc) == ("merged", kept, None)
    assert (kept.surveys.count(), kept.cases.count()) == (1, 1)
    assert twin.placements.count() == 1


def test_only_what_the_other_has_is_offered(kept, twin):
    offered = {one.name: one for one in choices(kept, twin)}
    assert set(offered) == {"uscc", "legal_representative"}
    assert offered["uscc"].is_fixed
    assert ("调查登记表", 1, 0) in moving(twin, kept)


def test_undoing_restores_both_exactly(kept, twin, bureau):
    before = state_of(kept, twin)
    merger = merged(kept, twin, bureau, {"legal_representative"})
    assert state_of(kept, twin) != before
    separate_files(merger=merger, by=bureau)
    assert state_of(kept, twin) == before
    with pytest.raises(Refused, match="已撤销"):
        separate_files(merger=merger, by=bureau)


def test_figures_of_earlier_days_stay_as_they_were(kept, twin, bureau, erqi):
    make_adoption(erqi)
    was = count_district(erqi, BEFORE)[kept.grid_id]
    merger = merged(kept, twin, bureau)
    assert count_district(erqi, BEFORE)[kept.grid_id] == was
    now = count_district(erqi, TODAY())[kept.grid_id]
    assert (was.known, was.acquired) == (2, 1)
    assert (now.known, now.acquired) == (1, 1)
    separate_files(merger=merger, by=bureau)
    assert count_district(erqi, TODAY())[kept.grid_id].known == 2


def test_whatever_points_at_a_unit_has_a_name_that_people_read():
    pointing = [
        model
        for model in apps.get_models()
        if any(f.related_model is Enterprise for f in model._meta.concrete_fields)
    ]
    assert len(pointing) > 30
    for model in pointing:
        words = str(model._meta.verbose_name)
        assert any("一" <= letter <= "鿿" for letter in words), model


@pytest.mark.parametrize(
    ("moves", "stays", "told"),
    [
        (2, 0, "案件：转入 2 条</li>"),
        (0, 1, "案件：1 条因保留的档案已有同样的记录，留在原档案中</li>"),
        (2, 1, "案件：转入 2 条，1 条因保留的档案已有同样的记录，留在原档案中</li>"),
    ],
)
def test_the_preview_says_what_moves_and_what_stays(
    bureau_client, kept, twin, monkeypatch, moves, stays, told
):
    lines = [("案件", moves, stays)]
    monkeypatch.setattr(merging_views, "moving", lambda merged, kept: lines)
    page = bureau_client.get(reverse("enterprises:merge", args=[kept.pk, twin.pk]))
    assert told in page.content.decode()


def test_two_codes_are_two_units(kept, twin, bureau, huiji):
    other = make_enterprise(grid=kept.grid, uscc="92410108MA0BBBB236")
    with pytest.raises(Refused, match="代码不同"):
        merged(other, twin, bureau)
    with pytest.raises(Refused, match="同一区县"):
        merged(make_enterprise(grid=huiji), kept, bureau)
    with pytest.raises(Refused, match="与自己"):
        merged(kept, kept, bureau)


def test_nothing_is_undone_that_something_was_built_on(kept, twin, bureau):
    merger = merged(kept, twin, bureau)
    Enterprise.objects.filter(pk=kept.pk).update(edition=9)
    with pytest.raises(Refused, match="又有修改"):
        separate_files(merger=merger, by=bureau)


def test_pairs_are_found_until_somebody_says_that_they_are_two(kept, twin, bureau):
    renamed = make_enterprise("郑州丁商行", grid=kept.grid, address="解放路5号")
    also = make_enterprise("郑州戊超市", grid=kept.grid, address="解放路5号")
    for unit in (renamed, also):
        unit.set_contact_phone("13900000001")
        unit.save()
    make_enterprise("郑州独立单位", grid=kept.grid, address="解放路9号")
    found = {(pair.first.pk, pair.second.pk): pair for pair in pairs_of(kept.district)}
    assert set(found) == {(kept.pk, twin.pk), (renamed.pk, also.pk)}
    assert found[kept.pk, twin.pk].score > 90
    assert "地址 100%" in found[renamed.pk, also.pk].told
    tell_apart(one=twin, other=kept, by=bureau)
    tell_apart(one=kept, other=twin, by=bureau)
    assert ToldApart.objects.count() == 1
    assert len(pairs_of(kept.district)) == 1


def test_the_page_merges_and_the_old_address_leads_on(bureau_client, kept, twin):
    listed = bureau_client.get(reverse("enterprises:duplicates")).content.decode()
    assert "核对合并" in listed
    page = reverse("enterprises:merge", args=[kept.pk, twin.pk])
    assert "逐项核对" in bureau_client.get(page).content.decode()
    typed = {"reason": "核对证照", "editions": "1/1", "legal_representative": "merged"}
    stale = bureau_client.post(page, typed | {"editions": "1/7"}).content.decode()
    assert "重新核对" in stale
    bureau_client.post(page, typed)
    response = bureau_client.get(twin.get_absolute_url())
    assert response.url == kept.get_absolute_url()
    assert (
        "并入的档案"
        in bureau_client.get(
            f"{kept.get_absolute_url()}?tab=belonging"
        ).content.decode()
    )
    names = bureau_client.get(reverse("enterprises:list")).context["table"]
    assert names.total == 1
    merger = bureau_client.get(Merger.objects.get().get_absolute_url())
    assert "调查登记表 1 条、案件 1 条" in merger.content.decode()


def test_a_neighbour_merges_nothing(neighbour_client, kept, twin):
    page = reverse("enterprises:merge", args=[kept.pk, twin.pk])
    assert neighbour_client.get(page).status_code == 404
