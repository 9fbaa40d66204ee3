"""用人单位调查登记表 on paper: filled in, or blank with the unit's head."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from django.utils import timezone

from enterprises.file_facts import fact
from enterprises.models import Enterprise, Survey
from enterprises.survey_forms import (
    FormSection,
    Question,
    form_on,
    survey_form,
    with_unit,
)
from gridinspect.documents import pdf

ROOM = "　" * 6  # to write by hand
ONE_LINE = 12  # characters of choices side by side
HEADS = ["编号", "项目", "填写内容"]
WIDTHS = [12, 38, 35]  # millimetres; two questions side by side fill the page
Line = tuple[str, str, str]  # number, what is asked, what is filled in


def survey_pdf(unit: Enterprise, survey: Survey | None) -> bytes:
    """Return the form as PDF, numbered as on screen; without a survey it is blank."""
    today = timezone.localdate()
    form = survey_form(survey.form_version) if survey else form_on(today)
    story = [*pdf.title(form.title, f"第 {form.version} 版"), *_head(unit, survey)]
    for section in form.sections:
        story += _section(section, unit, survey)
    if any(section.facts for section in form.sections):
        note = f"基本情况和联系人为单位档案 {today} 的内容；证件号码和电话只印掩码。"
        story.append(pdf.paragraph(note, pdf.NOTE))
    story.append(
        pdf.signature_foot(
            filler=str(survey.collected_by or "") if survey else "",
            day=survey.surveyed_on if survey else None,
        )
    )
    return pdf.build(story, title=f"{form.title} {unit.name}")


def _head(unit: Enterprise, survey: Survey | None) -> pdf.Story:
    """Return the head; by hand one ticks how and writes who and when."""
    fact = pdf.Fact
    ways = "　".join(f"□{label}" for _, label in Survey.Method.choices)
    return pdf.facts(
        [
            [fact("单位名称", unit.name)],
            [
                fact("信用代码", unit.uscc or unit.registration_number or "无"),
                fact("单位类型", unit.get_unit_kind_display()),
            ],
            [fact("经营地址", unit.address)],
            [
                fact("所属网格", unit.grid.name),
                fact("采集方式", survey.get_method_display() if survey else ways),
            ],
            [
                fact("采集人", str(survey.collected_by or "") if survey else ""),
                fact("采集日期", str(survey.surveyed_on) if survey else ""),
            ],
        ]
    )


def _section(
    section: FormSection, unit: Enterprise, survey: Survey | None
) -> pdf.Story:
    story = pdf.section(section.title)
    if section.note:
        story.append(pdf.paragraph(section.note, pdf.NOTE))
    if section.facts:
        story += _facts(section, unit, blank=survey is None)
    if section.questions:
        story.append(_questions(section, survey.answers if survey else None))
    return story


def _facts(section: FormSection, unit: Enterprise, *, blank: bool) -> pdf.Story:
    """Return what the file says; on a blank form with room to correct it by hand."""
    said = [
        pdf.Fact(
            f"{one.number} {one.label}{' *' if one.required else ''}",
            fact(unit, one.name) or (ROOM if blank else "—"),
        )
        for one in section.facts
    ]
    return pdf.facts(pdf.paired(said), label=44)


def _questions(section: FormSection, answers: Mapping[str, Any] | None) -> Any:
    """Return the questions, two side by side in the order of their numbers."""
    lines = [_line(question, answers) for question in section.questions]
    pairs = zip_longest(lines[::2], lines[1::2], fillvalue=("", "", ""))
    rows = [[*left, *right] for left, right in pairs]
    return pdf.table(HEADS * 2, rows, widths=WIDTHS * 2, centred=[0, 3])


def _line(question: Question, answers: Mapping[str, Any] | None) -> Line:
    label = f"{question.label}{' *' if question.required else ''}"
    if answers is not None:
        filled = with_unit(question, answers.get(question.key))
    elif question.choices:
        filled = _to_tick(question.choices)
    else:
        filled = f"{ROOM}{question.unit}"
    return question.number, label, filled


def _to_tick(choices: Sequence[str]) -> str:
    """Return choices to tick, in one line if it holds them, else one a line."""
    boxes = [f"□{n} {choice}" for n, choice in enumerate(choices, 1)]
    in_one = "　".join(boxes)
    return in_one if len(in_one) <= ONE_LINE else "\n".join(boxes)
