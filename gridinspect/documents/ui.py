from gridinspect.accounts.roles import Permission
from gridinspect.ui.registry import menu

menu.add(
    "统计报表", "文件档案", "documents:list", Permission.REPORT_VIEW, "archive", 80
)
menu.add("统计报表", "文件核验", "documents:verify", None, "shield-check", 90)
