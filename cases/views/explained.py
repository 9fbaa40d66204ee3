"""The tab that says, day by day, how a period was counted."""

from collections.abc import Callable, Iterable

from django.template.loader import render_to_string

from gridinspect.law import Limit
from gridinspect.ui.pages import Tab
from gridinspect.workdays.rules import Due
from grids.models import Policy
from grids.policy import UNITS

Counted = Iterable[tuple[str, Limit, Due]]


def explanation_tab(counted: Callable[[], Counted]) -> Tab:
    """Return the tab 期限计算; it is counted only when the tab is open."""

    def html() -> str:
        periods = [
            {
                "name": name,
                "limit": limit,
                "unit": UNITS.get(limit.unit, limit.unit),
                "due": due,
                "origin": _origin(limit),
            }
            for name, limit, due in counted()
        ]
        return render_to_string("cases/_explanation.html", {"periods": periods})

    return Tab("clock", "期限计算", html)


def _origin(limit: Limit) -> str:
    """Say which layer set a limit: 国家, 省 or the plan, with its title."""
    layer = Policy.objects.filter(slug=limit.layer).defer("document").last()
    return f"{layer.get_layer_display()}（{layer.title}）" if layer else ""
