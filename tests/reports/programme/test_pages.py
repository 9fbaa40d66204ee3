"""The pages of the programme: who sees them, who may report, assess and hand down."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gridinspect.accounts.roles import Role
from gridinspect.ui.registry import workbench
from reports.builders.paper import as_pdf, as_xlsx
from reports.models import Assessment, Finding, TargetLetter
from reports.services import KINDS
from tests.factories import TODAY, make_user
from tests.reports.programme.test_services import (
    MONEY,
    SQUADS,
    assess,
    report,
    urged,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_user(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def page(client, **asked):
    return client.get(reverse("reports:programme"), asked)


def report_url(place, topic="milestones", item="squads", slug="huiji-2010"):
    return reverse("reports:programme-report", args=[place.pk, slug, topic, item])


def found(**fields):
    today = TODAY().isoformat()
    return {"result": "met", "on": today, "signer": "周景行"} | fields


def test_the_board_shows_milestones_phases_steps_and_scores(
    under_huiji, huiji_bureau, as_user
):
    text = page(as_user(huiji_bureau)).content.decode()
    for words in (
        "已迟于发文",
        "早 1 天",
        "各镇、街道成立监察中队",
        "工作组织七项",
        "迎检到位",
        "待填报",
        "兼职监察员或协管员配备率",
        "按编码排列，不作排名",
    ):
        assert words in text


def test_the_board_of_a_city_has_a_line_for_each_district(under_huiji, as_user):
    city = make_user(city=under_huiji.city, role=Role.CITY_BUREAU)
    client = as_user(city)
    text = page(client).content.decode()
    assert "各区县" in text
    assert "惠济区劳动保障监察两网化建设实施方案" in text
    assert page(client, at=under_huiji.code).context["board"].place == under_huiji


def test_a_past_day_shows_what_was_so_by_then(streets, huiji_bureau, as_user):
    report(SQUADS, streets, huiji_bureau, on=date(2010, 8, 9))
    client = as_user(huiji_bureau)

    def state(on):
        rows = page(client, on=on).context["milestones"]
        return next(
            one["row"].done for one in rows if one["row"].milestone.key == "squads"
        )

    assert state("2010-08-08") == 0
    assert state("2010-08-09") == 2


def test_a_neighbour_finds_nothing(streets, huiji_bureau, bureau, as_user):
    made = assess(streets[0], huiji_bureau)
    client = as_user(bureau)  # of 二七
    for url in (
        f"{reverse('reports:programme')}?at={streets[0].parent.code}",
        reverse("reports:programme-node", args=[streets[0].pk]),
        reverse("reports:programme-milestone", args=[streets[0].pk, "squads"]),
        report_url(streets[0]),
        reverse("reports:assess", args=[streets[0].pk]),
        reverse("reports:letter-issue", args=[streets[0].pk]),
        reverse("reports:assessment", args=[made.pk]),
        reverse("reports:assessment-remedy", args=[made.pk]),
    ):
        assert client.get(url).status_code == 404, url
        assert client.post(url, found()).status_code == 404, url
    assert not Finding.objects.exists()
    assert "新城街道" not in client.get(reverse("reports:assessments")).content.decode()


def test_a_milestone_is_reported_for_several_grids_at_once(
    streets, huiji_bureau, as_user
):
    client = as_user(huiji_bureau)
    place = streets[0].parent
    response = client.post(
        report_url(place), found(on="2010-08-09", grids=[str(streets[0].pk)])
    )
    assert response.status_code == 302
    # Who has done it is not asked again; one grid alone needs no choice.
    form = client.get(report_url(place)).context["form"]
    assert "grids" not in form.fields
    client.post(report_url(place), found(on="2010-08-10"))
    assert Finding.objects.count() == 2
    url = reverse("reports:programme-milestone", args=[place.pk, "squads"])
    assert "2 个网格中 2 个已完成" in client.get(url).content.decode()


def test_everywhere_is_one_tick(streets, huiji_bureau, as_user):
    client = as_user(huiji_bureau)
    url = report_url(streets[0].parent)
    assert client.post(url, found()).status_code == 200  # no grid chosen
    assert client.post(url, found(everywhere="on")).status_code == 302
    assert Finding.objects.count() == 2


def test_an_item_is_reported_with_evidence_that_opens(
    streets, huiji_bureau, squad, as_user
):
    client = as_user(squad)
    paper = SimpleUploadedFile("批复.pdf", b"%PDF-1.7 x")
    url = report_url(streets[0], "ready", "money")
    assert client.post(url, found(upload=paper)).status_code == 302
    made = Finding.objects.get()
    assert (made.basis, made.recorded_by) == ("own", squad)
    node = reverse("reports:programme-node", args=[streets[0].pk])
    evidence = made.evidence.get_absolute_url()
    assert evidence in client.get(node).content.decode()
    response = client.get(evidence)
    assert b"".join(response).startswith(b"%PDF")
    response.close()


def test_a_file_that_is_none_is_refused_in_the_form(streets, squad, as_user):
    upload = SimpleUploadedFile("批复.pdf", b"not a paper")
    response = as_user(squad).post(
        report_url(streets[0], "ready", "money"), found(upload=upload)
    )
    assert response.status_code == 200
    assert "无法识别这个文件" in response.content.decode()
    assert not Finding.objects.exists()


@pytest.mark.parametrize(
    ("topic", "item", "slug"),
    [
        ("ready", "staff", "huiji-2010"),  # computed: nobody answers it
        ("ready", "nothing", "huiji-2010"),
        ("milestones", "nothing", "huiji-2010"),
        ("milestones", "squads", "erqi-2013"),
        ("organisation", "bodies", "huiji-2010"),  # of the district only
        ("milestones", "command_centre", "huiji-2010"),
    ],
)
def test_what_the_plan_does_not_ask_of_a_street_is_not_found(
    topic, item, slug, streets, huiji_bureau, as_user
):
    url = report_url(streets[0], topic, item, slug)
    assert as_user(huiji_bureau).get(url).status_code == 404


@pytest.mark.parametrize(
    ("role", "reports", "assesses"),
    [
        (Role.DISTRICT_BUREAU, 200, 200),
        (Role.SQUAD_LEADER, 200, 200),
        (Role.FULL_TIME_INSPECTOR, 403, 403),
        (Role.ASSISTANT, 403, 403),
        (Role.LEADER, 403, 403),
    ],
)
def test_who_may_report_and_assess(role, reports, assesses, under_huiji, as_user):
    client = as_user(make_user(grid=under_huiji, role=role))
    street = under_huiji.children.first()
    assert client.get(report_url(street)).status_code == reports
    url = reverse("reports:assess", args=[street.pk])
    assert client.get(url).status_code == assesses
    assert page(client).status_code == 200


def test_nobody_assesses_the_own_grid(streets, squad, huiji_bureau, as_user):
    own = reverse("reports:assess", args=[streets[0].pk])
    below = reverse("reports:assess", args=[streets[0].children.get().pk])
    client = as_user(squad)
    assert client.get(own).status_code == 403
    assert client.get(below).status_code == 200
    letter = reverse("reports:letter-issue", args=[streets[0].pk])
    assert client.get(letter).status_code == 403
    district = reverse("reports:assess", args=[streets[0].parent.pk])
    assert as_user(huiji_bureau).get(district).status_code == 403


def test_an_assessment_is_made_remedied_and_listed(
    streets, squad, huiji_bureau, as_user
):
    client = as_user(huiji_bureau)
    url = reverse("reports:assess", args=[streets[0].pk])
    data = {
        "kind": "acceptance",
        "on": TODAY().isoformat(),
        "assessor": "检查组",
        "result": "to_remedy",
        "findings": "缺少制度文件。",
        "score": "huiji-2010.ready",
    }
    response = client.post(url, data)
    assert "督促和限期整改须写明整改要求" in response.content.decode()
    due = (TODAY() + timedelta(days=5)).isoformat()
    client.post(url, data | {"remedy": "补齐文件", "remedy_due": due})
    made = Assessment.objects.get()
    assert made.score["name"] == "迎检到位"
    text = client.get(made.get_absolute_url()).content.decode()
    assert "待整改" in text
    client = as_user(squad)  # who was assessed notes the remedy
    remedy = reverse("reports:assessment-remedy", args=[made.pk])
    client.post(remedy, {"on": TODAY().isoformat(), "note": "已补齐"})
    made.refresh_from_db()
    assert made.remedied_by == squad
    listed = client.get(reverse("reports:assessments"), {"remedy": "done"})
    assert "新城街道" in listed.content.decode()


def test_an_overdue_remedy_stands_on_the_workbench(
    streets, huiji_bureau, squad, bureau
):
    made = urged(streets[0], huiji_bureau)
    after = made.remedy_due + timedelta(days=1)

    def overdue(user, today):
        lines = workbench.for_user(user, today)
        return [one.count for one in lines if one.label == "检查考核逾期未整改"]

    assert overdue(squad, made.remedy_due) == [0]
    assert overdue(squad, after) == overdue(huiji_bureau, after) == [1]
    assert overdue(bureau, after) == [0]


def test_a_letter_is_issued_on_the_page_and_listed(streets, huiji_bureau, as_user):
    client = as_user(huiji_bureau)
    url = reverse("reports:letter-issue", args=[streets[0].pk])
    response = client.post(url, {"year": 2026, "phase": 1})
    letter = TargetLetter.objects.get()
    assert response.url == letter.document.get_absolute_url()
    text = client.get(reverse("reports:letters")).content.decode()
    assert letter.number in text
    assert letter.document.code in text


def test_the_page_of_a_grid_shows_its_assessments(streets, huiji_bureau, as_user):
    made = assess(streets[0], huiji_bureau)
    url = f"{streets[0].get_absolute_url()}?tab=assessments"
    assert made.get_absolute_url() in as_user(huiji_bureau).get(url).content.decode()


@pytest.mark.parametrize("which", ["district", "city", "nothing"])
def test_the_table_of_progress_is_printed(which, streets, huiji_bureau, erqi):
    report(MONEY, streets[:1], huiji_bureau)
    places = {"district": streets[0].parent, "city": erqi.city, "nothing": erqi}
    made = KINDS["programme"].gather(places[which], TODAY())
    assert as_pdf(made, code="TEST-0000-0000") == as_pdf(made, code="TEST-0000-0000")
    assert as_xlsx(made).startswith(b"PK")


@pytest.mark.parametrize("name", ["programme", "assessments", "letters"])
def test_the_pages_cost_few_queries(
    name, streets, huiji_bureau, as_user, django_assert_max_num_queries
):
    for street in streets:
        assess(street, huiji_bureau)
    client = as_user(huiji_bureau)
    url = reverse(f"reports:{name}")
    client.get(url)
    with django_assert_max_num_queries(45):
        assert client.get(url).status_code == 200
