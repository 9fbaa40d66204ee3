"""Settings from the environment, read loudly.

Everything that comes from outside comes through these functions, so that
``grep "env\\." gridinspect/settings.py`` prints the whole configuration surface.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

REQUIRED: Any = object()


def text(name: str, default: str = REQUIRED) -> str:
    """Return the variable, else the default, else refuse to start."""
    value = os.environ.get(name, default)
    if value is REQUIRED:
        raise ImproperlyConfigured(
            f"没有设置环境变量 {name}，请参照 .env.example 设置。"
        )
    return value


def secret(name: str, default: str = REQUIRED) -> str:
    """Like text(), but prefer the file that NAME_FILE points to (a Docker secret)."""
    path = os.environ.get(f"{name}_FILE")
    return Path(path).read_text().strip() if path else text(name, default)


def flag(name: str, *, default: bool) -> bool:
    """Read "1" or "0"; a typo must not silently mean "off"."""
    value = text(name, "1" if default else "0")
    if value not in ("0", "1"):
        raise ImproperlyConfigured(f"环境变量 {name} 只能是 0 或 1，现在是 {value!r}。")
    return value == "1"


def number(name: str, default: int) -> int:
    """Read a whole number."""
    value = text(name, str(default))
    if not value.isdecimal():
        raise ImproperlyConfigured(f"环境变量 {name} 应为整数，现在是 {value!r}。")
    return int(value)


def database(name: str, default: str = REQUIRED) -> dict[str, Any]:
    """Read postgres://user:password@host:port/name; `?host=/dir` names a socket."""
    url = urlsplit(secret(name, default))
    if url.scheme not in ("postgres", "postgresql") or len(url.path) < 2:
        raise ImproperlyConfigured(
            f"环境变量 {name} 应形如 postgres://用户:密码@主机:端口/库名。"
        )
    options = dict(pair.split("=", 1) for pair in url.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path[1:]),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(options.pop("host", url.hostname or "")),
        "PORT": str(url.port or options.pop("port", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # Compiling a statement costs more than any page of ours saves by it.
        "OPTIONS": {"options": "-c jit=off"} | options,
    }


def tiles(name: str) -> tuple[str, list[str]]:
    """Read the address of a tile server, and the origins that its images come from.

    Empty means none. `{s}` stands for any subdomain, as in the address of Leaflet.
    """
    address = text(name, "")
    if not address:
        return "", []
    url = urlsplit(address)
    known = url.scheme in ("http", "https") and url.hostname
    if not known or not all(part in address for part in ("{x}", "{y}", "{z}")):
        raise ImproperlyConfigured(
            f"环境变量 {name} 应形如 https://主机/{{z}}/{{x}}/{{y}}.png。"
        )
    return address, [f"{url.scheme}://{url.netloc}".replace("{s}.", "*.")]
