"""What a phone without signal wrote comes in once, whole, and says how late."""

import base64
import json
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cases.visits import rules
from cases.visits.checklist import ANSWERS, VisitForm, read_form, visit_form
from cases.visits.models import Clue, Hazard, Visit
from cases.visits.services.queue import seal_record
from gridinspect.accounts.roles import Role
from tests.cases.visits.making import photo
from tests.factories import make_enterprise, make_grid, make_user
from tests.support import text_of

IV = bytes(range(12))


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def record(unit=None, **fields):
    """Return what the page of a phone writes into its queue."""
    return {
        "result": "met",
        "purpose": "collect",
        "form": 1,
        "unit": str(unit.pk) if unit else "",
        "unit_name": unit.name if unit else "",
        "saved_at": (timezone.now() - timedelta(hours=5)).isoformat(),
    } | fields


def file_of(*records):
    content = {"kind": "gridinspect-visits", "version": 1, "records": records}
    return SimpleUploadedFile("queue.json", json.dumps(content).encode())


def sent(client, *records, expect=200):
    response = client.post(
        reverse("visits:upload"),
        {"file": file_of(*records)},
        headers={"Accept": "application/json"},
    )
    assert response.status_code == expect
    return response.json()["results"]


def sealed(by, said, key=None):
    return seal_record(key or uuid4(), said, by=by, iv=IV)


# --- good -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_record_becomes_a_visit_with_both_times(assistant, assistant_client, unit):
    said = record(
        unit,
        all_yes="on",
        hazard_words="拖欠工资",
        hazard_level="major",
        hazard_escalate="on",
    )
    (answer,) = sent(assistant_client, sealed(assistant, said))
    assert answer["state"] == "new"
    visit = Visit.objects.get()
    assert answer["url"] == visit.get_absolute_url()
    assert visit.is_offline
    assert visit.enterprise == unit
    late = visit.recorded_at - visit.visited_at
    assert timedelta(hours=4) < late < timedelta(hours=6)
    assert len(visit.checklist) == 9
    assert Hazard.objects.get().escalated_at
    page = text_of(assistant_client.get(reverse("visits:queue")))
    assert "5.0" in page
    assert unit.name in page


@pytest.mark.django_db
def test_a_second_upload_is_answered_with_the_same_record(
    assistant, assistant_client, unit
):
    one = sealed(assistant, record(unit))
    first, second = (sent(assistant_client, one)[0] for _ in range(2))
    assert (first["state"], second["state"]) == ("new", "same")
    assert first["url"] == second["url"]
    assert Visit.objects.count() == 1


@pytest.mark.django_db
def test_photographs_come_along_and_a_spoilt_one_is_said(
    assistant, assistant_client, unit
):
    data = base64.b64encode(photo().read()).decode()
    photos = [
        {"name": "门头.jpg", "data": data},
        {"name": "坏.jpg", "data": "AAAA"},
        {"name": "无"},
        "nothing",
    ]
    sent(assistant_client, sealed(assistant, record(unit, photos=photos)))
    visit = Visit.objects.get()
    assert visit.photos.count() == 1
    assert [one["value"] for one in visit.leftovers] == ["坏.jpg", "无", "照片"]


@pytest.mark.django_db
def test_a_changed_form_takes_what_fits_and_keeps_the_rest(
    assistant, assistant_client, unit
):
    said = record(
        unit,
        form=0,
        topic_wages="yes",
        topic_heat="yes",
        topic_hours="often",
        result="met_twice",
        next_on="someday",
        publicity_material="手册",
        labels={"topic_heat": "高温津贴"},
    )
    (answer,) = sent(assistant_client, sealed(assistant, said))
    assert answer["state"] == "new"
    assert "已作为文字保留" in answer["message"]
    visit = Visit.objects.get()
    assert visit.result == "unstated"
    assert visit.checklist == {"wages": {"answer": "yes", "note": ""}}
    kept = {one["label"]: one["value"] for one in visit.leftovers}
    assert kept == {
        "高温津贴": "yes",
        "工时和休息休假": "often",
        "结果": "met_twice",
        "下次走访日期": "someday",
        "宣传内容、材料": "手册",
    }
    page = text_of(assistant_client.get(visit.get_absolute_url() + "?tab=rest"))
    assert "高温津贴" in page


@pytest.mark.django_db
def test_a_form_that_lost_a_topic(assistant, assistant_client, unit, monkeypatch):
    fewer = VisitForm(2, visit_form().topics[1:])
    for place in ("forms.visit", "services.visits", "uploading"):
        monkeypatch.setattr(f"cases.visits.{place}.visit_form", lambda: fewer)
    said = record(unit, topic_rules="no", topic_wages="yes")
    sent(assistant_client, sealed(assistant, said))
    visit = Visit.objects.get()
    assert visit.form_version == 1
    assert list(visit.checklist) == ["wages"]
    assert visit.leftovers[0]["value"] == "no"


@pytest.mark.django_db
def test_a_unit_that_went_away_leaves_its_name(
    assistant, assistant_client, unit, street
):
    unit.grid = make_grid("淮北社区", parent=street)
    unit.save()
    sent(assistant_client, sealed(assistant, record(unit)))
    visit = Visit.objects.get()
    assert visit.enterprise is None
    assert visit.place_name == unit.name
    assert "已不在您的网格" in visit.leftovers[0]["why"]
    assert Clue.objects.get().visit == visit


@pytest.mark.django_db
def test_times_that_cannot_be_are_put_right_and_said(assistant, assistant_client, unit):
    ahead = (timezone.now() + timedelta(days=3)).isoformat()
    said = record(unit, saved_at=ahead, next_on="2020-01-01")
    sent(assistant_client, sealed(assistant, said))
    visit = Visit.objects.get()
    assert abs(visit.recorded_at - visit.visited_at) < timedelta(minutes=1)
    assert visit.next_on is None
    assert {one["label"] for one in visit.leftovers} == {"走访时间", "下次走访日期"}


