"""The facts that only early warning asks for, out of the rooms that know them."""

from collections.abc import Iterator, Mapping
from datetime import date

from django.db.models import Max
from django.urls import reverse

from cases.visits.models import Hazard
from enterprises.models import Survey
from enterprises.supervision.facts import Fact, Ref, Units, supplies_facts
from enterprises.wages import facts as wages
from enterprises.wages.models import WageWarning
from enterprises.workforce import facts as workforce
from gridinspect.accounts.roles import Permission
from grids.models import Grid


def _districts(units: Units) -> Iterator[Grid]:
    keys = units.order_by().values("district").distinct()
    yield from Grid.objects.filter(pk__in=keys).select_related("city")


def _file(unit: int, tab: str) -> str:
    return f"{reverse('enterprises:detail', args=[unit])}?tab={tab}"


@supplies_facts("wage_arrears_persons", source="欠薪登记")
def wage_arrears_persons(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Say to how many persons wages are owed on the last day."""
    return {
        unit: Fact(
            owed.persons,
            (
                Ref(
                    f"自 {owed.since:%Y-%m} 起欠 {owed.persons} 人",
                    _file(unit, "wages"),
                ),
            ),
        )
        for district in _districts(units)
        for unit, owed in wages.wages_owed(district, until, units=units).items()
    }


@supplies_facts("account_empty_days", source="工程项目")
def account_empty_days(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Say for how many days a special account of a contractor has been empty."""
    return {
        unit: Fact(
            (until - trouble.account_empty_since).days + 1,
            (
                Ref(
                    f"专用账户自 {trouble.account_empty_since} 起没有余额",
                    _file(unit, "projects"),
                    trouble.account_empty_since,
                ),
            ),
        )
        for district in _districts(units)
        for unit, trouble in wages.site_troubles(district, until, units=units).items()
        if trouble.account_empty_since
    }


@supplies_facts("site_failures", source="工程项目")
def site_failures(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Count the items of a contractor's projects that are not met on the last day."""
    return {
        unit: Fact(
            len(trouble.failed),
            tuple(
                Ref(why, reverse("wages:project", args=[project]))
                for project, _, why in trouble.failed
            ),
        )
        for district in _districts(units)
        for unit, trouble in wages.site_troubles(district, until, units=units).items()
        if trouble.failed
    }


@supplies_facts("wage_signals", source="企业协管员工资预警")
def wage_signals(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Count what was reported from inside a unit, unless it proved unfounded."""
    rows = WageWarning.objects.filter(
        enterprise__in=units, reported_on__gte=since, reported_on__lte=until
    ).exclude(outcome=WageWarning.Outcome.UNFOUNDED)
    found: dict[int, list[Ref]] = {}
    for pk, unit, day, persons in rows.order_by("reported_on", "pk").values_list(
        "pk", "enterprise", "reported_on", "persons"
    ):
        ref = Ref(
            f"{day} 报告涉及 {persons} 人",
            reverse("wages:warning", args=[pk]),
            day,
            Permission.WARNING_VIEW,
        )
        found.setdefault(unit, []).append(ref)
    return {unit: Fact(len(refs), tuple(refs)) for unit, refs in found.items()}


@supplies_facts("contracts_missing", source="职工名册")
def contracts_missing(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Say what percentage of those who should have signed a contract have not."""
    return {
        unit: Fact(
            100 * one.unsigned // one.due,
            (
                Ref(
                    f"应签 {one.due} 人，未签 {one.unsigned} 人", _file(unit, "workers")
                ),
            ),
        )
        for unit, one in workforce.signing(units, until).items()
        if one.unsigned
    }


@supplies_facts("staff_lost", source="职工名册")
def staff_lost(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Say what percentage of those there on the first day had left by the last."""
    return {
        unit: Fact(
            100 * one.left // one.before,
            (
                Ref(
                    f"{since} 在册 {one.before} 人，至 {until} 离开 {one.left} 人",
                    _file(unit, "workers"),
                ),
            ),
        )
        for unit, one in workforce.losses(units, since, until).items()
        if one.left and one.before
    }


@supplies_facts("unsurveyed_days", source="调查登记表")
def unsurveyed_days(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Say how old the last complete survey is, or how long the unit is known."""
    last = dict(
        Survey.objects.filter(
            enterprise__in=units, is_complete=True, surveyed_on__lte=until
        )
        .order_by()
        .values_list("enterprise")
        .annotate(last=Max("surveyed_on"))
    )
    found = {}
    for unit, known in units.order_by().values_list("pk", "known_since"):
        day = last.get(unit)
        words = f"最近一次采集 {day}" if day else f"{known} 纳入底数，从未采集"
        days = (until - (day or known)).days
        if days > 0:
            found[unit] = Fact(days, (Ref(words, _file(unit, "surveys"), day),))
    return found


@supplies_facts("hazard_days", source="走访隐患")
def hazard_days(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Say for how many days the oldest hazard of a unit has been open."""
    rows = Hazard.objects.filter(enterprise__in=units).open_on(until)
    found: dict[int, list[tuple[date, int]]] = {}
    for unit, day, pk in rows.order_by("found_on", "pk").values_list(
        "enterprise", "found_on", "pk"
    ):
        found.setdefault(unit, []).append((day, pk))
    return {
        unit: Fact(
            (until - hazards[0][0]).days,
            tuple(
                Ref(f"{day} 发现的隐患", reverse("visits:hazard", args=[pk]), day)
                for day, pk in hazards
            ),
        )
        for unit, hazards in found.items()
    }
