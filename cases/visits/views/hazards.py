"""隐患: one hazard, and what is done about it."""

from collections.abc import Callable
from typing import Any

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html

from cases.visits import forms, words
from cases.visits.models import Hazard
from cases.visits.services import hazards
from cases.visits.views.common import CRUMBS, act_page, history_of, place_of, unit_link
from cases.visits.views.visit import visible_visit
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import Action, Tab, render_detail
from gridinspect.ui.tables import Column, Table, build_table
from grids.access import may, require

P = Permission


def hazard_add(request: Request, pk: int) -> HttpResponse:
    """Add a hazard that was seen at a visit."""
    visit = visible_visit(request, pk)
    require(request.user, P.VISIT_RECORD, at=place_of(visit))
    form = forms.HazardForm(request.POST or None)
    return act_page(
        request,
        form,
        lambda: hazards.find_hazard(visit=visit, facts=form.facts(), by=request.user),
        title="补充隐患",
        submit="保存",
        said="已登记隐患。",
        crumbs=[(str(visit), visit.get_absolute_url())],
    )


def _hazard(request: Request, pk: int, permission: Permission) -> Hazard:
    rows = Hazard.objects.visible_to(request.user).for_list()
    related = rows.select_related(
        "enterprise__grid",
        "visit__enterprise",
        "escalated_by__person",
        "answered_by__person",
        "cleared_by__person",
    )
    hazard = get_object_or_404(related, pk=pk)
    require(request.user, permission, at=place_of(hazard))
    return hazard


def hazard_detail(request: Request, pk: int) -> HttpResponse:
    """Show one hazard: advice, reports upward, what was seen later, how it ended."""
    hazard = _hazard(request, pk, P.VISIT_VIEW)
    visit = hazard.visit
    facts: list[tuple[str, Any]] = [
        ("单位", unit_link(hazard) or hazard.place),
        ("网格", hazard.grid.name),
        ("事项", words.topic(hazard)),
        ("程度", hazard.get_level_display()),
        ("发现日期", hazard.found_on),
        ("发现人", hazard.found_by),
        ("走访", format_html('<a href="{}">{}</a>', visit.get_absolute_url(), visit)),
        ("隐患情况", hazard.words),
        ("现场建议", hazard.advice),
        ("建议结果", hazard.advice_result),
        ("复查日期", hazard.follow_up_on),
    ]
    if hazard.escalated_at:
        facts += [
            ("立即上报", hazard.escalated_at),
            ("上报人", hazard.escalated_by),
            ("处理意见", hazard.answer or "待处理"),
        ]
    if hazard.answered_at:
        facts += [("处理时间", hazard.answered_at), ("处理人", hazard.answered_by)]
    if hazard.cleared_on:
        facts += [
            ("消除日期", hazard.cleared_on),
            ("结论", hazard.get_outcome_display()),
            ("消除情况", hazard.clearing),
        ]
    return render_detail(
        request,
        title=f"隐患：{hazard.place}",
        badges=[words.hazard_badge(hazard)],
        facts=facts,
        tabs=[
            Tab(
                "notes",
                "复查记录",
                lambda: _notes(request, hazard),
                empty=_no_notes(hazard),
            )
        ],
        timeline=history_of(hazard),
        actions=_hazard_actions(request.user, hazard),
        crumbs=[*CRUMBS, ("隐患", reverse("visits:hazards"))],
        obj=hazard,
    )


def _no_notes(hazard: Hazard) -> str:
    if hazard.cleared_on:
        return f"没有复查记录；隐患已于 {hazard.cleared_on} 消除。"
    return "还没有复查。再到单位查看后，点“登记复查”写明情况。"


def _notes(request: Request, hazard: Hazard) -> Table:
    rows = hazard.notes.select_related("noted_by__person").order_by("-on", "-pk")
    columns = [
        Column("on", "日期"),
        Column("text", "情况", wraps=True),
        Column("noted_by", "复查人"),
        Column("recorded_at", "入库时间"),
    ]
    return build_table(request, rows, columns, name="hazard-notes")


def _hazard_actions(user, hazard: Hazard) -> list[Action]:
    def act(name: str, label: str, icon: str, **more: Any) -> Action:
        url = reverse(f"visits:hazard-{name}", args=[hazard.pk])
        return Action(label, url, icon=icon, **more)

    actions = []
    records = may(user, P.VISIT_RECORD, at=place_of(hazard))
    if hazard.escalated_at and not hazard.answered_at:
        if may(user, P.VISIT_ANSWER, at=place_of(hazard)):
            actions.append(act("answer", "处理上报", "reply", primary=True))
    elif hazard.is_open and records and not hazard.escalated_at:
        actions.append(act("escalate", "立即上报", "megaphone"))
    if hazard.is_open and records:
        actions.append(act("note", "登记复查", "journal-plus"))
        actions.append(act("clear", "消除", "check2-circle"))
    return actions


def hazard_escalate(request: Request, pk: int) -> HttpResponse:
    """Report a difficult or major hazard upward at once."""
    hazard = _hazard(request, pk, P.VISIT_RECORD)
    initial = {"level": hazard.level if hazard.is_for_above else "difficult"}
    form = forms.EscalateForm(request.POST or None, initial=initial)
    said = "已上报。中队和区县机构的工作台上立即可见。"
    note = (
        "难以处理的和重大的违法行为苗头，应立即报告劳动保障监察机构"
        "（扬府办发〔2007〕136号第二十一条）。"
    )
    act = hazards.escalate_hazard
    return _act(request, hazard, form, act, "立即上报", said, note=note)


def hazard_answer(request: Request, pk: int) -> HttpResponse:
    """Say what is done about a hazard that was reported."""
    hazard = _hazard(request, pk, P.VISIT_ANSWER)
    form = forms.AnswerForm(request.POST or None)
    act = hazards.answer_hazard
    return _act(request, hazard, form, act, "处理上报", "已登记处理意见。")


def hazard_note(request: Request, pk: int) -> HttpResponse:
    """Note what was seen of a hazard later on."""
    hazard = _hazard(request, pk, P.VISIT_RECORD)
    form = forms.NoteForm(request.POST or None)
    return _act(
        request, hazard, form, hazards.note_hazard, "登记复查", "已登记复查情况。"
    )


def hazard_clear(request: Request, pk: int) -> HttpResponse:
    """Say that a hazard is no more."""
    hazard = _hazard(request, pk, P.VISIT_RECORD)
    form = forms.ClearForm(request.POST or None)
    return _act(request, hazard, form, hazards.clear_hazard, "消除", "已登记隐患消除。")


def _act(
    request: Request,
    hazard: Hazard,
    form: Form,
    act: Callable[..., Any],
    title: str,
    said: str,
    *,
    note: str = "",
) -> HttpResponse:
    """Answer with the form of one act on a hazard, or with the hazard."""
    return act_page(
        request,
        form,
        lambda: act(hazard=hazard, by=request.user, **form.cleaned_data),
        title=title,
        submit=title,
        said=said,
        goal=hazard,
        crumbs=[
            ("隐患", reverse("visits:hazards")),
            (str(hazard), hazard.get_absolute_url()),
        ],
        note=note or hazard.words,
    )
