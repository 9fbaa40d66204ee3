"""普法宣传 and 工人反馈: recorded, passed on, replied to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from cases.visits.models import Feedback, Publicity, PublicityPhoto, Visit
from enterprises.models import Enterprise
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents.attachments import attach
from grids.models import Grid
from grids.services.figures import note_entry


@dataclass(frozen=True)
class PublicityFacts:
    """What somebody says of how law was explained to people."""

    audience: int
    material: str
    place: str = ""
    held_on: date | None = None  # the day of the visit when it is left out
    note: str = ""
    photos: Sequence[Any] = ()
    client_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class FeedbackFacts:
    """What workers said, and who is to reply."""

    kind: str
    text: str
    route: str
    received_on: date | None = None
    client_id: UUID = field(default_factory=uuid4)


@transaction.atomic
def record_publicity(
    *, facts: PublicityFacts, grid: Grid, by: User, visit: Visit | None = None
) -> Publicity:
    """Note that law and policy were explained, at a visit or anywhere in a grid.

    A second time the same `client_id` gives the record that is already there.
    """
    if earlier := Publicity.objects.filter(client_id=facts.client_id).first():
        return _own(earlier, by)
    unit = visit.enterprise if visit else None
    held_on = facts.held_on or _day(visit)
    _require_past(held_on, "held_on")
    if facts.audience < 1:
        raise ValidationError({"audience": "受众人数至少 1 人。"})
    place = facts.place.strip() or (visit.place if visit else "")
    if not place:
        raise ValidationError({"place": "请写明宣传地点。"})
    publicity = Publicity.objects.create(
        client_id=facts.client_id,
        visit=visit,
        district_id=grid.district_id,
        grid=grid,
        enterprise=unit,
        held_on=held_on,
        place=place[:200],
        audience=facts.audience,
        material=facts.material.strip(),
        note=facts.note.strip(),
        recorded_by=by,
    )
    for upload in facts.photos:
        kept = attach(
            upload=upload,
            path=publicity.scope_path,
            by=by,
            permission=Permission.ENTERPRISE_VIEW,
            images_only=True,
        )
        PublicityPhoto.objects.create(publicity=publicity, attachment=kept)
    note_entry(by.person, timezone.localdate())
    record(
        "publicity.recorded",
        by=by,
        target=publicity,
        on=held_on,
        place=publicity.place,
        audience=facts.audience,
    )
    return publicity


@transaction.atomic
def record_feedback(
    *,
    facts: FeedbackFacts,
    grid: Grid,
    by: User,
    visit: Visit | None = None,
    unit: Enterprise | None = None,
) -> Feedback:
    """Keep what workers said and pass it on to those who reply."""
    if earlier := Feedback.objects.filter(client_id=facts.client_id).first():
        return _own(earlier, by)
    received_on = facts.received_on or _day(visit)
    _require_past(received_on, "received_on")
    if not facts.text.strip():
        raise ValidationError({"text": "请写明工人反映的内容。"})
    feedback = Feedback.objects.create(
        client_id=facts.client_id,
        visit=visit,
        district_id=grid.district_id,
        grid=grid,
        enterprise=visit.enterprise if visit else unit,
        kind=facts.kind,
        text=facts.text.strip(),
        received_on=received_on,
        route=facts.route,
        routed_on=timezone.localdate(),
        recorded_by=by,
    )
    note_entry(by.person, timezone.localdate())
    record(
        "feedback.recorded",
        by=by,
        target=feedback,
        kind=feedback.get_kind_display(),
        route=feedback.get_route_display(),
        on=received_on,
    )
    return feedback


@transaction.atomic
def route_feedback(*, feedback: Feedback, route: str, by: User) -> Feedback:
    """Pass what workers said on to somebody else."""
    feedback = _locked(feedback)
    if route not in Feedback.Route.values:
        raise ValidationError({"route": "请选择转交给谁。"})
    if route == feedback.route:
        raise ValidationError({"route": "已经转交给这里，请选择另一个去向。"})
    before = feedback.get_route_display()
    feedback.route, feedback.routed_on = route, timezone.localdate()
    feedback.save(update_fields=["route", "routed_on"])
    after = feedback.get_route_display()
    record("feedback.routed", by=by, target=feedback, before=before, after=after)
    return feedback


@transaction.atomic
def reply_feedback(
    *, feedback: Feedback, reply: str, replied_on: date, by: User
) -> Feedback:
    """Reply to what workers said."""
    feedback = _locked(feedback)
    if not reply.strip():
        raise ValidationError({"reply": "请写明答复内容。"})
    _require_past(replied_on, "replied_on")
    if replied_on < feedback.received_on:
        raise ValidationError(
            {"replied_on": f"答复日期不能早于收到日期 {feedback.received_on}。"}
        )
    feedback.reply, feedback.replied_on = reply.strip(), replied_on
    feedback.replied_by = by
    feedback.save()
    record("feedback.replied", by=by, target=feedback, on=replied_on)
    return feedback


def _locked(feedback: Feedback) -> Feedback:
    rows = Feedback.objects.select_for_update(of=("self",))
    row = rows.select_related("enterprise__grid", "grid").get(pk=feedback.pk)
    if row.replied_on:
        raise ValidationError(f"已于 {row.replied_on} 答复，不能再改。")
    return row


def _own(earlier: Any, by: User) -> Any:
    if earlier.recorded_by_id != by.pk:
        raise ValidationError("这条记录已由其他人提交，请重新填写。")
    return earlier


def _day(visit: Visit | None) -> date:
    return timezone.localdate(visit.visited_at if visit else None)


def _require_past(day: date, name: str) -> None:
    if day > timezone.localdate():
        raise ValidationError({name: f"日期 {day} 晚于今天，请核对。"})
