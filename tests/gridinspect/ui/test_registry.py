from datetime import date

import pytest
from django.urls import reverse

from gridinspect.ui import registry
from gridinspect.ui.registry import Menu, Todo, Workbench


class Someone:
    """A user who holds some permissions."""

    def __init__(self, *permissions):
        self.permissions = permissions

    def holds(self, permission):
        return permission in self.permissions


def labels(menu, user, path="/"):
    return [item.label for _, items in menu.for_user(user, path) for item in items]


def test_the_menu_shows_only_what_may_be_used():
    menu = Menu()
    menu.add("工作台", "首页", "home")
    menu.add("系统管理", "任务", "jobs:list", "job_view")
    assert labels(menu, Someone()) == ["首页"]
    assert labels(menu, Someone("job_view")) == ["首页", "任务"]


def test_sections_and_entries_stand_in_their_order():
    menu = Menu()
    menu.add("系统管理", "任务", "jobs:list", order=20)
    menu.add("系统管理", "审计", "audit:list", order=10)
    menu.add("工作台", "首页", "home")
    assert labels(menu, Someone()) == ["首页", "审计", "任务"]


def test_the_page_shown_is_marked_by_its_longest_address():
    menu = Menu()
    menu.add("工作台", "首页", "home")
    menu.add("系统管理", "任务", "jobs:list")
    items = dict(menu.for_user(Someone(), reverse("jobs:list") + "7/"))
    assert not items["工作台"][0].is_current
    assert items["系统管理"][0].is_current


def test_adding_an_address_again_replaces_the_entry():
    menu = Menu()
    menu.add("工作台", "首页", "home")
    menu.add("工作台", "工作台", "home")
    assert labels(menu, Someone()) == ["工作台"]


@pytest.mark.parametrize("entry", registry.menu.entries, ids=lambda e: e.url_name)
def test_every_menu_entry_leads_somewhere(entry):
    assert reverse(entry.url_name)


def test_urgent_lines_of_the_workbench_come_first_and_idle_ones_last():
    bench = Workbench()
    bench.add(lambda user, today: [Todo("无", 0, "/d/"), Todo("空", 0, "/b/", True)])
    bench.add(lambda user, today: [Todo("采集", 9, "/a/")])
    bench.add(lambda user, today: [Todo("受理", 1, "/c/", urgent=True)])
    shown = bench.for_user(Someone(), date(2026, 3, 2))
    assert [todo.label for todo in shown] == ["受理", "采集", "空", "无"]


def test_a_provider_is_asked_once_however_often_it_is_added():
    bench = Workbench()

    def one(user, today):
        return [Todo("受理", 1, "/c/")]

    bench.add(one)
    bench.add(one)
    assert len(bench.for_user(Someone(), date(2026, 3, 2))) == 1
