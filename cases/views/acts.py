"""What the pages of all acts have in common."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from cases import rules
from cases.limits import LimitMissing
from gridinspect.documents.fonts import MissingGlyph
from gridinspect.ui.pages import Crumbs, render_form, told_instead

REFUSALS = (rules.Refused, LimitMissing, MissingGlyph)


def act_page(
    request: HttpRequest,
    *,
    form: forms.Form,
    act: Callable[[], Any],
    done: Callable[[Any], tuple[str, Any]],
    title: str,
    crumbs: Crumbs,
    sections=None,
    submit: str = "确定",
    note: str = "",
    template: str = "ui/form.html",
    not_now: str = "",
) -> HttpResponse:
    """Show the form of an act and carry it out; what refuses becomes a form error.

    `act` calls the service; `done` gives the message and where to go with its result.
    `not_now` says why there is nothing to do: then the page that the last crumb leads
    to says it, and no form is offered. What was typed meanwhile is refused in its form.
    """
    if not_now and request.method != "POST":
        return told_instead(request, not_now, crumbs)
    if request.method == "POST" and form.is_valid():
        try:
            result = act()
        except REFUSALS as error:
            form.add_error(None, str(error))
        else:
            words, goal = done(result)
            messages.success(request, words)
            return redirect(goal)
    return render_form(
        request,
        title=title,
        form=form,
        sections=sections,
        crumbs=crumbs,
        submit=submit,
        note=note,
        template=template,
    )
