"""A chart is data; here are its four appearances: page, paper, sheet and table.

The page draws it with ECharts (static/js/charts.js) over the table that everybody else
reads: a reader without JavaScript, a screen reader, a printer. Missing values are None
and leave a gap; they are never drawn as zero.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, Literal

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from reportlab.graphics.charts.barcharts import HorizontalBarChart, VerticalBarChart
from reportlab.graphics.charts.linecharts import HorizontalLineChart
from reportlab.graphics.charts.textlabels import NA_Label
from reportlab.graphics.shapes import STATE_DEFAULTS, Drawing, Line, Rect, String
from reportlab.graphics.widgets.markers import makeMarker
from reportlab.lib import colors
from reportlab.lib.units import mm

from gridinspect.documents import pdf
from gridinspect.documents.fonts import Face, font, runs, width, wrap

# Told apart by lightness as well as by hue, for those who print in black and white.
PALETTE = ("#1F5FA8", "#8FB8DE", "#3C7D5A", "#A9CFB4", "#7A6A9B", "#C9C2DB")
TARGET = "#B54708"

Number = float | int | None


@dataclass(frozen=True, slots=True)
class Series:
    """One row of figures, a value for each label; None where there is none."""

    name: str
    values: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A level that a policy demands, drawn across the chart."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class ChartSpec:
    """What a chart says, whoever draws it.

    Values are in `unit`: with "%", 87.5 means 87.5 %. `decimals` is how many the
    figures are shown with. `source` names where they come from and their date.
    """

    kind: Literal["bar", "line", "stacked"]
    title: str
    unit: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    targets: tuple[Target, ...] = ()
    source: str = ""
    note: str = ""
    decimals: int = 0
    label_header: str = "项目"

    def __post_init__(self) -> None:
        for series in self.series:
            if len(series.values) != len(self.labels):
                raise ValueError(
                    f"{series.name}: {len(series.values)} values "
                    f"for {len(self.labels)} labels."
                )

    @property
    def caption(self) -> str:
        return f"{self.title}（{self.unit}）" if self.unit else self.title

    @property
    def footnote(self) -> str:
        source = f"数据来源：{self.source}" if self.source else ""
        return "　".join(part for part in (source, self.note) if part)

    @property
    def key(self) -> str:
        """Return an id for the page, the same for the same content."""
        content = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)
        return f"chart-{hashlib.sha256(content.encode()).hexdigest()[:10]}"

    def as_html(self) -> SafeString:
        """Return the chart for a page; the template tag `chart` calls this."""
        return as_html(self)

    @property
    def is_empty(self) -> bool:
        return all(value is None for s in self.series for value in s.values)


def bar(
    title: str,
    unit: str,
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[Number]]],
    *,
    kind: Literal["bar", "line", "stacked"] = "bar",
    targets: Sequence[tuple[str, float]] = (),
    **more: Any,
) -> ChartSpec:
    """Return a spec from plain lists, which is how a builder has its figures."""
    return ChartSpec(
        kind=kind,
        title=title,
        unit=unit,
        labels=tuple(labels),
        series=tuple(Series(name, tuple(values)) for name, values in series),
        targets=tuple(Target(name, value) for name, value in targets),
        **more,
    )


def shown(spec: ChartSpec, value: Number) -> str:
    """Return a figure as it is written; a missing one is a dash."""
    return "—" if value is None else f"{value:,.{spec.decimals}f}"


# --- table and page -------------------------------------------------------------------


def as_table(spec: ChartSpec) -> tuple[list[str], list[list[str]]]:
    """Return the chart as headers and rows of text, targets as columns of their own."""
    headers = [spec.label_header]
    headers += [series.name for series in spec.series]
    headers += [target.name for target in spec.targets]
    rows = [
        [
            label,
            *(shown(spec, series.values[i]) for series in spec.series),
            *(shown(spec, target.value) for target in spec.targets),
        ]
        for i, label in enumerate(spec.labels)
    ]
    return headers, rows


def as_data(spec: ChartSpec) -> dict[str, object]:
    """Return what static/js/charts.js draws from."""
    return {**asdict(spec), "palette": PALETTE, "targetColour": TARGET}


def as_html(spec: ChartSpec) -> SafeString:
    """Return the chart for a page: its table, and the data to draw it from.

    The page includes `documents/_chart_scripts.html` in its block `scripts`.
    """
    headers, rows = as_table(spec)
    context = {
        "spec": spec,
        "data": as_data(spec),
        "headers": headers,
        "rows": rows,
    }
    return render_to_string("documents/_chart.html", context)


# --- paper ----------------------------------------------------------------------------

LABELS_ACROSS = 12  # more labels than this lie better as horizontal bars
BARS_A_DRAWING = 30  # horizontal bars that fit on a page
TEXT = 8  # points
AXIS_COLOUR = colors.HexColor("#666666")
GRID_COLOUR = colors.HexColor("#DDDDDD")


def as_flowables(spec: ChartSpec, *, wide: float = pdf.PORTRAIT) -> pdf.Story:
    """Return the chart for paper: caption, drawing, source. `wide` is millimetres.

    Many labels give several drawings, so that each fits on a page.
    """
    caption = pdf.paragraph(spec.caption, pdf.Type(Face.HEI, 10.5, 16, 0.5, before=6))
    note = pdf.paragraph(spec.footnote, pdf.NOTE)
    if spec.is_empty:
        return [pdf.together(caption, pdf.paragraph("（无数据）", pdf.NOTE), note)]
    parts = [spec]
    if _lies(spec):
        parts = [
            _part(spec, start) for start in range(0, len(spec.labels), BARS_A_DRAWING)
        ]
    drawings = [as_drawing(part, wide=wide) for part in parts]
    first, rest = drawings[0], drawings[1:]
    if not rest:
        return [pdf.together(caption, first, note)]
    return [pdf.together(caption, first), *rest, note]


def _part(spec: ChartSpec, start: int) -> ChartSpec:
    end = start + BARS_A_DRAWING
    return ChartSpec(
        **{
            **{name: getattr(spec, name) for name in spec.__slots__},
            "labels": spec.labels[start:end],
            "series": tuple(Series(s.name, s.values[start:end]) for s in spec.series),
        }
    )


def _lies(spec: ChartSpec) -> bool:
    return spec.kind != "line" and len(spec.labels) > LABELS_ACROSS


def as_drawing(spec: ChartSpec, *, wide: float = pdf.PORTRAIT) -> Drawing:
    """Return the picture alone, with legend, axes and target lines."""
    # The renderer names this font before it draws; Helvetica would not be embedded.
    STATE_DEFAULTS["fontName"] = font(Face.SONG).name
    lying = _lies(spec)
    bars = 1 if spec.kind == "stacked" else len(spec.series)
    tall = 26 + len(spec.labels) * (8 + 9 * bars) + 26 if lying else 190
    drawing = Drawing(wide * mm, tall)
    left = 110 if lying else 40
    bottom, top = (20, 24) if lying else (40, 30)
    chart = _chart(spec, lying)
    chart.x, chart.y = left, bottom
    chart.width, chart.height = drawing.width - left - 46, tall - bottom - top
    _axes(spec, chart, lying)
    drawing.add(chart)
    _legend(spec, drawing)
    _targets(spec, drawing, chart, lying)
    return drawing


def _chart(spec: ChartSpec, lying: bool) -> Any:
    chart: Any
    if spec.kind == "line":
        chart = HorizontalLineChart()
        chart.joinedLines = 1
        styles = chart.lines
    else:
        chart = HorizontalBarChart() if lying else VerticalBarChart()
        chart.groupSpacing, chart.barSpacing = 8, 1
        styles = chart.bars
        chart.bars.strokeColor = None
        if spec.kind == "stacked":
            chart.categoryAxis.style = "stacked"
        else:
            _bar_labels(spec, chart, lying)
    chart.data, owners = _unbroken(spec)
    for index, owner in enumerate(owners):
        colour = _colour(owner)
        if spec.kind == "line":
            styles[index].strokeColor, styles[index].strokeWidth = colour, 1.5
            styles[index].symbol = makeMarker("FilledCircle", size=3)
            styles[index].symbol.fillColor = styles[index].symbol.strokeColor = colour
        else:
            styles[index].fillColor = colour
    return chart


def _colour(index: int) -> colors.Color:
    return colors.HexColor(PALETTE[index % len(PALETTE)])


def _unbroken(spec: ChartSpec) -> tuple[list[list[Number]], list[int]]:
    """Return the rows to draw, and which series each belongs to.

    reportlab draws a line straight across a missing value, so a line with gaps is
    drawn as several lines, each with values for its own stretch only.
    """
    if spec.kind != "line":
        return [list(s.values) for s in spec.series], list(range(len(spec.series)))
    rows: list[list[Number]] = []
    owners: list[int] = []
    for owner, series in enumerate(spec.series):
        for has_value, stretch in groupby(
            range(len(spec.labels)), key=lambda i: series.values[i] is not None
        ):
            if not has_value:
                continue
            places = set(stretch)
            rows.append(
                [v if i in places else None for i, v in enumerate(series.values)]
            )
            owners.append(owner)
    return rows, owners


def _bar_labels(spec: ChartSpec, chart: Any, lying: bool) -> None:
    if len(spec.series) * len(spec.labels) > LABELS_ACROSS * 2 and not lying:
        return
    chart.barLabelFormat = lambda value: shown(spec, value)
    chart.barLabels.fontName, chart.barLabels.fontSize = font(Face.SONG).name, 7
    chart.barLabels.nudge = 4
    chart.naLabel = NA_Label()
    chart.naLabel.text, chart.naLabel.fontName = "—", font(Face.SONG).name
    chart.naLabel.fontSize = 7
    chart.barLabels.boxAnchor = "w" if lying else "s"
    if lying:
        chart.barLabels.dx = -2


def _axes(spec: ChartSpec, chart: Any, lying: bool) -> None:
    song = font(Face.SONG)
    names = [_short(label, 100 if lying else 60) for label in spec.labels]
    axis, values = chart.categoryAxis, chart.valueAxis
    axis.categoryNames = names
    axis.labels.fontName, axis.labels.fontSize = song.name, TEXT
    if lying:
        axis.reverseDirection = 1
        axis.labels.boxAnchor, axis.labels.dx = "e", -4
    elif max(width(name, Face.SONG, TEXT) for name in names) * len(names) > chart.width:
        axis.labels.angle, axis.labels.boxAnchor, axis.labels.dy = 35, "ne", -2
    values.labels.fontName, values.labels.fontSize = song.name, TEXT
    values.labelTextFormat = lambda value: f"{value:,g}"
    values.visibleGrid, values.gridStrokeColor = 1, GRID_COLOUR
    values.gridStrokeWidth = 0.4
    values.valueMin = 0
    values.valueMax, values.valueStep = _scale(spec)
    for line in (axis, values):
        line.strokeColor, line.strokeWidth = AXIS_COLOUR, 0.5


def _scale(spec: ChartSpec) -> tuple[float, float]:
    """Return the axis's upper end and step: round figures, a little above the data."""
    if spec.kind == "stacked":
        tops = [
            sum(series.values[i] or 0 for series in spec.series)
            for i in range(len(spec.labels))
        ]
    else:
        tops = [value or 0 for series in spec.series for value in series.values]
    highest = max([*tops, *(target.value for target in spec.targets)], default=0)
    if spec.unit == "%" and highest <= 100:
        return 100, 20
    step: float = 1
    while highest > 5 * step:
        step *= 2.5 if str(step).startswith("2") else 2
    return step * (int(highest / step) + 1), step


