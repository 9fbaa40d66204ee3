"""Photographs on paper: two side by side, each with what it shows."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from itertools import zip_longest
from typing import Any

from PIL import Image as Drawn
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, Table

from gridinspect.documents import pdf
from gridinspect.documents.models import Attachment

WIDE, TALL = 80.0, 60.0  # millimetres of a picture's room
DOTS = 150  # an inch: enough to see what it shows, and a file that can be sent
_NONE: list[Flowable] = []


def pictures(shots: Iterable[tuple[str, Attachment]]) -> pdf.Story:
    """Return photographs with their captions, two to a line; none is cut in two."""
    cells = [_cell(caption, kept) for caption, kept in shots]
    lines = zip_longest(cells[::2], cells[1::2], fillvalue=_NONE)
    return [_line(line) for line in lines]


def _line(cells: Sequence[list[Flowable]]) -> Flowable:
    half = pdf.PORTRAIT / 2 * mm
    return Table(
        [list(cells)], [half, half], style=[("VALIGN", (0, 0), (-1, -1), "TOP")]
    )


def _cell(caption: str, kept: Attachment) -> list[Flowable]:
    try:
        with kept.file.open("rb") as file:
            picture, wide, tall = _smaller(file)
    except FileNotFoundError:
        return [pdf.paragraph(f"{caption}（照片文件已不在磁盘上）", pdf.NOTE)]
    scale = min(WIDE * mm / wide, TALL * mm / tall)
    return [
        Image(picture, wide * scale, tall * scale, hAlign="LEFT"),
        pdf.paragraph(caption, pdf.NOTE),
    ]


def _smaller(file: Any) -> tuple[BytesIO, int, int]:
    """Return a picture as large as its room needs, with its width and height."""
    most = (round(WIDE / 25.4 * DOTS), round(TALL / 25.4 * DOTS))
    with Drawn.open(file) as drawn:
        drawn.thumbnail(most)
        kept = BytesIO()
        drawn.convert("RGB").save(kept, "JPEG", quality=80)
        kept.seek(0)
        return kept, drawn.width, drawn.height
