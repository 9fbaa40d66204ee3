from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from assistants.models import StaffFile
from enterprises.models import Enterprise
from gridinspect.accounts.roles import Role
from gridinspect.imports.models import ImportBatch, ImportRow
from gridinspect.imports.registry import RESOURCES
from gridinspect.imports.services import keep_file
from gridinspect.jobs.models import Job
from tests.factories import make_user
from tests.gridinspect.imports.conftest import WORKBOOKS, xlsx

ROWS = [
    ["姓名", "身份证号", "街道", "社区", "星座"],
    ["张伟", "410103198506150012", "大学路", "金桥", "白羊"],
    ["李四", "123", "大学路", "金桥", "白羊"],
]


@pytest.fixture
def bureau(tree):
    """The bureau of the district that the division list made."""
    return make_user(grid=tree, role=Role.DISTRICT_BUREAU)


@pytest.fixture
def upload(bureau_client, django_capture_on_commit_callbacks):
    def send(rows=ROWS, kind="staff", **data):
        file = SimpleUploadedFile("名册.xlsx", xlsx(rows))
        with django_capture_on_commit_callbacks(execute=True):
            bureau_client.post(
                reverse("imports:upload", args=[kind]), {"file": file, **data}
            )
        return ImportBatch.objects.latest("pk")

    return send


def test_upload_preview_and_confirm(
    upload, bureau_client, django_capture_on_commit_callbacks
):
    batch = upload()
    assert batch.state == "ready"
    page = bureau_client.get(batch.get_absolute_url())
    text = page.content.decode()
    assert "只导入合格的 1 行" in text
    assert "身份证号应为18位" in text
    assert "星座" in text  # the unknown column is reported
    assert "410103198506150012" not in text
    assert not StaffFile.objects.exists()

    form = {"mode": "valid", "digest": batch.preview_digest}
    for _ in range(2):  # a double click
        with django_capture_on_commit_callbacks(execute=True):
            bureau_client.post(reverse("imports:confirm", args=[batch.pk]), form)
    batch.refresh_from_db()
    assert batch.state == "applied"
    assert StaffFile.objects.count() == 1
    assert Job.objects.filter(kind="import.apply").count() == 1


def test_the_preview_is_filtered_by_outcome(upload, bureau_client):
    batch = upload()
    page = bureau_client.get(batch.get_absolute_url(), {"outcome": "reject"})
    assert page.context["table"].total == 1


def test_all_cannot_be_confirmed_while_a_row_is_bad(upload, bureau_client):
    batch = upload()
    form = {"mode": "all", "digest": batch.preview_digest}
    page = bureau_client.post(
        reverse("imports:confirm", args=[batch.pk]), form, follow=True
    )
    assert "不合格，不能全部导入" in page.content.decode()


def test_a_stale_preview_cannot_be_confirmed(upload, bureau_client):
    batch = upload(ROWS[:2])
    form = {"mode": "all", "digest": "0" * 64}
    page = bureau_client.post(
        reverse("imports:confirm", args=[batch.pk]), form, follow=True
    )
    assert "预览已更新" in page.content.decode()
    assert not Job.objects.filter(kind="import.apply").exists()


def test_while_a_job_works_the_progress_alone_answers_htmx(upload, bureau_client):
    batch = upload()
    ImportBatch.objects.filter(pk=batch.pk).update(state="checking")
    Job.objects.filter(pk=batch.job_id).update(state=Job.State.RUNNING)
    page = bureau_client.get(batch.get_absolute_url(), headers={"HX-Request": "true"})
    assert b"<html" not in page.content
    assert "检查中" in page.content.decode()
    ImportBatch.objects.filter(pk=batch.pk).update(state="ready")
    done = bureau_client.get(
        batch.get_absolute_url(),
        headers={"HX-Request": "true", "HX-Trigger": f"poll-batch-{batch.pk}"},
    )
    assert done.headers["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    ("state", "after"),
    [("checking", "failed"), ("applying", "failed"), ("undoing", "applied")],
)
def test_a_batch_whose_job_died_says_so(state, after, upload, bureau_client):
    batch = upload()
    ImportBatch.objects.filter(pk=batch.pk).update(
        state=state, applied_at="2026-03-02T00:00:00Z"
    )
    Job.objects.update(state=Job.State.FAILED, message="执行 3 次均出错，已停止。")
    page = bureau_client.get(batch.get_absolute_url())
    assert "执行 3 次均出错" in page.content.decode()
    batch.refresh_from_db()
    assert batch.state == after


