"""Long exports of the register of units."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from enterprises.columns import columns, in_order, units_asked, write_list
from enterprises.freshness import districts_of, freshness_days
from enterprises.services.files import note_export
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.documents.services import XLSX, archive
from gridinspect.jobs.models import Job
from gridinspect.jobs.services import Claim, Refused, enqueue, handler
from grids.models import City, Grid

KIND = "enterprises.export"


@transaction.atomic
def export_later(
    *, by: User, asked: QueryDict, at: Grid | City | None, shown: Sequence[str]
) -> Job:
    """Ask for the workbook of a long list; `shown` are the keys of its columns."""
    paths = by.scope_paths(Permission.ENTERPRISE_VIEW)
    return enqueue(
        KIND,
        by=by,
        title="导出用人单位名册",
        path=at.path if at else paths[0],
        params={
            "asked": asked.urlencode(),
            "grid": at.pk if isinstance(at, Grid) else None,
            "city": at.pk if isinstance(at, City) else None,
            "shown": list(shown),
        },
    )


@handler(KIND)
def export_units(claim: Claim) -> None:
    """Write the list as its owner may see it now, and put it into the archive."""
    user, params, today = claim.owner, claim.params, timezone.localdate()
    if not user.holds(Permission.ENTERPRISE_VIEW):
        raise Refused("您已没有查看单位档案的权限，未生成名册。")
    at = _place(user, params)
    asked = QueryDict(params["asked"])
    units, _ = units_asked(user, asked, at)
    districts = districts_of(user, Permission.ENTERPRISE_VIEW)
    offered = columns(today, freshness_days(districts, today))
    shown = [column for column in offered if column.key in params["shown"]]
    claim.progress(0, 1, "正在写出名册")
    stream = BytesIO()
    rows = write_list(
        stream,
        in_order(units, asked.get("sort", ""), offered),
        shown,
        place=str(at or ""),
        today=today,
    )
    with claim.finishing() as result:
        document = archive(
            stream.getvalue(),
            kind="enterprises.list",
            title=f"用人单位名册（{rows} 户）",
            path=claim.job.path,
            as_of=today,
            by=user,
            content_type=XLSX,
            permission=Permission.ENTERPRISE_VIEW,
            job_id=claim.job.pk,
        )
        note_export(by=user, path=claim.job.path, rows=rows, asked=asked.dict())
        result["url"] = document.get_absolute_url()
        result["text"] = f"共 {rows} 户"


def _place(user: User, params: Mapping[str, Any]) -> Grid | City | None:
    """Return the chosen place, if the person still sees it."""
    for name, places in (("grid", Grid.objects), ("city", City.objects)):
        if params[name]:
            found = places.visible_to(user).filter(pk=params[name]).first()
            if found is None:
                raise Refused("所选辖区已不在您的管辖范围内，未生成名册。")
            return found
    return None
