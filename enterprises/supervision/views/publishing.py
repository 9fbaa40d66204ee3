"""One publication: its text, its evidence, its course, and each act on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from enterprises.supervision import forms
from enterprises.supervision.models import Publication
from enterprises.supervision.services import publishing
from enterprises.supervision.services.schemes import (
    candidates_in,
    category_of,
    layers_at,
    violation_kinds,
)
from enterprises.supervision.views.publications import CRUMBS, seen_by, state_of
from enterprises.supervision.views.shared import (
    P,
    Step,
    act_page,
    course_html,
    evidence_html,
    timeline_of,
    unit_asked,
)
from gridinspect.accounts.models import User
from gridinspect.accounts.requests import Request
from gridinspect.ui.pages import Action, Tab, render_detail
from grids.access import may, require

State = Publication.State
# What comes next, by the state of a publication.
NEXT = {
    State.CANDIDATE: "请核对事实、补全公布内容，再告知单位、报批",
    State.NOTIFIED: "异议期满、公布内容补全后报批",
    State.OBJECTED: "请在期限内核实异议",
    State.PROPOSED: "请等报批人以外的负责人审批",
    State.APPROVED: "公布后请登记公布日期",
    State.PUBLISHED: "期满、改正或公布有误的才移出",
    State.REMOVED: "不用再办理",
    State.DROPPED: "不用再办理",
}


def _publication(request: Request, pk: int) -> Publication:
    rows = seen_by(request.user).select_related(
        "enterprise__grid",
        "district__city",
        "recorded_by__person",
        "proposed_by__person",
        "approved_by__person",
        "published_by__person",
    )
    return get_object_or_404(rows, pk=pk)


@require_GET
def publication_detail(request: Request, pk: int) -> HttpResponse:
    """Show one publication: its text, its evidence, its course with days."""
    one = _publication(request, pk)
    user, unit = request.user, one.enterprise
    tabs = [
        Tab("course", "办理过程", lambda: _course(request, one)),
        Tab("text", "公布内容", lambda: _text(one)),
    ]
    works = _works(user, one)
    if works:
        tabs.append(
            Tab("evidence", "事实", lambda: evidence_html(request, unit, one.evidence))
        )
    return render_detail(
        request,
        title=one.name,
        subtitle=one.get_list_display(),
        badges=[state_of(one)],
        facts=[
            ("情形", one.category),
            ("依据", one.source),
            ("公布日期", one.published_on),
            ("期满日期", one.ends_on),
            ("移出日期", one.removed_on),
            ("移出依据", one.removal_ground),
        ],
        tabs=tabs,
        actions=_actions(user, one),
        timeline=timeline_of(one) if works else (),
        crumbs=CRUMBS,
        note=_note(one) if works else one.dropped_reason,
    )


def _note(one: Publication) -> str:
    """Return why nothing is published, or what comes next."""
    if one.state in (State.DROPPED, State.REMOVED):
        return one.dropped_reason
    return f"下一步：{NEXT[State(one.state)]}。"


def _works(user: User, one: Publication) -> bool:
    grid = one.enterprise.grid
    edits = may(user, P.SUPERVISION_EDIT, at=grid)
    return edits or may(user, P.SUPERVISION_APPROVE, at=grid)


def _text(one: Publication) -> list[tuple[str, Any]]:
    return [
        ("单位全称", one.name),
        ("统一社会信用代码", one.uscc),
        ("地址", one.address),
        ("法定代表人（负责人）", one.head),
        ("主要违法事实", one.facts),
        ("处理情况", one.handling),
    ]


def _course(request: Request, one: Publication) -> str:
    by = str
    steps = [
        Step(
            "规则提出候选" if one.rule else "人工提出",
            one.found_on,
            by=by(one.recorded_by),
        ),
        Step("告知单位", one.notified_on),
        Step("异议期", due=one.object_by),
    ]
    if one.objected_on:
        steps += [
            Step("单位提出异议", one.objected_on, note=one.objection),
            Step("核实异议", one.checked_on, one.check_by, note=one.check_result),
        ]
    steps += [
        Step("报批", one.proposed_on, by=by(one.proposed_by or "")),
        Step("批准", one.approved_on, one.decide_by, by(one.approved_by or "")),
        Step("公布", one.published_on, by=by(one.published_by or "")),
    ]
    if one.list == Publication.List.DISHONEST:
        steps.append(Step("期满", due=one.ends_on))
    if one.removed_on:
        steps.append(Step("移出", one.removed_on, note=one.removal_ground))
    if one.state == State.DROPPED:
        steps.append(Step("不予公布", note=one.dropped_reason))
    return course_html(request, steps, timezone.localdate())


def _actions(user: User, one: Publication) -> list[Action]:
    grid = one.enterprise.grid
    edits = may(user, P.SUPERVISION_EDIT, at=grid)
    approves = may(user, P.SUPERVISION_APPROVE, at=grid)

    def go(label: str, act: str, icon: str, **how) -> Action:
        return Action(
            label,
            reverse("supervision:publication-act", args=[one.pk, act]),
            icon,
            **how,
        )

    actions = []
    if edits and one.state in _BEFORE:
        change = reverse("supervision:publication-change", args=[one.pk])
        actions.append(Action("编辑公布内容", change, "pencil"))
    for act, step in ACTS.items():
        allowed = edits if step.permission == P.SUPERVISION_EDIT else approves
        if allowed and not step.not_now(one, user):
            actions.append(go(step.label, act, step.icon, primary=step.primary))
    return actions


@dataclass(frozen=True)
class _Act:
    """One step: who may take it, in which states, with which form and service."""

    label: str
    icon: str
    permission: P
    states: tuple[str, ...]
    form: Callable[..., Any]
    service: Callable[..., Any]
    said: str
    note: str = ""
    primary: bool = False
    hinders: Callable[[Publication, User], str] = lambda one, user: ""

    def not_now(self, one: Publication, user: User) -> str:
        """Return why this step cannot be taken; empty where it can."""
        if one.state not in self.states:
            return f"该记录{one.get_state_display()}，{NEXT[State(one.state)]}。"
        return self.hinders(one, user)


def _objected_before(one: Publication, user: User) -> str:
    return "该单位已提出过异议并已核实，不再登记。" if one.objected_on else ""


def _not_to_propose(one: Publication, user: User) -> str:
    return publishing.not_to_propose(one, timezone.localdate())


def _own(one: Publication, user: User) -> str:
    own = one.proposed_by_id == user.pk
    return "这条记录由您报批，请由另一位负责人审批。" if own else ""


def _decide(publication, by, decision, on, reason):
    return publishing.decide_publication(
        publication=publication,
        approve=decision == "approve",
        reason=reason,
        on=on,
        by=by,
    )


def _check(publication, by, on, upheld, result):
    return publishing.check_objection(
        publication=publication, on=on, upheld=upheld == "yes", result=result, by=by
    )


_BEFORE = (State.CANDIDATE, State.NOTIFIED, State.OBJECTED)
ACTS: dict[str, _Act] = {
    "notify": _Act(
        "登记告知",
        "envelope",
        P.SUPERVISION_EDIT,
        (State.CANDIDATE,),
        forms.DayForm,
        publishing.notify_unit,
        "已登记告知，异议期开始计算。",
        note="填写单位收到书面告知的日期。列入失信名单前必须告知。",
        primary=True,
    ),
    "object": _Act(
        "登记异议",
        "chat-left-text",
        P.SUPERVISION_EDIT,
        (State.NOTIFIED,),
        forms.PublicObjectionForm,
        publishing.object_to_publication,
        "已登记异议，请在期限内核实。",
        hinders=_objected_before,
    ),
    "check": _Act(
        "核实异议",
        "search",
        P.SUPERVISION_EDIT,
        (State.OBJECTED,),
        forms.CheckForm,
        _check,
        "已登记核实结果。",
        primary=True,
    ),
    "propose": _Act(
        "报批",
        "send",
        P.SUPERVISION_EDIT,
        (State.CANDIDATE, State.NOTIFIED),
        forms.DayForm,
        publishing.propose_publication,
        "已报批，等待另一人批准。",
        note="公布内容须完整，不得涉及国家秘密、商业秘密和个人隐私。",
        hinders=_not_to_propose,
    ),
    "decide": _Act(
        "审批",
        "check2-square",
        P.SUPERVISION_APPROVE,
        (State.PROPOSED,),
        forms.ReasonedDecisionForm,
        _decide,
        "已审批。",
        primary=True,
        hinders=_own,
    ),
    "publish": _Act(
        "登记公布",
        "megaphone",
        P.SUPERVISION_EDIT,
        (State.APPROVED,),
        forms.DayForm,
        publishing.publish,
        "已登记公布。",
        primary=True,
    ),
    "remove": _Act(
        "移出",
        "box-arrow-right",
        P.SUPERVISION_EDIT,
        (State.PUBLISHED,),
        forms.RemovalForm,
        publishing.remove_publication,
        "已移出。",
    ),
    "drop": _Act(
        "不予公布",
        "x-circle",
        P.SUPERVISION_EDIT,
        (*_BEFORE, State.PROPOSED, State.APPROVED),
        forms.ReasonForm,
        publishing.drop_publication,
        "已作不予公布处理。",
        note="如决定作出前已足额支付并作出承诺，或核实后不符合公布情形。",
    ),
}


def publication_act(request: Request, pk: int, act: str) -> HttpResponse:
    """Show and carry out one step of a publication."""
    one = _publication(request, pk)
    if act not in ACTS:
        raise Http404(act)
    step = ACTS[act]
    require(request.user, step.permission, at=one.enterprise.grid)
    return act_page(
        request,
        form=step.form(request.POST or None),
        act=lambda **data: step.service(publication=one, by=request.user, **data),
        done=lambda done: (step.said, done),
        title=f"{step.label}：{one.name}",
        crumbs=[*CRUMBS, (one.name, one.get_absolute_url())],
        submit=step.label,
        note=step.note,
        not_now=step.not_now(one, request.user),
    )


def publication_change(request: Request, pk: int) -> HttpResponse:
    """Write what is to be published."""
    one = _publication(request, pk)
    require(request.user, P.SUPERVISION_EDIT, at=one.enterprise.grid)
    initial = {
        name: getattr(one, name)
        for name in ("name", "uscc", "address", "head", "facts", "handling", "edition")
    }
    return act_page(
        request,
        form=forms.PublicationForm(request.POST or None, initial=initial),
        act=lambda **data: publishing.change_publication(
            publication=one, by=request.user, **data
        ),
        done=lambda done: ("已保存公布内容。", done),
        title=f"公布内容：{one.name}",
        crumbs=[*CRUMBS, (one.name, one.get_absolute_url())],
        note="只公布单位全称、信用代码、地址、法定代表人姓名、主要违法事实和处理情况。",
        not_now=""
        if one.state in _BEFORE
        else f"该记录{one.get_state_display()}，公布内容不能再修改；"
        "待批准的需要修改时，请审批人退回。",
    )


def publication_add(request: Request, unit_pk: int) -> HttpResponse:
    """Begin a publication of a unit that no rule has found."""
    unit = unit_asked(request, unit_pk)
    require(request.user, P.SUPERVISION_EDIT, at=unit.grid)
    layers = layers_at(unit.district, timezone.localdate())
    kinds = violation_kinds(layers)
    rows = candidates_in(layers)
    others = [category_of(one, kinds) for one in rows if one.list == "dishonest"]
    return act_page(
        request,
        form=forms.BeginPublicationForm(
            request.POST or None, categories=[*kinds, *others]
        ),
        act=lambda **data: publishing.begin_publication(
            enterprise=unit, by=request.user, **data
        ),
        done=lambda one: ("已列为候选，请按步骤办理。", one),
        title=f"提出公布：{unit.name}",
        crumbs=[*CRUMBS, (unit.name, f"{unit.get_absolute_url()}?tab=supervision")],
        submit="列为候选",
    )
