"""条款落实检查验收表: a plan clause by clause, with room for the inspector's remark."""

from collections.abc import Sequence
from datetime import date

from reports.builders.paper import NOTHING, Col, Report, Sheet
from reports.conformance import Conformance
from reports.judging import STATES, Judged, Part

TITLE = "条款落实检查验收表"


def conformance_report(
    found: Sequence[Conformance], *, place: str, on: date, policies: Sequence[str]
) -> Report:
    """Return the table of one plan after the other, those of a city together."""
    return Report(
        kind="conformance",
        title=TITLE,
        place=place,
        on=on,
        unit="条",
        policies=policies,
        summary=[_summary(one) for one in found] or ["在这一天还没有采用实施方案。"],
        tables=[_overview(found), *(_clauses(one) for one in found)],
        notes=[
            "“无法衡量”的条款说明了原因；“待建”是本系统尚未提供的部分，须另行检查；"
            "“由系统提供”只表示系统备有该项功能。比率向下取一位小数。"
        ],
    )


def _summary(found: Conformance) -> str:
    counts = "，".join(
        f"{STATES[state]} {count} 条"
        for state, count in found.by_state.items()
        if count
    )
    title = found.scope.policy.title
    return f"《{title}》共 {len(found.clauses)} 条：{counts}。"


def _overview(found: Sequence[Conformance]) -> Sheet:
    return Sheet(
        name="汇总",
        heading="一、各方案条款状态",
        columns=[
            Col("实施方案", 88),
            Col("条款", 18, "integer"),
            *(Col(label, 20.5, "integer") for label in STATES.values()),
        ],
        rows=[
            [one.scope.policy.title, len(one.clauses), *one.by_state.values()]
            for one in found
        ],
    )


def _clauses(found: Conformance) -> Sheet:
    return Sheet(
        name=found.scope.policy.slug,
        heading=f"《{found.scope.policy.title}》逐条检查",
        columns=[
            Col("条款", 15),
            Col("要求", 80),
            Col("指标", 36),
            Col("实际", 27),
            Col("目标", 14),
            Col("差距", 22),
            Col("结果", 18),
            Col("说明和检查意见", 38),
        ],
        rows=[line for one in found.clauses for line in _lines(one)],
    )


def _lines(judged: Judged) -> list[list[object]]:
    """Return a line for the clause, with its figure or above its several figures."""
    clause, parts = judged.clause, judged.parts
    state = STATES[judged.state]
    several = parts if len(parts) > 1 else ()
    if several:
        figures = [f"{len(parts)} 项指标", NOTHING, NOTHING, NOTHING]
    else:
        figures = _figures(parts[0]) if parts else [NOTHING] * 4
    lines: list[list[object]] = [
        [clause.id, clause.meaning, *figures, state, judged.reason]
    ]
    lines += [["", "", *_figures(part), STATES[part.state], ""] for part in several]
    return lines


def _figures(part: Part) -> list[str]:
    return [part.name, part.figure_words, part.target_words, part.gap_words]
