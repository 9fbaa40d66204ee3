# ruff: noqa: E501 tables of cells
"""Workbooks as other office programs write them, built without these programs.

LibreOffice: rows and cells that stand for a million others, `hidden="false"` on every
row, covered cells, notes inside of cells. WPS and old Excel: .xls with errors, hidden
rows and the calendar of 1904.
"""

import io
import zipfile
from html import escape

import xlwt

from tests.gridinspect.imports.messy import (
    BORN,
    DAXUE,
    HEAD,
    JINQIAO,
    UNIT,
    A,
    B,
    C,
    D,
    U,
    V,
    W,
    book,
    case,
    hostile,
    repacked,
)

OASIS = "urn:oasis:names:tc:opendocument:xmlns"
REST = '<table:table-cell table:number-columns-repeated="16370"/></table:table-row>'
END = f'<table:table-row table:number-rows-repeated="1048500">{REST}'


def ods(*sheets, settings=""):
    """Return an .ods of sheets, each (name, its rows as XML), as LibreOffice packs it."""
    spaces = "".join(
        f' xmlns:{short}="{OASIS}:{long}:1.0"'
        for short, long in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    spaces += ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    spaces += ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    tables = "".join(
        f'<table:table table:name="{name}"><table:table-column'
        f' table:number-columns-repeated="16384"/>{"".join(rows)}{END}</table:table>'
        for name, rows in sheets
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content{spaces}>'
        f"<office:body><office:spreadsheet>{settings}{tables}</office:spreadsheet>"
        "</office:body></office:document-content>"
    )
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", mime, zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/>'
            "</manifest:manifest>",
        )
    return buffer.getvalue()


def line(*cells, more=""):
    """Return a row; a cell that begins with `<` is XML already."""
    made = (
        text if text.startswith("<") else said(text) if text else "<table:table-cell/>"
        for text in cells
    )
    return f"<table:table-row{more}>{''.join(made)}{REST}"


def said(text, more="", note=""):
    """Return a cell with text, and with a note that somebody left there."""
    kept = (
        f"<office:annotation><dc:creator>某某</dc:creator><text:p>{note}</text:p>"
        "</office:annotation>"
        if note
        else ""
    )
    return (
        f'<table:table-cell office:value-type="string"{more}>{kept}'
        f"<text:p>{escape(text)}</text:p></table:table-cell>"
    )


def number(value):
    return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'


def fault(text):
    return (
        '<table:table-cell table:formula="of:=[.Z9]" office:value-type="string"'
        f' office:string-value="" calcext:value-type="error"><text:p>{text}</text:p></table:table-cell>'
    )


COVERED = "<table:covered-table-cell/>"
DOWN = ' table:number-columns-spanned="1" table:number-rows-spanned="{}"'


@case("staff")
def libreoffice_ods_merged_hidden_and_noted():
    rows = [
        line(said("花名册", ' table:number-columns-spanned="4" table:number-rows-spanned="1"'), *[COVERED] * 3),
        line(*HEAD, "所属街道", "所属社区"),
        line("张伟", said(A, note="身份证已核"), said("大学路街道", DOWN.format(3)), "金桥社区"),
        line("李娜", B, COVERED, "", more=' table:visibility="collapse"'),
        line("", "", COVERED),
        line("王芳", C, "", "", more=' table:visibility="filter"'),
    ]  # fmt: skip
    return ods(("名册", rows)), {
        3: ("valid", None, {"id_number": A, "grid": JINQIAO}),
        4: ("valid", None, {"grid": DAXUE}),
        6: ("valid", None, {"grid": "410103000000"}),
    }, {"header": [2], "notice": "有2行被隐藏"}  # fmt: skip


@case("enterprises")
def libreoffice_ods_errors_and_formulas():
    computed = '<table:table-cell table:formula="of:=6*7" office:value-type="float" office:value="42"><text:p>42</text:p></table:table-cell>'
    never = '<table:table-cell table:formula="of:=6*7"/>'
    rows = [
        line(*UNIT, "人数"),
        line("郑州甲商贸有限公司", U, fault("#REF!")),
        line(fault("#N/A"), V, number(3)),
        line("郑州丙商贸有限公司", W, computed),
        line("郑州丁商贸有限公司", "", never),
    ]
    return ods(("Sheet1", rows)), {
        2: "reject|valid_warn", 3: "reject",
        4: ("valid", None, {"headcount": 42}), 5: "reject|valid_warn",
    }  # fmt: skip


