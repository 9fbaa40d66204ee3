"""A workbook from a stranger: corrected, imported, taken back, in a browser."""

import pytest
from django.conf import settings
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from assistants.models import StaffFile
from gridinspect.accounts.roles import Role
from gridinspect.imports.models import ImportBatch
from tests.factories import make_city, make_district, make_grid, make_user

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

ROWS = [
    ["协管员花名册"],
    ["姓名", "ID", "号", "街道"],
    ["张伟", "410103198506150012", "13800000001", "淮河路"],
    ["李娜", "123", "13800000002", "淮河路"],
]


@pytest.fixture
def workbook(tmp_path):
    book, path = Workbook(), tmp_path / "花名册.xlsx"
    for row in ROWS:
        book.active.append(row)
    book.save(path)
    return path


def test_a_column_is_corrected_and_the_batch_taken_back(visit, workbook, tmp_path):
    district = make_district("二七区", city=make_city(), code="410103")
    make_grid("淮河路街道", kind="street", parent=district)
    visitor = visit(make_user(grid=district, role=Role.DISTRICT_BUREAU))
    page = visitor.open(reverse("imports:upload", args=["staff"]))
    page.set_input_files("input[type=file]", workbook)
    page.get_by_role("button", name="上传并检查").click()
    page.get_by_text("缺少必需的列：身份证号").wait_for()

    page.get_by_role("link", name="更正识别结果").click()
    page.get_by_label("导入这张工作表").check()
    page.get_by_label("B列 ID").select_option("id_number")
    page.get_by_label("C列 号").select_option("phone")
    page.get_by_role("button", name="保存并重新检查").click()
    page.get_by_text("以下是预览").wait_for()
    page.get_by_text("身份证号应为18位").wait_for()

    with page.expect_download() as handed:
        page.get_by_role("button", name="下载标注后的工作簿").click()
    returned = tmp_path / "returned.xlsx"
    handed.value.save_as(returned)
    heads = [cell.value for cell in load_workbook(returned).worksheets[0][2]]
    assert "错误信息" in heads

    page.get_by_role("button", name="只导入合格的 1 行").click()
    page.get_by_text("写入，方式：只导入合格行").wait_for()
    assert StaffFile.objects.get().person.phone == "13800000001"

    page.get_by_text("撤销本批", exact=True).click()
    page.get_by_role("button", name="确定撤销本批").click()
    page.get_by_text("全部撤销").wait_for()
    assert not StaffFile.objects.exists()
    assert ImportBatch.objects.get().state == "undone"


def test_a_file_that_is_too_large_is_not_sent(visit, tmp_path):
    district = make_district("二七区", city=make_city(), code="410103")
    visitor = visit(make_user(grid=district, role=Role.DISTRICT_BUREAU))
    page = visitor.open(reverse("imports:upload", args=["staff"]))
    large = tmp_path / "花名册.xlsx"
    with large.open("wb") as file:
        file.truncate(settings.IMPORT_MAX_BYTES + 1)
    page.set_input_files("input[type=file]", large)
    page.get_by_text("文件“花名册.xlsx”超过 50 MB").wait_for()
    assert page.input_value("input[type=file]") == ""
