"""评定批次: the grading of a district's year, from the job to the publication."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enterprises.supervision import forms
from enterprises.supervision.models import GradeRound, Rating
from enterprises.supervision.rules import facts_needed
from enterprises.supervision.services import grading, objecting
from enterprises.supervision.services.schemes import (
    every_scheme,
    scheme_at,
    scheme_named,
)
from enterprises.supervision.tasks import notices_later
from enterprises.supervision.views.grades import CRUMBS, columns
from enterprises.supervision.views.ratings import grade_choices
from enterprises.supervision.views.shared import (
    P,
    Step,
    act_page,
    course_html,
    districts,
)
from gridinspect.accounts.models import User
from gridinspect.accounts.requests import Request
from gridinspect.ui.pages import (
    Action,
    Tab,
    add_action,
    render_detail,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids.access import may, require
from grids.policy import FACTS

ROUNDS = [*CRUMBS, ("评定批次", "/grade-rounds/")]
TONES = {"computing": "info", "review": "notice", "approved": "ok"}
NEXT = {
    "computing": "完成后请复核",
    "review": "请复核后由负责人批准",
    "approved": "请出具告知书、登记送达，异议期满后公布",
}


def _state(round_: GradeRound):
    return badge_html(round_.get_state_display(), TONES[round_.state])


COLUMNS = [
    Column("district", "区县", "district.name", link=True, sort="district__code"),
    Column("year", "评价年度", sort="year"),
    Column("scheme", "评价办法", "scheme_name", wraps=True),
    Column("state", "状态", _state, sort="state"),
    Column("units", "户数", "units", numeric=True),
    Column("adjusted", "人工调整", "adjusted", numeric=True),
    Column("keys", "重点对象", "keys", numeric=True),
    Column("approved_on", "批准日期", sort="approved_on"),
    Column("published_on", "公布日期", sort="published_on"),
]


@require_GET
def round_list(request: Request) -> HttpResponse:
    """Show the rounds of the user's districts."""
    user = request.user
    if not (user.holds(P.SUPERVISION_EDIT) or user.holds(P.SUPERVISION_APPROVE)):
        raise PermissionDenied("评定批次由办理和批准等级评定的人员查看。")
    standing = Q(ratings__replaced_on=None)
    rows = (
        GradeRound.objects.visible_to(user)
        .select_related("district__city")
        .annotate(
            units=Count("ratings", filter=standing),
            adjusted=Count("ratings", filter=standing & ~Q(ratings__reason="")),
            keys=Count("ratings", filter=standing & Q(ratings__is_key=True)),
        )
    )
    table = build_table(
        request, rows, COLUMNS, name="grade-rounds", default_sort="-year"
    )
    toolbar = []
    if user.holds(P.SUPERVISION_EDIT):
        toolbar.append(add_action(reverse("supervision:round-add"), "新的评定批次"))
    return render_list(
        request,
        title="评定批次",
        table=table,
        toolbar=toolbar,
        crumbs=CRUMBS,
        note="每年一次：按上一年度的事实计算建议等级，复核调整，由另一人批准，"
        "告知单位，受理异议，期满后公布。",
        empty="还没有评定批次。点击“新的评定批次”，选择区县和年度。",
    )


def round_add(request: Request) -> HttpResponse:
    """Begin to grade a year."""
    user = request.user
    require_holds(user, P.SUPERVISION_EDIT)

    def act(district, year, scheme):
        chosen = scheme_named(scheme) if scheme else None
        chosen = chosen or scheme_at(district, timezone.localdate())
        if chosen is None:
            raise ValidationError({"scheme": "该区县没有适用的评价办法，请选择一种。"})
        return grading.start_round(district=district, year=year, scheme=chosen, by=user)

    return act_page(
        request,
        form=forms.RoundForm(
            request.POST or None,
            districts=districts(user, P.SUPERVISION_EDIT),
            schemes=[(one.id, one.name) for one in every_scheme()],
        ),
        act=act,
        done=lambda one: ("已开始计算建议等级，稍后刷新本页。", one),
        title="新的评定批次",
        crumbs=ROUNDS,
        submit="开始评定",
    )


def _round(request: Request, pk: int) -> GradeRound:
    rows = GradeRound.objects.visible_to(request.user).select_related(
        "district__city", "policy", "started_by__person", "approved_by__person"
    )
    return get_object_or_404(rows, pk=pk)


