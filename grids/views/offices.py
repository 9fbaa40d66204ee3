"""机构与阵地: the list of offices, one office, and every act on it."""

from typing import Any

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import (
    Action,
    Tab,
    add_action,
    render_detail,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, Table, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import may
from grids.filters import OfficeFilter
from grids.models import City, Grid, Office, OfficeAsset, OfficeLeader, Posting
from grids.rules import WantedPremises, wanted_office, wanted_premises
from grids.services import offices as acts
from grids.services.policies import PolicyOnDate, policies_on
from grids.templatetags.clauses import clause_link

P = Permission
CRUMBS = [("机构与阵地", "/offices/")]
OPTIONS = 20  # suggestions under a field
BY_PLACE = ("city__code", "grid__code")  # what is a city's own comes first


# --- many -----------------------------------------------------------------------------


def office_list(request):
    """Show 机构与阵地 of the chosen place, or of all the user's places."""
    require_holds(request.user, P.GRID_VIEW)
    at = outline.place_asked(request)
    offices = Office.objects.visible_to(request.user)
    filters = OfficeFilter(request.GET, queryset=offices.within(at) if at else offices)
    lacking = acts.without_office(_grids(request.user, at), timezone.localdate())
    toolbar = [
        Action(
            f"缺机构的网格 {lacking.count()}",
            _at("grids:offices-missing", at),
            icon="exclamation-circle",
        )
    ]
    if request.user.holds(P.OFFICE_EDIT):
        toolbar.insert(0, add_action(_at("grids:office-create", at)))
    return render_list(
        request,
        title="机构与阵地",
        table=office_table(request, filters.qs, name="offices"),
        filters=filters,
        toolbar=toolbar,
        tree=outline.tree_beside(request, "grids:offices", at),
        note=f"辖区：{at}" if at else "",
        empty="没有符合条件的机构，请放宽查询条件，或新增机构。",
    )


def _grids(user, at):
    grids = Grid.objects.visible_to(user)
    return grids.within(at) if at else grids


def _at(name: str, place) -> str:
    return outline.list_at(name, place) if place else reverse(name)


def office_table(request, offices, *, name: str) -> Table:
    """Return the list of some offices, with who leads them today."""
    today = timezone.localdate()
    leading = OfficeLeader.objects.on(today).select_related("person")
    rows = offices.select_related("grid", "city").prefetch_related(
        Prefetch("leaders", leading, to_attr="leading")
    )
    return build_table(request, rows, _columns(), name=name, default_sort="grid")


def _columns() -> list[Column]:
    today, known = timezone.localdate(), dict[int, PolicyOnDate | None]()

    def area(office: Office) -> str | SafeString:
        key = office.grid.district_id if office.grid else 0
        if key and key not in known:
            known[key] = policies_on([key], today).get(key)
        return area_words(office, known.get(key))

    return [
        Column("name", "机构名称", sort="name", link=True),
        Column("kind", "类型", value="get_kind_display", sort=("kind", "grid__code")),
        Column(
            "grid",
            "网格",
            value="place.name",
            sort=BY_PLACE,
            link=lambda office: place_url(office.place),
        ),
        Column("leader", "负责人", value=lambda office: leader_words(office.leading)),
        Column("area", "用房面积", value=area),
        Column("phone", "办公电话"),
        Column("networked_on", "联网日期", sort="networked_on"),
        Column("opened_on", "成立日期", sort="opened_on"),
        Column("address", "地址", hidden=True),
        Column("closed_on", "撤销日期", sort="closed_on", hidden=True),
    ]


def place_url(place: Grid | City) -> str:
    """Return the page of a grid; a city has the list of its grids."""
    if isinstance(place, Grid):
        return place.get_absolute_url()
    return outline.list_at("grids:list", place)


def leader_words(leading: list[OfficeLeader]) -> str | SafeString:
    if not leading:
        return badge_html("未任命", "notice")
    return f"{leading[0].person} {leading[0].title}"


def area_words(office: Office, policy: PolicyOnDate | None) -> str | SafeString:
    """Say how large an office is, with a badge where its plan wants another size."""
    wanted = wanted_premises(policy.values, office.kind) if policy else None
    area = acts.square(office.square_metres)
    if wanted is None:
        return area
    if office.square_metres is None:
        return badge_html(f"未登记，应为 {wanted.words}", "notice")
    if wanted.holds(office.square_metres):
        return area
    return badge_html(f"{area}，应为 {wanted.words}", "warning")


def offices_missing(request):
    """Show the grids that lack the office which their district's plan wants."""
    require_holds(request.user, P.GRID_VIEW)
    at, today = outline.place_asked(request), timezone.localdate()
    grids = acts.without_office(_grids(request.user, at), today)
    policies: dict[int, PolicyOnDate] = policies_on(
        grids.order_by().values_list("district", flat=True).distinct(), today
    )

    def wanted(grid: Grid):
        return wanted_office(policies[grid.district_id].values, grid.kind)

    columns = [
        Column("code", "网格编码", sort="code"),
        Column("name", "网格名称", sort="name", link=True),
        Column("kind", "类型", value="get_kind_display", sort="kind"),
        Column("parent", "上级网格", value="parent.name", sort="parent__name"),
        Column("district", "区县", value="district.name", sort="district__code"),
        Column("wanted", "应设机构", value=lambda grid: wanted(grid).called),
        Column(
            "clause",
            "依据",
            value=lambda grid: clause_link(
                policies[grid.district_id].policy, wanted(grid).clause
            ),
        ),
    ]

    def fix(grid: Grid) -> list[Action]:
        if not may(request.user, P.OFFICE_EDIT, at=grid):
            return []
        url = outline.list_at("grids:office-create", grid, kind=wanted(grid).kind)
        return [Action("新增机构", url)]

    return render_list(
        request,
        title="缺机构的网格",
        table=build_table(
            request,
            grids.for_list(),
            columns,
            name="offices-missing",
            default_sort="code",
            row_actions=fix,
        ),
        tree=outline.tree_beside(request, "grids:offices-missing", at),
        crumbs=CRUMBS,
        note="按各区县现行方案对每级网格的机构要求；方案没有要求的网格不在此列。",
        empty="按现行方案，没有缺机构的网格。",
    )


def post_options(request):
    """Suggest persons on post for what has been typed into a field."""
    words = request.GET.get(request.GET.get("field", "q"), "").strip()
    posts = Posting.objects.visible_to(request.user).current()
    found = posts.filter(person__name__icontains=words) if words else posts.none()
    found = found.select_related("person", "grid", "city").order_by("person__name")
    return render(request, "grids/offices/_options.html", {"posts": found[:OPTIONS]})


# --- one ------------------------------------------------------------------------------


def visible(request, pk) -> Office:
    offices = Office.objects.visible_to(request.user)
    return get_object_or_404(offices.select_related("grid", "city"), pk=pk)


def office_detail(request, pk):
    """Show one office: where it is, who leads it, what it has."""
    office = visible(request, pk)
    return render_detail(
        request,
        title=office.name,
        subtitle=above(office.place),
        badges=[badge_html("已撤销", "plain")] if office.closed_on else [],
        facts=_facts(office),
        tabs=_tabs(request, office),
        actions=_actions(request.user, office),
        crumbs=[*CRUMBS, (office.place.name, place_url(office.place))],
        obj=office,
    )


def above(place: Grid | City) -> str:
    """Return the names of a place and of all above it, in one line."""
    if isinstance(place, City):
        return place.name
    return " › ".join(one.name for one in Grid.objects.above(place))


def _tabs(request, office: Office) -> list[Tab]:
    """Return what is shown: to a district its city's office is a contact only."""
    tabs = [
        Tab(
            "leaders",
            "负责人",
            lambda: _leaders(request, office),
            empty="还没有登记负责人，请点“任命负责人”。",
        )
    ]
    if may(request.user, P.GRID_VIEW, at=office.place):
        tabs.append(
            Tab(
                "assets",
                "设备和车辆",
                lambda: _assets(request, office),
                empty="还没有登记设备和车辆，请点“登记设备、车辆”。",
            )
        )
    return tabs


def _facts(office: Office) -> list[tuple[str, Any]]:
    today = timezone.localdate()
    policy = None
    if office.grid:
        key = office.grid.district_id
        policy = policies_on([key], today).get(key)
    wanted = wanted_premises(policy.values, office.kind) if policy else None
    leading = list(office.leaders.on(today).select_related("person"))
    return [
        ("类型", office.get_kind_display()),
        ("网格", link(office.place)),
        ("负责人", leader_words(leading)),
        ("办公电话", office.phone),
        ("地址", office.address),
        ("开放时间", office.hours),
        ("用房面积", area_words(office, policy)),
        ("用房说明", office.premises),
        *_wanted_facts(wanted, policy),
        ("联网日期", office.networked_on or badge_html("未联网", "notice")),
        ("成立日期", office.opened_on),
        ("撤销日期", office.closed_on),
    ]


def _wanted_facts(wanted: WantedPremises | None, policy: PolicyOnDate | None):
    if wanted is None or policy is None:
        return []
    clause = clause_link(policy.policy, wanted.clause)
    return [("方案要求面积", format_html("{}（{}）", wanted.words, clause))]


def link(thing) -> SafeString:
    """Return a thing's name as the link to its page."""
    if isinstance(thing, City):
        return format_html('<a href="{}">{}</a>', place_url(thing), thing)
    return format_html('<a href="{}">{}</a>', thing.get_absolute_url(), thing)


def _leaders(request, office: Office) -> Table:
    editable = _is_editable(request.user, office)

    def end(leader: OfficeLeader) -> list[Action]:
        if leader.until or not editable:
            return []
        return [Action("离任", reverse("grids:office-leader-end", args=[leader.pk]))]

    columns = [
        Column("person", "姓名", value="person.name"),
        Column("title", "职务"),
        Column("appointed_by", "任命单位"),
        Column("appointed_on", "任命日期"),
        Column("document_number", "任命文号"),
        Column("since", "任职日期", sort="since"),
        Column("until", "离任日期", sort="until"),
    ]
    return build_table(
        request,
        office.leaders.select_related("person"),
        columns,
        name="office-leaders",
        default_sort="-since",
        row_actions=end,
    )


def _assets(request, office: Office) -> Table:
    editable = _is_editable(request.user, office)

    def end(asset: OfficeAsset) -> list[Action]:
        if asset.until or not editable:
            return []
        return [Action("停用", reverse("grids:office-asset-end", args=[asset.pk]))]

    columns = [
        Column("kind", "类别", value="get_kind_display", sort="kind"),
        Column("name", "名称、型号", sort="name"),
        Column("identifier", "编号、号牌"),
        Column("quantity", "数量", numeric=True),
        Column("since", "配备日期", sort="since"),
        Column("until", "停用日期", sort="until"),
    ]
    return build_table(
        request,
        office.assets.all(),
        columns,
        name="office-assets",
        default_sort="kind",
        row_actions=end,
    )


def _is_editable(user, office: Office) -> bool:
    return office.closed_on is None and may(user, P.OFFICE_EDIT, at=office.place)


def _actions(user, office: Office) -> list[Action]:
    if not _is_editable(user, office):
        return []

    def act(label: str, name: str, icon: str) -> Action:
        return Action(label, reverse(f"grids:office-{name}", args=[office.pk]), icon)

    return [
        act("任命负责人", "leader", "person-check"),
        act("登记设备、车辆", "asset", "truck"),
        act("修改", "change", "pencil"),
        act("撤销", "close", "x-circle"),
    ]
