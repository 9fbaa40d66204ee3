"""What inspections add to the menu, the workbench and the files of units."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from django.urls import reverse

from cases.inspections.models import Inspection, InspectionPlan
from cases.inspections.views.lists import inspections_of
from enterprises.file_sections import FileTable, Part, file_sections
from enterprises.models import Enterprise
from enterprises.reviews.facts import not_handed_in
from enterprises.supervision.facts import Fact, Ref, Units, supplies_facts
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.verbs import name_details
from gridinspect.ui.registry import (
    TimelineEntry,
    Todo,
    menu,
    tabs,
    timeline,
    workbench,
)
from grids.services.tasks import About, tells_about

P = Permission
menu.add(
    "投诉举报与案件",
    "行政检查",
    "inspections:list",
    P.INSPECTION_VIEW,
    "clipboard2-check",
    25,
)
tabs.add(
    "enterprises.enterprise", "inspections", "检查", inspections_of, P.INSPECTION_VIEW
)


def _on_timeline(user: User, enterprise: Enterprise) -> list[TimelineEntry]:
    """Show when the unit was inspected; never why. One query."""
    if not user.holds(P.INSPECTION_VIEW):
        return []
    rows = Inspection.objects.visible_to(user).filter(
        enterprise=enterprise, state__in=Inspection.DONE
    )
    entries = []
    for row in rows:
        url, day = row.get_absolute_url(), row.inspected_on or row.planned_on
        entries.append(
            TimelineEntry(
                at=day, text="行政检查", url=url, note=row.notice_number, kind="检查"
            )
        )
        if row.concluded_on:
            words = f"告知检查结果：{row.get_outcome_display()}"
            entries.append(
                TimelineEntry(at=row.concluded_on, text=words, url=url, kind="检查")
            )
    return entries


timeline.add("enterprises.enterprise", _on_timeline)


def _section(user: User, unit: Enterprise) -> Sequence[Part]:
    """Return the inspections of a unit for its printed file; never why."""
    rows = (
        Inspection.objects.filter(enterprise=unit, state__in=Inspection.DONE)
        .prefetch_related("members__person")
        .order_by("inspected_on", "pk")
    )
    lines = [
        [
            row.inspected_on,
            "、".join(m.person.name for m in row.members.all() if not m.is_helper),
            row.notice_number,
            row.get_outcome_display() or "待告知",
            row.concluded_on,
        ]
        for row in rows
    ]
    if not lines:
        return []
    heads = ["检查日期", "检查人员", "通知书文号", "处理结果", "告知日期"]
    return [FileTable(heads, lines, widths=[2, 3, 5, 3, 2])]


file_sections.add("inspections", "行政检查", _section, P.INSPECTION_VIEW, 600)


@supplies_facts("supervised", source="行政检查")
def _supervised(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Count the inspections that took place in a period, of each unit."""
    rows = Inspection.objects.filter(
        enterprise__in=units,
        state__in=Inspection.DONE,
        inspected_on__gte=since,
        inspected_on__lte=until,
    ).order_by("inspected_on", "pk")
    found: dict[int, list[Ref]] = defaultdict(list)
    for pk, unit, day in rows.values_list("pk", "enterprise", "inspected_on"):
        url = reverse("inspections:detail", args=[pk])
        found[unit].append(Ref(f"{day} 行政检查", url, day, P.INSPECTION_VIEW))
    return {unit: Fact(len(refs), tuple(refs)) for unit, refs in found.items()}


@supplies_facts("review_missing", source="书面审查")
def _review_missing(units: Units, since: date, until: date) -> Mapping[int, Fact]:
    """Count the reviews that were not handed in until their last day.

    Here, because written reviews and supervision lie side by side below.
    """
    found = {}
    for unit, rows in not_handed_in(units, since, until).items():
        refs = tuple(
            Ref(
                f"{name}未报送",
                reverse("reviews:detail", args=[pk]),
                permission=P.REVIEW_VIEW,
            )
            for pk, name in rows
        )
        found[unit] = Fact(len(refs), refs)
    return found


@tells_about("inspections.inspection")
def _about(user: User, keys: Collection[int]) -> dict[int, About]:
    """Tell which inspections tasks are about, as far as a person sees them."""
    rows = Inspection.objects.visible_to(user).filter(pk__in=keys)
    return {
        row.pk: About(f"行政检查 {row.enterprise.name}", row.get_absolute_url())
        for row in rows.select_related("enterprise")
    }


def todos(user: User, today: date) -> list[Todo]:
    """Say what of inspections waits for this person."""
    if not user.holds(P.INSPECTION_VIEW):
        return []
    lines, rows = [], Inspection.objects.visible_to(user)
    page, plans = reverse("inspections:list"), reverse("inspections:plans")
    if user.holds(P.INSPECTION_APPROVE):
        waiting = InspectionPlan.objects.visible_to(user).to_approve()
        waiting = waiting.exclude(proposed_by=user)
        lines.append(Todo("检查计划待批准", waiting.count(), f"{plans}?state=proposed"))
        over = rows.to_approve().exclude(proposed_by=user)
        lines.append(
            Todo("突破频次上限的检查待批准", over.count(), f"{page}?state=over_cap")
        )
    if user.holds(P.INSPECTION_HANDLE):
        week = rows.planned_in_week(today)
        lines.append(Todo("本周计划检查", week.count(), f"{page}?state=week"))
        to_tell = rows.to_conclude()
        lines.append(Todo("待告知检查结果", to_tell.count(), f"{page}?state=inspected"))
        late = rows.overdue(on=today)
        url = f"{page}?state=overdue"
        lines.append(Todo("逾期未告知检查结果", late.count(), url, urgent=True))
    return lines


workbench.add(todos)

name_details(
    {
        "case": "立案",
        "findings": "检查事项",
        "helpers": "协助人员",
        "over_cap": "突破频次上限",
        "planned_on": "计划日期",
    }
)
