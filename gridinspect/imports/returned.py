"""The workbook that goes back to who sent it: its own rows, each with what is wrong.

An .xlsx or .xlsm comes back as itself, with its formats, drop-downs and comments; what
is wrong is coloured and commented (marking.py, in a process of its own). Other formats,
and workbooks too long for that, come back as a plain .xlsx copy that says so.
"""

import json
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from gridinspect.imports.reading import (
    Sheet,
    UnreadableFile,
    Workbook,
    open_workbook,
    run_apart,
)
from gridinspect.imports.recognise import column_index

HEADING, SUMMARY = "错误信息", "导入结果"
MARKER = Path(__file__).with_name("marking.py")
LONG = 20_000  # rows; longer workbooks come back as a plain copy
COMMENTED = 5_000  # rows; comments are slow to open, a copy with more has none
REASONS = 30  # kinds of faults that the summary lists

MACROS, BOOK = ".xlsm", ".xlsx"


@dataclass
class Marks:
    """What is to be said of the rows of one sheet, by row number."""

    rows: dict[int, tuple[str, bool]] = field(default_factory=dict)
    cells: dict[int, dict[int, tuple[str, bool]]] = field(default_factory=dict)

    def add(self, number: int, outcome: str, message: str, issues: list[Any]) -> None:
        """Note a row and its faulty cells; issues are those of `Issue.as_json`."""
        self.rows[number] = (message, outcome not in ("reject",))
        for issue in issues:
            if issue["column"]:
                place = column_index(issue["column"])
                warns = issue["severity"] == "warn"
                said = self.cells.setdefault(number, {})
                earlier, mild = said.get(place, ("", True))
                words = f"{earlier} {issue['message']}".strip()
                said[place] = (words, warns and mild)


@dataclass
class Return:
    """Everything that is to be said of a workbook."""

    sheets: dict[str | None, Marks] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(
        self, sheet: str | None, number: int, outcome: str, message: str, issues: Any
    ) -> None:
        self.outcomes[outcome] += 1
        if message:
            marks = self.sheets.setdefault(sheet or None, Marks())
            marks.add(number, outcome, message, issues)
            self.reasons.update({_told(issue) for issue in issues})

    def summary(self, *, plain: bool) -> list[list[Any]]:
        """Return the lines of the sheet 导入结果."""
        words = {
            "valid": "合格",
            "valid_warn": "合格（有提示）",
            "reject": "不合格",
            "duplicate": "重复",
        }
        lines: list[list[Any]] = [
            ["导入结果"],
            ["数据行", sum(self.outcomes.values())],
            *[[words[key], self.outcomes[key]] for key in words],
            [],
            ["怎样改"],
            ["1. 红色单元格必须改正，黄色单元格请核对；批注和“错误信息”列写明原因。"],
            ["2. 改好后保存，把本文件重新上传即可；旧的标记会自动更新。"],
            ["3. “错误信息”列和本工作表不会被导入，不必删除。"],
        ]
        if plain:
            lines.append(
                [
                    "4. 本文件是数据的副本，不带原来的格式"
                    f"（原文件不是.xlsx，或超过{LONG:,}行）。"
                ]
            )
        if self.reasons:
            lines += [[], ["问题", "行数"]]
            lines += [[why, count] for why, count in self.reasons.most_common(REASONS)]
        return lines


def _told(issue: dict[str, Any]) -> str:
    header, said = issue["header"], issue["message"]
    words = said.partition("，")[0] if "“" in said else said
    return f"{header}：{words}" if header else words


def suffix_of(source: str | Path) -> str:
    """Return the suffix of the workbook that goes back for a file: .xlsx or .xlsm."""
    try:
        with zipfile.ZipFile(source) as archive:
            macros = "xl/vbaProject.bin" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return BOOK
    return MACROS if macros else BOOK


