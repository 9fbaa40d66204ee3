"""The answers judged as a whole: every rule, what is missing, whether it counts."""

from datetime import date

from enterprises.survey_forms import CURRENT, Question, SurveyForm, survey_form, whole
from enterprises.survey_rules.fields import unreadable
from enterprises.survey_rules.relations import rules_of
from enterprises.survey_rules.sheet import Answers, Problem, Sheet


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
    problems = list(unreadable(answers, form, today))
    if surveyed_on and surveyed_on > today:
        problems.append(
            Problem(
                "D1",
                ("surveyed_on",),
                f"采集日期 {surveyed_on} 晚于今天 {today}，请改正。",
            )
        )
    sheet = Sheet(answers, form, surveyed_on)
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
