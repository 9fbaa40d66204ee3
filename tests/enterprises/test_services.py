from datetime import date, timedelta

import pytest
from django.utils import timezone

from enterprises.models import Enterprise, Survey
from enterprises.services import (
    EditedMeanwhile,
    NotComplete,
    Refused,
    change_enterprise,
    register_enterprise,
    save_draft,
    submit_survey,
)
from enterprises.services.files import (
    changes_since,
    possible_duplicates,
    reveal_phone,
)
from enterprises.services.surveys import discard_draft, draft_of
from gridinspect.audit.services import history
from grids.models import DailyEntry, DirtyMark
from tests.enterprises.test_survey_rules import GOOD
from tests.factories import LONG_AGO, make_enterprise, make_grid, make_user

PHONE = "13900000001"


@pytest.fixture
def other(street):
    return make_grid("长江东路社区", parent=street)


@pytest.fixture
def unit(community):
    return make_enterprise("郑州甲餐饮有限公司", grid=community)


def dirty(since):
    return set(DirtyMark.objects.filter(since=since).values_list("grid", flat=True))


def today():
    return timezone.localdate()


# --- the file -------------------------------------------------------------------------


def test_a_registered_unit_is_placed_open_found_and_recorded(community, bureau):
    day = date(2026, 3, 1)
    unit = register_enterprise(
        grid=community,
        known_since=day,
        by=bureau,
        name="河南省郑州市乙餐饮有限责任公司",
        uscc="91410103MA0AAAA1X9",
        contact_phone=PHONE,
    )

    assert unit.district == community.district
    assert unit.name_key == "郑州乙餐饮有限公司"
    assert unit.pinyin.startswith("hn")
    assert list(unit.placements.values_list("grid", "since", "until")) == [
        (community.pk, day, None)
    ]
    assert list(unit.status_periods.values_list("status", "since")) == [("open", day)]
    assert community.pk in dirty(day)
    assert DailyEntry.objects.filter(person=bureau.person, day=today()).exists()
    [event] = history(unit)
    assert event.verb == "enterprise.registered"
    assert event.data["after"]["contact_phone"] == "139****0001"
    assert PHONE not in str(event.data)


def test_the_telephone_is_encrypted_and_found_by_its_index(community, bureau):
    unit = register_enterprise(
        grid=community, known_since=LONG_AGO, by=bureau, name="甲", contact_phone=PHONE
    )
    found = Enterprise.objects.filter(contact_phone_index=unit.contact_phone_index)
    assert found.get().contact_phone == PHONE


def test_one_credit_code_is_not_entered_twice_in_a_district(community, other, bureau):
    code = "91410103MA0AAAA1X9"
    make_enterprise(grid=community, uscc=code)
    with pytest.raises(Refused, match="本区县已有使用该统一社会信用代码的单位"):
        register_enterprise(
            grid=other, known_since=LONG_AGO, by=bureau, name="乙", uscc=code
        )


@pytest.mark.parametrize("days", [1, 400])
def test_a_unit_is_not_known_before_the_day_comes(community, bureau, days):
    with pytest.raises(Refused, match="晚于今天"):
        register_enterprise(
            grid=community,
            known_since=today() + timedelta(days=days),
            by=bureau,
            name="乙",
        )


def test_a_unit_is_not_placed_before_its_grid_existed(community, bureau):
    with pytest.raises(Refused, match="早于“绿云社区”的启用日期"):
        register_enterprise(
            grid=community,
            known_since=LONG_AGO - timedelta(days=1),
            by=bureau,
            name="乙",
        )


def test_a_change_is_recorded_with_before_and_after(unit, bureau):
    change_enterprise(
        enterprise=unit, edition=1, by=bureau, address="淮河路 1 号", headcount=12
    )

    unit.refresh_from_db()
    assert (unit.address, unit.headcount, unit.edition) == ("淮河路 1 号", 12, 2)
    [event] = history(unit)
    assert event.data["before"] == {"address": "", "headcount": ""}
    assert event.data["after"] == {"address": "淮河路 1 号", "headcount": "12"}


