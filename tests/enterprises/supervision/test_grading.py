"""The yearly grades: proposed, adjusted, approved by another, told, corrected."""

import json
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from cases.models import Case
from enterprises.supervision.models import GradeRound, KeyEntry, Rating
from enterprises.supervision.services import (
    grade_of,
    grading,
    notices,
    objecting,
    replaying,
)
from enterprises.supervision.services.schemes import Refused, scheme_at, scheme_named
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from gridinspect.jobs import services as jobs
from gridinspect.jobs.models import Job
from tests.enterprises.supervision.support import (
    YEAR,
    load_law,
    make_round,
    punish,
    rating_of,
)
from tests.factories import (
    TODAY,
    make_adoption,
    make_enterprise,
    make_policy,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def law(db):
    load_law()


@pytest.fixture
def good(community):
    return make_enterprise("甲公司", grid=community)


@pytest.fixture
def bad(community):
    unit = make_enterprise("乙公司", grid=community)
    for month in (3, 6, 9):
        punish(unit, date(YEAR, month, 1))
    return unit


@pytest.fixture
def leader(erqi):
    return make_user(grid=erqi, role=Role.LEADER)


@pytest.fixture
def round_(erqi, good, bad, bureau):
    return make_round(erqi, bureau)


@pytest.fixture
def approved(round_, leader):
    grading.approve_round(round_=round_, on=TODAY(), by=leader)
    round_.refresh_from_db()
    return round_


def adjust(rating, grade, reason, by):
    return grading.adjust(
        rating=rating, grade=grade, reason=reason, edition=rating.edition, by=by
    )


# --- the scheme -----------------------------------------------------------------------


def test_a_plan_without_a_scheme_has_the_nations_and_never_an_example(erqi):
    make_adoption(erqi, "erqi-2013")
    assert scheme_at(erqi, TODAY()).id == "national-2017@2"


def test_the_plan_of_yangzhou_has_its_own_scheme(erqi):
    make_adoption(erqi, "yangzhou-2007")
    assert scheme_at(erqi, TODAY()).scheme.key == "yangzhou-2004"
    assert scheme_named("points-example").scheme.points == 100
    assert scheme_named("nothing") is None


# --- the round ------------------------------------------------------------------------


def test_grades_are_proposed_with_the_facts_that_decided(round_, good, bad):
    assert round_.state == GradeRound.State.REVIEW
    assert rating_of(good).grade == "A"
    rating = rating_of(bad)
    assert (rating.grade, rating.is_key, rating.decided[0]["value"]) == ("C", True, 3)
    rows = rating.facts["punished"]["rows"]
    assert [row["on"] for row in rows] == [f"{YEAR}-0{m}-01" for m in (3, 6, 9)]


@pytest.mark.parametrize(
    ("day", "grade"),
    [
        (date(YEAR, 1, 1), "B"),
        (date(YEAR, 12, 31), "B"),
        (date(YEAR - 1, 12, 31), "A"),
        (date(YEAR + 1, 1, 1), "A"),
    ],
)
def test_only_the_record_of_the_year_counts(erqi, good, bureau, day, grade):
    punish(good, day)
    make_round(erqi, bureau)
    assert rating_of(good).grade == grade


@pytest.mark.parametrize("outcome", ["revoked", "transferred", "no_penalty"])
def test_a_case_without_a_finding_is_no_punishment(erqi, good, bureau, outcome):
    punish(good, outcome=outcome)
    make_round(erqi, bureau)
    assert rating_of(good).grade == "A"


def test_a_year_has_one_round_and_must_be_over(erqi, round_, bureau):
    scheme = scheme_at(erqi, TODAY())
    for year, said in ((YEAR, "已有"), (TODAY().year, "已经结束"), (1999, "已经结束")):
        with pytest.raises(Refused, match=said):
            grading.start_round(district=erqi, year=year, scheme=scheme, by=bureau)


def test_the_job_does_what_the_page_asked_for(erqi, good, bad, bureau):
    scheme = scheme_at(erqi, TODAY())
    grading.start_round(district=erqi, year=YEAR, scheme=scheme, by=bureau)
    job = Job.objects.get()
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert Rating.objects.count() == 2
    jobs.run(job.pk)  # delivered twice, done once
    assert Rating.objects.count() == 2


def test_recomputing_keeps_what_a_person_adjusted(round_, good, bad, bureau, erqi):
    adjust(rating_of(good), "B", "书面材料不全", bureau)
    punish(good)
    Case.objects.filter(enterprise=bad, closed_on__month=3).delete()
    grading.recompute(round_=round_, by=bureau)
    round_.refresh_from_db()
    assert round_.state == GradeRound.State.COMPUTING
    grading.write_proposals(round_=round_, worked=grading.work_out(round_), by=bureau)
    kept = rating_of(good)
    assert (kept.grade, kept.proposed, kept.reason) == ("B", "B", "书面材料不全")
    assert rating_of(bad).grade == "B"


def test_an_adjustment_needs_a_reason_and_the_newest_edition(round_, good, bureau):
    rating = rating_of(good)
    with pytest.raises(Refused, match="理由"):
        adjust(rating, "B", " ", bureau)
    with pytest.raises(Refused, match="没有 Z"):
        adjust(rating, "Z", "理由", bureau)
    adjust(rating, "B", "书面材料不全", bureau)
    with pytest.raises(Refused, match="同事"):
        adjust(rating, "C", "再改", bureau)  # the edition that was looked at
    back = adjust(rating_of(good), "A", "", bureau)
    assert (back.grade, back.reason) == ("A", "")


# --- approval -------------------------------------------------------------------------


def test_another_person_approves(round_, good, bureau, leader):
    with pytest.raises(Refused, match="另一位"):
        grading.approve_round(round_=round_, on=TODAY(), by=bureau)
    adjust(rating_of(good), "B", "材料不全", leader)
    with pytest.raises(Refused, match="另一位"):
        grading.approve_round(round_=round_, on=TODAY(), by=leader)


def test_the_database_refuses_an_approval_by_the_same_person(round_, bureau):
    rating = Rating.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        Rating.objects.filter(pk=rating.pk).update(
            approved_by=bureau,
            approved_on=TODAY(),
            valid_from=TODAY(),
            valid_until=TODAY(),
        )


@pytest.mark.parametrize("shift", [1, -1])
def test_the_day_of_approval_lies_between_computing_and_today(round_, leader, shift):
    with pytest.raises(Refused, match="批准日期"):
        grading.approve_round(
            round_=round_, on=TODAY() + timedelta(days=shift), by=leader
        )


def test_approved_grades_hold_for_a_year_and_c_is_a_key_unit(approved, good, bad):
    today = TODAY()
    held = grade_of([good.pk, bad.pk], today)
    assert (held[good.pk].grade, held[good.pk].visits_max) == ("A", 1)
    assert (held[bad.pk].grade, held[bad.pk].is_key) == ("C", True)
    last = held[bad.pk].valid_until
    assert grade_of([bad.pk], last)[bad.pk].grade == "C"
    assert grade_of([bad.pk], last + timedelta(days=1)) == {}
    assert grade_of([bad.pk], today - timedelta(days=1)) == {}
    assert KeyEntry.objects.get().enterprise == bad  # the nation's own ground


# --- notice, objection, correction, publication ---------------------------------------


def told(rating, by):
    notices.issue_notice(rating=rating, on=TODAY(), by=by)
    return objecting.note_served(rating=rating, on=TODAY(), by=by)


def test_a_notice_is_numbered_archived_and_begins_the_days_to_object(
    approved, bad, bureau
):
    rating = rating_of(bad)
    with pytest.raises(Refused, match="告知书"):
        objecting.note_served(rating=rating, on=TODAY(), by=bureau)
    rating = told(rating, bureau)
    assert "诚字" in rating.notice_number
    assert rating.notice.title.endswith("乙公司")
    assert rating.object_by > TODAY()
    with pytest.raises(Refused, match="已出具"):
        notices.issue_notice(rating=rating, on=TODAY(), by=bureau)


def test_no_notice_before_approval(round_, bad, bureau):
    with pytest.raises(Refused, match="尚未批准"):
        notices.issue_notice(rating=rating_of(bad), on=TODAY(), by=bureau)


def test_a_correction_is_a_further_row_and_the_old_one_stays(
    approved, bad, bureau, leader
):
    old = rating_of(bad)
    objection = objecting.object_to(
        rating=old, raised_on=TODAY(), text="其中一案已被撤销", by=bureau
    )
    assert objection.decide_by > TODAY()
    with pytest.raises(Refused, match="已有一件"):
        objecting.object_to(rating=old, raised_on=TODAY(), text="又", by=bureau)
    with pytest.raises(Refused, match="另一位"):
        objecting.decide_objection(
            objection=objection, grade="B", decision="成立", on=TODAY(), by=bureau
        )
    new = objecting.decide_objection(
        objection=objection, grade="B", decision="成立", on=TODAY(), by=leader
    )
    old.refresh_from_db()
    assert (old.grade, old.replaced_on) == ("C", TODAY())
    assert (new.grade, new.corrects, new.is_key) == ("B", old, False)
    assert grade_of([bad.pk], TODAY())[bad.pk].grade == "B"
    with pytest.raises(Refused, match="已经更正"):
        objecting.object_to(rating=old, raised_on=TODAY(), text="又", by=bureau)


def test_an_objection_that_fails_changes_nothing(approved, bad, bureau, leader):
    rating = rating_of(bad)
    objection = objecting.object_to(
        rating=rating, raised_on=TODAY(), text="不服", by=bureau
    )
    same = objecting.decide_objection(
        objection=objection, grade="C", decision="事实清楚", on=TODAY(), by=leader
    )
    assert same.pk == rating.pk
    objection.refresh_from_db()
    assert objection.outcome == "kept"
    assert Rating.objects.count() == 2


def test_grades_are_published_only_after_all_were_told_and_could_object(
    approved, bad, bureau
):
    with pytest.raises(Refused, match="未告知"):
        grading.publish_round(round_=approved, on=TODAY(), by=bureau)
    rating = told(rating_of(bad), bureau)
    with pytest.raises(Refused, match="异议期"):
        grading.publish_round(round_=approved, on=TODAY(), by=bureau)
    Rating.objects.filter(pk=rating.pk).update(object_by=TODAY() - timedelta(days=1))
    assert grading.publish_round(round_=approved, on=TODAY(), by=bureau) == 1
    assert rating_of(bad).published_on == TODAY()
    with pytest.raises(Refused, match="已于"):
        grading.publish_round(round_=approved, on=TODAY(), by=bureau)


# --- replay ---------------------------------------------------------------------------


def test_a_replay_answers_the_same_after_the_registers_changed(approved, erqi, bad):
    scheme = scheme_at(erqi, TODAY())
    Case.objects.all().delete()
    again = replaying.replay(erqi, YEAR, scheme)
    assert again.from_kept
    assert again.proposals[bad.pk].grade == "C"
    assert again.different == {}
    anew = replaying.replay(erqi, YEAR, scheme, anew=True)
    assert anew.proposals[bad.pk].grade == "A"
    assert anew.different == {bad.pk: ("C", "A")}


def test_a_replay_under_another_scheme_saves_nothing(approved, erqi, bad):
    before = Rating.objects.count()
    found = replaying.replay(erqi, YEAR, scheme_named("points-example"))
    assert found.proposals[bad.pk].points == 70
    assert found.counts == {"A": 1, "B": 1, "C": 0}
    assert Rating.objects.count() == before


def test_the_command_prints_one_document(approved, erqi, bad):
    out = StringIO()
    call_command("grade", "--district", erqi.code, "--year", YEAR, "--json", stdout=out)
    document = json.loads(out.getvalue())
    assert document["counts"] == {"A": 1, "B": 0, "C": 1}
    assert document["facts"] == "kept"
    (row,) = [one for one in document["units"] if one["grade"] == "C"]
    assert (row["unit"], row["standing"]) == (bad.pk, "C")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--district", "nowhere", "--year", str(YEAR)],
        ["--district", "410103", "--year", "1900"],
        ["--district", "410103", "--year", str(YEAR), "--scheme", "nothing"],
        ["--district", "410103"],
    ],
)
def test_bad_arguments_give_one_line(erqi, arguments):
    make_policy("national")
    with pytest.raises(CommandError) as refusal:
        call_command("grade", *arguments)
    assert "\n" not in str(refusal.value)
    assert refusal.value.returncode == 2


