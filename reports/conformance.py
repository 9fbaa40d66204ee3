"""条款落实: where every clause of a plan stands for a place and a date.

The page, the command and the printed 检查验收表 read here, so that they cannot differ.
A place is a grid of any level, or a city: then the districts of the city that are under
the plan on that date are taken together, because some plans count the whole city.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils import timezone

from assistants.establishment import Establishment, EstablishmentRow, establishment_of
from assistants.models import StaffFile
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import POSTED_STAFF, Permission, Role
from gridinspect.ui.registry import menu
from grids import outline
from grids.models import City, Grid, Policy, PolicyInForce, Posting
from grids.policy import PolicyValues
from grids.services.policies import PolicyOnDate, policies_on
from reports import coverage
from reports.holdings import held_in
from reports.judging import Facts, Judged, Part, State, judge
from reports.rules import Counts, total
from reports.templatetags.reports import rows_url

P = Permission
# Lists that can be asked for a place; the other pages are the same everywhere.
BY_PLACE = {
    "assistants:establishment",
    "assistants:list",
    "cases:list",
    "cases:matters",
    "enterprises:list",
    "grids:four-fixed",
    "grids:list",
    "grids:offices",
    "grids:tasks",
    "reports:programme",
}
# What the figures of 人员配备 are asked for by.
ESTABLISHMENT: dict[str, tuple[str, ...]] = {
    "establishment": (),
    "posts": ("kind",),
    "level": ("level",),
}
# Who may open a page that has no entry of its own in the menu.
PARTS = {
    "enterprises:proposals": P.ENTERPRISE_VIEW,
    "imports:upload": P.STAFF_IMPORT,
    "visits:feedbacks": P.VISIT_VIEW,
    "visits:hazards": P.VISIT_VIEW,
    "visits:publicities": P.VISIT_VIEW,
    "wages:warnings": P.WARNING_VIEW,
}
# What one must be allowed to see to open the rows behind a figure.
NEEDS = {
    "assigned": P.ENTERPRISE_VIEW,
    "acquired": P.ENTERPRISE_VIEW,
    "filed": P.ENTERPRISE_VIEW,
    "stale": P.ENTERPRISE_VIEW,
    "trained": P.STAFF_VIEW,
    "networked": P.GRID_VIEW,
    "timely": P.CASE_VIEW,
    "grids": P.GRID_VIEW,
    "staff": P.STAFF_VIEW,
    "adoptions": P.POLICY_VIEW,
    "four_fixed": P.STAFF_VIEW,
    "map": P.GRID_VIEW,
    "offices": P.GRID_VIEW,
    "posters": P.GRID_VIEW,
}
# Lists that a figure leads to, asked for the place, and for the kind if it has one.
LISTS = {
    "four_fixed": "grids:four-fixed",
    "grids": "grids:list",
    "map": "grids:map",
    "offices": "grids:offices",
    "posters": "reports:posters",
}


@dataclass(frozen=True)
class Scope:
    """A place under one version of a plan on a date."""

    policy: Policy
    values: PolicyValues
    place: Grid | City
    districts: Sequence[Grid]  # those of the place that are under the plan
    adopters: Sequence[Grid]  # all districts of the city that are under it
    on: date
    programme_start: date | None

    @cached_property
    def is_listed(self) -> bool:
        """Tell whether lists of the place show the same rows: no district besides."""
        if isinstance(self.place, Grid):
            return True
        return coverage.districts_of(self.place).count() == len(self.districts)

    @property
    def key(self) -> str:
        """Return what names the scope in addresses."""
        if isinstance(self.place, City):
            return f"{self.place.code}:{self.policy.slug}"
        return self.place.code

    @property
    def name(self) -> str:
        if isinstance(self.place, Grid):
            return f"{self.place.name} · {self.policy.title}"
        many = f"{self.place.name}（{len(self.districts)} 个区县合计）"
        return f"{many} · {self.policy.title}"


@dataclass(frozen=True)
class Conformance:
    """Where every clause stands."""

    scope: Scope
    clauses: Sequence[Judged]

    @property
    def by_state(self) -> dict[State, int]:
        """Return the number of clauses in each state, the states in their order."""
        counts = Counter(one.state for one in self.clauses)
        return {state: counts[state] for state in State}


def scopes_of(place: Grid | City, on: date) -> list[Scope]:
    """Return the plans that a place is under on a date, each as a scope.

    A grid has at most one. A city has one for each plan that its districts follow;
    where they follow several versions, that of the first district is taken.
    """
    city = place if isinstance(place, City) else place.city
    scopes = []
    for group in _followers(city, on):
        inside = group
        if isinstance(place, Grid):
            inside = [pair for pair in group if pair[0].pk == place.district_id]
        if inside:
            scopes.append(_scope(place, inside, group))
    return scopes


def scopes_for(user: User, on: date) -> list[Scope]:
    """Return what a user may look at: own places, and the districts of an own city.

    A city stands for its districts together where several follow one plan.
    """
    scopes = []
    for place in outline.own_places(user, P.COVERAGE_VIEW):
        if isinstance(place, Grid):
            scopes += scopes_of(place, on)
            continue
        for group in _followers(place, on):
            if len(group) > 1:
                scopes.append(_scope(place, group, group))
            scopes += [_scope(pair[0], [pair], group) for pair in group]
    return scopes


Follower = tuple[Grid, PolicyOnDate]


def _followers(city: City, on: date) -> list[list[Follower]]:
    """Return the districts of a city with their plans, those of one plan together."""
    districts = list(coverage.districts_of(city))
    found = policies_on(districts, on)
    by_plan: dict[str, list[Follower]] = {}
    for district in districts:
        if follows := found.get(district.pk):
            by_plan.setdefault(follows.policy.slug, []).append((district, follows))
    return list(by_plan.values())


def _scope(
    place: Grid | City, inside: Sequence[Follower], group: Sequence[Follower]
) -> Scope:
    follows = inside[0][1]
    return Scope(
        policy=follows.policy,
        values=follows.values,
        place=place,
        districts=[district for district, _ in inside],
        adopters=[district for district, _ in group],
        on=follows.on,
        programme_start=follows.programme_start,
    )


def adopters_of(slug: str, on: date) -> list[Grid]:
    """Return the districts that are under any version of a plan on a date."""
    rows = PolicyInForce.objects.on(on).filter(policy__slug=slug)
    districts = Grid.objects.filter(pk__in=rows.values("district"))
    return list(districts.select_related("city").order_by("city__code", "code"))


def conformance_of(scope: Scope) -> Conformance:
    """Judge every clause of the plan for the place and the date.

    A constant number of queries, however many clauses, grids or units there are.
    """
    return Conformance(scope, judge(scope.values, facts_of(scope)))


# --- what is counted ------------------------------------------------------------------


def scope_under(follows: PolicyOnDate, place: Grid) -> Scope:
    """Return a grid as if it followed a plan on a date, its district besides others."""
    district = place.district or place
    group = next(
        (
            group
            for group in _followers(place.city, follows.on)
            if group[0][1].policy.slug == follows.policy.slug
        ),
        [],
    )
    others = [pair for pair in group if pair[0].pk != district.pk]
    mine = district, follows
    return _scope(place, [mine], [*others, mine])


def facts_of(
    scope: Scope, *, counts: Counts | None = None, posts: Establishment | None = None
) -> Facts:
    """Count everything that a clause may be measured by.

    `counts` and `posts` are given where they were worked out already.
    """
    inside = {district.pk for district in scope.districts}
    grids = Grid.objects.within(scope.place).open_on(scope.on)
    kinds, coded = {}, 0
    under = grids.filter(district__in=inside)
    for pk, kind, code in under.values_list("pk", "kind", "code"):
        kinds[pk] = kind
        coded += bool(code)
    posts = posts or establishment_of(scope.place, scope.on)
    counted = [row for row in posts.rows if row.grid.district_id in inside]
    judged = [one.measure for one in scope.values.clauses]
    judged += [one.measure for one in scope.values.milestones]
    measures = {measure for some in judged for measure in some}
    names = {measure.partition(":")[0] for measure in measures}
    return Facts(
        counts=counts or _counts(scope, inside),
        levels=Counter(row.level for row in counted),
        kinds=Counter(kinds.values()),
        coded=coded,
        required=_required(counted),
        posts=_posts(counted),
        placed=_placed(scope, kinds) if "placed" in names else {},
        young=_young(scope, kinds) if "entry_age" in names else (0, 0),
        rotated=_rotated(scope, kinds) if "rotation" in names else (0, 0),
        held=held_in(measures, kinds, scope.values, scope.on),
        districts=len(scope.adopters),
        covered=len(scope.districts),
        is_whole=isinstance(scope.place, City) or scope.place.is_root,
        programme_start=scope.programme_start,
    )


def _counts(scope: Scope, inside: set[int]) -> Counts:
    if isinstance(scope.place, Grid):
        return coverage.figures_of(scope.place, scope.on, children=False).own.counts
    figures = coverage.figures_of(scope.place, scope.on)
    return total(row.counts for row in figures.children if row.place.pk in inside)


def _required(rows: Iterable[EstablishmentRow]) -> dict[str, int | None]:
    sums: dict[str, int | None] = {}
    for row in rows:
        for kind, post in row.posts.items():
            sums[kind] = _plus(sums.get(kind, 0), post.required)
    return sums


def _posts(
    rows: Iterable[EstablishmentRow],
) -> dict[tuple[str, str], tuple[int, int | None]]:
    sums: dict[tuple[str, str], tuple[int, int | None]] = {}
    for row in rows:
        for kind, post in row.posts.items():
            filled, required = sums.get((row.grid.kind, kind), (0, 0))
            sums[row.grid.kind, kind] = (
                filled + post.filled_capped,
                _plus(required, post.required),
            )
    return sums


def _plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _placed(scope: Scope, kinds: Mapping[int, str]) -> dict[tuple[str, str], int]:
    """Count the grids of each kind in which each kind of person is on post."""
    posts = Posting.objects.on(scope.on).within(scope.place)
    pairs = posts.filter(role__in=POSTED_STAFF).values_list("grid", "role").distinct()
    seen = set()
    for grid, role in pairs:
        if grid not in kinds:
            continue
        seen.add((grid, role))
        if role != Role.ASSISTANT:
            seen.add((grid, "inspector"))
    return Counter((kinds[grid], str(role)) for grid, role in seen)


def _young(scope: Scope, kinds: Mapping[int, str]) -> tuple[int, int]:
    """Count the assistants on post who were young enough when they came."""
    limit = scope.values.number("entry_age_max")
    if limit is None:
        return 0, 0
    people = Posting.objects.on(scope.on).filter(role=Role.ASSISTANT, grid__in=kinds)
    files = StaffFile.objects.filter(person__in=people.values("person"))
    days = files.values_list("birth_date", "hire_date")
    ages = [_age(born, came) for born, came in days if born and came]
    return sum(age <= limit.value for age in ages), len(ages)


def _age(born: date, on: date) -> int:
    """Return the whole years of age on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _rotated(scope: Scope, kinds: Mapping[int, str]) -> tuple[int, int]:
    """Count the assistants who have been in their community for less than the limit."""
    limit = scope.values.number("rotation_years")
    if limit is None:
        return 0, 0
    where = [
        pk
        for pk, kind in kinds.items()
        if kind in (Grid.Kind.COMMUNITY, Grid.Kind.VILLAGE)
    ]
    posts = Posting.objects.on(scope.on).filter(role=Role.ASSISTANT, grid__in=where)
    since = list(posts.values_list("since", flat=True))
    return sum(_age(day, scope.on) < limit.value for day in since), len(since)


