"""The score of a checklist, item by item, on both sides of every boundary."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from grids.policy import Checklist, Item, PolicyValues
from reports.judging import Facts, State
from reports.programme.scoring import points_words, score
from reports.rules import Counts, Staffing

VALUES = PolicyValues("p", 1, "方案", "plan", date(2010, 1, 1))
LIST = Checklist("ready", "到位", use="acceptance", kinds=("street",), clause="TS-01")
SHARED = Checklist("ready", "到位", use="acceptance", pass_points=8, proportional=True)


@dataclass
class Answer:
    result: str
    points: Decimal | None = None
    on: date = date(2026, 1, 1)


def scored(item, checklist=LIST, *, counts=None, answer=None):
    found = {item.key: answer} if answer else {}
    whole = score(
        checklist,
        "p",
        [item],
        values=VALUES,
        facts=Facts(counts or Counts()),
        found=found,
    )
    return whole.items[0]


def computed(measure, points=10):
    return Item("ready", "x", "项目", points, measure=(measure,))


ASKED = Item("ready", "money", "资金到位", 10, ask="批复")


@pytest.mark.parametrize(
    ("acquired", "known", "checklist", "state", "points"),
    [
        (90, 100, LIST, State.MET, 10),
        (89, 100, LIST, State.NOT_MET, 0),
        (90, 100, SHARED, State.MET, 10),
        (100, 100, SHARED, State.MET, 10),
        (89, 100, SHARED, State.PARTLY, Fraction(98, 10)),  # 9.88…, rounded down
        (45, 100, SHARED, State.PARTLY, 5),
        (0, 100, SHARED, State.NOT_MET, 0),
        (0, 0, SHARED, State.NOT_MEASURABLE, None),
        (0, 0, LIST, State.NOT_MEASURABLE, None),
    ],
)
def test_points_of_a_computed_item(acquired, known, checklist, state, points):
    counts = Counts(known=known, acquired=acquired)
    one = scored(computed("rate:acquired:90"), checklist, counts=counts)
    assert (one.state, one.points) == (state, points)


@pytest.mark.parametrize(
    ("posts", "state"),
    [
        ({"assistant": Staffing(2, 2, 2), "inspector": Staffing(1, 1, 1)}, State.MET),
        (
            {"assistant": Staffing(3, 2, 2), "inspector": Staffing(0, 0, 1)},
            State.NOT_MET,
        ),
        ({"assistant": Staffing(2, 2, None)}, State.NOT_MEASURABLE),
        ({}, State.NOT_MEASURABLE),
    ],
)
def test_all_posts_together_surplus_hides_no_vacancy(posts, state):
    assert scored(computed("staffed"), counts=Counts(staffed=posts)).state == state


@pytest.mark.parametrize(
    ("acquired", "filed", "state"),
    [(5, 5, State.MET), (4, 5, State.NOT_MET), (0, 0, State.NOT_MEASURABLE)],
)
def test_upkeep_is_what_is_fresh_of_the_files(acquired, filed, state):
    counts = Counts(known=9, acquired=acquired, filed=filed)
    assert scored(computed("fresh"), counts=counts).state == state


@pytest.mark.parametrize(
    ("answer", "checklist", "state", "points"),
    [
        (None, LIST, State.NOT_MEASURABLE, None),
        (Answer("met"), LIST, State.MET, 10),
        (Answer("partly", Decimal("4.5")), SHARED, State.PARTLY, Fraction(9, 2)),
        (Answer("partly", Decimal("4.5")), LIST, State.PARTLY, 0),
        (Answer("partly"), LIST, State.PARTLY, 0),
        (Answer("not_met"), SHARED, State.NOT_MET, 0),
    ],
)
def test_points_of_an_item_that_is_asked_for(answer, checklist, state, points):
    one = scored(ASKED, checklist, answer=answer)
    assert (one.state, one.points) == (state, points)
    assert one.is_missing == (points is None)


@pytest.mark.parametrize(
    ("acquired", "answer", "passed", "words"),
    [
        (90, Answer("not_met"), True, "10/20"),
        (72, Answer("not_met"), True, "8/20"),
        (71, Answer("not_met"), False, "7.8/20"),
        (71, None, False, "7.8/20"),
        (90, Answer("met"), True, "20/20"),
    ],
)
def test_a_list_is_passed_at_its_mark(acquired, answer, passed, words):
    items = [computed("rate:acquired:90"), ASKED]
    whole = score(
        SHARED,
        "p",
        items,
        values=VALUES,
        facts=Facts(Counts(known=100, acquired=acquired)),
        found={"money": answer} if answer else {},
    )
    assert (whole.is_passed, whole.words) == (passed, words)
    assert whole.missing == (answer is None)


def test_without_a_mark_everything_has_to_be_in_place():
    def whole(answer):
        return score(
            LIST,
            "p",
            [computed("coded", 1), ASKED],
            values=VALUES,
            facts=Facts(Counts(), kinds={"street": 1}, coded=1),
            found={"money": answer},
        )

    assert whole(Answer("met")).is_passed
    assert not whole(Answer("partly", Decimal(9))).is_passed
    assert whole(Answer("met")).needed == 11


def test_an_empty_list_is_never_passed():
    empty = score(LIST, "p", [], values=VALUES, facts=Facts(Counts()), found={})
    assert not empty.is_passed


def test_points_are_written_without_an_idle_zero():
    assert points_words(Fraction(8)) == "8"
    assert points_words(Fraction(125, 2)) == "62.5"


@pytest.mark.parametrize(
    ("held", "answer", "state", "is_computed"),
    [
        ((1, 1), None, State.MET, True),
        ((0, 1), Answer("met"), State.NOT_MET, True),  # data go before words
        ((0, 0), Answer("met"), State.MET, False),
        ((0, 0), None, State.NOT_MEASURABLE, False),
    ],
)
def test_an_item_is_asked_for_where_it_has_no_data(held, answer, state, is_computed):
    item = Item("ready", "x", "场地到位", measure=("sited",), ask="照片")
    facts = Facts(Counts(), held={"sited": held})
    found = {"x": answer} if answer else {}
    whole = score(LIST, "p", [item], values=VALUES, facts=facts, found=found)
    (one,) = whole.items
    assert (one.state, one.is_computed) == (state, is_computed)
