"""用工备案: the registers of all units of a place, one part at a time, and export."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from enterprises.freshness import districts_of
from enterprises.workforce import duties
from enterprises.workforce.columns import (
    agreement_columns,
    filing_columns,
    payroll_columns,
    write,
)
from enterprises.workforce.forms.searching import (
    AgreementFilter,
    DutyFilter,
    FilingFilter,
    PayrollFilter,
)
from enterprises.workforce.limits import EVENT_WORDS, Event, FilingLaw, districts_in
from enterprises.workforce.models import Agreement, Filing, PayrollReturn, Worker
from enterprises.workforce.views.common import list_url
from gridinspect.accounts.models import User
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents.answers import workbook_answer
from gridinspect.scope import Place, within_paths
from gridinspect.ui.pages import export_action, render_list, require_holds
from gridinspect.ui.tables import Column, Table, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline

PARTS = {
    "duties": "应备案未备案",
    "filings": "备案登记",
    "agreements": "集体合同、特殊工时、派遣协议",
    "payrolls": "工资总额和报表",
}
EXPORT_MOST = 20_000  # rows of one workbook made at once


@dataclass(frozen=True)
class Part:
    """One part of the list: its rows, columns and search block."""

    rows: Any
    columns: list[Column]
    search: Any
    sort: str
    empty: str
    dress: Callable[[Any], Any] | None = None  # a row of the page as it is shown


@require_GET
def register_list(request: Request) -> HttpResponse:
    """Show a part of 用工备案 of the chosen place, or of all the user's places."""
    require_holds(request.user, Permission.WORKFORCE_VIEW)
    at, key = outline.place_asked(request), _part_asked(request)
    part = part_of(request, key, at)
    export = reverse("workforce:export")
    return render_list(
        request,
        title="用工备案",
        table=_table(request, key, part),
        filters=part.search,
        toolbar=[export_action(f"{export}?{request.GET.urlencode()}")],
        tree=outline.tree_beside(request, "workforce:list", at),
        note=f"辖区：{at}" if at else "",
        empty=part.empty,
        template="workforce/registers.html",
        context={
            "parts": [(k, w, _address(request, k), k == key) for k, w in PARTS.items()]
        },
    )


def _part_asked(request: Request) -> str:
    asked = request.GET.get("part", "")
    return asked if asked in PARTS else "duties"


def _address(request: Request, part: str) -> str:
    kept = {n: request.GET[n] for n in ("grid", "city") if n in request.GET}
    return list_url(part, **kept)


def _table(request: Request, key: str, part: Part) -> Table:
    return build_table(
        request,
        part.rows,
        part.columns,
        name=f"workforce-{key}",
        default_sort=part.sort,
    )


def part_of(request: Request, key: str, at: Place | None) -> Part:
    """Return what a part shows of the user's places, as the search asks."""
    user, today, law = request.user, timezone.localdate(), FilingLaw()
    if key == "duties":
        return _duties(request, at, law)
    if key == "filings":
        filings = _placed(Filing.objects.visible_to(user), user, at).for_list()
        search: Any = FilingFilter(request.GET, queryset=filings)
        return Part(
            search.qs,
            filing_columns(with_unit=True),
            search,
            "-filed_on",
            "没有符合条件的备案登记。请在单位档案的“备案”标签登记。",
        )
    if key == "agreements":
        papers = _placed(Agreement.objects.visible_to(user), user, at).for_list()
        search = AgreementFilter(request.GET, queryset=papers)
        days = law.number("contract_expiry_days").value
        return Part(
            search.qs,
            agreement_columns(today, days, with_unit=True),
            search,
            "ends_on",
            "没有符合条件的合同或批复。请在单位档案的“备案”标签登记。",
        )
    returns = _placed(PayrollReturn.objects.visible_to(user), user, at).for_list()
    search = PayrollFilter(request.GET, queryset=returns)
    return Part(
        search.qs,
        payroll_columns(with_unit=True),
        search,
        "-year",
        "没有符合条件的登记。请在单位档案的“备案”标签登记。",
    )


def _placed(rows: Any, user: User, at: Place | None) -> Any:
    districts = districts_of(user, Permission.WORKFORCE_VIEW)
    if len(districts) == 1:  # says no more, but opens the indexes by district
        rows = rows.filter(district__in=districts)
    return rows.within(at) if at is not None else rows


# --- what should have been filed ------------------------------------------------------


class DutySearch:
    """The search block of 应备案未备案, as the list wants one."""

    def __init__(self, data: Any):
        self.form = DutyFilter(data)


