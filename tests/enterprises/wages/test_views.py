"""The pages of arrears, pay cycles, insurance and projects."""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse

from enterprises.wages.models import (
    AccountBalance,
    Arrears,
    InsuranceMonth,
    Project,
    ProjectCheck,
    WageClass,
    WagePayment,
)
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from tests.enterprises.wages.made import (
    make_arrears,
    make_balance,
    make_check,
    make_payment,
    make_project,
)
from tests.factories import TODAY, make_enterprise, make_grid, make_policy, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit(community):
    return make_enterprise("郑州甲建筑有限公司", grid=community)


@pytest.fixture
def assistant_client(client, community):
    client.force_login(make_user(grid=community, role=Role.ASSISTANT))
    return client


def url(page, *args, **query):
    return reverse(f"wages:{page}", args=args, query=query or None)


ARREARS = {
    "kind": "wages",
    "month_from": "2026-06",
    "month_to": "2026-08",
    "amount": "30000",
    "persons": "6",
    "source": "visit",
    "found_on": "2026-09-10",
    "note": "两个班组未发",
}


# --- arrears --------------------------------------------------------------------------


def test_arrears_are_recorded_repaid_and_so_settled(bureau_client, unit):
    response = bureau_client.post(url("arrears-add", unit.pk), ARREARS)
    arrears = Arrears.objects.get()
    assert response.url == arrears.get_absolute_url()
    assert (arrears.month_from, arrears.months) == (date(2026, 6, 1), 3)
    assert arrears.district == unit.district
    paid = {"paid_on": "2026-09-20", "amount": "10000"}
    bureau_client.post(url("arrears-repay", arrears.pk), paid)
    page = bureau_client.get(arrears.get_absolute_url()).content.decode()
    assert "20,000.00 元" in page
    bureau_client.post(url("arrears-repay", arrears.pk), paid | {"amount": "20000.00"})
    arrears.refresh_from_db()
    assert arrears.settled_on == date(2026, 9, 20)
    verbs = [event.verb for event in history(unit)]
    assert verbs == ["arrears.repaid", "arrears.repaid", "arrears.recorded"]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"amount": "0"}, "amount", "0.01"),
        ({"amount": "-5"}, "amount", "0.01"),
        ({"persons": "0"}, "persons", "1"),
        ({"persons": "1.5"}, "persons", "整数"),
        ({"month_to": "2026-05"}, "month_to", "早于"),
        ({"month_to": "2026-10"}, "month_to", "晚于发现日期"),
        ({"month_from": "六月"}, "month_from", "2026-06"),
        ({"found_on": "2126-01-01"}, "found_on", "晚于今天"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    bureau_client, unit, changes, field, words
):
    response = bureau_client.post(url("arrears-add", unit.pk), ARREARS | changes)
    assert response.status_code == 200
    assert words in str(response.context["form"].errors[field])
    assert "两个班组未发" in response.content.decode()
    assert not Arrears.objects.exists()


def test_the_same_months_twice_are_refused(bureau_client, unit):
    bureau_client.post(url("arrears-add", unit.pk), ARREARS)
    response = bureau_client.post(url("arrears-add", unit.pk), ARREARS)
    assert "已经登记过" in response.content.decode()
    assert Arrears.objects.count() == 1


def test_what_was_withdrawn_may_be_recorded_again_rightly(bureau_client, unit):
    bureau_client.post(url("arrears-add", unit.pk), ARREARS)
    wrong = Arrears.objects.get()
    bureau_client.post(url("arrears-withdraw", wrong.pk), {"reason": "录错单位"})
    wrong.refresh_from_db()
    assert (wrong.withdrawn_on, wrong.withdrawal_reason) == (TODAY(), "录错单位")
    bureau_client.post(url("arrears-add", unit.pk), ARREARS)
    assert Arrears.objects.valid().count() == 1
    refused = bureau_client.post(
        url("arrears-repay", wrong.pk), {"paid_on": "2026-09-20", "amount": "1"}
    )
    assert "撤销" in refused.content.decode()


def test_nobody_without_cases_reads_that_a_complaint_was_the_source(
    client, unit, community, erqi
):
    arrears = make_arrears(unit, source="complaint")
    pages = [
        arrears.get_absolute_url(),
        url("arrears-list"),
        f"{unit.get_absolute_url()}?tab=wages",
        f"{unit.get_absolute_url()}?tab=timeline",
        url("arrears-change", arrears.pk),
    ]
    client.force_login(make_user(grid=community, role=Role.ASSISTANT))
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200
        assert "举报投诉" not in response.content.decode(), page
    client.force_login(make_user(grid=erqi, role=Role.LEADER))
    assert "举报投诉" in client.get(url("arrears-list")).content.decode()


