"""How cases speak on a page: badges, timelines, the words of the audit trail."""

from collections.abc import Iterable
from datetime import date

from django.utils.html import format_html
from django.utils.safestring import SafeString

from cases.models import Case, Matter
from cases.rules import Urgency, time_left, urgency
from gridinspect.audit.services import history
from gridinspect.audit.verbs import act_name, name_acts
from gridinspect.ui.registry import TimelineEntry
from gridinspect.ui.templatetags.ui import badge_html

ACTS = {
    "matter.registered": "登记投诉举报",
    "matter.accepted": "受理投诉",
    "matter.refused": "不予受理",
    "matter.declined": "不予立案",
    "matter.deadline_moved": "受理期限变动",
    "identity.revealed": "查看反映人身份",
    "case.filed": "立案",
    "case.extended": "批准延期",
    "case.closed": "结案",
    "case.deadline_moved": "办案期限变动",
    "extension.proposed": "申请延期",
    "extension.rejected": "不同意延期",
    "investigation.ended": "调查终结",
    "writ.issued": "下达限期改正指令书",
    "writ.corrected": "登记改正",
    "calendar.entered": "录入放假安排",
}
name_acts(ACTS)

COLOURS = {
    Urgency.OVERDUE: "danger",
    Urgency.TODAY: "warning",
    Urgency.THREE_DAYS: "warning",
    Urgency.TEN_DAYS: "notice",
    Urgency.LATER: "plain",
}
MATTER_COLOURS: dict[str, str] = {
    Matter.State.REGISTERED: "info",
    Matter.State.ACCEPTED: "info",
    Matter.State.REFUSED: "plain",
    Matter.State.FILED: "ok",
    Matter.State.DECLINED: "plain",
}


def due_words(due_on: date | None, provisional: bool) -> str | SafeString:
    """Show a last day; a quiet mark says that it may still move."""
    if due_on is None:
        return ""
    if not provisional:
        return due_on.isoformat()
    return format_html(
        '{} <span class="gi-badge gi-badge-plain" title="{}">暂定</span>',
        due_on.isoformat(),
        "跨入的年度尚未公布放假安排，公布后自动重新计算",
    )


def urgency_badge(due_on: date | None, on: date) -> str | SafeString:
    """Show how near a last day is: a word always, a colour only as a warning."""
    if due_on is None:
        return ""
    near = urgency(due_on, on)
    if near is Urgency.LATER:
        return time_left(due_on, on)
    return badge_html(time_left(due_on, on), COLOURS[near])


def case_state(case: Case, on: date) -> SafeString:
    """Show where a case stands."""
    if case.closed_on:
        words = "按期结案" if case.closed_in_time else "逾期结案"
        return badge_html(words, "ok" if case.closed_in_time else "notice")
    step = "待处理决定" if case.investigation_ended_on else "调查中"
    return badge_html(step, "info")


def matter_state(matter: Matter) -> SafeString:
    return badge_html(matter.get_state_display(), MATTER_COLOURS[matter.state])


def timeline_of(
    *objects: Matter | Case, with_looks: bool = False
) -> Iterable[TimelineEntry]:
    """Return what happened; looks at an identity only for those who may look."""
    for obj in objects:
        for event in history(obj):
            if event.verb == "identity.revealed" and not with_looks:
                continue
            yield TimelineEntry(
                at=event.at,
                text=act_name(event.verb),
                by=event.actor_name,
                note=_note(event.verb, event.data),
            )


def _note(verb: str, data: dict) -> str:
    parts = [
        f"{label}：{data[key]}"
        for key, label in (
            ("on", "日期"),
            ("received_on", "收到日期"),
            ("filed_on", "立案日期"),
            ("number", "文号"),
            ("correct_by", "改正期限"),
            ("due_on", "期限"),
            ("before", "原期限"),
            ("after", "现期限"),
            ("reason", "理由"),
        )
        if data.get(key)
    ]
    if outcome := data.get("outcome"):
        parts.append(f"处理结果：{Case.Outcome(outcome).label}")
    if data.get("late"):
        parts.append("已超过期限")
    if data.get("provisional"):
        parts.append("期限暂定")
    return "，".join(parts)
