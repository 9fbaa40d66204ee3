"""The audit trail: its only door in, and what may be read out of it."""

import hashlib
import json
from collections.abc import Iterable
from datetime import timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.audit.models import Event, Seal

SETTLED = timedelta(seconds=60)  # by then a transaction that began earlier is over
GENESIS = "0" * 64


def record(
    verb: str,
    *,
    by: User,
    target: Model,
    path: str | None = None,
    rows: Iterable[object] = (),
    **data: object,
) -> Event:
    """Note that a person did something to an object.

    Call it inside the transaction that does the thing, so that neither can be saved
    without the other. Verbs read "noun.past": "case.filed", "enterprise.imported".
    `path` is the place it happened in, `rows` the objects of a bulk act.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"audit.record({verb!r}) was called outside a transaction.")
    return Event.objects.create(
        actor=by,
        actor_name=str(by),
        verb=verb,
        target_type=target._meta.label,
        target_id=str(target.pk),
        target_name=str(target)[:200],
        path=getattr(target, "scope_path", "") if path is None else path,
        data=_plain(data),
        rows=_plain(list(rows)),
    )


def history(target: Model) -> QuerySet[Event]:
    """Return what has been recorded about an object, latest first."""
    return Event.objects.about(target).order_by("-at", "-pk")


def events_visible_to(user: User) -> QuerySet[Event]:
    """Return the events that an auditor may read, latest first."""
    return Event.objects.visible_to(user).order_by("-at", "-pk")


def _plain(data: object) -> object:
    return json.loads(json.dumps(data, cls=DjangoJSONEncoder, default=str))


# --- the chain ------------------------------------------------------------------------


def _digest(previous: str, events: Iterable[Event]) -> tuple[str, int, int]:
    """Return the digest over the events, their number, and the last one's key."""
    running, count, last = hashlib.sha256(previous.encode()), 0, 0
    for event in events:
        fields = [event.pk, event.at.isoformat(), event.actor_id, event.actor_name]
        fields += [event.verb, event.target_type, event.target_id, event.target_name]
        fields += [event.path, event.data, event.rows]
        running.update(json.dumps(fields, sort_keys=True, ensure_ascii=False).encode())
        count, last = count + 1, event.pk
    return running.hexdigest(), count, last


@transaction.atomic
def seal_events() -> Seal | None:
    """Seal the events that have settled since the last seal, if there are any."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('audit.seal'))")
    last = Seal.objects.order_by("-pk").first()
    fresh = Event.objects.filter(
        pk__gt=last.last_event_id if last else 0, at__lt=timezone.now() - SETTLED
    ).order_by("pk")
    digest, count, last_id = _digest(
        last.digest if last else GENESIS, fresh.iterator(2000)
    )
    if not count:
        return None
    return Seal.objects.create(last_event_id=last_id, events=count, digest=digest)


def verify_chain() -> list[str]:
    """Return what is wrong with the trail, one Chinese line for each fault."""
    faults, previous, begin = [], GENESIS, 0
    for seal in Seal.objects.order_by("pk"):
        events = Event.objects.filter(pk__gt=begin, pk__lte=seal.last_event_id)
        digest, count, _ = _digest(previous, events.order_by("pk").iterator(2000))
        if count != seal.events:
            faults.append(
                f"封存 {seal.pk}（事件 {begin + 1}–{seal.last_event_id}）应有 "
                f"{seal.events} 条，现有 {count} 条：有记录被增删。"
            )
        elif digest != seal.digest:
            faults.append(
                f"封存 {seal.pk}（事件 {begin + 1}–{seal.last_event_id}）"
                "的摘要不符：有记录被改动。"
            )
        previous, begin = seal.digest, seal.last_event_id
    return faults
