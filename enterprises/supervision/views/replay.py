"""试算和回放: a year's grades under any scheme, beside those that stand."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from enterprises.supervision import forms
from enterprises.supervision.models import Rating
from enterprises.supervision.rules import Proposal
from enterprises.supervision.services import replaying
from enterprises.supervision.services.schemes import (
    every_scheme,
    scheme_named,
)
from enterprises.supervision.views.grades import CRUMBS
from enterprises.supervision.views.shared import (
    P,
    districts,
    grade_badge,
)
from gridinspect.accounts.requests import Request
from gridinspect.ui.pages import (
    render_list,
)
from gridinspect.ui.tables import Column, build_table


@require_GET
def replay(request: Request) -> HttpResponse:
    """Show a year's grades under any scheme, beside those that stand. Saves nothing."""
    user = request.user
    may_look = user.holds(P.SUPERVISION_EDIT) or user.holds(P.SUPERVISION_APPROVE)
    if not may_look:
        raise PermissionDenied("等级试算由办理和批准等级评定的人员查看。")
    permission = (
        P.SUPERVISION_EDIT if user.holds(P.SUPERVISION_EDIT) else P.SUPERVISION_APPROVE
    )
    schemes = [(one.id, one.name) for one in every_scheme()]
    form = forms.ReplayForm(
        request.GET if "year" in request.GET else None,
        districts=districts(user, permission),
        schemes=schemes,
    )
    found, table, rows = None, None, []
    if form.is_bound and form.is_valid():
        found = _replayed(form)
    if found:
        rows = _differences(found)
    table = build_table(
        request,
        rows,
        [
            Column("name", "单位名称", "name", link=lambda row: row["url"]),
            Column("standing", "已批准等级", lambda row: grade_badge(row["standing"])),
            Column("here", "试算等级", lambda row: grade_badge(row["here"])),
            Column("why", "依据的事实", "why", wraps=True),
        ],
        name="grade-replay",
    )
    return render_list(
        request,
        title="等级试算和回放",
        table=table,
        crumbs=CRUMBS,
        note="用任一办法的任一版本重算任一年度，只比较，不保存。",
        empty="没有等级不同的单位。" if found else "选择区县、年度和办法后点击试算。",
        template="supervision/replay.html",
        context={"form": form, "found": found},
    )


def _replayed(form):
    data = form.cleaned_data
    scheme = scheme_named(data["scheme"]) if data["scheme"] else None
    scheme = scheme or replaying.scheme_of_year(data["district"], data["year"])
    if scheme is None:
        form.add_error("scheme", "该区县没有适用的评价办法，请选择一种办法。")
        return None
    return replaying.replay(data["district"], data["year"], scheme, anew=data["anew"])


def _differences(found: replaying.Replay) -> list[dict]:
    ratings = Rating.objects.filter(
        enterprise__in=found.different, year=found.year
    ).standing()
    return [
        {
            "name": rating.enterprise.name,
            "url": rating.get_absolute_url(),
            "standing": found.different[rating.enterprise_id][0],
            "here": found.different[rating.enterprise_id][1],
            "why": _why(rating, found.proposals[rating.enterprise_id]),
        }
        for rating in ratings.select_related("enterprise").order_by("enterprise__name")
    ]


def _why(rating: Rating, here: Proposal) -> str:
    """Return the facts that decide here, and why the standing grade is another."""
    facts = "；".join(f"{one.name}（{one.value}）" for one in here.decided)
    said = facts or "没有降级的事实"
    return f"{said}；批准时人工调整：{rating.reason}" if rating.is_adjusted else said
