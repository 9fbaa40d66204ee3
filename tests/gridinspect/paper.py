"""Reads the text out of the PDF files that the program makes, for tests."""

import re
import zlib
from base64 import a85decode

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_SHOWN = re.compile(
    rb"/(F\d+\+\d+) [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\) Tj|(T\*)", re.DOTALL
)
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)


def pages_of(content: bytes) -> list[str]:
    """Return the text of each page, in the order in which it was drawn."""
    objects = {int(n): body for n, body in _OBJECT.findall(content)}
    fonts = {
        name: _mapping(objects, int(number))
        for body in objects.values()
        for name, number in re.findall(rb"/(F\d+\+\d+) (\d+) 0 R", body)
    }
    return [
        _text(_stream(objects[int(re.search(rb"/Contents (\d+)", body)[1])]), fonts)
        for body in objects.values()
        if b"/Type /Page\n" in body
    ]


def _stream(body: bytes) -> bytes:
    encoded = _STREAM.search(body)[1].strip().removesuffix(b"~>")
    return zlib.decompress(a85decode(encoded))


def _mapping(objects: dict[int, bytes], number: int) -> dict[int, str]:
    to_unicode = int(re.search(rb"/ToUnicode (\d+)", objects[number])[1])
    raw = _STREAM.search(objects[to_unicode])[1]
    table = zlib.decompressobj().decompress(raw)
    return {
        int(code, 16): bytes.fromhex(units.decode()).decode("utf-16-be")
        for code, units in re.findall(rb"<([0-9A-F]{2})> <([0-9A-F]{4,})>", table)
    }


def _text(stream: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    shown, font = [], {}
    for name, words, feed in _SHOWN.findall(stream):
        if name:
            font = fonts[name]
        elif feed:
            shown.append("\n")
        else:
            shown.append("".join(font.get(code, "?") for code in _bytes(words)))
    return "".join(shown)


def _bytes(words: bytes) -> bytes:
    letters = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def plain(match: re.Match) -> bytes:
        code = match[1]
        return bytes([int(code, 8)]) if len(code) == 3 else letters.get(code, code)

    return _ESCAPE.sub(plain, words)
