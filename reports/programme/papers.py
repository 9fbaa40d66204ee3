"""目标责任书: what a grid promises the node above it, as a paper to be signed."""

from datetime import date

from gridinspect.documents import pdf
from reports.judging import NOTHING
from reports.programme.boards import Board, PhaseRow
from reports.programme.scoring import Score

TITLE = "劳动保障监察两网化目标责任书"
COLUMNS = ("序号", "指标", "目标", "签订时实际", "差距", "依据", "考核结果")
WIDTHS = (12, 48, 20, 34, 26, 14, 16)  # millimetres
SIGN_HEIGHT = 34  # millimetres, room for a seal put on by hand


def letter_story(
    board: Board, row: PhaseRow, *, giver: str, year: int, number: str, on: date
) -> pdf.Story:
    """Return the letter of a grid for a phase of its plan, signatures left blank."""
    place, policy = board.place, board.scope.policy
    story = [
        *pdf.title(f"{year}年度{TITLE}", number),
        pdf.above_table(f"责任单位：{place.name}", f"数据截至 {on:%Y-%m-%d}"),
        pdf.paragraph(_preamble(board, row, giver)),
        *pdf.section("一、目标和现状"),
    ]
    if row.targets:
        story.append(_targets(row))
    else:
        story.append(pdf.paragraph("方案在这一阶段没有规定比率目标。"))
    story += _milestones(board)
    for scored in board.acceptance:
        story += _acceptance(scored)
    story += [
        *pdf.section("责任和考核"),
        pdf.paragraph(
            f"{place.name}负责在期限内完成上列目标，如实填报数据和依据；"
            f"{giver}负责指导、检查、督促、验收和考核。"
            "比率由系统按登记数据计算，向下取一位小数。"
        ),
        pdf.spacer(4),
        pdf.together(*_signatures(giver, place.name)),
        pdf.paragraph(
            f"依据：《{policy.title}》第 {policy.version} 版。"
            "签字、盖章处由双方手签、手盖，系统不生成印章。一式两份，双方各执一份。",
            pdf.NOTE,
        ),
    ]
    return story


def _preamble(board: Board, row: PhaseRow, giver: str) -> str:
    due = f"，{pdf.chinese_date(row.due)}前完成" if row.due else ""
    return (
        f"为落实《{board.scope.policy.title}》，{giver}与{board.place.name}"
        f"就“{row.phase.name}”的工作目标签订本责任书{due}。"
    )


def _targets(row: PhaseRow) -> pdf.Flowable:
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
    return pdf.table(COLUMNS, lines, widths=WIDTHS, numeric=[2, 3], centred=[0, 5])


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
        *pdf.section("二、节点任务"),
        pdf.table(
            ("序号", "任务", "期限", "已完成", "依据", "考核结果"),
            lines,
            widths=(12, 76, 26, 20, 16, 20),
            centred=[0, 2, 3, 4],
        ),
    ]


def _acceptance(scored: Score) -> pdf.Story:
    lines = [
        [
            number,
            one.item.name,
            one.item.points,
            NOTHING if one.points is None else float(one.points),
            "由指标计算" if one.is_computed else one.item.ask,
            "",
        ]
        for number, one in enumerate(scored.items, 1)
    ]
    lines.append(["", "合计", scored.out_of, float(scored.points), "", ""])
    return [
        *pdf.section(f"{scored.checklist.name}（{scored.needed} 分合格）"),
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
                pdf.Fact("下达单位", f"{giver}（盖章）", SIGN_HEIGHT, pdf.SIGN),
                pdf.Fact("责任单位", f"{place}（盖章）", SIGN_HEIGHT, pdf.SIGN),
            ]
        ],
        label=18,
    )
