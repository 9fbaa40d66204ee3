"""What people do about warnings: have them looked into, and say what was found."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents.attachments import attach
from grids.models import Task
from grids.services.figures import note_entry
from grids.services.tasks import finish_task
from reports.warnings.models import Answer, EarlyWarning
from reports.warnings.services.judging import give_tasks


@transaction.atomic
def send_to_look(*, warnings: Iterable[EarlyWarning], due_on: date, by: User) -> int:
    """Give each of the warnings that has no open task one; return how many got one.

    Raises ValidationError when none of them needs a task, or one is secret: a task
    would tell the grid of complaints (security.md T03).
    """
    keys = [row.pk for row in warnings]
    rows = EarlyWarning.objects.select_for_update(of=["self"]).filter(pk__in=keys)
    waiting = [
        row
        for row in rows.standing().select_related("task")
        if row.task is None or row.task.state not in Task.OPEN
    ]
    if any(row.is_secret for row in waiting):
        raise ValidationError(
            "依据不公开的预警不派给网格，以免泄露投诉举报；请取消勾选，由办案人员核实。"
        )
    if not waiting:
        raise ValidationError("选中的预警都已解除或已有未办结的核实任务，不用再派。")
    by_rule: dict[str, list[EarlyWarning]] = defaultdict(list)
    for row in waiting:
        by_rule[row.name].append(row)
    for of_rule in by_rule.values():
        give_tasks(of_rule, due_on=due_on, by=by)
    return len(waiting)


@transaction.atomic
def answer_warning(
    *,
    warning: EarlyWarning,
    outcome: str,
    text: str,
    on: date,
    by: User,
    evidence: Any = None,
) -> Answer:
    """Say what was found on looking into a warning; an open task about it is done.

    The warning stands until the facts no longer hold. Raises ValidationError.
    """
    warning = (
        EarlyWarning.objects.select_for_update(of=["self"])
        .select_related("enterprise__grid", "task")
        .get(pk=warning.pk)
    )
    if on > timezone.localdate():
        raise ValidationError({"on": "核实日期不能晚于今天。"})
    if on < warning.since:
        raise ValidationError({"on": f"核实日期不能早于预警日期 {warning.since}。"})
    if not text.strip():
        raise ValidationError({"text": "请写明核实情况。"})
    answer = Answer(
        warning=warning,
        outcome=outcome,
        text=text.strip(),
        on=on,
        rank=warning.rank,
        recorded_by=by,
    )
    answer.full_clean(exclude=["evidence"])
    if evidence:
        answer.evidence = attach(
            upload=evidence,
            path=warning.enterprise.grid.path,
            by=by,
            permission=Permission.EARLY_WARNING_VIEW,
        )
    answer.save()
    warning.answered_rank = max(warning.answered_rank, warning.rank)
    warning.save(update_fields=["answered_rank"])
    if warning.task and warning.task.state in Task.OPEN:
        finish_task(
            task=warning.task,
            result=f"{answer.get_outcome_display()}：{answer.text}"[:500],
            by=by,
        )
    else:
        note_entry(by.person, timezone.localdate())
    record(
        "warning.answered",
        by=by,
        target=warning,
        path=warning.enterprise.grid.path,
        outcome=answer.get_outcome_display(),
        text=answer.text,
        on=on,
    )
    return answer


@transaction.atomic
def note_export(*, by: User, path: str, rows: int, asked: Mapping[str, Any]) -> None:
    """Note that a list of warnings left the system as a workbook."""
    record("warning.exported", by=by, target=by, path=path, count=rows, asked=asked)
