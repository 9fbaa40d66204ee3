"""Two policies side by side: what both say, what differs, what only one says."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from grids import wording
from grids.policy import PolicyValues


class Mark(StrEnum):
    """How the two sides stand to one another, in words."""

    SAME = "相同"
    CHANGED = "不同"
    LEFT = "仅左侧有"
    RIGHT = "仅右侧有"


@dataclass(frozen=True)
class Side:
    """What one policy says, and the clause or source that it says it in."""

    text: str = ""
    source: str = ""
    note: str = ""


@dataclass(frozen=True)
class Pair:
    """The same thing in both policies; an empty side says nothing about it."""

    left: Side | None
    right: Side | None

    @property
    def mark(self) -> Mark:
        if self.left is None:
            return Mark.RIGHT
        if self.right is None:
            return Mark.LEFT
        return Mark.SAME if self.left.text == self.right.text else Mark.CHANGED


@dataclass(frozen=True)
class Group:
    """A titled group of pairs."""

    title: str
    pairs: tuple[Pair, ...]

    @property
    def differing(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.mark != Mark.SAME)


# What makes two rows speak of the same thing; where nothing is said, their key.
_SAME: dict[str, Callable[[Any], object]] = {
    "网格级别": lambda row: row.number,
    "人员配备": lambda row: (row.kinds, row.role),
    "应有数": lambda row: row.what,
    "阶段": lambda row: row.number,
    "目标": lambda row: (row.phase, row.key),
    "节点": lambda row: row.key,
    "其他数值": lambda row: row.key,
    "分担": lambda row: (row.of, row.party),
    "清单": lambda row: row.key,
    "清单项目": lambda row: (row.checklist, row.key),
    "分档": lambda row: (row.of, row.clause, row.at_least is None),
    "原文校正": lambda row: row.printed,
    "名称": lambda row: row.term,
    "信用等级": lambda row: (row.scheme, row.key),
    "评价标准": lambda row: (row.scheme, row.key),
    "检查频次上限": lambda row: (row.grade, row.since),
    "不计入频次的情形": lambda row: (row.key, row.since),
    "法定期限": lambda row: (row.rule, row.since),
    "退休年龄": lambda row: row.category,
    "条款": lambda row: row.id,
}


def compare(left: PolicyValues, right: PolicyValues) -> list[Group]:
    """Return what two policies say, group by group, in the order of the left one."""
    ours, theirs = dict(_said(left)), dict(_said(right))
    groups = [Group(title, tuple(_pairs(ours[title], theirs[title]))) for title in ours]
    return [group for group in groups if group.pairs]


def _pairs(left: dict[object, Side], right: dict[object, Side]) -> Iterable[Pair]:
    for key, side in left.items():
        yield Pair(side, right.get(key))
    for key, side in right.items():
        if key not in left:
            yield Pair(None, side)


def _said(values: PolicyValues) -> Iterable[tuple[str, dict[object, Side]]]:
    head = {
        "名称": values.title,
        "文号": values.document_number,
        "发文机关": values.issuer,
        "施行日期": values.effective_from.isoformat(),
    }
    facts: dict[object, Side] = {
        key: Side(f"{key}：{text}") for key, text in head.items() if text
    }
    yield "基本情况", facts
    for title, rows in wording.sections(values):
        yield title, _keyed(title, rows)
    yield "法定期限", _keyed("法定期限", [(_limit(row), row) for row in values.limits])
    retirement = [(_retirement(row), row) for row in values.retirement]
    yield "退休年龄", _keyed("退休年龄", retirement)
    clauses: dict[object, Side] = {
        row.id: Side(f"“{row.quote}” {row.meaning}", row.id) for row in values.clauses
    }
    yield "条款", clauses


def _keyed(title: str, rows: Iterable[tuple[str, Any]]) -> dict[object, Side]:
    same = _SAME.get(title) or (lambda row: row.key)
    return {
        same(row): Side(
            words,
            getattr(row, "clause", "") or getattr(row, "source", ""),
            getattr(row, "note", ""),
        )
        for words, row in rows
    }


def _limit(row: Any) -> str:
    doubt = "" if row.verified else "（待核实）"
    return f"{row.rule} {row.name}：{wording.limit_words(row)}{doubt}"


def _retirement(row: Any) -> str:
    return (
        f"{row.name}：原 {row.base_years} 周岁，每 {row.step} 个月延迟 1 个月，"
        f"最多 {row.cap} 个月"
    )
