from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.reviews import facts, rules, services
from enterprises.reviews.models import BulkAct, Review, ReviewRound
from enterprises.reviews.rules import Material
from enterprises.supervision.facts import facts_of
from gridinspect import draws
from gridinspect.audit.models import Event
from tests.enterprises.reviews.conftest import round_fields
from tests.factories import make_enterprise, make_survey

pytestmark = pytest.mark.django_db


def today():
    return timezone.localdate()


def closed(round_):
    """Let the last day of a round be yesterday."""
    ReviewRound.objects.filter(pk=round_.pk).update(
        closes_on=today() - timedelta(days=1)
    )
    round_.refresh_from_db()


def test_the_units_are_frozen(round_, units, community):
    make_enterprise("后来的单位", grid=community)
    assert round_.reviews.count() == round_.units == len(units)
    assert round_.reviews.first().grid == community


def test_the_scope_is_by_kind_and_size(erqi, bureau, community, law_of_nation):
    make_enterprise("小店", grid=community, unit_kind="sole_trader", headcount=3)
    make_enterprise("大厂", grid=community, headcount=50)
    made = services.begin_round(
        grid=erqi,
        fields=round_fields(unit_kinds=("company",), min_headcount=10),
        by=bureau,
    )
    assert [one.enterprise.name for one in made.reviews.all()] == ["大厂"]
    with pytest.raises(rules.Refused, match="没有符合条件"):
        services.begin_round(
            grid=erqi, fields=round_fields(name="x", min_headcount=999), by=bureau
        )
    assert ReviewRound.objects.count() == 1  # nothing half done


@pytest.fixture
def law_of_nation(db):
    from tests.factories import make_policy

    make_policy("national")


def test_the_announcement_has_a_number_and_is_archived(round_, bureau):
    assert "书审字" in round_.notice_number
    assert round_.notice.title.startswith("书面审查公告")
    with pytest.raises(rules.Refused, match="不能再次公告"):
        services.announce(round=round_, on=today(), by=bureau)


def test_half_of_it_is_a_draft_and_nothing_is_lost(round_, units, bureau):
    review = round_.reviews.get(enterprise=units[0])
    first = {round_.materials[0]: Material("given", "复印件")}
    services.file_review(
        review=review,
        materials=first,
        survey=None,
        method="desk",
        submit=False,
        by=bureau,
    )
    review.refresh_from_db()
    assert (review.state, review.submitted_on) == ("draft", None)
    with pytest.raises(rules.Refused, match="还没有选择"):
        services.file_review(
            review=review,
            materials=first,
            survey=None,
            method="desk",
            submit=True,
            by=bureau,
        )
    review.refresh_from_db()
    assert review.materials[round_.materials[0]]["note"] == "复印件"
    assert services.open_review_of(units[0]) == review


def test_a_survey_of_another_unit_is_refused(round_, units, bureau):
    foreign = make_survey(units[1], surveyed_on=today())
    with pytest.raises(rules.Refused, match="不是这个单位"):
        services.file_review(
            review=round_.reviews.get(enterprise=units[0]),
            materials={},
            survey=foreign,
            method="desk",
            submit=False,
            by=bureau,
        )


def test_what_comes_late_is_marked(round_, units, hand_in):
    closed(round_)
    assert hand_in(units[0]).is_late


def test_points_corrections_and_the_recheck(round_, units, hand_in, bureau):
    review = hand_in(units[0])
    with pytest.raises(rules.Refused, match="写明"):
        services.check_review(review=review, conclusion="correcting", by=bureau)
    services.check_review(
        review=review,
        conclusion="correcting",
        points="3人未签劳动合同",
        correct_by=today() + timedelta(days=10),
        by=bureau,
    )
    services.recheck(
        review=review,
        passed=False,
        note="仍有1人",
        correct_by=today() + timedelta(days=20),
        by=bureau,
    )
    services.recheck(review=review, passed=True, note="均已签订", by=bureau)
    review.refresh_from_db()
    assert review.state == "passed"
    assert "仍有1人" in review.recheck_note
    assert "均已签订" in review.recheck_note


def test_what_was_returned_is_handed_in_again(round_, units, hand_in, bureau):
    review = hand_in(units[0])
    services.check_review(
        review=review,
        conclusion="returned",
        points="缺工资表",
        correct_by=today() + timedelta(days=5),
        by=bureau,
    )
    assert services.open_review_of(units[0]) == review
    assert hand_in(units[0]).state == "submitted"
    with pytest.raises(rules.Refused, match="不能再改"):
        hand_in(units[0])


def test_the_database_wants_a_survey(round_, units):
    with pytest.raises(IntegrityError), transaction.atomic():
        round_.reviews.update(state="submitted")


