"""Rows that may be a unit we have: shown with the parts of their score, and decided."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from enterprises.matching import Facts, match
from enterprises.models import Enterprise
from gridinspect.accounts.roles import Role
from gridinspect.imports import services
from gridinspect.imports.models import Distinct, ImportBatch
from grids.models import Grid
from tests.factories import make_district, make_enterprise, make_user
from tests.gridinspect.imports.conftest import xlsx

HEAD = ["单位名称", "统一社会信用代码", "地址", "街道", "营业状态"]
PLACE = "大学路街道"
CODE = "91410103MA0AAAA1X9"


@pytest.mark.parametrize(
    ("one", "other", "score"),
    [
        (Facts("甲店", CODE), Facts("乙店", CODE), 100),
        (
            Facts("郑州甲商贸有限公司", CODE),
            Facts("郑州甲商贸有限公司", "x" * 18),
            None,
        ),
        (Facts("郑州甲商贸有限公司"), Facts("郑州甲商贸有限公司", CODE), 95),
        (Facts("郑州甲商贸有限公司"), Facts("洛阳乙餐饮有限公司"), None),
        (Facts("郑州甲商贸第3分店"), Facts("郑州甲商贸第13分店"), None),
        (Facts("甲商贸分公司"), Facts("甲商贸公司"), None),
    ],
)
def test_how_sure_it_is_that_two_are_one(one, other, score):
    found = match(one, other)
    assert (found and found.score) == score


def test_the_parts_make_the_score():
    one = Facts("郑州甲商贸有限公司", address="河南省郑州市二七区大学路24号", phone="1")
    same_house = Facts("郑州甲商贸有限公司", address="大学路24号", phone="2")
    other_house = Facts("郑州甲商贸有限公司", address="大学路25号")
    found = match(one, same_house)
    assert [part[0] for part in found.parts] == ["名称", "地址", "联系电话"]
    assert found.parts[1][1] == 100
    assert found.parts[2][1] == 0
    assert match(one, other_house).score < found.score


@pytest.fixture
def bureau(tree):
    return make_user(grid=tree, role=Role.DISTRICT_BUREAU)


@pytest.fixture
def send(bureau_client, django_capture_on_commit_callbacks):
    def upload(*rows):
        file = SimpleUploadedFile("名册.xlsx", xlsx([HEAD, *rows]))
        url = reverse("imports:upload", args=["enterprises"])
        with django_capture_on_commit_callbacks(execute=True):
            bureau_client.post(url, {"file": file})
        return ImportBatch.objects.latest("pk")

    return upload


@pytest.fixture
def decide(bureau_client, django_capture_on_commit_callbacks):
    def post(batch, **data):
        url = reverse("imports:decide", args=[batch.pk])
        fields = {name.replace("_", "-"): value for name, value in data.items()}
        with django_capture_on_commit_callbacks(execute=True):
            bureau_client.post(url, fields)
        batch.refresh_from_db()

    return post


@pytest.fixture
def ours(tree):
    """A unit of ours without a code."""
    return make_enterprise(
        name="郑州金水源餐饮有限公司",
        grid=Grid.objects.get(name__startswith="大学路", kind="street"),
        address="大学路24号",
    )


LIKE = ["郑州金水源餐饮管理有限公司", "", "大学路24号", PLACE, "营业"]


def test_a_row_like_a_unit_of_ours_is_asked_about(ours, send, bureau_client):
    batch = send(LIKE)
    assert batch.counts["alike"] == 1
    page = bureau_client.get(batch.get_absolute_url(), {"outcome": "alike"})
    text = page.content.decode()
    assert "就是“郑州金水源餐饮有限公司”" in text
    assert "名称" in text
    assert "权重" in text
    row = batch.rows.get()
    assert (row.outcome, row.action) == ("valid_warn", "new")
    assert row.values["status"] == "营业"
    assert row.values["grid"].startswith("大学路")


def test_a_row_is_our_unit_when_a_person_says_so(ours, send, decide):
    batch = send(LIKE)
    row = batch.rows.get()
    decide(batch, **{f"row-{row.pk}": f"same:{ours.pk}"})
    row = batch.rows.get()
    assert row.action == "changed"
    assert "name" in row.changes
    services.apply_batch(batch=batch, mode="all", by=batch.owner)
    ours.refresh_from_db()
    assert ours.name == LIKE[0]
    assert Enterprise.objects.count() == 1


def test_not_the_same_unit_is_remembered(ours, send, decide):
    batch = send(LIKE)
    decide(batch, all="new")
    assert batch.rows.get().outcome == "valid"
    assert Distinct.objects.get().record == ours.pk
    again = send(LIKE)
    assert "alike" not in again.counts
    decide(batch, **{f"row-{batch.rows.get().pk}": f"same:{ours.pk}"})
    assert not Distinct.objects.exists()


def test_a_row_is_left_out_when_a_person_says_so(ours, send, decide):
    batch = send(LIKE, ["洛阳乙商行", "", "", PLACE, ""])
    decide(batch, all="skip")
    assert [row.action for row in batch.rows.all()] == ["none", "new"]
    services.apply_batch(batch=batch, mode="all", by=batch.owner)
    assert Enterprise.objects.count() == 2


def test_a_choice_that_was_not_offered_is_ignored(ours, send, decide, tree):
    stranger = make_enterprise(
        name="外区单位", grid=make_district("管城区", city=tree.city, code="410104")
    )
    batch = send(LIKE)
    row = batch.rows.get()
    decide(batch, **{f"row-{row.pk}": f"same:{stranger.pk}"})
    assert batch.decisions == {}


def test_nobody_is_told_of_a_unit_outside_his_area(ours, run, tree):
    street = Grid.objects.get(name__startswith="淮河路", kind="street")
    leader = make_user(grid=street, role=Role.SQUAD_LEADER)
    batch = run("enterprises", [HEAD, [LIKE[0], "", "", "淮河路", ""]], by=leader)
    (row,) = batch.seen
    assert row.candidates == []
    assert "金水源餐饮有限公司" not in row.message


def test_what_changed_after_the_preview_is_shown(ours, send, bureau_client):
    batch = send(["郑州金水源餐饮有限公司", "", "大学路24号", PLACE, "停业"])
    assert batch.rows.get().action == "changed"
    Enterprise.objects.filter(pk=ours.pk).update(status="suspended")
    with pytest.raises(services.PreviewOutdated):
        services.apply_batch(batch=batch, mode="all", by=batch.owner)
    services.check_again(batch, message="数据有变化。")
    assert batch.counts["differs"] == 1
    page = bureau_client.get(batch.get_absolute_url(), {"outcome": "differs"})
    text = page.content.decode()
    assert "营业 → 停业" in text
    assert "无变化" in text
