"""What the import policy P1-P20 says of rows, and of writing them."""

from datetime import date

import pytest
from django.utils import timezone

from assistants.models import StaffFile
from enterprises.models import Enterprise, Placement
from gridinspect.accounts.models import Person
from gridinspect.accounts.roles import Role
from gridinspect.audit.models import Event
from gridinspect.imports import services
from gridinspect.imports.models import ImportBatch, ImportRow
from grids.models import DirtyMark, Grid, Posting
from tests.factories import make_district, make_enterprise, make_user
from tests.gridinspect.imports.conftest import as_csv
from tests.gridinspect.imports.messy import citizen

STAFF = ["姓名", "身份证号", "性别", "出生日期", "电话", "街道", "社区", "备注"]
ZHANG = ["张伟", "410103198506150012", "男", "1985-06-15", "13800000001"]
LI = ["李娜", "410103199001010027", "女", "1990-01-01", "13800000002"]
PLACE = ["大学路街道", "金桥社区"]
UNITS = ["单位名称", "统一社会信用代码", "地址", "人数", "街道", "社区"]
CODE, OTHER = "91410103MA0AAAA1X9", "91321002123456788G"


def outcomes(batch):
    return [(row.outcome, row.reason) for row in batch.seen]


def staff(*rows):
    return [STAFF, *rows]


def test_every_fault_of_every_row_is_reported_in_one_pass(tree, run):
    batch = run(
        "staff",
        staff(
            ["张伟", "410103198506150013", "中", "1985-02-30", "123", *PLACE],
            [*ZHANG, *PLACE],
        ),
    )
    bad, good = batch.seen
    assert [(i.column, i.code) for i in bad.issues] == [
        ("B", "id_check_digit"),
        ("C", "gender_invalid"),
        ("D", "date_invalid"),
        ("E", "phone_invalid"),
    ]
    assert "校验位" in bad.message
    assert good.outcome == "valid"
    row = ImportRow.objects.get(batch=batch, outcome="reject")
    assert row.row == 2
    assert row.issues[0]["clause"] == "GB 11643-1999"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["张伟", None], "id_number_missing"),
        ([None, "410103198506150012"], "name_missing"),
        (["张伟", 410103198506150012], "id_precision_lost"),
        (["张伟", "=1+1"], "formula_without_value"),
        (["张伟", "410103198506150012", "女"], "gender_mismatch"),
        (["张伟", "410103198506150012", "男", "1985-06-16"], "birth_date_mismatch"),
        ([*ZHANG, "大学路街道", "德化社区"], "community_in_other_street"),
        ([*ZHANG, "大学路街道", "无此社区"], "community_unknown"),
        ([*ZHANG, "无此街道"], "street_unknown"),
    ],
)
def test_rows_that_do_not_go_in(row, reason, tree, run):
    batch = run("staff", staff(row))
    assert outcomes(batch) == [("reject", reason)]


@pytest.mark.parametrize("born", ["1985.6", "1985年6月", "198506"])
def test_year_and_month_of_birth_are_enough(born, tree, run):
    batch = run("staff", staff(["张伟", ZHANG[1], "男", born]))
    assert outcomes(batch) == [("valid", None)]


def test_fifteen_digits_go_in_with_a_warning(tree, run):
    batch = run("staff", staff(["王芳", "110105491231002"]))
    assert outcomes(batch) == [("valid_warn", "id_15_converted")]


def test_the_same_person_twice_counts_once(tree, run):
    batch = run("staff", staff([*ZHANG, *PLACE], [*ZHANG, *PLACE]), apply="all")
    assert [row.outcome for row in batch.seen] == ["valid", "duplicate"]
    assert StaffFile.objects.count() == 1


def test_one_number_under_two_names_goes_in_for_neither(tree, run):
    batch = run("staff", staff([*ZHANG, *PLACE], ["张三丰", *ZHANG[1:], *PLACE]))
    assert outcomes(batch) == [("reject", "id_conflict")] * 2


def test_two_people_of_one_name_are_two(tree, run):
    batch = run("staff", staff([*ZHANG], ["张伟", *LI[1:]]))
    assert [row.outcome for row in batch.seen] == ["valid", "valid"]


