"""Complaints and reports as they come in, and the decision on them."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from cases import papers, rules
from cases.models import Identity, Matter, Writ
from cases.services.clocks import Clocks
from cases.services.writs import check_sealed, issue, remedies
from enterprises.changes import facts_changed
from enterprises.models import Enterprise
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents.numbering import next_number
from grids.agencies import agency_word
from grids.models import Grid
from grids.services import note_entry

# The same text by the same person within this time is one registration, sent twice.
SENT_TWICE = timedelta(minutes=2)


class AlreadyDecided(rules.NotAllowed):
    """A colleague decided on this matter first."""


@transaction.atomic
def register_matter(
    *,
    kind: str,
    grid: Grid,
    respondent_name: str,
    received_on: date,
    channel: str,
    facts: str,
    identity: Mapping[str, object],
    by: User,
    enterprise: Enterprise | None = None,
    respondent_address: str = "",
    demands: str = "",
    act_started_on: date | None = None,
    act_ended_on: date | None = None,
) -> Matter:
    """Register a complaint or report; T1 runs for the first, in 河南 for both.

    `identity` holds is_anonymous, name, id_number, phone, address; it is encrypted and
    appears in no event. Raises IdentityInText when the facts of a report name it,
    NotAllowed when the same was registered a moment ago.
    """
    person = Identity(**identity)
    if kind == Matter.Kind.REPORT:
        check_sealed(facts, demands, respondent_address, sealed=person.sealed)
    district = grid.district or grid
    number = next_number(
        agency=agency_word(district),
        word="登",
        on=received_on,
        by=by,
        path=grid.path,
    )
    # The series is locked by now: of two equal sendings the second sees the first.
    same = Matter.objects.filter(
        kind=kind,
        grid=grid,
        respondent_name=respondent_name,
        facts=facts,
        registered_by=by,
        registered_at__gt=timezone.now() - SENT_TWICE,
    ).first()
    if same:
        raise rules.NotAllowed(f"刚才已登记为 {same.number}，请勿重复提交。")
    matter = Matter(
        kind=kind,
        number=str(number),
        district=district,
        grid=grid,
        enterprise=enterprise,
        respondent_name=respondent_name,
        respondent_address=respondent_address,
        received_on=received_on,
        channel=channel,
        facts=facts,
        demands=demands,
        act_started_on=act_started_on,
        act_ended_on=act_ended_on,
        registered_by=by,
    )
    if due := Clocks().acceptance(district, received_on, kind):
        matter.accept_due_on = due.on
        matter.accept_due_is_provisional = due.provisional
    matter.save()
    person.matter = matter
    person.save()
    note_entry(by.person, timezone.localdate())
    facts_changed(enterprise)
    record(
        "matter.registered",
        by=by,
        target=matter,
        kind=kind,
        received_on=received_on,
        due_on=matter.accept_due_on,
        anonymous=person.is_anonymous,
    )
    return matter


@transaction.atomic
def accept_matter(*, matter: Matter, on: date, by: User) -> Writ:
    """Accept a complaint (受理) and issue the notice to the complainant.

    Raises AlreadyDecided; NotAllowed for a report or when the act is time-barred (T20).
    """
    matter = _undecided(matter, Matter.Kind.COMPLAINT)
    limit = Clocks().limits(matter.district).of("T20", on=matter.received_on)
    ended = matter.act_ended_on
    if ended and rules.is_time_barred(ended, matter.received_on, limit):
        raise rules.NotAllowed(
            f"违法行为终了于 {ended}，至收到投诉已超过{limit.value}年"
            f"（{limit.source}），应当不予受理。"
        )
    _decide(matter, Matter.State.ACCEPTED, on=on, reason="", by=by)
    writ = issue(
        Writ.Kind.ACCEPTANCE,
        about=matter,
        on=on,
        by=by,
        paper=lambda head: papers.acceptance(head, **_letter(matter)),
        permission=Permission.IDENTITY_REVEAL,
    )
    record("matter.accepted", by=by, target=matter, on=on, **_lateness(matter, on))
    return writ


@transaction.atomic
def refuse_matter(*, matter: Matter, on: date, reason: str, by: User) -> Writ:
    """Refuse a complaint (不予受理) in writing, with the reason.

    Raises AlreadyDecided; NotAllowed for a report or without a reason.
    """
    matter = _undecided(matter, Matter.Kind.COMPLAINT)
    if not reason.strip():
        raise rules.NotAllowed("不予受理须写明理由。")
    _decide(matter, Matter.State.REFUSED, on=on, reason=reason, by=by)
    ways = remedies(matter.district, on)
    writ = issue(
        Writ.Kind.REFUSAL,
        about=matter,
        on=on,
        by=by,
        paper=lambda head: papers.refusal(
            head, reason=reason, remedies=ways, **_letter(matter)
        ),
        permission=Permission.IDENTITY_REVEAL,
    )
    record("matter.refused", by=by, target=matter, on=on, **_lateness(matter, on))
    return writ


@transaction.atomic
def decline_matter(*, matter: Matter, on: date, reason: str, by: User) -> None:
    """Decide not to file a case on a report (不予立案).

    Raises AlreadyDecided; NotAllowed for a complaint or without a reason.
    """
    matter = _undecided(matter, Matter.Kind.REPORT)
    if not reason.strip():
        raise rules.NotAllowed("不予立案须写明理由。")
    check_sealed(reason, sealed=matter.identity.sealed)
    _decide(matter, Matter.State.DECLINED, on=on, reason=reason, by=by)
    record("matter.declined", by=by, target=matter, on=on, reason=reason)


@transaction.atomic
def reveal_identity(*, matter: Matter, reason: str, by: User) -> Identity:
    """Open the identity of whoever complained or reported; the look is recorded.

    Raises NotAllowed without a reason, IdentityInText when it names the person.
    *Source:* 劳动保障监察条例 Art. 9.
    """
    if len(reason.strip()) < 4:
        raise rules.NotAllowed("查看反映人身份须写明事由（至少4个字）。")
    check_sealed(reason, sealed=matter.identity.sealed)  # auditors read the reason
    record("identity.revealed", by=by, target=matter, reason=reason.strip())
    return matter.identity


def _undecided(matter: Matter, kind: Matter.Kind) -> Matter:
    """Return the matter, locked. Raises AlreadyDecided, NotAllowed."""
    matter = (
        Matter.objects.select_related("grid", "district__city")
        .select_for_update(of=["self"])
        .get(pk=matter.pk)
    )
    if not matter.is_open:
        raise AlreadyDecided(f"{matter} {matter.get_state_display()}，不能重复处理。")
    if matter.kind != kind:
        raise rules.NotAllowed(f"{matter} 不是{kind.label}，不能这样处理。")
    return matter


def _decide(matter: Matter, state: str, *, on: date, reason: str, by: User) -> None:
    if not matter.received_on <= on <= timezone.localdate():
        raise rules.NotAllowed("决定日期应在收到日期与今天之间。")
    matter.state, matter.decided_on, matter.decided_by = state, on, by
    matter.decision_reason = reason
    matter.save(update_fields=["state", "decided_on", "decided_by", "decision_reason"])
    facts_changed(matter.enterprise_id)


def _letter(matter: Matter) -> dict:
    """Return what a letter to the complainant says; it goes to nobody else."""
    return {
        "addressee": matter.identity.name or "投诉人",
        "respondent": matter.respondent_name,
        "received_on": matter.received_on,
    }


def _lateness(matter: Matter, on: date) -> dict:
    return {"late": bool(matter.accept_due_on and on > matter.accept_due_on)}
