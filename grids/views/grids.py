"""网格管理: the list beside the tree, one grid, and every change to the tree."""

from functools import cache

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from gridinspect.accounts.roles import POSTED_STAFF, Permission
from gridinspect.ui.pages import (
    Action,
    Tab,
    add_action,
    import_action,
    render_detail,
    render_form,
    render_list,
    render_tree,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import may, require, require_somewhere
from grids.filters import GridFilter
from grids.forms import CreateGridForm, add_refusal
from grids.levels import level_label, level_labels
from grids.models import City, Grid, Posting, Succession
from grids.services import codes, tree
from grids.services.acts import last_act, places_of
from grids.services.policies import policies_on, policy_on

CRUMBS = [("网格管理", "/grids/")]
OPTIONS = 20  # suggestions under a field


# --- many -----------------------------------------------------------------------------


def grid_list(request):
    """Show 网格管理: the grids of the chosen place, or of all the user's places."""
    require_holds(request.user, Permission.GRID_VIEW)
    at = outline.place_asked(request)
    grids = Grid.objects.visible_to(request.user).for_list()
    filters = GridFilter(request.GET, queryset=grids.within(at) if at else grids)
    table = build_table(
        request,
        _with_people(filters.qs),
        _columns(),
        name="grids",
        default_sort="code",
        row_actions=lambda grid: _row_actions(request.user, grid),
    )
    toolbar = []
    if request.user.holds(Permission.GRID_EDIT):
        target = f"?parent={at.pk}" if isinstance(at, Grid) else ""
        toolbar.append(add_action(reverse("grids:create") + target))
    if request.user.holds(Permission.GRID_IMPORT):
        toolbar.append(import_action(reverse("imports:upload", args=["grids"])))
    return render_list(
        request,
        title="网格管理",
        table=table,
        filters=filters,
        toolbar=toolbar,
        tree=outline.tree_beside(request, "grids:list", at),
        note=f"辖区：{at}" if at else "",
        empty="没有符合条件的网格，请放宽查询条件，或在左侧选择上级网格。",
    )


def _with_people(grids):
    """Count who is on post directly in each grid today; only for the rows shown."""
    posts = Posting.objects.current().filter(grid=OuterRef("pk"), role__in=POSTED_STAFF)
    people = posts.order_by().values("grid").annotate(n=Count("person", distinct=True))
    return grids.annotate(people=Coalesce(Subquery(people.values("n")), 0))


def _columns() -> list[Column]:
    today = timezone.localdate()

    @cache
    def policy(district_id: int):
        found = policies_on([district_id], today).get(district_id)
        return found.values if found else None

    return [
        Column("code", "网格编码", sort="code"),
        Column("name", "网格名称", sort="name", link=True),
        Column("kind", "类型", value="get_kind_display", sort="kind"),
        Column(
            "level",
            "网格级别",
            value=lambda grid: level_label(policy(grid.district_id), grid),
        ),
        Column("parent", "上级网格", value="parent.name", sort="parent__name"),
        Column("district", "区县", value="district.name", sort="district__code"),
        Column("people", "在岗人数", sort="people", numeric=True),
        Column("division_code", "区划代码", sort="division_code", hidden=True),
        Column("opened_on", "启用日期", sort="opened_on"),
        Column("closed_on", "停用日期", sort="closed_on"),
    ]


def _row_actions(user, grid: Grid) -> list[Action]:
    if grid.closed_on or not may(user, Permission.GRID_EDIT, at=grid):
        return []
    return [Action("修改", reverse("grids:change", args=[grid.pk]))]


def grid_tree(request):
    """Bring the tree beside a list, or the level below one of its nodes."""
    to = request.GET.get("to", "grids:list")
    try:
        reverse(to)
    except NoReverseMatch:
        raise BadRequest("to") from None
    visible = Grid.objects.visible_to(request.user)
    if "below" in request.GET:
        key = outline.key_asked(request, "below")
        grid: Grid = get_object_or_404(visible, pk=key)
        return render_tree(request, nodes=outline.level(grid, to=to))
    at = visible.filter(pk=outline.key_asked(request, "at")).first()
    nodes = outline.city_nodes(outline.tops(request.user), to=to, at=at)
    return render_tree(request, nodes=nodes)


def grid_options(request):
    """Suggest open grids for what has been typed into a field."""
    words = request.GET.get(request.GET.get("field", "q"), "").strip()
    grids = Grid.objects.visible_to(request.user).filter(closed_on=None)
    found = grids.matching(words).select_related("parent") if words else grids.none()
    context = {"grids": found.order_by("code")[:OPTIONS]}
    return render(request, "grids/_options.html", context)


# --- one ------------------------------------------------------------------------------


def grid_detail(request, pk):
    """Show one grid: its facts, what lies below it, and what other apps know of it."""
    grid = visible(request, pk)
    return render_detail(
        request,
        title=grid.name,
        subtitle=" › ".join(above.name for above in Grid.objects.above(grid)),
        badges=[badge_html("已停用", "plain")] if grid.closed_on else [],
        facts=_facts(grid),
        tabs=[
            Tab(
                "children",
                "下级网格",
                lambda: _children(request, grid),
                empty="没有下级网格。需要时点“新增下级网格”，或导入网格名册。",
            )
        ],
        actions=_actions(request.user, grid),
        crumbs=[*CRUMBS, *_above(request, grid)],
        obj=grid,
    )


def visible(request, pk) -> Grid:
    grids = Grid.objects.visible_to(request.user)
    return get_object_or_404(grids.select_related("parent", "district", "city"), pk=pk)


def _above(request, grid: Grid) -> list[tuple[str, str]]:
    visible = Grid.objects.visible_to(request.user)
    above = visible.above(grid).exclude(pk=grid.pk)
    return [(one.name, one.get_absolute_url()) for one in above]


def _facts(grid) -> list[tuple]:
    policy = policy_on(grid.district, timezone.localdate())
    facts = [
        ("网格编码", grid.code),
        ("统计用区划代码", grid.division_code),
        ("类型", grid.get_kind_display()),
        ("网格级别", _level(policy, grid)),
        ("机构", _organisation(policy, grid)),
        ("上级网格", grid.parent.name if grid.parent else None),
        ("所属区县", grid.district.name),
        ("地市", grid.city.name),
        ("适用政策", _policy(policy)),
        ("启用日期", grid.opened_on),
        ("停用日期", grid.closed_on),
    ]
    heirs = Succession.objects.filter(old=grid).select_related("new")
    origins = Succession.objects.filter(new=grid).select_related("old")
    if heirs:
        facts.append(("接续网格", _linked(row.new for row in heirs)))
    if origins:
        facts.append(("承接自", _linked(row.old for row in origins)))
    return facts


def _linked(grids):
    """Return grids of one district as links to their pages."""
    links = ((grid.get_absolute_url(), grid.name) for grid in grids)
    return format_html_join("、", '<a href="{}">{}</a>', links)


def _level(policy, grid: Grid) -> str:
    if policy is None:
        return "尚未采用政策"
    return level_label(policy.values, grid) or "按现行政策不计为网格"


def _organisation(policy, grid: Grid) -> str:
    levels = policy.values.levels if policy else ()
    return next((one.organisation for one in levels if grid.kind in one.kinds), "")


def _policy(policy):
    if policy is None:
        return ""
    return format_html(
        '<a href="{}">{}</a>', policy.policy.get_absolute_url(), policy.policy.title
    )


def _children(request, grid: Grid):
    children = list(_with_people(grid.children.for_list()))
    labels = level_labels(children, timezone.localdate())
    columns = [
        Column("code", "网格编码", sort="code"),
        Column("name", "网格名称", sort="name", link=True),
        Column("kind", "类型", value="get_kind_display", sort="kind"),
        Column("level", "网格级别", value=lambda child: labels[child.pk]),
        Column("people", "在岗人数", sort="people", numeric=True),
        Column("opened_on", "启用日期", sort="opened_on"),
        Column("closed_on", "停用日期", sort="closed_on"),
    ]
    return build_table(
        request, children, columns, name="grid-children", default_sort="code"
    )


def _actions(user, grid: Grid) -> list[Action]:
    on_map = Action("网格地图", outline.list_at("grids:map", grid), icon="map")
    if not may(user, Permission.GRID_EDIT, at=grid):
        return [on_map]
    undo = _undo(user, grid)
    if grid.closed_on:
        return [*undo, on_map]

    def act(label: str, name: str, icon: str) -> Action:
        return Action(label, reverse(f"grids:{name}", args=[grid.pk]), icon=icon)

    below = Action(
        "新增下级网格", f"{reverse('grids:create')}?parent={grid.pk}", icon="plus-lg"
    )
    moves = [] if grid.is_root else [act("移动", "move", "arrows-move")]
    if grid.parent and may(user, Permission.GRID_EDIT, at=grid.parent):
        moves += [
            act("拆分", "split", "scissors"),
            act("合并", "merge", "union"),
        ]
    return [
        below,
        on_map,
        act("修改", "change", "pencil"),
        *moves,
        act("重新编码", "recode", "123"),
        act("停用", "close", "x-circle"),
        *undo,
    ]


def _undo(user, grid: Grid) -> list[Action]:
    """Offer to undo the last act on a grid, if it was about this one."""
    act = last_act(grid)
    if act is None or grid.pk not in act.heads:
        return []
    if not all(may(user, Permission.GRID_EDIT, at=one) for one in places_of(act)):
        return []
    kind = act.get_kind_display()
    return [
        Action(
            f"撤销{kind}",
            reverse("grids:undo", args=[grid.pk]),
            icon="arrow-counterclockwise",
            method="post",
            confirm=f"撤销自 {act.on} 起对“{act.grid}”的{kind}，恢复到此前的状态？",
        )
    ]


# --- acts -----------------------------------------------------------------------------


def editable(user):
    """Return the open grids that a user may change."""
    grids = Grid.objects.visible_to(user).filter(closed_on=None)
    return grids.editable_by(user)


def grid_create(request):
    """Add a grid below another one, or a district or zone to a city."""
    require_somewhere(request.user, Permission.GRID_EDIT)
    parents = editable(request.user)
    cities = City.objects.editable_by(request.user)
    parent = parents.filter(pk=outline.key_asked(request, "parent")).first()
    initial = {"parent": parent, "code": codes.suggest_code(parent)}
    form = CreateGridForm(
        request.POST or None, initial=initial, parents=parents, cities=cities
    )
    if form.is_valid():
        place = form.cleaned_data["parent"] or form.cleaned_data["city"]
        require(request.user, Permission.GRID_EDIT, at=place)
        try:
            grid = tree.create_grid(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"已新增网格“{grid}”，编码 {grid.code}。")
            if advice := codes.advice_on(
                grid.code, kind=grid.kind, parent=grid.parent, city=grid.city
            ):
                messages.warning(request, advice)
            return redirect(grid)
    return render_form(
        request,
        title="新增网格",
        form=form,
        sections=[
            ("位置", ["parent", "city"]),
            ("网格", ["name", "kind", "division_code", "code", "opened_on"]),
        ],
        crumbs=CRUMBS,
    )


def to_change(request, pk) -> Grid:
    """Return a grid that this person may change: 404 outside, 403 without the right."""
    grid = visible(request, pk)
    require(request.user, Permission.GRID_EDIT, at=grid)
    return grid
