"""考勤: three counts apart, the monthly sheet in and out, and the tab of a person."""

from datetime import date
from io import BytesIO
from types import SimpleNamespace

import pytest
from django.urls import reverse
from openpyxl import Workbook

from assistants.attendance import counts_of, days_in, fault_of
from assistants.models import Attendance
from gridinspect.accounts.roles import Role
from gridinspect.imports import services, undoing
from tests.factories import (
    make_adoption,
    make_district,
    make_grid,
    make_person,
    make_posting,
    make_staff,
    make_user,
)
from tests.grids.test_policy_files import POLICIES

HEAD = [
    *("姓名", "所在网格", "月份", "出勤天数", "无故缺勤天数", "最长连续缺勤天数"),
    *("年休假天数", "病假天数", "其他假天数", "迟到早退次数", "抽查空岗次数"),
]
YINGKOU = POLICIES["yingkou-2021"]


# --- rules ----------------------------------------------------------------------------


def month(number=3, absent=0, longest=None, spots=0, year=2026):
    return SimpleNamespace(
        month=date(year, number, 1),
        absent=absent,
        longest_absence=longest,
        spot_absences=spots,
    )


def reached(*months):
    return {one.key for one in counts_of(months, YINGKOU, 2026) if one.is_reached}


@pytest.mark.parametrize(
    ("months", "keys"),
    [
        ([month(absent=2, longest=2)], set()),
        ([month(absent=3, longest=3)], {"absent_days_in_a_row"}),
        ([month(1, 2, 2), month(2, 2, 2)], set()),
        (
            [month(1, 2, 2), month(2, 2, 2), month(3, 1, 1)],
            {"absent_days_in_a_year", "absent_days_left"},
        ),
        ([month(spots=3)], set()),  # more than three
        ([month(1, spots=2), month(2, spots=2)], {"spot_absences_max"}),
        ([month(absent=4)], set()),  # nobody wrote how long in a row
        ([month(absent=9, longest=9, year=2025)], set()),
    ],
)
def test_three_counts_are_kept_apart(months, keys):
    assert reached(*months) == keys


def test_a_stretch_that_nobody_noted_is_not_known():
    counts = {one.key: one for one in counts_of([month(absent=2)], YINGKOU, 2026)}
    assert counts["absent_days_in_a_row"].counted is None
    assert "没有写明" in counts["absent_days_in_a_row"].words
    assert counts["absent_days_in_a_year"].clause == "YK-33"


def test_a_plan_without_these_numbers_counts_nothing():
    assert counts_of([month(absent=9)], POLICIES["erqi-2013"], 2026) == []


@pytest.mark.parametrize(
    ("days", "longest", "words"),
    [
        ((28, 0, 0), None, ""),
        ((28, 0, 1), None, "合计 29 天"),
        ((20, 2, 0), 2, ""),
        ((20, 2, 0), 3, "连续缺勤 3 天多于"),
        ((20, 2, 0), 0, "至少为 1 天"),
        ((20, 0, 0), 0, ""),
    ],
)
def test_the_days_of_february_add_up(days, longest, words):
    assert days_in(date(2026, 2, 1)) == 28
    fault = fault_of(date(2026, 2, 1), days, longest)
    assert (words in fault) if words else not fault


# --- the sheet ------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def district(db):
    district = make_district("站前区")
    make_adoption(district, "yingkou-2021")
    return district


@pytest.fixture
def file(district):
    community = make_grid("金桥社区", parent=make_grid("大学路街道", parent=district))
    return make_staff("陈协管", grid=community)


@pytest.fixture
def clerk(district):
    return make_user(grid=district, role=Role.DISTRICT_BUREAU)


