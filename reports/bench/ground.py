"""Where the benchmark happens: a scratch database with a made-up city in it."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone
from psycopg2.sql import SQL, Composable, Identifier

from gridinspect.accounts.models import Person, User
from gridinspect.accounts.roles import Role
from grids.models import City, Grid, Posting
from grids.services.policies import adopt_policy, load_policy, shipped_files
from grids.services.tree import Node, build_district
from reports.bench.filling import fill
from reports.bench.measuring import Clock, plain_parameters

POLICY = "erqi-2013"
CITY = ("410100", "郑州市", "河南省")


def branching(prefix: str, number: int, *, branch: int) -> Node:
    """Return a root with so many nodes in all, `branch` below each until they end."""
    root = Node(f"{prefix}R", f"{prefix}区", "district")
    serial, level, made = count(1), [root], 1
    while made < number:
        below = []
        for parent in level:
            for _ in range(min(branch, number - made)):
                n = next(serial)
                node = Node(f"{prefix}{n}", f"{n}号社区", "community")
                parent.children.append(node)
                below.append(node)
                made += 1
        level = below
    return root


class NoGround(Exception):
    """No scratch database can be had; the message says why, in Chinese."""


@dataclass(frozen=True)
class Sizes:
    """How much there is of everything."""

    units: int = 20_000
    districts: int = 12
    streets: int = 16  # of a district
    communities: int = 25  # of a street
    import_rows: int = 10_000
    long_rows: int = 100_000
    stock_rows: int = 2_000  # of the rival that takes a hundred times as long
    nodes: int = 50_000
    tree_nodes: int = 10_000  # under one root, for its pages
    writes: int = 12  # of each of the writers
    pdf_rows: int = 1_000
    runs: int = 5
    requests: int = 25
    searches: int = 6  # of each kind


class Ground:
    """The scratch database, filled when a measure first asks for it."""

    def __init__(self, sizes: Sizes, clock: Clock, folder: Path):
        self.sizes, self.clock, self.folder = sizes, clock, folder
        self.today = timezone.localdate()
        self.by = User.objects.system()
        self._serial = count(1)

    @cached_property
    def city(self) -> City:
        """The city with its districts, units, staff, cases and five years' tallies."""
        city = self.empty_city
        if Grid.objects.filter(city=city).exists():  # in a copy of what was kept
            return city
        districts = [
            self.district(city, f"4101{number + 10:02}", f"{number + 1}号区")
            for number in range(self.sizes.districts)
        ]
        fill(districts, units=self.sizes.units, by=self.by, today=self.today)
        return city

    @cached_property
    def empty_city(self) -> City:
        code, name, province = CITY
        if kept := City.objects.filter(code=code).first():
            return kept
        for file in shipped_files():
            load_policy(document=file.read_bytes(), by=self.by)
        return City.objects.create(code=code, name=name, province=province)

    @cached_property
    def other_city(self) -> City:
        """A city that no page shows, for imports and trees."""
        return City.objects.create(code="419900", name="试验市", province="河南省")

    @property
    def a_district(self) -> Grid:
        return Grid.objects.roots().filter(city=self.city).order_by("code")[0]

    def district(self, city: City, code: str, name: str) -> Grid:
        """Build a district of the usual size under a plan."""
        root = Node(code, name, "district", children=self._streets(code))
        opened_on = self.today - timedelta(days=2000)
        district = build_district(city=city, root=root, opened_on=opened_on, by=self.by)
        load = next(file for file in shipped_files() if file.stem == POLICY)
        policy = load_policy(document=load.read_bytes(), by=self.by).policy
        adopt_policy(
            district=district,
            policy=policy,
            since=opened_on,
            programme_start=opened_on,
            by=self.by,
        )
        return district

    @cached_property
    def big_district(self) -> Grid:
        """A district of 10,000 nodes, fifty below each, that no other page shows."""
        return self._alone("419990", branch=50)

    @cached_property
    def wide_district(self) -> Grid:
        """A district of 10,000 nodes that all lie directly below its root."""
        return self._alone("419991", branch=self.sizes.tree_nodes)

    def _alone(self, code: str, *, branch: int) -> Grid:
        root = branching(code, self.sizes.tree_nodes, branch=branch)
        opened_on, city = self.today - timedelta(days=2000), self.other_city
        return build_district(city=city, root=root, opened_on=opened_on, by=self.by)

    def fresh_district(self) -> Grid:
        """Build one more district without units, in a city that no page shows."""
        code = f"9{next(self._serial):05}"
        return self.district(self.other_city, code, f"试验{code}区")

    def _streets(self, code: str) -> list[Node]:
        return [
            Node(
                f"{code}{street:03}000",
                f"{street}号街道",
                "street",
                children=[
                    Node(
                        f"{code}{street:03}{place:03}",
                        f"{street}街{place}号社区",
                        "community",
                    )
                    for place in range(1, self.sizes.communities + 1)
                ],
            )
            for street in range(1, self.sizes.streets + 1)
        ]

    def client(self, *, role: Role, grid: Grid | None = None) -> Client:
        """Return the browser of somebody who works in a grid, else in the city."""
        user = self.user(role=role, grid=grid)
        client = Client(headers={"accept-language": "zh-CN"})
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
        return client

    def user(
        self, *, role: Role, grid: Grid | None = None, password: str | None = None
    ) -> User:
        """Make an account with a post in a grid, else in the city."""
        number = next(self._serial)
        person = Person.objects.create(name=f"测试员{number}")
        city = None if grid else self.empty_city
        since = date(2020, 1, 1)
        Posting.objects.create(
            person=person, role=role, grid=grid, city=city, since=since
        )
        return User.objects.create_user(f"bench{number}", password, person=person)

    def plain(self, statement: str, values: Any = None) -> list[tuple]:
        """Run a statement by psycopg2 alone, in a transaction of its own."""
        with self.clock.plain, self.clock.plain.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def scratch_ground(sizes: Sizes, *, keep: bool = False) -> Iterator[Ground]:
    """Make the scratch database, work in it, and drop it whatever happens.

    With `keep` a filled database of this size is made once and stays; the scratch
    database is a copy of it. The live database is never touched: the connection points
    elsewhere meanwhile. Raises NoGround.
    """
    live = connection.settings_dict["NAME"]
    kept = _kept(f"{live}_bench_{sizes.units}", sizes) if keep else "template1"
    with _database(f"{live}_bench", copy_of=kept), _ground(sizes) as ground:
        yield ground


