"""数据比对, many at once: 现场核实 as tasks, decisions with a count, taking back."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from enterprises.models import Enterprise, RegistryDecision, RegistryEntry
from enterprises.registry_forms import DecideForm, VerifyForm
from enterprises.services.verifying import (
    MOST,
    decide_entries,
    undo_decision,
    verify_entries,
    verify_units,
)
from enterprises.views.registry import PARTS, Verdict, asked_list, rows_of
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import render_form
from grids.access import require, require_somewhere
from grids.forms import add_refusal
from grids.models import Grid
from grids.views.deciding import posted

P = Permission
CRUMBS = [("数据比对", "/registry/")]
TEMPLATE = "enterprises/registry_confirm.html"


class _Asked(NamedTuple):
    """What the address asks about."""

    district: Grid
    source: str
    part: str
    rows: QuerySet[Any]


def _asked(request: Request, *parts: str) -> _Asked | None:
    """Return what the address asks about; None where there is no list at all."""
    require_somewhere(request.user, P.ENTERPRISE_IMPORT)
    district, source, listed = asked_list(request)
    part = request.GET.get("part", parts[0])
    if part not in parts:
        raise Http404(part)
    if district is None:
        return None
    require(request.user, P.ENTERPRISE_IMPORT, at=district)
    rows = rows_of(part, request.user, listed, district)
    return _Asked(district, source, part, rows)


def _no_list(request: Request) -> HttpResponse:
    messages.warning(request, "还没有部门名单，请先导入名单再比对。")
    return redirect("enterprises:registry")


def _back(district: Grid, source: str, part: str) -> str:
    asked = f"district={district.pk}&source={source}&part={part}"
    return f"{reverse('enterprises:registry')}?{asked}"


def registry_verify(request: Request) -> HttpResponse:
    """Have units that only one side has looked at on site, as tasks."""
    asked = _asked(request, "theirs", "ours")
    if asked is None:
        return _no_list(request)
    district, source, part, rows = asked
    require(request.user, P.TASK_ASSIGN, at=district)
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:MOST])
    model: Any = RegistryEntry if part == "theirs" else Enterprise
    offered = model.objects.filter(pk__in=keys).order_by("pk")
    form = VerifyForm(
        request.POST or None,
        rows=offered,
        grids=Grid.objects.where(request.user, P.TASK_ASSIGN).filter(
            district=district, closed_on=None
        ),
        placed=part == "ours",
        initial={"rows": keys},
    )
    context: dict[str, Any] = {}
    if form.is_valid():
        chosen, due_on = list(form.cleaned_data["rows"]), form.cleaned_data["due_on"]
        seen = f"{len(chosen)}/{due_on}/{form.cleaned_data.get('elsewhere')}"
        if request.POST.get("seen") != seen:
            context = {
                "asked": f"安排 {len(chosen)} 项现场核实任务，{due_on} 前完成，"
                "由各网格在岗人员办理。",
                "seen": seen,
                "posted": posted(request),
                "confirm": "确认安排",
            }
        else:
            try:
                if part == "theirs":
                    tasks = verify_entries(
                        district=district,
                        entries=chosen,
                        elsewhere=form.cleaned_data["elsewhere"],
                        due_on=due_on,
                        by=request.user,
                    )
                else:
                    tasks = verify_units(
                        units=chosen, source=source, due_on=due_on, by=request.user
                    )
            except ValidationError as error:
                add_refusal(form, error)
            else:
                messages.success(request, f"已安排 {len(tasks)} 项现场核实任务。")
                return redirect(_back(district, source, part))
    return render_form(
        request,
        title=f"安排现场核实：{PARTS[part]}",
        form=form,
        crumbs=CRUMBS,
        submit="下一步：核对户数",
        cancel=_back(district, source, part),
        note=f"列出前 {MOST} 户，去掉勾选的不安排；已在核实中的自动跳过。",
        template=TEMPLATE,
        context=context,
    )


def registry_decide(request: Request) -> HttpResponse:
    """Decide about many differences at once; the number is asked to be confirmed."""
    asked = _asked(request, "different", "theirs")
    if asked is None:
        return _no_list(request)
    district, source, part, rows = asked
    keys = list(
        rows.filter(verdict="").order_by("pk").values_list("pk", flat=True)[:MOST]
    )
    verdicts = [Verdict.KEPT, Verdict.VERIFY]
    if part == "different":
        verdicts.insert(0, Verdict.ADOPTED)
    form = DecideForm(
        request.POST or None,
        rows=rows.filter(pk__in=keys).order_by("pk"),
        verdicts=[(one.value, WORDS[one]) for one in verdicts],
        initial={"rows": keys},
    )
    context: dict[str, Any] = {}
    if form.is_valid():
        chosen, verdict = list(form.cleaned_data["rows"]), form.cleaned_data["verdict"]
        seen = f"{len(chosen)}/{verdict}"
        if request.POST.get("seen") != seen:
            context = {
                "asked": f"把 {len(chosen)} 户处理为：{WORDS[Verdict(verdict)]}。",
                "seen": seen,
                "posted": posted(request),
                "confirm": "确认处理",
            }
        else:
            try:
                done = decide_entries(
                    district=district, entries=chosen, verdict=verdict, by=request.user
                )
            except ValidationError as error:
                add_refusal(form, error)
            else:
                messages.success(
                    request, f"已处理 {len(done.rows)} 户，可在本页整批撤销。"
                )
                return redirect(_back(district, source, part))
    return render_form(
        request,
        title=f"批量处理：{PARTS[part]}",
        form=form,
        crumbs=CRUMBS,
        submit="下一步：核对户数",
        cancel=_back(district, source, part),
        note=f"列出还没有处理的前 {MOST} 户，去掉勾选的不处理。",
        template=TEMPLATE,
        context=context,
    )


WORDS = {
    Verdict.ADOPTED: "采用名单：我方单位的名称、地址、状态和网格改为名单中的内容",
    Verdict.KEPT: "已核对，以我方为准",
    Verdict.VERIFY: "待核实",
}


@require_POST
def registry_undo(request: Request, pk: int) -> HttpResponse:
    """Take a decision about many back as a whole."""
    decisions = RegistryDecision.objects.visible_to(request.user)
    decision = get_object_or_404(decisions.select_related("district"), pk=pk)
    require(request.user, P.ENTERPRISE_IMPORT, at=decision.district)
    try:
        count = undo_decision(decision=decision, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, f"已撤销对 {count} 户的批量处理。")
    return redirect(
        f"{reverse('enterprises:registry')}?district={decision.district_id}"
    )
