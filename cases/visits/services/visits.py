"""Recording a visit, once, with all that came of it. It is only ever added."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from cases.visits import rules
from cases.visits.checklist import visit_form
from cases.visits.models import Clue, Visit, Visitor, VisitPhoto
from cases.visits.services.hazards import HazardFacts, find_hazard
from cases.visits.services.talks import (
    FeedbackFacts,
    PublicityFacts,
    record_feedback,
    record_publicity,
)
from enterprises.models import Enterprise
from enterprises.services.status import propose_status
from gridinspect.accounts.models import Person, User
from gridinspect.accounts.roles import Permission, roles_with
from gridinspect.audit.services import record
from gridinspect.documents.attachments import attach
from grids.models import Grid, Posting, Task
from grids.services.figures import note_entry
from grids.services.tasks import finish_task

# What a result lets one propose; the bureau decides.
_STATUSES = {
    Visit.Result.NOT_FOUND: Enterprise.Status.NOT_FOUND,
    Visit.Result.MOVED: Enterprise.Status.MOVED_AWAY,
}


@dataclass(frozen=True)
class VisitFacts:
    """What somebody says of a visit."""

    grid: Grid
    visited_at: datetime
    result: str
    purpose: str = Visit.Purpose.COLLECT
    unit: Enterprise | None = None
    place_name: str = ""
    address: str = ""
    checklist: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    note: str = ""
    next_on: date | None = None
    confirmed_by: str = ""
    companions: Sequence[Person] = ()
    photos: Sequence[Any] = ()
    task: Task | None = None
    hazard: HazardFacts | None = None
    publicity: PublicityFacts | None = None
    feedback: FeedbackFacts | None = None
    client_id: UUID = field(default_factory=uuid4)
    form_version: int = 0
    is_offline: bool = False
    leftovers: Sequence[rules.Leftover] = ()


def record_visit(*, facts: VisitFacts, by: User) -> tuple[Visit, bool]:
    """Record a visit; return it, and whether it is new.

    A second time the same `client_id` gives the record that is already there. Raises
    ValidationError, in which case nothing is kept.
    """
    try:
        with transaction.atomic():
            if earlier := _earlier(facts.client_id, by):
                return earlier, False
            return _record(facts, by), True
    except IntegrityError as error:  # the same queue was sent twice at one moment
        if "client_id" not in str(error) or not (
            earlier := _earlier(facts.client_id, by)
        ):
            raise
        return earlier, False


def _earlier(client_id: UUID, by: User) -> Visit | None:
    found = Visit.objects.filter(client_id=client_id).first()
    if found and found.recorded_by_id != by.pk:
        raise ValidationError("这条走访记录已由其他人提交，请重新填写。")
    return found


def _record(facts: VisitFacts, by: User) -> Visit:
    now = timezone.now()
    _require(facts, now)
    unit = facts.unit
    visit = Visit(
        client_id=facts.client_id,
        district_id=facts.grid.district_id,
        grid=facts.grid,
        enterprise=unit,
        place_name="" if unit else facts.place_name,
        address="" if unit else facts.address,
        visited_at=facts.visited_at,
        recorded_at=now,
        purpose=facts.purpose,
        result=facts.result,
        checklist={key: dict(answer) for key, answer in facts.checklist.items()},
        note=facts.note,
        next_on=facts.next_on,
        confirmed_by=facts.confirmed_by,
        task=facts.task,
        form_version=facts.form_version or visit_form().version,
        is_offline=facts.is_offline,
        leftovers=[one.to_json() for one in facts.leftovers],
        recorded_by=by,
    )
    visit.save(force_insert=True)
    _add_visitors(visit, facts.companions, by)
    add_photos(visit, facts.photos, by)
    _suggest(visit, by)
    note_entry(by.person, timezone.localdate(now))
    record(
        "visit.recorded",
        by=by,
        target=visit,
        enterprise=unit.pk if unit else None,
        visited_at=f"{timezone.localtime(facts.visited_at):%Y-%m-%d %H:%M}",
        purpose=visit.get_purpose_display(),
        result=visit.get_result_display(),
        days_late=visit.days_late,
        offline=facts.is_offline,
        photos=len(facts.photos),
    )
    _record_what_came_of_it(visit, facts, by)
    return visit


def _require(facts: VisitFacts, now: datetime) -> None:
    visited_on = timezone.localdate(facts.visited_at)
    wrong = {
        "visited_at": rules.stated_too_late(facts.visited_at, now),
        "next_on": rules.follow_up_problem(facts.next_on, visited_on),
    }
    if facts.unit is None and not (facts.place_name or facts.address):
        wrong["address"] = "没有选择单位的，请写明名称或地址。"
    if found := {name: words for name, words in wrong.items() if words}:
        raise ValidationError(found)


def _add_visitors(visit: Visit, companions: Iterable[Person], by: User) -> None:
    people = {one.pk: one for one in companions}
    if by.person:
        people = {by.person.pk: by.person} | people
    allowed = roles_with(Permission.VISIT_RECORD)
    roles: dict[int, str] = {}
    posts = Posting.objects.current().filter(person__in=people, role__in=allowed)
    for post in posts.select_related("grid", "city").order_by("pk"):
        if visit.grid.path.startswith(post.place.path):
            roles[post.person_id] = post.role
    if missing := [one.name for key, one in people.items() if key not in roles]:
        raise ValidationError(
            {"companions": f"{'、'.join(missing)}不在“{visit.grid}”或其上级在岗。"}
        )
    Visitor.objects.bulk_create(
        Visitor(visit=visit, person=person, role=roles[key])
        for key, person in people.items()
    )


def add_photos(visit: Visit, photos: Iterable[Any], by: User) -> None:
    """Keep photographs with a visit, without metadata."""
    for upload in photos:
        kept = attach(
            upload=upload,
            path=visit.scope_path,
            by=by,
            permission=Permission.ENTERPRISE_VIEW,
            images_only=True,
        )
        VisitPhoto.objects.create(visit=visit, attachment=kept)


def _suggest(visit: Visit, by: User) -> None:
    """Propose what the visit lets one suppose; no file changes by it."""
    unit = visit.enterprise
    if unit is None:
        Clue.objects.create(visit=visit, district_id=visit.district_id, grid=visit.grid)
        return
    status = _STATUSES.get(Visit.Result(visit.result))
    if status is None or status == unit.status:
        return
    photo = visit.photos.select_related("attachment").first()
    on = timezone.localdate(visit.visited_at)
    propose_status(
        unit=unit,
        status=status,
        on=on,
        reason=f"走访结果：{visit.get_result_display()}。{visit.note}",
        by=by,
        evidence=photo.attachment if photo else None,
        origin=f"走访 {on}",
    )


def _record_what_came_of_it(visit: Visit, facts: VisitFacts, by: User) -> None:
    if facts.hazard:
        find_hazard(visit=visit, facts=facts.hazard, by=by)
    if facts.publicity:
        record_publicity(facts=facts.publicity, grid=visit.grid, visit=visit, by=by)
    if facts.feedback:
        record_feedback(facts=facts.feedback, grid=visit.grid, visit=visit, by=by)
    if facts.task:
        words = f"{visit.get_result_display()}：{visit.note}".rstrip("：")
        finish_task(task=facts.task, result=f"走访{visit.place}，{words}", by=by)
