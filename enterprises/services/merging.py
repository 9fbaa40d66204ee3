"""合并档案: two files of one unit made one, and made two again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from enterprises.models import (
    BulkAct,
    Doubt,
    Enterprise,
    Handover,
    JoinedSurvey,
    Merger,
    Placement,
    StatusPeriod,
    Survey,
    ToldApart,
)
from enterprises.rules import name_key
from enterprises.services.files import FILE_FIELDS, Refused, field_label, in_words
from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.pinyin import initials
from grids.services.figures import mark_all_dirty

# What tells of the file itself stays with it: where it belonged, what it was called.
STAYS: set[type[models.Model]] = {
    Placement,
    StatusPeriod,
    ToldApart,
    Merger,
    JoinedSurvey,
    Handover,
    Doubt,
    BulkAct,
}
_CHOSEN = sorted(FILE_FIELDS - {"uscc_override_reason"})


def stays_with_its_file(model: type[models.Model]) -> type[models.Model]:
    """Say that rows of a model stay with the merged file, where they can be read.

    Every other row that points at the merged file moves to the kept one by itself, the
    rows of rooms that come later too.
    """
    STAYS.add(model)
    return model


@dataclass(frozen=True, slots=True)
class Choice:
    """One field in which the two files differ, with the value that is suggested."""

    name: str
    label: str
    kept: str
    merged: str
    suggested: str  # "kept" or "merged"
    is_fixed: bool = False  # nothing to choose: a code is never lost


def choices(kept: Enterprise, merged: Enterprise) -> list[Choice]:
    """Return the fields in which two files differ, for a person to choose."""
    found = []
    for name in _CHOSEN:
        ours, theirs = in_words(kept, name), in_words(merged, name)
        if ours == theirs or not theirs:
            continue
        fixed = name == "uscc" and not ours
        found.append(
            Choice(
                name,
                field_label(name),
                ours,
                theirs,
                "kept" if ours else "merged",
                fixed,
            )
        )
    return found


def moving(merged: Enterprise, kept: Enterprise) -> list[tuple[str, int, int]]:
    """Return (what, how many move, how many stay) of what hangs on a file, in words."""
    lines = []
    for model, name in _pointing():
        rows = model._base_manager.filter(**{name: merged})
        total = rows.count()
        if not total:
            continue
        staying = len(_colliding(model, name, rows, kept))
        words = str(model._meta.verbose_name)
        lines.append((words, total - staying, staying))
    return lines


def _pointing() -> Iterator[tuple[type[models.Model], str]]:
    """Yield (model, foreign key) of whatever points at a unit and goes along."""
    for model in apps.get_models():
        if model in STAYS or model is Enterprise or model._meta.proxy:
            continue
        for field in model._meta.concrete_fields:
            if field.is_relation and field.related_model is Enterprise:
                yield model, field.name


def _colliding(
    model: type[models.Model], name: str, rows: Any, kept: Enterprise
) -> set[Any]:
    """Return the keys of the rows that cannot be the kept file's: it has its own."""
    unique_sets = [set(c.fields) for c in _unique(model) if name in c.fields]
    field = model._meta.get_field(name)
    if getattr(field, "unique", False):
        unique_sets.append({name})
    staying: set[Any] = set()
    for fields in unique_sets:
        others = sorted(fields - {name})
        mine = model._base_manager.filter(**{name: kept}).values_list(*others, "pk")
        taken = {row[:-1] for row in mine}
        for row in rows.values_list(*others, "pk"):
            if row[:-1] in taken and None not in row[:-1]:
                staying.add(row[-1])
    return staying


def _unique(model: type[models.Model]) -> list[models.UniqueConstraint]:
    return [
        c for c in model._meta.constraints if isinstance(c, models.UniqueConstraint)
    ]


