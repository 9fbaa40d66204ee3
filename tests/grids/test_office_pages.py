"""Pages of offices, leading groups, duties, the directory and 四定."""

from io import BytesIO

import openpyxl
import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from assistants.models import StaffFile
from gridinspect.accounts.roles import Role
from gridinspect.audit.models import Event
from gridinspect.audit.services import history
from grids.models import Grid, GroupMember, Office, OfficeLeader
from grids.services.duties import state_duties
from grids.services.groups import add_member
from grids.services.offices import appoint_leader
from tests.factories import (
    LONG_AGO,
    TODAY,
    make_adoption,
    make_city,
    make_district,
    make_grid,
    make_group,
    make_office,
    make_person,
    make_posting,
    make_task,
    make_user,
)


@pytest.fixture
def district(db):
    district = make_district("惠济区")
    make_adoption(district, "huiji-2010")
    return district


@pytest.fixture
def street(district):
    return make_grid("新城街道", parent=district)


@pytest.fixture
def bureau(district):
    return make_user(grid=district)


@pytest.fixture
def page(client, bureau):
    """Read and write pages as the district bureau."""
    client.force_login(bureau)
    return client


def as_role(client, grid, role):
    user = make_user(grid=grid, role=role)
    client.force_login(user)
    return user


def office_facts(grid, **more):
    facts = {"grid": grid.code, "kind": "squad", "name": "新城街道监察中队"}
    return facts | {"opened_on": LONG_AGO.isoformat()} | more


# --- offices --------------------------------------------------------------------------


def test_an_office_is_added_changed_and_closed(page, street):
    url = reverse("grids:office-create")
    response = page.post(url, office_facts(street, square_metres="36.5"))
    office = Office.objects.get()
    assert response.headers["Location"] == office.get_absolute_url()
    shown = page.get(office.get_absolute_url()).content.decode()
    assert "36.5 平方米" in shown
    page.post(
        reverse("grids:office-change", args=[office.pk]),
        office_facts(street, name="新城中队", address="新城路 1 号"),
    )
    office.refresh_from_db()
    assert (office.name, office.square_metres) == ("新城中队", None)
    timeline = page.get(f"{office.get_absolute_url()}?tab=timeline").content.decode()
    assert "修改机构" in timeline
    assert "新城街道监察中队" in timeline
    page.post(
        reverse("grids:office-close", args=[office.pk]),
        {"closed_on": TODAY().isoformat()},
    )
    office.refresh_from_db()
    assert office.closed_on == TODAY()
    assert "已撤销" in page.get(office.get_absolute_url()).content.decode()


@pytest.fixture
def chief(client, district):
    """Read and write pages as the city bureau."""
    user = make_user(city=district.city, role=Role.CITY_BUREAU)
    client.force_login(user)
    return user


def city_facts(city, **more):
    facts = {"city": city.pk, "kind": "brigade", "name": "劳动保障监察支队"}
    return facts | {"opened_on": LONG_AGO.isoformat(), "phone": "0000-8000"} | more


def test_a_city_has_offices_of_its_own(client, chief, district):
    url = reverse("grids:office-create")
    neither = client.post(url, city_facts(district.city) | {"city": ""})
    both = client.post(url, city_facts(district.city, grid=district.code))
    for response in (neither, both):
        assert "二者取一" in str(response.context["form"].errors)
    client.post(url, city_facts(district.city))
    office = Office.objects.get()
    assert (office.grid, office.place) == (None, district.city)
    twice = client.post(url, city_facts(district.city))
    assert "该处已有同名机构" in str(twice.context["form"].errors)
    lead = {"name": "李支队", "phone": "19900001234", "title": "支队长"}
    lead |= {"appointed_by": "市人社局", "appointed_on": "2024-01-01"}
    lead |= {"since": "2024-01-01"}
    client.post(reverse("grids:office-leader", args=[office.pk]), lead)
    assert OfficeLeader.objects.get().office == office
    for address in (reverse("grids:offices"), office.get_absolute_url()):
        text = client.get(address).content.decode()
        assert "劳动保障监察支队" in text
        assert "李支队" in text


