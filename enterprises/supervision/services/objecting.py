"""A unit is told its grade and objects to it; a grade is kept or corrected."""

from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from enterprises.changes import facts_changed
from enterprises.supervision.models import GradeObjection, GradeRound, Rating
from enterprises.supervision.models.grades import RatingQuerySet
from enterprises.supervision.services.grading import (
    give,
    locked_rating,
    locked_round,
    scheme_of,
)
from enterprises.supervision.services.schemes import Refused, due
from gridinspect.accounts.models import User
from gridinspect.audit.services import record


@transaction.atomic
def note_served(*, rating: Rating, on: date, by: User) -> Rating:
    """Note the day on which the unit was told its grade; its days to object begin."""
    rating = locked_rating(rating)
    _require_approved(rating)
    if rating.notice_id is None:
        raise Refused("还没有出具告知书，请先生成告知书。")
    if not rating.approved_on or not rating.approved_on <= on <= timezone.localdate():
        raise Refused({"on": "告知日期应在批准日期与今天之间。"})
    rating.notified_on = on
    rating.object_by = due("T55", rating.enterprise.district, on).on
    rating.save(update_fields=["notified_on", "object_by"])
    record("grade.notified", by=by, target=rating.enterprise, on=on)
    return rating


def to_serve(round_: GradeRound) -> RatingQuerySet:
    """Return the ratings of a round whose notice was issued and not yet served."""
    ratings = Rating.objects.filter(round=round_, notified_on=None)
    return ratings.filter(notice__isnull=False).standing()


@transaction.atomic
def note_all_served(
    *, round_: GradeRound, grades: Collection[str], on: date, by: User
) -> int:
    """Note that the notices of some grades were served on one day; return how many.

    Raises Refused for a day before a notice, or one ahead.
    """
    round_ = locked_round(round_)
    rows = to_serve(round_).filter(grade__in=grades)
    latest = rows.aggregate(latest=Max("notice__as_of"))["latest"]
    if latest is None:
        raise Refused("没有已出具而未登记送达的告知书，请先出具。")
    if not latest <= on <= timezone.localdate():
        raise Refused({"on": f"送达日期应在告知书日期 {latest} 与今天之间。"})
    until = due("T55", round_.district, on).on
    units = list(rows.values_list("enterprise", flat=True))
    rows.update(notified_on=on, object_by=until)
    record(
        "grades.notified",
        by=by,
        target=round_,
        on=on,
        due_on=until,
        count=len(units),
        rows=units[:1000],
    )
    return len(units)


@transaction.atomic
def object_to(
    *, rating: Rating, raised_on: date, text: str, by: User
) -> GradeObjection:
    """Register a unit's objection to its grade; a late one is registered too."""
    rating = locked_rating(rating)
    _require_approved(rating)
    if rating.replaced_on:
        raise Refused("该等级已经更正，请对更正后的等级登记异议。")
    if rating.objections.filter(decided_on=None).exists():
        raise Refused("该等级已有一件异议等待答复。")
    if not rating.approved_on or not rating.approved_on <= raised_on:
        raise Refused({"raised_on": "异议日期不能早于批准日期。"})
    if raised_on > timezone.localdate():
        raise Refused({"raised_on": "异议日期不能晚于今天。"})
    objection = GradeObjection.objects.create(
        rating=rating,
        district_id=rating.district_id,
        raised_on=raised_on,
        text=text,
        decide_by=due("T56", rating.enterprise.district, raised_on).on,
        recorded_by=by,
    )
    record("grade.objected", by=by, target=rating.enterprise, on=raised_on)
    return objection


@transaction.atomic
def decide_objection(
    *, objection: GradeObjection, grade: str, decision: str, on: date, by: User
) -> Rating:
    """Answer an objection: the grade stays, or a corrected row takes its place.

    Decided by another than who registered it. Raises Refused.
    """
    rows = GradeObjection.objects.select_for_update(of=["self"])
    objection = rows.select_related("rating").get(pk=objection.pk)
    rating = locked_rating(objection.rating)
    if objection.decided_on:
        raise Refused(f"该异议已于 {objection.decided_on} 答复。")
    if objection.recorded_by_id == by.pk:
        raise Refused("登记异议的人不能自己答复，请由另一位有批准权限的人员答复。")
    if not objection.raised_on <= on <= timezone.localdate():
        raise Refused({"on": "答复日期应在异议日期与今天之间。"})
    if not decision.strip():
        raise Refused({"decision": "请写明答复内容。"})
    corrected = grade != rating.grade
    objection.outcome = (
        GradeObjection.Outcome.CORRECTED if corrected else GradeObjection.Outcome.KEPT
    )
    objection.decision, objection.decided_on = decision.strip(), on
    objection.decided_by = by
    objection.save(update_fields=["outcome", "decision", "decided_on", "decided_by"])
    record(
        "grade.objection_decided",
        by=by,
        target=rating.enterprise,
        outcome=objection.get_outcome_display(),
        on=on,
        reason=decision,
    )
    return _correct(rating, objection, grade, on, by) if corrected else rating


def _correct(
    rating: Rating, objection: GradeObjection, grade: str, on: date, by: User
) -> Rating:
    """Put a corrected row in the place of a rating; the old one stays, dated."""
    Rating.objects.filter(pk=rating.pk).update(replaced_on=on)
    new = Rating(
        round=rating.round,
        enterprise_id=rating.enterprise_id,
        district_id=rating.district_id,
        year=rating.year,
        proposed=rating.proposed,
        points=rating.points,
        decided=rating.decided,
        facts=rating.facts,
        reason=f"异议成立，更正：{objection.decision}"[:400],
        prepared_by_id=objection.recorded_by_id,
        approved_by=by,
        approved_on=on,
        valid_from=on,
        valid_until=rating.valid_until,
        corrects=rating,
    )
    give(new, grade, scheme_of(rating.round))
    new.save()
    record(
        "grade.corrected",
        by=by,
        target=rating.enterprise,
        before=rating.grade,
        after=grade,
        on=on,
    )
    facts_changed(rating.enterprise_id)
    return new


def _require_approved(rating: Rating) -> None:
    if rating.approved_on is None:
        raise Refused("等级尚未批准，批准后才能告知和受理异议。")