def test_the_list_filters_and_its_export_holds_the_same_rows(bureau_client, unit):
    make_arrears(unit, month_from=date(2026, 3, 1), month_to=date(2026, 6, 1))
    make_arrears(make_enterprise("郑州乙食品有限公司", grid=unit.grid))
    make_arrears(unit, kind="pension", settled_on=TODAY())

    def names(**query):
        table = bureau_client.get(url("arrears-list", **query)).context["table"]
        return [(row.object.enterprise.name, row.object.kind) for row in table.rows]

    assert len(names()) == 2  # only what is open
    assert names(state="", months="3") == [(unit.name, "wages")]
    assert names(state="settled") == [(unit.name, "pension")]
    assert names(unit="乙食品") == [("郑州乙食品有限公司", "wages")]
    assert names(state="", kind="insurance") == [(unit.name, "pension")]
    response = bureau_client.get(url("arrears-export", unit="乙食品"))
    sheet = openpyxl.load_workbook(BytesIO(response.content)).active
    text = [cell.value for row in sheet.iter_rows() for cell in row if cell.value]
    assert "郑州乙食品有限公司" in text
    assert unit.name not in text


def test_an_assistant_records_and_a_neighbour_does_not_see(
    assistant_client, unit, huiji
):
    assert assistant_client.get(url("arrears-add", unit.pk)).status_code == 200
    foreign = make_arrears(make_enterprise(grid=huiji))
    assert assistant_client.get(foreign.get_absolute_url()).status_code == 404
    assert assistant_client.get(url("arrears-repay", foreign.pk)).status_code == 404


def test_the_list_asks_few_queries(
    bureau_client, unit, street, django_assert_max_num_queries
):
    for number in range(15):
        grid = make_grid(f"第{number}社区", parent=street)
        make_arrears(make_enterprise(grid=grid))
    with django_assert_max_num_queries(14):
        assert len(bureau_client.get(url("arrears-list")).context["table"].rows) == 15


# --- pay cycles and insurance ---------------------------------------------------------

CYCLE = {
    "cycle_from": "2026-09-01",
    "cycle_to": "2026-09-30",
    "due_on": "2026-10-15",
    "paid_on": "2026-10-20",
    "payable": "50000",
    "paid": "50000",
    "persons": "10",
    "below_minimum": "2",
    "method": "bank",
    "note": "",
}


def test_a_pay_cycle_is_kept_and_corrected(bureau_client, unit):
    bureau_client.post(url("payment-add", unit.pk), CYCLE)
    row = WagePayment.objects.get()
    assert (row.below_minimum, row.district) == (2, unit.district)
    page = bureau_client.get(f"{unit.get_absolute_url()}?tab=wages").content.decode()
    assert "晚 5 天" in page
    again = bureau_client.post(url("payment-add", unit.pk), CYCLE)
    assert "重叠" in again.content.decode()
    bureau_client.post(url("payment-change", row.pk), CYCLE | {"persons": "12"})
    row.refresh_from_db()
    assert row.persons == 12


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"payable": "-1"}, "payable"),
        ({"paid": "50000.01"}, "paid"),
        ({"paid_on": ""}, "paid_on"),
        ({"below_minimum": "11"}, "below_minimum"),
        ({"cycle_to": "2026-08-01"}, "cycle_to"),
    ],
)
def test_a_faulty_pay_cycle_is_refused_at_its_field(
    bureau_client, unit, changes, field
):
    response = bureau_client.post(url("payment-add", unit.pk), CYCLE | changes)
    assert response.context["form"].errors[field]
    assert not WagePayment.objects.exists()


def test_insurance_is_entered_by_month_and_corrected(bureau_client, unit):
    typed = {
        "month": "2026-09",
        "pension_due": "10",
        "pension_insured": "8",
        "pension_base": "42000",
        "pension_owed": "1200.50",
        "injury_due": "10",
        "injury_insured": "10",
    }
    bureau_client.post(url("insurance", unit.pk), typed)
    assert InsuranceMonth.objects.count() == 2
    page = bureau_client.get(f"{unit.get_absolute_url()}?tab=insurance")
    assert "90.0%" in page.content.decode()
    bureau_client.post(url("insurance", unit.pk), typed | {"pension_insured": "9"})
    row = InsuranceMonth.objects.get(insurance="pension")
    assert (row.insured, row.owed) == (9, Decimal("1200.50"))
    form = bureau_client.get(url("insurance", unit.pk, month="2026-09"))
    assert form.context["form"].initial["pension_insured"] == 9


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pension_insured": "11"}, "pension_insured"),
        ({"pension_insured": ""}, "pension_insured"),
        ({"pension_due": "-1"}, "pension_due"),
        ({"pension_due": "", "pension_insured": ""}, "__all__"),
    ],
)
def test_a_faulty_insurance_is_refused(bureau_client, unit, changes, field):
    typed = {"month": "2026-09", "pension_due": "10", "pension_insured": "8"}
    response = bureau_client.post(url("insurance", unit.pk), typed | changes)
    assert response.context["form"].errors[field]
    assert not InsuranceMonth.objects.exists()


