"""What the standards say about the names and numbers of units. Pure, no database."""

import re
from collections.abc import Sequence
from functools import lru_cache
from operator import mul

# GB 32100-2015 leaves out I, O, S, V and Z, which are too easily misread.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_CHARACTERS = frozenset(ALPHABET)
_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))

_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


class CodeError(ValueError):
    """A registration code that cannot be right; `code` names the fault for machines."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
        self.message = message


def uscc_check_character(body: str) -> str:
    """Return the 18th character that belongs to the first 17 of a credit code.

    Source: GB 32100-2015 (法人和其他组织统一社会信用代码编码规则).
    Raises KeyError for a character outside the code's alphabet.
    """
    if len(body) != len(_WEIGHTS):
        raise ValueError(f"{len(_WEIGHTS)} characters are wanted.")
    return ALPHABET[-sum(map(mul, map(_VALUE.__getitem__, body), _WEIGHTS)) % 31]


def check_uscc(text: str) -> str:
    """Return the credit code (统一社会信用代码) in upper case.

    The area part (3-8) is the registering authority's and may be abolished: it is
    not compared with anything. Some issued codes fail the check character, so a form
    may let a person override `uscc_check_digit` after looking at the licence.

    Source: GB 32100-2015. Raises CodeError with what is wrong and the remedy.
    """
    code = text.upper()
    if len(code) != 18:
        raise CodeError(
            "uscc_length", f"统一社会信用代码应为18位，现为{len(code)}位，请核对证照。"
        )
    if not _CHARACTERS.issuperset(code):
        strange = sorted({c for c in code if c not in _VALUE})
        raise CodeError(
            "uscc_format",
            f"统一社会信用代码不使用“{'、'.join(strange)}”"
            "（没有字母I、O、S、V、Z），请核对证照。",
        )
    if uscc_check_character(code[:17]) != code[17]:
        raise CodeError(
            "uscc_check_digit",
            "统一社会信用代码校验位不符（GB 32100），请对照证照逐位核对。",
        )
    return code


def is_uscc(text: str) -> bool:
    """Tell whether a string is a well-formed 18-character credit code."""
    try:
        check_uscc(text)
    except CodeError:
        return False
    return True


def organisation_code_check_character(body: str) -> str:
    """Return the ninth character of an organisation code from its first eight.

    Source: GB 11714-1997 (全国组织机构代码编制规则).
    """
    total = sum(
        int(c, 36) * w for c, w in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    return "0X987654321"[total % 11]


def check_organisation_code(text: str) -> str:
    """Return an organisation code (组织机构代码) as nine characters without the dash.

    Source: GB 11714-1997. Raises CodeError.
    """
    code = text.upper().replace("-", "")
    if not re.fullmatch(r"[0-9A-Z]{8}[0-9X]", code):
        raise CodeError(
            "organisation_code_format",
            "组织机构代码应为8位本体代码加1位校验码，请核对证书。",
        )
    if organisation_code_check_character(code[:8]) != code[8]:
        raise CodeError(
            "organisation_code_check_digit",
            "组织机构代码校验码不符（GB 11714），请核对证书。",
        )
    return code


def old_registration_check_digit(body: str) -> str:
    """Return the fifteenth digit of an old business licence number.

    Source: GS 15-2006 (工商行政管理注册号编制规则), which is the hybrid
    MOD 11, MOD 10 system of GB/T 17710.
    """
    remainder = 10
    for digit in map(int, body):
        remainder = 2 * ((remainder + digit) % 10 or 10) % 11
    return str((11 - remainder) % 10)


def check_old_registration_number(text: str) -> str:
    """Return an old licence number (注册号) of 13 digits, or of 15 with a right check.

    Source: GS 15-2006; thirteen digits were used before it. Raises CodeError.
    """
    number = text.strip()
    if not (number.isascii() and number.isdigit() and len(number) in (13, 15)):
        raise CodeError(
            "old_registration_format", "注册号应为13位或15位数字，请核对旧执照。"
        )
    if len(number) == 15 and old_registration_check_digit(number[:14]) != number[14]:
        raise CodeError(
            "old_registration_check_digit", "15位注册号校验位不符，请核对旧执照。"
        )
    return number


_PUNCTUATION = re.compile(r"[^0-9A-Z\u3400-\u9fff]+")
_FULL_WIDTH = re.compile("[\uff01-\uff5e]").search
_HALF_WIDTH = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)}

# 省 before a city is dropped with the province's name; 市 is dropped where it ends a
# city's name (郑州市), not where it belongs to a word (上海市场, 城市花园).
_PROVINCE_AND_CITY = re.compile(r"^[\u4e00-\u9fff]{2,3}省(?=[^市省]{2,3}市)")
_PROVINCE = re.compile(r"^([\u4e00-\u9fff]{2,3})省")
_CITY = re.compile(r"^([^市]{2,3})市(?![场政民容值井区])")


# What the lists of other departments call a status, the graver first; 吊销，未注销 is
# revoked. "非正常" of the tax office says nothing of whether a unit is still there.
LISTED_STATUSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("revoked", ("吊销",)),
    ("cancelled", ("注销", "撤销")),
    ("suspended", ("停业", "歇业")),
    ("open", ("存续", "在营", "开业", "在业", "在册")),
)


def listed_status(words: str) -> str:
    """Return which status of ours a list's words mean, "" when they leave it open."""
    for status, signs in LISTED_STATUSES:
        if any(sign in words for sign in signs):
            return status
    return ""


CLOSED_STATUSES = ("suspended", "cancelled", "revoked")  # what a list may know better


def status_apart(listed: str, ours: str, *, open_statuses: Sequence[str]) -> bool:
    """Tell whether a list and our register disagree on whether a unit is open.

    Of what has moved away, or could not be found, a list knows nothing.
    """
    if listed in CLOSED_STATUSES:
        return ours in open_statuses
    return listed == "open" and ours in CLOSED_STATUSES


def grids_apart(one: str, other: str) -> bool:
    """Tell whether of two grids, by their paths, neither lies in the other."""
    return not one.startswith(other) and not other.startswith(one)


@lru_cache(maxsize=16_384)
def name_key(name: str) -> str:
    """Return what two spellings of one unit's name have in common.

    Names that are equal up to brackets and punctuation, the words 省 and 市 at their
    beginning (河南省郑州市甲 = 郑州甲) and 有限公司/有限责任公司 give the same key. A
    branch (…分公司) keeps its own. The same key means a possible duplicate, no more.
    """
    if _FULL_WIDTH(name):
        name = name.translate(_HALF_WIDTH)
    key = _PUNCTUATION.sub("", name.upper())
    if "省" in key[:4]:
        key = _PROVINCE_AND_CITY.sub("", key)
        key = _PROVINCE.sub(r"\1", key)
    if "市" in key[:4]:
        key = _CITY.sub(r"\1", key)
    return key.replace("有限责任公司", "有限公司")
