"""What this app adds to the pages of others: menu entries and names of acts."""

from collections.abc import Iterator

import grids.work_ui  # noqa: F401 - registers itself
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission, Role
from gridinspect.audit.services import history
from gridinspect.audit.verbs import act_name, name_acts, name_values
from gridinspect.imports.traces import derives
from gridinspect.ui.registry import TimelineEntry, menu, standing, tabs, timeline
from grids.draft_forms import TITLES
from grids.jurisdiction import posts_beside
from grids.models import DirtyMark, Grid, PolicyDraft, Posting
from grids.views.roads import roads_tab

derives(DirtyMark)

menu.add(
    "网格与人员",
    "网格管理",
    "grids:list",
    Permission.GRID_VIEW,
    icon="diagram-3",
    order=10,
)
menu.add(
    "网格与人员",
    "网格地图",
    "grids:map",
    Permission.GRID_VIEW,
    icon="map",
    order=12,
)
menu.add(
    "网格与人员",
    "道路门牌",
    "grids:roads",
    Permission.GRID_VIEW,
    icon="signpost-split",
    order=13,
)
menu.add(
    "网格与人员",
    "地市与区县",
    "grids:cities",
    Permission.GRID_VIEW,
    icon="buildings",
    order=15,
)
menu.add(
    "网格与人员",
    "政策",
    "grids:policies",
    Permission.POLICY_VIEW,
    icon="file-earmark-ruled",
    order=40,
)
menu.add(
    "系统管理",
    "账号管理",
    "grids:accounts",
    Permission.ACCOUNT_MANAGE,
    icon="person-gear",
    order=10,
)
name_acts(
    {
        "account.opened": "开通账号",
        "account.enabled": "启用账号",
        "account.disabled": "停用账号",
        "account.password_reset": "重置密码",
        "posting.begun": "上岗",
        "posting.ended": "离岗",
    }
)
name_values("kind", Grid.Kind.choices)
name_values("section", TITLES.items())
name_values("role", Role.choices)
name_acts({"boundary.set": "更新网格边界", "code_scheme.set": "设定编码方案"})
name_acts(
    {
        "road.added": "登记道路门牌",
        "road.changed": "修改道路门牌",
        "road.deleted": "删除道路门牌",
    }
)
name_acts({"policy.loaded": "载入政策", "policy.adopted": "采用方案"})
name_acts(
    {
        "policy.ended": "结束方案",
        "policy.published": "发布方案",
        "policy.draft_begun": "开始编写方案",
        "policy.draft_changed": "编写方案",
        "policy.draft_discarded": "放弃方案草稿",
    }
)
name_acts(
    {
        "grid.created": "新增网格",
        "grid.changed": "修改网格",
        "grid.closed": "停用网格",
        "grid.moved": "移动网格",
        "grid.indexed": "录入配置指数",
        "grid.split": "拆分网格",
        "grid.merged": "合并网格",
        "grid.recoded": "重新编码",
        "grid.undone": "撤销网格变动",
        "grid.district_built": "建立区县网格树",
        "grid.branches_added": "批量新增网格",
        "grid.renumbered": "修复网格树",
    }
)


def _history(user: User, target: Grid | User) -> Iterator[TimelineEntry]:
    """Tell what was done to a grid or an account."""
    for event in history(target):
        yield TimelineEntry(
            event.at, act_name(event.verb), event.actor_name, note=_details(event.data)
        )


def _details(data: dict) -> str:
    before, after = data.get("before"), data.get("after")
    if isinstance(before, str) and isinstance(after, str):
        return f"{before} → {after}"
    if isinstance(before, dict) and isinstance(after, dict):
        changed = [
            f"{before[key]} → {after[key]}"
            for key in after
            if before.get(key) != after[key]
        ]
        return "；".join(changed)
    if isinstance(after, list):
        return f"拆分为{'、'.join(after)}"
    if isinstance(before, list):
        return f"由{'、'.join(before)}并入"
    if data.get("successor"):
        return f"由{data['successor']}接续"
    return ""


def _writing(user: User, draft: PolicyDraft) -> Iterator[TimelineEntry]:
    """Tell who wrote which part of a draft."""
    for event in history(draft):
        note = TITLES.get(event.data.get("section", ""), "")
        yield TimelineEntry(event.at, act_name(event.verb), event.actor_name, note=note)


tabs.add("grids.grid", "roads", "道路门牌", roads_tab, Permission.GRID_VIEW)
timeline.add("grids.grid", _history)
timeline.add("grids.policydraft", _writing)
timeline.add("grids.codescheme", _history)
timeline.add("accounts.user", _history)


def _standing(user: User) -> str:
    """Say where a person works and as what, such as 二七区 · 区县管理."""
    posts = Posting.objects.current().filter(person=user.person_id)
    first = posts.select_related("grid", "city").order_by("since", "pk").first()
    if first:
        return f"{first.place} · {Role(first.role).label}"
    beside = posts_beside(user.person_id) if user.person_id else []
    return f"{beside[0].place} · {Role(beside[0].role).label}" if beside else ""


standing.provide(_standing)
