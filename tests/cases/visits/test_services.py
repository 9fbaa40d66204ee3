from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from cases.visits.models import Clue, Feedback, Hazard, Publicity, Visit
from cases.visits.services.clues import settle_clue
from cases.visits.services.hazards import (
    answer_hazard,
    clear_hazard,
    escalate_hazard,
    note_hazard,
)
from cases.visits.services.talks import (
    FeedbackFacts,
    PublicityFacts,
    record_feedback,
    record_publicity,
    reply_feedback,
    route_feedback,
)
from enterprises.models import StatusProposal
from gridinspect.accounts.roles import Role
from gridinspect.audit.models import Event
from grids.models import DailyEntry, Task
from tests.cases.visits.making import make_hazard, make_visit, photo
from tests.factories import TODAY, make_enterprise, make_posting, make_task, make_user

pytestmark = pytest.mark.django_db
YESTERDAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


# --- visits ---------------------------------------------------------------------------


def test_a_visit_keeps_both_times_who_went_and_the_trail(unit, assistant):
    visit = make_visit(by=assistant, unit=unit, on=TODAY() - 3 * YESTERDAY)
    assert visit.days_late == 3
    assert visit.grid == unit.grid
    (visitor,) = visit.visitors.all()
    assert (visitor.person, visitor.role) == (assistant.person, Role.ASSISTANT)
    event = Event.objects.get(verb="visit.recorded")
    assert event.data["days_late"] == 3
    assert DailyEntry.objects.filter(person=assistant.person, day=TODAY()).exists()


def test_the_same_visit_sent_twice_is_one(unit, assistant):
    key = uuid4()
    first = make_visit(by=assistant, unit=unit, client_id=key)
    again = make_visit(by=assistant, unit=unit, client_id=key, note="又一次")
    assert first == again
    assert Visit.objects.count() == 1
    assert Event.objects.filter(verb="visit.recorded").count() == 1


def test_the_key_of_somebody_elses_visit_is_refused(unit, assistant, squad):
    key = uuid4()
    make_visit(by=assistant, unit=unit, client_id=key)
    with pytest.raises(ValidationError, match="已由其他人提交"):
        make_visit(by=squad, unit=unit, client_id=key)


def test_a_visit_in_the_future_is_refused(unit, assistant):
    with pytest.raises(ValidationError, match="晚于现在"):
        make_visit(
            by=assistant, unit=unit, visited_at=timezone.now() + timedelta(hours=1)
        )
    assert not Visit.objects.exists()


def test_a_visit_is_somewhere(community, assistant):
    with pytest.raises(ValidationError, match="请写明名称或地址"):
        make_visit(by=assistant, grid=community)
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.create(
            grid=community,
            district=community.district,
            visited_at=timezone.now(),
            result="met",
            form_version=1,
            recorded_by=assistant,
        )


def test_who_is_not_on_post_there_did_not_go_there(unit, assistant, huiji):
    stranger = make_user(grid=huiji, role=Role.ASSISTANT)
    with pytest.raises(ValidationError, match="在岗"):
        make_visit(by=stranger, unit=unit)
    with pytest.raises(ValidationError, match="在岗"):
        make_visit(by=assistant, unit=unit, companions=[stranger.person])


def test_companions_go_along_as_what_they_are(unit, assistant, street):
    inspector = make_posting(grid=street, role=Role.FULL_TIME_INSPECTOR).person
    visit = make_visit(by=assistant, unit=unit, companions=[inspector])
    roles = set(visit.visitors.values_list("role", flat=True))
    assert roles == {Role.ASSISTANT, Role.FULL_TIME_INSPECTOR}


def test_photographs_lose_their_metadata(unit, assistant):
    from PIL import Image

    exif = Image.Exif()
    exif[0x010F] = "某牌手机"
    visit = make_visit(by=assistant, unit=unit, photos=[photo(exif=exif)])
    kept = visit.photos.get().attachment
    with kept.file.open("rb") as file:
        assert b"Exif" not in file.read()


