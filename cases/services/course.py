"""The course of a case after filing: extension, end of investigation, closing."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from cases import rules
from cases.models import Case, Extension, Writ
from cases.services.clocks import Clocks
from cases.services.writs import check_sealed
from enterprises.changes import facts_changed
from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.services import mark_dirty


class AlreadyClosed(rules.NotAllowed):
    """The case was closed before, perhaps a second ago by a colleague."""


@transaction.atomic
def propose_extension(*, case: Case, reason: str, on: date, by: User) -> Extension:
    """Ask for the one extension of an investigation (T6).

    Raises AlreadyClosed; TooLate after the period; NotAllowed when there is one.
    """
    case = _open(case)
    _investigated(case, "不能再延长调查期限")
    if case.extensions.exclude(state=Extension.State.REJECTED).exists():
        raise rules.NotAllowed("本案已有延期申请或已经延过期，不能再次提出。")
    rules.check_extension(
        due_on=case.due_on, on=on, proposed_by=by.pk, approved_by=None, times=0
    )
    extension = Extension.objects.create(
        case=case, reason=reason, proposed_on=on, proposed_by=by
    )
    record("extension.proposed", by=by, target=case, reason=reason, on=on)
    return extension


@transaction.atomic
def approve_extension(*, extension: Extension, on: date, by: User) -> None:
    """Grant an extension: before expiry, once, by another than the proposer (T6).

    Raises AlreadyClosed, TooLate, NotAllowed.
    """
    case = _open(extension.case)
    extension = _proposed(extension)
    _investigated(case, "不能再延长调查期限")
    rules.check_extension(
        due_on=case.due_on,
        on=on,
        proposed_by=extension.proposed_by_id,
        approved_by=by.pk,
        times=int(case.extended_on is not None),
    )
    before = case.due_on
    due = Clocks().investigation(case.district, case.filed_on, extended=True)
    case.due_on, case.due_on_is_provisional = due.on, due.provisional
    case.extended_on = on
    case.save(update_fields=["due_on", "due_on_is_provisional", "extended_on"])
    _decide(extension, Extension.State.APPROVED, on=on, by=by)
    record("case.extended", by=by, target=case, on=on, before=before, after=due.on)


@transaction.atomic
def reject_extension(*, extension: Extension, on: date, by: User) -> None:
    """Turn a proposed extension down; another may be proposed before expiry."""
    extension = _proposed(extension)
    _decide(extension, Extension.State.REJECTED, on=on, by=by)
    record("extension.rejected", by=by, target=extension.case, on=on)


@transaction.atomic
def end_investigation(*, case: Case, on: date, by: User) -> None:
    """Note the end of the investigation; the clock of the decision starts (T7).

    Raises AlreadyClosed; NotAllowed when it ended before or the day cannot be.
    """
    case = _open(case)
    _investigated(case, "不能重复登记")
    if not case.filed_on <= on <= timezone.localdate():
        raise rules.NotAllowed("调查终结日期应在立案日期与今天之间。")
    due = Clocks().decision(case, on)
    case.investigation_ended_on = on
    case.decision_due_on, case.decision_due_is_provisional = due.on, due.provisional
    case.save(
        update_fields=[
            "investigation_ended_on",
            "decision_due_on",
            "decision_due_is_provisional",
        ]
    )
    record(
        "investigation.ended",
        by=by,
        target=case,
        on=on,
        due_on=due.on,
        late=on > case.due_on,
    )


@transaction.atomic
def close_case(*, case: Case, outcome: str, note: str, on: date, by: User) -> None:
    """Close a case (结案) with its outcome; whether in time is settled here.

    Raises AlreadyClosed when someone was faster; NotAllowed before the investigation
    has ended; IdentityInText.
    """
    case = _open(case)
    ended, decide_by = case.investigation_ended_on, case.decision_due_on
    if ended is None or decide_by is None:
        raise rules.NotAllowed("调查尚未终结，请先登记调查终结日期。")
    if not ended <= on <= timezone.localdate():
        raise rules.NotAllowed("结案日期应在调查终结日期与今天之间。")
    if outcome not in Case.Outcome.values:
        raise rules.NotAllowed("结案须选择处理结果。")
    if case.matter:
        check_sealed(note, sealed=case.matter.identity.sealed)
    case.closed_on, case.outcome, case.closing_note = on, outcome, note
    case.closed_in_time = ended <= case.due_on and on <= decide_by
    case.save(update_fields=["closed_on", "closed_in_time", "outcome", "closing_note"])
    case.extensions.filter(state=Extension.State.PROPOSED).update(
        state=Extension.State.REJECTED, decided_on=on, decided_by=by
    )
    mark_dirty(case.grid, on)
    facts_changed(case.enterprise_id)
    record(
        "case.closed",
        by=by,
        target=case,
        outcome=outcome,
        on=on,
        in_time=case.closed_in_time,
    )


@transaction.atomic
def note_correction(*, writ: Writ, on: date, by: User) -> None:
    """Note that a unit has corrected what an order demanded.

    Raises NotAllowed when it was noted before or the day cannot be.
    """
    writ = (
        Writ.objects.select_related("case")
        .select_for_update(of=["self"])
        .get(pk=writ.pk)
    )
    case = writ.case
    if case is None or writ.kind != Writ.Kind.CORRECTION or writ.corrected_on:
        raise rules.NotAllowed(f"{writ} 不需要或已经登记改正。")
    if not writ.issued_on <= on <= timezone.localdate():
        raise rules.NotAllowed("改正日期应在制发日期与今天之间。")
    writ.corrected_on = on
    writ.save(update_fields=["corrected_on"])
    facts_changed(case.enterprise_id)
    record("writ.corrected", by=by, target=case, number=writ.number, on=on)


def _open(case: Case) -> Case:
    """Return the case, locked. Raises AlreadyClosed."""
    case = (
        Case.objects.select_related("grid", "district__city", "matter")
        .select_for_update(of=["self"])
        .get(pk=case.pk)
    )
    if not case.is_open:
        raise AlreadyClosed(f"{case} 已于 {case.closed_on} 结案。")
    return case


def _investigated(case: Case, consequence: str) -> None:
    if case.investigation_ended_on:
        raise rules.NotAllowed(
            f"调查已于 {case.investigation_ended_on} 终结，{consequence}。"
        )


def _proposed(extension: Extension) -> Extension:
    extension = (
        Extension.objects.select_related("case__grid")
        .select_for_update(of=["self"])
        .get(pk=extension.pk)
    )
    if extension.state != Extension.State.PROPOSED:
        raise rules.NotAllowed(f"该延期申请{extension.get_state_display()}，不能再批。")
    return extension


def _decide(extension: Extension, state: str, *, on: date, by: User) -> None:
    extension.state, extension.decided_on, extension.decided_by = state, on, by
    extension.save(update_fields=["state", "decided_on", "decided_by"])
