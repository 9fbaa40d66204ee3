"""What every write to the tree goes through: its district's lock, and a refusal."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from grids.models import City, Grid

LOCKS = 0x47524944  # the class of our advisory locks
ROOTS = 0  # no grid has this key: the lock for handing out tree numbers


class Refused(ValidationError):
    """The tree may not be changed that way; the message says why, in Chinese."""

    def __str__(self) -> str:
        return self.messages[0]


def lock_district(key: int) -> None:
    """Wait for the right to write one district's tree, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCKS, key])


def as_it_is(grid: Grid) -> Grid:
    """Return a grid as it is now, after the wait for the lock. Raises Refused."""
    found = Grid.objects.filter(pk=grid.pk).first()
    if found is None:
        raise Refused(f"“{grid}”的新增已被他人撤销，请回到网格列表重新选择。")
    return found


def held_open(grid: Grid) -> Grid:
    """Return a grid as it is, which nobody closes before the transaction ends.

    Raises Refused at the field of the grid when it is closed already.
    """
    lock_district(grid.district_id)
    grid = as_it_is(grid)
    if grid.closed_on:
        said = f"网格“{grid}”已于 {grid.closed_on} 停用，请选择接续的网格。"
        raise Refused({"grid": said})
    return grid


def held_place(place: Grid | City) -> dict[str, Any]:
    """Return the fields of what is set up on a grid, held open, or on a city itself."""
    if isinstance(place, City):
        return {"city": place}
    return {"grid": held_open(place)}


def require_standing(grid: Grid, day: date, what: str, field: str) -> None:
    """Refuse a day before a grid was opened; `field` is that of the form."""
    if day < grid.opened_on:
        raise Refused(
            {field: f"{what}不能早于网格“{grid}”的启用日期 {grid.opened_on}，请核对。"}
        )


def require_last(closed_on: date, opened_on: date, rows: Iterable[Any]) -> None:
    """Refuse to close something on a day when one of its dated rows still held."""
    held = (row.until - timedelta(days=1) if row.until else row.since for row in rows)
    last = max([opened_on, *held])
    if closed_on <= last:
        raise Refused({"closed_on": f"撤销日期必须晚于 {last}，请核对。"})


def require_past(day: date, what: str = "生效日期", field: str = "") -> None:
    """Refuse a day that has not come yet: the tree is always that of today.

    `field` is that of a form which the refusal is about.
    """
    if day > timezone.localdate():
        said = f"{what}不能晚于今天，请选择 {timezone.localdate()} 或以前的日期。"
        raise Refused({field: said} if field else said)
