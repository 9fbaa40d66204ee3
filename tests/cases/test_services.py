from datetime import date
from threading import Barrier, Thread

import pytest
from django.db import connection

from cases import rules, services
from cases.models import Case, Extension, Identity, Matter, Writ
from gridinspect.audit.models import Event
from gridinspect.audit.services import history
from gridinspect.documents.models import ArchivedDocument, IssuedNumber
from gridinspect.workdays.rules import Holiday
from grids.models import DirtyMark
from tests.factories import make_case, make_enterprise, make_matter, make_user
from tests.gridinspect.paper import pages_of

RECEIVED = date(2026, 3, 2)


def verbs(target):
    return [event.verb for event in history(target)]


@pytest.fixture
def registration(street, intake, law):
    """The arguments of a registration with which nothing is wrong."""
    return {
        "kind": "complaint",
        "grid": street,
        "respondent_name": "郑州测试有限公司",
        "received_on": RECEIVED,
        "channel": Matter.Channel.VISIT,
        "facts": "拖欠三个月工资",
        "identity": {"name": "陈小明", "phone": "19900001234"},
        "by": intake,
    }


@pytest.fixture
def filing(street, inspectors, law):
    """The arguments of a filing with which nothing is wrong."""
    first, second = inspectors
    return {
        "enterprise": make_enterprise(grid=street),
        "source": Case.Source.PATROL,
        "cause": "拖欠工资",
        "team": [first.person, second.person],
        "lead": first.person,
        "filed_on": date(2026, 3, 4),
        "by": first,
    }


# --- intake ---------------------------------------------------------------------------


def test_registering_a_complaint_starts_its_clock(registration):
    matter = services.register_matter(**registration)

    assert matter.accept_due_on == date(2026, 3, 9)  # 河南: seven natural days
    assert not matter.accept_due_is_provisional
    assert matter.number.endswith("人社监登字〔2026〕第1号")
    assert verbs(matter) == ["matter.registered"]


def test_a_registration_sent_twice_is_registered_once(registration):
    services.register_matter(**registration)
    with pytest.raises(rules.NotAllowed, match="请勿重复提交"):
        services.register_matter(**registration)
    services.register_matter(**registration | {"facts": "另一件事"})
    assert Matter.objects.count() == IssuedNumber.objects.count() == 2


def test_an_identity_is_stored_encrypted_and_in_no_event(registration):
    matter = services.register_matter(**registration)

    with connection.cursor() as cursor:
        cursor.execute("SELECT name, phone FROM cases_identity")
        stored = "".join(cursor.fetchone())
    assert "陈小明" not in stored
    assert "19900001234" not in stored
    assert "陈小明" not in str(list(Event.objects.values()))
    assert matter.identity.name == "陈小明"


def test_a_report_that_names_its_reporter_is_not_registered(registration):
    sent = {"kind": "report", "facts": "我叫陈 小明，公司不签合同"}
    with pytest.raises(services.IdentityInText) as refusal:
        services.register_matter(**registration | sent)
    assert "陈小明" not in str(refusal.value)
    assert not Matter.objects.exists()
    assert not IssuedNumber.objects.exists()


def test_accepting_a_complaint_issues_a_letter_to_the_complainant(registration, intake):
    matter = services.register_matter(**registration)
    writ = services.accept_matter(matter=matter, on=date(2026, 3, 4), by=intake)

    matter.refresh_from_db()
    assert matter.state == Matter.State.ACCEPTED
    assert writ.number == "郑二七人社监受字〔2026〕第1号"
    assert writ.document.pages == 1
    assert "陈小明" not in writ.document.title
    assert verbs(matter) == ["matter.accepted", "matter.registered"]


def test_a_letter_with_the_complainants_name_opens_only_to_intake_and_leader(
    registration, intake, leader, inspectors
):
    matter = services.register_matter(**registration)
    writ = services.accept_matter(matter=matter, on=date(2026, 3, 4), by=intake)
    documents = ArchivedDocument.objects.filter(pk=writ.document_id)
    assert documents.visible_to(intake)
    assert documents.visible_to(leader)
    assert not documents.visible_to(inspectors[0])


def test_the_reason_to_look_at_an_identity_does_not_give_it_away(registration, intake):
    matter = services.register_matter(**registration)
    with pytest.raises(services.IdentityInText):
        services.reveal_identity(matter=matter, reason="要联系陈小明", by=intake)
    assert verbs(matter) == ["matter.registered"]


def test_a_complaint_is_decided_on_only_once(registration, intake):
    matter = services.register_matter(**registration)
    services.refuse_matter(
        matter=matter, on=date(2026, 3, 4), reason="不属于监察事项", by=intake
    )
    with pytest.raises(services.AlreadyDecided):
        services.accept_matter(matter=matter, on=date(2026, 3, 4), by=intake)
    assert Writ.objects.count() == 1


