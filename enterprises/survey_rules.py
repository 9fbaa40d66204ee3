"""What must hold between the answers of 用人单位调查登记表. Pure, no database.

A blocking rule keeps a survey from being handed in and from counting as complete
(design.md 4); a warning is shown and kept, for somebody to ask about. A rule says
nothing about fields that were not filled in: `missing` does.

Source: the filing rules collected in domain.md 2.12 A.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from enterprises.survey_forms import (
    CURRENT,
    TEXT_LIMIT,
    Question,
    SurveyForm,
    day,
    decimal,
    survey_form,
    whole,
)

MOST_PEOPLE = 9_999_999  # more than that in one unit is a slip of the pen
MOST_MONTHS = 1_200

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
Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the answers, in one sentence with the values."""

    rule: str
    fields: tuple[str, ...]
    message: str
    blocking: bool = True

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"fields": list(self.fields)}


def check(
    answers: Answers,
    *,
    today: date,
    surveyed_on: date | None = None,
    form: SurveyForm | None = None,
) -> list[Problem]:
    """Return every rule that the answers break, field rules first.

    `today` is the day of entry: no date of the past may lie after it.
    """
    form = form or survey_form(CURRENT)
    problems = list(_unreadable(answers, form, today))
    if surveyed_on and surveyed_on > today:
        problems.append(
            Problem(
                "D1",
                ("surveyed_on",),
                f"采集日期 {surveyed_on} 晚于今天 {today}，请改正。",
            )
        )
    sheet = _Sheet(answers, form, surveyed_on)
    for rule in rules_of(form.version):
        problems.extend(rule(sheet))
    return problems


def missing(answers: Answers, form: SurveyForm | None = None) -> list[Question]:
    """Return the required fields that were not filled in."""
    form = form or survey_form(CURRENT)
    return [q for q in form if q.required and answers.get(q.key) in (None, "")]


def is_complete(
    answers: Answers,
    *,
    today: date,
    surveyed_on: date | None = None,
    is_final: bool = True,
    form: SurveyForm | None = None,
) -> bool:
    """Tell whether a survey counts: final, nothing missing, no blocking rule broken.

    Source: design.md 4.
    """
    return (
        is_final
        and not missing(answers, form)
        and not any(
            problem.blocking
            for problem in check(
                answers, today=today, surveyed_on=surveyed_on, form=form
            )
        )
    )


def signing_rate(answers: Answers) -> int | None:
    """Return the share of contracts signed (签订率) as whole percent, rounded down.

    None without contracts due: then there is no rate.
    """
    due, signed = (
        whole(answers.get("contracts_due")),
        whole(answers.get("contracts_signed")),
    )
    return signed * 100 // due if due and signed is not None else None


# --- single fields --------------------------------------------------------------------


def _unreadable(answers: Answers, form: SurveyForm, today: date) -> Iterator[Problem]:
    for question in form:
        value = answers.get(question.key)
        if value in (None, ""):
            continue
        if sentence := _FIELD_CHECKS[question.type](question, value, today):
            yield Problem("F1", (question.key,), f"{question.label}{sentence}")


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 20 else f"{text[:20]}…"


def _count_fault(question: Question, value: Any, today: date) -> str:
    number, text = whole(value), str(value)
    most = MOST_MONTHS if question.unit == "个月" else MOST_PEOPLE
    if text.isdecimal() and int(text) > most:
        return f"“{_short(value)}”大得不可能，请核对。"
    if number is None or number < 0:
        return f"“{_short(value)}”应为不小于 0 的整数，请改正。"
    return ""


def _decimal_fault(question: Question, value: Any, today: date) -> str:
    number = decimal(value)
    if number is None or number < 0:
        return f"“{_short(value)}”应为不小于 0 的数，请改正。"
    if question.type == "money" and number != number.quantize(Decimal("0.01")):
        return f"“{_short(value)}”最多写到分（两位小数），请改正。"
    return ""


