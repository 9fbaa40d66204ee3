"""Trainings, surveys and complaints from workbooks: in, the same again, out, back."""

from datetime import date
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse

from assistants.models import Training
from cases.models import Identity, Matter
from enterprises.file_changes import changes_of
from enterprises.models import Enterprise, ImportedChange, Survey
from enterprises.survey_forms import survey_form
from gridinspect.accounts.roles import Role
from gridinspect.imports import undoing
from gridinspect.imports.models import ImportRow
from gridinspect.imports.registry import RESOURCES
from gridinspect.imports.templates import template_bytes
from gridinspect.workdays.notices import published_years
from gridinspect.workdays.services import replace_year
from grids.models import DirtyMark, Grid
from tests.factories import make_district, make_enterprise, make_policy, make_user
from tests.gridinspect.imports.conftest import xlsx

ROSTER = ["姓名", "身份证号", "街道"]
ZHANG = ["张伟", "410103198506150012", "大学路街道"]
TRAINING = ["姓名", "身份证号", "培训类别", "结业日期", "是否合格", "证书编号"]
PASSED = ["张伟", "410103198506150012", "岗前", "2026-01-20", "是", "001"]


@pytest.fixture
def bureau(tree):
    return make_user(grid=tree, role=Role.DISTRICT_BUREAU)


@pytest.fixture
def staff(tree, run):
    run("staff", [ROSTER, ZHANG], apply="all", as_of=date(2026, 1, 1))


def outcomes(batch):
    return [(row.outcome, row.action, row.reason) for row in batch.seen]


def export(client, kind):
    return client.get(reverse("imports:export", args=[kind])).content


# --- trainings ------------------------------------------------------------------------


def test_a_training_goes_in_and_moves_the_figures(staff, run, tree):
    DirtyMark.objects.all().delete()
    batch = run("trainings", [TRAINING, PASSED], apply="all")
    training = Training.objects.get()
    assert (training.person.name, training.kind) == ("张伟", "pre_post")
    assert training.passed
    street = Grid.objects.get(name__startswith="大学路", kind="street")
    assert DirtyMark.objects.filter(grid=street, since=date(2026, 1, 20)).exists()
    again = run("trainings", [TRAINING, PASSED], apply="all")
    assert outcomes(again) == [("valid", "same", None)]
    failed = run("trainings", [TRAINING, [*PASSED[:4], "不合格", "001"]], apply="all")
    assert failed.seen[0].changes == {"passed": ["合格", "不合格"]}
    assert not Training.objects.get().passed
    undoing.undo_batch(batch=failed, by=failed.owner)
    assert Training.objects.get().passed
    undoing.undo_batch(batch=batch, by=batch.owner)
    assert not Training.objects.exists()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["王五", None, *PASSED[2:]], "person_unknown"),
        (["张伟", "410103199001010027", *PASSED[2:]], "person_unknown"),
        (["张伟", None, "远程", *PASSED[3:]], "training_kind_invalid"),
        (["张伟", None, "岗前", None, "是"], "finished_on_missing"),
        (["张伟", None, "岗前", "2099-01-01", "是"], "date_future"),
    ],
)
def test_trainings_that_do_not_go_in(row, reason, staff, run):
    batch = run("trainings", [TRAINING, row])
    assert outcomes(batch) == [("reject", "none", reason)]


def test_a_name_is_enough_while_there_is_one(staff, run):
    batch = run("trainings", [TRAINING, ["张伟", None, *PASSED[2:]]], apply="all")
    assert batch.counts["new"] == 1
    run("staff", [ROSTER, ["张伟", "410103199001010027", "大学路街道"]], apply="all")
    batch = run("trainings", [TRAINING, ["张伟", None, *PASSED[2:]]])
    assert outcomes(batch) == [("reject", "none", "person_ambiguous")]


def test_trainings_of_a_neighbour_are_refused(staff, run, tree):
    other = make_district("管城区", city=tree.city, code="410104")
    clerk = make_user(grid=other, role=Role.DISTRICT_BUREAU)
    batch = run("trainings", [TRAINING, PASSED], by=clerk)
    assert outcomes(batch) == [("reject", "none", "person_unknown")]


