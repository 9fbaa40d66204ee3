"""Embedded fonts for paper: which face prints which character, and how wide it is.

The faces are whole TrueType files that set-up puts into ``settings.FONT_DIR``. Each is
read once per process, when first used (0.3 s and some 15 MB each). reportlab prints
nothing at all, or a box, for a character that a face lacks, and never says so: a
person's name would lose a character. So all text goes through `runs`, which looks for
another face or raises `MissingGlyph`.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from threading import Lock

from django.conf import settings
from reportlab.pdfbase import pdfmetrics, ttfonts


class Face(StrEnum):
    """A role that GB/T 9704 knows; the value is the file's name without `.ttf`."""

    SONG = "Song"
    SONG_BOLD = "Song-Bold"
    HEI = "Hei"
    HEI_BOLD = "Hei-Bold"
    KAI = "Kai"
    FANGSONG = "FangSong"


# No free FangSong covers the names that people bear, so an office may name its own
# file; until then Song stands in, and the system page says so.
FUZZ = 0.5  # thousandths of a size: sums of widths are not exact

FALLBACKS = (Face.SONG, Face.HEI)


class FontMissing(RuntimeError):
    """A font file is not where set-up should have put it."""


class MissingGlyph(ValueError):
    """No face at hand can print a character of a text."""


@dataclass(frozen=True, slots=True, eq=False)
class Font:
    """One face as loaded: the name reportlab knows it by, and what it can print."""

    name: str
    characters: frozenset[str]
    widths: dict[str, float]  # thousandths of the size

    def width(self, text: str, size: float) -> float:
        """Return the width of a text that this face covers, in points."""
        return sum(map(self.widths.__getitem__, text)) * size / 1000


def font_file(face: Face) -> Path:
    """Return the file for a role; FangSong is Song unless an office has one."""
    if face is Face.FANGSONG:
        own = getattr(settings, "FANGSONG_TTF", "")
        return Path(own) if own else font_file(Face.SONG)
    folder = getattr(settings, "FONT_DIR", settings.BASE_DIR / "build" / "fonts")
    return Path(folder) / f"{face}.ttf"


def font_report() -> list[tuple[str, str]]:
    """Say for the system page which file plays each role, without loading any."""
    report = []
    for face in Face:
        file = font_file(face)
        note = file.name if file.exists() else f"{file.name}（缺失）"
        if face is Face.FANGSONG and file.stem == Face.SONG:
            note += "（未配置仿宋字体，以宋体代替）"
        report.append((str(face), note))
    return report


_loading = Lock()


def font(face: Face) -> Font:
    """Return the face, reading its file on first use. Raises `FontMissing`."""
    if face is Face.FANGSONG and font_file(face) == font_file(Face.SONG):
        face = Face.SONG
    with _loading:
        return _load(face)


@cache
def _load(face: Face) -> Font:
    file = font_file(face)
    if not file.is_file():
        raise FontMissing(
            f"缺少字体文件 {file.name}，无法生成 PDF。"
            "请运行 python3 launch.py setup 安装字体。"
        )
    try:
        loaded = ttfonts.TTFont(f"GI-{face}", str(file), shapable=False)
    except ttfonts.TTFError as error:
        raise FontMissing(
            f"字体文件 {file.name} 不是可嵌入的 TrueType 字体（{error}）。"
            "请运行 python3 launch.py setup 重新安装字体。"
        ) from error
    pdfmetrics.registerFont(loaded)
    widths = {
        chr(code): loaded.face.getCharWidth(code) for code in loaded.face.charToGlyph
    }
    return Font(loaded.fontName, frozenset(widths), widths)


# Characters without ink (byte order marks, joiners, variation selectors) come with
# text pasted from elsewhere; no face has them and nobody would miss them on paper.
_INKLESS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")


def plain(text: str) -> str:
    """Return the text as it is to be printed: no tabs, no inkless characters."""
    text = _INKLESS.sub("", text.replace("\t", " ").replace("\r\n", "\n"))
    return "".join(
        character
        for character in text
        if character == "\n"
        or (
            unicodedata.category(character) != "Cc"
            and not "\U000e0100" <= character <= "\U000e01ef"
        )
    )


def covers(text: str, face: Face) -> bool:
    """Say whether the face itself prints every character of the text."""
    return font(face).characters.issuperset(text)


