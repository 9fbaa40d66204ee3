"""The text of each writ. Nothing here knows a reporter: there is no field for one."""

from dataclasses import dataclass
from datetime import date

from gridinspect.documents import pdf

INSPECTOR = "劳动保障监察员：　　　　　　　　证号：　　　　　　　　"
RECEIVED = "签收人：　　　　　　　　　　签收日期：　　　　年　　月　　日"


@dataclass(frozen=True)
class Head:
    """What stands on every writ: agency, name of the paper, number, day."""

    agency: str
    name: str
    number: str
    on: date


def acceptance(
    head: Head, *, addressee: str, respondent: str, received_on: date
) -> pdf.Story:
    """受理通知书: to the complainant."""
    return _letter(
        head,
        addressee,
        f"你投诉{respondent}一案，本机关于{pdf.chinese_date(received_on)}收到。"
        "经审查，你的投诉符合《关于实施〈劳动保障监察条例〉若干规定》第十八条"
        f"规定的受理条件，本机关决定自{pdf.chinese_date(head.on)}起受理，"
        "并于受理之日立案查处。",
        "本机关将依法调查处理，并把处理结果告知你。请保持联系方式畅通；"
        "如有新的证据材料，请及时提交。",
        "特此通知。",
    )


def refusal(
    head: Head,
    *,
    addressee: str,
    respondent: str,
    received_on: date,
    reason: str,
    remedies: str,
) -> pdf.Story:
    """不予受理通知书: to the complainant, with the reason and the ways to object."""
    return _letter(
        head,
        addressee,
        f"你投诉{respondent}一案，本机关于{pdf.chinese_date(received_on)}收到。"
        f"经审查，{reason.rstrip('。')}。根据《关于实施〈劳动保障监察条例〉若干规定》"
        "第十八条的规定，本机关决定不予受理。",
        f"如不服本决定，{remedies}。",
        "特此通知。",
    )


def correction(
    head: Head,
    *,
    unit: str,
    findings: str,
    demands: str,
    correct_by: date,
    remedies: str,
) -> pdf.Story:
    """限期改正指令书: to the unit, with its last day and the ways to object."""
    return _letter(
        head,
        unit,
        "经查，你单位有下列违反劳动保障规定的行为：",
        findings,
        "根据《劳动保障监察条例》第十八条的规定，"
        f"责令你单位于{pdf.chinese_date(correct_by)}前（含当日）改正：",
        demands,
        "改正情况应书面报告本机关。逾期不改正的，本机关将依法处理。"
        f"如不服本指令，{remedies}。",
        INSPECTOR,
        INSPECTOR,
        last=3,
    )


def remedies(review: str, suit: str) -> str:
    """Say how long review and suit are open, such as 60日 and 6个月 (T16).

    An agency that does not say so leaves the period open for a year.
    *Source:* 行政复议法 Art. 20; 行政诉讼法 Art. 46.
    """
    return f"可以自收到之日起{review}内依法申请行政复议，或者在{suit}内依法提起行政诉讼"


def _letter(head: Head, addressee: str, *texts: str, last: int = 1) -> pdf.Story:
    """Lay a letter out; its `last` paragraphs stay on one page with seal and date."""
    paragraphs = [line for text in texts for line in text.split("\n") if line.strip()]
    body = pdf.letter_body(paragraphs)
    return [
        *pdf.letter_head(agency=head.agency, name=head.name, number=head.number),
        pdf.addressee(addressee),
        *body[:-last],
        *pdf.letter_foot(agency=head.agency, day=head.on, below=body[-last:]),
    ]
