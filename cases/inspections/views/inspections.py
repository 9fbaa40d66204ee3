"""One inspection: its page, and each act from planning to the result notice."""

from typing import cast

from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from cases.inspections import papers, rules, services, words
from cases.inspections.forms import (
    ConcludeForm,
    DecisionForm,
    InspectionForm,
    NoticeForm,
    ReasonForm,
    RecordForm,
    TeamForm,
)
from cases.inspections.frequency import Caps, frequency_of
from cases.inspections.models import Inspection, InspectionPlan, Kind
from cases.inspections.views.plans import district_asked
from cases.services.writs import agency_name
from cases.views.acts import act_page
from enterprises.models import Enterprise
from gridinspect.accounts.roles import Permission
from gridinspect.documents import pdf
from gridinspect.documents.answers import pdf_answer
from gridinspect.ui.pages import Action, Tab, render_detail
from grids.access import may, require, require_somewhere

P, State = Permission, Inspection.State


def detail(request, pk):
    """Show one inspection with its papers, record and timeline."""
    user, row = request.user, _inspection(request, pk)
    today = timezone.localdate()
    facts = [
        ("被检查单位", row.enterprise.name),
        ("网格", row.grid.name),
        ("检查类别", words.kind_words(user, row, Caps(), today)),
        ("检查计划", words.plan_title(user, row.plan)),
        ("计划日期", row.planned_on),
        ("检查日期", row.inspected_on),
        ("检查人员", words.members(row)),
        ("频次", words.counted_words(row)),
        ("频次情况", row.cap_words),
        ("突破上限的理由", row.override_reason),
        ("批准人", row.approved_by),
        ("批准文号", row.approval_number),
        ("检查通知书", row.notice_number),
    ]
    if row.state == State.INSPECTED:
        facts.append(("告知期限", words.due(row, today)))
        facts.append(("紧急程度", words.near(row, today)))
    if row.outcome:
        facts += [
            ("处理结果", row.get_outcome_display()),
            ("告知日期", row.concluded_on),
            ("结果告知书", row.result_number),
        ]
    if row.drop_reason:
        facts.append(("取消理由", row.drop_reason))
    shown = [fact for fact in facts if fact[1] not in (None, "")]
    return render_detail(
        request,
        title=f"行政检查：{row.enterprise.name}",
        subtitle=f"{row.inspected_on or row.planned_on}",
        badges=[words.state(row)],
        note=words.next_step(row),
        facts=shown,
        tabs=[
            Tab("record", "检查记录", lambda: _record(request, row)),
            Tab("papers", "文书", lambda: _papers(request, row)),
        ],
        timeline=words.timeline_of(row),
        actions=_actions(user, row),
        crumbs=CRUMBS,
        obj=row,
        template="inspections/inspection.html",
        context={"inspection": row, "plan_url": words.plan_url(user, row.plan)},
    )


CRUMBS = [("行政检查", "/inspections/")]


def _record(request, row) -> str:
    lines = [
        (
            topic,
            rules.ANSWERS.get((row.answers.get(key) or {}).get("answer", ""), ""),
            (row.answers.get(key) or {}).get("finding", ""),
        )
        for key, topic in rules.TOPICS.items()
    ]
    context = {"inspection": row, "lines": lines if row.answers else []}
    return render_to_string("inspections/_record.html", context, request)


def _papers(request, row) -> str:
    found = [
        ("行政检查通知书", row.notice_number, row.notified_on, row.notice),
        ("行政检查结果告知书", row.result_number, row.concluded_on, row.result),
    ]
    context = {
        "inspection": row,
        "papers": [one for one in found if one[3]],
        "title": "文书",
    }
    return render_to_string("inspections/_papers.html", context, request)


def _actions(user, row):
    actions = []
    if _may_decide(user, row):
        actions.append(_action("批复", "decide", row, primary=True))
    if may(user, P.INSPECTION_HANDLE, at=row.grid):
        steps = {
            State.APPROVED: ("制发检查通知书", "notify"),
            State.NOTIFIED: ("录入检查记录", "record"),
            State.INSPECTED: ("告知检查结果", "conclude"),
        }
        if row.state in steps and _due_now(row):
            actions.append(_action(*steps[row.state], row, primary=True))
        if row.is_pending:
            actions.append(_action("调整检查人员", "team", row))
            actions.append(_action("取消检查", "cancel", row))
    name = "检查记录" if row.inspected_on else "空白检查记录"
    url = reverse("inspections:record-pdf", args=[row.pk])
    actions.append(Action(name, url, icon="file-earmark-pdf"))
    return actions


