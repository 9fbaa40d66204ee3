"""The organisation tree beside a list, level by level, as far as a person sees it."""

from collections.abc import Iterable
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from gridinspect.accounts.models import EVERYWHERE, User
from gridinspect.accounts.roles import Permission
from gridinspect.scope import within_paths
from gridinspect.ui.trees import TreeNode
from grids.access import may
from grids.models import City, Grid

MOST = 200  # nodes of one level; the rest is found by the list and its search


def place_asked(request) -> Grid | City | None:
    """Return the place whose code ?grid= or ?city= gives, if this person may see it."""
    for name, places in (("grid", Grid.objects), ("city", City.objects)):
        if code := request.GET.get(name, ""):
            return places.visible_to(request.user).filter(code=code).first()
    return None


def key_asked(request, name: str) -> int:
    """Return the key that ?name= gives; 0, which nothing has, for anything else."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def list_at(to: str, place: Grid | City, **asked: str) -> str:
    """Return the address of the list `to` (a URL name) at a place."""
    name = "grid" if isinstance(place, Grid) else "city"
    return f"{reverse(to)}?{urlencode({name: place.code} | asked)}"


def tree_beside(request, to: str, at: Grid | City | None) -> str | None:
    """Return the address that brings the tree beside the list `to` (a URL name).

    A person who may not look at grids gets no tree.
    """
    if not request.user.holds(Permission.GRID_VIEW):
        return None
    asked = {"to": to} | ({"at": at.pk} if isinstance(at, Grid) else {})
    return f"{reverse('grids:tree')}?{urlencode(asked)}"


def tops(user: User) -> list[Grid]:
    """Return the highest grids that a person sees."""
    paths = user.scope_paths(Permission.GRID_VIEW)
    cities = [path for path in paths if path == EVERYWHERE or path.count("/") == 2]
    highest = Q(path__in=[path for path in paths if _is_highest(path, paths)])
    if cities:
        highest |= within_paths(cities, "path") & Q(parent=None)
    visible = Grid.objects.visible_to(user).filter(highest, closed_on=None)
    return list(with_children(visible).order_by("code"))


def own_places(user: User, permission: Permission) -> list[Grid | City]:
    """Return the highest places where the user may do this: whole cities, or grids.

    A district's user sees the city as a heading, but its sums are not the user's.
    """
    cities = [
        city for city in City.objects.visible_to(user) if may(user, permission, at=city)
    ]
    inside = [city.path for city in cities]
    grids = [
        grid
        for grid in tops(user)
        if may(user, permission, at=grid)
        and not any(grid.path.startswith(path) for path in inside)
    ]
    return [*cities, *grids]


def next_below(user: User, place: Grid | City) -> list[Grid]:
    """Return the open grids directly below a place that a person sees, by code."""
    grids = Grid.objects.visible_to(user).filter(closed_on=None)
    if isinstance(place, City):
        grids = grids.filter(parent=None, city=place)
    else:
        grids = grids.filter(parent=place)
    return list(grids.order_by("code"))


def _is_highest(path: str, paths: Iterable[str]) -> bool:
    return not any(path != other and path.startswith(other) for other in paths)


def with_children(grids: QuerySet) -> QuerySet:
    """Note for each grid whether open grids lie below it."""
    below = Grid.objects.filter(parent=OuterRef("pk"), closed_on=None)
    return grids.annotate(has_below=Exists(below)).select_related("city")


def nodes(
    grids: Iterable[Grid], *, to: str, at: Grid | None = None, opened: bool = False
) -> list[TreeNode]:
    """Return grids as nodes that lead to the list `to`.

    Those above the chosen grid `at` stand open; `opened` opens these themselves.
    """
    return [
        TreeNode(
            label=grid.name,
            url=list_at(to, grid),
            selected=at is not None and at.pk == grid.pk,
            has_children=grid.has_below,
            expand_url=f"{reverse('grids:tree')}?to={to}&below={grid.pk}",
            children=level(grid, to=to, at=at) if opened or _is_above(grid, at) else (),
        )
        for grid in grids
    ]


def level(grid: Grid, *, to: str, at: Grid | None = None) -> list[TreeNode]:
    """Return the open children of a grid as nodes: the first MOST, and what leads on.

    What lies above the chosen grid `at` is among them, wherever its code stands.
    """
    found = list(below(grid)[: MOST + 1])
    children = found[:MOST]
    if at is not None and _is_above(grid, at):
        step = int(at.path.removeprefix(grid.path).split("/")[0])
        if step not in {child.pk for child in children}:
            children += below(grid).filter(pk=step)
    drawn = nodes(children, to=to, at=at)
    if len(found) > MOST:
        rest = below(grid).count() - len(children)
        drawn.append(
            TreeNode(label=f"其余 {rest} 个，请在列表中查询", url=list_at(to, grid))
        )
    return drawn


def city_nodes(grids: list[Grid], *, to: str, at: Grid | None) -> list[TreeNode]:
    """Return the highest grids, under their cities when there are several of these."""
    cities: dict[City, list[Grid]] = {}
    for grid in grids:
        cities.setdefault(grid.city, []).append(grid)
    if len(cities) < 2:
        return nodes(grids, to=to, at=at, opened=len(grids) == 1)
    return [
        TreeNode(
            label=city.name,
            url=list_at(to, city),
            children=nodes(own, to=to, at=at),
        )
        for city, own in cities.items()
    ]


def below(grid: Grid) -> QuerySet:
    """Return the open children of a grid; who sees a grid sees all below it."""
    return with_children(grid.children.filter(closed_on=None)).order_by("code")


def _is_above(grid: Grid, at: Grid | None) -> bool:
    return at is not None and at.pk != grid.pk and at.path.startswith(grid.path)
