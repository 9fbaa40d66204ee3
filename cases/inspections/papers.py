"""The papers of an inspection. None of them says why a unit was singled out (T03)."""

from collections.abc import Callable, Sequence

from cases.inspections import rules
from cases.inspections.models import Draw, Inspection
from cases.papers import INSPECTOR, RECEIVED, Head
from gridinspect import draws
from gridinspect.documents import pdf

__all__ = ["INSPECTOR", "RECEIVED", "Head", "Paper", "draw_log", "notice", "record"]

Paper = Callable[[Head], pdf.Story]
BLANK = "　" * 8
UNIT_SIGN = (
    "单位在场人员（签字）：　　　　　　　　　　年　　月　　日　　"
    "检查人员（签字）：　　　　　　　"
)


def notice(inspection: Inspection, inspectors: Sequence[tuple[str, str]]) -> Paper:
    """检查通知书: to the unit, with the day, the matters and who will come."""
    who = "、".join(f"{name}（证号 {number}）" for name, number in inspectors)
    topics = "；".join(rules.TOPICS[key] for key in inspection.plan.topics)

    def paper(head: Head) -> pdf.Story:
        return _letter(
            head,
            inspection.enterprise.name,
            "根据《劳动保障监察条例》第十一条、第十四条、第十五条的规定，经本机关负责人批准"
            f"（{inspection.approval_number}），本机关定于"
            f"{pdf.chinese_date(inspection.planned_on)}对你单位遵守劳动保障法律、法规"
            "和规章的情况进行行政检查。",
            f"检查事项：{topics}。",
            f"检查人员：{who}。",
            "请你单位派员到场，准备职工名册、劳动合同、工资支付凭证、考勤记录、"
            "社会保险缴费凭证、规章制度等材料备查。",
            "检查人员不出示劳动保障监察证，或者少于两人的，你单位有权拒绝检查。"
            "检查人员与你单位或者检查事项有直接利害关系的，你单位可以申请其回避。",
            "特此通知。",
        )

    return paper


def result(inspection: Inspection, found: Sequence[str]) -> Paper:
    """检查结果告知书: to the unit, what was found and what follows."""

    def paper(head: Head) -> pdf.Story:
        day = inspection.inspected_on
        texts = [
            f"本机关于{pdf.chinese_date(day) if day else BLANK}对你单位进行了行政检查"
            f"（检查通知书文号：{inspection.notice_number}）。现将检查结果告知如下：",
            f"检查结果：{Inspection.Outcome(inspection.outcome).label}。",
        ]
        if found:
            texts.append(f"涉及事项：{'；'.join(found)}。")
        texts += [
            inspection.result_words,
            "如对检查结果有异议，可以向本机关陈述意见并提交有关材料。",
            "特此告知。",
        ]
        return _letter(head, inspection.enterprise.name, *texts)

    return paper


def _letter(head: Head, addressee: str, *texts: str) -> pdf.Story:
    lines = [line for text in texts for line in text.split("\n") if line.strip()]
    body = pdf.letter_body(lines)
    return [
        *pdf.letter_head(agency=head.agency, name=head.name, number=head.number),
        pdf.addressee(addressee),
        *body[:-1],
        *pdf.letter_foot(agency=head.agency, day=head.on, below=body[-1:]),
    ]


