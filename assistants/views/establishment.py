"""人员配备: posts required, filled and missing, grid by grid, with the gaps."""

from collections.abc import Iterable
from datetime import date

from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from assistants.establishment import Establishment, EstablishmentRow, establishment_of
from assistants.filters import ROLES_OF_KIND
from assistants.forms import LEVELS, EstablishmentForm
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import Action, render_list, require_holds
from gridinspect.ui.tables import Column, build_table
from grids import outline
from grids.access import may
from grids.models import City, Grid
from grids.policy import PERSON_KINDS

P = Permission


def establishment(request):
    """Show how the posts of a place are filled on a day."""
    require_holds(request.user, P.COVERAGE_VIEW)
    place = _place(request)
    form = EstablishmentForm(request.GET, kinds=PERSON_KINDS.items())
    on = form.value("on", timezone.localdate())
    posts = establishment_of(place, on)
    kinds = [form.value("kind")] if form.value("kind") else list(posts.totals)
    rows = _narrowed(posts.rows, form)
    table = build_table(
        request,
        rows,
        _columns(posts, kinds, on, links=request.user.holds(P.STAFF_VIEW)),
        name="establishment",
    )
    context = {
        "place": place,
        "on": on,
        "posts": posts,
        "totals": _totals(posts, place, on),
        "levels": [
            (LEVELS[number], count, _here(place, on, level=str(number)))
            for number, count in posts.by_level.items()
        ],
        "unknown": [row for row in posts.rows if row.is_unknown],
        "all_url": _here(place, on),
        "short_url": _here(place, on, short="on"),
    }
    return render_list(
        request,
        title=f"人员配备：{place}",
        table=table,
        filters=_Holder(form),
        tree=outline.tree_beside(
            request, "assistants:establishment", place if _is_grid(place) else None
        ),
        note=_policies(posts),
        toolbar=_indexes(request.user, place, posts),
        empty=_why_empty(posts, form),
        crumbs=[("人员配备", reverse("assistants:establishment"))],
        template="assistants/establishment.html",
        context=context,
    )


def _indexes(user, place: Grid | City, posts: Establishment) -> list[Action]:
    """Offer to enter the 配置指数 where a plan asks for them."""
    asks = any(
        quota.indexed
        for policy in posts.policies.values()
        if policy
        for quota in policy.quotas
    )
    if not (asks and _is_grid(place) and may(user, P.GRID_EDIT, at=place)):
        return []
    url = reverse("assistants:indexes", args=[place.pk])
    return [Action("录入配置指数", url, icon="pencil")]


class _Holder:
    """What the search block asks for: something with a form."""

    def __init__(self, form: EstablishmentForm):
        self.form = form


def _is_grid(place: Grid | City) -> bool:
    return isinstance(place, Grid)


def _place(request) -> Grid | City:
    """Return the place asked for, or the first of the user's own places."""
    if request.GET.get("grid") or request.GET.get("city"):
        asked = outline.place_asked(request)
        if asked is None or not may(request.user, P.COVERAGE_VIEW, at=asked):
            raise Http404
        return asked
    places = outline.own_places(request.user, P.COVERAGE_VIEW)
    if not places:
        raise Http404
    return places[0]


def _here(place: Grid | City, on: date, **asked: str) -> str:
    return outline.list_at(
        "assistants:establishment", place, on=on.isoformat(), **asked
    )


def _narrowed(
    rows: Iterable[EstablishmentRow], form: EstablishmentForm
) -> list[EstablishmentRow]:
    """Return the rows of a level, with a kind, that lack somebody, as asked."""
    kind, level = form.value("kind"), form.value("level")
    short = form.value("short", False)
    return [
        row
        for row in rows
        if (not kind or kind in row.posts)
        and (not level or str(row.level) == level)
        and (not short or _is_short(row, kind))
    ]


def _is_short(row: EstablishmentRow, kind: str | None) -> bool:
    return bool(row.posts[kind].missing if kind else row.missing)


def _totals(posts: Establishment, place: Grid | City, on: date) -> list[dict]:
    """Return a line for each kind of person, every number with its rows."""
    return [
        {
            "label": _label(posts, kind),
            "total": total,
            "rows_url": _here(place, on, kind=kind),
            "missing_url": _here(place, on, kind=kind, short="on"),
        }
        for kind, total in posts.totals.items()
    ]


def _label(posts: Establishment, kind: str) -> str:
    """Return what the plans here call a kind; the general word when they differ."""
    words = {policy.label(kind) for policy in posts.policies.values() if policy}
    return words.pop() if len(words) == 1 else PERSON_KINDS[kind]


def _columns(
    posts: Establishment, kinds: list[str], on: date, *, links: bool
) -> list[Column]:
    """Return the columns of the list; `links` lead from a number to its people."""
    columns = [
        Column("code", "网格编码", value="grid.code", sort="grid.code"),
        Column(
            "name",
            "网格名称",
            value="grid.name",
            sort="grid.name",
            link=lambda row: row.grid.get_absolute_url(),
        ),
        Column("label", "网格级别", sort="level"),
        Column("district", "区县", value="grid.district.name", hidden=True),
        Column("missing", "缺员合计", sort="missing", numeric=True),
    ]
    for kind in kinds:
        columns += _columns_of(kind, _label(posts, kind), on, links=links)
    return columns


def _columns_of(kind: str, label: str, on: date, *, links: bool) -> list[Column]:
    def number(name: str):
        def value(row: EstablishmentRow):
            post = row.posts.get(kind)
            return getattr(post, name) if post else None

        return value

    def staff(row: EstablishmentRow) -> str:
        if not (links and kind in row.posts and kind in ROLES_OF_KIND):
            return ""
        return outline.list_at(
            "assistants:list", row.grid, on=on.isoformat(), kind=kind, reach="direct"
        )

    return [
        Column(f"{kind}_required", f"{label}应配", number("required"), numeric=True),
        Column(
            f"{kind}_filled",
            f"{label}已配",
            number("filled"),
            numeric=True,
            link=staff,
        ),
        Column(f"{kind}_missing", f"{label}缺", number("missing"), numeric=True),
    ]


def _policies(posts: Establishment) -> str:
    titles = {policy.title for policy in posts.policies.values() if policy}
    without = [code for code, policy in posts.policies.items() if policy is None]
    words = (
        f"依据：{'、'.join(f'《{title}》' for title in sorted(titles))}。"
        if titles
        else ""
    )
    if without:
        words += f"尚未采用政策的区县：{'、'.join(without)}，不计应配数。"
    return words


def _why_empty(posts: Establishment, form: EstablishmentForm) -> str:
    if not posts.rows:
        return "该辖区在这一天没有计数的网格：可能尚未采用政策，或网格尚未启用。"
    if form.value("short"):
        return "没有缺员的网格。"
    return "没有符合条件的网格，请放宽查询条件。"
