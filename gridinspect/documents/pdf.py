"""The house style of paper: page, headings, tables, forms, letters, foot.

A report or writ makes a story out of the building blocks below and hands it to `build`.
Measures are millimetres in arguments. Text that people typed is always printed as it
stands, never read as markup. No seal is ever drawn: its place is left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from io import BytesIO
from threading import Lock
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.pagesizes import landscape as turned
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    LongTable,
    PageBreak,
    PageTemplate,
    Spacer,
    Table,
)

from gridinspect.documents.fonts import Face, covers, font, plain, runs, width, wrap

# Work papers: room for staples on the left. A table may be this wide (millimetres).
LEFT, RIGHT, TOP, BOTTOM = 25, 15, 18, 20
PORTRAIT, LANDSCAPE = 210 - LEFT - RIGHT, 297 - LEFT - RIGHT
# Letters: GB/T 9704-2012, type area 156 × 225 mm.
LETTER_LEFT, LETTER_TOP, LETTER_WIDTH, LETTER_HEIGHT = 28, 37, 156, 225
PITCH = LETTER_WIDTH * mm / 28  # 28 characters on a line: 三号 (16 pt) set at 15.79
LEADING = LETTER_HEIGHT * mm / 22  # 22 lines on a page

CELL = 9  # points
FORM, FORM_LEADING = 10.5, 15
TALLEST = 432  # points: a table row of this height fits on any page
PADDING = 3  # points, left and right of a cell's text
RULE = (0.5, colors.black)
SHADE = colors.HexColor("#F2F2F2")

Story = list[Flowable]


@dataclass(frozen=True, slots=True)
class Board:
    """A sheet for the wall: laid out in these millimetres, printed `scale` times.

    So A1 is A3 twice as large, in type and lines too.
    """

    wide: float
    tall: float
    scale: float = 1
    margin: float = 15
    bottom: float = 18

    @property
    def room(self) -> tuple[float, float]:
        """Return the width and height between the margins."""
        return self.wide - 2 * self.margin, self.tall - self.margin - self.bottom

    @property
    def size(self) -> tuple[float, float]:
        """Return the size of the printed sheet in points."""
        return self.wide * self.scale * mm, self.tall * self.scale * mm

    @property
    def upright(self) -> "Board":
        return replace(self, wide=self.tall, tall=self.wide)


A3 = Board(420, 297)
A1 = Board(420.5, 297, scale=2)


@dataclass(frozen=True, slots=True)
class Type:
    """How a text is set: face, and in points size, leading, indents and space around.

    `align` is 0 left, 0.5 centred, 1 right; `justify` spreads full lines to both edges.
    """

    face: Face = Face.SONG
    size: float = 10.5
    leading: float = 16
    align: float = 0
    justify: bool = False
    first: float = 0
    right: float = 0
    before: float = 0
    after: float = 0


BODY = Type(justify=True)
NOTE = Type(size=9, leading=13)
TITLE = Type(Face.SONG_BOLD, 18, 26, align=0.5, after=4)
SUBTITLE = Type(Face.KAI, 12, 18, align=0.5, after=4)
HEADING = Type(Face.HEI, 13, 20, before=8, after=4)
SUBHEADING = Type(Face.KAI, 11.5, 18, before=4, after=2)

LETTER = Type(Face.FANGSONG, PITCH, LEADING, first=2 * PITCH, justify=True)
LETTER_TITLE = Type(Face.SONG_BOLD, 22, 2 * LEADING - 22, align=0.5, after=LEADING / 2)
LETTER_LEVELS = {
    1: Type(Face.HEI, PITCH, LEADING, first=2 * PITCH, justify=True),
    2: Type(Face.KAI, PITCH, LEADING, first=2 * PITCH, justify=True),
    3: LETTER,
}


FACT_LABEL = Type(Face.HEI, FORM, FORM_LEADING, 0.5)


# --- text -----------------------------------------------------------------------------


class Text(Flowable):
    """A text of one kind that breaks into lines by the rules of Chinese typesetting.

    Stands in for reportlab's Paragraph, which reads markup, knows no second font for a
    rare character, lets 》 begin a line and hangs marks into the margin.
    """

    def __init__(self, text: str, kind: Type = BODY) -> None:
        super().__init__()
        self.kind = kind
        self.text = text if covers(text, kind.face) else plain(text)
        self.spaceBefore, self.spaceAfter = kind.before, kind.after
        self.lines: list[str] = []
        self.room = -1.0  # the width for which the lines hold
        self.continues = self.is_continued = False

    def wrap(self, room: float, _height: float) -> tuple[float, float]:
        kind = self.kind
        if self.room != room - kind.right:
            self.room = room - kind.right
            first = 0 if self.continues else kind.first
            self.lines = wrap(self.text, kind.face, kind.size, self.room, first=first)
        self.width, self.height = room, len(self.lines) * kind.leading
        return self.width, self.height

    def split(self, room: float, height: float) -> list[Flowable]:
        self.wrap(room, height)
        lines, fit = self.lines, int((height + 0.1) // self.kind.leading)
        if len(lines) - fit == 1 and fit > 2:
            fit -= 1  # never a single last line on top of a page
        if fit < min(2, len(lines)):
            return []
        return [self._part(lines[:fit], tail=False), self._part(lines[fit:], tail=True)]

    def _part(self, lines: list[str], *, tail: bool) -> "Text":
        part = Text("", self.kind)
        part.text = "\n".join(lines)
        part.lines, part.room = lines, self.room
        part.continues = self.continues or tail
        part.is_continued = self.is_continued or not tail
        return part

    def draw(self) -> None:
        kind, lines = self.kind, self.lines
        y = self.height - (kind.leading + kind.size * 0.72) / 2
        for index, line in enumerate(lines):
            indent = kind.first if index == 0 and not self.continues else 0
            last = index == len(lines) - 1 and not self.is_continued
            self._draw_line(line, indent, y - index * kind.leading, last)

    def _draw_line(self, line: str, indent: float, y: float, last: bool) -> None:
        kind = self.kind
        free = self.room - indent - width(line, kind.face, kind.size)
        spread = 0.0
        if kind.justify and not last and 0 < free < 3 * kind.size and len(line) > 1:
            spread = free / (len(line) - 1)
        x = indent + (0 if spread else free * kind.align)
        pen = self.canv.beginText(x, y)
        pen.setCharSpace(spread)
        for piece, part in runs(line, kind.face):
            pen.setFont(piece.name, kind.size)
            pen.textOut(part)
        self.canv.drawText(pen)


def paragraph(text: str, kind: Type = BODY) -> Text:
    """Set a text that may run over several lines and pages."""
    return Text(text, kind)


def title(text: str, subtitle: str = "") -> Story:
    """Return a paper's title, and what stands in a smaller face below it."""
    story: Story = [paragraph(text, TITLE)]
    if subtitle:
        story.append(paragraph(subtitle, SUBTITLE))
    return story


