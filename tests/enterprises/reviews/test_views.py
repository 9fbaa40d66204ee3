from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from enterprises.reviews.models import BulkAct, ReviewRound
from enterprises.reviews.services import check_review
from gridinspect.accounts.roles import Role
from gridinspect.ui.registry import workbench
from tests.factories import (
    make_enterprise,
    make_grid,
    make_policy,
    make_survey,
    make_user,
)
from tests.support import Page

pytestmark = pytest.mark.django_db


def today():
    return timezone.localdate()


def url(name, *args):
    return reverse(f"reviews:{name}", args=args)


def text(response):
    assert response.status_code == 200, response
    return response.content.decode()


def test_the_bureau_begins_and_announces_a_round(bureau_client, erqi, units):
    make_policy("national")
    typed = {
        "name": "上年度书面审查",
        "year": today().year - 1,
        "opens_on": today() - timedelta(days=3),
        "closes_on": today() + timedelta(days=30),
        "grid": erqi.pk,
        "min_headcount": 0,
    }
    page = text(bureau_client.post(url("round-add"), typed | {"year": today().year}))
    assert "结束" in page
    assert "上年度书面审查" in page
    bureau_client.post(url("round-add"), typed)
    made = ReviewRound.objects.get()
    assert made.units == 4
    bureau_client.post(url("announce", made.pk), {"on": today()})
    made.refresh_from_db()
    assert made.state == "announced"
    assert made.notice_number in text(bureau_client.get(made.get_absolute_url()))


def typed_filing(round_, **change):
    said = {f"said_{n}": "given" for n in range(len(round_.materials))}
    return said | {"act": "submit"} | change


def test_a_draft_and_then_the_whole(bureau_client, round_, units):
    review = round_.reviews.get(enterprise=units[0])
    bureau_client.post(
        url("file", review.pk), {"act": "draft", "said_0": "given", "note_0": "复印件"}
    )
    review.refresh_from_db()
    assert review.state == "draft"
    page = text(bureau_client.get(url("file", review.pk)))
    assert "复印件" in page
    page = text(bureau_client.post(url("file", review.pk), typed_filing(round_)))
    assert "请先填写用人单位调查登记表" in page
    survey = make_survey(units[0], surveyed_on=today())
    page = text(
        bureau_client.post(
            url("file", review.pk),
            typed_filing(round_, survey=survey.pk, said_1="missing"),
        )
    )
    assert "写明原因" in page
    bureau_client.post(url("file", review.pk), typed_filing(round_, survey=survey.pk))
    review.refresh_from_db()
    assert review.state == "submitted"
    bureau_client.post(url("check", review.pk), {"conclusion": "passed"})
    review.refresh_from_db()
    assert review.state == "passed"
    assert bureau_client.get(url("sheet", review.pk)).content.startswith(b"%PDF")


def test_bulk_acts_name_their_rows_and_are_undone(
    bureau_client, round_, units, hand_in
):
    hand_in(units[0])
    assert "催报 3 户" in text(bureau_client.get(url("remind", round_.pk)))
    assert "1 户合格" in text(bureau_client.get(url("pass", round_.pk)))
    bureau_client.post(url("pass", round_.pk))
    act = BulkAct.objects.get()
    assert "撤销" in text(bureau_client.get(f"{round_.get_absolute_url()}?tab=acts"))
    bureau_client.post(url("undo", act.pk))
    assert round_.reviews.filter(state="submitted").count() == 1


def test_progress_counts_each_street_and_leads_to_the_rows(
    bureau_client, erqi, round_, units, hand_in, street
):
    hand_in(units[0])
    page = text(bureau_client.get(round_.get_absolute_url()))
    assert "25.0%" in page
    link = f"{url('units', round_.pk)}?grid={street.code}&amp;state=filed"
    assert link in page
    listed = text(bureau_client.get(link.replace("&amp;", "&")))
    assert "书审单位0" in listed
    assert "书审单位1" not in listed
    pdf = bureau_client.get(url("progress-pdf", round_.pk))
    assert pdf.content.startswith(b"%PDF")


def test_a_squad_sees_its_street_and_not_the_next(client, erqi, round_, units, street):
    other = make_grid("京广路街道", parent=erqi)
    squad = make_user(grid=other, role=Role.SQUAD_LEADER)
    client.force_login(squad)
    page = text(client.get(url("units", round_.pk)))
    assert "书审单位" not in page
    review = round_.reviews.first()
    assert client.get(review.get_absolute_url()).status_code == 404
    client.force_login(make_user(grid=street, role=Role.SQUAD_LEADER))
    assert "书审单位" in text(client.get(url("units", round_.pk)))
    assert client.get(url("announce", round_.pk)).status_code == 403


