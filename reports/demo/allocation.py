"""House numbers of a few roads, and units that a list brought without a grid."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from enterprises.models import AllocationRun, Enterprise, Placement
from enterprises.services.allocation import apply_run, check_run
from enterprises.services.finding import refresh_grams
from gridinspect.accounts.models import User
from grids.models import Grid
from grids.services.roads import add_range

DISTRICT = "410103"
CLERK = "eq_bureau"

# (code of the street, road, side, first, last, which of its communities)
ROADS = [
    ("410103001000", "建设路", "odd", 1, 149, 0),
    ("410103001000", "建设路", "even", 2, 150, 1),
    ("410103001000", "建设路", "odd", 151, 299, 2),
    ("410103001000", "建设路", "even", 152, 298, 3),
    ("410103001000", "人民路", "all", 1, 150, 4),
    ("410103001000", "人民路", "all", 151, 299, 5),
    ("410103001000", "解放路", "all", 1, 120, 6),
    ("410103003000", "文化路", "odd", 1, 299, 0),
    ("410103003000", "文化路", "even", 2, 298, 1),
    ("410103003000", "和平路", "all", 1, 299, 2),
]


@dataclass(frozen=True, slots=True)
class Found:
    """What the list said of where a unit is."""

    address: str
    road: str = ""
    house_number: str = ""
    point: tuple[float, float] | None = None


LISTED = [
    Found("二七区建设路12号", "建设路", "12号"),
    Found("二七区建设路88号附2号", "建设路", "88号附2号"),
    Found("郑州市二七区人民路160号"),
    Found("二七区文化路31号", "文化路", "31号"),
    Found("二七区和平路甲16号"),
    Found("郑州市二七区淮河路街道绿云社区2号楼"),
    Found("二七区一马路街道饮马池社区"),
    Found("二七区淮河社区与绿云社区交界处"),
    Found("二七区兴华街社区、金海社区沿街"),
    Found("二七区长江路8号", "长江路", "8号"),
    Found("二七区长江路10号", "长江路", "10号"),
    Found("二七区批发市场内"),
    Found("二七区建设路300号", "建设路", "300号"),
    Found("郑州市二七区解放路6号", "解放路", "6号", (113.7512, 34.8021)),
]


def build_allocation(*, today: date) -> None:
    """Register house numbers, forget where some units belong, and allocate them."""
    district = Grid.objects.get(code=DISTRICT)
    by = User.objects.get(username=CLERK)
    _number_roads(by)
    _forget(district, random.Random(DISTRICT))
    run = AllocationRun.objects.create(district=district, on=today, made_by=by)
    apply_run(run=check_run(run), by=by)


def _number_roads(by: User) -> None:
    codes = {street for street, *_ in ROADS}
    below: dict[str, Sequence[Grid]] = {
        code: list(Grid.objects.filter(parent__code=code).order_by("code"))
        for code in codes
    }
    for street, road, side, first, last, which in ROADS:
        grid = below[street][which]
        add_range(grid=grid, road=road, parity=side, first=first, last=last, by=by)


def _forget(district: Grid, dice: random.Random) -> None:
    """Put some units back to the district, as a list without grids leaves them."""
    known = Enterprise.objects.within(district).known().exclude(grid=district)
    units = dice.sample(list(known.order_by("pk")), len(LISTED))
    for unit, found in zip(units, LISTED, strict=True):
        unit.address, unit.road = found.address, found.road
        unit.house_number, unit.grid = found.house_number, district
        unit.longitude, unit.latitude = found.point or (None, None)
        unit.source = Enterprise.Source.IMPORT
    Enterprise.objects.bulk_update(
        units,
        [
            "address",
            "road",
            "house_number",
            "grid",
            "longitude",
            "latitude",
            "source",
        ],
    )
    refresh_grams([unit.pk for unit in units])
    Placement.objects.filter(enterprise__in=units).update(
        grid=district, method="list", confidence="low", reason="名册没有写明网格"
    )