def heading(text: str, level: int = 1) -> Text:
    flowable = paragraph(text, HEADING if level == 1 else SUBHEADING)
    flowable.keepWithNext = True
    return flowable


def section(text: str) -> Story:
    """Return a heading above a table that may be longer than the page.

    A heading kept with its table would push the whole table to the next page.
    """
    return [CondPageBreak(45 * mm), paragraph(text, HEADING)]


def spacer(height: float) -> Spacer:
    return Spacer(0, height * mm)


def page_break() -> PageBreak:
    return PageBreak()


def together(*flowables: Flowable) -> KeepTogether:
    """Keep what belongs together on one page, if one page can hold it."""
    whole: Story = []
    for one in flowables:  # one inside another would always begin a new page
        whole += one._content if isinstance(one, KeepTogether) else [one]
    return KeepTogether(whole)


def chinese_date(day: date) -> str:
    """Return 2026年7月6日: Arabic figures without leading zeros (GB/T 9704)."""
    return f"{day.year}年{day.month}月{day.day}日"


# --- tables ---------------------------------------------------------------------------


class _Fitted(LongTable):
    """A table that refuses to run off the page instead of being cut by the printer."""

    def wrap(self, room: float, height: float) -> tuple[float, float]:
        if sum(self._colWidths) > room + 1:
            wide, free = sum(self._colWidths) / mm, room / mm
            raise ValueError(
                f"The table is {wide:.0f} mm wide; the page has {free:.0f}."
            )
        return super().wrap(room, height)


