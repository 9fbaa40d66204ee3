"""At which place a person may act on somebody's file."""

from django.core.exceptions import PermissionDenied

from assistants.models import StaffFile
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.scope import Place
from grids.access import may
from grids.models import Posting


def place_to_act(user: User, permission: Permission, file: StaffFile) -> Place | None:
    """Return a place of the person's posts where the user may do this, if any.

    Current posts decide; the last place keeps the file of who has none any more, so
    that a former district cannot change the file of somebody who works elsewhere now.
    """
    posts = Posting.objects.filter(person=file.person_id)
    posts = posts.select_related("grid", "city").order_by("-since", "-pk")
    current = list(posts.current())
    for post in current or posts[:1]:
        if may(user, permission, at=post.place):
            return post.place
    return None


def require_place(user: User, permission: Permission, file: StaffFile) -> Place:
    """Return that place, or answer 403."""
    place = place_to_act(user, permission, file)
    if place is None:
        raise PermissionDenied("此人现不在您的辖区任职，您只能查看其档案。")
    return place
