"""The rows that go in, as the check decided: written so while its grounds are the same.

A person confirms what the check has shown. Where a kind can say what its rows were
compared with, nothing is compared a second time unless any of that has changed since.
The decisions lie beside the upload, are deleted with it, and are worth nothing but
time: without them the rows are examined again.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.expressions import RawSQL

from gridinspect.imports.examination import made_from
from gridinspect.imports.kept import decode_line, encode_line
from gridinspect.imports.resource import CHANGED, NEW, Row, SheetResource

SUFFIX = ".decided"
LOT = 2_000  # rows written at once


def beside(upload: str | Path) -> Path:
    """Return where the decisions about the rows of an uploaded file are kept."""
    return Path(upload).with_suffix(SUFFIX)


class Decisions:
    """Notes what a check decides of the rows that go in. Begins before the check."""

    def __init__(self, resource: SheetResource, folder: Path):
        self._resource = resource
        self._grounds = _grounds(resource)
        self._path = folder / "decided.jsonl"
        self._path.touch()
        self._held: list[Row] = []

    def note(self, rows: Iterable[Row]) -> None:
        """Note the rows of a lot that go in."""
        if self._grounds:
            self._held += going_in(rows)
            if len(self._held) >= LOT:
                self._write()

    def keep(self, upload: str | Path, digest: str) -> None:
        """Keep the decisions beside the uploaded file; `digest` is the preview's."""
        if not self._grounds:
            return
        self._write()
        heading = encode_line([digest, self._grounds])
        with self._path.open("rb") as lots, beside(upload).open("wb") as file:
            beside(upload).chmod(0o600)
            file.write(heading.encode())
            shutil.copyfileobj(lots, file)

    def _write(self) -> None:
        alike = groupby(self._held, key=lambda row: (row.sheet, *row.values))
        with self._path.open("a", encoding="utf-8") as file:
            for (sheet, *fields), same in alike:
                file.write(self._line(sheet, fields, list(same)))
        self._held = []

    def _line(self, sheet: str | None, fields: list[str], rows: list[Row]) -> str:
        return encode_line(
            [
                sheet,
                [row.number for row in rows],
                [row.action for row in rows],
                fields,
                list(zip(*(row.values.values() for row in rows), strict=True)),
                [row.changes or None for row in rows],
                [self._resource.decided(row) for row in rows],
            ]
        )


def decided_rows(
    upload: str | Path, resource: SheetResource, digest: str
) -> Iterator[list[Row]] | None:
    """Return the rows that go in, in lots, as they were decided at the check.

    None when nobody kept them, when they belong to another preview, or when anything
    that they were compared with has changed since.
    """
    grounds, path = _grounds(resource), beside(upload)
    with suppress(OSError, ValueError), path.open(encoding="utf-8") as file:
        if grounds and decode_line(file.readline()) == [digest, grounds]:
            return _recalled(path, resource)
    return None


def going_in(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that are to be written."""
    return [row for row in rows if row.action in (NEW, CHANGED) and row.goes_in]


def _recalled(path: Path, resource: SheetResource) -> Iterator[list[Row]]:
    resource.prepare()
    with path.open(encoding="utf-8") as file:
        file.readline()
        for line in file:
            yield _rows(line, resource)


def _rows(line: str, resource: SheetResource) -> list[Row]:
    sheet, numbers, actions, fields, columns, changes, told = decode_line(line)
    values = (
        dict(zip(fields, each, strict=True)) for each in zip(*columns, strict=True)
    )
    rows = [
        Row(sheet, number, own, {}, action=action, changes=changed or {})
        for number, own, action, changed in zip(
            numbers, values, actions, changes, strict=True
        )
    ]
    for row, said in zip(rows, told, strict=True):
        resource.recall(row, said)
    return rows


# ---- what was compared with ----------------------------------------------------------


def _grounds(resource: SheetResource) -> str:
    """Return what changes with anything that a row could be decided by, else ""."""
    compared = resource.compared_with()
    if not compared:
        return ""
    said = [
        made_from(resource),
        sorted(resource.paths),
        sorted(resource.decisions.items()),
        sorted(resource.distinct),
        [_edition(rows) for rows in compared],
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


# PostgreSQL gives every version of a row a place, and the transaction that wrote it.
_VERSION = "hash_record_extended(ROW({table}.ctid, {table}.xmin), 0)"


def _edition(rows: "QuerySet[Any]") -> list[str]:
    """Return how many rows there are, and a sum that changes when any of them does."""
    version = RawSQL(_VERSION.format(table=rows.model._meta.db_table), [])  # noqa: S611
    found = rows.order_by().aggregate(count=Count("pk"), sum=Sum(version))
    return [str(found["count"]), str(found["sum"])]
