"""What cases and complaints say about units, for grades and key supervision."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.urls import reverse

from cases.models import Case, Identity, Matter, Writ
from cases.services.writs import IdentityInText, check_sealed
from enterprises.models import Enterprise
from enterprises.supervision.facts import (
    Fact,
    Ref,
    Supplier,
    Units,
    supplies_facts,
)
from enterprises.supervision.guards import guards_texts
from gridinspect.accounts.roles import Permission

# 查处: a violation was found and dealt with, by a penalty or by an order.
DEALT_WITH = (Case.Outcome.PENALTY, Case.Outcome.HANDLING)
# What a case was about is told by the words of its 案由.
WORDS: Mapping[str, tuple[str, ...]] = {
    "obstructed": ("阻挠",),
    "child_labour": ("童工", "强迫劳动"),
    "hours_violations": ("工时", "工作时间", "休息休假", "加班"),
    "women_violations": ("女职工", "未成年工"),
}
WAGES = ("工资", "劳动报酬")


def _counted(rows: list[tuple[int, Ref]]) -> dict[int, Fact]:
    by_unit: dict[int, list[Ref]] = defaultdict(list)
    for unit, ref in rows:
        by_unit[unit].append(ref)
    return {unit: Fact(len(refs), tuple(refs)) for unit, refs in by_unit.items()}


def _closed(units: Units, since: date, until: date, *words: str) -> dict[int, Fact]:
    """Count the violations dealt with in a period, of all causes or of some."""
    cases = Case.objects.filter(
        enterprise__in=units,
        closed_on__gte=since,
        closed_on__lte=until,
        outcome__in=DEALT_WITH,
    )
    if words:
        cases = cases.filter(_any_of("cause", words))
    names = dict(Case.Outcome.choices)
    rows = cases.order_by("closed_on", "pk").values_list(
        "enterprise", "pk", "number", "cause", "outcome", "closed_on"
    )
    return _counted(
        [
            (
                unit,
                Ref(
                    f"{number} {cause}，{names[outcome]}",
                    reverse("cases:detail", args=[pk]),
                    closed_on,
                    Permission.CASE_VIEW,
                ),
            )
            for unit, pk, number, cause, outcome, closed_on in rows
        ]
    )


def _any_of(field: str, words: tuple[str, ...]) -> Q:
    condition = Q()
    for word in words:
        condition |= Q(**{f"{field}__contains": word})
    return condition


@supplies_facts("punished", source="案件")
def punished(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Count the cases that were closed with a penalty or an order (查处)."""
    return _closed(units, since, until)


def _of_cause(key: str) -> Supplier:
    def supplier(units: Units, since: date, until: date) -> Mapping[int, Fact]:
        return _closed(units, since, until, *WORDS[key])

    supplier.__qualname__ = f"cases_of_{key}"
    return supplier


for _key in WORDS:
    supplies_facts(_key, source="案件")(_of_cause(_key))


def _orders(
    units: Units, since: date, until: date, condition: Q | None = None
) -> dict[int, Fact]:
    """Count the orders whose day passed in a period without the correction.

    On the day itself there is still time.
    """
    late = Q(corrected_on=None) | Q(corrected_on__gt=F("correct_by"))
    writs = Writ.objects.filter(
        late,
        kind=Writ.Kind.CORRECTION,
        case__enterprise__in=units,
        correct_by__gte=since,
        correct_by__lt=until,
    ).exclude(case__outcome=Case.Outcome.REVOKED)
    if condition is not None:
        writs = writs.filter(condition)
    rows = writs.order_by("correct_by", "pk").values_list(
        "case__enterprise", "case", "number", "correct_by"
    )
    return _counted(
        [
            (
                unit,
                Ref(
                    f"{number} 应于 {correct_by} 前改正，未按期改正",
                    reverse("cases:detail", args=[case]),
                    correct_by,
                    Permission.CASE_VIEW,
                ),
            )
            for unit, case, number, correct_by in rows
        ]
    )


@supplies_facts("refused", source="限期改正指令书")
def refused(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Count the orders that were not carried out by their day."""
    return _orders(units, since, until)


@supplies_facts("wages_unpaid_after_order", source="限期改正指令书")
def wages_unpaid(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Count the orders to pay wages that are still not carried out."""
    still = Q(corrected_on=None) & _any_of("case__cause", WAGES)
    return _orders(units, since, until, still)


@supplies_facts("complaints", source="投诉举报")
def complaints(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Count the complaints and reports received, without those turned away."""
    matters = Matter.objects.filter(
        enterprise__in=units, received_on__gte=since, received_on__lte=until
    ).exclude(state__in=[Matter.State.REFUSED, Matter.State.DECLINED])
    rows = matters.order_by("received_on", "pk").values_list(
        "enterprise", "pk", "number", "kind", "received_on"
    )
    kinds = dict(Matter.Kind.choices)
    return _counted(
        [
            (
                unit,
                Ref(
                    f"{number}（{kinds[kind]}）",
                    reverse("cases:matter", args=[pk]),
                    received_on,
                    Permission.KEY_REASON_VIEW,
                ),
            )
            for unit, pk, number, kind, received_on in rows
        ]
    )


@supplies_facts("supervised", source="案件")
def supervised(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Say which units have been the subject of a case: they are known."""
    found = Case.objects.filter(enterprise__in=units, filed_on__lte=until)
    return {unit: Fact(1) for unit in found.values_list("enterprise", flat=True)}


@guards_texts
def _no_reporters(enterprise: Enterprise, text: str) -> None:
    """Refuse a text that names who complained about the unit or reported it."""
    for identity in Identity.objects.filter(matter__enterprise=enterprise):
        try:
            check_sealed(text, sealed=identity.sealed)
        except IdentityInText as error:
            raise ValidationError(str(error)) from None
