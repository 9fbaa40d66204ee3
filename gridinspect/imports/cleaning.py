"""From what stands in a cell to a value. Pure functions, no database, no clock.

A cleaner takes the raw cell and a `Setting` and returns the value, or None for an
empty cell. It raises `Rejected` when the cell cannot be understood, and returns
`Warned` when it can but the user should know. Nothing is guessed or silently dropped.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from gridinspect.accounts.rules import FEMALE, MALE, CitizenIdError, check_citizen_id


@dataclass(frozen=True, slots=True)
class Setting:
    """What a cell's meaning depends on besides the cell."""

    today: date
    date1904: bool = False


class Rejected(ValueError):
    """A cell that cannot go in: `code` for machines, `message` with the remedy."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Warned:
    """A value that goes in, with something the user should know."""

    value: Any
    code: str
    message: str


class CellFault(str):
    """A cell without a value: an Excel error such as #N/A, or an uncomputed formula."""

    __slots__ = ()


FORMULA = CellFault("formula")

Cleaner = Callable[[Any, Setting], Any]

# ---- text (P4) -----------------------------------------------------------------------

# Full-width ASCII becomes half-width; what cannot be seen goes or becomes a blank.
_INVISIBLE = (
    "\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\ufeff\u00ad"
    "\u202a\u202b\u202c\u202d\u202e"
)
_TABLE: dict[int, Any] = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)}
_TABLE |= {ord(c): None for c in _INVISIBLE}
_TABLE |= {ord(c): " " for c in "\u3000\u00a0\u2002\u2003\u2007\u2009\u202f"}
_TABLE |= {c: None for c in range(32) if c not in (9, 10, 13)} | {127: None}
_BLANKS = re.compile(r"\s+")
_SIMPLE = re.compile(r"[0-9A-Za-z\u4e00-\u9fff]+").fullmatch
_LINE_BREAKS = re.compile(r"\s*[\r\n\t]+\s*")
_WRAPPER = re.compile(r'^="(.*)"$', re.DOTALL)
_EMPTY = frozenset(("", "-", "--", "—", "——", "－", "/", "\\", "无", "暂无", "N/A"))
_SCIENTIFIC = re.compile(r"^\d(?:\.\d+)?[Ee]\+?\d{1,3}$")


def plain(raw: Any) -> str:
    """Return a cell as the text a person sees, cleaned at both ends.

    An apostrophe, a tab or ="…" around the text are wrappers that keep Excel from
    turning digits into a number; they are not content.
    """
    if raw is None:
        return ""
    if type(raw) is not str:
        return _shown(raw)
    if _SIMPLE(raw):
        return raw
    text = raw.translate(_TABLE).strip()
    wrapped = _WRAPPER.match(text)
    if wrapped:
        text = wrapped.group(1).strip()
    return text.lstrip("'").strip() if text[:1] == "'" else text


def _shown(raw: Any) -> str:
    if isinstance(raw, CellFault):
        return str(raw)
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 1e15:
        return str(int(raw))
    if isinstance(raw, datetime):
        return raw.date().isoformat() if raw.time() == time() else raw.isoformat(" ")
    if isinstance(raw, (date, time)):
        return raw.isoformat()
    return str(raw)


def is_empty(raw: Any) -> bool:
    """Tell whether a cell of an optional column says that there is nothing (P3)."""
    return raw is None or raw == "" or (type(raw) is str and plain(raw) in _EMPTY)


def _value(raw: Any) -> str:
    """Return the plain text of a cell that must have a value, "" when it is empty."""
    if type(raw) is str and _SIMPLE(raw):  # by far the most frequent
        return "" if raw in _EMPTY else raw
    if isinstance(raw, CellFault):
        if raw == FORMULA:
            raise Rejected(
                "formula_without_value",
                "公式没有存储计算结果，请在Excel中打开并保存，或粘贴为数值后重传。",
            )
        raise Rejected("cell_error", f"单元格是错误值{raw}，请改为实际内容。")
    text = plain(raw)
    return "" if text in _EMPTY else text


def text(limit: int = 500) -> Cleaner:
    """Make a cleaner for free text of at most `limit` characters on one line."""

    def clean(raw: Any, setting: Setting) -> str | None:
        value = _value(raw)
        if not value.isalnum():
            value = _BLANKS.sub(" ", value)
        if len(value) > limit:
            raise Rejected("too_long", f"超过{limit}个字，请缩短。")
        return value or None

    return clean


