"""一户一档 on paper: cover, 卷内目录 with page numbers, then one part after another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reportlab.platypus import Flowable

from enterprises.file_sections import FileFacts, FilePhotos, FileTable, Part
from gridinspect.documents import pdf
from gridinspect.documents.fonts import Face
from gridinspect.documents.pictures import pictures
from gridinspect.ui.tables import words

TITLE = "用人单位劳动保障监察档案"
NOTHING = "暂无记录。"
_COVER = pdf.Type(Face.SONG_BOLD, 26, 40, align=0.5, before=120, after=30)
_UNIT = pdf.Type(Face.SONG_BOLD, 20, 32, align=0.5, after=60)


@dataclass(frozen=True, slots=True)
class Chapter:
    """One part of the file with what it says."""

    title: str
    parts: Sequence[Part]


class _Mark(Flowable):
    """Nothing to see: notes on which page a chapter begins."""

    def __init__(self, pages: dict[int, int], number: int) -> None:
        super().__init__()
        self.pages, self.number = pages, number
        self.keepWithNext = True

    def wrap(self, room: float, height: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        self.pages[self.number] = self.canv.getPageNumber()


def file_pdf(
    cover: Sequence[tuple[str, Any]],
    chapters: Sequence[Chapter],
    *,
    unit: str,
    on: date,
    code: str,
) -> bytes:
    """Return the whole file of a unit as PDF.

    It is laid out twice: the first time finds the pages that the 卷内目录 then names.
    """
    pages: dict[int, int] = {}
    for _ in range(2):
        known = dict(pages)
        story = [*_cover(cover, unit), *_contents(chapters, known)]
        for number, chapter in enumerate(chapters, 1):
            story += _chapter(number, chapter, pages)
        content = pdf.build(
            story, title=f"{TITLE} {unit}", foot=f"{unit} {on}", code=code
        )
        known = {**pages, len(chapters) + 1: pdf.page_count(content) + 1}
        pages |= known
    return content


def _cover(facts: Sequence[tuple[str, Any]], unit: str) -> pdf.Story:
    return [
        pdf.paragraph(TITLE, _COVER),
        pdf.paragraph(unit, _UNIT),
        *_facts(facts),
        pdf.page_break(),
    ]


def _contents(chapters: Sequence[Chapter], pages: dict[int, int]) -> pdf.Story:
    rows = [
        [number, chapter.title, _range(number, pages), ""]
        for number, chapter in enumerate(chapters, 1)
    ]
    return [
        pdf.paragraph("卷内目录", pdf.TITLE),
        pdf.table(
            ["序号", "内容", "页次", "备注"],
            rows,
            widths=[16, 96, 28, 30],
            centred=[0, 2],
            size=10.5,
        ),
        pdf.page_break(),
    ]


def _range(number: int, pages: dict[int, int]) -> str:
    """Return the pages of a chapter; two chapters may share one."""
    if number not in pages:
        return ""
    first = pages[number]
    after = pages.get(number + 1, first + 1)
    last = max(first, after - 1)
    return f"{first}" if last == first else f"{first}–{last}"


def _chapter(number: int, chapter: Chapter, pages: dict[int, int]) -> pdf.Story:
    story: pdf.Story = [_Mark(pages, number)]
    story += pdf.section(f"{_numeral(number)}、{chapter.title}")
    # the mark goes behind the room that the heading asks for
    story[0], story[1] = story[1], story[0]
    if not chapter.parts:
        story.append(pdf.paragraph(NOTHING, pdf.NOTE))
    for part in chapter.parts:
        story += _part(part)
    return story


def _part(part: Part) -> pdf.Story:
    if isinstance(part, str):
        return [pdf.paragraph(part)]
    story: pdf.Story = [pdf.heading(part.title, 2)] if part.title else []
    if isinstance(part, FileFacts):
        return [*story, *_facts(part.facts)]
    if isinstance(part, FilePhotos):
        return [*story, *pictures(part.shots)]
    if not part.rows:
        return [*story, pdf.paragraph(NOTHING, pdf.NOTE)]
    return [*story, _table(part)]


def _table(part: FileTable) -> Flowable:
    shares = part.widths or [1] * len(part.heads)
    whole = sum(shares)
    numeric = set(part.numeric)
    rows = [
        [words(cell, numeric=i in numeric) for i, cell in enumerate(row)]
        for row in part.rows
    ]
    widths = [pdf.PORTRAIT * share / whole for share in shares]
    return pdf.table(part.heads, rows, widths=widths, numeric=part.numeric)


def _facts(facts: Sequence[tuple[str, Any]]) -> pdf.Story:
    said = [pdf.Fact(label, str(words(value))) for label, value in facts]
    return pdf.facts(pdf.paired(said), label=34)


_DIGITS = "零一二三四五六七八九"


def _numeral(number: int) -> str:
    """Return a number below 100 in Chinese, as headings are counted."""
    tens, ones = divmod(number, 10)
    if not tens:
        return _DIGITS[ones]
    lead = "" if tens == 1 else _DIGITS[tens]
    return f"{lead}十{_DIGITS[ones] if ones else ''}"