def test_saving_without_a_change_leaves_no_trace(unit, bureau):
    change_enterprise(enterprise=unit, edition=1, by=bureau, name=unit.name)
    unit.refresh_from_db()
    assert unit.edition == 1
    assert not history(unit).exists()


def test_the_second_editor_is_told_and_overwrites_nothing(unit, bureau):
    change_enterprise(enterprise=unit, edition=1, by=bureau, address="一号")
    with pytest.raises(EditedMeanwhile):
        change_enterprise(enterprise=unit, edition=1, by=bureau, address="二号")
    unit.refresh_from_db()
    assert unit.address == "一号"
    theirs = changes_since(unit, 1)
    assert (theirs["address"].before, theirs["address"].after) == ("", "一号")


def test_a_move_ends_one_placement_and_begins_the_next(unit, community, other, bureau):
    day = date(2026, 5, 1)
    change_enterprise(enterprise=unit, edition=1, by=bureau, grid=other, grid_since=day)

    unit.refresh_from_db()
    assert unit.grid == other
    placements = unit.placements.order_by("since")
    assert list(placements.values_list("grid", "since", "until")) == [
        (community.pk, LONG_AGO, day),
        (other.pk, day, None),
    ]
    assert dirty(day) == {community.pk, other.pk}


def test_a_move_on_the_first_day_corrects_the_placement(unit, other, bureau):
    change_enterprise(
        enterprise=unit, edition=1, by=bureau, grid=other, grid_since=LONG_AGO
    )
    assert unit.placements.get().grid == other


def test_a_move_before_the_first_day_is_refused(community, other, bureau):
    unit = make_enterprise(grid=community, since=date(2021, 1, 1))
    with pytest.raises(Refused, match="不能早于现归属的起始日期"):
        change_enterprise(
            enterprise=unit,
            edition=1,
            by=bureau,
            grid=other,
            grid_since=date(2020, 12, 31),
        )


def test_a_unit_does_not_move_to_another_district(unit, huiji, bureau):
    with pytest.raises(Refused, match="在另一区县"):
        change_enterprise(enterprise=unit, edition=1, by=bureau, grid=huiji)
    unit.refresh_from_db()
    assert unit.edition == 1
    assert unit.placements.count() == 1


def test_a_new_status_holds_from_its_day(unit, community, bureau):
    day = date(2026, 6, 30)
    change_enterprise(
        enterprise=unit,
        edition=1,
        by=bureau,
        status="cancelled",
        status_since=day,
        status_reason="注销公告",
    )

    periods = unit.status_periods.order_by("since")
    assert list(periods.values_list("status", "until", "reason")) == [
        ("open", day, ""),
        ("cancelled", None, "注销公告"),
    ]
    assert community.pk in dirty(day)


def test_a_status_of_tomorrow_is_refused(unit, bureau):
    with pytest.raises(Refused, match="晚于今天"):
        change_enterprise(
            enterprise=unit,
            edition=1,
            by=bureau,
            status="revoked",
            status_since=today() + timedelta(days=1),
        )


def test_a_telephone_number_is_shown_only_for_a_reason(unit, bureau):
    unit.set_contact_phone(PHONE)
    unit.save()
    with pytest.raises(Refused, match="理由"):
        reveal_phone(enterprise=unit, reason=" ", by=bureau)
    assert reveal_phone(enterprise=unit, reason="核实投诉", by=bureau) == PHONE
    assert history(unit).get().data["reason"] == "核实投诉"