def test_a_time_barred_complaint_is_not_accepted(registration, intake):
    old = {"act_ended_on": date(2024, 3, 1)}
    matter = services.register_matter(**registration | old)
    with pytest.raises(rules.NotAllowed, match="2年"):
        services.accept_matter(matter=matter, on=date(2026, 3, 4), by=intake)
    matter.refresh_from_db()
    assert matter.is_open
    assert not Writ.objects.exists()


def test_a_report_is_neither_accepted_nor_declined_without_a_reason(
    registration, intake
):
    matter = services.register_matter(**registration | {"kind": "report"})
    with pytest.raises(rules.NotAllowed):
        services.accept_matter(matter=matter, on=date(2026, 3, 4), by=intake)
    with pytest.raises(rules.NotAllowed):
        services.decline_matter(
            matter=matter, on=date(2026, 3, 4), reason=" ", by=intake
        )
    services.decline_matter(
        matter=matter, on=date(2026, 3, 4), reason="查无此单位", by=intake
    )
    matter.refresh_from_db()
    assert matter.state == Matter.State.DECLINED


def test_a_look_at_an_identity_is_recorded_with_its_reason(street, leader):
    matter = make_matter(grid=street, kind="report")
    identity = services.reveal_identity(matter=matter, reason="核实举报", by=leader)
    assert identity.name == "陈小明"
    event = history(matter).get()
    assert (event.verb, event.data["reason"]) == ("identity.revealed", "核实举报")


def test_a_look_without_a_reason_shows_nothing(street, leader):
    matter = make_matter(grid=street, kind="report")
    with pytest.raises(rules.NotAllowed):
        services.reveal_identity(matter=matter, reason=" 看 ", by=leader)
    assert not history(matter)


# --- filing ---------------------------------------------------------------------------


def test_filing_starts_the_clock_and_leaves_a_trail(filing):
    case = services.file_case(**filing)

    assert case.due_on == date(2026, 4, 3)  # 河南: thirty natural days
    assert [member.is_lead for member in case.members.all()] == [True, False]
    assert case.number == "郑二七人社监立字〔2026〕第1号"
    assert verbs(case) == ["case.filed"]


def test_outside_henan_the_national_limit_holds(filing, law):
    unit = filing["enterprise"]
    unit.district.city.province = "辽宁省"
    unit.district.city.save()
    case = services.file_case(**filing | {"filed_on": date(2026, 4, 20)})
    assert case.due_on == date(2026, 7, 16)


@pytest.mark.parametrize("fault", ["one", "no lead", "no certificate"])
def test_a_faulty_team_leaves_nothing_behind(filing, fault, street):
    team, lead = filing["team"], filing["lead"]
    if fault == "one":
        team = team[:1]
    elif fault == "no lead":
        lead = None
    else:
        team = [*team, make_user(grid=street).person]
    with pytest.raises(rules.TeamFaulty):
        services.file_case(**filing | {"team": team, "lead": lead})
    assert not Case.objects.exists()
    assert not IssuedNumber.objects.exists()


def test_a_complaint_is_filed_on_its_day_of_acceptance(registration, intake, filing):
    matter = services.register_matter(**registration)
    services.accept_matter(matter=matter, on=date(2026, 3, 5), by=intake)
    case = services.file_case(**filing | {"matter": matter})

    assert case.filed_on == date(2026, 3, 5)
    assert case.source == Case.Source.COMPLAINT
    matter.refresh_from_db()
    assert matter.state == Matter.State.FILED
    with pytest.raises(services.AlreadyFiled):
        services.file_case(**filing | {"matter": matter})


def test_a_complaint_is_not_filed_before_it_is_accepted(registration, filing):
    matter = services.register_matter(**registration)
    with pytest.raises(services.AlreadyFiled):
        services.file_case(**filing | {"matter": matter})


def test_a_case_on_a_report_never_names_the_reporter(filing, street):
    matter = make_matter(grid=street, kind="report")
    with pytest.raises(services.IdentityInText):
        services.file_case(**filing | {"matter": matter, "facts": "陈小明称未签合同"})
    case = services.file_case(**filing | {"matter": matter})
    assert "陈小明" not in str(list(Event.objects.values()))
    assert case.source == Case.Source.REPORT


# --- the course of a case -------------------------------------------------------------


