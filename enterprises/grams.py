"""Pairs of neighbouring characters, by which any part of a unit's words is found. Pure.

Trigrams find nothing for two Chinese characters, and most searches are two characters.
So each unit keeps the pairs of its name, address and so on as numbers, mixed with the
key of its district: a search within a district reads nothing of the others, however
common the words are. What they find is compared with the words themselves.
"""

import struct
from collections.abc import Iterable, Sequence

# The fields whose pairs are kept, by attribute of the unit. A telephone is found by
# its blind index.
FIELDS = (
    "name",
    "former_name",
    "legal_representative",
    "address",
    "road",  # beside the number, so that 人民路12号 is found from the two
    "house_number",
    "pinyin",
    "uscc",
    "registration_number",
)
_MIX = 2654435761  # Knuth's multiplier: neighbouring keys give far numbers
_RUN = 0x1_0000_0000


def salt(district: int) -> int:
    """Return what the pairs of a district are mixed with, a signed 32-bit number."""
    mixed = (district * _MIX) % _RUN
    return mixed - _RUN if mixed >= _RUN // 2 else mixed


def grams(texts: Iterable[str | None], district: int) -> list[int]:
    """Return the pairs of characters of texts, each once, in no order.

    The last character of a text and the first of the next make a pair too: it costs
    less than keeping them apart, and finds nothing that the words do not have.
    """
    codes = _codes("".join(text for text in texts if text))
    pairs = set(struct.unpack_from(f">{len(codes) // 4}i", codes))
    if len(codes) > 2:
        pairs.update(struct.unpack_from(f">{(len(codes) - 2) // 4}i", codes, 2))
    mixed = salt(district)
    return [pair ^ mixed for pair in pairs]


def as_array(numbers: Sequence[int]) -> str:
    """Return numbers as PostgreSQL reads an array."""
    return "{" + repr(numbers)[1:-1] + "}"


def _codes(text: str) -> bytes:
    return text.upper().encode("utf-16-be", "surrogatepass")
