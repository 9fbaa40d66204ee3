"""Posts required, filled and missing, against the plans."""

import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from assistants.establishment import establishment_of, fillings_of
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from grids.levels import level_labels
from grids.models import QuotaIndex
from grids.services import tree
from grids.services.policies import values_of
from grids.services.tree import Node
from tests.factories import (
    LONG_AGO,
    make_adoption,
    make_city,
    make_district,
    make_grid,
    make_person,
    make_posting,
)

TODAY = date(2026, 6, 30)


@pytest.fixture
def erqi_plan(erqi):
    return make_adoption(erqi, "erqi-2013")


def build(city, code, streets, communities, *, kind="district"):
    """Build a district with that many streets, and communities below the first."""
    root = Node(code, f"{code}区", kind)
    root.children = [
        Node(f"{code}S{i:02}", f"{i}号街道", "street") for i in range(streets)
    ]
    root.children[0].children = [
        Node(f"{code}C{i:03}", f"{i}号社区", "community") for i in range(communities)
    ]
    return tree.build_district(
        city=city, root=root, opened_on=LONG_AGO, by=User.objects.system()
    )


def test_the_plan_of_erqi_needs_214_assistants_in_107_grids(city):
    district = build(city, "EQ", 15, 91)
    make_adoption(district, "erqi-2013")

    posts = establishment_of(district, TODAY)

    assert len(posts.rows) == 107
    assert posts.by_level == {1: 1, 2: 15, 3: 91}
    assert posts.totals["assistant"].required == 214
    assert posts.totals["assistant"].missing == 214


def test_the_plan_of_huiji_needs_one_and_two_of_either_in_each_grid(city):
    district = build(city, "HJ", 8, 92)
    make_adoption(district, "huiji-2010")
    make_posting(grid=district, role=Role.FULL_TIME_INSPECTOR)
    make_posting(grid=district, role=Role.PART_TIME_INSPECTOR)
    make_posting(grid=district, role=Role.ASSISTANT)

    posts = establishment_of(district, TODAY)

    assert posts.by_level == {1: 1, 2: 8, 3: 92}
    assert posts.totals["full_time_inspector"].required == 101
    assert posts.totals["full_time_inspector"].filled == 1
    assert posts.totals["either"].required == 202
    assert posts.totals["either"].missing == 200


def test_the_roots_of_yangzhou_are_no_grids(db):
    city = make_city("扬州市", code="321000", province="江苏省")
    for number in range(6):
        district = build(city, f"YZ{number}", 5, 3)
        make_adoption(district, "yangzhou-2007")

    posts = establishment_of(city, TODAY)

    assert posts.by_level == {1: 30, 2: 18}
    assert set(posts.policies.values()) != {None}


def test_an_index_decides_how_many_a_community_needs(db):
    city = make_city("营口市", code="210800", province="辽宁省")
    district = build(city, "YK", 1, 2)
    make_adoption(district, "yingkou-2021")
    first, second = sorted(
        (row.grid for row in establishment_of(district, TODAY).rows),
        key=lambda grid: grid.code,
    )
    QuotaIndex.objects.create(grid=first, value=2, since=LONG_AGO)

    posts = establishment_of(district, TODAY)

    assert posts.totals["assistant"].required is None
    assert posts.totals["assistant"].without_index == 1
    assert posts.to_json()["required"] == {"assistant": None}
    QuotaIndex.objects.create(grid=second, value=3, since=LONG_AGO)
    assert establishment_of(district, TODAY).totals["assistant"].required == 5


def test_one_too_many_here_does_not_fill_a_gap_there(erqi, erqi_plan, street):
    for _ in range(3):
        make_posting(grid=street)

    total = establishment_of(erqi, TODAY).totals["assistant"]

    assert (total.required, total.filled, total.filled_capped) == (4, 3, 2)
    assert total.missing == 2


