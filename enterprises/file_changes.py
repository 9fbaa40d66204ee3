"""变更记录: what was changed in a unit's file, field by field, from the trail."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.urls import reverse

from enterprises.models import Enterprise, ImportedChange, Survey
from enterprises.resources import STORED
from enterprises.services.files import field_label
from enterprises.survey_view import compared
from gridinspect.audit.services import history
from gridinspect.audit.verbs import act_name

MOST = 1000  # the newest acts of a unit that are looked at


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of the file, from what to what, by whom, when and by which way."""

    at: datetime
    label: str
    before: str
    after: str
    by: str
    source: str
    since: str = ""
    url: str = ""


def changes_of(unit: Enterprise) -> list[FieldChange]:
    """Return every change of the unit's file, the newest first. Five queries."""
    by_hand = list(_said_by_events(unit))
    said = {(one.label, one.since) for one in by_hand}
    in_bulk = [*_moves(unit), *_statuses(unit)]
    found = [
        *by_hand,
        *(one for one in in_bulk if (one.label, one.since) not in said),
        *_imported(unit),
        *_between_surveys(unit),
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _said_by_events(unit: Enterprise) -> Iterator[FieldChange]:
    for event in history(unit)[:MOST]:
        before, after = event.data.get("before"), event.data.get("after")
        if not isinstance(before, dict) or not isinstance(after, dict):
            continue
        since = event.data.get("effective") or {}
        for name, words in after.items():
            yield FieldChange(
                at=event.at,
                label=label_of(name),
                before=str(before.get(name) or ""),
                after=str(words or ""),
                by=event.actor_name,
                source=_source(event.data, event.verb),
                since=str(since.get(name, "")),
            )


def _source(data: Mapping[str, Any], verb: str) -> str:
    return str(data.get("source") or act_name(verb))


def _moves(unit: Enterprise) -> Iterator[FieldChange]:
    """Say where the unit went; a bulk act has one event for all its units."""
    rows = unit.placements.select_related("grid", "placed_by__person")
    for old, new in pairwise(rows.order_by("since", "pk")):
        yield FieldChange(
            at=new.recorded_at,
            label=field_label("grid"),
            before=str(old.grid),
            after=str(new.grid),
            by=str(new.placed_by or ""),
            source=f"归格：{new.get_method_display()}",
            since=str(new.since),
        )


def _statuses(unit: Enterprise) -> Iterator[FieldChange]:
    rows = unit.status_periods.select_related("recorded_by__person")
    for old, new in pairwise(rows.order_by("since", "pk")):
        yield FieldChange(
            at=new.recorded_at,
            label=field_label("status"),
            before=old.get_status_display(),
            after=new.get_status_display(),
            by=str(new.recorded_by or ""),
            source=f"状态变更：{new.reason}" if new.reason else "状态变更",
            since=str(new.since),
        )


def _imported(unit: Enterprise) -> Iterator[FieldChange]:
    rows = ImportedChange.objects.filter(enterprise=unit)
    for one in rows.select_related("batch__owner__person").order_by("-pk")[:MOST]:
        batch = one.batch
        undone = "（已撤销）" if batch.state == batch.State.UNDONE else ""
        for name, (old, new) in one.changes.items():
            yield FieldChange(
                at=batch.applied_at or batch.created_at,
                label=label_of(STORED.get(name, name)),
                before=old,
                after=new,
                by=str(batch.owner),
                source=f"导入：{batch.original_name}{undone}",
            )


def _between_surveys(unit: Enterprise) -> Iterator[FieldChange]:
    """Say of each survey how much differs from the one before it."""
    found = Survey.objects.final().filter(enterprise=unit)
    surveys = list(
        found.select_related("recorded_by__person").order_by("-surveyed_on", "-pk")[:50]
    )
    for new, old in pairwise(surveys):
        rows = [
            row for _, part in compared(old, new, only_changed=True) for row in part
        ]
        url = reverse("enterprises:compare", args=[unit.pk])
        yield FieldChange(
            at=new.recorded_at,
            label=f"调查登记表 {len(rows)} 项",
            before=f"{old.surveyed_on} 采集",
            after=f"{new.surveyed_on} 采集",
            by=str(new.recorded_by),
            source="调查登记表",
            since=str(new.surveyed_on),
            url=f"{url}?old={old.pk}&new={new.pk}&only=changed" if rows else "",
        )


def label_of(name: str) -> str:
    """Return the Chinese name of a field, of whatever act speaks of it."""
    try:
        return field_label(name)
    except FieldDoesNotExist:
        return _OTHER.get(name, name)


_OTHER = {"evidence": "证明材料", "document": "文号", "reason": "事由"}
