"""工程项目: the list with what is missing, and a unit's tab of its sites."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from enterprises.models import Enterprise
from enterprises.wages import facts
from enterprises.wages.filters import ProjectFilter
from enterprises.wages.models import Project
from enterprises.wages.rules import ItemState
from enterprises.wages.views.common import handed_out
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import add_action, export_action, render_list, require_holds
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import may

P = Permission
TITLE = "工程项目"
CRUMBS = [(TITLE, "/projects/")]


def columns() -> list[Column]:
    """Return the columns of a list of projects, as `for_list` fetches them."""
    today, limits = timezone.localdate(), facts.LimitsOfProvinces()

    def missing(project: Project) -> str:
        return _missing(facts.items_of_listed(project, today, limits))

    def state(project: Project) -> Any:
        if project.account_closed_on:
            return badge_html("专户已注销", "plain")
        if project.finished_on:
            return badge_html("已完工", "info")
        return badge_html("在建", "ok")

    def account(project: Project) -> Any:
        if since := facts.empty_of_listed(project, today):
            return badge_html(f"{since} 起余额为零", "danger")
        if project.account_opened_on:
            return badge_html("已开立", "ok")
        return badge_html("未开立", "warning")

    return [
        Column("name", "工程名称", sort="name", link=True, wraps=True),
        Column("grid", "所属网格", "grid.name", sort="grid__code"),
        Column(
            "contractor",
            "施工总承包单位",
            "contractor_name",
            sort="contractor_name",
            link=_contractor_url,
            wraps=True,
        ),
        Column("builder", "建设单位", sort="builder", hidden=True),
        Column("price", "合同价（元）", sort="price", numeric=True, hidden=True),
        Column("started_on", "开工日期", sort="started_on"),
        Column("state", "进展", state),
        Column("account", "专用账户", account),
        Column("missing", "五项制度缺什么", missing, wraps=True),
        Column("roster", "实名人数", sort="roster", numeric=True),
    ]


def _missing(items: Sequence[ItemState]) -> str:
    """Say which of the five items fail and which nobody has checked."""
    said = []
    for state, word in (("failed", "未落实"), ("missing", "未检查")):
        if names := [one.name for one in items if one.state == state]:
            said.append(f"{word}：{'、'.join(names)}")
    return "；".join(said)


def _contractor_url(project: Project) -> str:
    if not project.contractor_id:
        return ""
    return f"{reverse('enterprises:detail', args=[project.contractor_id])}?tab=projects"


def _asked(request: Request) -> tuple[Any, ProjectFilter]:
    at = outline.place_asked(request)
    rows = Project.objects.visible_to(request.user)
    if at is not None:
        rows = rows.within(at)
    rows = rows.defer("wage_officer_phone", "account_number", "remark")
    return at, ProjectFilter(request.GET, queryset=rows.for_list())


@require_GET
def project_list(request: Request) -> HttpResponse:
    """Show the building projects of the chosen place and what each lacks."""
    require_holds(request.user, P.ENTERPRISE_VIEW)
    at, search = _asked(request)
    table = build_table(
        request,
        search.qs,
        columns(),
        name="projects",
        default_sort="-started_on",
    )
    toolbar = []
    if request.user.holds(P.ENTERPRISE_EDIT):
        toolbar.append(add_action(reverse("wages:project-add")))
    query = request.GET.urlencode()
    toolbar.append(export_action(f"{reverse('wages:projects-export')}?{query}"))
    return render_list(
        request,
        title=TITLE,
        table=table,
        filters=search,
        toolbar=toolbar,
        tree=outline.tree_beside(request, "wages:projects", at),
        note=f"辖区：{at}" if at else "",
        empty="没有符合条件的工程项目。点“新增”登记。",
    )


@require_GET
def projects_export(request: Request) -> HttpResponse:
    """Hand out what the list shows as a workbook."""
    require_holds(request.user, P.ENTERPRISE_VIEW)
    at, search = _asked(request)
    rows = search.qs.order_by("-started_on", "pk").iterator(chunk_size=2000)
    return handed_out(
        request,
        rows,
        columns(),
        title="工程项目名册",
        name="projects",
        place=at,
        verb="project.exported",
    )


def projects_tab(request: Request, unit: Enterprise) -> str:
    """Show the projects that a unit contracts, and those it works on."""
    works = Project.objects.filter(subcontractors__enterprise=unit)
    rows = Project.objects.filter(Q(contractor=unit) | Q(pk__in=works.values("pk")))
    table = build_table(
        request,
        rows.for_list(),
        columns(),
        name="unit-projects",
        default_sort="-started_on",
    )
    context = {
        "unit": unit,
        "table": table,
        "may_edit": may(request.user, P.ENTERPRISE_EDIT, at=unit.grid),
        "title": TITLE,
    }
    return render_to_string("wages/_projects.html", context, request)
