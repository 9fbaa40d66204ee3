"""What each act on the tree changed, so that the last one can be undone.

An act compares the rows it may touch before and after: it keeps what differed, and a
digest of each row as it left it. It can be undone as long as those rows are still what
it left: nothing has been built on it.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.models import Grid, GridAct, GridPeriod, Succession
from grids.services.figures import mark_all_dirty
from grids.services.guard import Refused, lock_district
from grids.services.hanging import Facts, movers

Rows = dict[int, dict[str, Any]]

COLUMNS = ("parent", "name", "code", "pinyin", "path", "closed_on")
TREE = (
    Facts("个网格的名称、编码或位置", Grid, COLUMNS, of="pk"),
    Facts("个下级网格", Grid, ("parent",), of="parent", put_back=False),
    Facts(
        "段历史记录",
        GridPeriod,
        ("grid", "parent", "name", "code", "kind", "path", "since", "until"),
    ),
    Facts("条接续关系", Succession, ("old", "new", "on"), of="old"),
)
WITH_LOAD = (GridAct.Kind.CREATED, GridAct.Kind.SPLIT, GridAct.Kind.MERGED)


def _facts(kind: str) -> tuple[Facts, ...]:
    hanging = [facts for mover in movers() for facts in mover.facts]
    return (*TREE, *hanging) if kind in WITH_LOAD else TREE


@contextmanager
def acting(
    kind: str,
    *,
    grid: Grid | None,
    heads: Sequence[Grid],
    involved: Collection[int],
    on: date,
    by: User,
) -> Iterator[list[Grid]]:
    """Note what happens inside as one act; new grids are put into the list it gives.

    `grid` is None for a new one. `heads` are the grids that it is about, `involved` all
    those that it may change.
    """
    facts = _facts(kind)
    before = {one.name: one.rows(involved) if involved else {} for one in facts}
    made: list[Grid] = []
    yield made
    keys = {*involved, *(one.pk for one in made)}
    noted = {one.name: _difference(one, before[one.name], keys) for one in facts}
    GridAct.objects.create(
        kind=kind,
        grid=grid or made[0],
        heads=[one.pk for one in (*heads, *made)],
        involved=sorted(keys),
        on=on,
        by=by,
        facts=json.loads(json.dumps(noted, cls=DjangoJSONEncoder)),
    )


def note_creation(grid: Grid, *, by: User) -> None:
    """Note a new grid as an act; nothing stood there before."""
    made = {one.name: _difference(one, {}, []) for one in _facts(GridAct.Kind.CREATED)}
    for one in TREE:
        made[one.name] = _difference(one, {}, [grid.pk])
    GridAct.objects.create(
        kind=GridAct.Kind.CREATED,
        grid=grid,
        heads=[grid.pk],
        involved=[grid.pk],
        on=grid.opened_on,
        by=by,
        facts=made,
    )


def _difference(facts: Facts, before: Rows, keys: Collection[int]) -> dict[str, Any]:
    """Return how rows differ from what they were, and which fields were looked at."""
    after = facts.rows(keys) if keys else {}
    changed = {key: row for key, row in before.items() if after.get(key) != row}
    return {
        "fields": facts.fields,
        "before": changed,
        "added": sorted(after.keys() - before.keys()),
        "after": _digests(after),
    }


def _as_noted(act: GridAct, facts: Facts) -> Facts:
    """Return facts with the fields that the act knew: a later version may have more."""
    known = act.facts[facts.name].get("fields", facts.fields)
    return replace(facts, fields=tuple(known))


def _digests(rows: Rows) -> dict[str, str]:
    return {str(key): _digest(row) for key, row in rows.items()}


def _digest(row: dict[str, Any]) -> str:
    text = json.dumps(row, sort_keys=True, cls=DjangoJSONEncoder)
    return hashlib.blake2s(text.encode(), digest_size=6).hexdigest()


def set_codes(codes: Mapping[int, str]) -> None:
    """Write the codes of grids by key; two of them may swap theirs.

    By way of codes that nobody has: a code must be unique after every single row.
    """
    grids = list(Grid.objects.filter(pk__in=codes).only("pk", "code"))
    changed = [grid for grid in grids if grid.code != codes[grid.pk]]
    for between in (True, False):
        for grid in changed:
            grid.code = f"~{grid.pk}" if between else codes[grid.pk]
        Grid.objects.bulk_update(changed, ["code"], 1000)


# --- undoing --------------------------------------------------------------------------


def last_act(grid: Grid) -> GridAct | None:
    """Return the last act that changed a grid and was not undone.

    Its facts are fetched when asked for: those of a whole district are large, and each
    page of a grid asks for its last act.
    """
    acts = GridAct.objects.filter(involved__contains=[grid.pk], undone_at=None)
    acts = acts.select_related("grid").defer("facts", "involved")
    return acts.order_by("-pk").first()


def places_of(act: GridAct) -> list[Grid]:
    """Return what a person must be allowed to change who undoes an act."""
    if act.kind in (GridAct.Kind.CHANGED, GridAct.Kind.RECODED):  # nothing moves
        return list(Grid.objects.filter(pk__in=act.heads))
    parents = {row["parent_id"] for row in _before(act, TREE[0]).values()}
    return list(Grid.objects.filter(pk__in={*act.heads, *parents} - {None}))


def _before(act: GridAct, facts: Facts) -> Rows:
    return {int(key): row for key, row in act.facts[facts.name]["before"].items()}


@transaction.atomic
def undo_act(*, grid: Grid, by: User) -> GridAct:
    """Undo the last act on a grid. Raises Refused if something was built on it."""
    lock_district(grid.district_id)
    act = last_act(grid)
    if act is None:
        raise Refused(f"“{grid}”没有可以撤销的操作。")
    if grid.pk not in act.heads:
        raise Refused(
            f"“{grid}”最近一次变动是随“{act.grid}”一起{act.get_kind_display()}的，"
            f"请到“{act.grid}”的页面撤销。"
        )
    _require_untouched(act)
    _require_parents(act)
    target, path = Grid.objects.get(pk=act.grid_id), act.grid.path
    _mark(act)
    try:
        with transaction.atomic():
            removed = _put_back(act)
    except IntegrityError:
        raise Refused(
            "原来的名称或编码此后已被别的网格使用，不能撤销，请先改名。"
        ) from None
    except ProtectedError as error:
        raise Refused(
            f"新网格此后已有{_words_for(error)}，不能撤销这次{act.get_kind_display()}。"
        ) from None
    record(
        "grid.undone",
        by=by,
        target=target,
        path=path,
        act=act.kind,
        on=act.on,
        removed=removed,
        rows=list(_before(act, TREE[0]).values()),
    )
    act.undone_at, act.undone_by = timezone.now(), by
    GridAct.objects.filter(pk=act.pk).update(undone_at=act.undone_at, undone_by=by)
    return act


def _words_for(error: ProtectedError) -> str:
    model = next(iter(error.protected_objects))._meta
    return f"登记的{model.verbose_name}"


def _require_untouched(act: GridAct) -> None:
    kind = act.get_kind_display()
    for facts in _facts(act.kind):
        if facts.name not in act.facts:
            continue
        left = act.facts[facts.name]["after"]
        now = _digests(_as_noted(act, facts).rows(act.involved))
        count = sum(left.get(key) != now.get(key) for key in {*left, *now})
        if count:
            raise Refused(
                f"这次{kind}之后又有 {count} {facts.label}变动，不能撤销；"
                "请先撤销或调整后来的变动。"
            )


def _require_parents(act: GridAct) -> None:
    """Refuse when a place to go back to has been moved or closed since."""
    rows = _before(act, TREE[0])
    parents = Grid.objects.in_bulk({row["parent_id"] for row in rows.values()} - {None})
    for key, row in rows.items():
        parent = parents.get(row["parent_id"])
        if parent is None or parent.pk in rows:
            continue
        is_open = row["closed_on"] is None
        if row["path"] != f"{parent.path}{key}/" or (is_open and parent.closed_on):
            raise Refused(
                f"原来的上级“{parent}”此后已移动或停用，"
                f"不能撤销这次{act.get_kind_display()}。"
            )


def _put_back(act: GridAct) -> list[str]:
    """Restore every row that an act changed; return the names of grids taken away."""
    before = _before(act, TREE[0])
    for key in sorted(before, key=lambda key: len(before[key]["path"])):
        grid = Grid.objects.get(pk=key)
        if grid.parent_id != before[key]["parent_id"]:
            grid.move_to(Grid.objects.get(pk=before[key]["parent_id"]), "last-child")
    own, *others = [one for one in _facts(act.kind) if one.put_back]
    for facts in others:
        if facts.name in act.facts:
            _restore(act, facts)
    removed = []
    for key in act.facts[own.name]["added"]:
        grid = Grid.objects.get(pk=key)  # anew each time: lft and rght have moved
        removed.append(grid.name)
        grid.delete()
    set_codes({key: row["code"] for key, row in before.items()})
    _restore(act, own)  # last: a grid taken away may have had the old name
    return removed


def _restore(act: GridAct, facts: Facts) -> None:
    """Take the rows away that an act added, then put the others back as they were."""
    model, noted = facts.model, act.facts[facts.name]
    rows = model._base_manager
    meta: Any = model._meta
    names = _as_noted(act, facts).fields
    fields = [meta.get_field(name) for name in names]
    rows.filter(pk__in=noted["added"]).delete()
    was = [
        model(
            pk=key, **{one.attname: one.to_python(row[one.attname]) for one in fields}
        )
        for key, row in _before(act, facts).items()
    ]
    rows.bulk_update(was, names, 500)


def _mark(act: GridAct) -> None:
    parents = {row["parent_id"] for row in _before(act, TREE[0]).values()}
    known = Grid.objects.filter(pk__in={*act.heads, *parents} - {None})
    keys = set(known.values_list("pk", flat=True))
    keys |= set(known.exclude(parent=None).values_list("parent", flat=True))
    mark_all_dirty(keys, act.on)
