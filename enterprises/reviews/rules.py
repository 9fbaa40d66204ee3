"""The yearly written review: what is complete, what is late, what may follow. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from grids.policy import PolicyValues

MATERIALS = "review_materials"  # the checklist of the policies that lists them
# What is said of one material.
SAID = {"given": "已交", "missing": "未交", "not_needed": "不适用"}
STATES = {
    "pending": "未报送",
    "draft": "填报中",
    "submitted": "待审查",
    "returned": "待补正",
    "correcting": "限期整改",
    "passed": "合格",
    "archived": "已归档",
}
UNFILED = ("pending", "draft")
FILED = ("submitted", "returned", "correcting", "passed", "archived")
OPEN = ("submitted", "returned", "correcting")  # handed in, and not concluded


class Refused(ValueError):
    """An act that cannot be. Its text tells a person why, in Chinese."""


@dataclass(frozen=True)
class Material:
    """What a unit said of one paper it hands in."""

    said: str = ""
    note: str = ""


def check_period(year: int, opens_on: date, closes_on: date) -> date:
    """Return the day of the data (31 December of the year). Raises Refused.

    The review looks back: it opens after the year that it reviews has ended.
    """
    as_of = date(year, 12, 31)
    if opens_on <= as_of:
        raise Refused(f"书面审查应在所审查年度结束（{as_of}）以后开始。")
    if closes_on < opens_on:
        raise Refused("报送截止日期不能早于开始日期。")
    return as_of


def materials_of(layers: Sequence[PolicyValues]) -> tuple[tuple[str, ...], str]:
    """Return the materials of the nearest layer that lists them, and its source."""
    for layer in reversed(layers):
        if found := layer.checklist(MATERIALS):
            clause = f"条款 {found.clause}" if found.clause else ""
            return found.items, found.source or clause
    return (), ""


def check_filed(
    asked: Sequence[str],
    given: Mapping[str, Material],
    *,
    surveyed_on: date | None,
    year: int,
) -> None:
    """Raise Refused unless a review may be handed in; a draft may be saved as it is.

    Each material is given, or said to be missing or not needed with a word; and the
    survey form is of the reviewed year or later (扬府办发〔2007〕136号第二十条).
    """
    for name in asked:
        one = given.get(name, Material())
        if one.said not in SAID:
            raise Refused(f"“{name}”还没有选择已交、未交或不适用。")
        if one.said == "missing" and not one.note.strip():
            raise Refused(f"“{name}”未交的，请写明原因。")
    if surveyed_on is None:
        raise Refused("还没有关联调查登记表，请先填写用人单位调查登记表再报送。")
    if surveyed_on < date(year, 1, 1):
        raise Refused(
            f"关联的调查登记表是 {surveyed_on} 的，早于所审查的 {year} 年度，"
            "请重新采集后再报送。"
        )


def is_late(on: date, closes_on: date) -> bool:
    """Tell whether something came after the last day to hand in."""
    return on > closes_on


def check_deadline(correct_by: date | None, on: date) -> None:
    """Raise Refused unless a correction has a last day ahead."""
    if correct_by is None or correct_by <= on:
        raise Refused("请填写晚于今天的整改（补正）期限。")
