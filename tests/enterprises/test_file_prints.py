"""一户一档 as PDF: its parts, its 卷内目录, who may make one and who may read it."""

import re
from datetime import date

import pytest
from django.urls import reverse

from enterprises.file_paper import Chapter, _numeral, _range, file_pdf
from enterprises.file_sections import FileFacts, FileTable, file_sections
from enterprises.paper import survey_pdf
from enterprises.services.file_prints import print_file
from enterprises.services.files import Refused
from enterprises.survey_forms import survey_form
from gridinspect.accounts.roles import GRANTS, Permission, Role, roles_with
from gridinspect.documents.models import ArchivedDocument
from tests.cases.visits.making import make_visit, photo
from tests.factories import make_enterprise, make_survey, make_user
from tests.gridinspect.paper import pages_of

pytestmark = pytest.mark.django_db
PHONE = "13900000001"


@pytest.fixture
def unit(community):
    unit = make_enterprise("郑州甲餐饮有限公司", grid=community, address="淮河路12号")
    unit.set_contact_phone(PHONE)
    unit.save()
    return unit


@pytest.fixture
def bureau(erqi):
    return make_user(grid=erqi)


def every_key():
    return [section.key for section in file_sections]


def test_the_contents_name_the_pages_on_which_the_parts_begin():
    rows = [[n, f"第{n}行"] for n in range(150)]
    chapters = [
        Chapter("基本情况", [FileFacts([("名称", "某单位")])]),
        Chapter("很长的一项", [FileTable(["序号", "内容"], rows)]),
        Chapter("末项", []),
    ]
    content = file_pdf(
        [("打印人", "某人")], chapters, unit="某单位", on=date(2026, 7, 6), code="X"
    )
    pages = pages_of(content)
    for number, title in enumerate(["基本情况", "很长的一项", "末项"], 1):
        heading = f"{_numeral(number)}、{title}"
        [begins] = [n for n, text in enumerate(pages, 1) if heading in text]
        named = re.search(rf"{title}\s+(\d+)", pages[1])
        assert named
        assert int(named[1]) == begins
    assert "暂无记录" in pages[-1]


def test_a_range_of_pages_is_never_turned_round():
    assert _range(1, {1: 3, 2: 3}) == "3"
    assert _range(1, {1: 3, 2: 4}) == "3"
    assert _range(1, {1: 3, 2: 7}) == "3–6"
    assert _range(1, {}) == ""


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (21, "二十一")],
)
def test_parts_are_numbered_in_chinese(number, words):
    assert _numeral(number) == words


def test_the_print_is_archived_with_its_code_and_masks(unit, bureau):
    make_survey(unit, answers={"employed_total": 12})
    document = print_file(enterprise=unit, keys=every_key(), by=bureau)
    with document.file.open("rb") as file:
        text = "".join(pages_of(file.read()))
    assert PHONE not in text
    assert "139****0001" in text
    assert document.code in text
    assert "12 人" in text
    assert document.permission == Permission.FILE_PRINT
    assert ArchivedDocument.objects.visible_to(bureau).filter(pk=document.pk).exists()


def test_a_print_shows_only_what_all_its_readers_may_see(unit, community):
    assistant = make_user(grid=community, role=Role.ASSISTANT)
    offered = file_sections.for_user(assistant, unit)
    readers = set(roles_with(Permission.ENTERPRISE_VIEW))
    assert offered
    assert all(readers <= set(roles_with(one.permission)) for one in offered)
    document = print_file(enterprise=unit, keys=every_key(), by=assistant)
    assert document.permission == Permission.ENTERPRISE_VIEW


def test_every_part_that_rooms_registered_can_be_printed_by_someone():
    unfit = [one.key for one in file_sections if not one.is_fit_for("file_print")]
    assert not unfit, "each role with FILE_PRINT has to hold the part's permission"
    assert Permission.FILE_PRINT not in GRANTS[Role.ASSISTANT]


def test_nothing_chosen_is_refused_in_one_sentence(unit, bureau):
    with pytest.raises(Refused, match="请至少选择一项"):
        print_file(enterprise=unit, keys=["nonsense"], by=bureau)


def test_the_page_offers_the_parts_and_leads_to_the_archive(bureau_client, unit):
    page = reverse("enterprises:file-print", args=[unit.pk])
    assert "最近一次调查登记表" in bureau_client.get(page).content.decode()
    answer = bureau_client.post(page, {"part": every_key()})
    assert answer.url == ArchivedDocument.objects.get().get_absolute_url()
    answer = bureau_client.post(page, {})
    assert "请至少选择一项" in answer.content.decode()


def test_a_neighbour_has_no_print(neighbour_client, unit):
    page = reverse("enterprises:file-print", args=[unit.pk])
    assert neighbour_client.get(page).status_code == 404
    assert neighbour_client.post(page, {"part": every_key()}).status_code == 404


def test_photographs_of_visits_are_printed_with_their_day(unit, bureau):
    made = make_visit(by=bureau, unit=unit, photos=[photo(), photo(size=(30, 40))])
    [first, second] = made.photos.order_by("pk")
    second.attachment.file.delete(save=False)
    printed = print_file(enterprise=unit, keys=["visits"], by=bureau)
    with printed.file.open("rb") as file:
        content = file.read()
    text = "".join(pages_of(content))
    assert "走访照片" in text
    assert content.count(b"/Subtype /Image") == 1
    assert "照片文件已不在磁盘上" in text
    assert first.attachment.file.name


def test_the_paper_form_has_every_question_under_its_number(unit):
    filled = make_survey(unit, form_version=2, answers={"male": 7, "roster": "有"})
    for one in (None, filled):
        text = "".join(pages_of(survey_pdf(unit, one)))
        for section in survey_form(2).sections:
            for asked in (*section.facts, *section.questions):
                assert asked.number in text
        assert "采集日期" in text
    assert "7 人" in text
    assert "□1" not in text


def test_choices_of_the_blank_form_are_boxes_to_tick(unit):
    text = "".join(pages_of(survey_pdf(unit, None)))
    assert "□1 有　□2 无" in text
    assert "□2 综合计算工时" in text
    assert "□上门" in text
