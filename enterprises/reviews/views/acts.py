"""What the pages of all acts of written reviews have in common."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from enterprises.reviews.rules import Refused
from gridinspect.documents.fonts import MissingGlyph
from gridinspect.ui.pages import render_form, told_instead


def act_page(
    request: HttpRequest,
    *,
    form: forms.Form,
    act: Callable[[], Any],
    done: Callable[[Any], tuple[str, Any]],
    not_now: str = "",
    **page: Any,
) -> HttpResponse:
    """Show the form of an act and carry it out; what refuses becomes a form error.

    `not_now` says why there is nothing to do: then no form is offered.
    """
    if not_now and request.method != "POST":
        return told_instead(request, not_now, page["crumbs"])
    if request.method == "POST" and form.is_valid():
        try:
            result = act()
        except (Refused, MissingGlyph) as error:
            form.add_error(None, str(error))
        else:
            words, goal = done(result)
            messages.success(request, words)
            return redirect(goal)
    return render_form(request, form=form, **page)
