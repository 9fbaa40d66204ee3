"""What the rows of supervision have in common."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from gridinspect.accounts.roles import Permission
from gridinspect.scope import ScopedQuerySet

USER = settings.AUTH_USER_MODEL


def by_another(first: str, second: str) -> models.CheckConstraint:
    """Return a constraint that nobody approves what he proposed himself."""
    return models.CheckConstraint(
        condition=Q(**{f"{second}__isnull": True})
        | Q(**{f"{first}__isnull": False}) & ~Q(**{second: F(first)}),
        name=f"%(app_label)s_%(class)s_{second}_is_another",
    )


class UnitRowQuerySet(ScopedQuerySet):
    """Rows about a unit, which are seen where the unit is."""

    path_field = "enterprise__grid__path"
    view_permission = Permission.ENTERPRISE_VIEW
