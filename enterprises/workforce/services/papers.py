"""集体合同, 特殊工时, 派遣协议 and the payroll registers."""

from datetime import date
from typing import Any

from django.db import transaction

from enterprises.models import Enterprise
from enterprises.workforce.limits import Event, FilingLaw
from enterprises.workforce.models import Agreement, PayrollReturn
from enterprises.workforce.services.common import (
    Refused,
    changes,
    checked_save,
    keep_change,
    locked,
    not_future,
)
from gridinspect.accounts.models import User
from gridinspect.audit.services import record


@transaction.atomic
def add_agreement(*, enterprise: Enterprise, by: User, **fields: Any) -> Agreement:
    """Note a paper that holds for a term. Raises Refused."""
    paper = Agreement(
        enterprise=enterprise,
        district_id=enterprise.district_id,
        recorded_by=by,
        **fields,
    )
    _settle(paper)
    checked_save(paper)
    record(
        "agreement.added",
        by=by,
        target=paper,
        path=enterprise.scope_path,
        kind=paper.get_kind_display(),
        number=paper.number,
        until=paper.ends_on,
    )
    return paper


@transaction.atomic
def change_agreement(
    *, agreement: Agreement, edition: int, by: User, **fields: Any
) -> Agreement:
    """Change what is noted of a paper. Raises EditedMeanwhile and Refused."""
    row = locked(agreement, edition)
    changed = changes(row, fields)
    if not changed:
        return row
    _settle(row)
    keep_change(row, changed, "agreement.changed", by=by)
    return row


@transaction.atomic
def end_agreement(
    *, agreement: Agreement, ended_on: date, reason: str, edition: int, by: User
) -> Agreement:
    """Note that a paper ended before its term. Raises Refused."""
    row = locked(agreement, edition)
    not_future(ended_on, "提前终止日期")
    if ended_on < row.begins_on or (row.ends_on and ended_on > row.ends_on):
        raise Refused("提前终止日期应在有效期内，请核对。")
    row.ended_on, row.ended_reason, row.edition = ended_on, reason, row.edition + 1
    checked_save(row)
    record(
        "agreement.ended",
        by=by,
        target=row,
        path=row.enterprise.scope_path,
        on=ended_on,
        reason=reason,
    )
    return row


def _settle(paper: Agreement) -> None:
    """Check the days of a paper and set the day by which it was to be handed in."""
    not_future(paper.signed_on, "签订日期")
    not_future(paper.filed_on, "报送（批准）日期")
    paper.due_on = None
    if paper.kind == Agreement.Kind.COLLECTIVE and paper.signed_on:
        due = FilingLaw().due(
            Event.COLLECTIVE_SIGNED, paper.signed_on, paper.enterprise.district
        )
        paper.due_on = due.on


@transaction.atomic
def add_payroll(*, enterprise: Enterprise, by: User, **fields: Any) -> PayrollReturn:
    """Note a year's approved payroll or a return of the actual one. Raises Refused."""
    not_future(fields.get("filed_on"), "核定（报送）日期")
    row = PayrollReturn(
        enterprise=enterprise,
        district_id=enterprise.district_id,
        recorded_by=by,
        **fields,
    )
    checked_save(row)
    record(
        "payroll.added",
        by=by,
        target=row,
        path=enterprise.scope_path,
        kind=row.get_kind_display(),
        on=row.period,
    )
    return row


@transaction.atomic
def change_payroll(
    *, payroll: PayrollReturn, edition: int, by: User, **fields: Any
) -> PayrollReturn:
    """Correct a line of the payroll registers. Raises EditedMeanwhile and Refused."""
    row = locked(payroll, edition)
    not_future(fields.get("filed_on"), "核定（报送）日期")
    changed = changes(row, fields)
    if not changed:
        return row
    keep_change(row, changed, "payroll.changed", by=by)
    return row
