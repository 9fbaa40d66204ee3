"""What is handed out can be edited and sent back; untouched it changes nothing."""

from datetime import date
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse

from enterprises.models import Enterprise
from gridinspect.accounts.models import Person
from gridinspect.accounts.roles import Role
from gridinspect.audit.models import Event
from gridinspect.imports.registry import RESOURCES
from gridinspect.imports.resource import SheetResource
from gridinspect.imports.templates import template_bytes
from tests.factories import make_district, make_enterprise, make_user

UNITS = [
    "单位名称", "统一社会信用代码", "单位类型", "行业", "地址", "街道", "社区", "人数",
    "成立日期", "法定代表人", "联系人", "电话", "营业状态", "经度", "备注",
]  # fmt: skip
JIA = [
    "@郑州甲有限公司", "91410103MA0AAAA1X9", "企业", "C3499", "大学路24号",
    "大学路街道", "金桥社区", 35, "2009-01-15", "李四", "王五", "13800000001", "停业",
    113.6401, "+备注",
]  # fmt: skip
YI = ["郑州乙商行", None, "个体工商户", "F51", "大学路25号", "大学路街道"]
STAFF = ["姓名", "身份证号", "电话", "街道", "社区", "人员类别", "上岗时间", "备注"]
ZHANG = [
    "张伟", "410103198506150012", "13800000001", "大学路街道", "金桥社区", "协管员",
    "2013-05-06", "-组长",
]  # fmt: skip
LI = ["李娜", "410103199001010027", None, "淮河路街道", None, "专职监察员"]


@pytest.fixture
def bureau(tree):
    return make_user(grid=tree, role=Role.DISTRICT_BUREAU)


@pytest.fixture
def filled(tree, run):
    run("enterprises", [UNITS, JIA, YI], apply="all")
    run("staff", [STAFF, ZHANG, LI], apply="all")


def sheet_of(response):
    return openpyxl.load_workbook(BytesIO(response.content)).worksheets[0]


def export(client, kind, **asked):
    return client.get(reverse("imports:export", args=[kind]), asked)


def unchanged(batch):
    counts = batch.counts
    return (counts["new"], counts["changed"], counts["reject"]) == (0, 0, 0)


@pytest.mark.parametrize(("kind", "rows"), [("enterprises", 2), ("staff", 2)])
def test_an_untouched_export_changes_nothing(
    kind, rows, filled, bureau, bureau_client, run
):
    response = export(bureau_client, kind)
    batch = run(kind, response.content, by=bureau, as_of=date(2026, 4, 1))
    assert unchanged(batch), [row.message for row in batch.seen]
    assert batch.counts["same"] == rows
    assert Event.objects.get(verb="import.exported").data["count"] == rows
    numbers = {"410103198506150012", "13800000001"}
    assert not numbers & {
        cell.value for line in sheet_of(response).iter_rows() for cell in line
    }


def test_an_untouched_list_of_divisions_changes_nothing(tree, bureau_client, run):
    batch = run("grids", export(bureau_client, "grids").content)
    assert unchanged(batch)
    assert batch.counts["same"] == 193


def test_the_list_of_units_as_it_is_shown_changes_nothing(
    filled, bureau, bureau_client, run
):
    shown = [
        "name", "uscc", "unit_kind", "industry", "section", "street", "grid",
        "address", "headcount", "status", "survey", "last_surveyed", "district",
        "legal_representative", "contact_name", "phone", "known_since",
    ]  # fmt: skip
    bureau_client.post(
        reverse("ui:columns"), {"name": "enterprises", "columns": shown, "next": "/"}
    )
    response = bureau_client.get(reverse("enterprises:export"))
    batch = run("enterprises", response.content, by=bureau)
    assert unchanged(batch), [row.message for row in batch.seen]
    assert batch.counts["same"] == 2


