"""三上墙: which posters hang in a place, those of one grid, and the acts on them."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import (
    Action,
    Tab,
    render_detail,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, Table, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import may, require
from grids.forms import add_refusal
from grids.models import City, Grid
from reports import services
from reports.models import Hanging, Poster, Wall
from reports.poster_forms import HangForm, MakeForm, PosterFilter, TakeDownForm
from reports.posters.services import hang, take_down
from reports.posters.standing import STATES, TONES, Standing, counts, standings_of

P = Permission
CRUMBS = [("三上墙", "/posters/")]


# --- over a place ---------------------------------------------------------------------


def poster_list(request):
    """Show of each grid in a place which posters hang, are missing, or out of date."""
    require_holds(request.user, P.GRID_VIEW)
    own = outline.own_places(request.user, P.GRID_VIEW)
    place = outline.place_asked(request) or next(iter(own), None)
    found = standings_of(_grids(request.user, place), timezone.localdate())
    filters = PosterFilter(request.GET)
    asked = filters.cleaned_data if filters.is_valid() else {}
    kind, state = asked.get("kind"), asked.get("state")
    of_kind = [one for one in found if kind in (None, "", one.kind)]
    rows = [one for one in of_kind if state in (None, "", one.state)]
    table = build_table(request, rows, COLUMNS, name="posters")
    return render_list(
        request,
        title=f"三上墙：{place}" if place else "三上墙",
        table=table,
        filters=filters,
        tree=outline.tree_beside(request, "reports:posters", place),
        empty="没有符合条件的图表。",
        crumbs=CRUMBS,
        template="reports/posters.html",
        context={"states": _states(of_kind, place, kind, state)},
    )


def _grids(user, place: Grid | City | None) -> list[Grid]:
    if place is None:
        return []
    grids = Grid.objects.visible_to(user).within(place).filter(closed_on=None)
    return list(grids.order_by("code"))


def _states(
    found: list[Standing], place, kind: str | None, state: str | None
) -> list[dict[str, Any]]:
    """Return how many posters are in each state, each leading to just those."""
    kept = {"kind": kind} if kind else {}
    if place:
        kept["grid" if isinstance(place, Grid) else "city"] = place.code
    return [
        {
            "label": STATES[each],
            "count": count,
            "url": f"?{urlencode(kept | {'state': each.value})}",
            "is_current": each == state,
        }
        for each, count in counts(found).items()
    ]


def _node_url(grid: Grid) -> str:
    return reverse("reports:poster-node", args=[grid.pk])


def _reasons(one: Standing):
    return format_html_join("", "<div>{}</div>", ((reason,) for reason in one.reasons))


COLUMNS = [
    Column("code", "网格编码", value="grid.code", sort="grid.code"),
    Column("name", "网格", value="grid.name", link=lambda one: _node_url(one.grid)),
    Column("kind", "图表", value="kind.label"),
    Column(
        "state",
        "状态",
        value=lambda one: badge_html(STATES[one.state], TONES[one.state]),
        sort="state",
    ),
    Column(
        "version",
        "上墙版次",
        value=lambda one: one.hanging and f"第 {one.hanging.poster.version} 版",
    ),
    Column(
        "since",
        "上墙日期",
        value=lambda one: one.hanging and one.hanging.since,
        sort="hanging.since",
    ),
    Column("reasons", "过期原因", value=_reasons, wraps=True),
    Column(
        "photo",
        "照片",
        value=lambda one: "查看" if one.hanging else "",
        link=lambda one: one.hanging.photo.get_absolute_url() if one.hanging else "",
    ),
    Column(
        "hung_by",
        "登记人",
        value=lambda one: one.hanging and one.hanging.hung_by,
        hidden=True,
    ),
]


# --- of one grid ----------------------------------------------------------------------


def _visible(request, pk) -> Grid:
    grids = Grid.objects.visible_to(request.user).select_related("district", "city")
    return get_object_or_404(grids, pk=pk)


def poster_node(request, pk):
    """Show the three posters of a grid, their versions, and what hung when."""
    grid = _visible(request, pk)
    found = standings_of([grid], timezone.localdate())
    posters = Poster.objects.visible_to(request.user).filter(grid=grid)
    hangings = Hanging.objects.visible_to(request.user).filter(grid=grid)
    return render_detail(
        request,
        title=f"三上墙：{grid}",
        subtitle=f"网格编码 {grid.code}",
        tabs=[
            Tab(
                "versions",
                "历次制作",
                lambda: _versions(request, posters),
                empty="还没有制作过，请点“制作图表”。",
            ),
            Tab(
                "hangings",
                "历次上墙",
                lambda: _hangings(request, hangings),
                empty="还没有上墙，张贴后点“登记上墙”。",
            ),
        ],
        actions=_node_actions(request.user, grid),
        crumbs=CRUMBS,
        template="reports/poster_node.html",
        context={"rows": [_node_row(request.user, one) for one in found]},
    )


def _node_actions(user, grid: Grid) -> list[Action]:
    actions = [Action("网格", grid.get_absolute_url(), icon="diagram-3")]
    if not grid.closed_on and may(user, P.REPORT_MAKE, at=grid):
        url = reverse("reports:poster-make", args=[grid.pk])
        actions.append(Action("制作图表", url, icon="easel", primary=True))
    return actions


def _node_row(user, one: Standing) -> dict[str, Any]:
    actions = []
    if may(user, P.POSTER_HANG, at=one.grid):
        hang_url = reverse("reports:poster-hang", args=[one.grid.pk, one.kind.value])
        if not one.grid.closed_on:
            actions.append(Action("登记上墙", hang_url))
        if one.hanging:
            url = reverse("reports:poster-take-down", args=[one.hanging.pk])
            actions.append(Action("撤下", url))
    return {
        "standing": one,
        "label": STATES[one.state],
        "tone": TONES[one.state],
        "actions": actions,
    }


def _versions(request, posters) -> Table:
    may_read = request.user.holds(P.REPORT_VIEW)
    columns = [
        Column("kind", "图表", value="get_kind_display", sort="kind"),
        Column("version", "版次", value=lambda one: f"第 {one.version} 版"),
        Column("as_of", "制作日期", sort="as_of"),
        Column(
            "document",
            "文件",
            value="document.title",
            link=lambda one: one.document.get_absolute_url() if may_read else "",
        ),
    ]
    return build_table(
        request,
        posters.select_related("document"),
        columns,
        name="poster-versions",
        default_sort="-as_of",
    )


def _hangings(request, hangings) -> Table:
    columns = [
        Column("kind", "图表", value="get_kind_display", sort="kind"),
        Column("version", "版次", value=lambda one: f"第 {one.poster.version} 版"),
        Column("since", "上墙日期", sort="since"),
        Column("until", "撤下日期", sort="until"),
        Column("spot", "张贴位置"),
        Column(
            "photo",
            "照片",
            value=lambda one: format_html("查看"),
            link=lambda one: one.photo.get_absolute_url(),
        ),
        Column("hung_by", "登记人"),
    ]
    return build_table(
        request,
        hangings.select_related("poster", "photo", "hung_by__person"),
        columns,
        name="poster-hangings",
        default_sort="-since",
    )


# --- acts -----------------------------------------------------------------------------


def poster_make(request, pk):
    """Ask for posters of a grid; a worker makes each and the archive keeps it."""
    grid = _visible(request, pk)
    require(request.user, P.REPORT_MAKE, at=grid)
    form = MakeForm(request.POST or None)
    if form.is_valid():
        jobs = [
            services.ask_report(
                kind=kind,
                place=grid,
                on=timezone.localdate(),
                form=form.cleaned_data["form"],
                by=request.user,
            )
            for kind in form.cleaned_data["kinds"]
        ]
        messages.success(
            request, f"已提交 {len(jobs)} 张图表，生成后在文件档案和本页可以下载。"
        )
        return redirect(jobs[0] if len(jobs) == 1 else _node_url(grid))
    return render_form(
        request,
        title=f"制作上墙图表：{grid}",
        form=form,
        crumbs=[*CRUMBS, (grid.name, _node_url(grid))],
        submit="制作",
        note="按今天的数据由后台制作，存入文件档案；左下角印有版次和日期。"
        "电话只印办公电话，不印个人号码；没有照片的留空框。",
    )


def poster_hang(request, pk, kind):
    """Note which version of a poster hangs in a grid, with a photograph of it."""
    grid = _visible(request, pk)
    require(request.user, P.POSTER_HANG, at=grid)
    if kind not in Wall:
        raise Http404
    wall = Wall(kind)
    posters = Poster.objects.visible_to(request.user).filter(grid=grid, kind=wall)
    crumbs = [*CRUMBS, (grid.name, _node_url(grid))]
    if not posters.exists():
        messages.warning(request, f"还没有制作过{wall.label}，请先制作图表再登记上墙。")
        return redirect(_node_url(grid))
    form = HangForm(
        request.POST or None,
        request.FILES or None,
        posters=posters.order_by("-version"),
    )
    if form.is_valid():
        try:
            hang(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"已登记{wall.label}上墙。")
            return redirect(_node_url(grid))
    return render_form(
        request, title=f"登记上墙：{grid}{wall.label}", form=form, crumbs=crumbs
    )


def poster_take_down(request, pk):
    """Note that a poster was taken down."""
    hangings = Hanging.objects.visible_to(request.user).select_related("grid", "poster")
    hanging = get_object_or_404(hangings, pk=pk)
    require(request.user, P.POSTER_HANG, at=hanging.grid)
    form = TakeDownForm(request.POST or None)
    if form.is_valid():
        try:
            take_down(hanging=hanging, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"已登记撤下{hanging.get_kind_display()}。")
            return redirect(hanging)
    return render_form(
        request,
        title=f"撤下：{hanging.grid}{hanging.get_kind_display()}",
        form=form,
        crumbs=[*CRUMBS, (hanging.grid.name, _node_url(hanging.grid))],
        submit="登记撤下",
    )


def grid_posters(request, grid: Grid) -> Table:
    """Show on a grid's own page which of its posters hang."""
    found = standings_of([grid], timezone.localdate())
    own = [column for column in COLUMNS if column.key not in ("code", "name")]
    first, *others = own
    linked = Column(
        first.key, first.label, first.value, link=lambda one: _node_url(one.grid)
    )
    return build_table(request, found, [linked, *others], name="grid-posters")
