"""移交: a unit goes to another district once that district takes it in."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from enterprises.allocation import Confidence, Method
from enterprises.models import (
    Enterprise,
    Handover,
    Placement,
    StatusProposal,
)
from enterprises.services.files import (
    FILE_FIELDS,
    EditedMeanwhile,
    Refused,
    field_label,
    in_words,
)
from enterprises.services.status import kept_evidence
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents.attachments import attach
from grids.models import Grid
from grids.services.figures import mark_all_dirty, note_entry

State = Handover.State
Follower = Callable[[Handover, User], None]
_followers: list[Follower] = []


def goes_along(follower: Follower) -> Follower:
    """Register what a room does when a unit has gone to another district.

    Called within the transaction, after unit and placement have changed. Rows that
    are found through the unit's grid need nothing; a copy of the district does.
    """
    if follower not in _followers:
        _followers.append(follower)
    return follower


@transaction.atomic
def propose_handover(
    *,
    unit: Enterprise,
    to_district: Grid,
    on: date,
    reason: str,
    by: User,
    address: str = "",
    evidence: Any = None,
    edition: int | None = None,
) -> Handover:
    """Offer a unit to another district; until it is taken in, it stays. Raises Refused.

    `on` is the day of the move. Raises EditedMeanwhile as `change_enterprise` does.
    """
    unit = _locked(unit)
    if edition is not None and unit.edition != edition:
        raise EditedMeanwhile(unit)
    if to_district.district_id == unit.district_id:
        raise Refused({"to": "单位就在这个区县，区县内调整网格请用“修改”。"})
    if unit.handovers.waiting().exists():
        raise Refused("该单位已有一次移交待对方接收，请等对方处理或先撤回。")
    if on > timezone.localdate():
        raise Refused({"on": f"迁移日期 {on} 晚于今天，请在迁移后再移交。"})
    begun = unit.placements.get(until=None).since
    if on < begun:
        raise Refused({"on": f"迁移日期不能早于现归属的起始日期 {begun}。"})
    if not reason.strip():
        raise Refused({"reason": "请写明移交的原因。"})
    handover = Handover.objects.create(
        enterprise=unit,
        from_district_id=unit.district_id,
        from_grid_id=unit.grid_id,
        to_district=to_district,
        on=on,
        reason=reason.strip(),
        address=address.strip(),
        evidence=kept_evidence(unit, evidence, by),
        evidence_there=(
            attach(
                upload=evidence,
                path=to_district.path,
                by=by,
                permission=Permission.ENTERPRISE_VIEW,
            )
            if evidence
            else None
        ),
        proposed_by=by,
    )
    record(
        "enterprise.handover_proposed",
        by=by,
        target=unit,
        to=str(to_district),
        on=on,
        reason=handover.reason,
    )
    return handover


@transaction.atomic
def accept_handover(
    *, handover: Handover, grid: Grid, since: date, by: User, answer: str = ""
) -> Handover:
    """Take a unit into a grid of one's own district, from a day on. Raises Refused.

    Surveys and everything else of the file go along; what the giving district goes on
    reading is kept as it stands now.
    """
    handover = _open(handover)
    unit = _locked(handover.enterprise)
    _require_fits(handover, unit, grid, since)
    old_grid = unit.grid
    handover.snapshot = snapshot_of(unit)
    last = unit.placements.get(until=None)
    if since == last.since:
        last.delete()
    else:
        last.until = since
        last.save(update_fields=["until"])
    before = {"grid": f"{handover.from_district} {old_grid.name}"}
    unit.grid, unit.district_id = grid, grid.district_id
    if handover.address:
        before["address"] = unit.address
        unit.address = handover.address
    unit.edition += 1
    _save(unit)
    Placement.objects.create(
        enterprise=unit,
        district_id=grid.district_id,
        grid=grid,
        since=since,
        method=Method.HAND,
        confidence=Confidence.HIGH,
        reason=f"自{handover.from_district}移交接收",
        placed_by=by,
    )
    StatusProposal.objects.waiting().filter(enterprise=unit).update(
        district=grid.district_id
    )
    unit.doubts.open().update(grid=grid, settled_at=timezone.now(), settled_by=by)
    handover.state, handover.to_grid, handover.since = State.ACCEPTED, grid, since
    _decide(handover, by, answer)
    for follower in _followers:
        follower(handover, by)
    mark_all_dirty({old_grid.pk, grid.pk}, since)
    note_entry(by.person, timezone.localdate())
    record(
        "enterprise.handover_accepted",
        by=by,
        target=unit,
        before=before,
        after={"grid": f"{grid.district} {grid.name}"}
        | ({"address": unit.address} if handover.address else {}),
        effective={"grid": since},
        edition=unit.edition,
    )
    return handover


@transaction.atomic
def return_handover(*, handover: Handover, answer: str, by: User) -> Handover:
    """Send a unit back with a reason; it has never left. Raises Refused."""
    handover = _open(handover)
    if not answer.strip():
        raise Refused({"answer": "退回的，请写明理由。"})
    handover.state = State.RETURNED
    _decide(handover, by, answer)
    record(
        "enterprise.handover_returned",
        by=by,
        target=handover.enterprise,
        by_district=str(handover.to_district),
        reason=answer.strip(),
    )
    return handover


@transaction.atomic
def withdraw_handover(*, handover: Handover, by: User) -> Handover:
    """Take back an offer that nobody has answered. Raises Refused."""
    handover = _open(handover)
    handover.state = State.WITHDRAWN
    _decide(handover, by, "")
    record("enterprise.handover_withdrawn", by=by, target=handover.enterprise)
    return handover


def _open(handover: Handover) -> Handover:
    rows = Handover.objects.select_for_update(of=["self"]).select_related(
        "enterprise__grid", "from_district", "to_district"
    )
    handover = rows.get(pk=handover.pk)
    if handover.state != State.WAITING:
        raise Refused(f"这次移交{handover.get_state_display()}，不能再处理。")
    return handover


def _locked(unit: Enterprise) -> Enterprise:
    units = Enterprise.objects.select_for_update(of=["self"]).select_related("grid")
    return units.get(pk=unit.pk)


def _decide(handover: Handover, by: User, answer: str) -> None:
    handover.decided_by, handover.decided_at = by, timezone.now()
    handover.answer = answer.strip()
    handover.save()


def _require_fits(
    handover: Handover, unit: Enterprise, grid: Grid, since: date
) -> None:
    if grid.district_id != handover.to_district_id:
        raise Refused({"grid": f"“{grid}”不在{handover.to_district}，请重新选择。"})
    if since > timezone.localdate():
        raise Refused({"since": f"归属变更日期 {since} 晚于今天，请改正。"})
    if grid.closed_on or since < grid.opened_on:
        raise Refused(
            {"grid": f"“{grid}”在 {since} 不是启用的网格，请选择别的网格或日期。"}
        )
    begun = unit.placements.get(until=None).since
    if since < begun:
        raise Refused({"since": f"日期不能早于现归属的起始日期 {begun}。"})
    twin = Enterprise.objects.filter(district=grid.district_id, uscc=unit.uscc or "")
    if other := twin.first():
        raise Refused(
            f"本区县已有同一信用代码的档案“{other}”，不能再接收一份。"
            "请退回，由移出区县登记“迁出”。"
        )


def _save(unit: Enterprise) -> None:
    try:
        with transaction.atomic():
            unit.save()
    except IntegrityError as error:
        if "uscc_unique" in str(error):
            raise Refused("本区县刚刚建立了同一信用代码的档案，不能接收。") from None
        raise


def snapshot_of(unit: Enterprise) -> dict[str, Any]:
    """Return the file in words as it stands, the telephone masked."""
    facts = [
        [field_label(name), words]
        for name in sorted(FILE_FIELDS)
        if (words := in_words(unit, name))
    ]
    placements = unit.placements.select_related("grid").order_by("since")
    surveys = unit.surveys.filter(state="final").select_related("collected_by")
    return {
        "facts": [["营业状态", in_words(unit, "status")], *facts],
        "placements": [
            [one.grid.name, str(one.since), str(one.until or "")] for one in placements
        ],
        "periods": [
            [one.get_status_display(), str(one.since), str(one.until or ""), one.reason]
            for one in unit.status_periods.order_by("since")
        ],
        "surveys": [
            [
                str(one.surveyed_on),
                one.get_method_display(),
                one.collected_by.name if one.collected_by else "",
                "完整" if one.is_complete else "不完整",
            ]
            for one in surveys.order_by("surveyed_on")
        ],
    }
