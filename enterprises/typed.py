"""What somebody typed into the one search field is taken for. Pure, no database."""

import re
from dataclasses import dataclass
from enum import StrEnum

SHORTEST_CODE = 4  # characters of a code that are worth looking for


class Kind(StrEnum):
    """What a search is taken for."""

    NOTHING = "nothing"
    CODE = "code"
    PHONE = "phone"
    LETTERS = "letters"
    ROAD = "road"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Typed:
    """A search with what it was taken for; `also` are further readings of the same."""

    kind: Kind
    text: str
    words: tuple[str, ...] = ()
    road: str = ""
    number: str = ""  # of the house, without 号
    also: tuple[Kind, ...] = ()

    @property
    def told(self) -> str:
        """Return in Chinese what the search was taken for."""
        match self.kind:
            case Kind.NOTHING:
                return ""
            case Kind.ROAD:
                return f"按道路和门牌查询：{self.road} {self.number}号"
            case Kind.WORDS:
                joined = "”和“".join(self.words)
                single = any(len(word) == 1 for word in self.words)
                rest = "（单字不查地址）" if single else ""
                return f"按文字查询：名称、曾用名、法定代表人或地址含“{joined}”{rest}"
        names = " 或 ".join(_NAMES[kind] for kind in (self.kind, *self.also))
        return f"按{names}查询：{self.text}"

    def takes_for(self, kind: Kind) -> bool:
        return kind == self.kind or kind in self.also


_NAMES = {
    Kind.CODE: "信用代码、注册号的一部分",
    Kind.PHONE: "联系电话（完整号码）",
    Kind.LETTERS: "名称拼音首字母、名称中的字母",
}
_PHONE = re.compile(r"(?:\+?86[- ]?)?(1\d{10}|0\d{2,3}[- ]?\d{7,8}|\d{7,8}|400\d{7})")
_CODE = re.compile(r"[0-9A-Za-z]{4,18}")
_LETTERS = re.compile(r"[A-Za-z]+")
_ROAD = re.compile(
    r"(?P<road>[\u4e00-\u9fff]\S*?(?:路|街|道|巷|胡同|弄|里|大院|段))"
    r"\s*(?P<number>\d{1,5}(?:[-之附甲乙]\d{1,4})?)\s*号?"
)


def understand(text: str) -> Typed:
    """Return what a search is taken for; `text` is in half-width characters."""
    text = " ".join(text.split())
    if not text:
        return Typed(Kind.NOTHING, "")
    bare = text.replace(" ", "")
    if found := _PHONE.fullmatch(text):
        number = re.sub(r"[- ]", "", found[1])
        is_code = _CODE.fullmatch(bare) is not None
        return Typed(Kind.PHONE, number, also=(Kind.CODE,) if is_code else ())
    if _LETTERS.fullmatch(text):
        is_code = len(text) >= SHORTEST_CODE
        return Typed(Kind.LETTERS, text, also=(Kind.CODE,) if is_code else ())
    if _CODE.fullmatch(bare) and any(c.isdigit() for c in bare):
        return Typed(Kind.CODE, bare.upper(), also=(Kind.LETTERS,))
    if found := _ROAD.fullmatch(text):
        return Typed(
            Kind.ROAD, text, road=found["road"].replace(" ", ""), number=found["number"]
        )
    return Typed(Kind.WORDS, text, words=tuple(text.split()[:5]))
