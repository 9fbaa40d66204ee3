"""Which unit a row of the roster means."""

from collections import defaultdict
from collections.abc import Callable, Mapping

from django.db.models import Q

from enterprises.models import Enterprise
from enterprises.workforce.known import KnownUnit
from gridinspect.imports.resource import Row
from grids.models import Grid
from grids.resources import OUTSIDE


def find_units(
    rows: list[Row], *, district: Grid, may_touch: Callable[[str], bool]
) -> None:
    """Find each row's unit: by its code, else the only one of that name."""
    units = Enterprise.objects.filter(district=district)
    codes = {row.values["uscc"] for row in rows if row.values.get("uscc")}
    names = {row.values["unit"] for row in rows if row.values.get("unit")}
    by_code: dict[str, KnownUnit] = {}
    by_name: dict[str, list[KnownUnit]] = defaultdict(list)
    wanted = units.filter(Q(uscc__any_of=codes) | Q(name__any_of=names))
    for pk, code, name, path in wanted.values_list("pk", "uscc", "name", "grid__path"):
        unit = KnownUnit(pk, name, path)
        by_name[name].append(unit)
        if code:
            by_code[code] = unit
    for row in rows:
        _place(row, by_code, by_name, may_touch)


def _place(
    row: Row,
    by_code: Mapping[str, KnownUnit],
    by_name: Mapping[str, list[KnownUnit]],
    may_touch: Callable[[str], bool],
) -> None:
    code, name = row.values.get("uscc"), row.values.get("unit")
    if code and len(code) != 18:
        code = None  # an old licence number; the warning says so
    alike = by_name.get(name or "", [])
    unit = by_code.get(code) if code else alike[0] if len(alike) == 1 else None
    at = "uscc" if code else "unit"
    if not code and not name:
        row.reject("unit_missing", "请填写单位名称或统一社会信用代码。", at="unit")
    elif unit is None and not code and alike:
        row.reject(
            "unit_ambiguous",
            f"有{len(alike)}个单位叫“{name}”，请填写统一社会信用代码。",
            at="uscc",
        )
    elif unit is None:
        row.reject(
            "unit_unknown",
            "单位档案中没有这个单位，请先建立档案或导入用人单位名册。",
            at=at,
        )
    elif not may_touch(unit.path):
        row.reject("outside_scope", f"该单位{OUTSIDE}", at=at)
    else:
        if code and name and unit.name != name:
            row.warn(
                "unit_renamed",
                f"该代码的单位在系统中叫“{unit.name}”，按代码登记。",
                at="unit",
            )
        row.target = unit
