"""重点单位: who is under key supervision, on which grounds, by whose decision."""

from io import BytesIO

import django_filters as filters
from django.contrib import messages
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Min, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enterprises.models import Enterprise
from enterprises.supervision import forms
from enterprises.supervision.models import KeyEntry
from enterprises.supervision.services import keys
from enterprises.supervision.views.grades import note_export
from enterprises.supervision.views.shared import (
    P,
    Step,
    act_page,
    course_html,
    districts,
    evidence_html,
    knows_reasons,
    timeline_of,
    unit_asked,
)
from gridinspect.accounts.models import User
from gridinspect.accounts.requests import Request
from gridinspect.documents.answers import workbook_answer
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
from grids import outline
from grids.access import may, require

CRUMBS = [("重点单位", "/key-units/")]
TONES = {"proposed": "notice", "active": "warning", "rejected": "plain"}
LISTED = "列入重点"


class KeyUnitFilter(filters.FilterSet):
    """The search block of 重点单位. Grounds are asked for only by who may know them."""

    name = filters.CharFilter("name", lookup_expr="icontains", label="单位名称")
    ground = filters.ChoiceFilter(
        label="列入依据", method="by_ground", empty_label="全部"
    )
    since = filters.DateFilter(
        "key_since",
        lookup_expr="gte",
        label="列入日期 自",
        widget=forms.DayInput,
    )
    until = filters.DateFilter(
        "key_since", lookup_expr="lte", label="至", widget=forms.DayInput
    )

    class Meta:
        model = Enterprise
        fields: list[str] = []

    def __init__(self, *args, user, on, **kwargs):
        super().__init__(*args, **kwargs)
        self.user, self.on = user, on
        if not user.holds(P.KEY_REASON_VIEW):
            del self.form.fields["ground"]
            del self.filters["ground"]
            return
        mine = KeyEntry.objects.filter(
            within_paths(user.scope_paths(P.KEY_REASON_VIEW), "enterprise__grid__path")
        ).on(on)
        names = mine.order_by("ground").values_list("ground", "ground_name").distinct()
        self.form.fields["ground"].choices = [("", "全部"), *dict(names).items()]

    def by_ground(self, units, _name, value):
        paths = self.user.scope_paths(P.KEY_REASON_VIEW)
        entries = KeyEntry.objects.on(self.on).filter(
            enterprise=OuterRef("pk"), ground=value
        )
        return units.filter(Exists(entries)).filter(within_paths(paths, "grid__path"))


def key_unit_rows(user: User, at, on) -> QuerySet[Enterprise]:
    """Return the key units that a person sees, with since when and on which grounds."""
    entries = KeyEntry.objects.on(on).filter(enterprise=OuterRef("pk")).order_by()
    first = entries.values("enterprise").annotate(first=Min("since")).values("first")
    units = Enterprise.objects.visible_to(user).filter(Exists(entries))
    if at:
        units = units.within(at)
    return units.select_related("grid", "district").annotate(
        key_since=Subquery(first),
        key_grounds=ArraySubquery(
            entries.order_by("since", "pk").values("ground_name")
        ),
    )


def columns(user: User) -> list[Column]:
    """Return the columns of the list."""

    def grounds(unit) -> str:
        if not knows_reasons(user, unit.grid):
            return LISTED
        return "；".join(unit.key_grounds)

    return [
        Column("name", "单位名称", sort="name", link=_tab),
        Column("uscc", "统一社会信用代码", sort="uscc"),
        Column("grid", "所属网格", "grid.name", sort="grid__code"),
        Column("headcount", "从业人数", numeric=True, sort="headcount"),
        Column("key_since", "列入日期", sort="key_since"),
        Column("grounds", "列入依据", grounds, wraps=True),
        Column("address", "经营地址", hidden=True),
    ]


def _tab(unit: Enterprise) -> str:
    return f"{unit.get_absolute_url()}?tab=supervision"


