"""The place where the state of one installation lives."""

import contextlib
import fcntl
import os
import pwd
import secrets
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from . import ROOT, Refusal, say
from .stamps import fingerprint

POSTGRES_SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 103  # bytes: 107 on Linux, 103 on macOS


class Place:
    """One installation's state: embedded servers, files, logs and secrets."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.logs = var / "logs"
        self.sockets = socket_folder(var)
        # With servers of one's own there is nobody to make room for.
        self.account = None if has_own_servers() else server_account()

    def make(self) -> None:
        """Make the folders, or refuse when that cannot be."""
        try:
            if self.account:
                make_enterable(self.var, self.account)
                own_folder(self.var / "servers", self.account)
                own_folder(self.sockets, self.account)
            self.var.mkdir(parents=True, exist_ok=True)
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


def has_own_servers() -> bool:
    """Tell whether nothing is embedded."""
    return bool(os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))


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
                f"内置数据库的账户 {account.pw_name} 进不了 {parent}："
                "请用 VAR_DIR 指定人人可以进入的位置，例如 /var/lib 之下。"
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