def test_what_is_the_citys_is_a_contact_of_its_districts(client, page, district):
    office = make_office(city=district.city, name="支队", phone="0000-8000")
    group = make_group(city=district.city, name="市领导小组")
    make_office(city=make_city("扬州市"), name="外市支队")
    assert [row.object for row in shown(page, "offices").rows] == [office]
    assert [row.object for row in shown(page, "groups").rows] == [group]
    detail = page.get(office.get_absolute_url()).content.decode()
    assert "0000-8000" in detail
    assert "设备和车辆" not in detail
    assert (
        "支队"
        in page.get(reverse("grids:directory"), {"of": "offices"}).content.decode()
    )
    for name in ("office-change", "office-leader", "group-change", "group-member"):
        key = group.pk if name.startswith("group") else office.pk
        assert page.get(reverse(f"grids:{name}", args=[key])).status_code == 403
    as_role(client, make_district("外市区", city=make_city("营口市")), Role.LEADER)
    assert client.get(office.get_absolute_url()).status_code == 404
    assert client.get(group.get_absolute_url()).status_code == 404


def test_a_district_cannot_set_up_an_office_of_its_city(page, district):
    response = page.get(reverse("grids:office-create"))
    assert "city" not in response.context["form"].fields
    response = page.post(reverse("grids:office-create"), city_facts(district.city))
    assert response.context["form"].errors["grid"]
    assert not Office.objects.exists()


def test_the_list_of_a_grid_leaves_out_the_citys_offices(client, chief, district):
    make_office(city=district.city, name="支队")
    own = make_office(grid=district, name="大队")
    in_grid = shown(client, "offices", grid=district.code)
    assert [row.object for row in in_grid.rows] == [own]
    in_city = shown(client, "offices", city=district.city.code)
    assert [str(row.object) for row in in_city.rows] == ["支队", "大队"]


