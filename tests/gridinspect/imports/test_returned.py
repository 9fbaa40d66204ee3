"""What goes wrong when a workbook is sent back with marks: each fault of others."""

import io
import warnings
import zipfile
from types import SimpleNamespace

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from gridinspect.imports import returned
from gridinspect.imports.returned import suffix_of, write_returned
from tests.gridinspect.imports.conftest import as_csv

RED, YELLOW = "FFF8D7DA", "FFFFF3CD"
ROWS = [["姓名", "身份证号", "备注"], ["张伟", "1", "甲"], ["王芳", "2", "乙"]]


def workbook(*, change=lambda book, sheet: None, rows=ROWS):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    change(book, book.active)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def fault(number, column="B", message="应为18位，请补正。", sheet="Sheet", warns=False):
    issue = {
        "column": column,
        "header": "身份证号",
        "message": message,
        "severity": "warn" if warns else "reject",
    }
    return SimpleNamespace(
        sheet=sheet,
        row=number,
        outcome="valid_warn" if warns else "reject",
        message=f"{column}列“身份证号”：{message}",
        issues=[issue],
    )


@pytest.fixture
def send_back(tmp_path):
    def send(content, *rows, sheets=("Sheet",), suffix=".xlsx", head=1):
        source = tmp_path / "upload.bin"  # what uploads are called
        source.write_bytes(content)
        recognised = {
            "sheets": [{"name": n, "header_rows": [head], "rows": 9} for n in sheets]
        }
        target = tmp_path / f"target{suffix}"
        write_returned(source, recognised, rows, target)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of drop-downs that openpyxl does not know
            return openpyxl.load_workbook(target)

    return send


def as_bytes(book):
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_a_bad_cell_is_coloured_commented_and_told_of_in_its_row(send_back):
    sheet = send_back(workbook(), fault(3))["Sheet"]
    assert sheet["B3"].fill.fgColor.rgb == RED
    assert "应为18位" in sheet["B3"].comment.text
    assert sheet["D1"].value == "错误信息"
    assert "身份证号" in sheet["D3"].value
    assert sheet["D2"].value is None
    assert sheet["B2"].fill.fill_type is None


def test_a_warning_is_yellow(send_back):
    sheet = send_back(workbook(), fault(2, warns=True))["Sheet"]
    assert sheet["B2"].fill.fgColor.rgb == YELLOW


def test_the_summary_says_how_many_and_what_to_do(send_back):
    page = send_back(workbook(), fault(2), fault(3))["导入结果"]
    lines = {row[0]: row[1] for row in page.iter_rows(max_col=2, values_only=True)}
    assert lines["数据行"] == 2
    assert lines["不合格"] == 2
    assert lines["身份证号：应为18位，请补正。"] == 2
    assert any("重新上传" in (text or "") for text in lines)


def test_formats_widths_heights_and_hidden_rows_stay(send_back):
    def dress(book, sheet):
        sheet["A2"].font = Font(bold=True, color="FF0000FF")
        sheet["C2"].number_format = "yyyy-mm-dd"
        sheet.column_dimensions["A"].width = 33
        sheet.row_dimensions[2].height = 40
        sheet.row_dimensions[3].hidden = True
        sheet.freeze_panes = "A2"
        sheet.print_title_rows = "1:1"

    sheet = send_back(workbook(change=dress), fault(2))["Sheet"]
    assert sheet["A2"].font.b
    assert sheet["C2"].number_format == "yyyy-mm-dd"
    assert sheet.column_dimensions["A"].width == 33
    assert sheet.row_dimensions[2].height == 40
    assert sheet.row_dimensions[3].hidden
    assert sheet.freeze_panes == "A2"
    assert sheet.print_title_rows == "$1:$1"


def test_blank_rows_do_not_shift_the_marks(send_back):
    rows = [ROWS[0], [None], [None], ROWS[1], [None], ROWS[2]]
    sheet = send_back(workbook(rows=rows), fault(6))["Sheet"]
    assert sheet["B6"].fill.fgColor.rgb == RED
    assert sheet["D6"].value
    assert [sheet.cell(n, 4).value for n in range(2, 6)] == [None] * 4


