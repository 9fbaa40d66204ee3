"""Lists: sorted, paged, counted, with the columns that a person has chosen."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Model, QuerySet
from django.db.models.expressions import OrderBy
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from gridinspect.ui.models import Preference

PAGE_SIZES = (20, 50, 100)
EXACT_UP_TO = 10_000  # counting more rows exactly costs more than the answer is worth
NOTHING = "—"


@dataclass(frozen=True)
class Column:
    """One column of a list.

    `value` is a path of attributes ("grid.name" or "grid__name"; what can be called is
    called) or a function of the row; without it the key is the path. `sort` is one
    field name of the queryset, or several; without it the column does not sort. `link`
    leads to the row's own page, or where the given function of the row says. A hidden
    column appears when somebody chooses it. A column that wraps shows long sentences
    whole; the others cut them off.
    """

    key: str
    label: str
    value: str | Callable[[Any], Any] | None = None
    sort: str | Sequence[str] | None = None
    numeric: bool = False
    link: bool | Callable[[Any], str] = False
    hidden: bool = False
    wraps: bool = False

    def of(self, row: Any) -> Any:
        """Return what this column shows of a row, before it is put into words."""
        if callable(self.value):
            return self.value(row)
        return follow(row, self.value or self.key)

    def url(self, row: Any) -> str:
        if callable(self.link):
            return self.link(row) or ""
        return row.get_absolute_url() if self.link else ""

    @property
    def sort_fields(self) -> tuple[str, ...]:
        if self.sort is None:
            return ()
        return (self.sort,) if isinstance(self.sort, str) else tuple(self.sort)


@dataclass(frozen=True)
class Header:
    """The head of a column as shown: how it is sorted now, and what a click makes."""

    column: Column
    direction: str  # "", "ascending", "descending"
    toggle: str  # the value of ?sort= after a click; "" if the column does not sort


@dataclass(frozen=True)
class Cell:
    text: str | SafeString
    url: str = ""
    numeric: bool = False
    wraps: bool = False


@dataclass(frozen=True)
class Row:
    number: int  # 序号, counted over all pages
    cells: tuple[Cell, ...]
    object: Any
    actions: tuple = ()


@dataclass(frozen=True)
class Table:
    """One page of a list, ready for the template ui/_table.html."""

    name: str
    headers: tuple[Header, ...]
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]  # all of them, for the column chooser
    total: int
    total_is_estimate: bool
    page: int
    page_size: int
    has_next: bool
    sort: str
    prefix: str = ""  # before this table's own parameters in the address
    has_actions: bool = False
    bulk: tuple = ()  # the Actions on chosen rows; without one no row can be chosen
    kept: tuple[tuple[str, str], ...] = ()  # what was searched for, for these acts
    page_sizes: tuple[int, ...] = field(default=PAGE_SIZES)

    @property
    def shown_keys(self) -> set[str]:
        return {header.column.key for header in self.headers}

    @property
    def page_count(self) -> int | None:
        """Return how many pages there are; None while the total is an estimate."""
        if self.total_is_estimate:
            return None
        return max(1, -(-self.total // self.page_size))

    @property
    def has_previous(self) -> bool:
        return self.page > 1

    @property
    def previous_page(self) -> int:
        return self.page - 1

    @property
    def next_page(self) -> int:
        return self.page + 1

    @property
    def page_numbers(self) -> list[int]:
        """Return the pages around this one, for direct links."""
        last = self.page_count or (self.page + (2 if self.has_next else 0))
        first = max(1, min(self.page - 2, last - 4))
        return list(range(first, min(last, first + 4) + 1))

    @property
    def width(self) -> int:
        """Return the number of columns on screen, 序号 and 操作 included."""
        return len(self.headers) + 1 + self.has_actions + bool(self.bulk)


@dataclass(frozen=True)
class Sought:
    """What is known of a search among very many rows before a page of it is made.

    `about` is how many it finds, roughly: more than EXACT_UP_TO are not counted again,
    of fewer the keys are found once, for the count and for the page. `among` are the
    rows before the search, from which those of the page are fetched by their keys.
    """

    about: int
    among: QuerySet


def build_table(
    request: HttpRequest,
    queryset: QuerySet | Sequence,
    columns: Sequence[Column],
    *,
    name: str,
    default_sort: str = "",
    row_actions: Callable[[Any], Sequence] | None = None,
    bulk: Sequence = (),
    sought: Sought | None = None,
    total: int | None = None,
    prefix: str = "",
) -> Table:
    """Return the page of the list that the request asks for.

    Reads ?page=, ?page_size= and ?sort= (a column key, with a minus for descending);
    what is not allowed falls back to the default. `name` is the key under which a
    person's choice of columns is kept. `default_sort` is a column key or a field name.
    `row_actions(row)` returns the Actions of the column 操作; `bulk` are the Actions on
    chosen rows, whose pages get ?row= for each, or ?all=1 with the search itself.
    `sought` tells of a search among very many rows what is known beforehand. `total` is
    how many there are, where somebody counted them; else very many are estimated.
    With two tables on one page a `prefix` keeps their parameters apart. Rows may also
    be a plain sequence.
    """
    asked = request.GET
    chosen = _preference(request.user, name)
    shown = _shown(columns, chosen.get("columns"))
    sort = allowed_sort(asked.get(f"{prefix}sort", ""), columns)
    sort = sort or allowed_sort(chosen.get("sort", ""), columns) or default_sort
    size = _page_size(asked.get(f"{prefix}page_size") or chosen.get("page_size"))
    rows = ordered(queryset, sort, columns)
    page = _number(asked.get(f"{prefix}page"))
    if sought is None or not isinstance(rows, QuerySet):
        found = _counted(queryset, rows, page, size, total)
    else:
        found = _sought(sought, rows, page, size)

    return Table(
        name=name,
        headers=tuple(_header(column, sort) for column in shown),
        rows=tuple(
            Row(
                number=number,
                cells=tuple(_cell(column, obj) for column in shown),
                object=obj,
                actions=tuple(row_actions(obj)) if row_actions else (),
            )
            for number, obj in enumerate(
                found.rows[:size], start=(found.page - 1) * size + 1
            )
        ),
        columns=tuple(columns),
        prefix=prefix,
        total=found.total,
        total_is_estimate=found.is_estimate,
        page=found.page,
        page_size=size,
        has_next=len(found.rows) > size,
        sort=sort,
        has_actions=row_actions is not None,
        bulk=tuple(bulk),
        kept=_searched(asked) if bulk else (),
    )


@dataclass(frozen=True)
class _Found:
    """What a page shows, and how many rows there are."""

    total: int
    is_estimate: bool
    page: int
    rows: list[Any]  # one more than fits, if there is a next page


def _counted(
    rows: QuerySet | Sequence,
    in_order: QuerySet | Sequence,
    page: int,
    size: int,
    known: int | None,
) -> _Found:
    total, is_estimate = count(rows)
    if is_estimate and known is not None:
        total, is_estimate = known, False
    page = page if is_estimate else min(page, _last_page(total, size))
    start = (page - 1) * size
    return _Found(total, is_estimate, page, list(in_order[start : start + size + 1]))


def _sought(sought: Sought, rows: QuerySet, page: int, size: int) -> _Found:
    """Find the rows of a page among very many.

    They are joined with what they show only once it is known which they are: a planner
    that takes many for few would join them all before it sorts.
    """
    in_order, start = rows.values_list("pk", flat=True), (page - 1) * size
    if sought.about > EXACT_UP_TO:
        keys = list(in_order[start : start + size + 1])
        return _Found(_rounded(sought.about), True, page, _fetched(sought.among, keys))
    keys = list(in_order[: EXACT_UP_TO + 1])
    if len(keys) <= EXACT_UP_TO:
        page = min(page, _last_page(len(keys), size))
        start = (page - 1) * size
        shown = keys[start : start + size + 1]
        return _Found(len(keys), False, page, _fetched(sought.among, shown))
    if start + size >= len(keys):
        keys = list(in_order[: start + size + 1])
    shown = keys[start : start + size + 1]
    return _Found(_estimate(rows), True, page, _fetched(sought.among, shown))


def _fetched(rows: QuerySet, keys: Sequence[Any]) -> list[Any]:
    if not keys:
        return []
    by_key = {row.pk: row for row in rows.filter(pk__in=keys)}
    return [by_key[key] for key in keys if key in by_key]


def _last_page(total: int, size: int) -> int:
    return max(1, -(-total // size))


def chosen_rows(request: HttpRequest, rows: QuerySet) -> QuerySet:
    """Return the rows that a bulk act is about: those ticked, or all that were found.

    `rows` are what the search gives; the page of the act gets the same search.
    """
    if request.GET.get("all"):
        return rows
    return rows.filter(pk__in=keys_chosen(request))


def keys_chosen(request: HttpRequest) -> list[int]:
    """Return the keys of the rows that were ticked."""
    keys = [key for key in request.GET.getlist("row") if key.isascii()]
    return [int(key) for key in keys if key.isdigit() and len(key) < 19]


NOT_SEARCHED = frozenset({"page", "page_size", "row", "all"})


def _searched(asked: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((k, str(v)) for k, v in asked.items() if k not in NOT_SEARCHED and v)


def count(rows: QuerySet | Sequence) -> tuple[int, bool]:
    """Return how many rows there are, and whether that is PostgreSQL's estimate.

    Counts exactly up to EXACT_UP_TO rows. Above, the planner's figure is rounded to two
    digits, so that nobody takes it for a count.
    """
    if not isinstance(rows, QuerySet):
        return len(rows), False
    bare = rows.order_by()
    if not (rows.query.combinator or rows.query.values_select or rows.query.distinct):
        bare = bare.values("pk")  # what a list only shows need not be computed
    bounded = bare[: EXACT_UP_TO + 1].count()
    if bounded <= EXACT_UP_TO:
        return bounded, False
    return _estimate(rows), True


def expected(rows: QuerySet) -> int:
    """Return how many rows the planner of PostgreSQL expects."""
    plan = json.loads(rows.order_by().explain(format="json"))
    return int(plan[0]["Plan"]["Plan Rows"])


def _estimate(rows: QuerySet) -> int:
    return _rounded(max(expected(rows), EXACT_UP_TO))


def _rounded(estimate: int) -> int:
    """Round to two digits, so that nobody takes it for a count."""
    return round(estimate, 2 - len(str(estimate)))


def follow(row: Any, path: str) -> Any:
    """Return the value at a path of attributes, keys and methods; None ends it."""
    return reduce(_step, path.replace("__", ".").split("."), row)


def words(value: Any, *, numeric: bool = False) -> str | SafeString:
    """Put a value into the words of a table cell."""
    match value:
        case None | "":
            return NOTHING
        case SafeString():
            return value
        case bool():
            return "是" if value else "否"
        case datetime():
            moment = timezone.localtime(value) if timezone.is_aware(value) else value
            return moment.strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case int() | float() | Decimal() if numeric:
            return f"{value:,}"
    return str(value)


def _step(value: Any, name: str) -> Any:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return value.get(name)
    found = getattr(value, name)
    return found() if callable(found) and not isinstance(found, Model) else found


def _preference(user: Any, name: str) -> dict:
    if not getattr(user, "pk", None):
        return {}
    found = Preference.objects.filter(user=user, key=f"table:{name}").first()
    return found.value if found else {}


def _shown(columns: Sequence[Column], chosen: Any) -> list[Column]:
    """Return the chosen columns in the list's own order, never none at all."""
    if isinstance(chosen, list):
        picked = [column for column in columns if column.key in chosen]
        if picked:
            return picked
    return [column for column in columns if not column.hidden]


