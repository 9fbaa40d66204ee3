# ruff: noqa: E501 tables of cells
"""Workbooks as offices send them, each with what import-policy.md says must come out.

A case is built in memory, so that no binary file lies in the tree. `rows` holds every
data row: its outcome, or (outcome, reason), or (outcome, reason, values); "a|b" allows
either outcome. A row that is not in it must not be taken for data.
"""

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import openpyxl
import xlwt

from enterprises.rules import organisation_code_check_character, uscc_check_character
from gridinspect.accounts.rules import citizen_id_check_character

DAXUE, JINQIAO, XIANGHE = "410103007000", "410103007010", "410103007001"


def citizen(serial=1, *, born="19850615", area="410103", female=False):
    """Return an identity number with a right check character."""
    body = f"{area}{born}{serial:02}{2 if female else 1}"
    return body + citizen_id_check_character(body)


def credit(serial, *, area="410103"):
    """Return a credit code with right check characters; QX… belongs to nobody."""
    body = f"QX{serial:06}"
    body = f"91{area}{body}{organisation_code_check_character(body)}"
    return body + uscc_check_character(body)


def ending(make, letters):
    """Return the first number of `make(serial)` whose last character is one of these."""
    return next(n for n in map(make, range(10, 99)) if n[-1] in letters)


A, B, C, D = (citizen(n) for n in range(1, 5))
U, V, W, X = (credit(n) for n in range(1, 5))


@dataclass
class Case:
    """One workbook with what must come out of it."""

    name: str
    kind: str
    content: bytes
    rows: dict[Any, Any] = field(default_factory=dict)
    header: Any = None  # header rows of the only used sheet, or {sheet: rows}
    unused: tuple[str, ...] = ()
    fields: dict[str, str | None] | None = None
    notice: str = ""
    refused: str = ""  # words of the one sentence of a refused file
    file: str = "表.xlsx"


CASES: dict[str, Callable[[], Case]] = {}


def case(kind):
    """Register a builder that returns (content, rows[, more of Case as a dict])."""

    def add(build):
        def make():
            content, rows, *more = build()
            return Case(build.__name__, kind, content, rows, **(more or [{}])[0])

        CASES[build.__name__] = make
        return build

    return add


def hostile(build):
    """Register a builder that returns (content, words of the refusal)."""

    def make():
        content, words = build()
        return Case(build.__name__, "staff", content, refused=words)

    CASES[build.__name__] = make
    return build


def book(rows, *, at=(1, 1), title="Sheet1", change=None, **sheets):
    """Return an .xlsx with the rows at a cell; `change(book, sheet)` spoils it."""
    work = openpyxl.Workbook()
    sheet = work.active
    sheet.title = title
    for name, content in ((None, rows), *sheets.items()):
        target = sheet if name is None else work.create_sheet(name)
        top, left = at if name is None else (1, 1)
        for y, row in enumerate(content):
            for x, value in enumerate(row):
                if value is not None:
                    cell = target.cell(top + y, left + x)
                    cell.value = value
                    if isinstance(value, str) and value[:1] in "=#":
                        cell.data_type = "s"  # text, not a formula
    if change:
        change(work, sheet)
    buffer = io.BytesIO()
    work.save(buffer)
    return buffer.getvalue()


def text(rows, encoding="utf-8", delimiter=","):
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    return buffer.getvalue().encode(encoding)


