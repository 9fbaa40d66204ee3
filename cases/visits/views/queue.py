"""离线上传: records of phones without signal come in; what came, and how late."""

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect

from cases.visits.forms import QueueForm
from cases.visits.models import Visit
from cases.visits.services.queue import NotOpened, read_file
from cases.visits.uploading import take
from cases.visits.views.lists import hours_late
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import render_list, require_holds
from gridinspect.ui.tables import Column, build_table
from grids.access import require_somewhere

P = Permission
LARGEST = 60  # megabytes of one file
CRUMBS = [("走访记录", "/visits/")]


def upload(request: Request) -> HttpResponse:
    """Take records of a queue, from the page itself or out of a file."""
    require_somewhere(request.user, P.VISIT_RECORD)
    if request.method != "POST":
        return redirect("visits:queue")
    wants_json = "application/json" in request.headers.get("Accept", "")
    file = request.FILES.get("file")
    try:
        if file is None:
            raise NotOpened("请选择走访页导出的未上传记录文件。")
        if (file.size or 0) > LARGEST * 1024 * 1024:
            raise NotOpened(f"文件超过 {LARGEST} MB，请在手机上分批导出。")
        sealed = read_file(file.read())
    except NotOpened as error:
        if wants_json:
            return JsonResponse({"error": str(error)}, status=400)
        messages.error(request, str(error))
        return redirect("visits:queue")
    answers = [take(one, by=request.user) for one in sealed]
    if wants_json:
        return JsonResponse({"results": [one.to_json() for one in answers]})
    _tell(request, answers)
    return redirect("visits:queue")


def _tell(request: Request, answers) -> None:
    new = sum(one.state == "new" for one in answers)
    same = sum(one.state == "same" for one in answers)
    words = f"文件中 {len(answers)} 条：新上传 {new} 条，已有 {same} 条。"
    messages.success(request, words)
    for one in answers:
        if one.state == "refused":
            messages.error(request, f"记录 {one.id[:8]} 没有上传：{one.message}")


def queue(request: Request) -> HttpResponse:
    """Show what came from queues of phones, and how late."""
    require_holds(request.user, P.VISIT_VIEW)
    visits = Visit.objects.visible_to(request.user).filter(is_offline=True)
    columns = [
        Column("place", "单位", link=True),
        Column("grid", "网格", "grid.name"),
        Column("visited_at", "走访时间（填写）", sort="visited_at"),
        Column("recorded_at", "入库时间", sort="recorded_at"),
        Column("late", "迟到小时", hours_late, numeric=True),
        Column("by", "上传人", "recorded_by"),
        Column("form_version", "表式版本", numeric=True),
        Column("leftovers", "未归入表式", lambda one: len(one.leftovers) or ""),
    ]
    may_upload = request.user.holds(P.VISIT_RECORD)
    return render_list(
        request,
        title="离线上传记录",
        table=build_table(
            request,
            visits.for_list(),
            columns,
            name="visits-offline",
            default_sort="-recorded_at",
        ),
        crumbs=CRUMBS,
        note="手机没有信号时填写的走访，联网后自动上传；填写时间和入库时间都保留。",
        empty="还没有离线填写后上传的走访。",
        template="visits/queue.html",
        context={"form": QueueForm() if may_upload else None},
    )