def allowed_sort(asked: str, columns: Iterable[Column]) -> str:
    """Return ?sort= where a column sorts by it, else ""."""
    allowed = {column.key for column in columns if column.sort}
    return asked if asked.removeprefix("-") in allowed else ""


def _page_size(asked: Any) -> int:
    size = _number(asked)
    return size if size in PAGE_SIZES else PAGE_SIZES[0]


def _number(text: Any) -> int:
    """Return a page number of at least 1; bigint offsets end at 18 digits."""
    text = str(text or "")
    return (
        max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else 1
    )


def _header(column: Column, sort: str) -> Header:
    if not column.sort:
        return Header(column, "", "")
    if sort == column.key:
        return Header(column, "ascending", f"-{column.key}")
    if sort == f"-{column.key}":
        return Header(column, "descending", column.key)
    return Header(column, "", column.key)


def _cell(column: Column, obj: Any) -> Cell:
    text = words(column.of(obj), numeric=column.numeric)
    return Cell(text, column.url(obj), column.numeric, column.wraps)


def ordered(
    rows: QuerySet | Sequence, sort: str, columns: Sequence[Column]
) -> QuerySet | Sequence:
    """Return the rows in the order of ?sort=, those without a value last."""
    if not sort:
        return rows
    key, descending = sort.removeprefix("-"), sort.startswith("-")
    column = next((c for c in columns if c.key == key and c.sort), None)
    fields = column.sort_fields if column else (key,)
    if isinstance(rows, QuerySet):
        order = [_order_by(rows.model, name, descending) for name in fields]
        return rows.order_by(*order, "pk")  # without the key, pages could overlap

    def known(row: Any) -> tuple:
        values = [follow(row, name.removeprefix("-")) for name in fields]
        return tuple(value for value in values if value is not None)

    with_value = [row for row in rows if len(known(row)) == len(fields)]
    without = [row for row in rows if len(known(row)) < len(fields)]
    return sorted(with_value, key=known, reverse=descending) + without


def _order_by(model: type[Model], name: str, descending: bool) -> OrderBy:
    """Sort unknown values last, yet leave NOT NULL columns to their plain index."""
    bare = name.removeprefix("-")
    if descending == name.startswith("-"):
        return F(bare).asc()
    return F(bare).desc(nulls_last=True if _can_be_null(model, bare) else None)


def _can_be_null(model: type[Model], path: str) -> bool:
    for name in path.split("__"):
        try:
            part = model._meta.get_field(name)
        except FieldDoesNotExist:
            return True  # an annotation
        if getattr(part, "null", True):
            return True
        model = part.related_model or model
    return False