def test_an_assistant_looks_and_does_not_check(client, community, round_):
    client.force_login(make_user(grid=community, role=Role.ASSISTANT))
    review = round_.reviews.first()
    assert client.get(review.get_absolute_url()).status_code == 200
    assert client.get(url("check", review.pk)).status_code == 403


def test_the_list_of_units_asks_a_fixed_number_of_queries(
    bureau_client, round_, units, django_assert_max_num_queries
):
    bureau_client.get(url("units", round_.pk))
    with django_assert_max_num_queries(20):
        bureau_client.get(url("units", round_.pk))
    with django_assert_max_num_queries(22):
        bureau_client.get(round_.get_absolute_url())


def test_the_file_of_a_unit_and_the_workbench_tell_of_it(
    bureau_client, bureau, round_, units, hand_in
):
    review = hand_in(units[0])
    page = text(bureau_client.get(f"{units[0].get_absolute_url()}?tab=reviews"))
    assert round_.name in page
    lines = {one.label: one.count for one in workbench.for_user(bureau, today())}
    name = f"{round_.year} 年度书面审查"
    assert lines[f"{name}待审查"] == 1
    assert lines[f"{name}未报送"] == 3
    check_review(review=review, conclusion="passed", by=bureau)
    page = text(bureau_client.get(f"{units[0].get_absolute_url()}?tab=timeline"))
    assert "书面审查：合格" in page


def test_markup_in_a_name_is_text(bureau_client, community, erqi):
    make_enterprise("<b>甲</b>公司", grid=community)
    make_policy("national")
    typed = {
        "name": "<script>x</script>",
        "year": today().year - 1,
        "opens_on": today(),
        "closes_on": today(),
        "grid": erqi.pk,
        "min_headcount": 0,
    }
    bureau_client.post(url("round-add"), typed)
    made = ReviewRound.objects.get()
    for page in (made.get_absolute_url(), url("units", made.pk)):
        shown = text(bureau_client.get(page))
        assert "<script>x" not in shown
        assert "<b>甲" not in shown


# --- pages that have nothing to do, and the papers ------------------------------------


@pytest.mark.parametrize("role", [Role.SQUAD_LEADER, Role.ASSISTANT])
def test_a_street_opens_the_announcement_and_every_other_link_of_a_round(
    client, round_, street, role
):
    client.force_login(make_user(grid=street, role=role))
    page = text(client.get(round_.get_absolute_url()))
    links = set(Page(page).local_links)
    assert url("notice", round_.pk) in links
    refused = {}
    for link in links:
        answer = client.get(link)
        b"".join(answer)
        if answer.status_code not in (200, 302):
            refused[link] = answer.status_code
    assert refused == {}


def test_the_announcement_is_not_for_the_neighbour(neighbour_client, round_):
    assert neighbour_client.get(url("notice", round_.pk)).status_code == 404


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("check", "未报送，等单位报送"),
        ("recheck", "未报送，等单位报送"),
        ("site", "没有被抽中"),
        ("order", "过后仍未报送的才责令限期报送"),
    ],
)
def test_an_act_on_a_unit_that_has_nothing_to_do_says_what_comes_next(
    bureau_client, round_, units, act, words
):
    review = round_.reviews.get(enterprise=units[0])
    page = text(bureau_client.get(review.get_absolute_url()))
    assert url(act, review.pk) not in page
    answer = bureau_client.get(url(act, review.pk), follow=True)
    assert answer.redirect_chain[-1][0] == review.get_absolute_url()
    assert words in text(answer)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("announce", "已公告"),
        ("sample", "还没有单位报送"),
        ("pass", "没有材料齐全"),
        ("end", "过后才能结束"),
    ],
)
def test_an_act_on_a_round_that_has_nothing_to_do_says_what_comes_next(
    bureau_client, round_, act, words
):
    answer = bureau_client.get(url(act, round_.pk), follow=True)
    assert answer.redirect_chain[-1][0] == round_.get_absolute_url()
    assert words in text(answer)


def test_a_round_ends_once_all_that_came_in_is_concluded(
    bureau_client, round_, units, hand_in
):
    hand_in(units[0])
    ReviewRound.objects.update(closes_on=today() - timedelta(days=1))
    page = text(bureau_client.get(url("end", round_.pk), follow=True))
    assert "还有 1 户待审查、补正或复查" in page
    review = round_.reviews.get(enterprise=units[0])
    review.state, review.checked_on, review.checked_by = (
        "passed",
        today(),
        round_.begun_by,
    )
    review.save()
    assert url("end", round_.pk) in text(bureau_client.get(round_.get_absolute_url()))
    assert bureau_client.get(url("end", round_.pk)).status_code == 200
