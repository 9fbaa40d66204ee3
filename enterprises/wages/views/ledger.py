"""欠薪欠费, 工资支付台账, 社会保险, 最低工资: lists, forms, tabs of a unit."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import ExpressionWrapper, F, IntegerField
from django.db.models.functions import ExtractMonth, ExtractYear
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from enterprises.freshness import districts_of
from enterprises.models import Enterprise
from enterprises.wages import facts, rules
from enterprises.wages.filters import ArrearsFilter
from enterprises.wages.forms import (
    ArrearsForm,
    InsuranceForm,
    PaymentForm,
    ReasonForm,
    RepaymentForm,
    SettleForm,
    WageClassForm,
)
from enterprises.wages.limits import WageLimits
from enterprises.wages.models import (
    Arrears,
    InsuranceMonth,
    Project,
    WageClass,
    WagePayment,
)
from enterprises.wages.models.ledger import Insurance
from enterprises.wages.services import ledger as services
from enterprises.wages.views.common import (
    answer,
    handed_out,
    link,
    of_unit,
    unit_crumbs,
    unit_to_edit,
)
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import (
    Action,
    Tab,
    add_action,
    export_action,
    import_action,
    render_detail,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import may, require
from grids.models import Grid

P = Permission
TITLE = "欠薪欠费"
CRUMBS = [(TITLE, "/arrears/")]
CYCLES = 24  # of a unit, shown on its tab


# --- arrears --------------------------------------------------------------------------


def with_length(rows: Any) -> Any:
    """Note on each record over how many months it runs, and what is still owed."""
    years = ExtractYear("month_to") - ExtractYear("month_from")
    months = ExtractMonth("month_to") - ExtractMonth("month_from")
    counted = facts.outstanding_on(rows, timezone.localdate())
    whole = IntegerField()
    return counted.annotate(
        length=ExpressionWrapper(years * 12 + months + 1, output_field=whole),
        left=F("amount") - F("repaid"),
    ).select_related("enterprise__grid", "project")


def source_word(arrears: Arrears, user: Any) -> str:
    """Say from where arrears are known; of a complaint only to who sees cases."""
    secret = arrears.source == Arrears.Source.COMPLAINT
    if secret and not user.holds(P.CASE_VIEW):
        return "其他"
    return arrears.get_source_display()


def state_badge(arrears: Arrears) -> Any:
    if arrears.withdrawn_on:
        return badge_html("已撤销", "plain")
    if arrears.settled_on:
        return badge_html("已结清", "ok")
    return badge_html("未结清", "danger")


def arrears_columns(user: Any, *, with_unit: bool = True) -> list[Column]:
    """Return the columns of a list of arrears."""
    unit = [
        Column(
            "enterprise",
            "单位名称",
            "enterprise.name",
            sort="enterprise__name",
            link=lambda row: of_unit(row.enterprise, "wages"),
        ),
        Column(
            "grid", "所属网格", "enterprise.grid.name", sort="enterprise__grid__code"
        ),
    ]
    return [
        *(unit if with_unit else []),
        Column("kind", "欠什么", "get_kind_display", sort="kind", link=True),
        Column(
            "month_from", "自", lambda row: f"{row.month_from:%Y-%m}", sort="month_from"
        ),
        Column("month_to", "至", lambda row: f"{row.month_to:%Y-%m}", sort="month_to"),
        Column("months", "月数", "length", sort="length", numeric=True),
        Column("persons", "人数", sort="persons", numeric=True),
        Column("amount", "金额（元）", sort="amount", numeric=True),
        Column("owed", "尚欠（元）", "left", sort="left", numeric=True),
        Column("state", "状态", state_badge),
        Column("found_on", "发现日期", sort="found_on"),
        Column("source", "来源", lambda row: source_word(row, user)),
        Column("settled_on", "结清日期", sort="settled_on", hidden=True),
        Column("note", "情况说明", hidden=True),
    ]


def _asked(request: Request) -> tuple[Any, ArrearsFilter]:
    at = outline.place_asked(request)
    rows = Arrears.objects.visible_to(request.user)
    if at is not None:
        rows = rows.within(at)
    asked = request.GET.copy()
    if "state" not in asked:
        asked["state"] = "open"
    return at, ArrearsFilter(asked, queryset=with_length(rows))


@require_GET
def arrears_list(request: Request) -> HttpResponse:
    """Show what the units of the chosen place owe."""
    require_holds(request.user, P.ENTERPRISE_VIEW)
    at, search = _asked(request)
    table = build_table(
        request,
        search.qs,
        arrears_columns(request.user),
        name="arrears",
        default_sort="-found_on",
    )
    export = reverse("wages:arrears-export")
    query = request.GET.urlencode()
    return render_list(
        request,
        title=TITLE,
        table=table,
        filters=search,
        toolbar=[*_toolbar(request), export_action(f"{export}?{query}")],
        tree=outline.tree_beside(request, "wages:arrears-list", at),
        note=f"辖区：{at}" if at else "",
        empty="没有符合条件的欠薪欠费。在单位档案的“工资”“社会保险”页登记。",
    )


def _toolbar(request: Request) -> list[Action]:
    minimum = Action("最低工资标准", reverse("wages:minimum"), icon="cash-coin")
    if not request.user.holds(P.ENTERPRISE_IMPORT):
        return [minimum]
    kinds = {"arrears": "欠薪欠费", "wages": "工资台账", "insurance": "社会保险"}
    return [
        minimum,
        *(
            import_action(reverse("imports:upload", args=[kind]), f"导入{label}")
            for kind, label in kinds.items()
        ),
    ]


@require_GET
def arrears_export(request: Request) -> HttpResponse:
    """Hand out what the list shows as a workbook."""
    require_holds(request.user, P.ENTERPRISE_VIEW)
    at, search = _asked(request)
    return handed_out(
        request,
        search.qs.order_by("-found_on", "pk"),
        arrears_columns(request.user),
        title="欠薪欠费名册",
        name="arrears",
        place=at,
        verb="arrears.exported",
    )


def _visible(request: Request, pk: int) -> Arrears:
    rows = with_length(Arrears.objects.visible_to(request.user))
    return get_object_or_404(
        rows.select_related("evidence", "recorded_by__person"), pk=pk
    )


def _editable(request: Request, pk: int) -> Arrears:
    arrears = _visible(request, pk)
    require(request.user, P.ENTERPRISE_EDIT, at=arrears.enterprise.grid)
    return arrears


@require_GET
def arrears_detail(request: Request, pk: int) -> HttpResponse:
    """Show one record of arrears with its repayments."""
    arrears = _visible(request, pk)
    unit = arrears.enterprise
    return render_detail(
        request,
        title=f"欠{arrears.get_kind_display()}",
        subtitle=unit.name,
        badges=[state_badge(arrears)],
        facts=_facts(request, arrears),
        tabs=[Tab("repayments", "补发补缴", lambda: _repayments(request, arrears))],
        actions=_actions(request.user, arrears),
        crumbs=[*CRUMBS, (unit.name, of_unit(unit, "wages"))],
    )


def _facts(request: Request, arrears: Arrears) -> list[tuple[str, Any]]:
    unit = arrears.enterprise
    said = [
        ("用人单位", link(unit.name, of_unit(unit, "wages"))),
        ("月份", f"{arrears.month_from:%Y-%m} 至 {arrears.month_to:%Y-%m}"),
        ("月数", f"{arrears.months} 个月"),
        ("金额", f"{arrears.amount:,.2f} 元"),
        ("尚欠", f"{arrears.left:,.2f} 元"),  # type: ignore[attr-defined]
        ("涉及人数", f"{arrears.persons:,} 人"),
        ("来源", source_word(arrears, request.user)),
        ("发现日期", arrears.found_on),
        ("登记人", str(arrears.recorded_by)),
        ("登记时间", arrears.recorded_at),
        ("情况说明", arrears.note),
    ]
    if arrears.project:
        url = arrears.project.get_absolute_url()
        said.append(("工程项目", link(arrears.project, url)))
    if arrears.evidence and request.user.holds(services.shown_to(arrears.source)):
        said.append(("证据", link("查看", arrears.evidence.get_absolute_url())))
    if arrears.settled_on:
        said += [("结清日期", arrears.settled_on), ("结清方式", arrears.settlement)]
    if arrears.withdrawn_on:
        said += [
            ("撤销日期", arrears.withdrawn_on),
            ("撤销理由", arrears.withdrawal_reason),
        ]
    return said


def _repayments(request: Request, arrears: Arrears) -> Any:
    rows = arrears.repayments.select_related("recorded_by__person")
    return build_table(
        request,
        rows.order_by("-paid_on", "-pk"),
        [
            Column("paid_on", "日期"),
            Column("amount", "金额（元）", numeric=True),
            Column("recorded_by", "登记人"),
            Column("recorded_at", "登记时间"),
        ],
        name="repayments",
    )


def _actions(user: Any, arrears: Arrears) -> list[Action]:
    if arrears.withdrawn_on or not may(
        user, P.ENTERPRISE_EDIT, at=arrears.enterprise.grid
    ):
        return []

    def act(label: str, name: str, icon: str, **more: Any) -> Action:
        url = reverse(f"wages:arrears-{name}", args=[arrears.pk])
        return Action(label, url, icon=icon, **more)

    take_back = act("撤销", "withdraw", "x-circle")
    if arrears.settled_on:
        return [take_back]
    return [
        act("登记补发", "repay", "cash", primary=True),
        act("结清", "settle", "check2"),
        act("修改", "change", "pencil"),
        take_back,
    ]


def _projects(unit: Enterprise) -> Any:
    return Project.objects.filter(contractor=unit).order_by("-started_on", "pk")


def arrears_add(request: Request, pk: int) -> HttpResponse:
    """Note that a unit owes wages or contributions."""
    unit = unit_to_edit(request, pk)
    form = ArrearsForm(
        request.POST or None,
        request.FILES or None,
        projects=_projects(unit),
        initial={"kind": request.GET.get("kind", "")},
    )

    def act(**typed: Any) -> Arrears:
        return services.record_arrears(enterprise=unit, by=request.user, **typed)

    return answer(
        request,
        form,
        act,
        to=lambda done: done.get_absolute_url(),
        said=f"已登记“{unit}”的欠薪欠费。",
        title="登记欠薪欠费",
        crumbs=unit_crumbs(unit, "wages"),
        note="来源为举报投诉的，没有案件权限的人员看不到来源。",
    )


def arrears_change(request: Request, pk: int) -> HttpResponse:
    """Correct a record of arrears."""
    arrears = _editable(request, pk)
    names = ["kind", "month_from", "month_to", "amount", "persons", "source"]
    names += ["found_on", "project", "note"]
    form = ArrearsForm(
        request.POST or None,
        request.FILES or None,
        projects=_projects(arrears.enterprise),
        initial={name: getattr(arrears, name) for name in names},
    )
    if not request.user.holds(P.CASE_VIEW):
        del form.fields["source"]  # it would tell of a complaint

    def act(**typed: Any) -> Arrears:
        return services.change_arrears(arrears=arrears, by=request.user, **typed)

    return answer(
        request,
        form,
        act,
        to=arrears.get_absolute_url(),
        said="已保存。",
        title="修改欠薪欠费",
        crumbs=_crumbs(arrears),
    )


def arrears_repay(request: Request, pk: int) -> HttpResponse:
    """Note a repayment."""
    arrears = _editable(request, pk)

    def act(**typed: Any) -> Arrears:
        return services.repay(arrears=arrears, by=request.user, **typed)

    return answer(
        request,
        RepaymentForm(request.POST or None),
        act,
        to=arrears.get_absolute_url(),
        said="已登记补发（补缴）。",
        title="登记补发（补缴）",
        crumbs=_crumbs(arrears),
        note=f"尚欠 {arrears.left:,.2f} 元；全部补发后自动结清。",  # type: ignore[attr-defined]
    )


def arrears_settle(request: Request, pk: int) -> HttpResponse:
    """Say that arrears are settled otherwise than by money."""
    arrears = _editable(request, pk)

    def act(**typed: Any) -> Arrears:
        return services.settle(arrears=arrears, by=request.user, **typed)

    return answer(
        request,
        SettleForm(request.POST or None),
        act,
        to=arrears.get_absolute_url(),
        said="已登记结清。",
        title="登记结清",
        crumbs=_crumbs(arrears),
        note="补发（补缴）请用“登记补发”，全部补发后自动结清。",
    )


def arrears_withdraw(request: Request, pk: int) -> HttpResponse:
    """Take back a record that was entered by mistake."""
    arrears = _editable(request, pk)

    def act(**typed: Any) -> Arrears:
        return services.withdraw(arrears=arrears, by=request.user, **typed)

    return answer(
        request,
        ReasonForm(request.POST or None),
        act,
        to=arrears.get_absolute_url(),
        said="已撤销。",
        title="撤销欠薪欠费记录",
        crumbs=_crumbs(arrears),
        submit="撤销",
        note="只撤销录错的 1 条记录；记录保留，不再计入统计和预警。",
    )


def _crumbs(arrears: Arrears) -> list[tuple[str, str]]:
    unit = arrears.enterprise
    own = (f"欠{arrears.get_kind_display()}", arrears.get_absolute_url())
    return [*CRUMBS, (unit.name, of_unit(unit, "wages")), own]


# --- pay cycles -----------------------------------------------------------------------


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


def minimum_words(unit: Enterprise, on: date | None = None) -> str:
    """Say what the minimum wage of a unit's district is on a day."""
    on = on or timezone.localdate()
    row = WageClass.objects.on(on).filter(district=unit.district_id).first()
    if row is None:
        return "本区县还没有登记最低工资类区。"
    limit = WageLimits(unit.district.city.province).minimum_wage(row.number, on=on)
    if limit is None:
        return "本省的最低工资标准还没有录入。"
    return f"现行最低工资标准每月 {limit.value:,} 元（{limit.source}）。"


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
            with_length(arrears).order_by("-found_on", "-pk"),
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


