"""A row of the roster completed from its own cells, without the database."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from enterprises.workforce.models import Contract
from enterprises.workforce.rules import age_finding, parse_term
from enterprises.workforce.sheet_words import ENDINGS
from gridinspect.imports import cleaning
from gridinspect.imports.fields import is_masked
from gridinspect.imports.resource import Row

CONTRACT = ("contract_kind", "contract_begins", "contract_ends")


@dataclass(frozen=True, slots=True)
class RosterLaw:
    """What rows are read by: the day of the import, today, and the ages of the law."""

    as_of: date
    today: date
    ages: dict[str, Any]


def complete(row: Row, law: RosterLaw) -> None:
    """Complete a row from its own cells: sex and birth, contract, leaving, ages."""
    values = row.values
    _read_person(row, law)
    _read_contract(row)
    change = values.get("change")
    if change in ENDINGS:
        if not values.get("left_on"):
            values["left_on"] = law.as_of
            row.warn(
                "left_on_assumed",
                f"没有填写离职日期，按本次导入的生效日期 {law.as_of} 登记。",
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


def _read_person(row: Row, law: RosterLaw) -> None:
    values = row.values
    number = values["id_number"]
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
    on = min(values.get("left_on") or law.today, law.today)
    finding = age_finding(born, values["since"], on, **law.ages)
    if finding:
        code = "child_labour" if finding.is_child else "juvenile"
        row.warn(code, finding.message, at="id_number")


def _read_contract(row: Row) -> None:
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
    _check_contract(row)


def _check_contract(row: Row) -> None:
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


def _same_day(said: date, born: date) -> bool:
    if isinstance(said, cleaning.MonthDate):
        return (said.year, said.month) == (born.year, born.month)
    return said == born