def test_an_extension_is_proposed_by_one_and_approved_by_another(filing, leader):
    case = services.file_case(**filing)
    extension = services.propose_extension(
        case=case, reason="案情复杂", on=date(2026, 4, 1), by=filing["by"]
    )
    with pytest.raises(rules.NotAllowed, match="自己批准"):
        services.approve_extension(
            extension=extension, on=date(2026, 4, 2), by=filing["by"]
        )
    services.approve_extension(extension=extension, on=date(2026, 4, 3), by=leader)

    case.refresh_from_db()
    assert case.due_on == date(2026, 5, 6)  # 60 days end in 劳动节, and roll
    assert case.extended_on == date(2026, 4, 3)
    assert verbs(case)[0] == "case.extended"
    with pytest.raises(rules.NotAllowed):
        services.propose_extension(
            case=case, reason="再延", on=date(2026, 4, 30), by=filing["by"]
        )


def test_an_extension_after_expiry_comes_too_late(filing, leader):
    case = services.file_case(**filing)
    extension = services.propose_extension(
        case=case, reason="案情复杂", on=date(2026, 4, 3), by=filing["by"]
    )
    with pytest.raises(rules.TooLate):
        services.approve_extension(extension=extension, on=date(2026, 4, 4), by=leader)
    case.refresh_from_db()
    assert case.due_on == date(2026, 4, 3)


def test_a_rejected_extension_may_be_proposed_again(filing, leader):
    case = services.file_case(**filing)
    asked = {"case": case, "reason": "案情复杂", "on": date(2026, 4, 1)}
    extension = services.propose_extension(**asked, by=filing["by"])
    services.reject_extension(extension=extension, on=date(2026, 4, 1), by=leader)
    services.propose_extension(**asked, by=filing["by"])
    assert Extension.objects.filter(state="proposed").count() == 1


def test_a_case_is_closed_with_its_outcome_and_marks_the_figures(filing):
    case = services.file_case(**filing)
    by = filing["by"]
    with pytest.raises(rules.NotAllowed, match="尚未终结"):
        services.close_case(
            case=case, outcome="handling", note="", on=date(2026, 3, 20), by=by
        )
    services.end_investigation(case=case, on=date(2026, 3, 18), by=by)
    DirtyMark.objects.all().delete()
    closing = {"case": case, "outcome": "handling", "note": "已改正", "by": by}
    services.close_case(**closing, on=date(2026, 3, 20))

    case.refresh_from_db()
    assert case.closed_in_time
    assert case.outcome == Case.Outcome.HANDLING
    assert DirtyMark.objects.get().since == date(2026, 3, 20)
    with pytest.raises(services.AlreadyClosed):
        services.close_case(**closing, on=date(2026, 3, 20))


@pytest.mark.parametrize(
    ("ended", "closed", "in_time"),
    [
        ("2026-04-03", "2026-04-03", True),
        ("2026-04-03", "2026-04-07", False),  # 河南: thirty days to close
        ("2026-04-07", "2026-04-07", False),
    ],
)
def test_in_henan_in_time_means_closed_within_the_whole_period(
    filing, ended, closed, in_time
):
    case = services.file_case(**filing)
    ended, closed = date.fromisoformat(ended), date.fromisoformat(closed)
    services.end_investigation(case=case, on=ended, by=filing["by"])
    services.close_case(
        case=case, outcome="penalty", note="", on=closed, by=filing["by"]
    )
    case.refresh_from_db()
    assert case.closed_in_time is in_time


# --- writs ----------------------------------------------------------------------------


def order(case, by, **change):
    asked = {
        "findings": "拖欠12名劳动者工资",
        "demands": "足额支付工资",
        "correct_by": date(2026, 3, 20),
        "on": date(2026, 3, 10),
    }
    return services.issue_correction(case=case, by=by, **asked | change)


def test_a_correction_order_gets_a_number_and_a_paper(filing):
    case = services.file_case(**filing)
    writ = order(case, filing["by"])
    assert writ.number == "郑二七人社监令字〔2026〕第1号"
    assert writ.document.content_type == "application/pdf"
    assert verbs(case)[0] == "writ.issued"
    services.note_correction(writ=writ, on=date(2026, 3, 19), by=filing["by"])
    writ.refresh_from_db()
    assert writ.corrected_on == date(2026, 3, 19)


def paper_of(writ):
    with writ.document.file.open("rb") as file:
        return pages_of(file.read())


def test_a_correction_order_of_four_lines_fits_one_page(filing):
    case = services.file_case(**filing)
    lines = {
        "findings": "1.拖欠工资共计8600元。\n2.未与12名劳动者订立书面劳动合同。",
        "demands": "1.支付拖欠的工资。\n2.与劳动者订立书面劳动合同。",
    }
    writ = order(case, filing["by"], **lines)
    assert writ.document.pages == 1
    (page,) = paper_of(writ)
    assert "2026年3月20日前（含当日）改正" in page
    assert "60日内依法申请行政复议" in page
    assert "6个月内依法提起行政诉讼" in page


