from datetime import date, timedelta
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from enterprises.models import Enterprise, Survey
from enterprises.services import change_enterprise
from enterprises.services.finding import refresh_grams
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from gridinspect.ui.registry import workbench
from grids.forms import spelled
from grids.models import Grid
from reports.tallies import recount
from tests.enterprises.test_survey_rules import GOOD
from tests.factories import make_enterprise, make_grid, make_survey, make_user

CODE = "91410103MA0AAAA1X9"
PHONE = "13900000001"


@pytest.fixture
def unit(community):
    unit = make_enterprise(
        "郑州甲餐饮有限公司", grid=community, uscc=CODE, address="淮河路 12 号"
    )
    unit.set_contact_phone(PHONE)
    unit.save()
    return unit


@pytest.fixture
def other(street):
    return make_grid("长江东路社区", parent=street)


def url(page, *args, **query):
    return reverse(f"enterprises:{page}", args=args, query=query or None)


def names(response):
    return [row.object.name for row in response.context["table"].rows]


def typed(unit=None, **changes):
    """Return what a browser sends for a new file, or for this one."""
    data = {
        "name": "郑州乙商贸有限公司",
        "uscc": "92410108MA0BBBB236",
        "unit_kind": "company",
        "status": "open",
        "source": "visit",
        "known_since": timezone.localdate().isoformat(),
    }
    if unit:
        plain = ["former_name", "registration_number", "address", "road", "remark"]
        data = {name: getattr(unit, name) for name in plain}
        data |= {
            "name": unit.name,
            "uscc": unit.uscc or "",
            "unit_kind": unit.unit_kind,
            "status": unit.status,
            "source": unit.source,
            "grid": spelled(unit.grid),
            "edition": unit.edition,
        }
    return data | changes


# --- the list -------------------------------------------------------------------------


def test_the_list_shows_the_own_units_only(bureau_client, unit, huiji):
    make_enterprise("惠济的单位", grid=huiji)
    response = bureau_client.get(url("list"))
    assert names(response) == ["郑州甲餐饮有限公司"]
    assert PHONE not in response.content.decode()


def test_a_neighbours_unit_is_not_listed(neighbour_client, unit):
    assert names(neighbour_client.get(url("list"))) == []


def test_somebody_without_a_view_of_units_gets_no_list(client, erqi):
    client.force_login(make_user(grid=erqi, role=Role.AUDITOR))
    assert client.get(url("list")).status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"name": "甲餐饮"}, True),
        ({"name": "zzjcy"}, True),
        ({"name": "ZZJ"}, True),
        ({"name": "乙餐饮"}, False),
        ({"name": "甲记老店"}, True),  # a former name
        ({"uscc": "91410103 ma0"}, True),
        ({"uscc": "92"}, False),
        ({"address": "淮河路"}, True),
        ({"phone": PHONE}, True),
        ({"phone": PHONE[:-1]}, False),
        ({"industry": "H"}, True),
        ({"industry": "C"}, False),
        ({"unit_kind": "company"}, True),
        ({"unit_kind": "project"}, False),
        ({"status": "open"}, True),
        ({"status": "known"}, True),
        ({"status": "cancelled"}, False),
        ({"survey": "never"}, True),
        ({"survey": "due"}, True),
        ({"survey": "fresh"}, False),
        ({"name": "'; DROP TABLE--%_\\"}, False),
    ],
)
def test_units_are_found_by(bureau_client, unit, query, found):
    Enterprise.objects.filter(pk=unit.pk).update(
        industry="H6210", former_name="甲记老店"
    )
    refresh_grams([unit.pk])
    response = bureau_client.get(url("list", **query))
    assert response.status_code == 200
    assert bool(names(response)) == found


