from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from grids.models import Grid
from reports import coverage
from reports.indicators import readings


def grid_figures(request: HttpRequest, grid: Grid) -> str:
    """Return the rates of a grid today, for the tab on its page."""
    today = timezone.localdate()
    figures = coverage.figures_of(grid, today, children=False)
    context = {
        "readings": readings(figures.own.counts, figures.own.policy),
        "place": grid,
        "on": today,
        "is_city": False,
        "policy": figures.own.policy,
    }
    return render_to_string("reports/_rates.html", context, request)