@pytest.mark.parametrize(
    ("street", "community"),
    [
        ("大学路", "金桥"),
        ("大学路街道办事处", "金桥社区居委会"),
        ("大学路办事处", "金桥 社区"),
        ("二七区大学路街道", "大学路街道金桥社区"),
        (None, "金桥社区居民委员会"),
    ],
)
def test_places_are_found_under_their_usual_names(street, community, tree, run):
    batch = run("staff", staff([*ZHANG, street, community]))
    assert batch.seen[0].values["grid"] == "410103007012" or batch.seen[
        0
    ].grid.name == ("金桥社区居民委员会")


def test_an_import_changes_what_differs_and_never_wipes(tree, run):
    run("staff", staff([*ZHANG, *PLACE, "组长"]), apply="all")
    moved = [*ZHANG[:4], "13900000009", "大学路街道", "祥和社区", None]
    batch = run("staff", staff(moved), apply="all", as_of=date(2026, 4, 1))
    (row,) = batch.seen
    assert row.action == "changed"
    assert set(row.changes) == {"phone", "grid"}
    person = Person.objects.by_id_number(ZHANG[1]).get()
    assert person.phone == "13900000009"
    assert Person.objects.filter(phone_index=person.phone_index).exists()
    assert person.staff_file.remark == "组长"
    old, new = Posting.objects.filter(person=person).order_by("since")
    assert old.until == new.since == date(2026, 4, 1)
    assert new.grid.name.startswith("祥和")


def test_preview_rows_keep_personal_numbers_masked(tree, run):
    batch = run("staff", staff([*ZHANG, *PLACE]))
    kept = ImportRow.objects.get(batch=batch).values
    assert kept["id_number"] == "410103********0012"
    assert kept["phone"] == "138****0001"
    assert kept["birth_date"] == "1985-06-15"


def test_a_person_of_another_district_is_outside(tree, run, db):
    run("staff", staff([*ZHANG, *PLACE]), apply="all")
    elsewhere = make_district("管城区", city=tree.city, code="410104")
    clerk = make_user(grid=elsewhere, role=Role.DISTRICT_BUREAU)
    batch = run("staff", staff(["张伟", ZHANG[1]]), by=clerk)
    assert outcomes(batch) == [("reject", "outside_scope")]
    assert "金桥" not in batch.seen[0].message


def test_a_street_squad_imports_into_its_street_only(tree, run):
    street = Grid.objects.get(name="大学路街道")
    squad = make_user(grid=street, role=Role.SQUAD_LEADER)
    rows = [
        ["郑州甲有限公司", None, None, 5, "大学路", "金桥"],
        ["郑州乙有限公司", None, None, 5, "德化街", "德化"],
        ["郑州丙有限公司", None, None, 5, None, None],
    ]
    batch = run("enterprises", [UNITS, *rows], by=squad)
    assert [row.outcome for row in batch.seen] == ["valid", "reject", "valid"]
    assert batch.seen[1].reason == "outside_scope"
    assert batch.seen[2].grid.pk == street.pk


def test_a_unit_of_a_neighbouring_street_cannot_be_pulled_over(tree, run):
    other = Grid.objects.get(name="德化街街道")
    make_enterprise("郑州丁有限公司", grid=other, uscc=CODE)
    squad = make_user(grid=Grid.objects.get(name="大学路街道"), role=Role.SQUAD_LEADER)
    row = ["郑州丁有限公司", CODE, None, 5, "大学路", "金桥"]
    batch = run("enterprises", [UNITS, row], by=squad)
    assert outcomes(batch) == [("reject", "outside_scope")]


def units(*rows):
    return [UNITS, *rows]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (["郑州甲有限公司", CODE], ("duplicate", "duplicate_in_file")),
        (["郑州乙有限公司", CODE], ("reject", "uscc_conflict")),
        (["郑州甲有限公司", OTHER], ("valid", None)),
        (["郑州市甲有限责任公司", None], ("valid_warn", "possible_duplicate")),
        (["郑州甲有限公司二七分公司", None], ("valid", None)),
        (
            ["郑州乙有限公司", "110108000000016"],
            ("valid_warn", "old_registration_number"),
        ),
        (["郑州乙有限公司", "91410103MA0AAAA1X8"], ("reject", "uscc_check_digit")),
        (["郑州乙有限公司", 914101030000000000], ("reject", "uscc_precision_lost")),
    ],
)
def test_units_beside_one_another(second, expected, tree, run):
    batch = run("enterprises", units(["郑州甲有限公司", CODE], second))
    assert outcomes(batch)[1] == expected


@pytest.mark.parametrize("count", ["约50", "三十", 12.5, -3])
def test_a_headcount_nobody_can_know_is_refused(count, tree, run):
    batch = run("enterprises", units(["郑州甲有限公司", CODE, None, count]))
    assert batch.seen[0].outcome == "reject"