def runs(text: str, face: Face) -> list[tuple[Font, str]]:
    """Cut a text of one line into pieces, each with a font that can print it.

    Raises `MissingGlyph` when no font has a character.
    """
    first = font(face)
    if first.characters.issuperset(text):
        return [(first, text)]
    pieces: list[tuple[Font, str]] = []
    for character in plain(text):
        chosen = _font_for(character, face, text)
        if pieces and pieces[-1][0] is chosen:
            pieces[-1] = (chosen, pieces[-1][1] + character)
        else:
            pieces.append((chosen, character))
    return pieces


def _font_for(character: str, face: Face, text: str) -> Font:
    for candidate in (face, *FALLBACKS):
        chosen = font(candidate)
        if character in chosen.characters:
            return chosen
    raise MissingGlyph(
        f"“{text}”含无法打印的字符 U+{ord(character):04X}，请改用其他写法。"
    )


def width(text: str, face: Face, size: float) -> float:
    """Return the width of one line of text in points, fallbacks included."""
    return sum(piece.width(part, size) for piece, part in runs(text, face))


# A token is what may not be torn: a Latin word, number or date, or one Chinese
# character, with opening marks before it and closing marks after it (标点避头尾).
_OPENING = "（《〈「『【〔“‘"
_CLOSING = "，。、；：！？）》〉」』】〕”’％…"
_TOKEN = re.compile(
    rf"[{_OPENING}]*(?:[!-~]+|[^\s{_OPENING}{_CLOSING}])?[{_CLOSING}]*|[^\S\n]+"
)


def wrap(
    text: str, face: Face, size: float, room: float, *, first: float = 0
) -> list[str]:
    """Break a text into lines of at most `room` points, the first by `first` less.

    Closing marks never begin a line and opening marks never end one, which reportlab's
    own breaking does not ensure for Chinese. Line feeds in the text begin a new line.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        used = first if not lines else 0
        lines.extend(
            _broken(line, _widths(line, face), room * 1000 / size, used * 1000 / size)
        )
    return lines


def _widths(line: str, face: Face) -> Mapping[str, float]:
    first = font(face)
    if first.characters.issuperset(line):
        return first.widths
    return {c: _font_for(c, face, line).widths[c] for c in set(line)}


def _broken(
    line: str, widths: Mapping[str, float], room: float, used: float
) -> list[str]:
    """Break one line; widths and room are thousandths of the size."""
    lines, current, room = [], "", room + FUZZ
    if used + sum(map(widths.__getitem__, line)) <= room:
        return [line]
    for token in _TOKEN.findall(line):
        taken = sum(map(widths.__getitem__, token))
        parts = [(token, taken)]
        if taken > room:  # a number without end: it may be torn anywhere
            parts = [(character, widths[character]) for character in token]
        for part, taken in parts:
            if current and used + taken > room:
                lines.append(current.rstrip())
                current, used = "", 0.0
                if part.isspace():
                    continue
            current += part
            used += taken
    if current.strip() or not lines:
        lines.append(current.rstrip())
    return lines


def _to_unicode(font_name: str, subset: Sequence[int]) -> str:
    """Return the table by which a viewer copies and searches the text of a subset.

    Replaces reportlab's, which writes characters beyond U+FFFF as five digits, so that
    𬭎 is copied as another character; and which puts more than the 100 entries that the
    format allows into one block. Source: PDF 32000-1, 9.10.3; Adobe TN 5411.
    """
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo",
        f"<< /Registry ({font_name})",
        f"/Ordering ({font_name})",
        "/Supplement 0",
        ">> def",
        f"/CMapName /{font_name} def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        f"<00> <{len(subset) - 1:02X}>",
        "endcodespacerange",
    ]
    for start in range(0, len(subset), 100):
        block = subset[start : start + 100]
        lines.append(f"{len(block)} beginbfchar")
        for index, code in enumerate(block, start):
            utf16 = chr(code).encode("utf-16-be").hex().upper()
            lines.append(f"<{index:02X}> <{utf16}>")
        lines.append("endbfchar")
    lines += [
        "endcmap",
        "CMapName currentdict /CMap defineresource pop",
        "end",
        "end",
    ]
    return "\n".join(lines)


ttfonts.makeToUnicodeCMap = _to_unicode