def _cell(
    text: object, room: float, face: Face, size: float, align: float = 0
) -> object:
    """Return a cell's content: plain lines, the fast way, if one face prints them."""
    text = "" if text is None else str(text)
    if covers(text, face):
        if len(text) * size <= room and "\n" not in text:  # no need to measure
            return text
        return "\n".join(wrap(text, face, size, room))
    text = plain(text)
    if covers(text.replace("\n", ""), face):
        return "\n".join(wrap(text, face, size, room))
    return Text(text, Type(face, size, size * 4 / 3, align))


def table(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    widths: Sequence[float],
    numeric: Iterable[int] = (),
    centred: Iterable[int] = (),
    groups: Sequence[tuple[str, int]] = (),
    total: bool = False,
    size: float = CELL,
) -> Flowable:
    """Return a table with full borders whose head repeats on every page.

    `widths` are millimetres. `numeric` and `centred` name columns by index. `groups`
    is an upper head line of (words, number of columns); empty words join the column's
    own head. `total` sets the last row apart as 合计. None prints as an empty cell.
    """
    rooms = [wide * mm - 2 * PADDING for wide in widths]
    numeric, centred = set(numeric), set(centred)
    aligns = [
        1 if c in numeric else 0.5 if c in centred else 0 for c in range(len(widths))
    ]
    rows = list(rows)
    body: list[list[object]] = []
    for number, row in enumerate(rows, 1):
        bold = total and number == len(rows)
        face = Face.SONG_BOLD if bold else Face.SONG
        body += _body_rows(row, rooms, aligns, face, size)
    head = [
        _cell(text, room, Face.HEI, size, 0.5)
        for text, room in zip(headers, rooms, strict=True)
    ]
    style, heads = _table_style(size, 2 if groups else 1), [head]
    style += [("ALIGN", (c, -len(body)), (c, -1), "RIGHT") for c in numeric if body]
    style += [("ALIGN", (c, -len(body)), (c, -1), "CENTER") for c in centred if body]
    if groups:
        upper, spans = _grouped(groups, head)
        heads.insert(0, upper)
        style += spans
    if total and body:
        style.append(("FACE", (0, -1), (-1, -1), font(Face.SONG_BOLD).name))
        style.append(("BACKGROUND", (0, -1), (-1, -1), SHADE))
    return _Fitted(
        heads + body,
        [wide * mm for wide in widths],
        repeatRows=len(heads),
        style=style,
        spaceBefore=4,
        spaceAfter=6,
    )


def _body_rows(
    row: Sequence[object],
    rooms: Sequence[float],
    aligns: Sequence[float],
    face: Face,
    size: float,
) -> list[list[object]]:
    """Return the row's cells; a row too tall to fit on a page becomes several.

    reportlab's own splitting inside a row can go round in circles for ever.
    """

    def cells(texts: Iterable[object]) -> list[object]:
        return [
            _cell(text, room, face, size, align)
            for text, room, align in zip(texts, rooms, aligns, strict=True)
        ]

    whole = cells(row)
    fitting = int(TALLEST / (size * 4 / 3))  # lines
    if max(map(_tallness, whole)) <= fitting:
        return [whole]
    lines = [
        wrap(plain(str(text)), face, size, room) if text is not None else []
        for text, room in zip(row, rooms, strict=True)
    ]
    tallest = max(map(len, lines))
    return [
        cells("\n".join(part[start : start + fitting]) for part in lines)
        for start in range(0, tallest, fitting)
    ]


def _tallness(cell: Any) -> int:
    """Return at least how many lines a cell has."""
    return cell.count("\n") + 1 if isinstance(cell, str) else len(cell.text)


def _table_style(size: float, heads: int) -> list[tuple]:
    return [
        ("FONT", (0, 0), (-1, -1), font(Face.SONG).name, size, size * 4 / 3),
        ("GRID", (0, 0), (-1, -1), *RULE),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ("FACE", (0, 0), (-1, heads - 1), font(Face.HEI).name),
        ("ALIGN", (0, 0), (-1, heads - 1), "CENTER"),
        ("BACKGROUND", (0, 0), (-1, heads - 1), SHADE),
    ]


