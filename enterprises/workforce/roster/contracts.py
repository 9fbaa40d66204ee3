"""The contract of a row of the roster: a known one, changed, or a further one."""

from datetime import date, timedelta
from typing import Any

from enterprises.workforce.known import KnownWorker
from enterprises.workforce.models import Contract
from enterprises.workforce.roster.reading import CONTRACT
from enterprises.workforce.sheet_words import RENEWED
from gridinspect.copying import take_keys
from gridinspect.imports.resource import Row, Written
from gridinspect.imports.staging import insert_rows
from gridinspect.imports.traces import put_back, remove


def compare(row: Row, worker: KnownWorker) -> None:
    """See whether the row's contract is a known one, changed, or a further one."""
    values = row.values
    if not any(values.get(name) for name in CONTRACT):
        return
    last = max(worker.contracts, key=lambda one: one[2], default=None)
    begins = values.get("contract_begins")
    if last is None:
        row.before["contract"] = fresh(row)
    elif begins is None and values.get("change") == RENEWED and last[3]:
        values["contract_begins"] = last[3] + timedelta(days=1)
        row.before["contract"] = fresh(row)
    else:
        same = next((c for c in worker.contracts if c[2] == begins), None)
        if begins is not None and same is None:
            row.before["contract"] = fresh(row)
        else:
            _changed(row, same or last)
    if "contract" in row.before:
        row.changes["contract"] = [None, row.before["contract"]["words"]]
    if row.changes:
        row.action = "changed"


def _changed(row: Row, stored: tuple[Any, ...]) -> None:
    pk, kind, begins, ends = stored
    said_kind = row.values.get("contract_kind") or kind
    said_ends = row.values.get("contract_ends")
    if said_kind == "unknown" and kind != "unknown":
        said_kind = kind  # says nothing new
    if said_ends is None and said_kind == kind:
        said_ends = ends
    if said_kind == "unknown" and said_ends:
        said_kind = "fixed"
    if (said_kind, said_ends) == (kind, ends):
        return
    row.before["contract"] = {
        "key": pk,
        "old": [kind, ends.isoformat() if ends else None],
        "new": [said_kind, said_ends.isoformat() if said_ends else None],
        "words": _words(begins, said_kind, said_ends),
    }


def fresh(row: Row) -> dict[str, Any]:
    """Return what a row says of a contract that is not stored yet."""
    values = row.values
    begins = values.get("contract_begins") or values["since"]
    ends, kind = values.get("contract_ends"), values["contract_kind"]
    return {
        "begins": begins.isoformat(),
        "new": [kind, ends.isoformat() if ends else None],
        "words": _words(begins, kind, ends),
    }


def _words(begins: date, kind: str, ends: date | None) -> str:
    until = f"至{ends}" if ends else ""
    return f"{begins}起 {dict(Contract.Kind.choices)[kind]}{until}"


def write(rows: list[Row]) -> None:
    """Write the contracts that rows brought or changed."""
    said = [(row, row.before["contract"]) for row in rows if "contract" in row.before]
    new = [(row, one) for row, one in said if "begins" in one]
    for key, (_, one) in zip(
        take_keys(Contract._meta.db_table, len(new)), new, strict=True
    ):
        one["key"] = key
    insert_rows(
        Contract,
        ["id", "worker_id", "kind", "begins_on", "ends_on"],
        (
            (one["key"], row.record, one["new"][0], one["begins"], one["new"][1])
            for row, one in new
        ),
    )
    changed = {
        one["key"]: {"kind": one["new"][0], "ends_on": one["new"][1]}
        for _, one in said
        if "begins" not in one
    }
    put_back(Contract, changed)


def obstacles(written: list[Written]) -> dict[int, str]:
    """Return why contracts of an import cannot be taken back, by the worker."""
    said = {
        one.before["contract"]["key"]: (one.record, one.before["contract"])
        for one in written
        if "contract" in one.before
    }
    now = {
        pk: (kind, ends.isoformat() if ends else None, filing)
        for pk, kind, ends, filing in Contract.objects.filter(pk__in=said).values_list(
            "pk", "kind", "ends_on", "filing_id"
        )
    }
    found = {}
    for key, (record, contract) in said.items():
        if key not in now or list(now[key][:2]) != contract["new"]:
            found[record] = "的劳动合同后来又有修改"
        elif now[key][2]:
            found[record] = "的劳动合同已备案"
    return found


def take_back(written: list[Written]) -> None:
    """Remove the contracts that an import brought; put back those that it changed."""
    contracts = [one.before["contract"] for one in written if "contract" in one.before]
    remove(Contract, [one["key"] for one in contracts if "begins" in one])
    put_back(
        Contract,
        {
            one["key"]: {"kind": one["old"][0], "ends_on": one["old"][1]}
            for one in contracts
            if "old" in one
        },
    )
