"""一路一册 on paper: to walk along a road with, odd side and even side."""

from collections.abc import Iterable, Sequence
from datetime import date
from io import BytesIO

from enterprises.roads import Entry, Road, with_blanks
from gridinspect.documents import pdf
from gridinspect.documents.sheets import SheetColumn, write_table

TITLE = "一路一册"
EVERY, END = (
    5,
    4,
)  # lines: a blank after so many units, and so many at the end of a side
BLANK_SIDE = 8  # lines of a side on which no unit is known
_HEADS = ["序号", "门牌号", "单位名称", "所属网格", "从业人数", "采集情况", "核查记录"]
_WIDTHS = [10, 20, 54, 28, 15, 17, 26]


def road_pdf(
    roads: Sequence[Road], *, place: str, people: str, on: date, code: str
) -> bytes:
    """Return the roads of a place as PDF, each beginning on a page of its own."""
    story: pdf.Story = []
    for number, road in enumerate(roads):
        if number:
            story.append(pdf.page_break())
        story += _chapter(road, place, people, on)
    title = f"{TITLE} {place}"
    if len(roads) == 1:
        title = f"{TITLE} {place}{roads[0].name}"
    return pdf.build(story, title=title, foot=f"{title} {on}", code=code)


def _chapter(road: Road, place: str, people: str, on: date) -> pdf.Story:
    story = pdf.title(road.name, f"（{TITLE}　{place}）")
    story.append(
        pdf.above_table(f"辖区：{place}", f"数据截止：{on}　单位：{road.count} 户")
    )
    story += _grids(road, people)
    for side, entries in road.sides:
        story += pdf.section(f"{side}（{len(entries)} 户）")
        story.append(_table(entries))
    story.append(
        pdf.paragraph(
            "空行供填写新发现的单位；已搬离、查无的请在“核查记录”栏注明。", pdf.NOTE
        )
    )
    story.append(pdf.signature_foot(day=None))
    return story


def _grids(road: Road, people: str) -> pdf.Story:
    if not road.stretches:
        words = f"在岗人员：{people or '　'}。这条路在本辖区没有登记门牌段。"
        return [pdf.paragraph(words, pdf.NOTE)]
    return [
        pdf.table(
            ["网格", "门牌段", "在岗人员"],
            [[one.grid, one.numbers, one.people] for one in road.stretches],
            widths=[45, 45, 80],
        )
    ]


def _table(entries: Sequence[Entry]) -> pdf.Flowable:
    end = END if entries else BLANK_SIDE
    lines = with_blanks(entries, EVERY, end)
    numbers = iter(range(1, len(entries) + 1))
    rows = [[next(numbers), *_cells(entry), ""] if entry else _BLANK for entry in lines]
    return pdf.table(_HEADS, rows, widths=_WIDTHS, numeric=[4], centred=[0, 5], size=9)


_BLANK = ["　\n　", "", "", "", "", "", ""]  # high enough to write in by hand


def _cells(entry: Entry) -> list[object]:
    door = entry.door or entry.address
    return [door, entry.name, entry.grid, entry.headcount, entry.survey]


def road_xlsx(roads: Iterable[Road], *, place: str, on: date) -> bytes:
    """Return the roads as one list, with the same blanks to write in."""
    stream = BytesIO()
    write_table(
        stream,
        [
            SheetColumn("道路", 18),
            SheetColumn("侧", 12),
            SheetColumn("门牌号", 14),
            SheetColumn("单位名称", 36),
            SheetColumn("所属网格", 22),
            SheetColumn("从业人数", 10, "integer"),
            SheetColumn("采集情况", 10),
            SheetColumn("核查记录", 30),
        ],
        _sheet_rows(roads),
        title=f"{TITLE}（{place}）",
        organisation=place,
        period=f"截至 {on}",
        unit="户",
        name=TITLE,
    )
    return stream.getvalue()


def _sheet_rows(roads: Iterable[Road]) -> Iterable[list[object]]:
    for road in roads:
        for side, entries in road.sides:
            end = END if entries else BLANK_SIDE
            for entry in with_blanks(entries, EVERY, end):
                cells = _cells(entry) if entry else [None] * 5
                yield [road.name, side, *cells, None]
