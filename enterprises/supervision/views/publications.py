"""违法公布: candidates, their course, and what was published in a quarter."""

from datetime import date
from io import BytesIO

import django_filters as filters
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enterprises.supervision import papers, rules
from enterprises.supervision.models import Publication
from enterprises.supervision.services import publishing
from enterprises.supervision.views.shared import (
    P,
    districts,
)
from gridinspect.accounts.models import User
from gridinspect.accounts.requests import Request
from gridinspect.documents.answers import pdf_answer, workbook_answer
from gridinspect.documents.sheets import SheetColumn, write_table
from gridinspect.scope import within_paths
from gridinspect.ui.pages import (
    Action,
    export_action,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids.agencies import agency_name

CRUMBS = [("违法公布", "/publications/")]
State = Publication.State
TONES = {
    "candidate": "plain",
    "notified": "info",
    "objected": "notice",
    "proposed": "notice",
    "approved": "info",
    "published": "danger",
    "removed": "plain",
    "dropped": "plain",
}


class PublicationFilter(filters.FilterSet):
    """The search block of 违法公布."""

    name = filters.CharFilter("name", lookup_expr="icontains", label="单位名称")
    list = filters.ChoiceFilter(
        label="名单", choices=Publication.List.choices, empty_label="全部"
    )
    state = filters.ChoiceFilter(
        label="状态",
        choices=[("open", "办理中"), *State.choices],
        method="by_state",
        empty_label="全部",
    )

    class Meta:
        model = Publication
        fields = ("name", "list", "state")

    def by_state(self, rows, _name, value):
        if value == "open":
            closed = (State.PUBLISHED, State.REMOVED, State.DROPPED)
            return rows.exclude(state__in=closed)
        return rows.filter(state=value)


def state_of(one: Publication):
    """Return the state as a badge."""
    return badge_html(one.get_state_display(), TONES[one.state])


def seen_by(user: User) -> QuerySet[Publication]:
    """Return what a person sees: what is under way only where he works on it."""
    working = [
        *user.scope_paths(P.SUPERVISION_EDIT),
        *user.scope_paths(P.SUPERVISION_APPROVE),
    ]
    rows = Publication.objects.visible_to(user)
    return rows.filter(published_on__isnull=False) | rows.filter(
        within_paths(working, "enterprise__grid__path")
    )


COLUMNS = [
    Column("name", "单位全称", sort="name", link=True),
    Column("list", "名单", "get_list_display", sort="list", wraps=True),
    Column("category", "情形", wraps=True),
    Column("state", "状态", state_of, sort="state"),
    Column("found_on", "提出日期", sort="found_on"),
    Column("due", "下一期限", lambda one: next_due(one)),
    Column("published_on", "公布日期", sort="published_on"),
    Column("ends_on", "期满日期", sort="ends_on", hidden=True),
    Column("removed_on", "移出日期", sort="removed_on", hidden=True),
]


def next_due(one: Publication) -> date | None:
    """Return the day that the running step waits for."""
    match one.state:
        case State.NOTIFIED:
            return one.object_by
        case State.OBJECTED:
            return one.check_by
        case State.PROPOSED:
            return one.decide_by
        case State.PUBLISHED:
            return one.ends_on
    return None


@require_GET
def publication_list(request: Request) -> HttpResponse:
    """Show publications and listings: those under way, and what was published."""
    user = request.user
    require_holds(user, P.ENTERPRISE_VIEW)
    search = PublicationFilter(request.GET, queryset=seen_by(user))
    table = build_table(
        request, search.qs, COLUMNS, name="publications", default_sort="-found_on"
    )
    toolbar = []
    if user.holds(P.SUPERVISION_EDIT):
        toolbar.append(
            Action(
                "查找候选",
                reverse("supervision:publication-find"),
                "search",
                method="post",
                primary=True,
                confirm="按规则和最近一年的事实查找候选单位；只列为候选，不告知、不公布。",
            )
        )
    today = timezone.localdate()
    for first in _quarters(today):
        name = rules.quarter_name(first)
        url = reverse(
            "supervision:publication-export", args=[first.isoformat(), "xlsx"]
        )
        toolbar.append(export_action(url, f"{name} Excel"))
        url = reverse("supervision:publication-export", args=[first.isoformat(), "pdf"])
        toolbar.append(Action(f"{name} PDF", url, "file-earmark-pdf"))
    return render_list(
        request,
        title="违法公布",
        table=table,
        filters=search,
        toolbar=toolbar,
        note="规则只提出候选。告知、异议核实、报批后由另一人批准，批准后才能公布；"
        "市、县每季度公布一次（人社部令第29号）。",
        empty="没有符合条件的记录。"
        + (
            "点击“查找候选”，或在单位档案的“等级与重点”中提出。"
            if user.holds(P.SUPERVISION_EDIT)
            else "违法行为和失信名单经批准公布后列在这里。"
        ),
    )


def _quarters(today: date) -> list[date]:
    """Return the first days of this quarter and of the one before."""
    this, _ = rules.quarter_of(today)
    before, _ = rules.quarter_of(this - rules.ONE_DAY)
    return [this, before]


@require_POST
def publication_find(request: Request) -> HttpResponse:
    """Look for candidates in the user's districts."""
    require_holds(request.user, P.SUPERVISION_EDIT)
    count = sum(
        publishing.find_candidates(
            district=district, on=timezone.localdate(), by=request.user
        )
        for district in districts(request.user, P.SUPERVISION_EDIT)
    )
    messages.success(request, f"新增候选 {count} 条。请逐条核对事实后办理。")
    return redirect("supervision:publications")


@require_GET
def publication_export(request: Request, quarter: str, kind: str) -> HttpResponse:
    """Hand out what was published in a quarter: only what the regulation names."""
    user = request.user
    require_holds(user, P.ENTERPRISE_VIEW)
    try:
        first, last = rules.quarter_of(date.fromisoformat(quarter))
    except ValueError:
        raise Http404(quarter) from None
    rows = list(
        Publication.objects.visible_to(user)
        .published_in(first, last)
        .filter(approved_by__isnull=False, removed_on=None)
        .select_related("district__city")
        .order_by("list", "published_on", "pk")
    )
    name, title = rules.quarter_name(first), "重大劳动保障违法行为和失信名单公布"
    owners = {one.district for one in rows}
    organisation = agency_name(owners.pop()) if len(owners) == 1 else ""
    path = user.scope_paths(P.ENTERPRISE_VIEW)[0]
    publishing.note_export(by=user, path=path, rows=len(rows), quarter=name, file=kind)
    file = f"publications-{first.year}-{(first.month + 2) // 3}"
    if kind == "pdf":
        content = papers.published_pdf(
            rows,
            title=title,
            organisation=organisation,
            quarter=name,
            on=timezone.localdate(),
        )
        return pdf_answer(content, f"{file}.pdf", to_keep=True)
    stream = BytesIO()
    widths = (6, 28, 36, 22, 36, 14, 44, 44, 12)
    write_table(
        stream,
        [
            SheetColumn(
                head,
                wide,
                "integer"
                if head == "序号"
                else "date"
                if head == "公布日期"
                else "text",
            )
            for head, wide in zip(papers.HEADS, widths, strict=True)
        ],
        papers.published_rows(rows),
        title=title,
        organisation=organisation,
        period=name,
        unit="户",
        name="公布",
    )
    return workbook_answer(stream, f"{file}.xlsx")
