"""任务: the inbox, one task, and what becomes of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gridinspect.accounts.models import User
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import (
    Action,
    add_action,
    render_detail,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import may, require
from grids.filters import SOON, TaskFilter
from grids.forms import carried_out
from grids.models import Grid, Posting, Task
from grids.office_forms import spelled
from grids.services import tasks as services
from grids.task_forms import CancelForm, FinishForm, ReturnForm, TaskFacts, workers
from grids.views.offices import link

P = Permission
CRUMBS = [("任务", "/tasks/")]

MINE, GIVEN, ALL = "mine", "given", "all"
BOXES = {MINE: "我的任务", GIVEN: "我安排的", ALL: "辖区全部"}

BADGES = {
    Task.State.TODO: "info",
    Task.State.DONE: "ok",
    Task.State.RETURNED: "warning",
    Task.State.CANCELLED: "plain",
}


# --- the inbox ------------------------------------------------------------------------


def task_list(request: Request) -> HttpResponse:
    """Show 我的任务: what waits for me, what I gave to others, what my grids have."""
    require_holds(request.user, P.TASK_VIEW)
    at = outline.place_asked(request)
    box = request.GET.get("box", "")
    if box not in BOXES:
        box = ALL if at else MINE  # the tree, which is that of all, names no box
    filters = TaskFilter(request.GET, queryset=in_box(request.user, box, at).for_list())
    table = build_table(
        request,
        filters.qs,
        columns(),
        name="tasks",
        default_sort="due_on",
        row_actions=(lambda task: _row_actions(request.user, task))
        if box == MINE
        else None,
    )
    return render_list(
        request,
        title=BOXES[box],
        table=table,
        filters=filters,
        toolbar=_toolbar(request.user, at),
        tree=outline.tree_beside(request, "grids:tasks", at) if box == ALL else None,
        crumbs=CRUMBS,
        note=f"辖区：{at}" if at else "",
        empty="没有符合条件的任务。",
        template="grids/tasks/inbox.html",
        context={
            "boxes": _boxes(request.user, at),
            "box": box,
        },
    )


def _boxes(user: User, at: Any) -> list[tuple[str, str, str, int]]:
    """Return the key, label, address and number of open tasks of each box."""

    def url(box: str) -> str:
        if at is None:
            return f"{reverse('grids:tasks')}?box={box}"
        return outline.list_at("grids:tasks", at, box=box)

    return [
        (key, label, url(key), in_box(user, key, at).open().count())
        for key, label in BOXES.items()
        if key != GIVEN or user.holds(P.TASK_ASSIGN)
    ]


def in_box(user: User, box: str, at: Any = None) -> Any:
    """Return the tasks of one box of the inbox, open or not."""
    tasks: Any = Task.objects.visible_to(user)
    if at is not None:
        tasks = tasks.within(at)
    if box == MINE:
        return tasks.of(user)
    return tasks.filter(assigned_by=user) if box == GIVEN else tasks


def columns() -> list[Column]:
    """Return the columns of a list of tasks."""
    today, kinds = timezone.localdate(), services.task_kinds()

    return [
        Column("title", "任务", sort="title", link=True),
        Column("state", "状态", value=lambda task: state(task, today), sort="state"),
        Column("due_on", "完成期限", sort="due_on"),
        Column(
            "grid",
            "网格",
            value="grid.name",
            sort="grid__code",
        ),
        Column(
            "assignee",
            "承办人",
            value=lambda task: task.assignee or "网格在岗人员",
            sort="assignee__name",
        ),
        Column("assigned_by", "安排人", sort="assigned_by__person__name"),
        Column("plan", "所属计划", value="plan", sort="plan__title"),
        Column(
            "kind",
            "类别",
            value=lambda task: kinds.get(task.kind, task.kind),
            sort="kind",
            hidden=True,
        ),
        Column("finished_at", "完成时间", sort="finished_at", hidden=True),
    ]


def state(task: Task, today: Any) -> SafeString:
    """Show the state of a task, and whether its day is near or over."""
    if task.is_open and task.due_on < today:
        days = (today - task.due_on).days
        return badge_html(f"逾期 {days} 天", "danger")
    if task.is_open and task.due_on <= today + timedelta(days=SOON):
        days = (task.due_on - today).days
        return badge_html(f"还有 {days} 天" if days else "今天到期", "warning")
    return badge_html(task.get_state_display(), BADGES[Task.State(task.state)])


def _toolbar(user: User, at: Any) -> list[Action]:
    plans = Action("工作计划", reverse("grids:plans"), icon="calendar3")
    if not user.holds(P.TASK_ASSIGN):
        return [plans]

    def here(name: str) -> str:
        return outline.list_at(name, at) if at else reverse(name)

    return [
        add_action(here("grids:task-create"), "安排任务"),
        Action("批量安排", here("grids:task-many"), icon="people"),
        plans,
    ]


def _row_actions(user: User, task: Task) -> list[Action]:
    if not may_finish(user, task):
        return []
    return [Action("完成", reverse("grids:task-finish", args=[task.pk]))]


def may_finish(user: User, task: Task) -> bool:
    """Tell whether a person says how a task went: who does it, or who directs."""
    if not task.is_open or not may(user, P.TASK_DO, at=task.grid):
        return False
    theirs = task.assignee_id in (None, user.person_id)
    return theirs or may(user, P.TASK_ASSIGN, at=task.grid)


# --- one ------------------------------------------------------------------------------


def visible(request: Request, pk: int) -> Task:
    """Return a task that the person may see; to others it does not exist."""
    tasks = Task.objects.visible_to(request.user)
    found = tasks.for_list().select_related(
        "evidence", "finished_by__person", "grid__district"
    )
    return get_object_or_404(found, pk=pk)


def task_detail(request: Request, pk: int) -> HttpResponse:
    """Show one task; who does it says on the same page how it went."""
    task = visible(request, pk)
    finishing = may_finish(request.user, task)
    return render_detail(
        request,
        title=task.title,
        subtitle=" › ".join(one.name for one in Grid.objects.above(task.grid)),
        badges=[state(task, timezone.localdate())],
        facts=_facts(request.user, task),
        actions=_actions(request.user, task),
        crumbs=CRUMBS,
        obj=task,
        template="grids/tasks/task.html",
        context={"task": task, "form": FinishForm() if finishing else None},
    )


def _facts(user: User, task: Task) -> list[tuple[str, Any]]:
    kinds = services.task_kinds()
    about = services.about_of([task], user).get(task.pk)
    facts: list[tuple[str, Any]] = [
        ("完成期限", task.due_on),
        ("承办人", task.assignee or "网格在岗人员"),
        ("网格", link(task.grid)),
        ("安排人", task.assigned_by),
        ("安排时间", task.assigned_at),
        ("类别", kinds.get(task.kind, task.kind)),
    ]
    if about:
        name = format_html('<a href="{}">{}</a>', about.url, about.name)
        facts.append(("有关对象", name))
    if task.plan:
        facts.append(("所属计划", link(task.plan)))
    if task.finished_at:
        facts += [("完成时间", task.finished_at), ("完成人", task.finished_by)]
    if task.evidence:
        facts.append(("附件", link(task.evidence)))
    return facts


def _actions(user: User, task: Task) -> list[Action]:
    if not may(user, P.TASK_ASSIGN, at=task.grid):
        return []

    def act(label: str, name: str, icon: str) -> Action:
        return Action(label, reverse(f"grids:task-{name}", args=[task.pk]), icon)

    if task.is_open:
        return [act("修改", "change", "pencil"), act("取消任务", "cancel", "x-circle")]
    if task.state == Task.State.DONE:
        return [act("退回重办", "return", "arrow-return-left")]
    return []


# --- acts -----------------------------------------------------------------------------


def task_finish(request: Request, pk: int) -> HttpResponse:
    """Say how a task went, with a photograph or paper if there is one."""
    task = visible(request, pk)
    if task.is_open and not may_finish(request.user, task):
        raise PermissionDenied("这项任务不由您办理。")
    require(request.user, P.TASK_DO, at=task.grid)
    if not task.is_open and request.method != "POST":  # what was typed stays in a form
        messages.warning(
            request, f"任务“{task}”{task.get_state_display()}，不能再办理。"
        )
        return redirect(task)
    form = FinishForm(request.POST or None, request.FILES or None)

    def act(**facts: Any) -> Task:
        return services.finish_task(task=task, by=request.user, **facts)

    return _answer(
        request,
        task,
        form,
        act,
        title=f"完成任务：{task}",
        submit="完成",
        said="已完成任务“{}”。",
    )


def task_change(request: Request, pk: int) -> HttpResponse:
    """Give an open task other words, another person or another day."""
    task = _to_direct(request, pk)
    form = TaskFacts(
        request.POST or None,
        posts=posts_for(request.user, task.grid),
        initial={
            "title": task.title,
            "detail": task.detail,
            "assignee": _post_of(request.user, task),
            "due_on": task.due_on,
        },
    )

    def act(**facts: Any) -> Task:
        if "assignee" not in form.changed_data:
            facts["assignee"] = task.assignee  # who is not to be chosen here stays
        return services.change_task(task=task, by=request.user, **facts)

    return _answer(
        request,
        task,
        form,
        act,
        title=f"修改任务：{task}",
        submit="保存",
        said="任务“{}”已修改。",
    )


def _post_of(user: User, task: Task) -> str:
    """Return how the person who does a task stands in the field."""
    posts = posts_for(user, task.grid).filter(person=task.assignee_id)
    post = posts.select_related("person", "grid", "city").first()
    return spelled(post) if post else ""


def posts_for(user: User, grid: Grid) -> Any:
    """Return who may be given a task in a grid: those on post there or above it."""
    above = Grid.objects.above(grid).values("pk")
    posts = workers(Posting.objects.visible_to(user).current())
    return posts.filter(grid__in=above) | posts.filter(city=grid.city_id)


def task_return(request: Request, pk: int) -> HttpResponse:
    """Send a result back, to be done again by a day."""
    task = _to_direct(request, pk)
    due_on = max(task.due_on, timezone.localdate() + timedelta(days=SOON))
    form = ReturnForm(request.POST or None, initial={"due_on": due_on})

    def act(**facts: Any) -> Task:
        return services.return_task(task=task, by=request.user, **facts)

    return _answer(
        request,
        task,
        form,
        act,
        title=f"退回重办：{task}",
        submit="退回",
        said="任务“{}”已退回。",
    )


def task_cancel(request: Request, pk: int) -> HttpResponse:
    """Say that a task need not be done any more."""
    task = _to_direct(request, pk)
    form = CancelForm(request.POST or None)

    def act(**facts: Any) -> Task:
        return services.cancel_task(task=task, by=request.user, **facts)

    return _answer(
        request,
        task,
        form,
        act,
        title=f"取消任务：{task}",
        submit="取消任务",
        said="任务“{}”已取消。",
    )


def _to_direct(request: Request, pk: int) -> Task:
    task = visible(request, pk)
    require(request.user, P.TASK_ASSIGN, at=task.grid)
    return task


def _answer(
    request: Request,
    task: Task,
    form: Any,
    act: Callable[..., Model],
    *,
    title: str,
    submit: str,
    said: str,
) -> HttpResponse:
    """Do the act and lead to the task, or show the form again."""
    if done := carried_out(form, act):
        messages.success(request, said.format(done))
        return redirect(task)
    return render_form(
        request,
        title=title,
        form=form,
        crumbs=[*CRUMBS, (task.title, task.get_absolute_url())],
        submit=submit,
        note=task.detail,
    )
