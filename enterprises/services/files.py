"""Every change to a unit's file. One act, one transaction, one event."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from enterprises.duplicates import Likeness, likeness
from enterprises.models import Enterprise, Placement, StatusPeriod
from enterprises.rules import name_key
from gridinspect.accounts.models import User
from gridinspect.audit.services import history, record
from gridinspect.documents.models import Attachment
from gridinspect.secrets import mask_id, mask_phone
from grids.models import Grid
from grids.services.figures import mark_all_dirty, mark_dirty, note_entry
from grids.services.tree import initials

# What a form may write. Grid and status are dated facts and go their own way.
FILE_FIELDS = frozenset(
    {
        "name",
        "former_name",
        "uscc",
        "uscc_override_reason",
        "registration_number",
        "registrar",
        "unit_kind",
        "registration_type",
        "industry",
        "affiliation",
        "registered_address",
        "address",
        "road",
        "house_number",
        "longitude",
        "latitude",
        "postcode",
        "founded_on",
        "headcount",
        "legal_representative",
        "contact_name",
        "contact_phone",
        "contact_mobile",
        "contact_email",
        "legal_id_number",
        "legal_phone",
        "labour_manager",
        "labour_phone",
        "organisation_code",
        "department",
        "registered_capital",
        "is_legal_person",
        "is_branch",
        "parent_unit",
        "dispatch_licence",
        "dispatch_licence_until",
        "insurance_number",
        "source",
        "paper_file_place",
        "remark",
    }
)
# What the form of a file asks; the paper's place has a page and a history of its own.
FORM_FIELDS = FILE_FIELDS - {"paper_file_place"}
# Kept encrypted; shown by its mask, in full only for a reason that the trail keeps.
SECRETS: dict[str, Callable[[str], str]] = {
    "contact_phone": mask_phone,
    "contact_mobile": mask_phone,
    "legal_phone": mask_phone,
    "labour_phone": mask_phone,
    "legal_id_number": mask_id,
}
_TWICE = "本区县已有使用该统一社会信用代码的单位，请先查询原档案。"


class Refused(ValidationError):
    """The file may not be changed that way; the message says why, in Chinese."""

    def __str__(self) -> str:
        return self.messages[0]


class EditedMeanwhile(Exception):
    """Somebody else has saved the file since this person opened it."""

    def __init__(self, current: Enterprise):
        super().__init__(str(current))
        self.current = current


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody did to one field since an edition, in the words of the trail."""

    before: str
    after: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit that may be the same one, with the reason to think so."""

    unit: Enterprise
    likeness: Likeness


@transaction.atomic
def register_enterprise(
    *, grid: Grid, known_since: date, by: User, **fields: Any
) -> Enterprise:
    """Open the file of a unit that belongs to a grid from a day on.

    `fields` are those of FILE_FIELDS and `status`. Raises Refused.
    """
    status = fields.pop("status", Enterprise.Status.OPEN)
    _require_day(known_since, grid)
    unit = Enterprise(
        grid=grid,
        district_id=grid.district_id,
        status=status,
        known_since=known_since,
        recorded_by=by,
    )
    _set(unit, fields)
    _save(unit)
    Placement.objects.create(
        enterprise=unit,
        district_id=grid.district_id,
        grid=grid,
        since=known_since,
        placed_by=by,
    )
    StatusPeriod.objects.create(
        enterprise=unit, status=status, since=known_since, recorded_by=by
    )
    mark_dirty(grid, known_since)
    note_entry(by.person, timezone.localdate())
    after = {name: in_words(unit, name) for name in sorted(fields)}
    after |= {"grid": grid.name, "status": in_words(unit, "status")}
    record(
        "enterprise.registered",
        by=by,
        target=unit,
        known_since=known_since,
        after={name: words for name, words in after.items() if words},
        edition=unit.edition,
    )
    return unit


@transaction.atomic
def change_enterprise(
    *,
    enterprise: Enterprise,
    edition: int,
    by: User,
    grid: Grid | None = None,
    grid_since: date | None = None,
    status: str | None = None,
    status_since: date | None = None,
    status_reason: str = "",
    via: str = "",
    **fields: Any,
) -> Enterprise:
    """Change the file; a new grid or status holds from a day on, today by default.

    `edition` is the one that the person looked at. Raises EditedMeanwhile when it is no
    longer the newest, and Refused. `via` names the way, where it is no form.
    """
    locked = Enterprise.objects.select_for_update(of=["self"]).select_related("grid")
    unit = locked.get(pk=enterprise.pk)
    if unit.edition != edition:
        raise EditedMeanwhile(unit)
    today = timezone.localdate()
    old = Enterprise.objects.select_related("grid").get(pk=unit.pk)
    effective: dict[str, date] = {}

    _set(unit, fields)
    if grid is not None and grid.pk != unit.grid_id:
        effective["grid"] = grid_since or today
        _place(unit, grid, effective["grid"], by)
    if status is not None and status != unit.status:
        effective["status"] = status_since or today
        put_status(unit, status, effective["status"], status_reason, by=by)
    names = [*sorted(fields), *effective]
    changed = [name for name in names if getattr(old, name) != getattr(unit, name)]
    if not changed:
        return unit
    unit.edition += 1
    _save(unit)
    note_entry(by.person, today)
    record(
        "enterprise.changed",
        by=by,
        target=unit,
        before={name: in_words(old, name) for name in changed},
        after={name: in_words(unit, name) for name in changed},
        effective=effective,
        reason=status_reason,
        edition=unit.edition,
        **({"source": via} if via else {}),
    )
    return unit


@transaction.atomic
def reveal_phone(
    *, enterprise: Enterprise, reason: str, by: User, name: str = "contact_phone"
) -> str:
    """Return a number of SECRETS in full, and note who asked for which and why."""
    if not reason.strip():
        raise Refused("请写明查看完整号码的理由。")
    record(
        "enterprise.phone_revealed",
        by=by,
        target=enterprise,
        field=field_label(name),
        reason=reason,
    )
    number: str = getattr(enterprise, name)
    return number


@transaction.atomic
def note_export(*, by: User, path: str, rows: int, asked: Mapping[str, Any]) -> None:
    """Note that a list of units left the system as a workbook."""
    record("enterprise.exported", by=by, target=by, path=path, count=rows, asked=asked)


def changes_since(enterprise: Enterprise, edition: int) -> dict[str, Change]:
    """Return what was done to each field after an edition: from what to what."""
    changes: dict[str, Change] = {}
    events = history(enterprise).filter(data__edition__gt=edition).order_by("pk")
    for event in events:
        before, after = event.data.get("before", {}), event.data.get("after", {})
        for name, words in after.items():
            first = changes[name].before if name in changes else before.get(name, "")
            changes[name] = Change(first, words, event.actor_name, event.at)
    return changes


def possible_duplicates(
    *, name: str, uscc: str, seen_by: User, besides: int | None = None, limit: int = 5
) -> list[Candidate]:
    """Return the units that may be this one, the likeliest first.

    Only what the person may see anyway, so that a warning tells nobody of a stranger's
    unit.
    """
    name = name.strip()
    conditions = []
    if uscc:
        conditions.append(Q(uscc=uscc))
    if len(name) >= 2:
        conditions.append(Q(name_key=name_key(name)))
    if len(name) >= 4:  # shorter ones are like too many
        conditions += [Q(name__contains=name), Q(name__trigram_similar=name)]
    if not conditions:
        return []
    alike = reduce(or_, conditions)
    found = Enterprise.objects.visible_to(seen_by).filter(alike)
    if besides is not None:
        found = found.exclude(pk=besides)
    scored = [
        Candidate(unit, like)
        for unit in found.select_related("grid").order_by()[:200]
        if (like := likeness(name, uscc, unit.name, unit.uscc))
    ]
    scored.sort(key=lambda one: (-one.likeness.score, one.unit.pk))
    return scored[:limit]


def in_words(unit: Enterprise, name: str) -> str:
    """Return a field as the trail and a conflict show it; a telephone masked."""
    value = getattr(unit, name)
    if value is None or value == "":
        return ""
    if name in SECRETS:
        return SECRETS[name](value)
    if isinstance(value, bool):
        return "是" if value else "否"
    display = getattr(unit, f"get_{name}_display", None)
    if display:
        return str(display())
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def field_label(name: str) -> str:
    """Return the Chinese name of a field of the file."""
    return str(getattr(Enterprise._meta.get_field(name), "verbose_name", name))


def _set(unit: Enterprise, fields: Mapping[str, Any]) -> None:
    if strange := set(fields) - FILE_FIELDS:
        raise TypeError(f"No fields of a unit's file: {sorted(strange)}")
    for name, value in fields.items():
        if name == "contact_phone":
            unit.set_contact_phone(value)
        elif name == "uscc":
            unit.uscc = value or None
        else:
            setattr(unit, name, value)
    if "name" in fields:
        unit.name_key = name_key(unit.name)
        unit.pinyin = initials(unit.name)


def _save(unit: Enterprise) -> None:
    """Save; two persons may have entered one credit code at the same moment."""
    try:
        with transaction.atomic():
            unit.save()
    except IntegrityError as error:
        if "uscc_unique" in str(error):
            raise Refused(_TWICE) from None
        raise


def _require_day(day: date, grid: Grid) -> None:
    if day > timezone.localdate():
        raise Refused(f"生效日期 {day} 晚于今天，请在生效后再登记。")
    if grid.closed_on:
        raise Refused(f"“{grid}”已于 {grid.closed_on} 停用，请选择接续的网格。")
    if day < grid.opened_on:
        raise Refused(f"生效日期 {day} 早于“{grid}”的启用日期 {grid.opened_on}。")


def _place(unit: Enterprise, grid: Grid, since: date, by: User) -> None:
    """Move the unit to another grid of its district from a day on."""
    _require_day(since, grid)
    if grid.district_id != unit.district_id:
        raise Refused(f"“{grid}”在另一区县：请在本区县登记“迁出”，由迁入地重新建档。")
    last = unit.placements.get(until=None)
    if since < last.since:
        raise Refused(f"生效日期不能早于现归属的起始日期 {last.since}。")
    if since == last.since:  # it was placed wrongly: that day never had two grids
        last.delete()
    else:
        last.until = since
        last.save(update_fields=["until"])
    mark_all_dirty({unit.grid_id, grid.pk}, since)
    Placement.objects.create(
        enterprise=unit,
        district_id=unit.district_id,
        grid=grid,
        since=since,
        placed_by=by,
    )
    unit.grid = grid


def put_status(
    unit: Enterprise,
    status: str,
    since: date,
    reason: str,
    *,
    by: User,
    evidence: Attachment | None = None,
) -> None:
    """Give the unit another status from a day on; the caller saves the unit.

    A period that began on the same day was wrong: it is kept aside, to be put back.
    """
    if since > timezone.localdate():
        raise Refused(
            {"status_since": f"状态生效日期 {since} 晚于今天，请在生效后再登记。"}
        )
    last = unit.status_periods.get(until=None)
    if since < last.since:
        raise Refused(
            {"status_since": f"状态生效日期不能早于现状态的起始日期 {last.since}。"}
        )
    replaced = None
    if since == last.since:
        replaced = {
            "status": last.status,
            "since": str(last.since),
            "reason": last.reason,
            "recorded_by_id": last.recorded_by_id,
            "evidence_id": last.evidence_id,
            "replaced": last.replaced,
        }
        last.delete()
    else:
        last.until = since
        last.save(update_fields=["until"])
    StatusPeriod.objects.create(
        enterprise=unit,
        status=status,
        since=since,
        reason=reason,
        recorded_by=by,
        evidence=evidence,
        replaced=replaced,
    )
    mark_all_dirty(grids_since(unit, since), since)
    unit.status = status


def grids_since(unit: Enterprise, day: date) -> Iterable[int]:
    """Return the keys of the grids that the unit has belonged to since a day."""
    placements = unit.placements.filter(Q(until=None) | Q(until__gt=day))
    return set(placements.values_list("grid_id", flat=True))
