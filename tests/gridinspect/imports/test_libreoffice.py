"""Workbooks that went through LibreOffice, there and back. Skipped where it is absent.

What it writes is built by hand as well (messy_offices.py), so that a machine without
it tests the same. All of it takes minutes: a case is opened and saved three times.
"""

import json
import shutil
import subprocess

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from gridinspect.imports.models import ImportBatch
from gridinspect.imports.returned import write_returned
from tests.gridinspect.imports.conftest import WORKBOOKS
from tests.gridinspect.imports.messy import CASES, B
from tests.gridinspect.imports.test_messy import compare_rows

OFFICE = shutil.which("soffice")
FORMATS = ("xlsx", "ods", "xls")
COMPUTED = {
    "formulas_with_and_without_value",
    "errors_in_optional_columns",
    "libreoffice_ods_errors_and_formulas",
}
AS_A_NUMBER = {("numbers_of_people", "ods")}  # TRUE becomes 1 there
SAMPLES = {
    path.name: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(WORKBOOKS.glob("*.expected.json"))
}
# Only the first sheet goes into a CSV file.
ONE_SHEET = [name for name, sample in SAMPLES.items() if len(sample["sheets"]) == 1]
TEXTS = "/".join(f"{column}/2" for column in range(1, 20))  # each column as text
GB18030 = f"--infilter=Text - txt - csv (StarCalc):44,34,85,1,{TEXTS}"
UTF8 = "csv:Text - txt - csv (StarCalc):44,34,76,1"

pytestmark = pytest.mark.skipif(not OFFICE, reason="LibreOffice is not installed")


def resaved(files, to, *options):
    """Return the paths of files as LibreOffice saves them in another format."""
    folder = files[0].parent
    subprocess.run(
        [
            str(OFFICE),
            f"-env:UserInstallation=file://{folder}/profile",
            "--headless",
            *options,
            *("--convert-to", UTF8 if to == "csv" else to),
            *("--outdir", str(folder / to)),
            *map(str, files),
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return [folder / to / f"{file.stem}.{to}" for file in files]


@pytest.fixture(scope="session")
def office(tmp_path_factory):
    """(name of a messy case, format) → its workbook after LibreOffice saved it."""
    folder = tmp_path_factory.mktemp("office")
    names = {}
    for name, make in CASES.items():
        case = make()
        if name not in COMPUTED and not case.refused and case.content[:2] == b"PK":
            path = folder / f"{len(names)}.{'ods' if 'ods' in name else 'xlsx'}"
            path.write_bytes(case.content)
            names[path] = name
    return {
        (name, to): path
        for to in FORMATS
        for name, path in zip(names.values(), resaved(list(names), to), strict=True)
    }


@pytest.mark.parametrize("to", FORMATS)
def test_a_messy_workbook_saved_again_comes_out_the_same(to, office, tree, run):
    """But for the formulas, which LibreOffice computes."""
    wrong = []
    names = [name for name, saved_as in office if saved_as == to]
    for name in [name for name in names if (name, to) not in AS_A_NUMBER]:
        expected = CASES[name]()
        batch = run(expected.kind, office[name, to].read_bytes(), name=f"表.{to}")
        try:
            assert batch.state == ImportBatch.State.READY, batch.message
            compare_rows(expected, batch.seen)
        except AssertionError as fault:
            wrong.append(f"{name}: {fault}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("sample", "to"),
    [
        *((sample, to) for sample in SAMPLES for to in FORMATS),
        *((sample, "csv") for sample in ONE_SHEET),
    ],
)
def test_a_sample_saved_again_comes_out_the_same(sample, to, tree, run, tmp_path):
    expected = SAMPLES[sample]
    source = tmp_path / expected["file"]
    source.write_bytes((WORKBOOKS / expected["file"]).read_bytes())
    options = [GB18030] if source.suffix == ".csv" else []
    (made,) = resaved([source], to, *options)
    batch = run(expected["kind"], made.read_bytes(), name=made.name)
    found = {row.number: row for row in batch.seen}
    assert set(found) == {row["row"] for row in expected["rows"]}
    for row in expected["rows"]:
        assert found[row["row"]].outcome == row["outcome"], found[row["row"]]
        assert row.get("reason") in (None, found[row["row"]].reason)


def test_a_returned_workbook_opens_and_keeps_its_marks(tree, run, tmp_path):
    """And sent again from there, it gets the marks of the new check."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["姓名", "身份证号", "性别"], ["张伟", "123", "男"], ["李娜", B, "女"]):
        sheet.append(row)
    sheet["A3"].comment = Comment("已核", "某某")
    sheet["A1"].fill = PatternFill("solid", fgColor="FFCCE5FF")
    choices = DataValidation(type="list", formula1='"男,女"')
    choices.add("C2:C9")
    sheet.add_data_validation(choices)
    upload = tmp_path / "upload.xlsx"
    book.save(upload)
    batch = run("staff", upload.read_bytes())
    marked = tmp_path / "marked.xlsx"
    write_returned(batch.file.path, batch.recognised, batch.rows.all(), marked)

    (opened,) = resaved([marked], "xlsx")
    seen = openpyxl.load_workbook(opened)["Sheet"]
    assert seen["B2"].fill.fgColor.rgb == "FFF8D7DA"
    assert "应为18位" in seen["B2"].comment.text
    assert seen["A3"].comment.text == "已核"
    assert seen["A1"].fill.fgColor.rgb == "FFCCE5FF"
    assert [str(one.sqref) for one in seen.data_validations.dataValidation] == ["C2:C9"]
    assert seen["D1"].value == "错误信息"

    again = run("staff", opened.read_bytes())
    assert [row.reason for row in again.seen] == [row.reason for row in batch.seen]
    write_returned(again.file.path, again.recognised, again.rows.all(), marked)
    sheet = openpyxl.load_workbook(marked)["Sheet"]
    assert sheet["B2"].comment.text.count("【导入检查】") == 1
    assert [cell.value for cell in sheet[1]] == ["姓名", "身份证号", "性别", "错误信息"]
