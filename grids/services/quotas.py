"""The quota index (配置指数) of grids: entered by the district, kept through reshaping.

How many assistants a grid is given follows from its index; a grid without one has no
known requirement. Each part of a grid has the index of the whole unless another was
said; of several grids that become one the largest counts.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import transaction
from django.db.models import Q

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.models import Grid, QuotaIndex
from grids.services.figures import mark_all_dirty
from grids.services.guard import Refused, lock_district, require_past, require_standing
from grids.services.hanging import Facts, Mover, Reassignment, moves_with_grids


def index_of(grid: Grid, on: date) -> int | None:
    """Return the index of a grid on a day, None where it has none."""
    found = QuotaIndex.objects.on(on).filter(grid=grid).first()
    return found.value if found else None


def indexes_on(grids: Iterable[Grid], on: date) -> dict[int, QuotaIndex]:
    """Return the index of each grid that has one on a day, by the grid's key."""
    found = QuotaIndex.objects.on(on).filter(grid__in=list(grids))
    return {index.grid_id: index for index in found}


@transaction.atomic
def set_indexes(values: Mapping[Grid, int], *, at: Grid, on: date, by: User) -> int:
    """Give grids at and below one their indexes from a day on; return how many.

    Raises Refused for a day to come, before a grid was opened, or before the index
    that a grid has now: what was reported of the past would change.
    """
    lock_district(at.district_id)
    require_past(on, field="on")
    before = indexes_on(values, on)
    latest = QuotaIndex.objects.filter(grid__in=list(values), since__gt=on)
    for later in latest.select_related("grid")[:1]:
        raise Refused(
            {
                "on": f"“{later.grid}”自 {later.since} 起已有配置指数，"
                "生效日期不能早于这一天。"
            }
        )
    for grid, value in values.items():
        require_standing(grid, on, "生效日期", "on")
        _set(grid, value, on, is_made_up=False)
    mark_all_dirty(values, on)
    if values:
        changes = {
            grid.code: [before[grid.pk].value if grid.pk in before else None, value]
            for grid, value in values.items()
        }
        record("grid.indexed", by=by, target=at, since=on, indexes=changes)
    return len(values)


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
    if present and present.value == value and present.is_made_up == is_made_up:
        return
    if present and present.since < on:
        QuotaIndex.objects.filter(pk=present.pk).update(until=on)
    elif present:
        QuotaIndex.objects.filter(pk=present.pk).update(
            value=value, is_made_up=is_made_up
        )
        return
    QuotaIndex.objects.create(grid=grid, value=value, since=on, is_made_up=is_made_up)