# --- insurance ------------------------------------------------------------------------


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
            with_length(arrears).order_by("-found_on", "-pk"),
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


# --- the minimum wage -----------------------------------------------------------------


@require_GET
def minimum(request: Request) -> HttpResponse:
    """Show the minimum wages of the user's provinces, and each district's class."""
    require_holds(request.user, P.ENTERPRISE_VIEW)
    keys = districts_of(request.user, P.ENTERPRISE_VIEW)
    districts = Grid.objects.filter(pk__in=keys).select_related("city").order_by("code")
    classes = {
        row.district_id: row
        for row in WageClass.objects.current().filter(district__in=keys)
    }
    provinces = sorted({district.city.province for district in districts})
    context = {
        "title": "最低工资标准",
        "provinces": [(name, WageLimits(name).minimum_rows()) for name in provinces],
        "districts": [(one, classes.get(one.pk)) for one in districts],
    }
    actions = []
    if request.user.holds(P.UNIT_ASSISTANT):
        actions.append(add_action(reverse("wages:minimum-set"), "登记类区"))
    return render_detail(
        request,
        title="最低工资标准",
        actions=actions,
        crumbs=CRUMBS,
        template="wages/minimum.html",
        context=context,
    )


def minimum_set(request: Request) -> HttpResponse:
    """Say into which class of areas a district falls."""
    require_holds(request.user, P.UNIT_ASSISTANT)
    keys = districts_of(request.user, P.UNIT_ASSISTANT)
    districts = Grid.objects.filter(pk__in=keys).order_by("code")
    only = districts[0] if len(keys) == 1 else None
    form = WageClassForm(
        request.POST or None, districts=districts, initial={"district": only}
    )

    def act(**typed: Any) -> WageClass:
        return services.set_wage_class(by=request.user, **typed)

    return answer(
        request,
        form,
        act,
        to=reverse("wages:minimum"),
        said="已登记最低工资类区。",
        title="登记最低工资类区",
        crumbs=[*CRUMBS, ("最低工资标准", reverse("wages:minimum"))],
        note="标准数额随省级政策文件载入；这里登记各区县属于哪一类区。",
    )
