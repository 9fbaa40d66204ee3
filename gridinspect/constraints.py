"""Database constraints that several models share."""

from django.db.models import CheckConstraint, F, Q


def paired(first: str, second: str) -> CheckConstraint:
    """Return a constraint that two nullable fields are both set or both empty."""
    return CheckConstraint(
        condition=Q(**{f"{first}__isnull": True, f"{second}__isnull": True})
        | Q(**{f"{first}__isnull": False, f"{second}__isnull": False}),
        name=f"%(app_label)s_%(class)s_{first}_with_{second}",
    )


def ordered(first: str, later: str) -> CheckConstraint:
    """Return a constraint that `later`, when set, lies after a set `first`."""
    return CheckConstraint(
        condition=Q(**{f"{later}__isnull": True})
        | Q(**{f"{first}__isnull": False, f"{later}__gt": F(first)}),
        name=f"%(app_label)s_%(class)s_{later}_after_{first}",
    )
