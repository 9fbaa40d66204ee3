"""What this app adds to the pages of others: menu, workbench, names of acts."""

from collections.abc import Collection
from datetime import date

from django.urls import reverse

from enterprises import file_parts  # noqa: F401 - registers the parts of the file
from enterprises.freshness import districts_of, freshness_days
from enterprises.models import (
    Doubt,
    Enterprise,
    Handover,
    ImportedChange,
    RegistryEntry,
    StatusProposal,
    Survey,
)
from enterprises.services.trials import GONE
from enterprises.services.verifying import KIND
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.verbs import name_acts, name_details, name_values
from gridinspect.imports.traces import derives
from gridinspect.scope import Place, within_paths
from gridinspect.ui.registry import Todo, menu, workbench
from grids.models import Grid
from grids.services.boundaries import UnitPoint, shows_on_map
from grids.services.tasks import About, name_task_kind, tells_about
from grids.services.tree import hangs_on_grids

derives(ImportedChange)
name_details(
    {
        "acted_on": "协调日期",
        "act": "撤销的操作",
        "amount": "金额",
        "appointed_by": "聘任单位",
        "arrears": "欠薪欠费",
        "balance": "余额",
        "begins_on": "合同起",
        "bureau_due_on": "答复期限",
        "by_district": "退回区县",
        "category": "类别",
        "checked_by": "检查人",
        "checked_on": "检查日期",
        "collected_by": "采集人",
        "conclusion": "审查结论",
        "decision": "处理意见",
        "drawn": "抽中",
        "edition": "档案版次",
        "ending": "离职原因",
        "ends_on": "合同止",
        "entered": "列入",
        "fields": "修改的栏目",
        "form_version": "表式版本",
        "id": "证件号码",
        "known_since": "纳入底数日期",
        "lacking": "缺少的材料",
        "left": "移出",
        "merged": "并入的档案",
        "method": "方式",
        "month": "月份",
        "name": "名称",
        "note": "说明",
        "now": "现为",
        "origin": "来源",
        "other": "另一档案",
        "paid_on": "补发日期",
        "paper": "检查通知书",
        "payment": "工资台账",
        "period": "期间",
        "persons": "人数",
        "points": "需要改正的问题",
        "pool": "抽取范围",
        "publicised_on": "公示日期",
        "replaces": "替换的材料",
        "scheme": "评价办法",
        "seed": "抽取种子",
        "settled": "已结清",
        "settled_on": "结清日期",
        "solved": "已解决",
        "status": "状态",
        "survey": "调查登记表",
        "to": "移往",
        "union_due_on": "工会协调期限",
        "unit": "单位",
        "units": "单位户数",
        "upheld": "异议成立",
        "was": "原为",
        "what": "内容",
    }
)
name_values(
    "kind",
    [
        ("review.notice", "书面审查公告"),
        ("review.order", "责令限期报送通知书"),
        ("supervision.notice", "等级告知书"),
    ],
)

MOST = 10_000  # a line of the workbench counts no further

menu.add(
    "用人单位",
    "单位档案",
    "enterprises:list",
    Permission.ENTERPRISE_VIEW,
    icon="building",
    order=10,
)
menu.add(
    "用人单位",
    "新增单位",
    "enterprises:add",
    Permission.ENTERPRISE_EDIT,
    icon="building-add",
    order=20,
)

menu.add(
    "用人单位",
    "批量归格",
    "enterprises:allocations",
    Permission.ENTERPRISE_ALLOCATE,
    icon="pin-map",
    order=40,
)
menu.add(
    "用人单位",
    "待确认",
    "enterprises:doubts",
    Permission.ENTERPRISE_VIEW,
    icon="question-circle",
    order=45,
)
menu.add(
    "用人单位",
    "一路一册",
    "enterprises:roads",
    Permission.ENTERPRISE_VIEW,
    icon="signpost-2",
    order=50,
)

menu.add(
    "用人单位",
    "数据比对",
    "enterprises:registry",
    Permission.ENTERPRISE_IMPORT,
    icon="intersect",
    order=60,
)

menu.add(
    "用人单位",
    "状态变更建议",
    "enterprises:proposals",
    Permission.STATUS_DECIDE,
    icon="arrow-repeat",
    order=46,
)

menu.add(
    "用人单位",
    "移交",
    "enterprises:handovers",
    Permission.UNIT_HANDOVER,
    icon="arrow-left-right",
    order=47,
)
menu.add(
    "用人单位",
    "疑似重复",
    "enterprises:duplicates",
    Permission.UNIT_MERGE,
    icon="files",
    order=48,
)

name_acts(
    {
        "enterprise.handover_proposed": "提出移交",
        "enterprise.handover_accepted": "接收移交",
        "enterprise.handover_returned": "退回移交",
        "enterprise.handover_withdrawn": "撤回移交",
        "enterprise.merged": "合并档案",
        "enterprise.separated": "撤销合并档案",
        "enterprise.told_apart": "认定不是同一单位",
        "enterprise.bulk_done": "批量处理单位",
        "enterprise.bulk_undone": "撤销批量处理",
        "enterprise.status_set": "登记状态变更",
        "enterprise.status_undone": "撤销状态变更",
        "enterprise.status_proposed": "提出状态变更建议",
        "enterprise.proposals_decided": "处理状态变更建议",
        "enterprise.allocated": "批量归格",
        "enterprise.allocation_undone": "撤销批量归格",
        "enterprise.placed": "确认归属",
        "enterprise.registered": "建立单位档案",
        "enterprise.changed": "修改单位档案",
        "enterprise.phone_revealed": "查看单位联系电话",
        "enterprise.paper_moved": "移动纸质档案",
        "material.added": "归入材料",
        "material.voided": "作废材料",
        "enterprise.exported": "导出单位名册",
        "registry.judged": "处理数据比对",
        "registry.judged_many": "批量处理数据比对",
        "registry.judging_undone": "撤销批量处理数据比对",
        "survey.submitted": "提交调查登记表",
    }
)


