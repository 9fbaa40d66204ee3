"""The pages of staff: who sees whom, what stays masked, what is refused."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from assistants.models import StaffFile
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from gridinspect.ui.registry import workbench
from grids.models import Posting
from grids.services.policies import policy_on
from reports.tallies import recount
from tests.factories import (
    LONG_AGO,
    TODAY,
    make_adoption,
    make_certificate,
    make_grid,
    make_person,
    make_posting,
    make_staff,
    make_training,
    make_user,
)

ID_NUMBER = "410103198506150012"
HIRE = {
    "name": "林一舟",
    "id_number": ID_NUMBER,
    "phone": "138 0000 0001",
    "role": "assistant",
    "since": "2026-03-01",
    "status": "on_post",
}


def page(response):
    return response.content.decode()


def names_in(response):
    return [row.object.person.name for row in response.context["table"].rows]


def address(name, file):
    return reverse(f"assistants:{name}", args=[file.pk])


@pytest.fixture
def file(community):
    person = make_person("林一舟", id_number=ID_NUMBER, phone="13800000001")
    make_posting(person, grid=community)
    return StaffFile.objects.create(person=person, gender="male")


@pytest.fixture
def stranger(huiji):
    return make_staff("外区人", grid=make_grid("新城街道", parent=huiji))


@pytest.fixture
def leader_client(client, erqi):
    client.force_login(make_user(grid=erqi, role=Role.LEADER))
    return client


# --- the list -------------------------------------------------------------------------


def test_the_list_shows_the_own_people_and_masks_their_numbers(
    bureau_client, file, stranger
):
    response = bureau_client.get("/staff/")

    assert names_in(response) == ["林一舟"]
    assert "410103********0012" in page(response)
    assert "138****0001" in page(response)
    assert ID_NUMBER not in page(response)
    assert "外区人" not in page(response)


@pytest.mark.parametrize(
    "words", ["一舟", ID_NUMBER, "4101 0319 8506 1500 12", "13800000001"]
)
def test_a_person_is_found_by_name_and_by_whole_numbers(bureau_client, file, words):
    make_staff("别人", grid=file.person.postings.get().grid)

    assert names_in(bureau_client.get("/staff/", {"q": words})) == ["林一舟"]


def test_half_an_id_number_finds_nobody(bureau_client, file):
    assert names_in(bureau_client.get("/staff/", {"q": ID_NUMBER[:10]})) == []


def test_the_list_narrows_by_place_role_and_day(bureau_client, file, street):
    make_staff("王所长", grid=street, role=Role.FULL_TIME_INSPECTOR)

    def found(**asked):
        return set(names_in(bureau_client.get("/staff/", asked)))

    assert found(grid=street.code) == {"林一舟", "王所长"}
    assert found(grid=street.code, reach="direct") == {"王所长"}
    assert found(kind="inspector") == {"王所长"}
    assert found(kind="either") == {"林一舟"}
    assert found(status="left") == set()
    assert found(on=(LONG_AGO - timedelta(days=1)).isoformat()) == set()


@pytest.mark.parametrize(
    ("until", "asked"),
    [
        (timedelta(days=400), "valid"),
        (timedelta(days=30), "soon"),
        (timedelta(days=-1), "expired"),
        (None, "none"),
    ],
)
def test_certificates_are_found_by_how_long_they_last(
    bureau_client, file, street, until, asked
):
    if until:
        make_certificate(file.person, valid_until=TODAY() + until)
    other = make_staff("别人", grid=street)
    if asked == "none":
        make_certificate(other.person)

    assert names_in(bureau_client.get("/staff/", {"certificate": asked})) == ["林一舟"]


def test_an_expired_certificate_is_said_in_words(bureau_client, file):
    make_certificate(file.person, valid_until=TODAY() - timedelta(days=1))

    assert "已过期" in page(bureau_client.get("/staff/"))
    shown = bureau_client.get(file.get_absolute_url(), {"tab": "certificates"})
    assert "已过期" in page(shown)


def test_the_list_costs_the_same_for_many_people(
    bureau_client, street, django_assert_max_num_queries
):
    for number in range(15):
        other = make_staff(f"某{number}", grid=street)
        make_training(other.person)
        make_certificate(other.person)

    with django_assert_max_num_queries(16):
        bureau_client.get("/staff/")


def test_an_assistant_has_no_list_of_people(client, community):
    client.force_login(make_user(grid=community, role=Role.ASSISTANT))

    assert client.get("/staff/").status_code == 403


# --- one file -------------------------------------------------------------------------


def test_the_file_shows_facts_posts_and_history(bureau_client, file, community):
    shown = page(bureau_client.get(file.get_absolute_url()))

    assert "410103********0012" in shown
    assert ID_NUMBER not in shown
    assert "绿云社区" in shown
    assert "EQ-31" in shown  # no training before the post


def test_a_foreign_file_does_not_exist(bureau_client, stranger):
    for name in ("detail", "change", "post", "training", "certificate", "reveal"):
        assert bureau_client.get(address(name, stranger)).status_code == 404
    posting = stranger.person.postings.get()
    end = reverse("assistants:end-post", args=[posting.pk])
    assert bureau_client.get(end).status_code == 404
    person = reverse("assistants:person", args=[stranger.person_id])
    assert bureau_client.get(person).status_code == 404


def test_who_works_elsewhere_now_can_only_be_read(bureau_client, file, huiji):
    Posting.objects.filter(person=file.person).update(until=TODAY())
    make_posting(file.person, grid=huiji, since=TODAY())

    response = bureau_client.get(file.get_absolute_url())
    assert response.status_code == 200
    assert "惠济区" not in page(response)
    assert bureau_client.get(address("change", file)).status_code == 403


def test_a_squad_leader_may_look_but_not_change(client, file, street):
    client.force_login(make_user(grid=street, role=Role.SQUAD_LEADER))

    assert "安排上岗" not in page(client.get(file.get_absolute_url()))
    assert client.get(address("post", file)).status_code == 403
    assert client.get("/staff/new/").status_code == 403


# --- hire and change ------------------------------------------------------------------


def test_hiring_reads_gender_and_birth_from_the_number(bureau_client, community):
    response = bureau_client.post("/staff/new/", HIRE | {"grid": community.code})

    file = StaffFile.objects.get()
    assert response.status_code == 302
    assert (file.gender, file.birth_date.isoformat()) == ("male", "1985-06-15")
    assert file.person.phone == "13800000001"
    shown = page(bureau_client.get(file.get_absolute_url()))
    assert "EQ-31" in shown


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"id_number": "410103198506150013"}, "校验位不符"),
        ({"id_number": "1234"}, "应为18位"),
        ({"gender": "female"}, "与身份证号不符"),
        ({"birth_date": "1985-06-16"}, "与身份证号不符"),
        ({"phone": "123"}, "电话号码不完整"),
        ({"grid": "新城街道"}, "您的辖区内没有网格"),
        ({"role": "district_bureau"}, "district_bureau"),
        ({"since": "2019-01-01"}, "不能早于"),
        ({"name": ""}, "姓名"),
    ],
)
def test_what_is_wrong_is_said_on_the_form(
    bureau_client, community, stranger, fields, sentence
):
    response = bureau_client.post(
        "/staff/new/", HIRE | {"grid": community.code} | fields
    )

    assert response.status_code == 200
    assert sentence in page(response)
    assert StaffFile.objects.count() == 1  # the stranger's


def test_a_change_keeps_the_number_that_was_not_typed(bureau_client, file):
    form = bureau_client.get(address("change", file))
    assert ID_NUMBER not in page(form)

    response = bureau_client.post(
        address("change", file),
        {"name": "林一舟", "gender": "male", "education": "本科", "status": "on_post"},
    )

    assert response.status_code == 302
    changed = StaffFile.objects.get(pk=file.pk)
    assert changed.education == "本科"
    assert changed.person.id_number == ID_NUMBER
    assert changed.person.phone == "13800000001"


def test_gender_cannot_be_changed_against_the_number(bureau_client, file):
    response = bureau_client.post(
        address("change", file),
        {"name": "林一舟", "gender": "female", "status": "on_post"},
    )

    assert "由身份证号得出" in page(response)


# --- acts -----------------------------------------------------------------------------


def test_a_post_ends_and_another_begins(bureau_client, file, street):
    posting = file.person.postings.get()
    end = reverse("assistants:end-post", args=[posting.pk])

    bureau_client.post(end, {"until": "2026-03-01", "status": "waiting"})
    asked = {"role": "assistant", "grid": street.code, "since": "2026-03-01"}
    response = bureau_client.post(address("post", file), asked)

    assert response.status_code == 302
    assert Posting.objects.current().get(person=file.person).grid == street


def test_a_second_post_is_refused_on_the_form(bureau_client, file, street):
    asked = {"role": "assistant", "grid": street.code, "since": "2026-03-01"}

    assert "一人一岗" in page(bureau_client.post(address("post", file), asked))


def test_a_training_and_a_certificate_are_noted(bureau_client, file):
    bureau_client.post(
        address("training", file),
        {"kind": "pre_post", "finished_on": LONG_AGO.isoformat(), "passed": "on"},
    )
    bureau_client.post(
        address("certificate", file),
        {
            "kind": "part_time",
            "number": "豫监察-0001",
            "valid_from": "2026-01-01",
            "valid_until": "2028-12-31",
        },
    )

    assert file.person.trainings.get().passed
    assert file.person.certificates.get().number == "豫监察-0001"
    assert "EQ-31" not in page(bureau_client.get(file.get_absolute_url()))


def test_a_training_of_tomorrow_is_refused(bureau_client, file):
    tomorrow = (TODAY() + timedelta(days=1)).isoformat()

    response = bureau_client.post(
        address("training", file), {"kind": "pre_post", "finished_on": tomorrow}
    )

    assert "不能晚于今天" in page(response)


def test_the_numbers_show_in_full_only_for_a_reason(leader_client, file):
    shown = page(leader_client.post(address("reveal", file), {"reason": "看"}))
    assert ID_NUMBER not in shown
    assert "至少 4 个字" in shown

    response = leader_client.post(address("reveal", file), {"reason": "核对社保记录"})
    assert ID_NUMBER in page(response)
    assert response["Cache-Control"] == "no-store"
    assert history(file).get().verb == "person.revealed"


def test_the_bureau_may_not_see_the_numbers_in_full(bureau_client, file):
    assert "查看完整号码" not in page(bureau_client.get(file.get_absolute_url()))
    asked = {"reason": "核对社保记录"}
    assert bureau_client.post(address("reveal", file), asked).status_code == 403


# --- establishment --------------------------------------------------------------------


@pytest.fixture
def plan(erqi):
    return make_adoption(erqi, "erqi-2013")


def short_names(response):
    return [row.object.grid.name for row in response.context["table"].rows]


def test_the_establishment_shows_gaps_and_leads_to_the_rows(
    bureau_client, plan, street, community
):
    for _ in range(2):
        make_staff(grid=community)

    response = bureau_client.get("/establishment/")
    assert "人员配备：二七区" in page(response)
    assert set(short_names(response)) == {"二七区", "淮河路街道", "绿云社区"}
    totals = response.context["totals"][0]
    assert (totals["total"].required, totals["total"].missing) == (6, 4)

    rows = bureau_client.get(totals["rows_url"]).context["table"].rows
    filled = [cell for row in rows for cell in row.cells if "/staff/" in cell.url]
    assert sorted(cell.text for cell in filled) == ["0", "0", "2"]
    people = bureau_client.get(max(filled, key=lambda cell: cell.text).url)
    assert people.context["table"].total == 2
    missing = bureau_client.get(totals["missing_url"])
    assert set(short_names(missing)) == {"二七区", "淮河路街道"}


def test_the_establishment_narrows_to_gaps_levels_and_places(
    bureau_client, plan, street, community
):
    def found(**asked):
        return set(short_names(bureau_client.get("/establishment/", asked)))

    assert found(level="3") == {"绿云社区"}
    assert found(grid=street.code) == {"淮河路街道", "绿云社区"}
    assert found(on="2019-06-01") == set()


def test_a_foreign_place_and_the_whole_city_do_not_exist(bureau_client, plan, huiji):
    for asked in ({"grid": huiji.code}, {"city": "410100"}, {"grid": "NOWHERE"}):
        assert bureau_client.get("/establishment/", asked).status_code == 404


def test_the_city_sees_its_sum(client, city, plan, huiji):
    client.force_login(make_user(city=city, role=Role.CITY_BUREAU))

    shown = page(client.get("/establishment/"))

    assert "人员配备：郑州市" in shown
    assert "尚未采用政策的区县：410108" in shown


def test_the_establishment_costs_the_same_for_many_grids(
    bureau_client, plan, erqi, django_assert_max_num_queries
):
    for number in range(15):
        make_staff(grid=make_grid(f"{number}号街道", parent=erqi))
    policy_on(erqi, TODAY())  # read once per process

    with django_assert_max_num_queries(16):
        bureau_client.get("/establishment/")


def test_the_page_of_a_grid_shows_people_and_posts(
    bureau_client, plan, file, community
):
    people = page(bureau_client.get(community.get_absolute_url(), {"tab": "people"}))
    assert "林一舟" in people

    posts = bureau_client.get(community.get_absolute_url(), {"tab": "establishment"})
    assert "应配 2，已配 1，缺 1" in page(posts)


@pytest.mark.parametrize("kept", [True, False])
def test_the_workbench_counts_gaps_and_certificates(bureau, plan, file, erqi, kept):
    if kept:
        recount(erqi, TODAY())
    make_certificate(file.person, valid_until=TODAY() + timedelta(days=10))

    todos = {todo.label: todo for todo in workbench.for_user(bureau, TODAY())}

    assert todos["二七区缺员网格（个）"].count == 3
    assert todos["监察证 60 天内到期（人）"].count == 1


def test_a_renewed_certificate_is_no_worry(bureau_client, file):
    make_certificate(file.person, valid_until=TODAY() + timedelta(days=10))
    make_certificate(file.person, valid_until=TODAY() + timedelta(days=900))

    assert names_in(bureau_client.get("/staff/", {"certificate": "soon"})) == []


# --- photograph and work telephone ----------------------------------------------------


def photograph(name="照片.jpg"):
    drawn = BytesIO()
    Image.new("RGB", (30, 40), "#8899aa").save(drawn, "JPEG")
    return SimpleUploadedFile(name, drawn.getvalue())


def put_photo(client, file, **asked):
    return client.post(reverse("assistants:photo", args=[file.pk]), asked)


def test_a_photograph_is_kept_shown_and_taken_away(
    bureau_client, community, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    file = make_staff("林一舟", grid=community)
    assert put_photo(bureau_client, file, photo=photograph()).status_code == 302
    file.refresh_from_db()
    assert file.photo.path == community.path
    text = page(bureau_client.get(file.get_absolute_url()))
    assert f'src="{file.photo.get_absolute_url()}" alt="林一舟的照片"' in text
    shown = bureau_client.get(file.photo.get_absolute_url())
    assert shown.getvalue().startswith(b"\xff\xd8")
    assert put_photo(bureau_client, file, remove="on").status_code == 302
    file.refresh_from_db()
    assert file.photo is None
    verbs = [event.verb for event in history(file)]
    assert verbs == ["staff.photo_removed", "staff.photographed"]


def test_a_photograph_needs_a_picture_or_a_word(bureau_client, community):
    file = make_staff("林一舟", grid=community)
    paper = SimpleUploadedFile("纸.pdf", b"%PDF-1.7")
    for asked, words in [
        ({"photo": ""}, "请选择一张照片"),
        ({"photo": photograph(), "remove": "on"}, "二者取一"),
        ({"photo": paper}, "请上传JPG、PNG 照片"),
        ({"remove": "on"}, "还没有照片"),
    ]:
        assert words in page(put_photo(bureau_client, file, **asked))
    file.refresh_from_db()
    assert file.photo is None


def test_a_neighbour_gives_nobody_a_photograph(neighbour_client, community):
    file = make_staff("林一舟", grid=community)
    assert put_photo(neighbour_client, file, photo=photograph()).status_code == 404


@pytest.mark.parametrize(
    ("number", "is_good"),
    [
        ("", True),
        ("0371-60000000", True),
        ("（0371）60000000转801", True),
        ("+86 371 6000 0000", True),
        ("六零零", False),
        ("12", False),
    ],
)
def test_a_work_telephone_is_a_telephone(number, is_good, bureau_client, community):
    file = make_staff("林一舟", grid=community)
    asked = {"name": "林一舟", "status": "on_post", "work_phone": number}
    url = reverse("assistants:change", args=[file.pk])
    assert (bureau_client.post(url, asked).status_code == 302) is is_good
    file.refresh_from_db()
    assert file.work_phone == (number if is_good else "")
