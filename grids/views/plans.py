"""工作计划, and giving tasks: one by one, of a plan, or to many at once."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from gridinspect.accounts.roles import POSTED_STAFF, Permission
from gridinspect.ui.pages import (
    Action,
    Tab,
    add_action,
    render_detail,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from grids import outline
from grids.access import may, require, require_somewhere
from grids.forms import add_refusal, carried_out
from grids.models import Grid, Posting, Task, WorkPlan
from grids.office_forms import spelled
from grids.services import tasks as services
from grids.task_forms import ManyTasksForm, PlanFacts, PlanForm, TaskForm, workers
from grids.views.deciding import posted
from grids.views.offices import link
from grids.views.tasks import columns

P = Permission
CRUMBS = [("任务", "/tasks/"), ("工作计划", "/plans/")]


def plan_list(request):
    """Show the work plans of the chosen place, or of all the user's places."""
    require_holds(request.user, P.TASK_VIEW)
    at = outline.place_asked(request)
    plans = WorkPlan.objects.visible_to(request.user)
    plans = plans.within(at) if at else plans
    done, gone = Q(tasks__state=Task.State.DONE), Q(tasks__state=Task.State.CANCELLED)
    rows = plans.select_related("grid", "made_by__person").annotate(
        tasks_given=Count("tasks", ~gone, distinct=True),
        tasks_done=Count("tasks", done, distinct=True),
    )
    table = build_table(
        request,
        rows,
        [
            Column("title", "计划名称", sort="title", link=True),
            Column("grid", "网格", value="grid.name", sort="grid__code"),
            Column("begins_on", "开始日期", sort="begins_on"),
            Column("ends_on", "结束日期", sort="ends_on"),
            Column("tasks_given", "任务数", sort="tasks_given", numeric=True),
            Column("tasks_done", "已完成", sort="tasks_done", numeric=True),
            Column("made_by", "制定人", sort="made_by__person__name"),
        ],
        name="plans",
        default_sort="-begins_on",
    )
    toolbar = []
    if request.user.holds(P.TASK_ASSIGN):
        new = "grids:plan-create"
        url = outline.list_at(new, at) if at else reverse(new)
        toolbar.append(add_action(url, "新增计划"))
    return render_list(
        request,
        title="工作计划",
        table=table,
        toolbar=toolbar,
        tree=outline.tree_beside(request, "grids:plans", at),
        crumbs=CRUMBS[:1],
        note=f"辖区：{at}" if at else "",
        empty="还没有工作计划。",
    )


def _visible(request, pk) -> WorkPlan:
    plans = WorkPlan.objects.visible_to(request.user)
    return get_object_or_404(plans.select_related("grid", "made_by__person"), pk=pk)


def plan_detail(request, pk):
    """Show one plan with its tasks."""
    plan = _visible(request, pk)
    tasks: Any = Task.objects.visible_to(request.user).filter(plan=plan)
    states = dict(tasks.order_by().values_list("state").annotate(n=Count("pk")))
    actions = []
    if may(request.user, P.TASK_ASSIGN, at=plan.grid):
        query = f"?plan={plan.pk}"
        actions = [
            add_action(reverse("grids:task-create") + query, "安排任务"),
            Action("批量安排", reverse("grids:task-many") + query, icon="people"),
            Action("修改", reverse("grids:plan-change", args=[pk]), icon="pencil"),
        ]
    return render_detail(
        request,
        title=plan.title,
        subtitle=" › ".join(one.name for one in Grid.objects.above(plan.grid)),
        facts=[
            ("网格", link(plan.grid)),
            ("计划期", f"{plan.begins_on} 至 {plan.ends_on}"),
            ("制定人", plan.made_by),
            ("制定时间", plan.made_at),
            *(
                (state.label, f"{states.get(state.value, 0)} 项任务")
                for state in Task.State
            ),
        ],
        tabs=[
            Tab(
                "tasks",
                "任务",
                lambda: _tasks(request, tasks),
                empty="计划下还没有任务，请点“安排任务”或“批量安排”。",
            )
        ],
        actions=actions,
        crumbs=CRUMBS,
        obj=plan,
        template="grids/tasks/plan.html",
        context={"plan": plan},
    )


def _tasks(request, tasks):
    rows = tasks.for_list()
    return build_table(
        request,
        rows,
        columns(),
        name="plan-tasks",
        default_sort="due_on",
    )


def places_to_direct(user):
    """Return the open grids where a person may plan work and give tasks."""
    return Grid.objects.where(user, P.TASK_ASSIGN).filter(closed_on=None)


def _plans_to_use(user):
    """Return the plans for which a person may give tasks today."""
    plans = WorkPlan.objects.visible_to(user)
    return plans.filter(
        grid__in=places_to_direct(user).values("pk"),
        ends_on__gte=timezone.localdate(),
    ).order_by("title")


def plan_create(request):
    """Plan the work of a grid for a period."""
    require_somewhere(request.user, P.TASK_ASSIGN)
    at = outline.place_asked(request)
    form = PlanForm(
        request.POST or None,
        grids=places_to_direct(request.user),
        initial={"grid": at if isinstance(at, Grid) else None},
    )

    def act(grid: Grid, **facts: Any) -> WorkPlan:
        require(request.user, P.TASK_ASSIGN, at=grid)
        return services.make_plan(grid=grid, by=request.user, **facts)

    if plan := carried_out(form, act):
        messages.success(request, f"已制定计划“{plan}”，请安排任务。")
        return redirect(plan)
    return render_form(request, title="新增工作计划", form=form, crumbs=CRUMBS)


