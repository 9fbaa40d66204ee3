"""What every write to the tree goes through: its district's lock, and a refusal."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

LOCKS = 0x47524944  # the class of our advisory locks
ROOTS = 0  # no grid has this key: the lock for handing out tree numbers


class Refused(ValidationError):
    """The tree may not be changed that way; the message says why, in Chinese."""

    def __str__(self) -> str:
        return self.messages[0]


def lock_district(key: int) -> None:
    """Wait for the right to write one district's tree, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCKS, key])


def require_past(day: date, what: str = "生效日期", field: str = "") -> None:
    """Refuse a day that has not come yet: the tree is always that of today.

    `field` is that of a form which the refusal is about.
    """
    if day > timezone.localdate():
        said = f"{what}不能晚于今天，请选择 {timezone.localdate()} 或以前的日期。"
        raise Refused({field: said} if field else said)
