"""Leading groups and who sits in them. Each function is one act, with one event."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from gridinspect.accounts.models import Person, User
from gridinspect.audit.services import record
from grids.models import City, Grid, GroupMember, LeadingGroup
from grids.services.guard import (
    held_place,
    require_last,
    require_past,
    require_standing,
)


@transaction.atomic
def open_group(
    *,
    place: Grid | City,
    name: str,
    opened_on: date,
    by: User,
    document_number: str = "",
    office_at: str = "",
) -> LeadingGroup:
    """Set up the leading group of a grid, or of a whole city.

    Raises ValidationError with what is wrong, in one Chinese sentence.
    """
    group = LeadingGroup(
        **held_place(place),
        name=name,
        opened_on=opened_on,
        document_number=document_number,
        office_at=office_at,
    )
    require_past(opened_on, "成立日期", "opened_on")
    if group.grid:
        require_standing(group.grid, opened_on, "成立日期", "opened_on")
    group.full_clean()
    group.save()
    name = group.place.name
    record("group.opened", by=by, target=group, grid=name, since=opened_on)
    return group


@transaction.atomic
def change_group(
    *, group: LeadingGroup, name: str, document_number: str, office_at: str, by: User
) -> LeadingGroup:
    """Give a group another name, document or office."""
    group = _locked(group)
    after = {"name": name, "document_number": document_number, "office_at": office_at}
    before = {field: getattr(group, field) for field in after}
    if before == after:
        return group
    for field, value in after.items():
        setattr(group, field, value)
    group.full_clean()
    group.save(update_fields=sorted(after))
    record(
        "group.changed",
        by=by,
        target=group,
        before=list(before.values()),
        after=list(after.values()),
    )
    return group


@transaction.atomic
def close_group(*, group: LeadingGroup, closed_on: date, by: User) -> LeadingGroup:
    """Dissolve a group from a day on; its members leave on that day."""
    group = _locked(group)
    require_past(closed_on, "撤销日期", "closed_on")
    require_last(closed_on, group.opened_on, group.members.all())
    group.closed_on = closed_on
    group.save(update_fields=["closed_on"])
    group.members.filter(until=None).update(until=closed_on)
    record("group.closed", by=by, target=group, closed_on=closed_on)
    return group


@transaction.atomic
def add_member(
    *,
    group: LeadingGroup,
    person: Person | None,
    name: str,
    post: str,
    part: int,
    since: date,
    by: User,
) -> GroupMember:
    """Let somebody sit in a group from a day on: a known person, or only a name.

    There is one head and one head of the office at a time.
    """
    group = _locked(group)
    require_past(since, "任职日期", "since")
    if since < group.opened_on:
        raise ValidationError(
            {"since": f"任职日期不能早于领导小组成立日期 {group.opened_on}，请核对。"}
        )
    if part in (GroupMember.Part.HEAD, GroupMember.Part.OFFICE_HEAD):
        _require_vacant(group, part, since)
    member = GroupMember(
        group=group,
        person=person,
        name=person.name if person else name,
        post=post,
        part=part,
        since=since,
    )
    member.full_clean()
    member.save()
    record("group.member_added", by=by, target=group, after=str(member), since=since)
    return member


@transaction.atomic
def end_member(*, member: GroupMember, until: date, by: User) -> GroupMember:
    """Let a member leave; `until` is the first day without him."""
    group = _locked(member.group)
    member = group.members.get(pk=member.pk)
    if member.until:
        raise ValidationError(f"{member.name}已于 {member.until} 离任。")
    require_past(until, "离任日期", "until")
    if until <= member.since:
        raise ValidationError({"until": f"离任日期必须晚于任职日期 {member.since}。"})
    member.until = until
    member.save(update_fields=["until"])
    record("group.member_left", by=by, target=group, before=str(member), until=until)
    return member


def _require_vacant(group: LeadingGroup, part: int, since: date) -> None:
    """Refuse a second one in a part that only one has at a time."""
    held = group.members.filter(part=part).filter(Q(until=None) | Q(until__gt=since))
    holder = held.order_by("-since").first()
    if holder is None:
        return
    title = holder.get_part_display()
    if holder.until is None:
        raise ValidationError({"part": f"{title}现为{holder.name}，请先登记其离任。"})
    raise ValidationError(
        {"since": f"{title}{holder.name}到 {holder.until} 才离任，请改为这一天或以后。"}
    )


def _locked(group: LeadingGroup) -> LeadingGroup:
    groups = LeadingGroup.objects.select_for_update(of=("self",))
    group = groups.select_related("grid", "city").get(pk=group.pk)
    if group.closed_on:
        raise ValidationError(f"“{group}”已于 {group.closed_on} 撤销，不能再改动。")
    return group
