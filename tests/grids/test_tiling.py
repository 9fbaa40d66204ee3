from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, box

from grids.boundaries import square_metres
from grids.tiling import Kind, Spot, tiling_of

METRE = 1 / 111_000  # of latitude, in degrees
W, S, E, N = 113.60, 34.70, 113.64, 34.72
WHOLE = box(W, S, E, N)
MIDDLE = 113.62
WEST, EAST = box(W, S, MIDDLE, N), box(MIDDLE, S, E, N)


def kinds(tiling):
    return [(fault.kind, fault.parts, fault.is_sliver) for fault in tiling.faults]


def test_halves_tile_the_whole():
    tiling = tiling_of(WHOLE, {1: WEST, 2: EAST})
    assert tiling.is_sound
    assert tiling.parts == pytest.approx(tiling.whole)


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({1: WEST}, [(Kind.GAP, (), False)]),
        ({1: WEST, 2: WHOLE}, [(Kind.OVERLAP, (1, 2), False)]),
        (
            {1: WEST, 2: box(MIDDLE + METRE, S, E, N)},
            [(Kind.GAP, (), True)],
        ),
        (
            {1: WEST, 2: box(MIDDLE + 3 * METRE, S, E, N)},
            [(Kind.GAP, (), False)],
        ),
        (
            {1: WEST, 2: box(MIDDLE - METRE, S, E, N)},
            [(Kind.OVERLAP, (1, 2), True)],
        ),
        (
            {1: WEST, 2: box(MIDDLE, S, E + 0.01, N)},
            [(Kind.BEYOND, (2,), False)],
        ),
        (
            {1: WEST, 2: EAST, 3: box(E + 0.01, S, E + 0.02, N)},
            [(Kind.BEYOND, (3,), False)],
        ),
        (
            {1: MultiPolygon([WEST, box(113.63, S, E, N)]), 2: EAST},
            [(Kind.OVERLAP, (1, 2), False)],
        ),
    ],
)
def test_each_fault_is_found_once(parts, found):
    assert kinds(tiling_of(WHOLE, parts)) == found


def test_a_fault_has_its_area_and_a_place_inside_it():
    (gap,) = tiling_of(WHOLE, {1: WEST}).faults
    assert gap.square_metres == pytest.approx(square_metres(EAST), rel=1e-6)
    x, y = gap.place
    assert (MIDDLE < x < E, S < y < N) == (True, True)


def test_what_is_smaller_than_half_a_square_metre_is_rounding():
    hair = METRE / 10_000
    assert tiling_of(WHOLE, {1: WEST, 2: box(MIDDLE + hair, S, E, N)}).is_sound


@pytest.mark.parametrize(
    ("place", "part", "found"),
    [
        ((113.61, 34.71), 1, []),
        ((MIDDLE, 34.71), 1, []),  # its own border
        ((MIDDLE, 34.71), 2, []),
        ((113.63, 34.71), 1, [(1, 2)]),
        ((113.70, 34.71), 1, [(1,)]),
        ((113.61, 34.71), 3, []),  # a grid without a boundary can prove nothing
    ],
)
def test_a_unit_belongs_inside_its_own_grid(place, part, found):
    tiling = tiling_of(WHOLE, {1: WEST, 2: EAST}, [Spot(9, "麻雀餐饮店", place, part)])
    assert [fault.parts for fault in tiling.of(Kind.UNIT)] == found
    assert tiling.spots == 1


cuts = st.lists(st.integers(1, 999), max_size=6, unique=True).map(sorted)


@st.composite
def partitions(draw):
    """Draw the whole cut into columns, and each column into rows."""
    parts = []
    for left, right in pairwise([0, *draw(cuts), 1000]):
        for low, high in pairwise([0, *draw(cuts), 1000]):
            parts.append(
                box(
                    W + (E - W) * left / 1000,
                    S + (N - S) * low / 1000,
                    W + (E - W) * right / 1000,
                    S + (N - S) * high / 1000,
                )
            )
    return dict(enumerate(parts, 1))


@settings(deadline=None)  # what is found is tested, not how busy the machine is
@given(parts=partitions())
def test_any_partition_is_sound(parts):
    tiling = tiling_of(WHOLE, parts)
    assert tiling.is_sound
    assert tiling.parts == pytest.approx(tiling.whole, rel=1e-9)


@settings(deadline=None)  # what is found is tested, not how busy the machine is
@given(parts=partitions(), data=st.data())
def test_a_part_taken_out_leaves_a_gap_of_its_size(parts, data):
    key = data.draw(st.sampled_from(sorted(parts)))
    taken = parts.pop(key)
    tiling = tiling_of(WHOLE, parts)
    assert {fault.kind for fault in tiling.faults} == {Kind.GAP}
    assert tiling.area_of(Kind.GAP) == pytest.approx(square_metres(taken), rel=1e-6)


@settings(deadline=None)  # what is found is tested, not how busy the machine is
@given(parts=partitions(), data=st.data(), metres=st.integers(1, 400))
def test_what_is_missing_is_what_is_double_or_beyond(parts, data, metres):
    key = data.draw(st.sampled_from(sorted(parts)))
    parts[key] = translate(parts[key], 0, metres * METRE)
    tiling = tiling_of(WHOLE, parts)
    wrong = tiling.area_of(Kind.OVERLAP) + tiling.area_of(Kind.BEYOND)
    # Moving north changes the size of a degree by less than one in ten thousand;
    # slivers below the limit are left out on either side.
    assert tiling.area_of(Kind.GAP) == pytest.approx(wrong, rel=2e-3, abs=5)


@pytest.mark.parametrize(("metres", "count"), [(0.02, 0), (0.03, 1)])
def test_what_rounding_leaves_between_two_outlines_is_no_fault(metres, count):
    tiling = tiling_of(WHOLE, {1: WEST, 2: box(MIDDLE + metres * METRE, S, E, N)})
    assert len(tiling.faults) == count


def test_a_gap_names_the_parts_that_it_touches():
    middle, east = box(113.61, S, 113.612, N), box(113.63, S, E, N)
    tiling = tiling_of(WHOLE, {1: box(W, S, 113.61, N), 2: middle, 3: east})
    assert [fault.beside for fault in tiling.faults] == [(2, 3)]
