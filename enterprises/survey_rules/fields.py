"""What is wrong with a single answer: no number, no such day, none of the choices."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from enterprises.survey_forms import (
    TEXT_LIMIT,
    Question,
    SurveyForm,
    day,
    decimal,
    whole,
)
from enterprises.survey_rules.sheet import Answers, Problem

MOST_PEOPLE = 9_999_999  # more than that in one unit is a slip of the pen
MOST_MONTHS = 1_200


def unreadable(answers: Answers, form: SurveyForm, today: date) -> Iterator[Problem]:
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
