"""Who judges units anew: when their facts have moved, and each night.

Key supervision is one judge; early warning, a room above, registers itself.
"""

from collections.abc import Callable, Collection
from datetime import date
from typing import Any

from gridinspect.accounts.models import User
from grids.models import Grid

# (district=, on=, by=, units=): `units` are the keys of some, or None for all.
Judge = Callable[..., Any]

_JUDGES: list[Judge] = []


def judges_units(judge: Judge) -> Judge:
    """Register who is to judge the units of a district; each in its own transaction."""
    if judge not in _JUDGES:
        _JUDGES.append(judge)
    return judge


def judge_again(
    *, district: Grid, on: date, by: User, units: Collection[int] | None = None
) -> None:
    """Let everybody judge units of a district as the facts of a day say."""
    for judge in _JUDGES:
        judge(district=district, on=on, by=by, units=units)
