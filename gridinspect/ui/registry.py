"""Where an app adds to pages that it does not own.

Lower apps draw the pages; upper apps put their menu entries, tabs, timeline entries and
workbench lines here, in a module `<app>/ui.py` that is imported at the start.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import models
from django.urls import NoReverseMatch, reverse

# The order of the sections in the menu; an unknown section comes after these.
SECTIONS = (
    "工作台",
    "监管态势",
    "网格与人员",
    "用人单位",
    "投诉举报与案件",
    "统计报表",
    "数据导入导出",
    "系统管理",
)


@dataclass(frozen=True)
class MenuEntry:
    """One line of the left navigation."""

    section: str
    label: str
    url_name: str
    permission: Any = None  # None: everybody who is signed in
    icon: str = "dot"
    order: int = 100


@dataclass(frozen=True)
class MenuItem:
    """A menu entry as one person sees it on one page."""

    label: str
    url: str
    icon: str
    is_current: bool


class Menu:
    """The left navigation."""

    def __init__(self) -> None:
        self._entries: list[MenuEntry] = []

    def add(
        self,
        section: str,
        label: str,
        url_name: str,
        permission: Any = None,
        icon: str = "dot",
        order: int = 100,
    ) -> None:
        """Add one entry; adding the same URL name again replaces it."""
        self._entries = [e for e in self._entries if e.url_name != url_name]
        self._entries.append(
            MenuEntry(section, label, url_name, permission, icon, order)
        )

    @property
    def entries(self) -> tuple[MenuEntry, ...]:
        return tuple(self._entries)

    def for_user(self, user: Any, path: str) -> list[tuple[str, list[MenuItem]]]:
        """Return the sections that this person may use, `path` being the page shown."""
        allowed = [
            (entry, url)
            for entry in self._entries
            if _holds(user, entry.permission) and (url := _url(entry.url_name))
        ]
        current = max(
            (url for _, url in allowed if _is_below(path, url)), key=len, default=""
        )
        sections: dict[str, list[MenuItem]] = defaultdict(list)
        for entry, url in sorted(allowed, key=lambda pair: pair[0].order):
            sections[entry.section].append(
                MenuItem(entry.label, url, entry.icon, url == current)
            )
        return sorted(sections.items(), key=lambda pair: _place(pair[0]))


@dataclass(frozen=True)
class TabEntry:
    """One tab that an app adds to the detail page of a model.

    `provider(request, obj)` returns what the tab shows: a `tables.Table`, a sequence of
    (label, value) facts, or HTML made by `render_to_string`. It is called only when the
    tab is open. `empty` says what to do next where a table has no rows.
    """

    key: str
    label: str
    provider: Callable[[Any, Any], Any]
    permission: Any = None
    empty: str = "还没有记录。"


class Tabs:
    """The tabs of detail pages, by model label such as "enterprises.enterprise"."""

    def __init__(self) -> None:
        self._entries: dict[str, list[TabEntry]] = defaultdict(list)

    def add(
        self,
        model_label: str,
        key: str,
        label: str,
        provider: Callable[[Any, Any], Any],
        permission: Any = None,
        empty: str = TabEntry.empty,
    ) -> None:
        entries = self._entries[model_label.lower()]
        entries[:] = [e for e in entries if e.key != key]
        entries.append(TabEntry(key, label, provider, permission, empty))

    def for_object(self, user: Any, obj: models.Model) -> list[TabEntry]:
        """Return the tabs of this object that this person may open."""
        return [
            entry
            for entry in self._entries[obj._meta.label_lower]
            if _holds(user, entry.permission)
        ]


class Badges:
    """What stands beside the title of detail pages, by model label.

    `provider(user, obj)` returns badges (`badge_html`) that this person may see.
    """

    def __init__(self) -> None:
        self._providers: dict[str, list[Callable[[Any, Any], Iterable]]] = defaultdict(
            list
        )

    def add(self, model_label: str, provider: Callable[[Any, Any], Iterable]) -> None:
        providers = self._providers[model_label.lower()]
        if provider not in providers:
            providers.append(provider)

    def for_object(self, user: Any, obj: models.Model) -> list:
        return [
            badge
            for provider in self._providers[obj._meta.label_lower]
            for badge in provider(user, obj)
        ]


@dataclass(frozen=True)
class TimelineEntry:
    """Something that happened to an object, for its detail page.

    `kind` is a word to filter a long timeline by, such as 走访.
    """

    at: date | datetime
    text: str
    by: str = ""
    url: str = ""
    note: str = ""
    icon: str = "dot"
    kind: str = ""


class Timeline:
    """The sources of the timeline of detail pages.

    `provider(user, obj)` returns TimelineEntry objects that this person may see.
    """

    def __init__(self) -> None:
        self._providers: dict[str, list[Callable[[Any, Any], Iterable]]] = defaultdict(
            list
        )

    def add(
        self,
        model_label: str,
        provider: Callable[[Any, Any], Iterable[TimelineEntry]],
    ) -> None:
        providers = self._providers[model_label.lower()]
        if provider not in providers:
            providers.append(provider)

    def for_object(self, user: Any, obj: models.Model) -> list[TimelineEntry]:
        return [
            entry
            for provider in self._providers[obj._meta.label_lower]
            for entry in provider(user, obj)
        ]


@dataclass(frozen=True)
class Todo:
    """One line of the workbench: how much of what waits for me, and where it is."""

    label: str
    count: int
    url: str
    urgent: bool = False
    note: str = ""


@dataclass
class Workbench:
    """The lines of the workbench. A provider gets (user, today) and returns Todos."""

    providers: list[Callable[[Any, date], Sequence[Todo]]] = field(default_factory=list)

    def add(self, provider: Callable[[Any, date], Sequence[Todo]]) -> None:
        if provider not in self.providers:
            self.providers.append(provider)

    def for_user(self, user: Any, today: date) -> list[Todo]:
        """Return every line: the urgent ones first, those with nothing to do last."""
        todos = [todo for provider in self.providers for todo in provider(user, today)]
        return sorted(todos, key=lambda one: (not one.count, not one.urgent))


class Standing:
    """Says where a person stands, such as “二七区 · 区县管理”, for the top bar.

    Postings live above this package, so the app that knows them sets the provider.
    """

    def __init__(self) -> None:
        self._provider: Callable[[Any], str] | None = None

    def provide(self, provider: Callable[[Any], str]) -> None:
        """Set the function from a user to the words."""
        self._provider = provider

    def of(self, user: Any) -> str:
        if self._provider is None or not getattr(user, "pk", None):
            return ""
        return self._provider(user)


badges = Badges()
menu = Menu()
standing = Standing()
tabs = Tabs()
timeline = Timeline()
workbench = Workbench()


def _holds(user: Any, permission: Any) -> bool:
    return permission is None or user.holds(permission)


@cache
def _url(name: str) -> str:
    """Return where an entry leads; every page asks for all of them."""
    try:
        return reverse(name)
    except NoReverseMatch:  # an app that is not installed; a test checks the names
        return ""


def _is_below(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))


def _place(section: str) -> int:
    return SECTIONS.index(section) if section in SECTIONS else len(SECTIONS)
