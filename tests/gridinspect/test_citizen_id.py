from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridinspect.accounts.rules import (
    CitizenIdError,
    check_citizen_id,
    citizen_id_check_character,
    is_citizen_id,
)

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("number", "born", "gender"),
    [
        ("11010519491231002X", date(1949, 12, 31), "女"),
        ("440524188001010014", date(1880, 1, 1), "男"),
        ("410103198506150012", date(1985, 6, 15), "男"),
        ("210802197602010044", date(1976, 2, 1), "女"),
    ],
)
def test_an_identity_number_tells_birth_date_and_gender(number, born, gender):
    bearer = check_citizen_id(number, today=TODAY)
    assert (bearer.number, bearer.birth_date, bearer.gender) == (number, born, gender)


@pytest.mark.parametrize("area", ["321011", "412901"])
def test_abolished_area_codes_are_good(area):
    body = area + "19800101123"
    assert is_citizen_id(body + citizen_id_check_character(body), today=TODAY)


def test_fifteen_digits_become_eighteen():
    bearer = check_citizen_id("110105491231002", today=TODAY)
    assert bearer.number == "11010519491231002X"
    assert bearer.from_15_digits


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("410103198506150013", "id_check_digit"),
        ("41010319850615001", "id_length"),
        ("4101031985061500A2", "id_format"),
        ("410103198502300012", "id_birth_date"),
        ("410103202706150012", "id_birth_date_future"),
        ("990103198506150012", "id_area"),
        ("４１０１０３１９８５０６１５００１２", "id_format"),
        ("", "id_length"),
    ],
)
def test_a_wrong_number_says_what_is_wrong(number, fault):
    with pytest.raises(CitizenIdError) as refused:
        check_citizen_id(number, today=TODAY)
    assert refused.value.code == fault


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(0, 999))
def test_every_number_made_by_the_standard_is_read_back(born, sequence):
    body = f"410103{born:%Y%m%d}{sequence:03}"
    bearer = check_citizen_id(body + citizen_id_check_character(body), today=TODAY)
    assert bearer.birth_date == born
    assert bearer.gender == ("男" if sequence % 2 else "女")


@given(st.text(max_size=20))
def test_no_text_makes_the_check_crash(text):
    is_citizen_id(text, today=TODAY)
