from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from gridinspect.accounts.roles import Permission
from gridinspect.htmx import render_page
from gridinspect.ui.pages import Action, require_holds
from gridinspect.ui.registry import menu
from gridinspect.ui.templatetags.ui import badge_html
from grids.access import may
from grids.models import City, Grid
from reports import conformance as clauses
from reports.conformance import Conformance, Scope, conformance_of
from reports.forms import ConformanceForm
from reports.judging import STATES, Judged, State
from reports.views.dashboards import asked_day

TONES = {
    State.MET: "ok",
    State.PARTLY: "notice",
    State.NOT_MET: "warning",
    State.NOT_MEASURABLE: "plain",
    State.PERFORMED: "info",
    State.INFORMATIVE: "plain",
    State.PLANNED: "plain",
}


def conformance(request):
    """Show where every clause of the plan of a place stands on a date."""
    require_holds(request.user, Permission.COVERAGE_VIEW)
    on = asked_day(request)
    scopes = clauses.scopes_for(request.user, on)
    scope = _asked(request, scopes, on)
    if scope and scope.key not in {one.key for one in scopes}:
        scopes = [*scopes, scope]
    found = conformance_of(scope) if scope else None
    state = request.GET.get("state", "")
    asked = {"at": scope.key if scope else "", "on": on.isoformat(), "state": state}
    context = {
        "title": "条款落实",
        "scope": scope,
        "on": on,
        "is_today": on == timezone.localdate(),
        "states": _states(found, asked),
        "rows": _rows(request.user, found, state),
        "filters": ConformanceForm(asked, scopes=scopes),
        "kept": [],
        "toolbar": _toolbar(request.user, scope),
        "crumbs": [("监管态势", reverse("reports:dashboard")), ("条款落实", "")],
    }
    return render_page(
        request, "reports/conformance.html", "reports/_conformance.html", context
    )


def _asked(request, scopes: list[Scope], on) -> Scope | None:
    """Return the scope in the address, else the first; None: no plan on that date."""
    asked = request.GET
    key = asked.get("at") or asked.get("grid") or asked.get("city")
    if not key:
        return scopes[0] if scopes else None
    code, _, slug = key.partition(":")
    place = (
        City.objects.visible_to(request.user).filter(code=code).first()
        if slug or "city" in asked
        else Grid.objects.visible_to(request.user)
        .filter(code=code)
        .select_related("city", "district")
        .first()
    )
    if place is None or not may(request.user, Permission.COVERAGE_VIEW, at=place):
        raise Http404
    found = clauses.scopes_of(place, on)
    return next((one for one in found if slug in ("", one.policy.slug)), None)


def _states(found: Conformance | None, asked: dict) -> list[dict]:
    """Return the number of clauses in each state, each leading to them."""
    if found is None:
        return []
    return [
        {
            "label": STATES[state],
            "count": count,
            "url": f"?{urlencode(asked | {'state': state.value})}",
            "is_current": asked["state"] == state,
        }
        for state, count in found.by_state.items()
    ]


def _rows(user, found: Conformance | None, state: str) -> list[dict]:
    if found is None:
        return []
    return [
        _row(user, one, found.scope)
        for one in found.clauses
        if state not in STATES or one.state == state
    ]


def _row(user, judged: Judged, scope: Scope) -> dict:
    page = clauses.page_of(judged, scope)
    name = judged.clause.page.partition(" ")[0]
    labels = {entry.url_name: entry.label for entry in menu.entries}
    return {
        "judged": judged,
        "badge": badge_html(STATES[judged.state], TONES[judged.state]),
        "page": page if clauses.may_open_page(user, judged) else "",
        "page_label": labels.get(name, "打开"),
        "parts": [
            {
                "part": part,
                "url": clauses.rows_of(part, scope)
                if part.figure is not None and clauses.may_open(user, part)
                else "",
                "badge": badge_html(STATES[part.state], TONES[part.state]),
            }
            for part in judged.parts
        ],
    }


def _toolbar(user, scope: Scope | None) -> list[Action]:
    if scope is None or not may(user, Permission.REPORT_MAKE, at=scope.place):
        return []
    place = scope.place
    where = {"city": place.code} if isinstance(place, City) else {"grid": place.pk}
    asked = {"kind": "conformance", "on": scope.on.isoformat()} | where
    url = f"{reverse('reports:new')}?{urlencode(asked)}"
    return [Action("打印检查验收表", url, icon="printer", primary=True)]
