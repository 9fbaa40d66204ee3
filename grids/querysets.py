"""Querysets over the tree of grids and over what is dated."""

from datetime import date
from typing import Any, cast

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from mptt.querysets import TreeQuerySet

from gridinspect.accounts.roles import Permission
from gridinspect.scope import ScopedQuerySet, within_paths

CODE_AT_LEAST = 4  # characters of a former code that one looks for


class DatedQuerySet(models.QuerySet):
    """Rows that hold from `since` until the day before `until`."""

    def on(self, day: date):
        """Keep what holds on this day."""
        return self.filter(Q(until=None) | Q(until__gt=day), since__lte=day)

    def current(self):
        """Keep what holds today."""
        return self.on(timezone.localdate())


def stood_in(path: str, day: date, *, to: str = "") -> Q:
    """Return a condition: on that day the grid stood at or below this path.

    `to` leads from the row to the periods of its grid. What is dated before its grid
    was opened counts where the grid stood first.
    """
    begun = Q(**{f"{to}since__lte": day}) | Q(
        **{f"{to}since": F(f"{to}grid__opened_on")}
    )
    lasts = Q(**{f"{to}until__isnull": True}) | Q(**{f"{to}until__gt": day})
    return Q(**{f"{to}path__startswith": path}) & begun & lasts


class GridPeriodQuerySet(DatedQuerySet):
    """Where grids stood, and when."""

    def stood_in(self, path: str, day: date):
        """Keep one period of each grid that stood at or below a path on a day."""
        return self.filter(stood_in(path, day))


class CityQuerySet(ScopedQuerySet):
    """Cities, which a person of the city bureau sees."""

    view_permission = Permission.GRID_VIEW

    def visible_to(self, user):
        """Keep the cities in which the user works, even in a part of one."""
        paths = user.scope_paths(self.view_permission)
        if "/" in paths:
            return self.all()
        return self.filter(code__in={path.split("/")[1] for path in paths})

    def editable_by(self, user):
        """Keep the cities whose districts the user may add to today."""
        paths = user.scope_paths(Permission.GRID_EDIT)
        if "/" in paths:
            return self.all()
        whole = {path.strip("/") for path in paths if path.count("/") == 2}
        return self.filter(code__in=whole)


class CodeSchemeQuerySet(ScopedQuerySet):
    """How cities number their grids, for whoever works in one of them."""

    view_permission = Permission.GRID_VIEW

    def visible_to(self, user):
        """Keep the schemes of the cities in which the user works."""
        paths = user.scope_paths(self.view_permission)
        if "/" in paths:
            return self.all()
        return self.filter(city__code__in={path.split("/")[1] for path in paths})


class GridQuerySet(TreeQuerySet, ScopedQuerySet):
    path_field = "path"
    view_permission = Permission.GRID_VIEW

    def where(self, user, permission):
        """Keep the grids where a post of the user grants this permission today."""
        paths = user.scope_paths(permission)
        return self.filter(within_paths(paths, self.path_field))

    def editable_by(self, user):
        """Keep the grids that the user may change today."""
        return self.where(user, Permission.GRID_EDIT)

    def open_on(self, day: date):
        """Keep the grids that exist on this day."""
        return self.filter(Q(closed_on=None) | Q(closed_on__gt=day), opened_on__lte=day)

    def roots(self):
        """Keep the roots: districts and functional zones."""
        return self.filter(parent=None)

    def above(self, grid):
        """Keep the grid and everything above it, from the root down."""
        keys = [int(part) for part in grid.path.strip("/").split("/")[1:]]
        return self.filter(pk__in=keys).order_by("level")

    def matching(self, words: str):
        """Keep the grids with these words in the name, this code or these initials."""
        words = words.strip()
        found = (
            Q(name__icontains=words)
            | Q(code__startswith=words)
            | Q(division_code__startswith=words)
        )
        if words.isascii() and words.isalpha():
            found |= Q(pinyin__startswith=words.lower())
        if len(words) >= CODE_AT_LEAST and words.isascii():
            # A code of earlier days, in plans and papers, still leads to the grid.
            found |= Q(pk__in=cast("Any", self.model).once_coded(words))
        return self.filter(found)

    def for_list(self):
        """Fetch what a row of a list shows, in the order of codes."""
        return self.select_related("parent", "district", "city").order_by("code")


class PlacedQuerySet(ScopedQuerySet):
    """Rows on a grid or on a city itself; `of` leads to what stands there.

    What stands on a city is a contact of its districts: they see it too.
    """

    of = ""

    def visible_to(self, user):
        """Keep what stands in the user's places, and on the city above them."""
        paths = user.scope_paths(self.view_permission)
        return self.filter(
            within_paths(paths, f"{self.of}grid__path") | self._on_cities(paths)
        )

    def within(self, place):
        """Keep what stands in a place: on a city also what is the city's own."""
        here = within_paths([place.path], f"{self.of}grid__path")
        if place.path.count("/") == 2:
            here |= self._on_cities([place.path])
        return self.filter(here)

    def _on_cities(self, paths) -> Q:
        if "/" in paths:
            return Q(**{f"{self.of}city__isnull": False})
        codes = {path.split("/")[1] for path in paths}
        return Q(**{f"{self.of}city__code__in": codes})


class PostingQuerySet(DatedQuerySet, ScopedQuerySet):  # type: ignore[override]
    view_permission = Permission.STAFF_VIEW

    def visible_to(self, user):
        """Keep the postings in the user's places, those to the city itself included."""
        paths = user.scope_paths(self.view_permission)
        city_paths = {path.strip("/") for path in paths if path.count("/") == 2}
        in_cities = Q() if "/" in paths else Q(city__code__in=city_paths)
        return self.filter(
            within_paths(paths, "grid__path") | (Q(grid=None) & in_cities)
        )

    def with_paths(self):
        """Return (role, path of the place) pairs."""
        return self.annotate(
            grid_path=F("grid__path"), city_code=F("city__code")
        ).values_list("role", "grid_path", "city_code")


class PolicyDraftQuerySet(ScopedQuerySet):
    """Drafts, for those who may put a plan in force at the place of the writer."""

    path_field = "path"
    view_permission = Permission.POLICY_ADOPT
