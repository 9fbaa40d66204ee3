"""Undoing a whole batch, as long as nothing has been built on what it wrote."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import transaction
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.imports.models import ImportBatch, Trace
from gridinspect.imports.resource import Written
from gridinspect.imports.services import ImportRefused, lock_place, resource_of
from gridinspect.imports.traces import written_by
from gridinspect.jobs.models import Job
from gridinspect.jobs.services import enqueue

State = ImportBatch.State
SHOWN = 10  # rows named for one reason


class BuiltOn(ImportRefused):
    """Something has been built on what the batch wrote; the message says what."""


@transaction.atomic
def start_undo(*, batch: ImportBatch, by: User) -> Job:
    """Queue the undoing of a batch. A second click returns the same job.

    Raises ImportRefused.
    """
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state == State.UNDOING and batch.job:
        return batch.job
    _require_applied(batch)
    job = enqueue(
        "import.undo",
        by=by,
        title=f"撤销导入：{batch.original_name}"[:200],
        path=batch.path,
        params={"batch": batch.pk},
    )
    batch.state, batch.job, batch.message = State.UNDOING, job, ""
    batch.save(update_fields=["state", "job", "message"])
    return job


@transaction.atomic
def undo_batch(
    *,
    batch: ImportBatch,
    by: User,
    finishing: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> ImportBatch:
    """Take back all that a batch wrote: its records go, changed fields are as before.

    All or nothing, under the lock of its place. Raises BuiltOn, saying what stands in
    the way, and ImportRefused.
    """
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state == State.UNDOING:
        batch.state = State.APPLIED
    _require_applied(batch)
    lock_place(batch.path)
    written = written_by(batch)
    resource = resource_of(batch)
    in_the_way = _changed_by_later(batch, written)
    for key, why in resource.obstacles(written).items():
        in_the_way.setdefault(key, why)
    if in_the_way:
        raise BuiltOn(_sentence(written, in_the_way))
    resource.take_back(written)
    day = timezone.localdate()
    batch.state = State.UNDONE
    batch.message = f"本批写入的{len(written):,}条已由{by}于{day}全部撤销。"
    batch.save(update_fields=["state", "message"])
    record(
        "import.undone",
        by=by,
        target=batch,
        rows=[[one.record, one.action, one.row] for one in written],
        kind=batch.kind,
        count=len(written),
        file=batch.original_name,
    )
    with finishing():
        pass
    return batch


def _require_applied(batch: ImportBatch) -> None:
    if batch.state != State.APPLIED:
        raise ImportRefused(f"这一批{batch.get_state_display()}，不能撤销。")
    if not resource_of(batch).can_be_undone:
        raise ImportRefused("这类表格的导入不能整批撤销，请在相应页面逐项更正。")
    if not Trace.objects.filter(batch=batch).exists():
        raise ImportRefused("这一批没有留下可供撤销的记录，请逐项更正。")


# ---- what stands in the way ----------------------------------------------------------


def _changed_by_later(batch: ImportBatch, written: list[Written]) -> dict[int, str]:
    mine = {one.record for one in written}
    later = ImportBatch.objects.filter(
        kind=batch.kind,
        state__in=[State.APPLIED, State.UNDOING],
        applied_at__gt=batch.applied_at,
        trace__isnull=False,
    )
    found: dict[int, str] = {}
    for other in later.select_related("trace").order_by("pk"):
        for key in mine & {one.record for one in written_by(other)}:
            found[key] = f"在以后的导入“{other.original_name}”中又有变更"
    return found


def _sentence(written: list[Written], in_the_way: dict[int, str]) -> str:
    by_reason: dict[str, list[int]] = defaultdict(list)
    for one in written:
        if one.record in in_the_way:
            by_reason[in_the_way[one.record]].append(one.row)
    parts = []
    for why, rows in by_reason.items():
        named = "、".join(map(str, rows[:SHOWN]))
        more = f"等{len(rows)}行" if len(rows) > SHOWN else "行"
        parts.append(f"第{named}{more}{why}")
    return f"没有撤销：{'；'.join(parts)}。请先处理这些，再撤销本批。"
