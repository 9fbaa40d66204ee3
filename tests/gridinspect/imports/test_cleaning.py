from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridinspect.imports import cleaning
from gridinspect.imports.cleaning import (
    FORMULA,
    CellFault,
    MonthDate,
    Rejected,
    Setting,
    Warned,
)

SETTING = Setting(today=date(2026, 11, 24))
EVERY_CLEANER = [
    cleaning.text(),
    cleaning.title(),
    cleaning.unit_name,
    cleaning.person_name,
    cleaning.citizen_id,
    cleaning.code_text("uscc_precision_lost", "信用代码"),
    cleaning.phone,
    cleaning.gender,
    cleaning.headcount,
    cleaning.decimal_degrees,
    cleaning.day,
    cleaning.past_day,
]


def reason(cleaner, raw):
    with pytest.raises(Rejected) as refused:
        cleaner(raw, SETTING)
    return refused.value.code


@pytest.mark.parametrize("cleaner", EVERY_CLEANER)
@pytest.mark.parametrize("raw", [None, "", "-", "—", "/", "无", "\u3000", "\ufeff "])
def test_marks_for_nothing_are_empty(cleaner, raw):
    assert cleaner(raw, SETTING) is None


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("\u3000张伟\u00a0", "张伟"),
        ("'410103", "410103"),
        ("\t410103", "410103"),
        ('="410103"', "410103"),
        ("\ufeffＡＢＣ１２３", "ABC123"),
        ("甲\u200b乙", "甲乙"),
        (35.0, "35"),
        (True, "是"),
        (datetime(2013, 5, 6), "2013-05-06"),  # noqa: DTZ001
    ],
)
def test_plain_is_what_a_person_sees(raw, seen):
    assert cleaning.plain(raw) == seen


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("张　伟", "张伟"),
        ("张 \n伟", "张伟"),
        ("买买提•吐尔逊", "买买提·吐尔逊"),
        ("买买提 · 吐尔逊", "买买提·吐尔逊"),
        ("John  Smith", "John Smith"),
        ("𠮷田", "𠮷田"),
    ],
)
def test_names_of_persons(raw, name):
    assert cleaning.person_name(raw, SETTING) == name


@pytest.mark.parametrize("raw", ["14人", "张", "2.某某填最高学历。", 14.0])
def test_what_is_no_name(raw):
    assert reason(cleaning.person_name, raw) == "name_invalid"


def test_remarks_stay_on_one_line_and_formulas_stay_text():
    assert cleaning.text()("家住一楼,\n老小区", SETTING) == "家住一楼, 老小区"
    assert cleaning.text()("=1+1", SETTING) == "=1+1"
    assert cleaning.title()("郑州鑫源\n有限公司", SETTING) == "郑州鑫源有限公司"


@pytest.mark.parametrize(
    "raw",
    [
        "11010519491231002x",
        " 110105 19491231 002Ｘ",
        "110105-19491231-002X",
        "'11010519491231002X",
        '="11010519491231002X"',
    ],
)
def test_spellings_of_an_identity_number(raw):
    assert cleaning.citizen_id(raw, SETTING) == "11010519491231002X"


@pytest.mark.parametrize(
    "raw",
    [4.10122197911179e17, 410103198506150012, "4.10103E+17", "410103198506150000"],
)
def test_an_identity_number_that_excel_rounded_is_lost(raw):
    assert reason(cleaning.citizen_id, raw) == "id_precision_lost"


@pytest.mark.parametrize("raw", ["110105491231002", 110105491231002.0])
def test_fifteen_digits_are_converted_with_a_warning(raw):
    converted = cleaning.citizen_id(raw, SETTING)
    assert isinstance(converted, Warned)
    assert converted.value == "11010519491231002X"
    assert converted.code == "id_15_converted"


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        (19900007248.0, "19900007248"),
        ("19900007248.0", "19900007248"),
        ("199 0000 7248", "19900007248"),
        ("+86-19900007248", "19900007248"),
        ("０３７１－６７１８００００", "0371-67180000"),
        ("(0371)67180000", "0371-67180000"),
        ("67180000转801", "67180000-801"),
        ("400-123-4567", "400-123-4567"),
    ],
)
def test_spellings_of_telephones(raw, number):
    assert cleaning.phone(raw, SETTING) == number


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("1990000724", "phone_invalid"),
        ("1.99E+10", "phone_precision_lost"),
        ("19900007248/19900007249", "phone_several"),
        ("问街道", "phone_invalid"),
    ],
)
def test_telephones_that_are_refused(raw, fault):
    assert reason(cleaning.phone, raw) == fault


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("1,200", 1200),
        ("１２０人", 120),
        (35.0, 35),
        (" 35 ", 35),
        ("35.0", 35),
        (0, 0),
    ],
)
def test_numbers_of_people(raw, number):
    assert cleaning.headcount(raw, SETTING) == number


