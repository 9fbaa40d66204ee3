"""What warnings add to the pages of others: menu, tab, timeline, workbench, tasks."""

from collections.abc import Collection, Iterator
from datetime import date

from django.db.models import Count, Q
from django.urls import reverse

from enterprises.file_sections import FileTable, Part, file_sections
from enterprises.models import Enterprise
from enterprises.supervision.judges import judges_units
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.verbs import name_acts, name_details
from gridinspect.imports.traces import derives
from gridinspect.scope import within_paths
from gridinspect.ui.registry import (
    TimelineEntry,
    Todo,
    badges,
    menu,
    tabs,
    timeline,
    workbench,
)
from gridinspect.ui.tables import build_table
from grids.services.tasks import About, name_task_kind, tells_about
from reports.warnings.models import EarlyWarning, Step
from reports.warnings.services.judging import KIND, refresh_warnings
from reports.warnings.views import columns, facts_in_words, gravest, state_of

judges_units(refresh_warnings)
derives(EarlyWarning, Q(answers=None, task=None))
name_task_kind(KIND, "预警核实")

menu.add(
    "用人单位",
    "预警",
    "warnings:list",
    Permission.EARLY_WARNING_VIEW,
    icon="exclamation-triangle",
    order=76,
)

name_acts(
    {
        "warnings.refreshed": "更新预警",
        "warning.answered": "预警核实反馈",
        "warning.exported": "导出预警名单",
    }
)


badges.add("enterprises.enterprise", gravest)


def _of_unit(request, unit: Enterprise):
    rows = EarlyWarning.objects.visible_to(request.user).filter(enterprise=unit)
    shown = [one for one in columns() if one.key not in ("unit", "grid")]
    return build_table(
        request,
        rows.select_related("enterprise__grid", "task"),
        shown,
        name="unit-warnings",
        default_sort="-since",
    )


tabs.add(
    "enterprises.enterprise",
    "warnings",
    "预警",
    _of_unit,
    Permission.EARLY_WARNING_VIEW,
)


def _history(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    """Tell when warnings of a unit began, changed and ended."""
    seen = EarlyWarning.objects.visible_to(user).filter(enterprise=unit)
    steps = Step.objects.filter(warning__in=seen).select_related("warning")
    for step in steps.order_by("-on", "-pk")[:100]:
        what = f"{step.get_colour_display()}预警" if step.colour else "解除预警"
        yield TimelineEntry(
            step.on,
            f"{what}：{step.warning.name}",
            url=step.warning.get_absolute_url(),
            icon="exclamation-triangle",
            kind="预警",
        )


timeline.add("enterprises.enterprise", _history)


@tells_about("warnings.earlywarning")
def _about(user: User, keys: Collection[int]) -> dict[int, About]:
    """Tell which warnings tasks are about, as far as a person sees them."""
    rows = EarlyWarning.objects.visible_to(user).filter(pk__in=keys)
    return {
        row.pk: About(str(row), row.get_absolute_url())
        for row in rows.select_related("enterprise")
    }


def _waiting(user: User, today: date) -> list[Todo]:
    """Say how many warnings in the user's own places nobody has looked into."""
    if not user.holds(Permission.EARLY_WARNING_ANSWER):
        return []
    paths = user.scope_paths(Permission.EARLY_WARNING_ANSWER)
    rows = EarlyWarning.objects.visible_to(user).unanswered()
    rows = rows.filter(within_paths(paths, "enterprise__grid__path"), rank__gte=2)
    counts = rows.aggregate(
        red=Count("pk", filter=Q(rank=3)), orange=Count("pk", filter=Q(rank=2))
    )
    page = f"{reverse('warnings:list')}?state=unanswered&colour="
    return [
        Todo("未核实的红色预警", counts["red"], f"{page}red", urgent=True),
        Todo("未核实的橙色预警", counts["orange"], f"{page}orange"),
    ]


workbench.add(_waiting)


def _section(user: User, unit: Enterprise) -> list[Part]:
    """Return the warnings of a unit that all who may see warnings may see."""
    rows = EarlyWarning.objects.filter(enterprise=unit, is_secret=False)
    listed = [
        (
            row.get_colour_display(),
            row.name,
            facts_in_words(row),
            row.since,
            state_of(row),
        )
        for row in rows.select_related("task").order_by("-since", "-pk")
    ]
    heads = ("级别", "预警", "事实", "自", "状态")
    return [FileTable(heads, listed, widths=(1, 3, 5, 2, 3))] if listed else []


file_sections.add(
    "warnings", "预警", _section, Permission.EARLY_WARNING_VIEW, order=780
)


name_details({"begun": "新增", "changed": "变级", "ended": "解除", "tasks": "派任务"})
