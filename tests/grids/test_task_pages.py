"""Pages of work plans and tasks, and their reminders on the workbench."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from gridinspect.ui.registry import workbench
from grids.models import Task, WorkPlan
from tests.factories import (
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
from tests.support import text_of

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
        bureau=make_user(grid=district),
        assistant=User.objects.create_user("assistant", person=person),
    )


@pytest.fixture
def page(client, has):
    client.force_login(has.bureau)
    return client


@pytest.fixture
def phone(client, has):
    """Read and write pages as the assistant."""
    client.force_login(has.assistant)
    return client


# --- giving ---------------------------------------------------------------------------


def test_a_task_is_given_to_a_person_chosen_from_a_list(page, has):
    facts = {
        "grid": has.community.code,
        "title": "逐户核对",
        "assignee": f"协管员甲（{has.community.code} 协管员）",
        "due_on": TODAY().isoformat(),
    }
    response = page.post(reverse("grids:task-create"), facts)
    task = Task.objects.get()
    assert response.headers["Location"] == task.get_absolute_url()
    assert (task.assignee, task.assigned_by) == (has.person, has.bureau)


def test_a_day_that_is_over_is_refused_at_its_field(page, has):
    facts = {
        "grid": has.community.code,
        "title": "逐户核对",
        "due_on": (TODAY() - DAY).isoformat(),
    }
    response = page.post(reverse("grids:task-create"), facts)
    assert "不能早于今天" in response.context["form"].errors["due_on"][0]
    assert not Task.objects.exists()


def test_many_are_given_tasks_after_their_number_was_seen(page, has):
    second = make_grid("二社区", parent=has.street)
    make_posting(make_person("协管员乙"), grid=second)
    inspector = make_person("监察员")
    make_posting(inspector, grid=has.street, role=Role.FULL_TIME_INSPECTOR)
    url = reverse("grids:task-many")
    facts = {
        "grid": has.street.code,
        "to": "people",
        "roles": ["assistant"],
        "title": "普查",
        "due_on": TODAY().isoformat(),
    }
    shown = page.post(url, facts)
    assert "2</b> 名在岗人员" in shown.content.decode()
    assert not Task.objects.exists()
    page.post(url, facts | {"seen": "3"})  # not what was shown
    assert not Task.objects.exists()
    page.post(url, facts | {"seen": "2"})
    given = Task.objects.values_list("grid__name", "assignee__name")
    assert set(given) == {("一社区", "协管员甲"), ("二社区", "协管员乙")}


def test_each_grid_of_a_kind_is_given_the_task(page, has):
    make_grid("二社区", parent=has.street)
    facts = {
        "grid": has.district.code,
        "to": "grids",
        "kinds": ["community"],
        "title": "普查",
        "due_on": TODAY().isoformat(),
        "seen": "2",
    }
    page.post(reverse("grids:task-many"), facts)
    given = Task.objects.values_list("grid__name", "assignee")
    assert set(given) == {("一社区", None), ("二社区", None)}


def test_an_assistant_gives_no_tasks(phone, has):
    task = make_task(grid=has.community)
    for name in ("task-create", "task-many", "plan-create"):
        assert phone.get(reverse(f"grids:{name}")).status_code == 403
    for name in ("change", "return", "cancel"):
        url = reverse(f"grids:task-{name}", args=[task.pk])
        assert phone.post(url, {"reason": "不办"}).status_code == 403


# --- doing ----------------------------------------------------------------------------


def test_an_assistant_finishes_a_task_from_its_page(phone, has, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    task = make_task(grid=has.community, assignee=has.person)
    shown = phone.get(task.get_absolute_url()).content.decode()
    assert "完成任务" in shown
    paper = SimpleUploadedFile("回执.pdf", b"%PDF-1.7 x")
    url = reverse("grids:task-finish", args=[task.pk])
    response = phone.post(url, {"result": "已核对 12 户", "evidence": paper})
    assert response.headers["Location"] == task.get_absolute_url()
    task.refresh_from_db()
    assert (task.state, task.finished_by) == (Task.State.DONE, has.assistant)
    assert "%PDF" in text_of(phone.get(task.evidence.get_absolute_url()))
    shown = phone.get(task.get_absolute_url()).content.decode()
    assert "已核对 12 户" in shown
    assert "完成任务</button>" not in shown


def test_a_task_without_words_is_not_finished(phone, has):
    task = make_task(grid=has.community, assignee=has.person)
    response = phone.post(reverse("grids:task-finish", args=[task.pk]), {"result": ""})
    assert response.context["form"].errors["result"]


def test_a_closed_task_is_not_finished_again(phone, has):
    task = make_task(grid=has.community, state=Task.State.CANCELLED, reason="重复")
    url = reverse("grids:task-finish", args=[task.pk])
    shown = phone.get(url, follow=True)
    assert shown.redirect_chain[0][0] == task.get_absolute_url()
    assert "不能再办理" in shown.content.decode()
    late = phone.post(url, {"result": "已逐户核对"})  # closed while it was typed
    assert "不能再办理" in late.content.decode()
    assert "已逐户核对" in late.content.decode()


def test_nobody_finishes_the_task_of_a_colleague(phone, has):
    colleague = make_person("协管员乙")
    make_posting(colleague, grid=has.community)
    theirs = make_task(grid=has.community, assignee=colleague)
    ours = make_task(grid=has.community)  # of whoever works there
    url = reverse("grids:task-finish", args=[theirs.pk])
    assert phone.post(url, {"result": "已办"}).status_code == 403
    phone.post(reverse("grids:task-finish", args=[ours.pk]), {"result": "已办"})
    states = Task.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [Task.State.TODO, Task.State.DONE]


def test_a_result_is_sent_back_and_says_why(page, has):
    task = make_task(grid=has.community, assignee=has.person)
    page.post(reverse("grids:task-finish", args=[task.pk]), {"result": "已办"})
    due_on = (TODAY() + DAY).isoformat()
    page.post(
        reverse("grids:task-return", args=[task.pk]),
        {"reason": "缺照片", "due_on": due_on},
    )
    text = page.get(task.get_absolute_url()).content.decode()
    assert "退回理由" in text
    assert "缺照片" in text
    assert "上次的完成情况" in text


def test_a_task_changes_hands_and_is_cancelled(page, has):
    task = make_task(grid=has.community)
    facts = {
        "title": "改名",
        "assignee": "协管员甲",
        "due_on": task.due_on.isoformat(),
    }
    page.post(reverse("grids:task-change", args=[task.pk]), facts)
    task.refresh_from_db()
    assert (task.title, task.assignee) == ("改名", has.person)
    form = page.get(reverse("grids:task-change", args=[task.pk])).context["form"]
    assert form["assignee"].value() == f"协管员甲（{has.community.code} 协管员）"
    page.post(reverse("grids:task-cancel", args=[task.pk]), {"reason": "并入普查"})
    task.refresh_from_db()
    assert task.state == Task.State.CANCELLED


def test_a_task_keeps_a_person_who_cannot_be_chosen_any_more(page, has):
    has.person.postings.update(until=TODAY())
    task = make_task(grid=has.community, assignee=has.person)
    url = reverse("grids:task-change", args=[task.pk])
    facts = {"title": "改名", "assignee": "", "due_on": task.due_on.isoformat()}
    page.post(url, facts)
    task.refresh_from_db()
    assert (task.title, task.assignee) == ("改名", has.person)
    page.post(url, facts)  # nothing is changed by it, so nothing is noted
    assert [event.verb for event in history(task)] == ["task.changed"]


def test_what_a_task_is_about_is_named_to_who_may_see_it(page, has):
    unit = make_enterprise("甲商行", grid=has.community)
    task = make_task(
        grid=has.community, about_type="enterprises.enterprise", about_id=unit.pk
    )
    assert "甲商行" in page.get(task.get_absolute_url()).content.decode()


# --- the inbox ------------------------------------------------------------------------


def test_the_boxes_of_the_inbox(page, has):
    make_task(grid=has.community, title="我给的", assigned_by=has.bureau)
    make_task(grid=has.community, title="别人给的")
    mine = make_task(grid=has.district, title="我的")
    make_posting(has.bureau.person, grid=has.district, role=Role.LEADER)
    url = reverse("grids:tasks")
    boxes = {
        box: {
            row.object.title
            for row in page.get(f"{url}?box={box}").context["table"].rows
        }
        for box in ("mine", "given", "all", "nonsense")
    }
    assert boxes == {
        "mine": {"我的"},
        "given": {"我给的"},
        "all": {"我给的", "别人给的", "我的"},
        "nonsense": {"我的"},
    }
    counted = {key: n for key, _, _, n in page.get(url).context["boxes"]}
    assert counted == {"mine": 1, "given": 1, "all": 3}
    assert mine.get_absolute_url() in page.get(url).content.decode()


@pytest.mark.parametrize("place", ["district", "city"])
def test_a_place_chosen_in_the_tree_stays_chosen_in_every_box(page, has, place):
    make_posting(has.bureau.person, city=has.district.city, role=Role.LEADER)
    make_task(grid=has.community, title="别人给的")
    at = has.district if place == "district" else has.district.city
    chosen = "grid" if place == "district" else "city"
    shown = page.get(reverse("grids:tasks"), {chosen: at.code}).context
    assert [row.object.title for row in shown["table"].rows] == ["别人给的"]
    assert shown["box"] == "all"
    assert all(f"{chosen}={at.code}" in url for _, _, url, _ in shown["boxes"])


def test_the_workbench_counts_what_its_links_show(phone, has):
    due = {"逾期": -1, "今天": 0, "三天": 3, "四天": 4}
    for title, days in due.items():
        make_task(
            grid=has.community,
            title=title,
            assignee=has.person,
            due_on=TODAY() + days * DAY,
        )
    make_task(
        grid=has.community,
        assignee=has.person,
        state=Task.State.RETURNED,
        reason="缺照片",
        due_on=TODAY() + 9 * DAY,
    )
    todos = {
        todo.label: todo
        for todo in workbench.for_user(has.assistant, TODAY())
        if "任务" in todo.label
    }
    counts = {label: todo.count for label, todo in todos.items()}
    assert counts == {
        "我的任务已逾期（项）": 1,
        "我的任务 3 天内到期（项）": 2,
        "我的待办任务（项）": 5,
        "退回重办的任务（项）": 1,
    }
    for todo in todos.values():
        assert phone.get(todo.url).context["table"].total == todo.count


def test_who_gave_a_task_is_reminded_when_it_is_late(page, has):
    make_task(grid=has.community, assigned_by=has.bureau, due_on=TODAY() - DAY)
    late = next(
        todo
        for todo in workbench.for_user(has.bureau, TODAY())
        if todo.label == "我安排的任务已逾期（项）"
    )
    assert late.count == page.get(late.url).context["table"].total == 1


def test_the_inbox_costs_the_same_for_many(page, has, django_assert_max_num_queries):
    plan = make_work_plan(grid=has.street)
    for _ in range(15):
        make_task(grid=has.community, plan=plan, assigned_by=make_user())
    with django_assert_max_num_queries(16):
        page.get(f"{reverse('grids:tasks')}?box=all")


# --- plans ----------------------------------------------------------------------------


def test_a_plan_is_made_changed_and_followed(page, has):
    facts = {
        "grid": has.street.code,
        "title": "年度计划",
        "begins_on": TODAY().isoformat(),
        "ends_on": (TODAY() + 30 * DAY).isoformat(),
        "content": "采集",
    }
    page.post(reverse("grids:plan-create"), facts)
    plan = WorkPlan.objects.get()
    make_task(grid=has.community, plan=plan, title="采集一社区")
    make_task(
        grid=has.community, plan=plan, state=Task.State.CANCELLED, reason="并入普查"
    )
    (row,) = page.get(reverse("grids:plans")).context["table"].rows
    assert (row.object.tasks_given, row.object.tasks_done) == (1, 0)
    assert "采集一社区" in page.get(plan.get_absolute_url()).content.decode()
    early = facts | {"ends_on": (TODAY() - DAY).isoformat()}
    response = page.post(reverse("grids:plan-change", args=[plan.pk]), early)
    assert "不能早于开始日期" in str(response.context["form"].errors)
    new = f"{reverse('grids:task-create')}?plan={plan.pk}"
    assert page.get(new).context["form"]["plan"].value() == plan.pk


def test_a_grid_shows_what_is_to_be_done_in_it(page, has):
    make_task(grid=has.community, title="逐户核对")
    url = f"{has.street.get_absolute_url()}?tab=tasks"
    assert "逐户核对" in page.get(url).content.decode()
