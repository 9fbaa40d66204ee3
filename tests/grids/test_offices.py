"""机构与阵地: offices, who leads them, leading groups and what duties say."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from grids.models import Grid, GroupMember, Office
from grids.policy import NUMBERS, Number
from grids.rules import WantedPremises, wanted_office, wanted_premises
from grids.services import duties, groups, offices
from grids.services.acts import undo_act
from grids.services.reshaping import NewGrid, split_grid
from grids.services.tree import Refused, carried_by, close_grid
from tests.factories import (
    LONG_AGO,
    TODAY,
    make_adoption,
    make_district,
    make_grid,
    make_group,
    make_office,
    make_person,
)
from tests.grids.test_policy_files import POLICIES

DAY = timedelta(days=1)


# --- what plans want ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "grid_kind", "office"),
    [
        ("huiji-2010", "district", "command_centre"),
        ("huiji-2010", "town", "squad"),
        ("huiji-2010", "village", "station"),
        ("yangzhou-2007", "district", None),  # the root is no grid there
        ("yangzhou-2007", "park", "squad"),
        ("yangzhou-2007", "community", "station"),
        ("shenyang-plan", "street", "squad"),
        ("shenyang-plan", "village", "station"),
        ("yingkou-2021", "community", "station"),
        ("yingkou-2021", "street", None),
        ("erqi-2013", "district", None),  # 区本级 is no office
        ("erqi-2013", "street", None),
        ("huiji-2010", "cell", None),
    ],
)
def test_a_plan_names_the_office_of_each_level(policy, grid_kind, office):
    wanted = wanted_office(POLICIES[policy], grid_kind)
    assert (wanted and wanted.kind) == office


@pytest.mark.parametrize(
    ("area", "holds"),
    [("29.99", False), ("30", True), ("42", True), ("50", True), ("50.01", False)],
)
def test_the_command_centre_of_huiji_has_30_to_50_square_metres(area, holds):
    wanted = wanted_premises(POLICIES["huiji-2010"], "command_centre")
    assert (wanted.words, wanted.clause) == ("30 至 50 平方米", "HJ-10")
    assert wanted.holds(Decimal(area)) is holds


@pytest.mark.parametrize(
    ("least", "most", "area", "holds"),
    [
        (30, None, 29, False),
        (30, None, 30, True),
        (None, 50, 50, True),
        (None, 50, 51, False),
    ],
)
def test_one_end_is_enough(least, most, area, holds):
    assert WantedPremises(least, most, "X").holds(area) is holds


def test_no_other_plan_or_office_has_an_area():
    assert wanted_premises(POLICIES["huiji-2010"], "squad") is None
    assert wanted_premises(POLICIES["erqi-2013"], "command_centre") is None


@pytest.mark.parametrize("kind", list(Office.Kind))
def test_a_plan_may_want_an_area_for_any_kind_of_office(kind):
    huiji = POLICIES["huiji-2010"]
    key = f"{kind.value}_premises_min".removeprefix("command_centre_")
    rows = (Number(key, 20, "square_metres", "HJ-11"),)
    wanted = wanted_premises(replace(huiji, numbers=rows), kind)
    assert (wanted.words, wanted.clause) == ("不少于 20 平方米", "HJ-11")
    assert key in NUMBERS


# --- offices --------------------------------------------------------------------------


@pytest.fixture
def has(db):
    district = make_district("惠济区")
    make_adoption(district, "huiji-2010")
    street = make_grid("新城街道", parent=district)
    return SimpleNamespace(
        district=district,
        street=street,
        community=make_grid("新城社区", parent=street),
        by=User.objects.system(),
    )


def refusal(error):
    return error.value.messages[0]


def test_an_office_is_opened_with_a_trail(has):
    office = offices.open_office(
        place=has.street,
        kind=Office.Kind.SQUAD,
        name="新城街道监察中队",
        opened_on=LONG_AGO,
        by=has.by,
    )
    assert office.scope_path == has.street.path
    assert [event.verb for event in history(office)] == ["office.opened"]


@pytest.mark.parametrize(
    ("days", "refused"), [(-1, True), (0, False), (1, False)], ids=str
)
def test_an_office_is_not_older_than_its_grid(has, days, refused):
    facts = {"place": has.street, "kind": Office.Kind.SQUAD, "name": "中队"}
    day = has.street.opened_on + days * DAY
    if not refused:
        assert offices.open_office(**facts, opened_on=day, by=has.by).opened_on == day
        return
    with pytest.raises(ValidationError) as error:
        offices.open_office(**facts, opened_on=day, by=has.by)
    assert refusal(error) == (
        "成立日期不能早于网格“新城街道”的启用日期 2020-01-01，请核对。"
    )
    assert not Office.objects.exists()


@pytest.mark.parametrize(("days", "refused"), [(0, False), (1, True)])
def test_an_office_does_not_open_tomorrow(has, days, refused):
    facts = {"place": has.street, "kind": Office.Kind.SQUAD, "name": "中队"}
    day = TODAY() + days * DAY
    if refused:
        with pytest.raises(ValidationError, match="不能晚于今天"):
            offices.open_office(**facts, opened_on=day, by=has.by)
    else:
        offices.open_office(**facts, opened_on=day, by=has.by)


@pytest.mark.parametrize(("days", "refused"), [(-1, True), (0, False)])
def test_an_office_joins_the_network_after_it_was_opened(has, days, refused):
    office = make_office(grid=has.street, opened_on=date(2024, 5, 1))
    day = date(2024, 5, 1) + days * DAY
    if refused:
        with pytest.raises(ValidationError, match="联网日期不能早于成立日期"):
            offices.change_office(office=office, networked_on=day, by=has.by)
    else:
        offices.change_office(office=office, networked_on=day, by=has.by)


def test_only_what_differs_is_recorded(has):
    office = make_office(grid=has.street, address="旧址")
    changed = {"address": "新城路 1 号", "phone": office.phone}
    offices.change_office(office=office, by=has.by, **changed)
    event = history(office).first()
    assert event.data["before"] == {"地址": "旧址"}
    assert event.data["after"] == {"地址": "新城路 1 号"}
    offices.change_office(office=office, by=has.by, **changed)
    assert history(office).count() == 1


def test_an_area_of_nothing_is_refused(has):
    office = make_office(grid=has.street)
    with pytest.raises(ValidationError, match="大于零"):
        offices.change_office(office=office, square_metres=Decimal(0), by=has.by)


def test_leaders_follow_one_another(has):
    office, first, second = make_office(grid=has.street), make_person(), make_person()
    facts = {
        "office": office,
        "title": "中队长",
        "appointed_by": "惠济区人社局",
        "by": has.by,
    }
    day = date(2024, 1, 1)
    offices.appoint_leader(person=first, appointed_on=day, since=day, **facts)
    with pytest.raises(ValidationError, match="晚于前任"):
        offices.appoint_leader(person=second, appointed_on=day, since=day, **facts)
    offices.appoint_leader(person=second, appointed_on=day, since=day + DAY, **facts)
    held = office.leaders.order_by("since").values_list("person", "since", "until")
    assert list(held) == [
        (first.pk, day, day + DAY),
        (second.pk, day + DAY, None),
    ]
    assert office.leaders.on(day).get().person == first


@pytest.mark.parametrize(
    ("appointed", "since", "words"),
    [
        (date(2024, 5, 1), date(2024, 4, 30), "早于机构成立日期 2024-05-01"),
        (date(2024, 6, 2), date(2024, 6, 1), "任命日期不能晚于任职日期"),
        (date(2024, 5, 1), date(2024, 5, 1), ""),
    ],
)
def test_a_leader_comes_after_office_and_appointment(has, appointed, since, words):
    facts = {
        "office": make_office(grid=has.street, opened_on=date(2024, 5, 1)),
        "person": make_person(),
        "title": "中队长",
        "appointed_by": "区人社局",
        "appointed_on": appointed,
        "since": since,
        "by": has.by,
    }
    if words:
        with pytest.raises(ValidationError, match=words):
            offices.appoint_leader(**facts)
    else:
        offices.appoint_leader(**facts)


def test_a_closed_office_has_neither_leader_nor_vehicle(has):
    office = make_office(grid=has.street)
    day = date(2024, 1, 1)
    offices.appoint_leader(
        office=office,
        person=make_person(),
        title="中队长",
        appointed_by="区人社局",
        appointed_on=day,
        since=day,
        by=has.by,
    )
    offices.add_asset(
        office=office, kind="vehicle", name="执法车", since=day, by=has.by
    )
    with pytest.raises(ValidationError, match="撤销日期必须晚于 2024-01-01"):
        offices.close_office(office=office, closed_on=day, by=has.by)
    offices.close_office(office=office, closed_on=day + DAY, by=has.by)
    assert office.leaders.get().until == office.assets.get().until == day + DAY
    with pytest.raises(ValidationError, match="已于 2024-01-02 撤销"):
        offices.change_office(office=office, address="别处", by=has.by)


def test_an_office_is_not_closed_before_the_last_day_of_a_leader_who_left(has):
    office = make_office(grid=has.street)
    offices.appoint_leader(
        office=office,
        person=make_person(),
        title="中队长",
        appointed_by="区人社局",
        appointed_on=TODAY() - 9 * DAY,
        since=TODAY() - 9 * DAY,
        by=has.by,
    )
    offices.end_leader(leader=office.leaders.get(), until=TODAY(), by=has.by)
    with pytest.raises(ValidationError, match=f"必须晚于 {TODAY() - DAY}"):
        offices.close_office(office=office, closed_on=TODAY() - DAY, by=has.by)
    offices.close_office(office=office, closed_on=TODAY(), by=has.by)


def test_grids_without_their_office_are_found(has):
    found = offices.without_office(Grid.objects.all(), TODAY())
    assert set(found) == {has.district, has.street, has.community}
    make_office(grid=has.street, kind=Office.Kind.SQUAD)
    make_office(grid=has.district, kind=Office.Kind.STATION)  # not what it must have
    make_office(grid=has.community, kind=Office.Kind.STATION, closed_on=TODAY())
    found = offices.without_office(Grid.objects.all(), TODAY())
    assert set(found) == {has.district, has.community}


def test_a_district_without_a_plan_lacks_no_office(db):
    make_district()
    assert not offices.without_office(Grid.objects.all(), TODAY()).exists()


# --- leading groups -------------------------------------------------------------------


def test_a_group_has_one_head_at_a_time(has):
    group = make_group(grid=has.district)
    facts = {"group": group, "person": None, "post": "副区长", "by": has.by}
    head = GroupMember.Part.HEAD
    first = groups.add_member(name="甲某", part=head, since=LONG_AGO, **facts)
    with pytest.raises(ValidationError, match="组长现为甲某"):
        groups.add_member(name="乙某", part=head, since=TODAY(), **facts)
    groups.end_member(member=first, until=TODAY(), by=has.by)
    groups.add_member(name="乙某", part=head, since=TODAY(), **facts)
    sitting = group.members.on(TODAY()).values_list("name", flat=True)
    assert list(sitting) == ["乙某"]


def test_a_head_does_not_begin_before_the_former_one_has_left(has):
    group = make_group(grid=has.district)
    facts = {"group": group, "person": None, "post": "副区长", "by": has.by}
    head = GroupMember.Part.HEAD
    first = groups.add_member(name="甲某", part=head, since=LONG_AGO, **facts)
    groups.end_member(member=first, until=TODAY(), by=has.by)
    with pytest.raises(ValidationError, match=f"组长甲某到 {TODAY()} 才离任"):
        groups.add_member(name="乙某", part=head, since=TODAY() - DAY, **facts)
    groups.add_member(name="丙某", part=2, since=TODAY() - DAY, **facts)


def test_members_leave_with_the_group(has):
    group = make_group(grid=has.district)
    groups.add_member(
        group=group,
        person=None,
        name="甲某",
        post="副区长",
        part=GroupMember.Part.MEMBER,
        since=LONG_AGO,
        by=has.by,
    )
    groups.close_group(group=group, closed_on=TODAY(), by=has.by)
    assert group.members.get().until == TODAY()
    assert next(event.verb for event in history(group)) == "group.closed"


# --- duties ---------------------------------------------------------------------------


def of_role(grid, role, on):
    return next(duty for duty in duties.duties_of(grid, on) if duty.role == role)


def test_duties_are_the_districts_own_or_those_of_its_plan(db):
    district = make_district()
    make_adoption(district, "yangzhou-2007")
    community = make_grid("社区", parent=make_grid(parent=district))
    plan = of_role(community, Role.ASSISTANT, TODAY())
    assert plan.title == "助理员"
    assert plan.statement is None
    assert "YZ-18" in plan.source
    day = date(2024, 3, 1)
    duties.state_duties(
        district=district,
        role=Role.ASSISTANT,
        text="一、采集信息。\n\n 二、宣传政策。",
        since=day,
        by=User.objects.system(),
    )
    own = of_role(community, Role.ASSISTANT, day)
    assert own.lines == ("一、采集信息。", "二、宣传政策。")
    assert "2024-03-01 起施行" in own.source
    assert of_role(community, Role.ASSISTANT, day - DAY) == plan
    assert next(event.verb for event in history(district)) == "duties.stated"


def test_a_new_version_of_duties_ends_the_one_before(has):
    facts = {"district": has.district, "role": Role.ASSISTANT, "by": has.by}
    first = duties.state_duties(text="采集", since=date(2024, 1, 1), **facts)
    with pytest.raises(ValidationError, match="2024-01-02 或以后"):
        duties.state_duties(text="采集", since=date(2024, 1, 1), **facts)
    duties.state_duties(text="采集和宣传", since=date(2024, 1, 2), **facts)
    first.refresh_from_db()
    assert first.until == date(2024, 1, 2)
    assert of_role(has.street, Role.ASSISTANT, date(2024, 1, 1)).text == "采集"
    assert of_role(has.street, Role.ASSISTANT, date(2024, 1, 2)).text == "采集和宣传"


def test_duties_belong_to_a_district_that_is_there(has):
    facts = {"role": Role.ASSISTANT, "text": "采集", "by": has.by}
    with pytest.raises(ValidationError, match="按区县制定"):
        duties.state_duties(district=has.street, since=TODAY(), **facts)
    before = has.district.opened_on - DAY
    with pytest.raises(ValidationError, match="不能早于“惠济区”的启用日期"):
        duties.state_duties(district=has.district, since=before, **facts)


# --- along with grids -----------------------------------------------------------------


def test_offices_are_counted_and_hold_a_grid_open(has):
    make_office(grid=has.community)
    make_group(grid=has.community)
    assert {("个机构", 1), ("个领导小组", 1)} <= set(carried_by(has.street))
    with pytest.raises(Refused, match="1 个机构、1 个领导小组"):
        close_grid(grid=has.community, closed_on=TODAY(), successor=None, by=has.by)


def test_offices_go_along_when_a_grid_is_split_and_come_back(has):
    office, group = make_office(grid=has.community), make_group(grid=has.community)
    closed = make_office(grid=has.community, closed_on=TODAY())
    parts = split_grid(
        grid=has.community,
        parts=[NewGrid("东社区", "X1"), NewGrid("西社区", "X2")],
        on=TODAY(),
        by=has.by,
        chosen={"offices": {office.pk: 1}},
    )
    for row in (office, group, closed):
        row.refresh_from_db()
    assert (office.grid, group.grid) == (parts[1], parts[0])
    assert closed.grid == has.community
    undo_act(grid=parts[0], by=has.by)
    office.refresh_from_db()
    assert office.grid == has.community
