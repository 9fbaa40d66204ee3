"""Workbooks out: tables of any length, with native charts, ready to print.

xlsxwriter's constant-memory mode writes each row to disk as it comes, so rows may be a
generator over a queryset. All text is written as text: a credit code keeps its zeros,
and a name that begins with = + - or @ is never a formula.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Literal, get_args

import xlsxwriter

from gridinspect.documents.charts import PALETTE, TARGET, ChartSpec, as_table

Kind = Literal["text", "number", "integer", "percent", "date", "money"]

FORMATS: dict[str, dict[str, Any]] = {
    "text": {"num_format": "@"},
    "number": {"num_format": "#,##0.##"},
    "integer": {"num_format": "#,##0"},
    "percent": {"num_format": "0.0%"},
    "date": {"num_format": "yyyy-mm-dd", "align": "center"},
    "money": {"num_format": "#,##0.00"},
}
EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - the same rows give the same bytes
LONGEST = 32_767  # characters that a cell of Excel takes
ROWS = 1_048_576  # of a sheet of Excel

Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column: its head, its width in characters, and what kind of values it has.

    A percent is a share: 0.875 shows as 87.5 %. None leaves the cell empty.
    """

    header: str
    width: float = 14
    kind: Kind = "text"

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"There is no kind of column {self.kind!r}.")


class TooManyRows(ValueError):
    """There are more rows than a sheet of Excel holds."""


class Book:
    """A workbook being written; sheets one after the other, rows in order."""

    def __init__(self, workbook: xlsxwriter.Workbook) -> None:
        self._workbook = workbook
        add = workbook.add_format
        font = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
        cell = {**font, "border": 1}
        self._title = add(
            {"font_name": "黑体", "font_size": 16, "align": "center"} | {"bold": True}
        )
        self._note = add({**font, "text_wrap": True, "valign": "top"})
        self._right = add({**font, "align": "right"})
        self._plain = add(font)
        self._head = add(
            {**cell, "bold": True, "align": "center", "bg_color": "#F2F2F2"}
            | {"text_wrap": True}
        )
        self._cells = {kind: add(cell | look) for kind, look in FORMATS.items()}

    def table(
        self,
        name: str,
        columns: Sequence[SheetColumn],
        rows: Iterable[Row],
        *,
        title: str,
        organisation: str = "",
        period: str = "",
        unit: str = "",
        note: str = "",
    ) -> int:
        """Write a sheet with its title lines and head; return the number of rows.

        Prints on A4 landscape, as wide as the paper, the head repeated on each page.
        Raises `TooManyRows`.
        """
        sheet = self._workbook.add_worksheet(name)
        last = len(columns) - 1
        for index, column in enumerate(columns):
            sheet.set_column(index, index, column.width)
        sheet.set_row(0, 28)
        sheet.write_string(0, 0, title, self._title)
        if last:
            sheet.merge_range(0, 0, 0, last, title, self._title)
        unit = f"单位：{unit}" if unit else ""
        sheet.write_string(1, 0, f"填报单位：{organisation}" if organisation else "")
        right = "　".join(part for part in (period, unit) if part)
        sheet.write_string(1, last, right, self._right)
        for index, column in enumerate(columns):
            sheet.write_string(2, index, column.header, self._head)
        sheet.freeze_panes(3, 0)
        sheet.repeat_rows(0, 2)
        end = self._rows(sheet, columns, rows, 3)
        if note:
            sheet.write_string(end + 1, 0, note, self._plain)
        _printable(sheet, last)
        return end - 3

    def _rows(
        self, sheet: Any, columns: Sequence[SheetColumn], rows: Iterable[Row], at: int
    ) -> int:
        looks = [self._cells[column.kind] for column in columns]
        writers = [_writer(sheet, column.kind) for column in columns]
        cells = list(enumerate(zip(writers, looks, strict=True)))
        for row in rows:
            if at >= ROWS - 2:
                raise TooManyRows(
                    f"数据超过 Excel 单表上限（{ROWS:,} 行），请缩小导出范围。"
                )
            for (index, (write, look)), value in zip(cells, row, strict=True):
                if value is None or value == "":
                    sheet.write_blank(at, index, None, look)
                else:
                    write(at, index, value, look)
            at += 1
        return at

    def chart(self, name: str, spec: ChartSpec) -> None:
        """Write a sheet with the chart's figures and a native chart drawn from them."""
        sheet = self._workbook.add_worksheet(name)
        headers, _ = as_table(spec)
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, len(headers), 12)
        sheet.write_string(0, 0, spec.caption, self._title)
        for index, header in enumerate(headers):
            sheet.write_string(2, index, header, self._head)
        text, number = self._cells["text"], self._cells["number"]
        columns = [series.values for series in spec.series]
        columns += [(target.value,) * len(spec.labels) for target in spec.targets]
        for at, label in enumerate(spec.labels):
            sheet.write_string(at + 3, 0, label, text)
            for index, values in enumerate(columns, 1):
                value = values[at]
                if value is None:
                    sheet.write_blank(at + 3, index, None, number)
                else:
                    sheet.write_number(at + 3, index, value, number)
        if spec.footnote:
            sheet.write_string(len(spec.labels) + 4, 0, spec.footnote, self._plain)
        picture = self._native(name, spec)
        sheet.insert_chart(
            2, len(headers) + 1, picture, {"x_scale": 1.5, "y_scale": 1.4}
        )
        _printable(sheet, len(headers))

    def _native(self, name: str, spec: ChartSpec) -> Any:
        kinds = {
            "bar": {"type": "column"},
            "stacked": {"type": "column", "subtype": "stacked"},
            "line": {"type": "line"},
        }
        picture = self._workbook.add_chart(kinds[spec.kind])
        lines = self._workbook.add_chart({"type": "line"})
        last = len(spec.labels) + 2
        for index in range(1, len(spec.series) + len(spec.targets) + 1):
            is_target = index > len(spec.series)
            colour = TARGET if is_target else PALETTE[(index - 1) % len(PALETTE)]
            look: dict[str, Any] = {"fill": {"color": colour}}
            if is_target:
                look = {"line": {"color": colour, "dash_type": "dash", "width": 1.5}}
            elif spec.kind == "line":
                look = {"line": {"color": colour}, "marker": {"type": "automatic"}}
            (lines if is_target else picture).add_series(
                {
                    "name": [name, 2, index],
                    "categories": [name, 3, 0, last, 0],
                    "values": [name, 3, index, last, index],
                    **look,
                }
            )
        if spec.targets:
            picture.combine(lines)
        picture.set_title({"name": spec.caption, "name_font": {"size": 12}})
        picture.set_y_axis({"name": spec.unit, "min": 0})
        picture.set_legend({"position": "bottom"})
        picture.show_blanks_as("gap")
        return picture


