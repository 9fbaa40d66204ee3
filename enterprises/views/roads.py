"""一路一册: the roads of a place, one road with its units, and its paper."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from enterprises.models import Enterprise
from enterprises.road_paper import TITLE
from enterprises.roads import UNKNOWN, add_stretches, people_of, road_counts, roads_of
from enterprises.services.road_books import FORMATS, MOST, ask_book, print_book
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import Action, render_list, require_holds
from gridinspect.ui.tables import Column, build_table
from grids import outline
from grids.access import may, require
from grids.models import City, Grid

CRUMBS = [(TITLE, "/roads/")]


@require_GET
def road_list(request: Request):
    """Show the roads of the chosen district or of a part of it."""
    user = request.user
    require_holds(user, Permission.ENTERPRISE_VIEW)
    at = _place(request)
    roads = road_counts(_units(user, at), place=at) if at else []
    words = request.GET.get("road", "").strip()[:60]
    table = build_table(
        request,
        [road for road in roads if words in road["name"]],
        _columns(at),
        name="roads",
        default_sort="",
    )
    toolbar = []
    if at and roads and may(user, Permission.REPORT_MAKE, at=at):
        toolbar = [
            _print_action(at, None, "pdf"),
            _print_action(at, None, "xlsx"),
        ]
    return render_list(
        request,
        title=f"{TITLE}：{at}" if at else TITLE,
        table=table,
        toolbar=toolbar,
        tree=outline.tree_beside(request, "enterprises:roads", at),
        crumbs=CRUMBS,
        note="道路取自单位档案的“道路”“门牌号”，没有填写的从地址中读出。"
        if at
        else "请在左侧选择区县或其下级网格。",
        empty="这里没有单位，或没有这样的道路。",
        template="enterprises/roads.html",
        context={"at": at, "words": words},
    )


def _place(request: Request) -> Grid | None:
    """Return the chosen grid, else the only highest place that is one."""
    if "grid" in request.GET or "city" in request.GET:
        asked = outline.place_asked(request)
        return asked if isinstance(asked, Grid) else None
    own = outline.own_places(request.user, Permission.ENTERPRISE_VIEW)
    first = own[0] if len(own) == 1 else None
    return None if isinstance(first, City) else first


def _units(user, at: Grid):
    return Enterprise.objects.visible_to(user).within(at)


def _columns(at: Grid | None) -> list[Column]:
    def link(road) -> str:
        return _book_url(at, road["name"]) if at else ""

    return [
        Column("name", "道路", sort="name", link=link),
        Column("units", "单位（户）", sort="units", numeric=True),
        Column("odd", "单号侧", sort="odd", numeric=True),
        Column("even", "双号侧", sort="even", numeric=True),
        Column("without", "门牌号不详", sort="without", numeric=True),
        Column("grids", "登记门牌的网格", sort="grids", numeric=True),
    ]


def _book_url(at: Grid, road: str) -> str:
    asked = urlencode({"grid": at.code, "road": road})
    return f"{reverse('enterprises:road')}?{asked}"


def _print_action(at: Grid, road: str | None, form: str) -> Action:
    asked = {"grid": at.code, "form": form} | ({"road": road} if road else {})
    url = f"{reverse('enterprises:road-print')}?{urlencode(asked)}"
    icon = "file-earmark-pdf" if form == "pdf" else "file-earmark-excel"
    words = "PDF" if form == "pdf" else "工作簿"
    label = f"生成{words}" if road else f"生成全部道路{words}"
    return Action(label, url, icon=icon, method="post", primary=form == "pdf")


@require_GET
def road(request: Request):
    """Show one road: both sides in the order of house numbers."""
    require_holds(request.user, Permission.ENTERPRISE_VIEW)
    at, name = _place(request), request.GET.get("road", "")[:60]
    if at is None or not name:
        return redirect("enterprises:roads")
    today = timezone.localdate()
    found = roads_of(_units(request.user, at), place=at, on=today, only=name)
    if not found:
        raise Http404
    add_stretches(found, at, today)
    actions = []
    if may(request.user, Permission.REPORT_MAKE, at=at):
        actions = [_print_action(at, name, form) for form in FORMATS]
    context = {
        "title": f"{name}（{at.name}）",
        "road": found[0],
        "at": at,
        "people": people_of(at, today),
        "on": today,
        "toolbar": actions,
        "unknown": name == UNKNOWN,
        "crumbs": [
            *CRUMBS,
            (at.name, outline.list_at("enterprises:roads", at)),
            (name, ""),
        ],
    }
    return render(request, "enterprises/road.html", context)


def road_print(request: Request):
    """Put a road, or all roads of a place, into the archive as PDF or workbook."""
    require_holds(request.user, Permission.ENTERPRISE_VIEW)
    if request.method != "POST":  # an address that somebody kept
        return redirect("enterprises:roads")
    at, form = _place(request), request.GET.get("form", "pdf")
    if at is None or form not in FORMATS:
        raise Http404
    require(request.user, Permission.REPORT_MAKE, at=at)
    name = request.GET.get("road") or None
    if _units(request.user, at).count() > MOST:
        job = ask_book(place=at, road=name, form=form, by=request.user)
        messages.info(request, "单位较多，正在后台生成，完成后可在任务页下载。")
        return redirect(job)
    document = print_book(place=at, road=name, form=form, by=request.user)
    if document is None:
        raise Http404
    return redirect(document)
