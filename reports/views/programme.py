"""两网化推进: the board of a place, and the checklists of one grid."""

from collections.abc import Sequence
from datetime import date

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode

from gridinspect.accounts.roles import Permission
from gridinspect.htmx import render_page
from gridinspect.ui.pages import Action, require_holds
from gridinspect.ui.tables import NOTHING
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import may, require
from grids.models import City, Grid
from reports import conformance as clauses
from reports import coverage
from reports.conformance import Scope
from reports.judging import Part, State
from reports.models import Assessment, Finding
from reports.programme import services
from reports.programme.boards import (
    Board,
    MilestoneRow,
    PhaseRow,
    board_of,
    boards_of,
    followed_by,
)
from reports.programme.forms import BoardForm
from reports.programme.progress import PHASE_STATES, PROGRESS, PhaseState, Progress
from reports.programme.scoring import Score, Scored, points_words
from reports.views.dashboards import asked_day, widest_place

P = Permission
PROGRESS_TONES = {
    Progress.DONE: "ok",
    Progress.DONE_LATE: "notice",
    Progress.OPEN: "plain",
    Progress.OVERDUE: "warning",
    Progress.BORN_LATE: "notice",
}
PHASE_TONES = {PhaseState.CURRENT: "info", PhaseState.ENDED: "plain"}
FOUND = {State.MET: "到位", State.PARTLY: "部分到位", State.NOT_MET: "未到位"}
FOUND_TONES = {State.MET: "ok", State.PARTLY: "notice", State.NOT_MET: "warning"}
RESULT_TONES: dict[str, str] = {
    Finding.Result.MET: "ok",
    Finding.Result.PARTLY: "notice",
    Finding.Result.NOT_MET: "warning",
}


def programme(request):
    """Show how far a place is under its plan, and the places below it."""
    require_holds(request.user, P.COVERAGE_VIEW)
    on = asked_day(request)
    place = _asked_place(request)
    whole = boards_of(place, on)
    own, lists = whole.own, _lists(whole.below)
    context = {
        "title": f"两网化推进：{place.name}",
        "place": place,
        "on": on,
        "is_city": isinstance(place, City),
        "board": own,
        "scope": own.scope if own else None,
        **(_own(request.user, own) if own else {}),
        "below": [_below(board, lists) for board in whole.below],
        "lists": lists,
        "has_milestones": any(board.milestones for board in whole.below),
        "filters": BoardForm(
            {"at": place.code, "on": on.isoformat()}, places=_places(request, place)
        ),
        "kept": [],
        "toolbar": _toolbar(request.user, place, own),
        "crumbs": [("监管态势", reverse("reports:dashboard")), ("两网化推进", "")],
    }
    return render_page(
        request,
        "reports/programme/board.html",
        "reports/programme/_board.html",
        context,
    )


def programme_node(request, pk):
    """Show the checklists of one grid item by item, and what was ever found there."""
    grid = grid_asked(request, pk)
    on = asked_day(request)
    board = board_of(grid, on)
    findings = Finding.objects.visible_to(request.user).filter(grid=grid, on__lte=on)
    assessments = Assessment.objects.visible_to(request.user).filter(
        grid=grid, on__lte=on
    )
    names = _names(board, on)
    context = {
        "title": f"检查项目：{grid.name}",
        "grid": grid,
        "on": on,
        "board": board,
        "lists": [_scored(request.user, board, one) for one in board.scores]
        if board
        else [],
        "findings": [
            _finding_line(request.user, one, names)
            for one in findings.select_related("evidence").order_by("-on", "-pk")
        ],
        "assessments": list(assessments.for_list().order_by("-on", "-pk")),
        "toolbar": _node_toolbar(request.user, grid),
        "crumbs": [*crumbs_to(grid, on), ("检查项目", "")],
    }
    return render_page(
        request, "reports/programme/node.html", "reports/programme/_node.html", context
    )


# --- which place ----------------------------------------------------------------------


def _asked_place(request) -> Grid | City:
    """Return the place in the address, else the widest one of the user."""
    asked = request.GET
    code = asked.get("at") or asked.get("grid") or asked.get("city")
    if not code:
        place = widest_place(request.user)
        if place is None:
            raise Http404
        return place
    cities = City.objects.visible_to(request.user).filter(code=code)
    grids = Grid.objects.visible_to(request.user).filter(code=code)
    found = grids.select_related("city", "district", "parent").first() or cities.first()
    if found is None or not may(request.user, P.COVERAGE_VIEW, at=found):
        raise Http404
    return found


