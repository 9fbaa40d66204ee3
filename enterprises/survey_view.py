"""Surveys made ready to be shown: for entry, for reading, side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from enterprises.models import Survey
from enterprises.survey_forms import (
    FormSection,
    Question,
    SurveyForm,
    day,
    decimal,
    shown,
    survey_form,
    whole,
    with_unit,
)
from enterprises.survey_rules import SIX_PARTS, TERMS, Problem

# What the page adds up while one types: the field that should equal the sum.
SUMS = {
    "employed_total": SIX_PARTS,
    "registered": ("male", "female"),
    "contracts_signed": TERMS,
}


@dataclass(frozen=True, slots=True)
class EntryField:
    """One field of the entry page with what stands in it and what is wrong."""

    question: Question
    text: str
    problems: tuple[str, ...] = ()
    is_missing: bool = False
    sum_of: str = ""  # ids of the fields whose sum this one should be

    @property
    def has_errors(self) -> bool:
        return bool(self.problems) or self.is_missing

    @property
    def is_offered(self) -> bool:
        """Tell whether a choice is among those offered, so that none gets lost."""
        return not self.text or self.text in self.question.choices

    @property
    def input_type(self) -> str:
        """Return "date" for a day, unless what was typed is none."""
        if self.question.type != "day" or (self.text and not day(self.text)):
            return "text"
        return "date"


@dataclass(frozen=True, slots=True)
class EntrySection:
    section: FormSection
    fields: tuple[EntryField, ...]


def entry_sections(
    form: SurveyForm,
    answers: Mapping[str, Any],
    problems: Iterable[Problem],
    missing: Iterable[Question],
) -> list[EntrySection]:
    """Return the form with answers; each problem stands at its first field."""
    by_field: dict[str, list[str]] = {}
    for problem in problems:
        by_field.setdefault(problem.fields[0], []).append(problem.message)
    absent = {question.key for question in missing}
    return [
        EntrySection(
            section,
            tuple(
                EntryField(
                    question,
                    shown(question, answers.get(question.key)),
                    tuple(by_field.get(question.key, ())),
                    question.key in absent,
                    " ".join(SUMS.get(question.key, ())),
                )
                for question in section.questions
            ),
        )
        for section in form.sections
    ]


def shown_sections(
    form: SurveyForm, answers: Mapping[str, Any]
) -> list[tuple[FormSection, list[tuple[Question, str]]]]:
    """Return each section with its questions and the answers in words."""
    return [
        (
            section,
            [(q, with_unit(q, answers.get(q.key))) for q in section.questions],
        )
        for section in form.sections
    ]


@dataclass(frozen=True, slots=True)
class Compared:
    """One question with its answers in two surveys and the difference in words."""

    question: Question
    old: str
    new: str
    difference: str

    @property
    def changed(self) -> bool:
        return self.difference != "未变"


def compared(
    old: Survey, new: Survey, *, only_changed: bool = False
) -> list[tuple[str, list[Compared]]]:
    """Return two surveys side by side, by the sections of the newer form.

    A question that only the older form knows comes last.
    """
    form, before = survey_form(new.form_version), survey_form(old.form_version)
    sections = [(section.title, section.questions) for section in form.sections]
    dropped = [q for q in before if q.key not in form.questions]
    if dropped:
        sections.append(("旧表式中的项目", tuple(dropped)))
    result = []
    for title, questions in sections:
        rows = [_compare(question, old.answers, new.answers) for question in questions]
        if only_changed:
            rows = [row for row in rows if row.changed]
        if rows:
            result.append((title, rows))
    return result


def _compare(
    question: Question, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Compared:
    before, after = old.get(question.key), new.get(question.key)
    return Compared(
        question,
        with_unit(question, before),
        with_unit(question, after),
        difference(question, before, after),
    )


def difference(question: Question, before: Any, after: Any) -> str:
    """Return what changed between two answers, in words."""
    none = (None, "")
    if before == after or (before in none and after in none):
        return "未变"
    if before in none:
        return "新填"
    if after in none:
        return "不再填写"
    if question.is_number:
        read = whole if question.type == "count" else decimal
        low, high = read(before), read(after)
        if low is not None and high is not None:
            step = high - low
            if not step:
                return "未变"
            word = "增加" if step > 0 else "减少"
            return f"{word} {abs(step):,} {question.unit}".strip()
    return "改变"
