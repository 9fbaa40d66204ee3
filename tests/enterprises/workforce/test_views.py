"""The pages of rosters, filings and papers: good, refused, a neighbour's, queries."""

from datetime import date
from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from enterprises.workforce.models import Agreement, Filing, PayrollReturn, Worker
from gridinspect.accounts.roles import Role
from gridinspect.audit.models import Event
from tests.enterprises.workforce.factories import (
    CITIZENS,
    make_agreement,
    make_contract,
    make_filing,
    make_payroll,
    make_worker,
)
from tests.factories import make_district, make_enterprise, make_grid, make_user
from tests.factories import make_survey as make_survey_of

pytestmark = pytest.mark.django_db
MAN = CITIZENS[0]
NEW = {
    "name": "赵小川",
    "is_citizen_id": "1",
    "id_number": MAN,
    "employment_form": "full_time",
    "since": "2026-03-02",
    "insurances": ["pension", "injury"],
}


@pytest.fixture
def unit(erqi):
    street = make_grid("大学路街道", kind="street", parent=erqi)
    return make_enterprise("郑州甲商行", grid=street)


@pytest.fixture
def bureau(erqi, client):
    client.force_login(make_user(grid=erqi, role=Role.DISTRICT_BUREAU))
    return client


def at(name, *keys, **asked):
    query = "&".join(f"{key}={value}" for key, value in asked.items())
    return f"{reverse(f'workforce:{name}', args=keys)}?{query}"


def text(response):
    return response.content.decode()


def test_a_worker_is_taken_on_by_form(bureau, unit):
    url = at("worker-add", unit.pk)
    response = bureau.post(url, NEW)
    assert response["Location"].endswith("?tab=workers")
    worker = Worker.objects.get()
    assert worker.insurances == "pension,injury"
    page = text(bureau.get(worker.get_absolute_url()))
    assert "410103********0012" in page
    assert MAN not in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id_number": "410103198506150013"}, "校验位不符"),
        ({"gender": "female"}, "号码表明为男"),
        ({"since": "2099-01-01"}, "晚于今天"),
        ({"insurances": ["none", "injury"]}, "不能和其他险种同时选择"),
        ({"contract_kind": "fixed", "begins_on": "2026-03-02"}, "请填写终止日期"),
        ({"begins_on": "2026-03-02"}, "请选择合同类型"),
        ({"is_citizen_id": "0", "id_number": "E1234567"}, "请填写出生日期"),
    ],
)
def test_a_form_says_what_is_wrong_and_keeps_what_was_typed(
    bureau, unit, changes, words
):
    page = text(bureau.post(at("worker-add", unit.pk), NEW | changes))
    assert words in page
    assert "赵小川" in page
    assert not Worker.objects.exists()


def test_a_child_is_warned_of_with_the_clause(bureau, unit):
    said = NEW | {"since": "2000-03-01"}
    page = text(bureau.post(at("worker-add", unit.pk), said, follow=True))
    assert "涉嫌使用童工" in page
    worker = Worker.objects.get()
    assert "禁止使用童工规定第二条" in text(bureau.get(worker.get_absolute_url()))


def test_the_second_editor_sees_both_values(bureau, unit):
    worker = make_worker(unit, number=MAN, post="装配工", birth_date=date(1985, 6, 15))
    Worker.objects.update(post="质检员", edition=2)
    said = NEW | {"id_number": "", "since": "2024-03-01", "post": "司机"}
    url = at("worker-change", worker.pk)
    page = text(bureau.post(url, said | {"edition": "1"}))
    assert "现为“质检员”" in page
    assert "司机" in page
    assert 'value="2"' in page
    bureau.post(url, said | {"edition": "2"})
    worker.refresh_from_db()
    assert (worker.post, worker.id_number) == ("司机", MAN)


def test_the_roster_is_searched_counted_and_exported(bureau, unit):
    for name, fields in (
        ("甲小川", {"gender": "male", "category": "migrant", "number": MAN}),
        ("乙小川", {"gender": "female"}),
        ("丙小川", {"until": date(2026, 5, 1)}),
    ):
        make_worker(unit, name, **fields)
    make_survey_of(unit, answers={"employed_total": 5, "male": 1})
    url = f"{unit.get_absolute_url()}?tab=workers"
    page = text(bureau.get(url))
    assert "甲小川" in page
    assert "丙小川" not in page
    assert "从业人员总数 名册 2 / 登记表 5" in page
    found = text(bureau.get(f"{url}&q={MAN}"))
    assert "甲小川" in found
    assert "乙小川" not in found
    assert "丙小川" in text(bureau.get(f"{url}&state=left"))
    assert "乙小川" in text(bureau.get(f"{url}&contract=none"))
    sheet = load_workbook(
        BytesIO(bureau.get(at("workers-export", unit.pk, q="甲")).content)
    ).active
    cells = [cell.value for row in sheet for cell in row]
    assert "甲小川" in cells
    assert "乙小川" not in cells
    assert MAN not in cells
    assert Event.objects.get(verb="worker.exported").data["count"] == 1


def test_the_tab_takes_the_same_queries_for_many(
    bureau, unit, django_assert_max_num_queries
):
    for number in range(12):
        make_contract(make_worker(unit, f"职工{'甲乙丙丁'[number % 4]}"))
    with django_assert_max_num_queries(40):
        bureau.get(f"{unit.get_absolute_url()}?tab=workers")
    with django_assert_max_num_queries(40):
        bureau.get(f"{unit.get_absolute_url()}?tab=filings")


