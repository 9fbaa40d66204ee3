from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cases.visits.models import Clue, Feedback, Hazard, Publicity, Visit
from cases.visits.services.hazards import HazardFacts
from enterprises.supervision.models import GradeRound, KeyEntry, Rating
from gridinspect.accounts.roles import Role
from tests.cases.visits.making import make_hazard, make_visit, photo
from tests.factories import (
    TODAY,
    make_enterprise,
    make_grid,
    make_policy,
    make_task,
    make_user,
)
from tests.support import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def said(**fields):
    return {"result": "met", "purpose": "collect"} | fields


# --- the phone ------------------------------------------------------------------------


def test_the_own_units_stand_with_the_longest_waiting_first(
    assistant, assistant_client, unit, street
):
    other = make_enterprise("郑州隐患商行", grid=unit.grid)
    make_hazard(by=assistant, unit=other)
    make_enterprise("郑州别处商行", grid=make_grid("淮北社区", parent=street))
    text = text_of(assistant_client.get(reverse("visits:phone")))
    assert text.index("郑州隐患商行") < text.index(unit.name)
    assert "隐患未消除" in text
    assert "郑州别处商行" not in text


def test_the_list_of_units_takes_a_fixed_number_of_queries(
    assistant_client, community, django_assert_max_num_queries
):
    for number in range(12):
        make_enterprise(f"郑州第{number}商行", grid=community)
    with django_assert_max_num_queries(14):
        assistant_client.get(reverse("visits:phone"))


def test_a_search_keeps_the_units_with_these_words(assistant_client, unit):
    make_enterprise("郑州别样商行", grid=unit.grid)
    text = text_of(assistant_client.get(reverse("visits:phone"), {"q": "晨光"}))
    assert unit.name in text
    assert "郑州别样商行" not in text


def test_with_too_many_units_a_grid_is_chosen_first(bureau_client, unit, monkeypatch):
    monkeypatch.setattr("cases.visits.units.MOST", 0)
    text = text_of(bureau_client.get(reverse("visits:phone")))
    assert unit.grid.parent.name in text
    assert unit.name not in text


def test_an_ordinary_visit(assistant_client, unit):
    response = assistant_client.post(
        reverse("visits:add", args=[unit.pk]), said(all_yes="on", photos=[photo()])
    )
    assert response.url == reverse("visits:phone")
    visit = Visit.objects.get()
    assert (visit.enterprise, visit.result) == (unit, "met")
    assert len(visit.checklist) == 9
    assert visit.photos.count() == 1
    assert not visit.is_offline


def test_a_visit_with_all_that_comes_of_it(assistant_client, unit):
    task = make_task(grid=unit.grid)
    assistant_client.post(
        reverse("visits:add", args=[unit.pk]),
        said(
            topic_wages="no",
            topic_wages_note="考勤不全",
            topic_hours="yes",
            hazard_words="拖欠两个月",
            hazard_level="major",
            hazard_escalate="on",
            publicity_audience="8",
            publicity_material="手册",
            feedback_text="请公布标准",
            feedback_kind="demand",
            feedback_route="bureau",
            confirmed_by="王晨",
            task=task.pk,
        ),
    )
    visit = Visit.objects.get()
    assert visit.checklist["wages"] == {"answer": "no", "note": "考勤不全"}
    assert set(visit.checklist) == {"wages", "hours"}
    assert Hazard.objects.get().escalated_at
    assert Publicity.objects.get().audience == 8
    assert Feedback.objects.get().route == "bureau"
    task.refresh_from_db()
    assert not task.is_open


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"result": ""}, "请选择走访结果。"),
        ({"visited_at": "2099-01-01T08:00"}, "晚于现在"),
        ({"hazard_advice": "补发"}, "请写明隐患情况。"),
        ({"hazard_words": "拖欠", "hazard_escalate": "on"}, "现场化解"),
        ({"publicity_material": "手册"}, "请填写受众人数。"),
        ({"next_on": "2020-01-01"}, "早于走访日期"),
        ({"topic_wages": "<b>"}, "<b>".replace("<", "&lt;").replace(">", "&gt;")),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    assistant_client, unit, typed, told
):
    url = reverse("visits:add", args=[unit.pk])
    text = text_of(assistant_client.post(url, said(note="写了很久") | typed))
    assert told in text
    assert "写了很久" in text
    assert not Visit.objects.exists()
    assert not Hazard.objects.exists()


