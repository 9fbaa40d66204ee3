"""Saying how far an import is, from outside the transaction that it works in."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

from gridinspect.jobs.services import Cancelled, Claim, Superseded

TICK = 0.5  # seconds between two reports

Progress = Callable[[int, int, str], None]


class _Report:
    """The last thing that was said; a second thread passes it on."""

    def __init__(self, job: Claim):
        self._job = job
        self._said: tuple[int, int, str] = (0, 0, "正在读取文件")
        self._fault: Exception | None = None
        self._began = time.monotonic()
        self._over = threading.Event()

    def say(self, done: int, total: int, message: str = "") -> None:
        """Note how far the work is. Raises Cancelled, Superseded."""
        self._said = (done, total, message)
        if self._fault:
            raise self._fault

    def pass_on(self) -> None:
        """Write it into the job every half second, by a connection of its own."""
        try:
            while not self._over.wait(TICK):
                done, total, message = self._said
                if not total:
                    seconds = int(time.monotonic() - self._began)
                    message = f"{message.rstrip('。')}，已用{seconds}秒。"
                self._job.progress(done, total, message)
        except (Cancelled, Superseded) as fault:
            self._fault = fault
        finally:
            connection.close()

    def end(self) -> None:
        self._over.set()


@contextmanager
def telling(job: Claim) -> Iterator[Progress]:
    """Yield a function that says how far a job is, however long a transaction is.

    Inside somebody else's transaction nobody could see it: then it keeps silent.
    """
    report = _Report(job)
    if connection.in_atomic_block:
        yield report.say
        return
    thread = threading.Thread(target=report.pass_on, daemon=True)
    thread.start()
    try:
        yield report.say
    finally:
        report.end()
        thread.join()