def test_computing_asks_as_often_for_many_units_as_for_few(
    erqi, community, bureau, django_assert_max_num_queries
):
    for number in range(40):
        make_enterprise(f"单位{number}", grid=community)
    scheme = scheme_at(erqi, TODAY())
    round_ = grading.start_round(district=erqi, year=YEAR, scheme=scheme, by=bureau)
    with django_assert_max_num_queries(60):
        grading.write_proposals(
            round_=round_, worked=grading.work_out(round_), by=bureau
        )


def test_a_graded_year_is_replayed_by_its_own_scheme(erqi, good, bad, bureau, leader):
    example = scheme_named("points-example")
    round_ = make_round(erqi, bureau, scheme=example)
    grading.approve_round(round_=round_, on=TODAY(), by=leader)
    assert replaying.scheme_of_year(erqi, YEAR).id == example.id
    found = replaying.replay(erqi, YEAR, replaying.scheme_of_year(erqi, YEAR))
    assert found.different == {}
    assert replaying.scheme_of_year(erqi, YEAR - 1).id == scheme_at(erqi, TODAY()).id


def test_notices_that_reached_their_units_on_one_day_are_served_in_a_lot(
    approved, good, bad, bureau
):
    with pytest.raises(Refused, match="没有已出具"):
        objecting.note_all_served(round_=approved, grades=["C"], on=TODAY(), by=bureau)
    for unit in (good, bad):
        notices.issue_notice(rating=rating_of(unit), on=TODAY(), by=bureau)
    for day in (TODAY() - timedelta(days=1), TODAY() + timedelta(days=1)):
        with pytest.raises(Refused, match="之间"):
            objecting.note_all_served(round_=approved, grades=["C"], on=day, by=bureau)
    told = objecting.note_all_served(
        round_=approved, grades=["C"], on=TODAY(), by=bureau
    )
    assert told == 1
    one, other = rating_of(bad), rating_of(good)
    assert (one.notified_on, other.notified_on) == (TODAY(), None)
    assert one.object_by > TODAY()
    assert history(approved).first().verb == "grades.notified"
    assert list(objecting.to_serve(approved)) == [other]
