"""How old a survey may be and still count, by the policy of each district."""

from collections.abc import Iterable
from datetime import date

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.scope import within_paths
from grids.models import Grid
from grids.services.law import Law
from grids.services.policies import policies_on


def freshness_days(districts: Iterable[int], on: date) -> dict[int, int]:
    """Return the days for which a survey counts (信息有效期), by district key.

    Where no plan is in force, or it is silent, the law's half year holds.
    """
    keys = set(districts)
    policies = policies_on(keys, on)
    usual = [key for key in keys if key not in policies]
    days = {key: policies[key].freshness_days for key in policies}
    if usual:
        law = Law().number("freshness_days", on=on).value
        days.update(dict.fromkeys(usual, law))
    return days


def districts_of(user: User, permission: Permission) -> set[int]:
    """Return the keys of the districts in which the user may do this somewhere."""
    paths = user.scope_paths(permission)
    parts = [path.strip("/").split("/") for path in paths]
    inside = {int(part[1]) for part in parts if len(part) > 1}
    wide = [path for path, part in zip(paths, parts, strict=True) if len(part) < 2]
    if wide:
        roots = Grid.objects.roots().filter(within_paths(wide, "path"))
        inside.update(roots.values_list("pk", flat=True))
    return inside
