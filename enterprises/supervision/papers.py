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
    measures: str,
    days: str,
) -> pdf.Story:
    """守法诚信等级告知书: to the unit, with what decided it and how to object.

    `measures` are what follows from the grade (分类监管措施), where the scheme says it.
    """
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
            f"根据{_in_marks(basis)}，本机关对你单位{rating.year}年度遵守劳动保障法律、法规和"
            f"规章的情况进行了评价，评定你单位{scheme}为{rating.grade}级"
            f"（{meaning}）。",
            held,
            f"本等级有效期至{until}。"
            + (f"有效期内对你单位的监管措施：{measures}。" if measures else ""),
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


def _in_marks(basis: str) -> str:
    """Return the name of a regulation in 《》, its number behind them."""
    if basis.startswith("《"):
        return basis
    name, bracket, rest = basis.partition("（")
    return f"《{name}》{bracket}{rest}"


RECEIVED = "签收人：　　　　　　　　　　签收日期：　　　　年　　月　　日"
HEADS = (
    "序号",
    "名单",
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
            one.get_list_display(),
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
        widths=[11, 24, 36, 36, 32, 22, 42, 34, 20],
        centred=[0, 8],
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
