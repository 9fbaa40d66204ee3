"""The five sample workbooks come out as their expected JSON says."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from assistants.models import StaffFile
from enterprises.models import Enterprise
from gridinspect.accounts.models import Person
from grids.models import City, Grid, Posting
from tests.gridinspect.imports.conftest import WORKBOOKS

SAMPLES = sorted(path.name for path in WORKBOOKS.glob("*.expected.json"))


def import_file(*arguments, **options):
    out = StringIO()
    call_command("import_file", *arguments, json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def test_there_are_five_samples():
    assert len(SAMPLES) == 5


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_workbook_comes_out_as_expected(sample, tree):
    expected = json.loads((WORKBOOKS / sample).read_text(encoding="utf-8"))
    seen = import_file(expected["kind"], str(WORKBOOKS / expected["file"]))
    assert seen["file_outcome"] == expected["file_outcome"]

    counts = dict(expected["counts"])
    counts.pop("reject_or_warn")
    assert {key: seen["counts"][key] for key in counts} == counts

    sheets = {sheet["name"]: sheet for sheet in seen["sheets"]}
    for sheet in expected["sheets"]:
        assert sheets[sheet["name"]]["used"] == sheet["used"]
        assert sheets[sheet["name"]]["header_rows"] == sheet["header_rows"]

    keys = ("sheet", "col", "header", "field")
    columns = [{key: column[key] for key in keys} for column in seen["columns"]]
    assert columns == expected["columns"]

    rows = {(row["sheet"], row["row"]): row for row in seen["rows"]}
    assert set(rows) == {(row["sheet"], row["row"]) for row in expected["rows"]}
    for row in expected["rows"]:
        found = rows[row["sheet"], row["row"]]
        assert found["outcome"] == row["outcome"], found
        if "reason" in row:
            assert found["reason"] == row["reason"]
        values = row.get("values", {})
        assert {key: found["values"].get(key) for key in values} == values


def test_a_dry_run_writes_nothing(tree):
    import_file("staff", str(WORKBOOKS / "R01_plain.xlsx"))
    assert not StaffFile.objects.exists()


def test_the_division_list_makes_city_and_tree(tree):
    assert City.objects.get().province == "河南省"
    kinds = Grid.objects.values_list("kind", flat=True)
    assert len(kinds) == 1 + 16 + 176
    assert Grid.objects.filter(parent=tree).count() == 16
    assert Grid.objects.get(code="410103100000").kind == Grid.Kind.TOWN
    assert Grid.objects.get(code="410103100008").parent.name == "马寨镇"
    assert tree.division_code == "410103000000"


def test_applying_a_roster_makes_persons_files_and_posts(tree):
    seen = import_file("staff", str(WORKBOOKS / "R01_plain.xlsx"), apply="all")
    assert seen["applied"]
    assert seen["counts"]["new"] == 20
    assert StaffFile.objects.count() == 20
    post = Posting.objects.get(
        person=Person.objects.by_id_number("210111198606139737").get()
    )
    assert post.grid.code == "410103100008"
    assert post.role == "assistant"
    assert post.person.phone == "19900007214"
    assert post.since.isoformat() == "2017-03-23"
    assert post.person.staff_file.gender == "male"


@pytest.mark.parametrize(
    ("kind", "file"),
    [("staff", "R01_plain.xlsx"), ("enterprises", "E08_cover_sheet_first.xlsx")],
)
def test_the_same_file_again_changes_nothing(kind, file, tree):
    import_file(kind, str(WORKBOOKS / file), apply="all")
    again = import_file(kind, str(WORKBOOKS / file), apply="all")
    counts = again["counts"]
    assert (counts["new"], counts["changed"]) == (0, 0)
    assert counts["same"] == counts["data_rows"]


def test_applying_units_places_them(tree):
    import_file(
        "enterprises", str(WORKBOOKS / "E08_cover_sheet_first.xlsx"), apply="valid"
    )
    unit = Enterprise.objects.get(uscc="91410103QX0130015R")
    assert unit.grid == tree  # the list names no place: it counts at the district
    assert unit.headcount == 5
    assert unit.placements.get().grid == tree
    assert unit.status_periods.get().status == "open"
    assert unit.source == "import"
