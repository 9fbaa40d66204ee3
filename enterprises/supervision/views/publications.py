"""违法公布: candidates, their course, and what was published in a quarter."""

from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

import django_filters as filters
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enterprises.supervision import forms, papers, rules
from enterprises.supervision.models import Publication
from enterprises.supervision.services import publishing
from enterprises.supervision.services.schemes import (
    candidates_in,
    category_of,
    layers_at,
    violation_kinds,
)
from enterprises.supervision.views.shared import (
    P,
    Step,
    act_page,
    course_html,
    districts,
    evidence_html,
    unit_asked,
    workbook,
)
from gridinspect.accounts.models import User
from gridinspect.accounts.requests import Request
from gridinspect.documents.services import PDF
from gridinspect.documents.sheets import SheetColumn, write_table
from gridinspect.scope import within_paths
from gridinspect.ui.pages import (
    Action,
    Tab,
    export_action,
    render_detail,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids.access import may, require
from grids.agencies import agency_name

CRUMBS = [("违法公布", "/publications/")]
State = Publication.State
TONES = {
    "candidate": "plain",
    "notified": "info",
    "objected": "notice",
    "proposed": "notice",
    "approved": "info",
    "published": "danger",
    "removed": "plain",
    "dropped": "plain",
}


class PublicationFilter(filters.FilterSet):
    """The search block of 违法公布."""

    name = filters.CharFilter("name", lookup_expr="icontains", label="单位名称")
    list = filters.ChoiceFilter(
        label="名单", choices=Publication.List.choices, empty_label="全部"
    )
    state = filters.ChoiceFilter(
        label="状态",
        choices=[("open", "办理中"), *State.choices],
        method="by_state",
        empty_label="全部",
    )

    class Meta:
        model = Publication
        fields = ("name", "list", "state")

    def by_state(self, rows, _name, value):
        if value == "open":
            closed = (State.PUBLISHED, State.REMOVED, State.DROPPED)
            return rows.exclude(state__in=closed)
        return rows.filter(state=value)


def state_of(one: Publication):
    """Return the state as a badge."""
    return badge_html(one.get_state_display(), TONES[one.state])


def seen_by(user: User) -> QuerySet[Publication]:
    """Return what a person sees: what is under way only where he works on it."""
    working = [
        *user.scope_paths(P.SUPERVISION_EDIT),
        *user.scope_paths(P.SUPERVISION_APPROVE),
    ]
    rows = Publication.objects.visible_to(user)
    return rows.filter(published_on__isnull=False) | rows.filter(
        within_paths(working, "enterprise__grid__path")
    )


COLUMNS = [
    Column("name", "单位全称", sort="name", link=True),
    Column("list", "名单", "get_list_display", sort="list", wraps=True),
    Column("category", "情形", wraps=True),
    Column("state", "状态", state_of, sort="state"),
    Column("found_on", "提出日期", sort="found_on"),
    Column("due", "下一期限", lambda one: next_due(one)),
    Column("published_on", "公布日期", sort="published_on"),
    Column("ends_on", "期满日期", sort="ends_on", hidden=True),
    Column("removed_on", "移出日期", sort="removed_on", hidden=True),
]


def next_due(one: Publication) -> date | None:
    """Return the day that the running step waits for."""
    match one.state:
        case State.NOTIFIED:
            return one.object_by
        case State.OBJECTED:
            return one.check_by
        case State.PROPOSED:
            return one.decide_by
        case State.PUBLISHED:
            return one.ends_on
    return None


@require_GET
def publication_list(request: Request) -> HttpResponse:
    """Show publications and listings: those under way, and what was published."""
    user = request.user
    require_holds(user, P.ENTERPRISE_VIEW)
    search = PublicationFilter(request.GET, queryset=seen_by(user))
    table = build_table(
        request, search.qs, COLUMNS, name="publications", default_sort="-found_on"
    )
    toolbar = []
    if user.holds(P.SUPERVISION_EDIT):
        toolbar.append(
            Action(
                "查找候选",
                reverse("supervision:publication-find"),
                "search",
                method="post",
                primary=True,
                confirm="按规则和最近一年的事实查找候选单位；只列为候选，不告知、不公布。",
            )
        )
    today = timezone.localdate()
    for first in _quarters(today):
        name = rules.quarter_name(first)
        url = reverse(
            "supervision:publication-export", args=[first.isoformat(), "xlsx"]
        )
        toolbar.append(export_action(url, f"{name} Excel"))
        url = reverse("supervision:publication-export", args=[first.isoformat(), "pdf"])
        toolbar.append(Action(f"{name} PDF", url, "file-earmark-pdf"))
    return render_list(
        request,
        title="违法公布",
        table=table,
        filters=search,
        toolbar=toolbar,
        note="规则只提出候选。告知、异议核实、报批后由另一人批准，批准后才能公布；"
        "市、县每季度公布一次（人社部令第29号）。",
        empty="没有符合条件的记录。点击“查找候选”，或在单位档案的“等级与重点”中提出。",
    )


def _quarters(today: date) -> list[date]:
    """Return the first days of this quarter and of the one before."""
    this, _ = rules.quarter_of(today)
    before, _ = rules.quarter_of(this - rules.ONE_DAY)
    return [this, before]


@require_POST
def publication_find(request: Request) -> HttpResponse:
    """Look for candidates in the user's districts."""
    require_holds(request.user, P.SUPERVISION_EDIT)
    count = sum(
        publishing.find_candidates(
            district=district, on=timezone.localdate(), by=request.user
        )
        for district in districts(request.user, P.SUPERVISION_EDIT)
    )
    messages.success(request, f"新增候选 {count} 条。请逐条核对事实后办理。")
    return redirect("supervision:publications")


@require_GET
def publication_export(request: Request, quarter: str, kind: str) -> HttpResponse:
    """Hand out what was published in a quarter: only what the regulation names."""
    user = request.user
    require_holds(user, P.ENTERPRISE_VIEW)
    try:
        first, last = rules.quarter_of(date.fromisoformat(quarter))
    except ValueError:
        raise Http404(quarter) from None
    rows = list(
        Publication.objects.visible_to(user)
        .published_in(first, last)
        .filter(approved_by__isnull=False, removed_on=None)
        .select_related("district__city")
        .order_by("list", "published_on", "pk")
    )
    name, title = rules.quarter_name(first), "重大劳动保障违法行为和失信名单公布"
    owners = {one.district for one in rows}
    organisation = agency_name(owners.pop()) if len(owners) == 1 else ""
    path = user.scope_paths(P.ENTERPRISE_VIEW)[0]
    publishing.note_export(by=user, path=path, rows=len(rows), quarter=name, file=kind)
    file = f"publications-{first.year}-{(first.month + 2) // 3}"
    if kind == "pdf":
        content = papers.published_pdf(
            rows,
            title=title,
            organisation=organisation,
            quarter=name,
            on=timezone.localdate(),
        )
        answer = HttpResponse(content, content_type=PDF)
        answer["Content-Disposition"] = f'attachment; filename="{file}.pdf"'
        return answer
    stream = BytesIO()
    widths = (6, 36, 22, 36, 14, 44, 44, 12)
    write_table(
        stream,
        [
            SheetColumn(
                head,
                wide,
                "integer"
                if head == "序号"
                else "date"
                if head == "公布日期"
                else "text",
            )
            for head, wide in zip(papers.HEADS, widths, strict=True)
        ],
        papers.published_rows(rows),
        title=title,
        organisation=organisation,
        period=name,
        unit="户",
        name="公布",
    )
    return workbook(stream, f"{file}.xlsx")


# --- one ------------------------------------------------------------------------------


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
        crumbs=CRUMBS,
        note=one.dropped_reason,
    )


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
        if allowed and one.state in step.states and step.fits(one):
            actions.append(go(step.label, act, step.icon, primary=step.primary))
    return actions


class _Act:
    """One step: who may take it, in which states, with which form and service."""

    def __init__(
        self,
        label: str,
        icon: str,
        permission: P,
        states: tuple[str, ...],
        form: Callable[..., Any],
        service: Callable[..., Any],
        said: str,
        *,
        note: str = "",
        primary: bool = False,
        fits: Callable[[Publication], bool] = lambda one: True,
    ):
        self.label, self.icon, self.permission = label, icon, permission
        self.states, self.form, self.service = states, form, service
        self.said, self.note, self.primary, self.fits = said, note, primary, fits


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
        fits=lambda one: one.objected_on is None,
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
    ),
    "decide": _Act(
        "审批",
        "check2-square",
        P.SUPERVISION_APPROVE,
        (State.PROPOSED,),
        forms.SendBackForm,
        _decide,
        "已审批。",
        primary=True,
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
    )


def publication_change(request: Request, pk: int) -> HttpResponse:
    """Write what is to be published."""
    one = _publication(request, pk)
    require(request.user, P.SUPERVISION_EDIT, at=one.enterprise.grid)
    if one.state not in _BEFORE:
        raise PermissionDenied("报批后公布内容不能再修改；需要修改时请审批人退回。")
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
