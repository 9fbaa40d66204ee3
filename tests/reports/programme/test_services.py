"""The acts on the programme: what is kept, who it counts as, and what is refused."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from grids.services.acts import undo_act
from grids.services.hanging import carried_by
from grids.services.reshaping import merge_grids
from reports import coverage
from reports.models import Assessment, Finding, TargetLetter
from reports.programme import services
from reports.programme.boards import board_of, boards_of
from reports.programme.progress import Progress
from reports.programme.services import Asked, Refused
from tests.factories import (
    TODAY,
    make_adoption,
    make_city,
    make_district,
    make_grid,
    make_user,
)

pytestmark = pytest.mark.django_db

SQUADS = Asked("huiji-2010", "milestones", "squads", "成立监察中队")
CENTRE = Asked("huiji-2010", "milestones", "command_centre", "成立指挥中心")
MONEY = Asked("huiji-2010", "ready", "money", "资金到位")
SHARED = Asked("jiangsu", "acceptance_7_5", "money", "经费保障", 8, proportional=True)


def report(asked, grids, by, *, result="met", on=date(2010, 8, 9), **fields):
    given = {"points": None, "remark": "", "upload": None, "signer": "周景行"}
    return services.report_findings(
        grids=grids,
        asked=asked,
        result=result,
        on=on,
        place=grids[0],
        by=by,
        **given | fields,
    )


def assess(grid, by, **fields):
    given = {
        "kind": "inspection",
        "on": TODAY() - timedelta(days=9),
        "assessor": "检查组",
        "result": "passed",
        "findings": "齐全。",
        "remedy": "",
        "remedy_due": None,
        "score": None,
        "upload": None,
    }
    return services.assess(grid=grid, by=by, **given | fields)


def state_of(place, key, on):
    board = board_of(place, on)
    return next(row for row in board.milestones if row.milestone.key == key)


# --- reporting ------------------------------------------------------------------------


def test_a_milestone_is_done_when_every_grid_has_done_it(streets, huiji_bureau):
    huiji = streets[0].parent
    report(SQUADS, streets[:1], huiji_bureau)
    row = state_of(huiji, "squads", date(2010, 8, 10))
    assert (row.done, row.nodes, row.state) == (1, 2, Progress.OPEN)
    assert state_of(huiji, "squads", date(2010, 8, 11)).state == Progress.OVERDUE
    report(SQUADS, streets[1:], huiji_bureau, on=date(2010, 8, 16))
    row = state_of(huiji, "squads", date(2010, 8, 16))
    assert (row.done_on, row.state) == (date(2010, 8, 16), Progress.DONE_LATE)
    # The board of a day before shows what was so by its date.
    assert state_of(huiji, "squads", date(2010, 8, 15)).state == Progress.OVERDUE
    assert state_of(streets[0], "squads", date(2010, 8, 11)).state == Progress.DONE


def test_what_was_due_before_its_notice_is_late_at_birth(under_huiji, huiji_bureau):
    row = state_of(under_huiji, "command_centre", TODAY())
    assert (row.early, row.state) == (1, Progress.BORN_LATE)
    report(CENTRE, [under_huiji], huiji_bureau, on=date(2010, 8, 2))
    assert state_of(under_huiji, "command_centre", TODAY()).state == Progress.DONE
    before = state_of(under_huiji, "command_centre", date(2010, 8, 1))
    assert before.state == Progress.BORN_LATE


def test_nothing_is_overwritten_and_the_latest_day_holds(streets, huiji_bureau):
    street = streets[0]
    report(MONEY, [street], huiji_bureau, on=date(2026, 3, 1))
    report(MONEY, [street], huiji_bureau, on=date(2026, 5, 1), result="not_met")
    report(MONEY, [street], huiji_bureau, on=date(2026, 4, 1))  # recorded late
    assert Finding.objects.count() == 3

    def points(on):
        (score,) = board_of(street, on).acceptance
        return next(one.points for one in score.items if one.item.key == "money")

    assert points(date(2026, 2, 28)) is None
    assert points(date(2026, 3, 1)) == 1
    assert points(date(2026, 4, 30)) == 1
    assert points(date(2026, 5, 1)) == 0


def test_of_one_day_the_last_word_holds(streets, huiji_bureau):
    for result in ("met", "not_met"):
        report(MONEY, streets[:1], huiji_bureau, on=TODAY(), result=result)
    (score,) = board_of(streets[0], TODAY()).acceptance
    assert [one.points for one in score.items if one.item.key == "money"] == [0]


def test_who_looks_from_above_checks_the_others_report_themselves(
    streets, huiji_bureau, squad
):
    def basis(grid, by):
        return report(MONEY, [grid], by)[0].basis

    assert basis(streets[0], huiji_bureau) == "checked"
    assert basis(streets[0], squad) == "own"
    assert basis(streets[0].children.get(), squad) == "checked"
    assert basis(streets[0].parent, huiji_bureau) == "own"
    city = make_user(city=streets[0].city, role=Role.CITY_BUREAU)
    assert basis(streets[0].parent, city) == "checked"


def test_a_report_is_one_event_with_its_grids_and_evidence(streets, huiji_bureau):
    paper = SimpleUploadedFile("批复.pdf", b"%PDF-1.7 x")
    made = report(SQUADS, streets, huiji_bureau, upload=paper)
    assert {one.evidence for one in made} == {made[0].evidence}
    assert made[0].evidence.path == streets[0].path
    event = history(streets[0]).get(verb="programme.reported")
    assert event.rows == [street.name for street in streets]
    assert event.data["count"] == 2


@pytest.mark.parametrize(
    ("asked", "result", "points", "fault"),
    [
        (SHARED, "partly", Decimal("0"), True),
        (SHARED, "partly", Decimal("0.1"), False),
        (SHARED, "partly", Decimal("7.9"), False),
        (SHARED, "partly", Decimal("8"), True),
        (SHARED, "partly", None, True),
        (SHARED, "met", Decimal("8"), True),
        (SHARED, "met", None, False),
        (MONEY, "partly", None, False),
        (MONEY, "partly", Decimal("0.5"), True),
    ],
)
def test_points_are_given_for_a_part_only(
    asked, result, points, fault, under_huiji, huiji_bureau
):
    def act():
        report(asked, [under_huiji], huiji_bureau, result=result, points=points)

    if fault:
        with pytest.raises(Refused, match="得分"):
            act()
        assert not Finding.objects.exists()
    else:
        act()
        assert Finding.objects.get().points == points


def test_tomorrow_has_not_been_found_yet(under_huiji, huiji_bureau):
    report(MONEY, [under_huiji], huiji_bureau, on=TODAY())
    with pytest.raises(Refused, match="不能晚于今天"):
        report(MONEY, [under_huiji], huiji_bureau, on=TODAY() + timedelta(days=1))


# --- assessing ------------------------------------------------------------------------

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "supervision"}, "须写明整改要求"),
        ({"result": "to_remedy"}, "须写明整改要求"),
        ({"remedy": "补齐"}, "整改期限"),
        ({"remedy_due": DAY + timedelta(days=9)}, "整改要求"),
        ({"remedy": "补齐", "remedy_due": DAY}, "应晚于检查日期"),
        ({"on": date(2999, 1, 1)}, "不能晚于今天"),
    ],
)
def test_an_assessment_that_makes_no_sense_is_refused(
    fields, words, streets, huiji_bureau
):
    with pytest.raises(Refused, match=words):
        assess(streets[0], huiji_bureau, **{"on": DAY} | fields)
    assert not Assessment.objects.exists()


def test_a_remedy_is_due_the_day_after_at_the_earliest(streets, huiji_bureau):
    due = DAY + timedelta(days=1)
    made = assess(
        streets[0],
        huiji_bureau,
        on=DAY,
        kind="supervision",
        remedy="补齐",
        remedy_due=due,
    )
    assert made.office == streets[0].parent.name
    assert list(Assessment.objects.overdue(on=due)) == []
    assert list(Assessment.objects.overdue(on=due + timedelta(days=1))) == [made]
    assert history(made).get().verb == "programme.assessed"


def urged(grid, by):
    return assess(grid, by, kind="supervision", remedy="补齐", remedy_due=TODAY())


def test_a_remedy_is_noted_once_and_not_before_it_was_asked(streets, huiji_bureau):
    made = urged(streets[0], huiji_bureau)

    def remedy(on):
        return services.note_remedy(
            assessment=made, on=on, note="已补齐", upload=None, by=huiji_bureau
        )

    with pytest.raises(Refused, match="不能早于检查日期"):
        remedy(made.on - timedelta(days=1))
    assert remedy(made.on).remedied_on == made.on
    assert not Assessment.objects.open().exists()
    with pytest.raises(Refused, match="没有待整改"):
        remedy(TODAY())
    assert history(made).first().verb == "programme.remedied"


def test_the_score_is_kept_as_it_stood(streets, huiji_bureau):
    street = streets[0]
    report(MONEY, [street], huiji_bureau, on=date(2026, 3, 1))
    (score,) = board_of(street, TODAY()).acceptance
    made = assess(street, huiji_bureau, kind="acceptance", score=score)
    report(MONEY, [street], huiji_bureau, on=TODAY(), result="not_met")
    made.refresh_from_db()
    assert (made.score["points"], made.score["out_of"]) == (1.0, 3)
    assert ["资金到位", 1.0] in made.score["lines"]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"remedy": ""}, "remedy_with_its_day"),
        ({"remedy_due": None}, "remedy_with_its_day"),
        ({"remedied_on": DAY}, "remedied_by"),
    ],
)
def test_the_table_refuses_half_a_remedy(fields, name, streets, huiji_bureau):
    made = urged(streets[0], huiji_bureau)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Assessment.objects.filter(pk=made.pk).update(**fields)


def test_a_grid_with_a_remedy_awaited_still_carries_something(streets, huiji_bureau):
    made = urged(streets[0], huiji_bureau)
    assert (1, "项待整改的检查考核") in [
        (n, word) for word, n in carried_by(streets[0])
    ]
    services.note_remedy(
        assessment=made, on=TODAY(), note="好", upload=None, by=huiji_bureau
    )
    assert (0, "项待整改的检查考核") in [
        (n, word) for word, n in carried_by(streets[0])
    ]


def test_a_remedy_goes_along_when_its_grid_is_merged_and_comes_back(
    streets, huiji_bureau
):
    made, settled = urged(streets[0], huiji_bureau), assess(streets[0], huiji_bureau)
    merge_grids(
        grids=streets[:1], into=streets[1], on=TODAY(), by=User.objects.system()
    )
    made.refresh_from_db()
    settled.refresh_from_db()
    assert made.grid == streets[1]
    assert settled.grid == streets[0]  # what was found stays where it was found
    undo_act(grid=streets[1], by=User.objects.system())
    made.refresh_from_db()
    assert made.grid == streets[0]


# --- target letters -------------------------------------------------------------------


def test_a_letter_is_numbered_archived_and_the_same_twice(streets, huiji_bureau):
    letters = [
        services.issue_letter(
            grid=street, on=TODAY(), year=2026, phase=1, by=huiji_bureau
        )
        for street in streets
    ]
    assert [one.number[-3:] for one in letters] == ["第1号", "第2号"]
    assert letters[0].number.startswith("郑惠济人社监责字")
    document = letters[0].document
    assert document.policies == ["《惠济区劳动保障监察两网化建设实施方案》第 3 版"]
    with document.file.open("rb") as file:
        assert file.read().startswith(b"%PDF")
    assert history(letters[0]).get().verb == "target_letter.issued"


def test_a_letter_to_a_district_carries_the_number_of_the_city(under_huiji):
    city = make_user(city=under_huiji.city, role=Role.CITY_BUREAU)
    letter = services.issue_letter(
        grid=under_huiji, on=TODAY(), year=2026, phase=1, by=city
    )
    assert letter.number.startswith("郑州人社监责字")
    assert letter.above == "郑州市"


def test_without_such_a_phase_there_is_no_letter(streets, huiji_bureau):
    with pytest.raises(Refused, match="没有这一阶段"):
        services.issue_letter(
            grid=streets[0], on=TODAY(), year=2026, phase=7, by=huiji_bureau
        )
    assert not TargetLetter.objects.exists()


# --- boards ---------------------------------------------------------------------------


def test_no_plan_no_board(erqi):
    assert boards_of(erqi, TODAY()).own is None
    assert list(boards_of(erqi.city, TODAY()).below) == []


def test_a_list_of_the_province_holds_from_its_day_on(law, city):
    yangzhou = make_city("扬州市", code="321000", province="江苏省")
    guangling = make_district("广陵区", city=yangzhou, code="321002")
    start = date(2007, 12, 1)
    make_adoption(guangling, "yangzhou-2007", since=start, programme_start=start)

    def lists(on):
        return [one.checklist.key for one in board_of(guangling, on).acceptance]

    assert lists(date(2009, 5, 30)) == []
    assert lists(date(2009, 5, 31)) == ["acceptance_7_5"]
    (score,) = board_of(guangling, TODAY()).acceptance
    assert score.origin == "《江苏省地方期限和考核办法》"
    assert score.out_of == 100


def test_the_same_figures_stand_on_the_board_and_in_coverage(streets):
    huiji = streets[0].parent
    board = board_of(huiji, TODAY())
    counts = coverage.figures_of(huiji, TODAY(), children=False).own.counts
    (phase,) = board.phases
    for target, part in phase.targets:
        assert (part.counted, part.out_of) == counts.parts(target.key)


@pytest.mark.parametrize("which", ["district", "city"])
def test_a_board_costs_the_same_for_many_grids(
    which, under_huiji, django_assert_max_num_queries
):
    place = under_huiji if which == "district" else under_huiji.city
    boards_of(place, TODAY())
    for number in range(5):
        street = make_grid(f"新街{number}", parent=under_huiji)
        make_grid(f"新社区{number}", parent=street)
    with django_assert_max_num_queries(40) as queries:
        whole = boards_of(place, TODAY())
    few = len(queries)
    for number in range(5, 15):
        make_grid(f"新街{number}", parent=under_huiji)
    with django_assert_max_num_queries(few):
        boards_of(place, TODAY())
    assert len(whole.below) == (7 if which == "district" else 1)
