"""行政检查: the list, its workbook, the tab of a unit, and 检查频次."""

from collections.abc import Iterator
from io import BytesIO

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from cases.inspections import words
from cases.inspections.forms import FrequencyFilter, InspectionFilter
from cases.inspections.frequency import Caps, cap_for, frequency_of, inspected_often
from cases.inspections.models import Inspection
from cases.inspections.rules import Frequency
from cases.inspections.services.listing import note_export
from enterprises.models import Enterprise
from enterprises.supervision.services.reading import grade_of
from gridinspect.accounts.roles import Permission
from gridinspect.documents.answers import workbook_answer
from gridinspect.documents.sheets import SheetColumn, write_table
from gridinspect.ui.pages import (
    Action,
    Tab,
    add_action,
    export_action,
    render_detail,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import may

P = Permission
MOST = 20_000  # rows of a workbook


def inspection_columns(user, today):
    caps = Caps()
    return [
        Column("enterprise", "被检查单位", "enterprise.name", link=True),
        Column("grid", "网格", "grid.name"),
        Column("kind", "类别", lambda row: words.kind_words(user, row, caps, today)),
        Column(
            "plan",
            "检查计划",
            lambda row: words.plan_title(user, row.plan),
            link=lambda row: words.plan_url(user, row.plan),
            hidden=True,
        ),
        Column("planned_on", "计划日期", sort="planned_on"),
        Column("inspected_on", "检查日期", sort="inspected_on"),
        Column("inspectors", "检查人员", words.inspectors),
        Column("counted", "频次", words.counted_words),
        Column("state", "状态", words.state),
        Column("due", "告知期限", lambda row: words.due(row, today)),
        Column("near", "紧急程度", lambda row: words.near(row, today)),
        Column("outcome", "处理结果", "get_outcome_display"),
        Column("approval_number", "批准文号", hidden=True),
        Column("notice_number", "通知书文号", hidden=True),
    ]


def _asked(request):
    at = outline.place_asked(request)
    rows = Inspection.objects.visible_to(request.user)
    filters = InspectionFilter(request.GET, queryset=rows.within(at) if at else rows)
    return at, filters


def inspection_list(request):
    """Show the inspections of the user's places."""
    user = request.user
    require_holds(user, P.INSPECTION_VIEW)
    at, filters = _asked(request)
    toolbar = []
    if user.holds(P.INSPECTION_HANDLE):
        toolbar.append(add_action(reverse("inspections:add"), "新增检查"))
    toolbar += [
        Action("检查计划", reverse("inspections:plans"), icon="calendar-check"),
        Action("检查频次", reverse("inspections:frequency"), icon="speedometer2"),
        export_action(
            f"{reverse('inspections:export')}?{request.GET.urlencode()}", "导出"
        ),
    ]
    return render_list(
        request,
        title="行政检查",
        table=build_table(
            request,
            filters.qs.for_list(),
            inspection_columns(user, timezone.localdate()),
            name="inspections",
        ),
        filters=filters,
        toolbar=toolbar,
        tree=outline.tree_beside(request, "inspections:list", at),
        note=f"辖区：{at}" if at else "",
        empty="没有符合条件的检查。检查须先有经批准的检查计划，再把单位加入计划。",
    )


@require_GET
def export(request) -> HttpResponse:
    """Hand out what the list shows as a workbook."""
    user, today = request.user, timezone.localdate()
    require_holds(user, P.INSPECTION_VIEW)
    at, filters = _asked(request)
    columns = inspection_columns(user, today)
    rows = filters.qs.for_list()[:MOST]
    stream = BytesIO()
    count = write_table(
        stream,
        [SheetColumn("序号", 6, "integer")]
        + [
            SheetColumn(one.label, 30 if one.key == "enterprise" else 16)
            for one in columns
            if one.key != "near"
        ],
        _cells(rows, [one for one in columns if one.key != "near"]),
        title="行政检查台账",
        organisation=str(at or ""),
        period=f"截至 {today}",
    )
    note_export(by=user, path=_path(user, at), rows=count, place=at)
    return workbook_answer(stream, f"inspections-{today}.xlsx")


def _cells(rows, columns) -> Iterator[list]:
    for number, row in enumerate(rows, start=1):
        values = []
        for column in columns:
            if column.key == "state":
                value = row.get_state_display()
            elif column.key == "due":
                value = row.result_due_on or ""
            else:
                value = column.of(row)
            values.append("" if value is None else str(value))
        yield [number, *values]


def _path(user, place) -> str:
    return place.path if place else user.scope_paths(P.INSPECTION_VIEW)[0]


# --- 检查频次 -------------------------------------------------------------------------


def frequency_list(request):
    """Show how often units were inspected in a year, those at their cap first."""
    user = request.user
    require_holds(user, P.INSPECTION_VIEW)
    at = outline.place_asked(request)
    form = FrequencyFilter(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    today = timezone.localdate()
    year = asked.get("year") or today.year
    on = today if year == today.year else today.replace(year=year, month=12, day=28)
    units = inspected_often(user, year)
    if at:
        units = units.within(at)
    if name := (asked.get("q") or "").strip():
        units = units.filter(Q(name__icontains=name))
    rows = _frequencies(list(units[:MOST]), on)
    if asked.get("at_cap"):
        rows = [row for row in rows if row["frequency"].at_cap]
    columns = [
        Column("name", "单位名称", "unit.name", link=_unit_url),
        Column("grid", "网格", "unit.grid.name"),
        Column("grade", "信用等级", "grade"),
        Column("counted", "已计入", "frequency.counted", numeric=True),
        Column("exempt", "不计入", "frequency.exempt", numeric=True),
        Column("cap", "上限", lambda row: row["cap"].value if row["cap"] else "—"),
        Column("state", "情况", _cap_state),
        Column("source", "依据", lambda row: row["cap"].words if row["cap"] else "—"),
    ]
    return render_list(
        request,
        title="检查频次",
        table=build_table(request, rows, columns, name="inspection-frequency"),
        filters=_Holder(form),
        crumbs=[("行政检查", reverse("inspections:list"))],
        tree=outline.tree_beside(request, "inspections:frequency", at),
        note=f"{year} 年（自然年度）。"
        "投诉举报、交办移送、数据预警、单位申请的检查不计入。"
        + (f"辖区：{at}" if at else ""),
        empty="这一年没有检查过的单位。",
    )


class _Holder:
    """What the search block asks for: something with a form."""

    def __init__(self, form):
        self.form = form


def _frequencies(units, on) -> list[dict]:
    caps, grades = Caps(), grade_of([unit.pk for unit in units], on)
    rows = []
    for unit in units:
        grade = grades.get(unit.pk)
        cap = cap_for(unit, grade, on=on, caps=caps)
        rows.append(
            {
                "unit": unit,
                "grade": grade.grade if grade else "",
                "cap": cap,
                "frequency": Frequency(on.year, unit.counted, unit.exempt, cap),
            }
        )
    return sorted(rows, key=lambda row: not row["frequency"].at_cap)


def _unit_url(row) -> str:
    return reverse("inspections:unit-frequency", args=[row["unit"].pk])


def _cap_state(row):
    frequency = row["frequency"]
    if frequency.cap and frequency.counted > frequency.cap.value:
        return badge_html("突破上限", "danger")
    return badge_html("已达上限", "warning") if frequency.at_cap else "未达上限"


def unit_frequency(request, enterprise_pk):
    """Show the inspections of one unit in a year that count, and those that do not."""
    user = request.user
    unit = get_object_or_404(
        Enterprise.objects.visible_to(user).select_related("grid", "district__city"),
        pk=enterprise_pk,
    )
    require_holds(user, P.INSPECTION_VIEW)
    today = timezone.localdate()
    frequency = frequency_of(unit, on=today)
    cap = frequency.cap
    rows = Inspection.objects.visible_to(user).filter(enterprise=unit)
    actions = [Action("单位档案", f"{unit.get_absolute_url()}?tab=inspections")]
    if may(user, P.INSPECTION_HANDLE, at=unit.grid):
        url = reverse("inspections:add-unit", args=[unit.pk])
        actions.insert(0, Action("新增检查", url, primary=True))
    return render_detail(
        request,
        title=f"检查频次：{unit.name}",
        subtitle=f"{today.year} 年",
        badges=[_cap_state({"frequency": frequency})] if frequency.at_cap else [],
        facts=[
            ("已计入", f"{frequency.counted} 次"),
            ("不计入", f"{frequency.exempt} 次"),
            ("上限", f"{cap.value} 次" if cap else "没有载入"),
            ("依据", cap.source if cap else ""),
            ("条文", cap.text if cap else ""),
            ("信用等级", cap.grade if cap else ""),
        ],
        tabs=_frequency_tabs(request, rows, today),
        actions=actions,
        crumbs=[
            ("行政检查", reverse("inspections:list")),
            ("检查频次", reverse("inspections:frequency")),
        ],
    )


def _frequency_tabs(request, rows, today):
    year = rows.filter(year=today.year)
    columns = inspection_columns(request.user, today)

    def table(found, name):
        return lambda: build_table(request, found.for_list(), columns, name=name)

    counted = year.standing().filter(is_counted=True)
    exempt = year.standing().filter(is_counted=False)
    return [
        Tab(
            "counted",
            "计入的检查",
            table(counted, "counted"),
            counted.count(),
            empty=f"{today.year} 年没有计入频次的检查。",
        ),
        Tab(
            "exempt",
            "不计入的检查",
            table(exempt, "exempt"),
            exempt.count(),
            empty=f"{today.year} 年没有不计入频次的检查。",
        ),
        Tab(
            "all",
            "历年检查",
            table(rows, "all-inspections"),
            empty="没有检查过。点“新增检查”把该单位列入经批准的检查计划。",
        ),
    ]


def inspections_of(request, enterprise) -> str:
    """Return the tab 检查 of a unit's file, with its frequency and the way to plan."""
    user = request.user
    rows = Inspection.objects.visible_to(user).filter(enterprise=enterprise)
    columns = [
        column
        for column in inspection_columns(user, timezone.localdate())
        if column.key != "grid"
    ]
    may_plan = may(user, P.INSPECTION_HANDLE, at=enterprise.grid)
    columns[0] = Column(
        "detail", "检查", lambda row: row.inspected_on or row.planned_on, link=True
    )
    context = {
        "table": build_table(
            request, rows.for_list(), columns, name="unit-inspections"
        ),
        "enterprise": enterprise,
        "frequency": frequency_of(enterprise),
        "may_plan": may_plan,
        "empty": "还没有行政检查。"
        + ("点“新增检查”把该单位列入检查计划。" if may_plan else ""),
    }
    return render_to_string("inspections/_of_unit.html", context, request)
