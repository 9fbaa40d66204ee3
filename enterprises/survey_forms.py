"""The survey form as versioned data: what it asks, and how answers are read. Pure.

Answers are {key: value}: counts are whole numbers, money and other numbers are text of
a decimal ("1234.50"), days are ISO dates, choices are the chosen words. What somebody
typed and the program cannot read stays as typed, so that a draft loses nothing;
`survey_rules` says what is wrong with it.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any

CURRENT = 2  # the newest version: what a survey taken today is filled in on
TEXT_LIMIT = 200  # characters

_FOLDER = Path(__file__).parent / "forms_data"
_COUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.0+)?(?:人|个月|日)?")
_DECIMAL = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?:元|小时)?")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_WHOLE = re.compile(r"(\d{4})(\d\d)(\d\d)")
_SHORT_DAY = re.compile(r"(\d\d)(\d\d)|(\d{1,2})[-/.月](\d{1,2})日?")


@dataclass(frozen=True, slots=True)
class Question:
    """One field of the form."""

    key: str
    number: str
    label: str
    type: str
    unit: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    may_be_future: bool = False
    note: str = ""

    @property
    def is_number(self) -> bool:
        return self.type in ("count", "money", "number")


@dataclass(frozen=True, slots=True)
class FileFact:
    """A line of the form that the unit's file answers; nobody types it again."""

    name: str
    number: str
    label: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class FormSection:
    """A titled part of the form: questions, or facts of the file."""

    key: str
    title: str
    questions: tuple[Question, ...]
    note: str = ""
    facts: tuple[FileFact, ...] = ()


@dataclass(frozen=True)
class SurveyForm:
    """One version of 用人单位调查登记表."""

    version: int
    title: str
    since: date
    sections: tuple[FormSection, ...]
    rules: frozenset[str] | None = None  # those that fit; None: those of version 1

    @cached_property
    def questions(self) -> dict[str, Question]:
        return {q.key: q for section in self.sections for q in section.questions}

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions.values())

    def label(self, key: str) -> str:
        return self.questions[key].label


@cache
def survey_form(version: int = CURRENT) -> SurveyForm:
    """Return a version of the form. Raises KeyError if there is none."""
    path = _FOLDER / f"survey_v{int(version)}.toml"
    if not path.is_file():
        raise KeyError(f"There is no survey form of version {version}.")
    raw = tomllib.loads(path.read_text("utf-8"))
    sections = tuple(
        FormSection(
            section["key"],
            section["title"],
            tuple(
                Question(**{**entry, "choices": tuple(entry.get("choices", ()))})
                for entry in section.get("field", ())
            ),
            section.get("note", ""),
            tuple(FileFact(**entry) for entry in section.get("facts", ())),
        )
        for section in raw["section"]
    )
    rules = frozenset(raw["rules"]) if "rules" in raw else None
    return SurveyForm(raw["version"], raw["title"], raw["since"], sections, rules)


def form_on(day: date | None) -> SurveyForm:
    """Return the form in force on the day of a survey; the first one before that."""
    forms = [survey_form(version) for version in range(1, CURRENT + 1)]
    in_force = [form for form in forms if day is None or form.since <= day]
    return in_force[-1] if in_force else forms[0]


def read_day(text: str, today: date) -> date | None:
    """Return the day that a clerk wrote in short, or None.

    今 or t is today, 昨 yesterday, -3 three days ago; 0705 and 7.5 are days of this
    year, or of last year where they would lie ahead; 20260705 and 2026-7-5 are whole.
    """
    text = unicodedata.normalize("NFKC", text).strip().lower()
    if text in ("今", "今天", "t"):
        return today
    if text in ("昨", "昨天"):
        return today - timedelta(days=1)
    if match := re.fullmatch(r"-(\d{1,3})", text):
        return today - timedelta(days=int(match[1]))
    if match := _WHOLE.fullmatch(text) or _DAY.fullmatch(text):
        return _real_day(*match.groups())
    if match := _SHORT_DAY.fullmatch(text):
        month, dom = filter(None, match.groups())
        this = _real_day(today.year, month, dom)
        ahead = this is None or this > today  # 29 February may be last year's
        return _real_day(today.year - 1, month, dom) if ahead else this
    return None


def _real_day(year: int | str, month: str, dom: str) -> date | None:
    try:
        return date(int(year), int(month), int(dom))
    except ValueError:
        return None


def read_answers(form: SurveyForm, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the answers in what somebody typed; empty fields have no answer.

    Full-width digits, thousands separators and a unit after the number are understood.
    """
    answers = {}
    for question in form:
        text = unicodedata.normalize("NFKC", typed.get(question.key) or "").strip()
        if text:
            answers[question.key] = _read(question, text)
    return answers


def shown(question: Question, value: Any) -> str:
    """Return an answer as it stands in a field or on paper, without its unit."""
    return "" if value is None else str(value)


def with_unit(question: Question, value: Any) -> str:
    """Return an answer in words: "1,200 人", "有", "—" for none."""
    if value is None or value == "":
        return "—"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,} {question.unit}".strip()
    if question.type in ("money", "number") and decimal(value) is not None:
        return f"{decimal(value):,} {question.unit}".strip()
    return str(value)


def whole(value: Any) -> int | None:
    """Return a count, or None when there is none or it cannot be read."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def decimal(value: Any) -> Decimal | None:
    """Return a number with or without a fraction, or None."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value)
    return Decimal(text) if re.fullmatch(r"-?\d{1,18}(\.\d{1,6})?", text) else None


def day(value: Any) -> date | None:
    """Return a day, or None when there is none or no such day exists."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _read(question: Question, text: str) -> Any:
    if question.type == "count" and (match := _COUNT.fullmatch(text)):
        digits = match[1].replace(",", "")
        return int(digits) if len(digits) <= 12 else text[:TEXT_LIMIT]
    if question.type in ("money", "number") and (match := _DECIMAL.fullmatch(text)):
        return (match[1].replace(",", "") + (match[2] or ""))[:TEXT_LIMIT]
    if question.type == "day" and (
        match := _DAY.fullmatch(text) or _WHOLE.fullmatch(text)
    ):
        year, month, dom = match.groups()
        return f"{year}-{int(month):02}-{int(dom):02}"
    if question.type == "choice" and re.fullmatch(r"[1-9]", text):
        place = int(text) - 1  # typed as the number that stands before the choice
        return question.choices[place] if place < len(question.choices) else text
    return text[: 10 * TEXT_LIMIT]
