"""The page hands out the marked workbook, to who sent it and to nobody else."""

from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gridinspect.accounts.roles import Role
from gridinspect.audit.models import Event
from gridinspect.imports import returning
from gridinspect.imports.models import ImportBatch
from gridinspect.jobs.models import Job
from tests.factories import make_user
from tests.gridinspect.imports.conftest import xlsx

ROWS = [["姓名", "身份证号", "街道"], ["李四", "123", "大学路"]]


@pytest.fixture
def bureau(tree):
    return make_user(grid=tree, role=Role.DISTRICT_BUREAU)


@pytest.fixture
def batch(bureau_client, django_capture_on_commit_callbacks):
    file = SimpleUploadedFile("名册.xlsx", xlsx(ROWS))
    with django_capture_on_commit_callbacks(execute=True):
        bureau_client.post(reverse("imports:upload", args=["staff"]), {"file": file})
    return ImportBatch.objects.latest("pk")


@pytest.fixture
def address(batch):
    return reverse("imports:returned", args=[batch.pk])


def marked(response):
    sheet = openpyxl.load_workbook(BytesIO(b"".join(response))).worksheets[0]
    return sheet["B2"].fill.fgColor.rgb == "FFF8D7DA" and "18位" in sheet["D2"].value


def test_the_page_offers_the_marked_workbook(batch, address, bureau_client):
    assert address in bureau_client.get(batch.get_absolute_url()).content.decode()
    response = bureau_client.post(address)
    assert "%E5%90%8D%E5%86%8C-%E6%A3%80" in response["Content-Disposition"]  # 名册-检
    assert marked(response)
    assert Event.objects.filter(verb="import.returned").count() == 1


def test_a_long_workbook_is_marked_by_a_job(
    batch, address, bureau_client, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(returning, "AT_ONCE", 0)
    assert bureau_client.get(address).url == batch.get_absolute_url()  # not made yet
    with django_capture_on_commit_callbacks(execute=True):
        response = bureau_client.post(address)
    job = Job.objects.get(kind="import.return")
    assert response.url == job.get_absolute_url()
    assert job.result["url"] == address
    assert marked(bureau_client.get(address))


def test_nobody_else_gets_it(batch, address, tree, client):
    client.force_login(make_user(grid=tree, role=Role.DISTRICT_BUREAU))
    assert client.post(address).status_code == 404


def test_once_the_upload_is_gone_the_page_says_so(batch, address, bureau_client):
    batch.file.delete()
    page = bureau_client.post(address, follow=True).content.decode()
    assert "重新上传后再下载" in page
