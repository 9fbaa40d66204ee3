"""Encrypted columns, blind indexes to find them by, and masks to show them by.

A value is stored as "version:base64(nonce + ciphertext)". The ciphertext is bound to
its column (associated data), so that it cannot be moved to another one unnoticed.
"""

import base64
import hmac
import os
import unicodedata
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

NONCE = 12  # bytes
TAG = 16  # bytes


class Undecipherable(ValueError):
    """The stored value was altered, moved, or written under a key that is gone."""


@lru_cache(maxsize=4)
def _keys(written: str) -> dict[str, bytes]:
    pairs = (entry.split(":", 1) for entry in written.split())
    return {version: bytes.fromhex(key) for version, key in pairs}


@lru_cache(maxsize=4)
def _newest(written: str) -> tuple[str, bytes]:
    return list(_keys(written).items())[-1]


_aes = lru_cache(maxsize=4)(AESGCM)


def _seal(key: bytes, nonce: bytes, plain: bytes, bound_to: bytes) -> bytes:
    if settings.FIELD_CIPHER == "SM4-GCM":
        sealer = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce)).encryptor()
        sealer.authenticate_additional_data(bound_to)
        return sealer.update(plain) + sealer.finalize() + sealer.tag
    return _aes(key).encrypt(nonce, plain, bound_to)


def _open(key: bytes, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    if settings.FIELD_CIPHER == "SM4-GCM":
        body, tag = sealed[:-TAG], sealed[-TAG:]
        opener = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce, tag)).decryptor()
        opener.authenticate_additional_data(bound_to)
        return opener.update(body) + opener.finalize()
    return _aes(key).decrypt(nonce, sealed, bound_to)


def encrypt(text: str, *, column: str) -> str:
    """Return the stored form of a text, written under the newest key."""
    version, key = _newest(settings.FIELD_KEYS)
    nonce = os.urandom(NONCE)
    sealed = _seal(key, nonce, text.encode(), column.encode())
    return f"{version}:{base64.b64encode(nonce + sealed).decode()}"


def decrypt(stored: str, *, column: str) -> str:
    """Return the text of a stored form. Raises Undecipherable."""
    version, _, body = stored.partition(":")
    try:
        key, raw = _keys(settings.FIELD_KEYS)[version], base64.b64decode(body)
        return _open(key, raw[:NONCE], raw[NONCE:], column.encode()).decode()
    except (KeyError, ValueError, InvalidTag) as error:
        raise Undecipherable(
            f"{column} 中的密文无法解开（密钥版本 {version}）。"
        ) from error


def blind_index(text: str, *, purpose: str) -> str | None:
    """Return a keyed digest to find an encrypted value by, or None for no value.

    Width, case and blanks do not matter. Equal values of one purpose have one digest.
    """
    if not (text.isascii() and text.isalnum()):
        text = "".join(unicodedata.normalize("NFKC", text).split())
    normal = text.upper()
    if not normal:
        return None
    digest = _digester(settings.INDEX_KEY, purpose).copy()
    digest.update(normal.encode())
    return digest.hexdigest()


@lru_cache(maxsize=64)
def _digester(written: str, purpose: str) -> hmac.HMAC:
    """Return the keyed digest of nothing yet; a copy of it takes half the time."""
    return hmac.new(bytes.fromhex(written) + purpose.encode(), None, "sha256")


class EncryptedTextField(models.TextField):
    """A text that only the program can read; empty stays empty."""

    @property
    def column_name(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def from_db_value(self, value, expression, connection):
        return decrypt(value, column=self.column_name) if value else value

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return encrypt(value, column=self.column_name) if value else value


def mask_id(text: str) -> str:
    """Show the area and the last four of an ID number, never the date of birth."""
    if len(text) < 12:
        return "*" * len(text)
    return f"{text[:6]}{'*' * (len(text) - 10)}{text[-4:]}"


def mask_phone(text: str) -> str:
    """Show the first three and last four digits of a telephone number."""
    if len(text) < 8:
        return "*" * len(text)
    return f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}"


def mask_name(text: str) -> str:
    """Show a person's surname only."""
    return text[:1] + "*" * (len(text) - 1)
