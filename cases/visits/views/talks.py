"""普法宣传 and 工人反馈: what was told to people, and what they said."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from cases.visits import forms, words
from cases.visits.models import Feedback, Publicity
from cases.visits.services import talks
from cases.visits.views.common import (
    CRUMBS,
    act_page,
    history_of,
    photos_of,
    place_of,
    unit_link,
)
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.scope import within_paths
from gridinspect.ui.pages import Action, Tab, render_detail
from grids.access import may, require, require_somewhere
from grids.models import Grid

P = Permission


def _own_grids(user):
    paths = user.scope_paths(P.VISIT_RECORD)
    return Grid.objects.filter(within_paths(paths, "path"), closed_on=None)


def _own_grid(user) -> Grid | None:
    """Return the grid to begin with: the only one that a person works in."""
    grids = list(_own_grids(user)[:2])
    return grids[0] if len(grids) == 1 else None


def publicity_add(request: Request) -> HttpResponse:
    """Note that law was explained to people, without a unit too."""
    require_somewhere(request.user, P.VISIT_RECORD)
    form = forms.PublicityForm(
        request.POST or None,
        request.FILES or None,
        grids=_own_grids(request.user),
        initial={"grid": _own_grid(request.user)},
    )
    return act_page(
        request,
        form,
        lambda: talks.record_publicity(
            facts=form.facts(), grid=form.cleaned_data["grid"], by=request.user
        ),
        title="登记宣传",
        submit="保存",
        said="已登记普法宣传。",
        crumbs=[("宣传", reverse("visits:publicities"))],
    )


def publicity_detail(request: Request, pk: int) -> HttpResponse:
    """Show where and to how many law was explained."""
    rows = Publicity.objects.visible_to(request.user).select_related(
        "grid", "enterprise__grid", "visit__enterprise", "recorded_by__person"
    )
    told = get_object_or_404(rows.prefetch_related("photos__attachment"), pk=pk)
    facts = [
        ("日期", told.held_on),
        ("地点", told.place),
        ("网格", told.grid.name),
        ("单位", unit_link(told)),
        ("受众人数", f"{told.audience:,} 人"),
        ("宣传内容、材料", told.material),
        ("说明", told.note),
        ("录入人", told.recorded_by),
        ("入库时间", told.recorded_at),
    ]
    return render_detail(
        request,
        title=f"普法宣传：{told.place}",
        facts=facts,
        tabs=[Tab("photos", "照片", lambda: photos_of(told.photos.all()))],
        timeline=history_of(told),
        crumbs=[*CRUMBS, ("宣传", reverse("visits:publicities"))],
        obj=told,
    )


def feedback_add(request: Request) -> HttpResponse:
    """Keep what workers said, and pass it on."""
    require_somewhere(request.user, P.VISIT_RECORD)
    form = forms.FeedbackForm(
        request.POST or None,
        grids=_own_grids(request.user),
        initial={"grid": _own_grid(request.user)},
    )
    return act_page(
        request,
        form,
        lambda: talks.record_feedback(
            facts=form.facts(), grid=form.cleaned_data["grid"], by=request.user
        ),
        title="登记反馈",
        submit="保存",
        said="已登记工人反馈并转交。",
        crumbs=[("工人反馈", reverse("visits:feedbacks"))],
    )


def _feedback(request: Request, pk: int, permission: Permission) -> Feedback:
    rows = Feedback.objects.visible_to(request.user).select_related(
        "grid",
        "enterprise__grid",
        "visit__enterprise",
        "recorded_by__person",
        "replied_by__person",
    )
    feedback = get_object_or_404(rows, pk=pk)
    require(request.user, permission, at=place_of(feedback))
    return feedback


def feedback_detail(request: Request, pk: int) -> HttpResponse:
    """Show what workers said, who is to reply, and the reply."""
    said = _feedback(request, pk, P.VISIT_VIEW)
    facts = [
        ("类别", said.get_kind_display()),
        ("收到日期", said.received_on),
        ("网格", said.grid.name),
        ("单位", unit_link(said)),
        ("转交", f"{said.get_route_display()}（{said.routed_on}）"),
        ("内容", said.text),
        ("答复", said.reply),
        ("答复日期", said.replied_on),
        ("答复人", said.replied_by),
        ("录入人", said.recorded_by),
    ]
    actions = []
    if said.replied_on is None and may(request.user, P.VISIT_ANSWER, at=place_of(said)):
        reply, route = (
            reverse(f"visits:feedback-{name}", args=[said.pk])
            for name in ("reply", "route")
        )
        actions = [
            Action("答复", reply, icon="reply", primary=True),
            Action("转交", route, icon="arrow-right"),
        ]
    return render_detail(
        request,
        title="工人反馈",
        badges=[words.feedback_badge(said)],
        facts=facts,
        timeline=history_of(said),
        actions=actions,
        crumbs=[*CRUMBS, ("工人反馈", reverse("visits:feedbacks"))],
        obj=said,
    )


def feedback_reply(request: Request, pk: int) -> HttpResponse:
    """Reply to what workers said."""
    return _feedback_act(
        request,
        pk,
        forms.ReplyForm(request.POST or None),
        talks.reply_feedback,
        title="答复",
        said="已登记答复。",
    )


def feedback_route(request: Request, pk: int) -> HttpResponse:
    """Pass what workers said on to somebody else."""
    return _feedback_act(
        request,
        pk,
        forms.RouteForm(request.POST or None),
        talks.route_feedback,
        title="转交",
        said="已转交。",
    )


def _feedback_act(
    request: Request, pk: int, form, act, *, title: str, said: str
) -> HttpResponse:
    feedback = _feedback(request, pk, P.VISIT_ANSWER)
    return act_page(
        request,
        form,
        lambda: act(feedback=feedback, by=request.user, **form.cleaned_data),
        title=title,
        submit=title,
        said=said,
        goal=feedback,
        crumbs=[
            ("工人反馈", reverse("visits:feedbacks")),
            (str(feedback), feedback.get_absolute_url()),
        ],
        note=feedback.text,
    )
