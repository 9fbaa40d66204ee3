"""批量处理: choosing units on the list, one act on all of them, and the way back."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enterprises.bulk_forms import BulkGridForm, BulkStatusForm, BulkTasksForm
from enterprises.columns import units_asked
from enterprises.models import BulkAct, Enterprise
from enterprises.services.bulk import (
    AT_ONCE,
    MOST,
    digest_of,
    start_act,
    undo_act,
    why_not_undone,
)
from enterprises.status_forms import GIVEN
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.scope import within_paths
from gridinspect.ui.pages import (
    Action,
    Tab,
    render_detail,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table, chosen_rows
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import require, require_somewhere
from grids.forms import add_refusal
from grids.models import Grid

CRUMBS = [("单位档案", "/enterprises/")]
SHOWN = 20
_TONES = {"done": "ok", "waiting": "info", "failed": "danger", "undone": "plain"}


class _Chosen:
    """The units that an act is about, among those that the person may change."""

    def __init__(self, request: Request, permission: Permission):
        user = request.user
        require_somewhere(user, permission)
        found, _ = units_asked(user, request.GET, outline.place_asked(request))
        paths = user.scope_paths(permission)
        mine = chosen_rows(request, found).filter(within_paths(paths, "grid__path"))
        rows = mine.order_by("pk").values_list("pk", "edition", "district_id")
        lot = list(rows[: MOST + 1])
        self.units = [(key, edition) for key, edition, _ in lot]
        self.districts = {district for _, _, district in lot}
        self.seen = digest_of(self.units)

    def refusal(self) -> str:
        if not self.units:
            return "没有选中可以处理的单位，请先勾选，或选择对全部结果处理。"
        if len(self.units) > MOST:
            return f"一次最多处理 {MOST:,} 户，请缩小查询范围后分批处理。"
        if len(self.districts) > 1:
            return "所选单位分属几个区县，请按区县分别处理。"
        return ""

    def note(self) -> str:
        names = Enterprise.objects.filter(pk__in=[k for k, _ in self.units[:SHOWN]])
        listed = "、".join(names.values_list("name", flat=True))
        more = len(self.units) - SHOWN
        rest = f"等 {len(self.units):,} 户" if more > 0 else ""
        late = "。户数较多，将在后台执行" if len(self.units) > AT_ONCE else ""
        return f"将处理：{listed}{rest}{late}。"


def _page(
    request: Request,
    *,
    kind: str,
    name: str,
    permission: Permission,
    make: Callable[[_Chosen], forms.Form],
    ask: Callable[[dict[str, Any]], tuple[dict[str, Any], str]],
) -> HttpResponse:
    chosen = _Chosen(request, permission)
    if refusal := chosen.refusal():
        messages.error(request, refusal)
        return redirect("enterprises:list")
    form, count = make(chosen), len(chosen.units)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["seen"] != chosen.seen:
            data = request.POST.copy()
            data["seen"] = chosen.seen
            form.data = data
            form.add_error(
                None, f"所选单位其间有变化，现为 {count:,} 户，请核对后再次提交。"
            )
        else:
            given, words = ask(form.cleaned_data)
            try:
                act = start_act(
                    kind=kind,
                    district=Grid.objects.get(pk=chosen.districts.pop()),
                    units=chosen.units,
                    given=given,
                    title=f"{words}（{count:,} 户）",
                    evidence=form.cleaned_data.get("evidence"),
                    by=request.user,
                )
            except ValidationError as error:
                add_refusal(form, error)
            else:
                messages.success(request, f"已提交：{act.title}。")
                return redirect(act)
    return render_form(
        request,
        title=f"{name}：{count:,} 户",
        form=form,
        crumbs=CRUMBS,
        note=chosen.note(),
        submit=f"处理这 {count:,} 户",
    )


def to_grid(request: Request) -> HttpResponse:
    """Put the chosen units into a grid by hand."""

    def make(chosen: _Chosen) -> forms.Form:
        paths = request.user.scope_paths(Permission.ENTERPRISE_EDIT)
        grids = Grid.objects.filter(
            within_paths(paths, "path"),
            district__in=chosen.districts,
            closed_on=None,
        )
        return BulkGridForm(
            request.POST or None, grids=grids, initial={"seen": chosen.seen}
        )

    def ask(given: dict[str, Any]) -> tuple[dict[str, Any], str]:
        grid, since = given["grid"], str(given["since"])
        asked = {"grid": grid.pk, "since": since, "reason": given["reason"]}
        return asked, f"自 {since} 起归入“{grid}”"

    return _page(
        request,
        kind=BulkAct.Kind.GRID,
        name="批量归格",
        permission=Permission.ENTERPRISE_EDIT,
        make=make,
        ask=ask,
    )


def to_status(request: Request) -> HttpResponse:
    """Give the chosen units another status."""

    def make(chosen: _Chosen) -> forms.Form:
        return BulkStatusForm(
            request.POST or None, request.FILES or None, initial={"seen": chosen.seen}
        )

    def ask(given: dict[str, Any]) -> tuple[dict[str, Any], str]:
        since = str(given["status_since"])
        words = {str(key): label for key, label in GIVEN}[given["status"]]
        asked = {"status": given["status"], "since": since, "reason": given["reason"]}
        return asked, f"自 {since} 起状态变更为“{words}”"

    return _page(
        request,
        kind=BulkAct.Kind.STATUS,
        name="批量状态变更",
        permission=Permission.STATUS_DECIDE,
        make=make,
        ask=ask,
    )


def to_tasks(request: Request) -> HttpResponse:
    """Give a task about each of the chosen units to whoever works in its grid."""

    def make(chosen: _Chosen) -> forms.Form:
        return BulkTasksForm(request.POST or None, initial={"seen": chosen.seen})

    def ask(given: dict[str, Any]) -> tuple[dict[str, Any], str]:
        asked = {
            "title": given["title"],
            "due_on": str(given["due_on"]),
            "detail": given["detail"],
        }
        return asked, f"派发任务“{given['title']}”"

    return _page(
        request,
        kind=BulkAct.Kind.TASKS,
        name="批量派发任务",
        permission=Permission.TASK_ASSIGN,
        make=make,
        ask=ask,
    )


# --- what was done --------------------------------------------------------------------


@require_GET
def act_list(request: Request) -> HttpResponse:
    """Show the bulk acts of the user's districts."""
    require_holds(request.user, Permission.ENTERPRISE_EDIT)
    acts = BulkAct.objects.visible_to(request.user).select_related(
        "district", "made_by__person"
    )
    table = build_table(
        request,
        acts,
        [
            Column("title", "内容", link=True, wraps=True),
            Column("kind", "处理", "get_kind_display", sort="kind"),
            Column("district", "区县", "district.name"),
            Column("count", "户数", numeric=True, sort="count"),
            Column("state", "状态", _state),
            Column("made_by", "提交人"),
            Column("made_at", "提交时间", sort="made_at"),
        ],
        name="bulk-acts",
        default_sort="-made_at",
    )
    return render_list(
        request,
        title="批量处理记录",
        table=table,
        crumbs=CRUMBS,
        empty="还没有批量处理过。在单位档案中勾选单位后可以批量归格、变更状态、派发任务。",
    )