def title(limit: int = 200) -> Cleaner:
    """Make a cleaner for names of units, places and addresses: line breaks go."""

    def clean(raw: Any, setting: Setting) -> str | None:
        value = _value(raw)
        if not value.isalnum():
            value = _BLANKS.sub(" ", _LINE_BREAKS.sub("", value))
        if len(value) > limit:
            raise Rejected("too_long", f"超过{limit}个字，请缩短。")
        return value or None

    return clean


_full_title = title(200)
_ONLY_DIGITS = re.compile(r"^[\W\d_]+[人名家个户]?$")


def unit_name(raw: Any, setting: Setting) -> str | None:
    """Return the name of a unit; digits and punctuation alone are no name."""
    value = _full_title(raw, setting)
    if value and (len(value) < 2 or _ONLY_DIGITS.match(value)):
        raise Rejected("name_invalid", "不像单位名称，请按证照填写全称。")
    return value


_CJK_GAP = re.compile(
    r"(?<=[\u3400-\u9fff\U00020000-\U0003ffff])\s+(?=[\u3400-\u9fff\U00020000-\U0003ffff])"
)
_PERSON = re.compile(
    r"^(?:[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇]+"
    r"(?:·[\u3400-\u9fff\U00020000-\U0003ffff]+)*|[A-Za-zÀ-ž][A-Za-zÀ-ž .'·-]*)$"
)
_MIDDLE_DOTS = str.maketrans("•・‧∙⋅．●", "·······")


def person_name(raw: Any, setting: Setting) -> str | None:
    """Return a person's name; a Chinese one loses its inner blanks (张　伟 = 张伟)."""
    value = _value(raw).translate(_MIDDLE_DOTS)
    value = _CJK_GAP.sub("", _BLANKS.sub(" ", value))
    if not value:
        return None
    value = re.sub(r"\s*·\s*", "·", value)
    if len(value) < 2 or len(value) > 50 or not _PERSON.match(value):
        raise Rejected("name_invalid", "不像姓名，请填写身份证上的姓名。")
    return value


# ---- numbers that are names (P5-P7, P15) ---------------------------------------------


def _digits(raw: Any, code: str, words: str) -> str:
    """Return the text of a long number, refusing one that Excel has rounded (P7).

    A number cell keeps 15 digits; more are lost even when the check character fits.
    """
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        if raw < 1e15 and raw == int(raw):
            return str(int(raw))
    else:
        value = _value(raw).replace(" ", "")
        if not _SCIENTIFIC.match(value):
            return value
    raise Rejected(
        code,
        f"{words}被Excel存成了数字，末几位已丢失，请把该列设为文本后按证件重新填写。",
    )


def citizen_id(raw: Any, setting: Setting) -> str | Warned | None:
    """Return an 18-character identity number (GB 11643); 15 digits are converted.

    Source: import-policy P5-P7.
    """
    number = _digits(raw, "id_precision_lost", "身份证号").replace("-", "")
    number = number.upper() if number.isalnum() else re.sub(r"\s", "", number).upper()
    if not number:
        return None
    if number.endswith(".0") and number[:-2].isdigit():
        number = number[:-2]
    try:
        bearer = check_citizen_id(number, today=setting.today)
    except CitizenIdError as fault:
        if fault.code == "id_check_digit" and number.endswith("000"):
            raise Rejected(
                "id_precision_lost",
                "身份证号末三位为000且校验位不符，疑被Excel截断，请按证件以文本重填。",
            ) from None
        raise Rejected(fault.code, fault.message) from None
    if bearer.from_15_digits:
        return Warned(
            bearer.number, "id_15_converted", "15位身份证号已换算为18位，请核对。"
        )
    return bearer.number


def code_text(code: str, words: str) -> Cleaner:
    """Make a cleaner for a registration code: upper case, without blanks inside.

    `code` is the reason given when Excel has rounded the number, `words` its name.
    """

    def clean(raw: Any, setting: Setting) -> str | None:
        value = _digits(raw, code, words)
        if not value.isalnum():
            value = re.sub(r"[\s-]", "", value)
        return value.upper() or None

    return clean


_MOBILE = re.compile(r"^1[3-9]\d{9}$")
_LANDLINE = re.compile(r"^(?:0\d{2,3}-?)?\d{7,8}(?:-\d{1,6})?$")
_SERVICE = re.compile(r"^(?:[48]00-?\d{3}-?\d{4}|1\d{4,5})$")