@pytest.mark.parametrize(
    ("days", "state"), [(0, "fresh"), (183, "fresh"), (184, "stale"), (4000, "stale")]
)
def test_a_survey_counts_for_half_a_year(bureau_client, unit, days, state):
    make_survey(unit, surveyed_on=timezone.localdate() - timedelta(days=days))
    for asked in ("fresh", "stale", "never"):
        found = names(bureau_client.get(url("list", survey=asked)))
        assert bool(found) == (asked == state)
    assert names(bureau_client.get(url("list", survey="filed")))
    assert bool(names(bureau_client.get(url("list", survey="due")))) == (
        state == "stale"
    )


def test_the_tree_narrows_the_list(bureau_client, unit, community, other):
    response = bureau_client.get(url("list", grid=community.code))
    assert names(response) == [unit.name]
    assert names(bureau_client.get(url("list", grid=other.code))) == []


def test_the_list_sorts_and_answers_htmx_with_the_table_alone(bureau_client, unit):
    make_enterprise("郑州丙店", grid=unit.grid)
    response = bureau_client.get(url("list", sort="uscc"), headers={"HX-Request": "1"})
    assert "<html" not in response.content.decode()
    assert names(response) == [unit.name, "郑州丙店"]


def test_the_list_takes_the_same_queries_however_many_units(
    bureau_client, unit, django_assert_max_num_queries
):
    for number in range(12):
        make_survey(make_enterprise(f"单位{number}有限公司", grid=unit.grid))
    with django_assert_max_num_queries(14):
        bureau_client.get(url("list"))


