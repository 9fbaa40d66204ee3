"""Splitting a grid and merging several: what hangs on them goes along from a day on.

Each app that hangs things on grids moves its own (`hanging.moves_with_grids`). Figures
of earlier days stay with the old grids, which are closed and name their heirs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.models import Grid, GridAct, Succession
from grids.services import periods
from grids.services.acts import acting
from grids.services.boundaries import unite_boundaries
from grids.services.figures import mark_all_dirty
from grids.services.guard import Refused, as_it_is, lock_district, require_past
from grids.services.hanging import Reassignment, carried_by, movers
from grids.services.quotas import give_indexes
from grids.services.tree import hang, plant, shut

MOST_PARTS = 10

# Which part each thing goes to, by kind of thing and its key: {"units": {17: 1}}.
Chosen = Mapping[str, Mapping[int, int]]


@dataclass(frozen=True)
class NewGrid:
    """A grid that an act makes; without a kind it is of the kind of the old one.

    Without an index (配置指数) a part has that of the grid it is a part of.
    """

    name: str
    code: str
    kind: str = ""
    index: int | None = None


def preview_split(grid: Grid) -> list[tuple[str, int]]:
    """Return what a split would hand on today: (label, count) pairs."""
    return [("个下级网格", Grid.objects.within(grid).count() - 1), *carried_by(grid)]


def preview_merge(grids: Iterable[Grid]) -> list[tuple[str, int]]:
    """Return what a merger would hand on today, over all the grids."""
    totals: dict[str, int] = {}
    for grid in grids:
        for label, count in preview_split(grid):
            totals[label] = totals.get(label, 0) + count
    return list(totals.items())


@transaction.atomic
def split_grid(
    *,
    grid: Grid,
    parts: Sequence[NewGrid],
    on: date,
    by: User,
    chosen: Chosen | None = None,
) -> list[Grid]:
    """Close a grid and open its parts in its place from a day on; return the parts.

    What hangs on the grid goes to the first part unless `chosen` gives another, by
    number from 0: "grids" for what lies directly below, "posts", "units" and so on.
    """
    chosen = chosen or {}
    require_past(on)
    lock_district(grid.district_id)
    grid = as_it_is(grid)
    if not 2 <= len(parts) <= MOST_PARTS:
        raise Refused(f"请写明拆分成的 2 至 {MOST_PARTS} 个网格。")
    _require_closing(grid, on, "拆分")
    periods.require_place(grid.parent, on)
    numbers = {number for by_key in chosen.values() for number in by_key.values()}
    if numbers - set(range(len(parts))):
        raise Refused("有内容分配给了不存在的部分，请重新选择。")
    moving = list(Grid.objects.within(grid).values_list("pk", flat=True))
    with acting(
        GridAct.Kind.SPLIT, grid=grid, heads=[grid], involved=moving, on=on, by=by
    ) as made:
        shut(grid, [], on)  # a part may have the old name
        for part in parts:
            made.append(
                plant(
                    city=grid.city,
                    parent=Grid.objects.get(pk=grid.parent_id),
                    code=part.code,
                    name=part.name,
                    kind=part.kind or grid.kind,
                    opened_on=on,
                )
            )
        Succession.objects.bulk_create(
            [Succession(old=grid, new=part, on=on) for part in made]
        )
        below = {key: made[number] for key, number in chosen.get("grids", {}).items()}
        rows = _hand_over(grid, made[0], on, below)
        for mover in movers():
            targets = {
                key: made[number] for key, number in chosen.get(mover.key, {}).items()
            }
            mover.move(Reassignment(grid, made[0], on, targets, heirs=made))
        given = zip(made, parts, strict=True)
        give_indexes({new: one.index for new, one in given if one.index}, on)
    mark_all_dirty([grid.pk, grid.parent_id, *(part.pk for part in made)], on)
    record(
        "grid.split",
        by=by,
        target=grid,
        on=on,
        after=[part.name for part in made],
        rows=[*({"part": part.name, "code": part.code} for part in made), *rows],
    )
    return made


@transaction.atomic
def merge_grids(
    *, grids: Sequence[Grid], into: Grid | NewGrid, on: date, by: User
) -> Grid:
    """Close grids and hand all that hangs on them to one grid from a day on.

    `into` is an open grid of the same district, or a new one, which then stands where
    the old ones stood. Returns the grid that has taken over.
    """
    require_past(on)
    if not grids:
        raise Refused("请选择要合并的网格。")
    lock_district(grids[0].district_id)
    olds = sorted({as_it_is(one) for one in grids}, key=lambda one: one.code)
    _require_mergeable(olds, into)
    for old in olds:
        _require_closing(old, on, "合并")
    heads = [*olds, *([into] if isinstance(into, Grid) else [])]
    with acting(
        GridAct.Kind.MERGED,
        grid=olds[0],
        heads=heads,
        involved=_keys_within(heads),
        on=on,
        by=by,
    ) as made:
        for old in olds:
            shut(old, [], on)
        target = _target(olds, into, on, made)
        rows = []
        for old in olds:
            old = Grid.objects.get(pk=old.pk)  # lft and rght have moved
            rows += _hand_over(old, target, on, {})
            for mover in movers():
                mover.move(Reassignment(old, target, on))
        Succession.objects.bulk_create(
            [Succession(old=old, new=target, on=on) for old in olds]
        )
        unite_boundaries(olds, target, is_new=bool(made), on=on, by=by)
    parents = {old.parent_id for old in olds}
    mark_all_dirty({*(old.pk for old in olds), *parents, target.pk}, on)
    record(
        "grid.merged",
        by=by,
        target=target,
        on=on,
        before=[old.name for old in olds],
        rows=[*({"merged": old.name, "code": old.code} for old in olds), *rows],
    )
    return target


def _target(
    olds: Sequence[Grid], into: Grid | NewGrid, on: date, made: list[Grid]
) -> Grid:
    """Return the grid that takes over, as it stands; a new one is put into `made`."""
    if isinstance(into, Grid):
        taker = Grid.objects.get(pk=into.pk)
        periods.require_place(taker, on)
        return taker
    parent = Grid.objects.get(pk=olds[0].parent_id)
    periods.require_place(parent, on)
    made.append(
        plant(
            city=parent.city,
            parent=parent,
            code=into.code,
            name=into.name,
            kind=into.kind or olds[0].kind,
            opened_on=on,
        )
    )
    return made[0]


def _keys_within(grids: Sequence[Grid]) -> list[int]:
    paths = Q(pk__in=[])
    for grid in grids:
        paths |= Q(path__startswith=grid.path)
    return list(Grid.objects.filter(paths).values_list("pk", flat=True))


def _require_closing(grid: Grid, on: date, act: str) -> None:
    if grid.is_root:
        raise Refused(f"区县和功能区不能{act}。")
    if grid.closed_on:
        raise Refused(f"“{grid}”已于 {grid.closed_on} 停用，不能{act}。")
    if on <= grid.opened_on:
        raise Refused(f"生效日期必须晚于“{grid}”的启用日期 {grid.opened_on}。")
    periods.require_settled(grid, on)


def _require_mergeable(olds: Sequence[Grid], into: Grid | NewGrid) -> None:
    if len({old.district_id for old in olds}) > 1:
        raise Refused("只能合并同一区县内的网格。")
    for old in olds:
        others = (one for one in olds if one.pk != old.pk)
        if upper := next((o for o in others if old.path.startswith(o.path)), None):
            raise Refused(f"“{old}”是“{upper}”的下级，不能与它并列合并。")
    if isinstance(into, NewGrid):
        _require_sisters(olds)
    else:
        _require_taker(olds, as_it_is(into))


def _require_sisters(olds: Sequence[Grid]) -> None:
    if len(olds) < 2:
        raise Refused("合并为新网格至少要选择两个网格。")
    if len({old.parent_id for old in olds}) > 1:
        raise Refused("合并为新网格时，各网格须在同一上级之下，请先移动。")


def _require_taker(olds: Sequence[Grid], into: Grid) -> None:
    if into.district_id != olds[0].district_id:
        raise Refused("只能合并到同一区县的网格。")
    if into.closed_on:
        raise Refused(f"“{into}”已停用，不能再接收网格。")
    if any(into.path.startswith(old.path) for old in olds):
        raise Refused(f"不能合并到“{into}”：它自己或它的上级在被合并之列。")


def _hand_over(
    old: Grid, to: Grid, on: date, chosen: Mapping[int, Grid]
) -> list[dict[str, str]]:
    """Hang what lies open below a grid under its heirs; return a row for each."""
    rows = []
    lasting = old.children.filter(Q(closed_on=None) | Q(closed_on__gt=on))
    for key in list(lasting.order_by("code").values_list("pk", flat=True)):
        child = Grid.objects.get(pk=key)
        parent = Grid.objects.get(pk=chosen.get(key, to).pk)
        hang(child, parent, on)
        rows.append({"moved": child.name, "code": child.code, "to": parent.name})
    return rows
