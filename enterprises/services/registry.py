"""What is decided on the differences between another department's list and ours."""

from django.db import transaction
from django.utils import timezone

from enterprises.models import Enterprise, RegistryEntry
from enterprises.services.files import Refused, change_enterprise
from gridinspect.accounts.models import User
from gridinspect.audit.services import record

Verdict = RegistryEntry.Verdict


@transaction.atomic
def judge_entry(*, entry: RegistryEntry, verdict: str, by: User) -> None:
    """Note that an entry is to be verified on site, or that our word holds."""
    entry = RegistryEntry.objects.select_for_update().get(pk=entry.pk)
    before = entry.get_verdict_display()
    entry.verdict, entry.decided_by = verdict, by
    entry.decided_on = timezone.localdate()
    entry.save(update_fields=["verdict", "decided_by", "decided_on"])
    record(
        "registry.judged",
        by=by,
        target=entry,
        source=entry.get_source_display(),
        before=before,
        after=entry.get_verdict_display(),
    )


@transaction.atomic
def adopt_entry(*, entry: RegistryEntry, by: User) -> Enterprise:
    """Give our unit of the same code the name and address of the list.

    Raises Refused when we have no unit of this code: two codes are never one unit.
    """
    unit = Enterprise.objects.filter(
        district=entry.district_id, uscc=entry.uscc or ""
    ).first()
    if unit is None:
        raise Refused("我方没有这个信用代码的单位，请先建立档案。")
    unit = change_enterprise(
        enterprise=unit,
        edition=unit.edition,
        by=by,
        via=f"数据比对：{entry.get_source_display()}",
        name=entry.name,
        former_name=unit.name if unit.name != entry.name else unit.former_name,
        address=entry.address or unit.address,
    )
    judge_entry(entry=entry, verdict=Verdict.ADOPTED, by=by)
    return unit