def _grouped(
    groups: Sequence[tuple[str, int]], head: list[object]
) -> tuple[list[object], list[tuple]]:
    """Return the upper head line and its joined cells; moves lone heads up into it."""
    upper: list[object] = []
    spans: list[tuple] = []
    for words, count in groups:
        start, end = len(upper), len(upper) + count - 1
        if words:
            upper += [words] + [""] * (count - 1)
            spans.append(("SPAN", (start, 0), (end, 0)))
            continue
        for column in range(start, end + 1):
            upper.append(head[column])
            head[column] = ""
            spans.append(("SPAN", (column, 0), (column, 1)))
    if len(upper) != len(head):
        raise ValueError(f"The groups span {len(upper)} of {len(head)} columns.")
    return upper, spans


def above_table(left: str, right: str, *, wide: float = PORTRAIT) -> Flowable:
    """Return the line between title and table: 填报单位 left, 单位 and date right."""
    return _line([(left, "LEFT"), (right, "RIGHT")], wide=wide)


def signature_foot(
    *,
    organisation: str = "",
    filler: str = "",
    head: str = "",
    day: date | None = None,
    wide: float = PORTRAIT,
) -> Flowable:
    """Return 填报单位（盖章）, 日期, 负责人, 填表人; what is not given stays blank.

    The seal's place is only named; the offices put the seal on by hand.
    """
    when = chinese_date(day) if day else "　　　　年　　月　　日"
    upper = _line(
        [(f"填报单位（盖章）：{organisation}", "LEFT"), (f"日期：{when}", "RIGHT")],
        shares=(0.7, 0.3),
        wide=wide,
        before=8,
    )
    lower = _line(
        [
            (f"负责人：{head}", "LEFT"),
            (f"填表人：{filler}", "LEFT"),
            ("联系电话：", "LEFT"),
        ],
        wide=wide,
        before=6,
    )
    return KeepTogether([upper, lower])


def _line(
    parts: Sequence[tuple[str, str]],
    *,
    wide: float,
    shares: Sequence[float] = (),
    before: float = 2,
) -> Flowable:
    shares = shares or [1 / len(parts)] * len(parts)
    widths = [wide * mm * share for share in shares]
    cells = [
        _cell(text, room - 2, Face.SONG, 9.5)
        for (text, _), room in zip(parts, widths, strict=True)
    ]
    style: list[tuple] = [
        ("FONT", (0, 0), (-1, -1), font(Face.SONG).name, 9.5, 13),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 0),
    ]
    style += [("ALIGN", (c, 0), (c, 0), align) for c, (_, align) in enumerate(parts)]
    return Table([cells], widths, style=style, spaceBefore=before)


# --- forms ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fact:
    """One label with its frame on a form (登记表, 审批表).

    `height` keeps at least so many millimetres free for handwriting; `sign` is printed
    at the frame's lower right, as in "签字：　　　年　月　日".
    """

    label: str
    value: str = ""
    height: float = 0
    sign: str = ""


SIGN = "签字：　　　　　　　　年　　月　　日"


def facts(
    lines: Iterable[Sequence[Fact]], *, wide: float = PORTRAIT, label: float = 26
) -> Story:
    """Return a framed form: each line holds one fact, or several side by side.

    A long value runs on to the next page; what is to be signed stays in one piece.
    `label` is a label's width in millimetres.
    """
    return [_fact_line(line, wide, label) for line in lines]


def paired(facts: Iterable[Fact], *, long: int = 14) -> list[list[Fact]]:
    """Return lines of two short facts each; one of more characters stands alone."""
    lines: list[list[Fact]] = []
    is_open = False  # whether the last line has room for another short fact
    for fact in facts:
        is_short = len(fact.value) <= long
        if is_short and is_open:
            lines[-1].append(fact)
        else:
            lines.append([fact])
        is_open = is_short and not is_open
    return lines