@case("staff")
def libreoffice_ods_of_the_1904_system():
    settings = (
        "<table:calculation-settings><table:null-date"
        ' table:date-value="1904-01-01"/></table:calculation-settings>'
    )
    rows = [line(*HEAD, "出生日期"), line("张一", A, number(29751))]
    good = ("valid", None, {"birth_date": "1985-06-15"})
    return ods(("Sheet1", rows), settings=settings), {2: good}


@case("staff")
def libreoffice_ods_repeated_rows_and_cells():
    gap = f'<table:table-row table:number-rows-repeated="40000">{REST}'
    wide = '<table:table-cell table:number-columns-repeated="3"/>'
    rows = [line(wide, *HEAD), line(wide, "张伟", A), gap, line(wide, "李娜", B)]
    return ods(("Sheet1", rows)), {2: "valid", 40003: "valid"}, {
        "fields": {"D": "name", "E": "id_number"},
    }  # fmt: skip


@case("staff")
def libreoffice_ods_one_sheet_for_each_street():
    one = [line(*HEAD, "社区"), line("张伟", A, "金桥")]
    two = [line(*HEAD), line("李娜", B)]
    total = [line("街道", "人数"), line("大学路", number(1))]
    content = ods(("大学路街道", one), ("德化街街道", two), ("汇总", total))
    rows = {("大学路街道", 2): "valid", ("德化街街道", 2): "valid"}
    return content, rows, {"unused": ("汇总",)}


@case("staff")
def libreoffice_xlsx_with_everything_said():
    def as_calc(xml):
        rows = 'customFormat="false" ht="15" hidden="false" customHeight="false" outlineLevel="0" collapsed="false"'
        xml = xml.replace('<row r="', f'<row {rows} r="')
        xml = xml.replace(
            "<sheetData>",
            '<sheetFormatPr defaultRowHeight="15" zeroHeight="false"/><sheetData>',
        )
        empty = "".join(
            f'<row r="{number}" {rows}><c r="A{number}" s="0"/></row>'
            for number in (4, 1_048_575, 1_048_576)
        )  # fmt: skip
        xml = xml.replace("</sheetData>", f"{empty}</sheetData>")
        return xml.replace('ref="A1:C3"', 'ref="A1:XFD1048576"')

    rows = [[*HEAD, "出生日期"], ["张伟", A, BORN], ["李娜", B, "1985.6.15"]]
    good = ("valid", None, {"birth_date": "1985-06-15"})
    return repacked(book(rows), as_calc), {2: good, 3: good}


@case("staff")
def libreoffice_csv_in_quotes():
    lines = [[*HEAD, "电话"], ["张伟", A, "19900000001"], ["李娜", B, ""]]
    text = "\n".join(",".join(f'"{cell}"' for cell in cells) for cells in lines)
    return f"\ufeff{text}\n".encode(), {2: "valid", 3: "valid"}, {"file": "表.csv"}


@case("staff")
def old_excel_with_errors_and_hidden_rows():
    work = xlwt.Workbook()
    sheet = work.add_sheet("Sheet1", cell_overwrite_ok=True)
    for x, word in enumerate([*HEAD, "电话"]):
        sheet.write(0, x, word)
    for y, (name, number) in enumerate(
        (("张伟", A), ("李娜", B), ("王芳", C), ("", D)), 1
    ):
        sheet.write(y, 0, name)
        sheet.write(y, 1, number)
    sheet.row(2).set_cell_error(2, 0x2A)  # #N/A
    sheet.row(4).set_cell_error(0, 0x17)  # #REF!
    sheet.row(3).hidden = True
    buffer = io.BytesIO()
    work.save(buffer)
    return buffer.getvalue(), {
        2: "valid", 3: "reject|valid_warn", 4: "valid", 5: "reject",
    }, {"notice": "有1行被隐藏", "file": "表.xls"}  # fmt: skip


@case("staff")
def old_excel_of_the_1904_system():
    work = xlwt.Workbook()
    work.dates_1904 = True
    sheet = work.add_sheet("Sheet1")
    for x, word in enumerate([*HEAD, "出生日期"]):
        sheet.write(0, x, word)
    for x, value in enumerate(["张一", A, 29751]):
        sheet.write(1, x, value)
    buffer = io.BytesIO()
    work.save(buffer)
    good = ("valid", None, {"birth_date": "1985-06-15"})
    return buffer.getvalue(), {2: good}, {"file": "表.xls"}


@hostile
def an_ods_of_a_billion_cells():
    much = said("x", ' table:number-columns-repeated="1024"')
    row = f'<table:table-row table:number-rows-repeated="1048576">{much}</table:table-row>'
    return ods(("Sheet1", [line(*HEAD), row])), "列"


