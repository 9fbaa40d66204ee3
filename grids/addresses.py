"""An address in Chinese as text: the words before the road, the road, the number.

Nothing is guessed: what cannot be read as a house number of a road gives none.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

_BLANKS = re.compile(r"\s+")

# The longest first: what is cut off is what stands for the kind of the place.
STREET_SUFFIX = re.compile(
    r"(?:街道办事处|镇人民政府|乡人民政府|街道办|办事处|街道|镇政府|乡政府|镇|乡)$"
)
COMMUNITY_SUFFIX = re.compile(
    r"(?:社区居民管理委员会|社区居民委员会|社区村民委员会|社区居委会|社区村委会"
    r"|居民管理委员会|居民委员会|村民委员会|居委会|村委会|社区|行政村|村)$"
)


def street_stem(name: str) -> str:
    """Return the name of a street or town without its kind (大学路街道 → 大学路)."""
    return STREET_SUFFIX.sub("", name) or name


def community_stem(name: str) -> str:
    """Return the name of a community or village without its kind."""
    return COMMUNITY_SUFFIX.sub("", name) or name


def flat(text: str) -> str:
    """Return a text in half width and without any blanks."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text))


@dataclass(frozen=True, slots=True)
class House:
    """A house number; of 12-16号 `last` is 16, of 12-3号, 甲12号, 12号附1号 it is 12.

    `annex` is what distinguishes doors of one number, as 甲, 附1 or -3.
    """

    number: int
    last: int
    annex: str = ""

    @property
    def is_plain(self) -> bool:
        return not self.annex and self.number == self.last

    @property
    def key(self) -> tuple[int, int, str]:
        """Return what houses of a side of a road are sorted by."""
        door = re.search(r"\d+", self.annex)
        return self.number, int(door[0]) if door else 0, self.annex

    def __str__(self) -> str:
        if self.last > self.number:
            return f"{self.number}-{self.last}号"
        if self.annex.startswith("-"):
            return f"{self.number}{self.annex}号"
        if self.annex.startswith("附"):
            return f"{self.number}号{self.annex}号"
        if self.annex.isascii():
            return f"{self.number}{self.annex}号"
        return f"{self.annex}{self.number}号"


@dataclass(frozen=True, slots=True)
class Address:
    """A text taken apart: 二七区大学路 | 12号 | 院3号楼.

    `before` is all that stands before the number, or the whole text without one.
    """

    before: str
    house: House | None = None
    after: str = ""

    @property
    def road(self) -> str:
        """Return the road as far as the text alone tells; "" without a number."""
        return road_in(self.before) if self.house else ""


_NUMERALS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HOUSE = re.compile(
    r"(?P<mark>[甲乙丙丁戊己庚辛壬癸临])?第?"
    r"(?P<number>\d+|[零〇一二两三四五六七八九十百]+)"
    r"(?P<letter>[A-Za-z甲乙丙丁](?=号))?"
    r"(?P<more>(?:[-—–~至之、,/]\d+)*)"
    r"(?P<unit>号|號|弄|#)?"
    r"(?P<annex>[附之-]\d+(?=号|$|\D)号?)?"
)
_AFTER_ROAD = re.compile(r"(?<=[路街巷弄道同里坊条线环村庄园湾寨])")
_NO_HOUSE_BEFORE = ("街道", "公里", "轨道", "隧道")
# 12号楼 is a building of a compound, 5号线 a metro line; 3楼 and 200米 are no numbers.
_NO_HOUSE_AFTER = re.compile(r"[楼线桥馆机]")
_MAY_FOLLOW_BARE = re.compile(r"$|[(),,;。、院内旁附]")
_MOST = 99_999


def parse_address(text: str) -> Address:
    """Take an address apart at the first house number that follows a road."""
    text = flat(text)
    for place in _AFTER_ROAD.finditer(text):
        at = place.end()
        if text[:at].endswith(_NO_HOUSE_BEFORE):
            continue
        found = _HOUSE.match(text, at)
        if found and (house := _house(found, text[found.end() :])):
            return Address(text[:at], house, text[found.end() :])
    return Address(text)


