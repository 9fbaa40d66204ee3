"""Keeping the periods of grids: where each stood in the tree and what it was called.

The lock of the district must be held. A new period begins where nothing later is known
of the grid, so that the past is never cut into a second time.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from grids.models import Grid, GridPeriod
from grids.services.guard import Refused

# A branch made below a parent follows the parent's own way through the tree.
OPEN = """
INSERT INTO grids_gridperiod
       (grid_id, parent_id, name, code, kind, path, since, until)
SELECT grid.id, grid.parent_id, grid.name, grid.code, grid.kind,
       way.path || substr(grid.path, length(%(path)s) + 1), way.since, way.until
  FROM grids_grid grid
 CROSS JOIN unnest(%(paths)s::text[], %(since)s::date[], %(until)s::date[])
       way(path, since, until)
 WHERE grid.id = ANY(%(keys)s)
"""

# All that stands below a path stands below another one from a day on.
REBASE = """
WITH ended AS (
    UPDATE grids_gridperiod SET until = %(day)s
     WHERE starts_with(path, %(old)s) AND path LIKE %(like)s
       AND until IS NULL AND since < %(day)s
 RETURNING grid_id, parent_id, name, code, kind, path
)
INSERT INTO grids_gridperiod
       (grid_id, parent_id, name, code, kind, path, since, until)
SELECT grid_id, parent_id, name, code, kind,
       %(new)s || substr(path, length(%(old)s) + 1), %(day)s, NULL
  FROM ended
"""
REBASE_SAME_DAY = """
UPDATE grids_gridperiod SET path = %(new)s || substr(path, length(%(old)s) + 1)
 WHERE starts_with(path, %(old)s) AND path LIKE %(like)s
   AND until IS NULL AND since = %(day)s