def test_a_table_not_in_the_corner_is_marked_where_it_stands(send_back):
    def move(book, sheet):
        sheet.move_range("A1:C3", rows=4, cols=2)

    sheet = send_back(workbook(change=move), fault(6, "D"), head=5)["Sheet"]
    assert sheet["D6"].fill.fgColor.rgb == RED
    assert sheet["F5"].value == "错误信息"


def test_a_comment_that_was_there_keeps_its_words(send_back):
    def note(book, sheet):
        sheet["B2"].comment = Comment("本人已核对", "李四")
        sheet["C3"].comment = Comment("另一格", "李四")

    sheet = send_back(workbook(change=note), fault(2))["Sheet"]
    assert sheet["B2"].comment.text.startswith("本人已核对")
    assert "应为18位" in sheet["B2"].comment.text
    assert sheet["C3"].comment.text == "另一格"


def test_two_faults_of_one_cell_share_its_comment(send_back):
    row = fault(2)
    row.issues.append({**row.issues[0], "message": "与性别不符。"})
    text = send_back(workbook(), row)["Sheet"]["B2"].comment.text
    assert "应为18位" in text
    assert "与性别不符" in text


def test_a_fault_inside_merged_cells_is_shown_on_the_merged_cell(send_back):
    def merge(book, sheet):
        sheet.merge_cells("C2:C3")

    sheet = send_back(workbook(change=merge), fault(3, "C"))["Sheet"]
    assert sheet["C2"].fill.fgColor.rgb == RED
    assert "C2:C3" in [str(area) for area in sheet.merged_cells.ranges]
    assert sheet["D3"].value


def test_every_sheet_is_marked(send_back):
    def second(book, sheet):
        other = book.create_sheet("大学路")
        for row in ROWS:
            other.append(row)

    book = send_back(
        workbook(change=second),
        fault(2),
        fault(3, sheet="大学路"),
        sheets=("Sheet", "大学路"),
    )
    assert book["Sheet"]["B2"].fill.fgColor.rgb == RED
    assert book["大学路"]["B3"].fill.fgColor.rgb == RED
    assert book["大学路"]["B2"].fill.fill_type is None
    assert book["大学路"]["D3"].value


def test_hyperlinks_stay(send_back):
    def link(book, sheet):
        sheet["C2"].hyperlink = "https://example.org/a"

    sheet = send_back(workbook(change=link), fault(2, "C"))["Sheet"]
    assert sheet["C2"].hyperlink.target == "https://example.org/a"
    assert sheet["C2"].fill.fgColor.rgb == RED


def test_drop_downs_stay(send_back):
    def lists(book, sheet):
        rule = DataValidation(type="list", formula1='"男,女"')
        rule.add("C2:C100")
        sheet.add_data_validation(rule)

    sheet = send_back(workbook(change=lists), fault(2))["Sheet"]
    assert [str(v.sqref) for v in sheet.data_validations.dataValidation] == ["C2:C100"]


def test_drop_downs_from_another_sheet_stay(send_back, tmp_path):
    extension = (
        '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}" '
        'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
        '<x14:dataValidations count="1" '
        'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
        '<x14:dataValidation type="list"><x14:formula1><xm:f>字典!$A$1:$A$9</xm:f>'
        "</x14:formula1><xm:sqref>C2:C9</xm:sqref></x14:dataValidation>"
        "</x14:dataValidations></ext></extLst></worksheet>"
    )
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook())) as old,
        zipfile.ZipFile(buffer, "w") as new,
    ):
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text = text.replace(b"</worksheet>", extension.encode())
            new.writestr(name, text)
    sheet = send_back(buffer.getvalue(), fault(2))["Sheet"]
    assert sheet["B2"].fill.fgColor.rgb == RED
    with zipfile.ZipFile(tmp_path / "target.xlsx") as archive:
        assert "字典!$A$1:$A$9" in archive.read("xl/worksheets/sheet1.xml").decode()


