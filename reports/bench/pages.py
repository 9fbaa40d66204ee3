"""Pages, through Django's test client: middleware, session, rights, templates.

Their floor is an almost empty page of the same stack, of the same person.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from urllib.parse import quote

from django.test import Client
from django.urls import reverse

from enterprises.models import Enterprise
from gridinspect.accounts.roles import Role
from reports.bench.ground import Ground
from reports.bench.measuring import Measured

PAGE = 40  # of the list, 50 rows each
PASSWORD = "bench-Secret-2026"  # noqa: S105 of an account in a database that is dropped


class PageFailed(Exception):
    """A page did not answer as it should, so its time means nothing."""


def _open(client: Client, address: str) -> None:
    response = client.get(address)
    if response.status_code != 200:
        raise PageFailed(f"{address} 回答 {response.status_code}")


def _open_next(client: Client, addresses: Iterator[str]) -> None:
    _open(client, next(addresses))


def _page(
    ground: Ground, name: str, client: Client, addresses: Callable[[], str]
) -> Measured:
    measured = ground.clock.compare(
        name,
        lambda: _open(client, addresses()),
        lambda: _open(client, reverse("accounts:password")),
        runs=ground.sizes.requests,
    )
    size = len(client.get(addresses()).content)
    return Measured(
        name, measured.program, measured.floor, {"page_kib": round(size / 1024)}
    )


def dashboard_city(ground: Ground) -> Measured:
    """The dashboard of a city: all its districts side by side."""
    client = ground.client(role=Role.CITY_BUREAU)
    address = reverse("reports:city", args=[ground.city.code])
    return _page(ground, "dashboard_city", client, lambda: address)


def dashboard_district(ground: Ground) -> Measured:
    """The dashboard of a district with its streets."""
    district = ground.a_district
    client = ground.client(role=Role.DISTRICT_BUREAU, grid=district)
    address = reverse("reports:grid", args=[district.pk])
    return _page(ground, "dashboard_district", client, lambda: address)


def tree_levels(ground: Ground) -> Measured:
    """Open the tree of 10,000 nodes level by level, from the root to the leaves."""
    district = ground.big_district
    client = ground.client(role=Role.DISTRICT_BUREAU, grid=district)
    tree, way = reverse("grids:tree"), [district]
    while below := way[-1].children.order_by("-rght", "pk").first():
        way.append(below)
    levels = cycle([tree, *(f"{tree}?below={grid.pk}" for grid in way[:-1])])
    return _page(ground, "tree_levels", client, lambda: next(levels))


def tree_wide(ground: Ground) -> Measured:
    """Open one level that has all of the 10,000 nodes."""
    district = ground.wide_district
    client = ground.client(role=Role.DISTRICT_BUREAU, grid=district)
    address = f"{reverse('grids:tree')}?below={district.pk}"
    return _page(ground, "tree_wide", client, lambda: address)


def tree_search(ground: Ground) -> Measured:
    """Search 10,000 grids by name, code and initials, in the list and in a field."""
    district = ground.big_district
    client = ground.client(role=Role.DISTRICT_BUREAU, grid=district)
    listed, field = reverse("grids:list"), reverse("grids:options")
    words = ("9号社区", "77号", district.code[:4], "sq", "查无此名")
    addresses = cycle(f"{page}?q={word}" for word in words for page in (listed, field))
    return _page(ground, "tree_search", client, lambda: next(addresses))


def tree_list(ground: Ground) -> Measured:
    """The list beside that tree: its first page, a late one, and a branch alone."""
    district = ground.big_district
    client = ground.client(role=Role.DISTRICT_BUREAU, grid=district)
    listed, last = reverse("grids:list"), max(1, ground.sizes.tree_nodes // 20)
    branch = district.children.order_by("pk")[0]
    asked = cycle(("", f"?page={last}", f"?grid={branch.code}"))
    return _page(ground, "tree_list", client, lambda: f"{listed}{next(asked)}")


def list_search(ground: Ground) -> Measured:
    """The list of units searched in every way, by a district, a street and a city.

    The notes have the median and the 95th percentile of each way by each of them.
    """
    address, clients = reverse("enterprises:list"), _searchers(ground)
    measured = Measured("list_search", [], notes={"kinds": {}})
    for who, client in clients.items():
        _open(client, address)
        for kind, words in _words(ground).items():
            turn = cycle(f"{address}?q={quote(word)}" for word in words)
            one = ground.clock.compare(
                kind,
                partial(_open_next, client, turn),
                partial(_open, client, reverse("accounts:password")),
                runs=ground.sizes.searches,
            )
            measured.program += one.program
            measured.floor += one.floor
            measured.notes["kinds"][f"{who}: {kind}"] = one.spread()
    return measured


def _searchers(ground: Ground) -> dict[str, Client]:
    district = ground.a_district
    street = district.children.order_by("code")[0]
    return {
        "district": ground.client(role=Role.DISTRICT_BUREAU, grid=district),
        "street": ground.client(role=Role.SQUAD_LEADER, grid=street),
        "city": ground.client(role=Role.CITY_BUREAU),
    }


def _words(ground: Ground) -> dict[str, list[str]]:
    """Return what somebody may type, by kind: what all have, what few, what nobody."""
    units = Enterprise.objects.filter(district=ground.a_district).order_by("pk")
    some = units[units.count() // 3]
    rare = units.filter(uscc__endswith="50").first() or some  # see filling.py
    code = some.uscc or ""
    return {
        "nothing": [""],
        "one character, common": ["郑", "源"],
        "one character, rare": [rare.name[4], "龘"],
        "two characters": ["物流", "鑫源", "公司"],
        "common words": ["有限公司", "郑州"],
        "rare words": [rare.name[3:6], rare.name[4:6]],
        "whole name": [some.name],
        "two words": ["物流 人民路", "鑫源 12号"],
        "pinyin": [some.pinyin[:3], some.pinyin],
        "code of the area": ["91410100", "9141"],
        "beginning of a code": [code[:12], code[:14], code[:16]],
        "end of a code": [code[-4:], code[-6:]],
        "whole code": [code],
        "telephone": ["19900010123", "13900000000"],
        "person": [some.legal_representative, rare.legal_representative],
        "road": ["人民路", "建设路"],
        "road and number": ["人民路12号", some.address[3:]],
        "former name": ["宏达商行", "商行"],
        "nobody has it": ["查无此名", "zzzzq", "00000000x"],
    }


def list_page(ground: Ground) -> Measured:
    """A late page of the whole city's units, fifty on each."""
    assert ground.city  # noqa: S101 it is filled
    client = ground.client(role=Role.CITY_BUREAU)
    last = max(1, min(PAGE, ground.sizes.units // 50))
    address = f"{reverse('enterprises:list')}?page={last}&page_size=50"
    return _page(ground, "list_page", client, lambda: address)


def list_district(ground: Ground) -> Measured:
    """The list of a district's units as it opens, a late page, and by name."""
    client = ground.client(role=Role.DISTRICT_BUREAU, grid=ground.a_district)
    last = max(1, min(PAGE, ground.sizes.units // ground.sizes.districts // 50))
    asked = cycle(("", f"?page={last}&page_size=50", "?sort=name"))
    address = reverse("enterprises:list")
    return _page(ground, "list_district", client, lambda: f"{address}{next(asked)}")


def workbench(ground: Ground) -> Measured:
    """The first page after signing in, of who works for a district."""
    client = ground.client(role=Role.DISTRICT_BUREAU, grid=ground.a_district)
    return _page(ground, "workbench", client, lambda: reverse("home"))


def workbench_city(ground: Ground) -> Measured:
    """The first page after signing in, of who works for the city."""
    assert ground.city  # noqa: S101 it is filled
    client = ground.client(role=Role.CITY_BUREAU)
    return _page(ground, "workbench_city", client, lambda: reverse("home"))


def unit_file(ground: Ground) -> Measured:
    """The file of one unit, with surveys and cases."""
    district = ground.a_district
    client = ground.client(role=Role.DISTRICT_BUREAU, grid=district)
    units = Enterprise.objects.filter(district=district, cases__isnull=False)
    keys = cycle(units.values_list("pk", flat=True)[: ground.sizes.requests])
    return _page(
        ground,
        "unit_file",
        client,
        lambda: reverse("enterprises:detail", args=[next(keys)]),
    )


def login(ground: Ground) -> Measured:
    """Signing in with the right password; its floor is one argon2 of the same cost."""
    user = ground.user(role=Role.CITY_BUREAU, password=PASSWORD)
    address = reverse("accounts:login")

    def sign_in() -> None:
        asked = {"username": user.username, "password": PASSWORD}
        if Client().post(address, asked).status_code != 302:
            raise PageFailed(f"{address} 没有放行")

    def verify() -> None:
        user.check_password(PASSWORD)

    return ground.clock.compare("login", sign_in, verify, runs=ground.sizes.requests)
