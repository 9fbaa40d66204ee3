"""Codes of grids: the scheme of a city, what is refused, and recoding in bulk."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from gridinspect.accounts.models import User
from gridinspect.audit.services import history
from grids.models import CodeScheme, Grid
from grids.services import codes, tree
from grids.services.acts import undo_act
from grids.services.guard import Refused
from grids.services.recoding import (
    by_beginning,
    by_list,
    by_scheme,
    plan_recoding,
    recode_grids,
)
from reports import coverage
from tests.factories import (
    TODAY,
    create_grid,
    make_city,
    make_district,
)

DAY = date(2026, 9, 1)
BEFORE = DAY - timedelta(days=1)


@pytest.fixture
def by(db):
    return User.objects.system()


@pytest.fixture
def streets(erqi):
    """Two streets with division codes, and two communities below the first."""
    first = create_grid("淮河路街道", parent=erqi, code="410103001000")
    second = create_grid("大学路街道", parent=erqi, code="410103002000")
    create_grid("绿云社区", parent=first, code="410103001001")
    create_grid("康桥社区", parent=first, code="410103001002")
    return first, second


def code_of(name):
    return Grid.objects.get(name=name).code


def strict(city, by, **fields):
    return codes.set_scheme(city=city, by=by, check_codes="refuse", **fields)


# --- the scheme -----------------------------------------------------------------------


def test_a_city_without_a_scheme_has_the_usual_one(city):
    scheme = codes.scheme_of(city)
    assert str(scheme.rule) == "6+3+3+3，补零到 12 位"
    assert not scheme.refuses


def test_a_scheme_is_set_and_leaves_a_trail(city, by):
    scheme = codes.set_scheme(city=city, by=by, padded_to=0, allows_free=False)
    assert CodeScheme.objects.get() == scheme
    assert history(scheme).get().data["after"]["padded_to"] == 0
    codes.set_scheme(city=city, by=by, padded_to=0)
    assert history(scheme).count() == 1
    with pytest.raises(ValidationError, match="不能少于前三级之和"):
        codes.set_scheme(city=city, by=by, padded_to=7)


def test_a_strict_scheme_refuses_what_an_advisory_one_lets_in(city, erqi, by):
    create_grid("一号街道", parent=erqi, code="410103901")
    strict(city, by)
    with pytest.raises(ValidationError, match="应为 12 或 15 位数字"):
        create_grid("二号街道", parent=erqi, code="410103902")
    with pytest.raises(ValidationError, match="开头的编码"):
        create_grid("二号街道", parent=erqi, code="410199001000")
    create_grid("二号街道", parent=erqi, code="S2")
    strict(city, by, allows_free=False)
    with pytest.raises(ValidationError, match="应为 12 或 15 位数字"):
        create_grid("三号街道", parent=erqi, code="S3")


def test_a_code_taken_is_refused_with_a_free_one(erqi, huiji, streets, by):
    create_grid("老鸦陈街道", parent=huiji, code="410108001000")
    with pytest.raises(ValidationError) as refusal:
        create_grid("新社区", parent=streets[0], code="410103002000")
    assert refusal.value.message_dict["code"] == [
        "编码“410103002000”已存在，由“大学路街道”使用；"
        "请换一个编码，如 410103001000001，或用“重新编码”与它互换。"
    ]
    with pytest.raises(ValidationError, match="由别的区县的网格使用"):
        create_grid("新社区", parent=streets[0], code="410108001000")


def test_a_code_of_another_city_is_refused(erqi, streets, by):
    make_city("扬州市", code="321000")
    with pytest.raises(
        ValidationError, match="属于扬州市，本网格在郑州市，请改为 4101 开头"
    ):
        create_grid("新社区", parent=streets[0], code="321002001001")
    with pytest.raises(ValidationError, match="属于扬州市"):
        tree.change_grid(grid=streets[0], name="x", code="321002001000", by=by)


def test_free_codes_are_proposed_as_many_as_asked_for(streets):
    first, _ = streets
    create_grid("东片", parent=first, code="410103001000001")
    assert codes.free_codes(first, 2) == ["410103001000002", "410103001000003"]


# --- recoding -------------------------------------------------------------------------


def test_two_grids_swap_their_codes_and_the_past_keeps_its_own(erqi, streets, by):
    green, bridge = Grid.objects.filter(name__in=["绿云社区", "康桥社区"]).order_by(
        "code"
    )
    recode_grids(
        at=streets[0], codes={green: bridge.code, bridge: green.code}, on=DAY, by=by
    )

    assert code_of("绿云社区") == "410103001002"
    assert code_of("康桥社区") == "410103001001"

    def seen(on):
        return [
            (row.code, row.name)
            for row in coverage.figures_of(
                Grid.objects.get(pk=streets[0].pk), on
            ).children
        ]

    assert seen(BEFORE) == [
        ("410103001001", "绿云社区"),
        ("410103001002", "康桥社区"),
    ]
    assert seen(DAY) == [("410103001001", "康桥社区"), ("410103001002", "绿云社区")]
    assert tree.faults_of(erqi) == []
    event = history(streets[0]).first()
    assert event.verb == "grid.recoded"
    assert event.rows[0] == {
        "name": "绿云社区",
        "before": "410103001001",
        "code": "410103001002",
    }

    undo_act(grid=green, by=by)
    assert code_of("绿云社区") == "410103001001"
    assert seen(DAY) == seen(BEFORE)
    assert tree.faults_of(erqi) == []


def test_a_recoding_is_not_undone_after_a_later_one(streets, by):
    green = Grid.objects.get(name="绿云社区")
    recode_grids(at=streets[0], codes={green: "410103001009"}, on=DAY, by=by)
    tree.change_grid(grid=green, name="新绿云", code="410103001009", by=by)
    with pytest.raises(Refused, match="不能撤销"):
        undo_act(grid=streets[0], by=by)


def test_codes_by_the_scheme_follow_the_new_code_above(erqi, streets, by):
    odd = create_grid("旧街道", parent=erqi, code="S9")
    create_grid("甲社区", parent=odd, code="C1", division_code="410103003001")
    create_grid("乙社区", parent=odd, code="C2")
    proposed = {grid.name: code for grid, code in by_scheme(erqi).items()}
    assert proposed == {
        "旧街道": "410103000000001",
        "甲社区": "410103003001",
        "乙社区": "410103000000002",
    }
    assert not plan_recoding(erqi, by_scheme(erqi), on=TODAY()).conflicts
    recode_grids(at=erqi, codes=by_scheme(erqi), on=TODAY(), by=by)
    assert by_scheme(erqi) == {}


def test_another_beginning_takes_all_below_along(streets, by):
    first, _ = streets
    found = by_beginning(first, "410103001", "410103101")
    assert sorted(found.values()) == [
        "410103101000",
        "410103101001",
        "410103101002",
    ]


def test_a_list_names_its_line_where_it_is_wrong(streets):
    with pytest.raises(Refused, match="没有编码为“410103002000”的启用网格"):
        by_list(streets[0], [("410103002000", "X")])
    with pytest.raises(Refused, match="第 2 行：原编码“410103001001”写了两次"):
        by_list(streets[0], [("410103001001", "X"), ("410103001001", "Y")])


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ("", "没有写明新编码"),
        ("410103002000", "由“大学路街道”使用；请换一个，或把它一并列入"),
        ("410103009999", "已停用的“旧社区”的"),
        ("410108001000", "由别的区县的网格使用"),
        ("321002001001", "属于扬州市"),
    ],
)
def test_a_conflict_is_said_and_nothing_is_changed(
    erqi, huiji, streets, by, new, sentence
):
    make_city("扬州市", code="321000")
    create_grid("老鸦陈街道", parent=huiji, code="410108001000")
    old = create_grid("旧社区", parent=streets[0], code="410103009999")
    tree.close_grid(grid=old, closed_on=DAY, successor=None, by=by)
    green, bridge = Grid.objects.filter(name__in=["绿云社区", "康桥社区"]).order_by(
        "code"
    )
    wanted = {green: new, bridge: "410103001008"}

    plan = plan_recoding(streets[0], wanted, on=TODAY())
    assert [sentence in row.conflict for row in plan.rows] == [True, False]
    with pytest.raises(Refused, match=sentence):
        recode_grids(at=streets[0], codes=wanted, on=TODAY(), by=by)
    assert code_of("康桥社区") == "410103001002"


def test_days_that_do_not_fit_are_conflicts(streets, by):
    green = Grid.objects.get(name="绿云社区")
    wanted = {green: "410103001009"}
    tree.change_grid(grid=green, name="新绿云", code=green.code, by=by, on=DAY)
    plan = plan_recoding(streets[0], wanted, on=BEFORE)
    assert "自 2026-09-01 起已有变动" in plan.rows[0].conflict
    plan = plan_recoding(streets[0], wanted, on=date(2019, 1, 1))
    assert "才启用" in plan.rows[0].conflict
    with pytest.raises(Refused, match="不能晚于今天"):
        recode_grids(at=streets[0], codes=wanted, on=TODAY() + timedelta(days=1), by=by)
    with pytest.raises(Refused, match="没有需要改动"):
        recode_grids(at=streets[0], codes={green: green.code}, on=DAY, by=by)


def test_a_plan_costs_the_same_for_many_grids(erqi, by, django_assert_max_num_queries):
    nodes = [tree.Node(f"N{n}", f"{n}号街道", "street") for n in range(40)]
    tree.add_below(
        district=erqi,
        additions=[(erqi, node) for node in nodes],
        opened_on=DAY,
        by=by,
    )
    with django_assert_max_num_queries(12):
        plan_recoding(erqi, by_scheme(erqi), on=TODAY())
    with django_assert_max_num_queries(40):
        recode_grids(at=erqi, codes=by_scheme(erqi), on=TODAY(), by=by)
    district = make_district("别区", city=erqi.city)
    assert tree.faults_of(district) == []
