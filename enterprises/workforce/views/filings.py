"""用工备案: the tab of a unit's file, filing persons and units, and one filing."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from enterprises.models import Enterprise
from enterprises.workforce import duties
from enterprises.workforce.columns import (
    agreement_columns,
    filing_columns,
    payroll_columns,
)
from enterprises.workforce.forms.filings import FilingForm, ReasonForm, UnitFilingForm
from enterprises.workforce.limits import EVENT_WORDS, Event, FilingLaw
from enterprises.workforce.models import Contract, Filing, Worker
from enterprises.workforce.services import filings as acts
from enterprises.workforce.views.common import (
    act_page,
    crumbs_of,
    tab_url,
    unit_to_edit,
)
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.law import Limit
from gridinspect.ui.pages import Action, Tab, render_detail
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids.access import may, require

P = Permission
NEWEST = 20  # papers of a unit on its tab; the list has all
UNITS = {"working_days": "个工作日", "natural_days": "日", "months": "个月"}


def limit_words(event: Event, limit: Limit) -> str:
    """Return a limit in one sentence with its source: 新招用 30 日（…）."""
    mark = "" if limit.verified else "，待核实"
    return (
        f"{EVENT_WORDS[event]}后 {limit.value} {UNITS.get(limit.unit, limit.unit)}内"
        f"（{limit.source}{mark}）"
    )


def unsorted(columns: list[Column]) -> list[Column]:
    """Return columns that do not sort, for a further table of one page."""
    return [replace(column, sort=None) for column in columns]


def filings_tab(request: Request, unit: Enterprise) -> str:
    """Return what a unit filed and should have filed, and its papers with a term."""
    today, law = timezone.localdate(), FilingLaw()
    unit = Enterprise.objects.select_related("grid", "district__city").get(pk=unit.pk)
    days = law.number("contract_expiry_days").value
    waiting = acts.duties_of(unit, today, law=law)
    late = [duty for duty in waiting if duty.days_late]
    edits = may(request.user, P.WORKFORCE_EDIT, at=unit.grid)

    def change(name: str) -> Any:
        if not edits:
            return None
        return lambda row: [Action("修改", reverse(f"workforce:{name}", args=[row.pk]))]

    context = {
        "unit": unit,
        "waiting": waiting[:10],
        "waiting_count": len(waiting),
        "late_count": len(late),
        "cancellation": _cancellation(unit, law),
        "limits": [limit_words(event, law.of(event, unit.district)) for event in Event],
        "filings": build_table(
            request,
            unit.filings.all(),
            filing_columns(with_unit=False),
            name="unit-filings",
            default_sort="-filed_on",
        ),
        "agreements": build_table(
            request,
            list(unit.agreements.order_by("-begins_on", "-pk")[:NEWEST]),
            unsorted(agreement_columns(today, days, with_unit=False)),
            name="unit-agreements",
            prefix="a_",
            row_actions=change("agreement-change"),
        ),
        "payrolls": build_table(
            request,
            list(unit.payroll_returns.order_by("-year", "-quarter")[:NEWEST]),
            unsorted(payroll_columns(with_unit=False)),
            name="unit-payrolls",
            prefix="p_",
            row_actions=change("payroll-change"),
        ),
        "buttons": _buttons(unit, bool(waiting)) if edits else {},
    }
    return render_to_string("workforce/_filings.html", context, request)


def _buttons(unit: Enterprise, waits: bool) -> dict[str, list[Action]]:
    def to(name: str, label: str, *, primary: bool = False) -> Action:
        url = reverse(f"workforce:{name}", args=[unit.pk])
        return Action(label, url, icon="plus-lg", primary=primary)

    filings = [to("filing-unit", "登记单位变更、注销备案")]
    if waits:
        filings.insert(0, to("filing-add", "登记用工备案", primary=True))
    return {
        "filings": filings,
        "agreements": [to("agreement-add", "新增合同或批复")],
        "payrolls": [to("payroll-add", "新增工资总额或报表")],
    }


def _cancellation(unit: Enterprise, law: FilingLaw) -> dict[str, Any] | None:
    """Return what is due of a unit that was cancelled after it had filed."""
    if unit.status != Enterprise.Status.CANCELLED:
        return None
    kinds = set(unit.filings.values_list("kind", flat=True))
    if not kinds or Filing.Kind.CANCELLATION in kinds:
        return None
    period = unit.status_periods.filter(until=None).first()
    if period is None:
        return None
    due = law.due(Event.CANCELLED, period.since, unit.district)
    return {
        "since": period.since,
        "due": due.on,
        "late": timezone.localdate() > due.on,
    }


def filing_add(request: Request, pk: int) -> HttpResponse:
    """Note a filing of the persons of whom something has to be filed."""
    unit = unit_to_edit(request, pk)
    law, today = FilingLaw(), timezone.localdate()
    waiting = acts.duties_of(unit, today, law=law)
    form = FilingForm(
        request.POST or None, offered=waiting[: acts.MOST_SHOWN], total=len(waiting)
    )
    is_first = not unit.filings.filter(kind=Filing.Kind.FIRST).exists()
    limits = "；".join(
        limit_words(event, law.of(event, unit.district)) for event in duties.EVENTS
    )
    return act_page(
        request,
        form=form,
        act=lambda: acts.file_persons(enterprise=unit, by=request.user, **form.act()),
        title="登记用工备案" + ("（初次）" if is_first else ""),
        crumbs=crumbs_of(unit, "filings", "备案"),
        done=lambda made: (
            f"已登记{made.get_kind_display()}，涉及 {made.person_count} 人"
            + (f"，其中 {made.late_count} 项超期。" if made.late_count else "。")
        ),
        to=lambda made: made.get_absolute_url(),
        sections=[
            ("备案", ["filed_on", "number", "remark"]),
            ("涉及人员", ["whom", "chosen"], limits),
        ],
        note=f"{unit.name}：职工名册中有 {len(waiting)} 项待备案。",
    )


def filing_unit(request: Request, pk: int) -> HttpResponse:
    """Note a filing about the unit itself: changed data, or its cancellation."""
    unit = unit_to_edit(request, pk)
    law = FilingLaw()
    form = UnitFilingForm(request.POST or None)
    rules = (Event.UNIT_CHANGED, Event.CANCELLED)
    return act_page(
        request,
        form=form,
        act=lambda: acts.file_unit(
            enterprise=unit, by=request.user, **form.cleaned_data
        ),
        title="登记单位变更、注销备案",
        crumbs=crumbs_of(unit, "filings", "备案"),
        done=lambda made: (
            f"已登记{made.get_kind_display()}"
            + (f"，应于 {made.due_on} 前备案，已超期。" if made.late_count else "。")
        ),
        to=lambda made: made.get_absolute_url(),
        note="；".join(
            limit_words(event, law.of(event, unit.district)) for event in rules
        ),
    )


def _visible(request: Request, pk: int) -> Filing:
    filings = Filing.objects.visible_to(request.user).select_related(
        "enterprise__grid", "enterprise__district__city", "recorded_by__person"
    )
    return get_object_or_404(filings, pk=pk)


@require_GET
def filing_detail(request: Request, pk: int) -> HttpResponse:
    """Show one filing: whom it concerns, and how their days were counted."""
    filing, law = _visible(request, pk), FilingLaw()
    unit = filing.enterprise
    late = badge_html(f"超期 {filing.late_count} 项", "danger")
    actions = []
    if may(request.user, P.WORKFORCE_EDIT, at=unit.grid):
        url = reverse("workforce:filing-void", args=[filing.pk])
        actions.append(Action("撤销登记", url, icon="x-circle", danger=True))
    tabs = []
    if filing.kind in (Filing.Kind.FIRST, Filing.Kind.CHANGE):
        tabs.append(Tab("persons", "涉及人员", lambda: _persons(request, filing, law)))
    return render_detail(
        request,
        title=filing.get_kind_display(),
        subtitle=unit.name,
        badges=[late if filing.late_count else badge_html("按期", "ok")],
        facts=[
            ("备案日期", filing.filed_on),
            ("备案编号", filing.number),
            ("应备案期限", filing.due_on),
            ("变更（注销）日期", filing.happened_on),
            ("变更事项", filing.what),
            ("涉及人数", f"{filing.person_count} 人" if filing.person_count else None),
            ("登记人", str(filing.recorded_by)),
            ("登记时间", filing.recorded_at),
            ("备注", filing.remark),
        ],
        tabs=[
            *tabs,
            Tab("limits", "期限计算", lambda: _explained(request, filing, law)),
        ],
        actions=actions,
        crumbs=crumbs_of(unit, "filings", "备案"),
        obj=filing,
    )


def _explained(request: Request, filing: Filing, law: FilingLaw) -> str:
    """Return how the period of a filing was counted, day by day."""
    district = filing.enterprise.district
    kinds: list[tuple[Event, Any]]
    if filing.kind == Filing.Kind.UNIT:
        kinds = [(Event.UNIT_CHANGED, filing.happened_on)]
    elif filing.kind == Filing.Kind.CANCELLATION:
        kinds = [(Event.CANCELLED, filing.happened_on)]
    else:
        kinds = _earliest(filing)
    periods = [
        {
            "name": EVENT_WORDS[event],
            "limit": (limit := law.of(event, district)),
            "unit": UNITS.get(limit.unit, limit.unit),
            "due": law.due(event, day, district),
        }
        for event, day in kinds
    ]
    return render_to_string(
        "workforce/_explanation.html", {"periods": periods}, request
    )


def _earliest(filing: Filing) -> list[tuple[Event, Any]]:
    hired = filing.hired.order_by("since").values_list("since", flat=True).first()
    ended = filing.ended.order_by("until").values_list("until", flat=True).first()
    renewed = (
        filing.contracts.exclude(worker__hire_filing=filing)
        .order_by("begins_on")
        .first()
    )
    found = [(Event.HIRED, hired), (Event.ENDED, ended)]
    if renewed:
        found.append((Event.RENEWED, renewed.signed_on or renewed.begins_on))
    return [(event, day) for event, day in found if day]


def _persons(request: Request, filing: Filing, law: FilingLaw) -> Any:
    rows = list(_rows(filing, law))
    return build_table(
        request,
        sorted(rows, key=lambda row: row["day"]),
        [
            Column("name", "姓名", link=lambda row: row["worker"].get_absolute_url()),
            Column("event", "事项"),
            Column("day", "发生日期", sort="day"),
            Column("due", "应备案期限", sort="due"),
            Column("late", "期限"),
        ],
        name="filing-persons",
    )


def _rows(filing: Filing, law: FilingLaw) -> Any:
    """Yield every person and event of a filing. Three queries."""
    district = filing.enterprise.district
    found: list[tuple[Event, Worker, Any]] = [
        (Event.HIRED, worker, worker.since) for worker in filing.hired.all()
    ]
    found += [(Event.ENDED, worker, worker.until) for worker in filing.ended.all()]
    renewed = Contract.objects.filter(filing=filing).exclude(worker__hire_filing=filing)
    found += [
        (Event.RENEWED, one.worker, one.signed_on or one.begins_on)
        for one in renewed.select_related("worker")
    ]
    for event, worker, day in found:
        due = law.due(event, day, district).on
        days = (filing.filed_on - due).days
        late = (
            badge_html(f"超 {days} 天", "danger")
            if days > 0
            else badge_html("按期", "ok")
        )
        yield {
            "worker": worker,
            "name": worker.name,
            "event": EVENT_WORDS[event],
            "day": day,
            "due": due,
            "late": late,
        }


def filing_void(request: Request, pk: int) -> HttpResponse:
    """Take back a filing that was noted by mistake."""
    filing = _visible(request, pk)
    unit = filing.enterprise
    require(request.user, P.WORKFORCE_EDIT, at=unit.grid)
    form = ReasonForm(request.POST or None)
    return act_page(
        request,
        form=form,
        act=lambda: acts.void_filing(
            filing=filing, by=request.user, **form.cleaned_data
        ),
        title=f"撤销登记：{filing}",
        crumbs=[
            *crumbs_of(unit, "filings", "备案"),
            (str(filing), filing.get_absolute_url()),
        ],
        done="已撤销这次备案登记，涉及的人员重新列为待备案。",
        to=lambda _: tab_url(unit, "filings"),
        submit="撤销登记",
        note=f"涉及 {filing.person_count} 人，撤销后这些人员重新列为待备案。",
    )
