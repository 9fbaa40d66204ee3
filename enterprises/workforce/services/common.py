"""What the acts of this room share: refusals, two editors, words of the trail."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from enterprises.workforce.rules import insurances_in_words
from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.secrets import EncryptedTextField, mask_id, mask_phone

Row = TypeVar("Row", bound=models.Model)


class Refused(ValidationError):
    """The act may not be done; the message says why and what to do, in Chinese."""

    def __str__(self) -> str:
        return self.messages[0]


class EditedMeanwhile(Exception):
    """Somebody else has saved the row since this person opened it."""

    def __init__(self, current: models.Model):
        super().__init__(str(current))
        self.current = current


def locked(row: Row, edition: int) -> Row:
    """Return the row locked for a change. Raises EditedMeanwhile."""
    found = type(row)._base_manager.select_for_update(of=("self",)).get(pk=row.pk)
    if found.edition != edition:  # type: ignore[attr-defined]
        raise EditedMeanwhile(found)
    return found


def checked_save(row: models.Model, *, exclude: Iterable[str] = ()) -> None:
    """Save a row; what a constraint says becomes a refusal in words."""
    try:
        row.validate_constraints()
        with transaction.atomic():
            row.save()
    except ValidationError as error:
        raise Refused(error.messages[0]) from error
    except IntegrityError as error:
        raise Refused("同一内容刚刚已由他人登记，请刷新后核对。") from error


def changes(row: models.Model, fields: Mapping[str, Any]) -> dict[str, list[str]]:
    """Set fields of a row; return what changed, from and to, in masked words."""
    found = {}
    for name, value in fields.items():
        before = in_words(row, name)
        old = getattr(row, name)
        if old == value:
            continue
        setattr(row, name, value)
        found[name] = [before, in_words(row, name)]
    return found


def keep_change(
    row: Any, changed: Mapping[str, list[str]], verb: str, *, by: User, **said: Any
) -> None:
    """Save a row as its next edition; the trail tells field by field what changed."""
    row.edition += 1
    checked_save(row)
    record(
        verb,
        by=by,
        target=row,
        path=row.enterprise.scope_path,
        before={name: pair[0] for name, pair in changed.items()},
        after={name: pair[1] for name, pair in changed.items()},
        **said,
    )


def in_words(row: models.Model, name: str) -> str:
    """Return a field's value as the trail may keep it: numbers and addresses masked."""
    value = getattr(row, name)
    if value in (None, ""):
        return ""
    field = row._meta.get_field(name)
    if name == "insurances":
        return insurances_in_words(value)
    if name == "id_number":
        return mask_id(value)
    if name == "phone":
        return mask_phone(value)
    if isinstance(field, EncryptedTextField):
        return mask_address(value)
    if getattr(field, "choices", None):
        return str(getattr(row, f"get_{name}_display")())
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value)


def mask_address(address: str) -> str:
    """Show a home as far as its district; the rest is nobody's business (P3)."""
    for ending in ("区", "县", "市"):
        place = address.rfind(ending, 0, 16)
        if 0 < place < len(address) - 1:
            return f"{address[: place + 1]}***"
    return f"{address[:3]}***" if len(address) > 3 else "***"


def not_future(day: date | None, what: str) -> None:
    """Refuse a day that has not come yet."""
    if day and day > timezone.localdate():
        raise Refused(f"{what} {day} 晚于今天，请改正。")
