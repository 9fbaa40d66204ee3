"""One visit, hazard, publicity or word of workers, and the acts on them."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from cases.visits import forms, words
from cases.visits.checklist import ANSWERS, UNSEEN, visit_form
from cases.visits.models import Clue, Feedback, Hazard, Publicity, Visit
from cases.visits.services import clues, hazards, talks
from enterprises.models import Enterprise
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import history
from gridinspect.audit.verbs import act_name, details
from gridinspect.scope import within_paths
from gridinspect.ui.pages import Action, Tab, render_detail, render_form
from gridinspect.ui.registry import TimelineEntry
from gridinspect.ui.tables import Column, Table, build_table
from grids.access import may, require, require_somewhere
from grids.forms import add_refusal
from grids.models import Grid

P = Permission
CRUMBS = [("走访记录", "/visits/")]
Crumb = tuple[str, str]


# --- a visit --------------------------------------------------------------------------


def _visit(request: Request, pk: int) -> Visit:
    rows = Visit.objects.visible_to(request.user).for_list()
    related = rows.select_related("enterprise__grid", "task").prefetch_related(
        "photos__attachment", "hazards", "feedback"
    )
    return get_object_or_404(related, pk=pk)


def visit_detail(request: Request, pk: int) -> HttpResponse:
    """Show one visit with all that came of it."""
    visit = _visit(request, pk)
    met = Clue.objects.select_related("enterprise__grid", "grid").filter(visit=visit)
    clue = met.first()
    facts: list[tuple[str, Any]] = [
        ("单位", _unit_link(visit) or visit.place_name),
        ("地址", visit.enterprise.address if visit.enterprise else visit.address),
        ("网格", visit.grid.name),
        ("走访时间", visit.visited_at),
        ("入库时间", visit.recorded_at),
        ("录入", words.entry_word(visit)),
        ("走访人", "、".join(str(one) for one in visit.visitors.all())),
        ("目的", visit.get_purpose_display()),
        ("结果", words.result_badge(visit)),
        ("单位确认人", visit.confirmed_by),
        ("下次走访", visit.next_on),
        ("录入人", visit.recorded_by),
    ]
    if visit.task:
        url, name = visit.task.get_absolute_url(), visit.task.title
        facts.append(("完成任务", format_html('<a href="{}">{}</a>', url, name)))
    if clue:
        facts.append(("线索", _clue_words(request, clue)))
    if visit.enterprise and visit.result in ("not_found", "moved"):
        facts.append(("状态变更建议", _proposal_words(request, visit)))
    if visit.note:
        facts.append(("情况说明", visit.note))
    tabs = [
        Tab("checklist", "看了哪些", lambda: _checklist(request, visit)),
        Tab("hazards", "隐患", lambda: _hazards(request, visit), count=_count(visit)),
        Tab("photos", "照片", lambda: _photos(visit.photos.all())),
        Tab("talks", "宣传与反馈", lambda: _talks(visit)),
    ]
    if visit.leftovers:
        count = len(visit.leftovers)
        tabs.append(Tab("rest", "未归入表式", lambda: _rest(visit), count=count))
    actions = []
    if may(request.user, P.VISIT_RECORD, at=_place(visit)):
        url = reverse("visits:hazard-add", args=[visit.pk])
        actions.append(Action("补充隐患", url, icon="exclamation-triangle"))
    return render_detail(
        request,
        title=f"走访：{visit.place}",
        facts=facts,
        tabs=tabs,
        timeline=_history(visit),
        actions=actions,
        crumbs=CRUMBS,
        obj=visit,
        note=_warning(visit),
    )


def _count(visit: Visit) -> int | None:
    return len(visit.hazards.all()) or None


def _warning(visit: Visit) -> str:
    if not visit.leftovers:
        return ""
    return "填写时的表式与现行表式不同，未能归入的内容作为文字保留在“未归入表式”。"


def _unit_link(row):
    if row.enterprise is None:
        return None
    url = f"{row.enterprise.get_absolute_url()}?tab=visits"
    return format_html('<a href="{}">{}</a>', url, row.enterprise.name)


def _checklist(request: Request, visit: Visit) -> Table:
    form, rows = visit_form(), []
    known = [topic.key for topic in form.topics]
    for key in [*known, *(k for k in visit.checklist if k not in known)]:
        said = visit.checklist.get(key, {})
        rows.append(
            {
                "topic": form.label(key),
                "answer": ANSWERS.get(said.get("answer", UNSEEN), "未看"),
                "note": said.get("note", ""),
            }
        )
    columns = [
        Column("topic", "事项"),
        Column("answer", "情况"),
        Column("note", "说明", wraps=True),
    ]
    return build_table(request, rows, columns, name="visit-checklist")


def _hazards(request: Request, visit: Visit) -> Table:
    rows = visit.hazards.select_related("enterprise", "grid", "visit")
    columns = [one for one in words.HAZARDS if one.key not in ("place", "grid")]
    columns[0] = Column("topic", "事项", words.topic, link=True)
    return build_table(request, rows, columns, name="visit-hazards")


def _photos(photos) -> str:
    return render_to_string("visits/_photos.html", {"photos": list(photos)})


def _talks(visit: Visit) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = []
    if told := Publicity.objects.filter(visit=visit).first():
        said = f"受众 {told.audience} 人，{told.material or '未写材料'}"
        url = told.get_absolute_url()
        facts.append(("普法宣传", format_html('<a href="{}">{}</a>', url, said)))
    facts += [
        (
            one.get_kind_display(),
            format_html('<a href="{}">{}</a>', one.get_absolute_url(), one.text),
        )
        for one in visit.feedback.all()
    ]
    return facts


def _rest(visit: Visit) -> list[tuple[str, Any]]:
    return [
        (one["label"], f"{one['value']}（{one['why']}）") for one in visit.leftovers
    ]


def _clue_words(request: Request, clue: Clue):
    badge = words.clue_badge(clue)
    if clue.settled_at or not may(request.user, P.VISIT_ANSWER, at=_place(clue)):
        return format_html("新发现单位 {} {}", badge, clue.note)
    url = reverse("visits:clue", args=[clue.pk])
    return format_html('新发现单位 {} <a href="{}">处理</a>', badge, url)


def _proposal_words(request: Request, visit: Visit):
    """Lead to where the bureau decides what the visit proposed."""
    unit = visit.enterprise
    assert unit is not None  # noqa: S101 - only such a visit has a proposal
    if may(request.user, P.ENTERPRISE_EDIT, at=unit.grid):
        url = reverse("enterprises:proposals")
        return format_html('已提出，由他人处理 <a href="{}">查看建议</a>', url)
    return "已提出，由他人处理"


def _place(row) -> Grid:
    return row.enterprise.grid if row.enterprise else row.grid


def _history(row) -> list[TimelineEntry]:
    return [
        TimelineEntry(
            event.at, act_name(event.verb), event.actor_name, note=details(event.data)
        )
        for event in history(row)
    ]


# --- acts -----------------------------------------------------------------------------


def _act(
    request: Request,
    form,
    act: Callable[[], Any],
    *,
    title: str,
    submit: str,
    said: str,
    crumbs: list[Crumb],
    goal: Any = None,
    note: str = "",
) -> HttpResponse:
    """Show the form of an act and carry it out; a refusal becomes a form error."""
    if request.method == "POST" and form.is_valid():
        try:
            done = act()
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, said)
            return redirect(goal or done)
    return render_form(
        request,
        title=title,
        form=form,
        crumbs=[*CRUMBS, *crumbs],
        submit=submit,
        note=note,
    )


def hazard_add(request: Request, pk: int) -> HttpResponse:
    """Add a hazard that was seen at a visit."""
    visit = _visit(request, pk)
    require(request.user, P.VISIT_RECORD, at=_place(visit))
    form = forms.HazardForm(request.POST or None)
    return _act(
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
    require(request.user, permission, at=_place(hazard))
    return hazard


def hazard_detail(request: Request, pk: int) -> HttpResponse:
    """Show one hazard: advice, reports upward, what was seen later, how it ended."""
    hazard = _hazard(request, pk, P.VISIT_VIEW)
    visit = hazard.visit
    facts: list[tuple[str, Any]] = [
        ("单位", _unit_link(hazard) or hazard.place),
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
        timeline=_history(hazard),
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
    records = may(user, P.VISIT_RECORD, at=_place(hazard))
    if hazard.escalated_at and not hazard.answered_at:
        if may(user, P.VISIT_ANSWER, at=_place(hazard)):
            actions.append(act("answer", "处理上报", "reply", primary=True))
    elif hazard.is_open and records and not hazard.escalated_at:
        actions.append(act("escalate", "立即上报", "megaphone"))
    if hazard.is_open and records:
        actions.append(act("note", "登记复查", "journal-plus"))
        actions.append(act("clear", "消除", "check2-circle"))
    return actions


def _hazard_act(
    request: Request, hazard: Hazard, form, act, *, title: str, said: str, note=""
) -> HttpResponse:
    return _act(
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


def hazard_escalate(request: Request, pk: int) -> HttpResponse:
    """Report a difficult or major hazard upward at once."""
    hazard = _hazard(request, pk, P.VISIT_RECORD)
    initial = {"level": hazard.level if hazard.is_for_above else "difficult"}
    return _hazard_act(
        request,
        hazard,
        forms.EscalateForm(request.POST or None, initial=initial),
        hazards.escalate_hazard,
        title="立即上报",
        said="已上报。中队和区县机构的工作台上立即可见。",
        note="难以处理的和重大的违法行为苗头，应立即报告劳动保障监察机构"
        "（扬府办发〔2007〕136号第二十一条）。",
    )


def hazard_answer(request: Request, pk: int) -> HttpResponse:
    """Say what is done about a hazard that was reported."""
    hazard = _hazard(request, pk, P.VISIT_ANSWER)
    return _hazard_act(
        request,
        hazard,
        forms.AnswerForm(request.POST or None),
        hazards.answer_hazard,
        title="处理上报",
        said="已登记处理意见。",
    )


def hazard_note(request: Request, pk: int) -> HttpResponse:
    """Note what was seen of a hazard later on."""
    hazard = _hazard(request, pk, P.VISIT_RECORD)
    return _hazard_act(
        request,
        hazard,
        forms.NoteForm(request.POST or None),
        hazards.note_hazard,
        title="登记复查",
        said="已登记复查情况。",
    )


def hazard_clear(request: Request, pk: int) -> HttpResponse:
    """Say that a hazard is no more."""
    hazard = _hazard(request, pk, P.VISIT_RECORD)
    return _hazard_act(
        request,
        hazard,
        forms.ClearForm(request.POST or None),
        hazards.clear_hazard,
        title="消除",
        said="已登记隐患消除。",
    )


# --- publicity ------------------------------------------------------------------------


def _own_grids(user):
    paths = user.scope_paths(P.VISIT_RECORD)
    return Grid.objects.filter(within_paths(paths, "path"), closed_on=None)


def _own_grid(user) -> Grid | None:
    """Return the grid to begin with: the only one that a person works in."""
    grids = list(_own_grids(user)[:2])
    return grids[0] if len(grids) == 1 else None


def publicity_add(request: Request) -> HttpResponse:
    """Note that law was explained to people, without a unit too."""
    require_somewhere(request.user, P.VISIT_RECORD)
    form = forms.PublicityForm(
        request.POST or None,
        request.FILES or None,
        grids=_own_grids(request.user),
        initial={"grid": _own_grid(request.user)},
    )
    return _act(
        request,
        form,
        lambda: talks.record_publicity(
            facts=form.facts(), grid=form.cleaned_data["grid"], by=request.user
        ),
        title="登记宣传",
        submit="保存",
        said="已登记普法宣传。",
        crumbs=[("宣传", reverse("visits:publicities"))],
    )


def publicity_detail(request: Request, pk: int) -> HttpResponse:
    """Show where and to how many law was explained."""
    rows = Publicity.objects.visible_to(request.user).select_related(
        "grid", "enterprise__grid", "visit__enterprise", "recorded_by__person"
    )
    told = get_object_or_404(rows.prefetch_related("photos__attachment"), pk=pk)
    facts = [
        ("日期", told.held_on),
        ("地点", told.place),
        ("网格", told.grid.name),
        ("单位", _unit_link(told)),
        ("受众人数", f"{told.audience:,} 人"),
        ("宣传内容、材料", told.material),
        ("说明", told.note),
        ("录入人", told.recorded_by),
        ("入库时间", told.recorded_at),
    ]
    return render_detail(
        request,
        title=f"普法宣传：{told.place}",
        facts=facts,
        tabs=[Tab("photos", "照片", lambda: _photos(told.photos.all()))],
        timeline=_history(told),
        crumbs=[*CRUMBS, ("宣传", reverse("visits:publicities"))],
        obj=told,
    )


# --- words of workers -----------------------------------------------------------------


def feedback_add(request: Request) -> HttpResponse:
    """Keep what workers said, and pass it on."""
    require_somewhere(request.user, P.VISIT_RECORD)
    form = forms.FeedbackForm(
        request.POST or None,
        grids=_own_grids(request.user),
        initial={"grid": _own_grid(request.user)},
    )
    return _act(
        request,
        form,
        lambda: talks.record_feedback(
            facts=form.facts(), grid=form.cleaned_data["grid"], by=request.user
        ),
        title="登记反馈",
        submit="保存",
        said="已登记工人反馈并转交。",
        crumbs=[("工人反馈", reverse("visits:feedbacks"))],
    )


def _feedback(request: Request, pk: int, permission: Permission) -> Feedback:
    rows = Feedback.objects.visible_to(request.user).select_related(
        "grid",
        "enterprise__grid",
        "visit__enterprise",
        "recorded_by__person",
        "replied_by__person",
    )
    feedback = get_object_or_404(rows, pk=pk)
    require(request.user, permission, at=_place(feedback))
    return feedback


def feedback_detail(request: Request, pk: int) -> HttpResponse:
    """Show what workers said, who is to reply, and the reply."""
    said = _feedback(request, pk, P.VISIT_VIEW)
    facts = [
        ("类别", said.get_kind_display()),
        ("收到日期", said.received_on),
        ("网格", said.grid.name),
        ("单位", _unit_link(said)),
        ("转交", f"{said.get_route_display()}（{said.routed_on}）"),
        ("内容", said.text),
        ("答复", said.reply),
        ("答复日期", said.replied_on),
        ("答复人", said.replied_by),
        ("录入人", said.recorded_by),
    ]
    actions = []
    if said.replied_on is None and may(request.user, P.VISIT_ANSWER, at=_place(said)):
        reply, route = (
            reverse(f"visits:feedback-{name}", args=[said.pk])
            for name in ("reply", "route")
        )
        actions = [
            Action("答复", reply, icon="reply", primary=True),
            Action("转交", route, icon="arrow-right"),
        ]
    return render_detail(
        request,
        title="工人反馈",
        badges=[words.feedback_badge(said)],
        facts=facts,
        timeline=_history(said),
        actions=actions,
        crumbs=[*CRUMBS, ("工人反馈", reverse("visits:feedbacks"))],
        obj=said,
    )


def feedback_reply(request: Request, pk: int) -> HttpResponse:
    """Reply to what workers said."""
    return _feedback_act(
        request,
        pk,
        forms.ReplyForm(request.POST or None),
        talks.reply_feedback,
        title="答复",
        said="已登记答复。",
    )


def feedback_route(request: Request, pk: int) -> HttpResponse:
    """Pass what workers said on to somebody else."""
    return _feedback_act(
        request,
        pk,
        forms.RouteForm(request.POST or None),
        talks.route_feedback,
        title="转交",
        said="已转交。",
    )


def _feedback_act(
    request: Request, pk: int, form, act, *, title: str, said: str
) -> HttpResponse:
    feedback = _feedback(request, pk, P.VISIT_ANSWER)
    return _act(
        request,
        form,
        lambda: act(feedback=feedback, by=request.user, **form.cleaned_data),
        title=title,
        submit=title,
        said=said,
        goal=feedback,
        crumbs=[
            ("工人反馈", reverse("visits:feedbacks")),
            (str(feedback), feedback.get_absolute_url()),
        ],
        note=feedback.text,
    )


# --- clues ----------------------------------------------------------------------------


def clue(request: Request, pk: int) -> HttpResponse:
    """Settle a clue, with the ways to the file that it is about."""
    rows = Clue.objects.visible_to(request.user).select_related(
        "grid", "enterprise__grid", "visit__enterprise"
    )
    one = get_object_or_404(rows, pk=pk)
    require(request.user, P.VISIT_ANSWER, at=_place(one))
    if one.settled_at:
        on = timezone.localtime(one.settled_at)
        messages.info(request, f"这条线索已于 {on:%Y-%m-%d %H:%M} 处理。")
        return redirect(one.visit)
    units = Enterprise.objects.visible_to(request.user).select_related("grid")
    form = forms.ClueForm(request.POST or None, units=units)
    return _act(
        request,
        form,
        lambda: clues.settle_clue(clue=one, by=request.user, **form.cleaned_data),
        title="处理线索：新发现单位",
        submit="确定",
        said="线索已处理。",
        goal=one.visit,
        crumbs=[("线索", reverse("visits:clues"))],
        note=_ways(request, one),
    )


def _ways(request: Request, clue: Clue):
    """Say what the visit found, and where a file is opened for it."""
    visit = clue.visit
    links = [(visit.get_absolute_url(), "查看走访记录")]
    if may(request.user, P.ENTERPRISE_EDIT, at=clue.grid):
        url = f"{reverse('enterprises:add')}?grid={clue.grid.code}"
        links.append((url, "新增单位档案"))
    where = "，".join(filter(None, [visit.place_name, visit.address]))
    ways = format_html_join("　", '<a href="{}">{}</a>', links)
    return format_html("走访发现未建档单位：{}。{}", where, ways)