def _action(label, name, row, *, primary=False):
    return Action(label, reverse(f"inspections:{name}", args=[row.pk]), primary=primary)


def _may_decide(user, row) -> bool:
    waits = not words.no_decision(user, row)
    return waits and may(user, P.INSPECTION_APPROVE, at=row.grid)


def _due_now(row) -> bool:
    """Tell whether the next step may be taken: nobody records what lies ahead."""
    if row.state != State.NOTIFIED:
        return True
    return not words.no_record_yet(row, timezone.localdate())


# --- planning -------------------------------------------------------------------------


def add(request):
    """Put a unit into one of the district's plans."""
    require_somewhere(request.user, P.INSPECTION_HANDLE)
    return _add(request, district=district_asked(request))


def add_to_plan(request, pk):
    """Put a unit into this plan."""
    plan = get_object_or_404(
        InspectionPlan.objects.visible_to(request.user).select_related(
            "grid", "district__city"
        ),
        pk=pk,
    )
    require(request.user, P.INSPECTION_HANDLE, at=plan.grid)
    return _add(request, district=plan.district, plan=plan)


def add_unit(request, enterprise_pk):
    """Put this unit into one of the district's plans."""
    unit = get_object_or_404(
        Enterprise.objects.visible_to(request.user).select_related(
            "grid", "district__city"
        ),
        pk=enterprise_pk,
    )
    require(request.user, P.INSPECTION_HANDLE, at=unit.grid)
    return _add(request, district=unit.district, unit=unit)


def _add(request, *, district, plan=None, unit=None):
    user = request.user
    form = InspectionForm(
        request.POST or None, user=user, district=district, plan=plan, enterprise=unit
    )

    def act():
        data = form.cleaned_data
        return services.plan_inspection(
            plan=plan or data["plan"],
            enterprise=cast(Enterprise, form.enterprise),
            planned_on=data["planned_on"],
            team=data["team"],
            lead=data["lead"],
            helpers=data["helpers"],
            override_reason=data["override_reason"],
            by=user,
        )

    def done(row):
        if row.is_over_cap:
            return "已列入计划。该单位突破频次上限，须负责人单独批准后才能检查。", row
        if row.state == State.PROPOSED:
            return "已列入计划，计划批准后即可检查。", row
        return "已列入计划，可以制发检查通知书。", row

    title = "新增检查"
    note = "检查须经批准并告知单位，由两名以上持证监察员实施（国办发〔2024〕54号）。"
    if unit:
        title = f"新增检查：{unit.name}"
        note = f"{unit.name}{frequency_of(unit).words}。{note}"
    if plan and plan.kind != Kind.TARGETED:
        title = f"加入检查计划：{plan.name}"
    return act_page(
        request,
        form=form,
        act=act,
        done=done,
        title=title,
        sections=InspectionForm.SECTIONS,
        crumbs=CRUMBS,
        submit="列入计划",
        note=note,
    )


def decide(request, pk):
    """Approve or turn down one inspection that goes over a cap."""
    user, row = request.user, _inspection(request, pk)
    require(user, P.INSPECTION_APPROVE, at=row.grid)
    choices = [("yes", "批准检查"), ("no", "不批准")]
    form = DecisionForm(request.POST or None, choices=choices)

    def act():
        today = timezone.localdate()
        if form.cleaned_data["decision"] == "yes":
            services.approve_inspection(inspection=row, on=today, by=user)
            return "已批准检查。"
        services.reject_inspection(
            inspection=row, reason=form.cleaned_data["reason"], on=today, by=user
        )
        return "未批准检查。"

    note = f"{row.enterprise}{row.cap_words}。"
    if row.override_reason:
        note += f"突破上限的理由：{row.override_reason}"
    return act_page(
        request,
        form=form,
        act=act,
        done=lambda said: (said, row),
        title="批复检查",
        crumbs=_crumbs(row),
        submit="批复",
        note=note,
        not_now=words.no_decision(user, row),
    )


def team(request, pk):
    """Change who inspects."""
    user, row = request.user, _inspection(request, pk)
    require(user, P.INSPECTION_HANDLE, at=row.grid)
    members = list(row.members.all())
    form = TeamForm(
        request.POST or None,
        district=row.district,
        initial={
            "team": [one.person_id for one in members if not one.is_helper],
            "lead": next((one.person_id for one in members if one.is_lead), None),
            "helpers": [one.person_id for one in members if one.is_helper],
        },
    )
    return act_page(
        request,
        form=form,
        act=lambda: services.set_team(inspection=row, by=user, **form.cleaned_data),
        done=lambda _: ("检查人员已调整。", row),
        title="调整检查人员",
        sections=[TeamForm.TEAM],
        crumbs=_crumbs(row),
        note="已制发的通知书载明原检查人员，调整后请告知单位。"
        if row.state == State.NOTIFIED
        else "",
        not_now=words.not_now(row, *Inspection.PENDING),
    )


