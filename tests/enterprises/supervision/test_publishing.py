"""Publication and the dishonest list: every step waits for the one before."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from cases.models import Identity, Matter
from enterprises.supervision import rules
from enterprises.supervision.facts import _SOURCES, Fact, supplies_facts
from enterprises.supervision.models import Publication
from enterprises.supervision.services import publishing
from enterprises.supervision.services.schemes import Refused
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from tests.enterprises.supervision.support import load_law, make_publication, punish
from tests.factories import TODAY, make_enterprise, make_survey, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def law(db):
    load_law()


@pytest.fixture
def unit(community):
    return make_enterprise(
        "丙公司", grid=community, address="淮河路 9 号", legal_representative="王小军"
    )


@pytest.fixture
def leader(erqi):
    return make_user(grid=erqi, role=Role.LEADER)


def long_ago(one, **fields):
    """Set days back, as if the steps had been taken then."""
    Publication.objects.filter(pk=one.pk).update(**fields)
    one.refresh_from_db()
    return one


def published(unit, bureau, leader, list="violation", on=None):
    one = make_publication(unit, bureau, list)
    if list == "dishonest":
        publishing.notify_unit(publication=one, on=TODAY(), by=bureau)
        one = long_ago(one, object_by=TODAY() - timedelta(days=1))
    publishing.propose_publication(publication=one, on=TODAY(), by=bureau)
    publishing.decide_publication(
        publication=one, approve=True, reason="", on=TODAY(), by=leader
    )
    return publishing.publish(publication=one, on=TODAY(), by=bureau)


@pytest.mark.parametrize(
    ("amount", "months", "punishments", "found"),
    [
        (99_999, 1, 1, set()),
        (100_000, 1, 1, {"wages"}),
        (100_000, 1, 0, set()),
        (0, 5, 1, set()),
        (0, 6, 1, {"insurance"}),
    ],
)
def test_candidates_by_rule(unit, erqi, bureau, amount, months, punishments, found):
    make_survey(
        unit,
        answers={
            "arrears": "有" if amount else "无",
            "arrears_amount": str(amount),
            "insurance_arrears": "有",
            "insurance_arrears_months": months,
        },
    )
    for _ in range(punishments):
        punish(unit, TODAY())
    publishing.find_candidates(district=erqi, on=TODAY(), by=bureau)
    assert set(Publication.objects.values_list("rule", flat=True)) == found


def test_a_candidate_has_its_kind_its_source_and_the_units_own_data(unit, erqi, bureau):
    punish(unit, TODAY(), cause="使用童工")
    assert publishing.find_candidates(district=erqi, on=TODAY(), by=bureau) == 1
    assert publishing.find_candidates(district=erqi, on=TODAY(), by=bureau) == 0
    one = Publication.objects.get()
    assert one.category == "违反禁止使用童工规定"
    assert "29号" in one.source
    assert (one.name, one.address, one.head) == ("丙公司", "淮河路 9 号", "王小军")
    publishing.drop_publication(publication=one, reason="核实后不属实", by=bureau)
    assert publishing.find_candidates(district=erqi, on=TODAY(), by=bureau) == 0
    punish(unit, TODAY(), cause="使用童工")  # a new fact
    assert publishing.find_candidates(district=erqi, on=TODAY(), by=bureau) == 1


def test_the_dishonest_list_wants_unpaid_after_the_order_too(unit, erqi, bureau):
    make_survey(unit, answers={"arrears": "有", "arrears_amount": "30000"})

    def unpaid(units, since, until):
        return {unit.pk: Fact(1)}

    publishing.find_candidates(district=erqi, on=TODAY(), by=bureau)
    assert not Publication.objects.exists()
    supplies_facts("wages_unpaid_after_order", source="试验")(unpaid)
    try:
        publishing.find_candidates(district=erqi, on=TODAY(), by=bureau)
    finally:
        rows = _SOURCES["wages_unpaid_after_order"]
        rows[:] = [one for one in rows if one.supplier is not unpaid]
    assert Publication.objects.get().list == "dishonest"


def test_the_course_of_a_listing(unit, bureau, leader):
    one = make_publication(unit, bureau, "dishonest")
    with pytest.raises(Refused, match="告知"):
        publishing.propose_publication(publication=one, on=TODAY(), by=bureau)
    one = publishing.notify_unit(publication=one, on=TODAY(), by=bureau)
    assert one.object_by > TODAY()
    assert one.decide_by
    with pytest.raises(Refused, match="期满"):
        publishing.propose_publication(publication=one, on=TODAY(), by=bureau)
    one = publishing.object_to_publication(
        publication=one, on=TODAY(), text="已付清", by=bureau
    )
    assert one.check_by > TODAY()
    one = publishing.check_objection(
        publication=one, on=TODAY(), upheld=False, result="仍欠 3 人", by=bureau
    )
    one = publishing.propose_publication(publication=one, on=TODAY(), by=bureau)
    with pytest.raises(Refused, match="另一位"):
        publishing.decide_publication(
            publication=one, approve=True, reason="", on=TODAY(), by=bureau
        )
    with pytest.raises(Refused, match="理由"):
        publishing.decide_publication(
            publication=one, approve=False, reason="", on=TODAY(), by=leader
        )
    publishing.decide_publication(
        publication=one, approve=True, reason="", on=TODAY(), by=leader
    )
    one = publishing.publish(publication=one, on=TODAY(), by=bureau)
    assert one.ends_on == date(TODAY().year + 3, TODAY().month, TODAY().day)
    listed = Publication.objects.listed_on
    assert listed(TODAY()).exists()
    assert listed(one.ends_on).exists()
    assert not listed(one.ends_on + timedelta(days=1)).exists()


def test_an_upheld_objection_ends_the_matter(unit, bureau):
    one = make_publication(unit, bureau)
    publishing.notify_unit(publication=one, on=TODAY(), by=bureau)
    publishing.object_to_publication(
        publication=one, on=TODAY(), text="已付清", by=bureau
    )
    one = publishing.check_objection(
        publication=one, on=TODAY(), upheld=True, result="已付清", by=bureau
    )
    assert one.state == "dropped"
    assert "异议成立" in one.dropped_reason


def test_nothing_is_published_without_approval(unit, bureau, leader):
    one = make_publication(unit, bureau)
    with pytest.raises(Refused, match="不能办理"):
        publishing.publish(publication=one, on=TODAY(), by=bureau)
    day = {"published_on": TODAY(), "published_by": bureau, "state": "published"}
    for fields in (
        day,
        {**day, "proposed_by": bureau, "approved_by": bureau, "approved_on": TODAY()},
        {**day, "approved_by": leader, "approved_on": TODAY()},  # nobody proposed it
        {
            **day,
            "proposed_by": bureau,
            "approved_by": leader,
            "approved_on": TODAY() + timedelta(days=1),
        },
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Publication.objects.filter(pk=one.pk).update(**fields)


def test_the_text_must_be_whole(unit, bureau):
    one = make_publication(unit, bureau, head="", address="")
    with pytest.raises(Refused, match="地址、法定代表人"):
        publishing.propose_publication(publication=one, on=TODAY(), by=bureau)


@pytest.mark.parametrize(
    "text",
    [
        "拖欠张某（41010319900101123X）工资",
        "联系电话13900000001",
        "卡号6222020200011223344",
    ],
)
def test_private_numbers_are_refused(unit, bureau, text):
    one = make_publication(unit, bureau)
    with pytest.raises(Refused, match="隐私"):
        publishing.change_publication(
            publication=one, edition=one.edition, facts=text, by=bureau
        )


def test_a_credit_code_and_an_amount_are_no_private_numbers():
    assert not rules.private_numbers_in("91410103MA0AAAA1X9 拖欠 1234567.89 元")


def test_the_name_of_a_reporter_never_gets_into_the_text(unit, bureau):
    matter = Matter.objects.create(
        kind="report",
        number="举1",
        district=unit.district,
        grid=unit.grid,
        enterprise=unit,
        respondent_name=unit.name,
        received_on=TODAY(),
        channel="visit",
        facts="x",
        registered_by=User.objects.system(),
    )
    Identity.objects.create(matter=matter, name="赵小麦")
    one = make_publication(unit, bureau)
    with pytest.raises(Refused) as refusal:
        publishing.change_publication(
            publication=one, edition=one.edition, facts="据赵小麦反映", by=bureau
        )
    assert "赵小麦" not in str(refusal.value)


def test_two_editors(unit, bureau):
    one = make_publication(unit, bureau)
    publishing.change_publication(
        publication=one, edition=one.edition, facts="甲", handling="乙", by=bureau
    )
    with pytest.raises(Refused, match="同事"):
        publishing.change_publication(
            publication=one, edition=one.edition, facts="丙", handling="丁", by=bureau
        )


@pytest.mark.parametrize(
    ("corrected", "committed", "on", "fault"),
    [
        (None, date(2026, 7, 1), date(2026, 7, 1), "改正日期"),
        (date(2026, 1, 1), None, date(2026, 7, 1), "信用承诺"),
        (date(2026, 1, 1), date(2026, 7, 1), date(2026, 6, 30), "晚于"),
        (date(2026, 1, 1), date(2026, 6, 1), date(2026, 6, 30), "最早为 2026-07-01"),
        (date(2026, 1, 1), date(2026, 7, 1), date(2026, 7, 1), ""),
        (date(2025, 8, 31), date(2026, 2, 1), date(2026, 2, 27), "2026-02-28"),
        (date(2025, 8, 31), date(2026, 2, 1), date(2026, 2, 28), ""),
    ],
)
def test_early_removal(corrected, committed, on, fault):
    said = rules.early_removal_fault(
        corrected_on=corrected, committed_on=committed, on=on, months=6
    )
    assert (fault in said) if fault else said == ""


def test_leaving_the_list(unit, bureau, leader):
    one = published(unit, bureau, leader, "dishonest")

    def remove(**how):
        return publishing.remove_publication(
            publication=one, on=TODAY(), by=bureau, **{"note": ""} | how
        )

    with pytest.raises(Refused, match="没有期满"):
        remove(ground="expired")
    with pytest.raises(Refused, match="改正日期"):
        remove(ground="early")
    with pytest.raises(Refused, match="撤销、变更"):
        remove(ground="wrong")
    gone = remove(ground="wrong", note="处罚决定已被撤销")
    assert (gone.state, gone.removed_on) == ("removed", TODAY())
    assert not Publication.objects.listed_on(TODAY()).exists()


def test_early_removal_is_for_the_list_alone(unit, bureau, leader):
    one = published(unit, bureau, leader)
    with pytest.raises(Refused, match="失信名单"):
        publishing.remove_publication(
            publication=one, ground="early", note="", on=TODAY(), by=bureau
        )


@pytest.mark.parametrize("shift", [1, -1])
def test_a_step_lies_between_the_last_one_and_today(unit, bureau, shift):
    one = make_publication(unit, bureau)
    with pytest.raises(Refused, match="日期不能"):
        publishing.notify_unit(
            publication=one, on=TODAY() + timedelta(days=shift), by=bureau
        )
