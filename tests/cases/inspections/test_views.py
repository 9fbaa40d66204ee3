from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.inspections import services
from cases.inspections.models import Inspection, InspectionPlan
from cases.inspections.rules import TOPICS
from enterprises.models import Enterprise
from gridinspect.accounts.roles import Role
from gridinspect.ui.registry import workbench
from tests.cases.inspections.conftest import plan_fields
from tests.factories import make_enterprise, make_user
from tests.support import Page

pytestmark = pytest.mark.django_db


def today():
    return timezone.localdate()


def text(response):
    assert response.status_code == 200, response
    return response.content.decode()


@pytest.fixture
def as_(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def url(name, *args):
    return reverse(f"inspections:{name}", args=args)


def typed_plan(grid, **change):
    return {
        "name": "餐饮行业检查",
        "kind": "daily",
        "grid": grid.pk,
        "scope": "餐饮单位",
        "topics": ["wages"],
        "begins_on": today(),
        "ends_on": today() + timedelta(days=20),
    } | change


def test_an_inspector_proposes_and_the_head_approves(
    as_, inspectors, leader, erqi, law
):
    response = as_(inspectors[0]).post(url("plan-add"), typed_plan(erqi))
    plan = InspectionPlan.objects.get()
    assert response.headers["Location"] == plan.get_absolute_url()
    assert as_(inspectors[0]).get(url("plan-decide", plan.pk)).status_code == 403
    as_(leader).post(url("plan-decide", plan.pk), {"decision": "yes"})
    plan.refresh_from_db()
    assert plan.state == "approved"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ends_on": "2020-01-01"}, "终止日期不能早于开始日期"),
        ({"kind": "targeted"}, "专查须选择事由"),
        ({"topics": []}, "必填"),
        (
            {"kind": "targeted", "ground": "complaint", "matter_number": "没有的"},
            "没有这个登记编号",
        ),
    ],
)
def test_a_faulty_plan_keeps_what_was_typed(as_, inspectors, erqi, law, change, words):
    page = text(as_(inspectors[0]).post(url("plan-add"), typed_plan(erqi, **change)))
    assert words in page
    assert "餐饮行业检查" in page
    assert not InspectionPlan.objects.exists()


def test_the_whole_course_by_the_pages(as_, approved, unit, inspectors):
    persons = [user.person_id for user in inspectors]
    client = as_(inspectors[0])
    client.post(
        url("add-to-plan", approved.pk),
        {
            "unit": unit.name,
            "planned_on": today(),
            "team": persons,
            "lead": persons[0],
        },
    )
    row = Inspection.objects.get()
    assert row.state == "approved"
    client.post(url("notify", row.pk), {"on": today()})
    typed = {
        "on": today(),
        "place": "办公室",
        "representative": "周经理",
        "facts": "三名职工工资未足额支付。",
        "answer_wages": "finding",
    }
    for key in TOPICS:
        typed.setdefault(f"answer_{key}", "unchecked")
    page = text(client.post(url("record", row.pk), typed))
    assert "的具体情况" in page
    assert "三名职工工资未足额支付。" in page  # what was typed is still there
    client.post(url("record", row.pk), typed | {"finding_wages": "欠十月份工资"})
    row.refresh_from_db()
    assert row.state == "inspected"
    page = text(
        client.post(
            url("conclude", row.pk), {"outcome": "clean", "on": today(), "words": "无"}
        )
    )
    assert "不能按未发现违法行为办结" in page
    client.post(
        url("conclude", row.pk),
        {
            "outcome": "correction",
            "on": today(),
            "words": "未足额支付三名职工十月份工资。",
            "cause": "涉嫌欠薪",
            "demands": "足额支付。",
            "correct_by": today() + timedelta(days=5),
        },
    )
    row.refresh_from_db()
    assert row.state == "concluded"
    page = text(client.get(row.get_absolute_url()))
    assert row.case.number in page
    assert row.result_number in page
    assert "欠十月份工资" in text(client.get(f"{row.get_absolute_url()}?tab=record"))
    for name in ("record-pdf",):
        answer = client.get(url(name, row.pk))
        assert answer.content.startswith(b"%PDF")


def test_a_unit_at_its_cap_is_said_with_the_clause_and_nothing_is_lost(
    as_, approved, put, unit, inspectors, erqi, leader
):
    put(approved, unit)
    other = services.propose_plan(
        grid=erqi, fields=plan_fields(kind="campaign"), by=inspectors[0]
    )
    services.approve_plan(plan=other, on=today(), by=leader)
    persons = [user.person_id for user in inspectors]
    typed = {"unit": unit.name, "planned_on": today(), "team": persons}
    typed["lead"] = persons[0]
    client = as_(inspectors[0])
    page = text(client.post(url("add-to-plan", other.pk), typed))
    assert "河南省劳动保障监察条例第十一条" in page
    assert f"{today()} 日常巡视检查" in page
    assert unit.name in page
    client.post(url("add-to-plan", other.pk), typed | {"override_reason": "整改复查"})
    row = other.inspections.get()
    assert row.state == "proposed"
    assert client.get(url("decide", row.pk)).status_code == 403
    assert "整改复查" in text(as_(leader).get(url("decide", row.pk)))
    as_(leader).post(url("decide", row.pk), {"decision": "no", "reason": "不必"})
    row.refresh_from_db()
    assert (row.state, row.drop_reason) == ("rejected", "不必")