# --- duplicates -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "code", "found"),
    [
        ("郑州市甲餐饮有限责任公司", "", True),  # the same but for 市 and the form
        ("郑州甲餐饮管理有限公司", "", True),
        ("郑州甲餐饮有限公司惠济分公司", "", False),
        ("扬州完全不同的印刷厂", "", False),
        ("郑州甲餐饮有限公司2店", "", False),
        ("另一个名称", "91410103MA0AAAA1X9", True),
        ("郑州甲餐饮有限公司", "92410108MA0BBBB236", False),  # two codes: two units
        ("", "", False),
    ],
)
def test_possible_duplicates(unit, bureau, typed, code, found):
    Enterprise.objects.filter(pk=unit.pk).update(
        name="郑州甲餐饮有限公司",
        name_key="郑州甲餐饮有限公司",
        uscc="91410103MA0AAAA1X9",
    )
    candidates = possible_duplicates(name=typed, uscc=code, seen_by=bureau)
    assert [c.unit for c in candidates] == ([unit] if found else [])


def test_a_strangers_unit_is_no_duplicate_to_speak_of(unit, neighbour):
    assert possible_duplicates(name=unit.name, uscc="", seen_by=neighbour) == []


# --- surveys --------------------------------------------------------------------------


def act(unit, by, **changes):
    return {
        "enterprise": unit,
        "surveyed_on": today() - timedelta(days=3),
        "method": "visit",
        "collected_by": by.person,
        "answers": GOOD,
        "by": by,
    } | changes


def test_a_draft_is_kept_as_it_is_and_resumed(unit, bureau):
    first = save_draft(**act(unit, bureau, answers={"male": "约50"}))
    assert first.problems[0]["rule"] == "F1"
    second = save_draft(**act(unit, bureau, answers={"male": 50}))
    assert second.pk == first.pk
    assert draft_of(unit, bureau).answers == {"male": 50}
    assert not history(unit).exists()
    assert not Survey.objects.final().exists()


def test_two_people_have_two_drafts(unit, bureau, street):
    colleague = make_user(grid=street)
    save_draft(**act(unit, bureau))
    assert draft_of(unit, colleague) is None


def test_a_survey_handed_in_counts_from_the_day_it_was_taken(unit, community, bureau):
    day = today() - timedelta(days=3)
    survey = submit_survey(**act(unit, bureau))

    assert (survey.state, survey.is_complete) == ("final", True)
    assert survey.surveyed_on == day
    assert timezone.localdate(survey.recorded_at) == today()
    assert community.pk in dirty(day)
    assert draft_of(unit, bureau) is None
    [event] = history(unit)
    assert event.verb == "survey.submitted"


def test_a_late_survey_marks_every_grid_of_the_time_since(
    unit, community, other, bureau
):
    change_enterprise(
        enterprise=unit,
        edition=1,
        by=bureau,
        grid=other,
        grid_since=today() - timedelta(days=1),
    )
    DirtyMark.objects.all().delete()
    submit_survey(**act(unit, bureau))
    assert dirty(today() - timedelta(days=3)) == {community.pk, other.pk}


def test_an_incomplete_survey_stays_a_draft(unit, bureau):
    answers = {k: v for k, v in GOOD.items() if k != "registered"}
    with pytest.raises(NotComplete) as caught:
        submit_survey(**act(unit, bureau, answers=answers))
    assert [question.key for question in caught.value.missing] == ["registered"]
    assert draft_of(unit, bureau).answers == answers


def test_a_survey_that_contradicts_itself_stays_a_draft(unit, bureau):
    with pytest.raises(NotComplete) as caught:
        submit_survey(**act(unit, bureau, answers=GOOD | {"male": 21}))
    assert [p["rule"] for p in caught.value.survey.problems] == ["R2"]
    assert not Survey.objects.final().exists()


def test_the_same_survey_sent_twice_is_kept_once(unit, bureau):
    submit_survey(**act(unit, bureau))
    with pytest.raises(Refused, match="已经提交过"):
        submit_survey(**act(unit, bureau))
    assert Survey.objects.count() == 1
    submit_survey(**act(unit, bureau, answers=GOOD | {"disabled": 1}))
    assert Survey.objects.final().count() == 2


def test_only_the_own_draft_is_thrown_away(unit, bureau, street):
    draft = save_draft(**act(unit, bureau))
    with pytest.raises(Refused):
        discard_draft(survey=draft, by=make_user(grid=street))
    discard_draft(survey=draft, by=bureau)
    assert not Survey.objects.exists()
