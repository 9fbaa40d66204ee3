"""Where a person works, and what the person may do there."""

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission, roles_with
from grids.models import Posting, city_path


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
