"""Photographs and scanned papers that somebody gives as evidence of a fact."""

import hashlib
import io
import re
import unicodedata
from pathlib import PurePosixPath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from PIL import Image, ImageOps, UnidentifiedImageError

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents.models import Attachment

LARGEST = 20  # megabytes
MOST_PIXELS = 40_000_000
LONGEST_EDGE = 2400  # pixels: an A4 page at 200 dots per inch
IMAGES = {"JPEG": "image/jpeg", "PNG": "image/png"}
PDF = "application/pdf"
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", PDF: "pdf"}


def checked(upload: Any, *, images_only: bool = False) -> tuple[bytes, str]:
    """Return an uploaded file as it will be kept, and its content type.

    The content decides what it is, not its name. A photograph is drawn anew, so that
    nothing else in it (place, camera, hidden text) is kept. Raises ValidationError.
    """
    if upload.size > LARGEST * 1024 * 1024:
        raise ValidationError(f"文件超过 {LARGEST} MB，请缩小后再上传。")
    upload.seek(0)
    content = upload.read()
    if not content:
        raise ValidationError("文件是空的，请核对是否选错了文件。")
    if content.startswith(b"%PDF-") and not images_only:
        return content, PDF
    return _redrawn(content, "JPG、PNG 照片" if images_only else "JPG、PNG 照片或 PDF")


@transaction.atomic
def attach(
    *,
    upload: Any,
    path: str,
    by: User,
    permission: Permission = Permission.GRID_VIEW,
    images_only: bool = False,
) -> Attachment:
    """Keep a file; who holds `permission` at `path` may look at it.

    Raises ValidationError as `checked` does.
    """
    Attachment.objects.check_readable(permission)
    content, content_type = checked(upload, images_only=images_only)
    attachment = Attachment(
        name=_plain_name(upload.name, SUFFIXES[content_type]),
        content_type=content_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        path=path,
        permission=permission,
        uploaded_by=by,
    )
    name = f"attachment.{SUFFIXES[content_type]}"
    attachment.file.save(name, ContentFile(content), save=False)
    try:
        attachment.save()
        record("attachment.added", by=by, target=attachment, sha256=attachment.sha256)
    except BaseException:
        attachment.file.delete(save=False)  # the row will not be there to lead to it
        raise
    return attachment


def _redrawn(content: bytes, wanted: str) -> tuple[bytes, str]:
    try:
        with Image.open(io.BytesIO(content), formats=list(IMAGES)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ValidationError("照片超过 4000 万像素，请缩小后再上传。")
            kind = str(image.format)
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
            drawn = io.BytesIO()
            if kind == "JPEG":
                upright.convert("RGB").save(drawn, "JPEG", quality=85)
            else:
                plain = Image.new("RGBA", upright.size)
                plain.paste(upright.convert("RGBA"))
                plain.save(drawn, "PNG")
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ValidationError(f"无法识别这个文件，请上传{wanted}。") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise ValidationError("照片文件已损坏，请重新拍照或另存后再上传。") from error
    return drawn.getvalue(), IMAGES[kind]


def _plain_name(name: str, suffix: str) -> str:
    """Return a file name to show: no folders, no control or direction signs."""
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = "".join(one for one in last if unicodedata.category(one)[0] != "C")
    stem = re.sub(r"\.\w{1,5}$", "", plain).strip(" .") or "附件"
    return f"{stem[:80]}.{suffix}"
