"""A visitor with a phone: few taps with signal, and nothing lost without it."""

import json
import socket
import threading
from contextlib import suppress
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from cases.visits.checklist import VisitForm, visit_form
from cases.visits.models import Visit
from gridinspect.accounts.roles import Role
from tests.browser.conftest import PHONE, Visitor
from tests.cases.visits.making import photo
from tests.factories import (
    make_city,
    make_district,
    make_enterprise,
    make_grid,
    make_user,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

QUEUE = """
() => new Promise(done => {
  const asked = indexedDB.open("gridinspect-visits", 1);
  asked.onsuccess = () => {
    const rows = asked.result.transaction("queue").objectStore("queue").getAll();
    rows.onsuccess = () => { asked.result.close(); done(rows.result); };
  };
})
"""
PUT_BACK = """
rows => new Promise(done => {
  const asked = indexedDB.open("gridinspect-visits", 1);
  asked.onsuccess = () => {
    const change = asked.result.transaction("queue", "readwrite");
    rows.forEach(row => change.objectStore("queue").put(row));
    change.oncomplete = () => { asked.result.close(); done(); };
  };
})
"""
AWAY = "net::ERR_"  # what a browser says of a line that is cut


class Line:
    """A line between the phone and the server that can be cut."""

    def __init__(self, port):
        self.port, self.ends, self.threads, self.is_cut = port, set(), [], False
        self.ear = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.ear.getsockname()[1]}"
        self._begin(self._listen)

    def _begin(self, act, *args):
        thread = threading.Thread(target=act, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _listen(self):
        with suppress(OSError):
            while True:
                phone, _ = self.ear.accept()
                self._begin(self._connect, phone)

    def _connect(self, phone):
        with phone, suppress(OSError):
            if self.is_cut:
                return
            with socket.create_connection(("127.0.0.1", self.port)) as server:
                self.ends |= {phone, server}
                back = threading.Thread(target=_carry, args=(server, phone))
                back.start()
                _carry(phone, server)
                back.join()
                self.ends -= {phone, server}

    def cut(self):
        self.is_cut = True
        for end in list(self.ends):
            _end(end)

    def mend(self):
        self.is_cut = False

    def close(self):
        self.cut()
        _end(self.ear)
        self.ear.close()
        for thread in self.threads:
            thread.join(5)


def _end(one):
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


def _carry(here, there):
    with suppress(OSError):
        while data := here.recv(65536):
            there.sendall(data)
    _end(here)
    _end(there)


@pytest.fixture
def place(transactional_db, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    district = make_district("二七区", city=make_city("郑州市", code="410100"))
    street = make_grid("淮河路街道", parent=district)
    community = make_grid("绿云社区", parent=street)
    return SimpleNamespace(
        unit=make_enterprise(
            "郑州晨光机械有限公司", grid=community, address="人民路1号"
        ),
        assistant=make_user(grid=community, role=Role.ASSISTANT),
    )


@pytest.fixture
def phone(chrome, live_server, place):
    """Return a visitor with a phone whose line can be cut, and the line."""
    line = Line(live_server.thread.port)
    visitor = Visitor(chrome, SimpleNamespace(url=line.url), place.assistant)
    visitor.page.set_viewport_size(PHONE)
    yield visitor, line
    visitor.note_breaches()
    faults = [one for one in visitor.faults if AWAY not in one]
    visitor.leave()
    line.close()
    assert faults == []


def ready(visitor):
    """Open the list and wait until the phone has all that it needs without signal."""
    page = visitor.open(reverse("visits:phone"))
    page.locator("[data-ready]").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    return page


def fill_in(page, unit, *, note):
    """Fill a visit in on the page that the phone has kept."""
    page.get_by_text(unit.name).click()
    page.get_by_text("现在没有信号").wait_for()
    page.locator("label.vi-tile", has_text="见到").click()
    page.get_by_text("看了哪些").click()
    page.locator("[data-field=topic_rules] label", has_text="否").first.click()
    page.get_by_label("情况说明").fill(note)
    page.get_by_role("button", name="保存到本机").click()
    page.get_by_text("未上传 1 条").wait_for()


def test_an_ordinary_visit_takes_at_most_eight_taps(phone, place):
    visitor, _ = phone
    page, taps = visitor.open(reverse("home")), []

    def tap(target):
        page.wait_for_load_state()  # with its styles
        box = target.bounding_box()
        assert box["height"] >= 40, target
        target.click()
        taps.append(target)

    tap(page.locator(".gi-todos a", has_text="我的网格待走访"))
    tap(page.locator(".vi-card", has_text=place.unit.name))
    tap(page.locator("label.vi-tile", has_text="见到"))
    tap(page.locator("label.vi-tile", has_text="九项都看了"))
    tap(page.get_by_role("button", name="提交走访"))
    page.get_by_text("已登记走访").wait_for()

    assert len(taps) <= 8
    visit = Visit.objects.get()
    assert (visit.enterprise, visit.result, len(visit.checklist)) == (
        place.unit,
        "met",
        9,
    )
    assert not visit.is_offline


def test_a_visit_without_signal_is_sealed_kept_exported_and_sent_once(phone, place):
    visitor, line = phone
    page = ready(visitor)
    line.cut()
    fill_in(page, place.unit, note="门口没有公示牌")
    rows = page.evaluate(QUEUE)
    assert "门口没有公示牌" not in json.dumps(rows, ensure_ascii=False)
    assert place.unit.name not in json.dumps(rows, ensure_ascii=False)
    page.reload()
    page.get_by_text("未上传 1 条").wait_for()

    with page.expect_download() as started:
        page.get_by_role("button", name="导出未上传记录").click()
    with open(started.value.path(), "rb") as file:
        exported = SimpleUploadedFile("queue.json", file.read())
    assert not Visit.objects.exists()

    line.mend()
    page = visitor.open(reverse("visits:phone"))
    page.get_by_text("已上传 1 条").wait_for()
    visit = Visit.objects.get()
    assert (visit.enterprise, visit.note) == (place.unit, "门口没有公示牌")
    assert visit.is_offline
    assert page.evaluate(QUEUE) == []

    page.evaluate(PUT_BACK, rows)  # the answer was lost on the way: it is sent again
    page.reload()
    page.get_by_text("已经上传过").wait_for()
    client = Client()
    client.force_login(place.assistant)
    client.post(reverse("visits:upload"), {"file": exported})
    assert Visit.objects.count() == 1


def test_a_changed_form_and_an_expired_session_lose_nothing(phone, place, monkeypatch):
    visitor, line = phone
    page = ready(visitor)
    line.cut()
    fill_in(page, place.unit, note="第一次")

    fewer = VisitForm(2, visit_form().topics[1:])
    for name in ("forms.visit", "services.visits", "uploading"):
        monkeypatch.setattr(f"cases.visits.{name}.visit_form", lambda: fewer)
    Session.objects.all().delete()
    line.mend()
    page.get_by_role("button", name="上传", exact=True).click()
    page.get_by_text("登录已过期").wait_for()
    page.get_by_role("link", name="重新登录").wait_for()
    assert len(page.evaluate(QUEUE)) == 1
    assert not Visit.objects.exists()

    client = Client()
    client.force_login(place.assistant)
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": line.url}
    visitor.context.add_cookies([cookie])
    page = visitor.open(reverse("visits:phone"))
    page.get_by_text("已上传 1 条").wait_for()
    visit = Visit.objects.get()
    assert visit.form_version == 1
    assert visit.note == "第一次"
    assert visit.leftovers[0]["label"] == "规章制度"
    assert visit.leftovers[0]["value"] == "no"


def test_a_line_that_is_cut_while_sending_loses_and_doubles_nothing(phone, place):
    visitor, _ = phone
    page = ready(visitor)
    page.get_by_text(place.unit.name).click()
    page.locator("[data-ready]").wait_for()
    page.locator("label.vi-tile", has_text="见到").click()
    page.get_by_label("情况说明").fill("提交时断线")

    def lose_the_answer(route):
        if route.request.method == "POST":
            route.fetch(max_redirects=0)  # the server has it, the phone hears nothing
            route.abort()
        else:
            route.continue_()

    page.route("**/units/*/", lose_the_answer)
    page.get_by_role("button", name="提交走访").click()
    page.get_by_text("未上传 1 条").wait_for()
    assert Visit.objects.get().note == "提交时断线"

    page.unroute("**/units/*/")
    page.get_by_role("button", name="上传", exact=True).click()
    page.get_by_text("已经上传过").wait_for()
    assert page.evaluate(QUEUE) == []
    assert Visit.objects.count() == 1


def test_a_photograph_too_large_is_left_out_and_the_others_stay(phone, place, tmp_path):
    visitor, _ = phone
    page = ready(visitor)
    page.get_by_text(place.unit.name).click()
    page.locator("[data-ready]").wait_for()
    page.locator("label.vi-tile", has_text="见到").click()
    page.get_by_text("照片、时间").click()
    sound, large = tmp_path / "sound.jpg", tmp_path / "large.jpg"
    sound.write_bytes(photo().read())
    with large.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    page.set_input_files("input[type=file]", [large, sound])
    page.get_by_text("“large.jpg”超过 20 MB").wait_for()
    page.get_by_role("button", name="提交走访").click()
    page.get_by_text("已登记走访").wait_for()
    assert Visit.objects.get().photos.count() == 1
