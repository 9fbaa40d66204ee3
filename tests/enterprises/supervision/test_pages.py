"""The pages: what they show, what they refuse, and what a street does not learn."""

from datetime import date
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse

from enterprises.supervision.models import (
    GradeObjection,
    GradeRound,
    KeyEntry,
    NotedFact,
    Publication,
)
from enterprises.supervision.services import grading
from gridinspect.accounts.roles import Role
from gridinspect.jobs.models import Job
from tests.enterprises.supervision.support import (
    YEAR,
    load_law,
    make_publication,
    make_round,
    punish,
    rating_of,
)
from tests.factories import TODAY, make_enterprise, make_user

pytestmark = pytest.mark.django_db
SECRET = "一年内被举报投诉2次以上"


@pytest.fixture(autouse=True)
def law(db):
    load_law()


@pytest.fixture
def unit(community):
    unit = make_enterprise(
        "丁公司", grid=community, address="淮河路 9 号", legal_representative="王小军"
    )
    for month in (3, 6, 9):
        punish(unit, date(YEAR, month, 1))
    return unit


@pytest.fixture
def leader(erqi):
    return make_user(grid=erqi, role=Role.LEADER)


@pytest.fixture
def squad(street):
    return make_user(grid=street, role=Role.SQUAD_LEADER)


def url(name, *args):
    return reverse(f"supervision:{name}", args=args)


def get(client, user, address):
    client.force_login(user)
    return client.get(address)


def text(response):
    return response.content.decode()


def key_entry(unit, ground="complaints", name=SECRET, secret=True):
    return KeyEntry.objects.create(
        enterprise=unit,
        district=unit.district,
        ground=ground,
        ground_name=name,
        is_secret=secret,
        since=TODAY(),
        evidence={
            "complaints": {"value": 2, "rows": [{"label": "投诉登记第7号"}]},
        },
    )


# --- key units: what a street learns (T03) --------------------------------------------


@pytest.mark.parametrize("role", [Role.SQUAD_LEADER, Role.ASSISTANT])
@pytest.mark.parametrize("page", ["list", "export", "file", "timeline"])
def test_a_street_sees_that_a_unit_is_listed_and_not_why(
    client, unit, street, role, page
):
    key_entry(unit)
    addresses = {
        "list": url("key-units"),
        "export": url("key-export"),
        "file": f"{unit.get_absolute_url()}?tab=supervision",
        "timeline": f"{unit.get_absolute_url()}?tab=timeline",
    }
    user = make_user(grid=street, role=role)
    answer = get(client, user, addresses[page])
    if page == "export":
        sheet = openpyxl.load_workbook(BytesIO(answer.content)).active
        said = " ".join(str(c) for row in sheet.values for c in row if c)
    else:
        said = text(answer)
    assert "丁公司" in said
    assert "列入重点" in said or "重点单位" in said
    for word in (SECRET, "投诉登记第7号", "不公开"):
        assert word not in said


def test_one_ground_cannot_be_told_from_another_by_a_street(client, unit, squad):
    """Two worlds that differ in the ground alone look the same."""
    pages = []
    for ground, name, secret in (
        ("complaints", SECRET, True),
        ("wage_arrears", "欠薪2个月以上", False),
    ):
        KeyEntry.objects.all().delete()
        key_entry(unit, ground, name, secret)
        table = get(client, squad, url("key-units")).context["table"]
        pages.append([[cell.text for cell in row.cells] for row in table.rows])
        answer = get(client, squad, f"{url('key-units')}?ground={ground}")
        assert answer.context["table"].total == 1  # the filter is not theirs
    assert pages[0] == pages[1]


def test_the_bureau_sees_the_ground_and_filters_by_it(client, unit, bureau):
    key_entry(unit)
    assert SECRET in text(get(client, bureau, url("key-units")))
    for ground, total in (("complaints", 1), ("wage_arrears", 0)):
        answer = get(client, bureau, f"{url('key-units')}?ground={ground}")
        expected = total if ground == "complaints" else 1  # unknown: no such choice
        assert answer.context["table"].total == expected


def test_the_entry_itself_is_closed_to_the_street(client, unit, squad, neighbour):
    entry = key_entry(unit)
    assert get(client, squad, entry.get_absolute_url()).status_code == 403
    assert get(client, squad, url("key-entries")).status_code == 403
    assert get(client, neighbour, entry.get_absolute_url()).status_code == 404


