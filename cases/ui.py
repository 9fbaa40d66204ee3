"""What cases add to the menu, the workbench and the files of units."""

from datetime import date

from django.urls import reverse

from cases import clocks
from cases.models import Case, Extension, Matter, Writ
from cases.rules import Urgency
from cases.views.cases import cases_of
from enterprises.file_sections import FileTable, Part, file_sections
from enterprises.models import Enterprise
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.verbs import name_values
from gridinspect.ui.registry import (
    TimelineEntry,
    Todo,
    menu,
    tabs,
    timeline,
    workbench,
)

SECTION = "投诉举报与案件"
menu.add(
    SECTION, "投诉举报", "cases:matters", Permission.CASE_VIEW, "chat-left-text", 10
)
menu.add(SECTION, "案件", "cases:list", Permission.CASE_VIEW, "folder2-open", 20)
menu.add(SECTION, "时限", "cases:clocks", Permission.CASE_VIEW, "hourglass-split", 30)

name_values("kind", [*Matter.Kind.choices, *Writ.Kind.choices])
name_values("outcome", Case.Outcome.choices)
name_values("source", Case.Source.choices)

tabs.add("enterprises.enterprise", "cases", "案件", cases_of, Permission.CASE_VIEW)


def _cases_on_timeline(user: User, enterprise) -> list[TimelineEntry]:
    """Show the filing and closing of cases on the unit's own timeline. One query."""
    if not user.holds(Permission.CASE_VIEW):
        return []
    entries = []
    for case in Case.objects.visible_to(user).filter(enterprise=enterprise):
        url = case.get_absolute_url()
        words = f"立案 {case}"
        entries.append(TimelineEntry(case.filed_on, words, url=url, kind="案件"))
        if case.closed_on:
            words = f"结案 {case}：{case.get_outcome_display()}"
            entries.append(TimelineEntry(case.closed_on, words, url=url, kind="案件"))
    return entries


timeline.add("enterprises.enterprise", _cases_on_timeline)


def _cases_printed(user: User, enterprise: Enterprise) -> list[Part]:
    """Return the cases of a unit for its printed file. One query."""
    cases = Case.objects.visible_to(user).filter(enterprise=enterprise)
    rows = [
        [
            case.number,
            case.filed_on,
            case.cause,
            case.due_on,
            case.closed_on,
            case.get_outcome_display() if case.closed_on else "办理中",
        ]
        for case in cases.order_by("filed_on", "pk")
    ]
    heads = ["案号", "立案日期", "案由", "办理期限", "结案日期", "结果"]
    return [FileTable(heads, rows, widths=[4, 2, 3, 2, 2, 2])] if rows else []


file_sections.add("cases", "案件", _cases_printed, Permission.CASE_VIEW, 700)


def todos(user: User, today: date) -> list[Todo]:
    """Say what of cases waits for this person."""
    if not user.holds(Permission.CASE_VIEW):
        return []
    lines = []
    if user.holds(Permission.COMPLAINT_INTAKE):
        waiting = Matter.objects.visible_to(user).undecided()
        url = f"{reverse('cases:matters')}?state={Matter.State.REGISTERED}"
        lines.append(Todo("投诉举报待处理", waiting.count(), url))
    if user.holds(Permission.CASE_FILE):
        accepted = Matter.objects.visible_to(user).to_file()
        url = f"{reverse('cases:matters')}?state={Matter.State.ACCEPTED}"
        lines.append(
            Todo("已受理待立案", accepted.count(), url, urgent=True, note="应当日立案")
        )
    if user.holds(Permission.CASE_APPROVE):
        lines.append(_extensions(user))
    if user.holds(Permission.CASE_HANDLE) or user.holds(Permission.CASE_APPROVE):
        lines += [
            _clocks(user, today, Urgency.OVERDUE, urgent=True),
            _clocks(user, today, Urgency.THREE_DAYS, urgent=True),
        ]
    return lines


def _extensions(user: User) -> Todo:
    pending = Extension.objects.filter(
        state=Extension.State.PROPOSED,
        case__in=Case.objects.visible_to(user),
    ).exclude(proposed_by=user)
    first = pending.order_by("case__due_on", "pk").first()
    url = (
        reverse("cases:decide_extension", args=[first.pk])
        if first
        else reverse("cases:list")
    )
    return Todo("延期申请待批复", pending.count(), url)


def _clocks(user: User, today: date, near: Urgency, *, urgent: bool) -> Todo:
    count = clocks.running(user, on=today, urgency=near.name).count()
    url = f"{reverse('cases:clocks')}?urgency={near.name}"
    return Todo(f"时限{near.value}", count, url, urgent=urgent)


workbench.add(todos)
