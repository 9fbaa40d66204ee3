"""The columns of 职工名册, each with what other offices call it."""

from enterprises.resources import credit_code
from enterprises.workforce.models import Contract, Worker
from enterprises.workforce.sheet_words import (
    CATEGORIES,
    CHANGE_WORDS,
    CHANGES,
    CONTRACTS,
    FORMS,
    HOUSEHOLDS,
    LAW_ROSTER,
    identity_number,
    insured,
    money,
    pick,
    yes_or_no,
)
from gridinspect.imports import cleaning
from gridinspect.imports.fields import SheetField
from gridinspect.secrets import mask_id, mask_phone
from grids.resources import DistrictResource


class RosterColumns(DistrictResource):
    """A row is a person's employment in a unit, with the newest contract."""

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
