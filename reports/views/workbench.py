from django.shortcuts import render
from django.utils import timezone

from gridinspect.ui.registry import workbench as lines


def workbench(request):
    """Show what is mine to do today: each line leads to its rows."""
    today = timezone.localdate()
    context = {
        "title": "工作台",
        "today": today,
        "todos": lines.for_user(request.user, today),
        "crumbs": [("工作台", "")],
    }
    return render(request, "reports/workbench.html", context)
