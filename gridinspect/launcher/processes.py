"""Processes that we start, watch and stop, so that none outlives us."""

import contextlib
import ctypes
import os
import platform
import pwd
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import ROOT, say


def dies_with_us(signal_number: int) -> Callable[[], None] | None:
    """Return what a child does before exec so that kill -9 of us ends it (Linux)."""
    if platform.system() != "Linux":
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def arrange() -> None:
        libc.prctl(1, signal_number)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:  # too late: we are gone already
            os._exit(1)

    return arrange


def run_here(command: list[str], environment: dict[str, str]) -> int:
    """Run a command of ours in the foreground and return its exit status."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        preexec_fn=dies_with_us(signal.SIGTERM),
        check=False,
    ).returncode


def as_account(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """Return the arguments of Popen that run a program as another account."""
    if account is None or account.pw_uid == os.geteuid():
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


class Child:
    """One process that we start, watch, start again, and stop."""

    def __init__(
        self,
        name: str,
        command: list[str],
        log: Path,
        *,
        environment: dict[str, str] | None = None,
        account: pwd.struct_passwd | None = None,
        cwd: Path = ROOT,
        stop_with: int = signal.SIGTERM,
        hurry_with: int = signal.SIGKILL,
        orphaned_with: int | None = None,
        patience: float = 20,
    ) -> None:
        self.name, self.command, self.log = name, command, log
        self.environment, self.account, self.cwd = environment, account, cwd
        self.stop_with, self.hurry_with, self.patience = stop_with, hurry_with, patience
        self.orphaned_with = orphaned_with or stop_with
        self.process: subprocess.Popen[bytes] | None = None
        self.started = self.due = 0.0
        self.failures = 0
        self.is_asked = False

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches only us."""
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.cwd,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                umask=0o077,
                preexec_fn=dies_with_us(self.orphaned_with),
                **as_account(self.account),
            )
        self.started = time.monotonic()

    def is_running(self) -> bool:
        """Tell whether it still runs."""
        return self.process is not None and self.process.poll() is None

    def revive(self) -> None:
        """Start it again after it died, each time later, up to a minute."""
        now = time.monotonic()
        if self.is_running():
            if now - self.started > 60:
                self.failures = 0
        elif self.due == 0:
            self.failures += 1
            delay = min(2**self.failures, 60)
            self.due = now + delay
            say(f"{self.name} 意外退出，{delay} 秒后重新启动：{self.last_words()}")
        elif now >= self.due:
            self.due = 0
            self.start()

    def last_words(self) -> str:
        """Return the last line of the log and where to read on."""
        lines = self.log.read_text(errors="replace").splitlines() or ["没有输出"]
        return f"{lines[-1].strip()}（日志 {self.log}）"

    def ask_to_stop(self) -> None:
        """Begin to stop it, without waiting."""
        if self.process is not None and not self.is_asked:
            self.is_asked = True
            self.process.send_signal(self.stop_with)  # does nothing to a dead one

    def stop(self) -> None:
        """Stop it and everything it started; first kindly, then not."""
        if self.process is None:
            return
        self.ask_to_stop()
        for number in (self.hurry_with, signal.SIGKILL):
            try:
                self.process.wait(self.patience)
                break
            except subprocess.TimeoutExpired:
                self.process.send_signal(number)
        self.process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)  # what it left behind
