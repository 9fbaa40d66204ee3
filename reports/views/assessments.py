"""检查考核 and 目标责任书: what the node above finds, asks for and hands down."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from gridinspect.accounts.roles import Permission
from gridinspect.documents.fonts import MissingGlyph
from gridinspect.ui.pages import (
    Action,
    render_detail,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import may, require
from grids.models import Grid
from reports.models import Assessment, TargetLetter
from reports.programme import services
from reports.programme.boards import Board, board_of
from reports.programme.forms import (
    AssessmentFilter,
    AssessmentForm,
    LetterFilter,
    LetterForm,
    RemedyForm,
)
from reports.programme.scoring import Score

P = Permission
RESULT_TONES: dict[str, str] = {
    Assessment.Result.PASSED: "ok",
    Assessment.Result.TO_REMEDY: "notice",
    Assessment.Result.FAILED: "warning",
}


def remedy_badge(one: Assessment):
    """Say how what was asked for stands today."""
    if one.remedy_due is None:
        return ""
    if one.remedied_on:
        is_late = one.remedied_on > one.remedy_due
        return badge_html(
            "逾期整改" if is_late else "已整改", "notice" if is_late else "ok"
        )
    is_overdue = one.remedy_due < timezone.localdate()
    return badge_html(
        "逾期未整改" if is_overdue else "待整改", "warning" if is_overdue else "plain"
    )


SECTIONS = [
    ("检查", ("kind", "on", "assessor", "result", "score", "findings", "upload")),
    ("整改", ("remedy", "remedy_due")),
]
COLUMNS = [
    Column("on", "日期", sort="on", link=True),
    Column("kind", "种类", value="get_kind_display", sort="kind"),
    Column("grid", "被检查网格", value="grid.name", sort="grid__code"),
    Column("parent", "上级网格", value="grid.parent"),
    Column("office", "检查单位"),
    Column("assessor", "检查人"),
    Column(
        "result",
        "结果",
        value=lambda one: badge_html(
            one.get_result_display(), RESULT_TONES[one.result]
        ),
        sort="result",
    ),
    Column("score", "得分", value=lambda one: score_words(one), numeric=True),
    Column("remedy_due", "整改期限", sort="remedy_due"),
    Column("remedy", "整改", value=remedy_badge),
    Column("findings", "发现的情况", wraps=True),
]
LETTER_COLUMNS = [
    Column("number", "文号", sort="number", link=True),
    Column("grid", "责任网格", value="grid.name", sort="grid__code"),
    Column("above", "下达单位"),
    Column("year", "年度", sort="year"),
    Column("phase", "阶段"),
    Column("issued_on", "下达日期", sort="issued_on"),
    Column("issued_by", "办理人", hidden=True),
    Column("code", "验证码", value="document.code"),
    Column("sha256", "SHA-256", value="document.sha256", hidden=True),
]


def score_words(one: Assessment) -> str:
    """Return the score that was kept, 62.5/100."""
    if not one.score:
        return ""
    return f"{one.score['points']:g}/{one.score['out_of']}"


def assessment_list(request):
    """Show what was inspected, urged, accepted and appraised in the own places."""
    require_holds(request.user, P.COVERAGE_VIEW)
    rows = Assessment.objects.visible_to(request.user).for_list()
    place = outline.place_asked(request)
    if place is not None:
        rows = rows.within(place)
    filters = AssessmentFilter(request.GET, queryset=rows)
    table = build_table(
        request, filters.qs, COLUMNS, name="assessments", default_sort="-on"
    )
    return render_list(
        request,
        title="检查考核",
        table=table,
        filters=filters,
        tree=outline.tree_beside(
            request,
            "reports:assessments",
            place if isinstance(place, Grid) else None,
        ),
        crumbs=[("两网化推进", reverse("reports:programme"))],
        empty="还没有检查考核的记录。在“两网化推进”打开一个下级网格，即可登记。",
    )


def assessment_detail(request, pk):
    """Show one assessment with its remedy."""
    one = _assessment(request, pk)
    actions = []
    if one.is_open and _may_remedy(request.user, one):
        url = reverse("reports:assessment-remedy", args=[one.pk])
        actions.append(Action("登记整改", url, icon="check2-square", primary=True))
    return render_detail(
        request,
        title=f"{one.grid.name}{one.get_kind_display()}",
        subtitle=f"{one.office}，{one.on}",
        badges=[
            badge_html(one.get_result_display(), RESULT_TONES[one.result]),
            *([remedy_badge(one)] if one.remedy_due else []),
        ],
        facts=_facts(request.user, one),
        actions=actions,
        crumbs=[
            ("两网化推进", reverse("reports:programme")),
            ("检查考核", reverse("reports:assessments")),
        ],
        obj=one,
        template="reports/programme/assessment.html",
        context={"assessment": one},
    )


def assess(request, pk):
    """Note what was found in a lower grid."""
    grid = _grid(request, pk)
    if not services.may_assess(request.user, grid):
        raise PermissionDenied("检查考核由上级单位登记。")
    today = timezone.localdate()
    board = board_of(grid, today)
    lists = _score_lists(board)
    form = AssessmentForm(
        request.POST or None,
        request.FILES or None,
        lists=[(key, one.checklist.name) for key, one in lists.items()],
        initial={"on": today, "kind": request.GET.get("kind", "")},
    )
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        data["score"] = _score_on(grid, data["on"], data["score"])
        try:
            made = services.assess(grid=grid, by=request.user, **data)
        except services.Refused as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, f"已登记{made.get_kind_display()}。")
            return redirect(made)
    return render_form(
        request,
        title=f"检查考核：{grid.name}",
        form=form,
        sections=[
            (
                "检查",
                ["kind", "on", "assessor", "result", "score", "findings", "upload"],
            ),
            ("整改", ["remedy", "remedy_due"]),
        ],
        crumbs=_crumbs(grid),
        submit="登记",
        note=f"由{services.above(grid).name}对{grid.name}的检查、督促、验收或考核。"
        "考核对象是网格，不对个人排名。",
    )


def assessment_remedy(request, pk):
    """Note that what was asked for has been done."""
    one = _assessment(request, pk)
    if not _may_remedy(request.user, one):
        raise PermissionDenied("整改由该网格或上级单位登记。")
    form = RemedyForm(
        request.POST or None,
        request.FILES or None,
        initial={"on": timezone.localdate()},
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.note_remedy(assessment=one, by=request.user, **form.cleaned_data)
        except services.Refused as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, "已登记整改。")
            return redirect(one)
    due = f"整改期限 {one.remedy_due}。" if one.remedy_due else ""
    return render_form(
        request,
        title=f"登记整改：{one.grid.name}",
        form=form,
        crumbs=[
            ("检查考核", reverse("reports:assessments")),
            (str(one), one.get_absolute_url()),
        ],
        submit="登记",
        note=f"{one.remedy} {due}".strip(),
    )


def letter_list(request):
    """Show the target letters of the own places."""
    require_holds(request.user, P.REPORT_VIEW)
    letters = TargetLetter.objects.visible_to(request.user)
    filters = LetterFilter(
        request.GET, queryset=letters.select_related("grid", "document", "issued_by")
    )
    table = build_table(
        request,
        filters.qs,
        LETTER_COLUMNS,
        name="target-letters",
        default_sort="-issued_on",
    )
    return render_list(
        request,
        title="目标责任书",
        table=table,
        filters=filters,
        crumbs=[("监管态势", "")],
        empty="还没有下达目标责任书。在“两网化推进”打开一个下级网格，即可下达。",
    )


def letter_issue(request, pk):
    """Hand down the targets of a phase to a lower grid, as a paper to sign."""
    grid = _grid(request, pk)
    if not services.may_assess(request.user, grid):
        raise PermissionDenied("目标责任书由上级单位下达。")
    require(request.user, P.REPORT_MAKE, at=grid)
    today = timezone.localdate()
    board = board_of(grid, today)
    phases = (
        [(row.phase.number, row.phase.name) for row in board.phases] if board else []
    )
    current = board.phase if board else None
    form = LetterForm(
        request.POST or None,
        phases=phases,
        initial={
            "year": today.year,
            "phase": current.phase.number if current else None,
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            letter = services.issue_letter(
                grid=grid, on=today, by=request.user, **form.cleaned_data
            )
        except (services.Refused, MissingGlyph) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已下达{letter.number}，存入文件档案。")
            return redirect(letter)
    return render_form(
        request,
        title=f"目标责任书：{grid.name}",
        form=form,
        crumbs=_crumbs(grid),
        submit="编号并生成",
        note="按方案的阶段目标和今天的数字生成，编号后存入文件档案；"
        "签字、盖章处留空，打印后由双方签字盖章。",
    )


def grid_assessments(request, grid: Grid):
    """Return the assessments of a grid, for the tab on its page."""
    rows = Assessment.objects.visible_to(request.user).filter(grid=grid).for_list()
    columns = [one for one in COLUMNS if one.key not in ("grid", "parent")]
    return build_table(
        request, rows, columns, name="grid-assessments", default_sort="-on"
    )


# --- helpers --------------------------------------------------------------------------


def _grid(request, pk) -> Grid:
    grids = Grid.objects.visible_to(request.user)
    grid: Grid = get_object_or_404(
        grids.select_related("city", "district__city", "parent"), pk=pk
    )
    return grid


def _assessment(request, pk) -> Assessment:
    rows = Assessment.objects.visible_to(request.user).select_related(
        "grid__parent",
        "grid__city",
        "evidence",
        "remedy_evidence",
        "recorded_by",
        "remedied_by",
    )
    one: Assessment = get_object_or_404(rows, pk=pk)
    return one


def _may_remedy(user, one: Assessment) -> bool:
    reports = may(user, P.PROGRAMME_REPORT, at=one.grid)
    return reports or services.may_assess(user, one.grid)


def _score_lists(board: Board | None) -> dict[str, Score]:
    scores = board.acceptance if board else ()
    return {f"{one.slug}.{one.checklist.key}": one for one in scores}


def _score_on(grid: Grid, on, key: str) -> Score | None:
    """Return the score of a checklist as it stood on the day of the assessment."""
    if not key:
        return None
    return _score_lists(board_of(grid, on)).get(key)


def _facts(user, one: Assessment) -> list[tuple[str, Any]]:
    facts = [
        ("被检查网格", one.grid.name),
        ("检查单位", one.office),
        ("检查人", one.assessor),
        ("日期", one.on),
        ("发现的情况", one.findings),
        *([("得分", f"{one.score['name']} {score_words(one)}")] if one.score else []),
        ("登记", f"{one.recorded_by}，{timezone.localtime(one.recorded_at):%Y-%m-%d}"),
    ]
    if one.remedy_due:
        facts += [
            ("整改要求", one.remedy),
            ("整改期限", one.remedy_due),
            ("整改日期", one.remedied_on),
            ("整改情况", one.remedy_note or None),
        ]
    return facts


def _crumbs(grid: Grid) -> list[tuple[str, str]]:
    return [
        ("两网化推进", reverse("reports:programme")),
        (grid.name, reverse("reports:programme-node", args=[grid.pk])),
    ]
