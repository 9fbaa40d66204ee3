import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprises.rules import (
    ALPHABET,
    CodeError,
    check_old_registration_number,
    check_organisation_code,
    check_uscc,
    is_uscc,
    name_key,
    uscc_check_character,
)


@pytest.mark.parametrize(
    "code",
    [
        "91350100M000100Y43",  # the example in GB 32100-2015
        "91350200776049653A",
        "91350503MA31DKY80A",
        "9144030071526726XG",
        "9135021359498494XQ",
        "91410103MA0AAAA1X9",
        "52410103MJ0000018H",
    ],
)
def test_known_credit_codes_are_good(code):
    assert check_uscc(code) == code


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("91350100M000100Y44", "uscc_check_digit"),
        ("92510105MA6C5WX21Q", "uscc_check_digit"),
        ("9135010OM000100Y43", "uscc_format"),  # letter O for zero
        ("91350100M000100Y4", "uscc_length"),
        ("", "uscc_length"),
    ],
)
def test_a_wrong_credit_code_says_what_is_wrong(code, fault):
    with pytest.raises(CodeError) as refused:
        check_uscc(code)
    assert refused.value.code == fault


def test_credit_codes_come_back_in_upper_case():
    assert check_uscc("91350100m000100y43") == "91350100M000100Y43"


@given(st.text(alphabet=ALPHABET, min_size=17, max_size=17))
def test_exactly_one_check_character_fits_every_body(body):
    good = [c for c in ALPHABET if is_uscc(body + c)]
    assert good == [uscc_check_character(body)]


@pytest.mark.parametrize(
    "code", ["77604965-3", "776049653", "71526726X", "59498494-x", "MA31DKY80"]
)
def test_organisation_codes_of_real_credit_codes_are_good(code):
    assert len(check_organisation_code(code)) == 9


@pytest.mark.parametrize("code", ["776049654", "77604965", "7760496-53X", "77 604965"])
def test_wrong_organisation_codes_are_refused(code):
    with pytest.raises(CodeError):
        check_organisation_code(code)


@pytest.mark.parametrize("number", ["110108000000016", "4101031234567"])
def test_old_registration_numbers_of_15_and_13_digits(number):
    assert check_old_registration_number(number) == number


@pytest.mark.parametrize("number", ["110108000000017", "12ab", "41010312345678"])
def test_old_registration_numbers_that_are_none(number):
    with pytest.raises(CodeError):
        check_old_registration_number(number)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("郑州鑫源有限公司", "郑州市鑫源有限责任公司", True),
        ("河南省郑州市鑫源有限公司", "郑州鑫源有限公司", True),
        ("河南省鑫源有限公司", "河南鑫源有限公司", True),
        ("郑州鑫源（集团）有限公司", "郑州鑫源(集团)有限公司", True),
        ("郑州鑫源（集团）有限公司", "郑州鑫源集团有限公司", True),
        ("郑州鑫源有限公司", "郑州鑫源有限公司二七分公司", False),
        ("新上海市场管理公司", "新上海场管理公司", False),
        ("城市花园酒店", "城花园酒店", False),
    ],
)
def test_the_key_of_a_name_forgives_spelling_only(one, other, same):
    assert (name_key(one) == name_key(other)) is same


@given(st.text(max_size=60))
def test_any_text_has_a_key_and_keys_are_stable(text):
    assert isinstance(name_key(text), str)
    assert name_key(f" {text}\u3000") == name_key(text)
