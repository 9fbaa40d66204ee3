"""Acts on staff: what they write, what they leave in the trail, what they refuse."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from assistants import services
from assistants.models import StaffFile
from assistants.services import Refused
from assistants.training import untrained_warning
from gridinspect.accounts.models import Person
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from grids.models import DailyEntry, DirtyMark, Posting
from grids.services import tree
from tests.factories import (
    TODAY,
    make_adoption,
    make_grid,
    make_person,
    make_staff,
    make_training,
)

START = date(2026, 3, 1)
ID_NUMBER = "410103198506150012"
PERSON = {"name": "林一舟", "id_number": ID_NUMBER, "phone": "13800000001"}


def hire(grid, by, **fields):
    defaults = {"role": Role.ASSISTANT, "since": START, "education": "大专"}
    return services.hire(grid=grid, by=by, **PERSON | defaults | fields)


def marks():
    return set(DirtyMark.objects.values_list("grid", "since"))


# --- hire -----------------------------------------------------------------------------


def test_hiring_makes_person_file_and_post_in_one_event(bureau, community):
    DirtyMark.objects.all().delete()

    file = hire(community, bureau)

    assert file.person.postings.get().grid == community
    assert (file.education, file.person.phone) == ("大专", "13800000001")
    assert [event.verb for event in history(file)] == ["staff.hired"]
    assert history(file).get().path == community.path
    assert marks() == {
        (community.pk, START),
        *((g, d) for g, d in marks() if d == TODAY()),  # the clerk's own entry
    }
    assert DailyEntry.objects.filter(person=bureau.person, day=TODAY()).exists()


def test_the_same_id_number_is_not_hired_twice(bureau, community):
    hire(community, bureau)

    with pytest.raises(Refused, match="已有人员档案"):
        hire(community, bureau)
    assert Person.objects.filter(name="林一舟").count() == 1


def test_a_known_person_without_a_file_gets_one(bureau, community):
    person = make_person("林一舟", id_number=ID_NUMBER)

    assert hire(community, bureau).person == person


def test_a_known_number_under_another_name_is_refused(bureau, community):
    make_person("别人", id_number=ID_NUMBER)

    with pytest.raises(Refused, match="姓名与此不同"):
        hire(community, bureau)
    assert not StaffFile.objects.exists()


# --- change ---------------------------------------------------------------------------


def test_the_trail_of_a_change_keeps_numbers_masked(bureau, community):
    file = hire(community, bureau)

    services.change_file(
        file=file,
        name="林一舟",
        id_number="",
        phone="13911112222",
        education="本科",
        by=bureau,
        path=community.path,
    )

    data = history(file).first().data
    assert data["before"] == {"联系电话": "138****0001", "学历": "大专"}
    assert data["after"] == {"联系电话": "139****2222", "学历": "本科"}
    assert Person.objects.get(pk=file.person_id).id_number == ID_NUMBER


def test_a_change_of_nothing_leaves_no_trail(bureau, community):
    file = hire(community, bureau)

    services.change_file(
        file=file,
        name="林一舟",
        id_number="",
        phone="",
        by=bureau,
        path=community.path,
    )

    assert history(file).count() == 1


def test_another_persons_number_is_refused(bureau, community):
    make_person("别人", id_number="410103199001010019")
    file = hire(community, bureau)

    with pytest.raises(Refused, match="另一个人"):
        services.change_file(
            file=file,
            name="林一舟",
            id_number="410103199001010019",
            phone="",
            by=bureau,
            path=community.path,
        )


# --- posts ----------------------------------------------------------------------------


def test_a_person_fills_one_post_at_a_time(bureau, street, community):
    file = make_staff(grid=community)

    with pytest.raises(Refused, match="一人一岗"):
        services.post(
            file=file, role=Role.ASSISTANT, grid=street, since=START, by=bureau
        )


def test_a_person_moves_on_when_the_post_has_ended(bureau, street, community):
    file = make_staff(grid=community)
    posting = file.person.postings.get()

    services.end_posting(posting=posting, until=START, status="waiting", by=bureau)
    assert StaffFile.objects.get().status == "waiting"
    services.post(file=file, role=Role.ASSISTANT, grid=street, since=START, by=bureau)

    assert StaffFile.objects.get().status == "on_post"
    assert Posting.objects.on(START).get(person=file.person).grid == street
    assert {(community.pk, START), (street.pk, START)} <= marks()
    assert [event.verb for event in history(file)][:2] == [
        "staff.posted",
        "staff.post_ended",
    ]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"role": Role.DISTRICT_BUREAU}, "只能安排"),
        ({"since": date(2019, 1, 1)}, "不能早于"),
    ],
)
def test_wrong_posts_are_refused(bureau, community, fields, sentence):
    file = make_staff()
    right = {"role": Role.ASSISTANT, "grid": community, "since": START}

    with pytest.raises(Refused, match=sentence):
        services.post(file=file, by=bureau, **right | fields)
    assert not file.person.postings.exists()


def test_nobody_is_posted_to_a_closed_grid(bureau, street):
    closed = make_grid("旧社区", parent=street)
    tree.close_grid(grid=closed, closed_on=START, successor=None, by=bureau)

    with pytest.raises(Refused, match="停用"):
        services.post(
            file=make_staff(), role=Role.ASSISTANT, grid=closed, since=START, by=bureau
        )


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"until": date(2020, 1, 1)}, "必须晚于上岗日期"),
        ({"status": "on_post"}, "离岗后的状态"),
    ],
)
def test_wrong_ends_are_refused(bureau, community, fields, sentence):
    posting = make_staff(grid=community).person.postings.get()
    right = {"until": START, "status": "left"}

    with pytest.raises(Refused, match=sentence):
        services.end_posting(posting=posting, by=bureau, **right | fields)
    assert Posting.objects.get(pk=posting.pk).until is None


def test_a_post_ends_only_once(bureau, community):
    posting = make_staff(grid=community).person.postings.get()
    services.end_posting(posting=posting, until=START, status="left", by=bureau)

    with pytest.raises(Refused, match="已于 2026-03-01 结束"):
        services.end_posting(posting=posting, until=START, status="left", by=bureau)


# --- trainings, certificates, numbers -------------------------------------------------


def test_a_training_marks_the_grids_since_then(bureau, community):
    file = make_staff(grid=community)
    DirtyMark.objects.all().delete()

    services.record_training(
        file=file,
        kind="pre_post",
        finished_on=START,
        passed=True,
        by=bureau,
        path=community.path,
    )

    assert (community.pk, START) in marks()
    assert history(file).first().data["kind"] == "岗前培训"


def test_a_certificate_is_unique_and_ends_after_it_began(bureau, community):
    file = make_staff(grid=community)
    right = {
        "kind": "full_time",
        "number": "豫监察-0001",
        "valid_from": START,
        "valid_until": START + timedelta(days=1095),
    }
    services.record_certificate(file=file, by=bureau, path=community.path, **right)

    for wrong in ({}, {"number": "豫监察-0002", "valid_until": START}):
        with pytest.raises(ValidationError):
            services.record_certificate(
                file=file, by=bureau, path=community.path, **right | wrong
            )
    assert file.person.certificates.count() == 1


def test_a_look_at_the_numbers_is_in_the_trail_with_its_reason(bureau, community):
    file = hire(community, bureau)

    numbers = services.reveal(
        file=file, reason="核对社保", by=bureau, path=community.path
    )

    assert numbers == {"身份证号": ID_NUMBER, "联系电话": "13800000001"}
    event = history(file).first()
    assert (event.verb, event.data) == ("person.revealed", {"reason": "核对社保"})
    assert ID_NUMBER not in str(event.data)


def test_an_assistant_without_training_is_warned_of_with_the_clause(erqi, community):
    make_adoption(erqi, "erqi-2013")
    file = make_staff(grid=community)
    posting = file.person.postings.get()

    assert "EQ-31" in untrained_warning(posting)
    assert "不阻止" in untrained_warning(posting)
    make_training(file.person, finished_on=posting.since)
    assert untrained_warning(posting) == ""


def test_an_inspector_needs_no_pre_post_training(community):
    file = make_staff(grid=community, role=Role.FULL_TIME_INSPECTOR)

    assert untrained_warning(file.person.postings.get()) == ""