@require_GET
def round_detail(request: Request, pk: int) -> HttpResponse:
    """Show one round: how many have which grade, what was adjusted, what is next."""
    round_ = _round(request, pk)
    scheme = grading.scheme_of(round_)
    ratings = Rating.objects.filter(round=round_, replaced_on=None)
    counts = dict(ratings.values_list("grade").annotate(n=Count("pk")).order_by())
    parts = [f"{g.name} {counts.get(g.key, 0):,} 户" for g in scheme.grades]
    adjusted = ratings.exclude(reason="").count()
    unknown = [
        FACTS[fact]
        for fact in facts_needed(scheme.criteria)
        if round_.computed_at and fact not in round_.known_facts
    ]
    untold = ratings.filter(notified_on=None).count()
    return render_detail(
        request,
        title=str(round_),
        subtitle=scheme.name,
        badges=[_state(round_)],
        facts=[
            ("等级分布", "，".join(parts)),
            ("人工调整", f"{adjusted} 户"),
            ("未告知", f"{untold:,} 户" if round_.approved_on else "批准后告知"),
            ("计算时间", round_.computed_at),
            ("批准", f"{round_.approved_on or ''} {round_.approved_by or ''}".strip()),
            ("公布日期", round_.published_on),
        ],
        tabs=[
            Tab("ratings", "单位等级", lambda: _ratings(request, round_)),
            Tab("course", "办理过程", lambda: _course(request, round_)),
        ],
        actions=_actions(request, round_),
        crumbs=ROUNDS,
        note=_note(round_, unknown),
    )


def _note(round_: GradeRound, unknown: list[str]) -> str:
    if round_.state == GradeRound.State.COMPUTING:
        return "正在后台计算建议等级，完成后刷新本页即可复核。"
    if unknown:
        names = "、".join(unknown)
        return f"没有数据来源、未计入评价的事实：{names}。请在复核时人工核对。"
    return "" if round_.published_on else f"下一步：{NEXT[round_.state]}。"


def _ratings(request: Request, round_: GradeRound):
    rows = (
        Rating.objects.filter(round=round_, replaced_on=None)
        .select_related("enterprise__grid")
        .defer("facts")
    )
    return build_table(
        request,
        rows,
        columns(request.user),
        name="round-ratings",
        default_sort="-grade",
    )


def _course(request: Request, round_: GradeRound) -> str:
    computed = round_.computed_at
    return course_html(
        request,
        [
            Step(
                "发起",
                timezone.localdate(round_.started_at),
                by=str(round_.started_by),
            ),
            Step("计算建议等级", timezone.localdate(computed) if computed else None),
            Step("批准", round_.approved_on, by=str(round_.approved_by or "")),
            Step("公布", round_.published_on),
        ],
        timezone.localdate(),
    )


def _actions(request: Request, round_: GradeRound) -> list[Action]:
    user, state = request.user, GradeRound.State
    actions: list[Action] = []
    edits = may(user, P.SUPERVISION_EDIT, at=round_.district)

    def to(act: str) -> str:
        return reverse("supervision:round-act", args=[round_.pk, act])

    approves = may(user, P.SUPERVISION_APPROVE, at=round_.district)
    if approves and not _no_approving(round_, user):
        actions.append(Action("批准等级", to("approve"), "check2-square", primary=True))
    if round_.state == state.REVIEW and edits:
        again = reverse("supervision:round-recompute", args=[round_.pk])
        count = Rating.objects.filter(round=round_).count()
        actions.append(
            Action(
                "重新计算",
                again,
                "arrow-repeat",
                method="post",
                confirm=f"按现在的登记重算 {count:,} 户的建议等级；"
                "人工调整过的等级和理由保留。",
            )
        )
    if edits and not _no_noticing(round_):
        actions.append(Action("批量出具告知书", to("notices"), "envelope-paper"))
    if edits and not _no_serving(round_):
        actions.append(Action("批量登记送达", to("served"), "calendar-check"))
    if edits and not _no_publishing(round_):
        actions.append(Action("公布", to("publish"), "megaphone", primary=True))
    return actions


def _no_approving(round_: GradeRound, user: User) -> str:
    """Return why a person cannot approve a round; empty where he can."""
    if round_.state != GradeRound.State.REVIEW:
        return f"批次{round_.get_state_display()}，{NEXT[round_.state]}。"
    own = Rating.objects.filter(round=round_, prepared_by=user)
    if round_.started_by_id == user.pk or own.exists():
        return "您发起了批次或调整过等级，请由另一位负责人批准。"
    return ""


def _not_approved(round_: GradeRound) -> str:
    if round_.state == GradeRound.State.APPROVED:
        return ""
    return f"批次{round_.get_state_display()}，{NEXT[round_.state]}。"


def _no_noticing(round_: GradeRound) -> str:
    """Return why no notices can be issued; empty where some are missing."""
    if why := _not_approved(round_):
        return why
    missing = Rating.objects.filter(round=round_, notice=None).standing()
    return "" if missing.exists() else "告知书都已出具，送达后请登记送达日期。"