@pytest.mark.parametrize("lines", range(3, 12))
def test_the_seal_of_a_longer_order_never_stands_alone(filing, lines):
    case = services.file_case(**filing)
    writ = order(case, filing["by"], findings="\n".join(["未订立书面合同。"] * lines))
    last = paper_of(writ)[-1]
    assert "如不服本指令" in last
    assert "（盖章）" in last


def test_a_refusal_says_how_long_review_and_suit_are_open(registration, intake):
    matter = services.register_matter(**registration)
    writ = services.refuse_matter(
        matter=matter, on=date(2026, 3, 4), reason="不属于监察事项", by=intake
    )
    (page,) = paper_of(writ)
    assert "自收到之日起60日内依法申请行政复议" in page


def test_a_correction_order_never_names_the_reporter(filing, street):
    matter = make_matter(grid=street, kind="report")
    case = services.file_case(**filing | {"matter": matter})
    numbers = IssuedNumber.objects.count()
    with pytest.raises(services.IdentityInText):
        order(case, filing["by"], findings="未与19900001234签订合同")
    assert not Writ.objects.exists()
    assert IssuedNumber.objects.count() == numbers


def test_a_correction_order_names_a_day_ahead(filing):
    case = services.file_case(**filing)
    with pytest.raises(rules.NotAllowed, match="晚于"):
        order(case, filing["by"], correct_by=date(2026, 3, 10))


# --- the calendar ---------------------------------------------------------------------

NOTICE_2027 = [
    Holiday("元旦", date(2027, 1, 1), date(2027, 1, 3)),
    Holiday("春节", date(2027, 2, 5), date(2027, 2, 11), (date(2027, 1, 31),)),
]


def enter_2027(by, **change):
    asked = {"year": 2027, "notice": NOTICE_2027, "source": "测试通知"}
    return services.enter_notice(**asked | change, by=by)


def test_a_published_year_settles_provisional_periods(street, law, system):
    case = make_case(
        grid=street,
        filed_on=date(2026, 12, 2),
        due_on=date(2027, 1, 1),  # thirty days, counted without holidays
        due_on_is_provisional=True,
    )
    entered = enter_2027(system)

    assert (entered.changed, entered.moved) == (True, 1)
    case.refresh_from_db()
    assert (case.due_on, case.due_on_is_provisional) == (date(2027, 1, 4), False)
    event = history(case).get()
    assert event.verb == "case.deadline_moved"
    assert event.data["before"] == "2027-01-01"


def test_the_same_notice_again_moves_nothing(street, law, system):
    enter_2027(system)
    again = enter_2027(system)
    assert (again.changed, again.moved) == (False, 0)
    assert Event.objects.filter(verb="calendar.entered").count() == 1


def test_an_unofficial_year_stays_provisional(street, law, system):
    case = make_case(grid=street, filed_on=date(2026, 12, 2), due_on=date(2027, 1, 1))
    enter_2027(system, is_official=False)
    case.refresh_from_db()
    assert (case.due_on, case.due_on_is_provisional) == (date(2027, 1, 4), True)


def test_closed_cases_keep_their_periods(street, law, system):
    case = make_case(
        grid=street,
        filed_on=date(2026, 12, 2),
        due_on=date(2027, 1, 1),
        investigation_ended_on=date(2026, 12, 10),
        decision_due_on=date(2026, 12, 31),
        closed_on=date(2026, 12, 20),
        closed_in_time=True,
        outcome="handling",
    )
    assert enter_2027(system).moved == 0
    case.refresh_from_db()
    assert case.due_on == date(2027, 1, 1)


def test_a_registered_complaint_moves_too(street, law, system):
    matter = make_matter(
        grid=street,
        received_on=date(2026, 12, 25),
        accept_due_on=date(2027, 1, 1),
        accept_due_is_provisional=True,
    )
    enter_2027(system)
    matter.refresh_from_db()
    assert matter.accept_due_on == date(2027, 1, 4)


def test_identities_survive_no_duplicate(street):
    matter = make_matter(grid=street)
    assert Identity.objects.get(matter=matter).sealed == ["陈小明", "19900001234"]


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_close_a_case_once(street, bureau):
    case = make_case(
        grid=street,
        investigation_ended_on=date(2026, 3, 10),
        decision_due_on=date(2026, 3, 31),
    )
    barrier, outcomes = Barrier(2), []

    def close():
        try:
            barrier.wait()
            services.close_case(
                case=case,
                outcome="handling",
                note="",
                on=date(2026, 3, 12),
                by=bureau,
            )
            outcomes.append("closed")
        except services.AlreadyClosed:
            outcomes.append("too late")
        finally:
            connection.close()

    threads = [Thread(target=close) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["closed", "too late"]
