"""Ledgers of wages from workbooks: in, the same again, corrected, out, back."""

from datetime import date

import pytest
from django.urls import reverse

from enterprises.wages.models import Arrears, InsuranceMonth, WagePayment
from gridinspect.accounts.roles import Role
from gridinspect.imports import undoing
from grids.models import Grid
from tests.enterprises.wages.made import make_repayment
from tests.factories import make_enterprise, make_user

CODE = "91410103MA0AAAA1X9"
ARREARS = ["单位名称", "统一社会信用代码", "拖欠时间", "拖欠金额（万元）", "人数"]
ARREARS += ["登记日期", "线索来源"]
OWED = ["甲商行", CODE, "2025年11月至2026年1月", 3.5, 12, "2026-02-20", "投诉"]
CYCLES = ["单位名称", "工资月份", "应发工资", "实发工资", "发放日期", "人数"]
CYCLES += ["发放方式"]
CYCLE = ["甲商行", "2026年1月", "54,000元", 54000, "2026-02-10", 12, "打卡"]
INSURED = ["参保单位", "所属期", "险种", "应参保人数", "参保人数", "欠费"]
PENSION = ["甲商行", "202601", "城镇职工基本养老保险", 12, 11, 350.5]


@pytest.fixture
def unit(tree):
    street = Grid.objects.get(name__startswith="大学路", kind="street")
    return make_enterprise("甲商行", grid=street, uscc=CODE)


@pytest.fixture
def bureau(tree):
    return make_user(grid=tree, role=Role.DISTRICT_BUREAU)


def outcomes(batch):
    return [(row.outcome, row.action, row.reason) for row in batch.seen]


def undo(batch):
    return undoing.undo_batch(batch=batch, by=batch.owner)


def exported(client, kind, query=""):
    return client.get(reverse("imports:export", args=[kind]) + query).content


def test_arrears_go_in_once_and_back(unit, run):
    batch = run("arrears", [ARREARS, OWED], apply="all")
    assert outcomes(batch) == [("valid_warn", "new", "in_ten_thousands")]
    line = Arrears.objects.get()
    assert (line.enterprise, line.kind, line.amount) == (unit, "wages", 35_000)
    assert (line.month_from, line.month_to) == (date(2025, 11, 1), date(2026, 1, 1))
    assert (line.persons, line.source) == (12, "complaint")
    assert outcomes(run("arrears", [ARREARS, OWED]))[0][1] == "same"
    more = [*OWED[:4], 15, *OWED[5:]]
    corrected = run("arrears", [ARREARS, more], apply="all")
    assert corrected.seen[0].changes == {"persons": [12, 15]}
    undo(corrected)
    assert Arrears.objects.get().persons == 12
    undo(batch)
    assert not Arrears.objects.exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({0: "乙商行", 1: None}, "unit_unknown"),
        ({2: "去年"}, "period_invalid"),
        ({2: None}, "month_from_missing"),
        ({2: "2026年3月"}, "arrears_month_to"),
        ({2: "2026-01至2025-11"}, "arrears_month_to"),
        ({3: "很多"}, "amount_invalid"),
        ({3: -1}, "amount_negative"),
        ({4: 0}, "nothing_owed"),
        ({6: "听说"}, "source_invalid"),
    ],
)
def test_arrears_that_do_not_go_in(changes, reason, unit, run):
    row = [changes.get(place, value) for place, value in enumerate(OWED)]
    ((outcome, _, found),) = outcomes(run("arrears", [ARREARS, row]))
    assert (outcome, found) == ("reject", reason)


def test_arrears_by_code_and_by_name_are_one_line(unit, run):
    again = [OWED[0], None, *OWED[2:]]
    batch = run("arrears", [ARREARS, OWED, again], apply="all")
    assert [row.outcome for row in batch.seen] == ["valid_warn", "duplicate"]
    assert Arrears.objects.count() == 1


def test_arrears_that_were_paid_stay(unit, run):
    batch = run("arrears", [ARREARS, OWED], apply="all")
    make_repayment(Arrears.objects.get(), paid_on=date(2026, 2, 25), amount=1_000)
    with pytest.raises(undoing.BuiltOn, match="第2行已有补发补缴"):
        undo(batch)


