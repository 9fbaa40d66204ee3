"""Writs (文书): number, paper, archive; and the guard that keeps a reporter secret."""

from collections.abc import Callable, Iterable
from datetime import date

from django.db import transaction

from cases import papers, rules
from cases.models import Case, Matter, Writ
from cases.services.clocks import Clocks
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents import pdf
from gridinspect.documents.numbering import next_number
from gridinspect.documents.services import archive, new_code
from gridinspect.law import Limit
from grids.agencies import agency_name, agency_word
from grids.models import Grid
from grids.policy import UNITS

# The 字 of each series (domain.md 2.7).
WORDS = {
    Writ.Kind.ACCEPTANCE: "受",
    Writ.Kind.REFUSAL: "不受",
    Writ.Kind.CORRECTION: "令",
}


class IdentityInText(rules.NotAllowed):
    """A text would give away who reported."""


def check_sealed(*texts: str, sealed: Iterable[str]) -> None:
    """Raise IdentityInText if a text holds a sealed value; it does not repeat it."""
    if any(rules.sealed_words_in(text, sealed) for text in texts):
        raise IdentityInText(
            "文字中出现了举报人的姓名、证件号码、电话或地址，请删去后再提交。"
        )


def remedies(district: Grid, on: date) -> str:
    """Return the words on review and suit for a writ of this day (T16).

    Raises LimitMissing.
    """
    limits = Clocks().limits(district)
    review, suit = limits.of("T16", on=on), limits.of("T16-L", on=on)
    return papers.remedies(spoken(review), spoken(suit))


def spoken(limit: Limit) -> str:
    """Return a limit as a person says it: 60日, 5个工作日, 6个月."""
    return f"{limit.value}{UNITS.get(limit.unit, limit.unit)}"


def issue(
    kind: Writ.Kind,
    *,
    on: date,
    by: User,
    paper: Callable[[papers.Head], pdf.Story],
    permission: Permission,
    about: Matter | Case,
    **fields: object,
) -> Writ:
    """Number a writ, lay it out and put it into the archive. Part of a larger act."""
    district = about.district
    number = next_number(
        agency=agency_word(district),
        word=WORDS[kind],
        on=on,
        by=by,
        path=about.scope_path,
    )
    head = papers.Head(agency_name(district), kind.label, str(number), on)
    title, code = f"{kind.label} {number}", new_code()
    content = pdf.build(
        paper(head), title=title, code=code, sign=papers.RECEIVED, letter=True
    )
    document = archive(
        content,
        kind=f"writ.{kind}",
        title=title,
        path=about.scope_path,
        as_of=on,
        by=by,
        code=code,
        params={"about": str(about)},
        pages=pdf.page_count(content),
        permission=permission,
    )
    return Writ.objects.create(
        kind=kind,
        number=str(number),
        matter=about if isinstance(about, Matter) else None,
        case=about if isinstance(about, Case) else None,
        path=about.scope_path,
        issued_on=on,
        issued_by=by,
        document=document,
        **fields,
    )


@transaction.atomic
def issue_correction(
    *, case: Case, findings: str, demands: str, correct_by: date, on: date, by: User
) -> Writ:
    """Order a unit to correct by a day (限期改正指令书).

    The statute fixes no number of days (T22): the order names its own last day.
    Raises NotAllowed for a closed case or a day that is not ahead; IdentityInText.
    """
    case = (
        Case.objects.select_related("grid", "district__city", "enterprise", "matter")
        .select_for_update(of=["self"])
        .get(pk=case.pk)
    )
    if not case.is_open:
        raise rules.NotAllowed(f"{case} 已结案，不能再下达限期改正指令书。")
    if on < case.filed_on:
        raise rules.NotAllowed(f"制发日期不能早于立案日期 {case.filed_on}。")
    if correct_by <= on:
        raise rules.NotAllowed("改正期限应晚于制发日期。")
    if case.matter:
        check_sealed(findings, demands, sealed=case.matter.identity.sealed)
    ways = remedies(case.district, on)
    writ = issue(
        Writ.Kind.CORRECTION,
        about=case,
        on=on,
        by=by,
        paper=lambda head: papers.correction(
            head,
            unit=case.enterprise.name,
            findings=findings,
            demands=demands,
            correct_by=correct_by,
            remedies=ways,
        ),
        permission=Permission.CASE_VIEW,
        demands=demands,
        correct_by=correct_by,
    )
    record(
        "writ.issued",
        by=by,
        target=case,
        kind=writ.kind,
        number=writ.number,
        correct_by=correct_by,
    )
    return writ
