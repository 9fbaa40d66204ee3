from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from enterprises.models import Enterprise, StatusProposal
from enterprises.services.files import EditedMeanwhile, Refused
from enterprises.services.status import (
    decide_proposals,
    propose_status,
    set_status,
    undo_status,
    why_not_undone,
)
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from reports.tallies import count_district
from tests.factories import (
    LONG_AGO,
    TODAY,
    make_adoption,
    make_enterprise,
    make_survey,
    make_user,
)

YESTERDAY = TODAY() - timedelta(days=1)


@pytest.fixture
def unit(community):
    return make_enterprise("郑州甲餐饮有限公司", grid=community)


def paper():
    return SimpleUploadedFile("注销通知书.pdf", b"%PDF-1.4 \n%%EOF", "application/pdf")


def closed(unit, by, status="cancelled", since=YESTERDAY, **more):
    return set_status(
        unit=unit, status=status, since=since, reason="准予注销", by=by, **more
    )


def periods(unit):
    rows = unit.status_periods.order_by("since", "pk")
    return list(rows.values_list("status", "since", "until"))


def test_a_status_holds_from_its_day_with_reason_and_evidence(unit, bureau):
    closed(unit, bureau, evidence=paper(), edition=1)
    unit.refresh_from_db()
    last = unit.status_periods.get(until=None)
    assert (unit.status, unit.edition) == ("cancelled", 2)
    assert periods(unit) == [
        ("open", LONG_AGO, YESTERDAY),
        ("cancelled", YESTERDAY, None),
    ]
    assert (last.reason, last.recorded_by) == ("准予注销", bureau)
    assert last.evidence.name == "注销通知书.pdf"
    assert last.evidence.path == unit.grid.path
    event = history(unit)[0]
    assert event.verb == "enterprise.status_set"
    assert event.data["effective"] == {"status": str(YESTERDAY)}


def test_the_figures_move_from_the_day_of_the_status(unit, bureau, erqi):
    make_adoption(erqi)
    closed(unit, bureau)
    before, after = YESTERDAY - timedelta(days=1), YESTERDAY
    assert count_district(erqi, before)[unit.grid_id].known == 1
    counts = count_district(erqi, after).get(unit.grid_id)
    assert counts is None or counts.known == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"since": TODAY() + timedelta(days=1)}, "晚于今天"),
        ({"since": LONG_AGO - timedelta(days=1)}, "不能早于"),
        ({"status": "open"}, "现在就是"),
    ],
)
def test_a_status_that_cannot_be_is_refused(unit, bureau, given, words):
    with pytest.raises(Refused, match=words):
        closed(unit, bureau, **given)
    assert periods(unit) == [("open", LONG_AGO, None)]


def test_a_status_wants_a_reason(unit, bureau):
    with pytest.raises(Refused, match="原因"):
        set_status(
            unit=unit, status="suspended", since=YESTERDAY, reason=" ", by=bureau
        )


def test_two_who_change_one_status_do_not_overwrite_each_other(unit, bureau):
    closed(unit, bureau, edition=1)
    with pytest.raises(EditedMeanwhile):
        closed(unit, bureau, status="suspended", edition=1)


def test_the_last_change_is_taken_back(unit, bureau):
    closed(unit, bureau)
    undo_status(unit=unit, by=bureau)
    unit.refresh_from_db()
    assert unit.status == "open"
    assert periods(unit) == [("open", LONG_AGO, None)]


def test_a_change_of_the_same_day_is_taken_back_to_what_it_replaced(unit, bureau):
    closed(unit, bureau, status="suspended")
    closed(unit, bureau, status="not_found")
    undo_status(unit=unit, by=bureau)
    unit.refresh_from_db()
    assert unit.status == "suspended"
    assert periods(unit)[-1] == ("suspended", YESTERDAY, None)
    undo_status(unit=unit, by=bureau)
    assert periods(unit) == [("open", LONG_AGO, None)]


def test_nothing_is_taken_back_that_something_was_built_on(unit, bureau):
    assert "没有变更过" in why_not_undone(unit)
    closed(unit, bureau, status="suspended")
    make_survey(unit)
    with pytest.raises(Refused, match="登记表"):
        undo_status(unit=unit, by=bureau)


def test_only_the_change_that_was_looked_at_is_taken_back(unit, bureau):
    closed(unit, bureau, status="suspended")
    seen = unit.status_periods.get(until=None).pk
    closed(unit, bureau, status="not_found", since=TODAY())
    with pytest.raises(Refused, match="刷新"):
        undo_status(unit=unit, by=bureau, period=seen)


# --- proposals ------------------------------------------------------------------------


@pytest.fixture
def assistant(community):
    return make_user(grid=community, role=Role.ASSISTANT)


@pytest.fixture
def proposal(unit, assistant):
    return propose_status(
        unit=unit,
        status="not_found",
        on=YESTERDAY,
        reason="原址已是空铺",
        origin="走访",
        evidence=paper(),
        by=assistant,
    )


def test_a_proposal_changes_nothing_and_is_made_once(unit, proposal, assistant):
    again = propose_status(
        unit=unit, status="not_found", on=TODAY(), reason="又去一次", by=assistant
    )
    assert again == proposal
    assert Enterprise.objects.get(pk=unit.pk).status == "open"


