"""The division list (区划名录), house numbers, and what imports of a district share."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.db.models import Q

from gridinspect.accounts.models import EVERYWHERE, User
from gridinspect.accounts.requests import Request
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
    Written,
)
from gridinspect.imports.traces import differing, put_back, referring, remove
from gridinspect.scope import Place, within_paths
from grids import outline
from grids.addresses import parse_house
from grids.models import City, Grid, GridPeriod, RoadRange
from grids.places import UPPER, PlaceIndex, PlaceNotFound, PlaceRow
from grids.road_forms import RoadRangeFilter
from grids.roads import Range, clashes, end_fault, road_key
from grids.services import tree
from grids.services.figures import mark_all_dirty
from grids.services.guard import lock_district
from grids.services.roads import ranges_of

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
    place_fields: ClassVar[tuple[str, ...]] = ("street", "community")

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
    def lists(cls, place: Place | None) -> dict[str, Sequence[str]]:
        """Offer the streets and communities of a district."""
        if not isinstance(place, Grid):
            return {}
        grids = Grid.objects.filter(district=place, closed_on=None).order_by("code")
        grids = grids.exclude(pk=place.pk)
        return {
            "street": [grid.name for grid in grids if grid.kind in UPPER],
            "community": [grid.name for grid in grids if grid.kind not in UPPER],
        }

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

    def in_words(self) -> dict[str, Callable[[Any], Any]]:
        """Show a grid by its name, with the street above it."""
        names: dict[str, str] = {}

        def name(code: str) -> str:
            if code not in names:
                names[code] = self._name_of(code)
            return names[code]

        return super().in_words() | {"grid": name}

    def _name_of(self, code: str) -> str:
        row = self.places.by_code(code)
        if row is None:  # closed since
            within = Grid.objects.filter(district=self.district)
            closed = within.filter(Q(code=code) | Q(division_code=code)).first()
            return closed.name if closed else code
        above = self.places.rows.get(row.parent_id or 0)
        has_street = above is not None and above.pk != self.district.pk
        return f"{above.name}{row.name}" if above and has_street else row.name

    def place(self, row: Row) -> None:
        """Find the row's grid among those that the importing person may name."""
        values = row.values
        try:
            found = self._find(values.get("street"), values.get("community"))
        except PlaceNotFound as fault:
            row.reject(fault.code, fault.message, at=fault.at)
            return
        if found is None:
            found = self._of_sheet(row.sheet) or self.fallback
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

    def _of_sheet(self, sheet: str | None) -> PlaceRow | None:
        """Return the grid that a sheet is named after: one sheet for each street."""
        for pair in ((sheet, None), (None, sheet)):
            try:
                if found := self.places.find(*pair):
                    return found
            except PlaceNotFound:
                continue
        return None

    def _find(self, street: Any, community: Any) -> PlaceRow | None:
        """Find a place; a column 所属网格 may name a street or the district as well."""
        try:
            return self.places.find(street, community)
        except PlaceNotFound as fault:
            if fault.code != "community_unknown":
                raise
            try:
                found = self.places.find(community, None)
                above = self.places.find(street, None)
            except PlaceNotFound:
                raise fault from None
            if found and above and not found.path.startswith(above.path):
                raise
            return found


