from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from cases import rules as case_rules
from cases.inspections import facts, rules, services
from cases.inspections.models import Inspection, InspectionMember, InspectionPlan
from cases.inspections.services.drawing import drawn_teams, repeated
from cases.models import Case, Writ
from enterprises.models import Enterprise
from gridinspect import draws
from gridinspect.accounts.roles import Role
from gridinspect.audit.models import Event
from tests.cases.inspections.conftest import plan_fields
from tests.factories import (
    make_certificate,
    make_enterprise,
    make_person,
    make_posting,
    make_user,
)

pytestmark = pytest.mark.django_db
State = Inspection.State


def today():
    return timezone.localdate()


# --- plans ----------------------------------------------------------------------------


def test_a_plan_is_approved_by_another_person_only(plan, inspectors, leader):
    with pytest.raises(case_rules.NotAllowed, match="不能自己批准"):
        services.approve_plan(plan=plan, on=today(), by=inspectors[0])
    services.approve_plan(plan=plan, on=today(), by=leader)
    plan.refresh_from_db()
    assert plan.state == "approved"
    assert "检批字" in plan.number
    with pytest.raises(IntegrityError), transaction.atomic():
        InspectionPlan.objects.update(proposed_by=leader)


def test_a_plan_sent_back_can_be_changed_and_proposed_anew(plan, inspectors, leader):
    services.return_plan(plan=plan, reason="缩小范围", on=today(), by=leader)
    services.change_plan(
        plan=plan, fields=plan_fields(scope="小型餐饮单位"), by=inspectors[0]
    )
    plan.refresh_from_db()
    assert (plan.state, plan.scope, plan.reason) == ("proposed", "小型餐饮单位", "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"topics": ()}, "至少选择一项"),
        ({"topics": ("fire",)}, "未公布"),
        ({"kind": "targeted"}, "事由"),
        ({"ground": "complaint"}, "事由"),
        ({"kind": "targeted", "ground": "whim"}, "没有依据"),
        ({"begins_on": date(2027, 1, 1)}, "终止日期"),
    ],
)
def test_a_faulty_plan_is_refused_with_words(erqi, inspectors, law, change, words):
    with pytest.raises(case_rules.NotAllowed, match=words):
        services.propose_plan(grid=erqi, fields=plan_fields(**change), by=inspectors[0])


def test_approving_a_plan_approves_its_units(plan, put, unit, leader):
    inspection = put(plan, unit)
    assert inspection.state == State.PROPOSED
    services.approve_plan(plan=plan, on=today(), by=leader)
    inspection.refresh_from_db()
    assert (inspection.state, inspection.approved_by) == (State.APPROVED, leader)


def test_giving_a_plan_up_drops_what_was_not_inspected(approved, put, unit, leader):
    inspection = put(approved, unit)
    assert services.cancel_plan(plan=approved, reason="另行安排", on=today(), by=leader)
    inspection.refresh_from_db()
    assert inspection.state == State.CANCELLED
    assert "另行安排" in inspection.drop_reason


# --- the cap --------------------------------------------------------------------------


def test_a_second_counted_inspection_needs_reason_and_approval(
    approved, put, unit, erqi, inspectors, leader
):
    put(approved, unit)
    other = services.propose_plan(
        grid=erqi, fields=plan_fields(name="工资专项检查", kind="campaign"), by=leader
    )
    chief = make_user(grid=erqi, role=Role.LEADER)
    services.approve_plan(plan=other, on=today(), by=chief)
    with pytest.raises(rules.OverCap, match="第十一条"):
        put(other, unit)
    second = put(other, unit, override_reason="上次检查后仍有欠薪线索")
    assert (second.state, second.is_over_cap) == (State.PROPOSED, True)
    assert "已计入 1 次" in second.cap_words
    with pytest.raises(case_rules.NotAllowed, match="自己批准"):
        services.approve_inspection(inspection=second, on=today(), by=inspectors[0])
    services.approve_inspection(inspection=second, on=today(), by=chief)
    second.refresh_from_db()
    assert second.state == State.APPROVED
    event = Event.objects.filter(verb="inspection.approved").get()
    assert event.data["reason"] == "上次检查后仍有欠薪线索"


def test_a_complaint_does_not_count(approved, put, unit, erqi, inspectors, leader):
    put(approved, unit)
    fields = plan_fields(name="核查", kind="targeted", ground="complaint")
    other = services.propose_plan(grid=erqi, fields=fields, by=inspectors[0])
    services.approve_plan(plan=other, on=today(), by=leader)
    inspection = put(other, unit)
    assert (inspection.state, inspection.is_counted) == (State.APPROVED, False)
    assert facts.frequency(unit, on=today()).counted == 1
    assert facts.counted_of([unit.pk], today().year) == {unit.pk: (1, 1)}


