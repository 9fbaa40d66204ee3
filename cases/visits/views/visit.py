"""One visit with all that came of it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html

from cases.visits import words
from cases.visits.checklist import ANSWERS, UNSEEN, visit_form
from cases.visits.models import Clue, Publicity, Visit
from cases.visits.views.common import CRUMBS, history_of, photos_of, place_of, unit_link
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import Action, Tab, render_detail
from gridinspect.ui.tables import Column, Table, build_table
from grids.access import may

P = Permission


def visible_visit(request: Request, pk: int) -> Visit:
    rows = Visit.objects.visible_to(request.user).for_list()
    related = rows.select_related("enterprise__grid", "task").prefetch_related(
        "photos__attachment", "hazards", "feedback"
    )
    return get_object_or_404(related, pk=pk)


def visit_detail(request: Request, pk: int) -> HttpResponse:
    """Show one visit with all that came of it."""
    visit = visible_visit(request, pk)
    met = Clue.objects.select_related("enterprise__grid", "grid").filter(visit=visit)
    clue = met.first()
    facts: list[tuple[str, Any]] = [
        ("单位", unit_link(visit) or visit.place_name),
        ("地址", visit.enterprise.address if visit.enterprise else visit.address),
        ("网格", visit.grid.name),
        ("走访时间", visit.visited_at),
        ("入库时间", visit.recorded_at),
        ("录入", words.entry_word(visit)),
        ("走访人", "、".join(str(one) for one in visit.visitors.all())),
        ("目的", visit.get_purpose_display()),
        ("结果", words.result_badge(visit)),
        ("单位确认人", visit.confirmed_by),
        ("下次走访", visit.next_on),
        ("录入人", visit.recorded_by),
    ]
    if visit.task:
        url, name = visit.task.get_absolute_url(), visit.task.title
        facts.append(("完成任务", format_html('<a href="{}">{}</a>', url, name)))
    if clue:
        facts.append(("线索", _clue_words(request, clue)))
    if visit.enterprise and visit.result in ("not_found", "moved"):
        facts.append(("状态变更建议", _proposal_words(request, visit)))
    if visit.note:
        facts.append(("情况说明", visit.note))
    tabs = [
        Tab("checklist", "看了哪些", lambda: _checklist(request, visit)),
        Tab("hazards", "隐患", lambda: _hazards(request, visit), count=_count(visit)),
        Tab("photos", "照片", lambda: photos_of(visit.photos.all())),
        Tab("talks", "宣传与反馈", lambda: _talks(visit)),
    ]
    if visit.leftovers:
        count = len(visit.leftovers)
        tabs.append(Tab("rest", "未归入表式", lambda: _rest(visit), count=count))
    actions = []
    if may(request.user, P.VISIT_RECORD, at=place_of(visit)):
        url = reverse("visits:hazard-add", args=[visit.pk])
        actions.append(Action("补充隐患", url, icon="exclamation-triangle"))
    return render_detail(
        request,
        title=f"走访：{visit.place}",
        facts=facts,
        tabs=tabs,
        timeline=history_of(visit),
        actions=actions,
        crumbs=CRUMBS,
        obj=visit,
        note=_warning(visit),
    )


def _count(visit: Visit) -> int | None:
    return len(visit.hazards.all()) or None


def _warning(visit: Visit) -> str:
    if not visit.leftovers:
        return ""
    return "填写时的表式与现行表式不同，未能归入的内容作为文字保留在“未归入表式”。"


def _checklist(request: Request, visit: Visit) -> Table:
    form, rows = visit_form(), []
    known = [topic.key for topic in form.topics]
    for key in [*known, *(k for k in visit.checklist if k not in known)]:
        said = visit.checklist.get(key, {})
        rows.append(
            {
                "topic": form.label(key),
                "answer": ANSWERS.get(said.get("answer", UNSEEN), "未看"),
                "note": said.get("note", ""),
            }
        )
    columns = [
        Column("topic", "事项"),
        Column("answer", "情况"),
        Column("note", "说明", wraps=True),
    ]
    return build_table(request, rows, columns, name="visit-checklist")


def _hazards(request: Request, visit: Visit) -> Table:
    rows = visit.hazards.select_related("enterprise", "grid", "visit")
    columns = [one for one in words.HAZARDS if one.key not in ("place", "grid")]
    columns[0] = Column("topic", "事项", words.topic, link=True)
    return build_table(request, rows, columns, name="visit-hazards")


def _talks(visit: Visit) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = []
    if told := Publicity.objects.filter(visit=visit).first():
        said = f"受众 {told.audience} 人，{told.material or '未写材料'}"
        url = told.get_absolute_url()
        facts.append(("普法宣传", format_html('<a href="{}">{}</a>', url, said)))
    facts += [
        (
            one.get_kind_display(),
            format_html('<a href="{}">{}</a>', one.get_absolute_url(), one.text),
        )
        for one in visit.feedback.all()
    ]
    return facts


def _rest(visit: Visit) -> list[tuple[str, Any]]:
    return [
        (one["label"], f"{one['value']}（{one['why']}）") for one in visit.leftovers
    ]


def _clue_words(request: Request, clue: Clue):
    badge = words.clue_badge(clue)
    if clue.settled_at or not may(request.user, P.VISIT_ANSWER, at=place_of(clue)):
        return format_html("新发现单位 {} {}", badge, clue.note)
    url = reverse("visits:clue", args=[clue.pk])
    return format_html('新发现单位 {} <a href="{}">处理</a>', badge, url)


def _proposal_words(request: Request, visit: Visit):
    """Lead to where the bureau decides what the visit proposed."""
    unit = visit.enterprise
    assert unit is not None  # noqa: S101 - only such a visit has a proposal
    if may(request.user, P.ENTERPRISE_EDIT, at=unit.grid):
        url = reverse("enterprises:proposals")
        return format_html('已提出，由他人处理 <a href="{}">查看建议</a>', url)
    return "已提出，由他人处理"