def test_giving_up_removes_the_preview(upload, bureau_client):
    batch = upload()
    bureau_client.post(reverse("imports:discard", args=[batch.pk]))
    batch.refresh_from_db()
    assert batch.state == "discarded"
    assert not ImportRow.objects.filter(batch=batch).exists()


def test_a_file_that_cannot_be_read_says_why(
    bureau_client, django_capture_on_commit_callbacks
):
    file = SimpleUploadedFile("a.xlsx", b"%PDF-1.4")
    with django_capture_on_commit_callbacks(execute=True):
        page = bureau_client.post(
            reverse("imports:upload", args=["staff"]), {"file": file}
        )
    page = bureau_client.get(page.url)
    assert "这不是电子表格文件" in page.content.decode()


def test_a_foreign_batch_does_not_exist(upload, client, tree):
    batch = upload()
    client.force_login(make_user(grid=tree, role=Role.SQUAD_LEADER))
    assert client.get(batch.get_absolute_url()).status_code == 404


def test_without_the_permission_there_is_no_upload(client, tree):
    client.force_login(make_user(grid=tree, role=Role.ASSISTANT))
    for kind in RESOURCES:
        assert client.get(reverse("imports:upload", args=[kind])).status_code == 403
        template = reverse("imports:template", args=[kind])
        assert client.get(template).status_code == 403
    assert client.get(reverse("imports:list")).status_code == 403


def test_the_list_shows_my_imports(upload, bureau_client):
    upload()
    page = bureau_client.get(reverse("imports:list"))
    assert "名册.xlsx" in page.content.decode()


@pytest.mark.parametrize("kind", ["grids", "staff", "enterprises"])
def test_an_upload_page_opens(kind, bureau_client):
    page = bureau_client.get(reverse("imports:upload", args=[kind]))
    assert "模板下载" in page.content.decode()


@pytest.mark.parametrize("kind", ["grids", "staff", "enterprises"])
def test_a_template_is_recognised_and_its_sample_ignored(kind, bureau_client, run):
    response = bureau_client.get(reverse("imports:template", args=[kind]))
    book = openpyxl.load_workbook(BytesIO(response.content))
    sheet = book.worksheets[0]
    fields = RESOURCES[kind].columns()
    assert [cell.value.rstrip(" *") for cell in sheet[1]] == [
        field.header for field in fields.values()
    ]
    long_numbers = [n for n, field in enumerate(fields.values(), 1) if field.as_text]
    assert {sheet.cell(5, n).number_format for n in long_numbers} <= {"General", "@"}
    batch = run(kind, response.content)
    assert batch.state == "refused"
    assert "没有数据行" in batch.message


def test_a_filled_template_goes_in(bureau_client, run):
    response = bureau_client.get(reverse("imports:template", args=["enterprises"]))
    book = openpyxl.load_workbook(BytesIO(response.content))
    book.worksheets[0].cell(3, 1).value = "郑州甲有限公司"
    buffer = BytesIO()
    book.save(buffer)
    run("enterprises", buffer.getvalue(), apply="all")
    assert Enterprise.objects.get().name == "郑州甲有限公司"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing", "x.csv"], "没有“nothing”"),
        (["staff", "missing.xlsx"], "没有文件"),
        (["staff", __file__, "--as", "nobody"], "没有账户"),
        (["staff", __file__, "--district", "999999"], "没有区县"),
        (["staff", __file__, "--apply", "some"], "参数有误"),
    ],
)
def test_bad_arguments_get_one_line_and_status_2(arguments, words, tree):
    with pytest.raises(CommandError, match=words) as refused:
        call_command("import_file", *arguments)
    assert refused.value.returncode == 2


def test_the_district_is_asked_for_when_there_are_several(tree, huiji):
    with pytest.raises(CommandError, match="--district"):
        call_command(
            "import_file", "enterprises", str(WORKBOOKS / "E08_cover_sheet_first.xlsx")
        )


def test_the_template_command_writes_a_workbook(tmp_path):
    out = tmp_path / "staff.xlsx"
    call_command("import_template", "staff", str(out))
    assert openpyxl.load_workbook(out).sheetnames == ["人员名册", "填写说明"]


def test_a_kept_file_has_no_name_of_the_users(tree, system):
    batch = keep_file(
        kind="staff",
        file=BytesIO(b"x"),
        name="../../etc/passwd",
        place=tree,
        district_code=tree.code,
        by=system,
    )
    assert ".." not in batch.file.name
