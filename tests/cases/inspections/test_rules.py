from datetime import date

import pytest

from cases.inspections import rules
from grids.policy import parse_policy
from grids.services.policies import SHIPPED

NATIONAL, HENAN, JIANGSU, LIAONING = (
    parse_policy((SHIPPED / f"{name}.toml").read_bytes())
    for name in ("national", "henan", "jiangsu", "liaoning")
)
DAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("province", "grade", "value"),
    [
        (HENAN, "", 1),
        (HENAN, "C", 1),
        (JIANGSU, "A", 1),
        (JIANGSU, "B", 2),
        (JIANGSU, "", 2),
    ],
)
def test_the_cap_comes_from_the_province_and_the_grade(province, grade, value):
    cap = rules.cap_of([NATIONAL, province], grade=grade, on=DAY)
    assert (cap.value, cap.grade) == (value, grade if grade == "A" else "")
    assert cap.source in cap.words


def test_without_a_provincial_rule_there_is_no_cap():
    assert rules.cap_of([NATIONAL, LIAONING], grade="A", on=DAY) is None


def test_a_cap_holds_from_its_day_on():
    first = date(2025, 1, 3)
    assert rules.cap_of([JIANGSU], grade="", on=date(2025, 1, 2)) is None
    assert rules.cap_of([JIANGSU], grade="", on=first).value == 2


def test_the_verified_cap_of_henan_is_not_marked_and_that_of_jiangsu_is():
    assert "待核实" not in rules.cap_of([HENAN], grade="", on=DAY).words
    assert "待核实" in rules.cap_of([JIANGSU], grade="", on=DAY).words


@pytest.mark.parametrize(
    ("kind", "ground", "counted"),
    [
        ("daily", "", True),
        ("campaign", "", True),
        ("random", "", True),
        ("targeted", "complaint", False),
        ("targeted", "transfer", False),
        ("targeted", "data", False),
        ("targeted", "requested", False),
    ],
)
def test_complaints_transfers_data_and_requests_do_not_count(kind, ground, counted):
    cap = rules.cap_of([HENAN], grade="", on=DAY)
    exempt = rules.exemptions_of([NATIONAL, HENAN], on=DAY)
    assert rules.counts(kind, ground, cap=cap, exempt=exempt) is counted


def test_reasons_exempt_from_their_day_on_and_the_complaint_is_secret():
    assert rules.exemptions_of([NATIONAL], on=date(2025, 1, 2)) == {}
    found = rules.exemptions_of([NATIONAL], on=date(2025, 1, 3))
    assert [key for key, row in found.items() if row.secret] == ["complaint"]


def frequency(counted, value=1):
    cap = rules.Cap(value, ("daily",), "河南省条例第十一条", "", "", "河南", False)
    return rules.Frequency(2026, counted, 0, cap)


@pytest.mark.parametrize(
    ("counted", "value", "at_cap"), [(0, 1, False), (1, 1, True), (1, 2, False)]
)
def test_at_the_cap_means_the_next_one_is_over(counted, value, at_cap):
    assert frequency(counted, value).at_cap is at_cap


def test_over_the_cap_needs_a_reason_and_names_the_clause():
    with pytest.raises(rules.OverCap, match="第十一条"):
        rules.check_frequency(frequency(1), is_counted=True, override_reason=" ")
    assert rules.check_frequency(
        frequency(1), is_counted=True, override_reason="上次整改后复查"
    )
    assert not rules.check_frequency(frequency(1), is_counted=False, override_reason="")
    assert not rules.check_frequency(frequency(0), is_counted=True, override_reason="")


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({}, "至少检查一项"),
        ({"wages": rules.Answer("unchecked")}, "至少检查一项"),
        ({"wages": rules.Answer("no")}, "写明具体情况"),
        ({"wages": rules.Answer("finding", "  ")}, "写明具体情况"),
        ({"wages": rules.Answer("maybe")}, "无法识别"),
        ({"fire": rules.Answer("yes")}, "九项"),
    ],
)
def test_a_record_that_says_too_little_is_refused(answers, words):
    with pytest.raises(rules.RecordFaulty, match=words):
        rules.check_answers(answers)


def test_a_record_holds_the_nine_matters_and_names_the_faults():
    answers = rules.check_answers(
        {"wages": rules.Answer("no", "欠薪"), "contracts": rules.Answer("yes")}
    )
    assert list(answers) == list(rules.TOPICS)
    assert len(rules.TOPICS) == 9
    assert rules.faults(answers) == ["wages"]


@pytest.mark.parametrize(
    ("day", "fine"),
    [
        (date(2026, 2, 28), False),
        (date(2026, 3, 1), True),
        (date(2026, 3, 31), True),
        (date(2026, 4, 1), False),
        (date(2026, 3, 21), True),
    ],
)
def test_an_inspection_lies_in_the_approved_period(day, fine):
    bounds = {"first": date(2026, 3, 1), "last": date(2026, 3, 31)}
    if fine:
        rules.check_day(day, **bounds, today=date(2026, 12, 1), what="检查日期")
    else:
        with pytest.raises(rules.NotAllowed):
            rules.check_day(day, **bounds, today=date(2026, 12, 1), what="检查日期")


def test_an_inspection_is_not_ahead():
    with pytest.raises(rules.NotAllowed, match="晚于今天"):
        rules.check_day(
            date(2026, 3, 3),
            first=date(2026, 3, 1),
            last=date(2026, 3, 31),
            today=date(2026, 3, 2),
            what="检查日期",
        )


@pytest.mark.parametrize(
    ("law", "of_grade", "value", "source"),
    [
        (None, 2, 2, "办法 B 级"),
        (1, 2, 1, "省"),
        (1, 1, 1, "省"),
        (3, 2, 2, "办法 B 级"),
    ],
)
def test_the_lower_of_law_and_grade_holds(law, of_grade, value, source):
    cap = law and rules.Cap(law, ("daily",), "省", "", "", "省", False)
    found = rules.lower(cap, of_grade, grade="B", source="办法")
    assert (found.value, found.source) == (value, source)
