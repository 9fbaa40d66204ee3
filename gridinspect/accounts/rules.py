"""The citizen identity number (公民身份号码). Pure functions, no database, no clock."""

from dataclasses import dataclass
from datetime import date
from operator import mul

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
MALE, FEMALE = "男", "女"

# GB/T 2260 gives the first two digits to provinces; 81-83 are residents' permits of
# Hong Kong, Macao and Taiwan. The other four change and lapse: never tested.
PROVINCES = frozenset(
    str(number)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65))
    for number in range(first, last + 1)
) | {"71", "81", "82", "83", "91"}


class CitizenIdError(ValueError):
    """A number that cannot be a citizen ID; `code` names the fault for machines."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class CitizenId:
    """A checked identity number of 18 characters and what it says about its bearer."""

    number: str
    birth_date: date
    gender: str
    from_15_digits: bool = False


def citizen_id_check_character(body: str) -> str:
    """Return the 18th character that belongs to the first 17 digits.

    Source: GB 11643-1999 (公民身份号码).
    """
    if len(body) != len(WEIGHTS):
        raise ValueError(f"{len(WEIGHTS)} digits are wanted.")
    return CHECK_CHARACTERS[sum(map(mul, map(int, body), WEIGHTS)) % 11]


def _lengthened(number: str) -> str:
    """Return the 18 characters of a number of 15 digits."""
    if not (number.isascii() and number.isdigit()):
        raise CitizenIdError("id_format", "15位身份证号应全部为数字，请核对。")
    body = number[:6] + "19" + number[6:]
    return body + citizen_id_check_character(body)


def check_citizen_id(text: str, *, today: date) -> CitizenId:
    """Return the identity number with birth date and gender read from it.

    Takes 18 characters, or the 15 digits issued before 1999, which become 18
    (19 is put before the year, the check character behind). Abolished area codes
    are good. Blanks and hyphens must be gone already; a lower-case x is taken.

    Source: GB 11643-1999. Raises CitizenIdError with what is wrong and the remedy.
    """
    old = len(text) == 15
    number = _lengthened(text) if old else text.upper()
    if len(number) != 18:
        raise CitizenIdError(
            "id_length", f"身份证号应为18位，现为{len(number)}位，请对照证件补正。"
        )
    body = number[:17]
    last_is_known = number[17] in CHECK_CHARACTERS
    if not (body.isascii() and body.isdigit() and last_is_known):
        raise CitizenIdError(
            "id_format", "身份证号前17位应为数字，末位为数字或X，请对照证件改正。"
        )
    if number[:2] not in PROVINCES:
        raise CitizenIdError("id_area", "身份证号前两位不是省级代码，请对照证件改正。")
    born = _birth_date(number, today)
    if citizen_id_check_character(body) != number[17]:
        raise CitizenIdError(
            "id_check_digit", "身份证号校验位不符（GB 11643），请对照证件逐位核对。"
        )
    gender = MALE if int(number[16]) % 2 else FEMALE
    return CitizenId(number, born, gender, old)


def _birth_date(number: str, today: date) -> date:
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise CitizenIdError(
            "id_birth_date", "身份证号中的出生日期不存在，请对照证件改正。"
        ) from None
    if born > today:
        raise CitizenIdError(
            "id_birth_date_future", "身份证号中的出生日期晚于今天，请对照证件改正。"
        )
    return born


def is_citizen_id(text: str, *, today: date) -> bool:
    """Tell whether a string is a well-formed identity number of 15 or 18 characters."""
    try:
        check_citizen_id(text, today=today)
    except CitizenIdError:
        return False
    return True
