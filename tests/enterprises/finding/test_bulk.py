from datetime import timedelta

import pytest
from django.urls import reverse

from enterprises.models import BulkAct, Enterprise
from enterprises.services import bulk
from enterprises.services.files import Refused
from enterprises.services.status import set_status
from gridinspect.audit.models import Event
from gridinspect.jobs.services import run
from grids.forms import spelled
from grids.models import Task
from tests.factories import LONG_AGO, TODAY, make_enterprise, make_grid

YESTERDAY = TODAY() - timedelta(days=1)


@pytest.fixture
def units(community):
    return [make_enterprise(f"郑州连锁{n}店", grid=community) for n in range(3)]


@pytest.fixture
def other(street):
    return make_grid("长江东路社区", parent=street)


def act(units, by, kind="status", **given):
    usual = {"status": "suspended", "since": str(YESTERDAY), "reason": "停业整顿"}
    return bulk.start_act(
        kind=kind,
        district=units[0].district,
        units=[(unit.pk, unit.edition) for unit in units],
        given=usual | given,
        title="批量",
        by=by,
    )


def states(units):
    rows = Enterprise.objects.filter(pk__in=[unit.pk for unit in units])
    return list(rows.order_by("pk").values_list("status", flat=True))


def test_one_status_for_many_is_one_event_and_is_undone(units, bureau):
    done = act(units, bureau)
    assert states(units) == ["suspended"] * 3
    assert Event.objects.filter(verb="enterprise.bulk_done").count() == 1
    assert not bulk.why_not_undone(BulkAct.objects.get(pk=done.pk))
    bulk.undo_act(act=done, by=bureau)
    assert states(units) == ["open"] * 3
    rows = units[0].status_periods.values_list("status", "since", "until")
    assert list(rows) == [("open", LONG_AGO, None)]


def test_a_status_of_the_same_day_comes_back_too(units, bureau):
    set_status(
        unit=units[0], status="not_found", since=YESTERDAY, reason="查无", by=bureau
    )
    units[0].refresh_from_db()
    done = act(units, bureau)
    bulk.undo_act(act=done, by=bureau)
    assert states(units) == ["not_found", "open", "open"]
    assert units[0].status_periods.get(until=None).reason == "查无"


def test_a_grid_for_many_is_undone(units, bureau, other):
    done = act(units, bureau, "grid", grid=other.pk)
    assert {u.grid_id for u in Enterprise.objects.all()} == {other.pk}
    bulk.undo_act(act=done, by=bureau)
    assert {u.grid_id for u in Enterprise.objects.all()} == {units[0].grid_id}


def test_two_clerks_do_not_overwrite_each_other(units, bureau):
    set_status(
        unit=units[1], status="not_found", since=YESTERDAY, reason="查无", by=bureau
    )
    with pytest.raises(Refused, match="他人修改"):
        act(units, bureau)
    assert states(units) == ["open", "not_found", "open"]


def test_nothing_is_undone_that_was_changed_since(units, bureau):
    done = act(units, bureau)
    Enterprise.objects.filter(pk=units[0].pk).update(edition=9)
    with pytest.raises(Refused, match="1 户"):
        bulk.undo_act(act=done, by=bureau)
    assert states(units) == ["suspended"] * 3


def test_a_unit_that_does_not_fit_stops_all(units, bureau):
    late = make_enterprise("郑州新店", grid=units[0].grid, since=TODAY())
    with pytest.raises(Refused, match="郑州新店"):
        act([*units, late], bureau)
    assert states(units) == ["open"] * 3


def test_many_are_done_by_a_job(units, bureau, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    waiting = act(units, bureau)
    assert waiting.job is not None
    assert states(units) == ["open"] * 3
    run(waiting.job.pk)
    assert states(units) == ["suspended"] * 3
    waiting.refresh_from_db()
    assert waiting.state == "done"


def page(name, **query):
    return reverse(f"enterprises:bulk-{name}", query=query)


def test_rows_are_ticked_on_the_list_and_counted(bureau_client, units, other):
    listed = bureau_client.get(reverse("enterprises:list")).content.decode()
    assert f'name="row" value="{units[0].pk}"' in listed
    asked = page("grid", row=[units[0].pk, units[1].pk])
    response = bureau_client.get(asked)
    assert "批量归格：2 户" in response.content.decode()
    typed = {
        "grid": spelled(other),
        "since": str(YESTERDAY),
        "reason": "现场核实",
        "seen": response.context["form"]["seen"].value(),
    }
    bureau_client.post(asked, typed)
    assert Enterprise.objects.filter(grid=other).count() == 2
    done = BulkAct.objects.get()
    assert "撤销" in bureau_client.get(done.get_absolute_url()).content.decode()
    bureau_client.post(reverse("enterprises:bulk-undo", args=[done.pk]))
    assert Enterprise.objects.filter(grid=other).count() == 0


def test_the_whole_result_is_asked_again_when_it_changed(bureau_client, units):
    asked = page("status", all=1, q="连锁")
    seen = bureau_client.get(asked).context["form"]["seen"].value()
    make_enterprise("郑州连锁9店", grid=units[0].grid)
    typed = {
        "status": "suspended",
        "status_since": str(TODAY()),
        "reason": "停业",
        "seen": seen,
    }
    response = bureau_client.post(asked, typed)
    assert "现为 4 户" in response.content.decode()
    assert states(units) == ["open"] * 3
    again = typed | {"seen": response.context["form"]["seen"].value()}
    bureau_client.post(asked, again)
    assert states(units) == ["suspended"] * 3


def test_a_task_for_each(bureau_client, units):
    asked = page("tasks", all=1)
    seen = bureau_client.get(asked).context["form"]["seen"].value()
    typed = {"title": "核实门头", "due_on": str(TODAY()), "detail": "", "seen": seen}
    bureau_client.post(asked, typed)
    assert Task.objects.filter(title="核实门头").count() == 3


def test_a_neighbours_units_are_not_chosen(neighbour_client, units):
    response = neighbour_client.get(page("grid", row=units[0].pk), follow=True)
    assert "没有选中" in response.content.decode()
