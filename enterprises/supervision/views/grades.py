"""信用等级: the ratings, one rating with its course, and the replay of a year."""

from io import BytesIO
from typing import Any

import django_filters as filters
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enterprises.supervision import forms
from enterprises.supervision.models import GradeObjection, Rating
from enterprises.supervision.services import grading, notices
from enterprises.supervision.services.schemes import (
    every_scheme,
    scheme_at,
    scheme_named,
)
from enterprises.supervision.views.shared import (
    P,
    Step,
    act_page,
    course_html,
    districts,
    evidence_html,
    grade_badge,
    reasons_shown,
    workbook,
)
from gridinspect.accounts.models import User
from gridinspect.accounts.requests import Request
from gridinspect.audit.services import record
from gridinspect.documents.fonts import MissingGlyph
from gridinspect.documents.sheets import SheetColumn, write_table
from gridinspect.scope import within_paths
from gridinspect.ui.pages import (
    Action,
    Tab,
    export_action,
    render_detail,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import may, require
from grids.policy import FACTS

CRUMBS = [("信用等级", "/grades/")]
STATES = (
    ("standing", "已批准"),
    ("proposed", "待批准"),
    ("replaced", "已更正（旧）"),
    ("objected", "有异议待答复"),
)


class RatingFilter(filters.FilterSet):
    """The search block of 信用等级."""

    name = filters.CharFilter(
        "enterprise__name", lookup_expr="icontains", label="单位名称"
    )
    year = filters.NumberFilter("year", label="评价年度")
    grade = filters.ChoiceFilter(
        label="等级", choices=[(g, f"{g}级") for g in "ABC"], empty_label="全部"
    )
    state = filters.ChoiceFilter(
        label="状态", choices=STATES, method="by_state", empty_label="全部"
    )

    class Meta:
        model = Rating
        fields = ("name", "year", "grade", "state")

    def by_state(self, rows, _name, value):
        match value:
            case "standing":
                return rows.standing()
            case "proposed":
                return rows.filter(approved_on=None)
            case "replaced":
                return rows.filter(replaced_on__isnull=False)
        return rows.filter(
            objections__decided_on=None, objections__isnull=False
        ).distinct()


def state_words(rating: Rating) -> str:
    """Return the state of a rating in one word."""
    if rating.replaced_on:
        return "已更正"
    if rating.approved_on is None:
        return "待批准"
    if rating.published_on:
        return "已公布"
    return "已告知" if rating.notified_on else "已批准"


def seen_by(user: User) -> Any:
    """Return the ratings that a person sees: unapproved ones only who works on them."""
    working = [
        *user.scope_paths(P.SUPERVISION_EDIT),
        *user.scope_paths(P.SUPERVISION_APPROVE),
    ]
    rows = Rating.objects.visible_to(user)
    mine = rows.filter(within_paths(working, "enterprise__grid__path"))
    return rows.filter(approved_on__isnull=False) | mine


def columns(user: User) -> list[Column]:
    """Return the columns of the list."""

    def why(rating: Rating) -> str:
        shown = reasons_shown(user, rating.enterprise, rating.decided)
        words = "；".join(f"{one['name']}（{one['value']}）" for one in shown)
        return f"人工调整：{rating.reason}" if rating.is_adjusted else words

    return [
        Column(
            "enterprise",
            "单位名称",
            "enterprise.name",
            sort="enterprise__name",
            link=True,
        ),
        Column("grid", "所属网格", "enterprise.grid.name"),
        Column("year", "评价年度", sort="year"),
        Column("grade", "等级", lambda r: grade_badge(r.grade), sort="grade"),
        Column("proposed", "建议等级", "proposed", sort="proposed", hidden=True),
        Column("points", "得分", numeric=True, sort="points", hidden=True),
        Column("why", "定级事实", why, wraps=True),
        Column("state", "状态", lambda r: badge_html(state_words(r), "plain")),
        Column("valid_until", "有效期至", sort="valid_until"),
        Column("notified_on", "告知日期", sort="notified_on", hidden=True),
        Column("published_on", "公布日期", sort="published_on", hidden=True),
    ]


def _asked(request: Request, at):
    rows = seen_by(request.user)
    if at:
        rows = rows.within(at)
    rows = rows.select_related("enterprise__grid").defer("facts")
    data = request.GET.copy()
    if "year" not in data:
        newest = rows.aggregate(newest=Max("year"))["newest"]
        data["year"] = str(newest or timezone.localdate().year - 1)
    return RatingFilter(data, queryset=rows)


@require_GET
def grade_list(request: Request) -> HttpResponse:
    """Show 信用等级: the grades of the user's units, the newest year first."""
    user = request.user
    require_holds(user, P.ENTERPRISE_VIEW)
    at = outline.place_asked(request)
    search = _asked(request, at)
    table = build_table(
        request, search.qs, columns(user), name="grades", default_sort="-grade"
    )
    toolbar = []
    if user.holds(P.SUPERVISION_EDIT) or user.holds(P.SUPERVISION_APPROVE):
        toolbar.append(
            Action(
                "评定批次", reverse("supervision:rounds"), "collection", primary=True
            )
        )
        toolbar.append(
            Action("按办法试算", reverse("supervision:replay"), "arrow-repeat")
        )
    query = request.GET.urlencode()
    toolbar.append(export_action(f"{reverse('supervision:grades-export')}?{query}"))
    return render_list(
        request,
        title="信用等级",
        table=table,
        filters=search,
        toolbar=toolbar,
        tree=outline.tree_beside(request, "supervision:grades", at),
        note=(f"辖区：{at}。" if at else "")
        + "等级由上一年度的事实按评价办法得出，经复核、由另一人批准后生效。",
        empty="没有符合条件的等级。年度评定从“评定批次”开始；还没有评定的年度没有等级。",
    )


@require_GET
def grades_export(request: Request) -> HttpResponse:
    """Hand out what the list shows as a workbook."""
    user = request.user
    require_holds(user, P.ENTERPRISE_VIEW)
    at = outline.place_asked(request)
    search = _asked(request, at)
    shown = columns(user)
    rows = search.qs.order_by("-grade", "enterprise__name", "pk")
    stream = BytesIO()
    count = write_table(
        stream,
        [
            SheetColumn("序号", 6, "integer"),
            SheetColumn("单位名称", 36),
            SheetColumn("统一社会信用代码", 22),
            SheetColumn("所属网格", 20),
            SheetColumn("评价年度", 10, "integer"),
            SheetColumn("等级", 8),
            SheetColumn("定级事实", 44),
            SheetColumn("状态", 10),
            SheetColumn("有效期至", 12, "date"),
        ],
        (
            [
                number,
                one.enterprise.name,
                one.enterprise.uscc or "",
                one.enterprise.grid.name,
                one.year,
                one.grade,
                shown[6].of(one),
                state_words(one),
                one.valid_until,
            ]
            for number, one in enumerate(rows.iterator(2000), 1)
        ),
        title="守法诚信等级名册",
        organisation=str(at or ""),
        period=f"截至 {timezone.localdate()}",
        unit="户",
        name="信用等级",
    )
    note_export(user, at, count, request.GET.dict(), "grades.exported")
    return workbook(stream, "grades.xlsx")


def note_export(user: User, at, count: int, asked: dict, verb: str) -> None:
    """Note that a list left the system."""
    paths = user.scope_paths(P.ENTERPRISE_VIEW)
    with transaction.atomic():
        path = at.path if at else paths[0]
        record(verb, by=user, target=user, path=path, count=count, asked=asked)


# --- one rating -----------------------------------------------------------------------


def _rating(request: Request, pk: int) -> Rating:
    rows = seen_by(request.user).select_related(
        "enterprise__grid",
        "enterprise__district__city",
        "round__policy",
        "notice",
        "prepared_by__person",
        "approved_by__person",
        "corrects",
    )
    return get_object_or_404(rows, pk=pk)


@require_GET
def rating_detail(request: Request, pk: int) -> HttpResponse:
    """Show one grade: what decided it, its course, its objections, its history."""
    rating = _rating(request, pk)
    unit, user = rating.enterprise, request.user
    badges = [grade_badge(rating.grade), badge_html(state_words(rating))]
    facts = [
        ("评价办法", rating.round.scheme_name),
        ("建议等级", f"{rating.proposed}级"),
        ("得分", rating.points),
        ("有效期", _span(rating)),
        ("每年日常检查上限", _times(rating.visits_max)),
        ("重点对象", rating.is_key),
    ]
    if rating.is_adjusted:
        facts.append(("调整理由", rating.reason))
    return render_detail(
        request,
        title=f"{unit.name} {rating.year}年度守法诚信等级",
        subtitle=unit.grid.name,
        badges=badges,
        facts=facts,
        tabs=[
            Tab("why", "定级事实", lambda: _why(request, rating)),
            Tab(
                "facts", "年度事实", lambda: evidence_html(request, unit, rating.facts)
            ),
            Tab("course", "办理过程", lambda: _course(request, rating)),
        ],
        actions=_actions(user, rating),
        crumbs=[*CRUMBS, (unit.name, f"{unit.get_absolute_url()}?tab=supervision")],
        note=_replaced(rating),
    )


def _span(rating: Rating) -> str:
    if rating.valid_from is None:
        return ""
    return f"{rating.valid_from} 至 {rating.valid_until}"


def _times(number: int | None) -> str:
    return "" if number is None else f"{number} 次"


def _replaced(rating: Rating) -> str:
    if rating.replaced_on is None:
        return ""
    return f"该等级已于 {rating.replaced_on} 更正，更正后的等级另有一条记录。"


def _why(request: Request, rating: Rating):
    rows = reasons_shown(request.user, rating.enterprise, rating.decided)
    table = build_table(
        request,
        [{**row, "fact": FACTS.get(row["fact"], row["fact"])} for row in rows],
        [
            Column("name", "评价标准", "name", wraps=True),
            Column("fact", "事实", "fact", wraps=True),
            Column("value", "数值", "value", numeric=True),
            Column("needed", "标准值", "needed", numeric=True),
            Column("grade", "对应等级", "grade"),
            Column("points", "扣分", "points", numeric=True),
            Column("clause", "依据", "clause", wraps=True),
        ],
        name="grade-reasons",
    )
    return table if rows else "没有降级的事实，按评价办法评为最高等级。"


def _course(request: Request, rating: Rating) -> str:
    steps = [
        Step("按事实计算", timezone.localdate(rating.recorded_at)),
        Step(
            "复核",
            by=str(rating.prepared_by),
            on=timezone.localdate(rating.recorded_at),
            note=rating.reason,
        ),
        Step("批准", rating.approved_on, by=str(rating.approved_by or "")),
        Step("告知单位", rating.notified_on, note=rating.notice_number),
        Step("异议期", due=rating.object_by),
    ]
    for one in rating.objections.select_related("decided_by__person"):
        steps.append(Step("单位提出异议", one.raised_on, note=one.text))
        outcome = one.get_outcome_display()
        steps.append(
            Step(
                f"答复异议{f'：{outcome}' if outcome else ''}",
                one.decided_on,
                one.decide_by,
                str(one.decided_by or ""),
                one.decision,
            )
        )
    if rating.replaced_on:
        steps.append(Step("更正", rating.replaced_on))
    steps.append(Step("公布", rating.published_on))
    return course_html(request, steps, timezone.localdate())


def _actions(user: User, rating: Rating) -> list[Action]:
    unit = rating.enterprise
    actions: list[Action] = []

    def to(act: str) -> str:
        return reverse("supervision:rating-act", args=[rating.pk, act])

    if rating.notice:
        url = reverse("documents:detail", args=[rating.notice.pk])
        actions.append(Action("告知书", url, "file-earmark-pdf"))
    if rating.replaced_on:
        return actions
    waits = rating.objections.filter(decided_on=None).first()
    if may(user, P.SUPERVISION_EDIT, at=unit.grid):
        if rating.approved_on is None:
            actions.append(Action("调整等级", to("adjust"), "pencil", primary=True))
        else:
            actions += _told(rating, to)
            if waits is None:
                actions.append(Action("登记异议", to("object"), "chat-left-text"))
    if waits and may(user, P.SUPERVISION_APPROVE, at=unit.grid):
        actions.append(Action("答复异议", to("decide"), "check2-square", primary=True))
    return actions


def _told(rating: Rating, to) -> list[Action]:
    if rating.notice is None:
        issue = reverse("supervision:rating-notice", args=[rating.pk])
        return [
            Action(
                "出具告知书",
                issue,
                "envelope-paper",
                method="post",
                primary=True,
                confirm=f"为“{rating.enterprise.name}”编号并生成等级告知书，存入文件档案。",
            )
        ]
    if rating.notified_on is None:
        return [Action("登记送达", to("served"), "calendar-check", primary=True)]
    return []


def _adjust(request: Request, rating: Rating) -> HttpResponse:
    scheme = grading.scheme_of(rating.round)
    initial = {
        "grade": rating.grade,
        "reason": rating.reason if rating.is_adjusted else "",
        "edition": rating.edition,
    }
    return act_page(
        request,
        form=forms.AdjustForm(
            request.POST or None, initial=initial, grades=grade_choices(scheme)
        ),
        act=lambda **data: grading.adjust(rating=rating, by=request.user, **data),
        done=lambda one: (f"等级定为 {one.grade} 级，待批准。", rating),
        title=f"调整等级：{rating.enterprise.name}",
        crumbs=_back(rating),
        submit="保存",
        note=f"按事实建议 {rating.proposed} 级。调整后由未参与的负责人批准。",
    )


def _served(request: Request, rating: Rating) -> HttpResponse:
    return act_page(
        request,
        form=forms.DayForm(request.POST or None),
        act=lambda on: grading.note_served(rating=rating, on=on, by=request.user),
        done=lambda one: (f"已登记告知，异议期限至 {one.object_by}。", rating),
        title=f"登记告知书送达：{rating.enterprise.name}",
        crumbs=_back(rating),
        submit="登记",
        note=f"告知书 {rating.notice_number}。日期填单位收到告知书的日期。",
    )


def _object(request: Request, rating: Rating) -> HttpResponse:
    late = f"异议期限为 {rating.object_by}。" if rating.object_by else ""
    return act_page(
        request,
        form=forms.ObjectionForm(request.POST or None),
        act=lambda **data: grading.object_to(rating=rating, by=request.user, **data),
        done=lambda one: (f"已登记异议，应于 {one.decide_by} 前答复。", rating),
        title=f"登记异议：{rating.enterprise.name}",
        crumbs=_back(rating),
        submit="登记",
        note=late,
    )


def _decide(request: Request, rating: Rating) -> HttpResponse:
    objection = get_object_or_404(GradeObjection, rating=rating, decided_on=None)
    scheme = grading.scheme_of(rating.round)
    return act_page(
        request,
        form=forms.ObjectionDecisionForm(
            request.POST or None,
            initial={"grade": rating.grade},
            grades=grade_choices(scheme),
        ),
        act=lambda **data: grading.decide_objection(
            objection=objection, by=request.user, **data
        ),
        done=lambda one: (f"已答复，等级为 {one.grade} 级。", one),
        title=f"答复异议：{rating.enterprise.name}",
        crumbs=_back(rating),
        submit="答复",
        note=f"{objection.raised_on} 提出，应于 {objection.decide_by} 前答复。"
        f"异议内容：{objection.text}",
    )


ACTS = {
    "adjust": (P.SUPERVISION_EDIT, _adjust),
    "served": (P.SUPERVISION_EDIT, _served),
    "object": (P.SUPERVISION_EDIT, _object),
    "decide": (P.SUPERVISION_APPROVE, _decide),
}


def rating_act(request: Request, pk: int, act: str) -> HttpResponse:
    """Show and carry out one step of a rating's course."""
    rating = _rating(request, pk)
    if act not in ACTS:
        raise Http404(act)
    permission, page = ACTS[act]
    require(request.user, permission, at=rating.enterprise.grid)
    return page(request, rating)


@require_POST
def rating_notice(request: Request, pk: int) -> HttpResponse:
    """Issue the notice of a grade."""
    rating = _rating(request, pk)
    require(request.user, P.SUPERVISION_EDIT, at=rating.enterprise.grid)
    try:
        done = notices.issue_notice(
            rating=rating, on=timezone.localdate(), by=request.user
        )
    except (ValidationError, MissingGlyph) as error:
        said = error.messages[0] if isinstance(error, ValidationError) else str(error)
        messages.error(request, said)
    else:
        messages.success(request, f"已出具告知书 {done.notice_number}，送达后请登记。")
    return redirect(rating)


def grade_choices(scheme) -> list[tuple[str, str]]:
    return [(one.key, f"{one.name}：{one.meaning}") for one in scheme.grades]


def _back(rating: Rating):
    words = f"{rating.enterprise.name} {rating.year}年度"
    return [*CRUMBS, (words, rating.get_absolute_url())]


# --- replay ---------------------------------------------------------------------------


@require_GET
def replay(request: Request) -> HttpResponse:
    """Show a year's grades under any scheme, beside those that stand. Saves nothing."""
    user = request.user
    may_look = user.holds(P.SUPERVISION_EDIT) or user.holds(P.SUPERVISION_APPROVE)
    if not may_look:
        raise PermissionDenied("等级试算由办理和批准等级评定的人员查看。")
    permission = (
        P.SUPERVISION_EDIT if user.holds(P.SUPERVISION_EDIT) else P.SUPERVISION_APPROVE
    )
    schemes = [(one.id, one.name) for one in every_scheme()]
    form = forms.ReplayForm(
        request.GET if "year" in request.GET else None,
        districts=districts(user, permission),
        schemes=schemes,
    )
    found, table, rows = None, None, []
    if form.is_bound and form.is_valid():
        found = _replayed(form)
    if found:
        rows = _differences(found)
    table = build_table(
        request,
        rows,
        [
            Column("name", "单位名称", "name", link=lambda row: row["url"]),
            Column("standing", "已批准等级", lambda row: grade_badge(row["standing"])),
            Column("here", "试算等级", lambda row: grade_badge(row["here"])),
            Column("why", "依据的事实", "why", wraps=True),
        ],
        name="grade-replay",
    )
    return render_list(
        request,
        title="等级试算和回放",
        table=table,
        crumbs=CRUMBS,
        note="用任一办法的任一版本重算任一年度，只比较，不保存。",
        empty="没有等级不同的单位。" if found else "选择区县、年度和办法后点击试算。",
        template="supervision/replay.html",
        context={"form": form, "found": found},
    )


def _replayed(form):
    data = form.cleaned_data
    scheme = scheme_named(data["scheme"]) if data["scheme"] else None
    scheme = scheme or scheme_at(data["district"], timezone.localdate())
    if scheme is None:
        form.add_error("scheme", "该区县没有适用的评价办法，请选择一种办法。")
        return None
    return grading.replay(data["district"], data["year"], scheme, anew=data["anew"])


def _differences(found: grading.Replay) -> list[dict]:
    ratings = Rating.objects.filter(
        enterprise__in=found.different, year=found.year
    ).standing()
    return [
        {
            "name": rating.enterprise.name,
            "url": rating.get_absolute_url(),
            "standing": found.different[rating.enterprise_id][0],
            "here": found.different[rating.enterprise_id][1],
            "why": "；".join(
                f"{one.name}（{one.value}）"
                for one in found.proposals[rating.enterprise_id].decided
            ),
        }
        for rating in ratings.select_related("enterprise").order_by("enterprise__name")
    ]
