"""单位档案: the list, one unit's file, and every change to it."""

from io import BytesIO

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from enterprises import editing
from enterprises.columns import (
    EXPORT_DIRECTLY,
    columns,
    in_order,
    units_asked,
    write_list,
)
from enterprises.forms import SECTIONS, ChangeForm, RegisterForm, RevealForm
from enterprises.freshness import districts_of, freshness_days
from enterprises.models import Enterprise
from enterprises.services.files import (
    SECRETS,
    EditedMeanwhile,
    change_enterprise,
    field_label,
    note_export,
    possible_duplicates,
    register_enterprise,
    reveal_phone,
)
from enterprises.tasks import export_later
from enterprises.views.file import reveal_permission, unit_page
from enterprises.views.suggesting import suggested
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.documents.answers import workbook_answer
from gridinspect.scope import within_paths
from gridinspect.ui.pages import (
    Action,
    add_action,
    export_action,
    import_action,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.services import filters_for
from gridinspect.ui.tables import (
    Sought,
    build_table,
    count,
    keys_chosen,
)
from grids import outline
from grids.access import may, require, require_somewhere
from grids.forms import add_refusal
from grids.models import Grid

CRUMBS = [("单位档案", "/enterprises/")]


# --- many -----------------------------------------------------------------------------


@require_GET
def unit_list(request: Request) -> HttpResponse:
    """Show 单位档案: the units of the chosen place, or of all the user's places."""
    user = request.user
    require_holds(user, Permission.ENTERPRISE_VIEW)
    at = outline.place_asked(request)
    units, search = units_asked(user, request.GET, at)
    table = build_table(
        request,
        units,
        _columns(user),
        name="enterprises",
        default_sort="-id",
        row_actions=lambda unit: _row_actions(user, unit),
        sought=Sought(search.about, search.queryset),
        bulk=_bulk(user),
    )
    return render_list(
        request,
        title="单位档案",
        table=table,
        filters=search,
        toolbar=_toolbar(request, at),
        tree=outline.tree_beside(request, "enterprises:list", at),
        note=f"辖区：{at}" if at else "",
        empty="没有符合条件的单位。请放宽查询条件，或在左侧选择上级网格。",
        context={
            "taken_for": search.taken_for,
            "saved": filters_for("enterprises", user),
        },
    )


def _bulk(user) -> list[Action]:
    actions = []
    if user.holds(Permission.ENTERPRISE_EDIT):
        url = reverse("enterprises:bulk-grid")
        actions.append(Action("批量归格", url, icon="pin-map"))
    if user.holds(Permission.STATUS_DECIDE):
        url = reverse("enterprises:bulk-status")
        actions.append(Action("状态变更", url, icon="arrow-repeat"))
    if user.holds(Permission.TASK_ASSIGN):
        url = reverse("enterprises:bulk-tasks")
        actions.append(Action("派发任务", url, icon="list-task"))
    url = reverse("enterprises:export")
    actions.append(Action("导出", url, icon="box-arrow-up"))
    return actions


def _columns(user):
    today = timezone.localdate()
    districts = districts_of(user, Permission.ENTERPRISE_VIEW)
    return columns(today, freshness_days(districts, today))


def _toolbar(request: Request, at) -> list[Action]:
    user, toolbar = request.user, []
    if user.holds(Permission.ENTERPRISE_EDIT):
        add = outline.list_at("enterprises:add", at) if at else ""
        toolbar.append(add_action(add or reverse("enterprises:add")))
    if user.holds(Permission.ENTERPRISE_IMPORT):
        toolbar.append(import_action(reverse("imports:upload", args=["enterprises"])))
        surveys = reverse("imports:upload", args=["surveys"])
        toolbar.append(import_action(surveys, "导入登记表"))
    if user.holds(Permission.ENTERPRISE_EDIT):
        url = reverse("enterprises:bulk-acts")
        toolbar.append(Action("批量处理记录", url, icon="clock-history"))
    query = request.GET.urlencode()
    toolbar.append(export_action(f"{reverse('enterprises:export')}?{query}"))
    return toolbar


def _row_actions(user, unit: Enterprise) -> list[Action]:
    actions = []
    if may(user, Permission.SURVEY_RECORD, at=unit.grid):
        actions.append(
            Action("采集", reverse("enterprises:survey-add", args=[unit.pk]))
        )
    if may(user, Permission.ENTERPRISE_EDIT, at=unit.grid):
        actions.append(Action("修改", reverse("enterprises:change", args=[unit.pk])))
    return actions


@require_GET
def export(request: Request) -> HttpResponse:
    """Hand out what the list shows as a workbook; a long one is made by a job."""
    user, today = request.user, timezone.localdate()
    require_holds(user, Permission.ENTERPRISE_VIEW)
    at = outline.place_asked(request)
    units, _ = units_asked(user, request.GET, at)
    if "row" in request.GET and not request.GET.get("all"):
        units = units.filter(pk__in=keys_chosen(request))
    offered = _columns(user)
    table = build_table(request, units.none(), offered, name="enterprises")
    shown = [header.column for header in table.headers]
    total, _ = count(units)
    if total > EXPORT_DIRECTLY:
        job = export_later(
            by=user,
            asked=request.GET,
            at=at,
            shown=[column.key for column in shown],
            sort=table.sort,
        )
        messages.info(request, "单位较多，正在后台生成名册，完成后可在任务页下载。")
        return redirect(job)
    stream = BytesIO()
    rows = write_list(
        stream,
        in_order(units, table.sort, offered),
        shown,
        place=str(at or ""),
        today=today,
    )
    note_export(
        by=user, path=export_path(user, at), rows=rows, asked=request.GET.dict()
    )
    return workbook_answer(stream, f"enterprises-{today}.xlsx")


def export_path(user, at) -> str:
    """Return the place that an export is about, for the trail."""
    return at.path if at else user.scope_paths(Permission.ENTERPRISE_VIEW)[0]


@require_GET
def similar(request: Request) -> HttpResponse:
    """Name the visible units that may be the one being typed."""
    require_somewhere(request.user, Permission.ENTERPRISE_EDIT)
    besides = request.GET.get("besides", "")
    candidates = possible_duplicates(
        name=request.GET.get("name", "")[:200],
        uscc=request.GET.get("uscc", "").strip().upper()[:18],
        seen_by=request.user,
        besides=int(besides) if besides.isascii() and besides.isdigit() else None,
    )
    return render(request, "enterprises/_similar.html", {"candidates": candidates})


# --- one ------------------------------------------------------------------------------


@require_GET
def unit_detail(request: Request, pk: int) -> HttpResponse:
    """Show one unit's file: 一户一档."""
    visible = Enterprise.objects.visible_to(request.user)
    if kept := visible.filter(merged_files=pk).only("pk").first():
        messages.info(request, "这份档案已并入下面的档案。")
        return redirect(kept)
    return unit_page(request, visible_unit(request, pk))


def visible_unit(request: Request, pk: int) -> Enterprise:
    """Return a unit that the person may see; to others it does not exist."""
    units = Enterprise.objects.visible_to(request.user).for_list()
    return get_object_or_404(units.select_related("recorded_by__person"), pk=pk)


def register(request: Request) -> HttpResponse:
    """Open a new file, after a look whether the unit has one already."""
    require_somewhere(request.user, Permission.ENTERPRISE_EDIT)
    at = outline.place_asked(request)
    grids = _editable_grids(request.user)
    form = RegisterForm(
        request.POST or None,
        grids=grids,
        initial={"grid": at} if isinstance(at, Grid) else {},
    )
    candidates = []
    if "suggest" in request.POST:
        form, suggestion = suggested(
            request, lambda typed: RegisterForm(initial=typed, grids=grids), grids
        )
        return _register_page(request, form, suggestion=suggestion)
    if request.method == "POST" and form.is_valid():
        act = form.act()
        if not request.POST.get("not_duplicate"):
            candidates = possible_duplicates(
                name=act["name"], uscc=act["uscc"], seen_by=request.user
            )
        if not candidates:
            try:
                unit = register_enterprise(by=request.user, **act)
            except ValidationError as error:
                add_refusal(form, error)
            else:
                messages.success(request, f"已建立“{unit}”的档案。")
                return redirect(unit)
    return _register_page(request, form, candidates=candidates)


def _register_page(request: Request, form, *, candidates=(), suggestion=None):
    return render_form(
        request,
        title="新增单位",
        form=form,
        sections=SECTIONS,
        crumbs=CRUMBS,
        submit="保存档案",
        template="enterprises/form.html",
        context={
            "candidates": candidates,
            "ask_duplicate": bool(candidates),
            "suggestion": suggestion,
        },
    )


def change(request: Request, pk: int) -> HttpResponse:
    """Change a file; somebody who saved it meanwhile is neither lost nor hidden."""
    unit = visible_unit(request, pk)
    require(request.user, Permission.ENTERPRISE_EDIT, at=unit.grid)
    grids = _editable_grids(request.user).filter(district=unit.district_id)
    form = ChangeForm(request.POST or None, instance=unit, grids=grids)
    meeting = suggestion = None
    if "suggest" in request.POST:
        form, suggestion = suggested(
            request,
            lambda typed: ChangeForm(instance=unit, grids=grids, typed=typed),
            grids,
            district=unit.district,
        )
    elif request.method == "POST" and form.is_valid():
        try:
            change_enterprise(enterprise=unit, by=request.user, **form.act())
        except EditedMeanwhile as met:
            form, meeting = editing.reconcile(form, met.current, grids=grids)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"已保存“{unit}”的档案。")
            return redirect(unit)
    return render_form(
        request,
        title="修改单位档案",
        form=form,
        sections=SECTIONS,
        crumbs=[*CRUMBS, (unit.name, unit.get_absolute_url())],
        template="enterprises/form.html",
        context={
            "meeting": meeting,
            "besides": unit.pk,
            "suggestion": suggestion,
        },
    )


def _editable_grids(user):
    """Return the open grids where the person may keep files."""
    paths = user.scope_paths(Permission.ENTERPRISE_EDIT)
    return Grid.objects.filter(within_paths(paths, "path"), closed_on=None)


def reveal(request: Request, pk: int) -> HttpResponse:
    """Show a number of the file in full, once, to who gives a reason."""
    unit = visible_unit(request, pk)
    name = request.GET.get("of", "contact_phone")
    if name not in SECRETS:
        raise Http404
    require(request.user, reveal_permission(name), at=unit.grid)
    form, label = RevealForm(request.POST or None), field_label(name)
    crumbs = [*CRUMBS, (unit.name, unit.get_absolute_url())]
    if request.method == "POST" and form.is_valid():
        number = reveal_phone(
            enterprise=unit,
            reason=form.cleaned_data["reason"],
            by=request.user,
            name=name,
        )
        context = {
            "title": label,
            "unit": unit,
            "label": label,
            "number": number,
            "crumbs": crumbs,
        }
        return render(request, "enterprises/phone.html", context)
    return render_form(
        request, title=f"查看{label}", form=form, crumbs=crumbs, submit="查看"
    )
