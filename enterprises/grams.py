"""Pairs of neighbouring characters, by which any part of a unit's words is found. Pure.

Trigrams find nothing for two Chinese characters, and most searches are two characters.
So each unit keeps the pairs of its name, address and so on as numbers, mixed with the
key of its district: a search within a district reads nothing of the others, however
common the words are. What they find is compared with the words themselves. Of a name
each single Chinese character is kept too, as the pair of nothing and itself.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Any

# What is kept of which fields, by attribute of the unit: of names pairs and single
# characters, of the others pairs. A telephone is found by its blind index.
NAMES = ("name", "former_name", "legal_representative")
OTHERS = (
    "address",
    "road",  # beside the number, so that 人民路12号 is found from the two
    "house_number",
    "pinyin",
    "uscc",
    "registration_number",
)
FIELDS = (*NAMES, *OTHERS)
_MIX = 2654435761  # Knuth's multiplier: neighbouring keys give far numbers
_RUN = 0x1_0000_0000
_CHINESE = 0x2E80  # the first radical; before it are letters, digits and signs


def salt(district: int) -> int:
    """Return what the pairs of a district are mixed with, a signed 32-bit number."""
    mixed = (district * _MIX) % _RUN
    return mixed - _RUN if mixed >= _RUN // 2 else mixed


def grams(
    names: Iterable[str | None], others: Iterable[str | None], district: int
) -> list[int]:
    """Return what a unit is found by, each once, in no order.

    The last character of a text and the first of the next make a pair too: it costs
    less than keeping them apart, and finds nothing that the words do not have.
    """
    named = "".join(text for text in names if text)
    found = _pairs(named + "".join(text for text in others if text))
    found.update(_singles(named))
    mixed = salt(district)
    return [one ^ mixed for one in found]


def grams_of_unit(unit: Any) -> list[int]:
    """Return what a unit is found by, from its own attributes."""
    names = [getattr(unit, name) for name in NAMES]
    others = [getattr(unit, name) for name in OTHERS]
    return grams(names, others, unit.district_id)


def grams_of_word(word: str, district: int) -> list[int]:
    """Return what every unit has that has this word; [] if that cannot be told."""
    mixed = salt(district)
    return [one ^ mixed for one in _pairs(word) or _singles(word)]


def as_array(numbers: Sequence[int]) -> str:
    """Return numbers as PostgreSQL reads an array."""
    return "{" + repr(numbers)[1:-1] + "}"


def _pairs(text: str) -> set[int]:
    codes = _codes(text)
    pairs = set(struct.unpack_from(f">{len(codes) // 4}i", codes))
    if len(codes) > 2:
        pairs.update(struct.unpack_from(f">{(len(codes) - 2) // 4}i", codes, 2))
    return pairs


def _singles(text: str) -> set[int]:
    codes = _codes(text)
    letters = struct.unpack(f">{len(codes) // 2}H", codes)
    return {one for one in letters if one >= _CHINESE}


def _codes(text: str) -> bytes:
    return text.upper().encode("utf-16-be", "surrogatepass")
