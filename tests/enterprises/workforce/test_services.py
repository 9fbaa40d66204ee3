"""Rosters, filings and papers: what is written, refused, traced, and taken back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from enterprises.workforce.limits import FilingLaw
from enterprises.workforce.models import Agreement, Contract, Filing, Worker
from enterprises.workforce.services import filings, papers, workers
from enterprises.workforce.services.common import (
    EditedMeanwhile,
    Refused,
    mask_address,
)
from gridinspect.audit.models import Event
from tests.enterprises.workforce.factories import (
    CITIZENS,
    make_contract,
    make_filing,
    make_worker,
)
from tests.factories import TODAY, make_enterprise, make_grid, make_user

pytestmark = pytest.mark.django_db
MAN, WOMAN, _ = CITIZENS


@pytest.fixture
def unit(erqi):
    return make_enterprise("郑州甲商行", grid=make_grid(kind="street", parent=erqi))


@pytest.fixture
def by(erqi):
    return make_user(grid=erqi)


def add(unit, by, **fields):
    said = {"name": "赵小川", "id_number": MAN, "since": date(2026, 3, 2)} | fields
    return workers.add_worker(enterprise=unit, by=by, **said)


def test_a_number_says_sex_and_birth_and_the_trail_says_no_number(unit, by):
    contract = {"kind": "fixed", "begins_on": date(2026, 3, 2)}
    contract["ends_on"] = date(2029, 3, 1)
    worker = add(unit, by, household_kind="rural", contract=contract)
    assert (worker.gender, worker.birth_date) == ("male", date(1985, 6, 15))
    assert worker.category == "migrant"
    assert worker.contracts.get().ends_on == date(2029, 3, 1)
    event = Event.objects.get(verb="worker.added")
    assert event.path == unit.grid.path
    assert MAN not in str(event.data)
    assert Worker.objects.get(pk=worker.pk).id_number == MAN


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"id_number": "410103198506150013"}, "校验位"),
        ({"id_number": ""}, "请填写"),
        ({"since": date(2099, 1, 1)}, "晚于今天"),
        ({"wage": Decimal(-1)}, "负数"),
    ],
)
def test_what_is_not_taken_on(unit, by, fields, words):
    with pytest.raises(Refused, match=words):
        add(unit, by, **fields)
    assert not Worker.objects.exists()


def test_nobody_is_twice_in_one_roster(unit, by):
    add(unit, by)
    with pytest.raises(Refused, match="已有这个身份证号"):
        add(unit, by)
    other = make_enterprise(grid=unit.grid)
    add(other, by)  # elsewhere a person may work too
    assert Worker.objects.count() == 2


def test_a_child_goes_in_with_a_word(unit, by):
    child = add(unit, by, since=date(2000, 3, 1))
    finding = workers.finding_of(child)
    assert finding.is_child
    assert "禁止使用童工规定第二条" in finding.message


def test_two_people_change_one_worker(unit, by):
    worker = add(unit, by)
    workers.change_worker(worker=worker, edition=1, by=by, post="质检员", phone="")
    with pytest.raises(EditedMeanwhile):
        workers.change_worker(worker=worker, edition=1, by=by, post="司机")
    worker.refresh_from_db()
    assert (worker.post, worker.edition) == ("质检员", 2)
    workers.change_worker(
        worker=worker, edition=2, by=by, phone="13800000000", id_number=WOMAN
    )
    event = Event.objects.filter(verb="worker.changed").latest("pk")
    assert event.data["after"]["phone"] == "138****0000"
    assert WOMAN not in str(event.data)
    worker.refresh_from_db()
    assert worker.gender == "female"


def test_leaving_and_taking_it_back(unit, by):
    worker = add(unit, by)
    with pytest.raises(Refused, match="不能早于"):
        workers.end_employment(
            worker=worker, until=date(2026, 3, 1), ending="expired", edition=1, by=by
        )
    left = workers.end_employment(
        worker=worker, until=date(2026, 3, 2), ending="expired", edition=1, by=by
    )
    assert left.until == date(2026, 3, 2)
    with pytest.raises(Refused, match="不能再次"):
        workers.end_employment(
            worker=worker, until=date(2026, 4, 2), ending="expired", edition=2, by=by
        )
    back = workers.undo_ending(worker=worker, edition=2, by=by)
    assert (back.until, back.ending) == (None, "")


def test_a_line_is_removed_unless_it_was_filed(unit, by):
    worker = add(unit, by)
    Worker.objects.update(hire_filing=make_filing(unit))
    with pytest.raises(Refused, match="已办用工备案"):
        workers.remove_worker(worker=worker, reason="录错", by=by)
    Worker.objects.update(hire_filing=None)
    workers.remove_worker(worker=worker, reason="录错", by=by)
    assert not Worker.objects.exists()
    assert Event.objects.get(verb="worker.removed").data["reason"] == "录错"


def test_contracts_of_one_day_and_reversed_ones_are_refused(unit, by):
    worker = add(unit, by)
    day = date(2026, 3, 2)
    workers.add_contract(worker=worker, by=by, kind="open", begins_on=day)
    with pytest.raises(Refused, match="同一天"):
        workers.add_contract(worker=worker, by=by, kind="open", begins_on=day)
    with pytest.raises(Refused, match="早于起始"):
        workers.add_contract(
            worker=worker,
            by=by,
            kind="fixed",
            begins_on=date(2027, 1, 1),
            ends_on=date(2026, 12, 31),
        )
    with pytest.raises(Refused, match="终止日期"):
        workers.add_contract(
            worker=worker, by=by, kind="fixed", begins_on=date(2027, 1, 1)
        )
    assert Contract.objects.count() == 1


def test_full_numbers_cost_a_reason(unit, by):
    worker = add(unit, by, phone="13800000000")
    with pytest.raises(Refused, match="理由"):
        workers.reveal_worker(worker=worker, reason=" ", by=by)
    shown = workers.reveal_worker(worker=worker, reason="核对投诉", by=by)
    assert shown["公民身份号码"] == MAN
    assert Event.objects.get(verb="worker.revealed").data == {"reason": "核对投诉"}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("河南省郑州市二七区某路1号", "河南省郑州市二七区***"),
        ("某村3组", "某村3***"),
        ("某", "***"),
    ],
)
def test_homes_are_masked(address, shown):
    assert mask_address(address) == shown


# --- filings --------------------------------------------------------------------------


def test_the_first_filing_takes_all_and_marks_the_late(unit, by):
    late = make_worker(unit, since=date(2026, 8, 3))
    make_worker(unit, since=date(2026, 10, 12))
    contract = make_contract(late)
    day = date(2026, 11, 2)
    filing = filings.file_persons(enterprise=unit, filed_on=day, by=by)
    assert filing.kind == Filing.Kind.FIRST
    assert (filing.person_count, filing.late_count) == (2, 1)
    assert filing.due_on == date(2026, 9, 2)
    contract.refresh_from_db()
    assert contract.filing == filing  # goes with the hire
    assert not filings.duties_of(unit, day, law=FilingLaw())
    with pytest.raises(Refused, match="没有可以备案"):
        filings.file_persons(enterprise=unit, filed_on=day, by=by)


def test_only_the_chosen_are_filed_and_the_next_one_is_a_change(unit, by):
    first, second = make_worker(unit, "甲"), make_worker(unit, "乙")
    made = filings.file_persons(
        enterprise=unit, filed_on=date(2026, 11, 2), by=by, chosen=[f"T31:{first.pk}"]
    )
    assert made.person_count == 1
    with pytest.raises(Refused, match="已由他人"):
        filings.file_persons(
            enterprise=unit,
            filed_on=date(2026, 11, 2),
            by=by,
            chosen=[f"T31:{first.pk}"],
        )
    second.refresh_from_db()
    assert second.hire_filing is None
    change = filings.file_persons(enterprise=unit, filed_on=date(2026, 11, 3), by=by)
    assert change.kind == Filing.Kind.CHANGE
    with pytest.raises(Refused, match="先撤销后来的"):
        filings.void_filing(filing=made, reason="录错", by=by)
    filings.void_filing(filing=change, reason="录错", by=by)
    assert [d.name for d in filings.duties_of(unit, TODAY(), law=FilingLaw())] == ["乙"]


def test_an_ending_is_filed_within_seven_working_days(unit, by):
    first = make_filing(unit)
    left = make_worker(unit, until=date(2026, 11, 2), hire_filing=first)
    (duty,) = filings.duties_of(unit, date(2026, 11, 12), law=FilingLaw())
    assert (duty.label, duty.due.on) == ("解除（终止）", date(2026, 11, 11))
    assert duty.days_late == 1
    made = filings.file_persons(enterprise=unit, filed_on=date(2026, 11, 12), by=by)
    assert made.late_count == 1
    left.refresh_from_db()
    assert left.end_filing == made


def test_the_unit_itself_is_filed(unit, by):
    day = date(2026, 9, 1)
    with pytest.raises(Refused, match="变更事项"):
        filings.file_unit(
            enterprise=unit, kind="unit", happened_on=day, filed_on=day, by=by
        )
    made = filings.file_unit(
        enterprise=unit,
        kind="unit",
        happened_on=day,
        filed_on=date(2026, 10, 9),
        what="法定代表人变更",
        by=by,
    )
    assert (made.due_on, made.late_count) == (date(2026, 10, 1), 1)
    gone = {"kind": "cancellation", "happened_on": day, "filed_on": day}
    filings.file_unit(enterprise=unit, by=by, **gone)
    with pytest.raises(Refused, match="不能重复"):
        filings.file_unit(enterprise=unit, by=by, **gone)
    assert unit.filings.filter(kind="cancellation").count() == 1


# --- papers ---------------------------------------------------------------------------


def test_a_collective_contract_is_due_ten_days_after_signing(unit, by):
    signed = date(2026, 11, 2)
    paper = papers.add_agreement(
        enterprise=unit,
        by=by,
        kind="collective",
        signed_on=signed,
        begins_on=signed,
        ends_on=date(2029, 11, 1),
    )
    assert paper.due_on == date(2026, 11, 12)
    ended = papers.end_agreement(
        agreement=paper, ended_on=TODAY(), reason="单位注销", edition=1, by=by
    )
    assert not Agreement.objects.running(TODAY()).exists()
    with pytest.raises(EditedMeanwhile):
        papers.change_agreement(agreement=ended, edition=1, by=by, number="1")


def test_special_hours_need_an_approval(unit, by):
    with pytest.raises(Refused, match="批准文号"):
        papers.add_agreement(
            enterprise=unit, by=by, kind="cycle", begins_on=date(2026, 1, 1)
        )
    with pytest.raises(Refused, match="不能早于有效期自"):
        papers.add_agreement(
            enterprise=unit,
            by=by,
            kind="dispatch",
            begins_on=date(2026, 1, 2),
            ends_on=date(2026, 1, 1),
        )


def test_papers_that_end_soon(unit, by):
    today = TODAY()
    for days in (0, 30, 31):
        papers.add_agreement(
            enterprise=unit,
            by=by,
            kind="dispatch",
            number=str(days),
            begins_on=date(2026, 1, 1),
            ends_on=today + timedelta(days=days),
        )
    found = Agreement.objects.expiring(today, 30).order_by("ends_on")
    assert [paper.number for paper in found] == ["0", "30"]


def test_a_period_is_noted_once(unit, by):
    said = {"kind": "fund", "year": 2026, "quarter": 0, "people": 0}
    said |= {"total": Decimal(100), "filed_on": date(2026, 1, 20)}
    row = papers.add_payroll(enterprise=unit, by=by, **said)
    assert row.average is None
    with pytest.raises(Refused, match="请修改原登记"):
        papers.add_payroll(enterprise=unit, by=by, **said)
    changed = papers.change_payroll(payroll=row, edition=1, by=by, people=4)
    assert changed.average == 25
