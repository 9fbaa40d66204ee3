"""What the pages of this room share: fetching a unit, doing an act, lists out."""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from enterprises.models import Enterprise
from enterprises.views.units import CRUMBS, visible_unit
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents.answers import workbook_answer
from gridinspect.documents.sheets import Kind, SheetColumn, write_table
from gridinspect.ui.pages import render_form
from gridinspect.ui.tables import Column
from grids.access import require
from grids.forms import carried_out

_KINDS: dict[str, Kind] = {
    "amount": "money",
    "owed": "money",
    "price": "money",
    "found_on": "date",
    "settled_on": "date",
    "started_on": "date",
    "persons": "integer",
    "months": "integer",
}
_WIDE = {"enterprise": 32, "name": 32, "contractor": 30, "missing": 48, "grid": 18}


def unit_to_edit(request: Request, pk: int) -> Enterprise:
    """Return a unit that the person sees, and may note things of."""
    unit = visible_unit(request, pk)
    require(request.user, Permission.ENTERPRISE_EDIT, at=unit.grid)
    return unit


def of_unit(unit: Enterprise, tab: str) -> str:
    """Return the address of a tab of a unit's file."""
    return f"{unit.get_absolute_url()}?tab={tab}"


def unit_crumbs(unit: Enterprise, tab: str) -> list[tuple[str, str]]:
    return [*CRUMBS, (unit.name, of_unit(unit, tab))]


def answer(
    request: Request,
    form: Any,
    act: Callable[..., Any],
    *,
    to: Any,
    said: str,
    title: str,
    crumbs: Sequence[tuple[str, str]],
    **page: Any,
) -> HttpResponse:
    """Do what a valid form says and go on to `to`, or show the form again.

    `to` is an address, or a function from what came of the act to one.
    """
    if done := carried_out(form, act):
        messages.success(request, said)
        return redirect(to(done) if callable(to) else to)
    return render_form(request, title=title, form=form, crumbs=crumbs, **page)


def link(words: Any, url: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, words)


def handed_out(
    request: Request,
    rows: Any,
    columns: Sequence[Column],
    *,
    title: str,
    name: str,
    place: Any,
    verb: str,
) -> HttpResponse:
    """Hand out a list as a workbook, with a trail of who took how many rows."""
    user, today = request.user, timezone.localdate()
    heads = [SheetColumn("序号", 6, "integer")]
    heads += [
        SheetColumn(c.label, _WIDE.get(c.key, 14), _KINDS.get(c.key, "text"))
        for c in columns
    ]
    stream = BytesIO()
    cells = (
        [number, *(_plain(column.of(row)) for column in columns)]
        for number, row in enumerate(rows, start=1)
    )
    count = write_table(
        stream,
        heads,
        cells,
        title=title,
        organisation=str(place or ""),
        period=f"截至 {today}",
        name=title,
    )
    path = place.path if place else user.scope_paths(Permission.ENTERPRISE_VIEW)[0]
    with transaction.atomic():
        record(verb, by=user, target=user, path=path, count=count)
    return workbook_answer(stream, f"{name}-{today}.xlsx")


def _plain(value: Any) -> Any:
    """Return a badge or a link as its words."""
    if isinstance(value, SafeString):
        return value.split(">", 1)[1].split("<", 1)[0]
    return value
