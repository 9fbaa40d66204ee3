"""Noting that a list was handed out."""

from django.db import transaction

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.scope import Place


@transaction.atomic
def note_export(*, by: User, path: str, rows: int, place: Place | None) -> None:
    """Note that somebody took the list of inspections of a place away."""
    record(
        "inspection.exported",
        by=by,
        target=by,
        path=path,
        rows=[],
        count=rows,
        place=str(place or ""),
    )