def test_an_accepted_proposal_becomes_a_status(unit, proposal, bureau):
    decide_proposals(proposals=[proposal], accept=True, answer="", by=bureau)
    unit.refresh_from_db()
    proposal.refresh_from_db()
    last = unit.status_periods.get(until=None)
    assert (unit.status, last.since, last.reason) == (
        "not_found",
        YESTERDAY,
        "原址已是空铺",
    )
    assert last.evidence == proposal.evidence
    assert (proposal.state, proposal.decided_by) == ("accepted", bureau)


def test_a_refusal_wants_a_reason_and_nobody_decides_on_his_own(
    unit, proposal, bureau, assistant
):
    with pytest.raises(Refused, match="理由"):
        decide_proposals(proposals=[proposal], accept=False, answer="", by=bureau)
    with pytest.raises(Refused, match="本人"):
        decide_proposals(proposals=[proposal], accept=True, answer="", by=assistant)
    decide_proposals(proposals=[proposal], accept=False, answer="仍在营业", by=bureau)
    with pytest.raises(Refused, match="他人处理"):
        decide_proposals(proposals=[proposal], accept=True, answer="", by=bureau)
    assert Enterprise.objects.get(pk=unit.pk).status == "open"


def test_one_bad_proposal_stops_all_and_is_named(unit, proposal, assistant, bureau):
    other = make_enterprise("郑州乙商贸有限公司", grid=unit.grid, since=TODAY())
    early = propose_status(
        unit=other, status="not_found", on=YESTERDAY, reason="无人", by=assistant
    )
    with pytest.raises(Refused, match="郑州乙商贸有限公司"):
        decide_proposals(proposals=[proposal, early], accept=True, answer="", by=bureau)
    assert Enterprise.objects.get(pk=unit.pk).status == "open"
    assert StatusProposal.objects.waiting().count() == 2


# --- pages ----------------------------------------------------------------------------


def url(page, *args, query=None):
    return reverse(f"enterprises:{page}", args=args, query=query)


def test_the_page_registers_and_undoes(bureau_client, unit):
    page = url("status", unit.pk)
    assert "恢复营业" not in bureau_client.get(page).content.decode()
    typed = {
        "status": "suspended",
        "status_since": str(YESTERDAY),
        "reason": "自行停业",
        "edition": 1,
        "evidence": paper(),
    }
    bureau_client.post(page, typed)
    unit.refresh_from_db()
    assert unit.status == "suspended"
    shown = bureau_client.get(f"{unit.get_absolute_url()}?tab=belonging")
    text = shown.content.decode()
    assert "自行停业" in text
    assert "注销通知书.pdf" in text
    assert "撤销最近一次状态变更" in text
    period = unit.status_periods.get(until=None).pk
    bureau_client.post(url("status-undo", unit.pk), {"period": period})
    unit.refresh_from_db()
    assert unit.status == "open"


def test_what_is_wrong_is_said_and_what_was_typed_stays(bureau_client, unit):
    typed = {"status": "suspended", "status_since": "2099-01-01", "edition": 1}
    response = bureau_client.post(url("status", unit.pk), typed)
    text = response.content.decode()
    assert "晚于今天" in text
    assert "请写明变更的原因和依据。" in text
    assert 'value="2099-01-01"' in text


def test_the_second_clerk_sees_what_the_first_did(bureau_client, unit, bureau):
    closed(unit, bureau)
    typed = {
        "status": "suspended",
        "status_since": str(TODAY()),
        "reason": "停业",
        "edition": 1,
    }
    response = bureau_client.post(url("status", unit.pk), typed)
    assert "现状态为“注销”" in response.content.decode()
    assert 'value="2"' in response.content.decode()


def test_a_neighbour_finds_neither(neighbour_client, unit, proposal):
    assert neighbour_client.get(url("status", unit.pk)).status_code == 404
    assert neighbour_client.post(url("status-undo", unit.pk)).status_code == 404
    assert not neighbour_client.get(url("proposals")).context["table"].rows


def test_proposals_are_chosen_on_the_list_and_decided(bureau_client, unit, proposal):
    page = bureau_client.get(url("proposals"))
    assert f'name="row" value="{proposal.pk}"' in page.content.decode()
    decide = url("proposals-decide", query={"row": proposal.pk})
    assert "处理 1 条" in bureau_client.get(decide).content.decode()
    bureau_client.post(decide, {"decision": "accept", "answer": "", "seen": 1})
    unit.refresh_from_db()
    assert unit.status == "not_found"


def test_a_number_that_changed_meanwhile_is_asked_again(bureau_client, unit, proposal):
    decide = url("proposals-decide", query={"all": 1})
    response = bureau_client.post(decide, {"decision": "accept", "seen": 2})
    assert "现为 1 条" in response.content.decode()
    unit.refresh_from_db()
    assert unit.status == "open"


def test_an_assistant_does_not_decide(client, assistant, proposal):
    client.force_login(assistant)
    assert client.get(url("proposals-decide", query={"all": 1})).status_code == 403
    assert "采纳或不采纳" not in client.get(url("proposals")).content.decode()


def test_the_list_asks_few_queries(
    bureau_client, unit, assistant, django_assert_max_num_queries
):
    for number in range(15):
        other = make_enterprise(f"郑州{number}号店", grid=unit.grid)
        propose_status(
            unit=other, status="not_found", on=TODAY(), reason="无人", by=assistant
        )
    with django_assert_max_num_queries(14):
        bureau_client.get(url("proposals"))
