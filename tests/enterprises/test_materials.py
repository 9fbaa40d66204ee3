"""材料目录, 纸质档案位置 and 变更记录 of a unit's file."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from enterprises.file_changes import changes_of
from enterprises.models import Material
from enterprises.services import change_enterprise
from enterprises.services.files import Refused
from enterprises.services.materials import (
    add_material,
    move_paper,
    page_ranges,
    replace_material,
    void_material,
)
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from tests.enterprises.test_survey_rules import GOOD
from tests.factories import make_enterprise, make_survey, make_user

pytestmark = pytest.mark.django_db
SCAN = b"%PDF-1.4 scan"


@pytest.fixture
def unit(community):
    return make_enterprise("郑州甲餐饮有限公司", grid=community)


@pytest.fixture
def bureau(erqi):
    return make_user(grid=erqi)


def scan():
    return SimpleUploadedFile("执照.pdf", SCAN, "application/pdf")


def material(unit, by, **changes):
    fields = {"kind": "licence", "title": "营业执照", "pages": 2}
    return add_material(enterprise=unit, by=by, **fields | changes)


def page(name, *args):
    return reverse(f"enterprises:{name}", args=args)


# --- documents ------------------------------------------------------------------------


def test_documents_are_numbered_and_never_lose_their_number(unit, bureau):
    first, second = material(unit, bureau), material(unit, bureau, title="工资表")
    new = replace_material(
        material=first,
        reason="换发新照",
        by=bureau,
        kind="licence",
        title="新照",
        pages=1,
    )
    void_material(material=second, reason="归错卷", by=bureau)
    found = list(Material.objects.filter(enterprise=unit).order_by("number"))
    assert [one.number for one in found] == [1, 2, 3]
    assert [one.void_reason for one in found] == [
        "由第 3 号替换：换发新照",
        "归错卷",
        "",
    ]
    assert new.replaces == first
    assert [line for _, line in page_ranges(found)] == ["", "", "1"]
    verbs = [event.verb for event in history(unit)]
    assert verbs.count("material.added") == 3
    assert verbs.count("material.voided") == 2


def test_pages_are_counted_through(unit, bureau):
    found = [material(unit, bureau, pages=n) for n in (2, 1, 3)]
    assert [line for _, line in page_ranges(found)] == ["1–2", "3", "4–6"]


def test_what_is_void_stays_void(unit, bureau):
    one = material(unit, bureau)
    with pytest.raises(Refused, match="请写明作废原因"):
        void_material(material=one, reason=" ", by=bureau)
    void_material(material=one, reason="重复", by=bureau)
    with pytest.raises(Refused, match="已经作废：重复"):
        void_material(material=one, reason="再来", by=bureau)
    with pytest.raises(IntegrityError), transaction.atomic():
        Material.objects.filter(pk=one.pk).update(void_reason="")


def test_a_document_of_tomorrow_is_refused(unit, bureau):
    tomorrow = timezone.localdate() + timedelta(days=1)
    with pytest.raises(Refused, match="晚于今天"):
        material(unit, bureau, dated_on=tomorrow)
    assert not Material.objects.exists()


def test_a_scan_is_put_in_and_looked_at_by_page(bureau_client, bureau, unit):
    data = {"kind": "licence", "title": "营业执照", "pages": "2", "dated_on": "0105"}
    answer = bureau_client.post(
        page("material-add", unit.pk), data | {"upload": scan()}
    )
    assert answer.url.endswith("?tab=materials")
    one = Material.objects.get()
    assert one.attachment.content_type == "application/pdf"
    shown = bureau_client.get(page("material-file", one.pk))
    assert shown.content == SCAN
    text = bureau_client.get(
        f"{unit.get_absolute_url()}?tab=materials"
    ).content.decode()
    assert "现有 2 页" in text
    assert "1–2" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pages": "-1"}, "页数至少为 1"),
        ({"pages": "1.5"}, "页数应为整数"),
        ({"pages": "9000"}, "页数最多 5000"),
        ({"title": ""}, "必填"),
        ({"title": "<b>" * 60}, "100"),
        ({"dated_on": "0230"}, "没有这一天"),
    ],
)
def test_a_bad_line_gets_one_sentence_and_loses_nothing(
    bureau_client, unit, changes, words
):
    data = {"kind": "licence", "title": "营业执照", "pages": "2", "remark": "留底"}
    text = bureau_client.post(
        page("material-add", unit.pk), data | changes
    ).content.decode()
    assert words in text
    assert "留底" in text
    assert "<b><b>" not in text
    assert not Material.objects.exists()


def test_a_neighbour_and_a_reader_change_nothing(
    neighbour_client, client, bureau, unit, erqi
):
    one = material(unit, bureau, upload=scan())
    for name, key in [
        ("material-add", unit.pk),
        ("material-file", one.pk),
        ("material-replace", one.pk),
        ("material-void", one.pk),
        ("paper-move", unit.pk),
    ]:
        assert neighbour_client.get(page(name, key)).status_code == 404
    client.force_login(make_user(grid=erqi, role=Role.LEGAL_REVIEWER))
    assert client.get(page("material-file", one.pk)).status_code == 200
    assert client.get(page("material-void", one.pk)).status_code == 403
    assert client.get(page("paper-move", unit.pk)).status_code == 403


# --- the paper ------------------------------------------------------------------------


def test_the_place_of_the_paper_has_a_history(unit, bureau):
    today = timezone.localdate()
    act = {"enterprise": unit, "by": bureau, "reason": "搬库"}
    move_paper(**act, cabinet="3", box="12", number="045", moved_on=date(2026, 1, 5))
    move_paper(**act, cabinet="4", box="", number="", moved_on=today)
    unit.refresh_from_db()
    assert unit.paper_file_place == "4柜"
    assert [str(one) for one in unit.paper_places.order_by("moved_on")] == [
        "3柜12盒045卷",
        "4柜",
    ]
    with pytest.raises(Refused, match="没有变化"):
        move_paper(**act, cabinet="4", box="", number="", moved_on=today)
    with pytest.raises(Refused, match="不能早于"):
        move_paper(**act, cabinet="5", box="", number="", moved_on=date(2026, 2, 1))
    with pytest.raises(Refused, match="晚于今天"):
        move_paper(
            **act, cabinet="5", box="", number="", moved_on=today + timedelta(days=1)
        )
    change = changes_of(unit)[0]
    assert (change.label, change.before, change.after) == (
        "纸质档案位置",
        "3柜12盒045卷",
        "4柜",
    )


# --- changes --------------------------------------------------------------------------


def test_changes_tell_field_value_author_and_way(
    unit, bureau, django_assert_max_num_queries
):
    change_enterprise(
        enterprise=unit,
        edition=unit.edition,
        by=bureau,
        address="淮河路 8 号",
        legal_phone="13900000001",
    )
    unit.refresh_from_db()
    change_enterprise(
        enterprise=unit,
        edition=2,
        by=bureau,
        via="数据比对：税务",
        address="淮河路 9 号",
    )
    for day, male in [(date(2026, 1, 5), 20), (date(2026, 7, 5), 19)]:
        make_survey(unit, surveyed_on=day, answers=GOOD | {"male": male})
    with django_assert_max_num_queries(5):
        found = changes_of(unit)
    said = {(one.label, one.before, one.after, one.source) for one in found}
    assert {
        ("经营（用工）地址", "", "淮河路 8 号", "修改单位档案"),
        ("经营（用工）地址", "淮河路 8 号", "淮河路 9 号", "数据比对：税务"),
        ("法定代表人电话", "", "139****0001", "修改单位档案"),
        ("调查登记表 1 项", "2026-01-05 采集", "2026-07-05 采集", "调查登记表"),
    } <= said
    assert {one.by for one in found} >= {str(bureau)}


def test_the_timeline_is_filtered_by_kind(bureau_client, bureau, unit):
    material(unit, bureau)
    change_enterprise(enterprise=unit, edition=1, by=bureau, address="淮河路 8 号")
    text = bureau_client.get(f"{unit.get_absolute_url()}?tab=timeline").content.decode()
    assert "全部 5" in text  # with its opening, grid and status
    only = bureau_client.get(f"{unit.get_absolute_url()}?tab=timeline&kind=材料")
    assert "归入材料" in only.content.decode()
    assert "经营（用工）地址：空" in text
    assert "经营（用工）地址：空" not in only.content.decode()
