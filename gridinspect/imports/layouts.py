"""Corrections of what was recognised: taken, remembered for their source, recalled."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.imports.correcting import Memory, fingerprint, remembered
from gridinspect.imports.models import ImportBatch, RememberedLayout
from gridinspect.imports.reading import Workbook
from gridinspect.imports.recognise import column_letter


def recall(batch: ImportBatch, book: Workbook) -> list[str]:
    """Use what was remembered for this source, unless the batch was corrected itself.

    Returns the notices that say so.
    """
    layouts = {
        layout.fingerprint: layout
        for layout in RememberedLayout.objects.filter(
            kind=batch.kind, path=batch.path
        ).select_related("corrected_by__person")
    }
    known = {
        key: Memory(layout.header_count, layout.fields)
        for key, layout in layouts.items()
    }
    found = remembered(book, known)
    batch.corrections = batch.corrections or found
    if not found or batch.corrections != found:
        return []
    latest = max(layouts.values(), key=lambda layout: layout.corrected_at)
    if latest.corrected_at > batch.created_at and latest.corrected_by == batch.owner:
        return []  # that was said of this very file
    day = timezone.localtime(latest.corrected_at).date()
    return [
        f"表头与以前更正过的相同，已按{latest.corrected_by}于{day}更正的对应读取；"
        "如不合适，请在“更正识别结果”中修改或恢复自动识别。"
    ]


@transaction.atomic
def correct(
    *, batch: ImportBatch, corrections: dict[str, Any] | None, by: User
) -> None:
    """Take a person's word for how the sheets are to be read, and remember it.

    `corrections` is by the sheet's name, as `recognise` takes it; None goes back to
    what is recognised by itself, for this file and its like. The batch is to be
    checked again afterwards.
    """
    if corrections is None:
        _forget(batch)
    for sheet in batch.outline:
        told = (corrections or {}).get(sheet["name"])
        if told and told["use"] and told["fields"] and told["header_rows"]:
            RememberedLayout.objects.update_or_create(
                kind=batch.kind,
                path=batch.path,
                fingerprint=_fingerprint(sheet, told["header_rows"]),
                defaults={
                    "header_count": len(told["header_rows"]),
                    "fields": told["fields"],
                    "corrected_by": by,
                },
            )
    batch.corrections = corrections or {}
    batch.save(update_fields=["corrections"])
    verb = "import.correction_dropped" if corrections is None else "import.corrected"
    record(verb, by=by, target=batch, kind=batch.kind)


def _forget(batch: ImportBatch) -> None:
    for sheet in batch.outline:
        rows = (batch.corrections.get(sheet["name"]) or {}).get("header_rows")
        if rows:
            RememberedLayout.objects.filter(
                kind=batch.kind,
                path=batch.path,
                fingerprint=_fingerprint(sheet, rows),
            ).delete()


def _fingerprint(sheet: dict[str, Any], header_rows: list[int]) -> str:
    rows = dict(sheet["rows"])
    return fingerprint([rows.get(number, []) for number in header_rows])


def letters(sheet: dict[str, Any]) -> list[str]:
    """Return the letters of the columns that hold anything in the first rows."""
    width = max((len(cells) for _, cells in sheet["rows"]), default=0)
    return [column_letter(index) for index in range(width)]