def test_an_entry_by_hand_from_the_page_to_the_approval(client, unit, bureau, leader):
    client.force_login(bureau)
    answer = client.post(
        url("key-propose", unit.pk), {"reason": "上级交办", "on": TODAY().isoformat()}
    )
    entry = KeyEntry.objects.get()
    assert answer.url == entry.get_absolute_url()
    decide = url("key-act", entry.pk, "decide")
    assert client.get(decide).status_code == 403
    client.force_login(leader)
    client.post(decide, {"decision": "approve", "on": TODAY().isoformat()})
    entry.refresh_from_db()
    assert entry.state == "active"
    client.force_login(bureau)
    empty = client.post(url("key-act", entry.pk, "remove"), {"reason": ""})
    assert empty.status_code == 200
    assert empty.context["form"].errors


def test_the_list_asks_as_often_for_many_units(
    client, bureau, community, django_assert_max_num_queries
):
    for number in range(30):
        key_entry(make_enterprise(f"戊{number}", grid=community))
    client.force_login(bureau)
    with django_assert_max_num_queries(22):
        client.get(url("key-units"))


# --- grades ---------------------------------------------------------------------------


def test_a_round_from_the_page_to_the_approval(client, erqi, unit, bureau, leader):
    client.force_login(bureau)
    client.post(url("round-add"), {"district": erqi.pk, "year": YEAR, "scheme": ""})
    round_ = GradeRound.objects.get()
    assert Job.objects.get().params == {"round": round_.pk}
    assert "正在后台计算" in text(client.get(round_.get_absolute_url()))
    grading.write_proposals(round_=round_, worked=grading.work_out(round_), by=bureau)
    assert "C级 1 户" in text(client.get(round_.get_absolute_url()))
    client.force_login(leader)
    client.post(url("round-act", round_.pk, "approve"), {"on": TODAY().isoformat()})
    round_.refresh_from_db()
    assert round_.state == "approved"
    assert "丁公司" in text(client.get(url("grades")))


def test_what_is_not_approved_is_seen_only_by_who_works_on_it(
    client, erqi, unit, bureau, squad, leader
):
    round_ = make_round(erqi, bureau)
    rating = rating_of(unit)
    assert get(client, squad, rating.get_absolute_url()).status_code == 404
    assert "丁公司" not in text(get(client, squad, url("grades")))
    assert get(client, bureau, rating.get_absolute_url()).status_code == 200
    grading.approve_round(round_=round_, on=TODAY(), by=leader)
    answer = get(client, squad, rating.get_absolute_url())
    assert answer.status_code == 200


def test_a_late_year_is_refused_with_one_sentence(client, erqi, bureau):
    client.force_login(bureau)
    data = {"district": erqi.pk, "year": TODAY().year, "scheme": ""}
    answer = client.post(url("round-add"), data)
    assert "已经结束的年度" in text(answer)


def test_adjust_notice_serve_object_decide(client, erqi, unit, bureau, leader):
    round_ = make_round(erqi, bureau)
    rating = rating_of(unit)
    client.force_login(bureau)
    data = {"grade": "B", "reason": "一案已撤销", "edition": rating.edition}
    client.post(url("rating-act", rating.pk, "adjust"), data)
    grading.approve_round(round_=round_, on=TODAY(), by=leader)
    client.post(url("rating-notice", rating.pk))
    client.post(url("rating-act", rating.pk, "served"), {"on": TODAY().isoformat()})
    rating.refresh_from_db()
    assert (rating.grade, rating.notified_on) == ("B", TODAY())
    client.post(
        url("rating-act", rating.pk, "object"),
        {"raised_on": TODAY().isoformat(), "text": "不服"},
    )
    assert GradeObjection.objects.get().decided_on is None
    client.force_login(leader)
    answer = client.post(
        url("rating-act", rating.pk, "decide"),
        {"grade": "A", "decision": "成立", "on": TODAY().isoformat()},
        follow=True,
    )
    assert "更正" in text(answer)
    assert rating_of(unit).grade == "A"


def test_the_replay_page_compares_and_saves_nothing(client, erqi, unit, bureau, leader):
    grading.approve_round(round_=make_round(erqi, bureau), on=TODAY(), by=leader)
    client.force_login(bureau)
    query = f"?district={erqi.pk}&year={YEAR}&scheme=points-example@2"
    answer = client.get(url("replay") + query)
    assert answer.context["found"].counts == {"A": 0, "B": 1, "C": 0}
    assert "丁公司" in text(answer)
    assert rating_of(unit).grade == "C"


# --- noted facts and publications -----------------------------------------------------


