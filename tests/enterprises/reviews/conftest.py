from datetime import date, timedelta

import pytest
from django.utils import timezone

from enterprises.reviews.models import Review
from enterprises.reviews.rules import Material
from enterprises.reviews.services import announce, begin_round, file_review
from enterprises.reviews.services.rounds import RoundFields
from tests.factories import make_enterprise, make_policy, make_survey


def round_fields(**change) -> RoundFields:
    today = timezone.localdate()
    year = today.year - 1
    return RoundFields(
        **{
            "name": f"{year}年度书面审查",
            "year": year,
            "opens_on": max(date(year + 1, 1, 1), today - timedelta(days=60)),
            "closes_on": today + timedelta(days=30),
        }
        | change
    )


@pytest.fixture
def units(community):
    return [make_enterprise(f"书审单位{n}", grid=community) for n in range(4)]


@pytest.fixture
def round_(erqi, bureau, units):
    make_policy("national")
    made = begin_round(grid=erqi, fields=round_fields(), by=bureau)
    announce(round=made, on=timezone.localdate(), by=bureau)
    made.refresh_from_db()
    return made


@pytest.fixture
def hand_in(round_, bureau):
    """Hand a unit's review in, whole unless told otherwise."""

    def hand_in(unit, *, lacking=(), submit=True) -> Review:
        survey = make_survey(unit, surveyed_on=timezone.localdate())
        return file_review(
            review=round_.reviews.get(enterprise=unit),
            materials={
                name: Material("missing", "遗失") if n in lacking else Material("given")
                for n, name in enumerate(round_.materials)
            },
            survey=survey,
            method="desk",
            submit=submit,
            by=bureau,
        )

    return hand_in
