"""The tree of grids: built in bulk, and written by eight hands at once."""

import csv
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import StringIO
from itertools import count

import psycopg2
from django.db import connection

from gridinspect.accounts.models import User
from grids.models import Grid
from grids.services import tree
from grids.services.tree import Node, build_district
from reports.bench.ground import Ground, branching
from reports.bench.measuring import (
    Cost,
    Measured,
    counting_here,
    plain_parameters,
    server_cpu,
)

WRITERS = 8
CROWD = 20
BRANCH = 50  # nodes below a node
FLOOR_LOCK = 77


class TreeFaulty(Exception):
    """The writers left a tree that does not hold together."""


def tree_build(ground: Ground) -> Measured:
    """A district of 50,000 nodes; its floor is COPY with lft and rght computed."""
    number, serial = ground.sizes.nodes, count(1)
    city, today = ground.other_city, ground.today
    ground.plain("CREATE TABLE bench_tree (LIKE grids_grid INCLUDING ALL)")

    def ours() -> None:
        root = branching(f"T{next(serial):02}", number, branch=BRANCH)
        build_district(city=city, root=root, opened_on=today, by=ground.by)

    def bare() -> None:
        ground.plain("TRUNCATE bench_tree")
        buffer = StringIO()
        csv.writer(buffer).writerows(
            _numbered(branching("F", number, branch=BRANCH), city.pk, today)
        )
        buffer.seek(0)
        names = (
            "id, parent_id, district_id, city_id, code, name, pinyin, kind, path, "
            "opened_on, tree_id, level, lft, rght"
        )
        with ground.clock.plain, ground.clock.plain.cursor() as cursor:
            cursor.copy_expert(
                f"COPY bench_tree ({names}) FROM STDIN WITH (FORMAT csv)", buffer
            )

    return ground.clock.compare("tree_build", ours, bare, runs=3, warm=False)


def _numbered(root: Node, city: int, today) -> list[tuple]:
    """Return a row for each node with its numbers, in the order of the walk."""
    serial, rows, counter = count(1), [], 0

    def visit(node: Node, parent: int | None, path: str, level: int) -> None:
        nonlocal counter
        key = next(serial)
        counter += 1
        left, own_path = counter, f"{path}{key}/"
        for child in node.children:
            visit(child, key, own_path, level + 1)
        counter += 1
        rows.append(
            (
                *(key, parent, 1, city, node.code, node.name, "x", node.kind, own_path),
                *(today, 1, level, left, counter),
            )
        )

    visit(root, None, "/410100/", 0)
    return rows


# --- eight writers --------------------------------------------------------------------


def tree_writers(ground: Ground) -> Measured:
    """Eight connections add grids to one district at once; seconds for each write.

    The floor makes room and inserts under an advisory lock by psycopg2 alone.
    """
    district = ground.fresh_district()
    parents = list(Grid.objects.filter(district=district, parent=district))
    writes = ground.sizes.writes
    by = User.objects.system()
    serial = count(1)

    def create(writer: int) -> float:
        with counting_here() as server:
            for _ in range(writes):
                number = next(serial)
                parent = parents[number % len(parents)]
                tree.create_grid(
                    city=district.city,
                    parent=parent,
                    code=f"W{number}",
                    name=f"{number}号新社区",
                    kind="community",
                    opened_on=ground.today,
                    by=by,
                )
            return server()

    ground.plain("CREATE TABLE bench_writers (LIKE grids_grid INCLUDING ALL)")
    ground.plain(
        "INSERT INTO bench_writers SELECT * FROM grids_grid WHERE district_id = %s",
        [district.pk],
    )
    keys = count(10**9)
    names = [f.column for f in Grid._meta.concrete_fields if not f.primary_key]

    def bare(writer: int) -> float:
        with closing(psycopg2.connect(**plain_parameters())) as own:
            for _ in range(writes):
                _bare_write(own, next(keys), parents, names)
            if not ground.clock.sees_server:
                return 0.0
            return server_cpu(own.info.backend_pid)

    measured = Measured("tree_writers", [])
    for _ in range(min(3, ground.sizes.runs)):
        measured.floor.append(_together(ground, bare, writes))
        measured.program.append(_together(ground, create, writes))
    faults = tree.faults_of(district)
    if faults:
        raise TreeFaulty(faults[0])
    middle = sorted(cost.seconds for cost in measured.program)[1]
    measured.notes |= {"writes_per_second": round(1 / middle, 1), "faults": len(faults)}
    return measured


