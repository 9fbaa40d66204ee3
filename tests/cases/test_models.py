from datetime import date

import pytest
from django.db import IntegrityError, transaction

from cases import clocks
from cases.models import Case, CaseMember, Extension, Matter
from cases.rules import Urgency
from gridinspect.accounts.roles import Role
from tests.factories import make_case, make_matter, make_person, make_user

ON = date(2026, 4, 1)
ENDED = {
    "investigation_ended_on": date(2026, 3, 20),
    "decision_due_on": date(2026, 4, 10),
}
CLOSED = ENDED | {
    "closed_on": date(2026, 3, 25),
    "closed_in_time": True,
    "outcome": "handling",
}


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        (CLOSED | {"outcome": ""}, "closed_with_an_outcome"),
        ({"outcome": "handling"}, "closed_with_an_outcome"),
        (CLOSED | {"closed_in_time": None}, "closed_on_with_closed_in_time"),
        (
            CLOSED | {"closed_on": date(2026, 3, 19)},
            "investigated_before_closing",
        ),
        (
            {"closed_on": ON, "closed_in_time": True, "outcome": "penalty"},
            "investigated_before_closing",
        ),
        ({"due_on": date(2026, 3, 2)}, "due_after_filing"),
        ({"extended_on": date(2026, 4, 2)}, "extended_before_expiry"),
        ({"investigation_ended_on": ON}, "investigation_ended_on_with_decision"),
        (
            ENDED | {"investigation_ended_on": date(2026, 3, 1)},
            "investigation_ends_after_filing",
        ),
        ({"source": "complaint"}, "matter_of_its_source"),
    ],
)
def test_the_database_refuses_a_case(street, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        make_case(grid=street, **fields)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"accept_due_on": None}, "complaint_has_a_clock"),
        ({"accept_due_on": date(2026, 3, 1)}, "due_after_receipt"),
        ({"state": "accepted"}, "decided_unless_registered"),
        ({"decided_on": ON}, "decided_on_with_decided_by"),
        (
            {"act_started_on": ON, "act_ended_on": date(2026, 3, 1)},
            "act_ends_after_it_starts",
        ),
    ],
)
def test_the_database_refuses_a_matter(street, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        make_matter(grid=street, **fields)


@pytest.mark.parametrize(
    ("kind", "state", "constraint"),
    [
        ("complaint", "refused", "refused_with_a_reason"),
        ("complaint", "declined", "state_of_its_kind"),
        ("report", "accepted", "state_of_its_kind"),
    ],
)
def test_the_database_refuses_a_decision(street, bureau, kind, state, constraint):
    decided = {"state": state, "decided_on": ON, "decided_by": bureau}
    reason = "" if constraint == "refused_with_a_reason" else "理由"
    with pytest.raises(IntegrityError, match=constraint):
        make_matter(grid=street, kind=kind, decision_reason=reason, **decided)


def test_the_database_refuses_an_extension_by_its_proposer(street, bureau):
    case = make_case(grid=street)
    proposed = {"case": case, "reason": "案情复杂", "proposed_on": ON}
    with pytest.raises(IntegrityError, match="approved_by_another"):
        Extension.objects.create(
            **proposed,
            proposed_by=bureau,
            state="approved",
            decided_on=ON,
            decided_by=bureau,
        )


def test_the_database_refuses_a_second_extension(street, bureau):
    case = make_case(grid=street)
    proposed = {"case": case, "reason": "案情复杂", "proposed_on": ON}
    Extension.objects.create(**proposed, proposed_by=bureau)
    with pytest.raises(IntegrityError, match="cases_extension_once"):
        Extension.objects.create(**proposed, proposed_by=bureau)


def test_the_database_refuses_a_second_lead_and_a_second_seat(street):
    case, person = make_case(grid=street), make_person()
    CaseMember.objects.create(case=case, person=person, is_lead=True)
    with pytest.raises(IntegrityError, match="one_lead"), transaction.atomic():
        CaseMember.objects.create(case=case, person=make_person(), is_lead=True)
    with pytest.raises(IntegrityError, match="once_on_a_team"):
        CaseMember.objects.create(case=case, person=person)


# --- querysets ------------------------------------------------------------------------


def test_assistants_and_neighbours_see_no_case(street, neighbour, community):
    make_case(grid=street)
    assistant = make_user(grid=community, role=Role.ASSISTANT)
    inspector = make_user(grid=street, role=Role.FULL_TIME_INSPECTOR)
    assert not Case.objects.visible_to(assistant)
    assert not Case.objects.visible_to(neighbour)
    assert Case.objects.visible_to(inspector).count() == 1


def test_an_open_case_is_overdue_the_day_after_its_running_period(street):
    first = make_case(grid=street, due_on=date(2026, 3, 31))
    make_case(grid=street, due_on=ON)
    deciding = make_case(grid=street, due_on=date(2026, 3, 5), **ENDED)
    make_case(grid=street, due_on=date(2026, 3, 5), **CLOSED)

    assert list(Case.objects.overdue(on=ON)) == [first]
    assert deciding in Case.objects.overdue(on=date(2026, 4, 11))
    assert set(Case.objects.due_within(10, on=ON).values_list("due_on", flat=True)) == {
        ON,
        date(2026, 3, 5),
    }


def test_a_list_begins_with_the_most_urgent_open_case(street):
    closed = make_case(grid=street, due_on=date(2026, 3, 5), **CLOSED)
    later = make_case(grid=street, due_on=date(2026, 6, 1))
    sooner = make_case(grid=street, due_on=ON)
    assert list(Case.objects.for_list()) == [sooner, later, closed]


def test_complaints_are_listed_by_their_clock_and_reports_after_them(street):
    report = make_matter(grid=street, kind="report")
    later = make_matter(grid=street, accept_due_on=date(2026, 3, 10))
    sooner = make_matter(grid=street, accept_due_on=date(2026, 3, 9))
    assert list(Matter.objects.for_list()) == [sooner, later, report]
    assert list(Matter.objects.overdue(on=date(2026, 3, 10))) == [sooner]


def test_running_clocks_of_every_kind_stand_in_one_list(
    street, bureau, django_assert_num_queries
):
    make_matter(grid=street)
    make_matter(
        grid=street, state="accepted", decided_on=date(2026, 3, 5), decided_by=bureau
    )
    make_case(grid=street, due_on_is_provisional=True)
    make_case(grid=street, **ENDED)
    bureau.scope_paths(Case.objects.none().view_permission)
    with django_assert_num_queries(1):
        rows = list(clocks.running(bureau, on=ON))
    assert [row["clock"] for row in rows] == ["T2", "T1", "T5", "T7"]
    assert [row["provisional"] for row in rows] == [False, False, True, False]

    narrowed = clocks.running(bureau, on=ON, urgency=Urgency.TODAY.name)
    assert [row["clock"] for row in narrowed] == ["T5"]
    assert clocks.running(bureau, on=ON, provisional=True).count() == 1
    assert clocks.running(bureau, on=ON, kind="T7").get()["clock"] == "T7"


def test_a_neighbour_has_no_clock_here(street, neighbour):
    make_case(grid=street)
    make_matter(grid=street)
    assert not clocks.running(neighbour, on=ON)
