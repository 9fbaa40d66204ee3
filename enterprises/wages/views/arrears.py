"""欠薪欠费: what units owe, what was repaid, and what was entered by mistake."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET

from enterprises.models import Enterprise
from enterprises.wages import facts
from enterprises.wages.filters import ArrearsFilter
from enterprises.wages.forms import ArrearsForm, ReasonForm, RepaymentForm, SettleForm
from enterprises.wages.models import Arrears, Project
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

P = Permission
TITLE = "欠薪欠费"
CRUMBS = [(TITLE, "/arrears/")]


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
    return at, ArrearsFilter(asked, queryset=facts.with_length(rows))


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
    rows = facts.with_length(Arrears.objects.visible_to(request.user))
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
        tabs=[
            Tab(
                "repayments",
                "补发补缴",
                lambda: _repayments(request, arrears),
                empty="还没有补发，付清一笔就点“登记补发”。",
            )
        ],
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

    return _act(
        request,
        arrears,
        form,
        services.change_arrears,
        said="已保存。",
        title="修改欠薪欠费",
    )


def arrears_repay(request: Request, pk: int) -> HttpResponse:
    """Note a repayment."""
    arrears = _editable(request, pk)
    left = arrears.left  # type: ignore[attr-defined]
    return _act(
        request,
        arrears,
        RepaymentForm(request.POST or None),
        services.repay,
        said="已登记补发（补缴）。",
        title="登记补发（补缴）",
        note=f"尚欠 {left:,.2f} 元；全部补发后自动结清。",
    )


def arrears_settle(request: Request, pk: int) -> HttpResponse:
    """Say that arrears are settled otherwise than by money."""
    return _act(
        request,
        _editable(request, pk),
        SettleForm(request.POST or None),
        services.settle,
        said="已登记结清。",
        title="登记结清",
        note="补发（补缴）请用“登记补发”，全部补发后自动结清。",
    )


def arrears_withdraw(request: Request, pk: int) -> HttpResponse:
    """Take back a record that was entered by mistake."""
    return _act(
        request,
        _editable(request, pk),
        ReasonForm(request.POST or None),
        services.withdraw,
        said="已撤销。",
        title="撤销欠薪欠费记录",
        submit="撤销",
        note="只撤销录错的 1 条记录；记录保留，不再计入统计和预警。",
    )


def _act(
    request: Request,
    arrears: Arrears,
    form: forms.Form,
    service: Callable[..., Arrears],
    **words: str,
) -> HttpResponse:
    """Answer with the form of one act on a record of arrears, or with its page."""
    unit = arrears.enterprise
    own = (f"欠{arrears.get_kind_display()}", arrears.get_absolute_url())

    def act(**typed: Any) -> Arrears:
        return service(arrears=arrears, by=request.user, **typed)

    return answer(
        request,
        form,
        act,
        to=arrears.get_absolute_url(),
        crumbs=[*CRUMBS, (unit.name, of_unit(unit, "wages")), own],
        **words,
    )
