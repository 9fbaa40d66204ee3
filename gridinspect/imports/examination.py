"""One pass over a workbook: every row read, cleaned, judged and compared, in lots.

Rows stream through; only their keys stay in memory. The same examination makes the
preview and, inside the transaction, the writing, so that both say the same.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from gridinspect.imports.cleaning import MonthDate, Rejected, Setting, Warned
from gridinspect.imports.fields import SheetField
from gridinspect.imports.reading import UnreadableFile, Workbook
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
LOT = 2_000  # rows that are compared with the database together


def plain_value(value: Any) -> Any:
    """Return a value as JSON has it: dates in ISO form, a bare month as 1985-03."""
    if isinstance(value, MonthDate):
        return f"{value:%Y-%m}"
    return value.isoformat() if hasattr(value, "isoformat") else value


class Examination:
    """What one workbook means for one kind of import, today."""

    def __init__(self, book: Workbook, resource: SheetResource):
        self.resource = resource
        self.columns: dict[str, SheetField] = resource.columns()
        self.layout: Layout = recognise(
            book, self.columns, resource.title, resource.corrections
        )
        self.counts: Counter[str] = Counter()
        self._digest = hashlib.sha256()
        self._verdicts: list[bytearray] = []
        self._first: dict[str, tuple[str, str]] = {}  # key → (place, name)
        self._conflicts: dict[str, list[str]] = {}  # key → places of all its rows
        self._index()

    @property
    def total(self) -> int:
        """The number of data rows in all sheets."""
        return sum(verdicts.count(1) for verdicts in self._verdicts)

    @property
    def digest(self) -> str:
        """What the preview is bound to, once all lots have been drawn."""
        return self._digest.hexdigest()

    def lots(self) -> Iterator[list[Row]]:
        """Yield the data rows in lots, each compared with the file and the database."""
        self.resource.prepare()
        lot: list[Row] = []
        for row in self._rows():
            lot.append(row)
            if len(lot) == LOT:
                yield self._finish(lot)
                lot = []
        if lot:
            yield self._finish(lot)

    # ---- first pass: which rows are data, and which share a key ----------------------

    def _index(self) -> None:
        identifying = self.resource.identifying
        for table in self.layout.used:
            verdicts = bytearray()
            self._verdicts.append(verdicts)
            reader = _Reader(table, self.columns, self.resource.today, identifying)
            for number, cells, inherited in table.sheet.filled_rows(
                table.header_rows[-1]
            ):
                is_data = not judge(table, self.columns, number, cells, inherited)
                verdicts.append(is_data)
                if is_data:
                    self._note_key(reader.read(number, cells))
        if not self.total:
            raise UnreadableFile("表中没有可以导入的数据行。请填写后再上传。")

    def _note_key(self, row: Row) -> None:
        self.resource.note(row)
        key = self.resource.identify(row)
        if not key:
            return
        place = _place(row)
        name = str(row.values.get(self.resource.name_field) or "")
        if key not in self._first:
            self._first[key] = (place, name)
        elif self._first[key][1] != name:
            self._conflicts.setdefault(key, [self._first[key][0]]).append(place)

    # ---- second pass -----------------------------------------------------------------

    def _rows(self) -> Iterator[Row]:
        for table, verdicts in zip(self.layout.used, self._verdicts, strict=True):
            reader = _Reader(table, self.columns, self.resource.today)
            body = table.sheet.filled_rows(table.header_rows[-1])
            for is_data, (number, cells, _) in zip(verdicts, body, strict=True):
                if is_data:
                    row = reader.read(number, cells)
                    self._compare_in_file(row)
                    yield row

    def _compare_in_file(self, row: Row) -> None:
        row.key = self.resource.identify(row)
        if not row.key:
            return
        place, at = _place(row), self.resource.key_field
        if row.key in self._conflicts:
            others = [p for p in self._conflicts[row.key] if p != place]
            header = self.columns[at].header if at in self.columns else at
            row.reject(
                self.resource.conflict_code,
                f"{header}与{'、'.join(others[:3])}相同而名称不同，请核对后只留正确的一行。",
                at=at,
            )
        elif self._first[row.key][0] != place:
            row.duplicate_of = f"与{self._first[row.key][0]}是同一记录，只计一次。"

    def _finish(self, lot: list[Row]) -> list[Row]:
        self.resource.check([row for row in lot if not row.duplicate_of])
        counts = self.counts
        for row in lot:
            outcome = row.outcome
            counts["data_rows"] += 1
            counts[outcome] += 1
            if outcome in (REJECTED, DUPLICATE):
                row.action = NOTHING
            else:
                counts[row.action] += 1
            self._digest.update(
                json.dumps(
                    [row.sheet, row.number, outcome, row.action, row.reason, row.key]
                    + [[k, str(a), str(b)] for k, (a, b) in row.changes.items()],
                    ensure_ascii=False,
                ).encode()
            )
        return lot

    def tally(self) -> dict[str, int]:
        """Return the counts that the page and `import_file` show."""
        return {key: self.counts[key] for key in COUNTS}


def _place(row: Row) -> str:
    return f"“{row.sheet}”第{row.number}行" if row.sheet else f"第{row.number}行"


class _Reader:
    """Reads the cells of one table's rows into values and issues."""

    def __init__(
        self,
        table: Table,
        columns: dict[str, SheetField],
        today: Any,
        only: tuple[str, ...] = (),
    ):
        self.sheet = table.sheet.name
        self.setting = Setting(today=today, date1904=table.sheet.date1904)
        self.places = {
            column.field: (column.letter, column.header)
            for column in table.columns
            if column.field
        }
        self.plan = [
            (name, columns[name].clean_cell, index, columns[name])
            for name, index in table.mapped.items()
            if not only or name in only
        ]

    def read(self, number: int, cells: list[Any]) -> Row:
        row = Row(self.sheet, number, {}, self.places)
        width, values, setting = len(cells), row.values, self.setting
        for name, clean, index, column in self.plan:
            raw = cells[index] if index < width else ""
            value = None
            if raw != "":
                try:
                    value = clean(raw, setting)
                except Rejected as fault:
                    row.reject(fault.code, fault.message, at=name, clause=column.clause)
                    values[name] = None
                    continue
                if type(value) is Warned:
                    row.warn(value.code, value.message, at=name, clause=column.clause)
                    value = value.value
            if value is None and column.required:
                row.reject(
                    f"{name}_missing",
                    f"{column.header}是必填项，不能为空，请补填。",
                    at=name,
                    clause=column.clause,
                )
            values[name] = value
        return row