def write_returned(
    source: str | Path, recognised: dict[str, Any], rows: Iterable[Any], target: Path
) -> None:
    """Write the file `source` again, with its faults coloured, commented and listed.

    `recognised` is the layout that was found, `rows` the checked ones: those of the
    examination or of the preview. Text stays text, whatever it begins with (P19).
    Raises UnreadableFile, and OSError when the target cannot be written.
    """
    told = Return()
    for row in rows:
        number = row.number if hasattr(row, "number") else row.row
        issues = [i if isinstance(i, dict) else i.as_json() for i in row.issues]
        told.add(row.sheet, number, row.outcome, row.message, issues)
    heads = {s["name"]: max(s["header_rows"], default=0) for s in recognised["sheets"]}
    length = sum(sheet["rows"] for sheet in recognised["sheets"])
    with open_workbook(source) as book:
        is_marked = (
            length <= LONG
            and _is_workbook(source)
            and _mark(Path(source), heads, told, book.folder, target)
        )
        if not is_marked:
            _write_copy(book, heads, told, target)


def _is_workbook(source: str | Path) -> bool:
    try:
        with zipfile.ZipFile(source) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except zipfile.BadZipFile:
        return False


def _mark(
    source: Path, heads: dict[Any, int], told: Return, folder: Path, target: Path
) -> bool:
    """Mark the workbook itself; return False when its own format cannot be kept."""
    marks = folder / "marks.json"
    sheets = {
        name: {
            "head": head,
            "rows": told.sheets.get(name, Marks()).rows,
            "cells": told.sheets.get(name, Marks()).cells,
        }
        for name, head in heads.items()
        if head
    }
    marks.write_text(
        json.dumps({"sheets": sheets, "summary": told.summary(plain=False)}),
        encoding="utf-8",
    )
    made = folder / f"marked{target.suffix}"
    try:
        run_apart(MARKER, source.resolve(), marks, made)
    except UnreadableFile:
        return False
    target.write_bytes(made.read_bytes())
    return True


# ---- a plain copy --------------------------------------------------------------------


def _write_copy(
    opened: Workbook, heads: dict[Any, int], told: Return, target: Path
) -> None:
    book = xlsxwriter.Workbook(target, {"constant_memory": True})
    marks = {
        False: book.add_format({"bg_color": "#F8D7DA", "font_color": "#842029"}),
        True: book.add_format({"bg_color": "#FFF3CD"}),
    }
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for place, sheet in enumerate(opened.sheets, start=1):
        page = book.add_worksheet((sheet.name or f"表{place}")[:31])
        if sheet.hidden:
            page.hide()
        elif not any(one.hidden is False for one in opened.sheets[: place - 1]):
            page.activate()  # the first one may be hidden
            page.set_first_sheet()
        _write_sheet(
            page,
            sheet,
            heads.get(sheet.name, 0),
            told.sheets.get(sheet.name, Marks()),
            marks,
            day,
        )
    page = book.add_worksheet(SUMMARY)
    page.set_column(0, 0, 40)
    for at, line in enumerate(told.summary(plain=True)):
        for column, value in enumerate(line):
            _write_cell(page, at, column, value, None, day)
    book.close()


def _write_sheet(
    page: Worksheet, sheet: Sheet, head: int, said: Marks, marks: Any, day: Any
) -> None:
    width = max((len(cells) for _, cells in sheet.rows()), default=0)
    old = _old_column(sheet, head)
    column = width if old is None else old
    with_comments = len(said.cells) <= COMMENTED
    page.set_column(column, column, 60)
    for number, cells in sheet.rows():
        bad = said.cells.get(number, {})
        for index, value in enumerate(cells):
            if index == old and number >= head:
                continue
            message, warns = bad.get(index, ("", False))
            _write_cell(
                page, number - 1, index, value, marks[warns] if message else None, day
            )
            if message and with_comments:
                page.write_comment(number - 1, index, message)
        if number == head:
            page.write_string(number - 1, column, HEADING)
        elif number in said.rows:
            message, warns = said.rows[number]
            page.write_string(number - 1, column, message, marks[warns])


def _old_column(sheet: Sheet, head: int) -> int | None:
    for number, cells in sheet.rows():
        if number == head:
            return cells.index(HEADING) if HEADING in cells else None
        if number > head:
            break
    return None


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
