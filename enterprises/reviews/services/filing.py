"""Handing in: at the desk, or by the unit itself; half of it is a draft."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date

from django.db import transaction
from django.utils import timezone

from enterprises.models import Enterprise, Survey
from enterprises.reviews import rules
from enterprises.reviews.models import Review, ReviewRound
from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.services import note_entry


def open_review_of(unit: Enterprise, *, on: date | None = None) -> Review | None:
    """Return the review that a unit has to hand in or may still change, or None."""
    states = (Review.State.PENDING, Review.State.DRAFT, Review.State.RETURNED)
    return (
        Review.objects.filter(
            enterprise=unit,
            state__in=states,
            round__state=ReviewRound.State.ANNOUNCED,
            round__opens_on__lte=on or timezone.localdate(),
        )
        .select_related("round", "grid", "enterprise")
        .order_by("-round__year", "-pk")
        .first()
    )


def own_review_of(unit: Enterprise) -> Review | None:
    """Return the newest announced review of a unit, whatever its state, or None."""
    return (
        Review.objects.filter(enterprise=unit, round__announced_on__isnull=False)
        .select_related("round__district__city", "grid", "enterprise")
        .order_by("-round__year", "-round__pk")
        .first()
    )


@transaction.atomic
def file_review(
    *,
    review: Review,
    materials: Mapping[str, rules.Material],
    survey: Survey | None,
    method: str,
    submit: bool,
    by: User,
) -> Review:
    """Save what a unit hands in; with `submit` it is whole and waits for its check.

    Raises Refused: nothing is lost, the draft before stays. A unit itself calls this
    with Review.Method.SELF (enterprise assistants).
    """
    review = locked(review)
    round, today = review.round, timezone.localdate()
    _check_open(review, survey, today)
    known = {name: materials.get(name, rules.Material()) for name in round.materials}
    if submit:
        rules.check_filed(
            round.materials,
            known,
            surveyed_on=survey.surveyed_on if survey else None,
            year=round.year,
        )
    review.materials = {name: asdict(one) for name, one in known.items()}
    review.lacking = sum(one.said == "missing" for one in known.values())
    review.survey, review.method = survey, method
    if submit:
        review.state = Review.State.SUBMITTED
        review.submitted_on, review.submitted_by = today, by
        review.is_late = rules.is_late(today, round.closes_on)
    elif review.state != Review.State.RETURNED:
        review.state = Review.State.DRAFT
    review.save()
    note_entry(by.person, today)
    record(
        "review.submitted" if submit else "review.drafted",
        by=by,
        target=review,
        on=today,
        lacking=review.lacking,
        late=review.is_late,
        survey=str(survey.surveyed_on) if survey else "",
    )
    return review


def _check_open(review: Review, survey: Survey | None, today: date) -> None:
    """Raise Refused unless the unit may hand in now, with this survey."""
    round = review.round
    if round.state != ReviewRound.State.ANNOUNCED:
        raise rules.Refused(f"{round}{round.get_state_display()}，现在不能报送。")
    if today < round.opens_on:
        raise rules.Refused(f"报送从 {round.opens_on} 开始，现在还不能报送。")
    if review.is_filed and review.state != Review.State.RETURNED:
        raise rules.Refused(f"该单位{review.get_state_display()}，不能再改报送内容。")
    if survey and survey.enterprise_id != review.enterprise_id:
        raise rules.Refused("所选调查登记表不是这个单位的。")
    if survey and survey.state != Survey.State.FINAL:
        raise rules.Refused("所选调查登记表还是草稿，请先提交登记表。")
    if survey is None and review.state == Review.State.RETURNED:
        raise rules.Refused("补正中的报送须保留关联的调查登记表。")


def locked(review: Review) -> Review:
    """Return the review as it is now, held until the act is done."""
    return (
        Review.objects.select_related(
            "round__district__city", "grid", "enterprise", "district__city"
        )
        .select_for_update(of=["self"])
        .get(pk=review.pk)
    )
