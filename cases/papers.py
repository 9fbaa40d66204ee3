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
    head: Head, *, addressee: str, respondent: str, received_on: date, reason: str
) -> pdf.Story:
    """不予受理通知书: to the complainant, with the reason and the ways to object."""
    return _letter(
        head,
        addressee,
        f"你投诉{respondent}一案，本机关于{pdf.chinese_date(received_on)}收到。"
        f"经审查，{reason.rstrip('。')}。根据《关于实施〈劳动保障监察条例〉若干规定》"
        "第十八条的规定，本机关决定不予受理。",
        "如不服本决定，可以依照《中华人民共和国行政复议法》申请行政复议，"
        "或者依照《中华人民共和国行政诉讼法》提起行政诉讼。",
        "特此通知。",
    )


def correction(
    head: Head, *, unit: str, findings: str, demands: str, correct_by: date
) -> pdf.Story:
    """限期改正指令书: to the unit."""
    return _letter(
        head,
        unit,
        "经查，你单位存在下列违反劳动保障法律、法规或者规章的行为：",
        findings,
        "根据《劳动保障监察条例》第十八条的规定，"
        f"责令你单位于{pdf.chinese_date(correct_by)}前改正：",
        demands,
        "改正情况应书面报告本机关。逾期不改正的，本机关将依法处理。"
        "如不服本指令，可以依法申请行政复议或者提起行政诉讼。",
        INSPECTOR,
        INSPECTOR,
    )


def _letter(head: Head, addressee: str, *texts: str) -> pdf.Story:
    paragraphs = [line for text in texts for line in text.split("\n") if line.strip()]
    return [
        *pdf.letter_head(agency=head.agency, name=head.name, number=head.number),
        pdf.addressee(addressee),
        *pdf.letter_body(paragraphs),
        *pdf.letter_foot(agency=head.agency, day=head.on),
    ]
