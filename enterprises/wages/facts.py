"""What grading, key supervision and early warning ask of wages, for a whole district.

Each function answers for all units of a district on a day in a fixed number of queries;
a unit of which nothing is known is not in the answer. `units` keeps to some of them;
with units the district of arrears may be None.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce, ExtractMonth, ExtractYear
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.wages.limits import WageLimits, limits_of
from enterprises.wages.models import (
    AccountBalance,
    Arrears,
    InsuranceMonth,
    Project,
    ProjectCheck,
    Repayment,
    WagePayment,
)
from enterprises.wages.rules import (
    Checked,
    ItemState,
    SiteFacts,
    empty_since,
    five_items,
    months_between,
    rate,
)
from grids.models import Grid

Units = Collection[int] | QuerySet[Enterprise]  # keys, or a queryset of units
WAGES = Arrears.Kind.WAGES
CONTRIBUTIONS = tuple(kind for kind in Arrears.Kind.values if kind != WAGES)


@dataclass(frozen=True)
class Owed:
    """What a unit owes on a day: over how many months, how much, to how many.

    `since` is the first month that is unpaid, `known_since` the day somebody found out.
    `months` counts different months, `persons` is the largest number of one record.
    `sources` says from where it is known; `rows` are the keys of the records.
    """

    months: int
    amount: Decimal
    persons: int
    since: date
    known_since: date
    kinds: tuple[str, ...]
    sources: tuple[str, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Insured:
    """How many of those who should be insured are, in the newest month known."""

    month: date
    due: int
    insured: int
    owed: Decimal
    by_kind: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def rate(self) -> Decimal | None:
        return rate(self.insured, self.due)


def outstanding_on(rows: QuerySet[Arrears], on: date) -> QuerySet[Any]:
    """Note on each record what is still owed on a day, as `owed`."""
    repaid = (
        Repayment.objects.filter(arrears=OuterRef("pk"), paid_on__lte=on)
        .order_by()
        .values("arrears")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    return rows.annotate(
        repaid=Coalesce(Subquery(repaid), Decimal(0)),
    )


def with_length(rows: Any) -> Any:
    """Note on each record over how many months it runs, and what is still owed."""
    years = ExtractYear("month_to") - ExtractYear("month_from")
    months = ExtractMonth("month_to") - ExtractMonth("month_from")
    counted = outstanding_on(rows, timezone.localdate())
    whole = IntegerField()
    return counted.annotate(
        length=ExpressionWrapper(years * 12 + months + 1, output_field=whole),
        left=F("amount") - F("repaid"),
    ).select_related("enterprise__grid", "project")


def wages_owed(
    district: Grid | None, on: date, *, units: Units | None = None
) -> dict[int, Owed]:
    """Return the open arrears of wages by unit."""
    return _owed(district, on, [WAGES], units)


def contributions_owed(
    district: Grid | None, on: date, *, units: Units | None = None
) -> dict[int, Owed]:
    """Return the open arrears of social insurance by unit."""
    return _owed(district, on, CONTRIBUTIONS, units)


def anything_owed(
    district: Grid | None, on: date, *, units: Units | None = None
) -> dict[int, Owed]:
    """Return all open arrears by unit (欠薪欠费: the ground of 扬州第二十三条)."""
    return _owed(district, on, Arrears.Kind.values, units)


def _owed(
    district: Grid | None,
    on: date,
    kinds: Sequence[str],
    units: Units | None,
) -> dict[int, Owed]:
    found = Arrears.objects.filter(kind__in=kinds).open_on(on)
    if district is not None:
        found = found.filter(district=district)
    if units is not None:
        found = found.filter(enterprise__in=units)
    rows: dict[int, list[Any]] = defaultdict(list)
    for row in outstanding_on(found, on).order_by("enterprise_id", "month_from", "pk"):
        if row.amount > row.repaid:
            rows[row.enterprise_id].append(row)
    return {unit: _together(of_unit) for unit, of_unit in rows.items()}


def _together(rows: Sequence[Any]) -> Owed:
    months: set[int] = set()
    for row in rows:
        first = row.month_from.year * 12 + row.month_from.month
        months.update(
            range(first, first + months_between(row.month_from, row.month_to))
        )
    return Owed(
        months=len(months),
        amount=sum((row.amount - row.repaid for row in rows), Decimal(0)),
        persons=max(row.persons for row in rows),
        since=min(row.month_from for row in rows),
        known_since=min(row.found_on for row in rows),
        kinds=tuple(sorted({row.kind for row in rows})),
        sources=tuple(sorted({row.source for row in rows})),
        rows=tuple(row.pk for row in rows),
    )


def insured(
    district: Grid, on: date, *, units: Units | None = None
) -> dict[int, Insured]:
    """Return 参保率 (K8) by unit, of the newest month up to a day."""
    rows = InsuranceMonth.objects.filter(district=district, month__lte=on)
    if units is not None:
        rows = rows.filter(enterprise__in=units)
    newest = (
        InsuranceMonth.objects.filter(enterprise=OuterRef("enterprise"), month__lte=on)
        .order_by()
        .values("enterprise")
        .annotate(newest=Max("month"))
        .values("newest")
    )
    of_units: dict[int, list[InsuranceMonth]] = defaultdict(list)
    for row in rows.filter(month=Subquery(newest)):
        of_units[row.enterprise_id].append(row)
    return {
        unit: Insured(
            month=months[0].month,
            due=sum(one.due for one in months),
            insured=sum(one.insured for one in months),
            owed=sum((one.owed for one in months), Decimal(0)),
            by_kind={one.insurance: (one.due, one.insured) for one in months},
        )
        for unit, months in of_units.items()
    }


def below_minimum(
    district: Grid, on: date, *, days: int = 366
) -> dict[int, tuple[int, date]]:
    """Return by unit how many were paid below the minimum wage, and in which cycle.

    The newest cycle that ended within so many days speaks.
    """
    cycles = WagePayment.objects.filter(
        district=district, cycle_to__lte=on, cycle_to__gte=on - timedelta(days=days)
    )
    found: dict[int, tuple[int, Any]] = {}
    newest = cycles.order_by("enterprise_id", "-cycle_to").distinct("enterprise_id")
    for unit, persons, ended in newest.values_list(
        "enterprise_id", "below_minimum", "cycle_to"
    ):
        if persons:
            found[unit] = (persons, ended)
    return found


def unpaid_cycles(district: Grid, on: date) -> dict[int, tuple[int, date]]:
    """Return by unit how many pay cycles are past their day and unpaid, since when."""
    late = WagePayment.objects.filter(district=district, due_on__lt=on).filter(
        Q(paid_on=None) | Q(paid_on__gt=on)
    )
    found: dict[int, tuple[int, Any]] = {}
    for unit, due_on in late.order_by("due_on").values_list("enterprise_id", "due_on"):
        count, since = found.get(unit, (0, due_on))
        found[unit] = (count + 1, since)
    return found


# --- projects -------------------------------------------------------------------------


def accounts_empty(projects: Any, on: date) -> dict[int, date]:
    """Return since when the special account of each project has been empty."""
    balances: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    rows = AccountBalance.objects.filter(
        project__in=projects.with_account_on(on).values("pk"), on__lte=on
    )
    for project, day, balance in rows.order_by("on").values_list(
        "project_id", "on", "balance"
    ):
        balances[project].append((day, balance))
    return {
        project: since
        for project, entries in balances.items()
        if (since := empty_since(entries, on))
    }


def items_of(
    projects: Sequence[Project], on: date, *, district: Grid
) -> dict[int, list[ItemState]]:
    """Return where the five items of each project stand on a day. Two queries."""
    limits = limits_of(district)
    least = limits.of("PW-DEPOSIT-MIN", on=on)
    most = limits.of("PW-CYCLE", on=on)
    checks: dict[int, dict[str, Checked]] = defaultdict(dict)
    newest = (
        ProjectCheck.objects.filter(
            project__in=[project.pk for project in projects], checked_on__lte=on
        )
        .order_by("project_id", "item", "-checked_on", "-pk")
        .distinct("project_id", "item")
    )
    for check in newest:
        met = check.result == ProjectCheck.Result.MET
        seen = Checked(met, check.checked_on, check.finding)
        checks[check.project_id][check.item] = seen
    return {
        project.pk: five_items(
            site_of(project),
            checks.get(project.pk, {}),
            on=on,
            deposit_least=least,
            cycle_most=most,
        )
        for project in projects
    }


class LimitsOfProvinces:
    """The limits of the provinces that a list comes across, each read once."""

    def __init__(self) -> None:
        self._known: dict[str, WageLimits] = {}

    def of(self, project: Project) -> WageLimits:
        province = project.district.city.province
        return self._known.setdefault(province, WageLimits(province))


def items_of_listed(
    project: Project, on: date, limits: LimitsOfProvinces
) -> list[ItemState]:
    """Return where the five items of a project of `for_list` stand today."""
    own = limits.of(project)
    checks = {
        check.item: Checked(
            check.result == ProjectCheck.Result.MET, check.checked_on, check.finding
        )
        for check in project.newest_checks
    }
    return five_items(
        site_of(project),
        checks,
        on=on,
        deposit_least=own.of("PW-DEPOSIT-MIN", on=on),
        cycle_most=own.of("PW-CYCLE", on=on),
    )


def empty_of_listed(project: Project, on: date) -> date | None:
    """Return since when the account of a project of `for_list` has been empty."""
    if project.account_closed_on:
        return None
    return empty_since([(row.on, row.balance) for row in project.known_balances], on)


def site_of(project: Project) -> SiteFacts:
    """Return what a project's record says, as the rules read it."""
    return SiteFacts(
        started_on=project.started_on,
        price=project.price,
        roster=project.roster,
        wage_officer=project.wage_officer,
        account_opened_on=project.account_opened_on,
        deposit=project.deposit,
        deposit_amount=project.deposit_amount,
        deposit_until=project.deposit_until,
        cost_cycle=project.cost_cycle,
    )