def brought(clerk, district, *rows, content=b"", apply="all"):
    stream = BytesIO(content)
    if not content:
        book = Workbook()
        for row in (HEAD, *rows):
            book.active.append(row)
        book.save(stream)
        stream.seek(0)
    seen = []
    batch = services.keep_file(
        kind="attendance",
        file=stream,
        name="考勤.xlsx",
        place=district,
        district_code=district.code,
        by=clerk,
    )
    services.check_batch(batch, watch=seen.extend)
    if apply:
        batch = services.apply_batch(batch=batch, mode=apply, by=clerk)
    return batch, seen


MARCH = ["陈协管", "金桥社区", "2026年3月", 18, 2, 2, 1, 0, None, 1, 1]


def test_a_sheet_goes_in_changes_and_is_taken_back(clerk, district, file):
    first, _ = brought(clerk, district, MARCH)
    row = Attendance.objects.get()
    assert (row.person, row.month) == (file.person, date(2026, 3, 1))
    assert (row.present, row.absent, row.longest_absence) == (18, 2, 2)
    assert (row.annual_leave, row.other_leave, row.spot_absences) == (1, 0, 1)
    again, _ = brought(clerk, district, MARCH)
    assert again.counts["same"] == 1
    more, _ = brought(clerk, district, [*MARCH[:3], 17, 3, 3, *MARCH[6:]])
    row.refresh_from_db()
    assert (row.present, row.absent) == (17, 3)
    undoing.undo_batch(batch=more, by=clerk)
    row.refresh_from_db()
    assert (row.present, row.absent) == (18, 2)
    undoing.undo_batch(batch=first, by=clerk)
    assert not Attendance.objects.exists()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["陈协管", None, "2026年3月", 31, 1], "days_contradict"),
        (["陈协管", None, "2026年3月", 20, 1, 2], "days_contradict"),
        (["陈协管", None, "2026年13月", 20], "month_invalid"),
        (["陈协管", None, "2099年3月", 20], "month_future"),
        (["陈协管", None, "2026年3月", -1], "days_invalid"),
        (["陈协管", None, "2026年3月", 20.5], "days_invalid"),
        (["陈协管", None, "2026年3月", 32], "days_invalid"),
        (["无此人", None, "2026年3月", 20], "person_unknown"),
    ],
)
def test_a_row_that_cannot_be_is_refused(clerk, district, file, row, reason):
    _, seen = brought(clerk, district, row, apply="")
    assert seen[0].reason == reason


def test_two_of_one_name_are_told_apart_by_their_grid(clerk, district, file):
    other = make_grid("银桥社区", parent=make_grid("建设路街道", parent=district))
    make_posting(make_person("陈协管"), grid=other)
    _, seen = brought(clerk, district, [*MARCH[:1], None, *MARCH[2:]], apply="")
    assert seen[0].reason == "person_ambiguous"
    brought(clerk, district, MARCH)
    assert Attendance.objects.get().person == file.person


def test_somebody_elses_people_are_not_found(file, district):
    stranger = make_user(grid=make_district("外区"), role=Role.DISTRICT_BUREAU)
    _, seen = brought(stranger, stranger.person.postings.get().grid, MARCH, apply="")
    assert seen[0].reason == "person_unknown"


def test_an_untouched_export_changes_nothing(client, clerk, district, file):
    brought(clerk, district, MARCH)
    client.force_login(clerk)
    content = client.get(reverse("imports:export", args=["attendance"])).content
    batch, _ = brought(clerk, district, content=content)
    assert (batch.counts["same"], batch.counts["new"]) == (1, 0)


def test_the_page_of_a_person_shows_months_and_counts(client, clerk, file):
    for number, absent in ((1, 3), (2, 2)):
        Attendance.objects.create(
            person=file.person,
            month=date(2026, number, 1),
            present=18,
            absent=absent,
            longest_absence=absent,
        )
    client.force_login(clerk)
    url = f"{file.get_absolute_url()}?tab=attendance&year=2026"
    text = client.get(url).content.decode()
    assert "2026年01月" in text
    assert "无故连续缺勤" in text
    assert "YK-33" in text
    assert "由人审核" in text
