"""Opening a case (立案)."""

from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.utils import timezone

from cases import rules
from cases.models import Case, CaseMember, Matter
from cases.services.clocks import Clocks
from cases.services.writs import check_sealed
from cases.team import members_of
from enterprises.models import Enterprise
from gridinspect.accounts.models import Person, User
from gridinspect.audit.services import record
from gridinspect.documents.numbering import next_number
from grids.agencies import agency_word
from grids.services import note_entry


class AlreadyFiled(rules.NotAllowed):
    """The matter has become a case, or was turned away, before."""


@transaction.atomic
def file_case(
    *,
    enterprise: Enterprise,
    source: str,
    cause: str,
    team: Collection[Person],
    lead: Person | None,
    filed_on: date,
    by: User,
    facts: str = "",
    matter: Matter | None = None,
) -> Case:
    """Open a case and start its clock (T5).

    A complaint is filed on its day of acceptance (T2), whatever day is given.
    Raises rules.TeamFaulty, AlreadyFiled, NotAllowed, IdentityInText.
    """
    clocks = Clocks()
    if matter:
        matter = _ready(matter)
        if matter.district_id != enterprise.district_id:
            raise rules.NotAllowed("被立案单位与投诉举报不属于同一区县。")
        source = matter.kind
        check_sealed(cause, facts, sealed=matter.identity.sealed)
    if matter and matter.decided_on:  # a complaint, accepted
        limit = clocks.limits(matter.district).of("T2", on=matter.decided_on)
        filed_on = rules.filing_day(matter.decided_on, limit)
    if filed_on > timezone.localdate():
        raise rules.NotAllowed("立案日期不能晚于今天。")
    rules.check_team(
        members_of(team),
        lead=lead.pk if lead else None,
        on=filed_on,
        minimum=clocks.limits(enterprise.district).number("team_inspectors"),
    )
    district = enterprise.district
    due = clocks.investigation(district, filed_on)
    number = next_number(
        agency=agency_word(district),
        word="立",
        on=filed_on,
        by=by,
        path=enterprise.grid.path,
    )
    case = Case.objects.create(
        number=str(number),
        matter=matter,
        enterprise=enterprise,
        district=district,
        grid=enterprise.grid,
        source=source,
        cause=cause,
        facts=facts,
        filed_on=filed_on,
        due_on=due.on,
        due_on_is_provisional=due.provisional,
        recorded_by=by,
    )
    CaseMember.objects.bulk_create(
        CaseMember(case=case, person=person, is_lead=person == lead) for person in team
    )
    if matter:
        _mark_filed(matter, on=filed_on, by=by)
    note_entry(by.person, timezone.localdate())
    record(
        "case.filed",
        by=by,
        target=case,
        source=source,
        filed_on=filed_on,
        due_on=due.on,
        provisional=due.provisional,
        team=[person.pk for person in team],
        lead=lead.pk if lead else None,
    )
    return case


def _ready(matter: Matter) -> Matter:
    """Return the matter, locked, if it may become a case now. Raises AlreadyFiled."""
    matter = (
        Matter.objects.select_related("grid", "district__city", "identity")
        .select_for_update(of=["self"])
        .get(pk=matter.pk)
    )
    ready = Matter.State.REGISTERED if matter.is_report else Matter.State.ACCEPTED
    if matter.state != ready:
        raise AlreadyFiled(f"{matter} {matter.get_state_display()}，现在不能立案。")
    return matter


def _mark_filed(matter: Matter, *, on: date, by: User) -> None:
    if matter.is_report and on < matter.received_on:
        raise rules.NotAllowed(f"立案日期不能早于收到日期 {matter.received_on}。")
    matter.state = Matter.State.FILED
    if matter.is_report:
        matter.decided_on, matter.decided_by = on, by
    matter.save(update_fields=["state", "decided_on", "decided_by"])
