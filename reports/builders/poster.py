"""三上墙: map, staff and duties of a grid as posters for the wall, A3 or A1.

Everything is laid out on A3; A1 is the same sheet twice as large. Lists that are too
long for one sheet run on to the next, or are set smaller where the whole then fits.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO

from reportlab.lib.colors import HexColor, black
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from gridinspect.documents import pdf
from gridinspect.documents.fonts import Face, plain, runs, width, wrap
from grids.boundaries import in_metres, place_of
from reports.builders.mapdrawing import PLAIN, GridMap, Ground
from reports.builders.paper import Report

MAP, STAFF, DUTIES = "poster_map", "poster_staff", "poster_duties"
TITLES = {MAP: "网格示意图", STAFF: "人员分工", DUTIES: "工作职责"}
ALONE = PLAIN  # the colour of a grid that has none below it
BOARDS = {"pdf": pdf.A3, "a1": pdf.A1}

HEAD = pdf.Type(Face.SONG_BOLD, 34, 46, align=0.5)
UNDER = pdf.Type(Face.KAI, 16, 24, align=0.5, after=6)
SAID = pdf.Type(size=16, leading=25, after=4)
CHAPTER = pdf.Type(Face.HEI, 19, 30, before=8, after=3)
FLOWING = 14.0  # points: what needs several sheets anyway
CELLS = (18.0, 16.0, 14.0, 12.0, 11.0)  # in tables: the largest that fits
HEAD_ROOM = 32  # millimetres that title and subtitle take
GREY = HexColor("#66717E")

NO_BOUNDARY = (
    "本网格和下级网格都还没有登记边界，不能绘出示意图，以下为网格名册；"
    "登记边界后请重新制作。"
)
NOBODY = "目前没有在岗人员。"
NO_DUTIES = "本区尚未制定岗位职责，采用的方案也没有写明。"


@dataclass(frozen=True)
class GridLine:
    """One grid of the map's legend; without a boundary it has no colour."""

    number: int
    code: str
    name: str
    kind: str
    colour: str = ""


@dataclass(frozen=True)
class Person:
    """One person of the staff poster; `photo` is a JPEG or PNG file, or nothing."""

    name: str
    role: str
    grid: str
    code: str
    phone: str
    photo: bytes | None = None


@dataclass(frozen=True)
class DutyText:
    """What one role has to do, one sentence a line, and where the words come from."""

    role: str
    lines: Sequence[str]
    source: str


@dataclass(frozen=True)
class Poster(Report):
    """One of the three posters of a grid, as a report with what is drawn on it."""

    code: str = ""  # of the grid
    above: str = ""  # the places above it, in one word
    version: int = 1
    parts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    grounds: Sequence[Ground] = ()
    grids: Sequence[GridLine] = ()
    people: Sequence[Person] = ()  # of the grid itself
    below: Sequence[Person] = ()  # of the grids directly below
    duties: Sequence[DutyText] = ()


def poster_pdf(poster: Report, *, code: str, form: str = "pdf") -> bytes:
    """Return a poster on A3, or with `form` a1 on A1."""
    if not isinstance(poster, Poster):
        raise TypeError(f"{poster.kind} is no poster.")
    board = BOARDS[form]
    if poster.kind == DUTIES:
        board = board.upright
    body = {MAP: _map, STAFF: _staff, DUTIES: _duties}[poster.kind]
    return pdf.build(
        [*_head(poster), *body(poster, board)],
        title=poster.full_title,
        foot=f"{poster.full_title}　第 {poster.version} 版　{poster.on:%Y-%m-%d}",
        code=code,
        board=board,
    )


def _head(poster: Poster) -> pdf.Story:
    return [
        pdf.paragraph(f"{poster.place}{poster.title}", HEAD),
        pdf.paragraph(f"{poster.above}　网格编码 {poster.code}".strip(), UNDER),
    ]


# --- the map --------------------------------------------------------------------------


def _map(poster: Poster, board: pdf.Board) -> pdf.Story:
    wide, tall = board.room
    tall -= HEAD_ROOM
    if not poster.grounds:
        return _largest(partial(_register, poster.grids, wide), CELLS, board)
    beside = _Legend(poster.grids, columns=1)
    if beside.height <= tall * mm:
        drawn = CodedMap(poster.grounds, wide=wide - LEGEND - 5, tall=tall, size=LABEL)
        return [_Beside(drawn, beside)]
    drawn = CodedMap(poster.grounds, wide=wide, tall=tall, size=LABEL)
    return [drawn, *_legend_pages(poster.grids, board)]


