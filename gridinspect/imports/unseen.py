"""What calamine does not tell of .ods and .xls: merges, hidden rows, faulty cells.

Part of the child process (parsing.py), which loads it by its path: it may import
nothing of ours. For .xlsx the same is read in parsing.py itself.

Source: import-policy P8, P11, P12 and P18.
"""

import io
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPEATED = 10_000  # rows; a faulty row that is repeated more often is told once


@dataclass
class Facts:
    """What is to be known of one sheet: rows from 1, columns from 0."""

    faults: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: list[int] = field(default_factory=list)
    merges: list[list[int]] = field(default_factory=list)  # all four from 0
    width: int = 0  # columns and rows up to the last cell that holds anything
    height: int = 0


def facts_of(path: Path, parser: Any) -> tuple[dict[str, Facts], bool]:
    """Return sheet → its facts, and whether dates count from 1904.

    `parser` is an expat parser that refuses entities. A workbook that cannot be read
    this way has none: whether it can be read at all is calamine's to say.
    """
    try:
        if zipfile.is_zipfile(path):
            return _of_ods(path, parser)
        return _of_xls(path)
    except Exception:  # whatever is wrong with a file, in a process of its own
        return {}, False


# ---- OpenDocument --------------------------------------------------------------------


class _Content:
    """Follows the elements of content.xml; rows and cells may stand for many."""

    def __init__(self) -> None:
        self.sheets: dict[str, Facts] = {}
        self.date1904 = False
        self._facts = Facts()
        self._row = self._column = 0  # of the present cell, both from 0
        self._rows = self._columns = 1  # that the present row and cell stand for
        self._depth = self._notes = 0
        self._fault: str | None = None  # text of a cell with an error

    def start(self, name: str, given: dict[str, str]) -> None:
        said = {key.rpartition(":")[2]: value for key, value in given.items()}
        match name.rpartition(":")[2]:
            case "null-date":
                self.date1904 = said.get("date-value-type", "date") == "date" and (
                    said.get("date-value", "").startswith("1904")
                )
            case "table":
                self._depth += 1
                if self._depth == 1:
                    self._facts = self.sheets.setdefault(said["name"], Facts())
                    self._row = 0
            case "table-row" if self._depth == 1:
                self._column, self._rows = 0, int(said.get("number-rows-repeated", 1))
                if said.get("visibility") in ("collapse", "filter"):
                    last = self._row + min(self._rows, REPEATED)
                    self._facts.hidden_rows += range(self._row + 1, last + 1)
            case "table-cell" | "covered-table-cell" if self._depth == 1:
                self._begin(said)
            case "annotation":
                self._notes += 1

    def _begin(self, said: dict[str, str]) -> None:
        self._columns = int(said.get("number-columns-repeated", 1))
        down = int(said.get("number-rows-spanned", 1))
        across = int(said.get("number-columns-spanned", 1))
        if down > 1 or across > 1:
            top, left = self._row, self._column
            self._facts.merges.append([top, left, top + down - 1, left + across - 1])
        if "value-type" in said:
            facts = self._facts
            facts.width = max(facts.width, self._column + self._columns)
            facts.height = self._row + self._rows
        if "formula" in said and "value-type" not in said:
            self._note("formula")
        self._fault = "" if "error" in said.values() else None

    def text(self, data: str) -> None:
        if self._fault is not None and not self._notes:
            self._fault += data

    def end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "table":
                self._depth -= 1
            case "table-row" if self._depth == 1:
                self._row += self._rows
            case "table-cell" | "covered-table-cell" if self._depth == 1:
                if self._fault is not None:
                    self._note(self._fault or "#VALUE!")
                self._fault = None
                self._column += self._columns
            case "annotation":
                self._notes -= 1

    def _note(self, fault: str) -> None:
        for row in range(self._row, self._row + min(self._rows, REPEATED)):
            self._facts.faults[row + 1, self._column] = fault


def _of_ods(path: Path, parser: Any) -> tuple[dict[str, Facts], bool]:
    content = _Content()
    parser.StartElementHandler, parser.EndElementHandler = content.start, content.end
    parser.CharacterDataHandler = content.text
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as stream:
        parser.ParseFile(stream)
    return content.sheets, content.date1904


# ---- Excel 97 ------------------------------------------------------------------------


def _of_xls(path: Path) -> tuple[dict[str, Facts], bool]:
    import xlrd

    said = io.StringIO()
    book = xlrd.open_workbook(str(path), formatting_info=True, logfile=said)
    return {sheet.name: _of_sheet(sheet) for sheet in book.sheets()}, book.datemode == 1


def _of_sheet(sheet: Any) -> Facts:
    import xlrd

    facts = Facts()
    for row in range(sheet.nrows):
        kinds = sheet.row_types(row)
        if xlrd.XL_CELL_ERROR in kinds:
            for column, kind in enumerate(kinds):
                if kind == xlrd.XL_CELL_ERROR:
                    code = sheet.cell_value(row, column)
                    said = xlrd.error_text_from_code.get(code, "#VALUE!")
                    facts.faults[row + 1, column] = said
    facts.hidden_rows = sorted(
        row + 1 for row, about in sheet.rowinfo_map.items() if about.hidden
    )
    return facts