def test_the_export_has_what_the_list_shows(bureau_client, unit, other):
    make_enterprise("=1+1 有限公司", grid=other)
    response = bureau_client.get(url("export", sort="name"))
    sheet = openpyxl.load_workbook(BytesIO(response.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    assert rows[0][:3] == ["序号", "单位名称", "统一社会信用代码"]
    assert [row[1] for row in rows[1:3]] == ["=1+1 有限公司", unit.name]
    assert rows[2][2] == CODE
    assert "未采集" in rows[2]
    assert sheet["B4"].data_type == "s"


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("key", ["uscc", "headcount", "last_surveyed", "grid", "none"])
def test_the_export_has_the_order_of_the_list(bureau_client, unit, other, key, sign):
    surveyed = make_enterprise("丙店", grid=other, uscc=None, headcount=7)
    make_survey(surveyed, surveyed_on=date(2026, 5, 1))
    make_enterprise("乙店", grid=other, uscc=None)
    asked = {"sort": f"{sign}{key}"}
    listed = bureau_client.get(url("list"), asked).context["table"].rows
    exported = bureau_client.get(url("export"), asked).content
    sheet = openpyxl.load_workbook(BytesIO(exported)).active
    names = [row[1].value for row in sheet.iter_rows(min_row=4)]
    assert names == [row.object.name for row in listed]


def test_the_export_masks_telephones_and_keeps_to_the_filter(
    bureau_client, unit, other
):
    make_enterprise("另一单位", grid=other)
    bureau_client.post(
        reverse("ui:columns"), {"name": "enterprises", "columns": ["name", "phone"]}
    )
    response = bureau_client.get(url("export", name="甲餐饮"))
    sheet = openpyxl.load_workbook(BytesIO(response.content)).active
    values = [cell.value for row in sheet.iter_rows(min_row=3) for cell in row]
    assert "139****0001" in values
    assert PHONE not in values
    assert "另一单位" not in values


def test_a_long_export_is_made_by_a_job(
    bureau_client, unit, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("enterprises.views.units.EXPORT_DIRECTLY", 0)
    with django_capture_on_commit_callbacks(execute=True):
        response = bureau_client.get(url("export"))
    page = bureau_client.get(response.url)
    assert "共 1 户" in page.content.decode()


def test_a_stranger_exports_nothing_of_ours(neighbour_client, unit):
    response = neighbour_client.get(url("export"))
    sheet = openpyxl.load_workbook(BytesIO(response.content)).active
    assert unit.name not in [c.value for row in sheet.iter_rows() for c in row]


# --- one ------------------------------------------------------------------------------


def test_the_file_shows_facts_and_a_masked_telephone(bureau_client, unit):
    text = bureau_client.get(unit.get_absolute_url()).content.decode()
    assert "二七区 › 淮河路街道 › 绿云社区" in text
    assert "139****0001" in text
    assert PHONE not in text


@pytest.mark.parametrize("tab", ["overview", "surveys", "belonging", "timeline"])
def test_each_tab_opens(bureau_client, bureau, unit, tab):
    change_enterprise(enterprise=unit, edition=1, by=bureau, headcount=3)
    response = bureau_client.get(f"{unit.get_absolute_url()}?tab={tab}")
    assert response.context["open_tab"].key == tab


def test_the_timeline_names_fields_values_and_author(bureau_client, bureau, unit):
    change_enterprise(enterprise=unit, edition=1, by=bureau, headcount=3)
    text = bureau_client.get(f"{unit.get_absolute_url()}?tab=timeline")
    assert "从业人数：空 → 3" in text.content.decode()


def test_the_file_takes_a_bounded_number_of_queries(
    bureau_client, unit, django_assert_max_num_queries
):
    for days in range(8):
        make_survey(unit, surveyed_on=timezone.localdate() - timedelta(days=days))
    with django_assert_max_num_queries(28):
        bureau_client.get(f"{unit.get_absolute_url()}?tab=surveys")


KEYED = ["detail", "change", "reveal", "survey-add", "compare", "blank-pdf"]


@pytest.mark.parametrize("name", KEYED)
def test_a_neighbours_unit_does_not_exist(neighbour_client, unit, name):
    assert neighbour_client.get(url(name, unit.pk)).status_code == 404


@pytest.mark.parametrize("name", ["survey", "survey-pdf"])
def test_a_neighbours_survey_does_not_exist(neighbour_client, unit, name):
    survey = make_survey(unit)
    assert neighbour_client.get(url(name, survey.pk)).status_code == 404


@pytest.mark.parametrize("name", ["change", "survey-add", "reveal"])
def test_who_may_only_look_may_not_change(client, erqi, unit, name):
    client.force_login(make_user(grid=erqi, role=Role.INTAKE))
    assert client.get(url("detail", unit.pk)).status_code == 200
    assert client.get(url(name, unit.pk)).status_code == 403


@pytest.mark.parametrize("name", ["add", "similar", "drafts"])
def test_who_keeps_no_files_has_no_forms(client, erqi, name):
    client.force_login(make_user(grid=erqi, role=Role.INTAKE))
    assert client.get(url(name)).status_code == 403


def test_the_whole_number_is_shown_for_a_reason_and_traced(client, erqi, unit):
    client.force_login(make_user(grid=erqi, role=Role.LEADER))
    refused = client.post(url("reveal", unit.pk), {"reason": ""})
    assert "请写明查看完整号码的理由" in refused.content.decode()
    assert not history(unit).exists()
    response = client.post(url("reveal", unit.pk), {"reason": "核实投诉"})
    assert PHONE in response.content.decode()
    assert history(unit).get().verb == "enterprise.phone_revealed"


# --- the form -------------------------------------------------------------------------


def test_a_file_is_opened(bureau_client, community):
    data = typed(grid="绿云社区", contact_phone="１３９ 0000 0001", industry="H62")
    response = bureau_client.post(url("add"), data)
    unit = Enterprise.objects.get()
    assert response.url == unit.get_absolute_url()
    assert (unit.grid, unit.contact_phone, unit.industry) == (community, PHONE, "H62")


def test_the_chosen_grid_of_the_list_stands_in_the_form(bureau_client, community):
    text = bureau_client.get(url("add", grid=community.code)).content.decode()
    assert spelled(community) in text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "请填写此项。"),
        ({"name": "单" * 300}, "现有 300 个字"),
        ({"name": "12345"}, "不像单位名称，请按证照填写全称。"),
        ({"uscc": "91410103MA0AAAA1X8"}, "校验位不符"),
        ({"uscc": "9141"}, "统一社会信用代码应为18位，现为4位"),
        ({"uscc": ""}, "请填写统一社会信用代码或原注册号"),
        ({"registration_number": "110108000000017"}, "15位注册号校验位不符"),
        ({"grid": "不存在的社区"}, "您的辖区内没有网格"),
        ({"contact_phone": "12"}, "电话号码不完整或多位"),
        ({"headcount": "-3"}, "不能小于 0"),
        ({"headcount": "12.5"}, "整数"),
        ({"founded_on": "2099-01-01"}, "晚于今天"),
        ({"known_since": "2099-01-01"}, "晚于今天"),
        ({"known_since": "2019-12-31"}, "早于“绿云社区”的启用日期"),
        ({"longitude": "10", "latitude": "34"}, "经度应在 73 至 136 度之间"),
        ({"longitude": "113.6"}, "经度和纬度要么都填"),
        ({"postcode": "4500"}, "邮编应为 6 位数字"),
        ({"industry": "Z99"}, "Z99"),
        ({"known_since": "2026-02-30"}, "日期"),
    ],
)
def test_bad_input_gets_one_sentence_and_loses_nothing(
    bureau_client, community, changes, sentence
):
    data = typed(grid=spelled(community), remark="写了很久的备注") | changes
    response = bureau_client.post(url("add"), data)
    text = response.content.decode()
    assert response.status_code == 200
    assert sentence.replace(" ", "") in text.replace(" ", "")
    assert "写了很久的备注" in text
    assert not Enterprise.objects.exists()