@pytest.mark.parametrize("make", [make_office, make_group])
def test_the_table_refuses_a_grid_and_a_city_at_once(district, make):
    for place in ({}, {"grid": district, "city": district.city}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make(**place)


def test_a_date_before_the_grid_is_refused_at_its_field(page, street):
    response = page.post(
        reverse("grids:office-create"), office_facts(street, opened_on="2019-12-31")
    )
    assert response.context["form"].errors["opened_on"] == [
        "成立日期不能早于网格“新城街道”的启用日期 2020-01-01，请核对。"
    ]
    assert not Office.objects.exists()


@pytest.mark.parametrize(
    ("area", "warned"), [("30", False), ("29.9", True), ("50.1", True)]
)
def test_the_area_of_a_command_centre_is_checked(page, district, area, warned):
    office = make_office(grid=district, kind="command_centre", square_metres=area)
    for url in (reverse("grids:offices"), office.get_absolute_url()):
        assert ("应为 30 至 50 平方米" in page.get(url).content.decode()) is warned
    detail = page.get(office.get_absolute_url()).content.decode()
    assert "HJ-10" in detail


def test_an_assistant_reads_offices_and_changes_none(client, street):
    office = make_office(grid=street)
    as_role(client, street, Role.ASSISTANT)
    assert client.get(office.get_absolute_url()).status_code == 200
    for name in ("change", "close", "leader", "asset"):
        url = reverse(f"grids:office-{name}", args=[office.pk])
        assert client.get(url).status_code == client.post(url).status_code == 403
    assert client.get(reverse("grids:office-create")).status_code == 403


def test_a_squad_leader_sets_up_offices_in_his_street_only(client, district, street):
    as_role(client, street, Role.SQUAD_LEADER)
    url = reverse("grids:office-create")
    response = client.post(url, office_facts(make_grid("别的街道", parent=district)))
    assert "没有网格" in response.context["form"].errors["grid"][0]
    client.post(url, office_facts(street))
    assert Office.objects.get().grid == street


def test_a_leader_is_chosen_from_those_on_post_or_named(page, street):
    office, person = make_office(grid=street), make_person("陈中队")
    make_posting(person, grid=street, role=Role.FULL_TIME_INSPECTOR)
    url = reverse("grids:office-leader", args=[office.pk])
    facts = {
        "title": "中队长",
        "appointed_by": "惠济区人社局",
        "appointed_on": "2024-01-01",
        "since": "2024-01-01",
    }
    both = {"person": "陈中队", "name": "李科长"}
    for somebody in (both, {}):
        response = page.post(url, facts | somebody)
        assert "或者填写其他人员的姓名" in str(response.context["form"].errors)
    page.post(url, facts | {"person": f"陈中队（{street.code} 专职监察员）"})
    assert OfficeLeader.objects.get().person == person
    later = {"name": "李科长", "phone": "19900001234", "since": "2024-06-01"}
    page.post(url, facts | later)
    assert str(OfficeLeader.objects.on(TODAY()).get().person) == "李科长"
    listed = page.get(reverse("grids:offices")).content.decode()
    assert "李科长 中队长" in listed


def test_two_of_one_name_are_told_apart(page, district, street):
    office = make_office(grid=street)
    for grid in (street, district):
        make_posting(make_person("王强"), grid=grid, role=Role.PART_TIME_INSPECTOR)
    url = reverse("grids:office-leader", args=[office.pk])
    response = page.post(url, {"person": "王强"})
    error = response.context["form"].errors["person"][0]
    assert "对应几个人" in error
    assert street.code in error


def test_suggestions_name_only_those_whom_one_may_see(client, district, street):
    make_posting(make_person("张一"), grid=street)
    make_posting(make_person("张二"), grid=make_district("二七区"))
    url = f"{reverse('grids:post-options')}?field=q&q=张"
    as_role(client, street, Role.SQUAD_LEADER)
    text = client.get(url).content.decode()
    assert "张一" in text
    assert "张二" not in text
    as_role(client, street, Role.ASSISTANT)  # who may not look at staff
    assert "张一" not in client.get(url).content.decode()


def test_grids_without_their_office_are_listed_with_the_clause(page, district, street):
    make_office(grid=street)
    url = reverse("grids:offices-missing")
    text = page.get(url).content.decode()
    assert "指挥中心" in text
    assert "HJ-13" in text
    assert "新城街道</a>" not in page.get(url).context["table"].rows[0].cells[1].text
    assert [row.object for row in page.get(url).context["table"].rows] == [district]
    assert f"缺机构的网格 {1}" in page.get(reverse("grids:offices")).content.decode()


def test_the_list_of_offices_costs_the_same_for_many(
    page, street, django_assert_max_num_queries
):
    url = reverse("grids:offices")
    make_office(grid=street)
    page.get(url)
    for _ in range(15):
        office = make_office(grid=street)
        OfficeLeader.objects.create(
            office=office,
            person=make_person(),
            title="中队长",
            appointed_by="区人社局",
            appointed_on=LONG_AGO,
            since=LONG_AGO,
        )
    with django_assert_max_num_queries(22):
        page.get(url)


def test_a_grid_shows_its_offices(page, street):
    make_office(grid=street, name="新城中队")
    text = page.get(f"{street.get_absolute_url()}?tab=offices").content.decode()
    assert "新城中队" in text
    assert "方案要求设监察中队" in text
    assert "已设" in text
    new = reverse("grids:office-create")
    assert new in text
    Grid.objects.filter(pk=street.pk).update(closed_on=TODAY())
    closed = page.get(f"{street.get_absolute_url()}?tab=offices").content.decode()
    assert new not in closed


# --- leading groups -------------------------------------------------------------------


def test_a_group_is_set_up_and_filled(page, district):
    facts = {
        "grid": district.code,
        "name": "惠济区两网化领导小组",
        "opened_on": "2024-01-01",
        "office_at": "区人社局",
    }
    page.post(reverse("grids:group-create"), facts)
    url = page.get(reverse("grids:groups")).context["table"].rows[0].object
    member = {
        "name": "甲某",
        "post": "副区长",
        "part": GroupMember.Part.HEAD,
        "since": "2024-01-01",
    }
    page.post(reverse("grids:group-member", args=[url.pk]), member)
    listed = page.get(reverse("grids:groups")).content.decode()
    assert "甲某" in listed
    assert "区人社局" in listed
    sitting = GroupMember.objects.get()
    page.post(
        reverse("grids:member-end", args=[sitting.pk]), {"until": TODAY().isoformat()}
    )
    sitting.refresh_from_db()
    assert sitting.until == TODAY()
    assert history(url).first().verb == "group.member_left"


def test_the_list_of_groups_costs_the_same_for_many(
    page, bureau, street, django_assert_max_num_queries
):
    for number in range(12):
        group = make_group(grid=street)
        add_member(
            group=group,
            person=None,
            name=f"成员{number}",
            post="副主任",
            part=GroupMember.Part.HEAD,
            since=TODAY(),
            by=bureau,
        )
    with django_assert_max_num_queries(16):
        page.get(reverse("grids:groups"))


# --- duties ---------------------------------------------------------------------------


def test_a_district_writes_its_own_duties(page, district, street):
    url = reverse("grids:duty-change", args=[district.pk, Role.SQUAD_LEADER])
    page.post(url, {"text": "带队巡查\n安排任务", "since": TODAY().isoformat()})
    text = page.get(reverse("grids:duties")).content.decode()
    assert "<li>带队巡查</li>" in text
    assert page.get(f"{url}x/").status_code == 404
    statement = district.duty_statements.get()
    until = {"until": TODAY().isoformat()}
    response = page.post(reverse("grids:duty-end", args=[statement.pk]), until)
    assert "必须晚于施行日期" in str(response.context["form"].errors)


def test_who_works_in_a_street_reads_the_duties_of_the_district(
    client, district, street, bureau
):
    state_duties(
        district=district,
        role=Role.ASSISTANT,
        text="逐户采集",
        since=TODAY(),
        by=bureau,
    )
    as_role(client, street, Role.ASSISTANT)
    assert "逐户采集" in client.get(reverse("grids:duties")).content.decode()
    url = reverse("grids:duty-change", args=[district.pk, Role.ASSISTANT])
    assert client.get(url).status_code == 404


# --- the directory --------------------------------------------------------------------


@pytest.fixture
def numbers(street, bureau):
    """Put a person with a telephone on post, at the head of an office."""
    person = make_person("陈中队", phone="19900001234")
    make_posting(person, grid=street, role=Role.FULL_TIME_INSPECTOR)
    appoint_leader(
        office=make_office(grid=street, name="新城中队", phone="0000-1990"),
        person=person,
        title="中队长",
        appointed_by="区人社局",
        appointed_on=TODAY(),
        since=TODAY(),
        by=bureau,
    )
    return person


@pytest.mark.parametrize("of", ["posts", "leaders"])
def test_the_directory_masks_the_numbers_of_persons(page, numbers, of):
    text = page.get(f"{reverse('grids:directory')}?of={of}&q=陈中").content.decode()
    assert "199****1234" in text
    assert "19900001234" not in text


def test_the_directory_leaves_as_a_workbook_with_masks(page, numbers):
    response = page.get(reverse("grids:directory-export"))
    written = openpyxl.load_workbook(BytesIO(response.content))
    assert written.sheetnames == ["在岗人员", "机构负责人", "领导小组", "机构"]
    values = [
        cell.value for sheet in written for row in sheet.iter_rows() for cell in row
    ]
    assert "199****1234" in values
    assert "0000-1990" in values  # an office's number is public
    assert "19900001234" not in values
    assert Event.objects.filter(verb="directory.exported").count() == 1


def test_the_work_telephone_is_public_and_the_private_one_is_not(page, numbers):
    StaffFile.objects.create(person=numbers, work_phone="0371-60000001")
    for of in ("posts", "leaders"):
        text = page.get(reverse("grids:directory"), {"of": of}).content.decode()
        assert "0371-60000001" in text
        assert "199****1234" in text


def test_numbers_in_full_are_those_of_the_part_asked_for(client, district, numbers):
    other = make_person("李组长", phone="19900005678")
    group = make_group(grid=district)
    add_member(
        group=group,
        person=other,
        name="",
        post="副区长",
        part=GroupMember.Part.HEAD,
        since=TODAY(),
        by=make_user(grid=district),
    )
    as_role(client, district, Role.LEADER)
    url = f"{reverse('grids:directory-reveal')}?of=members"
    text = client.post(url, {"reason": "防汛值班", "form": "page"}).content.decode()
    assert "19900005678" in text
    assert "19900001234" not in text
    file = client.post(url, {"reason": "防汛值班", "form": "xlsx"}).content
    assert openpyxl.load_workbook(BytesIO(file)).sheetnames == ["领导小组"]
    event = Event.objects.filter(verb="directory.revealed").first()
    assert (event.data["part"], event.data["count"]) == ("领导小组", 1)


def test_offices_hide_no_number(client, district):
    as_role(client, district, Role.LEADER)
    asked = {"of": "offices"}
    assert (
        "查看完整号码"
        not in client.get(reverse("grids:directory"), asked).content.decode()
    )
    response = client.get(reverse("grids:directory-reveal"), asked)
    assert response.headers["Location"].startswith(reverse("grids:directory"))


@pytest.mark.parametrize("form", ["page", "xlsx"])
def test_numbers_in_full_need_a_right_and_a_reason(
    client, page, district, numbers, form
):
    url = reverse("grids:directory-reveal")
    assert page.get(url).status_code == 403  # the bureau lacks the right
    as_role(client, district, Role.LEADER)
    response = client.post(url, {"reason": "", "form": form})
    assert response.context["form"].errors["reason"]
    response = client.post(url, {"reason": "防汛值班", "form": form})
    if form == "xlsx":
        rows = openpyxl.load_workbook(BytesIO(response.content))["在岗人员"].iter_rows()
        assert "19900001234" in [cell.value for row in rows for cell in row]
    else:
        assert "19900001234" in response.content.decode()
    event = Event.objects.get(verb="directory.revealed")
    assert event.data["reason"] == "防汛值班"


def test_a_workbook_with_numbers_in_full_is_not_cut_off(
    client, district, street, numbers, monkeypatch
):
    monkeypatch.setattr("grids.views.directory.ON_ONE_PAGE", 1)
    make_posting(make_person("李协管", phone="19900005678"), grid=street)
    as_role(client, district, Role.LEADER)
    url = reverse("grids:directory-reveal")
    response = client.post(url, {"reason": "防汛值班", "form": "xlsx"})
    rows = openpyxl.load_workbook(BytesIO(response.content))["在岗人员"].iter_rows()
    written = {cell.value for row in rows for cell in row}
    assert {"19900001234", "19900005678"} <= written


def test_who_may_not_look_at_staff_sees_leaders_but_no_posts(client, street, numbers):
    as_role(client, street, Role.ASSISTANT)
    url = reverse("grids:directory")
    posts = client.get(f"{url}?of=posts&q=陈中队")
    assert not posts.context["table"].rows
    assert client.get(f"{url}?of=leaders&q=陈中队").context["table"].rows


def test_the_directory_costs_the_same_for_many(
    page, street, django_assert_max_num_queries
):
    for number in range(15):
        make_posting(make_person(f"甲{number}", phone="19900000000"), grid=street)
    with django_assert_max_num_queries(14):
        page.get(reverse("grids:directory"))


# --- 四定 -----------------------------------------------------------------------------


def shown(page, name, **asked):
    return page.get(reverse(f"grids:{name}"), asked).context["table"]


def test_every_number_of_the_page_is_that_of_its_rows(page, district, street, bureau):
    community = make_grid("社区", parent=street)
    for number in range(3):
        person = make_person(f"协管员{number}")
        make_posting(person, grid=community)
        if number:
            make_task(grid=community, assignee=person)
    state_duties(
        district=district,
        role=Role.ASSISTANT,
        text="采集",
        since=TODAY(),
        by=bureau,
    )
    inspector = make_person("监察员")
    make_posting(inspector, grid=street, role=Role.FULL_TIME_INSPECTOR)
    response = page.get(reverse("grids:four-fixed"))
    total = response.context["total"]
    assert (total.posts, total.complete) == (4, 2)
    assert total.lacking == {"person": 1, "area": 0, "duties": 1, "tasks": 2}
    rows = {
        "": total.posts,
        "none": total.complete,
        "any": total.incomplete,
        "duties": total.lacking["duties"],
        "tasks": total.lacking["tasks"],
        "area": total.lacking["area"],
    }
    for lack, number in rows.items():
        assert shown(page, "four-fixed-posts", lack=lack).total == number
    assert shown(page, "four-fixed-grids").total == total.lacking["person"]
    (line,) = response.context["table"].rows
    assert line.object["place"] == street
    assert line.object["figure"].posts == 4
    for cell in line.cells[1:-1]:
        assert page.get(cell.url).context["table"].total == int(cell.text)


def test_what_a_post_lacks_has_a_link_to_mend_it(page, district, street):
    make_posting(make_person("监察员"), grid=street, role=Role.FULL_TIME_INSPECTOR)
    (row,) = shown(page, "four-fixed-posts").rows
    assert [action.label for action in row.actions] == ["安排任务", "编写职责"]
    for action in row.actions:
        assert page.get(action.url).status_code == 200
    form = page.get(row.actions[0].url).context["form"]
    assert form["assignee"].value() == f"监察员（{street.code} 专职监察员）"
    assert form["grid"].value().startswith("新城街道")


def test_four_fixed_costs_the_same_for_many(
    page, street, django_assert_max_num_queries
):
    for number in range(12):
        grid = make_grid(f"社区{number}", parent=street)
        make_posting(make_person(f"协管员{number}"), grid=grid)
    with django_assert_max_num_queries(30):
        page.get(reverse("grids:four-fixed"), {"grid": street.code})
    with django_assert_max_num_queries(18):
        page.get(reverse("grids:four-fixed-posts"))


def test_a_grid_shows_how_many_of_its_posts_are_complete(page, street):
    make_posting(make_person("协管员"), grid=street)
    shown = page.get(f"{street.get_absolute_url()}?tab=four-fixed")
    facts = dict(shown.context["open_tab"].facts)
    assert ">1</a>" in facts["不齐全"]
    assert "lack=any" in facts["不齐全"]
    assert ">0</a>" in facts["四定齐全"]
