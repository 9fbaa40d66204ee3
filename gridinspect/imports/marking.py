"""The child process that marks a workbook. Run as a script, never imported.

It opens the file that somebody sent, colours and annotates its faulty cells, adds the
column 错误信息 and the sheet 导入结果, and saves it in its own format. Marks of an
earlier round go first. Like parsing.py it has limits and knows neither settings nor
database: the workbook is hostile until proven otherwise.

Arguments: the workbook, a JSON file with the marks, the file to write. Exit status 4
says that this workbook cannot be marked in its own format.
"""

import json
import re
import resource
import sys
import warnings
import zipfile
from copy import copy
from itertools import chain
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.functions import fromstring

MEMORY = 1_200 * 2**20  # bytes of address space
PROCESSOR = 120  # seconds
CANNOT = 4  # exit status

HEADING, SUMMARY, MEMO = "错误信息", "导入结果", "_gridinspect"
AUTHOR, SIGN = "网格监察", "【导入检查】"
RED, YELLOW = "FFF8D7DA", "FFFFF3CD"
WIDTH = 60  # characters of the column with the messages
COMMENT = 1_000  # characters of a comment

_EXTENSION = re.compile(
    rb'<ext\b[^>]*uri="\{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF\}".*?</ext>',
    re.DOTALL | re.IGNORECASE,
)
_SPACES = (
    (b"x14", b"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"),
    (b"xm", b"http://schemas.microsoft.com/office/excel/2006/main"),
)


def main(source: str, marks: str, target: str) -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, PROCESSOR),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    warnings.simplefilter("ignore")
    told = json.loads(Path(marks).read_text(encoding="utf-8"))
    with Path(source).open("rb") as file:  # openpyxl refuses a path that ends in .bin
        book = openpyxl.load_workbook(file, keep_vba=target.endswith(".xlsm"))
    _forget(book)
    before = book.create_sheet(MEMO)
    before.sheet_state = "veryHidden"
    for name, sheet in told["sheets"].items():
        if name in book.sheetnames:
            _mark(book[name], sheet, before)
    _summarise(book, told["summary"])
    book.save(target)
    _restore_lists(Path(source), Path(target))


# ---- marks of an earlier round -------------------------------------------------------


def _forget(book: Workbook) -> None:
    """Take away what an earlier return wrote: fills, comments, column, sheets."""
    fills = {}
    if MEMO in book.sheetnames:
        for where, was in book[MEMO].iter_rows(max_col=2):
            fills[where.value] = copy(was.fill)
    for name in (MEMO, SUMMARY):
        if name in book.sheetnames:
            del book[name]
    for sheet in book.worksheets:
        for cell in chain.from_iterable(sheet.iter_rows()):
            if not isinstance(cell, MergedCell):
                _forget_cell(sheet, cell, fills)


def _forget_cell(sheet: Worksheet, cell: Cell, fills: dict[str, Any]) -> None:
    if cell.fill.fill_type == "solid" and cell.fill.fgColor.rgb in (RED, YELLOW):
        cell.fill = fills.get(f"{sheet.title}!{cell.coordinate}", PatternFill())
    if cell.comment and SIGN in cell.comment.text:
        kept = cell.comment.text.partition(SIGN)[0].rstrip("\n —")
        cell.comment = Comment(kept, cell.comment.author) if kept else None


# ---- marks of this round -------------------------------------------------------------


def _mark(sheet: Worksheet, told: dict[str, Any], before: Worksheet) -> None:
    column, head = _message_column(sheet, told["head"]), told["head"]
    anchors = {
        (row, place): (area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, min(area.max_row, area.min_row + 50_000) + 1)
        for place in range(area.min_col, area.max_col + 1)
    }
    for number, cells in told["cells"].items():
        for place, (message, warns) in cells.items():
            at = (int(number), int(place) + 1)  # openpyxl counts from 1
            _mark_cell(sheet, anchors.get(at, at), message, warns, before)
    if head:
        title = sheet.cell(head, column, HEADING)
        beside = sheet.cell(head, max(column - 1, 1))
        if beside.has_style:
            title._style = copy(beside._style)
        title.font = Font(bold=True, color="FF842029")
    for number, (message, warns) in told["rows"].items():
        cell = sheet.cell(int(number), column)
        cell.value, cell.data_type = message, "s"
        cell.fill = PatternFill("solid", fgColor=YELLOW if warns else RED)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions[get_column_letter(column)].width = WIDTH


