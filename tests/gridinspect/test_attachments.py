import io

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from gridinspect.accounts.roles import Permission, Role
from gridinspect.audit.models import Event
from gridinspect.documents.attachments import attach, checked
from gridinspect.documents.forms import EvidenceField
from gridinspect.documents.models import Attachment
from tests.factories import make_user


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def photo(kind="JPEG", size=(40, 30), name="现场.jpg", **options):
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, kind, **options)
    return SimpleUploadedFile(name, file.getvalue())


def with_place():
    """Return a photograph that says where it was taken, and by which camera."""
    exif = Image.Exif()
    exif[0x010F] = "SECRETCAMERA"
    exif.get_ifd(0x8825)[2] = (34.0, 45.0, 0.0)
    return photo(exif=exif)


def test_a_photograph_is_kept_without_what_the_camera_wrote_into_it():
    content, kind = checked(with_place())
    assert kind == "image/jpeg"
    assert b"SECRETCAMERA" not in content
    assert not Image.open(io.BytesIO(content)).getexif()


def test_a_large_photograph_is_made_smaller():
    content, _ = checked(photo(size=(4000, 1000)))
    assert Image.open(io.BytesIO(content)).size == (2400, 600)


def test_the_content_decides_what_a_file_is():
    _, kind = checked(photo("PNG", name="现场.jpg"))
    assert kind == "image/png"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "文件是空的"),
        (b"<svg onload=alert(1)>", "无法识别"),
        (b"MZ\x90\x00", "无法识别"),
        (b"\xff\xd8\xff\xe0" + b"x" * 40, "已损坏"),
        (photo().read()[:-100], "已损坏"),
        (b"GIF89a" + b"\x00" * 40, "无法识别"),
    ],
)
def test_what_is_no_photograph_is_refused_with_a_remedy(content, words):
    with pytest.raises(ValidationError, match=words):
        checked(SimpleUploadedFile("现场.jpg", content))


def test_a_photograph_of_too_many_pixels_is_refused_before_it_is_unpacked():
    file = io.BytesIO()
    Image.new("1", (9000, 5000)).save(file, "PNG")
    with pytest.raises(ValidationError, match="4000 万像素"):
        checked(SimpleUploadedFile("a.png", file.getvalue()))


def test_a_file_above_20_megabytes_is_refused_and_one_below_is_read():
    whole = b"%PDF-1.7" + b"x" * (20 * 1024 * 1024 - 8)
    assert checked(SimpleUploadedFile("a.pdf", whole))[1] == "application/pdf"
    with pytest.raises(ValidationError, match="超过 20 MB"):
        checked(SimpleUploadedFile("a.pdf", whole + b"x"))


def test_a_field_for_photographs_takes_no_paper():
    paper = SimpleUploadedFile("a.pdf", b"%PDF-1.7")
    assert EvidenceField().clean(paper)
    with pytest.raises(ValidationError, match="无法识别"):
        EvidenceField(images_only=True).clean(paper)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("..\\..\\etc\\门头.JPG", "门头.jpg"),
        ("照片\u202egpj.exe", "照片gpj.jpg"),
        (".jpg", "附件.jpg"),
        ("长" * 300 + ".jpg", "长" * 80 + ".jpg"),
    ],
)
def test_a_file_name_is_only_shown(given, kept, db, bureau, erqi):
    upload = photo()
    upload._name = given  # Django's own cleaning is not what is tested
    attachment = attach(upload=upload, path=erqi.path, by=bureau)
    assert attachment.name == kept
    assert attachment.file.name.startswith("attachments/")


def test_who_may_see_the_place_sees_the_photograph(client, bureau, neighbour, erqi):
    attachment = attach(upload=photo(), path=erqi.path, by=bureau)
    client.force_login(bureau)
    page = client.get(attachment.get_absolute_url())
    assert page["Content-Type"] == "image/jpeg"
    assert page["Content-Disposition"].startswith("inline")
    assert page.content[:2] == b"\xff\xd8"
    client.force_login(neighbour)
    assert client.get(attachment.get_absolute_url()).status_code == 404
    assert Event.objects.filter(verb="attachment.added").count() == 1


def test_a_photograph_of_a_person_needs_more_than_sight_of_the_grid(
    client, bureau, erqi
):
    attachment = attach(
        upload=photo(), path=erqi.path, by=bureau, permission=Permission.STAFF_VIEW
    )
    client.force_login(make_user(grid=erqi, role=Role.ASSISTANT))
    assert client.get(attachment.get_absolute_url()).status_code == 404


def test_nothing_stays_on_the_disk_when_the_row_is_refused(
    db, bureau, erqi, tmp_path, monkeypatch
):
    def refuse(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("gridinspect.documents.attachments.record", refuse)
    with pytest.raises(RuntimeError):
        attach(upload=photo(), path=erqi.path, by=bureau)
    assert not Attachment.objects.exists()
    assert not [one for one in tmp_path.rglob("*") if one.is_file()]
