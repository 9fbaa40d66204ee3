"""Units go along when their grid is split or merged."""

from django.db.models import F

from enterprises.allocation import Confidence, Method
from enterprises.models import Enterprise, Placement
from grids.models import Grid
from grids.services.hanging import (
    Choice,
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
            (
                "enterprise",
                "district",
                "grid",
                "since",
                "until",
                "method",
                "confidence",
                "reason",
                "placed_by",
            ),
        ),
        Facts("户用人单位", Enterprise, ("grid",)),
    )

    def choices(self, grid: Grid) -> list[Choice]:
        """Return the units in the order of their roads and house numbers."""
        units = Enterprise.objects.filter(grid=grid).order_by(
            "road", "house_number", "address", "pk"
        )
        return [
            Choice(key, name, address if road in address else f"{road}{number}")
            for key, name, road, number, address in units.values_list(
                "pk", "name", "road", "house_number", "address"
            )
        ]

    def move(self, change: Reassignment) -> None:
        begun, kept = reassign_dated(
            Placement.objects.all(), change, by="enterprise_id"
        )
        # Nobody chose the new grid for the unit: allocation may still correct it.
        moved = Placement.objects.filter(pk__in=[row.pk for row in [*begun, *kept]])
        moved.update(
            method=Method.TREE,
            confidence=Confidence.MEDIUM,
            reason=f"随“{change.old}”的变动归入",
            placed_by=None,
        )
        here = Enterprise.objects.filter(grid=change.old)
        for grid, which in change.targets():
            # A new edition: who has the file open is told, and does not move it back.
            here.filter(which).update(grid=grid, edition=F("edition") + 1)
