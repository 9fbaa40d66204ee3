"""Plans and the units in them: proposed by one person, approved by another."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from cases.inspections import rules
from cases.inspections.frequency import Caps, frequency_of
from cases.inspections.models import Inspection, InspectionPlan, Kind
from cases.inspections.services.team import (
    check_helpers,
    check_inspectors,
    write_team,
)
from cases.models import Matter
from cases.rules import NotAllowed
from cases.services.writs import agency_word
from enterprises.models import Enterprise
from gridinspect.accounts.models import Person, User
from gridinspect.audit.services import record
from gridinspect.documents.numbering import next_number
from grids.models import Grid
from grids.services import note_entry

State = InspectionPlan.State


@dataclass(frozen=True)
class PlanFields:
    """What a person says of a plan."""

    name: str
    kind: str
    scope: str
    topics: tuple[str, ...]
    begins_on: date
    ends_on: date
    ground: str = ""
    matter: Matter | None = None


@transaction.atomic
def propose_plan(*, grid: Grid, fields: PlanFields, by: User) -> InspectionPlan:
    """Propose a plan for a place; it waits for another person's approval."""
    district = grid.district or grid
    _check_fields(fields, district)
    plan = InspectionPlan.objects.create(
        district=district, grid=grid, proposed_by=by, **_values(fields)
    )
    record("inspection_plan.proposed", by=by, target=plan)
    return plan


@transaction.atomic
def change_plan(*, plan: InspectionPlan, fields: PlanFields, by: User) -> None:
    """Change a plan that is not approved yet; one sent back is proposed anew."""
    plan = _locked(plan)
    if not plan.is_open:
        raise NotAllowed(f"检查计划{plan.get_state_display()}，不能再修改。")
    if plan.inspections.exists() and fields.kind != plan.kind:
        raise NotAllowed("计划内已有被检查单位，不能改变检查类别；请撤销后另报。")
    _check_fields(fields, plan.district)
    for name, value in _values(fields).items():
        setattr(plan, name, value)
    plan.state, plan.reason, plan.proposed_by = State.PROPOSED, "", by
    plan.decided_by = plan.decided_on = None
    plan.save()
    record("inspection_plan.changed", by=by, target=plan)


def _values(fields: PlanFields) -> dict[str, object]:
    return {**fields.__dict__, "topics": list(fields.topics)}


def _check_fields(fields: PlanFields, district: Grid) -> None:
    if fields.ends_on < fields.begins_on:
        raise NotAllowed("检查期间的终止日期不能早于开始日期。")
    if not fields.topics or set(fields.topics) - rules.TOPICS.keys():
        raise NotAllowed("请至少选择一项检查事项；未公布的检查事项不得检查。")
    if (fields.kind == Kind.TARGETED) != bool(fields.ground):
        raise NotAllowed("专查须选择事由；其他类别的检查不填事由。")
    if fields.ground and fields.ground not in Caps().exemptions(
        district, on=fields.begins_on
    ):
        raise NotAllowed("所选专查事由在检查期间没有依据，请核对政策中的情形。")
    if fields.matter and fields.matter.district_id != district.pk:
        raise NotAllowed("投诉举报不属于本区县。")


@transaction.atomic
def approve_plan(*, plan: InspectionPlan, on: date, by: User) -> None:
    """Approve a plan and the units in it that stay within their caps.

    Units over their cap are approved one by one. Raises NotAllowed for one's own.
    """
    plan = _decidable(plan, by)
    number = next_number(
        agency=agency_word(plan.district),
        word="检批",
        on=on,
        by=by,
        path=plan.grid.path,
    )
    _decide(plan, State.APPROVED, on=on, by=by, number=str(number))
    within = plan.inspections.filter(
        state=Inspection.State.PROPOSED, is_over_cap=False
    ).exclude(proposed_by=by)
    approved = within.update(
        state=Inspection.State.APPROVED,
        approved_by=by,
        approved_on=on,
        approval_number=str(number),
    )
    record(
        "inspection_plan.approved",
        by=by,
        target=plan,
        on=on,
        number=str(number),
        units=approved,
    )