def test_markup_in_a_name_is_only_text(bureau_client, community):
    data = typed(grid=spelled(community), name="<script>alert(1)</script>公司")
    response = bureau_client.post(url("add"), data, follow=True)
    assert "<script>alert(1)" not in response.content.decode()


def test_a_wrong_check_character_is_overridden_with_a_reason(bureau_client, community):
    data = typed(grid=spelled(community), uscc="91410103MA0AAAA1X8", uscc_checked="on")
    refused = bureau_client.post(url("add"), data)
    assert "请勾选“已核对证照”" in refused.content.decode()
    bureau_client.post(url("add"), data | {"uscc_override_reason": "见执照原件"})
    assert Enterprise.objects.get().uscc_override_reason == "见执照原件"


@pytest.mark.parametrize("kind", ["unlicensed", "project"])
def test_a_unit_without_a_licence_needs_no_code(bureau_client, community, kind):
    data = typed(grid=spelled(community), uscc="无", unit_kind=kind)
    bureau_client.post(url("add"), data)
    assert Enterprise.objects.get().uscc is None


def test_a_code_is_not_given_twice(bureau_client, unit, other):
    response = bureau_client.post(
        url("add"), typed(grid=spelled(other), uscc=CODE, not_duplicate="1")
    )
    assert "本区县已有使用该统一社会信用代码的单位" in response.content.decode()


def test_a_likely_duplicate_is_shown_before_it_is_saved(bureau_client, unit, other):
    data = typed(grid=spelled(other), name="郑州市甲餐饮有限责任公司", uscc="")
    data |= {"unit_kind": "unlicensed"}
    response = bureau_client.post(url("add"), data)
    assert "可能已有档案" in response.content.decode()
    assert Enterprise.objects.count() == 1
    bureau_client.post(url("add"), data | {"not_duplicate": "1"})
    assert Enterprise.objects.count() == 2


def test_the_warning_while_typing_names_only_visible_units(client, unit, neighbour):
    client.force_login(neighbour)
    answer = client.get(url("similar", name=unit.name, uscc=CODE))
    assert answer.content.decode().strip() == ""


def test_the_warning_while_typing_says_why(bureau_client, unit):
    answer = bureau_client.get(url("similar", name="", uscc=CODE.lower()))
    assert "统一社会信用代码相同" in answer.content.decode()
    assert not bureau_client.get(
        url("similar", name="", uscc=CODE, besides=unit.pk)
    ).context["candidates"]


def test_a_file_is_not_opened_in_a_strangers_grid(neighbour_client, community):
    response = neighbour_client.post(url("add"), typed(grid=spelled(community)))
    assert "您的辖区内没有网格" in response.content.decode()
    assert not Enterprise.objects.exists()


