from datetime import timedelta

from django.utils import timezone

from enterprises.reviews.services import announce, begin_round, remind_all
from enterprises.reviews.services.rounds import RoundFields
from gridinspect.accounts.roles import Role
from tests.factories import make_policy, make_user
from tests.pages import Pages


def make(has) -> None:
    """An announced round with the district's units, and an act in bulk."""
    make_policy("national")
    bureau = make_user(grid=has.district, role=Role.DISTRICT_BUREAU)
    today = timezone.localdate()
    has.review_round = begin_round(
        grid=has.district,
        fields=RoundFields(
            name=f"{has.word}书面审查",
            year=today.year - 1,
            opens_on=today - timedelta(days=9),
            closes_on=today + timedelta(days=9),
        ),
        by=bureau,
    )
    announce(round=has.review_round, on=today, by=bureau)
    has.review = has.review_round.reviews.filter(enterprise=has.unit).first()
    has.review_act = remind_all(round=has.review_round, at=has.district, by=bureau)


def _round(has):
    return [has.review_round.pk]


def _review(has):
    return [has.review.pk]


PAGES = Pages(
    keyless={"reviews:list": [], "reviews:round-add": [], "reviews:own": []},
    scoped={
        **{
            f"reviews:{name}": _round
            for name in (
                "round",
                "units",
                "announce",
                "notice",
                "sample",
                "remind",
                "pass",
                "end",
                "progress-pdf",
            )
        },
        **{
            f"reviews:{name}": _review
            for name in (
                "detail",
                "file",
                "check",
                "recheck",
                "site",
                "order",
                "sheet",
            )
        },
        "reviews:undo": lambda has: [has.review_act.pk],
    },
    post_only={"reviews:undo"},
    traced_reading={"reviews:notice"},
    make=make,
)