"""


def open_periods(keys: Sequence[int], parent: Grid | None, opened_on: date) -> None:
    """Write the first periods of new grids that stand below a parent; one statement."""
    way = _way_of(parent, opened_on)
    with connection.cursor() as cursor:
        cursor.execute(
            OPEN,
            {
                "keys": list(keys),
                "path": parent.path if parent else "",
                "paths": [path for path, _, _ in way],
                "since": [since for _, since, _ in way],
                "until": [until for _, _, until in way],
            },
        )


def _way_of(
    parent: Grid | None, opened_on: date
) -> list[tuple[str, date, date | None]]:
    """Return the paths of a parent from a day on, with the days between."""
    if parent is None:
        return [("", opened_on, None)]
    lasting = parent.periods.filter(Q(until=None) | Q(until__gt=opened_on))
    way: list[tuple[str, date, date | None]] = []
    for path, since, until in lasting.order_by("since").values_list(
        "path", "since", "until"
    ):
        if way and way[-1][0] == path:  # a new name only
            way[-1] = (path, way[-1][1], until)
        else:
            way.append((path, since if way else opened_on, until))
    return way


def rename(grid: Grid, day: date) -> None:
    """Note the name and code that a grid has from a day on."""
    last = grid.periods.get(until=None)
    if last.since == day:
        last.name, last.code = grid.name, grid.code
        last.save(update_fields=["name", "code"])
        return
    grid.periods.filter(pk=last.pk).update(until=day)
    last.pk, last.since, last.name, last.code = None, day, grid.name, grid.code
    last.save(force_insert=True)


def rename_many(grids: Sequence[Grid], day: date) -> None:
    """Note the names that many grids have from a day on, in few statements."""
    by_key = {grid.pk: grid for grid in grids}
    same, ended, begun = [], [], []
    for last in GridPeriod.objects.filter(grid__in=by_key, until=None):
        grid = by_key[last.grid_id]
        if last.since >= day:
            last.name, last.code = grid.name, grid.code
            same.append(last)
            continue
        ended.append(last.pk)
        last.pk, last.since, last.name, last.code = None, day, grid.name, grid.code
        begun.append(last)
    GridPeriod.objects.bulk_update(same, ["name", "code"], 1000)
    GridPeriod.objects.filter(pk__in=ended).update(until=day)
    GridPeriod.objects.bulk_create(begun, 1000)


def name_back(grids: Sequence[Grid], day: date) -> None:
    """Undo what `rename_many` noted for a day: the period before goes on."""
    names = {grid.pk: grid.name for grid in grids}
    before = {
        one.grid_id: one for one in GridPeriod.objects.filter(grid__in=names, until=day)
    }
    gone, named = [], []
    for last in GridPeriod.objects.filter(grid__in=names, until=None):
        last.name = names[last.grid_id]
        former = before.get(last.grid_id)
        if former and (former.name, former.path) == (last.name, last.path):
            gone.append(last.pk)
        else:
            named.append(last)
    GridPeriod.objects.filter(pk__in=gone).delete()
    kept = [one.pk for one in before.values() if one.name == names[one.grid_id]]
    GridPeriod.objects.filter(pk__in=kept).exclude(
        grid__in=[one.grid_id for one in named]
    ).update(until=None)
    GridPeriod.objects.bulk_update(named, ["name"], 1000)


def rebase(grid: Grid, old_path: str, day: date) -> None:
    """Note that a grid, with all below it, stands under its parent from a day on."""
    changes: dict[str, Any] = {
        "old": old_path,
        "like": f"{old_path}%",  # paths are digits and slashes; this uses the index
        "new": grid.path,
        "day": day,
    }
    with connection.cursor() as cursor:
        cursor.execute(REBASE_SAME_DAY, changes)
        cursor.execute(REBASE, changes)
    grid.periods.filter(until=None).update(parent=grid.parent_id)


def require_settled(grid: Grid, day: date, *, below: bool = True) -> None:
    """Refuse a day after which something is already known of a grid, or below it."""
    if day < grid.opened_on:
        raise Refused(f"生效日期不能早于“{grid}”的启用日期 {grid.opened_on}。")
    own = {"path__startswith": grid.path} if below else {"grid": grid}
    later = GridPeriod.objects.filter(since__gt=day, **own).order_by("-since").first()
    if later:
        raise Refused(
            f"“{later.name}”自 {later.since} 起已有变动，生效日期不能早于这一天。"
        )


def require_place(parent: Grid, day: date) -> None:
    """Refuse a day on which a parent was not yet open, or stood elsewhere."""
    if day < parent.opened_on:
        raise Refused(f"生效日期不能早于“{parent}”的启用日期 {parent.opened_on}。")
    elsewhere = parent.periods.filter(until__gt=day).exclude(path=parent.path)
    if moved := elsewhere.order_by("-until").first():
        raise Refused(
            f"“{parent}”到 {moved.until} 才在现在的位置，生效日期不能早于这一天。"
        )


def faults(district: Grid) -> list[str]:
    """Return where the periods of a district do not fit, a Chinese line for each."""
    rows = GridPeriod.objects.filter(grid__district=district).select_related("grid")
    by_grid: dict[int, list[GridPeriod]] = {}
    for row in rows.order_by("grid", "since"):
        by_grid.setdefault(row.grid_id, []).append(row)
    lines = []
    for grid in Grid.objects.filter(district=district).order_by("code"):
        periods = by_grid.get(grid.pk, [])
        if fault := _fault(grid, periods):
            lines.append(f"{grid.code} {grid.name}：{fault}。")
    return lines


def _fault(grid: Grid, periods: list[GridPeriod]) -> str:
    if not periods or periods[0].since != grid.opened_on:
        return "历史记录不是从启用日期开始"
    ends = [period.until for period in periods]
    if ends != [*(period.since for period in periods[1:]), None]:
        return "历史记录前后不连续"
    last = periods[-1]
    now = (grid.parent_id, grid.name, grid.code, grid.kind, grid.path)
    if now != (last.parent_id, last.name, last.code, last.kind, last.path):
        return "最近一段历史记录与现在的名称、编码或位置不符"
    return ""


def repair(district: Grid) -> int:
    """Make the open periods of a district say what its grids say; count changes."""
    standing = GridPeriod.objects.filter(grid=OuterRef("pk"), until=None)
    missing = Grid.objects.filter(~Exists(standing), district=district)
    keys = list(missing.values_list("pk", flat=True))
    changed = []
    open_rows = GridPeriod.objects.filter(grid__district=district, until=None)
    for row in open_rows.select_related("grid"):
        grid = row.grid
        now = (grid.parent_id, grid.name, grid.code, grid.kind, grid.path)
        if now != (row.parent_id, row.name, row.code, row.kind, row.path):
            row.parent_id, row.name, row.code, row.kind, row.path = now
            changed.append(row)
    GridPeriod.objects.bulk_update(
        changed, ["parent", "name", "code", "kind", "path"], 1000
    )
    GridPeriod.objects.bulk_create(
        [
            GridPeriod(
                grid=grid,
                parent_id=grid.parent_id,
                name=grid.name,
                code=grid.code,
                kind=grid.kind,
                path=grid.path,
                since=_after_last(grid),
            )
            for grid in Grid.objects.filter(pk__in=keys)
        ]
    )
    return len(changed) + len(keys)


def _after_last(grid: Grid) -> date:
    last = grid.periods.order_by("-since").first()
    return last.until if last and last.until else grid.opened_on
