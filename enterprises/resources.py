"""The register of units (用人单位名册) as a workbook."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import FloatField, Max, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from enterprises.allocation import Confidence, Method
from enterprises.columns import columns, in_order, units_asked
from enterprises.grams import as_array, grams, grams_of_unit
from enterprises.industries import DIVISIONS, SECTIONS, check_industry
from enterprises.matching import Facts, match
from enterprises.models import (
    GIVEN_STATUSES,
    Enterprise,
    ImportedChange,
    Placement,
    StatusPeriod,
)
from enterprises.rules import (
    CodeError,
    check_old_registration_number,
    check_uscc,
    name_key,
)
from enterprises.services.finding import refresh_grams
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.copying import refresh_statistics, take_keys
from gridinspect.imports import cleaning
from gridinspect.imports.fields import SheetField
from gridinspect.imports.registry import register
from gridinspect.imports.resource import NEW, Row, Written, drop_masked, merge
from gridinspect.imports.staging import insert_rows, update_rows
from gridinspect.imports.traces import (
    differing,
    one_more,
    put_back,
    referring,
    remove,
)
from gridinspect.pinyin import initials
from gridinspect.secrets import blind_index, mask_phone
from grids import outline
from grids.models import Grid
from grids.resources import OUTSIDE, DistrictResource, place_words
from grids.services.figures import mark_all_dirty

STATUSES = {label: value for value, label in GIVEN_STATUSES} | {
    "正常": "open", "存续": "open", "在营": "open", "开业": "open", "在业": "open",
    "正常营业": "open", "歇业": "suspended", "停产": "suspended",
    "查无下落": "not_found",
}  # fmt: skip
KINDS = {label: value for value, label in Enterprise.UnitKind.choices} | {
    "有限责任公司": "company", "股份有限公司": "company", "公司": "company",
    "个体": "sole_trader", "个体户": "sole_trader",
    "民办非企业": "private_non_enterprise",
    "事业": "public_institution", "合作社": "cooperative", "国家机关": "state_organ",
}  # fmt: skip

# Field of the sheet → attribute of Enterprise.
STORED = {
    "name": "name",
    "uscc": "uscc",
    "old_registration_number": "registration_number",
    "unit_kind": "unit_kind",
    "industry": "industry",
    "registered_address": "registered_address",
    "address": "address",
    "founded": "founded_on",
    "headcount": "headcount",
    "legal_representative": "legal_representative",
    "contact": "contact_name",
    "phone": "contact_phone",
    "registrar": "registrar",
    "longitude": "longitude",
    "latitude": "latitude",
    "remark": "remark",
}
_READ = [  # degrees as the cells have them
    Cast(name, FloatField()) if name in ("longitude", "latitude") else name
    for name in STORED.values()
]
MAY_BE_NULL = frozenset(("headcount", "founded", "longitude", "latitude", "uscc"))
MAY_BE_BLANK = [n for n, field in enumerate(STORED) if field not in MAY_BE_NULL]
UNIT_KIND = list(STORED).index("unit_kind")


_FOUND_BY = frozenset(  # the fields behind what a unit is found by
    ("name", "legal_representative", "address", "uscc", "old_registration_number")
)

_LISTED, _SURE, _UNSURE = map(str, (Method.LIST, Confidence.MEDIUM, Confidence.LOW))
# What an import writes of a placement, in the order of `_placed`.
PLACED = (
    "enterprise_id",
    "district_id",
    "grid_id",
    "since",
    "method",
    "confidence",
    "reason",
    "placed_by_id",
)


_code_of_unit = cleaning.code_text("uscc_precision_lost", "统一社会信用代码")
_old_number = cleaning.code_text("registration_precision_lost", "注册号")


def credit_code(raw: Any, setting: cleaning.Setting) -> Any:
    """Return a credit code, or with a warning an old licence number (P15, P7)."""
    code = _code_of_unit(raw, setting)
    if code is None:
        return None
    code = code.removesuffix(".0") if code[:-2].isdigit() else code
    if code.isdigit() and len(code) in (13, 15):
        return cleaning.Warned(
            code,
            "old_registration_number",
            "这是旧的工商注册号，已存入原注册号；请补填18位统一社会信用代码。",
        )
    try:
        return check_uscc(code)
    except CodeError as fault:
        if fault.code == "uscc_check_digit" and code.endswith("000"):
            raise cleaning.Rejected(
                "uscc_precision_lost",
                "代码末三位为000且校验位不符，疑被Excel截断，请按证照以文本重填。",
            ) from None
        raise cleaning.Rejected(fault.code, fault.message) from None


def registration_number(raw: Any, setting: cleaning.Setting) -> Any:
    """Return an old registration number as it is written; odd ones with a warning."""
    number = _old_number(raw, setting)
    if number is None:
        return None
    if len(number) > 30:
        raise cleaning.Rejected("too_long", "注册号超过30位，请核对。")
    try:
        return check_old_registration_number(number)
    except CodeError as fault:
        return cleaning.Warned(number, fault.code, fault.message)


_INDUSTRY = re.compile(r"^([A-T]?\d{2,4}|[A-T])(?:\D.*)?$")
_WORDS = {
    re.sub(r"\W", "", name).removesuffix("业"): code
    for code, name in [*DIVISIONS.items(), *SECTIONS.items()]
} | {
    "批发零售": "F", "商贸": "F", "贸易": "F", "住宿餐饮": "H", "酒店": "H61",
    "宾馆": "H61", "快餐": "H62", "饮食": "H62", "交通运输": "G", "物流": "G",
    "运输": "G", "快递": "G60", "信息技术": "I", "软件": "I65", "互联网": "I64",
    "房地产": "K70", "物业": "K70", "物业管理": "K70", "租赁": "L71",
    "商务服务": "L72", "人力资源": "L72", "人力资源服务": "L72", "家政": "O80",
    "居民服务": "O80", "美容美发": "O80", "汽车维修": "O81", "汽修": "O81",
    "保洁": "O82", "保洁服务": "O82", "医疗": "Q84", "娱乐": "R90", "装饰": "E50",
    "装饰工程": "E50", "建筑工程": "E47", "服装": "C18", "服饰": "C18", "印刷": "C23",
    "采矿": "B", "农业": "A01", "工业": "C", "机械制造": "C34", "加工制造": "C",
}  # fmt: skip


def industry(raw: Any, setting: cleaning.Setting) -> Any:
    """Return a code of GB/T 4754 (C, C34, C3499), also from the name of an industry.

    Words and codes that the standard does not have are kept out with a warning.
    """
    text = cleaning.title(60)(raw, setting)
    if text is None:
        return None
    match = _INDUSTRY.match(text.upper())
    words = re.sub(r"\W", "", text).removesuffix("行业").removesuffix("业")
    code = match.group(1) if match else _WORDS.get(words) or _WORDS.get(f"{words}业")
    try:
        return check_industry(code or text)
    except ValueError:
        return cleaning.Warned(
            None,
            "industry_unknown",
            f"行业“{text}”不在GB/T 4754中，该项未导入，请填代码（如C34）或门类名称。",
        )


@register("enterprises")
class EnterpriseResource(DistrictResource):
    """Which units there are: identity, address, grid, contacts."""

    title = "用人单位名册"
    permission = Permission.ENTERPRISE_IMPORT
    key_field = "uscc"
    identifying = ("name", "uscc", "address")
    conflict_code = "uscc_conflict"
    can_be_undone = True
    has_records = True

    name = SheetField(
        "单位名称",
        cleaning.unit_name,
        synonyms=(
            "企业名称", "用人单位名称", "用人单位", "单位全称", "公司名称", "名称",
            "单位", "企业", "机构名称", "用工单位名称", "单位（企业）名称", "字号名称",
            "企业全称", "公司全称", "企业（单位）名称", "商户名称", "经营主体名称",
            "市场主体名称", "法人名称", "店铺名称", "企业单位名称", "公司",
            "用人单位全称", "企业名称全称", "单位名称全称", "name",
        ),
        required=True,
        help="与营业执照一致",
        sample="示例：郑州某某商贸有限公司",
    )  # fmt: skip
    uscc = SheetField(
        "统一社会信用代码",
        credit_code,
        synonyms=(
            "社会信用代码", "信用代码", "统一信用代码", "统一代码", "证照编号", "uscc",
            "社会统一信用代码", "统一社会信用代码/注册号", "统一社会信用代码证号",
            "营业执照号", "营业执照注册号", "执照号码",
        ),
        clause="GB 32100-2015",
        help="18位；该列已设为文本；没有可不填",
        sample="91410103MA0AAAA1X9",
        as_text=True,
    )  # fmt: skip
    old_registration_number = SheetField(
        "原注册号",
        registration_number,
        synonyms=("注册号", "工商注册号", "登记证号", "组织机构代码", "注册登记号"),
        clause="GS 15-2006",
        as_text=True,
    )
    unit_kind = SheetField(
        "单位类型",
        cleaning.choice(
            KINDS,
            "unit_kind_invalid",
            f"单位类型应为：{'、'.join(Enterprise.UnitKind.labels)}。",
        ),
        synonyms=("单位性质", "企业类型", "主体类型"),
        sample="企业",
        choices=tuple(Enterprise.UnitKind.labels),
        labels=dict(Enterprise.UnitKind.choices),
    )
    industry = SheetField(
        "行业",
        industry,
        synonyms=(
            "行业代码",
            "所属行业",
            "行业类别",
            "国民经济行业",
            "行业门类",
            "行业类型",
            "行业分类",
            "行业名称",
            "所属行业代码",
            "行业大类",
            "所在行业",
            "国民经济行业代码",
            "国民经济行业分类",
        ),
        clause="GB/T 4754-2017",
        help="行业代码，如C34",
        sample="F51",
        as_text=True,
    )
    address = SheetField(
        "经营地址",
        cleaning.title(200),
        synonyms=(
            "地址", "单位地址", "实际经营地址", "用工地址", "经营（用工）地址",
            "详细地址",
            "生产经营地址", "办公地址", "经营场所", "所在地址", "企业地址", "住址",
            "生产经营地", "经营地", "单位详细地址", "通讯地址", "公司地址", "实际地址",
            "生产经营场所", "用人单位地址", "单位住所", "单位所在地", "联系地址",
            "address",
        ),
        help="实际经营或用工的地址",
        sample="郑州市二七区大学路24号",
    )  # fmt: skip
    registered_address = SheetField(
        "注册地址",
        cleaning.title(200),
        synonyms=("住所", "登记地址", "注册住所", "登记住所", "注册地"),
    )
    street = SheetField(
        "所属街道",
        cleaning.title(60),
        synonyms=(
            "街道", "街道（乡镇）", "街道办事处", "街道办", "所在街道", "乡镇",
            "乡镇街道", "街道乡镇", "街道/乡镇", "乡镇（街道）", "镇街", "镇办",
            "办事处", "街道名称", "所属街道办事处", "所属街道办", "所属办事处",
            "所属乡镇", "所属街道/乡镇", "所属镇街", "街镇", "所属街镇", "街道（镇）",
            "街道/镇", "镇（街道）", "乡（镇）街道", "所属镇办", "乡镇办",
        ),
        help="网格树中的街道名称",
        sample="大学路街道",
    )  # fmt: skip
    community = SheetField(
        "所属社区",
        cleaning.title(60),
        synonyms=(
            "社区", "所在社区", "社区（村）", "村社区", "社区/村", "村（社区）", "村居",
            "社区名称", "所属社区（村）", "所属网格", "网格", "居委会",
            "所属社区/村", "社区居委会", "所在网格", "村（居）", "村/社区",
            "所属村（社区）", "网格名称", "所属居委会", "所在社区（村）",
            "居（村）委会",
            "所属村居", "责任网格",
        ),
        help="网格树中的社区名称",
        sample="金桥社区",
    )  # fmt: skip
    headcount = SheetField(
        "从业人数",
        cleaning.headcount,
        synonyms=(
            "职工人数", "员工人数", "人数", "从业人员", "从业人员数", "用工人数",
            "在职人数", "职工总数", "员工数", "职工数", "从业人员总数", "用工总数",
            "人员数量", "员工总数", "从业人员人数", "从业人员数量", "职工数量",
            "员工数量", "用工人员数", "在岗人数", "现有人数", "用工数", "从业数",
            "在岗职工人数", "在职员工数", "在职职工人数", "总人数", "职工总人数",
        ),
        help="整数",
        sample="35",
    )  # fmt: skip
    founded = SheetField(
        "成立日期",
        cleaning.past_day,
        synonyms=(
            "成立时间", "注册日期", "注册时间", "开业日期", "登记日期", "开业时间",
            "登记时间", "设立日期", "设立时间", "成立年月", "核准日期", "创办时间",
            "创立时间", "开办时间", "注册登记日期", "成立年月日", "founded",
        ),
        help="如2009-01-15",
        sample="2009-01-15",
    )  # fmt: skip
    legal_representative = SheetField(
        "法定代表人",
        cleaning.title(60),
        synonyms=(
            "法人", "法人代表", "负责人", "法定代表人（负责人）", "法定代表人姓名",
            "企业法人", "单位负责人", "经营者", "法定代表人或负责人", "负责人姓名",
            "主要负责人", "法人代表姓名", "法人姓名", "法定代表人/负责人", "企业负责人",
            "经营者姓名", "法人/负责人", "法人（负责人）", "法人代表（负责人）",
            "法人或负责人", "投资人", "业主", "主要负责人姓名",
        ),
        sample="李四",
    )  # fmt: skip
    contact = SheetField(
        "联系人",
        cleaning.title(60),
        synonyms=(
            "经办人",
            "劳资负责人",
            "联系人姓名",
            "企业联系人",
            "经办人姓名",
            "单位联系人",
            "劳资员",
            "劳资人员",
            "劳资专管员",
        ),
        sample="王五",
    )
    phone = SheetField(
        "联系电话",
        cleaning.phone,
        synonyms=(
            "电话", "手机", "联系方式", "联系人电话", "手机号", "单位电话", "手机号码",
            "电话号码", "联系人手机", "经办人电话", "联系人联系电话", "单位联系电话",
            "企业电话", "联系人手机号", "固定电话", "联系电话号码", "联系手机",
            "企业联系电话", "联系人联系方式", "办公电话", "座机",
        ),
        help="11位手机号或区号加座机",
        sample="13800000000",
        as_text=True,
        mask=mask_phone,
    )  # fmt: skip
    status = SheetField(
        "营业状态",
        cleaning.choice(
            STATUSES,
            "status_invalid",
            f"营业状态应为：{'、'.join(label for _, label in GIVEN_STATUSES)}。",
        ),
        synonyms=("经营状态", "登记状态", "企业状态", "状态", "经营状况", "单位状态"),
        sample="营业",
        choices=tuple(label for _, label in GIVEN_STATUSES),
        labels=dict(GIVEN_STATUSES),
    )
    registrar = SheetField("登记机关", cleaning.title(100), synonyms=("发证机关",))
    longitude = SheetField("经度", cleaning.decimal_degrees)
    latitude = SheetField("纬度", cleaning.decimal_degrees)
    remark = SheetField("备注", cleaning.text(500), synonyms=("备注说明",))

    @classmethod
    def records(cls, request: Request) -> Iterable[Mapping[str, Any]]:
        at = outline.place_asked(request)
        units, _ = units_asked(request.user, request.GET, at)
        offered = columns(timezone.localdate(), {})
        units = in_order(units, request.GET.get("sort", ""), offered)
        for unit in units.select_related("grid__parent").iterator(chunk_size=2_000):
            record: dict[str, Any] = {
                name: getattr(unit, attribute) for name, attribute in STORED.items()
            }
            record["unit_kind"] = unit.get_unit_kind_display()
            record["status"] = unit.get_status_display()
            record["phone"] = mask_phone(unit.contact_phone)
            yield record | place_words(unit.grid)

    def __init__(self, **given: Any):
        super().__init__(**given)
        self._first: dict[str, tuple[Any, bool]] = {}  # name's key → (place, has code)
        self._twins: set[Any] = set()  # places of rows whose name stood further up

    # ---- the file --------------------------------------------------------------------

    def note(self, row: Row) -> None:
        name = row.values.get("name")
        if name:
            place, code = (row.sheet, row.number), bool(row.values.get("uscc"))
            first = self._first.setdefault(name_key(name), (place, code))
            if first[0] != place:
                self._twins.add(place)

    def identify(self, row: Row) -> str:
        """A credit code is a unit; without one the same name at the same address is."""
        code = row.values.get("uscc")
        if code and len(code) == 18:
            return code
        name = row.values.get("name")
        if not name or any(i.field == "uscc" and not i.warns for i in row.issues):
            return ""
        return f"{code or ''} {name} {row.values.get('address') or ''}"

    # ---- the database ----------------------------------------------------------------

    def prepare(self) -> None:
        super().prepare()
        # Rows that this import itself adds must not look like earlier ones.
        self._last = Enterprise.objects.aggregate(last=Max("pk"))["last"] or 0
        self._is_first = not Enterprise.objects.filter(district=self.district).exists()
        self._searches = 0
        self._added = 0
        self._touched: dict[int, date] = {}
        self._paths = {row.pk: row.path for row in self.places.rows.values()}

    def check(self, rows: list[Row]) -> None:
        for row in rows:
            self._split_code(row)
            self.place(row)
        named = [row for row in rows if row.values.get("name")]
        known = Known()
        if not self._is_first:
            self._fetch(named, known)
            self._search(named, known)
        for row in named:
            self._compare(row, known)

    def _split_code(self, row: Row) -> None:
        """Move an old licence number out of the column of credit codes (P15)."""
        code = row.values.get("uscc")
        if code and len(code) != 18:
            row.values["uscc"] = None
            if not row.values.get("old_registration_number"):
                row.values["old_registration_number"] = code

    def _fetch(self, named: list[Row], known: "Known") -> None:
        """Fetch the units that rows may be: by code, the others by name."""
        codes = [row.values["uscc"] for row in named if row.values.get("uscc")]
        known.add(self._units(Q(uscc__any_of=codes)))
        by_code = known.by_code
        others = {
            name_key(row.values["name"])
            for row in named
            if row.values.get("uscc") not in by_code
        }
        decided = [self._decided(row) for row in named] if self.decisions else []
        keys = [pk for pk in decided if pk]
        if others or keys:
            known.add(self._units(Q(name_key__any_of=others) | Q(pk__in=keys)))

    def _units(self, wanted: Q) -> Iterable["Unit"]:
        units = Enterprise.objects.filter(
            wanted, district=self.district, merged_into=None
        )
        for pk, key, grid_id, status, *values in units.values_list(
            "pk", "name_key", "grid_id", "status", *_READ
        ):
            if pk > self._last:  # in the query it would draw the planner to other ways
                continue
            stored = [None if value == "" else value for value in values]
            yield Unit(pk, key, grid_id, status, dict(zip(STORED, stored, strict=True)))

    def _search(self, named: list[Row], known: "Known") -> None:
        """Look for units with a name like that of rows without a code (近似单位).

        That costs a search each, so it ends after SEARCHES rows of a file.
        """
        rows = [
            row
            for row in named
            if not row.values.get("uscc")
            and name_key(row.values["name"]) not in known.by_key
        ][: max(0, SEARCHES - self._searches)]
        if not rows:
            return
        self._searches += len(rows)
        found = alike_names(
            [row.values["name"] for row in rows], self.district.pk, self._last
        )
        units = {
            unit.pk: unit for unit in self._units(Q(pk__in={pk for _, pk in found}))
        }
        for place, pk in found:
            known.alike[rows[place].sheet, rows[place].number].append(units[pk])

    def _decided(self, row: Row) -> int | None:
        """Return the unit that a person said a row is."""
        decision = self.decision(row)
        return int(decision[5:]) if decision.startswith("same:") else None

    def _compare(self, row: Row, known: "Known") -> None:
        unit = None if self._is_first else self._known_as(row, known)
        if unit is None:
            row.action = NEW
            drop_masked(row, "phone")
            self._warn_of_twins(row)
            return
        code, row.target = row.values.get("uscc"), Target(unit.pk, unit.grid_id)
        if not self.may_touch(self._path_of(unit)):
            row.reject(
                "outside_scope", f"该单位{OUTSIDE}", at="uscc" if code else "name"
            )
            return
        name = row.values["name"]
        if (
            code
            and code == unit.uscc
            and name != unit.name
            and name_key(name) != unit.name_key
        ):
            row.warn(
                "name_changed",
                f"系统中该代码的单位名称是“{unit.name}”，导入后将改名，请核对。",
                at="name",
            )
        stored = self._stored(row, unit)
        industry, said = stored["industry"] or "", row.values.get("industry")
        if said and said != industry and industry.startswith(said):
            row.values["industry"] = None  # a rougher code tells nothing new
        merge(row, stored)

    def _known_as(self, row: Row, known: "Known") -> "Unit | None":
        """Return the unit that a row is; note those that it may be."""
        code = row.values.get("uscc")
        if code and code in known.by_code:
            return known.by_code[code]
        key = name_key(row.values["name"])
        unit = self._by_name(row, key, known)
        if unit is None:
            self._find_alike(row, key, known)
            unit = self._as_decided(row, known)
        return unit

    def _path_of(self, unit: "Unit") -> str:
        if unit.grid_id not in self._paths:  # a closed grid
            self._paths[unit.grid_id] = Grid.objects.get(pk=unit.grid_id).path
        return self._paths[unit.grid_id]

    def _by_name(self, row: Row, key: str, known: "Known") -> "Unit | None":
        """Return the one unit of this exact name that can be no other.

        Never one with another code; with two addresses they are two units. Of several
        the one that this row would have made goes before the others.
        """
        code, address = row.values.get("uscc"), row.values.get("address")
        found = [
            unit
            for unit in known.by_key.get(key, ())
            if unit.name == row.values["name"]
            and not (code and unit.uscc)
            and (not address or not unit.address or address == unit.address)
        ]
        if len(found) > 1:
            found = [
                unit for unit in found if unit.address == address and not unit.uscc
            ]
        if len(found) != 1:
            return None
        if found[0].uscc and not code:
            row.warn(
                "matched_by_name",
                f"没有信用代码，按名称对应到已有单位（{found[0].uscc}），请核对。",
                at="name",
            )
        return found[0]

    def _find_alike(self, row: Row, key: str, known: "Known") -> None:
        """Note the units of the importer's own area that the row may be."""
        place = (row.sheet, row.number)
        units = [*known.by_key.get(key, ()), *known.alike.get(place, ())]
        if not units:
            return
        facts = _facts(row.values)
        signature = f"{key}|{facts.uscc}|{facts.address}"[:300]
        decided = bool(self.decision(row))
        for unit in units:
            alike = match(facts, _facts(unit.values))
            if alike is None or not self.may_touch(self._path_of(unit)):
                continue
            if decided or (signature, unit.pk) not in self.distinct:
                grid = self.places.rows.get(unit.grid_id)
                where = grid.name if grid else ""
                row.candidates.append(
                    {
                        "key": unit.pk,
                        "name": unit.name,
                        "about": [unit.uscc or "无信用代码", where],
                        "score": alike.score,
                        "parts": [list(part) for part in alike.parts],
                        "signature": signature,
                    }
                )
        row.candidates.sort(key=lambda one: (-one["score"], one["key"]))

    def _as_decided(self, row: Row, known: "Known") -> "Unit | None":
        """Return the unit that a person said it is; two codes are never one unit."""
        unit = known.by_pk.get(self._decided(row) or 0)
        code = row.values.get("uscc")
        if unit is None or (code and unit.uscc and code != unit.uscc):
            return None
        row.warn("decided_same", f"按您的选择更新已有单位“{unit.name}”。", at="name")
        return unit

    def _warn_of_twins(self, row: Row) -> None:
        """Say that a new unit may be an earlier one when a code is missing (P16)."""
        decision = self.decision(row)
        if decision == "skip":
            row.skip()
        if decision:
            return
        if row.candidates:
            row.warn(
                "possible_duplicate",
                f"可能与已有单位“{row.candidates[0]['name']}”重复"
                f"（相近{row.candidates[0]['score']}%），请在“近似单位”中选择。",
                at="name",
            )
        elif (row.sheet, row.number) in self._twins:
            place, has_code = self._first[name_key(row.values["name"])]
            if has_code and row.values.get("uscc"):
                return
            where = f"“{place[0]}”第{place[1]}行" if place[0] else f"第{place[1]}行"
            row.warn(
                "possible_duplicate",
                f"与{where}名称相近，可能重复，请核对。",
                at="name",
            )

    def _stored(self, row: Row, unit: "Unit") -> dict[str, Any]:
        stored = {**unit.values, "status": unit.status}
        place = self.places.rows.get(unit.grid_id)
        own = place and (place.division_code or place.code)
        if row.grid and (row.values.get("street") or row.values.get("community")):
            stored["grid"] = own
        elif own:
            row.values["grid"] = own  # it stays where it is
        return stored

    def compared_with(self) -> Sequence[QuerySet[Any]]:
        return (
            Enterprise.objects.filter(district=self.district),
            Grid.objects.filter(district=self.district),
        )

    def decided(self, row: Row) -> Any:
        return [row.grid.pk, row.target]

    def recall(self, row: Row, decided: Any) -> None:
        grid, target = decided
        row.grid = self.places.rows[grid]
        row.target = Target(*target) if target else None

    # ---- writing ---------------------------------------------------------------------

    def apply(self, rows: list[Row]) -> Iterable[Any]:
        yield from self._add([row for row in rows if row.action == NEW])
        yield from self._change([row for row in rows if row.action != NEW])

    def _add(self, rows: list[Row]) -> Iterable[Any]:
        keys = take_keys(Enterprise._meta.db_table, len(rows))
        self._added += len(keys)
        pairs = list(zip(keys, rows, strict=True))
        insert_rows(
            Enterprise,
            [
                "id", "district_id", "grid_id", "name_key", "pinyin", "grams", "status",
                "source", "known_since", "recorded_by_id", "contact_phone_index",
                *STORED.values(),
            ],
            ((key, *self._new_values(row)) for key, row in pairs),
        )  # fmt: skip
        insert_rows(
            Placement,
            PLACED,
            ((k, *self._placed(r, self._known_since(r))) for k, r in pairs),
        )
        insert_rows(
            StatusPeriod,
            ["enterprise_id", "status", "since"],
            (
                (k, r.values.get("status") or "open", self._known_since(r))
                for k, r in pairs
            ),
        )
        for key, row in pairs:
            row.record = key
            self._touch(row.grid.pk, self._known_since(row))
            yield [key, "new", row.number]

    def _known_since(self, row: Row) -> date:
        return self.as_of

    def _new_values(self, row: Row) -> list[Any]:
        values = row.values
        name = values["name"]
        own = [values.get(field) for field in STORED]
        for place in MAY_BE_BLANK:
            if own[place] is None:
                own[place] = ""
        own[UNIT_KIND] = own[UNIT_KIND] or self._kind_of(values.get("uscc"))
        return [
            self.district.pk,
            row.grid.pk,
            name_key(name)[:200],
            (letters := initials(name)[:200]),
            as_array(
                grams(
                    (name, values.get("legal_representative")),
                    (
                        values.get("address"),
                        letters,
                        values.get("uscc"),
                        values.get("old_registration_number"),
                    ),
                    self.district.pk,
                )
            ),
            values.get("status") or Enterprise.Status.OPEN.value,
            Enterprise.Source.IMPORT.value,
            self.as_of,
            self.by.pk,
            blind_index(values.get("phone") or "", purpose="enterprise.phone"),
            *own,
        ]

    @staticmethod
    def _kind_of(code: str | None) -> str:
        """Return the kind that the first two characters say (domain.md 2.11)."""
        kinds = {
            "92": "sole_trader", "93": "cooperative", "52": "private_non_enterprise",
            "51": "social_group", "11": "state_organ", "12": "public_institution",
        }  # fmt: skip
        return kinds.get((code or "")[:2], Enterprise.UnitKind.COMPANY.value)

    def _change(self, rows: list[Row]) -> Iterable[Any]:
        if not rows:
            return
        names = [*STORED.values(), "status"]
        update_rows(
            Enterprise,
            [*names, "name_key", "pinyin", "contact_phone_index", "grid_id"],
            (self._changed_values(row) for row in rows),
        )
        refresh_grams([row.target.pk for row in rows if _FOUND_BY & set(row.changes)])
        self._move([row for row in rows if "grid" in row.changes])
        self._set_status([row for row in rows if "status" in row.changes])
        self._note_changes(rows)
        for row in rows:
            row.record = row.target.pk
            self._touch(row.target.grid_id, self.as_of)
            yield [row.target.pk, "changed", row.number, sorted(row.changes)]

    def _note_changes(self, rows: list[Row]) -> None:
        """Keep old and new of each field for 变更记录; the event has only the names."""
        if self.batch is None:
            return
        insert_rows(
            ImportedChange,
            ["enterprise_id", "batch_id", "changes"],
            [
                (
                    row.target.pk,
                    self.batch.pk,
                    json.dumps(self._told(row.changes), ensure_ascii=False),
                )
                for row in rows
            ],
        )

    @classmethod
    def _told(cls, changes: dict[str, Any]) -> dict[str, list[str]]:
        """Put old and new into words, numbers masked, as the preview shows them."""
        columns = cls.columns()
        return {
            name: [_told(columns.get(name), value) for value in pair]
            for name, pair in changes.items()
        }

    def _changed_values(self, row: Row) -> list[Any]:
        changed = {name: row.values[name] for name in row.changes if name != "grid"}
        phone, name = changed.get("phone"), changed.get("name")
        return [
            row.target.pk,
            *(changed.get(field) for field in STORED),
            changed.get("status"),
            name_key(name)[:200] if name else None,
            initials(name)[:200] if name else None,
            blind_index(phone, purpose="enterprise.phone") if phone else None,
            row.grid.pk if "grid" in row.changes else None,
        ]

    def _move(self, rows: list[Row]) -> None:
        units = [row.target.pk for row in rows]
        open_now = Placement.objects.filter(enterprise_id__in=units, until=None)
        held = {
            unit: [grid, since]
            for unit, grid, since in open_now.values_list(
                "enterprise_id", "grid_id", "since"
            )
        }
        for row in rows:
            row.before["placement"] = [
                *held.get(row.target.pk, [None, None]),
                row.grid.pk,
            ]
        open_now.filter(since__gte=self.as_of).delete()
        open_now.update(until=self.as_of)
        insert_rows(
            Placement,
            PLACED,
            [(r.target.pk, *self._placed(r, self.as_of)) for r in rows],
        )
        for row in rows:
            self._touch(row.grid.pk, self.as_of)

    def _placed(self, row: Row, since: date) -> tuple[Any, ...]:
        """Return a placement on the word of the list, or for want of one."""
        said = "".join(str(row.values.get(name) or "") for name in self.place_fields)
        sure = _SURE if said else _UNSURE
        reason = f"名册写明“{said}”" if said else "名册没有写明网格"
        return (
            self.district.pk,
            row.grid.pk,
            since,
            _LISTED,
            sure,
            reason,
            self.by.pk,
        )

    def _set_status(self, rows: list[Row]) -> None:
        units = [row.target.pk for row in rows]
        open_now = StatusPeriod.objects.filter(enterprise_id__in=units, until=None)
        held = {
            unit: [since, reason]
            for unit, since, reason in open_now.values_list(
                "enterprise_id", "since", "reason"
            )
        }
        for row in rows:
            row.before["status"] = held.get(row.target.pk)
        open_now.filter(since__gte=self.as_of).delete()
        open_now.update(until=self.as_of)
        insert_rows(
            StatusPeriod,
            ["enterprise_id", "status", "since"],
            [(r.target.pk, r.values["status"], self.as_of) for r in rows],
        )

    # ---- undoing ---------------------------------------------------------------------

    def obstacles(self, written: list[Written]) -> dict[int, str]:
        """A unit that somebody has surveyed, filed about, moved or edited stays."""
        added = [one.record for one in written if one.action == NEW]
        changed = [one for one in written if one.action != NEW]
        found = referring(Enterprise, added, besides=(Placement, StatusPeriod))
        found |= one_more(Placement, "enterprise_id", added, "的所属网格后来有变动")
        found |= one_more(StatusPeriod, "enterprise_id", added, "的状态后来有变动")
        edited = Enterprise.objects.filter(pk__in=added, edition__gt=1)
        found |= dict.fromkeys(edited.values_list("pk", flat=True), "的档案后来有修改")
        found |= differing(
            Enterprise,
            {one.record: _by_attribute(one, 1) for one in changed if one.changes},
        )
        for model, key in ((Placement, "placement"), (StatusPeriod, "status")):
            moved = [one.record for one in changed if key in one.before]
            still = model.objects.filter(
                enterprise_id__in=moved, since=self.as_of, until=None
            )
            gone = set(moved) - set(still.values_list("enterprise_id", flat=True))
            found |= dict.fromkeys(gone, "的网格或状态后来又有变动")
        return found

    def take_back(self, written: list[Written]) -> None:
        self._added, self._touched = 0, {}
        added = [one.record for one in written if one.action == NEW]
        changed = [one for one in written if one.action != NEW]
        units = Enterprise.objects.filter(pk__in=[one.record for one in written])
        for grid in units.values_list("grid_id", flat=True).distinct():
            self._touch(grid, self.as_of)
        self._move_back([one for one in changed if "placement" in one.before])
        self._status_back([one for one in changed if "status" in one.before])
        put_back(
            Enterprise,
            {one.record: _by_attribute(one, 0) for one in changed},
            _follow_up,
        )
        for model in (Placement, StatusPeriod):
            remove(model, added, "enterprise_id")
        remove(Enterprise, added)
        self.finish()

    def _move_back(self, moved: list[Written]) -> None:
        for one in moved:
            grid, since, new = one.before["placement"]
            placements = Placement.objects.filter(enterprise_id=one.record)
            placements.filter(grid_id=new, since=self.as_of, until=None).delete()
            if not placements.filter(grid_id=grid, until=self.as_of).update(until=None):
                placements.create(
                    enterprise_id=one.record,
                    district=self.district,
                    grid_id=grid,
                    since=since,
                )
            self._touch(grid, self.as_of)

    def _status_back(self, changed: list[Written]) -> None:
        for one in changed:
            old, new = one.changes["status"]
            since, reason = one.before["status"]
            periods = StatusPeriod.objects.filter(enterprise_id=one.record)
            periods.filter(status=new, since=self.as_of, until=None).delete()
            if not periods.filter(status=old, until=self.as_of).update(until=None):
                periods.create(
                    enterprise_id=one.record, status=old, since=since, reason=reason
                )

    def _touch(self, grid: int, since: date) -> None:
        self._touched[grid] = min(self._touched.get(grid, since), since)

    def finish(self) -> None:
        """Ask for the figures of the grids that gained, lost or changed a unit."""
        if self._added > MANY:
            columns = ("district_id", "grid_id", "uscc", "name_key")
            refresh_statistics(Enterprise._meta.db_table, columns)
        by_day: dict[date, set[int]] = defaultdict(set)
        for grid, since in self._touched.items():
            by_day[since].add(grid)
        for since, grids in by_day.items():
            mark_all_dirty(grids, since)


