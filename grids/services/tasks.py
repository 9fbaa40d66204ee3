"""Work plans and tasks: assigned, changed, finished, sent back, cancelled.

Each function is one act: one transaction, one event. Apps above assign tasks of kinds
of their own about things of their own, which they name here at the start.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from gridinspect.accounts.models import Person, User
from gridinspect.accounts.roles import Permission, roles_with
from gridinspect.audit.services import record
from gridinspect.documents.attachments import attach
from grids.models import Grid, Posting, Task, WorkPlan
from grids.services.figures import note_entry
from grids.services.guard import held_open, lock_district, require_standing
from grids.services.hanging import (
    Facts,
    Mover,
    Reassignment,
    hangs_on_grids,
    moves_with_grids,
)

# --- what tasks are, and what they are about ------------------------------------------

_kinds = {Task.WORK: "工作任务"}


def name_task_kind(kind: str, label: str) -> None:
    """Say what tasks of a kind are called on pages."""
    _kinds[kind] = label


def task_kinds() -> dict[str, str]:
    return dict(_kinds)


@dataclass(frozen=True)
class About:
    """What a task is about, as one person may see it."""

    name: str
    url: str


# From the keys of things to those that a person may see.
Teller = Callable[[User, Collection[int]], Mapping[int, About]]
_tellers: dict[str, Teller] = {}


def tells_about(label: str) -> Callable[[Teller], Teller]:
    """Register who tells about things of a model, such as "enterprises.enterprise"."""

    def register(teller: Teller) -> Teller:
        _tellers[label] = teller
        return teller

    return register


def about_of(tasks: Iterable[Task], user: User) -> dict[int, About]:
    """Return what each task is about, by the task's key, as far as the user sees it."""
    asked: dict[str, dict[int, list[int]]] = {}
    for task in tasks:
        if task.about_id is not None:
            keys = asked.setdefault(task.about_type, {})
            keys.setdefault(task.about_id, []).append(task.pk)
    return {
        key: about
        for label, keys in asked.items()
        if label in _tellers
        for thing, about in _tellers[label](user, keys).items()
        for key in keys[thing]
    }


# --- plans ----------------------------------------------------------------------------


@transaction.atomic
def make_plan(
    *, grid: Grid, title: str, begins_on: date, ends_on: date, content: str, by: User
) -> WorkPlan:
    """Plan the work of a grid for a period, both days included.

    Raises ValidationError with what is wrong, in one Chinese sentence.
    """
    grid = held_open(grid)
    plan = WorkPlan(
        grid=grid,
        title=title,
        begins_on=begins_on,
        ends_on=ends_on,
        content=content,
        made_by=by,
    )
    _require_period(plan)
    plan.full_clean()
    plan.save()
    record(
        "plan.made",
        by=by,
        target=plan,
        grid=grid.name,
        since=begins_on,
        until=ends_on,
    )
    return plan


@transaction.atomic
def change_plan(
    *,
    plan: WorkPlan,
    title: str,
    begins_on: date,
    ends_on: date,
    content: str,
    by: User,
) -> WorkPlan:
    """Give a plan another title, period or content; its tasks stay within."""
    plan = WorkPlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    old = plan.title, plan.begins_on, plan.ends_on, plan.content
    if old == (title, begins_on, ends_on, content):
        return plan
    before = f"{plan.title}（{plan.begins_on} 至 {plan.ends_on}）"
    is_reworded = content != plan.content
    plan.title, plan.content = title, content
    plan.begins_on, plan.ends_on = begins_on, ends_on
    _require_period(plan)
    outside = plan.tasks.open().exclude(due_on__range=(begins_on, ends_on)).first()
    if outside:
        raise ValidationError(
            f"任务“{outside}”的期限 {outside.due_on} 不在计划期内，请先改任务的期限。"
        )
    plan.full_clean()
    plan.save()
    after = f"{title}（{begins_on} 至 {ends_on}）"
    record(
        "plan.changed",
        by=by,
        target=plan,
        before=before if before != after else None,
        after=after if before != after else None,
        part="计划内容" if is_reworded else None,
    )
    return plan


def _require_period(plan: WorkPlan) -> None:
    require_standing(plan.grid, plan.begins_on, "开始日期", "begins_on")
    if plan.ends_on < plan.begins_on:
        raise ValidationError(
            {"ends_on": f"结束日期不能早于开始日期 {plan.begins_on}。"}
        )


# --- tasks ----------------------------------------------------------------------------


