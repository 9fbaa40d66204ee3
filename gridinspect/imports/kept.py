"""The cleaned rows of a workbook on disk: read once, used by the check and the writing.

A file of JSON lines: first what it was made from, then a lot of rows in each line,
column by column. It lies beside the upload, is deleted with it, and is worth nothing
but time: without it the workbook is read again.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from gridinspect.imports.cleaning import MonthDate

SUFFIX = ".rows"


@dataclass(slots=True)
class Lot:
    """Some data rows of one table, by column, in the order of the sheet."""

    table: int  # its place among the tables that are used
    numbers: list[int]
    keys: list[str]  # what identifies each row, "" for nothing
    fields: list[str]
    columns: list[list[Any]]  # the values of each field
    issues: list[list[Any]]  # [place in the lot, field, code, message, warns]


@dataclass(frozen=True, slots=True)
class Heading:
    """What is common to the rows of one table."""

    sheet: str | None
    places: dict[str, tuple[str, str]]  # field → (column letter, header)


def beside(upload: str | Path) -> Path:
    """Return where the rows of an uploaded file are kept."""
    return Path(upload).with_suffix(SUFFIX)


def sweep(folder: Path) -> int:
    """Delete what lies beside uploads that are gone; return how many files went."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    uploads = {path.with_suffix("") for path in files if path.suffix == ".bin"}
    lonely = [
        path
        for path in files
        if path.suffix != ".bin"
        and path.with_name(path.name.partition(".")[0]) not in uploads
    ]
    for path in lonely:
        path.unlink(missing_ok=True)
    return len(lonely)


def write_rows(
    path: Path, made_from: str, headings: Iterable[Heading], lots: Iterable[Lot]
) -> None:
    """Keep lots of rows; `made_from` names everything that they depend on."""
    with path.open("w", encoding="utf-8") as file:
        tables = [[heading.sheet, heading.places] for heading in headings]
        file.write(encode_line([made_from, tables]))
        for lot in lots:
            line = [lot.table, lot.numbers, lot.keys, lot.fields]
            file.write(encode_line([*line, lot.columns, lot.issues]))


class KeptRows:
    """Rows that were kept. Raises OSError and ValueError where there are none."""

    def __init__(self, path: Path):
        self.path = path
        with path.open(encoding="utf-8") as file:
            self.made_from, tables = json.loads(file.readline())
        self.headings = [
            Heading(sheet, {name: tuple(place) for name, place in places.items()})
            for sheet, places in tables
        ]

    def lots(self) -> Iterator[tuple[Lot, str]]:
        """Yield each lot with the line that it was written as."""
        with self.path.open(encoding="utf-8") as file:
            file.readline()
            for line in file:
                yield Lot(*decode_line(line)), line


def encode_line(value: Any) -> str:
    """Return values, dates among them, as a line of JSON."""
    return f"{_encode(value)}\n"


@lru_cache(maxsize=4_096, typed=True)  # the days of a column come again and again
def _dated(value: Any) -> Any:
    if isinstance(value, MonthDate):
        return {"$m": value.isoformat()}
    if isinstance(value, date):
        return {"$d": value.isoformat()}
    raise TypeError(type(value))


def _date(tagged: dict[str, Any]) -> Any:
    if "$d" in tagged:
        return date.fromisoformat(tagged["$d"])
    return MonthDate.fromisoformat(tagged["$m"]) if "$m" in tagged else tagged


_encode = json.JSONEncoder(
    ensure_ascii=False, default=_dated, separators=(",", ":"), check_circular=False
).encode
decode_line = json.JSONDecoder(object_hook=_date).decode
