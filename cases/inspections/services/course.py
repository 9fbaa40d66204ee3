"""The course of one inspection: notice, record, result; or it is cancelled."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import date, time

from django.db import transaction
from django.utils import timezone

from cases.inspections import papers, rules
from cases.inspections.frequency import frequency_of
from cases.inspections.models import Inspection
from cases.inspections.services.team import (
    check_helpers,
    check_inspectors,
    write_team,
)
from cases.models import Case, Matter
from cases.rules import NotAllowed, due_date
from cases.services import Clocks, file_case, issue_correction
from cases.services.writs import agency_name, agency_word
from gridinspect.accounts.models import Person, User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents import pdf
from gridinspect.documents.models import ArchivedDocument
from gridinspect.documents.numbering import next_number
from gridinspect.documents.services import archive, new_code
from grids.services import note_entry

State, Outcome = Inspection.State, Inspection.Outcome


@transaction.atomic
def set_team(
    *,
    inspection: Inspection,
    team: Collection[Person],
    lead: Person | None,
    by: User,
    helpers: Collection[Person] = (),
) -> None:
    """Change who inspects, before the inspection."""
    inspection = _locked(inspection)
    _in(inspection, State.PROPOSED, State.APPROVED, State.NOTIFIED)
    on = inspection.planned_on
    check_inspectors(team, lead=lead, district=inspection.district, on=on)
    check_helpers(helpers, team)
    write_team(inspection, team=team, lead=lead, helpers=helpers, on=on)
    record(
        "inspection.team_changed",
        by=by,
        target=inspection,
        team=[person.pk for person in team],
        lead=lead.pk if lead else None,
        helpers=[person.pk for person in helpers],
    )


@transaction.atomic
def issue_notice(*, inspection: Inspection, on: date, by: User) -> None:
    """Issue the notice to the unit (检查通知书), with its number."""
    inspection = _locked(inspection)
    _in(inspection, State.APPROVED)
    if on > timezone.localdate():
        raise NotAllowed("通知日期不能晚于今天。")
    if inspection.approved_on and on < inspection.approved_on:
        raise NotAllowed(f"通知日期不能早于批准日期 {inspection.approved_on}。")
    inspectors = _inspectors(inspection)
    number, document = _issue(
        inspection,
        "行政检查通知书",
        "检通",
        on,
        by,
        papers.notice(inspection, inspectors),
    )
    inspection.state = State.NOTIFIED
    inspection.notified_on, inspection.notice = on, document
    inspection.notice_number = number
    inspection.save()
    record("inspection.notified", by=by, target=inspection, on=on, number=number)


@transaction.atomic
def record_inspection(
    *,
    inspection: Inspection,
    on: date,
    answers: Mapping[str, rules.Answer],
    facts: str,
    place: str,
    representative: str,
    by: User,
    representative_post: str = "",
    begun_at: time | None = None,
    ended_at: time | None = None,
) -> None:
    """Record what was found (检查记录); the period of the result notice starts.

    The certificates must be valid on the day itself. Raises RecordFaulty, TeamFaulty.
    """
    inspection = _locked(inspection)
    _in(inspection, State.NOTIFIED)
    today, plan = timezone.localdate(), inspection.plan
    rules.check_day(
        on, first=plan.begins_on, last=plan.ends_on, today=today, what="检查日期"
    )
    if inspection.notified_on and on < inspection.notified_on:
        raise NotAllowed(f"检查日期不能早于通知日期 {inspection.notified_on}。")
    if begun_at and ended_at and ended_at <= begun_at:
        raise NotAllowed("检查结束时间应晚于开始时间。")
    if not facts.strip():
        raise rules.RecordFaulty("请写明检查中查明的事实。")
    whole = rules.check_answers(answers)
    members = list(inspection.members.select_related("person"))
    team = [one.person for one in members if not one.is_helper]
    lead = next((one.person for one in members if one.is_lead), None)
    check_inspectors(team, lead=lead, district=inspection.district, on=on)
    helpers = [one.person for one in members if one.is_helper]
    write_team(inspection, team=team, lead=lead, helpers=helpers, on=on)
    _recount(inspection, on)
    clocks = Clocks()
    limit = clocks.limits(inspection.district).number("inspection_result_days", on=on)
    due = due_date(on, limit, clocks.workdays)
    inspection.state = State.INSPECTED
    inspection.inspected_on, inspection.year = on, on.year
    inspection.begun_at, inspection.ended_at = begun_at, ended_at
    inspection.answers = {key: asdict(one) for key, one in whole.items()}
    inspection.facts, inspection.place = facts.strip(), place.strip()
    inspection.representative = representative.strip()
    inspection.representative_post = representative_post.strip()
    inspection.recorded_by, inspection.recorded_at = by, timezone.now()
    inspection.result_due_on = due.on
    inspection.result_due_is_provisional = due.provisional
    inspection.save()
    note_entry(by.person, today)
    record(
        "inspection.recorded",
        by=by,
        target=inspection,
        on=on,
        due_on=due.on,
        provisional=due.provisional,
        findings=len(rules.faults(whole)),
    )


@transaction.atomic
def conclude(
    *,
    inspection: Inspection,
    outcome: str,
    words: str,
    on: date,
    by: User,
    cause: str = "",
    demands: str = "",
    correct_by: date | None = None,
) -> Case | None:
    """Tell the unit the result (检查结果告知书) and hand on what was found.

    A correction or a case opens a case with the same inspectors; a correction issues
    its writ at once. Returns the case. Raises NotAllowed and what filing raises.
    """
    inspection = _locked(inspection)
    _in(inspection, State.INSPECTED)
    found = _faults(inspection)
    _check_outcome(inspection, outcome, words, on, bool(found))
    case = None
    if outcome in (Outcome.CORRECTION, Outcome.CASE):
        case = _case(inspection, cause=cause, facts=words, on=on, by=by)
    if outcome == Outcome.CORRECTION:
        if not demands.strip() or correct_by is None:
            raise NotAllowed("责令限期改正的，请写明改正内容和改正期限。")
        issue_correction(
            case=case,  # type: ignore[arg-type]
            findings=words,
            demands=demands,
            correct_by=correct_by,
            on=on,
            by=by,
        )
    inspection.outcome, inspection.result_words = outcome, words.strip()
    number, document = _issue(
        inspection,
        "行政检查结果告知书",
        "检告",
        on,
        by,
        papers.result(inspection, [rules.TOPICS[key] for key in found]),
    )
    inspection.state, inspection.concluded_on = State.CONCLUDED, on
    inspection.result, inspection.result_number = document, number
    inspection.case = case
    inspection.save()
    record(
        "inspection.concluded",
        by=by,
        target=inspection,
        on=on,
        number=number,
        result=Outcome(outcome).label,
        late=bool(inspection.result_due_on and on > inspection.result_due_on),
        case=str(case or ""),
    )
    return case


@transaction.atomic
def cancel_inspection(
    *, inspection: Inspection, reason: str, on: date, by: User
) -> None:
    """Give up an inspection that was not carried out, with the reason."""
    inspection = _locked(inspection)
    _in(inspection, State.PROPOSED, State.APPROVED, State.NOTIFIED)
    if not reason.strip():
        raise NotAllowed("取消检查须写明理由。")
    inspection.state = State.CANCELLED
    inspection.dropped_on, inspection.drop_reason = on, reason.strip()[:200]
    inspection.save()
    record("inspection.cancelled", by=by, target=inspection, on=on, reason=reason)


# --- what the acts share --------------------------------------------------------------


def _locked(inspection: Inspection) -> Inspection:
    return (
        Inspection.objects.select_related(
            "plan__matter", "grid", "district__city", "enterprise__grid"
        )
        .select_for_update(of=["self"])
        .get(pk=inspection.pk)
    )


def _in(inspection: Inspection, *states: str) -> None:
    if inspection.state not in states:
        raise NotAllowed(f"该检查目前{inspection.get_state_display()}，不能这样办理。")


def _recount(inspection: Inspection, on: date) -> None:
    """Count an inspection in the year in which it took place. Raises OverCap."""
    if on.year == inspection.year or not inspection.is_counted:
        return
    rules.check_frequency(
        frequency_of(inspection.enterprise, on=on),
        is_counted=True,
        override_reason=inspection.override_reason,
    )


def _inspectors(inspection: Inspection) -> list[tuple[str, str]]:
    rows = inspection.members.filter(is_helper=False).select_related(
        "person", "certificate"
    )
    return [(row.person.name, str(row.certificate)) for row in rows]


def _faults(inspection: Inspection) -> list[str]:
    return rules.faults(
        {key: rules.Answer(**one) for key, one in inspection.answers.items()}
    )


def _check_outcome(
    inspection: Inspection, outcome: str, words: str, on: date, found: bool
) -> None:
    if outcome not in Outcome.values:
        raise NotAllowed("请选择处理结果。")
    if not words.strip():
        raise NotAllowed("请写明检查结果。")
    if on > timezone.localdate():
        raise NotAllowed("告知日期不能晚于今天。")
    if inspection.inspected_on and on < inspection.inspected_on:
        raise NotAllowed(f"告知日期不能早于检查日期 {inspection.inspected_on}。")
    if outcome == Outcome.CLEAN and found:
        raise NotAllowed(
            "检查记录中有不符合或发现问题的事项，不能按未发现违法行为办结。"
        )
    if outcome != Outcome.CLEAN and not found:
        raise NotAllowed("检查记录中没有发现问题，请按未发现违法行为办结。")


def _case(
    inspection: Inspection, *, cause: str, facts: str, on: date, by: User
) -> Case:
    """Return the case that takes on the findings: the complaint's own, or a new one."""
    if not cause.strip():
        raise NotAllowed("立案的，请填写案由。")
    matter: Matter | None = inspection.plan.matter
    if matter:
        running = inspection.enterprise.cases.filter(matter=matter, closed_on=None)
        if found := running.first():
            return found
    usable = (
        matter if matter and matter.enterprise_id == inspection.enterprise_id else None
    )
    ready = usable and usable.state in (
        Matter.State.ACCEPTED,
        Matter.State.REGISTERED if usable.is_report else Matter.State.ACCEPTED,
    )
    members = list(inspection.members.filter(is_helper=False).select_related("person"))
    source = Case.Source.PATROL
    if inspection.kind == "campaign":
        source = Case.Source.CAMPAIGN
    elif inspection.kind == "targeted":
        source = Case.Source.TRANSFER
    return file_case(
        enterprise=inspection.enterprise,
        source=source,
        cause=cause.strip(),
        facts=facts,
        team=[one.person for one in members],
        lead=next((one.person for one in members if one.is_lead), None),
        filed_on=on,
        by=by,
        matter=usable if ready else None,
    )


def _issue(
    inspection: Inspection,
    name: str,
    word: str,
    on: date,
    by: User,
    paper: papers.Paper,
) -> tuple[str, ArchivedDocument]:
    """Number a paper, lay it out and put it into the archive. Part of an act."""
    district = inspection.district
    number = str(
        next_number(
            agency=agency_word(district),
            word=word,
            on=on,
            by=by,
            path=inspection.grid.path,
        )
    )
    title, code = f"{name} {number}", new_code()
    head = papers.Head(agency_name(district), name, number, on)
    content = pdf.build(
        paper(head), title=title, code=code, sign=papers.RECEIVED, letter=True
    )
    document = archive(
        content,
        kind=f"inspection.{word}",
        title=title,
        path=inspection.grid.path,
        as_of=on,
        by=by,
        code=code,
        params={"about": str(inspection.enterprise)},
        pages=pdf.page_count(content),
        permission=Permission.INSPECTION_VIEW,
    )
    return number, document
