"""Workbooks out."""

from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

from gridinspect.documents import sheets
from gridinspect.documents.sheets import SheetColumn

COLUMNS = [
    SheetColumn("统一社会信用代码", 22),
    SheetColumn("名称", 30),
    SheetColumn("人数", 8, "integer"),
    SheetColumn("采集率", 8, "percent"),
    SheetColumn("采集日期", 12, "date"),
]


def written(rows):
    stream = BytesIO()
    count = sheets.write_table(
        stream,
        COLUMNS,
        rows,
        title="用人单位名册",
        organisation="二七区",
        period="2026年7月6日",
        unit="户",
    )
    return count, stream.getvalue()


def cells(content):
    workbook = CalamineWorkbook.from_filelike(BytesIO(content))
    return workbook.get_sheet_by_name("数据").to_python()


def test_a_sheet_has_title_office_period_unit_and_head():
    count, content = written([["1", "甲", 5, 0.875, date(2026, 7, 6)]])
    rows = cells(content)
    assert count == 1
    assert rows[0][0] == "用人单位名册"
    assert rows[1][0] == "填报单位：二七区"
    assert rows[1][-1] == "2026年7月6日　单位：户"
    assert rows[2] == ["统一社会信用代码", "名称", "人数", "采集率", "采集日期"]
    assert rows[3] == ["1", "甲", 5.0, 0.875, date(2026, 7, 6)]


def test_codes_keep_their_zeros_and_nothing_typed_becomes_a_formula():
    typed = ["=1+1", "+86", "-5", "@SUM(A1)", "007", "https://example.org"]
    _, content = written([[text, "x", None, "—", None] for text in typed])
    assert [row[0] for row in cells(content)[3:]] == typed
    sheet = ZipFile(BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


def test_a_sheet_prints_on_landscape_a4_with_its_head_on_each_page():
    _, content = written([])
    book = ZipFile(BytesIO(content))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert 'paperSize="9"' in sheet
    assert 'orientation="landscape"' in sheet
    assert 'fitToHeight="0"' in sheet
    assert "$1:$3" in book.read("xl/workbook.xml").decode()


def test_the_same_rows_give_the_same_bytes():
    row = ["1", "甲", 5, 0.875, date(2026, 7, 6)]
    assert written([row]) == written([row])


def test_rows_may_come_from_a_generator():
    count, content = written((str(n), "甲", n, None, None) for n in range(500))
    assert count == 500
    assert len(cells(content)) == 503


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch):
    monkeypatch.setattr(sheets, "ROWS", 10)
    with pytest.raises(sheets.TooManyRows):
        written([["1", "甲", 1, 1, None]] * 20)


def test_an_unknown_kind_of_column_is_refused():
    with pytest.raises(ValueError, match="kilogram"):
        SheetColumn("重量", kind="kilogram")
