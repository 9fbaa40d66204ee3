"""How inspections speak on a page; who may be told why a unit is singled out."""

from collections.abc import Iterable
from datetime import date

from django.utils.safestring import SafeString

from cases.inspections.frequency import Caps
from cases.inspections.models import Inspection, InspectionPlan, Kind
from cases.words import due_words, urgency_badge
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.telling import happened_to
from gridinspect.audit.verbs import name_acts
from gridinspect.ui.registry import TimelineEntry
from gridinspect.ui.templatetags.ui import badge_html
from grids.access import may

name_acts(
    {
        "inspection_plan.proposed": "提出检查计划",
        "inspection_plan.changed": "修改检查计划",
        "inspection_plan.approved": "批准检查计划",
        "inspection_plan.returned": "退回检查计划",
        "inspection_plan.cancelled": "撤销检查计划",
        "inspection_plan.drawn": "双随机抽取",
        "inspection.planned": "列入检查",
        "inspection.approved": "批准检查",
        "inspection.rejected": "不批准检查",
        "inspection.team_changed": "调整检查人员",
        "inspection.notified": "制发检查通知书",
        "inspection.recorded": "录入检查记录",
        "inspection.concluded": "告知检查结果",
        "inspection.cancelled": "取消检查",
        "inspection.exported": "导出行政检查",
    }
)

PLAN_TONES = {
    "proposed": "notice",
    "returned": "warning",
    "approved": "ok",
    "cancelled": "plain",
}
TONES = {
    "proposed": "notice",
    "approved": "info",
    "notified": "info",
    "inspected": "warning",
    "concluded": "ok",
    "rejected": "plain",
    "cancelled": "plain",
}
NEUTRAL = "专查"
# What the timeline tells of an act.
DETAILS = {
    "on": "日期",
    "planned_on": "计划日期",
    "number": "文号或次序",
    "seed": "种子",
    "due_on": "告知期限",
    "result": "处理结果",
    "case": "案件",
    "reason": "理由",
}
MARKS = {"over_cap": "突破检查频次上限，另报批准", "late": "已超过告知期限"}
# What comes next, by the state of an inspection and of a plan.
NEXT = {
    "proposed": "请等负责人批准",
    "approved": "请先制发检查通知书",
    "notified": "请到场检查后录入检查记录",
    "inspected": "请在期限内告知单位检查结果",
    "concluded": "不用再办理",
    "rejected": "确需检查的，请另行列入检查计划",
    "cancelled": "确需检查的，请另行列入检查计划",
}
NEXT_OF_PLAN = {
    "proposed": "请等负责人批准",
    "returned": "请按退回理由修改后重新提出",
    "approved": "需要改变的，请撤销后另报检查计划",
    "cancelled": "确需检查的，请另报检查计划",
}


def knows_why(user: User, row: InspectionPlan | Inspection) -> bool:
    """Tell whether a person may learn why a unit was singled out (security.md T03)."""
    if row.kind != Kind.TARGETED:
        return True
    return may(user, Permission.INSPECTION_GROUND, at=row.grid)


def plan_title(user: User, plan: InspectionPlan) -> str:
    """Return a plan's name, or a word that tells nothing."""
    return plan.name if knows_why(user, plan) else str(plan)


def plan_url(user: User, plan: InspectionPlan) -> str:
    """Return where a plan is shown; empty for whoever works below its place."""
    sees = may(user, Permission.INSPECTION_VIEW, at=plan.grid)
    return plan.get_absolute_url() if sees else ""


def kind_words(
    user: User, row: InspectionPlan | Inspection, caps: Caps, on: date
) -> str:
    """Return the kind, with the ground for those who may know it."""
    if row.kind != Kind.TARGETED:
        return row.get_kind_display()
    if not knows_why(user, row):
        return NEUTRAL
    found = caps.exemptions(row.district, on=on).get(row.ground)
    return found.name if found else NEUTRAL


def not_now(row: Inspection, *states: str) -> str:
    """Return why an act of these states cannot be done; empty where it can."""
    if row.state in states:
        return ""
    return f"该检查{row.get_state_display()}，{NEXT[row.state]}。"


def next_step(row: Inspection) -> str:
    """Return what comes next of an inspection; empty once nothing does."""
    if row.state in (*Inspection.DROPPED, Inspection.State.CONCLUDED):
        return ""
    if row.state == row.State.PROPOSED and row.plan.state != "approved":
        return (
            f"下一步：检查计划{row.plan.get_state_display()}，随计划批准后制发通知书。"
        )
    return f"下一步：{NEXT[row.state]}。"


def plan_not_now(plan: InspectionPlan, *states: str) -> str:
    """Return why an act on a plan cannot be done; empty where it can."""
    if plan.state in states:
        return ""
    return f"检查计划{plan.get_state_display()}，{NEXT_OF_PLAN[plan.state]}。"


def no_decision(user: User, row: Inspection) -> str:
    """Return why a person has no inspection to decide on; empty where he has one."""
    if why := not_now(row, Inspection.State.PROPOSED):
        return why
    if row.plan.state != InspectionPlan.State.APPROVED:
        return f"检查计划{row.plan.get_state_display()}，请先批复检查计划。"
    if row.proposed_by_id == user.pk:
        return "这项检查由您提出，请由另一位负责人批复。"
    return ""


def no_plan_decision(user: User, plan: InspectionPlan) -> str:
    """Return why a person has no plan to decide on; empty where he has one."""
    if why := plan_not_now(plan, InspectionPlan.State.PROPOSED):
        return why
    if plan.proposed_by_id == user.pk:
        return "这份检查计划由您提出，请由另一位负责人批复。"
    return ""


def no_record_yet(row: Inspection, today: date) -> str:
    """Return why nothing can be recorded; empty where the inspection may be held."""
    if why := not_now(row, Inspection.State.NOTIFIED):
        return why
    if row.plan.begins_on > today:
        period = f"{row.plan.begins_on} 至 {row.plan.ends_on}"
        return f"批准的检查期间是 {period}，还没有开始；到场检查后再录入检查记录。"
    return ""


def counted_words(row: Inspection) -> str:
    if row.state in Inspection.DROPPED:
        return "—"
    if row.is_over_cap:
        return "突破上限"
    return "计入" if row.is_counted else "不计入"


def plan_state(plan: InspectionPlan) -> SafeString:
    return badge_html(plan.get_state_display(), PLAN_TONES[plan.state])


def state(row: Inspection) -> SafeString:
    return badge_html(row.get_state_display(), TONES[row.state])


def due(row: Inspection, today: date) -> str | SafeString:
    """Show until when the result is to be told, while it is not."""
    if row.state != Inspection.State.INSPECTED:
        return ""
    return due_words(row.result_due_on, row.result_due_is_provisional)


def near(row: Inspection, today: date) -> str | SafeString:
    if row.state != Inspection.State.INSPECTED:
        return ""
    return urgency_badge(row.result_due_on, today)


def members(row: Inspection) -> str:
    return "、".join(str(one) for one in row.members.all())


def inspectors(row: Inspection) -> str:
    return "、".join(one.person.name for one in row.members.all() if not one.is_helper)


def timeline_of(row: InspectionPlan | Inspection) -> Iterable[TimelineEntry]:
    """Return what happened to a plan or an inspection."""
    return happened_to(row, DETAILS, marks=MARKS)
