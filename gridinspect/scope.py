"""Which rows a person may see: by the path of the place a row belongs to.

A path names a place and everything above it: "/410100/", "/410100/17/45/". A row is in
a place when its path begins with the place's path. Paths are stored and kept by the
one service that writes the tree, so that a damaged tree may draw badly but not leak.
"""

from collections.abc import Iterable
from typing import Any, Protocol, Self

from django.db import models
from django.db.models import Q


class Place(Protocol):
    """Anything with a path: a city or a grid."""

    @property
    def path(self) -> str: ...


def within_paths(paths: Iterable[str], field: str) -> Q:
    """Return a condition: the path in `field` begins with one of `paths`."""
    condition = Q(pk__in=[])  # of no places at all: no rows at all
    for path in paths:
        condition |= Q(**{f"{field}__startswith": path})
    return condition


class ScopedQuerySet(models.QuerySet):
    """The base of every queryset over rows that belong to a place.

    `path_field` leads from the row to its path; `view_permission` is what a posting
    must grant before its place opens these rows at all.
    """

    path_field = "grid__path"
    view_permission: Any = None

    def visible_to(self, user) -> Self:
        """Keep the rows in the places where the user may look at such rows today."""
        paths = user.scope_paths(self.view_permission)
        return self.filter(within_paths(paths, self.path_field))

    def within(self, place: Place) -> Self:
        """Keep the rows of a place and of everything below it."""
        return self.filter(within_paths([place.path], self.path_field))