def _legend_pages(grids: Sequence[GridLine], board: pdf.Board) -> Iterator[Flowable]:
    wide, tall = board.room
    columns = int(wide // LEGEND)
    on_a_page = columns * int((tall - 20) // LINE)
    for start in range(0, len(grids), on_a_page):
        yield pdf.page_break()
        yield pdf.paragraph("图例", CHAPTER)
        yield _Legend(grids[start : start + on_a_page], columns=columns)


def _register(grids: Sequence[GridLine], wide: float, size: float) -> pdf.Story:
    table = pdf.table(
        ["序号", "网格编码", "网格名称", "类型"],
        [[one.number, one.code, one.name, one.kind] for one in grids],
        widths=[25, 100, wide - 195, 70],
        centred=[0],
        size=size,
    )
    return [pdf.paragraph(NO_BOUNDARY, SAID), table]


LABEL, SHRUNK = 20, (1, 0.85, 0.7, 0.55, 0.45)  # points, and shares of them


class CodedMap(GridMap):
    """A map on which each grid bears code and name, smaller where there is less room.

    Where neither fits, its number in the legend stands there.
    """

    def _label(self, ground: Ground) -> None:
        ((x, y),) = self._points([place_of(ground.area)])
        room = _room(self, ground)
        lines = plain(ground.name).split("\n")
        for size in (self.size * share for share in SHRUNK):
            broad = max(width(line, Face.HEI, size) for line in lines)
            if broad <= room[0] * 0.92 and len(lines) * size * 1.3 <= room[1] * 0.9:
                break
        else:
            lines, size = [str(ground.number or "")], self.size
        usual, self.size = self.size, size
        top = y + (len(lines) * 1.25 - 1.25) * size / 2 - size * 0.36
        for number, line in enumerate(lines):
            self._words(x, top - number * size * 1.25, line, align=0.5)
        self.size = usual


def _room(drawn: GridMap, ground: Ground) -> tuple[float, float]:
    """Return how broad and high a ground is on the sheet, in points."""
    west, south, east, north = in_metres(ground.area, drawn.latitude).bounds
    return (east - west) * drawn.scale, (north - south) * drawn.scale


LEGEND, LINE = 96, 9.6  # millimetres: a column of the legend, and one line of it


class _Legend(Flowable):
    """Colour, number, code and name of each grid, in columns from top to bottom."""

    def __init__(self, grids: Sequence[GridLine], *, columns: int) -> None:
        super().__init__()
        self.grids = grids
        self.rows = -(-len(grids) // columns)
        self.width, self.height = columns * LEGEND * mm, self.rows * LINE * mm

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        for index, one in enumerate(self.grids):
            column, row = divmod(index, self.rows)
            self._line(column * LEGEND * mm, self.height - (row + 1) * LINE * mm, one)

    def _line(self, x: float, y: float, one: GridLine) -> None:
        canvas = self.canv
        canvas.setLineWidth(1)
        canvas.setStrokeColor(HexColor(one.colour) if one.colour else GREY)
        canvas.setFillColor(
            HexColor(one.colour + "55", hasAlpha=True)
            if one.colour
            else HexColor("#FFFFFF")
        )
        canvas.rect(x, y + 2 * mm, 8 * mm, 5.6 * mm, stroke=1, fill=1)
        canvas.setFillColor(black)
        words = f"{one.number}　{one.code}　{one.name}"
        if not one.colour:
            words += "（未登记边界）"
        room = (LEGEND - 12) * mm
        size = min(14.0, 14.0 * room / max(width(plain(words), Face.SONG, 14), 1))
        _write(canvas, x + 11 * mm, y + 3 * mm, words, size)


class _Beside(Flowable):
    """A map with its legend at the right."""

    def __init__(self, drawn: GridMap, legend: _Legend) -> None:
        super().__init__()
        self.drawn, self.legend = drawn, legend
        self.width = drawn.width + 5 * mm + legend.width
        self.height = drawn.height

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        self.drawn.drawOn(self.canv, 0, 0)
        x = self.drawn.width + 5 * mm
        self.legend.drawOn(self.canv, x, self.height - self.legend.height)


# --- staff ----------------------------------------------------------------------------

CARD = (77, 52)  # millimetres beside type of 12 points: five beside one another
FRAME = (30, 40)


def _staff(poster: Poster, board: pdf.Board) -> pdf.Story:
    return _largest(partial(_staff_texts, poster, board.room[0]), CELLS, board)


def _staff_texts(poster: Poster, wide: float, size: float) -> pdf.Story:
    story: pdf.Story = []
    if not poster.people:
        story.append(pdf.paragraph(f"{poster.place}{NOBODY}", SAID))
    scale = size / 12
    across = int(wide // (CARD[0] * scale))
    for start in range(0, len(poster.people), across):
        story.append(_Cards(poster.people[start : start + across], scale))
    if poster.below:
        story += [
            pdf.paragraph("下级网格人员分工", CHAPTER),
            pdf.table(
                ["网格编码", "网格", "姓名", "岗位", "办公电话"],
                [
                    [one.code, one.grid, one.name, one.role, one.phone or "—"]
                    for one in poster.below
                ],
                widths=[80, 110, 60, 70, wide - 320],
                size=size,
            ),
        ]
    return story


class _Cards(Flowable):
    """A row of cards: photograph, name, post, telephone; a blank frame without one."""

    def __init__(self, people: Sequence[Person], scale: float) -> None:
        super().__init__()
        self.people, self.scale = people, scale
        self.width = len(people) * CARD[0] * scale * mm
        self.height = CARD[1] * scale * mm

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        self.canv.saveState()
        self.canv.scale(self.scale, self.scale)
        for index, person in enumerate(self.people):
            self._card(index * CARD[0] * mm, person)
        self.canv.restoreState()

    def _card(self, x: float, person: Person) -> None:
        canvas, (wide, tall) = self.canv, (FRAME[0] * mm, FRAME[1] * mm)
        y = (CARD[1] - 4) * mm - tall
        canvas.setStrokeColor(GREY)
        canvas.setLineWidth(0.7)
        if person.photo:
            _picture(canvas, person.photo, x, y, wide, tall)
        else:
            canvas.setFillColor(GREY)
            _write(canvas, x + wide / 2 - 14, y + tall / 2 - 5, "照片", 14)
        canvas.rect(x, y, wide, tall, stroke=1, fill=0)
        canvas.setFillColor(black)
        left, room = x + wide + 4 * mm, (CARD[0] - FRAME[0] - 8) * mm
        top = y + tall - 18
        for text, size, face in (
            (person.name, 19.0, Face.HEI),
            (person.role, 14.0, Face.SONG),
            (f"电话 {person.phone}" if person.phone else "电话 —", 13.0, Face.SONG),
        ):
            for line in wrap(plain(text), face, size, room)[:3]:
                _write(canvas, left, top, line, size, face)
                top -= size * 1.45
            top -= 4


def _picture(
    canvas: Canvas, content: bytes, x: float, y: float, wide: float, tall: float
) -> None:
    """Draw a photograph as large as the frame allows, in its own proportions."""
    canvas.drawImage(
        ImageReader(BytesIO(content)),
        x,
        y,
        wide,
        tall,
        preserveAspectRatio=True,
        anchor="c",
    )


# --- duties ---------------------------------------------------------------------------

SIZES = (30.0, 26.0, 22.0, 20.0, 18.0, 16.0, 14.0)  # points


def _duties(poster: Poster, board: pdf.Board) -> pdf.Story:
    if not poster.duties:
        return [pdf.paragraph(NO_DUTIES, SAID)]
    return _largest(partial(_duty_texts, poster.duties), SIZES, board)


def _largest(
    texts: Callable[[float], Iterable[Flowable]],
    sizes: Sequence[float],
    board: pdf.Board,
) -> pdf.Story:
    """Return the texts in the largest type in which they fit one sheet.

    What fits in none of the sizes runs on to further sheets in a readable one.
    """
    wide, tall = board.room
    for size in sizes:
        story = list(texts(size))
        taken = sum(
            one.wrap(wide * mm, 1e6)[1] + one.getSpaceBefore() + one.getSpaceAfter()
            for one in story
        )
        if taken <= (tall - HEAD_ROOM) * mm:
            break
    else:
        size = FLOWING
    return list(texts(size))  # anew: wrapping tells a table where it stands


def _duty_texts(duties: Sequence[DutyText], size: float) -> Iterator[Flowable]:
    chapter = pdf.Type(Face.HEI, size + 3, (size + 3) * 1.5, before=10, after=3)
    text = pdf.Type(size=size, leading=size * 1.55, after=2)
    source = pdf.Type(Face.KAI, size * 0.7, size * 1.1, align=1)
    for duty in duties:
        heading = pdf.paragraph(duty.role, chapter)
        heading.keepWithNext = True
        yield heading
        for number, line in enumerate(duty.lines, 1):
            yield pdf.paragraph(f"{number}．{line}", text)
        if duty.source:
            yield pdf.paragraph(duty.source, source)


def _write(
    canvas: Canvas, x: float, y: float, text: str, size: float, face: Face = Face.SONG
) -> None:
    """Write one line, with another face for what this one lacks."""
    for piece, part in runs(plain(text), face):
        canvas.setFont(piece.name, size)
        canvas.drawString(x, y, part)
        x += piece.width(part, size)
