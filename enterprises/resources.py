"""The register of units (用人单位名册) as a workbook."""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Max

from enterprises.industries import DIVISIONS, SECTIONS, check_industry
from enterprises.models import Enterprise, Placement, StatusPeriod
from enterprises.rules import (
    CodeError,
    check_old_registration_number,
    check_uscc,
    name_key,
)
from gridinspect.accounts.roles import Permission
from gridinspect.copying import take_keys
from gridinspect.imports import cleaning
from gridinspect.imports.fields import SheetField
from gridinspect.imports.registry import register
from gridinspect.imports.resource import NEW, Row, merge
from gridinspect.imports.staging import insert_rows, update_rows
from gridinspect.secrets import blind_index, mask_phone
from grids.models import Grid
from grids.resources import OUTSIDE, DistrictResource
from grids.services.figures import mark_all_dirty
from grids.services.tree import initials

STATUSES = {label: value for value, label in Enterprise.Status.choices} | {
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
NUMBERS = frozenset(("headcount", "founded", "longitude", "latitude", "uscc"))


def credit_code(raw: Any, setting: cleaning.Setting) -> Any:
    """Return a credit code, or with a warning an old licence number (P15, P7)."""
    code = cleaning.code_text("uscc_precision_lost", "统一社会信用代码")(raw, setting)
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
    number = cleaning.code_text("registration_precision_lost", "注册号")(raw, setting)
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
            f"营业状态应为：{'、'.join(Enterprise.Status.labels)}。",
        ),
        synonyms=("经营状态", "登记状态", "企业状态", "状态", "经营状况", "单位状态"),
        sample="营业",
        choices=tuple(Enterprise.Status.labels),
        labels=dict(Enterprise.Status.choices),
    )
    registrar = SheetField("登记机关", cleaning.title(100), synonyms=("发证机关",))
    longitude = SheetField("经度", cleaning.decimal_degrees)
    latitude = SheetField("纬度", cleaning.decimal_degrees)
    remark = SheetField("备注", cleaning.text(500), synonyms=("备注说明",))

    def __init__(self, **given: Any):
        super().__init__(**given)
        self._first: dict[str, tuple[Any, bool]] = {}  # name's key → (place, has code)

    # ---- the file --------------------------------------------------------------------

    def note(self, row: Row) -> None:
        name = row.values.get("name")
        if name:
            code = bool(row.values.get("uscc"))
            self._first.setdefault(name_key(name), ((row.sheet, row.number), code))

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
        self._touched: dict[int, date] = {}
        self._paths = {row.pk: row.path for row in self.places.rows.values()}

    def check(self, rows: list[Row]) -> None:
        for row in rows:
            self._split_code(row)
            self.place(row)
        named = [row for row in rows if row.values.get("name")]
        known = self._fetch(named)
        for row in named:
            self._compare(row, known)

    def _split_code(self, row: Row) -> None:
        """Move an old licence number out of the column of credit codes (P15)."""
        code = row.values.get("uscc")
        if code and len(code) != 18:
            row.values["uscc"] = None
            if not row.values.get("old_registration_number"):
                row.values["old_registration_number"] = code

    def _fetch(self, rows: list[Row]) -> "Known":
        units = Enterprise.objects.filter(district=self.district, pk__lte=self._last)
        codes = {r.values["uscc"] for r in rows if r.values.get("uscc")}
        keys = {name_key(row.values["name"]) for row in rows}
        return Known(
            by_code={unit.uscc or "": unit for unit in units.filter(uscc__in=codes)},
            by_key=list(units.filter(name_key__in=keys)),
        )

    def _compare(self, row: Row, known: "Known") -> None:
        code, name = row.values.get("uscc"), row.values["name"]
        unit = known.by_code.get(code) if code else None
        if unit is None:
            unit = self._by_name(row, known)
        if unit is None:
            row.action = NEW
            self._warn_of_twins(row, known)
            return
        row.target = unit
        if not self.may_touch(self._path_of(unit)):
            row.reject(
                "outside_scope", f"该单位{OUTSIDE}", at="uscc" if code else "name"
            )
            return
        if code and unit.uscc == code and name_key(unit.name) != name_key(name):
            row.warn(
                "name_changed",
                f"系统中该代码的单位名称是“{unit.name}”，导入后将改名，请核对。",
                at="name",
            )
        merge(row, self._stored(row, unit))

    def _path_of(self, unit: Enterprise) -> str:
        if unit.grid_id not in self._paths:  # a closed grid
            self._paths[unit.grid_id] = Grid.objects.get(pk=unit.grid_id).path
        return self._paths[unit.grid_id]

    def _by_name(self, row: Row, known: "Known") -> Enterprise | None:
        """Return the one unit of this exact name that can be no other.

        Never one with another code; with two addresses they are two units. Of several
        the one that this row would have made goes before the others.
        """
        code, address = row.values.get("uscc"), row.values.get("address")
        found = [
            unit
            for unit in known.of_name(row.values["name"])
            if not (code and unit.uscc)
            and (not address or not unit.address or address == unit.address)
        ]
        if len(found) > 1:
            found = [
                unit
                for unit in found
                if unit.address == (address or "") and not unit.uscc
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

    def _warn_of_twins(self, row: Row, known: "Known") -> None:
        """Say that a new unit may be an earlier one when a code is missing (P16)."""
        has_code = bool(row.values.get("uscc"))
        key = name_key(row.values["name"])
        place, first_has_code = self._first[key]
        alike = known.by_key.get(key, [])
        if alike and not has_code:
            row.warn(
                "possible_duplicate",
                f"可能与已有单位“{alike[0].name}”重复，请核对。",
                at="name",
            )
        elif place != (row.sheet, row.number) and not (has_code and first_has_code):
            where = f"“{place[0]}”第{place[1]}行" if place[0] else f"第{place[1]}行"
            row.warn(
                "possible_duplicate",
                f"与{where}名称相近，可能重复，请核对。",
                at="name",
            )

    def _stored(self, row: Row, unit: Enterprise) -> dict[str, Any]:
        stored: dict[str, Any] = {}
        for name, attribute in STORED.items():
            value = getattr(unit, attribute)
            stored[name] = float(value) if name.endswith("itude") and value else value
            if stored[name] == "":
                stored[name] = None
        stored["status"] = unit.status
        if row.grid and (row.values.get("street") or row.values.get("community")):
            place = self.places.rows.get(unit.grid_id)
            stored["grid"] = place and (place.division_code or place.code)
        return stored

    # ---- writing ---------------------------------------------------------------------

    def apply(self, rows: list[Row]) -> Iterable[Any]:
        yield from self._add([row for row in rows if row.action == NEW])
        yield from self._change([row for row in rows if row.action != NEW])

    def _add(self, rows: list[Row]) -> Iterable[Any]:
        keys = take_keys(Enterprise._meta.db_table, len(rows))
        pairs = list(zip(keys, rows, strict=True))
        insert_rows(
            Enterprise,
            [
                "id", "district_id", "grid_id", "name_key", "pinyin", "status",
                "source", "known_since", "recorded_by_id", "contact_phone_index",
                *STORED.values(),
            ],
            ((key, *self._new_values(row)) for key, row in pairs),
        )  # fmt: skip
        insert_rows(
            Placement,
            ["enterprise_id", "district_id", "grid_id", "since"],
            ((k, self.district.pk, r.grid.pk, self._known_since(r)) for k, r in pairs),
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
            self._touch(row.grid.pk, self._known_since(row))
            yield [key, "new", row.number]

    def _known_since(self, row: Row) -> date:
        return self.as_of

    def _new_values(self, row: Row) -> list[Any]:
        values = row.values
        name = values["name"]
        own = []
        for field in STORED:
            value = values.get(field)
            if field == "unit_kind" and not value:
                value = self._kind_of(values.get("uscc"))
            own.append("" if value is None and field not in NUMBERS else value)
        return [
            self.district.pk,
            row.grid.pk,
            name_key(name)[:200],
            initials(name)[:200],
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
        names = [*STORED.values(), "status"]
        update_rows(
            Enterprise,
            [*names, "name_key", "pinyin", "contact_phone_index", "grid_id"],
            (self._changed_values(row) for row in rows),
        )
        self._move([row for row in rows if "grid" in row.changes])
        self._set_status([row for row in rows if "status" in row.changes])
        for row in rows:
            self._touch(row.target.grid_id, self.as_of)
            yield [row.target.pk, "changed", row.number, sorted(row.changes)]

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
        open_now.filter(since__gte=self.as_of).delete()
        open_now.update(until=self.as_of)
        insert_rows(
            Placement,
            ["enterprise_id", "district_id", "grid_id", "since"],
            [(r.target.pk, self.district.pk, r.grid.pk, self.as_of) for r in rows],
        )
        for row in rows:
            self._touch(row.grid.pk, self.as_of)

    def _set_status(self, rows: list[Row]) -> None:
        units = [row.target.pk for row in rows]
        open_now = StatusPeriod.objects.filter(enterprise_id__in=units, until=None)
        open_now.filter(since__gte=self.as_of).delete()
        open_now.update(until=self.as_of)
        insert_rows(
            StatusPeriod,
            ["enterprise_id", "status", "since"],
            [(r.target.pk, r.values["status"], self.as_of) for r in rows],
        )

    def _touch(self, grid: int, since: date) -> None:
        self._touched[grid] = min(self._touched.get(grid, since), since)

    def finish(self) -> None:
        """Ask for the figures of the grids that gained, lost or changed a unit."""
        by_day: dict[date, set[int]] = defaultdict(set)
        for grid, since in self._touched.items():
            by_day[since].add(grid)
        for since, grids in by_day.items():
            mark_all_dirty(grids, since)


class Known:
    """The units of the base that the rows of a lot may mean."""

    def __init__(self, by_code: dict[str, Enterprise], by_key: list[Enterprise]):
        self.by_code = by_code
        self.by_key: dict[str, list[Enterprise]] = defaultdict(list)
        for unit in by_key:
            self.by_key[unit.name_key].append(unit)

    def of_name(self, name: str) -> list[Enterprise]:
        """Return the units that are called exactly so."""
        return [u for u in self.by_key.get(name_key(name), []) if u.name == name]