def test_an_old_number_is_not_stored_as_credit_code(tree, run):
    run("enterprises", units(["郑州乙有限公司", "110108000000016"]), apply="all")
    unit = Enterprise.objects.get()
    assert (unit.uscc, unit.registration_number) == (None, "110108000000016")


def test_a_unit_gets_its_code_later_and_moves(tree, run):
    run("enterprises", units(["郑州甲有限公司", None, None, 5, *PLACE]), apply="all")
    later = ["郑州甲有限公司", CODE, "大学路24号", 8, "大学路", "祥和"]
    batch = run("enterprises", units(later), apply="all", as_of=date(2026, 4, 1))
    assert batch.counts["changed"] == 1
    unit = Enterprise.objects.get()
    assert (unit.uscc, unit.headcount, unit.address) == (CODE, 8, "大学路24号")
    assert unit.grid.name.startswith("祥和")
    assert [p.until for p in Placement.objects.order_by("since")] == [
        date(2026, 4, 1),
        None,
    ]


def test_text_that_looks_like_a_formula_stays_text(tree, run):
    content = as_csv([["单位名称", "备注"], ["郑州甲有限公司", "=cmd|' /C calc'!A0"]])
    run("enterprises", content, apply="all")
    assert Enterprise.objects.get().remark == "=cmd|' /C calc'!A0"


def test_writing_leaves_one_event_with_every_row_and_marks_the_grids(tree, run):
    DirtyMark.objects.all().delete()
    batch = run("staff", staff([*ZHANG, *PLACE], [*LI, *PLACE]), apply="all")
    event = Event.objects.get(verb="import.applied", target_id=str(batch.pk))
    assert len(event.rows) == 2
    assert event.data["counts"]["new"] == 2
    assert event.path == tree.path
    assert DirtyMark.objects.filter(grid__name__startswith="金桥").exists()


def test_a_batch_is_written_once(tree, run):
    batch = run("staff", staff([*ZHANG, *PLACE]), apply="all")
    with pytest.raises(services.ImportRefused):
        services.apply_batch(batch=batch, mode="all", by=batch.owner)
    assert StaffFile.objects.count() == 1


def test_all_means_all_or_nothing(tree, run):
    batch = run("staff", staff([*ZHANG, *PLACE], ["李四", "123"]))
    with pytest.raises(services.ImportRefused, match="1行不合格"):
        services.apply_batch(batch=batch, mode="all", by=batch.owner)
    assert not StaffFile.objects.exists()
    services.apply_batch(batch=batch, mode="valid", by=batch.owner)
    assert StaffFile.objects.count() == 1


def test_a_preview_that_the_data_overtook_writes_nothing(tree, run):
    batch = run("staff", staff([*ZHANG, *PLACE]))
    run("staff", staff([*ZHANG, *PLACE]), apply="all")
    with pytest.raises(services.PreviewOutdated):
        services.apply_batch(batch=batch, mode="all", by=batch.owner)
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.READY
    services.check_again(batch, message="数据有变化。")
    assert batch.counts["same"] == 1


@pytest.fixture
def never_again(monkeypatch):
    """Let nobody examine rows a second time."""

    def refuse(*_):
        raise AssertionError("the rows were examined again")

    monkeypatch.setattr(services, "examined_again", refuse)


def test_what_was_decided_is_written_while_nothing_changed(tree, run, never_again):
    run("enterprises", [UNITS, ["甲公司", CODE, "甲路1号", 3, *PLACE]], apply="all")
    rows = [
        ["乙公司", CODE, "甲路1号", 4, "大学路街道", "祥和社区"],
        ["丙公司", OTHER, "丙路1号", 5, *PLACE],
        ["丁公司", "1", None, None, *PLACE],
    ]
    batch = run("enterprises", [UNITS, *rows], apply="valid")
    assert (batch.counts["new"], batch.counts["changed"]) == (1, 1)
    renamed = Enterprise.objects.get(uscc=CODE)
    assert (renamed.name, renamed.headcount) == ("乙公司", 4)
    assert renamed.grid.name.startswith("祥和")
    assert Enterprise.objects.get(uscc=OTHER).grid.name.startswith("金桥")
    assert Enterprise.objects.count() == 2
    assert len(Event.objects.filter(verb="import.applied").latest("pk").rows) == 2