def _kept(name: str, sizes: Sizes) -> str:
    """Fill the database that later runs copy, unless it is there; return its name."""
    if not _exists(name):
        unfinished = f"{name}_unfinished"
        with _database(unfinished):
            with _ground(sizes) as ground:
                assert ground.city  # noqa: S101 it is filled
            _on_server(
                SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                    Identifier(name), Identifier(unfinished)
                )
            )
    return name


def _plain_settings(folder: str):
    """Take away what would make the figures depend on how the program was started."""
    return override_settings(
        DEBUG=False,
        ALLOWED_HOSTS=["testserver"],
        SECURE_SSL_REDIRECT=False,
        MEDIA_ROOT=folder,
        CACHES={
            "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
        },
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {
                "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
            },
        },
        PASSWORD_HASHERS=["gridinspect.accounts.hashers.TunedArgon2"],
    )


@contextmanager
def _database(name: str, *, copy_of: str = "template1") -> Iterator[None]:
    """Make a database, let Django use it, and drop it whatever happens."""
    live, own = connection.settings_dict["NAME"], Identifier(name)
    try:
        _on_server(
            SQL("DROP DATABASE IF EXISTS {}").format(own),
            SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                own, Identifier(copy_of)
            ),
            # Workers' CPU time cannot be read: let each statement run in one process.
            SQL("ALTER DATABASE {} SET max_parallel_workers_per_gather = 0").format(
                own
            ),
        )
    except psycopg2.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise NoGround(
            f"不能建立临时数据库 {name}（{reason}）。"
            "请让数据库账户有 CREATEDB 权限，并确认没有别的 bench 正在运行。"
        ) from error
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = live
        _on_server(SQL("DROP DATABASE {} WITH (FORCE)").format(own))


@contextmanager
def _ground(sizes: Sizes) -> Iterator[Ground]:
    """Work in the database that Django uses now."""
    with tempfile.TemporaryDirectory() as folder, _plain_settings(folder):
        call_command("migrate", verbosity=0, interactive=False)
        clock = Clock()
        try:
            yield Ground(sizes, clock, Path(folder))
        finally:
            clock.close()
            connection.close()


def _exists(name: str) -> bool:
    with closing(_maintenance()) as server, server.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


def _on_server(*statements: Composable) -> None:
    with closing(_maintenance()) as server, server.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _maintenance():
    """Connect to the server's own database, where databases are made and dropped."""
    server = psycopg2.connect(**{**plain_parameters(), "dbname": "postgres"})
    server.autocommit = True
    return server
