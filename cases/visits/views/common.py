"""What the pages of visits, hazards, publicity and workers' words share."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gridinspect.accounts.requests import Request
from gridinspect.audit.services import history
from gridinspect.audit.verbs import act_name, details
from gridinspect.ui.pages import render_form
from gridinspect.ui.registry import TimelineEntry
from grids.forms import add_refusal
from grids.models import Grid

CRUMBS = [("走访记录", "/visits/")]
Crumb = tuple[str, str]


def unit_link(row: Any) -> SafeString | None:
    """Lead to the visits of the unit that a row is about, if it has a file."""
    if row.enterprise is None:
        return None
    url = f"{row.enterprise.get_absolute_url()}?tab=visits"
    return format_html('<a href="{}">{}</a>', url, row.enterprise.name)


def photos_of(photos: Iterable[Any]) -> str:
    """Show photographs, each leading to itself in full."""
    return render_to_string("visits/_photos.html", {"photos": list(photos)})


def place_of(row: Any) -> Grid:
    """Return the grid that a row lies in: its unit's own one, which may have moved."""
    return row.enterprise.grid if row.enterprise else row.grid


def history_of(row: Any) -> list[TimelineEntry]:
    """Tell what the trail knows of a row."""
    return [
        TimelineEntry(
            event.at, act_name(event.verb), event.actor_name, note=details(event.data)
        )
        for event in history(row)
    ]


def act_page(
    request: Request,
    form: Form,
    act: Callable[[], Any],
    *,
    title: str,
    submit: str,
    said: str,
    crumbs: list[Crumb],
    goal: Any = None,
    note: str = "",
) -> HttpResponse:
    """Show the form of an act and carry it out; a refusal becomes a form error."""
    if request.method == "POST" and form.is_valid():
        try:
            done = act()
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, said)
            return redirect(goal or done)
    return render_form(
        request,
        title=title,
        form=form,
        crumbs=[*CRUMBS, *crumbs],
        submit=submit,
        note=note,
    )
