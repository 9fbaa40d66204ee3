"""Complaints and reports."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from cases import services, words
from cases.forms import (
    DecisionForm,
    FileCaseForm,
    MatterFilter,
    MatterForm,
    ReasonedDecisionForm,
    RevealForm,
)
from cases.models import Matter
from cases.rules import Refused
from cases.services import Clocks
from cases.views.acts import act_page
from cases.views.explained import explanation_tab
from enterprises.models import Enterprise
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import (
    Action,
    Tab,
    add_action,
    import_action,
    render_detail,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from grids.access import may, require, require_somewhere


def _columns(today):
    return [
        Column("number", "登记编号", link=True, sort="pk"),
        Column("kind", "类别", value="get_kind_display"),
        Column("respondent_name", "被反映单位", sort="respondent_name"),
        Column("grid", "网格", value="grid.name"),
        Column("channel", "渠道", value="get_channel_display", hidden=True),
        Column("received_on", "收到日期", sort="received_on"),
        Column(
            "due",
            "受理期限",
            value=lambda m: words.due_words(
                m.accept_due_on, m.accept_due_is_provisional
            ),
            sort="accept_due_on",
        ),
        Column(
            "urgency",
            "紧急程度",
            value=lambda m: (
                words.urgency_badge(m.accept_due_on, today) if m.is_open else ""
            ),
        ),
        Column("state", "状态", value=words.matter_state),
        Column("decided_on", "决定日期", sort="decided_on", hidden=True),
    ]


def matter_list(request):
    """Show the complaints and reports of the user's places, most urgent first."""
    require_holds(request.user, Permission.CASE_VIEW)
    matters = Matter.objects.visible_to(request.user).for_list()
    filters = MatterFilter(request.GET, queryset=matters)
    today = timezone.localdate()
    toolbar = []
    if request.user.holds(Permission.COMPLAINT_INTAKE):
        toolbar = [
            add_action(reverse("cases:register", args=["complaint"]), "登记投诉"),
            add_action(reverse("cases:register", args=["report"]), "登记举报"),
            import_action(reverse("imports:upload", args=["complaints"])),
        ]
    return render_list(
        request,
        title="投诉举报",
        table=build_table(request, filters.qs, _columns(today), name="matters"),
        filters=filters,
        toolbar=toolbar,
        empty="没有符合条件的投诉举报。",
    )


def register(request, kind):
    """Register a complaint or a report."""
    if kind not in Matter.Kind.values:
        raise Http404
    require_somewhere(request.user, Permission.COMPLAINT_INTAKE)
    form = MatterForm(request.POST or None, user=request.user, kind=kind)

    def act():
        registration = form.registration
        require(request.user, Permission.COMPLAINT_INTAKE, at=registration["grid"])
        return services.register_matter(kind=kind, by=request.user, **registration)

    def done(matter):
        until = f"，请在 {matter.accept_due_on} 前决定" if matter.accept_due_on else ""
        return f"已登记为{matter.number}{until}。", matter

    label = Matter.Kind(kind).label
    return act_page(
        request,
        form=form,
        act=act,
        done=done,
        title=f"登记{label}",
        sections=MatterForm.SECTIONS,
        crumbs=_crumbs(),
        submit="登记",
    )


def matter_detail(request, pk):
    """Show a complaint or report; never who sent it."""
    matter = _matter(request, pk)
    today = timezone.localdate()
    may_look = may_reveal(request.user, matter)
    facts = [
        ("类别", matter.get_kind_display()),
        ("状态", words.matter_state(matter)),
        ("收到日期", matter.received_on),
        ("来源渠道", matter.get_channel_display()),
        ("被反映单位", matter.respondent_name),
        ("单位地址", matter.respondent_address),
        ("所属网格", matter.grid.name),
        ("行为起止", f"{matter.act_started_on or '—'} 至 {matter.act_ended_on or '—'}"),
        (
            _period(matter),
            words.due_words(matter.accept_due_on, matter.accept_due_is_provisional),
        ),
    ]
    if matter.is_open and matter.accept_due_on:
        facts.append(("紧急程度", words.urgency_badge(matter.accept_due_on, today)))
    if matter.decided_on:
        facts.append(("决定日期", matter.decided_on))
        facts.append(("决定理由", matter.decision_reason))
    tabs = [
        Tab("facts", "反映内容", [("事实", matter.facts), ("请求", matter.demands)])
    ]
    if matter.accept_due_on:
        tabs.append(explanation_tab(lambda: _explained(matter)))
    if matter.writs.exists():
        tabs.append(
            Tab(
                "writs",
                "文书",
                lambda: _writs(request, matter),
                empty="还没有文书，作出决定时制发的文书列在这里。",
            )
        )
    return render_detail(
        request,
        title=matter.number,
        subtitle=matter.respondent_name,
        facts=facts,
        tabs=tabs,
        timeline=words.timeline_of(matter, with_looks=may_look),
        actions=_actions(request.user, matter),
        crumbs=_crumbs(),
        obj=matter,
        template="cases/matter.html",
        context={
            "matter": matter,
            "case": getattr(matter, "case", None),
            "reveal_form": RevealForm() if may_look else None,
        },
    )


def accept(request, pk):
    """Accept a complaint."""
    matter = _matter(request, pk)
    require(request.user, Permission.COMPLAINT_INTAKE, at=matter.grid)
    form = DecisionForm(request.POST or None)
    return act_page(
        request,
        form=form,
        act=lambda: services.accept_matter(
            matter=matter, by=request.user, **form.cleaned_data
        ),
        done=lambda writ: (f"已受理，制发{writ}；请当日立案。", matter),
        title="受理投诉",
        crumbs=_crumbs(matter),
        submit="受理并制发通知书",
    )


