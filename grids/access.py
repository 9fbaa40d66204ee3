"""May this person do that, there? (Which rows are visible: see `visible_to`.)"""

from django.core.exceptions import PermissionDenied

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.scope import Place


def may(user: User, permission: Permission, *, at: Place) -> bool:
    """Tell whether a current post at this place or above it grants the permission."""
    return any(at.path.startswith(path) for path in user.scope_paths(permission))


def require(user: User, permission: Permission, *, at: Place) -> None:
    """Answer 403 unless the user may."""
    if not may(user, permission, at=at):
        raise PermissionDenied(f"{permission} at {at}")


def may_somewhere(user: User, permission: Permission) -> bool:
    """Tell whether any current posting grants the permission."""
    return user.holds(permission)


def require_somewhere(user: User, permission: Permission) -> None:
    """Answer 403 unless the user may do this at least somewhere."""
    if not user.holds(permission):
        raise PermissionDenied(str(permission))
