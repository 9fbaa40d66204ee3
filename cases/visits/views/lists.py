"""走访记录: one entry of the menu with five lists, searched and exported alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from cases.visits import words
from cases.visits.filters import (
    ClueFilter,
    FeedbackFilter,
    HazardFilter,
    PublicityFilter,
    VisitFilter,
)
from cases.visits.models import Clue, Feedback, Hazard, Publicity, Visit
from cases.visits.services.exports import note_export
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.documents.answers import workbook_answer
from gridinspect.documents.sheets import SheetColumn, write_table
from gridinspect.ui.pages import (
    Action,
    add_action,
    export_action,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.tables import words as in_words
from grids import outline

P = Permission
MOST = 20_000  # rows of an exported list
hours_late = words.hours_late


@dataclass(frozen=True)
class Listing:
    """One of the lists: what it holds, and how it is searched and shown."""

    key: str
    label: str
    url_name: str
    model: Any
    rows: Callable[[Any], Any]
    search: Any
    columns: Sequence[Column]
    sort: str
    empty: str
    unit: str


def _for_list(rows):
    return rows.for_list()


LISTS = {
    one.key: one
    for one in [
        Listing(
            "visits",
            "走访",
            "visits:list",
            Visit,
            lambda rows: rows.for_list().prefetch_related("hazards"),
            VisitFilter,
            words.VISITS,
            "-visited_at",
            "没有符合条件的走访记录。可从“我的网格”开始走访。",
            "次",
        ),
        Listing(
            "hazards",
            "隐患",
            "visits:hazards",
            Hazard,
            _for_list,
            HazardFilter,
            words.HAZARDS,
            "-found_on",
            "没有符合条件的隐患。隐患在走访时登记。",
            "条",
        ),
        Listing(
            "publicity",
            "宣传",
            "visits:publicities",
            Publicity,
            lambda rows: rows.select_related(
                "grid", "enterprise", "recorded_by__person"
            ).prefetch_related("photos"),
            PublicityFilter,
            words.PUBLICITIES,
            "-held_on",
            "没有符合条件的宣传记录。点“登记宣传”新增。",
            "次",
        ),
        Listing(
            "feedback",
            "工人反馈",
            "visits:feedbacks",
            Feedback,
            lambda rows: rows.select_related(
                "grid", "enterprise", "recorded_by__person"
            ),
            FeedbackFilter,
            words.FEEDBACKS,
            "-received_on",
            "没有符合条件的工人反馈。点“登记反馈”新增。",
            "条",
        ),
        Listing(
            "clues",
            "线索",
            "visits:clues",
            Clue,
            lambda rows: rows.select_related(
                "grid",
                "enterprise",
                "visit__enterprise",
                "visit__recorded_by__person",
                "settled_by__person",
            ),
            ClueFilter,
            words.CLUES,
            "-pk",
            "没有符合条件的线索。走访没有建档的单位时自动产生。",
            "条",
        ),
    ]
}


def _found(request: Request, listing: Listing):
    """Return the rows that the address asks for within the user's scope."""
    at = outline.place_asked(request)
    rows = listing.model.objects.visible_to(request.user)
    if at is not None:
        rows = rows.within(at)
    search = listing.search(request.GET, queryset=listing.rows(rows))
    return search.qs, search, at


def listed(request: Request, key: str) -> HttpResponse:
    """Show one of the lists."""
    require_holds(request.user, P.VISIT_VIEW)
    listing = LISTS[key]
    rows, search, at = _found(request, listing)
    table = build_table(
        request,
        rows,
        listing.columns,
        name=f"visits-{key}",
        default_sort=listing.sort,
        row_actions=_settling(request) if key == "clues" else None,
    )
    return render_list(
        request,
        title="走访记录",
        table=table,
        filters=search,
        toolbar=_toolbar(request, listing),
        tree=outline.tree_beside(request, listing.url_name, at),
        note=f"辖区：{at}" if at else "",
        empty=listing.empty,
        template="visits/list.html",
        context={"lists": LISTS.values(), "open_list": key},
    )


