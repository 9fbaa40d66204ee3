"""What this room adds to the pages of others: menu, tabs, timeline, workbench."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils import timezone

from enterprises.file_sections import FileFacts, FileTable, Part, file_sections
from enterprises.models import Enterprise
from enterprises.workforce.columns import last_contract
from enterprises.workforce.history import on_timeline
from enterprises.workforce.limits import expiry_days
from enterprises.workforce.models import Agreement
from enterprises.workforce.views.common import list_url
from enterprises.workforce.views.filings import filings_tab
from enterprises.workforce.views.registers import has_rosters, overdue_total
from enterprises.workforce.views.workers import figures_of, workers_tab
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.verbs import name_acts
from gridinspect.secrets import mask_id
from gridinspect.ui.registry import Todo, menu, tabs, timeline, workbench

P = Permission
MOST = 10_000  # a line of the workbench counts no further
PRINTED = 2_000  # lines of a roster in the printed file

menu.add("用人单位", "用工备案", "workforce:list", P.WORKFORCE_VIEW, "person-vcard", 30)
tabs.add("enterprises.enterprise", "workers", "职工", workers_tab, P.WORKFORCE_VIEW)
tabs.add("enterprises.enterprise", "filings", "备案", filings_tab, P.WORKFORCE_VIEW)

name_acts(
    {
        "worker.added": "登记职工",
        "worker.changed": "修改职工信息",
        "worker.left": "登记职工离职",
        "worker.ending_undone": "撤销离职登记",
        "worker.removed": "删除误登职工",
        "worker.contracted": "登记劳动合同",
        "worker.contract_removed": "删除误登合同",
        "worker.revealed": "查看职工完整信息",
        "worker.exported": "导出职工名册",
        "filing.filed": "登记用工备案",
        "filing.voided": "撤销备案登记",
        "filing.exported": "导出用工备案",
        "agreement.added": "登记合同或批复",
        "agreement.changed": "修改合同或批复",
        "agreement.ended": "登记提前终止",
        "payroll.added": "登记工资总额",
        "payroll.changed": "修改工资总额",
    }
)


timeline.add("enterprises.enterprise", on_timeline)


def _todos(user: User, today: date) -> list[Todo]:
    """Say what should have been filed, and which papers end soon."""
    if not user.holds(P.WORKFORCE_EDIT) or not has_rosters(user):
        return []
    count = overdue_total(user, MOST + 1)
    more = f"{MOST:,} 项以上" if count > MOST else ""
    papers = Agreement.objects.visible_to(user).expiring(today, expiry_days())
    return [
        Todo("应备案未备案（超期）", min(count, MOST), list_url("duties"), note=more),
        Todo(
            "合同与批复即将到期",
            papers.count(),
            list_url("agreements", term="expiring"),
        ),
    ]


workbench.add(_todos)


# --- the printed file of a unit -------------------------------------------------------


def _roster_part(user: User, unit: Enterprise) -> Sequence[Part]:
    """Return the roster for the printed file, numbers masked."""
    today = timezone.localdate()
    counts = figures_of(unit, today, expiry_days())
    if not unit.workers.exists():
        return []
    workers = unit.workers.on(today).order_by("name", "pk")
    rows: list[list[Any]] = []
    for worker in workers.prefetch_related("contracts")[:PRINTED]:
        contract = last_contract(worker)
        term = f"至 {contract.ends_on}" if contract and contract.ends_on else ""
        rows.append(
            [
                worker.name,
                worker.get_gender_display(),
                mask_id(worker.id_number),
                worker.get_employment_form_display(),
                worker.since,
                (contract.get_kind_display() + term) if contract else "未签",
                worker.post,
            ]
        )
    return [
        FileFacts(
            [
                ("在册职工", f"{counts['employed_total']:,} 人"),
                ("男", f"{counts['male']:,} 人"),
                ("女", f"{counts['female']:,} 人"),
                ("农民工", f"{counts['migrant']:,} 人"),
                ("应签劳动合同", f"{counts['contracts_due']:,} 人"),
                ("实签劳动合同", f"{counts['contracts_signed']:,} 人"),
            ],
            title="职工人数",
        ),
        FileTable(
            [
                "姓名",
                "性别",
                "公民身份号码",
                "用工形式",
                "用工起始",
                "劳动合同",
                "岗位",
            ],
            rows,
            widths=(10, 6, 20, 11, 12, 25, 16),
            title="职工名册",
        ),
    ]


def _filings_part(user: User, unit: Enterprise) -> Sequence[Part]:
    """Return filings, papers and payroll returns for the printed file."""
    filings = [
        [
            one.get_kind_display(),
            one.filed_on,
            one.due_on,
            one.person_count or "",
            one.late_count or "",
            one.number,
        ]
        for one in unit.filings.order_by("filed_on", "pk")
    ]
    papers = [
        [
            one.get_kind_display(),
            one.number,
            one.covered,
            one.filed_on,
            one.begins_on,
            one.ended_on or one.ends_on,
        ]
        for one in unit.agreements.order_by("begins_on", "pk")
    ]
    payrolls = [
        [one.get_kind_display(), one.period, one.people, one.total, one.number]
        for one in unit.payroll_returns.order_by("year", "quarter")
    ]
    tables = [
        FileTable(
            ["种类", "备案日期", "应备案期限", "人数", "超期", "编号"],
            filings,
            numeric=(3, 4),
            title="用工备案",
        ),
        FileTable(
            ["种类", "文号（编号）", "覆盖人数", "报送（批准）", "有效期自", "至"],
            papers,
            numeric=(2,),
            title="集体合同、特殊工时和派遣协议",
        ),
        FileTable(
            ["种类", "期间", "平均人数", "工资总额（元）", "核定文号"],
            payrolls,
            numeric=(2, 3),
            title="工资总额和劳动工资报表",
        ),
    ]
    return [table for table in tables if table.rows]


file_sections.add("workers", "职工名册", _roster_part, P.WORKFORCE_VIEW, 100)
file_sections.add("filings", "用工备案", _filings_part, P.WORKFORCE_VIEW, 200)
