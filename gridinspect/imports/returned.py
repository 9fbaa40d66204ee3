"""The workbook that goes back to who sent it: its own rows, each with what is wrong."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from gridinspect.imports.reading import Sheet, open_workbook
from gridinspect.imports.resource import Row

HEADING = "错误信息"


def write_returned(
    source: str, recognised: dict[str, Any], rows: Iterable[Row], target: Path
) -> None:
    """Write the rows of the file `source` as .xlsx, with a column 错误信息 and colours.

    `recognised` is the layout that was found, `rows` the checked ones. Text stays
    text, whatever it begins with (P19). Raises UnreadableFile, and OSError when the
    target cannot be written.
    """
    checked: dict[str | None, dict[int, Row]] = {}
    for row in rows:
        checked.setdefault(row.sheet, {})[row.number] = row
    heads = {s["name"]: max(s["header_rows"], default=0) for s in recognised["sheets"]}
    book = xlsxwriter.Workbook(target, {"constant_memory": True})
    marks = {
        "reject": book.add_format({"bg_color": "#F8D7DA", "font_color": "#842029"}),
        "warn": book.add_format({"bg_color": "#FFF3CD"}),
    }
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    with open_workbook(source) as opened:
        for place, sheet in enumerate(opened.sheets, start=1):
            _write_sheet(
                book.add_worksheet((sheet.name or f"表{place}")[:31]),
                sheet,
                heads.get(sheet.name, 0),
                checked.get(sheet.name, {}),
                marks,
                day,
            )
    book.close()


def _write_sheet(
    page: Worksheet,
    sheet: Sheet,
    head: int,
    checked: dict[int, Row],
    marks: Any,
    day: Any,
) -> None:
    width = max((len(cells) for _, cells in sheet.rows()), default=0)
    for number, cells in sheet.rows():
        row = checked.get(number)
        bad = {i.column: i for i in row.issues if i.column} if row else {}
        for index, value in enumerate(cells):
            issue = bad.get(xlsxwriter.utility.xl_col_to_name(index))
            mark = marks["warn" if issue.warns else "reject"] if issue else None
            _write_cell(page, number - 1, index, value, mark, day)
        if number == head:
            page.write_string(number - 1, width, HEADING)
        elif row and row.message:
            note = marks["reject" if row.is_rejected else "warn"]
            page.write_string(number - 1, width, row.message, note)


def _write_cell(
    page: Worksheet, row: int, column: int, value: Any, mark: Any, day: Any
) -> None:
    if isinstance(value, bool) or value == "":
        page.write(row, column, value, mark)
    elif isinstance(value, (int, float)):
        page.write_number(row, column, value, mark)
    elif isinstance(value, (date, datetime)):
        page.write_datetime(row, column, value, mark or day)
    else:
        page.write_string(row, column, str(value), mark)
