from datetime import date, timedelta

import pytest

from assistants.models import Training
from enterprises.models import Placement, StatusPeriod
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from grids.models import DailyEntry, DirtyMark
from grids.services import mark_dirty, tree
from grids.services.policies import adopt_policy, load_policy, shipped_files
from reports import coverage, tallies
from reports.models import Tally
from tests.factories import (
    LONG_AGO,
    make_enterprise,
    make_grid,
    make_person,
    make_posting,
    make_survey,
)

ON = date(2026, 6, 15)


@pytest.fixture
def system(db):
    return User.objects.system()


@pytest.fixture
def under_erqi_plan(erqi, system):
    """The district under the plan of 二七: three levels, two assistants a grid."""
    document = next(p for p in shipped_files() if p.name == "erqi-2013.toml")
    policy = load_policy(document=document.read_bytes(), by=system).policy
    adopt_policy(
        district=erqi,
        policy=policy,
        since=LONG_AGO,
        programme_start=LONG_AGO,
        by=system,
    )
    return erqi


def own(place, on=ON):
    return coverage.figures_of(place, on).own.counts


def test_known_counts_units_open_on_the_date(under_erqi_plan, erqi, street, community):
    make_enterprise(grid=community)
    make_enterprise(grid=street)  # placed only at a street: counts there
    make_enterprise(grid=community, since=ON + timedelta(days=1))
    closed = make_enterprise(grid=community)
    StatusPeriod.objects.filter(enterprise=closed).update(until=ON)
    StatusPeriod.objects.create(enterprise=closed, status="cancelled", since=ON)

    assert own(erqi).known == 2
    assert own(community).known == 1
    assert own(erqi, ON - timedelta(days=1)).known == 3


def test_assigned_needs_a_leaf_with_somebody_on_post(
    under_erqi_plan, erqi, street, community
):
    make_enterprise(grid=community)
    make_enterprise(grid=street)  # a street with communities is no leaf
    make_posting(grid=street)  # and a post above is not inherited
    assert own(erqi).assigned == 0

    make_posting(grid=community, since=ON, until=ON + timedelta(days=1))
    assert own(erqi).assigned == 1
    assert own(erqi, ON + timedelta(days=1)).assigned == 0


@pytest.mark.parametrize(("age", "acquired"), [(-1, 0), (0, 1), (183, 1), (184, 0)])
def test_acquired_counts_surveys_up_to_the_freshness(
    under_erqi_plan, erqi, community, age, acquired
):
    unit = make_enterprise(grid=community)
    make_survey(unit, surveyed_on=ON - timedelta(days=age))
    assert own(erqi).acquired == acquired
    assert own(erqi).filed == int(age >= 0)


def test_an_incomplete_survey_counts_for_nothing(under_erqi_plan, erqi, community):
    unit = make_enterprise(grid=community)
    make_survey(unit, surveyed_on=ON, is_complete=False)
    assert own(erqi).acquired == own(erqi).filed == 0


def test_trained_counts_assistants_with_a_passed_pre_post_training(
    under_erqi_plan, erqi, community
):
    for passed in (True, False):
        person = make_person()
        make_posting(person, grid=community)
        Training.objects.create(
            person=person, kind="pre_post", finished_on=ON, passed=passed
        )
    make_posting(grid=community, role=Role.PART_TIME_INSPECTOR)
    counts = own(erqi)
    assert (counts.trained, counts.assistants) == (1, 2)
    assert own(erqi, ON - timedelta(days=1)).trained == 0


@pytest.mark.parametrize(("age", "networked"), [(-1, 0), (0, 1), (30, 1), (31, 0)])
def test_networked_looks_thirty_days_back(
    under_erqi_plan, erqi, community, age, networked
):
    person = make_person()
    make_posting(person, grid=community)
    DailyEntry.objects.create(person=person, day=ON - timedelta(days=age))
    counts = own(erqi)
    assert (counts.networked, counts.leaves) == (networked, 1)


