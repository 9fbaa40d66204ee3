import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants.resources import StaffResource
from enterprises.resources import EnterpriseResource
from gridinspect.imports.fields import HeaderNames, header_keys
from gridinspect.imports.reading import UnreadableFile, open_workbook
from gridinspect.imports.recognise import column_letter, judge, recognise
from tests.gridinspect.imports.conftest import xlsx

GOOD = ["张伟", "410103198506150012"]


@pytest.fixture
def seen(tmp_path):
    """Recognise a roster; return layout and (row, why it is no data or "")."""

    def look(content, resource=StaffResource):
        path = tmp_path / "file"
        path.write_bytes(xlsx(content) if isinstance(content, list) else content)
        columns = resource.columns()
        with open_workbook(path) as book:
            layout = recognise(book, columns, resource.title)
            rows = [
                (number, judge(table, columns, number, cells, inherited))
                for table in layout.used
                for number, cells, inherited in table.sheet.filled_rows(
                    table.header_rows[-1]
                )
            ]
        return layout, rows

    return look


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("姓名", "name"),
        ("姓  名*", "name"),
        ("*姓名（必填）", "name"),
        ("身份\n证号码", "id_number"),
        ("１、身份证号", "id_number"),
        ("公民身份号码", "id_number"),
        ("联系电话（手机）", "phone"),
        ("街道（乡镇）", "street"),
        ("星座", None),
        ("", None),
    ],
)
def test_headers_are_matched_by_meaning(text, field):
    assert HeaderNames(StaffResource.columns()).field_of(text) == field


@given(st.text(max_size=30))
def test_any_header_has_keys_that_noise_does_not_change(text):
    assert header_keys(f" {text} ") == header_keys(text)
    HeaderNames(EnterpriseResource.columns()).field_of(text)


@given(st.sampled_from(sorted(EnterpriseResource.columns())), st.integers(0, 3))
def test_every_declared_header_is_found_with_any_blanks(name, blanks):
    column = EnterpriseResource.columns()[name]
    names = HeaderNames(EnterpriseResource.columns())
    for header in (column.header, *column.synonyms):
        assert names.field_of((" " * blanks).join(header) + "*") is not None


@pytest.mark.parametrize(
    ("index", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ")]
)
def test_column_letters(index, letter):
    assert column_letter(index) == letter


def test_the_table_need_not_begin_in_the_corner(seen):
    rows = [[], [None, None, "花名册"], [], [None, None, "姓名", "身份证号"]]
    layout, judged = seen([*rows, [None, None, *GOOD]])
    assert layout.used[0].header_rows == [4]
    assert layout.used[0].mapped == {"name": 2, "id_number": 3}
    assert judged == [(5, "")]


def test_a_header_of_two_rows(tmp_path, seen):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["名册"])
    sheet.append(["序号", "基本情况", None, "联系方式", None])
    sheet.append([None, "姓名", "身份证号", "电话", "备注"])
    sheet.append([1, *GOOD, "13800000000", None])
    for merged in ("A1:E1", "A2:A3", "B2:C2", "D2:E2"):
        sheet.merge_cells(merged)
    book.save(tmp_path / "two.xlsx")
    layout, judged = seen((tmp_path / "two.xlsx").read_bytes())
    assert layout.used[0].header_rows == [2, 3]
    assert layout.used[0].mapped == {"name": 1, "id_number": 2, "phone": 3, "remark": 4}
    assert judged == [(4, "")]


def test_groups_tell_columns_of_one_name_apart(tmp_path, seen):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["单位名称", "法定代表人", None, "联系人", None])
    sheet.append([None, "姓名", "电话", "姓名", "电话"])
    sheet.append(["郑州甲有限公司", "李四", "", "王五", "13800000000"])
    for merged in ("A1:A2", "B1:C1", "D1:E1"):
        sheet.merge_cells(merged)
    book.save(tmp_path / "two.xlsx")
    layout, _ = seen((tmp_path / "two.xlsx").read_bytes(), EnterpriseResource)
    mapped = layout.used[0].mapped
    assert mapped["legal_representative"] == 1
    assert mapped["contact"] == 3


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (["合计", "14人"], "total"),
        (["合 计", None, 14], "total"),
        (["姓名", "身份证号", "备注"], "repeated header"),
        (["填表人：李四      负责人：王五"], "footer"),
        (["备注：本表一式三份。"], "footer"),
        (["2.“文化程度”填最高学历。"], "footer"),
        (["以下空白"], "footer"),
        (
            ["李四", None, None],
            "",
        ),  # a person without a number: to be refused, not lost
        ([None, "410103198506150012"], ""),
        (["李四", "410103198506150012", "负责人：王五"], ""),
    ],
)
def test_rows_that_are_no_data(row, why, seen):
    header = ["姓名", "身份证号", "备注"]
    filler = [[f"张{c}", GOOD[1], None] for c in "一二三四五六"]
    _, judged = seen([header, *filler, row])
    assert judged[-1] == (8, why)


@pytest.mark.parametrize(
    "row",
    [
        ["必填，与身份证一致", "18位"],
        ["示例：张三", "410103198506150012"],
        ["（例如）张三（填写时请删除本行）", "410103198506150012"],
    ],
)
def test_help_and_example_rows_below_the_header_are_no_data(row, seen):
    _, judged = seen([["姓名", "身份证号"], row, GOOD])
    assert judged[0][1] in ("field help", "example")
    assert judged[1][1] == ""


@pytest.mark.parametrize(
    "name",
    [
        "如意酒店管理有限公司",
        "沈阳示例区鑫源商贸有限公司",
        "合计划餐饮管理公司",
        "全季酒店",
    ],
)
def test_units_with_odd_names_are_data(name, seen):
    _, judged = seen([["单位名称", "备注"], [name, "负责人：李四"]], EnterpriseResource)
    assert judged == [(2, "")]


def test_numbered_empty_rows_are_blank(seen):
    _, judged = seen([["序号", "姓名", "身份证号"], [1, *GOOD], [2], [3]])
    assert judged == [(2, ""), (3, "blank"), (4, "blank")]


def test_hidden_sheets_are_named_and_not_used(tmp_path, seen):
    book = openpyxl.load_workbook(_saved(tmp_path, [["姓名", "身份证号"], GOOD]))
    other = book.create_sheet("旧表")
    other.append(["姓名", "身份证号"])
    other.append(GOOD)
    other.sheet_state = "hidden"
    book.save(tmp_path / "b.xlsx")
    layout, _ = seen((tmp_path / "b.xlsx").read_bytes())
    assert [table.sheet.name for table in layout.used] == ["Sheet1"]
    assert "旧表" in layout.notices[0]


def _saved(tmp_path, rows):
    path = tmp_path / "a.xlsx"
    path.write_bytes(xlsx(rows))
    return path


def test_every_sheet_with_the_table_is_used(seen):
    rows = [["姓名", "身份证号"], GOOD]
    layout, judged = seen(
        xlsx(rows, title="甲街道", 乙街道=rows, 代码表=[["代码", "名称"]])
    )
    assert [table.sheet.name for table in layout.used] == ["甲街道", "乙街道"]
    assert len(judged) == 2


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["代码", "名称"], ["A", "农业"]], "没有找到"),
        ([["姓名", "性别"], ["张伟", "男"]], "身份证号"),
        ([["姓名", "身份证号"]], "没有数据行"),
    ],
)
def test_a_file_without_the_table_says_what_is_missing(rows, words, seen):
    with pytest.raises(UnreadableFile, match=words):
        seen(rows)
