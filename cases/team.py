"""Who may investigate: inspectors on post in the district, with their certificates."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from assistants.models import Certificate
from cases.rules import Inspector
from gridinspect.accounts.models import Person
from gridinspect.accounts.roles import INSPECTORS
from grids.models import Grid, Posting


def members_of(persons: Collection[Person]) -> list[Inspector]:
    """Return the persons as the rules see them. One query."""
    certified = defaultdict(list)
    rows = Certificate.objects.filter(person__in=[person.pk for person in persons])
    for person, first, last in rows.values_list(
        "person_id", "valid_from", "valid_until"
    ):
        certified[person].append((first, last))
    return [
        Inspector(person.pk, person.name, tuple(certified[person.pk]))
        for person in persons
    ]


def inspectors_in(district: Grid, *, on: date):
    """Return the persons who may be put on a team in a district on a day."""
    posts = Posting.objects.on(on).within(district).filter(role__in=INSPECTORS)
    certificates = Certificate.objects.valid_on(on)
    return (
        Person.objects.filter(
            pk__in=posts.values("person"), certificates__in=certificates
        )
        .distinct()
        .order_by("name")
    )
