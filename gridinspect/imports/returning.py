"""Handing out the marked workbook of a batch: made once, kept as long as its upload."""

from pathlib import Path

from django.db import transaction

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.imports.models import ImportBatch
from gridinspect.imports.registry import resource_for
from gridinspect.imports.returned import suffix_of, write_returned
from gridinspect.jobs.models import Job
from gridinspect.jobs.services import enqueue

AT_ONCE = 2_000  # rows that are marked while the person waits


def has_return(batch: ImportBatch) -> bool:
    """Tell whether there is anything to send back: an upload that was checked."""
    states = (ImportBatch.State.READY, ImportBatch.State.APPLIED)
    return bool(batch.file) and batch.state in states


def returned_path(batch: ImportBatch) -> Path:
    """Return where the marked workbook of the present preview lies or will lie."""
    upload = Path(batch.file.path)
    mark = batch.preview_digest[:16]
    return upload.with_name(f"{upload.stem}.{mark}{suffix_of(upload)}")


def returned_name(batch: ImportBatch) -> str:
    """Return what the marked workbook is called for the person: 名册-检查结果.xlsx."""
    stem = Path(batch.original_name).stem
    return f"{stem}-检查结果{returned_path(batch).suffix}"


def make_returned(batch: ImportBatch) -> Path:
    """Write the marked workbook of a batch unless it is there already.

    Raises UnreadableFile, OSError.
    """
    path = returned_path(batch)
    if not path.exists():
        half = path.with_name(f"{path.stem}.half{path.suffix}")
        rows = batch.rows.order_by("pk").iterator(chunk_size=2_000)
        write_returned(batch.file.path, batch.recognised, rows, half)
        half.replace(path)
    return path


@transaction.atomic
def start_return(*, batch: ImportBatch, by: User) -> Job:
    """Queue the marking of a long workbook; a second click returns the same job."""
    title = f"标注{resource_for(batch.kind).title}：{batch.original_name}"
    return enqueue(
        "import.return",
        by=by,
        title=title[:200],
        path=batch.path,
        params={"batch": batch.pk},
        key=f"import.return:{batch.pk}:{batch.preview_digest}",
    )


@transaction.atomic
def note_return(*, batch: ImportBatch, by: User) -> None:
    """Note in the trail that somebody fetched the marked workbook."""
    record("import.returned", by=by, target=batch)
