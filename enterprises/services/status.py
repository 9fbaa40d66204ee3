"""Status of a unit (营业状态): changed with evidence, proposed, taken back."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from enterprises.models import Enterprise, StatusPeriod, StatusProposal
from enterprises.services.files import (
    EditedMeanwhile,
    Refused,
    grids_since,
    in_words,
    put_status,
)
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents.attachments import attach
from gridinspect.documents.models import Attachment
from grids.services.figures import mark_all_dirty, note_entry

State = StatusProposal.State


@transaction.atomic
def set_status(
    *,
    unit: Enterprise,
    status: str,
    since: date,
    reason: str,
    by: User,
    evidence: Any = None,
    edition: int | None = None,
) -> Enterprise:
    """Give a unit another status from a day on, with the reason and what proves it.

    `evidence` is an uploaded file or an Attachment that is kept already; `edition` the
    one that the person looked at. Raises EditedMeanwhile and Refused.
    """
    locked = _locked(unit)
    if edition is not None and locked.edition != edition:
        raise EditedMeanwhile(locked)
    _require_change(locked, status, reason)
    before = in_words(locked, "status")
    put_status(
        locked,
        status,
        since,
        reason.strip(),
        by=by,
        evidence=kept_evidence(locked, evidence, by),
    )
    locked.edition += 1
    locked.save(update_fields=["status", "edition", "changed_at"])
    note_entry(by.person, timezone.localdate())
    record(
        "enterprise.status_set",
        by=by,
        target=locked,
        before={"status": before},
        after={"status": in_words(locked, "status")},
        effective={"status": since},
        reason=reason.strip(),
        edition=locked.edition,
    )
    return locked


def kept_evidence(unit: Enterprise, evidence: Any, by: User) -> Attachment | None:
    """Return the evidence as a kept file, which whoever sees the unit may open."""
    if not evidence or isinstance(evidence, Attachment):
        return evidence or None
    return attach(
        upload=evidence,
        path=unit.grid.path,
        by=by,
        permission=Permission.ENTERPRISE_VIEW,
    )


def _locked(unit: Enterprise) -> Enterprise:
    units = Enterprise.objects.select_for_update(of=["self"]).select_related("grid")
    return units.get(pk=unit.pk)


def _require_change(unit: Enterprise, status: str, reason: str) -> None:
    if status == unit.status:
        raise Refused({"status": f"该单位现在就是“{in_words(unit, 'status')}”。"})
    if not reason.strip():
        raise Refused({"reason": "请写明变更的原因和依据。"})


# --- undoing --------------------------------------------------------------------------


def why_not_undone(unit: Enterprise) -> str:
    """Return why the last change of status cannot be taken back; "" when it can."""
    periods = list(unit.status_periods.order_by("-since", "-pk")[:2])
    last = periods[0] if periods else None
    if last is None or (len(periods) < 2 and not last.replaced):
        return "该单位的状态没有变更过，没有可以撤销的。"
    if unit.surveys.filter(recorded_at__gt=last.recorded_at).exists():
        return "变更之后又录入了调查登记表，不能撤销，请另行登记新的状态。"
    return ""


@transaction.atomic
def undo_status(*, unit: Enterprise, by: User, period: int | None = None) -> Enterprise:
    """Take the last change of status back, while nothing has been built on it.

    `period` is the key of the change that the person looked at. Raises Refused.
    """
    unit = _locked(unit)
    if why := why_not_undone(unit):
        raise Refused(why)
    last = unit.status_periods.get(until=None)
    if period is not None and last.pk != period:
        raise Refused("该单位的状态刚刚又有变更，请刷新后再看。")
    before = in_words(unit, "status")
    previous = _reopened(unit, last)
    unit.status = previous.status
    unit.edition += 1
    unit.save(update_fields=["status", "edition", "changed_at"])
    mark_all_dirty(grids_since(unit, last.since), last.since)
    record(
        "enterprise.status_undone",
        by=by,
        target=unit,
        before={"status": before},
        after={"status": in_words(unit, "status")},
        effective={"status": last.since},
        reason=last.reason,
        edition=unit.edition,
    )
    return unit


def _reopened(unit: Enterprise, last: StatusPeriod) -> StatusPeriod:
    """Delete the last period and return the one before it, open again."""
    last.delete()
    if last.replaced:
        return StatusPeriod.objects.create(enterprise=unit, **last.replaced)
    previous = unit.status_periods.get(until=last.since)
    previous.until = None
    previous.save(update_fields=["until"])
    return previous


# --- proposals ------------------------------------------------------------------------


@transaction.atomic
def propose_status(
    *,
    unit: Enterprise,
    status: str,
    on: date,
    reason: str,
    by: User,
    evidence: Any = None,
    origin: str = "",
) -> StatusProposal:
    """Say that a unit's status has changed; the bureau decides (the hook of visits).

    `evidence` is an upload or an Attachment, `origin` says in words where it comes
    from (走访 2026-11-20). What already waits for the same unit and status is returned
    instead of a second one. Raises Refused.
    """
    unit = _locked(unit)
    _require_change(unit, status, reason)
    if on > timezone.localdate():
        raise Refused({"on": f"发生日期 {on} 晚于今天，请改为今天或以前的日期。"})
    waiting = unit.status_proposals.waiting().filter(status=status).first()
    if waiting is not None:
        return waiting
    proposal = StatusProposal.objects.create(
        enterprise=unit,
        district_id=unit.district_id,
        status=status,
        since=on,
        reason=reason.strip()[:200],
        origin=origin[:60],
        evidence=kept_evidence(unit, evidence, by),
        proposed_by=by,
    )
    record(
        "enterprise.status_proposed",
        by=by,
        target=unit,
        status=proposal.get_status_display(),
        since=on,
        reason=proposal.reason,
        origin=origin,
    )
    return proposal


@transaction.atomic
def decide_proposals(
    *, proposals: Sequence[StatusProposal], accept: bool, answer: str, by: User
) -> int:
    """Accept or refuse what was proposed, many at once; return how many.

    Nobody decides on a proposal of his own. All or none. Raises Refused.
    """
    if not accept and not answer.strip():
        raise Refused({"answer": "不采纳的，请写明理由。"})
    keys = [one.pk for one in proposals]
    open_now = list(
        StatusProposal.objects.waiting()
        .filter(pk__in=keys)
        .select_for_update(of=["self"])
        .select_related("enterprise__grid", "evidence")
        .order_by("since", "pk")
    )
    if len(open_now) < len(keys):
        raise Refused("所选的建议中有的已由他人处理，请刷新后重新选择。")
    if any(one.proposed_by_id == by.pk for one in open_now):
        raise Refused("所选中有您本人提出的建议，须由他人处理，请去掉后再提交。")
    if accept:
        for one in open_now:
            _accept(one, by)
    StatusProposal.objects.filter(pk__in=keys).update(
        state=State.ACCEPTED if accept else State.REFUSED,
        decided_by=by,
        decided_at=timezone.now(),
        answer=answer.strip(),
    )
    record(
        "enterprise.proposals_decided",
        by=by,
        target=open_now[0].district,
        rows=[[one.enterprise_id, one.status, str(one.since)] for one in open_now],
        decision=str((State.ACCEPTED if accept else State.REFUSED).label),
        answer=answer.strip(),
        count=len(open_now),
    )
    return len(open_now)


def _accept(proposal: StatusProposal, by: User) -> None:
    unit = _locked(proposal.enterprise)
    if unit.status == proposal.status:
        return  # somebody registered it meanwhile
    try:
        put_status(
            unit,
            proposal.status,
            proposal.since,
            proposal.reason,
            by=by,
            evidence=proposal.evidence,
        )
    except ValidationError as error:
        raise Refused(f"“{unit}”：{error.messages[0]}请先不采纳这一户。") from None
    Enterprise.objects.filter(pk=unit.pk).update(
        status=proposal.status, edition=F("edition") + 1, changed_at=timezone.now()
    )
