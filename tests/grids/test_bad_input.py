"""What cannot be on the tree is refused by its page, in a sentence and as a whole."""

from datetime import timedelta

import pytest
from django.urls import reverse

from gridinspect.accounts.models import User
from grids.models import Grid, GridAct, GridPeriod, Posting, Succession
from grids.services import tree
from tests.factories import (
    LONG_AGO,
    TODAY,
    make_city,
    make_district,
    make_enterprise,
    make_grid,
    make_posting,
)

EARLY = str(LONG_AGO - timedelta(days=1))
TOMORROW = str(TODAY() + timedelta(days=1))
PARTS = {"name_0": "东社区", "code_0": "E1", "name_1": "西社区", "code_1": "W1"}
LISTED = {"how": "list", "old": "", "new": ""}


@pytest.fixture
def world(erqi, huiji):
    """Two streets of 二七, the second younger, one of 惠济, and another city."""
    yangzhou = make_city("扬州市", code="321000")
    make_district("广陵区", city=yangzhou, code="321002")
    first = make_grid("淮河路街道", parent=erqi, code="410103001000")
    community = make_grid("绿云社区", parent=first, code="410103001001")
    make_grid("康桥社区", parent=first, code="410103001002")
    make_grid(
        "大学路街道",
        parent=erqi,
        code="410103002000",
        opened_on=TODAY() - timedelta(days=10),
    )
    make_grid("老鸦陈街道", parent=huiji, code="410108001000")
    closed = make_grid("旧街道", parent=erqi, code="410103009000")
    by = User.objects.system()
    tree.close_grid(grid=closed, closed_on=TODAY(), successor=None, by=by)
    make_posting(grid=community)
    make_enterprise(grid=community)
    return erqi


def everything():
    """Return all that an act on the tree could change."""
    models = (Grid, GridPeriod, GridAct, Succession, Posting)
    return [list(model.objects.order_by("pk").values()) for model in models]