@transaction.atomic
def assign_task(
    *,
    title: str,
    grid: Grid,
    due_on: date,
    by: User,
    assignee: Person | None = None,
    kind: str = Task.WORK,
    about: Model | None = None,
    plan: WorkPlan | None = None,
    detail: str = "",
) -> Task:
    """Give a task to a person, or to whoever works in a grid, to be done by a day.

    Raises ValidationError with what is wrong, in one Chinese sentence.
    """
    task = _new_task(
        title=title,
        grid=held_open(grid),
        due_on=due_on,
        by=by,
        assignee=assignee,
        kind=kind,
        about=about,
        plan=plan,
        detail=detail,
    )
    if assignee:
        _require_posted(assignee, task.grid)
    task.full_clean(exclude=["evidence"])
    task.save()
    record(
        "task.assigned",
        by=by,
        target=task,
        kind=_kinds.get(kind, kind),
        grid=grid.name,
        assignee=str(assignee) if assignee else None,
        due_on=due_on,
    )
    return task


@transaction.atomic
def assign_tasks(
    *,
    title: str,
    to: Sequence[tuple[Grid, Person | None]],
    due_on: date,
    by: User,
    kind: str = Task.WORK,
    plan: WorkPlan | None = None,
    detail: str = "",
    about: Sequence[Model] = (),
    words: Sequence[str] = (),
) -> list[Task]:
    """Give the same task to many at once, as one act with a row for each.

    The caller has chosen persons by their posts on these grids. `about` says of each
    of them what the task is about, and `words` what else its details say.
    """
    if not to:
        raise ValidationError("没有可以安排的对象，请重新选择范围。")
    for district in sorted({grid.district_id for grid, _ in to}):
        lock_district(district)
    open_grids = Grid.objects.filter(pk__in={grid.pk for grid, _ in to}, closed_on=None)
    grids = {grid.pk: grid for grid in open_grids}
    things: Sequence[Model | None] = about or [None] * len(to)
    said = words or [""] * len(to)
    tasks = [
        _new_task(
            title=title,
            grid=grids.get(grid.pk) or held_open(grid),
            due_on=due_on,
            by=by,
            assignee=person,
            kind=kind,
            about=thing,
            plan=plan,
            detail="\n".join(filter(None, (own, detail))),
        )
        for (grid, person), thing, own in zip(to, things, said, strict=True)
    ]
    tasks[0].full_clean(exclude=["evidence"])  # they differ in grid and person only
    made = Task.objects.bulk_create(tasks, 1000)
    record(
        "task.assigned_to_many",
        by=by,
        target=plan or made[0],
        path=_common_path([task.grid.path for task in made]),
        count=len(made),
        title=title,
        due_on=due_on,
        rows=[
            {
                "task": task.pk,
                "grid": task.grid.name,
                "assignee": str(task.assignee or ""),
            }
            for task in made
        ],
    )
    return made


def _new_task(
    *,
    title: str,
    grid: Grid,
    due_on: date,
    by: User,
    assignee: Person | None,
    kind: str,
    about: Model | None,
    plan: WorkPlan | None,
    detail: str,
) -> Task:
    _require_due(due_on, plan)
    if plan and not grid.path.startswith(plan.grid.path):
        raise ValidationError(
            {"grid": f"“{grid}”不在计划“{plan}”的网格“{plan.grid}”之内，请重新选择。"}
        )
    return Task(
        title=title,
        grid=grid,
        due_on=due_on,
        assigned_by=by,
        assignee=assignee,
        kind=kind,
        about_type=about._meta.label_lower if about else "",
        about_id=about.pk if about else None,
        plan=plan,
        detail=detail,
    )


@transaction.atomic
def change_task(
    *,
    task: Task,
    title: str,
    detail: str,
    assignee: Person | None,
    due_on: date,
    by: User,
) -> Task:
    """Give an open task other words, another person or another day."""
    task = _locked(task)
    _require_open(task)
    before, former = _said(task), task.assignee
    if due_on != task.due_on:
        _require_due(due_on, task.plan)
    if assignee and assignee.pk != task.assignee_id:
        _require_posted(assignee, task.grid)
    task.title, task.detail = title, detail
    task.assignee, task.due_on = assignee, due_on
    after = _said(task)
    if before == after and assignee == former:
        return task
    task.full_clean(exclude=["evidence"])
    task.save()
    record("task.changed", by=by, target=task, before=before, after=after)
    return task


def _said(task: Task) -> dict[str, str]:
    return {
        "任务": task.title,
        "要求": task.detail,
        "承办人": str(task.assignee or ""),
        "期限": task.due_on.isoformat(),
    }