def test_arrears_that_were_settled_stay(unit, run):
    batch = run("arrears", [ARREARS, OWED], apply="all")
    Arrears.objects.update(settled_on=date(2026, 2, 27), settlement="调解")
    with pytest.raises(undoing.BuiltOn, match="“结清日期”后来又有修改"):
        undo(batch)
    more = [*OWED[:4], 15, *OWED[5:]]
    assert outcomes(run("arrears", [ARREARS, more])) == [
        ("reject", "none", "arrears_persons")
    ]


def test_arrears_of_a_neighbour_are_refused(unit, run, tree):
    street = Grid.objects.get(name__startswith="淮河路", kind="street")
    leader = make_user(grid=street, role=Role.SQUAD_LEADER)
    batch = run("arrears", [ARREARS, OWED], by=leader)
    assert batch.seen[0].is_rejected
    assert "outside_scope" in [issue.code for issue in batch.seen[0].issues]


def test_untouched_ledgers_change_nothing(unit, run, bureau, bureau_client):
    run("arrears", [ARREARS, OWED], apply="all")
    run("wages", [CYCLES, CYCLE], apply="all")
    run("insurance", [INSURED, PENSION], apply="all")
    for kind in ("arrears", "wages", "insurance"):
        batch = run(kind, exported(bureau_client, kind, "?state="), by=bureau)
        assert outcomes(batch) == [("valid", "same", None)], batch.seen[0].message


def test_pay_cycles_go_in_once_and_back(unit, run):
    batch = run("wages", [CYCLES, CYCLE], apply="all")
    assert outcomes(batch) == [("valid", "new", None)]
    cycle = WagePayment.objects.get()
    assert (cycle.cycle_from, cycle.cycle_to) == (date(2026, 1, 1), date(2026, 1, 31))
    assert (cycle.payable, cycle.method) == (54_000, "bank")
    assert outcomes(run("wages", [CYCLES, CYCLE])) == [("valid", "same", None)]
    undo(batch)
    assert not WagePayment.objects.exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({3: 60_000}, "wages_paid"),
        ({1: "2025年12月", 4: None}, "wages_paid_on"),
        ({1: "2026-01-15"}, "wages_cycle_from"),
        ({1: "2099年4月"}, "date_future"),
    ],
)
def test_pay_cycles_that_do_not_go_in(changes, reason, unit, run):
    run("wages", [CYCLES, CYCLE], apply="all")
    row = [changes.get(place, value) for place, value in enumerate(CYCLE)]
    assert outcomes(run("wages", [CYCLES, row])) == [("reject", "none", reason)]


def test_insurance_goes_in_once_and_back(unit, run):
    batch = run("insurance", [INSURED, PENSION], apply="all")
    month = InsuranceMonth.objects.get()
    assert (month.insurance, month.due, month.insured) == ("pension", 12, 11)
    assert f"{month.owed:.2f}" == "350.50"
    assert outcomes(run("insurance", [INSURED, PENSION])) == [("valid", "same", None)]
    wrong = [*PENSION[:4], 13, None]
    assert outcomes(run("insurance", [INSURED, wrong])) == [
        ("reject", "none", "insured_of_due")
    ]
    undo(batch)
    assert not InsuranceMonth.objects.exists()


def test_a_ledger_asks_the_same_number_of_queries(
    unit,
    run,
    django_assert_max_num_queries,
):
    rows = [[*OWED[:2], f"20{year}年1月", *OWED[3:]] for year in range(10, 26)]
    with django_assert_max_num_queries(60):
        batch = run("arrears", [ARREARS, *rows], apply="all")
    assert batch.counts["new"] == len(rows)


def test_full_width_words_that_somebody_typed_are_no_change(
    unit, run, bureau, bureau_client
):
    """A cell loses its full-width brackets (P4); the stored text keeps them."""
    run("arrears", [ARREARS, OWED], apply="all")
    Arrears.objects.update(note="老板（法人）失联，\n已报警")
    batch = run("arrears", exported(bureau_client, "arrears", "?state="), by=bureau)
    assert outcomes(batch) == [("valid", "same", None)], batch.seen[0].changes
    assert "，" in Arrears.objects.get().note


def test_the_preview_of_a_refused_row_says_what_was_read(unit, run, client):
    batch = run("arrears", [ARREARS, ["丙商行", None, *OWED[2:]]])
    client.force_login(batch.owner)
    page = client.get(batch.get_absolute_url()).content.decode()
    assert "35000.00" in page
    assert "2025-11-01 至 2026-01-01" in page
