"""Renames, moves, splits, mergers and undoing: the past stays what it was."""

from contextlib import suppress
from datetime import date, timedelta
from importlib import import_module

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from assistants.establishment import establishment_of
from cases.models import Case
from enterprises.models import Enterprise
from gridinspect.accounts.models import User
from gridinspect.audit.services import history
from grids import boundaries
from grids.forms import GridField
from grids.models import (
    Boundary,
    Grid,
    GridAct,
    GridPeriod,
    Posting,
    QuotaIndex,
    Succession,
)
from grids.services import periods, tree
from grids.services.acts import last_act, undo_act
from grids.services.boundaries import areas_on
from grids.services.quotas import index_of
from grids.services.recoding import recode_grids
from grids.services.reshaping import (
    NewGrid,
    merge_grids,
    preview_split,
    split_grid,
)
from grids.services.tree import Node, Refused
from reports import conformance, coverage, tallies
from tests.factories import (
    LONG_AGO,
    TODAY,
    create_grid,
    make_adoption,
    make_case,
    make_city,
    make_district,
    make_enterprise,
    make_grid,
    make_person,
    make_posting,
    make_survey,
    make_user,
)

DAY = date(2026, 9, 1)
BEFORE = DAY - timedelta(days=1)


@pytest.fixture
def by(db):
    return User.objects.system()


@pytest.fixture
def other(erqi):
    return make_grid("大学路街道", parent=erqi, code="410103002000")


@pytest.fixture
def filled(erqi, community):
    """Give the community of 二七 a plan, units, surveys, people and a case."""
    make_adoption(erqi)
    units = [make_enterprise(grid=community) for _ in range(4)]
    make_survey(units[0], surveyed_on=date(2026, 8, 1))
    make_posting(grid=community)
    make_case(grid=community, enterprise=units[1])
    return units


def fresh(grid):
    return Grid.objects.get(pk=grid.pk)


def picture(place, on):
    """Return every figure of a place on a date, and of all that lay below it."""
    figures = coverage.figures_of(place, on)
    document = coverage.as_json(figures)
    return document, establishment_of(place, on).to_json()


def some(places, on):
    """Return the figures of those places that there are and were on a day."""
    keys = {place.pk for place in places}
    there = Grid.objects.filter(pk__in=keys, opened_on__lte=on)
    return {place.pk: picture(place, on) for place in there}


def whole(district, on):
    places = Grid.objects.filter(district=district, opened_on__lte=on)
    return {place.pk: picture(place, on) for place in places}


def _into_a_new_one(grid, by):
    beside = Grid.objects.filter(name="旧区", parent=grid.parent).first()
    beside = beside or create_grid("旧区", parent=grid.parent)
    merge_grids(grids=[grid, beside], into=NewGrid(grid.name, "M"), on=DAY, by=by)


# Each act on a grid with a full load, with another grid that may be its heir or parent.
ACTS_ON_ONE = {
    "rename": lambda g, o, by: tree.change_grid(
        grid=g, name="新名", code="N", by=by, on=DAY
    ),
    "move": lambda g, o, by: tree.move_grid(grid=g, parent=o, by=by, on=DAY),
    "split": lambda g, o, by: split_grid(
        grid=g, parts=[NewGrid(g.name, "E"), NewGrid("西", "W")], on=DAY, by=by
    ),
    "merge": lambda g, o, by: merge_grids(grids=[g], into=o, on=DAY, by=by),
    "merge into a new one": lambda g, o, by: _into_a_new_one(g, by),
    "recode": lambda g, o, by: recode_grids(
        at=g.district, codes={g: o.code, o: g.code}, on=DAY, by=by
    ),
}


# --- the past -------------------------------------------------------------------------