def _message_column(sheet: Worksheet, head: int) -> int:
    """Return the column of messages: the one of the last time, emptied, or a new one.

    A new one stands behind everything that the sheet holds.
    """
    last = max(
        (cell.column for row in sheet.iter_rows() for cell in row if _holds(cell)),
        default=0,
    )
    for cell in sheet[head] if head else ():
        if cell.value == HEADING:
            for row in range(head, sheet.max_row + 1):
                old = sheet.cell(row, cell.column)
                if not isinstance(old, MergedCell):
                    old.value = None
                    old.fill = PatternFill()
            return int(cell.column)
    return int(last) + 1


def _holds(cell: Any) -> bool:
    return isinstance(cell, MergedCell) or cell.value is not None


def _mark_cell(
    sheet: Worksheet,
    at: tuple[int, int],
    message: str,
    warns: bool,
    before: Worksheet,
) -> None:
    cell = sheet.cell(*at)
    if isinstance(cell, MergedCell):
        return
    where = before.cell(before.max_row + 1, 1, f"{sheet.title}!{cell.coordinate}")
    before.cell(where.row, 2).fill = copy(cell.fill)
    cell.fill = PatternFill("solid", fgColor=YELLOW if warns else RED)
    text = f"{SIGN}{message}"[:COMMENT]
    old = cell.comment
    if old:
        said = old.text.rstrip()
        text = f"{said}\n{text}" if SIGN in said else f"{said}\n———\n{text}"
    note = Comment(text, old.author if old else AUTHOR)
    note.width, note.height = 280, 24 * (2 + len(text) // 20)
    cell.comment = note


def _summarise(book: Workbook, lines: list[list[Any]]) -> None:
    sheet = book.create_sheet(SUMMARY)
    for number, line in enumerate(lines, start=1):
        for place, value in enumerate(line, start=1):
            cell = sheet.cell(number, place, value)
            if isinstance(value, str):
                cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=place > 2, vertical="top")
            if number == 1 or len(line) == 1:
                cell.font = Font(bold=True)
    for letter, width in zip("ABC", (24, 12, 80), strict=True):
        sheet.column_dimensions[letter].width = width


# ---- drop-downs that openpyxl does not know ------------------------------------------


def _restore_lists(source: Path, target: Path) -> None:
    """Put back drop-downs whose list stands on another sheet (Excel 2010 and later)."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target) as new:
        was, now = _parts(old), _parts(new)
        lists = {}
        for name, part in now.items():
            found = _EXTENSION.search(old.read(was[name])) if name in was else None
            if found:
                lists[part] = _declared(found[0])
        if not lists:
            return
        again = target.with_suffix(".again")
        with zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as out:
            for item in new.infolist():
                data = new.read(item)
                if item.filename in lists:
                    data = _with_extension(data, lists[item.filename])
                out.writestr(item, data)
    again.replace(target)


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return sheet name → its part."""
    rels = fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {rel.get("Id"): rel.get("Target", "") for rel in rels}
    parts = {}
    for node in fromstring(archive.read("xl/workbook.xml")).iter():
        if node.tag.rpartition("}")[2] == "sheet":
            link = next((v for k, v in node.attrib.items() if k.endswith("}id")), "")
            path = targets.get(link, "")
            parts[node.get("name")] = (
                path.lstrip("/") if path.startswith("/") else f"xl/{path}"
            )
    return parts


def _declared(extension: bytes) -> bytes:
    """Return the element with the names of its spaces in itself."""
    tag, _, rest = extension.partition(b">")
    for prefix, space in _SPACES:
        declaration = b"xmlns:" + prefix + b'="'
        if declaration not in extension:
            tag += b" " + declaration + space + b'"'
    return tag + b">" + rest


def _with_extension(sheet: bytes, extension: bytes) -> bytes:
    body, end, _ = sheet.rpartition(b"</worksheet>")
    return body + b"<extLst>" + extension + b"</extLst>" + end


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except BaseException as error:
        if isinstance(error, SystemExit):
            raise
        sys.stderr.write(repr(error)[:500])
        sys.exit(CANNOT)
