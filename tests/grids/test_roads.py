"""House-number ranges of grids: rules, acts, pages and the import."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from gridinspect.imports import services as imports
from gridinspect.imports.registry import resource_for
from gridinspect.imports.templates import template_bytes
from gridinspect.imports.undoing import BuiltOn, undo_batch
from grids.models import Grid, RoadRange
from grids.roads import Range, all_clashes, clashes, end_fault
from grids.services.acts import undo_act
from grids.services.reshaping import NewGrid, merge_grids, split_grid
from grids.services.roads import (
    add_range,
    change_range,
    clashing,
    delete_range,
    ranges_of,
)
from grids.services.tree import Refused, close_grid
from tests.factories import LONG_AGO, TODAY, make_grid, make_road_range, make_user
from tests.gridinspect.imports.conftest import xlsx

# --- rules ----------------------------------------------------------------------------


def one(parity="all", first=1, last=99, *, grid=1, path="/1/", road="人民路", key=None):
    return Range(key, road, parity, first, last, grid, path)


@pytest.mark.parametrize(
    ("parity", "number", "held"),
    [
        ("all", 10, True),
        ("all", 20, True),
        ("all", 9, False),
        ("all", 21, False),
        ("odd", 11, True),
        ("odd", 12, False),
        ("even", 12, True),
        ("even", 11, False),
        ("even", 10, True),
        ("even", 20, True),
    ],
)
def test_both_ends_of_a_range_count(parity, number, held):
    assert one(parity, 10, 20).has(number) is held


@pytest.mark.parametrize(
    ("left", "right", "meet"),
    [
        (("all", 1, 99), ("all", 99, 120), True),
        (("all", 1, 99), ("all", 100, 120), False),
        (("odd", 1, 99), ("even", 2, 98), False),
        (("odd", 1, 99), ("all", 2, 2), False),
        (("odd", 1, 99), ("all", 2, 3), True),
        (("even", 2, 98), ("even", 98, 110), True),
        (("odd", 1, 49), ("odd", 51, 99), False),
    ],
)
def test_ranges_meet_where_a_number_lies_in_both(left, right, meet):
    assert one(*left).meets(one(*right)) is meet
    assert one(*right).meets(one(*left)) is meet


sides = st.sampled_from(["all", "odd", "even"])
spans = st.tuples(sides, st.integers(1, 30), st.integers(0, 20))


@given(spans, spans)
def test_meeting_is_having_a_number_in_common(left, right):
    a, b = (one(side, first, first + more) for side, first, more in (left, right))
    common = any(a.has(number) and b.has(number) for number in range(1, 60))
    assert a.meets(b) is common


def test_a_range_of_the_grid_above_does_not_clash():
    upper, lower = one(grid=1, path="/1/"), one(grid=2, path="/1/2/")
    sister = one(grid=3, path="/1/3/")
    assert clashes(lower, [upper, sister]) == [sister]
    assert clashes(lower, [one(road="解放路", grid=3, path="/1/3/")]) == []


def test_both_sides_of_a_clash_are_named():
    left, right = one(key=1, grid=2, path="/2/"), one(key=2, grid=3, path="/3/")
    assert all_clashes([left, right]) == {1: [right], 2: [left]}


@pytest.mark.parametrize(
    ("parity", "first", "last", "sound"),
    [
        ("all", 1, 1, True),
        ("all", 2, 1, False),
        ("all", 0, 1, False),
        ("odd", 1, 99, True),
        ("odd", 1, 98, False),
        ("even", 2, 98, True),
        ("even", 1, 98, False),
    ],
)
def test_ends_of_a_range_lie_on_its_side(parity, first, last, sound):
    assert (end_fault(parity, first, last) == "") is sound


# --- acts -----------------------------------------------------------------------------


@pytest.fixture
def sister(street):
    return make_grid("兴华社区", parent=street)


def act(grid, by, *, road="人民路", parity="odd", first=1, last=99):
    return add_range(grid=grid, road=road, parity=parity, first=first, last=last, by=by)


def test_a_range_is_kept_with_a_trace(community, bureau):
    row = act(community, bureau, road=" 人民 路 ")
    assert str(row) == "人民路 1-99 单号"
    event = history(community).first()
    assert (event.verb, event.data["after"]) == ("road.added", "人民路 1-99 单号")


def test_numbers_of_another_grid_are_refused_naming_both(community, sister, bureau):
    act(community, bureau)
    with pytest.raises(
        Refused, match=r"人民路 51-151 单号.*绿云社区的“人民路 1-99 单号"
    ):
        act(sister, bureau, first=51, last=151)
    act(sister, bureau, parity="even", first=2, last=98)
    act(sister, bureau, first=101, last=151)


def test_a_street_may_hold_the_whole_road(street, community, bureau):
    act(street, bureau, parity="all", first=1, last=500)
    act(community, bureau)


def test_a_change_does_not_meet_itself(community, sister, bureau):
    row = act(community, bureau)
    fields = {"road": "人民路", "parity": "odd", "first": 1}
    change_range(row=row, grid=community, last=149, by=bureau, **fields)
    row.refresh_from_db()
    assert row.last == 149
    act(sister, bureau, first=151, last=199)
    with pytest.raises(Refused, match="兴华社区"):
        change_range(row=row, grid=community, last=151, by=bureau, **fields)


def test_a_range_stays_in_its_district(community, huiji, bureau):
    row = act(community, bureau)
    with pytest.raises(Refused, match="另一区县"):
        change_range(
            row=row, grid=huiji, road="人民路", parity="odd", first=1, last=9, by=bureau
        )


def test_a_range_is_taken_away_with_a_trace(community, bureau):
    delete_range(row=act(community, bureau), by=bureau)
    assert not RoadRange.objects.exists()
    assert history(community).first().data["before"] == "人民路 1-99 单号"


def test_what_overlaps_is_shown_with_both(community, sister):
    left = make_road_range(community, first=1, last=99)
    right = make_road_range(sister, first=50, last=120)
    assert clashing(RoadRange.objects.all()) == {
        left.pk: ["兴华社区的“人民路 50-120 全部”"],
        right.pk: ["绿云社区的“人民路 1-99 全部”"],
    }


def test_ranges_follow_a_split_and_come_back(community, bureau):
    row = make_road_range(community)
    east, _ = split_grid(
        grid=community,
        parts=[NewGrid("东社区", "E1"), NewGrid("西社区", "W1")],
        on=date(2026, 9, 1),
        by=bureau,
    )
    row.refresh_from_db()
    assert (row.grid, row.until) == (community, date(2026, 9, 1))  # as it was till then
    assert RoadRange.objects.get(until=None).grid == east
    undo_act(grid=Grid.objects.get(pk=community.pk), by=bureau)
    row = RoadRange.objects.get()
    assert (row.grid, row.until) == (community, None)


def test_a_merger_with_the_same_range_twice_is_refused(community, sister, bureau):
    make_road_range(community)
    make_road_range(sister)
    with pytest.raises(Refused, match="都有登记"):
        merge_grids(grids=[community], into=sister, on=date(2026, 9, 1), by=bureau)


def test_a_grid_with_ranges_is_not_closed(community, bureau):
    make_road_range(community)
    with pytest.raises(Refused, match="1 段道路门牌"):
        close_grid(
            grid=community, closed_on=date(2026, 9, 1), successor=None, by=bureau
        )


# --- pages ----------------------------------------------------------------------------


def typed(grid, **fields):
    values = {"grid": grid.code, "road": "人民路", "parity": "odd"}
    return values | {"first": "1", "last": "99"} | fields


def test_a_clerk_adds_changes_and_deletes(bureau_client, community):
    url = reverse("grids:road-add")
    assert bureau_client.get(f"{url}?grid={community.code}").status_code == 200
    response = bureau_client.post(url, typed(community), follow=True)
    assert "人民路" in response.content.decode()
    row = RoadRange.objects.get()
    change = reverse("grids:road-change", args=[row.pk])
    bureau_client.post(change, typed(community, last="149"))
    row.refresh_from_db()
    assert row.last == 149
    bureau_client.post(reverse("grids:road-delete", args=[row.pk]))
    assert not RoadRange.objects.exists()


def test_what_does_not_fit_is_said_at_the_field(bureau_client, community):
    response = bureau_client.post(
        reverse("grids:road-add"), typed(community, last="98")
    )
    assert "单数" in response.context["form"].errors["last"][0]


def test_an_overlap_is_said_on_the_form(bureau_client, community, sister):
    make_road_range(sister)
    response = bureau_client.post(reverse("grids:road-add"), typed(community))
    assert "重叠" in response.context["form"].non_field_errors()[0]


def test_the_list_finds_the_grid_of_a_number(bureau_client, community, sister):
    make_road_range(community, parity="odd", first=1, last=99)
    make_road_range(sister, parity="even", first=2, last=98)
    url = reverse("grids:roads")
    page = bureau_client.get(f"{url}?road=人民&number=34").content.decode()
    assert "兴华社区" in page
    assert "绿云社区" not in page.split("gi-table")[1]


def test_the_list_asks_the_same_number_of_queries(
    bureau_client, street, community, django_assert_num_queries
):
    url = reverse("grids:roads")
    make_road_range(community, first=1, last=9)
    bureau_client.get(url)
    with django_assert_num_queries(FEW := 12, exact=False) as few:
        bureau_client.get(url)
    for number in range(2, 20):
        grid = make_grid(f"社区{number}", parent=street)
        make_road_range(grid, first=number * 10, last=number * 10 + 9)
    with django_assert_num_queries(len(few), exact=False):
        bureau_client.get(url)
    assert len(few) <= FEW


def test_a_neighbour_neither_sees_nor_changes_a_range(neighbour_client, community):
    row = make_road_range(community)
    assert "人民路" not in neighbour_client.get(reverse("grids:roads")).content.decode()
    for name in ("road-change", "road-delete"):
        url = reverse(f"grids:{name}", args=[row.pk])
        assert neighbour_client.post(url).status_code == 404


def test_an_assistant_looks_but_does_not_write(client, community):
    client.force_login(make_user(grid=community, role=Role.ASSISTANT))
    row = make_road_range(community)
    assert client.get(reverse("grids:roads")).status_code == 200
    assert client.get(reverse("grids:road-add")).status_code == 403
    for name in ("road-change", "road-delete"):
        url = reverse(f"grids:{name}", args=[row.pk])
        assert client.post(url).status_code == 403


def test_the_page_of_a_grid_has_its_roads(bureau_client, community):
    make_road_range(community)
    page = bureau_client.get(f"{community.get_absolute_url()}?tab=roads")
    assert "人民路" in page.content.decode()


# --- the import -----------------------------------------------------------------------

HEAD = ["街道", "社区", "道路", "单双号", "起号", "止号"]
PLACE = ["淮河路街道", "绿云社区"]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def brought_in(by, *rows, apply="", district=None, content=b"", as_of=LONG_AGO):
    seen = []
    resource = resource_for("roads")
    place = district or resource.scopes(by)[0]
    batch = imports.keep_file(
        kind="roads",
        file=BytesIO(content or xlsx([HEAD, *rows])),
        name="门牌.xlsx",
        place=place,
        district_code=place.code,
        by=by,
        as_of=as_of,
    )
    imports.check_batch(batch, watch=seen.extend)
    if apply:
        batch = imports.apply_batch(batch=batch, mode=apply, by=by)
    return batch, seen


def test_a_list_of_ranges_goes_in_and_is_the_same_twice(community, bureau):
    rows = [
        [*PLACE, "人民路", "单号", 1, 99],
        [*PLACE, "人民路", "双号", "2号", "98号"],
        [*PLACE, "德化街", None, 1, 40],
    ]
    batch, _ = brought_in(bureau, *rows, apply="all")
    assert batch.counts["new"] == 3
    assert [str(row) for row in RoadRange.objects.order_by("road", "first")] == [
        "人民路 1-99 单号",
        "人民路 2-98 双号",
        "德化街 1-40 全部",
    ]
    batch, _ = brought_in(bureau, *rows)
    assert batch.counts["same"] == 3


def test_a_longer_range_changes_the_one_that_stands(community, bureau):
    row = make_road_range(community, parity="odd", first=1, last=99)
    _, seen = brought_in(bureau, [*PLACE, "人民路", "单号", 1, 149], apply="all")
    assert seen[0].changes == {"last": [99, 149]}
    row.refresh_from_db()
    assert (row.last, RoadRange.objects.count()) == (149, 1)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([*PLACE, "人民路", "单号", 1, 98], "range_invalid"),
        ([*PLACE, "人民路", "单号", 99, 1], "range_invalid"),
        ([*PLACE, "人民路", "左侧", 1, 99], "parity_invalid"),
        ([*PLACE, "人民路", "单号", "甲1", 99], "house_number_invalid"),
        ([*PLACE, "人民路", "单号", None, 99], "first_missing"),
        ([*PLACE, None, "单号", 1, 99], "road_missing"),
        (["淮河路街道", "没有社区", "人民路", "单号", 1, 99], "community_unknown"),
        ([None, None, "人民路", "单号", 1, 99], "grid_missing"),
        ([*PLACE, "解放路", "单号", 1, 99], "range_overlaps"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(row, reason, community, sister, bureau):
    make_road_range(sister, road="解放路")
    _, seen = brought_in(bureau, row)
    assert seen[0].reason == reason
    if reason == "range_overlaps":
        assert "兴华社区的“解放路 1-99 全部”" in seen[0].message


def test_rows_of_one_file_that_overlap_are_both_refused(community, sister, bureau):
    _, seen = brought_in(
        bureau,
        [*PLACE, "人民路", "单号", 1, 99],
        ["淮河路街道", "兴华社区", "人民路", "单号", 51, 151],
    )
    assert [row.reason for row in seen] == ["range_overlaps"] * 2


def test_an_import_reaches_neither_grids_nor_ranges_of_others(street, community, erqi):
    elsewhere = make_grid("大学路街道", parent=erqi)
    foreign = make_road_range(make_grid("金桥社区", parent=elsewhere))
    clerk = make_user(grid=street, role=Role.DISTRICT_BUREAU)
    _, seen = brought_in(
        clerk,
        ["大学路街道", "金桥社区", "人民路", "全部", 1, 199],
        [*PLACE, "德化街", "全部", 1, 9],
        district=erqi,
    )
    assert [row.reason for row in seen] == ["outside_scope", None]
    foreign.refresh_from_db()
    assert foreign.last == 99


def test_the_template_filled_in_is_understood(community, bureau):
    book = load_workbook(BytesIO(template_bytes(resource_for("roads"))))
    sheet = book.active
    head = next(
        row for row in sheet.iter_rows() if any("单双号" in str(c.value) for c in row)
    )
    filled = {"街道": PLACE[0], "社区": PLACE[1], "道路": "人民路", "单双号": "单号"}
    filled |= {"起号": 1, "止号": 99}
    for row in list(sheet.iter_rows(min_row=head[0].row + 1)):
        for cell in row:
            cell.value = None
    for cell in head:
        for word, value in filled.items():
            if word in str(cell.value):
                sheet.cell(head[0].row + 1, cell.column).value = value
    content = BytesIO()
    book.save(content)
    batch, _ = brought_in(bureau, content=content.getvalue(), apply="all")
    assert batch.counts["new"] == 1
    assert str(RoadRange.objects.get()) == "人民路 1-99 单号"


def test_who_may_not_change_grids_may_not_import_roads(client, community):
    client.force_login(make_user(grid=community, role=Role.ASSISTANT))
    assert client.get(reverse("imports:upload", args=["roads"])).status_code == 403


def test_a_refusal_names_the_field(community, bureau):
    with pytest.raises(ValidationError) as refusal:
        act(community, bureau, first=2)
    assert "last" in refusal.value.message_dict


# --- dated ----------------------------------------------------------------------------

YESTERDAY = TODAY() - timedelta(days=1)


def noted_long_ago(grid, **fields):
    row = make_road_range(grid, **fields)
    row.since = LONG_AGO
    row.recorded_at = timezone.now() - timedelta(days=30)
    row.save()
    return row


def on(day):
    rows = RoadRange.objects.on(day).order_by("road", "first")
    return [f"{row.grid} {row.first}-{row.last}" for row in rows]


def test_a_change_leaves_what_was_so_before(community, sister, bureau):
    row = noted_long_ago(community, first=1, last=99)
    changed = change_range(
        row=row, grid=sister, road="人民路", parity="all", first=1, last=99, by=bureau
    )
    assert changed.since == TODAY()
    assert on(YESTERDAY) == [f"{community} 1-99"]
    assert on(TODAY()) == [f"{sister} 1-99"]
    past = ranges_of(RoadRange.objects.all(), YESTERDAY)
    assert [one.grid for one in past] == [community.pk]
    with pytest.raises(Refused, match="停用，不能再改动"):
        delete_range(row=row, by=bureau)


def test_what_is_ended_stays_in_the_list_of_ended_ones(bureau_client, community):
    row = noted_long_ago(community)
    bureau_client.post(reverse("grids:road-delete", args=[row.pk]))
    row.refresh_from_db()
    assert row.until == TODAY()
    url = reverse("grids:roads")
    assert not bureau_client.get(url).context["table"].rows
    for state in ("ended", "all"):
        shown = bureau_client.get(url, {"state": state}).context["table"]
        assert [one.object for one in shown.rows] == [row]
        assert not shown.rows[0].actions
    again = bureau_client.post(reverse("grids:road-delete", args=[row.pk]), follow=True)
    assert "不能再改动" in again.content.decode()


def test_a_range_goes_along_from_the_day_of_the_split(community, bureau):
    noted_long_ago(community)
    day = date(2026, 9, 1)
    split_grid(
        grid=community,
        parts=[NewGrid("东社区", "X1"), NewGrid("西社区", "X2")],
        on=day,
        by=bureau,
    )
    assert on(day - timedelta(days=1)) == [f"{community} 1-99"]
    assert on(day) == ["东社区 1-99"]
    undo_act(grid=Grid.objects.get(pk=community.pk), by=bureau)
    assert on(day) == [f"{community} 1-99"]
    assert RoadRange.objects.count() == 1


# --- undone, and round ----------------------------------------------------------------


def test_a_list_is_undone_with_the_ranges_that_it_ended(community, bureau):
    row = noted_long_ago(community, parity="odd", first=1, last=99)
    batch, _ = brought_in(
        bureau,
        [*PLACE, "人民路", "单号", 1, 149],
        [*PLACE, "德化街", None, 1, 40],
        apply="all",
        as_of=TODAY(),
    )
    assert on(YESTERDAY) == [f"{community} 1-99"]
    assert on(TODAY()) == [f"{community} 1-149", f"{community} 1-40"]
    undo_batch(batch=batch, by=bureau)
    row.refresh_from_db()
    assert (row.until, RoadRange.objects.count()) == (None, 1)


def test_a_list_is_not_undone_once_its_range_was_changed(community, bureau):
    batch, _ = brought_in(bureau, [*PLACE, "人民路", "单号", 1, 99], apply="all")
    row = RoadRange.objects.get()
    change_range(
        row=row, grid=community, road="人民路", parity="odd", first=1, last=149,
        by=bureau,
    )  # fmt: skip
    with pytest.raises(BuiltOn, match="第2行后来又有修改"):
        undo_batch(batch=batch, by=bureau)


def test_an_untouched_export_changes_nothing(bureau_client, community, bureau):
    noted_long_ago(community, parity="odd", first=1, last=99)
    noted_long_ago(community, road="德化街", first=1, last=40)
    content = bureau_client.get(reverse("imports:export", args=["roads"])).content
    batch, _ = brought_in(bureau, content=content)
    assert (batch.counts["same"], batch.counts["new"]) == (2, 0)
