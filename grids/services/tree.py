"""Every write to the tree of grids, behind the lock of its district.

django-mptt corrupts under concurrent writes, so nothing else may write a Grid. Each
function takes the district's lock first and reads the parent again after it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Max, Value
from django.db.models.functions import Concat, Substr
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.copying import copy_rows, take_keys
from gridinspect.imports.traces import remove_derived
from gridinspect.pinyin import initials
from grids.models import City, Grid, GridAct, GridPeriod, Posting, Succession
from grids.services import periods
from grids.services.acts import acting, note_creation
from grids.services.codes import require_code, taken
from grids.services.figures import mark_all_dirty, mark_dirty
from grids.services.guard import (
    ROOTS,
    Refused,
    as_it_is,
    lock_district,
    require_past,
)
from grids.services.hanging import carried_by, hangs_on_grids

__all__ = ["ROOTS", "Refused", "carried_by", "hangs_on_grids", "lock_district"]


# --- one grid -------------------------------------------------------------------------


@transaction.atomic
def create_grid(
    *,
    city: City,
    parent: Grid | None,
    code: str,
    name: str,
    kind: str,
    opened_on: date,
    by: User,
    division_code: str | None = None,
) -> Grid:
    """Add a grid below a parent, or a district or zone to a city."""
    require_past(opened_on, "启用日期")
    if parent is None:
        lock_district(ROOTS)
    else:
        lock_district(parent.district_id)
        parent = as_it_is(parent)
        _require_open(parent, opened_on)
    grid = plant(
        city=city,
        parent=parent,
        code=code,
        name=name,
        kind=kind,
        opened_on=opened_on,
        division_code=division_code,
    )
    note_creation(grid, by=by)
    mark_all_dirty({grid.pk, *([parent.pk] if parent else [])}, opened_on)
    record("grid.created", by=by, target=grid, code=code, kind=kind)
    return grid


def plant(
    *,
    city: City,
    parent: Grid | None,
    code: str,
    name: str,
    kind: str,
    opened_on: date,
    division_code: str | None = None,
) -> Grid:
    """Put a new grid into the tree with its first period. The lock must be held."""
    grid = Grid(
        city=city,
        parent=parent,
        district=parent.district if parent else None,
        code=code,
        division_code=division_code or None,
        name=name,
        pinyin=initials(name),
        kind=kind,
        opened_on=opened_on,
    )
    require_code(code, kind=kind, parent=parent, city=city)
    _require_name(grid)
    grid.full_clean(exclude=["path", "pinyin", "district", "lft", "rght", "tree_id"])
    _save(grid)
    grid.path = f"{(parent or city).path}{grid.pk}/"
    grid.district = parent.district if parent else grid
    Grid.objects.filter(pk=grid.pk).update(path=grid.path, district=grid.district)
    periods.open_periods([grid.pk], parent, opened_on)
    return grid


def _require_name(grid: Grid) -> None:
    """Refuse the name of an open sister; the constraint says so without a remedy."""
    if grid.parent is None or grid.closed_on:
        return
    sisters = grid.parent.children.filter(closed_on=None, name=grid.name)
    if sisters.exclude(pk=grid.pk).exists():
        raise Refused(
            {"name": f"“{grid.parent}”下已有同名网格“{grid}”，请换一个名称。"}
        )


def _save(grid: Grid, **how: Any) -> None:
    """Save; two districts may have given one code at the same moment."""
    try:
        with transaction.atomic():
            grid.save(**how)
    except IntegrityError as error:
        if "code" in str(error):
            raise taken(grid.code, None, grid.parent) from None
        raise


@transaction.atomic
def change_grid(
    *, grid: Grid, name: str, code: str, by: User, on: date | None = None
) -> Grid:
    """Give a grid another name or code from a day on, today by default."""
    day = on or timezone.localdate()
    require_past(day)
    lock_district(grid.district_id)
    grid = as_it_is(grid)
    before = {"name": grid.name, "code": grid.code}
    if before == {"name": name, "code": code}:
        return grid
    periods.require_settled(grid, day, below=False)
    if code != grid.code:
        require_code(code, kind=grid.kind, parent=grid.parent, city=grid.city, but=grid)
    with acting(
        GridAct.Kind.CHANGED, grid=grid, heads=[grid], involved=[grid.pk], on=day, by=by
    ):
        grid.name, grid.code, grid.pinyin = name, code, initials(name)
        _require_name(grid)
        grid.full_clean(exclude=["path", "pinyin"])
        _save(grid, update_fields=["name", "code", "pinyin"])
        periods.rename(grid, day)
    after = {"name": name, "code": code}
    record("grid.changed", by=by, target=grid, before=before, after=after, on=day)
    return grid


def rename_grids(*, names: Mapping[Grid, str], on: date) -> None:
    """Give many grids other names from a day on; the caller notes the act.

    Raises IntegrityError for a name that a sister has. In the caller's transaction.
    """
    for key in sorted({grid.district_id for grid in names}):
        lock_district(key)
    for grid, name in names.items():
        grid.name, grid.pinyin = name, initials(name)
    Grid.objects.bulk_update(names, ["name", "pinyin"], 1000)
    periods.rename_many(list(names), on)


@transaction.atomic
def close_grid(
    *, grid: Grid, closed_on: date, successor: Grid | None, by: User
) -> None:
    """Close a grid from a day on, and note which one takes over.

    Raises Refused while something hangs on it: open grids below, persons, units.
    """
    require_past(closed_on, "停用日期")
    lock_district(grid.district_id)
    grid = as_it_is(grid)
    if grid.closed_on:
        raise Refused(f"“{grid}”已于 {grid.closed_on} 停用。")
    if closed_on <= grid.opened_on:
        raise Refused(f"停用日期必须晚于启用日期 {grid.opened_on}。")
    _require_heir(grid, successor)
    _require_empty(grid, closed_on)
    periods.require_settled(grid, closed_on)
    with acting(
        GridAct.Kind.CLOSED,
        grid=grid,
        heads=[grid],
        involved=[grid.pk],
        on=closed_on,
        by=by,
    ):
        shut(grid, [successor] if successor else [], closed_on)
    mark_dirty(grid, closed_on)
    if grid.parent_id:
        mark_dirty(grid.parent_id, closed_on)  # it may have become a leaf
    record(
        "grid.closed",
        by=by,
        target=grid,
        closed_on=closed_on,
        successor=successor.name if successor else None,
    )


def shut(grid: Grid, heirs: Sequence[Grid], day: date) -> None:
    """Close a grid from a day on and name its heirs. The lock must be held."""
    grid.closed_on = day
    grid.save(update_fields=["closed_on"])
    Succession.objects.bulk_create(
        [Succession(old=grid, new=heir, on=day) for heir in heirs]
    )


def _require_heir(grid: Grid, successor: Grid | None) -> None:
    if successor is None:
        return
    successor = as_it_is(successor)
    if successor.closed_on or successor.path.startswith(grid.path):
        raise Refused(f"接续网格须是“{grid}”之外的启用网格，请重新选择。")


def _require_empty(grid: Grid, day: date) -> None:
    """Refuse while something hangs on the grid, or hung on it until after this day."""
    below = grid.children.filter(closed_on=None).count()
    if below:
        raise Refused(f"“{grid}”下还有 {below} 个启用的网格，请先停用或移走。")
    if loads := [f"{count} {label}" for label, count in carried_by(grid) if count]:
        raise Refused(f"“{grid}”还有 {'、'.join(loads)}，请先调整到接续网格。")
    last_below = grid.children.aggregate(day=Max("closed_on"))["day"]
    last_post = Posting.objects.within(grid).aggregate(day=Max("until"))["day"]
    last = max(filter(None, [last_below, last_post]), default=day)
    if last > day:
        raise Refused(
            f"“{grid}”的下级网格或在岗人员到 {last} 才停用或离岗，"
            "停用日期不能早于这一天。"
        )


def preview_move(grid: Grid) -> list[tuple[str, int]]:
    """Return what a move would take along today: (label, count) pairs."""
    return [("个网格", Grid.objects.within(grid).count()), *carried_by(grid)]


@transaction.atomic
def move_grid(*, grid: Grid, parent: Grid, by: User, on: date | None = None) -> Grid:
    """Hang a grid with all below it under another parent of the same district.

    From a day on, today by default: figures of earlier days stay where they were.
    """
    day = on or timezone.localdate()
    require_past(day)
    lock_district(grid.district_id)
    grid, parent = as_it_is(grid), as_it_is(parent)
    if grid.is_root:
        raise Refused("区县和功能区不能移到别处。")
    if parent.district_id != grid.district_id:
        raise Refused("只能在同一区县内移动；跨区县请停用后在对方新建。")
    if parent.path.startswith(grid.path):
        raise Refused(f"不能把“{grid}”移到它自己或它的下级之下。")
    if parent.closed_on:
        raise Refused(f"“{parent}”已停用，不能再接收网格。")
    if parent.pk == grid.parent_id:
        return grid
    old_parent = grid.parent
    moving = list(Grid.objects.within(grid).values_list("pk", flat=True))
    with acting(
        GridAct.Kind.MOVED, grid=grid, heads=[grid], involved=moving, on=day, by=by
    ):
        hang(grid, parent, day)
    mark_all_dirty([old_parent.pk, parent.pk, grid.pk], day)
    grid = Grid.objects.get(pk=grid.pk)
    record(
        "grid.moved",
        by=by,
        target=grid,
        before=old_parent.name,
        after=parent.name,
        on=day,
    )
    return grid


def hang(grid: Grid, parent: Grid, day: date) -> None:
    """Put a grid with all below it under another parent, from a day on.

    A few statements, however much moves. The lock must be held, and both grids fresh.
    """
    periods.require_settled(grid, day)
    periods.require_place(parent, day)
    sisters = parent.children.filter(closed_on=None, name=grid.name)
    if grid.closed_on is None and sisters.exists():
        raise Refused(f"“{parent}”下已有同名网格“{grid}”，请先改名再移动。")
    old_path = grid.path
    grid.move_to(parent, "last-child")
    new_path = f"{parent.path}{grid.pk}/"
    Grid.objects.filter(path__startswith=old_path).update(
        path=Concat(Value(new_path), Substr(F("path"), len(old_path) + 1))
    )
    periods.rebase(Grid.objects.get(pk=grid.pk), old_path, day)


def _require_open(parent: Grid, day: date) -> None:
    if parent.closed_on:
        raise Refused(f"上级网格“{parent}”已停用，不能在其下新增。")
    if day < parent.opened_on:
        raise Refused(f"启用日期不能早于上级网格的启用日期 {parent.opened_on}。")


# --- many grids -----------------------------------------------------------------------


@dataclass
class Node:
    """A grid to be built, with the nodes below it."""

    code: str
    name: str
    kind: str
    division_code: str | None = None
    children: list["Node"] = field(default_factory=list)


@transaction.atomic
def build_district(*, city: City, root: Node, opened_on: date, by: User) -> Grid:
    """Build a whole district's tree in one COPY: lft and rght are computed here."""
    lock_district(ROOTS)
    nodes = list(_walk(root))
    keys = take_keys(Grid._meta.db_table, len(nodes))
    tree_id = (Grid.objects.aggregate(last=Max("tree_id"))["last"] or 0) + 1
    copy_rows(
        Grid._meta.db_table,
        _COLUMNS,
        _numbered(root, keys, city=city, tree_id=tree_id, opened_on=opened_on),
    )
    district = Grid.objects.get(pk=keys[0])
    periods.open_periods(keys, None, opened_on)
    mark_all_dirty(keys, opened_on)
    record("grid.district_built", by=by, target=district, grids=len(nodes))
    return district


