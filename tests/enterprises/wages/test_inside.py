"""企业协管员: one unit's pages and nothing else; the two steps of a warning."""

from datetime import timedelta

import pytest
from django.urls import reverse

from assistants.establishment import establishment_of
from enterprises.models import Enterprise, Survey
from enterprises.wages.models import (
    Arrears,
    EnterpriseAssistant,
    SelfReport,
    WageWarning,
)
from enterprises.wages.services import inside
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission, Role
from gridinspect.ui.registry import menu, standing
from grids import staff_accounts
from grids.models import Grid, Posting
from tests.enterprises.test_survey_rules import GOOD
from tests.enterprises.wages.made import make_unit_user, make_warning
from tests.factories import (
    LONG_AGO,
    TODAY,
    make_adoption,
    make_enterprise,
    make_person,
    make_posting,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit(community):
    return make_enterprise("郑州甲服装有限公司", grid=community)


@pytest.fixture
def insider(unit):
    return make_unit_user(unit)


@pytest.fixture
def own(client, insider):
    client.force_login(insider)
    return client


def url(page, *args, **query):
    return reverse(f"wages:{page}", args=args, query=query or None)


WARNING = {
    "month_from": "2026-09",
    "month_to": "2026-10",
    "persons": "5",
    "amount": "20000",
    "facts": "十月工资未发",
}


# --- what he sees ---------------------------------------------------------------------


def test_a_post_in_a_unit_opens_no_rows_of_the_grid(insider, unit):
    assert insider.holds(Permission.OWN_UNIT)
    held = [one for one in Permission if insider.holds(one)]
    assert held == [Permission.OWN_UNIT]
    assert not Enterprise.objects.visible_to(insider).exists()
    assert not Grid.objects.visible_to(insider).exists()
    assert not Survey.objects.visible_to(insider).exists()


def test_the_menu_is_short_and_says_where_he_stands(insider, unit):
    sections = menu.for_user(insider, "/")
    labels = [item.label for _, items in sections for item in items]
    assert "本单位" in labels
    assert not {"单位档案", "案件", "网格管理", "人员"} & set(labels)
    assert standing.of(insider) == f"{unit.name} · 企业协管员"


def test_another_unit_of_the_same_grid_is_as_far_as_a_neighbours(own, unit):
    other = make_enterprise("郑州乙服装有限公司", grid=unit.grid)
    stranger = make_unit_user(other)
    foreign = make_warning(other, by=stranger)
    for page, key in [
        ("warning", foreign.pk),
        ("own-union", foreign.pk),
        ("arrears-add", other.pk),
        ("arrears-add", unit.pk),  # the bureau's page of his own unit
    ]:
        assert own.get(url(page, key)).status_code == 404, page
    assert own.post(url("own-escalate", foreign.pk)).status_code == 404
    assert own.get(reverse("enterprises:detail", args=[unit.pk])).status_code == 404
    assert own.get(url("warnings")).status_code == 403


def test_when_the_appointment_ends_so_does_the_page(client, insider, unit):
    post = insider.person.unit_posts.get()
    inside.end_appointment(post=post, until=TODAY(), by=User.objects.system())
    fresh = User.objects.get(pk=insider.pk)
    assert not fresh.holds(Permission.OWN_UNIT)
    client.force_login(fresh)
    assert client.get(url("own")).status_code == 403


def test_the_home_page_leads_there(own, unit, insider):
    make_warning(unit, by=insider)
    page = own.get(reverse("home"), follow=True).content.decode()
    assert "工会协调中的工资预警" in page
    assert own.get(url("own")).status_code == 200
    assert "没有报告" not in own.get(url("own", tab="warnings")).content.decode()


def test_enterprise_assistants_count_in_no_establishment(erqi, unit, community):
    make_adoption(erqi)
    before = establishment_of(erqi, TODAY())
    make_unit_user(unit)
    make_posting(grid=community, role=Role.ENTERPRISE_ASSISTANT)
    after = establishment_of(erqi, TODAY())
    assert after == before


# --- appointing -----------------------------------------------------------------------

APPOINTED = {
    "name": "李工会",
    "id_number": "",
    "phone": "19900001111",
    "since": "2026-11-01",
    "is_union_member": "on",
    "union_post": "工会主席",
    "appointed_by": "二七区人社局",
}


def test_the_bureau_appoints_and_the_administrator_opens_the_account(
    client, bureau_client, unit, erqi
):
    bureau_client.post(url("assistant-add", unit.pk), APPOINTED)
    post = EnterpriseAssistant.objects.get()
    assert not Posting.objects.filter(person=post.person).exists()
    tab = bureau_client.get(f"{unit.get_absolute_url()}?tab=assistants")
    assert "李工会" in tab.content.decode()
    assert "19900001111" not in tab.content.decode()
    admin = make_user(grid=erqi, role=Role.SYSTEM_ADMIN)
    assert post.person in staff_accounts.people_without_account(admin)
    client.force_login(admin)
    opened = reverse("grids:account-open-for", args=[post.person_id])
    assert client.post(opened, {"username": "eq-union"}).status_code == 200
    user = User.objects.get(username="eq-union")
    assert user in staff_accounts.accounts_managed_by(admin)
    assert user.holds(Permission.OWN_UNIT)


def test_a_neighbours_administrator_manages_no_such_account(insider, huiji):
    theirs = make_user(grid=huiji, role=Role.SYSTEM_ADMIN)
    assert insider not in staff_accounts.accounts_managed_by(theirs)
    assert Role.ENTERPRISE_ASSISTANT not in staff_accounts.grantable_roles(theirs)


def test_nobody_serves_two_units_or_a_grid_besides(bureau_client, unit, community):
    person = make_person("王双", id_number="410103199001010027")
    typed = APPOINTED | {"name": "王双", "id_number": "410103199001010027"}
    posting = make_posting(person, grid=community)
    refused = bureau_client.post(url("assistant-add", unit.pk), typed)
    assert "不能兼任" in refused.content.decode()
    posting.until = TODAY()
    posting.save()
    bureau_client.post(url("assistant-add", unit.pk), typed)
    again = bureau_client.post(url("assistant-add", unit.pk), typed)
    assert "已是一家单位" in again.content.decode()
    assert EnterpriseAssistant.objects.count() == 1


def test_only_the_bureau_appoints(client, unit, community):
    client.force_login(make_user(grid=community, role=Role.ASSISTANT))
    assert client.get(url("assistant-add", unit.pk)).status_code == 403


# --- warnings -------------------------------------------------------------------------


def test_first_the_union_then_the_bureau_with_days_and_an_answer(
    own, bureau_client_of, unit, insider
):
    own.post(url("own-warning-add"), WARNING)
    warning = WageWarning.objects.get()
    assert warning.state == "union"
    assert warning.union_due_on > warning.reported_on
    early = own.post(url("own-escalate", warning.pk), follow=True)
    assert "请先登记工会做了什么" in early.content.decode()
    typed = {"acted_on": TODAY().isoformat(), "action": "找负责人谈了，没有结果"}
    own.post(url("own-union", warning.pk), typed)
    own.post(url("own-escalate", warning.pk))
    warning.refresh_from_db()
    assert (warning.state, warning.escalated_on) == ("bureau", TODAY())
    bureau = bureau_client_of()
    assert "待答复的工资预警" in bureau.get(reverse("home")).content.decode()
    answer = {"outcome": "confirmed", "amount": "", "answer": "已责成单位十日内发放"}
    bureau.post(url("warning-answer", warning.pk), answer)
    warning.refresh_from_db()
    arrears = Arrears.objects.get()
    assert (warning.state, warning.arrears) == ("answered", arrears)
    assert (arrears.amount, arrears.source) == (20000, "self_report")


@pytest.fixture
def bureau_client_of(bureau):
    from django.test import Client

    def made():
        client = Client()
        client.force_login(bureau)
        return client

    return made


def test_the_unit_reads_the_answer_and_nothing_of_the_bureaus_records(
    own, bureau, unit, insider
):
    warning = make_warning(
        unit,
        by=insider,
        state="bureau",
        escalated_on=TODAY(),
        bureau_due_on=TODAY(),
    )
    inside.answer_warning(
        warning=warning, outcome="confirmed", answer="已责成发放", by=bureau
    )
    page = own.get(warning.get_absolute_url()).content.decode()
    assert "已责成发放" in page
    assert "/arrears/" not in page
    assert unit.get_absolute_url() not in page


def test_a_union_that_lets_its_days_pass_is_not_waited_for(unit, insider):
    warning = make_warning(unit, by=insider, union_due_on=TODAY() - timedelta(days=1))
    assert inside.escalate(warning=warning, by=insider).state == "bureau"


def test_what_the_union_solved_is_settled(own, unit, insider):
    warning = make_warning(unit, by=insider)
    typed = {"acted_on": TODAY().isoformat(), "action": "已发放", "solved": "on"}
    own.post(url("own-union", warning.pk), typed)
    warning.refresh_from_db()
    assert warning.state == "settled"
    assert own.post(url("own-escalate", warning.pk)).status_code == 302
    warning.refresh_from_db()
    assert warning.state == "settled"


def test_a_confirmed_warning_without_an_amount_asks_for_one(
    bureau_client_of, unit, insider
):
    warning = make_warning(
        unit,
        by=insider,
        amount=None,
        state="bureau",
        escalated_on=TODAY(),
        bureau_due_on=TODAY(),
    )
    answer = {"outcome": "confirmed", "amount": "", "answer": "属实"}
    page = bureau_client_of().post(url("warning-answer", warning.pk), answer)
    assert page.context["form"].errors["amount"]
    assert not Arrears.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"persons": "0"}, "persons"),
        ({"month_to": "2026-08"}, "month_to"),
        ({"month_to": "2126-08"}, "month_to"),
        ({"amount": "-1"}, "amount"),
        ({"facts": ""}, "facts"),
    ],
)
def test_a_faulty_warning_is_refused_at_its_field(own, changes, field):
    page = own.post(url("own-warning-add"), WARNING | changes)
    assert page.context["form"].errors[field]
    assert not WageWarning.objects.exists()