def plan_change(request, pk):
    """Give a plan another title, period or content."""
    plan = _visible(request, pk)
    require(request.user, P.TASK_ASSIGN, at=plan.grid)
    initial = {name: getattr(plan, name) for name in PlanFacts.base_fields}
    form = PlanFacts(request.POST or None, initial=initial)

    def act(**facts: Any) -> WorkPlan:
        return services.change_plan(plan=plan, by=request.user, **facts)

    if changed := carried_out(form, act):
        messages.success(request, f"计划“{changed}”已修改。")
        return redirect(changed)
    return render_form(
        request,
        title=f"修改计划：{plan}",
        form=form,
        crumbs=[*CRUMBS, (plan.title, plan.get_absolute_url())],
    )


# --- giving tasks ---------------------------------------------------------------------


def task_create(request):
    """Give one task, to a person or to whoever works in a grid."""
    require_somewhere(request.user, P.TASK_ASSIGN)
    form = TaskForm(
        request.POST or None,
        grids=places_to_direct(request.user),
        plans=_plans_to_use(request.user),
        posts=workers(Posting.objects.visible_to(request.user).current()),
        initial=_initial(request),
    )

    def act(grid: Grid, **facts: Any) -> Task:
        require(request.user, P.TASK_ASSIGN, at=grid)
        return services.assign_task(grid=grid, by=request.user, **facts)

    if task := carried_out(form, act):
        messages.success(request, f"已安排任务“{task}”。")
        return redirect(task)
    return render_form(
        request, title="安排任务", form=form, crumbs=CRUMBS[:1], submit="安排"
    )


def _initial(request) -> dict[str, Any]:
    """Return what the address says of a new task: its place, plan and person."""
    at = outline.place_asked(request)
    plans, posts = _plans_to_use(request.user), Posting.objects.visible_to(request.user)
    plan = (
        plans.filter(pk=outline.key_asked(request, "plan"))
        .select_related("grid")
        .first()
    )
    post = posts.current().filter(pk=outline.key_asked(request, "post")).first()
    grid = at if isinstance(at, Grid) else (plan.grid if plan else None)
    return {"grid": grid, "plan": plan, "assignee": spelled(post) if post else None}


def task_many(request):
    """Give the same task to many: first how many, then the confirmation."""
    require_somewhere(request.user, P.TASK_ASSIGN)
    initial = _initial(request)
    form = ManyTasksForm(
        request.POST or None,
        grids=places_to_direct(request.user),
        plans=_plans_to_use(request.user),
        initial={"grid": initial["grid"], "plan": initial["plan"]},
    )
    context: dict[str, Any] = {}
    if form.is_valid():
        facts = form.cleaned_data
        require(request.user, P.TASK_ASSIGN, at=facts["grid"])
        to = _chosen(request.user, facts)
        if request.POST.get("seen") != str(len(to)):  # nothing unseen is confirmed
            context = _to_confirm(request, facts, len(to))
        elif made := _give(request, form, to):
            messages.success(request, f"已安排 {len(made)} 项任务。")
            return redirect(f"{reverse('grids:tasks')}?box=given")
    return render_form(
        request,
        title="批量安排任务",
        form=form,
        sections=[
            ("范围", ["grid", "to", "roles", "kinds"]),
            ("任务", ["plan", "title", "detail", "due_on"]),
        ],
        crumbs=CRUMBS[:1],
        submit="下一步：核对人数",
        template="grids/tasks/many.html",
        context=context,
    )


def _chosen(user, facts: dict[str, Any]) -> list[tuple[Grid, Any]]:
    """Return the grids and persons that a choice falls on, each person once a grid."""
    within = Grid.objects.where(user, P.TASK_ASSIGN).within(facts["grid"])
    grids = within.filter(closed_on=None)
    if facts["kinds"]:
        grids = grids.filter(kind__in=facts["kinds"])
    if facts["to"] == ManyTasksForm.GRIDS:
        return [(grid, None) for grid in grids.order_by("code")]
    posts = Posting.objects.visible_to(user).current()
    posts = posts.filter(grid__in=grids, role__in=facts["roles"] or POSTED_STAFF)
    found = posts.select_related("grid", "person").order_by("grid__code", "pk")
    once = {(post.grid_id, post.person_id): post for post in found}
    return [(post.grid, post.person) for post in once.values()]


def _to_confirm(request, facts: dict[str, Any], count: int) -> dict[str, Any]:
    who = "名在岗人员" if facts["to"] == ManyTasksForm.PEOPLE else "个网格"
    return {
        "count": count,
        "who": who,
        "facts": facts,
        "posted": posted(request),
    }


def _give(request, form, to) -> list[Task]:
    facts = form.cleaned_data
    try:
        return services.assign_tasks(
            title=facts["title"],
            to=to,
            due_on=facts["due_on"],
            by=request.user,
            plan=facts["plan"],
            detail=facts["detail"],
        )
    except ValidationError as error:
        add_refusal(form, error)
        return []
