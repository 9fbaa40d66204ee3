"""Printing the whole file of a unit and putting the print into the archive."""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from enterprises.file_paper import TITLE, Chapter, file_pdf
from enterprises.file_sections import archived_under, file_sections
from enterprises.models import Enterprise
from enterprises.services.files import Refused
from gridinspect.accounts.models import User
from gridinspect.documents.models import ArchivedDocument
from gridinspect.documents.pdf import page_count
from gridinspect.documents.services import archive, new_code

KIND = "enterprises.file"


@transaction.atomic
def print_file(
    *, enterprise: Enterprise, keys: Collection[str], by: User
) -> ArchivedDocument:
    """Archive the unit's file as PDF with the chosen parts. Raises Refused."""
    offered = file_sections.for_user(by, enterprise)
    chosen = [section for section in offered if section.key in keys]
    if not chosen:
        raise Refused("请至少选择一项要打印的内容。")
    chapters = [Chapter(one.title, one.provider(by, enterprise)) for one in chosen]
    today, code = timezone.localdate(), new_code()
    cover = [
        ("统一社会信用代码", enterprise.uscc or "无"),
        ("所属网格", enterprise.grid.name),
        ("经营地址", enterprise.address),
        ("建档日期", enterprise.known_since),
        ("纸质档案位置", enterprise.paper_file_place),
        ("打印人", str(by)),
        ("打印日期", today),
        ("验证码", code),
    ]
    content = file_pdf(cover, chapters, unit=enterprise.name, on=today, code=code)
    return archive(
        content,
        kind=KIND,
        title=f"{TITLE}：{enterprise.name}"[:200],
        path=enterprise.grid.path,
        as_of=today,
        by=by,
        code=code,
        params={
            "单位": enterprise.uscc or enterprise.name,
            "内容": "、".join(one.title for one in chosen),
        },
        pages=page_count(content),
        permission=archived_under(by, enterprise),
    )