def _bare_write(own, key: int, parents: list[Grid], names: list[str]) -> None:
    parent = parents[key % len(parents)]
    new = {
        "lft": "p.rght",
        "rght": "p.rght + 1",
        "level": "p.level + 1",
        "parent_id": "p.id",
        "name": "%(key)s::text",
        "code": "'B' || %(key)s",
        "division_code": "NULL",
        "kind": "'community'",
        "path": "p.path || %(key)s || '/'",
    }
    values = {"key": key, "parent": parent.pk, "tree": parent.tree_id}
    columns = ", ".join(f'"{name}"' for name in names)
    selected = ", ".join(new.get(name, f'p."{name}"') for name in names)
    with own, own.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FLOOR_LOCK])
        cursor.execute("SELECT rght FROM bench_writers WHERE id = %(parent)s", values)
        values["at"] = cursor.fetchone()[0]
        cursor.execute(
            f"INSERT INTO bench_writers (id, {columns}) "  # noqa: S608 our own names
            f"SELECT %(key)s, {selected} FROM bench_writers p WHERE id = %(parent)s",
            values,
        )
        cursor.execute(
            "UPDATE bench_writers SET rght = rght + 2, "
            "lft = CASE WHEN lft >= %(at)s THEN lft + 2 ELSE lft END "
            "WHERE tree_id = %(tree)s AND rght >= %(at)s AND id <> %(key)s",
            values,
        )


def _together(ground: Ground, write: Callable[[int], float], writes: int) -> Cost:
    """Let the writers begin at once; return what one write cost."""
    start = threading.Barrier(WRITERS)
    used: list[float] = []

    def begin(writer: int) -> None:
        start.wait()
        used.append(write(writer))

    def all_at_once() -> None:
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(begin, range(WRITERS)))

    cost = ground.clock.take(all_at_once)
    each = WRITERS * writes
    return Cost(
        cost.seconds / each, (cost.cpu + sum(used)) / each, cost.queries, cost.peak
    )


# --- twenty writers -------------------------------------------------------------------


def tree_crowd(ground: Ground) -> Measured:
    """Twenty connections move grids of one district at once; how long each one waits.

    Its floor is the same move by one writer alone, so the ratio is what waiting costs.
    """
    district = ground.fresh_district()
    streets = list(district.children.order_by("pk"))
    movable = list(Grid.objects.filter(parent__in=streets).order_by("pk"))
    slowest: list[float] = []

    def move(writer: int) -> None:
        for number in range(max(1, ground.sizes.writes // 4)):
            grid = movable[(writer + number * CROWD) % len(movable)]
            to = streets[(writer + number) % len(streets)]
            began = time.perf_counter()
            tree.move_grid(grid=grid, parent=to, by=ground.by)
            slowest.append(time.perf_counter() - began)

    def alone() -> None:
        move(0)

    def begin(writer: int) -> None:
        try:
            start.wait()
            move(writer)
        finally:
            connection.close()

    start = threading.Barrier(CROWD)
    measured = Measured("tree_crowd", [], [ground.clock.take(alone)])
    slowest.clear()

    def crowd() -> None:
        with ThreadPoolExecutor(CROWD) as pool:
            list(pool.map(begin, range(CROWD)))

    measured.program.append(ground.clock.take(crowd) / CROWD)
    faults = tree.faults_of(district)
    if faults:
        raise TreeFaulty(faults[0])
    measured.notes |= {
        "longest_wait": round(max(slowest), 3),
        "faults": len(faults),
    }
    return measured