def test_a_name_holds_from_its_day_on(erqi, street, by):
    tree.change_grid(grid=street, name="建中街街道", code=street.code, by=by, on=DAY)

    def names(on):
        return [row.name for row in coverage.figures_of(erqi, on).children]

    assert names(BEFORE) == ["淮河路街道"]
    assert names(DAY) == ["建中街街道"]
    assert coverage.figures_of(street, BEFORE).own.name == "淮河路街道"


def test_a_move_leaves_the_figures_of_earlier_days(
    erqi, street, community, other, filled, by
):
    before = whole(erqi, BEFORE)
    tallies.recount(erqi, BEFORE)
    assert whole(erqi, BEFORE) == before

    tree.move_grid(grid=community, parent=other, by=by, on=DAY)

    assert whole(erqi, BEFORE) == before
    tallies.recount(erqi, BEFORE)
    assert whole(erqi, BEFORE) == before
    assert coverage.figures_of(street, DAY).own.counts.known == 0
    assert coverage.figures_of(other, DAY).own.counts.known == 4
    assert len(establishment_of(other, DAY).rows) == 2
    assert len(establishment_of(other, BEFORE).rows) == 1


def all_reports(district, days):
    """Return coverage, establishment and conformance of a district on earlier days."""
    return [
        (
            whole(district, day),
            picture(district.city, day),
            [
                conformance.as_json(conformance.conformance_of(scope))
                for scope in conformance.scopes_of(district, day)
            ],
        )
        for day in days
    ]


@pytest.mark.parametrize("act", ACTS_ON_ONE.values(), ids=ACTS_ON_ONE)
def test_reports_of_earlier_days_are_the_same_after_an_act_and_its_undo(
    erqi, community, other, filled, by, act
):
    make_grid("一号单元", parent=community, kind="cell")
    make_grid("旧区", parent=community.parent)
    days = [date(2025, 12, 31), BEFORE]
    tallies.recount(erqi, days[0])  # one is kept, the other computed each time
    before = all_reports(erqi, days)

    act(community, other, by)
    tallies.settle(erqi)
    assert all_reports(erqi, days) == before

    undo_act(grid=community, by=by)
    tallies.settle(erqi)
    assert all_reports(erqi, days) == before


def test_reports_of_earlier_days_are_the_same_after_a_closing_and_its_undo(
    erqi, street, community, filled, by
):
    grid = make_grid("旧社区", parent=street)
    days = [date(2025, 12, 31), BEFORE]
    before = all_reports(erqi, days)
    tree.close_grid(grid=grid, closed_on=DAY, successor=community, by=by)
    assert all_reports(erqi, days) == before
    undo_act(grid=grid, by=by)
    assert all_reports(erqi, days) == before


def test_the_series_of_a_place_follows_what_stood_below_it(
    erqi, street, community, other, filled, by
):
    tree.move_grid(grid=community, parent=other, by=by, on=DAY)
    for day in (BEFORE, DAY):
        tallies.recount(erqi, day)

    def known(place):
        series = coverage.series_of(place, [BEFORE, DAY])
        return [series[day].known if day in series else 0 for day in (BEFORE, DAY)]

    assert known(street) == [4, 0]
    assert known(other) == [0, 4]
    assert known(community) == [4, 4]
    assert known(erqi) == [4, 4]


def test_a_closed_grid_with_something_counted_keeps_its_row(erqi, street, by):
    closing = make_grid("旧社区", parent=street)
    unit = make_enterprise(grid=make_grid("新社区", parent=street))
    make_case(
        grid=closing,
        enterprise=unit,
        closed_on=date(2026, 8, 1),
        closed_in_time=True,
        investigation_ended_on=date(2026, 8, 1),
        decision_due_on=date(2026, 8, 1),
        outcome="no_penalty",
    )
    tree.close_grid(grid=closing, closed_on=DAY, successor=None, by=by)

    figures = coverage.figures_of(street, TODAY())
    assert [row.name for row in figures.children] == ["旧社区", "新社区"]
    assert figures.own.counts.closed == 1
    assert coverage.figures_of(street, date(2027, 1, 2)).own.counts.closed == 0


