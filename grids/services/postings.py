"""Who works where and as what. Each function is one act: one transaction, one event."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from gridinspect.accounts.models import Person, User
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import record
from grids.models import City, Grid, Posting
from grids.services.figures import mark_dirty

# 三员分立: whoever holds one of these holds none of the others.
EXCLUSIVE = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)


@transaction.atomic
def begin_posting(
    *, person: Person, role: str, place: Grid | City, since: date, by: User
) -> Posting:
    """Give a person a post at a place from a day on.

    Raises ValidationError with what is wrong, in one Chinese sentence.
    """
    Person.objects.select_for_update().get(pk=person.pk)  # one post at a time
    _require_open(place, since)
    _require_separation(person, role, since)
    posting = Posting(
        person=person,
        role=role,
        grid=place if isinstance(place, Grid) else None,
        city=place if isinstance(place, City) else None,
        since=since,
    )
    posting.full_clean()
    posting.save()
    _mark(posting, since)
    record("posting.begun", by=by, target=posting, role=role, since=since)
    return posting


@transaction.atomic
def end_posting(*, posting: Posting, until: date, by: User) -> None:
    """End a post; `until` is the first day on which it no longer counts."""
    posting = Posting.objects.select_for_update().get(pk=posting.pk)
    if posting.until:
        raise ValidationError(f"该岗位已于 {posting.until} 结束。")
    if until <= posting.since:
        raise ValidationError(
            {"until": f"离岗日期必须晚于上岗日期 {posting.since.isoformat()}。"}
        )
    posting.until = until
    posting.save(update_fields=["until"])
    _mark(posting, until)
    record("posting.ended", by=by, target=posting, until=until)


def _mark(posting: Posting, since: date) -> None:
    if posting.grid:
        mark_dirty(posting.grid, since)


def _require_open(place: Grid | City, day: date) -> None:
    if not isinstance(place, Grid):
        return
    if place.closed_on and place.closed_on <= day:
        raise ValidationError({"grid": f"网格“{place}”已于 {place.closed_on} 停用。"})
    if place.opened_on > day:
        raise ValidationError({"grid": f"网格“{place}”到 {place.opened_on} 才启用。"})


def _require_separation(person: Person, role: str, day: date) -> None:
    if role not in EXCLUSIVE:
        return
    others = set(EXCLUSIVE) - {role}
    held = Posting.objects.on(day).filter(person=person, role__in=others).first()
    if held:
        raise ValidationError(
            {
                "role": f"{person}已是{held.get_role_display()}，"
                f"按三员分立的要求不能再任{Role(role).label}。"
            }
        )