@hangs_on_grids
def _units(grid: Grid) -> tuple[str, int]:
    """Count the units of a grid and below it that are still there."""
    units = Enterprise.objects.within(grid).exclude(status__in=GONE)
    return "户用人单位", units.count()


@shows_on_map
def _points(user: User, place: Place, limit: int) -> tuple[list[UnitPoint], int]:
    """Return the units with coordinates that a person sees and that are still there."""
    units = Enterprise.objects.visible_to(user).within(place).known()
    placed = units.filter(longitude__isnull=False, latitude__isnull=False)
    shown = placed.select_related("grid").order_by("pk")[:limit]
    points = [
        UnitPoint(
            key=unit.pk,
            name=unit.name,
            longitude=float(unit.longitude),
            latitude=float(unit.latitude),
            grid=unit.grid_id,
            path=unit.grid.path,
            url=unit.get_absolute_url(),
        )
        for unit in shown.only("name", "longitude", "latitude", "grid__path")
    ]
    return points, placed.count()


name_task_kind(KIND, "数据比对核实")


@tells_about("enterprises.registryentry")
def _about_entry(user: User, keys: Collection[int]) -> dict[int, About]:
    """Tell which entries of lists tasks are about, by name; who may, opens the list."""
    entries = RegistryEntry.objects.filter(pk__in=keys).select_related("district")
    return {
        one.pk: About(
            f"{one.get_source_display()}名单：{one.name}",
            f"{reverse('enterprises:registry')}?district={one.district_id}"
            f"&source={one.source}",
        )
        for one in entries.filter(pk__in=RegistryEntry.objects.visible_to(user))
    }


@tells_about("enterprises.enterprise")
def _about(user: User, keys: Collection[int]) -> dict[int, About]:
    """Tell which units tasks are about, as far as a person sees them."""
    units = Enterprise.objects.visible_to(user).filter(pk__in=keys).only("name")
    return {unit.pk: About(unit.name, unit.get_absolute_url()) for unit in units}


def _surveys_due(user: User, today: date) -> list[Todo]:
    """Say how many known units of the user's own communities wait for a survey.

    Of streets, districts and cities the tallies tell it (reports.ui): looking at each
    of a hundred thousand units would keep the page waiting.
    """
    if not user.holds(Permission.SURVEY_RECORD):
        return []
    drafts = Survey.objects.filter(state=Survey.State.DRAFT, recorded_by=user)
    draft = Todo("未提交的登记表草稿", drafts.count(), reverse("enterprises:drafts"))
    own = Grid.objects.filter(path__in=user.scope_paths(Permission.SURVEY_RECORD))
    leaves = [grid.pk for grid in own if grid.is_leaf_node()]
    if not leaves:
        return [draft]
    units = Enterprise.objects.filter(grid__in=leaves).known()
    days = freshness_days(districts_of(user, Permission.SURVEY_RECORD), today)
    page = reverse("enterprises:list")
    return [
        _todo(
            "未采集的单位",
            units.never_surveyed(on=today),
            f"{page}?status=known&survey=never",
        ),
        _todo(
            "采集已过期的单位",
            units.stale(on=today, days=days),
            f"{page}?status=known&survey=stale",
        ),
        draft,
    ]


def _todo(label: str, units, url: str) -> Todo:
    count = units.order_by().values("pk")[: MOST + 1].count()
    more = f"{MOST:,} 户以上" if count > MOST else ""
    return Todo(label, min(count, MOST), url, note=more)


workbench.add(_surveys_due)


def _doubts(user: User, today: date) -> list[Todo]:
    """Say how many units of the user's own grids wait for somebody to place them."""
    if not user.holds(Permission.ENTERPRISE_EDIT):
        return []
    paths = user.scope_paths(Permission.ENTERPRISE_EDIT)
    waiting = Doubt.objects.open().exclude(enterprise__status__in=GONE)
    count = waiting.filter(within_paths(paths, "enterprise__grid__path")).count()
    return [Todo("归属待确认的单位", count, reverse("enterprises:doubts"))]


workbench.add(_doubts)


def _proposals(user: User, today: date) -> list[Todo]:
    """Say how many proposals of status wait for the user's decision."""
    if not user.holds(Permission.STATUS_DECIDE):
        return []
    paths = user.scope_paths(Permission.STATUS_DECIDE)
    waiting = StatusProposal.objects.waiting()
    count = waiting.filter(within_paths(paths, "enterprise__grid__path")).count()
    return [Todo("待处理的状态变更建议", count, reverse("enterprises:proposals"))]


workbench.add(_proposals)


def _handovers(user: User, today: date) -> list[Todo]:
    """Say how many units other districts have offered to the user's own."""
    if not user.holds(Permission.UNIT_HANDOVER):
        return []
    paths = user.scope_paths(Permission.UNIT_HANDOVER)
    waiting = Handover.objects.waiting()
    count = waiting.filter(within_paths(paths, "to_district__path")).count()
    url = f"{reverse('enterprises:handovers')}?state=waiting"
    return [Todo("移交待接收的单位", count, url)]


workbench.add(_handovers)
