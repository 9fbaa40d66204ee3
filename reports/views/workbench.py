from django.shortcuts import render
from django.utils import timezone

from gridinspect.accounts.roles import Permission
from gridinspect.jobs.models import Job
from gridinspect.ui.registry import workbench as lines
from reports import coverage
from reports.indicators import readings
from reports.views.dashboards import widest_place

RECENT_JOBS = 5


def workbench(request):
    """Show what is mine to do today: each line leads to its rows."""
    today = timezone.localdate()
    jobs = Job.objects.filter(owner=request.user).order_by("-pk")
    context = {
        "title": "工作台",
        "today": today,
        "todos": lines.for_user(request.user, today),
        "jobs": jobs[:RECENT_JOBS],
        **_figures(request.user, today),
        "crumbs": [("工作台", "")],
    }
    return render(request, "reports/workbench.html", context)


def _figures(user, today) -> dict:
    """Return the rates of the widest place whose figures the user may see."""
    if not user.holds(Permission.COVERAGE_VIEW):
        return {}
    place = widest_place(user)
    if place is None:
        return {}
    own = coverage.figures_of(place, today, children=False).own
    return {"place": place, "readings": readings(own.counts, own.policy)}
