"""The main job, role by role, the way people do it: in a browser."""

from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from assistants.models import StaffFile
from cases.models import Case, Extension, Matter
from enterprises.models import Enterprise, Survey
from enterprises.survey_forms import survey_form
from gridinspect.accounts.roles import Role
from gridinspect.audit.models import Event
from gridinspect.documents.models import ArchivedDocument
from gridinspect.workdays.notices import published_years
from gridinspect.workdays.services import replace_year
from grids.forms import spelled
from grids.models import Grid
from reports import tallies
from tests.enterprises.test_survey_rules import GOOD
from tests.factories import (
    TODAY,
    make_adoption,
    make_certificate,
    make_city,
    make_district,
    make_enterprise,
    make_grid,
    make_policy,
    make_posting,
    make_user,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]
DATA = Path(settings.BASE_DIR) / "tests" / "data"
PASSWORD = "Long-Enough-2026"


@pytest.fixture
def district(transactional_db):
    """二七 with a street and a community, under its plan and the law."""
    district = make_district("二七区", city=make_city(code="410100"), code="410103")
    make_grid("绿云社区", parent=make_grid("淮河路街道", parent=district))
    make_adoption(district)
    make_policy("national")
    make_policy("henan")
    for year, days in published_years():
        if year == TODAY().year:
            replace_year(year=year, days=days, source="国务院办公厅通知")
    return district


@pytest.fixture
def street(district):
    return district.children.get()


@pytest.fixture
def community(street):
    return street.children.get()


def upload(page, path):
    """Upload a workbook and wait until its rows have been checked."""
    page.set_input_files("input[type=file]", path)
    page.get_by_role("button", name="上传并检查").click()
    page.get_by_text("以下是预览").wait_for()