def test_a_street_without_open_communities_is_a_leaf(
    under_erqi_plan, erqi, street, community
):
    tree.close_grid(
        grid=community, closed_on=ON, successor=None, by=User.objects.system()
    )
    make_enterprise(grid=street)
    make_posting(grid=street)
    assert own(erqi).assigned == 1
    assert own(erqi, ON - timedelta(days=1)).assigned == 0


def test_a_district_without_a_plan_has_a_base_but_no_leaves(erqi, community):
    make_enterprise(grid=community)
    make_posting(grid=community)
    counts = own(erqi)
    assert (counts.known, counts.assigned, counts.leaves) == (1, 0, 0)
    assert counts.rate("networked") is None


def test_a_moved_unit_counts_where_it_was(under_erqi_plan, erqi, street, community):
    other = make_grid("康桥社区", parent=street)
    unit = make_enterprise(grid=community)
    Placement.objects.filter(enterprise=unit).update(until=ON)
    Placement.objects.create(enterprise=unit, district=erqi, grid=other, since=ON)
    assert (own(community).known, own(other).known) == (0, 1)
    before = ON - timedelta(days=1)
    assert (own(community, before).known, own(other, before).known) == (1, 0)


def test_kept_figures_equal_the_rows(under_erqi_plan, erqi, community):
    unit = make_enterprise(grid=community)
    tallies.recount(erqi, ON)
    assert tallies.drift(erqi, ON) == []

    make_survey(unit, surveyed_on=ON)
    assert len(tallies.drift(erqi, ON)) == 1
    assert own(erqi).acquired == 0  # a kept figure is read as it was counted


def test_settle_counts_only_what_is_marked_and_clears_the_marks(
    under_erqi_plan, erqi, street, community
):
    other = make_grid("康桥社区", parent=street)
    today = tallies.timezone.localdate()
    tallies.recount(erqi, today)
    make_enterprise(grid=community)
    make_enterprise(grid=other)
    DirtyMark.objects.all().delete()
    mark_dirty(community, today)

    assert tallies.settle(erqi)

    kept = dict(Tally.objects.filter(on=today).values_list("grid", "known"))
    assert kept[community.pk] == 1
    assert kept.get(other.pk, 0) == 0
    assert not DirtyMark.objects.exists()
    assert not tallies.settle(erqi)


def test_a_late_fact_corrects_the_kept_month_ends(under_erqi_plan, erqi, community):
    today = tallies.timezone.localdate()
    month_end = today.replace(day=1) - timedelta(days=1)
    tallies.recount(erqi, month_end)
    make_enterprise(grid=community, since=month_end - timedelta(days=3))
    mark_dirty(community, month_end - timedelta(days=3))
    tallies.settle(erqi)
    assert tallies.drift(erqi, month_end) == []
    assert Tally.objects.get(grid=community, on=month_end).known == 1


@pytest.mark.parametrize(
    ("since", "today", "days"),
    [
        (date(2026, 5, 1), date(2026, 6, 15), [date(2026, 6, 15), date(2026, 5, 31)]),
        (date(2026, 6, 1), date(2026, 6, 15), [date(2026, 6, 15)]),
        (date(2026, 5, 31), date(2026, 5, 31), [date(2026, 5, 31)]),
    ],
)
def test_today_and_the_month_ends_are_kept(since, today, days):
    assert tallies.kept_days(since, today) == days


def test_the_city_is_the_sum_of_its_districts(city, erqi, huiji, community):
    make_enterprise(grid=community)
    make_enterprise(grid=huiji)
    figures = coverage.figures_of(city, ON)
    assert figures.own.counts.known == 2
    assert {row.code: row.counts.known for row in figures.children} == {
        "410103": 1,
        "410108": 1,
    }


def test_the_nightly_count_drops_days_that_are_no_month_end(erqi, community):
    today = date(2026, 6, 15)
    make_enterprise(grid=community)
    for day in (date(2026, 5, 31), date(2026, 6, 14)):
        tallies.recount(erqi, day)
    tallies.recount_all(today=today)
    kept = set(Tally.objects.values_list("on", flat=True))
    assert kept == {date(2026, 5, 31), today}
