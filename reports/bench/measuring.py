"""Taking the time of an act: wall and CPU seconds, queries, memory."""

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import psycopg2
from django.db import connection

LOCAL = ("", "localhost", "127.0.0.1", "::1")
STATUS, CLEAR_PEAK = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Cost:
    """What one act cost: seconds, CPU seconds of client and server, queries, MiB."""

    seconds: float
    cpu: float
    queries: int = 0
    peak: float | None = None

    def __truediv__(self, times: int) -> "Cost":
        queries = round(self.queries / times)
        return Cost(self.seconds / times, self.cpu / times, queries, self.peak)


@dataclass
class Measured:
    """The medians of a measure, with those of its floor where it has one."""

    name: str
    program: list[Cost]
    floor: list[Cost] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)

    def spread(self) -> dict[str, float | None]:
        """Return the program's median and 95th percentile of wall time, and its CPU."""
        seconds = sorted(cost.seconds for cost in self.program)
        return {
            "seconds": _median(self.program, "seconds"),
            "p95_seconds": round(seconds[-1 - len(seconds) // 20], 6),
            "cpu_seconds": _median(self.program, "cpu"),
        }

    def as_json(self) -> dict[str, Any]:
        cpu = _median(self.program, "cpu")
        floor_cpu = _median(self.floor, "cpu")
        peaks = [cost.peak for cost in self.program if cost.peak is not None]
        return {
            "name": self.name,
            **self.spread(),
            "queries": round(median(cost.queries for cost in self.program)),
            "peak_mib": round(max(peaks)) if peaks else None,
            "floor_seconds": _median(self.floor, "seconds"),
            "floor_cpu_seconds": floor_cpu,
            "ratio": round(cpu / floor_cpu, 2) if cpu and floor_cpu else None,
            "runs": len(self.program),
            **self.notes,
        }


def _median(costs: list[Cost], name: str) -> float | None:
    if not costs:
        return None
    return round(median(getattr(cost, name) for cost in costs), 6)


class Clock:
    """Reads what this process, its children and its database servers have used.

    The CPU time of a server process is read from /proc, when the server runs on this
    machine; `sees_server` tells whether it does. Otherwise only the client counts.
    """

    def __init__(self) -> None:
        self.plain = psycopg2.connect(**plain_parameters())
        self._servers = [_server_of(self.plain), _own_server()]
        self.sees_server = all(server is not None for server in self._servers)

    def close(self) -> None:
        self.plain.close()

    def cpu(self) -> float:
        """Return the CPU seconds used until now."""
        return client_cpu() + sum(
            server_cpu(server) for server in self._servers if server is not None
        )

    def take(self, act: Callable[[], Any], *, times: int = 1) -> Cost:
        """Do an act, several times if it is short, and return what one cost."""
        counter = _Counter()
        _forget_peak()
        with connection.execute_wrapper(counter):
            begin, used = time.perf_counter(), self.cpu()
            for _ in range(times):
                act()
            cpu, seconds = self.cpu() - used, time.perf_counter() - begin
        return Cost(seconds, cpu, counter.queries, _peak()) / times

    def compare(
        self,
        name: str,
        program: Callable[[], Any],
        floor: Callable[[], Any] | None = None,
        *,
        runs: int = 5,
        times: int = 1,
        warm: bool = True,
    ) -> Measured:
        """Do floor and program by turns, so that a busy machine slows down both."""
        measured = Measured(name, [])
        if warm:
            for act in filter(None, (floor, program)):
                act()
        for _ in range(runs):
            if floor:
                measured.floor.append(self.take(floor, times=times))
            measured.program.append(self.take(program, times=times))
        return measured


class _Counter:
    """Counts the statements that go through Django; COPY does not."""

    def __init__(self) -> None:
        self.queries = 0

    def __call__(self, execute, sql, params, many, context):
        self.queries += 1
        return execute(sql, params, many, context)


def plain_parameters() -> dict[str, Any]:
    """Return how psycopg2 alone reaches the database that Django uses now."""
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "context", "client_encoding", "prepare_threshold"):
        parameters.pop(name, None)
    return parameters


def client_cpu() -> float:
    """Return the CPU seconds of this process and of its children that ended."""
    uses = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def server_cpu(pid: int) -> float:
    """Return the CPU seconds of a server process of this machine."""
    nanoseconds = Path(f"/proc/{pid}/schedstat").read_text().split()[0]
    return int(nanoseconds) / 1e9


def _own_server() -> int | None:
    connection.ensure_connection()
    return _server_of(connection.connection)


def _server_of(connected: Any) -> int | None:
    """Return the process that serves a connection, if it runs here and can be read."""
    host = connected.info.host or ""
    if host not in LOCAL and not host.startswith("/"):
        return None
    pid = connected.info.backend_pid
    try:
        server_cpu(pid)
        name = Path(f"/proc/{pid}/comm").read_text()
    except (OSError, ValueError):
        return None
    return pid if name.startswith("postgres") else None


@contextmanager
def counting_here() -> Iterator[Callable[[], float]]:
    """Yield a function: the CPU seconds of this thread's own server process so far."""
    server = _own_server()
    used = server_cpu(server) if server is not None else 0.0

    def so_far() -> float:
        return server_cpu(server) - used if server is not None else 0.0

    try:
        yield so_far
    finally:
        connection.close()


def _forget_peak() -> None:
    """Begin anew to look for the largest memory of this process (Linux only)."""
    try:
        CLEAR_PEAK.write_text("5")
    except OSError:
        return


def _peak() -> float | None:
    """Return the largest memory of this process since then, in MiB."""
    try:
        lines = STATUS.read_text().splitlines()
    except OSError:
        return None
    kib = next((line.split()[1] for line in lines if line.startswith("VmHWM")), None)
    return int(kib) / 1024 if kib else None