# --- where a figure leads to ----------------------------------------------------------


def rows_of(part: Part, scope: Scope) -> str:
    """Return the address of the rows behind a figure; empty where there are none."""
    place, on = scope.place, scope.on.isoformat()
    if part.rows == "adoptions" and isinstance(place, City):
        return f"{reverse('grids:adoptions')}?on={on}"
    if part.rows == "adoptions" or not scope.is_listed:
        return ""
    if part.rows == "stale":  # the list of units is that of today
        asked = {"status": "known", "survey": "stale"}
        is_today = scope.on == timezone.localdate()
        return outline.list_at("enterprises:list", place, **asked) if is_today else ""
    if part.rows == "staff":
        asked = {"kind": part.kind} if part.kind in POSTED_STAFF else {}
        return outline.list_at("assistants:list", place, on=on, **asked)
    if part.rows in LISTS:
        asked = {"kind": part.kind} if part.kind else {}
        return outline.list_at(LISTS[part.rows], place, **asked)
    if part.rows in ESTABLISHMENT:
        asked = dict.fromkeys(ESTABLISHMENT[part.rows], part.kind)
        return outline.list_at("assistants:establishment", place, on=on, **asked)
    piece = "missing" if part.missing else "numerator"
    return rows_url(place, part.rows.replace(":", "-"), piece, scope.on)


