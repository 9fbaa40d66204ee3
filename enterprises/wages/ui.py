"""What this room adds to the pages of others: menu, tabs, workbench, names of acts."""

from datetime import date

from django.urls import reverse

from enterprises.file_history import rows_tell_of
from enterprises.file_sections import FileTable, Part, file_sections
from enterprises.models import Enterprise
from enterprises.wages import facts
from enterprises.wages.history import on_timeline
from enterprises.wages.models import (
    Arrears,
    InsuranceMonth,
    Project,
    SelfReport,
    WagePayment,
    WageWarning,
)
from enterprises.wages.services.inside import own_post
from enterprises.wages.views.inside import assistants_tab
from enterprises.wages.views.insurance import insurance_tab
from enterprises.wages.views.payments import wages_tab
from enterprises.wages.views.projects import columns, projects_tab
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.verbs import name_acts
from gridinspect.scope import within_paths
from gridinspect.ui.registry import Todo, menu, tabs, timeline, workbench
from grids.models import Grid
from grids.services.tree import hangs_on_grids

P = Permission
UNIT = "enterprises.enterprise"
PRINTED = 24  # pay cycles and months on paper

menu.add(
    "用人单位",
    "欠薪欠费",
    "wages:arrears-list",
    P.ENTERPRISE_VIEW,
    icon="cash-coin",
    order=52,
)
menu.add(
    "用人单位",
    "工程项目",
    "wages:projects",
    P.ENTERPRISE_VIEW,
    icon="buildings",
    order=54,
)

menu.add(
    "用人单位",
    "工资预警",
    "wages:warnings",
    P.WARNING_VIEW,
    icon="exclamation-triangle",
    order=56,
)
menu.add("工作台", "本单位", "wages:own", P.OWN_UNIT, icon="building", order=20)

tabs.add(UNIT, "wages", "工资", wages_tab, P.ENTERPRISE_VIEW)
tabs.add(UNIT, "insurance", "社会保险", insurance_tab, P.ENTERPRISE_VIEW)
tabs.add(UNIT, "projects", "工程项目", projects_tab, P.ENTERPRISE_VIEW)
tabs.add(UNIT, "assistants", "企业协管员", assistants_tab, P.ENTERPRISE_VIEW)

timeline.add(UNIT, on_timeline)
rows_tell_of(
    "arrears.recorded",
    "arrears.repaid",
    "arrears.settled",
    "arrears.withdrawn",
    "wages.recorded",
    "insurance.recorded",
    "enterprise_assistant.appointed",
    "enterprise_assistant.ended",
)

name_acts(
    {
        "enterprise_assistant.appointed": "聘任企业协管员",
        "enterprise_assistant.ended": "企业协管员离任",
        "wage_warning.reported": "报告工资预警",
        "wage_warning.union_acted": "登记工会协调",
        "wage_warning.escalated": "上报工资预警",
        "wage_warning.answered": "答复工资预警",
        "self_report.sent": "报送自报登记表",
        "self_report.confirmed": "确认自报登记表",
        "self_report.returned": "退回自报登记表",
        "arrears.recorded": "登记欠薪欠费",
        "arrears.changed": "修改欠薪欠费",
        "arrears.repaid": "登记补发补缴",
        "arrears.settled": "登记欠款结清",
        "arrears.withdrawn": "撤销欠薪欠费记录",
        "arrears.exported": "导出欠薪欠费名册",
        "wages.recorded": "登记工资支付台账",
        "insurance.recorded": "登记社会保险",
        "wage_class.set": "登记最低工资类区",
        "project.registered": "登记工程项目",
        "project.changed": "修改工程项目",
        "project.subcontracted": "登记分包单位",
        "project.left": "分包单位退场",
        "project.balance_noted": "登记专户余额",
        "project.checked": "五项制度检查",
        "project.finished": "登记完工与公示",
        "project.account_closed": "登记专户注销",
        "project.revealed": "查看工程账号和电话",
        "project.exported": "导出工程项目名册",
    }
)


@hangs_on_grids
def _projects(grid: Grid) -> tuple[str, int]:
    """Count the building projects of a grid and below it whose account is open."""
    projects = Project.objects.within(grid).filter(account_closed_on=None)
    return "个工程项目", projects.count()


def _sites(user: User, today: date) -> list[Todo]:
    """Say at how many sites of the user's places something is wrong."""
    if not user.holds(P.PROJECT_CHECK):
        return []
    paths = user.scope_paths(P.PROJECT_CHECK)
    own = Project.objects.filter(within_paths(paths, "grid__path"))
    under_way = own.under_way_on(today)
    unchecked = under_way.filter(checks=None).distinct()
    empty = facts.accounts_empty(own, today)
    page = reverse("wages:projects")
    return [
        Todo("没有五项检查的在建工程", unchecked.count(), f"{page}?state=under_way"),
        Todo("工资专户余额为零的工程", len(empty), page, urgent=True),
    ]


workbench.add(_sites)


