"""What a person says about the layout of a workbook, and how it is found again.

A correction names a sheet's header rows and the field of each column. It is kept under
a fingerprint of the headers, so that the same form filled in next month is read as it
was corrected, wherever its table begins.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from gridinspect.imports.cleaning import plain
from gridinspect.imports.fields import header_keys
from gridinspect.imports.reading import Sheet, Workbook
from gridinspect.imports.recognise import HEAD, Table
from gridinspect.secrets import mask_id, mask_phone

WIDTH = 60  # columns of a sheet that can be corrected
CELL = 24  # characters of a cell shown as a sample
SHEETS = 30


@dataclass(frozen=True, slots=True)
class Memory:
    """A remembered correction of one layout."""

    header_count: int  # rows that the header has
    fields: Mapping[str, str]  # column letter → field, "" for a column left out


def fingerprint(rows: Sequence[Sequence[Any]]) -> str:
    """Return what a header of one or two rows is known by: its names in their places.

    Blanks, stars and remarks in brackets do not count, as in the recognition itself.
    """
    lines = []
    for cells in rows:
        keys = [(header_keys(_sample(cell)) or ("",))[-1] for cell in cells[:WIDTH]]
        lines.append("\x1f".join(keys).rstrip("\x1f"))
    return hashlib.sha256("\x1e".join(lines).encode()).hexdigest()


def head_of(sheet: Sheet) -> list[tuple[int, list[Any]]]:
    """Return the rows of a sheet in which a header may stand."""
    return list(islice(sheet.rows(), HEAD))


def remembered(book: Workbook, known: Mapping[str, Memory]) -> dict[str, Any]:
    """Return the corrections that fit the visible sheets of a workbook.

    `known` is by fingerprint. Hidden sheets are asked about every time (P12).
    """
    found: dict[str, Any] = {}
    for sheet in book.sheets if known else ():
        if sheet.hidden:
            continue
        head = head_of(sheet)
        for place, (number, cells) in enumerate(head):
            below = head[place + 1 : place + 2]
            choices = [([number], [cells])]
            if below and below[0][0] == number + 1:
                choices.append(([number, below[0][0]], [cells, below[0][1]]))
            for numbers, rows in choices:
                memory = known.get(fingerprint(rows))
                if memory and memory.header_count == len(numbers):
                    found[sheet.name or ""] = {
                        "use": True,
                        "header_rows": numbers,
                        "fields": dict(memory.fields),
                    }
    return found


def outline(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """Return the first rows of each sheet and how they were read, for the page.

    Long numbers are masked: the page is no way round the masks of the preview.
    """
    return [
        {
            "name": table.sheet.name or "",
            "hidden": table.sheet.hidden,
            "used": table.used,
            "why": table.why,
            "row_count": table.sheet.row_count,
            "header_rows": table.header_rows,
            "columns": [
                [column.index, column.header, column.field or "", column.note]
                for column in table.columns
                if column.index < WIDTH
            ],
            "rows": [
                [number, [_sample(cell) for cell in cells[:WIDTH]]]
                for number, cells in head_of(table.sheet)
            ],
        }
        for table in tables[:SHEETS]
    ]


_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{7,}[Xx]?(?![0-9A-Za-z])")
_DAY = re.compile(r"(?:19|20)\d{6}")


def _sample(cell: Any) -> str:
    return _NUMBER.sub(_hidden, " ".join(plain(cell).split()))[:CELL]


def _hidden(match: re.Match[str]) -> str:
    number = match[0]
    if _DAY.fullmatch(number):
        return number
    return mask_id(number) if len(number) >= 15 else mask_phone(number)
