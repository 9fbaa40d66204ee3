"""Giving many grids other codes in one act: all or none, swaps included.

Figures do not change; what names a grid on an earlier day shows the code of that day.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Max

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.code_rules import Numbers, Scheme, is_regular, objection, stem
from grids.models import City, Grid, GridAct, GridPeriod
from grids.services import periods
from grids.services.acts import acting, set_codes
from grids.services.codes import foreign_city, scheme_of, taken_codes
from grids.services.guard import Refused, lock_district, require_past


@dataclass(frozen=True)
class Recode:
    """One grid that is to get another code, and what stands against it."""

    grid: Grid
    code: str
    conflict: str = ""  # it cannot be
    advice: str = ""  # it can be, yet departs from the scheme


@dataclass(frozen=True)
class Plan:
    """What a recoding would do: every grid that changes, in the order of old codes."""

    rows: Sequence[Recode]

    @property
    def conflicts(self) -> list[Recode]:
        return [row for row in self.rows if row.conflict]

    @property
    def codes(self) -> dict[Grid, str]:
        return {row.grid: row.code for row in self.rows}


def recodable(at: Grid) -> list[Grid]:
    """Return the open grids at and below a grid, those above before those below."""
    grids = Grid.objects.within(at).filter(closed_on=None).select_related("parent")
    return list(grids.order_by("level", "code"))


def by_scheme(at: Grid) -> dict[Grid, str]:
    """Return a code by the city's scheme for each grid whose own departs from it.

    A grid with a division code gets that one; others the next free below their parent's
    new code.
    """
    rule = scheme_of(at.city).rule
    grids = recodable(at)
    strict = Scheme(rule.parts, rule.padded_to, allows_free=False)
    used = taken_codes(stem(rule, (at.district or at).code))
    now = {grid.pk: grid.code for grid in grids}
    if (upper := at.parent) is not None:
        now[upper.pk] = upper.code
    numbers = Numbers(rule, used)
    codes: dict[Grid, str] = {}
    for grid in grids:
        above = now.get(grid.parent_id, "")
        if not objection(strict, grid.code, grid.kind, above):
            continue
        code = _official(rule, grid, above, used)
        code = code or numbers.next(above)
        if code and code != grid.code:
            codes[grid], now[grid.pk] = code, code
            used.add(code)
    return codes


def _official(rule: Scheme, grid: Grid, above: str, used: set[str]) -> str:
    """Return the division code of a grid where it can be its code, else ""."""
    code = grid.division_code or ""
    if grid.is_root:
        code = code[: rule.length(grid.kind)]
    fits = is_regular(rule, code, grid.kind) and code.startswith(stem(rule, above))
    return code if fits and (code not in used or code == grid.code) else ""


def by_beginning(at: Grid, old: str, new: str) -> dict[Grid, str]:
    """Return the codes at and below a grid with another beginning: 4101 → 4102."""
    return {
        grid: new + grid.code[len(old) :]
        for grid in recodable(at)
        if grid.code.startswith(old)
    }


def by_list(at: Grid, pairs: Sequence[tuple[str, str]]) -> dict[Grid, str]:
    """Return the grids of a list of (old code, new code). Raises Refused."""
    by_code = {grid.code: grid for grid in recodable(at)}
    codes: dict[Grid, str] = {}
    for number, (old, new) in enumerate(pairs, 1):
        grid = by_code.get(old)
        if grid is None:
            raise Refused(
                f"第 {number} 行：“{at}”及其下级中没有编码为“{old}”的启用网格，"
                "请核对原编码。"
            )
        if grid in codes:
            raise Refused(f"第 {number} 行：原编码“{old}”写了两次，请只留一行。")
        codes[grid] = new
    return codes


def plan_recoding(at: Grid, codes: Mapping[Grid, str], *, on: date) -> Plan:
    """Return what new codes would change and what stands against each of them.

    A constant number of queries, however many grids there are.
    """
    changing = {grid: code for grid, code in codes.items() if code != grid.code}
    scheme, keys = scheme_of(at.city), [grid.pk for grid in changing]
    holders = Grid.objects.filter(code__in=changing.values()).exclude(pk__in=keys)
    held = {grid.code: grid for grid in holders}
    twice = Counter(changing.values())
    new_codes = {grid.pk: code for grid, code in changing.items()}
    later = _later(keys, on)
    rows = []
    for grid, code in sorted(changing.items(), key=lambda pair: pair[0].code):
        above = grid.parent.code if grid.parent else ""
        above = new_codes.get(grid.parent_id or 0, above)
        fault = objection(scheme.rule, code, grid.kind, above)
        conflict = (
            _conflict(grid, code, held.get(code), twice[code])
            or _too_early(grid, on, later)
            or foreign_city(scheme.rule, code, grid.kind, at.city)
            or (fault if scheme.refuses else "")
        )
        rows.append(Recode(grid, code, conflict, "" if conflict else fault))
    return Plan(rows)


def _later(keys: Sequence[int], on: date) -> dict[int, date]:
    """Return the latest change after a day of those grids that changed after it."""
    rows = GridPeriod.objects.filter(grid__in=keys, since__gt=on)
    return dict(rows.values_list("grid").order_by("grid").annotate(Max("since")))


def _conflict(grid: Grid, code: str, holder: Grid | None, times: int) -> str:
    if not code:
        return f"“{grid}”没有写明新编码，请补填。"
    if times > 1:
        return f"新编码“{code}”分给了 {times} 个网格，请只留给一个。"
    if holder is None:
        return ""
    if holder.district_id != grid.district_id:
        return f"编码“{code}”已存在，由别的区县的网格使用，请换一个编码。"
    if holder.closed_on:
        return f"编码“{code}”是已停用的“{holder}”的，停用的编码不再使用，请换一个。"
    return (
        f"编码“{code}”已存在，由“{holder}”使用；"
        "请换一个，或把它一并列入，同时改为别的编码。"
    )


def _too_early(grid: Grid, on: date, later: Mapping[int, date]) -> str:
    if on < grid.opened_on:
        return (
            f"“{grid}”自 {grid.opened_on} 才启用，"
            "请把生效日期改为这一天或以后，或不列入这个网格。"
        )
    if grid.pk in later:
        return (
            f"“{grid}”自 {later[grid.pk]} 起已有变动，"
            "请把生效日期改为这一天或以后，或不列入这个网格。"
        )
    return ""


@transaction.atomic
def recode_grids(
    *, at: Grid, codes: Mapping[Grid, str], on: date, by: User
) -> list[Recode]:
    """Give grids at and below a grid other codes from a day on; two may swap theirs.

    Returns what changed. Raises Refused with the first conflict; nothing is done then.
    """
    require_past(on)
    lock_district(at.district_id)
    at = Grid.objects.select_related("city", "parent").get(pk=at.pk)
    now = {grid.pk: grid for grid in recodable(at)}
    fresh = {now[grid.pk]: code for grid, code in codes.items() if grid.pk in now}
    if len(fresh) < len(codes):
        raise Refused(f"名单中有网格已不在“{at}”之下或已停用，请重新核对。")
    plan = plan_recoding(at, fresh, on=on)
    if plan.conflicts:
        raise Refused(plan.conflicts[0].conflict)
    if not plan.rows:
        raise Refused("新编码与现编码相同，没有需要改动的网格。")
    before = {row.grid.pk: row.grid.code for row in plan.rows}
    heads = [at, *(row.grid for row in plan.rows if row.grid != at)]
    with acting(
        GridAct.Kind.RECODED,
        grid=at,
        heads=heads,
        involved={at.pk, *before},
        on=on,
        by=by,
    ):
        set_codes({row.grid.pk: row.code for row in plan.rows})
        for row in plan.rows:
            row.grid.code = row.code
        periods.rename_many([row.grid for row in plan.rows], on)
    record(
        "grid.recoded",
        by=by,
        target=at,
        on=on,
        count=len(plan.rows),
        rows=[
            {"name": row.grid.name, "before": before[row.grid.pk], "code": row.code}
            for row in plan.rows
        ],
    )
    return list(plan.rows)


def irregular(city: City, districts: Sequence[Grid]) -> dict[int, tuple[int, int]]:
    """Return how many open grids each district has, and how many codes depart.

    From the city's scheme; a free code departs only where the scheme allows none. Two
    queries.
    """
    rule = scheme_of(city).rule
    counts = {district.pk: (0, 0) for district in districts}
    grids = Grid.objects.filter(district__in=counts, closed_on=None).order_by()
    for district, code, kind, above in grids.values_list(
        "district", "code", "kind", "parent__code"
    ):
        number, odd = counts[district]
        odd += bool(objection(rule, code, kind, above or ""))
        counts[district] = number + 1, odd
    return counts
