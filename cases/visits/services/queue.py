"""The queue of a phone without signal: what it is sealed with, and how it is opened.

A visit that is filled in without signal waits on the phone in IndexedDB, sealed with
AES-256-GCM under a key that the server derives for the account and hands out only to a
signed-in session. The page keeps the key in the memory of the tab (sessionStorage) and
forgets it on signing out; on the disk there is ciphertext only.

It protects what was written against whoever finds the phone, against other programs and
against the next person who signs in on it: without the session nothing can be read, and
each account opens only its own. The identifier of the record is bound to the
ciphertext, so that a record cannot be sent again as another one.

It does not protect against somebody who holds the phone unlocked while the session
lasts, against a phone that is under foreign control, or against the office itself: the
server can open every queue, as it must to record it.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gridinspect.accounts.models import User
from gridinspect.secrets import blind_index

KIND = "gridinspect-visits"
NONCE = 12  # bytes
MOST = 500  # records of one file


class NotOpened(ValueError):
    """A queue or a record of it cannot be read; the message says why, in Chinese."""


def queue_key(user: User) -> str:
    """Return the key of the account's queue, in hexadecimal digits."""
    return str(blind_index(f"user{user.pk}", purpose="visits.queue"))


def owner_mark(user: User) -> str:
    """Return the mark by which a phone tells whose records it keeps."""
    return str(blind_index(f"user{user.pk}", purpose="visits.owner"))[:16]


def read_file(content: bytes) -> list[Mapping[str, Any]]:
    """Return the sealed records of a file that a phone has written."""
    try:
        data = json.loads(content)
        known = data["kind"] == KIND and data["version"] == 1
        records = data["records"]
        if not known or not all(isinstance(one, dict) for one in records):
            raise NotOpened("这不是走访页导出的未上传记录文件，请重新选择。")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        if isinstance(error, NotOpened):
            raise
        raise NotOpened("文件无法识别：请选择走访页导出的未上传记录文件。") from error
    if len(records) > MOST:
        raise NotOpened(f"一次最多上传 {MOST} 条记录，请在手机上分批导出。")
    return list(records)


def open_record(sealed: Mapping[str, Any], *, by: User) -> tuple[UUID, dict[str, Any]]:
    """Return the key of a record and what it says. Raises NotOpened."""
    try:
        key = UUID(str(sealed["id"]))
        nonce = base64.b64decode(str(sealed["iv"]), validate=True)
        body = base64.b64decode(str(sealed["data"]), validate=True)
    except (KeyError, ValueError) as error:
        raise NotOpened("记录已损坏，无法识别。") from error
    if sealed.get("owner") != owner_mark(by):
        raise NotOpened("这条记录由另一个账号填写，请用那个账号登录后上传。")
    try:
        cipher = AESGCM(bytes.fromhex(queue_key(by)))
        plain = cipher.decrypt(nonce, body, str(key).encode())
        said = json.loads(plain)
    except (InvalidTag, ValueError, RecursionError) as error:
        raise NotOpened("记录已损坏或被改动，无法解开。") from error
    if not isinstance(said, dict):
        raise NotOpened("记录已损坏，无法识别。")
    return key, said


def seal_record(key: UUID, said: Mapping[str, Any], *, by: User, iv: bytes) -> dict:
    """Seal a record as a phone does; for tests and tools."""
    cipher = AESGCM(bytes.fromhex(queue_key(by)))
    body = cipher.encrypt(iv, json.dumps(said).encode(), str(key).encode())
    return {
        "id": str(key),
        "owner": owner_mark(by),
        "iv": base64.b64encode(iv).decode(),
        "data": base64.b64encode(body).decode(),
    }
