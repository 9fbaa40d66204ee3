"""Written reviews of the demonstration: 二七 in the middle of one, 广陵 after it."""

import random
from datetime import date, timedelta

from enterprises.models import Survey
from enterprises.reviews.models import Review, ReviewRound
from enterprises.reviews.services import (
    announce,
    begin_round,
    draw_sample,
    order_filing,
)
from enterprises.reviews.services.rounds import RoundFields
from gridinspect.accounts.models import User
from grids.models import Grid

# District, who begins it, and how many days from today it closes.
ROUNDS = [("410103", "eq_bureau", 25), ("321002", "gl_bureau", -20)]
WRITTEN = [
    "state",
    "materials",
    "lacking",
    "survey",
    "method",
    "submitted_on",
    "submitted_by",
    "checked_on",
    "checked_by",
    "points",
    "correct_by",
]
ORDERS = 2  # units ordered to hand in where the time is over
PASSED, SUBMITTED, CORRECTING, RETURNED, DRAFT = 0.4, 0.6, 0.66, 0.7, 0.74


def build_reviews(*, today: date) -> int:
    """Make a round in two districts; return how many units are in them."""
    total = 0
    for code, username, closes in ROUNDS:
        dice = random.Random(f"{code}reviews")
        by = User.objects.select_related("person").get(username=username)
        district = Grid.objects.select_related("city").get(code=code)
        year, first = today.year - 1, date(today.year, 1, 1)
        made = begin_round(
            grid=district,
            fields=RoundFields(
                name=f"{year}年度劳动保障书面审查",
                year=year,
                opens_on=max(first, today - timedelta(days=75)),
                closes_on=max(first, today + timedelta(days=closes)),
            ),
            by=by,
        )
        announce(round=made, on=made.opens_on, by=by)
        made.refresh_from_db()
        _hand_in(made, dice, today, by=by)
        draw_sample(round=made, seed=f"{today:%Y%m%d}", by=by)
        if made.closes_on < today:
            _order(made, today, by=by)
        total += made.units
    return total


def _hand_in(made: ReviewRound, dice: random.Random, today: date, *, by: User) -> None:
    """Let units with a survey of the year or later hand in, as far as luck has it."""
    surveys = dict(
        Survey.objects.final()
        .filter(district=made.district, surveyed_on__gte=date(made.year, 1, 1))
        .order_by("surveyed_on")
        .values_list("enterprise_id", "pk")
    )
    changed = []
    span = max(1, (min(today, made.closes_on) - made.opens_on).days)
    for review in made.reviews.order_by("pk"):
        luck, survey = dice.random(), surveys.get(review.enterprise_id)
        if survey is None or luck >= DRAFT:
            continue
        _fill(review, made, survey, luck, dice)
        if luck < RETURNED:
            review.submitted_on = made.opens_on + timedelta(days=dice.randrange(span))
            review.submitted_by, review.survey_id = by, survey
        if review.state in ("passed", "correcting", "returned"):
            review.checked_on, review.checked_by = today, by
        changed.append(review)
    Review.objects.bulk_update(
        changed,
        WRITTEN,
        500,
    )


def _fill(
    review: Review, made: ReviewRound, survey: int, luck: float, dice: random.Random
) -> None:
    states = [
        (PASSED, "passed"),
        (SUBMITTED, "submitted"),
        (CORRECTING, "correcting"),
        (RETURNED, "returned"),
        (DRAFT, "draft"),
    ]
    review.state = next(state for bound, state in states if luck < bound)
    review.method = Review.Method.DESK
    review.materials = {
        name: {"said": "given" if n < 5 else "not_needed", "note": ""}
        for n, name in enumerate(made.materials)
    }
    if review.state == "submitted" and dice.random() < 0.3:
        name = made.materials[3]
        review.materials[name] = {"said": "missing", "note": "考勤系统更换，正在导出"}
        review.lacking = 1
    if review.state in ("correcting", "returned"):
        review.points = (
            "3名职工没有签订书面劳动合同。"
            if review.state == "correcting"
            else "缺少抽样月份的考勤记录。"
        )
        review.correct_by = made.opens_on + timedelta(days=60 + dice.randrange(30))


def _order(made: ReviewRound, today: date, *, by: User) -> None:
    late = made.reviews.filter(state=Review.State.PENDING).order_by("pk")[:ORDERS]
    for review in late:
        order_filing(
            review=review,
            due_on=today + timedelta(days=5),
            on=today - timedelta(days=3),
            by=by,
        )