def test_filing_by_form_and_on_the_lists(bureau, unit):
    worker = make_worker(unit, since=date(2026, 8, 3))
    listed = text(bureau.get(at("list")))
    assert worker.name in listed
    assert "2026-09-02" in listed
    tab = text(bureau.get(f"{unit.get_absolute_url()}?tab=filings"))
    assert "1 项超期" in tab
    page = text(bureau.get(at("filing-add", unit.pk)))
    assert "劳社部发〔2006〕46号" in page
    said = {"filed_on": "2026-11-02", "number": "备1", "whom": "all"}
    bureau.post(at("filing-add", unit.pk), said)
    filing = Filing.objects.get()
    detail = text(bureau.get(filing.get_absolute_url()))
    assert "超期 1 项" in detail
    counted = text(bureau.get(f"{filing.get_absolute_url()}?tab=limits"))
    assert "起算日不计入" in counted
    assert worker.name not in text(bureau.get(at("list")))
    late = text(bureau.get(at("list", part="filings", late="late")))
    assert "郑州甲商行" in late
    assert "郑州甲商行" not in text(
        bureau.get(at("list", part="filings", late="in_time"))
    )
    void = at("filing-void", filing.pk)
    bureau.post(void, {"reason": "录错"})
    assert not Filing.objects.exists()
    assert worker.name in text(bureau.get(at("list")))


def test_a_choice_of_nobody_is_refused(bureau, unit):
    make_worker(unit)
    said = {"filed_on": "2026-11-02", "whom": "chosen"}
    page = text(bureau.post(at("filing-add", unit.pk), said))
    assert "请至少选择一人" in page
    assert not Filing.objects.exists()


def test_papers_by_form_with_what_each_kind_needs(bureau, unit):
    url = at("agreement-add", unit.pk)
    said = {"kind": "cycle", "begins_on": "2026-01-01"}
    page = text(bureau.post(url, said))
    assert page.count("特殊工时批复请填写此项") >= 4
    said |= {"number": "特1", "posts": "司机", "filed_on": "2026-01-01"}
    bureau.post(url, said | {"ends_on": "2026-12-10"})
    paper = Agreement.objects.get()
    soon = text(bureau.get(at("list", part="agreements", term="expiring")))
    assert "特1" in soon
    change = at("agreement-change", paper.pk)
    said |= {"ends_on": "2028-12-10", "edition": "1"}
    bureau.post(change, said)
    paper.refresh_from_db()
    assert paper.ends_on == date(2028, 12, 10)
    assert "他人已修改" in text(bureau.post(change, said | {"number": "特2"}))
    fund = {"kind": "fund", "year": "2026", "quarter": "0", "people": "3"}
    fund |= {"total": "90000", "filed_on": "2026-01-20"}
    bureau.post(at("payroll-add", unit.pk), fund)
    assert PayrollReturn.objects.get().average == 30_000
    assert "请修改原登记" in text(bureau.post(at("payroll-add", unit.pk), fund))
    assert "-1" in text(bureau.post(at("payroll-add", unit.pk), fund | {"total": "-1"}))


def test_the_export_is_what_the_list_shows(bureau, unit):
    make_worker(unit, "张应备", since=date(2026, 8, 3))
    make_filing(unit, number="备7")
    make_agreement(unit, number="集8")
    make_payroll(unit, number="核9")
    for part, word in (
        ("duties", "张应备"),
        ("filings", "备7"),
        ("agreements", "集8"),
        ("payrolls", "核9"),
    ):
        sheet = load_workbook(BytesIO(bureau.get(at("export", part=part)).content))
        assert word in [cell.value for row in sheet.active for cell in row], part
    assert Event.objects.filter(verb="filing.exported").count() == 4


def test_the_list_takes_the_same_queries_for_many(
    bureau, unit, django_assert_max_num_queries
):
    for _ in range(3):
        other = make_enterprise(grid=unit.grid)
        make_worker(other, since=date(2026, 8, 3))
        make_filing(other)
        make_agreement(other)
    for part in ("duties", "filings", "agreements", "payrolls"):
        with django_assert_max_num_queries(22):
            bureau.get(at("list", part=part))


def test_neighbours_see_nothing_and_assistants_reveal_nothing(client, unit, erqi):
    worker, filing = make_worker(unit, number=MAN), make_filing(unit)
    other = make_district("管城区", city=erqi.city)
    client.force_login(make_user(grid=other, role=Role.DISTRICT_BUREAU))
    for url in (
        at("worker", worker.pk),
        at("worker-change", worker.pk),
        at("filing", filing.pk),
        at("worker-add", unit.pk),
        at("workers-export", unit.pk),
    ):
        assert client.get(url).status_code == 404, url
    assert worker.name not in text(client.get(at("list", when="all")))
    client.force_login(make_user(grid=unit.grid, role=Role.ASSISTANT))
    assert client.get(at("worker-reveal", worker.pk)).status_code == 403
    client.force_login(make_user(grid=erqi, role=Role.LEADER))
    assert client.get(at("worker-change", worker.pk)).status_code == 403
    page = client.post(at("worker-reveal", worker.pk), {"reason": "核对案件"})
    assert MAN in text(page)
    assert "no-store" in page.get("Cache-Control", "no-store")


def test_the_workbench_counts_what_should_be_filed(bureau, unit):
    assert "应备案未备案" not in text(bureau.get("/"))
    make_worker(unit, since=date(2026, 8, 3))
    assert "应备案未备案" in text(bureau.get("/"))
