"""The division list (区划名录), and what imports inside one district share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gridinspect.accounts.models import EVERYWHERE, User
from gridinspect.accounts.roles import Permission
from gridinspect.imports import cleaning
from gridinspect.imports.fields import SheetField
from gridinspect.imports.registry import register
from gridinspect.imports.resource import (
    CHANGED,
    NEW,
    SAME,
    Row,
    SheetResource,
)
from gridinspect.scope import Place
from grids.models import City, Grid
from grids.places import PlaceIndex, PlaceNotFound, PlaceRow
from grids.services import tree
from grids.services.figures import mark_all_dirty

OUTSIDE = "不在您的辖区内，不能通过您的账户导入。"


def district_roots(user: User, permission: Permission) -> list[Grid]:
    """Return the open districts in which, or in a part of which, the user may act."""
    paths = user.scope_paths(permission)
    roots = Grid.objects.roots().filter(closed_on=None).select_related("city")
    return [
        root
        for root in roots.order_by("code")
        if any(root.path.startswith(p) or p.startswith(root.path) for p in paths)
    ]


class DistrictResource(SheetResource):
    """A kind whose rows belong to grids of one district."""

    places: PlaceIndex
    place_fields = ("street", "community")

    @classmethod
    def place_named(
        cls, names: Iterable[tuple[str, ...]], places: Sequence[Place]
    ) -> Grid | None:
        """Return the only district that has more than half of the named places."""
        roots = [place for place in places if isinstance(place, Grid)]
        wanted = [pair for pair in names if any(pair)]
        grids: dict[int, list[Grid]] = {root.pk: [] for root in roots}
        for grid in Grid.objects.filter(district__in=grids, closed_on=None):
            grids[grid.district_id].append(grid)
        fitting = []
        for root in roots:
            index = PlaceIndex(root, grids[root.pk])
            if sum(map(index.has, wanted)) * 2 > len(wanted):
                fitting.append(root)
        return fitting[0] if len(fitting) == 1 else None

    @classmethod
    def scopes(cls, user: User) -> Sequence[Place]:
        return district_roots(user, cls.permission)

    @classmethod
    def place_of(cls, code: str) -> Grid | None:
        found = Grid.objects.roots().select_related("city")
        return (
            found.filter(code=code).first()
            or found.filter(division_code=code.ljust(12, "0")).first()
        )

    def prepare(self) -> None:
        self.places = PlaceIndex(self.district)
        self.fallback = self._own_place()

    def _own_place(self) -> PlaceRow | None:
        """Where a row goes that names no place: the district or the user's own area."""
        if self.may_touch(self.district.path):
            return self.places.root
        own = [row for row in self.places.rows.values() if row.path in self.paths]
        return own[0] if len(own) == 1 else None

    def place(self, row: Row) -> None:
        """Find the row's grid among those that the importing person may name."""
        values = row.values
        try:
            found = self.places.find(values.get("street"), values.get("community"))
        except PlaceNotFound as fault:
            row.reject(fault.code, fault.message, at=fault.at)
            return
        if found is None:
            found = self.fallback
        if found is None:
            row.reject(
                "grid_missing", "没有写明所属街道或社区，请补填。", at="community"
            )
        elif not self.may_touch(found.path):
            at = "community" if values.get("community") else "street"
            row.reject("outside_scope", f"“{found.name}”{OUTSIDE}", at=at)
        else:
            row.grid = found
            values["grid"] = found.division_code or found.code


PROVINCES = {
    "11": "北京市", "12": "天津市", "13": "河北省", "14": "山西省",
    "15": "内蒙古自治区", "21": "辽宁省", "22": "吉林省", "23": "黑龙江省",
    "31": "上海市", "32": "江苏省", "33": "浙江省", "34": "安徽省", "35": "福建省",
    "36": "江西省", "37": "山东省", "41": "河南省", "42": "湖北省", "43": "湖南省",
    "44": "广东省", "45": "广西壮族自治区", "46": "海南省", "50": "重庆市",
    "51": "四川省", "52": "贵州省", "53": "云南省", "54": "西藏自治区",
    "61": "陕西省", "62": "甘肃省", "63": "青海省", "64": "宁夏回族自治区",
    "65": "新疆维吾尔自治区",
}  # fmt: skip

CITY, DISTRICT, STREET, COMMUNITY = 2, 3, 4, 5
LEVELS = {
    "1": 1, "省": 1, "省级": 1,
    "2": CITY, "市": CITY, "地级": CITY, "市级": CITY,
    "3": DISTRICT, "区": DISTRICT, "县": DISTRICT, "县级": DISTRICT, "区县": DISTRICT,
    "4": STREET, "街道": STREET, "乡级": STREET, "镇": STREET, "乡镇": STREET,
    "5": COMMUNITY, "社区": COMMUNITY, "村级": COMMUNITY, "村": COMMUNITY,
}  # fmt: skip