def test_a_person_with_two_posts_in_one_grid_fills_one(erqi, erqi_plan, street):
    person = make_person()
    make_posting(person, grid=street, role=Role.ASSISTANT)
    make_posting(person, grid=street, role=Role.FULL_TIME_INSPECTOR)
    make_posting(make_person(), grid=street, role=Role.ENTERPRISE_ASSISTANT)

    assert establishment_of(erqi, TODAY).totals["assistant"].filled == 0


def test_the_past_is_counted_as_it_was(erqi, street):
    make_adoption(erqi, "erqi-2013", since=date(2025, 1, 1))
    make_posting(grid=street, until=date(2026, 1, 1))
    tree.close_grid(
        grid=street,
        closed_on=date(2026, 3, 1),
        successor=None,
        by=User.objects.system(),
    )

    assert establishment_of(erqi, date(2024, 12, 31)).policies == {"410103": None}
    assert establishment_of(erqi, date(2024, 12, 31)).rows == ()
    assert establishment_of(erqi, date(2025, 6, 1)).totals["assistant"].filled == 1
    assert establishment_of(erqi, date(2026, 1, 1)).totals["assistant"].filled == 0
    assert len(establishment_of(erqi, date(2026, 3, 1)).rows) == 1


def test_a_street_counts_itself_and_what_is_below(erqi_plan, street, community):
    posts = establishment_of(street, TODAY)

    assert [row.label for row in posts.rows] == [
        "二级网格（街道）",
        "三级网格（社区）",
    ]


def test_the_fillings_of_a_district_are_found_by_grid(erqi, erqi_plan, street):
    make_posting(grid=street)

    fillings = fillings_of(erqi, TODAY, values_of(erqi_plan.policy))

    assert fillings[street.pk]["assistant"].filled == 1
    assert set(fillings) == {erqi.pk, street.pk}


def test_labels_follow_the_policy_and_not_the_depth(erqi, erqi_plan, street, huiji):
    labels = level_labels([erqi, street, huiji], TODAY)

    assert labels == {
        erqi.pk: "一级网格（区县）",
        street.pk: "二级网格（街道）",
        huiji.pk: "",
    }


def test_a_city_costs_as_few_queries_as_a_district(city, django_assert_max_num_queries):
    for number in range(4):
        district = build(city, f"D{number}", 6, 5)
        make_adoption(district, "erqi-2013")
        make_posting(grid=district)
    establishment_of(city, TODAY)  # the policy is read once per process

    with django_assert_max_num_queries(5):
        posts = establishment_of(city, TODAY).to_json()

    assert posts["required"] == {"assistant": 4 * 12 * 2}


# --- the command ----------------------------------------------------------------------


def test_the_command_prints_the_document(erqi, erqi_plan, street, capsys):
    make_posting(grid=street)

    call_command("establishment", "--grid", "410103", "--on", "2026-06-30", "--json")

    document = json.loads(capsys.readouterr().out)
    assert document["on"] == "2026-06-30"
    assert document["policies"] == {"410103": "erqi-2013"}
    assert document["grids"] == {"total": 2, "by_level": {"1": 1, "2": 1, "3": 0}}
    assert document["required"] == {"assistant": 4}
    assert document["filled"] == {"assistant": 1}
    assert document["missing"] == {"assistant": 3}
    assert document["rows"][1]["missing"] == {"assistant": 1}


def test_the_command_takes_a_city_and_speaks_chinese(erqi_plan, capsys):
    call_command("establishment", "--city", "410100")

    assert "协管员：应配 2，已配 0，缺 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--grid", "NOWHERE", "--json"],
        ["--city", "999999", "--json"],
        ["--grid", "410103", "--on", "2026-02-30"],
        [],
    ],
)
def test_bad_arguments_end_with_status_2(erqi, arguments):
    with pytest.raises(CommandError) as failure:
        call_command("establishment", *arguments)

    assert failure.value.returncode == 2
    assert "\n" not in str(failure.value)


def test_a_district_without_a_plan_has_no_rows(db):
    district = make_district(code="410104")
    make_grid("一号街道", parent=district)

    document = establishment_of(district, TODAY).to_json()

    assert document["policies"] == {"410104": None}
    assert document["rows"] == []
    assert document["required"] == {}
