"""Drafts and surveys of 用人单位调查登记表. What was handed in is never changed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from enterprises import survey_rules
from enterprises.changes import facts_changed
from enterprises.models import Enterprise, Survey
from enterprises.services.files import Refused, grids_since
from enterprises.survey_forms import CURRENT, Question, SurveyForm, survey_form
from gridinspect.accounts.models import Person, User
from gridinspect.audit.services import record
from grids.services.figures import mark_all_dirty, note_entry


class NotComplete(Exception):
    """A survey that may not be handed in yet; the draft is kept, nothing is lost."""

    def __init__(self, survey: Survey, missing: list[Question]):
        super().__init__(str(survey))
        self.survey = survey
        self.missing = missing  # required fields without an answer


def draft_of(enterprise: Enterprise, by: User) -> Survey | None:
    """Return the survey of this unit that the person has begun, if any."""
    drafts = Survey.objects.filter(
        enterprise=enterprise, state=Survey.State.DRAFT, recorded_by=by
    )
    return drafts.order_by("-pk").first()


@transaction.atomic
def save_draft(
    *,
    enterprise: Enterprise,
    surveyed_on: date,
    method: str,
    collected_by: Person | None,
    answers: Mapping[str, Any],
    by: User,
) -> Survey:
    """Keep what was filled in so far, however faulty; each person has one draft.

    Drafts count for nothing and leave no event; handing in does.
    """
    # Two tabs of one person must not make two drafts: the unit's row is the lock.
    Enterprise.objects.select_for_update().get(pk=enterprise.pk)
    survey = draft_of(enterprise, by) or Survey(
        enterprise=enterprise,
        district_id=enterprise.district_id,
        form_version=CURRENT,
        recorded_by=by,
    )
    survey.surveyed_on = surveyed_on
    survey.method = method
    survey.collected_by = collected_by
    survey.answers = dict(answers)
    survey.problems = _problems(survey)
    survey.save()
    return survey


def submit_survey(
    *,
    enterprise: Enterprise,
    surveyed_on: date,
    method: str,
    collected_by: Person,
    answers: Mapping[str, Any],
    by: User,
) -> Survey:
    """Hand a survey in: a new version of the unit's data from the day it was taken.

    A late entry keeps both days. What lacks something or breaks a blocking rule stays
    a draft and raises NotComplete; the same survey sent twice raises Refused.
    """
    if _sent_before(enterprise, surveyed_on, answers):
        raise Refused(f"{surveyed_on} 采集、内容相同的登记表已经提交过，没有重复保存。")
    survey = save_draft(
        enterprise=enterprise,
        surveyed_on=surveyed_on,
        method=method,
        collected_by=collected_by,
        answers=answers,
        by=by,
    )
    absent = survey_rules.missing(answers, _form(survey))
    if absent or any(problem["blocking"] for problem in survey.problems):
        raise NotComplete(survey, absent)
    return _finish(survey, by)


@transaction.atomic
def _finish(survey: Survey, by: User) -> Survey:
    Enterprise.objects.select_for_update().get(pk=survey.enterprise_id)
    enterprise, today = survey.enterprise, timezone.localdate()
    survey.state = Survey.State.FINAL
    survey.is_complete = survey_rules.is_complete(
        survey.answers,
        today=today,
        surveyed_on=survey.surveyed_on,
        form=_form(survey),
    )
    survey.recorded_at = timezone.now()
    survey.save()
    mark_all_dirty(grids_since(enterprise, survey.surveyed_on), survey.surveyed_on)
    note_entry(by.person, today)
    facts_changed(enterprise)
    record(
        "survey.submitted",
        by=by,
        target=enterprise,
        survey=survey.pk,
        form_version=survey.form_version,
        surveyed_on=survey.surveyed_on,
        method=survey.get_method_display(),
        collected_by=str(survey.collected_by),
        is_complete=survey.is_complete,
        answers=len(survey.answers),
    )
    return survey


@transaction.atomic
def discard_draft(*, survey: Survey, by: User) -> None:
    """Throw away one's own draft."""
    if survey.state != Survey.State.DRAFT or survey.recorded_by_id != by.pk:
        raise Refused("只能删除本人未提交的草稿。")
    survey.delete()


def _form(survey: Survey) -> SurveyForm:
    return survey_form(survey.form_version)


def _problems(survey: Survey) -> list[dict[str, Any]]:
    found = survey_rules.check(
        survey.answers,
        today=timezone.localdate(),
        surveyed_on=survey.surveyed_on,
        form=_form(survey),
    )
    return [problem.to_json() for problem in found]


def _sent_before(
    enterprise: Enterprise, surveyed_on: date, answers: Mapping[str, Any]
) -> bool:
    same = Survey.objects.final().filter(
        enterprise=enterprise, surveyed_on=surveyed_on, answers=dict(answers)
    )
    return same.exists()