def division_kind(code: str) -> str:
    """Return the kind of grid that a 12-digit division code stands for.

    Source: design.md 5; domain.md 2.11 (street part 001-099 street, 100-399 town or
    township, from 400 zone; last part 200-399 village).
    """
    street, community = int(code[6:9]), int(code[9:])
    if community:
        in_village = 200 <= community <= 399
        return Grid.Kind.VILLAGE if in_village else Grid.Kind.COMMUNITY
    if not street:
        return Grid.Kind.DISTRICT
    if street < 100:
        return Grid.Kind.STREET
    return Grid.Kind.TOWN if street < 400 else Grid.Kind.PARK


def division_code(raw: Any, setting: cleaning.Setting) -> str | None:
    """Return a 12-digit division code; six and nine digits are filled up with 0."""
    code = cleaning.code_text("code_precision_lost", "区划代码")(raw, setting)
    if code is None:
        return None
    code = code.removesuffix(".0")
    if not (code.isascii() and code.isdigit() and len(code) in (6, 9, 12)):
        raise cleaning.Rejected(
            "code_format", "统计用区划代码应为12位数字（区县可写6位），请核对。"
        )
    return code.ljust(12, "0")


def division_level(raw: Any, setting: cleaning.Setting) -> int | None:
    """Return the level: 1 province, 2 city, 3 district, 4 street, 5 community."""
    text = cleaning.text(10)(raw, setting)
    if text is None:
        return None
    try:
        return LEVELS[cleaning.plain(text).removesuffix(".0")]
    except KeyError:
        raise cleaning.Rejected(
            "level_invalid", "级别应为1至5（省、市、区县、街道、社区）。"
        ) from None


def level_of(code: str) -> int:
    """Return the level that the digits of a division code say."""
    for level, zeros in ((1, 10), (CITY, 8), (DISTRICT, 6), (STREET, 3)):
        if code.endswith("0" * zeros):
            return level
    return COMMUNITY


@dataclass(frozen=True, slots=True)
class Everywhere:
    """The place that holds all cities: for lists that bring new ones."""

    path: str = EVERYWHERE
    code: str = ""
    name: str = "全部"