@transaction.atomic
def merge_files(
    *,
    kept: Enterprise,
    merged: Enterprise,
    take: set[str],
    reason: str,
    by: User,
    editions: tuple[int, int] | None = None,
) -> Merger:
    """Make two files one: `take` are the fields whose value comes from the merged one.

    Surveys, cases and whatever else points at the merged file move to the kept one;
    where it belonged and which status it had stays with it. From today on it is no
    known unit; figures of earlier days do not move. Raises Refused.
    """
    kept, merged = _both(kept, merged)
    _require_one_unit(kept, merged, reason, editions)
    today = timezone.localdate()
    offered = {one.name for one in choices(kept, merged)}
    take = (
        (take & offered) | {"uscc"}
        if not kept.uscc and merged.uscc
        else (take & offered) - {"uscc"}
    )
    merger = Merger(
        district_id=kept.district_id,
        kept=kept,
        merged=merged,
        on=today,
        reason=reason.strip(),
        before=json.dumps(
            {
                "kept": {name: _stored(kept, name) for name in sorted(take)},
                "merged": {"status": merged.status, "uscc": merged.uscc},
            },
            ensure_ascii=False,
        ),
        kept_edition=kept.edition + 1,
        made_by=by,
    )
    words = {name: (in_words(kept, name), in_words(merged, name)) for name in take}
    _take_values(kept, merged, take)
    _end_status(merged, today, f"并入“{kept}”", by)
    merged.status, merged.merged_into, merged.uscc = "merged", kept, None
    merged.edition += 1
    merged.save()
    kept.edition += 1
    kept.save()
    merger.save()
    merger.moved = _move(merged, kept, merger)
    merger.save(update_fields=["moved"])
    mark_all_dirty({kept.grid_id, merged.grid_id}, today)
    record(
        "enterprise.merged",
        by=by,
        target=kept,
        before={name: pair[0] for name, pair in words.items()},
        after={name: pair[1] for name, pair in words.items()},
        reason=merger.reason,
        merged=[merged.pk, merged.name],
        moved={label: len(keys) for label, _, keys in merger.moved},
        edition=kept.edition,
    )
    return merger


def _both(kept: Enterprise, merged: Enterprise) -> tuple[Enterprise, Enterprise]:
    units = Enterprise.objects.select_for_update(of=["self"]).select_related("grid")
    found = {u.pk: u for u in units.filter(pk__in=[kept.pk, merged.pk]).order_by("pk")}
    if len(found) < 2:
        raise Refused("一份档案不能与自己合并，请选择两份。")
    return found[kept.pk], found[merged.pk]


def _require_one_unit(
    kept: Enterprise,
    merged: Enterprise,
    reason: str,
    editions: tuple[int, int] | None,
) -> None:
    if kept.merged_into_id or merged.merged_into_id:
        raise Refused("其中一份档案已被合并，请刷新后再看。")
    if kept.district_id != merged.district_id:
        raise Refused("两份档案不在同一区县，请先办理移交。")
    if kept.uscc and merged.uscc and kept.uscc != merged.uscc:
        raise Refused("两份档案的统一社会信用代码不同，是两个单位，不能合并。")
    if Handover.objects.waiting().filter(enterprise__in=[kept, merged]).exists():
        raise Refused("其中一份档案正在移交，请等对方处理后再合并。")
    if editions is not None and editions != (kept.edition, merged.edition):
        raise Refused("核对期间有人修改了档案，请重新核对后再合并。")
    if not reason.strip():
        raise Refused({"reason": "请写明认定为同一单位的依据。"})


def _stored(unit: Enterprise, name: str) -> Any:
    value = getattr(unit, name)
    return value if value is None or isinstance(value, (int, str)) else str(value)


def _take_values(kept: Enterprise, merged: Enterprise, take: set[str]) -> None:
    for name in take:
        if name == "contact_phone":
            kept.set_contact_phone(merged.contact_phone)
        else:
            setattr(kept, name, getattr(merged, name))
    if "uscc" in take:  # two hold one code for no moment: the merged lets go first
        Enterprise.objects.filter(pk=merged.pk).update(uscc=None)
    _follow(kept)


def _follow(unit: Enterprise) -> None:
    unit.name_key = name_key(unit.name)[:200]
    unit.pinyin = initials(unit.name)[:200]


def _end_status(unit: Enterprise, today: Any, reason: str, by: User) -> None:
    last = unit.status_periods.get(until=None)
    replaced = None
    if last.since >= today:
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
        last.until = today
        last.save(update_fields=["until"])
    StatusPeriod.objects.create(
        enterprise=unit,
        status=Enterprise.Status.MERGED,
        since=today,
        reason=reason[:200],
        recorded_by=by,
        replaced=replaced,
    )


