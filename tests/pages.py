"""How a room says which pages it has, for the tests of the whole in test_project.py.

A folder of tests may hold a `pages.py` whose `PAGES` names the URLs of its room; they
are walked with those of the tables in test_project.py.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Pages:
    """The URLs of a room by what their keys are; see the tables of test_project.py."""

    keyless: dict[str, list] = field(default_factory=dict)
    variants: list[tuple[str, list, str]] = field(default_factory=list)
    searches: list[tuple[str, str]] = field(default_factory=list)
    by_place: list[str] = field(default_factory=list)
    of_no_place: dict[str, Callable] = field(default_factory=dict)
    scoped: dict[str, Callable] = field(default_factory=dict)
    owned: dict[str, Callable] = field(default_factory=dict)
    post_only: set[str] = field(default_factory=set)
    traced_reading: set[str] = field(default_factory=set)
    public: set[str] = field(default_factory=set)
    # Adds to a district one of everything that the room knows, as attributes of `has`.
    make: Callable[[SimpleNamespace], None] = lambda has: None


def rooms() -> Iterator[Pages]:
    """Yield the pages of every room, in the order of the folders."""
    for path in sorted(FOLDER.glob("*/**/pages.py")):
        name = ".".join(path.relative_to(FOLDER.parent).with_suffix("").parts)
        yield import_module(name).PAGES