@transaction.atomic
def return_plan(*, plan: InspectionPlan, reason: str, on: date, by: User) -> None:
    """Send a plan back to whoever proposed it, with what is to be changed."""
    plan = _decidable(plan, by)
    _decide(plan, State.RETURNED, on=on, by=by, reason=_said(reason))
    record("inspection_plan.returned", by=by, target=plan, reason=reason)


@transaction.atomic
def cancel_plan(*, plan: InspectionPlan, reason: str, on: date, by: User) -> int:
    """Give a plan up; what was not inspected yet is cancelled. Returns how many."""
    plan = _locked(plan)
    if plan.state == State.CANCELLED:
        raise NotAllowed("检查计划已撤销。")
    reason = _said(reason)
    plan.state, plan.reason = State.CANCELLED, reason
    plan.save(update_fields=["state", "reason"])
    dropped = plan.inspections.filter(state__in=Inspection.PENDING).update(
        state=Inspection.State.CANCELLED,
        dropped_on=on,
        drop_reason=f"检查计划撤销：{reason}"[:200],
    )
    record(
        "inspection_plan.cancelled", by=by, target=plan, reason=reason, units=dropped
    )
    return dropped


# --- units of a plan ------------------------------------------------------------------


@transaction.atomic
def plan_inspection(
    *,
    plan: InspectionPlan,
    enterprise: Enterprise,
    planned_on: date,
    team: Collection[Person],
    lead: Person | None,
    by: User,
    helpers: Collection[Person] = (),
    override_reason: str = "",
) -> Inspection:
    """Put a unit into a plan, with its inspectors.

    Within the cap it is approved with its plan; over the cap it needs a reason and an
    approval of its own. Raises OverCap, TeamFaulty, NotAllowed.
    """
    plan = _locked(plan)
    if plan.state not in (State.PROPOSED, State.APPROVED):
        raise NotAllowed(f"检查计划{plan.get_state_display()}，不能再加入单位。")
    if not plan.begins_on <= planned_on <= plan.ends_on:
        raise NotAllowed(
            f"计划检查日期应在检查期间 {plan.begins_on} 至 {plan.ends_on} 之内。"
        )
    # Two who plan the same unit at once: the second waits and counts the first.
    unit = (
        Enterprise.objects.select_for_update(of=["self"])
        .select_related("grid", "district__city")
        .get(pk=enterprise.pk)
    )
    if unit.district_id != plan.district_id or not unit.grid.path.startswith(
        plan.grid.path
    ):
        raise NotAllowed(f"{unit}不在检查范围 {plan.grid} 之内。")
    if plan.inspections.standing().filter(enterprise=unit).exists():
        raise NotAllowed(f"{unit}已在本计划之内，请勿重复加入。")
    check_inspectors(team, lead=lead, district=plan.district, on=planned_on)
    check_helpers(helpers, team)
    inspection = Inspection.objects.create(
        district=plan.district,
        grid=unit.grid,
        enterprise=unit,
        plan=plan,
        kind=plan.kind,
        ground=plan.ground,
        planned_on=planned_on,
        year=planned_on.year,
        proposed_by=by,
        **_counted(plan, unit, planned_on, override_reason),
        **_approval(plan, by),
    )
    if inspection.is_over_cap:
        _wait(inspection)
    write_team(inspection, team=team, lead=lead, helpers=helpers, on=planned_on)
    record(
        "inspection.planned",
        by=by,
        target=inspection,
        planned_on=planned_on,
        over_cap=inspection.is_over_cap,
        reason=inspection.override_reason,
        team=[person.pk for person in team],
    )
    return inspection


