"""Accounts as an administrator changes them. One act: one transaction, one event."""

import secrets
from datetime import date

from axes.utils import reset as unlock
from django.core.exceptions import ValidationError
from django.db import transaction

from gridinspect.accounts.models import Person, User
from gridinspect.accounts.services import (
    PASSWORD_FIELDS,
    home_path,
    set_initial_password,
)
from gridinspect.audit.services import record
from grids.models import City, Grid
from grids.services.postings import begin_posting

# No 0/O, 1/l/I: the secret is read from paper and typed once.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@transaction.atomic
def open_account(
    *,
    person: Person,
    username: str,
    by: User,
    role: str = "",
    place: Grid | City | None = None,
    since: date | None = None,
) -> tuple[User, str]:
    """Make an account for a person, with a first post if one is given.

    Return it with the initial secret, which is shown once and must be changed
    within a day.
    """
    person = Person.objects.select_for_update().get(pk=person.pk)
    if User.objects.filter(person=person).exists():
        raise ValidationError(f"{person}已有账号，不能重复开通。")
    if place and since:
        begin_posting(person=person, role=role, place=place, since=since, by=by)
    secret = new_secret()
    user = User(username=username, person=person)
    set_initial_password(user, secret)
    user.full_clean()
    user.save()
    record("account.opened", by=by, target=user, path=_path(user), username=username)
    return user, secret


@transaction.atomic
def open_account_for_new_person(
    *, name: str, id_number: str, phone: str, by: User, **account: object
) -> tuple[User, str]:
    """Make an account for somebody who may be unknown so far.

    With an ID number that is known already, the account is that person's, provided
    that the name is the same.
    """
    person = Person.objects.by_id_number(id_number).first() if id_number else None
    if person and person.name != name:
        raise ValidationError(
            {"id_number": "该身份证号已登记在其他姓名下，请核对姓名和号码。"}
        )
    if person is None:
        person = Person(name=name)
        person.set_id_number(id_number)
        person.set_phone(phone)
        person.save()
    return open_account(person=person, by=by, **account)  # type: ignore[arg-type]


@transaction.atomic
def set_active(*, user: User, active: bool, by: User) -> None:
    """Let an account sign in, or end its sessions and keep it out at once."""
    _require_another(user, by)
    if user.is_active == active:
        return
    user.is_active = active
    user.save(update_fields=["is_active"])
    verb = "account.enabled" if active else "account.disabled"
    record(verb, by=by, target=user, path=_path(user))


@transaction.atomic
def reset_password(*, user: User, by: User) -> str:
    """Replace the password by a secret that is shown once, and lift a lock-out."""
    _require_another(user, by)
    secret = new_secret()
    set_initial_password(user, secret)
    user.save(update_fields=PASSWORD_FIELDS)
    unlock(username=user.username)
    record("account.password_reset", by=by, target=user, path=_path(user))
    return secret


def new_secret() -> str:
    """Return a random initial password of 16 characters in four groups (79 bits)."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def _require_another(user: User, by: User) -> None:
    if user == by:
        raise ValidationError("不能停用或者重置自己的账号，请由其他管理员办理。")


def _path(user: User) -> str:
    """Return the account's place; of one that is just made or disabled, too."""
    fresh = User.objects.select_related("person").get(pk=user.pk)
    fresh.is_active = True  # in memory only: a disabled account stands nowhere
    return home_path(fresh)