def test_a_huge_photograph_is_one_sentence_and_nothing_is_kept(unit, assistant):
    huge = photo()
    huge.size = 100 * 1024 * 1024
    with pytest.raises(ValidationError) as refused:
        make_visit(by=assistant, unit=unit, photos=[huge])
    assert refused.value.messages == ["文件超过 20 MB，请缩小后再上传。"]
    assert not Visit.objects.exists()


def test_a_visit_finishes_a_task(unit, assistant):
    task = make_task(grid=unit.grid, about_type="", due_on=TODAY())
    make_visit(by=assistant, unit=unit, task=task, note="已核实")
    task = Task.objects.get(pk=task.pk)
    assert task.state == Task.State.DONE
    assert "已核实" in task.result


@pytest.mark.parametrize(
    ("result", "status"),
    [
        ("met", None),
        ("nobody", None),
        ("not_found", "not_found"),
        ("moved", "moved_away"),
    ],
)
def test_a_result_proposes_a_status_and_changes_no_file(
    unit, assistant, result, status
):
    for _ in range(2):  # what waits already is not proposed again
        make_visit(by=assistant, unit=unit, result=result, photos=[photo()])
    proposed = StatusProposal.objects.all()
    assert [one.status for one in proposed] == ([status] if status else [])
    assert all(one.evidence and one.proposed_by == assistant for one in proposed)
    unit.refresh_from_db()
    assert unit.status == "open"


def test_an_unknown_unit_is_a_clue(community, assistant):
    make_visit(by=assistant, grid=community, place_name="无名面馆", address="人民路9号")
    assert str(Clue.objects.get()) == "新发现单位：无名面馆"


def test_a_clue_is_settled_by_somebody_else(unit, squad, bureau, huiji):
    make_visit(by=squad, grid=unit.grid, place_name="无名面馆")
    clue = Clue.objects.get()
    with pytest.raises(ValidationError, match="走访人以外"):
        settle_clue(clue=clue, decision="adopted", note="属实", by=squad)
    with pytest.raises(ValidationError, match="不采纳的"):
        settle_clue(clue=clue, decision="dismissed", note="无", unit=unit, by=bureau)
    foreign = make_enterprise(grid=huiji)
    with pytest.raises(ValidationError, match="另一区县"):
        settle_clue(clue=clue, decision="adopted", note="有", unit=foreign, by=bureau)
    settle_clue(clue=clue, decision="adopted", note="已建档", unit=unit, by=bureau)
    with pytest.raises(ValidationError, match="已经处理"):
        settle_clue(clue=clue, decision="dismissed", note="再看", by=bureau)


# --- hazards --------------------------------------------------------------------------


def test_a_general_hazard_is_not_reported_upward(unit, assistant):
    with pytest.raises(ValidationError, match="现场化解"):
        make_hazard(by=assistant, unit=unit, escalate=True)
    assert not Visit.objects.exists()


@pytest.mark.parametrize("level", ["difficult", "major"])
def test_a_hazard_is_reported_at_once_and_answered(unit, assistant, squad, level):
    hazard = make_hazard(by=assistant, unit=unit, level=level, escalate=True)
    assert timezone.now() - hazard.escalated_at < timedelta(minutes=1)
    assert list(Hazard.objects.visible_to(squad).escalated()) == [hazard]
    with pytest.raises(ValidationError, match="已经上报"):
        escalate_hazard(hazard=hazard, level=level, by=assistant)
    answer_hazard(hazard=hazard, answer="中队明日到场", by=squad)
    assert not Hazard.objects.escalated().exists()
    assert Event.objects.filter(verb="hazard.escalated").count() == 1


