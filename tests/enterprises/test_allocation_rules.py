"""Which grid a unit belongs to: coordinates, house numbers, names; never a guess."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from enterprises.allocation import (
    Confidence,
    Evidence,
    Ground,
    Method,
    Place,
    Precedent,
)
from grids.roads import Range

# 二七区: two streets side by side, each cut into two communities; 京广路街道 has none.
DISTRICT, UNIVERSITY, HUAIHE, JINGGUANG = 1, 2, 3, 4
GOLDBRIDGE, BEACON, GREEN, CANAL, TWIN_A, TWIN_B = 21, 22, 31, 32, 23, 33

PLACES = [
    Place(DISTRICT, "二七区", None, "/c/1/", False),
    Place(UNIVERSITY, "大学路街道", 1, "/c/1/2/", True),
    Place(HUAIHE, "淮河路街道", 1, "/c/1/3/", True),
    Place(JINGGUANG, "京广路街道", 1, "/c/1/4/", True),
    Place(GOLDBRIDGE, "金桥社区", 2, "/c/1/2/21/", False),
    Place(BEACON, "大学路社区", 2, "/c/1/2/22/", False),
    Place(TWIN_A, "建设社区", 2, "/c/1/2/23/", False),
    Place(GREEN, "绿云社区", 3, "/c/1/3/31/", False),
    Place(CANAL, "运河社区居民委员会", 3, "/c/1/3/32/", False),
    Place(TWIN_B, "建设社区", 3, "/c/1/3/33/", False),
]
AREAS = {
    DISTRICT: box(113.0, 34.0, 113.4, 34.2),
    UNIVERSITY: box(113.0, 34.0, 113.2, 34.2),
    HUAIHE: box(113.2, 34.0, 113.4, 34.2),
    GOLDBRIDGE: box(113.0, 34.0, 113.1, 34.2),
    BEACON: box(113.1, 34.0, 113.2, 34.2),
    GREEN: box(113.2, 34.0, 113.3, 34.2),
}
PATHS = {place.key: place.path for place in PLACES}


def span(road, parity, first, last, grid):
    return Range(None, road, parity, first, last, grid, PATHS[grid])


RANGES = [
    span("大学路", "odd", 1, 99, GOLDBRIDGE),
    span("大学路", "even", 2, 98, BEACON),
    span("航海路", "all", 1, 200, UNIVERSITY),
    span("航海路", "all", 1, 50, GOLDBRIDGE),
    span("兴华街", "all", 1, 60, GREEN),
    span("兴华街", "all", 50, 90, CANAL),
    span("解放路", "all", 1, 60, GOLDBRIDGE),
    span("解放路", "all", 40, 90, GREEN),
]


def ground(*, areas=AREAS, ranges=RANGES, precedents=None):
    return Ground(
        district=DISTRICT,
        places=PLACES,
        areas=areas,
        ranges=ranges,
        precedents=precedents,
    )


@pytest.fixture(scope="module")
def whole():
    return ground()


def by_address(where, text, **fields):
    return where.decide(Evidence(address=text, **fields))


# --- coordinates ----------------------------------------------------------------------


def test_a_point_inside_one_outline_settles_it(whole):
    verdict = whole.decide(Evidence(point=(113.05, 34.1)))
    assert (verdict.grid, verdict.method) == (GOLDBRIDGE, Method.POINT)
    assert verdict.confidence == Confidence.HIGH
    assert "坐标 113.050000, 34.100000 在“大学路街道金桥社区”的边界内" in verdict.reason


@pytest.mark.parametrize(
    ("x", "candidates"),
    [
        (113.0999999, ()),
        (113.1, (GOLDBRIDGE, BEACON)),
        (113.1000001, ()),
    ],
)
def test_a_point_on_a_shared_edge_is_a_tie(whole, x, candidates):
    verdict = whole.decide(Evidence(point=(x, 34.1)))
    assert set(verdict.candidates) == set(candidates)
    assert verdict.is_tie is bool(candidates)
    assert (verdict.grid is None) is bool(candidates)


def test_a_point_in_two_outlines_is_a_tie_that_names_them():
    overlapping = AREAS | {BEACON: box(113.05, 34.0, 113.2, 34.2)}
    verdict = ground(areas=overlapping).decide(Evidence(point=(113.07, 34.1)))
    assert verdict.is_tie
    assert "“大学路街道金桥社区”、“大学路街道大学路社区”" in verdict.reason


def test_a_point_beyond_the_district_is_no_find(whole):
    verdict = by_address(whole, "二七区大学路街道金桥社区", point=(114.0, 34.1))
    assert (verdict.grid, verdict.candidates) == (None, (GOLDBRIDGE,))
    assert "不在二七区的边界内" in verdict.reason


def test_without_an_outline_of_the_district_the_address_goes_on():
    only = {GREEN: AREAS[GREEN]}
    verdict = by_address(ground(areas=only), "大学路街道金桥社区", point=(113.05, 34.1))
    assert (verdict.grid, verdict.method) == (GOLDBRIDGE, Method.NAME)
    assert "不在任何网格的边界内" in verdict.reason


def test_where_only_the_street_has_an_outline_the_address_goes_on(whole):
    at = (113.35, 34.1)  # 淮河路街道, of whose communities one has an outline
    assert by_address(whole, "运河社区", point=at).grid == CANAL
    verdict = whole.decide(Evidence(point=at))
    assert (verdict.grid, verdict.confidence) == (HUAIHE, Confidence.MEDIUM)
    against = by_address(whole, "大学路街道金桥社区", point=at)
    assert (against.grid, against.candidates) == (None, (HUAIHE, GOLDBRIDGE))


def test_a_point_in_the_district_alone_is_no_find():
    areas = {DISTRICT: AREAS[DISTRICT], GREEN: AREAS[GREEN]}
    verdict = ground(areas=areas).decide(Evidence(point=(113.05, 34.1)))
    assert verdict.grid is None


def test_an_address_that_says_otherwise_makes_the_point_less_sure(whole):
    verdict = by_address(whole, "淮河路街道绿云社区", point=(113.05, 34.1))
    assert (verdict.grid, verdict.confidence) == (GOLDBRIDGE, Confidence.MEDIUM)
    assert "请留意" in verdict.reason


# --- house numbers --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "grid", "confidence"),
    [
        ("二七区大学路1号", GOLDBRIDGE, Confidence.HIGH),
        ("二七区大学路99号", GOLDBRIDGE, Confidence.HIGH),
        ("二七区大学路2号", BEACON, Confidence.HIGH),
        ("二七区大学路98号", BEACON, Confidence.HIGH),
        ("二七区大学路12-3号", BEACON, Confidence.MEDIUM),
        ("二七区大学路甲12号", BEACON, Confidence.MEDIUM),
        ("二七区大学路12号附1号", BEACON, Confidence.MEDIUM),
        ("二七区大学路１２号院", BEACON, Confidence.HIGH),
        ("郑州市二七区航海路30号", GOLDBRIDGE, Confidence.MEDIUM),  # also the street's
        ("郑州市二七区航海路120号", UNIVERSITY, Confidence.HIGH),
        ("兴华街49号", GREEN, Confidence.HIGH),
        ("兴华街61号", CANAL, Confidence.HIGH),
    ],
)
def test_house_numbers_decide_where_there_are_no_coordinates(
    whole, text, grid, confidence
):
    verdict = by_address(whole, text)
    assert (verdict.grid, verdict.method) == (grid, Method.ROAD)
    assert verdict.confidence == confidence


@pytest.mark.parametrize("number", [50, 55, 60])
def test_a_number_in_two_ranges_is_a_tie(whole, number):
    verdict = by_address(whole, f"兴华街{number}号")
    assert (verdict.grid, verdict.candidates) == (None, (GREEN, CANAL))
    assert "“淮河路街道绿云社区”、“淮河路街道运河社区居民委员会”" in verdict.reason


def test_a_span_over_two_grids_is_a_tie(whole):
    verdict = by_address(whole, "大学路11-12号")
    assert set(verdict.candidates) == {GOLDBRIDGE, BEACON}


def test_a_street_in_the_address_settles_which_road_of_that_name(whole):
    verdict = by_address(whole, "二七区淮河路街道解放路50号")
    assert (verdict.grid, verdict.confidence) == (GREEN, Confidence.MEDIUM)
    assert "地址写有“淮河路街道”" in verdict.reason


@pytest.mark.parametrize(
    "text", ["大学路100号", "大学路101号", "新大学路1号", "北大学路1号"]
)
def test_another_number_or_another_road_is_no_find(whole, text):
    assert by_address(whole, text).grid is None


def test_fields_of_road_and_number_go_before_the_address(whole):
    verdict = by_address(whole, "二七区某处", road="大学路", house_number="12号")
    assert verdict.grid == BEACON


def test_a_community_that_contradicts_the_number_is_noted(whole):
    verdict = by_address(whole, "绿云社区大学路1号")
    assert (verdict.grid, verdict.confidence) == (GOLDBRIDGE, Confidence.LOW)
    assert "地址写有“淮河路街道绿云社区”" in verdict.reason


def test_the_reason_says_what_it_rests_on(whole):
    reason = by_address(whole, "大学路12-3号").reason
    assert reason == (
        "“大学路12-3号”在“大学路街道大学路社区”的门牌“大学路 2-98 双号”之内"
    )


# --- names ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "grid", "confidence"),
    [
        ("郑州市二七区大学路街道金桥社区3号楼", GOLDBRIDGE, Confidence.MEDIUM),
        ("金桥社区", GOLDBRIDGE, Confidence.MEDIUM),
        ("二七区运河社区居民委员会", CANAL, Confidence.MEDIUM),
        ("二七区运河社区", CANAL, Confidence.LOW),
        ("二七区金桥居委会", GOLDBRIDGE, Confidence.LOW),
        ("二七区大学路办事处金桥居委会", GOLDBRIDGE, Confidence.LOW),
        ("二七区淮河路街道建设社区", TWIN_B, Confidence.MEDIUM),
        ("二七区大学路办事处建设社区", TWIN_A, Confidence.MEDIUM),
        ("二七区大学路街道办事处", UNIVERSITY, Confidence.LOW),
        ("二七区京广路街道", JINGGUANG, Confidence.MEDIUM),
        ("二七区淮河路办事处绿云长江路9号", HUAIHE, Confidence.LOW),
        ("二七区金桥大学路24号", BEACON, Confidence.LOW),
        ("二七区金桥大学路25号", GOLDBRIDGE, Confidence.HIGH),
    ],
)
def test_names_decide_where_there_is_no_number(whole, text, grid, confidence):
    verdict = by_address(whole, text)
    assert (verdict.grid, verdict.confidence) == (grid, confidence)


def test_two_communities_of_one_name_are_a_tie(whole):
    verdict = by_address(whole, "二七区建设社区")
    assert (verdict.grid, set(verdict.candidates)) == (None, {TWIN_A, TWIN_B})


def test_two_names_in_one_address_are_a_tie(whole):
    verdict = by_address(whole, "金桥社区与绿云社区交界处")
    assert set(verdict.candidates) == {GOLDBRIDGE, GREEN}


def test_a_community_outside_the_named_street_is_a_tie(whole):
    verdict = by_address(whole, "二七区京广路街道金桥社区")
    assert set(verdict.candidates) == {JINGGUANG, GOLDBRIDGE}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "二七区",
        "建设银行旁",
        "二七区金桥大厦12楼",
        "大学路与航海路交叉口",
        "二七区大学路",
        "郑州市",
    ],
)
def test_what_only_sounds_alike_is_no_find(whole, text):
    verdict = by_address(whole, text)
    assert (verdict.grid, verdict.candidates) == (None, ())
    assert verdict.reason


def test_what_a_clerk_decided_for_the_same_place_holds_for_the_next(whole):
    evidence = Evidence(address="二七区长江路8号")
    known = {evidence.key: Precedent(GREEN, "“甲店”（王某 2026-01-02 确认）")}
    verdict = ground(precedents=known).decide(Evidence(address="二七区长江路 ８号"))
    assert (verdict.grid, verdict.method) == (GREEN, Method.ALIKE)
    assert "“甲店”" in verdict.reason
    closed = {evidence.key: Precedent(99, "")}
    assert ground(precedents=closed).decide(evidence).grid is None


# --- never a guess --------------------------------------------------------------------

coordinates = st.tuples(
    st.floats(112.95, 113.45).map(lambda x: round(x, 6)),
    st.floats(33.95, 34.25).map(lambda y: round(y, 6)),
)


@given(coordinates)
def test_a_point_goes_to_the_outline_that_holds_it_alone(point):
    verdict = ground().decide(Evidence(point=point))
    leaves = {GOLDBRIDGE, BEACON, GREEN}
    holding = {key for key in leaves if AREAS[key].intersects(Point(point))}
    if len(holding) == 1 and not AREAS[HUAIHE].intersection(
        AREAS[UNIVERSITY]
    ).intersects(Point(point)):
        assert verdict.grid in holding
    elif len(holding) > 1 or not AREAS[DISTRICT].intersects(Point(point)):
        assert verdict.grid is None


words = st.lists(
    st.sampled_from(
        [place.name for place in PLACES]
        + ["大学路", "兴华街", "解放路", "12号", "55号", "金桥", "新", "院", "与"]
    ),
    max_size=6,
).map("".join)


@given(words)
def test_any_address_gives_a_verdict_that_can_be_shown(text):
    verdict = ground().decide(Evidence(address=text))
    assert verdict.reason
    assert (verdict.grid is None) == (verdict.method == Method.NONE)
    assert set(verdict.candidates) <= set(PATHS)
    assert not (verdict.grid and verdict.candidates)


@given(words, words)
def test_the_same_place_always_gets_the_same_grid(text, other):
    where = ground()
    first = where.decide(Evidence(address=text))
    where.decide(Evidence(address=other))
    assert where.decide(Evidence(address=text)) == first
