"""Papers of supervision: the notice of a grade, and what is published in a quarter."""

from collections.abc import Sequence
from datetime import date

from enterprises.supervision.models import Publication, Rating
from gridinspect.documents import pdf


def grade_notice(
    rating: Rating,
    *,
    agency: str,
    number: str,
    on: date,
    scheme: str,
    basis: str,
    meaning: str,
    days: str,
) -> pdf.Story:
    """守法诚信等级告知书: to the unit, with what decided it and how to object."""
    reasons = "；".join(
        f"{one['name']}（{one['value']}）" for one in rating.decided if one.get("name")
    )
    held = (
        f"依据的事实：{reasons}。" if reasons else "评价年度内没有发现应当降级的事实。"
    )
    until = pdf.chinese_date(rating.valid_until) if rating.valid_until else ""
    last = pdf.letter_body(
        [
            f"如对评价结果有异议，可以自收到本告知书之日起{days}内向本机关书面提出，"
            "并提交有关材料。",
            "特此告知。",
        ]
    )
    body = pdf.letter_body(
        [
            f"根据{basis}，本机关对你单位{rating.year}年度遵守劳动保障法律、法规和"
            f"规章的情况进行了评价，评定你单位{scheme}为{rating.grade}级"
            f"（{meaning}）。",
            held,
            f"本等级有效期至{until}。",
        ]
    )
    return [
        *pdf.letter_head(
            agency=agency, name="劳动保障守法诚信等级告知书", number=number
        ),
        pdf.addressee(rating.enterprise.name),
        *body,
        *pdf.letter_foot(agency=agency, day=on, below=last),
    ]


HEADS = (
    "序号",
    "单位全称",
    "统一社会信用代码",
    "地址",
    "法定代表人（负责人）",
    "主要违法事实",
    "处理情况",
    "公布日期",
)


def published_rows(rows: Sequence[Publication]) -> list[list[object]]:
    """Return what is published of each unit, and nothing else of it."""
    return [
        [
            number,
            one.name,
            one.uscc,
            one.address,
            one.head,
            one.facts,
            one.handling,
            one.published_on,
        ]
        for number, one in enumerate(rows, 1)
    ]


def published_pdf(
    rows: Sequence[Publication],
    *,
    title: str,
    organisation: str,
    quarter: str,
    on: date,
) -> bytes:
    """Return the list of a quarter as a landscape paper with a place for the seal."""
    table = pdf.table(
        HEADS,
        published_rows(rows),
        widths=[11, 42, 38, 36, 24, 44, 42, 20],
        centred=[0, 7],
    )
    story = [
        *pdf.title(title, quarter),
        pdf.above_table(
            f"公布单位：{organisation}", f"共 {len(rows)} 户", wide=pdf.LANDSCAPE
        ),
        table,
        pdf.signature_foot(organisation=organisation, day=on, wide=pdf.LANDSCAPE),
    ]
    return pdf.build(story, title=title, landscape=True)