def test_branches_follow_the_way_of_their_parent(erqi, street, community, other, by):
    park = make_grid("产业园", parent=street, kind="park")
    tree.move_grid(grid=park, parent=other, by=by, on=DAY)
    cell = make_grid("一号单元", parent=fresh(park), kind="cell", opened_on=BEFORE)
    tree.add_below(
        district=erqi,
        additions=[(fresh(park), Node("N1", "二号单元", "cell"))],
        opened_on=BEFORE,
        by=by,
    )

    for grid in (cell, Grid.objects.get(code="N1")):
        assert list(
            grid.periods.order_by("since").values_list("path", "since", "until")
        ) == [
            (f"{street.path}{park.pk}/{grid.pk}/", BEFORE, DAY),
            (f"{other.path}{park.pk}/{grid.pk}/", DAY, None),
        ]
    assert tree.faults_of(erqi) == []


def test_the_queries_of_a_move_do_not_grow_with_what_moves(
    erqi, street, other, by, django_assert_max_num_queries
):
    park = make_grid("产业园", parent=street, kind="park")
    cells = [Node(f"C{n}", f"{n}号单元", "cell") for n in range(40)]
    tree.add_below(
        district=erqi,
        additions=[(park, cell) for cell in cells],
        opened_on=LONG_AGO,
        by=by,
    )
    with django_assert_max_num_queries(45):
        tree.move_grid(grid=park, parent=other, by=by, on=DAY)
    assert GridPeriod.objects.filter(since=DAY).count() == 41


# --- bad input ------------------------------------------------------------------------


def test_dates_that_cannot_be_are_refused(erqi, street, community, other, by):
    tomorrow = TODAY() + timedelta(days=1)
    young = make_grid("新街道", parent=erqi, opened_on=DAY)
    parts = [NewGrid("东社区", "E1"), NewGrid("西社区", "W1")]
    acts = [
        (lambda on: tree.move_grid(grid=community, parent=other, by=by, on=on)),
        (lambda on: tree.change_grid(grid=street, name="x", code="x", by=by, on=on)),
        (lambda on: split_grid(grid=community, parts=parts, by=by, on=on)),
        (lambda on: merge_grids(grids=[street], into=other, by=by, on=on)),
        (lambda on: tree.close_grid(grid=other, closed_on=on, successor=None, by=by)),
    ]
    for act in acts:
        with pytest.raises(Refused, match="不能晚于今天"):
            act(tomorrow)
        with pytest.raises(Refused, match="启用日期"):
            act(LONG_AGO - timedelta(days=1))
    with pytest.raises(Refused, match="新街道”的启用日期 2026-09-01"):
        tree.move_grid(grid=community, parent=young, by=by, on=BEFORE)
    tree.change_grid(grid=street, name="建中街街道", code="x", by=by, on=DAY)
    with pytest.raises(Refused, match="自 2026-09-01 起已有变动"):
        tree.change_grid(grid=street, name="淮河路街道", code="x", by=by, on=BEFORE)
    assert tree.faults_of(erqi) == []


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([("东社区", "E1")], "2 至 10 个"),
        ([("东社区", "E1"), ("西社区", "TAKEN")], "已存在"),
        ([("东社区", "E1"), ("东社区", "E2")], "同名"),
        ([("东社区", "E1"), ("", "E2")], "不能为空"),
    ],
)
def test_a_wrong_split_leaves_nothing_behind(
    erqi, community, filled, by, parts, sentence
):
    make_grid("旧区", parent=erqi, code="TAKEN")
    before = Grid.objects.count()
    with pytest.raises(ValidationError) as refusal:
        split_grid(
            grid=community, parts=[NewGrid(*part) for part in parts], on=DAY, by=by
        )
    assert sentence in "".join(refusal.value.messages)
    assert Grid.objects.count() == before
    assert fresh(community).closed_on is None
    assert GridAct.objects.filter(kind="split").count() == 0


