"""The tree as it stood on a date. Who sees what is another matter: that is today's."""

from collections.abc import Collection
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from grids.models import City, Grid, GridPeriod


def path_on(place: Grid | City, on: date) -> str:
    """Return where a place stood on a day. No query for today, a city or a root."""
    if isinstance(place, City) or place.is_root or on >= timezone.localdate():
        return place.path
    return as_of(place, on).path


def as_of(place: Grid | City, on: date) -> Grid | City:
    """Return a place as it was on a day: for reading, never to be saved."""
    if isinstance(place, City) or on >= timezone.localdate():
        return place
    period = GridPeriod.objects.stood_in("/", on).filter(grid=place.pk)
    row = period.select_related("grid__city", "grid__district").first()
    return row.as_grid() if row else place


def periods_in(place: Grid | City, on: date) -> QuerySet[GridPeriod]:
    """Return the periods of a place and of all below it on a day, one a grid."""
    return GridPeriod.objects.stood_in(path_on(place, on), on)


def grids_in(place: Grid | City, on: date) -> list[Grid]:
    """Return a place and all below it as they were on a day, in the order of codes.

    Closed grids and those not yet open are among them.
    """
    rows = periods_in(place, on).select_related("grid").order_by("code")
    return [row.as_grid() for row in rows]


def roots_on(keys: Collection[int], on: date) -> dict[int, Grid]:
    """Return districts by key, with the names and codes that they had on a day."""
    rows = GridPeriod.objects.stood_in("/", on).filter(grid__in=keys)
    return {row.grid_id: row.as_grid() for row in rows.select_related("grid")}


def grids_below(place: Grid | City, on: date) -> list[Grid]:
    """Return what stood directly below a place on a day, in the order of codes."""
    below = GridPeriod.objects.stood_in("/", on)
    if isinstance(place, City):
        below = below.filter(grid__city=place, parent=None)
    else:
        below = below.filter(parent=place.pk)
    return [row.as_grid() for row in below.select_related("grid").order_by("code")]