def test_sending_it_again_replaces_the_old_marks(send_back):
    def dress(book, sheet):
        sheet["B2"].fill = PatternFill("solid", fgColor="FF00FF00")
        sheet["B2"].comment = Comment("本人已核对", "李四")

    first = send_back(workbook(change=dress), fault(2), fault(3))
    again = send_back(as_bytes(first), fault(3))
    sheet = again["Sheet"]
    assert sheet["B2"].fill.fgColor.rgb == "FF00FF00"
    assert sheet["B2"].comment.text == "本人已核对"
    assert sheet["D2"].value is None
    assert sheet["B3"].fill.fgColor.rgb == RED
    assert sheet["B3"].comment.text.count("应为18位") == 1
    assert [cell.value for cell in sheet[1]].count("错误信息") == 1
    assert again.sheetnames.count("导入结果") == 1


def test_marks_go_altogether_when_nothing_is_wrong_any_more(send_back):
    first = send_back(workbook(), fault(2), fault(3))
    sheet = send_back(as_bytes(first))["Sheet"]
    fills = {cell.fill.fill_type for row in sheet.iter_rows() for cell in row}
    assert fills <= {None}
    assert not any(cell.comment for row in sheet.iter_rows() for cell in row)


def test_text_that_looks_like_a_formula_stays_text(send_back):
    def formula(book, sheet):
        sheet["C2"].value, sheet["C2"].data_type = "=1+1", "s"
        sheet["C3"] = "=1+1"

    sheet = send_back(
        workbook(change=formula), fault(2, message="=HYPERLINK(1)请改正。")
    )["Sheet"]
    assert sheet["C2"].data_type == "s"
    assert sheet["C3"].data_type == "f"
    assert sheet["D2"].data_type == "s"


def test_macros_stay_in_a_workbook_that_has_them(send_back, tmp_path):
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook())) as old,
        zipfile.ZipFile(buffer, "w") as new,
    ):
        for name in old.namelist():
            text = old.read(name)
            if name == "[Content_Types].xml":
                text = text.replace(
                    b"application/vnd.openxmlformats-officedocument."
                    b"spreadsheetml.sheet.main+xml",
                    b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
                ).replace(
                    b"</Types>",
                    b'<Override PartName="/xl/vbaProject.bin" ContentType='
                    b'"application/vnd.ms-office.vbaProject"/></Types>',
                )
            new.writestr(name, text)
        new.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 macros")
    send_back(buffer.getvalue(), fault(2), suffix=".xlsm")
    assert suffix_of(tmp_path / "upload.bin") == ".xlsm"
    with zipfile.ZipFile(tmp_path / "target.xlsm") as archive:
        assert archive.read("xl/vbaProject.bin").endswith(b"macros")


def test_other_formats_come_back_as_a_copy_that_says_so(send_back):
    book = send_back(as_csv(ROWS), fault(2, sheet=None), sheets=(None,))
    sheet = book.worksheets[0]
    assert sheet["B2"].fill.fgColor.rgb == RED
    assert sheet["D1"].value == "错误信息"
    assert "应为18位" in sheet["B2"].comment.text
    notes = [row[0].value or "" for row in book["导入结果"].iter_rows(max_col=1)]
    assert any("副本" in note for note in notes)


def test_a_long_workbook_comes_back_as_a_copy_that_says_so(send_back, monkeypatch):
    monkeypatch.setattr(returned, "LONG", 5)

    def dress(book, sheet):
        sheet["A2"].font = Font(bold=True)

    book = send_back(workbook(change=dress), fault(2))
    assert not book["Sheet"]["A2"].font.b
    assert book["Sheet"]["B2"].fill.fgColor.rgb == RED
    notes = [row[0].value or "" for row in book["导入结果"].iter_rows(max_col=1)]
    assert any("副本" in note for note in notes)


def test_a_workbook_that_cannot_be_marked_comes_back_as_a_copy(send_back, monkeypatch):
    def fail(*arguments, **options):
        raise returned.UnreadableFile("停")

    monkeypatch.setattr(returned, "run_apart", fail)
    sheet = send_back(workbook(), fault(3))["Sheet"]
    assert sheet["B3"].fill.fgColor.rgb == RED
