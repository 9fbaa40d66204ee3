"""The roster: taking on, changing, leaving, contracts, and looking at full numbers."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.workforce.limits import FilingLaw
from enterprises.workforce.models import Contract, Worker
from enterprises.workforce.rules import AgeFinding, age_finding
from enterprises.workforce.services.common import (
    Refused,
    changes,
    checked_save,
    in_words,
    keep_change,
    locked,
    not_future,
)
from gridinspect.accounts.models import User
from gridinspect.accounts.rules import MALE, CitizenIdError, check_citizen_id
from gridinspect.audit.services import record
from gridinspect.secrets import mask_id

WORKER_FIELDS = (
    "name",
    "gender",
    "birth_date",
    "household_address",
    "address",
    "phone",
    "employment_form",
    "since",
    "household_kind",
    "category",
    "post",
    "wage",
    "insurances",
    "is_special_trade",
    "remark",
)


@transaction.atomic
def add_worker(
    *,
    enterprise: Enterprise,
    id_number: str,
    since: date,
    by: User,
    is_citizen_id: bool = True,
    contract: dict[str, Any] | None = None,
    **fields: Any,
) -> Worker:
    """Write a person into a unit's roster, with the contract if there is one.

    Sex and birth follow from a citizen's number. Raises Refused.
    """
    not_future(since, "用工起始时间")
    worker = Worker(
        enterprise=enterprise,
        district_id=enterprise.district_id,
        since=since,
        recorded_by=by,
        is_citizen_id=is_citizen_id,
    )
    _identify(worker, id_number)
    for name, value in fields.items():
        if name not in WORKER_FIELDS:
            raise TypeError(name)
        if name not in ("gender", "birth_date") or value:
            setattr(worker, name, value)
    if not worker.category and worker.household_kind == Worker.Household.RURAL:
        worker.category = Worker.Category.MIGRANT
    checked_save(worker)
    if contract:
        _write_contract(worker, **contract)
    record(
        "worker.added",
        by=by,
        target=worker,
        path=enterprise.scope_path,
        unit=str(enterprise),
        id=mask_id(id_number),
        since=since,
    )
    return worker


@transaction.atomic
def change_worker(
    *, worker: Worker, edition: int, by: User, id_number: str = "", **fields: Any
) -> Worker:
    """Change a line of the roster; an empty `id_number` leaves the number as it is.

    Raises EditedMeanwhile and Refused.
    """
    row = locked(worker, edition)
    not_future(fields.get("since"), "用工起始时间")
    before = in_words(row, "id_number")
    renumbered = bool(id_number) and id_number != row.id_number
    if renumbered:
        _identify(row, id_number)
    said = {n: v for n, v in fields.items() if n in WORKER_FIELDS}
    changed = changes(row, said)
    if renumbered:
        changed["id_number"] = [before, in_words(row, "id_number")]
    if not changed:
        return row
    keep_change(row, changed, "worker.changed", by=by, edition=row.edition + 1)
    return row


@transaction.atomic
def end_employment(
    *, worker: Worker, until: date, ending: str, edition: int, by: User
) -> Worker:
    """Note that a person left: 解除, 终止, 退休, 死亡. Raises Refused."""
    row = locked(worker, edition)
    not_future(until, "离职日期")
    if row.until is not None:
        raise Refused(f"该职工已于 {row.until} 离职，不能再次登记。")
    if until < row.since:
        raise Refused(f"离职日期不能早于用工起始时间 {row.since}。")
    row.until, row.ending, row.edition = until, ending, row.edition + 1
    checked_save(row)
    record(
        "worker.left",
        by=by,
        target=row,
        path=row.enterprise.scope_path,
        until=until,
        ending=row.get_ending_display(),
    )
    return row


@transaction.atomic
def undo_ending(*, worker: Worker, edition: int, by: User) -> Worker:
    """Take back a leaving that was noted by mistake. Raises Refused."""
    row = locked(worker, edition)
    if row.until is None:
        raise Refused("该职工没有离职登记。")
    if row.end_filing_id:
        raise Refused("这次离职已办备案，请先撤销该备案登记。")
    was = row.until
    row.until, row.ending, row.edition = None, "", row.edition + 1
    checked_save(row)
    record(
        "worker.ending_undone",
        by=by,
        target=row,
        path=row.enterprise.scope_path,
        until=was,
    )
    return row


@transaction.atomic
def remove_worker(*, worker: Worker, reason: str, by: User) -> None:
    """Delete a line that was written by mistake. Raises Refused where something hangs.

    A person who left is not deleted but noted as gone.
    """
    row = locked(worker, worker.edition)
    if row.hire_filing_id or row.end_filing_id:
        raise Refused("该职工已办用工备案，不能删除；离职的请登记离职。")
    if row.contracts.filter(filing__isnull=False).exists():
        raise Refused("该职工的劳动合同已备案，不能删除。")
    if not reason.strip():
        raise Refused("请写明删除的原因。")
    record(
        "worker.removed",
        by=by,
        target=row,
        path=row.enterprise.scope_path,
        id=mask_id(row.id_number),
        since=row.since,
        reason=reason,
    )
    row.delete()


@transaction.atomic
def add_contract(*, worker: Worker, by: User, **contract: Any) -> Contract:
    """Note a written contract or its renewal. Raises Refused."""
    row = Worker.objects.select_for_update(of=("self",)).get(pk=worker.pk)
    made = _write_contract(row, **contract)
    row.edition += 1
    row.save(update_fields=["edition", "changed_at"])
    record(
        "worker.contracted",
        by=by,
        target=row,
        path=row.enterprise.scope_path,
        kind=made.get_kind_display(),
        begins_on=made.begins_on,
        ends_on=made.ends_on,
    )
    return made


@transaction.atomic
def remove_contract(*, contract: Contract, by: User) -> None:
    """Delete a contract that was noted by mistake. Raises Refused."""
    if contract.filing_id:
        raise Refused("这份合同已备案，不能删除；请先撤销该备案登记。")
    record(
        "worker.contract_removed",
        by=by,
        target=contract.worker,
        path=contract.worker.enterprise.scope_path,
        begins_on=contract.begins_on,
        ends_on=contract.ends_on,
    )
    contract.delete()


@transaction.atomic
def reveal_worker(*, worker: Worker, reason: str, by: User) -> dict[str, str]:
    """Return number, telephone and addresses in full; note who asked and why."""
    if not reason.strip():
        raise Refused("请写明查看完整信息的理由。")
    record(
        "worker.revealed",
        by=by,
        target=worker,
        path=worker.enterprise.scope_path,
        reason=reason,
    )
    return {
        "公民身份号码": worker.id_number,
        "联系方式": worker.phone,
        "户籍地址": worker.household_address,
        "现住址": worker.address,
    }


@transaction.atomic
def note_export(*, enterprise: Enterprise, rows: int, by: User) -> None:
    """Note that a roster left the system as a workbook."""
    record("worker.exported", by=by, target=enterprise, count=rows)


def finding_of(worker: Worker, *, law: FilingLaw | None = None) -> AgeFinding | None:
    """Return what the law says of the worker's age, if anything."""
    if worker.birth_date is None:
        return None
    law = law or FilingLaw()
    on = min(worker.until or timezone.localdate(), timezone.localdate())
    return age_finding(
        worker.birth_date,
        worker.since,
        on,
        working_age=law.number("working_age"),
        adult_age=law.number("adult_age"),
    )


def _identify(worker: Worker, number: str) -> None:
    """Set the number; a citizen's says when the person was born, and the sex."""
    if not number:
        raise Refused("请填写公民身份号码或其他证件号码。")
    if worker.is_citizen_id:
        try:
            bearer = check_citizen_id(number, today=timezone.localdate())
        except CitizenIdError as error:
            raise Refused(error.message) from error
        number = bearer.number
        worker.birth_date = bearer.birth_date
        male = bearer.gender == MALE
        worker.gender = Worker.Gender.MALE if male else Worker.Gender.FEMALE
    worker.set_id_number(number)


def _write_contract(
    worker: Worker,
    *,
    kind: str,
    begins_on: date,
    ends_on: date | None = None,
    signed_on: date | None = None,
) -> Contract:
    not_future(signed_on, "签订日期")
    made = Contract(
        worker=worker,
        kind=kind,
        begins_on=begins_on,
        ends_on=ends_on,
        signed_on=signed_on,
    )
    checked_save(made)
    return made
