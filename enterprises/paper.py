"""用人单位调查登记表 on paper: filled in, or blank with the unit's head."""

from enterprises.models import Enterprise, Survey
from enterprises.survey_forms import CURRENT, Question, survey_form, with_unit
from gridinspect.documents import pdf


def survey_pdf(unit: Enterprise, survey: Survey | None) -> bytes:
    """Return the form as PDF, numbered as on screen; without a survey it is blank."""
    form = survey_form(survey.form_version if survey else CURRENT)
    answers = survey.answers if survey else {}
    story = [*pdf.title(form.title, f"第 {form.version} 版"), *_head(unit, survey)]
    for section in form.sections:
        story.append(pdf.heading(section.title))
        if section.note:
            story.append(pdf.paragraph(section.note, pdf.NOTE))
        rows = [
            _row(question, answers, blank=survey is None)
            for question in section.questions
        ]
        story.append(
            pdf.table(
                ["编号", "项目", "填写内容"], rows, widths=[16, 84, 70], centred=[0]
            )
        )
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


def _row(question: Question, answers: dict, *, blank: bool) -> list[str]:
    label = f"{question.label}{' *' if question.required else ''}"
    if not blank:
        return [question.number, label, with_unit(question, answers.get(question.key))]
    if question.choices:
        return [question.number, label, "　".join(f"□{c}" for c in question.choices)]
    return [question.number, label, f"{'　' * 8}{question.unit}"]
