"""材料目录 and 纸质档案位置 of a unit's file."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from enterprises.material_forms import MaterialForm, PaperForm, ReplaceForm, VoidForm
from enterprises.models import Enterprise, Material
from enterprises.services.materials import (
    add_material,
    move_paper,
    replace_material,
    void_material,
)
from enterprises.views.units import CRUMBS, visible_unit
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import render_form
from grids.access import require
from grids.forms import add_refusal


def _back(unit: Enterprise) -> str:
    return f"{unit.get_absolute_url()}?tab=materials"


def _crumbs(unit: Enterprise) -> list[tuple[str, str]]:
    return [*CRUMBS, (unit.name, unit.get_absolute_url()), ("材料目录", _back(unit))]


def _material(request: Request, pk: int) -> Material:
    found = Material.objects.visible_to(request.user).select_related(
        "enterprise__grid", "attachment"
    )
    return get_object_or_404(found, pk=pk)


def material_add(request: Request, pk: int) -> HttpResponse:
    """Put a document into the file of a unit."""
    unit = visible_unit(request, pk)
    require(request.user, Permission.ENTERPRISE_EDIT, at=unit.grid)
    form = MaterialForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            one = add_material(enterprise=unit, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"“{one.title}”已归入档案，序号 {one.number}。")
            return redirect(_back(unit))
    return render_form(
        request,
        title="归入材料",
        form=form,
        crumbs=_crumbs(unit),
        note=f"{unit.name}：序号自动接续，归入后不能删除，只能替换或作废。",
        submit="归入",
    )


def material_replace(request: Request, pk: int) -> HttpResponse:
    """Put a better document in the stead of one that stands."""
    old = _material(request, pk)
    require(request.user, Permission.ENTERPRISE_EDIT, at=old.enterprise.grid)
    names = ("kind", "title", "document_number", "author", "dated_on", "pages")
    initial = {name: getattr(old, name) for name in names}
    form = ReplaceForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            new = replace_material(material=old, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(
                request, f"第 {old.number} 号已作废，由第 {new.number} 号替换。"
            )
            return redirect(_back(old.enterprise))
    return render_form(
        request,
        title=f"替换第 {old.number} 号材料",
        form=form,
        crumbs=_crumbs(old.enterprise),
        note=f"原材料“{old.title}”保留原序号并标为作废，仍可查看。",
        submit="替换",
    )


def material_void(request: Request, pk: int) -> HttpResponse:
    """Say that a document no longer stands."""
    one = _material(request, pk)
    require(request.user, Permission.ENTERPRISE_EDIT, at=one.enterprise.grid)
    form = VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            void_material(material=one, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"第 {one.number} 号材料已作废，序号保留。")
            return redirect(_back(one.enterprise))
    return render_form(
        request,
        title=f"作废第 {one.number} 号材料",
        form=form,
        crumbs=_crumbs(one.enterprise),
        note=f"“{one.title}”作废后仍可查看，序号不再使用。",
        submit="作废",
    )


@require_GET
def material_file(request: Request, pk: int) -> HttpResponse:
    """Show the scan of a document, wherever its unit belongs by now."""
    shown = _material(request, pk).attachment
    if shown is None:
        raise Http404
    with shown.file.open("rb") as file:
        response = HttpResponse(file.read(), content_type=shown.content_type)
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=False, filename=shown.name) or "inline"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def paper_move(request: Request, pk: int) -> HttpResponse:
    """Say where the paper file of a unit stands now."""
    unit = visible_unit(request, pk)
    require(request.user, Permission.ENTERPRISE_EDIT, at=unit.grid)
    form = PaperForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            place = move_paper(enterprise=unit, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"纸质档案现在“{place}”。")
            return redirect(_back(unit))
    now = (
        f"现在“{unit.paper_file_place}”。" if unit.paper_file_place else "还没有登记。"
    )
    return render_form(
        request,
        title="登记纸质档案位置",
        form=form,
        crumbs=_crumbs(unit),
        note=f"{unit.name}：{now}",
    )
