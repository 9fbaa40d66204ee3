"""预警: the list, one warning with its facts, what was found, and the effect."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from enterprises.models import Enterprise
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.documents.answers import workbook_answer
from gridinspect.documents.sheets import SheetColumn, write_table
from gridinspect.scope import within_paths
from gridinspect.ui.pages import (
    Action,
    Tab,
    export_action,
    render_detail,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table, chosen_rows
from gridinspect.ui.templatetags.ui import badge_html
from gridinspect.workdays.rules import months_later
from grids import outline
from grids.access import may, require, require_somewhere
from grids.forms import add_refusal
from grids.policy import COLOURS
from reports.warnings.forms import AnswerForm, PeriodForm, SendForm, WarningFilter
from reports.warnings.models import BECAME, Answer, EarlyWarning
from reports.warnings.services.answering import (
    answer_warning,
    note_export,
    send_to_look,
)
from reports.warnings.services.effect import Effect, effects, not_warned

TONES = {"yellow": "notice", "orange": "warning", "red": "danger"}
CRUMBS = [("预警", "/warnings/")]
MOST = 20_000  # rows of a workbook
LOOK_WITHIN = 7  # days that the form for 派发核实 begins with


def colour_badge(warning: EarlyWarning):
    """Return 红色 as a badge; grey once the warning has ended."""
    return _badge(warning.colour, stands=warning.until is None)


def _badge(colour: str, *, stands: bool):
    return badge_html(COLOURS[colour], TONES[colour] if stands else "plain")


def gravest(user, unit: Enterprise) -> list:
    """Return the colour of the gravest warning that stands, for the file of a unit."""
    rows = EarlyWarning.objects.visible_to(user).standing().filter(enterprise=unit)
    row = rows.order_by("-rank").only("colour").first()
    return [badge_html(f"{COLOURS[row.colour]}预警", TONES[row.colour])] if row else []


def state_of(warning: EarlyWarning) -> str:
    """Return where a warning stands, in a word."""
    if warning.until is not None:
        return f"{warning.until} 解除"
    if warning.is_answered:
        return "已核实"
    if warning.task is not None and warning.task.is_open:
        return f"待核实（{warning.task.due_on} 前）"
    return "待核实"


def facts_in_words(warning: EarlyWarning) -> str:
    """Return 拖欠工资月数 3（达到 3 为红色）；…."""
    return "；".join(
        f"{one['name']}：{'、'.join(one['others'])}"
        if "others" in one
        else f"{one['name']} {one['value']:,}"
        for one in warning.facts
    )


def _asked(request: Request):
    at = outline.place_asked(request)
    rows = EarlyWarning.objects.visible_to(request.user)
    if at is not None:
        rows = rows.within(at)
    related = rows.select_related("enterprise__grid__parent", "task", "policy")
    return WarningFilter(request.GET, queryset=related), at


def columns() -> list[Column]:
    """Return the columns of the list, which are those of the export."""
    return [
        Column("colour", "级别", colour_badge, sort="rank"),
        Column(
            "unit",
            "单位名称",
            "enterprise.name",
            sort="enterprise__name",
            link=lambda row: row.enterprise.get_absolute_url(),
        ),
        Column(
            "grid",
            "网格",
            "enterprise.grid.name",
            sort="enterprise__grid__code",
            hidden=True,
        ),
        Column("name", "预警", "name", sort="name", link=True),
        Column("facts", "事实", facts_in_words, wraps=True),
        Column("since", "自", sort="since"),
        Column("state", "状态", state_of),
        Column("clause", "依据", hidden=True, wraps=True),
    ]


@require_GET
def warning_list(request: Request) -> HttpResponse:
    """Show the warnings of the chosen place, the gravest first."""
    user = request.user
    require_holds(user, Permission.EARLY_WARNING_VIEW)
    search, at = _asked(request)
    bulk = []
    if user.holds(Permission.EARLY_WARNING_SEND):
        bulk.append(Action("派发核实", reverse("warnings:send"), icon="send"))
    table = build_table(
        request,
        search.qs,
        columns(),
        name="warnings",
        default_sort="-colour",
        row_actions=lambda row: _row_actions(user, row),
        bulk=bulk,
    )
    asked = request.GET.urlencode()
    toolbar = [
        export_action(f"{reverse('warnings:export')}?{asked}"),
        Action("成效", f"{reverse('warnings:effect')}?{asked}", icon="graph-up"),
    ]
    return render_list(
        request,
        title="预警",
        table=table,
        filters=search,
        toolbar=toolbar,
        tree=outline.tree_beside(request, "warnings:list", at),
        note=f"辖区：{at}" if at else "",
        empty="没有符合条件的预警。单位的事实达到方案规定的界限时，会自动列在这里。",
    )


def _row_actions(user, row: EarlyWarning) -> list[Action]:
    if row.until or not may(
        user, Permission.EARLY_WARNING_ANSWER, at=row.enterprise.grid
    ):
        return []
    return [Action("核实反馈", reverse("warnings:answer", args=[row.pk]))]


@require_GET
def export(request: Request) -> HttpResponse:
    """Write what the list shows as a workbook."""
    user = request.user
    require_holds(user, Permission.EARLY_WARNING_VIEW)
    search, at = _asked(request)
    offered = columns()
    table = build_table(
        request, search.qs, offered, name="warnings", default_sort="-colour"
    )
    shown = [header.column for header in table.headers]
    today = timezone.localdate()
    rows = list(search.qs.order_by("-rank", "pk")[: MOST + 1])
    if len(rows) > MOST:
        messages.error(request, f"预警超过 {MOST:,} 条，请缩小查询范围后再导出。")
        return redirect(f"{reverse('warnings:list')}?{request.GET.urlencode()}")
    stream = BytesIO()
    write_table(
        stream,
        [SheetColumn(column.label, 24 if column.wraps else 14) for column in shown],
        ([_plain(column, row) for column in shown] for row in rows),
        title="用人单位预警名单",
        organisation=str(at or ""),
        period=f"截至 {today}",
        name="预警",
    )
    path = at.path if at else user.scope_paths(Permission.EARLY_WARNING_VIEW)[0]
    note_export(by=user, path=path, rows=len(rows), asked=request.GET.dict())
    return workbook_answer(stream, f"warnings-{today}.xlsx")


def _plain(column: Column, row: EarlyWarning) -> str:
    if column.key == "colour":
        return row.get_colour_display()
    value = column.of(row)
    return "" if value is None else str(value)


# --- one ------------------------------------------------------------------------------


def _visible(request: Request, pk: int) -> EarlyWarning:
    rows = EarlyWarning.objects.visible_to(request.user).select_related(
        "enterprise__grid__parent", "task", "policy"
    )
    return get_object_or_404(rows, pk=pk)


@require_GET
def warning_detail(request: Request, pk: int) -> HttpResponse:
    """Show one warning: its facts with the rows behind them, steps and answers."""
    row = _visible(request, pk)
    unit = row.enterprise
    answers = list(row.answers.select_related("evidence", "recorded_by__person"))
    actions = []
    if row.until is None and may(
        request.user, Permission.EARLY_WARNING_ANSWER, at=unit.grid
    ):
        url = reverse("warnings:answer", args=[row.pk])
        actions.append(Action("核实反馈", url, icon="check2-square", primary=True))
    if (
        row.until is None
        and not row.is_secret
        and may(request.user, Permission.EARLY_WARNING_SEND, at=unit.grid)
    ):
        url = f"{reverse('warnings:send')}?row={row.pk}"
        actions.append(Action("派发核实", url, icon="send"))
    context: dict[str, Any] = {
        "warning": row,
        "shown": facts_shown(request.user, row),
        "answers": answers,
        "steps": list(row.steps.all()),
    }
    return render_detail(
        request,
        title=str(row),
        badges=[colour_badge(row)],
        facts=[
            ("单位", unit.name),
            ("网格", unit.grid.name),
            ("预警日期", row.since),
            ("变为现级别", row.coloured_on),
            ("状态", state_of(row)),
            ("依据", row.clause or "本系统暂定规则，可由市级在方案中改定"),
            ("怎样解除", row.clears),
        ],
        tabs=[
            Tab(
                "facts",
                "事实",
                lambda: render_to_string("warnings/_facts.html", context, request),
            ),
            Tab(
                "answers",
                "核实反馈",
                lambda: render_to_string("warnings/_answers.html", context, request),
                count=len(answers),
            ),
            Tab(
                "steps",
                "变化",
                lambda: render_to_string("warnings/_steps.html", context, request),
                count=len(context["steps"]),
            ),
        ],
        actions=actions,
        crumbs=CRUMBS,
    )


def facts_shown(user, row: EarlyWarning) -> list[dict[str, Any]]:
    """Return the facts of a warning, each with its own colour and the rows behind it.

    Only the rows that this person may be shown; several small signs together have the
    colour of the warning.
    """
    stands = row.until is None
    return [
        one
        | {
            "badge": _badge(one.get("colour") or row.colour, stands=stands),
            "rows": [
                ref
                for ref in one.get("rows", ())
                if not ref.get("perm")
                or may(user, Permission(ref["perm"]), at=row.enterprise.grid)
            ],
        }
        for one in row.facts
    ]


def answer(request: Request, pk: int) -> HttpResponse:
    """Say what was found on looking into a warning."""
    row = _visible(request, pk)
    require(request.user, Permission.EARLY_WARNING_ANSWER, at=row.enterprise.grid)
    if row.until:
        messages.error(request, f"这条预警已于 {row.until} 解除，不用再反馈。")
        return redirect(row)
    form = AnswerForm(
        request.POST or None,
        request.FILES or None,
        initial={"on": timezone.localdate(), "outcome": Answer.Outcome.CONFIRMED},
    )
    if form.is_valid():
        try:
            answer_warning(warning=row, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"已登记“{row}”的核实结果。")
            return redirect(row)
    return render_form(
        request,
        title=f"核实反馈：{row}",
        form=form,
        crumbs=[*CRUMBS, (str(row), row.get_absolute_url())],
        submit="登记",
        note=f"{facts_in_words(row)}。{row.clears}后预警自动解除。",
    )


def send(request: Request) -> HttpResponse:
    """Have the chosen warnings looked into; their number is asked to be confirmed."""
    user = request.user
    require_somewhere(user, Permission.EARLY_WARNING_SEND)
    search, _ = _asked(request)
    paths = user.scope_paths(Permission.EARLY_WARNING_SEND)
    mine = search.qs.standing().filter(within_paths(paths, "enterprise__grid__path"))
    chosen = list(chosen_rows(request, mine).order_by("pk")[: MOST + 1])
    back = reverse("warnings:list")
    if not chosen or len(chosen) > MOST:
        words = (
            f"一次最多派发 {MOST:,} 条，请缩小查询范围。"
            if chosen
            else "没有选中未解除的预警，请先勾选再派发。"
        )
        messages.error(request, words)
        return redirect(back)
    due_on = timezone.localdate() + timedelta(days=LOOK_WITHIN)
    form = SendForm(request.POST or None, initial={"due_on": due_on})
    if form.is_valid():
        try:
            count = send_to_look(
                warnings=chosen, due_on=form.cleaned_data["due_on"], by=user
            )
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"已派发 {count:,} 条核实任务，由各网格办理。")
            return redirect(back)
    return render_form(
        request,
        title=f"派发核实：{len(chosen):,} 条预警",
        form=form,
        crumbs=CRUMBS,
        submit=f"派发这 {len(chosen):,} 条",
        note="任务交给单位所在网格的在岗人员；已有未办结任务的不重复派发。",
    )


# --- looking back ---------------------------------------------------------------------


@require_GET
def effect(request: Request) -> HttpResponse:
    """Show what became of warnings, and what nothing had warned of (预警成效)."""
    user = request.user
    require_holds(user, Permission.EARLY_WARNING_VIEW)
    at = outline.place_asked(request)
    today = timezone.localdate()
    period = {"since": months_later(today, -12), "until": today}
    form = PeriodForm({**{k: str(v) for k, v in period.items()}, **request.GET.dict()})
    if form.is_valid():
        period = {k: form.cleaned_data[k] for k in period}
    rows = EarlyWarning.objects.visible_to(user)
    if at is not None:
        rows = rows.within(at)
    missed = _missed(user, at, period) if user.holds(Permission.CASE_VIEW) else None
    return render(
        request,
        "warnings/effect.html",
        {
            "title": "预警成效",
            "crumbs": [*CRUMBS, ("预警成效", "")],
            "at": at,
            "form": form,
            "period": period,
            "effects": [
                (one.name, _cells(request, one, period))
                for one in effects(rows, **period)
            ],
            "missed": missed,
        },
    )


def _cells(request: Request, one: Effect, period: dict) -> list[tuple[int, str]]:
    """Return the counts of a rule, each with the address that shows its warnings."""
    asked = {
        "rule": one.rule,
        "state": "",
        "since_from": period["since"],
        "since_until": period["until"],
    }
    if grid := request.GET.get("grid"):
        asked["grid"] = grid
    page = reverse("warnings:list")
    cells = [(one.warned, f"{page}?{urlencode(asked)}")]
    for what in BECAME:
        url = f"{page}?{urlencode(asked | {'became': what})}"
        cells.append((getattr(one, what), url))
    return cells


def _missed(user, at, period) -> list[tuple[Enterprise, Any]]:
    """Return the visible units where a violation came without a warning."""
    units = Enterprise.objects.visible_to(user)
    cased = within_paths(user.scope_paths(Permission.CASE_VIEW), "grid__path")
    units = units.filter(cased)
    if at is not None:
        units = units.within(at)
    days = not_warned(units, **period)
    found = Enterprise.objects.select_related("grid").in_bulk(list(days))
    return sorted(
        ((found[key], day) for key, day in days.items()),
        key=lambda pair: pair[1],
        reverse=True,
    )