def repacked(content, change, part="xl/worksheets/sheet1.xml"):
    """Return the .xlsx with one part changed by `change(text)`."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.namelist():
            data = old.read(entry)
            if entry == part:
                data = change(data.decode()).encode()
            new.writestr(entry, data)
    return buffer.getvalue()


BORN = datetime(1985, 6, 15)  # noqa: DTZ001 as Excel has it
HEAD = ["姓名", "身份证号"]
UNIT = ["单位名称", "统一社会信用代码"]

# ---- where the table is (P12, P13) ---------------------------------------------------


@case("staff")
def title_unit_line_total_and_signatures():
    rows = [
        ["二七区劳动保障协管员花名册"],
        ["填报单位：大学路街道办事处", None, None, "2023年5月6日"],
        ["序号", "姓名", "身份证号", "联系电话"],
        [1, "张伟", A, 19900000001],
        [2, "李娜", B, "19900000002"],
        [3, None, None, None],
        [4, None, None, None],
        ["合计", "2人"],
        ["填表人：王某", None, "负责人：赵某", "日期：2023年5月"],
        ["单位（盖章）"],
        ["注：本表一式两份。"],
        [None, None, "审核人：", "联系电话：0371-60000000"],
    ]

    def merge(work, sheet):
        sheet.merge_cells("A1:D1")

    values = {"name": "张伟", "id_number": A, "phone": "19900000001"}
    return (
        book(rows, change=merge),
        {4: ("valid", None, values), 5: "valid"},
        {"header": [3]},
    )


@case("enterprises")
def headings_subtotals_and_numbered_notes():
    rows = [
        ["用人单位名册（2023年）"],
        ["序号", "单位名称", "统一社会信用代码", "人数"],
        ["一、", "大学路街道"],
        [1, "郑州甲商贸有限公司", U, 5],
        [2, "郑州乙商贸有限公司", V, 6],
        [None, "小计", None, 11],
        ["二、", "德化街街道"],
        [3, "郑州丙商贸有限公司", W, 7],
        ["合计", None, None, 18],
        ["说明：1.人数为年末数。"],
        ["2.本表由街道填写。"],
        ["制表人：某某", None, "审核：", "盖章"],
    ]

    def merge(work, sheet):
        for place in ("A1:D1", "B3:D3", "B7:D7", "A10:D10", "A11:D11"):
            sheet.merge_cells(place)

    return book(rows, change=merge), dict.fromkeys((4, 5, 8), "valid"), {"header": [2]}


@case("staff")
def header_of_two_rows():
    rows = [
        ["序号", "基本信息", None, None, "工作信息", None, "备注"],
        [None, "姓名", "身份证号码", "性别", "所属街道", "所属社区", None],
        [1, "张伟", A, "男", "大学路街道", "金桥社区", "甲"],
    ]

    def merge(work, sheet):
        for place in ("A1:A2", "B1:D1", "E1:F1", "G1:G2"):
            sheet.merge_cells(place)

    values = {"name": "张伟", "gender": "男", "grid": JINQIAO, "remark": "甲"}
    return book(rows, change=merge), {3: ("valid", None, values)}, {"header": [1, 2]}


@case("enterprises")
def header_of_two_rows_without_merging():
    rows = [
        ["单位信息", None, "法定代表人", None, "联系人", None],
        ["名称", "统一社会信用代码", "姓名", "电话", "姓名", "电话"],
        ["郑州甲商贸有限公司", U, "张三", "19900000001", "李四", "19900000002"],
    ]
    values = {"name": "郑州甲商贸有限公司", "uscc": U, "legal_representative": "张三",
              "contact": "李四", "phone": "19900000002"}  # fmt: skip
    return book(rows), {3: ("valid", None, values)}, {"header": [1, 2]}


@case("staff")
def headers_with_newlines_stars_and_remarks():
    rows = [
        ["* 姓 名", "身份证\n号码（必填）", "出生\r\n年月", "联系方式*", "所属街道\n(乡镇)",
         "星座"],
        ["张伟", A, "1985.6", "19900000001", "大学路", "双子"],
    ]  # fmt: skip
    values = {"birth_date": "1985-06-15", "phone": "19900000001", "grid": DAXUE}
    return book(rows), {2: ("valid", None, values)}, {
        "fields": {"A": "name", "B": "id_number", "C": "birth_date", "D": "phone",
                   "E": "street", "F": None},
        "notice": "星座",
    }  # fmt: skip


@case("staff")
def header_repeated_in_the_middle():
    rows = [HEAD, ["张伟", A], ["李娜", B], ["姓 名", "身份证号"], ["王芳", C], [],
            ["本页小计", "3"], HEAD, ["赵敏", D]]  # fmt: skip
    return book(rows), dict.fromkeys((2, 3, 5, 9), "valid")


@case("staff")
def table_not_in_the_corner():
    return book([HEAD, ["张伟", A], ["李娜", B]], at=(7, 4)), {8: "valid", 9: "valid"}, {
        "header": [7], "fields": {"D": "name", "E": "id_number"},
    }  # fmt: skip


@case("staff")
def one_sheet_for_each_street():
    content = book(
        [[*HEAD, "社区"], ["张伟", A, "金桥"]],
        title="大学路街道",
        德化街街道=[["姓名", "性别", "身份证号"], ["李娜", "男", B]],
        汇总=[["街道", "人数"], ["大学路", 1], ["德化街", 1]],
    )
    rows = {
        ("大学路街道", 2): "valid",
        ("德化街街道", 2): ("valid", None, {"grid": "410103010000"}),
    }
    return content, rows, {"unused": ("汇总",)}


@case("enterprises")
def cover_example_and_code_list_first():
    content = book(
        [["用人单位信息采集表"], ["填报单位：", "二七区"]],
        title="封面",
        填写说明=[["列名", "要求"], ["单位名称", "必填"], ["人数", "整数"]],
        示例=[[*UNIT, "人数"], ["郑州示例有限公司", V, 5]],
        代码表=[["代码", "名称"], ["C34", "通用设备制造业"]],
        采集表=[[*UNIT, "人数"], ["必填", "18位", "整数"], ["示例：某公司", "91…", 1],
                ["郑州甲商贸有限公司", U, 5]],
    )  # fmt: skip
    return (
        content,
        {("采集表", 4): "valid"},
        {
            "unused": ("封面", "填写说明", "示例", "代码表"),
        },
    )


@case("staff")
def hidden_sheet_rows_and_columns():
    def hide(work, sheet):
        work["旧表"].sheet_state = "hidden"
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["B"].hidden = True

    content = book(
        [HEAD, ["张伟", A], ["李娜", B]], change=hide, 旧表=[HEAD, ["王芳", C]]
    )
    rows = {("Sheet1", 2): "valid", ("Sheet1", 3): "valid"}
    return content, rows, {"unused": ("旧表",), "notice": "旧表"}


@case("staff")
def merged_street_ditto_marks_and_blanks():
    rows = [
        [*HEAD, "所属街道", "所属社区"],
        ["张伟", A, "大学路街道", "金桥社区"],
        ["李娜", B, None, "〃"],
        ["王芳", C, None, "祥和社区"],
        ["赵敏", D, "同上", '"'],
        ["孙丽", citizen(5), None, None],
    ]

    def merge(work, sheet):
        sheet.merge_cells("C2:C4")

    def at(code):
        return ("valid", None, {"grid": code})

    return book(rows, change=merge), {
        2: at(JINQIAO), 3: at(JINQIAO), 4: at(XIANGHE), 5: at(XIANGHE),
        6: at("410103000000"),
    }  # fmt: skip


@case("staff")
def merged_blank_rows_are_no_data():
    rows = [["街道", *HEAD], ["大学路街道", "张伟", A], [], ["", "李娜", B], [], []]

    def merge(work, sheet):
        sheet.merge_cells("A2:A6")

    return book(rows, change=merge), {2: "valid", 4: ("valid", None, {"grid": DAXUE})}


# ---- synonyms ------------------------------------------------------------------------


def _staff_synonyms(name, number, phone, hired, street):
    def build():
        rows = [[name, number, phone, hired, street],
                ["张伟", A, "19900000001", "2013-05-06", "大学路街道"]]  # fmt: skip
        values = {"name": "张伟", "id_number": A, "phone": "19900000001",
                  "hire_date": "2013-05-06", "grid": DAXUE}  # fmt: skip
        return book(rows), {2: ("valid", None, values)}

    build.__name__ = f"staff_synonyms_{name}_{number}"
    case("staff")(build)


for words in (
    ("人员姓名", "公民身份号码", "手机号", "入职时间", "街道(镇)"),
    ("协管员姓名", "证件号码", "联系方式", "上岗日期", "办事处"),
    ("姓名", "身份证", "电话", "聘用日期", "所属街道（乡镇）"),
    ("员工姓名", "居民身份证号码", "联系电话（手机）", "入职日期", "所在街道"),
    ("姓名（与身份证一致）", "身份证件号码", "手机号码", "到岗日期", "街道名称"),
    ("网格员姓名", "身份证号码（18位）", "本人电话", "参加工作时间", "所属街道办事处"),
):
    _staff_synonyms(*words)


def _unit_synonyms(*headers):
    def build():
        rows = [[*headers], ["郑州甲商贸有限公司", U, 35, "2009-01-15", "大学路24号", "F51",
                             "张三"]]  # fmt: skip
        values = {"name": "郑州甲商贸有限公司", "uscc": U, "headcount": 35,
                  "founded": "2009-01-15", "address": "大学路24号", "industry": "F51",
                  "legal_representative": "张三"}  # fmt: skip
        return book(rows), {2: ("valid", None, values)}

    build.__name__ = f"unit_synonyms_{headers[0]}_{headers[1]}"
    case("enterprises")(build)


for words in (
    ("企业名称", "社会信用代码", "职工人数", "成立时间", "地址", "行业代码", "法人"),
    ("用人单位名称", "统一代码", "用工人数", "注册日期", "经营地址", "所属行业",
     "法定代表人"),
    ("单位全称", "信用代码", "员工数", "成立日期", "单位地址", "行业", "负责人"),
    ("公司名称", "统一社会信用代码/注册号", "从业人员（人）", "开业时间", "经营场所",
     "行业类别", "法人代表姓名"),
    ("名称", "统一信用代码", "人员数量", "登记时间", "生产经营地", "行业门类",
     "主要负责人"),
):  # fmt: skip
    _unit_synonyms(*words)


@case("enterprises")
def licence_number_and_seat():
    rows = [["企业名称", "营业执照号", "住所", "经营地址"],
            ["郑州甲商贸有限公司", U, "京广路1号", "大学路24号"],
            ["郑州乙商贸有限公司", "410103600012345", "京广路2号", None]]  # fmt: skip
    first = {"uscc": U, "registered_address": "京广路1号", "address": "大学路24号"}
    return book(rows), {2: ("valid", None, first),
                        3: ("valid_warn", None, {"uscc": None})}  # fmt: skip


# ---- cleaning (P4, P19) --------------------------------------------------------------


@case("staff")
def dirt_around_and_inside_text():
    wide = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
    rows = [
        [*HEAD, "电话", "备注"],
        ["\u00a0张\u3000伟\u200b", A.translate(wide), "１９９００００００１１", "-"],
        ["\ufeff李 娜\n", f"'{B}", "\t19900000012", "/"],
        ["王芳\t", f'="{C}"', "199 0000 0013", "无"],
        ["赵·敏", f"{D[:6]} {D[6:14]}-{D[14:]}", "199-0000-0014", "ＡＢ，c"],
    ]
    return book(rows), {
        2: ("valid", None, {"name": "张伟", "id_number": A, "phone": "19900000011",
                            "remark": None}),
        3: ("valid", None, {"name": "李娜", "id_number": B, "phone": "19900000012",
                            "remark": None}),
        4: ("valid", None, {"name": "王芳", "id_number": C, "phone": "19900000013",
                            "remark": None}),
        5: ("valid", None, {"name": "赵·敏", "id_number": D, "phone": "19900000014",
                            "remark": "AB,c"}),
    }  # fmt: skip


@case("enterprises")
def text_that_looks_like_a_formula():
    rows = [[*UNIT, "备注", "联系人"], ["郑州甲商贸有限公司", U, "=1+1", "@王五"],
            ["郑州乙商贸有限公司", V, "+86说明", "-"]]  # fmt: skip
    return book(rows), {2: ("valid", None, {"remark": "=1+1", "contact": "@王五"}),
                        3: ("valid", None, {"remark": "+86说明", "contact": None})}  # fmt: skip


# ---- identity numbers (P5-P7, P9, P10) -----------------------------------------------


@case("staff")
def identity_numbers():
    with_x = ending(citizen, "X")
    wrong = A[:17] + ("1" if A[17] != "1" else "2")
    old = citizen(7, born="19750304")
    rows = [
        HEAD,
        ["张一", with_x.lower()],
        ["张二", with_x[:17] + "ｘ"],
        ["张三", int(B[:15]) * 1000],
        ["张四", float(B)],
        ["张五", "4.10103E+17"],
        ["张六", wrong],
        ["张七", old[:6] + old[8:17]],
        ["张八", citizen(8, area="321011")],
        ["张九", citizen(9, area="412901")],
        ["张十", citizen(3, born="19850230")],
        ["张百", citizen(3, born="20990101")],
        ["张千", A[:17]],
        ["张万", None],
        [None, C],
        ["张亿", "不详"],
        ["张兆", "—"],
    ]
    return book(rows), {
        2: "reject|duplicate", 3: "reject|duplicate",
        4: ("reject", "id_precision_lost"), 5: ("reject", "id_precision_lost"),
        6: ("reject", "id_precision_lost"), 7: ("reject", "id_check_digit"),
        8: ("valid_warn|reject", None, {"id_number": old}),
        9: "valid", 10: "valid", 11: "reject", 12: "reject", 13: "reject",
        14: "reject", 15: "reject", 16: "reject", 17: "reject",
    }  # fmt: skip


@case("staff")
def identity_number_with_lower_x():
    with_x = ending(citizen, "X")
    return book([HEAD, ["张一", with_x.lower()]]), {
        2: ("valid", None, {"id_number": with_x})
    }


@case("staff")
def truncated_number_that_fits_by_chance():
    births = (f"{year}0615" for year in range(1950, 2000))
    bodies = (f"410103{born}000" for born in births)
    fits = next(b for b in bodies if citizen_id_check_character(b) == "0") + "0"
    return book([HEAD, ["张一", int(fits)]]), {2: ("reject", "id_precision_lost")}


@case("staff")
def gender_and_birth_against_the_number():
    rows = [
        [*HEAD, "性别", "出生日期"],
        ["张一", A, "女", None],
        ["张二", B, "男", "1985-06-16"],
        ["张三", C, "男", "1985年6月"],
        ["张四", D, "男性", date(1985, 6, 15)],
        ["张五", citizen(5, female=True), "女", "1985.7"],
    ]
    return book(rows), {
        2: "reject|valid_warn", 3: "reject|valid_warn", 4: "valid", 5: "valid",
        6: "reject|valid_warn",
    }  # fmt: skip


@case("staff")
def the_same_number_twice():
    rows = [
        [*HEAD, "电话"],
        ["张伟", A, "19900000001"],
        ["张 伟", f"{A[:6]} {A[6:]}", "19900000001"],
        ["李娜", B, None],
        ["李那", B, None],
        ["张伟", C, None],
    ]
    return book(rows), {
        2: "valid",
        3: "duplicate",
        4: "reject",
        5: "reject",
        6: "valid",
    }


@case("staff")
def the_same_number_with_other_data():
    rows = [[*HEAD, "电话", "备注"], ["张伟", A, "19900000001", "甲"],
            ["张伟", A, "19900000002", None]]  # fmt: skip
    return book(rows), {2: "valid", 3: "duplicate|valid_warn|reject"}


# ---- dates (P8) ----------------------------------------------------------------------


def _dates(header, number):
    good = [
        date(1985, 6, 15), BORN, 31213, "31213", "1985-6-15",
        "1985/6/15", "1985.6.15", "1985年6月15日", "19850615", 19850615, "85/6/15",
        "一九八五年六月十五日", "1985-06-15 00:00:00", "１９８５－０６－１５",
        "1985 年 6 月 15 日", "'1985-06-15", "1985、6、15",
    ]  # fmt: skip
    months = [
        "1985.6",
        "1985年6月",
        "198506",
        198506,
        "1985-06",
        "1985/6",
        "一九八五年六月",
    ]
    bad = ["1985-13-01", "1985-2-30", "去年", "2085-06-15", 123456, "15/6", "1985"]
    rows, expected = [[*HEAD, header]], {}
    for raw in (*good, *months, *bad, 1985.1):
        serial = len(rows)
        born = f"19{60 + serial // 2}0101" if header != "出生日期" else "19850615"
        rows.append(
            [f"张{'甲乙丙丁戊己庚辛壬癸'[serial % 10]}", number(serial, born), raw]
        )
        if raw in good and not isinstance(raw, float):
            outcome = ("valid", None, {DATES[header]: "1985-06-15"})
        elif raw in months:
            outcome = ("valid", None, {DATES[header]: "1985-06"})
        elif raw == 1985.1:
            outcome = "reject|valid_warn"
        else:
            outcome = "reject"
        expected[serial + 1] = outcome
    return rows, expected


DATES = {"出生日期": "birth_date", "入职时间": "hire_date"}


@case("staff")
def every_way_to_write_a_date_of_birth():
    rows, expected = _dates("出生日期", lambda n, born: citizen(n, born=born))
    return book(rows), expected


@case("staff")
def every_way_to_write_a_date_of_hire():
    rows, expected = _dates("入职时间", lambda n, born: citizen(n, born=born))
    return book(rows[:18]), {n: expected[n] for n in range(2, 19)}


@case("staff")
def dates_of_the_1904_system():
    def mac(work, sheet):
        work.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904

    rows = [[*HEAD, "出生日期"], ["张一", A, 29751], ["张二", B, BORN]]
    good = ("valid", None, {"birth_date": "1985-06-15"})
    return book(rows, change=mac), {2: good, 3: good}


@case("enterprises")
def two_digit_years_and_impossible_days():
    rows = [[*UNIT, "成立日期"], ["郑州甲商贸有限公司", U, "13/5/6"],
            ["郑州乙商贸有限公司", V, "85-3-7"], ["郑州丙商贸有限公司", W, "2009.13.1"],
            ["郑州丁商贸有限公司", X, "不详"], ["郑州戊商贸有限公司", credit(5), "—"]]  # fmt: skip
    return book(rows), {
        2: ("valid", None, {"founded": "2013-05-06"}),
        3: ("valid", None, {"founded": "1985-03-07"}),
        4: "reject", 5: "reject", 6: ("valid", None, {"founded": None}),
    }  # fmt: skip


# ---- people and credit codes (P15-P17) -----------------------------------------------


@case("enterprises")
def numbers_of_people():
    good = {"1,200": 1200, "１２０人": 120, 35.0: 35, " 35 ": 35, "35.0": 35, "0": 0,
            "-": None, "": None, "1，200": 1200, 7: 7, "42 人": 42}  # fmt: skip
    bad = ["约50", "三十", 12.5, -3, "-3", "12.5", "50以上", "20-30", True]
    rows, expected = [[*UNIT, "从业人数"]], {}
    for serial, raw in enumerate([*good, *bad], start=1):
        rows.append([f"郑州第{serial}商贸有限公司", credit(serial), raw])
        expected[serial + 1] = (
            ("valid", None, {"headcount": good[raw]})
            if serial <= len(good)
            else "reject"
        )
    return book(rows), expected


@case("enterprises")
def credit_codes():
    wide = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
    wrong = X[:17] + ("A" if X[17] != "A" else "B")
    rows = [
        UNIT,
        ["郑州甲商贸有限公司", f" {U[:8].lower()} {U[8:].lower()}"],
        ["郑州乙商贸有限公司", V.translate(wide)],
        ["郑州丙商贸有限公司", "4101032123456"],
        ["郑州丁商贸有限公司", "410103600012345"],
        ["郑州戊商贸有限公司", "91410103MAO0AAAA1X"],
        ["郑州己商贸有限公司", wrong],
        ["郑州庚商贸有限公司", 914101030000000000],
        ["郑州辛商贸有限公司", "9.1410103E+17"],
        ["郑州壬商贸有限公司", None],
        ["郑州癸商贸有限公司", credit(9, area="321011")],
        ["郑州子商贸有限公司", X[:17]],
        ["郑州丑商贸有限公司", f"'{credit(12)}"],
        ["郑州寅商贸有限公司", 410103600012346],
        ["郑州卯商贸有限公司", "正在办理"],
    ]
    return book(rows), {
        2: ("valid", None, {"uscc": U}), 3: ("valid", None, {"uscc": V}),
        4: ("valid_warn", None, {"uscc": None}), 5: ("valid_warn", None, {"uscc": None}),
        6: "reject", 7: ("reject", "uscc_check_digit"),
        8: ("reject", "uscc_precision_lost"), 9: ("reject", "uscc_precision_lost"),
        10: ("valid", None, {"uscc": None}), 11: "valid", 12: "reject", 13: "valid",
        14: ("valid_warn", None, {"uscc": None}), 15: "reject",
    }  # fmt: skip


@case("enterprises")
def units_that_may_be_one():
    rows = [
        UNIT,
        ["郑州甲商贸有限公司", U],
        ["郑州甲商贸有限公司 ", U],  # duplicate
        ["郑州乙商贸有限公司", V],
        ["郑州丙商贸有限公司", V],  # conflict
        ["郑州市甲商贸有限责任公司", None],  # possible
        ["郑州甲商贸有限公司", W],  # another code: another unit
        ["郑州甲商贸有限公司大学路分公司", None],  # a branch
        ["郑州丁（集团）有限公司", None],
        ["郑州丁(集团)有限公司", None],  # the same up to brackets
        ["河南省戊商贸有限公司", None],
        ["河南戊商贸有限公司", None],  # possible
        ["张三面馆", None],
        ["张三面馆", None],
    ]
    possible = "valid_warn|reject|duplicate"
    return book(rows), {
        2: "valid", 3: "duplicate", 4: "reject|valid_warn", 5: "reject|valid_warn",
        6: possible, 7: "valid", 8: "valid", 9: "valid", 10: possible, 11: "valid",
        12: possible, 13: "valid", 14: possible,
    }  # fmt: skip


# ---- places (P14) --------------------------------------------------------------------


@case("staff")
def places_in_all_their_forms():
    forms = [
        ("大学路街道", "金桥社区", JINQIAO), ("大学路", "金桥", JINQIAO),
        ("大学路街道办事处", "金桥居委会", JINQIAO),
        ("大学路街道办", "金桥社区居委会", JINQIAO),
        ("大学路办事处", "金桥社区居民委员会", JINQIAO),
        ("大学路 街道", "金桥社区居民管理委员会", JINQIAO),
        (None, "金桥 社区", JINQIAO), ("大学路街道", None, DAXUE),
        ("大学路街道", "金桥社区村委会", None), ("德化街街道", "金桥社区", None),
        ("无此街道", None, None), ("大学路街道", "无此社区", None),
        ("侯寨街道", "金桥", None), (None, None, "410103000000"),
        ("二七区大学路街道", "大学路街道金桥社区", JINQIAO),
        ("马寨镇", None, "410103100000"), ("马寨", None, "410103100000"),
        ("马寨镇人民政府", None, "410103100000"),
    ]  # fmt: skip
    rows, expected = [[*HEAD, "街道", "社区"]], {}
    for serial, (street, community, code) in enumerate(forms, start=1):
        rows.append(["张伟", citizen(serial), street, community])
        expected[serial + 1] = (
            ("valid", None, {"grid": code}) if code else "reject|valid_warn"
        )
    del expected[10]
    expected[10] = ("valid|reject|valid_warn", None, {})
    return book(rows), expected


# ---- formulas (P18) ------------------------------------------------------------------


@case("staff")
def formulas_with_and_without_value():
    def formulas(work, sheet):
        sheet["A2"], sheet["B3"], sheet["A4"] = "=C2", "=C3", "#N/A"
        sheet["A2"].data_type = sheet["B3"].data_type = "f"
        sheet["A4"].data_type = "e"

    rows = [[*HEAD, "星座"], [None, A, "x"], ["李娜", None, "x"], [None, C, "x"],
            ["王芳", D, "x"]]  # fmt: skip
    content = repacked(
        book(rows, change=formulas),
        lambda xml: xml.replace(
            '<c r="A2"><f>C2</f><v /></c>', '<c r="A2" t="str"><f>C2</f><v>张伟</v></c>'
        ).replace(
            '<c r="A2"><f>C2</f><v/></c>', '<c r="A2" t="str"><f>C2</f><v>张伟</v></c>'
        ),
    )
    return content, {
        2: ("valid", None, {"name": "张伟"}),
        3: ("reject", "formula_without_value"), 4: "reject", 5: "valid",
    }  # fmt: skip


@case("enterprises")
def errors_in_optional_columns():
    def errors(work, sheet):
        sheet["C2"], sheet["C3"] = "#REF!", "=SUM(1,2)"
        sheet["C2"].data_type, sheet["C3"].data_type = "e", "f"

    rows = [[*UNIT, "人数"], ["郑州甲商贸有限公司", U], ["郑州乙商贸有限公司", V],
            ["郑州丙商贸有限公司", W, 3]]  # fmt: skip
    return book(rows, change=errors), {
        2: "reject|valid_warn", 3: "reject|valid_warn", 4: "valid",
    }  # fmt: skip


# ---- other formats (P20) -------------------------------------------------------------

PLAIN = [
    [*HEAD, "备注"],
    ["张伟", A, "甲,乙"],
    ["李娜", B, "第一行\n第二行"],
    ["王芳", C, None],
]
PLAIN_ROWS = {
    2: ("valid", None, {"name": "张伟", "remark": "甲,乙"}),
    3: ("valid", None, {"remark": "第一行 第二行"}),
    4: "valid",
}


def _as_text(name, encoding, delimiter=","):
    def build():
        return text(PLAIN, encoding, delimiter), dict(PLAIN_ROWS), {"file": "表.csv"}

    build.__name__ = f"csv_{name}"
    case("staff")(build)


for words in (
    ("utf8", "utf-8"), ("utf8_bom", "utf-8-sig"), ("gb18030", "gb18030"),
    ("utf16", "utf-16"), ("tab", "utf-8", "\t"), ("semicolon", "gb18030", ";"),
    ("tab_utf16", "utf-16", "\t"),
):  # fmt: skip
    _as_text(*words)


@case("staff")
def csv_with_wrappers_and_rounded_numbers():
    lines = [
        "姓名,身份证号,电话",
        f'张伟,="{A}",="19900000001"',
        f"李娜,\t{B},'19900000002",
        "王芳,4.10103E+17,1.99E+10",
        f"赵敏,{C}\t,19900000003.0",
    ]
    return "\r\n".join(lines).encode("gb18030"), {
        2: ("valid", None, {"id_number": A, "phone": "19900000001"}),
        3: ("valid", None, {"id_number": B, "phone": "19900000002"}),
        4: ("reject", "id_precision_lost"),
        5: ("valid", None, {"id_number": C, "phone": "19900000003"}),
    }


@case("staff")
def old_excel():
    work = xlwt.Workbook()
    sheet = work.add_sheet("名册")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    sheet.write_merge(0, 0, 0, 3, "花名册")
    for x, word in enumerate([*HEAD, "出生日期", "街道"]):
        sheet.write(1, x, word)
    for y, (name, number) in enumerate((("张伟", A), ("李娜", B)), start=2):
        sheet.write(y, 0, name)
        sheet.write(y, 1, number)
        sheet.write(y, 2, BORN, day)
    sheet.write_merge(2, 3, 3, 3, "大学路街道")
    sheet.write(4, 0, "王芳")
    sheet.write(4, 1, float(C))
    buffer = io.BytesIO()
    work.save(buffer)
    values = {"birth_date": "1985-06-15", "grid": DAXUE}
    return buffer.getvalue(), {
        3: ("valid", None, values), 4: ("valid", None, values),
        5: ("reject", "id_precision_lost"),
    }, {"header": [2], "file": "表.xlsx"}  # fmt: skip


@case("staff")
def workbook_called_csv():
    return book([HEAD, ["张伟", A]]), {2: "valid"}, {"file": "表.csv"}


@case("staff")
def huge_declared_dimension():
    content = repacked(
        book([HEAD, ["张伟", A]]),
        lambda xml: xml.replace('ref="A1:B2"', 'ref="A1:XFD1048576"'),
    )
    return content, {2: "valid"}


@case("staff")
def a_lone_blank_at_the_very_end():
    def far(work, sheet):
        sheet.cell(1_048_576, 2).value = " "

    return book([HEAD, ["张伟", A]], change=far), {2: "valid"}


# ---- hostile files -------------------------------------------------------------------


@hostile
def encrypted_package():
    name = "EncryptedPackage".encode("utf-16-le")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + name + bytes(2048), "密码"


@hostile
def zip_bomb():
    def blow(xml):
        return xml.replace("<sheetData>", "<sheetData>" + " " * (260 * 2**20))

    return repacked(book([HEAD, ["张伟", A]]), blow), "过大"


@hostile
def truncated():
    return book([HEAD, *([["张伟", A]] * 500)])[:-900], "损坏"


@hostile
def half_a_workbook():
    content = book([HEAD, *([["张伟", A]] * 500)])
    return content[: len(content) // 2], "损坏"


@hostile
def nothing():
    return b"", "空"


@hostile
def only_blanks():
    return b" \r\n \r\n", "空"


@hostile
def a_document():
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "不是"


@hostile
def a_picture():
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 8, "不是"


@hostile
def a_zip_of_other_things():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    return buffer.getvalue(), "不是"


@hostile
def a_web_page_called_xls():
    return "<html><body><p>姓名</p></body></html>".encode(), "网页"


@hostile
def an_external_entity():
    def inject(xml):
        return (
            '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
            + xml.partition("?>")[2]
            if xml.startswith("<?xml")
            else '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + xml
        )

    return repacked(book([HEAD, ["张伟", A]]), inject), "实体"


@hostile
def ten_thousand_columns():
    wide = [*HEAD, *[f"列{n}" for n in range(10_000)]]
    return book([wide, ["张伟", A, *["x"] * 10_000]]), "列"


@hostile
def an_empty_sheet():
    return book([]), "空"


@hostile
def only_a_header():
    return book([[*HEAD, "电话"]]), "没有数据"


@hostile
def no_header_at_all():
    return book([["甲", "乙"], ["1", "2"]]), "表头"


@hostile
def a_required_column_is_missing():
    return book([["姓名", "性别", "电话"], ["张伟", "男", "19900000001"]]), "身份证号"