def refuse(request, pk):
    """Refuse a complaint, with the reason."""
    matter = _matter(request, pk)
    require(request.user, Permission.COMPLAINT_INTAKE, at=matter.grid)
    form = ReasonedDecisionForm(request.POST or None)
    return act_page(
        request,
        form=form,
        act=lambda: services.refuse_matter(
            matter=matter, by=request.user, **form.cleaned_data
        ),
        done=lambda writ: (f"已决定不予受理，制发{writ}。", matter),
        title="不予受理",
        crumbs=_crumbs(matter),
        submit="不予受理并制发通知书",
        note="理由写入通知书，送达投诉人。",
    )


def decline(request, pk):
    """Decide not to file a case on a report."""
    matter = _matter(request, pk)
    require(request.user, Permission.COMPLAINT_INTAKE, at=matter.grid)
    form = ReasonedDecisionForm(request.POST or None)
    return act_page(
        request,
        form=form,
        act=lambda: services.decline_matter(
            matter=matter, by=request.user, **form.cleaned_data
        ),
        done=lambda _: ("已决定不予立案。", matter),
        title="不予立案",
        crumbs=_crumbs(matter),
        submit="不予立案",
    )


def file_matter(request, pk):
    """File a case on an accepted complaint or a report."""
    matter = _matter(request, pk)
    require(request.user, Permission.CASE_FILE, at=matter.grid)
    ready = Matter.State.REGISTERED if matter.is_report else Matter.State.ACCEPTED
    if matter.state != ready:
        messages.error(request, f"{matter.get_state_display()}，现在不能立案。")
        return redirect(matter)
    form = FileCaseForm(
        request.POST or None,
        user=request.user,
        district=matter.district,
        enterprise=matter.enterprise,
        matter=matter,
    )

    def act():
        data = dict(form.cleaned_data)
        data.pop("unit", None)
        data.setdefault("filed_on", matter.decided_on)
        unit = cast(Enterprise, form.enterprise)
        require(request.user, Permission.CASE_FILE, at=unit.grid)
        return services.file_case(
            enterprise=unit,
            matter=matter,
            source=matter.kind,
            by=request.user,
            **data,
        )

    note = "" if matter.is_report else f"立案日期为受理之日：{matter.decided_on}。"
    return act_page(
        request,
        form=form,
        act=act,
        done=lambda case: (f"已立案：{case}，期限至 {case.due_on}。", case),
        title="立案",
        sections=FileCaseForm.SECTIONS,
        crumbs=_crumbs(matter),
        submit="立案",
        note=note,
    )


@never_cache
def reveal(request, pk):
    """Show who complained or reported, once, for a reason that is recorded."""
    matter = _matter(request, pk)
    if not may_reveal(request.user, matter):
        raise PermissionDenied("IDENTITY_REVEAL")
    if request.method != "POST":
        return redirect(matter)
    form = RevealForm(request.POST)
    if not form.is_valid():
        messages.error(request, "查看反映人身份须写明事由（至少4个字）。")
        return redirect(matter)
    try:
        identity = services.reveal_identity(
            matter=matter, by=request.user, **form.cleaned_data
        )
    except Refused as error:
        messages.error(request, str(error))
        return redirect(matter)
    crumbs = [*_crumbs(matter), ("反映人身份", "")]
    page = {"matter": matter, "identity": identity, "crumbs": crumbs}
    return render(request, "cases/identity.html", page)


def may_reveal(user, matter) -> bool:
    """Tell who may look: a reporter, intake and leader only; a complainant, also the
    inspectors who handle the case and must reach the person."""
    if may(user, Permission.IDENTITY_REVEAL, at=matter.grid):
        return True
    return not matter.is_report and may(user, Permission.CASE_HANDLE, at=matter.grid)


def _matter(request, pk) -> Matter:
    return get_object_or_404(
        Matter.objects.visible_to(request.user).select_related(
            "grid", "district__city", "enterprise__grid", "case"
        ),
        pk=pk,
    )


def _actions(user, matter):
    intake = matter.is_open and may(user, Permission.COMPLAINT_INTAKE, at=matter.grid)
    actions = []
    if intake and not matter.is_report:
        actions += [
            Action("受理", reverse("cases:accept", args=[matter.pk]), primary=True),
            Action("不予受理", reverse("cases:refuse", args=[matter.pk])),
        ]
    if intake and matter.is_report:
        actions.append(Action("不予立案", reverse("cases:decline", args=[matter.pk])))
    fileable = matter.is_open if matter.is_report else matter.state == "accepted"
    if fileable and may(user, Permission.CASE_FILE, at=matter.grid):
        url = reverse("cases:file_matter", args=[matter.pk])
        actions.append(Action("立案", url, primary=True))
    return actions


def _explained(matter):
    clocks = Clocks()
    due = clocks.acceptance(matter.district, matter.received_on, matter.kind)
    limit = clocks.limits(matter.district).of("T1", on=matter.received_on)
    return [(_period(matter), limit, due)] if due else []


def _period(matter) -> str:
    """Name the period to decide: a report is not accepted, only filed or not."""
    return "立案决定期限" if matter.is_report else "受理期限"


def _writs(request, matter):
    columns = [
        Column("kind", "文书", value="get_kind_display"),
        Column(
            "number",
            "文号",
            link=lambda w: (
                w.document.get_absolute_url()
                if may(request.user, w.document.permission, at=matter.grid)
                else ""
            ),
        ),
        Column("issued_on", "制发日期"),
    ]
    rows = list(matter.writs.select_related("document"))
    return build_table(request, rows, columns, name="matter-writs")


def _crumbs(matter=None):
    crumbs = [("投诉举报", reverse("cases:matters"))]
    return [*crumbs, (matter.number, matter.get_absolute_url())] if matter else crumbs