def _fact_line(line: Sequence[Fact], wide: float, label: float) -> Flowable:
    room = wide / len(line) - label
    cells: list[object] = []
    tallest = 0.0
    for fact in line:
        value = _value(fact, room * mm - 2 * PADDING)
        tallest = max(tallest, sum(f.wrap(room * mm, 1e6)[1] for f in value))
        cells += [[Text(fact.label, FACT_LABEL)], value]
    # What runs over several pages must begin at its top; only then is it split.
    # What is to be signed is kept whole as long as a page can hold it.
    kept_whole = any(fact.height for fact in line) and tallest < 200 * mm
    may_break = tallest > 80 * mm and not kept_whole
    style = [
        ("GRID", (0, 0), (-1, -1), *RULE),
        ("VALIGN", (0, 0), (-1, -1), "TOP" if may_break else "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
    ]
    return Table(
        [cells],
        [part * mm for _ in line for part in (label, room)],
        style=style,
        splitInRow=1 if may_break else 0,
        spaceBefore=0,
        spaceAfter=0,
    )


def _value(fact: Fact, room: float) -> Story:
    """Return a value, blank down to the frame's height, and the line to sign on."""
    cell: Story = [paragraph(fact.value, Type(Face.SONG, FORM, FORM_LEADING))]
    foot = [paragraph(fact.sign, Type(size=FORM, leading=FORM_LEADING, align=1))]
    if not fact.sign:
        foot = []
    taken = sum(flowable.wrap(room, 1e6)[1] for flowable in cell + foot)
    if fact.height * mm > taken:
        cell.append(Spacer(0, fact.height * mm - taken))
    return cell + foot


# --- letters and notices --------------------------------------------------------------


def letter_head(*, agency: str, name: str, number: str = "") -> Story:
    """Return a writ's head: agency and kind of paper centred, the number at the right.

    Work papers carry no red head; that belongs to the office's own stationery.
    """
    story: Story = [
        paragraph(agency, LETTER_TITLE),
        paragraph(name, LETTER_TITLE),
    ]
    if number:
        right = Type(Face.FANGSONG, PITCH, LEADING, align=1, after=LEADING / 2)
        story.append(paragraph(number, right))
    return story


def addressee(name: str) -> Text:
    """Return the line 主送: flush left, ending with a full-width colon."""
    return paragraph(f"{name.rstrip('：:')}：", Type(Face.FANGSONG, PITCH, LEADING))


def letter_body(texts: Iterable[str | tuple[int, str]]) -> Story:
    """Return a letter's text, one paragraph each; (1, …) and (2, …) are headings."""
    story: Story = []
    for text in texts:
        level, words = (3, text) if isinstance(text, str) else text
        story.append(paragraph(words, LETTER_LEVELS[level]))
    return story


def letter_foot(
    *,
    agency: str,
    day: date,
    attachments: Sequence[str] = (),
    seal: bool = True,
    below: Sequence[Flowable] = (),
) -> Story:
    """Return attachments, agency and date, with the seal's place named, not drawn.

    They stay on one page with `below`, the last paragraphs of the text: a page that
    held nothing but the seal could be put to any other paper.
    """
    story: Story = []
    if attachments:
        story.append(Spacer(0, LEADING))
    for n, attachment in enumerate(attachments, 1):
        lead = "附件：" if n == 1 else "　　　"
        number = f"{n}．" if len(attachments) > 1 else ""
        story.append(paragraph(lead + number + attachment, LETTER))
    place = f"{agency}（盖章）" if seal else agency
    signed = [
        Spacer(0, 2 * LEADING),
        paragraph(place, Type(Face.FANGSONG, PITCH, LEADING, 1, right=2 * PITCH)),
        paragraph(
            chinese_date(day),
            Type(Face.FANGSONG, PITCH, LEADING, 1, right=4 * PITCH),
        ),
    ]
    return [KeepTogether([*below, *story, *signed])]


# --- the page -------------------------------------------------------------------------


class _CountingCanvas(Canvas):
    """A canvas that knows the number of pages before it draws their feet."""

    def __init__(self, *args: object, foot: "_Foot", **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._foot = foot
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for page in self._pages:
            self.__dict__.update(page)
            self._foot.draw(self, len(self._pages))
            super().showPage()
        super().save()


@dataclass(frozen=True, slots=True)
class _Foot:
    """What stands at the foot of each page."""

    left: str
    right: str
    sign: str
    begin: float  # points from the left edge
    end: float

    def draw(self, canvas: Canvas, pages: int) -> None:
        begin, end = self.begin, self.end
        count = f"第 {canvas.getPageNumber()} 页　共 {pages} 页"
        _draw(canvas, (begin + end) / 2, 9 * mm, count, 9, align=0.5)
        room = (end - begin) / 2 - 20 * mm
        for line, text in enumerate(wrap(self.left, Face.SONG, 8, room)[:2]):
            _draw(canvas, begin, 9 * mm - line * 10, text, 8)
        _draw(canvas, end, 9 * mm, self.right, 8, align=1)
        if self.sign:
            _draw(canvas, begin, 15 * mm, self.sign, 10.5)


def _draw(
    canvas: Canvas, x: float, y: float, text: str, size: float, *, align: float = 0
) -> None:
    """Draw one line of text; `align` is the share of its width left of x."""
    x -= width(text, Face.SONG, size) * align
    for piece, part in runs(text, Face.SONG):
        canvas.setFont(piece.name, size)
        canvas.drawString(x, y, part)
        x += piece.width(part, size)


# reportlab keeps the place where it reads in a font file in the font itself, so two
# papers made at once by two threads of one process would cut each other's subsets.
_one_at_a_time = Lock()


def build(
    story: Story,
    *,
    title: str,
    foot: str = "",
    code: str = "",
    sign: str = "",
    landscape: bool = False,
    letter: bool = False,
    board: Board | None = None,
) -> bytes:
    """Lay the story out on A4 pages, or on a board's, and return the file.

    `foot` stands at the lower left, the verification code at the lower right, between
    them 第 x 页 共 y 页; `sign` is a line to sign on each page (笔录). The same story
    gives the same bytes, and nothing in the file tells who made it, when, or where.
    Raises `FontMissing` and `MissingGlyph`.
    """
    size = board.size if board else turned(A4) if landscape else A4
    buffer = BytesIO()
    document = BaseDocTemplate(
        buffer,
        pagesize=size,
        title=title,
        author="GridInspect",
        creator="GridInspect",
        subject=title,
        lang="zh-CN",
        invariant=True,
        initialFontName=font(Face.SONG).name,
    )
    frame = _board_frame(board) if board else _frame(size, letter)
    template = PageTemplate(frames=[frame])
    if board:
        scale = board.scale
        template.onPage = lambda canvas, _: canvas.scale(scale, scale)
    document.addPageTemplates(template)
    edges = _edges(size, letter, board)
    lower = _Foot(foot, f"验证码 {code}" if code else "", sign, *edges)
    with _one_at_a_time:
        document.build(story, canvasmaker=partial(_CountingCanvas, foot=lower))
    return buffer.getvalue()


def page_count(content: bytes) -> int:
    """Return the number of pages of a file that `build` made."""
    return content.count(b"/Type /Page\n")


def _frame(size: tuple[float, float], letter: bool) -> Frame:
    if letter:  # a hair higher than 22 lines, or rounding would leave the last one out
        bottom = (297 - LETTER_TOP - LETTER_HEIGHT) * mm - 1
        box = (LETTER_LEFT * mm, bottom, LETTER_WIDTH * mm + 1, LETTER_HEIGHT * mm + 1)
    else:
        wide, tall = size[0] - (LEFT + RIGHT) * mm, size[1] - (TOP + BOTTOM) * mm
        box = (LEFT * mm, BOTTOM * mm, wide, tall)
    return Frame(*box, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)


def _edges(
    size: tuple[float, float], letter: bool, board: Board | None
) -> tuple[float, float]:
    """Return from where to where the foot of a page reaches, in points."""
    if board:
        return board.margin * mm, (board.wide - board.margin) * mm
    if letter:
        return LETTER_LEFT * mm, (LETTER_LEFT + LETTER_WIDTH) * mm
    return LEFT * mm, size[0] - RIGHT * mm


def _board_frame(board: Board) -> Frame:
    wide, tall = board.room
    box = (board.margin * mm, board.bottom * mm, wide * mm, tall * mm)
    return Frame(*box, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
