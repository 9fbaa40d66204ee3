"""Several connections write one district at once, and the tree stays sound."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from gridinspect.accounts.models import User
from grids.models import Grid
from grids.services import tree
from grids.services.acts import undo_act
from grids.services.reshaping import NewGrid, merge_grids, split_grid
from grids.services.tree import Refused
from tests.factories import LONG_AGO, make_city, make_district, make_grid

WRITERS = 8
ACTS = 12


@pytest.fixture
def district(transactional_db):
    district = make_district("二七区", city=make_city(), code="410103")
    for number in range(4):
        make_grid(f"{number}号街道", parent=district)
    return district


def writes(district_key, writer):
    """Create and move grids in one district; return the refusals."""
    by, refused, chance = User.objects.get(username="system"), 0, random.Random(writer)
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
            return make_district(f"{number}号区", city=district.city).tree_id
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
    by, on = User.objects.get(username="system"), timezone.localdate()
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
