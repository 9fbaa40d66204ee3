"""How visits speak on a page: badges and the columns of their lists."""

from cases.visits.checklist import visit_form
from cases.visits.models import Clue, Feedback, Hazard, Visit
from gridinspect.ui.tables import Column
from gridinspect.ui.templatetags.ui import badge_html

_RESULTS: dict[str, str] = {Visit.Result.MET: "ok", Visit.Result.NOBODY: "plain"}


def result_badge(visit: Visit):
    return badge_html(visit.get_result_display(), _RESULTS.get(visit.result, "notice"))


def entry_word(visit: Visit) -> str:
    """Say how a visit was entered: at once, late, or out of a phone's queue."""
    words = []
    if visit.is_offline:
        words.append("离线")
    if visit.days_late > 0:
        words.append(f"补录，迟 {visit.days_late} 天")
    return "，".join(words) or "当天"


def hours_late(visit: Visit) -> float:
    """Return by how many hours the server heard of a visit after it."""
    late = visit.recorded_at - visit.visited_at
    return round(max(late.total_seconds(), 0) / 3600, 1)


def hazard_badge(hazard: Hazard):
    if not hazard.is_open:
        return badge_html(hazard.get_outcome_display(), "ok")
    if hazard.escalated_at and not hazard.answered_at:
        return badge_html("已上报，待处理", "notice")
    if hazard.escalated_at:
        return badge_html("已上报，已有意见", "info")
    return badge_html("未消除", "notice")


def topic(hazard: Hazard) -> str:
    return visit_form().label(hazard.topic)


def unit_url(row) -> str:
    return row.enterprise.get_absolute_url() if row.enterprise else ""


VISITS = [
    Column("place", "单位", link=True),
    Column("grid", "网格", "grid.name", sort="grid__code"),
    Column("visited_at", "走访时间", sort="visited_at"),
    Column("purpose", "目的", "get_purpose_display", sort="purpose"),
    Column("result", "结果", result_badge, sort="result"),
    Column("visitors", "走访人", "names"),
    Column("hazards", "隐患", lambda one: len(one.hazards.all()), numeric=True),
    Column("entry", "录入", entry_word),
    Column("recorded_at", "入库时间", sort="recorded_at", hidden=True),
    Column("address", "地址", lambda one: _address(one), hidden=True),
    Column("note", "情况说明", wraps=True, hidden=True),
    Column("confirmed_by", "单位确认人", hidden=True),
    Column("next_on", "下次走访", sort="next_on", hidden=True),
    Column("recorded_by", "录入人", hidden=True),
]

VISITS_OF_UNIT = [
    Column("visited_at", "走访时间", sort="visited_at", link=True),
    *(c for c in VISITS if c.key not in ("place", "grid", "visited_at", "hazards")),
]

HAZARDS = [
    Column("place", "单位", link=True),
    Column("grid", "网格", "grid.name", sort="grid__code"),
    Column("topic", "事项", topic, sort="topic"),
    Column("level", "程度", "get_level_display", sort="level"),
    Column("words", "隐患情况", wraps=True),
    Column("found_on", "发现日期", sort="found_on"),
    Column("state", "状态", hazard_badge),
    Column("follow_up_on", "复查日期", sort="follow_up_on"),
    Column("escalated_at", "上报时间", sort="escalated_at", hidden=True),
    Column("advice", "现场建议", wraps=True, hidden=True),
    Column("answer", "处理意见", wraps=True, hidden=True),
    Column("cleared_on", "消除日期", sort="cleared_on", hidden=True),
    Column("clearing", "消除情况", wraps=True, hidden=True),
    Column("found_by", "发现人", hidden=True),
]

PUBLICITIES = [
    Column("place", "地点", link=True),
    Column("grid", "网格", "grid.name", sort="grid__code"),
    Column("held_on", "日期", sort="held_on"),
    Column("audience", "受众人数", sort="audience", numeric=True),
    Column("material", "宣传内容、材料", wraps=True),
    Column("photos", "照片", lambda one: len(one.photos.all()), numeric=True),
    Column("recorded_by", "录入人"),
    Column("recorded_at", "入库时间", sort="recorded_at", hidden=True),
]


def feedback_badge(feedback: Feedback):
    if feedback.replied_on:
        return badge_html("已答复", "ok")
    return badge_html("待答复", "notice")


FEEDBACKS = [
    Column("text", "内容", link=True, wraps=True),
    Column("kind", "类别", "get_kind_display", sort="kind"),
    Column("grid", "网格", "grid.name", sort="grid__code"),
    Column("unit", "单位", lambda one: one.enterprise or "", link=unit_url),
    Column("received_on", "收到日期", sort="received_on"),
    Column("route", "转交", "get_route_display", sort="route"),
    Column("routed_on", "转交日期", sort="routed_on", hidden=True),
    Column("state", "状态", feedback_badge),
    Column("replied_on", "答复日期", sort="replied_on"),
    Column("reply", "答复", wraps=True, hidden=True),
    Column("recorded_by", "录入人", hidden=True),
]


def clue_badge(clue: Clue):
    if clue.settled_at:
        return badge_html(clue.get_decision_display(), "ok")
    return badge_html("待处理", "notice")


CLUES = [
    Column("place", "名称、地址", lambda one: _where(one.visit), link=True),
    Column("grid", "网格", "grid.name", sort="grid__code"),
    Column("visited_at", "走访时间", "visit.visited_at", sort="visit__visited_at"),
    Column("by", "走访人", "visit.recorded_by"),
    Column("state", "状态", clue_badge),
    Column("unit", "建成的档案", lambda one: one.enterprise or "", link=unit_url),
    Column("note", "处理说明", wraps=True),
    Column("settled_by", "处理人", hidden=True),
]


def _address(visit: Visit) -> str:
    return visit.enterprise.address if visit.enterprise else visit.address


def _where(visit: Visit) -> str:
    if visit.enterprise:
        return visit.enterprise.name
    return "，".join(filter(None, [visit.place_name, visit.address]))
