"""The statutory clocks of matters and cases, by the law of the district's province."""

from datetime import date

from django.db import models, transaction

from cases import rules
from cases.limits import Limits, limits_at
from cases.models import Case, Matter
from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.workdays.models import ExceptionDay
from gridinspect.workdays.rules import Due
from grids.models import Grid
from grids.services.law import Law


class Clocks:
    """One look at the calendar and the law, to count many periods with."""

    def __init__(self) -> None:
        self.workdays = ExceptionDay.objects.as_calendar()
        self._law = Law()
        self._limits: dict[int, Limits] = {}

    def limits(self, district: Grid) -> Limits:
        if district.pk not in self._limits:
            self._limits[district.pk] = limits_at(district, law=self._law)
        return self._limits[district.pk]

    def acceptance(self, district: Grid, received_on: date, kind: str) -> Due | None:
        """Return the last day to decide on a matter (T1), or None where none is set."""
        limit = self.limits(district).of("T1", on=received_on)
        if kind == Matter.Kind.REPORT and not rules.binds_reports(limit):
            return None
        return rules.acceptance_deadline(received_on, limit, self.workdays)

    def investigation(
        self, district: Grid, filed_on: date, *, extended: bool = False
    ) -> Due:
        """Return the last day of an investigation (T5, with T6 when extended)."""
        limits = self.limits(district)
        extension = limits.of("T6", on=filed_on) if extended else None
        limit = limits.of("T5", on=filed_on)
        return rules.investigation_deadline(
            filed_on, limit, self.workdays, extension=extension
        )

    def decision(self, case: Case, ended_on: date) -> Due:
        """Return the last day to decide (T7); never after a period to close by (T5)."""
        limits = self.limits(case.district)
        due = rules.decision_deadline(
            ended_on, limits.of("T7", on=ended_on), self.workdays
        )
        if not rules.runs_to_closing(limits.of("T5", on=case.filed_on)):
            return due
        whole = self.investigation(
            case.district, case.filed_on, extended=case.extended_on is not None
        )
        return min(due, whole, key=lambda one: one.on)


@transaction.atomic
def recompute_deadlines(*, by: User) -> int:
    """Bring what is open in line with the calendar; return how many periods moved.

    For when a year has been published, or changed after the fact as in January 2020.
    Each moved period is an event of its own matter or case, so that its file shows it.
    """
    clocks, moved = Clocks(), 0
    matters = Matter.objects.undecided().filter(accept_due_on__isnull=False)
    for matter in _locked(matters):
        due = clocks.acceptance(matter.district, matter.received_on, matter.kind)
        if due:
            moved += _move(
                matter, "accept_due_on", "accept_due_is_provisional", due, by
            )

    for case in _locked(Case.objects.open()):
        extended = case.extended_on is not None
        due = clocks.investigation(case.district, case.filed_on, extended=extended)
        changed = _move(case, "due_on", "due_on_is_provisional", due, by)
        if ended := case.investigation_ended_on:
            due = clocks.decision(case, ended)
            changed |= _move(
                case, "decision_due_on", "decision_due_is_provisional", due, by
            )
        moved += changed
    return moved


def _locked(rows: models.QuerySet) -> models.QuerySet:
    return rows.select_related("district__city", "grid").select_for_update(of=["self"])


def _move(
    row: Matter | Case, day_field: str, provisional_field: str, due: Due, by: User
) -> bool:
    """Store a period that changed; tell whether it did."""
    before = getattr(row, day_field)
    if (before, getattr(row, provisional_field)) == (due.on, due.provisional):
        return False
    setattr(row, day_field, due.on)
    setattr(row, provisional_field, due.provisional)
    row.save(update_fields=[day_field, provisional_field])
    record(
        f"{row._meta.model_name}.deadline_moved",
        by=by,
        target=row,
        field=day_field,
        before=before,
        after=due.on,
        provisional=due.provisional,
    )
    return True