@pytest.mark.parametrize(
    "raw", ["约50", "三十", "12.5", 12.5, "-3", -3, "1,20", "50余人"]
)
def test_numbers_of_people_that_nobody_can_know(raw):
    assert reason(cleaning.headcount, raw).startswith("headcount_")


BORN = date(1985, 3, 7)


@pytest.mark.parametrize(
    "raw",
    [
        BORN,
        datetime(1985, 3, 7),  # noqa: DTZ001
        31113,
        31113.0,
        "31113",
        "1985-3-7",
        "1985/3/7",
        "1985.3.7",
        "1985年3月7日",
        "１９８５年３月７日",
        "19850307",
        19850307,
        "85/3/7",
        "一九八五年三月七日",
        "1985-03-07 00:00:00",
        "1985 年 3 月 7 日",
    ],
)
def test_spellings_of_a_date(raw):
    assert cleaning.day(raw, SETTING) == BORN


@pytest.mark.parametrize(
    "raw", ["1985.3", "1985年3月", "198503", 198503, "1985-03", "1985.03"]
)
def test_year_and_month_alone_are_known_as_such(raw):
    found = cleaning.day(raw, SETTING)
    assert isinstance(found, MonthDate)
    assert (found.year, found.month) == (1985, 3)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("13/5/6", date(2013, 5, 6)),
        ("二〇一三年十二月三十一日", date(2013, 12, 31)),
        ("二零一三年十月二十日", date(2013, 10, 20)),
        ("1985.10.1", date(1985, 10, 1)),
    ],
)
def test_more_spellings(raw, found):
    assert cleaning.day(raw, SETTING) == found


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (1985.1, "date_ambiguous"),
        (1985, "date_ambiguous"),
        ("1985", "date_invalid"),
        ("1985-02-30", "date_invalid"),
        ("三月七日", "date_invalid"),
        ("不详", "date_invalid"),
        (60, "date_invalid"),
        (99999, "date_invalid"),
        (-1, "date_invalid"),
    ],
)
def test_dates_that_are_refused(raw, fault):
    assert reason(cleaning.day, raw) == fault


def test_serials_of_the_1904_system():
    setting = Setting(today=SETTING.today, date1904=True)
    assert cleaning.day(31113 - 1462, setting) == BORN


def test_a_founding_in_the_future_is_refused():
    assert reason(cleaning.past_day, "2027-01-01") == "date_future"


@pytest.mark.parametrize("cleaner", EVERY_CLEANER)
def test_faulty_cells_say_so(cleaner):
    assert reason(cleaner, FORMULA) == "formula_without_value"
    assert reason(cleaner, CellFault("#N/A")) == "cell_error"


CELLS = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
)


def _answers(cleaner, raw):
    try:
        cleaner(raw, SETTING)
    except Rejected as refused:
        return bool(refused.message and refused.code)
    return True


@pytest.mark.parametrize("cleaner", EVERY_CLEANER)
@given(raw=CELLS)
def test_a_cleaner_answers_or_refuses_and_never_crashes(cleaner, raw):
    assert _answers(cleaner, raw)


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_every_spelling_of_every_date_is_read_back(found):
    for spelling in (
        found.isoformat(),
        f"{found.year}.{found.month}.{found.day}",
        f"{found.year}年{found.month}月{found.day}日",
        f"{found:%Y%m%d}",
    ):
        assert cleaning.day(spelling, SETTING) == found


@given(st.integers(61, 60000))
def test_serials_count_days_from_1900(serial):
    if 1900 <= serial < 2101:
        return
    assert cleaning.day(serial, SETTING) == date(1899, 12, 30) + timedelta(days=serial)


@given(st.integers(0, 9_999_999))
def test_numbers_with_and_without_separators(number):
    for spelling in (number, float(number), str(number), f"{number:,}", f"{number}人"):
        assert cleaning.headcount(spelling, SETTING) == number