def test_untouched_trainings_change_nothing(staff, run, bureau, bureau_client):
    run("trainings", [TRAINING, PASSED], apply="all")
    content = export(bureau_client, "trainings")
    batch = run("trainings", content, by=bureau)
    assert outcomes(batch) == [("valid", "same", None)]


# --- surveys --------------------------------------------------------------------------

CODE = "91410103MA0AAAA1X9"
ASKED = ["从业人员总数", "在册职工", "在册职工：男", "在册职工：女", "应签劳动合同"]
SURVEY = ["单位名称", "统一社会信用代码", "采集日期", "采集人", *ASKED, "实签劳动合同"]
SURVEY += ["其中：建立劳动关系人员", "其中：固定期限不满3年", "拖欠工资"]
FILLED = ["甲商行", CODE, "2026-02-01", "张伟", 10, 10, 6, 4, 10, 8, 10, 8, "无"]


@pytest.fixture
def unit(tree):
    street = Grid.objects.get(name__startswith="大学路", kind="street")
    return make_enterprise("甲商行", grid=street, uscc=CODE)


def test_surveys_go_in_complete_once(unit, staff, run):
    DirtyMark.objects.all().delete()
    batch = run("surveys", [SURVEY, FILLED], apply="all")
    assert outcomes(batch) == [("valid", "new", None)]
    survey = Survey.objects.get()
    assert (survey.enterprise, survey.state) == (unit, "final")
    assert survey.is_complete
    assert survey.collected_by.name == "张伟"
    assert survey.answers["male"] == 6
    assert survey.answers["arrears"] == "无"
    assert Enterprise.objects.surveyed(on=date(2026, 2, 2)).get() == unit
    assert DirtyMark.objects.get(grid=unit.grid).since == date(2026, 2, 1)
    again = run("surveys", [SURVEY, FILLED])
    assert outcomes(again) == [("valid", "same", None)]
    undoing.undo_batch(batch=batch, by=batch.owner)
    assert not Survey.objects.exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({0: "乙商行", 1: None}, "unit_unknown"),
        ({2: None}, "surveyed_on_missing"),
        ({4: None}, "employed_total_missing"),
        ({4: "约十"}, "answer_employed_total"),
        ({6: 7}, "survey_R2"),
        ({12: "也许"}, "answer_arrears"),
        ({12: "有"}, "survey_R10"),
    ],
)
def test_surveys_that_do_not_go_in(changes, reason, unit, staff, run):
    row = [changes.get(place, value) for place, value in enumerate(FILLED)]
    batch = run("surveys", [SURVEY, row])
    assert outcomes(batch) == [("reject", "none", reason)]


def test_surveys_of_a_neighbours_unit_are_refused(unit, run, tree):
    street = Grid.objects.get(name__startswith="淮河路", kind="street")
    leader = make_user(grid=street, role=Role.SQUAD_LEADER)
    batch = run("surveys", [SURVEY, FILLED], by=leader)
    assert outcomes(batch)[0][2] == "outside_scope"


def test_another_survey_of_that_day_is_said(unit, staff, run):
    run("surveys", [SURVEY, FILLED], apply="all")
    other = [*FILLED[:9], 7, 10, 7, "无"]
    batch = run("surveys", [SURVEY, other], apply="all")
    assert outcomes(batch) == [("valid_warn", "new", "survey_same_day")]
    assert Survey.objects.count() == 2


def test_untouched_surveys_change_nothing(unit, staff, run, bureau, bureau_client):
    run("surveys", [SURVEY, FILLED], apply="all")
    content = export(bureau_client, "surveys")
    batch = run("surveys", content, by=bureau)
    assert outcomes(batch) == [("valid", "same", None)], batch.seen[0].message


def test_the_template_asks_every_question():
    book = openpyxl.load_workbook(BytesIO(template_bytes(RESOURCES["surveys"])))
    heads = [cell.value.rstrip(" *") for cell in book.worksheets[0][1]]
    assert heads[5:] == [question.label for question in survey_form()]


# --- complaints -----------------------------------------------------------------------

MATTER = ["类别", "被反映单位", "信用代码", "收到日期", "来源", "反映内容", "街道"]
MATTER += ["举报人", "联系电话", "是否匿名"]
WAGES = ["投诉", "甲商行", CODE, "2026-02-03", "12345", "拖欠工资", None]
WAGES += ["赵六", "13800000007", None]


