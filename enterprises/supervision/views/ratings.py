"""One rating: what decided it, its course, each act on it, what follows from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enterprises.supervision import forms
from enterprises.supervision.models import GradeRound, Rating
from enterprises.supervision.services import grading, notices, objecting
from enterprises.supervision.views.grades import CRUMBS, seen_by, state_words
from enterprises.supervision.views.shared import (
    P,
    Step,
    act_page,
    course_html,
    evidence_html,
    grade_badge,
    reasons_shown,
)
from gridinspect.accounts.models import User
from gridinspect.accounts.requests import Request
from gridinspect.documents.fonts import MissingGlyph
from gridinspect.ui.pages import Action, Tab, render_detail, told_instead
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids.access import may, require
from grids.policy import FACTS


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
        *_consequences(rating),
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


def _consequences(rating: Rating) -> list[tuple[str, Any]]:
    """Return what follows from the grade, as the scheme of its round says."""
    grade = grading.scheme_of(rating.round).grade(rating.grade)
    facts: list[tuple[str, Any]] = [
        ("每年日常检查上限", _times(rating.visits_max)),
        ("重点对象", rating.is_key),
    ]
    if grade is None:
        return facts
    interview = "约谈法定代表人（负责人）" if grade.interview else ""
    if measures := grade.consequence or interview:
        facts.append(("后续措施", measures))
    if source := grade.clause or grade.source:
        facts.append(("措施依据", f"{source}{'（待核实）' if grade.assumed else ''}"))
    return facts


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
    if rating.notice and may(user, P.ENTERPRISE_VIEW, at=rating.notice):
        url = reverse("documents:detail", args=[rating.notice.pk])
        actions.append(Action("告知书", url, "file-earmark-pdf"))
    edits = may(user, P.SUPERVISION_EDIT, at=unit.grid)
    if edits and rating.approved_on and rating.notice is None:
        actions += _issue(rating)
    for act, step in ACTS.items():
        if not may(user, step.permission, at=unit.grid) or step.not_now(rating, user):
            continue
        url = reverse("supervision:rating-act", args=[rating.pk, act])
        actions.append(Action(step.label, url, step.icon, primary=step.primary))
    return actions


def _issue(rating: Rating) -> list[Action]:
    if rating.replaced_on:
        return []
    return [
        Action(
            "出具告知书",
            reverse("supervision:rating-notice", args=[rating.pk]),
            "envelope-paper",
            method="post",
            primary=True,
            confirm=f"为“{rating.enterprise.name}”编号并生成等级告知书，存入文件档案。",
        )
    ]


def _no_adjusting(rating: Rating, user: User) -> str:
    if rating.approved_on:
        return f"等级已于 {rating.approved_on} 批准；单位有异议的，请登记异议后更正。"
    if rating.round.state == GradeRound.State.COMPUTING:
        return "正在重新计算建议等级，完成后再调整。"
    return ""


def _no_serving(rating: Rating, user: User) -> str:
    if rating.replaced_on:
        return _replaced(rating)
    if rating.notice_id is None:
        return "还没有出具告知书，请先出具，送达后再登记。"
    if rating.notified_on:
        return f"已登记 {rating.notified_on} 告知，异议期限至 {rating.object_by}。"
    return ""


def _no_objecting(rating: Rating, user: User) -> str:
    if rating.replaced_on:
        return _replaced(rating)
    if rating.approved_on is None:
        return "等级待批准，批准并告知单位后才受理异议。"
    if rating.objections.filter(decided_on=None).exists():
        return "已有一件异议等待答复，答复后才能再登记。"
    return ""


def _no_deciding(rating: Rating, user: User) -> str:
    objection = rating.objections.filter(decided_on=None).first()
    if objection is None:
        return "没有等待答复的异议。"
    if objection.recorded_by_id == user.pk:
        return "这件异议由您登记，请由另一位有批准权限的人员答复。"
    return ""


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
        not_now=_no_adjusting(rating, request.user),
        note=f"按事实建议 {rating.proposed} 级。调整后由未参与的负责人批准。",
    )


def _served(request: Request, rating: Rating) -> HttpResponse:
    return act_page(
        request,
        form=forms.DayForm(request.POST or None),
        act=lambda on: objecting.note_served(rating=rating, on=on, by=request.user),
        done=lambda one: (f"已登记告知，异议期限至 {one.object_by}。", rating),
        title=f"登记告知书送达：{rating.enterprise.name}",
        crumbs=_back(rating),
        submit="登记",
        note=f"告知书 {rating.notice_number}。日期填单位收到告知书的日期。",
        not_now=_no_serving(rating, request.user),
    )


def _object(request: Request, rating: Rating) -> HttpResponse:
    late = f"异议期限为 {rating.object_by}。" if rating.object_by else ""
    return act_page(
        request,
        form=forms.ObjectionForm(request.POST or None),
        act=lambda **data: objecting.object_to(rating=rating, by=request.user, **data),
        done=lambda one: (f"已登记异议，应于 {one.decide_by} 前答复。", rating),
        title=f"登记异议：{rating.enterprise.name}",
        crumbs=_back(rating),
        submit="登记",
        note=late,
        not_now=_no_objecting(rating, request.user),
    )


def _decide(request: Request, rating: Rating) -> HttpResponse:
    if why := _no_deciding(rating, request.user):
        return told_instead(request, why, _back(rating))
    objection = rating.objections.get(decided_on=None)
    scheme = grading.scheme_of(rating.round)
    return act_page(
        request,
        form=forms.ObjectionDecisionForm(
            request.POST or None,
            initial={"grade": rating.grade},
            grades=grade_choices(scheme),
        ),
        act=lambda **data: objecting.decide_objection(
            objection=objection, by=request.user, **data
        ),
        done=lambda one: (f"已答复，等级为 {one.grade} 级。", one),
        title=f"答复异议：{rating.enterprise.name}",
        crumbs=_back(rating),
        submit="答复",
        note=f"{objection.raised_on} 提出，应于 {objection.decide_by} 前答复。"
        f"异议内容：{objection.text}",
    )


@dataclass(frozen=True)
class _Act:
    """One step of a rating: its button, who may take it, when not, and its page."""

    label: str
    icon: str
    permission: P
    not_now: Callable[[Rating, User], str]
    page: Callable[[Request, Rating], HttpResponse]
    primary: bool = True


ACTS = {
    "adjust": _Act("调整等级", "pencil", P.SUPERVISION_EDIT, _no_adjusting, _adjust),
    "served": _Act(
        "登记送达", "calendar-check", P.SUPERVISION_EDIT, _no_serving, _served
    ),
    "object": _Act(
        "登记异议",
        "chat-left-text",
        P.SUPERVISION_EDIT,
        _no_objecting,
        _object,
        primary=False,
    ),
    "decide": _Act(
        "答复异议", "check2-square", P.SUPERVISION_APPROVE, _no_deciding, _decide
    ),
}


def rating_act(request: Request, pk: int, act: str) -> HttpResponse:
    """Show and carry out one step of a rating's course."""
    rating = _rating(request, pk)
    if act not in ACTS:
        raise Http404(act)
    step = ACTS[act]
    require(request.user, step.permission, at=rating.enterprise.grid)
    return step.page(request, rating)


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
