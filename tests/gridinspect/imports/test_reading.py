import struct
import zipfile
from io import BytesIO

import openpyxl
import pytest

from gridinspect.imports.cleaning import CellFault
from gridinspect.imports.reading import UnreadableFile, open_workbook
from tests.gridinspect.imports.conftest import as_csv, xlsx

ROWS = [["姓名", "备注"], ["张伟", "甲"]]


@pytest.fixture
def opened(tmp_path):
    def rows_of(content, name="file"):
        path = tmp_path / name
        path.write_bytes(content)
        with open_workbook(path) as book:
            return [(sheet.name, list(sheet.rows())) for sheet in book.sheets]

    return rows_of


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_text_is_read_in_every_encoding(encoding, opened):
    assert opened(as_csv(ROWS, encoding)) == [(None, [(1, ROWS[0]), (2, ROWS[1])])]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_delimiter_is_found(delimiter, opened):
    text = f"姓名{delimiter}备注\n张伟{delimiter}甲\n"
    assert opened(text.encode())[0][1][1] == (2, ["张伟", "甲"])


def test_content_decides_and_not_the_extension(opened):
    assert opened(xlsx(ROWS), "list.csv")[0][1][1] == (2, ["张伟", "甲"])
    assert opened(as_csv(ROWS), "list.xlsx")[0][1][1] == (2, ["张伟", "甲"])


def test_rows_keep_their_numbers_and_columns_their_place(opened):
    book = openpyxl.Workbook()
    book.active["C4"], book.active["D7"] = "姓名", "x"
    buffer = BytesIO()
    book.save(buffer)
    assert opened(buffer.getvalue())[0][1] == [
        (4, ["", "", "姓名"]),
        (7, ["", "", "", "x"]),
    ]


def test_formulas_without_value_and_errors_are_faults(opened):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["姓名", "=1+1", "#REF!"])
    sheet["C1"].data_type = "e"
    buffer = BytesIO()
    book.save(buffer)
    cells = opened(buffer.getvalue())[0][1][0][1]
    assert cells == ["姓名", "formula", "#REF!"]
    assert all(isinstance(cell, CellFault) for cell in cells[1:])


def test_hidden_rows_merged_cells_and_ditto_marks(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["街道", "姓名"],
        ["甲", "张"],
        ["", "王"],
        ["乙", "李"],
        ["同上", "赵"],
    ):
        sheet.append(row)
    sheet.append(["", "钱"])
    sheet.merge_cells("A2:A3")
    sheet.row_dimensions[4].hidden = True
    path = tmp_path / "a.xlsx"
    book.save(path)
    with open_workbook(path) as read:
        (sheet,) = read.sheets
        assert sheet.hidden_rows == {4}
        streets = [cells[0] for _, cells, _ in sheet.filled_rows(1)]
    assert streets == ["甲", "甲", "乙", "乙", ""]


def zipped(**entries):
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


def bomb():
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(230):
                part.write(b"0" * 2**20)
    return buffer.getvalue()


def entity():
    book = xlsx(ROWS)
    buffer = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(book)) as old,
        zipfile.ZipFile(buffer, "w") as new,
    ):
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/workbook.xml":
                data = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + data
            new.writestr(name, data)
    return buffer.getvalue()


def ole(stream):
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + struct.pack("<16x") + b"\0" * 504
    return head + stream.encode("utf-16-le") + b"\0" * 2048


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "空的"),
        (b"   \n\n", "空的"),
        (b"%PDF-1.4 something", "表格"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "不是电子表格"),
        (zipped(word__document__xml="<x/>"), "不是电子表格"),
        (xlsx(ROWS)[:1500], "损坏"),
        (ole("EncryptedPackage"), "密码"),
        (b"<html><body><p>1</p></body></html>", "网页"),
        ('姓名,备注\n"张伟,甲\n王芳,乙\n'.encode(), "引号"),
        (("姓名," * 300 + "\n张伟").encode(), "列数"),
        (entity(), "外部实体"),
    ],
)
def test_a_file_that_cannot_be_read_gets_one_sentence(content, word, opened):
    with pytest.raises(UnreadableFile, match=word):
        opened(content)


def test_tables_of_a_page_called_xls_are_read(tmp_path):
    page = (
        '<html><head><meta charset="gb2312"></head><body><table border=1>'
        "<tr><td colspan=2>人员名册</td></tr><tr><th>街道<th>姓名</tr>"
        "<tr><td rowspan=2>大学路<td>张&nbsp;伟<br></tr><tr><td>王<b>芳</b></tr>"
        "</table><script>var x = '<table>'</script></body></html>"
    )
    path = tmp_path / "list.xls"
    path.write_bytes(page.encode("gb18030"))
    with open_workbook(path) as book:
        (sheet,) = book.sheets
        rows = [cells for _, cells, _ in sheet.filled_rows(1)]
    assert rows == [["街道", "姓名"], ["大学路", "张 伟"], ["大学路", "王芳"]]


def test_every_table_of_a_page_is_a_sheet(opened):
    page = "<table><tr><td>甲</table><table><tr><td>乙</table>"
    assert opened(page.encode()) == [("表1", [(1, ["甲"])]), ("表2", [(1, ["乙"])])]


def test_a_zip_bomb_is_refused(opened):
    with pytest.raises(UnreadableFile, match="过大"):
        opened(bomb())


def test_two_cells_in_far_corners_do_not_hurt_the_parent(opened):
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "姓名", "x"
    buffer = BytesIO()
    book.save(buffer)
    with pytest.raises(UnreadableFile):
        opened(buffer.getvalue())
