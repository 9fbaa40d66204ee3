"""How like two units are, for the warning before a second file is opened. Pure."""

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from enterprises.rules import name_key

LIKE = 80  # percent from which two names are shown as alike
_LEGAL_FORM = re.compile(r"(?:股份有限公司|有限公司|公司|个体工商户|商行|经营部)$")


@dataclass(frozen=True, slots=True)
class Likeness:
    """Why two units may be one: the reason in words, and how sure in percent."""

    score: int
    reason: str


def core(name: str) -> str:
    """Return what tells a name apart: without the place before and the form behind."""
    key = name_key(name)
    short = _LEGAL_FORM.sub("", key)
    return short if len(short) >= 2 else key


def likeness(
    name: str, uscc: str, other_name: str, other_uscc: str | None
) -> Likeness | None:
    """Return how like two units are, or None when nobody need look.

    Two different credit codes are two units however alike their names (import-policy
    P16). A branch (…分公司) is not its head office.
    """
    if uscc and other_uscc:
        return Likeness(100, "统一社会信用代码相同") if uscc == other_uscc else None
    if not name:
        return None
    if name_key(name) == name_key(other_name):
        return Likeness(95, "名称相同（不计括号、省市字样和公司形式）")
    if ("分公司" in name) != ("分公司" in other_name):
        return None
    if re.findall(r"\d+", name) != re.findall(r"\d+", other_name):
        return None  # 第3分店 and 第13分店 are two
    score = round(fuzz.ratio(core(name), core(other_name)))
    if score < LIKE:
        return None
    return Likeness(min(score, 94), f"名称相似 {score}%")
