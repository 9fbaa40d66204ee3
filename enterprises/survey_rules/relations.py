"""What must hold between the answers, rule by rule.

Source: the filing rules collected in domain.md 2.12 A.
"""

from collections.abc import Iterator
from functools import cache

from enterprises.survey_forms import survey_form
from enterprises.survey_rules.makers import (
    adds_up,
    at_most,
    contradicts,
    only_with,
    together,
    within,
)
from enterprises.survey_rules.sheet import Problem, Rule, Sheet

SIX_PARTS = (
    "employed_established",
    "employed_contracted",
    "employed_dispatched",
    "employed_retained",
    "employed_students",
    "employed_pensioners",
)
TERMS = ("term_short", "term_medium", "term_long", "term_task")
INSURANCES = ("pension", "medical", "unemployment", "injury", "maternity")


def _covered_by_collective_contract(sheet: Sheet) -> Iterator[Problem]:
    covered = sheet.number("collective_covered")
    if sheet["collective_contract"] == "有" and not covered:
        yield Problem(
            "R15",
            ("collective_contract", "collective_covered"),
            f"有集体合同，但{sheet.named('collective_covered')}，请向单位问清。",
            blocking=False,
        )
    elif sheet["collective_contract"] == "无" and covered:
        yield Problem(
            "R15",
            ("collective_contract", "collective_covered"),
            f"没有集体合同，{sheet.named('collective_covered')}应留空。",
        )


def _long_standard_week(sheet: Sheet) -> Iterator[Problem]:
    hours = sheet.number("weekly_hours")
    if sheet["hours_system"] == "标准工时" and hours is not None and hours > 40:
        yield Problem(
            "R21",
            ("hours_system", "weekly_hours"),
            f"标准工时下{sheet.named('weekly_hours')}超过每周 40 小时"
            "（国务院关于职工工作时间的规定第三条），请核对或注明加班。",
            blocking=False,
        )


def _own_staff_only(sheet: Sheet) -> Iterator[Problem]:
    """Say that 在册 are 编制内 or have a labour relation of the unit's own."""
    registered = sheet.number("registered")
    own = [sheet.number(key) for key in ("employed_established", "employed_contracted")]
    if registered is None or all(number is None for number in own):
        return
    if registered > (most := sum(number or 0 for number in own)):
        yield Problem(
            "R23",
            ("registered", "employed_established", "employed_contracted"),
            f"{sheet.named('registered')}不能多于编制内和建立劳动关系的人员"
            f"（合计 {most}）："
            "返聘退休人员、被派遣劳动者和实习学生不是在册职工，请核对。",
        )


def _dispatch_agreed(sheet: Sheet) -> Iterator[Problem]:
    dispatched, agreed = (
        sheet.number("employed_dispatched"),
        sheet["dispatch_agreement"],
    )
    keys = ("dispatch_agreement", "employed_dispatched")
    if dispatched and agreed == "不使用派遣":
        yield Problem(
            "R26",
            keys,
            f"{sheet.named('employed_dispatched')}，劳务派遣协议就不能选“不使用派遣”。",
        )
    elif dispatched and agreed == "无":
        yield Problem(
            "R26",
            keys,
            f"{sheet.named('employed_dispatched')}，却没有劳务派遣协议"
            "（劳动合同法第五十九条），请向单位问清。",
            blocking=False,
        )


def _hours_approved(sheet: Sheet) -> Iterator[Problem]:
    special = ("综合计算工时", "不定时工作", "多种并用")
    if sheet["hours_system"] in special and not sheet["hours_approval"]:
        yield Problem(
            "R27",
            ("hours_approval", "hours_system"),
            f"{sheet.named('hours_system')}须经审批（劳动法第三十九条），"
            "没有批准文号的请向单位问清。",
            blocking=False,
        )


def _published_rules(sheet: Sheet) -> Iterator[Problem]:
    if sheet["rules_democratic"] == "没有规章制度" and sheet["rules_published"] == "是":
        yield Problem(
            "R30",
            ("rules_published", "rules_democratic"),
            "没有规章制度，就不能选“规章制度已公示：是”，请核对后改正其中一项。",
        )


def _reviewed_after(sheet: Sheet) -> Iterator[Problem]:
    reviewed, surveyed = sheet.day("reviewed_on"), sheet.surveyed_on
    if reviewed and surveyed and reviewed < surveyed:
        yield Problem(
            "R31",
            ("reviewed_on",),
            f"审核日期 {reviewed} 早于采集日期 {surveyed}，请核对。",
        )
    if sheet["review_result"] and not (sheet["reviewed_by"] and reviewed):
        yield Problem(
            "R31",
            ("review_result", "reviewed_by", "reviewed_on"),
            f"{sheet.named('review_result')}时，请同时填写审核人和审核日期。",
            blocking=False,
        )


