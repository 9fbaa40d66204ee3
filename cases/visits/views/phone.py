"""我的网格: the page of a visitor with a phone; with and without signal."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from cases.visits import units as own
from cases.visits.checklist import visit_form
from cases.visits.forms import VisitForm
from cases.visits.forms.visit import tasks_for
from cases.visits.services.queue import owner_mark, queue_key
from cases.visits.services.visits import record_visit
from cases.visits.uploading import own_grids
from enterprises.models import Enterprise
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission, roles_with
from gridinspect.ui.tables import PAGE_SIZES
from grids import outline
from grids.access import require, require_somewhere
from grids.forms import add_refusal
from grids.models import Grid, Posting

P = Permission
CRUMBS = [("我的网格", "/visits/phone/")]
ON_PAGE = PAGE_SIZES[0]
KEPT = 1000  # units that a phone keeps
ASSETS = [
    "vendor/tabler/tabler.min.css",
    "vendor/bootstrap-icons/bootstrap-icons.min.css",
    "css/app.css",
    "css/visits.css",
    "js/app.js",
    "js/visits.js",
    "img/icon.svg",
]
WORKER = Path(settings.BASE_DIR) / "static" / "js" / "visits-worker.js"


@require_GET
def phone(request: Request) -> HttpResponse:
    """List the own units, those first that wait longest for a visit."""
    require_somewhere(request.user, P.VISIT_RECORD)
    at = outline.place_asked(request)
    units, words = own.own_units(request.user), request.GET.get("q", "").strip()[:60]
    if isinstance(at, Grid):
        units = units.within(at)
    if words:
        units = units.filter(name__contains=words)
    total = units.order_by().values("pk")[: own.MOST + 1].count()
    context: dict[str, Any] = {
        "title": "我的网格",
        "crumbs": CRUMBS,
        "words": words,
        "at": at,
        "total": total,
        "too_many": total > own.MOST,
    }
    if total > own.MOST:
        context["places"] = _places(request, at)
    else:
        context |= _page(request, units)
    return render(request, "visits/phone.html", context)


def _page(request: Request, units) -> dict:
    number = max(1, outline.key_asked(request, "page") or 1)
    first = (min(number, 10_000) - 1) * ON_PAGE
    rows = own.with_reasons(units, request.user, timezone.localdate())
    found = list(rows[first : first + ON_PAGE + 1])
    cards = [(unit, own.reasons(unit)) for unit in found[:ON_PAGE]]
    return {
        "cards": cards,
        "page": number,
        "next_page": number + 1 if len(found) > ON_PAGE else None,
        "previous_page": number - 1 if number > 1 else None,
    }


def _places(request: Request, at) -> list[Grid]:
    """Return the grids to choose among when there are too many units for a list."""
    if isinstance(at, Grid):
        return outline.next_below(request.user, at)
    return [
        grid
        for place in outline.own_places(request.user, P.VISIT_RECORD)
        for grid in outline.next_below(request.user, place)
    ]


def add(request: Request, pk: int) -> HttpResponse:
    """Record a visit to a unit."""
    visible = Enterprise.objects.visible_to(request.user).select_related("grid")
    unit = get_object_or_404(visible, pk=pk)
    require(request.user, P.VISIT_RECORD, at=unit.grid)
    return _visit_page(request, unit)


def add_elsewhere(request: Request) -> HttpResponse:
    """Record a visit to an address where no known unit is."""
    require_somewhere(request.user, P.VISIT_RECORD)
    return _visit_page(request, None)


def _visit_page(request: Request, unit: Enterprise | None) -> HttpResponse:
    user, grids = request.user, [] if unit else own_grids(request.user)
    form = VisitForm(
        request.POST or None,
        request.FILES or None,
        unit=unit,
        grids=grids,
        companions=_companions(user, unit),
        tasks=tasks_for(user, unit),
    )
    if request.method == "POST" and form.is_valid():
        try:
            visit, is_new = record_visit(facts=form.facts(), by=user)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            said = "已登记走访" if is_new else "这次走访已经登记过"
            messages.success(request, f"{said}：{visit}。")
            return redirect(f"{reverse('visits:phone')}" if is_new else visit)
    context = {
        "title": unit.name if unit else "新发现单位",
        "unit": unit,
        "form": form,
        "opened": form.with_errors() if form.is_bound else {},
        "crumbs": [*CRUMBS, ("走访", "")],
        "form_version": visit_form().version,
    }
    return render(request, "visits/add.html", context)


def _companions(user, unit: Enterprise | None) -> list[Posting]:
    """Return who may have gone along: others on post at the unit's grid or above."""
    if unit is None:
        return []
    above = Grid.objects.above(unit.grid).values("pk")
    posts = Posting.objects.current().filter(
        grid__in=above, role__in=roles_with(P.VISIT_RECORD)
    )
    others = posts.exclude(person=user.person_id).select_related("person")
    by_person = {post.person_id: post for post in others.order_by("pk")}
    return list(by_person.values())[:40]


# --- without signal -------------------------------------------------------------------


@require_GET
def mine(request: Request) -> HttpResponse:
    """Hand a signed-in page the key of its queue and the units to keep.

    Names, addresses and the last visit only: no persons, no telephone numbers.
    """
    require_somewhere(request.user, P.VISIT_RECORD)
    get_token(request)  # sets the cookie that an upload needs
    units: list = []
    if "units" in request.GET:
        rows = own.own_units(request.user)
        total = rows.order_by().values("pk")[: own.MOST + 1].count()
        if total <= own.MOST:
            today = timezone.localdate()
            ordered = own.with_reasons(rows, request.user, today)[:KEPT]
            units = [own.told(unit) for unit in ordered]
    return JsonResponse(
        {
            "owner": owner_mark(request.user),
            "key": queue_key(request.user),
            "form": visit_form().version,
            "units": units,
        }
    )


@login_not_required
@require_GET
def shell(request: Request) -> HttpResponse:
    """Show the page that a phone keeps: the empty form, and nothing of anybody."""
    return HttpResponse(_shell())


def _shell() -> str:
    form = VisitForm(unit=None, grids=(), initial={"key": None})
    context = {
        "title": "走访（离线）",
        "system_name": settings.SYSTEM_NAME,
        "form": form,
        "form_version": visit_form().version,
    }
    return render_to_string("visits/shell.html", context)


@login_not_required
@require_GET
def worker(request: Request) -> HttpResponse:
    """Serve the service worker where its scope is, with the files that it keeps."""
    kept = [reverse("visits:shell"), *(static(name) for name in ASSETS)]
    version = sha256(f"{_shell()}{kept}".encode()).hexdigest()[:16]
    begin = f"const KEPT = {json.dumps(kept)};\nconst SHELL = KEPT[0];\n"
    begin += f'const VERSION = "{version}";\n'
    return HttpResponse(
        begin + WORKER.read_text("utf-8"),
        content_type="text/javascript; charset=utf-8",
        headers={"Cache-Control": "no-cache, no-store"},
    )
