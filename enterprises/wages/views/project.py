"""One building project: what it is, its five items, account, checks and units."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_GET

from enterprises.wages import facts
from enterprises.wages.limits import limits_of
from enterprises.wages.models import Project, ProjectCheck, Subcontractor
from enterprises.wages.rules import ItemState
from enterprises.wages.services import projects as services
from enterprises.wages.views.common import link
from enterprises.wages.views.projects import CRUMBS
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.secrets import mask_phone
from gridinspect.ui.pages import Action, Tab, render_detail
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids.access import may, require
from grids.models import Grid

P = Permission

TONES = {"met": "ok", "failed": "danger", "missing": "notice"}
WORDS = {"met": "落实", "failed": "未落实", "missing": "未检查"}


def visible(request: Request, pk: int) -> Project:
    """Return a project that the person may see; to others it does not exist."""
    rows = Project.objects.visible_to(request.user).select_related(
        "grid", "contractor", "district__city", "recorded_by__person"
    )
    return get_object_or_404(rows, pk=pk)


def editable(request: Request, pk: int) -> Project:
    project = visible(request, pk)
    require(request.user, P.ENTERPRISE_EDIT, at=project.grid)
    return project


@require_GET
def project_detail(request: Request, pk: int) -> HttpResponse:
    """Show one project: the five items, the record, the account, who works there."""
    project = visible(request, pk)
    today = timezone.localdate()
    states = facts.items_of([project], today, district=project.district)[project.pk]
    empty = facts.accounts_empty(Project.objects.filter(pk=project.pk), today)
    badges = [badge_html("已完工" if project.finished_on else "在建", "info")]
    if since := empty.get(project.pk):
        badges.append(badge_html(f"专户自 {since} 余额为零", "danger"))
    above = [grid.name for grid in Grid.objects.above(project.grid)]
    return render_detail(
        request,
        title=project.name,
        subtitle=" › ".join(above),
        badges=badges,
        facts=_head(project),
        tabs=[
            Tab("items", "五项制度", lambda: _items(project, states)),
            Tab("record", "工程与单位", lambda: _record(request, project)),
            Tab("account", "专用账户", lambda: _account(request, project)),
            Tab("checks", "检查记录", lambda: _checks(request, project)),
            Tab("units", "分包单位", lambda: _subcontractors(request, project)),
        ],
        actions=_actions(request.user, project),
        crumbs=CRUMBS,
        obj=project,
    )


def _head(project: Project) -> list[tuple[str, Any]]:
    contractor: Any = project.contractor_name
    if project.contractor:
        contractor = link(contractor, project.contractor.get_absolute_url())
    return [
        ("施工总承包单位", contractor),
        ("建设单位", project.builder),
        ("合同价", f"{project.price:,.2f} 元"),
        ("开工日期", project.started_on),
        ("计划竣工", project.planned_end),
        ("完工日期", project.finished_on),
    ]


def _items(project: Project, states: list[ItemState]) -> str:
    rows = [(one, badge_html(WORDS[one.state], TONES[one.state])) for one in states]
    limits = limits_of(project.district)
    today = timezone.localdate()
    context = {
        "project": project,
        "rows": rows,
        "deposit": limits.of("PW-DEPOSIT-MIN", on=today),
        "most": limits.of("PW-DEPOSIT-MAX", on=today),
        "publicity": limits.of("PW-PUBLICITY", on=today),
    }
    return render_to_string("wages/_items.html", context)


def _record(request: Request, project: Project) -> list[tuple[str, Any]]:
    return [
        ("工程地址", project.address),
        ("项目负责人", project.manager),
        ("实名登记人数", f"{project.roster:,} 人"),
        ("劳资专管员", project.wage_officer),
        ("劳资专管员电话", _secret(request, project, project.wage_officer_phone)),
        (
            "人工费用拨付周期",
            f"{project.cost_cycle} 个月" if project.cost_cycle else None,
        ),
        ("工资保证金", project.get_deposit_display()),
        (
            "保证金金额",
            f"{project.deposit_amount:,.2f} 元" if project.deposit_amount else None,
        ),
        ("保函有效期至", project.deposit_until),
        ("登记人", str(project.recorded_by)),
        ("登记时间", project.recorded_at),
        ("最后修改", project.changed_at),
        ("备注", project.remark),
    ]


def _secret(request: Request, project: Project, number: str) -> Any:
    if not number:
        return None
    masked = (
        services.mask_account(number)
        if number == project.account_number
        else mask_phone(number)
    )
    if not may(request.user, P.CONTACT_REVEAL, at=project.grid):
        return masked
    words = link("查看完整号码", reverse("wages:project-reveal", args=[project.pk]))
    return format_html("{} {}", masked, words)


def _account(request: Request, project: Project) -> str:
    balances = project.balances.select_related("recorded_by__person").order_by("-on")
    context = {
        "project": project,
        "number": _secret(request, project, project.account_number),
        "owed": services.owed_by(project),
        "may_edit": may(request.user, P.ENTERPRISE_EDIT, at=project.grid),
        "title": "专户余额",
        "table": build_table(
            request,
            balances,
            [
                Column("on", "日期"),
                Column("balance", "余额（元）", numeric=True),
                Column("recorded_by", "登记人"),
                Column("recorded_at", "登记时间"),
            ],
            name="balances",
        ),
    }
    return render_to_string("wages/_account.html", context, request)


def _checks(request: Request, project: Project) -> Any:
    rows = project.checks.select_related("checked_by", "evidence")

    def paper(check: ProjectCheck) -> Any:
        if check.evidence is None:
            return None
        return link("查看", check.evidence.get_absolute_url())

    return build_table(
        request,
        rows.order_by("-checked_on", "-pk"),
        [
            Column("checked_on", "检查日期"),
            Column("item", "项目", "get_item_display"),
            Column(
                "result",
                "结果",
                lambda row: badge_html(
                    row.get_result_display(), TONES.get(row.result, "plain")
                ),
            ),
            Column("finding", "情况", wraps=True),
            Column("checked_by", "检查人"),
            Column("evidence", "证据", paper),
        ],
        name="project-checks",
    )


def _subcontractors(request: Request, project: Project) -> str:
    may_edit = may(request.user, P.ENTERPRISE_EDIT, at=project.grid)

    def leave(row: Subcontractor) -> list[Action]:
        if row.until:
            return []
        return [Action("退场", reverse("wages:subcontractor-leave", args=[row.pk]))]

    table = build_table(
        request,
        project.subcontractors.select_related("enterprise").order_by("since", "pk"),
        [
            Column(
                "name",
                "分包单位",
                link=lambda row: (
                    row.enterprise.get_absolute_url() if row.enterprise else ""
                ),
            ),
            Column("kind", "分包类型", "get_kind_display"),
            Column("since", "进场日期"),
            Column("until", "退场日期"),
        ],
        name="subcontractors",
        row_actions=leave if may_edit else None,
    )
    context = {
        "project": project,
        "table": table,
        "may_edit": may_edit,
        "title": "分包单位",
    }
    return render_to_string("wages/_subcontractors.html", context, request)


def _actions(user: Any, project: Project) -> list[Action]:
    def act(label: str, name: str, icon: str, **more: Any) -> Action:
        url = reverse(f"wages:project-{name}", args=[project.pk])
        return Action(label, url, icon=icon, **more)

    actions = []
    if may(user, P.PROJECT_CHECK, at=project.grid):
        actions.append(act("五项检查", "check", "clipboard-check", primary=True))
    if may(user, P.ENTERPRISE_EDIT, at=project.grid):
        actions.append(act("修改", "change", "pencil"))
        if not project.account_closed_on:
            actions.append(act("完工与公示", "finish", "flag"))
        if project.finished_on and not project.account_closed_on:
            actions.append(act("注销专户", "close", "x-circle"))
    actions.append(act("检查表", "sheet", "file-earmark-pdf"))
    return actions
