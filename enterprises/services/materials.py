"""The documents of a unit's file and the place of its paper, one act a function."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from enterprises.models import Enterprise, Material, PaperPlace, Survey
from enterprises.services.files import Refused
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents.attachments import attach


@transaction.atomic
def add_material(
    *,
    enterprise: Enterprise,
    kind: str,
    title: str,
    pages: int,
    by: User,
    document_number: str = "",
    author: str = "",
    dated_on: date | None = None,
    remark: str = "",
    upload: Any = None,
    survey: Survey | None = None,
    replaces: Material | None = None,
) -> Material:
    """Put a document into the file under the next number; it may be paper alone.

    The number is never given again. Raises ValidationError for a bad upload.
    """
    unit = Enterprise.objects.select_for_update().get(pk=enterprise.pk)
    if dated_on and dated_on > timezone.localdate():
        raise Refused(f"文件日期 {dated_on} 晚于今天，请核对。")
    last = Material.objects.filter(enterprise=unit).aggregate(last=Max("number"))
    material = Material(
        enterprise=unit,
        district_id=unit.district_id,
        number=(last["last"] or 0) + 1,
        kind=kind,
        title=title,
        pages=pages,
        document_number=document_number,
        author=author,
        dated_on=dated_on,
        remark=remark,
        survey=survey,
        replaces=replaces,
        recorded_by=by,
    )
    if upload:
        material.attachment = attach(
            upload=upload,
            path=enterprise.scope_path,
            by=by,
            permission=Permission.ENTERPRISE_VIEW,
        )
    material.save()
    record(
        "material.added",
        by=by,
        target=enterprise,
        number=material.number,
        title=title,
        kind=material.get_kind_display(),
        replaces=replaces.number if replaces else None,
    )
    return material


@transaction.atomic
def replace_material(
    *, material: Material, reason: str, by: User, **fields: Any
) -> Material:
    """Put a better document in a document's stead; the old one stays, voided."""
    old = _standing(material)
    new = add_material(enterprise=old.enterprise, by=by, replaces=old, **fields)
    _void(old, f"由第 {new.number} 号替换：{reason}", by)
    return new


@transaction.atomic
def void_material(*, material: Material, reason: str, by: User) -> Material:
    """Void a document: it keeps its number and can still be looked at."""
    return _void(_standing(material), reason, by)


def _standing(material: Material) -> Material:
    found = Material.objects.select_for_update(of=["self"]).select_related(
        "enterprise__grid"
    )
    material = found.get(pk=material.pk)
    if material.is_void:
        raise Refused(f"第 {material.number} 号材料已经作废：{material.void_reason}。")
    return material


def _void(material: Material, reason: str, by: User) -> Material:
    if not reason.strip():
        raise Refused("请写明作废原因。")
    material.voided_at, material.voided_by = timezone.now(), by
    material.void_reason = reason.strip()[:200]
    material.save(update_fields=["voided_at", "voided_by", "void_reason"])
    record(
        "material.voided",
        by=by,
        target=material.enterprise,
        number=material.number,
        title=material.title,
        reason=material.void_reason,
    )
    return material


@transaction.atomic
def move_paper(
    *,
    enterprise: Enterprise,
    cabinet: str,
    box: str,
    number: str,
    moved_on: date,
    reason: str,
    by: User,
) -> PaperPlace:
    """Say where the paper file stands from a day on; earlier places stay known."""
    unit = Enterprise.objects.select_for_update(of=["self"]).get(pk=enterprise.pk)
    if moved_on > timezone.localdate():
        raise Refused(f"移入日期 {moved_on} 晚于今天，请在移动后登记。")
    last = unit.paper_places.order_by("-moved_on", "-pk").first()
    if last and moved_on < last.moved_on:
        raise Refused(f"移入日期不能早于上一次移动的日期 {last.moved_on}。")
    place = PaperPlace(
        enterprise=unit,
        district_id=unit.district_id,
        cabinet=cabinet,
        box=box,
        number=number,
        moved_on=moved_on,
        reason=reason,
        moved_by=by,
    )
    before = unit.paper_file_place
    if str(place) == before:
        raise Refused(f"纸质档案已在“{before}”，没有变化。")
    place.save()
    unit.paper_file_place = str(place)
    unit.edition += 1
    unit.save(update_fields=["paper_file_place", "edition", "changed_at"])
    record(
        "enterprise.paper_moved",
        by=by,
        target=unit,
        before={"paper_file_place": before},
        after={"paper_file_place": unit.paper_file_place},
        effective={"paper_file_place": moved_on},
        reason=reason,
        edition=unit.edition,
    )
    return place


def page_ranges(materials: Sequence[Material]) -> list[tuple[Material, str]]:
    """Return each document with its pages in the file; what is voided has none."""
    lines, last = [], 0
    for one in materials:
        if one.is_void:
            lines.append((one, ""))
            continue
        first, last = last + 1, last + one.pages
        lines.append((one, f"{first}" if first == last else f"{first}–{last}"))
    return lines
