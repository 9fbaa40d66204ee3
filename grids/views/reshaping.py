"""Acts on a grid that stands: first what they take along, then the confirmation."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import render_form
from grids.access import require
from grids.forms import ChangeGridForm, CloseGridForm, MoveGridForm
from grids.models import Grid
from grids.reshaping_forms import MergeGridsForm, SplitGridForm
from grids.services import tree
from grids.services.acts import last_act, places_of, undo_act
from grids.services.codes import advice_on
from grids.services.hanging import choices_on
from grids.services.reshaping import (
    NewGrid,
    merge_grids,
    preview_merge,
    preview_split,
    split_grid,
)
from grids.views.deciding import Carried, Decision, Proposal, decide, in_words
from grids.views.grids import CRUMBS, editable, to_change, visible

CHOICES = 200  # units that are chosen one by one on the page
PAST = "以前日期的统计和报告不变；此后没有新的变动时可以撤销。"


def grid_change(request, pk):
    """Give a grid another name or code."""
    grid = to_change(request, pk)
    initial = {"name": grid.name, "code": grid.code}
    form = ChangeGridForm(request.POST or None, initial=initial)
    carried, decision = tree.preview_move(grid), Decision()
    if form.is_valid():
        cleaned = form.cleaned_data
        day = cleaned["on"] or timezone.localdate()
        name, code = cleaned["name"], cleaned["code"]
        decision = decide(
            request,
            form,
            Proposal(
                label="修改",
                asked=f"自 {day} 起，把“{grid}”（{grid.code}）改为“{name}”（{code}）。",
                run=lambda: tree.change_grid(
                    grid=grid, name=name, code=code, on=day, by=request.user
                ),
                at=grid,
                places=[grid],
                carried=carried,
                stamp=f"{grid.name}/{grid.code}",
            ),
        )
        if decision.is_done:
            messages.success(request, f"网格“{decision.result}”已修改。")
            return redirect(decision.result)
        decision.context["advice"] = _advice(grid, [NewGrid(name, code)])
    return _page(
        request,
        grid,
        form,
        decision,
        act="修改",
        heading="名下的内容（不变）",
        submit="下一步：核对修改",
        title=f"修改网格：{grid}",
        carried=carried,
        notes=["名称和编码从生效日期起改动，统计数不变。", PAST],
    )


def grid_move(request, pk):
    """Hang a grid elsewhere in its district."""
    grid = to_change(request, pk)
    parents = editable(request.user).filter(district=grid.district)
    form = MoveGridForm(request.POST or None, parents=parents)
    carried, decision = tree.preview_move(grid), Decision()
    if form.is_valid():
        parent = form.cleaned_data["parent"]
        day = form.cleaned_data["on"] or timezone.localdate()
        decision = decide(
            request,
            form,
            Proposal(
                label="移动",
                asked=f"自 {day} 起，把“{grid}”连同 {in_words(carried)}，"
                f"从“{grid.parent}”移到“{parent}”之下。",
                run=lambda: tree.move_grid(
                    grid=grid, parent=parent, on=day, by=request.user
                ),
                at=grid,
                places=[one for one in (grid, grid.parent, parent) if one],
                carried=carried,
                stamp=f"{grid.parent_id}",
            ),
        )
        if decision.is_done:
            messages.success(request, f"“{grid}”已移到“{parent}”之下。")
            return redirect(grid)
    return _page(
        request,
        grid,
        form,
        decision,
        act="移动",
        title=f"移动网格：{grid}",
        carried=carried,
        notes=[
            f"现在的上级：{grid.parent or '无'}。网格自身计入个数；编码不随之改动，"
            "需要的可在移动后“重新编码”。",
            PAST,
        ],
    )


def grid_close(request, pk):
    """Close a grid from a day on, with the one that takes over."""
    grid = to_change(request, pk)
    heirs = editable(request.user).exclude(pk=grid.pk)
    form = CloseGridForm(request.POST or None, heirs=heirs)
    carried, decision = preview_split(grid), Decision()
    if form.is_valid():
        day, heir = form.cleaned_data["closed_on"], form.cleaned_data["successor"]
        by_whom = f"，由“{heir}”接续" if heir else "，没有接续网格"
        decision = decide(
            request,
            form,
            Proposal(
                label="停用",
                asked=f"自 {day} 起停用“{grid}”{by_whom}。",
                run=lambda: tree.close_grid(
                    grid=grid, closed_on=day, successor=heir, by=request.user
                ),
                at=grid,
                places=[one for one in (grid, grid.parent, heir) if one],
                carried=carried,
            ),
        )
        if decision.is_done:
            messages.success(request, f"网格“{grid}”已停用。")
            return redirect(grid)
    is_empty = not any(count for _, count in carried)
    return _page(
        request,
        grid,
        form,
        decision,
        act="停用",
        heading="名下的内容",
        submit="下一步：核对停用",
        title=f"停用网格：{grid}",
        carried=carried,
        notes=[
            "名下没有人员、用人单位和案件，可以停用。"
            if is_empty
            else "名下还有上列内容，须先调整才能停用；"
            "要整体交给别的网格的，请用“合并”。",
            PAST,
        ],
    )


def grid_split(request, pk):
    """Split a grid into new ones in its place."""
    grid = _to_reshape(request, pk)
    form = SplitGridForm(request.POST or None, grid=grid)
    carried, decision = preview_split(grid), Decision()
    if form.is_valid():
        parts, units = form.parts, choices_on(grid, "units")
        sent = form.sent(units)
        day = form.cleaned_data["on"] or timezone.localdate()
        names = "、".join(f"“{part.name}”（{part.code}）" for part in parts)
        decision = decide(
            request,
            form,
            Proposal(
                label="拆分",
                asked=f"自 {day} 起停用“{grid}”，拆分为 {len(parts)} 个网格：{names}；"
                f"{in_words(carried)}随之归入。",
                run=lambda: split_grid(
                    grid=grid,
                    parts=parts,
                    on=day,
                    by=request.user,
                    chosen=form.chosen | {"units": sent},
                ),
                at=grid,
                places=[one for one in (grid, grid.parent) if one],
                carried=carried,
                stamp=names,
            ),
        )
        if decision.is_done:
            messages.success(request, f"“{grid}”已拆分为{names}。")
            return redirect(grid.parent)
        decision.context.update(
            {
                "parts": parts,
                "choices": [(unit, sent[unit.key]) for unit in units[:CHOICES]],
                "unlisted": max(0, len(units) - CHOICES),
                "advice": _advice(grid, parts),
                "posted": [
                    pair
                    for pair in decision.context.get("posted", [])
                    if not pair[0].startswith("units_")
                ],
            }
        )
    return _page(
        request,
        grid,
        form,
        decision,
        act="拆分",
        heading="随之归入各部分的内容",
        title=f"拆分网格：{grid}",
        carried=carried,
        notes=[
            "没有指定的都归入第 1 部分；案件和投诉举报随其用人单位，"
            "没有单位的归入第 1 部分。",
            PAST,
        ],
        sections=[
            ("拆分", ["on"]),
            ("各部分", form.names_of_parts()),
            ("下级网格归入", form.names_of("grids")),
            ("在岗人员归入", form.names_of("posts")),
            (
                "用人单位归入",
                form.names_of("words"),
                "地址或单位名称中有所写字词的，归入该部分；下一步可逐户改动。",
            ),
        ],
        template="grids/split.html",
    )


def grid_merge(request, pk):
    """Merge a grid and its sisters into one of them, another one, or a new one."""
    grid = _to_reshape(request, pk)
    mine = editable(request.user).filter(district=grid.district)
    sisters = mine.filter(parent=grid.parent).exclude(pk=grid.pk).order_by("code")
    form = MergeGridsForm(request.POST or None, grid=grid, sisters=sisters, takers=mine)
    is_sound = form.is_valid()
    olds = form.olds if is_sound else [grid]
    carried, decision = preview_merge(olds), Decision()
    if is_sound:
        target = form.target
        taker = [target] if isinstance(target, Grid) else []
        day = form.cleaned_data["on"] or timezone.localdate()
        names = "、".join(f"“{one}”" for one in olds)
        decision = decide(
            request,
            form,
            Proposal(
                label="合并",
                asked=f"自 {day} 起停用{names}，并入“{target.name}”（{target.code}），"
                f"{in_words(carried)}随之归入。",
                run=lambda: merge_grids(
                    grids=olds, into=target, on=day, by=request.user
                ),
                at=grid,
                places=[*olds, *taker, *([grid.parent] if grid.parent else [])],
                carried=carried,
                stamp=f"{','.join(str(one.pk) for one in olds)}/{target.code}",
            ),
        )
        if decision.is_done:
            messages.success(request, f"{names}已并入“{decision.result}”。")
            return redirect(decision.result)
        if isinstance(target, NewGrid):
            decision.context["advice"] = _advice(grid, [target])
    return _page(
        request,
        grid,
        form,
        decision,
        act="合并",
        heading="随之归入的内容",
        title=f"合并网格：{grid}",
        carried=carried,
        notes=[
            "合并后，原网格停用并注明由谁接续。各网格都有边界的，合并后的边界是"
            "它们的并集；有一个没有的，请在合并后上传。配置指数取其中最大的。",
            PAST,
        ],
        sections=[
            ("被合并的网格", ["on", "others"], f"“{grid}”及下面勾选的同级网格。"),
            ("归入", ["into", "name", "code"]),
        ],
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


def _advice(grid: Grid, new: list[NewGrid]) -> list[str]:
    """Say how the codes of new grids beside this one depart from the scheme."""
    found = (
        advice_on(one.code, kind=grid.kind, parent=grid.parent, city=grid.city)
        for one in new
    )
    return [sentence for sentence in found if sentence]


def _page(
    request,
    grid: Grid,
    form,
    decision: Decision,
    *,
    act: str,
    title: str,
    carried: Carried,
    notes: list[str],
    heading: str = "",
    submit: str = "",
    sections: list[tuple] | None = None,
    template: str = "grids/act.html",
):
    context: dict[str, Any] = {
        "act": act,
        "heading": heading or f"随之{act}的内容",
        "carried": in_words(carried),
        "notes": notes,
        **decision.context,
    }
    return render_form(
        request,
        title=title,
        form=form,
        sections=sections,
        crumbs=[*CRUMBS, (grid.name, grid.get_absolute_url())],
        submit=submit or f"下一步：核对随之{act}的内容",
        template=template,
        context=context,
    )
