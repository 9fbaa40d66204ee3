"""What the posters of many grids say today, in a fixed number of queries.

`parts` of a content is what a version keeps, so that `changes` can tell later which of
them no longer holds.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from assistants.models import StaffFile
from gridinspect.accounts.roles import POSTED_STAFF, Role
from grids.models import Boundary, City, Grid, Office, Posting
from grids.services.duties import Duty, duties_in
from reports.models import Wall

# Whoever stands on a wall, in the order in which they stand there.
ROLES = (Role.LEADER, Role.SQUAD_LEADER, *POSTED_STAFF)

Parts = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Title:
    """Which grid a poster is about, and where that lies."""

    name: str
    code: str
    above: str

    def parts(self) -> dict[str, str]:
        return {"name": self.name, "code": self.code, "above": self.above}


@dataclass(frozen=True)
class MapContent:
    """The grid, those directly below it, and which boundary each has."""

    title: Title
    grid: Grid
    children: tuple[Grid, ...]
    boundaries: Mapping[int, int]  # from the grid's key to the boundary's

    def parts(self) -> Parts:
        return {
            "title": self.title.parts(),
            "grids": {str(one.pk): f"{one.code} {one.name}" for one in self.children},
            "boundaries": {str(k): str(v) for k, v in self.boundaries.items()},
        }


@dataclass(frozen=True)
class Posted:
    """One person on post, as the poster names him."""

    person: int
    name: str
    role: str
    grid: Grid
    phone: str
    photo: int | None  # an attachment's key

    @property
    def key(self) -> str:
        return f"{self.person}-{self.grid.pk}-{self.role}"

    @property
    def called(self) -> str:
        return f"{self.name}（{Role(self.role).label}）"

    def __str__(self) -> str:
        return f"{self.name}（{self.grid.name}{Role(self.role).label}）"


@dataclass(frozen=True)
class StaffContent:
    """Who works in the grid, and in the grids directly below it."""

    title: Title
    own: tuple[Posted, ...]
    below: tuple[Posted, ...]

    def parts(self) -> Parts:
        everybody = [*self.own, *self.below]
        people = {one.key: one.called for one in self.own}
        return {
            "title": self.title.parts(),
            "people": people | {one.key: str(one) for one in self.below},
            "phones": {str(one.person): one.phone for one in everybody},
            "photos": {str(one.person): str(one.photo or "") for one in self.own},
        }


@dataclass(frozen=True)
class DutyContent:
    """What each role has to do in the grid."""

    title: Title
    duties: tuple[Duty, ...] = field(default_factory=tuple)

    def parts(self) -> Parts:
        return {
            "title": self.title.parts(),
            "duties": {one.title: _digest(one.text) for one in self.duties},
        }


Content = MapContent | StaffContent | DutyContent


def _digest(text: str) -> str:
    return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()


def contents_of(kind: str, grids: Collection[Grid], on: date) -> dict[int, Any]:
    """Return {grid key: what its poster of this kind says}, for all of the grids."""
    if not grids:
        return {}
    titles = _titles(grids)
    match Wall(kind):
        case Wall.MAP:
            return _maps(grids, titles, on)
        case Wall.STAFF:
            return _staffs(grids, titles, on)
    return _duties(grids, titles, on)


def _titles(grids: Collection[Grid]) -> dict[int, Title]:
    above = {grid.pk: _keys_above(grid) for grid in grids}
    keys = {key for keys in above.values() for key in keys}
    names = dict(Grid.objects.filter(pk__in=keys).values_list("pk", "name"))
    cities = City.objects.in_bulk({grid.city_id for grid in grids})
    return {
        grid.pk: Title(
            grid.name,
            grid.code,
            cities[grid.city_id].name + "".join(names[key] for key in above[grid.pk]),
        )
        for grid in grids
    }


def _keys_above(grid: Grid) -> list[int]:
    return [int(part) for part in grid.path.strip("/").split("/")[1:-1]]


def _children(grids: Collection[Grid]) -> dict[int, list[Grid]]:
    found: dict[int, list[Grid]] = defaultdict(list)
    below = Grid.objects.filter(parent__in=grids, closed_on=None).order_by("code")
    for child in below:
        found[child.parent_id].append(child)
    return found


def _maps(
    grids: Collection[Grid], titles: Mapping[int, Title], on: date
) -> dict[int, MapContent]:
    children = _children(grids)
    keys = {grid.pk for grid in grids}
    keys |= {child.pk for group in children.values() for child in group}
    known = dict(
        Boundary.objects.on(on).filter(grid__in=keys).values_list("grid", "pk")
    )
    found = {}
    for grid in grids:
        drawn = [grid, *children[grid.pk]]
        own = {one.pk: known[one.pk] for one in drawn if one.pk in known}
        found[grid.pk] = MapContent(
            titles[grid.pk], grid, tuple(children[grid.pk]), own
        )
    return found


def _staffs(
    grids: Collection[Grid], titles: Mapping[int, Title], on: date
) -> dict[int, StaffContent]:
    children = _children(grids)
    places = {grid.pk: grid for grid in grids}
    for group in children.values():
        places |= {child.pk: child for child in group}
    posted = _posted(places, on)
    return {
        grid.pk: StaffContent(
            titles[grid.pk],
            tuple(posted[grid.pk]),
            tuple(one for child in children[grid.pk] for one in posted[child.pk]),
        )
        for grid in grids
    }


def _posted(places: Mapping[int, Grid], on: date) -> dict[int, list[Posted]]:
    """Return who is on post in each grid, the head first.

    Who has no work telephone of his own is reached in the office of the grid; a
    private number never stands on a wall.
    """
    posts = (
        Posting.objects.on(on)
        .filter(grid__in=list(places), role__in=ROLES)
        .select_related("person")
    )
    files = {
        person: (phone, photo)
        for person, phone, photo in StaffFile.objects.filter(
            person__in=posts.values("person")
        ).values_list("person", "work_phone", "photo")
    }
    offices = _office_phones(places)
    order = {role: number for number, role in enumerate(ROLES)}
    found: dict[int, list[Posted]] = defaultdict(list)
    for post in sorted(posts, key=lambda one: (order[Role(one.role)], one.pk)):
        grid = places[post.grid_id or 0]
        phone, photo = files.get(post.person_id, ("", None))
        found[grid.pk].append(
            Posted(
                post.person_id,
                post.person.name,
                post.role,
                grid,
                phone or offices.get(grid.pk, ""),
                photo,
            )
        )
    return found


def _office_phones(places: Iterable[int]) -> dict[int, str]:
    rows = Office.objects.open().filter(grid__in=list(places)).exclude(phone="")
    return dict(rows.order_by("-pk").values_list("grid", "phone"))


def _duties(
    grids: Collection[Grid], titles: Mapping[int, Title], on: date
) -> dict[int, DutyContent]:
    known = duties_in({grid.district_id or grid.pk for grid in grids}, on)
    return {
        grid.pk: DutyContent(
            titles[grid.pk],
            tuple(duty for duty in known[grid.district_id or grid.pk] if duty.lines),
        )
        for grid in grids
    }
