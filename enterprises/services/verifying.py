"""现场核实 and bulk decisions of 数据比对: tasks, their results, and taking back.

A unit that only a list has, or only our register, is looked at on site: one task each,
for whoever works in the grid of its address. What the task found stands beside the
entry; a decision about many is one act that can be taken back as a whole.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from enterprises.models import Enterprise, RegistryDecision, RegistryEntry
from enterprises.services.files import Refused
from enterprises.services.registry import TAKEN, give_back, take_word
from enterprises.services.trials import evidence_of, ground_of
from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.models import Grid, Task
from grids.services.tasks import assign_tasks

KIND = "reconciliation"
MOST = 200  # entries of one act by hand
Verdict = RegistryEntry.Verdict
Thing = RegistryEntry | Enterprise


@dataclass(frozen=True)
class Placed:
    """An entry with the grid that its address lies in; None where it does not tell."""

    entry: RegistryEntry
    grid: Grid | None
    reason: str


def place_entries(entries: Iterable[RegistryEntry], district: Grid) -> list[Placed]:
    """Find the grid of each entry by its address, as units are allocated."""
    ground = ground_of(district, timezone.localdate())
    verdicts = [(one, ground.decide(evidence_of(_Address(one)))) for one in entries]
    grids = Grid.objects.in_bulk({found.grid for _, found in verdicts if found.grid})
    return [
        Placed(one, grids.get(found.grid or 0), found.reason) for one, found in verdicts
    ]


class _Address:
    """What the allocation asks of a unit, said by an entry of a list."""

    longitude = latitude = None
    road = house_number = registered_address = ""

    def __init__(self, entry: RegistryEntry):
        self.address = entry.address


def tasks_about(label: str, keys: Collection[int]) -> dict[int, Task]:
    """Return the latest task of 数据比对 about each thing, by its key."""
    tasks = Task.objects.filter(kind=KIND, about_type=label, about_id__in=keys)
    return {task.about_id or 0: task for task in tasks.order_by("pk")}


def result_words(task: Task | None, today: date) -> str:
    """Say how far the verification of a thing is, and what it found."""
    if task is None:
        return ""
    if task.state == Task.State.DONE:
        return f"已核实：{task.result}"
    if task.state == Task.State.CANCELLED:
        return "核实任务已取消"
    late = "，已逾期" if task.due_on < today else ""
    return f"核实中，{task.due_on} 前完成{late}"


@transaction.atomic
def verify_entries(
    *,
    district: Grid,
    entries: Sequence[RegistryEntry],
    elsewhere: Grid | None,
    due_on: date,
    by: User,
) -> list[Task]:
    """Have entries that we have no unit for looked at on site: one task each.

    `elsewhere` takes those whose address tells no grid. Entries that are being verified
    are left out. Raises Refused, and ValidationError at `due_on`.
    """
    locked = RegistryEntry.objects.select_for_update().filter(
        pk__in=[one.pk for one in entries], district=district
    )
    waiting = _waiting("enterprises.registryentry", [one.pk for one in entries])
    placed = place_entries(
        [one for one in locked.order_by("pk") if one.pk not in waiting], district
    )
    if not placed:
        raise Refused("所选单位都已安排核实，请到任务中查看进度。")
    if elsewhere is None and (lost := [one for one in placed if one.grid is None]):
        raise Refused(
            f"{len(lost)} 户的地址不能确定网格（如“{lost[0].entry}”），"
            "请选择由哪个网格核实。"
        )
    tasks = assign_tasks(
        title="现场核实：名单有、我方无的单位",
        to=[(one.grid or elsewhere or district, None) for one in placed],
        due_on=due_on,
        by=by,
        kind=KIND,
        detail="查明是否存在、是否用工；存在的建立档案，查无的写明现场情况。",
        about=[one.entry for one in placed],
        words=[_said(one) for one in placed],
    )
    RegistryEntry.objects.filter(pk__in=[one.entry.pk for one in placed]).update(
        verdict=Verdict.VERIFY, decided_by=by, decided_on=timezone.localdate()
    )
    return tasks


def _said(one: Placed) -> str:
    entry = one.entry
    facts = [
        ("名单", f"{entry.get_source_display()}，{entry.listed_on}"),
        ("信用代码", entry.uscc),
        ("地址", entry.address),
        ("登记状态", entry.state),
        ("归格依据", one.reason),
    ]
    return "；".join(f"{name}：{value}" for name, value in facts if value)


@transaction.atomic
def verify_units(
    *, units: Sequence[Enterprise], source: str, due_on: date, by: User
) -> list[Task]:
    """Have units of ours that a list lacks looked at in their grids: one task each."""
    waiting = _waiting("enterprises.enterprise", [unit.pk for unit in units])
    asked = [unit for unit in units if unit.pk not in waiting]
    if not asked:
        raise Refused("所选单位都已安排核实，请到任务中查看进度。")
    label = RegistryEntry.Source(source).label
    return assign_tasks(
        title="现场核实：我方有、名单无的单位",
        to=[(unit.grid, None) for unit in asked],
        due_on=due_on,
        by=by,
        kind=KIND,
        detail=f"{label}名单没有该单位。查明是否停业、注销、迁出或无照经营，"
        "并在单位档案中更新状态。",
        about=asked,
    )


def _waiting(label: str, keys: Collection[int]) -> set[int]:
    tasks = Task.objects.open().filter(kind=KIND, about_type=label, about_id__in=keys)
    return {key for key in tasks.values_list("about_id", flat=True) if key}


# --- many decisions at once -----------------------------------------------------------


@transaction.atomic
def decide_entries(
    *, district: Grid, entries: Sequence[RegistryEntry], verdict: str, by: User
) -> RegistryDecision:
    """Decide about many entries in one act: adopt the list, keep ours, or verify.

    Raises Refused when a unit of ours is missing for what is to be adopted.
    """
    if not entries:
        raise Refused("没有选中的单位，请勾选后再处理。")
    locked = RegistryEntry.objects.select_for_update(of=["self"]).filter(
        pk__in=[one.pk for one in entries], district=district
    )
    rows = list(locked.select_related("grid").order_by("pk"))
    changed = _adopt(rows, by) if verdict == Verdict.ADOPTED else {}
    decision = RegistryDecision.objects.create(
        district=district,
        verdict=verdict,
        decided_by=by,
        rows=[
            {
                "entry": one.pk,
                "verdict": one.verdict,
                "on": str(one.decided_on) if one.decided_on else None,
                "by": one.decided_by_id,
                **changed.get(one.pk, {}),
            }
            for one in rows
        ],
    )
    RegistryEntry.objects.filter(pk__in=[one.pk for one in rows]).update(
        verdict=verdict, decided_by=by, decided_on=timezone.localdate()
    )
    record(
        "registry.judged_many",
        by=by,
        target=decision,
        path=district.path,
        count=len(rows),
        after=Verdict(verdict).label,
        rows=[one.name for one in rows],
    )
    return decision


def _adopt(rows: Sequence[RegistryEntry], by: User) -> dict[int, dict[str, Any]]:
    """Let a list's word hold for our units; return what was, by entry."""
    units = {
        unit.uscc: unit
        for unit in Enterprise.objects.filter(
            district__in={one.district_id for one in rows},
            uscc__in={one.uscc for one in rows if one.uscc},
        ).select_related("grid")
    }
    changed = {}
    for one in rows:
        unit = units.get(one.uscc)
        if unit is None:
            raise Refused(f"我方没有“{one}”这个信用代码的单位，不能采用名单。")
        changed[one.pk] = take_word(entry=one, unit=unit, by=by)
    return changed


