from datetime import date, timedelta

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from enterprises.models import RegistryEntry
from gridinspect.accounts.roles import Permission
from gridinspect.documents.charts import bar
from gridinspect.ui.pages import Action, require_holds
from grids.access import may, require
from grids.models import City, Grid
from reports import coverage, tallies
from reports.against import RATES, NotByList, against
from reports.indicators import INDICATORS, percents, readings
from reports.rules import Counts

TREND = ("assigned", "acquired", "filed")
TREND_MONTHS = 12
COMPARED = ("assigned", "acquired", "filed", "trained", "networked", "timely")


def dashboard(request):
    """Lead to the widest place whose figures the user may see."""
    require_holds(request.user, Permission.COVERAGE_VIEW)
    place = widest_place(request.user)
    if place is None:
        raise Http404
    return redirect(address_of(place))


def widest_place(user) -> Grid | City | None:
    """Return the city, else the topmost grid, whose figures the user may see."""
    paths = user.scope_paths(Permission.COVERAGE_VIEW)
    for city in City.objects.visible_to(user).order_by("code"):
        if may(user, Permission.COVERAGE_VIEW, at=city):
            return city
    own = Grid.objects.filter(path__in=paths).select_related("city", "district")
    return own.order_by("level", "code").first()


def address_of(place: Grid | City) -> str:
    """Return the address of a place's dashboard."""
    if isinstance(place, City):
        return reverse("reports:city", args=[place.code])
    return reverse("reports:grid", args=[place.pk])


def city_dashboard(request, code):
    """Show a city: all its districts side by side."""
    city = get_object_or_404(City.objects.visible_to(request.user), code=code)
    if not may(request.user, Permission.COVERAGE_VIEW, at=city):
        raise Http404  # a part of a city does not open the whole
    crumbs = [("监管态势", reverse("reports:dashboard")), (city.name, "")]
    return _dashboard(request, city, crumbs)


def grid_dashboard(request, pk):
    """Show a district, a street or any other grid with what lies below it."""
    grid: Grid = get_object_or_404(
        Grid.objects.visible_to(request.user).select_related("city", "district"), pk=pk
    )
    require(request.user, Permission.COVERAGE_VIEW, at=grid)
    crumbs = [("监管态势", reverse("reports:dashboard"))]
    if may(request.user, Permission.COVERAGE_VIEW, at=grid.city):
        crumbs.append((grid.city.name, reverse("reports:city", args=[grid.city.code])))
    for above in Grid.objects.above(grid).exclude(pk=grid.pk):
        if may(request.user, Permission.COVERAGE_VIEW, at=above):
            crumbs.append((above.name, reverse("reports:grid", args=[above.pk])))
    return _dashboard(request, grid, [*crumbs, (grid.name, "")])


def asked_day(request) -> date:
    """Return the date in the address, today when there is none or it makes no sense."""
    today = timezone.localdate()
    try:
        return min(date.fromisoformat(request.GET.get("on", "")), today)
    except ValueError:
        return today


def _dashboard(request, place: Grid | City, crumbs):
    on = asked_day(request)
    figures = coverage.figures_of(place, on)
    context = {
        "title": f"{place.name}监管态势",
        "place": place,
        "is_city": isinstance(place, City),
        "on": on,
        "is_today": on == timezone.localdate(),
        "today": timezone.localdate(),
        "figures": figures,
        "policy": figures.own.policy,
        "readings": readings(figures.own.counts, figures.own.policy),
        "children": _children(figures),
        "compared": [INDICATORS[key] for key in COMPARED],
        "trend": _trend(place, on, figures.own.counts),
        "comparison": _comparison(figures),
        "actions": _actions(request, place, on),
        "against": _against(request, place, on),
        "crumbs": crumbs,
    }
    return render(request, "reports/dashboard.html", context)


def _actions(request, place: Grid | City, on: date) -> list[Action]:
    actions = [_printing(place, on)] if _may_report(request, place) else []
    whole = isinstance(place, City) or place.is_root
    if whole and may(request.user, Permission.ENTERPRISE_IMPORT, at=place):
        url = f"?against={RegistryEntry.Source.MARKET.value}#against"
        actions.append(Action("按部门名单计算", url, icon="intersect"))
    return actions


def _against(request, place: Grid | City, on: date) -> dict | None:
    """Return the rates against a department's list, if somebody asks for them today."""
    source = request.GET.get("against", "")
    if source not in RegistryEntry.Source.values or on != timezone.localdate():
        return None
    if not may(request.user, Permission.ENTERPRISE_VIEW, at=place):
        return None
    try:
        found = against(place, source, on, user=request.user, children=True)
    except NotByList:
        return None
    return {
        "found": found,
        "rates": list(RATES.values()),
        "lines": [
            (one, [(one.counted[key], one.rate(key)) for key in RATES])
            for one in (found, *found.children)
        ],
        "sources": [
            (value, label, value == source)
            for value, label in RegistryEntry.Source.choices
        ],
    }


def _may_report(request, place: Grid | City) -> bool:
    return may(request.user, Permission.REPORT_MAKE, at=place)


def _printing(place: Grid | City, on: date) -> Action:
    key = f"city={place.code}" if isinstance(place, City) else f"grid={place.pk}"
    url = f"{reverse('reports:new')}?{key}&on={on:%Y-%m-%d}"
    return Action("生成报告", url, icon="file-earmark-text", primary=True)


def _children(figures: coverage.Figures) -> list[dict]:
    """Return a line for each place below, every rate with its target."""
    lines = []
    for row in figures.children:
        found = {one.key: one for one in readings(row.counts, row.policy)}
        lines.append(
            {
                "row": row,
                "url": reverse("reports:grid", args=[row.place.pk]),
                "readings": [found[key] for key in COMPARED],
                "missing": sum(one.missing or 0 for one in row.counts.staffed.values()),
            }
        )
    return lines


def _trend(place: Grid | City, on: date, now: Counts):
    """Return the chart of the last months' ends and of the date itself."""
    since = on - timedelta(days=31 * TREND_MONTHS)
    days = sorted(day for day in tallies.kept_days(since, on) if day != on)
    kept = coverage.series_of(place, days)
    days = [day for day in days if day in kept]
    if not days:
        return None
    labels = [f"{day:%Y-%m}" for day in days] + [f"{on:%m-%d}"]
    return bar(
        "月末覆盖率走势",
        "%",
        labels,
        percents([*(kept[day] for day in days), now], TREND),
        kind="line",
        decimals=1,
        label_header="月末",
        source=f"各月末统计，{on:%Y-%m-%d} 止",
    )


def _comparison(figures: coverage.Figures):
    """Return the chart that compares the places below (grids, never persons)."""
    rows = [row for row in figures.children if row.counts.known]
    if len(rows) < 2:
        return None
    return bar(
        "下级网格信息采集率与监管率",
        "%",
        [row.name for row in rows],
        percents([row.counts for row in rows], ("assigned", "acquired")),
        decimals=1,
        label_header="网格",
        source=f"{figures.on:%Y-%m-%d} 统计",
    )
