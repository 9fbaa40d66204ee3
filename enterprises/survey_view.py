"""Surveys made ready to be shown: for entry, for reading, side by side."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from enterprises.file_facts import fact
from enterprises.models import Enterprise, Survey
from enterprises.survey_forms import (
    FileFact,
    FormSection,
    Question,
    SurveyForm,
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
    last: str = ""  # what stood here in the unit's last survey
    others: str = ""  # what somebody else has here in a draft of the same unit
    met: str = ""  # both values, where two windows of this draft collide

    @property
    def has_errors(self) -> bool:
        return bool(self.problems) or self.is_missing or bool(self.met)

    @property
    def is_offered(self) -> bool:
        """Tell whether a choice is among those offered, so that none gets lost."""
        return not self.text or self.text in self.question.choices


@dataclass(frozen=True, slots=True)
class EntrySection:
    section: FormSection
    fields: tuple[EntryField, ...]
    facts: tuple[tuple[FileFact, str], ...] = ()

    @property
    def sentences(self) -> list[str]:
        """Return what is wrong in this section, one sentence each."""
        return [
            words
            for one in self.fields
            for words in (*one.problems, *filter(None, [one.met]))
        ]

    @property
    def can_reuse(self) -> bool:
        """Tell whether the last survey has an answer that is not filled in here."""
        return any(one.last and not one.text for one in self.fields)


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the fields: the last survey, drafts of others, collisions."""

    last: Mapping[str, Any]
    drafts: Sequence[tuple[str, Mapping[str, Any]]] = ()  # (whose, answers)
    met: Mapping[str, tuple[Any, Any]] | None = None  # key → (theirs, mine)

    def others(self, question: Question, own: Any) -> str:
        return "；".join(
            f"{who}：{with_unit(question, value)}"
            for who, answers in self.drafts
            if (value := answers.get(question.key)) not in (None, "", own)
        )

    def collision(self, question: Question) -> str:
        if not self.met or question.key not in self.met:
            return ""
        theirs, mine = (with_unit(question, one) for one in self.met[question.key])
        return (
            f"另一窗口刚保存为“{theirs}”，您填的是“{mine}”。"
            "保留您的值请再次保存，否则请改成对方的值。"
        )


def entry_sections(
    form: SurveyForm,
    answers: Mapping[str, Any],
    problems: Iterable[Problem],
    missing: Iterable[Question],
    *,
    unit: Enterprise,
    beside: Beside,
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
                    shown(question, beside.last.get(question.key)),
                    beside.others(question, answers.get(question.key)),
                    beside.collision(question),
                )
                for question in section.questions
            ),
            file_facts(section, unit),
        )
        for section in form.sections
    ]


def file_facts(
    section: FormSection, unit: Enterprise
) -> tuple[tuple[FileFact, str], ...]:
    """Return the lines of a section that the unit's file answers."""
    return tuple((one, fact(unit, one.name)) for one in section.facts)


def shown_sections(
    form: SurveyForm, answers: Mapping[str, Any], unit: Enterprise
) -> list[tuple[FormSection, list[tuple[Question | FileFact, str]]]]:
    """Return each section with its questions and the answers in words."""
    return [
        (
            section,
            [(one, words or "—") for one, words in file_facts(section, unit)]
            + [(q, with_unit(q, answers.get(q.key))) for q in section.questions],
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
    sections = [(s.title, s.questions) for s in form.sections if s.questions]
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
