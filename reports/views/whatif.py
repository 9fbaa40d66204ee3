"""试算: a place's data under another plan, side by side; never saved."""

from contextlib import suppress
from datetime import date
from urllib.parse import urlencode

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html_join

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import render_list, require_holds
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import require
from grids.models import City, Grid
from grids.policy import PERSON_KINDS
from reports import differences, whatif
from reports.differences import Cell, GridPair, Line, Plan
from reports.forms import GridPairsForm, WhatIfForm
from reports.rows import read_by
from reports.templatetags.reports import rows_url
from reports.views.dashboards import asked_day

P = Permission
RULES = ("limits", "numbers")  # many, and most of them alike: only what differs


def what_if(request):
    """Show what changes in a place's figures under another plan."""
    require_holds(request.user, P.COVERAGE_VIEW)
    require_holds(request.user, P.POLICY_VIEW)
    places = _places(request.user)
    place, on = _place(request, places), asked_day(request)
    other, start = _asked(request, place, on)
    asked = {
        "at": place.code,
        "with": other.key if other else "",
        "on": on.isoformat(),
        "start": start.isoformat() if start else "",
        "everything": request.GET.get("everything", ""),
    }
    if place.pk not in {one.pk for one in places}:
        places = [*places, place]
    form = WhatIfForm(
        asked if "with" in request.GET else None,  # nothing asked yet is no fault
        initial=asked,
        places=places,
        plans=whatif.choices(request.user),
    )
    found = whatif.what_if(place, on, other) if other else None
    shown = _Shown(request.user, place, on, asked)
    context = {
        "title": "方案试算",
        "form": form,
        "place": place,
        "on": on,
        "found": found,
        "groups": shown.groups(found) if found else (),
        "changed": differences.changed(found.groups) if found else 0,
        "compare_url": _compare(found) if found else "",
        "crumbs": [("监管态势", reverse("reports:dashboard")), ("方案试算", "")],
    }
    return render(request, "reports/whatif.html", context)


def what_if_grids(request):
    """Show each grid with its posts under both plans: the rows behind the sums."""
    require_holds(request.user, P.COVERAGE_VIEW)
    require_holds(request.user, P.POLICY_VIEW)
    place, on = _place(request, _places(request.user)), asked_day(request)
    other, _ = _asked(request, place, on)
    if other is None:
        raise Http404
    plans = whatif.plan_in_force(place, on), other
    left, right = (whatif.posts_under(place, on, plan) for plan in plans)
    form = GridPairsForm(request.GET, kinds=PERSON_KINDS.items())
    pairs = _narrowed(differences.grid_pairs(left, right), form)
    kinds = [kind for kind in PERSON_KINDS if kind in {*left.totals, *right.totals}]
    if kind := form.value("kind"):
        kinds = [kind]
    table = build_table(request, pairs, _columns(kinds, plans), name="what-if-grids")
    kept = {name: request.GET.get(name, "") for name in ("at", "with", "on", "start")}
    return render_list(
        request,
        title=f"方案试算：{place.name}各网格",
        table=table,
        filters=form,
        crumbs=[
            ("监管态势", reverse("reports:dashboard")),
            ("方案试算", f"{reverse('reports:what-if')}?{urlencode(kept)}"),
        ],
        note=f"截至 {on:%Y-%m-%d}。现行：{plans[0].name}；试算：{other.name}。"
        "只作比较，不保存。",
        empty="没有这样的网格，请放宽查询条件。",
    )


# --- what is asked --------------------------------------------------------------------


def _places(user) -> list[Grid]:
    """Return the user's own grids, and the districts of an own city."""
    places: list[Grid] = []
    for place in outline.own_places(user, P.COVERAGE_VIEW):
        if isinstance(place, City):
            districts = Grid.objects.roots().filter(city=place, closed_on=None)
            places += districts.select_related("city", "district").order_by("code")
        else:
            places.append(place)
    return places


def _place(request, places: list[Grid]) -> Grid:
    """Return the grid in the address, else the first of the user's places."""
    code = request.GET.get("at") or request.GET.get("grid")
    if not code:
        if not places:
            raise Http404
        code = places[0].code
    grids = Grid.objects.visible_to(request.user).select_related("city", "district")
    place: Grid | None = grids.filter(code=code).first()
    if place is None:
        raise Http404
    require(request.user, P.COVERAGE_VIEW, at=place)
    return place


def _asked(request, place: Grid, on: date) -> tuple[Plan | None, date | None]:
    """Return the other plan, and the day from which its phases are to count.

    Without a day in the address they count from the start of the plan in force.
    """
    follows = whatif.plan_in_force(place, on).follows
    start = follows.programme_start if follows else None
    with suppress(ValueError):
        start = date.fromisoformat(request.GET.get("start", ""))
    key = request.GET.get("with", "")
    other = whatif.plan_named(key, user=request.user, on=on, start=start)
    if key and other is None:
        raise Http404
    return other, start


