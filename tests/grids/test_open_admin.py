import pytest
from django.core.management import CommandError, call_command

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission


def test_open_admin_makes_an_account_that_must_change_its_password(city, capsys):
    call_command("open_admin", "root1", "--name", "程启新", "--city", city.code)
    user = User.objects.get(username="root1")
    secret = capsys.readouterr().out.split("初始密码：")[1].strip()
    assert user.check_password(secret)
    assert user.must_change_password
    assert user.scope_paths(Permission.ACCOUNT_MANAGE) == (city.path,)


@pytest.mark.parametrize("username", ["root1", "二"])
def test_open_admin_needs_a_known_city(db, username):
    with pytest.raises(CommandError, match="没有代码为 999999 的地市"):
        call_command("open_admin", username, "--name", "程启新", "--city", "999999")


def test_open_admin_refuses_a_taken_name_in_one_line(city):
    call_command("open_admin", "root1", "--name", "程启新", "--city", city.code)
    with pytest.raises(CommandError, match="用户名"):
        call_command("open_admin", "root1", "--name", "程启明", "--city", city.code)


def test_health_answers_without_a_sign_in(client, db):
    assert client.get("/healthz/").json() == {"database": True, "broker": True}
