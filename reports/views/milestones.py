"""Milestones grid by grid, and what is reported of them and of checklists."""

from datetime import date

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import Action, render_form, render_list
from gridinspect.ui.tables import NOTHING, Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids.access import may, require
from grids.models import Grid
from reports.conformance import Scope, scopes_of
from reports.models import Finding
from reports.programme import services
from reports.programme.boards import followed_by, milestone_states, not_closed
from reports.programme.forms import FindingForm
from reports.programme.progress import PROGRESS
from reports.programme.services import Asked
from reports.views.dashboards import asked_day
from reports.views.programme import (
    PROGRESS_TONES,
    crumbs_to,
    evidence_url,
    grid_asked,
    node_url,
    report_url,
)

P = Permission


def programme_milestone(request, pk, key):
    """Show the grids that have to finish a milestone, and which of them have."""
    place = grid_asked(request, pk)
    on = asked_day(request)
    scope = _scope(place, on)
    milestone = scope.values.milestone(key)
    if milestone is None:
        raise Http404
    rows = milestone_states(scope, milestone, not_closed(place, on))
    state = request.GET.get("state", "")
    shown = [row for row in rows if state not in PROGRESS or row[2] == state]
    table = build_table(
        request, shown, _milestone_columns(request.user), name="programme-milestone"
    )
    due = milestone.due_on(scope.programme_start)
    done = sum(
        one is not None and one.result == Finding.Result.MET for _, one, _ in rows
    )
    return render_list(
        request,
        title=f"{milestone.name}：{place.name}",
        table=table,
        toolbar=_milestone_actions(request.user, place, scope, key),
        crumbs=crumbs_to(place, on),
        note=f"期限 {due or NOTHING}，截至 {on}，{len(rows)} 个网格中 {done} 个已完成。"
        f"依据条款 {milestone.clause}。",
        empty="这里没有须完成这一节点的网格。",
    )


def programme_report(request, pk, slug, topic, item):
    """Say what was found of a milestone or of an item that is asked for."""
    place = grid_asked(request, pk)
    require(request.user, P.PROGRAMME_REPORT, at=place)
    today = timezone.localdate()
    asked, grids, note = _asked(place, today, slug, topic, item)
    form = FindingForm(
        request.POST or None, request.FILES or None, asked=asked, grids=grids
    )
    goal = _goal(place, topic, item)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.report_findings(
                asked=asked, place=place, by=request.user, **form.chosen()
            )
        except services.Refused as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, f"已登记“{asked.name}”（{len(made)} 个网格）。")
            return redirect(goal)
    return render_form(
        request,
        title=f"填报：{asked.name}",
        form=form,
        crumbs=[*crumbs_to(place, today), (asked.name, goal)],
        cancel=goal,
        submit="登记",
        note=note,
    )


def _scope(place: Grid, on: date) -> Scope:
    scopes = scopes_of(place, on)
    if not scopes:
        raise Http404
    return scopes[0]


def _milestone_columns(user) -> list[Column]:
    return [
        Column(
            "grid",
            "网格",
            value=lambda row: row[0].name,
            link=lambda row: node_url(row[0], timezone.localdate()),
        ),
        Column("parent", "上级网格", value=lambda row: row[0].parent or NOTHING),
        Column(
            "state",
            "状态",
            value=lambda row: badge_html(PROGRESS[row[2]], PROGRESS_TONES[row[2]]),
        ),
        Column("on", "日期", value=lambda row: row[1].on if row[1] else None),
        Column(
            "basis",
            "来源",
            value=lambda row: row[1].get_basis_display() if row[1] else NOTHING,
        ),
        Column("signer", "签字人", value=lambda row: row[1].signer if row[1] else ""),
        Column(
            "evidence",
            "依据",
            value=lambda row: "查看" if evidence_url(user, row[1]) else NOTHING,
            link=lambda row: evidence_url(user, row[1]),
        ),
        Column(
            "remark",
            "说明",
            value=lambda row: row[1].remark if row[1] else "",
            wraps=True,
        ),
    ]


def _milestone_actions(user, place: Grid, scope: Scope, key: str) -> list[Action]:
    if not may(user, P.PROGRAMME_REPORT, at=place):
        return []
    url = report_url(place, scope.policy.slug, Finding.MILESTONES, key)
    return [Action("填报", url, icon="pencil-square", primary=True)]


def _goal(place: Grid, topic: str, item: str) -> str:
    if topic == Finding.MILESTONES:
        return reverse("reports:programme-milestone", args=[place.pk, item])
    return reverse("reports:programme-node", args=[place.pk])


def _asked(
    place: Grid, on: date, slug: str, topic: str, item: str
) -> tuple[Asked, list[Grid], str]:
    """Return what is asked, of which grids, and what to show. Raises Http404."""
    scope = _scope(place, on)
    if topic == Finding.MILESTONES:
        return _asked_milestone(place, scope, slug, item)
    for followed in followed_by(scope.values, on):
        checklist = followed.checklist
        if (followed.slug, checklist.key) != (slug, topic) or not followed.is_for(
            place
        ):
            continue
        for one in followed.items:
            if one.key == item and one.ask:
                asked = Asked(
                    slug, topic, item, one.name, one.points, checklist.proportional
                )
                return asked, [place], f"{checklist.name}，查验：{one.ask}。"
    raise Http404


def _asked_milestone(
    place: Grid, scope: Scope, slug: str, key: str
) -> tuple[Asked, list[Grid], str]:
    milestone = scope.values.milestone(key)
    if slug != scope.policy.slug or milestone is None:
        raise Http404
    rows = milestone_states(scope, milestone, not_closed(place, scope.on))
    grids = [
        grid for grid, one, _ in rows if one is None or one.result != Finding.Result.MET
    ] or [grid for grid, _, _ in rows]
    if not grids:
        raise Http404
    due = milestone.due_on(scope.programme_start)
    note = f"期限 {due or NOTHING}，依据条款 {milestone.clause}。已完成的网格不再列出。"
    return Asked(slug, Finding.MILESTONES, key, milestone.name), grids, note
