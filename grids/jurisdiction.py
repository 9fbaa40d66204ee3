"""Where a person works, and what the person may do there."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission, roles_with
from grids.models import Posting, city_path


@dataclass(frozen=True)
class PostBeside:
    """A post that is none in a grid, such as that of 企业协管员 in a unit.

    Its path lies strictly below a grid's, so that it opens nothing of the grid itself.
    """

    role: str
    path: str
    place: str  # in words, for the top bar


class Beside(Protocol):
    """Where an upper app keeps posts that are none in a grid."""

    def of(self, person: int) -> list[PostBeside]:
        """Return the posts that a person holds today."""

    def people(self) -> Any:
        """Return (key of the person, path) of everybody who holds one today."""


_beside: list[Beside] = []


def keeps_posts(source: type[Beside]) -> type[Beside]:
    """Register where further posts are kept."""
    _beside.append(source())
    return source


def posts_beside(person: int) -> list[PostBeside]:
    """Return the posts of a person that are none in a grid."""
    return [post for source in _beside for post in source.of(person)]


def people_beside(paths: Iterable[str]) -> tuple[set[int], set[int]]:
    """Return who holds such posts in these places, and who holds some elsewhere."""
    inside: set[int] = set()
    outside: set[int] = set()
    wanted = tuple(paths)
    for source in _beside:
        for person, path in source.people():
            (inside if path.startswith(wanted) else outside).add(person)
    return inside, outside


def paths_of(user: User, permission: Permission | None) -> tuple[str, ...]:
    """Return the paths of the places whose postings grant the permission today.

    No permission asked: every place of a current posting. Read once per user object,
    so that one request sees one state of the world.
    """
    posts = user.__dict__.get("_posts")
    if posts is None:
        current = Posting.objects.current().filter(person_id=user.person_id)
        posts = user.__dict__["_posts"] = (
            list(current.with_paths()) if user.person_id else []
        )
        if not posts and user.person_id:  # who works in a grid holds no other post
            posts += [(one.role, one.path, "") for one in posts_beside(user.person_id)]
    granting = None if permission is None else roles_with(permission)
    return tuple(
        sorted(
            {
                grid_path or city_path(city_code)
                for role, grid_path, city_code in posts
                if granting is None or role in granting
            }
        )
    )