def test_impossible_mergers_are_refused(erqi, huiji, street, community, other, by):
    there = make_grid("新城街道", parent=huiji)
    for grids, into, sentence in [
        ([], other, "请选择"),
        ([street, there], other, "同一区县"),
        ([street, community], other, "下级"),
        ([street], community, "被合并之列"),
        ([street], street, "被合并之列"),
        ([street], there, "同一区县"),
        ([erqi], other, "被合并之列"),
        ([other], NewGrid("新街道", "N1"), "至少要选择两个"),
        ([community, other], NewGrid("新街道", "N1"), "同一上级"),
    ]:
        with pytest.raises(Refused, match=sentence):
            merge_grids(grids=grids, into=into, on=DAY, by=by)
    assert Succession.objects.count() == 0


# --- split and merge ------------------------------------------------------------------


def test_a_split_hands_everything_on(erqi, street, community, filled, by):
    cell = make_grid("一号单元", parent=community, kind="cell")
    posting = Posting.objects.get(grid=community)
    before = whole(erqi, BEFORE)
    handed_on = {label: count for label, count in preview_split(community) if count}
    assert handed_on == {
        "个下级网格": 1,
        "人在岗": 1,
        "户用人单位": 4,
        "件在办案件": 1,
    }

    east, west = split_grid(
        grid=community,
        parts=[NewGrid(community.name, "E1"), NewGrid("西社区", "W1")],
        on=DAY,
        by=by,
        chosen={
            "units": {filled[0].pk: 1, filled[1].pk: 1},
            "posts": {posting.pk: 1},
            "grids": {cell.pk: 1},
        },
    )

    assert fresh(community).closed_on == DAY
    assert set(Succession.objects.values_list("new", flat=True)) == {east.pk, west.pk}
    assert Enterprise.objects.filter(grid=east).count() == 2
    assert set(Enterprise.objects.filter(grid=west)) == set(filled[:2])
    assert Posting.objects.get(until=None, person=posting.person).grid == west
    assert Case.objects.get().grid == west  # with its unit
    assert fresh(cell).path == f"{west.path}{cell.pk}/"
    assert whole(erqi, BEFORE) == before
    assert coverage.figures_of(west, DAY).own.counts.known == 2
    assert coverage.figures_of(street, DAY).own.counts.known == 4
    assert tree.faults_of(erqi) == []
    event = history(community).first()
    assert event.verb == "grid.split"
    assert len(event.rows) == 3


def test_what_began_after_the_day_has_always_been_on_the_part(
    erqi, community, filled, by
):
    late = make_enterprise(grid=community, since=DAY + timedelta(days=3))
    left = make_enterprise(grid=community)
    left.placements.update(until=DAY + timedelta(days=5))

    east, _ = split_grid(
        grid=community,
        parts=[NewGrid("东社区", "E1"), NewGrid("西社区", "W1")],
        on=DAY,
        by=by,
    )

    assert [(p.grid, p.since) for p in late.placements.all()] == [
        (east, DAY + timedelta(days=3))
    ]
    assert [(p.grid, p.since, p.until) for p in left.placements.order_by("since")] == [
        (community, LONG_AGO, DAY),
        (east, DAY, DAY + timedelta(days=5)),
    ]


@pytest.mark.parametrize("is_new", [True, False])
def test_a_merger_hands_everything_on(erqi, street, community, filled, by, is_new):
    second = make_grid("建设社区", parent=street)
    make_enterprise(grid=second)
    twice = make_person()
    for grid in (community, second):
        make_posting(twice, grid=grid)
    keeper = make_grid("康桥社区", parent=street)
    before = whole(erqi, BEFORE)

    target = merge_grids(
        grids=[community, second],
        into=NewGrid("绿云社区", "N1") if is_new else keeper,
        on=DAY,
        by=by,
    )

    assert Enterprise.objects.filter(grid=target).count() == 5
    assert Posting.objects.filter(person=twice, until=None).count() == 1
    assert fresh(second).closed_on == fresh(community).closed_on == DAY
    assert whole(erqi, BEFORE) == before
    assert coverage.figures_of(target, DAY).own.counts.known == 5
    assert tree.faults_of(erqi) == []


