"""A person corrects what was recognised, and the correction is remembered."""

from datetime import date
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gridinspect.accounts.roles import Role
from gridinspect.imports.correcting import fingerprint
from gridinspect.imports.models import ImportBatch, RememberedLayout
from gridinspect.jobs.models import Job
from tests.factories import make_user
from tests.gridinspect.imports.conftest import xlsx

ZHANG = ["张伟", "410103198506150012", "13800000001"]
LI = ["李娜", "410103199001010027", "13800000002"]


@pytest.fixture
def bureau(tree):
    return make_user(grid=tree, role=Role.DISTRICT_BUREAU)


@pytest.fixture
def send(bureau_client, django_capture_on_commit_callbacks):
    def upload(content, kind="staff"):
        content = xlsx(content) if isinstance(content, list) else content
        file = SimpleUploadedFile("名册.xlsx", content)
        with django_capture_on_commit_callbacks(execute=True):
            bureau_client.post(reverse("imports:upload", args=[kind]), {"file": file})
        return ImportBatch.objects.latest("pk")

    return upload


@pytest.fixture
def correct(bureau_client, django_capture_on_commit_callbacks):
    """Send the page of corrections as it stands, with some fields changed."""

    def post(batch, **changes):
        url = reverse("imports:layout", args=[batch.pk])
        form = bureau_client.get(url).context["form"]
        data = {}
        for bound in form:
            value = bound.value()
            if value is True:
                value = "on"
            if value not in (False, None):
                data[bound.html_name] = value
        for name, value in changes.items():
            data[name.replace("_", "-")] = value
        with django_capture_on_commit_callbacks(execute=True):
            page = bureau_client.post(url, {k: v for k, v in data.items() if v != ""})
        batch.refresh_from_db()
        return page

    return post


def test_a_column_nobody_knew_is_given_its_field(send, correct, bureau_client):
    batch = send([["姓名", "ID", "号"], ZHANG, LI])
    assert batch.state == "refused"
    assert "身份证号" in batch.message
    page = bureau_client.get(reverse("imports:layout", args=[batch.pk]))
    text = page.content.decode()
    assert "410103********0012" in text
    assert ZHANG[1] not in text
    assert ZHANG[2] not in text

    correct(batch, s0_use="on", s0_B="id_number", s0_C="phone")

    assert batch.state == "ready"
    assert batch.counts["valid"] == 2
    assert batch.rows.first().values["phone"] == "138****0001"


def test_a_correction_is_remembered_for_the_same_headers(send, correct):
    first = send([["姓名", "ID", "号"], ZHANG])
    correct(first, s0_use="on", s0_B="id_number", s0_C="phone")
    later = send([["名册"], [], ["姓名 *", "ID", "号"], LI])  # it stands lower now
    assert later.state == "ready"
    assert later.corrections["Sheet1"]["header_rows"] == [3]
    assert "已按" in later.recognised["notices"][-1]
    other = send([["姓名", "ID", "序号"], ZHANG])
    assert other.state == "refused"


def test_a_correction_can_be_dropped(send, bureau_client, correct):
    batch = send([["姓名", "身份证号", "电话"], ZHANG])
    correct(batch, s0_C="")
    assert "phone" not in batch.rows.get().values
    bureau_client.post(reverse("imports:layout", args=[batch.pk]), {"forget": "1"})
    assert not RememberedLayout.objects.exists()
    batch.refresh_from_db()
    assert batch.corrections == {}


def test_another_header_row_is_read_anew(send, correct):
    rows = [["姓名", "身份证号"], ["姓名", "身份证号", "电话"], ZHANG]
    batch = send(rows)
    assert batch.outline[0]["header_rows"] == [2]
    correct(batch, s0_header="1")
    assert batch.outline[0]["header_rows"] == [1]
    correct(batch, s0_header="2")
    assert batch.recognised["columns"][2]["field"] == "phone"


def test_a_hidden_sheet_is_imported_when_asked_for(send, correct):
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["姓名", "身份证号"])
    book.active.append(ZHANG[:2])
    hidden = book.create_sheet("旧名册")
    hidden.append(["姓名", "身份证号"])
    hidden.append(LI[:2])
    hidden.sheet_state = "hidden"
    buffer = BytesIO()
    book.save(buffer)
    batch = send(buffer.getvalue())
    assert batch.counts["data_rows"] == 1
    assert "隐藏" in batch.recognised["notices"][0]
    correct(batch, s1_use="on")
    assert batch.counts["data_rows"] == 2
    correct(batch, s0_use="")
    assert [row.sheet for row in batch.rows.all()] == ["旧名册"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"s0_C": "name"}, "请只留一列"),
        ({"s0_B": ""}, "缺少必需的列：身份证号"),
        ({"s0_use": ""}, "至少选择一张"),
        ({"s0_C": "nonsense"}, "有效"),
    ],
)
def test_what_cannot_be_is_refused(changes, words, send, correct):
    batch = send([["姓名", "身份证号", "电话"], ZHANG])
    page = correct(batch, **changes)
    assert words in page.content.decode()
    assert batch.corrections == {}


def test_nothing_is_corrected_once_it_is_written(send, correct, bureau_client):
    batch = send([["姓名", "身份证号"], ZHANG[:2]])
    ImportBatch.objects.filter(pk=batch.pk).update(state="applying")
    page = bureau_client.post(reverse("imports:layout", args=[batch.pk]), {})
    assert page.status_code == 302
    assert Job.objects.filter(kind="import.check").count() == 1


def test_the_fingerprint_sees_names_and_places_only():
    one = fingerprint([["姓名 *", "电话\n（必填）"]])
    assert one == fingerprint([["姓 名", "电话", "", ""]])
    assert one != fingerprint([["", "姓名", "电话"]])
    assert one != fingerprint([["姓名", "电话"], ["a", "b"]])
    assert fingerprint([[date(2026, 1, 1)]]) != one
