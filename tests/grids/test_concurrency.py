"""Several connections write one district at once, and the tree stays sound."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from gridinspect.accounts.models import User
from grids.models import Grid, GridAct
from grids.services import tree
from grids.services.acts import undo_act
from grids.services.recoding import recode_grids
from grids.services.reshaping import NewGrid, merge_grids, split_grid
from grids.services.tree import Refused
from tests.factories import (
    LONG_AGO,
    create_grid,
    make_city,
    make_district,
    make_user,
)

WRITERS = 8
ACTS = 12
CROWD = 20
CROWD_ACTS = 3


@pytest.fixture
def district(transactional_db):
    district = make_district("二七区", city=make_city(), code="410103")
    for number in range(4):
        create_grid(f"{number}号街道", parent=district)
    return district


def writes(district_key, writer):
    """Create and move grids in one district; return the refusals."""
    by, refused, chance = User.objects.system(), 0, random.Random(writer)
    try:
        for number in range(ACTS):
            grids = list(Grid.objects.filter(district=district_key).order_by("pk"))
            grid, other = chance.choice(grids), chance.choice(grids)
            try:
                if number % 3:
                    tree.create_grid(
                        city=grid.city,
                        parent=grid,
                        code=f"W{writer}N{number}",
                        name=f"{writer}-{number}",
                        kind="cell",
                        opened_on=LONG_AGO,
                        by=by,
                    )
                else:
                    tree.move_grid(grid=grid, parent=other, by=by)
            except Refused:
                refused += 1
        return refused
    finally:
        connection.close()


def test_eight_writers_leave_one_district_sound(district):
    with ThreadPoolExecutor(WRITERS) as pool:
        refused = sum(pool.map(lambda n: writes(district.pk, n), range(WRITERS)))

    assert tree.faults_of(district) == []
    assert refused < WRITERS * ACTS / 2, "almost nothing was written"
    for grid in Grid.objects.exclude(parent=None).select_related("parent"):
        assert grid.path == f"{grid.parent.path}{grid.pk}/"


def test_eight_districts_made_at_once_have_a_tree_each(district):
    def build(number):
        try:
            new = create_grid(f"{number}号区", city=district.city, kind="district")
            return new.tree_id
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        numbers = list(pool.map(build, range(WRITERS)))

    assert len({district.tree_id, *numbers}) == WRITERS + 1


def reshapes(district_key, writer):
    """Split, merge, move and undo in one district; return how many acts were done."""
    done, chance = 0, random.Random(writer)
    try:
        for number in range(ACTS):
            standing = Grid.objects.filter(district=district_key, closed_on=None)
            grids = list(standing.order_by("pk"))
            grid, other = chance.choice(grids[1:]), chance.choice(grids)
            try:
                reshape(number % 4, grid, other, f"{writer}-{number}")
                done += 1
            except (ValidationError, Grid.DoesNotExist):
                pass  # refused, or undone away by another writer
        return done
    finally:
        connection.close()


def reshape(which, grid, other, name):
    by, on = User.objects.system(), timezone.localdate()
    if which == 0:
        parts = [NewGrid(f"{name}{part}", f"{part}{name}") for part in "甲乙"]
        split_grid(grid=grid, parts=parts, on=on, by=by)
    elif which == 1:
        merge_grids(grids=[grid], into=other, on=on, by=by)
    elif which == 2:
        tree.move_grid(grid=grid, parent=other, on=on, by=by)
    else:
        undo_act(grid=grid, by=by)


def test_writers_that_reshape_one_district_leave_it_sound(district):
    with ThreadPoolExecutor(WRITERS) as pool:
        done = sum(pool.map(lambda n: reshapes(district.pk, n), range(WRITERS)))

    assert tree.faults_of(district) == []
    assert done > WRITERS, "almost nothing was done"


# --- twenty writers, and who looks on -------------------------------------------------

BELOW = """
WITH RECURSIVE below AS (
    SELECT id FROM grids_grid WHERE id = ANY(%s)
    UNION ALL
    SELECT grid.id FROM grids_grid grid JOIN below ON grid.parent_id = below.id)
SELECT id FROM below
"""


def crowds(district_key, writer, start):
    """Do several acts in one district; how long each waits is measured by `bench`."""
    chance = random.Random(writer)
    by, on = User.objects.system(), timezone.localdate()
    start.wait()
    try:
        for number in range(CROWD_ACTS):
            standing = Grid.objects.filter(district=district_key, closed_on=None)
            grids = list(standing.order_by("pk"))
            grid, other = chance.choice(grids[1:] or grids), chance.choice(grids)
            with suppress(ValidationError):  # a refusal is an answer
                if (number + writer) % 5 == 4:
                    codes = {grid: other.code, other: grid.code}
                    recode_grids(at=grids[0], codes=codes, on=on, by=by)
                else:
                    reshape((number + writer) % 5, grid, other, f"{writer}-{number}")
    finally:
        connection.close()


def keys_of(path):
    return {int(key) for key in path.strip("/").split("/")}


def looks(user_key, stop):
    """Read what a person sees until told to stop; return how often, and faults.

    Once in one picture of the database, where it must be what the parents say, and once
    as a request reads it, statement by statement: nothing of another place.
    """
    faults, times = [], 0

    def posts(user):
        return set(user.person.postings.current().values_list("grid", flat=True))

    try:
        while not stop.is_set():
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                user = User.objects.get(pk=user_key)
                seen = set(Grid.objects.visible_to(user).values_list("pk", flat=True))
                cursor.execute(BELOW, [list(posts(user))])
                if seen != {key for (key,) in cursor.fetchall()}:
                    faults.append(seen)
            user = User.objects.get(pk=user_key)
            own = posts(user)
            paths = list(Grid.objects.visible_to(user).values_list("path", flat=True))
            own |= posts(user)
            faults += [path for path in paths if own.isdisjoint(keys_of(path))]
            times += 1
            time.sleep(0.02)
        return times, faults
    finally:
        connection.close()


def test_twenty_writers_leave_a_sound_tree_and_no_reader_sees_a_stranger(district):
    neighbour = make_district("惠济区", city=district.city, code="410108")
    street = create_grid("新城街道", parent=neighbour)
    create_grid("新城社区", parent=street)
    watched = district.children.order_by("pk").first()
    readers = [make_user(grid=place).pk for place in (watched, district, street)]
    places = [district.pk] * CROWD + [neighbour.pk] * 2
    start, stop = threading.Barrier(len(places)), threading.Event()

    with ThreadPoolExecutor(len(places) + len(readers)) as pool:
        looking = [pool.submit(looks, key, stop) for key in readers]
        acting = [
            pool.submit(crowds, place, writer, start)
            for writer, place in enumerate(places)
        ]
        try:
            for act in acting:
                act.result()
        finally:
            stop.set()
    seen = [look.result() for look in looking]

    assert tree.faults_of(district) == []
    assert tree.faults_of(neighbour) == []
    assert [faults for _, faults in seen] == [[], [], []]
    assert all(times > 2 for times, _ in seen), "the readers hardly looked"
    assert GridAct.objects.filter(kind__in=["moved", "split", "recoded"]).count() > 5