def _from_inside(user: User, today: date) -> list[Todo]:
    """Say what units reported from inside and waits for an answer."""
    if not user.holds(P.WARNING_ANSWER):
        return []
    here = within_paths(user.scope_paths(P.WARNING_ANSWER), "enterprise__grid__path")
    warnings = WageWarning.objects.filter(here, state=WageWarning.State.BUREAU)
    late = warnings.filter(bureau_due_on__lt=today).exists()
    reports = SelfReport.objects.filter(here, state=SelfReport.State.SENT)
    return [
        Todo(
            "待答复的工资预警",
            warnings.count(),
            f"{reverse('wages:warnings')}?state=bureau",
            urgent=True,
            note="有逾期的" if late else "",
        ),
        Todo(
            "待确认的单位自报登记表",
            reports.count(),
            f"{reverse('wages:self-reports')}?state=sent",
        ),
    ]


workbench.add(_from_inside)


def _in_own_unit(user: User, today: date) -> list[Todo]:
    """Say what waits for who watches inside a unit."""
    post = own_post(user) if user.holds(P.OWN_UNIT) else None
    if post is None:
        return []
    unit = post.enterprise_id
    warnings = WageWarning.objects.filter(
        enterprise=unit, state=WageWarning.State.UNION
    )
    returned = SelfReport.objects.filter(
        enterprise=unit, state=SelfReport.State.RETURNED
    ).order_by("-pk")[:1]
    page = reverse("wages:own")
    late = warnings.filter(union_due_on__lt=today).exists()
    words = "工会协调已过期限，可以上报" if late else ""
    return [
        Todo(
            "工会协调中的工资预警",
            warnings.count(),
            f"{page}?tab=warnings",
            urgent=late,
            note=words,
        ),
        Todo("退回补正的登记表", len(returned), f"{page}?tab=surveys"),
    ]


workbench.add(_in_own_unit)


# --- the printed file -----------------------------------------------------------------


def _wages_part(user: User, unit: Enterprise) -> list[Part]:
    """Return arrears and pay cycles; the source of arrears is left out (T03)."""
    parts: list[Part] = []
    rows = list(
        facts.with_length(Arrears.objects.filter(enterprise=unit).valid()).order_by(
            "-found_on", "-pk"
        )
    )
    if rows:
        parts.append(
            FileTable(
                ["欠什么", "月份", "人数", "金额（元）", "尚欠（元）", "结清日期"],
                [
                    [
                        row.get_kind_display(),
                        f"{row.month_from:%Y-%m} 至 {row.month_to:%Y-%m}",
                        row.persons,
                        f"{row.amount:,.2f}",
                        f"{row.left:,.2f}",
                        row.settled_on or "",
                    ]
                    for row in rows
                ],
                widths=(3, 5, 2, 4, 4, 3),
                numeric=(2, 3, 4),
                title="欠薪欠费",
            )
        )
    cycles = WagePayment.objects.filter(enterprise=unit).order_by("-cycle_from")
    paid = [
        [
            f"{row.cycle_from} 至 {row.cycle_to}",
            f"{row.payable:,.2f}",
            f"{row.paid:,.2f}",
            row.persons,
            row.below_minimum,
            row.paid_on or "未付",
        ]
        for row in cycles[:PRINTED]
    ]
    if paid:
        heads = ["支付周期", "应付（元）", "实付（元）", "人数", "低于最低工资"]
        parts.append(
            FileTable(
                [*heads, "实际支付日"],
                paid,
                widths=(6, 4, 4, 2, 3, 3),
                numeric=(1, 2, 3, 4),
                title="工资支付台账",
            )
        )
    return [*parts, *_insurance_part(unit)]


def _insurance_part(unit: Enterprise) -> list[Part]:
    rows = InsuranceMonth.objects.filter(enterprise=unit).order_by("-month", "pk")
    lines = [
        [
            f"{row.month:%Y-%m}",
            row.get_insurance_display(),
            row.due,
            row.insured,
            f"{row.owed:,.2f}",
        ]
        for row in rows[: PRINTED * 2]
    ]
    if not lines:
        return []
    heads = ["月份", "险种", "应参人数", "实参人数", "欠费（元）"]
    return [FileTable(heads, lines, numeric=(2, 3, 4), title="社会保险")]


def _projects_part(user: User, unit: Enterprise) -> list[Part]:
    rows = Project.objects.filter(contractor=unit).for_list().order_by("-started_on")
    shown = [one for one in columns() if one.key in ("name", "started_on", "missing")]
    lines = [
        [*(column.of(row) for column in shown), row.finished_on or "在建"]
        for row in rows
    ]
    if not lines:
        return []
    heads = [*(column.label for column in shown), "完工日期"]
    return [FileTable(heads, lines, widths=(6, 3, 8, 3))]


file_sections.add("wages", "工资和社会保险", _wages_part, P.ENTERPRISE_VIEW, 300)
file_sections.add("projects", "工程项目", _projects_part, P.ENTERPRISE_VIEW, 400)
