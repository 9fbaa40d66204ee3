"""One pass over a workbook: every row read, cleaned, judged and compared, in lots.

Rows stream through; only their keys stay in memory. The cells are read and cleaned once
and kept (kept.py); the preview and, inside the transaction, the writing compare the
same rows with the database by the same examination, so that both say the same.
"""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from gridinspect.imports.cleaning import MonthDate, Rejected, Setting, Warned
from gridinspect.imports.fields import SheetField
from gridinspect.imports.kept import Heading, KeptRows, Lot, beside, write_rows
from gridinspect.imports.reading import UnreadableFile, Workbook, open_workbook
from gridinspect.imports.recognise import Layout, Table, judge, recognise
from gridinspect.imports.resource import (
    CHANGED,
    DUPLICATE,
    NEW,
    NOTHING,
    REJECTED,
    SAME,
    VALID,
    WARNED,
    Row,
    SheetResource,
)

COUNTS = ("data_rows", VALID, WARNED, REJECTED, DUPLICATE, NEW, CHANGED, SAME)
KNOWN = 20_000  # cells of a column whose value is remembered
MOSTLY = 0.9  # share of new cells in a lot from which nothing is remembered any more


def plain_value(value: Any) -> Any:
    """Return a value as JSON has it: dates in ISO form, a bare month as 1985-03."""
    if isinstance(value, MonthDate):
        return f"{value:%Y-%m}"
    return value.isoformat() if hasattr(value, "isoformat") else value


