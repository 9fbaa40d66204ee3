"""A whole batch is taken back, unless something has been built on it."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assistants.models import StaffFile
from cases.models import Identity, Matter
from cases.services.intake import refuse_matter
from enterprises.models import Enterprise, Placement, StatusPeriod
from gridinspect.accounts.models import Person, User
from gridinspect.accounts.roles import Role
from gridinspect.audit.models import Event
from gridinspect.imports import undoing
from gridinspect.imports.models import ImportBatch, Trace
from gridinspect.workdays.notices import published_years
from gridinspect.workdays.services import replace_year
from grids.models import City, DirtyMark, Grid, GridPeriod, Posting
from grids.services.tree import faults_of
from tests.factories import (
    make_enterprise,
    make_grid,
    make_policy,
    make_survey,
    make_user,
)
from tests.gridinspect.imports.conftest import xlsx

UNITS = ["单位名称", "统一社会信用代码", "地址", "人数", "电话", "街道", "营业状态"]
CODE = "91410103MA0AAAA1X9"
JIA = ["郑州甲有限公司", CODE, "大学路24号", 35, "13800000001", "大学路街道", "营业"]
YI = ["郑州乙商行", "", "大学路25号", 3, "", "大学路街道", "营业"]
STAFF = ["姓名", "身份证号", "电话", "街道", "备注"]
ZHANG = ["张伟", "410103198506150012", "13800000001", "大学路街道", "组长"]
LATER = date(2026, 4, 1)


def snapshot(*models):
    """Return all rows of tables without what only says when they were saved."""
    return [
        [
            {
                k: v
                for k, v in row.items()
                if k not in ("id", "changed_at", "recorded_at")
            }
            for row in model.objects.order_by("pk").values()
        ]
        for model in models
    ]


def unit_tables():
    periods = [
        sorted(model.objects.values_list("enterprise__name", *names, "since", "until"))
        for model, names in ((Placement, ["grid__code"]), (StatusPeriod, ["status"]))
    ]
    return snapshot(Enterprise), periods


def staff_tables():
    posts = Posting.objects.filter(person__staff_file__isnull=False)
    rows = posts.values_list("person__name", "grid__code", "role", "since", "until")
    return snapshot(Person, StaffFile), sorted(rows, key=str)


def undo(batch):
    return undoing.undo_batch(batch=batch, by=batch.owner)


def test_new_units_go_and_the_figures_follow(tree, run):
    batch = run("enterprises", [UNITS, JIA, YI], apply="all")
    grid = Enterprise.objects.first().grid_id
    DirtyMark.objects.all().delete()
    undo(batch)
    assert not Enterprise.objects.exists()
    assert not Placement.objects.exists()
    batch.refresh_from_db()
    assert batch.state == "undone"
    assert DirtyMark.objects.get(grid=grid).since == date(2026, 3, 2)
    event = Event.objects.get(verb="import.undone")
    assert event.data["count"] == 2
    again = run("enterprises", [UNITS, JIA, YI], apply="all")
    assert again.counts["new"] == 2


@pytest.mark.parametrize("day", [LATER, date(2026, 3, 2)])
def test_changed_units_are_as_before(day, tree, run):
    run("enterprises", [UNITS, JIA, YI], apply="all")
    before = unit_tables()
    changed = ["郑州甲贸易有限公司", CODE, "淮河路1号", 40, "13900000002"]
    batch = run(
        "enterprises",
        [UNITS, [*changed, "淮河路街道", "停业"], YI],
        apply="all",
        as_of=day,
    )
    assert batch.counts["changed"] == 1
    assert unit_tables() != before
    undo(batch)
    assert unit_tables() == before
    assert CODE in str(before)


def test_nothing_is_written_in_plain(tree, run):
    batch = run("staff", [STAFF, ZHANG], apply="all")
    changed = [*ZHANG[:2], "13900000002", *ZHANG[3:]]
    batch = run("staff", [STAFF, changed], apply="all", as_of=LATER)
    assert "13800000001" in batch.trace.written
    raw = Trace.objects.filter(batch=batch).extra(select={"raw": "written::text"})
    assert "13800000001" not in raw.values_list("raw", flat=True)[0]


def test_new_staff_goes(tree, run):
    before = staff_tables()
    undo(run("staff", [STAFF, ZHANG], apply="all"))
    assert staff_tables() == before


@pytest.mark.parametrize("day", [LATER, date(2026, 3, 2)])
def test_changed_staff_is_as_before(day, tree, run):
    run("staff", [STAFF, ZHANG], apply="all")
    before = staff_tables()
    moved = [*ZHANG[:2], "13900000002", "淮河路街道", "副组长"]
    batch = run("staff", [STAFF, moved], apply="all", as_of=day)
    assert staff_tables() != before
    undo(batch)
    assert staff_tables() == before


def test_a_unit_that_was_surveyed_stays_and_is_named(tree, run):
    batch = run("enterprises", [UNITS, JIA, YI], apply="all")
    make_survey(Enterprise.objects.get(name=YI[0]))
    with pytest.raises(undoing.BuiltOn, match=r"第3行已有调查登记表"):
        undo(batch)
    assert Enterprise.objects.count() == 2
    batch.refresh_from_db()
    assert batch.state == "applied"


def test_a_unit_that_was_edited_stays(tree, run):
    batch = run("enterprises", [UNITS, JIA], apply="all")
    Enterprise.objects.update(edition=2)
    with pytest.raises(undoing.BuiltOn, match="档案后来有修改"):
        undo(batch)


def test_a_field_that_was_changed_again_stays(tree, run):
    run("enterprises", [UNITS, JIA], apply="all")
    more = [*JIA[:3], 40, *JIA[4:]]
    batch = run("enterprises", [UNITS, more], apply="all", as_of=LATER)
    Enterprise.objects.update(headcount=41)
    with pytest.raises(undoing.BuiltOn, match="“从业人数”后来又有修改"):
        undo(batch)


def test_a_later_import_is_undone_first(tree, run):
    first = run("enterprises", [UNITS, JIA], apply="all")
    more = [*JIA[:3], 40, *JIA[4:]]
    second = run("enterprises", [UNITS, more], apply="all", as_of=LATER)
    with pytest.raises(undoing.BuiltOn, match="以后的导入"):
        undo(first)
    undo(second)
    undo(first)
    assert not Enterprise.objects.exists()


def test_a_person_with_an_account_stays(tree, run):
    batch = run("staff", [STAFF, ZHANG], apply="all")
    person = Person.objects.by_id_number(ZHANG[1]).get()
    User.objects.create_user("zhangwei", person=person)
    with pytest.raises(undoing.BuiltOn, match="第2行"):
        undo(batch)


def tree_as_it_is():
    """Return what the trees say, and how they are faulty."""
    grids = Grid.objects.order_by("pk")
    rows = list(grids.values_list("pk", "name", "path", "lft", "rght", "closed_on"))
    named = GridPeriod.objects.order_by("pk").values_list("grid", "name", "until")
    roots = Grid.objects.roots()
    return rows, list(named), [faults_of(root) for root in roots]


BRANCH = [
    ["代码", "名称"],
    ["410103777000", "样板街道"],
    ["410103777001", "样板社区"],
    ["410103001001", "新名社区"],
]


def test_a_whole_city_is_taken_back(tree):
    batch = ImportBatch.objects.get(kind="grids")
    undo(batch)
    assert not Grid.objects.exists()
    assert not City.objects.exists()
    assert not GridPeriod.objects.exists()
    assert not DirtyMark.objects.exists()


def test_branches_and_names_are_taken_back(tree, run):
    before = tree_as_it_is()
    batch = run("grids", BRANCH, apply="all")
    assert (batch.counts["new"], batch.counts["changed"]) == (2, 1)
    assert Grid.objects.get(code="410103001001").name == "新名社区"
    assert tree_as_it_is() != before
    undo(batch)
    assert tree_as_it_is() == before


def test_a_grid_with_units_or_posts_stays(tree, run):
    batch = run("grids", BRANCH, apply="all")
    street = Grid.objects.get(code="410103777000")
    make_enterprise("甲商行", grid=street)
    with pytest.raises(undoing.BuiltOn, match="第2行已有用人单位"):
        undo(batch)


def test_a_grid_with_something_new_below_it_stays(tree, run):
    batch = run("grids", BRANCH, apply="all")
    street = Grid.objects.get(code="410103777000")
    make_grid("样板二社区", parent=street, opened_on=date(2026, 3, 3))
    with pytest.raises(undoing.BuiltOn, match="第2行已有下级网格"):
        undo(batch)


def test_a_grid_that_was_renamed_again_stays(tree, run):
    batch = run("grids", BRANCH, apply="all")
    later = run("grids", [BRANCH[0], ["410103001001", "又一名社区"]], apply="all")
    with pytest.raises(undoing.BuiltOn, match="以后的导入"):
        undo(batch)
    undo(later)
    undo(batch)
    assert not Grid.objects.filter(name__in=["新名社区", "样板社区"]).exists()


MATTER = ["类别", "被反映单位", "收到日期", "来源", "反映内容", "举报人"]
WAGES = ["投诉", "甲商行", "2026-02-03", "12345", "拖欠工资", "赵六"]


@pytest.fixture
def law(tree):
    make_policy("national")
    make_policy("henan")
    for year, days in published_years():
        if year == 2026:
            replace_year(year=year, days=days, source="国办发明电〔2025〕7号")


def test_complaints_are_taken_back_with_who_sent_them(law, run):
    batch = run("complaints", [MATTER, WAGES], apply="all")
    number = Matter.objects.get().number
    undo(batch)
    assert not Matter.objects.exists()
    assert not Identity.objects.exists()
    run("complaints", [MATTER, WAGES], apply="all")
    assert Matter.objects.get().number != number


def test_a_complaint_that_was_decided_on_stays(law, run):
    batch = run("complaints", [MATTER, WAGES], apply="all")
    refuse_matter(
        matter=Matter.objects.get(),
        on=date(2026, 2, 4),
        reason="不属于本机关管辖",
        by=User.objects.system(),
    )
    with pytest.raises(undoing.BuiltOn, match=r"第2行已(作出处理决定|有文书)"):
        undo(batch)
    assert Identity.objects.exists()


@pytest.fixture
def bureau(tree):
    return make_user(grid=tree, role=Role.DISTRICT_BUREAU)


def test_the_page_undoes_once(bureau_client, django_capture_on_commit_callbacks):
    file = SimpleUploadedFile("名册.xlsx", xlsx([UNITS, JIA]))
    url = reverse("imports:upload", args=["enterprises"])
    with django_capture_on_commit_callbacks(execute=True):
        bureau_client.post(url, {"file": file})
    batch = ImportBatch.objects.latest("pk")
    form = {"mode": "all", "digest": batch.preview_digest}
    with django_capture_on_commit_callbacks(execute=True):
        bureau_client.post(reverse("imports:confirm", args=[batch.pk]), form)
    page = bureau_client.get(batch.get_absolute_url())
    assert "撤销本批" in page.content.decode()
    make_survey(Enterprise.objects.get())
    undo_url = reverse("imports:undo", args=[batch.pk])
    with django_capture_on_commit_callbacks(execute=True):
        bureau_client.post(undo_url)
    page = bureau_client.get(batch.get_absolute_url())
    assert "没有撤销：第2行已有调查登记表" in page.content.decode()
    Enterprise.objects.get().surveys.all().delete()
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            bureau_client.post(undo_url)
    batch.refresh_from_db()
    assert batch.state == "undone"
    assert not Enterprise.objects.exists()
    assert Event.objects.filter(verb="import.undone").count() == 1
