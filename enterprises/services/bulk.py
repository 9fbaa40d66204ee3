"""批量处理: one act on many units, as one event, and the way back."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from enterprises.allocation import Confidence, Method
from enterprises.models import BulkAct, Enterprise, Handover, Placement, StatusPeriod
from enterprises.services.files import Refused
from enterprises.services.placing import Move, place_units, seats_of, take_back
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents.attachments import attach
from gridinspect.jobs.services import enqueue
from grids.models import Grid
from grids.services.figures import mark_all_dirty, note_entry
from grids.services.tasks import assign_tasks

JOB = "enterprises.bulk"
AT_ONCE = 500  # units; more is work for a job
MOST = 20_000
Kind, State = BulkAct.Kind, BulkAct.State
Progress = Callable[[int, int, str], None]


def digest_of(units: Sequence[tuple[int, int]]) -> str:
    """Return what tells whether these units are as they were shown."""
    return hashlib.sha256(json.dumps(sorted(units)).encode()).hexdigest()[:32]


@transaction.atomic
def start_act(
    *,
    kind: str,
    district: Grid,
    units: Sequence[tuple[int, int]],
    given: dict[str, Any],
    title: str,
    by: User,
    evidence: Any = None,
) -> BulkAct:
    """Do something with many units; `units` are (key, edition that was shown).

    Up to AT_ONCE at once, more by a job. Nothing is written when one of them was
    changed meanwhile or does not fit. Raises Refused.
    """
    if not units:
        raise Refused("没有选中可以处理的单位。")
    if len(units) > MOST:
        raise Refused(f"一次最多处理 {MOST:,} 户，请缩小查询范围后分批处理。")
    act = BulkAct.objects.create(
        district=district,
        kind=kind,
        title=title[:300],
        given=given,
        units=[list(unit) for unit in units],
        count=len(units),
        evidence=(
            attach(
                upload=evidence,
                path=district.path,
                by=by,
                permission=Permission.ENTERPRISE_VIEW,
            )
            if evidence
            else None
        ),
        made_by=by,
    )
    if len(units) <= AT_ONCE:
        perform(act, by=by)
        return act
    act.job = enqueue(
        JOB,
        by=by,
        title=act.title[:100],
        path=district.path,
        params={"act": act.pk},
        key=f"{JOB}:{act.pk}",
    )
    act.save(update_fields=["job"])
    return act


@transaction.atomic
def perform(act: BulkAct, *, by: User, progress: Progress | None = None) -> None:
    """Do what was asked for, all of it or nothing. Raises Refused."""
    act = BulkAct.objects.select_for_update(of=["self"]).get(pk=act.pk)
    if act.state != State.WAITING:
        return
    seen = dict(act.units)
    units = list(
        Enterprise.objects.filter(pk__any_of=list(seen), district=act.district_id)
        .select_for_update(of=["self"])
        .select_related("grid")
        .defer("grams")
        .order_by("pk")
    )
    _require_as_seen(units, seen)
    if progress:
        progress(0, len(units), "正在处理，请稍候。")
    doing = {Kind.GRID: _to_grid, Kind.STATUS: _to_status, Kind.TASKS: _to_tasks}
    act.units = doing[Kind(act.kind)](act, units, by)
    act.state = State.DONE
    act.save(update_fields=["units", "state"])
    note_entry(by.person, timezone.localdate())
    record(
        "enterprise.bulk_done",
        by=by,
        target=act,
        rows=[[unit.pk, unit.name] for unit in units],
        what=act.title,
        count=len(units),
    )


def _require_as_seen(units: list[Enterprise], seen: dict[int, int]) -> None:
    changed = [unit.name for unit in units if unit.edition != seen[unit.pk]]
    missing = len(seen) - len(units)
    if not changed and not missing:
        return
    named = "、".join(f"“{name}”" for name in changed[:3])
    such = f"，如{named}" if named else ""
    raise Refused(
        f"提交以后有 {len(changed) + missing} 户单位被他人修改{such}，"
        "没有写入任何数据，请重新查询核对。"
    )


# --- grid -----------------------------------------------------------------------------


def _to_grid(act: BulkAct, units: list[Enterprise], by: User) -> list[Any]:
    grid = Grid.objects.get(pk=act.given["grid"])
    since = date.fromisoformat(act.given["since"])
    if grid.closed_on or since < grid.opened_on or since > timezone.localdate():
        raise Refused(f"“{grid}”在 {since} 不是启用的网格，或日期晚于今天。")
    if grid.district_id != act.district_id:
        raise Refused(f"“{grid}”在另一区县，请办理移交。")
    seats = seats_of(Placement.objects.filter(enterprise__in=units))
    moves = [
        Move(
            seat=seats[unit.pk],
            grid=grid.pk,
            method=Method.HAND,
            confidence=Confidence.HIGH,
            reason=f"批量归格：{act.given['reason']}",
        )
        for unit in units
        if unit.grid_id != grid.pk
    ]
    if not moves:
        raise Refused(f"所选单位都已在“{grid}”。")
    place_units(moves, on=since, by=by)
    return [
        [move.seat.unit, _edition(units, move.seat.unit) + 1, move.seat.as_json()]
        for move in moves
    ]


def _edition(units: list[Enterprise], key: int) -> int:
    return next(unit.edition for unit in units if unit.pk == key)


def _grid_back(act: BulkAct) -> None:
    befores = {key: json.loads(seat) for key, _, seat in act.units}
    closed = Grid.objects.filter(pk__in={seat["grid"] for seat in befores.values()})
    if gone := closed.exclude(closed_on=None).first():
        raise Refused(f"原网格“{gone}”已停用，不能撤销，请逐户调整。")
    seats = seats_of(Placement.objects.filter(enterprise__in=befores))
    take_back(befores, seats)


# --- status ---------------------------------------------------------------------------


def _to_status(act: BulkAct, units: list[Enterprise], by: User) -> list[Any]:
    status, since = act.given["status"], date.fromisoformat(act.given["since"])
    if since > timezone.localdate():
        raise Refused(f"发生日期 {since} 晚于今天，请改正。")
    units = [unit for unit in units if unit.status != status]
    if not units:
        raise Refused("所选单位已经都是这个状态。")
    open_now = {
        one.enterprise_id: one
        for one in StatusPeriod.objects.filter(enterprise__in=units, until=None)
    }
    early = [unit.name for unit in units if since < open_now[unit.pk].since]
    if early:
        raise Refused(
            f"有 {len(early)} 户的现状态晚于 {since} 才开始，如“{early[0]}”，"
            "请改日期或去掉这些单位。"
        )
    same = [one for one in open_now.values() if one.since == since]
    StatusPeriod.objects.filter(pk__in=[one.pk for one in same]).delete()
    StatusPeriod.objects.filter(
        pk__in=[one.pk for one in open_now.values() if one.since < since]
    ).update(until=since)
    made = StatusPeriod.objects.bulk_create(
        [
            StatusPeriod(
                enterprise=unit,
                status=status,
                since=since,
                reason=act.given["reason"],
                recorded_by=by,
                evidence_id=act.evidence_id,
                replaced=_kept(open_now[unit.pk])
                if open_now[unit.pk] in same
                else None,
            )
            for unit in units
        ],
        2000,
    )
    keys = [unit.pk for unit in units]
    _set_statuses({status: keys})
    _mark(keys, since)
    return [
        [unit.pk, unit.edition + 1, unit.status, period.pk]
        for unit, period in zip(units, made, strict=True)
    ]


def _kept(period: StatusPeriod) -> dict[str, Any]:
    return {
        "status": period.status,
        "since": str(period.since),
        "reason": period.reason,
        "recorded_by_id": period.recorded_by_id,
        "evidence_id": period.evidence_id,
        "replaced": period.replaced,
    }


def _set_statuses(by_status: dict[str, list[int]]) -> None:
    for status, keys in by_status.items():
        Enterprise.objects.filter(pk__any_of=keys).update(
            status=status, edition=F("edition") + 1, changed_at=timezone.now()
        )


def _mark(keys: list[int], since: date) -> None:
    placed = Placement.objects.filter(
        Q(until=None) | Q(until__gt=since), enterprise__in=keys
    )
    mark_all_dirty(placed.values_list("grid", flat=True).distinct(), since)


def _status_back(act: BulkAct) -> None:
    since = date.fromisoformat(act.given["since"])
    made = StatusPeriod.objects.filter(pk__in=[row[3] for row in act.units])
    replaced = dict(made.exclude(replaced=None).values_list("enterprise", "replaced"))
    made.delete()
    keys = [row[0] for row in act.units]
    StatusPeriod.objects.filter(enterprise__in=keys, until=since).exclude(
        enterprise__in=replaced
    ).update(until=None)
    StatusPeriod.objects.bulk_create(
        StatusPeriod(enterprise_id=key, **(values or {}))
        for key, values in replaced.items()
    )
    by_status: dict[str, list[int]] = defaultdict(list)
    for key, _, status, _ in act.units:
        by_status[status].append(key)
    _set_statuses(by_status)
    _mark(keys, since)


# --- tasks ----------------------------------------------------------------------------


def _to_tasks(act: BulkAct, units: list[Enterprise], by: User) -> list[Any]:
    assign_tasks(
        title=act.given["title"],
        to=[(unit.grid, None) for unit in units],
        due_on=date.fromisoformat(act.given["due_on"]),
        by=by,
        detail=act.given["detail"],
        about=units,
    )
    return [[unit.pk, unit.edition] for unit in units]


# --- undoing --------------------------------------------------------------------------


def why_not_undone(act: BulkAct) -> str:
    """Return why a bulk act cannot be taken back; "" when it can."""
    if act.state != State.DONE:
        return f"这次批量处理{act.get_state_display()}。"
    if act.kind == Kind.TASKS:
        return "派发的任务请在“任务”中逐项处理。"
    left = {row[0]: row[1] for row in act.units}
    now = dict(
        Enterprise.objects.filter(pk__any_of=list(left)).values_list("pk", "edition")
    )
    changed = [key for key, edition in left.items() if now.get(key) != edition]
    gone = Handover.objects.filter(
        enterprise__in=left, state=Handover.State.ACCEPTED, decided_at__gt=act.made_at
    )
    if changed or gone.exists():
        return f"处理以后有 {len(changed)} 户单位又有修改，不能整批撤销，请逐户更正。"
    return ""


@transaction.atomic
def undo_act(*, act: BulkAct, by: User) -> BulkAct:
    """Take a bulk act back, while nothing has been built on it. Raises Refused."""
    act = BulkAct.objects.select_for_update(of=["self"]).get(pk=act.pk)
    keys = [row[0] for row in act.units]
    units = Enterprise.objects.filter(pk__any_of=keys).order_by("pk")
    list(units.select_for_update(of=["self"]).values_list("pk", flat=True))
    if why := why_not_undone(act):
        raise Refused(why)
    if act.kind == Kind.GRID:
        _grid_back(act)
    else:
        _status_back(act)
    act.state, act.undone_by, act.undone_at = State.UNDONE, by, timezone.now()
    act.save(update_fields=["state", "undone_by", "undone_at"])
    record(
        "enterprise.bulk_undone",
        by=by,
        target=act,
        rows=keys,
        what=act.title,
        count=len(keys),
    )
    return act


def fail_act(act: BulkAct, message: str) -> None:
    """Note that the job behind an act came to no good end."""
    BulkAct.objects.filter(pk=act.pk, state=State.WAITING).update(
        state=State.FAILED, message=message[:300]
    )
