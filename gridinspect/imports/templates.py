"""The empty workbook of a kind (模板下载): what to fill in, and how."""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import IO, Any, BinaryIO

import xlsxwriter

from gridinspect.documents.sheets import SheetColumn, write_table
from gridinspect.imports.recognise import column_letter
from gridinspect.imports.resource import SheetResource
from gridinspect.scope import Place

ROWS = 2_000  # rows that carry the drop-downs and the text format
LISTS = "字典"  # the hidden sheet of the longer lists; never taken for a table
LIST_LIMIT = 255  # characters of a drop-down written into the cell itself


def write_template(
    resource: type[SheetResource],
    target: BinaryIO | str,
    place: Place | None = None,
) -> None:
    """Write the template of a kind: 填写说明, the table, one sample row.

    Required columns are red with a star, long numbers are text, closed lists and the
    streets and communities of `place` are drop-downs. The sample row begins with 示例
    and is never imported.
    """
    book = xlsxwriter.Workbook(target, {"strings_to_formulas": False})
    columns = resource.columns()
    _write_table(book, resource, resource.lists(place))
    guide = book.add_worksheet("填写说明")
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    guide.set_column(0, 0, 18)
    guide.set_column(1, 1, 8)
    guide.set_column(2, 3, 44)
    for index, text in enumerate(("列名", "必填", "填写要求", "依据")):
        guide.write_string(0, index, text, bold)
    for row, column in enumerate(columns.values(), start=1):
        guide.write_string(row, 0, column.header, wrap)
        guide.write_string(row, 1, "是" if column.required else "否", wrap)
        words = column.help
        if column.choices and len(column.choices) <= 20:
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


def _write_table(
    book: xlsxwriter.Workbook,
    resource: type[SheetResource],
    lists: Mapping[str, Sequence[str]],
) -> None:
    sheet = book.add_worksheet(resource.title[:28])
    head = {"bold": True, "border": 1, "bg_color": "#EAF1FB", "align": "center"}
    plain, red = book.add_format(head), book.add_format(head | {"font_color": "red"})
    text = book.add_format({"num_format": "@"})
    sample = book.add_format({"num_format": "@", "italic": True, "font_color": "gray"})
    sheet.freeze_panes(1, 0)
    long_lists: list[Sequence[str]] = []
    for place, (name, column) in enumerate(resource.columns().items()):
        required = column.required
        title = f"{column.header} *" if required else column.header
        sheet.write_string(0, place, title, red if required else plain)
        width = max(12, min(32, 2 * len(title) + 2, 40), len(column.sample) + 4)
        sheet.set_column(place, place, width, text)
        sheet.write_string(1, place, _sample(place, column.sample), sample)
        choices = column.choices or lists.get(name, ())
        if choices:
            source: str | list[str] = list(choices)
            if len(",".join(choices)) > LIST_LIMIT:
                long_lists.append(choices)
                letter = column_letter(len(long_lists) - 1)
                source = f"={LISTS}!${letter}$1:${letter}${len(choices)}"
            sheet.data_validation(
                2,
                place,
                ROWS,
                place,
                {
                    "validate": "list",
                    "source": source,
                    "error_type": "stop" if column.choices else "warning",
                    "error_title": "请从列表中选择",
                    "error_message": f"{column.header}应是列表中的一项。",
                },
            )
    if long_lists:
        hidden = book.add_worksheet(LISTS)
        hidden.hide()
        for place, choices in enumerate(long_lists):
            for row, word in enumerate(choices):
                hidden.write_string(row, place, word)
    sheet.autofilter(f"A1:{column_letter(len(resource.columns()) - 1)}1")


def _sample(place: int, words: str) -> str:
    """Return a sample; the first cell says that it is one (it is ignored so)."""
    if place == 0 and not words.startswith("示例"):
        return f"示例：{words}"
    return words


def template_bytes(resource: type[SheetResource], place: Place | None = None) -> bytes:
    """Return the template of a kind as the bytes of an .xlsx file."""
    buffer = io.BytesIO()
    write_template(resource, buffer, place)
    return buffer.getvalue()


def write_records(
    resource: type[SheetResource],
    records: Iterable[Mapping[str, Any]],
    target: IO[bytes],
    *,
    place: str,
    today: date,
) -> int:
    """Write records under the headers of the template, to be edited and sent back.

    Returns how many. Text stays text, whatever it begins with.
    """
    columns = resource.columns()
    heads = [
        SheetColumn(column.header, max(12, len(column.sample) + 4))
        for column in columns.values()
    ]
    rows = (
        ["" if (value := record.get(name)) is None else str(value) for name in columns]
        for record in records
    )
    return write_table(
        target,
        heads,
        rows,
        title=resource.title,
        organisation=place,
        period=f"截至 {today}",
        name=resource.title[:28],
    )
