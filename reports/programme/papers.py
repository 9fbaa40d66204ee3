"""目标责任书: what a grid promises the node above it, as a paper to be signed."""

from datetime import date

from gridinspect.documents import pdf
from reports.judging import NOTHING
from reports.programme.boards import Board, PhaseRow
from reports.programme.scoring import Score, points_words

TITLE = "劳动保障监察两网化目标责任书"
COLUMNS = ("序号", "指标", "目标", "签订时实际", "差距", "依据", "考核结果")
WIDTHS = (12, 48, 20, 34, 26, 14, 16)  # millimetres
SIGN_HEIGHT = 34  # millimetres, room for a seal put on by hand
SIGN = "签字：　　　　　年　　月　　日"
NUMERALS = "一二三四五六七八九"


def letter_story(
    board: Board, row: PhaseRow, *, giver: str, year: int, number: str, on: date
) -> pdf.Story:
    """Return the letter of a grid for a phase of its plan, signatures left blank."""
    place, policy = board.place, board.scope.policy
    parts = [
        ("目标和现状", _targets(row)),
        ("节点任务", _milestones(board)),
        *((_heading(one), _acceptance(one)) for one in board.acceptance),
    ]
    kept = [(heading, part) for heading, part in parts if part]
    story = [
        *pdf.title(f"{year}年度{TITLE}", number),
        pdf.above_table(f"责任单位：{place.name}", f"数据截至 {on:%Y-%m-%d}"),
        pdf.paragraph(_preamble(board, row, giver, on)),
    ]
    for numeral, (heading, part) in zip(NUMERALS, kept, strict=False):
        story += [*pdf.section(f"{numeral}、{heading}"), *part]
    signed = pdf.together(  # a page with nothing but seals could go to any paper
        pdf.heading(f"{NUMERALS[len(kept)]}、责任和考核"),
        pdf.paragraph(_duties(giver, place.name)),
        pdf.spacer(4),
        *_signatures(giver, place.name),
        pdf.spacer(2),
        pdf.paragraph(
            f"依据：《{policy.title}》第 {policy.version} 版。"
            "签字、盖章处由双方手签、手盖，系统不生成印章。一式两份，双方各执一份。",
            pdf.NOTE,
        ),
    )
    story.append(signed)
    return story


def _preamble(board: Board, row: PhaseRow, giver: str, on: date) -> str:
    due = f"，{pdf.chinese_date(row.due)}前完成" if row.due else ""
    if row.due and row.due < on:
        due = f"；方案的期限为{pdf.chinese_date(row.due)}，已经到期"
    return (
        f"为落实《{board.scope.policy.title}》，{giver}与{board.place.name}"
        f"就“{row.phase.name}”的工作目标签订本责任书{due}。"
    )


def _duties(giver: str, place: str) -> str:
    return (
        f"{place}负责在期限内完成上列目标，如实填报数据和依据；"
        f"{giver}负责指导、检查、督促、验收和考核。"
        "比率由系统按登记数据计算，向下取一位小数。"
    )


def _targets(row: PhaseRow) -> pdf.Story:
    if not row.targets:
        return [pdf.paragraph("方案在这一阶段没有规定比率目标。")]
    lines = [
        [
            number,
            part.name,
            part.target_words,
            part.figure_words,
            part.gap_words,
            target.clause,
            "",
        ]
        for number, (target, part) in enumerate(row.targets, 1)
    ]
    return [pdf.table(COLUMNS, lines, widths=WIDTHS, numeric=[2, 3], centred=[0, 5])]


def _milestones(board: Board) -> pdf.Story:
    if not board.milestones:
        return []
    lines = [
        [
            number,
            row.milestone.name,
            row.due.isoformat() if row.due else NOTHING,
            f"{row.done}/{row.nodes}",
            row.milestone.clause,
            "",
        ]
        for number, row in enumerate(board.milestones, 1)
    ]
    return [
        pdf.table(
            ("序号", "任务", "期限", "已完成", "依据", "考核结果"),
            lines,
            widths=(12, 76, 26, 20, 16, 20),
            centred=[0, 2, 3, 4],
        ),
    ]


def _heading(scored: Score) -> str:
    return f"{scored.checklist.name}（{scored.needed} 分合格）"


def _acceptance(scored: Score) -> pdf.Story:
    lines = [
        [
            number,
            one.item.name,
            one.item.points,
            NOTHING if one.points is None else points_words(one.points),
            "由指标计算" if one.is_computed else one.item.ask,
            "",
        ]
        for number, one in enumerate(scored.items, 1)
    ]
    lines.append(["", "合计", scored.out_of, points_words(scored.points), "", ""])
    return [
        pdf.table(
            ("序号", "项目", "满分", "现得分", "查验内容", "考核结果"),
            lines,
            widths=(12, 46, 16, 18, 58, 20),
            numeric=[2, 3],
            centred=[0],
            total=True,
        ),
    ]


def _signatures(giver: str, place: str) -> pdf.Story:
    return pdf.facts(
        [
            [
                pdf.Fact("下达单位", f"{giver}（盖章）", SIGN_HEIGHT, SIGN),
                pdf.Fact("责任单位", f"{place}（盖章）", SIGN_HEIGHT, SIGN),
            ]
        ],
        label=18,
    )