def phone(raw: Any, setting: Setting) -> str | None:
    """Return a mobile, landline, 400 or service number; a number cell shows no .0."""
    value = _digits(raw, "phone_precision_lost", "电话")
    if _MOBILE.match(value):
        return value
    value = re.sub(r"[()]", "-", value)
    value = re.sub(r"[—–－]", "-", re.sub(r"\s", "", value)).strip("-")
    value = value.removesuffix(".0")
    if not value:
        return None
    mobile = re.sub(r"^(?:\+?86|0086)-?(?=1[3-9])", "", value).replace("-", "")
    if _MOBILE.match(mobile):
        return mobile
    value = re.sub(r"-+", "-", re.sub(r"(?:转|分机)", "-", value))
    if _LANDLINE.match(value) or _SERVICE.match(value):
        return value
    if re.search(r"\d{7,}[/、,;，；]\d{7,}", value):
        raise Rejected("phone_several", "只能填一个电话号码，其余请写入备注。")
    raise Rejected(
        "phone_invalid", "电话号码不完整或多位，手机应为11位，座机应为区号加7至8位。"
    )


def gender(raw: Any, setting: Setting) -> str | None:
    """Return 男 or 女."""
    value = _value(raw).lower()
    if not value:
        return None
    if value in ("男", "男性", "m", "male", "1"):
        return MALE
    if value in ("女", "女性", "f", "female", "2"):
        return FEMALE
    raise Rejected("gender_invalid", "性别只能填“男”或“女”。")


# ---- numbers of people (P17) ---------------------------------------------------------