# --- undo -----------------------------------------------------------------------------


def state(district):
    """Return all that an act may change in a district, without the keys of periods."""
    grids = Grid.objects.filter(district=district).order_by("pk")
    return (
        list(grids.values_list("pk", "parent", "name", "code", "path", "closed_on")),
        sorted(
            GridPeriod.objects.filter(grid__district=district).values_list(
                "grid", "parent", "name", "code", "path", "since", "until"
            ),
            key=str,
        ),
        list(Enterprise.objects.order_by("pk").values_list("pk", "grid")),
        list(
            Posting.objects.order_by("pk").values_list("pk", "grid", "since", "until")
        ),
        list(Case.objects.order_by("pk").values_list("pk", "grid")),
        list(Succession.objects.values_list("old", "new")),
    )


@pytest.mark.parametrize("act", ACTS_ON_ONE.values(), ids=ACTS_ON_ONE)
def test_an_undone_act_leaves_no_trace_but_the_trail(
    erqi, community, other, filled, by, act
):
    make_grid("一号单元", parent=community, kind="cell")
    before = state(erqi)

    act(community, other, by)
    assert state(erqi) != before
    undone = undo_act(grid=community, by=by)

    extra = Grid.objects.filter(name="旧区").first()
    if extra:
        undo_act(grid=extra, by=by)  # made by the act of the test
    assert state(erqi) == before
    assert tree.faults_of(erqi) == []
    assert history(undone.grid).filter(verb="grid.undone").exists()
    assert last_act(fresh(community)) is None


def test_a_closing_and_a_creation_can_be_undone(erqi, street, by):
    grid = create_grid("旧社区", parent=street)
    tree.close_grid(grid=grid, closed_on=DAY, successor=None, by=by)
    undo_act(grid=grid, by=by)
    assert fresh(grid).closed_on is None
    undo_act(grid=grid, by=by)
    assert not Grid.objects.filter(pk=grid.pk).exists()
    assert tree.faults_of(erqi) == []


def test_nothing_is_undone_that_was_built_on(
    erqi, street, community, other, filled, by
):
    parts = [NewGrid("东社区", "E1"), NewGrid("西社区", "W1")]
    east, _ = split_grid(grid=community, parts=parts, on=DAY, by=by)
    make_enterprise(grid=east)
    with pytest.raises(Refused, match="又有 1 户单位的所属网格记录变动"):
        undo_act(grid=community, by=by)

    tree.move_grid(grid=street, parent=other, by=by, on=TODAY())
    with pytest.raises(Refused, match="请到“淮河路街道”的页面撤销"):
        undo_act(grid=east, by=by)
    make_grid("新社区", parent=fresh(street))
    with pytest.raises(Refused, match="1 个下级网格变动"):
        undo_act(grid=street, by=by)


def test_a_grid_does_not_go_back_to_a_closed_parent(erqi, street, community, other, by):
    tree.move_grid(grid=community, parent=other, by=by, on=DAY)
    tree.close_grid(grid=street, closed_on=TODAY(), successor=None, by=by)
    with pytest.raises(Refused, match="“淮河路街道”此后已移动或停用"):
        undo_act(grid=community, by=by)


def test_a_name_taken_meanwhile_stops_an_undo(street, community, by):
    tree.change_grid(grid=community, name="新名", code="N", by=by)
    make_grid("绿云社区", parent=street)
    with pytest.raises(Refused, match="已被别的网格使用"):
        undo_act(grid=community, by=by)


