"""What may be said of a visit, and what is kept of a queue that no longer fits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

# A clock of a phone may be ahead of ours by a little.
TOLERANCE = timedelta(minutes=10)
LONGEST = 2000  # characters that are kept of one value of a queue
MOST = 60  # values that are kept of one record of a queue


def stated_too_late(visited_at: datetime, now: datetime) -> str:
    """Return why a stated time cannot be, "" when it can."""
    if visited_at > now + TOLERANCE:
        return "走访时间晚于现在，请核对日期和时间。"
    return ""


def follow_up_problem(day: date | None, visited_on: date) -> str:
    """Return why a date to come back cannot be, "" when it can."""
    if day is not None and day < visited_on:
        return f"日期 {day} 早于走访日期 {visited_on}，请改为以后的日期。"
    return ""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A value of a queue that the form in use has no place for."""

    label: str
    value: str
    why: str

    def to_json(self) -> dict[str, str]:
        return {"label": self.label, "value": self.value, "why": self.why}


def leftovers(
    said: Mapping[str, object],
    *,
    known: Iterable[str],
    errors: Mapping[str, str],
    labels: Mapping[str, str],
) -> list[Leftover]:
    """Return what of a record fits nowhere: unknown fields, and values refused.

    `known` are the fields of the form in use, `errors` why it refuses the value of a
    field. Nothing that was typed is lost; empty values are nothing.
    """
    names, kept = set(known), []
    for name, value in said.items():
        text = _text(value)
        if not text or (name in names and name not in errors):
            continue
        why = errors.get(name, "表式已更改，没有这一项。")
        label = labels.get(name, name)[:60]
        kept.append(Leftover(label, text[:LONGEST], why[:200]))
    return kept[:MOST]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "、".join(filter(None, map(_text, value)))
    return str(value).strip().replace("\x00", "")


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many; no rate of nothing."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        return self.part * 100 / self.whole if self.whole else None