def test_a_photograph_of_100_mb_is_one_sentence(assistant_client, unit, monkeypatch):
    monkeypatch.setattr("gridinspect.documents.attachments.LARGEST", 0)
    url = reverse("visits:add", args=[unit.pk])
    text = text_of(assistant_client.post(url, said(photos=[photo("大照片.jpg")])))
    assert "照片“大照片.jpg”：文件超过 0 MB，请缩小后再上传。" in text
    assert not Visit.objects.exists()


def test_what_is_no_photograph_is_refused(assistant_client, unit):
    url = reverse("visits:add", args=[unit.pk])
    paper = SimpleUploadedFile("说明.pdf", b"%PDF-1.7")
    text = text_of(assistant_client.post(url, said(photos=[paper])))
    assert "无法识别这个文件" in text


def test_the_same_form_twice_is_one_visit(assistant_client, unit):
    url = reverse("visits:add", args=[unit.pk])
    typed = said(key="7b0f7f8e-0f6a-4b43-9d4c-0a4f7c0c1234")
    assistant_client.post(url, typed)
    response = assistant_client.post(url, typed)
    assert response.url == Visit.objects.get().get_absolute_url()


def test_an_unknown_unit_becomes_a_clue(assistant_client, community):
    url = reverse("visits:add-elsewhere")
    assert "请写明名称或地址。" in text_of(
        assistant_client.post(url, said(grid=community.pk))
    )
    assistant_client.post(url, said(grid=community.pk, address="人民路9号"))
    assert Clue.objects.get().visit == Visit.objects.get()


def test_a_neighbours_unit_does_not_exist(neighbour_client, unit, assistant):
    visit = make_visit(by=assistant, unit=unit)
    for name, key in [("add", unit.pk), ("detail", visit.pk)]:
        url = reverse(f"visits:{name}", args=[key])
        assert neighbour_client.get(url).status_code == 404


def test_who_records_no_visits_is_refused(client, unit, erqi):
    client.force_login(make_user(grid=erqi, role=Role.LEADER))
    url = reverse("visits:add", args=[unit.pk])
    assert client.get(url).status_code == 403
    assert client.get(reverse("visits:phone")).status_code == 403


# --- lists and what came of visits ----------------------------------------------------


@pytest.mark.parametrize(
    "name", ["list", "hazards", "publicities", "feedbacks", "clues", "queue"]
)
def test_lists_take_a_fixed_number_of_queries(
    name, bureau_client, assistant, unit, django_assert_max_num_queries
):
    from cases.visits.services.talks import FeedbackFacts, PublicityFacts

    for number in range(8):
        make_visit(
            by=assistant,
            unit=unit,
            photos=[photo()],
            is_offline=True,
            hazard=HazardFacts("wages", "general", f"隐患{number}"),
            publicity=PublicityFacts(3, "手册"),
            feedback=FeedbackFacts("demand", f"要求{number}", "bureau"),
        )
        if name == "clues":
            make_visit(by=assistant, grid=unit.grid, address=f"人民路{number}号")
    url = reverse(f"visits:{name}")
    bureau_client.get(url)
    with django_assert_max_num_queries(16):
        assert "共 <b>8</b>" in text_of(bureau_client.get(url))


