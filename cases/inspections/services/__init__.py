"""What changes a plan or an inspection: one act, one transaction, one event each."""

from cases.inspections.services.course import (
    cancel_inspection,
    conclude,
    issue_notice,
    record_inspection,
    set_team,
)
from cases.inspections.services.drawing import draw_units, take_drawn
from cases.inspections.services.planning import (
    approve_inspection,
    approve_plan,
    cancel_plan,
    change_plan,
    plan_inspection,
    propose_plan,
    reject_inspection,
    return_plan,
)

__all__ = [
    "approve_inspection",
    "approve_plan",
    "cancel_inspection",
    "cancel_plan",
    "change_plan",
    "conclude",
    "draw_units",
    "issue_notice",
    "plan_inspection",
    "propose_plan",
    "record_inspection",
    "reject_inspection",
    "return_plan",
    "set_team",
    "take_drawn",
]
