"""Every act on staff: hire, post, train, certify. One act, one event."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Field, Q
from django.utils import timezone

from assistants.models import Certificate, StaffFile, Training
from gridinspect.accounts.models import Person, User
from gridinspect.accounts.roles import POSTED_STAFF, Permission
from gridinspect.audit.services import record
from gridinspect.documents.attachments import attach
from gridinspect.secrets import mask_id, mask_phone
from grids.models import Grid, Posting
from grids.services import mark_dirty, note_entry
from grids.services.tree import lock_district

Status = StaffFile.Status
OFF_POST = (Status.WAITING, Status.LEFT, Status.SECONDED, Status.ON_LEAVE)
MASKS = {"id_number": mask_id, "phone": mask_phone}
CALLED = {"id_number": "身份证号", "phone": "联系电话"}


class Refused(ValidationError):
    """The personnel register may not be changed that way; the message says why."""

    def __str__(self) -> str:
        return self.messages[0]


@transaction.atomic
def hire(
    *,
    name: str,
    id_number: str,
    phone: str,
    role: str,
    grid: Grid,
    since: date,
    by: User,
    **facts: Any,
) -> StaffFile:
    """Open a personnel file together with its first post, without which nobody sees it.

    `facts` are fields of StaffFile. Raises Refused when the ID number is known already.
    """
    person = _person(name, id_number)
    if phone:
        person.set_phone(phone)
    person.save()
    file = StaffFile.objects.create(person=person, **facts)
    posting = _post(person, role, grid, since)
    record(
        "staff.hired",
        by=by,
        target=file,
        path=grid.path,
        grid=grid.name,
        role=posting.get_role_display(),
        since=since,
    )
    mark_dirty(grid, since)
    note_entry(by.person, timezone.localdate())
    return file


def _person(name: str, id_number: str) -> Person:
    """Return a new person, or one known without a file, such as an account's bearer."""
    known = Person.objects.by_id_number(id_number).select_for_update().first()
    if known is None:
        person = Person(name=name)
        person.set_id_number(id_number)
        return person
    if StaffFile.objects.filter(person=known).exists():
        raise Refused(
            {"id_number": "该身份证号已有人员档案，请查询后安排岗位，不要重复建档。"}
        )
    if known.name != name:
        raise Refused({"id_number": "该身份证号登记的姓名与此不同，请对照证件核对。"})
    return known


@transaction.atomic
def change_file(
    *,
    file: StaffFile,
    name: str,
    id_number: str,
    phone: str,
    by: User,
    path: str,
    **facts: Any,
) -> StaffFile:
    """Change a person's file; an empty ID or telephone number stays as it is.

    `path` is the place it happens in. The trail keeps both numbers masked.
    """
    file = StaffFile.objects.select_for_update().get(pk=file.pk)
    person = Person.objects.select_for_update().get(pk=file.person_id)
    before = _state(person, file, facts)
    person.name = name
    if id_number and id_number != person.id_number:
        if Person.objects.by_id_number(id_number).exclude(pk=person.pk).exists():
            raise Refused({"id_number": "该身份证号已属于另一个人，请对照证件核对。"})
        person.set_id_number(id_number)
    if phone:
        person.set_phone(phone)
    for field, value in facts.items():
        setattr(file, field, value)
    after = _state(person, file, facts)
    changed = [key for key in after if before[key] != after[key]]
    if not changed:
        return file
    person.save()
    file.save()
    record(
        "staff.changed",
        by=by,
        target=file,
        path=path,
        before={key: before[key] for key in changed},
        after={key: after[key] for key in changed},
    )
    note_entry(by.person, timezone.localdate())
    return file


@transaction.atomic
def set_photo(*, file: StaffFile, photo: Any, by: User, path: str) -> None:
    """Give a file its photograph, or with None take it away.

    Who may see staff at `path` may look at it. Raises ValidationError.
    """
    file = StaffFile.objects.select_for_update().get(pk=file.pk)
    if photo is None and file.photo is None:
        raise Refused("还没有照片，请选择文件后再保存。")
    file.photo = photo and attach(
        upload=photo,
        path=path,
        by=by,
        permission=Permission.STAFF_VIEW,
        images_only=True,
    )
    file.save(update_fields=["photo", "changed_at"])
    verb = "staff.photographed" if photo else "staff.photo_removed"
    record(verb, by=by, target=file, path=path)
    note_entry(by.person, timezone.localdate())


def _state(person: Person, file: StaffFile, facts: Mapping[str, Any]) -> dict[str, str]:
    state = {
        "姓名": person.name,
        "身份证号": mask_id(person.id_number),
        "联系电话": mask_phone(person.phone),
    }
    for field in facts:
        label = str(_field(field).verbose_name)
        state[label] = str(getattr(file, field) or "")
    return state


def _field(name: str) -> Field:
    found = StaffFile._meta.get_field(name)
    assert isinstance(found, Field)  # noqa: S101
    return found


# --- posts ----------------------------------------------------------------------------


