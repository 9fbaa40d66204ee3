import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from gridinspect.accounts.models import Person, User
from gridinspect.accounts.roles import Permission, Role
from gridinspect.audit.services import history
from grids import staff_accounts
from grids.models import DirtyMark, Posting
from tests.factories import TODAY, make_person, make_posting, make_user

ID_NUMBER = "410103198506150012"
SECRET = re.compile(r"<code class=\"gi-secret\">([a-z2-9]{4}(?:-[a-z2-9]{4}){3})<")


@pytest.fixture
def admin(erqi):
    """The system administrator of a district."""
    return make_user(grid=erqi, role=Role.SYSTEM_ADMIN)


@pytest.fixture
def city_admin(city):
    return make_user(city=city, role=Role.SYSTEM_ADMIN)


@pytest.fixture
def admin_client(client, admin):
    client.force_login(admin)
    return client


@pytest.fixture
def colleague(street):
    return make_user(grid=street, role=Role.SQUAD_LEADER)


def asked(grid, **changed):
    return {
        "name": "周小雨",
        "username": "zhouxy",
        "role": Role.ASSISTANT,
        "grid": grid.code,
        "since": TODAY().isoformat(),
    } | changed


def open_account(client, grid, **changed):
    return client.post(reverse("grids:account-open"), asked(grid, **changed))


def verbs(target):
    return [event.verb for event in history(target)]


def test_an_opened_account_has_a_post_and_a_secret_that_is_shown_once(
    admin_client, community
):
    answer = open_account(admin_client, community, id_number=ID_NUMBER)
    secret = SECRET.search(answer.content.decode())[1]
    user = User.objects.get(username="zhouxy")
    assert user.must_change_password
    assert user.check_password(secret)
    assert Posting.objects.get(person=user.person).grid == community
    assert DirtyMark.objects.filter(grid=community).exists()
    assert verbs(user) == ["account.opened"]
    assert secret not in str([event.data for event in history(user)])
    page = admin_client.get(reverse("grids:account", args=[user.pk]))
    assert secret not in page.content.decode()


def test_somebody_in_the_files_is_found_by_the_id_number(admin_client, community):
    person = make_person("周小雨", id_number=ID_NUMBER)
    open_account(admin_client, community, id_number=ID_NUMBER)
    assert User.objects.get(username="zhouxy").person == person


def test_an_id_number_of_somebody_else_is_refused(admin_client, community):
    make_person("另一人", id_number=ID_NUMBER)
    answer = open_account(admin_client, community, id_number=ID_NUMBER)
    assert "已登记在其他姓名下" in answer.content.decode()
    assert not User.objects.filter(username="zhouxy").exists()
    assert not Person.objects.filter(name="周小雨").exists()


def test_a_name_is_given_once_whatever_its_case(admin_client, community):
    open_account(admin_client, community)
    answer = open_account(admin_client, community, username="ZhouXY")
    assert "该用户名已有人使用" in answer.content.decode()


def test_a_district_gives_no_post_in_another_district(admin_client, huiji):
    answer = open_account(admin_client, huiji)
    assert "您的辖区内没有网格" in answer.content.decode()


def test_a_district_gives_no_role_of_the_city(admin_client, erqi):
    answer = open_account(admin_client, erqi, role=Role.CITY_BUREAU)
    assert answer.status_code == 200
    assert not User.objects.filter(username="zhouxy").exists()


def test_a_city_gives_its_own_roles(client, city_admin, city):
    client.force_login(city_admin)
    data = {
        "name": "周小雨",
        "username": "zhouxy",
        "role": Role.CITY_BUREAU,
        "city": city.pk,
        "since": TODAY().isoformat(),
    }
    client.post(reverse("grids:account-open"), data)
    user = User.objects.get(username="zhouxy")
    assert user.scope_paths(Permission.GRID_EDIT) == (city.path,)


def test_an_account_with_a_post_above_is_not_the_districts(admin, city, street):
    both = make_user(grid=street)
    make_posting(both.person, city=city, role=Role.CITY_BUREAU)
    assert both not in staff_accounts.accounts_managed_by(admin)