@transaction.atomic
def finish_task(*, task: Task, result: str, by: User, evidence: Any = None) -> Task:
    """Say how a task went, with a photograph or paper if there is one."""
    task = _locked(task)
    _require_open(task)
    if not result.strip():
        raise ValidationError({"result": "请写明完成情况。"})
    if evidence:
        task.evidence = attach(
            upload=evidence,
            path=task.grid.path,
            by=by,
            permission=Permission.GRID_VIEW,
        )
    now = timezone.now()
    task.state, task.result = Task.State.DONE, result.strip()
    task.finished_at, task.finished_by = now, by
    task.save()
    note_entry(by.person, timezone.localdate(now))
    record(
        "task.finished",
        by=by,
        target=task,
        outcome=task.result,
        late=timezone.localdate(now) > task.due_on,
        file=str(task.evidence) if evidence else None,
    )
    return task


@transaction.atomic
def return_task(*, task: Task, reason: str, due_on: date, by: User) -> Task:
    """Send a result back, to be done again by a day; the words of the result stay."""
    task = _locked(task)
    if task.state != Task.State.DONE:
        raise ValidationError("任务还没有完成，不用退回。")
    if not reason.strip():
        raise ValidationError({"reason": "请写明退回的理由。"})
    if due_on < timezone.localdate():
        raise ValidationError(
            {"due_on": f"完成期限不能早于今天 {timezone.localdate()}。"}
        )
    task.state, task.reason, task.due_on = Task.State.RETURNED, reason.strip(), due_on
    task.finished_at = task.finished_by = None
    task.full_clean(exclude=["evidence"])
    task.save()
    record("task.returned", by=by, target=task, reason=task.reason, due_on=due_on)
    return task


@transaction.atomic
def cancel_task(*, task: Task, reason: str, by: User) -> Task:
    """Say that an open task need not be done any more."""
    task = _locked(task)
    _require_open(task)
    if not reason.strip():
        raise ValidationError({"reason": "请写明取消的理由。"})
    task.state, task.reason = Task.State.CANCELLED, reason.strip()
    task.full_clean(exclude=["evidence"])
    task.save()
    record("task.cancelled", by=by, target=task, reason=task.reason)
    return task


def _locked(task: Task) -> Task:
    tasks = Task.objects.select_for_update(of=("self",))
    return tasks.select_related("grid", "plan__grid", "assignee").get(pk=task.pk)


def _require_open(task: Task) -> None:
    if not task.is_open:
        raise ValidationError(f"任务{task.get_state_display()}，不能再办理。")


def _require_due(due_on: date, plan: WorkPlan | None) -> None:
    if due_on < timezone.localdate():
        raise ValidationError(
            {"due_on": f"完成期限不能早于今天 {timezone.localdate()}。"}
        )
    if plan and not plan.begins_on <= due_on <= plan.ends_on:
        raise ValidationError(
            {"due_on": f"完成期限应在计划期 {plan.begins_on} 至 {plan.ends_on} 之内。"}
        )


def _require_posted(person: Person, grid: Grid) -> None:
    """Refuse a person who does no tasks in this grid, or in one above it."""
    posts = Posting.objects.current().filter(
        person=person, role__in=roles_with(Permission.TASK_DO)
    )
    places = [post.place.path for post in posts.select_related("grid", "city")]
    if not any(grid.path.startswith(path) for path in places):
        raise ValidationError(
            {"assignee": f"{person}不在“{grid}”或其上级在岗，请另选承办人。"}
        )


def _common_path(paths: Iterable[str]) -> str:
    """Return the path of the lowest place that holds all of these."""
    parts = [path.strip("/").split("/") for path in paths]
    shared = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return f"/{'/'.join(shared)}/"


# --- along with grids -----------------------------------------------------------------


@hangs_on_grids
def _tasks_in(grid: Grid) -> tuple[str, int]:
    return "项待办任务", Task.objects.open().within(grid).count()


@moves_with_grids
class Tasks(Mover):
    """What is still to be done is done in the new grid."""

    key = "tasks"
    facts = (Facts("项任务", Task, ("grid",)),)

    def move(self, change: Reassignment) -> None:
        waiting = Task.objects.open().filter(grid=change.old)
        for grid, whose in change.targets():
            waiting.filter(whose).update(grid=grid)


@moves_with_grids
class Plans(Mover):
    """A plan whose period is not over goes on in the new grid."""

    key = "plans"
    facts = (Facts("个工作计划", WorkPlan, ("grid",)),)

    def move(self, change: Reassignment) -> None:
        running = WorkPlan.objects.filter(grid=change.old, ends_on__gte=change.on)
        for grid, whose in change.targets():
            running.filter(whose).update(grid=grid)
