"""How rosters from twenty offices say things, and how their cells are read."""

import re
from collections.abc import Iterable
from typing import Any

from enterprises.workforce.models import Contract, Worker
from enterprises.workforce.rules import parse_insurances
from gridinspect.imports import cleaning
from gridinspect.imports.cleaning import Setting, Warned

LAW_ROSTER = "劳动合同法实施条例第八条"

FORMS = {label: value for value, label in Worker.Form.choices} | {
    "全日制用工": "full_time", "合同制": "full_time", "合同工": "full_time",
    "劳动合同制": "full_time", "正式工": "full_time", "正式": "full_time",
    "固定工": "full_time", "长期工": "full_time", "直接用工": "full_time",
    "非全日制用工": "part_time", "小时工": "part_time", "钟点工": "part_time",
    "兼职": "part_time", "派遣": "dispatched", "派遣工": "dispatched",
    "劳务派遣用工": "dispatched", "劳务派遣工": "dispatched", "实习": "intern",
    "实习生": "intern", "在校学生": "intern", "返聘": "pensioner",
    "退休返聘人员": "pensioner", "临时工": "other", "劳务": "other",
}  # fmt: skip
HOUSEHOLDS = {label: value for value, label in Worker.Household.choices} | {
    "城镇": "urban", "非农业": "urban", "非农": "urban", "城市": "urban",
    "本地城镇": "urban", "外地城镇": "urban", "城镇户口": "urban", "居民": "urban",
    "城镇(非农业)": "urban", "农村(农业)": "rural",  # narrow brackets, as read
    "非农业户口": "urban", "居民户口": "urban", "农村": "rural", "农业": "rural",
    "农业户口": "rural", "农村户口": "rural", "本地农村": "rural", "外地农村": "rural",
}  # fmt: skip
CATEGORIES = {label: value for value, label in Worker.Category.choices} | {
    "城镇": "urban", "城镇工": "urban", "农民": "migrant", "进城务工人员": "migrant",
    "外来务工人员": "migrant", "外籍": "foreign", "港澳台": "foreign",
    "外籍人员": "foreign",
}  # fmt: skip
CONTRACTS = {label: value for value, label in Contract.Kind.choices} | {
    "固定": "fixed", "有固定期限": "fixed", "固定期限合同": "fixed",
    "固定期限劳动合同": "fixed", "无固定": "open", "无固定期限合同": "open",
    "无固定期限劳动合同": "open", "长期": "open", "以完成一定任务为期限": "task",
    "以完成一定工作任务为期限的劳动合同": "task", "完成任务": "task",
    "已签": "unknown", "已签订": "unknown",
}  # fmt: skip
HIRED, RENEWED = "hired", "renewed"
CHANGES = {label: value for value, label in Worker.Ending.choices} | {
    "新招": HIRED, "新增": HIRED, "招用": HIRED, "入职": HIRED, "新进": HIRED,
    "续签": RENEWED, "续订": RENEWED, "解除合同": "dissolved", "辞职": "dissolved",
    "离职": "dissolved", "辞退": "dissolved", "减少": "dissolved",
    "解除劳动合同": "dissolved", "终止合同": "expired", "终止劳动合同": "expired",
    "合同到期": "expired", "合同到期终止": "expired", "到期终止": "expired",
    "退休离职": "retired", "去世": "died",
}  # fmt: skip
CHANGE_WORDS = dict(Worker.Ending.choices) | {HIRED: "新招", RENEWED: "续签"}
ENDINGS = frozenset(Worker.Ending.values)
YES = {"是": "是", "有": "是", "已签": "是", "已签订": "是", "√": "是", "1": "是"}
YES |= {"否": "否", "没有": "否", "未签": "否", "未签订": "否", "×": "否", "0": "否"}
_OTHER_PAPER = re.compile(r"[A-Z]{1,3}\d{6,10}[A-Z]?")


def identity_number(raw: Any, setting: Setting) -> Any:
    """Return a citizen's number, or with a warning that of a passport or permit."""
    text = cleaning.plain(raw).replace(" ", "").upper()
    if _OTHER_PAPER.fullmatch(text):
        return Warned(
            text,
            "other_paper",
            "按护照、通行证等其他证件登记，未作校验；请核对，并填写出生日期。",
        )
    return cleaning.citizen_id(raw, setting)


def insured(raw: Any, setting: Setting) -> Any:
    """Return the codes of the insurances that a cell names."""
    said = cleaning.plain(raw)
    if not said or said in ("-", "--", "—", "/", "\\"):
        return None
    codes = parse_insurances(said)
    if codes is None:
        return Warned(
            None,
            "insurances_unknown",
            f"参保险种“{said[:20]}”未识别，该项未导入；请写如“养老、医疗、工伤”。",
        )
    return codes


money = cleaning.yuan("wage", "工资", below=1e8)


def yes_or_no(raw: Any, setting: Setting) -> str | None:
    """Return 是 or 否."""
    said = cleaning.plain(raw)
    if said == "无":
        return "否"
    return cleaning.choice(YES, "yes_or_no", "应填“是”或“否”。")(raw, setting)


def pick(words: dict[str, str], code: str, labels: Iterable[str]) -> Any:
    return cleaning.choice(words, code, f"应为：{'、'.join(labels)}。")
