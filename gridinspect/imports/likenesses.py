"""Rows that may be a record we have: what a person decided, and what is remembered."""

from django.db import transaction

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.imports.models import Distinct, ImportBatch
from gridinspect.imports.resource import row_key


def told_apart(batch: ImportBatch) -> set[tuple[str, int]]:
    """Return (signature of a row, key of the record that it is not), as decided."""
    known = Distinct.objects.filter(kind=batch.kind, path=batch.path)
    return set(known.values_list("signature", "record"))


@transaction.atomic
def decide(*, batch: ImportBatch, decisions: dict[str, str], by: User) -> None:
    """Keep what becomes of rows that may be known records; "new" is remembered.

    `decisions` is by row_key(): "new" (不是同一单位), "skip", or "same:<key>". The
    batch is to be checked again afterwards.
    """
    rows = {
        row_key(row.sheet, row.row): row
        for row in batch.rows.exclude(candidates=[])
        if row_key(row.sheet, row.row) in decisions
    }
    wanted = {key: choice for key, choice in decisions.items() if key in rows}
    Distinct.objects.bulk_create(
        [
            Distinct(
                kind=batch.kind,
                path=batch.path,
                signature=candidate["signature"],
                record=candidate["key"],
                decided_by=by,
            )
            for key, choice in wanted.items()
            if choice == "new"
            for candidate in rows[key].candidates
        ],
        ignore_conflicts=True,
    )
    for key, choice in wanted.items():
        if choice.startswith("same:"):  # whoever said otherwise before was mistaken
            Distinct.objects.filter(
                kind=batch.kind,
                path=batch.path,
                record=int(choice[5:]),
                signature__in=[one["signature"] for one in rows[key].candidates],
            ).delete()
    batch.decisions = {**batch.decisions, **wanted}
    batch.save(update_fields=["decisions"])
    record("import.decided", by=by, target=batch, count=len(wanted))


def of_all(batch: ImportBatch, choice: str) -> dict[str, str]:
    """Return one choice for every row that is still undecided; "same" the likeliest."""
    return {
        key: f"same:{row.candidates[0]['key']}" if choice == "same" else choice
        for row in batch.rows.exclude(candidates=[])
        if (key := row_key(row.sheet, row.row)) not in batch.decisions
    }
