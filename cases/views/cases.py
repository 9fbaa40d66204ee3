"""Cases, from filing to closing."""

from typing import cast

from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from cases import services, words
from cases.forms import (
    CaseFilter,
    CloseCaseForm,
    CorrectionForm,
    DecisionForm,
    EndInvestigationForm,
    ExtensionDecisionForm,
    ExtensionForm,
    FileCaseForm,
)
from cases.models import Case, Extension, Writ
from cases.rules import due_date
from cases.services import Clocks
from cases.views.acts import act_page
from cases.views.explained import explanation_tab
from enterprises.models import Enterprise
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import (
    Action,
    Tab,
    render_detail,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from grids.access import may, require


def _columns(today):
    return [
        Column("number", "案号", link=True, sort="pk"),
        Column("enterprise", "用人单位", value="enterprise.name"),
        Column("grid", "网格", value="grid.name"),
        Column("source", "来源", value="get_source_display", hidden=True),
        Column("cause", "案由", value="cause"),
        Column("lead", "主办", value=_lead),
        Column("filed_on", "立案日期", sort="filed_on"),
        Column(
            "due",
            "期限",
            value=lambda c: words.due_words(c.running_until, c.running_is_provisional),
            sort="clock_on",
        ),
        Column(
            "urgency",
            "紧急程度",
            value=lambda c: (
                words.urgency_badge(c.running_until, today) if c.is_open else ""
            ),
        ),
        Column("state", "状态", value=lambda c: words.case_state(c, today)),
        Column("closed_on", "结案日期", sort="closed_on", hidden=True),
        Column("outcome", "处理结果", value="get_outcome_display", hidden=True),
    ]


def case_list(request):
    """Show the cases of the user's places: the open ones first, by urgency."""
    require_holds(request.user, Permission.CASE_VIEW)
    cases = Case.objects.visible_to(request.user).for_list()
    filters = CaseFilter(request.GET, queryset=cases)
    today = timezone.localdate()
    return render_list(
        request,
        title="案件",
        table=build_table(request, filters.qs, _columns(today), name="cases"),
        filters=filters,
        empty="没有符合条件的案件。",
        note="新案件从投诉举报或单位档案立案。",
    )


def case_detail(request, pk):
    """Show one case with its clocks, writs and timeline."""
    case = _case(request, pk)
    today, user = timezone.localdate(), request.user
    team = "、".join(str(member) for member in case.members.all())
    facts = [
        ("用人单位", case.enterprise.name),
        ("网格", case.grid.name),
        ("案件来源", case.get_source_display()),
        ("案由", case.cause),
        ("办案人员", team),
        ("立案日期", case.filed_on),
        ("调查期限", words.due_words(case.due_on, case.due_on_is_provisional)),
        ("延期批准", case.extended_on),
        ("调查终结", case.investigation_ended_on),
        (
            "处理决定期限",
            words.due_words(case.decision_due_on, case.decision_due_is_provisional),
        ),
    ]
    if case.is_open:
        facts.append(("紧急程度", words.urgency_badge(case.running_until, today)))
    else:
        facts.append(("结案日期", case.closed_on))
        facts.append(("处理结果", case.get_outcome_display()))
        facts.append(("结案说明", case.closing_note))
    pending = case.extensions.filter(state=Extension.State.PROPOSED).first()
    tabs = [
        Tab("facts", "主要事实", [("事实", case.facts)]),
        explanation_tab(lambda: _explained(case)),
        Tab(
            "writs",
            "文书",
            lambda: _writs(request, case),
            empty="还没有文书。责令改正请点“限期改正指令书”。",
        ),
        Tab(
            "extensions",
            "延期",
            lambda: _extensions(request, case),
            empty="没有申请过延期；确需延期的，在期限届满前点“申请延期”。",
        ),
    ]
    objects = [case, case.matter] if case.matter else [case]
    looks = bool(case.matter) and may(user, Permission.IDENTITY_REVEAL, at=case.grid)
    return render_detail(
        request,
        title=case.number,
        subtitle=case.enterprise.name,
        badges=[words.case_state(case, today)],
        facts=facts,
        tabs=tabs,
        timeline=words.timeline_of(*objects, with_looks=looks),
        actions=_actions(user, case, pending),
        crumbs=_crumbs(),
        obj=case,
        template="cases/case.html",
        context={"case": case},
    )


def file_on_enterprise(request, enterprise_pk):
    """File a case found by patrol, campaign, review or transfer."""
    enterprise = get_object_or_404(
        Enterprise.objects.visible_to(request.user).select_related(
            "grid", "district__city"
        ),
        pk=enterprise_pk,
    )
    require(request.user, Permission.CASE_FILE, at=enterprise.grid)
    form = FileCaseForm(
        request.POST or None,
        user=request.user,
        district=enterprise.district,
        enterprise=enterprise,
    )
    return act_page(
        request,
        form=form,
        act=lambda: services.file_case(
            enterprise=enterprise, by=request.user, **form.cleaned_data
        ),
        done=lambda case: (f"已立案：{case}，期限至 {case.due_on}。", case),
        title=f"立案：{enterprise.name}",
        sections=FileCaseForm.SECTIONS,
        crumbs=_crumbs(),
        submit="立案",
    )


def propose_extension(request, pk):
    """Ask for the one extension of an investigation."""
    case = _case(request, pk)
    require(request.user, Permission.CASE_HANDLE, at=case.grid)
    form = ExtensionForm(request.POST or None)
    return act_page(
        request,
        form=form,
        act=lambda: services.propose_extension(
            case=case, on=timezone.localdate(), by=request.user, **form.cleaned_data
        ),
        done=lambda _: ("延期申请已提出，等待负责人批准。", case),
        title="申请延期",
        crumbs=_crumbs(case),
        submit="提出申请",
        note=f"须在 {case.due_on} 届满前由负责人批准，只能延长一次。",
    )


def decide_extension(request, pk):
    """Grant or turn down a proposed extension; not for whoever proposed it."""
    extension = get_object_or_404(
        Extension.objects.filter(
            case__in=Case.objects.visible_to(request.user)
        ).select_related("case__grid", "proposed_by__person"),
        pk=pk,
    )
    case = extension.case
    require(request.user, Permission.CASE_APPROVE, at=case.grid)
    form = ExtensionDecisionForm(request.POST or None)

    def act():
        approved = form.cleaned_data["decision"] == "approve"
        decide = services.approve_extension if approved else services.reject_extension
        decide(extension=extension, on=timezone.localdate(), by=request.user)
        return approved

    return act_page(
        request,
        form=form,
        act=act,
        done=lambda approved: ("已批准延期。" if approved else "未批准延期。", case),
        title="批复延期",
        crumbs=_crumbs(case),
        submit="批复",
        note=f"{extension.proposed_by}于 {extension.proposed_on} 提出："
        f"{extension.reason}",
    )


def end_investigation(request, pk):
    """Note the end of the investigation."""
    case = _case(request, pk)
    require(request.user, Permission.CASE_HANDLE, at=case.grid)
    form = EndInvestigationForm(request.POST or None)
    return act_page(
        request,
        form=form,
        act=lambda: services.end_investigation(
            case=case, by=request.user, **form.cleaned_data
        ),
        done=lambda _: ("调查已终结，处理决定的期限开始计算。", case),
        title="调查终结",
        crumbs=_crumbs(case),
    )


def close(request, pk):
    """Close a case with its outcome."""
    case = _case(request, pk)
    require(request.user, Permission.CASE_HANDLE, at=case.grid)
    form = CloseCaseForm(request.POST or None)
    return act_page(
        request,
        form=form,
        act=lambda: services.close_case(
            case=case, by=request.user, **form.cleaned_data
        ),
        done=lambda _: (f"{case}已结案。", case),
        title="结案",
        crumbs=_crumbs(case),
        submit="结案",
    )


def correct(request, pk):
    """Order a unit to correct by a day (限期改正指令书)."""
    case = _case(request, pk)
    require(request.user, Permission.CASE_HANDLE, at=case.grid)
    form = CorrectionForm(request.POST or None)
    return act_page(
        request,
        form=form,
        act=lambda: services.issue_correction(
            case=case, by=request.user, **form.cleaned_data
        ),
        done=lambda writ: (f"已制发{writ}。", f"{case.get_absolute_url()}?tab=writs"),
        title="限期改正指令书",
        crumbs=_crumbs(case),
        submit="制发",
        note=f"送达{case.enterprise.name}。不要写入投诉人、举报人的任何信息。",
    )


def note_correction(request, pk):
    """Note that the unit has corrected."""
    writ = get_object_or_404(
        Writ.objects.visible_to(request.user).select_related("case__grid"),
        pk=pk,
        kind=Writ.Kind.CORRECTION,
    )
    case = cast(Case, writ.case)
    require(request.user, Permission.CASE_HANDLE, at=case.grid)
    form = DecisionForm(request.POST or None)
    form.fields["on"].label = "改正日期"
    return act_page(
        request,
        form=form,
        act=lambda: services.note_correction(
            writ=writ, by=request.user, **form.cleaned_data
        ),
        done=lambda _: ("已登记改正。", case),
        title="登记改正",
        crumbs=_crumbs(case),
    )


def cases_of(request, enterprise):
    """Return the tab 案件 of a unit's file, with the way to file one."""
    cases = Case.objects.visible_to(request.user).filter(enterprise=enterprise)
    table = build_table(
        request,
        cases.for_list(),
        _columns(timezone.localdate()),
        name="enterprise-cases",
    )
    context = {
        "table": table,
        "enterprise": enterprise,
        "may_file": may(request.user, Permission.CASE_FILE, at=enterprise.grid),
    }
    return render_to_string("cases/_of_unit.html", context, request=request)


def _case(request, pk) -> Case:
    return get_object_or_404(
        Case.objects.visible_to(request.user)
        .select_related("grid", "district__city", "enterprise", "matter")
        .prefetch_related("members__person"),
        pk=pk,
    )


def _lead(case) -> str:
    return next((m.person.name for m in case.members.all() if m.is_lead), "")


def _actions(user, case, pending):
    if not case.is_open:
        return []
    actions = []
    handles = may(user, Permission.CASE_HANDLE, at=case.grid)
    if handles and not case.investigation_ended_on:
        url = reverse("cases:end_investigation", args=[case.pk])
        actions.append(Action("调查终结", url, primary=True))
        if not pending and not case.extended_on:
            url = reverse("cases:propose_extension", args=[case.pk])
            actions.append(Action("申请延期", url))
    if handles:
        url = reverse("cases:correct", args=[case.pk])
        actions.append(Action("限期改正指令书", url))
    if handles and case.investigation_ended_on:
        url = reverse("cases:close", args=[case.pk])
        actions.append(Action("结案", url, primary=True))
    if pending and may(user, Permission.CASE_APPROVE, at=case.grid):
        url = reverse("cases:decide_extension", args=[pending.pk])
        actions.append(Action("批复延期", url, primary=True))
    return actions


def _explained(case):
    clocks = Clocks()
    limits = clocks.limits(case.district)
    limit = limits.of("T5", on=case.filed_on)
    counted = [("调查期限", limit, due_date(case.filed_on, limit, clocks.workdays))]
    if case.extended_on:
        extended = clocks.investigation(case.district, case.filed_on, extended=True)
        limit = limits.of("T6", on=case.filed_on)
        name = "延长后的调查期限（接原期限连续计算）"
        counted.append((name, limit, extended))
    if ended := case.investigation_ended_on:
        due = clocks.decision(case, ended)
        counted.append(("处理决定期限", limits.of("T7", on=ended), due))
    return reversed(counted)


def _writs(request, case):
    def actions(writ):
        if writ.corrected_on or not may(
            request.user, Permission.CASE_HANDLE, at=case.grid
        ):
            return []
        return [Action("登记改正", reverse("cases:note_correction", args=[writ.pk]))]

    columns = [
        Column("kind", "文书", value="get_kind_display"),
        Column("number", "文号", link=lambda w: w.document.get_absolute_url()),
        Column("issued_on", "制发日期"),
        Column("correct_by", "改正期限"),
        Column("corrected_on", "改正日期"),
    ]
    rows = list(case.writs.select_related("document"))
    return build_table(request, rows, columns, name="case-writs", row_actions=actions)


def _extensions(request, case):
    columns = [
        Column("proposed_on", "提出日期"),
        Column("proposed_by", "提出人"),
        Column("reason", "理由"),
        Column("state", "批复", value="get_state_display"),
        Column("decided_on", "批复日期"),
        Column("decided_by", "批复人"),
    ]
    rows = list(
        case.extensions.select_related("proposed_by__person", "decided_by__person")
    )
    return build_table(request, rows, columns, name="case-extensions")


def _crumbs(case=None):
    crumbs = [("案件", reverse("cases:list"))]
    return [*crumbs, (case.number, case.get_absolute_url())] if case else crumbs