def test_a_fact_is_noted_and_withdrawn(client, unit, bureau, squad):
    page = url("note-fact", unit.pk)
    assert get(client, squad, page).status_code == 403
    client.force_login(bureau)
    data = {"kind": "petitions", "on": TODAY().isoformat(), "paper": "信访登记1号"}
    client.post(page, data)
    fact = NotedFact.objects.get()
    assert "已经登记过" in text(client.post(page, data))
    client.post(url("withdraw-fact", fact.pk), {"reason": "登记错误"})
    fact.refresh_from_db()
    assert fact.withdrawn_on == TODAY()


def test_the_course_of_a_publication_and_its_export(client, unit, bureau, leader):
    one = make_publication(unit, bureau)
    client.force_login(bureau)
    today = TODAY().isoformat()
    client.post(url("publication-act", one.pk, "propose"), {"on": today})
    client.force_login(leader)
    answer = client.post(
        url("publication-act", one.pk, "decide"), {"decision": "approve", "on": today}
    )
    assert answer.status_code == 302
    quarter = f"{TODAY().year}-{(TODAY().month - 1) // 3 * 3 + 1:02}-01"
    export = url("publication-export", quarter, "xlsx")
    assert "丁公司" not in cells(client.get(export))  # approved, not published
    client.force_login(bureau)
    client.post(url("publication-act", one.pk, "publish"), {"on": today})
    said = cells(client.get(export))
    for word in (
        "丁公司",
        "淮河路 1 号",
        "李小明",
        "拖欠 12 名劳动者工资",
        "罚款 5000 元",
    ):
        assert word in said
    paper = client.get(url("publication-export", quarter, "pdf"))
    assert paper.content.startswith(b"%PDF")
    other = url("publication-export", "2020-01-01", "xlsx")
    assert "丁公司" not in cells(client.get(other))
    assert client.get(url("publication-export", "no-day", "xlsx")).status_code == 404


def cells(answer):
    sheet = openpyxl.load_workbook(BytesIO(answer.content)).active
    return " ".join(str(c) for row in sheet.values for c in row if c)


def test_a_candidate_is_seen_only_by_who_works_on_it(client, unit, bureau, squad):
    one = make_publication(unit, bureau)
    assert get(client, squad, one.get_absolute_url()).status_code == 404
    assert get(client, squad, url("publications")).context["table"].total == 0
    assert get(client, bureau, one.get_absolute_url()).status_code == 200


def test_a_unit_is_proposed_for_publication_from_its_file(client, unit, bureau):
    client.force_login(bureau)
    page = url("publication-add", unit.pk)
    category = client.get(page).context["form"].fields["category"].choices[0][0]
    client.post(
        page,
        {"list": "violation", "category": category, "facts": "甲", "handling": "乙"},
    )
    assert Publication.objects.get().category == category


def test_the_workbench_names_what_waits(client, erqi, unit, bureau, leader):
    make_round(erqi, bureau)
    make_publication(unit, bureau)
    assert "等级评定待批准" in text(get(client, leader, "/"))
    assert "违法公布候选待核对" in text(get(client, bureau, "/"))


# --- pages that have nothing to do ----------------------------------------------------


def told_instead(client, user, address, back):
    """Return what the page says that an act without anything to do leads back to."""
    client.force_login(user)
    answer = client.get(address, follow=True)
    assert answer.redirect_chain[-1][0] == back.get_absolute_url()
    return text(answer)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("adjust", "请登记异议后更正"),
        ("served", "还没有出具告知书"),
        ("decide", "没有等待答复的异议"),
    ],
)
def test_an_act_on_a_grade_that_has_nothing_to_do_says_why(
    client, erqi, unit, bureau, leader, act, words
):
    round_ = make_round(erqi, bureau)
    grading.approve_round(round_=round_, on=TODAY(), by=leader)
    rating, user = rating_of(unit), leader if act == "decide" else bureau
    address = url("rating-act", rating.pk, act)
    assert address not in text(get(client, user, rating.get_absolute_url()))
    assert words in told_instead(client, user, address, rating)


def test_a_grade_says_what_follows_from_it(client, erqi, unit, bureau, leader):
    grading.approve_round(round_=make_round(erqi, bureau), on=TODAY(), by=leader)
    said = text(get(client, bureau, rating_of(unit).get_absolute_url()))
    assert "列为重点对象，强化日常巡视检查，约谈主要负责人" in said


