"""用人单位调查登记表 on paper: filled in, or blank with the unit's head."""

from collections.abc import Mapping
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


def survey_pdf(unit: Enterprise, survey: Survey | None) -> bytes:
    """Return the form as PDF, numbered as on screen; without a survey it is blank."""
    today = timezone.localdate()
    form = survey_form(survey.form_version) if survey else form_on(today)
    answers = survey.answers if survey else {}
    story = [*pdf.title(form.title, f"第 {form.version} 版"), *_head(unit, survey)]
    for section in form.sections:
        story.append(pdf.heading(section.title))
        if section.note:
            story.append(pdf.paragraph(section.note, pdf.NOTE))
        rows = _facts(section, unit, blank=survey is None)
        rows += [
            _row(question, answers, blank=survey is None)
            for question in section.questions
        ]
        story.append(
            pdf.table(
                ["编号", "项目", "填写内容"], rows, widths=[16, 84, 70], centred=[0]
            )
        )
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
    fact = pdf.Fact
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
                fact("采集方式", survey.get_method_display() if survey else ""),
            ],
        ]
    )


def _facts(section: FormSection, unit: Enterprise, *, blank: bool) -> list[list[str]]:
    """Return what the file says; on a blank form with room to correct it by hand."""
    empty = "　" * 8 if blank else "—"
    return [
        [
            one.number,
            f"{one.label}{' *' if one.required else ''}",
            fact(unit, one.name) or empty,
        ]
        for one in section.facts
    ]


def _row(question: Question, answers: Mapping[str, Any], *, blank: bool) -> list[str]:
    label = f"{question.label}{' *' if question.required else ''}"
    if not blank:
        return [question.number, label, with_unit(question, answers.get(question.key))]
    if question.choices:
        return [
            question.number,
            label,
            "　".join(f"□{n} {c}" for n, c in enumerate(question.choices, 1)),
        ]
    return [question.number, label, f"{'　' * 8}{question.unit}"]