def test_the_file_of_a_unit_shows_what_came_of_its_visits(
    bureau_client, assistant, unit, django_assert_max_num_queries
):
    from cases.visits.services.talks import FeedbackFacts, PublicityFacts

    address = f"{unit.get_absolute_url()}?tab=visits"
    assert "工人反馈" not in text_of(bureau_client.get(address)).partition("<main")[2]
    for number in range(4):
        make_visit(
            by=assistant,
            unit=unit,
            hazard=HazardFacts("wages", "general", f"隐患{number}"),
            publicity=PublicityFacts(3, f"手册{number}"),
            feedback=FeedbackFacts("demand", f"要求{number}", "bureau"),
        )
    with django_assert_max_num_queries(24):
        text = text_of(bureau_client.get(address))
    for said in ("隐患3", "手册3", "要求3", "待答复"):
        assert said in text


def test_late_and_offline_entries_are_found(bureau_client, assistant, unit):
    make_visit(by=assistant, unit=unit, on=TODAY() - timedelta(days=2))
    make_visit(by=assistant, unit=unit, is_offline=True)
    url = reverse("visits:list")
    assert "补录，迟 2 天" in text_of(bureau_client.get(url, {"entry": "late"}))
    assert "共 <b>1</b>" in text_of(bureau_client.get(url, {"entry": "late"}))
    assert "共 <b>1</b>" in text_of(bureau_client.get(url, {"entry": "offline"}))
    assert "共 <b>0</b>" in text_of(bureau_client.get(url, {"entry": "changed"}))


def test_an_export_is_what_the_list_shows(bureau_client, assistant, unit):
    make_visit(by=assistant, unit=unit, result="met")
    make_visit(by=assistant, unit=unit, result="refused")
    url = reverse("visits:export", args=["visits"])
    text = text_of(bureau_client.get(url, {"result": "refused"}))
    assert "拒绝" in text
    assert "见到" not in text
    assert bureau_client.get("/visits/export/nothing/").status_code == 404


def test_an_assistant_sees_only_his_own_grids(assistant_client, squad, unit, street):
    other = make_enterprise("郑州别处商行", grid=make_grid("淮北社区", parent=street))
    make_visit(by=squad, unit=unit)
    make_visit(by=squad, unit=other)
    text = text_of(assistant_client.get(reverse("visits:list")))
    assert unit.name in text
    assert other.name not in text


def test_a_hazard_goes_its_way_over_the_pages(assistant_client, squad, assistant, unit):
    hazard = make_hazard(by=assistant, unit=unit)
    act = lambda name: reverse(f"visits:hazard-{name}", args=[hazard.pk])  # noqa: E731
    assistant_client.post(act("escalate"), {"level": "major"})
    assert "紧急" not in text_of(assistant_client.get(reverse("home")))
    assistant_client.force_login(squad)
    text = text_of(assistant_client.get(reverse("home")))
    assert "立即上报的隐患待处理" in text
    assert "最早上报于" in text
    assistant_client.post(act("answer"), {"answer": "明日到场"})
    assert "明日到场" in text_of(
        assistant_client.get(reverse("visits:hazard", args=[hazard.pk]))
    )
    assistant_client.post(
        act("note"), {"on": TODAY(), "text": "已补发一半", "follow_up_on": TODAY()}
    )
    refused = assistant_client.post(act("clear"), {"on": TODAY(), "clearing": "x"})
    assert refused.status_code == 200
    assistant_client.post(
        act("clear"), {"on": TODAY(), "outcome": "at_base", "clearing": "已补发"}
    )
    hazard.refresh_from_db()
    assert (hazard.outcome, hazard.notes.get().text) == ("at_base", "已补发一半")


def test_an_assistant_does_not_answer_what_was_reported(
    assistant_client, assistant, unit
):
    hazard = make_hazard(by=assistant, unit=unit, level="major", escalate=True)
    url = reverse("visits:hazard-answer", args=[hazard.pk])
    assert assistant_client.post(url, {"answer": "好"}).status_code == 403