def test_why_a_unit_is_singled_out_is_for_those_who_handle_cases(
    as_, erqi, street, put, unit, inspectors, leader, law
):
    fields = plan_fields(name="欠薪投诉核查", kind="targeted", ground="complaint")
    plan = services.propose_plan(grid=erqi, fields=fields, by=inspectors[0])
    services.approve_plan(plan=plan, on=today(), by=leader)
    plan.refresh_from_db()
    row = put(plan, unit)
    squad = make_user(grid=street, role=Role.SQUAD_LEADER)
    pages = [
        row.get_absolute_url(),
        f"{row.get_absolute_url()}?tab=timeline",
        url("list"),
        url("frequency"),
        url("unit-frequency", unit.pk),
        f"{unit.get_absolute_url()}?tab=inspections",
        f"{unit.get_absolute_url()}?tab=timeline",
    ]
    for page in pages:
        shown = text(as_(squad).get(page))
        assert "欠薪投诉核查" not in shown
        assert "投诉举报专查" not in shown
    assert "投诉举报专查" in text(as_(leader).get(row.get_absolute_url()))
    assert "欠薪投诉核查" in text(as_(leader).get(plan.get_absolute_url()))
    assert as_(squad).get(plan.get_absolute_url()).status_code == 404  # a district's
    book = as_(squad).get(url("export"))
    assert "欠薪投诉核查".encode() not in book.content


def test_a_squad_leader_singles_nobody_out(as_, street, law):
    squad = make_user(grid=street, role=Role.SQUAD_LEADER)
    page = text(as_(squad).get(url("plan-add")))
    assert "专查事由" not in page
    as_(squad).post(url("plan-add"), typed_plan(street, kind="targeted"))
    assert not InspectionPlan.objects.exists()


def test_an_assistant_sees_no_inspections(as_, community, approved, put, unit):
    row = put(approved, unit)
    assistant = make_user(grid=community, role=Role.ASSISTANT)
    client = as_(assistant)
    assert client.get(url("list")).status_code == 403
    assert client.get(row.get_absolute_url()).status_code == 404
    assert "检查频次" not in text(client.get(unit.get_absolute_url()))


def test_the_draw_by_the_pages(as_, erqi, community, inspectors, leader, law):
    plan = services.propose_plan(
        grid=erqi, fields=plan_fields(kind="random"), by=inspectors[0]
    )
    services.approve_plan(plan=plan, on=today(), by=leader)
    for n in range(5):
        make_enterprise(f"测试单位{n}", grid=community)
    client = as_(inspectors[0])
    client.post(
        url("draw", plan.pk), {"wanted": 2, "seed": "20261128", "skip_at_cap": "on"}
    )
    page = text(client.get(f"{plan.get_absolute_url()}?tab=draws"))
    assert "20261128" in page
    assert "重算一致" in page
    made = plan.draws.get()
    assert client.get(url("draw-log", made.pk)).content.startswith(b"%PDF")
    client.post(url("take", made.pk), {"planned_on": today()})
    assert plan.inspections.count() == 2
    page = text(client.post(url("draw", plan.pk), {"wanted": 2, "seed": "x"}))
    assert "重新抽取须写明理由" in page


def test_lists_ask_a_fixed_number_of_queries(
    as_, approved, put, community, inspectors, django_assert_max_num_queries
):
    for n in range(6):
        put(approved, make_enterprise(f"测试单位{n}", grid=community))
    client = as_(inspectors[0])
    for name, most in (("list", 22), ("plans", 22), ("frequency", 24)):
        client.get(url(name))
        with django_assert_max_num_queries(most):
            page = text(client.get(url(name)))
        assert ("测试单位5" in page) is (name != "plans")


def test_the_workbench_says_what_waits(approved, put, unit, inspectors, leader, erqi):
    services.propose_plan(
        grid=erqi, fields=plan_fields(kind="campaign"), by=inspectors[0]
    )
    put(approved, unit)
    lines = {one.label: one.count for one in workbench.for_user(leader, today())}
    assert lines["检查计划待批准"] == 1
    lines = {one.label: one.count for one in workbench.for_user(inspectors[0], today())}
    assert lines["本周计划检查"] == 1
    assert "检查计划待批准" not in lines