def page_of(judged: Judged, scope: Scope) -> str:
    """Return the address of the page that performs a clause."""
    if not judged.clause.page:
        return ""
    name, *args = judged.clause.page.split()
    if name in BY_PLACE:
        return outline.list_at(name, scope.place)
    return reverse(name, args=args)


def url_of(judged: Judged, scope: Scope) -> str:
    """Return where a clause leads: its page, or the rows of its worst figure."""
    if judged.clause.page:
        return page_of(judged, scope)
    worst = judged.worst
    return rows_of(worst, scope) if worst and worst.figure is not None else ""


def may_open(user: User, part: Part) -> bool:
    """Tell whether a user may see the rows behind a figure."""
    return user.holds(NEEDS.get(part.rows.partition(":")[0], P.COVERAGE_VIEW))


def may_open_page(user: User, judged: Judged) -> bool:
    """Tell whether a user may open the page that performs a clause."""
    name = judged.clause.page.partition(" ")[0]
    needs = {entry.url_name: entry.permission for entry in menu.entries} | PARTS
    return needs.get(name) is None or user.holds(needs[name])


# --- as JSON (design.md 5) ------------------------------------------------------------


def as_json(found: Conformance) -> dict[str, Any]:
    """Return the document of the command `conformance`.

    `figure`, `target` and `gap` are those of the figure that holds the clause back
    most; `parts` has them all. Rates are between 0 and 1.
    """
    scope = found.scope
    is_city = isinstance(scope.place, City)
    return {
        "policy": scope.policy.slug,
        "version": scope.policy.version,
        "district": None if is_city else scope.place.code,
        "city": scope.place.code if is_city else None,
        "districts": [district.code for district in scope.districts],
        "on": scope.on.isoformat(),
        "states": {state.value: count for state, count in found.by_state.items()},
        "clauses": [_clause_json(one, scope) for one in found.clauses],
    }


def _clause_json(one: Judged, scope: Scope) -> dict[str, Any]:
    worst = one.worst
    return {
        "id": one.clause.id,
        "state": one.state.value,
        "figure": _number(worst.figure) if worst else None,
        "target": _number(worst.target) if worst else None,
        "gap": _number(worst.gap) if worst else None,
        "reason": one.reason or None,
        "url": url_of(one, scope) or None,
        "parts": [
            {
                "name": part.name,
                "state": part.state.value,
                "counted": part.counted,
                "out_of": part.out_of,
                "figure": _number(part.figure),
                "target": _number(part.target),
                "gap": _number(part.gap),
                "due": part.due.isoformat() if part.due else None,
                "url": rows_of(part, scope) or None,
            }
            for part in one.parts
        ],
    }


def _number(value: Any) -> float | int | None:
    return value if value is None or isinstance(value, int) else float(value)
