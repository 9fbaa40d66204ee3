"""Splitting, merging and undoing: first what goes along, then the confirmation."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import render_form
from grids.access import require
from grids.forms import add_refusal
from grids.models import Grid
from grids.reshaping_forms import MergeGridsForm, SplitGridForm
from grids.services.acts import last_act, places_of, undo_act
from grids.services.reshaping import (
    merge_grids,
    preview_merge,
    preview_split,
    split_grid,
)
from grids.views.grids import CRUMBS, editable, to_change, visible


def grid_split(request, pk):
    """Split a grid into new ones in its place."""
    grid = _to_reshape(request, pk)
    form = SplitGridForm(request.POST or None, grid=grid)
    counts = _words(preview_split(grid))
    context: dict[str, Any] = {"counts": counts, "seen": counts, "act": "拆分"}
    if form.is_valid():
        day = form.cleaned_data["on"] or timezone.localdate()
        names = "、".join(f"“{part.name}”" for part in form.parts)
        if request.POST.get("seen") != counts:
            context |= {
                "asked": f"自 {day} 起停用“{grid}”，拆分为{names}，{counts}随之归入。",
                "posted": _posted(request),
            }
        else:
            try:
                split_grid(
                    grid=grid,
                    parts=form.parts,
                    on=day,
                    by=request.user,
                    chosen=form.chosen,
                )
            except ValidationError as error:
                add_refusal(form, _without_fields(error))
            else:
                messages.success(request, f"“{grid}”已拆分为{names}。")
                return redirect(grid.parent)
    return render_form(
        request,
        title=f"拆分网格：{grid}",
        form=form,
        sections=[
            ("拆分", ["on", *form.names_of("name"), *form.names_of("code")]),
            ("下级网格归入", form.names_of("grids")),
            ("在岗人员归入", form.names_of("posts")),
        ],
        crumbs=[*CRUMBS, (grid.name, grid.get_absolute_url())],
        submit="下一步：核对随之归入的内容",
        note="用人单位、在办案件和投诉举报先归入第 1 部分，再按需逐户或批量调整。",
        template="grids/reshape.html",
        context=context,
    )


def grid_merge(request, pk):
    """Merge a grid and its sisters into one of them, another one, or a new one."""
    grid = _to_reshape(request, pk)
    mine = editable(request.user).filter(district=grid.district)
    sisters = mine.filter(parent=grid.parent).exclude(pk=grid.pk).order_by("code")
    form = MergeGridsForm(request.POST or None, sisters=sisters, takers=mine)
    olds = [grid]
    if form.is_valid():
        taker = form.cleaned_data["into"]
        olds = [one for one in (grid, *form.cleaned_data["others"]) if one != taker]
    counts = _words(preview_merge(olds))
    seen = f"{counts}/{','.join(str(one.pk) for one in olds)}"
    context: dict[str, Any] = {"counts": counts, "seen": seen, "act": "合并"}
    if form.is_valid():
        day = form.cleaned_data["on"] or timezone.localdate()
        names = "、".join(f"“{one}”" for one in olds)
        if request.POST.get("seen") != seen:
            context |= {
                "asked": f"自 {day} 起停用{names}，"
                f"并入“{form.target.name}”，{counts}随之归入。",
                "posted": _posted(request),
            }
        else:
            try:
                target = merge_grids(
                    grids=olds,
                    into=form.target,
                    on=day,
                    by=request.user,
                )
            except ValidationError as error:
                add_refusal(form, _without_fields(error))
            else:
                messages.success(request, f"{names}已并入“{target}”。")
                return redirect(target)
    return render_form(
        request,
        title=f"合并网格：{grid}",
        form=form,
        sections=[
            ("合并", ["on", "others"]),
            ("归入", ["into", "name", "code"]),
        ],
        crumbs=[*CRUMBS, (grid.name, grid.get_absolute_url())],
        submit="下一步：核对随之归入的内容",
        template="grids/reshape.html",
        context=context,
    )


@require_POST
def grid_undo(request, pk):
    """Undo the last act on a grid."""
    grid = visible(request, pk)
    require(request.user, Permission.GRID_EDIT, at=grid)
    act = last_act(grid)
    for place in places_of(act) if act else []:
        require(request.user, Permission.GRID_EDIT, at=place)
    parent = grid.parent
    try:
        act = undo_act(grid=grid, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect(grid)
    messages.success(request, f"已撤销对“{grid}”的{act.get_kind_display()}。")
    if Grid.objects.filter(pk=pk).exists():
        return redirect(grid)
    return redirect(parent or "grids:list")


def _to_reshape(request, pk) -> Grid:
    """Return a grid that this person may change together with those beside it."""
    grid = to_change(request, pk)
    if grid.parent:
        require(request.user, Permission.GRID_EDIT, at=grid.parent)
    return grid


def _words(preview: list[tuple[str, int]]) -> str:
    return "、".join(f"{count} {label}" for label, count in preview)


def _posted(request) -> list[tuple[str, str]]:
    """Return what was sent, to be sent again with the confirmation."""
    skipped = ("csrfmiddlewaretoken", "seen")
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in skipped
    ]


def _without_fields(error: ValidationError) -> ValidationError:
    """Show what is wrong with a new grid above the form: it has several of each."""
    return ValidationError(error.messages)