@transaction.atomic
def add_below(
    *, district: Grid, additions: Sequence[tuple[Grid, Node]], opened_on: date, by: User
) -> int:
    """Add whole branches below grids of a standing district; return how many grids.

    New rows come in by COPY, then the district's lft and rght are computed once.
    """
    lock_district(district.pk)
    total = 0
    for parent, branch in additions:
        parent = Grid.objects.get(pk=parent.pk)
        keys = take_keys(Grid._meta.db_table, len(list(_walk(branch))))
        rows = _numbered(
            branch,
            keys,
            city=district.city,
            tree_id=parent.tree_id,
            opened_on=opened_on,
            parent=parent,
            district=district,
        )
        total += copy_rows(Grid._meta.db_table, _COLUMNS, rows)
        periods.open_periods(keys, parent, opened_on)
        mark_all_dirty([*keys, parent.pk], opened_on)
    renumber(district)
    record("grid.branches_added", by=by, target=district, grids=total)
    return total


def take_away(grids: Collection[Grid]) -> None:
    """Take grids away that were added by mistake, with all that follows by itself.

    The caller has made sure that nothing else refers to them and that whole branches
    go. In the caller's transaction. Raises IntegrityError if something does refer.
    """
    keys = [grid.pk for grid in grids]
    districts = {grid.district_id for grid in grids} - set(keys)
    for key in sorted(districts):
        lock_district(key)
    above = {grid.parent_id for grid in grids} - {None, *keys}
    remove_derived(Grid, keys)
    GridPeriod.objects.filter(grid__in=keys).delete()
    with connection.cursor() as cursor:  # parents and children in one statement
        cursor.execute("DELETE FROM grids_grid WHERE id = ANY(%s)", [keys])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    for district in Grid.objects.filter(pk__in=districts):
        renumber(district)
    mark_all_dirty(Grid.objects.filter(pk__in=above), timezone.localdate())


