"""Road and house number out of an address, as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grids.addresses import (
    Address,
    House,
    community_stem,
    may_end_before,
    parse_address,
    parse_house,
    road_in,
    street_stem,
)


@pytest.mark.parametrize(
    ("text", "road", "house"),
    [
        ("人民路12号", "人民路", House(12, 12)),
        ("人民路１２号", "人民路", House(12, 12)),
        ("人民路 12 号", "人民路", House(12, 12)),
        ("人民路第12号", "人民路", House(12, 12)),
        ("人民路12", "人民路", House(12, 12)),
        ("人民路十二号", "人民路", House(12, 12)),
        ("航海中路一百二十号", "航海中路", House(120, 120)),
        ("人民路12-3号", "人民路", House(12, 12, "-3")),
        ("人民路12－3号", "人民路", House(12, 12, "-3")),
        ("人民路12之3号", "人民路", House(12, 12, "-3")),
        ("人民路12-16号", "人民路", House(12, 16)),
        ("人民路12、14、16号", "人民路", House(12, 16)),
        ("人民路甲12号", "人民路", House(12, 12, "甲")),
        ("人民路临12号", "人民路", House(12, 12, "临")),
        ("人民路12A号", "人民路", House(12, 12, "A")),
        ("人民路12号附1号", "人民路", House(12, 12, "附1")),
        ("人民路12号附1", "人民路", House(12, 12, "附1")),
        ("人民路120弄5号", "人民路", House(120, 120)),
        ("永安弄5号", "永安弄", House(5, 5)),
        ("人民路一巷5号", "人民路一巷", House(5, 5)),
        ("人民路1巷5号", "人民路1巷", House(5, 5)),
        ("大学路3支路8号", "大学路3支路", House(8, 8)),
        ("大学路北街12号", "大学路北街", House(12, 12)),
        ("德化街光彩巷12号", "光彩巷", House(12, 12)),
        ("新区路3号", "新区路", House(3, 3)),
        ("新市场街5号", "新市场街", House(5, 5)),
        ("马寨镇张庄村12号", "张庄村", House(12, 12)),
        ("郑州市二七区大学路街道金桥社区大学路24号", "大学路", House(24, 24)),
        ("河南省郑州市二七区大学路24号院3号楼2单元", "大学路", House(24, 24)),
    ],
)
def test_road_and_number_are_read(text, road, house):
    address = parse_address(text)
    assert (address.road, address.house) == (road, house)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "人民路",
        "人民路0号",
        "人民路123456号",
        "人民路12号楼",
        "人民路3楼",
        "人民路5号线旁",
        "大学路200米",
        "大学路与航海路交叉口",
        "金桥小区12号楼",
        "大学路街道12号",
        "国道3公里12号",
        "金桥社区",
        "人民路一二三号",
    ],
)
def test_what_is_no_number_of_a_road_is_not_guessed(text):
    address = parse_address(text)
    assert address.house is None
    assert address.road == ""


@pytest.mark.parametrize(
    ("text", "house"),
    [
        ("12号", House(12, 12)),
        ("12", House(12, 12)),
        ("甲12", House(12, 12, "甲")),
        ("12-3", House(12, 12, "-3")),
        ("12号附2号", House(12, 12, "附2")),
        ("3楼", None),
        ("", None),
        ("院内", None),
    ],
)
def test_a_field_of_its_own_holds_the_number(text, house):
    assert parse_house(text) == house


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("12号", "12号"),
        ("12-3号", "12-3号"),
        ("12-16号", "12-16号"),
        ("甲12号", "甲12号"),
        ("12号附1号", "12号附1号"),
        ("12A号", "12A号"),
    ],
)
def test_a_number_is_shown_as_it_is_written(text, shown):
    assert str(parse_house(text)) == shown


def test_doors_of_one_number_stand_in_their_order():
    texts = ["14号", "12号附10号", "甲12号", "12号附2号", "12号", "2号"]
    houses = sorted((parse_house(text) for text in texts), key=lambda one: one.key)
    assert [str(one) for one in houses] == [
        "2号", "12号", "甲12号", "12号附2号", "12号附10号", "14号",
    ]  # fmt: skip


def test_names_of_places_are_no_part_of_a_road():
    assert road_in("二七区大学路金桥大学路", {"大学路", "金桥"}) == "大学路"
    assert road_in("大学路", {"大学路"}) == "大学路"


@pytest.mark.parametrize(
    ("before", "may"),
    [
        ("", True),
        ("郑州市二七区", True),
        ("大学路街道", True),
        ("大学路", True),
        ("金桥", True),
        ("新", False),
        ("二七区新", False),
        ("北", False),
    ],
)
def test_a_road_begins_only_where_another_word_ends(before, may):
    assert may_end_before(before, {"金桥"}) is may


def test_stems_of_streets_and_communities():
    assert street_stem("大学路街道办事处") == "大学路"
    assert community_stem("金桥社区居民委员会") == "金桥"
    assert community_stem("社区") == "社区"


@given(st.text(alphabet="人民大学路街巷弄甲附号院楼区-12３４一十、 ", max_size=24))
def test_any_text_is_taken_apart_without_loss_or_fault(text):
    address = parse_address(text)
    assert isinstance(address, Address)
    if address.house:
        assert 0 < address.house.number <= address.house.last < 100_000
        assert address.before
        assert address.road


@given(
    st.sampled_from(["人民路", "德化街", "光彩巷", "航海中路", "中原大道"]),
    st.integers(1, 99_999),
    st.sampled_from(["", "郑州市二七区", "二七区大学路街道", "河南省郑州市"]),
    st.sampled_from(["", "院", "院3号楼", "3楼301室", "附近"]),
)
def test_what_was_put_together_comes_apart_again(road, number, head, tail):
    address = parse_address(f"{head}{road}{number}号{tail}")
    assert (address.road, address.house) == (road, House(number, number))


@given(st.integers(1, 9_999))
def test_width_and_blanks_of_digits_do_not_matter(number):
    wide = str(number).translate({48 + d: 0xFF10 + d for d in range(10)})
    spaced = " ".join(str(number))
    for written in (wide, spaced):
        assert parse_address(f"人民路{written}号").house == House(number, number)


@given(st.integers(1, 9_999), st.integers(1, 9_999))
def test_two_numbers_are_a_span_or_a_door(first, second):
    house = parse_address(f"人民路{first}-{second}号").house
    if second > first:
        assert house == House(first, second)
    else:
        assert house == House(first, first, f"-{second}")
