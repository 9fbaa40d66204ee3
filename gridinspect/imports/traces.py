"""What a batch wrote, row by row, and the means to take it back."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models

from gridinspect.imports.models import ImportBatch, Trace
from gridinspect.imports.resource import NEW, Row, Written


def keep(batch: ImportBatch, lines: Iterable[list[Any]]) -> None:
    """Keep what a batch wrote, encrypted: the values before are personal data too."""
    text = json.dumps(list(lines), ensure_ascii=False, default=str)
    Trace.objects.create(batch=batch, written=text)


def line(row: Row) -> list[Any]:
    """Return what is kept of one row that was written."""
    base = [row.sheet or "", row.number, row.record]
    if row.action == NEW:
        return [*base, row.made] if row.made else base
    return [*base, row.changes, row.before]


def written_by(batch: ImportBatch) -> list[Written]:
    """Return what a batch wrote, in the order of its rows."""
    return [
        Written(sheet, row, key, "changed", *rest)
        if len(rest) > 1
        else Written(sheet, row, key, NEW, made=rest[0] if rest else {})
        for sheet, row, key, *rest in json.loads(batch.trace.written)
        if key is not None
    ]


# Rows that the program wrote by itself and would write again: nothing is built on them.
_derived: dict[type[models.Model], models.Q] = {}


def derives(model: type[models.Model], which: models.Q | None = None) -> None:
    """Say that rows of a model (all, or `which`) follow from others by themselves.

    They are no reason to keep a record, and go with it when an import is taken back.
    """
    _derived[model] = which or models.Q()


def referring(
    model: type[models.Model],
    keys: Iterable[int],
    *,
    besides: Iterable[type[models.Model]] = (),
) -> dict[int, str]:
    """Return which of these records others refer to, and as what, in words.

    Every foreign key of every app counts, so that an app that comes later is not
    forgotten; `besides` are the models that the import itself writes.
    """
    found: dict[int, str] = {}
    all_keys = list(keys)
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel):
            continue
        other = relation.related_model
        if other in besides or relation.field.name == "":
            continue
        name = relation.field.attname
        for some in _lots(all_keys):
            held = other._base_manager.filter(**{f"{name}__in": some})
            if other in _derived:
                own = other._base_manager.filter(_derived[other])
                held = held.exclude(pk__in=own.values("pk"))
            for key in held.values_list(name, flat=True).distinct():
                found.setdefault(key, f"已有{other._meta.verbose_name}")
    return found


def differing(
    model: type[models.Model], stored: dict[int, dict[str, Any]]
) -> dict[int, str]:
    """Return which records no longer hold what the import wrote.

    `stored` is record → {attribute: the value written}.
    """
    found: dict[int, str] = {}
    names = sorted({name for values in stored.values() for name in values})
    for some in _lots(list(stored)):
        now = model._base_manager.filter(pk__in=some).values("pk", *names)
        for row in now:
            for name, value in stored[row["pk"]].items():
                if not _equal(row[name], value):
                    label = _field(model, name).verbose_name
                    found.setdefault(row["pk"], f"的“{label}”后来又有修改")
        gone = set(some) - {row["pk"] for row in now}
        found.update(dict.fromkeys(gone, "的记录已不存在"))
    return found


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)  # noqa: S101 a column, not a relation to it
    return field


def _equal(now: Any, written: Any) -> bool:
    if isinstance(now, (Decimal, float)) and written not in (None, ""):
        return float(now) == float(written)
    if isinstance(now, date):
        return now.isoformat() == str(written)
    return (now or None) == (written or None)


def put_back(
    model: type[models.Model],
    before: dict[int, dict[str, Any]],
    finish: Callable[[Any], Iterable[str]] = lambda _: (),
) -> None:
    """Give records the values that they had; None is the field's own idea of empty.

    `finish` sets what follows from them on each record and names these fields.
    """
    for some in _lots(list(before)):
        objects = list(model._base_manager.filter(pk__in=some))
        names: set[str] = set()
        for one in objects:
            for name, value in before[one.pk].items():
                field = _field(model, name)
                empty = None if field.null else ""
                setattr(one, name, empty if value is None else field.to_python(value))
                names.add(name)
            names.update(finish(one))
        if names:
            model._base_manager.bulk_update(objects, sorted(names), batch_size=500)


def remove(model: type[models.Model], keys: Iterable[int], through: str = "pk") -> None:
    """Delete records lot by lot; what protects them still protects them."""
    for some in _lots(list(keys)):
        if through == "pk":
            remove_derived(model, some)
        model._base_manager.filter(**{f"{through}__in": some}).delete()


def remove_derived(model: type[models.Model], keys: list[int]) -> None:
    """Delete what follows by itself from records that are going."""
    for other, which in _derived.items():
        for field in other._meta.concrete_fields:
            if field.related_model is model:
                rows = other._base_manager.filter(**{f"{field.attname}__in": keys})
                rows.filter(which).delete()


def _lots(keys: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(keys), 5_000):
        yield keys[start : start + 5_000]


def one_more(
    model: type[models.Model], through: str, keys: Iterable[int], why: str
) -> dict[int, str]:
    """Return the records that have more than the one row which the import gave them."""
    counted = (
        model._base_manager.filter(**{f"{through}__in": list(keys)})
        .values(through)
        .annotate(count=models.Count("pk"))
        .filter(count__gt=1)
    )
    return {row[through]: why for row in counted}