def name_back(*, names: Mapping[Grid, str], on: date) -> None:
    """Give grids the names back that they had until a day, as if they had kept them.

    In the caller's transaction.
    """
    for key in sorted({grid.district_id for grid in names}):
        lock_district(key)
    for grid, name in names.items():
        grid.name, grid.pinyin = name, initials(name)
    Grid.objects.bulk_update(names, ["name", "pinyin"], 1000)
    periods.name_back(list(names), on)


_COLUMNS = (
    *("id", "city_id", "parent_id", "district_id", "code", "division_code", "name"),
    *("pinyin", "kind", "path", "opened_on", "tree_id", "level", "lft", "rght"),
)


def _walk(node: Node) -> Iterable[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _numbered(
    root: Node,
    keys: Sequence[int],
    *,
    city: City,
    tree_id: int,
    opened_on: date,
    parent: Grid | None = None,
    district: Grid | None = None,
) -> list[tuple]:
    """Return a row for each node, numbered in the order of the walk."""
    fresh, counter = iter(keys), 0
    rows: list[tuple] = []
    district_id = district.pk if district else keys[0]

    def visit(node: Node, parent_id: int | None, path: str, level: int) -> None:
        nonlocal counter
        key, left = next(fresh), counter + 1
        counter, own_path, place = left, f"{path}{key}/", len(rows)
        rows.append(())
        for child in node.children:
            visit(child, key, own_path, level + 1)
        counter += 1
        rows[place] = (
            key,
            city.pk,
            parent_id,
            district_id,
            node.code,
            node.division_code,
            node.name,
            initials(node.name),
            node.kind,
            own_path,
            opened_on,
            tree_id,
            level,
            left,
            counter,
        )

    if parent:
        visit(root, parent.pk, parent.path, parent.level + 1)
    else:
        visit(root, None, city.path, 0)
    return rows


# --- the numbers of a tree against its parents ----------------------------------------


def _expected(district: Grid) -> dict[int, tuple[int, int, int, str]]:
    """Return (level, lft, rght, path) of each grid of a district, from its parents."""
    children: dict[int | None, list[int]] = defaultdict(list)
    rows = Grid.objects.filter(district=district).order_by("code")
    for key, parent_id in rows.values_list("pk", "parent_id"):
        children[parent_id].append(key)
    expected: dict[int, tuple[int, int, int, str]] = {}
    counter = 0

    def visit(key: int, level: int, path: str) -> None:
        nonlocal counter
        counter += 1
        left, own_path = counter, f"{path}{key}/"
        for child in children[key]:
            visit(child, level + 1, own_path)
        counter += 1
        expected[key] = (level, left, counter, own_path)

    visit(district.pk, 0, district.city.path)
    return expected


def renumber(district: Grid) -> int:
    """Set level, lft, rght and path of a district from its parents; count changes.

    The lock of the district must be held.
    """
    expected = _expected(district)
    changed = []
    for grid in Grid.objects.filter(district=district):
        now = (grid.level, grid.lft, grid.rght, grid.path)
        if grid.pk in expected and now != expected[grid.pk]:
            grid.level, grid.lft, grid.rght, grid.path = expected[grid.pk]
            changed.append(grid)
    Grid.objects.bulk_update(changed, ["level", "lft", "rght", "path"], 1000)
    return len(changed)


@transaction.atomic
def repair(district: Grid, *, by: User) -> int:
    """Number a district anew from its parents; return how many rows were wrong."""
    lock_district(ROOTS)
    lock_district(district.pk)
    district = Grid.objects.get(pk=district.pk)
    own = Grid.objects.filter(district=district)
    tree_id = district.tree_id
    if Grid.objects.roots().filter(tree_id=tree_id).exclude(pk=district.pk).exists():
        tree_id = (Grid.objects.aggregate(last=Max("tree_id"))["last"] or 0) + 1
    changed = own.exclude(tree_id=tree_id).update(tree_id=tree_id) + renumber(district)
    changed += periods.repair(district)
    if changed:
        record("grid.renumbered", by=by, target=district, grids=changed)
    return changed


def faults_of(district: Grid) -> list[str]:
    """Return what is wrong with a district's tree, one Chinese line for each fault.

    lft and rght may leave gaps (a closed move does), but must nest as the parents do.
    """
    faults = []
    expected = _expected(district)
    grids = {grid.pk: grid for grid in Grid.objects.filter(district=district)}
    for key, grid in grids.items():
        if key not in expected:
            faults.append(f"{grid.code} {grid.name}：不在本区县的上下级链条上。")
            continue
        level, _, _, path = expected[key]
        if grid.path != path:
            faults.append(f"{grid.code} {grid.name}：路径 {grid.path} 应为 {path}。")
        if grid.level != level or grid.tree_id != district.tree_id:
            faults.append(f"{grid.code} {grid.name}：层次或树号与上级不符。")
        parent = grids.get(grid.parent_id)
        if parent and not parent.lft < grid.lft < grid.rght < parent.rght:
            faults.append(f"{grid.code} {grid.name}：左右值不在上级“{parent}”之内。")
    faults += _overlaps(grids.values())
    faults += periods.faults(district)
    twins = (
        Grid.objects.roots().filter(tree_id=district.tree_id).exclude(pk=district.pk)
    )
    if twins.exists():
        faults.append(f"{district.code} {district.name}：树号与别的区县重复。")
    return faults


def _overlaps(grids: Iterable[Grid]) -> list[str]:
    """Return a line for each grid whose numbers run into those of a sister."""
    sisters: dict[int | None, list[Grid]] = defaultdict(list)
    for grid in sorted(grids, key=lambda grid: grid.lft):
        sisters[grid.parent_id].append(grid)
    return [
        f"{right.code} {right.name}：左右值与同级“{left}”重叠。"
        for row in sisters.values()
        for left, right in pairwise(row)
        if left.rght >= right.lft
    ]
