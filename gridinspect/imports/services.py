"""The acts of an import: upload, check, confirm, write, give up."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from django.core.files.base import File
from django.db import connection, transaction
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.copying import copy_rows
from gridinspect.imports import layouts, likenesses, traces
from gridinspect.imports.cleaning import plain
from gridinspect.imports.correcting import outline
from gridinspect.imports.decided import Decisions, decided_rows, going_in
from gridinspect.imports.examination import (
    COUNTS,
    Examination,
    examined_again,
    plain_value,
)
from gridinspect.imports.models import ImportBatch, ImportRow
from gridinspect.imports.reading import UnreadableFile, Workbook, open_workbook
from gridinspect.imports.recognise import NothingFound, recognise
from gridinspect.imports.registry import resource_for
from gridinspect.imports.resource import (
    CHANGED,
    NEW,
    REJECTED,
    SAME,
    Row,
    SheetResource,
)
from gridinspect.imports.staging import collecting_rarely
from gridinspect.jobs.models import Job
from gridinspect.jobs.services import enqueue
from gridinspect.scope import Place

State = ImportBatch.State
Progress = Callable[[int, int, str], None]
KEPT = timedelta(
    days=1
)  # an uploaded file is deleted after this, whatever became of it


class ImportRefused(ValueError):
    """The import cannot be done as asked; the message tells the user why."""


class PreviewOutdated(ImportRefused):
    """The data changed after the preview: what would be written is something else."""


def _silent(done: int, total: int, message: str = "") -> None:
    pass


# ---- upload --------------------------------------------------------------------------


@transaction.atomic
def keep_file(
    *,
    kind: str,
    file: BinaryIO,
    name: str,
    place: Place,
    district_code: str = "",
    by: User,
    as_of: date | None = None,
) -> ImportBatch:
    """Keep an uploaded file as a batch that is still to be checked."""
    sha256 = hashlib.sha256()
    for chunk in iter(lambda: file.read(2**20), b""):
        sha256.update(chunk)
    file.seek(0)
    batch = ImportBatch(
        kind=resource_for(kind).kind,
        original_name=name[-255:],
        sha256=sha256.hexdigest(),
        owner=by,
        path=place.path,
        district_code=district_code,
        as_of=as_of or timezone.localdate(),
    )
    batch.file.save(f"{sha256.hexdigest()[:16]}.bin", File(file), save=False)
    batch.save()
    record("import.uploaded", by=by, target=batch, kind=batch.kind, file=name)
    return batch


@transaction.atomic
def start_check(*, batch: ImportBatch, by: User) -> Job:
    """Queue the check of a batch, the first or one after a correction.

    Raises ImportRefused when it is being written, or is over.
    """
    title = f"检查{resource_for(batch.kind).title}：{batch.original_name}"
    job = enqueue(
        "import.check",
        by=by,
        title=title[:200],
        path=batch.path,
        params={"batch": batch.pk},
    )
    open_still = (State.CHECKING, State.READY, State.REFUSED)
    updated = ImportBatch.objects.filter(pk=batch.pk, state__in=open_still).update(
        job=job, state=State.CHECKING
    )
    if not updated:
        batch.refresh_from_db(fields=["state"])
        raise ImportRefused(f"这一批{batch.get_state_display()}，不能再更改。")
    return job


def place_in_file(
    resource: type[SheetResource], path: Path, places: Sequence[Place]
) -> Place | None:
    """Return the place that the rows of a file make plain, None when they do not.

    Raises UnreadableFile.
    """
    columns = resource.columns()
    names: set[tuple[str, ...]] = set()
    with open_workbook(path) as book:
        for table in recognise(book, columns, resource.title).used:
            indexes = [table.mapped.get(name, -1) for name in resource.place_fields]
            for _, cells, _ in chain.from_iterable(table.lots()):
                names.add(
                    tuple(
                        plain(cells[i]) if -1 < i < len(cells) else "" for i in indexes
                    )
                )
    return resource.place_named(names, places)


def resource_of(batch: ImportBatch) -> SheetResource:
    """Return the Resource that reads this batch, with the rights of its owner."""
    kind = resource_for(batch.kind)
    resource = kind(
        by=batch.owner,
        district=kind.place_of(batch.district_code) if batch.district_code else None,
        today=timezone.localdate(),
        as_of=batch.as_of,
    )
    resource.corrections = batch.corrections
    resource.decisions = batch.decisions
    resource.distinct = likenesses.told_apart(batch)
    return resource


# ---- check ---------------------------------------------------------------------------


@collecting_rarely()
def check_batch(
    batch: ImportBatch,
    *,
    progress: Progress = _silent,
    finishing: Callable[[], AbstractContextManager[Any]] = transaction.atomic,
    watch: Callable[[list[Row]], None] | None = None,
) -> ImportBatch:
    """Read, recognise and check every row, and keep the preview. Writes nothing else.

    All faults of all rows in one pass. `watch` sees every lot of rows as it is checked,
    with values unmasked. An unreadable file is an outcome, not an error.
    """
    ImportRow.objects.filter(batch=batch).delete()
    try:
        with open_workbook(batch.file.path) as book:
            progress(0, 0, "已读取文件，正在识别表头。")
            examination = _examine(batch, book)
            decisions = Decisions(examination.resource, book.folder)
            done, total, alike = 0, examination.total, 0
            for lot in examination.lots():
                decisions.note(lot)
                alike += sum(bool(row.candidates) for row in lot)
                lines = _preview(batch, examination.resource, lot)
                copy_rows(ImportRow._meta.db_table, _COLUMNS, lines)
                done += len(lot)
                progress(done, total, "正在逐行检查。")
                if watch:
                    watch(lot)
            examination.keep(batch.file.path)
            decisions.keep(batch.file.path, examination.digest)
    except UnreadableFile as fault:
        batch.state, batch.message = State.REFUSED, str(fault)[:500]
        batch.counts = {}
    else:
        batch.state, batch.message = State.READY, ""
        batch.counts = examination.tally() | ({"alike": alike} if alike else {})
        batch.preview_digest = examination.digest
    with finishing():
        batch.save(
            update_fields=[
                "state",
                "message",
                "counts",
                "preview_digest",
                "recognised",
                "outline",
                "corrections",
            ]
        )
    return batch


def _examine(batch: ImportBatch, book: Workbook) -> Examination:
    """Recognise the tables of a workbook, as somebody corrected it if anybody did."""
    recalled = layouts.recall(batch, book)
    batch.outline = []
    try:
        examination = Examination(book, resource_of(batch))
    except NothingFound as fault:
        batch.outline = outline(fault.tables)
        raise
    batch.outline = outline(examination.layout.tables)
    batch.recognised = examination.layout.as_json()
    batch.recognised["notices"] += recalled
    return examination


_COLUMNS = [
    "batch_id", "sheet", "row", "outcome", "action", "reason", "message", "issues",
    "values", "changes", "key", "candidates",
]  # fmt: skip


def _preview(
    batch: ImportBatch, resource: SheetResource, lot: Iterable[Row]
) -> Iterator[tuple[Any, ...]]:
    in_words = resource.in_words()

    def shown(name: str, value: Any) -> Any:
        return in_words.get(name, plain_value)(value) if value is not None else None

    for row in lot:
        yield (
            batch.pk,
            (row.sheet or "")[:60],
            row.number,
            row.outcome,
            row.action,
            (row.reason or "")[:40],
            row.message,
            _json([issue.as_json() for issue in row.issues]) if row.issues else "[]",
            _json(_told(row, resource, in_words)),
            _json({k: [shown(k, a), shown(k, b)] for k, (a, b) in row.changes.items()})
            if row.changes
            else "{}",
            "",
            _json(row.candidates) if row.candidates else "[]",
        )


def _told(
    row: Row, resource: SheetResource, in_words: dict[str, Callable[[Any], Any]]
) -> dict[str, Any]:
    """Return what a row says; of one that changes nothing, what it is known by."""
    names: Iterable[str] = row.values
    if row.action == SAME and not row.issues:
        names = (resource.name_field, resource.key_field)
    values = {n: v for n in names if (v := row.values.get(n)) is not None}
    for name, words in in_words.items():
        if name in values:
            values[name] = words(values[name])
    return values


@lru_cache(maxsize=4_096, typed=True)  # the days of a column come again and again
def _written(value: Any) -> str:
    return str(plain_value(value))


_json = json.JSONEncoder(
    ensure_ascii=False,
    default=_written,
    separators=(",", ":"),
    check_circular=False,
).encode


# ---- confirm and write ---------------------------------------------------------------


@transaction.atomic
def confirm(*, batch: ImportBatch, mode: str, digest: str, by: User) -> Job:
    """Queue the writing of a checked batch, bound to the preview that was seen.

    A second click returns the same job. Raises ImportRefused.
    """
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state == State.APPLYING and batch.job:
        return batch.job
    _require_ready(batch, mode)
    if digest != batch.preview_digest:
        raise PreviewOutdated("预览已更新，请核对新的预览后再确认导入。")
    job = enqueue(
        "import.apply",
        by=by,
        title=f"导入{resource_for(batch.kind).title}：{batch.original_name}"[:200],
        path=batch.path,
        params={"batch": batch.pk, "mode": mode},
        key=f"import.apply:{batch.pk}:{digest}:{mode}",
    )
    batch.state, batch.apply_mode, batch.job = State.APPLYING, mode, job
    batch.save(update_fields=["state", "apply_mode", "job"])
    return job


def _require_ready(batch: ImportBatch, mode: str) -> None:
    if batch.state != State.READY:
        raise ImportRefused(f"这一批{batch.get_state_display()}，不能再确认导入。")
    bad = batch.counts.get(REJECTED, 0)
    if mode == ImportBatch.Mode.ALL and bad:
        raise ImportRefused(
            f"有{bad}行不合格，不能全部导入。请改正后重传，或选择“只导入合格行”。"
        )


@collecting_rarely()
@transaction.atomic
def apply_batch(
    *,
    batch: ImportBatch,
    mode: str,
    by: User,
    progress: Progress = _silent,
    finishing: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> ImportBatch:
    """Write a checked batch, exactly once, all or nothing.

    If what its rows were compared with has changed since the preview, they are examined
    again inside the transaction, under the lock of its place; if that gives anything
    else than the preview, PreviewOutdated is raised and nothing is written. One event
    in the trail carries the counts and every row.
    """
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state == State.APPLYING:
        batch.state = State.READY
    _require_ready(batch, mode)
    lock_place(batch.path)
    resource = resource_of(batch)
    resource.batch = batch
    rows: list[Any] = []
    trace: list[Any] = []
    for lot, done, total in _to_write(batch, resource):
        rows.extend(resource.apply(lot))
        trace.extend(traces.line(row) for row in lot)
        progress(done, total, "正在写入。")
    resource.finish()
    traces.keep(batch, trace)
    batch.state, batch.apply_mode = State.APPLIED, mode
    batch.applied_at = timezone.now()
    batch.counts = {key: batch.counts[key] for key in COUNTS}
    batch.message = ""
    batch.save(update_fields=["state", "apply_mode", "applied_at", "counts", "message"])
    record(
        "import.applied",
        by=by,
        target=batch,
        rows=rows,
        kind=batch.kind,
        mode=mode,
        counts=batch.counts,
        file=batch.original_name,
        sha256=batch.sha256,
    )
    with finishing():
        pass
    return batch


def _to_write(
    batch: ImportBatch, resource: SheetResource
) -> Iterator[tuple[list[Row], int, int]]:
    """Yield lots of rows that go in, with how many rows of how many are done by then.

    Raises PreviewOutdated after the last lot when they are not those of the preview.
    """
    decided = decided_rows(batch.file.path, resource, batch.preview_digest)
    done = 0
    if decided is not None:
        total = batch.counts[NEW] + batch.counts[CHANGED]
        for lot in decided:
            done += len(lot)
            yield lot, done, total
        return
    with examined_again(batch.file.path, resource) as examination:
        for lot in examination.lots():
            done += len(lot)
            yield going_in(lot), done, examination.total
    if examination.digest != batch.preview_digest:
        raise PreviewOutdated("预览之后数据有变化，没有写入；已重新检查，请再次确认。")


def lock_place(path: str) -> None:
    """Let one import at a time write to a place, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(%s))", [f"imports {path}"]
        )


