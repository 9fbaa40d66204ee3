"""The three kinds of page that every app shows: list, form, detail."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import slugify

from gridinspect.htmx import render_page
from gridinspect.ui import registry
from gridinspect.ui.registry import TimelineEntry
from gridinspect.ui.tables import Table, words
from gridinspect.ui.trees import TreeNode

Crumbs = Sequence[tuple[str, str]]  # (label, url); the last one may have no url


@dataclass(frozen=True)
class Action:
    """A button of a toolbar or of a row. With `confirm` it asks that question first."""

    label: str
    url: str
    icon: str = ""
    method: str = "get"
    primary: bool = False
    confirm: str = ""
    danger: bool = False


# What the usual buttons look like, so that 导入 is the same everywhere.
def add_action(url: str, label: str = "新增") -> Action:
    return Action(label, url, icon="plus-lg", primary=True)


def import_action(url: str, label: str = "导入") -> Action:
    return Action(label, url, icon="box-arrow-in-down")


def export_action(url: str, label: str = "导出") -> Action:
    return Action(label, url, icon="box-arrow-up")


@dataclass(frozen=True)
class Tab:
    """One tab of a detail page.

    `content` is a Table, a sequence of (label, value) facts, HTML from
    `render_to_string`, or a function without arguments that returns one of these; the
    function is called only when the tab is open. `empty` says what to do next where
    there is nothing.
    """

    key: str
    label: str
    content: Any = ""
    count: int | None = None
    empty: str = "还没有记录。"


@dataclass(frozen=True)
class OpenTab:
    """What the open tab shows, told apart for the template."""

    key: str
    label: str
    table: Table | None = None
    facts: Sequence = ()
    html: str = ""
    empty: str = ""


@dataclass(frozen=True)
class Section:
    """A titled group of the fields of a form."""

    title: str
    fields: Sequence[Any]
    note: str = ""

    @property
    def anchor(self) -> str:
        return f"section-{slugify(self.title, allow_unicode=True)}"


def render_list(
    request: HttpRequest,
    *,
    title: str,
    table: Table,
    filters: Any = None,
    toolbar: Sequence[Action] = (),
    tree: str | Sequence[TreeNode] | None = None,
    empty: str = "没有符合条件的记录。请放宽查询条件后再试。",
    crumbs: Crumbs = (),
    note: str = "",
    template: str = "ui/list.html",
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    """Answer with a list; htmx gets the table alone.

    `filters` is a FilterSet, or anything with a `form`. `tree` is the URL that brings
    the organisation tree, or its nodes. `empty` says what to do when nothing is found.
    """
    everything = {
        "title": title,
        "table": table,
        "filters": filters,
        "toolbar": toolbar,
        "tree_url": tree if isinstance(tree, str) else "",
        "tree_nodes": tree if tree and not isinstance(tree, str) else (),
        "empty": empty,
        "crumbs": _with_title(crumbs, title),
        "note": note,
        "kept": _kept(request, filters),
        **(context or {}),
    }
    return render_page(request, template, "ui/_table.html", everything)


def render_form(
    request: HttpRequest,
    *,
    title: str,
    form: BaseForm,
    sections: Sequence[tuple[str, Sequence[str]] | tuple] | None = None,
    crumbs: Crumbs = (),
    submit: str = "保存",
    note: str = "",
    cancel: str = "",
    template: str = "ui/form.html",
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    """Answer with a form page.

    `sections` are (title, field names) or (title, field names, note); the fields that
    they leave out come last. `cancel` is where 返回 leads, else the last crumb.
    """
    back = cancel or next((url for _, url in reversed(list(crumbs)) if url), "")
    everything = {
        "title": title,
        "form": form,
        "sections": form_sections(form, sections),
        "crumbs": _with_title(crumbs, title),
        "submit": submit,
        "note": note,
        "cancel": back,
        **(context or {}),
    }
    return render(request, template, everything)


def told_instead(request: HttpRequest, why: str, crumbs: Crumbs) -> HttpResponse:
    """Answer an act that cannot be done now: the page before it says why, no form."""
    messages.warning(request, why)
    return redirect(next(url for _, url in reversed(list(crumbs)) if url))


def act_page(
    request: HttpRequest,
    *,
    form: BaseForm,
    act: Callable[[], Any],
    done: Callable[[Any], tuple[str, Any]],
    refusals: tuple[type[Exception], ...],
    crumbs: Crumbs,
    not_now: str = "",
    **page: Any,
) -> HttpResponse:
    """Show the form of an act and carry it out; what refuses becomes a form error.

    `act` calls the service; `done` gives the message and where to go with its result.
    `not_now` says why there is nothing to do: then the page that the last crumb leads
    to says it, and no form is offered. What was typed meanwhile is refused in its form.
    The rest goes to `render_form`.
    """
    if not_now and request.method != "POST":
        return told_instead(request, not_now, crumbs)
    if request.method == "POST" and form.is_valid():
        try:
            result = act()
        except refusals as error:
            form.add_error(None, str(error))
        else:
            words, goal = done(result)
            messages.success(request, words)
            return redirect(goal)
    return render_form(request, form=form, crumbs=crumbs, **page)


class TimelinePage:
    """A page of a timeline, latest first, of one kind where somebody asks for one."""

    SIZE = 50
    OTHER = "其他"

    def __init__(self, entries: Iterable[TimelineEntry], asked: Any) -> None:
        every = sorted(entries, key=_moment, reverse=True)
        counts = Counter(entry.kind or self.OTHER for entry in every)
        self.kinds = sorted(counts.items())
        self.total = len(every)
        self.kind = asked.get("kind", "") if asked.get("kind") in counts else ""
        if self.kind:
            every = [one for one in every if (one.kind or self.OTHER) == self.kind]
        self.pages = max(1, -(-len(every) // self.SIZE))
        number = asked.get("page", "")
        wanted = int(number) if number.isascii() and number.isdigit() else 1
        self.page = max(1, min(wanted, self.pages)) if len(number) < 9 else 1
        start = (self.page - 1) * self.SIZE
        self.entries = every[start : start + self.SIZE]

    @property
    def earlier(self) -> int | None:
        return self.page + 1 if self.page < self.pages else None

    @property
    def later(self) -> int | None:
        return self.page - 1 if self.page > 1 else None


def render_detail(
    request: HttpRequest,
    *,
    title: str,
    subtitle: str = "",
    facts: Iterable[tuple[str, Any]] = (),
    tabs: Sequence[Tab] = (),
    timeline: Iterable[TimelineEntry] | Callable[[], Iterable[TimelineEntry]] = (),
    actions: Sequence[Action] = (),
    crumbs: Crumbs = (),
    obj: Model | None = None,
    badges: Sequence[SafeString] = (),
    note: str = "",
    template: str = "ui/detail.html",
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    """Answer with the page of one object; htmx gets the open tab alone.

    With `obj`, the badges, tabs and timeline entries that other apps registered for its
    model come after the given ones. A long timeline is a function, which is called only
    when its tab is open; then the tab stands second and says no count.
    """
    all_tabs, entries = list(tabs), list[TimelineEntry]()
    if obj is not None:
        all_tabs += _registered_tabs(request, obj)
        badges = [*badges, *registry.badges.for_object(request.user, obj)]
    if callable(timeline):
        all_tabs.insert(1, Tab("timeline", "时间线"))
    elif entries := _entries(request, timeline, obj):
        all_tabs.append(Tab("timeline", "时间线", count=len(entries)))
    chosen = _chosen_tab(request, all_tabs)
    if callable(timeline) and chosen and chosen.key == "timeline":
        entries = _entries(request, timeline(), obj)
    happened = TimelinePage(entries, request.GET)
    everything = {
        "title": title,
        "subtitle": subtitle,
        "badges": badges,
        "facts": stated(facts),
        "tabs": all_tabs,
        "open_tab": open_tab(chosen) if chosen else None,
        "timeline": happened.entries,
        "happened": happened,
        "actions": actions,
        "crumbs": _with_title(crumbs, title),
        "note": note,
        "object": obj,
        **(context or {}),
    }
    return render_page(request, template, "ui/_tab.html", everything)


def require_holds(user: Any, permission: Any) -> None:
    """Answer 403 unless the user holds the permission somewhere."""
    if not user.holds(permission):
        raise PermissionDenied("您的岗位不能查看这个页面。")


def render_tree(
    request: HttpRequest, *, nodes: Sequence[TreeNode], title: str = "辖区"
) -> HttpResponse:
    """Answer with a piece of the organisation tree; a whole page without htmx."""
    page = {"title": title, "nodes": nodes, "crumbs": _with_title((), title)}
    return render_page(request, "ui/tree.html", "ui/_tree.html", page)


def form_sections(form: BaseForm, sections: Sequence[tuple] | None) -> list[Section]:
    """Return the visible fields of a form in titled groups."""
    visible = {bound.name: bound for bound in form.visible_fields()}
    if not sections:
        return [Section("", list(visible.values()))]
    grouped = []
    for title, names, *rest in sections:
        fields = [visible.pop(name) for name in names if name in visible]
        if fields:
            grouped.append(Section(title, fields, *rest))
    if visible:
        grouped.append(Section("其他", list(visible.values())))
    return grouped


def stated(facts: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Put the values of facts into words."""
    return [(label, words(value)) for label, value in facts]


