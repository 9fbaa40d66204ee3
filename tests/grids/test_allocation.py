import pytest
from hypothesis import given
from hypothesis import strategies as st

from grids.policy import PERSON_KINDS, Quota
from grids.rules import Filling, allocate

FULL, PART, ASSISTANT = "full_time_inspector", "part_time_inspector", "assistant"


def quota(role, least=None, most=None, **fields):
    return Quota(("community",), role, "TS-01", least, most or least, **fields)


ERQI = [quota(ASSISTANT, 2)]
EITHER = quota("either", 2, any_of=(PART, ASSISTANT))
HUIJI = [EITHER, quota(FULL, 1)]
YANGZHOU = [quota(ASSISTANT, 1, 2)]
SHENYANG = [quota("inspector", 1), quota(ASSISTANT, 1)]
YINGKOU = [quota(ASSISTANT, indexed=True)]


@pytest.mark.parametrize(
    ("quotas", "posted", "expected"),
    [
        (ERQI, {}, {ASSISTANT: Filling(2, 0, 0, 2)}),
        (ERQI, {ASSISTANT: 1, FULL: 3}, {ASSISTANT: Filling(2, 1, 1, 1)}),
        (ERQI, {ASSISTANT: 5}, {ASSISTANT: Filling(2, 5, 2, 0)}),
        (
            HUIJI,
            {FULL: 1, PART: 1, ASSISTANT: 1},
            {FULL: Filling(1, 1, 1, 0), "either": Filling(2, 2, 2, 0)},
        ),
        (
            HUIJI,
            {FULL: 2, ASSISTANT: 3},
            {FULL: Filling(1, 2, 1, 0), "either": Filling(2, 3, 2, 0)},
        ),
        (
            HUIJI,
            {PART: 1},
            {FULL: Filling(1, 0, 0, 1), "either": Filling(2, 1, 1, 1)},
        ),
        (  # the fixed post comes first, the group gets who is left
            [EITHER, quota(PART, 1)],
            {PART: 1, ASSISTANT: 1},
            {PART: Filling(1, 1, 1, 0), "either": Filling(2, 1, 1, 1)},
        ),
        (  # a full-timer takes the inspector's post, so that the part-timer can help
            [EITHER, quota("inspector", 1)],
            {FULL: 1, PART: 1},
            {"inspector": Filling(1, 1, 1, 0), "either": Filling(2, 1, 1, 1)},
        ),
        (
            SHENYANG,
            {PART: 1, ASSISTANT: 1},
            {"inspector": Filling(1, 1, 1, 0), ASSISTANT: Filling(1, 1, 1, 0)},
        ),
        (  # an assistant never fills the post of an inspector
            SHENYANG,
            {ASSISTANT: 2},
            {"inspector": Filling(1, 0, 0, 1), ASSISTANT: Filling(1, 2, 1, 0)},
        ),
        (YANGZHOU, {ASSISTANT: 1}, {ASSISTANT: Filling(1, 1, 1, 0)}),
        (YANGZHOU, {ASSISTANT: 2}, {ASSISTANT: Filling(1, 2, 1, 0)}),
        (YINGKOU, {ASSISTANT: 1}, {ASSISTANT: Filling(None, 1, 0, None)}),
        ([], {ASSISTANT: 1}, {}),
    ],
)
def test_posts_are_filled(quotas, posted, expected):
    assert allocate(quotas, posted) == expected


def test_an_index_says_how_many_a_community_needs():
    assert allocate(YINGKOU, {ASSISTANT: 1}, index=2) == {
        ASSISTANT: Filling(2, 1, 1, 1)
    }


single = st.builds(
    quota, st.sampled_from([FULL, PART, ASSISTANT, "inspector"]), st.integers(0, 4)
)
group = st.builds(
    lambda least, kinds: quota("either", least, any_of=tuple(kinds)),
    st.integers(0, 4),
    st.lists(st.sampled_from([FULL, PART, ASSISTANT]), min_size=1, unique=True),
)
some_quotas = st.lists(single | group, unique_by=lambda one: one.role, max_size=5)
some_posted = st.dictionaries(st.sampled_from(sorted(PERSON_KINDS)), st.integers(0, 6))


@given(some_quotas, some_posted)
def test_nobody_fills_two_posts_and_nothing_is_filled_beyond_its_quota(quotas, posted):
    fillings = allocate(quotas, posted).values()
    assert all(one.filled_capped <= one.required for one in fillings)
    assert all(one.filled_capped <= one.filled for one in fillings)
    assert all(one.missing == one.required - one.filled_capped for one in fillings)
    assert sum(one.filled for one in fillings) <= sum(posted.values())


@given(some_quotas, some_posted, st.sampled_from([FULL, PART, ASSISTANT]))
def test_one_more_person_never_makes_a_grid_poorer(quotas, posted, kind):
    more = {**posted, kind: posted.get(kind, 0) + 1}
    before = sum(one.filled_capped for one in allocate(quotas, posted).values())
    after = sum(one.filled_capped for one in allocate(quotas, more).values())
    assert before <= after <= before + 1