def _valid_after(sheet: Sheet) -> Iterator[Problem]:
    until, surveyed = sheet.day("valid_until"), sheet.surveyed_on
    if until and surveyed and until < surveyed:
        yield Problem(
            "R32",
            ("valid_until",),
            f"有效期至 {until} 早于采集日期 {surveyed}，请核对。",
        )


def _children_at_work(sheet: Sheet) -> Iterator[Problem]:
    if sheet.number("under_age"):
        yield Problem(
            "R33",
            ("under_age",),
            f"{sheet.named('under_age')}：涉嫌使用童工（禁止使用童工规定第二条），"
            "核实后请立即报告劳动保障监察机构。",
            blocking=False,
        )


def _unsigned_rest(sheet: Sheet) -> Iterator[Problem]:
    numbers = sheet.numbers("contracts_due", "contracts_signed", "unsigned")
    if numbers and numbers[2] > max(0, numbers[0] - numbers[1]):
        yield Problem(
            "R34",
            ("unsigned", "contracts_due", "contracts_signed"),
            f"{sheet.named('unsigned')}不能多于应签与实签之差"
            f"（{max(0, numbers[0] - numbers[1])}），请核对。",
        )


def _joined_and_left(sheet: Sheet) -> Iterator[Problem]:
    numbers = sheet.numbers("joined", "left", "registered")
    if numbers and numbers[0] > numbers[1] + numbers[2]:
        yield Problem(
            "R35",
            ("joined", "left", "registered"),
            f"{sheet.named('joined')}多于现在册与本年减少之和"
            f"（{numbers[1] + numbers[2]}），请核对。",
            blocking=False,
        )


RULES: tuple[Rule, ...] = (
    adds_up("R1", "employed_total", *SIX_PARTS),
    adds_up("R2", "registered", "male", "female"),
    adds_up("R3", "registered", "on_post", "off_post"),
    at_most("R4", "on_post", "registered"),
    at_most("R5", "migrant", "on_post"),
    at_most("R6", "contracts_due", "registered"),
    at_most("R7", "contracts_signed", "contracts_due"),
    adds_up("R8", "contracts_signed", *TERMS),
    *(at_most("R9", f"{kind}_paid", f"{kind}_due") for kind in INSURANCES),
    together("R10", "arrears", "arrears_months", "arrears_people", "arrears_amount"),
    together(
        "R11",
        "insurance_arrears",
        "insurance_arrears_months",
        "insurance_arrears_amount",
    ),
    *(
        at_most("R12", part, "registered")
        for part in ("migrant", "graduates", "disabled", "foreign", "minors")
    ),
    *(
        at_most("R13", part, "employed_total")
        for part in (
            "registered",
            "on_post",
            "non_local",
            "part_time",
            "arrears_people",
            "below_minimum",
            "skilled_posts",
            "employment_filed",
            "housing_fund",
        )
    ),
    at_most("R14", "collective_covered", "employed_total"),
    Rule("R15", _covered_by_collective_contract),
    at_most("R16", "certified", "skilled_posts"),
    at_most("R17", "wage_lowest", "wage_average"),
    within("R18", "pay_day", 1, 31),
    within("R19", "daily_hours", 0, 24),
    within("R20", "weekly_hours", 0, 168),
    Rule("R21", _long_standard_week),
    *(
        at_most("R22", f"{kind}_due", "employed_total", blocking=False)
        for kind in INSURANCES
    ),
    Rule("R23", _own_staff_only),
    contradicts("R24", "women_protection", "无女职工", "female"),
    contradicts("R25", "minors_protection", "无未成年工", "minors"),
    Rule("R26", _dispatch_agreed),
    Rule("R27", _hours_approved),
    only_with("R28", "union", "有", "union_chair", "union_phone"),
    only_with("R29", "collective_contract", "有", "collective_until"),
    Rule("R30", _published_rules),
    Rule("R31", _reviewed_after),
    Rule("R32", _valid_after),
    Rule("R33", _children_at_work),
    at_most("R34", "electronic", "contracts_signed"),
    Rule("R34", _unsigned_rest),
    Rule("R35", _joined_and_left),
)
# What version 1 was filled in under: its file names no rules and never changes.
_FIRST_RULES = frozenset(f"R{number}" for number in range(1, 23))


@cache
def rules_of(version: int) -> tuple[Rule, ...]:
    """Return the rules that fit a version of the form, and no later one's."""
    named = survey_form(version).rules
    wanted = _FIRST_RULES if named is None else named
    return tuple(rule for rule in RULES if rule.name in wanted)