def test_a_late_result_is_urgent_on_the_workbench(recorded, inspectors):
    Inspection.objects.update(
        result_due_on=today() - timedelta(days=1),
    )
    line = next(
        one
        for one in workbench.for_user(inspectors[0], today())
        if one.label == "逾期未告知检查结果"
    )
    assert (line.count, line.urgent) == (1, True)


def test_the_file_of_a_unit_tells_of_its_inspection(as_, recorded, unit, inspectors):
    client = as_(inspectors[0])
    page = text(client.get(f"{unit.get_absolute_url()}?tab=inspections"))
    assert "已计入 1 次" in page
    assert "行政检查" in text(client.get(f"{unit.get_absolute_url()}?tab=timeline"))
    assert Enterprise.objects.count() == 1


# --- pages that have nothing to do, and the papers ------------------------------------

SAID = {
    "decide": "请先制发检查通知书",
    "record": "请先制发检查通知书",
    "conclude": "请先制发检查通知书",
}


@pytest.mark.parametrize("act", SAID)
def test_an_act_that_has_nothing_to_do_says_what_comes_next(
    as_, approved, put, unit, inspectors, leader, act
):
    row = put(approved, unit)
    client = as_(leader if act == "decide" else inspectors[0])
    answer = client.get(url(act, row.pk), follow=True)
    assert answer.redirect_chain[-1][0] == row.get_absolute_url()
    assert f"该检查待通知，{SAID[act]}" in text(answer)


def test_who_proposed_an_inspection_is_offered_no_decision(as_, plan, put, unit, erqi):
    head = make_user(grid=erqi, role=Role.LEADER)
    plan.proposed_by = head
    plan.save()
    assert "批复" not in text(as_(head).get(plan.get_absolute_url()))
    said = text(as_(head).get(url("plan-decide", plan.pk), follow=True))
    assert "请由另一位负责人批复" in said


def test_nothing_is_recorded_before_the_period_begins(
    as_, approved, put, unit, inspectors
):
    row = put(approved, unit)
    services.issue_notice(inspection=row, on=today(), by=inspectors[0])
    row.refresh_from_db()
    InspectionPlan.objects.filter(pk=approved.pk).update(
        begins_on=today() + timedelta(days=3), ends_on=today() + timedelta(days=9)
    )
    client = as_(inspectors[0])
    assert url("record", row.pk) not in text(client.get(row.get_absolute_url()))
    assert "还没有开始" in text(client.get(url("record", row.pk), follow=True))


def test_the_day_of_a_record_is_never_ahead(as_, approved, put, unit, inspectors):
    ahead = min(today() + timedelta(days=5), approved.ends_on)
    row = put(approved, unit, planned_on=ahead)
    services.issue_notice(inspection=row, on=today(), by=inspectors[0])
    page = as_(inspectors[0]).get(url("record", row.pk))
    assert page.context["form"]["on"].value() == min(ahead, today())


@pytest.mark.parametrize(
    "role",
    [
        Role.DISTRICT_BUREAU,
        Role.LEADER,
        Role.LEGAL_REVIEWER,
        Role.INTAKE,
        Role.FULL_TIME_INSPECTOR,
        Role.SQUAD_LEADER,
        Role.PART_TIME_INSPECTOR,
    ],
)
def test_every_link_of_an_inspection_opens_for_whoever_sees_it(
    as_, recorded, erqi, street, inspectors, role
):
    services.conclude(
        inspection=recorded,
        outcome="on_spot",
        words="已当场补发。",
        on=today(),
        by=inspectors[0],
    )
    low = role in (Role.SQUAD_LEADER, Role.PART_TIME_INSPECTOR)
    client = as_(make_user(grid=street if low else erqi, role=role))
    page = client.get(f"{recorded.get_absolute_url()}?tab=papers")
    links = set(Page(text(page)).local_links)
    recorded.refresh_from_db()
    assert recorded.notice.get_absolute_url() in links
    assert recorded.result.get_absolute_url() in links
    refused = {}
    for link in links:
        answer = client.get(link)
        b"".join(answer)
        if answer.status_code not in (200, 302):
            refused[link] = answer.status_code
    assert refused == {}


def test_a_plan_without_units_says_how_they_come_in(as_, plan, inspectors, leader):
    page = text(as_(inspectors[0]).get(plan.get_absolute_url()))
    assert "点“加入单位”逐户列入" in page
    page = text(as_(leader).get(plan.get_absolute_url()))
    assert "由办理检查的人员列入" in page


def test_the_form_of_the_result_names_all_that_is_missing(as_, recorded, inspectors):
    answer = as_(inspectors[0]).post(
        url("conclude", recorded.pk),
        {"outcome": "correction", "on": today(), "words": "工资未足额支付。"},
    )
    assert set(answer.context["form"].errors) == {"cause", "demands", "correct_by"}