def _duties(request: Request, at: Place | None, law: FilingLaw) -> Part:
    search = DutySearch(request.GET)
    asked = search.form.cleaned_data if search.form.is_valid() else {}
    rows = duties_seen(
        request.user,
        at,
        law=law,
        unit=asked.get("unit") or "",
        event=asked.get("event") or "",
        overdue_only=asked.get("when") != "all",
    )
    return Part(
        rows,
        duty_columns(law, _districts_of(request.user)),
        search,
        "",
        "没有应备案未备案的人员。",
    )


def _districts_of(user: User) -> dict[int, Any]:
    keys = districts_of(user, Permission.WORKFORCE_VIEW)
    return {district.pk: district for district in districts_in(keys)}


def duties_seen(
    user: User,
    at: Place | None,
    *,
    law: FilingLaw,
    unit: str = "",
    event: str = "",
    overdue_only: bool = True,
) -> Any:
    """Return the open duties in the places that a person sees, as dictionaries."""
    today = timezone.localdate()
    districts = _districts_of(user).values()
    paths = user.scope_paths(Permission.WORKFORCE_VIEW)
    events = [Event(event)] if event in set(duties.EVENTS) else list(duties.EVENTS)
    parts = {}
    for one in events:
        through = "worker__" if one == Event.RENEWED else ""
        within = f"{through}enterprise__grid__path"
        find = duties.overdue if overdue_only else duties.open_duties
        rows = find(one, districts, today, law=law).filter(within_paths(paths, within))
        if at is not None:
            rows = rows.filter(within_paths([at.path], within))
        if unit:
            rows = rows.filter(**{f"{through}enterprise__name__contains": unit})
        parts[one] = rows
    return duties.together(parts)


def duty_columns(law: FilingLaw, districts: dict[int, Any]) -> list[Column]:
    """Return the columns of 应备案未备案; due days are counted for a page only."""
    today = timezone.localdate()

    def due(row: dict[str, Any]) -> Any:
        return law.due(Event(row["event"]), row["day"], districts[row["home"]]).on

    def late(row: dict[str, Any]) -> SafeString:
        days = (today - due(row)).days
        if days > 0:
            return badge_html(f"超 {days} 天", "danger")
        return badge_html("今天到期" if not days else f"剩 {-days} 天", "notice")

    def unit_url(row: dict[str, Any]) -> str:
        return f"{reverse('enterprises:detail', args=[row['unit']])}?tab=filings"

    return [
        Column("unit", "单位名称", "unit_name", link=unit_url),
        Column(
            "name",
            "姓名",
            link=lambda row: reverse("workforce:worker", args=[row["worker"]]),
        ),
        Column("event", "事项", lambda row: EVENT_WORDS[Event(row["event"])]),
        Column("late", "期限", late),
        Column("due_on", "应备案期限", due),
        Column("day", "发生日期"),
        Column("grid", "所属网格", "place"),
    ]


# --- export ---------------------------------------------------------------------------


@require_GET
def export(request: Request) -> HttpResponse:
    """Hand out what the list shows as a workbook."""
    user, today = request.user, timezone.localdate()
    require_holds(user, Permission.WORKFORCE_VIEW)
    at, key = outline.place_asked(request), _part_asked(request)
    part = part_of(request, key, at)
    table = _table(request, key, part)
    rows = _in_order(part, table.sort)[:EXPORT_MOST]
    stream = BytesIO()
    shown = [header.column for header in table.headers]
    total = write(
        stream,
        rows if key == "duties" else rows.iterator(chunk_size=2_000),
        shown,
        title=PARTS[key],
        place=str(at or ""),
        today=today,
        unit="项",
    )
    with transaction.atomic():
        path = at.path if at else user.scope_paths(Permission.WORKFORCE_VIEW)[0]
        record(
            "filing.exported",
            by=user,
            target=user,
            path=path,
            kind=PARTS[key],
            count=total,
        )
    return workbook_answer(stream, f"{key}-{today}.xlsx")


def _in_order(part: Part, sort: str) -> Any:
    if not sort:
        return part.rows
    key = sort.removeprefix("-")
    column = next((c for c in part.columns if c.key == key and c.sort), None)
    names = column.sort_fields if column else (key,)
    sign = "-" if sort.startswith("-") else ""
    return part.rows.order_by(*(f"{sign}{name}" for name in names))


def overdue_total(user: User, most: int) -> int:
    """Return how many duties of a person's places are overdue, counted to a bound."""
    return duties_seen(user, None, law=FilingLaw())[:most].count()


def has_rosters(user: User) -> bool:
    """Tell whether anybody has kept a roster in the places of a person."""
    condition = Q(district__in=districts_of(user, Permission.WORKFORCE_VIEW))
    return Worker.objects.filter(condition).exists()
