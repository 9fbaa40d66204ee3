from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridinspect import draws

keys = st.lists(st.text(min_size=1, max_size=6), unique=True, max_size=30)


def test_anybody_can_repeat_a_draw_with_a_hash_alone():
    pool = [f"U{n}" for n in range(50)]
    by_hand = sorted(pool, key=lambda key: sha256(f"20261128|{key}".encode()).digest())
    assert draws.draw(pool, 5, "20261128") == by_hand[:5]


@given(keys, st.integers(-3, 40), st.text(max_size=8))
def test_a_draw_takes_no_more_than_there_are_and_none_twice(pool, wanted, seed):
    drawn = draws.draw(pool, wanted, seed)
    assert len(drawn) == max(0, min(wanted, len(pool)))
    assert len(set(drawn)) == len(drawn)
    assert set(drawn) <= set(pool)


@given(keys, st.text(max_size=8), st.randoms())
def test_the_order_of_the_list_does_not_matter(pool, seed, dice):
    shuffled = list(pool)
    dice.shuffle(shuffled)
    assert draws.draw(shuffled, 3, seed) == draws.draw(pool, 3, seed)
    assert draws.pool_hash(shuffled) == draws.pool_hash(pool)


@given(keys, st.integers(1, 10), st.text(max_size=8))
def test_a_larger_draw_begins_with_the_smaller_one(pool, wanted, seed):
    assert draws.draw(pool, wanted + 1, seed)[:wanted] == draws.draw(pool, wanted, seed)


@pytest.mark.parametrize(
    ("size", "percent", "number"),
    [(0, 5, 0), (1, 5, 1), (20, 5, 1), (21, 5, 2), (100, 5, 5), (3, 100, 3)],
)
def test_a_share_is_rounded_up(size, percent, number):
    assert draws.share(size, percent) == number


def test_each_unit_has_inspectors_of_its_own():
    teams = draws.pairs(["U1", "U2"], ["P1", "P2", "P3", "P4"], 2, "x")
    assert set(teams) == {"U1", "U2"}
    assert all(len(set(team)) == 2 for team in teams.values())
