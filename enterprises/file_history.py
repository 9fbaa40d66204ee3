"""时间线: what happened to a unit, from the rows themselves and then from the trail.

A survey, a document or a change of status may come with an import or another bulk act,
whose one event stands for all its rows: what leaves a row is told from the row, and the
trail tells the rest.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from django.urls import reverse
from django.utils import timezone

from enterprises.file_changes import label_of
from enterprises.models import Enterprise, ImportedChange, Placement, Survey
from enterprises.resources import STORED
from gridinspect.audit.services import history
from gridinspect.audit.verbs import act_name
from gridinspect.ui.registry import TimelineEntry

MOST = 1000  # the newest acts of a unit that are looked at
_KINDS = {
    "survey": "采集",
    "material": "材料",
    "case": "案件",
    "arrears": "工资社保",
    "grade": "等级与重点",
    "worker": "用工",
}
_told: set[str] = set()


def rows_tell_of(*verbs: str) -> None:
    """Say which acts on a unit its timeline shows from their rows, not from the trail.

    The room that owns the rows gives a provider to `timeline` for them.
    """
    _told.update(verbs)


rows_tell_of(
    "survey.submitted",
    "material.added",
    "material.voided",
    "enterprise.paper_moved",
    "enterprise.status_proposed",
    "enterprise.handover_proposed",
    "enterprise.handover_returned",
    "enterprise.handover_withdrawn",
    "enterprise.merged",
    "enterprise.separated",
)


def happened(unit: Enterprise) -> Iterator[TimelineEntry]:
    """Tell what happened to the file of a unit. Eleven queries."""
    events = list(history(unit)[:MOST])
    said = {
        (name, str(day))
        for event in events
        for name, day in (event.data.get("effective") or {}).items()
    }
    return chain(
        _acts(event for event in events if event.verb not in _told),
        _opened(unit, events),
        _surveys(unit),
        _imports(unit),
        _moves(unit, said),
        _statuses(unit, said),
        _materials(unit),
        _paper_places(unit),
        _proposals(unit),
        _handovers(unit),
        _mergers(unit),
    )


# --- from the trail -------------------------------------------------------------------


def _acts(events: Iterable[Any]) -> Iterator[TimelineEntry]:
    for event in events:
        yield TimelineEntry(
            event.at,
            act_name(event.verb),
            event.actor_name,
            note=_details(event.data),
            kind=_KINDS.get(event.verb.partition(".")[0], "档案"),
        )


def _details(data: dict[str, Any]) -> str:
    """Return the changes of an act field by field, or its reason."""
    before, after = data.get("before"), data.get("after")
    if not before or not after:
        return str(data.get("reason", ""))
    days = data.get("effective") or {}
    changes = [
        f"{label_of(name)}：{before.get(name) or '空'} → {words or '空'}"
        + (f"（自 {day}）" if (day := days.get(name)) else "")
        for name, words in after.items()
    ]
    return "；".join(changes)


# --- from rows ------------------------------------------------------------------------


def _opened(unit: Enterprise, events: Iterable[Any]) -> Iterator[TimelineEntry]:
    if any(event.verb == "enterprise.registered" for event in events):
        return
    yield TimelineEntry(
        unit.recorded_at,
        act_name("enterprise.registered"),
        str(unit.recorded_by),
        note=f"来源：{unit.get_source_display()}",
        kind="档案",
    )


def _surveys(unit: Enterprise) -> Iterator[TimelineEntry]:
    rows = Survey.objects.final().filter(enterprise=unit)
    for row in rows.select_related("collected_by", "recorded_by__person"):
        at = f"{timezone.localtime(row.recorded_at):%Y-%m-%d %H:%M}"
        late = f"，迟录 {days} 天" if (days := row.days_late) > 0 else ""
        yield TimelineEntry(
            row.surveyed_on,
            f"调查登记表（{row.get_method_display()}）",
            str(row.collected_by or row.recorded_by),
            reverse("enterprises:survey", args=[row.pk]),
            f"{row.recorded_by}录入于 {at}{late}"
            f"{'' if row.is_complete else '，不完整'}",
            kind="采集",
        )


def _imports(unit: Enterprise) -> Iterator[TimelineEntry]:
    rows = ImportedChange.objects.filter(enterprise=unit).select_related(
        "batch__owner__person"
    )
    for row in rows.order_by("-pk")[:MOST]:
        batch = row.batch
        undone = "（已撤销）" if batch.state == batch.State.UNDONE else ""
        words = [
            f"{label_of(STORED.get(name, name))}：{old or '空'} → {new or '空'}"
            for name, (old, new) in row.changes.items()
        ]
        yield TimelineEntry(
            batch.applied_at or batch.created_at,
            f"导入：{batch.original_name}{undone}",
            str(batch.owner),
            note="；".join(words),
            kind="导入",
        )


def _moves(unit: Enterprise, said: set[tuple[str, str]]) -> Iterator[TimelineEntry]:
    rows = Placement.objects.filter(enterprise=unit).select_related(
        "grid", "placed_by__person"
    )
    for row in rows.order_by("since", "pk"):
        if ("grid", str(row.since)) in said:
            continue
        yield TimelineEntry(
            row.since,
            f"归入{row.grid}",
            str(row.placed_by or ""),
            note=row.reason or f"判定方法：{row.get_method_display()}",
            kind="归属与状态",
        )


def _statuses(unit: Enterprise, said: set[tuple[str, str]]) -> Iterator[TimelineEntry]:
    rows = unit.status_periods.select_related("recorded_by__person")
    for row in rows.order_by("since", "pk"):
        if ("status", str(row.since)) in said:
            continue
        yield TimelineEntry(
            row.since,
            f"状态：{row.get_status_display()}",
            str(row.recorded_by or ""),
            note=row.reason,
            kind="归属与状态",
        )


def _materials(unit: Enterprise) -> Iterator[TimelineEntry]:
    rows = unit.materials.select_related("recorded_by__person", "voided_by__person")
    url = f"{unit.get_absolute_url()}?tab=materials"
    for row in rows:
        yield TimelineEntry(
            row.recorded_at,
            f"归入材料：{row}（{row.get_kind_display()}，{row.pages} 页）",
            str(row.recorded_by),
            url,
            kind="材料",
        )
        if row.voided_at:
            yield TimelineEntry(
                row.voided_at,
                f"作废材料：{row}",
                str(row.voided_by),
                url,
                row.void_reason,
                kind="材料",
            )


def _paper_places(unit: Enterprise) -> Iterator[TimelineEntry]:
    for row in unit.paper_places.select_related("moved_by__person"):
        yield TimelineEntry(
            row.moved_on,
            f"纸质档案移入 {row}",
            str(row.moved_by),
            note=row.reason,
            kind="材料",
        )


def _proposals(unit: Enterprise) -> Iterator[TimelineEntry]:
    rows = unit.status_proposals.select_related(
        "proposed_by__person", "decided_by__person"
    )
    for row in rows:
        what = f"状态变更建议：{row.get_status_display()}"
        origin = f"（{row.origin}）" if row.origin else ""
        yield TimelineEntry(
            row.proposed_at,
            what,
            str(row.proposed_by),
            note=f"{row.reason}{origin}",
            kind="归属与状态",
        )
        if row.decided_at:
            yield TimelineEntry(
                row.decided_at,
                f"{what}，{row.get_state_display()}",
                str(row.decided_by),
                note=row.answer,
                kind="归属与状态",
            )


def _handovers(unit: Enterprise) -> Iterator[TimelineEntry]:
    """Tell of hand-overs; taking one in changes the grid, which the trail tells."""
    rows = unit.handovers.select_related(
        "from_district", "to_district", "proposed_by__person", "decided_by__person"
    )
    for row in rows:
        what, url = f"移交{row.to_district}", row.get_absolute_url()
        by, kind = str(row.proposed_by), "归属与状态"
        yield TimelineEntry(
            row.proposed_at, f"提出{what}", by, url, row.reason, kind=kind
        )
        if row.decided_at and row.state != row.State.ACCEPTED:
            words, by = f"{what}：{row.get_state_display()}", str(row.decided_by)
            yield TimelineEntry(row.decided_at, words, by, url, row.answer, kind=kind)


def _mergers(unit: Enterprise) -> Iterator[TimelineEntry]:
    rows = unit.mergers.select_related("merged", "made_by__person", "undone_by__person")
    for row in rows:
        words, url = f"并入“{row.merged}”的档案", row.get_absolute_url()
        yield TimelineEntry(
            row.made_at, words, str(row.made_by), url, row.reason, kind="档案"
        )
        if row.undone_at:
            yield TimelineEntry(
                row.undone_at,
                f"撤销{words}",
                str(row.undone_by),
                url,
                kind="档案",
            )
