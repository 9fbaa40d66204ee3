"""两网化推进情况表: milestones, phase targets and scores of a place and those below."""

from collections.abc import Sequence
from datetime import date

from reports.builders.paper import NOTHING, Col, Report, Sheet
from reports.programme.boards import Board, Whole
from reports.programme.progress import PHASE_STATES, PROGRESS, Progress
from reports.programme.scoring import Score, Scored, points_words

TITLE = "两网化推进情况表"


def programme_report(whole: Whole, *, place: str, policies: Sequence[str]) -> Report:
    """Return the state of a place; of a city, one line for each of its districts."""
    own = whole.own
    tables = [_overview(whole, place)]
    if own is not None:
        tables += [_milestones(own), _phases(own), *map(_score, own.scores)]
    overview, *details = tables
    return Report(
        kind="programme",
        title=TITLE,
        place=place,
        on=whole.on,
        unit="项",
        policies=policies,
        summary=[_summary(own)] if own else _nothing(whole),
        tables=[overview, *(sheet for sheet in details if sheet.rows)],
        notes=[
            "期限早于发文日期的节点记为“已迟于发文”，不算逾期。得分由指标计算或据填报"
            "认定，待填报的项目不得分；网格按编码排列，不作排名。"
        ],
    )


def _nothing(whole: Whole) -> list[str]:
    return [] if whole.below else ["在这一天还没有采用实施方案。"]


def _summary(board: Board) -> str:
    done = board.count(Progress.DONE, Progress.DONE_LATE)
    late = board.count(Progress.OVERDUE)
    phase = board.phase
    words = []
    if board.milestones:
        words = [f"节点 {len(board.milestones)} 项，完成 {done} 项，逾期 {late} 项"]
    if phase and phase.targets:
        name, count = phase.phase.name, len(phase.targets)
        words.append(f"{name}目标 {count} 项，达到 {phase.met} 项")
    words += [f"{one.checklist.name} {one.words} 分" for one in board.acceptance]
    return "；".join(words or ["方案没有规定节点、目标和验收清单"]) + "。"


def _overview(whole: Whole, place: str) -> Sheet:
    boards = list(whole.below) or ([whole.own] if whole.own else [])
    lists = {
        (one.slug, one.checklist.key): one.checklist.name
        for board in boards
        for one in board.scores
    }
    return Sheet(
        name="汇总",
        heading="一、下级网格推进情况" if whole.below else "一、推进情况",
        columns=[
            Col("网格", 56),
            Col("节点完成", 24),
            Col("逾期节点", 24, "integer"),
            Col("当前阶段", 46),
            Col("目标达到", 24),
            *(Col(name, 80 / max(len(lists), 2)) for name in lists.values()),
        ],
        rows=[_line(board, list(lists)) for board in boards],
    )


def _line(board: Board, lists: Sequence[tuple[str, str]]) -> list[object]:
    done = board.count(Progress.DONE, Progress.DONE_LATE)
    phase = board.phase
    scores = {(one.slug, one.checklist.key): one.words for one in board.scores}
    return [
        board.place.name,
        f"{done}/{len(board.milestones)}" if board.milestones else NOTHING,
        board.count(Progress.OVERDUE),
        phase.phase.name if phase else NOTHING,
        f"{phase.met}/{len(phase.targets)}" if phase and phase.targets else NOTHING,
        *(scores.get(key, NOTHING) for key in lists),
    ]


def _milestones(board: Board) -> Sheet:
    return Sheet(
        name="节点",
        heading="节点",
        columns=[
            Col("节点", 80),
            Col("期限", 24, "date"),
            Col("状态", 26),
            Col("已完成网格", 24),
            Col("完成日期", 24, "date"),
            Col("有关指标", 58),
            Col("条款", 18),
        ],
        rows=[
            [
                row.milestone.name,
                _day(row.due),
                PROGRESS[row.state],
                f"{row.done}/{row.nodes}",
                _day(row.done_on),
                "；".join(f"{part.name} {part.figure_words}" for part in row.parts),
                row.milestone.clause,
            ]
            for row in board.milestones
        ],
        note="".join(
            f"“{row.milestone.name}”的期限早于发文 {row.early} 天。"
            for row in board.milestones
            if row.early
        ),
    )


def _phases(board: Board) -> Sheet:
    return Sheet(
        name="阶段目标",
        heading="阶段目标",
        columns=[
            Col("阶段", 44),
            Col("期限", 24, "date"),
            Col("状态", 22),
            Col("指标", 50),
            Col("目标", 20),
            Col("实际", 40),
            Col("差距", 36),
            Col("条款", 18),
        ],
        rows=[
            [
                row.phase.name,
                _day(row.due),
                PHASE_STATES[row.state],
                part.name,
                part.target_words,
                part.figure_words,
                part.gap_words,
                target.clause,
            ]
            for row in board.phases
            for target, part in row.targets
        ],
    )


def _score(score: Score) -> Sheet:
    checklist = score.checklist
    source = f"出自{checklist.source}。" if checklist.source else ""
    return Sheet(
        name=checklist.key,
        heading=f"{checklist.name}（{score.words} 分，{score.needed} 分合格）",
        columns=[
            Col("项目", 56),
            Col("满分", 16, "integer"),
            Col("得分", 16),
            Col("取自", 100),
            Col("说明", 66),
        ],
        rows=[
            [
                one.item.name,
                one.item.points,
                NOTHING if one.points is None else points_words(one.points),
                _taken_from(one),
                one.item.note,
            ]
            for one in score.items
        ],
        note=source + checklist.note,
    )


def _taken_from(one: Scored) -> str:
    if one.is_computed:
        return "；".join(f"{part.name} {part.figure_words}" for part in one.parts)
    if one.found is None:
        return f"尚未填报，查验：{one.item.ask}"
    return f"{one.found.get_basis_display()}，{one.found.on}，{one.found.signer}"


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