def check_again(batch: ImportBatch, *, message: str) -> ImportBatch:
    """Make a new preview after the data changed, and say why and where it differs."""
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER_PREVIEW, [batch.pk])
        check_batch(batch)
        if batch.state == State.READY:
            cursor.execute(_MARK_DIFFERENCES, [batch.pk])
            batch.counts = batch.counts | {"differs": cursor.rowcount}
            batch.message, batch.job = message, None
            batch.save(update_fields=["message", "job", "counts"])
        cursor.execute("DROP TABLE imports_earlier")
    return batch


_REMEMBER_PREVIEW = """
    CREATE TEMP TABLE imports_earlier AS
    SELECT sheet, row, outcome, action, changes FROM imports_importrow
    WHERE batch_id = %s
"""
_MARK_DIFFERENCES = """
    UPDATE imports_importrow AS now SET earlier = jsonb_build_object(
        'outcome', old.outcome, 'action', old.action, 'changes', old.changes
    )
    FROM imports_earlier AS old
    WHERE now.batch_id = %s AND old.sheet = now.sheet AND old.row = now.row
      AND (old.outcome, old.action, old.changes)
        IS DISTINCT FROM (now.outcome, now.action, now.changes)
"""


def mark_failed(batch: ImportBatch, message: str) -> None:
    """Note that the job behind a batch came to no good end, once."""
    batches = ImportBatch.objects.filter(pk=batch.pk)
    batches.filter(state__in=[State.CHECKING, State.APPLYING]).update(
        state=State.FAILED, message=message[:500]
    )
    batches.filter(state=State.UNDOING).update(  # nothing was undone: it stands
        state=State.APPLIED, message=message[:500]
    )


@transaction.atomic
def discard(*, batch: ImportBatch, by: User) -> None:
    """Give a checked batch up: its file and its preview go."""
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state not in (State.READY, State.REFUSED, State.FAILED):
        raise ImportRefused(f"这一批{batch.get_state_display()}，不能放弃。")
    batch.state = State.DISCARDED
    batch.outline = []
    batch.save(update_fields=["state", "outline"])
    record("import.discarded", by=by, target=batch)
    batch.rows.all().delete()
    file = batch.file
    transaction.on_commit(lambda: file.delete(save=False) if file else None)


def purge_files(*, now: Any) -> int:
    """Delete uploaded files and previews nobody confirmed, a day after the upload."""
    old = ImportBatch.objects.filter(created_at__lt=now - KEPT).exclude(file="")
    old = old.exclude(state__in=[State.CHECKING, State.APPLYING])
    count = 0
    for batch in old:
        batch.file.delete(save=False)
        batch.file, batch.outline = "", []
        if batch.state == State.READY:
            batch.state = State.DISCARDED
            batch.message = "超过一天未确认，已自动放弃，请重新上传。"
            batch.rows.all().delete()
        batch.save(update_fields=["file", "outline", "state", "message"])
        count += 1
    return count
