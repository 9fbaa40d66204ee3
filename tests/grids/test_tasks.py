"""工作计划与任务: assigned, finished, sent back, cancelled; and 四定."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from grids.models import Grid, Posting, Task, WorkPlan
from grids.services import duties, tasks
from grids.services.acts import undo_act
from grids.services.four_fixed import fixed_in, lacks, staff_posts, without_person
from grids.services.reshaping import NewGrid, split_grid
from grids.services.tree import carried_by
from tests.factories import (
    LONG_AGO,
    TODAY,
    make_adoption,
    make_district,
    make_enterprise,
    make_grid,
    make_person,
    make_posting,
    make_task,
    make_user,
    make_work_plan,
)

DAY = timedelta(days=1)


@pytest.fixture
def has(db):
    district = make_district()
    make_adoption(district)
    street = make_grid(parent=district)
    community = make_grid("一社区", parent=street)
    person = make_person("协管员甲")
    make_posting(person, grid=community)
    return SimpleNamespace(
        district=district,
        street=street,
        community=community,
        person=person,
        by=make_user(grid=district),
    )


def assign(has, **fields):
    facts = {
        "title": "逐户核对",
        "grid": has.community,
        "due_on": TODAY(),
        "by": has.by,
    }
    return tasks.assign_task(**facts | fields)


# --- assigning ------------------------------------------------------------------------


def test_a_task_is_assigned_with_a_trail(has):
    task = assign(has, assignee=has.person)
    assert task.state == Task.State.TODO
    assert task.scope_path == has.community.path
    event = history(task).get()
    assert (event.verb, event.data["assignee"]) == ("task.assigned", "协管员甲")


@pytest.mark.parametrize(("days", "refused"), [(-1, True), (0, False)])
def test_a_task_is_not_due_before_today(has, days, refused):
    due_on = TODAY() + days * DAY
    if refused:
        with pytest.raises(ValidationError, match="完成期限不能早于今天"):
            assign(has, due_on=due_on)
        assert not Task.objects.exists()
    else:
        assert assign(has, due_on=due_on).due_on == due_on


@pytest.mark.parametrize(
    ("days", "refused"), [(-1, True), (0, False), (5, False), (6, True)]
)
def test_a_task_of_a_plan_is_due_within_its_period(has, days, refused):
    plan = make_work_plan(
        grid=has.street, begins_on=TODAY() + DAY, ends_on=TODAY() + 6 * DAY
    )
    due_on = TODAY() + (1 + days) * DAY
    if refused:
        with pytest.raises(ValidationError, match="应在计划期"):
            assign(has, plan=plan, due_on=due_on)
    else:
        assert assign(has, plan=plan, due_on=due_on).plan == plan


def test_a_task_of_a_plan_lies_in_its_grid(has):
    plan = make_work_plan(grid=has.community)
    with pytest.raises(ValidationError, match="不在计划"):
        assign(has, plan=plan, grid=has.street)


def test_who_does_a_task_works_there_or_above(has):
    elsewhere = make_person("协管员乙")
    make_posting(elsewhere, grid=make_grid("二社区", parent=has.street))
    with pytest.raises(ValidationError, match="协管员乙不在“一社区”或其上级在岗"):
        assign(has, assignee=elsewhere)
    inspector = make_person("监察员")
    make_posting(inspector, grid=has.district, role=Role.FULL_TIME_INSPECTOR)
    assert assign(has, assignee=inspector).assignee == inspector
    left = make_person("已离岗")
    make_posting(left, grid=has.community, until=TODAY())
    with pytest.raises(ValidationError, match="已离岗不在"):
        assign(has, assignee=left)
    agent = make_person("派遣机构")  # who does no tasks
    make_posting(agent, grid=has.district, role=Role.AGENCY_CLERK)
    with pytest.raises(ValidationError, match="派遣机构不在"):
        assign(has, assignee=agent)


def test_many_get_the_same_task_as_one_act(has):
    other = make_grid("二社区", parent=has.street)
    to = [(has.community, has.person), (other, None)]
    made = tasks.assign_tasks(title="普查", to=to, due_on=TODAY(), by=has.by)
    assert [(task.grid, task.assignee) for task in made] == to
    event = history(made[0]).get()
    assert event.path == has.street.path
    assert [row["grid"] for row in event.rows] == ["一社区", "二社区"]
    with pytest.raises(ValidationError, match="没有可以安排的对象"):
        tasks.assign_tasks(title="普查", to=[], due_on=TODAY(), by=has.by)


def test_a_task_says_what_it_is_about_to_who_may_see_it(has):
    unit = make_enterprise("甲商行", grid=has.community)
    task = assign(has, about=unit)
    assert tasks.about_of([task], has.by)[task.pk].name == "甲商行"
    stranger = make_user(grid=make_district("惠济区"))
    assert tasks.about_of([task], stranger) == {}


# --- what becomes of it ---------------------------------------------------------------


def test_a_task_is_finished_with_a_paper(has, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    task = make_task(grid=has.community, assignee=has.person)
    with pytest.raises(ValidationError, match="请写明完成情况"):
        tasks.finish_task(task=task, result=" ", by=has.by)
    paper = SimpleUploadedFile("回执.pdf", b"%PDF-1.7 x")
    done = tasks.finish_task(task=task, result="已核对", by=has.by, evidence=paper)
    assert (done.state, done.finished_by) == (Task.State.DONE, has.by)
    assert done.evidence.path == has.community.path
    with pytest.raises(ValidationError, match="任务已完成"):
        tasks.finish_task(task=task, result="再报", by=has.by)


def test_a_result_is_sent_back_and_done_again(has):
    task = make_task(grid=has.community)
    facts = {"task": task, "by": has.by}
    with pytest.raises(ValidationError, match="还没有完成"):
        tasks.return_task(reason="缺照片", due_on=TODAY(), **facts)
    tasks.finish_task(result="已核对", **facts)
    with pytest.raises(ValidationError, match="写明退回的理由"):
        tasks.return_task(reason="", due_on=TODAY(), **facts)
    with pytest.raises(ValidationError, match="不能早于今天"):
        tasks.return_task(reason="缺照片", due_on=TODAY() - DAY, **facts)
    back = tasks.return_task(reason="缺照片", due_on=TODAY() + DAY, **facts)
    assert (back.state, back.result, back.finished_at) == (
        Task.State.RETURNED,
        "已核对",
        None,
    )
    assert tasks.finish_task(result="已补照片", **facts).state == Task.State.DONE
    verbs = [event.verb for event in history(task)]
    assert verbs == ["task.finished", "task.returned", "task.finished"]


def test_a_cancelled_task_stays_so(has):
    task = make_task(grid=has.community)
    tasks.cancel_task(task=task, reason="并入普查", by=has.by)
    with pytest.raises(ValidationError, match="任务已取消"):
        tasks.finish_task(task=task, result="已核对", by=has.by)


def test_a_late_task_keeps_its_day_when_other_words_change(has):
    task = make_task(grid=has.community, due_on=TODAY() - DAY)
    facts = {"task": task, "detail": "", "assignee": has.person, "by": has.by}
    changed = tasks.change_task(title="改名", due_on=task.due_on, **facts)
    assert (changed.title, changed.assignee) == ("改名", has.person)
    with pytest.raises(ValidationError, match="不能早于今天"):
        tasks.change_task(title="改名", due_on=TODAY() - 2 * DAY, **facts)


@pytest.mark.parametrize(
    ("days", "overdue", "due_soon"), [(-1, True, False), (0, False, True)]
)
def test_a_task_is_overdue_the_day_after_its_last(has, days, overdue, due_soon):
    make_task(grid=has.community, due_on=TODAY() + days * DAY)
    assert Task.objects.overdue(TODAY()).exists() is overdue
    assert Task.objects.due_by(TODAY(), TODAY()).exists() is due_soon


def test_what_waits_for_a_person_is_his_or_nobodys_on_his_grid(has):
    user = User.objects.create_user("assistant", person=has.person)
    mine = make_task(grid=has.street, assignee=has.person)
    ours = make_task(grid=has.community)
    make_task(grid=has.community, assignee=make_person())
    make_task(grid=has.street)
    assert set(Task.objects.of(user)) == {mine, ours}


# --- plans ----------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "refused"), [(-1, True), (0, False)])
def test_a_plan_does_not_begin_before_its_grid(has, days, refused):
    facts = {"grid": has.community, "title": "计划", "content": "采集", "by": has.by}
    begins_on = has.community.opened_on + days * DAY
    if refused:
        with pytest.raises(ValidationError, match="早于网格“一社区”的启用日期"):
            tasks.make_plan(begins_on=begins_on, ends_on=TODAY(), **facts)
    else:
        tasks.make_plan(begins_on=begins_on, ends_on=TODAY(), **facts)


@pytest.mark.parametrize(("days", "refused"), [(-1, True), (0, False)])
def test_a_plan_does_not_end_before_it_begins(has, days, refused):
    facts = {"grid": has.community, "title": "计划", "content": "采集", "by": has.by}
    ends_on = TODAY() + days * DAY
    if refused:
        with pytest.raises(ValidationError, match="不能早于开始日期"):
            tasks.make_plan(begins_on=TODAY(), ends_on=ends_on, **facts)
    else:
        tasks.make_plan(begins_on=TODAY(), ends_on=ends_on, **facts)


def test_a_plan_keeps_its_open_tasks_within(has):
    plan = make_work_plan(grid=has.street, ends_on=TODAY() + 5 * DAY)
    make_task(grid=has.community, plan=plan, due_on=TODAY() + 5 * DAY)
    facts = {"plan": plan, "title": "计划", "content": "采集", "by": has.by}
    with pytest.raises(ValidationError, match="不在计划期内"):
        tasks.change_plan(begins_on=TODAY(), ends_on=TODAY() + 4 * DAY, **facts)
    tasks.change_plan(begins_on=TODAY(), ends_on=TODAY() + 5 * DAY, **facts)


def test_a_plan_that_is_saved_as_it_was_leaves_no_trace(has):
    plan = make_work_plan(grid=has.community)
    facts = {"title": plan.title, "begins_on": plan.begins_on, "ends_on": plan.ends_on}
    tasks.change_plan(plan=plan, content=plan.content, by=has.by, **facts)
    assert not list(history(plan))
    tasks.change_plan(plan=plan, content="走访", by=has.by, **facts)
    (event,) = history(plan)
    assert (event.data["before"], event.data["part"]) == (None, "计划内容")


# --- along with grids -----------------------------------------------------------------


def test_open_tasks_and_running_plans_go_along_and_come_back(has):
    waiting, done = make_task(grid=has.community), make_task(grid=has.community)
    tasks.finish_task(task=done, result="已核对", by=has.by)
    plan = make_work_plan(grid=has.community, ends_on=TODAY())
    over = make_work_plan(grid=has.community, begins_on=LONG_AGO, ends_on=TODAY() - DAY)
    assert ("项待办任务", 1) in carried_by(has.street)
    parts = split_grid(
        grid=has.community,
        parts=[NewGrid("东社区", "X1"), NewGrid("西社区", "X2")],
        on=TODAY(),
        by=has.by,
        chosen={"tasks": {waiting.pk: 1}},
    )
    stand = {row: type(row).objects.get(pk=row.pk).grid for row in (waiting, plan)}
    assert stand == {waiting: parts[1], plan: parts[0]}
    assert Task.objects.get(pk=done.pk).grid == has.community
    assert WorkPlan.objects.get(pk=over.pk).grid == has.community
    undo_act(grid=parts[0], by=has.by)
    assert Task.objects.get(pk=waiting.pk).grid == has.community


# --- 四定 -----------------------------------------------------------------------------


def lacking(on=None):
    posts = staff_posts(Posting.objects.all(), on or TODAY())
    return {post.person.name: lacks(post) for post in posts}


def test_a_post_is_complete_with_area_duties_and_tasks(has):
    assert lacking() == {"协管员甲": ["tasks"]}  # the plan says what assistants do
    task = make_task(grid=has.community, assignee=has.person)
    assert lacking() == {"协管员甲": []}
    tasks.cancel_task(task=task, reason="并入普查", by=has.by)
    assert lacking() == {"协管员甲": ["tasks"]}


def test_a_finished_task_counts_while_its_plan_runs(has):
    plan = make_work_plan(grid=has.community, ends_on=TODAY())
    task = make_task(grid=has.community, assignee=has.person, plan=plan)
    tasks.finish_task(task=task, result="已核对", by=has.by)
    assert lacking() == {"协管员甲": []}
    assert lacking(TODAY() + DAY) == {"协管员甲": ["tasks"]}


def test_a_role_without_words_lacks_duties_until_the_district_writes_them(has):
    inspector = make_person("监察员")
    make_posting(inspector, grid=has.street, role=Role.FULL_TIME_INSPECTOR)
    assert lacking()["监察员"] == ["duties", "tasks"]
    duties.state_duties(
        district=has.district,
        role=Role.FULL_TIME_INSPECTOR,
        text="巡查",
        since=TODAY(),
        by=has.by,
    )
    assert lacking()["监察员"] == ["tasks"]
    assert lacking(TODAY() - DAY)["监察员"] == ["duties", "tasks"]


def test_a_post_where_the_plan_counts_no_grid_has_no_area(has):
    cell = make_grid("单元", parent=has.community, kind="cell")
    other = make_person("协管员乙")
    make_posting(other, grid=cell)
    assert lacking()["协管员乙"] == ["area", "tasks"]


def test_the_figures_are_those_of_the_rows(has):
    second = make_grid("二社区", parent=has.street)
    make_task(grid=has.community, assignee=has.person)
    make_posting(make_person("协管员乙"), grid=second)
    make_posting(make_person("受理"), grid=second, role=Role.INTAKE)  # not of 四定
    posts, grids = Posting.objects.all(), Grid.objects.all()
    (figure,) = fixed_in(posts, grids, [has.district], TODAY())
    assert (figure.posts, figure.complete, figure.incomplete) == (2, 1, 1)
    empty = without_person(grids, TODAY())
    assert set(empty) == {has.district, has.street}
    assert figure.lacking == {"person": 2, "area": 0, "duties": 0, "tasks": 1}
    below = fixed_in(posts, grids, [has.community, second], TODAY())
    assert [one.posts for one in below] == [1, 1]
    assert [one.complete for one in below] == [1, 0]
