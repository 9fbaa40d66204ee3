"""等级与重点: what supervision shows on a unit's file, and the facts noted by hand."""

from collections.abc import Iterator

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from enterprises.models import Enterprise
from enterprises.supervision import forms
from enterprises.supervision.models import KeyEntry, NotedFact, Rating
from enterprises.supervision.services import noting
from enterprises.supervision.views import grades, publications
from enterprises.supervision.views.entries import state_of
from enterprises.supervision.views.shared import (
    P,
    act_page,
    grade_badge,
    knows_reasons,
    reasons_shown,
    unit_asked,
)
from gridinspect.accounts.models import User
from gridinspect.accounts.requests import Request
from gridinspect.ui.registry import TimelineEntry
from gridinspect.ui.templatetags.ui import badge_html
from grids.access import may, require

KIND = "等级与重点"  # on the timeline


def supervision_tab(request: Request, unit: Enterprise) -> str:
    """Return grades, key supervision, noted facts and publications of a unit."""
    user, today = request.user, timezone.localdate()
    knows = knows_reasons(user, unit.grid)
    entries = list(KeyEntry.objects.filter(enterprise=unit).order_by("-since", "-pk"))
    now = [
        one
        for one in entries
        if one.state == KeyEntry.State.ACTIVE and one.until is None
    ]
    ratings = [
        {
            "row": one,
            "badge": grade_badge(one.grade),
            "state": grades.state_words(one),
            "why": "；".join(
                f"{r['name']}（{r['value']}）"
                for r in reasons_shown(user, unit, one.decided)
            ),
        }
        for one in grades.seen_by(user)
        .filter(enterprise=unit)
        .select_related("round")
        .defer("facts")
        .order_by("-year", "-pk")
    ]
    context = {
        "unit": unit,
        "today": today,
        "knows": knows,
        "key_since": min((one.since for one in now), default=None),
        "entries": [(one, state_of(one)) for one in entries] if knows else [],
        "ratings": ratings,
        "noted": noted_by(user, unit),
        "publications": [
            (one, publications.state_of(one))
            for one in publications.seen_by(user).filter(enterprise=unit)
        ],
        "may_edit": may(user, P.SUPERVISION_EDIT, at=unit.grid),
    }
    return render_to_string("supervision/_of_unit.html", context, request)


def standing(user: User, unit: Enterprise) -> Iterator[SafeString]:
    """Say the grade in force, and that a unit is a key one; the ground stays below."""
    if not may(user, P.ENTERPRISE_VIEW, at=unit.grid):
        return
    today = timezone.localdate()
    if rating := Rating.objects.in_force(today).filter(enterprise=unit).first():
        yield grade_badge(rating.grade)
    if KeyEntry.objects.on(today).filter(enterprise=unit).exists():
        yield badge_html("重点单位", "notice")


def noted_by(user: User, unit: Enterprise) -> list[NotedFact]:
    """Return the noted facts that a person may know of."""
    if not knows_reasons(user, unit.grid):
        return []
    return list(NotedFact.objects.filter(enterprise=unit))


def on_timeline(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    """Tell when the unit was graded, entered or left key supervision, was published."""
    if not may(user, P.ENTERPRISE_VIEW, at=unit.grid):
        return
    knows = knows_reasons(user, unit.grid)
    for rating in Rating.objects.filter(
        enterprise=unit, approved_on__isnull=False
    ).only("year", "grade", "approved_on", "corrects"):
        if rating.approved_on is None:  # the filter says so; a type needs it said
            continue
        word = "更正为" if rating.corrects_id else "评为"
        yield TimelineEntry(
            rating.approved_on,
            f"{rating.year}年度守法诚信等级{word} {rating.grade} 级",
            url=rating.get_absolute_url(),
            kind=KIND,
        )
    yield from _keys(unit, knows)
    for one in publications.seen_by(user).filter(
        enterprise=unit, published_on__isnull=False
    ):
        words, url = one.get_list_display(), one.get_absolute_url()
        if one.published_on is None:
            continue
        yield TimelineEntry(one.published_on, f"{words}：公布", url=url, kind=KIND)
        if one.removed_on:
            yield TimelineEntry(one.removed_on, f"{words}：移出", url=url, kind=KIND)


def _keys(unit: Enterprise, knows: bool) -> Iterator[TimelineEntry]:
    entries = KeyEntry.objects.filter(
        enterprise=unit, state=KeyEntry.State.ACTIVE
    ).only("since", "until", "ground_name", "left_reason")
    entered, left = set(), set()
    for entry in entries:
        if knows:
            url = entry.get_absolute_url()
            name = entry.ground_name
            yield TimelineEntry(
                entry.since, f"列入重点监管：{name}", url=url, kind=KIND
            )
            if entry.until:
                yield TimelineEntry(
                    entry.until, f"移出重点监管：{name}", url=url, kind=KIND
                )
            continue
        entered.add(entry.since)
        if entry.until:
            left.add(entry.until)
    for day in entered:
        yield TimelineEntry(day, "列入重点监管", kind=KIND)
    for day in left:
        yield TimelineEntry(day, "移出重点监管（部分或全部情形）", kind=KIND)


def note_fact(request: Request, unit_pk: int) -> HttpResponse:
    """Note a fact about a unit from a paper."""
    unit = unit_asked(request, unit_pk)
    require(request.user, P.SUPERVISION_EDIT, at=unit.grid)
    return act_page(
        request,
        form=forms.NotedFactForm(request.POST or None),
        act=lambda **data: noting.note_fact(enterprise=unit, by=request.user, **data),
        done=lambda _: ("已登记，稍后自动重新判定重点监管。", _tab(unit)),
        title=f"登记不良记录：{unit.name}",
        crumbs=[(unit.name, _tab(unit))],
        submit="登记",
        note="登记其他模块没有的事实：集体上访、群体性事件、阻挠监察、拒不履行、"
        "使用童工、追究刑事责任。案件已记载的不用重复登记。",
    )


def withdraw_fact(request: Request, pk: int) -> HttpResponse:
    """Take a noted fact back."""
    rows = NotedFact.objects.visible_to(request.user)
    fact = get_object_or_404(rows.select_related("enterprise__grid"), pk=pk)
    unit = fact.enterprise
    require(request.user, P.SUPERVISION_EDIT, at=unit.grid)
    return act_page(
        request,
        form=forms.ReasonForm(request.POST or None),
        act=lambda reason: noting.withdraw_fact(
            fact=fact, reason=reason, by=request.user
        ),
        done=lambda _: ("已撤销，稍后自动重新判定。", _tab(unit)),
        title=f"撤销不良记录：{fact}",
        crumbs=[(unit.name, _tab(unit))],
        submit="撤销",
        note=f"依据：{fact.paper}",
    )


def _tab(unit: Enterprise) -> str:
    return f"{unit.get_absolute_url()}?tab=supervision"
