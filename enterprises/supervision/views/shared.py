"""What the pages of supervision have in common."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from enterprises.models import Enterprise
from enterprises.supervision.facts import sources_of
from gridinspect.accounts.models import User
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.audit.telling import happened_to
from gridinspect.documents.fonts import MissingGlyph
from gridinspect.scope import Place, within_paths
from gridinspect.ui.pages import Crumbs, render_form, told_instead
from gridinspect.ui.registry import TimelineEntry
from gridinspect.ui.templatetags.ui import badge_html
from grids.access import may
from grids.forms import add_refusal
from grids.models import Grid
from grids.policy import FACTS, SECRET_FACTS

P = Permission
# What a timeline tells of an act.
DETAILS = {"on": "日期", "due_on": "期限", "until": "期满", "reason": "理由"}
GRADE_TONES = {"A": "ok", "B": "info", "C": "danger"}


def districts(user: User, permission: Permission) -> QuerySet[Grid]:
    """Return the districts where the user may do this."""
    paths = user.scope_paths(permission)
    roots = Grid.objects.roots().filter(within_paths(paths, "path"), closed_on=None)
    return roots.select_related("city").order_by("code")


def knows_reasons(user: User, at: Place) -> bool:
    """Tell whether the user may learn why a unit is a key unit."""
    return may(user, P.KEY_REASON_VIEW, at=at)


def grade_badge(grade: str) -> SafeString:
    """Return a grade as a badge."""
    return badge_html(f"{grade}级", GRADE_TONES.get(grade, "plain"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A fact as one person may see it, with the rows that he may open."""

    name: str
    value: int
    sources: str
    rows: Sequence[Mapping[str, str]]
    hidden: int


def facts_shown(user: User, unit: Enterprise, kept: Mapping[str, Any]) -> list[Shown]:
    """Return kept facts for a person: no secret ones, no rows that he may not open."""
    shown = []
    for key, fact in kept.items():
        if key in SECRET_FACTS and not knows_reasons(user, unit.grid):
            continue
        rows = [row for row in fact.get("rows", ()) if _may_see(user, unit, row)]
        shown.append(
            Shown(
                FACTS.get(key, key),
                fact["value"],
                "、".join(sources_of(key)),
                rows,
                len(fact.get("rows", ())) - len(rows),
            )
        )
    return shown


def _may_see(user: User, unit: Enterprise, row: Mapping[str, str]) -> bool:
    needed = row.get("perm")
    return not needed or may(user, Permission(needed), at=unit.grid)


def reasons_shown(
    user: User, unit: Enterprise, decided: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return what decided a grade, without what tells of complaints."""
    if knows_reasons(user, unit.grid):
        return list(decided)
    return [one for one in decided if one["fact"] not in SECRET_FACTS]


def evidence_html(request: Request, unit: Enterprise, kept: Mapping[str, Any]) -> str:
    """Return facts with the rows behind them, as a table."""
    context = {"facts": facts_shown(request.user, unit, kept)}
    return render_to_string("supervision/_evidence.html", context, request)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a course: what, when it was done, and by when it should be."""

    name: str
    on: date | None = None
    due: date | None = None
    by: str = ""
    note: str = ""


def course_html(request: Request, steps: Sequence[Step], today: date) -> str:
    """Return the steps of a matter with their dates."""
    context = {"steps": steps, "today": today}
    return render_to_string("supervision/_course.html", context, request)


def timeline_of(obj: Model) -> Iterable[TimelineEntry]:
    """Return what happened to an object, with the reasons that were given."""
    return happened_to(obj, DETAILS)


def act_page(
    request: Request,
    *,
    form: forms.Form,
    act: Callable[..., Any],
    done: Callable[[Any], tuple[str, Any]],
    title: str,
    crumbs: Crumbs,
    submit: str = "确定",
    note: str = "",
    not_now: str = "",
) -> HttpResponse:
    """Show the form of an act and carry it out with what was typed.

    `not_now` says why there is nothing to do: then no form is offered.
    """
    if not_now and request.method != "POST":
        return told_instead(request, not_now, crumbs)
    if request.method == "POST" and form.is_valid():
        try:
            result = act(**form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        except MissingGlyph as error:
            form.add_error(None, str(error))
        else:
            words, goal = done(result)
            messages.success(request, words)
            return redirect(goal)
    return render_form(
        request, title=title, form=form, crumbs=crumbs, submit=submit, note=note
    )


def unit_asked(request: Request, pk: int) -> Enterprise:
    """Return a unit that the person sees, or answer 404."""
    rows = Enterprise.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("grid", "district__city"), pk=pk)
