#!/usr/bin/env python3
"""Set GridInspect up and run it, with nothing but Python 3.11 or newer.

    python3 launch.py                 set up, start everything, print the address
    python3 launch.py test [ARGS]     set up and run every test; ARGS go to pytest
    python3 launch.py setup [--dev]   set up only; --dev adds what tests and checks need
    python3 launch.py manage COMMAND  run a management command in that environment

VAR_DIR moves all state to another folder, PORT sets the port, DEMO=0 starts without
demonstration data, DATABASE_URL and REDIS_URL point to servers of one's own.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (before what an older one cannot read)
    sys.exit("需要 Python 3.11 或更新的版本：请安装后用它运行 launch.py。")

import os

if os.name != "posix":
    sys.exit("只支持 Linux 和 macOS：Windows 上请使用 WSL 2 或 docker compose。")

import contextlib
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

# Not gridinspect.launcher: that would import Celery, which is yet to be installed.
sys.path.append(str(Path(__file__).resolve().parent / "gridinspect"))

from launcher import PYTHON, Refusal, say
from launcher.application import (
    application,
    await_web,
    build_demonstration,
    chosen_port,
    prepare_application,
    prepare_database,
)
from launcher.place import Place, locked, var_dir
from launcher.processes import Child, run_here
from launcher.servers import check_urls, servers
from launcher.setup import set_up

# Commands that write the tables themselves, or need none.
WITHOUT_TABLES = ("migrate", "makemigrations", "check", "collectstatic")


def run() -> None:
    """Set everything up, start everything, and watch it until Ctrl-C."""
    place = Place(var_dir())
    place.make()
    taken = f"{place.var} 的系统已在运行：请先停止它，或用 VAR_DIR 和 PORT 另起一套。"
    with locked(place.var / "run.lock", refusal=taken):
        port = chosen_port()
        set_up()
        environment = place.environment()
        with servers(place, environment, durable=True, share=False) as embedded:
            prepare_application(place, environment)
            if environment["DEMO"] == "1":
                build_demonstration(environment)
            children = application(place, environment, port)
            with stopped_at_the_end(children):
                for child in children:
                    child.start()
                await_web(children[0], port)
                print(f"系统已启动：http://127.0.0.1:{port}/", flush=True)
                say(f"数据与日志在 {place.var}；按 Ctrl-C 停止。")
                while True:
                    time.sleep(0.5)
                    for child in [*embedded, *children]:
                        child.revive()


@contextlib.contextmanager
def stopped_at_the_end(children: list[Child]) -> Iterator[None]:
    """Stop the children in order, whatever is pressed meanwhile: every wait ends."""
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        say("正在停止 …")
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.stop()


def test(arguments: Sequence[str]) -> int:
    """Run the tests against servers of their own."""
    place = Place(var_dir() / "test")
    place.make()
    with locked(place.var / "run.lock", refusal="同一 VAR_DIR 下已有测试在运行。"):
        set_up(dev=True)
        environment = dict(os.environ, VAR_DIR=str(place.var))
        with servers(place, environment, durable=False, share=False):
            options = ["-n", "2", "--dist", "loadfile"]  # what is made once, once
            command = [str(PYTHON), "-m", "pytest", *options, *arguments]
            return run_here(command, environment)


def manage(arguments: Sequence[str]) -> int:
    """Run a management command; start the embedded servers if nobody else has.

    Our own database is brought up to the code first, so that any command works in a
    new folder; a database of one's own is migrated by whoever runs it.
    """
    place = Place(var_dir())
    place.make()
    set_up()
    environment = place.environment()
    is_ours = not environment.get("DATABASE_URL")
    with servers(place, environment, durable=True, share=True):
        if is_ours and arguments[0] not in WITHOUT_TABLES:
            prepare_database(place, environment)
        return run_here([str(PYTHON), "manage.py", *arguments], environment)


def dispatch(command: str, *arguments: str) -> int:
    """Do what the command line says and return the exit status."""
    if command == "test":
        return test(arguments)
    if command == "manage" and arguments:
        return manage(arguments)
    if command == "setup" and arguments in ((), ("--dev",)):
        set_up(dev=bool(arguments))
        return 0
    if command == "run" and not arguments:
        with contextlib.suppress(KeyboardInterrupt):
            run()
        return 0
    say((__doc__ or "").strip())
    return 2


def main() -> int:
    """Run a command; what keeps it from running becomes one line."""
    signals = [signal.SIGINT, signal.SIGTERM]  # SIGINT is off in a script's background
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup means it
        signals.append(signal.SIGHUP)
    for number in signals:
        signal.signal(number, signal.default_int_handler)
    try:
        check_urls(os.environ)
        return dispatch(*(sys.argv[1:] or ["run"]))
    except Refusal as refusal:
        say(str(refusal))
    except PermissionError as error:
        say(f"没有权限写入 {error.filename}：请改正程序文件夹的权限后重试。")
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main())
