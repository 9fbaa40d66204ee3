"""Status of a unit: changed, taken back; what visits propose, decided in bulk."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_POST

from enterprises.models import Enterprise, StatusProposal
from enterprises.services.files import EditedMeanwhile
from enterprises.services.status import decide_proposals, set_status, undo_status
from enterprises.status_forms import DecideForm, OneStatusForm, ProposalFilter
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.scope import within_paths
from gridinspect.ui.pages import Action, render_form, render_list, require_holds
from gridinspect.ui.tables import Column, build_table, chosen_rows
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import require, require_somewhere
from grids.forms import add_refusal

_TONES = {"waiting": "notice", "accepted": "ok", "refused": "plain"}
SHOWN = 20  # names on the page that asks for the decision


def _unit(request: Request, pk: int) -> Enterprise:
    units = Enterprise.objects.visible_to(request.user).select_related("grid")
    unit = get_object_or_404(units, pk=pk)
    require(request.user, Permission.ENTERPRISE_EDIT, at=unit.grid)
    return unit


def change_status(request: Request, pk: int) -> HttpResponse:
    """Give a unit another status, with the day, the reason and the evidence."""
    unit = _unit(request, pk)
    form = OneStatusForm(
        request.POST or None,
        request.FILES or None,
        now=unit.status,
        initial={"edition": unit.edition},
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            set_status(
                unit=unit,
                status=given["status"],
                since=given["status_since"],
                reason=given["reason"],
                evidence=given["evidence"],
                edition=given["edition"],
                by=request.user,
            )
        except EditedMeanwhile as met:
            data = request.POST.copy()
            data["edition"] = str(met.current.edition)
            form.data = data
            form.add_error(
                None,
                f"他人刚刚保存了这份档案，现状态为“{met.current.get_status_display()}”。"
                "请核对后再次提交。",
            )
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"已登记“{unit}”的状态变更。")
            return redirect(f"{unit.get_absolute_url()}?tab=belonging")
    return render_form(
        request,
        title="登记状态变更",
        form=form,
        crumbs=[
            ("单位档案", reverse("enterprises:list")),
            (unit.name, unit.get_absolute_url()),
        ],
        note=f"现状态：{unit.get_status_display()}。迁往本系统内其他区县的，"
        "请在档案页办理“移交”，由接收方接收后才变更归属。",
        submit="登记",
    )


@require_POST
def status_undo(request: Request, pk: int) -> HttpResponse:
    """Take the last change of status back."""
    unit = _unit(request, pk)
    asked = request.POST.get("period", "")
    try:
        undo_status(
            unit=unit,
            by=request.user,
            period=int(asked) if asked.isascii() and asked.isdigit() else None,
        )
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, f"已撤销“{unit}”最近一次状态变更。")
    return redirect(f"{unit.get_absolute_url()}?tab=belonging")


# --- proposals ------------------------------------------------------------------------


def _asked(request: Request):
    at = outline.place_asked(request)
    proposals = StatusProposal.objects.visible_to(request.user)
    if at is not None:
        proposals = proposals.within(at)
    related = proposals.select_related(
        "enterprise__grid__parent", "evidence", "proposed_by__person"
    )
    return ProposalFilter(request.GET, queryset=related), at


@require_GET
def proposal_list(request: Request) -> HttpResponse:
    """Show 状态变更建议: what was found on site and waits for the bureau."""
    user = request.user
    require_holds(user, Permission.ENTERPRISE_VIEW)
    search, at = _asked(request)
    bulk = []
    if user.holds(Permission.STATUS_DECIDE):
        url = reverse("enterprises:proposals-decide")
        bulk.append(Action("采纳或不采纳", url, icon="check2-all"))
    table = build_table(
        request,
        search.qs,
        _columns(),
        name="status-proposals",
        default_sort="-proposed_at",
        bulk=bulk,
    )
    return render_list(
        request,
        title="状态变更建议",
        table=table,
        filters=search,
        tree=outline.tree_beside(request, "enterprises:proposals", at),
        note=f"辖区：{at}" if at else "",
        empty="没有待处理的建议。走访时发现停业、查无、搬迁的单位会列在这里。",
    )


def _columns() -> list[Column]:
    def evidence(one: StatusProposal):
        if one.evidence is None:
            return ""
        return format_html(
            '<a href="{}">{}</a>', one.evidence.get_absolute_url(), one.evidence.name
        )

    return [
        Column(
            "name",
            "单位名称",
            "enterprise.name",
            sort="enterprise__name",
            link=lambda one: one.enterprise.get_absolute_url(),
        ),
        Column("grid", "网格", "enterprise.grid.name", sort="enterprise__grid__code"),
        Column("now", "现状态", "enterprise.get_status_display"),
        Column("status", "建议状态", "get_status_display", sort="status"),
        Column("since", "发生日期", sort="since"),
        Column("reason", "情况说明", wraps=True),
        Column("origin", "来源"),
        Column("evidence", "证明材料", evidence),
        Column("proposed_by", "提出人"),
        Column("proposed_at", "提出时间", sort="proposed_at", hidden=True),
        Column(
            "state",
            "处理",
            lambda one: badge_html(one.get_state_display(), _TONES[one.state]),
        ),
        Column("answer", "处理意见", hidden=True),
    ]


def proposals_decide(request: Request) -> HttpResponse:
    """Accept or refuse the chosen proposals; their number is asked to be confirmed."""
    user = request.user
    require_somewhere(user, Permission.STATUS_DECIDE)
    search, _ = _asked(request)
    paths = user.scope_paths(Permission.STATUS_DECIDE)
    mine = search.qs.filter(within_paths(paths, "enterprise__grid__path")).waiting()
    chosen = list(chosen_rows(request, mine).order_by("pk"))
    back = reverse("enterprises:proposals")
    if not chosen:
        messages.error(request, "没有选中待处理的建议，请先勾选再处理。")
        return redirect(back)
    form = DecideForm(
        request.POST or None,
        initial={"seen": len(chosen), "decision": "accept"},
    )
    if form.is_valid():
        if form.cleaned_data["seen"] != len(chosen):
            form.add_error(None, f"待处理的建议现为 {len(chosen)} 条，请核对后再提交。")
            data = request.POST.copy()
            data["seen"] = str(len(chosen))
            form.data = data
        else:
            try:
                count = decide_proposals(
                    proposals=chosen,
                    accept=form.cleaned_data["decision"] == "accept",
                    answer=form.cleaned_data["answer"],
                    by=user,
                )
            except ValidationError as error:
                add_refusal(form, error)
            else:
                messages.success(request, f"已处理 {count:,} 条状态变更建议。")
                return redirect(back)
    return render_form(
        request,
        title=f"处理 {len(chosen):,} 条状态变更建议",
        form=form,
        crumbs=[("状态变更建议", back)],
        note=_told(chosen),
        submit=f"处理这 {len(chosen):,} 条",
    )


def _told(chosen: list[StatusProposal]) -> str:
    lines = [
        f"{one.enterprise}：{one.enterprise.get_status_display()} → "
        f"{one.get_status_display()}（{one.since}，{one.reason}）"
        for one in chosen[:SHOWN]
    ]
    more = len(chosen) - SHOWN
    return "；".join(lines) + (f"；另有 {more:,} 条" if more > 0 else "")