def test_an_edited_cell_is_the_only_change(filled, bureau, bureau_client, run):
    book = openpyxl.load_workbook(BytesIO(export(bureau_client, "staff").content))
    sheet = book.worksheets[0]
    heads = [cell.value for cell in sheet[3]]
    line = next(row for row in sheet.iter_rows(min_row=4) if row[0].value == "张伟")
    line[heads.index("备注")].value = "副组长"
    buffer = BytesIO()
    book.save(buffer)
    batch = run("staff", buffer.getvalue(), by=bureau, apply="all")
    changed = [row for row in batch.seen if row.action == "changed"]
    assert [row.changes for row in changed] == [{"remark": ["-组长", "副组长"]}]
    person = Person.objects.by_id_number(ZHANG[1]).get()
    assert person.phone == "13800000001"


def test_text_that_looks_like_a_formula_stays_text(filled, bureau_client):
    Enterprise.objects.filter(name="郑州乙商行").update(remark="=1+1")
    sheet = sheet_of(export(bureau_client, "enterprises"))
    cells = {cell.value: cell.data_type for row in sheet.iter_rows() for cell in row}
    assert cells["@郑州甲有限公司"] == "s"
    assert cells["+备注"] == "s"
    assert cells["=1+1"] == "s"


def test_the_search_of_the_list_holds(filled, bureau_client):
    sheet = sheet_of(export(bureau_client, "enterprises", name="乙商行"))
    names = [row[0].value for row in sheet.iter_rows(min_row=4)]
    assert names == ["郑州乙商行"]


def test_nothing_of_the_neighbours_goes_out(filled, bureau_client, tree):
    other = make_district("管城区", city=tree.city, code="410104")
    make_enterprise("邻区商行", grid=other)
    sheet = sheet_of(export(bureau_client, "enterprises"))
    assert "邻区商行" not in [row[0].value for row in sheet.iter_rows()]


def test_a_hidden_number_that_is_none_of_ours_is_refused(filled, bureau, run):
    batch = run(
        "staff", [STAFF, ["张三", "410103********0012", "138****0009"]], by=bureau
    )
    (row,) = batch.seen
    assert (row.outcome, row.reason) == ("reject", "id_masked")


def test_a_hidden_telephone_of_a_new_unit_is_left_out(tree, run):
    row = ["郑州丙商行", None, None, None, None, None, None, None, None, None, None]
    batch = run("enterprises", [UNITS, [*row, "138****0009"]], apply="all")
    assert batch.seen[0].reason == "masked_value"
    assert Enterprise.objects.get().contact_phone == ""


def test_a_hidden_telephone_that_is_another_is_said(filled, bureau, run):
    batch = run("enterprises", [UNITS, [*JIA[:11], "139****0009", *JIA[12:]]])
    (row,) = batch.seen
    assert (row.reason, row.action) == ("masked_value", "same")


@pytest.mark.parametrize("kind", ["enterprises", "staff"])
def test_the_template_offers_the_places_of_the_district(kind, tree):
    book = openpyxl.load_workbook(BytesIO(template_bytes(RESOURCES[kind], tree)))
    sheet = book.worksheets[0]
    rules = {rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert any(rule.startswith("=字典!") or "字典!" in rule for rule in rules)
    assert any("淮河路街道" in rule for rule in rules)
    assert "金桥社区居民委员会" in [cell.value for cell in book["字典"]["A"]]
    assert book["字典"].sheet_state == "hidden"
    heads = {cell.value: cell for cell in sheet[1]}
    starred = [cell for text, cell in heads.items() if text.endswith("*")]
    assert starred
    assert all(cell.font.color.rgb == "FFFF0000" for cell in starred)


@pytest.mark.parametrize("kind", sorted(RESOURCES))
def test_every_kind_has_what_the_pages_promise(kind):
    resource = RESOURCES[kind]
    assert resource.title
    base = SheetResource
    if resource.can_be_undone:
        assert resource.take_back is not base.take_back
        assert resource.obstacles is not base.obstacles
    if resource.has_records:
        assert resource.records.__func__ is not base.records.__func__
    assert any(column.required for column in resource.columns().values())