def _compare(found: whatif.WhatIf) -> str:
    """Return where both plans are read side by side, if both are loaded versions."""
    left, right = found.left.plan.follows, found.right.plan.follows
    if not left or not right or right.policy.pk is None:
        return ""
    asked = urlencode({"left": left.policy.pk, "right": right.policy.pk})
    return f"{reverse('grids:policy-compare')}?{asked}"


# --- what is shown --------------------------------------------------------------------


class _Shown:
    """The lines with what each cell leads to, as far as the user may open it."""

    def __init__(self, user, place: Grid, on: date, asked: dict[str, str]):
        self.user, self.place, self.on, self.asked = user, place, on, asked

    def groups(self, found: whatif.WhatIf) -> list[tuple]:
        plans = found.left.plan, found.right.plan
        whole = bool(self.asked["everything"])
        return [
            (
                group,
                [
                    self._line(line, plans)
                    for line in group.lines
                    if whole or group.key not in RULES or line.is_changed
                ],
            )
            for group in found.groups
        ]

    def _line(self, line: Line, plans: tuple[Plan, Plan]) -> dict:
        cells = zip((line.left, line.right), plans, strict=True)
        return {
            "line": line,
            "badge": badge_html(line.difference, _tone(line)),
            "sides": [
                {
                    "cell": cell,
                    "url": self._rows(cell, plan),
                    "basis": basis(cell, plan),
                }
                for cell, plan in cells
            ],
        }

    def _rows(self, cell: Cell, plan: Plan) -> str:
        what, _, key = cell.rows.partition(":")
        if not what:
            return ""
        if what == "rate" and not key.startswith("staffed"):
            if not self.user.holds(read_by(key)):
                return ""
            url = rows_url(self.place, key, "numerator", self.on)
            under = {"under": plan.key, "start": self.asked["start"]}
            return f"{url}&{urlencode(under)}" if plan.key else url
        if what == "clauses":
            if plan.key:  # they stand further down on the same page
                return "#clauses"
            where = {"at": self.place.code, "on": self.on.isoformat(), "state": key}
            return f"{reverse('reports:conformance')}?{urlencode(where)}"
        names = {"posts": "kind", "rate": "kind", "level": "level"}
        kept = dict(self.asked)
        if what in names:
            kept[names[what]] = key.rpartition(":")[2]
        return f"{reverse('reports:what-if-grids')}?{urlencode(kept)}"


def _tone(line: Line) -> str:
    if not line.is_changed:
        return "plain"
    is_short = line.difference.endswith(("未达标", "未达到"))
    return "warning" if is_short else "notice"


def basis(cell: Cell, plan: Plan) -> str:
    """Return the clauses of a cell, each with its words and a link to it."""
    if not cell.clauses or plan.values is None:
        return cell.source or differences.NOTHING
    clauses = [(number, plan.values.clause(number)) for number in cell.clauses]
    return format_html_join(
        " ",
        '<a href="{}" title="{}">{}</a>',
        (
            (
                f"{plan.url}?tab=clauses#{number}" if plan.has_clauses else plan.url,
                clause.quote if clause else "",
                number,
            )
            for number, clause in clauses
        ),
    )


def _narrowed(pairs: list[GridPair], form: GridPairsForm) -> list[GridPair]:
    """Return the grids with a kind, of a level on one side, that differ, as asked."""
    kind, level = form.value("kind"), form.value("level")

    def is_asked(pair: GridPair) -> bool:
        rows = [row for row in (pair.left, pair.right) if row]
        return (
            (not kind or any(kind in row.posts for row in rows))
            and (not level or any(str(row.level) == level for row in rows))
            and (not form.value("differing", False) or pair.is_changed)
        )

    return [pair for pair in pairs if is_asked(pair)]


def _columns(kinds: list[str], plans: tuple[Plan, Plan]) -> list[Column]:
    columns = [
        Column("code", "网格编码", value="grid.code", sort="grid.code"),
        Column(
            "name",
            "网格名称",
            value="grid.name",
            sort="grid.name",
            link=lambda pair: pair.grid.get_absolute_url(),
        ),
        Column("left_label", "现行级别", value="left.label"),
        Column("right_label", "试算级别", value="right.label"),
    ]
    for kind in kinds:
        for what, word in differences.POSTS.items():
            for side, said, plan in zip(
                ("left", "right"), ("现行", "试算"), plans, strict=True
            ):
                who = plan.values.label(kind) if plan.values else PERSON_KINDS[kind]
                columns.append(
                    Column(
                        f"{side}_{kind}_{what}",
                        f"{said}{who}{word}",
                        _post(side, kind, what),
                        numeric=True,
                        hidden=what == "filled",
                    )
                )
    return columns


def _post(side: str, kind: str, what: str):
    def value(pair: GridPair):
        row = getattr(pair, side)
        post = row.posts.get(kind) if row else None
        return getattr(post, what) if post else None

    return value
