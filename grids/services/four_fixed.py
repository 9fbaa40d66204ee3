"""四定: which posts have person, area, duties and tasks, and what the others lack.

Source: 扬府办发〔2007〕136号 art. 11 (定人员、定区域、定职责、定任务). A posting is a
person; its area is a grid that the district's plan counts and that is open; its duties
are those of its role in the district; its tasks are open, or stand in a running plan.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, When

from gridinspect.accounts.roles import POSTED_STAFF
from gridinspect.scope import Place
from grids.models import Posting, Task
from grids.querysets import GridQuerySet
from grids.services.duties import duties_in
from grids.services.policies import policies_on

LACKING = {
    "person": "定人员",
    "area": "定区域",
    "duties": "定职责",
    "tasks": "定任务",
}


def staff_posts(posts: QuerySet[Posting], on: date) -> QuerySet[Posting]:
    """Keep the posts that 四定 is about: inspectors and assistants on grids, that day.

    Each says whether it `has_area`, `has_duties` and `has_tasks`.
    """
    held: Any = posts
    staff = held.on(on).filter(role__in=POSTED_STAFF, grid__isnull=False)
    districts = staff.order_by().values_list("grid__district", flat=True).distinct()
    keys = list(districts)
    return staff.annotate(
        has_area=_holds(_counted(keys, on, to="grid__")),
        has_duties=_holds(_stated(keys, on)),
        has_tasks=Exists(_tasks(on)),
    )


def _holds(condition: Q) -> Case:
    return Case(When(condition, then=True), default=False, output_field=BooleanField())


def _counted(districts: Iterable[int], on: date, *, to: str = "") -> Q:
    """Return a condition: the grid is open and counts as one by its district's plan."""
    by_kinds: dict[frozenset[str], list[int]] = defaultdict(list)
    for district, policy in policies_on(districts, on).items():
        by_kinds[policy.values.counted_kinds].append(district)
    counted = Q(pk__in=[])
    for kinds, keys in by_kinds.items():
        counted |= Q(**{f"{to}district__in": keys, f"{to}kind__in": sorted(kinds)})
    lasting = Q(**{f"{to}closed_on": None}) | Q(**{f"{to}closed_on__gt": on})
    return counted & lasting & Q(**{f"{to}opened_on__lte": on})


def _stated(districts: Sequence[int], on: date) -> Q:
    by_role: dict[str, list[int]] = defaultdict(list)
    for district, duties in duties_in(districts, on).items():
        for duty in duties:
            if duty.lines:
                by_role[duty.role].append(district)
    stated = Q(pk__in=[])
    for role, keys in by_role.items():
        stated |= Q(role=role, grid__district__in=keys)
    return stated


def _tasks(on: date) -> QuerySet[Task]:
    """Return what a posted person has to do on a day in his grid or below it."""
    assigned = Task.objects.exclude(state=Task.State.CANCELLED).filter(
        assignee=OuterRef("person"),
        grid__path__startswith=OuterRef("grid__path"),
        assigned_at__date__lte=on,
    )
    waiting = Q(finished_at=None) | Q(finished_at__date__gt=on)
    planned = Q(plan__begins_on__lte=on, plan__ends_on__gte=on)
    return assigned.filter(waiting | planned)


def lacking_something(what: str = "") -> Q:
    """Return a condition on `staff_posts`: it lacks this, or anything at all."""
    if what:
        return Q(**{f"has_{what}": False})
    return Q(has_area=False) | Q(has_duties=False) | Q(has_tasks=False)


def lacks(post: Any) -> list[str]:
    """Return what one of `staff_posts` lacks, by the keys of LACKING."""
    return [
        key for key in ("area", "duties", "tasks") if not getattr(post, f"has_{key}")
    ]


def without_person(grids: GridQuerySet, on: date) -> GridQuerySet:
    """Keep the counted, open grids where no inspector or assistant is on post."""
    districts = grids.order_by().values_list("district", flat=True).distinct()
    posted = Posting.objects.on(on).filter(grid=OuterRef("pk"), role__in=POSTED_STAFF)
    return grids.filter(_counted(list(districts), on)).exclude(Exists(posted))


@dataclass
class Fixed:
    """How many posts and grids of a place are complete, and what the others lack."""

    posts: int = 0
    complete: int = 0
    lacking: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LACKING, 0))

    @property
    def incomplete(self) -> int:
        return self.posts - self.complete


def fixed_in(
    posts: QuerySet[Posting],
    grids: GridQuerySet,
    places: Sequence[Place],
    on: date,
) -> list[Fixed]:
    """Return the figures of places with all below them; no place holds another.

    `posts` and `grids` are those that the reader may see.
    """
    figures = [Fixed() for _ in places]
    by_path = {place.path: one for place, one in zip(places, figures, strict=True)}
    flags = ("has_area", "has_duties", "has_tasks")
    for path, *had in staff_posts(posts, on).values_list("grid__path", *flags):
        if one := _figure_of(path, by_path):
            one.posts += 1
            one.complete += all(had)
            for key, has in zip(("area", "duties", "tasks"), had, strict=True):
                one.lacking[key] += not has
    for path in without_person(grids, on).values_list("path", flat=True):
        if one := _figure_of(path, by_path):
            one.lacking["person"] += 1
    return figures


def _figure_of(path: str, by_path: dict[str, Fixed]) -> Fixed | None:
    """Return the figures of the place at or above a path."""
    while path and path not in by_path:
        path = path[: path.rstrip("/").rfind("/") + 1]
    return by_path.get(path)
