from django.contrib import messages
from django.db.models import Q
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from gridinspect.accounts.roles import Permission
from gridinspect.scope import within_paths
from gridinspect.ui.pages import render_form, require_holds
from grids.access import may
from grids.models import City, Grid
from reports import services
from reports.forms import ReportForm


def new_report(request):
    """Ask for a report; a worker makes it and the archive keeps it."""
    require_holds(request.user, Permission.REPORT_MAKE)
    cities, grids = _places(request.user)
    form = ReportForm(
        request.POST or None, initial=_initial(request), cities=cities, grids=grids
    )
    if form.is_valid():
        job = services.ask_report(by=request.user, **form.cleaned_data)
        messages.success(request, f"已提交“{job.title}”，生成后可在文件档案中下载。")
        return redirect(job)
    return render_form(
        request,
        title="生成报告",
        form=form,
        crumbs=[("文件档案", reverse("documents:list"))],
        submit="生成",
        note="报告由后台生成，存入文件档案，带数据日期、依据的方案版本和校验码。",
    )


def _places(user) -> tuple[list[City], list[Grid]]:
    """Return the cities and grids of which the user may make reports."""
    cities = [
        city
        for city in City.objects.visible_to(user)
        if may(user, Permission.REPORT_MAKE, at=city)
    ]
    paths = user.scope_paths(Permission.REPORT_MAKE)
    grids = Grid.objects.filter(within_paths(paths, "path"), Q(closed_on=None))
    return cities, list(grids.order_by("city__code", "district__code", "path", "code"))


def _initial(request) -> dict:
    asked = request.GET
    place = ""
    if code := asked.get("city"):
        city = City.objects.visible_to(request.user).filter(code=code).first()
        place = f"city-{city.pk}" if city else ""
    elif pk := asked.get("grid"):
        place = f"grid-{pk}"
    return {
        "kind": asked.get("kind", "acquisition"),
        "place": place,
        "on": asked.get("on") or timezone.localdate(),
        "form": "pdf",
    }
