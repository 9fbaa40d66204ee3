"""The program's own processes and what must be done before they start."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from functools import partial

from . import BUILD, PYTHON, ROOT, Refusal
from .embedded import one_line
from .place import Place
from .processes import Child, dies_with_us, run_here
from .stamps import fingerprint, once

# In one process: starting Django three times would be most of a second start.
PREPARE = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gridinspect.settings")
import django
from django.core.management import call_command
django.setup()
call_command("migrate", interactive=False, verbosity=0)
call_command("load_workdays")
call_command("load_policies")
"""


def chosen_port() -> int:
    """Return the port to serve, or refuse when it is taken."""
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Refusal(f"PORT 应为 1 至 65535 的整数，现在是 {text!r}。")
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", int(text)))
        except PermissionError:
            raise Refusal(
                f"没有权限使用端口 {text}：请换一个 1024 以上的，例如 PORT=8001。"
            ) from None
        except OSError:
            raise Refusal(
                f"端口 {text} 已被占用：请停止占用它的程序，或换一个，例如 PORT=8001。"
            ) from None
    return int(text)


def prepare_database(place: Place, environment: dict[str, str]) -> None:
    """Bring the tables and the reference data of our own database up to the code."""
    patterns = ("*/migrations/*.py", "*/*/migrations/*.py", "grids/policies/*.toml")
    sources = sorted(path for pattern in patterns for path in ROOT.glob(pattern))
    once(
        place.var / "database.stamp",
        fingerprint(environment["DATABASE_URL"], *sources, BUILD / "stamps" / "base"),
        "数据库",
        partial(quietly, place, environment, "更新数据库", "-c", PREPARE),
    )


def prepare_application(place: Place, environment: dict[str, str]) -> None:
    """Bring database, static files and reference data up to the code."""
    (place.var / "database.stamp").unlink(missing_ok=True)  # ask the database itself
    prepare_database(place, environment)
    stamps = BUILD / "stamps"
    sources = sorted(p for p in ROOT.glob("static/**/*") if p.is_file())
    once(
        place.var / "static" / ".stamp",
        fingerprint(*sources, stamps / "base", stamps / "assets"),
        "静态文件",
        partial(
            quietly,
            *(place, environment, "收集静态文件"),
            *("manage.py", "collectstatic", "--no-input"),
        ),
    )


def build_demonstration(environment: dict[str, str]) -> None:
    """Build the demonstration data the first time; print its accounts every time."""
    if run_here([str(PYTHON), "manage.py", "demo", "--if-empty"], environment):
        raise Refusal("演示数据没有建成：请按上面的提示处理，或设 DEMO=0。")


def quietly(
    place: Place, environment: dict[str, str], what: str, *arguments: str
) -> None:
    """Run Python in the prepared environment, into a log; refuse when it fails."""
    log = place.logs / "prepare.log"
    with log.open("a") as file:
        status = subprocess.run(
            [str(PYTHON), *arguments],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=file,
            preexec_fn=dies_with_us(signal.SIGTERM),
            check=False,
        ).returncode
    if status:
        reason = one_line(log.read_text(errors="replace"))
        raise Refusal(f"{what}没有成功：{reason}（日志 {log}）")


def application(place: Place, environment: dict[str, str], port: int) -> list[Child]:
    """Return web server, worker and beat, not yet started."""
    celery = [str(PYTHON), "-m", "celery", "--app", "gridinspect"]
    commands = {
        "web": [
            *(str(PYTHON), "-m", "gunicorn", "gridinspect.wsgi"),
            *("--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4"),
            *("--worker-class", "gthread", "--no-control-socket", "--timeout", "60"),
        ],
        "worker": [
            *(*celery, "worker", "--loglevel", "WARNING", "--concurrency", "2"),
            *("--without-gossip", "--without-mingle"),
        ],
        "beat": [*celery, "beat", "--loglevel", "WARNING", "--pidfile="],
    }
    return [
        Child(
            name,
            command,
            place.logs / f"{name}.log",
            environment=environment,
            # Without us its database is gone, too; the job will be taken up again.
            orphaned_with=signal.SIGQUIT if name == "worker" else None,
        )
        for name, command in commands.items()
    ]


def await_web(web: Child, port: int) -> None:
    """Wait until the web server answers anything at all."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if not web.is_running():
            break
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("HEAD", "/")
            connection.getresponse()
            return
        time.sleep(0.2)
    raise Refusal(f"网页服务没有启动：{web.last_words()}")
