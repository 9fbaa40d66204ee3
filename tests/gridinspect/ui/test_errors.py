import re
from urllib.parse import unquote

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.test import Client, override_settings
from django.urls import include, path

from gridinspect.ui import errors
from tests.factories import make_user


def _raise(error):
    def view(request):
        raise error

    return view


urlpatterns = [
    path("", include("gridinspect.urls")),
    path("broken/", _raise(RuntimeError("secret detail"))),
    path("down/", _raise(OperationalError("secret detail"))),
    path("refused/", _raise(PermissionDenied("您的岗位不能停用网格。"))),
    path("bare/", _raise(PermissionDenied("grid_edit"))),
]
handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor():
    client = Client(raise_request_exception=False)
    client.force_login(make_user())
    with override_settings(ROOT_URLCONF=__name__):
        yield client


@pytest.mark.parametrize(
    ("address", "status", "title"),
    [
        ("/nowhere/", 404, "没有找到"),
        ("/broken/", 500, "系统出错"),
        ("/down/", 503, "暂时无法使用"),
        ("/refused/", 403, "没有权限"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_errors_are_told_in_chinese_with_a_number(visitor, address, status, title):
    answer = visitor.get(address)
    text = answer.content.decode()
    assert answer.status_code == status
    assert title in text
    assert "secret" not in text
    number = re.search(r"\d{8}-[0-9A-F]{6}", text)[0]
    assert answer.headers["X-Error-Number"] == number
    assert title in unquote(answer.headers["X-Error-Text"])
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_refusal_says_why_if_there_is_a_sentence(visitor):
    assert "您的岗位不能停用网格。" in visitor.get("/refused/").content.decode()
    assert "grid_edit" not in visitor.get("/bare/").content.decode()


def test_the_number_is_in_the_log(visitor, caplog):
    number = visitor.get("/nowhere/").headers["X-Error-Number"]
    assert any(number in record.getMessage() for record in caplog.records)


def test_a_form_without_its_token_is_told_to_reload():
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/sign-in/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "页面已失效" in answer.content.decode()
