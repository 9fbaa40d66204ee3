"""The whole set-up: environment, packages, assets."""

import os
import sys
from functools import partial

from . import BUILD, ROOT
from .assets import FONTS, VENDOR, VENDOR_DEV, assets_present, fetch_assets
from .packages import make_venv, pip
from .place import has_own_servers, locked
from .stamps import fingerprint, once


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
        if not has_own_servers():
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