# --- whatever happens -----------------------------------------------------------------

DAYS = [date(2026, 3, 31) + timedelta(days=30 * n) for n in range(6)]
ACTS = ["create", "rename", "move", "split", "merge", "close", "recode", "undo"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(ACTS),
        st.integers(0, 30),
        st.integers(0, 30),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=10,
)


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_no_sequence_of_acts_changes_the_past(db, steps):
    by = User.objects.system()
    district = make_district(f"区{Grid.objects.count()}", city=make_city())
    make_adoption(district)
    for number in range(2):
        street = make_grid(f"{number}街", parent=district)
        community = make_grid("社区", parent=street)
        make_enterprise(grid=community)
        make_posting(grid=community)
    user = make_user(grid=street)
    for number, (act, first, second, when) in enumerate(steps):
        grids = list(Grid.objects.filter(district=district).order_by("pk"))
        grid, other = grids[first % len(grids)], grids[second % len(grids)]
        on = DAYS[when]
        earlier = [day for day in DAYS if day < on]
        if act == "undo":
            undone = last_act(grid)
            earlier = [day for day in DAYS if undone and day < undone.on]
        shown = [district, street, grid, other]  # every one would take minutes
        before = {day: some(shown, day) for day in earlier[-1:]}
        with suppress(ValidationError):  # a refusal is an answer
            _do(act, grid, other, f"{number}", on, by)
        for day, pictures in before.items():
            after = some(shown, day)
            assert {k: v for k, v in after.items() if k in pictures} == pictures
    assert tree.faults_of(district) == []
    assert periods.faults(district) == []
    seen = set(Grid.objects.visible_to(user).values_list("pk", flat=True))
    assert seen == set(_below(street))


def _do(act, grid, other, name, on, by):
    key = f"{grid.pk}-{name}"
    parts = [NewGrid(f"{name}甲", f"A{key}"), NewGrid(f"{name}乙", f"B{key}")]
    swapped = {grid: other.code, other: grid.code}
    codes = swapped if grid != other else {grid: f"C{key}"}
    district = grid.district
    {
        "create": lambda: make_grid(name, parent=grid, kind="cell", opened_on=on),
        "rename": lambda: tree.change_grid(
            grid=grid, name=name, code=f"R{key}", by=by, on=on
        ),
        "move": lambda: tree.move_grid(grid=grid, parent=other, by=by, on=on),
        "split": lambda: split_grid(grid=grid, parts=parts, on=on, by=by),
        "merge": lambda: merge_grids(grids=[grid], into=other, on=on, by=by),
        "close": lambda: tree.close_grid(
            grid=grid, closed_on=on, successor=None, by=by
        ),
        "recode": lambda: recode_grids(at=district, codes=codes, on=on, by=by),
        "undo": lambda: undo_act(grid=grid, by=by),
    }[act]()


def _below(grid):
    """Walk the parents down: what a person posted here sees, whatever the paths say."""
    posts = Posting.objects.current().filter(role="district_bureau")
    tops = list(
        posts.filter(grid__district=grid.district_id).values_list("grid", flat=True)
    )
    keys = []
    while tops:
        key = tops.pop()
        keys.append(key)
        tops += Grid.objects.filter(parent=key).values_list("pk", flat=True)
    return keys


# --- what stood there before the tree was dated ---------------------------------------


def test_the_migration_opens_a_period_for_each_grid(erqi, street, community):
    migration = import_module("grids.migrations.0003_dated_tree")
    written = list(GridPeriod.objects.order_by("grid").values_list("grid", "path"))
    GridPeriod.objects.all().delete()
    assert len(periods.faults(erqi)) == 3

    with connection.cursor() as cursor:
        cursor.execute(migration.OPEN_FIRST)

    found = GridPeriod.objects.order_by("grid").values_list("grid", "path")
    assert list(found) == written
    assert periods.faults(erqi) == []


