"""How often a unit may be inspected, and what a record must hold. Pure.

No number of the law stands here: caps and exempt reasons are rows of the policies.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from cases.rules import NotAllowed
from grids.policy import InspectionCap, InspectionExemption, PolicyValues

# What is inspected: the nine matters of 劳动保障监察条例 Art. 11, by key.
TOPICS = {
    "rules": "制定内部劳动保障规章制度",
    "contracts": "与劳动者订立劳动合同",
    "children": "遵守禁止使用童工规定",
    "women_minors": "女职工和未成年工特殊劳动保护",
    "hours": "工作时间和休息休假",
    "wages": "支付工资和执行最低工资标准",
    "insurance": "参加社会保险和缴纳社会保险费",
    "agencies": "职业介绍、培训、鉴定机构的规定",
    "others": "法律、法规规定的其他事项",
}
TOPICS_SOURCE = "劳动保障监察条例第十一条"
# What can be said of one of them.
ANSWERS = {
    "yes": "符合",
    "no": "不符合",
    "finding": "发现问题",
    "unchecked": "未检查",
}
FAULTY = ("no", "finding")
# What a grade's cap counts where the law says nothing: all but 专查.
ROUTINE = ("daily", "campaign", "random")


class RecordFaulty(NotAllowed):
    """A record that cannot be taken. Its text says in Chinese what is missing."""


class OverCap(NotAllowed):
    """One inspection more than the cap allows, without a reason to override it."""


# --- how often ------------------------------------------------------------------------


@dataclass(frozen=True)
class Cap:
    """The cap that holds for a unit on a day, and who set it."""

    value: int
    counts: tuple[str, ...]
    source: str
    text: str
    grade: str
    layer: str
    assumed: bool

    @property
    def words(self) -> str:
        """Say how often a year, for whom, by which rule."""
        whom = f"（信用等级 {self.grade}）" if self.grade else ""
        doubt = "，待核实" if self.assumed else ""
        return f"每年不超过 {self.value} 次{whom}：{self.source}{doubt}"


def cap_of(layers: Sequence[PolicyValues], *, grade: str, on: date) -> Cap | None:
    """Return the cap of the nearest layer that sets one; None where nobody does.

    `layers` go from the nation down to the plan. In a layer the row of the unit's
    grade is nearer than the row for all, and a younger row than an older one.
    """
    for layer in reversed(layers):
        rows = [
            row
            for row in layer.inspection_caps
            if row.since <= on and row.grade in ("", grade)
        ]
        if rows:
            row = max(rows, key=lambda row: (bool(row.grade), row.since))
            return _cap(row, layer)
    return None


def _cap(row: InspectionCap, layer: PolicyValues) -> Cap:
    return Cap(
        row.value,
        row.counts,
        row.source,
        row.text,
        row.grade,
        layer.title,
        row.assumed,
    )


def lower(cap: Cap | None, value: int, *, grade: str, source: str) -> Cap:
    """Return the lower of the law's cap and that of a credit grade (分级监管)."""
    if cap is not None and cap.value <= value:
        return cap
    counted = cap.counts if cap else ROUTINE
    return Cap(value, counted, f"{source} {grade} 级", "", grade, source, True)


def exemptions_of(
    layers: Iterable[PolicyValues], *, on: date
) -> dict[str, InspectionExemption]:
    """Return the reasons for which an inspection does not count on a day, by key."""
    found: dict[str, InspectionExemption] = {}
    for layer in layers:
        for row in sorted(layer.inspection_exemptions, key=lambda row: row.since):
            if row.since <= on:
                found[row.key] = row
    return found


def counts(kind: str, ground: str, *, cap: Cap | None, exempt: Collection[str]) -> bool:
    """Tell whether an inspection counts: its kind does and no reason exempts it."""
    if ground and ground in exempt:
        return False
    return cap is None or kind in cap.counts


@dataclass(frozen=True)
class Frequency:
    """How often a unit was, or is to be, inspected in a year against its cap."""

    year: int
    counted: int
    exempt: int
    cap: Cap | None
    which: tuple[str, ...] = ()  # the counted ones in words, where one unit is asked

    @property
    def at_cap(self) -> bool:
        return self.cap is not None and self.counted >= self.cap.value

    @property
    def words(self) -> str:
        """Say it in one sentence, with the clause."""
        done = f"{self.year} 年已计入 {self.counted} 次"
        if self.which:
            done += f"（{'、'.join(self.which)}）"
        if self.exempt:
            done += f"，另有 {self.exempt} 次不计入"
        if self.cap is None:
            return f"{done}；本地没有载入频次上限"
        return f"{done}；上限 {self.cap.value} 次（{self.cap.source}）"


def check_frequency(
    frequency: Frequency, *, is_counted: bool, override_reason: str
) -> bool:
    """Tell whether one more counted inspection goes over the cap.

    Raises OverCap unless there is a reason for it; approval comes on top.
    """
    cap = frequency.cap
    if cap is None or not is_counted or not frequency.at_cap:
        return False
    if not override_reason.strip():
        raise OverCap(
            f"该单位{frequency.words}，再检查即超出上限。"
            "确需检查的，请写明突破上限的理由，并报负责人批准。"
        )
    return True


# --- the record -----------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What was found of one topic."""

    answer: str
    finding: str = ""


def check_answers(answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """Return the answers of all topics; what was left out was not checked.

    Raises RecordFaulty for an unknown word, a fault without words, or an empty record.
    """
    unknown = sorted(answers.keys() - TOPICS.keys())
    if unknown:
        raise RecordFaulty(f"检查事项“{unknown[0]}”不在九项检查事项之内。")
    whole = {key: answers.get(key, Answer("unchecked")) for key in TOPICS}
    for key, one in whole.items():
        if one.answer not in ANSWERS:
            raise RecordFaulty(f"“{TOPICS[key]}”的检查结果无法识别，请重新选择。")
        if one.answer in FAULTY and not one.finding.strip():
            words = ANSWERS[one.answer]
            raise RecordFaulty(f"“{TOPICS[key]}”选了“{words}”，请写明具体情况。")
    if all(one.answer == "unchecked" for one in whole.values()):
        raise RecordFaulty("九项检查事项都没有检查，请至少检查一项后再提交记录。")
    return whole


def faults(answers: Mapping[str, Answer]) -> list[str]:
    """Return the topics in which something was found, in the order of the law."""
    return [key for key in TOPICS if key in answers and answers[key].answer in FAULTY]


def check_day(on: date, *, first: date, last: date, today: date, what: str) -> None:
    """Raise NotAllowed unless a day lies in the plan's period and is not ahead."""
    if on > today:
        raise NotAllowed(f"{what}不能晚于今天。")
    if not first <= on <= last:
        raise NotAllowed(
            f"{what}应在批准的检查期间 {first} 至 {last} 之内；"
            "需要延长的，请另报检查计划。"
        )
