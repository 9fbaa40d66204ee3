"""What the pages of this room share: units, crumbs, and two editors of one row."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from enterprises.models import Enterprise
from enterprises.workforce.services.common import EditedMeanwhile, in_words
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import render_form
from grids.access import require
from grids.forms import add_refusal

UNIT_CRUMBS = [("单位档案", "/enterprises/")]
LIST_CRUMBS = [("用工备案", "/workforce/")]


def unit_of(request: Request, pk: int) -> Enterprise:
    """Return a unit whose workers the person may look at; others have none."""
    units = Enterprise.objects.visible_to(request.user)
    unit = get_object_or_404(units.select_related("grid", "district__city"), pk=pk)
    require(request.user, Permission.WORKFORCE_VIEW, at=unit.grid)
    return unit


def unit_to_edit(request: Request, pk: int) -> Enterprise:
    """Return a unit whose roster and filings the person keeps."""
    unit = unit_of(request, pk)
    require(request.user, Permission.WORKFORCE_EDIT, at=unit.grid)
    return unit


def tab_url(unit: Enterprise, tab: str) -> str:
    """Return the address of a tab of the unit's file."""
    return f"{unit.get_absolute_url()}?tab={tab}"


def crumbs_of(unit: Enterprise, tab: str, label: str) -> list[tuple[str, str]]:
    """Return the way to a page below a tab of a unit's file."""
    return [
        *UNIT_CRUMBS,
        (unit.name, unit.get_absolute_url()),
        (label, tab_url(unit, tab)),
    ]


def act_page(
    request: Request,
    *,
    form: forms.BaseForm,
    act: Callable[[], Any],
    title: str,
    crumbs: list[tuple[str, str]],
    done: str | Callable[[Any], str],
    to: Callable[[Any], str],
    row: models.Model | None = None,
    sections: Any = None,
    note: str = "",
    submit: str = "保存",
) -> HttpResponse:
    """Show a form; when it is sent and sound, do the act and lead on.

    With `row`, somebody who saved it meanwhile is shown beside what was typed.
    """
    if request.method == "POST" and form.is_valid():
        try:
            made = act()
        except EditedMeanwhile as met:
            form = meet(form, met.current)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, done if isinstance(done, str) else done(made))
            return redirect(to(made))
    return render_form(
        request,
        title=title,
        form=form,
        sections=sections,
        crumbs=crumbs,
        note=note,
        submit=submit,
    )


def meet(form: forms.BaseForm, current: models.Model) -> forms.BaseForm:
    """Say at each field what somebody else has saved meanwhile; saving again settles.

    What was typed stays; the edition becomes the newest one.
    """
    data = form.data.copy()  # type: ignore[attr-defined]
    data["edition"] = str(current.edition)  # type: ignore[attr-defined]
    form.data = data
    form.add_error(
        None, "您打开之后他人已修改并保存。请核对下列各项；保留您的值请再次保存。"
    )
    for name, value in _typed(form).items():
        now = getattr(current, name, None)
        if name in form.fields and _differs(now, value):
            form.add_error(name, f"现为“{in_words(current, name) or '空'}”。")
    return form


def _typed(form: forms.BaseForm) -> Mapping[str, Any]:
    """Return what a form says of the row itself, without what it only asks."""
    return {
        name: value for name, value in form.cleaned_data.items() if name != "edition"
    }


def _differs(now: Any, typed: Any) -> bool:
    if typed in (None, "") and now in (None, ""):
        return False
    return now != typed


def list_url(part: str, **asked: str) -> str:
    """Return the address of a part of the list 用工备案."""
    query = "&".join(f"{key}={value}" for key, value in {"part": part, **asked}.items())
    return f"{reverse('workforce:list')}?{query}"
