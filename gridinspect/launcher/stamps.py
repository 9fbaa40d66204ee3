"""Steps that are done once, and again only when their inputs change."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from . import say


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