def test_the_minimum_wage_is_that_of_the_class_and_the_day(bureau_client, unit):
    make_policy("national")
    make_policy("henan")
    typed = {
        "district": unit.district_id,
        "number": "1",
        "since": "2024-01-01",
        "document": "豫政〔2023〕1号（示例）",
    }
    assert bureau_client.post(url("minimum-set"), typed).url == url("minimum")
    assert WageClass.objects.get().number == 1
    page = bureau_client.get(url("minimum")).content.decode()
    assert "2100" in page
    assert "20.6" in page
    tab = bureau_client.get(f"{unit.get_absolute_url()}?tab=wages").content.decode()
    assert "每月 2,100 元" in tab
    again = bureau_client.post(url("minimum-set"), typed | {"since": "2025-01-01"})
    assert "已经是" in again.content.decode()


# --- projects -------------------------------------------------------------------------


def typed_project(unit, **changes):
    return {
        "name": "安置房一期",
        "grid": unit.grid.code,
        "builder": "某建设公司",
        "contractor": unit.name,
        "price": "1000000",
        "started_on": "2026-03-01",
        "roster": "30",
        "wage_officer": "周某",
        "wage_officer_phone": "19900001234",
        "cost_cycle": "1",
        "bank": "某银行",
        "account_number": "6222 0000 1111 2222",
        "account_opened_on": "2026-03-05",
        "deposit": "bank",
        "deposit_amount": "15000",
        "deposit_until": "2027-12-31",
    } | changes


def test_a_project_is_registered_and_linked_to_its_contractor(bureau_client, unit):
    response = bureau_client.post(url("project-add"), typed_project(unit))
    project = Project.objects.get()
    assert response.url == project.get_absolute_url()
    assert (project.contractor, project.contractor_name) == (unit, unit.name)
    page = bureau_client.get(f"{project.get_absolute_url()}?tab=account")
    text = page.content.decode()
    assert "6222000011112222" not in text
    assert "2222" in text
    assert (
        "19900001234"
        not in bureau_client.get(
            f"{project.get_absolute_url()}?tab=record"
        ).content.decode()
    )
    tab = bureau_client.get(f"{unit.get_absolute_url()}?tab=projects")
    assert "安置房一期" in tab.content.decode()


def test_the_numbers_are_shown_for_a_reason_and_with_a_trail(bureau_client, unit):
    bureau_client.post(url("project-add"), typed_project(unit))
    project = Project.objects.get()
    page = bureau_client.post(
        url("project-reveal", project.pk), {"reason": "向银行核对"}
    )
    assert "6222000011112222" in page.content.decode()
    assert history(project)[0].data["reason"] == "向银行核对"


def test_two_who_change_a_project_at_once_are_told(bureau_client, unit):
    project = make_project(
        unit.grid, contractor=unit, account_number="1234567890", name="某工程"
    )
    page = bureau_client.get(url("project-change", project.pk))
    edition = page.context["form"].initial["edition"]
    typed = typed_project(unit, edition=edition, account_number="", roster="31")
    bureau_client.post(url("project-change", project.pk), typed)
    project.refresh_from_db()
    assert (project.roster, project.account_number) == (31, "1234567890")
    late = bureau_client.post(
        url("project-change", project.pk), typed | {"roster": "99"}
    )
    assert "他人修改" in late.content.decode()
    project.refresh_from_db()
    assert project.roster == 31
    saved = typed | {"roster": "99", "edition": project.edition}
    bureau_client.post(url("project-change", project.pk), saved)
    project.refresh_from_db()
    assert project.roster == 99


def test_five_items_are_checked_with_what_was_found(bureau, bureau_client, unit):
    project = make_project(unit.grid, contractor=unit)
    typed = {
        "checked_on": TODAY().isoformat(),
        "checked_by": bureau.person_id,
        "notice_result": "failed",
        "account_result": "met",
    }
    refused = bureau_client.post(url("project-check", project.pk), typed)
    assert refused.context["form"].errors["notice_finding"]
    assert not ProjectCheck.objects.exists()
    typed["notice_finding"] = "没有告示牌"
    bureau_client.post(url("project-check", project.pk), typed)
    assert ProjectCheck.objects.count() == 2
    page = bureau_client.get(project.get_absolute_url()).content.decode()
    assert "没有告示牌" in page
    row = bureau_client.get(url("projects")).content.decode()
    assert "未落实：维权信息公示；未检查：实名制管理、" in row