@pytest.mark.parametrize("what", ["unit", "grid", "decision"])
def test_rows_are_examined_again_when_their_grounds_changed(
    what, tree, run, never_again
):
    unit = make_enterprise(grid=Grid.objects.get(code="410103007012"), uscc=CODE)
    batch = run("enterprises", [UNITS, ["乙公司", OTHER, "乙路1号", 5, *PLACE]])
    if what == "unit":
        Enterprise.objects.filter(pk=unit.pk).update(paper_file_place="三号柜")
    elif what == "grid":
        Grid.objects.filter(code="410103007012").update(name="金桥新村社区")
    else:
        batch.decisions = {"名册\n2": "new"}
        batch.save()
    with pytest.raises(AssertionError, match="examined again"):
        services.apply_batch(batch=batch, mode="all", by=batch.owner)


def test_an_unreadable_file_is_an_outcome(tree, run):
    batch = run("staff", b"%PDF-1.4")
    assert batch.state == ImportBatch.State.REFUSED
    assert batch.message


def test_queries_do_not_grow_with_rows(tree, run, django_assert_max_num_queries):
    rows = [[f"郑州第{n}号有限公司", None, None, n, *PLACE] for n in range(1, 301)]
    with django_assert_max_num_queries(60):
        batch = run("enterprises", units(*rows), apply="all")
    assert batch.counts["new"] == 300
    assert Enterprise.objects.count() == 300


def test_files_are_deleted_after_a_day(tree, run):
    batch = run("staff", staff([*ZHANG, *PLACE]))
    later = timezone.now() + services.KEPT * 2
    assert services.purge_files(now=later) >= 1
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.DISCARDED
    assert not batch.file


LIST = ["code", "name", "level", "parent"]


def test_a_list_adds_and_renames_and_closes_nothing(tree, run):
    rows = [
        ["410103001000", "淮河路办事处", 4, "410103000000"],
        ["410103001099", "新社区居民委员会", 5, "410103001000"],
        ["410103017000", "新街道", 4, "410103000000"],
        ["410103017201", "新村村民委员会", 5, "410103017000"],
    ]
    before = Grid.objects.count()
    batch = run("grids", [LIST, *rows], apply="all")
    assert (batch.counts["new"], batch.counts["changed"]) == (3, 1)
    assert Grid.objects.count() == before + 3
    assert Grid.objects.get(code="410103017201").parent.name == "新街道"
    assert Grid.objects.get(code="410103017201").kind == Grid.Kind.VILLAGE
    assert Grid.objects.get(code="410103001000").name == "淮河路办事处"
    assert not Grid.objects.exclude(closed_on=None).exists()


def test_a_list_into_a_foreign_district_is_refused(tree, run):
    elsewhere = make_district("管城区", city=tree.city, code="410104")
    clerk = make_user(grid=elsewhere, role=Role.DISTRICT_BUREAU)
    row = ["410103001099", "新社区居民委员会", 5, "410103001000"]
    batch = run("grids", [LIST, row], by=clerk)
    assert outcomes(batch) == [("reject", "outside_scope")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["41010300109", "新社区", 5, None], "code_format"),
        (["410103099001", "新社区", 5, None], "parent_unknown"),
        (["410103001099", "新社区", 4, None], "level_mismatch"),
    ],
)
def test_divisions_that_do_not_go_in(row, reason, tree, run):
    assert outcomes(run("grids", [LIST, row])) == [("reject", reason)]


def test_all_faults_of_a_long_file_are_told_in_one_pass(tree, run):
    """Others name the first fault only (features.md 3.1)."""
    rows = [["姓名", "身份证号", "电话", "社区"]]
    planted = {}
    for n in range(500):
        number = citizen(n % 99, born=f"{1960 + n // 99}0615")
        rows.append([f"张{'甲乙丙丁'[n % 4]}", number, "", "金桥"])
    for n in range(37):
        row = rows[13 * n + 1]
        place, wrong = ((0, None), (1, "123"), (2, "12"), (3, "无此社区"))[n % 4]
        row[place], planted[13 * n + 2] = wrong, place
    batch = run("staff", rows)
    found = {row.number: row.issues for row in batch.seen if row.is_rejected}
    assert found.keys() == planted.keys()
    assert sum(len(issues) for issues in found.values()) == 37
    for number, issues in found.items():
        assert issues[0].column == "ABCD"[planted[number]]
        assert issues[0].message
    assert batch.counts["reject"] == 37
    assert batch.counts["valid"] == 463
