"""How grids are numbered, as arithmetic over codes. Pure: no database, no clock.

Source: domain.md 2.11. By default a code is the division code of 12 digits (6 district,
3 street, 3 community); what the statistical bureau does not number takes the code above
it and 3 digits more.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 20  # characters of any code
DISTRICT, STREET, COMMUNITY, CELL = range(4)  # the parts of a code, in their order
PARTS_OF = {
    "district": DISTRICT,
    "zone": DISTRICT,
    "street": STREET,
    "town": STREET,
    "park": STREET,
    "community": COMMUNITY,
    "village": COMMUNITY,
    "cell": CELL,
}
_FREE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TAIL = re.compile(r"(.*?)(\d+)")


class WrongScheme(ValueError):
    """The parts of a scheme make no code; the message says why, in Chinese."""


@dataclass(frozen=True)
class Scheme:
    """How many digits each part of a code has, and what else may be a code.

    `padded_to` is the length to which codes of districts' parts are filled up with
    zeros; a root stays as short as it is. 0: nothing is filled up.
    """

    parts: tuple[int, int, int, int] = (6, 3, 3, 3)
    padded_to: int = 12
    allows_free: bool = True

    @property
    def whole(self) -> int:
        """Return the length of a code with all its parts."""
        return max(sum(self.parts[:CELL]), self.padded_to) + self.parts[CELL]

    def length(self, kind: str) -> int:
        """Return how many digits the code of a kind of grid has by its parts."""
        part = PARTS_OF[kind]
        if part == DISTRICT:
            return self.parts[DISTRICT]
        if part == CELL:
            return self.whole
        return max(sum(self.parts[: part + 1]), self.padded_to)

    def __str__(self) -> str:
        parts = "+".join(map(str, self.parts))
        return f"{parts}，补零到 {self.padded_to} 位" if self.padded_to else parts


def require_sound(scheme: Scheme) -> None:
    """Raise WrongScheme where the parts make no code that can be kept."""
    if 0 in scheme.parts:
        raise WrongScheme("每一级至少一位数字，请把 0 改为 1 以上的位数。")
    above_cells = sum(scheme.parts[:CELL])
    if scheme.padded_to and scheme.padded_to < above_cells:
        raise WrongScheme(
            f"补零位数不能少于前三级之和 {above_cells} 位，不补零的请填 0。"
        )
    if scheme.whole > LONGEST:
        raise WrongScheme(
            f"编码最长 {LONGEST} 位，按此方案为 {scheme.whole} 位，请减少位数。"
        )


def stem(scheme: Scheme, code: str) -> str:
    """Return what the codes below a code begin with: 410103001000 → 410103001.

    "" for a free code, below which anything may stand.
    """
    if not code.isdigit():
        return ""
    district, street, community, _ = scheme.parts
    ends = (district, district + street, district + street + community)
    if len(code) == scheme.whole:
        return stem(scheme, code[: -scheme.parts[CELL]])
    for end in ends:
        if len(code) >= end and not code[end:].strip("0"):
            return code[:end]
    return ""


def filled(scheme: Scheme, code: str) -> str:
    """Return a code filled up with zeros, as a serial number is added to it."""
    return code.ljust(sum(scheme.parts[:CELL]), "0").ljust(scheme.padded_to, "0")


def is_regular(scheme: Scheme, code: str, kind: str) -> bool:
    """Tell whether a code is made as the scheme says, wherever it stands."""
    if not (code.isascii() and code.isdigit()):
        return False
    if PARTS_OF[kind] == DISTRICT:
        return len(code) == scheme.length(kind)
    return len(code) in (scheme.length(kind), scheme.whole)


def objection(scheme: Scheme, code: str, kind: str, above: str) -> str:
    """Say in Chinese what is wrong with a code below another one; "" if nothing is.

    `above` is the parent's code, "" for a root.
    """
    if not _FREE.fullmatch(code) or len(code) > LONGEST:
        return (
            f"编码“{code}”含有不能使用的字符，"
            f"请只用数字、字母和 . _ -，最多 {LONGEST} 位。"
        )
    if not is_regular(scheme, code, kind):
        if scheme.allows_free and not (code.isdigit() and len(code) >= scheme.parts[0]):
            return ""
        return f"编码“{code}”{_lengths(scheme, kind)}"
    begins = stem(scheme, above)
    if begins and not code.startswith(begins):
        return (
            f"编码“{code}”不以上级编码 {above} 的“{begins}”开头，"
            f"请改为 {begins} 开头的编码。"
        )
    return ""


def _lengths(scheme: Scheme, kind: str) -> str:
    lengths = sorted({scheme.length(kind), scheme.whole})
    if PARTS_OF[kind] == DISTRICT:
        lengths = [scheme.length(kind)]
    words = " 或 ".join(map(str, lengths))
    return f"应为 {words} 位数字，请按编码方案填写，或选用系统给出的编码。"


class Numbers:
    """Hands out codes below parents one by one: the first free number, none twice."""

    def __init__(self, scheme: Scheme, used: set[str]):
        self._scheme, self._used = scheme, used
        self._last: dict[str, int] = {}

    def next(self, above: str) -> str:
        """Return the next free code below a parent's code, "" where there is none."""
        begins = stem(self._scheme, above)
        if not begins:
            return ""
        base, width = filled(self._scheme, begins), self._scheme.parts[CELL]
        while (number := self._last.get(base, 0) + 1) < 10**width:
            self._last[base] = number
            code = f"{base}{number:0{width}}"
            if code not in self._used:
                self._used.add(code)
                return code
        return ""


def next_codes(
    scheme: Scheme, above: str, taken: Iterable[str], number: int
) -> list[str]:
    """Return free codes below a parent's code, fewer where numbers run out.

    Below a free code the numbers of its children go on: A-01, A-02 → A-03.
    """
    begins = stem(scheme, above)
    if begins:
        base, width = filled(scheme, begins), scheme.parts[CELL]
    else:
        base, width = _series(above, taken)
        if not width:
            return []
    used = _numbers(base, width, taken)
    last = max(used, default=0)
    most = 10**width if len(base) + width <= LONGEST else 0
    return [
        f"{base}{n:0{width}}" for n in range(last + 1, min(last + 1 + number, most))
    ]


def _series(above: str, taken: Iterable[str]) -> tuple[str, int]:
    """Return the beginning and the width of the numbers that free codes go on with."""
    found = [
        match.groups()
        for code in sorted(taken, reverse=True)
        if (match := _TAIL.fullmatch(code)) and code.startswith(above)
    ]
    return (found[0][0], len(found[0][1])) if found and above else ("", 0)


def _numbers(base: str, width: int, taken: Iterable[str]) -> set[int]:
    tails = (
        code[len(base) :]
        for code in taken
        if code.startswith(base) and len(code) == len(base) + width
    )
    return {int(tail) for tail in tails if tail.isdigit()}
