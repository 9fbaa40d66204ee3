"""A unit hands its written review in by itself (单位自助)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from enterprises.reviews.models import ReviewRound
from enterprises.reviews.services import check_review
from gridinspect.ui.registry import workbench
from tests.enterprises.wages.made import make_unit_user
from tests.factories import make_enterprise, make_survey

pytestmark = pytest.mark.django_db
OWN = "/my-unit/review/"


def today():
    return timezone.localdate()


def text(response):
    assert response.status_code == 200, response
    return response.content.decode()


@pytest.fixture
def insider(units):
    return make_unit_user(units[0])


@pytest.fixture
def own(client, insider):
    client.force_login(insider)
    return client


def typed(round_, **change):
    said = {f"said_{n}": "given" for n in range(len(round_.materials))}
    return said | {"act": "submit"} | change


def test_a_unit_without_a_survey_is_told_to_send_one_first(own, round_):
    page = text(own.get(OWN))
    assert "请先填报" in page
    assert reverse("wages:own-survey") in page


def test_a_unit_drafts_and_hands_in_by_itself(own, round_, units, insider):
    survey = make_survey(units[0], surveyed_on=today())
    page = text(own.get(OWN))
    assert round_.name in page
    assert reverse("wages:own-survey") in page
    review = round_.reviews.get(enterprise=units[0])
    own.post(OWN, typed(round_, act="draft", said_0="", survey=survey.pk))
    review.refresh_from_db()
    assert review.state == "draft"
    wrong = text(own.post(OWN, typed(round_, said_0="", survey=survey.pk)))
    assert "还没有选择已交、未交或不适用" in wrong
    answer = own.post(OWN, typed(round_, survey=survey.pk), follow=True)
    assert "已报送，等待审查" in text(answer)
    review.refresh_from_db()
    assert (review.state, review.method) == ("submitted", "self")
    assert review.submitted_by == insider


def test_what_was_handed_in_is_shown_and_changed_only_when_it_came_back(
    own, round_, units, hand_in, bureau
):
    review = hand_in(units[0])
    assert "待审查" in text(own.get(OWN))
    check_review(
        review=review,
        conclusion="returned",
        points="工资表缺签字",
        correct_by=today() + timedelta(days=5),
        by=bureau,
    )
    page = text(own.get(OWN))
    assert "需要补正：工资表缺签字" in page
    assert "<form" in page[page.index("需要补正") :]


def test_the_workbench_says_until_when_the_unit_hands_in(insider, round_):
    lines = {one.label: one for one in workbench.for_user(insider, today())}
    line = lines[f"{round_.year} 年度书面审查未报送"]
    assert (line.url, line.urgent) == (OWN, False)
    ReviewRound.objects.update(closes_on=today() - timedelta(days=1))
    lines = {one.label: one for one in workbench.for_user(insider, today())}
    assert lines[f"{round_.year} 年度书面审查未报送"].urgent


def test_a_unit_outside_every_round_has_nothing_to_hand_in(client, round_, community):
    client.force_login(make_unit_user(make_enterprise("后来的", grid=community)))
    assert "没有列入书面审查" in text(client.get(OWN))


def test_the_page_is_for_who_watches_inside_a_unit(bureau_client, round_):
    assert bureau_client.get(OWN).status_code == 403
