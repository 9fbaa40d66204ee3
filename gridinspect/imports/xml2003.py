"""Workbooks as one XML file (XML 电子表格 2003), which web systems hand out as .xls.

Part of the child process (parsing.py), which loads it by its path: it may import
nothing of ours.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SIGN = "urn:schemas-microsoft-com:office:spreadsheet"
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


@dataclass
class Sheet:
    """One worksheet: rows by number from 1, merges by places from 0."""

    name: str
    rows: list[tuple[int, list[Any]]] = field(default_factory=list)
    merges: list[list[int]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden: bool = False


def is_workbook(text: str) -> bool:
    """Tell a workbook from a page, by the beginning of its text."""
    return SIGN in text[:4_000] and "Workbook" in text[:4_000]


def sheets_of(text: str, parser: Any, columns: int) -> list[Sheet]:
    """Return the sheets; cells beyond so many columns are kept to one too many.

    `parser` is an expat parser that refuses entities. Raises expat.ExpatError and
    ValueError for what is no such file.
    """
    book = _Book(columns)
    parser.StartElementHandler, parser.EndElementHandler = book.start, book.end
    parser.CharacterDataHandler = book.text
    parser.Parse(_DECLARATION.sub("", text).encode(), True)
    return book.sheets


class _Book:
    """Follows the elements; rows and cells may leave some out by their index."""

    def __init__(self, columns: int) -> None:
        self.sheets: list[Sheet] = []
        self._most = columns
        self._row, self._column, self._after = 0, -1, 0
        self._cells: list[Any] = []
        self._kind = ""
        self._said: list[str] | None = None
        self._comments = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        about = {key.rpartition(":")[2]: value for key, value in given.items()}
        match name.rpartition(":")[2]:
            case "Worksheet":
                self.sheets.append(Sheet(about.get("Name", "")))
                self._row = 0
            case "Row":
                self._row = int(about.get("Index", self._row + 1))
                self._column, self._cells = -1, []
                if about.get("Hidden") == "1":
                    self.sheets[-1].hidden_rows.append(self._row)
            case "Cell":
                self._begin(about)
            case "Comment":
                self._comments += 1
            case "Data" if not self._comments:
                self._kind, self._said = about.get("Type", "String"), []
            case "Visible":
                self._said = []

    def _begin(self, about: dict[str, str]) -> None:
        self._column = int(about.get("Index", self._column + 2)) - 1
        self._column = min(self._column, self._most)
        self._cells += [""] * (self._column + 1 - len(self._cells))
        across, down = int(about.get("MergeAcross", 0)), int(about.get("MergeDown", 0))
        if across or down:
            top, left = self._row - 1, self._column
            self.sheets[-1].merges.append([top, left, top + down, left + across])
        self._after = min(across, self._most)

    def text(self, data: str) -> None:
        if self._said is not None:
            self._said.append(data)

    def end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "Data" if not self._comments and self._said is not None:
                self._cells[self._column] = _value("".join(self._said), self._kind)
                self._said = None
            case "Cell":
                self._column += self._after
            case "Comment":
                self._comments -= 1
            case "Row":
                self.sheets[-1].rows.append((self._row, self._cells))
            case "Visible" if self._said is not None:
                self.sheets[-1].hidden = "".join(self._said) != "SheetVisible"
                self._said = None


def _value(said: str, kind: str) -> Any:
    match kind:
        case "Number":
            return float(said)
        case "DateTime":
            return datetime.fromisoformat(said[:19])
        case "Boolean":
            return said == "1"
        case "Error":
            return {"$e": said}
    return said
