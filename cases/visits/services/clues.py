"""线索: settled by somebody who was not at the visit."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from cases.visits.models import Clue
from enterprises.models import Enterprise
from gridinspect.accounts.models import User
from gridinspect.audit.services import record


@transaction.atomic
def settle_clue(
    *,
    clue: Clue,
    decision: str,
    note: str,
    by: User,
    unit: Enterprise | None = None,
) -> Clue:
    """Say what came of a clue: the file that was opened, or why there is none."""
    rows = Clue.objects.select_for_update(of=("self",))
    clue = rows.select_related("visit__enterprise", "enterprise__grid", "grid").get(
        pk=clue.pk
    )
    if clue.settled_at:
        raise ValidationError("这条线索已经处理。")
    if decision not in Clue.Decision.values:
        raise ValidationError({"decision": "请选择处理结果。"})
    if not note.strip():
        raise ValidationError({"note": "请写明处理说明，例如建档单位或核实情况。"})
    if clue.visit.recorded_by_id == by.pk:
        raise ValidationError("线索由走访人以外的人核实处理，请转交其他人。")
    if unit and decision != Clue.Decision.ADOPTED:
        raise ValidationError({"unit": "不采纳的，不用填写单位档案。"})
    if unit and unit.district_id != clue.district_id:
        raise ValidationError({"unit": f"“{unit}”在另一区县，请核对。"})
    clue.decision, clue.note = decision, note.strip()
    clue.enterprise = unit
    clue.settled_at, clue.settled_by = timezone.now(), by
    clue.save()
    record(
        "clue.settled",
        by=by,
        target=clue,
        outcome=clue.get_decision_display(),
        reason=clue.note,
        enterprise=unit.pk if unit else None,
    )
    return clue
