from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from axes.models import AccessAttempt
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gridinspect.accounts import middleware, services
from gridinspect.accounts.models import User
from gridinspect.audit.services import history
from tests.factories import make_user

PASSWORD = "一句自己好记的话 2026"
LOGIN = "/sign-in/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def someone():
    return make_user(password=PASSWORD)


def sign_in(client, user, password=PASSWORD, **extra):
    return client.post(
        LOGIN, {"username": user.username, "password": password}, **extra
    )


def verbs(user):
    return [event.verb for event in history(user)]


def later(monkeypatch, **passed):
    now = datetime.now(UTC) + timedelta(**passed)
    monkeypatch.setattr(middleware.timezone, "now", lambda: now)


def is_signed_in(client):
    return client.get(reverse("jobs:list")).status_code == 200


def test_a_right_password_opens_a_session_under_a_new_key(client, someone):
    client.get(LOGIN)
    answer = sign_in(client, someone)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"
    assert is_signed_in(client)
    assert verbs(someone) == ["account.signed_in"]


def test_signing_in_leads_back_to_the_page_that_was_asked(client, someone):
    asked = client.get("/jobs/?page=2").headers["Location"]
    assert asked == "/sign-in/?next=/jobs/%3Fpage%3D2"
    data = {"username": someone.username, "password": PASSWORD}
    answer = client.post(LOGIN, data | {"next": "/jobs/?page=2"})
    assert answer.headers["Location"] == "/jobs/?page=2"
    client.post("/sign-out/")
    answer = client.post(LOGIN, data | {"next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


def test_every_failure_gets_the_same_answer(client, someone):
    disabled = make_user(password=PASSWORD, is_active=False)
    system = User.objects.system()
    answers = {
        sign_in(client, user, password).content.decode().count("用户名或密码不正确")
        for user, password in [
            (someone, "wrong"),
            (disabled, PASSWORD),
            (system, PASSWORD),
            (User(username="nobody"), PASSWORD),
        ]
    }
    assert answers == {1}
    assert verbs(someone) == ["account.sign_in_failed"]


def test_a_name_that_is_no_account_is_recorded_masked(client):
    sign_in(client, User(username="mypassword"))
    [event] = history(User.objects.system())
    assert event.data["username"] == "m*********"


def test_five_failures_lock_before_the_password_is_hashed(client, someone):
    for _ in range(5):
        answer = sign_in(client, someone, "wrong")
    cache.clear()  # the state is in PostgreSQL
    with patch("django.contrib.auth.base_user.check_password") as hashed:
        answer = sign_in(client, someone)
    assert answer.status_code == 429
    assert "请 15 分钟后再试" in answer.content.decode()
    assert not hashed.called
    assert not is_signed_in(client)
    assert verbs(someone)[0] == "account.locked"


def test_the_lock_is_for_one_account_at_one_address(client, someone):
    other = make_user(password=PASSWORD)
    for _ in range(5):
        sign_in(client, someone, "wrong")
    assert sign_in(client, other).status_code == 302
    client.post("/sign-out/")
    assert sign_in(client, someone, REMOTE_ADDR="10.0.0.9").status_code == 302


@pytest.mark.parametrize(("minutes", "status"), [(14, 429), (16, 302)])
def test_the_lock_opens_after_a_quarter_of_an_hour(client, someone, minutes, status):
    for _ in range(5):
        sign_in(client, someone, "wrong")
    AccessAttempt.objects.update(
        attempt_time=timezone.now() - timedelta(minutes=minutes)
    )
    assert sign_in(client, someone).status_code == status


def test_signing_out_takes_a_post(client, someone):
    client.force_login(someone)
    assert client.get("/sign-out/").status_code == 405
    answer = client.post("/sign-out/")
    assert answer.headers["Location"] == LOGIN
    assert "cache" in answer.headers["Clear-Site-Data"]
    assert not is_signed_in(client)
    assert verbs(someone) == ["account.signed_out"]


def test_a_page_asks_for_a_sign_in_and_htmx_loads_it_whole(client):
    assert client.get("/jobs/").headers["Location"].startswith(LOGIN)
    answer = client.get("/jobs/", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"].startswith(LOGIN)


def test_half_an_hour_without_a_request_ends_the_session(client, someone, monkeypatch):
    client.force_login(someone)
    assert is_signed_in(client)
    later(monkeypatch, minutes=29)
    assert is_signed_in(client)
    later(monkeypatch, minutes=60)
    answer = client.get("/jobs/", follow=True)
    assert "超过 30 分钟没有操作" in answer.content.decode()
    assert verbs(someone) == ["account.signed_out"]


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(
    client, someone, monkeypatch
):
    client.force_login(someone)
    assert is_signed_in(client)
    polling = {"HX-Request": "true", "HX-Trigger": "poll-job-7"}
    later(monkeypatch, minutes=20)
    assert client.get("/jobs/", headers=polling).status_code == 200
    later(monkeypatch, minutes=31)
    answer = client.get("/jobs/", headers=polling)
    assert answer.headers["HX-Redirect"].startswith(LOGIN)


def test_a_session_ends_after_eight_hours_of_work(client, someone, monkeypatch):
    client.force_login(someone)
    for minutes in range(0, 480, 20):
        later(monkeypatch, minutes=minutes)
        assert is_signed_in(client)
    later(monkeypatch, minutes=499)
    assert not is_signed_in(client)


@pytest.mark.parametrize(("hours", "gets_in"), [(23.9, True), (24, False)])
def test_an_initial_password_lets_in_for_a_day(client, hours, gets_in):
    user = make_user()
    services.set_initial_password(user, PASSWORD)
    user.initial_until -= timedelta(hours=hours)
    user.save()
    page = sign_in(client, user)
    assert ("_auth_user_id" in client.session) is gets_in
    if not gets_in:
        assert "初始密码已过期" in page.content.decode()
        assert "请联系管理员重置密码" in page.content.decode()


def test_a_wrong_password_does_not_learn_that_the_right_one_is_too_old(client):
    user = make_user()
    services.set_initial_password(user, PASSWORD)
    user.initial_until = datetime(2020, 1, 1, tzinfo=UTC)
    user.save()
    assert "已过期" not in sign_in(client, user, "wrong-password").content.decode()


def test_an_initial_password_must_be_changed_first(client):
    user = make_user(password=PASSWORD, must_change_password=True)
    client.force_login(user)
    assert client.get("/jobs/").headers["Location"] == "/password/"
    partial = client.get("/jobs/", headers={"HX-Request": "true"})
    assert partial.headers["HX-Redirect"] == "/password/"
    new = "另一句自己好记的话 2027"
    data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/password/", data).status_code == 302
    assert is_signed_in(client)
    assert verbs(user) == ["account.password_changed"]
    assert User.objects.get(pk=user.pk).check_password(new)


def test_a_changed_password_ends_the_other_sessions(client, someone):
    elsewhere = Client()
    elsewhere.force_login(someone)
    client.force_login(someone)
    new = "另一句自己好记的话 2027"
    data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    client.post("/password/", data)
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)


@pytest.mark.parametrize(
    ("new", "complaint"),
    [
        ("短密码", "密码太短，至少要有 12 个字符"),
        ("123456789012345", "密码只包含数字"),
        ("erqi-jiancha-2026-ok", "密码不能包含"),
        (PASSWORD, "新密码与现在的密码相同"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(client, someone, new, complaint):
    client.force_login(someone)
    data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    answer = client.post("/password/", data)
    assert complaint in answer.content.decode()
    assert verbs(someone) == []


def test_the_last_of_128_characters_counts(client):
    user = make_user(password="p" * 127 + "q")
    assert sign_in(client, user, "p" * 127 + "r").status_code == 200
    assert sign_in(client, user, "p" * 127 + "q").status_code == 302


def test_demonstration_accounts_are_shown_only_in_a_demonstration(client, settings):
    make_user(is_demo=True)
    assert "演示账号" not in client.get(LOGIN).content.decode()
    settings.DEMO = True
    assert "演示账号" in client.get(LOGIN).content.decode()