@dataclass(frozen=True)
class SiteTrouble:
    """What is wrong at the building projects of a general contractor on a day."""

    failed: tuple[tuple[int, str, str], ...]  # (project, item, why)
    account_empty_since: date | None
    empty: tuple[int, ...]  # projects whose account is empty


def site_troubles(
    district: Grid, on: date, *, units: Units | None = None
) -> dict[int, SiteTrouble]:
    """Return failed items and empty accounts by the contractor's unit."""
    projects = Project.objects.filter(
        district=district, contractor__isnull=False
    ).under_way_on(on)
    if units is not None:
        projects = projects.filter(contractor__in=units)
    rows = list(projects.defer("wage_officer_phone", "account_number", "remark"))
    empty = accounts_empty(projects, on)
    states = items_of(rows, on, district=district) if rows else {}
    failed: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    dry: dict[int, list[int]] = defaultdict(list)
    for project in rows:
        unit = project.contractor_id
        failed[unit] += [
            (project.pk, one.item, one.why)
            for one in states[project.pk]
            if one.state == "failed"
        ]
        if project.pk in empty:
            dry[unit].append(project.pk)
    return {
        unit: SiteTrouble(
            failed=tuple(failed.get(unit, ())),
            account_empty_since=min(
                (empty[key] for key in dry.get(unit, ())), default=None
            ),
            empty=tuple(dry.get(unit, ())),
        )
        for unit in {*failed, *dry}
        if failed.get(unit) or dry.get(unit)
    }
