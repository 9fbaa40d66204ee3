from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.rules import PARTS, Counts, Staffing, why_none


def test_a_rate_is_divided_from_its_counts():
    counts = Counts(known=8, assigned=6, acquired=4, filed=5)
    assert counts.rate("assigned") == Fraction(3, 4)
    assert counts.rate("acquired") == Fraction(1, 2)
    assert counts.parts("filed") == (5, 8)


@pytest.mark.parametrize("key", [*PARTS, "staffed:assistant"])
def test_a_zero_denominator_gives_no_rate_but_a_reason(key):
    assert Counts().rate(key) is None
    assert why_none(key)


def test_staffed_is_capped_and_a_missing_index_gives_no_rate():
    assert Staffing(filled=3, filled_capped=2, quota=2).rate == 1
    assert Staffing(filled=3, filled_capped=0, quota=None).rate is None
    assert Staffing(filled=0, filled_capped=0, quota=0).rate is None


def test_a_surplus_in_one_grid_does_not_hide_a_gap_in_another():
    rich = Counts(staffed={"assistant": Staffing(4, 2, 2)})
    poor = Counts(staffed={"assistant": Staffing(0, 0, 2)})
    assert (rich + poor).rate("staffed:assistant") == Fraction(1, 2)


def test_one_unknown_quota_makes_the_sum_unknown():
    known = Counts(staffed={"assistant": Staffing(2, 2, 2)})
    unknown = Counts(staffed={"assistant": Staffing(1, 0, None)})
    assert (known + unknown).staffed["assistant"].quota is None


numbers = st.integers(0, 10**6)
staffing = st.builds(Staffing, numbers, numbers, st.none() | numbers)
counts = st.builds(
    Counts,
    *[numbers] * 10,
    staffed=st.dictionaries(st.sampled_from(["assistant", "either"]), staffing),
)


@given(counts, counts, counts)
def test_the_order_of_summing_does_not_matter(a, b, c):
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + Counts() == a
