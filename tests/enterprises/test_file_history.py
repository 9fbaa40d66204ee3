"""The timeline tells of everything, whether it came by hand or with a bulk act."""

from datetime import date, timedelta

import pytest

from enterprises.file_changes import changes_of
from enterprises.file_history import happened
from enterprises.models import Placement, StatusPeriod
from enterprises.services.files import change_enterprise
from enterprises.services.status import set_status
from enterprises.services.surveys import submit_survey
from enterprises.workforce.models import PayrollReturn
from gridinspect.accounts.models import User
from gridinspect.ui.registry import timeline
from tests.cases.visits.making import make_hazard
from tests.enterprises.test_survey_rules import GOOD
from tests.enterprises.wages import made
from tests.enterprises.workforce.factories import make_worker
from tests.factories import TODAY, make_enterprise, make_survey


@pytest.fixture
def unit(community):
    return make_enterprise("郑州荣华机械有限公司", grid=community)


def told(unit, user):
    """Return what the timeline says, as (kind, text)."""
    entries = [*happened(unit), *timeline.for_object(user, unit)]
    return [(one.kind, one.text) for one in entries]


def test_a_survey_is_told_once_with_or_without_an_event_of_its_own(unit, bureau):
    make_survey(unit, surveyed_on=date(2026, 1, 5), method="import", answers=GOOD)
    submit_survey(
        enterprise=unit,
        surveyed_on=TODAY(),
        method="visit",
        collected_by=bureau.person,
        answers=GOOD,
        by=bureau,
    )
    surveys = [text for kind, text in told(unit, bureau) if kind == "采集"]
    assert sorted(surveys) == ["调查登记表（上门）", "调查登记表（导入）"]


def test_a_late_entry_says_so(unit, bureau):
    make_survey(unit, surveyed_on=TODAY() - timedelta(days=9), answers=GOOD)
    note = next(one.note for one in happened(unit) if one.kind == "采集")
    assert "迟录 9 天" in note


def test_a_status_set_by_hand_is_told_once(unit, bureau):
    assert ("归属与状态", "状态：营业") in told(unit, bureau)
    set_status(
        unit=unit, status="suspended", since=TODAY(), reason="停业公告", by=bureau
    )
    found = told(unit, bureau)
    assert ("档案", "登记状态变更") in found
    assert ("归属与状态", "状态：停业") not in found
    [change] = [one for one in changes_of(unit) if one.label == "营业状态"]
    assert (change.before, change.after) == ("营业", "停业")


def test_status_and_grid_of_a_bulk_act_are_told_from_their_rows(unit, bureau, street):
    day = TODAY() - timedelta(days=3)
    StatusPeriod.objects.filter(enterprise=unit).update(until=day)
    StatusPeriod.objects.create(enterprise=unit, status="not_found", since=day)
    Placement.objects.filter(enterprise=unit).update(until=day)
    Placement.objects.create(
        enterprise=unit, district=unit.district, grid=street, since=day
    )
    found = told(unit, bureau)
    assert ("归属与状态", "状态：查无") in found
    assert ("归属与状态", f"归入{street}") in found
    changes = {(one.label, one.before, one.after) for one in changes_of(unit)}
    assert ("营业状态", "营业", "查无") in changes
    assert ("所属网格", str(unit.grid), str(street)) in changes


def test_what_an_act_changed_is_told_field_by_field(unit, bureau):
    change_enterprise(enterprise=unit, edition=1, by=bureau, address="淮河路 8 号")
    notes = [one.note for one in happened(unit)]
    assert "经营（用工）地址：空 → 淮河路 8 号" in notes


def test_rooms_tell_of_wages_workers_sites_visits(unit, bureau):
    arrears = made.make_arrears(unit, source="complaint")
    made.make_repayment(arrears, paid_on=TODAY(), amount=5_000)
    made.make_payment(unit)
    made.make_insurance(unit)
    made.make_project(unit.grid, contractor=unit, name="桃源小区")
    make_worker(unit)
    make_hazard(by=bureau, unit=unit)
    PayrollReturn.objects.create(
        enterprise=unit,
        district=unit.district,
        kind="fund",
        year=2026,
        quarter=0,
        people=10,
        total=900_000,
        filed_on=date(2026, 2, 1),
        recorded_by=User.objects.system(),
    )
    found = told(unit, bureau)
    kinds = {kind for kind, _ in found}
    assert {"工资社保", "工程项目", "用工", "备案", "走访", "隐患"} <= kinds
    texts = [text for _, text in found]
    assert "发现拖欠工资" in texts
    assert "补发（补缴）拖欠的工资 5,000.00 元" in texts
    assert "2026-06 社会保险参保情况" in texts
    assert "工程开工（总承包）：桃源小区" in texts
    assert any(text.endswith("入职 1 人") for text in texts)
    assert any(text.startswith("发现隐患") for text in texts)
    entries = [*happened(unit), *timeline.for_object(bureau, unit)]
    assert not any("投诉" in f"{one.text}{one.note}" for one in entries)


def test_every_entry_has_a_kind_to_filter_by(unit, bureau):
    make_survey(unit, answers=GOOD)
    made.make_arrears(unit)
    make_hazard(by=bureau, unit=unit)
    assert all(kind for kind, _ in told(unit, bureau))


def test_the_queries_do_not_grow_with_the_rows(
    unit, bureau, django_assert_max_num_queries
):
    for month in range(1, 9):
        make_survey(unit, surveyed_on=date(2026, month, 5), answers=GOOD)
        made.make_arrears(
            unit, month_from=date(2026, month, 1), month_to=date(2026, month, 1)
        )
        make_hazard(by=bureau, unit=unit)
    with django_assert_max_num_queries(11):
        assert len(list(happened(unit))) > 8
    with django_assert_max_num_queries(38):
        timeline.for_object(bureau, unit)


def test_the_timeline_waits_until_its_tab_is_open(bureau_client, unit):
    make_survey(unit, surveyed_on=date(2026, 1, 5), answers=GOOD)
    closed = bureau_client.get(unit.get_absolute_url())
    assert closed.context["timeline"] == []
    opened = bureau_client.get(f"{unit.get_absolute_url()}?tab=timeline")
    assert "调查登记表（上门）" in opened.content.decode()
