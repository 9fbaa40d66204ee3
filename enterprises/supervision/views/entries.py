"""列入和移出记录: who came when on which ground and left when; acts of two persons."""

import django_filters as filters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from enterprises.supervision import forms
from enterprises.supervision.models import KeyEntry
from enterprises.supervision.services import keys
from enterprises.supervision.views.keys import CRUMBS, tab_url
from enterprises.supervision.views.shared import (
    P,
    Step,
    act_page,
    course_html,
    evidence_html,
    knows_reasons,
    timeline_of,
    unit_asked,
)
from gridinspect.accounts.models import User
from gridinspect.accounts.requests import Request
from gridinspect.scope import within_paths
from gridinspect.ui.pages import (
    Action,
    Tab,
    render_detail,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids.access import may, require

TONES = {"proposed": "notice", "active": "warning", "rejected": "plain"}

STATES = (
    ("waiting", "待批准"),
    ("active", "已列入"),
    ("left", "已移出"),
    ("rejected", "未批准"),
)


class EntryFilter(filters.FilterSet):
    """The search block of the entries."""

    name = filters.CharFilter(
        "enterprise__name", lookup_expr="icontains", label="单位名称"
    )
    state = filters.ChoiceFilter(
        label="状态", choices=STATES, method="by_state", empty_label="全部"
    )

    class Meta:
        model = KeyEntry
        fields = ("name", "state")

    def by_state(self, rows, _name, value):
        match value:
            case "waiting":
                return rows.waiting()
            case "left":
                return rows.filter(until__isnull=False)
            case "active":
                return rows.on(timezone.localdate())
        return rows.filter(state=value)


def state_of(entry: KeyEntry):
    """Return the state of an entry as a badge."""
    if entry.until:
        return badge_html("已移出", "plain")
    if entry.removal_waits:
        return badge_html("移出待批准", "notice")
    return badge_html(entry.get_state_display(), TONES[entry.state])


def _entries(request: Request) -> QuerySet[KeyEntry]:
    """Return the entries whose reasons the person may know."""
    user = request.user
    paths = user.scope_paths(P.KEY_REASON_VIEW)
    return (
        KeyEntry.objects.visible_to(user)
        .filter(within_paths(paths, "enterprise__grid__path"))
        .select_related("enterprise__grid", "enterprise__district")
    )


@require_GET
def entry_list(request: Request) -> HttpResponse:
    """Show every entry, past ones too: who came when on which ground, and left when."""
    require_holds(request.user, P.KEY_REASON_VIEW)
    search = EntryFilter(request.GET, queryset=_entries(request))
    table = build_table(
        request,
        search.qs,
        [
            Column(
                "enterprise",
                "单位名称",
                "enterprise.name",
                sort="enterprise__name",
                link=True,
            ),
            Column("grid", "所属网格", "enterprise.grid.name"),
            Column("ground", "列入依据", "ground_name", sort="ground", wraps=True),
            Column("clause", "条款", "clause", wraps=True),
            Column("state", "状态", state_of, sort="state"),
            Column("since", "列入日期", sort="since"),
            Column("until", "移出日期", sort="until"),
            Column("left_reason", "移出依据", hidden=True, wraps=True),
        ],
        name="key-entries",
        default_sort="-since",
    )
    return render_list(
        request,
        title="重点监管列入和移出记录",
        table=table,
        filters=search,
        crumbs=CRUMBS,
        empty="没有符合条件的记录。请放宽查询条件；单位列入重点监管后都记在这里。",
    )


def _entry(request: Request, pk: int) -> KeyEntry:
    rows = KeyEntry.objects.visible_to(request.user).select_related(
        "enterprise__grid",
        "enterprise__district",
        "proposed_by__person",
        "approved_by__person",
        "removal_by__person",
        "removal_decided_by__person",
    )
    entry = get_object_or_404(rows, pk=pk)
    if not knows_reasons(request.user, entry.enterprise.grid):
        raise PermissionDenied("列入重点监管的依据只对办案岗位公开。")
    return entry


@require_GET
def entry_detail(request: Request, pk: int) -> HttpResponse:
    """Show one entry with its evidence and its course."""
    entry = _entry(request, pk)
    unit = entry.enterprise
    return render_detail(
        request,
        title=f"{unit.name} 重点监管",
        subtitle=entry.ground_name,
        badges=[state_of(entry)],
        facts=[
            ("列入依据", entry.ground_name),
            ("条款", entry.clause),
            ("列入日期", entry.since),
            ("移出日期", entry.until),
            *([("列入理由", entry.reason)] if entry.reason else []),
            *([("移出依据", entry.left_reason)] if entry.left_reason else []),
        ],
        tabs=[
            *_evidence(request, entry),
            Tab("course", "办理过程", lambda: _course(request, entry)),
        ],
        timeline=timeline_of(entry),
        actions=_actions(request.user, entry),
        crumbs=[*CRUMBS, (unit.name, tab_url(unit))],
    )


def _evidence(request: Request, entry: KeyEntry) -> list[Tab]:
    """Return the facts of an entry; one by hand has its reason instead."""
    if entry.is_by_hand:
        return []
    unit, kept = entry.enterprise, entry.evidence
    return [Tab("evidence", "事实", lambda: evidence_html(request, unit, kept))]


def _course(request: Request, entry: KeyEntry) -> str:
    by_hand = entry.is_by_hand
    recorded = timezone.localdate(entry.recorded_at)
    steps = [
        Step(
            "申请列入" if by_hand else "情形出现，自动列入",
            recorded if by_hand else entry.since,
            by=str(entry.proposed_by or "系统"),
            note=entry.reason,
        )
    ]
    if by_hand:
        steps.append(Step("批准", entry.decided_on, by=str(entry.approved_by or "")))
    if entry.removal_by_id:
        steps.append(
            Step("申请移出", None, by=str(entry.removal_by), note=entry.removal_reason)
        )
    steps.append(
        Step(
            "移出",
            entry.until,
            by=str(entry.removal_decided_by or ""),
            note=entry.left_reason,
        )
    )
    return course_html(request, steps, timezone.localdate())


def _actions(user: User, entry: KeyEntry) -> list[Action]:
    grid = entry.enterprise.grid

    def to(act: str) -> str:
        return reverse("supervision:key-act", args=[entry.pk, act])

    actions = []
    if may(user, P.SUPERVISION_APPROVE, at=grid) and not _no_deciding(entry, user):
        actions.append(Action("审批", to("decide"), "check2-square", primary=True))
    if may(user, P.SUPERVISION_EDIT, at=grid) and not _no_removing(entry):
        actions.append(Action("申请移出", to("remove"), "box-arrow-right"))
    return actions


def _no_deciding(entry: KeyEntry, user: User) -> str:
    """Return why there is nothing for a person to decide; empty where there is."""
    if entry.state == KeyEntry.State.PROPOSED:
        proposer = entry.proposed_by_id
    elif entry.removal_waits:
        proposer = entry.removal_by_id
    else:
        return "这条记录没有待批准的申请，不用审批。"
    own = proposer == user.pk
    return "这份申请由您提出，请由另一位有批准权限的人员审批。" if own else ""


def _no_removing(entry: KeyEntry) -> str:
    """Return why a removal cannot be asked for; empty where it can."""
    if entry.until:
        return f"该单位已于 {entry.until} 移出，不用申请。"
    if entry.state != KeyEntry.State.ACTIVE:
        return f"这条记录{entry.get_state_display()}，列入以后才能申请移出。"
    return "已有一份移出申请等待批准。" if entry.removal_waits else ""


def _decide(request: Request, entry: KeyEntry) -> HttpResponse:
    what = "列入" if entry.state == KeyEntry.State.PROPOSED else "移出"
    asked = entry.reason if what == "列入" else entry.removal_reason
    by = entry.proposed_by if what == "列入" else entry.removal_by
    return act_page(
        request,
        form=forms.ReasonedDecisionForm(request.POST or None),
        act=lambda decision, on, reason: keys.decide_entry(
            entry=entry,
            approve=decision == "approve",
            on=on,
            reason=reason,
            by=request.user,
        ),
        done=lambda _: (f"已办理{what}申请。", entry),
        title=f"审批{what}重点监管：{entry.enterprise.name}",
        crumbs=[*CRUMBS, (str(entry), entry.get_absolute_url())],
        submit="提交",
        note=f"{by or ''}申请{what}，理由：{asked}",
        not_now=_no_deciding(entry, request.user),
    )


def _remove(request: Request, entry: KeyEntry) -> HttpResponse:
    return act_page(
        request,
        form=forms.ReasonForm(request.POST or None),
        act=lambda reason: keys.propose_removal(
            entry=entry, reason=reason, by=request.user
        ),
        done=lambda _: ("已提出移出申请，等待另一人批准。", entry),
        title=f"申请移出重点监管：{entry.enterprise.name}",
        crumbs=[*CRUMBS, (str(entry), entry.get_absolute_url())],
        submit="提出申请",
        note="情形消失后会自动移出，不用申请。在事实没有变化时，经批准移出的单位"
        "不会因同一事实再次自动列入。",
        not_now=_no_removing(entry),
    )


ACTS = {
    "decide": (P.SUPERVISION_APPROVE, _decide),
    "remove": (P.SUPERVISION_EDIT, _remove),
}


def key_act(request: Request, pk: int, act: str) -> HttpResponse:
    """Show and carry out one step of an entry."""
    entry = _entry(request, pk)
    if act not in ACTS:
        raise Http404(act)
    permission, page = ACTS[act]
    require(request.user, permission, at=entry.enterprise.grid)
    return page(request, entry)


def key_propose(request: Request, unit_pk: int) -> HttpResponse:
    """Ask that a unit become a key unit."""
    unit = unit_asked(request, unit_pk)
    require(request.user, P.SUPERVISION_EDIT, at=unit.grid)
    return act_page(
        request,
        form=forms.EntryForm(request.POST or None),
        act=lambda **data: keys.propose_entry(enterprise=unit, by=request.user, **data),
        done=lambda entry: ("已提出申请，等待另一人批准。", entry),
        title=f"申请列入重点监管：{unit.name}",
        crumbs=[*CRUMBS, (unit.name, tab_url(unit))],
        submit="提出申请",
    )