def _toolbar(request: Request, listing: Listing) -> list[Action]:
    user, toolbar = request.user, []
    if user.holds(P.VISIT_RECORD):
        toolbar = {
            "publicity": [add_action(reverse("visits:publicity-add"), "登记宣传")],
            "feedback": [add_action(reverse("visits:feedback-add"), "登记反馈")],
        }.get(listing.key, [add_action(reverse("visits:phone"), "去走访")])
    if listing.key == "visits":
        url = reverse("visits:queue")
        toolbar.append(Action("离线上传", url, icon="cloud-arrow-up"))
    export = reverse("visits:export", args=[listing.key])
    return [*toolbar, export_action(f"{export}?{request.GET.urlencode()}")]


def _settling(request: Request):
    def actions(clue: Clue) -> list[Action]:
        if clue.settled_at or not request.user.holds(P.VISIT_ANSWER):
            return []
        return [Action("处理", reverse("visits:clue", args=[clue.pk]))]

    return actions


@require_GET
def visits(request: Request) -> HttpResponse:
    """List visits."""
    return listed(request, "visits")


@require_GET
def hazards(request: Request) -> HttpResponse:
    """List hazards."""
    return listed(request, "hazards")


@require_GET
def publicities(request: Request) -> HttpResponse:
    """List where law was explained to people."""
    return listed(request, "publicity")


@require_GET
def feedbacks(request: Request) -> HttpResponse:
    """List what workers said."""
    return listed(request, "feedback")


@require_GET
def clues(request: Request) -> HttpResponse:
    """List what visits let one suppose of the list of units."""
    return listed(request, "clues")


# --- export ---------------------------------------------------------------------------


@require_GET
def export(request: Request, key: str) -> HttpResponse:
    """Hand out what a list shows as a workbook: same search, columns and order."""
    require_holds(request.user, P.VISIT_VIEW)
    if key not in LISTS:
        raise Http404
    listing = LISTS[key]
    rows, _, at = _found(request, listing)
    table = build_table(
        request,
        rows.none(),
        listing.columns,
        name=f"visits-{key}",
        default_sort=listing.sort,
    )
    shown = [header.column for header in table.headers]
    stream = BytesIO()
    count = write_table(
        stream,
        [SheetColumn("序号", 6, "integer"), *(_head(column) for column in shown)],
        _cells(_in_order(rows, table.sort, listing.columns)[:MOST], shown),
        title=f"{listing.label}记录",
        organisation=str(at or ""),
        period=f"截至 {timezone.localdate()}",
        unit=listing.unit,
        name=listing.label,
    )
    paths = request.user.scope_paths(P.VISIT_VIEW)
    note_export(
        by=request.user,
        path=at.path if at else paths[0],
        rows=count,
        listing=listing.label,
        asked=request.GET.dict(),
    )
    name = f"visits-{key}-{timezone.localdate()}.xlsx"
    return workbook_answer(stream, name)


def _head(column: Column) -> SheetColumn:
    return SheetColumn(
        column.label,
        30 if column.wraps or column.key == "place" else 16,
        "integer" if column.numeric else "text",
    )


def _cells(rows, shown: Sequence[Column]):
    for number, row in enumerate(rows, 1):
        yield [number, *(_plain(column.of(row), column.numeric) for column in shown)]


def _plain(value: Any, numeric: bool) -> Any:
    """Return a badge as its word, a number as it is, the rest in words."""
    if isinstance(value, SafeString):
        return value.split(">", 1)[1].split("<", 1)[0]
    if value is None or value == "":
        return None
    return value if numeric else str(in_words(value))


def _in_order(rows, sort: str, columns: Sequence[Column]):
    key, sign = sort.removeprefix("-"), "-" if sort.startswith("-") else ""
    column = next((c for c in columns if c.key == key and c.sort), None)
    fields = column.sort_fields if column else (key,)
    return rows.order_by(*(f"{sign}{name}" for name in fields), "pk")