def test_a_file_is_changed_and_an_empty_telephone_stays(bureau_client, unit, other):
    data = typed(unit, address="淮河路 14 号", grid=spelled(other))
    data["grid_since"] = "2026-03-01"
    response = bureau_client.post(url("change", unit.pk), data)
    assert response.url == unit.get_absolute_url()
    unit.refresh_from_db()
    assert (unit.address, unit.grid, unit.contact_phone) == (
        "淮河路 14 号",
        other,
        PHONE,
    )
    assert unit.placements.get(until=None).since == date(2026, 3, 1)


def test_the_change_form_shows_no_telephone_and_deletes_on_demand(bureau_client, unit):
    text = bureau_client.get(url("change", unit.pk)).content.decode()
    assert PHONE not in text
    assert "139****0001" in text
    bureau_client.post(url("change", unit.pk), typed(unit, contact_phone="无"))
    unit.refresh_from_db()
    assert unit.contact_phone == ""
    assert unit.contact_phone_index is None


def test_two_editors_meet_and_the_second_sees_both_values(
    bureau_client, unit, street, bureau
):
    colleague = make_user(grid=street)
    data = typed(unit, address="二号", remark="我的备注")
    change_enterprise(
        enterprise=unit, edition=1, by=colleague, address="一号", road="淮河路"
    )

    met = bureau_client.post(url("change", unit.pk), data)
    text = met.content.decode()
    assert "刚刚改为“一号”，您填写的是“二号”" in text
    unit.refresh_from_db()
    assert (unit.address, unit.remark) == ("一号", "")
    form = met.context["form"]
    assert form["road"].value() == "淮河路"  # only the colleague changed it
    assert form["remark"].value() == "我的备注"

    again = {bound.name: bound.value() or "" for bound in form}
    bureau_client.post(url("change", unit.pk), again)
    unit.refresh_from_db()
    assert (unit.address, unit.road, unit.remark) == ("二号", "淮河路", "我的备注")


def test_an_import_meanwhile_is_a_meeting_too(bureau_client, unit):
    data = typed(unit, address="二号")
    Enterprise.objects.filter(pk=unit.pk).update(edition=2, address="导入的地址")
    met = bureau_client.post(url("change", unit.pk), data)
    assert "刚刚改为“导入的地址”，您填写的是“二号”" in met.content.decode()


# --- surveys --------------------------------------------------------------------------


def filled(bureau, **changes):
    head = {
        "surveyed_on": timezone.localdate().isoformat(),
        "method": "visit",
        "collected_by": bureau.person_id,
    }
    return head | {key: str(value) for key, value in GOOD.items()} | changes


def test_a_survey_is_handed_in(bureau_client, bureau, unit):
    data = filled(bureau, submit="1")
    response = bureau_client.post(url("survey-add", unit.pk), data, follow=True)
    survey = Survey.objects.get()
    assert survey.is_complete
    assert survey.answers == GOOD
    assert "已提交" in response.content.decode()
    assert "88%" in response.content.decode()


def test_a_faulty_survey_stays_a_draft_with_every_value(bureau_client, bureau, unit):
    data = filled(bureau, submit="1", male="约20", remark="问过会计")
    text = bureau_client.post(url("survey-add", unit.pk), data).content.decode()
    assert "“约20”应为不小于 0 的整数，请改正。" in text
    assert 'value="约20"' in text
    assert Survey.objects.get().state == "draft"

    resumed = bureau_client.get(url("survey-add", unit.pk)).content.decode()
    assert 'value="约20"' in resumed
    assert "问过会计" in resumed
    drafts = bureau_client.get(url("drafts"))
    assert [row.object.enterprise for row in drafts.context["table"].rows] == [unit]


def test_a_survey_of_tomorrow_is_refused_and_loses_nothing(bureau_client, bureau, unit):
    tomorrow = timezone.localdate() + timedelta(days=1)
    data = filled(bureau, submit="1", surveyed_on=tomorrow.isoformat())
    text = bureau_client.post(url("survey-add", unit.pk), data).content.decode()
    assert "晚于今天" in text
    assert 'value="20"' in text
    assert not Survey.objects.final().exists()
    assert Survey.objects.get().answers["male"] == 20  # a draft, of today