BAD = [
    # a move
    ("淮河路街道", "move", {"parent": "410103001001"}, "移到它自己或它的下级之下"),
    ("淮河路街道", "move", {"parent": "410103001000"}, "移到它自己或它的下级之下"),
    ("绿云社区", "move", {"parent": "410108001000"}, "您的辖区内没有网格"),
    ("绿云社区", "move", {"parent": "410103009000"}, "请从列表中选择"),
    ("绿云社区", "move", {"parent": "410103002000", "on": EARLY}, "不能早于"),
    (
        "绿云社区",
        "move",
        {"parent": "410103002000", "on": str(TODAY() - timedelta(days=11))},
        "“大学路街道”的启用日期",
    ),
    ("绿云社区", "move", {"parent": "410103", "on": TOMORROW}, "不能晚于今天"),
    ("二七区", "move", {"parent": "410103001000"}, "区县和功能区不能移到别处"),
    # a name, a code
    (
        "绿云社区",
        "change",
        {"name": "x", "code": "410103001002"},
        "已存在，由“康桥社区”",
    ),
    ("绿云社区", "change", {"name": "x", "code": "410103009000"}, "“旧街道”（已停用）"),
    (
        "绿云社区",
        "change",
        {"name": "x", "code": "410108001000"},
        "由别的区县的网格使用",
    ),
    ("绿云社区", "change", {"name": "x", "code": "321002001001"}, "属于扬州市"),
    ("绿云社区", "change", {"name": "康桥社区", "code": "X"}, "同名网格"),
    ("绿云社区", "change", {"name": "", "code": "X"}, "请填写此项"),
    ("绿云社区", "change", {"name": "x", "code": "X", "on": TOMORROW}, "不能晚于今天"),
    # a split
    ("绿云社区", "split", {"name_0": "东社区", "code_0": "E1"}, "请填写此项"),
    ("绿云社区", "split", PARTS | {"name_1": "东社区"}, "同名网格"),
    ("绿云社区", "split", PARTS | {"code_1": "E1"}, "已存在"),
    ("绿云社区", "split", PARTS | {"code_1": "410103002000"}, "由“大学路街道”使用"),
    ("绿云社区", "split", PARTS | {"name_3": "北社区"}, "中间不要留空"),
    ("绿云社区", "split", PARTS | {"code_2": "N1"}, "写了编码，请同时写明名称"),
    (
        "绿云社区",
        "split",
        PARTS | {"on": str(LONG_AGO)},
        "必须晚于“绿云社区”的启用日期",
    ),
    ("绿云社区", "split", PARTS | {"on": TOMORROW}, "不能晚于今天"),
    ("二七区", "split", PARTS, "区县和功能区不能拆分"),
    # a merger
    ("绿云社区", "merge", {"into": "410108001000"}, "您的辖区内没有网格"),
    ("淮河路街道", "merge", {"into": "410103001001"}, "它自己或它的上级在被合并之列"),
    ("绿云社区", "merge", {"into": "410103001001"}, "请选择要合并的网格"),
    ("绿云社区", "merge", {"name": "大社区", "code": "N1"}, "至少要选择两个"),
    ("绿云社区", "merge", {"on": ""}, "二者取一"),
    ("绿云社区", "merge", {"into": "410103001002", "on": TOMORROW}, "不能晚于今天"),
    # closing
    ("绿云社区", "close", {"closed_on": str(TODAY())}, "请先调整到接续网格"),
    ("康桥社区", "close", {"closed_on": TOMORROW}, "不能晚于今天"),
    ("康桥社区", "close", {"closed_on": str(LONG_AGO)}, "必须晚于启用日期"),
    (
        "康桥社区",
        "close",
        {"closed_on": str(TODAY()), "successor": "410108001000"},
        "您的辖区内没有网格",
    ),
    # recoding
    ("二七区", "recode", LISTED, "请填写名单"),
    ("二七区", "recode", LISTED | {"pairs": "410108001000 X"}, "没有编码为"),
    ("二七区", "recode", {"how": "beginning"}, "请填写原开头和新开头"),
    (
        "淮河路街道",
        "recode",
        LISTED | {"pairs": "410103001001 321002001001"},
        "属于扬州市",
    ),
    (
        "淮河路街道",
        "recode",
        LISTED | {"pairs": "410103001001 410108001000"},
        "由别的区县的网格使用",
    ),
    (
        "淮河路街道",
        "recode",
        LISTED | {"pairs": "410103001001 410103002000"},
        "请换一个，或把它一并列入",
    ),
    (
        "淮河路街道",
        "recode",
        LISTED | {"pairs": "410103001001 410103001009", "on": EARLY},
        "才启用",
    ),
]


@pytest.mark.parametrize("act", sorted({act for _, act, _, _ in BAD}))
def test_what_cannot_be_is_refused_with_its_remedy(client, world, bureau, act):
    client.force_login(bureau)
    before = everything()
    for name, which, data, sentence in BAD:
        if which != act:
            continue
        address = reverse(f"grids:{act}", args=[Grid.objects.get(name=name).pk])
        shown = client.post(address, data)
        if "seen" in shown.context:  # try all the same
            shown = client.post(address, data | {"seen": shown.context["seen"]})
        assert shown.status_code == 200, (name, data)
        assert sentence in shown.content.decode(), (name, data)
        assert everything() == before, (name, data)


NOT_ADDED = [
    ({"opened_on": EARLY}, "不能早于上级网格的启用日期"),
    ({"opened_on": TOMORROW}, "不能晚于今天"),
    ({"parent": "410103009000"}, "请从列表中选择"),
    ({"parent": "410108001000"}, "您的辖区内没有网格"),
    (
        {"code": "410103001001"},
        "由“绿云社区”使用；请换一个编码，如 410103001000001",
    ),
    ({"code": "321002001001"}, "属于扬州市"),
]


def test_a_grid_that_cannot_be_is_not_added(client, world, bureau):
    client.force_login(bureau)
    right = {"parent": "410103001000", "name": "新社区", "kind": "community"}
    right |= {"code": "", "division_code": "", "opened_on": str(TODAY())}
    before = everything()
    for fields, sentence in NOT_ADDED:
        shown = client.post(reverse("grids:create"), right | fields)
        assert shown.status_code == 200, fields
        assert sentence in shown.content.decode(), fields
        assert everything() == before, fields