def _no_serving(round_: GradeRound) -> str:
    """Return why no serving can be registered; empty where some waits for it."""
    if why := _not_approved(round_):
        return why
    if objecting.to_serve(round_).exists():
        return ""
    return "没有已出具而未登记送达的告知书，请先出具。"


def _no_publishing(round_: GradeRound) -> str:
    """Return why a round is not published; empty where that may be tried."""
    if why := _not_approved(round_):
        return why
    if round_.published_on:
        return f"该批次已于 {round_.published_on} 公布。"
    return ""


def _approve(request: Request, round_: GradeRound) -> HttpResponse:
    count = Rating.objects.filter(round=round_).count()
    return act_page(
        request,
        form=forms.DayForm(request.POST or None),
        act=lambda on: grading.approve_round(round_=round_, on=on, by=request.user),
        done=lambda number: (f"已批准 {number:,} 户的等级，自批准之日起生效。", round_),
        title=f"批准：{round_}",
        crumbs=[*ROUNDS, (str(round_), round_.get_absolute_url())],
        submit="批准",
        note=f"将批准 {count:,} 户的等级。发起批次或调整过等级的人不能批准。",
        not_now=_no_approving(round_, request.user),
    )


def _publish(request: Request, round_: GradeRound) -> HttpResponse:
    grades = [one.name for one in grading.scheme_of(round_).grades if one.published]
    return act_page(
        request,
        form=forms.DayForm(request.POST or None),
        act=lambda on: grading.publish_round(round_=round_, on=on, by=request.user),
        done=lambda number: (f"已登记公布 {number:,} 户。", round_),
        title=f"公布：{round_}",
        crumbs=[*ROUNDS, (str(round_), round_.get_absolute_url())],
        submit="登记公布",
        note=f"按评价办法公布{'、'.join(grades) or '（没有可以公布的等级）'}；"
        "须全部告知、异议期满且异议已答复。",
        not_now=_no_publishing(round_),
    )


def _notices(request: Request, round_: GradeRound) -> HttpResponse:
    missing = dict(
        Rating.objects.filter(round=round_, notice=None)
        .standing()
        .values_list("grade")
        .annotate(n=Count("pk"))
        .order_by()
    )
    grades = [
        (key, f"{words}（{missing[key]:,} 户未出具）")
        for key, words in grade_choices(grading.scheme_of(round_))
        if key in missing
    ]
    return act_page(
        request,
        form=forms.NoticesForm(request.POST or None, grades=grades),
        act=lambda grades, on: notices_later(
            round_=round_, grades=grades, on=on, by=request.user
        ),
        done=lambda job: ("正在后台出具告知书，每户一份，完成后在文件档案中。", job),
        title=f"批量出具告知书：{round_}",
        crumbs=[*ROUNDS, (str(round_), round_.get_absolute_url())],
        submit="出具",
        note="每户编一个文号，生成一份告知书；送达后登记送达日期。",
        not_now=_no_noticing(round_),
    )


def _served(request: Request, round_: GradeRound) -> HttpResponse:
    waiting = dict(
        objecting.to_serve(round_)
        .values_list("grade")
        .annotate(n=Count("pk"))
        .order_by()
    )
    grades = [
        (key, f"{words}（{waiting[key]:,} 户未登记）")
        for key, words in grade_choices(grading.scheme_of(round_))
        if key in waiting
    ]
    return act_page(
        request,
        form=forms.ServedForm(request.POST or None, grades=grades),
        act=lambda grades, on: objecting.note_all_served(
            round_=round_, grades=grades, on=on, by=request.user
        ),
        done=lambda count: (f"已登记 {count:,} 户同日送达，异议期开始计算。", round_),
        title=f"批量登记送达：{round_}",
        crumbs=[*ROUNDS, (str(round_), round_.get_absolute_url())],
        submit="登记送达",
        note="登记同一天送达的单位；日期不同的，请在单位的等级页面逐户登记。",
        not_now=_no_serving(round_),
    )


ACTS = {
    "approve": (P.SUPERVISION_APPROVE, _approve),
    "publish": (P.SUPERVISION_EDIT, _publish),
    "notices": (P.SUPERVISION_EDIT, _notices),
    "served": (P.SUPERVISION_EDIT, _served),
}


def round_act(request: Request, pk: int, act: str) -> HttpResponse:
    """Show and carry out one step of a round."""
    round_ = _round(request, pk)
    if act not in ACTS:
        raise Http404(act)
    permission, page = ACTS[act]
    require(request.user, permission, at=round_.district)
    return page(request, round_)


@require_POST
def round_recompute(request: Request, pk: int) -> HttpResponse:
    """Work the proposals out again."""
    round_ = _round(request, pk)
    require(request.user, P.SUPERVISION_EDIT, at=round_.district)
    try:
        grading.recompute(round_=round_, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "已开始重新计算，稍后刷新本页。")
    return redirect(round_)