# --- the sample -----------------------------------------------------------------------


def test_the_sample_can_be_repeated_and_holds_back_the_conclusion(
    round_, units, hand_in, bureau
):
    with pytest.raises(rules.Refused, match="还没有单位报送"):
        services.draw_sample(round=round_, seed="1", by=bureau)
    for unit in units:
        hand_in(unit)
    sample = services.draw_sample(round=round_, seed="20261128", by=bureau)
    keys = [f"U{unit.pk}" for unit in units]
    assert sample.percent == 5
    assert sample.drawn == draws.draw(keys, 1, "20261128")
    drawn = round_.reviews.get(sample=sample)
    with pytest.raises(rules.Refused, match="抽中实地抽查"):
        services.check_review(review=drawn, conclusion="passed", by=bureau)
    assert services.pass_all(round=round_, at=round_.district, by=bureau).units == 3
    services.record_site(
        review=drawn,
        on=today(),
        paper="郑二七人社监检通字〔2026〕第1号",
        result="材料与实际相符",
        by=bureau,
    )
    services.check_review(review=drawn, conclusion="passed", by=bureau)
    with pytest.raises(rules.Refused, match="重新抽取须写明理由"):
        services.draw_sample(round=round_, seed="2", by=bureau)
    again = services.draw_sample(round=round_, seed="2", reason="名单更正", by=bureau)
    assert again.number == 2
    drawn.refresh_from_db()
    assert drawn.site_on == today()  # what was seen stays seen


# --- many at once ---------------------------------------------------------------------


def test_reminding_can_be_undone(round_, units, hand_in, bureau):
    hand_in(units[0])
    act = services.remind_all(round=round_, at=round_.district, by=bureau)
    assert act.units == 3
    assert round_.reviews.filter(reminded=1).count() == 3
    event = Event.objects.get(verb="review_round.reminded")
    assert len(event.rows) == 3
    assert services.undo(act=act, by=bureau) == 3
    assert round_.reviews.filter(reminded=0).count() == 4
    with pytest.raises(rules.Refused, match="已经撤销"):
        services.undo(act=act, by=bureau)


def test_a_bulk_conclusion_leaves_out_what_is_not_whole_and_is_undone(
    round_, units, hand_in, bureau
):
    hand_in(units[0])
    hand_in(units[1], lacking=[1])
    act = services.pass_all(round=round_, at=round_.district, by=bureau)
    assert act.units == 1
    assert round_.reviews.get(enterprise=units[1]).state == "submitted"
    services.undo(act=act, by=bureau)
    assert round_.reviews.get(enterprise=units[0]).state == "submitted"
    assert BulkAct.objects.get().undone_at


def test_a_bulk_act_on_nothing_leaves_no_trace(round_, bureau):
    with pytest.raises(rules.Refused, match="没有材料齐全"):
        services.pass_all(round=round_, at=round_.district, by=bureau)
    assert not BulkAct.objects.exists()


# --- those who did not hand in --------------------------------------------------------


def test_who_did_not_hand_in_is_ordered_to(round_, units, hand_in, bureau):
    review = round_.reviews.get(enterprise=units[0])
    due = today() + timedelta(days=7)
    with pytest.raises(rules.Refused, match="过后"):
        services.order_filing(review=review, due_on=due, on=today(), by=bureau)
    hand_in(units[1])
    closed(round_)
    services.order_filing(review=review, due_on=due, on=today(), by=bureau)
    review.refresh_from_db()
    assert review.order.title.startswith("责令限期报送")
    missing = facts.not_handed_in(
        [unit.pk for unit in units], today() - timedelta(days=9), today()
    )
    assert units[0].pk in missing
    assert units[1].pk not in missing
    figures = facts_of(
        ["review_missing"],
        Enterprise.objects.all(),
        since=today() - timedelta(days=9),
        until=today(),
    )
    assert figures.values(units[0].pk) == {"review_missing": 1}
    assert figures.values(units[1].pk) == {}


def test_the_end_archives_what_passed(round_, units, hand_in, bureau):
    review = hand_in(units[0])
    with pytest.raises(rules.Refused, match="报送期未满"):
        services.end_round(round=round_, on=today(), by=bureau)
    closed(round_)
    with pytest.raises(rules.Refused, match="1 户待审查"):
        services.end_round(round=round_, on=today(), by=bureau)
    services.check_review(review=review, conclusion="passed", by=bureau)
    assert services.end_round(round=round_, on=today(), by=bureau) == 1
    review.refresh_from_db()
    assert (review.state, review.archive_number) == (
        "archived",
        f"{round_.year}-00001",
    )
    with pytest.raises(rules.Refused, match="现在不能报送"):
        hand_in(units[1])
    assert Review.objects.unfiled().count() == 3