def _short(text: str, room: float) -> str:
    """Cut a label to its room; the table beside the chart has it in full."""
    if width(text, Face.SONG, TEXT) <= room:
        return _printable(text)
    return _printable(wrap(text, Face.SONG, TEXT, room - TEXT)[0] + "…")


def _printable(text: str) -> str:
    """Return a label whose characters all exist in Song; charts know only one font."""
    song = font(Face.SONG)
    return "".join(
        part if piece is song else "〓" * len(part)
        for piece, part in runs(text, Face.SONG)
    )


def _legend(spec: ChartSpec, drawing: Drawing) -> None:
    x, y = 40.0, drawing.height - 12
    for index, series in enumerate(spec.series):
        drawing.add(Rect(x, y, 9, 7, fillColor=_colour(index), strokeColor=None))
        x = _text(drawing, x + 12, y, _printable(series.name)) + 14
    for target in spec.targets:
        drawing.add(_dashed(x, y + 3, x + 14, y + 3))
        words = f"{target.name} {shown(spec, target.value)}"
        x = _text(drawing, x + 17, y, _printable(words)) + 14


def _text(drawing: Drawing, x: float, y: float, text: str) -> float:
    drawing.add(String(x, y, text, fontName=font(Face.SONG).name, fontSize=TEXT))
    return x + width(text, Face.SONG, TEXT)


def _targets(spec: ChartSpec, drawing: Drawing, chart: Any, lying: bool) -> None:
    for target in spec.targets:
        share = target.value / chart.valueAxis.valueMax  # the axis begins at 0
        if lying:
            at = chart.x + chart.width * share
            drawing.add(_dashed(at, chart.y, at, chart.y + chart.height))
        else:
            at = chart.y + chart.height * share
            drawing.add(_dashed(chart.x, at, chart.x + chart.width, at))


def _dashed(x1: float, y1: float, x2: float, y2: float) -> Line:
    colour = colors.HexColor(TARGET)
    return Line(
        x1, y1, x2, y2, strokeColor=colour, strokeWidth=1, strokeDashArray=[4, 2]
    )
