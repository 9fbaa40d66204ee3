"""Allocation in bulk: what it changes, what it leaves alone, and taking it back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from shapely.geometry import box

from enterprises.models import (
    AllocationLine,
    AllocationRun,
    Doubt,
    Enterprise,
    Placement,
)
from enterprises.services.allocation import (
    Outdated,
    Refused,
    apply_run,
    check_run,
    confirm_run,
    discard_run,
    start_run,
    undo_run,
)
from enterprises.services.doubts import settle_doubts
from enterprises.services.files import change_enterprise
from gridinspect.accounts.roles import Role
from gridinspect.audit.models import Event
from gridinspect.jobs import services as jobs
from gridinspect.jobs.models import Job
from grids.models import DirtyMark, Posting
from grids.services.boundaries import set_boundaries
from reports import coverage
from tests.factories import (
    LONG_AGO,
    TODAY,
    make_enterprise,
    make_grid,
    make_posting,
    make_road_range,
    make_user,
)

State = AllocationRun.State
WEEK_AGO = TODAY() - timedelta(days=7)


@pytest.fixture
def sister(street):
    return make_grid("兴华社区", parent=street)


@pytest.fixture
def ground(erqi, street, community, sister, bureau):
    """Two communities side by side, each with an outline; two roads with numbers."""
    set_boundaries(
        at=erqi,
        areas={
            erqi: box(113.0, 34.0, 113.2, 34.2),
            community: box(113.0, 34.0, 113.1, 34.2),
            sister: box(113.1, 34.0, 113.2, 34.2),
        },
        datum="wgs84",
        since=LONG_AGO,
        by=bureau,
    )
    make_road_range(community, parity="odd", first=1, last=99)
    make_road_range(sister, parity="even", first=2, last=98)


def unit(grid, *, method="list", at=None, **fields):
    """Make a unit that a list brought, or that stands there on other grounds."""
    if at:
        fields |= {"longitude": Decimal(str(at[0])), "latitude": Decimal(str(at[1]))}
    made = make_enterprise(grid=grid, **fields)
    made.placements.update(method=method)
    return made


def tried(erqi, by, *, on=None, with_hand=False):
    """Begin a run and try it out at once; its job is not waited for."""
    run = start_run(district=erqi, on=on or TODAY(), with_hand=with_hand, by=by)
    return check_run(run)


def done(erqi, by, **how):
    return apply_run(run=tried(erqi, by, **how), by=by)


def grid_of(one):
    one.refresh_from_db()
    return one.grid


# --- what changes ---------------------------------------------------------------------


def test_each_unit_goes_where_its_evidence_says(
    erqi, community, sister, ground, bureau
):
    by_point = unit(erqi, at=(113.05, 34.1))
    by_road = unit(erqi, address="二七区人民路12号")
    by_name = unit(erqi, address="二七区兴华社区")
    edge = unit(erqi, at=(113.1, 34.1))
    nowhere = unit(erqi, address="二七区")

    run = tried(erqi, bureau)
    assert run.counts == {
        "units": 5,
        "moved": 3,
        "open": 2,
        "point": 1,
        "road": 1,
        "name": 1,
    }
    assert grid_of(by_point) == erqi  # a trial writes nothing

    apply_run(run=run, by=bureau)
    assert [grid_of(one) for one in (by_point, by_road, by_name)] == [
        community,
        sister,
        sister,
    ]
    assert [grid_of(one) for one in (edge, nowhere)] == [erqi, erqi]
    row = by_road.placements.get(until=None)
    assert (row.method, row.confidence, row.placed_by) == ("road", "high", bureau)
    assert "人民路12号" in row.reason
    assert (row.since, by_road.placements.get(since=LONG_AGO).until) == (
        TODAY(),
        TODAY(),
    )
    doubts = {one.enterprise: one for one in Doubt.objects.open()}
    assert set(doubts) == {edge, nowhere}
    assert set(doubts[edge].candidates) == {community.pk, sister.pk}


def test_a_run_leaves_one_event_with_every_unit(erqi, sister, ground, bureau):
    one = unit(erqi, address="人民路12号")
    run = done(erqi, bureau)
    event = Event.objects.get(verb="enterprise.allocated")
    assert event.target_id == str(run.pk)
    assert event.rows == [[one.pk, erqi.code, sister.code, "road"]]
    assert event.data["counts"] == {"参加判定": 1, "改归": 1, "道路门牌": 1}


def test_figures_follow_from_the_day_on(erqi, sister, ground, bureau):
    make_posting(grid=sister)
    unit(erqi, address="人民路12号")
    before = TODAY() - timedelta(days=8)
    done(erqi, bureau, on=WEEK_AGO)
    assert DirtyMark.objects.filter(grid=sister, since=WEEK_AGO).exists()
    assert Posting.objects.current().filter(grid=sister).exists()
    for day, known in ((before, 0), (WEEK_AGO, 1), (TODAY(), 1)):
        assert coverage.figures_of(sister, day).own.counts.known == known


def test_what_was_placed_by_hand_stays_unless_asked(
    erqi, community, sister, ground, bureau
):
    own = unit(community, method="hand", address="人民路12号")
    run = tried(erqi, bureau)
    assert run.counts == {"units": 1, "hand": 1}
    apply_run(run=run, by=bureau)
    assert grid_of(own) == community
    done(erqi, bureau, with_hand=True)
    assert grid_of(own) == sister


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("人民路12号", "moved"),  # the list was wrong
        ("人民路11号", "kept"),
        ("", "kept"),  # nothing is known: the list's word holds
        ("二七区淮河路街道", "kept"),  # it only says less
        ("二七区兴华居委会", "open"),  # a resemblance does not overrule the list
    ],
)
def test_what_a_list_said_gives_way_to_better_evidence(
    erqi, community, ground, bureau, address, outcome
):
    unit(community, address=address)
    run = tried(erqi, bureau)
    assert run.counts[outcome] == 1


def test_a_unit_outside_the_district_goes_to_a_clerk(erqi, community, ground, bureau):
    astray = unit(community, at=(114.0, 34.1))
    done(erqi, bureau)
    assert "不在二七区的边界内" in astray.doubts.get().reason
    assert grid_of(astray) == community


def test_a_boundary_counts_on_its_days_only(erqi, community, sister, ground, bureau):
    set_boundaries(
        at=erqi,
        areas={
            community: box(113.0, 34.0, 113.05, 34.2),
            sister: box(113.05, 34.0, 113.2, 34.2),
        },
        datum="wgs84",
        since=WEEK_AGO,
        by=bureau,
    )
    one = unit(erqi, at=(113.07, 34.1))
    day = WEEK_AGO - timedelta(days=1)
    assert tried(erqi, bureau, on=day).lines.get().new == community
    assert tried(erqi, bureau, on=WEEK_AGO).lines.get().new == sister
    assert grid_of(one) == erqi


def test_a_unit_known_later_is_placed_from_its_own_first_day(
    erqi, sister, ground, bureau
):
    late = unit(erqi, address="人民路12号", since=TODAY() - timedelta(days=2))
    done(erqi, bureau, on=WEEK_AGO)
    row = late.placements.get()
    assert (row.grid, row.since) == (sister, TODAY() - timedelta(days=2))


def test_who_has_the_file_open_is_told(erqi, sister, ground, bureau):
    one = unit(erqi, address="人民路12号")
    done(erqi, bureau)
    one.refresh_from_db()
    assert one.edition == 2


def test_units_that_are_gone_are_left_alone(erqi, ground, bureau):
    unit(erqi, address="人民路12号", status="cancelled")
    assert tried(erqi, bureau).counts == {}


def test_a_second_run_finds_nothing_to_change(erqi, ground, bureau):
    unit(erqi, address="人民路12号")
    unit(erqi, at=(113.05, 34.1))
    done(erqi, bureau)
    run = tried(erqi, bureau)
    assert run.counts == {"units": 2, "kept": 2}
    assert not run.lines.exists()


# --- exactly once ---------------------------------------------------------------------


def test_what_changed_since_the_trial_stops_it(erqi, community, ground, bureau):
    one = unit(erqi, address="人民路12号")
    run = tried(erqi, bureau)
    Enterprise.objects.filter(pk=one.pk).update(address="人民路11号")
    with pytest.raises(Outdated):
        apply_run(run=run, by=bureau)
    assert grid_of(one) == erqi
    assert apply_run(run=check_run(run), by=bureau).state == State.APPLIED
    assert grid_of(one) == community


def test_the_job_tries_out_and_another_applies_once(erqi, sister, ground, bureau):
    one = unit(erqi, address="人民路12号")
    run = start_run(district=erqi, on=TODAY(), with_hand=False, by=bureau)
    jobs.run(run.job_id)
    run.refresh_from_db()
    assert (run.state, run.counts["moved"]) == (State.READY, 1)

    run = confirm_run(run=run, digest=run.digest, by=bureau)
    again = confirm_run(run=run, digest=run.digest, by=bureau)
    assert run.job_id == again.job_id
    jobs.run(run.job_id)
    jobs.run(run.job_id)
    job = Job.objects.get(pk=run.job_id)
    assert (job.state, job.result["text"]) == (
        Job.State.DONE,
        "参加判定 1 户，改归 1 户，道路门牌 1 户",
    )
    assert grid_of(one) == sister
    assert Event.objects.filter(verb="enterprise.allocated").count() == 1
    with pytest.raises(Refused, match="已执行"):
        apply_run(run=run, by=bureau)


def test_a_job_that_finds_other_data_asks_to_look_again(erqi, ground, bureau):
    one = unit(erqi, address="人民路12号")
    run = tried(erqi, bureau)
    run = confirm_run(run=run, digest=run.digest, by=bureau)
    Enterprise.objects.filter(pk=one.pk).update(address="人民路11号")
    jobs.run(run.job_id)
    run.refresh_from_db()
    assert (run.state, Job.objects.get(pk=run.job_id).state) == ("ready", "failed")
    assert "已重新试算" in run.message
    assert run.lines.get().new.name == "绿云社区"


def test_who_lost_the_post_meanwhile_allocates_nothing(erqi, ground, bureau):
    one = unit(erqi, address="人民路12号")
    run = start_run(district=erqi, on=TODAY(), with_hand=False, by=bureau)
    bureau.person.postings.update(until=TODAY())
    jobs.run(run.job_id)
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert grid_of(one) == erqi


def test_a_second_run_waits_for_the_first(erqi, ground, bureau):
    start_run(district=erqi, on=TODAY(), with_hand=False, by=bureau)
    with pytest.raises(Refused, match="正在进行"):
        start_run(district=erqi, on=TODAY(), with_hand=False, by=bureau)


def test_a_run_whose_job_broke_off_blocks_nobody(erqi, ground, bureau):
    run = start_run(district=erqi, on=TODAY(), with_hand=False, by=bureau)
    jobs.cancel(Job.objects.get(pk=run.job_id), by=bureau)
    assert AllocationRun.objects.get(pk=run.pk).is_broken_off
    discard_run(run=run, by=bureau)
    start_run(district=erqi, on=TODAY(), with_hand=False, by=bureau)


def test_a_newer_trial_takes_the_place_of_the_older(erqi, ground, bureau):
    older = tried(erqi, bureau)
    tried(erqi, bureau)
    older.refresh_from_db()
    assert older.state == State.DISCARDED
    with pytest.raises(Refused, match="已放弃"):
        confirm_run(run=older, digest=older.digest, by=bureau)


def test_a_trial_is_given_up(erqi, ground, bureau):
    unit(erqi, address="人民路12号")
    run = tried(erqi, bureau)
    discard_run(run=run, by=bureau)
    assert not AllocationLine.objects.exists()


def test_only_what_was_shown_is_confirmed(erqi, ground, bureau):
    run = tried(erqi, bureau)
    with pytest.raises(Refused, match="已更新"):
        confirm_run(run=run, digest="another", by=bureau)


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (TODAY() + timedelta(days=1), "晚于今天"),
        (LONG_AGO - timedelta(days=1), "早于区县的启用日期"),
    ],
)
def test_a_day_outside_the_districts_life_is_refused(erqi, bureau, on, words):
    with pytest.raises(Refused, match=words):
        start_run(district=erqi, on=on, with_hand=False, by=bureau)


# --- undoing --------------------------------------------------------------------------


def placements():
    fields = ("enterprise", "grid", "since", "until", "method", "confidence", "reason")
    return sorted(Placement.objects.values_list(*fields, "placed_by"), key=str)


@pytest.mark.parametrize("on", [TODAY(), LONG_AGO])
def test_undoing_puts_everything_back(erqi, community, sister, ground, bureau, on):
    units = [
        unit(erqi, address="人民路12号"),
        unit(community, address="人民路11号"),
        unit(erqi, address="二七区"),
    ]
    before = placements()
    run = done(erqi, bureau, on=on)
    assert placements() != before
    DirtyMark.objects.all().delete()

    assert undo_run(run=run, by=bureau) == 1
    assert placements() == before
    assert [grid_of(one) for one in units] == [erqi, community, erqi]
    assert not Doubt.objects.exists()
    assert DirtyMark.objects.filter(grid=sister, since=on).exists()
    assert Event.objects.get(verb="enterprise.allocation_undone").data["count"] == 1
    with pytest.raises(Refused, match="已撤销"):
        undo_run(run=run, by=bureau)


def test_undoing_says_what_was_built_on_it(erqi, community, ground, bureau):
    one = unit(erqi, name="郑州甲餐饮店", address="人民路12号")
    run = done(erqi, bureau)
    one.refresh_from_db()
    change_enterprise(enterprise=one, edition=one.edition, grid=community, by=bureau)
    with pytest.raises(Refused, match="又有 1 户单位改了归属，如“郑州甲餐饮店”"):
        undo_run(run=run, by=bureau)
    assert grid_of(one) == community


def test_another_change_of_the_file_does_not_stop_undoing(erqi, ground, bureau):
    one = unit(erqi, address="人民路12号")
    run = done(erqi, bureau)
    one.refresh_from_db()
    change_enterprise(enterprise=one, edition=one.edition, remark="已核", by=bureau)
    assert undo_run(run=run, by=bureau) == 1
    assert grid_of(one) == erqi


def test_a_later_run_must_be_undone_first(erqi, community, sister, ground, bureau):
    one = unit(erqi, address="人民路12号")
    first = done(erqi, bureau, on=WEEK_AGO)
    Enterprise.objects.filter(pk=one.pk).update(address="人民路11号")
    second = done(erqi, bureau)
    with pytest.raises(Refused, match="请先撤销它"):
        undo_run(run=first, by=bureau)
    undo_run(run=second, by=bureau)
    assert grid_of(one) == sister
    undo_run(run=first, by=bureau)
    assert grid_of(one) == erqi


def test_a_doubt_that_a_run_settled_comes_back(erqi, ground, bureau):
    one = unit(erqi, address="二七区")
    done(erqi, bureau)
    Enterprise.objects.filter(pk=one.pk).update(address="人民路12号")
    run = done(erqi, bureau)
    assert not Doubt.objects.open().exists()
    undo_run(run=run, by=bureau)
    assert Doubt.objects.open().get().enterprise == one


# --- 待确认 --------------------------------------------------------------------------


def doubt_of(one):
    return Doubt.objects.open().get(enterprise=one)


def test_a_clerk_settles_one_and_it_is_remembered(
    erqi, community, sister, ground, bureau
):
    one = unit(erqi, at=(113.1, 34.1))
    done(erqi, bureau)
    settle_doubts(doubts=[doubt_of(one)], grid=sister, since=TODAY(), by=bureau)
    assert grid_of(one) == sister
    row = one.placements.get(until=None)
    assert (row.method, row.placed_by) == ("hand", bureau)
    assert "人工确认" in row.reason
    event = Event.objects.get(verb="enterprise.placed")
    assert event.data["after"] == {"grid": "兴华社区"}
    run = tried(erqi, bureau, with_hand=True)
    assert run.counts == {"units": 1, "remembered": 1}


def test_a_decision_holds_only_while_the_place_is_the_same(
    erqi, community, sister, ground, bureau
):
    one = unit(erqi, at=(113.1, 34.1))
    done(erqi, bureau)
    settle_doubts(doubts=[doubt_of(one)], grid=sister, since=TODAY(), by=bureau)
    Enterprise.objects.filter(pk=one.pk).update(longitude=Decimal("113.05"))
    assert tried(erqi, bureau, with_hand=True).counts["moved"] == 1


def test_the_next_unit_at_that_place_follows_the_decision(erqi, sister, ground, bureau):
    first = unit(erqi, address="二七区长江路8号", name="郑州甲店")
    done(erqi, bureau)
    settle_doubts(doubts=[doubt_of(first)], grid=sister, since=TODAY(), by=bureau)
    second = unit(erqi, address="二七区长江路８号")
    done(erqi, bureau)
    assert grid_of(second) == sister
    row = second.placements.get(until=None)
    assert row.method == "alike"
    assert "“郑州甲店”" in row.reason


def test_many_are_settled_in_one_act(erqi, sister, ground, bureau):
    units = [unit(erqi, address="二七区") for _ in range(3)]
    done(erqi, bureau)
    doubts = list(Doubt.objects.open())
    assert settle_doubts(doubts=doubts, grid=sister, since=TODAY(), by=bureau) == 3
    assert {grid_of(one) for one in units} == {sister}
    event = Event.objects.get(verb="enterprise.placed")
    assert (event.data["count"], len(event.rows)) == (3, 3)


def test_a_clerk_may_leave_a_unit_where_it_is(erqi, ground, bureau):
    one = unit(erqi, address="二七区")
    done(erqi, bureau)
    settle_doubts(doubts=[doubt_of(one)], grid=None, since=TODAY(), by=bureau)
    row = one.placements.get()
    assert (row.grid, row.since, row.method) == (erqi, LONG_AGO, "hand")
    assert done(erqi, bureau, with_hand=True).counts == {"units": 1, "remembered": 1}


def test_two_clerks_do_not_settle_one_unit_twice(
    erqi, community, sister, ground, bureau
):
    one = unit(erqi, address="二七区")
    done(erqi, bureau)
    doubt = doubt_of(one)
    settle_doubts(doubts=[doubt], grid=sister, since=TODAY(), by=bureau)
    from enterprises.services.files import Refused as FileRefused

    with pytest.raises(FileRefused, match="已由他人处理"):
        settle_doubts(doubts=[doubt], grid=community, since=TODAY(), by=bureau)


def test_a_unit_is_not_given_to_another_district(erqi, huiji, ground, bureau):
    from enterprises.services.files import Refused as FileRefused

    one = unit(erqi, address="二七区")
    done(erqi, bureau)
    with pytest.raises(FileRefused, match="分区县"):
        settle_doubts(doubts=[doubt_of(one)], grid=huiji, since=TODAY(), by=bureau)


# --- a list and a split keep their grounds --------------------------------------------


def test_a_registered_unit_is_placed_by_hand(erqi, community, bureau):
    from enterprises.services.files import register_enterprise

    one = register_enterprise(
        grid=community, known_since=date(2026, 3, 2), by=bureau, name="郑州甲店"
    )
    row = one.placements.get()
    assert (row.method, row.placed_by) == ("hand", bureau)


# --- the cost -------------------------------------------------------------------------


def asked(act):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        act()
    return len(queries)


def test_the_number_of_queries_does_not_grow_with_the_units(erqi, ground, bureau):
    def whole():
        run = done(erqi, bureau)
        undo_run(run=run, by=bureau)

    unit(erqi, address="人民路12号")
    unit(erqi, address="二七区")
    few = asked(whole)
    for number in range(60):
        unit(erqi, address=f"人民路{number + 2}号")
        unit(erqi, at=(113.1, 34.1))
    assert asked(whole) <= few


def test_a_clerk_of_a_street_may_not_allocate(street):
    squad = make_user(grid=street, role=Role.SQUAD_LEADER)
    assert not squad.holds("enterprise_allocate")


def test_a_split_leaves_its_units_to_be_allocated(erqi, community, bureau):
    from grids.services.acts import undo_act
    from grids.services.reshaping import NewGrid, split_grid

    one = unit(community, method="hand")
    east, _ = split_grid(
        grid=community,
        parts=[NewGrid("东社区", "E1"), NewGrid("西社区", "W1")],
        on=TODAY(),
        by=bureau,
    )
    row = one.placements.get(until=None)
    assert (row.grid, row.method) == (east, "tree")
    undo_act(grid=community, by=bureau)
    assert one.placements.get(until=None).method == "hand"


def test_a_list_says_on_what_it_placed_a_unit(
    erqi, street, community, bureau, settings, tmp_path
):
    from io import BytesIO

    from gridinspect.imports import services as imports
    from tests.gridinspect.imports.conftest import xlsx

    settings.MEDIA_ROOT = tmp_path
    rows = [
        ["单位名称", "地址", "街道", "社区"],
        ["郑州甲店", "人民路1号", "淮河路街道", "绿云社区"],
        ["郑州乙店", "人民路2号", None, None],
    ]
    batch = imports.keep_file(
        kind="enterprises",
        file=BytesIO(xlsx(rows)),
        name="名册.xlsx",
        place=erqi,
        district_code=erqi.code,
        by=bureau,
        as_of=TODAY(),
    )
    imports.check_batch(batch)
    imports.apply_batch(batch=batch, mode="all", by=bureau)
    first = Placement.objects.get(enterprise__name="郑州甲店")
    second = Placement.objects.get(enterprise__name="郑州乙店")
    assert (first.method, first.confidence) == ("list", "medium")
    assert first.reason == "名册写明“淮河路街道绿云社区”"
    assert (second.grid, second.confidence) == (erqi, "low")
    assert second.placed_by == bureau
