"""What `import_file` does besides the check: the place, and the returned workbook."""

import pytest
from django.core.management import CommandError
from openpyxl import load_workbook

from tests.factories import make_district, make_grid
from tests.gridinspect.imports.messy import DAXUE, HEAD, A, B, book
from tests.gridinspect.imports.test_samples import import_file

ROWS = [
    ["名册"],
    [*HEAD, "街道", "备注"],
    ["张伟", A, "大学路", "=1+1"],
    ["李娜", "1", "大学路"],
]


@pytest.fixture
def file(tmp_path):
    def write(rows, name="表.xlsx"):
        path = tmp_path / name
        path.write_bytes(book(rows))
        return str(path)

    return write


@pytest.fixture
def neighbour(tree):
    other = make_district("管城区", city=tree.city, code="410104")
    make_grid("北下街街道", kind="street", parent=other)
    return other


def test_the_rows_say_which_district_they_are_for(tree, neighbour, file):
    seen = import_file("staff", file(ROWS))
    assert seen["rows"][0]["values"]["grid"] == DAXUE


@pytest.mark.parametrize("street", [None, "无此街道"])
def test_a_district_is_asked_for_when_no_row_says_it(street, tree, neighbour, file):
    with pytest.raises(CommandError, match="--district") as refusal:
        import_file("staff", file([[*HEAD, "街道"], ["张伟", A, street]]))
    assert refusal.value.returncode == 2


def test_an_unreadable_file_is_refused_without_a_district(tree, neighbour, tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"%PDF-1.7")
    assert import_file("staff", str(path))["file_outcome"] == "reject_file"


def test_the_returned_workbook_has_every_row_and_its_faults(tree, file, tmp_path):
    out = tmp_path / "退回.xlsx"
    import_file("staff", file(ROWS), returned=out)
    sheet = load_workbook(out).active
    assert sheet["E2"].value == "错误信息"
    assert (sheet["B3"].value, sheet["E3"].value) == (A, None)
    assert (sheet["D3"].value, sheet["D3"].data_type) == ("=1+1", "s")
    assert "18位" in sheet["E4"].value
    assert sheet["B4"].fill.start_color.rgb == "FFF8D7DA"


def test_the_returned_workbook_must_be_one(tree, file):
    with pytest.raises(CommandError, match=r"\.xlsx"):
        import_file("staff", file([HEAD, ["李娜", B]]), "--returned", "out.pdf")
