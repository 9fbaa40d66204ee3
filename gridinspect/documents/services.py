"""The archive of papers: putting one away, handing one out, checking one."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents.models import ArchivedDocument

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXTENSIONS = {PDF: "pdf", XLSX: "xlsx"}

# Without the letters and digits that are taken for one another on paper (0O, 1IL).
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class ContentChanged(Exception):
    """A stored file is gone, or is no longer the file that was archived."""


def new_code() -> str:
    """Return a verification code to print in a footer: 59 random bits in 3 groups."""
    letters = [secrets.choice(_ALPHABET) for _ in range(12)]
    return "-".join("".join(letters[i : i + 4]) for i in (0, 4, 8))


def normal_code(text: str) -> str:
    """Return a code as it is stored, from what somebody typed off a paper."""
    letters = "".join(filter(str.isalnum, text.upper()))
    return "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))


@transaction.atomic
def archive(
    content: bytes,
    *,
    kind: str,
    title: str,
    path: str,
    as_of: date,
    by: User,
    content_type: str = PDF,
    code: str = "",
    params: Mapping[str, object] | None = None,
    policies: Sequence[str] = (),
    pages: int | None = None,
    permission: Permission = Permission.REPORT_VIEW,
    job_id: int | None = None,
) -> ArchivedDocument:
    """Put a finished file away; whoever may read it is decided by path and permission.

    `code` is what was printed on the paper, so make it with `new_code` beforehand.
    """
    ArchivedDocument.objects.check_readable(permission)
    document = ArchivedDocument(
        kind=kind,
        title=title,
        path=path,
        permission=permission,
        as_of=as_of,
        params=dict(params or {}),
        policies=list(policies),
        code=code or new_code(),
        sha256=hashlib.sha256(content).hexdigest(),
        content_type=content_type,
        size=len(content),
        pages=pages,
        made_by=by,
        job_id=job_id,
    )
    name = f"document.{EXTENSIONS[content_type]}"
    document.file.save(name, ContentFile(content), save=False)
    try:
        document.save()
        record(
            "document.archived",
            by=by,
            target=document,
            kind=kind,
            as_of=as_of,
            sha256=document.sha256,
            policies=list(policies),
        )
    except BaseException:
        document.file.delete(save=False)  # the row will not be there to lead to it
        raise
    return document


@transaction.atomic
def hand_out(*, document: ArchivedDocument, by: User) -> bytes:
    """Return the file's bytes to a person whose right to it has been checked.

    Raises `ContentChanged`.
    """
    try:
        with document.file.open("rb") as file:
            content = file.read()
    except FileNotFoundError as error:
        raise ContentChanged(f"“{document.title}”的存档文件已不在磁盘上。") from error
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise ContentChanged(f"“{document.title}”的存档文件与登记的校验值不符。")
    record("document.downloaded", by=by, target=document, sha256=document.sha256)
    return content


def matches(document: ArchivedDocument, file: Any) -> bool:
    """Say whether a file that somebody holds is the archived one, byte for byte."""
    return hashlib.file_digest(file, "sha256").hexdigest() == document.sha256
