"""The papers of a written review: announcement, order to hand in, progress, sheet."""

from collections.abc import Sequence
from datetime import date

from enterprises.models import Enterprise
from enterprises.reviews.models import Review, ReviewRound
from enterprises.reviews.rules import SAID, STATES
from gridinspect.documents import pdf

RECEIVED = "签收人：　　　　　　　　　　签收日期：　　　　年　　月　　日"


def announcement(
    round: ReviewRound, *, agency: str, number: str, on: date
) -> pdf.Story:
    """公告: which units hand in what, from when until when."""
    kinds = dict(Enterprise.UnitKind.choices)
    whom = "、".join(kinds[key] for key in round.unit_kinds) or "用人单位"
    size = f"（从业人数 {round.min_headcount} 人以上）" if round.min_headcount else ""
    body = pdf.letter_body(
        [
            "根据《劳动保障监察条例》第十四条的规定，本机关决定对用人单位遵守劳动保障法律、"
            f"法规和规章的情况进行 {round.year} 年度书面审查。现公告如下：",
            (1, "一、审查范围"),
            f"{round.grid.name}内的{whom}{size}，共 {round.units} 户。",
            (1, "二、报送时间和数据截止日期"),
            f"自{pdf.chinese_date(round.opens_on)}起至"
            f"{pdf.chinese_date(round.closes_on)}止；"
            f"数据截至{pdf.chinese_date(round.as_of)}。",
            (1, "三、报送材料"),
            *_numbered(round.materials),
            "同时如实填报《用人单位调查登记表》。",
            (1, "四、其他事项"),
            "用人单位应先自查自纠，再在规定时间内向所在街道（乡镇）劳动保障监察机构报送。"
            "审查中按规定比例随机实地抽查。逾期不报送或者隐瞒事实真相、出具伪证的，"
            "依照《劳动保障监察条例》第三十条处理。",
            "特此公告。",
        ]
    )
    return [
        *pdf.letter_head(agency=agency, name="书面审查公告", number=number),
        *body[:-1],
        *pdf.letter_foot(agency=agency, day=on, below=body[-1:]),
    ]


def _numbered(names: Sequence[str]) -> list[str]:
    """Return the lines of a list: the last one ends the sentence."""
    return [
        f"{n}．{name}{'。' if n == len(names) else '；'}"
        for n, name in enumerate(names, start=1)
    ]


def order(
    review: Review, *, agency: str, number: str, on: date, due_on: date
) -> pdf.Story:
    """责令限期报送通知书: to a unit that did not hand in."""
    round = review.round
    body = pdf.letter_body(
        [
            f"本机关于{pdf.chinese_date(round.announced_on or on)}公告开展"
            f" {round.year} 年度书面审查（{round.notice_number}），报送截止日期为"
            f"{pdf.chinese_date(round.closes_on)}。你单位至今没有报送。",
            "根据《劳动保障监察条例》第三十条的规定，"
            f"责令你单位于{pdf.chinese_date(due_on)}前（含当日）报送全部书面审查材料。"
            "逾期仍不报送的，本机关将依法处理。",
            "你单位对本通知有异议的，可以在收到后向本机关陈述、申辩。",
            "特此通知。",
        ]
    )
    name = "责令限期报送书面审查材料通知书"
    return [
        *pdf.letter_head(agency=agency, name=name, number=number),
        pdf.addressee(review.enterprise.name),
        *body[:-1],
        *pdf.letter_foot(agency=agency, day=on, below=body[-1:]),
    ]


def progress(
    round: ReviewRound,
    heads: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    agency: str,
    on: date,
) -> pdf.Story:
    """书面审查进度表: one line for each grid, the sum last."""
    wide = pdf.PORTRAIT - 34
    each = wide / (len(heads) - 1)
    return [
        *pdf.title(f"{round.name}进度表", f"截至{pdf.chinese_date(on)}"),
        pdf.above_table(f"填报单位：{agency}", "单位：户"),
        pdf.table(
            [f"{head[:2]}\n{head[2:]}" if len(head) > 3 else head for head in heads],
            rows,
            widths=[34, *[each] * (len(heads) - 1)],
            numeric=range(1, len(heads)),
            total=True,
            size=8,
        ),
        pdf.signature_foot(organisation=agency, day=on),
    ]


def sheet(review: Review, *, agency: str) -> pdf.Story:
    """书面审查表: one unit's review with its materials and its conclusion."""
    unit, fact = review.enterprise, pdf.Fact
    rows = []
    for n, name in enumerate(review.round.materials, start=1):
        one = review.materials.get(name) or {}
        rows.append([n, name, SAID.get(one.get("said", ""), ""), one.get("note", "")])
    day = review.submitted_on
    return [
        *pdf.title(f"{agency}\n用人单位劳动保障书面审查表", review.round.name),
        *pdf.facts(
            [
                [fact("单位名称", unit.name)],
                [
                    fact("统一社会信用代码", unit.uscc or "无"),
                    fact("所属网格", review.grid.name),
                ],
                [
                    fact("报送日期", pdf.chinese_date(day) if day else ""),
                    fact(
                        "调查登记表",
                        str(review.survey.surveyed_on) if review.survey else "",
                    ),
                ],
            ],
            label=32,
        ),
        pdf.spacer(2),
        pdf.table(
            ["序号", "报送材料", "情况", "说明"],
            rows,
            widths=[12, 78, 22, 58],
            centred=[0, 2],
        ),
        *pdf.facts(
            [
                [fact("需要改正的问题", review.points, height=24)],
                [fact("复查情况", review.recheck_note, height=16)],
                [fact("实地抽查", _site(review))],
                [
                    fact(
                        "审查结论",
                        STATES[review.state] if review.checked_on else "",
                        height=20,
                        sign=pdf.SIGN,
                    )
                ],
                [fact("单位（盖章）", height=20, sign=pdf.SIGN)],
            ],
            label=32,
        ),
    ]


def _site(review: Review) -> str:
    """Return what was seen on site, with the day and the inspection's paper."""
    if review.sample_id is None:
        return "未抽中"
    if review.site_on is None:
        return "已抽中，待实地抽查"
    day = pdf.chinese_date(review.site_on)
    return f"{day}（{review.site_paper}）：{review.site_result}"
