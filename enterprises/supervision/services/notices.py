"""Issuing 守法诚信等级告知书: numbered, archived, one letter to a unit."""

from datetime import date

from django.db import transaction

from enterprises.supervision import papers
from enterprises.supervision.models import Rating
from enterprises.supervision.services.grading import scheme_of
from enterprises.supervision.services.schemes import Refused, limit_at
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents import pdf
from gridinspect.documents.numbering import next_number
from gridinspect.documents.services import archive, new_code
from grids.agencies import agency_name, agency_word
from grids.policy import UNITS

WORD = "诚"  # the 字 of this series


@transaction.atomic
def issue_notice(*, rating: Rating, on: date, by: User) -> Rating:
    """Number, print and archive the notice of an approved grade. Raises Refused."""
    rows = Rating.objects.select_for_update(of=["self"]).select_related(
        "round__policy", "enterprise__grid", "enterprise__district__city"
    )
    rating = rows.get(pk=rating.pk)
    if rating.approved_on is None:
        raise Refused("等级尚未批准，批准后才能出具告知书。")
    if rating.notice_id:
        raise Refused(f"已出具告知书 {rating.notice_number}。")
    unit, district = rating.enterprise, rating.enterprise.district
    scheme = scheme_of(rating.round)
    grade = scheme.grade(rating.grade)
    limit = limit_at("T55", district, on)
    number = str(
        next_number(
            agency=agency_word(district),
            word=WORD,
            on=on,
            by=by,
            path=unit.grid.path,
        )
    )
    code = new_code()
    content = pdf.build(
        papers.grade_notice(
            rating,
            agency=agency_name(district),
            number=number,
            on=on,
            scheme=scheme.scheme.name,
            basis=scheme.scheme.source or scheme.policy.title,
            meaning=grade.meaning if grade else "",
            measures=grade.consequence if grade else "",
            days=f"{limit.value}{UNITS[limit.unit]}",
        ),
        title=f"守法诚信等级告知书 {unit.name}",
        code=code,
        sign=papers.RECEIVED,
        letter=True,
    )
    rating.notice = archive(
        content,
        kind="supervision.notice",
        title=f"守法诚信等级告知书：{unit.name}",
        path=unit.grid.path,
        as_of=on,
        by=by,
        code=code,
        policies=[str(rating.round.policy)],
        pages=pdf.page_count(content),
        permission=Permission.ENTERPRISE_VIEW,
    )
    rating.notice_number = number
    rating.save(update_fields=["notice", "notice_number"])
    record("grade.notice_issued", by=by, target=unit, number=number, on=on)
    return rating


def issue_notices(*, round_pk: int, grades: list[str], on: date, by: User) -> int:
    """Issue the notices that are still missing of some grades; return how many.

    Each is an act of its own: what was issued stays when one cannot be.
    """
    rows = Rating.objects.filter(
        round=round_pk, grade__in=grades, notice=None, approved_on__isnull=False
    ).standing()
    count = 0
    for rating in rows.order_by("grade", "enterprise"):
        issue_notice(rating=rating, on=on, by=by)
        count += 1
    return count
