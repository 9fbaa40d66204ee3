"""Changing many rows at once: COPY into a temporary table, one UPDATE from it."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models
from django.db.models.fields import Field
from django.db.models.lookups import Lookup
from django.utils import timezone

from gridinspect.copying import copy_rows
from gridinspect.secrets import EncryptedTextField, encrypt


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Look for garbage less often while rows come and go by the thousand.

    They hold no cycles; looking through them again and again took a third of the time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 20, 1_000)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@Field.register_lookup
class AnyOf(Lookup):
    """`code__any_of=[…]`: like `__in`, but thousands of values are one parameter."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s)", (*parameters, list(self.rhs))


def insert_rows(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """Write new rows by COPY; fields that are not named get their model's default.

    `names` are attribute names ("grid_id"). Values are as the database has them, texts
    for encrypted fields in plain.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields}
    blank, now = model(), timezone.now()
    others = {
        name: now
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
        else getattr(blank, name)
        for name, field in fields.items()
        if name not in names and name != "id"
    }
    given = {name: str(value) for name, value in others.items() if value is not None}
    defaults = list(given.values())
    sealed = _sealed(fields, names)
    columns = [str(fields[name].column) for name in (*names, *given)]

    def complete() -> Iterable[list[Any]]:
        for row in rows:
            values = [*row, *defaults]
            for place, column in sealed:
                if values[place]:
                    values[place] = encrypt(values[place], column=column)
            yield values

    return copy_rows(model._meta.db_table, columns, complete())


def update_rows(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """Set fields of many rows: each row is (primary key, values in the order of names).

    None leaves the stored value as it is.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields}
    sealed = _sealed(fields, names)
    table = model._meta.db_table
    staging = f"staging_{table}"
    columns = [str(fields[name].column) for name in names]
    key = str(model._meta.pk.column)

    def complete() -> Iterable[list[Any]]:
        for row in rows:
            values = list(row)
            for place, column in sealed:
                if values[place + 1]:
                    values[place + 1] = encrypt(values[place + 1], column=column)
            yield values

    with connection.cursor() as cursor:
        chosen = ", ".join(f'"{name}"' for name in (key, *columns))
        cursor.execute(f'DROP TABLE IF EXISTS "{staging}"')
        cursor.execute(
            f'CREATE TEMP TABLE "{staging}" ON COMMIT DROP AS '  # noqa: S608
            f'SELECT {chosen} FROM "{table}" WITH NO DATA'
        )
        count = copy_rows(staging, [key, *columns], complete())
        if count:
            settings = ", ".join(f'"{c}" = COALESCE(s."{c}", t."{c}")' for c in columns)
            cursor.execute(
                f'UPDATE "{table}" t SET {settings} '  # noqa: S608
                f'FROM "{staging}" s WHERE t."{key}" = s."{key}"'
            )
        cursor.execute(f'DROP TABLE "{staging}"')
    return count


def _sealed(
    fields: dict[str, models.Field], names: Sequence[str]
) -> list[tuple[int, str]]:
    """Return (position, column name for the cipher) of the encrypted fields."""
    return [
        (place, field.column_name)
        for place, name in enumerate(names)
        if isinstance(field := fields[name], EncryptedTextField)
    ]
