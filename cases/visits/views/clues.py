"""线索: a unit without a file, met at a visit."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from cases.visits import forms
from cases.visits.models import Clue
from cases.visits.services import clues
from cases.visits.views.common import act_page, place_of
from enterprises.models import Enterprise
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from grids.access import may, require

P = Permission


def clue(request: Request, pk: int) -> HttpResponse:
    """Settle a clue, with the ways to the file that it is about."""
    rows = Clue.objects.visible_to(request.user).select_related(
        "grid", "enterprise__grid", "visit__enterprise"
    )
    one = get_object_or_404(rows, pk=pk)
    require(request.user, P.VISIT_ANSWER, at=place_of(one))
    if one.settled_at:
        on = timezone.localtime(one.settled_at)
        messages.info(request, f"这条线索已于 {on:%Y-%m-%d %H:%M} 处理。")
        return redirect(one.visit)
    units = Enterprise.objects.visible_to(request.user).select_related("grid")
    form = forms.ClueForm(request.POST or None, units=units)
    return act_page(
        request,
        form,
        lambda: clues.settle_clue(clue=one, by=request.user, **form.cleaned_data),
        title="处理线索：新发现单位",
        submit="确定",
        said="线索已处理。",
        goal=one.visit,
        crumbs=[("线索", reverse("visits:clues"))],
        note=_ways(request, one),
    )


def _ways(request: Request, clue: Clue):
    """Say what the visit found, and where a file is opened for it."""
    visit = clue.visit
    links = [(visit.get_absolute_url(), "查看走访记录")]
    if may(request.user, P.ENTERPRISE_EDIT, at=clue.grid):
        url = f"{reverse('enterprises:add')}?grid={clue.grid.code}"
        links.append((url, "新增单位档案"))
    where = "，".join(filter(None, [visit.place_name, visit.address]))
    ways = format_html_join("　", '<a href="{}">{}</a>', links)
    return format_html("走访发现未建档单位：{}。{}", where, ways)