def test_publicity_and_feedback_without_a_unit(assistant_client, community, squad):
    grid = f"{community.name}（{community.code}）"
    assistant_client.post(
        reverse("visits:publicity-add"),
        {
            "grid": grid,
            "held_on": TODAY(),
            "place": "广场",
            "audience": "40",
            "material": "手册",
            "photos": [photo(), photo("二.jpg")],
        },
    )
    told = Publicity.objects.get()
    assert told.photos.count() == 2
    assert "40 人" in text_of(assistant_client.get(told.get_absolute_url()))
    assistant_client.post(
        reverse("visits:feedback-add"),
        {
            "grid": grid,
            "kind": "demand",
            "text": "请公布最低工资",
            "received_on": TODAY(),
            "route": "squad",
        },
    )
    feedback = Feedback.objects.get()
    assistant_client.force_login(squad)
    assert "工人反馈待答复" in text_of(assistant_client.get(reverse("home")))
    for name, typed in [
        ("route", {"route": "bureau"}),
        ("reply", {"reply": "已公布", "replied_on": TODAY()}),
    ]:
        url = reverse(f"visits:feedback-{name}", args=[feedback.pk])
        assert assistant_client.post(url, typed).status_code == 302
    feedback.refresh_from_db()
    assert (feedback.route, feedback.reply) == ("bureau", "已公布")


def test_a_clue_offers_a_new_file_and_is_settled(bureau_client, assistant, unit):
    make_visit(by=assistant, grid=unit.grid, place_name="无名面馆")
    clue = Clue.objects.get()
    url = reverse("visits:clue", args=[clue.pk])
    page = text_of(bureau_client.get(url))
    assert f"{reverse('enterprises:add')}?grid={unit.grid.code}" in page
    typed = {"decision": "adopted", "note": "已核实", "unit": "没有的单位"}
    assert "没有找到" in text_of(bureau_client.post(url, typed))
    bureau_client.post(url, typed | {"unit": unit.name})
    clue.refresh_from_db()
    assert (clue.decision, clue.enterprise) == ("adopted", unit)
    assert bureau_client.get(url).status_code == 302


def test_a_visit_that_found_nobody_leads_to_the_proposal(
    bureau_client, assistant, unit
):
    visit = make_visit(by=assistant, unit=unit, result="not_found")
    page = text_of(bureau_client.get(visit.get_absolute_url()))
    assert reverse("enterprises:proposals") in page


def test_the_file_of_a_unit_shows_its_visits(bureau_client, assistant, unit):
    make_hazard(by=assistant, unit=unit)
    page = reverse("enterprises:detail", args=[unit.pk])
    tab = text_of(bureau_client.get(page, {"tab": "visits"}))
    assert "考勤记录不全" in tab
    assert "见到" in tab
    timeline = text_of(bureau_client.get(page, {"tab": "timeline"}))
    assert "发现隐患（工资支付）" in timeline


def test_the_word_inspection_is_not_used_for_visits(assistant_client, unit):
    for url in (reverse("visits:phone"), reverse("visits:add", args=[unit.pk])):
        main = text_of(assistant_client.get(url)).partition("<main")[2]
        assert "检查" not in main


def test_the_list_of_units_shows_how_closely_each_is_supervised(
    assistant_client, unit, bureau, leader
):
    round_ = GradeRound.objects.create(
        district=unit.district,
        year=TODAY().year - 1,
        policy=make_policy("national"),
        scheme="national-2017",
        scheme_name="守法诚信等级",
        started_by=bureau,
    )
    Rating.objects.create(
        round=round_,
        enterprise=unit,
        district=unit.district,
        year=round_.year,
        proposed="C",
        grade="C",
        prepared_by=bureau,
        approved_by=leader,
        approved_on=TODAY(),
        valid_from=TODAY(),
        valid_until=TODAY(),
    )
    KeyEntry.objects.create(
        enterprise=unit,
        district=unit.district,
        ground="complaints",
        ground_name="一年内被举报投诉2次以上",
        is_secret=True,
        since=TODAY(),
    )
    text = text_of(assistant_client.get(reverse("visits:phone")))
    assert "重点单位" in text
    assert "C级" in text
    assert "举报投诉" not in text