def test_numbers_of_a_project_are_masked_beside_the_way_to_see_them(
    bureau_client, community, unit
):
    project = make_project(
        unit.grid,
        contractor=unit,
        account_number="6222000012341115",
        wage_officer_phone="19900020001",
    )
    reveal = f'<a href="{url("project-reveal", project.pk)}">查看完整号码</a>'
    for tab, shown in (("account", "************1115"), ("record", "199****0001")):
        address = f"{project.get_absolute_url()}?tab={tab}"
        page = bureau_client.get(address).content.decode()
        assert f"{shown} {reveal}" in page


def test_assistants_never_check(assistant_client, community, unit):
    project = make_project(unit.grid, contractor=unit)
    assert assistant_client.get(url("project-check", project.pk)).status_code == 403


def test_the_account_is_closed_only_when_the_law_allows_it(bureau_client, unit):
    today = TODAY()
    project = make_project(unit.grid, contractor=unit)
    close = {"closed_on": today.isoformat()}
    early = bureau_client.post(url("project-close", project.pk), close)
    assert "没有完工" in early.content.decode()
    finished = {
        "finished_on": (today - timedelta(days=40)).isoformat(),
        "publicised_on": (today - timedelta(days=29)).isoformat(),
    }
    bureau_client.post(url("project-finish", project.pk), finished)
    early = bureau_client.post(url("project-close", project.pk), close)
    assert "公示未满" in early.content.decode()
    finished["publicised_on"] = (today - timedelta(days=30)).isoformat()
    bureau_client.post(url("project-finish", project.pk), finished)
    owed = make_arrears(unit, project=project)
    early = bureau_client.post(url("project-close", project.pk), close)
    assert "拖欠" in early.content.decode()
    owed.withdrawn_on, owed.withdrawal_reason = today, "录错"
    owed.save()
    bureau_client.post(url("project-close", project.pk), close)
    project.refresh_from_db()
    assert project.account_closed_on == today


def test_a_balance_of_one_day_is_kept_once(bureau_client, unit):
    project = make_project(unit.grid, contractor=unit)
    typed = {"on": TODAY().isoformat(), "balance": "100"}
    bureau_client.post(url("project-balance", project.pk), typed)
    bureau_client.post(url("project-balance", project.pk), typed | {"balance": "0"})
    assert AccountBalance.objects.get().balance == 0
    page = bureau_client.get(project.get_absolute_url()).content.decode()
    assert "余额为零" in page


def test_subcontractors_come_and_leave(bureau_client, unit):
    project = make_project(unit.grid)
    typed = {"unit": unit.name, "kind": "labour", "since": "2026-10-01"}
    bureau_client.post(url("subcontractor-add", project.pk), typed)
    row = project.subcontractors.get()
    assert row.enterprise == unit
    again = bureau_client.post(url("subcontractor-add", project.pk), typed)
    assert "已经登记" in again.content.decode()
    bureau_client.post(url("subcontractor-leave", row.pk), {"until": "2026-11-01"})
    row.refresh_from_db()
    assert row.until == date(2026, 11, 1)
    tab = bureau_client.get(f"{unit.get_absolute_url()}?tab=projects")
    assert project.name in tab.content.decode()


def test_the_check_sheet_prints_what_is_known(bureau_client, unit):
    project = make_project(unit.grid, contractor=unit, roster=0)
    make_check(project, "notice", result="failed", finding="没有告示牌")
    response = bureau_client.get(url("project-sheet", project.pk))
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF")


def test_the_list_of_projects_asks_few_queries(
    bureau_client, unit, street, django_assert_max_num_queries
):
    for number in range(15):
        project = make_project(make_grid(f"第{number}社区", parent=street))
        make_check(project, "notice")
        make_balance(project, on=TODAY(), balance=number)
    with django_assert_max_num_queries(17):
        page = bureau_client.get(url("projects"))
        assert len(page.context["table"].rows) == 15


def test_the_printed_file_holds_wages_and_projects(bureau, unit):
    from enterprises.file_sections import file_sections

    make_arrears(unit, source="complaint")
    make_payment(unit)
    make_project(unit.grid, contractor=unit)
    parts = {
        section.key: section.provider(bureau, unit)
        for section in file_sections
        if section.key in ("wages", "projects")
    }
    assert [part.title for part in parts["wages"]] == ["欠薪欠费", "工资支付台账"]
    assert "举报投诉" not in str(parts["wages"])
    assert len(parts["projects"][0].rows) == 1
