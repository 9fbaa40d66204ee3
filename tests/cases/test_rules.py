from datetime import date

import pytest

from cases import rules
from cases.rules import Inspector, Urgency
from gridinspect.law import Limit
from grids.policy import Retirement, limit, parse_policy
from grids.services.policies import SHIPPED
from tests.gridinspect.workdays.test_rules import CHINA, day

SINCE = date(2004, 12, 1)
NATIONAL = parse_policy((SHIPPED / "national.toml").read_bytes())
HENAN = parse_policy((SHIPPED / "henan.toml").read_bytes())
LIMITS = {rule: limit(rule, NATIONAL) for rule in ("T1", "T2", "T5", "T6", "T7", "T20")}
TEAM = Limit(2, "persons", "条例第十六条", SINCE)


def in_henan(rule):
    return limit(rule, NATIONAL, HENAN)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-02-12", "2026-02-26"),
        ("2026-05-06", "2026-05-12"),
        ("2026-09-18", "2026-09-24"),
    ],
)
def test_a_complaint_is_decided_on_within_five_working_days(received, due):
    assert rules.acceptance_deadline(day(received), LIMITS["T1"], CHINA).on == day(due)


def test_in_henan_a_complaint_is_decided_on_within_seven_natural_days():
    due = rules.acceptance_deadline(day("2026-03-02"), in_henan("T1"), CHINA)
    assert due.on == day("2026-03-09")
    assert not in_henan("T1").verified


def test_only_henan_sets_a_day_for_reports():
    assert rules.binds_reports(in_henan("T1"))
    assert not rules.binds_reports(LIMITS["T1"])


@pytest.mark.parametrize(
    ("filed", "first", "extended"),
    [("2026-04-20", "2026-07-16", "2026-08-27")],
)
def test_an_investigation_has_sixty_working_days_and_thirty_more(
    filed, first, extended
):
    begun = day(filed)
    due = rules.investigation_deadline(begun, LIMITS["T5"], CHINA)
    assert due.on == day(first)
    longer = rules.investigation_deadline(
        begun, LIMITS["T5"], CHINA, extension=LIMITS["T6"]
    )
    assert longer.on == day(extended)


def test_in_henan_the_whole_extended_period_moves_off_a_holiday_once():
    # 2026-03-04 + 30 = Friday 04-03; + 60 = Sunday 05-03, inside 劳动节 to 05-05
    begun, limits = day("2026-03-04"), (in_henan("T5"), in_henan("T6"))
    first = rules.investigation_deadline(begun, limits[0], CHINA)
    longer = rules.investigation_deadline(begun, limits[0], CHINA, extension=limits[1])
    assert (first.on, longer.on) == (day("2026-04-03"), day("2026-05-06"))
    assert rules.runs_to_closing(limits[0])
    assert not rules.runs_to_closing(LIMITS["T5"])


def test_a_decision_follows_within_fifteen_working_days():
    due = rules.decision_deadline(day("2026-07-01"), LIMITS["T7"], CHINA)
    assert due.on == day("2026-07-22")


@pytest.mark.parametrize(
    ("filed", "provisional"), [("2026-10-09", False), ("2026-10-12", True)]
)
def test_from_autumn_on_an_investigation_is_provisional(filed, provisional):
    due = rules.investigation_deadline(day(filed), LIMITS["T5"], CHINA)
    assert due.provisional is provisional


def test_a_complaint_is_filed_on_its_day_of_acceptance():
    assert rules.filing_day(day("2026-03-02"), LIMITS["T2"]) == day("2026-03-02")


@pytest.mark.parametrize(
    ("ended", "last"),
    [("2024-03-15", "2026-03-15"), ("2024-02-29", "2026-02-28")],
)
def test_a_violation_is_barred_two_years_after_its_end(ended, last):
    bar = LIMITS["T20"]
    assert rules.time_bar(day(ended), bar) == day(last)
    assert not rules.is_time_barred(day(ended), day(last), bar)
    assert rules.is_time_barred(day(ended), date(2026, 3, 16), bar)


def test_a_limit_that_is_no_period_is_refused():
    with pytest.raises(rules.UnitUnknown):
        rules.due_date(day("2026-03-02"), TEAM, CHINA)
    with pytest.raises(rules.UnitUnknown):
        rules.due_date(day("2026-03-02"), LIMITS["T5"], CHINA, more=[in_henan("T6")])