def test_a_cancelled_inspection_frees_its_place(approved, put, unit, inspectors):
    inspection = put(approved, unit)
    services.cancel_inspection(
        inspection=inspection, reason="单位停业", on=today(), by=inspectors[0]
    )
    assert facts.frequency(unit, on=today()).counted == 0
    assert put(approved, unit).state == State.APPROVED


def test_the_year_is_the_calendar_year(approved, put, unit):
    put(approved, unit)
    new_year = date(today().year + 1, 1, 1)
    assert facts.frequency(unit, on=new_year).counted == 0


def test_the_database_wants_a_reason_above_the_cap(approved, put, unit):
    inspection = put(approved, unit)
    with pytest.raises(IntegrityError), transaction.atomic():
        Inspection.objects.filter(pk=inspection.pk).update(is_over_cap=True)


def test_a_unit_elsewhere_is_not_put_into_the_plan(approved, put, huiji):
    with pytest.raises(case_rules.NotAllowed, match="不在检查范围"):
        put(approved, make_enterprise(grid=huiji))


# --- who inspects ---------------------------------------------------------------------


def test_an_assistant_never_inspects(approved, put, unit, inspectors, community):
    assistant = make_posting(
        make_person("周小协"), grid=community, role=Role.ASSISTANT
    ).person
    first = inspectors[0].person
    with pytest.raises(case_rules.TeamFaulty):
        put(approved, unit, team=[first, assistant])
    make_certificate(assistant)  # of earlier times
    with pytest.raises(case_rules.TeamFaulty, match="54号"):
        put(approved, unit, team=[first, assistant])
    inspection = put(approved, unit, helpers=[assistant])
    assert inspection.members.get(person=assistant).is_helper
    with pytest.raises(IntegrityError), transaction.atomic():
        InspectionMember.objects.filter(person=assistant).update(is_helper=False)


def test_one_inspector_alone_is_refused(approved, put, unit, inspectors):
    with pytest.raises(case_rules.TeamFaulty, match="2名"):
        put(approved, unit, team=[inspectors[0].person])


def test_the_certificate_must_be_valid_on_the_day_itself(
    approved, put, unit, inspectors
):
    inspection = put(approved, unit)
    services.issue_notice(inspection=inspection, on=today(), by=inspectors[0])
    certificate = inspectors[1].person.certificates.get()
    certificate.valid_until = today() - timedelta(days=1)
    certificate.save()
    with pytest.raises(case_rules.TeamFaulty, match="监察证"):
        services.record_inspection(
            inspection=inspection,
            on=today(),
            answers={"wages": rules.Answer("yes")},
            facts="没有发现问题。",
            place="",
            representative="周经理",
            by=inspectors[0],
        )


# --- notice, record, result -----------------------------------------------------------


def test_nothing_is_inspected_without_a_notice(approved, put, unit, inspectors):
    inspection = put(approved, unit)
    with pytest.raises(case_rules.NotAllowed, match="待通知"):
        services.record_inspection(
            inspection=inspection,
            on=today(),
            answers={"wages": rules.Answer("yes")},
            facts="无",
            place="",
            representative="",
            by=inspectors[0],
        )


def test_the_notice_has_a_number_and_says_nothing_of_a_complaint(
    erqi, put, unit, inspectors, leader, law
):
    fields = plan_fields(name="投诉核查", kind="targeted", ground="complaint")
    plan = services.propose_plan(grid=erqi, fields=fields, by=inspectors[0])
    services.approve_plan(plan=plan, on=today(), by=leader)
    plan.refresh_from_db()
    inspection = put(plan, unit)
    services.issue_notice(inspection=inspection, on=today(), by=inspectors[0])
    inspection.refresh_from_db()
    assert "检通字" in inspection.notice_number
    assert "投诉" not in inspection.notice.title
    events = Event.objects.filter(verb__startswith="inspection.")
    assert not any("投诉" in str(event.data) for event in events)


def test_a_record_starts_the_period_of_the_result(recorded):
    assert recorded.state == State.INSPECTED
    assert recorded.result_due_on > today()
    assert recorded.answers["wages"]["finding"] == "十月份工资未足额支付"
    assert recorded.answers["children"]["answer"] == "unchecked"


def test_findings_cannot_be_concluded_as_clean(recorded, inspectors):
    with pytest.raises(case_rules.NotAllowed, match="不能按未发现违法"):
        services.conclude(
            inspection=recorded,
            outcome="clean",
            words="没有问题",
            on=today(),
            by=inspectors[0],
        )


