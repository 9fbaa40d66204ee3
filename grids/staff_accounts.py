"""Which accounts an administrator looks after, and which roles he may give."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from gridinspect.accounts.models import EVERYWHERE, Person, User
from gridinspect.accounts.roles import Permission, Role
from gridinspect.scope import Place, within_paths
from grids.access import may
from grids.jurisdiction import people_beside
from grids.models import City, Grid, Posting
from grids.querysets import PostingQuerySet

CITY_ROLES = (Role.CITY_BUREAU,)  # only who administers a whole city gives these
UNIT_ROLES = (Role.ENTERPRISE_ASSISTANT,)  # held in a unit: the bureau appoints there


def postings_managed_by(user: User) -> PostingQuerySet:
    """Return the postings in the places whose accounts the user looks after."""
    return Posting.objects.filter(_in_places_of(user))


def accounts_managed_by(user: User) -> QuerySet[User]:
    """Return the accounts that the user looks after.

    Those with a post in his places and none outside of them: else a district could
    take over an account of the city by resetting its password.
    """
    inside = postings_managed_by(user)
    lasting = Q(until=None) | Q(until__gt=timezone.localdate())
    outside = Posting.objects.filter(lasting).exclude(pk__in=inside.values("pk"))
    beside, elsewhere = people_beside(user.scope_paths(Permission.ACCOUNT_MANAGE))
    ours = Q(person_id__in=inside.values("person_id")) | Q(person_id__in=beside)
    accounts = User.objects.filter(ours, is_system=False)
    strangers = Q(person_id__in=outside.values("person_id"))
    return accounts.exclude(strangers | Q(person_id__in=elsewhere))


def people_without_account(user: User) -> QuerySet[Person]:
    """Return who has a post in the user's places, but no account yet."""
    inside = postings_managed_by(user).current()
    beside, _ = people_beside(user.scope_paths(Permission.ACCOUNT_MANAGE))
    posted = Q(pk__in=inside.values("person_id")) | Q(pk__in=beside)
    return Person.objects.filter(posted, user=None)


def grids_managed_by(user: User) -> QuerySet[Grid]:
    """Return the grids to which the user may give posts."""
    paths = user.scope_paths(Permission.ACCOUNT_MANAGE)
    return Grid.objects.filter(within_paths(paths, "path"), closed_on=None)


def cities_managed_by(user: User) -> QuerySet[City]:
    """Return the cities whose accounts the user looks after as a whole."""
    paths = user.scope_paths(Permission.ACCOUNT_MANAGE)
    if EVERYWHERE in paths:
        return City.objects.all()
    return City.objects.filter(code__in=_city_codes(paths))


def grantable_roles(user: User) -> list[Role]:
    """Return the roles that the user may give somewhere."""
    roles = [role for role in Role if role not in UNIT_ROLES]
    if cities_managed_by(user).exists():
        return roles
    return [role for role in roles if role not in CITY_ROLES]


def may_grant(user: User, role: str, *, at: Place) -> bool:
    """Tell whether the user may give this role at a place; a city's only to a city."""
    if role in UNIT_ROLES or (role in CITY_ROLES and not isinstance(at, City)):
        return False
    return may(user, Permission.ACCOUNT_MANAGE, at=at)


def _in_places_of(user: User) -> Q:
    paths = user.scope_paths(Permission.ACCOUNT_MANAGE)
    if EVERYWHERE in paths:
        return Q()
    in_cities = Q(grid=None, city__code__in=_city_codes(paths))
    return within_paths(paths, "grid__path") | in_cities


def _city_codes(paths: tuple[str, ...]) -> set[str]:
    return {path.strip("/") for path in paths if path.count("/") == 2}
