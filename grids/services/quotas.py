"""The quota index (配置指数) of a grid goes along when it is split or merged.

How many assistants a grid is given follows from its index; a grid without one has no
known requirement. Each part of a grid has the index of the whole unless another was
said; of several grids that become one the largest counts.
"""

from collections.abc import Mapping
from datetime import date

from django.db.models import Q

from grids.models import Grid, QuotaIndex
from grids.services.hanging import Facts, Mover, Reassignment, moves_with_grids


def index_of(grid: Grid, on: date) -> int | None:
    """Return the index of a grid on a day, None where it has none."""
    found = QuotaIndex.objects.on(on).filter(grid=grid).first()
    return found.value if found else None


@moves_with_grids
class Quotas(Mover):
    """The grids that take over have an index from the day on."""

    key = "quotas"
    facts = (Facts("个配置指数", QuotaIndex, ("grid", "value", "since", "until")),)

    def move(self, change: Reassignment) -> None:
        mine = QuotaIndex.objects.on(change.on).filter(grid=change.old).first()
        if mine is None:
            return
        QuotaIndex.objects.filter(pk=mine.pk, since__lt=change.on).update(
            until=change.on
        )
        for heir in change.heirs or [change.to]:
            value = max(mine.value, index_of(heir, change.on) or 0)
            _set(heir, value, change.on, is_made_up=mine.is_made_up)


def give_indexes(values: Mapping[Grid, int], on: date) -> None:
    """Give grids that an act has made the indexes that were said for them."""
    for grid, value in values.items():
        _set(grid, value, on, is_made_up=False)


def _set(grid: Grid, value: int, on: date, *, is_made_up: bool) -> None:
    lasting = QuotaIndex.objects.filter(Q(until=None) | Q(until__gt=on), grid=grid)
    present = lasting.order_by("since").last()
    if present and present.value == value:
        return
    if present and present.since < on:
        QuotaIndex.objects.filter(pk=present.pk).update(until=on)
    elif present:
        QuotaIndex.objects.filter(pk=present.pk).update(
            value=value, is_made_up=is_made_up
        )
        return
    QuotaIndex.objects.create(grid=grid, value=value, since=on, is_made_up=is_made_up)