class Target(NamedTuple):
    """The unit that a row changes, and the grid where it is."""

    pk: int
    grid_id: int


class Unit(NamedTuple):
    """What is stored of a unit, as far as rows are compared with it."""

    pk: int
    name_key: str
    grid_id: int
    status: str
    values: dict[str, Any]  # by field of the sheet, None where it is empty

    @property
    def name(self) -> str:
        return self.values["name"]

    @property
    def uscc(self) -> str | None:
        return self.values["uscc"]

    @property
    def address(self) -> str | None:
        return self.values["address"]


def _by_attribute(one: Written, which: int) -> dict[str, Any]:
    """Return the values before (0) or after (1) a change by the unit's attributes."""
    values = {
        STORED.get(name, name): pair[which]
        for name, pair in one.changes.items()
        if name != "grid"
    }
    if "placement" in one.before:
        values["grid_id"] = one.before["placement"][2 if which else 0]
    return values


def _follow_up(unit: Enterprise) -> Iterable[str]:
    """Set what follows from a unit's name and telephone."""
    unit.name_key = name_key(unit.name)[:200]
    unit.pinyin = initials(unit.name)[:200]
    unit.set_contact_phone(unit.contact_phone)
    unit.grams = grams_of_unit(unit)
    return ("name_key", "pinyin", "grams", "contact_phone_index")


