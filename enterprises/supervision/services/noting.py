"""Facts that somebody notes from a paper, and takes back when they were wrong."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from enterprises.changes import facts_changed
from enterprises.models import Enterprise
from enterprises.supervision.models import NotedFact
from enterprises.supervision.services.schemes import Refused
from gridinspect.accounts.models import User
from gridinspect.audit.services import record


@transaction.atomic
def note_fact(
    *,
    enterprise: Enterprise,
    kind: str,
    on: date,
    paper: str,
    note: str = "",
    by: User,
) -> NotedFact:
    """Note a fact about a unit with the paper that proves it. Raises Refused."""
    if on > timezone.localdate():
        raise Refused({"on": "发生日期不能晚于今天。"})
    if not paper.strip():
        raise Refused({"paper": "请写明依据的文书或报告。"})
    same = NotedFact.objects.filter(
        enterprise=enterprise, kind=kind, on=on, withdrawn_on=None
    )
    if same.exists():
        raise Refused("同一天的同类记录已经登记过。")
    fact = NotedFact.objects.create(
        enterprise=enterprise,
        district_id=enterprise.district_id,
        kind=kind,
        on=on,
        paper=paper.strip(),
        note=note.strip(),
        recorded_by=by,
    )
    record("fact.noted", by=by, target=fact, on=on, path=enterprise.grid.path)
    facts_changed(enterprise)
    return fact


@transaction.atomic
def withdraw_fact(*, fact: NotedFact, reason: str, by: User) -> NotedFact:
    """Take a noted fact back with a reason; it stays readable. Raises Refused."""
    rows = NotedFact.objects.select_for_update(of=["self"])
    fact = rows.select_related("enterprise__grid").get(pk=fact.pk)
    if fact.withdrawn_on:
        raise Refused(f"这条记录已于 {fact.withdrawn_on} 撤销。")
    if not reason.strip():
        raise Refused({"reason": "请写明撤销的理由。"})
    fact.withdrawn_on, fact.withdrawn_reason = timezone.localdate(), reason.strip()
    fact.save(update_fields=["withdrawn_on", "withdrawn_reason"])
    record("fact.withdrawn", by=by, target=fact, reason=reason)
    facts_changed(fact.enterprise_id)
    return fact