def _state(act: BulkAct):
    return badge_html(act.get_state_display(), _TONES[act.state])


def _visible(request: Request, pk: int) -> BulkAct:
    acts = BulkAct.objects.visible_to(request.user).select_related(
        "district", "made_by__person", "undone_by__person", "job"
    )
    return get_object_or_404(acts, pk=pk)


@require_GET
def act_page(request: Request, pk: int) -> HttpResponse:
    """Show one bulk act, its units and the way back."""
    act = _visible(request, pk)
    keys = [row[0] for row in act.units[:200]]
    units = Enterprise.objects.visible_to(request.user).filter(pk__in=keys)
    why = why_not_undone(act)
    facts = [
        ("处理", act.get_kind_display()),
        ("区县", act.district),
        ("依据", act.given.get("reason") or act.given.get("detail")),
        ("提交人", f"{act.made_by} {timezone.localtime(act.made_at):%Y-%m-%d %H:%M}"),
        ("撤销", act.undone_at),
        ("说明", act.message),
    ]
    actions = []
    if act.job and act.state == BulkAct.State.WAITING:
        actions.append(Action("查看进度", act.job.get_absolute_url(), icon="hourglass"))
    if not why:
        actions.append(
            Action(
                "撤销",
                reverse("enterprises:bulk-undo", args=[act.pk]),
                icon="arrow-counterclockwise",
                method="post",
                confirm=f"{len(act.units):,} 户单位恢复为处理以前的样子。",
            )
        )
    table = build_table(
        request,
        units.select_related("grid"),
        [
            Column("name", "单位名称", link=True),
            Column("grid", "所属网格", "grid.name"),
            Column("status", "营业状态", "get_status_display"),
        ],
        name="bulk-units",
        default_sort="name",
    )
    return render_detail(
        request,
        title=act.title,
        badges=[_state(act)],
        facts=facts,
        tabs=[_tab(table, len(act.units))],
        actions=actions,
        crumbs=[*CRUMBS, ("批量处理记录", reverse("enterprises:bulk-acts"))],
        note=why if act.state == BulkAct.State.DONE else "",
    )


def _tab(table, count: int):
    return Tab("units", "单位（前 200 户）" if count > 200 else "单位", table)


@require_POST
def act_undo(request: Request, pk: int) -> HttpResponse:
    """Take a bulk act back."""
    act = _visible(request, pk)
    wanted = (
        Permission.STATUS_DECIDE
        if act.kind == BulkAct.Kind.STATUS
        else Permission.ENTERPRISE_EDIT
    )
    if act.made_by_id == request.user.pk:
        require_somewhere(request.user, wanted)
    else:
        require(request.user, wanted, at=act.district)
    try:
        undo_act(act=act, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, f"已撤销：{act.title}。")
    return redirect(act)
