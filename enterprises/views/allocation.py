"""批量归格: the runs, one run with its preview, and what is done with it."""

from functools import cache

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from enterprises.allocation import METHODS, Method
from enterprises.allocation_forms import LineFilter, RunForm
from enterprises.models import AllocationLine, AllocationRun
from enterprises.services.allocation import (
    confirm_run,
    discard_run,
    start_run,
    undo_run,
)
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.htmx import render_page
from gridinspect.ui.pages import (
    Action,
    add_action,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids.access import require, require_somewhere
from grids.forms import add_refusal
from grids.models import Grid
from grids.resources import district_roots

CRUMBS = [("批量归格", "/allocations/")]
_TONES = {"applied": "ok", "ready": "info", "failed": "danger", "undone": "warning"}
_CONFIDENCE = {"high": "ok", "medium": "info", "low": "warning"}

RUNS = [
    Column("district", "区县", "district.name", link=True, sort="district__code"),
    Column("on", "生效日期", sort="on"),
    Column(
        "state",
        "状态",
        lambda run: badge_html(run.get_state_display(), _TONES.get(run.state, "plain")),
        sort="state",
    ),
    Column("units", "参加判定", lambda run: run.counts.get("units"), numeric=True),
    Column("moved", "改归", lambda run: run.counts.get("moved", 0), numeric=True),
    Column("open", "待确认", lambda run: run.counts.get("open", 0), numeric=True),
    Column("made_by", "试算人"),
    Column("made_at", "试算时间", sort="made_at", link=True),
    Column("applied_at", "执行时间", sort="applied_at"),
    Column("undone_at", "撤销时间", sort="undone_at", hidden=True),
]


@require_GET
def allocation_list(request: Request):
    """Show 批量归格: every run of the user's districts."""
    require_holds(request.user, Permission.ENTERPRISE_ALLOCATE)
    runs = AllocationRun.objects.visible_to(request.user)
    table = build_table(
        request,
        runs.select_related("district", "made_by__person"),
        RUNS,
        name="allocations",
        default_sort="-made_at",
    )
    return render_list(
        request,
        title="批量归格",
        table=table,
        toolbar=[
            add_action(reverse("enterprises:allocation-add"), "新的批量归格"),
            Action("待确认", reverse("enterprises:doubts"), icon="question-circle"),
        ],
        note="按坐标、道路门牌和地址中的街道社区名称，把全区县的单位归入网格。"
        "先试算，核对后再执行；执行后没有新的变动时可以撤销。",
        empty="还没有做过批量归格。",
    )


def allocation_add(request: Request):
    """Begin a run: it is only tried out."""
    require_somewhere(request.user, Permission.ENTERPRISE_ALLOCATE)
    form = RunForm(request.POST or None, districts=_districts(request.user))
    if form.is_valid():
        try:
            run = start_run(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            return redirect(run)
    return render_form(
        request,
        title="新的批量归格",
        form=form,
        crumbs=CRUMBS,
        submit="开始试算",
        note="试算不写入任何数据，结果供核对。",
    )


def _districts(user):
    """Return the districts whose units the user may allocate as a whole."""
    roots = district_roots(user, Permission.ENTERPRISE_ALLOCATE)
    paths = user.scope_paths(Permission.ENTERPRISE_ALLOCATE)
    whole = [r.pk for r in roots if any(r.path.startswith(path) for path in paths)]
    return Grid.objects.filter(pk__in=whole).order_by("code")


@require_GET
def allocation(request: Request, pk: int):
    """Show one run; while a job works on it, its progress polls this same address."""
    run = _visible(request, pk)
    if run.is_busy:
        page = {"run": run, "title": str(run)}
        return render_page(
            request,
            "enterprises/allocation_busy.html",
            "enterprises/_allocation_progress.html",
            page,
        )
    if request.headers.get("HX-Trigger", "").startswith("poll-"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    lines = run.lines.select_related("enterprise", "old__parent", "new__parent")
    chosen = request.GET.get("show", "moved")
    search = LineFilter(request.GET, queryset=_shown(lines, chosen))
    table = build_table(
        request,
        search.qs,
        _line_columns(run.district),
        name="allocation-lines",
        default_sort="pk",
    )
    return render_list(
        request,
        title=str(run),
        table=table,
        filters=search,
        toolbar=_actions(run),
        crumbs=CRUMBS,
        empty="没有这样的单位。",
        template="enterprises/allocation.html",
        context={
            "run": run,
            "tiles": _tiles(run, chosen),
            "skipped": _skipped(run),
            "tone": _TONES.get(run.state, "plain"),
        },
    )


def _shown(lines, chosen: str):
    if chosen in AllocationLine.Outcome.values:
        return lines.filter(outcome=chosen)
    if chosen in METHODS and chosen:
        return lines.filter(outcome=AllocationLine.Outcome.MOVED, method=chosen)
    return lines.exclude(outcome=AllocationLine.Outcome.KEPT)


def _tiles(run: AllocationRun, chosen: str):
    """Return (label, count, value of ?show=, whether chosen)."""
    named = [("改归", "moved")]
    named += [
        (METHODS[method], str(method))
        for method in (Method.POINT, Method.ROAD, Method.NAME, Method.ALIKE)
        if run.counts.get(method)
    ]
    named.append(("待确认", "open"))
    return [(label, run.counts.get(key, 0), key, key == chosen) for label, key in named]


def _skipped(run: AllocationRun) -> list[tuple[str, int]]:
    labels = [
        ("units", "参加判定"),
        ("kept", "归属不变"),
        ("hand", "人工确定未动"),
        ("remembered", "已有人工决定未动"),
    ]
    return [(label, run.counts.get(key, 0)) for key, label in labels]


def _line_columns(district: Grid) -> list[Column]:
    @cache
    def names() -> dict[int, str]:
        rows = Grid.objects.filter(district=district).values_list("pk", "name")
        return dict(rows)

    def target(line: AllocationLine) -> str:
        if line.new:
            return line.new.name
        return " / ".join(names().get(key, "") for key in line.candidates) or "—"

    return [
        Column(
            "name",
            "单位名称",
            "enterprise.name",
            link=lambda line: line.enterprise.get_absolute_url(),
            sort="enterprise__name",
        ),
        Column(
            "address",
            "地址",
            lambda line: line.enterprise.address or line.enterprise.registered_address,
        ),
        Column("old", "现网格", "old.name", sort="old__code"),
        Column("new", "改归（或可能的网格）", target, sort="new__code"),
        Column("method", "方法", "get_method_display", sort="method"),
        Column(
            "confidence",
            "把握",
            lambda line: (
                badge_html(line.get_confidence_display(), _CONFIDENCE[line.confidence])
                if line.confidence
                else None
            ),
            sort="confidence",
        ),
        Column("reason", "依据", wraps=True),
    ]


def _actions(run: AllocationRun) -> list[Action]:
    state, actions = AllocationRun.State, []
    if run.state == state.APPLIED:
        moved = run.counts.get("moved", 0)
        actions.append(
            Action(
                "撤销",
                reverse("enterprises:allocation-undo", args=[run.pk]),
                icon="arrow-counterclockwise",
                method="post",
                danger=True,
                confirm=f"把 {moved:,} 户单位退回原网格？其中又改了归属的不能撤销。",
            )
        )
        actions.append(
            Action("待确认", reverse("enterprises:doubts"), icon="question-circle")
        )
    if run.state in (state.READY, state.FAILED) or run.is_broken_off:
        actions.append(
            Action(
                "放弃",
                reverse("enterprises:allocation-discard", args=[run.pk]),
                method="post",
                confirm="放弃这次试算？没有写入任何数据。",
            )
        )
    again = reverse("enterprises:allocation-add")
    actions.append(Action("重新试算", again, icon="arrow-repeat"))
    return actions


# --- acts -----------------------------------------------------------------------------


def _visible(request: Request, pk: int) -> AllocationRun:
    runs = AllocationRun.objects.visible_to(request.user)
    related = runs.select_related(
        "district", "job", "made_by__person", "undone_by__person"
    )
    return get_object_or_404(related, pk=pk)


def _to_act(request: Request, pk: int) -> AllocationRun:
    run = _visible(request, pk)
    require(request.user, Permission.ENTERPRISE_ALLOCATE, at=run.district)
    return run


@require_POST
def allocation_apply(request: Request, pk: int):
    """Queue what the trial showed."""
    run = _to_act(request, pk)
    try:
        run = confirm_run(
            run=run, digest=request.POST.get("digest", "")[:64], by=request.user
        )
    except ValidationError as error:
        messages.warning(request, error.messages[0])
    return redirect(run)


@require_POST
def allocation_discard(request: Request, pk: int):
    """Give a trial up."""
    run = _to_act(request, pk)
    try:
        discard_run(run=run, by=request.user)
    except ValidationError as error:
        messages.warning(request, error.messages[0])
        return redirect(run)
    messages.success(request, "已放弃这次试算，没有写入任何数据。")
    return redirect("enterprises:allocations")


@require_POST
def allocation_undo(request: Request, pk: int):
    """Put the units of a run back."""
    run = _to_act(request, pk)
    try:
        count = undo_run(run=run, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, f"已撤销，{count:,} 户单位退回原网格。")
    return redirect(run)
