"""What other rooms may ask of written reviews."""

from collections.abc import Iterable
from datetime import date

from django.db.models import QuerySet

from enterprises.models import Enterprise
from enterprises.reviews.models import Review

Units = Iterable[int] | QuerySet[Enterprise]


def not_handed_in(
    units: Units, since: date, until: date
) -> dict[int, list[tuple[int, str]]]:
    """Return the reviews whose last day lay in a period and that were not handed in.

    By unit, each with its key and its round's name. One query.
    """
    rows = (
        Review.objects.not_handed_in(on=until)
        .filter(enterprise__in=units, round__closes_on__gte=since)
        .order_by("round__year", "pk")
    )
    found: dict[int, list[tuple[int, str]]] = {}
    for unit, pk, name in rows.values_list("enterprise_id", "pk", "round__name"):
        found.setdefault(unit, []).append((pk, name))
    return found
