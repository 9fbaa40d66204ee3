"""隐患: found, reported upward, answered, looked at again, cleared."""

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from cases.visits import rules
from cases.visits.models import Hazard, HazardNote, Visit
from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.services.figures import note_entry


@dataclass(frozen=True)
class HazardFacts:
    """What somebody says of an early sign of a violation."""

    topic: str
    level: str
    words: str
    advice: str = ""
    advice_result: str = ""
    follow_up_on: date | None = None
    escalate: bool = False  # 立即上报


@transaction.atomic
def find_hazard(*, visit: Visit, facts: HazardFacts, by: User) -> Hazard:
    """Note a hazard seen at a visit; report it upward at once if asked.

    Raises ValidationError with what is wrong, in one Chinese sentence.
    """
    found_on = timezone.localdate(visit.visited_at)
    if not facts.words.strip():
        raise ValidationError({"hazard_words": "请写明隐患情况。"})
    if problem := rules.follow_up_problem(facts.follow_up_on, found_on):
        raise ValidationError({"hazard_follow_up_on": problem})
    hazard = Hazard.objects.create(
        visit=visit,
        district_id=visit.district_id,
        grid=visit.grid,
        enterprise=visit.enterprise,
        topic=facts.topic,
        level=facts.level,
        words=facts.words.strip(),
        advice=facts.advice.strip(),
        advice_result=facts.advice_result.strip(),
        found_on=found_on,
        found_by=by,
        follow_up_on=facts.follow_up_on,
    )
    record(
        "hazard.found",
        by=by,
        target=hazard,
        enterprise=visit.enterprise_id,
        level=hazard.get_level_display(),
        words=hazard.words,
        on=found_on,
    )
    if facts.escalate:
        escalate_hazard(hazard=hazard, level=hazard.level, by=by)
    return hazard


@transaction.atomic
def escalate_hazard(*, hazard: Hazard, level: str, by: User) -> Hazard:
    """Report a hazard upward at once (立即上报): urgent on the workbenches above."""
    hazard = _locked(hazard)
    _require_open(hazard)
    if level not in Hazard.AT_ONCE:
        raise ValidationError(
            {"level": "一般隐患先在现场化解；难以处理或重大的才立即上报。"}
        )
    if hazard.escalated_at:
        raise ValidationError("这条隐患已经上报，正在等待处理意见。")
    hazard.level = level
    hazard.escalated_at, hazard.escalated_by = timezone.now(), by
    hazard.save()
    record(
        "hazard.escalated",
        by=by,
        target=hazard,
        level=hazard.get_level_display(),
        words=hazard.words,
    )
    return hazard


@transaction.atomic
def answer_hazard(*, hazard: Hazard, answer: str, by: User) -> Hazard:
    """Say above what is done about a hazard that was reported."""
    hazard = _locked(hazard)
    if not hazard.escalated_at or hazard.answered_at:
        raise ValidationError("这条隐患没有等待处理意见的上报。")
    if not answer.strip():
        raise ValidationError({"answer": "请写明处理意见。"})
    hazard.answer = answer.strip()
    hazard.answered_at, hazard.answered_by = timezone.now(), by
    hazard.save()
    record("hazard.answered", by=by, target=hazard, answer=hazard.answer)
    return hazard


@transaction.atomic
def note_hazard(
    *, hazard: Hazard, on: date, text: str, follow_up_on: date | None, by: User
) -> HazardNote:
    """Note what was seen of a hazard later on, and when to look again."""
    hazard = _locked(hazard)
    _require_open(hazard)
    _require_day(hazard, on, "on")
    if problem := rules.follow_up_problem(follow_up_on, on):
        raise ValidationError({"follow_up_on": problem})
    note = HazardNote.objects.create(
        hazard=hazard, on=on, text=text.strip(), noted_by=by
    )
    hazard.follow_up_on = follow_up_on
    hazard.save(update_fields=["follow_up_on"])
    note_entry(by.person, timezone.localdate())
    record("hazard.noted", by=by, target=hazard, on=on, text=note.text)
    return note


@transaction.atomic
def clear_hazard(
    *, hazard: Hazard, on: date, outcome: str, clearing: str, by: User
) -> Hazard:
    """Say that a hazard is no more, and how it went away."""
    hazard = _locked(hazard)
    _require_open(hazard)
    _require_day(hazard, on, "on")
    if outcome not in Hazard.Outcome.values:
        raise ValidationError({"outcome": "请选择结论。"})
    if not clearing.strip():
        raise ValidationError({"clearing": "请写明消除情况。"})
    hazard.cleared_on, hazard.cleared_by = on, by
    hazard.outcome, hazard.clearing = outcome, clearing.strip()
    hazard.follow_up_on = None
    hazard.save()
    note_entry(by.person, timezone.localdate())
    record(
        "hazard.cleared",
        by=by,
        target=hazard,
        on=on,
        outcome=hazard.get_outcome_display(),
        text=hazard.clearing,
    )
    return hazard


def _locked(hazard: Hazard) -> Hazard:
    rows = Hazard.objects.select_for_update(of=("self",))
    return rows.select_related("visit__enterprise", "enterprise__grid", "grid").get(
        pk=hazard.pk
    )


def _require_open(hazard: Hazard) -> None:
    if not hazard.is_open:
        raise ValidationError(f"这条隐患已于 {hazard.cleared_on} 消除，不能再办理。")


def _require_day(hazard: Hazard, day: date, name: str) -> None:
    if day > timezone.localdate():
        raise ValidationError({name: f"日期 {day} 晚于今天，请核对。"})
    if day < hazard.found_on:
        raise ValidationError({name: f"日期不能早于发现日期 {hazard.found_on}。"})
