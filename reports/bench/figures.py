"""The tallies: a whole recount, and one after a single change."""

from enterprises.models import Enterprise
from grids.models import Grid
from grids.services.figures import mark_dirty
from reports import tallies
from reports.bench.ground import Ground
from reports.bench.measuring import Measured

# Today's figures of every grid in one statement; the ancestors are rolled up.
FLOOR = """
WITH leaf AS (
    SELECT unit.grid_id, count(*) AS known,
           count(*) FILTER (WHERE surveyed.last >= %(fresh_from)s) AS acquired,
           count(surveyed.last) AS filed
      FROM enterprises_enterprise unit
      LEFT JOIN (SELECT enterprise_id, max(surveyed_on) AS last
                   FROM enterprises_survey WHERE is_complete
                  GROUP BY enterprise_id) surveyed ON surveyed.enterprise_id = unit.id
     WHERE unit.status = ANY(%(open)s) AND unit.district_id = ANY(%(districts)s)
     GROUP BY unit.grid_id)
SELECT above.id, sum(known), sum(acquired), sum(filed)
  FROM leaf JOIN grids_grid own ON own.id = leaf.grid_id
  JOIN grids_grid above
    ON above.tree_id = own.tree_id AND own.lft BETWEEN above.lft AND above.rght
 GROUP BY above.id
"""


def coverage_full(ground: Ground) -> Measured:
    """Recount every district of the city today, and keep the result."""
    districts = list(Grid.objects.roots().filter(city=ground.city))

    def ours() -> None:
        for district in districts:
            tallies.recount(district, ground.today)

    return ground.clock.compare(
        "coverage_full",
        ours,
        lambda: _floor(ground, districts),
        runs=ground.sizes.runs,
    )


def coverage_dirty(ground: Ground) -> Measured:
    """Settle one district after one unit of one grid changed today.

    The floor counts that district's units in one statement.
    """
    district = ground.a_district
    grid = Grid.objects.filter(district=district, kind=Grid.Kind.COMMUNITY)[0]

    def ours() -> None:
        mark_dirty(grid, ground.today)
        tallies.settle(district, today=ground.today)

    return ground.clock.compare(
        "coverage_dirty",
        ours,
        lambda: _floor(ground, [district]),
        runs=ground.sizes.runs,
    )


def _floor(ground: Ground, districts: list[Grid]) -> None:
    ground.plain(
        FLOOR,
        {
            "fresh_from": ground.today.replace(year=ground.today.year - 1),
            "open": list(Enterprise.OPEN_STATUSES),
            "districts": [district.pk for district in districts],
        },
    )
