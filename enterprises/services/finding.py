"""Keeping what units are found by, after many were changed by statements."""

from collections.abc import Iterator, Sequence

from django.db import transaction

from enterprises.grams import FIELDS, NAMES, as_array, grams
from enterprises.models import Enterprise
from gridinspect.imports.staging import update_rows


@transaction.atomic
def refresh_grams(units: Sequence[int]) -> int:
    """Work out anew the pairs of characters that these units are found by."""
    if not units:
        return 0
    rows = Enterprise.objects.filter(pk__any_of=units).order_by()
    return update_rows(Enterprise, ["grams"], _grams(rows))


def _grams(rows) -> Iterator[tuple[int, str]]:
    for pk, district, *texts in rows.values_list("pk", "district_id", *FIELDS):
        names, others = texts[: len(NAMES)], texts[len(NAMES) :]
        yield pk, as_array(grams(names, others, district))