class Examination:
    """What the rows of one workbook mean for one kind of import, today."""

    layout: Layout  # of a workbook that was just read

    def __init__(self, book: Workbook, resource: SheetResource):
        columns = resource.columns()
        self.layout = recognise(book, columns, resource.title, resource.corrections)
        self._begin(resource, [_heading(table) for table in self.layout.used])
        path = book.folder / "cleaned.jsonl"
        write_rows(path, made_from(resource), self._headings, self._read())
        self._kept = KeptRows(path)
        if not self.total:
            raise UnreadableFile("表中没有可以导入的数据行。请填写后再上传。")

    @classmethod
    def of_kept(cls, kept: KeptRows, resource: SheetResource) -> "Examination":
        """Examine rows again that were read and cleaned before."""
        examination = cls.__new__(cls)
        examination._begin(resource, kept.headings)
        examination._kept = kept
        for lot, _ in kept.lots():
            examination._note(lot, examination._rows(lot, examination._noted))
        return examination

    def _begin(self, resource: SheetResource, headings: list[Heading]) -> None:
        self.resource = resource
        self.columns: dict[str, SheetField] = resource.columns()
        self.counts: Counter[str] = Counter()
        self.total = 0  # data rows in all sheets
        self._headings = headings
        self._noted = {resource.name_field, resource.key_field, *resource.identifying}
        self._noted |= {name for name, c in self.columns.items() if c.required}
        self._digest = hashlib.sha256()
        self._first: dict[str, tuple[int, int, str]] = {}  # key → (table, row, name)
        self._conflicts: dict[str, list[tuple[int, int]]] = {}  # key → all its rows

    @property
    def digest(self) -> str:
        """What the preview is bound to, once all lots have been drawn.

        It holds what is read from every row and what would be written for it.
        """
        return self._digest.hexdigest()

    def keep(self, upload: str | Path) -> None:
        """Keep the cleaned rows beside the uploaded file, for the writing."""
        self._kept.path.chmod(0o600)
        shutil.move(self._kept.path, beside(upload))

    def lots(self) -> Iterator[list[Row]]:
        """Yield the data rows in lots, each compared with the file and the database."""
        self.resource.prepare()
        for lot, line in self._kept.lots():
            self._digest.update(line.encode())
            rows = self._rows(lot)
            for row, key in zip(rows, lot.keys, strict=True):
                row.key = key
                if key:
                    self._compare_in_file(row, lot.table)
            yield self._finish(rows)

    # ---- first pass: the cells are cleaned, and rows that share a key noted ----------

    def _read(self) -> Iterator[Lot]:
        """Yield the data rows of all tables, cleaned and identified."""
        today, identify = self.resource.today, self.resource.identify
        for place, table in enumerate(self.layout.used):
            setting = Setting(today=today, date1904=table.sheet.date1904)
            cleaners = {
                name: _ColumnCleaner(self.columns[name], setting)
                for name in table.mapped
            }
            for found in table.lots():
                data = [row for row in found if not judge(table, self.columns, *row)]
                if data:
                    lot = _clean(place, table, cleaners, data)
                    rows = self._rows(lot, self._noted)
                    lot.keys = [identify(row) for row in rows]
                    self._note(lot, rows)
                    yield lot

    def _note(self, lot: Lot, rows: list[Row]) -> None:
        """See every row once, before any is checked."""
        self.total += len(rows)
        first, named, note = self._first, self.resource.name_field, self.resource.note
        for row, key in zip(rows, lot.keys, strict=True):
            note(row)
            if not key:
                continue
            name = str(row.values.get(named) or "")
            place, number = lot.table, row.number
            earlier = first.setdefault(key, (place, number, name))
            if earlier[2] != name:
                self._conflicts.setdefault(key, [earlier[:2]]).append((place, number))

    def _rows(self, lot: Lot, only: Container[str] | None = None) -> list[Row]:
        """Return the rows of a lot, with all fields or only some."""
        heading, fields, columns = self._headings[lot.table], lot.fields, lot.columns
        sheet, places = heading.sheet, heading.places
        if only is not None:
            chosen = [at for at, name in enumerate(fields) if name in only]
            fields = [fields[at] for at in chosen]
            columns = [columns[at] for at in chosen]
        rows = [
            Row(sheet, number, dict(zip(fields, values, strict=True)), places)
            for number, values in zip(
                lot.numbers, zip(*columns, strict=True), strict=True
            )
        ]
        for at, field, code, message, warns in lot.issues:
            say = rows[at].warn if warns else rows[at].reject
            say(code, message, at=field, clause=self.columns[field].clause)
        return rows

    # ---- second pass: the rows are compared ------------------------------------------

    def _compare_in_file(self, row: Row, table: int) -> None:
        own, at = (table, row.number), self.resource.key_field
        if row.key in self._conflicts:
            others = [self._place(*p) for p in self._conflicts[row.key] if p != own]
            header = self.columns[at].header if at in self.columns else at
            row.reject(
                self.resource.conflict_code,
                f"{header}与{'、'.join(others[:3])}相同而名称不同，请核对后只留正确的一行。",
                at=at,
            )
            return
        first = self._first[row.key][:2]
        if first != own:
            row.duplicate_of = f"与{self._place(*first)}是同一记录，只计一次。"

    def _place(self, table: int, number: int) -> str:
        sheet = self._headings[table].sheet
        return f"“{sheet}”第{number}行" if sheet else f"第{number}行"

    def _finish(self, lot: list[Row]) -> list[Row]:
        self.resource.check([row for row in lot if not row.duplicate_of])
        said, found = [], []
        for row in lot:
            outcome = row.outcome
            found.append(outcome)
            if outcome in (REJECTED, DUPLICATE):
                row.action = NOTHING
            else:
                found.append(row.action)
            changes = [[k, str(a), str(b)] for k, (a, b) in row.changes.items()]
            said.append([outcome, row.action, row.reason, changes])
        self.counts["data_rows"] += len(lot)
        self.counts.update(found)
        self._digest.update(json.dumps(said, ensure_ascii=False).encode())
        return lot

    def tally(self) -> dict[str, int]:
        """Return the counts that the page and `import_file` show."""
        return {key: self.counts[key] for key in COUNTS}


def made_from(resource: SheetResource) -> str:
    """Return what the cleaned rows of an uploaded file depend on besides the file."""
    return json.dumps(
        [resource.kind, resource.today.isoformat(), resource.corrections],
        ensure_ascii=False,
        sort_keys=True,
    )