def place_words(grid: Grid) -> dict[str, str]:
    """Return the street and community of a grid, as a workbook names them."""
    if grid.kind in UPPER:
        return {"street": grid.name}
    if grid.parent_id is None or grid.pk == grid.district_id:
        return {}
    parent = grid.parent
    street = parent.name if parent and parent.kind in UPPER else ""
    return {"street": street, "community": grid.name}


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

    What a list does not mention stays as it is: nothing is ever closed by it. A record
    is known by its division code, as a number.
    """

    title = "网格（区划名录）"
    permission = Permission.GRID_IMPORT
    needs_district = False
    can_be_undone = True
    has_records = True
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

    @classmethod
    def records(cls, request: Request) -> Iterable[Mapping[str, Any]]:
        grids = Grid.objects.visible_to(request.user).filter(closed_on=None)
        for grid in grids.order_by("code"):
            code = grid.division_code or cls._full(grid.code)
            if code.isdigit() and len(code) == 12:
                yield {
                    "code": code,
                    "name": grid.name,
                    "level": level_of(code),
                    "parent": _parent_of(code),
                }

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
            row.record = int(row.values["code"])
            if row.action == CHANGED:
                row.before = {"on": self.today}
            else:
                row.made = {"name": row.values["name"]}
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

    def obstacles(self, written: list[Written]) -> dict[int, str]:
        grids, cities = _written_of(written)
        added = [one.record for one in written if one.action == NEW]
        known = {**grids, **cities}
        gone = dict.fromkeys(
            {one.record for one in written} - known.keys(), "的记录已不存在"
        )
        fresh = {grids[key].pk: key for key in added if key in grids}
        found = referring(Grid, fresh, besides=(Grid, GridPeriod))
        below = Grid.objects.filter(parent__in=fresh).exclude(pk__in=fresh)
        for key in below.values_list("parent", flat=True):
            found.setdefault(key, "已有下级网格")
        stored = {
            grids[one.record].pk: {
                "name": one.made.get("name") or one.changes["name"][1],
                "closed_on": None,
            }
            for one in written
            if one.record in grids
        }
        found = differing(Grid, stored) | found
        by_pk = {grid.pk: key for key, grid in grids.items()}
        return gone | {by_pk[pk]: why for pk, why in found.items()}

    def take_back(self, written: list[Written]) -> None:
        """Take the added branches away; what was renamed is called as before."""
        grids, cities = _written_of(written)
        added = {one.record for one in written if one.action == NEW}
        tree.take_away([grid for key, grid in grids.items() if key in added])
        names: dict[str, dict[Grid, str]] = defaultdict(dict)
        for one in written:
            if one.record in grids and one.changes:
                grid = grids[one.record]
                names[one.before["on"]][grid] = one.changes["name"][0]
        for day, former in names.items():
            tree.name_back(names=former, on=date.fromisoformat(day))
            mark_all_dirty({grid.pk for grid in former}, date.fromisoformat(day))
        for one in written:
            if one.record in cities:
                self._city_back(cities[one.record], one)

    def _city_back(self, city: City, one: Written) -> None:
        if one.changes:
            city.name = one.changes["name"][0]
            city.save(update_fields=["name"])
        elif not Grid.objects.filter(city=city).exists():
            city.delete()


def _written_of(written: list[Written]) -> tuple[dict[int, Grid], dict[int, City]]:
    """Return the grids and the cities that a list wrote, by their codes."""
    codes = [str(one.record) for one in written]
    grids = Grid.objects.filter(division_code__in=codes).select_related("city")
    cities = City.objects.filter(
        code__in=[code[:6] for code in codes if level_of(code) == CITY]
    )
    return (
        {int(grid.division_code or 0): grid for grid in grids},
        {int(city.code.ljust(12, "0")): city for city in cities},
    )


def _parent_of(code: str) -> str:
    keep = {DISTRICT: 4, STREET: 6, COMMUNITY: 9}.get(level_of(code), 2)
    return code[:keep].ljust(12, "0")


# --- house numbers --------------------------------------------------------------------

PARITIES = {label: value for value, label in RoadRange.Parity.choices} | {
    "单": "odd", "单数": "odd", "奇数": "odd", "单号侧": "odd",
    "双": "even", "双数": "even", "偶数": "even", "双号侧": "even",
    "单双号": "all", "单双": "all", "不限": "all", "全": "all",
}  # fmt: skip


def road_name(raw: Any, setting: cleaning.Setting) -> str | None:
    """Return a road's name as addresses are compared with it."""
    text = cleaning.title(60)(raw, setting)
    return road_key(text) if text else None


def house_number(raw: Any, setting: cleaning.Setting) -> int | None:
    """Return the number of a house: 12, 12号; 12-3号 and 甲12 are no end of a range."""
    text = cleaning.title(20)(raw, setting)
    if text is None:
        return None
    house = parse_house(text.removesuffix(".0"))
    if house is None or not house.is_plain:
        raise cleaning.Rejected(
            "house_number_invalid", "门牌号应为不带附号的数字，如“12”。"
        )
    return house.number


