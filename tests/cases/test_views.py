from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, Matter
from gridinspect.accounts.roles import Role
from gridinspect.audit.models import Event
from gridinspect.ui.registry import workbench
from gridinspect.workdays.models import CalendarYear, ExceptionDay
from tests.factories import (
    make_case,
    make_certificate,
    make_enterprise,
    make_matter,
    make_user,
)

HTMX = {"HX-Request": "true"}


def text(response):
    assert response.status_code == 200, response
    return response.content.decode()


@pytest.fixture
def as_(client):
    """Sign a user in."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


# --- matters --------------------------------------------------------------------------


def registration(grid, /, **change):
    return {
        "received_on": "2026-03-02",
        "channel": "visit",
        "respondent_name": "郑州测试有限公司",
        "grid": grid.pk,
        "facts": "拖欠三个月工资",
        "name": "陈小明",
        "phone": "19900001234",
    } | change


def test_intake_registers_a_complaint(as_, intake, street, law):
    response = as_(intake).post(
        reverse("cases:register", args=["complaint"]), registration(street)
    )
    matter = Matter.objects.get()
    assert response.headers["Location"] == matter.get_absolute_url()
    assert matter.identity.name == "陈小明"


def test_a_complaint_about_a_unit_on_file_finds_its_grid(as_, intake, street, law):
    unit = make_enterprise("郑州某某有限公司", grid=street)
    change = {"respondent_name": "郑州某某有限公司", "grid": ""}
    as_(intake).post(
        reverse("cases:register", args=["complaint"]), registration(street, **change)
    )
    matter = Matter.objects.get()
    assert (matter.enterprise, matter.grid) == (unit, street)


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        ("complaint", {"name": ""}, "必填"),
        ("complaint", {"grid": ""}, "请选择所属网格"),
        ("complaint", {"id_number": "123"}, "18位"),
        ("complaint", {"received_on": "2099-01-01"}, "不能晚于今天"),
        ("report", {"name": ""}, "匿名"),
        ("report", {"is_anonymous": "on"}, "匿名的"),
        ("report", {"facts": "陈小明举报"}, "举报人"),
        (
            "report",
            {"act_started_on": "2026-03-01", "act_ended_on": "2026-02-01"},
            "早于",
        ),
    ],
)
def test_a_faulty_registration_says_what_is_wrong(
    as_, intake, street, law, kind, change, words
):
    page = text(
        as_(intake).post(
            reverse("cases:register", args=[kind]), registration(street, **change)
        )
    )
    assert words in page
    assert not Matter.objects.exists()


def test_an_empty_registration_says_nothing_about_a_unit_nobody_named(as_, intake, law):
    page = text(as_(intake).post(reverse("cases:register", args=["complaint"]), {}))
    assert "必填" in page
    assert "没有同名单位" not in page


def test_a_report_has_a_period_to_decide_but_is_not_accepted(as_, intake, street, law):
    client = as_(intake)
    report = make_matter(grid=street, kind="report")
    complaint = make_matter(grid=street)
    assert "立案决定期限" in text(client.get(report.get_absolute_url()))
    assert "立案决定期限" not in text(client.get(complaint.get_absolute_url()))


def test_intake_cannot_register_next_door(as_, intake, huiji, law):
    page = text(
        as_(intake).post(
            reverse("cases:register", args=["complaint"]), registration(huiji)
        )
    )
    assert not Matter.objects.exists()
    assert "grid" in page


def test_inspectors_do_not_register(as_, inspectors):
    url = reverse("cases:register", args=["complaint"])
    assert as_(inspectors[0]).get(url).status_code == 403


def test_the_page_of_a_matter_never_shows_who_sent_it(as_, intake, street, law):
    matter = make_matter(grid=street)
    for tab in ("", "?tab=clock", "?tab=timeline"):
        page = text(as_(intake).get(matter.get_absolute_url() + tab))
        assert "陈小明" not in page
        assert "19900001234" not in page
    assert "第7日" in text(as_(intake).get(matter.get_absolute_url() + "?tab=clock"))


def test_a_leader_reveals_an_identity_with_a_reason(as_, leader, street):
    matter = make_matter(grid=street, kind="report")
    url = reverse("cases:reveal", args=[matter.pk])
    response = as_(leader).post(url, {"reason": "核实举报内容"})
    assert "陈小明" in text(response)
    assert "no-store" in response.headers["Cache-Control"]
    assert Event.objects.filter(verb="identity.revealed").count() == 1


def test_a_link_alone_reveals_nothing(as_, leader, neighbour, street):
    matter = make_matter(grid=street, kind="report")
    url = reverse("cases:reveal", args=[matter.pk])
    assert as_(leader).get(url).headers["Location"] == matter.get_absolute_url()
    assert as_(neighbour).get(url).status_code == 404
    assert not Event.objects.filter(verb="identity.revealed").exists()


def test_without_a_reason_nothing_is_revealed(as_, leader, street):
    matter = make_matter(grid=street, kind="report")
    url = reverse("cases:reveal", args=[matter.pk])
    response = as_(leader).post(url, {"reason": "看"}, follow=True)
    assert "须写明事由" in text(response)
    assert "陈小明" not in text(response)


def test_inspectors_reveal_a_complainant_but_no_reporter(as_, inspectors, street):
    client, asked = as_(inspectors[0]), {"reason": "联系取证"}
    report = make_matter(grid=street, kind="report")
    complaint = make_matter(grid=street)
    reveal = "cases:reveal"
    refused = client.post(reverse(reveal, args=[report.pk]), asked)
    allowed = client.post(reverse(reveal, args=[complaint.pk]), asked)
    assert (refused.status_code, allowed.status_code) == (403, 200)
    assert Event.objects.filter(verb="identity.revealed").count() == 1


def test_only_those_who_may_look_see_who_looked(as_, leader, inspectors, street, law):
    matter = make_matter(grid=street, kind="report")
    as_(leader).post(reverse("cases:reveal", args=[matter.pk]), {"reason": "核实举报"})
    url = matter.get_absolute_url() + "?tab=timeline"
    assert "查看反映人身份" in text(as_(leader).get(url))
    page = text(as_(inspectors[0]).get(url))
    assert "核实举报" not in page


def test_intake_accepts_a_complaint(as_, intake, street, law):
    matter = make_matter(grid=street)
    url = reverse("cases:accept", args=[matter.pk])
    assert "受理并制发通知书" in text(as_(intake).get(url))
    response = as_(intake).post(url, {"on": "2026-03-04"}, follow=True)
    assert "受理通知书 郑二七人社监受字〔2026〕第1号" in text(response)


def test_accepting_twice_says_that_it_was_decided(as_, intake, street, law):
    matter = make_matter(grid=street)
    url = reverse("cases:accept", args=[matter.pk])
    as_(intake).post(url, {"on": "2026-03-04"})
    assert "不能重复处理" in text(as_(intake).post(url, {"on": "2026-03-04"}))


def test_intake_refuses_and_declines_with_reasons(as_, intake, street, law):
    complaint = make_matter(grid=street)
    report = make_matter(grid=street, kind="report")
    decision = {"on": "2026-03-04", "reason": "不属于劳动保障监察事项"}
    as_(intake).post(reverse("cases:refuse", args=[complaint.pk]), decision)
    as_(intake).post(reverse("cases:decline", args=[report.pk]), decision)
    states = set(Matter.objects.values_list("state", flat=True))
    assert states == {"refused", "declined"}


def test_a_foreign_matter_does_not_exist(as_, neighbour, street):
    matter = make_matter(grid=street)
    assert as_(neighbour).get(matter.get_absolute_url()).status_code == 404


def test_the_list_of_matters_costs_few_queries(
    as_, intake, street, django_assert_max_num_queries
):
    for _ in range(25):
        make_matter(grid=street)
    client = as_(intake)
    with django_assert_max_num_queries(9):  # 3 keep the session
        page = text(client.get(reverse("cases:matters"), headers=HTMX))
    assert "登记编号" in page
    assert "<html" not in page


# --- cases ----------------------------------------------------------------------------


def test_an_accepted_complaint_becomes_a_case(as_, intake, inspectors, street, law):
    unit = make_enterprise("郑州测试有限公司", grid=street)
    matter = make_matter(grid=street, enterprise=unit)
    as_(intake).post(reverse("cases:accept", args=[matter.pk]), {"on": "2026-03-04"})
    first, second = (user.person for user in inspectors)
    url = reverse("cases:file_matter", args=[matter.pk])
    client = as_(inspectors[0])
    assert "立案日期为受理之日" in text(client.get(url))
    filing = {"cause": "拖欠工资", "team": [first.pk, second.pk], "lead": first.pk}
    response = client.post(url, filing)
    case = Case.objects.get()
    assert response.headers["Location"] == case.get_absolute_url()
    assert case.filed_on == date(2026, 3, 4)
    assert "现在不能立案" in text(client.get(url, follow=True))


def test_a_report_is_filed_against_a_unit_named_by_its_code(
    as_, inspectors, street, law
):
    unit = make_enterprise(grid=street, uscc="91410100MA0000000X")
    matter = make_matter(grid=street, kind="report")
    first, second = (user.person for user in inspectors)
    filing = {
        "unit": "无此单位",
        "filed_on": "2026-03-04",
        "cause": "未签劳动合同",
        "team": [first.pk, second.pk],
        "lead": first.pk,
    }
    url = reverse("cases:file_matter", args=[matter.pk])
    client = as_(inspectors[0])
    assert "先建立单位档案" in text(client.post(url, filing))
    client.post(url, filing | {"unit": unit.uscc})
    assert Case.objects.get().enterprise == unit


def test_filing_with_one_inspector_says_why_not(as_, inspectors, street, law):
    unit = make_enterprise(grid=street)
    first = inspectors[0].person
    filing = {
        "source": "patrol",
        "filed_on": "2026-03-04",
        "cause": "拖欠工资",
        "team": [first.pk],
        "lead": first.pk,
    }
    url = reverse("cases:file", args=[unit.pk])
    assert "不少于2名" in text(as_(inspectors[0]).post(url, filing))
    assert not Case.objects.exists()


def test_only_certified_inspectors_on_post_are_offered(as_, inspectors, street, law):
    uncertified = make_user(grid=street, role=Role.FULL_TIME_INSPECTOR).person
    assistant = make_user(grid=street, role=Role.ASSISTANT).person
    make_certificate(assistant)
    unit = make_enterprise(grid=street)
    page = text(as_(inspectors[0]).get(reverse("cases:file", args=[unit.pk])))
    assert inspectors[1].person.name in page
    assert uncertified.name not in page
    assert assistant.name not in page


def test_filing_is_forbidden_to_assistants(as_, street):
    unit = make_enterprise(grid=street)
    assistant = make_user(grid=street, role=Role.ASSISTANT)
    url = reverse("cases:file", args=[unit.pk])
    assert as_(assistant).get(url).status_code == 403


def test_a_case_shows_its_clock_day_by_day(as_, inspectors, street, law):
    case = make_case(grid=street)
    page = text(as_(inspectors[0]).get(case.get_absolute_url() + "?tab=clock"))
    assert "起算日不计入" in page
    assert "三十日内结案" in page
    assert "待核实" in page


def test_a_case_goes_its_way_on_its_pages(as_, inspectors, leader, street, law):
    today = timezone.localdate()
    case = make_case(
        grid=street,
        filed_on=today - timedelta(days=5),
        due_on=today + timedelta(days=25),
    )
    handler = inspectors[0]

    def post(user, name, pk, data):
        response = as_(user).post(reverse(f"cases:{name}", args=[pk]), data)
        assert response.status_code == 302, response.content.decode()

    post(handler, "propose_extension", case.pk, {"reason": "案情复杂"})
    extension = case.extensions.get()
    post(leader, "decide_extension", extension.pk, {"decision": "approve"})
    order = {
        "on": today,
        "correct_by": today + timedelta(days=10),
        "findings": "拖欠工资",
        "demands": "足额支付",
    }
    post(handler, "correct", case.pk, order)
    writ = case.writs.get()
    post(handler, "note_correction", writ.pk, {"on": today})
    post(handler, "end_investigation", case.pk, {"on": today})
    post(handler, "close", case.pk, {"on": today, "outcome": "handling"})

    case.refresh_from_db()
    assert case.closed_in_time
    page = text(as_(handler).get(case.get_absolute_url() + "?tab=timeline"))
    for act in ("批准延期", "下达限期改正指令书", "登记改正", "调查终结", "结案"):
        assert act in page
    assert f"处理结果：{case.get_outcome_display()}" in page
    assert writ.number in text(as_(handler).get(case.get_absolute_url() + "?tab=writs"))


def test_a_case_is_not_closed_with_an_outcome_nobody_chose(as_, street, inspectors):
    today = timezone.localdate()
    case = make_case(
        grid=street,
        filed_on=today,
        due_on=today + timedelta(days=30),
        investigation_ended_on=today,
        decision_due_on=today + timedelta(days=21),
    )
    url = reverse("cases:close", args=[case.pk])
    client = as_(inspectors[0])
    assert '<option value="" selected>请选择</option>' in text(client.get(url))
    assert "必填" in text(client.post(url, {"on": today, "outcome": ""}))
    case.refresh_from_db()
    assert case.is_open


def test_who_proposed_an_extension_cannot_approve_it(as_, street, erqi, law):
    today = timezone.localdate()
    both = make_user(grid=erqi, role=Role.LEADER)
    case = make_case(
        grid=street, filed_on=today - timedelta(days=5), due_on=today + timedelta(5)
    )
    extension = case.extensions.create(
        reason="案情复杂", proposed_on=today, proposed_by=both
    )
    url = reverse("cases:decide_extension", args=[extension.pk])
    page = text(as_(both).post(url, {"decision": "approve"}))
    assert "不能自己批准" in page


def test_inspectors_do_not_approve_extensions(as_, inspectors, street, bureau):
    extension = make_case(grid=street).extensions.create(
        reason="案情复杂", proposed_on=date(2026, 3, 9), proposed_by=bureau
    )
    url = reverse("cases:decide_extension", args=[extension.pk])
    assert as_(inspectors[0]).get(url).status_code == 403


@pytest.mark.parametrize(
    "name", ["detail", "propose_extension", "end_investigation", "correct", "close"]
)
def test_a_foreign_case_does_not_exist(as_, neighbour, street, name):
    url = reverse(f"cases:{name}", args=[make_case(grid=street).pk])
    assert as_(neighbour).get(url).status_code == 404


def test_the_list_of_cases_costs_few_queries(
    as_, bureau, street, django_assert_max_num_queries
):
    for _ in range(25):
        make_case(grid=street)
    client = as_(bureau)
    with django_assert_max_num_queries(11):  # 3 keep the session
        page = text(client.get(reverse("cases:list"), headers=HTMX))
    assert "逾期" in page
    assert "<html" not in page


@pytest.mark.parametrize(
    ("state", "count"), [("open", 2), ("overdue", 1), ("soon", 1), ("closed", 1)]
)
def test_cases_are_filtered_by_state(as_, bureau, street, state, count):
    today = timezone.localdate()
    make_case(grid=street)
    make_case(grid=street, due_on=today + timedelta(days=10))
    make_case(
        grid=street,
        investigation_ended_on=date(2026, 3, 20),
        decision_due_on=date(2026, 4, 10),
        closed_on=date(2026, 3, 25),
        closed_in_time=True,
        outcome="handling",
    )
    page = text(as_(bureau).get(reverse("cases:list"), {"state": state}))
    assert f"共 <b>{count}</b> 条" in page


def test_the_page_of_clocks_shows_all_kinds_in_few_queries(
    as_, bureau, street, django_assert_max_num_queries
):
    for _ in range(12):
        make_matter(grid=street)
        make_case(grid=street, due_on_is_provisional=True)
    client = as_(bureau)
    with django_assert_max_num_queries(9):  # 3 keep the session
        page = text(client.get(reverse("cases:clocks"), headers=HTMX))
    assert "受理" in page
    assert "暂定" in page
    narrowed = text(client.get(reverse("cases:clocks"), {"kind": "T1"}))
    assert "共 <b>12</b> 条" in narrowed


def test_clocks_are_forbidden_to_assistants(as_, street):
    assistant = make_user(grid=street, role=Role.ASSISTANT)
    assert as_(assistant).get(reverse("cases:clocks")).status_code == 403


def test_a_units_file_shows_its_cases(as_, bureau, street):
    case = make_case(grid=street)
    page = text(as_(bureau).get(case.enterprise.get_absolute_url() + "?tab=cases"))
    assert case.number in page


def test_the_workbench_says_what_waits(street, intake, leader, inspectors):
    make_matter(grid=street)
    make_case(grid=street)
    today = timezone.localdate()

    def lines(user):
        return {todo.label: todo.count for todo in workbench.for_user(user, today)}

    assert lines(intake)["投诉举报待处理"] == 1
    assert lines(leader)["延期申请待批复"] == 0
    assert lines(inspectors[0])["时限已逾期"] == 2


# --- the calendar ---------------------------------------------------------------------


@pytest.fixture
def editor(city):
    return make_user(city=city, role=Role.CITY_BUREAU)


def notice(*lines, **change):
    data = {
        "year": "2027",
        "source": "国办发明电〔2026〕1号",
        "is_official": "on",
        "form-TOTAL_FORMS": str(len(lines)),
        "form-INITIAL_FORMS": "0",
    }
    for index, line in enumerate(lines):
        data |= {f"form-{index}-{key}": value for key, value in line.items()}
    return data | change


NEW_YEAR = {"name": "元旦", "first": "2027-01-01", "last": "2027-01-03"}
FESTIVAL = {
    "name": "春节",
    "first": "2027-02-05",
    "last": "2027-02-11",
    "worked": "2027-01-31 2027-02-14",
}


def test_the_calendar_is_open_to_everybody(as_, neighbour, law):
    client = as_(neighbour)
    assert "2026年" in text(client.get(reverse("workdays:list")))
    page = text(client.get(reverse("workdays:year", args=[2026])))
    assert "248个工作日" in page
    assert (
        "录入"
        not in text(client.get(reverse("workdays:list"))).split("<main")[-1][:400]
    )
    unknown = text(client.get(reverse("workdays:year", args=[2030])))
    assert "暂定" in unknown


def test_a_notice_is_entered_and_moves_periods(as_, editor, street, law):
    make_case(
        grid=street,
        filed_on=date(2026, 12, 2),
        due_on=date(2027, 1, 1),
        due_on_is_provisional=True,
    )
    client = as_(editor)
    assert "元旦" in text(client.get(reverse("workdays:add")))
    response = client.post(
        reverse("workdays:add"), notice(NEW_YEAR, FESTIVAL, {}), follow=True
    )
    assert "1个办理期限随之变动" in text(response)
    assert CalendarYear.objects.get(pk=2027).entered_by == editor
    assert ExceptionDay.objects.filter(year_id=2027).count() == 12
    edit = text(client.get(reverse("workdays:edit", args=[2027])))
    assert "2027-01-31 2027-02-14" in edit


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (NEW_YEAR | {"last": "2026-12-31"}, "早于"),
        (NEW_YEAR | {"worked": "2027-01-04"}, "不是周末"),
        (NEW_YEAR | {"worked": "下周六"}, "不是有效日期"),
        (NEW_YEAR | {"last": ""}, "都要填写"),
        (NEW_YEAR | {"name": ""}, "节日名称"),
        ({}, "没有任何节日"),
    ],
)
def test_a_faulty_notice_changes_nothing(as_, editor, law, line, words):
    page = text(as_(editor).post(reverse("workdays:add"), notice(line)))
    assert words in page
    assert not CalendarYear.objects.filter(pk=2027).exists()


def test_the_calendar_is_entered_only_with_the_permission(as_, bureau, law):
    assert as_(bureau).get(reverse("workdays:add")).status_code == 403
