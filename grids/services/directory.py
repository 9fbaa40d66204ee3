"""What leaves the directory: a workbook with masks, or numbers in full for a reason."""

from django.db import transaction

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.models import City, Grid


@transaction.atomic
def note_export(*, by: User, path: str, rows: int, place: Grid | City | None) -> None:
    """Note that somebody took the directory away, telephone numbers masked."""
    record(
        "directory.exported",
        by=by,
        target=place or by,
        path=path,
        count=rows,
    )


@transaction.atomic
def note_reveal(
    *, by: User, path: str, part: str, rows: int, place: Grid | City | None, reason: str
) -> None:
    """Note that somebody read numbers of a part of the directory in full, and why."""
    record(
        "directory.revealed",
        by=by,
        target=place or by,
        path=path,
        part=part,
        count=rows,
        reason=reason,
    )