def open_tab(tab: Tab) -> OpenTab:
    """Return what a tab shows, calling for it if it waits to be called."""
    content = tab.content() if callable(tab.content) else tab.content
    shown = OpenTab(tab.key, tab.label, empty=tab.empty)
    if isinstance(content, Table):
        return replace(shown, table=content)
    if isinstance(content, str):
        return replace(shown, html=content)
    return replace(shown, facts=stated(content))


def history_entries(
    events: Iterable[Any], *, words_for: Callable[[Any], str] = str
) -> list[TimelineEntry]:
    """Return audit events as timeline entries; `words_for` puts an event into words."""
    return [
        TimelineEntry(at=event.at, text=words_for(event), by=event.actor_name)
        for event in events
    ]


def _registered_tabs(request: HttpRequest, obj: Model) -> list[Tab]:
    def later(entry: registry.TabEntry) -> Callable[[], Any]:
        return lambda: entry.provider(request, obj)

    return [
        Tab(entry.key, entry.label, later(entry), empty=entry.empty)
        for entry in registry.tabs.for_object(request.user, obj)
    ]


def _entries(
    request: HttpRequest, timeline: Iterable[TimelineEntry], obj: Model | None
) -> list[TimelineEntry]:
    """Return the given entries and those that other apps registered for the model."""
    more = registry.timeline.for_object(request.user, obj) if obj is not None else ()
    return [*timeline, *more]


def _chosen_tab(request: HttpRequest, tabs: Sequence[Tab]) -> Tab | None:
    asked = request.GET.get("tab", "")
    return next((tab for tab in tabs if tab.key == asked), tabs[0] if tabs else None)


def _moment(entry: TimelineEntry) -> datetime:
    """Return when an entry happened; a day without a time counts from its midnight."""
    if isinstance(entry.at, datetime):
        return entry.at
    return timezone.make_aware(datetime.combine(entry.at, time.min))


def _kept(request: HttpRequest, filters: Any) -> list[tuple[str, str]]:
    """Return what a new search keeps of the address: the place, the order, the size."""
    asked = set(filters.form.fields) | {"page"} if filters is not None else set()
    return [(k, str(v)) for k, v in request.GET.items() if k not in asked]


def _with_title(crumbs: Crumbs, title: str) -> list[tuple[str, str]]:
    """Return the breadcrumb ending in this page."""
    trail = list(crumbs)
    if not trail or trail[-1][0] != title:
        trail.append((title, ""))
    return trail
