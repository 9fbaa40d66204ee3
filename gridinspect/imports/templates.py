"""The empty workbook of a kind (模板下载): what to fill in, and how."""

import io
from typing import BinaryIO

import xlsxwriter

from gridinspect.imports.recognise import column_letter
from gridinspect.imports.resource import SheetResource

ROWS = 2_000  # rows that carry the drop-downs and the text format
LIST_LIMIT = 255  # characters of a drop-down written into the cell itself


def write_template(resource: type[SheetResource], target: BinaryIO | str) -> None:
    """Write the template of a kind: 填写说明, the table, one sample row.

    Required columns are red with a star, long numbers are text, closed lists are
    drop-downs. The sample row begins with 示例 and is never imported.
    """
    book = xlsxwriter.Workbook(target, {"strings_to_formulas": False})
    columns = resource.columns()
    _write_table(book, resource)
    guide = book.add_worksheet("填写说明")
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    guide.set_column(0, 0, 18)
    guide.set_column(1, 1, 8)
    guide.set_column(2, 3, 44)
    for place, text in enumerate(("列名", "必填", "填写要求", "依据")):
        guide.write_string(0, place, text, bold)
    for row, column in enumerate(columns.values(), start=1):
        guide.write_string(row, 0, column.header, wrap)
        guide.write_string(row, 1, "是" if column.required else "否", wrap)
        words = column.help
        if column.choices:
            words = f"{words}；可选：{'、'.join(column.choices)}".strip("；")
        guide.write_string(row, 2, words, wrap)
        guide.write_string(row, 3, column.clause, wrap)
    notes = (
        "1. 第一行是列名，请勿改动；带 * 的红色列必填，其余可空。",
        "2. 示例行（第二行）不会导入，可以保留。",
        "3. 身份证号、信用代码、电话各列已设为文本，请勿改为数字。",
        "4. 空白单元格不会清除系统中已有的内容。",
    )
    for row, note in enumerate(notes, start=len(columns) + 3):
        guide.write_string(row, 0, note)
    book.close()


def _write_table(book: xlsxwriter.Workbook, resource: type[SheetResource]) -> None:
    sheet = book.add_worksheet(resource.title[:28])
    head = {"bold": True, "border": 1, "bg_color": "#EAF1FB", "align": "center"}
    plain, red = book.add_format(head), book.add_format(head | {"font_color": "red"})
    text = book.add_format({"num_format": "@"})
    sample = book.add_format({"num_format": "@", "italic": True, "font_color": "gray"})
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(resource.columns().values()):
        required = column.required
        title = f"{column.header} *" if required else column.header
        sheet.write_string(0, place, title, red if required else plain)
        width = max(12, min(32, 2 * len(title) + 2, 40), len(column.sample) + 4)
        sheet.set_column(place, place, width, text)
        sheet.write_string(1, place, _sample(place, column.sample), sample)
        if column.choices and len(",".join(column.choices)) <= LIST_LIMIT:
            sheet.data_validation(
                2,
                place,
                ROWS,
                place,
                {
                    "validate": "list",
                    "source": list(column.choices),
                    "error_title": "请从列表中选择",
                    "error_message": f"{column.header}只能选列表中的一项。",
                },
            )
    sheet.autofilter(f"A1:{column_letter(len(resource.columns()) - 1)}1")


def _sample(place: int, words: str) -> str:
    """Return a sample; the first cell says that it is one (it is ignored so)."""
    if place == 0 and not words.startswith("示例"):
        return f"示例：{words}"
    return words


def template_bytes(resource: type[SheetResource]) -> bytes:
    """Return the template of a kind as the bytes of an .xlsx file."""
    buffer = io.BytesIO()
    write_template(resource, buffer)
    return buffer.getvalue()
