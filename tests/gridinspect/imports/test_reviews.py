"""书面审查报送 from a list: handed in, late, lacking, taken back."""

from datetime import date

import pytest
from django.urls import reverse

from enterprises.reviews.models import Review
from enterprises.reviews.services import announce, begin_round
from enterprises.reviews.services.rounds import RoundFields
from gridinspect.accounts.roles import Role
from gridinspect.imports import undoing
from grids.models import Grid
from tests.factories import make_enterprise, make_policy, make_survey, make_user

HEAD = ["单位名称", "审查年度", "报送日期", "缺少材料", "缺件原因"]
JIA = ["甲商行", "2025年度", "2026-02-10", None, None]


@pytest.fixture
def bureau(tree):
    return make_user(grid=tree, role=Role.DISTRICT_BUREAU)


@pytest.fixture
def round_(tree, bureau):
    make_policy("national")
    street = Grid.objects.get(name__startswith="大学路", kind="street")
    for name in ("甲商行", "乙商行"):
        make_enterprise(name, grid=street)
    fields = RoundFields(
        name="2025年度书面审查",
        year=2025,
        opens_on=date(2026, 1, 15),
        closes_on=date(2026, 3, 1),
    )
    made = begin_round(grid=tree, fields=fields, by=bureau)
    announce(round=made, on=date(2026, 1, 10), by=bureau)
    make_survey(
        made.reviews.get(enterprise__name="甲商行").enterprise,
        surveyed_on=date(2026, 1, 20),
    )
    return made


def outcomes(batch):
    return [(row.outcome, row.action, row.reason) for row in batch.seen]


def test_a_unit_hands_in_once_and_back(round_, run):
    batch = run("reviews", [HEAD, JIA], apply="all")
    assert outcomes(batch) == [("valid", "changed", None)]
    review = Review.objects.get(enterprise__name="甲商行")
    assert (review.state, review.submitted_on) == ("submitted", date(2026, 2, 10))
    assert {one["said"] for one in review.materials.values()} == {"given"}
    assert review.survey.surveyed_on == date(2026, 1, 20)
    assert not review.is_late
    assert outcomes(run("reviews", [HEAD, JIA])) == [("valid", "same", None)]
    undoing.undo_batch(batch=batch, by=batch.owner)
    review.refresh_from_db()
    assert (review.state, review.submitted_on, review.survey) == ("pending", None, None)


def test_what_was_checked_is_not_taken_back(round_, run, bureau):
    batch = run("reviews", [HEAD, JIA], apply="all")
    Review.objects.filter(submitted_on__isnull=False).update(
        state="passed", checked_on=date(2026, 2, 20), checked_by=bureau
    )
    with pytest.raises(undoing.BuiltOn, match="“状态”后来又有修改"):
        undoing.undo_batch(batch=batch, by=batch.owner)


def test_lacking_and_late_is_noted(round_, run):
    lacking = round_.materials[0]
    batch = run(
        "reviews", [HEAD, [*JIA[:2], "2026-03-02", lacking, "遗失"]], apply="all"
    )
    assert outcomes(batch) == [("valid_warn", "changed", "review_late")]
    review = Review.objects.get(enterprise__name="甲商行")
    assert (review.lacking, review.is_late) == (1, True)
    assert review.materials[lacking] == {"said": "missing", "note": "遗失"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["丙商行", *JIA[1:]], "unit_unknown"),
        (["甲商行", "2024", *JIA[2:]], "review_unknown"),
        (["甲商行", "去年", *JIA[2:]], "year_invalid"),
        (["甲商行", None, "2026-01-10", None, None], "review_early"),
        (["甲商行", None, "2026-02-10", "户口本", "遗失"], "material_unknown"),
        (["乙商行", *JIA[1:]], "review_incomplete"),
    ],
)
def test_what_is_not_handed_in(row, reason, round_, run):
    assert outcomes(run("reviews", [HEAD, row])) == [("reject", "none", reason)]


def test_a_missing_paper_needs_a_reason(round_, run):
    batch = run("reviews", [HEAD, [*JIA[:3], round_.materials[0], None]])
    assert outcomes(batch) == [("reject", "none", "review_incomplete")]


def test_an_untouched_list_changes_nothing(round_, run, bureau, bureau_client):
    run("reviews", [HEAD, JIA], apply="all")
    url = reverse("imports:export", args=["reviews"])
    batch = run("reviews", bureau_client.get(url).content, by=bureau)
    assert outcomes(batch) == [
        ("valid_warn", "same", "not_handed_in"),
        ("valid", "same", None),
    ]
    assert Review.objects.filter(state="submitted").count() == 1