def test_a_repair_writes_the_periods_that_are_missing(erqi, street, community, by):
    community.periods.all().delete()
    street.periods.update(name="错")
    assert len(tree.faults_of(erqi)) == 2
    assert tree.repair(erqi, by=by) == 2
    assert tree.faults_of(erqi) == []


# --- what goes along besides: quota indexes, outlines, former codes -------------------


def test_the_parts_have_the_index_of_the_whole_or_one_of_their_own(community, by):
    QuotaIndex.objects.create(grid=community, value=2, since=LONG_AGO)
    parts = split_grid(
        grid=community,
        parts=[NewGrid("东社区", "X1"), NewGrid("西社区", "X2", index=1)],
        on=DAY,
        by=by,
    )
    assert [index_of(part, DAY) for part in parts] == [2, 1]
    assert [index_of(part, BEFORE) for part in parts] == [None, None]
    assert (index_of(community, BEFORE), index_of(community, DAY)) == (2, None)
    undo_act(grid=fresh(community), by=by)
    (left,) = QuotaIndex.objects.all()
    assert (left.grid, left.value, left.until) == (community, 2, None)


@pytest.mark.parametrize(("taker", "index"), [(None, 2), (1, 2), (3, 3)])
def test_the_largest_index_counts_after_a_merger(street, community, by, taker, index):
    QuotaIndex.objects.create(grid=community, value=2, since=LONG_AGO)
    into = make_grid("并入社区", parent=street)
    if taker:
        QuotaIndex.objects.create(grid=into, value=taker, since=LONG_AGO)
    merge_grids(grids=[community], into=into, on=DAY, by=by)
    assert (index_of(into, BEFORE), index_of(into, DAY)) == (taker, index)


def outlined(grid, west):
    area = box(west, 34.0, west + 0.01, 34.01)
    return Boundary.objects.create(
        grid=grid,
        geometry=boundaries.to_json(area),
        square_metres=boundaries.square_metres(area),
        source_system="wgs84",
        since=LONG_AGO,
        uploaded_by=User.objects.system(),
    )


@pytest.mark.parametrize("is_new", [True, False])
def test_outlines_are_united_where_each_grid_has_one(street, community, by, is_new):
    sister = make_grid("邻社区", parent=street)
    mine, other = outlined(community, 113.0), outlined(sister, 113.01)
    olds = [community, sister] if is_new else [community]
    into = NewGrid("合社区", "X1") if is_new else sister
    target = merge_grids(grids=olds, into=into, on=DAY, by=by)
    area = areas_on([target], DAY)[target.pk]
    assert area.geom_type == "Polygon"
    assert area.equals(box(113.0, 34.0, 113.02, 34.01))
    (made,) = Boundary.objects.on(DAY).filter(grid=target)
    whole = mine.square_metres + other.square_metres
    assert made.square_metres == pytest.approx(whole, rel=1e-6)
    assert made.source_name.startswith("合并：")
    undo_act(grid=fresh(community), by=by)
    assert set(Boundary.objects.values_list("grid", "until")) == {
        (community.pk, None),
        (sister.pk, None),
    }


def test_an_outline_that_is_missing_makes_no_union(street, community, by):
    sister = make_grid("邻社区", parent=street)
    outlined(community, 113.0)
    merge_grids(grids=[community], into=sister, on=DAY, by=by)
    assert not Boundary.objects.filter(grid=sister).exists()


def test_a_former_code_leads_to_its_grid(erqi, street, community, by, bureau_client):
    old = community.code
    recode_grids(at=erqi, codes={community: "410103001888"}, on=DAY, by=by)
    assert list(Grid.objects.matching(old).values_list("pk", flat=True)) == [
        community.pk
    ]
    field = GridField(queryset=Grid.objects.all())
    assert field.clean(old) == community
    page = bureau_client.get(reverse("grids:list"), {"q": old})
    assert community.name in page.content.decode()
