"""The page 时限: every clock that runs in the user's places."""

from types import SimpleNamespace

from django.urls import reverse
from django.utils import timezone

from cases import clocks, words
from cases.forms import ClockFilterForm
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import render_list, require_holds
from gridinspect.ui.tables import Column, build_table


def clock_list(request):
    """Show the running clocks, the nearest end first."""
    require_holds(request.user, Permission.CASE_VIEW)
    form = ClockFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    today = timezone.localdate()
    rows = clocks.running(request.user, on=today, **wanted)
    columns = [
        Column("clock", "时限", value=lambda row: clocks.NAMES[row["clock"]]),
        Column("number", "编号", link=_url),
        Column("unit", "单位"),
        Column("grid_name", "网格"),
        Column("since", "起算日"),
        Column(
            "due",
            "届满日",
            value=lambda row: words.due_words(row["due"], row["provisional"]),
        ),
        Column(
            "urgency",
            "紧急程度",
            value=lambda row: words.urgency_badge(row["due"], today),
        ),
    ]
    return render_list(
        request,
        title="时限",
        table=build_table(request, rows, columns, name="clocks"),
        filters=SimpleNamespace(form=form),
        empty="没有正在计算的时限。",
    )


def _url(row) -> str:
    if row["clock"] in ("T1", "T2"):
        return reverse("cases:matter", args=[row["pk"]])
    return reverse("cases:detail", args=[row["case_pk"]])
