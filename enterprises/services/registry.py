"""What is decided on the differences between another department's list and ours."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date

from enterprises.models import Enterprise, RegistryEntry
from enterprises.rules import grids_apart, listed_status, status_apart
from enterprises.services.files import Refused, change_enterprise
from enterprises.services.status import set_status, undo_status
from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.models import Grid

TAKEN = ("name", "former_name", "address")  # what a list's word changes of a unit
Verdict = RegistryEntry.Verdict


@transaction.atomic
def judge_entry(*, entry: RegistryEntry, verdict: str, by: User) -> None:
    """Note that an entry is to be verified on site, or that our word holds."""
    entry = RegistryEntry.objects.select_for_update().get(pk=entry.pk)
    before = entry.get_verdict_display()
    entry.verdict, entry.decided_by = verdict, by
    entry.decided_on = timezone.localdate()
    entry.save(update_fields=["verdict", "decided_by", "decided_on"])
    record(
        "registry.judged",
        by=by,
        target=entry,
        source=entry.get_source_display(),
        before=before,
        after=entry.get_verdict_display(),
    )


@transaction.atomic
def adopt_entry(*, entry: RegistryEntry, by: User) -> Enterprise:
    """Let a list's word hold for our unit of the same code.

    Raises Refused when we have no unit of this code: two codes are never one unit.
    """
    ours = Enterprise.objects.filter(district=entry.district_id, uscc=entry.uscc or "")
    unit = ours.select_related("grid").first()
    if unit is None:
        raise Refused("我方没有这个信用代码的单位，请先建立档案。")
    take_word(entry=entry, unit=unit, by=by)
    judge_entry(entry=entry, verdict=Verdict.ADOPTED, by=by)
    return unit


def take_word(*, entry: RegistryEntry, unit: Enterprise, by: User) -> dict[str, Any]:
    """Change a unit to what a list says of it; return what was, for taking it back.

    Status and grid hold from the day of the list, or from the last change if later.
    """
    before = {name: getattr(unit, name) for name in TAKEN}
    renamed = unit.name != entry.name
    after: dict[str, Any] = {
        "name": entry.name,
        "former_name": unit.name if renamed else unit.former_name,
        "address": entry.address or unit.address,
    }
    source = entry.get_source_display()
    taken: dict[str, Any] = {"unit": unit.pk, "before": before, "after": after}
    moved: dict[str, Any] = {}
    if entry.grid and grids_apart(entry.grid.path, unit.grid.path):
        seat = unit.placements.get(until=None)
        moved = {"grid": entry.grid, "grid_since": max(entry.listed_on, seat.since)}
        taken["grid"] = [unit.grid_id, entry.grid_id, str(moved["grid_since"])]
    # Each unit keeps its own history of the change: one act of its file each.
    unit = change_enterprise(
        enterprise=unit,
        edition=unit.edition,
        by=by,
        via=f"数据比对：{source}",
        **after,
        **moved,
    )
    status = listed_status(entry.state)
    if status_apart(status, unit.status, open_statuses=Enterprise.OPEN_STATUSES):
        last = unit.status_periods.get(until=None)
        set_status(
            unit=unit,
            status=status,
            since=max(entry.listed_on, last.since),
            reason=f"{source}名单（{entry.listed_on}）登记状态为“{entry.state}”",
            by=by,
        )
        taken["period"] = unit.status_periods.get(until=None).pk
    return taken


def give_back(*, taken: dict[str, Any], unit: Enterprise, by: User) -> None:
    """Undo `take_word`; the caller has seen that nothing was changed since."""
    if "period" in taken:
        unit = undo_status(unit=unit, by=by, period=taken["period"])
    moved: dict[str, Any] = {}
    if "grid" in taken:
        was, _, since = taken["grid"]
        moved = {"grid": Grid.objects.get(pk=was), "grid_since": parse_date(since)}
    change_enterprise(
        enterprise=unit,
        edition=unit.edition,
        by=by,
        via="撤销数据比对",
        **taken["before"],
        **moved,
    )
