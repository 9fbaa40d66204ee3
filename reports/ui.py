"""What the reports add to menus, pages and the trail."""

from gridinspect.accounts.roles import Permission
from gridinspect.audit.verbs import name_acts, name_values
from gridinspect.ui.registry import menu, tabs
from reports.services import KINDS
from reports.views.figures import grid_figures

menu.add(
    "监管态势",
    "覆盖情况",
    "reports:dashboard",
    Permission.COVERAGE_VIEW,
    "speedometer2",
    10,
)
menu.add(
    "监管态势",
    "条款落实",
    "reports:conformance",
    Permission.COVERAGE_VIEW,
    "card-checklist",
    20,
)
menu.add(
    "监管态势",
    "方案试算",
    "reports:what-if",
    Permission.COVERAGE_VIEW,
    "shuffle",
    30,
)
menu.add(
    "统计报表",
    "生成报告",
    "reports:new",
    Permission.REPORT_MAKE,
    "file-earmark-plus",
    20,
)

tabs.add("grids.grid", "figures", "覆盖情况", grid_figures, Permission.COVERAGE_VIEW)

name_acts({"tally.drifted": "统计数与明细不符", "report.asked": "生成报告"})
name_values("kind", [(kind.key, kind.name) for kind in KINDS.values()])