def headcount(raw: Any, setting: Setting) -> int | None:
    """Return a whole number of people; 约50, 三十, 12.5 and -3 are not understood."""
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        number = float(raw)
    else:
        value = re.sub(r"\s", "", _value(raw))
        if not value:
            return None
        value = re.sub(r"[人名个]$", "", value)
        if not re.fullmatch(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?", value):
            raise Rejected("headcount_invalid", "人数应填阿拉伯数字整数，如“35”。")
        number = float(value.replace(",", ""))
    if number < 0:
        raise Rejected("headcount_negative", "人数不能为负数。")
    if number != int(number):
        raise Rejected("headcount_not_whole", "人数应为整数。")
    if number > 9_999_999:
        raise Rejected("headcount_too_large", "人数过大，请核对。")
    return int(number)


# ---- money ---------------------------------------------------------------------------

_SUM = re.compile(r"(-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?)(万)?")


def yuan(code: str, words: str, *, below: float = 1e11) -> Cleaner:
    """Make a cleaner for an amount in yuan; returns it as it is stored, "4500.00".

    ¥4,500.00, 4500元 and 1.2万元 are understood.
    """

    def clean(raw: Any, setting: Setting) -> str | None:
        if isinstance(raw, (int, float)) and not isinstance(raw, bool):
            number = Decimal(repr(raw))
        else:
            value = re.sub(r"[元￥¥\s]|人民币|/月|每月", "", _value(raw))
            if not value:
                return None
            found = _SUM.fullmatch(value)
            if not found:
                raise Rejected(f"{code}_invalid", f"{words}应填数字（元），如“4500”。")
            number = Decimal(found[1].replace(",", "")) * (10_000 if found[2] else 1)
        if number < 0:
            raise Rejected(f"{code}_negative", f"{words}不能为负数。")
        if number >= below:
            raise Rejected(f"{code}_too_large", f"{words}过大，请核对单位是否为元。")
        return f"{number:.2f}"

    return clean


def decimal_degrees(raw: Any, setting: Setting) -> float | None:
    """Return a coordinate in decimal degrees."""
    value = raw if type(raw) is float else _value(raw)
    if value == "":
        return None
    try:
        number = float(value)
    except ValueError:
        number = 999.0
    if not -180 <= number <= 180:
        raise Rejected("coordinate_invalid", "经纬度应填十进制度数，如113.6401。")
    return number


# ---- dates (P8) ----------------------------------------------------------------------


class MonthDate(date):
    """The first of a month whose day nobody wrote: compare by year and month only."""


_NUMERAL = {c: str(n) for n, c in enumerate("〇一二三四五六七八九")}
_NUMERAL |= {"零": "0", "○": "0", "Ｏ": "0", "O": "0"}
_CHINESE_DATE = re.compile(
    r"^([〇零○O一二三四五六七八九]{4}|[〇零○O一二三四五六七八九]{2})年"
    r"([一二三四五六七八九十]{1,3})月(?:([一二三四五六七八九十]{1,3})[日号]?)?$"
)
_DATE = re.compile(
    r"^(\d{4}|\d{2})(?:年|[-/.,、\\])(\d{1,2})(?:(?:月|[-/.,、\\])(?:(\d{1,2})日?)?)?"
    r"(?:[ T]?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?$"
)
_AMBIGUOUS = "写成了数字，看不出是几月几日，请写成“1985-03-07”的样子。"


def day(raw: Any, setting: Setting) -> date | None:
    """Return the date in a cell: date cells, serials and the spellings of P8.

    Year and month without a day come back as `MonthDate`.
    """
    if isinstance(raw, datetime):
        return _plausible(raw.date())
    if isinstance(raw, date):
        return _plausible(raw)
    if isinstance(raw, (bool, time, timedelta)):
        raise Rejected("date_invalid", "不是日期，请写成“1985-03-07”的样子。")
    if isinstance(raw, (int, float)):
        return _from_number(raw, setting)
    value = re.sub(r"\s+(?![\d]{1,2}:)", "", _value(raw))
    return _from_text(value, setting) if value else None


def _from_number(raw: float, setting: Setting) -> date:
    whole = int(raw)
    if raw == whole and 1e7 <= whole < 1e8:
        return _from_text(str(whole), setting)
    if raw == whole and 190001 <= whole <= 210012:
        return _from_text(str(whole), setting)
    if 1900 <= raw < 2101:  # 1985.1 may have been 1985.10, 1985 a bare year
        raise Rejected("date_ambiguous", _AMBIGUOUS)
    if not 1 <= whole <= 60000:
        raise Rejected("date_invalid", "不是日期，请写成“1985-03-07”的样子。")
    if setting.date1904:
        return _plausible(date(1904, 1, 1) + timedelta(days=whole))
    if whole == 60:  # Excel's 29 February 1900, which never was
        raise Rejected("date_invalid", "1900年没有2月29日，请核对。")
    base = date(1899, 12, 30) if whole > 60 else date(1899, 12, 31)
    return _plausible(base + timedelta(days=whole))


def _from_text(value: str, setting: Setting) -> date:
    if value.isascii() and value.isdigit():
        if len(value) == 8:
            return _date(value[:4], value[4:6], value[6:], setting)
        if len(value) == 6 and value[:2] in ("19", "20"):
            return _date(value[:4], value[4:], None, setting)
        if len(value) == 5:  # a serial that was saved as text, as CSV does
            return _from_number(int(value), setting)
    chinese = _CHINESE_DATE.match(value)
    if chinese:
        year, month, dom = chinese.groups()
        digits = "".join(_NUMERAL[c] for c in year)
        return _date(digits, _tens(month), _tens(dom) if dom else None, setting)
    match = _DATE.match(value)
    if not match:
        raise Rejected("date_invalid", "看不懂的日期，请写成“1985-03-07”的样子。")
    year, month, dom = match.groups()
    if dom is None and len(year) == 2:
        raise Rejected("date_ambiguous", "缺少年、月或日，请写成“1985-03-07”的样子。")
    return _date(year, month, dom, setting)


def _tens(numeral: str) -> str:
    """Return the digits of a Chinese numeral up to 99 (十二 = 12, 三十一 = 31)."""
    if "十" not in numeral:
        return "".join(_NUMERAL[c] for c in numeral)
    tens, _, ones = numeral.partition("十")
    if "十" in ones or len(tens) > 1 or len(ones) > 1:
        return "99"  # no such day: refused by the calendar
    return _NUMERAL.get(tens, "1") + _NUMERAL.get(ones, "0")


def _date(year: str, month: str, dom: str | None, setting: Setting) -> date:
    number = int(year)
    if len(year) == 2:  # 85 is 1985, 13 is 2013: never a year to come
        number += 2000 if 2000 + number <= setting.today.year else 1900
    try:
        if dom is None:
            found: date = MonthDate(number, int(month), 1)
        else:
            found = date(number, int(month), int(dom))
    except ValueError:
        raise Rejected("date_invalid", "没有这一天，请核对日期。") from None
    return _plausible(found)


def _plausible(found: date) -> date:
    if not 1900 <= found.year <= 2100:
        raise Rejected("date_invalid", "年份不在1900至2100之间，请核对日期。")
    return found


def past_day(raw: Any, setting: Setting) -> date | None:
    """Return a date that cannot lie in the future, such as a birth or a founding."""
    found = day(raw, setting)
    if found and found > setting.today:
        raise Rejected("date_future", "日期晚于今天，请核对。")
    return found


def month(raw: Any, setting: Setting) -> date | None:
    """Return the first day of the month in a cell: 2026-03, 2026年3月, a day of it."""
    found = day(raw, setting)
    return date(found.year, found.month, 1) if found else None


def choice(words: dict[str, str], code: str, message: str) -> Cleaner:
    """Make a cleaner for a closed list: what may be written → what is stored."""

    def clean(raw: Any, setting: Setting) -> str | None:
        value = re.sub(r"\s", "", _value(raw))
        if not value:
            return None
        try:
            return words[value]
        except KeyError:
            raise Rejected(code, message) from None

    return clean