def test_a_hazard_is_open_until_cleared(unit, assistant):
    day = TODAY() - 5 * YESTERDAY
    hazard = make_hazard(by=assistant, unit=unit, on=day)
    note_hazard(
        hazard=hazard,
        on=day + YESTERDAY,
        text="仍未整改",
        follow_up_on=TODAY() + YESTERDAY,
        by=assistant,
    )
    clear = {"outcome": "at_base", "clearing": "已补发", "by": assistant}
    with pytest.raises(ValidationError, match="早于发现日期"):
        clear_hazard(hazard=hazard, on=day - YESTERDAY, **clear)
    with pytest.raises(ValidationError, match="晚于今天"):
        clear_hazard(hazard=hazard, on=TODAY() + YESTERDAY, **clear)
    with pytest.raises(ValidationError, match="结论"):
        clear_hazard(hazard=hazard, on=TODAY(), **clear | {"outcome": "?"})
    hazard = clear_hazard(hazard=hazard, on=TODAY(), **clear)
    assert hazard.follow_up_on is None
    with pytest.raises(ValidationError, match="消除"):
        clear_hazard(hazard=hazard, on=TODAY(), **clear)
    assert list(Hazard.objects.open_on(TODAY() - YESTERDAY)) == [hazard]
    assert not Hazard.objects.open_on(TODAY()).exists()


def test_a_hazard_goes_where_its_unit_goes(unit, assistant, street):
    from grids.models import Grid
    from tests.factories import make_grid

    hazard = make_hazard(by=assistant, unit=unit)
    other = make_grid("淮北社区", parent=street)
    taker = make_user(grid=other, role=Role.ASSISTANT)
    assert not Hazard.objects.visible_to(taker).exists()
    unit.grid = Grid.objects.get(pk=other.pk)
    unit.save()
    assert list(Hazard.objects.visible_to(taker)) == [hazard]
    assert not Hazard.objects.visible_to(assistant).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"cleared_on": None, "outcome": "at_base"},
        {"answered_at": timezone.now()},
        {"escalated_at": timezone.now()},
    ],
)
def test_the_database_keeps_hazards_consistent(unit, assistant, wrong):
    hazard = make_hazard(by=assistant, unit=unit)
    with pytest.raises(IntegrityError), transaction.atomic():
        Hazard.objects.filter(pk=hazard.pk).update(**wrong)


# --- publicity and feedback -----------------------------------------------------------


def test_publicity_at_a_visit_and_anywhere(unit, assistant, community):
    told = PublicityFacts(audience=12, material="劳动合同法手册")
    make_visit(by=assistant, unit=unit, publicity=told)
    assert Publicity.objects.get().place == unit.name
    elsewhere = PublicityFacts(
        audience=60, material="工资支付条例", place="社区广场", photos=[photo()]
    )
    for _ in range(2):  # the same key is one record
        record_publicity(facts=elsewhere, grid=community, by=assistant)
    assert Publicity.objects.count() == 2
    with pytest.raises(ValidationError, match="至少 1 人"):
        record_publicity(
            facts=PublicityFacts(audience=0, material="x", place="y"),
            grid=community,
            by=assistant,
        )


def test_feedback_is_routed_and_replied_to(community, assistant, squad):
    said = FeedbackFacts(kind="demand", text="请公布最低工资标准", route="squad")
    feedback = record_feedback(facts=said, grid=community, by=assistant)
    feedback = route_feedback(feedback=feedback, route="bureau", by=squad)
    with pytest.raises(ValidationError, match="已经转交"):
        route_feedback(feedback=feedback, route="bureau", by=squad)
    with pytest.raises(ValidationError, match="早于收到日期"):
        reply_feedback(
            feedback=feedback,
            reply="已公布",
            replied_on=TODAY() - YESTERDAY,
            by=squad,
        )
    reply_feedback(feedback=feedback, reply="已公布", replied_on=TODAY(), by=squad)
    assert not Feedback.objects.open().exists()
    with pytest.raises(ValidationError, match="不能再改"):
        reply_feedback(feedback=feedback, reply="再", replied_on=TODAY(), by=squad)
