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
    sheet = _Sheet(answers, form)
    for rule in RULES:
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
    number = whole(value)
    if number is None or number < 0:
        return f"“{_short(value)}”应为不小于 0 的整数，请改正。"
    if number > MOST_PEOPLE:
        return f"“{_short(value)}”大得不可能，请核对。"
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

    def __init__(self, answers: Answers, form: SurveyForm) -> None:
        self._answers, self._form = answers, form

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

    def numbers(self, *keys: str) -> list[Any] | None:
        """Return all of the numbers, or None when one is missing."""
        found = [self.number(key) for key in keys]
        return None if None in found else found

    def named(self, key: str) -> str:
        """Return "在册职工（35）" for a sentence."""
        label = self._form.label(key).removeprefix("其中：")
        value = self._answers.get(key)
        return f"{label}（{'未填' if value in (None, '') else value}）"


Rule = Callable[[_Sheet], Iterator[Problem]]


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

    return broken


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

    return broken


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

    return broken


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

    return broken


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
    _covered_by_collective_contract,
    _at_most("R16", "certified", "skilled_posts"),
    _at_most("R17", "wage_lowest", "wage_average"),
    _within("R18", "pay_day", 1, 31),
    _within("R19", "daily_hours", 0, 24),
    _within("R20", "weekly_hours", 0, 168),
    _long_standard_week,
    *(
        _at_most("R22", f"{kind}_due", "employed_total", blocking=False)
        for kind in INSURANCES
    ),
)
