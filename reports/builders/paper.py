"""A report as data, and its two appearances: PDF and workbook.

A builder makes a `Report` from figures it is given; nothing here queries the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO

from gridinspect.documents import pdf
from gridinspect.documents.charts import ChartSpec, as_flowables
from gridinspect.documents.sheets import Kind, SheetColumn, book

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOTHING = "—"


@dataclass(frozen=True)
class Col:
    """A column of a report's table: its head, its width on paper in millimetres."""

    header: str
    width: float
    kind: Kind = "text"

    @property
    def is_numeric(self) -> bool:
        return self.kind not in ("text", "date")


@dataclass(frozen=True)
class Sheet:
    """One table of a report. `total` sets the last row apart as 合计."""

    name: str
    heading: str
    columns: Sequence[Col]
    rows: Sequence[Sequence[object]]
    total: bool = False
    note: str = ""


@dataclass(frozen=True)
class Report:
    """Everything a report says, whoever prints it."""

    kind: str
    title: str
    place: str
    on: date
    unit: str
    policies: Sequence[str]
    summary: Sequence[str]
    tables: Sequence[Sheet]  # the overview first
    charts: Sequence[ChartSpec] = ()
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def full_title(self) -> str:
        return f"{self.place}{self.title}"


def as_pdf(report: Report, *, code: str) -> bytes:
    """Return the report on A4 landscape pages, with the verification code."""
    wide = pdf.LANDSCAPE
    story = pdf.title(report.full_title, f"（{pdf.chinese_date(report.on)}）")
    story.append(
        pdf.above_table(
            f"填报单位：{report.place}",
            f"数据截至 {report.on:%Y-%m-%d}　单位：{report.unit}",
            wide=wide,
        )
    )
    story += [pdf.paragraph(text) for text in report.summary]
    for sheet in report.tables:
        story += [*pdf.section(sheet.heading), *paper_table(sheet)]
    # After the tables, which break anywhere: a chart does not, and among them it would
    # leave the rest of a page blank.
    for chart in report.charts:
        story += as_flowables(chart, wide=wide)
    basis = "、".join(report.policies) or "尚未采用实施方案"
    story.append(
        pdf.together(  # a page with nothing but the seal could go to any paper
            *(pdf.paragraph(note, pdf.NOTE) for note in report.notes),
            pdf.paragraph(f"依据：{basis}。", pdf.NOTE),
            pdf.signature_foot(organisation=report.place, wide=wide),
        )
    )
    return pdf.build(
        story,
        title=report.full_title,
        foot=f"{report.full_title} {report.on:%Y-%m-%d}",
        code=code,
        landscape=True,
    )


def paper_table(sheet: Sheet, *, size: float = pdf.CELL) -> pdf.Story:
    """Return a table of a report with its note, without its heading."""
    table = pdf.table(
        [column.header for column in sheet.columns],
        [
            [
                _printed(value, column.kind)
                for value, column in zip(row, sheet.columns, strict=True)
            ]
            for row in sheet.rows
        ],
        widths=[column.width for column in sheet.columns],
        numeric=[i for i, column in enumerate(sheet.columns) if column.is_numeric],
        total=sheet.total,
        size=size,
    )
    note = [pdf.paragraph(sheet.note, pdf.NOTE)] if sheet.note else []
    return [table, *note]


def _printed(value: object, kind: str) -> str:
    if value is None:
        return NOTHING
    if kind == "percent" and isinstance(value, int | float):
        return f"{value:.1%}"
    if kind == "integer" and isinstance(value, int):
        return f"{value:,}"
    return str(value)


def as_xlsx(report: Report) -> bytes:
    """Return the report as a workbook: a sheet a table, then the charts."""
    stream = BytesIO()
    with book(stream) as written:
        for sheet in report.tables:
            written.table(
                sheet.name,
                [
                    SheetColumn(column.header, max(8, column.width / 2), column.kind)
                    for column in sheet.columns
                ],
                [
                    [NOTHING if value is None else value for value in row]
                    for row in sheet.rows
                ],
                title=f"{report.full_title}：{sheet.heading}",
                organisation=report.place,
                period=f"截至 {report.on:%Y-%m-%d}",
                unit=report.unit,
                note=sheet.note or f"依据：{'、'.join(report.policies)}",
            )
        for number, chart in enumerate(report.charts, 1):
            written.chart(f"图{number}", chart)
    return stream.getvalue()