def _day_fault(question: Question, value: Any, today: date) -> str:
    found = day(value)
    if found is None:
        return f"“{_short(value)}”不是真实存在的日期，请写成 2026-07-26 的样子。"
    if found > today and not question.may_be_future:
        return f" {found} 晚于今天 {today}，请改正。"
    return ""


def _choice_fault(question: Question, value: Any, today: date) -> str:
    if value not in question.choices:
        return f"“{_short(value)}”应为其中之一：{'、'.join(question.choices)}。"
    return ""


def _text_fault(question: Question, value: Any, today: date) -> str:
    if len(str(value)) > TEXT_LIMIT:
        return f"共 {len(str(value))} 个字，最多 {TEXT_LIMIT} 个字，请缩短。"
    return ""


_FIELD_CHECKS: dict[str, Callable[[Question, Any, date], str]] = {
    "count": _count_fault,
    "money": _decimal_fault,
    "number": _decimal_fault,
    "day": _day_fault,
    "choice": _choice_fault,
    "text": _text_fault,
}


# --- relations ------------------------------------------------------------------------


class _Sheet:
    """The answers as the rules read them: a number where there is a good one."""

    def __init__(
        self, answers: Answers, form: SurveyForm, surveyed_on: date | None = None
    ) -> None:
        self._answers, self._form = answers, form
        self.surveyed_on = surveyed_on

    def __getitem__(self, key: str) -> Any:
        return self._answers.get(key)

    def number(self, key: str) -> Any:
        """Return a count or amount; None where nothing sensible was written."""
        value = self._answers.get(key)
        if key in self._form.questions and self._form.questions[key].type == "count":
            value = whole(value)
        else:
            value = decimal(value)
        return value if value is not None and value >= 0 else None

    def day(self, key: str) -> date | None:
        return day(self._answers.get(key))

    def numbers(self, *keys: str) -> list[Any] | None:
        """Return all of the numbers, or None when one is missing."""
        found = [self.number(key) for key in keys]
        return None if None in found else found

    def named(self, key: str) -> str:
        """Return "在册职工（35）" for a sentence."""
        label = self._form.label(key).removeprefix("其中：")
        value = self._answers.get(key)
        return f"{label}（{'未填' if value in (None, '') else value}）"


