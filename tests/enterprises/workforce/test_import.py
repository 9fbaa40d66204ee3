"""职工名册 from workbooks: in, the same again, out, leaving, renewing, and back."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from enterprises.workforce.models import Contract, Worker
from gridinspect.accounts.roles import Role
from gridinspect.imports import services, undoing
from gridinspect.imports.registry import resource_for
from gridinspect.imports.templates import template_bytes
from tests.enterprises.workforce.factories import (
    CITIZENS,
    make_contract,
    make_filing,
    make_worker,
)
from tests.factories import make_district, make_enterprise, make_grid, make_user

MAN, WOMAN, OTHER = CITIZENS
CODE = "91410103MA0AAAA1X9"
UNIT = "郑州甲商行"
HEAD = [
    "用人单位名称", "职工姓名", "性别", "身份证号码", "户籍所在地", "联系电话",
    "用工形式", "入职时间", "合同期限", "户口性质", "岗位", "工资", "社会保险",
    "变动情况", "离职时间",
]  # fmt: skip
ZHAO = [
    UNIT, "赵小川", "男", MAN, "河南省郑州市二七区某路1号", "13800000000", "合同工",
    "2024-03-01", "三年", "农村", "装配工", "4,500元", "五险", None, None,
]  # fmt: skip


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def street(erqi):
    return make_grid("大学路街道", kind="street", parent=erqi)


@pytest.fixture
def unit(street):
    return make_enterprise(UNIT, grid=street, uscc=CODE)


@pytest.fixture
def clerk(erqi):
    return make_user(grid=erqi, role=Role.DISTRICT_BUREAU)


@pytest.fixture
def load(erqi, clerk, unit):
    def run(*rows, apply="all", by=clerk, head=HEAD, content=None, place=erqi):
        if content is None:
            book, stream = Workbook(), BytesIO()
            for row in (head, *rows):
                book.active.append(row)
            book.save(stream)
            content = stream.getvalue()
        seen = []
        batch = services.keep_file(
            kind="workers",
            file=BytesIO(content),
            name="职工名册.xlsx",
            place=place,
            district_code=place.code,
            by=by,
            as_of=date(2026, 11, 2),
        )
        services.check_batch(batch, watch=seen.extend)
        if apply:
            batch = services.apply_batch(batch=batch, mode=apply, by=by)
        batch.seen = seen
        return batch

    return run


def outcome(batch):
    return [(row.outcome, row.action, row.reason) for row in batch.seen]


def but(row, **changes):
    """Return a row with some cells changed, by the place of the heading."""
    cells = list(row)
    for head, value in changes.items():
        cells[HEAD.index(head)] = value
    return cells


def test_a_roster_of_an_office_goes_in(load, unit):
    batch = load(ZHAO)
    assert outcome(batch) == [("valid", "new", None)]
    worker = Worker.objects.get()
    assert (worker.enterprise, worker.name, worker.gender) == (unit, "赵小川", "male")
    assert worker.id_number == MAN
    assert worker.birth_date == date(1985, 6, 15)
    assert worker.phone == "13800000000"
    assert worker.household_address.endswith("某路1号")
    assert worker.employment_form == "full_time"
    assert worker.category == "migrant"  # a rural household
    assert worker.wage == Decimal("4500.00")
    assert worker.insurances == "pension,medical,unemployment,injury,maternity"
    contract = Contract.objects.get()
    assert (contract.kind, contract.begins_on) == ("fixed", date(2024, 3, 1))
    assert contract.ends_on == date(2027, 2, 28)


def test_the_same_again_changes_nothing_and_a_blank_never_wipes(load):
    load(ZHAO)
    assert outcome(load(ZHAO)) == [("valid", "same", None)]
    emptied = but(
        ZHAO, 联系电话=None, 岗位=None, 工资=None, 合同期限=None, 社会保险=None
    )
    assert outcome(load(emptied)) == [("valid", "same", None)]
    assert Worker.objects.get().phone == "13800000000"
    assert Contract.objects.count() == 1


def test_what_changed_is_shown_and_undone(load):
    load(ZHAO)
    batch = load(but(ZHAO, 岗位="质检员", 工资=5000, 合同期限="无固定期限"))
    (row,) = batch.seen
    assert row.changes["post"] == ["装配工", "质检员"]
    assert row.changes["wage"] == ["4500.00", "5000.00"]
    assert "无固定期限" in row.changes["contract"][1]
    worker = Worker.objects.get()
    assert (worker.post, worker.wage) == ("质检员", Decimal("5000.00"))
    assert Contract.objects.get().ends_on is None
    undoing.undo_batch(batch=batch, by=batch.owner)
    worker.refresh_from_db()
    assert (worker.post, worker.wage) == ("装配工", Decimal("4500.00"))
    assert Contract.objects.get().ends_on == date(2027, 2, 28)


def test_leaving_and_coming_back(load):
    load(ZHAO)
    gone = but(ZHAO, 变动情况="辞职", 离职时间="2026-10-15")
    batch = load(gone)
    worker = Worker.objects.get()
    assert (worker.until, worker.ending) == (date(2026, 10, 15), "dissolved")
    assert outcome(load(gone)) == [("valid", "same", None)]
    load(but(ZHAO, 入职时间="2026-11-01"))
    assert Worker.objects.count() == 2
    assert Worker.objects.get(until=None).since == date(2026, 11, 1)
    assert batch.owner


def test_leaving_without_a_day_takes_the_day_of_the_import(load):
    load(ZHAO)
    batch = load(but(ZHAO, 变动情况="终止"))
    assert outcome(batch) == [("valid_warn", "changed", "left_on_assumed")]
    assert Worker.objects.get().until == date(2026, 11, 2)
    undoing.undo_batch(batch=batch, by=batch.owner)
    worker = Worker.objects.get()
    assert (worker.until, worker.ending) == (None, "")


def test_a_renewal_is_a_further_contract(load):
    load(ZHAO)
    batch = load(but(ZHAO, 合同期限="2027-03-01至2030-02-28", 变动情况="续签"))
    assert [row.action for row in batch.seen] == ["changed"]
    assert Contract.objects.count() == 2
    undoing.undo_batch(batch=batch, by=batch.owner)
    assert Contract.objects.get().ends_on == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"用人单位名称": None}, "unit_missing"),
        ({"用人单位名称": "郑州没有商行"}, "unit_unknown"),
        ({"身份证号码": "410103198506150013"}, "id_check_digit"),
        ({"身份证号码": None}, "id_number_missing"),
        ({"性别": "女"}, "gender_mismatch"),
        ({"入职时间": None}, "since_missing"),
        ({"入职时间": "2099-01-01"}, "date_future"),
        ({"入职时间": "1980-01-01"}, "since_before_birth"),
        ({"用工形式": "承包"}, "form_invalid"),
        ({"工资": -1}, "wage_negative"),
        ({"工资": "面议"}, "wage_invalid"),
        ({"变动情况": "解除", "离职时间": "2023-01-01"}, "left_before_since"),
        ({"离职时间": "2026-01-01"}, "change_missing"),
    ],
)
def test_rows_that_do_not_go_in(changes, reason, load):
    batch = load(but(ZHAO, **changes), apply="")
    assert [(row.outcome, row.reason) for row in batch.seen] == [("reject", reason)]
    assert not Worker.objects.exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"入职时间": "2000-06-01"}, "child_labour"),  # not yet fifteen
        ({"合同期限": "若干"}, "term_unknown"),
        ({"社会保险": "不清楚"}, "insurances_unknown"),
        ({"身份证号码": "E12345678", "性别": "男"}, "other_paper"),
        ({"身份证号码": "410103850615001", "性别": "男"}, "id_15_converted"),
    ],
)
def test_rows_that_go_in_with_a_word(changes, reason, load):
    batch = load(but(ZHAO, **changes))
    assert [(row.outcome, row.reason) for row in batch.seen] == [("valid_warn", reason)]
    assert Worker.objects.count() == 1


def test_child_labour_names_the_clause(load):
    batch = load(but(ZHAO, 入职时间="2000-06-01"), apply="")
    assert "禁止使用童工规定第二条" in batch.seen[0].message


def test_one_person_under_two_names_of_the_unit_is_told(load):
    head = [*HEAD, "统一社会信用代码"]
    batch = load([*ZHAO, None], [None, *ZHAO[1:], CODE], apply="", head=head)
    assert [row.reason for row in batch.seen] == [None, "worker_twice"]


def test_the_code_finds_the_unit_before_its_name(load, street):
    make_enterprise(UNIT, grid=street)  # another one of that name
    assert outcome(load(ZHAO, apply=""))[0][2] == "unit_ambiguous"
    head = [*HEAD, "信用代码"]
    batch = load([*ZHAO, CODE], head=head)
    assert outcome(batch) == [("valid", "new", None)]


def test_a_neighbour_cannot_write_and_a_street_only_its_own(load, erqi, street):
    other = make_district("管城区", city=erqi.city, code="410104")
    clerk = make_user(grid=other, role=Role.DISTRICT_BUREAU)
    batch = load(ZHAO, by=clerk, place=other, apply="")
    assert outcome(batch) == [("reject", "none", "unit_unknown")]
    beside = make_grid("淮河路街道", kind="street", parent=erqi)
    squad = make_user(grid=beside, role=Role.SQUAD_LEADER)
    batch = load(ZHAO, by=squad, apply="")
    assert outcome(batch) == [("reject", "none", "outside_scope")]


def test_an_untouched_export_changes_nothing(load, unit, clerk, client):
    load(ZHAO, but(ZHAO, 职工姓名="钱丽", 性别=None, 身份证号码=WOMAN, 合同期限=None))
    client.force_login(clerk)
    content = client.get(reverse("imports:export", args=["workers"])).content
    cells = [c.value for row in load_workbook(BytesIO(content)).active for c in row]
    assert MAN not in cells
    assert "410103********0012" in cells
    batch = load(content=content)
    assert outcome(batch) == [("valid", "same", None)] * 2


def test_a_new_roster_is_undone_unless_something_was_built_on_it(load, unit):
    batch = load(ZHAO)
    undoing.undo_batch(batch=batch, by=batch.owner)
    assert not Worker.objects.exists()
    assert not Contract.objects.exists()
    batch = load(ZHAO)
    Worker.objects.update(hire_filing=make_filing(unit))
    with pytest.raises(Exception, match="备案"):
        undoing.undo_batch(batch=batch, by=batch.owner)


def test_the_template_offers_the_lists(erqi, clerk):
    content = template_bytes(resource_for("workers"), erqi)
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    listed = {str(v.formula1) for v in sheet.data_validations.dataValidation}
    assert any("固定期限" in one or "!" in one for one in listed)


def test_the_check_asks_a_fixed_number_of_questions(
    load, unit, django_assert_max_num_queries
):
    for name, number in (("甲", MAN), ("乙", WOMAN)):
        make_contract(make_worker(unit, f"王{name}", number=number))
    rows = [but(ZHAO, 职工姓名=f"王{n}", 性别=None, 身份证号码=i) for n, i in
            (("甲", MAN), ("乙", WOMAN), ("丙", OTHER))]  # fmt: skip
    with django_assert_max_num_queries(40):
        batch = load(*rows, apply="")
    assert [row.action for row in batch.seen] == ["changed", "changed", "new"]
