"""COPY for rows that come by the thousand; never a query per row."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

CHUNK = 20_000  # rows held in memory at once

_ESCAPES = {
    ord(sign): rf"\{code}" for sign, code in zip("\\\t\n\r", "\\tnr", strict=True)
}


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write rows into a table by COPY; return their number. None becomes NULL.

    Values are written as PostgreSQL reads them: dates in ISO form, JSON as text. Table
    and columns are names from our own models, never from outside.
    """
    names = ", ".join(f'"{column}"' for column in columns)
    statement = f'COPY "{table}" ({names}) FROM STDIN'
    total = 0
    with connection.cursor() as cursor:
        for chunk in _chunks(rows):
            text = "\n".join(map(_line, chunk)) + "\n"
            cursor.copy_expert(statement, io.BytesIO(text.encode()))
            total += len(chunk)
    return total


def _line(row: Sequence[Any]) -> str:
    """Return a row in the text format of COPY; few hold what has to be escaped."""
    line = "\t".join(map(str, row))
    is_plain = (
        None not in row
        and "\\" not in line
        and "\n" not in line
        and "\r" not in line
        and line.count("\t") == len(row) - 1
    )
    if is_plain:
        return line
    return "\t".join(
        [r"\N" if value is None else str(value).translate(_ESCAPES) for value in row]
    )


def take_keys(table: str, count: int) -> list[int]:
    """Return that many fresh keys of a table, so that rows can point at each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval((SELECT pg_get_serial_sequence(%s, 'id')::regclass)) "
            "FROM generate_series(1, %s)",
            [table, count],
        )
        return [key for (key,) in cursor.fetchall()]


def refresh_statistics(table: str = "", columns: Sequence[str] = ()) -> None:
    """Let the planner know how much there is now, after rows came by the thousand.

    Else it plans for the few rows it last saw, and a join becomes a scan a row. All
    tables, or the columns of one by which rows are looked up.
    """
    what = f'"{table}"' if table else ""
    if columns:
        names = ", ".join(f'"{column}"' for column in columns)
        what += f" ({names})"
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {what}")


def _chunks(rows: Iterable[Sequence[Any]]) -> Iterable[list[Sequence[Any]]]:
    chunk: list[Sequence[Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