def _writer(sheet: Any, kind: Kind) -> Callable[[int, int, Any, Any], object]:
    if kind == "text":
        return lambda at, index, value, look: sheet.write_string(
            at, index, str(value)[:LONGEST], look
        )
    if kind == "date":
        return lambda at, index, value, look: _write_date(sheet, at, index, value, look)
    return lambda at, index, value, look: _write_number(sheet, at, index, value, look)


def _write_date(sheet: Any, at: int, index: int, value: object, look: Any) -> None:
    if isinstance(value, datetime):
        sheet.write_datetime(at, index, value.replace(tzinfo=None), look)
    elif isinstance(value, date):
        sheet.write_datetime(at, index, value, look)
    else:
        sheet.write_string(at, index, str(value), look)


def _write_number(sheet: Any, at: int, index: int, value: object, look: Any) -> None:
    if isinstance(value, int | float | Decimal):
        sheet.write_number(at, index, value, look)
    else:  # "—" where there is no rate
        sheet.write_string(at, index, str(value), look)


def _printable(sheet: Any, last: int) -> None:
    sheet.set_paper(9)  # A4
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.8, right=0.5, top=0.6, bottom=0.7)
    sheet.set_footer("&C第 &P 页 共 &N 页")
    sheet.hide_gridlines(0)
    sheet.center_horizontally()


@contextmanager
def book(stream: IO[bytes] | str):
    """Open a workbook to write into a stream or file; closing it writes the file."""
    workbook = xlsxwriter.Workbook(
        stream,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    workbook.set_properties({"author": "GridInspect", "created": EPOCH})
    with workbook:
        yield Book(workbook)


def write_table(
    stream: IO[bytes] | str,
    columns: Sequence[SheetColumn],
    rows: Iterable[Row],
    *,
    title: str,
    organisation: str = "",
    period: str = "",
    unit: str = "",
    note: str = "",
    name: str = "数据",
    charts: Iterable[ChartSpec] = (),
) -> int:
    """Write a workbook of one table and its charts; return the number of rows."""
    with book(stream) as written:
        count = written.table(
            name,
            columns,
            rows,
            title=title,
            organisation=organisation,
            period=period,
            unit=unit,
            note=note,
        )
        for number, spec in enumerate(charts, 1):
            written.chart(f"图{number}", spec)
    return count
