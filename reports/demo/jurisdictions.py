"""Which districts the demonstration has, under which policy, and how full they are.

The trees reproduce the plans' own counts: 二七 1 + 15 + 91, 惠济 1 + 8 + 92,
扬州 33 + 130 below six roots, the 沈阳 district 3 + 25 + 40. `grids.csv` has the names
of 2023.
"""

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from grids.services.tree import Node

GRIDS = Path(__file__).with_name("grids.csv")

CITIES = {
    "410100": ("郑州市", "河南省"),
    "321000": ("扬州市", "江苏省"),
    "210100": ("沈阳市", "辽宁省"),
    "210800": ("营口市", "辽宁省"),
}


@dataclass(frozen=True)
class Jurisdiction:
    """One district of the demonstration."""

    code: str
    city: str
    policy: str
    opened_on: date
    programme_start: date
    staffing: float  # share of the required posts that is filled
    units: int  # at small scale
    collected: float  # share of the units with a complete survey


JURISDICTIONS = [
    Jurisdiction(
        "410103",
        "410100",
        "erqi-2013",
        date(2013, 5, 1),
        date(2013, 4, 8),
        0.90,
        420,
        0.74,
    ),
    Jurisdiction(
        "410108",
        "410100",
        "huiji-2010",
        date(2010, 8, 30),
        date(2010, 7, 26),
        0.82,
        260,
        0.66,
    ),
    Jurisdiction(
        "321002",
        "321000",
        "yangzhou-2007",
        date(2007, 12, 1),
        date(2007, 12, 1),
        0.93,
        130,
        0.81,
    ),
    Jurisdiction(
        "321003",
        "321000",
        "yangzhou-2007",
        date(2007, 12, 1),
        date(2007, 12, 1),
        0.88,
        110,
        0.78,
    ),
    Jurisdiction(
        "321011",
        "321000",
        "yangzhou-2007",
        date(2007, 12, 1),
        date(2007, 12, 1),
        0.85,
        80,
        0.70,
    ),
    Jurisdiction(
        "321071",
        "321000",
        "yangzhou-2007",
        date(2007, 12, 1),
        date(2007, 12, 1),
        0.90,
        60,
        0.72,
    ),
    Jurisdiction(
        "YZ-XCXQ",
        "321000",
        "yangzhou-2007",
        date(2007, 12, 1),
        date(2007, 12, 1),
        0.80,
        30,
        0.60,
    ),
    Jurisdiction(
        "YZ-SGSX",
        "321000",
        "yangzhou-2007",
        date(2007, 12, 1),
        date(2007, 12, 1),
        1.00,
        30,
        0.85,
    ),
    # The plan lost its years; the demonstration begins it so that the last phases show.
    Jurisdiction(
        "SYDEMO",
        "210100",
        "shenyang-plan",
        date(2025, 9, 30),
        date(2025, 8, 1),
        0.91,
        240,
        0.69,
    ),
    Jurisdiction(
        "210802",
        "210800",
        "yingkou-2021",
        date(2021, 7, 5),
        date(2021, 7, 5),
        0.87,
        120,
        0.63,
    ),
    Jurisdiction(
        "210803",
        "210800",
        "yingkou-2021",
        date(2021, 7, 5),
        date(2021, 7, 5),
        0.79,
        90,
        0.58,
    ),
]


def trees() -> dict[str, Node]:
    """Return the tree of each district by the code of its root."""
    nodes: dict[str, Node] = {}
    below: dict[str, list[str]] = defaultdict(list)
    with GRIDS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            nodes[row["code"]] = Node(
                code=row["code"],
                name=row["name"],
                kind=row["kind"],
                division_code=row["division_code"] or None,
            )
            below[row["parent"]].append(row["code"])
    for code, node in nodes.items():
        node.children = [nodes[child] for child in below[code]]
    return {code: nodes[code] for code in below[""]}