def press_tab_to(page, name):
    """Press Tab until the field of that name has the focus."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    raise AssertionError(f"no field {name} can be reached by Tab")


def choose(page, text):
    """Choose an option of the focused list by arrow keys."""
    for _ in range(40):
        if page.evaluate("document.activeElement.selectedOptions[0].text") == text:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"no option {text}")


# --- administrator and district bureau: the tree and the roster -----------------------


def test_a_division_list_and_then_a_roster_are_imported(transactional_db, visit):
    city = make_city("郑州市", code="410100")
    admin = make_user(city=city, role=Role.SYSTEM_ADMIN)
    visitor = visit(admin)
    page = visitor.open(reverse("imports:upload", args=["grids"]))
    upload(page, DATA / "divisions_erqi.csv")
    page.get_by_role("button", name="确认导入").click()
    page.get_by_text("已导入").first.wait_for()
    district = Grid.objects.get(code="410103")
    assert district.children.count() == 16

    page = visit(make_user(grid=district)).open(
        reverse("imports:upload", args=["staff"])
    )
    upload(page, DATA / "workbooks" / "R01_plain.xlsx")
    assert not StaffFile.objects.exists()  # a preview writes nothing
    page.get_by_role("button", name="导入").last.click()
    page.get_by_text("已导入").first.wait_for()
    assert StaffFile.objects.exists()
    page.goto(page.url.split("/imports")[0] + reverse("assistants:list"))
    assert page.get_by_text(StaffFile.objects.first().person.name).count()


# --- squad leader: a unit and its survey, without a mouse -----------------------------


def test_a_squad_leader_enters_a_unit_and_a_survey_by_keyboard(
    district, street, community, visit
):
    leader = make_user(grid=street, role=Role.SQUAD_LEADER)
    page = visit(leader).open(reverse("enterprises:add"))
    for name, text in [
        ("name", "郑州键盘商贸有限公司"),
        ("uscc", "91410103MA0AAAA1X9"),
        ("address", "淮河路 12 号"),
        ("grid", spelled(community)),
    ]:
        press_tab_to(page, name)
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="郑州键盘商贸有限公司").wait_for()
    unit = Enterprise.objects.get()
    assert unit.grid == community

    visitor_page = page
    visitor_page.goto(
        page.url.partition("/enterprises")[0]
        + reverse("enterprises:survey-add", args=[unit.pk])
    )
    for name, answer in GOOD.items():
        press_tab_to(page, name)
        if page.evaluate("document.activeElement.tagName") == "SELECT":
            choose(page, answer)
        else:
            page.keyboard.type(str(answer))
    press_tab_to(page, "submit")
    page.keyboard.press("Enter")
    page.get_by_text("已提交").wait_for()
    survey = Survey.objects.get()
    assert survey.is_complete
    assert survey.recorded_by == leader


def test_a_paper_form_takes_its_characters_and_one_stroke_a_field(street, visit):
    clerk = make_user(grid=street, role=Role.SQUAD_LEADER)
    unit = make_enterprise("郑州键盘商贸有限公司", grid=street)
    page = visit(clerk).open(reverse("enterprises:survey-add", args=[unit.pk]))

    def focused():
        return page.evaluate("document.activeElement.name")

    page.wait_for_function("document.activeElement.name === 'surveyed_on'")
    for _ in range(3):  # the day, the way and the collector are there already
        page.keyboard.press("Enter")
    for question in survey_form():
        assert focused() == question.key
        answer = GOOD.get(question.key, "")
        if question.choices and answer:
            answer = question.choices.index(answer) + 1  # a stroke instead of a tick
        page.keyboard.type(str(answer))
        page.keyboard.press("Enter")
    assert focused() == "submit"
    page.keyboard.press("Enter")
    page.get_by_text("已提交").wait_for()
    assert Survey.objects.get().answers == GOOD


# --- intake, inspector, leader: from a complaint to an extension ----------------------


def test_a_complaint_becomes_a_case_whose_period_is_extended(
    district, street, community, visit
):
    unit = make_enterprise("郑州欠薪餐饮有限公司", grid=community)
    inspectors = [
        make_user(grid=district, role=Role.FULL_TIME_INSPECTOR) for _ in range(2)
    ]
    for inspector in inspectors:
        make_certificate(inspector.person)
    intake = make_user(grid=district, role=Role.INTAKE)
    leader = make_user(grid=district, role=Role.LEADER)

    page = visit(intake).open(reverse("cases:register", args=["complaint"]))
    page.get_by_label("单位名称").fill(unit.name)
    page.get_by_label("反映的事实").fill("拖欠三个月工资")
    page.get_by_label("姓名").fill("陈小明")
    page.locator("main form button.btn-primary").last.click()
    page.get_by_text("受理期限").first.wait_for()
    matter = Matter.objects.get()
    assert matter.enterprise == unit
    assert page.get_by_text("陈小明").count() == 0  # the identity stays sealed

    page.get_by_role("link", name="受理", exact=True).first.click()
    page.locator("main form button.btn-primary").last.click()
    page.get_by_text("受理通知书").first.wait_for()

    visitor = visit(inspectors[0])
    page = visitor.open(reverse("cases:file_matter", args=[matter.pk]))
    page.get_by_label("案由").fill("拖欠工资")
    for inspector in inspectors:
        page.get_by_label(inspector.person.name).check()
    page.get_by_label("主办监察员").select_option(label=inspectors[0].person.name)
    page.locator("main form button.btn-primary").last.click()
    page.get_by_text("主办").first.wait_for()
    case = Case.objects.get()
    page = visitor.open(reverse("cases:propose_extension", args=[case.pk]))
    page.locator("[name=reason]").fill("案情复杂，须向外地取证")
    page.locator("main form button.btn-primary").last.click()
    page.wait_for_url(f"**{case.get_absolute_url()}**")

    due, extension = case.due_on, Extension.objects.get()
    page = visit(leader).open(reverse("cases:decide_extension", args=[extension.pk]))
    if page.locator("[name=decision]").first.get_attribute("type") == "radio":
        page.locator("[name=decision][value=approve]").check()
    else:
        page.locator("[name=decision]").select_option("approve")
    page.locator("main form button.btn-primary").last.click()
    page.wait_for_url(f"**{case.get_absolute_url()}**")
    case.refresh_from_db()
    assert case.due_on > due


# --- city bureau, auditor: figures, rows, trail, report -------------------------------


def test_a_city_bureau_drills_down_and_downloads_a_report(
    district, street, community, visit
):
    make_posting(grid=community)
    for number in range(3):
        make_enterprise(f"郑州第{number}商贸有限公司", grid=community)
    tallies.recount(district, TODAY())
    bureau = make_user(city=district.city, role=Role.CITY_BUREAU)
    bureau.set_password(PASSWORD)
    bureau.save()

    visitor = visit()
    page = visitor.open("/")
    page.get_by_label("用户名").fill(bureau.username)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="工作台").wait_for()
    page.get_by_role("link", name="覆盖情况").click()
    page.get_by_role("link", name="二七区").first.click()
    page.get_by_role("link", name="未采集", exact=False).first.click()
    page.get_by_text("郑州第0商贸有限公司").wait_for()
    assert page.get_by_text("共 3 条").count()

    page = visitor.open(f"{reverse('reports:new')}?grid={district.pk}&kind=acquisition")
    page.locator("main form button.btn-primary").last.click()
    page.get_by_text("完成").first.wait_for()
    document = ArchivedDocument.objects.get()
    page = visitor.open(document.get_absolute_url())
    with page.expect_download() as started:
        page.get_by_role("link", name="下载").first.click()
    assert Path(started.value.path()).read_bytes().startswith(b"%PDF-")

    auditor = make_user(grid=district, role=Role.AUDITOR)
    page = visit(auditor).open(reverse("audit:list"))
    assert page.get_by_text("下载", exact=False).count()
    assert Event.objects.filter(verb="document.downloaded").count() == 1
