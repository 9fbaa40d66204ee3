"""The archive: who finds a paper, who gets it, and whether it is the one."""

import hashlib
from datetime import date
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gridinspect.accounts.roles import Permission, Role
from gridinspect.audit.services import history
from gridinspect.documents import services
from gridinspect.documents.models import ArchivedDocument
from tests.factories import make_user

CONTENT = b"%PDF-1.4 paper"
VERIFY = "/documents/verify/"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def report(erqi, bureau):
    return archived(erqi, bureau)


def archived(place, by, **fields):
    defaults = {
        "kind": "acquisition",
        "title": "信息采集情况报告",
        "path": place.path,
        "as_of": date(2026, 7, 6),
        "by": by,
        "policies": ["erqi-2013"],
        "params": {"grid": "410103"},
        "pages": 3,
    }
    return services.archive(CONTENT, **defaults | fields)


def download_url(document):
    return reverse("documents:download", args=[document.pk])


def test_a_paper_is_put_away_with_its_hash_and_a_trace(report, tmp_path):
    assert report.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert (tmp_path / report.file.name).read_bytes() == CONTENT
    assert "信息" not in report.file.name
    event = history(report).get()
    assert (event.verb, event.path) == ("document.archived", report.path)


def test_no_file_stays_behind_when_the_row_cannot_be_saved(erqi, bureau, tmp_path):
    taken = archived(erqi, bureau)
    with pytest.raises(Exception, match="code"):
        archived(erqi, bureau, code=taken.code)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [tmp_path / taken.file.name]


def test_the_list_shows_the_papers_of_my_places_only(bureau_client, report, huiji):
    other = archived(huiji, report.made_by, title="别区的报告")
    page = bureau_client.get("/documents/").content.decode()
    assert report.title in page
    assert other.title not in page


def test_a_paper_about_cases_is_not_for_everybody_who_reads_reports(erqi, bureau):
    writ = archived(erqi, bureau, permission=Permission.CASE_VIEW)
    auditor = make_user(grid=erqi, role=Role.AUDITOR)  # reads reports, sees no cases
    assert writ in ArchivedDocument.objects.visible_to(bureau)
    assert writ not in ArchivedDocument.objects.visible_to(auditor)


def test_a_download_has_a_chinese_name_and_leaves_a_trace(bureau_client, report):
    response = bureau_client.get(download_url(report))
    assert response.content == CONTENT
    name = quote("信息采集情况报告_20260706.pdf")
    assert f"filename*=utf-8''{name}" in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert history(report).first().verb == "document.downloaded"


def test_a_neighbours_paper_does_not_exist(neighbour_client, report):
    assert neighbour_client.get(download_url(report)).status_code == 404
    assert neighbour_client.get(report.get_absolute_url()).status_code == 404


def test_the_right_is_asked_anew_at_each_download(bureau_client, bureau, report):
    assert bureau_client.get(download_url(report)).status_code == 200
    bureau.person.postings.update(until=date(2021, 1, 1))
    assert bureau_client.get(download_url(report)).status_code == 404


def test_who_reads_neither_reports_nor_cases_has_no_archive(client, erqi):
    client.force_login(make_user(grid=erqi, role=Role.AGENCY_CLERK))
    assert client.get("/documents/").status_code == 403


def test_a_changed_file_is_not_handed_out(bureau_client, report, tmp_path):
    (tmp_path / report.file.name).write_bytes(b"changed")
    response = bureau_client.get(download_url(report), follow=True)
    assert "与登记的校验值不符" in response.content.decode()


def test_a_lost_file_is_reported_in_words(bureau_client, report, tmp_path):
    (tmp_path / report.file.name).unlink()
    response = bureau_client.get(download_url(report), follow=True)
    assert "已不在磁盘上" in response.content.decode()


def test_the_detail_page_states_hash_policy_and_parameters(bureau_client, report):
    page = bureau_client.get(report.get_absolute_url()).content.decode()
    for words in (report.sha256, "erqi-2013", "410103", report.code):
        assert words in page


def test_a_code_from_paper_leads_to_what_it_stands_for(neighbour_client, report):
    typed = report.code.lower().replace("-", " ")
    page = neighbour_client.get(VERIFY, {"code": typed}).content.decode()
    assert report.title in page
    assert report.sha256 in page
    assert "已归档" in page


def test_an_unknown_code_is_said_to_be_unknown(bureau_client, report):
    page = bureau_client.get(VERIFY, {"code": "AAAA-BBBB-CCCC"}).content.decode()
    assert "未找到" in page


@pytest.mark.parametrize(
    ("content", "verdict"), [(CONTENT, "逐字节相同"), (CONTENT + b" ", "不一致")]
)
def test_an_uploaded_file_is_compared_byte_for_byte(
    bureau_client, report, content, verdict
):
    file = SimpleUploadedFile("paper.pdf", content)
    response = bureau_client.post(VERIFY, {"code": report.code, "file": file})
    assert verdict in response.content.decode()


def test_codes_have_no_letters_that_look_alike():
    codes = {services.new_code() for _ in range(50)}
    assert len(codes) == 50
    assert not set("".join(codes)) & set("01ILO")
    assert all(services.normal_code(code) == code for code in codes)


def test_no_paper_is_put_away_that_nobody_could_open(erqi, bureau):
    with pytest.raises(ValueError, match="PERMISSIONS"):
        archived(erqi, bureau, permission=Permission.AUDIT_VIEW)
    assert not ArchivedDocument.objects.exists()


@pytest.mark.parametrize(
    ("permission", "role"),
    [
        (Permission.INSPECTION_VIEW, Role.LEADER),
        (Permission.REVIEW_VIEW, Role.ASSISTANT),
    ],
)
def test_papers_of_inspections_and_reviews_are_for_those_who_look_after_them(
    client, erqi, bureau, permission, role
):
    paper = archived(erqi, bureau, permission=permission)
    client.force_login(make_user(grid=erqi, role=role))
    assert client.get(paper.get_absolute_url()).status_code == 200
    client.force_login(make_user(grid=erqi, role=Role.AUDITOR))
    assert client.get(paper.get_absolute_url()).status_code == 404
