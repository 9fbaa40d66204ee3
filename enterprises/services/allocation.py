"""批量归格: trying, applying and undoing the allocation of a district's units."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from enterprises.allocation import AUTOMATIC, METHODS
from enterprises.models import (
    AllocationLine,
    AllocationRun,
    Doubt,
    Enterprise,
    Placement,
)
from enterprises.services.placing import Move, Seat, place_units, seats_of, take_back
from enterprises.services.trials import Decided, Progress, Trial, silent, try_out
from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.imports.staging import insert_rows, update_rows
from gridinspect.jobs.models import Job
from gridinspect.jobs.services import enqueue
from grids.models import Grid
from grids.services.guard import lock_district

State = AllocationRun.State
Outcome = AllocationLine.Outcome


class Refused(ValidationError):
    """The run may not go that way; the message says why, in Chinese."""

    def __str__(self) -> str:
        return self.messages[0]


class Outdated(Exception):
    """Something changed after the trial: it has to be looked at again."""


# --- a run ----------------------------------------------------------------------------


@transaction.atomic
def start_run(*, district: Grid, on: date, with_hand: bool, by: User) -> AllocationRun:
    """Begin a run: a job tries it out and shows what would change. Raises Refused."""
    if on > timezone.localdate():
        raise Refused({"on": f"生效日期 {on} 晚于今天，请改为今天或以前的日期。"})
    if on < district.opened_on:
        raise Refused(
            {"on": f"生效日期 {on} 早于区县的启用日期 {district.opened_on}。"}
        )
    lock_district(district.pk)
    begun = AllocationRun.objects.filter(
        district=district, state__in=(State.CHECKING, State.APPLYING)
    )
    if any(run.is_busy for run in begun.select_related("job")):
        raise Refused(f"“{district}”已有一次批量归格正在进行，请等它结束。")
    # An older trial that nobody applied is no longer true once a new one is asked for.
    waiting = AllocationRun.objects.filter(district=district, state=State.READY)
    waiting.update(state=State.DISCARDED)
    run = AllocationRun.objects.create(
        district=district, on=on, with_hand=with_hand, made_by=by
    )
    run.job = _ask("allocation.check", "试算批量归格", run, by)
    run.save(update_fields=["job"])
    return run


def _ask(kind: str, title: str, run: AllocationRun, by: User, key: str = "") -> Job:
    return enqueue(
        kind,
        by=by,
        title=f"{title}：{run.district}（{run.on}）",
        path=run.district.path,
        params={"run": run.pk},
        key=key or None,
    )


def check_run(
    run: AllocationRun,
    *,
    progress: Progress = silent,
    finishing: Callable[[], AbstractContextManager[Any]] = nullcontext,
    message: str = "",
) -> AllocationRun:
    """Try a run out and keep its lines, to be looked at."""
    trial = try_out(run, progress=progress)
    with transaction.atomic(), finishing():
        run.lines.all().delete()
        insert_rows(
            AllocationLine,
            [
                "run_id", "enterprise_id", "outcome", "old_id", "new_id", "method",
                "confidence", "reason", "candidates",
            ],
            _line_rows(run, trial),
        )  # fmt: skip
        run.state, run.message = State.READY, message
        run.counts, run.digest = trial.counts, trial.digest
        run.save(update_fields=["state", "message", "counts", "digest"])
    return run


def _line_rows(run: AllocationRun, trial: Trial) -> Iterator[tuple[Any, ...]]:
    for one in trial.decided:
        verdict = one.verdict
        yield (
            run.pk,
            one.seat.unit,
            str(one.outcome),
            one.seat.grid,
            verdict.grid,
            str(verdict.method),
            str(verdict.confidence),
            verdict.reason[:400],
            "{" + ",".join(map(str, verdict.candidates)) + "}",
        )


@transaction.atomic
def confirm_run(*, run: AllocationRun, digest: str, by: User) -> AllocationRun:
    """Queue what the trial showed; a second press changes nothing. Raises Refused."""
    run = _locked(run)
    if run.state == State.APPLYING:
        return run
    if run.state != State.READY:
        raise Refused(f"这次批量归格{run.get_state_display()}，不能再执行。")
    if digest != run.digest:
        raise Refused("试算结果已更新，请核对后再执行。")
    key = f"allocation.apply:{run.pk}:{digest}"
    run.job = _ask("allocation.apply", "批量归格", run, by, key)
    run.state = State.APPLYING
    run.save(update_fields=["state", "job"])
    return run


@transaction.atomic
def discard_run(*, run: AllocationRun, by: User) -> None:
    """Give a trial up; nothing was written. Raises Refused."""
    run = _locked(run)
    if run.state not in (State.READY, State.FAILED) and not run.is_broken_off:
        raise Refused(f"这次批量归格{run.get_state_display()}，不能放弃。")
    run.state = State.DISCARDED
    run.save(update_fields=["state"])
    run.lines.all().delete()


def fail_run(run: AllocationRun, message: str) -> None:
    """Note that the job behind a run came to no good end."""
    busy = AllocationRun.objects.filter(
        pk=run.pk, state__in=(State.CHECKING, State.APPLYING)
    )
    busy.update(state=State.FAILED, message=message[:300])


def _locked(run: AllocationRun) -> AllocationRun:
    runs = AllocationRun.objects.select_for_update(of=["self"])
    return runs.select_related("district").get(pk=run.pk)


@transaction.atomic
def apply_run(
    *,
    run: AllocationRun,
    by: User,
    finishing: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> AllocationRun:
    """Move the units as the trial showed it, all or none, in one transaction.

    It is tried out again under the locks; if that gives anything else, Outdated is
    raised and nothing is written. One event in the trail carries every unit.
    """
    lock_district(run.district_id)
    run = _locked(run)
    if run.state not in (State.READY, State.APPLYING):
        raise Refused(f"这次批量归格{run.get_state_display()}，不能再执行。")
    units = Enterprise.objects.filter(district=run.district).order_by("pk")
    list(units.select_for_update(of=["self"]).values_list("pk", flat=True))
    trial = try_out(run)
    if trial.digest != run.digest:
        raise Outdated
    moves = [_move_of(one) for one in trial.of(Outcome.MOVED, Outcome.KEPT)]
    keys = place_units(moves, on=run.on, by=by)
    _note_befores(run, moves, keys)
    _keep_doubts(run, trial)
    run.state, run.applied_at, run.message = State.APPLIED, timezone.now(), ""
    run.save(update_fields=["state", "applied_at", "message"])
    codes = dict(Grid.objects.filter(district=run.district).values_list("pk", "code"))
    record(
        "enterprise.allocated",
        by=by,
        target=run,
        rows=[
            [
                one.seat.unit,
                codes[one.seat.grid],
                codes.get(one.verdict.grid or 0),
                str(one.verdict.method),
            ]
            for one in trial.of(Outcome.MOVED, Outcome.OPEN)
        ],
        on=run.on,
        counts=in_words(trial.counts),
    )
    with finishing():
        pass
    return run


def _move_of(one: Decided) -> Move:
    verdict = one.verdict
    assert verdict.grid is not None  # noqa: S101 - for the type checker
    return Move(
        seat=one.seat,
        grid=verdict.grid,
        method=str(verdict.method),
        confidence=str(verdict.confidence),
        reason=verdict.reason[:400],
    )


def _note_befores(run: AllocationRun, moves: list[Move], keys: dict[int, int]) -> None:
    """Keep on each line what stood before, and the placement that stands now."""
    befores = {move.seat.unit: move.seat for move in moves}
    lines = run.lines.filter(enterprise__in=befores).values_list("pk", "enterprise")
    update_rows(
        AllocationLine,
        ["before", "placement"],
        [(pk, befores[unit].as_json(), keys[unit]) for pk, unit in lines],
    )


def in_words(counts: dict[str, int]) -> dict[str, int]:
    """Return the counts of a run under their Chinese names."""
    names = {
        "units": "参加判定",
        **dict(Outcome.choices),
        "hand": "人工确定未动",
        "remembered": "已有人工决定未动",
    }
    names |= {str(method): METHODS[method] for method in AUTOMATIC}
    return {names[key]: counts[key] for key in names if counts.get(key)}


def told(counts: dict[str, int]) -> str:
    """Return the counts of a run in one line."""
    return "，".join(f"{name} {count:,} 户" for name, count in in_words(counts).items())


def _keep_doubts(run: AllocationRun, trial: Trial) -> None:
    """Put new doubts on the list, and take off it what is settled by now."""
    open_now = dict(
        Doubt.objects.open()
        .filter(enterprise__district=run.district)
        .values_list("enterprise", "pk")
    )
    doubtful = {one.seat.unit: one for one in trial.of(Outcome.OPEN)}
    settled = [pk for unit, pk in open_now.items() if unit not in doubtful]
    Doubt.objects.filter(pk__in=settled).update(
        settled_at=timezone.now(), settled_run=run
    )
    again = Doubt.objects.filter(pk__in=set(open_now.values()) - set(settled))
    changed = []
    for doubt in again:
        one = doubtful[doubt.enterprise_id]
        doubt.candidates = list(one.verdict.candidates)
        doubt.reason, doubt.key = one.verdict.reason[:400], one.key[:400]
        changed.append(doubt)
    Doubt.objects.bulk_update(changed, ["candidates", "reason", "key"], 1000)
    Doubt.objects.bulk_create(
        (
            Doubt(
                enterprise_id=unit,
                run=run,
                key=one.key[:400],
                candidates=list(one.verdict.candidates),
                reason=one.verdict.reason[:400],
            )
            for unit, one in doubtful.items()
            if unit not in open_now
        ),
        1000,
    )


# --- undoing --------------------------------------------------------------------------


@transaction.atomic
def undo_run(*, run: AllocationRun, by: User) -> int:
    """Put the units of a run back; return how many. Raises Refused.

    Only while nothing has been built on it: each unit must still be where, and as, the
    run placed it.
    """
    lock_district(run.district_id)
    run = _locked(run)
    if run.state != State.APPLIED:
        raise Refused(f"这次批量归格{run.get_state_display()}，没有可以撤销的。")
    lines = {
        line.enterprise_id: line
        for line in run.lines.exclude(before=None).select_related("enterprise")
    }
    units = Enterprise.objects.filter(pk__in=lines).order_by("pk")
    list(units.select_for_update(of=["self"]).values_list("pk", flat=True))
    seats = seats_of(Placement.objects.filter(enterprise__in=lines))
    _require_untouched(run, lines, seats)
    moved = [line for line in lines.values() if line.outcome == Outcome.MOVED]
    _require_open([line.old_id for line in moved])
    take_back(
        {
            unit: line.before or {}
            for unit, line in lines.items()
            if _is_as_left(line, seats.get(unit))
        },
        seats,
    )
    Doubt.objects.open().filter(run=run).delete()
    reopened = Doubt.objects.filter(settled_run=run).exclude(
        Q(enterprise__in=Doubt.objects.open().values("enterprise"))
    )
    reopened.update(settled_at=None, settled_run=None)
    run.state, run.undone_at, run.undone_by = State.UNDONE, timezone.now(), by
    run.save(update_fields=["state", "undone_at", "undone_by"])
    record(
        "enterprise.allocation_undone",
        by=by,
        target=run,
        rows=[[line.enterprise_id, line.new_id, line.old_id] for line in moved],
        count=len(moved),
        on=run.on,
    )
    return len(moved)


def _is_as_left(line: AllocationLine, seat: Seat | None) -> bool:
    """Tell whether a unit's placement is still the one that the run made."""
    return (
        seat is not None
        and (seat.key, seat.grid) == (line.placement, line.new_id)
        and (seat.method, seat.reason) == (line.method, line.reason)
    )


def _require_untouched(
    run: AllocationRun, lines: dict[int, AllocationLine], seats: dict[int, Seat]
) -> None:
    """Refuse when a moved unit was placed anew, and say which and by what."""
    built = [
        line
        for unit, line in lines.items()
        if line.outcome == Outcome.MOVED and not _is_as_left(line, seats.get(unit))
    ]
    if not built:
        return
    later = AllocationRun.objects.filter(
        district=run.district, state=State.APPLIED, applied_at__gt=run.applied_at
    )
    first = later.filter(
        lines__enterprise__in=[line.enterprise_id for line in built]
    ).first()
    names = "、".join(f"“{line.enterprise}”" for line in built[:3])
    what = f"（其中有 {first.on} 起的另一次批量归格，请先撤销它）" if first else ""
    raise Refused(
        f"执行之后又有 {len(built)} 户单位改了归属，如{names}{what}，"
        "不能整批撤销，请逐户调整。"
    )


def _require_open(grids: list[int]) -> None:
    closed = Grid.objects.filter(pk__in=set(grids)).exclude(closed_on=None).first()
    if closed:
        raise Refused(
            f"原网格“{closed}”已于 {closed.closed_on} 停用，不能撤销，请逐户调整。"
        )
