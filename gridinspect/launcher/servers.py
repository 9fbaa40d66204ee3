"""The database and the broker that a command uses, whoever runs them."""

import contextlib
import fcntl
import subprocess
import time
from collections.abc import Iterator, Mapping
from typing import TextIO
from urllib.parse import quote, urlsplit

from . import PYTHON, Refusal, say
from .embedded import one_line, started
from .place import Place
from .processes import Child

URL_FORMS = {  # allowed schemes, example
    "DATABASE_URL": (
        ("postgres", "postgresql"),
        "postgres://用户:密码@主机:5432/库名",
    ),
    "REDIS_URL": (("redis", "rediss", "redis+socket"), "redis://主机:6379/0"),
}


@contextlib.contextmanager
def servers(
    place: Place, environment: dict[str, str], *, durable: bool, share: bool
) -> Iterator[list[Child]]:
    """Provide PostgreSQL and Valkey: one's own, running ones, or embedded ones.

    Adds DATABASE_URL and REDIS_URL to the environment and yields the servers that were
    started here. With ``share`` those that another command of this installation
    started are used; it will not stop them before we are done.
    """
    embedded = [name for name in URL_FORMS if not environment.get(name)]
    folder = quote(str(place.sockets))
    defaults = {
        "DATABASE_URL": f"postgres://gridinspect@/gridinspect?host={folder}",
        "REDIS_URL": f"redis+socket://{place.sockets / 'valkey.sock'}",
    }
    environment |= {name: defaults[name] for name in embedded}
    if not embedded:
        check_own_servers(environment)
        yield []
        return
    with contextlib.ExitStack() as stack:
        users = stack.enter_context((place.var / "users.lock").open("a"))
        owner = stack.enter_context((place.var / "owner.lock").open("a"))
        fcntl.flock(users, fcntl.LOCK_SH)  # whoever owns them waits for us, as a rule
        if not becomes_owner(owner, wait=not share):
            await_running(place)
            yield []
            return
        children = stack.enter_context(started(place, embedded, durable=durable))
        if len(embedded) == 1:
            check_own_servers(environment)
        yield children
        if share:
            fcntl.flock(users, fcntl.LOCK_EX)


def becomes_owner(owner: TextIO, *, wait: bool) -> bool:
    """Try to become the one who starts and stops the servers."""
    try:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if not wait:
            return False
        say("等待另一条 launch.py 命令结束 …")
        fcntl.flock(owner, fcntl.LOCK_EX)
    return True


def await_running(place: Place) -> None:
    """Wait for servers that another command of this installation is starting."""
    deadline = time.monotonic() + 120
    while not (place.var / "servers.ready").exists():
        if time.monotonic() > deadline:
            raise Refusal("内置数据库正由另一条命令启动，但没有就绪：请稍后重试。")
        time.sleep(0.1)


# Run inside the virtual environment, which has the drivers. Prints why it failed.
PROBE = """
import os, sys
def broken(name, why):
    sys.exit(f"{name} 指向的服务器不可用（{str(why).strip().splitlines()[0]}）")
url = os.environ["DATABASE_URL"]
import psycopg2, redis
try:
    version = psycopg2.connect(url, connect_timeout=10).server_version
except Exception as error:
    broken("DATABASE_URL", error)
if version < 150000:
    broken("DATABASE_URL", f"PostgreSQL {version // 10000}，需要 15 或更新版本")
url = os.environ["REDIS_URL"].replace("redis+socket://", "unix://")
try:
    redis.Redis.from_url(url, socket_connect_timeout=10).ping()
except Exception as error:
    broken("REDIS_URL", error)
"""


def check_own_servers(environment: dict[str, str]) -> None:
    """Refuse when a server cannot be used, or is too old."""
    probe = subprocess.run(
        [str(PYTHON), "-c", PROBE],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if probe.returncode:
        raise Refusal(f"{one_line(probe.stderr)}：请检查地址、密码和服务器是否在运行。")


def check_urls(environment: Mapping[str, str]) -> None:
    """Refuse a server's URL of a wrong form, before the long set-up."""
    for name in URL_FORMS:
        if environment.get(name) and (fault := url_fault(name, environment[name])):
            raise Refusal(fault)


def url_fault(name: str, url: str) -> str:
    """Say what is wrong with the form of a server's URL, or nothing."""
    schemes, example = URL_FORMS[name]
    try:
        parts = urlsplit(url)
        right = parts.scheme in schemes and parts.port != 0
    except ValueError:  # a port that is no number
        right = False
    if right and name == "DATABASE_URL":
        right = len(parts.path) > 1
    return "" if right else f"{name} 写法不对：应形如 {example}。"
