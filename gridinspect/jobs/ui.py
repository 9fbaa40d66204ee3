"""What background work adds to the menu."""

from gridinspect.ui.registry import menu

menu.add("系统管理", "任务", "jobs:list", None, "hourglass-split", 50)