@contextmanager
def examined_again(upload: str, resource: SheetResource) -> Iterator[Examination]:
    """Yield the examination of an uploaded file whose rows may have been kept.

    Raises UnreadableFile.
    """
    with suppress(OSError, ValueError):
        kept = KeptRows(beside(upload))
        if kept.made_from == made_from(resource):
            yield Examination.of_kept(kept, resource)
            return
    with open_workbook(upload) as book:
        yield Examination(book, resource)


# ---- from cells to cleaned rows ------------------------------------------------------


def _heading(table: Table) -> Heading:
    places = {c.field: (c.letter, c.header) for c in table.columns if c.field}
    return Heading(table.sheet.name, places)


def _clean(
    place: int,
    table: Table,
    cleaners: dict[str, "_ColumnCleaner"],
    rows: list[tuple[int, list[Any], set[int]]],
) -> Lot:
    by_column = list(zip_longest(*(cells for _, cells, _ in rows), fillvalue=""))
    blank = [""] * len(rows)
    lot = Lot(place, [number for number, _, _ in rows], [], [], [], [])
    for name, index in table.mapped.items():
        cells = by_column[index] if index < len(by_column) else blank
        values, issues = cleaners[name].clean(cells)
        lot.fields.append(name)
        lot.columns.append(values)
        lot.issues += [[at, name, *issue] for at, issue in issues]
    return lot


class _Found(NamedTuple):
    """What is wrong with a cell, or to be known of it."""

    code: str
    message: str
    warns: bool
    value: Any = None


class _ColumnCleaner:
    """Cleans the cells of one column, each distinct one once."""

    # Cells of these types that are equal are the same; 1 and True are equal as well.
    _DISTINCT = frozenset((str, float, date, datetime))

    def __init__(self, column: SheetField, setting: Setting):
        self._column, self._setting = column, setting
        self._known: dict[Any, Any] = _Known(self._value)
        self._repeats = True  # whether cells come again, so that it pays to know them
        self._odd = False  # whether any cell was not simply good

    def _value(self, raw: Any) -> Any:
        if raw == "" and type(raw) is str:
            return None
        try:
            value = self._column.clean_cell(raw, self._setting)
        except Rejected as fault:
            self._odd = True
            return _Found(fault.code, fault.message, False)
        if type(value) is Warned:
            self._odd = True
            return _Found(value.code, value.message, True, value.value)
        return value

    def clean(
        self, cells: Sequence[Any]
    ) -> tuple[list[Any], list[tuple[int, tuple[str, str, bool]]]]:
        """Return the values, and (place, (code, message, warns)) of what is odd."""
        if self._repeats and self._DISTINCT.issuperset(map(type, cells)):
            before = len(self._known)
            values = list(map(self._known.__getitem__, cells))
            self._repeats = len(self._known) - before < MOSTLY * len(cells)
        else:
            values = list(map(self._value, cells))
        if len(self._known) > KNOWN or not self._repeats:
            self._known.clear()
        issues: list[tuple[int, tuple[str, str, bool]]] = []
        if self._odd:
            for at, value in enumerate(values):
                if type(value) is _Found:
                    issues.append((at, value[:3]))
                    values[at] = value.value
        if self._column.required and None in values:
            refused = {at for at, (_, _, warns) in issues if not warns}
            missing = (
                f"{self._column.name}_missing",
                f"{self._column.header}是必填项，不能为空，请补填。",
                False,
            )
            issues += [
                (at, missing)
                for at, value in enumerate(values)
                if value is None and at not in refused
            ]
        return values, issues


class _Known(dict[Any, Any]):
    """Values by cell; a cell that is asked for the first time is cleaned then."""

    def __init__(self, clean: Callable[[Any], Any]):
        super().__init__()
        self._clean = clean

    def __missing__(self, raw: Any) -> Any:
        value = self[raw] = self._clean(raw)
        return value
