"""检查计划: the list, one plan with its units and draws, and the acts on it."""

from django.contrib import messages
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from cases.inspections import papers, services, words
from cases.inspections.forms import (
    DecisionForm,
    DrawForm,
    PlanFilter,
    PlanForm,
    ReasonForm,
    TakeForm,
)
from cases.inspections.frequency import Caps, cap_for, counted_of
from cases.inspections.models import Draw, InspectionPlan, Kind
from cases.inspections.rules import TOPICS, Frequency
from cases.inspections.services.drawing import drawn_teams, repeated, unit_key
from cases.inspections.views.lists import inspection_columns
from cases.views.acts import act_page
from enterprises.models import Enterprise
from enterprises.supervision.services.reading import grade_of
from gridinspect.accounts.roles import Permission
from gridinspect.documents import pdf
from gridinspect.documents.answers import pdf_answer
from gridinspect.ui.pages import (
    Action,
    Tab,
    add_action,
    render_detail,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from grids import outline
from grids.access import may, require, require_somewhere
from grids.models import Grid

P, State = Permission, InspectionPlan.State
CRUMBS = [("行政检查", "/inspections/"), ("检查计划", "/inspection-plans/")]


def plan_list(request):
    """Show the plans of the user's places, newest first."""
    user = request.user
    require_holds(user, P.INSPECTION_VIEW)
    at = outline.place_asked(request)
    plans = InspectionPlan.objects.visible_to(user)
    filters = PlanFilter(request.GET, queryset=plans.within(at) if at else plans)
    caps, today = Caps(), timezone.localdate()
    columns = [
        Column("name", "计划名称", lambda p: words.plan_title(user, p), link=True),
        Column("kind", "类别", lambda p: words.kind_words(user, p, caps, today)),
        Column("grid", "检查范围", "grid.name"),
        Column("scope", "检查对象", lambda p: _told(user, p, p.scope)),
        Column("begins_on", "自", sort="begins_on"),
        Column("ends_on", "至", sort="ends_on"),
        Column("units", "单位", numeric=True),
        Column("done", "已检查", numeric=True),
        Column("state", "状态", words.plan_state),
        Column("number", "批准文号", hidden=True),
        Column("proposed_by", "提出人", hidden=True),
    ]
    toolbar = []
    if user.holds(P.INSPECTION_HANDLE):
        toolbar.append(add_action(reverse("inspections:plan-add"), "新增计划"))
    return render_list(
        request,
        title="检查计划",
        table=build_table(
            request,
            filters.qs.for_list(),
            columns,
            name="inspection-plans",
            row_actions=lambda plan: _row_actions(user, plan),
        ),
        filters=filters,
        toolbar=toolbar,
        crumbs=CRUMBS[:1],
        tree=outline.tree_beside(request, "inspections:plans", at),
        note=f"辖区：{at}" if at else "",
        empty="没有符合条件的检查计划。点“新增计划”提出一个，由负责人批准后实施。",
    )


def _told(user, plan, text: str) -> str:
    return text if words.knows_why(user, plan) else "—"


def _row_actions(user, plan):
    if _may_decide(user, plan):
        return [Action("批复", reverse("inspections:plan-decide", args=[plan.pk]))]
    return []


def _may_decide(user, plan) -> bool:
    waits = not words.no_plan_decision(user, plan)
    return waits and may(user, P.INSPECTION_APPROVE, at=plan.grid)


def plan_detail(request, pk):
    """Show one plan: its units, its draws, what happened."""
    user, plan = request.user, _plan(request, pk)
    knows = words.knows_why(user, plan)
    today = timezone.localdate()
    topics = "；".join(TOPICS[key] for key in plan.topics)
    facts = [
        ("检查类别", words.kind_words(user, plan, Caps(), today)),
        ("检查范围", plan.grid.name),
        ("检查对象", _told(user, plan, plan.scope)),
        ("检查期间", f"{plan.begins_on} 至 {plan.ends_on}"),
        ("提出人", plan.proposed_by),
        ("批准人", plan.decided_by if plan.number else None),
        ("批准日期", plan.decided_on if plan.number else None),
        ("批准文号", plan.number),
    ]
    if plan.matter and knows:
        facts.append(("投诉举报编号", plan.matter.number))
    if plan.reason:
        facts.append(("退回或撤销的理由", plan.reason))
    tabs = [
        Tab(
            "units",
            "被检查单位",
            lambda: _units(request, plan),
            empty=_no_units(user, plan),
        ),
        Tab("topics", "检查事项", [("检查事项", topics)]),
    ]
    if plan.kind == Kind.RANDOM:
        tabs.insert(1, Tab("draws", "抽取", lambda: _draws(request, plan)))
    return render_detail(
        request,
        title=words.plan_title(user, plan),
        subtitle=plan.district.name,
        badges=[words.plan_state(plan)],
        facts=facts,
        tabs=tabs,
        timeline=words.timeline_of(plan) if knows else (),
        actions=_actions(user, plan),
        crumbs=CRUMBS,
        obj=plan,
    )


def _no_units(user, plan) -> str:
    if not may(user, P.INSPECTION_HANDLE, at=plan.grid):
        return "计划内还没有您辖区的单位，由办理检查的人员列入。"
    if plan.state not in (State.PROPOSED, State.APPROVED):
        return f"计划内没有单位。{words.NEXT_OF_PLAN[plan.state]}。"
    if plan.kind == Kind.RANDOM:
        return "计划内还没有单位。点“抽取单位和人员”抽取，再把抽中的单位列入计划。"
    return "计划内还没有单位。点“加入单位”逐户列入。"


def _units(request, plan):
    user = request.user
    rows = plan.inspections.visible_to(user).for_list()
    columns = [
        column
        for column in inspection_columns(user, timezone.localdate())
        if column.key not in ("kind", "plan")
    ]
    return build_table(request, rows, columns, name="plan-inspections")


def _draws(request, plan) -> str:
    draws = []
    for draw in plan.draws.select_related("drawn_by__person"):
        teams = drawn_teams(draw)
        draws.append(
            {
                "draw": draw,
                "teams": [
                    (unit, team, unit_key(unit.pk)) for unit, team in teams.items()
                ],
                "units": draw.pool.filter(person=None).count(),
                "persons": draw.pool.filter(enterprise=None).count(),
                "repeated": repeated(draw),
            }
        )
    latest = draws[-1]["draw"] if draws else None
    there = set(plan.inspections.standing().values_list("enterprise", flat=True))
    drawn = [unit.pk for unit, _, _ in draws[-1]["teams"]] if draws else []
    left = len(set(drawn) - there)
    handles = may(request.user, P.INSPECTION_HANDLE, at=plan.grid)
    alive = plan.state in ("proposed", "approved")
    context = {
        "plan": plan,
        "draws": draws[::-1],
        "latest": latest,
        "may_draw": handles and alive,
        "take": _take_form(plan) if handles and alive and left else None,
        "left": left,
    }
    return render_to_string("inspections/_draws.html", context, request)


def _take_form(plan) -> TakeForm:
    return TakeForm(initial={"planned_on": max(plan.begins_on, timezone.localdate())})


def _actions(user, plan):
    actions = []
    handles = may(user, P.INSPECTION_HANDLE, at=plan.grid)
    if _may_decide(user, plan):
        url = reverse("inspections:plan-decide", args=[plan.pk])
        actions.append(Action("批复", url, primary=True))
    if handles and plan.state in ("proposed", "approved"):
        url = reverse("inspections:add-to-plan", args=[plan.pk])
        actions.append(Action("加入单位", url, icon="plus-lg", primary=True))
        if plan.kind == Kind.RANDOM:
            url = reverse("inspections:draw", args=[plan.pk])
            actions.append(Action("抽取单位和人员", url, icon="shuffle"))
    if handles and plan.is_open and words.knows_why(user, plan):
        url = reverse("inspections:plan-change", args=[plan.pk])
        actions.append(Action("修改", url, icon="pencil"))
    if handles and plan.state != "cancelled":
        url = reverse("inspections:plan-cancel", args=[plan.pk])
        actions.append(Action("撤销计划", url, icon="x-lg"))
    return actions


def plan_add(request):
    """Propose a plan for a district or a grid in it."""
    user = request.user
    require_somewhere(user, P.INSPECTION_HANDLE)
    district = district_asked(request)
    form = PlanForm(request.POST or None, user=user, district=district)
    return act_page(
        request,
        form=form,
        act=lambda: services.propose_plan(
            grid=form.cleaned_data["grid"], fields=form.plan, by=user
        ),
        done=lambda plan: ("检查计划已提出，等待负责人批准；现在可以加入单位。", plan),
        title="新增检查计划",
        sections=PlanForm.SECTIONS,
        crumbs=CRUMBS,
        submit="提出计划",
        note="计划须由提出人以外的负责人批准（国办发〔2024〕54号：检查须经批准并告知）。",
    )


def district_asked(request) -> Grid:
    """Return the district in which a person plans: the asked one, or the first own."""
    at = outline.place_asked(request)
    paths = request.user.scope_paths(P.INSPECTION_HANDLE)
    if isinstance(at, Grid) and may(request.user, P.INSPECTION_HANDLE, at=at):
        return at.district or at
    grids = Grid.objects.filter(closed_on=None).order_by("path")
    for path in paths:
        found = grids.filter(path__startswith=path).first()
        if found:
            return found.district or found
    return get_object_or_404(Grid, pk=0)


def plan_change(request, pk):
    """Change a plan that is not approved, or propose one sent back anew."""
    user, plan = request.user, _plan(request, pk)
    require(user, P.INSPECTION_HANDLE, at=plan.grid)
    if not words.knows_why(user, plan):
        require(user, P.INSPECTION_GROUND, at=plan.grid)
    names = ("name", "kind", "scope", "topics", "begins_on", "ends_on", "ground")
    form = PlanForm(
        request.POST or None,
        user=user,
        district=plan.district,
        initial={name: getattr(plan, name) for name in names}
        | {
            "grid": plan.grid_id,
            "matter_number": plan.matter.number if plan.matter else "",
        },
    )
    form.fields["grid"].disabled = True
    return act_page(
        request,
        form=form,
        act=lambda: services.change_plan(plan=plan, fields=form.plan, by=user),
        done=lambda _: ("检查计划已修改，等待负责人批准。", plan),
        title="修改检查计划",
        sections=PlanForm.SECTIONS,
        crumbs=[*CRUMBS, (words.plan_title(user, plan), plan.get_absolute_url())],
        note=f"退回理由：{plan.reason}" if plan.reason else "",
        not_now=words.plan_not_now(plan, State.PROPOSED, State.RETURNED),
    )


def plan_decide(request, pk):
    """Approve a plan, or send it back; not for whoever proposed it."""
    user, plan = request.user, _plan(request, pk)
    require(user, P.INSPECTION_APPROVE, at=plan.grid)
    choices = [("yes", "批准"), ("no", "退回修改")]
    form = DecisionForm(request.POST or None, choices=choices)
    units = plan.inspections.standing().count()
    over = plan.inspections.filter(is_over_cap=True, state="proposed").count()

    def act():
        today = timezone.localdate()
        if form.cleaned_data["decision"] == "yes":
            services.approve_plan(plan=plan, on=today, by=user)
            return "检查计划已批准。"
        services.return_plan(
            plan=plan, reason=form.cleaned_data["reason"], on=today, by=user
        )
        return "检查计划已退回。"

    note = f"{plan.proposed_by}提出，已列入 {units} 户。"
    if over:
        note += f"其中 {over} 户突破检查频次上限，须在批准计划后逐户批准。"
    return act_page(
        request,
        form=form,
        act=act,
        done=lambda said: (said, plan),
        title="批复检查计划",
        crumbs=[*CRUMBS, (words.plan_title(user, plan), plan.get_absolute_url())],
        submit="批复",
        note=note,
        not_now=words.no_plan_decision(user, plan),
    )


def plan_cancel(request, pk):
    """Give a plan up; what was not inspected goes with it."""
    user, plan = request.user, _plan(request, pk)
    require(user, P.INSPECTION_HANDLE, at=plan.grid)
    form = ReasonForm(request.POST or None)
    pending = plan.inspections.filter(
        state__in=["proposed", "approved", "notified"]
    ).count()
    return act_page(
        request,
        form=form,
        act=lambda: services.cancel_plan(
            plan=plan, on=timezone.localdate(), by=user, **form.cleaned_data
        ),
        done=lambda count: (f"检查计划已撤销，同时取消 {count} 户的检查。", plan),
        title="撤销检查计划",
        crumbs=[*CRUMBS, (words.plan_title(user, plan), plan.get_absolute_url())],
        submit=f"撤销（取消 {pending} 户的检查）",
        note="已检查的单位不受影响，仍须告知结果。",
        not_now=words.plan_not_now(
            plan, State.PROPOSED, State.RETURNED, State.APPROVED
        ),
    )


# --- 双随机 ---------------------------------------------------------------------------


def draw(request, pk):
    """Draw units and inspectors of a plan with a seed."""
    user, plan = request.user, _plan(request, pk)
    require(user, P.INSPECTION_HANDLE, at=plan.grid)
    form = DrawForm(request.POST or None)

    def act():
        data = form.cleaned_data
        units = Enterprise.objects.within(plan.grid).known()
        said = []
        if data["kinds"]:
            units = units.filter(unit_kind__in=data["kinds"])
            names = dict(Enterprise.UnitKind.choices)
            said.append(f"类型限于{'、'.join(names[key] for key in data['kinds'])}")
        if data["skip_at_cap"]:
            full = _at_cap(plan, units)
            units = units.exclude(pk__in=full)
            said.append(f"{plan.begins_on.year} 年已达频次上限的 {len(full)} 户不列入")
        return services.draw_units(
            plan=plan,
            units=units,
            wanted=data["wanted"],
            seed=data["seed"].strip(),
            excluded="；".join(said),
            reason=data["reason"],
            by=user,
        )

    pool = Enterprise.objects.within(plan.grid).known().count()
    return act_page(
        request,
        form=form,
        act=act,
        done=lambda made: (
            f"已抽取 {made.units_wanted} 户，核对后列入计划。",
            f"{plan.get_absolute_url()}?tab=draws",
        ),
        title="双随机抽取",
        crumbs=[*CRUMBS, (words.plan_title(user, plan), plan.get_absolute_url())],
        submit="抽取",
        note=f"检查范围内现有 {pool} 户营业单位。"
        "种子和名单都会保留，任何人可以重算结果。",
        not_now=_no_draw(plan),
    )


def _no_draw(plan: InspectionPlan) -> str:
    """Return why nothing is drawn for a plan; empty where something may be."""
    if plan.kind != Kind.RANDOM:
        return f"{plan.get_kind_display()}的单位由人列入，不抽取；请点“加入单位”。"
    return words.plan_not_now(plan, State.PROPOSED, State.APPROVED)


def _at_cap(plan: InspectionPlan, units) -> list[int]:
    """Return the units that may not be inspected once more in the plan's year."""
    on, caps = plan.begins_on, Caps()
    counted = {pk: one for pk, (one, _) in counted_of(units, on.year).items()}
    grades = grade_of(list(counted), on)
    found = units.filter(pk__in=counted).select_related("district__city")
    return [
        unit.pk
        for unit in found
        if Frequency(
            on.year,
            counted[unit.pk],
            0,
            cap_for(unit, grades.get(unit.pk), on=on, caps=caps),
        ).at_cap
    ]


def take(request, pk):
    """Put the result of the latest draw into its plan."""
    user = request.user
    made = get_object_or_404(
        Draw.objects.select_related("plan__grid", "plan__district__city").filter(
            plan__in=InspectionPlan.objects.visible_to(user)
        ),
        pk=pk,
    )
    plan = made.plan
    require(user, P.INSPECTION_HANDLE, at=plan.grid)
    form = TakeForm(request.POST or None)

    def act():
        taken, at_cap = services.take_drawn(draw=made, by=user, **form.cleaned_data)
        if at_cap:
            names = "、".join(at_cap[:5]) + ("等" if len(at_cap) > 5 else "")
            messages.warning(
                request, f"{len(at_cap)} 户已达检查频次上限，没有列入：{names}。"
            )
        return taken

    return act_page(
        request,
        form=form,
        act=act,
        done=lambda taken: (f"已列入 {taken} 户。", plan),
        title=f"第 {made.number} 次抽取结果列入计划",
        crumbs=[*CRUMBS, (words.plan_title(user, plan), plan.get_absolute_url())],
        submit=f"列入（{made.units_wanted} 户）",
        not_now=words.plan_not_now(plan, State.PROPOSED, State.APPROVED),
    )


def draw_log(request, pk):
    """Print the log of a draw: lists, seed, method, result."""
    made = get_object_or_404(
        Draw.objects.select_related("plan__grid", "drawn_by__person").filter(
            plan__in=InspectionPlan.objects.visible_to(request.user)
        ),
        pk=pk,
    )
    teams = [
        (unit_key(unit.pk), unit.name, "、".join(person.name for person in team))
        for unit, team in drawn_teams(made).items()
    ]
    title = f"双随机抽取记录 {made.plan.name}"
    content = pdf.build(
        papers.draw_log(made, teams), title=title, foot=f"第 {made.number} 次抽取"
    )
    return pdf_answer(content, f"draw-{made.pk}.pdf")


def _plan(request, pk) -> InspectionPlan:
    return get_object_or_404(
        InspectionPlan.objects.visible_to(request.user).select_related(
            "grid", "district__city", "matter", "proposed_by__person"
        ),
        pk=pk,
    )
