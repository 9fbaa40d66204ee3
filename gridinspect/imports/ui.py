"""What imports add to the menu and to the words of the trail."""

from gridinspect.accounts.roles import Permission
from gridinspect.audit.verbs import name_acts
from gridinspect.ui.registry import menu

menu.add(
    "数据导入导出",
    "我的导入",
    "imports:list",
    Permission.ENTERPRISE_IMPORT,
    "box-arrow-in-down",
    10,
)

name_acts(
    {
        "import.uploaded": "上传导入文件",
        "import.corrected": "更正识别结果",
        "import.correction_dropped": "恢复自动识别",
        "import.decided": "处理近似记录",
        "import.applied": "确认导入",
        "import.undone": "撤销导入",
        "import.exported": "导出可再导入的表格",
        "import.discarded": "放弃导入",
        "import.returned": "下载标注后的工作簿",
    }
)
