"""The roster of workers (职工名册) as a workbook."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q

from enterprises.models import Enterprise
from enterprises.resources import credit_code
from enterprises.workforce.known import Known, KnownUnit, KnownWorker
from enterprises.workforce.limits import FilingLaw
from enterprises.workforce.models import Contract, Worker
from enterprises.workforce.models.workers import id_index
from enterprises.workforce.rules import (
    age_finding,
    insurances_in_words,
    parse_term,
)
from enterprises.workforce.sheet_words import (
    CATEGORIES,
    CHANGE_WORDS,
    CHANGES,
    CONTRACTS,
    ENDINGS,
    FORMS,
    HOUSEHOLDS,
    LAW_ROSTER,
    RENEWED,
    identity_number,
    insured,
    money,
    pick,
    yes_or_no,
)
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.copying import take_keys
from gridinspect.imports import cleaning
from gridinspect.imports.fields import SheetField, is_masked
from gridinspect.imports.registry import register
from gridinspect.imports.resource import NEW, Row, Written, drop_masked, merge
from gridinspect.imports.staging import insert_rows, update_rows
from gridinspect.imports.traces import differing, put_back, referring, remove
from gridinspect.scope import within_paths
from gridinspect.secrets import mask_id, mask_phone
from grids import outline
from grids.resources import OUTSIDE, DistrictResource

# Field of the sheet → attribute of Worker, of what is compared and written.
STORED = {
    "name": "name",
    "gender": "gender",
    "birth_date": "birth_date",
    "household_address": "household_address",
    "address": "address",
    "phone": "phone",
    "employment_form": "employment_form",
    "since": "since",
    "household_kind": "household_kind",
    "category": "category",
    "post": "post",
    "wage": "wage",
    "insurances": "insurances",
    "special_trade": "is_special_trade",
    "remark": "remark",
    "until": "until",
    "ending": "ending",
}
MAY_BE_NULL = frozenset(("birth_date", "wage", "special_trade", "until"))
CONTRACT = ("contract_kind", "contract_begins", "contract_ends")


@register("workers")
class WorkerResource(DistrictResource):
    """职工名册: a row is a person's employment in a unit, with the newest contract."""

    title = "职工名册"
    permission = Permission.ENTERPRISE_IMPORT
    key_field = "id_number"
    identifying = ("uscc", "unit", "id_number")
    place_fields = ()
    derived = {"until": "离职日期", "ending": "离职原因", "contract": "劳动合同"}
    can_be_undone = True
    has_records = True

    unit = SheetField(
        "单位名称",
        cleaning.unit_name,
        synonyms=(
            "用人单位名称", "用人单位", "企业名称", "单位", "用工单位", "所在单位",
            "公司名称",
        ),
        help="与单位档案一致；填了统一社会信用代码可不填",
        sample="示例：郑州某某商贸有限公司",
    )  # fmt: skip
    uscc = SheetField(
        "统一社会信用代码",
        credit_code,
        synonyms=("信用代码", "社会信用代码", "统一代码", "单位代码"),
        clause="GB 32100-2015",
        help="单位的代码；有同名单位时必填；该列已设为文本",
        sample="91410103MA0AAAA1X9",
        as_text=True,
    )
    name = SheetField(
        "姓名",
        cleaning.person_name,
        synonyms=("职工姓名", "员工姓名", "劳动者姓名", "人员姓名", "员工", "name"),
        required=True,
        clause=LAW_ROSTER,
        sample="张三",
    )
    gender = SheetField(
        "性别",
        cleaning.gender,
        clause=LAW_ROSTER,
        help="不填时由身份证号得出",
        sample="男",
        choices=("男", "女"),
    )
    id_number = SheetField(
        "公民身份号码",
        identity_number,
        synonyms=(
            "身份证号", "身份证号码", "身份证", "居民身份证号码", "证件号码", "证件号",
            "居民身份证号", "公民身份证号码", "身份证件号码",
        ),
        required=True,
        clause=f"GB 11643-1999、{LAW_ROSTER}",
        help="18位；该列已设为文本",
        sample="410103198506150012",
        as_text=True,
        mask=mask_id,
    )  # fmt: skip
    birth_date = SheetField(
        "出生日期",
        cleaning.past_day,
        synonyms=("出生年月", "出生年月日", "生日"),
        help="不填时由身份证号得出",
    )
    household_address = SheetField(
        "户籍地址",
        cleaning.title(200),
        synonyms=("户籍所在地", "户口所在地", "户籍", "身份证住址", "家庭住址"),
        clause=LAW_ROSTER,
        mask=lambda said: f"{said[:6]}…",
        sample="河南省郑州市二七区某路1号",
    )
    address = SheetField(
        "现住址",
        cleaning.title(200),
        synonyms=("现居住地", "居住地址", "住址", "现居住地址", "联系地址"),
        clause=LAW_ROSTER,
        mask=lambda said: f"{said[:6]}…",
    )
    phone = SheetField(
        "联系方式",
        cleaning.phone,
        synonyms=(
            "联系电话", "手机", "手机号", "手机号码", "电话", "电话号码", "移动电话",
        ),
        clause=LAW_ROSTER,
        sample="13800000000",
        as_text=True,
        mask=mask_phone,
    )  # fmt: skip
    employment_form = SheetField(
        "用工形式",
        pick(FORMS, "form_invalid", Worker.Form.labels),
        synonyms=("用工类型", "用工方式", "用工性质", "人员类别", "用工类别"),
        clause=LAW_ROSTER,
        help="不填为全日制",
        sample="全日制",
        choices=tuple(Worker.Form.labels),
        labels=dict(Worker.Form.choices),
    )
    since = SheetField(
        "用工起始时间",
        cleaning.past_day,
        synonyms=(
            "入职时间", "入职日期", "用工起始日期", "参加工作时间", "到岗时间",
            "进厂时间", "入厂日期", "到本单位时间", "用工日期", "入职年月",
            "进单位时间", "上岗时间", "招用时间", "录用时间", "录用日期",
        ),
        required=True,
        clause=LAW_ROSTER,
        sample="2024-03-01",
    )  # fmt: skip
    contract_term = SheetField(
        "劳动合同期限",
        cleaning.text(60),
        synonyms=(
            "合同期限", "合同起止时间", "合同起止日期", "劳动合同起止时间", "合同年限",
        ),
        clause=LAW_ROSTER,
        help="可写“2024-03-01至2027-02-28”“三年”“无固定期限”；也可用下面三列",
    )  # fmt: skip
    contract_kind = SheetField(
        "合同类型",
        pick(CONTRACTS, "contract_kind_invalid", Contract.Kind.labels),
        synonyms=("劳动合同类型", "合同期限类型", "劳动合同期限类型", "合同种类"),
        sample="固定期限",
        choices=tuple(Contract.Kind.labels),
        labels=dict(Contract.Kind.choices),
    )
    contract_begins = SheetField(
        "合同起始日期",
        cleaning.day,
        synonyms=(
            "合同开始日期", "合同起始时间", "劳动合同起始日期", "合同签订日期",
            "合同起", "签订合同日期", "合同开始时间", "合同生效日期",
            "劳动合同签订日期",
        ),
        sample="2024-03-01",
    )  # fmt: skip
    contract_ends = SheetField(
        "合同终止日期",
        cleaning.day,
        synonyms=(
            "合同到期日期", "合同结束日期", "合同到期时间", "劳动合同终止日期",
            "合同止", "合同到期日", "合同截止日期", "合同终止时间",
            "劳动合同到期日期",
        ),
        help="合同写明的最后一天",
        sample="2027-02-28",
    )  # fmt: skip
    signed = SheetField(
        "是否签订劳动合同",
        yes_or_no,
        synonyms=("是否签合同", "签订劳动合同", "劳动合同签订情况", "是否签订合同"),
        choices=("是", "否"),
    )
    household_kind = SheetField(
        "户口性质",
        pick(HOUSEHOLDS, "household_invalid", Worker.Household.labels),
        synonyms=("户籍性质", "户口类别", "户籍类型", "户口类型"),
        sample="农村（农业）",
        choices=tuple(Worker.Household.labels),
        labels=dict(Worker.Household.choices),
    )
    category = SheetField(
        "职工类别",
        pick(CATEGORIES, "category_invalid", Worker.Category.labels),
        synonyms=("人员身份", "职工身份", "用工身份"),
        help="农村户口的不填时按农民工登记",
        sample="农民工",
        choices=tuple(Worker.Category.labels),
        labels=dict(Worker.Category.choices),
    )
    post = SheetField(
        "工种（岗位）",
        cleaning.title(60),
        synonyms=("工种", "岗位", "工种/岗位", "职务", "岗位名称", "职位", "工作岗位"),
        sample="装配工",
    )
    wage = SheetField(
        "月工资",
        money,
        synonyms=(
            "工资",
            "月工资（元）",
            "工资标准",
            "月薪",
            "基本工资",
            "工资（元/月）",
        ),
        help="元",
        sample="4500",
    )
    insurances = SheetField(
        "参保险种",
        insured,
        synonyms=(
            "社会保险",
            "社保",
            "参保情况",
            "是否参保",
            "参加社会保险情况",
            "参保",
        ),
        help="如“养老、医疗、失业、工伤、生育”，没有的写“未参保”",
        sample="养老、医疗、失业、工伤、生育",
    )
    special_trade = SheetField(
        "是否特殊工种",
        yes_or_no,
        synonyms=("特殊工种",),
        choices=("是", "否"),
        sample="否",
    )
    change = SheetField(
        "变动",
        pick(CHANGES, "change_invalid", CHANGE_WORDS.values()),
        synonyms=(
            "变动情况",
            "变动类型",
            "变动原因",
            "增减变动",
            "人员变动",
            "备案类型",
        ),
        help="解除、终止、退休、死亡的按离职登记",
        choices=tuple(CHANGE_WORDS.values()),
        labels=CHANGE_WORDS,
    )
    left_on = SheetField(
        "离职日期",
        cleaning.past_day,
        synonyms=(
            "离职时间", "解除日期", "终止日期", "解除（终止）日期", "减少日期",
            "变动日期", "解除或终止时间", "解除终止日期", "变动时间",
        ),
        help="变动为解除、终止、退休、死亡时填写",
    )  # fmt: skip
    remark = SheetField("备注", cleaning.text(200), synonyms=("备注说明", "说明"))

    # ---- out -------------------------------------------------------------------------

    @classmethod
    def records(cls, request: Request) -> Iterable[Mapping[str, Any]]:
        paths = request.user.scope_paths(cls.permission)
        workers = Worker.objects.filter(
            within_paths(paths, "enterprise__grid__path"), until=None
        )
        if at := outline.place_asked(request):
            workers = workers.within(at)
        if unit := outline.key_asked(request, "unit"):
            workers = workers.filter(enterprise=unit)
        ordered = workers.order_by("enterprise__name", "enterprise_id", "name", "pk")
        related = ordered.select_related("enterprise").prefetch_related("contracts")
        for one in related.iterator(chunk_size=2_000):
            yield _record(one)

    # ---- the file --------------------------------------------------------------------

    def identify(self, row: Row) -> str:
        values = row.values
        number = values.get("id_number")
        if not number:
            return ""
        unit = values.get("uscc") or values.get("unit") or ""
        who = f"{number} {values.get('name') or ''}" if is_masked(number) else number
        return f"{unit} {who}"

    # ---- the database ----------------------------------------------------------------

    def prepare(self) -> None:
        super().prepare()
        law = FilingLaw()
        self._ages = {
            "working_age": law.number("working_age"),
            "adult_age": law.number("adult_age"),
        }
        self._taken: dict[tuple[int, str], tuple[str | None, int]] = {}
        self._last = Worker.objects.aggregate(last=Max("pk"))["last"] or 0
        has_any = Worker.objects.filter(district=self.district).exists()
        self._is_first = not has_any

    def check(self, rows: list[Row]) -> None:
        sound = [row for row in rows if not row.is_rejected]
        self._find_units(sound)
        found = [row for row in sound if row.target]
        known = self._known(found)
        for row in found:
            self._read(row)
            if not row.is_rejected:
                self._compare(row, known)

    def _find_units(self, rows: list[Row]) -> None:
        """Find each row's unit: by its code, else the only one of that name."""
        units = Enterprise.objects.filter(district=self.district)
        codes = {row.values["uscc"] for row in rows if row.values.get("uscc")}
        names = {row.values["unit"] for row in rows if row.values.get("unit")}
        by_code: dict[str, KnownUnit] = {}
        by_name: dict[str, list[KnownUnit]] = defaultdict(list)
        wanted = units.filter(Q(uscc__any_of=codes) | Q(name__any_of=names))
        for pk, code, name, path in wanted.values_list(
            "pk", "uscc", "name", "grid__path"
        ):
            unit = KnownUnit(pk, name, path)
            by_name[name].append(unit)
            if code:
                by_code[code] = unit
        for row in rows:
            self._place_in_unit(row, by_code, by_name)

    def _place_in_unit(
        self,
        row: Row,
        by_code: Mapping[str, "KnownUnit"],
        by_name: Mapping[str, list["KnownUnit"]],
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
        elif not self.may_touch(unit.path):
            row.reject("outside_scope", f"该单位{OUTSIDE}", at=at)
        else:
            if code and name and unit.name != name:
                row.warn(
                    "unit_renamed",
                    f"该代码的单位在系统中叫“{unit.name}”，按代码登记。",
                    at="unit",
                )
            row.target = unit

    def _known(self, rows: list[Row]) -> "Known":
        """Fetch the employments that the rows may mean. Two queries at most."""
        known = Known()
        if self._is_first or not rows:
            return known
        units = {row.target.pk for row in rows}
        masked = any(is_masked(row.values["id_number"]) for row in rows)
        indexes = [id_index(row.values["id_number"]) for row in rows]
        wanted = Q(enterprise__in=units)
        by_id = Q(id_index__any_of=indexes)
        if masked:
            by_id |= Q(name__any_of={row.values["name"] for row in rows})
        workers = Worker.objects.filter(wanted & by_id, pk__lte=self._last)
        for pk, unit, number, index, *values in workers.values_list(
            "pk", "enterprise_id", "id_number", "id_index", *STORED.values()
        ):
            stored = dict(zip(STORED, values, strict=True))
            known.add(KnownWorker(pk, unit, number, index, stored))
        contracts = Contract.objects.filter(worker__in=list(known.by_pk))
        for pk, worker, *said in contracts.values_list(
            "pk", "worker_id", "kind", "begins_on", "ends_on"
        ):
            known.by_pk[worker].contracts.append((pk, *said))
        return known

    def _read(self, row: Row) -> None:
        """Complete a row from its own cells: sex and birth, contract, leaving, ages."""
        values = row.values
        number = values["id_number"]
        self._read_person(row, number)
        self._read_contract(row)
        change = values.get("change")
        if change in ENDINGS:
            if not values.get("left_on"):
                values["left_on"] = self.as_of
                row.warn(
                    "left_on_assumed",
                    f"没有填写离职日期，按本次导入的生效日期 {self.as_of} 登记。",
                    at="left_on",
                )
            if values["left_on"] < values["since"]:
                row.reject(
                    "left_before_since",
                    "离职日期早于用工起始时间，请核对。",
                    at="left_on",
                )
            values["until"], values["ending"] = values["left_on"], change
        elif values.get("left_on"):
            row.reject(
                "change_missing",
                "填写了离职日期，请在“变动”中写明解除、终止、退休或死亡。",
                at="change",
            )

    def _read_person(self, row: Row, number: str) -> None:
        values = row.values
        if is_masked(number):
            return
        if len(number) == 18 and number[:17].isdigit():
            by_number = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
            sex = "男" if int(number[16]) % 2 else "女"
            if values.get("gender") and values["gender"] != sex:
                row.reject(
                    "gender_mismatch",
                    f"性别与身份证号不符，号码表明为{sex}，请核对。",
                    at="gender",
                )
            said = values.get("birth_date")
            if said and not _same_day(said, by_number):
                row.reject(
                    "birth_mismatch",
                    f"出生日期与身份证号不符，号码表明为{by_number}，请核对。",
                    at="birth_date",
                )
            values["gender"], values["birth_date"] = sex, by_number
        born = values.get("birth_date")
        if born is None:
            return
        if born >= values["since"]:
            row.reject(
                "since_before_birth", "用工起始时间早于出生日期，请核对。", at="since"
            )
            return
        on = min(values.get("left_on") or self.today, self.today)
        finding = age_finding(born, values["since"], on, **self._ages)
        if finding:
            code = "child_labour" if finding.is_child else "juvenile"
            row.warn(code, finding.message, at="id_number")

    def _read_contract(self, row: Row) -> None:
        """Bring the term of the contract into its three fields."""
        values = row.values
        said = values.get("contract_term")
        if said:
            begins = values.get("contract_begins") or values["since"]
            term = parse_term(said, begins_on=begins)
            if term is None:
                row.warn(
                    "term_unknown",
                    f"劳动合同期限“{said[:20]}”未识别，请写如“2024-03-01至2027-02-28”。",
                    at="contract_term",
                )
            else:
                values["contract_kind"] = values.get("contract_kind") or term.kind
                for name, day in (("begins", term.begins_on), ("ends", term.ends_on)):
                    if not values.get(f"contract_{name}"):
                        values[f"contract_{name}"] = day
        if values.get("signed") == "是" and not any(values.get(n) for n in CONTRACT):
            values["contract_kind"] = Contract.Kind.UNKNOWN.value
        if values.get("signed") == "否" and any(values.get(n) for n in CONTRACT):
            row.warn(
                "contract_contradiction",
                "写明未签劳动合同，又填了合同期限，按已签登记，请核对。",
                at="signed",
            )
        self._check_contract(row)

    def _check_contract(self, row: Row) -> None:
        values = row.values
        begins, ends = values.get("contract_begins"), values.get("contract_ends")
        kind = values.get("contract_kind")
        if begins and ends and ends < begins:
            row.reject(
                "contract_reversed",
                "合同终止日期早于起始日期，请核对。",
                at="contract_ends",
            )
        if not kind and (begins or ends):
            values["contract_kind"] = "fixed" if ends else "unknown"
        elif kind == "open" and ends:
            row.reject(
                "contract_open_ends",
                "无固定期限合同没有终止日期，请核对合同类型。",
                at="contract_ends",
            )
        elif kind == "fixed" and not ends:
            row.warn(
                "contract_end_missing",
                "固定期限合同没有终止日期，按“期限不详”登记，请补填。",
                at="contract_ends",
            )
            values["contract_kind"] = "unknown"

    # ---- comparing -------------------------------------------------------------------

    def _compare(self, row: Row, known: "Known") -> None:
        values = row.values
        unit = row.target.pk
        worker = known.find(unit, values["id_number"], values["name"], values["since"])
        if worker is None:
            self._as_new(row)
            return
        row.record = worker.pk
        for name in ("since", "birth_date"):
            if _tells_less(values.get(name), worker.values[name]):
                values[name] = None
        merge(row, self._stored(worker))
        self._compare_contract(row, worker)

    def _as_new(self, row: Row) -> None:
        """Make a row a new line of the roster, if it can be one."""
        values = row.values
        if is_masked(values["id_number"]):
            row.reject(
                "masked_unknown",
                f"名册中没有与“{values['id_number']}”相符的职工，请填写完整号码。",
                at="id_number",
            )
            return
        if self._is_taken(row):
            return
        row.action = NEW
        drop_masked(row, "phone")
        if not values.get("category") and values.get("household_kind") == "rural":
            values["category"] = Worker.Category.MIGRANT.value
        if any(values.get(name) for name in CONTRACT):
            row.before["contract"] = self._fresh_contract(row)

    def _is_taken(self, row: Row) -> bool:
        """Reject a second new line of one person in one unit, however it is named."""
        key = (row.target.pk, row.values["id_number"])
        first = self._taken.setdefault(key, (row.sheet, row.number))
        if first == (row.sheet, row.number):
            return False
        where = f"“{first[0]}”第{first[1]}行" if first[0] else f"第{first[1]}行"
        row.reject(
            "worker_twice", f"与{where}是同一单位的同一人，请核对。", at="id_number"
        )
        return True

    def _stored(self, worker: "KnownWorker") -> dict[str, Any]:
        stored = {n: None if v == "" else v for n, v in worker.values.items()}
        stored["gender"] = {"male": "男", "female": "女"}.get(stored["gender"] or "")
        wage, special = stored["wage"], stored["special_trade"]
        stored["wage"] = None if wage is None else f"{wage:.2f}"
        stored["special_trade"] = (
            None if special is None else ("是" if special else "否")
        )
        return stored

    def _compare_contract(self, row: Row, worker: "KnownWorker") -> None:
        """See whether the row's contract is a known one, changed, or a further one."""
        values = row.values
        if not any(values.get(name) for name in CONTRACT):
            return
        last = max(worker.contracts, key=lambda one: one[2], default=None)
        begins = values.get("contract_begins")
        if last is None:
            row.before["contract"] = self._fresh_contract(row)
        elif begins is None and values.get("change") == RENEWED and last[3]:
            values["contract_begins"] = last[3] + timedelta(days=1)
            row.before["contract"] = self._fresh_contract(row)
        else:
            same = next((c for c in worker.contracts if c[2] == begins), None)
            if begins is not None and same is None:
                row.before["contract"] = self._fresh_contract(row)
            else:
                self._changed_contract(row, same or last)
        if "contract" in row.before:
            row.changes["contract"] = [None, row.before["contract"]["words"]]
        if row.changes:
            row.action = "changed"

    def _changed_contract(self, row: Row, stored: tuple[Any, ...]) -> None:
        pk, kind, begins, ends = stored
        said_kind = row.values.get("contract_kind") or kind
        said_ends = row.values.get("contract_ends")
        if said_kind == "unknown" and kind != "unknown":
            said_kind = kind  # says nothing new
        if said_ends is None and said_kind == kind:
            said_ends = ends
        if said_kind == "unknown" and said_ends:
            said_kind = "fixed"
        if (said_kind, said_ends) == (kind, ends):
            return
        row.before["contract"] = {
            "key": pk,
            "old": [kind, ends.isoformat() if ends else None],
            "new": [said_kind, said_ends.isoformat() if said_ends else None],
            "words": f"{begins}起 {dict(Contract.Kind.choices)[said_kind]}"
            + (f"至{said_ends}" if said_ends else ""),
        }

    def _fresh_contract(self, row: Row) -> dict[str, Any]:
        values = row.values
        begins = values.get("contract_begins") or values["since"]
        ends, kind = values.get("contract_ends"), values["contract_kind"]
        return {
            "begins": begins.isoformat(),
            "new": [kind, ends.isoformat() if ends else None],
            "words": f"{begins}起 {dict(Contract.Kind.choices)[kind]}"
            + (f"至{ends}" if ends else ""),
        }

    # ---- writing ---------------------------------------------------------------------

    def apply(self, rows: list[Row]) -> Iterable[Any]:
        fresh = [row for row in rows if row.action == NEW]
        changed = [row for row in rows if row.action != NEW]
        self._add(fresh)
        self._change([row for row in changed if set(row.changes) - {"contract"}])
        self._write_contracts(rows)
        for row in rows:
            extra = [sorted(row.changes)] if row.action != NEW else []
            yield [row.record, row.action, row.number, *extra]

    def _add(self, rows: list[Row]) -> None:
        keys = take_keys(Worker._meta.db_table, len(rows))
        for key, row in zip(keys, rows, strict=True):
            row.record = key
        insert_rows(
            Worker,
            [
                "id", "enterprise_id", "district_id", "id_number", "id_index",
                "is_citizen_id", "recorded_by_id", *STORED.values(),
            ],
            (self._new_values(row) for row in rows),
        )  # fmt: skip

    def _new_values(self, row: Row) -> list[Any]:
        values = row.values
        number = values["id_number"]
        own = [_as_stored(name, values.get(name)) for name in STORED]
        for place, name in enumerate(STORED):
            if own[place] is None and name not in MAY_BE_NULL:
                own[place] = "full_time" if name == "employment_form" else ""
        return [
            row.record,
            row.target.pk,
            self.district.pk,
            number,
            id_index(number),
            len(number) == 18 and number[:17].isdigit(),
            self.by.pk,
            *own,
        ]

    def _change(self, rows: list[Row]) -> None:
        update_rows(
            Worker,
            list(STORED.values()),
            (
                [
                    row.record,
                    *(
                        _as_stored(name, row.values[name])
                        if name in row.changes
                        else None
                        for name in STORED
                    ),
                ]
                for row in rows
            ),
        )

    def _write_contracts(self, rows: list[Row]) -> None:
        said = [
            (row, row.before["contract"]) for row in rows if "contract" in row.before
        ]
        fresh = [(row, one) for row, one in said if "begins" in one]
        for key, (_, one) in zip(
            take_keys(Contract._meta.db_table, len(fresh)), fresh, strict=True
        ):
            one["key"] = key
        insert_rows(
            Contract,
            ["id", "worker_id", "kind", "begins_on", "ends_on"],
            (
                (one["key"], row.record, one["new"][0], one["begins"], one["new"][1])
                for row, one in fresh
            ),
        )
        changed = {
            one["key"]: {"kind": one["new"][0], "ends_on": one["new"][1]}
            for _, one in said
            if "begins" not in one
        }
        put_back(Contract, changed)

    # ---- undoing ---------------------------------------------------------------------

    def obstacles(self, written: list[Written]) -> dict[int, str]:
        """What somebody has filed, changed or built on since stays."""
        added = [one.record for one in written if one.action == NEW]
        changed = {
            one.record: _pairs(one, 1)
            for one in written
            if one.action != NEW and _pairs(one, 1)
        }
        found = referring(Worker, added, besides=(Contract,))
        edited = Worker.objects.filter(pk__in=added, edition__gt=1)
        found |= dict.fromkeys(edited.values_list("pk", flat=True), "的登记后来有修改")
        filed = Worker.objects.filter(pk__in=[one.record for one in written]).exclude(
            hire_filing=None, end_filing=None
        )
        filed = filed.filter(pk__in=added)
        found |= dict.fromkeys(filed.values_list("pk", flat=True), "已办用工备案")
        found |= differing(Worker, changed)
        return found | self._contract_obstacles(written)

    def _contract_obstacles(self, written: list[Written]) -> dict[int, str]:
        said = {
            one.before["contract"]["key"]: (one.record, one.before["contract"])
            for one in written
            if "contract" in one.before
        }
        now = {
            pk: (kind, ends.isoformat() if ends else None, filing)
            for pk, kind, ends, filing in Contract.objects.filter(
                pk__in=said
            ).values_list("pk", "kind", "ends_on", "filing_id")
        }
        found = {}
        for key, (record, contract) in said.items():
            if key not in now or list(now[key][:2]) != contract["new"]:
                found[record] = "的劳动合同后来又有修改"
            elif now[key][2]:
                found[record] = "的劳动合同已备案"
        return found

    def take_back(self, written: list[Written]) -> None:
        contracts = [
            one.before["contract"] for one in written if "contract" in one.before
        ]
        remove(Contract, [one["key"] for one in contracts if "begins" in one])
        put_back(
            Contract,
            {
                one["key"]: {"kind": one["old"][0], "ends_on": one["old"][1]}
                for one in contracts
                if "old" in one
            },
        )
        put_back(
            Worker,
            {
                one.record: pairs
                for one in written
                if one.action != NEW and (pairs := _pairs(one, 0))
            },
        )
        remove(Worker, [one.record for one in written if one.action == NEW])


def _tells_less(said: Any, stored: date | None) -> bool:
    """Tell whether a month without a day says no more than the stored day."""
    if not isinstance(said, cleaning.MonthDate) or stored is None:
        return False
    return (said.year, said.month) == (stored.year, stored.month)


def _same_day(said: date, born: date) -> bool:
    if isinstance(said, cleaning.MonthDate):
        return (said.year, said.month) == (born.year, born.month)
    return said == born


def _as_stored(name: str, value: Any) -> Any:
    """Return a value of the sheet as the table has it."""
    if name == "gender":
        return {"男": "male", "女": "female"}.get(value, value)
    if name == "special_trade":
        return None if value is None else value == "是"
    return value


def _pairs(one: Written, which: int) -> dict[str, Any]:
    """Return the values before (0) or after (1) a change by the worker's attributes."""
    found = {}
    for name, pair in one.changes.items():
        if name != "contract":
            value = _as_stored(name, pair[which])
            if name == "wage" and value is not None:
                value = Decimal(value)
            found[STORED[name]] = value
    return found


def _record(one: Worker) -> dict[str, Any]:
    """Return a worker as the workbook has one; numbers masked, homes left out."""
    last = max(one.contracts.all(), key=lambda c: c.begins_on, default=None)
    record: dict[str, Any] = {
        "unit": one.enterprise.name,
        "uscc": one.enterprise.uscc,
        "name": one.name,
        "gender": one.get_gender_display(),
        "id_number": mask_id(one.id_number),
        "birth_date": one.birth_date,
        "phone": mask_phone(one.phone),
        "employment_form": one.get_employment_form_display(),
        "since": one.since,
        "household_kind": one.get_household_kind_display(),
        "category": one.get_category_display(),
        "post": one.post,
        "wage": one.wage,
        "insurances": insurances_in_words(one.insurances),
        "special_trade": {True: "是", False: "否", None: None}[one.is_special_trade],
        "remark": one.remark,
    }
    if last:
        record |= {
            "contract_kind": last.get_kind_display(),
            "contract_begins": last.begins_on,
            "contract_ends": last.ends_on,
        }
    return record
