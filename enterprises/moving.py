"""Units go along when their grid is split or merged."""

from django.db.models import F

from enterprises.models import Enterprise, Placement
from grids.services.hanging import (
    Facts,
    Mover,
    Reassignment,
    moves_with_grids,
    reassign_dated,
)


@moves_with_grids
class Units(Mover):
    """A unit is placed on the new grid from the day on, whatever its status."""

    key = "units"
    facts = (
        Facts(
            "户单位的所属网格记录",
            Placement,
            ("enterprise", "district", "grid", "since", "until"),
        ),
        Facts("户用人单位", Enterprise, ("grid",)),
    )

    def move(self, change: Reassignment) -> None:
        reassign_dated(Placement.objects.all(), change, by="enterprise_id")
        here = Enterprise.objects.filter(grid=change.old)
        for grid, which in change.targets():
            # A new edition: who has the file open is told, and does not move it back.
            here.filter(which).update(grid=grid, edition=F("edition") + 1)
