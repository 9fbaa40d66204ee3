"""Which part of a poster no longer holds: each part, changed and unchanged."""

import pytest

from reports.posters.changes import changes

TITLE = {"name": "淮河路街道", "code": "410103001000", "above": "郑州市二七区"}
MAP = {
    "title": TITLE,
    "grids": {"7": "001 绿云社区", "8": "002 淮北社区"},
    "boundaries": {"5": "50", "7": "70"},
}
STAFF = {
    "title": TITLE,
    "people": {"1-5-assistant": "林一舟（淮河路街道协管员）"},
    "phones": {"1": "0371-60000000"},
    "photos": {"1": ""},
}
DUTIES = {"title": TITLE, "duties": {"协管员": "a", "中队长": "b"}}


@pytest.mark.parametrize("parts", [MAP, STAFF, DUTIES])
def test_what_says_the_same_still_holds(parts):
    assert changes(parts, parts) == []


@pytest.mark.parametrize(
    ("old", "part", "new", "told"),
    [
        (MAP, "title", TITLE | {"name": "淮河街道"}, "网格名称由“淮河路街道”改为"),
        (MAP, "title", TITLE | {"code": "1"}, "网格编码由“410103001000”改为“1”"),
        (MAP, "title", TITLE | {"above": "郑州市管城区"}, "上级由“郑州市二七区”改为"),
        (MAP, "grids", {"7": "001 绿云社区"}, "下级网格已停用或移走：002 淮北社区"),
        (MAP, "grids", MAP["grids"] | {"9": "003 新社区"}, "新增下级网格：003 新社区"),
        (
            MAP,
            "grids",
            MAP["grids"] | {"8": "002 淮南社区"},
            "下级网格改名改码：002 淮北社区 → 002 淮南社区",
        ),
        (MAP, "boundaries", {"5": "51", "7": "70"}, "边界有变动：本网格"),
        (MAP, "boundaries", {"5": "50"}, "边界有变动：001 绿云社区"),
        (MAP, "boundaries", MAP["boundaries"] | {"8": "80"}, "边界有变动：002 淮北"),
        (STAFF, "people", {}, "离岗：林一舟（淮河路街道协管员）"),
        (
            STAFF,
            "people",
            STAFF["people"] | {"2-5-assistant": "王小满（淮河路街道协管员）"},
            "到岗：王小满（淮河路街道协管员）",
        ),
        (
            STAFF,
            "people",
            {"1-5-assistant": "林舟（淮河路街道协管员）"},
            "人员信息有变动：林一舟",
        ),
        (STAFF, "phones", {"1": "0371-1"}, "电话有变动：林一舟（淮河路街道协管员）"),
        (STAFF, "photos", {"1": "9"}, "照片有变动：林一舟"),
        (DUTIES, "duties", {"协管员": "c", "中队长": "b"}, "职责有修改：协管员"),
        (DUTIES, "duties", DUTIES["duties"] | {"专职": "d"}, "新增岗位职责：专职"),
        (DUTIES, "duties", {"协管员": "a"}, "不再有岗位职责：中队长"),
    ],
)
def test_each_part_that_changed_is_named_once(old, part, new, told):
    (found,) = changes(old, old | {part: new})
    assert found.startswith(told)


def test_who_left_is_told_of_once_and_not_by_telephone_and_photograph_too():
    gone = STAFF | {"people": {}, "phones": {}, "photos": {}}
    assert changes(STAFF, gone) == ["离岗：林一舟（淮河路街道协管员）"]
    grids = {"grids": {"7": "001 绿云社区"}, "boundaries": {"5": "50"}}
    less = MAP | {"grids": {}, "boundaries": {"5": "50"}}
    assert changes({"title": TITLE, **grids}, less) == [
        "下级网格已停用或移走：001 绿云社区"
    ]


def test_many_names_are_counted():
    people = {f"{key}-5-assistant": f"甲{key}" for key in range(7)}
    (told,) = changes(STAFF | {"people": {}}, STAFF | {"people": people})
    assert told == "到岗：甲0、甲1、甲2、甲3、甲4等 7 个"
