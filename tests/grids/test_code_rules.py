"""Codes as arithmetic, on both sides of each length: no database."""

import pytest

from grids.code_rules import (
    Scheme,
    WrongScheme,
    next_codes,
    objection,
    require_sound,
    stem,
)

USUAL = Scheme()
SHORT = Scheme(padded_to=0)  # 北京: 6 + 3 + 3 + 3, nothing filled up
CLOSED = Scheme(allows_free=False)


@pytest.mark.parametrize(
    ("scheme", "code", "begins"),
    [
        (USUAL, "410103", "410103"),
        (USUAL, "410103000000", "410103"),
        (USUAL, "410103001000", "410103001"),
        (USUAL, "410103001003", "410103001003"),
        (USUAL, "410103001003007", "410103001003"),
        (USUAL, "410103001000007", "410103001"),
        (USUAL, "41010", ""),
        (USUAL, "A-7", ""),
        (SHORT, "410103001", "410103001"),
        (SHORT, "410103001003", "410103001003"),
    ],
)
def test_what_stands_below_a_code_begins_with_its_digits(scheme, code, begins):
    assert stem(scheme, code) == begins


@pytest.mark.parametrize(
    ("scheme", "code", "kind", "above", "sentence"),
    [
        (USUAL, "410103", "district", "", ""),
        (USUAL, "4101030", "district", "", "应为 6 位数字"),
        (USUAL, "410103001000", "street", "410103", ""),
        (USUAL, "41010300100", "street", "410103", "应为 12 或 15 位数字"),
        (USUAL, "4101030010000", "street", "410103", "应为 12 或 15 位数字"),
        (USUAL, "410103001003", "community", "410103001000", ""),
        (USUAL, "410103002003", "community", "410103001000", "“410103001”开头"),
        (USUAL, "410108001003", "community", "410103", "“410103”开头"),
        (USUAL, "410103001003001", "cell", "410103001003", ""),
        (USUAL, "410103001003", "cell", "410103001000", "应为 15 位数字"),
        (USUAL, "410103001003001", "cell", "410103001003009", ""),
        (USUAL, "A-01", "cell", "410103001003", ""),
        (USUAL, "A" * 20, "cell", "A", ""),
        (USUAL, "A" * 21, "cell", "A", "最多 20 位"),
        (USUAL, "东一", "cell", "A", "不能使用的字符"),
        (USUAL, "", "cell", "A", "不能使用的字符"),
        (CLOSED, "A-01", "cell", "410103001003", "应为 15 位数字"),
        (SHORT, "410103001", "street", "410103", ""),
        (SHORT, "410103001000", "street", "410103", "应为 9 或 15 位数字"),
    ],
)
def test_what_is_wrong_with_a_code_is_said(scheme, code, kind, above, sentence):
    found = objection(scheme, code, kind, above)
    assert sentence in found
    assert bool(found) == bool(sentence)


@pytest.mark.parametrize(
    ("above", "taken", "number", "codes"),
    [
        ("410103001003", [], 2, ["410103001003001", "410103001003002"]),
        ("410103001003", ["410103001003007"], 1, ["410103001003008"]),
        ("410103001000", ["410103001003007"], 1, ["410103001000001"]),
        ("410103", [], 1, ["410103000000001"]),
        ("410103001003", ["410103001003998"], 2, ["410103001003999"]),
        ("410103001003", ["410103001003999"], 1, []),
        ("A", ["A-01", "A-09"], 2, ["A-10", "A-11"]),
        ("A", ["A-99"], 1, []),
        ("A", [], 1, []),
    ],
)
def test_the_next_codes_are_those_that_nobody_had(above, taken, number, codes):
    assert next_codes(USUAL, above, taken, number) == codes


@pytest.mark.parametrize(
    ("parts", "padded_to", "sentence"),
    [
        ((6, 3, 3, 3), 12, ""),
        ((6, 3, 3, 3), 0, ""),
        ((6, 3, 3, 8), 12, ""),
        ((6, 3, 3, 9), 12, "最长 20 位，按此方案为 21 位"),
        ((6, 3, 3, 3), 11, "不能少于前三级之和 12 位"),
        ((6, 0, 3, 3), 12, "至少一位"),
    ],
)
def test_a_scheme_whose_parts_make_no_code_is_refused(parts, padded_to, sentence):
    scheme = Scheme(parts, padded_to)
    if not sentence:
        require_sound(scheme)
        return
    with pytest.raises(WrongScheme, match=sentence):
        require_sound(scheme)