@pytest.fixture
def intake(tree):
    make_policy("national")
    make_policy("henan")
    for year, days in published_years():
        if year == 2026:
            replace_year(year=year, days=days, source="国办发明电〔2025〕7号")
    return make_user(grid=tree, role=Role.INTAKE)


def test_a_complaint_is_registered_with_number_and_clock(unit, intake, run):
    batch = run("complaints", [MATTER, WAGES], by=intake, apply="all")
    matter = Matter.objects.get()
    assert matter.number
    assert matter.accept_due_on
    assert (matter.enterprise, matter.grid) == (unit, unit.grid)
    assert matter.identity.name == "赵六"
    row = ImportRow.objects.get(batch=batch)
    assert "赵六" not in str(row.values)
    assert "13800000007" not in str(row.values)
    again = run("complaints", [MATTER, WAGES], by=intake, apply="all")
    assert outcomes(again) == [("valid", "same", None)]
    assert Identity.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({7: None}, "reporter_missing"),
        ({9: "是"}, "anonymous_named"),
        ({0: "咨询"}, "kind_invalid"),
        ({0: "举报", 5: "赵六说拖欠工资"}, "identity_in_text"),
        ({4: "微博"}, "channel_invalid"),
    ],
)
def test_complaints_that_do_not_go_in(changes, reason, unit, intake, run):
    row = [changes.get(place, value) for place, value in enumerate(WAGES)]
    batch = run("complaints", [MATTER, row], by=intake)
    assert outcomes(batch) == [("reject", "none", reason)]


def test_an_anonymous_report_goes_in(unit, intake, run):
    row = ["举报", *WAGES[1:7], None, None, "是"]
    run("complaints", [MATTER, row], by=intake, apply="all")
    assert Identity.objects.get().is_anonymous


def test_untouched_complaints_change_nothing_and_name_nobody(unit, intake, run, client):
    run("complaints", [MATTER, WAGES], by=intake, apply="all")
    client.force_login(intake)
    content = export(client, "complaints")
    book = openpyxl.load_workbook(BytesIO(content))
    cells = [cell.value for line in book.worksheets[0].iter_rows() for cell in line]
    assert "拖欠工资" in cells
    assert "赵六" not in cells
    batch = run("complaints", content, by=intake)
    assert outcomes(batch) == [("valid", "same", None)]


def test_only_the_intake_desk_registers(unit, bureau_client, bureau):
    url = reverse("imports:upload", args=["complaints"])
    assert bureau_client.get(url).status_code == 403


# --- all ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["trainings", "surveys", "complaints"])
def test_a_template_is_recognised_and_its_sample_ignored(kind, tree, run):
    batch = run(kind, template_bytes(RESOURCES[kind], tree))
    assert batch.state == "refused"
    assert "没有数据行" in batch.message


@pytest.mark.parametrize("count", [3, 30])
def test_a_check_costs_no_query_a_row(count, tree, run, django_assert_max_num_queries):
    rows = [
        [f"甲{n}商行", None, "2026-02-01", None, 1, 1, 1, 0, 1, 1, 1, 1, "无"]
        for n in range(count)
    ]
    for row in rows:
        make_enterprise(row[0], grid=tree)
    with django_assert_max_num_queries(30):
        batch = run("surveys", xlsx([SURVEY, *rows]))
    assert batch.counts["new"] == count


# --- what an import changed in a unit's file ------------------------------------------


def test_an_import_leaves_old_and_new(tree, run):
    head = ["单位名称", "统一社会信用代码", "街道", "经营地址", "联系电话"]
    row = ["甲商行", "91410103MA0AAAA1X9", "大学路街道", "旧路1号", "13900000001"]
    run("enterprises", [head, row], apply="all")
    run("enterprises", [head, [*row[:3], "新路2号", "13900000002"]], apply="all")
    [noted] = ImportedChange.objects.all()
    found = {one.label: one for one in changes_of(noted.enterprise)}
    assert found["经营（用工）地址"].before == "旧路1号"
    assert found["经营（用工）地址"].after == "新路2号"
    assert found["联系电话"].after == "139****0002"
    assert found["联系电话"].source.startswith("导入：")