def parse_house(text: str) -> House | None:
    """Read a field that holds a house number alone, such as 12号 or 甲12."""
    text = flat(text)
    found = _HOUSE.match(text)
    if not found or not found["number"]:
        return None
    return _house(found, text[found.end() :])


def _house(found: re.Match[str], rest: str) -> House | None:
    number = _number(found["number"])
    if number is None or not _is_house(found, rest):
        return None
    mark = found["mark"] or found["letter"] or ""
    others = [int(one) for one in re.findall(r"\d+", found["more"])]
    if any(one > _MOST for one in others):
        return None
    if found["annex"]:
        mark = f"附{re.sub(r'[^0-9]', '', found['annex'])}"
    if others and others[0] <= number:  # 12-3号 is a door of number 12
        return House(number, number, f"-{others[0]}")
    return House(number, max([number, *others]), mark)


def _is_house(found: re.Match[str], rest: str) -> bool:
    unit = found["unit"]
    if not found["number"].isascii():  # 一号 is a number, 一巷 belongs to a name
        return unit in ("号", "號") and not _NO_HOUSE_AFTER.match(rest)
    if unit:
        return not (unit != "弄" and _NO_HOUSE_AFTER.match(rest))
    return bool(_MAY_FOLLOW_BARE.match(rest))


def _number(text: str) -> int | None:
    """Return 12 for 12 and for 十二; None for what is no number of a house."""
    if text.isascii():
        return int(text) if len(text) < 6 and 0 < int(text) <= _MOST else None
    total, digit = 0, 0
    for character in text:
        if character in "十百":
            total += (digit or 1) * (10 if character == "十" else 100)
            digit = 0
        elif digit and "十" not in text and "百" not in text:
            return None  # 一二三号: digits in a row, not a numeral
        else:
            digit = _NUMERALS[character]
    return total + digit or None


# --- roads ----------------------------------------------------------------------------

_SEGMENT = re.compile(r".+?(?:大道|大街|胡同|路|街(?!道)|巷|弄|道)")
_ADMINISTRATIVE = re.compile(
    r".*(?:省|市(?![场民政府医区])|街道办事处|街道|办事处|社区|居委会|村委会"
    r"|开发区|(?<=.)[区县](?!路|街|政府)|(?<=..)[镇乡](?!政府|[东西南北中]?[路街]))"
)
# What is no road by itself: the north street, the second lane of the road before it.
_PART = re.compile(
    r"^(?:[东西南北中前后内外]|支|[一二三四五六七八九十\d]+支?)[路街巷条]$"
)


def road_in(before: str, names: Collection[str] = ()) -> str:
    """Return the road at the end of a text; the names of places before it go.

    `names` are those of the district's places, for what 区 and 街道 do not close.
    """
    text = _ADMINISTRATIVE.sub("", before) or before
    if len(text) < 2:
        text = before
    segments = _SEGMENT.findall(text)
    if not segments or not text.endswith(segments[-1]):
        return text
    last = segments.pop()
    while segments and _PART.match(last):
        last = segments.pop() + last
    return without_places(last, names)


@lru_cache(maxsize=8)  # one set of names is asked for once per unit
def _longest_first(names: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=len, reverse=True))


def without_places(text: str, names: Collection[str]) -> str:
    """Drop names of places from the beginning of a text, the longest first."""
    ordered = _longest_first(frozenset(names))
    while True:
        found = next(
            (n for n in ordered if n and text.startswith(n) and len(text) > len(n) + 1),
            None,
        )
        if found is None:
            return text
        text = text.removeprefix(found)


def may_end_before(rest: str, names: Collection[str]) -> bool:
    """Tell whether a road's name may begin after this text: 新|大学路 is another road.

    True at the very beginning, after a kind of place, a road, a number or a name.
    """
    if not rest or re.search(r"[省市区县镇乡村道处会路街巷弄社里号院)）\d,、]$", rest):
        return True
    return any(rest.endswith(name) for name in names if len(name) > 1)