@pytest.mark.django_db
def test_a_general_hazard_is_not_reported_but_kept(assistant, assistant_client, unit):
    said = record(
        unit, hazard_words="未公示", hazard_escalate="on", hazard_level="general"
    )
    sent(assistant_client, sealed(assistant, said))
    assert Hazard.objects.get().escalated_at is None
    assert Visit.objects.get().leftovers[0]["label"] == "立即上报"


@pytest.mark.django_db
def test_a_file_is_uploaded_on_the_page(assistant, assistant_client, unit):
    one = sealed(assistant, record(unit))
    damaged = sealed(assistant, record(unit)) | {"data": "AAAA"}
    response = assistant_client.post(
        reverse("visits:upload"), {"file": file_of(one, damaged)}, follow=True
    )
    text = text_of(response)
    assert "新上传 1 条" in text
    assert "已损坏或被改动" in text


# --- refused --------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_record_of_another_account_waits_for_its_owner(
    assistant, assistant_client, squad, unit
):
    (answer,) = sent(assistant_client, sealed(squad, record(unit)))
    assert answer["state"] == "refused"
    assert "另一个账号" in answer["message"]
    assert not Visit.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "spoil",
    [
        {"data": "AAAA"},
        {"data": "不是编码"},
        {"id": "no-uuid"},
        {"id": str(uuid4())},  # sent again as another one
        {"iv": ""},
    ],
)
def test_a_spoilt_record_is_one_sentence(assistant, assistant_client, unit, spoil):
    (answer,) = sent(assistant_client, sealed(assistant, record(unit)) | spoil)
    assert answer["state"] == "refused"
    assert "损坏" in answer["message"]
    assert not Visit.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b'{"kind": "x"}', b"\xff\xfe", b"[" * 5000]
)
def test_a_foreign_file_is_one_sentence(assistant_client, content):
    file = BytesIO(content or b" ")
    file.name = "x.json"
    response = assistant_client.post(
        reverse("visits:upload"), {"file": file}, headers={"Accept": "application/json"}
    )
    assert response.status_code == 400
    assert "未上传记录文件" in response.json()["error"]


@pytest.mark.django_db
def test_who_records_no_visits_uploads_none(client, erqi, unit):
    leader = make_user(grid=erqi, role=Role.LEADER)
    client.force_login(leader)
    url = reverse("visits:upload")
    assert client.post(url, {"file": file_of()}).status_code == 403


# --- what a phone is given ------------------------------------------------------------


@pytest.mark.django_db
def test_a_phone_keeps_no_persons_and_no_numbers(
    assistant_client, unit, django_assert_max_num_queries
):
    unit.legal_representative = unit.contact_name = "王晨光"
    unit.set_contact_phone("19900001111")
    unit.save()
    for _ in range(5):
        make_enterprise(grid=unit.grid)
    with django_assert_max_num_queries(12):
        told = assistant_client.get(reverse("visits:mine"), {"units": 1}).json()
    assert len(told["units"]) == 6
    assert set(told["units"][0]) == {"id", "name", "address", "grid", "last", "why"}
    assert "王晨光" not in json.dumps(told, ensure_ascii=False)
    assert len(told["key"]) == 64


@pytest.mark.django_db
def test_each_account_has_a_key_of_its_own(assistant, squad, client):
    keys = set()
    for user in (assistant, squad, assistant):
        client.force_login(user)
        keys.add(client.get(reverse("visits:mine")).json()["key"])
    assert len(keys) == 2
    client.logout()
    assert client.get(reverse("visits:mine")).status_code == 302


@pytest.mark.django_db
def test_the_page_that_is_kept_says_nothing_of_anybody(client, unit, settings):
    shell = client.get(reverse("visits:shell"))
    text = text_of(shell)
    assert shell.status_code == 200
    assert unit.name not in text
    assert text == text_of(client.get(reverse("visits:shell")))
    worker = client.get(reverse("visits:worker"))
    assert worker.headers["Content-Type"].startswith("text/javascript")
    assert reverse("visits:shell") in text_of(worker)


# --- rules ----------------------------------------------------------------------------

TEXT = st.text(max_size=30)


@given(
    said=st.dictionaries(TEXT, st.one_of(TEXT, st.none(), st.lists(TEXT, max_size=3))),
    known=st.sets(TEXT),
    wrong=st.sets(TEXT),
)
def test_nothing_that_was_typed_is_lost(said, known, wrong):
    errors = dict.fromkeys(wrong, "不对")
    kept = rules.leftovers(said, known=known, errors=errors, labels={})
    told = {one.label for one in kept}
    for name, value in list(said.items()):
        words = "".join(value) if isinstance(value, list) else value or ""
        is_said = bool(words.replace("\x00", "").strip())
        fits = name in known and name not in wrong
        assert (name in told) == (is_said and not fits) or len(kept) == rules.MOST


@pytest.mark.parametrize(
    ("minutes", "is_refused"), [(-60, False), (0, False), (10, False), (11, True)]
)
def test_a_clock_may_be_a_little_ahead(minutes, is_refused):
    now = timezone.now()
    at = now + timedelta(minutes=minutes)
    assert bool(rules.stated_too_late(at, now)) == is_refused


def test_the_form_asks_nine_topics():
    form = visit_form()
    assert len({topic.key for topic in form.topics}) == 9
    assert form.label("wages") == "工资支付"
    assert form.label("gone") == "gone"
    assert set(ANSWERS) == {"yes", "no", "unseen", "finding"}
    with pytest.raises(KeyError):
        read_form("version = 1")