MANY = 5_000  # units added, from which the planner has to know of them
SEARCHES = 300  # rows of one file for which names alike are searched


def alike_names(names: list[str], district: int, last: int) -> list[tuple[int, int]]:
    """Return (place in `names`, key of a unit) where two names are alike."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked.place - 1, unit.id"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS asked(name, place)"
            " JOIN LATERAL (SELECT id FROM enterprises_enterprise"
            " WHERE district_id = %s AND id <= %s AND name %% asked.name"
            " ORDER BY similarity(name, asked.name) DESC, id LIMIT 3) unit ON true",
            [names, district, last],
        )
        return cursor.fetchall()


def _facts(values: Mapping[str, Any]) -> Facts:
    return Facts(
        name=values.get("name") or "",
        uscc=values.get("uscc") or "",
        address=values.get("address") or "",
        person=values.get("legal_representative") or "",
        phone=values.get("phone") or "",
    )


class Known:
    """The units of the base that the rows of a lot may mean."""

    def __init__(self) -> None:
        self.by_code: dict[str, Unit] = {}
        self.by_key: dict[str, list[Unit]] = defaultdict(list)
        self.by_pk: dict[int, Unit] = {}
        self.alike: dict[Any, list[Unit]] = defaultdict(list)  # row → found by search

    def add(self, units: Iterable[Unit]) -> None:
        """Take units in, each once."""
        for unit in units:
            if unit.pk not in self.by_pk:
                self.by_pk[unit.pk] = unit
                self.by_key[unit.name_key].append(unit)
                if unit.uscc:
                    self.by_code[unit.uscc] = unit


def _told(column: SheetField | None, value: Any) -> str:
    """Return a value as 变更记录 shows it: in words, personal numbers masked."""
    if value in (None, ""):
        return ""
    if column is None:
        return str(value)
    return str(column.mask(value) if column.mask else column.label(value))
