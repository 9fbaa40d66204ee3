"""A list left the system as a workbook."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from gridinspect.accounts.models import User
from gridinspect.audit.services import record


@transaction.atomic
def note_export(
    *, by: User, path: str, rows: int, listing: str, asked: Mapping[str, Any]
) -> None:
    """Note that a list of visits, or of what came of them, was handed out."""
    record(
        "visit.exported",
        by=by,
        target=by,
        path=path,
        title=listing,
        count=rows,
        asked=asked,
    )
