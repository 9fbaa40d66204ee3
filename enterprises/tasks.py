"""The background part of units: long exports, and allocation to grids."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from enterprises.columns import columns, in_order, units_asked, write_list
from enterprises.freshness import districts_of, freshness_days
from enterprises.models import AllocationRun, BulkAct
from enterprises.services import bulk, road_books
from enterprises.services.allocation import (
    Outdated,
    apply_run,
    check_run,
    fail_run,
    told,
)
from enterprises.services.files import note_export
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.documents.services import XLSX, archive
from gridinspect.jobs.models import Job
from gridinspect.jobs.services import Cancelled, Claim, Refused, enqueue, handler
from grids.access import may
from grids.models import City, Grid

KIND = "enterprises.export"


@transaction.atomic
def export_later(
    *,
    by: User,
    asked: QueryDict,
    at: Grid | City | None,
    shown: Sequence[str],
    sort: str = "",
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
            "sort": sort or asked.get("sort", ""),
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
        in_order(units, params.get("sort") or "", offered),
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


# --- allocation -----------------------------------------------------------------------


@handler("allocation.check")
def check_allocation(claim: Claim) -> None:
    """Try the allocation of a district out and keep what it would change."""
    run = _run_of(claim)
    url = run.get_absolute_url()
    if run.state != AllocationRun.State.CHECKING:
        with claim.finishing(url=url):
            return
    try:
        check_run(
            run, progress=claim.progress, finishing=lambda: claim.finishing(url=url)
        )
    except Cancelled:
        fail_run(run, "试算已取消，没有写入任何数据。")
        raise


@handler("allocation.apply")
def apply_allocation(claim: Claim) -> None:
    """Write a confirmed allocation: one transaction with the job's own end."""
    run = _run_of(claim)
    url = run.get_absolute_url()
    if run.state == AllocationRun.State.APPLIED:
        with claim.finishing(url=url):
            return
    claim.progress(0, run.counts.get("units", 0), "正在归入网格，请稍候。")
    try:
        apply_run(
            run=run,
            by=claim.owner,
            finishing=lambda: claim.finishing(
                url=url, text=told(run.counts), counts=run.counts
            ),
        )
    except Outdated:
        message = "试算之后数据有变化，没有写入；已重新试算，请再次核对。"
        check_run(run, message=message)
        raise Refused(message) from None
    except ValidationError as refusal:
        fail_run(run, refusal.messages[0])
        raise Refused(refusal.messages[0]) from None
    except Cancelled:
        AllocationRun.objects.filter(
            pk=run.pk, state=AllocationRun.State.APPLYING
        ).update(
            state=AllocationRun.State.READY,
            job=None,
            message="执行已取消，没有写入任何数据。",
        )
        raise


def _run_of(claim: Claim) -> AllocationRun:
    """Return the run, if its owner may still allocate the units of its district."""
    runs = AllocationRun.objects.select_related("district")
    run = runs.get(pk=claim.params["run"])
    if not may(claim.owner, Permission.ENTERPRISE_ALLOCATE, at=run.district):
        message = "提交后您的岗位已变动，无权再批量归格。"
        fail_run(run, message)
        raise Refused(message)
    return run


# --- many units at once -----------------------------------------------------------


@handler(bulk.JOB)
def act_on_many(claim: Claim) -> None:
    """Do a bulk act on many units: one transaction with the job's own end."""
    act = BulkAct.objects.select_related("district").get(pk=claim.params["act"])
    url = act.get_absolute_url()
    if not claim.owner.holds(Permission.ENTERPRISE_EDIT):
        bulk.fail_act(act, "提交后您的岗位已变动，没有写入任何数据。")
        raise Refused("提交后您的岗位已变动，没有写入任何数据。")
    claim.progress(0, act.count, "正在处理，请稍候。")
    try:
        with claim.finishing(url=url, text=act.title):
            bulk.perform(act, by=claim.owner)
    except ValidationError as refusal:
        bulk.fail_act(act, refusal.messages[0])
        raise Refused(refusal.messages[0]) from None
    except Cancelled:
        bulk.fail_act(act, "已取消，没有写入任何数据。")
        raise


# --- 一路一册 ---------------------------------------------------------------------


@handler(road_books.KIND)
def make_road_book(claim: Claim) -> None:
    """Make a long 一路一册 with the rights that its owner has by now."""
    asked, user = claim.params, claim.owner
    places = Grid.objects.visible_to(user).select_related("district")
    place = places.filter(pk=asked["grid"]).first()
    if place is None or not may(user, Permission.REPORT_MAKE, at=place):
        raise Refused("提交后您的岗位已变动，无权再生成这份一路一册。")
    claim.progress(0, 1, "正在排版")
    with claim.finishing() as result:
        document = road_books.print_book(
            place=place,
            road=asked["road"],
            form=asked["form"],
            by=user,
            job_id=claim.job.pk,
        )
        if document is None:
            raise Refused("这条路上已没有单位，没有生成一路一册。")
        result["url"] = document.get_absolute_url()
        result["text"] = f"{document.title}已生成。"