@transaction.atomic
def post(*, file: StaffFile, role: str, grid: Grid, since: date, by: User) -> Posting:
    """Post a person to a grid from a day on. A person fills one post at a time."""
    person = Person.objects.select_for_update().get(pk=file.person_id)
    posting = _post(person, role, grid, since)
    StaffFile.objects.filter(pk=file.pk).exclude(status=Status.PROBATION).update(
        status=Status.ON_POST
    )
    record(
        "staff.posted",
        by=by,
        target=file,
        path=grid.path,
        grid=grid.name,
        role=posting.get_role_display(),
        since=since,
    )
    mark_dirty(grid, since)
    note_entry(by.person, timezone.localdate())
    return posting


def _post(person: Person, role: str, grid: Grid, since: date) -> Posting:
    if role not in POSTED_STAFF:
        raise Refused({"role": "这里只能安排专职监察员、兼职监察员和协管员。"})
    lock_district(grid.district_id)  # nobody closes the grid meanwhile
    grid = Grid.objects.get(pk=grid.pk)
    if grid.closed_on:
        raise Refused({"grid": f"“{grid}”已于 {grid.closed_on} 停用，不能安排人员。"})
    if since < grid.opened_on:
        raise Refused(
            {"since": f"上岗日期不能早于“{grid}”的启用日期 {grid.opened_on}。"}
        )
    held = person.postings.filter(Q(until=None) | Q(until__gt=since))
    other = held.filter(role__in=POSTED_STAFF).select_related("grid").first()
    if other:
        raise Refused(
            f"{person} 自 {other.since} 起在“{other.place}”任"
            f"{other.get_role_display()}，一人一岗，请先结束该岗位。"
        )
    return Posting.objects.create(person=person, role=role, grid=grid, since=since)


@transaction.atomic
def end_posting(*, posting: Posting, until: date, status: str, by: User) -> None:
    """End a post: `until` is the first day the person is no longer there.

    `status` is what the person is from then on, one of OFF_POST.
    """
    posting = Posting.objects.select_for_update().get(pk=posting.pk)
    if posting.until:
        raise Refused(f"该岗位已于 {posting.until} 结束。")
    if until <= posting.since:
        raise Refused({"until": f"离岗日期必须晚于上岗日期 {posting.since}。"})
    if status not in OFF_POST:
        raise Refused({"status": "请选择离岗后的状态。"})
    posting.until = until
    posting.save(update_fields=["until"])
    file = StaffFile.objects.filter(person=posting.person_id).first()
    if file:
        StaffFile.objects.filter(pk=file.pk).update(status=status)
    record(
        "staff.post_ended",
        by=by,
        target=file or posting.person,
        path=posting.place.path,
        place=str(posting.place),
        role=posting.get_role_display(),
        until=until,
    )
    if posting.grid:
        mark_dirty(posting.grid, until)
    note_entry(by.person, timezone.localdate())


# --- trainings and certificates -------------------------------------------------------


@transaction.atomic
def record_training(
    *,
    file: StaffFile,
    kind: str,
    finished_on: date,
    passed: bool,
    certificate_number: str = "",
    by: User,
    path: str,
) -> Training:
    """Note a training with its result. `path` is the place it happens in."""
    training = Training.objects.create(
        person=file.person,
        kind=kind,
        finished_on=finished_on,
        passed=passed,
        certificate_number=certificate_number,
    )
    record(
        "staff.trained",
        by=by,
        target=file,
        path=path,
        kind=training.get_kind_display(),
        finished_on=finished_on,
        passed=passed,
    )
    _mark(file.person, finished_on)
    note_entry(by.person, timezone.localdate())
    return training


@transaction.atomic
def record_certificate(
    *,
    file: StaffFile,
    kind: str,
    number: str,
    valid_from: date,
    valid_until: date,
    by: User,
    path: str,
) -> Certificate:
    """Note a 劳动保障监察证. `valid_until` is the last day it is valid."""
    certificate = Certificate(
        person=file.person,
        kind=kind,
        number=number,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    certificate.full_clean()
    certificate.save()
    record(
        "staff.certified",
        by=by,
        target=file,
        path=path,
        number=number,
        valid_until=valid_until,
    )
    _mark(file.person, valid_from)
    note_entry(by.person, timezone.localdate())
    return certificate


def _mark(person: Person, since: date) -> None:
    """Have the grids counted again where the person has been on post since a day."""
    posts = person.postings.filter(
        Q(until=None) | Q(until__gt=since), grid__isnull=False
    )
    for grid, began in posts.values_list("grid", "since"):
        mark_dirty(grid, max(since, began))


# --- personal data --------------------------------------------------------------------


@transaction.atomic
def reveal(*, file: StaffFile, reason: str, by: User, path: str) -> dict[str, str]:
    """Return the ID and telephone number in full; each look is an event."""
    record("person.revealed", by=by, target=file, path=path, reason=reason)
    return {CALLED[field]: getattr(file.person, field) for field in MASKS}