def test_a_round_offers_what_can_be_done_and_says_why_not(
    client, erqi, unit, bureau, leader
):
    round_ = make_round(erqi, bureau)
    page = round_.get_absolute_url()
    assert url("round-act", round_.pk, "approve") in text(get(client, leader, page))
    for act, user, words in (
        ("notices", bureau, "请复核后由负责人批准"),
        ("served", bureau, "请复核后由负责人批准"),
        ("publish", bureau, "请复核后由负责人批准"),
    ):
        address = url("round-act", round_.pk, act)
        assert address not in text(get(client, user, page))
        assert words in told_instead(client, user, address, round_)
    grading.approve_round(round_=round_, on=TODAY(), by=leader)
    again = url("round-act", round_.pk, "approve")
    assert "请出具告知书" in told_instead(client, leader, again, round_)
    served = url("round-act", round_.pk, "served")
    assert "请先出具" in told_instead(client, bureau, served, round_)


def test_notices_are_served_in_a_lot_on_their_page(client, erqi, unit, bureau, leader):
    round_ = make_round(erqi, bureau)
    grading.approve_round(round_=round_, on=TODAY(), by=leader)
    rating = rating_of(unit)
    client.force_login(bureau)
    client.post(url("rating-notice", rating.pk))
    address = url("round-act", round_.pk, "served")
    assert "1 户未登记" in text(client.get(address))
    answer = client.post(address, {"grades": ["C"], "on": TODAY()}, follow=True)
    assert "已登记 1 户同日送达" in text(answer)
    assert rating_of(unit).notified_on == TODAY()


def test_a_listing_is_not_offered_for_approval_before_the_unit_was_told(
    client, unit, bureau, leader
):
    one = make_publication(unit, bureau, "dishonest")
    address = url("publication-act", one.pk, "propose")
    assert address not in text(get(client, bureau, one.get_absolute_url()))
    assert "请先登记告知" in told_instead(client, bureau, address, one)
    decide = url("publication-act", one.pk, "decide")
    assert "再告知单位、报批" in told_instead(client, leader, decide, one)


def test_why_a_publication_was_sent_back_is_told_to_who_proposed_it(
    client, unit, bureau, leader
):
    one = make_publication(unit, bureau)
    client.force_login(bureau)
    client.post(url("publication-act", one.pk, "propose"), {"on": TODAY()})
    client.force_login(leader)
    typed = {"decision": "reject", "on": TODAY(), "reason": "事实不清，补充证据"}
    client.post(url("publication-act", one.pk, "decide"), typed)
    page = text(get(client, bureau, f"{one.get_absolute_url()}?tab=timeline"))
    assert "事实不清，补充证据" in page


def test_the_proposer_is_offered_no_decision_on_his_own_entry(client, erqi, unit):
    head = make_user(grid=erqi, role=Role.LEADER)
    entry = KeyEntry.objects.create(
        enterprise=unit,
        district=unit.district,
        ground="hand",
        ground_name="手工列入",
        state="proposed",
        since=TODAY(),
        reason="上级交办",
        proposed_by=head,
    )
    address = url("key-act", entry.pk, "decide")
    assert address not in text(get(client, head, entry.get_absolute_url()))
    assert "请由另一位" in told_instead(client, head, address, entry)


def test_a_removal_is_asked_for_once(client, unit, bureau):
    entry = key_entry(unit)
    address = url("key-act", entry.pk, "remove")
    client.force_login(bureau)
    client.post(address, {"reason": "纠纷已化解"})
    assert address not in text(get(client, bureau, entry.get_absolute_url()))
    assert "等待批准" in told_instead(client, bureau, address, entry)


def test_the_grades_to_search_by_are_those_of_the_schemes(client, unit, bureau):
    page = get(client, bureau, url("grades"))
    offered = page.context["filters"].form.fields["grade"].choices
    assert [key for key, _ in offered] == ["", "A", "B", "C"]


def test_grade_and_key_supervision_stand_beside_the_name_of_a_unit(
    client, erqi, unit, squad, bureau, leader
):
    def marks():
        return str(get(client, squad, unit.get_absolute_url()).context["badges"])

    assert "重点单位" not in marks()
    entry = key_entry(unit)
    assert "重点单位" in marks()
    entry.delete()
    assert "级</span>" not in marks()
    grading.approve_round(round_=make_round(erqi, bureau), on=TODAY(), by=leader)
    assert "级</span>" in marks()


def test_the_bureau_sees_every_entry_in_the_file_of_a_unit(client, unit, bureau):
    entry = key_entry(unit)
    page = text(get(client, bureau, f"{unit.get_absolute_url()}?tab=supervision"))
    assert entry.get_absolute_url() in page
    assert SECRET in page
    assert "已列入" in page