Check = Callable[[_Sheet], Iterator[Problem]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A relation between answers; a version of the form names the rules that fit it."""

    name: str
    check: Check

    def __call__(self, sheet: _Sheet) -> Iterator[Problem]:
        return self.check(sheet)


def _adds_up(rule: str, whole_key: str, *parts: str) -> Rule:
    """Return a rule: the whole equals the sum of its parts; an empty part is nought."""

    def broken(sheet: _Sheet) -> Iterator[Problem]:
        total = sheet.number(whole_key)
        numbers = [sheet.number(part) for part in parts]
        if total is None or all(number is None for number in numbers):
            return
        total_of_parts = sum(number or 0 for number in numbers)
        if total != total_of_parts:
            terms = " + ".join(sheet.named(part) for part in parts)
            yield Problem(
                rule,
                (whole_key, *parts),
                f"{sheet.named(whole_key)}应等于 {terms}，各项合计为 "
                f"{total_of_parts}，相差 {abs(total - total_of_parts)}，请核对。",
            )

    return Rule(rule, broken)


def _at_most(rule: str, small: str, large: str, *, blocking: bool = True) -> Rule:
    """Return a rule: the first number is not larger than the second."""

    def broken(sheet: _Sheet) -> Iterator[Problem]:
        pair = sheet.numbers(small, large)
        if pair and pair[0] > pair[1]:
            yield Problem(
                rule,
                (small, large),
                f"{sheet.named(small)}不能多于{sheet.named(large)}，请核对。",
                blocking,
            )

    return Rule(rule, broken)


def _within(rule: str, key: str, low: int, high: int, *, blocking: bool = True) -> Rule:
    """Return a rule: the number lies between two bounds, both included."""

    def broken(sheet: _Sheet) -> Iterator[Problem]:
        number = sheet.number(key)
        if number is not None and not low <= number <= high:
            yield Problem(
                rule,
                (key,),
                f"{sheet.named(key)}应在 {low} 至 {high} 之间，请核对。",
                blocking,
            )

    return Rule(rule, broken)


def _together(rule: str, asked: str, *parts: str) -> Rule:
    """Return a rule: 有 needs every part above nought, 无 and nothing need none."""

    def broken(sheet: _Sheet) -> Iterator[Problem]:
        filled = [part for part in parts if sheet.number(part)]
        if sheet[asked] == "有":
            absent = [part for part in parts if part not in filled]
            if absent:
                names = "、".join(sheet.named(part) for part in absent)
                yield Problem(
                    rule, (asked, *absent), f"{sheet.named(asked)}时，{names}应大于 0。"
                )
        elif filled:
            names = "、".join(sheet.named(part) for part in filled)
            yield Problem(
                rule,
                (asked, *filled),
                f"{sheet.named(asked)}与{names}不一致：有数字就应选“有”，没有就应留空。",
            )

    return Rule(rule, broken)


def _covered_by_collective_contract(sheet: _Sheet) -> Iterator[Problem]:
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


def _long_standard_week(sheet: _Sheet) -> Iterator[Problem]:
    hours = sheet.number("weekly_hours")
    if sheet["hours_system"] == "标准工时" and hours is not None and hours > 40:
        yield Problem(
            "R21",
            ("hours_system", "weekly_hours"),
            f"标准工时下{sheet.named('weekly_hours')}超过每周 40 小时"
            "（国务院关于职工工作时间的规定第三条），请核对或注明加班。",
            blocking=False,
        )


def _contradicts(rule: str, key: str, word: str, *counts: str) -> Rule:
    """Return a rule: a choice that says there are none goes with no such numbers."""

    def broken(sheet: _Sheet) -> Iterator[Problem]:
        filled = [count for count in counts if sheet.number(count)]
        if sheet[key] == word and filled:
            names = "、".join(sheet.named(count) for count in filled)
            yield Problem(
                rule,
                (key, *filled),
                f"{sheet.named(key)}与{names}不一致，请核对后改正其中一项。",
            )

    return Rule(rule, broken)


def _only_with(rule: str, asked: str, word: str, *details: str) -> Rule:
    """Return a rule: details are written only where the choice says so."""

    def broken(sheet: _Sheet) -> Iterator[Problem]:
        filled = [key for key in details if sheet[key] not in (None, "", word)]
        if sheet[asked] not in (None, "", word) and filled:
            names = "、".join(sheet.named(key) for key in filled)
            yield Problem(
                rule,
                (asked, *filled),
                f"{sheet.named(asked)}时不应填写{names}，请核对后改正其中一项。",
            )

    return Rule(rule, broken)


def _own_staff_only(sheet: _Sheet) -> Iterator[Problem]:
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


def _dispatch_agreed(sheet: _Sheet) -> Iterator[Problem]:
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


def _hours_approved(sheet: _Sheet) -> Iterator[Problem]:
    special = ("综合计算工时", "不定时工作", "多种并用")
    if sheet["hours_system"] in special and not sheet["hours_approval"]:
        yield Problem(
            "R27",
            ("hours_approval", "hours_system"),
            f"{sheet.named('hours_system')}须经审批（劳动法第三十九条），"
            "没有批准文号的请向单位问清。",
            blocking=False,
        )


def _published_rules(sheet: _Sheet) -> Iterator[Problem]:
    if sheet["rules_democratic"] == "没有规章制度" and sheet["rules_published"] == "是":
        yield Problem(
            "R30",
            ("rules_published", "rules_democratic"),
            "没有规章制度，就不能选“规章制度已公示：是”，请核对后改正其中一项。",
        )


def _reviewed_after(sheet: _Sheet) -> Iterator[Problem]:
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


def _valid_after(sheet: _Sheet) -> Iterator[Problem]:
    until, surveyed = sheet.day("valid_until"), sheet.surveyed_on
    if until and surveyed and until < surveyed:
        yield Problem(
            "R32",
            ("valid_until",),
            f"有效期至 {until} 早于采集日期 {surveyed}，请核对。",
        )


def _children_at_work(sheet: _Sheet) -> Iterator[Problem]:
    if sheet.number("under_age"):
        yield Problem(
            "R33",
            ("under_age",),
            f"{sheet.named('under_age')}：涉嫌使用童工（禁止使用童工规定第二条），"
            "核实后请立即报告劳动保障监察机构。",
            blocking=False,
        )


def _unsigned_rest(sheet: _Sheet) -> Iterator[Problem]:
    numbers = sheet.numbers("contracts_due", "contracts_signed", "unsigned")
    if numbers and numbers[2] > max(0, numbers[0] - numbers[1]):
        yield Problem(
            "R34",
            ("unsigned", "contracts_due", "contracts_signed"),
            f"{sheet.named('unsigned')}不能多于应签与实签之差"
            f"（{max(0, numbers[0] - numbers[1])}），请核对。",
        )


def _joined_and_left(sheet: _Sheet) -> Iterator[Problem]:
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
    _adds_up("R1", "employed_total", *SIX_PARTS),
    _adds_up("R2", "registered", "male", "female"),
    _adds_up("R3", "registered", "on_post", "off_post"),
    _at_most("R4", "on_post", "registered"),
    _at_most("R5", "migrant", "on_post"),
    _at_most("R6", "contracts_due", "registered"),
    _at_most("R7", "contracts_signed", "contracts_due"),
    _adds_up("R8", "contracts_signed", *TERMS),
    *(_at_most("R9", f"{kind}_paid", f"{kind}_due") for kind in INSURANCES),
    _together("R10", "arrears", "arrears_months", "arrears_people", "arrears_amount"),
    _together(
        "R11",
        "insurance_arrears",
        "insurance_arrears_months",
        "insurance_arrears_amount",
    ),
    *(
        _at_most("R12", part, "registered")
        for part in ("migrant", "graduates", "disabled", "foreign", "minors")
    ),
    *(
        _at_most("R13", part, "employed_total")
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
    _at_most("R14", "collective_covered", "employed_total"),
    Rule("R15", _covered_by_collective_contract),
    _at_most("R16", "certified", "skilled_posts"),
    _at_most("R17", "wage_lowest", "wage_average"),
    _within("R18", "pay_day", 1, 31),
    _within("R19", "daily_hours", 0, 24),
    _within("R20", "weekly_hours", 0, 168),
    Rule("R21", _long_standard_week),
    *(
        _at_most("R22", f"{kind}_due", "employed_total", blocking=False)
        for kind in INSURANCES
    ),
    Rule("R23", _own_staff_only),
    _contradicts("R24", "women_protection", "无女职工", "female"),
    _contradicts("R25", "minors_protection", "无未成年工", "minors"),
    Rule("R26", _dispatch_agreed),
    Rule("R27", _hours_approved),
    _only_with("R28", "union", "有", "union_chair", "union_phone"),
    _only_with("R29", "collective_contract", "有", "collective_until"),
    Rule("R30", _published_rules),
    Rule("R31", _reviewed_after),
    Rule("R32", _valid_after),
    Rule("R33", _children_at_work),
    _at_most("R34", "electronic", "contracts_signed"),
    Rule("R34", _unsigned_rest),
    Rule("R35", _joined_and_left),
)
# What version 1 was filled in under: its file names no rules and never changes.
_FIRST_RULES = frozenset(
    [
        "R1",
        "R2",
        "R3",
        "R4",
        "R5",
        "R6",
        "R7",
        "R8",
        "R9",
        "R10",
        "R11",
        "R12",
        "R13",
        "R14",
        "R15",
        "R16",
        "R17",
        "R18",
        "R19",
        "R20",
        "R21",
        "R22",
    ]
)


@cache
def rules_of(version: int) -> tuple[Rule, ...]:
    """Return the rules that fit a version of the form, and no later one's."""
    named = survey_form(version).rules
    wanted = _FIRST_RULES if named is None else named
    return tuple(rule for rule in RULES if rule.name in wanted)
