"""Signing in and out, and the password. Each leaves one event in the audit trail."""

from datetime import timedelta

from django.contrib.auth import login, logout, update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from gridinspect.secrets import mask_name

INITIAL_LIFE = timedelta(hours=24)
PASSWORD_FIELDS = ("password", "must_change_password", "initial_until")


def set_initial_password(user: User, secret: str) -> None:
    """Give an account a secret that lets its owner in once, within a day. Not saved."""
    user.set_password(secret)
    user.must_change_password = True
    user.initial_until = timezone.now() + INITIAL_LIFE


def sign_in(request: HttpRequest, *, user: User) -> None:
    """Open a session under a new key for a person whose password was right."""
    with transaction.atomic():
        login(request, user)
        record(
            "account.signed_in",
            by=user,
            target=user,
            path=home_path(user),
            address=address(request),
        )


def sign_out(request: HttpRequest, *, reason: str = "") -> None:
    """End the session; `reason` says why when the person did not ask for it."""
    user = request.user
    with transaction.atomic():
        if user.is_authenticated:
            record(
                "account.signed_out",
                by=user,
                target=user,
                path=home_path(user),
                address=address(request),
                reason=reason,
            )
        logout(request)


@transaction.atomic
def note_failed_sign_in(request: HttpRequest, *, username: str, locked: bool) -> None:
    """Record that somebody did not get in.

    A name that is no account is kept masked: people type passwords into that field.
    """
    user = User.objects.filter(username=username).first()
    system = User.objects.system()
    record(
        "account.locked" if locked else "account.sign_in_failed",
        by=user or system,
        target=user or system,
        path=home_path(user) if user else "",
        address=address(request),
        username=username if user else mask_name(username[:60]),
    )


@transaction.atomic
def change_password(request: HttpRequest, *, password: str, by: User) -> None:
    """Set one's own password; every other session of the account ends."""
    by.set_password(password)
    by.must_change_password, by.initial_until = False, None
    by.save(update_fields=PASSWORD_FIELDS)
    update_session_auth_hash(request, by)
    record("account.password_changed", by=by, target=by, path=home_path(by))


def home_path(user: User) -> str:
    """Return the path under which an auditor of the account's place finds its acts."""
    return min(user.scope_paths(), key=len, default="")


def address(request: HttpRequest) -> str:
    return request.META.get("REMOTE_ADDR", "")
