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
from enterprises.survey_forms import Question, SurveyForm, form_on, survey_form
from gridinspect.accounts.models import Person, User
from gridinspect.audit.services import record
from grids.services.figures import mark_all_dirty, note_entry


class NotComplete(Exception):
    """A survey that may not be handed in yet; the draft is kept, nothing is lost."""

    def __init__(self, survey: Survey, missing: list[Question]):
        super().__init__(str(survey))
        self.survey = survey
        self.missing = missing  # required fields without an answer


class MetDraft(Exception):
    """Another window saved other answers to the same draft meanwhile.

    What does not collide is saved; `met` has both values of what does: key → (theirs,
    mine). Saving once more, from what stands now, settles it.
    """

    def __init__(self, survey: Survey, met: dict[str, tuple[Any, Any]]):
        super().__init__(str(survey))
        self.survey = survey
        self.met = met


def draft_of(enterprise: Enterprise, by: User) -> Survey | None:
    """Return the survey of this unit that the person has begun, if any."""
    drafts = Survey.objects.filter(
        enterprise=enterprise, state=Survey.State.DRAFT, recorded_by=by
    )
    return drafts.order_by("-pk").first()


def drafts_of_others(enterprise: Enterprise, user: User) -> list[Survey]:
    """Return what others are filling in for the same unit, the newest first."""
    drafts = Survey.objects.filter(enterprise=enterprise, state=Survey.State.DRAFT)
    others = drafts.exclude(recorded_by=user).select_related("recorded_by__person")
    return list(others.order_by("-changed_at")[:5])


def last_answers(enterprise: Enterprise) -> dict[str, Any]:
    """Return the answers of the unit's newest survey, to be offered again."""
    last = Survey.objects.final().filter(enterprise=enterprise)
    found = last.order_by("-surveyed_on", "-pk").values_list("answers", flat=True)
    return found.first() or {}


def handed_in_since(draft: Survey | None) -> Survey | None:
    """Return what somebody else handed in for the unit after this draft was begun."""
    if draft is None or draft.pk is None:
        return None
    later = Survey.objects.final().filter(
        enterprise=draft.enterprise_id, recorded_at__gt=draft.recorded_at
    )
    others = later.exclude(recorded_by=draft.recorded_by_id)
    return others.select_related("recorded_by__person").order_by("-pk").first()


def save_draft(
    *,
    enterprise: Enterprise,
    surveyed_on: date,
    method: str,
    collected_by: Person | None,
    answers: Mapping[str, Any],
    by: User,
    base: Mapping[str, Any] | None = None,
) -> Survey:
    """Keep what was filled in so far, however faulty; each person has one draft.

    `base` is what stood there when this window was opened: what another window saved
    since is kept, and where both wrote something else, MetDraft has both values.
    Drafts count for nothing and leave no event; handing in does.
    """
    survey, met = _keep_draft(
        enterprise=enterprise,
        surveyed_on=surveyed_on,
        method=method,
        collected_by=collected_by,
        answers=answers,
        by=by,
        base=base,
    )
    if met:
        raise MetDraft(survey, met)
    return survey


@transaction.atomic
def _keep_draft(
    *,
    enterprise: Enterprise,
    surveyed_on: date,
    method: str,
    collected_by: Person | None,
    answers: Mapping[str, Any],
    by: User,
    base: Mapping[str, Any] | None,
) -> tuple[Survey, dict[str, tuple[Any, Any]]]:
    # Two tabs of one person must not make two drafts: the unit's row is the lock.
    Enterprise.objects.select_for_update().get(pk=enterprise.pk)
    survey = draft_of(enterprise, by) or Survey(
        enterprise=enterprise, district_id=enterprise.district_id, recorded_by=by
    )
    met: dict[str, tuple[Any, Any]] = {}
    if base is not None and survey.pk:
        answers, met = _merged(base, survey.answers, answers)
    survey.form_version = form_on(surveyed_on).version
    survey.surveyed_on = surveyed_on
    survey.method = method
    survey.collected_by = collected_by
    survey.answers = dict(answers)
    survey.problems = _problems(survey)
    survey.save()
    return survey, met


def _merged(
    base: Mapping[str, Any], theirs: Mapping[str, Any], mine: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, tuple[Any, Any]]]:
    """Return the answers of two windows put together, and those that they meet in."""
    result, met = dict(theirs), {}
    for key in base.keys() | mine.keys():
        own, other, was = mine.get(key), theirs.get(key), base.get(key)
        if own in (was, other):
            continue
        if other != was:
            met[key] = (other, own)
        elif own is None:
            result.pop(key, None)
        else:
            result[key] = own
    return result, met


def submit_survey(
    *,
    enterprise: Enterprise,
    surveyed_on: date,
    method: str,
    collected_by: Person,
    answers: Mapping[str, Any],
    by: User,
    base: Mapping[str, Any] | None = None,
) -> Survey:
    """Hand a survey in: a new version of the unit's data from the day it was taken.

    A late entry keeps both days. What lacks something or breaks a blocking rule stays
    a draft and raises NotComplete; the same survey sent twice raises Refused.
    """
    asked = form_on(surveyed_on).questions
    answers = {key: value for key, value in answers.items() if key in asked}
    if base is None and _sent_before(enterprise, surveyed_on, answers):
        raise Refused(_SENT.format(surveyed_on))
    survey = save_draft(
        enterprise=enterprise,
        surveyed_on=surveyed_on,
        method=method,
        collected_by=collected_by,
        answers=answers,
        by=by,
        base=base,
    )
    absent = survey_rules.missing(survey.answers, _form(survey))
    if absent or any(problem["blocking"] for problem in survey.problems):
        raise NotComplete(survey, absent)
    return _finish(survey, by)


_SENT = "{} 采集、内容相同的登记表已经提交过，没有重复保存。"


def _finish(survey: Survey, by: User) -> Survey:
    """Make the draft a survey, unless the same one was handed in a moment ago."""
    with transaction.atomic():
        Enterprise.objects.select_for_update().get(pk=survey.enterprise_id)
        twice = _sent_before(survey.enterprise, survey.surveyed_on, survey.answers)
        if not twice and Survey.objects.filter(pk=survey.pk, state="draft").exists():
            return _make_final(survey, by)
        Survey.objects.filter(pk=survey.pk, state=Survey.State.DRAFT).delete()
    raise Refused(_SENT.format(survey.surveyed_on))


def _make_final(survey: Survey, by: User) -> Survey:
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
