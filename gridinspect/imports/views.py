from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from gridinspect.htmx import render_page
from gridinspect.imports import layouts, services
from gridinspect.imports.forms import ConfirmForm, LayoutForm, UploadForm
from gridinspect.imports.models import ImportBatch, ImportRow
from gridinspect.imports.registry import RESOURCES, UnknownKind, resource_for
from gridinspect.imports.templates import template_bytes
from gridinspect.ui.pages import Action, import_action, render_form, render_list
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BATCH_BADGES = {"applied": "ok", "ready": "info", "failed": "danger"}
OUTCOME_BADGES = {"valid": "ok", "valid_warn": "warning", "reject": "danger"}

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
    form = UploadForm(request.POST or None, request.FILES or None, places=places)
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
        context={"kind": resource.kind, "columns": resource.columns().values()},
    )


def batch_detail(request, pk):
    """Show one batch; while a job works on it, its progress polls this same address."""
    visible = ImportBatch.objects.visible_to(request.user)
    batch = get_object_or_404(visible.select_related("job", "owner__person"), pk=pk)
    if batch.is_busy:
        page = {"batch": batch, "title": batch.original_name}
        return render_page(request, "imports/busy.html", "imports/_progress.html", page)
    if request.headers.get("HX-Trigger", "").startswith("poll-"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    rows = batch.rows.all()
    chosen = request.GET.get("outcome", "")
    if chosen in ImportRow.Outcome.values:
        rows = rows.filter(outcome=chosen)
    elif chosen in ImportRow.Action.values:
        rows = rows.filter(action=chosen)
    resource = resource_for(batch.kind)
    table = build_table(
        request, rows, _row_columns(resource), name="import-rows", default_sort="pk"
    )
    mine = batch.owner_id == request.user.pk
    ready = batch.state == ImportBatch.State.READY
    return render_list(
        request,
        title=f"{resource.title}：{batch.original_name}",
        table=table,
        toolbar=_toolbar(batch) if mine else [],
        crumbs=[("我的导入", reverse("imports:list"))],
        empty="没有这样的行。",
        template="imports/detail.html",
        context={
            "batch": batch,
            "tiles": _tiles(batch, chosen),
            "may_confirm": mine and ready and request.user.holds(resource.permission),
            "good": batch.counts.get("valid", 0) + batch.counts.get("valid_warn", 0),
            "bad": batch.counts.get("reject", 0),
        },
    )


def _tiles(batch, chosen):
    """Return (label, count, value of ?outcome=, whether chosen) for the counts."""
    labels = [
        ("data_rows", "全部", ""),
        ("new", "新增", "new"),
        ("changed", "变更", "changed"),
        ("same", "无变化", "same"),
        ("valid_warn", "有提示", "valid_warn"),
        ("reject", "不合格", "reject"),
        ("duplicate", "重复", "duplicate"),
    ]
    return [
        (label, batch.counts.get(key, 0), value, value == chosen)
        for key, label, value in labels
    ]


def _toolbar(batch):
    actions = [import_action(reverse("imports:upload", args=[batch.kind]), "再传一份")]
    if batch.can_be_corrected:
        layout = reverse("imports:layout", args=[batch.pk])
        actions.append(Action("更正识别结果", layout, icon="layout-three-columns"))
    if batch.state in (ImportBatch.State.READY, ImportBatch.State.REFUSED):
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


def _row_columns(resource):
    headers = {name: column.header for name, column in resource.columns().items()}
    headers["grid"] = "所属网格"

    def told(row):
        return "；".join(
            f"{headers.get(name, name)}：{_shown(old)} → {_shown(new)}"
            for name, (old, new) in row.changes.items()
        )

    def cells(row):
        return "，".join(
            f"{headers[name]} {value}"
            for name, value in row.values.items()
            if name in headers and name not in ("name", "street", "community")
        )

    return [
        Column("sheet", "工作表"),
        Column("row", "行号", numeric=True, sort="row"),
        Column("name", "名称", value=lambda row: row.values.get("name")),
        Column(
            "outcome",
            "结果",
            value=lambda row: badge_html(
                row.get_outcome_display(), OUTCOME_BADGES.get(row.outcome, "plain")
            ),
            sort="outcome",
        ),
        Column("action", "处理", value="get_action_display", sort="action"),
        Column("message", "问题与改法", value="message", wraps=True),
        Column("changes", "变更（原值 → 新值）", value=told, wraps=True),
        Column("values", "读到的内容", value=cells),
    ]


def _shown(value):
    return "空" if value in (None, "") else value


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


def _own_batch(request, pk):
    visible = ImportBatch.objects.visible_to(request.user)
    batch = get_object_or_404(visible, pk=pk)
    if batch.owner_id != request.user.pk:
        raise PermissionDenied("只有上传的人可以确认或放弃这一批导入。")
    if not request.user.holds(resource_for(batch.kind).permission):
        raise PermissionDenied("您的岗位不能导入这类表格。")
    return batch


@require_GET
def template(request, kind):
    """Download the empty workbook of a kind (模板下载)."""
    resource = _resource_for_user(request.user, kind)
    response = HttpResponse(template_bytes(resource), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{resource.kind}.xlsx"'
    return response
