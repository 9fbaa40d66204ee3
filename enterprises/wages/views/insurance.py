"""社会保险: five insurances by month, and a unit's tab of them."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.wages import facts, rules
from enterprises.wages.forms import InsuranceForm
from enterprises.wages.models import Arrears, InsuranceMonth
from enterprises.wages.models.ledger import Insurance
from enterprises.wages.services import ledger as services
from enterprises.wages.views.arrears import arrears_columns
from enterprises.wages.views.common import answer, of_unit, unit_crumbs, unit_to_edit
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.tables import build_table
from grids.access import may

P = Permission

CYCLES = 24  # months of a unit, shown on its tab


def insurance(request: Request, pk: int) -> HttpResponse:
    """Note the five insurances of a unit in one month, or correct them."""
    unit = unit_to_edit(request, pk)
    form = InsuranceForm(request.POST or None, initial=_month_initial(request, unit))

    def act(**typed: Any) -> int:
        return services.record_insurance(enterprise=unit, by=request.user, **typed)

    return answer(
        request,
        form,
        act,
        to=of_unit(unit, "insurance"),
        said="已保存社会保险情况。",
        title="登记社会保险",
        crumbs=unit_crumbs(unit, "insurance"),
        sections=form.sections(),
        note="没有参加的险种，应参填应参人数，实参填 0；不涉及的险种留空。",
    )


def _month_initial(request: Request, unit: Enterprise) -> dict[str, Any]:
    """Return the month asked for with what is known of it."""
    today = timezone.localdate()
    try:
        month = date.fromisoformat(f"{request.GET.get('month', '')}-01")
    except ValueError:
        return {"month": rules.month_of(today)}
    initial: dict[str, Any] = {"month": month}
    for row in InsuranceMonth.objects.filter(enterprise=unit, month=month):
        for part in ("due", "insured", "base", "owed"):
            initial[f"{row.insurance}_{part}"] = getattr(row, part)
    return initial


def insurance_tab(request: Request, unit: Enterprise) -> str:
    """Show the insurances of a unit by month, and what it owes."""
    user = request.user
    rows = InsuranceMonth.objects.filter(enterprise=unit).order_by("-month", "pk")
    months: dict[date, dict[str, InsuranceMonth]] = {}
    for row in rows[: CYCLES * len(Insurance)]:
        months.setdefault(row.month, {})[row.insurance] = row
    arrears = Arrears.objects.filter(enterprise=unit).exclude(kind=Arrears.Kind.WAGES)
    context = {
        "unit": unit,
        "kinds": Insurance.choices,
        "months": [_month_line(month, known) for month, known in months.items()],
        "arrears": build_table(
            request,
            facts.with_length(arrears).order_by("-found_on", "-pk"),
            arrears_columns(user, with_unit=False),
            name="unit-arrears",
        ),
        "may_edit": may(user, P.ENTERPRISE_EDIT, at=unit.grid),
        "title": "社会保险",
        "kind": "pension",
    }
    return render_to_string("wages/_insurance.html", context, request)


def _month_line(month: date, known: dict[str, InsuranceMonth]) -> dict[str, Any]:
    due = sum(row.due for row in known.values())
    in_it = sum(row.insured for row in known.values())
    share = rules.rate(in_it, due)
    return {
        "month": f"{month:%Y-%m}",
        "cells": [known.get(key) for key in Insurance.values],
        "rate": "—" if share is None else f"{share:.1%}",
        "owed": sum((row.owed for row in known.values()), Decimal(0)),
    }
