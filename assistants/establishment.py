"""人员配备: posts required, filled and missing, by the policy of each district.

Everything is a function of a place and a date; a city costs as many queries as a grid.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from gridinspect.accounts.roles import POSTED_STAFF
from grids.levels import level_label
from grids.models import City, Grid, Posting, QuotaIndex
from grids.policy import PERSON_KINDS, PolicyValues
from grids.rules import Filling, allocate
from grids.services.policies import policies_on
from grids.standing import grids_in, roots_on


@dataclass(frozen=True)
class EstablishmentRow:
    """One counted grid: its level, and its posts by person kind."""

    grid: Grid
    level: int
    label: str  # 三级网格（社区）
    posts: Mapping[str, Filling]

    @property
    def missing(self) -> int:
        """Return how many persons are lacking, over all kinds that are known."""
        return sum(post.missing or 0 for post in self.posts.values())

    @property
    def is_unknown(self) -> bool:
        """Tell whether the plan leaves a number to an index that nobody entered."""
        return any(post.required is None for post in self.posts.values())


@dataclass(frozen=True)
class Total:
    """The posts of one kind in many grids; None where a 配置指数 is lacking."""

    required: int | None
    filled: int
    filled_capped: int
    missing: int | None
    without_index: int = 0  # grids


@dataclass(frozen=True)
class Establishment:
    """The posts of a place on a date, with the rows that every number comes from."""

    on: date
    policies: Mapping[str, PolicyValues | None]  # by the code of the district
    rows: tuple[EstablishmentRow, ...] = field(repr=False)

    @cached_property
    def by_level(self) -> dict[int, int]:
        """Return the number of counted grids by level, every level of the plans."""
        levels = {
            level.number: 0
            for policy in self.policies.values()
            if policy
            for level in policy.levels
        }
        return dict(
            sorted({**levels, **Counter(row.level for row in self.rows)}.items())
        )

    @cached_property
    def totals(self) -> dict[str, Total]:
        """Return the sums over the grids, by person kind in the order of the field."""
        posts: dict[str, list[Filling]] = defaultdict(list)
        for row in self.rows:
            for kind, post in row.posts.items():
                posts[kind].append(post)
        return {kind: _sum(posts[kind]) for kind in PERSON_KINDS if kind in posts}

    @property
    def short(self) -> tuple[EstablishmentRow, ...]:
        """Return the grids that lack somebody."""
        return tuple(row for row in self.rows if row.missing)

    def to_json(self) -> dict[str, Any]:
        """Return the document of the command `establishment` (design.md 5)."""
        return {
            "on": self.on.isoformat(),
            "policies": {
                code: policy.id if policy else None
                for code, policy in self.policies.items()
            },
            "grids": {
                "total": len(self.rows),
                "by_level": {str(level): n for level, n in self.by_level.items()},
            },
            **_numbers(self.totals),
            "rows": [
                {
                    "code": row.grid.code,
                    "name": row.grid.name,
                    "kind": row.grid.kind,
                    "level": row.level,
                    **_numbers(row.posts),
                }
                for row in self.rows
            ],
        }


def establishment_of(
    place: Grid | City, on: date, *, under: Mapping[int, PolicyValues] | None = None
) -> Establishment:
    """Return the posts of a city or of a grid with everything below it on a date.

    `under` are plans by the district's key, instead of those in force on the date.
    """
    grids = [grid for grid in grids_in(place, on) if grid.is_open_on(on)]
    districts = roots_on({grid.district_id for grid in grids}, on)
    grids.sort(key=lambda grid: (districts[grid.district_id].code, grid.code))
    keys = [grid.pk for grid in grids]
    policies = under
    if policies is None:
        found = policies_on(districts, on)
        policies = {key: policy.values for key, policy in found.items()}
    indexes = _indexes(policies.values(), keys, on)
    posted = _posted(keys, on)
    # Most grids are filled alike: each pattern is named and filled once.
    known: dict[tuple, tuple[str, Mapping[str, Filling]]] = {}
    rows = []
    for grid in grids:
        policy = policies.get(grid.district_id)
        level = policy.level_of(grid.kind) if policy else None
        if policy is None or level is None:
            continue  # such as the roots of 扬州, which the plan does not count
        grid.district = districts[grid.district_id]
        people, index = posted[grid.pk], indexes.get(grid.pk)
        alike = (policy.id, policy.version, grid.kind, *sorted(people.items()), index)
        if alike not in known:
            filled = allocate(policy.quota_for(grid.kind), people, index=index)
            known[alike] = level_label(policy, grid), filled
        rows.append(EstablishmentRow(grid, level, *known[alike]))
    by_code = {grid.code: policies.get(key) for key, grid in districts.items()}
    return Establishment(on, dict(sorted(by_code.items())), tuple(rows))


def fillings_of(
    district: Grid, on: date, policy: PolicyValues
) -> dict[int, Mapping[str, Filling]]:
    """Return the posts of each counted grid of a district under a plan, by its key."""
    posts = establishment_of(district, on, under={district.pk: policy})
    return {row.grid.pk: row.posts for row in posts.rows}


def indexed_grids(place: Grid, on: date) -> list[Grid]:
    """Return the grids at and below one whose plan asks for a 配置指数, by code."""
    policy = policies_on([place.district_id], on).get(place.district_id)
    if policy is None:
        return []
    return [
        row.grid
        for row in establishment_of(place, on).rows
        if any(quota.indexed for quota in policy.values.quota_for(row.grid.kind))
    ]


# --- the picture of the database, a query each ----------------------------------------


def _posted(grids: Sequence[int], on: date) -> dict[int, Counter[str]]:
    """Count those on post in each grid by role; a person counts once in a grid."""
    posts = Posting.objects.on(on).filter(grid__in=grids, role__in=POSTED_STAFF)
    role_of: dict[tuple[int, int], str] = {}
    for grid, person, role in posts.values_list("grid", "person", "role"):
        known = role_of.get((grid, person), role)
        role_of[grid, person] = min(known, role, key=POSTED_STAFF.index)
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for (grid, _), role in role_of.items():
        counts[grid][role] += 1
    return counts


def _indexes(
    policies: Iterable[PolicyValues], grids: Sequence[int], on: date
) -> dict[int, int]:
    """Return the 配置指数 of each grid, where a plan asks for one at all."""
    if not any(quota.indexed for policy in policies for quota in policy.quotas):
        return {}
    indexes = QuotaIndex.objects.on(on).filter(grid__in=grids)
    return dict(indexes.values_list("grid", "value"))


def _sum(posts: Sequence[Filling]) -> Total:
    unknown = sum(post.required is None for post in posts)
    return Total(
        required=None if unknown else sum(post.required or 0 for post in posts),
        filled=sum(post.filled for post in posts),
        filled_capped=sum(post.filled_capped for post in posts),
        missing=None if unknown else sum(post.missing or 0 for post in posts),
        without_index=unknown,
    )


def _numbers(posts: Mapping[str, Filling] | Mapping[str, Total]) -> dict[str, Any]:
    return {
        name: {kind: getattr(post, name) for kind, post in posts.items()}
        for name in ("required", "filled", "missing")
    }
