"""工资支付台账: pay cycles of a unit, and its tab of wages."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.wages import facts, rules
from enterprises.wages.forms import PaymentForm
from enterprises.wages.limits import WageLimits
from enterprises.wages.models import Arrears, WagePayment
from enterprises.wages.services import ledger as services
from enterprises.wages.views.arrears import arrears_columns
from enterprises.wages.views.common import answer, of_unit, unit_crumbs, unit_to_edit
from enterprises.wages.views.minimum import minimum_words
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import Action
from gridinspect.ui.tables import Column, build_table
from grids.access import may, require

P = Permission


def _payment_page(
    request: Request, unit: Enterprise, payment: WagePayment | None, title: str
) -> HttpResponse:
    form = PaymentForm(
        request.POST or None,
        request.FILES or None,
        instance=payment,
        minimum=minimum_words(unit),
    )

    def act(**typed: Any) -> WagePayment:
        return services.record_payment(
            enterprise=unit, payment=payment, by=request.user, **typed
        )

    return answer(
        request,
        form,
        act,
        to=of_unit(unit, "wages"),
        said="已保存工资支付台账。",
        title=title,
        crumbs=unit_crumbs(unit, "wages"),
        sections=[
            ("支付周期", ["cycle_from", "cycle_to", "due_on", "paid_on"]),
            ("工资", ["payable", "paid", "persons", "below_minimum", "method"]),
            ("凭证", ["evidence", "note"]),
        ],
    )


def payment_add(request: Request, pk: int) -> HttpResponse:
    """Note one pay cycle of a unit."""
    return _payment_page(request, unit_to_edit(request, pk), None, "登记工资支付台账")


def payment_change(request: Request, pk: int) -> HttpResponse:
    """Correct one pay cycle."""
    rows = WagePayment.objects.visible_to(request.user)
    payment = get_object_or_404(
        rows.select_related("enterprise__grid", "enterprise__district__city"), pk=pk
    )
    unit = payment.enterprise
    require(request.user, P.ENTERPRISE_EDIT, at=unit.grid)
    return _payment_page(request, unit, payment, "修改工资支付台账")


def wages_tab(request: Request, unit: Enterprise) -> str:
    """Show the arrears of wages and the pay cycles of a unit."""
    user, today = request.user, timezone.localdate()
    arrears = Arrears.objects.filter(enterprise=unit, kind=Arrears.Kind.WAGES)
    cycles = WagePayment.objects.filter(enterprise=unit).order_by("-cycle_from")
    may_edit = may(user, P.ENTERPRISE_EDIT, at=unit.grid)

    def late(row: WagePayment) -> str:
        days = rules.days_late(row.due_on, row.paid_on, today)
        if not days:
            return ""
        return f"晚 {days} 天" if row.paid_on else f"逾期 {days} 天未付"

    columns = [
        Column("cycle", "支付周期", lambda r: f"{r.cycle_from} 至 {r.cycle_to}"),
        Column("payable", "应付（元）", numeric=True),
        Column("paid", "实付（元）", numeric=True),
        Column("persons", "人数", numeric=True),
        Column("below_minimum", "低于最低工资", numeric=True),
        Column("due_on", "约定支付日"),
        Column("paid_on", "实际支付日"),
        Column("late", "迟付", late),
        Column("method", "方式", "get_method_display"),
    ]
    table = build_table(
        request,
        cycles,
        columns,
        name="wage-payments",
        prefix="pay_",
        row_actions=(lambda row: [_change(row)]) if may_edit else None,
    )
    limits = WageLimits(unit.district.city.province)
    context = {
        "unit": unit,
        "arrears": build_table(
            request,
            facts.with_length(arrears).order_by("-found_on", "-pk"),
            arrears_columns(user, with_unit=False),
            name="unit-arrears",
        ),
        "payments": table,
        "may_edit": may_edit,
        "minimum": minimum_words(unit),
        "ledger": limits.of("PW-LEDGER", on=today),
        "title": "工资",
        "kind": "wages",
    }
    return render_to_string("wages/_wages.html", context, request)


def _change(row: WagePayment) -> Action:
    return Action("修改", reverse("wages:payment-change", args=[row.pk]))
