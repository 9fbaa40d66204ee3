"""The working-day calendar. It lives up here: a new year moves open periods."""

import calendar as months
from datetime import date

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse

from cases import services
from cases.forms import HOLIDAYS, HolidayFormSet, NoticeForm
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import Action, form_sections, render_list
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from gridinspect.workdays.models import CalendarYear, ExceptionDay
from gridinspect.workdays.rules import NoticeFaulty, WorkCalendar
from grids.access import may_somewhere, require_somewhere


def year_list(request):
    """Show the years with a holiday notice."""
    calendar = ExceptionDay.objects.as_calendar()
    columns = [
        Column(
            "year",
            "年度",
            value=str,
            link=lambda year: reverse("workdays:year", args=[year.year]),
        ),
        Column("working", "工作日", value=lambda y: _working(calendar, y.year)),
        Column("source", "依据"),
        Column(
            "official",
            "状态",
            value=lambda y: (
                badge_html("已公布", "ok")
                if y.is_official
                else badge_html("暂定", "plain")
            ),
        ),
        Column("entered_by", "录入人", value=lambda y: y.entered_by or "系统载入"),
        Column("entered_at", "录入时间"),
    ]
    years = list(
        CalendarYear.objects.select_related("entered_by__person").order_by("-year")
    )
    toolbar = []
    if may_somewhere(request.user, Permission.CALENDAR_EDIT):
        url = reverse("workdays:add")
        toolbar = [Action("录入年度安排", url, icon="plus-lg", primary=True)]
    return render_list(
        request,
        title="工作日历",
        table=build_table(request, years, columns, name="workdays"),
        toolbar=toolbar,
        empty="还没有任何年度的放假安排。",
        note="没有放假安排的年度按周一至周五计算，跨入这些年度的期限标注“暂定”。",
    )


def year_detail(request, year):
    """Show a year month by month."""
    if not 2001 <= year <= 2100:
        raise Http404
    row = CalendarYear.objects.filter(pk=year).first()
    calendar = ExceptionDay.objects.as_calendar()
    page = {
        "title": f"{year}年工作日历",
        "year": year,
        "row": row,
        "working": _working(calendar, year),
        "months": [_month(calendar, year, month) for month in range(1, 13)],
        "days": ExceptionDay.objects.filter(year_id=year) if row else [],
        "crumbs": [("工作日历", reverse("workdays:list")), (f"{year}年", "")],
        "may_edit": may_somewhere(request.user, Permission.CALENDAR_EDIT),
    }
    return render(request, "workdays/year.html", page)


def year_edit(request, year=None):
    """Enter a year's notice, or enter it again."""
    require_somewhere(request.user, Permission.CALENDAR_EDIT)
    form, lines = _forms(request, year)
    if request.method == "POST" and form.is_valid() and lines.is_valid():
        notice = [line.holiday for line in lines if line.holiday]
        try:
            entered = services.enter_notice(
                notice=notice, by=request.user, **form.cleaned_data
            )
        except NoticeFaulty as error:
            for fault in error.faults:
                form.add_error(None, fault)
        else:
            year = form.cleaned_data["year"]
            messages.success(
                request,
                f"{year}年放假安排已保存，{entered.moved}个办理期限随之变动。"
                if entered.changed
                else f"{year}年放假安排没有变化。",
            )
            return redirect("workdays:year", year=year)
    title = f"修改{year}年放假安排" if year else "录入年度放假安排"
    page = {
        "title": title,
        "form": form,
        "lines": lines,
        "sections": form_sections(form, [("通知", list(form.fields))]),
        "crumbs": [("工作日历", reverse("workdays:list")), (title, "")],
        "submit": "保存并重新计算期限",
        "cancel": reverse("workdays:list"),
    }
    return render(request, "workdays/edit.html", page)


def _forms(request, year):
    if request.method == "POST":
        return NoticeForm(request.POST), HolidayFormSet(request.POST)
    if year is None:
        newest = CalendarYear.objects.order_by("-year").first()
        coming = {"year": newest.year + 1} if newest else {}
        lines = [{"name": name} for name in HOLIDAYS]
        return NoticeForm(initial=coming), HolidayFormSet(initial=lines)
    row = CalendarYear.objects.filter(pk=year).first()
    if row is None:
        raise Http404
    known = {
        "year": row.year,
        "source": row.source,
        "is_official": row.is_official,
    }
    return NoticeForm(initial=known), HolidayFormSet(initial=_lines(row))


def _lines(row):
    """Return a stored year as lines of the form: days in a row make one holiday."""
    lines: list[dict] = []
    for special in row.days.filter(is_working_day=False):
        last = lines[-1] if lines else None
        if last and (special.day - last["last"]).days == 1:
            last["last"] = special.day
        else:
            lines.append(
                {"name": special.name, "first": special.day, "last": special.day}
            )
    for special in row.days.filter(is_working_day=True) if lines else ():
        near = min(
            (line for line in lines),
            key=lambda line: (
                line["name"] != special.name,
                abs((line["first"] - special.day).days),
            ),
        )
        near["worked"] = f"{near.get('worked', '')} {special.day}".strip()
    return lines


def _working(calendar: WorkCalendar, year: int) -> int:
    return calendar.count(date(year - 1, 12, 31), date(year, 12, 31))


def _month(calendar: WorkCalendar, year: int, month: int) -> dict:
    weeks = [
        [_cell(calendar, day, month) for day in week]
        for week in months.Calendar().monthdatescalendar(year, month)
    ]
    return {"number": month, "weeks": weeks}


def _cell(calendar: WorkCalendar, day: date, month: int) -> dict | None:
    """Return how a day is drawn: its word 休 or 班 says what its colour says."""
    if day.month != month:
        return None
    mark = ""
    if day in calendar.days_off:
        mark = "休"
    elif day in calendar.days_on:
        mark = "班"
    works = calendar.is_working_day(day)
    return {"day": day, "mark": mark, "works": works, "why": calendar.why(day)}