def grid_asked(request, pk) -> Grid:
    grids = Grid.objects.visible_to(request.user)
    grid: Grid = get_object_or_404(
        grids.select_related("city", "district", "parent"), pk=pk
    )
    require(request.user, P.COVERAGE_VIEW, at=grid)
    return grid


def _places(request, place: Grid | City) -> list[tuple[str, str]]:
    """Return own places, the districts of own cities, and the one that is shown."""
    places: dict[str, str] = {}
    for own in outline.own_places(request.user, P.COVERAGE_VIEW):
        places[own.code] = own.name
        if isinstance(own, City):
            for district in coverage.districts_of(own):
                places[district.code] = f"　{district.name}"
    places.setdefault(place.code, place.name)
    return list(places.items())


def _at(place: Grid | City, on: date) -> str:
    asked = urlencode({"at": place.code, "on": on.isoformat()})
    return f"{reverse('reports:programme')}?{asked}"


def crumbs_to(grid: Grid, on: date) -> list[tuple[str, str]]:
    """Return the breadcrumb down to the board of a grid."""
    return [
        ("两网化推进", reverse("reports:programme")),
        (grid.name, _at(grid, on)),
    ]


# --- the board ------------------------------------------------------------------------


def _own(user, board: Board) -> dict:
    return {
        "figures": _figures(board),
        "milestones": [_milestone(user, board, row) for row in board.milestones],
        "phases": [_phase(user, board, row) for row in board.phases],
        "steps": [_scored(user, board, one) for one in board.steps],
        "acceptance": [_scored(user, board, one) for one in board.acceptance],
    }


def _figures(board: Board) -> list[dict]:
    late = board.count(Progress.OVERDUE)
    phase = board.phase
    cards = []
    if board.milestones:
        done = board.count(Progress.DONE, Progress.DONE_LATE)
        cards.append(
            {
                "label": "节点",
                "value": f"{done}/{len(board.milestones)}",
                "small": f"逾期 {late} 项" if late else "没有逾期",
                "url": "#milestones",
            }
        )
    if phase:
        cards.append(
            {
                "label": phase.phase.name,
                "value": f"{phase.met}/{len(phase.targets)}",
                "small": f"目标达到，{PHASE_STATES[phase.state]}",
                "url": "#phases",
            }
        )
    cards += [
        {
            "label": one.checklist.name,
            "value": one.words,
            "small": _missing_words(one),
            "url": f"#{one.checklist.key}",
        }
        for one in board.scores
    ]
    return cards


def _missing_words(one: Score) -> str:
    if one.checklist.use == "steps":
        return f"{one.missing} 项待填报" if one.missing else f"{one.met} 项到位"
    passed = "合格" if one.is_passed else f"{one.needed} 分合格"
    return f"{passed}，{one.missing} 项待填报" if one.missing else passed


def _milestone(user, board: Board, row: MilestoneRow) -> dict:
    scope, key = board.scope, row.milestone.key
    url = reverse("reports:programme-milestone", args=[board.place.pk, key])
    return {
        "row": row,
        "badge": badge_html(PROGRESS[row.state], PROGRESS_TONES[row.state]),
        "url": f"{url}?on={scope.on.isoformat()}",
        "parts": _parts(user, row.parts, scope),
        "report": report_url(board.place, scope.policy.slug, Finding.MILESTONES, key)
        if may(user, P.PROGRAMME_REPORT, at=board.place) and not row.is_whole
        else "",
    }


def _phase(user, board: Board, row: PhaseRow) -> dict:
    parts = _parts(user, [part for _, part in row.targets], board.scope)
    return {
        "row": row,
        "badge": badge_html(
            PHASE_STATES[row.state], PHASE_TONES.get(row.state, "plain")
        ),
        "targets": [
            {"target": target, **part}
            for (target, _), part in zip(row.targets, parts, strict=True)
        ],
    }


def _parts(user, parts: Sequence[Part], scope: Scope) -> list[dict]:
    return [
        {
            "part": part,
            "url": clauses.rows_of(part, scope)
            if part.figure is not None and clauses.may_open(user, part)
            else "",
            "badge": badge_html(
                {State.MET: "达到", State.NOT_MEASURABLE: "无法衡量"}.get(
                    part.state, "未达到"
                ),
                "ok" if part.state == State.MET else "plain",
            ),
        }
        for part in parts
    ]


