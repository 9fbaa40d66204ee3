import io
from itertools import islice

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from gridinspect.audit.services import record
from gridinspect.htmx import render_page
from gridinspect.imports import (
    layouts,
    likenesses,
    preview,
    returning,
    services,
    undoing,
)
from gridinspect.imports.forms import ConfirmForm, LayoutForm, UploadForm
from gridinspect.imports.models import ImportBatch
from gridinspect.imports.registry import RESOURCES, UnknownKind, resource_for
from gridinspect.imports.resource import row_key
from gridinspect.imports.templates import template_bytes, write_records
from gridinspect.ui.pages import Action, import_action, render_form, render_list
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html

State = ImportBatch.State
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPORT_ROWS = 20_000  # made while the person waits
BATCH_BADGES = {"applied": "ok", "ready": "info", "failed": "danger"}

BATCH_COLUMNS = [
    Column("original_name", "文件", link=True, sort="original_name"),
    Column("kind", "类别", value=lambda batch: resource_for(batch.kind).title),
    Column(
        "state",
        "状态",
        value=lambda batch: badge_html(
            batch.get_state_display(), BATCH_BADGES.get(batch.state, "plain")
        ),
        sort="state",
    ),
    Column("rows", "数据行", value=lambda b: b.counts.get("data_rows"), numeric=True),
    Column("bad", "不合格", value=lambda b: b.counts.get("reject"), numeric=True),
    Column("owner", "上传人"),
    Column("created_at", "上传时间", sort="created_at"),
    Column("applied_at", "导入时间", sort="applied_at"),
]


def _kind_or_404(kind):
    try:
        return resource_for(kind)
    except UnknownKind:
        raise Http404(kind) from None


def _resource_for_user(user, kind):
    resource = _kind_or_404(kind)
    if not user.holds(resource.permission):
        raise PermissionDenied(f"您的岗位不能导入{resource.title}。")
    return resource


def batch_list(request):
    """Show 我的导入: my own batches and, for administrators, those of their places."""
    kinds = [r for r in RESOURCES.values() if request.user.holds(r.permission)]
    if not kinds:
        raise PermissionDenied("您的岗位没有可以导入的表格。")
    table = build_table(
        request,
        ImportBatch.objects.visible_to(request.user).select_related("owner__person"),
        BATCH_COLUMNS,
        name="imports",
        default_sort="-created_at",
    )
    return render_list(
        request,
        title="我的导入",
        table=table,
        toolbar=[
            import_action(
                reverse("imports:upload", args=[kind.kind]), f"导入{kind.title}"
            )
            for kind in kinds
        ],
        empty="还没有导入过表格。请点击上方的“导入”选择工作簿。",
    )


def upload(request, kind):
    """Take a workbook and start its check."""
    resource = _resource_for_user(request.user, kind)
    places = list(resource.scopes(request.user))
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        places=places,
        has_effective_day=resource.has_effective_day,
    )
    if request.method == "POST" and form.is_valid():
        place, file = form.place, form.cleaned_data["file"]
        with transaction.atomic():
            batch = services.keep_file(
                kind=resource.kind,
                file=file,
                name=file.name,
                place=place,
                district_code=place.code,
                by=request.user,
                as_of=form.cleaned_data["as_of"],
            )
            services.start_check(batch=batch, by=request.user)
        return redirect(batch)
    return render_form(
        request,
        title=f"导入{resource.title}",
        form=form,
        crumbs=[("我的导入", reverse("imports:list"))],
        submit="上传并检查",
        note="上传后先逐行检查并显示预览，确认之前不会写入任何数据。",
        template="imports/upload.html",
        context={
            "kind": resource.kind,
            "columns": resource.columns().values(),
            "has_records": resource.has_records,
        },
    )


