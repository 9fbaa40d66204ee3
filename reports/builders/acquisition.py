"""信息采集情况报告: known units, collected, filed, supervised, place by place."""

from collections.abc import Mapping, Sequence
from datetime import date

from gridinspect.documents.charts import ChartSpec, bar
from reports.builders.paper import Col, Report, Sheet
from reports.coverage import Figures, Row
from reports.indicators import Reading, percents, readings
from reports.rules import Counts

TITLE = "信息采集情况报告"
RATES = ("acquired", "filed", "assigned")
FACTS = ("acquired", "filed", "assigned", "networked")


def acquisition_report(
    figures: Figures,
    *,
    policies: Sequence[str],
    trend: Mapping[date, Counts],
) -> Report:
    """Return the report for a place with what lies below it; `trend` by month's end."""
    own = readings(figures.own.counts, figures.own.policy)
    return Report(
        kind="acquisition",
        title=TITLE,
        place=figures.own.name,
        on=figures.on,
        unit="户",
        policies=policies,
        summary=[_summary(figures), *(_sentence(one) for one in _shown(own))],
        charts=_charts(figures, trend),
        tables=[_rates(own), _places(figures)],
        notes=_notes(figures),
    )


def _shown(own: Sequence[Reading]) -> list[Reading]:
    return [one for one in own if one.key in FACTS]


def _summary(figures: Figures) -> str:
    counts = figures.own.counts
    return (
        f"截至 {figures.on:%Y-%m-%d}，共有用人单位 {counts.known:,} 户（底数），"
        f"其中有效期内已采集 {counts.acquired:,} 户，"
        f"未采集或已过期 {counts.known - counts.acquired:,} 户。"
    )


def _sentence(one: Reading) -> str:
    name, unit = one.indicator.name, one.indicator.unit
    if one.rate is None:
        return f"{name}：不能计算（{one.why_none}）。"
    text = f"{name}：{one.counted:,} ÷ {one.out_of:,}（{unit}）= {one.percent:.1f}%"
    if one.target is None:
        return f"{text}，方案没有规定本阶段目标。"
    verdict = "已达标" if one.is_met else f"差 {one.gap:.1f} 个百分点"
    clause = one.target.target.clause
    return f"{text}，目标 {one.target_percent:g}%（{clause}），{verdict}。"


def _charts(figures: Figures, trend: Mapping[date, Counts]) -> list[ChartSpec]:
    charts = []
    if trend:
        days = sorted(trend)
        charts.append(
            bar(
                "月末走势",
                "%",
                [f"{day:%Y-%m}" for day in days],
                percents([trend[day] for day in days], RATES),
                kind="line",
                decimals=1,
                label_header="月末",
            )
        )
    rows = [row for row in figures.children if row.counts.known]
    if len(rows) > 1:
        charts.append(
            bar(
                "下级网格比较",
                "%",
                [row.name for row in rows],
                percents([row.counts for row in rows], ("acquired", "filed")),
                decimals=1,
                label_header="网格",
            )
        )
    return charts


def _rates(own: Sequence[Reading]) -> Sheet:
    return Sheet(
        name="指标",
        heading="一、指标与目标",
        columns=[
            Col("指标", 50),
            Col("分子", 30, "integer"),
            Col("分母", 30, "integer"),
            Col("比率", 30, "percent"),
            Col("目标", 30, "percent"),
            Col("条款", 25),
            Col("达标情况", 55),
        ],
        rows=[
            [
                one.indicator.name,
                one.counted,
                one.out_of,
                None if one.rate is None else float(one.rate),
                one.target.target.threshold if one.target else None,
                one.target.target.clause if one.target else "",
                _verdict(one),
            ]
            for one in own
        ],
    )


def _verdict(one: Reading) -> str:
    if one.rate is None:
        return one.why_none
    if one.is_met is None:
        return "方案没有规定目标"
    return "达标" if one.is_met else f"未达标，差 {one.gap:.1f} 个百分点"


def _places(figures: Figures) -> Sheet:
    lines: list[list[object]] = [
        [number, row.name, *_line(row)]
        for number, row in enumerate(figures.children, 1)
    ]
    lines.append(["", "合计", *_line(figures.own)])
    return Sheet(
        name="下级网格",
        heading="二、下级网格明细",
        columns=[
            Col("序号", 12, "integer"),
            Col("网格", 58),
            Col("底数", 25, "integer"),
            Col("已采集", 25, "integer"),
            Col("采集率", 25, "percent"),
            Col("已建档", 25, "integer"),
            Col("建档率", 25, "percent"),
            Col("已监管", 25, "integer"),
            Col("监管率", 25, "percent"),
        ],
        rows=lines,
        total=True,
        note="合计含直接登记在本级、未落到下级网格的用人单位。",
    )


def _line(row: Row) -> list[object]:
    counts = row.counts
    line: list[object] = [counts.known]
    for key in RATES:
        rate = counts.rate(key)
        line += [getattr(counts, key), None if rate is None else float(rate)]
    return line


def _notes(figures: Figures) -> list[str]:
    if not figures.pending:
        return []
    return [f"另有 {figures.pending} 处变动尚待统计，未计入本报告。"]
