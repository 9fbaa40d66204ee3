"""A line of the roster as the table has it, and as the sheet says it."""

from decimal import Decimal
from typing import Any

from enterprises.workforce.known import KnownWorker
from enterprises.workforce.models import Worker
from enterprises.workforce.rules import insurances_in_words
from gridinspect.imports.resource import Written
from gridinspect.secrets import mask_id, mask_phone

# Field of the sheet → attribute of Worker, of what is compared and written.
STORED = {
    "name": "name",
    "gender": "gender",
    "birth_date": "birth_date",
    "household_address": "household_address",
    "address": "address",
    "phone": "phone",
    "employment_form": "employment_form",
    "since": "since",
    "household_kind": "household_kind",
    "category": "category",
    "post": "post",
    "wage": "wage",
    "insurances": "insurances",
    "special_trade": "is_special_trade",
    "remark": "remark",
    "until": "until",
    "ending": "ending",
}
MAY_BE_NULL = frozenset(("birth_date", "wage", "special_trade", "until"))


def as_stored(name: str, value: Any) -> Any:
    """Return a value of the sheet as the table has it."""
    if name == "gender":
        return {"男": "male", "女": "female"}.get(value, value)
    if name == "special_trade":
        return None if value is None else value == "是"
    return value


def in_words(worker: KnownWorker) -> dict[str, Any]:
    """Return what is stored as the sheet would say it, to be compared with a row."""
    stored = {n: None if v == "" else v for n, v in worker.values.items()}
    stored["gender"] = {"male": "男", "female": "女"}.get(stored["gender"] or "")
    wage, special = stored["wage"], stored["special_trade"]
    stored["wage"] = None if wage is None else f"{wage:.2f}"
    stored["special_trade"] = None if special is None else ("是" if special else "否")
    return stored


def pairs(one: Written, which: int) -> dict[str, Any]:
    """Return the values before (0) or after (1) a change by the worker's attributes."""
    found = {}
    for name, pair in one.changes.items():
        if name != "contract":
            value = as_stored(name, pair[which])
            if name == "wage" and value is not None:
                value = Decimal(value)
            found[STORED[name]] = value
    return found


def as_record(one: Worker) -> dict[str, Any]:
    """Return a worker as the workbook has one; numbers masked, homes left out."""
    last = max(one.contracts.all(), key=lambda c: c.begins_on, default=None)
    record: dict[str, Any] = {
        "unit": one.enterprise.name,
        "uscc": one.enterprise.uscc,
        "name": one.name,
        "gender": one.get_gender_display(),
        "id_number": mask_id(one.id_number),
        "birth_date": one.birth_date,
        "phone": mask_phone(one.phone),
        "employment_form": one.get_employment_form_display(),
        "since": one.since,
        "household_kind": one.get_household_kind_display(),
        "category": one.get_category_display(),
        "post": one.post,
        "wage": one.wage,
        "insurances": insurances_in_words(one.insurances),
        "special_trade": {True: "是", False: "否", None: None}[one.is_special_trade],
        "remark": one.remark,
    }
    if last:
        record |= {
            "contract_kind": last.get_kind_display(),
            "contract_begins": last.begins_on,
            "contract_ends": last.ends_on,
        }
    return record
