"""疑似重复 and 合并档案: pairs of files, what becomes of two, and undoing it."""

from django import forms
from django.apps import apps
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_POST

from enterprises.models import Enterprise, Merger
from enterprises.services.merging import (
    choices,
    merge_files,
    moving,
    separate_files,
    tell_apart,
    why_not_separated,
)
from enterprises.services.pairs import Pair, pairs_of
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.scope import within_paths
from gridinspect.ui.pages import (
    Action,
    render_detail,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import require
from grids.forms import add_refusal
from grids.models import Grid

CRUMBS = [("疑似重复", "/duplicates/")]


class MergeForm(forms.Form):
    """Which values stay, and why the two are one."""

    reason = forms.CharField(
        label="认定依据",
        max_length=200,
        help_text="如核对营业执照、现场核实的日期和结果。",
        error_messages={"required": "请写明认定为同一单位的依据。"},
    )
    editions = forms.CharField(widget=forms.HiddenInput)


@require_GET
def duplicate_list(request: Request) -> HttpResponse:
    """Show the pairs of files of a district that may be one unit."""
    user = request.user
    require_holds(user, Permission.UNIT_MERGE)
    district = _district(request)
    pairs = pairs_of(district) if district else []
    table = build_table(
        request, pairs, _columns(), name="duplicates", row_actions=_row_actions
    )
    return render_list(
        request,
        title="疑似重复",
        table=table,
        toolbar=[Action("合并记录", reverse("enterprises:mergers"), icon="clock")],
        note=f"{district}：名称、电话或地址相同而信用代码不冲突的档案。"
        if district
        else "",
        empty="没有疑似重复的档案。",
    )


def _district(request: Request) -> Grid | None:
    """Return the asked district, else the first in which the person may merge."""
    paths = request.user.scope_paths(Permission.UNIT_MERGE)
    roots = Grid.objects.roots().filter(within_paths(paths, "path")).order_by("code")
    asked = outline.place_asked(request)
    if isinstance(asked, Grid):
        return roots.filter(pk=asked.district_id).first()
    return roots.first()


def _columns() -> list[Column]:
    def unit(one: Enterprise) -> str:
        rest = " ".join(filter(None, [one.uscc, one.address]))
        return format_html(
            '<a href="{}">{}</a><br>{}', one.get_absolute_url(), one.name, rest
        )

    return [
        Column("score", "相近", lambda pair: f"{pair.score}%", sort="score"),
        Column("told", "依据", wraps=True),
        Column("first", "档案一", lambda pair: unit(pair.first), wraps=True),
        Column("second", "档案二", lambda pair: unit(pair.second), wraps=True),
    ]


def _row_actions(pair: Pair) -> list[Action]:
    keys = [pair.first.pk, pair.second.pk]
    return [
        Action("核对合并", reverse("enterprises:merge", args=keys)),
        Action("不是同一单位", reverse("enterprises:apart", args=keys), method="post"),
    ]


def _two(request: Request, one: int, other: int) -> tuple[Enterprise, Enterprise]:
    units = Enterprise.objects.visible_to(request.user).select_related("grid")
    first = get_object_or_404(units, pk=one)
    second = get_object_or_404(units, pk=other)
    for unit in (first, second):
        require(request.user, Permission.UNIT_MERGE, at=unit.grid)
    return first, second


@require_POST
def apart(request: Request, one: int, other: int) -> HttpResponse:
    """Remember that two files are two units."""
    first, second = _two(request, one, other)
    tell_apart(one=first, other=second, by=request.user)
    messages.success(request, f"已记住“{first}”和“{second}”不是同一单位。")
    return redirect("enterprises:duplicates")


def merge(request: Request, one: int, other: int) -> HttpResponse:
    """Show two files field by field, and make them one. The first is kept."""
    kept, merged = _two(request, one, other)
    differing = choices(kept, merged)
    seen = f"{kept.edition}/{merged.edition}"
    form = MergeForm(request.POST or None, initial={"editions": seen})
    if form.is_valid():
        ours, _, theirs = form.cleaned_data["editions"].partition("/")
        take = {one.name for one in differing if request.POST.get(one.name) == "merged"}
        try:
            merger = merge_files(
                kept=kept,
                merged=merged,
                take=take,
                reason=form.cleaned_data["reason"],
                by=request.user,
                editions=(_number(ours), _number(theirs)),
            )
        except ValidationError as error:
            add_refusal(form, error)
            data = request.POST.copy()
            data["editions"] = seen
            form.data = data
        else:
            messages.success(request, f"“{merged}”已并入“{kept}”。")
            return redirect(merger)
    rows = [
        (one, request.POST.get(one.name, one.suggested) == "merged")
        for one in differing
    ]
    return render_form(
        request,
        title="核对合并",
        form=form,
        crumbs=CRUMBS,
        submit="合并这两份档案",
        template="enterprises/merge.html",
        context={
            "kept": kept,
            "merged": merged,
            "rows": rows,
            "moving": moving(merged, kept),
        },
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


# --- what was merged ------------------------------------------------------------------


@require_GET
def merger_list(request: Request) -> HttpResponse:
    """Show which files were merged, newest first."""
    require_holds(request.user, Permission.UNIT_MERGE)
    rows = Merger.objects.visible_to(request.user).select_related(
        "kept", "merged", "made_by__person"
    )
    table = build_table(
        request,
        rows,
        [
            Column("merged", "被合并的档案", "merged.name", link=True),
            Column("kept", "保留的档案", "kept.name"),
            Column("reason", "依据", wraps=True),
            Column("on", "合并日期", sort="on"),
            Column("made_by", "合并人"),
            Column("state", "状态", _state),
        ],
        name="mergers",
        default_sort="-made_at",
    )
    return render_list(
        request,
        title="合并记录",
        table=table,
        crumbs=CRUMBS,
        empty="还没有合并过档案。",
    )


def _state(merger: Merger):
    return (
        badge_html("已撤销", "plain")
        if merger.undone_at
        else badge_html("已合并", "ok")
    )


def _visible(request: Request, pk: int) -> Merger:
    rows = Merger.objects.visible_to(request.user).select_related(
        "kept__grid", "merged__grid", "made_by__person", "undone_by__person"
    )
    return get_object_or_404(rows, pk=pk)


@require_GET
def merger_page(request: Request, pk: int) -> HttpResponse:
    """Show one merger: what was kept, what moved, and the way back."""
    one = _visible(request, pk)
    require(request.user, Permission.UNIT_MERGE, at=one.kept.grid)
    link = format_html('<a href="{}">{}</a>', one.kept.get_absolute_url(), one.kept)
    moved = sum(len(keys) for _, _, keys in one.moved)
    facts = [
        ("保留的档案", link),
        ("被合并的档案", one.merged.name),
        ("合并日期", one.on),
        ("依据", one.reason),
        ("合并人", f"{one.made_by} {timezone.localtime(one.made_at):%Y-%m-%d %H:%M}"),
        ("转入的记录", _moved_in_words(one) or "无"),
    ]
    if one.undone_at:
        undone = timezone.localtime(one.undone_at)
        facts.append(("撤销", f"{one.undone_by} {undone:%Y-%m-%d %H:%M}"))
    actions = []
    why = why_not_separated(one)
    if not why:
        url = reverse("enterprises:separate", args=[one.pk])
        actions.append(
            Action(
                "撤销合并",
                url,
                icon="arrow-counterclockwise",
                method="post",
                confirm=f"恢复为两份档案，{moved:,} 条记录转回原档案。",
            )
        )
    return render_detail(
        request,
        title=f"合并：{one.merged} → {one.kept}",
        badges=[_state(one)],
        facts=facts,
        actions=actions,
        crumbs=[*CRUMBS, ("合并记录", reverse("enterprises:mergers"))],
        note=why if not one.undone_at else "",
    )


def _moved_in_words(merger: Merger) -> str:
    named = [
        f"{apps.get_model(label)._meta.verbose_name} {len(keys):,} 条"
        for label, _, keys in merger.moved
    ]
    return "、".join(named)


@require_POST
def separate(request: Request, pk: int) -> HttpResponse:
    """Undo a merger."""
    one = _visible(request, pk)
    require(request.user, Permission.UNIT_MERGE, at=one.kept.grid)
    try:
        separate_files(merger=one, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "已撤销合并，两份档案恢复原状。")
    return redirect(one)