EXTENSION = {
    "due_on": date(2026, 7, 16),
    "on": date(2026, 7, 16),
    "proposed_by": 1,
    "approved_by": 2,
    "times": 0,
}


def test_an_extension_is_granted_up_to_the_last_day():
    rules.check_extension(**EXTENSION)


@pytest.mark.parametrize(
    ("change", "refusal", "words"),
    [
        ({"on": date(2026, 7, 17)}, rules.TooLate, "届满"),
        ({"approved_by": 1}, rules.NotAllowed, "自己批准"),
        ({"times": 1}, rules.NotAllowed, "一次"),
    ],
)
def test_an_extension_is_refused(change, refusal, words):
    with pytest.raises(refusal, match=words):
        rules.check_extension(**EXTENSION | change)


def inspector(person, first="2026-01-01", last="2026-12-31"):
    return Inspector(person, f"监察员{person}", ((day(first), day(last)),))


ON = date(2026, 6, 1)


def test_two_certified_inspectors_with_a_lead_make_a_team():
    rules.check_team([inspector(1), inspector(2)], lead=1, on=ON, minimum=TEAM)


@pytest.mark.parametrize(
    ("team", "lead", "words"),
    [
        ([inspector(1)], 1, "不少于2名"),
        ([inspector(1), inspector(1)], 1, "不少于2名"),
        ([inspector(1), inspector(2)], None, "主办"),
        ([inspector(1), inspector(2)], 3, "主办"),
        ([inspector(1), inspector(2, last="2026-05-31")], 1, "监察员2"),
        ([inspector(1), inspector(2, first="2026-06-02")], 1, "监察员2"),
        ([inspector(1), Inspector(2, "无证", ())], 1, "无证"),
    ],
)
def test_another_team_is_refused(team, lead, words):
    with pytest.raises(rules.TeamFaulty, match=words):
        rules.check_team(team, lead=lead, on=ON, minimum=TEAM)


@pytest.mark.parametrize(("first", "last"), [("2026-06-01", "2026-06-01")])
def test_a_certificate_is_valid_on_its_first_and_last_day(first, last):
    team = [inspector(1), inspector(2, first=first, last=last)]
    rules.check_team(team, lead=1, on=ON, minimum=TEAM)


@pytest.mark.parametrize(
    ("due", "near", "words"),
    [
        ("2026-05-31", Urgency.OVERDUE, "逾期1天"),
        ("2026-06-01", Urgency.TODAY, "今日到期"),
        ("2026-06-02", Urgency.THREE_DAYS, "还剩1天"),
        ("2026-06-04", Urgency.THREE_DAYS, "还剩3天"),
        ("2026-06-05", Urgency.TEN_DAYS, "还剩4天"),
        ("2026-06-11", Urgency.TEN_DAYS, "还剩10天"),
        ("2026-06-12", Urgency.LATER, "还剩11天"),
    ],
)
def test_urgency_is_said_in_words(due, near, words):
    assert rules.urgency(day(due), ON) is near
    assert rules.time_left(day(due), ON) == words


@pytest.mark.parametrize(
    ("category", "born", "retires"),
    [
        ("M", "1964-12-10", "2024-12-10"),
        ("M", "1965-01-15", "2025-02-15"),
        ("M", "1965-01-31", "2025-02-28"),
        ("M", "1965-05-31", "2025-07-31"),
        ("M", "1970-06-01", "2031-11-01"),
        ("M", "1976-09-01", "2039-09-01"),
        ("M", "1990-03-31", "2053-03-31"),
        ("F55", "1969-12-31", "2024-12-31"),
        ("F55", "1971-04-30", "2026-08-30"),
        ("F55", "1981-09-01", "2039-09-01"),
        ("F50", "1975-01-31", "2025-02-28"),
        ("F50", "1975-03-31", "2025-05-31"),
        ("F50", "1984-11-30", "2039-11-30"),
    ],
)
def test_retirement_follows_the_decision_of_2024(category, born, retires):
    group: Retirement = NATIONAL.retirement_of(category)
    assert rules.retirement_date(day(born), group) == day(retires)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("由陈 小明反映", True),
        ("电话 199-0000", False),
        ("联系19900001234", True),
        ("公司拖欠工资", False),
    ],
)
def test_sealed_words_are_found_in_a_text(text, found):
    sealed = ["陈小明", "19900001234", "陈"]
    assert bool(rules.sealed_words_in(text, sealed)) is found
