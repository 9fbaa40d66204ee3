"""How sure it is that a row of a list and a unit of ours are one, part by part. Pure.

Used where a list is compared with the register: the parts are shown, so that a person
decides on reasons and not on a figure.
"""

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from enterprises.duplicates import likeness

ALIKE = 75  # percent from which two are shown as perhaps one
_WEIGHTS = {"名称": 60, "地址": 25, "法定代表人": 8, "联系电话": 7}


@dataclass(frozen=True, slots=True)
class Facts:
    """What two units are compared by; empty where nobody knows."""

    name: str
    uscc: str = ""
    address: str = ""
    person: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """How sure, in percent, and each part as (what, percent, weight)."""

    score: int
    parts: tuple[tuple[str, int, int], ...]


def match(one: Facts, other: Facts) -> Match | None:
    """Return how sure it is that two are one unit, None when they are not alike.

    What either does not say has no weight. Two different credit codes are two units
    however alike their names (import-policy P16).
    """
    if one.uscc and other.uscc:
        if one.uscc != other.uscc:
            return None
        return Match(100, (("统一社会信用代码", 100, 100),))
    alike = likeness(one.name, "", other.name, None)
    if alike is None:
        return None
    scores = {
        "名称": alike.score,
        "地址": _address(one.address, other.address),
        "法定代表人": _same(one.person, other.person),
        "联系电话": _same(one.phone, other.phone),
    }
    known = {what: score for what, score in scores.items() if score is not None}
    whole = sum(_WEIGHTS[what] for what in known)
    total = round(sum(_WEIGHTS[what] * known[what] for what in known) / whole)
    if total < ALIKE and alike.score < ALIKE:
        return None
    return Match(
        total,
        tuple(
            (what, score, round(100 * _WEIGHTS[what] / whole))
            for what, score in known.items()
        ),
    )


_PLACE = re.compile(r"^.{0,12}?(?:省|自治区)|^.{2,6}?市|^.{2,6}?[区县](?!间)")


def _address(one: str, other: str) -> int | None:
    """Compare two addresses without province, city and district before them."""
    if not one or not other:
        return None
    bare = [_bare(one), _bare(other)]
    if re.findall(r"\d+", bare[0]) != re.findall(r"\d+", bare[1]):
        return min(50, round(fuzz.ratio(*bare)))  # another number is another house
    return round(fuzz.ratio(*bare))


def _bare(address: str) -> str:
    text = re.sub(r"\s", "", address)
    for _ in range(3):
        text = _PLACE.sub("", text, count=1) or text
    return text


def _same(one: str, other: str) -> int | None:
    if not one or not other:
        return None
    return 100 if one == other else 0