@hostile
def an_ods_of_a_million_rows():
    much = said("x", ' table:number-columns-repeated="200"')
    row = f'<table:table-row table:number-rows-repeated="1048000">{much}</table:table-row>'
    return ods(("Sheet1", [line(*HEAD), row])), "过"


@hostile
def a_text_document():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", "<office:document-content/>")
    return buffer.getvalue(), "不是"


@case("staff")
def a_workbook_as_one_xml_file():
    def row(*cells, more=""):
        return f"<Row{more}>{''.join(cells)}</Row>"

    def cell(value, kind="String", more=""):
        return f'<Cell{more}><Data ss:Type="{kind}">{value}</Data></Cell>'

    space = "urn:schemas-microsoft-com:office:spreadsheet"
    note = "<Comment><ss:Data>身份证已核</ss:Data></Comment></Cell>"
    rows = [
        row(cell("花名册", more=' ss:MergeAcross="3"')),
        row(*map(cell, [*HEAD, "出生日期", "街道"])),
        row(cell("张伟"), cell(A).replace("</Cell>", note),
            cell("1985-06-15T00:00:00.000", "DateTime"),
            cell("大学路街道", more=' ss:MergeDown="1"')),
        row(cell("李娜"), cell(B), cell("31213", "Number"), more=' ss:Hidden="1"'),
        row(cell("王芳", more=' ss:Index="1"'), cell("#N/A", "Error"), more=' ss:Index="9"'),
        row(cell("赵敏"), cell(float(D), "Number")),
    ]  # fmt: skip
    text = (
        '<?xml version="1.0" encoding="gb2312"?><?mso-application progid="Excel.Sheet"?>'
        f'<Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="名册"><Table>'
        f"{''.join(rows)}</Table></Worksheet></Workbook>"
    )
    good = ("valid", None, {"birth_date": "1985-06-15", "grid": DAXUE})
    return text.encode("gb18030"), {
        3: good, 4: good, 9: "reject", 10: ("reject", "id_precision_lost"),
    }, {"header": [2], "notice": "有1行被隐藏", "file": "导出.xls"}  # fmt: skip


@hostile
def a_page_in_a_single_file():
    return b"MIME-Version: 1.0\nX-Document-Type: Workbook\n\n" + b"PGh0bWw+", "单个文件"


@hostile
def an_xml_workbook_with_an_entity():
    return (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><Workbook '
        b'xmlns="urn:schemas-microsoft-com:office:spreadsheet">&a;</Workbook>'
    ), "实体"


@hostile
def an_xml_workbook_with_a_far_column():
    return (
        b'<?xml version="1.0"?><Workbook xmlns:ss="urn:schemas-microsoft-com:office:'
        b'spreadsheet"><Worksheet ss:Name="a"><Table><Row><Cell ss:Index="900000000">'
        b"<Data>x</Data></Cell></Row></Table></Worksheet></Workbook>"
    ), "列"


# ---- several tables on one sheet -----------------------------------------------------


@case("enterprises")
def another_table_below_with_other_columns():
    rows = [
        ["企业名单"],
        [*UNIT, "从业人数"],
        ["郑州甲商贸有限公司", U, 5],
        ["郑州乙商贸有限公司", V, 6],
        [],
        ["个体工商户名单"],
        ["序号", "单位名称", "经营地址", "从业人数", "统一社会信用代码"],
        [1, "二七区丙餐馆", "大学路24号", 2, W],
        [2, "二七区丁餐馆", "大学路25号", 3, None],
        ["填表人：某某"],
    ]
    first, second = {"uscc": U, "headcount": 5}, {"address": "大学路24号", "uscc": W}
    return book(rows), {
        3: ("valid", None, first), 4: "valid",
        8: ("valid", None, second), 9: "valid",
    }, {"header": [2], "notice": "第7行起另有一张表"}  # fmt: skip


@case("staff")
def two_columns_of_persons_side_by_side():
    rows = [
        [*HEAD, None, *HEAD],
        ["张伟", A, None, "王芳", C],
        ["李娜", B, None, "赵敏", D],
    ]
    return book(rows), {2: "valid", 3: "valid"}, {"notice": "左右有几栏"}


@case("staff")
def another_table_below_without_a_title():
    rows = [
        [*HEAD, "电话"], ["张伟", A, "19900000001"],
        ["身份证号", "姓名", "备注"], [B, "李娜", "甲"], [C, "王芳", "乙"],
    ]  # fmt: skip
    return book(rows), {
        2: "valid", 4: ("valid", None, {"name": "李娜", "remark": "甲"}), 5: "valid",
    }  # fmt: skip