def record(inspection: Inspection, *, agency: str) -> pdf.Story:
    """检查记录: the frame of facts, the nine matters, and the places to sign.

    Before the inspection it prints as a form to fill in by hand.
    """
    members = list(inspection.members.all())
    inspectors = "\n".join(
        f"{one.person.name}　证号 {one.certificate}{'（主办）' if one.is_lead else ''}"
        for one in members
        if not one.is_helper
    )
    helpers = "、".join(one.person.name for one in members if one.is_helper)
    unit = inspection.enterprise
    fact = pdf.Fact
    return [
        *pdf.title(f"{agency}\n行政检查记录"),
        *pdf.facts(
            [
                [fact("被检查单位", unit.name)],
                [
                    fact("统一社会信用代码", unit.uscc or "无"),
                    fact("法定代表人（负责人）", unit.legal_representative),
                ],
                [fact("检查地点", inspection.place or unit.address)],
                [fact("检查时间", _when(inspection))],
                [
                    fact("批准文号", inspection.approval_number),
                    fact("通知书文号", inspection.notice_number),
                ],
                [fact("检查人员", inspectors)],
                [
                    fact("随同协助人员", helpers or "无"),
                    fact(
                        "单位在场人员",
                        f"{inspection.representative} "
                        f"{inspection.representative_post}".strip(),
                    ),
                ],
                [
                    fact(
                        "告知事项",
                        "检查人员已出示证件，告知检查依据、事项及申请回避、陈述申辩的权利。",
                    )
                ],
            ],
            label=37,
        ),
        pdf.spacer(2),
        pdf.table(
            ["序号", "检查事项", "结果", "具体情况"],
            [
                [
                    number,
                    topic,
                    _answer(inspection.answers.get(key)),
                    (inspection.answers.get(key) or {}).get("finding", ""),
                ]
                for number, (key, topic) in enumerate(rules.TOPICS.items(), start=1)
            ],
            widths=[12, 58, 26, 74] if inspection.answers else [12, 54, 58, 46],
            centred=[0, 2],
        ),
        *pdf.facts(
            [
                [fact("查明的事实", inspection.facts, height=30)],
                [
                    fact(
                        "单位意见",
                        "以上记录已阅，与事实（□ 相符　□ 不符：" + "　" * 12 + "）",
                        height=18,
                        sign=f"单位在场人员{pdf.SIGN}",
                    )
                ],
                [fact("检查人员", height=14, sign=pdf.SIGN)],
            ],
            label=37,
        ),
    ]


def _when(inspection: Inspection) -> str:
    """Return the day and the hours, or the places to write them by hand."""
    day, begun, ended = (
        inspection.inspected_on,
        inspection.begun_at,
        inspection.ended_at,
    )
    if day is None:
        return "　　　　年　　月　　日　　　时　　　分 至 　　　时　　　分"
    hours = [f"{moment:%H:%M}" for moment in (begun, ended) if moment]
    return "　".join([pdf.chinese_date(day), " 至 ".join(hours)]).strip()


def _answer(one: dict | None) -> str:
    """Return the word of an answer, or the boxes to tick by hand."""
    if one is None:
        return " ".join(f"□{word}" for word in rules.ANSWERS.values())
    return rules.ANSWERS[one["answer"]]


def draw_log(draw: Draw, teams: Sequence[tuple[str, str, str]]) -> pdf.Story:
    """双随机抽取记录: lists, seed, method and result, so that anybody can repeat it."""
    rows = list(draw.pool.all())
    units = sorted((r for r in rows if r.enterprise_id), key=lambda r: r.pk)
    persons = sorted((r for r in rows if r.person_id), key=lambda r: r.pk)
    fact = pdf.Fact
    when = draw.drawn_at
    return [
        *pdf.title("双随机抽取记录", f"{draw.plan.name}　第 {draw.number} 次抽取"),
        *pdf.facts(
            [
                [
                    fact("种子", draw.seed),
                    fact("算法版本", draw.method),
                ],
                [
                    fact("单位名单", f"{len(units)} 户，抽取 {draw.units_wanted} 户"),
                    fact(
                        "人员名单",
                        f"{len(persons)} 名，每户抽取 {draw.persons_wanted} 名",
                    ),
                ],
                [fact("单位名单校验值", draw.units_hash)],
                [fact("人员名单校验值", draw.persons_hash)],
                [fact("不列入名单", draw.excluded or "无")],
                [fact("重抽理由", draw.reason or "（首次抽取）")],
                [
                    fact("抽取人", str(draw.drawn_by)),
                    fact("抽取日期", pdf.chinese_date(when.date())),
                ],
                [fact("算法说明", draws.METHOD_WORDS)],
            ],
            label=30,
        ),
        *pdf.section("抽取结果"),
        pdf.table(
            ["次序", "编号", "被检查单位", "检查人员"],
            [[n, *row] for n, row in enumerate(teams, start=1)],
            widths=[14, 22, 84, 50],
            centred=[0, 1],
        ),
        *pdf.section("人员名单"),
        pdf.table(
            ["编号", "姓名"],
            [[row.key, row.name] for row in persons],
            widths=[30, 60],
            centred=[0],
        ),
        *pdf.section("单位名单"),
        pdf.table(
            ["编号", "单位名称", "抽中次序"],
            [[row.key, row.name, row.rank] for row in units],
            widths=[30, 110, 30],
            centred=[0, 2],
        ),
    ]
