"""The tree stays sound under every act, and says in Chinese why it refuses one."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridinspect.accounts.models import User
from gridinspect.audit.services import history
from grids.models import DirtyMark, Grid, Succession
from grids.services import tree
from grids.services.tree import Node, Refused
from tests.factories import (
    LONG_AGO,
    create_grid,
    make_city,
    make_district,
    make_grid,
    make_posting,
)

CLOSING = date(2026, 1, 1)


def system():
    return User.objects.system()


def fresh(grid):
    return Grid.objects.get(pk=grid.pk)


# --- create ---------------------------------------------------------------------------


def test_a_new_grid_knows_its_place(city, erqi, street, community):
    assert erqi.path == f"/410100/{erqi.pk}/"
    assert community.path == f"/410100/{erqi.pk}/{street.pk}/{community.pk}/"
    assert community.district == erqi
    assert fresh(community).level == 2
    assert tree.faults_of(erqi) == []


def test_a_new_grid_leaves_a_trail_and_marks_its_parent_dirty(erqi):
    DirtyMark.objects.all().delete()
    street = create_grid("淮河路街道", parent=erqi, code="410103001000")

    event = history(street).get()
    assert (event.verb, event.path) == ("grid.created", street.path)
    assert set(DirtyMark.objects.values_list("grid", flat=True)) == {street.pk, erqi.pk}


def test_initials_of_a_name_are_kept_for_search(erqi):
    assert erqi.pinyin == "eqq"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"code": "TAKEN"}, "已存在"),
        ({"name": "大学路街道"}, "已有同名网格“大学路街道”，请换一个名称。"),
        ({"kind": "district"}, "只有区县和功能区可以没有上级网格。"),
        ({"opened_on": date(2019, 1, 1)}, "启用日期不能早于上级网格的启用日期"),
        ({"name": ""}, "此字段不能为空"),
    ],
)
def test_a_wrong_grid_is_refused_in_chinese(erqi, fields, sentence):
    make_grid("大学路街道", parent=erqi, code="TAKEN")
    before = Grid.objects.count()

    with pytest.raises(ValidationError) as refusal:
        create_grid(**{"name": "建中街街道", "parent": erqi} | fields)

    assert sentence in "".join(refusal.value.messages)
    assert Grid.objects.count() == before


def test_nothing_is_added_below_a_closed_grid(street):
    tree.close_grid(grid=street, closed_on=CLOSING, successor=None, by=system())

    with pytest.raises(Refused, match="已停用"):
        create_grid("绿云社区", parent=street)


# --- change ---------------------------------------------------------------------------


def test_a_new_name_brings_new_initials_and_a_trail(street):
    tree.change_grid(grid=street, name="建中街街道", code="410103002000", by=system())

    street = fresh(street)
    assert (street.name, street.code, street.pinyin) == (
        "建中街街道",
        "410103002000",
        "jzjjd",
    )
    data = history(street).first().data
    assert data["before"]["name"] == "淮河路街道"
    assert data["after"]["name"] == "建中街街道"


def test_saving_the_same_name_and_code_leaves_no_trail(street):
    tree.change_grid(grid=street, name=street.name, code=street.code, by=system())

    assert not history(street).exists()


def test_a_name_taken_by_a_sister_is_refused(erqi, street):
    make_grid("大学路街道", parent=erqi)

    with pytest.raises(ValidationError, match="同名"):
        tree.change_grid(grid=street, name="大学路街道", code=street.code, by=system())


# --- close ----------------------------------------------------------------------------


def test_a_closed_grid_names_its_successor(erqi, street):
    heir = make_grid("大学路街道", parent=erqi)

    tree.close_grid(grid=street, closed_on=CLOSING, successor=heir, by=system())

    assert fresh(street).closed_on == CLOSING
    assert Succession.objects.get().new == heir
    assert history(street).first().data["successor"] == "大学路街道"


def test_a_grid_with_open_grids_below_stays_open(street, community):
    with pytest.raises(Refused, match="1 个启用的网格"):
        tree.close_grid(grid=street, closed_on=CLOSING, successor=None, by=system())


def test_a_grid_with_people_on_post_stays_open(community):
    make_posting(grid=community)

    with pytest.raises(Refused, match="1 人在岗"):
        tree.close_grid(grid=community, closed_on=CLOSING, successor=None, by=system())


def test_a_grid_is_not_closed_before_what_was_below_it(street, community):
    tree.close_grid(
        grid=community, closed_on=date(2026, 3, 1), successor=None, by=system()
    )

    with pytest.raises(Refused, match="2026-03-01"):
        tree.close_grid(grid=street, closed_on=CLOSING, successor=None, by=system())


def test_a_grid_is_not_closed_before_its_people_left(community):
    make_posting(grid=community, until=date(2026, 3, 1))

    with pytest.raises(Refused, match="2026-03-01"):
        tree.close_grid(grid=community, closed_on=CLOSING, successor=None, by=system())


def test_a_grid_closes_only_once_and_after_it_opened(community):
    with pytest.raises(Refused, match="晚于启用日期"):
        tree.close_grid(grid=community, closed_on=LONG_AGO, successor=None, by=system())
    tree.close_grid(grid=community, closed_on=CLOSING, successor=None, by=system())
    with pytest.raises(Refused, match="已于 2026-01-01 停用"):
        tree.close_grid(grid=community, closed_on=CLOSING, successor=None, by=system())


def test_a_closed_grid_or_itself_is_no_successor(street, community):
    gone = make_grid("旧社区", parent=street)
    tree.close_grid(grid=gone, closed_on=CLOSING, successor=None, by=system())

    for heir in (gone, community):
        with pytest.raises(Refused, match="接续网格"):
            tree.close_grid(
                grid=community, closed_on=CLOSING, successor=heir, by=system()
            )


# --- move -----------------------------------------------------------------------------


def test_a_move_takes_everything_below_along(erqi, street, community):
    other = make_grid("大学路街道", parent=erqi)

    moved = tree.move_grid(grid=community, parent=other, by=system())

    assert moved.path == f"{other.path}{community.pk}/"
    assert tree.faults_of(erqi) == []
    event = history(community).first()
    assert event.verb == "grid.moved"
    assert (event.data["before"], event.data["after"]) == ("淮河路街道", "大学路街道")


def test_a_move_leaves_no_path_through_the_old_parent(erqi, street):
    other = make_grid("大学路街道", parent=erqi)
    park = make_grid("产业园", parent=street, kind="park")
    cell = make_grid("一号单元", parent=park, kind="cell")

    tree.move_grid(grid=park, parent=other, by=system())

    assert not Grid.objects.filter(path__startswith=street.path).exclude(pk=street.pk)
    assert fresh(cell).path == f"{other.path}{park.pk}/{cell.pk}/"


def test_the_preview_counts_what_a_move_takes_along(street, community):
    make_posting(grid=community)
    make_grid("建设社区", parent=street)

    preview = dict(tree.preview_move(street))

    assert preview["个网格"] == 3
    assert preview["人在岗"] == 1


def test_impossible_moves_are_refused(erqi, huiji, street, community):
    there = make_grid("新城街道", parent=huiji)
    closed = make_grid("旧街道", parent=erqi)
    tree.close_grid(grid=closed, closed_on=CLOSING, successor=None, by=system())

    for grid, parent, sentence in [
        (erqi, street, "不能移到别处"),
        (community, there, "同一区县内"),
        (street, community, "下级之下"),
        (community, closed, "已停用"),
    ]:
        with pytest.raises(Refused, match=sentence):
            tree.move_grid(grid=grid, parent=parent, by=system())


def test_a_move_to_where_a_sister_has_the_name_is_refused(erqi, street, community):
    other = make_grid("大学路街道", parent=erqi)
    make_grid(community.name, parent=other)

    with pytest.raises(ValidationError, match="同名"):
        tree.move_grid(grid=community, parent=other, by=system())


# --- many -----------------------------------------------------------------------------


def branch(name, streets, communities):
    return Node(
        code=name,
        name=name,
        kind="district",
        children=[
            Node(
                code=f"{name}{i:02}",
                name=f"{i}号街道",
                kind="street",
                children=[
                    Node(f"{name}{i:02}{j:02}", f"{j}号社区", "community")
                    for j in range(communities)
                ],
            )
            for i in range(streets)
        ],
    )


def test_a_whole_district_is_built_sound_in_few_queries(
    city, django_assert_max_num_queries
):
    by = system()
    with django_assert_max_num_queries(20):
        district = tree.build_district(
            city=city, root=branch("D", 15, 6), opened_on=LONG_AGO, by=by
        )

    assert Grid.objects.within(district).count() == 1 + 15 + 15 * 6
    assert tree.faults_of(district) == []


def test_branches_added_below_a_standing_district_keep_it_sound(erqi, street):
    additions = [
        (street, Node("N1", "新社区", "community")),
        (erqi, Node("N2", "新街道", "street", None, [Node("N3", "三社区", "village")])),
    ]

    total = tree.add_below(
        district=erqi, additions=additions, opened_on=LONG_AGO, by=system()
    )

    assert total == 3
    assert tree.faults_of(erqi) == []
    assert fresh(erqi).get_descendant_count() == 4


def test_two_districts_never_share_a_tree(city):
    one = make_district("甲区", city=city)
    two = tree.build_district(
        city=city, root=branch("B", 1, 1), opened_on=LONG_AGO, by=system()
    )
    three = make_district("乙区", city=make_city("扬州市", code="321000"))

    assert len({one.tree_id, two.tree_id, three.tree_id}) == 3


# --- whatever happens -----------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "move", "close"]),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    max_size=25,
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_no_sequence_of_acts_unsettles_the_tree(transactional_free, steps):
    district = make_district(f"区{Grid.objects.count()}")
    grids, by = [district], system()
    for number, (act, first, second) in enumerate(steps):
        grid, other = grids[first % len(grids)], grids[second % len(grids)]
        try:
            if act == "create":
                grids.append(make_grid(f"{number}号", parent=grid, kind="cell"))
            elif act == "move":
                tree.move_grid(grid=grid, parent=other, by=by)
            else:
                tree.close_grid(grid=grid, closed_on=CLOSING, successor=None, by=by)
        except ValidationError:
            pass  # a refusal is an answer; what matters is what it leaves behind

    assert tree.faults_of(district) == []
    for grid in Grid.objects.filter(district=district).select_related("parent"):
        if grid.parent_id:
            assert grid.path == f"{grid.parent.path}{grid.pk}/"
            assert grid.parent.lft < grid.lft < grid.rght < grid.parent.rght


@pytest.fixture
def transactional_free(db):
    """The database, shared by all examples of one property: each makes a district."""
    return make_city()
