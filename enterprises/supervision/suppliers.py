"""Facts that this room knows itself, and those of surveys and of the unit's file."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from django.db.models import Q
from django.urls import reverse

from enterprises.models import Survey
from enterprises.supervision.facts import (
    Fact,
    Ref,
    Supplier,
    Units,
    supplies_facts,
)
from enterprises.supervision.models import NotedFact, Publication, Rating
from gridinspect.accounts.roles import Permission

SECRET = {NotedFact.Kind.PETITIONS}

# Facts of the survey form: the answer that says there is something, and how much.
ARREARS = {
    "wage_arrears_months": ("arrears", "arrears_months", "拖欠工资 {} 个月"),
    "wage_arrears_yuan": ("arrears", "arrears_amount", "拖欠工资 {} 元"),
    "insurance_arrears_months": (
        "insurance_arrears",
        "insurance_arrears_months",
        "社会保险欠费 {} 个月",
    ),
}


def _of_survey(key: str) -> Supplier:
    says, much, words = ARREARS[key]

    def supplier(units: Units, since: date, until: date) -> Mapping[int, Fact]:
        """Read arrears from each unit's newest survey of the period."""
        newest = (
            Survey.objects.final()
            .filter(
                enterprise__in=units, surveyed_on__gte=since, surveyed_on__lte=until
            )
            .order_by("enterprise", "-surveyed_on", "-pk")
            .distinct("enterprise")
            .values("pk")
        )
        rows = Survey.objects.filter(pk__in=newest, **{f"answers__{says}": "有"})
        found = {}
        for pk, unit, day, answer in rows.values_list(
            "pk", "enterprise", "surveyed_on", f"answers__{much}"
        ):
            if (value := whole(answer)) > 0:
                url = reverse("enterprises:survey", args=[pk])
                label = f"{day} 调查登记表：{words.format(value)}"
                found[unit] = Fact(value, (Ref(label, url, day),))
        return found

    supplier.__qualname__ = f"survey_{key}"
    return supplier


for _key in ARREARS:
    supplies_facts(_key, source="调查登记表")(_of_survey(_key))


def whole(answer: object) -> int:
    """Return an answer of the form as a whole number; what is none counts as 0."""
    try:
        return int(Decimal(str(answer)))
    except (InvalidOperation, ValueError, OverflowError):
        return 0


def _noted(kind: str) -> Supplier:
    permission = Permission.KEY_REASON_VIEW if kind in SECRET else ""

    def supplier(units: Units, since: date, until: date) -> Mapping[int, Fact]:
        """Count what was noted with its day in the period and not withdrawn."""
        rows = NotedFact.objects.filter(
            Q(withdrawn_on=None) | Q(withdrawn_on__gt=until),
            enterprise__in=units,
            kind=kind,
            on__gte=since,
            on__lte=until,
        )
        found: dict[int, list[Ref]] = defaultdict(list)
        for row in rows.order_by("on", "pk"):
            label = f"{row.get_kind_display()}：{row.paper}"
            ref = Ref(label, on=row.on, permission=permission)
            found[row.enterprise_id].append(ref)
        return {unit: Fact(len(refs), tuple(refs)) for unit, refs in found.items()}

    supplier.__qualname__ = f"noted_{kind}"
    return supplier


for _kind in NotedFact.Kind.values:
    supplies_facts(_kind, source="不良记录登记")(_noted(_kind))


@supplies_facts("opened", source="单位档案")
def opened(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Say which units were founded in the period."""
    rows = units.filter(founded_on__gte=since, founded_on__lte=until)
    return {
        unit: Fact(1, (Ref(f"成立日期 {founded}", on=founded),))
        for unit, founded in rows.values_list("pk", "founded_on")
    }


@supplies_facts("supervised", source="调查登记表")
def supervised(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Say which units have a complete survey of any age."""
    rows = Survey.objects.filter(
        enterprise__in=units, is_complete=True, surveyed_on__lte=until
    )
    return {unit: Fact(1) for unit in rows.values_list("enterprise", flat=True)}


@supplies_facts("key_grade", source="守法诚信等级")
def key_grade(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Say which units hold a grade that makes them key units (C级)."""
    rows = Rating.objects.filter(enterprise__in=units, is_key=True).in_force(until)
    return {
        row.enterprise_id: Fact(
            1,
            (
                Ref(
                    f"{row.year}年度等级 {row.grade}",
                    reverse("supervision:rating", args=[row.pk]),
                    row.valid_from,
                ),
            ),
        )
        for row in rows.only("enterprise", "year", "grade", "valid_from")
    }


@supplies_facts("dishonest", source="失信名单")
def dishonest(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Say which units stand on the list of dishonest wage payers."""
    rows = Publication.objects.filter(enterprise__in=units).listed_on(until)
    return {
        row.enterprise_id: Fact(
            1,
            (
                Ref(
                    f"列入失信名单：{row.category}",
                    row.get_absolute_url(),
                    row.published_on,
                ),
            ),
        )
        for row in rows
    }