def _scored(user, board: Board, one: Score) -> dict:
    reports = may(user, P.PROGRAMME_REPORT, at=board.place)
    return {
        "score": one,
        "badge": badge_html("合格", "ok")
        if one.is_passed
        else badge_html("未合格", "warning"),
        "points": points_words(one.points),
        "is_scored": one.checklist.use == "acceptance",
        "items": [_item(user, board, one, scored, reports) for scored in one.items],
    }


def _item(user, board: Board, one: Score, scored: Scored, reports: bool) -> dict:
    item = scored.item
    is_known = scored.state in FOUND
    unknown = "无法衡量" if scored.is_computed else "待填报"
    url = report_url(board.place, one.slug, one.checklist.key, item.key)
    return {
        "scored": scored,
        "badge": badge_html(
            FOUND[scored.state] if is_known else unknown,
            FOUND_TONES.get(scored.state, "plain"),
        ),
        "points": NOTHING if scored.points is None else points_words(scored.points),
        "parts": _parts(user, scored.parts, board.scope),
        "evidence": evidence_url(user, scored.found),
        "report": url if reports and not scored.is_computed else "",
    }


def evidence_url(user, found) -> str:
    """Return the address of the paper that shows it, where the user may open that."""
    file = found.evidence if found is not None else None
    if file is None:
        return ""
    paths = user.scope_paths(P.GRID_VIEW)
    seen = any(file.path.startswith(path) for path in paths)
    return file.get_absolute_url() if seen else ""


def report_url(place: Grid, slug: str, topic: str, item: str) -> str:
    return reverse("reports:programme-report", args=[place.pk, slug, topic, item])


def _lists(below: Sequence[Board]) -> list[tuple[str, str]]:
    """Return the checklists that any of the places below is scored by."""
    named = {
        (one.slug, one.checklist.key): one.checklist.name
        for board in below
        for one in board.scores
    }
    return [(f"{slug}.{key}", name) for (slug, key), name in named.items()]


def _below(board: Board, lists: Sequence[tuple[str, str]]) -> dict:
    """Return a line of the places below: grids, in the order of codes, never ranked."""
    late = board.count(Progress.OVERDUE)
    done = board.count(Progress.DONE, Progress.DONE_LATE)
    scores = {f"{one.slug}.{one.checklist.key}": one for one in board.scores}
    return {
        "board": board,
        "place": board.place,
        "url": _at(board.place, board.scope.on),
        "node": node_url(board.place, board.scope.on),
        "done": f"{done}/{len(board.milestones)}" if board.milestones else NOTHING,
        "late": late,
        "phase": board.phase,
        "cells": [scores.get(key) for key, _ in lists],
    }


def node_url(grid: Grid, on: date) -> str:
    url = reverse("reports:programme-node", args=[grid.pk])
    return f"{url}?on={on.isoformat()}"


def _toolbar(user, place: Grid | City, board: Board | None) -> list[Action]:
    if board is None or isinstance(place, City):
        return []
    actions = [
        Action("检查项目", node_url(place, board.scope.on), icon="list-check"),
        *_node_toolbar(user, place),
    ]
    if may(user, P.REPORT_MAKE, at=place):
        asked = {
            "kind": "programme",
            "grid": place.pk,
            "on": board.scope.on.isoformat(),
        }
        url = f"{reverse('reports:new')}?{urlencode(asked)}"
        actions.append(Action("打印推进情况表", url, icon="printer", primary=True))
    return actions


def _node_toolbar(user, grid: Grid) -> list[Action]:
    if not services.may_assess(user, grid):
        return []
    return [
        Action(
            "检查考核",
            reverse("reports:assess", args=[grid.pk]),
            icon="clipboard-check",
        ),
        Action(
            "目标责任书",
            reverse("reports:letter-issue", args=[grid.pk]),
            icon="file-earmark-text",
        ),
    ]


# --- one grid -------------------------------------------------------------------------


def _names(board: Board | None, on: date) -> dict[tuple[str, str, str], str]:
    """Return what the things are called that somebody may have reported."""
    if board is None:
        return {}
    values, slug = board.scope.values, board.scope.policy.slug
    names = {(slug, Finding.MILESTONES, one.key): one.name for one in values.milestones}
    for followed in followed_by(values, on):
        for item in followed.items:
            key = (followed.slug, followed.checklist.key, item.key)
            names[key] = f"{followed.checklist.name} · {item.name}"
    return names


def _finding_line(user, one: Finding, names: dict) -> dict:
    return {
        "finding": one,
        "name": names.get((one.slug, one.topic, one.item), one.item),
        "badge": badge_html(one.get_result_display(), RESULT_TONES[one.result]),
        "evidence": evidence_url(user, one),
    }