# --- the survey -----------------------------------------------------------------------


def filled(**changes):
    return {"as_of": TODAY().isoformat(), **GOOD} | changes


def test_the_units_own_survey_counts_only_once_the_bureau_confirms_it(
    own, bureau_client_of, unit
):
    own.post(url("own-survey"), filled(save="1"))
    assert SelfReport.objects.get().state == "draft"
    own.post(url("own-survey"), filled(submit="1"))
    report = SelfReport.objects.get()
    assert report.state == "sent"
    assert not Survey.objects.exists()
    bureau = bureau_client_of()
    assert unit.name in bureau.get(report.get_absolute_url()).content.decode()
    bureau.post(url("self-report-confirm", report.pk))
    survey = Survey.objects.get()
    report.refresh_from_db()
    assert (survey.method, survey.state) == ("self", "final")
    assert (report.state, report.survey) == ("confirmed", survey)


def test_what_is_sent_back_is_filled_in_again(own, bureau_client_of, unit):
    own.post(url("own-survey"), filled(submit="1"))
    report = SelfReport.objects.get()
    reason = {"reason": "人数请核对"}
    bureau_client_of().post(url("self-report-return", report.pk), reason)
    page = own.get(url("own-survey")).content.decode()
    assert "人数请核对" in page
    own.post(url("own-survey"), filled(submit="1"))
    assert sorted(SelfReport.objects.values_list("state", flat=True)) == [
        "returned",
        "sent",
    ]


def test_an_unfinished_survey_is_kept_and_not_sent(own):
    page = own.post(url("own-survey"), {"as_of": TODAY().isoformat(), "submit": "1"})
    assert "还不能报送" in page.content.decode()
    assert SelfReport.objects.get().state == "draft"


def test_an_assistant_of_the_grid_does_not_confirm(client, unit, insider, community):
    report = SelfReport.objects.create(
        enterprise=unit,
        district=unit.district,
        form_version=1,
        as_of=LONG_AGO,
        filled_by=insider,
        state="sent",
        sent_at="2026-11-01T00:00:00+08:00",
    )
    client.force_login(make_user(grid=community, role=Role.ASSISTANT))
    assert client.post(url("self-report-confirm", report.pk)).status_code == 404