# --- the course -----------------------------------------------------------------------


def notify(request, pk):
    """Issue the notice to the unit."""
    user, row = request.user, _inspection(request, pk)
    require(user, P.INSPECTION_HANDLE, at=row.grid)
    form = NoticeForm(request.POST or None)
    return act_page(
        request,
        form=form,
        act=lambda: services.issue_notice(inspection=row, by=user, **form.cleaned_data),
        done=lambda _: ("已制发检查通知书。", f"{row.get_absolute_url()}?tab=papers"),
        title="制发检查通知书",
        crumbs=_crumbs(row),
        submit="制发",
        note=f"送达{row.enterprise.name}，载明检查日期 {row.planned_on}、事项和人员。"
        "通知书不写检查事由。",
        not_now=words.not_now(row, State.APPROVED),
    )


def record(request, pk):
    """Record what was found: the nine matters, the facts, who was present."""
    user, row = request.user, _inspection(request, pk)
    require(user, P.INSPECTION_HANDLE, at=row.grid)
    today = timezone.localdate()
    form = RecordForm(
        request.POST or None,
        topics=row.plan.topics,
        initial={"place": row.enterprise.address, "on": min(row.planned_on, today)},
    )
    return act_page(
        request,
        form=form,
        act=lambda: services.record_inspection(inspection=row, by=user, **form.record),
        done=lambda _: ("检查记录已保存，请在期限内告知单位检查结果。", row),
        title="检查记录",
        crumbs=_crumbs(row),
        submit="保存记录",
        note=f"{row.enterprise.name}　检查人员：{words.members(row)}",
        template="inspections/record_form.html",
        not_now=words.no_record_yet(row, today),
    )


def conclude(request, pk):
    """Tell the unit the result and hand on what was found."""
    user, row = request.user, _inspection(request, pk)
    require(user, P.INSPECTION_HANDLE, at=row.grid)
    form = ConcludeForm(request.POST or None)
    found = [
        rules.TOPICS[key]
        for key in rules.faults(
            {key: rules.Answer(**one) for key, one in row.answers.items()}
        )
    ]
    told = "、".join(found) or "没有"
    due = f"告知期限 {row.result_due_on}。" if row.result_due_on else ""
    return act_page(
        request,
        form=form,
        act=lambda: services.conclude(inspection=row, by=user, **form.cleaned_data),
        done=lambda case: (
            f"已告知检查结果，并立案 {case}。" if case else "已告知检查结果。",
            row,
        ),
        title="告知检查结果",
        sections=ConcludeForm.SECTIONS,
        crumbs=_crumbs(row),
        submit="制发结果告知书",
        note=f"记录中有问题的事项：{told}。{due}",
        not_now=words.not_now(row, State.INSPECTED),
    )


def cancel(request, pk):
    """Give up an inspection that was not carried out."""
    user, row = request.user, _inspection(request, pk)
    require(user, P.INSPECTION_HANDLE, at=row.grid)
    form = ReasonForm(request.POST or None)
    return act_page(
        request,
        form=form,
        act=lambda: services.cancel_inspection(
            inspection=row, on=timezone.localdate(), by=user, **form.cleaned_data
        ),
        done=lambda _: ("检查已取消。", row),
        title="取消检查",
        crumbs=_crumbs(row),
        submit="取消检查",
        note="取消后不计入频次。已制发通知书的，请另行告知单位。",
        not_now=words.not_now(row, *Inspection.PENDING),
    )


@require_GET
def record_pdf(request, pk):
    """Print the record, or before the inspection the form to fill in."""
    row = _inspection(request, pk)
    content = pdf.build(
        papers.record(row, agency=agency_name(row.district)),
        title=f"行政检查记录 {row.enterprise.name}",
        foot=row.enterprise.name,
        sign=papers.UNIT_SIGN,
    )
    return pdf_answer(content, f"inspection-{row.pk}.pdf")


def _inspection(request, pk) -> Inspection:
    return get_object_or_404(
        Inspection.objects.visible_to(request.user)
        .select_related(
            "plan__grid",
            "plan__district",
            "grid",
            "district__city",
            "enterprise",
            "proposed_by__person",
            "approved_by__person",
            "notice",
            "result",
            "case",
        )
        .prefetch_related("members__person", "members__certificate"),
        pk=pk,
    )


def _crumbs(row):
    return [*CRUMBS, (row.enterprise.name, row.get_absolute_url())]
