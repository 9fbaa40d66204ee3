"""Checking what was handed in: 合格, 待补正, 限期整改; the re-check; the site visit."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from enterprises.reviews import papers, rules
from enterprises.reviews.models import Review, ReviewRound
from enterprises.reviews.services.filing import locked
from enterprises.reviews.services.rounds import WORD
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents import pdf
from gridinspect.documents.numbering import next_number
from gridinspect.documents.services import archive, new_code
from grids.agencies import agency_name, agency_word

State = Review.State
CONCLUSIONS = {
    State.PASSED: "合格",
    State.RETURNED: "退回补正材料",
    State.CORRECTING: "限期整改",
}


@transaction.atomic
def check_review(
    *,
    review: Review,
    conclusion: str,
    by: User,
    points: str = "",
    correct_by: date | None = None,
) -> None:
    """Conclude on what a unit handed in. Raises Refused.

    A unit drawn for the site is not passed before it was seen there.
    """
    review, today = locked(review), timezone.localdate()
    _running(review)
    if review.state != State.SUBMITTED:
        raise rules.Refused(f"该单位{review.get_state_display()}，不能审查。")
    if conclusion not in CONCLUSIONS:
        raise rules.Refused("请选择审查结论。")
    if conclusion == State.PASSED:
        _seen_on_site(review)
        review.points, review.correct_by = "", None
    else:
        if not points.strip():
            raise rules.Refused("请写明需要改正或补正的问题。")
        rules.check_deadline(correct_by, today)
        review.points, review.correct_by = points.strip(), correct_by
    review.state, review.checked_on, review.checked_by = conclusion, today, by
    review.save()
    record(
        "review.checked",
        by=by,
        target=review,
        on=today,
        conclusion=CONCLUSIONS[State(conclusion)],
        correct_by=correct_by,
        points=points,
    )


@transaction.atomic
def recheck(
    *, review: Review, passed: bool, note: str, by: User, correct_by: date | None = None
) -> None:
    """Look again at what was to be corrected (复查): passed, or a further last day."""
    review, today = locked(review), timezone.localdate()
    _running(review)
    if review.state != State.CORRECTING:
        raise rules.Refused(f"该单位{review.get_state_display()}，不需要复查。")
    if not note.strip():
        raise rules.Refused("请写明复查情况。")
    if passed:
        _seen_on_site(review)
        review.state = State.PASSED
    else:
        rules.check_deadline(correct_by, today)
        review.correct_by = correct_by
    review.recheck_note = f"{review.recheck_note}\n{today}：{note.strip()}".strip()
    review.checked_on, review.checked_by = today, by
    review.save()
    record(
        "review.rechecked",
        by=by,
        target=review,
        on=today,
        passed=passed,
        correct_by=correct_by,
        note=note,
    )


@transaction.atomic
def record_site(*, review: Review, on: date, paper: str, result: str, by: User) -> None:
    """Record what was seen on site at a drawn unit, with the inspection's paper.

    To look on site is an inspection: its notice's number is asked for.
    """
    review = locked(review)
    _running(review)
    if review.sample_id is None:
        raise rules.Refused("该单位没有被抽中实地抽查。")
    first = review.submitted_on or on
    if not first <= on <= timezone.localdate():
        raise rules.Refused("实地抽查日期应在报送日期与今天之间。")
    if not paper.strip() or not result.strip():
        raise rules.Refused("请填写检查通知书文号和实地抽查情况。")
    review.site_on, review.site_paper = on, paper.strip()[:80]
    review.site_result = result.strip()
    review.save()
    record("review.seen_on_site", by=by, target=review, on=on, paper=paper)


@transaction.atomic
def order_filing(*, review: Review, due_on: date, on: date, by: User) -> None:
    """Order a unit that did not hand in to do so by a day (责令限期报送, V11)."""
    review = locked(review)
    _running(review)
    round, district = review.round, review.district
    if review.is_filed:
        raise rules.Refused(f"该单位{review.get_state_display()}，不需要责令报送。")
    if on <= round.closes_on or on > timezone.localdate():
        raise rules.Refused(
            f"报送截止日期 {round.closes_on} 过后、不晚于今天才能责令报送。"
        )
    if due_on <= on:
        raise rules.Refused("责令报送的期限应晚于通知日期。")
    number = str(
        next_number(
            agency=agency_word(district),
            word=WORD,
            on=on,
            by=by,
            path=review.grid.path,
        )
    )
    title, code = f"责令限期报送书面审查材料通知书 {number}", new_code()
    content = pdf.build(
        papers.order(
            review, agency=agency_name(district), number=number, on=on, due_on=due_on
        ),
        title=title,
        code=code,
        sign=papers.RECEIVED,
        letter=True,
    )
    review.order = archive(
        content,
        kind="review.order",
        title=title,
        path=review.grid.path,
        as_of=on,
        by=by,
        code=code,
        params={"about": str(review.enterprise)},
        pages=pdf.page_count(content),
        permission=Permission.REVIEW_VIEW,
    )
    review.order_number, review.ordered_on, review.order_due_on = number, on, due_on
    review.save()
    record("review.ordered", by=by, target=review, on=on, number=number, due_on=due_on)


def _running(review: Review) -> None:
    if review.round.state != ReviewRound.State.ANNOUNCED:
        words = review.round.get_state_display()
        raise rules.Refused(f"{review.round}{words}，不能再办理。")


def _seen_on_site(review: Review) -> None:
    if review.sample_id and review.site_on is None:
        raise rules.Refused("该单位被抽中实地抽查，登记实地抽查情况后才能合格。")