def test_an_account_whose_outer_post_is_over_is_the_districts(admin, city, street):
    both = make_user(grid=street)
    make_posting(both.person, city=city, role=Role.CITY_BUREAU, until=TODAY())
    assert both in staff_accounts.accounts_managed_by(admin)


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("get", "account"),
        ("post", "account-switch"),
        ("post", "account-reset"),
        ("get", "account-post"),
    ],
)
def test_a_neighbours_account_does_not_exist(admin_client, neighbour, method, name):
    address = reverse(f"grids:{name}", args=[neighbour.pk])
    assert getattr(admin_client, method)(address).status_code == 404


def test_who_manages_no_accounts_is_refused(bureau_client):
    assert bureau_client.get(reverse("grids:accounts")).status_code == 403


def test_a_disabled_account_is_out_at_its_next_request(admin, colleague, client):
    working = Client()
    working.force_login(colleague)
    assert working.get("/jobs/").status_code == 200
    client.force_login(admin)
    client.post(reverse("grids:account-switch", args=[colleague.pk]))
    assert working.get("/jobs/").status_code == 302
    client.post(reverse("grids:account-switch", args=[colleague.pk]))
    assert verbs(colleague) == ["account.enabled", "account.disabled"]


def test_a_reset_password_is_new_and_must_be_changed(admin_client, colleague):
    answer = admin_client.post(reverse("grids:account-reset", args=[colleague.pk]))
    secret = SECRET.search(answer.content.decode())[1]
    colleague.refresh_from_db()
    assert colleague.check_password(secret)
    assert colleague.must_change_password
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["account-switch", "account-reset"])
def test_nobody_disables_or_resets_himself(admin_client, admin, name):
    before = admin.password
    admin_client.post(reverse(f"grids:{name}", args=[admin.pk]))
    admin.refresh_from_db()
    assert admin.is_active
    assert admin.password == before


def test_nobody_gives_himself_a_post(admin_client, admin, street):
    data = asked(street)
    answer = admin_client.post(reverse("grids:account-post", args=[admin.pk]), data)
    assert "不能给自己增加岗位" in answer.content.decode()
    assert Posting.objects.filter(person=admin.person).count() == 1


def test_the_three_administrators_are_three_persons(admin_client, erqi):
    security = make_user(grid=erqi, role=Role.SECURITY_ADMIN)
    answer = admin_client.post(
        reverse("grids:account-post", args=[security.pk]),
        asked(erqi, role=Role.AUDITOR),
    )
    assert "三员分立" in answer.content.decode()


def test_a_post_is_ended_from_a_day_on(admin_client, colleague):
    posting = Posting.objects.get(person=colleague.person)
    address = reverse("grids:posting-end", args=[posting.pk])
    answer = admin_client.post(address, {"until": "2019-01-01"})
    assert "必须晚于上岗日期" in answer.content.decode()
    admin_client.post(address, {"until": TODAY().isoformat()})
    posting.refresh_from_db()
    assert posting.until == TODAY()
    assert verbs(posting) == ["posting.ended"]
    assert User.objects.get(pk=colleague.pk).scope_paths() == ()


def test_somebody_on_post_without_an_account_gets_one(admin_client, street):
    person = make_person("周小雨")
    make_posting(person, grid=street)
    address = reverse("grids:account-open-for", args=[person.pk])
    admin_client.post(address, {"username": "zhouxy"})
    assert User.objects.get(username="zhouxy").person == person
    assert admin_client.get(address).status_code == 404


def test_a_post_in_a_grid_that_is_closed_is_refused(admin_client, community):
    community.closed_on = TODAY() + timedelta(days=1)
    community.save()
    answer = open_account(admin_client, community)
    assert "没有网格" in answer.content.decode()


def test_the_list_costs_the_same_for_many(
    admin_client, street, django_assert_max_num_queries
):
    for _ in range(15):
        make_user(grid=street)
    with django_assert_max_num_queries(14):
        answer = admin_client.get(reverse("grids:accounts"))
    assert "共 <b>16</b> 条" in answer.content.decode()
