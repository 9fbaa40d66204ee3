"""Each messy workbook comes out as the import policy says."""

import time

import pytest

from gridinspect.imports.models import ImportBatch
from tests.gridinspect.imports import messy_offices
from tests.gridinspect.imports.messy import CASES

assert messy_offices  # adds its cases


@pytest.mark.parametrize("name", list(CASES))
def test_a_messy_workbook_comes_out_by_the_policy(name, tree, run):
    expected = CASES[name]()
    started = time.monotonic()
    batch = run(expected.kind, expected.content, name=expected.file)
    if expected.refused:
        assert batch.state == ImportBatch.State.REFUSED, batch.counts
        assert expected.refused in batch.message
        assert batch.message.count("\n") == 0
        assert time.monotonic() - started < 20
        return
    assert batch.state == ImportBatch.State.READY, batch.message
    compare_rows(expected, batch.seen)
    assert batch.counts["data_rows"] == len(expected.rows)
    compare_layout(expected, batch.recognised)


def compare_rows(expected, seen):
    several = any(isinstance(key, tuple) for key in expected.rows)
    found = {(row.sheet, row.number) if several else row.number: row for row in seen}
    wrong = [f"rows {sorted(map(str, set(found) ^ set(expected.rows)))}"]
    if set(found) == set(expected.rows):
        wrong = []
    for key, wanted in expected.rows.items():
        outcome, reason, values = (
            (wanted, None, {})
            if isinstance(wanted, str)
            else (*wanted, *[None, {}][len(wanted) - 1 :])
        )
        row = found.get(key)
        if row is None:
            continue
        shown = {k: as_json(row.values.get(k)) for k in values or {}}
        bad = row.outcome not in outcome.split("|") or (reason and row.reason != reason)
        if row.outcome.startswith("valid"):
            bad = bad or not all(agree(shown[k], v) for k, v in (values or {}).items())
        if bad:
            wrong.append(f"{key}: {row.outcome} {row.reason} {row.message} {shown}")
    assert not wrong, "\n".join(wrong)


def as_json(value):
    return value.isoformat() if hasattr(value, "isoformat") else value


def agree(found, wanted):
    """Tell whether two values are equal; a bare month compares by year and month."""
    if isinstance(wanted, str) and len(wanted) == 7 and isinstance(found, str):
        return found[:7] == wanted
    return found == wanted


def compare_layout(expected, layout):
    used = [sheet for sheet in layout["sheets"] if sheet["used"]]
    unused = {sheet["name"] for sheet in layout["sheets"] if not sheet["used"]}
    assert unused == set(expected.unused)
    if expected.header:
        assert [sheet["header_rows"] for sheet in used] == [expected.header]
    if expected.fields:
        fields = {column["col"]: column["field"] for column in layout["columns"]}
        assert fields == expected.fields
    if expected.notice:
        assert any(expected.notice in notice for notice in layout["notices"])