def batch_detail(request, pk):
    """Show one batch; while a job works on it, its progress polls this same address."""
    visible = ImportBatch.objects.visible_to(request.user)
    batch = get_object_or_404(visible.select_related("job", "owner__person"), pk=pk)
    if batch.is_busy and batch.job and batch.job.is_over:
        services.mark_failed(batch, batch.job.message or "任务没有完成，请重新上传。")
        batch.refresh_from_db()
    if batch.is_busy:
        page = {"batch": batch, "title": batch.original_name}
        return render_page(request, "imports/busy.html", "imports/_progress.html", page)
    if request.headers.get("HX-Trigger", "").startswith("poll-"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    chosen = request.GET.get("outcome", "")
    resource = resource_for(batch.kind)
    mine = batch.owner_id == request.user.pk
    ready = batch.state == ImportBatch.State.READY
    may_confirm = mine and ready and request.user.holds(resource.permission)
    tiles = preview.tiles(batch, chosen)
    table = build_table(
        request,
        preview.rows_of(batch, chosen),
        preview.columns(batch, chosen, may_decide=may_confirm),
        name=preview.table_name(chosen),
        default_sort="pk",
        total=next((number for _, number, _, is_chosen in tiles if is_chosen), None),
    )
    return render_list(
        request,
        title=f"{resource.title}：{batch.original_name}",
        table=table,
        toolbar=_toolbar(batch) if mine else [],
        crumbs=[("我的导入", reverse("imports:list"))],
        empty=_empty(batch),
        template="imports/detail.html",
        context={
            "batch": batch,
            "tiles": tiles,
            "outcome": chosen,
            "may_confirm": may_confirm,
            "may_decide": may_confirm and chosen == preview.ALIKE,
            "alike": batch.counts.get(preview.ALIKE, 0) if ready else 0,
            "undecided": batch.counts.get(preview.ALIKE, 0) - len(batch.decisions),
            "differs": batch.counts.get(preview.DIFFERS, 0) if ready else 0,
            "hidden_sheets": preview.hidden_sheets(batch) if may_confirm else [],
            "notices": preview.notices(batch),
            "good": batch.counts.get("valid", 0) + batch.counts.get("valid_warn", 0),
            "bad": batch.counts.get("reject", 0),
        },
    )


def _empty(batch):
    if batch.can_be_corrected and batch.state == State.REFUSED:
        return (
            "没有可以显示的行。点“更正识别结果”指出表头和各列，或改正文件后再传一份。"
        )
    if batch.state in (State.REFUSED, State.FAILED, State.DISCARDED):
        return "没有可以显示的行。请改正后再传一份。"
    return "没有这样的行。"


def _toolbar(batch):
    actions = [import_action(reverse("imports:upload", args=[batch.kind]), "再传一份")]
    if batch.can_be_corrected:
        layout = reverse("imports:layout", args=[batch.pk])
        actions.append(Action("更正识别结果", layout, icon="layout-three-columns"))
    if returning.has_return(batch):
        returned = reverse("imports:returned", args=[batch.pk])
        actions.append(
            Action("下载标注后的工作簿", returned, icon="download", method="post")
        )
    if batch.state == State.APPLIED and resource_for(batch.kind).can_be_undone:
        written = batch.counts.get("new", 0), batch.counts.get("changed", 0)
        actions.append(
            Action(
                "撤销本批",
                reverse("imports:undo", args=[batch.pk]),
                icon="arrow-counterclockwise",
                method="post",
                danger=True,
                confirm=f"将删除本批新增的 {written[0]} 条，并把变更的 {written[1]} 条"
                "还原为导入前的内容。其后已有业务往来的，会说明原因而不撤销。",
            )
        )
    if batch.state in (State.READY, State.REFUSED, State.FAILED):
        actions.append(
            Action(
                "放弃",
                reverse("imports:discard", args=[batch.pk]),
                method="post",
                danger=True,
                confirm="放弃后文件和预览都会删除。",
            )
        )
    return actions


@require_POST
def batch_decide(request, pk):
    """Keep what becomes of rows that may be known records, and check again."""
    batch = _own_batch(request, pk)
    everything = request.POST.get("all", "")
    if everything in ("new", "same", "skip"):
        decisions = likenesses.of_all(batch, everything)
    else:
        rows = batch.rows.exclude(candidates=[]).filter(
            pk__in=[
                int(name[4:])
                for name in request.POST
                if name.startswith("row-") and name[4:].isdecimal()
            ]
        )
        decisions = {
            row_key(row.sheet, row.row): choice
            for row in rows
            if (choice := request.POST[f"row-{row.pk}"]) in preview.choices_of(row)
        }
    if decisions:
        try:
            with transaction.atomic():
                likenesses.decide(batch=batch, decisions=decisions, by=request.user)
                services.start_check(batch=batch, by=request.user)
        except services.ImportRefused as fault:
            messages.warning(request, str(fault))
    else:
        messages.info(request, "没有选择任何处理方式。")
    return redirect(f"{batch.get_absolute_url()}?outcome={preview.ALIKE}")


def batch_layout(request, pk):
    """Show what was recognised, and take corrections: sheets, headers, columns."""
    batch = _own_batch(request, pk)
    if not batch.can_be_corrected:
        messages.warning(request, "这一批已不能更正识别结果，请重新上传文件。")
        return redirect(batch)
    resource = resource_for(batch.kind)
    form = LayoutForm(
        request.POST or None, outline=batch.outline, fields=resource.columns()
    )
    forgets = "forget" in request.POST
    if request.method == "POST" and (forgets or form.is_valid()):
        told = None if forgets else form.corrections()
        try:
            with transaction.atomic():
                layouts.correct(batch=batch, corrections=told, by=request.user)
                services.start_check(batch=batch, by=request.user)
        except services.ImportRefused as fault:
            messages.warning(request, str(fault))
        return redirect(batch)
    return render_form(
        request,
        title="更正识别结果",
        form=form,
        crumbs=[
            ("我的导入", reverse("imports:list")),
            (batch.original_name, batch.get_absolute_url()),
        ],
        submit="保存并重新检查",
        note="更正会记住：同一来源、表头相同的文件以后都照此读取。",
        template="imports/layout.html",
        context={"batch": batch, "sheets": form.sheets},
    )


@require_POST
def batch_confirm(request, pk):
    """Confirm a preview: queue the writing of all rows, or of the valid ones."""
    batch = _own_batch(request, pk)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        messages.error(request, "请重新打开预览后再确认。")
        return redirect(batch)
    try:
        services.confirm(
            batch=batch,
            mode=form.cleaned_data["mode"],
            digest=form.cleaned_data["digest"],
            by=request.user,
        )
    except services.ImportRefused as fault:
        messages.warning(request, str(fault))
    return redirect(batch)


@require_POST
def batch_discard(request, pk):
    """Give a batch up."""
    batch = _own_batch(request, pk)
    try:
        services.discard(batch=batch, by=request.user)
    except services.ImportRefused as fault:
        messages.warning(request, str(fault))
        return redirect(batch)
    messages.success(request, f"已放弃“{batch.original_name}”，没有写入任何数据。")
    return redirect("imports:list")


@require_POST
def batch_undo(request, pk):
    """Take back all that a batch wrote, if nothing has been built on it."""
    batch = _own_batch(request, pk)
    try:
        undoing.start_undo(batch=batch, by=request.user)
    except services.ImportRefused as fault:
        messages.warning(request, str(fault))
    return redirect(batch)


def batch_returned(request, pk):
    """Give the workbook back with its faults marked; a long one by a job."""
    batch = _own_batch(request, pk)
    if not returning.has_return(batch):
        messages.warning(request, "上传的文件已按期删除，请重新上传后再下载。")
        return redirect(batch)
    if not returning.returned_path(batch).exists():
        if request.method != "POST":
            return redirect(batch)
        if batch.counts.get("data_rows", 0) > returning.AT_ONCE:
            return redirect(returning.start_return(batch=batch, by=request.user))
    file = returning.make_returned(batch).open("rb")
    returning.note_return(batch=batch, by=request.user)
    return FileResponse(
        file, as_attachment=True, filename=returning.returned_name(batch)
    )


def _own_batch(request, pk):
    visible = ImportBatch.objects.visible_to(request.user)
    batch = get_object_or_404(visible, pk=pk)
    if batch.owner_id != request.user.pk:
        raise PermissionDenied("只有上传的人可以处理这一批导入。")
    if not request.user.holds(resource_for(batch.kind).permission):
        raise PermissionDenied("您的岗位不能导入这类表格。")
    return batch


@require_GET
def template(request, kind):
    """Download the empty workbook of a kind (模板下载)."""
    resource = _resource_for_user(request.user, kind)
    places = list(resource.scopes(request.user))
    chosen = request.GET.get("district", "")
    if len(places) > 1:
        places = [place for place in places if place.code == chosen]
    content = template_bytes(resource, places[0] if places else None)
    return _workbook(content, resource.kind)


@require_GET
def export(request, kind):
    """Hand out what a list shows in the form of the template, to be imported again."""
    resource = _resource_for_user(request.user, kind)
    if not resource.has_records:
        raise Http404(kind)
    stream, today = io.BytesIO(), timezone.localdate()
    records = list(islice(resource.records(request), EXPORT_ROWS + 1))
    if len(records) > EXPORT_ROWS:
        messages.warning(
            request, f"超过{EXPORT_ROWS:,}行，请先用查询条件缩小范围，再导出。"
        )
        return redirect("imports:upload", kind=resource.kind)
    places = resource.scopes(request.user)
    names = "、".join(str(place.name) for place in places[:3])
    count = write_records(resource, records, stream, place=names, today=today)
    with transaction.atomic():
        record(
            "import.exported",
            by=request.user,
            target=request.user,
            path=request.user.scope_paths(resource.permission)[0],
            kind=resource.kind,
            count=count,
        )
    return _workbook(stream.getvalue(), f"{resource.kind}-{today}")


def _workbook(content, name):
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return response