@transaction.atomic
def undo_decision(*, decision: RegistryDecision, by: User) -> int:
    """Take a decision about many back; raises Refused when a unit was changed since."""
    decision = RegistryDecision.objects.select_for_update().get(pk=decision.pk)
    if decision.undone_at:
        raise Refused("这次批量处理已经撤销。")
    keys = [row["entry"] for row in decision.rows]
    entries = RegistryEntry.objects.select_for_update().in_bulk(keys)
    moved = [
        one
        for one in entries.values()
        if (one.verdict, one.decided_by_id)
        != (decision.verdict, decision.decided_by_id)
    ]
    if moved or len(entries) < len(keys):
        named = f"“{moved[0]}”" if moved else "有的名单记录"
        raise Refused(f"{named}后来又有处理，不能整批撤销，请逐户更正。")
    units = Enterprise.objects.in_bulk(
        [row["unit"] for row in decision.rows if "unit" in row]
    )
    for row in decision.rows:
        if "unit" not in row:
            continue
        unit = units.get(row["unit"])
        now = unit and {name: getattr(unit, name) for name in TAKEN}
        grid = row["grid"][1] if "grid" in row else None
        if unit is None or now != row["after"] or grid not in (None, unit.grid_id):
            raise Refused(f"“{unit or '单位'}”后来又有修改，不能整批撤销，请逐户更正。")
        give_back(taken=row, unit=unit, by=by)
    for row in decision.rows:
        one = entries[row["entry"]]
        one.verdict, one.decided_by_id = row["verdict"], row["by"]
        one.decided_on = date.fromisoformat(row["on"]) if row["on"] else None
    RegistryEntry.objects.bulk_update(
        entries.values(), ["verdict", "decided_by", "decided_on"], 500
    )
    decision.undone_at, decision.undone_by = timezone.now(), by
    decision.save(update_fields=["undone_at", "undone_by"])
    record(
        "registry.judging_undone",
        by=by,
        target=decision,
        path=decision.district.path,
        count=len(keys),
    )
    return len(keys)