@register("grids")
class GridResource(SheetResource):
    """A list of divisions: the city, its districts' roots, and the tree below them.

    What a list does not mention stays as it is: nothing is ever closed by it.
    """

    title = "网格（区划名录）"
    permission = Permission.GRID_IMPORT
    needs_district = False
    key_field = "code"
    identifying = ("code", "name", "parent", "level")
    conflict_code = "code_conflict"

    code = SheetField(
        "区划代码",
        division_code,
        synonyms=(
            "code",
            "统计用区划代码",
            "代码",
            "行政区划代码",
            "网格编码",
            "区划编码",
        ),
        required=True,
        clause="GB/T 2260；统计用区划代码12位",
        help="12位数字；区县可写6位",
        sample="410103001001",
        as_text=True,
    )
    name = SheetField(
        "名称",
        cleaning.title(60),
        synonyms=("name", "区划名称", "单位名称", "网格名称", "行政区划名称"),
        required=True,
        help="与区划名录一致",
        sample="陇海新村社区居民委员会",
    )
    level = SheetField(
        "级别",
        division_level,
        synonyms=("level", "层级", "行政级别"),
        help="2 市，3 区县，4 街道乡镇，5 社区村",
        sample="5",
        choices=("2", "3", "4", "5"),
    )
    parent = SheetField(
        "上级代码",
        division_code,
        synonyms=("parent", "上级区划代码", "父级代码", "上级网格编码", "parentcode"),
        help="上一级的12位代码",
        sample="410103001000",
        as_text=True,
    )

    @classmethod
    def scopes(cls, user: User) -> Sequence[Place]:
        paths = user.scope_paths(cls.permission)
        return [Everywhere()] if paths else []

    @classmethod
    def place_of(cls, code: str) -> Place | None:
        return Everywhere()

    def __init__(self, **given: Any):
        super().__init__(**given)
        self._listed: set[str] = set()  # every code of the file
        self._names: dict[tuple[str, Any], str] = {}  # (parent, name) → first code

    def prepare(self) -> None:
        self.cities = {city.code: city for city in City.objects.all()}
        wanted = {code[:4] + "00" for code in self._listed}
        grids = Grid.objects.filter(city__code__in=wanted).select_related("city")
        self.grids: dict[str, Grid] = {}
        for grid in grids:
            self.grids[self._full(grid.code)] = grid
            if grid.division_code:
                self.grids[grid.division_code] = grid
        self._kept: list[dict[str, Any]] = []

    @staticmethod
    def _full(code: str) -> str:
        return code.ljust(12, "0") if code.isdigit() and len(code) == 6 else code

    def note(self, row: Row) -> None:
        code = row.values.get("code")
        if code:
            self._listed.add(code)
            parent = row.values.get("parent") or _parent_of(code)
            self._names.setdefault((parent, row.values.get("name")), code)

    def check(self, rows: list[Row]) -> None:
        for row in rows:
            if not row.is_rejected:
                self._check(row)

    def _check(self, row: Row) -> None:
        code, name = row.values["code"], row.values["name"]
        level = row.values.get("level") or level_of(code)
        row.values["level"] = level
        if level != level_of(code):
            row.reject(
                "level_mismatch",
                f"级别{level}与代码的位数含义（{level_of(code)}级）不符，请核对。",
                at="level",
            )
            return
        if level == 1:
            return
        parent = row.values.get("parent") or _parent_of(code)
        row.values["parent"] = parent
        if level > CITY and not self._parent_is_known(parent, level):
            row.reject(
                "parent_unknown",
                f"上级{parent}既不在本文件中，也不在系统中，请补充上级。",
                at="parent",
            )
            return
        if not self._is_mine(code, level):
            row.reject("outside_scope", f"“{name}”{OUTSIDE}", at="code")
            return
        self._compare(row, code, name, parent, level)

    def _compare(self, row: Row, code: str, name: str, parent: str, level: int) -> None:
        if level == CITY:
            known: City | Grid | None = self.cities.get(code[:6])
        else:
            known = row.target = self.grids.get(code)
        old = {"name": known.name} if known else None
        twin = self._names.get((parent, name), code)
        if level > DISTRICT and twin != code:
            row.reject(
                "name_duplicate",
                f"同一上级下已有同名的{twin}，请核对名称。",
                at="name",
            )
        elif old is None:
            row.action = NEW
        elif old["name"] != name:
            row.action, row.changes = CHANGED, {"name": [old["name"], name]}
        else:
            row.action = SAME

    def _parent_is_known(self, parent: str, level: int) -> bool:
        if level == DISTRICT:
            return parent in self._listed or parent[:6] in self.cities
        return parent in self._listed or parent in self.grids

    def _is_mine(self, code: str, level: int) -> bool:
        root = self.grids.get(f"{code[:6]}000000")
        if level > CITY and root is not None:
            return self.may_touch(root.path)
        return self.may_touch(f"/{code[:4]}00/")

    def apply(self, rows: list[Row]) -> Iterable[Any]:
        for row in rows:
            self._kept.append({**row.values, "target": row.target})
            yield [row.values["code"], row.action, row.values["name"]]

    def finish(self) -> None:
        """Build the new districts, add the new branches, rename what has a new name."""
        cities = [v for v in self._kept if v["level"] == CITY]
        for values in cities:
            self._keep_city(values["code"][:6], values["name"])
        nodes, fresh = self._nodes()
        additions: dict[str, list[tuple[Grid, tree.Node]]] = {}
        for code, node in nodes.items():
            parent = fresh[code]["parent"]
            if parent in nodes:
                nodes[parent].children.append(node)
            elif fresh[code]["level"] > DISTRICT:
                above = self.grids[parent]
                additions.setdefault(code[:6], []).append((above, node))
        for code, node in nodes.items():
            if fresh[code]["level"] == DISTRICT:
                city = self._keep_city(f"{code[:4]}00", "")
                tree.build_district(
                    city=city, root=node, opened_on=self.as_of, by=self.by
                )
        for code, branches in additions.items():
            tree.add_below(
                district=self.grids[f"{code}000000"],
                additions=branches,
                opened_on=self.as_of,
                by=self.by,
            )
        self._rename()

    def _nodes(self) -> tuple[dict[str, tree.Node], dict[str, dict[str, Any]]]:
        fresh = {
            v["code"]: v
            for v in sorted(self._kept, key=lambda v: v["code"])
            if v["level"] >= DISTRICT and v["target"] is None
        }
        nodes = {
            code: tree.Node(
                code=code[:6] if v["level"] == DISTRICT else code,
                name=v["name"],
                kind=division_kind(code),
                division_code=code,
            )
            for code, v in fresh.items()
        }
        return nodes, fresh

    def _keep_city(self, code: str, name: str) -> City:
        city = self.cities.get(code)
        if city is None:
            province = PROVINCES.get(code[:2], "")
            city = City.objects.create(code=code, name=name or code, province=province)
            self.cities[code] = city
        elif name and city.name != name:
            city.name = name
            city.save(update_fields=["name"])
        return city

    def _rename(self) -> None:
        renamed = [v for v in self._kept if v["target"] is not None]
        names = {values["target"]: values["name"] for values in renamed}
        if names:
            tree.rename_grids(names=names, on=self.today)
            mark_all_dirty({grid.pk for grid in names}, self.today)


def _parent_of(code: str) -> str:
    keep = {DISTRICT: 4, STREET: 6, COMMUNITY: 9}.get(level_of(code), 2)
    return code[:keep].ljust(12, "0")