def test_the_same_survey_sent_twice_is_kept_once(bureau_client, bureau, unit):
    data = filled(bureau, submit="1")
    bureau_client.post(url("survey-add", unit.pk), data)
    again = bureau_client.post(url("survey-add", unit.pk), data, follow=True)
    assert "已经提交过" in again.content.decode()
    assert Survey.objects.count() == 1


def test_a_draft_is_thrown_away(bureau_client, bureau, unit):
    bureau_client.post(url("survey-add", unit.pk), filled(bureau))
    assert Survey.objects.count() == 1
    bureau_client.post(url("draft-discard", unit.pk))
    assert not Survey.objects.exists()


def test_only_staff_on_post_here_and_oneself_can_be_the_collector(
    bureau_client, bureau, unit, other
):
    here = make_user(grid=unit.grid, role=Role.ASSISTANT)
    there = make_user(grid=other, role=Role.ASSISTANT)
    head = bureau_client.get(url("survey-add", unit.pk)).context["head"]
    offered = set(head.fields["collected_by"].queryset)
    assert {here.person, bureau.person} <= offered
    assert there.person not in offered


def test_versions_side_by_side_tell_the_difference_in_words(bureau_client, unit):
    old = make_survey(unit, surveyed_on=date(2026, 1, 5), answers=GOOD)
    changed = GOOD | {"male": 25, "arrears": "有", "disabled": 1}
    new = make_survey(unit, surveyed_on=date(2026, 7, 5), answers=changed)
    response = bureau_client.get(url("compare", unit.pk, old=new.pk, new=old.pk))
    text = response.content.decode()
    for words in ("增加 5 人", "改变", "新填", "未变"):
        assert words in text
    only = bureau_client.get(
        url("compare", unit.pk, old=old.pk, new=new.pk, only="changed")
    )
    assert "未变" not in only.content.decode()


@pytest.mark.parametrize("query", [{}, {"old": "x", "new": "1"}])
def test_a_comparison_without_two_versions_asks_for_them(bureau_client, unit, query):
    response = bureau_client.get(url("compare", unit.pk, **query), follow=True)
    assert "请选择两份登记表" in response.content.decode()


def test_a_late_entry_shows_both_days(bureau_client, unit):
    day = timezone.localdate() - timedelta(days=9)
    survey = make_survey(unit, surveyed_on=day, answers=GOOD)
    text = bureau_client.get(url("survey", survey.pk)).content.decode()
    assert f"迟录 9 天：采集于 {day}" in text


def test_forms_are_printed_filled_and_blank(bureau_client, unit):
    survey = make_survey(unit, answers=GOOD)
    for address in (url("survey-pdf", survey.pk), url("blank-pdf", unit.pk)):
        response = bureau_client.get(address)
        assert response["Content-Type"] == "application/pdf"
        assert response.content.startswith(b"%PDF")


def test_a_grid_with_units_is_not_closed(unit, community):
    from grids.services.tree import carried_by

    assert ("户用人单位", 1) in list(carried_by(Grid.objects.get(pk=community.pk)))


@pytest.mark.parametrize("role", [Role.ASSISTANT, Role.DISTRICT_BUREAU])
@pytest.mark.parametrize("kept", [True, False])
def test_the_workbench_counts_what_waits_for_a_survey(unit, community, role, kept):
    stale = make_enterprise(grid=community)
    make_survey(stale, surveyed_on=date(2020, 5, 1))
    if kept:
        recount(community.district, timezone.localdate())
    at = community if role == Role.ASSISTANT else community.district
    user = make_user(grid=at, role=role)
    lines = workbench.for_user(user, timezone.localdate())
    todos = {line.label: line.count for line in lines}
    assert todos["未采集的单位"] == 1
    assert todos["采集已过期的单位"] == 1
    assert todos["未提交的登记表草稿"] == 0