@register("roads")
class RoadResource(DistrictResource):
    """道路门牌: which house numbers of which road lie in which grid.

    A row that meets the one range that its grid has on that side of the road changes
    it; nothing is ever taken away by a list.
    """

    title = "道路门牌"
    permission = Permission.GRID_EDIT
    key_field = "first"
    name_field = "road"
    identifying = ("street", "community", "grid_code", "road", "parity", "first")
    can_be_undone = True
    has_records = True

    street = SheetField(
        "所属街道",
        cleaning.title(60),
        synonyms=("街道", "乡镇", "街道（乡镇）", "乡镇街道", "办事处"),
        help="网格树中的街道名称",
        sample="大学路街道",
    )
    community = SheetField(
        "所属社区",
        cleaning.title(60),
        synonyms=("社区", "村", "社区（村）", "所属网格", "网格", "网格名称"),
        help="网格树中的社区名称",
        sample="金桥社区",
    )
    grid_code = SheetField(
        "网格编码",
        cleaning.code_text("code_precision_lost", "网格编码"),
        synonyms=("编码", "区划代码"),
        help="填了编码的，可不填街道和社区",
        as_text=True,
    )
    road = SheetField(
        "道路",
        road_name,
        synonyms=("道路名称", "路名", "街路巷", "街路巷名称", "路段"),
        required=True,
        help="与门牌上的写法一致",
        sample="大学路",
    )
    parity = SheetField(
        "单双号",
        cleaning.choice(PARITIES, "parity_invalid", "单双号应为：全部、单号、双号。"),
        synonyms=("单双", "奇偶", "单双侧"),
        help="不填为全部",
        sample="单号",
        choices=tuple(RoadRange.Parity.labels),
    )
    first = SheetField(
        "起号",
        house_number,
        synonyms=("起始号", "起始门牌", "门牌起", "门牌起号", "起"),
        required=True,
        sample="1",
    )
    last = SheetField(
        "止号",
        house_number,
        synonyms=("终止号", "终止门牌", "门牌止", "门牌止号", "止"),
        required=True,
        sample="99",
    )

    @classmethod
    def records(cls, request: Request) -> Iterable[Mapping[str, Any]]:
        at = outline.place_asked(request)
        ranges = RoadRange.objects.visible_to(request.user)
        if at is not None:
            ranges = ranges.within(at)
        paths = request.user.scope_paths(cls.permission)
        ranges = ranges.filter(within_paths(paths, "grid__path"), until=None)
        found = RoadRangeFilter(request.GET, queryset=ranges).qs
        rows = found.filter(grid__closed_on=None).select_related("grid__parent")
        for one in rows.order_by("grid__code", "road", "first", "pk"):
            yield place_words(one.grid) | {
                "grid_code": one.grid.code,
                "road": one.road,
                "parity": one.get_parity_display(),
                "first": one.first,
                "last": one.last,
            }

    def identify(self, row: Row) -> str:
        """Two rows of a file are one record when they say the same of one grid."""
        values = row.values
        if not values.get("road") or not values.get("first"):
            return ""
        place = values.get("grid_code") or (
            f"{values.get('street') or ''}/{values.get('community') or ''}"
        )
        side = values.get("parity") or "all"
        return f"{place} {values['road']} {side} {values['first']}"

    def prepare(self) -> None:
        super().prepare()
        lock_district(self.district.pk)
        held = RoadRange.objects.filter(grid__district=self.district)
        self._roads: dict[str, dict[int | None, Range]] = defaultdict(dict)
        for one in ranges_of(held):
            self._roads[one.road][one.key] = one
        self._fresh = 0  # keys of ranges that this file adds: below zero

    def place(self, row: Row) -> None:
        """Find the grid by its code, else by its names; a row must name one."""
        values = row.values
        if code := values.get("grid_code"):
            found = self.places.by_code(code)
            if found is None:
                message = f"网格树中没有编码“{code}”，请核对。"
                row.reject("grid_unknown", message, at="grid_code")
            elif not self.may_touch(found.path):
                row.reject("outside_scope", f"“{found.name}”{OUTSIDE}", at="grid_code")
            else:
                row.grid = found
                values["grid"] = found.division_code or found.code
        elif values.get("street") or values.get("community"):
            super().place(row)
        else:
            row.reject(
                "grid_missing", "没有写明所属街道、社区或网格编码。", at="community"
            )

    def check(self, rows: list[Row]) -> None:
        fitting = []
        for row in rows:
            self.place(row)
            if self._has_sound_ends(row) and row.grid:
                fitting.append((row, self._range_of(row)))
        for row, one in fitting:
            self._match(row, one)
            if row.action != SAME:
                key = one.key if row.target is None else row.target
                self._roads[one.road][key] = one
        for row, one in fitting:
            self._require_free(row, one)

    def _has_sound_ends(self, row: Row) -> bool:
        values = row.values
        values["parity"] = values.get("parity") or RoadRange.Parity.ALL.value
        if row.is_rejected:
            return False
        fault = end_fault(values["parity"], values["first"], values["last"])
        if fault:
            row.reject("range_invalid", fault, at="last")
        return not fault

    def _range_of(self, row: Row) -> Range:
        self._fresh -= 1
        values = row.values
        return Range(
            self._fresh,
            values["road"],
            values["parity"],
            values["first"],
            values["last"],
            row.grid.pk,
            row.grid.path,
        )

    def _match(self, row: Row, one: Range) -> None:
        """Find the range of the same grid and side that the row changes, if any."""
        alike = [
            other
            for other in self._roads[one.road].values()
            if (other.grid, other.parity) == (one.grid, one.parity)
            and other.key is not None
            and other.key > 0
            and other.meets(one)
        ]
        if len(alike) != 1:
            row.action = NEW
            return
        (old,) = alike
        row.target = old.key
        for name in ("first", "last"):
            before, after = getattr(old, name), getattr(one, name)
            if before != after:
                row.changes[name] = [before, after]
        row.action = CHANGED if row.changes else SAME

    def _require_free(self, row: Row, one: Range) -> None:
        own = {one.key, row.target}
        along = self._roads[one.road]
        others = [other for key, other in along.items() if key not in own]
        if met := clashes(one, others):
            row.reject("range_overlaps", self._words(met[0]), at="first")

    def _words(self, other: Range) -> str:
        grid = self.places.rows[other.grid]
        side = RoadRange.Parity(other.parity).label
        return (
            f"与{grid.name}的“{other.road} {other.first}-{other.last} {side}”重叠，"
            "请先修改其中一段。"
        )

    def apply(self, rows: list[Row]) -> Iterable[Any]:
        changed = [row for row in rows if row.action == CHANGED]
        stored = RoadRange.objects.select_for_update().in_bulk(
            [row.target for row in changed]
        )
        ended = {
            row.target
            for row in changed
            if stored[row.target].ends_with_trace(self.as_of)
        }
        RoadRange.objects.filter(pk__in=ended).update(until=self.as_of)
        begun = [row for row in rows if row.action == NEW or row.target in ended]
        made = RoadRange.objects.bulk_create(
            (
                RoadRange(
                    grid_id=row.grid.pk,
                    road=row.values["road"],
                    parity=row.values["parity"],
                    first=row.values["first"],
                    last=row.values["last"],
                    since=self.as_of,
                )
                for row in begun
            ),
            1000,
        )
        for row, one in zip(begun, made, strict=True):
            row.record = one.pk
            if row.action == CHANGED:
                row.before = {"ended": row.target}
        in_place = [row for row in changed if row.target not in ended]
        for row in in_place:
            row.record = row.target
            stored[row.target].first = row.values["first"]
            stored[row.target].last = row.values["last"]
        RoadRange.objects.bulk_update(
            [stored[row.target] for row in in_place], ["first", "last"], 1000
        )
        for row in (*begun, *in_place):
            yield [row.record, row.action, row.number]

    def obstacles(self, written: list[Written]) -> dict[int, str]:
        keys = [one.record for one in written]
        wrote = {
            one.record: {name: pair[1] for name, pair in one.changes.items()}
            | {"until": None}
            for one in written
        }
        found = referring(RoadRange, keys) | differing(RoadRange, wrote)
        touched = RoadRange.objects.filter(pk__in=keys, changed_at__isnull=False)
        for key in touched.values_list("pk", flat=True):
            found.setdefault(key, "后来又有修改")
        return found

    def take_back(self, written: list[Written]) -> None:
        """Remove the ranges that the list began; those that it ended go on."""
        in_place = [one for one in written if one.changes and not one.before]
        began = [one for one in written if one not in in_place]
        remove(RoadRange, [one.record for one in began])
        ended = [one.before["ended"] for one in began if one.before]
        RoadRange.objects.filter(pk__in=ended).update(until=None)
        put_back(
            RoadRange,
            {
                one.record: {name: pair[0] for name, pair in one.changes.items()}
                for one in in_place
            },
        )
