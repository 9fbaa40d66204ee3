"""四定: how many posts are complete, place by place, and the rows behind a number."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import Action, render_list, require_holds
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import may
from grids.filters import FixedFilter
from grids.models import City, Grid, Posting
from grids.services.four_fixed import (
    LACKING,
    Fixed,
    fixed_in,
    lacks,
    staff_posts,
    without_person,
)

P = Permission
CRUMBS = [("四定", "/four-fixed/")]


def four_fixed(request):
    """Show how many posts of a place and of those below it have all four."""
    require_holds(request.user, P.STAFF_VIEW)
    places, at = _places(request)
    figures = figures_of(request.user, places, at)
    rows = [
        {"place": place, "figure": figure}
        for place, figure in zip(places, figures, strict=True)
    ]
    total = Fixed()
    if at is not None:
        (total,) = figures_of(request.user, [at], at)
    else:
        for one in figures:
            total = _sum(total, one)
    return render_list(
        request,
        title=f"四定：{at}" if at else "四定",
        table=build_table(request, rows, _figure_columns(), name="four-fixed"),
        tree=outline.tree_beside(
            request, "grids:four-fixed", at if isinstance(at, Grid) else None
        ),
        crumbs=[] if at is None else CRUMBS,
        note="在岗的监察员和协管员，定人员、定区域、定职责、定任务都有的才算齐全；"
        "缺人员的是没有人在岗的计数网格。",
        empty="没有下级网格。",
        template="grids/offices/four_fixed.html",
        context={
            "total": total,
            "links": _links(at),
            "labels": LACKING,
            "lacking": [
                (label, total.lacking[key], rows_url(at, key))
                for key, label in LACKING.items()
            ],
        },
    )


def _places(request) -> tuple[list[Any], Grid | City | None]:
    """Return what lies next below the place asked for, and that place."""
    at = outline.place_asked(request)
    own = outline.own_places(request.user, P.STAFF_VIEW)
    if at is None and len(own) != 1:
        return own, None
    place = at or own[0]
    return outline.next_below(request.user, place), place


def figures_of(user, places, at: Grid | City | None) -> list[Fixed]:
    """Return the figures of places that lie in `at`, counting what a person sees."""
    posts = Posting.objects.visible_to(user)
    grids = Grid.objects.where(user, P.STAFF_VIEW)
    if at is not None:  # the posts of all other places need not be read
        posts, grids = posts.within(at), grids.within(at)
    return fixed_in(posts, grids, places, timezone.localdate())


def _sum(one: Fixed, other: Fixed) -> Fixed:
    return Fixed(
        one.posts + other.posts,
        one.complete + other.complete,
        {key: one.lacking[key] + other.lacking[key] for key in LACKING},
    )


def rows_url(place, lack: str = "") -> str:
    """Return the address of the rows behind a figure of a place, None for all."""
    name = "grids:four-fixed-grids" if lack == "person" else "grids:four-fixed-posts"
    asked = {"lack": lack} if lack and lack != "person" else {}
    if place is None:
        query = f"?lack={lack}" if asked else ""
        return f"{reverse(name)}{query}"
    return outline.list_at(name, place, **asked)


def _links(place) -> dict[str, str]:
    return {
        "posts": rows_url(place),
        "complete": rows_url(place, "none"),
        "incomplete": rows_url(place, "any"),
    }


def _figure_columns() -> list[Column]:
    def number(key: str, label: str, value, lack: str = "") -> Column:
        return Column(
            key,
            label,
            value=lambda row: value(row["figure"]),
            numeric=True,
            link=lambda row: rows_url(row["place"], lack),
        )

    return [
        Column(
            "place",
            "网格",
            value=lambda row: row["place"].name,
            link=lambda row: outline.list_at("grids:four-fixed", row["place"]),
        ),
        number("posts", "在岗岗位", lambda figure: figure.posts),
        number("complete", "齐全", lambda figure: figure.complete, "none"),
        number("incomplete", "不齐全", lambda figure: figure.incomplete, "any"),
        number("area", "缺区域", lambda figure: figure.lacking["area"], "area"),
        number("duties", "缺职责", lambda figure: figure.lacking["duties"], "duties"),
        number("tasks", "缺任务", lambda figure: figure.lacking["tasks"], "tasks"),
        number("person", "无人网格", lambda figure: figure.lacking["person"], "person"),
    ]


# --- the rows -------------------------------------------------------------------------


def four_fixed_posts(request):
    """Show posts with what each lacks, and where to mend it."""
    require_holds(request.user, P.STAFF_VIEW)
    at = outline.place_asked(request)
    posts = Posting.objects.visible_to(request.user)
    posts = posts.within(at) if at else posts
    rows = staff_posts(posts, timezone.localdate())
    filters = FixedFilter(request.GET, queryset=rows)
    columns = [
        Column("person", "姓名", value="person.name", sort="person__name"),
        Column("role", "岗位", value="get_role_display", sort="role"),
        Column(
            "grid",
            "网格",
            value="grid.name",
            sort="grid__code",
            link=lambda post: post.grid.get_absolute_url(),
        ),
        Column("since", "上岗日期", sort="since"),
        *(
            Column(key, LACKING[key], value=_has(key))
            for key in ("area", "duties", "tasks")
        ),
    ]
    return render_list(
        request,
        title="四定：岗位",
        table=build_table(
            request,
            filters.qs.select_related("person", "grid__district"),
            columns,
            name="four-fixed-posts",
            default_sort="grid__code",
            row_actions=lambda post: _mending(request.user, post),
        ),
        filters=filters,
        tree=outline.tree_beside(request, "grids:four-fixed-posts", at),
        crumbs=CRUMBS,
        note=f"辖区：{at}" if at else "",
        empty="没有符合条件的岗位。",
    )


def _has(key: str):
    def shown(post):
        if getattr(post, f"has_{key}"):
            return badge_html("已定", "ok")
        return badge_html(f"未{LACKING[key]}", "warning")

    return shown


def _mending(user, post) -> list[Action]:
    """Offer what would make a post complete, to those who may do it."""
    missing, actions = lacks(post), []
    if "tasks" in missing and may(user, P.TASK_ASSIGN, at=post.grid):
        url = outline.list_at("grids:task-create", post.grid, post=str(post.pk))
        actions.append(Action("安排任务", url))
    district = post.grid.district
    if "duties" in missing and may(user, P.OFFICE_EDIT, at=district):
        url = reverse("grids:duty-change", args=[district.pk, post.role])
        actions.append(Action("编写职责", url))
    if "area" in missing and may(user, P.STAFF_EDIT, at=post.grid):
        person = reverse("assistants:person", args=[post.person_id])
        actions.append(Action("调整岗位", person))
    return actions


def four_fixed_grids(request):
    """Show the counted grids where nobody is on post."""
    require_holds(request.user, P.STAFF_VIEW)
    at = outline.place_asked(request)
    grids = Grid.objects.where(request.user, P.STAFF_VIEW)
    grids = grids.within(at) if at else grids
    columns = [
        Column("code", "网格编码", sort="code"),
        Column("name", "网格名称", sort="name", link=True),
        Column("kind", "类型", value="get_kind_display", sort="kind"),
        Column("parent", "上级网格", value="parent.name", sort="parent__name"),
        Column("district", "区县", value="district.name", sort="district__code"),
    ]

    def mend(grid: Grid) -> list[Action]:
        if not may(request.user, P.STAFF_EDIT, at=grid):
            return []
        return [Action("安排人员", outline.list_at("assistants:create", grid))]

    return render_list(
        request,
        title="四定：无人网格",
        table=build_table(
            request,
            without_person(grids, timezone.localdate()).for_list(),
            columns,
            name="four-fixed-grids",
            default_sort="code",
            row_actions=mend,
        ),
        tree=outline.tree_beside(request, "grids:four-fixed-grids", at),
        crumbs=CRUMBS,
        note=f"辖区：{at}" if at else "",
        empty="每个计数网格都有人在岗。",
    )
