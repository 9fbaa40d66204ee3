"""The menu entries of the platform, of the packages that stand below this one too."""

from gridinspect.accounts.roles import Permission
from gridinspect.ui.registry import menu

menu.add("工作台", "首页", "home", None, "house-door", 0)
menu.add(
    "系统管理", "审计记录", "audit:list", Permission.AUDIT_VIEW, "journal-check", 30
)
menu.add("系统管理", "工作日历", "workdays:list", None, "calendar3", 40)