def test_a_correction_opens_a_case_and_issues_the_writ(recorded, inspectors):
    case = services.conclude(
        inspection=recorded,
        outcome="correction",
        words="未足额支付3名职工十月份工资。",
        cause="涉嫌未足额支付工资",
        demands="足额支付3名职工十月份工资。",
        correct_by=today() + timedelta(days=7),
        on=today(),
        by=inspectors[0],
    )
    recorded.refresh_from_db()
    assert recorded.case == case
    assert (case.source, case.members.count()) == (Case.Source.PATROL, 2)
    assert Writ.objects.get(case=case).correct_by == today() + timedelta(days=7)
    assert recorded.state == State.CONCLUDED
    assert "检告字" in recorded.result_number


def test_a_correction_without_its_day_leaves_nothing_half_done(recorded, inspectors):
    with pytest.raises(case_rules.NotAllowed, match="改正期限"):
        services.conclude(
            inspection=recorded,
            outcome="correction",
            words="欠薪",
            cause="涉嫌欠薪",
            demands="支付",
            on=today(),
            by=inspectors[0],
        )
    assert not Case.objects.exists()


def test_what_was_inspected_is_not_cancelled(recorded, inspectors):
    with pytest.raises(case_rules.NotAllowed, match="待告知结果"):
        services.cancel_inspection(
            inspection=recorded, reason="不想查了", on=today(), by=inspectors[0]
        )


def test_facts_tell_when_units_were_inspected(recorded, unit):
    days = facts.inspected_between([unit.pk], today(), today())
    assert days == {unit.pk: [today()]}


# --- 双随机 ---------------------------------------------------------------------------


@pytest.fixture
def random_plan(erqi, inspectors, leader, law):
    plan = services.propose_plan(
        grid=erqi, fields=plan_fields(kind="random"), by=inspectors[0]
    )
    services.approve_plan(plan=plan, on=today(), by=leader)
    return InspectionPlan.objects.get(pk=plan.pk)


def test_a_draw_keeps_its_lists_and_can_be_repeated(random_plan, community, inspectors):
    units = [make_enterprise(f"测试单位{n}", grid=community) for n in range(9)]
    made = services.draw_units(
        plan=random_plan,
        units=Enterprise.objects.all(),
        wanted=3,
        seed="20261128",
        by=inspectors[0],
    )
    assert made.pool.filter(enterprise__isnull=False).count() == 9
    keys = [f"U{unit.pk}" for unit in units]
    drawn = list(
        made.pool.filter(rank__isnull=False, person=None)
        .order_by("rank")
        .values_list("key", flat=True)
    )
    assert drawn == draws.draw(keys, 3, "20261128")
    assert repeated(made)
    taken, at_cap = services.take_drawn(draw=made, planned_on=today(), by=inspectors[0])
    assert (taken, at_cap) == (3, [])
    assert random_plan.inspections.count() == 3
    assert list(drawn_teams(made)) == [
        made.pool.get(key=key).enterprise for key in drawn
    ]


def test_drawing_again_needs_a_reason(random_plan, community, inspectors):
    make_enterprise(grid=community)
    first = {
        "plan": random_plan,
        "units": Enterprise.objects.all(),
        "wanted": 1,
        "by": inspectors[0],
    }
    services.draw_units(**first, seed="a")
    with pytest.raises(case_rules.NotAllowed, match="重新抽取须写明理由"):
        services.draw_units(**first, seed="b")
    again = services.draw_units(**first, seed="b", reason="名单有误")
    assert again.number == 2
    with pytest.raises(case_rules.NotAllowed, match="最近一次"):
        services.take_drawn(
            draw=random_plan.draws.get(number=1), planned_on=today(), by=inspectors[0]
        )


@pytest.mark.parametrize(
    ("wanted", "seed", "words"), [(0, "a", "户数"), (2, "a", "户数"), (1, " ", "种子")]
)
def test_a_draw_that_cannot_be(random_plan, community, inspectors, wanted, seed, words):
    make_enterprise(grid=community)
    with pytest.raises(case_rules.NotAllowed, match=words):
        services.draw_units(
            plan=random_plan,
            units=Enterprise.objects.all(),
            wanted=wanted,
            seed=seed,
            by=inspectors[0],
        )


def test_a_drawn_unit_at_its_cap_is_left_out_and_named(
    random_plan, approved, put, unit, inspectors
):
    put(approved, unit)
    made = services.draw_units(
        plan=random_plan,
        units=Enterprise.objects.all(),
        wanted=1,
        seed="a",
        by=inspectors[0],
    )
    assert services.take_drawn(draw=made, planned_on=today(), by=inspectors[0]) == (
        0,
        [unit.name],
    )