def _counted(
    plan: InspectionPlan, unit: Enterprise, on: date, override_reason: str
) -> dict[str, object]:
    caps = Caps()
    frequency = frequency_of(unit, on=on, caps=caps)
    is_counted = rules.counts(
        plan.kind,
        plan.ground,
        cap=frequency.cap,
        exempt=caps.exemptions(plan.district, on=on),
    )
    over = rules.check_frequency(
        frequency, is_counted=is_counted, override_reason=override_reason
    )
    return {
        "is_counted": is_counted,
        "is_over_cap": over,
        "cap_words": frequency.words[:300],
        "override_reason": override_reason.strip() if over else "",
    }


def _approval(plan: InspectionPlan, by: User) -> dict[str, object]:
    """Return what a unit inherits from its plan's approval, unless it is one's own."""
    if plan.state != State.APPROVED or plan.decided_by_id == by.pk:
        return {"state": Inspection.State.PROPOSED}
    return {
        "state": Inspection.State.APPROVED,
        "approved_by": plan.decided_by,
        "approved_on": plan.decided_on,
        "approval_number": plan.number,
    }


def _wait(inspection: Inspection) -> None:
    inspection.state = Inspection.State.PROPOSED
    inspection.approved_by = inspection.approved_on = None
    inspection.approval_number = ""
    inspection.save()


@transaction.atomic
def approve_inspection(*, inspection: Inspection, on: date, by: User) -> None:
    """Approve one inspection by itself, as what goes over a cap needs (突破上限)."""
    inspection = _proposed(inspection, by)
    if inspection.plan.state != State.APPROVED:
        raise NotAllowed("检查计划尚未批准，请先批准计划。")
    number = next_number(
        agency=agency_word(inspection.district),
        word="检批",
        on=on,
        by=by,
        path=inspection.grid.path,
    )
    inspection.state = Inspection.State.APPROVED
    inspection.approved_by, inspection.approved_on = by, on
    inspection.approval_number = str(number)
    inspection.save()
    record(
        "inspection.approved",
        by=by,
        target=inspection,
        on=on,
        number=str(number),
        reason=inspection.override_reason,
    )


@transaction.atomic
def reject_inspection(
    *, inspection: Inspection, reason: str, on: date, by: User
) -> None:
    """Turn one inspection down, with the reason."""
    inspection = _proposed(inspection, by)
    inspection.state = Inspection.State.REJECTED
    inspection.dropped_on, inspection.drop_reason = on, _said(reason)
    inspection.save()
    record("inspection.rejected", by=by, target=inspection, reason=reason)


# --- what the acts share --------------------------------------------------------------


def _locked(plan: InspectionPlan) -> InspectionPlan:
    return (
        InspectionPlan.objects.select_related("grid", "district__city", "decided_by")
        .select_for_update(of=["self"])
        .get(pk=plan.pk)
    )


def _decidable(plan: InspectionPlan, by: User) -> InspectionPlan:
    plan = _locked(plan)
    if plan.state != State.PROPOSED:
        raise NotAllowed(f"检查计划{plan.get_state_display()}，不能再批。")
    if plan.proposed_by_id == by.pk:
        raise NotAllowed("提出检查计划的人不能自己批准。")
    return plan


def _decide(
    plan: InspectionPlan,
    state: str,
    *,
    on: date,
    by: User,
    number: str = "",
    reason: str = "",
) -> None:
    plan.state, plan.decided_on, plan.decided_by = state, on, by
    plan.number, plan.reason = number, reason
    plan.save()
    note_entry(by.person, on)


def _proposed(inspection: Inspection, by: User) -> Inspection:
    inspection = (
        Inspection.objects.select_related("plan", "grid", "district__city")
        .select_for_update(of=["self"])
        .get(pk=inspection.pk)
    )
    if inspection.state != Inspection.State.PROPOSED:
        raise NotAllowed(f"该检查{inspection.get_state_display()}，不能再批。")
    if inspection.proposed_by_id == by.pk:
        raise NotAllowed("提出检查的人不能自己批准。")
    return inspection


def _said(reason: str) -> str:
    if not reason.strip():
        raise NotAllowed("请写明理由。")
    return reason.strip()[:200]