@require_GET
def key_unit_list(request: Request) -> HttpResponse:
    """Show the key units of the user's places, today."""
    user, today = request.user, timezone.localdate()
    require_holds(user, P.ENTERPRISE_VIEW)
    at = outline.place_asked(request)
    search = KeyUnitFilter(
        request.GET, queryset=key_unit_rows(user, at, today), user=user, on=today
    )
    table = build_table(
        request, search.qs, columns(user), name="key-units", default_sort="-key_since"
    )
    return render_list(
        request,
        title="重点单位",
        table=table,
        filters=search,
        toolbar=_toolbar(request),
        tree=outline.tree_beside(request, "supervision:key-units", at),
        note=f"{f'辖区：{at}。' if at else ''}符合方案情形的单位每天自动列入，"
        "情形消失后自动移出；手工列入和移出须有理由并由另一人批准。",
        empty="没有符合条件的重点单位。情形出现时自动列入"
        + (
            "，也可以在单位档案的“等级与重点”中申请列入。"
            if user.holds(P.SUPERVISION_EDIT)
            else "。"
        ),
    )


def _toolbar(request: Request) -> list[Action]:
    user, toolbar = request.user, []
    if user.holds(P.SUPERVISION_EDIT) or user.holds(P.SUPERVISION_APPROVE):
        waiting = KeyEntry.objects.visible_to(user).waiting().count()
        url = reverse("supervision:key-entries")
        toolbar.append(
            Action("列入和移出记录", url, "clock-history", primary=bool(waiting))
        )
    if user.holds(P.SUPERVISION_EDIT):
        toolbar.append(
            Action(
                "重新判定",
                reverse("supervision:key-refresh"),
                "arrow-repeat",
                method="post",
                confirm="按今天的事实重新判定您的区县的全部单位；也会在每天夜间自动进行。",
            )
        )
    query = request.GET.urlencode()
    toolbar.append(export_action(f"{reverse('supervision:key-export')}?{query}"))
    return toolbar


@require_GET
def key_export(request: Request) -> HttpResponse:
    """Hand out the list as a workbook, grounds only where one may know them."""
    user, today = request.user, timezone.localdate()
    require_holds(user, P.ENTERPRISE_VIEW)
    at = outline.place_asked(request)
    search = KeyUnitFilter(
        request.GET, queryset=key_unit_rows(user, at, today), user=user, on=today
    )
    shown = columns(user)
    stream = BytesIO()
    count = write_table(
        stream,
        [
            SheetColumn("序号", 6, "integer"),
            *(
                SheetColumn(
                    one.label,
                    36 if one.key in ("name", "grounds", "address") else 18,
                    "date" if one.key == "key_since" else "text",
                )
                for one in shown
            ),
        ],
        (
            [number, *(column.of(unit) for column in shown)]
            for number, unit in enumerate(
                search.qs.order_by("grid__code", "name").iterator(2000), 1
            )
        ),
        title="重点监管单位名册",
        organisation=str(at or ""),
        period=f"截至 {today}",
        unit="户",
        name="重点单位",
    )
    note_export(user, at, count, request.GET.dict(), "key_units.exported")
    return workbook_answer(stream, "key-units.xlsx")


@require_POST
def key_refresh(request: Request) -> HttpResponse:
    """Judge the units of the user's districts now."""
    require_holds(request.user, P.SUPERVISION_EDIT)
    entered = left = 0
    for district in districts(request.user, P.SUPERVISION_EDIT):
        found = keys.refresh_key_units(
            district=district, on=timezone.localdate(), by=request.user
        )
        entered, left = entered + found.entered, left + found.left
    messages.success(request, f"已重新判定：列入 {entered} 条，移出 {left} 条。")
    return redirect("supervision:key-units")


# --- the entries ----------------------------------------------------------------------

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
        crumbs=[*CRUMBS, (unit.name, _tab(unit))],
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
        crumbs=[*CRUMBS, (unit.name, _tab(unit))],
        submit="提出申请",
    )
