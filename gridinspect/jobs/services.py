"""Background work as rows. The broker is a doorbell that may lose everything."""

import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from kombu.exceptions import OperationalError

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.jobs.models import ATTEMPTS, LEASE, Job

logger = logging.getLogger(__name__)

Handler = Callable[["Claim"], None]
_handlers: dict[str, Handler] = {}


class Cancelled(Exception):
    """Somebody asked for the job to stop."""


class Superseded(Exception):
    """Another worker has taken the job over: write nothing more."""


class Refused(Exception):
    """The job cannot be done; the message says why, in one Chinese sentence."""


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does the jobs of a kind."""

    def register(function: Handler) -> Handler:
        _handlers[kind] = function
        return function

    return register


def enqueue(
    kind: str,
    *,
    by: User,
    title: str,
    path: str,
    params: dict[str, Any] | None = None,
    key: str | None = None,
) -> Job:
    """Write a job down and ring for a worker once the transaction commits.

    A job with the same `key` is returned instead of a second one: give a key to what
    must be done once however often the button is pressed.
    """
    fields = {"kind": kind, "owner": by, "title": title, "path": path}
    fields["params"] = params or {}
    if key is None:
        job = Job.objects.create(**fields)
    else:
        job, _ = Job.objects.get_or_create(key=key, defaults=fields)
    transaction.on_commit(partial(ring, job.pk))
    return job


def ring(job_id: int) -> None:
    """Tell a worker about a job; if nobody hears it, `ring_again` will."""
    from gridinspect.jobs.tasks import run_job  # the task imports this module

    try:
        run_job.delay(job_id=job_id)
    except (OSError, OperationalError):
        logger.warning("The broker did not take the bell for job %s.", job_id)


@transaction.atomic
def cancel(job: Job, *, by: User) -> bool:
    """Ask a job to stop; return False when it is over already."""
    job = Job.objects.select_for_update().get(pk=job.pk)
    if job.is_over:
        return False
    job.cancel_asked = True
    if job.state == Job.State.QUEUED:
        job.state, job.finished_at = Job.State.CANCELLED, timezone.now()
    job.save(update_fields=["cancel_asked", "state", "finished_at"])
    record("job.cancelled", by=by, target=job)
    return True


class Claim:
    """A job in the hands of this worker, as long as nobody else has claimed it."""

    def __init__(self, job: Job):
        self.job = job
        self.params: dict[str, Any] = job.params
        self.owner: User = job.owner
        self._mine = Job.objects.filter(
            pk=job.pk, token=job.token, state=Job.State.RUNNING
        )

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Say how far the work has come, and learn whether it should go on.

        Raises Cancelled, Superseded.
        """
        fields: dict[str, Any] = {"done": done, "total": total}
        if message and message != self.job.message:
            self.job.message = message
            self.job.log = [*self.job.log, [timezone.now().isoformat(), message]][-200:]
            fields |= {"message": message, "log": self.job.log}
        if not self._mine.update(lease_until=timezone.now() + LEASE, **fields):
            raise Superseded(self.job.pk)
        if self._mine.filter(cancel_asked=True).exists():
            raise Cancelled(self.job.pk)

    def renew(self) -> bool:
        """Prolong the lease; return False when the job is no longer ours."""
        return bool(self._mine.update(lease_until=timezone.now() + LEASE))

    @contextmanager
    def finishing(self, **result: Any) -> Iterator[dict[str, Any]]:
        """Do the last writes of the job and mark it done, all or nothing.

        The row is locked first, so that of two workers only one gets this far. Put
        what the page shall show into the dictionary: "url", "text", counts.
        """
        with transaction.atomic():
            job = self._mine.select_for_update().first()
            if job is None:
                raise Superseded(self.job.pk)
            if job.cancel_asked:
                raise Cancelled(self.job.pk)
            yield result
            self._mine.update(
                state=Job.State.DONE,
                done=F("total"),
                message="",  # it said what was being done; the result says the rest
                finished_at=timezone.now(),
                result=result,
                lease_until=None,
            )

    def end(self, state: str, message: str) -> None:
        """Close a job that did not come to its own end."""
        log = [*self.job.log, [timezone.now().isoformat(), message]]
        self._mine.update(
            state=state,
            message=message[:300],
            log=log,
            finished_at=timezone.now(),
            lease_until=None,
        )


def run(job_id: int) -> None:
    """Claim a job and do it; do nothing if it is done or in other hands."""
    job = Job.objects.claim(job_id, now=timezone.now())
    if job is None:
        return
    claim = Claim(job)
    with _heartbeat(claim):
        try:
            _handlers[job.kind](claim)
        except Cancelled:
            claim.end(Job.State.CANCELLED, "已按要求取消，没有写入任何数据。")
        except Superseded:
            logger.warning("Job %s went to another worker.", job_id)
        except Refused as refusal:
            claim.end(Job.State.FAILED, str(refusal))
        except Exception:
            logger.exception("Job %s failed.", job_id)
            _retry_or_give_up(claim, traceback.format_exc(limit=3))


def _retry_or_give_up(claim: Claim, trace: str) -> None:
    job = claim.job
    if job.attempts < ATTEMPTS:
        claim._mine.update(
            state=Job.State.QUEUED,
            lease_until=None,
            message=f"第 {job.attempts} 次执行出错，稍后自动重试。",
        )
        return
    claim.end(
        Job.State.FAILED,
        f"执行 {ATTEMPTS} 次均出错，已停止。请把任务编号 {job.pk} 告诉系统管理员。",
    )
    logger.error("Job %s was given up: %s", job.pk, trace)


@contextmanager
def _heartbeat(claim: Claim) -> Iterator[None]:
    """Renew the lease from a second thread while a long statement runs."""
    stop = threading.Event()

    def beat() -> None:
        try:
            while not stop.wait(LEASE.total_seconds() / 4):
                if not claim.renew():
                    return
        finally:
            connection.close()

    if connection.in_atomic_block:  # inside a test's transaction: nobody else sees us
        yield
        return
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def ring_for_the_forgotten() -> int:
    """Ring for what waits or whose worker died; give up after three dead workers."""
    now = timezone.now()
    dead = Job.objects.claimable(now=now).filter(attempts__gte=ATTEMPTS)
    dead.update(
        state=Job.State.FAILED,
        finished_at=now,
        lease_until=None,
        message=f"执行中断 {ATTEMPTS} 次，已停止。请检查文件或联系系统管理员。",
    )
    waiting = list(Job.objects.claimable(now=now).values_list("pk", flat=True))
    for pk in waiting:
        ring(pk)
    return len(waiting)
