"""Draws that anybody can repeat: a list, a seed told beforehand, and a hash.

Everybody in the list gets the SHA-256 of "seed|key"; the smallest are drawn. Nothing
else decides, so a spreadsheet or two lines of any language repeat the draw.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

METHOD = "SHA-256-1"  # changes when the way of drawing does
METHOD_WORDS = (
    "对名单中每个编号计算“种子|编号”（UTF-8）的 SHA-256 值，"
    "按十六进制数值从小到大排列，取前若干名。名单、种子相同，结果必然相同。"
)


def lot(seed: str, key: str) -> str:
    """Return what decides over one entry: 64 hexadecimal digits."""
    return sha256(f"{seed}|{key}".encode()).hexdigest()


def ranked(pool: Iterable[str], seed: str) -> list[str]:
    """Return the whole list in the order of the draw, each entry once."""
    return sorted(set(pool), key=lambda key: (lot(seed, key), key))


def draw(pool: Iterable[str], wanted: int, seed: str) -> list[str]:
    """Return the entries that are drawn, the first one first."""
    return ranked(pool, seed)[: max(0, wanted)]


def pool_hash(pool: Iterable[str]) -> str:
    """Return the fingerprint of a list, whatever its order."""
    return sha256("\n".join(sorted(set(pool))).encode()).hexdigest()


def share(size: int, percent: int) -> int:
    """Return how many a share of a list is: rounded up, so that it is reached."""
    return -(-size * percent // 100)


def pairs(
    units: Sequence[str], persons: Sequence[str], wanted: int, seed: str
) -> dict[str, list[str]]:
    """Return for each unit who inspects it, drawn for each unit by itself."""
    return {unit: draw(persons, wanted, f"{seed}|{unit}") for unit in units}