def _move(merged: Enterprise, kept: Enterprise, merger: Merger) -> list[list[Any]]:
    moved = []
    for model, name in _pointing():
        rows = model._base_manager.filter(**{name: merged})
        staying = _colliding(model, name, rows, kept)
        keys = sorted(set(rows.values_list("pk", flat=True)) - staying)
        if not keys:
            continue
        if model is Survey:
            JoinedSurvey.objects.bulk_create(
                JoinedSurvey(merger=merger, survey_id=key, former=merged, on=merger.on)
                for key in keys
            )
        keys = _moved(model, keys, name, kept)
        moved.append([model._meta.label, name, keys])
    return moved


def _moved(
    model: type[models.Model], keys: list[Any], name: str, kept: Enterprise
) -> list[Any]:
    """Move rows; return which went. One that the database refuses stays behind."""
    rows = model._base_manager.filter(pk__in=keys)
    try:
        with transaction.atomic():
            rows.update(**{name: kept})
            return keys
    except IntegrityError:
        went = []
        for key in keys:
            try:
                with transaction.atomic():
                    model._base_manager.filter(pk=key).update(**{name: kept})
                went.append(key)
            except IntegrityError:
                continue
        return went


# --- undoing --------------------------------------------------------------------------


def why_not_separated(merger: Merger) -> str:
    """Return why a merger cannot be undone; "" when it can."""
    if merger.undone_at:
        return "这次合并已撤销。"
    if merger.kept.edition != merger.kept_edition:
        return "合并以后保留的档案又有修改，不能整体撤销，请逐项更正。"
    if merger.kept.merged_into_id:
        return "保留的档案后来又并入另一份档案，请先撤销那一次。"
    return ""


@transaction.atomic
def separate_files(*, merger: Merger, by: User) -> Merger:
    """Undo a merger: both files are again as they were. Raises Refused."""
    merger = Merger.objects.select_for_update().get(pk=merger.pk)
    kept, merged = _both(merger.kept, merger.merged)
    merger.kept = kept
    if why := why_not_separated(merger):
        raise Refused(why)
    before = json.loads(merger.before)
    for name, value in before["kept"].items():
        if name == "contact_phone":
            kept.set_contact_phone(value)
        else:
            field = kept._meta.get_field(name)
            assert isinstance(field, models.Field)  # noqa: S101 - a column of the file
            setattr(kept, name, field.to_python(value))
    _follow(kept)
    kept.edition += 1
    kept.save()
    last = merged.status_periods.get(until=None)
    last.delete()
    if last.replaced:
        StatusPeriod.objects.create(enterprise=merged, **last.replaced)
    else:
        merged.status_periods.filter(until=last.since).update(until=None)
    merged.status, merged.merged_into = before["merged"]["status"], None
    merged.uscc = before["merged"]["uscc"]
    merged.edition += 1
    merged.save()
    for label, name, keys in merger.moved:
        rows = apps.get_model(label)._base_manager.filter(pk__in=keys)
        rows.filter(**{name: kept}).update(**{name: merged})
    merger.surveys.all().delete()
    merger.undone_by, merger.undone_at = by, timezone.now()
    merger.save(update_fields=["undone_by", "undone_at"])
    mark_all_dirty({kept.grid_id, merged.grid_id}, merger.on)
    record(
        "enterprise.separated",
        by=by,
        target=kept,
        merged=[merged.pk, merged.name],
        edition=kept.edition,
    )
    return merger


# --- pairs ----------------------------------------------------------------------------


@transaction.atomic
def tell_apart(
    *, one: Enterprise, other: Enterprise, by: User, reason: str = ""
) -> None:
    """Remember that two files are two units, so that nobody is asked again."""
    first, second = sorted((one.pk, other.pk))
    _, is_new = ToldApart.objects.get_or_create(
        first_id=first,
        second_id=second,
        defaults={
            "district_id": one.district_id,
            "reason": reason.strip(),
            "told_by": by,
        },
    )
    if is_new:
        record(
            "enterprise.told_apart",
            by=by,
            target=one,
            other=[other.pk, other.name],
            reason=reason.strip(),
        )
