"""Figures of the roster and the filings, for the rules of the rooms above.

Everything is set-based: a fixed number of queries for any number of units. `units` is
anything that `enterprise__in=` takes: keys, objects, or a queryset of Enterprise (which
stays a subquery). Nothing here is scoped to a person: give it units that are.

    head_counts(units, on)          在册人数 by unit on a day
    signing(units, on)              劳动合同签订率 by unit: signed ÷ should
    signing_within(place, on)       K7, the same of a whole grid or city
    losses(units, since, until)     流失: who left between two days, of those there
    expiring(units, on, days)       contracts that end within so many days
    overdue_filings(units, today)   应备案未备案 by unit
    no_written_contract(units, on)  employed for over a month without a contract

A unit without a roster is in none of the answers: no roster is not “0 persons”.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from enterprises.workforce.limits import Event, FilingLaw, districts_in
from enterprises.workforce.models import Contract, ContractQuerySet, Worker
from gridinspect.scope import Place
from gridinspect.workdays.rules import months_later

Units = Any  # keys, objects or a queryset of units


@dataclass(frozen=True, slots=True)
class Signing:
    """How many should have a written contract, and how many have one."""

    due: int
    signed: int

    @property
    def share(self) -> Fraction | None:
        """Return signed ÷ due exactly; None where nobody should sign."""
        return Fraction(self.signed, self.due) if self.due else None

    @property
    def percent(self) -> int | None:
        """Return the rate as whole percent, rounded down, as the survey form has it."""
        return self.signed * 100 // self.due if self.due else None

    @property
    def unsigned(self) -> int:
        return self.due - self.signed

    def __add__(self, other: "Signing") -> "Signing":
        return Signing(self.due + other.due, self.signed + other.signed)


@dataclass(frozen=True, slots=True)
class Loss:
    """Who was there on the first day, and how many of them were gone on the last."""

    before: int
    left: int
    after: int

    @property
    def share(self) -> Fraction | None:
        """Return left ÷ before exactly; None where nobody was there."""
        return Fraction(self.left, self.before) if self.before else None


def head_counts(units: Units, on: date) -> dict[int, int]:
    """Return how many persons each unit's roster has on a day (在册人数)."""
    workers = Worker.objects.filter(enterprise__in=units)
    return _counts(workers, Q(since__lte=on) & (Q(until=None) | Q(until__gt=on)))


def signing(units: Units, on: date) -> dict[int, Signing]:
    """Return the signing of contracts (劳动合同签订率) of each unit on a day."""
    due = Worker.objects.filter(enterprise__in=units).on(on).should_sign()
    signed = _counts(due.signed(on))
    return {
        unit: Signing(count, signed.get(unit, 0))
        for unit, count in _counts(due).items()
    }


def signing_within(place: Place, on: date) -> Signing:
    """Return K7, 劳动合同签订率, of all open units of a grid, district or city."""
    due = Worker.objects.within(place).on(on).should_sign()
    due = due.filter(enterprise__status__in=("open", "preparing"))
    return Signing(due.count(), due.signed(on).count())


def losses(units: Units, since: date, until: date) -> dict[int, Loss]:
    """Return for each unit who was there on `since` and had left by `until`.

    Who came and went in between counts neither way; `after` is the head count at the
    end. For the rule 短期内人员大量流失.
    """
    workers = Worker.objects.filter(enterprise__in=units)
    there = Q(since__lte=since) & (Q(until=None) | Q(until__gt=since))
    rows = (
        workers.order_by()
        .values("enterprise_id")
        .annotate(
            before=Count("pk", there),
            left=Count("pk", there & Q(until__lte=until)),
            after=Count(
                "pk", Q(since__lte=until) & (Q(until=None) | Q(until__gt=until))
            ),
        )
    )
    return {
        row["enterprise_id"]: Loss(row["before"], row["left"], row["after"])
        for row in rows
    }


def expiring(units: Units, on: date, days: int) -> ContractQuerySet:
    """Return the contracts of employed persons that end within so many days.

    Those that a later contract already follows are left out. Ordered by their end.
    """
    contracts = Contract.objects.filter(worker__enterprise__in=units)
    return contracts.expiring(on, days).order_by("ends_on", "pk")


def no_written_contract(
    units: Units, on: date, *, law: FilingLaw | None = None
) -> QuerySet[Worker]:
    """Return who should have signed and has no contract after the month of the law.

    Source: 劳动合同法第十条、第八十二条 (from the second month on: double wages).
    """
    months = (law or FilingLaw()).number("contract_months_to_sign").value
    last = months_later(on, -months)
    workers = Worker.objects.filter(enterprise__in=units, since__lt=last)
    return workers.on(on).should_sign().unsigned(on)


def overdue_filings(
    units: Units, today: date, *, law: FilingLaw | None = None
) -> dict[int, int]:
    """Return how many events of each unit should have been filed and were not.

    Events are 新招用, 续订 and 解除（终止）; see `enterprises.workforce.duties`.
    """
    from enterprises.workforce.duties import overdue  # which reads the tables too

    law, found = law or FilingLaw(), defaultdict[int, int](int)
    workers = Worker.objects.filter(enterprise__in=units)
    districts = districts_in(workers.values_list("district_id", flat=True).distinct())
    for event in (Event.HIRED, Event.RENEWED, Event.ENDED):
        rows = overdue(event, districts, today, law=law)
        name = "worker__enterprise" if event == Event.RENEWED else "enterprise"
        counted = (
            rows.filter(**{f"{name}__in": units})
            .order_by()
            .values(unit=F(f"{name}_id"))
            .annotate(n=Count("pk"))
        )
        for row in counted:
            found[row["unit"]] += row["n"]
    return dict(found)


def _counts(workers: QuerySet[Worker], condition: Q | None = None) -> dict[int, int]:
    count = Count("pk", filter=condition) if condition else Count("pk")
    rows = workers.order_by().values("enterprise_id").annotate(n=count)
    return {row["enterprise_id"]: row["n"] for row in rows}


def units_with_roster(units: Units) -> Iterable[int]:
    """Return the keys of the units that have any line in their roster."""
    rows = Worker.objects.filter(enterprise__in=units).order_by()
    return rows.values_list("enterprise_id", flat=True).distinct()
