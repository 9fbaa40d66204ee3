"""Paper and workbooks out, against the bare libraries; and the statutory clock."""

from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO

import xlsxwriter
from django.core.management import call_command
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import LongTable, SimpleDocTemplate

from cases import rules
from cases.limits import limits_in
from gridinspect.documents import pdf
from gridinspect.documents.fonts import Face, font
from gridinspect.documents.sheets import SheetColumn, write_table
from gridinspect.workdays.models import ExceptionDay
from reports.bench.ground import Ground
from reports.bench.measuring import Measured

HEADERS = ("序号", "单位名称", "信用代码", "所属网格", "从业人数", "状态", "最近采集")
WIDTHS = (12, 48, 38, 24, 16, 12, 20)  # millimetres


def pdf_1000(ground: Ground) -> Measured:
    """A table of 1,000 rows as PDF; its floor is reportlab's bare LongTable."""
    rows = [
        (
            str(n),
            f"郑州试验{n}机械制造有限公司",
            f"91410100{n:010}",
            f"{n % 90}号社区",
            str(n % 300),
            "营业",
            "2026-03-31",
        )
        for n in range(1, ground.sizes.pdf_rows + 1)
    ]

    def ours() -> None:
        story = [*pdf.title("用人单位名册"), pdf.table(HEADERS, rows, widths=WIDTHS)]
        pdf.build(story, title="用人单位名册")

    def bare() -> None:
        table = LongTable(
            [HEADERS, *rows],
            [wide * mm for wide in WIDTHS],
            repeatRows=1,
            style=[
                ("FONT", (0, 0), (-1, -1), font(Face.SONG).name, 9, 12),
                ("GRID", (0, 0), (-1, -1), 0.5, "black"),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ],
        )
        SimpleDocTemplate(
            BytesIO(), pagesize=A4, leftMargin=15 * mm, rightMargin=15 * mm
        ).build([table])

    return ground.clock.compare("pdf_1000", ours, bare, runs=ground.sizes.runs)


def export_100k(ground: Ground) -> Measured:
    """A workbook of 100,000 × 20; its floor is xlsxwriter in constant-memory mode."""
    kinds = {4: "integer", 5: "date"}
    columns = [
        SheetColumn(f"栏目{n}", kind=kinds.get(n, "text"))  # type: ignore[arg-type]
        for n in range(20)
    ]

    def ours() -> None:
        target = str(ground.folder / "ours.xlsx")
        write_table(target, columns, _cells(ground.sizes.long_rows), title="名册")

    def bare() -> None:
        options = {"constant_memory": True, "strings_to_urls": False}
        with xlsxwriter.Workbook(str(ground.folder / "bare.xlsx"), options) as book:
            sheet, look = book.add_worksheet(), book.add_format({"num_format": "@"})
            dates = book.add_format({"num_format": "yyyy-mm-dd"})
            for at, row in enumerate(_cells(ground.sizes.long_rows)):
                for column, value in enumerate(row):
                    if column == 4:
                        sheet.write_number(at, column, value, look)
                    elif column == 5:
                        sheet.write_datetime(at, column, value, dates)
                    else:
                        sheet.write_string(at, column, value, look)

    return ground.clock.compare("export_100k", ours, bare, runs=1, warm=False)


def _cells(number: int) -> Iterator[tuple]:
    first = date(2020, 1, 1)
    for n in range(number):
        texts = tuple(f"文字{n % 997}－{column}" for column in range(6, 20))
        day = first + timedelta(days=n % 2000)
        yield f"郑州试验{n}", f"91410100{n:010}", "企业", "C34", n % 500, day, *texts


def deadline(ground: Ground) -> Measured:
    """The due date of an investigation, the calendar read anew each time (no floor)."""
    assert ground.empty_city  # noqa: S101 its policies
    call_command("load_workdays", verbosity=0, stdout=_Silence())
    limit = limits_in("河南省").of("T5", on=ground.today)

    def due() -> None:
        calendar = ExceptionDay.objects.as_calendar()
        rules.investigation_deadline(ground.today, limit, calendar)

    return ground.clock.compare("deadline", due, runs=ground.sizes.requests)


class _Silence:
    """Somewhere for a command's words to go: `--json` prints one document only."""

    def write(self, words: str) -> None:
        pass

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False
