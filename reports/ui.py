"""What the reports add to menus, pages and the trail."""

from datetime import date

from django.urls import reverse

from assistants.establishment import establishment_of
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.verbs import name_acts, name_values
from gridinspect.imports.traces import derives
from gridinspect.ui.registry import Todo, menu, tabs, workbench
from grids import outline
from grids.models import City, Grid
from reports.coverage import numbers_of
from reports.models import Assessment, Tally
from reports.rules import total
from reports.services import KINDS
from reports.views.assessments import grid_assessments
from reports.views.figures import grid_figures
from reports.views.posters import grid_posters

derives(Tally)

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
    "两网化推进",
    "reports:programme",
    Permission.COVERAGE_VIEW,
    "flag",
    22,
)
menu.add(
    "监管态势",
    "检查考核",
    "reports:assessments",
    Permission.COVERAGE_VIEW,
    "clipboard-check",
    24,
)
menu.add(
    "监管态势",
    "目标责任书",
    "reports:letters",
    Permission.REPORT_VIEW,
    "file-earmark-text",
    26,
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
tabs.add(
    "grids.grid",
    "assessments",
    "检查考核",
    grid_assessments,
    Permission.COVERAGE_VIEW,
)

menu.add(
    "网格与人员",
    "三上墙",
    "reports:posters",
    Permission.GRID_VIEW,
    "easel",
    36,
)
tabs.add("grids.grid", "posters", "三上墙", grid_posters, Permission.GRID_VIEW)
name_acts({"poster.hung": "登记图表上墙", "poster.taken_down": "登记图表撤下"})

name_acts({"tally.drifted": "统计数与明细不符", "report.asked": "生成报告"})
name_acts(
    {
        "programme.reported": "填报项目进展",
        "programme.assessed": "登记检查考核",
        "programme.remedied": "登记整改",
        "target_letter.issued": "下达目标责任书",
    }
)
name_values("kind", [(kind.key, kind.name) for kind in KINDS.values()])


def _remedies(user: User, today: date) -> list[Todo]:
    """Say what was asked for and not done in the grids that the user answers for."""
    if not user.holds(Permission.PROGRAMME_REPORT):
        return []
    overdue = Assessment.objects.visible_to(user).overdue(on=today)
    url = f"{reverse('reports:assessments')}?remedy=overdue"
    return [Todo("检查考核逾期未整改", overdue.count(), url, urgent=True)]


workbench.add(_remedies)


def _surveys_due(user: User, today: date) -> list[Todo]:
    """Say how many units of the user's streets, districts or cities wait for a survey.

    Of a single community they are counted one by one (enterprises.ui).
    """
    if not user.holds(Permission.SURVEY_RECORD):
        return []
    own = outline.own_places(user, Permission.SURVEY_RECORD)
    above = [one for one in own if isinstance(one, City) or not one.is_leaf_node()]
    if not above:
        return []
    counts = total(numbers_of(place, today) for place in above)
    page = f"{reverse('enterprises:list')}?status=known"
    never, stale = counts.known - counts.filed, counts.filed - counts.acquired
    return [
        Todo("未采集的单位", never, f"{page}&survey=never"),
        Todo("采集已过期的单位", stale, f"{page}&survey=stale"),
    ]


workbench.add(_surveys_due)


def _gaps(user: User, today: date) -> list[Todo]:
    """Say for each of the user's own places how many grids lack somebody."""
    if not user.holds(Permission.STAFF_VIEW):
        return []
    own = outline.own_places(user, Permission.COVERAGE_VIEW)
    return [
        Todo(
            f"{place}缺员网格（个）",
            _short_of_staff(place, today),
            outline.list_at("assistants:establishment", place, short="on"),
        )
        for place in own
    ]


def _short_of_staff(place: Grid | City, today: date) -> int:
    kept = Tally.objects.within(place).filter(on=today)
    if kept.exists():
        return kept.short().count()
    return len(establishment_of(place, today).short)


workbench.add(_gaps)
